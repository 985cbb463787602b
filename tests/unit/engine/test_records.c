/*
 * test_records.c - records that cannot belong to the plan: whoever edits the database, or
 * gives the records of one campaign to the plan of another, is told so before anything of
 * it is believed. And the engine itself ends rather than write such a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aborts.h"
#include "engine/internal.h"
#include "util/auto.h"
#include "world.h"

/* Steps 0 and 1, checks and reads 0 and 1, one recovery of two operations; four targets in
   two waves, the first two linked, sites s0 and s1, one manager. */
static const struct plan_shape rich = {
    .targets = 4,
    .waves = {2, 2},
    .budgets = {4, 4},
    .budget = 4,
    .linked = {2},
    .sites = 2,
    .site_max = 2,
    .manager_max = 2,
    .recover_at_most = 2,
};

struct seat {
    struct plan *plan;
    struct engine *engine;
};

static struct seat sit(void)
{
    struct seat seat = {.plan = shape_plan(&rich)};
    seat.engine = engine_create(seat.plan, 1);
    return seat;
}

static void stand_up(struct seat *seat)
{
    engine_destroy(seat->engine);
    plan_free(seat->plan);
}

/* What a record points at; 0 where its kind does not look. */
struct row {
    const char *what;
    enum record_kind kind;
    int wave, target, event, to, activity, index, attempt;
};

static struct record record_of(const struct row *row)
{
    return (struct record){.at_ms = 1000,
                           .kind = row->kind,
                           .wave = row->wave,
                           .target = row->target,
                           .event = row->event,
                           .to = row->to,
                           .activity = row->activity,
                           .index = row->index,
                           .attempt = row->attempt};
}

enum { SET_FLIGHT, SET_BUDGET, SET_WAVE, SET_DOMAIN, SET_LIMIT, SET_NOTHING };

/* clang-format off */
static const struct row wrong[] = {
    /* what                               kind              wave tgt event to activity index attempt */
    {"a target behind the last",          RECORD_SOAK,        -1,  4, 0, 0, 0, 0, 0},
    {"a target before the first",         RECORD_SOAK,        -1, -2, 0, 0, 0, 0, 0},
    {"a wave behind the last",            RECORD_APPROVED,     2, -1, 0, 0, 0, 0, 0},
    {"a wave before the first",           RECORD_APPROVED,    -2, -1, 0, 0, 0, 0, 0},
    {"a kind that there is not",          RECORD_KIND_COUNT,  -1, -1, 0, 0, 0, 0, 0},
    {"a campaign's state too many",       RECORD_CAMPAIGN,    -1, -1, 0, CAMPAIGN_STATE_COUNT, 0, 0, 0},
    {"a campaign's state too few",        RECORD_CAMPAIGN,    -1, -1, 0, -1, 0, 0, 0},
    {"a move of no wave",                 RECORD_WAVE,        -1, -1, 0, WAVE_OPEN, 0, 0, 0},
    {"a wave's state too many",           RECORD_WAVE,         0, -1, 0, WAVE_STATE_COUNT, 0, 0, 0},
    {"a wave's state too few",            RECORD_WAVE,         0, -1, 0, -1, 0, 0, 0},
    {"a move of no target",               RECORD_TARGET,      -1, -1, 0, TARGET_READY, 0, 0, 0},
    {"a target's state too many",         RECORD_TARGET,      -1,  0, 0, TARGET_STATE_COUNT, 0, 0, 0},
    {"a target's state too few",          RECORD_TARGET,      -1,  0, 0, -1, 0, 0, 0},
    {"a setting that there is not",       RECORD_SET,         -1, -1, 0, 0, 0, SET_NOTHING, 0},
    {"a setting before the first",        RECORD_SET,         -1, -1, 0, 0, 0, -1, 0},
    {"the budget of no wave",             RECORD_SET,         -1, -1, 0, 0, 0, SET_WAVE, 0},
    {"a domain behind the last",          RECORD_SET,         -1, -1, 0, 0, 0, SET_DOMAIN, 2},
    {"a domain before the first",         RECORD_SET,         -1, -1, 0, 0, 0, SET_DOMAIN, -1},
    {"a limit behind the last",           RECORD_SET,         -1, -1, 0, 0, 0, SET_LIMIT, 1},
    {"a limit before the first",          RECORD_SET,         -1, -1, 0, 0, 0, SET_LIMIT, -1},
    {"a link group behind the last",      RECORD_GROUP,       -1, -1, 0, GROUP_GUARDING, 0, 1, 0},
    {"a link group before the first",     RECORD_GROUP,       -1, -1, 0, GROUP_GUARDING, 0, -1, 0},
    {"a link group's state too many",     RECORD_GROUP,       -1, -1, 0, GROUP_STATE_COUNT, 0, 0, 0},
    {"a link group's state too few",      RECORD_GROUP,       -1, -1, 0, -1, 0, 0, 0},
    {"a member of another link group",    RECORD_GROUP,       -1,  2, 0, GROUP_GUARDING, 0, 0, 0},
    {"the baseline of no target",         RECORD_BASELINE,    -1, -1, 0, 0, 0, 0, 0},
    {"a check behind the last",           RECORD_BASELINE,    -1,  0, 0, 0, 0, 2, 0},
    {"a check before the first",          RECORD_BASELINE,    -1,  0, 0, 0, 0, -1, 0},
    {"the position of no target",         RECORD_POSITION,    -1, -1, 0, 0, 0, 0, 0},
    {"a position behind the last step",   RECORD_POSITION,    -1,  0, 0, 0, 0, 2, 0},
    {"a position before none",            RECORD_POSITION,    -1,  0, 0, 0, 0, -2, 0},
    {"the step of no target",             RECORD_STEP,        -1, -1, 0, STEP_WAITING, ACTIVITY_STEP, 0, 0},
    {"a step's state too many",           RECORD_STEP,        -1,  0, 0, STEP_STATE_COUNT, ACTIVITY_STEP, 0, 0},
    {"a step's state too few",            RECORD_STEP,        -1,  0, 0, -1, ACTIVITY_STEP, 0, 0},
    {"an activity too many",              RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_COUNT, 0, 0},
    {"an activity too few",               RECORD_STEP,        -1,  0, 0, STEP_WAITING, -1, 0, 0},
    {"a step behind the last",            RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_STEP, 2, 0},
    {"a step before the first",           RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_STEP, -1, 0},
    {"the guard of a step too many",      RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_GUARD, 2, 0},
    {"the snapshot of a step too many",   RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_SNAPSHOT, 2, 0},
    {"a look at a check too many",        RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_CHECK, 2, 0},
    {"a way of reading too many",         RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_READ, 2, 0},
    {"an operation of recovery too many", RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_RECOVER, 2, 0},
    {"a second revert",                   RECORD_STEP,        -1,  0, 0, STEP_WAITING, ACTIVITY_REVERT, 1, 0},
    {"the recovery of no target",         RECORD_RECOVERY,    -1, -1, RECOVERY_BEGIN, RECOVERY_RUNNING, 0, 0, 0},
    {"a recovery behind the last",        RECORD_RECOVERY,    -1,  0, RECOVERY_BEGIN, RECOVERY_RUNNING, 0, 1, 0},
    {"a recovery before the first",       RECORD_RECOVERY,    -1,  0, RECOVERY_BEGIN, RECOVERY_RUNNING, 0, -1, 0},
    {"an event of recoveries too many",   RECORD_RECOVERY,    -1,  0, RECOVERY_EVENT_COUNT, RECOVERY_RUNNING, 0, 0, 0},
    {"an event of recoveries too few",    RECORD_RECOVERY,    -1,  0, -1, RECOVERY_RUNNING, 0, 0, 0},
    {"a recovery that goes elsewhere",    RECORD_RECOVERY,    -1,  0, RECOVERY_BEGIN, RECOVERY_RETRYING, 0, 0, 0},
    {"a recovery that goes nowhere",      RECORD_RECOVERY,    -1,  0, RECOVERY_DONE, -1, 0, 0, 0},
    {"a recovery while no step runs",     RECORD_RECOVERY,    -1,  0, RECOVERY_BEGIN, RECOVERY_RUNNING, 0, 0, 0},
    {"the snapshot of no target",         RECORD_SNAPSHOT,    -1, -1, 0, 0, 0, 0, 0},
    {"the end of no snapshot",            RECORD_SNAPSHOT_GONE, -1, 0, 0, 0, 0, 0, 0},
    {"the end of nobody's snapshot",      RECORD_SNAPSHOT_GONE, -1, -1, 0, 0, 0, 0, 0},
    {"the version of no target",          RECORD_VERSION,     -1, -1, 0, 0, 0, 0, 0},
};
/* clang-format on */

static void a_record_that_points_outside_of_its_plan_is_refused(void **state)
{
    (void)state;
    struct seat seat = sit();
    auto_free char *before = engine_fingerprint(seat.engine);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct record record = record_of(&wrong[i]);
        if (!engine_replay(seat.engine, &record))
            fail_msg("%s was taken", wrong[i].what);
    }
    auto_free char *after = engine_fingerprint(seat.engine);
    assert_string_equal(before, after);
    stand_up(&seat);
}

static void a_calendar_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    struct seat seat = sit();
    struct record record = {.kind = RECORD_CALENDAR, .wave = -1, .target = -1};
    assert_int_equal(engine_replay(seat.engine, &record), -1);
    stand_up(&seat);
}

/* There is room for SNAPSHOTS_MAX of them and for no other. */
static void more_snapshots_than_there_can_be_are_refused(void **state)
{
    (void)state;
    struct seat seat = sit();
    const struct target_state *t = &engine_state(seat.engine)->targets[2];
    struct record record = {.kind = RECORD_SNAPSHOT, .wave = -1, .target = 2};
    for (int i = 0; i < SNAPSHOTS_MAX; i++)
        assert_int_equal(engine_replay(seat.engine, &record), 0);
    assert_int_equal(engine_replay(seat.engine, &record), -1);
    assert_int_equal(t->snapshot_count, SNAPSHOTS_MAX);
    record.kind = RECORD_SNAPSHOT_GONE;
    assert_int_equal(engine_replay(seat.engine, &record), 0);
    assert_int_equal(t->snapshot_count, SNAPSHOTS_MAX - 1);
    stand_up(&seat);
}

/* A newer slipway may say of a target what this one only knows of a campaign. */
static void what_this_slipway_does_not_know_of_a_target_is_passed_over(void **state)
{
    (void)state;
    struct seat seat = sit();
    auto_free char *before = engine_fingerprint(seat.engine);
    struct record record = {.kind = RECORD_SET, .wave = -1, .target = 0, .number = 9};
    assert_int_equal(engine_replay(seat.engine, &record), 0);
    auto_free char *after = engine_fingerprint(seat.engine);
    assert_string_equal(before, after);
    stand_up(&seat);
}

/* An intent that is written late (by an older slipway, out of order) takes no number back. */
static void intents_only_grow(void **state)
{
    (void)state;
    struct seat seat = sit();
    struct record record = {.kind = RECORD_STEP,
                            .wave = -1,
                            .target = 2,
                            .event = STEP_ISSUE,
                            .to = STEP_ISSUED,
                            .activity = ACTIVITY_STEP,
                            .index = 1,
                            .intent = 9,
                            .number = 5000};
    assert_int_equal(engine_replay(seat.engine, &record), 0);
    record.target = 3;
    record.intent = 4;
    assert_int_equal(engine_replay(seat.engine, &record), 0);
    assert_int_equal(engine_state(seat.engine)->last_intent, 9);
    stand_up(&seat);
}

/* ---- what the engine itself may never write ---- */

static void write_about_nobody(void *data)
{
    struct record record = record_new(data, RECORD_TARGET);
    emit(data, record);
}

static void begin_twice(void *data)
{
    emit_begin(data, 2, ACTIVITY_STEP, 1, MOMENT_AFTER);
    emit_begin(data, 2, ACTIVITY_STEP, 1, MOMENT_AFTER);
}

static void the_engine_ends_before_it_decides_something_impossible(void **state)
{
    (void)state;
    struct seat seat = sit();
    auto_free char *nobody = words_of_abort(write_about_nobody, seat.engine);
    assert_non_null(strstr(nobody, "what the engine decides fits its plan"));
    auto_free char *twice = words_of_abort(begin_twice, seat.engine);
    assert_non_null(strstr(twice, "nothing begins while something may be under way"));
    stand_up(&seat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_points_outside_of_its_plan_is_refused),
        cmocka_unit_test(a_calendar_that_cannot_be_read_is_refused),
        cmocka_unit_test(more_snapshots_than_there_can_be_are_refused),
        cmocka_unit_test(what_this_slipway_does_not_know_of_a_target_is_passed_over),
        cmocka_unit_test(intents_only_grow),
        cmocka_unit_test(the_engine_ends_before_it_decides_something_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
