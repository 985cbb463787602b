/*
 * rule.h - the recurrence rules that slipway accepts, and the days they mean.
 *
 * The grammar: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY with INTERVAL, COUNT or UNTIL, WKST,
 * BYMONTH, BYMONTHDAY (not with WEEKLY), BYDAY (with ordinals in MONTHLY and YEARLY) and
 * BYSETPOS. BYHOUR, BYMINUTE and BYSECOND only as one value that DTSTART says anyway.
 * Everything else is refused.
 *
 * A rule is about local days: the time of day is the event's, instants are not known here.
 */
#ifndef CALENDAR_RULE_H
#define CALENDAR_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "calendar/place.h"
#include "calendar/values.h"

enum frequency { DAILY, WEEKLY, MONTHLY, YEARLY };

#define SET_WORDS 6 /* of 64 bits: positions 1 to 366 */

struct rule {
    enum frequency frequency;
    int interval;
    int64_t count; /* 0: no COUNT */
    bool has_until;
    struct written_time until;
    int week_start; /* 0 is Sunday */
    /* bit sets; bit n is value n; a negative value -n is bit n of the second. 0: any */
    uint32_t months;
    uint32_t month_days, month_days_back;
    uint32_t weekdays;                 /* bit 0 is Sunday: every such day */
    uint64_t nth_days[7], nth_back[7]; /* by weekday: the 2nd, the last  */
    uint64_t positions[SET_WORDS], positions_back[SET_WORDS];
    bool has_nth, has_positions;
    int hour, minute, second; /* BYHOUR ... if given, else -1 */
};

/* Read a rule; *out is complete but for what DTSTART fills in (rule_bind). */
int rule_parse(const char *text, const struct place *place, struct rule *out);

/* Fill in what the rule leaves to the day it starts: "weekly" on the same weekday. */
void rule_bind(struct rule *rule, int64_t start_day);

/* Called with each day in order; not 0 ends the walk. */
typedef int (*rule_visit_fn)(int64_t day, void *data);

/*
 * The days of a bound rule from `from_day` to `until_day`, both included, never before
 * `start_day`. COUNT is kept; UNTIL is the caller's, who knows the zone. *steps falls by
 * one for each day looked at; -1 when it is used up.
 */
int rule_walk(const struct rule *rule, int64_t start_day, int64_t from_day,
              int64_t until_day, long *steps, rule_visit_fn visit, void *data);

#endif
