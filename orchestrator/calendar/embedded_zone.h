/*
 * embedded_zone.h - the VTIMEZONE components of one calendar object: which zone a TZID
 * means. A name that the system knows gets the system's rules, as calendar programs write
 * stale or shortened ones; only other names get the rules of the file.
 */
#ifndef CALENDAR_EMBEDDED_ZONE_H
#define CALENDAR_EMBEDDED_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include "calendar/lines.h"
#include "calendar/rule.h"
#include "calendar/zone.h"

/* One STANDARD or DAYLIGHT. */
struct observance {
    int line;
    bool daylight, has_start, has_from, has_to;
    int64_t start_wall_s;
    int32_t from_s, to_s;
    struct rule rule;
    bool has_rule;
    int64_t *dates; /* RDATE, wall */
    size_t date_count, date_room;
    char abbreviation[12];
};

/* What is read of one VTIMEZONE until its end. */
struct zone_draft {
    int line;
    char *tzid, *location;
    struct observance *items;
    size_t count, room;
};

void zone_draft_clear(struct zone_draft *draft);
/* A line directly in VTIMEZONE, the beginning of an observance, a line in one. */
void zone_draft_line(struct zone_draft *draft, const struct line *line);
int zone_draft_observance(struct zone_draft *draft, const struct place *place,
                          bool daylight);
int zone_draft_rule(struct zone_draft *draft, const struct place *place,
                    const struct line *line);

/* TZIDs and their zones. Zones made from rules of the file are owned; they move to the
   calendar, which outlives this. */
struct zone_book {
    struct zone_entry {
        char *tzid;
        const struct zone *zone;
    } * entries;
    size_t count, room;
    struct zone **made;
    size_t made_count, made_room;
};

/* The draft is complete: add its zone. */
int zone_book_add(struct zone_book *book, const struct zone_draft *draft,
                  const struct place *place, long *steps);
/* NULL: neither in the book nor known to the system. */
const struct zone *zone_book_find(const struct zone_book *book, const char *tzid);
/* Forget the entries; the zones made stay. */
void zone_book_forget(struct zone_book *book);
void zone_free_made(struct zone **made, size_t count);

#endif
