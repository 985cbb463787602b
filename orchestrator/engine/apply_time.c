/*
 * apply_time.c - the part of apply.c that is about time: calendars, overrides, the clock
 * and approvals, and what a started target may still do when its window closes.
 */
#include "engine/internal.h"

/* Of its link group: it is not the first whose turn comes. */
static bool others_were_changed(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    const struct plan_unit *u = unit < 0 ? NULL : &engine->plan->units[unit];
    for (int i = u ? u->first : 0; u && i < u->first + u->count; i++) {
        if (engine->state.targets[i].changed)
            return true;
    }
    return false;
}

/* Granted with the admission; gone between steps if the rule says so, and after an
   operator brought it back. RECORD_WINDOW and the issue of a step grant it anew. */
void state_apply_rights(const struct engine *engine, struct target_state *t,
                        const struct record *r)
{
    bool wait = engine->plan->time.overrun == OVERRUN_WAIT;
    bool next = r->event == TARGET_NEXT_STEP || r->event == TARGET_NEXT_BARE ||
                (r->event == TARGET_PROTECTED && others_were_changed(engine, r->target));
    if (r->event == TARGET_ADMIT || r->event == TARGET_ADMIT_BARE)
        t->entitled = true;
    else if ((next && wait) || r->event == TARGET_CONTINUE || r->to == TARGET_PENDING)
        t->entitled = false;
    if (r->to == TARGET_PENDING)
        t->closes_ms = 0;
}

static void lapse(struct target_state *t, int64_t now_ms)
{
    bool stood = (t->state == TARGET_SNAPSHOTTING || t->state == TARGET_CHANGING) &&
                 t->activity.state == STEP_WAITING;
    if (stood && t->closes_ms <= now_ms) /* 0: by an override, or not bound */
        t->entitled = false;
}

/* What stood still while its opening closed does not go on outside of one. */
void state_apply_release(struct engine *engine, const struct record *r)
{
    if (r->target >= 0) {
        lapse(&engine->state.targets[r->target], r->at_ms);
        return;
    }
    for (size_t i = 0; i < engine->plan->target_count; i++)
        lapse(&engine->state.targets[i], r->at_ms);
}

bool state_is_of_time(enum record_kind kind)
{
    return kind == RECORD_CALENDAR || kind == RECORD_OVERRIDE || kind == RECORD_CLOCK ||
           kind == RECORD_APPROVED;
}

/* Until when one that was admitted and not changed yet may begin, if calendars move: as
   long as it was promised. It is a started target, and holds a snapshot by now. */
static int64_t promised_ms(const struct engine *engine, int target, int64_t now_ms)
{
    const struct target_state *t = &engine->state.targets[target];
    if (t->closes_ms)
        return t->closes_ms;
    return now_ms +
           window_needed_ms(engine->plan, engine->state.times.time, target, t->position);
}

/* The opening in which a started one was admitted may end sooner now, or later. */
static void move_closings(struct engine *engine, int64_t now_ms)
{
    const struct plan_time *time = engine->state.times.time;
    for (size_t i = 0; i < engine->plan->target_count; i++) {
        struct target_state *t = &engine->state.targets[i];
        if (!t->entitled || !target_is_in_flight(t->state) ||
            time->slots[i].timetable < 0 ||
            times_override(&engine->state.times, engine->plan, (int)i, now_ms))
            continue;
        const struct spans *open = &time->timetables[time->slots[i].timetable].open;
        size_t at = spans_find(open, now_ms);
        bool inside = at < open->count && open->items[at].from_ms <= now_ms;
        int64_t closes_ms = inside ? open->items[at].until_ms : now_ms;
        int64_t promised = promised_ms(engine, (int)i, now_ms);
        if (!t->changed && closes_ms < promised)
            t->closes_ms = promised;
        else if (inside || !t->closes_ms || t->closes_ms > now_ms)
            t->closes_ms = closes_ms;
    }
}

int state_apply_time(struct engine *engine, const struct record *r)
{
    bool calendars = false;
    if (times_apply(&engine->state.times, engine->plan, r, &calendars))
        return -1;
    if (calendars)
        move_closings(engine, r->at_ms);
    if (r->kind == RECORD_CLOCK && r->number)
        state_apply_release(engine, r);
    if (r->kind == RECORD_APPROVED && r->wave >= 0)
        engine->state.waves[r->wave].approved = true;
    lanes_renew(engine);
    return 0;
}
