/* test_binding.c - rules lifted one by one, rules changed, and many runs in one view. */
#include "forecast/binding.h"

#include "forecast/tally.h"
#include "ground.h"

static struct forecast_change ran(const struct plan *plan, const struct what_if *what)
{
    struct forecast_change change = {.from = 0};
    struct run_options options = {.start_ms = plan->created_ms};
    binding_run(plan, what, &options, 5, &change);
    return change;
}

static const struct forecast_change *named(const struct binding_try *tries, size_t count,
                                           const char *kind, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(tries[i].change.kind, kind) && !strcmp(tries[i].change.key, key))
            return &tries[i].change;
    }
    return NULL;
}

static void the_rule_that_binds_saves_most(void **state)
{
    (void)state;
    struct ground g = usual_ground;
    g.weeks = 0; /* no windows: only places */
    g.in_flight = 3;
    g.customer_max = 30;
    g.site_max = 30;
    auto_plan struct plan *plan = ground_plan(&g);
    struct binding_try tries[BINDING_TRIES_MAX];
    struct forecast_change changes[BINDING_TRIES_MAX];
    struct run_options options = {.start_ms = plan->created_ms};
    size_t count = binding_tries(plan, &options, tries);
    struct forecast_change planned = ran(plan, &(struct what_if){0});
    assert_non_null(named(tries, count, "in_flight", ""));
    assert_non_null(named(tries, count, "max_unavailable", "site"));
    assert_non_null(named(tries, count, "max_unavailable", "customer"));
    assert_non_null(named(tries, count, "soak", ""));
    assert_non_null(named(tries, count, "waves", ""));
    assert_null(named(tries, count, "windows", "customer"));
    assert_null(named(tries, count, "budget", "")); /* nobody fails */
    for (size_t i = 0; i < count; i++) {
        binding_run(plan, &tries[i].what, &options, 5, &tries[i].change);
        binding_saves(&planned, 0, &tries[i].change);
        changes[i] = tries[i].change;
    }
    size_t left = binding_rank(changes, count, HOUR);
    assert_true(left >= 1);
    assert_string_equal(changes[0].kind, "in_flight");
    assert_true(changes[0].saves_ms > 8 * HOUR);
}

/* One wave that nobody watches, no windows, no gate: there is nothing of that to lift. */
static void what_a_plan_does_not_ask_for_is_not_lifted(void **state)
{
    (void)state;
    static const char *const absent[] = {"soak",   "approval", "waves",
                                         "notice", "freezes",  "windows"};
    struct ground g = usual_ground;
    g.weeks = 0;
    g.canary = 0;
    g.soak_ms = 0;
    auto_plan struct plan *plan = ground_plan(&g);
    struct binding_try tries[BINDING_TRIES_MAX];
    struct run_options options = {.start_ms = plan->created_ms, .approval_ms = HOUR};
    size_t count = binding_tries(plan, &options, tries);
    for (size_t i = 0; i < ARRAY_LENGTH(absent); i++)
        assert_null(named(tries, count, absent[i], ""));
    assert_non_null(named(tries, count, "in_flight", ""));
}

static void windows_of_one_customer_can_be_lifted(void **state)
{
    (void)state;
    struct ground g = usual_ground;
    g.targets = 12;
    g.customer_max = 1;
    g.canary = 0;
    auto_plan struct plan *plan = ground_plan(&g);
    struct run_options options = {.start_ms = plan->created_ms};
    struct binding_try tries[BINDING_TRIES_MAX], values[BINDING_TRIES_MAX];
    size_t count = binding_tries(plan, &options, tries), of = count;
    auto_model struct model *model = model_create(plan, true);
    auto_run struct forecast_run usual = {0};
    forecast_run(model, &options, &usual);
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(tries[i].change.kind, "windows"))
            of = i;
    }
    assert_true(of < count);
    size_t value_count = binding_values(plan, &tries[of], &usual, values, 64);
    assert_int_equal(value_count, 6);
    /* the last night is the sixth customer's: without its windows the fifth's is last */
    const struct forecast_change *c05 =
        named(values, value_count, "windows", "customer=c05");
    assert_non_null(c05);
    struct forecast_change planned = ran(plan, &(struct what_if){0});
    struct what_if without = {.without_scope = "customer=c05"};
    struct forecast_change change = ran(plan, &without);
    binding_saves(&planned, plan->time.horizon_ms, &change);
    assert_true(change.saves_ms > 20 * HOUR && change.saves_ms < 28 * HOUR);
}

static void a_variant_changes_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&usual_ground);
    auto_free char *before = plan_to_json(plan);
    struct spans more = {0};
    spans_add(&more, MONDAY + 10 * HOUR, MONDAY + 14 * HOUR);
    struct what_if what = {.in_flight = 30,
                           .has_soak = true,
                           .has_budget = true,
                           .budget = 5,
                           .windows = &more,
                           .domains = {{"site", 9}, {"customer=c01", 7}},
                           .domain_count = 2};
    auto_variant struct variant *variant = variant_create(plan, &what);
    const struct plan *v = &variant->plan;
    assert_int_equal(v->in_flight, 30);
    assert_int_equal(v->waves[0].soak_ms, 0);
    assert_int_equal(v->budget, 5);
    for (size_t i = 0; i < v->domain_count; i++) {
        int wanted = variant_is_of(v->domains[i].key, "site")           ? 9
                     : variant_is_of(v->domains[i].key, "customer=c01") ? 7
                                                                        : 2;
        assert_int_equal(v->domains[i].max, wanted);
    }
    for (size_t i = 0; i < v->time.timetable_count; i++) {
        assert_true(spans_contain(&v->time.timetables[i].open, MONDAY + 11 * HOUR));
        assert_false(spans_contain(&plan->time.timetables[i].open, MONDAY + 11 * HOUR));
    }
    auto_free char *after = plan_to_json(plan);
    assert_string_equal(before, after);
    spans_clear(&more);
}

static void many_runs_become_one_outlook(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&usual_ground);
    auto_model struct model *model = model_create(plan, true);
    struct forecast_period nights[70];
    struct tally tally;
    struct forecast_outlook outlook;
    auto_run struct forecast_run run = {0};
    int64_t ends[9], starts = 0;
    for (int i = 0; i < 70; i++)
        nights[i] = (struct forecast_period){.from_ms = MONDAY - 12 * HOUR + i * DAY,
                                             .until_ms = MONDAY + 12 * HOUR + i * DAY};
    tally_create(&tally, 9, nights, 70, 1);
    for (size_t i = 0; i < 9; i++) {
        struct run_options options = {.seed = i + 1, .start_ms = plan->created_ms};
        forecast_run(model, &options, &run);
        ends[i] = run.finish_ms;
        tally_add(&tally, i, &run);
    }
    forecast_run(model, &(struct run_options){.start_ms = plan->created_ms}, &run);
    tally_outlook(&tally, plan, &run, MONDAY + 1000 * DAY, &outlook);
    tally_sort(ends, 9, true);
    assert_int_equal(outlook.p50_ms, ends[4]);
    assert_int_equal(outlook.p90_ms, ends[8]);
    assert_int_equal(outlook.in_time, 9);
    assert_int_equal(outlook.usual_ms, run.finish_ms);
    for (size_t i = 0; i < outlook.period_count; i++)
        starts += outlook.periods[i].usual;
    assert_int_equal(starts, usual_ground.targets);
    starts = 0;
    for (size_t i = 0; i < outlook.week_count; i++)
        starts += outlook.weeks[i].usual;
    assert_int_equal(starts, usual_ground.targets);
    assert_int_equal(outlook.last_count, FORECAST_LAST_SHOWN);
    for (size_t i = 1; i < outlook.last_count; i++)
        assert_true(outlook.last[i].started_ms <= outlook.last[i - 1].started_ms);
    forecast_outlook_clear(&outlook);
    tally_clear(&tally);
}

/* What was said from some seeds is held by others. */
static void other_runs_end_when_was_said(void **state)
{
    (void)state;
    struct ground g = usual_ground;
    g.weeks = 0; /* without windows ends are spread, not on one night */
    auto_plan struct plan *plan = ground_plan(&g);
    auto_model struct model *model = model_create(plan, true);
    auto_run struct forecast_run run = {0};
    int64_t ends[2][100];
    int within = 0;
    for (int i = 0; i < 200; i++) {
        struct run_options options = {
            .seed = (uint64_t)i + 1, .start_ms = MONDAY, .failure_per_million = 20000};
        forecast_run(model, &options, &run);
        ends[i / 100][i % 100] = run.finish_ms - MONDAY;
    }
    tally_sort(ends[0], 100, true);
    int64_t p50_ms = tally_quantile(ends[0], 100, 50);
    int64_t p90_ms = tally_quantile(ends[0], 100, 90);
    for (int i = 0; i < 100; i++)
        within += ends[1][i] <= p90_ms;
    tally_sort(ends[1], 100, true);
    int64_t other_ms = tally_quantile(ends[1], 100, 50);
    assert_true(p90_ms > p50_ms);
    assert_true(llabs(p50_ms - other_ms) * 10 < other_ms); /* within a tenth */
    assert_true(within >= 80);                             /* of 90 expected */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_that_binds_saves_most),
        cmocka_unit_test(what_a_plan_does_not_ask_for_is_not_lifted),
        cmocka_unit_test(windows_of_one_customer_can_be_lifted),
        cmocka_unit_test(a_variant_changes_what_it_says_and_nothing_else),
        cmocka_unit_test(many_runs_become_one_outlook),
        cmocka_unit_test(other_runs_end_when_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
