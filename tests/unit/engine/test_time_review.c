/*
 * test_time_review.c - stories about the borders of time: what stood still while its
 * window closed, the very instant of the close, approvals that end, who is prepared first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "times.h"
#include "util/auto.h"
#include "world.h"

#define MIN  60000LL
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static int64_t at(int64_t since_start_ms)
{
    return WORLD_START_MS + since_start_ms;
}

static const struct target_state *target_at(const struct world *w, int target)
{
    return &engine_state(w->engine)->targets[target];
}

static void run_until(struct world *w, int target, enum target_state_id state)
{
    while (target_at(w, target)->state != state)
        assert_true(world_step(w));
}

/* The engine anew, after the plan was changed by the test. */
static void renew(struct world *w)
{
    times_done(w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
}

/* Two nights: now, and the same in a day; both four hours. */
static struct world *begin(const struct plan_shape *shape)
{
    struct world *w = world_create(shape, 1);
    int calendar = times_calendar(w->plan, "fleet", false);
    times_span(w->plan, calendar, at(0), at(4 * HOUR));
    times_span(w->plan, calendar, at(DAY), at(DAY + 4 * HOUR));
    for (int i = 0; i < shape->targets; i++)
        times_bind(w->plan, i, calendar);
    renew(w);
    return w;
}

/* All that happens by itself until then. */
static void pass_until(struct world *w, int64_t until_ms)
{
    while (w->queue_count || engine_deadline(w->engine) < until_ms)
        assert_true(world_step(w));
    w->now_ms = until_ms;
}

/* Effects between two instants. */
static int effects_between(const struct world *w, int64_t from_ms, int64_t until_ms)
{
    int count = 0;
    for (size_t i = 0; i < w->ledger_count; i++)
        count += w->ledger[i].at_ms >= from_ms && w->ledger[i].at_ms < until_ms &&
                 w->ledger[i].kind != ACTIVITY_PRUNE;
    return count;
}

static const struct plan_shape one = {
    .targets = 1, .budgets = {1}, .budget = 1, .soak_ms = 600000};
static const struct plan_shape two_steps = {
    .targets = 1, .budgets = {1}, .budget = 1, .soak_ms = 600000, .change_steps = 2};

static void nothing_by_day_and_all_in_the_next_night(struct world *w)
{
    assert_true(world_run(w, 200000));
    assert_int_equal(effects_between(w, at(4 * HOUR + 1), at(DAY)), 0);
    assert_true(effects_between(w, at(DAY), at(DAY + 4 * HOUR)) > 0);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 1);
    world_destroy(w);
}

/* ---- what stood still over the close ---- */

static void who_was_paused_over_the_close_does_not_begin_by_day(void **state)
{
    (void)state;
    struct world *w = begin(&one);
    world_start(w);
    run_until(w, 0, TARGET_SNAPSHOTTING);
    world_command(w, VERB_PAUSE, -1, -1, "wait");
    pass_until(w, at(10 * HOUR));
    assert_int_equal(w->ledger_count, 0);
    world_command(w, VERB_UNPAUSE, -1, -1, "go on");
    nothing_by_day_and_all_in_the_next_night(w);
}

static void who_was_held_over_the_close_does_not_begin_by_day(void **state)
{
    (void)state;
    struct world *w = begin(&one);
    world_start(w);
    run_until(w, 0, TARGET_SNAPSHOTTING);
    world_tell(w, (struct command){.verb = VERB_HOLD,
                                   .target = 0,
                                   .wave = -1,
                                   .number = at(10 * HOUR),
                                   .reason = "customer asks"});
    nothing_by_day_and_all_in_the_next_night(w);
}

static void a_clock_that_comes_back_by_day_begins_nothing(void **state)
{
    (void)state;
    struct world *w = begin(&one);
    world_start(w);
    run_until(w, 0, TARGET_SNAPSHOTTING);
    world_trust(w, false, "it was set");
    pass_until(w, at(10 * HOUR));
    world_trust(w, true, "");
    nothing_by_day_and_all_in_the_next_night(w);
}

static void a_half_changed_one_that_was_paused_goes_on_at_night(void **state)
{
    (void)state;
    struct world *w = begin(&two_steps);
    world_start(w);
    run_until(w, 0, TARGET_CHANGING);
    world_command(w, VERB_PAUSE, -1, -1, "wait");
    pass_until(w, at(10 * HOUR));
    world_command(w, VERB_UNPAUSE, -1, -1, "go on");
    nothing_by_day_and_all_in_the_next_night(w);
}

static void a_half_changed_one_that_was_held_goes_on_at_night(void **state)
{
    (void)state;
    struct world *w = begin(&two_steps);
    world_start(w);
    run_until(w, 0, TARGET_CHANGING);
    world_tell(
        w, (struct command){
               .verb = VERB_HOLD, .target = 0, .wave = -1, .reason = "customer asks"});
    pass_until(w, at(10 * HOUR));
    world_command(w, VERB_RELEASE, 0, -1, "done");
    nothing_by_day_and_all_in_the_next_night(w);
}

/* The same by day, under an override until noon. */
static void an_override_does_not_outlive_itself(const struct plan_shape *shape,
                                                enum target_state_id state)
{
    struct world *w = begin(shape);
    w->now_ms = at(6 * HOUR);
    world_start(w);
    world_tell(w, (struct command){.verb = VERB_OVERRIDE,
                                   .target = -1,
                                   .wave = -1,
                                   .number = at(8 * HOUR),
                                   .reason = "it is exploited"});
    run_until(w, 0, state);
    world_command(w, VERB_PAUSE, -1, -1, "wait");
    pass_until(w, at(10 * HOUR));
    world_command(w, VERB_UNPAUSE, -1, -1, "go on");
    assert_true(world_run(w, 200000));
    assert_int_equal(effects_between(w, at(8 * HOUR), at(DAY)), 0);
    assert_true(effects_between(w, at(DAY), at(DAY + 4 * HOUR)) > 0);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 1);
    world_destroy(w);
}

static void who_was_let_through_begins_nothing_after_the_override(void **state)
{
    (void)state;
    an_override_does_not_outlive_itself(&one, TARGET_SNAPSHOTTING);
}

static void who_was_let_through_and_paused_goes_on_at_night(void **state)
{
    (void)state;
    an_override_does_not_outlive_itself(&two_steps, TARGET_CHANGING);
}

/* ---- borders ---- */

/* The close itself is outside, also for what needs no time at all. */
static void nothing_starts_at_the_close(void **state)
{
    (void)state;
    struct world *w = begin(&one);
    struct window_view view;
    struct plan_time *time = &w->plan->time;
    *vec_push(time->paces, time->pace_count, time->pace_room) = (struct plan_pace){
        .kind = xstrdup("vc"),
        .version = xstrdup("1.0"),
        .steps = xcalloc(w->plan->playbook.step_count, sizeof(struct step_pace))};
    time->slots[0].pace = 0;
    renew(w);
    window_look(w->plan, &w->plan->time, 0, at(4 * HOUR) - 1, &view);
    assert_int_equal(view.state, WINDOW_OPEN);
    assert_int_equal(view.next_change_ms, at(4 * HOUR));
    world_command(w, VERB_HOLD, 0, -1, "wait");
    world_start(w);
    pass_until(w, at(4 * HOUR));
    world_command(w, VERB_RELEASE, 0, -1, "go on");
    nothing_by_day_and_all_in_the_next_night(w);
}

/* ---- approvals ---- */

static void a_gates_approval_that_ends_needs_the_clock_too(void **state)
{
    (void)state;
    static const struct plan_shape gated = {.targets = 2,
                                            .waves = {1, 1},
                                            .budgets = {1, 1},
                                            .budget = 1,
                                            .soak_ms = 600000,
                                            .gate = true};
    struct world *w = world_create(&gated, 1);
    world_start(w);
    assert_false(times_need_clock(engine_times(w->engine)));
    world_tell(w, (struct command){.verb = VERB_APPROVE,
                                   .target = -1,
                                   .wave = 1,
                                   .number = at(DAY),
                                   .reason = "ok"});
    assert_true(times_need_clock(engine_times(w->engine)));
    world_trust(w, false, "it was set");
    assert_true(world_run(w, 200000));
    assert_int_equal(world_effects(w, 1, ACTIVITY_STEP), 0);
    world_destroy(w);
}

/* ---- who is prepared first ---- */

/* vc-0001 to vc-0004 may begin in four hours, vc-0005 now or in ten days. */
static void who_can_start_now_does_not_wait_for_those_who_cannot_yet(void **state)
{
    (void)state;
    static const struct plan_shape five = {
        .targets = 5, .budgets = {5}, .budget = 5, .soak_ms = 600000, .in_flight = 1};
    struct world *w = world_create(&five, 1);
    w->plan->playbook.steps[0].op.timeout_ms = 4 * HOUR;
    int later = times_calendar(w->plan, "customer=acme", false);
    int now = times_calendar(w->plan, "customer=bolt", false);
    times_span(w->plan, later, at(4 * HOUR), at(20 * HOUR));
    times_span(w->plan, now, at(0), at(3 * HOUR));
    times_span(w->plan, now, at(10 * DAY), at(10 * DAY + 3 * HOUR));
    for (int i = 0; i < 4; i++)
        times_bind(w->plan, i, later);
    times_bind(w->plan, 4, now);
    renew(w);
    world_start(w);
    assert_true(world_run(w, 200000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 5);
    assert_true(target_at(w, 4)->soak_until_ms < at(3 * HOUR));
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_paused_over_the_close_does_not_begin_by_day),
        cmocka_unit_test(who_was_held_over_the_close_does_not_begin_by_day),
        cmocka_unit_test(a_clock_that_comes_back_by_day_begins_nothing),
        cmocka_unit_test(a_half_changed_one_that_was_paused_goes_on_at_night),
        cmocka_unit_test(a_half_changed_one_that_was_held_goes_on_at_night),
        cmocka_unit_test(who_was_let_through_begins_nothing_after_the_override),
        cmocka_unit_test(who_was_let_through_and_paused_goes_on_at_night),
        cmocka_unit_test(nothing_starts_at_the_close),
        cmocka_unit_test(a_gates_approval_that_ends_needs_the_clock_too),
        cmocka_unit_test(who_can_start_now_does_not_wait_for_those_who_cannot_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
