/*
 * rights.c - a started target and the window that closes over it.
 *
 *   admitted                       may finish: the window was open and everything fitted
 *   the window closes              `overrun: finish`: it goes on to its end, and how long
 *                                  after the close is recorded once
 *                                  `overrun: wait`: it finishes its step; the next one
 *                                  starts when an opening holds the rest
 *   the window, or an override,    the right is gone: it was never begun
 *   ended before anything was
 *   changed
 *   slipway was away, a human      the right is gone: the next part of the change starts
 *   brought it back, or it stood   when an opening holds the rest, then it is there again
 *   still (pause, hold, clock)
 *   over the close
 *
 * A link group that was shut down has begun, whoever of it was changed. With `overrun:
 * wait` each member after the first waits for an opening that holds the rest.
 *
 * While the clock is not trusted no part of a change begins, right or not. Rollbacks,
 * checks, the soak and cleaning are never held back.
 */
#include "engine/group.h"

/* The guard belongs to the snapshot: what it finds is worth nothing days later. A link
   group that is off comes up again, whatever windows say. */
static bool is_change(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    enum activity kind = t->activity.kind;
    if (group_is_away(engine, target))
        return false;
    return (t->state == TARGET_SNAPSHOTTING || t->state == TARGET_CHANGING) &&
           (kind == ACTIVITY_GUARD || kind == ACTIVITY_SNAPSHOT ||
            kind == ACTIVITY_STEP || kind == ACTIVITY_RECOVER);
}

/* A hold ends without a record: it waited behind one that outlived its opening. */
static bool was_held_over_close(const struct target_state *t, int64_t now_ms)
{
    return t->hold_reason && t->hold_until_ms >= t->closes_ms &&
           t->hold_until_ms <= now_ms && t->activity.begun_ms < t->hold_until_ms;
}

/* Of a link group: that it was shut down. */
static bool was_begun(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    if (unit < 0)
        return engine->state.targets[target].changed;
    return engine->state.groups[unit].state != GROUP_GUARDING;
}

static bool may_finish(const struct engine *engine, int target, int64_t now_ms)
{
    const struct target_state *t = &engine->state.targets[target];
    /* no close is known: no calendar binds it, or an override let it through */
    if (!t->entitled || (t->closes_ms && now_ms < t->closes_ms))
        return t->entitled;
    return was_begun(engine, target) && !was_held_over_close(t, now_ms);
}

bool rights_forbid(const struct engine *engine, int target, int64_t now_ms,
                   int64_t *next_ms)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct times *times = &engine->state.times;
    struct window_view view;
    *next_ms = 0;
    if (!is_change(engine, target))
        return false;
    if (times->clock && times_need_clock(times))
        return true;
    if (may_finish(engine, target, now_ms) || !times->rules ||
        times_override(times, engine->plan, target, now_ms))
        return false;
    window_look_from(engine->plan, times->time, target, t->position, now_ms, &view);
    *next_ms = view.next_change_ms;
    return view.state != WINDOW_ANY && view.state != WINDOW_OPEN;
}

bool rights_forbid_group(const struct engine *engine, int unit, int64_t now_ms,
                         int64_t *next_ms)
{
    const struct times *times = &engine->state.times;
    const struct plan_unit *u = group_unit(engine, unit);
    struct window_view view;
    *next_ms = 0;
    if (times->clock && times_need_clock(times))
        return true;
    bool free = !times->rules || times_override(times, engine->plan, u->first, now_ms);
    int i = u->first;
    while (i < group_end(u) && may_finish(engine, i, now_ms))
        i++;
    if (free || i == group_end(u))
        return false;
    window_look_from(engine->plan, times->time, u->first, -1, now_ms, &view);
    *next_ms = view.next_change_ms;
    return view.state != WINDOW_ANY && view.state != WINDOW_OPEN;
}

/* 0: no calendar binds it, or an override lets it through. */
static int64_t closing_ms(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    struct window_view view;
    if (times_override(&engine->state.times, engine->plan, target, engine->now_ms))
        return 0;
    window_look_from(engine->plan, engine->state.times.time, target, t->position,
                     engine->now_ms, &view);
    return view.state == WINDOW_OPEN ? view.closes_ms : 0;
}

void rights_renew(struct engine *engine, int target)
{
    if (!may_finish(engine, target, engine->now_ms))
        rights_grant(engine, target);
}

void rights_issue(struct engine *engine, int target)
{
    if (is_change(engine, target))
        rights_renew(engine, target);
}

void rights_grant(struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    int64_t closes_ms = engine->state.times.rules ? closing_ms(engine, target) : 0;
    if (t->closes_ms == closes_ms)
        return;
    struct record record = record_new(engine, RECORD_WINDOW);
    record.target = target;
    record.number = closes_ms;
    emit(engine, record);
}

void rights_moved(struct engine *engine, int target, enum target_state_id from,
                  enum target_event event)
{
    const struct target_state *t = &engine->state.targets[target];
    bool next = event == TARGET_NEXT_STEP || event == TARGET_NEXT_BARE;
    bool ended = target_is_in_flight(from) && !target_is_in_flight(t->state);
    bool stops = next && engine->state.times.time->overrun == OVERRUN_WAIT;
    if ((!ended && !stops) || !t->closes_ms || engine->now_ms <= t->closes_ms)
        return;
    struct record record = record_new(engine, RECORD_OVERRUN);
    record.target = target;
    record.number = engine->now_ms - t->closes_ms;
    emit(engine, record);
}
