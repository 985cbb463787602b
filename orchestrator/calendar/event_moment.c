/*
 * event_moment.c - the lines of one VEVENT by name, and the times in them; see
 * event_reading.h. A time has the zone of its Z, of its TZID, or the one around it, in
 * this order; without any it is refused, because nobody can say when it is.
 */
#include <string.h>
#include <strings.h>

#include "calendar/civil.h"
#include "calendar/event_reading.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

struct place reading_place(const struct reading *reading, const struct line *line)
{
    return (struct place){reading->context->source,
                          line ? line->number : reading->raw->line,
                          reading->context->err};
}

/* The next line of that name behind `after` (NULL: the first); NULL: none. */
const struct line *reading_find(const struct reading *reading, const char *name,
                                const struct line *after)
{
    const struct raw_event *raw = reading->raw;
    size_t from = after ? (size_t)(after - raw->items) + 1 : 0;
    for (size_t i = from; i < raw->count; i++) {
        if (!strcmp(raw->items[i].name, name))
            return &raw->items[i];
    }
    return NULL;
}

/* The only line of that name in *out, NULL if there is none. -1: two. */
int reading_find_one(const struct reading *reading, const char *name,
                     const struct line **out)
{
    *out = reading_find(reading, name, NULL);
    const struct line *second = *out ? reading_find(reading, name, *out) : NULL;
    struct place place = reading_place(reading, second);
    return second ? place_refuse(&place, "a second %s in one event; remove one", name)
                  : 0;
}

/* Read the parameters of a line, once: it may hold thousands of times. */
static int see(struct reading *reading, const struct line *line)
{
    struct place place = reading_place(reading, line);
    char tzid[256], value[16], shown[EXCERPT];
    if (reading->seen.line == line)
        return 0;
    bool named = line_param(line->params, "TZID", tzid, sizeof tzid);
    const struct zone *zone = named ? zone_book_find(reading->context->book, tzid) : NULL;
    if (named && !zone)
        return place_refuse(
            &place,
            "time zone \"%s\" is neither defined in this file (VTIMEZONE) "
            "nor known; write an IANA name such as Europe/Paris",
            place_excerpt(tzid, shown));
    reading->seen.line = line;
    reading->seen.named = named;
    reading->seen.zone = zone;
    reading->seen.only_dates = line_param(line->params, "VALUE", value, sizeof value) &&
                               !strcasecmp(value, "DATE");
    return 0;
}

/* The zone of a written time; NULL when it was refused. */
static const struct zone *zone_of(const struct reading *reading, const struct line *line,
                                  const struct written_time *time,
                                  const struct zone *fallback)
{
    struct place place = reading_place(reading, line);
    const struct zone *zone = reading->seen.named ? reading->seen.zone : fallback;
    if (time->is_utc)
        return zone_utc();
    if (!zone)
        (void)place_refuse(
            &place,
            "%s has no time zone; give the calendar one (X-WR-TIMEZONE, or "
            "`zone: Europe/Paris` where the calendar is named)",
            line->name);
    return zone;
}

/* Read one time of a line. `fallback` is for times without a zone. */
int reading_moment(struct reading *reading, const struct line *line, const char *text,
                   size_t length, const struct zone *fallback, struct moment *out,
                   const struct zone **zone)
{
    struct place place = reading_place(reading, line);
    struct written_time time;
    char shown[EXCERPT];
    auto_free char *copy = xstrndup(text, length);
    if (value_time(copy, strlen(copy), &time) || strlen(copy) != length)
        return place_refuse(&place,
                            "%s \"%s\" is no time; write 20261128T230000, with TZID=, or "
                            "20261128T220000Z",
                            line->name, place_excerpt(copy, shown));
    if (see(reading, line))
        return -1;
    if (reading->seen.only_dates && !time.is_date)
        return place_refuse(
            &place, "%s says VALUE=DATE but has a time; remove one of them", line->name);
    int year = civil_date(civil_day_of(time.wall_s)).year;
    if (year < YEAR_FIRST || year > YEAR_LAST)
        return place_refuse(&place, "%s is in the year %d; %d to %d can be used",
                            line->name, year, YEAR_FIRST, YEAR_LAST);
    const struct zone *own = zone_of(reading, line, &time, fallback);
    if (!own)
        return -1;
    *out = (struct moment){.is_date = time.is_date,
                           .day = civil_day_of(time.wall_s),
                           .instant_s = zone_instant(own, time.wall_s),
                           .wall_s = time.wall_s};
    if (time.is_utc && fallback)
        out->day = civil_day_of(zone_wall(fallback, out->instant_s));
    if (zone)
        *zone = own;
    return 0;
}

/* Seen from the event's zone. */
int reading_own(struct reading *reading, const struct line *line, const char *text,
                size_t length, struct moment *out)
{
    if (reading_moment(reading, line, text, length, reading->event->zone, out, NULL))
        return -1;
    if (!reading->event->all_day && !out->is_date)
        out->wall_s = zone_wall(reading->event->zone, out->instant_s);
    return 0;
}
