/*
 * group_settle.c - what a link group does with what happened to its members: it goes on,
 * stops, turns back, or waits. groups_settle() is called in each round of the scan, when
 * everything that this step brought is known.
 */
#include "engine/group.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

/* ---- settling: what the group does with what happened to its members ---- */

static bool is_busy(const struct activity_state *a)
{
    return activity_under_way(a) || activity_is_switching(a);
}

static bool at_rest(const struct target_state *t)
{
    const struct activity_state *a = &t->activity;
    bool about_to_go_down = a->kind == ACTIVITY_POWER_OFF && a->state == STEP_WAITING &&
                            !activity_is_switching(a);
    return about_to_go_down || a->state == STEP_IDLE;
}

/* The rest of the group has to wait for a human, too. */
static void stop(struct engine *engine, int unit, unsigned states)
{
    const struct plan_unit *u = group_unit(engine, unit);
    int culprit = engine->state.groups[unit].culprit;
    if (culprit < 0)
        return;
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (!(states >> t->state & 1u) || !at_rest(t))
            continue;
        target_reset(engine, i);
        (void)emit_target(engine, i, TARGET_PARK, NULL,
                          "waits for %s of link group %s, which is %s",
                          name_of(engine, culprit), u->name,
                          machine_state(&target_machine, (int)state_of(engine, culprit)));
    }
}

/* Nobody was touched, and the group cannot be whole: nobody starts. */
static void fail_all(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    const unsigned open = TARGET_BIT(TARGET_PENDING) | TARGET_BIT(TARGET_PREPARING) |
                          TARGET_BIT(TARGET_READY) | TARGET_BIT(TARGET_SNAPSHOTTING);
    int culprit = engine->state.groups[unit].culprit;
    if (culprit < 0 || state_of(engine, culprit) != TARGET_FAILED)
        culprit = group_first_that_is(engine, u, TARGET_FAILED);
    const char *reason = engine->state.targets[culprit].reason;
    char *text = xasprintf("%s of link group %s failed: %s", name_of(engine, culprit),
                           u->name, reason ? reason : "no reason was given");
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (!(open >> t->state & 1u) || activity_under_way(&t->activity))
            continue;
        target_reset(engine, i);
        (void)emit_target(engine, i, TARGET_FAIL, NULL, "%s", text);
    }
    if (!group_any_is(engine, u, open))
        emit_group(engine, unit, -1, GROUP_FAIL, NULL, "%s", text);
    xreplace(&text, NULL);
}

/* The campaign was aborted: what is left of a group that never began. */
static void leave(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    for (int i = u->first; i < group_end(u); i++) {
        if (state_of(engine, i) == TARGET_READY)
            (void)emit_target(engine, i, TARGET_SKIP, NULL,
                              "link group %s goes together or not at all", u->name);
    }
    if (!group_any_is(engine, u, TARGET_BIT(TARGET_PREPARING)))
        emit_group(engine, unit, -1, GROUP_LEAVE, NULL, "%s", "");
}

static void settle_gathering(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    if (group_any_is(engine, u, TARGET_BIT(TARGET_FAILED)))
        fail_all(engine, unit);
    else if (group_any_is(engine, u, TARGET_BIT(TARGET_SKIPPED)))
        leave(engine, unit);
    else
        stop(engine, unit, TARGET_BIT(TARGET_PENDING) | TARGET_BIT(TARGET_READY));
}

/* The last moment at which everybody is still up. */
static bool may_shut_down(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    enum campaign_state_id campaign = engine->state.campaign;
    int64_t next_ms = 0;
    int who = -1;
    if (engine->draining || campaign == CAMPAIGN_PAUSED)
        return false;
    if (group_is_held(engine, u->first, engine->now_ms, &who)) {
        engine_recheck_at(engine, engine->state.targets[who].hold_until_ms);
        return false;
    }
    if (!rights_forbid_group(engine, unit, engine->now_ms, &next_ms))
        return true;
    engine_recheck_at(engine, next_ms);
    return false;
}

/* While the door was shut, what the guards found grew old. */
static void leave_the_door(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    if (engine->now_ms - engine->state.groups[unit].since_ms <= GUARD_FRESH_MS) {
        group_move_on(engine, unit, GROUP_ALL_ARRIVED);
        return;
    }
    emit_group(engine, unit, -1, GROUP_LOOK_AGAIN, NULL, "%s", "");
    for (int i = u->first; i < group_end(u); i++) {
        emit_begin(engine, i, ACTIVITY_GUARD, engine->change_first, MOMENT_BEFORE);
        engine_block(engine, i);
    }
}

static void settle_guarding(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    if (group_any_is(engine, u, TARGET_BIT(TARGET_FAILED)))
        fail_all(engine, unit);
    else if (!group_all_arrived(engine, u))
        return;
    else if (may_shut_down(engine, unit))
        leave_the_door(engine, unit);
    else
        group_touch(engine, unit); /* asked again when something changes */
}

static void settle_phase(struct engine *engine, int unit, unsigned waiting)
{
    if (group_all_arrived(engine, group_unit(engine, unit)))
        group_move_on(engine, unit, GROUP_ALL_ARRIVED);
    else
        stop(engine, unit, waiting);
}

/* Who comes next in the plan's order; companions have nothing to change. */
static void give_turn(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (t->state != TARGET_SNAPSHOTTING || !t->companion)
            continue;
        (void)emit_target(engine, i, TARGET_SPARED, NULL, "%s", "");
    }
    for (int i = u->first; i < group_end(u); i++) {
        if (state_of(engine, i) != TARGET_SNAPSHOTTING)
            continue;
        (void)emit_target(engine, i, TARGET_PROTECTED, NULL, "%s", "");
        target_begin_change(engine, i);
        engine_block(engine, i);
        return;
    }
    group_move_on(engine, unit, GROUP_ALL_CHANGED);
}

static void settle_changing(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    const unsigned busy = TARGET_BIT(TARGET_CHANGING) | TARGET_BIT(TARGET_CHECKING);
    const unsigned stopped = TARGET_BIT(TARGET_PARKED) | TARGET_BIT(TARGET_FAILED);
    if (group_any_is(engine, u, stopped))
        stop(engine, unit, TARGET_BIT(TARGET_SNAPSHOTTING) | TARGET_BIT(TARGET_SOAKING));
    else if (!group_any_is(engine, u, busy))
        give_turn(engine, unit);
}

/* What it is busy with is in doubt, and nobody asks any more. It is no job: that is one
   member's change, whoever ordered the rollback has judged it, and it is forgotten by now. */
static bool is_lost(const struct target_state *t)
{
    return t->state == TARGET_PARKED || t->state == TARGET_STRANDED;
}

/* True: it has come to rest, and goes back. */
static bool halt_member(struct engine *engine, int unit, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    if (t->state == TARGET_ROLLING_BACK) {
        if (is_busy(&t->activity) || target_gathers(engine, target))
            return false;
        target_reset(engine, target);
        return true;
    }
    if (is_busy(&t->activity) && !is_lost(t))
        return false;
    char *reason = xasprintf(GROUP_WENT_ALONG "%s: %s", group_unit(engine, unit)->name,
                             engine->state.groups[unit].reason);
    group_put_back(engine, target, NULL, reason);
    xreplace(&reason, NULL);
    return !is_busy(&t->activity);
}

/* One that nobody has seen is none: there may be nothing to go back to. */
static bool has_snapshot(const struct target_state *t)
{
    const char *reference = t->snapshot_count ? t->snapshots[0].reference : NULL;
    return reference && *reference;
}

/* A member that was changed, or -1; and one whose snapshot is missing, or -1. */
static void look_at_members(const struct engine *engine, const struct plan_unit *u,
                            int *changed, int *bare)
{
    *changed = *bare = -1;
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (t->changed && *changed < 0)
            *changed = i;
        if (!has_snapshot(t) && *bare < 0)
            *bare = i;
    }
}

static void settle_halting(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    int changed, bare, resting = 0;
    for (int i = u->first; i < group_end(u); i++)
        resting += halt_member(engine, unit, i);
    if (resting < u->count)
        return;
    look_at_members(engine, u, &changed, &bare);
    if (bare >= 0 && changed >= 0) /* it was removed while the group turned back */
        group_strand(engine, bare, "its snapshot is gone");
    else
        group_move_on(engine, unit, bare < 0 ? GROUP_HALTED : GROUP_BARE);
}

/* What was under way has come to its end; nobody begins anything. */
static void settle_stranded(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    const unsigned ended = TARGET_BIT(TARGET_STRANDED) | TARGET_BIT(TARGET_PARKED) |
                           TARGET_BIT(TARGET_SKIPPED);
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        const char *reason = engine->state.groups[unit].reason;
        if (ended >> t->state & 1u || is_busy(&t->activity))
            continue;
        target_reset(engine, i);
        if (t->state != TARGET_ROLLING_BACK)
            (void)emit_target(engine, i, TARGET_ROLL_BACK, NULL, "%s", reason);
        (void)emit_target(engine, i, TARGET_STRAND, NULL, "%s", reason);
    }
}

static void settle(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    switch (engine->state.groups[unit].state) {
    case GROUP_GATHERING:
        settle_gathering(engine, unit);
        break;
    case GROUP_GUARDING:
        settle_guarding(engine, unit);
        break;
    case GROUP_SHUTTING_DOWN:
    case GROUP_SNAPSHOTTING:
    case GROUP_STARTING:
    case GROUP_PROVING:
        settle_phase(engine, unit, TARGET_BIT(TARGET_SNAPSHOTTING));
        break;
    case GROUP_CHANGING:
        settle_changing(engine, unit);
        break;
    case GROUP_SOAKING:
        settle_phase(engine, unit, TARGET_BIT(TARGET_SOAKING));
        break;
    case GROUP_CLEANING:
        if (group_all_are(engine, u,
                          TARGET_BIT(TARGET_SUCCEEDED) | TARGET_BIT(TARGET_SKIPPED)))
            emit_group(engine, unit, -1, GROUP_ALL_CLEAN, NULL, "%s", "");
        break;
    case GROUP_HALTING:
        settle_halting(engine, unit);
        break;
    case GROUP_POWERING_OFF:
    case GROUP_REVERTING:
    case GROUP_RESTARTING:
    case GROUP_RESTORING:
        settle_phase(engine, unit, 0);
        break;
    case GROUP_CLEARING:
        if (group_all_are(engine, u,
                          TARGET_BIT(TARGET_ROLLED_BACK) | TARGET_BIT(TARGET_SKIPPED)))
            emit_group(engine, unit, -1, GROUP_ALL_CLEAN, NULL, "%s", "");
        break;
    case GROUP_STRANDED:
        settle_stranded(engine, unit);
        break;
    default:
        break;
    }
}

/* Each once: what settling brings about is looked at in the next round. */
void groups_settle(struct engine *engine)
{
    size_t count = engine->unsettled_count;
    if (!count)
        return;
    int *units = xcalloc(count, sizeof *units);
    memcpy(units, engine->unsettled, count * sizeof *units);
    engine->unsettled_count = 0;
    for (size_t i = 0; i < count; i++) {
        engine->state.groups[units[i]].unsettled = false;
        settle(engine, units[i]);
    }
    free(units);
}
