/*
 * test_moved.c - calendars that change while somebody is under way: whose closing moves,
 * whose does not, and what is then called an overrun. And overrides of single targets.
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

/* Two targets at two sites, the second one bound by the calendar of its site. */
static struct world *begin(int64_t from_ms, int64_t until_ms)
{
    static const struct plan_shape two = {
        .targets = 2, .budgets = {2}, .budget = 2, .sites = 2, .site_max = 2};
    struct world *w = world_create(&two, 1);
    int night = times_calendar(w->plan, "site=s1", false);
    times_span(w->plan, night, from_ms, until_ms);
    times_bind(w->plan, 1, night);
    times_done(w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    return w;
}

static void run_until(struct world *w, int target, enum target_state_id state)
{
    while (target_at(w, target)->state != state)
        assert_true(world_step(w));
}

static void move_calendar(struct world *w, int64_t from_ms, int64_t until_ms)
{
    auto_free char *document =
        times_document("site=s1", "calendar-0.ics", false, from_ms, until_ms);
    world_tell(w,
               (struct command){
                   .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = document});
}

static int overruns(const struct world *w)
{
    int found = 0;
    for (size_t i = 0; i < w->journal_count; i++)
        found += w->journal[i].kind == RECORD_OVERRUN;
    return found;
}

static const struct record *overrun(const struct world *w)
{
    for (size_t i = 0; i < w->journal_count; i++) {
        if (w->journal[i].kind == RECORD_OVERRUN)
            return &w->journal[i];
    }
    fail_msg("nothing overran");
    return NULL;
}

static void only_who_is_bound_by_a_calendar_is_moved_with_it(void **state)
{
    (void)state;
    struct world *w = begin(at(0), at(6 * HOUR));
    run_until(w, 0, TARGET_CHANGING);
    run_until(w, 1, TARGET_CHANGING);
    assert_int_equal(target_at(w, 0)->closes_ms, 0);
    assert_int_equal(target_at(w, 1)->closes_ms, at(6 * HOUR));
    move_calendar(w, at(0), at(3 * HOUR));
    assert_int_equal(target_at(w, 0)->closes_ms, 0);
    assert_int_equal(target_at(w, 1)->closes_ms, at(3 * HOUR));
    assert_true(world_crash(w));
    assert_true(world_run(w, 100000));
    assert_int_equal(overruns(w), 0);
    world_destroy(w);
}

/* All that is left of the calendar lies in the past: it closed when that was said. */
static void an_opening_that_is_taken_away_closes_now(void **state)
{
    (void)state;
    struct world *w = begin(at(0), at(6 * HOUR));
    while (!target_at(w, 1)->changed)
        assert_true(world_step(w));
    int64_t said_ms = w->now_ms;
    move_calendar(w, at(-10 * MIN), at(-5 * MIN));
    assert_int_equal(target_at(w, 1)->closes_ms, said_ms);
    assert_true(world_run(w, 100000)); /* it may finish, and that is written down */
    assert_int_equal(target_at(w, 1)->state, TARGET_SUCCEEDED);
    assert_int_equal(overruns(w), 1);
    world_destroy(w);
}

/* It overran already: a calendar that moves now does not make that less. */
static void an_overrun_is_counted_from_the_first_close(void **state)
{
    (void)state;
    struct world *w = begin(at(0), at(2 * HOUR));
    w->job_ms = 50 * MIN;
    while (!target_at(w, 1)->changed)
        assert_true(world_step(w));
    int64_t said_ms = w->now_ms;
    move_calendar(w, at(-15 * MIN), at(-10 * MIN));
    w->now_ms += 20 * MIN;
    move_calendar(w, at(-15 * MIN), at(-5 * MIN));
    assert_int_equal(target_at(w, 1)->closes_ms, said_ms);
    assert_true(world_run(w, 100000));
    assert_int_equal(overruns(w), 1);
    assert_int_equal(overrun(w)->number, overrun(w)->at_ms - said_ms);
    assert_true(overrun(w)->number >= 20 * MIN);
    world_destroy(w);
}

static void a_change_waits_for_a_clock_that_is_trusted(void **state)
{
    (void)state;
    struct world *w = begin(at(0), at(6 * HOUR));
    w->appliances[0].faults = FAULT_REFUSES; /* the other one is out of the way */
    run_until(w, 1, TARGET_SNAPSHOTTING);
    world_trust(w, false, "it was stepped");
    while (w->queue_count)
        assert_true(world_step(w));
    assert_int_equal(world_effects(w, 1, ACTIVITY_STEP), 0);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_CLOCK);
    struct engine_time_wait wait = engine_time_wait(w->engine, w->now_ms);
    assert_int_equal(wait.targets, 1);
    assert_int_equal(wait.next_ms, 0); /* no time will help it */
    world_trust(w, true, NULL);
    assert_true(world_run(w, 100000));
    assert_int_equal(target_at(w, 1)->state, TARGET_SUCCEEDED);
    world_destroy(w);
}

/* ---- breaking the glass for one ---- */

static void override(struct world *w, int target, int64_t until_ms, const char *reason)
{
    world_tell(w, (struct command){.verb = VERB_OVERRIDE,
                                   .target = target,
                                   .wave = -1,
                                   .number = until_ms,
                                   .reason = reason});
}

static const char *last_rejection(const struct world *w)
{
    const struct record *r = &w->journal[w->journal_count - 1];
    return r->kind == RECORD_REJECTED ? r->text : "";
}

static void an_override_ends_where_it_was_given(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(2 * DAY));
    override(w, -1, 0, NULL); /* none holds */
    assert_string_equal(last_rejection(w), "no override holds there");
    override(w, 1, 0, NULL);
    assert_string_equal(last_rejection(w), "no override holds there");
    override(w, 1, at(HOUR), "");
    assert_string_equal(last_rejection(w), "an override needs a reason");
    override(w, 1, at(HOUR), NULL);
    assert_string_equal(last_rejection(w), "an override needs a reason");
    override(w, 1, at(HOUR), "the customer is on the phone");
    assert_string_equal(last_rejection(w), "");
    override(w, 0, 0, NULL); /* of another one */
    assert_string_equal(last_rejection(w), "no override holds there");
    override(w, -1, 0, NULL); /* of all */
    assert_string_equal(last_rejection(w), "no override holds there");
    override(w, 1, 0, NULL);
    assert_string_equal(last_rejection(w), "");
    override(w, -1, at(HOUR), "all customers are on the phone");
    assert_string_equal(last_rejection(w), "");
    override(w, -1, 0, NULL);
    assert_string_equal(last_rejection(w), "");
    world_destroy(w);
}

/* Times are a fold over records: what is not about time passes it by. */
static void what_is_not_about_time_says_nothing_of_it(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(2 * DAY));
    struct times times;
    bool calendars = true;
    struct record record = {.kind = RECORD_HOLD, .wave = -1, .target = 0, .number = 99};
    times_create(&times, w->plan);
    assert_int_equal(times_apply(&times, w->plan, &record, &calendars), 0);
    assert_false(calendars);
    assert_null(times.own);
    assert_null(times.targets);
    assert_int_equal(times_wave_approved_until(&times, 0), 0);
    record =
        (struct record){.kind = RECORD_APPROVED, .wave = 0, .target = -1, .number = 99};
    assert_int_equal(times_apply(&times, w->plan, &record, &calendars), 0);
    assert_int_equal(times_wave_approved_until(&times, 0), 99);
    assert_int_equal(times_wave_approved_until(&times, 1), 0);
    times_clear(&times, w->plan);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_is_bound_by_a_calendar_is_moved_with_it),
        cmocka_unit_test(an_opening_that_is_taken_away_closes_now),
        cmocka_unit_test(an_overrun_is_counted_from_the_first_close),
        cmocka_unit_test(a_change_waits_for_a_clock_that_is_trusted),
        cmocka_unit_test(an_override_ends_where_it_was_given),
        cmocka_unit_test(what_is_not_about_time_says_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
