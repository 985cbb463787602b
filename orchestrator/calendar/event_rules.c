/*
 * event_rules.c - which days an event is repeated on: RRULE, RDATE, EXDATE, RECURRENCE-ID;
 * see event_reading.h. What two readers could understand in two ways is refused; what
 * programs write beside the standard with one meaning is taken.
 */
#include <string.h>

#include "calendar/civil.h"
#include "calendar/event_reading.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* UNTIL of a series of whole days that is written as a time. */
static int until_day(struct reading *reading, const struct place *place, bool date_start,
                     struct rule *rule)
{
    struct written_time *until = &rule->until;
    int64_t day = civil_day_of(until->wall_s), local = day;
    if (until->is_utc)
        local = civil_day_of(zone_wall(reading->event->zone, until->wall_s));
    if (date_start && local != day)
        return place_refuse(
            place, "UNTIL is a time but DTSTART a date, and it is not the same day "
                   "in both zones; write UNTIL as a date");
    *until = (struct written_time){.is_date = true, .wall_s = local * DAY_S};
    return 0;
}

static int check_until(struct reading *reading, const struct place *place,
                       struct rule *rule)
{
    bool date_start = strlen(reading_find(reading, "DTSTART", NULL)->value) == 8;
    if (!rule->has_until)
        return 0;
    if (reading->event->all_day && !rule->until.is_date)
        return until_day(reading, place, date_start, rule);
    if (!reading->event->all_day && rule->until.is_date) {
        struct civil date = civil_date(civil_day_of(rule->until.wall_s));
        return place_refuse(
            place,
            "UNTIL is a date but DTSTART a time, so that nobody can say whether "
            "the last day is included; write UNTIL=%04d%02d%02dT235959 if it is",
            date.year, date.month, date.day);
    }
    return 0;
}

/* BYHOUR and the like may only repeat DTSTART. */
static int check_clock(const struct reading *reading, const struct place *place,
                       const struct rule *rule)
{
    const struct event *event = reading->event;
    int64_t clock = event->start_wall_s - civil_day_of(event->start_wall_s) * DAY_S;
    bool same = (rule->hour < 0 || rule->hour == clock / 3600) &&
                (rule->minute < 0 || rule->minute == clock / 60 % 60) &&
                (rule->second < 0 || rule->second == clock % 60);
    return same
               ? 0
               : place_refuse(
                     place, "BYHOUR, BYMINUTE or BYSECOND differ from DTSTART; write the "
                            "time into DTSTART, and an event for each time of day");
}

static int first_day(int64_t day, void *data)
{
    *(int64_t *)data = day;
    return 1;
}

static int read_rule(struct reading *reading, const struct line *line)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, line);
    struct rule rule;
    int64_t start = civil_day_of(event->start_wall_s), first = INT64_MAX;
    if (event->rule_count >= EVENT_RULES_MAX)
        return place_refuse(&place, "more than %d rules in one event; split it",
                            EVENT_RULES_MAX);
    if (rule_parse(line->value, &place, &rule) || check_until(reading, &place, &rule) ||
        check_clock(reading, &place, &rule))
        return -1;
    rule_bind(&rule, start);
    int64_t end = civil_days(YEAR_LAST, 12, 31);
    if (rule_walk(&rule, start, start, end, reading->context->steps, first_day, &first))
        return place_refuse(&place,
                            "the rules of this calendar take too long to work out; write "
                            "them simpler");
    if (first == INT64_MAX)
        return place_refuse(&place, "this rule never happens (30 February?); correct it");
    if (first != start)
        calendar_note(reading->context->calendar,
                      "line %d: DTSTART is no day of its own rule; only the days of the "
                      "rule count",
                      line->number);
    if (rule.has_until && civil_day_of(rule.until.wall_s) + 1 < first)
        calendar_note(
            reading->context->calendar,
            "line %d: UNTIL is before the first day of the rule; it opens nothing",
            line->number);
    *vec_push(event->rules, event->rule_count, event->rule_room) = rule;
    return 0;
}

/* "START/END" or "START/DURATION" */
static int read_period(struct reading *reading, const struct line *line, const char *text,
                       struct extra *out)
{
    struct place place = reading_place(reading, line);
    const char *slash = strchr(text, '/');
    struct moment end;
    if (reading_own(reading, line, text, (size_t)(slash - text), &out->start))
        return -1;
    if (value_duration(slash + 1, &out->length_s, NULL)) {
        if (reading_own(reading, line, slash + 1, strlen(slash + 1), &end))
            return -1;
        out->length_s = end.instant_s - out->start.instant_s;
    }
    if (reading->event->all_day || out->start.is_date || out->length_s <= 0 ||
        out->length_s > (int64_t)EVENT_DAYS_MAX * DAY_S)
        return place_refuse(&place,
                            "a period of RDATE ends before it starts, is too long, or "
                            "belongs to an event of whole days; correct it");
    return 0;
}

static int read_extra(struct reading *reading, const struct line *line, char *text)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, line);
    struct extra extra = {.length_s = -1};
    if (event->extra_count >= EVENT_DATES_MAX)
        return place_refuse(&place, "more than %d dates in one event; split it",
                            EVENT_DATES_MAX);
    if (strchr(text, '/')) {
        if (read_period(reading, line, text, &extra))
            return -1;
    } else if (reading_own(reading, line, text, strlen(text), &extra.start)) {
        return -1;
    }
    if (extra.length_s < 0 && extra.start.is_date && !event->all_day)
        return place_refuse(&place,
                            "RDATE is a date but DTSTART a time; write the time too");
    if (event->all_day) {
        extra.start.wall_s = extra.start.day * DAY_S;
        extra.start.instant_s = zone_instant(event->zone, extra.start.wall_s);
    }
    *vec_push(event->extras, event->extra_count, event->extra_room) = extra;
    return 0;
}

static int read_exclusion(struct reading *reading, const struct line *line, char *text)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, line);
    struct moment moment;
    if (event->without_days.count + event->without_instants.count >= EVENT_DATES_MAX)
        return place_refuse(&place, "more than %d dates in one event; split it",
                            EVENT_DATES_MAX);
    if (reading_own(reading, line, text, strlen(text), &moment))
        return -1;
    bool by_day = moment.is_date || event->all_day;
    struct day_list *list = by_day ? &event->without_days : &event->without_instants;
    *vec_push(list->items, list->count, list->room) =
        by_day ? moment.day : moment.instant_s;
    return 0;
}

/* Call `read` for each value of all lines of that name. */
static int each(struct reading *reading, const char *name,
                int (*read)(struct reading *reading, const struct line *line, char *text))
{
    for (const struct line *line = reading_find(reading, name, NULL); line;
         line = reading_find(reading, name, line)) {
        auto_free char *list = xstrdup(line->value);
        char *rest = NULL;
        for (char *text = strtok_r(list, ", ", &rest); text;
             text = strtok_r(NULL, ", ", &rest)) {
            if (read(reading, line, text))
                return -1;
        }
    }
    return 0;
}

int reading_rules(struct reading *reading)
{
    const struct line *line = reading_find(reading, "EXRULE", NULL);
    struct place place = reading_place(reading, line);
    if (line)
        return place_refuse(&place,
                            "EXRULE is no longer part of iCalendar; write the dates with "
                            "EXDATE");
    for (line = reading_find(reading, "RRULE", NULL); line;
         line = reading_find(reading, "RRULE", line)) {
        if (read_rule(reading, line))
            return -1;
    }
    return each(reading, "RDATE", read_extra) || each(reading, "EXDATE", read_exclusion);
}

int reading_override(struct reading *reading)
{
    struct event *event = reading->event;
    const struct line *line;
    char range[32];
    if (reading_find_one(reading, "RECURRENCE-ID", &line))
        return -1;
    if (!line)
        return 0;
    struct place place = reading_place(reading, line);
    if (line_param(line->params, "RANGE", range, sizeof range))
        return place_refuse(&place,
                            "RANGE=THISANDFUTURE is not supported; end the series with "
                            "UNTIL and write a new one");
    if (event->rule_count || event->extra_count)
        return place_refuse(&place,
                            "a changed occurrence (RECURRENCE-ID) with rules of its own; "
                            "remove its RRULE and RDATE, or give it a UID of its own");
    event->overrides = true;
    return reading_own(reading, line, line->value, strlen(line->value),
                       &event->overridden);
}
