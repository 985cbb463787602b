/*
 * test_playbook.c - playbook.yaml: defaults, order, digests, and the promises that a
 * playbook may not break.
 */
#include "support.h"

#include "playbook/playbook_reader.h"

static int load(struct story *story, struct problem_list *problems, const char *text,
                struct playbook *out)
{
    story_write(story, "p.yaml", text);
    auto_free char *path = story_path(story, "p.yaml");
    return load_playbook(path, &fake_catalogue, out, NULL, problems);
}

static void refuses(struct story *story, const char *text, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct playbook playbook;
    assert_int_equal(load(story, &problems, text, &playbook), -1);
    problems_are(story, &problems, expected);
}

static const char small[] =
    "playbook: linux-patch\n"
    "rollback: snapshot\n"
    "version:\n"
    "  - {use: ssh.run, with: {argv: [cat, /v]}, value: \"result ->> '$.stdout'\"}\n"
    "steps:\n"
    "  - {id: up, phase: change, use: ssh.job, with: {script: up.sh}, timeout: 1h}\n"
    "  - {id: space, phase: prepare, use: ssh.run, with: {argv: [df]},\n"
    "     expect: \"result ->> '$.lines[0]' > 5\"}\n"
    "health:\n"
    "  - {id: alive, use: ssh.run, with: {argv: [id]}}\n";

static void a_small_playbook_is_completed(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    story_write(story, "up.sh", "true\n");
    assert_int_equal(load(story, &problems, small, &p), 0);
    problems_are(story, &problems, "");
    assert_string_equal(p.name, "linux-patch");
    assert_int_equal(p.rollback, ROLLBACK_SNAPSHOT);
    assert_int_equal(p.max_depth, 2);
    assert_int_equal(p.snapshot_ttl_ms, 72 * 3600000);
    assert_int_equal(p.snapshot_settle_ms, 60000);
    assert_int_equal(p.snapshot_room_bytes, 10LL << 30);
    assert_int_equal(p.boot_timeout_ms, 15 * 60000);
    assert_int_equal(p.step_count, 2);
    /* prepare first, whatever the file says */
    const struct step *space = &p.steps[0], *up = &p.steps[1];
    assert_string_equal(space->op.id, "space");
    assert_int_equal(space->phase, PHASE_PREPARE);
    assert_int_equal(space->op.timeout_ms, 10 * 60000);
    assert_int_equal(space->on_failure, ON_FAILURE_FAIL);
    assert_int_equal(space->op.repeat, SLIPWAY_READ);
    assert_string_equal(space->op.expect, "result ->> '$.lines[0]' > 5");
    assert_false(space->snapshot);
    assert_string_equal(up->op.id, "up");
    assert_int_equal(up->op.timeout_ms, 3600000);
    assert_int_equal(up->on_failure, ON_FAILURE_ROLLBACK);
    assert_int_equal(up->op.repeat, SLIPWAY_RECONCILABLE);
    assert_true(up->snapshot);
    assert_int_equal(up->retries, 0);
    auto_free char *with = without_folder(story, up->op.with);
    assert_string_equal(with, "{\"script\":\"up.sh\"}");
    const struct check *alive = &p.checks[0];
    assert_int_equal(alive->for_ms, 60000);
    assert_int_equal(alive->every_ms, 5000);
    assert_int_equal(alive->stable, 1);
    assert_int_equal(alive->baseline, BASELINE_COMPARE);
    assert_int_equal(alive->op.timeout_ms, 30000);
    assert_null(alive->after);
    assert_int_equal(alive->after_step, 1);
    assert_string_equal(p.reads[0].id, "version");
    assert_string_equal(p.reads[0].value, "result ->> '$.stdout'");
    assert_int_equal(p.reads[0].timeout_ms, 30000);
    playbook_clear(&p);
}

static void everything_can_be_said(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    assert_int_equal(
        load(story, &problems,
             "playbook: full\n"
             "rollback: native\n"
             "snapshot: {memory: false, quiesce: true, max_depth: 8, ttl: 24h, settle: "
             "5s, room: 1536 MiB}\n"
             "boot_timeout: 30m\n"
             "version:\n"
             "  - {id: v1, use: ssh.run, value: \"1\", timeout: 5s}\n"
             "  - {use: rest.request, class: read, value: \"1\"}\n"
             "steps:\n"
             "  - {id: back, phase: rollback, use: ssh.job, timeout: 20m, on_failure: "
             "retry(3)}\n"
             "  - {id: c1, phase: change, use: ssh.job, timeout: 1h, snapshot: false,\n"
             "     on_failure: retry(2) then park, limits: [repo, cpu]}\n"
             "  - {id: p1, phase: prepare, use: ssh.run, on_failure: continue}\n"
             "  - {id: c2, phase: change, use: ssh.run, timeout: 1m}\n"
             "health:\n"
             "  - {id: h, use: ssh.run, for: 10m, every: 2s, stable: 3, baseline: "
             "ignore,\n"
             "     after: c1, timeout: 7s, expect: \"vars ->> '$.x' = 1\"}\n",
             &p),
        0);
    problems_are(story, &problems, "");
    assert_true(p.snapshot_quiesce);
    assert_int_equal(p.max_depth, 8);
    assert_int_equal(p.snapshot_ttl_ms, 24 * 3600000);
    assert_int_equal(p.snapshot_settle_ms, 5000);
    assert_int_equal(p.snapshot_room_bytes, 1536LL << 20);
    assert_int_equal(p.boot_timeout_ms, 30 * 60000);
    assert_string_equal(p.reads[0].id, "v1");
    assert_string_equal(p.reads[1].id, "version-2");
    assert_int_equal(p.reads[1].repeat, SLIPWAY_READ);
    const char *const order[] = {"p1", "c1", "c2", "back"};
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++)
        assert_string_equal(p.steps[i].op.id, order[i]);
    assert_int_equal(p.steps[0].on_failure, ON_FAILURE_CONTINUE);
    assert_false(p.steps[1].snapshot);
    assert_int_equal(p.steps[1].retries, 2);
    assert_int_equal(p.steps[1].on_failure, ON_FAILURE_PARK);
    assert_int_equal(p.steps[1].limit_count, 2);
    assert_string_equal(p.steps[1].limits[1], "cpu");
    assert_false(p.steps[2].snapshot);
    assert_int_equal(p.steps[2].on_failure, ON_FAILURE_ROLLBACK);
    assert_int_equal(p.steps[3].retries, 3);
    assert_int_equal(p.steps[3].on_failure, ON_FAILURE_PARK);
    assert_int_equal(p.checks[0].stable, 3);
    assert_int_equal(p.checks[0].baseline, BASELINE_IGNORE);
    assert_int_equal(p.checks[0].after_step, 1);
    playbook_clear(&p);
}

static char *digest_of(struct story *story, const char *text)
{
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    assert_int_equal(load(story, &problems, text, &p), 0);
    char *digest = steal_ptr(&p.digest);
    playbook_clear(&p);
    return digest;
}

static void scripts_belong_to_the_playbook(void **state)
{
    struct story *story = *state;
    story_write(story, "up.sh", "echo one\n");
    auto_free char *first = digest_of(story, small);
    auto_free char *again = digest_of(story, small);
    story_write(story, "up.sh", "echo two\n");
    auto_free char *edited = digest_of(story, small);
    assert_string_equal(first, again);
    assert_string_not_equal(first, edited);
    auto_free char *path = story_path(story, "up.sh");
    assert_int_equal(unlink(path), 0);
    refuses(story, small, "p.yaml:6:34: script: no such file: up.sh\n");
}

static void mistakes_are_listed_together(void **state)
{
    struct story *story = *state;
    refuses(
        story,
        "playbook: p\n"
        "rollback: snap\n"
        "snapshot: {memory: true, quiesce: true, max_depth: 9, ttl: 73h, room: 10GB}\n"
        "boot_timeout: 15\n"
        "version: [{use: ssh.run}]\n"
        "steps:\n"
        "  - {id: a.b, phase: prepare, use: ssh.run}\n"
        "  - {id: c, phase: chang, use: nope, timeout: 1h}\n"
        "  - {id: d, phase: change, use: ssh.job}\n"
        "  - {id: e, phase: prepare, use: ssh.run, on_failure: rollback}\n"
        "  - {id: f, phase: change, use: ssh.job, timeout: 1h, on_failure: fail}\n"
        "  - {id: g, phase: change, use: ssh.job, timeout: 1h, on_failure: retry(99)}\n"
        "  - {id: g, phase: prepare, use: ssh.run, with: {bad: 1}, snapshot: true}\n"
        "  - {id: h, phase: prepare, use: ssh.run, expect: reslt = 1, class: x}\n"
        "health:\n"
        "  - {id: i, use: ssh.job, stable: 20, every: 10s, baseline: comp}\n",
        "p.yaml:2:11: rollback must be snapshot, native or none\n"
        "p.yaml:3:11: snapshot: memory and quiesce exclude each other\n"
        "p.yaml:3:52: max_depth must be from 1 to 8\n"
        "p.yaml:3:60: ttl must be from 1m to 3d\n"
        "p.yaml:3:71: room must be a count of bytes or a size such as 10GiB (KiB, MiB, "
        "GiB, TiB), at most 1024TiB\n"
        "p.yaml:4:15: boot_timeout: unit missing: write 15s\n"
        "p.yaml:5:11: version lacks the key value\n"
        "p.yaml:7:10: id must be made of letters, digits, _ and -, at most 64\n"
        "p.yaml:8:20: phase must be prepare, change, rollback or evidence\n"
        "p.yaml:8:32: nope: no such operation\n"
        "p.yaml:9:5: a step of the phase change needs a timeout: the longest it may "
        "take\n"
        "p.yaml:10:55: on_failure: rollback does not fit the phase prepare; write fail, "
        "park, continue, retry(N), or \"retry(N) then\" one of them\n"
        "p.yaml:11:67: on_failure: fail does not fit the phase change; write rollback, "
        "park, continue, retry(N), or \"retry(N) then\" one of them\n"
        "p.yaml:12:67: on_failure must be rollback, park, continue, retry(N), or "
        "\"retry(N) then\" one of them (N: 1 to 20)\n"
        "p.yaml:13:10: id g is used twice in this playbook\n"
        "p.yaml:13:49: ssh.run: unknown argument bad\n"
        "p.yaml:14:51: expect: byte 1: unknown column \"reslt\"; did you mean "
        "\"result\"?\n"
        "p.yaml:14:69: class must be read, idempotent, reconcilable or opaque\n"
        "p.yaml:16:5: health check i can never be green: 20 looks in a row take longer "
        "than `for`\n"
        "p.yaml:16:18: a health check is repeated, but ssh.job with these arguments is "
        "reconcilable; if it only reads, and the operation allows it, write class: read\n"
        "p.yaml:16:61: baseline must be compare, require or ignore\n");
}

static void success_needs_evidence(void **state)
{
    struct story *story = *state;
    refuses(
        story,
        "playbook: p\n"
        "rollback: none\n"
        "steps:\n"
        "  - {id: a, phase: change, use: ssh.job, timeout: 1h}\n",
        "p.yaml:1:1: the playbook changes appliances but has no health check: success "
        "needs evidence\n"
        "p.yaml:1:1: the playbook changes appliances but does not say how their "
        "version is read back: add version:\n");
}

static const char evidence[] = "version: [{use: ssh.run, value: \"1\"}]\n"
                               "health: [{id: h, use: ssh.run}]\n";

static void refuses_steps(struct story *story, const char *rollback, const char *steps,
                          const char *expected)
{
    auto_free char *text =
        xasprintf("playbook: p\nrollback: %s\n%ssteps:\n%s", rollback, evidence, steps);
    refuses(story, text, expected);
}

static void a_rollback_must_be_possible(void **state)
{
    struct story *story = *state;
    refuses_steps(story, "none",
                  "  - {id: a, phase: change, use: ssh.job, timeout: 1h, on_failure: "
                  "rollback}\n",
                  "p.yaml:6:67: on_failure: rollback, but the playbook says rollback: "
                  "none\n");
    refuses_steps(story, "native",
                  "  - {id: a, phase: change, use: ssh.job, timeout: 1h}\n",
                  "p.yaml:1:1: rollback: native needs steps of the phase rollback\n");
    refuses_steps(story, "snapshot",
                  "  - {id: a, phase: change, use: ssh.job, timeout: 1h}\n"
                  "  - {id: b, phase: rollback, use: ssh.job, timeout: 1h}\n",
                  "p.yaml:1:1: steps of the phase rollback need rollback: native, not "
                  "snapshot\n");
    refuses_steps(
        story, "snapshot",
        "  - {id: a, phase: change, use: ssh.run, timeout: 1h}\n"
        "  - {id: b, phase: change, use: ssh.job, timeout: 1h, snapshot: false}\n"
        "  - {id: c, phase: change, use: ssh.job, timeout: 1h}\n",
        "p.yaml:7:5: step b changes the appliance before any snapshot is taken, "
        "but the playbook says rollback: snapshot\n");
}

static void worst_is(struct story *story, const char *rollback, const char *worst,
                     const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    auto_free char *text = xasprintf(
        "playbook: p\nrollback: %s\nboot_timeout: 10m\nworst: %s\n%ssteps:\n"
        "  - {id: a, phase: change, use: ssh.job, timeout: 2h, expected: 30m}\n",
        rollback, worst, evidence);
    if (!load(story, &problems, text, &p))
        playbook_clear(&p);
    problems_are(story, &problems, expected);
}

static void somebodys_word_for_a_night_is_held_against_the_steps(void **state)
{
    struct story *story = *state;
    worst_is(story, "snapshot", "{change: 1h, rollback: 10m}", "");
    worst_is(story, "none", "{change: 1h}", "");
    worst_is(story, "snapshot", "{change: 5h, rollback: 2h}",
             "p.yaml:4:8: warning: worst: change: 5h is more than all time-outs of the "
             "change, which add up to 2h1m; that counts\n"
             "p.yaml:4:8: warning: worst: rollback: 2h is more than all time-outs of the "
             "way back, which add up to 11m; that counts\n");
    worst_is(story, "snapshot", "{change: 20m}",
             "p.yaml:4:8: worst: change: 20m is less than it usually takes: `expected` "
             "of its steps (or their timeout) add up to 30m\n");
    worst_is(story, "none", "{change: 1h, rollback: 10m}",
             "p.yaml:4:8: worst: rollback: nothing is put back with rollback: none; "
             "leave it away\n");
    worst_is(story, "none", "{}",
             "p.yaml:4:8: worst is empty: say change, rollback, or both\n");
    worst_is(story, "none", "4h", "p.yaml:4:8: worst must be a mapping, not text\n");
}

static void an_opaque_change_is_pointed_out(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    auto_free char *text =
        xasprintf("playbook: p\nrollback: none\n%ssteps:\n"
                  "  - {id: a, phase: change, use: rest.request, timeout: 1h}\n",
                  evidence);
    assert_int_equal(load(story, &problems, text, &p), 0);
    problems_are(story, &problems,
                 "p.yaml:6:5: warning: step a (rest.request) is opaque: if its answer is "
                 "lost, slipway cannot find out what became of it and parks the "
                 "appliance\n");
    assert_int_equal(p.steps[0].on_failure, ON_FAILURE_PARK);
    playbook_clear(&p);
}

static void some_limits_count_themselves(void **state)
{
    struct story *story = *state;
    refuses_steps(story, "none",
                  "  - {id: a, phase: change, use: ssh.job, timeout: 1h, limits: [x, "
                  "manager]}\n",
                  "p.yaml:6:63: limits: manager is counted by itself, for the calls that "
                  "concern snapshots; a step cannot name it\n");
}

static void checks_follow_change_steps(void **state)
{
    struct story *story = *state;
    refuses(story,
            "playbook: p\n"
            "rollback: none\n"
            "version: [{use: ssh.run, value: \"1\"}]\n"
            "steps:\n"
            "  - {id: a, phase: change, use: ssh.job, timeout: 1h}\n"
            "  - {id: b, phase: prepare, use: ssh.run}\n"
            "health:\n"
            "  - {id: h, use: ssh.run, after: b}\n"
            "  - {id: i, use: ssh.run, after: c}\n",
            "p.yaml:8:5: health check h: after: b is no step of the phase change\n"
            "p.yaml:9:5: health check i: after: c is no step of the phase change\n");
}

/* An operation that nobody knows hides no other mistake, and causes none. */
static void an_unknown_operation_hides_nothing(void **state)
{
    struct story *story = *state;
    refuses(story,
            "playbook: p\nrollback: snapshot\n"
            "version: [{use: ssh.rum, value: \"1\"}]\n"
            "steps:\n"
            "  - {id: up, phase: change, use: ssh.jobb, timeout: 1h,\n"
            "     with: {env: {A: \"${steps.nope.result}\"}}}\n"
            "health:\n"
            "  - {id: h, use: ssh.run, after: upp}\n",
            "p.yaml:3:17: ssh.rum: no such operation\n"
            "p.yaml:5:5: up: ${steps.nope.result}: no step is called nope\n"
            "p.yaml:6:12: ssh.jobb: no such operation\n"
            "p.yaml:8:5: health check h: after: upp is no step of the phase change\n");
}

/* A template names a step that has certainly run, or nothing at all. */
static void templates_are_checked_in_time(void **state)
{
    struct story *story = *state;
    refuses(
        story,
        "playbook: p\n"
        "rollback: native\n"
        "version: [{use: ssh.run, with: {a: \"${steps.p1.result.x}\"}, value: \"1\"}]\n"
        "steps:\n"
        "  - {id: p1, phase: prepare, use: ssh.run, with: {a: \"${steps.p2.result}\"}}\n"
        "  - {id: p2, phase: prepare, use: ssh.run, with: {a: "
        "\"${steps.p1.result.x}\"}}\n"
        "  - {id: c1, phase: change, use: ssh.job, timeout: 1h, with: {a: "
        "\"${steps.p2.result} ${steps.pp2.result}\"}}\n"
        "  - {id: r1, phase: rollback, use: ssh.job, timeout: 1h, with: {a: "
        "\"${steps.p2.result}\", b: \"${steps.c1.result}\"}}\n"
        "  - {id: r2, phase: rollback, use: ssh.job, timeout: 1h, with: {a: "
        "\"${steps.r1.result}\", b: \"${steps.r1.stdout}\"}}\n"
        "health:\n"
        "  - {id: h1, use: ssh.run, with: {a: \"${steps.c1.result}\"}}\n"
        "  - {id: h2, use: ssh.run, baseline: ignore, with: {a: "
        "\"${steps.c1.result}\"}}\n"
        "  - {id: h3, use: ssh.run, with: {a: \"${vars.x\", b: \"$${vars.x\"}}\n",
        "p.yaml:3:11: version: ${steps.p1.result.x}: step p1 has not certainly run by "
        "then\n"
        "p.yaml:5:5: p1: ${steps.p2.result}: step p2 has not certainly run by then\n"
        "p.yaml:7:5: c1: ${steps.pp2.result}: no step is called pp2 (nearest: p2)\n"
        "p.yaml:8:5: r1: ${steps.c1.result}: step c1 has not certainly run by then\n"
        "p.yaml:9:5: r2: ${steps.r1.stdout}: a step has a result: write "
        "${steps.r1.result...}\n"
        "p.yaml:11:5: h1: ${steps.c1.result}: step c1 has not certainly run by then\n"
        "p.yaml:13:5: h3: template ${vars.x is not a path such as ${vars.repo}: only "
        "letters, digits, _ - and . may stand before the }\n");
}

/* Any operation: what the shipped playbooks use is known by plugins, not here. */
static int any_check(void *data, const char *use, const char *with_json,
                     const char *base_dir, const char *declared_class,
                     char **normalised_with, enum slipway_class *repeat,
                     const char **needs, struct slipway_error *err)
{
    if (!strcmp(use, "ssh.run") || !strcmp(use, "ssh.job"))
        return fake_check(data, use, with_json, base_dir, declared_class, normalised_with,
                          repeat, needs, err);
    *normalised_with = xstrdup(with_json);
    *repeat = !strcmp(use, "ssh.reboot") ? SLIPWAY_RECONCILABLE : SLIPWAY_READ;
    *needs = NULL;
    return 0;
}

static void the_shipped_linux_playbook_is_good(void **state)
{
    static const struct operation_catalogue any = {.check = any_check};
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    (void)state;
    int result = load_playbook("playbooks/linux-patch.yaml", &any, &p, NULL, &problems);
    auto_free char *text = problems_text(&problems);
    assert_string_equal(text, "");
    assert_int_equal(result, 0);
    assert_string_equal(p.steps[0].op.id, "space");
    assert_true(p.steps[4].snapshot);
    assert_non_null(strstr(p.steps[4].op.with, "/playbooks/scripts/patch.sh"));
    assert_int_equal(p.checks[0].after_step, 5);
    playbook_clear(&p);
}

/* Each line stands in a playbook whose step or check it is. */
static void severity_and_advice_say_what_a_failure_means(void **state)
{
    struct story *story = *state;
    static const struct {
        const char *step, *check;
        enum on_failure action;
        enum failure_severity severity;
        const char *problem;
    } table[] = {
        {"", "", ON_FAILURE_FAIL, SEVERITY_BLOCK, ""},
        {"severity: block", "severity: block", ON_FAILURE_FAIL, SEVERITY_BLOCK, ""},
        {"severity: warn", "severity: warn", ON_FAILURE_CONTINUE, SEVERITY_WARN, ""},
        {"severity: warn, on_failure: retry(2)", "", ON_FAILURE_CONTINUE, SEVERITY_BLOCK,
         ""},
        {"severity: warn, on_failure: retry(2) then continue", "", ON_FAILURE_CONTINUE,
         SEVERITY_BLOCK, ""},
        {"severity: warn, on_failure: park", "", ON_FAILURE_PARK, SEVERITY_BLOCK,
         "p.yaml:6:53: severity: warn and on_failure: park contradict each other; leave "
         "one of them out\n"},
        /* a playbook that only looks goes on from what would block a change */
        {"severity: block, on_failure: continue", "", ON_FAILURE_CONTINUE, SEVERITY_BLOCK,
         ""},
        {"severity: loud", "", ON_FAILURE_FAIL, SEVERITY_BLOCK,
         "p.yaml:6:53: severity must be block or warn\n"},
        {"", "severity: warn, baseline: require", ON_FAILURE_FAIL, SEVERITY_WARN,
         "p.yaml:9:37: severity: warn and baseline: require contradict each other: one "
         "lets the target go on, the other does not\n"},
        {"advice: \"free ${vars.x}\"", "", ON_FAILURE_FAIL, SEVERITY_BLOCK,
         "p.yaml:6:51: advice is shown as it stands: it cannot hold a template\n"},
    };
    story_write(story, "up.sh", "true\n");
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_problems struct problem_list problems = {0};
        struct playbook p;
        auto_free char *text =
            xasprintf("playbook: p\nrollback: none\n"
                      "version:\n  - {use: ssh.run, value: \"1\"}\n"
                      "steps:\n"
                      "  - {id: s, phase: prepare, use: ssh.run%s%s}\n"
                      "  - {id: c, phase: change, use: ssh.run, timeout: 1m}\n"
                      "health:\n  - {id: h, use: ssh.run%s%s}\n",
                      *table[i].step ? ", " : "", table[i].step,
                      *table[i].check ? ", " : "", table[i].check);
        int code = load(story, &problems, text, &p);
        problems_are(story, &problems, table[i].problem);
        assert_int_equal(code, *table[i].problem ? -1 : 0);
        if (code)
            continue;
        assert_int_equal(p.steps[0].on_failure, table[i].action);
        assert_int_equal(p.checks[0].severity, table[i].severity);
        playbook_clear(&p);
    }
}

/* Shown at night, on one line. */
static void advice_is_one_short_line(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct playbook p;
    char long_text[OPERATION_ADVICE_MAX + 2];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    static const char form[] = "playbook: p\nrollback: none\nsteps:\n"
                               "  - id: s\n    phase: prepare\n    use: ssh.run\n"
                               "    advice: %s\n";
    auto_free char *good = xasprintf(form, "|\n      Free space.\n      Then retry.");
    assert_int_equal(load(story, &problems, good, &p), 0);
    assert_string_equal(p.steps[0].op.advice, "Free space.\\nThen retry.\\n");
    playbook_clear(&p);
    auto_free char *bad = xasprintf(form, long_text);
    refuses(story, bad,
            "p.yaml:7:13: advice is longer than 400 bytes: say in one or two sentences "
            "what somebody does next\n");
}

static void on_failure_has_a_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        enum on_failure action;
        int retries;
    } table[] = {
        {"rollback", 0, ON_FAILURE_ROLLBACK, 0},
        {"park", 0, ON_FAILURE_PARK, 0},
        {"retry(1)", 0, ON_FAILURE_FAIL, 1},
        {"retry(20) then continue", 0, ON_FAILURE_CONTINUE, 20},
        {"retry(0)", -1, ON_FAILURE_FAIL, 0},
        {"retry(21)", -1, ON_FAILURE_FAIL, 0},
        {"retry()", -1, ON_FAILURE_FAIL, 0},
        {"retry(3", -1, ON_FAILURE_FAIL, 0},
        {"retry(-3)", -1, ON_FAILURE_FAIL, 0},
        {"retry(3) park", -1, ON_FAILURE_FAIL, 0},
        {"retry(3) then", -1, ON_FAILURE_FAIL, 0},
        {"retry(3) then retry(3)", -1, ON_FAILURE_FAIL, 0},
        {"", -1, ON_FAILURE_FAIL, 0},
        {"explode", -1, ON_FAILURE_FAIL, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        enum on_failure action = ON_FAILURE_FAIL;
        int retries = 0;
        assert_int_equal(on_failure_parse(table[i].text, &action, &retries),
                         table[i].result);
        assert_int_equal(action, table[i].action);
        assert_int_equal(retries, table[i].retries);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, story_open, story_close)
    const struct CMUnitTest tests[] = {
        STORY(a_small_playbook_is_completed),
        STORY(everything_can_be_said),
        STORY(scripts_belong_to_the_playbook),
        STORY(severity_and_advice_say_what_a_failure_means),
        STORY(advice_is_one_short_line),
        STORY(mistakes_are_listed_together),
        STORY(success_needs_evidence),
        STORY(a_rollback_must_be_possible),
        STORY(somebodys_word_for_a_night_is_held_against_the_steps),
        STORY(an_opaque_change_is_pointed_out),
        STORY(some_limits_count_themselves),
        STORY(checks_follow_change_steps),
        STORY(an_unknown_operation_hides_nothing),
        STORY(templates_are_checked_in_time),
        cmocka_unit_test(the_shipped_linux_playbook_is_good),
        cmocka_unit_test(on_failure_has_a_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
