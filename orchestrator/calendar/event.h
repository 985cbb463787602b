/*
 * event.h - one VEVENT, understood; and the calendar that has them. Internal to calendar/.
 *
 * From text to occurrences: ics.c reads components, event_read.c makes one event of each
 * VEVENT, event_link.c lets overrides take the place of what they override, expand.c
 * works out a range. Short forms make the same events.
 */
#ifndef CALENDAR_EVENT_H
#define CALENDAR_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calendar/calendar.h"
#include "calendar/rule.h"
#include "calendar/zone.h"

/* A time in its zone. */
struct moment {
    bool is_date;
    int64_t day;       /* as it is written; of a time in UTC: in the event's zone */
    int64_t instant_s; /* of a date: of its midnight */
    int64_t wall_s;
};

/* An RDATE. */
struct extra {
    struct moment start;
    int64_t length_s; /* -1: the event's */
};

struct day_list {
    int64_t *items;
    size_t count, room;
};

struct event {
    int line;
    char *uid, *summary;
    int64_t sequence;
    bool cancelled;
    bool all_day;
    const struct zone *zone;
    int64_t start_wall_s;
    int64_t length_s;    /* elapsed; all_day: whole days */
    int64_t first_end_s; /* of the occurrence at start_wall_s: as written, an instant */
    struct rule *rules;  /* bound */
    size_t rule_count, rule_room;
    struct extra *extras;
    size_t extra_count, extra_room;
    struct day_list without_days;     /* excluded, ascending after event_settle() */
    struct day_list without_instants; /* the same */
    bool overrides;                   /* has a RECURRENCE-ID */
    struct moment overridden;
};

struct calendar {
    char *source;
    char *zone; /* for people */
    struct event *events;
    size_t count, room;
    struct zone **made; /* zones that the file defined */
    size_t made_count;
    char **notes;
    size_t note_count, note_room;
};

void event_clear(struct event *event);
/* Sort what is searched later. */
void event_settle(struct event *event);

struct calendar *calendar_new(const char *source);
__attribute__((format(printf, 2, 3))) void calendar_note(struct calendar *calendar,
                                                         const char *format, ...);

/* Called with each single event; not 0 ends it. */
typedef int (*event_visit_fn)(int64_t from_s, int64_t until_s, void *data);

/* The single events that touch [from, until) (instants in seconds), overrides and
   exclusions taken into account; in no order, one may come twice. -1: *steps is used up. */
int event_occurrences(const struct event *event, int64_t from_s, int64_t until_s,
                      long *steps, event_visit_fn visit, void *data);
/* Does the event's own rule, start or RDATE give the moment? EXDATEs do not matter. */
int event_gives(const struct event *event, const struct moment *moment, long *steps,
                bool *out);

/* Let overrides and newer versions take the place of what they replace. */
int event_link(struct calendar *calendar, long *steps, struct slipway_error *err);

#endif
