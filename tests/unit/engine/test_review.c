/*
 * test_review.c - what a sceptic asked before he let slipway loose: rare moments at
 * which two rules meet, each as the story of an operator's night.
 */
#include "desk.h"

/* ---- a launch whose answer was lost ---- */

static void a_launch_that_never_began_is_repeated_under_its_key(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 1, TARGET_CHANGING);
    int64_t key = d->call.key, intent = d->call.intent;
    assert_int_not_equal(key, 0);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was cut");
    desk_wait(d);
    assert_int_equal(d->call.key, key); /* the probe asks about it */
    desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    desk_wait(d);
    if (d->call.call == CALL_PROBE) {
        desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
        desk_wait(d);
    }
    assert_int_equal(d->call.call, CALL_START);
    assert_int_not_equal(d->call.intent, intent);
    assert_int_equal(d->call.key, key);
    desk_destroy(d);
}

static void a_new_attempt_has_a_new_key(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    d->plan->playbook.steps[1].retries = 1;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 1, TARGET_CHANGING);
    int64_t key = d->call.key;
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_START);
    assert_int_not_equal(d->call.key, key);
    desk_destroy(d);
}

static void what_never_began_while_slipway_was_away_begins_now(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 1, TARGET_CHANGING);
    desk_crash(d, 5 * 3600000LL); /* longer than the step's time */
    for (int i = 0; i < 10 && d->call.call != CALL_START; i++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    }
    desk_is(d, TARGET_CHANGING, NULL);
    assert_int_equal(d->call.call, CALL_START);
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    desk_destroy(d);
}

/* ---- a manager that says "done" and names nothing ---- */

static void a_snapshot_without_a_name_is_not_asked_about_for_ever(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_SNAPSHOT, 1, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was cut");
    for (int i = 0; i < 5000 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    }
    desk_is(d, TARGET_PARKED, "snapshot in doubt");
    assert_string_equal(d->last_rejection, "");
    desk_destroy(d);
}

/* ---- an appliance that asks for more patience than there is ---- */

/* A gateway in front of a booting appliance says 503, Retry-After: 3600. */
static void patience_asked_for_is_no_reason_to_give_up(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 1, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_until(d, ACTIVITY_READ, 0, TARGET_ROLLING_BACK);
    int64_t began_ms = d->now_ms;
    int looks = 0;
    while (desk_target(d)->state == TARGET_ROLLING_BACK) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        struct outcome busy = desk_outcome(d);
        busy.outcome = SLIPWAY_RETRY;
        busy.sentence = "HTTP 503";
        busy.look_again_ms = 3600000;
        desk_answer(d, busy);
        looks++;
    }
    assert_in_range(looks, 10, 40);
    assert_in_range(d->now_ms - began_ms, 800000, 900000);
    desk_is(d, TARGET_STRANDED, "HTTP 503");
    desk_destroy(d);
}

/* ---- undoing by steps what may still be done ---- */

static void no_undo_beside_a_job_that_may_still_run(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    struct playbook *p = &d->plan->playbook;
    p->rollback = ROLLBACK_NATIVE;
    p->steps[1].snapshot = false;
    p->steps = xreallocarray(p->steps, p->step_count + 1, sizeof *p->steps);
    p->steps[p->step_count++] = (struct step){
        .op = shape_operation("undo", "ssh.job", SLIPWAY_RECONCILABLE, 600000),
        .phase = PHASE_ROLLBACK,
        .on_failure = ON_FAILURE_FAIL};
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 1, TARGET_CHANGING);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was cut");
    while (desk_target(d)->state == TARGET_CHANGING) {
        desk_wait(d);
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_RUNNING, "the job runs");
        else
            desk_say(d, SLIPWAY_PENDING, "the job runs");
    }
    desk_is(d, TARGET_PARKED, "still running");
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_is(d, TARGET_PARKED, NULL);
    assert_non_null(strstr(d->last_rejection, "may still be running"));
    desk_verb(d, VERB_RETRY, 0); /* asked again: by now it has ended, badly */
    if (d->call.call == CALL_NONE)
        desk_wait(d);
    desk_probe(d, SLIPWAY_PROBE_FAILED, "rc 1");
    desk_is(d, TARGET_ROLLING_BACK, "rc 1");
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_launch_that_never_began_is_repeated_under_its_key),
        cmocka_unit_test(a_new_attempt_has_a_new_key),
        cmocka_unit_test(what_never_began_while_slipway_was_away_begins_now),
        cmocka_unit_test(a_snapshot_without_a_name_is_not_asked_about_for_ever),
        cmocka_unit_test(patience_asked_for_is_no_reason_to_give_up),
        cmocka_unit_test(no_undo_beside_a_job_that_may_still_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
