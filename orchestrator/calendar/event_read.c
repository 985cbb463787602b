/*
 * event_read.c - see event_read.h. First the start, as everything else is seen from its
 * zone; then the length, the rules, the lists of dates. What programs write beside the
 * standard is understood where it can mean one thing only (a missing TZID beside one with
 * it, Outlook's whole days); everything else is refused with its line.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "calendar/civil.h"
#include "calendar/event_reading.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static const char *const wanted[] = {
    "UID",
    "SUMMARY",
    "STATUS",
    "SEQUENCE",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "EXRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
};

void raw_event_add(struct raw_event *raw, const struct line *line)
{
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        if (!strcmp(line->name, wanted[i])) {
            *vec_push(raw->items, raw->count, raw->room) =
                (struct line){.number = line->number,
                              .name = xstrdup(line->name),
                              .params = xstrdup(line->params),
                              .value = xstrdup(line->value)};
            return;
        }
    }
}

void raw_event_clear(struct raw_event *raw)
{
    for (size_t i = 0; i < raw->count; i++) {
        free(raw->items[i].name);
        free(raw->items[i].params);
        free(raw->items[i].value);
    }
    free(raw->items);
    *raw = (struct raw_event){0};
}

static int read_start(struct reading *reading)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, NULL);
    const struct line *line;
    struct moment moment;
    if (reading_find_one(reading, "DTSTART", &line))
        return -1;
    if (!line)
        return place_refuse(&place,
                            "an event without DTSTART; remove it or give it a start");
    if (reading_moment(reading, line, line->value, strlen(line->value),
                       reading->context->zone, &moment, &event->zone))
        return -1;
    event->all_day = moment.is_date;
    event->start_wall_s = moment.wall_s;
    event->first_end_s = moment.instant_s;
    return 0;
}

/* DTEND of whole days. */
static int read_end_day(struct reading *reading, const struct line *line,
                        const struct moment *end)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, line);
    event->length_s = end->wall_s - event->start_wall_s;
    if (event->length_s < 0)
        return place_refuse(&place, "the event ends before it starts; correct DTEND");
    if (!event->length_s) {
        event->length_s = DAY_S;
        calendar_note(reading->context->calendar,
                      "line %d: DTEND is the day of DTSTART; taken as one day",
                      line->number);
    }
    return 0;
}

static int read_end(struct reading *reading, const struct line *line)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, line);
    struct moment end;
    const struct zone *zone;
    int64_t start = event->first_end_s;
    if (reading_moment(reading, line, line->value, strlen(line->value), event->zone, &end,
                       &zone))
        return -1;
    if (end.is_date != event->all_day)
        return place_refuse(&place,
                            "one of DTSTART and DTEND is a date, the other a time; write "
                            "both the same way");
    if (event->all_day)
        return read_end_day(reading, line, &end);
    if (event->zone == zone_utc() && zone == event->zone && line->value[15] == '\0')
        return place_refuse(&place,
                            "DTSTART is in UTC but DTEND has no zone; write a Z behind "
                            "DTEND too");
    event->length_s =
        zone == event->zone ? end.wall_s - event->start_wall_s : end.instant_s - start;
    if (event->length_s < 0)
        return place_refuse(&place, "the event ends before it starts; correct DTEND");
    /* a start in a gap moved behind its end: then the length counts */
    event->first_end_s = end.instant_s > start ? end.instant_s : start + event->length_s;
    return 0;
}

static int read_duration(struct reading *reading, const struct line *line)
{
    struct event *event = reading->event;
    struct place place = reading_place(reading, line);
    char shown[EXCERPT];
    bool only_days;
    if (value_duration(line->value, &event->length_s, &only_days))
        return place_refuse(
            &place,
            "DURATION \"%s\" is none or longer than %d days; write PT4H, PT90M "
            "or P1D",
            place_excerpt(line->value, shown), EVENT_DAYS_MAX);
    if (event->length_s < 0)
        return place_refuse(&place, "the event ends before it starts; correct DURATION");
    if (event->all_day && !only_days)
        return place_refuse(
            &place, "DTSTART is a date but DURATION has hours; write days (P1D) or "
                    "a start with a time");
    event->first_end_s += event->length_s;
    return 0;
}

static int read_length(struct reading *reading)
{
    struct event *event = reading->event;
    const struct line *end, *duration;
    if (reading_find_one(reading, "DTEND", &end) ||
        reading_find_one(reading, "DURATION", &duration))
        return -1;
    struct place place = reading_place(reading, end ? end : duration);
    if (end && duration)
        return place_refuse(&place, "DTEND and DURATION in one event; remove one");
    if ((end && read_end(reading, end)) || (duration && read_duration(reading, duration)))
        return -1;
    if (!end && !duration && event->all_day)
        event->length_s = DAY_S;
    if (!event->length_s)
        return place_refuse(&place,
                            "the event has no length; give it a DTEND or a DURATION");
    if (event->length_s > (int64_t)EVENT_DAYS_MAX * DAY_S)
        return place_refuse(&place, "the event is longer than %d days; correct its end",
                            EVENT_DAYS_MAX);
    return 0;
}

/* Outlook's whole days are times from midnight to midnight with a mark. */
static void read_outlook_day(struct reading *reading)
{
    struct event *event = reading->event;
    const struct line *mark = reading_find(reading, "X-MICROSOFT-CDO-ALLDAYEVENT", NULL);
    if (mark && !strcasecmp(mark->value, "TRUE") && event->zone != zone_utc() &&
        event->start_wall_s % DAY_S == 0 && event->length_s % DAY_S == 0)
        event->all_day = true;
}

/* The text of a line, without the escapes of iCalendar, harmless. */
static char *read_text(const struct reading *reading, const char *name, size_t most)
{
    auto_buf struct buf plain = {0}, harmless = {0};
    const struct line *line = reading_find(reading, name, NULL);
    for (const char *at = line ? line->value : ""; *at; at++) {
        if (*at == '\\' && at[1])
            buf_addc(&plain, *++at == 'n' || *at == 'N' ? ' ' : *at);
        else
            buf_addc(&plain, *at);
    }
    text_sanitize(&harmless, buf_text(&plain), plain.length, most);
    return xstrdup(buf_text(&harmless));
}

static void read_state(struct reading *reading)
{
    struct event *event = reading->event;
    const struct line *status = reading_find(reading, "STATUS", NULL);
    const struct line *sequence = reading_find(reading, "SEQUENCE", NULL);
    event->cancelled = reading->context->cancelled ||
                       (status && !strcasecmp(status->value, "CANCELLED"));
    size_t digits = sequence ? strspn(sequence->value, "0123456789") : 0;
    for (size_t i = 0; i < digits && i < 12; i++)
        event->sequence = event->sequence * 10 + (sequence->value[i] - '0');
}

int event_read(const struct raw_event *raw, const struct event_context *context,
               struct event *out)
{
    struct event event = {.line = raw->line};
    struct reading reading = {.raw = raw, .context = context, .event = &event};
    event.uid = read_text(&reading, "UID", CALENDAR_LINE_MAX);
    event.summary = read_text(&reading, "SUMMARY", EVENT_LABEL_MAX);
    read_state(&reading);
    int failed = read_start(&reading) || read_length(&reading);
    if (!failed) {
        read_outlook_day(&reading);
        failed = reading_rules(&reading) || reading_override(&reading);
    }
    if (failed) {
        event_clear(&event);
        return -1;
    }
    *out = event;
    return 0;
}
