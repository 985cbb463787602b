/*
 * recur.c - the days of a rule; see rule.h.
 *
 * Period by period (day, week, month, year), each day of it is held against the bit sets
 * of the rule; BYSETPOS then chooses among those that passed. Without COUNT the walk
 * begins at the period of the first day asked for, so old calendars cost nothing. A day
 * looked at is a step, and steps are bounded: no rule can hang.
 */
#include <string.h>

#include "calendar/civil.h"
#include "calendar/rule.h"

#define PERIOD_DAYS_MAX 366

struct walk {
    const struct rule *rule;
    int64_t start, from, until;
    int64_t counted;
    long *steps;
    rule_visit_fn visit;
    void *data;
};

void rule_bind(struct rule *rule, int64_t start_day)
{
    struct civil date = civil_date(start_day);
    bool by_day = rule->weekdays || rule->has_nth;
    bool by_month_day = rule->month_days || rule->month_days_back;
    if (rule->frequency == WEEKLY && !by_day)
        rule->weekdays = 1u << civil_weekday(start_day);
    if (rule->frequency >= MONTHLY && !by_day && !by_month_day) {
        rule->month_days = 1u << date.day;
        if (rule->frequency == YEARLY && !rule->months)
            rule->months = 1u << date.month;
    }
}

/* Is it the nth such weekday, counted from the front or the back of `length` days? */
static bool is_nth(const struct rule *rule, int weekday, int index, int length)
{
    int nth = index / 7 + 1, back = (length - 1 - index) / 7 + 1;
    return (rule->nth_days[weekday] >> nth & 1) || (rule->nth_back[weekday] >> back & 1);
}

/* An ordinal names this weekday: in its month, or in its year. */
static bool ordinal_fits(const struct rule *rule, int64_t day, int weekday,
                         const struct civil *date)
{
    if (rule->frequency == YEARLY && !rule->months)
        return is_nth(rule, weekday, (int)(day - civil_days(date->year, 1, 1)),
                      365 + civil_leap(date->year));
    return is_nth(rule, weekday, date->day - 1,
                  civil_month_days(date->year, date->month));
}

/* The weekday first: most days fall there, without a date. */
static bool fits(const struct rule *rule, int64_t day)
{
    bool by_month_day = rule->month_days || rule->month_days_back;
    int weekday = civil_weekday(day);
    bool plain = rule->weekdays >> weekday & 1;
    bool any = !rule->weekdays && !rule->has_nth;
    if (!any && !plain && !rule->nth_days[weekday] && !rule->nth_back[weekday])
        return false;
    if ((any || plain) && !rule->months && !by_month_day)
        return true;
    struct civil date = civil_date(day);
    if (rule->months && !(rule->months >> date.month & 1))
        return false;
    if (by_month_day) {
        int back = civil_month_days(date.year, date.month) - date.day + 1;
        if (!(rule->month_days >> date.day & 1) && !(rule->month_days_back >> back & 1))
            return false;
    }
    return any || plain || ordinal_fits(rule, day, weekday, &date);
}

/* Days of the stretch that fit, appended. */
static size_t collect(struct walk *walk, int64_t first, int length, int64_t *days,
                      size_t count)
{
    for (int i = 0; i < length; i++) {
        if (fits(walk->rule, first + i))
            days[count++] = first + i;
    }
    *walk->steps -= length;
    return count;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t month_number(int64_t day)
{
    struct civil date = civil_date(day);
    return (int64_t)date.year * 12 + date.month - 1;
}

/* The number of the period that `day` lies in, counted from the first. */
static int64_t period_of(const struct rule *rule, int64_t start, int64_t day)
{
    switch (rule->frequency) {
    case DAILY:
        return floor_div(day - start, rule->interval);
    case WEEKLY: {
        int64_t monday = start - (civil_weekday(start) - rule->week_start + 7) % 7;
        return floor_div(day - monday, (int64_t)rule->interval * 7);
    }
    case MONTHLY:
        return floor_div(month_number(day) - month_number(start), rule->interval);
    case YEARLY:
    default:
        return floor_div(civil_date(day).year - civil_date(start).year, rule->interval);
    }
}

/* Days of one period that fit; its first day in *first. */
static size_t period_days(struct walk *walk, int64_t period, int64_t *first,
                          int64_t days[PERIOD_DAYS_MAX])
{
    const struct rule *rule = walk->rule;
    int64_t ahead = period * rule->interval;
    size_t count = 0;
    if (rule->frequency == DAILY) {
        *first = walk->start + ahead;
        return collect(walk, *first, 1, days, 0);
    }
    if (rule->frequency == WEEKLY) {
        *first = walk->start - (civil_weekday(walk->start) - rule->week_start + 7) % 7 +
                 ahead * 7;
        return collect(walk, *first, 7, days, 0);
    }
    bool monthly = rule->frequency == MONTHLY;
    int64_t number = monthly ? month_number(walk->start) + ahead
                             : (civil_date(walk->start).year + ahead) * 12;
    *first = civil_days((int)(number / 12), (int)(number % 12) + 1, 1);
    for (int64_t last = number + (monthly ? 1 : 12); number < last; number++) {
        int year = (int)(number / 12), month = (int)(number % 12) + 1;
        (*walk->steps)--;
        if (!rule->months || rule->months >> month & 1)
            count = collect(walk, civil_days(year, month, 1),
                            civil_month_days(year, month), days, count);
    }
    return count;
}

/* Keep the days at the positions that BYSETPOS names. */
static size_t choose(const struct rule *rule, int64_t *days, size_t count)
{
    size_t kept = 0;
    if (!rule->has_positions)
        return count;
    for (size_t i = 0; i < count; i++) {
        size_t front = i + 1, back = count - i;
        if ((rule->positions[front / 64] >> front % 64 & 1) ||
            (rule->positions_back[back / 64] >> back % 64 & 1))
            days[kept++] = days[i];
    }
    return kept;
}

int rule_walk(const struct rule *rule, int64_t start_day, int64_t from_day,
              int64_t until_day, long *steps, rule_visit_fn visit, void *data)
{
    struct walk walk = {.rule = rule,
                        .start = start_day,
                        .from = from_day,
                        .until = until_day,
                        .steps = steps,
                        .visit = visit,
                        .data = data};
    int64_t days[PERIOD_DAYS_MAX], first = start_day;
    int64_t period = rule->count ? 0 : period_of(rule, start_day, from_day);
    for (period = period < 0 ? 0 : period; first <= until_day; period++) {
        size_t count = period_days(&walk, period, &first, days);
        count = choose(rule, days, count);
        for (size_t i = 0; i < count && days[i] <= until_day; i++) {
            if (days[i] < start_day)
                continue;
            if (rule->count && ++walk.counted > rule->count)
                return 0;
            if (days[i] >= from_day && visit(days[i], data))
                return 0;
        }
        if (*steps < 0)
            return -1;
    }
    return 0;
}
