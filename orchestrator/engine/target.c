/*
 * target.c - what comes after an activity: the target's way through its states.
 *
 * The order inside each state is written once here (next_in_*); the moves
 * between states are the table's (target_machine.c).
 */
#include "engine/group.h"

#include <stdio.h>
#include <string.h>

#include "util/xalloc.h"

static struct target_state *target_of(struct engine *engine, int target)
{
    return &engine->state.targets[target];
}

void target_reset(struct engine *engine, int target)
{
    if (target_of(engine, target)->activity.state != STEP_IDLE)
        emit_step(engine, target, STEP_RESET, 0, NULL, NULL);
}

/* A link group has one of all its members, taken while they were off: a later one of a
   single member could never be gone back to. */
static bool step_takes_snapshot(const struct engine *engine, int target, int step)
{
    const struct playbook *p = &engine->plan->playbook;
    return p->rollback == ROLLBACK_SNAPSHOT && p->steps[step].snapshot &&
           engine->unit_of[target] < 0;
}

/* ---- checks: which one comes next ---- */

static bool check_applies(const struct engine *engine, const struct target_state *t,
                          int index, enum moment moment)
{
    const struct check *check = &engine->plan->playbook.checks[index];
    switch (moment) {
    case MOMENT_BEFORE:
        return check->baseline != BASELINE_IGNORE;
    case MOMENT_AFTER:
        return check->after_step == t->position;
    case MOMENT_RESTORED: /* what was green must be green again */
    case MOMENT_STARTED:
        return t->baseline[index] == VERDICT_GREEN;
    default: /* of one that is not changed nothing new is asked */
        return !t->companion || t->baseline[index] == VERDICT_GREEN;
    }
}

/* Begin the first check from `index` on that applies; false if there is none. */
static bool begin_check(struct engine *engine, int target, int index, enum moment moment)
{
    for (int i = index; i < (int)engine->plan->playbook.check_count; i++) {
        if (check_applies(engine, target_of(engine, target), i, moment)) {
            emit_begin(engine, target, ACTIVITY_CHECK, i, moment);
            return true;
        }
    }
    return false;
}

static bool begin_read(struct engine *engine, int target, int index, enum moment moment)
{
    if (index >= (int)engine->plan->playbook.read_count)
        return false;
    emit_begin(engine, target, ACTIVITY_READ, index, moment);
    return true;
}

/* Versions first, then checks: the order of every moment but the last step's. */
bool target_look_on(struct engine *engine, int target, enum moment moment)
{
    const struct activity_state *a = &target_of(engine, target)->activity;
    if (a->kind == ACTIVITY_CHECK)
        return begin_check(engine, target, a->index + 1, moment);
    if (begin_read(engine, target, a->kind == ACTIVITY_READ ? a->index + 1 : 0, moment))
        return true;
    return begin_check(engine, target, 0, moment);
}

/* ---- preparing ---- */

static void prepared(struct engine *engine, int target)
{
    bool changes = engine->change_first < engine->change_end;
    target_reset(engine, target);
    (void)emit_target(engine, target, changes ? TARGET_PREPARED : TARGET_NOTHING_TO_DO,
                      NULL, "%s", "");
}

void target_begin_preparing(struct engine *engine, int target)
{
    (void)emit_target(engine, target, TARGET_PREPARE, NULL, "%s", "");
    if (engine->prepare_end > 0)
        emit_begin(engine, target, ACTIVITY_STEP, 0, MOMENT_BEFORE);
    else if (!target_look_on(engine, target, MOMENT_BEFORE))
        prepared(engine, target);
    engine_pump(engine, target);
}

static void after_preparing(struct engine *engine, int target)
{
    const struct activity_state *a = &target_of(engine, target)->activity;
    if (a->kind == ACTIVITY_STEP && a->index + 1 < engine->prepare_end)
        emit_begin(engine, target, ACTIVITY_STEP, a->index + 1, MOMENT_BEFORE);
    else if (!target_look_on(engine, target, MOMENT_BEFORE))
        prepared(engine, target);
}

/* ---- changing ---- */

static void set_position(struct engine *engine, int target, int step)
{
    struct record record = record_new(engine, RECORD_POSITION);
    record.target = target;
    record.index = step;
    emit(engine, record);
}

static void begin_snapshotting(struct engine *engine, int target)
{
    const struct target_state *t = target_of(engine, target);
    if (t->snapshot_count >= engine->plan->playbook.max_depth)
        emit_begin(engine, target, ACTIVITY_PRUNE, 0, MOMENT_AFTER);
    else
        emit_begin(engine, target, ACTIVITY_GUARD, t->position, MOMENT_BEFORE);
}

void target_begin_change(struct engine *engine, int target)
{
    emit_begin(engine, target, ACTIVITY_STEP, target_of(engine, target)->position,
               MOMENT_AFTER);
}

/* With its whole link group: everybody's guard is asked first. */
void target_admit_member(struct engine *engine, int target)
{
    set_position(engine, target, engine->change_first);
    (void)emit_target(engine, target, TARGET_ADMIT, NULL, "%s", "");
    rights_grant(engine, target);
    emit_begin(engine, target, ACTIVITY_GUARD, engine->change_first, MOMENT_BEFORE);
    engine_pump(engine, target);
}

void target_admit(struct engine *engine, int target)
{
    int step = engine->change_first;
    bool snapshot = step_takes_snapshot(engine, target, step);
    set_position(engine, target, step);
    (void)emit_target(engine, target, snapshot ? TARGET_ADMIT : TARGET_ADMIT_BARE, NULL,
                      "%s", "");
    rights_grant(engine, target);
    if (snapshot)
        begin_snapshotting(engine, target);
    else
        target_begin_change(engine, target);
    engine_pump(engine, target);
}

static void after_snapshotting(struct engine *engine, int target)
{
    switch (target_of(engine, target)->activity.kind) {
    case ACTIVITY_PRUNE:
        begin_snapshotting(engine, target);
        break;
    case ACTIVITY_GUARD:
        emit_begin(engine, target, ACTIVITY_SNAPSHOT, target_of(engine, target)->position,
                   MOMENT_BEFORE);
        break;
    default:
        (void)emit_target(engine, target, TARGET_PROTECTED, NULL, "%s", "");
        target_begin_change(engine, target);
    }
}

/* ---- checking ---- */

static void begin_next_step(struct engine *engine, int target)
{
    int step = target_of(engine, target)->position + 1;
    bool snapshot = step_takes_snapshot(engine, target, step);
    set_position(engine, target, step);
    (void)emit_target(engine, target, snapshot ? TARGET_NEXT_STEP : TARGET_NEXT_BARE,
                      NULL, "%s", "");
    if (snapshot)
        begin_snapshotting(engine, target);
    else
        target_begin_change(engine, target);
}

static void begin_soak(struct engine *engine, int target)
{
    const struct plan *plan = engine->plan;
    target_reset(engine, target);
    (void)emit_target(engine, target, TARGET_VERIFIED, NULL, "%s", "");
    if (engine->unit_of[target] >= 0)
        return; /* its soak begins when the last of its link group is verified */
    struct record record = record_new(engine, RECORD_SOAK);
    record.target = target;
    record.number = engine->now_ms + plan->waves[plan->targets[target].wave].soak_ms;
    emit(engine, record);
    target_time(engine, target);
}

static bool is_last_change(const struct engine *engine, const struct target_state *t)
{
    return t->position + 1 >= engine->change_end;
}

/* A snapshot that comes next is worth what a revert to it can be held against. */
static bool wants_version(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    return is_last_change(engine, t) ||
           step_takes_snapshot(engine, target, t->position + 1);
}

/* A step's checks. Then the version by every way, after the last one and before the next
   snapshot. Then the next step, or soak. */
static void after_checking(struct engine *engine, int target)
{
    const struct target_state *t = target_of(engine, target);
    const struct activity_state *a = &t->activity;
    if (a->kind == ACTIVITY_CHECK &&
        begin_check(engine, target, a->index + 1, MOMENT_AFTER))
        return;
    if (wants_version(engine, target) &&
        begin_read(engine, target, a->kind == ACTIVITY_READ ? a->index + 1 : 0,
                   MOMENT_AFTER))
        return;
    if (is_last_change(engine, t))
        begin_soak(engine, target);
    else
        begin_next_step(engine, target);
}

static void begin_checking(struct engine *engine, int target)
{
    (void)emit_target(engine, target, TARGET_CHANGED, NULL, "%s", "");
    if (!begin_check(engine, target, 0, MOMENT_AFTER))
        after_checking(engine, target);
}

/* ---- soak and cleaning ---- */

void target_clean(struct engine *engine, int target)
{
    if (target_of(engine, target)->snapshot_count) {
        emit_begin(engine, target, ACTIVITY_PRUNE, 0, MOMENT_SOAK);
        return;
    }
    target_reset(engine, target);
    (void)emit_target(engine, target, TARGET_CLEANED, NULL, "%s", "");
}

static void soaked(struct engine *engine, int target)
{
    if (engine->unit_of[target] >= 0) {
        group_arrive(engine, target);
        return;
    }
    target_reset(engine, target);
    (void)emit_target(engine, target, TARGET_SOAKED, NULL, "%s", "");
    target_clean(engine, target);
}

static void after_soaking(struct engine *engine, int target)
{
    const struct activity_state *a = &target_of(engine, target)->activity;
    if (a->kind == ACTIVITY_PRUNE) { /* at its time limit; the soak goes on */
        target_reset(engine, target);
        target_time(engine, target);
        return;
    }
    if (a->kind == ACTIVITY_CHECK &&
        begin_check(engine, target, a->index + 1, MOMENT_SOAK))
        return;
    if (!begin_read(engine, target, a->kind == ACTIVITY_READ ? a->index + 1 : 0,
                    MOMENT_SOAK))
        soaked(engine, target);
}

static int64_t snapshot_expiry_ms(const struct engine *engine,
                                  const struct target_state *t)
{
    return t->snapshot_count
               ? t->snapshots[0].taken_ms + engine->plan->playbook.snapshot_ttl_ms
               : INT64_MAX;
}

void target_time(struct engine *engine, int target)
{
    const struct target_state *t = target_of(engine, target);
    if (t->state != TARGET_SOAKING || t->activity.state != STEP_IDLE ||
        !group_lets_soak_end(engine, target))
        return;
    if (t->soak_until_ms <= engine->now_ms) {
        if (!begin_check(engine, target, 0, MOMENT_SOAK) &&
            !begin_read(engine, target, 0, MOMENT_SOAK))
            soaked(engine, target);
        return;
    }
    int64_t expiry_ms = snapshot_expiry_ms(engine, t);
    if (expiry_ms <= engine->now_ms) {
        emit_begin(engine, target, ACTIVITY_PRUNE, 0, MOMENT_SOAK);
        return;
    }
    engine_wake_at(engine, target,
                   t->soak_until_ms < expiry_ms ? t->soak_until_ms : expiry_ms);
}

/* ---- rolling back ---- */

void target_restored(struct engine *engine, int target)
{
    if (target_of(engine, target)->snapshot_count) {
        emit_begin(engine, target, ACTIVITY_PRUNE, 0, MOMENT_RESTORED);
        return;
    }
    target_reset(engine, target);
    /* why it was rolled back stays the reason */
    const struct target_state *t = target_of(engine, target);
    char *reason = xstrdup(t->reason ? t->reason : "");
    (void)emit_target(engine, target, TARGET_RESTORED, NULL, "%s", reason);
    xreplace(&reason, NULL);
}

bool target_has_evidence(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    return t->changed && t->state != TARGET_STRANDED &&
           engine->evidence_first < engine->evidence_end;
}

/* Whatever comes of it, the way back goes on. */
void target_begin_evidence(struct engine *engine, int target)
{
    emit_begin(engine, target, ACTIVITY_STEP, engine->evidence_first, MOMENT_RESTORED);
}

bool target_gathers(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    return t->state == TARGET_ROLLING_BACK && t->activity.kind == ACTIVITY_STEP &&
           t->activity.index >= engine->evidence_first;
}

bool target_next_evidence(struct engine *engine, int target)
{
    int next = target_of(engine, target)->activity.index + 1;
    if (!target_gathers(engine, target) || next == engine->evidence_end)
        return false;
    emit_begin(engine, target, ACTIVITY_STEP, next, MOMENT_RESTORED);
    return true;
}

static void begin_way_back(struct engine *engine, int target)
{
    if (engine->plan->playbook.rollback == ROLLBACK_NATIVE)
        emit_begin(engine, target, ACTIVITY_STEP, engine->rollback_first,
                   MOMENT_RESTORED);
    else
        emit_begin(engine, target, ACTIVITY_REVERT, 0, MOMENT_RESTORED);
}

static void after_rolling_back(struct engine *engine, int target)
{
    const struct activity_state *a = &target_of(engine, target)->activity;
    if (target_gathers(engine, target)) {
        if (!target_next_evidence(engine, target))
            begin_way_back(engine, target);
        return;
    }
    if (a->kind == ACTIVITY_REVERT)
        emit_begin(engine, target, ACTIVITY_POWER_ON, 0, MOMENT_RESTORED);
    else if (a->kind == ACTIVITY_STEP && a->index + 1 < engine->rollback_end)
        emit_begin(engine, target, ACTIVITY_STEP, a->index + 1, MOMENT_RESTORED);
    else if (a->kind == ACTIVITY_PRUNE ||
             !target_look_on(engine, target, MOMENT_RESTORED))
        target_restored(engine, target);
}

const char *target_rollback_obstacle(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    enum rollback_kind kind = engine->plan->playbook.rollback;
    if (kind == ROLLBACK_NONE)
        return "the playbook has no rollback";
    if (kind == ROLLBACK_NATIVE && !t->changed)
        return "nothing of it was changed";
    if (engine->unit_of[target] >= 0)
        return group_rollback_obstacle(engine, engine->unit_of[target]);
    if (kind == ROLLBACK_SNAPSHOT && !t->snapshot_count)
        return "no snapshot of ours is left to go back to";
    /* a plan of before link groups were units: the group's others are out there */
    if (kind == ROLLBACK_SNAPSHOT && *engine->plan->targets[target].link_group)
        return "it shares replicated state with its link group: one member must not be "
               "reverted alone";
    return NULL;
}

void target_park(struct engine *engine, int target, const char *reason)
{
    (void)emit_target(engine, target, TARGET_PARK, NULL, "%s", reason);
}

void target_give_up(struct engine *engine, int target)
{
    const struct activity_state *a = activity_of(engine, target);
    if (a->kind == ACTIVITY_SNAPSHOT && a->state == STEP_IN_DOUBT)
        activity_keep_snapshot(engine, target, "");
    target_reset(engine, target);
}

bool target_roll_back(struct engine *engine, int target, const char *actor,
                      const char *reason)
{
    const struct target_state *t = target_of(engine, target);
    const char *obstacle = target_rollback_obstacle(engine, target);
    if (obstacle && actor) {
        emit_rejected(engine, target, "%s cannot be rolled back: %s",
                      engine->plan->targets[target].name, obstacle);
        return false;
    }
    if (obstacle) {
        if (t->activity.state == STEP_WAITING) /* nothing goes out for a parked one */
            target_reset(engine, target);
        (void)emit_target(engine, target, TARGET_PARK, NULL, "%s; not rolled back: %s",
                          reason, obstacle);
        return false;
    }
    if (engine->unit_of[target] >= 0) {
        group_roll_back(engine, target, actor, reason);
        return true;
    }
    bool evidence = target_has_evidence(engine, target);
    target_give_up(engine, target);
    (void)emit_target(engine, target, TARGET_ROLL_BACK, actor, "%s", reason);
    if (evidence)
        target_begin_evidence(engine, target);
    else
        begin_way_back(engine, target);
    engine_pump(engine, target);
    return true;
}

/* ---- what comes next ---- */

void target_finished(struct engine *engine, int target)
{
    if (target_of(engine, target)->activity.kind == ACTIVITY_RECOVER) {
        recover_finished(engine, target);
        return;
    }
    if (group_member_finished(engine, target))
        return;
    switch (target_of(engine, target)->state) {
    case TARGET_PREPARING:
        after_preparing(engine, target);
        break;
    case TARGET_SNAPSHOTTING:
        after_snapshotting(engine, target);
        break;
    case TARGET_CHANGING:
        begin_checking(engine, target);
        break;
    case TARGET_CHECKING:
        after_checking(engine, target);
        break;
    case TARGET_SOAKING:
        after_soaking(engine, target);
        break;
    case TARGET_CLEANING:
        target_clean(engine, target);
        break;
    default: /* rolling back: nobody else has an activity that could end */
        after_rolling_back(engine, target);
    }
}

void target_continue(struct engine *engine, int target, const char *actor)
{
    struct target_state *t = target_of(engine, target);
    struct activity_state *a = &t->activity;
    (void)emit_target(engine, target, TARGET_CONTINUE, actor, "%s", "");
    a->looks = 0;
    if (a->state == STEP_IN_DOUBT)
        activity_ask_again(engine, target);
    else if (a->state == STEP_IDLE)
        group_resume_phase(engine, target);
    else if (engine->unit_of[target] < 0 && a->kind == ACTIVITY_SNAPSHOT)
        emit_begin(engine, target, ACTIVITY_GUARD, a->index, MOMENT_BEFORE);
    else
        emit_begin(engine, target, a->kind, a->index, a->moment);
    engine_pump(engine, target);
}
