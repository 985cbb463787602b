/* test_resume.c - a forecast of a campaign that has begun goes on from where it stands. */
#include "ground.h"

#include "forecast/resume.h"
#include "forecast/variant.h"

/* A campaign under way: the real engine, run until `until_ms` on virtual time by hand,
   every answer after what is usual for its pace. */
struct halfway {
    struct engine *engine;
    const struct model *model;
    int64_t at_ms[4096], call[4096];
    int target[4096];
    size_t count;
};

static void go(struct halfway *h, int64_t now_ms, const struct input *inputs,
               size_t count)
{
    struct engine_output out = engine_step(h->engine, now_ms, inputs, count);
    for (size_t i = 0; i < out.action_count; i++) {
        const struct action *a = &out.actions[i];
        int64_t takes_ms = a->activity == ACTIVITY_STEP
                               ? model_duration_ms(h->model, 0, a->target, a->index, 0)
                               : 1000;
        h->at_ms[h->count] = now_ms + takes_ms;
        h->call[h->count] = a->call_id;
        h->target[h->count++] = a->target;
    }
}

static void run_until(struct halfway *h, int64_t until_ms)
{
    struct input own = {.kind = INPUT_OWNER, .number = 1, .actor = "anna"};
    go(h, MONDAY, &own, 1);
    for (;;) {
        size_t next = h->count;
        int64_t now_ms = engine_deadline(h->engine);
        for (size_t i = 0; i < h->count; i++) {
            if (h->at_ms[i] <= now_ms &&
                (next == h->count || h->at_ms[i] < h->at_ms[next]))
                next = i;
        }
        if (next < h->count)
            now_ms = h->at_ms[next];
        if (now_ms > until_ms)
            return;
        struct input input = {.kind = INPUT_TICK};
        if (next < h->count) {
            input = (struct input){.kind = INPUT_OUTCOME,
                                   .outcome = {.call_id = h->call[next],
                                               .target = h->target[next],
                                               .outcome = SLIPWAY_DONE,
                                               .value = "1"}};
            h->count--;
            h->at_ms[next] = h->at_ms[h->count];
            h->call[next] = h->call[h->count];
            h->target[next] = h->target[h->count];
        }
        go(h, now_ms, &input, 1);
    }
}

static struct ground packed(void)
{
    struct ground g = usual_ground;
    g.weeks = 0;
    g.in_flight = 4;
    g.customer_max = 4;
    g.site_max = 4;
    return g;
}

static void what_is_left_ends_when_the_whole_would(void **state)
{
    (void)state;
    struct ground g = packed();
    auto_plan struct plan *plan = ground_plan(&g);
    auto_model struct model *small = model_create(plan, true);
    auto_model struct model *whole = model_create(plan, false);
    auto_run struct forecast_run from_start = {0}, from_here = {0};
    struct halfway h = {.engine = engine_create(plan, 1), .model = whole};
    run_until(&h, MONDAY + 6 * HOUR);
    const struct engine_state *s = engine_state(h.engine);
    int done = s->count_by_state[TARGET_SUCCEEDED];
    assert_true(done > 3 && s->in_flight > 0);
    assert_true(s->count_by_state[TARGET_SOAKING] > 0);
    forecast_run(small, &(struct run_options){.start_ms = MONDAY}, &from_start);
    forecast_run(small, &(struct run_options){.start_ms = MONDAY + 6 * HOUR, .from = s},
                 &from_here);
    assert_int_equal(from_here.never, 0);
    assert_true(llabs(from_here.finish_ms - from_start.finish_ms) < HOUR);
    for (size_t i = 0; i < plan->target_count; i++) {
        if (s->targets[i].state == TARGET_SUCCEEDED) /* it is behind us */
            assert_int_equal(from_here.targets[i].ended_ms, s->targets[i].since_ms);
        else
            assert_true(from_here.targets[i].ended_ms >= MONDAY + 6 * HOUR);
    }
    engine_destroy(h.engine);
}

static void a_paused_campaign_waits_for_its_human(void **state)
{
    (void)state;
    struct ground g = packed();
    auto_plan struct plan *plan = ground_plan(&g);
    auto_model struct model *small = model_create(plan, true);
    auto_model struct model *whole = model_create(plan, false);
    auto_run struct forecast_run soon = {0}, late = {0};
    struct halfway h = {.engine = engine_create(plan, 1), .model = whole};
    run_until(&h, MONDAY + 3 * HOUR);
    struct input pause = {.kind = INPUT_COMMAND,
                          .command = {.verb = VERB_PAUSE,
                                      .target = -1,
                                      .wave = -1,
                                      .actor = "anna",
                                      .reason = "coffee"}};
    go(&h, MONDAY + 3 * HOUR, &pause, 1);
    struct run_options options = {
        .start_ms = MONDAY + 3 * HOUR, .from = engine_state(h.engine), .human_ms = HOUR};
    forecast_run(small, &options, &soon);
    options.human_ms = 6 * HOUR;
    forecast_run(small, &options, &late);
    assert_int_equal(soon.never, 0);
    int64_t apart_ms = late.finish_ms - soon.finish_ms;
    assert_true(apart_ms > 4 * HOUR && apart_ms < 6 * HOUR);
    engine_destroy(h.engine);
}

/* Two of every four targets are a link group that goes as one. */
static struct plan *linked_plan(void)
{
    struct ground g = packed();
    g.snapshot = g.link_groups = true;
    g.canary = 0;
    g.targets = 16;
    g.soak_ms = HOUR;
    struct plan *plan = ground_plan(&g);
    plan->units = xcalloc(plan->target_count, sizeof *plan->units);
    for (int i = 0; i < (int)plan->target_count; i++) {
        xreplace(&plan->targets[i].manager, "m1");
        if (i % 4 == 1)
            plan->units[plan->unit_count++] = (struct plan_unit){
                .name = xstrdup(plan->targets[i].link_group), .first = i - 1, .count = 2};
    }
    plan->targets[1].companion = true;
    return plan;
}

static void link_groups_are_foreseen_wherever_they_stand(void **state)
{
    (void)state;
    auto_plan struct plan *plan = linked_plan();
    auto_model struct model *small = model_create(plan, true);
    auto_model struct model *whole = model_create(plan, false);
    auto_run struct forecast_run from_start = {0};
    unsigned seen = 0;
    forecast_run(small, &(struct run_options){.start_ms = MONDAY}, &from_start);
    assert_int_equal(from_start.never, 0);
    for (int64_t at_ms = MONDAY; at_ms < from_start.finish_ms; at_ms += 97 * SECOND) {
        auto_run struct forecast_run from_here = {0};
        struct halfway h = {.engine = engine_create(plan, 1), .model = whole};
        run_until(&h, at_ms);
        const struct engine_state *s = engine_state(h.engine);
        for (size_t i = 0; i < plan->unit_count; i++)
            seen |= 1u << s->groups[i].state;
        forecast_run(small, &(struct run_options){.start_ms = at_ms, .from = s},
                     &from_here);
        assert_int_equal(from_here.never, 0);
        engine_destroy(h.engine);
    }
    assert_true(seen >> GROUP_GATHERING & 1u);
    assert_true(seen >> GROUP_CHANGING & 1u);
    assert_true(seen >> GROUP_SOAKING & 1u);
    assert_true(seen >> GROUP_SUCCEEDED & 1u);
}

/* The engine's own numbers are no setting of an operator: they would undo the what-if. */
static void a_what_if_counts_under_way_too(void **state)
{
    (void)state;
    struct ground g = packed();
    auto_plan struct plan *plan = ground_plan(&g);
    auto_model struct model *whole = model_create(plan, false);
    struct what_if slow = {.in_flight = 1};
    auto_variant struct variant *variant = variant_create(plan, &slow);
    auto_model struct model *as_is = model_create(plan, true);
    auto_model struct model *varied = model_create(&variant->plan, true);
    auto_run struct forecast_run usual = {0}, slower = {0};
    struct halfway h = {.engine = engine_create(plan, 1), .model = whole};
    run_until(&h, MONDAY + 3 * HOUR);
    struct run_options options = {
        .start_ms = MONDAY + 3 * HOUR, .from = engine_state(h.engine), .from_plan = plan};
    forecast_run(as_is, &options, &usual);
    forecast_run(varied, &options, &slower);
    assert_true(slower.finish_ms > usual.finish_ms + HOUR);
    engine_destroy(h.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_ends_when_the_whole_would),
        cmocka_unit_test(a_paused_campaign_waits_for_its_human),
        cmocka_unit_test(link_groups_are_foreseen_wherever_they_stand),
        cmocka_unit_test(a_what_if_counts_under_way_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
