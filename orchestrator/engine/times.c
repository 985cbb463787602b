/*
 * times.c - see times.h. A calendar that changes is taken into a copy of the plan's
 * time rules, made when the first one changes: a plan is never written to.
 */
#include "engine/times.h"

#include <stdlib.h>
#include <string.h>

#include "engine/calendar_change.h"
#include "util/xalloc.h"

static void override_clear(struct override *o)
{
    free(o->reason);
    free(o->actor);
    *o = (struct override){0};
}

void times_create(struct times *times, const struct plan *plan)
{
    *times =
        (struct times){.time = &plan->time, .rules = window_rules_exist(&plan->time)};
}

void times_clear(struct times *times, const struct plan *plan)
{
    if (times->own)
        plan_time_clear(times->own);
    free(times->own);
    override_clear(&times->all);
    for (size_t i = 0; times->targets && i < plan->target_count; i++)
        override_clear(&times->targets[i]);
    free(times->targets);
    free(times->clock);
    free(times->waves_until_ms);
    *times = (struct times){0};
}

/* ---- records ---- */

static int apply_calendar(struct times *times, const struct plan *plan,
                          const struct record *r)
{
    struct plan_calendar calendar = {0};
    if (calendar_change_read(r->detail, &calendar, NULL))
        return -1;
    if (!times->own) {
        times->own = xcalloc(1, sizeof *times->own);
        plan_time_copy(&plan->time, times->own);
        times->time = times->own;
    }
    calendar_change_apply(plan, times->own, &calendar);
    calendar_change_clear(&calendar);
    times->rules = window_rules_exist(times->time);
    return 0;
}

static void apply_override(struct times *times, const struct plan *plan,
                           const struct record *r)
{
    struct override *o = &times->all;
    if (r->target >= 0) {
        if (!times->targets)
            times->targets = xcalloc(plan->target_count, sizeof *times->targets);
        o = &times->targets[r->target];
    }
    o->until_ms = r->number;
    xreplace(&o->reason, r->text);
    xreplace(&o->actor, r->actor);
}

static void apply_approved(struct times *times, const struct record *r)
{
    if (r->wave < 0) {
        times->approved_until_ms = r->number;
        return;
    }
    size_t needed = (size_t)r->wave + 1;
    if (needed > times->wave_room) {
        times->waves_until_ms =
            xreallocarray(times->waves_until_ms, needed, sizeof *times->waves_until_ms);
        memset(times->waves_until_ms + times->wave_room, 0,
               (needed - times->wave_room) * sizeof *times->waves_until_ms);
        times->wave_room = needed;
    }
    times->waves_until_ms[r->wave] = r->number;
}

int times_apply(struct times *times, const struct plan *plan, const struct record *r,
                bool *calendars)
{
    *calendars = false;
    switch (r->kind) {
    case RECORD_CALENDAR:
        *calendars = true;
        return apply_calendar(times, plan, r);
    case RECORD_OVERRIDE:
        apply_override(times, plan, r);
        return 0;
    case RECORD_CLOCK:
        xreplace(&times->clock, r->number ? NULL : r->text ? r->text : "not trusted");
        times->clock_since_ms = r->at_ms;
        return 0;
    case RECORD_APPROVED:
        apply_approved(times, r);
        return 0;
    default:
        return 0;
    }
}

/* ---- looking ---- */

const struct override *times_override(const struct times *times, const struct plan *plan,
                                      int target, int64_t now_ms)
{
    if (times->all.until_ms > now_ms)
        return &times->all;
    if (!times->targets || times->targets[target].until_ms <= now_ms)
        return NULL;
    int unit = plan_unit_of(plan, target);
    const struct plan_unit *u = unit < 0 ? NULL : &plan->units[unit];
    for (int i = u ? u->first : 0; u && i < u->first + u->count; i++) {
        if (times->targets[i].until_ms <= now_ms)
            return NULL;
    }
    return &times->targets[target];
}

int64_t times_wave_approved_until(const struct times *times, int wave)
{
    return (size_t)wave < times->wave_room ? times->waves_until_ms[wave] : 0;
}

bool times_need_clock(const struct times *times)
{
    bool needed = times->rules || times->approved_until_ms > 0;
    for (size_t i = 0; i < times->wave_room && !needed; i++)
        needed = times->waves_until_ms[i] > 0;
    return needed;
}

void times_facts(const struct times *times, const struct plan *plan, int target,
                 int64_t now_ms, struct time_facts *out)
{
    const struct plan_time *time = times->time;
    const struct override *override = times_override(times, plan, target, now_ms);
    *out = (struct time_facts){
        .min_opening_ms = time->min_opening_ms,
        .cut_off_ms = time->cut_off_ms,
        .horizon_ms = time->horizon_ms,
        .override_until_ms = override ? override->until_ms : 0,
        .override_reason = override ? override->reason : NULL,
        .override_actor = override ? override->actor : NULL,
        .clock = times_need_clock(times) ? times->clock : NULL,
        .zone = time->zone ? time->zone : "UTC",
    };
    window_look(plan, time, target, now_ms, &out->window);
    if (times->approved_until_ms && times->approved_until_ms <= now_ms)
        out->approval_ended_ms = times->approved_until_ms;
    if (time->slots)
        out->slot = time->slots[target];
    if (out->window.calendar >= 0) {
        const struct plan_calendar *c = &time->calendars[out->window.calendar];
        out->calendar = c->source;
        out->calendar_scope = c->scope;
        out->calendar_is_freeze = c->freeze;
    }
}

bool time_facts_open(const struct time_facts *facts)
{
    return facts->override_until_ms || facts->window.state == WINDOW_ANY ||
           facts->window.state == WINDOW_OPEN;
}
