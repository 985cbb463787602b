/*
 * test_known.c - recognising failures that somebody has seen before: the issues that
 * ship, the order of files, what unknown facts mean, and every mistake with its place.
 */
#include "../playbook/support.h"

#include "known/known.h"

static const char shipped[] = "playbooks/known-issues/vcenter.yaml";

static const char *id_of(const struct known_issue *issue)
{
    return issue ? issue->id : "";
}

static void load_shipped(struct known_book *book)
{
    char *paths[] = {(char *)(uintptr_t)shipped};
    auto_problems struct problem_list problems = {0};
    int code = known_load(paths, 1, &fake_catalogue, book, &problems);
    auto_free char *text = problems_text(&problems);
    if (code || *text)
        fail_msg("%s", text);
}

static void every_shipped_issue_keeps_its_examples(void **state)
{
    auto_known struct known_book book = {0};
    auto_problems struct problem_list problems = {0};
    (void)state;
    load_shipped(&book);
    struct known_result result = known_test(&book, &problems);
    auto_free char *text = problems_text(&problems);
    if (*text)
        fail_msg("%s", text);
    assert_in_range(book.issue_count, 24, 500);
    assert_in_range(result.examples, 34, 500);
    assert_in_range(result.counter_examples, 17, 500);
    for (size_t i = 0; i < book.issue_count; i++) {
        const struct known_issue *issue = &book.issues[i];
        if (!*issue->symptom || !*issue->cause || !*issue->advice ||
            !issue->counter_count || !issue->kind_count)
            fail_msg("%s is not complete", issue->id);
    }
}

static const struct recovery *find_armed(const struct playbook *p, const char *issue)
{
    for (size_t i = 0; i < p->recovery_count; i++) {
        if (!strcmp(p->recoveries[i].issue, issue))
            return &p->recoveries[i];
    }
    return NULL;
}

/* What is more exact and for a human stands before, without operations. */
static void automatic_recoveries_are_pinned(void **state)
{
    static const char *const vcsa[] = {"linux", "vcsa"}, *const linux_only[] = {"linux"};
    auto_known struct known_book book = {0};
    struct playbook p = {.name = NULL}, none = {.name = NULL};
    (void)state;
    load_shipped(&book);
    known_arm(&book, vcsa, 2, &p);
    const struct recovery *unstage = find_armed(&p, "dirty-staging");
    const struct recovery *expired = find_armed(&p, "root-password-expired");
    assert_non_null(unstage);
    assert_non_null(expired);
    assert_int_equal(unstage->at_most, 1);
    assert_int_equal(unstage->phases, 1u << PHASE_PREPARE);
    assert_int_equal(unstage->count, 1);
    assert_string_equal(p.recovery_ops[unstage->first].use, "vcsa.unstage");
    assert_string_equal(p.recovery_ops[unstage->first].id, "dirty-staging.1of1");
    assert_int_equal(p.recovery_ops[unstage->first].timeout_ms, 600000);
    assert_int_equal(expired->count, 0);
    assert_true(expired < unstage);
    known_arm(&book, linux_only, 1, &none);
    assert_int_equal(none.recovery_count, 0);
    playbook_clear(&p);
    playbook_clear(&none);
}

/* The sentences of the failure catalogue, as slipway would have stored them. */
static void the_words_of_the_field_are_recognised(void **state)
{
    static const char *const cases[][2] = {
        {"Appliance (OS) root password expired.", "root-password-expired"},
        {"useradd: failed adding user 'cm'", "root-password-expired-in-install"},
        {"Update installation failed, vCenter Server is non-operational",
         "stale-update-state"},
        {"Manifest verification failed", "manifest-verification"},
        {"Unsuported version of patch selected.", "unsupported-source-version"},
        {"Failed to upgrade database schema. return code: 204", "vlcm-database"},
        {"Test RPM transaction failed", "install-leftovers"},
        {"No healthy upstream", "certificate-expired"},
        {"Failed to start services in profile ALL. RC=1", "service-profile"},
        {"/storage/log is 100 % full", "storage-full"},
        {"vpxd extension thumbprint", "thumbprint-mismatch"},
        {"Upgrade of VC has failed", "upgrade-still-running"},
        {"duplicate USN", "link-group-reverted-alone"},
        {"everything is fine", ""},
        {"", ""},
    };
    auto_known struct known_book book = {0};
    (void)state;
    load_shipped(&book);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct known_facts facts = {.message = cases[i][0]};
        const char *id = id_of(known_match(&book, &facts));
        if (strcmp(id, cases[i][1]) != 0)
            fail_msg("'%s' is '%s', not '%s'", cases[i][0], id, cases[i][1]);
    }
}

static void what_is_known_narrows_what_is_not_does_not(void **state)
{
    auto_known struct known_book book = {0};
    struct known_facts facts = {.message = "write: No space left on device"};
    (void)state;
    load_shipped(&book);
    assert_string_equal(id_of(known_match(&book, &facts)), "storage-full");
    facts.kind = "vcsa";
    assert_string_equal(id_of(known_match(&book, &facts)), "storage-full");
    facts.kind = "linux";
    assert_null(known_match(&book, &facts));
    facts = (struct known_facts){.message = "vpxd is not registered in SSO"};
    assert_string_equal(id_of(known_match(&book, &facts)), "sso-registration-lost");
    facts.version = "6.0.0.30200";
    assert_string_equal(id_of(known_match(&book, &facts)), "sso-registration-lost");
    facts.version = "7.0.3.00000";
    assert_null(known_match(&book, &facts));
}

static void a_recovery_is_what_somebody_can_type(void **state)
{
    auto_known struct known_book book = {0};
    (void)state;
    load_shipped(&book);
    const struct known_issue *issue = known_find(&book, "stale-update-state");
    assert_non_null(issue);
    assert_int_equal(issue->recovery_count, 3);
    assert_string_equal(issue->recovery[0].command, "service-control --stop applmgmt");
    assert_string_equal(issue->recovery[1].why, "only if the RPM phase never began");
    assert_null(known_find(&book, "nothing"));
}

/* A message is text from outside: quotes, wild cards and megabytes are only text. */
static void hostile_messages_are_only_text(void **state)
{
    auto_known struct known_book book = {0};
    auto_buf struct buf long_one = {0};
    (void)state;
    load_shipped(&book);
    struct known_facts facts = {.message = "'); DROP TABLE x; -- \" % _ * \x1b[31m"};
    assert_null(known_match(&book, &facts));
    for (int i = 0; i < 100000; i++)
        buf_adds(&long_one, "/storage/");
    facts.message = buf_text(&long_one);
    assert_null(known_match(&book, &facts));
}

/* ---- files of one's own ---- */

#define ISSUE(id, text)                                                                  \
    "  - {id: " id ", title: T, severity: block, cause: C, advice: A,\n"                 \
    "     match: {contains: [" text "]}, examples: [" text "]}\n"

static int load_two(const struct story *story, struct known_book *book,
                    struct problem_list *problems)
{
    auto_free char *installed = story_path(story, "installed.yaml");
    auto_free char *own = story_path(story, "own.yaml");
    char *paths[] = {installed, own};
    return known_load(paths, 2, NULL, book, problems);
}

static void ones_own_issues_are_asked_first(void **state)
{
    struct story *story = *state;
    auto_known struct known_book book = {0};
    auto_problems struct problem_list problems = {0};
    story_write(story, "installed.yaml",
                "known_issues:\n" ISSUE("disk", "disk full") ISSUE("shared", "old text"));
    story_write(story, "own.yaml",
                "known_issues:\n" ISSUE("ours", "full") ISSUE("shared", "new text"));
    assert_int_equal(load_two(story, &book, &problems), 0);
    problems_are(story, &problems, "");
    struct known_facts facts = {.message = "Disk FULL"};
    assert_string_equal(id_of(known_match(&book, &facts)), "ours");
    facts.message = "old text";
    assert_null(known_match(&book, &facts));
    assert_int_equal(book.replaced_count, 1);
    auto_free char *said = without_folder(story, book.replaced[0]);
    assert_string_equal(said, "own.yaml:4 replaces issue shared of installed.yaml:4");
    /* and a test says that the general one now takes the other's example */
    (void)known_test(&book, &problems);
    problems_are(story, &problems,
                 "installed.yaml:3:49: disk: this example is taken by issue ours "
                 "(own.yaml:2), which is asked before; make one of them more exact\n");
}

static void examples_that_lie_are_found(void **state)
{
    struct story *story = *state;
    auto_known struct known_book book = {0};
    auto_problems struct problem_list problems = {0};
    story_write(story, "installed.yaml", "known_issues: []\n");
    story_write(story, "own.yaml",
                "known_issues:\n"
                "  - id: a\n"
                "    title: T\n"
                "    severity: warn\n"
                "    cause: C\n"
                "    advice: A\n"
                "    match: {matches: ['^E[0-9]+$'], step: ['up*'], state: [parked]}\n"
                "    examples:\n"
                "      - E12\n"
                "      - {message: E12, step: upload, state: parked}\n"
                "      - {message: E12, step: download}\n"
                "      - e12\n"
                "    counter_examples:\n"
                "      - {message: E1, state: failed}\n"
                "      - E7\n");
    assert_int_equal(load_two(story, &book, &problems), 0);
    struct known_result result = known_test(&book, &problems);
    assert_int_equal(result.examples, 4);
    problems_are(story, &problems,
                 "own.yaml:11:9: a: this example does not match\n"
                 "own.yaml:12:9: a: this example does not match\n"
                 "own.yaml:15:9: a: this counter-example matches\n");
}

static void mistakes_have_places(void **state)
{
    struct story *story = *state;
    auto_known struct known_book book = {0};
    auto_problems struct problem_list problems = {0};
    story_write(story, "installed.yaml", "known_issues: []\n");
    story_write(story, "own.yaml",
                "known_issues:\n"
                "  - {id: a b, title: T, severity: bad, cause: C, advise: A,\n"
                "     match: {matches: ['(', 'ok'], state: [done]},\n"
                "     examples: []}\n"
                "  - {id: b, title: T, severity: warn, cause: C, advice: A,\n"
                "     match: {kind: [vcsa]}, examples: [x]}\n"
                "  - {id: c, title: T, severity: warn, cause: C, advice: A,\n"
                "     match: {where: mesage = 'x'}, examples: [x]}\n"
                "  - {id: c, title: T, severity: warn, cause: C, advice: A,\n"
                "     match: {where: \"1) OR (1\"}, examples: [x]}\n");
    assert_int_equal(load_two(story, &book, &problems), -1);
    assert_int_equal(book.issue_count, 0);
    problems_are(
        story, &problems,
        "own.yaml:2:5: issue lacks the key advice\n"
        "own.yaml:2:10: id must be made of letters, digits, _ and -, at most 64\n"
        "own.yaml:2:35: severity must be block or warn\n"
        "own.yaml:2:50: unknown key advise (nearest known key: advice)\n"
        "own.yaml:3:24: matches: regexp: Unmatched ( or \\(\n"
        "own.yaml:3:43: state must be of failed, rolled_back, stranded, parked\n"
        "own.yaml:4:16: examples has no item\n"
        "own.yaml:6:13: match needs contains, matches or where: the rest alone says "
        "nothing of a failure\n"
        "own.yaml:8:21: where: byte 1: unknown column \"mesage\"; did you mean "
        "\"message\"?\n"
        "own.yaml:9:5: issue c is there already, on line 7\n"
        "own.yaml:10:21: where: byte 2: \")\" without \"(\"\n");
}

static void recoveries_are_checked_like_steps(void **state)
{
    struct story *story = *state;
    auto_known struct known_book book = {0};
    auto_problems struct problem_list problems = {0};
    story_write(story, "own.yaml",
                "known_issues:\n"
                "  - id: a\n"
                "    title: T\n"
                "    severity: warn\n"
                "    cause: C\n"
                "    advice: A\n"
                "    match: {contains: [x]}\n"
                "    examples: [x]\n"
                "    recovery:\n"
                "      - {use: ssh.fly}\n"
                "      - {use: ssh.run, with: {bad: 1}}\n"
                "      - {with: {argv: [x]}}\n");
    auto_free char *own = story_path(story, "own.yaml");
    char *paths[] = {own};
    assert_int_equal(known_load(paths, 1, &fake_catalogue, &book, &problems), -1);
    problems_are(story, &problems,
                 "own.yaml:10:9: ssh.fly: no such operation\n"
                 "own.yaml:11:9: ssh.run: unknown argument bad\n"
                 "own.yaml:12:9: operation lacks the key use\n");
}

/* What runs by itself at night must be fit for it. */
static void automatic_recoveries_have_rules(void **state)
{
    struct story *story = *state;
    static const struct {
        const char *lines, *problems;
    } table[] = {
        {"    run: automatic\n    phases: [prepare, change]\n    at_most: 3\n"
         "    recovery: [{use: vcsa.unstage, timeout: 30s}]\n",
         ""},
        {"    run: by_hand\n    recovery: [{use: vm.rename}]\n", ""},
        {"    run: automatic\n",
         "own.yaml:9:10: run: automatic, but there is no recovery\n"},
        {"    run: automatic\n    recovery: [{use: vm.rename}]\n",
         "own.yaml:9:10: run: automatic, but vm.rename is opaque: if its answer is lost "
         "nobody can find out what became of it\n"},
        {"    run: automatic\n    phases: [prepare]\n    recovery: [{use: ssh.job}]\n",
         "own.yaml:10:13: phases: prepare, but ssh.job with these arguments is "
         "reconcilable: before the window only reads and idempotent operations run by "
         "themselves\n"},
        {"    run: automatic\n    phases: [rollback]\n    recovery: [{use: sleep}]\n",
         "own.yaml:10:13: phases must be of prepare, change: a rollback is never "
         "recovered from\n"},
        {"    run: automatic\n    at_most: 11\n    recovery: [{use: sleep}]\n",
         "own.yaml:10:14: at_most must be from 1 to 10\n"},
        {"    at_most: 2\n    recovery: [{use: sleep}]\n",
         "own.yaml:2:5: at_most and phases are for a recovery with run: automatic\n"},
        {"    run: now\n", "own.yaml:9:10: run must be by_hand or automatic\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_known struct known_book book = {0};
        auto_problems struct problem_list problems = {0};
        auto_free char *text =
            xasprintf("known_issues:\n  - id: a\n    title: T\n    severity: warn\n"
                      "    cause: C\n    advice: A\n    match: {contains: [x]}\n"
                      "    examples: [x]\n%s",
                      table[i].lines);
        story_write(story, "own.yaml", text);
        auto_free char *own = story_path(story, "own.yaml");
        char *paths[] = {own};
        int code = known_load(paths, 1, &fake_catalogue, &book, &problems);
        problems_are(story, &problems, table[i].problems);
        assert_int_equal(code, *table[i].problems ? -1 : 0);
        if (i == 0) {
            assert_int_equal(book.issues[0].at_most, 3);
            assert_int_equal(book.issues[0].recovery[0].timeout_ms, 30000);
        }
        if (i == 1)
            assert_int_equal(book.issues[0].at_most, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_issue_keeps_its_examples),
        cmocka_unit_test(automatic_recoveries_are_pinned),
        cmocka_unit_test(the_words_of_the_field_are_recognised),
        cmocka_unit_test(what_is_known_narrows_what_is_not_does_not),
        cmocka_unit_test(a_recovery_is_what_somebody_can_type),
        cmocka_unit_test(hostile_messages_are_only_text),
        cmocka_unit_test_setup_teardown(ones_own_issues_are_asked_first, story_open,
                                        story_close),
        cmocka_unit_test_setup_teardown(examples_that_lie_are_found, story_open,
                                        story_close),
        cmocka_unit_test_setup_teardown(mistakes_have_places, story_open, story_close),
        cmocka_unit_test_setup_teardown(recoveries_are_checked_like_steps, story_open,
                                        story_close),
        cmocka_unit_test_setup_teardown(automatic_recoveries_have_rules, story_open,
                                        story_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
