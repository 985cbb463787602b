/*
 * test_group_doors.c - a link group before its door: all of it is guarded, and then it is
 * shut down at once or not at all. What time, operators and the clock may still say there,
 * and what is told of it meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "times.h"
#include "util/auto.h"
#include "world.h"

#define MIN     60000LL
#define HOUR    (60 * MIN)
#define MEMBERS 3

static const struct plan_shape linked = {
    .targets = MEMBERS,
    .budgets = {3},
    .soak_ms = 600000,
    .budget = 3,
    .linked = {MEMBERS},
    .companions = 1u << 2,
};

static int64_t at(int64_t since_start_ms)
{
    return WORLD_START_MS + since_start_ms;
}

static enum group_state_id phase(const struct world *w)
{
    return engine_state(w->engine)->groups[0].state;
}

static enum engine_wait waiting(const struct world *w)
{
    return engine_waiting(w->engine, w->now_ms);
}

static void renew(struct world *w)
{
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
}

/* All members are bound by one calendar with two nights: 24 hours now, 24 from 48 on. */
static struct world *with_nights(void)
{
    struct world *w = world_create(&linked, 1);
    int night = times_calendar(w->plan, "fleet", false);
    times_span(w->plan, night, at(0), at(24 * HOUR));
    times_span(w->plan, night, at(48 * HOUR), at(72 * HOUR));
    for (int i = 0; i < MEMBERS; i++)
        times_bind(w->plan, i, night);
    times_done(w->plan);
    renew(w);
    return w;
}

static void run_until(struct world *w, enum group_state_id state)
{
    for (int i = 0; i < 100000 && phase(w) != state; i++)
        assert_true(world_step(w));
    assert_int_equal(phase(w), state);
}

/* It comes to rest before its door; nobody was shut down. */
static void rests_at_the_door(struct world *w)
{
    while (w->queue_count)
        assert_true(world_step(w));
    assert_int_equal(phase(w), GROUP_GUARDING);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_POWER_OFF), 0);
}

/* The door opens at that moment for those who were kept there for long: all are guarded
   once more, in no more than the time that a guard may take, and then all go down. */
static void looks_again(struct world *w, int64_t at_ms)
{
    while (w->now_ms < at_ms)
        assert_true(world_step(w));
    assert_int_equal(w->now_ms, at_ms);
    for (int i = 0; i < MEMBERS; i++) {
        const struct target_state *t = &engine_state(w->engine)->targets[i];
        assert_int_equal(t->activity.kind, ACTIVITY_GUARD);
        assert_false(t->arrived);
        assert_int_equal(world_effects(w, i, ACTIVITY_POWER_OFF), 0);
    }
    run_until(w, GROUP_SHUTTING_DOWN);
    assert_in_range(w->now_ms, at_ms + 1, at_ms + 5 * MIN);
}

static void goes_well(struct world *w)
{
    assert_true(world_run(w, 100000));
    assert_null(w->broken);
    assert_int_equal(phase(w), GROUP_SUCCEEDED);
    for (size_t i = 0; i < w->journal_count; i++)
        assert_int_not_equal(w->journal[i].kind, RECORD_OVERRUN);
    assert_true(world_crash(w));
    world_destroy(w);
}

/* ---- the clock ---- */

static void nobody_is_shut_down_by_a_clock_that_is_not_trusted(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    world_trust(w, false, "it was stepped");
    rests_at_the_door(w);
    assert_int_equal(waiting(w), ENGINE_CLOCK);
    world_trust(w, true, NULL);
    assert_int_equal(phase(w), GROUP_SHUTTING_DOWN);
    goes_well(w);
}

static void without_calendars_the_clock_does_not_matter(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    world_start(w);
    world_trust(w, false, "it was stepped");
    goes_well(w);
}

/* ---- windows ---- */

static void a_night_that_ended_before_the_door_is_over(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    w->now_ms = at(24 * HOUR + MIN); /* the guards' answers come by day */
    rests_at_the_door(w);
    assert_int_equal(waiting(w), ENGINE_WINDOW);
    struct engine_time_wait wait = engine_time_wait(w->engine, w->now_ms);
    assert_int_equal(wait.targets, 1); /* the group, once */
    assert_int_equal(wait.next_ms, at(48 * HOUR));
    assert_int_equal(wait.target, 0);
    looks_again(w, at(48 * HOUR));
    goes_well(w);
}

static void override(struct world *w, int target)
{
    world_tell(w, (struct command){.verb = VERB_OVERRIDE,
                                   .target = target,
                                   .wave = -1,
                                   .number = w->now_ms + 20 * HOUR,
                                   .reason = "they agreed"});
}

/* An override of one or two says nothing of the third, and they go together. */
static void the_glass_is_broken_for_all_of_it_or_for_nobody(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    w->now_ms = at(24 * HOUR + MIN);
    rests_at_the_door(w);
    override(w, 0);
    override(w, 2);
    rests_at_the_door(w);
    assert_int_equal(waiting(w), ENGINE_WINDOW);
    override(w, 1);
    looks_again(w, w->now_ms);
    goes_well(w);
}

/* ---- operators ---- */

static void who_holds_one_at_the_door_holds_all(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    world_tell(w, (struct command){.verb = VERB_HOLD,
                                   .target = 1,
                                   .wave = -1,
                                   .number = w->now_ms + HOUR,
                                   .reason = "a demonstration"});
    int64_t until_ms = w->now_ms + HOUR;
    rests_at_the_door(w);
    assert_int_equal(waiting(w), ENGINE_HELD);
    looks_again(w, until_ms);
    goes_well(w);
}

/* What the guards found a few minutes ago is still good. */
static void after_a_short_hold_nobody_is_looked_at_again(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    int64_t until_ms = w->now_ms + 15 * MIN;
    world_tell(w, (struct command){.verb = VERB_HOLD,
                                   .target = 1,
                                   .wave = -1,
                                   .number = until_ms,
                                   .reason = "a demonstration"});
    rests_at_the_door(w);
    run_until(w, GROUP_SHUTTING_DOWN);
    assert_int_equal(w->now_ms, until_ms);
    goes_well(w);
}

/* One of them may have lost its place meanwhile: then nobody is shut down. */
static void a_second_look_may_send_all_home(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    world_command(w, VERB_PAUSE, -1, -1, "lunch");
    rests_at_the_door(w);
    w->now_ms += HOUR;
    w->appliances[2].faults = FAULT_REFUSES;
    world_command(w, VERB_UNPAUSE, -1, -1, "lunch is over");
    assert_true(world_run(w, 100000));
    assert_int_equal(phase(w), GROUP_FAILED);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_POWER_OFF), 0);
    assert_true(world_crash(w));
    world_destroy(w);
}

/* Who is held is told about the own hold, whoever of the group is held besides. */
static void of_two_holds_everybody_is_told_the_own_one(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    world_command(w, VERB_HOLD, 0, -1, "a demonstration");
    world_command(w, VERB_HOLD, 2, -1, "billing");
    for (int i = 0; i < MEMBERS; i++) {
        struct admission_facts facts;
        engine_admission_facts(w->engine, i, w->now_ms, &facts);
        if (i == 1)
            assert_string_equal(facts.hold_member, "vc-0001");
        else
            assert_null(facts.hold_member);
        assert_string_equal(facts.hold_reason, i == 2 ? "billing" : "a demonstration");
    }
    world_destroy(w);
}

static void a_drain_stops_before_the_door(void **state)
{
    (void)state;
    struct world *w = with_nights();
    world_start(w);
    run_until(w, GROUP_GUARDING);
    engine_drain(w->engine);
    rests_at_the_door(w);
    engine_undrain(w->engine);
    struct input tick = {.kind = INPUT_TICK};
    world_input(w, &tick);
    assert_int_equal(phase(w), GROUP_SHUTTING_DOWN);
    goes_well(w);
}

/* ---- openings that meet, and that do not ---- */

/* Members have windows of their own, in hours; the last row's never meet. */
static const struct meeting_row {
    int64_t from[MEMBERS], until[MEMBERS];
    int64_t starts, closes; /* of the group; 0, 0: never */
    int member;             /* whose opening ends first */
} meetings[] = {
    {{0, 10, 20}, {100, 90, 80}, 20, 80, 2}, {{20, 10, 0}, {80, 90, 100}, 20, 80, 0},
    {{0, 20, 10}, {90, 80, 100}, 20, 80, 1}, {{0, 0, 0}, {90, 90, 90}, 0, 90, 0},
    {{0, 50, 0}, {50, 100, 100}, 0, 0, 0},
};

static struct plan *plan_of(const struct meeting_row *row)
{
    struct plan *plan = shape_plan(&linked);
    for (int i = 0; i < MEMBERS; i++) {
        auto_free char *scope = xasprintf("appliance=vc-%04d", i + 1);
        int own = times_calendar(plan, scope, false);
        times_span(plan, own, row->from[i] * HOUR, row->until[i] * HOUR);
        times_bind(plan, i, own);
    }
    times_done(plan);
    return plan;
}

static void a_link_group_starts_when_all_of_its_openings_meet(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(meetings); i++) {
        const struct meeting_row *row = &meetings[i];
        auto_plan struct plan *plan = plan_of(row);
        struct window_view view;
        for (int target = 0; target < MEMBERS && row->closes; target++) {
            assert_int_equal(window_next_start(&plan->time, plan, target, 0),
                             row->starts * HOUR);
            window_look(plan, &plan->time, target, row->starts * HOUR, &view);
            assert_int_equal(view.state, WINDOW_OPEN);
            assert_int_equal(view.closes_ms, row->closes * HOUR);
            assert_int_equal(view.next_change_ms,
                             row->closes * HOUR - view.needed_ms + 1);
        }
        window_look(plan, &plan->time, 0, row->starts * HOUR, &view);
        if (row->closes)
            assert_int_equal(view.member, row->member);
    }
}

static void openings_that_never_meet_are_told_as_never(void **state)
{
    (void)state;
    const struct meeting_row *row = &meetings[ARRAY_LENGTH(meetings) - 1];
    auto_plan struct plan *plan = plan_of(row);
    struct window_view view;
    window_look(plan, &plan->time, 0, 10 * HOUR, &view);
    assert_int_equal(view.state, WINDOW_CLOSED);
    assert_int_equal(view.member, 1);
    assert_int_equal(view.next_change_ms, 0);
    assert_int_equal(window_next_start(&plan->time, plan, 0, 0), INT64_MAX);
    struct engine *engine = engine_create(plan, 1);
    struct input input = {.kind = INPUT_OWNER, .number = 1};
    (void)engine_step(engine, HOUR, &input, 1);
    struct engine_time_wait wait = engine_time_wait(engine, HOUR);
    assert_int_equal(wait.targets, MEMBERS);
    assert_int_equal(wait.next_ms, 0);
    assert_int_equal(wait.target, -1);
    assert_int_equal(engine_waiting(engine, HOUR), ENGINE_STUCK);
    engine_destroy(engine);
}

/* Several wait; told is the first who can go. */
static void of_those_who_wait_the_first_is_told(void **state)
{
    (void)state;
    static const struct plan_shape three = {.targets = 3, .waves = {2, 1}};
    auto_plan struct plan *plan = shape_plan(&three);
    static const int64_t opens[] = {50, 30, 10}; /* the last one's wave comes later */
    for (int i = 0; i < 3; i++) {
        auto_free char *scope = xasprintf("appliance=vc-%04d", i + 1);
        int own = times_calendar(plan, scope, false);
        times_span(plan, own, opens[i] * HOUR, 200 * HOUR);
        times_bind(plan, i, own);
    }
    times_done(plan);
    struct engine *engine = engine_create(plan, 1);
    struct input input = {.kind = INPUT_OWNER, .number = 1};
    (void)engine_step(engine, HOUR, &input, 1);
    struct engine_time_wait wait = engine_time_wait(engine, HOUR);
    assert_int_equal(wait.targets, 2);
    assert_int_equal(wait.next_ms, 30 * HOUR);
    assert_int_equal(wait.target, 1);
    assert_int_equal(engine_waiting(engine, HOUR), ENGINE_WINDOW);
    wait = engine_time_wait(engine, 40 * HOUR); /* the second could go now */
    assert_int_equal(wait.targets, 1);
    assert_int_equal(wait.next_ms, 50 * HOUR);
    wait = engine_time_wait(engine, 300 * HOUR); /* when all is over */
    assert_int_equal(wait.targets, 2);
    assert_int_equal(wait.next_ms, 0);
    engine_destroy(engine);
}

/* slipway was started again, and somebody asks before it has done anything. */
static void after_a_restart_the_same_is_told(void **state)
{
    (void)state;
    struct world *w = with_nights();
    int64_t day_ms = at(30 * HOUR);
    w->now_ms = day_ms;
    world_start(w);
    struct engine_time_wait before = engine_time_wait(w->engine, day_ms);
    assert_int_equal(before.next_ms, at(48 * HOUR));
    renew(w);
    for (size_t i = 0; i < w->journal_count; i++)
        assert_int_equal(engine_replay(w->engine, &w->journal[i]), 0);
    struct engine_time_wait after = engine_time_wait(w->engine, day_ms);
    assert_int_equal(after.targets, before.targets);
    assert_int_equal(after.next_ms, before.next_ms);
    assert_int_equal(after.target, before.target);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_shut_down_by_a_clock_that_is_not_trusted),
        cmocka_unit_test(without_calendars_the_clock_does_not_matter),
        cmocka_unit_test(a_night_that_ended_before_the_door_is_over),
        cmocka_unit_test(the_glass_is_broken_for_all_of_it_or_for_nobody),
        cmocka_unit_test(who_holds_one_at_the_door_holds_all),
        cmocka_unit_test(after_a_short_hold_nobody_is_looked_at_again),
        cmocka_unit_test(a_second_look_may_send_all_home),
        cmocka_unit_test(of_two_holds_everybody_is_told_the_own_one),
        cmocka_unit_test(a_drain_stops_before_the_door),
        cmocka_unit_test(a_link_group_starts_when_all_of_its_openings_meet),
        cmocka_unit_test(openings_that_never_meet_are_told_as_never),
        cmocka_unit_test(of_those_who_wait_the_first_is_told),
        cmocka_unit_test(after_a_restart_the_same_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
