/*
 * group.h - link groups that go as one, for the engine's own files. What the phases are
 * stands in group_machine.c.
 */
#ifndef ENGINE_GROUP_H
#define ENGINE_GROUP_H

#include "engine/internal.h"

#define TARGET_BIT(state) (1u << (state))

/* ---- members ---- */

static inline const struct plan_unit *group_unit(const struct engine *engine, int unit)
{
    return &engine->plan->units[unit];
}

/* Members are u->first up to, but not including, this one. */
static inline int group_end(const struct plan_unit *u)
{
    return u->first + u->count;
}

static inline enum target_state_id state_of(const struct engine *engine, int target)
{
    return engine->state.targets[target].state;
}

static inline const char *name_of(const struct engine *engine, int target)
{
    return engine->plan->targets[target].name;
}

/* True if a member is in one of these states (TARGET_BIT). */
bool group_any_is(const struct engine *engine, const struct plan_unit *u,
                  unsigned states);
bool group_all_are(const struct engine *engine, const struct plan_unit *u,
                   unsigned states);
bool group_all_arrived(const struct engine *engine, const struct plan_unit *u);
/* The first member in this state; -1: none is. */
int group_first_that_is(const struct engine *engine, const struct plan_unit *u,
                        enum target_state_id state);

/* ---- group.c: a link group goes from phase to phase ---- */
/* What happened to its members may move it on. */
void group_touch(struct engine *engine, int unit);
void groups_settle(struct engine *engine);
void groups_touch_all(struct engine *engine);
/* The member's activity is over. False: it goes on by itself. */
bool group_member_finished(struct engine *engine, int target);
/* It failed for good in a phase of its group. False: it is judged by itself. */
bool group_member_failed(struct engine *engine, int target, const char *reason);
/* Put the whole group back; `target` is why. */
void group_roll_back(struct engine *engine, int target, const char *actor,
                     const char *reason);
/* One could not be put back: nobody goes on. */
void group_strand(struct engine *engine, int target, const char *reason);
/* Back from where it parked with the others: its part of the phase, if it still has one. */
void group_resume_phase(struct engine *engine, int target);
/* Its part of a phase, or of the phase that the group is in. */
void group_begin_member(struct engine *engine, int target, enum group_state_id phase);
/* Move the group on, and begin what comes then for every member. */
void group_move_on(struct engine *engine, int unit, enum group_event event);
void group_put_back(struct engine *engine, int target, const char *actor,
                    const char *reason);
/* Its group halts: nothing is begun any more, and nothing issued again but a switch. */
bool group_holds_back(const struct engine *engine, int target);
/* Done with the group's phase. */
void group_arrive(struct engine *engine, int target);
/* From when it is shut down until all are up again, nothing but the group decides. */
bool group_is_away(const struct engine *engine, int target);
/* It soaks, and its soak may end. False: its group is not there yet. */
bool group_lets_soak_end(const struct engine *engine, int target);
/* Of one that is at work: it waits for others of its group and has nothing to do itself. */
bool group_waits(const struct engine *engine, int target);
/* Guarded, and only people or time keep it from being shut down. */
bool group_stands_at_door(const struct engine *engine, int unit);
const char *group_name(const struct engine *engine, int target);

/* ---- group_verbs.c: operators' verbs on members ---- */
/* Why the whole group cannot be rolled back; NULL: it can. */
const char *group_rollback_obstacle(const struct engine *engine, int unit);
bool group_retry(struct engine *engine, int target, const char *actor);
void group_skip(struct engine *engine, int target, const char *actor, const char *reason);
/* A member that has an effect under way; -1: none. */
int group_busy_member(const struct engine *engine, int unit);
/* All of them are from here on rolled back because of people, not of failures. */
void group_acknowledge(struct engine *engine, int unit, const char *actor);

/* ---- group_check.c ---- */
/* The invariant that does not hold; NULL: all do. */
const char *group_broken(const struct engine *engine, int unit);

/* ---- group_gather.c: is the whole group ready, and is there room for it? ---- */
/* It, or a member of its group, is held; `who`: that one. */
bool group_has_hold(const struct engine *engine, int target);
bool group_is_held(const struct engine *engine, int target, int64_t now_ms, int *who);
/* There is room to prepare all members that are still pending, if nobody holds one. */
bool group_may_prepare(const struct engine *engine, int target);
void group_prepare(struct engine *engine, int unit);
/* The same as admission_allows() of the facts of any of them. */
bool group_may_start(const struct engine *engine, int unit);
void group_admit(struct engine *engine, int unit);
void group_facts(const struct engine *engine, int target, struct admission_facts *facts);

#endif
