/*
 * group_verbs.c - what an operator says of one member of a link group is said of the
 * group, because nobody of it can be put back, taken out or begun anew alone.
 *
 *   retry     one that parked: the whole group goes on from where it stopped; one that
 *             has failed or was rolled back: the whole group from the start
 *   rollback  all of them, as one
 *   skip      all of them are left alone; refused while one is at work
 *   hold      before the group is shut down: nobody goes; later: this one is not changed,
 *             and those behind it wait (activity.c, group.c)
 *
 * While each member only removes its snapshots (cleaning, clearing) the group is no bond
 * any more, and a verb is about its target alone.
 */
#include "engine/group.h"

#include <stdio.h>

static bool is_settled(const struct target_state *t)
{
    return t->state == TARGET_PARKED || t->state == TARGET_STRANDED;
}

int group_busy_member(const struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    for (int i = u->first; i < group_end(u); i++) {
        const struct activity_state *a = &engine->state.targets[i].activity;
        bool given_up =
            a->state == STEP_IN_DOUBT && is_settled(&engine->state.targets[i]);
        if (activity_under_way(a) && !given_up)
            return i;
    }
    return -1;
}

/* ---- rollback ---- */

const char *group_rollback_obstacle(const struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    enum group_state_id state = engine->state.groups[unit].state;
    int changed = 0, off = 0, protected = 0;
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        changed += t->changed;
        off += t->off;
        protected += t->snapshot_count > 0;
    }
    if (state == GROUP_CLEANING || state == GROUP_SUCCEEDED)
        return "its link group has soaked, and the snapshots are being removed";
    if (state == GROUP_CLEARING)
        return "its link group is rolled back, and the snapshots are being removed";
    if (!changed && !off && !protected)
        return "nothing of its link group was changed";
    if (changed && protected < u->count)
        return "not every member of its link group has a snapshot left to go back to, "
               "and it goes back as a whole or not at all";
    return NULL;
}

void group_acknowledge(struct engine *engine, int unit, const char *actor)
{
    const struct plan_unit *u = group_unit(engine, unit);
    for (int i = u->first; i < group_end(u); i++)
        acknowledge(engine, i, actor);
}

/* ---- retry ---- */

/* Why the group cannot begin anew with this member; NULL: it can. */
static const char *left_by(const struct target_state *t)
{
    return t->snapshot_count ? ", with a snapshot of before"
           : t->doubt_left   ? ", with an effect in doubt that may still come about"
           : activity_under_way(&t->activity) ? ""
                                              : NULL;
}

/* Every member from the start: nothing of an earlier try is left. */
static bool start_anew(struct engine *engine, int target, const char *actor)
{
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    int unit = engine->unit_of[target];
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        const char *left = left_by(t);
        if (!left)
            continue;
        emit_rejected(engine, target,
                      "%s of link group %s is %s%s: the group begins anew together",
                      name_of(engine, i), u->name,
                      machine_state(&target_machine, (int)t->state), left);
        return false;
    }
    command_reopen(engine, target);
    emit_group(engine, unit, -1, GROUP_RETRY, actor, "%s", "");
    for (int i = u->first; i < group_end(u); i++)
        (void)emit_target(engine, i, TARGET_RETRY, actor, "%s", "");
    return true;
}

/* It was being prepared: those that stopped with it are prepared anew, for what they
   found is old; one that is in doubt is asked about. */
static bool gather_again(struct engine *engine, int target, const char *actor)
{
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    command_reopen(engine, target);
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (t->state != TARGET_PARKED)
            continue;
        if (activity_under_way(&t->activity))
            target_continue(engine, i, actor);
        else
            (void)emit_target(engine, i, TARGET_RETRY, actor, "%s", "");
    }
    return true;
}

static bool go_on(struct engine *engine, int target, const char *actor)
{
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    int failed = group_first_that_is(engine, u, TARGET_FAILED);
    if (failed >= 0) {
        emit_rejected(engine, target,
                      "%s of link group %s has failed: put the group back with: slipway "
                      "rollback %s",
                      name_of(engine, failed), u->name, name_of(engine, failed));
        return false;
    }
    command_reopen(engine, target);
    for (int i = u->first; i < group_end(u); i++) {
        if (engine->state.targets[i].state == TARGET_PARKED)
            target_continue(engine, i, actor);
    }
    return true;
}

bool group_retry(struct engine *engine, int target, const char *actor)
{
    const struct target_state *t = &engine->state.targets[target];
    switch (engine->state.groups[engine->unit_of[target]].state) {
    case GROUP_FAILED:
    case GROUP_ROLLED_BACK:
    case GROUP_LEFT:
        return start_anew(engine, target, actor);
    case GROUP_CLEANING: /* each by itself */
    case GROUP_CLEARING:
    case GROUP_STRANDED: /* one that is in doubt is asked about; nobody goes on */
        if (t->state != TARGET_PARKED)
            break;
        command_reopen(engine, target);
        target_continue(engine, target, actor);
        return true;
    case GROUP_GATHERING:
        if (t->state != TARGET_PARKED)
            break;
        return gather_again(engine, target, actor);
    default:
        if (t->state != TARGET_PARKED && t->state != TARGET_FAILED)
            break;
        return go_on(engine, target, actor);
    }
    emit_rejected(engine, target, "%s is %s: retry does not apply",
                  name_of(engine, target), machine_state(&target_machine, (int)t->state));
    return false;
}

/* ---- skip ---- */

static bool may_be_left(struct engine *engine, int target, int member)
{
    const struct target_state *t = &engine->state.targets[member];
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    bool listed = t->state == TARGET_SKIPPED ||
                  machine_next(&target_machine, (int)t->state, TARGET_SKIP) >= 0;
    if (listed && (!activity_under_way(&t->activity) || is_settled(t)))
        return true;
    if (listed)
        emit_rejected(engine, target,
                      "%s of link group %s has an effect under way: wait for it, or hold "
                      "it",
                      name_of(engine, member), u->name);
    else
        emit_rejected(engine, target,
                      "link group %s goes together, and %s is %s: skip does not apply",
                      u->name, name_of(engine, member),
                      machine_state(&target_machine, (int)t->state));
    return false;
}

void group_skip(struct engine *engine, int target, const char *actor, const char *reason)
{
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    for (int i = u->first; i < group_end(u); i++) {
        if (!may_be_left(engine, target, i))
            return;
    }
    for (int i = u->first; i < group_end(u); i++) {
        if (engine->state.targets[i].state == TARGET_SKIPPED)
            continue;
        target_give_up(engine, i);
        if (i == target)
            (void)emit_target(engine, i, TARGET_SKIP, actor, "%s", reason);
        else
            (void)emit_target(engine, i, TARGET_SKIP, actor,
                              "with %s of link group %s%s%s", name_of(engine, target),
                              u->name, *reason ? ": " : "", reason);
    }
    emit_group(engine, engine->unit_of[target], -1, GROUP_LEAVE, actor, "%s", reason);
}
