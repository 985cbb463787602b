/*
 * calendar_write.h - events as RFC 5545, for other people's calendar programs.
 *
 * Times are written in UTC, so no zone data travels. A program that knows the UID
 * already moves the event when SEQUENCE is higher, and removes it when it is cancelled.
 */
#ifndef CALENDAR_CALENDAR_WRITE_H
#define CALENDAR_CALENDAR_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/timetable.h"
#include "util/buf.h"

struct calendar_event {
    const char *uid; /* stable; needed */
    int sequence;
    struct span span;
    int64_t stamp_ms;        /* when this version was made */
    const char *summary;     /* NULL: none */
    const char *description; /* NULL: none; "\n" starts a new line */
    const char *categories;  /* NULL: none; one word or several with "," between */
    bool cancelled;
};

/* Append a whole calendar called `name` (NULL: none). -1: an event has no UID or ends
   before it starts; nothing was added. */
int calendar_write(const struct calendar_event *events, size_t count, const char *name,
                   struct buf *out);

#endif
