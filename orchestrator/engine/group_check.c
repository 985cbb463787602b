/*
 * group_check.c - what must hold of a link group after every step; see group_machine.c.
 */
#include "engine/group.h"

#define UNTOUCHED                                                                        \
    (TARGET_BIT(TARGET_PENDING) | TARGET_BIT(TARGET_PREPARING) | TARGET_BIT(TARGET_READY))
#define CHANGED_NOW (TARGET_BIT(TARGET_CHANGING) | TARGET_BIT(TARGET_CHECKING))
#define GOING_BACK  (TARGET_BIT(TARGET_ROLLING_BACK) | TARGET_BIT(TARGET_STRANDED))

/* In which phases an activity of this kind may begin; what then comes to its end while the
   group turns back is no sin. */
static bool may_begin_in(const struct activity_state *a, enum group_state_id phase)
{
    bool back = a->moment == MOMENT_RESTORED;
    switch (a->kind) {
    case ACTIVITY_GUARD:
        return phase == GROUP_GUARDING;
    case ACTIVITY_POWER_OFF:
        return phase == (back ? GROUP_POWERING_OFF : GROUP_SHUTTING_DOWN);
    case ACTIVITY_SNAPSHOT:
        return phase == GROUP_SNAPSHOTTING;
    case ACTIVITY_POWER_ON:
        return phase == (back ? GROUP_RESTARTING : GROUP_STARTING);
    case ACTIVITY_REVERT:
        return phase == GROUP_REVERTING;
    case ACTIVITY_PRUNE:
        return phase == GROUP_SOAKING || phase == GROUP_CLEANING ||
               phase == GROUP_CLEARING;
    default:
        return true;
    }
}

static const char *member_broken(const struct engine *engine, int target,
                                 enum group_state_id phase)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct activity_state *a = &t->activity;
    bool ending = phase == GROUP_HALTING || phase == GROUP_STRANDED;
    bool again = a->intent && ending; /* nobody knows what came of it */
    if (a->state == STEP_WAITING && !again && !may_begin_in(a, phase))
        return "an activity of a link group begins in its phase";
    if (activity_under_way(a) && !ending && !may_begin_in(a, phase))
        return "an activity of a link group runs in its phase";
    if (t->companion && (TARGET_BIT(t->state) & CHANGED_NOW || t->changed))
        return "a companion is not changed";
    return NULL;
}

static const char *phase_broken(const struct engine *engine, const struct plan_unit *u,
                                enum group_state_id phase)
{
    int changing = 0, unprotected = 0, up = 0, elsewhere = 0;
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        changing += (TARGET_BIT(t->state) & CHANGED_NOW) != 0;
        unprotected += !t->snapshot_count;
        up += !t->off;
        elsewhere += !(TARGET_BIT(t->state) & GOING_BACK);
    }
    if (changing > 1 || (changing && phase != GROUP_CHANGING))
        return "at most one member of a link group is changed at a time";
    if (unprotected && (phase == GROUP_STARTING || phase == GROUP_PROVING ||
                        phase == GROUP_CHANGING || phase == GROUP_REVERTING))
        return "every member of a link group has its snapshot";
    if (up && (phase == GROUP_SNAPSHOTTING || phase == GROUP_REVERTING))
        return "a link group is snapshotted and reverted while all of it is off";
    if (elsewhere && phase >= GROUP_POWERING_OFF && phase <= GROUP_RESTORING)
        return "a link group is rolled back together";
    if (group_any_is(engine, u, UNTOUCHED) && phase != GROUP_GATHERING)
        return "a link group that was admitted has no member that was not";
    return NULL;
}

const char *group_broken(const struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    const struct group_state *group = &engine->state.groups[unit];
    int failing = 0, flying = 0;
    for (int i = u->first; i < group_end(u); i++) {
        const struct target_state *t = &engine->state.targets[i];
        const char *broken = member_broken(engine, i, group->state);
        if (broken)
            return broken;
        failing += target_counts_as_failed(t);
        flying += target_is_in_flight(t->state);
    }
    if (failing != group->failing || flying != group->flying)
        return "the members of a link group are counted right";
    return phase_broken(engine, u, group->state);
}
