/*
 * test_operators.c - verbs that come without a name or a reason, for somebody who is not
 * there, or at a moment at which they mean something else than usual.
 */
#include "desk.h"

#define SPACE  0
#define CHANGE 1

static struct playbook *book_of(struct desk *d)
{
    return &d->plan->playbook;
}

/* A verb of which nobody says who gave it or why. */
static void nameless(struct desk *d, enum verb verb)
{
    struct input input = {.kind = INPUT_COMMAND,
                          .command = {.verb = verb, .target = 0, .wave = -1}};
    desk_input(d, &input);
}

static void says(const struct desk *d, const char *what)
{
    if (!strstr(d->last_rejection, what))
        fail_msg("\"%s\" does not say \"%s\"", d->last_rejection, what);
}

static const struct record *last(const struct desk *d, enum record_kind kind)
{
    for (size_t i = d->journal_count; i-- > 0;) {
        if (d->journal[i].kind == kind)
            return &d->journal[i];
    }
    fail_msg("there is no record of %s", record_kind_name(kind));
    return NULL;
}

/* ---- nameless ---- */

static void a_nameless_rollback_is_an_operators_all_the_same(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, 0, TARGET_CHECKING);
    nameless(d, VERB_ROLLBACK);
    desk_is(d, TARGET_ROLLING_BACK, "asked for by an operator");
    assert_string_equal(last(d, RECORD_TARGET)->actor, "operator");
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    assert_int_equal(engine_state(d->engine)->failed, 0); /* a wish is no failure */
    desk_destroy(d);
}

static void a_nameless_rollback_that_is_impossible_is_rejected(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->rollback = ROLLBACK_NONE;
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, 0, TARGET_CHECKING);
    nameless(d, VERB_ROLLBACK);
    says(d, "cannot be rolled back: the playbook has no rollback");
    desk_is(d, TARGET_CHECKING, NULL);
    desk_destroy(d);
}

static void a_nameless_approval_opens_the_gate(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    xreplace(&book_of(d)->steps[SPACE].op.use, "builtin.gate");
    book_of(d)->steps[SPACE].op.repeat = SLIPWAY_IDEMPOTENT;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
    desk_say(d, SLIPWAY_PENDING, NULL);
    nameless(d, VERB_APPROVE);
    assert_int_equal(desk_activity(d)->kind, ACTIVITY_READ);
    const struct record *opened = NULL;
    for (size_t i = 0; i < d->journal_count; i++) {
        if (d->journal[i].kind == RECORD_STEP && d->journal[i].event == STEP_FINISHED)
            opened = &d->journal[i];
    }
    assert_non_null(opened);
    assert_string_equal(opened->text, "approved by ?");
    assert_string_equal(d->last_rejection, ""); /* it was, and that is what is told */
    desk_destroy(d);
}

/* ---- approvals ---- */

static void an_approval_for_nothing_in_particular_is_for_this_plan(void **state)
{
    (void)state;
    static const struct {
        const char *digest, *detail;
        bool taken;
    } rows[] = {
        {"abc", "abc", true},  {"abc", "", true},  {"abc", NULL, true},
        {"abc", "abd", false}, {NULL, NULL, true}, {NULL, "abc", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct desk *d = desk_create();
        d->plan->approval_required = true;
        xreplace(&d->plan->digest, rows[i].digest);
        desk_open(d);
        desk_command(d, (struct command){.verb = VERB_APPROVE,
                                         .target = -1,
                                         .wave = -1,
                                         .reason = i % 2 ? "looked at" : NULL,
                                         .detail = rows[i].detail});
        bool runs = engine_state(d->engine)->campaign == CAMPAIGN_RUNNING;
        if (runs != rows[i].taken)
            fail_msg("row %zu", i);
        desk_destroy(d);
    }
}

/* A wave's approval that still holds need not be given anew; one that ended has to. */
static void only_what_ended_is_approved_anew(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_READ, 0, TARGET_PREPARING);
    int64_t hour_ms = 3600000;
    desk_command(d, (struct command){.verb = VERB_APPROVE,
                                     .target = -1,
                                     .wave = 0,
                                     .number = d->now_ms + hour_ms});
    desk_command(d, (struct command){.verb = VERB_APPROVE, .target = -1, .wave = -1});
    says(d, "nothing waits for an approval");
    d->now_ms += hour_ms;
    desk_command(d, (struct command){.verb = VERB_APPROVE,
                                     .target = -1,
                                     .wave = -1,
                                     .number = d->now_ms + 9 * hour_ms});
    const struct record *given = last(d, RECORD_APPROVED);
    assert_int_equal(given->wave, 0);
    assert_int_equal(given->number, d->now_ms + 9 * hour_ms);
    desk_destroy(d);
}

/* ---- somebody who is in doubt ---- */

/* Nothing was changed, and its snapshot may or may not be there: it is asked, not begun. */
static void who_parked_in_doubt_about_a_snapshot_is_asked_again(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was lost");
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "the manager does not answer");
    }
    desk_is(d, TARGET_PARKED, "snapshot in doubt");
    assert_false(desk_target(d)->changed);
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.call, CALL_PROBE);
    assert_int_equal(d->call.activity, ACTIVITY_SNAPSHOT);
    desk_destroy(d);
}

/* It may be there, or come to be: under its name it stays in the books, so that a rollback
   that is asked for later removes it too. */
static void a_snapshot_in_doubt_is_not_forgotten_by_a_skip(void **state)
{
    (void)state;
    struct plan_shape shape = {
        .targets = 1, .budget = 50, .budgets = {50}, .change_steps = 2};
    struct desk *d = desk_create();
    plan_free(d->plan);
    d->plan = shape_plan(&shape);
    desk_open(d);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE + 1, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was lost");
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "the manager does not answer");
    }
    assert_int_equal(desk_target(d)->snapshot_count, 1);
    desk_verb(d, VERB_SKIP, 0);
    desk_is(d, TARGET_SKIPPED, NULL);
    assert_int_equal(desk_target(d)->snapshot_count, 2);
    assert_string_equal(desk_target(d)->snapshots[1].reference, "");
    assert_int_equal(desk_target(d)->snapshots[1].step, CHANGE + 1);
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_until(d, ACTIVITY_PRUNE, 0, TARGET_ROLLING_BACK);
    desk_good(d);
    assert_int_equal(d->call.activity, ACTIVITY_PRUNE); /* of the doubtful one */
    desk_good(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    assert_int_equal(desk_target(d)->snapshot_count, 0);
    desk_destroy(d);
}

/* Whoever skips it lets go of the doubt. From the start a second snapshot of the same name
   would be taken beside one that may have come about since. */
static void who_was_skipped_in_doubt_is_not_begun_again(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was lost");
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "the manager does not answer");
    }
    desk_verb(d, VERB_SKIP, 0);
    desk_is(d, TARGET_SKIPPED, NULL);
    desk_verb(d, VERB_RETRY, 0);
    desk_is(d, TARGET_SKIPPED, NULL);
    says(d, "was skipped with an effect in doubt");
    desk_destroy(d);
}

/* Parked before anything was done to it: from the start. */
static void who_parked_untouched_begins_anew(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->steps[SPACE].on_failure = ON_FAILURE_PARK;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
    desk_say(d, SLIPWAY_FAILED, "no room");
    desk_is(d, TARGET_PARKED, "no room");
    desk_verb(d, VERB_RETRY, 0);
    desk_is(d, TARGET_PREPARING, NULL);
    assert_int_equal(d->call.index, SPACE);
    desk_destroy(d);
}

/* What is undone by steps is not undone while a recovery may still run; a revert ends
   whatever runs. */
static void a_recovery_in_doubt_is_not_undone_by_steps(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    struct outcome o;
    shape_recovery(book_of(d), 1);
    book_of(d)->rollback = ROLLBACK_NATIVE;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.recovery = 1;
    desk_answer(d, o);
    desk_until(d, ACTIVITY_RECOVER, 1, TARGET_CHANGING);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was lost");
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, NULL);
    }
    desk_is(d, TARGET_PARKED, "recover in doubt");
    desk_verb(d, VERB_ROLLBACK, 0);
    says(d, "may still be running");
    desk_is(d, TARGET_PARKED, NULL);
    desk_destroy(d);
}

/* ---- known issues ---- */

/* A known issue that nobody has a recovery for, and one of what is no step. */
static void only_a_step_with_something_to_run_is_recovered(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    shape_recovery(book_of(d), 1);
    int operations = book_of(d)->recoveries[0].count;
    book_of(d)->recoveries[0].count = 0;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.sentence = "staging failed";
    o.recovery = 1;
    desk_answer(d, o);
    desk_is(d, TARGET_ROLLING_BACK, "staging failed");
    desk_destroy(d);

    d = desk_create();
    shape_recovery(book_of(d), 1);
    assert_true(operations > 0);
    desk_open(d);
    desk_until(d, ACTIVITY_GUARD, CHANGE, TARGET_SNAPSHOTTING);
    o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.sentence = "a task runs";
    o.recovery = 1;
    desk_answer(d, o);
    desk_is(d, TARGET_FAILED, "a task runs");
    assert_int_equal(d->calls_of[ACTIVITY_RECOVER][0], 0);
    desk_destroy(d);
}

/* Neither the step nor the recovery said why: both are still told. */
static void a_recovery_that_fails_without_a_word_is_told(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    shape_recovery(book_of(d), 1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.recovery = 1;
    desk_answer(d, o);
    assert_int_equal(d->call.activity, ACTIVITY_RECOVER);
    desk_say(d, SLIPWAY_FAILED, NULL);
    desk_is(d, TARGET_ROLLING_BACK,
            "it failed; the recovery of known issue dirty-staging failed at 1 of 2, "
            "vcsa.unstage: no reason was given");
    desk_destroy(d);
}

/* ---- aborts ---- */

/* An empty reason is none. */
static void an_abort_without_a_reason_is_an_abort(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_command(
        d, (struct command){.verb = VERB_ABORT, .target = -1, .wave = -1, .reason = ""});
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_ABORTING);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL); /* what ran came to its end */
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_ABORTED);
    assert_string_equal(engine_state(d->engine)->reason, "aborted");
    desk_destroy(d);
}

/* The new owner asks for what was lost, and in the same step one of them is skipped. */
static void who_is_skipped_in_the_turn_of_its_call_is_not_called(void **state)
{
    (void)state;
    struct world *w = world_create(&(struct plan_shape){.targets = 2, .budgets = {2}}, 1);
    world_start(w);
    struct input inputs[] = {
        {.kind = INPUT_OWNER, .number = 2, .actor = "test"},
        {.kind = INPUT_COMMAND,
         .command = {.verb = VERB_SKIP, .target = 1, .wave = -1, .reason = "sold"}},
    };
    struct engine *engine = engine_create(w->plan, 1);
    for (size_t i = 0; i < w->journal_count; i++)
        assert_int_equal(engine_replay(engine, &w->journal[i]), 0);
    struct engine_output out = engine_step(engine, w->now_ms, inputs, 2);
    assert_int_equal(out.action_count, 1);
    assert_int_equal(out.actions[0].target, 0);
    assert_int_equal(engine_calls_outstanding(engine), 1);
    assert_int_equal(engine_state(engine)->targets[1].state, TARGET_SKIPPED);
    engine_check_invariants(engine);
    engine_destroy(engine);
    world_destroy(w);
}

/* ---- nobody ---- */

static void a_verb_for_nobody_is_rejected(void **state)
{
    (void)state;
    static const enum verb verbs[] = {VERB_SKIP, VERB_ROLLBACK, VERB_HOLD, VERB_RELEASE};
    struct desk *d = desk_create();
    desk_open(d);
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        desk_verb(d, verbs[i], -1);
        auto_free char *wanted =
            xasprintf("%s needs a target of this campaign", verb_name(verbs[i]));
        assert_string_equal(d->last_rejection, wanted);
    }
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nameless_rollback_is_an_operators_all_the_same),
        cmocka_unit_test(a_nameless_rollback_that_is_impossible_is_rejected),
        cmocka_unit_test(a_nameless_approval_opens_the_gate),
        cmocka_unit_test(an_approval_for_nothing_in_particular_is_for_this_plan),
        cmocka_unit_test(only_what_ended_is_approved_anew),
        cmocka_unit_test(who_parked_in_doubt_about_a_snapshot_is_asked_again),
        cmocka_unit_test(a_snapshot_in_doubt_is_not_forgotten_by_a_skip),
        cmocka_unit_test(who_was_skipped_in_doubt_is_not_begun_again),
        cmocka_unit_test(who_parked_untouched_begins_anew),
        cmocka_unit_test(a_recovery_in_doubt_is_not_undone_by_steps),
        cmocka_unit_test(only_a_step_with_something_to_run_is_recovered),
        cmocka_unit_test(a_recovery_that_fails_without_a_word_is_told),
        cmocka_unit_test(an_abort_without_a_reason_is_an_abort),
        cmocka_unit_test(who_is_skipped_in_the_turn_of_its_call_is_not_called),
        cmocka_unit_test(a_verb_for_nobody_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
