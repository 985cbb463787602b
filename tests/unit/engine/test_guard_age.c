/*
 * test_guard_age.c - the guard and the snapshot belong together: what the guard found of
 * the datastore and of other snapshots is worth nothing days later. Who is held back
 * between the two for more than a quarter of an hour is looked at again.
 */
#include "desk.h"
#include "times.h"

#define MIN    60000LL
#define HOUR   (60 * MIN)
#define CHANGE 1

static struct desk *guarding(void)
{
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_GUARD, CHANGE, TARGET_SNAPSHOTTING);
    return d;
}

/* The verb comes while the executor is at work on the call, which stays on the desk. */
static void meanwhile(struct desk *d, enum verb verb, int target)
{
    struct action call = d->call;
    desk_verb(d, verb, target);
    d->call = call;
}

static void is_called(const struct desk *d, enum activity kind)
{
    assert_int_equal(d->call.call, CALL_START);
    assert_int_equal(d->call.activity, kind);
}

/* Stopped by the verb while its guard was asked, for so long. */
static struct desk *stopped_for(enum verb stop, enum verb go, int target, int64_t ms)
{
    struct desk *d = guarding();
    meanwhile(d, stop, target);
    desk_say(d, SLIPWAY_DONE, NULL);
    assert_int_equal(d->call.call, CALL_NONE);
    desk_pass(d, ms);
    assert_int_equal(d->call.call, CALL_NONE);
    desk_verb(d, go, target);
    return d;
}

/* The guard once more, the snapshot, and so on to the end. */
static void is_looked_at_again(struct desk *d)
{
    is_called(d, ACTIVITY_GUARD);
    assert_int_equal(d->call.index, CHANGE);
    assert_int_equal(d->calls_of[ACTIVITY_GUARD][0], 2);
    desk_say(d, SLIPWAY_DONE, NULL);
    is_called(d, ACTIVITY_SNAPSHOT);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(d->calls_of[ACTIVITY_GUARD][0], 2);
    desk_destroy(d);
}

static void a_hold_of_a_quarter_of_an_hour_changes_nothing(void **state)
{
    (void)state;
    struct desk *d = stopped_for(VERB_HOLD, VERB_RELEASE, 0, 15 * MIN);
    is_called(d, ACTIVITY_SNAPSHOT);
    assert_int_equal(d->calls_of[ACTIVITY_GUARD][0], 1);
    desk_destroy(d);
}

static void after_a_longer_hold_the_guard_is_asked_again(void **state)
{
    (void)state;
    is_looked_at_again(stopped_for(VERB_HOLD, VERB_RELEASE, 0, 15 * MIN + 1));
}

static void after_a_night_of_pause_the_guard_is_asked_again(void **state)
{
    (void)state;
    is_looked_at_again(stopped_for(VERB_PAUSE, VERB_UNPAUSE, -1, 600 * MIN));
}

/* What it says then is what counts. */
static void a_second_look_may_say_no(void **state)
{
    (void)state;
    struct desk *d = stopped_for(VERB_HOLD, VERB_RELEASE, 0, 3 * 24 * 60 * MIN);
    is_called(d, ACTIVITY_GUARD);
    desk_say(d, SLIPWAY_REFUSED, "datastore ds1: 4 GiB are free, 10 GiB are wanted");
    desk_is(d, TARGET_FAILED, "4 GiB are free");
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_destroy(d);
}

/* Nobody looks for somebody who may not begin. */
static void who_is_held_is_not_guarded(void **state)
{
    (void)state;
    struct desk *d = guarding();
    meanwhile(d, VERB_HOLD, 0);
    desk_say(d, SLIPWAY_RETRY, "another task runs");
    desk_assert_quiet(d);
    assert_int_equal(d->calls_of[ACTIVITY_GUARD][0], 1);
    desk_verb(d, VERB_RELEASE, 0);
    is_called(d, ACTIVITY_GUARD);
    desk_destroy(d);
}

/* slipway was away for a night: nothing was begun, and the look is an old one. */
static void after_a_crash_an_old_look_is_taken_again(void **state)
{
    (void)state;
    struct desk *d = stopped_for(VERB_PAUSE, VERB_PAUSE, -1, MIN);
    desk_crash(d, 600 * MIN);
    assert_int_equal(d->call.call, CALL_NONE);
    desk_verb(d, VERB_UNPAUSE, -1);
    is_looked_at_again(d);
}

/* ---- windows ---- */

/* Two change steps, each with its snapshot; a night of 24 hours now, another in 48 hours. */
static struct desk *of_two_nights(void)
{
    static const struct plan_shape two = {.targets = 1,
                                          .soak_ms = 600000,
                                          .budget = 50,
                                          .budgets = {50},
                                          .change_steps = 2};
    struct desk *d = desk_create();
    plan_free(d->plan);
    d->plan = shape_plan(&two);
    int night = times_calendar(d->plan, "campaign", false);
    times_span(d->plan, night, d->now_ms, d->now_ms + 24 * HOUR);
    times_span(d->plan, night, d->now_ms + 48 * HOUR, d->now_ms + 72 * HOUR);
    times_bind(d->plan, 0, night);
    times_done(d->plan);
    desk_open(d);
    return d;
}

static void hold_until(struct desk *d, int64_t until_ms)
{
    desk_command(d, (struct command){.verb = VERB_HOLD,
                                     .target = 0,
                                     .wave = -1,
                                     .number = until_ms,
                                     .reason = "not tonight"});
}

static void goes_well_in_the_second_night(struct desk *d, int64_t start_ms)
{
    assert_int_equal(desk_target(d)->closes_ms, start_ms + 72 * HOUR);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    for (size_t i = 0; i < d->journal_count; i++)
        assert_int_not_equal(d->journal[i].kind, RECORD_OVERRUN);
    desk_destroy(d);
}

/* Held over the close of its night before its second snapshot, it goes on in the next
   night: that one's close counts from then on, and nobody is said to have overrun. */
static void what_goes_on_in_the_next_night_has_its_close(void **state)
{
    (void)state;
    struct desk *d = of_two_nights();
    int64_t start_ms = d->now_ms;
    desk_until(d, ACTIVITY_GUARD, CHANGE + 1, TARGET_SNAPSHOTTING);
    assert_int_equal(desk_target(d)->closes_ms, start_ms + 24 * HOUR);
    struct action call = d->call;
    hold_until(d, start_ms + 30 * HOUR);
    d->call = call;
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_pass(d, start_ms + 26 * HOUR - d->now_ms);
    /* it waits for its hold now, and for a window from the hold's end on */
    assert_int_equal(engine_time_wait(d->engine, d->now_ms).targets, 0);
    desk_pass(d, 6 * HOUR);
    assert_int_equal(engine_time_wait(d->engine, d->now_ms).next_ms,
                     start_ms + 48 * HOUR);
    desk_wait(d);
    assert_int_equal(d->now_ms, start_ms + 48 * HOUR);
    is_called(d, ACTIVITY_GUARD);
    goes_well_in_the_second_night(d, start_ms);
}

/* The same when the hold came before the guard, which is then asked in the next night. */
static void who_was_held_before_its_guard_has_the_close_of_the_next_night(void **state)
{
    (void)state;
    struct desk *d = of_two_nights();
    int64_t start_ms = d->now_ms;
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    struct action call = d->call;
    hold_until(d, start_ms + 30 * HOUR);
    d->call = call;
    for (int i = 0; i < 50 && d->call.call != CALL_NONE; i++)
        desk_good(d);
    desk_wait(d);
    assert_int_equal(d->now_ms, start_ms + 48 * HOUR);
    is_called(d, ACTIVITY_GUARD);
    goes_well_in_the_second_night(d, start_ms);
}

/* ---- a snapshot that was tried ---- */

static struct desk *trying(void)
{
    struct desk *d = guarding();
    desk_say(d, SLIPWAY_DONE, NULL);
    is_called(d, ACTIVITY_SNAPSHOT);
    return d;
}

/* Turned away before it began, then held for a day: a look again, and then the snapshot. */
static void who_was_sent_away_and_held_is_looked_at_again(void **state)
{
    (void)state;
    struct desk *d = trying();
    meanwhile(d, VERB_HOLD, 0);
    desk_say(d, SLIPWAY_RETRY, "TaskInProgress");
    desk_pass(d, 24 * 60 * MIN);
    assert_int_equal(d->call.call, CALL_NONE);
    desk_verb(d, VERB_RELEASE, 0);
    is_looked_at_again(d);
}

/* A manager that is busy for long is asked within the time for a snapshot, not for ever:
   trying is no waiting, and a new look would begin that time anew. */
static void trying_for_long_is_no_reason_to_look_again(void **state)
{
    (void)state;
    struct desk *d = trying();
    for (int i = 0; i < 500 && desk_target(d)->state == TARGET_SNAPSHOTTING; i++) {
        is_called(d, ACTIVITY_SNAPSHOT);
        desk_say(d, SLIPWAY_RETRY, "TaskInProgress");
        desk_pass(d, 2 * MIN);
    }
    desk_is(d, TARGET_FAILED, "TaskInProgress");
    assert_int_equal(d->calls_of[ACTIVITY_GUARD][0], 1);
    desk_destroy(d);
}

/* A request that was lost may still arrive: it is asked about, and nothing is forgotten. */
static void a_snapshot_that_may_still_come_is_not_begun_anew(void **state)
{
    (void)state;
    struct desk *d = trying();
    meanwhile(d, VERB_HOLD, 0);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was reset");
    desk_wait(d);
    desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    desk_pass(d, 24 * 60 * MIN);
    desk_verb(d, VERB_RELEASE, 0);
    while (d->call.call == CALL_NONE)
        desk_wait(d);
    assert_int_equal(d->call.activity, ACTIVITY_SNAPSHOT);
    assert_int_equal(d->calls_of[ACTIVITY_GUARD][0], 1);
    desk_destroy(d);
}

/* The second snapshot failed for good, and somebody says retry days later: what the guard
   found then is no reason to take one now. */
static void a_retry_looks_again_first(void **state)
{
    (void)state;
    struct desk *d = of_two_nights();
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE + 1, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_FAILED, "the datastore is full");
    desk_is(d, TARGET_PARKED, "the datastore is full");
    desk_pass(d, HOUR);
    desk_verb(d, VERB_RETRY, 0);
    is_called(d, ACTIVITY_GUARD);
    assert_int_equal(d->call.index, CHANGE + 1);
    desk_say(d, SLIPWAY_DONE, NULL);
    is_called(d, ACTIVITY_SNAPSHOT);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_of_a_quarter_of_an_hour_changes_nothing),
        cmocka_unit_test(after_a_longer_hold_the_guard_is_asked_again),
        cmocka_unit_test(after_a_night_of_pause_the_guard_is_asked_again),
        cmocka_unit_test(a_second_look_may_say_no),
        cmocka_unit_test(who_is_held_is_not_guarded),
        cmocka_unit_test(after_a_crash_an_old_look_is_taken_again),
        cmocka_unit_test(what_goes_on_in_the_next_night_has_its_close),
        cmocka_unit_test(who_was_held_before_its_guard_has_the_close_of_the_next_night),
        cmocka_unit_test(a_retry_looks_again_first),
        cmocka_unit_test(who_was_sent_away_and_held_is_looked_at_again),
        cmocka_unit_test(trying_for_long_is_no_reason_to_look_again),
        cmocka_unit_test(a_snapshot_that_may_still_come_is_not_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
