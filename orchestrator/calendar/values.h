/*
 * values.h - dates, times and durations as iCalendar writes them. Pure; 0, or -1 for a
 * text that is none.
 */
#ifndef CALENDAR_VALUES_H
#define CALENDAR_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time as it is written: where it is, its zone says. */
struct written_time {
    bool is_date;   /* a whole day: wall_s is its midnight */
    bool is_utc;    /* "Z" */
    int64_t wall_s; /* counted as if in UTC */
};

/* "20261128", "20261128T230000", "20261128T230000Z". Years 1 to 9999. */
int value_time(const char *text, size_t length, struct written_time *out);

/* "PT4H", "P1D", "P1DT2H30M", "P2W", "-PT15M": seconds, a day has 24 hours. Longer than
   EVENT_DAYS_MAX is none; *has_days (may be NULL): days or weeks only. */
int value_duration(const char *text, int64_t *out_s, bool *only_days);

/* "+0200", "-033000": seconds. */
int value_offset(const char *text, int32_t *out_s);

#endif
