/*
 * test_recover.c - known issues that are recovered from between two attempts of a step:
 * when, how often, what becomes of the step's own failure, and that neither a crash nor a
 * doubt makes anything happen twice.
 */
#include "desk.h"
#include "engine/window.h"
#include "times.h"

#define SPACE   0 /* the step of the phase prepare: a read       */
#define CHANGE  1
#define UNSTAGE 0 /* operations of the recovery */
#define RESTART 1

static struct playbook *book_of(struct desk *d)
{
    return &d->plan->playbook;
}

/* unstage, which may be issued again, then restart, which must be asked about */
static struct desk *armed(int at_most)
{
    struct desk *d = desk_create();
    shape_recovery(book_of(d), at_most);
    return d;
}

/* The outcome is recognised as the known issue. */
static void fails_known(struct desk *d, enum slipway_outcome outcome,
                        const char *sentence)
{
    struct outcome o = desk_outcome(d);
    o.outcome = outcome;
    o.sentence = sentence;
    o.recovery = 1;
    desk_answer(d, o);
}

static struct desk *failed_in_change(int at_most)
{
    struct desk *d = armed(at_most);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    return d;
}

static void called(const struct desk *d, enum activity activity, int index)
{
    assert_int_equal(d->call.call, CALL_START);
    assert_int_equal(d->call.activity, activity);
    assert_int_equal(d->call.index, index);
}

static size_t count_events(const struct desk *d, enum recovery_event event)
{
    size_t count = 0;
    for (size_t i = 0; i < d->journal_count; i++)
        count +=
            d->journal[i].kind == RECORD_RECOVERY && d->journal[i].event == (int)event;
    return count;
}

/* ---- cured ---- */

static void the_operations_run_in_order_then_the_step_again(void **state)
{
    (void)state;
    struct desk *d = failed_in_change(1);
    assert_int_equal(book_of(d)->steps[CHANGE].retries, 0);
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    assert_true(d->call.intent > 0);
    desk_say(d, SLIPWAY_DONE, NULL);
    called(d, ACTIVITY_RECOVER, RESTART);
    desk_is(d, TARGET_CHANGING, NULL);
    d->now_ms += 90000;
    desk_say(d, SLIPWAY_DONE, NULL);
    called(d, ACTIVITY_STEP, CHANGE);
    desk_say(d, SLIPWAY_DONE, NULL);
    assert_int_equal(count_events(d, RECOVERY_CURED), 1);
    for (size_t i = 0; i < d->journal_count; i++) {
        const struct record *r = &d->journal[i];
        if (r->kind != RECORD_RECOVERY || r->event != RECOVERY_CURED)
            continue;
        assert_string_equal(r->text, "dirty-staging");
        assert_int_equal(r->number, 90000); /* since it failed */
    }
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

static void a_preparation_is_recovered_from_too(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
    struct outcome o = desk_outcome(d);
    o.expect = EXPECTED_FALSE;
    o.sentence = "found staged true; expected not";
    o.recovery = 1;
    desk_answer(d, o);
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(count_events(d, RECOVERY_CURED), 1);
    desk_destroy(d);
}

/* The attempt after it is granted by the recovery. */
static void the_steps_own_retries_are_not_used_up(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    book_of(d)->steps[CHANGE].retries = 1;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "another failure");
    desk_wait(d);
    assert_int_equal(desk_activity(d)->attempt, 1);
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_say(d, SLIPWAY_DONE, NULL);
    called(d, ACTIVITY_STEP, CHANGE);
    assert_int_equal(desk_activity(d)->attempt, 1);
    desk_say(d, SLIPWAY_FAILED, "another failure");
    desk_is(d, TARGET_ROLLING_BACK, "another failure");
    assert_int_equal(count_events(d, RECOVERY_IN_VAIN), 1);
    desk_destroy(d);
}

/* ---- not cured ---- */

static void a_recovery_that_fails_lets_the_failure_stand(void **state)
{
    (void)state;
    struct desk *d = armed(2);
    xreplace(&book_of(d)->steps[CHANGE].op.advice, "Look at the disk.");
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_ROLLING_BACK,
            "staging failed; the recovery of known issue dirty-staging failed at 2 of 2, "
            "vcsa.restart: rc 1. Advice: Look at the disk.");
    assert_int_equal(count_events(d, RECOVERY_FAIL), 1);
    assert_int_equal(d->calls_of[ACTIVITY_STEP][0], 2); /* space, the change: not again */
    desk_destroy(d);
}

static void it_is_run_no_oftener_than_allowed(void **state)
{
    (void)state;
    for (int at_most = 1; at_most <= 3; at_most++) {
        struct desk *d = failed_in_change(at_most);
        for (int times = 1; times < at_most + 1; times++) {
            called(d, ACTIVITY_RECOVER, UNSTAGE);
            desk_say(d, SLIPWAY_DONE, NULL);
            desk_say(d, SLIPWAY_DONE, NULL);
            called(d, ACTIVITY_STEP, CHANGE);
            fails_known(d, SLIPWAY_FAILED, "staging failed again");
        }
        desk_is(d, TARGET_ROLLING_BACK, "staging failed again");
        assert_int_equal(desk_target(d)->recovered[0], at_most);
        assert_int_equal(count_events(d, RECOVERY_IN_VAIN), 1);
        desk_destroy(d);
    }
}

/* Another round that an operator asks for brings no new right. */
static void a_retry_by_an_operator_does_not_count_anew(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    desk_open(d);
    for (int round = 0; round < 2; round++) {
        desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
        fails_known(d, SLIPWAY_FAILED, "staging failed");
        if (!round) {
            called(d, ACTIVITY_RECOVER, UNSTAGE);
            desk_say(d, SLIPWAY_DONE, NULL);
            desk_say(d, SLIPWAY_DONE, NULL);
            fails_known(d, SLIPWAY_FAILED, "staging failed");
        }
        desk_is(d, TARGET_FAILED, "staging failed");
        desk_verb(d, VERB_RETRY, 0);
    }
    desk_destroy(d);
}

/* ---- where it is never run ---- */

static void only_in_the_phases_that_it_is_for(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    book_of(d)->recoveries[0].phases = 1u << PHASE_CHANGE;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    desk_is(d, TARGET_FAILED, "staging failed");
    desk_destroy(d);
}

static void never_while_undoing(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    desk_is(d, TARGET_STRANDED, "staging failed");
    assert_int_equal(d->calls_of[ACTIVITY_RECOVER][0], 0);
    desk_destroy(d);
}

static void never_for_a_step_in_doubt(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    fails_known(d, SLIPWAY_UNKNOWN, "the connection was lost");
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    desk_is(d, TARGET_CHECKING, NULL);
    assert_int_equal(d->calls_of[ACTIVITY_RECOVER][0], 0);
    desk_destroy(d);
}

static void never_for_an_issue_of_another_plan(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.sentence = "rc 1";
    o.recovery = 7;
    desk_answer(d, o);
    desk_is(d, TARGET_ROLLING_BACK, "rc 1");
    desk_destroy(d);
}

/* ---- doubt, death, operators ---- */

static void what_may_be_issued_again_is_after_a_crash(void **state)
{
    (void)state;
    struct desk *d = failed_in_change(1);
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    int64_t key = d->call.key;
    desk_crash(d, 5000);
    if (d->call.call == CALL_NONE)
        desk_wait(d);
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    assert_int_equal(d->call.key, key); /* the same job to whoever gets it twice */
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_say(d, SLIPWAY_DONE, NULL);
    called(d, ACTIVITY_STEP, CHANGE);
    desk_destroy(d);
}

static void the_rest_is_asked_about_after_a_crash(void **state)
{
    (void)state;
    struct desk *d = failed_in_change(1);
    desk_say(d, SLIPWAY_DONE, NULL);
    called(d, ACTIVITY_RECOVER, RESTART);
    desk_crash(d, 5000);
    if (d->call.call == CALL_NONE)
        desk_wait(d);
    assert_int_equal(d->call.activity, ACTIVITY_RECOVER);
    desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    called(d, ACTIVITY_STEP, CHANGE);
    assert_int_equal(d->calls_of[ACTIVITY_RECOVER][0], 2);
    desk_destroy(d);
}

static void a_doubt_about_it_parks_and_can_be_settled(void **state)
{
    (void)state;
    struct desk *d = failed_in_change(1);
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was lost");
    while (desk_target(d)->state == TARGET_CHANGING) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "nobody answers");
    }
    desk_is(d, TARGET_PARKED, "recover in doubt: nobody answers");
    desk_verb(d, VERB_RETRY, 0);
    desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    desk_is(d, TARGET_CHANGING, NULL);
    called(d, ACTIVITY_STEP, CHANGE);
    desk_say(d, SLIPWAY_DONE, NULL);
    assert_int_equal(count_events(d, RECOVERY_CURED), 1);
    desk_destroy(d);
}

static void a_held_target_is_not_recovered(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    struct action call = d->call; /* the hold comes while the step is under way */
    desk_verb(d, VERB_HOLD, 0);
    d->call = call;
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    desk_assert_quiet(d);
    desk_verb(d, VERB_RELEASE, 0);
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    desk_destroy(d);
}

/* ---- within a window ---- */

static int64_t operations_ms(const struct playbook *p)
{
    int64_t total_ms = 0;
    for (size_t i = 0; i < p->recovery_op_count; i++)
        total_ms += p->recovery_ops[i].timeout_ms;
    return total_ms;
}

/* Its change fails at once, or that much later; all that it needs then, the recovery
   included, has ten minutes to spare at first. */
static struct desk *failed_before_close(int64_t later_ms)
{
    struct desk *d = armed(1);
    int night = times_calendar(d->plan, "campaign", false);
    int64_t needed_ms = window_needed_ms(d->plan, &d->plan->time, 0, CHANGE);
    times_span(d->plan, night, 0,
               d->now_ms + needed_ms + operations_ms(book_of(d)) + 600000);
    times_bind(d->plan, 0, night);
    times_done(d->plan);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    d->now_ms += later_ms;
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    return d;
}

static void it_is_run_if_all_that_is_left_still_fits(void **state)
{
    (void)state;
    struct desk *d = failed_before_close(600000);
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    desk_destroy(d);
}

static void it_keeps_nobody_longer_than_the_window(void **state)
{
    (void)state;
    struct desk *d = failed_before_close(600001);
    assert_int_equal(count_events(d, RECOVERY_BEGIN), 0);
    desk_is(d, TARGET_ROLLING_BACK,
            "staging failed; the recovery of known issue dirty-staging was not run: its "
            "window closes before that, the step and the rest could be over");
    desk_destroy(d);
}

static void who_may_override_the_window_is_recovered(void **state)
{
    (void)state;
    struct desk *d = armed(1);
    int night = times_calendar(d->plan, "campaign", false);
    times_span(d->plan, night, 0, 1000);
    times_bind(d->plan, 0, night);
    times_done(d->plan);
    desk_open(d);
    desk_command(d, (struct command){.verb = VERB_OVERRIDE,
                                     .target = -1,
                                     .wave = -1,
                                     .number = d->now_ms + 86400000,
                                     .reason = "now",
                                     .actor = "anna"});
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    fails_known(d, SLIPWAY_FAILED, "staging failed");
    called(d, ACTIVITY_RECOVER, UNSTAGE);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_operations_run_in_order_then_the_step_again),
        cmocka_unit_test(a_preparation_is_recovered_from_too),
        cmocka_unit_test(the_steps_own_retries_are_not_used_up),
        cmocka_unit_test(a_recovery_that_fails_lets_the_failure_stand),
        cmocka_unit_test(it_is_run_no_oftener_than_allowed),
        cmocka_unit_test(a_retry_by_an_operator_does_not_count_anew),
        cmocka_unit_test(only_in_the_phases_that_it_is_for),
        cmocka_unit_test(never_while_undoing),
        cmocka_unit_test(never_for_a_step_in_doubt),
        cmocka_unit_test(never_for_an_issue_of_another_plan),
        cmocka_unit_test(what_may_be_issued_again_is_after_a_crash),
        cmocka_unit_test(the_rest_is_asked_about_after_a_crash),
        cmocka_unit_test(a_doubt_about_it_parks_and_can_be_settled),
        cmocka_unit_test(a_held_target_is_not_recovered),
        cmocka_unit_test(it_is_run_if_all_that_is_left_still_fits),
        cmocka_unit_test(it_keeps_nobody_longer_than_the_window),
        cmocka_unit_test(who_may_override_the_window_is_recovered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
