/* plan_time_copy.c - a copy of a plan's time rules that may be changed by itself. */
#include <string.h>

#include "model/timetable.h"
#include "util/xalloc.h"

static void *copy_bytes(const void *from, size_t count, size_t size)
{
    void *to = count ? xcalloc(count, size) : NULL;
    if (count)
        memcpy(to, from, count * size);
    return to;
}

static void copy_timetables(const struct plan_time *from, struct plan_time *to)
{
    to->timetables =
        copy_bytes(from->timetables, from->timetable_count, sizeof *from->timetables);
    to->timetable_room = from->timetable_count;
    for (size_t i = 0; i < from->timetable_count; i++) {
        const struct timetable *table = &from->timetables[i];
        to->timetables[i].calendars =
            copy_bytes(table->calendars, table->calendar_count, sizeof *table->calendars);
        to->timetables[i].open = spans_copy(&table->open);
        to->timetables[i].frozen = spans_copy(&table->frozen);
    }
}

static void copy_paces(const struct plan_time *from, struct plan_time *to)
{
    to->paces = copy_bytes(from->paces, from->pace_count, sizeof *from->paces);
    to->pace_room = from->pace_count;
    for (size_t i = 0; i < from->pace_count; i++) {
        const struct plan_pace *pace = &from->paces[i];
        to->paces[i].kind = xstrdup_null(pace->kind);
        to->paces[i].version = xstrdup_null(pace->version);
        to->paces[i].steps =
            copy_bytes(pace->steps, from->step_count, sizeof *pace->steps);
    }
}

void plan_time_copy(const struct plan_time *from, struct plan_time *to)
{
    *to = *from;
    to->zone = xstrdup_null(from->zone);
    to->zone_data = xstrdup_null(from->zone_data);
    to->calendars = NULL;
    to->calendar_count = to->calendar_room = 0;
    for (size_t i = 0; i < from->calendar_count; i++)
        (void)plan_time_add_calendar(to, &from->calendars[i]);
    copy_timetables(from, to);
    copy_paces(from, to);
    to->slots = from->slots
                    ? copy_bytes(from->slots, from->slot_count, sizeof *from->slots)
                    : NULL;
}
