/* event.c - the life of events and of the calendar that has them; see event.h. */
#include "calendar/event.h"

#include <stdarg.h>
#include <stdlib.h>

#include "calendar/embedded_zone.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"

void event_clear(struct event *event)
{
    free(event->uid);
    free(event->summary);
    free(event->rules);
    free(event->extras);
    free(event->without_days.items);
    free(event->without_instants.items);
    *event = (struct event){0};
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort(struct day_list *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_value);
}

void event_settle(struct event *event)
{
    sort(&event->without_days);
    sort(&event->without_instants);
}

struct calendar *calendar_new(const char *source)
{
    struct calendar *calendar = xcalloc(1, sizeof *calendar);
    calendar->source = xstrdup(source);
    calendar->zone = xstrdup("UTC");
    return calendar;
}

void calendar_note(struct calendar *calendar, const char *format, ...)
{
    auto_buf struct buf text = {0}, harmless = {0};
    va_list args;
    if (calendar->note_count >= CALENDAR_NOTES_MAX)
        return;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    text_sanitize(&harmless, buf_text(&text), text.length, SLIPWAY_ERROR_MAX);
    *vec_push(calendar->notes, calendar->note_count, calendar->note_room) =
        buf_take(&harmless);
}

void calendar_free(struct calendar *calendar)
{
    if (!calendar)
        return;
    for (size_t i = 0; i < calendar->count; i++)
        event_clear(&calendar->events[i]);
    for (size_t i = 0; i < calendar->note_count; i++)
        free(calendar->notes[i]);
    zone_free_made(calendar->made, calendar->made_count);
    free(calendar->events);
    free(calendar->notes);
    free(calendar->source);
    free(calendar->zone);
    free(calendar);
}

const char *calendar_zone(const struct calendar *calendar)
{
    return calendar->zone;
}

size_t calendar_notes(const struct calendar *calendar, const char *const **out)
{
    *out = (const char *const *)calendar->notes;
    return calendar->note_count;
}
