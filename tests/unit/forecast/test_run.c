/* test_run.c - campaigns on virtual time keep the real engine's rules and end. */
#include "ground.h"

static struct forecast_run ran(const struct plan *plan, bool condense,
                               struct run_options options)
{
    auto_model struct model *model = model_create(plan, condense);
    struct forecast_run run = {0};
    options.start_ms = options.start_ms ? options.start_ms : plan->created_ms;
    forecast_run(model, &options, &run);
    return run;
}

/* How many of `member` are in flight at most, at any instant. */
static int peak(const struct plan *plan, const struct forecast_run *run, int domain)
{
    int most = 0;
    for (size_t i = 0; i < run->target_count; i++) {
        int now = 0;
        for (size_t k = 0; k < run->target_count; k++) {
            bool member = domain < 0;
            for (int d = 0; d < plan->targets[k].domain_count; d++)
                member = member || plan->targets[k].domains[d] == domain;
            now += member && run->targets[k].started_ms <= run->targets[i].started_ms &&
                   run->targets[k].changed_ms > run->targets[i].started_ms;
        }
        most = now > most ? now : most;
    }
    return most;
}

static void without_calendars_it_is_packed_to_the_limits(void **state)
{
    struct ground g = usual_ground;
    (void)state;
    g.weeks = 0;
    auto_plan struct plan *plan = ground_plan(&g);
    auto_run struct forecast_run run = ran(plan, true, (struct run_options){0});
    assert_int_equal(run.never, 0);
    assert_int_equal(run.failed, 0);
    assert_int_equal(peak(plan, &run, -1), g.in_flight);
    for (int d = 0; d < (int)plan->domain_count; d++)
        assert_true(peak(plan, &run, d) <= plan->domains[d].max);
    /* 57 in waves of 8 that take 46 minutes, after canaries and their soak */
    assert_true(run.finish_ms > MONDAY + 8 * 46 * MINUTE);
    assert_true(run.finish_ms < MONDAY + 14 * HOUR);
    for (size_t i = 0; i < run.target_count; i++)
        assert_int_equal(run.targets[i].changed_ms - run.targets[i].started_ms,
                         46 * MINUTE);
}

static void nobody_starts_outside_of_its_window(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&usual_ground);
    auto_run struct forecast_run run = ran(plan, true, (struct run_options){.seed = 7});
    assert_int_equal(run.never, 0);
    for (int i = 0; i < (int)run.target_count; i++) {
        struct window_view view;
        window_look(plan, &plan->time, i, run.targets[i].started_ms, &view);
        assert_int_equal(view.state, WINDOW_OPEN);
    }
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    auto_plan struct plan *plan = ground_plan(&usual_ground);
    struct run_options options = {.seed = 11, .failure_per_million = 50000};
    auto_run struct forecast_run a = ran(plan, true, options);
    auto_run struct forecast_run b = ran(plan, true, options);
    options.seed = 12;
    auto_run struct forecast_run c = ran(plan, true, options);
    assert_memory_equal(a.targets, b.targets, a.target_count * sizeof *a.targets);
    assert_int_equal(a.finish_ms, b.finish_ms);
    assert_memory_not_equal(a.targets, c.targets, a.target_count * sizeof *a.targets);
}

static void failures_are_undone_and_a_human_looks_at_pauses(void **state)
{
    struct ground g = usual_ground;
    (void)state;
    g.budget = 1;
    auto_plan struct plan *plan = ground_plan(&g);
    auto_run struct forecast_run calm = ran(plan, true, (struct run_options){.seed = 3});
    auto_run struct forecast_run run =
        ran(plan, true,
            (struct run_options){
                .seed = 3, .failure_per_million = 100000, .human_ms = 6 * HOUR});
    assert_int_equal(calm.pauses, 0);
    assert_int_equal(run.never, 0);
    assert_true(run.failed >= 2 && run.failed < 20);
    assert_int_equal(run.rolled_back, run.failed);
    assert_true(run.pauses >= 1);
    assert_true(run.finish_ms >= calm.finish_ms);
    for (size_t i = 0; i < plan->target_count; i++) { /* its place is taken until then */
        if (run.targets[i].state == TARGET_ROLLED_BACK)
            assert_int_equal(run.targets[i].changed_ms, run.targets[i].ended_ms);
    }
}

static void behind_the_horizon_nobody_has_a_place(void **state)
{
    struct ground g = usual_ground;
    (void)state;
    g.weeks = 1;
    auto_plan struct plan *plan = ground_plan(&g);
    auto_run struct forecast_run run = ran(plan, true, (struct run_options){0});
    assert_int_equal(run.finish_ms, 0);
    assert_true(run.never > 0);
    int without = 0;
    for (size_t i = 0; i < run.target_count; i++)
        without += !run.targets[i].started_ms;
    assert_int_equal(without, run.never);
}

static void gates_and_approval_wait_for_people(void **state)
{
    (void)state;
    struct ground g = usual_ground;
    g.weeks = 0;
    auto_plan struct plan *plan = ground_plan(&g);
    plan->approval_required = true;
    plan->waves[1].gate = true;
    auto_run struct forecast_run run =
        ran(plan, true, (struct run_options){.approval_ms = 3 * HOUR});
    auto_run struct forecast_run free_run = ran(plan, true, (struct run_options){0});
    assert_int_equal(run.never, 0);
    assert_int_equal(run.finish_ms - free_run.finish_ms, 6 * HOUR);
}

/* The small plan against the whole one: starts may differ by what rounding and short
   looks cost, the end by little. */
static void condensing_changes_little(void **state)
{
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        struct ground g = usual_ground;
        g.snapshot = variant & 1;
        g.repo = variant & 2 ? 3 : 0;
        g.link_groups = variant == 3;
        auto_plan struct plan *plan = ground_plan(&g);
        auto_run struct forecast_run small =
            ran(plan, true, (struct run_options){.quantum_ms = 1000});
        auto_run struct forecast_run whole =
            ran(plan, false, (struct run_options){.quantum_ms = 1000});
        assert_int_equal(small.never, 0);
        assert_int_equal(whole.never, 0);
        assert_true(small.steps < whole.steps);
        int64_t apart_ms = llabs(small.finish_ms - whole.finish_ms);
        assert_true(apart_ms < 2 * HOUR || apart_ms % (7 * DAY) < 2 * HOUR);
    }
}

static void a_limit_that_binds_is_kept(void **state)
{
    (void)state;
    struct ground g = usual_ground;
    g.weeks = 0;
    auto_plan struct plan *without = ground_plan(&g);
    g.repo = 3;
    auto_plan struct plan *with = ground_plan(&g);
    auto_run struct forecast_run a = ran(without, true, (struct run_options){0});
    auto_run struct forecast_run b = ran(with, true, (struct run_options){0});
    assert_true(b.finish_ms > a.finish_ms + 4 * HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_calendars_it_is_packed_to_the_limits),
        cmocka_unit_test(nobody_starts_outside_of_its_window),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(failures_are_undone_and_a_human_looks_at_pauses),
        cmocka_unit_test(behind_the_horizon_nobody_has_a_place),
        cmocka_unit_test(gates_and_approval_wait_for_people),
        cmocka_unit_test(condensing_changes_little),
        cmocka_unit_test(a_limit_that_binds_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
