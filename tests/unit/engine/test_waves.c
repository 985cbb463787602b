/*
 * test_waves.c - several targets at once: budgets that act, waves that are opened
 * again, and who may keep whom from going on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "util/auto.h"
#include "times.h"
#include "world.h"

static void run_to_rest(struct world *w)
{
    assert_true(world_run(w, 200000));
}

static const struct target_state *target_at(const struct world *w, int target)
{
    return &engine_state(w->engine)->targets[target];
}

static void step_until(struct world *w, int target, enum target_state_id state)
{
    for (int i = 0; i < 100000 && target_at(w, target)->state != state; i++)
        assert_true(world_step(w));
    assert_int_equal(target_at(w, target)->state, state);
}

static void set(struct world *w, const char *setting, int wave, int64_t number)
{
    struct input input = {.kind = INPUT_COMMAND,
                          .command = {.verb = VERB_SET,
                                      .target = -1,
                                      .wave = wave,
                                      .setting = setting,
                                      .number = number,
                                      .actor = "olga"}};
    world_input(w, &input);
}

/* ---- budgets ---- */

/* Tolerated 0 to 3: that many failures go by, the next one pauses. */
static void the_next_failure_after_the_tolerated_pauses(void **state)
{
    (void)state;
    for (int tolerated = 0; tolerated <= 3; tolerated++) {
        for (int failures = 0; failures <= 4; failures++) {
            struct plan_shape shape = {.targets = 8,
                                       .in_flight = 1,
                                       .budgets = {tolerated},
                                       .budget = 8,
                                       .mode =
                                           tolerated % 2 ? BUDGET_STRICT : BUDGET_NORMAL};
            struct world *w = world_create(&shape, 1);
            for (int i = 0; i < failures; i++)
                w->appliances[i * 2 % 8].faults = FAULT_SICK;
            world_start(w);
            run_to_rest(w);
            assert_int_equal(engine_state(w->engine)->campaign,
                             failures > tolerated ? CAMPAIGN_PAUSED
                             : failures           ? CAMPAIGN_COMPLETED_WITH_FAILURES
                                                  : CAMPAIGN_COMPLETED);
            assert_int_equal(w->most_failed,
                             failures > tolerated ? tolerated + 1 : failures);
            world_destroy(w);
        }
    }
}

static void the_campaigns_budget_counts_over_the_waves(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 6,
                               .waves = {2, 2, 2},
                               .in_flight = 1,
                               .budgets = {2, 2, 2},
                               .budget = 1};
    struct world *w = world_create(&shape, 1);
    w->appliances[0].faults = w->appliances[3].faults = FAULT_SICK;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_non_null(strstr(engine_state(w->engine)->reason,
                           "budget of the campaign exceeded: 2 failed, 1 tolerated"));
    assert_int_equal(world_count(w, TARGET_PENDING), 2);
    world_destroy(w);
}

static void a_wave_that_exceeds_can_abort_or_roll_itself_back(void **state)
{
    (void)state;
    struct plan_shape shape = {
        .targets = 6, .waves = {4, 2}, .soak_ms = 6000000, .in_flight = 2, .budget = 6};
    struct world *w = world_create(&shape, 1);
    w->plan->waves[0].on_exceed = ON_EXCEED_ABORT;
    w->appliances[3].faults = FAULT_SICK;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_ABORTED);
    assert_int_equal(world_count(w, TARGET_ROLLED_BACK), 1);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2); /* what was in flight */
    assert_int_equal(world_count(w, TARGET_SKIPPED), 3);
    world_destroy(w);

    w = world_create(&shape, 1);
    w->plan->waves[0].on_exceed = ON_EXCEED_ROLLBACK_WAVE;
    w->appliances[3].faults = FAULT_SICK;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_int_equal(world_count(w, TARGET_ROLLED_BACK), 3);
    assert_int_equal(world_count(w, TARGET_READY), 1);
    assert_int_equal(world_count(w, TARGET_PENDING), 2);
    for (int i = 0; i < 6; i++)
        assert_string_equal(w->appliances[i].version, "1.0");
    world_destroy(w);
}

/* ---- a wave rolled back in awkward moments ---- */

static const struct plan_shape long_soak = {.targets = 2,
                                            .soak_ms = 100 * 3600000LL,
                                            .budgets = {1},
                                            .budget = 2,
                                            .manager_max = 2};

/* Both soak; the first one's snapshot is at its time limit just now. */
static struct world *at_the_time_limit(const char *link_group)
{
    struct world *w = world_create(&long_soak, 1);
    w->plan->waves[0].on_exceed = ON_EXCEED_ROLLBACK_WAVE;
    free(w->plan->targets[0].link_group);
    w->plan->targets[0].link_group = xstrdup(link_group);
    w->appliances[1].faults = FAULT_SICK;
    world_start(w);
    step_until(w, 1, TARGET_ROLLED_BACK);
    if (*link_group)
        set(w, "limit:manager=m", -1, 0); /* no room to remove it */
    while (target_at(w, 0)->activity.kind != ACTIVITY_PRUNE)
        assert_true(world_step(w));
    assert_int_equal(target_at(w, 0)->state, TARGET_SOAKING);
    return w;
}

/* The removal is under way: nothing is undone while it may run. */
static void a_wave_is_rolled_back_around_a_running_removal(void **state)
{
    (void)state;
    struct world *w = at_the_time_limit("");
    assert_int_equal(target_at(w, 0)->activity.state, STEP_ISSUED);
    set(w, "wave_budget", 0, 0);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_int_equal(target_at(w, 0)->state, TARGET_SOAKING);
    run_to_rest(w); /* and when it is over there is no way back any more */
    assert_int_equal(target_at(w, 0)->state, TARGET_PARKED);
    assert_non_null(strstr(target_at(w, 0)->reason, "no snapshot of ours is left"));
    assert_int_equal(world_effects(w, 0, ACTIVITY_REVERT), 0);
    world_destroy(w);
}

/* The removal waits for room, and the target may not be reverted: parked, and then
   nothing more goes out for it. */
static void what_is_parked_with_its_wave_stays_still(void **state)
{
    (void)state;
    struct world *w = at_the_time_limit("sso-17");
    assert_int_equal(target_at(w, 0)->activity.state, STEP_WAITING);
    set(w, "wave_budget", 0, 0);
    assert_int_equal(target_at(w, 0)->state, TARGET_PARKED);
    set(w, "limit:manager=m", -1, 2);
    world_command(w, VERB_UNPAUSE, -1, -1, "seen");
    run_to_rest(w);
    assert_int_equal(target_at(w, 0)->state, TARGET_PARKED);
    assert_int_equal(world_effects(w, 0, ACTIVITY_PRUNE), 0);
    world_command(w, VERB_RETRY, 0, -1, "go on");
    run_to_rest(w);
    assert_int_equal(target_at(w, 0)->state, TARGET_SUCCEEDED);
    assert_int_equal(w->appliances[0].snapshots_held, 0);
    world_destroy(w);
}

/* ---- waves that are opened again ---- */

/* Ready ones of a later wave, waiting for something of their own, must not keep the
   lane from the one that is tried again before them. */
static void a_reopened_wave_finds_room_to_prepare(void **state)
{
    (void)state;
    for (int sites = 0; sites < 2; sites++) {
        struct plan_shape shape = {.targets = 7,
                                   .waves = {1, 6},
                                   .in_flight = sites ? 7 : 1,
                                   .budgets = {1, 1},
                                   .budget = 7,
                                   .sites = sites,
                                   .site_max = sites};
        struct world *w = world_create(&shape, 1);
        w->appliances[0].faults = FAULT_SICK;
        world_start(w);
        step_until(w, 0, TARGET_ROLLED_BACK);
        step_until(w, 1, TARGET_CHANGING);
        while (world_count(w, TARGET_READY) < 1 || world_count(w, TARGET_PREPARING))
            assert_true(world_step(w));
        w->appliances[0].faults = 0;
        world_command(w, VERB_RETRY, 0, -1, "the disk was replaced");
        run_to_rest(w);
        assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
        world_destroy(w);
    }
}

/* A veto on some is no veto on the others. */
static void held_ones_do_not_fill_the_lane(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 8, .in_flight = 1, .budget = 8};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    while (world_count(w, TARGET_READY) < 1 || world_count(w, TARGET_PREPARING))
        assert_true(world_step(w));
    int held = 0;
    for (int i = 0; i < 8; i++) {
        if (target_at(w, i)->state != TARGET_READY)
            continue;
        world_command(w, VERB_HOLD, i, -1, "customer asked");
        held++;
    }
    assert_true(held >= 1);
    run_to_rest(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 8 - held);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_HELD);
    world_destroy(w);
}

/* ---- who waits for whom ---- */

/* One in doubt holds the manager's only place; the others can never start. That is
   for a human, not "busy" for ever. */
static void a_place_held_in_doubt_is_told_as_stuck(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 3,
                               .in_flight = 3,
                               .budgets = {3},
                               .budget = 3,
                               .on_failure = ON_FAILURE_PARK};
    struct world *w = world_create(&shape, 1);
    *vec_push(w->plan->limits, w->plan->limit_count, w->plan->limit_room) =
        (struct plan_cap){xstrdup("repo"), 1};
    struct step *step = &w->plan->playbook.steps[1];
    step->limits = xcalloc(1, sizeof *step->limits);
    step->limits[step->limit_count++] = xstrdup("repo");
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    for (int i = 0; i < 3; i++) /* whoever comes first */
        w->appliances[i].faults = FAULT_HANGS;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(world_count(w, TARGET_PARKED), 1);
    assert_int_equal(world_count(w, TARGET_CHANGING), 2);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_STUCK);
    int parked = 0;
    for (int i = 0; i < 3; i++) {
        w->appliances[i].faults = 0;
        parked = target_at(w, i)->state == TARGET_PARKED ? i : parked;
    }
    world_command(w, VERB_ROLLBACK, parked, -1, "it hangs");
    run_to_rest(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED_WITH_FAILURES);
    world_destroy(w);
}

/* The window of the first opens then (INT64_MAX: never), of the second never. */
static void give_windows(struct world *w, int64_t opens_ms)
{
    struct plan *plan = w->plan;
    int first = times_calendar(plan, "appliance=vc-0001", false);
    int second = times_calendar(plan, "appliance=vc-0002", false);
    if (opens_ms != INT64_MAX)
        times_span(plan, first, opens_ms, opens_ms + 8 * 3600000LL);
    times_bind(plan, 0, first);
    times_bind(plan, 1, second);
    times_done(plan);
    engine_destroy(w->engine);
    w->engine = engine_create(plan, 1);
}

static void a_closed_window_is_waited_for_and_told(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 2, .budget = 2};
    struct world *w = world_create(&shape, 1);
    int64_t opens_ms = w->now_ms + 3600000;
    give_windows(w, opens_ms);
    world_start(w);
    assert_int_equal(world_count(w, TARGET_PENDING), 2);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_WINDOW);
    struct engine_time_wait wait = engine_time_wait(w->engine, w->now_ms);
    assert_int_equal(wait.targets, 2);
    assert_int_equal(wait.target, 0);
    assert_int_equal(wait.next_ms, opens_ms);
    /* prepared in time: half an hour and what its preparing may take before that */
    step_until(w, 0, TARGET_PREPARING);
    assert_int_equal(w->now_ms, opens_ms - 1800000 - 60000);
    step_until(w, 0, TARGET_READY);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_WINDOW);
    assert_int_equal(engine_deadline(w->engine), opens_ms);
    step_until(w, 0, TARGET_SNAPSHOTTING);
    assert_int_equal(w->now_ms, opens_ms);
    run_to_rest(w);
    assert_int_equal(target_at(w, 0)->state, TARGET_SUCCEEDED);
    /* the second has no window before the horizon: only a human can help */
    assert_int_equal(target_at(w, 1)->state, TARGET_PENDING);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_STUCK);
    world_destroy(w);
}

/* The one that is tried again is held: what waits behind it waits for that. */
static void a_reopened_wave_holds_up_the_later_ones(void **state)
{
    (void)state;
    struct plan_shape shape = {
        .targets = 2, .waves = {1, 1}, .budgets = {1, 1}, .budget = 2};
    struct world *w = world_create(&shape, 1);
    give_windows(w, INT64_MAX);
    world_start(w);
    world_command(w, VERB_SKIP, 0, -1, "not now");
    assert_int_equal(target_at(w, 1)->state, TARGET_PENDING);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_STUCK);
    world_command(w, VERB_HOLD, 0, -1, "customer asked");
    world_command(w, VERB_RETRY, 0, -1, "now");
    /* its own window never opens either, but a release is what it needs first */
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_HELD);
    struct admission_facts facts;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    engine_admission_facts(w->engine, 1, w->now_ms, &facts);
    assert_true(admission_evaluate(&facts, list) >= 1);
    assert_non_null(strstr(list[0].text, "earlier waves come first"));
    world_destroy(w);
}

/* The gate was approved while an earlier wave is tried again: nobody is asked twice. */
static void an_approved_gate_waits_for_the_reopened_wave_only(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 2,
                               .waves = {1, 1},
                               .soak_ms = 3600000,
                               .budgets = {1, 1},
                               .budget = 2,
                               .gate = true};
    struct world *w = world_create(&shape, 1);
    w->appliances[0].faults = FAULT_SICK;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_GATE);
    w->appliances[0].faults = 0;
    world_command(w, VERB_RETRY, 0, -1, "repaired");
    world_command(w, VERB_APPROVE, -1, -1, "go");
    size_t approvals = w->journal_count;
    world_command(w, VERB_APPROVE, -1, -1, "go");
    assert_int_equal(w->journal[w->journal_count - 1].kind, RECORD_REJECTED);
    assert_int_equal(w->journal_count, approvals + 2);
    step_until(w, 0, TARGET_SOAKING);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_SOAK);
    run_to_rest(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    world_destroy(w);
}

/* A later wave is not touched before the canary's verdict, soak included. */
static void nobody_of_a_later_wave_starts_before_the_verdict(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 4,
                               .waves = {1, 3},
                               .soak_ms = 3600000,
                               .budgets = {0, 3},
                               .budget = 3};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    while (target_at(w, 0)->state != TARGET_SUCCEEDED) {
        assert_int_equal(world_count(w, TARGET_PENDING), 3);
        assert_true(world_step(w));
    }
    run_to_rest(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 4);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_failure_after_the_tolerated_pauses),
        cmocka_unit_test(the_campaigns_budget_counts_over_the_waves),
        cmocka_unit_test(a_wave_that_exceeds_can_abort_or_roll_itself_back),
        cmocka_unit_test(a_wave_is_rolled_back_around_a_running_removal),
        cmocka_unit_test(what_is_parked_with_its_wave_stays_still),
        cmocka_unit_test(a_reopened_wave_finds_room_to_prepare),
        cmocka_unit_test(held_ones_do_not_fill_the_lane),
        cmocka_unit_test(a_place_held_in_doubt_is_told_as_stuck),
        cmocka_unit_test(a_closed_window_is_waited_for_and_told),
        cmocka_unit_test(a_reopened_wave_holds_up_the_later_ones),
        cmocka_unit_test(an_approved_gate_waits_for_the_reopened_wave_only),
        cmocka_unit_test(nobody_of_a_later_wave_starts_before_the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
