/*
 * test_rollback.c - putting one target back: verified or stranded, by snapshot, by its
 * own steps or not at all; and what becomes of its snapshots on the way.
 */
#include "desk.h"

#define CHANGE 1
#define HEALTH 1 /* check of the plan */

static struct playbook *book_of(struct desk *d)
{
    return &d->plan->playbook;
}

/* The plan of one appliance with this many change steps. */
static struct desk *desk_of_steps(int steps)
{
    struct plan_shape shape = {.targets = 1,
                               .soak_ms = 600000,
                               .budget = 50,
                               .budgets = {50},
                               .change_steps = steps};
    struct desk *d = desk_create();
    plan_free(d->plan);
    d->plan = shape_plan(&shape);
    return d;
}

/* A further step at the end, of the rollback phase. */
static void add_native_rollback(struct desk *d)
{
    struct playbook *p = book_of(d);
    p->rollback = ROLLBACK_NATIVE;
    for (size_t i = 0; i < p->step_count; i++)
        p->steps[i].snapshot = false;
    p->steps = xreallocarray(p->steps, p->step_count + 1, sizeof *p->steps);
    p->steps[p->step_count++] = (struct step){
        .op = shape_operation("undo", "ssh.job", SLIPWAY_RECONCILABLE, 600000),
        .phase = PHASE_ROLLBACK,
        .on_failure = ON_FAILURE_FAIL};
}

/* ---- putting it back ---- */

static struct desk *rolling_back(void)
{
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    return d;
}

static void a_rollback_is_verified_before_it_is_one(void **state)
{
    (void)state;
    static const enum activity order[] = {
        ACTIVITY_REVERT, ACTIVITY_POWER_ON, ACTIVITY_READ, ACTIVITY_READ,
        ACTIVITY_CHECK,  ACTIVITY_CHECK,    ACTIVITY_PRUNE};
    struct desk *d = rolling_back();
    assert_string_equal(d->reference, "snapshot-7");
    assert_int_equal(d->call.incarnation, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        assert_int_equal(d->call.activity, order[i]);
        desk_is(d, TARGET_ROLLING_BACK, "rc 1");
        desk_good(d);
    }
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    assert_int_equal(desk_target(d)->snapshot_count, 0);
    assert_false(desk_target(d)->changed);
    desk_destroy(d);
}

static void the_wrong_version_after_a_rollback_strands(void **state)
{
    (void)state;
    struct desk *d = rolling_back();
    desk_until(d, ACTIVITY_READ, 0, TARGET_ROLLING_BACK);
    desk_value(d, "2.0");
    desk_is(d, TARGET_STRANDED, "after the rollback the version is 2.0, not 1.0");
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_PAUSED);
    desk_assert_quiet(d);
    desk_destroy(d);
}

static void red_after_a_rollback_strands(void **state)
{
    (void)state;
    struct desk *d = rolling_back();
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_ROLLING_BACK);
    while (desk_target(d)->state == TARGET_ROLLING_BACK) {
        desk_check(d, EXPECTED_FALSE);
        if (desk_target(d)->state == TARGET_ROLLING_BACK)
            desk_wait(d);
    }
    desk_is(d, TARGET_STRANDED, "check health is red");
    desk_destroy(d);
}

static void a_revert_in_doubt_for_too_long_strands(void **state)
{
    (void)state;
    struct desk *d = rolling_back();
    desk_say(d, SLIPWAY_UNKNOWN, "reset");
    while (desk_target(d)->state == TARGET_ROLLING_BACK) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "no route to the manager");
    }
    desk_is(d, TARGET_STRANDED, "revert in doubt: no route to the manager");
    /* the operator repaired the manager */
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

/* Back and healthy, only the snapshot will not go: that is not stranded. */
static void a_snapshot_that_will_not_go_parks_a_good_rollback(void **state)
{
    (void)state;
    struct desk *d = rolling_back();
    desk_until(d, ACTIVITY_PRUNE, 0, TARGET_ROLLING_BACK);
    desk_say(d, SLIPWAY_FAILED, "the file is locked");
    desk_is(d, TARGET_PARKED, "rolled back and verified, but a snapshot could not be");
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.activity, ACTIVITY_PRUNE);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

/* Each revert that is issued is a new incarnation, also when it is issued again. */
static void every_issued_revert_is_an_incarnation(void **state)
{
    (void)state;
    struct desk *d = rolling_back();
    assert_int_equal(desk_target(d)->incarnation, 1);
    desk_say(d, SLIPWAY_RETRY, "busy");
    assert_int_equal(desk_target(d)->incarnation, 1);
    desk_wait(d);
    assert_int_equal(desk_target(d)->incarnation, 2);
    desk_crash(d, 1000);
    assert_int_equal(desk_target(d)->incarnation, 2);
    desk_destroy(d);
}

static void a_native_rollback_runs_its_steps(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    add_native_rollback(d);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    assert_int_equal(d->call.index, 2);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    assert_int_equal(d->calls_of[ACTIVITY_REVERT][0], 0);
    assert_int_equal(desk_target(d)->incarnation, 0);
    desk_destroy(d);
}

static void a_native_rollback_that_fails_strands(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    add_native_rollback(d);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_say(d, SLIPWAY_FAILED, "undo: rc 2");
    desk_is(d, TARGET_STRANDED, "undo: rc 2");
    desk_destroy(d);
}

/* A launch that nobody found may come through yet; steps that undo it would meet it. */
static void nothing_is_undone_natively_while_a_launch_may_come_through(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    add_native_rollback(d);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_UNKNOWN, "no answer");
    desk_wait(d);
    desk_verb(d, VERB_PAUSE, -1);
    desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    assert_int_equal(desk_activity(d)->state, STEP_WAITING);
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_non_null(strstr(d->last_rejection, "was sent and may still begin"));
    desk_verb(d, VERB_UNPAUSE, -1);
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_int_equal(desk_target(d)->state, TARGET_ROLLING_BACK);
    desk_destroy(d);
}

/* A native rollback has no snapshot that could have gone: also after success. */
static void a_success_can_be_taken_back_natively(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    add_native_rollback(d);
    desk_open(d);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_OVER);
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_BUSY);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_OVER);
    desk_destroy(d);
}

static void without_a_rollback_it_parks_and_says_so(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->rollback = ROLLBACK_NONE;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_PARKED, "rc 1; not rolled back: the playbook has no rollback");
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_non_null(strstr(d->last_rejection, "the playbook has no rollback"));
    desk_destroy(d);
}

static void a_member_of_a_link_group_is_never_reverted(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    free(d->plan->targets[0].link_group);
    d->plan->targets[0].link_group = xstrdup("sso-17");
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_PARKED, "one member must not be reverted alone");
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_non_null(strstr(d->last_rejection, "must not be reverted alone"));
    desk_assert_quiet(d);
    assert_int_equal(d->calls_of[ACTIVITY_REVERT][0], 0);
    desk_destroy(d);
}

/* ---- snapshots ---- */

static void only_the_youngest_few_snapshots_are_kept(void **state)
{
    (void)state;
    struct desk *d = desk_of_steps(4);
    desk_open(d);
    int most = 0;
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_SOAKING; i++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        if (d->call.activity == ACTIVITY_SNAPSHOT) {
            char name[32];
            (void)snprintf(name, sizeof name, "snapshot-%d", d->call.index);
            desk_value(d, name);
        } else
            desk_good(d);
        int held = desk_target(d)->snapshot_count;
        most = held > most ? held : most;
    }
    assert_int_equal(most, 2);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 4);
    assert_int_equal(d->calls_of[ACTIVITY_PRUNE][0], 2);
    assert_string_equal(desk_target(d)->snapshots[0].reference, "snapshot-3");
    assert_string_equal(desk_target(d)->snapshots[1].reference, "snapshot-4");
    desk_destroy(d);
}

/* The third step fails, the snapshot before the first is gone: what it goes back to is the
   state after the first step, whose version was read before it was taken. */
static struct desk *desk_half_way_back(void)
{
    struct desk *d = desk_of_steps(3);
    desk_open(d);
    desk_until(d, ACTIVITY_READ, 0, TARGET_CHECKING);
    desk_value(d, "1.5");                              /* what the first step left */
    assert_int_equal(d->call.activity, ACTIVITY_READ); /* by the other way */
    desk_value(d, "1.5");
    desk_until(d, ACTIVITY_STEP, 3, TARGET_CHANGING);
    assert_int_equal(desk_target(d)->snapshots[0].step, 2);
    assert_string_equal(desk_target(d)->snapshots[0].version, "1.5");
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_until(d, ACTIVITY_READ, 0, TARGET_ROLLING_BACK);
    return d;
}

static void going_back_half_way_is_held_against_the_version_there(void **state)
{
    (void)state;
    struct desk *d = desk_half_way_back();
    desk_value(d, "1.5");
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    desk_value(d, "1.5");
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    assert_string_equal(desk_target(d)->version_now, "1.5");
    desk_destroy(d);
}

/* The manager said that it is done, and nothing went back. */
static void a_revert_half_way_that_did_nothing_is_no_rollback(void **state)
{
    (void)state;
    struct desk *d = desk_half_way_back();
    desk_value(d, "2.0");
    desk_is(d, TARGET_STRANDED, "after the rollback the version is 2.0, not 1.5");
    desk_destroy(d);
}

/* As the slipways before this one wrote: they read no version amid a change. */
static void forget_reads_amid_a_change(struct desk *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->journal_count; i++) {
        struct record *r = &d->journal[i];
        bool read = (r->kind == RECORD_STEP && r->activity == ACTIVITY_READ) ||
                    r->kind == RECORD_VERSION;
        if (read && r->moment == MOMENT_AFTER)
            record_clear(r);
        else
            d->journal[kept++] = *r;
    }
    d->journal_count = kept;
}

/* It was begun by an older slipway, and taken over by this one. */
static void a_snapshot_of_before_the_upgrade_has_no_version(void **state)
{
    (void)state;
    struct desk *d = desk_of_steps(3);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 3, TARGET_CHANGING);
    desk_until(d, ACTIVITY_CHECK, 0, TARGET_CHECKING);
    forget_reads_amid_a_change(d);
    desk_crash(d, 60000);
    assert_int_equal(desk_target(d)->snapshots[0].step, 2);
    assert_null(desk_target(d)->snapshots[0].version);
    while (desk_target(d)->state == TARGET_CHECKING) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        desk_check(d, EXPECTED_FALSE);
    }
    desk_until(d, ACTIVITY_READ, 0, TARGET_ROLLING_BACK);
    desk_value(d, "1.5"); /* nobody knows what it was then */
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    desk_value(d, "1.5");
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

static void a_snapshot_goes_at_its_time_limit_and_the_soak_goes_on(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    d->plan->waves[0].soak_ms = 100 * 3600000LL;
    desk_open(d);
    desk_until(d, ACTIVITY_PRUNE, 0, TARGET_SOAKING);
    assert_int_equal(d->now_ms - desk_target(d)->snapshots[0].taken_ms, 72 * 3600000LL);
    desk_good(d);
    desk_is(d, TARGET_SOAKING, NULL);
    assert_int_equal(desk_target(d)->snapshot_count, 0);
    int64_t soak_until_ms = desk_target(d)->soak_until_ms;
    desk_wait(d);
    assert_int_equal(d->now_ms, soak_until_ms);
    assert_int_equal(d->call.activity, ACTIVITY_CHECK);
    while (desk_target(d)->state == TARGET_SOAKING) {
        desk_check(d, EXPECTED_FALSE);
        if (desk_target(d)->state == TARGET_SOAKING)
            desk_wait(d);
    }
    desk_is(d, TARGET_PARKED, "no snapshot of ours is left");
    desk_destroy(d);
}

/* The guard stands before the first snapshot: nothing was changed. */
static void a_guard_that_says_no_changes_nothing(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_GUARD, CHANGE, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_REFUSED, "there is a snapshot of somebody else");
    desk_is(d, TARGET_FAILED, "somebody else");
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_destroy(d);
}

/* Later it is a question for a human: the appliance was changed already. */
static void a_guard_that_says_no_later_parks(void **state)
{
    (void)state;
    struct desk *d = desk_of_steps(2);
    desk_open(d);
    desk_until(d, ACTIVITY_GUARD, 2, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_REFUSED, "the datastore is full");
    desk_is(d, TARGET_PARKED, "the datastore is full");
    assert_int_equal(desk_target(d)->snapshot_count, 1);
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.activity, ACTIVITY_GUARD);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

/* A way back is never thrown away: starting over would take a snapshot of the broken
   appliance and remove the good one. */
static void nobody_starts_over_while_a_snapshot_is_the_way_back(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->steps[CHANGE].on_failure = ON_FAILURE_PARK;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_PARKED, NULL);
    desk_verb(d, VERB_SKIP, 0);
    desk_is(d, TARGET_SKIPPED, NULL);
    desk_verb(d, VERB_RETRY, 0);
    desk_is(d, TARGET_SKIPPED, NULL);
    assert_non_null(strstr(d->last_rejection, "slipway rollback"));
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_verb(d, VERB_RETRY, 0);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rollback_is_verified_before_it_is_one),
        cmocka_unit_test(the_wrong_version_after_a_rollback_strands),
        cmocka_unit_test(red_after_a_rollback_strands),
        cmocka_unit_test(a_revert_in_doubt_for_too_long_strands),
        cmocka_unit_test(a_snapshot_that_will_not_go_parks_a_good_rollback),
        cmocka_unit_test(every_issued_revert_is_an_incarnation),
        cmocka_unit_test(a_native_rollback_runs_its_steps),
        cmocka_unit_test(a_native_rollback_that_fails_strands),
        cmocka_unit_test(nothing_is_undone_natively_while_a_launch_may_come_through),
        cmocka_unit_test(a_success_can_be_taken_back_natively),
        cmocka_unit_test(without_a_rollback_it_parks_and_says_so),
        cmocka_unit_test(a_member_of_a_link_group_is_never_reverted),
        cmocka_unit_test(only_the_youngest_few_snapshots_are_kept),
        cmocka_unit_test(going_back_half_way_is_held_against_the_version_there),
        cmocka_unit_test(a_revert_half_way_that_did_nothing_is_no_rollback),
        cmocka_unit_test(a_snapshot_of_before_the_upgrade_has_no_version),
        cmocka_unit_test(a_snapshot_goes_at_its_time_limit_and_the_soak_goes_on),
        cmocka_unit_test(a_guard_that_says_no_changes_nothing),
        cmocka_unit_test(a_guard_that_says_no_later_parks),
        cmocka_unit_test(nobody_starts_over_while_a_snapshot_is_the_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
