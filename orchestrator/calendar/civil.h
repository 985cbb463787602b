/*
 * civil.h - dates of the Gregorian calendar as day numbers (1970-01-01 is 0), without
 * any zone. All functions are total.
 */
#ifndef CALENDAR_CIVIL_H
#define CALENDAR_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_S 86400

struct civil {
    int year, month, day; /* 1-12, 1-31 */
};

bool civil_leap(int year);
int civil_month_days(int year, int month);
bool civil_exists(int year, int month, int day);
int64_t civil_days(int year, int month, int day);
struct civil civil_date(int64_t days);
int civil_weekday(int64_t days); /* 0 is Sunday */
/* "Sun" ... "Sat" */
const char *civil_weekday_name(int weekday);

/* The day of a wall time in seconds; also of one before 1970. */
static inline int64_t civil_day_of(int64_t wall_s)
{
    return wall_s / DAY_S - (wall_s % DAY_S < 0);
}

#endif
