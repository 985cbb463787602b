/*
 * zone_rules.h - what a zone is inside: a list of shifts, complete until YEAR_LAST.
 * Only for the files that make zones; others use zone.h.
 */
#ifndef CALENDAR_ZONE_RULES_H
#define CALENDAR_ZONE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "calendar/zone.h"

#define ABBREVIATION_ROOM 12

/* What a clock shows, besides the time. */
struct clock_setting {
    int32_t offset_s; /* east of UTC is positive; within OFFSET_MAX_S */
    char abbreviation[ABBREVIATION_ROOM];
};

struct shift {
    int64_t at_s; /* the first instant with the new setting */
    struct clock_setting to;
};

struct zone {
    char *name;
    struct clock_setting before; /* before the first shift */
    struct shift *shifts;        /* ascending */
    size_t count, room;
};

/* Append; a shift that is not later than the last one is left out. */
void zone_add_shift(struct zone *zone, int64_t at_s, const struct clock_setting *to);
/* Does its clock never change after 2020? */
bool zone_steady(const struct zone *zone);
/* Free what the zone holds, not the zone itself. */
void zone_clear(struct zone *zone);

/* Read the bytes of a zone file (TZif 2 and later). NULL, or what is wrong with them:
   *out is empty then. The name stays to be set. */
const char *tzif_read(const unsigned char *bytes, size_t length, struct zone *out);

/* Append what the POSIX rule at the end of a zone file says for the years after the last
   shift until YEAR_LAST. -1: it is none. */
int posix_rule_apply(const char *rule, struct zone *zone);

#endif
