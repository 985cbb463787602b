/*
 * embedded_zone.c - see embedded_zone.h. Each observance is worked out to shifts (its start,
 * its RDATEs, its rule from YEAR_FIRST to YEAR_LAST); all of them sorted make a zone like
 * any other. Onsets count by the offset before them, as RFC 5545 3.6.5 says. Numbers are
 * bounded by limits.h; a wrong or missing part refuses the file with its line, but only
 * if the rules are needed at all.
 */
#include "calendar/embedded_zone.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "calendar/civil.h"
#include "calendar/limits.h"
#include "calendar/windows_zones.h"
#include "calendar/zone_rules.h"
#include "util/auto.h"
#include "util/xalloc.h"

void zone_draft_clear(struct zone_draft *draft)
{
    for (size_t i = 0; i < draft->count; i++)
        free(draft->items[i].dates);
    free(draft->items);
    free(draft->tzid);
    free(draft->location);
    *draft = (struct zone_draft){0};
}

/* It is a text here ("\\," for ","), unlike in TZID=; some programs quote it too. */
static void set_name(char **slot, const char *value)
{
    char *name = xstrdup(value);
    size_t length = 0;
    for (const char *at = value; *at; at++) {
        at += *at == '\\' && at[1];
        if (*at != '"')
            name[length++] = *at;
    }
    name[length] = '\0';
    free(*slot);
    *slot = name;
}

void zone_draft_line(struct zone_draft *draft, const struct line *line)
{
    if (!strcmp(line->name, "TZID"))
        set_name(&draft->tzid, line->value);
    if (!strcmp(line->name, "X-LIC-LOCATION"))
        set_name(&draft->location, line->value);
}

int zone_draft_observance(struct zone_draft *draft, const struct place *place,
                          bool daylight)
{
    if (draft->count >= OBSERVANCES_MAX)
        return place_refuse(place,
                            "more than %d rules in one VTIMEZONE; remove the old ones",
                            OBSERVANCES_MAX);
    *vec_push(draft->items, draft->count, draft->room) =
        (struct observance){.line = place->line, .daylight = daylight};
    return 0;
}

static int read_dates(struct observance *item, const struct place *place, char *list)
{
    char *rest = NULL, shown[EXCERPT];
    for (char *text = strtok_r(list, ",", &rest); text;
         text = strtok_r(NULL, ",", &rest)) {
        struct written_time time;
        if (value_time(text, strcspn(text, "/"), &time) || item->date_count >= 1000)
            return place_refuse(place,
                                "RDATE \"%s\" of a time zone; export the calendar again",
                                place_excerpt(text, shown));
        *vec_push(item->dates, item->date_count, item->date_room) = time.wall_s;
    }
    return 0;
}

static int read_offset(const struct place *place, const struct line *line, int32_t *out,
                       bool *has)
{
    char shown[EXCERPT];
    if (value_offset(line->value, out))
        return place_refuse(place, "%s \"%s\"; write an offset from UTC such as +0100",
                            line->name, place_excerpt(line->value, shown));
    *has = true;
    return 0;
}

int zone_draft_rule(struct zone_draft *draft, const struct place *place,
                    const struct line *line)
{
    struct observance *item = &draft->items[draft->count - 1];
    struct written_time time;
    if (!strcmp(line->name, "TZOFFSETFROM"))
        return read_offset(place, line, &item->from_s, &item->has_from);
    if (!strcmp(line->name, "TZOFFSETTO"))
        return read_offset(place, line, &item->to_s, &item->has_to);
    if (!strcmp(line->name, "TZNAME"))
        (void)snprintf(item->abbreviation, sizeof item->abbreviation, "%s", line->value);
    if (!strcmp(line->name, "RDATE"))
        return read_dates(item, place, line->value);
    if (!strcmp(line->name, "DTSTART")) {
        if (value_time(line->value, strlen(line->value), &time))
            return place_refuse(place, "DTSTART of a time zone; write 19701025T030000");
        item->start_wall_s = time.wall_s;
        item->has_start = true;
    }
    if (!strcmp(line->name, "RRULE") && !item->has_rule) {
        if (rule_parse(line->value, place, &item->rule))
            return -1;
        item->has_rule = true;
    }
    return 0;
}

struct onsets {
    struct shift *items;
    size_t count, room;
    const struct observance *of;
};

static void add_onset(struct onsets *onsets, int64_t wall_s)
{
    const struct observance *of = onsets->of;
    struct shift shift = {.at_s = wall_s - of->from_s, .to = {.offset_s = of->to_s}};
    (void)snprintf(shift.to.abbreviation, sizeof shift.to.abbreviation, "%s",
                   of->abbreviation);
    *vec_push(onsets->items, onsets->count, onsets->room) = shift;
}

static int visit(int64_t day, void *data)
{
    struct onsets *onsets = data;
    const struct observance *of = onsets->of;
    int64_t wall =
        day * DAY_S + of->start_wall_s - civil_day_of(of->start_wall_s) * DAY_S;
    const struct written_time *until = &of->rule.until;
    if (of->rule.has_until) {
        int64_t last = until->wall_s + (until->is_date ? DAY_S - 1 : 0);
        if (wall - (until->is_utc ? of->from_s : 0) > last)
            return 1;
    }
    add_onset(onsets, wall);
    return onsets->count > ZONE_SHIFTS_MAX;
}

static int by_time(const void *a, const void *b)
{
    const struct shift *x = a, *y = b;
    return (x->at_s > y->at_s) - (x->at_s < y->at_s);
}

static int work_out(const struct observance *item, const char *source, struct onsets *out,
                    struct slipway_error *err, long *steps)
{
    struct place place = {source, item->line, err};
    if (!item->has_start || !item->has_from || !item->has_to)
        return place_refuse(
            &place, "a time-zone rule without DTSTART, TZOFFSETFROM or TZOFFSETTO; "
                    "export the calendar again");
    out->of = item;
    add_onset(out, item->start_wall_s);
    for (size_t i = 0; i < item->date_count; i++)
        add_onset(out, item->dates[i]);
    if (!item->has_rule)
        return 0;
    struct rule rule = item->rule;
    int64_t start = civil_day_of(item->start_wall_s);
    rule_bind(&rule, start);
    if (rule_walk(&rule, start, civil_days(YEAR_FIRST, 1, 1),
                  civil_days(YEAR_LAST + 1, 12, 31), steps, visit, out) ||
        out->count > ZONE_SHIFTS_MAX)
        return place_refuse(&place,
                            "the rules of the time zones take too long to work out; "
                            "export the calendar again");
    return 0;
}

/* The zone that the rules of the file make. */
static struct zone *make(const struct zone_draft *draft, const struct place *place,
                         long *steps)
{
    struct onsets onsets = {0};
    int failed = 0;
    for (size_t i = 0; i < draft->count && !failed; i++)
        failed = work_out(&draft->items[i], place->source, &onsets, place->err, steps);
    auto_free struct shift *items = onsets.items;
    if (failed)
        return NULL;
    struct zone *zone = xcalloc(1, sizeof *zone);
    if (items)
        qsort(items, onsets.count, sizeof *items, by_time);
    zone->before.offset_s = draft->items[0].from_s;
    for (size_t i = 0; items && i < onsets.count; i++)
        zone_add_shift(zone, items[i].at_s, &items[i].to);
    return zone;
}

/* "EST" is a zone of the system without summer time; a file that writes EST and EDT
   means another. */
static bool means_other(const struct zone_draft *draft, const struct zone *known)
{
    bool daylight = false;
    for (size_t i = 0; i < draft->count; i++)
        daylight |= draft->items[i].daylight;
    return daylight && !strchr(draft->tzid, '/') && !windows_zone(draft->tzid) &&
           zone_steady(known);
}

int zone_book_add(struct zone_book *book, const struct zone_draft *draft,
                  const struct place *place, long *steps)
{
    struct place at = {place->source, draft->line, place->err};
    if (!draft->tzid || !*draft->tzid)
        return place_refuse(&at, "a VTIMEZONE without TZID; export the calendar again");
    if (book->count >= CALENDAR_ZONES_MAX)
        return place_refuse(&at, "more than %d time zones; split the calendar",
                            CALENDAR_ZONES_MAX);
    const struct zone *zone = zone_of_program(draft->tzid);
    if (!zone && draft->location)
        zone = zone_of_program(draft->location);
    if (!zone || means_other(draft, zone)) {
        if (!draft->count)
            return place_refuse(
                &at, "a VTIMEZONE without STANDARD or DAYLIGHT, and its TZID is no "
                     "zone that is known here; write an IANA name such as "
                     "Europe/Paris");
        struct zone *made = make(draft, &at, steps);
        if (!made)
            return -1;
        *vec_push(book->made, book->made_count, book->made_room) = made;
        zone = made;
    }
    *vec_push(book->entries, book->count, book->room) =
        (struct zone_entry){xstrdup(draft->tzid), zone};
    return 0;
}

const struct zone *zone_book_find(const struct zone_book *book, const char *tzid)
{
    for (size_t i = 0; i < book->count; i++) {
        if (!strcmp(book->entries[i].tzid, tzid))
            return book->entries[i].zone;
    }
    return zone_of_program(tzid);
}

void zone_book_forget(struct zone_book *book)
{
    for (size_t i = 0; i < book->count; i++)
        free(book->entries[i].tzid);
    free(book->entries);
    book->entries = NULL;
    book->count = book->room = 0;
}

void zone_free_made(struct zone **made, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zone_clear(made[i]);
        free(made[i]);
    }
    free(made);
}
