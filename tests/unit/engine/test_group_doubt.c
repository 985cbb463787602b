/*
 * test_group_doubt.c - link groups, while nobody knows what a manager made of a call: it
 * was lost, or is only slow. Whatever comes of it late must not meet members that run.
 *
 * The appliances are the judge (world.h, world_look_at_links): a snapshot taken or a
 * revert done while a member runs is the end of their replication.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "group_story.h"
#include "util/auto.h"

#define NEVER (INT64_MAX - 1)

static const struct plan_shape linked = {
    .targets = MEMBERS,
    .waves = {MEMBERS},
    .budgets = {3},
    .soak_ms = 600000,
    .in_flight = MEMBERS,
    .budget = 3,
    .linked = {MEMBERS},
    .companions = 1u << 2,
};

/* ---- calls that are lost ---- */

static void hear_nothing(struct world *w, int target)
{
    struct input input = {
        .kind = INPUT_OUTCOME,
        .outcome = {.call_id = target_at(w, target)->activity.call_id,
                    .target = target,
                    .outcome = SLIPWAY_UNKNOWN,
                    .sentence = "no answer"},
    };
    world_input(w, &input);
}

static void arrives_at(struct world *w, int64_t call_id, int64_t at_ms)
{
    for (size_t i = 0; i < w->queue_count; i++) {
        if (w->queue[i].action.call_id == call_id)
            w->queue[i].at_ms = at_ms;
    }
}

/* What is still on its way never arrives. */
static void forget_calls(struct world *w)
{
    for (size_t i = w->queue_count; i-- > 0;) {
        if (w->queue[i].at_ms == NEVER)
            w->queue[i] = w->queue[--w->queue_count];
    }
}

static bool has_stopped(const struct target_state *t)
{
    return t->state == TARGET_PARKED || t->state == TARGET_STRANDED;
}

/* Its call is not answered, and whoever is asked about it knows nothing, until a human is
   called. Returns the call: it is still on its way, and comes when the test says so. */
static int64_t lose(struct world *w, int target, enum activity kind)
{
    const struct target_state *t = target_at(w, target);
    int64_t call_id = 0;
    for (int i = 0; i < 100000 && !(call_id && has_stopped(t)); i++) {
        if (t->activity.kind != kind || t->activity.call == CALL_NONE) {
            assert_true(world_step(w));
            continue;
        }
        if (t->activity.call == CALL_START) {
            assert_int_equal(call_id, 0);
            call_id = t->activity.call_id;
            arrives_at(w, call_id, NEVER);
        }
        hear_nothing(w, target);
    }
    assert_true(call_id && has_stopped(t));
    return call_id;
}

/* ---- stories ---- */

/* Everybody is off, and the snapshot of one is lost. An operator puts the group back: it
   is not switched on before somebody knows whether the snapshot will still be taken. */
static void a_lost_snapshot_is_asked_about_before_anybody_is_switched_on(void **state)
{
    (void)state;
    for (int named = 0; named < MEMBERS; named++) {
        struct world *w = begin(&linked);
        int64_t call_id = lose(w, 1, ACTIVITY_SNAPSHOT);
        say(w, VERB_ROLLBACK, named);
        assert_int_equal(group_of(w), GROUP_HALTING);
        for (int i = 0; i < MEMBERS; i++)
            assert_int_equal(world_effects(w, i, ACTIVITY_POWER_ON), 0);
        arrives_at(w, call_id, w->now_ms + 30000);
        run(w);
        all_are(w, TARGET_ROLLED_BACK);
        for (int i = 0; i < MEMBERS; i++)
            assert_true(w->appliances[i].on && !w->appliances[i].snapshots_held);
        assert_int_equal(w->appliances[1].snapshots_taken, 1);
        end(w);
    }
}

/* The same, and it never arrives: nothing is taken anew only to be thrown away. */
static void a_snapshot_that_never_began_is_not_taken_by_a_rollback(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    (void)lose(w, 1, ACTIVITY_SNAPSHOT);
    say(w, VERB_ROLLBACK, 0);
    for (int i = 0; group_of(w) == GROUP_HALTING && i < 1000; i++)
        assert_true(world_step(w));
    assert_int_equal(group_of(w), GROUP_RESTARTING);
    assert_int_equal(w->appliances[1].snapshots_taken, 0);
    forget_calls(w);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    assert_int_equal(w->appliances[1].snapshots_taken, 0);
    end(w);
}

/* Somebody leaves the group as it is while the snapshot of one is in doubt, and it comes
   later or never: it is in the books, by its name, and goes when the group goes back after
   all. Nothing was changed, and nobody is reverted to what may not be there. */
static void left_in_doubt(bool comes)
{
    struct world *w = begin(&linked);
    int64_t call_id = lose(w, 1, ACTIVITY_SNAPSHOT);
    say(w, VERB_SKIP, 0);
    all_are(w, TARGET_SKIPPED);
    const struct target_state *t = target_at(w, 1);
    assert_int_equal(t->snapshot_count, 1);
    assert_string_equal(t->snapshots[0].reference, "");
    auto_free char *name = engine_snapshot_name(w->plan, 1, t->snapshots[0].step, 0);
    assert_string_equal(t->snapshots[0].name, name);
    if (comes)
        arrives_at(w, call_id, w->now_ms + 30000);
    else
        forget_calls(w);
    run(w);
    assert_int_equal(w->appliances[1].snapshots_held, comes);
    say(w, VERB_ROLLBACK, 0);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    for (int i = 0; i < MEMBERS; i++) {
        assert_true(w->appliances[i].on && !w->appliances[i].snapshots_held);
        assert_int_equal(world_effects(w, i, ACTIVITY_REVERT), 0);
    }
    end(w);
}

static void a_snapshot_in_doubt_that_is_left_stays_in_the_books(void **state)
{
    (void)state;
    left_in_doubt(true);
    left_in_doubt(false);
}

/* The revert of one is lost, so all are stranded, off. The operator says rollback again:
   the old revert must not come among machines that were switched on since. */
static void a_lost_revert_is_asked_about_before_the_next_one(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[0].faults = FAULT_SICK;
    int64_t call_id = lose(w, 1, ACTIVITY_REVERT);
    for (int i = 0; group_of(w) != GROUP_STRANDED && i < 1000; i++)
        assert_true(world_step(w));
    all_are(w, TARGET_STRANDED);
    assert_non_null(strstr(target_at(w, 1)->reason, "vc-0002 of link group sso-1"));
    say(w, VERB_ROLLBACK, 2);
    assert_int_equal(group_of(w), GROUP_HALTING);
    arrives_at(w, call_id, w->now_ms + 30000);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    for (int i = 0; i < MEMBERS; i++)
        assert_true(w->appliances[i].on && w->appliances[i].healthy);
    end(w);
}

/* Who says nothing goes on saying nothing: all stay as they are, and so they do again. */
static void a_manager_that_knows_nothing_leaves_all_stranded(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    (void)lose(w, 1, ACTIVITY_SNAPSHOT);
    for (int tries = 0; tries < 3; tries++) {
        say(w, VERB_ROLLBACK, 0);
        assert_int_equal(group_of(w), GROUP_HALTING);
        for (int i = 0; group_of(w) == GROUP_HALTING && i < 10000; i++) {
            if (target_at(w, 1)->activity.call == CALL_PROBE)
                hear_nothing(w, 1);
            else
                assert_true(world_step(w));
        }
        assert_int_equal(group_of(w), GROUP_STRANDED);
        all_are(w, TARGET_STRANDED);
        assert_non_null(strstr(target_at(w, 0)->reason, "vc-0002 of link group sso-1 is "
                                                        "in doubt, so nobody is "
                                                        "reverted"));
        for (int i = 0; i < MEMBERS; i++)
            assert_false(w->appliances[i].on);
    }
    world_destroy(w);
}

/* Its snapshot went at its time limit while the group was to be put back: the others are
   not reverted without it, and those that run go on running. */
static void nobody_is_reverted_when_a_snapshot_went_meanwhile(void **state)
{
    (void)state;
    struct plan_shape shape = linked;
    shape.soak_ms = 80 * 3600000LL;
    shape.manager_max = MEMBERS;
    struct world *w = begin(&shape);
    for (int i = 0; group_of(w) != GROUP_SOAKING && i < 10000; i++)
        assert_true(world_step(w));
    world_tell(w, (struct command){.verb = VERB_SET,
                                   .target = -1,
                                   .wave = -1,
                                   .setting = "limit:manager=m",
                                   .number = 1});
    int64_t call_id = lose(w, 0, ACTIVITY_PRUNE);
    say(w, VERB_ROLLBACK, 1);
    assert_int_equal(group_of(w), GROUP_HALTING);
    arrives_at(w, call_id, w->now_ms + 30000);
    run(w);
    all_are(w, TARGET_STRANDED);
    assert_non_null(strstr(target_at(w, 1)->reason,
                           "vc-0001 of link group sso-1 has no snapshot left"));
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(world_effects(w, i, ACTIVITY_REVERT), 0);
        assert_true(w->appliances[i].on);
    }
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_snapshot_is_asked_about_before_anybody_is_switched_on),
        cmocka_unit_test(a_snapshot_that_never_began_is_not_taken_by_a_rollback),
        cmocka_unit_test(a_snapshot_in_doubt_that_is_left_stays_in_the_books),
        cmocka_unit_test(a_lost_revert_is_asked_about_before_the_next_one),
        cmocka_unit_test(a_manager_that_knows_nothing_leaves_all_stranded),
        cmocka_unit_test(nobody_is_reverted_when_a_snapshot_went_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
