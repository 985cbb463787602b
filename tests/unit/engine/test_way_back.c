/*
 * test_way_back.c - before a change is sent the manager is asked for the snapshot that a
 * rollback would go to. It is gone, or nobody can say which it is: nothing was sent.
 */
#include "desk.h"

/* The change step of the plan is step 1. */
#define CHANGE 1

/* The snapshot was taken, and the change has just been asked for. */
static struct desk *before_change(int retries)
{
    struct desk *d = desk_create();
    struct step *step = &d->plan->playbook.steps[CHANGE];
    step->op.repeat = SLIPWAY_RECONCILABLE;
    step->on_failure = ON_FAILURE_ROLLBACK;
    step->retries = retries;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_int_equal(d->call.call, CALL_START);
    return d;
}

static struct outcome nothing_sent(const struct desk *d, enum protection protection)
{
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_REFUSED;
    o.protection = protection;
    o.sentence = "the snapshot is not there any more";
    return o;
}

static void a_change_is_asked_for_together_with_its_way_back(void **state)
{
    (void)state;
    struct desk *d = before_change(0);
    assert_string_equal(d->reference, desk_target(d)->snapshots[0].reference);
    desk_say(d, SLIPWAY_UNKNOWN, "connection reset");
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    assert_string_equal(d->reference,
                        ""); /* what may have happened is asked about in any case */
    desk_destroy(d);
}

/* Somebody removed the snapshot while the campaign was paused. */
static void without_its_way_back_nothing_is_sent_and_a_human_decides(void **state)
{
    (void)state;
    struct desk *d = before_change(0);
    desk_answer(d, nothing_sent(d, PROTECTION_GONE));
    desk_is(d, TARGET_PARKED, "not there any more");
    assert_int_equal(desk_activity(d)->state, STEP_FAILED);
    assert_int_equal(desk_target(d)->snapshot_count, 0);
    desk_assert_quiet(d);
    desk_verb(d, VERB_RETRY, 0); /* with a snapshot of its own */
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_string_not_equal(d->reference, "");
    desk_destroy(d);
}

/* The call was turned away while somebody was at work there, which is how it went. */
static void what_was_only_turned_away_has_changed_nothing(void **state)
{
    (void)state;
    struct desk *d = before_change(0);
    desk_say(d, SLIPWAY_RETRY, "task-9 is at work");
    desk_wait(d);
    desk_answer(d, nothing_sent(d, PROTECTION_GONE));
    desk_is(d, TARGET_PARKED, "not there any more");
    assert_int_equal(desk_target(d)->snapshot_count, 0);
    assert_false(desk_target(d)->changed);
    desk_destroy(d);
}

/* An attempt failed before: it must go back to how it was before that one, and to no
   snapshot of what is there now. So it is asked for again and again. */
static void who_was_changed_is_not_changed_further_without_its_way_back(void **state)
{
    (void)state;
    struct desk *d = before_change(1);
    desk_say(d, SLIPWAY_FAILED, "the disk is full");
    desk_wait(d);
    for (int i = 0; i < 2; i++) {
        assert_string_not_equal(d->reference, "");
        desk_answer(d, nothing_sent(d, PROTECTION_GONE));
        desk_is(d, TARGET_PARKED, "not there any more");
        assert_int_equal(desk_target(d)->snapshot_count, 1);
        assert_true(desk_target(d)->changed);
        desk_verb(d, VERB_RETRY, 0);
        assert_int_equal(d->call.activity, ACTIVITY_STEP);
    }
    desk_destroy(d);
}

/* The first request stalled on its way; when nothing is sent any more, it may have come
   through. So it is asked about again, and not begun beside it. */
static void what_stalled_before_stays_in_doubt(void **state)
{
    (void)state;
    struct desk *d = before_change(0);
    desk_say(d, SLIPWAY_UNKNOWN, "no answer");
    desk_wait(d);
    while (d->call.call != CALL_START) {
        desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
        if (d->call.call == CALL_NONE)
            desk_wait(d);
    }
    assert_int_equal(d->call.call, CALL_START);
    desk_answer(d, nothing_sent(d, PROTECTION_GONE));
    desk_is(d, TARGET_PARKED, "in doubt");
    assert_int_equal(desk_activity(d)->state, STEP_IN_DOUBT);
    assert_int_equal(desk_target(d)->snapshot_count, 1);
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.call, CALL_PROBE);
    desk_destroy(d);
}

/* The change failed in a known way, and what recovers from that changes something too. */
static struct desk *before_recovery(void)
{
    struct desk *d = desk_create();
    shape_recovery(&d->plan->playbook, 1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.sentence = "staging failed";
    o.recovery = 1;
    desk_answer(d, o);
    assert_int_equal(d->call.activity, ACTIVITY_RECOVER);
    return d;
}

static void a_recovery_needs_the_way_back_too(void **state)
{
    (void)state;
    struct desk *d = before_recovery();
    assert_string_equal(d->reference, desk_target(d)->snapshots[0].reference);
    desk_answer(d, nothing_sent(d, PROTECTION_GONE));
    desk_is(d, TARGET_PARKED,
            "staging failed; the recovery of known issue dirty-staging failed at 1 of 2, "
            "vcsa.unstage: the snapshot is not there any more");
    assert_int_equal(desk_target(d)->snapshot_count, 1);
    desk_assert_quiet(d);
    desk_verb(d, VERB_RETRY, 0); /* the step, which asks for it again */
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    assert_string_not_equal(d->reference, "");
    desk_destroy(d);
}

/* What is done before the change has no way back, and needs none. */
static void a_recovery_of_a_preparation_needs_none(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    shape_recovery(&d->plan->playbook, 1);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 0, TARGET_PREPARING);
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.sentence = "staging failed";
    o.recovery = 1;
    desk_answer(d, o);
    assert_int_equal(d->call.activity, ACTIVITY_RECOVER);
    assert_string_equal(d->reference, "");
    desk_destroy(d);
}

/* Its first step only looked, with a snapshot of its own before it. That one is gone: of
   what is left the newer one is the way back, and nobody says that all is as it was. */
static void of_two_snapshots_the_other_one_is_asked_for(void **state)
{
    (void)state;
    static const struct plan_shape two = {.targets = 1,
                                          .soak_ms = 600000,
                                          .budget = 50,
                                          .budgets = {50},
                                          .change_steps = 2};
    struct desk *d = desk_create();
    plan_free(d->plan);
    d->plan = shape_plan(&two);
    d->plan->playbook.steps[CHANGE].op.repeat = SLIPWAY_READ;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE + 1, TARGET_CHANGING);
    assert_int_equal(desk_target(d)->snapshot_count, 2);
    auto_free char *newer = xstrdup(desk_target(d)->snapshots[1].reference);
    assert_string_equal(d->reference, desk_target(d)->snapshots[0].reference);
    desk_answer(d, nothing_sent(d, PROTECTION_GONE));
    desk_is(d, TARGET_PARKED, "not there any more");
    assert_int_equal(desk_target(d)->snapshot_count, 1);
    assert_true(desk_target(d)->changed);
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    assert_string_equal(d->reference, newer);
    desk_destroy(d);
}

/* Several bear its name: which one is ours is for people to say, and none is forgotten. */
static void a_way_back_that_is_unclear_stays_in_the_books(void **state)
{
    (void)state;
    struct desk *d = before_change(0);
    desk_answer(d, nothing_sent(d, PROTECTION_UNCLEAR));
    desk_is(d, TARGET_PARKED, "not there any more");
    assert_int_equal(desk_target(d)->snapshot_count, 1);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_asked_for_together_with_its_way_back),
        cmocka_unit_test(without_its_way_back_nothing_is_sent_and_a_human_decides),
        cmocka_unit_test(what_was_only_turned_away_has_changed_nothing),
        cmocka_unit_test(who_was_changed_is_not_changed_further_without_its_way_back),
        cmocka_unit_test(what_stalled_before_stays_in_doubt),
        cmocka_unit_test(a_recovery_needs_the_way_back_too),
        cmocka_unit_test(a_recovery_of_a_preparation_needs_none),
        cmocka_unit_test(of_two_snapshots_the_other_one_is_asked_for),
        cmocka_unit_test(a_way_back_that_is_unclear_stays_in_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
