/*
 * test_evidence.c - steps of the phase evidence: they only read, shortly and once, and no
 * playbook can make a rollback wait for more.
 */
#include "support.h"

#include "playbook/playbook_reader.h"

#define BOOK(rollback_, change_, evidence_)                                              \
    "playbook: p\n"                                                                      \
    "rollback: " rollback_ "\n"                                                          \
    "version:\n"                                                                         \
    "  - {use: ssh.run, with: {argv: [cat, /v]}, value: \"result ->> '$.stdout'\"}\n"    \
    "steps:\n"                                                                           \
    "  - {id: logs, phase: evidence, " evidence_ "}\n"                                   \
    "  - {id: up, phase: change, use: ssh.job, timeout: 1h" change_ "}\n"                \
    "health:\n"                                                                          \
    "  - {id: alive, use: ssh.run, with: {argv: [id]}}\n"
#define TAIL "use: ssh.run, with: {argv: [tail, /log]}"

static int load(struct story *story, struct problem_list *problems, const char *text,
                struct playbook *out)
{
    story_write(story, "p.yaml", text);
    auto_free char *path = story_path(story, "p.yaml");
    return load_playbook(path, &fake_catalogue, out, NULL, problems);
}

static void it_comes_last_and_never_stops_anything(void **state)
{
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    assert_int_equal(
        load(*state, &problems, BOOK("snapshot", "", TAIL ", timeout: 2m"), &p), 0);
    assert_int_equal(p.step_count, 2);
    assert_string_equal(p.steps[1].op.id, "logs");
    assert_int_equal(p.steps[1].phase, PHASE_EVIDENCE);
    assert_int_equal(p.steps[1].on_failure, ON_FAILURE_CONTINUE);
    assert_int_equal(p.steps[1].severity, SEVERITY_WARN);
    assert_false(p.steps[1].snapshot);
    playbook_clear(&p);
}

static void what_would_hold_a_rollback_up_is_refused(void **state)
{
    static const struct {
        const char *text, *problem;
    } table[] = {
        {BOOK("snapshot", "", TAIL), "needs a timeout"},
        {BOOK("snapshot", "", TAIL ", timeout: 11m"), "at most 10 minutes"},
        {BOOK("snapshot", "", "use: ssh.job, timeout: 2m"), "evidence is only read"},
        {BOOK("snapshot", "", TAIL ", timeout: 2m, on_failure: retry(2)"),
         "evidence is not tried again"},
        {BOOK("snapshot", "", TAIL ", timeout: 2m, on_failure: park"),
         "does not fit the phase evidence"},
        {BOOK("snapshot", "", TAIL ", timeout: 2m, severity: block"),
         "contradict each other"},
        {BOOK("none", ", on_failure: park", TAIL ", timeout: 2m"),
         "the playbook says rollback: none"},
        {BOOK("snapshot", ", with: {a: \"${steps.logs.result.stdout}\"}",
              TAIL ", timeout: 2m"),
         "logs"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_problems struct problem_list problems = {0};
        auto_free char *told = NULL;
        struct playbook p;
        if (load(*state, &problems, table[i].text, &p) == 0)
            fail_msg("taken: %s", table[i].text);
        for (size_t k = 0; k < problems.count && !told; k++)
            if (strstr(problems.items[k].text, table[i].problem))
                told = xstrdup(problems.items[k].text);
        if (!told)
            fail_msg("nobody says \"%s\" of: %s", table[i].problem, table[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_comes_last_and_never_stops_anything,
                                        story_open, story_close),
        cmocka_unit_test_setup_teardown(what_would_hold_a_rollback_up_is_refused,
                                        story_open, story_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
