/*
 * ics.c - the structure of an iCalendar file: components, and what the calendar says
 * about itself. calendar_parse() is here.
 *
 * Lines come one by one (lines.c). VEVENTs are kept as lines until END:VCALENDAR, because
 * a VTIMEZONE or X-WR-TIMEZONE may stand behind them; then each becomes an event. VTODO,
 * VALARM and everything unknown is stepped over. Every refusal has its line; nothing is
 * handed out on failure.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "calendar/embedded_zone.h"
#include "calendar/event.h"
#include "calendar/event_read.h"
#include "calendar/limits.h"
#include "calendar/lines.h"
#include "util/auto.h"
#include "util/xalloc.h"

enum component { OTHER, VCALENDAR, VEVENT, VTIMEZONE, OBSERVANCE };

struct level {
    enum component component;
    char name[32];
};

struct ics {
    struct lines lines;
    const struct zone *given; /* the option; NULL: none */
    struct calendar *calendar;
    struct level levels[CALENDAR_DEPTH_MAX];
    int depth;
    long steps;
    size_t event_count; /* in the whole file */
    /* of the VCALENDAR that is being read */
    int begins; /* its line */
    char *own_zone;
    bool cancels;
    struct zone_draft draft;
    struct zone_book book;
    struct raw_event *events;
    size_t count, room;
};

static enum component around(const struct ics *ics)
{
    return ics->depth ? ics->levels[ics->depth - 1].component : OTHER;
}

static int begin_event(struct ics *ics)
{
    if (++ics->event_count > CALENDAR_EVENTS_MAX)
        return place_refuse(&ics->lines.place,
                            "more than %d events; export a shorter time",
                            CALENDAR_EVENTS_MAX);
    *vec_push(ics->events, ics->count, ics->room) =
        (struct raw_event){.line = ics->lines.place.line};
    return 0;
}

/* What a BEGIN means here, and what has to be made ready for it. */
static int enter(struct ics *ics, const char *name, enum component *out)
{
    enum component outer = around(ics);
    *out = OTHER;
    if (!ics->depth && !strcasecmp(name, "VCALENDAR")) {
        *out = VCALENDAR;
        ics->begins = ics->lines.place.line;
    } else if (outer == VCALENDAR && !strcasecmp(name, "VEVENT")) {
        *out = VEVENT;
        return begin_event(ics);
    } else if (outer == VCALENDAR && !strcasecmp(name, "VTIMEZONE")) {
        *out = VTIMEZONE;
        zone_draft_clear(&ics->draft);
        ics->draft.line = ics->lines.place.line;
    } else if (outer == VTIMEZONE) {
        *out = OBSERVANCE;
        return zone_draft_observance(&ics->draft, &ics->lines.place,
                                     !strcasecmp(name, "DAYLIGHT"));
    }
    return 0;
}

static int begin(struct ics *ics, const char *name)
{
    char shown[EXCERPT];
    enum component component;
    if (!ics->depth && strcasecmp(name, "VCALENDAR") != 0)
        return place_refuse(&ics->lines.place,
                            "BEGIN:%s outside of a calendar; the file must start with "
                            "BEGIN:VCALENDAR",
                            place_excerpt(name, shown));
    if (ics->depth >= CALENDAR_DEPTH_MAX)
        return place_refuse(
            &ics->lines.place,
            "more than %d components within each other; export the calendar again",
            CALENDAR_DEPTH_MAX);
    if (enter(ics, name, &component))
        return -1;
    struct level *level = &ics->levels[ics->depth++];
    level->component = component;
    size_t length = strnlen(name, sizeof level->name - 1);
    memcpy(level->name, name, length);
    level->name[length] = '\0';
    return 0;
}

/* The zone that the file itself means for times without one. */
static const struct zone *zone_of_file(struct ics *ics)
{
    const struct zone *zone = NULL;
    char shown[EXCERPT];
    if (ics->own_zone) {
        zone = zone_book_find(&ics->book, ics->own_zone);
        if (!zone)
            calendar_note(ics->calendar, "X-WR-TIMEZONE \"%s\" is not known",
                          place_excerpt(ics->own_zone, shown));
    }
    if (!zone && ics->book.count == 1)
        zone = ics->book.entries[0].zone;
    return zone ? zone : ics->given;
}

/* Choose what people see: the calendar's zone, else that of its first event. */
static void choose_zone(struct calendar *calendar, const struct zone *zone, size_t first)
{
    if (strcmp(calendar->zone, "UTC") != 0)
        return;
    for (size_t i = first; i < calendar->count && (!zone || !*zone_name(zone)); i++)
        zone = calendar->events[i].zone;
    if (zone && *zone_name(zone))
        xreplace(&calendar->zone, zone_name(zone));
}

static void forget_object(struct ics *ics)
{
    for (size_t i = 0; i < ics->count; i++)
        raw_event_clear(&ics->events[i]);
    free(ics->events);
    ics->events = NULL;
    ics->count = ics->room = 0;
    zone_book_forget(&ics->book);
    xreplace(&ics->own_zone, NULL);
    ics->cancels = false;
}

/* END:VCALENDAR: its zones are known now, so its lines can become events. */
static int end_calendar(struct ics *ics)
{
    struct calendar *calendar = ics->calendar;
    size_t first = calendar->count;
    struct event_context context = {
        .source = ics->lines.place.source,
        .calendar = calendar,
        .book = &ics->book,
        .zone = zone_of_file(ics),
        .cancelled = ics->cancels,
        .steps = &ics->steps,
        .err = ics->lines.place.err,
    };
    for (size_t i = 0; i < ics->count; i++) {
        struct event event;
        if (event_read(&ics->events[i], &context, &event))
            return -1;
        *vec_push(calendar->events, calendar->count, calendar->room) = event;
    }
    choose_zone(calendar, context.zone, first);
    forget_object(ics);
    return 0;
}

static int end(struct ics *ics, const char *name)
{
    char shown[EXCERPT];
    const struct level *level = ics->depth ? &ics->levels[ics->depth - 1] : NULL;
    if (!level || strncasecmp(name, level->name, sizeof level->name - 1) != 0)
        return place_refuse(
            &ics->lines.place,
            "END:%s does not belong to the BEGIN:%s before it; export the "
            "calendar again",
            place_excerpt(name, shown), level ? level->name : "... that is missing");
    ics->depth--;
    if (level->component == VTIMEZONE)
        return zone_book_add(&ics->book, &ics->draft, &ics->lines.place, &ics->steps);
    return level->component == VCALENDAR ? end_calendar(ics) : 0;
}

static int method(struct ics *ics, const char *value)
{
    static const char *const answers[] = {"REPLY", "COUNTER", "DECLINECOUNTER",
                                          "REFRESH"};
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        if (!strcasecmp(value, answers[i]))
            return place_refuse(
                &ics->lines.place,
                "METHOD:%s is a letter about an event, no calendar; export the "
                "calendar itself",
                answers[i]);
    }
    ics->cancels = !strcasecmp(value, "CANCEL");
    return 0;
}

static int calendar_line(struct ics *ics, const struct line *line)
{
    if (!strcmp(line->name, "X-WR-TIMEZONE") && *line->value)
        xreplace(&ics->own_zone, line->value);
    if (!strcmp(line->name, "VERSION") && !strncmp(line->value, "1.", 2))
        return place_refuse(&ics->lines.place,
                            "this is vCalendar 1.0, whose rules mean something "
                            "else; export as iCalendar (VERSION:2.0)");
    if (!strcmp(line->name, "CALSCALE") && strcasecmp(line->value, "GREGORIAN") != 0)
        return place_refuse(
            &ics->lines.place,
            "CALSCALE other than GREGORIAN is not supported; export the calendar "
            "as Gregorian");
    return strcmp(line->name, "METHOD") != 0 ? 0 : method(ics, line->value);
}

static void trim(char *text)
{
    size_t length = strlen(text);
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
}

static int take(struct ics *ics, struct line *line)
{
    trim(line->value);
    if (!strcmp(line->name, "BEGIN"))
        return begin(ics, line->value);
    if (!strcmp(line->name, "END"))
        return end(ics, line->value);
    switch (around(ics)) {
    case VCALENDAR:
        return calendar_line(ics, line);
    case VEVENT:
        raw_event_add(&ics->events[ics->count - 1], line);
        return 0;
    case VTIMEZONE:
        zone_draft_line(&ics->draft, line);
        return 0;
    case OBSERVANCE:
        return zone_draft_rule(&ics->draft, &ics->lines.place, line);
    case OTHER:
    default:
        return ics->depth
                   ? 0
                   : place_refuse(&ics->lines.place,
                                  "%.40s outside of a calendar; the file must start with "
                                  "BEGIN:VCALENDAR",
                                  line->name);
    }
}

static int read_all(struct ics *ics)
{
    struct line line;
    int got;
    while ((got = lines_next(&ics->lines, &line)) == 1) {
        if (take(ics, &line))
            return -1;
    }
    if (got < 0)
        return -1;
    if (!ics->begins)
        return place_refuse(&ics->lines.place,
                            "no BEGIN:VCALENDAR; this is no iCalendar file");
    if (ics->depth)
        return place_refuse(
            &ics->lines.place,
            "the file ends within BEGIN:%s; it was cut off: export it again",
            ics->levels[ics->depth - 1].name);
    if (!ics->calendar->count)
        calendar_note(ics->calendar, "the calendar has no events");
    return event_link(ics->calendar, &ics->steps, ics->lines.place.err);
}

int calendar_parse(const char *source, const char *bytes, size_t length,
                   const struct calendar_options *options, struct calendar **out,
                   struct slipway_error *err)
{
    struct ics ics = {.steps = EXPANSION_STEPS_MAX};
    struct place place = {source, 1, err};
    if (length > CALENDAR_BYTES_MAX)
        return place_refuse(&place, "more than %ld MiB; export a shorter time",
                            CALENDAR_BYTES_MAX / 1024 / 1024);
    if (options && options->zone && zone_find(options->zone, &ics.given, err))
        return -1;
    auto_calendar struct calendar *calendar = calendar_new(source);
    ics.calendar = calendar;
    lines_begin(&ics.lines, source, bytes, length, err);
    int failed = read_all(&ics);
    calendar->made = ics.book.made;
    calendar->made_count = ics.book.made_count;
    lines_end(&ics.lines);
    forget_object(&ics);
    zone_draft_clear(&ics.draft);
    if (failed)
        return -1;
    *out = steal_ptr(&calendar);
    return 0;
}
