/*
 * test_timelines.c - whole campaigns as their operators would tell them, kept as text
 * in timelines/ and read by people in review. BLESS=1 writes them anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "times.h"
#include "util/auto.h"
#include "world.h"

#define TIMELINES "tests/unit/engine/timelines/"

static const struct plan_shape three_waves = {
    .targets = 6,
    .waves = {1, 2, 3},
    .budgets = {0, 1, 1},
    .soak_ms = 600000,
    .in_flight = 2,
    .budget = 2,
};

static struct world *begin(const struct plan_shape *shape)
{
    struct world *w = world_create(shape, 1);
    w->trace = true;
    return w;
}

static void run(struct world *w)
{
    assert_true(world_run(w, 200000));
}

static void run_until(struct world *w, int target, enum target_state_id state)
{
    for (int i = 0; i < 100000; i++) {
        if (engine_state(w->engine)->targets[target].state == state)
            return;
        assert_true(world_step(w));
    }
    fail_msg("target %d never gets to %s", target, machine_state(&target_machine, state));
}

static char *read_whole(const char *path)
{
    auto_file FILE *file = fopen(path, "rb");
    struct buf text = {0};
    char chunk[4096];
    size_t got;
    while (file && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, got);
    return text.length ? buf_take(&text) : xstrdup("");
}

/* What an operator is told in the end belongs to the story. */
static const char *waits_for(enum engine_wait wait)
{
    static const char *const words[] = {
        [ENGINE_BUSY] = "busy",
        [ENGINE_SOAK] = "a soak",
        [ENGINE_GATE] = "a gate",
        [ENGINE_WINDOW] = "a window",
        [ENGINE_CLOCK] = "a clock that can be trusted",
        [ENGINE_HELD] = "a release",
        [ENGINE_PAUSED] = "a human: it is paused",
        [ENGINE_APPROVAL] = "approval",
        [ENGINE_STUCK] = "a human: it is stuck",
        [ENGINE_OVER] = "nothing: it is over",
    };
    return words[wait];
}

static void end(struct world *w, const char *name)
{
    auto_free char *path = xasprintf("%s%s.txt", TIMELINES, name);
    world_begin_line(w, "");
    buf_addf(&w->timeline, " waits for %s\n",
             waits_for(engine_waiting(w->engine, w->now_ms)));
    for (int i = 0; i < (int)w->plan->target_count; i++) {
        const struct model_appliance *m = &w->appliances[i];
        buf_addf(&w->timeline,
                 "           %-10s has %s, is %s, with %d snapshots; %d "
                 "taken, %d changes, %d reverts\n",
                 w->plan->targets[i].name, m->version, m->healthy ? "healthy" : "sick",
                 m->snapshots_held, m->snapshots_taken, m->updates,
                 world_effects(w, i, ACTIVITY_REVERT));
    }
    if (getenv("BLESS")) {
        auto_file FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_true(fputs(buf_text(&w->timeline), file) >= 0);
    }
    auto_free char *kept = read_whole(path);
    if (strcmp(kept, buf_text(&w->timeline)) != 0)
        (void)fprintf(stderr, "--- now, instead of %s\n%s", path, buf_text(&w->timeline));
    assert_string_equal(kept, buf_text(&w->timeline));
    world_destroy(w);
}

/* ---- the stories ---- */

static void all_goes_well(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    world_start(w);
    run(w);
    end(w, "all-goes-well");
}

static void the_canary_is_sick(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    w->appliances[0].faults = FAULT_SICK;
    world_start(w);
    run(w);
    world_command(w, VERB_UNPAUSE, -1, -1, "only this one: its disk was full");
    run(w);
    end(w, "sick-canary");
}

static void a_check_was_red_before(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    w->appliances[1].faults = FAULT_RED_BEFORE;
    world_start(w);
    run(w);
    world_command(w, VERB_ROLLBACK, 1, -1, "customer wants it as it was");
    run(w);
    end(w, "red-before");
}

static void killed_in_the_middle_with_lost_replies(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    for (int i = 0; i < 6; i++)
        w->appliances[i].faults = FAULT_LOST_REPLY;
    world_start(w);
    run_until(w, 0, TARGET_CHANGING);
    assert_true(world_crash(w));
    run_until(w, 1, TARGET_SNAPSHOTTING);
    assert_true(world_crash(w));
    assert_true(world_crash(w));
    run_until(w, 5, TARGET_CHANGING);
    assert_true(world_crash(w));
    run(w);
    end(w, "killed");
}

static void a_rollback_fails(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    w->appliances[2].faults = FAULT_SICK | FAULT_REVERT_FAILS;
    world_start(w);
    run(w);
    w->appliances[2].faults = FAULT_SICK;
    world_command(w, VERB_ROLLBACK, 2, -1, "the datastore is back");
    run(w);
    world_command(w, VERB_UNPAUSE, -1, -1, "all seen");
    run(w);
    end(w, "stranded");
}

static void approvals_and_a_gate(void **state)
{
    (void)state;
    struct plan_shape shape = three_waves;
    shape.approval = shape.gate = true;
    struct world *w = begin(&shape);
    world_start(w);
    run(w);
    world_command(w, VERB_APPROVE, -1, -1, "change 4711");
    run(w);
    world_command(w, VERB_APPROVE, -1, 2, "the first two waves are fine");
    run(w);
    end(w, "gate");
}

static void an_operators_day(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    world_start(w);
    world_command(w, VERB_HOLD, 4, -1, "customer has an audit");
    world_command(w, VERB_SKIP, 5, -1, "will be scrapped");
    run_until(w, 0, TARGET_SOAKING);
    world_command(w, VERB_PROMOTE, -1, 0, "watched it myself");
    run_until(w, 1, TARGET_CHANGING);
    world_command(w, VERB_ROLLBACK, 1, -1, "stop that");
    world_command(w, VERB_PAUSE, -1, -1, "lunch");
    run(w);
    world_command(w, VERB_UNPAUSE, -1, -1, "back");
    run(w);
    world_command(w, VERB_RELEASE, 4, -1, "audit is over");
    world_command(w, VERB_RETRY, 5, -1, "not scrapped after all");
    run(w);
    end(w, "operators-day");
}

static void aborted_half_way(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    world_start(w);
    run_until(w, 1, TARGET_CHANGING);
    world_command(w, VERB_ABORT, -1, -1, "wrong build");
    run(w);
    end(w, "abort");
}

static void a_wave_is_rolled_back(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    w->plan->waves[2].on_exceed = ON_EXCEED_ROLLBACK_WAVE;
    w->plan->waves[2].budget = 0;
    w->appliances[5].faults = FAULT_SICK;
    world_start(w);
    run(w);
    end(w, "rollback-wave");
}

static void an_update_hangs(void **state)
{
    (void)state;
    struct world *w = begin(&three_waves);
    w->appliances[1].faults = FAULT_HANGS;
    world_start(w);
    run(w);
    w->appliances[1].faults = 0; /* somebody typed the answer it waited for */
    world_command(w, VERB_RETRY, 1, -1, "it goes on now");
    run(w);
    end(w, "hangs");
}

/* ---- with windows: every night from hour 0 to 4, and an upgrade needs 1:23 ---- */

#define MIN  60000LL
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static const struct plan_shape one_wave = {
    .targets = 3, .budgets = {1}, .soak_ms = 600000, .in_flight = 1, .budget = 2};

static int64_t at(int64_t since_start_ms)
{
    return WORLD_START_MS + since_start_ms;
}

static struct world *begin_nights(const struct plan_shape *shape, int64_t open_ms,
                                  enum overrun_rule overrun)
{
    struct world *w = begin(shape);
    int nights = times_calendar(w->plan, "fleet", false);
    for (int64_t night = 0; night < 30; night++)
        times_span(w->plan, nights, at(night * DAY), at(night * DAY + open_ms));
    for (int i = 0; i < shape->targets; i++)
        times_bind(w->plan, i, nights);
    w->plan->time.overrun = overrun;
    times_done(w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    return w;
}

/* Everybody who started ends; who did not fit goes the next night, prepared anew. */
static void a_window_closes_under_way(void **state)
{
    (void)state;
    struct world *w = begin_nights(&one_wave, 100 * MIN, OVERRUN_FINISH);
    world_start(w);
    run(w);
    end(w, "window-closes");
}

/* Three steps that take longer than this fleet was seen to need: an opening of four
   hours, and the third step ends behind it. */
static struct world *begin_long_steps(enum overrun_rule overrun)
{
    struct plan_shape shape = one_wave;
    shape.targets = 1;
    shape.change_steps = 3;
    struct world *w = begin_nights(&shape, 4 * HOUR, overrun);
    struct plan_time *time = &w->plan->time;
    struct plan_pace *pace = vec_push(time->paces, time->pace_count, time->pace_room);
    *pace = (struct plan_pace){
        .kind = xstrdup("linux"), .version = xstrdup("1.0"), .needed_ms = 3 * HOUR};
    pace->steps = xcalloc(time->step_count, sizeof *pace->steps);
    for (size_t i = 1; i < time->step_count; i++) {
        pace->steps[i].slow_ms = 50 * MIN;
        w->plan->playbook.steps[i].op.timeout_ms = 2 * HOUR;
    }
    time->slots[0].pace = 0;
    w->job_ms = 90 * MIN;
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    return w;
}

static void a_started_one_finishes_after_the_close(void **state)
{
    (void)state;
    struct world *w = begin_long_steps(OVERRUN_FINISH);
    world_start(w);
    run(w);
    end(w, "overrun-finish");
}

static void a_started_one_waits_for_the_next_opening(void **state)
{
    (void)state;
    struct world *w = begin_long_steps(OVERRUN_WAIT);
    world_start(w);
    run(w);
    end(w, "overrun-wait");
}

static void a_freeze_appears_under_way(void **state)
{
    (void)state;
    struct world *w = begin_nights(&one_wave, 4 * HOUR, OVERRUN_FINISH);
    world_start(w);
    run_until(w, 0, TARGET_CHANGING);
    auto_free char *freeze =
        times_document("campaign", "year-end.ics", true, at(5 * MIN), at(3 * DAY));
    world_tell(w, (struct command){.verb = VERB_CALENDAR,
                                   .target = -1,
                                   .wave = -1,
                                   .reason = "year-end closing",
                                   .detail = freeze});
    run(w);
    end(w, "freeze-appears");
}

static void the_glass_is_broken(void **state)
{
    (void)state;
    struct world *w = begin_nights(&one_wave, 4 * HOUR, OVERRUN_FINISH);
    w->now_ms = at(8 * HOUR); /* the office opens */
    world_start(w);
    world_tell(w, (struct command){.verb = VERB_OVERRIDE,
                                   .target = 1,
                                   .wave = -1,
                                   .number = at(10 * HOUR),
                                   .reason = "it is exploited"});
    run(w);
    end(w, "override");
}

static void its_owner_was_told(void **state)
{
    (void)state;
    struct world *w = begin_nights(&one_wave, 4 * HOUR, OVERRUN_FINISH);
    w->plan->time.slots[0].not_before_ms = at(DAY);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    run(w);
    end(w, "notice");
}

/* Killed in the first step, back when the window is closed: the rest waits. */
static void slipway_was_away_at_the_close(void **state)
{
    (void)state;
    struct world *w = begin_long_steps(OVERRUN_FINISH);
    world_start(w);
    run_until(w, 0, TARGET_CHANGING);
    w->now_ms = at(5 * HOUR);
    assert_true(world_crash(w));
    run(w);
    end(w, "away-at-the-close");
}

static void nobody_trusts_the_clock(void **state)
{
    (void)state;
    struct world *w = begin_nights(&one_wave, 4 * HOUR, OVERRUN_FINISH);
    world_start(w);
    run_until(w, 0, TARGET_CHANGING);
    world_trust(w, false, "it was set forward by 1h");
    while (engine_state(w->engine)->targets[0].state != TARGET_SUCCEEDED)
        assert_true(world_step(w));
    while (engine_calls_outstanding(w->engine))
        assert_true(world_step(w));
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_CLOCK);
    world_trust(w, true, "time goes on from there");
    run(w);
    end(w, "clock");
}

/* One is cured by the recovery of a known issue, killed in the middle of it; one is ill
   of something else, and is put back. */
static void known_issues_are_recovered_from(void **state)
{
    (void)state;
    struct plan_shape shape = three_waves;
    shape.recover_at_most = 1;
    struct world *w = begin(&shape);
    w->appliances[0].faults = FAULT_DIRTY;
    w->appliances[1].faults = FAULT_DIRTY | FAULT_LOST_REPLY;
    w->appliances[4].faults = FAULT_DIRTY | FAULT_UPDATE_FAILS;
    world_start(w);
    for (int i = 0; i < 100000; i++) {
        if (engine_state(w->engine)->targets[0].activity.kind == ACTIVITY_RECOVER)
            break;
        assert_true(world_step(w));
    }
    assert_true(world_crash(w));
    run(w);
    end(w, "recovered");
}

/* ---- link groups ---- */

/* Three linked ones, of which the last is a companion, then one that stands alone. */
static const struct plan_shape linked = {
    .targets = 4,
    .waves = {4},
    .budgets = {1},
    .soak_ms = 600000,
    .in_flight = 4,
    .budget = 2,
    .linked = {3},
    .companions = 1u << 2,
};

static void a_link_group_goes_as_one(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    world_start(w);
    run(w);
    assert_null(w->broken);
    end(w, "link-group");
}

static void one_of_a_link_group_is_sick(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[1].faults = FAULT_SICK;
    world_start(w);
    run(w);
    assert_null(w->broken);
    end(w, "link-group-rolled-back");
}

static void one_of_a_link_group_cannot_be_snapshotted(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[1].faults = FAULT_SNAPSHOT_FAILS;
    world_start(w);
    run(w);
    assert_null(w->broken);
    end(w, "link-group-turned-back");
}

/* Nobody is powered on; once it is mended, `rollback` goes on. */
static void one_of_a_link_group_cannot_be_reverted(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[0].faults = FAULT_SICK;
    w->appliances[2].faults = FAULT_REVERT_FAILS;
    world_start(w);
    run(w);
    for (int i = 0; i < 3; i++)
        assert_false(w->appliances[i].on);
    w->appliances[2].faults = 0;
    world_command(w, VERB_ROLLBACK, 2, -1, "the datastore is back");
    run(w);
    assert_null(w->broken);
    world_command(w, VERB_UNPAUSE, -1, -1, "looked at");
    run(w);
    end(w, "link-group-stranded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_goes_well),
        cmocka_unit_test(the_canary_is_sick),
        cmocka_unit_test(a_check_was_red_before),
        cmocka_unit_test(killed_in_the_middle_with_lost_replies),
        cmocka_unit_test(a_rollback_fails),
        cmocka_unit_test(approvals_and_a_gate),
        cmocka_unit_test(an_operators_day),
        cmocka_unit_test(aborted_half_way),
        cmocka_unit_test(a_wave_is_rolled_back),
        cmocka_unit_test(an_update_hangs),
        cmocka_unit_test(a_window_closes_under_way),
        cmocka_unit_test(a_started_one_finishes_after_the_close),
        cmocka_unit_test(a_started_one_waits_for_the_next_opening),
        cmocka_unit_test(a_freeze_appears_under_way),
        cmocka_unit_test(the_glass_is_broken),
        cmocka_unit_test(its_owner_was_told),
        cmocka_unit_test(slipway_was_away_at_the_close),
        cmocka_unit_test(nobody_trusts_the_clock),
        cmocka_unit_test(known_issues_are_recovered_from),
        cmocka_unit_test(a_link_group_goes_as_one),
        cmocka_unit_test(one_of_a_link_group_is_sick),
        cmocka_unit_test(one_of_a_link_group_cannot_be_snapshotted),
        cmocka_unit_test(one_of_a_link_group_cannot_be_reverted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
