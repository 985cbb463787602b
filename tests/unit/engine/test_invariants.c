/*
 * test_invariants.c - the checks that stand behind every other test of the engine: each
 * invariant is broken once, by hand, and must be named. A check that cannot fail would
 * let everything pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aborts.h"
#include "engine/group.h"
#include "times.h"
#include "util/auto.h"
#include "world.h"

#define ALONE 3 /* vc-0004 stands alone, the others are linked, vc-0003 goes along */

static const struct plan_shape shape = {
    .targets = 5,
    .waves = {4, 1},
    .budgets = {9, 9},
    .budget = 9,
    .soak_ms = 600000,
    .linked = {3},
    .companions = 1u << 2,
    .sites = 1,
    .site_max = 5,
    .manager_max = 5,
};

/* ---- broken by hand ---- */

static struct target_state *target_at(struct engine *engine, int target)
{
    return &engine->state.targets[target];
}

static void no_intent(struct engine *engine)
{
    target_at(engine, ALONE)->activity.intent = 0;
}

static void no_deadline(struct engine *engine)
{
    target_at(engine, ALONE)->activity.deadline_ms = 0;
}

static void no_kind(struct engine *engine)
{
    target_at(engine, 4)->activity.state = STEP_DONE;
}

static void busy_after_the_end(struct engine *engine)
{
    target_at(engine, ALONE)->state = TARGET_PARKED;
}

static void recovers_from_nothing(struct engine *engine)
{
    target_at(engine, ALONE)->activity.kind = ACTIVITY_RECOVER;
}

static void at_no_step(struct engine *engine)
{
    target_at(engine, ALONE)->position = -1;
}

static void unprotected(struct engine *engine)
{
    target_at(engine, ALONE)->snapshot_count = 0;
}

static void one_more_in_flight(struct engine *engine)
{
    engine->state.in_flight++;
}

static void one_more_failed(struct engine *engine)
{
    engine->state.failed++;
}

static void one_more_at_risk(struct engine *engine)
{
    engine->state.at_risk++;
}

static void one_more_call(struct engine *engine)
{
    engine->calls++;
}

static void a_limit_too_often_given_back(struct engine *engine)
{
    engine->state.limit_used[0] = -1;
}

static void a_domain_too_often_given_back(struct engine *engine)
{
    engine->state.domain_down[0] = -1;
}

static void down_without_a_claim(struct engine *engine)
{
    engine->state.domain_claimed[0] = 0;
}

static void the_group_is_elsewhere(struct engine *engine)
{
    engine->state.groups[0].state = GROUP_SHUTTING_DOWN;
}

static const struct break_row {
    void (*harm)(struct engine *engine);
    const char *says;
} breaks[] = {
    {no_intent, "what is under way has an intent"},
    {no_deadline, "what is under way has a deadline"},
    {no_kind, "an activity has a kind"},
    {busy_after_the_end, "a settled target has nothing under way"},
    {recovers_from_nothing, "an activity that recovers belongs to a recovery"},
    {at_no_step, "a target in flight is at a step"},
    {unprotected, "a protected step has its snapshot"},
    {one_more_in_flight, "in flight is counted right"},
    {one_more_failed, "failed is counted right"},
    {one_more_at_risk, "what is at risk is counted right"},
    {one_more_call, "outstanding calls are counted right"},
    {a_limit_too_often_given_back, "no limit is given back twice"},
    {a_domain_too_often_given_back, "domains are counted right"},
    {down_without_a_claim, "domains are counted right"},
    {the_group_is_elsewhere, "at most one member of a link group is changed at a time"},
};

static void run_until(struct world *w, enum group_state_id group,
                      enum target_state_id alone)
{
    const struct engine_state *s = engine_state(w->engine);
    for (int i = 0; i < 100000; i++) {
        if (s->groups[0].state == group && s->targets[ALONE].state == alone)
            return;
        assert_true(world_step(w));
    }
    fail_msg("the group never gets to %s", machine_state(&group_machine, (int)group));
}

static void check(void *engine)
{
    engine_check_invariants(engine);
}

/* The numbers behind pointers; they and the targets are put back by hand. */
struct kept {
    struct engine engine;
    struct target_state targets[5];
    struct group_state group;
    int down, claimed, used;
};

static void keep(const struct engine *engine, struct kept *kept)
{
    kept->engine = *engine;
    memcpy(kept->targets, engine->state.targets, sizeof kept->targets);
    kept->group = engine->state.groups[0];
    kept->down = engine->state.domain_down[0];
    kept->claimed = engine->state.domain_claimed[0];
    kept->used = engine->state.limit_used[0];
}

static void put_back(struct engine *engine, const struct kept *kept)
{
    *engine = kept->engine;
    memcpy(engine->state.targets, kept->targets, sizeof kept->targets);
    engine->state.groups[0] = kept->group;
    engine->state.domain_down[0] = kept->down;
    engine->state.domain_claimed[0] = kept->claimed;
    engine->state.limit_used[0] = kept->used;
}

static void a_broken_invariant_ends_the_process_with_its_name(void **state)
{
    (void)state;
    struct world *w = world_create(&shape, 1);
    struct kept kept;
    world_start(w);
    run_until(w, GROUP_CHANGING, TARGET_CHANGING);
    assert_null(words_of_abort(check, w->engine));
    for (size_t i = 0; i < ARRAY_LENGTH(breaks); i++) {
        keep(w->engine, &kept);
        breaks[i].harm(w->engine);
        auto_free char *said = words_of_abort(check, w->engine);
        put_back(w->engine, &kept);
        if (!said || !strstr(said, breaks[i].says))
            fail_msg("\"%s\" is not noticed: %s", breaks[i].says, said ? said : "");
    }
    assert_null(words_of_abort(check, w->engine));
    world_destroy(w);
}

/* ---- the scan and the list ---- */

/* The scan remembers an opening that the list asks for anew. */
static void the_scan_may_not_believe_what_the_list_does_not_say(void **state)
{
    (void)state;
    static const struct plan_shape two = {.targets = 2, .in_flight = 1, .budgets = {2}};
    struct world *w = world_create(&two, 1);
    int night = times_calendar(w->plan, "fleet", false);
    times_span(w->plan, night, WORLD_START_MS, WORLD_START_MS + 36000000);
    for (int i = 0; i < 2; i++)
        times_bind(w->plan, i, night);
    times_done(w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    while (world_count(w, TARGET_READY) != 1 || world_count(w, TARGET_CHANGING) != 1)
        assert_true(world_step(w));
    assert_null(words_of_abort(check, w->engine));
    w->engine->state.settings.in_flight = 2;
    assert_null(words_of_abort(check, w->engine)); /* both say yes */
    w->engine->lanes.groups[0].latest_ms = w->engine->now_ms - 1;
    auto_free char *said = words_of_abort(check, w->engine);
    assert_non_null(said);
    assert_non_null(strstr(said, "the scan and the list of blockers agree"));
    world_destroy(w);
}

/* ---- link groups ---- */

static void does(struct engine *engine, int target, enum activity kind,
                 enum moment moment, enum step_state_id state)
{
    struct activity_state *a = &target_at(engine, target)->activity;
    a->kind = kind;
    a->moment = moment;
    a->state = state;
}

static void guard_waits(struct engine *engine)
{
    does(engine, 0, ACTIVITY_GUARD, MOMENT_BEFORE, STEP_WAITING);
}

static void switch_off_runs(struct engine *engine)
{
    does(engine, 0, ACTIVITY_POWER_OFF, MOMENT_BEFORE, STEP_RUNNING);
}

static void switch_on_is_issued(struct engine *engine)
{
    does(engine, 0, ACTIVITY_POWER_ON, MOMENT_STARTED, STEP_ISSUED);
}

static void switch_on_of_an_undo(struct engine *engine)
{
    does(engine, 0, ACTIVITY_POWER_ON, MOMENT_RESTORED, STEP_ISSUED);
}

static void snapshot_in_doubt(struct engine *engine)
{
    does(engine, 0, ACTIVITY_SNAPSHOT, MOMENT_BEFORE, STEP_IN_DOUBT);
}

static void revert_waits(struct engine *engine)
{
    does(engine, 0, ACTIVITY_REVERT, MOMENT_RESTORED, STEP_WAITING);
}

static void removal_waits(struct engine *engine)
{
    does(engine, 0, ACTIVITY_PRUNE, MOMENT_AFTER, STEP_WAITING);
}

static void the_companion_is_changed(struct engine *engine)
{
    target_at(engine, 2)->changed = true;
}

static void the_companion_is_being_changed(struct engine *engine)
{
    target_at(engine, 2)->state = TARGET_CHANGING;
}

static void two_are_changed(struct engine *engine)
{
    target_at(engine, 0)->state = TARGET_CHECKING;
    target_at(engine, 1)->state = TARGET_CHANGING;
}

static void one_is_changed(struct engine *engine)
{
    target_at(engine, 0)->state = TARGET_CHANGING;
    target_at(engine, 1)->state = TARGET_SNAPSHOTTING;
}

static void one_has_no_snapshot(struct engine *engine)
{
    target_at(engine, 1)->snapshot_count = 0;
}

static void one_is_up(struct engine *engine)
{
    target_at(engine, 1)->off = false;
}

static void one_stays(struct engine *engine)
{
    target_at(engine, 1)->state = TARGET_SOAKING;
}

static void one_was_never_admitted(struct engine *engine)
{
    target_at(engine, 1)->state = TARGET_READY;
}

static void failing_is_forgotten(struct engine *engine)
{
    engine->state.groups[0].failing = 2;
}

static void flying_is_forgotten(struct engine *engine)
{
    engine->state.groups[0].flying = 0;
}

#define BEGINS   "an activity of a link group begins in its phase"
#define RUNS     "an activity of a link group runs in its phase"
#define BESIDE   "a companion is not changed"
#define ONE_ONLY "at most one member of a link group is changed at a time"
#define HAVE_ALL "every member of a link group has its snapshot"
#define ALL_OFF  "a link group is snapshotted and reverted while all of it is off"
#define TOGETHER "a link group is rolled back together"
#define ADMITTED "a link group that was admitted has no member that was not"
#define COUNTED  "the members of a link group are counted right"

/* The group stands there when it is harmed. */
static const struct group_row {
    enum group_state_id at;
    void (*harm)(struct engine *engine);
    const char *says;
} group_breaks[] = {
    {GROUP_CHANGING, guard_waits, BEGINS},
    {GROUP_CHANGING, revert_waits, BEGINS},
    {GROUP_CHANGING, removal_waits, BEGINS},
    {GROUP_CHANGING, switch_off_runs, RUNS},
    {GROUP_CHANGING, switch_on_is_issued, RUNS},
    {GROUP_STARTING, switch_on_of_an_undo, RUNS},
    {GROUP_CHANGING, snapshot_in_doubt, RUNS},
    {GROUP_CHANGING, the_companion_is_changed, BESIDE},
    {GROUP_CHANGING, the_companion_is_being_changed, BESIDE},
    {GROUP_CHANGING, two_are_changed, ONE_ONLY},
    {GROUP_PROVING, one_is_changed, ONE_ONLY},
    {GROUP_STARTING, one_has_no_snapshot, HAVE_ALL},
    {GROUP_PROVING, one_has_no_snapshot, HAVE_ALL},
    {GROUP_CHANGING, one_has_no_snapshot, HAVE_ALL},
    {GROUP_REVERTING, one_has_no_snapshot, HAVE_ALL},
    {GROUP_SNAPSHOTTING, one_is_up, ALL_OFF},
    {GROUP_REVERTING, one_is_up, ALL_OFF},
    {GROUP_REVERTING, one_stays, TOGETHER},
    {GROUP_GUARDING, one_was_never_admitted, ADMITTED},
    {GROUP_CHANGING, failing_is_forgotten, COUNTED},
    {GROUP_CHANGING, flying_is_forgotten, COUNTED},
};

/* The counters are not what the row is about. */
static void count_anew(struct engine *engine)
{
    struct group_state *group = &engine->state.groups[0];
    group->failing = group->flying = 0;
    for (int i = 0; i < 3; i++) {
        group->failing += target_counts_as_failed(target_at(engine, i));
        group->flying += target_is_in_flight(target_at(engine, i)->state);
    }
}

static void break_group(const struct group_row *row)
{
    struct world *w = world_create(&shape, 1);
    const struct engine_state *s = engine_state(w->engine);
    struct kept kept;
    w->appliances[0].faults = FAULT_SICK; /* the group changes it, and goes back */
    world_start(w);
    while (s->groups[0].state != row->at)
        assert_true(world_step(w));
    assert_null(group_broken(w->engine, 0));
    keep(w->engine, &kept);
    row->harm(w->engine);
    if (strcmp(row->says, COUNTED) != 0)
        count_anew(w->engine);
    const char *said = group_broken(w->engine, 0);
    put_back(w->engine, &kept);
    if (!said || strcmp(said, row->says) != 0)
        fail_msg("\"%s\" is not noticed in %s: %s", row->says,
                 machine_state(&group_machine, (int)row->at), said ? said : "nothing is");
    world_destroy(w);
}

static void whatever_is_wrong_with_a_link_group_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(group_breaks); i++)
        break_group(&group_breaks[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_invariant_ends_the_process_with_its_name),
        cmocka_unit_test(the_scan_may_not_believe_what_the_list_does_not_say),
        cmocka_unit_test(whatever_is_wrong_with_a_link_group_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
