/*
 * test_group_again.c - a link group that is told to go back while something of it is still
 * open: a request that was lost, a snapshot that came to nothing, a member that waits. And
 * one that finds no room for all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "group_calls.h"

#define ALONE 3

/* vc-0001 to vc-0003 are a group, vc-0004 stands alone. */
static const struct plan_shape linked = {
    .targets = 4,
    .budgets = {4},
    .soak_ms = 600000,
    .in_flight = 4,
    .budget = 4,
    .linked = {MEMBERS},
};

static struct outcome arrived(void)
{
    return (struct outcome){.outcome = SLIPWAY_DONE};
}

/* All are asked to go down, and what became of one request is not known. */
static void lose_shutdown(struct world *w, int target)
{
    keep_all(w, ACTIVITY_POWER_OFF);
    is_lost(w, target);
    assert_int_equal(target_at(w, target)->activity.state, STEP_WAITING);
}

static void all_came_back(const struct world *w)
{
    all_are(w, TARGET_ROLLED_BACK);
    for (int i = 0; i < MEMBERS; i++)
        assert_true(w->appliances[i].on && w->appliances[i].healthy &&
                    !w->appliances[i].snapshots_held);
}

/* ---- going back ---- */

/* The guest may have been asked and go down minutes later: it is asked again, and counts
   as one that goes down, before the others come up. */
static void a_lost_shutdown_is_asked_for_again_before_anybody_comes_up(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    lose_shutdown(w, 1);
    answer(w, 0, arrived());
    answer(w, 2, arrived());
    say(w, VERB_ROLLBACK, 1);
    assert_int_equal(group_of(w), GROUP_HALTING);
    is(w, 1, TARGET_ROLLING_BACK, "because");
    assert_int_equal(target_at(w, 1)->activity.kind, ACTIVITY_POWER_OFF);
    keep(w, 1, ACTIVITY_POWER_OFF);
    assert_int_equal(group_of(w), GROUP_HALTING);
    answer(w, 1, arrived());
    run(w);
    all_came_back(w);
    end(w);
}

/* Changed members go down to be reverted; of one nobody knows whether it was asked, and
   another cannot be shut down. The rollback that an operator orders then begins with what
   is open, and not with evidence of a machine that goes down meanwhile. */
static void no_evidence_is_read_from_one_that_may_be_going_down(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    add_evidence(&w->plan->playbook);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    w->appliances[2].faults = FAULT_SICK;
    world_start(w);
    run_until(w, GROUP_POWERING_OFF);
    lose_shutdown(w, 0);
    answer(w, 1, arrived());
    fails(w, 2, "the manager says no");
    assert_int_equal(group_of(w), GROUP_STRANDED);
    is(w, 0, TARGET_ROLLING_BACK, "");
    say(w, VERB_ROLLBACK, 0);
    assert_int_equal(group_of(w), GROUP_HALTING);
    assert_int_equal(target_at(w, 0)->activity.kind, ACTIVITY_POWER_OFF);
    run(w);
    all_came_back(w);
    end(w);
}

/* Nobody knew whether it was taken; asked again, the manager says that it was not. Nobody
   needs it any more, so that is no reason to leave the group off. */
static void a_snapshot_that_came_to_nothing_strands_nobody(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    keep_all(w, ACTIVITY_SNAPSHOT);
    is_done(w, 0, "snapshot-1");
    is_done(w, 2, "snapshot-3");
    is_lost(w, 1);
    nobody_knows(w, 1);
    say(w, VERB_ROLLBACK, 0);
    assert_int_equal(group_of(w), GROUP_HALTING);
    assert_int_equal(call_of(w, 1)->action.call, CALL_PROBE);
    answer(w, 1,
           (struct outcome){.probe = SLIPWAY_PROBE_FAILED, .sentence = "NoDiskSpace"});
    assert_int_equal(group_of(w), GROUP_RESTARTING);
    w->appliances[0].snapshots_held = w->appliances[2].snapshots_held = 1;
    run(w);
    all_came_back(w);
    end(w);
}

/* A wave that goes back takes nobody out of a group that is still being changed. */
static void a_wave_that_goes_back_waits_for_a_group_that_is_half_done(void **state)
{
    (void)state;
    struct plan_shape shape = linked;
    shape.budgets[0] = 0;
    struct world *w = world_create(&shape, 1);
    w->plan->waves[0].on_exceed = ON_EXCEED_ROLLBACK_WAVE;
    world_start(w);
    keep_change(w, ALONE);
    keep_change(w, 1);
    is(w, 0, TARGET_SOAKING, "");
    assert_int_equal(group_of(w), GROUP_CHANGING);
    fails(w, ALONE, "rc 1");
    for (int i = 0; i < 1000 && target_at(w, ALONE)->state == TARGET_ROLLING_BACK; i++)
        assert_true(world_step(w));
    is(w, ALONE, TARGET_ROLLED_BACK, "rc 1");
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_int_equal(group_of(w), GROUP_CHANGING);
    is(w, 0, TARGET_SOAKING, "");
    call_of(w, 1)->at_ms = w->now_ms;
    run(w);
    is(w, 1, TARGET_SOAKING, "");
    assert_int_equal(w->appliances[2].updates, 0); /* its turn, but all is paused */
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_REVERT), 0);
    world_destroy(w);
}

/* ---- room for all of it ---- */

static void needs(const struct admission_facts *facts, const char *limit, int places)
{
    for (size_t i = 0; i < facts->limit_count; i++) {
        if (!strcmp(facts->limits[i].key, limit)) {
            assert_int_equal(facts->limits[i].needed, places);
            return;
        }
    }
    fail_msg("nobody asks for %s", limit);
}

/* All are at one manager that takes three at once, and two on a disk that takes two. While
   the one that stands alone is being snapshotted there is room for two, and nobody goes. */
static void a_group_waits_until_its_manager_and_disks_have_room_for_all(void **state)
{
    (void)state;
    struct plan_shape shape = linked;
    shape.manager_max = MEMBERS;
    struct world *w = world_create(&shape, 1);
    struct plan *plan = w->plan;
    *vec_push(plan->limits, plan->limit_count, plan->limit_room) =
        (struct plan_cap){xstrdup("datastore=d"), 2};
    plan->targets[1].datastore_limit = plan->targets[2].datastore_limit = 1;
    engine_destroy(w->engine);
    w->engine = engine_create(plan, 1);
    world_start(w);
    keep(w, ALONE, ACTIVITY_SNAPSHOT);
    for (int i = 0; i < 1000 && world_count(w, TARGET_READY) < MEMBERS; i++)
        assert_true(world_step(w));
    all_are(w, TARGET_READY);
    struct admission_facts facts;
    for (int i = 0; i < MEMBERS; i++) {
        engine_admission_facts(w->engine, i, w->now_ms, &facts);
        assert_int_equal(facts.limit_count, 2);
        needs(&facts, "manager=m", MEMBERS);
        needs(&facts, "datastore=d", 2);
    }
    is_done(w, ALONE, "snapshot-4");
    assert_int_not_equal(group_of(w), GROUP_GATHERING);
    w->appliances[ALONE].snapshots_held = 1;
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_shutdown_is_asked_for_again_before_anybody_comes_up),
        cmocka_unit_test(no_evidence_is_read_from_one_that_may_be_going_down),
        cmocka_unit_test(a_snapshot_that_came_to_nothing_strands_nobody),
        cmocka_unit_test(a_wave_that_goes_back_waits_for_a_group_that_is_half_done),
        cmocka_unit_test(a_group_waits_until_its_manager_and_disks_have_room_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
