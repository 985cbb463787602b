/* test_slots.c - who has a place, and who keeps it when the plan is made again. */
#include "forecast/slots.h"

#include "ground.h"

static inline void auto_result_fn(struct slot_result *result)
{
    slot_result_clear(result);
}
#define auto_result __attribute__((cleanup(auto_result_fn)))

static const struct ground big_ground = {.targets = 240,
                                         .customers = 40,
                                         .in_flight = 12,
                                         .customer_max = 2,
                                         .site_max = 6,
                                         .canary = 5,
                                         .soak_ms = 2 * HOUR,
                                         .typical_ms = 40 * MINUTE,
                                         .slow_ms = 60 * MINUTE,
                                         .samples = 50,
                                         .weeks = 12,
                                         .budget = 1000};

static struct slot_result laid(struct plan *plan, const struct plan *previous)
{
    struct slot_result result = {0};
    struct slot_options options = {.start_ms = plan->created_ms, .previous = previous};
    slots_lay(plan, &options, &result);
    return result;
}

/* Everything the slots promise: inside windows, within the caps. */
static void check_slots(const struct plan *plan)
{
    const struct plan_slot *slots = plan->time.slots;
    for (int i = 0; i < (int)plan->target_count; i++) {
        struct window_view view;
        int flying = 0, of[TARGET_DOMAINS_MAX] = {0};
        assert_true(slots[i].from_ms && slots[i].until_ms > slots[i].from_ms);
        window_look(plan, &plan->time, i, slots[i].from_ms, &view);
        assert_true(view.state == WINDOW_OPEN || view.state == WINDOW_ANY);
        for (int k = 0; k < (int)plan->target_count; k++) {
            if (slots[k].from_ms > slots[i].from_ms ||
                slots[k].until_ms <= slots[i].from_ms)
                continue;
            flying++;
            for (int d = 0; d < plan->targets[i].domain_count; d++)
                of[d] += plan->targets[k].domains[d] == plan->targets[i].domains[d];
        }
        assert_true(flying <= plan->in_flight);
        for (int d = 0; d < plan->targets[i].domain_count; d++)
            assert_true(of[d] <= plan->domains[plan->targets[i].domains[d]].max);
    }
}

static void everybody_has_a_place_that_the_rules_allow(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&big_ground);
    auto_result struct slot_result result = laid(plan, NULL);
    assert_int_equal(result.without, 0);
    assert_true(result.finish_ms > 0);
    check_slots(plan);
}

static void the_same_plan_again_moves_nobody(void **state)
{
    (void)state;
    auto_plan struct plan *before = ground_plan(&big_ground);
    auto_plan struct plan *after = ground_plan(&big_ground);
    auto_result struct slot_result first = laid(before, NULL);
    auto_result struct slot_result second = laid(after, before);
    assert_int_equal(second.change_count, 0);
    assert_int_equal(second.kept, 240);
    assert_false(second.afresh);
    assert_int_equal(first.finish_ms, second.finish_ms);
}

static void with_one_calendar_changed_only_its_own_move(void **state)
{
    (void)state;
    auto_plan struct plan *before = ground_plan(&big_ground);
    auto_plan struct plan *after = ground_plan(&big_ground);
    struct spans *moved = &after->time.calendars[17].spans;
    for (size_t i = 0; i < moved->count; i++) { /* one day later */
        moved->items[i].from_ms += DAY;
        moved->items[i].until_ms += DAY;
    }
    plan_time_settle(&after->time, after->created_ms);
    auto_result struct slot_result first = laid(before, NULL);
    auto_result struct slot_result second = laid(after, before);
    int own = 0, others = 0;
    for (size_t i = 0; i < second.change_count; i++) {
        bool bound = after->time.slots[second.changes[i].target].timetable == 17;
        own += bound;
        others += !bound;
        if (bound) {
            assert_int_equal(second.changes[i].reason, SLOT_CALENDAR);
            continue;
        }
        /* gives way in its own night */
        assert_int_equal(second.changes[i].reason, SLOT_DISPLACED);
        assert_true(llabs(second.changes[i].now_ms - second.changes[i].was_ms) <
                    4 * HOUR);
        assert_true(second.changes[i].by >= 0);
    }
    assert_int_equal(own, 6);
    assert_true(others <= 12);
    assert_false(second.afresh);
    check_slots(after);
}

static void three_more_targets_find_room_between_the_others(void **state)
{
    (void)state;
    struct ground g = big_ground;
    auto_plan struct plan *before = ground_plan(&g);
    auto_result struct slot_result first = laid(before, NULL);
    g.targets += 3;
    auto_plan struct plan *after = ground_plan(&g);
    /* they sort in the middle: names decide */
    for (int i = 0; i < 3; i++) {
        char *name = before->targets[50 + i].name;
        xreplace(&after->targets[240 + i].name, after->targets[50 + i].name);
        xreplace(&after->targets[50 + i].name, "newcomer");
        (void)name;
        auto_free char *unique = xasprintf("newcomer-%d", i);
        xreplace(&after->targets[50 + i].name, unique);
    }
    auto_result struct slot_result second = laid(after, before);
    int newcomers = 0, others = 0;
    for (size_t i = 0; i < second.change_count; i++) {
        newcomers += second.changes[i].reason == SLOT_NEW;
        others += second.changes[i].reason != SLOT_NEW;
    }
    assert_int_equal(newcomers, 3);
    assert_true(others <= 8);
    assert_false(second.afresh);
    check_slots(after);
}

static void notice_keeps_the_near_nights_free(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&big_ground);
    plan->time.min_notice_ms = 72 * HOUR;
    auto_result struct slot_result result = laid(plan, NULL);
    assert_int_equal(result.without, 0);
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct plan_slot *slot = &plan->time.slots[i];
        const struct spans *open = &plan->time.timetables[slot->timetable].open;
        assert_true(slot->from_ms >= MONDAY + 72 * HOUR);
        assert_true(slot->not_before_ms >= MONDAY + 72 * HOUR);
        assert_true(slot->not_before_ms <= slot->from_ms);
        size_t k = spans_find(open, slot->from_ms);
        assert_true(slot->not_before_ms == open->items[k].from_ms ||
                    slot->not_before_ms == MONDAY + 72 * HOUR);
    }
}

static void who_finds_no_opening_is_counted(void **state)
{
    (void)state;
    struct ground g = big_ground;
    g.weeks = 1;
    auto_plan struct plan *plan = ground_plan(&g);
    auto_result struct slot_result result = laid(plan, NULL);
    int without = 0;
    for (size_t i = 0; i < plan->target_count; i++)
        without += !plan->time.slots[i].from_ms;
    assert_true(without > 100);
    assert_int_equal(result.without, without);
    assert_int_equal(result.finish_ms, 0);
}

static void a_slot_that_costs_a_week_is_not_kept(void **state)
{
    (void)state;
    struct ground g = big_ground;
    g.in_flight = 3;
    auto_plan struct plan *before = ground_plan(&g);
    auto_result struct slot_result first = laid(before, NULL);
    auto_plan struct plan *after = ground_plan(&g);
    after->in_flight = 40;
    for (size_t i = 0; i < after->domain_count; i++)
        after->domains[i].max = 40;
    auto_result struct slot_result second = laid(after, before);
    assert_true(second.afresh);
    assert_true(second.finish_ms < first.finish_ms - 24 * HOUR);
    check_slots(after);
}

static void the_spread_covers_nine_runs_in_ten(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&big_ground);
    auto_result struct slot_result result = laid(plan, NULL);
    auto_model struct model *model = model_create(plan, true);
    struct forecast_run runs[20] = {0};
    long within = 0, all = 0;
    for (int i = 0; i < 20; i++) {
        struct run_options options = {.seed = (uint64_t)i + 1,
                                      .start_ms = plan->created_ms};
        forecast_run(model, &options, &runs[i]);
    }
    slots_spread(plan, runs, 20);
    for (int i = 0; i < 20; i++) {
        for (size_t k = 0; k < plan->target_count; k++) {
            const struct plan_slot *slot = &plan->time.slots[k];
            within +=
                llabs(runs[i].targets[k].started_ms - slot->from_ms) <= slot->spread_ms;
            all++;
        }
        forecast_run_clear(&runs[i]);
    }
    assert_true(within * 10 >= all * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_has_a_place_that_the_rules_allow),
        cmocka_unit_test(the_same_plan_again_moves_nobody),
        cmocka_unit_test(with_one_calendar_changed_only_its_own_move),
        cmocka_unit_test(three_more_targets_find_room_between_the_others),
        cmocka_unit_test(notice_keeps_the_near_nights_free),
        cmocka_unit_test(who_finds_no_opening_is_counted),
        cmocka_unit_test(a_slot_that_costs_a_week_is_not_kept),
        cmocka_unit_test(the_spread_covers_nine_runs_in_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
