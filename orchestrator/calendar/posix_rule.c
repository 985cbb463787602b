/*
 * posix_rule.c - the last line of a zone file, "CET-1CEST,M3.5.0,M10.5.0/3", as shifts.
 *
 * Such a rule holds for all years after the last shift of the file. It is written out
 * until YEAR_LAST, so that a zone is one list and nobody evaluates rules later. Hours of
 * a time may be -167 to 167, as RFC 8536 has it. A text that is no rule is refused;
 * numbers are read with bounds.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "calendar/civil.h"
#include "calendar/limits.h"
#include "calendar/zone_rules.h"

enum day_form { DAY_OF_YEAR, DAY_WITHOUT_LEAP, DAY_OF_MONTH };

struct switch_day {
    enum day_form form;
    int day; /* number of the day, or the weekday */
    int month, week;
    int64_t time_s;
};

struct posix_rule {
    struct clock_setting standard, summer;
    bool has_summer;
    struct switch_day start, end; /* of summer */
};

static bool number(const char **at, int least, int most, int *out)
{
    int value = 0, digits = 0;
    while (isdigit((unsigned char)**at) && digits < 4) {
        value = value * 10 + (**at - '0');
        (*at)++;
        digits++;
    }
    *out = value;
    return digits && value >= least && value <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(const char **at, int most_hours, int64_t *out_s)
{
    int sign = 1, hours, minutes = 0, seconds = 0;
    if (**at == '+' || **at == '-') {
        sign = **at == '-' ? -1 : 1;
        (*at)++;
    }
    if (!number(at, 0, most_hours, &hours))
        return false;
    if (**at == ':') {
        (*at)++;
        if (!number(at, 0, 59, &minutes))
            return false;
    }
    if (**at == ':') {
        (*at)++;
        if (!number(at, 0, 59, &seconds))
            return false;
    }
    *out_s = sign * (hours * 3600L + minutes * 60L + seconds);
    return true;
}

/* "CET" or "<+0330>" */
static bool abbreviation(const char **at, char out[ABBREVIATION_ROOM])
{
    bool quoted = **at == '<';
    size_t length = 0;
    *at += quoted;
    for (;
         isalpha((unsigned char)**at) || (quoted && **at && strchr("0123456789+-", **at));
         (*at)++) {
        if (length + 1 >= ABBREVIATION_ROOM)
            return false;
        out[length++] = **at;
    }
    out[length] = '\0';
    if (quoted && *(*at)++ != '>')
        return false;
    return length >= 3;
}

static bool switch_day(const char **at, struct switch_day *out)
{
    *out = (struct switch_day){.form = DAY_OF_YEAR, .time_s = 2 * 3600};
    if (*(*at)++ != ',')
        return false;
    if (**at == 'M') {
        out->form = DAY_OF_MONTH;
        (*at)++;
        if (!number(at, 1, 12, &out->month) || *(*at)++ != '.' ||
            !number(at, 1, 5, &out->week) || *(*at)++ != '.' ||
            !number(at, 0, 6, &out->day))
            return false;
    } else {
        if (**at == 'J') {
            out->form = DAY_WITHOUT_LEAP;
            (*at)++;
        }
        if (!number(at, out->form == DAY_WITHOUT_LEAP, 365, &out->day))
            return false;
    }
    if (**at != '/')
        return true;
    (*at)++;
    return clock_time(at, 167, &out->time_s);
}

/* POSIX counts offsets westward. */
static bool clock_setting(const char **at, struct clock_setting *out, bool *has_offset)
{
    int64_t west;
    if (!abbreviation(at, out->abbreviation))
        return false;
    *has_offset = **at && **at != ',' && !isalpha((unsigned char)**at) && **at != '<';
    if (!*has_offset)
        return true;
    if (!clock_time(at, 24, &west))
        return false;
    out->offset_s = (int32_t)-west;
    return true;
}

static bool parse(const char *at, struct posix_rule *out)
{
    bool has_offset;
    if (!clock_setting(&at, &out->standard, &has_offset) || !has_offset)
        return false;
    out->has_summer = *at != '\0';
    if (!out->has_summer)
        return true;
    out->summer.offset_s = out->standard.offset_s + 3600;
    return clock_setting(&at, &out->summer, &has_offset) &&
           switch_day(&at, &out->start) && switch_day(&at, &out->end) && !*at;
}

/* The wall time of the switch in one year, by the clock before it. */
static int64_t switch_wall(const struct switch_day *rule, int year)
{
    int64_t day = civil_days(year, 1, 1);
    if (rule->form == DAY_OF_YEAR) {
        day += rule->day;
    } else if (rule->form == DAY_WITHOUT_LEAP) {
        day += rule->day - 1 + (rule->day >= 60 && civil_leap(year));
    } else {
        int64_t first = civil_days(year, rule->month, 1);
        day = first + (rule->day - civil_weekday(first) + 7) % 7 + (rule->week - 1) * 7;
        if (day >= first + civil_month_days(year, rule->month))
            day -= 7;
    }
    return day * DAY_S + rule->time_s;
}

int posix_rule_apply(const char *text, struct zone *zone)
{
    struct posix_rule rule = {0};
    if (!parse(text, &rule))
        return -1;
    if (!zone->count && !*zone->before.abbreviation)
        zone->before = rule.standard;
    if (!rule.has_summer)
        return 0;
    int64_t last = zone->count ? zone->shifts[zone->count - 1].at_s : 0;
    int year = civil_date(civil_day_of(last)).year;
    for (year = year < YEAR_FIRST ? YEAR_FIRST : year; year <= YEAR_LAST + 1; year++) {
        int64_t start = switch_wall(&rule.start, year) - rule.standard.offset_s;
        int64_t end = switch_wall(&rule.end, year) - rule.summer.offset_s;
        if (start < end) {
            zone_add_shift(zone, start, &rule.summer);
            zone_add_shift(zone, end, &rule.standard);
        } else {
            zone_add_shift(zone, end, &rule.standard);
            zone_add_shift(zone, start, &rule.summer);
        }
    }
    return 0;
}
