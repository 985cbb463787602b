/*
 * times.h - time rules for a plan without files: calendars as spans, and whom they bind.
 *
 *   int night = times_calendar(plan, "site=s0", false);
 *   times_span(plan, night, opens_ms, closes_ms);
 *   times_bind(plan, 0, night);      a target, as often as there are calendars
 *   times_done(plan);                work out what follows
 */
#ifndef TESTS_TIMES_H
#define TESTS_TIMES_H

#include "engine/calendar_change.h"
#include "model/plan.h"
#include "util/xalloc.h"

#define TIMES_HORIZON_MS (400LL * 86400000)

static inline void times_begin(struct plan *plan)
{
    struct plan_time *time = &plan->time;
    if (time->slots)
        return;
    time->zone = xstrdup("UTC");
    time->zone_data = xstrdup("2025b");
    time->horizon_ms = plan->created_ms + TIMES_HORIZON_MS;
    time->step_count = plan->playbook.step_count;
    time->slot_count = plan->target_count;
    time->slots = xcalloc(plan->target_count, sizeof *time->slots);
    for (size_t i = 0; i < plan->target_count; i++)
        time->slots[i] = (struct plan_slot){.timetable = -1, .pace = -1};
}

static inline int times_calendar(struct plan *plan, const char *scope, bool freeze)
{
    char *source = xasprintf("calendar-%zu.ics", plan->time.calendar_count);
    times_begin(plan);
    int index = plan_time_add_calendar(
        &plan->time, &(struct plan_calendar){.source = source,
                                             .scope = (char *)(uintptr_t)scope,
                                             .freeze = freeze});
    free(source);
    return index;
}

static inline void times_span(struct plan *plan, int calendar, int64_t from_ms,
                              int64_t until_ms)
{
    struct spans *spans = &plan->time.calendars[calendar].spans;
    spans_add(spans, from_ms, until_ms);
    spans_settle(spans);
}

/* The target's calendars and one more. */
static inline void times_bind(struct plan *plan, int target, int calendar)
{
    struct plan_slot *slot = &plan->time.slots[target];
    int all[64];
    size_t count = 0;
    if (slot->timetable >= 0) {
        const struct timetable *table = &plan->time.timetables[slot->timetable];
        for (; count < table->calendar_count; count++)
            all[count] = table->calendars[count];
    }
    all[count++] = calendar;
    slot->timetable = plan_time_add_timetable(&plan->time, all, count);
}

static inline void times_done(struct plan *plan)
{
    plan_time_settle(&plan->time, plan->created_ms);
}

/* The document of a verb: one calendar with one opening. The caller's. */
static inline char *times_document(const char *scope, const char *source, bool freeze,
                                   int64_t from_ms, int64_t until_ms)
{
    struct plan_calendar calendar = {.source = (char *)(uintptr_t)source,
                                     .scope = (char *)(uintptr_t)scope,
                                     .freeze = freeze};
    spans_add(&calendar.spans, from_ms, until_ms);
    char *text = calendar_change_json(&calendar);
    spans_clear(&calendar.spans);
    return text;
}

#endif
