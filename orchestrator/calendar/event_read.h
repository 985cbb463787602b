/*
 * event_read.h - from the lines of one VEVENT to an event.
 */
#ifndef CALENDAR_EVENT_READ_H
#define CALENDAR_EVENT_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "calendar/embedded_zone.h"
#include "calendar/event.h"
#include "calendar/lines.h"

/* The lines of one VEVENT that matter. */
struct raw_event {
    int line; /* of its BEGIN */
    struct line *items;
    size_t count, room;
};

/* Copy the line if the event needs it. */
void raw_event_add(struct raw_event *raw, const struct line *line);
void raw_event_clear(struct raw_event *raw);

/* What the calendar around it says. */
struct event_context {
    const char *source;
    struct calendar *calendar; /* gets the notes */
    const struct zone_book *book;
    const struct zone *zone; /* of times without one; NULL: they are refused */
    bool cancelled;          /* METHOD:CANCEL */
    long *steps;
    struct slipway_error *err;
};

int event_read(const struct raw_event *raw, const struct event_context *context,
               struct event *out);

#endif
