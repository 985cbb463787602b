/*
 * test_campaign.c - stories of whole campaigns on model appliances: what
 * happens, what the operator sees, and what the ledger says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world.h"

static const struct plan_shape small = {
    .targets = 13,
    .waves = {3, 4, 6},
    .budgets = {0, 1, 1},
    .soak_ms = 600000,
    .in_flight = 4,
    .budget = 3,
};

static void run_to_rest(struct world *w)
{
    assert_true(world_run(w, 200000));
}

static void a_healthy_fleet_goes_through_its_waves(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 1);
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 13);
    assert_int_equal(w->most_in_flight, 4);
    for (int i = 0; i < 13; i++) {
        assert_int_equal(world_effects(w, i, ACTIVITY_STEP), 1);
        assert_int_equal(world_effects(w, i, ACTIVITY_SNAPSHOT), 1);
        assert_int_equal(w->appliances[i].snapshots_held, 0);
        assert_string_equal(w->appliances[i].version, "2.0");
    }
    world_destroy(w);
}

static void a_sick_one_is_put_back_and_its_wave_pauses(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 2);
    w->trace = true;
    w->appliances[1].faults = FAULT_SICK;
    world_start(w);
    run_to_rest(w);
    const struct engine_state *s = engine_state(w->engine);
    assert_int_equal(s->campaign, CAMPAIGN_PAUSED);
    assert_non_null(strstr(s->reason, "wave canary exceeded: 1 failed, 0 tolerated"));
    assert_int_equal(s->targets[1].state, TARGET_ROLLED_BACK);
    assert_string_equal(w->appliances[1].version, "1.0");
    assert_true(w->appliances[1].healthy && w->appliances[1].on);
    assert_int_equal(w->appliances[1].snapshots_held, 0);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_PAUSED);
    world_command(w, VERB_UNPAUSE, -1, -1, "seen, one bad disk");
    run_to_rest(w);
    assert_int_equal(s->campaign, CAMPAIGN_COMPLETED_WITH_FAILURES);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 12);
    world_destroy(w);
}

static void whoever_was_red_before_is_parked_not_convicted(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 3);
    w->appliances[4].faults = FAULT_RED_BEFORE;
    world_start(w);
    run_to_rest(w);
    const struct engine_state *s = engine_state(w->engine);
    assert_int_equal(s->targets[4].state, TARGET_PARKED);
    assert_non_null(strstr(s->targets[4].reason, "inconclusive"));
    assert_int_equal(world_effects(w, 4, ACTIVITY_REVERT), 0);
    assert_int_equal(s->campaign, CAMPAIGN_COMPLETED_WITH_FAILURES);
    world_destroy(w);
}

static void a_wrong_password_fails_once_and_changes_nothing(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 4);
    w->appliances[5].faults = FAULT_REFUSES;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->targets[5].state, TARGET_FAILED);
    assert_string_equal(engine_state(w->engine)->targets[5].reason, "wrong password");
    assert_int_equal(world_effects(w, 5, ACTIVITY_SNAPSHOT), 0);
    world_destroy(w);
}

static void a_failed_rollback_strands_and_pauses_at_once(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 5);
    w->appliances[3].faults = FAULT_SICK | FAULT_REVERT_FAILS;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->targets[3].state, TARGET_STRANDED);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_non_null(strstr(engine_state(w->engine)->reason, "stranded"));
    world_destroy(w);
}

static void a_lost_reply_is_asked_about_and_never_repeated(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 6);
    for (int i = 0; i < 13; i++)
        w->appliances[i].faults = FAULT_LOST_REPLY;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    for (int i = 0; i < 13; i++) {
        assert_int_equal(w->appliances[i].snapshots_taken, 1);
        assert_int_equal(w->appliances[i].updates, 1);
    }
    world_destroy(w);
}

static void an_update_that_hangs_parks_at_its_deadline(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 7);
    w->appliances[3].faults = FAULT_HANGS;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->targets[3].state, TARGET_PARKED);
    assert_non_null(strstr(engine_state(w->engine)->targets[3].reason, "still running"));
    assert_int_equal(world_effects(w, 3, ACTIVITY_REVERT), 0);
    world_destroy(w);
}

static void strict_budget_zero_goes_one_by_one(void **state)
{
    (void)state;
    struct plan_shape shape = small;
    shape.mode = BUDGET_STRICT;
    shape.budgets[0] = shape.budgets[1] = shape.budgets[2] = 0;
    struct world *w = world_create(&shape, 8);
    world_start(w);
    run_to_rest(w);
    assert_int_equal(w->most_in_flight, 1);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    world_destroy(w);
}

static void a_gate_waits_for_its_approval(void **state)
{
    (void)state;
    struct plan_shape shape = small;
    shape.gate = true;
    shape.approval = true;
    struct world *w = world_create(&shape, 9);
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_APPROVAL);
    world_command(w, VERB_APPROVE, -1, -1, "go");
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_GATE);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 7);
    world_command(w, VERB_APPROVE, -1, 2, "go");
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    world_destroy(w);
}

static void each_gate_wants_an_approval_of_its_own(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 11);
    w->plan->waves[1].gate = w->plan->waves[2].gate = true;
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_GATE);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    world_command(w, VERB_APPROVE, -1, 1, "the canaries are well");
    run_to_rest(w);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_GATE);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 7);
    assert_int_equal(engine_state(w->engine)->waves[2].state, WAVE_GATED);
    world_command(w, VERB_APPROVE, -1, 2, "the second ones too");
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    world_destroy(w);
}

static void an_operator_rolls_back_retries_skips_and_holds(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 10);
    world_start(w);
    world_command(w, VERB_HOLD, 12, -1, "customer asked");
    world_command(w, VERB_SKIP, 11, -1, "gone");
    while (engine_state(w->engine)->targets[0].state != TARGET_SOAKING)
        assert_true(world_step(w));
    world_command(w, VERB_ROLLBACK, 0, -1, "customer called");
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->targets[0].state, TARGET_ROLLED_BACK);
    assert_string_equal(w->appliances[0].version, "1.0");
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_HELD);
    world_command(w, VERB_RELEASE, 12, -1, "fine now");
    world_command(w, VERB_RETRY, 0, -1, "again");
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 12);
    assert_int_equal(world_count(w, TARGET_SKIPPED), 1);
    assert_int_equal(w->appliances[0].updates, 2);
    world_destroy(w);
}

static void an_abort_finishes_what_runs_and_starts_nothing(void **state)
{
    (void)state;
    struct world *w = world_create(&small, 11);
    world_start(w);
    while (world_count(w, TARGET_CHANGING) < 2)
        assert_true(world_step(w));
    world_command(w, VERB_ABORT, -1, -1, "wrong build");
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_ABORTED);
    int updates = 0;
    for (int i = 0; i < 13; i++) {
        updates += w->appliances[i].updates;
        assert_int_equal(w->appliances[i].snapshots_held, 0);
    }
    assert_in_range(updates, 2, 3);
    world_destroy(w);
}

static void domains_and_limits_are_never_exceeded(void **state)
{
    (void)state;
    struct plan_shape shape = small;
    shape.targets = 40;
    memcpy(shape.waves, (int[8]){40}, sizeof shape.waves);
    shape.in_flight = 30;
    shape.sites = 3;
    shape.site_max = 2;
    shape.manager_max = 1;
    struct world *w = world_create(&shape, 12);
    world_start(w);
    int most_down = 0, most_used = 0;
    while (world_step(w)) {
        for (int i = 0; i < 3; i++) {
            int down = engine_state(w->engine)->domain_down[i];
            most_down = down > most_down ? down : most_down;
        }
        int used = engine_state(w->engine)->limit_used[0];
        most_used = used > most_used ? used : most_used;
    }
    assert_int_equal(most_down, 2);
    assert_int_equal(most_used, 1);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    world_destroy(w);
}

static void two_steps_take_two_snapshots_and_leave_none(void **state)
{
    (void)state;
    struct plan_shape shape = small;
    shape.change_steps = 3;
    struct world *w = world_create(&shape, 13);
    world_start(w);
    run_to_rest(w);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_COMPLETED);
    for (int i = 0; i < 13; i++) {
        assert_int_equal(w->appliances[i].snapshots_taken, 3);
        assert_int_equal(w->appliances[i].snapshots_held, 0);
    }
    world_destroy(w);
}

/* Kill it at random moments, some hundred times over many seeds: each change
   once, each snapshot once, and the journal gives the live state every time. */
static void crashes_repeat_nothing_and_forget_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world *w = world_create(&small, seed);
        w->appliances[seed % 13].faults = FAULT_SICK;
        w->appliances[(seed + 5) % 13].faults = FAULT_LOST_REPLY;
        world_start(w);
        int crashes = 0;
        for (long i = 0; i < 100000; i++) {
            if (world_random(w) % 60 == 0 && crashes < 25) {
                assert_true(world_crash(w));
                crashes++;
            }
            if (world_step(w))
                continue;
            if (engine_state(w->engine)->campaign != CAMPAIGN_PAUSED)
                break;
            world_command(w, VERB_UNPAUSE, -1, -1, "go on");
        }
        assert_int_equal(engine_state(w->engine)->campaign,
                         CAMPAIGN_COMPLETED_WITH_FAILURES);
        assert_int_equal(world_count(w, TARGET_SUCCEEDED), 12);
        for (int i = 0; i < 13; i++) {
            assert_int_equal(w->appliances[i].updates, 1);
            assert_int_equal(w->appliances[i].snapshots_taken, 1);
            assert_int_equal(w->appliances[i].snapshots_held, 0);
        }
        world_destroy(w);
    }
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    char *first = NULL;
    for (int round = 0; round < 2; round++) {
        struct world *w = world_create(&small, 77);
        w->appliances[2].faults = FAULT_SICK;
        w->trace = true;
        world_start(w);
        run_to_rest(w);
        if (!round)
            first = xstrdup(buf_text(&w->timeline));
        else
            assert_string_equal(first, buf_text(&w->timeline));
        world_destroy(w);
    }
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_fleet_goes_through_its_waves),
        cmocka_unit_test(a_sick_one_is_put_back_and_its_wave_pauses),
        cmocka_unit_test(whoever_was_red_before_is_parked_not_convicted),
        cmocka_unit_test(a_wrong_password_fails_once_and_changes_nothing),
        cmocka_unit_test(a_failed_rollback_strands_and_pauses_at_once),
        cmocka_unit_test(a_lost_reply_is_asked_about_and_never_repeated),
        cmocka_unit_test(an_update_that_hangs_parks_at_its_deadline),
        cmocka_unit_test(strict_budget_zero_goes_one_by_one),
        cmocka_unit_test(a_gate_waits_for_its_approval),
        cmocka_unit_test(each_gate_wants_an_approval_of_its_own),
        cmocka_unit_test(an_operator_rolls_back_retries_skips_and_holds),
        cmocka_unit_test(an_abort_finishes_what_runs_and_starts_nothing),
        cmocka_unit_test(domains_and_limits_are_never_exceeded),
        cmocka_unit_test(two_steps_take_two_snapshots_and_leave_none),
        cmocka_unit_test(crashes_repeat_nothing_and_forget_nothing),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
