/*
 * rule.c - reads a recurrence rule; see rule.h. The parts are a table: name, reader. A
 * part that is not in it, stands twice, or makes no sense with the frequency is refused
 * with the words that help; the table of refusals below names the usual ones.
 */
#include "calendar/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "calendar/civil.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

struct reading {
    struct rule *rule;
    const struct place *place;
    bool has_frequency;
};

typedef int (*part_fn)(struct reading *reading, char *value);

/* A whole number with an optional sign, at most 9 digits. */
static bool number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    bool back = *text == '-';
    text += *text == '-' || *text == '+';
    size_t length = strlen(text);
    int64_t value = 0;
    if (!length || length > 9)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        value = value * 10 + (*text - '0');
    }
    *out = back ? -value : value;
    return *out >= least && *out <= most;
}

static int bad(const struct reading *reading, const char *part, const char *value,
               const char *wanted)
{
    char shown[EXCERPT];
    return place_refuse(reading->place, "%s=%s in a rule: write %s", part,
                        place_excerpt(value, shown), wanted);
}

static int read_frequency(struct reading *reading, char *value)
{
    static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!strcasecmp(value, names[i])) {
            reading->rule->frequency = (enum frequency)i;
            reading->has_frequency = true;
            return 0;
        }
    }
    return bad(reading, "FREQ", value,
               "DAILY, WEEKLY, MONTHLY or YEARLY; a window opens once a day at most");
}

static int read_interval(struct reading *reading, char *value)
{
    int64_t interval;
    if (!number(value, 1, RULE_NUMBER_MAX, &interval))
        return bad(reading, "INTERVAL", value, "a number from 1 to 10000");
    reading->rule->interval = (int)interval;
    return 0;
}

static int read_count(struct reading *reading, char *value)
{
    if (!number(value, 1, RULE_COUNT_MAX, &reading->rule->count))
        return bad(reading, "COUNT", value, "a number from 1 to 999999999");
    return 0;
}

static int read_until(struct reading *reading, char *value)
{
    if (value_time(value, strlen(value), &reading->rule->until))
        return bad(reading, "UNTIL", value,
                   "a date (20261231) or a time in UTC (20261231T225959Z)");
    reading->rule->has_until = true;
    return 0;
}

/* 0 (Sunday) to 6, -1 */
static int weekday(const char *text)
{
    static const char *const names[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
    for (int i = 0; i < 7; i++) {
        if (!strcasecmp(text, names[i]))
            return i;
    }
    return -1;
}

static int read_week_start(struct reading *reading, char *value)
{
    reading->rule->week_start = weekday(value);
    if (reading->rule->week_start < 0)
        return bad(reading, "WKST", value, "MO, TU, WE, TH, FR, SA or SU");
    return 0;
}

/* Call `add` for each value of a list "a,b,c". */
static int each(struct reading *reading, char *list,
                int (*add)(struct reading *reading, const char *item))
{
    char *rest = NULL;
    int count = 0;
    if (!*list)
        return place_refuse(reading->place, "a part of a rule has no value; remove it");
    for (char *item = strtok_r(list, ",", &rest); item;
         item = strtok_r(NULL, ",", &rest)) {
        if (++count > RULE_VALUES_MAX)
            return place_refuse(
                reading->place,
                "a part of a rule with more than %d values; write it shorter",
                RULE_VALUES_MAX);
        if (add(reading, item))
            return -1;
    }
    return 0;
}

static int add_month(struct reading *reading, const char *item)
{
    int64_t month;
    if (!number(item, 1, 12, &month))
        return bad(reading, "BYMONTH", item, "1 to 12");
    reading->rule->months |= 1u << month;
    return 0;
}

static int add_month_day(struct reading *reading, const char *item)
{
    int64_t day;
    if (!number(item, -31, 31, &day) || !day)
        return bad(reading, "BYMONTHDAY", item, "1 to 31, or -1 (the last) to -31");
    if (day > 0)
        reading->rule->month_days |= 1u << day;
    else
        reading->rule->month_days_back |= 1u << -day;
    return 0;
}

static int add_weekday(struct reading *reading, const char *item)
{
    size_t length = strlen(item);
    int day = length >= 2 ? weekday(item + length - 2) : -1;
    int64_t nth = 0;
    char head[8] = "";
    if (day < 0 || length - 2 >= sizeof head)
        return bad(reading, "BYDAY", item,
                   "MO to SU, with a number before it: 2TU, -1SU");
    memcpy(head, item, length - 2);
    if (!*head) {
        reading->rule->weekdays |= 1u << day;
        return 0;
    }
    if (!number(head, -53, 53, &nth) || !nth)
        return bad(reading, "BYDAY", item,
                   "MO to SU, with a number before it: 2TU, -1SU");
    reading->rule->has_nth = true;
    if (nth > 0)
        reading->rule->nth_days[day] |= 1ull << nth;
    else
        reading->rule->nth_back[day] |= 1ull << -nth;
    return 0;
}

static int add_position(struct reading *reading, const char *item)
{
    int64_t position;
    if (!number(item, -366, 366, &position) || !position)
        return bad(reading, "BYSETPOS", item, "1 to 366, or -1 (the last) to -366");
    uint64_t *set =
        position > 0 ? reading->rule->positions : reading->rule->positions_back;
    int64_t bit = position > 0 ? position : -position;
    set[bit / 64] |= 1ull << bit % 64;
    reading->rule->has_positions = true;
    return 0;
}

static int read_months(struct reading *reading, char *value)
{
    return each(reading, value, add_month);
}

static int read_month_days(struct reading *reading, char *value)
{
    return each(reading, value, add_month_day);
}

static int read_weekdays(struct reading *reading, char *value)
{
    return each(reading, value, add_weekday);
}

static int read_positions(struct reading *reading, char *value)
{
    return each(reading, value, add_position);
}

static int read_clock(struct reading *reading, const char *part, const char *value,
                      int most, int *out)
{
    int64_t number_read;
    if (!number(value, 0, most, &number_read))
        return bad(reading, part, value,
                   "one number, the same as in DTSTART; for several times a day write "
                   "several events");
    *out = (int)number_read;
    return 0;
}

static int read_hour(struct reading *reading, char *value)
{
    return read_clock(reading, "BYHOUR", value, 23, &reading->rule->hour);
}

static int read_minute(struct reading *reading, char *value)
{
    return read_clock(reading, "BYMINUTE", value, 59, &reading->rule->minute);
}

static int read_second(struct reading *reading, char *value)
{
    return read_clock(reading, "BYSECOND", value, 60, &reading->rule->second);
}

static const struct part {
    const char *name;
    part_fn read;
} parts[] = {
    {"FREQ", read_frequency},  {"INTERVAL", read_interval},
    {"COUNT", read_count},     {"UNTIL", read_until},
    {"WKST", read_week_start}, {"BYMONTH", read_months},
    {"BYDAY", read_weekdays},  {"BYMONTHDAY", read_month_days},
    {"BYHOUR", read_hour},     {"BYSETPOS", read_positions},
    {"BYMINUTE", read_minute}, {"BYSECOND", read_second},
};

static int read_part(struct reading *reading, char *text, unsigned *seen)
{
    char shown[EXCERPT];
    char *value = strchr(text, '=');
    if (!value)
        return place_refuse(reading->place, "\"%s\" in a rule: write NAME=VALUE",
                            place_excerpt(text, shown));
    *value++ = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (strcasecmp(text, parts[i].name) != 0)
            continue;
        if (*seen & 1u << i)
            return place_refuse(reading->place, "%s stands twice in a rule; remove one",
                                parts[i].name);
        *seen |= 1u << i;
        return parts[i].read(reading, value);
    }
    if (!strcasecmp(text, "BYWEEKNO") || !strcasecmp(text, "BYYEARDAY"))
        return place_refuse(reading->place,
                            "%s in a rule is not supported; write BYMONTH with BYDAY or "
                            "BYMONTHDAY",
                            !strcasecmp(text, "BYWEEKNO") ? "BYWEEKNO" : "BYYEARDAY");
    return place_refuse(reading->place,
                        "%s in a rule is not supported; remove it or list the "
                        "dates with RDATE",
                        place_excerpt(text, shown));
}

/* Ordinals beyond what a month can have. */
static bool beyond_month(const struct rule *rule)
{
    for (int day = 0; day < 7; day++) {
        if ((rule->nth_days[day] | rule->nth_back[day]) >> 6)
            return true;
    }
    return false;
}

static int check(const struct reading *reading)
{
    const struct rule *rule = reading->rule;
    const struct place *place = reading->place;
    bool months = rule->frequency == MONTHLY || rule->months;
    if (!reading->has_frequency)
        return place_refuse(place, "a rule without FREQ; write FREQ=WEEKLY or the like");
    if (rule->count && rule->has_until)
        return place_refuse(place, "COUNT and UNTIL in one rule; keep one of them");
    if (rule->has_nth && rule->frequency < MONTHLY)
        return place_refuse(place, "BYDAY with a number needs FREQ=MONTHLY or YEARLY");
    if (rule->has_nth && months && beyond_month(rule))
        return place_refuse(
            place, "no month has more than five of a weekday; write 1 to 5 or -1 "
                   "to -5 before the day in BYDAY");
    if (rule->frequency == WEEKLY && (rule->month_days || rule->month_days_back))
        return place_refuse(place, "BYMONTHDAY with FREQ=WEEKLY; write FREQ=MONTHLY, or "
                                   "FREQ=DAILY with BYDAY");
    if (rule->has_positions && !rule->has_nth && !rule->weekdays && !rule->months &&
        !rule->month_days && !rule->month_days_back)
        return place_refuse(place,
                            "BYSETPOS alone; it chooses among the days of another part "
                            "such as BYDAY=MO,TU,WE,TH,FR");
    return 0;
}

int rule_parse(const char *text, const struct place *place, struct rule *out)
{
    struct rule rule = {
        .interval = 1, .week_start = 1, .hour = -1, .minute = -1, .second = -1};
    struct reading reading = {.rule = &rule, .place = place};
    auto_free char *copy = xstrdup(text);
    char *rest = NULL;
    unsigned seen = 0;
    for (char *part = strtok_r(copy, ";", &rest); part;
         part = strtok_r(NULL, ";", &rest)) {
        if (read_part(&reading, part, &seen))
            return -1;
    }
    if (check(&reading))
        return -1;
    *out = rule;
    return 0;
}
