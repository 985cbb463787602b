/*
 * group.c - a link group goes from phase to phase (group_machine.c says which).
 *
 * A phase begins for all members at once; each arrives when it is done with it. What
 * happened to a member only marks its group; groups_settle() then looks at it as a whole
 * and moves it on, stops it, or turns it back. So one place decides, with everything that
 * this step brought before its eyes.
 */
#include "engine/group.h"

#include <stdio.h>
#include <string.h>

#include "util/xalloc.h"

#define REASON_MAX 600

const char *group_name(const struct engine *engine, int target)
{
    return group_unit(engine, engine->unit_of[target])->name;
}

void group_touch(struct engine *engine, int unit)
{
    struct group_state *group = &engine->state.groups[unit];
    if (group->unsettled)
        return;
    group->unsettled = true;
    *vec_push(engine->unsettled, engine->unsettled_count, engine->unsettled_room) = unit;
}

void groups_touch_all(struct engine *engine)
{
    for (int i = 0; i < (int)engine->plan->unit_count; i++)
        group_touch(engine, i);
}

/* ---- looking ---- */

bool group_is_away(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    if (unit < 0 || state_of(engine, target) != TARGET_SNAPSHOTTING)
        return false;
    enum group_state_id state = engine->state.groups[unit].state;
    return state == GROUP_SHUTTING_DOWN || state == GROUP_SNAPSHOTTING ||
           state == GROUP_STARTING || state == GROUP_PROVING || state == GROUP_HALTING;
}

bool group_lets_soak_end(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    return unit < 0 || (engine->state.groups[unit].state == GROUP_SOAKING &&
                        !engine->state.targets[target].arrived);
}

bool group_waits(const struct engine *engine, int target)
{
    return engine->unit_of[target] >= 0 &&
           engine->state.targets[target].activity.state == STEP_IDLE;
}

bool group_all_arrived(const struct engine *engine, const struct plan_unit *u)
{
    for (int i = u->first; i < group_end(u); i++) {
        if (!engine->state.targets[i].arrived)
            return false;
    }
    return true;
}

bool group_stands_at_door(const struct engine *engine, int unit)
{
    return engine->state.groups[unit].state == GROUP_GUARDING &&
           group_all_arrived(engine, group_unit(engine, unit));
}

bool group_all_are(const struct engine *engine, const struct plan_unit *u,
                   unsigned states)
{
    for (int i = u->first; i < group_end(u); i++) {
        if (!(states >> state_of(engine, i) & 1u))
            return false;
    }
    return true;
}

bool group_any_is(const struct engine *engine, const struct plan_unit *u, unsigned states)
{
    for (int i = u->first; i < group_end(u); i++) {
        if (states >> state_of(engine, i) & 1u)
            return true;
    }
    return false;
}

int group_first_that_is(const struct engine *engine, const struct plan_unit *u,
                        enum target_state_id state)
{
    for (int i = u->first; i < group_end(u); i++) {
        if (state_of(engine, i) == state)
            return i;
    }
    return -1;
}

/* ---- beginning a phase ---- */

/* Whoever began something is looked at again in this very step. */
static void begin(struct engine *engine, int target, enum activity kind, int index,
                  enum moment moment)
{
    emit_begin(engine, target, kind, index, moment);
    engine_block(engine, target);
}

static void begin_looking(struct engine *engine, int target, enum moment moment)
{
    if (target_look_on(engine, target, moment))
        engine_block(engine, target);
    else
        group_arrive(engine, target);
}

static void begin_soaking(struct engine *engine, int target)
{
    const struct plan *plan = engine->plan;
    struct record record = record_new(engine, RECORD_SOAK);
    record.target = target;
    record.number = engine->now_ms + plan->waves[plan->targets[target].wave].soak_ms;
    emit(engine, record);
    engine_block(engine, target);
}

void group_begin_member(struct engine *engine, int target, enum group_state_id phase)
{
    switch (phase) {
    case GROUP_SHUTTING_DOWN:
        begin(engine, target, ACTIVITY_POWER_OFF, 0, MOMENT_BEFORE);
        break;
    case GROUP_SNAPSHOTTING:
        begin(engine, target, ACTIVITY_SNAPSHOT, engine->change_first, MOMENT_BEFORE);
        break;
    case GROUP_STARTING:
        begin(engine, target, ACTIVITY_POWER_ON, 0, MOMENT_STARTED);
        break;
    case GROUP_PROVING:
        begin_looking(engine, target, MOMENT_STARTED);
        break;
    case GROUP_SOAKING:
        begin_soaking(engine, target);
        break;
    case GROUP_CLEANING:
        (void)emit_target(engine, target, TARGET_SOAKED, NULL, "%s", "");
        target_clean(engine, target);
        engine_block(engine, target);
        break;
    case GROUP_POWERING_OFF:
        begin(engine, target, ACTIVITY_POWER_OFF, 0, MOMENT_RESTORED);
        break;
    case GROUP_REVERTING:
        begin(engine, target, ACTIVITY_REVERT, 0, MOMENT_RESTORED);
        break;
    case GROUP_RESTARTING:
        begin(engine, target, ACTIVITY_POWER_ON, 0, MOMENT_RESTORED);
        break;
    case GROUP_RESTORING:
        begin_looking(engine, target, MOMENT_RESTORED);
        break;
    case GROUP_CLEARING:
        target_restored(engine, target);
        engine_block(engine, target);
        break;
    default:
        break;
    }
}

void group_resume_phase(struct engine *engine, int target)
{
    const struct group_state *group = group_of(engine, target);
    const struct target_state *t = &engine->state.targets[target];
    bool protecting = group && t->state == TARGET_SNAPSHOTTING && !t->arrived;
    if (protecting && group->state != GROUP_CHANGING)
        group_begin_member(engine, target, group->state);
}

void group_move_on(struct engine *engine, int unit, enum group_event event)
{
    const struct plan_unit *u = group_unit(engine, unit);
    emit_group(engine, unit, -1, event, NULL, "%s", "");
    enum group_state_id phase = engine->state.groups[unit].state;
    for (int i = u->first; i < group_end(u); i++)
        group_begin_member(engine, i, phase);
}

void group_arrive(struct engine *engine, int target)
{
    target_reset(engine, target);
    emit_group(engine, engine->unit_of[target], target, GROUP_ARRIVE, NULL, "%s", "");
}

/* ---- a member is done, or failed ---- */

static bool finished_protecting(struct engine *engine, int target,
                                enum group_state_id phase)
{
    bool ends = phase == GROUP_GUARDING || phase == GROUP_SHUTTING_DOWN ||
                phase == GROUP_SNAPSHOTTING || phase == GROUP_STARTING;
    if (ends ||
        (phase == GROUP_PROVING && !target_look_on(engine, target, MOMENT_STARTED)))
        group_arrive(engine, target);
    return true;
}

static bool finished_going_back(struct engine *engine, int target,
                                enum group_state_id phase)
{
    bool ends = phase == GROUP_POWERING_OFF || phase == GROUP_REVERTING ||
                phase == GROUP_RESTARTING;
    if (phase == GROUP_HALTING) { /* it gathered evidence */
        if (!target_next_evidence(engine, target))
            target_reset(engine, target);
    } else if (phase == GROUP_CLEARING)
        target_restored(engine, target);
    else if (ends || (phase == GROUP_RESTORING &&
                      !target_look_on(engine, target, MOMENT_RESTORED)))
        group_arrive(engine, target);
    return true;
}

bool group_member_finished(struct engine *engine, int target)
{
    const struct group_state *group = group_of(engine, target);
    if (!group)
        return false;
    switch (state_of(engine, target)) {
    case TARGET_SNAPSHOTTING:
        return finished_protecting(engine, target, group->state);
    case TARGET_ROLLING_BACK:
        return finished_going_back(engine, target, group->state);
    case TARGET_SOAKING: /* else it came to its end while the group turned back */
        return group->state != GROUP_SOAKING;
    default:
        return false;
    }
}

/* Nothing was changed yet, and a machine cannot know why it is not well: no undo. */
static void stay_down(struct engine *engine, int target, const char *reason)
{
    (void)emit_target(engine, target, TARGET_PARK, NULL,
                      "its link group %s was restarted, nothing is changed yet: %s",
                      group_name(engine, target), reason);
}

static void failed_protecting(struct engine *engine, int target,
                              enum group_state_id phase, const char *reason)
{
    switch (phase) {
    case GROUP_GUARDING:
        (void)emit_target(engine, target, TARGET_FAIL, NULL, "%s", reason);
        break;
    case GROUP_SHUTTING_DOWN:
    case GROUP_SNAPSHOTTING: /* nobody stays off for what one cannot have */
        group_roll_back(engine, target, NULL, reason);
        break;
    case GROUP_STARTING:
    case GROUP_PROVING:
        stay_down(engine, target, reason);
        break;
    default: /* it turned back meanwhile: the activity is over, and that is enough */
        break;
    }
}

bool group_member_failed(struct engine *engine, int target, const char *reason)
{
    const struct group_state *group = group_of(engine, target);
    if (!group)
        return false;
    switch (state_of(engine, target)) {
    case TARGET_SNAPSHOTTING:
        failed_protecting(engine, target, group->state, reason);
        return true;
    case TARGET_ROLLING_BACK:
        if (group->state == GROUP_CLEARING)
            return false;
        if (group->state != GROUP_HALTING) /* there it is settled, and nobody needs it */
            group_strand(engine, target, reason);
        return true;
    case TARGET_SOAKING: /* a soak that the group no longer waits for */
        return group->state != GROUP_SOAKING;
    default:
        return false;
    }
}

/* ---- going back ---- */

/* What is in doubt comes along and is asked about again: a snapshot, a revert or a switch
   that was lost may still come about, and then among machines that run. A switch that was
   lost and waits to be asked for again comes along too: its guest may be going down. */
void group_put_back(struct engine *engine, int target, const char *actor,
                    const char *reason)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    bool doubt = a->state == STEP_IN_DOUBT;
    if (!doubt && !activity_is_switching(a))
        target_reset(engine, target);
    (void)emit_target(engine, target, TARGET_ROLL_BACK, actor, "%s", reason);
    if (doubt)
        activity_ask_again(engine, target);
    engine_block(engine, target);
}

bool group_holds_back(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    if (unit < 0)
        return false;
    enum group_state_id state = engine->state.groups[unit].state;
    return (state == GROUP_HALTING || state == GROUP_STRANDED) &&
           !target_gathers(engine, target) &&
           !activity_is_switching(&engine->state.targets[target].activity);
}

/* Many a plugin begins its sentence with the appliance's name. */
static bool begins_with(const char *reason, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(reason, name, length) && reason[length] == ':';
}

void group_roll_back(struct engine *engine, int target, const char *actor,
                     const char *reason)
{
    int unit = engine->unit_of[target];
    bool evidence = target_has_evidence(engine, target);
    const char *name = name_of(engine, target);
    bool named = begins_with(reason, name);
    emit_group(engine, unit, -1, GROUP_ROLL_BACK, actor, "%s%s%s", named ? "" : name,
               named ? "" : ": ", reason);
    group_put_back(engine, target, actor, reason);
    const struct activity_state *a = &engine->state.targets[target].activity;
    if (!evidence || activity_under_way(a) || activity_is_switching(a))
        return;
    target_begin_evidence(engine, target); /* while it is still up */
    engine_block(engine, target);
}

static const char *what_failed(const struct target_state *t, enum group_state_id phase)
{
    bool bare = phase == GROUP_HALTING && t->activity.state != STEP_IN_DOUBT;
    switch (phase) {
    case GROUP_POWERING_OFF:
        return "could not be shut down, so nobody is reverted";
    case GROUP_REVERTING:
        return "could not be reverted, so nobody is powered on";
    case GROUP_RESTARTING:
        return "could not be powered on";
    case GROUP_RESTORING:
        return "is not as it was before";
    default:
        return bare ? "has no snapshot left, so nobody is reverted"
                    : "is in doubt, so nobody is reverted";
    }
}

void group_strand(struct engine *engine, int target, const char *reason)
{
    int unit = engine->unit_of[target];
    struct group_state *group = &engine->state.groups[unit];
    const char *name = name_of(engine, target);
    char text[REASON_MAX];
    if (group->state != GROUP_STRANDED) {
        (void)snprintf(text, sizeof text,
                       "%s of link group %s %s; mend that, then: slipway rollback %s",
                       name, group_unit(engine, unit)->name,
                       what_failed(&engine->state.targets[target], group->state), name);
        emit_group(engine, unit, -1, GROUP_STRAND, NULL, "%s", text);
    }
    (void)emit_target(engine, target, TARGET_STRAND, NULL, "%s; %s", reason,
                      group->reason);
}
