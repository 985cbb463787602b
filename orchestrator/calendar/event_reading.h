/*
 * event_reading.h - what the files that read one VEVENT share: its lines, its times.
 */
#ifndef CALENDAR_EVENT_READING_H
#define CALENDAR_EVENT_READING_H

#include "calendar/event_read.h"

struct reading {
    const struct raw_event *raw;
    const struct event_context *context;
    struct event *event;
    struct {
        const struct line *line; /* whose parameters these are */
        bool named, only_dates;
        const struct zone *zone; /* of its TZID; NULL: unknown */
    } seen;
};

/* Of a line; NULL: of the event. */
struct place reading_place(const struct reading *reading, const struct line *line);

/* The next line of that name behind `after` (NULL: the first); NULL: none. */
const struct line *reading_find(const struct reading *reading, const char *name,
                                const struct line *after);
/* The only line of that name in *out, NULL if there is none. -1: two. */
int reading_find_one(const struct reading *reading, const char *name,
                     const struct line **out);

/* Read one time of a line. `fallback` is for times without a zone (NULL: refused); *zone
   (may be NULL) is the one that was used. */
int reading_moment(struct reading *reading, const struct line *line, const char *text,
                   size_t length, const struct zone *fallback, struct moment *out,
                   const struct zone **zone);
/* The same, seen from the event's zone. */
int reading_own(struct reading *reading, const struct line *line, const char *text,
                size_t length, struct moment *out);

/* RRULE, RDATE, EXDATE, and RECURRENCE-ID; the event's start and length are known. */
int reading_rules(struct reading *reading);
int reading_override(struct reading *reading);

#endif
