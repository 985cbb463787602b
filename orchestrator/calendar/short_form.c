/*
 * short_form.c - windows and freezes in one line; the forms are in calendar.h.
 *
 * Each form between ";" makes one event like those of a file, so that both are worked out
 * by the same code. Names of days are English, three letters or in full, in any case. A
 * refusal names the column and shows a right form.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "calendar/calendar.h"
#include "calendar/civil.h"
#include "calendar/event.h"
#include "calendar/limits.h"
#include "calendar/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

#define WEEKLY_FORM  "Sat 23:00 +4h Europe/Paris"
#define MONTHLY_FORM "2nd Tue 22:00 +4h Europe/Paris"
#define DATE_FORM    "2026-12-24 22:00 +4h Europe/Paris"
#define SPAN_FORM    "2026-12-20..2027-01-04 Europe/Paris"

#define REPEATED_LENGTH_MAX_MS (31 * 86400000LL)

/* 0 (Sunday) to 6, -1. */
static int weekday(const char *text, size_t length)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
    for (int i = 0; i < 7; i++) {
        if ((length == 3 || length == strlen(names[i])) &&
            !strncasecmp(text, names[i], length))
            return i;
    }
    return -1;
}

/* "Sat" or "Mon-Fri" (also over Sunday) into the set. */
static bool add_days(const char *text, size_t length, uint32_t *days)
{
    const char *dash = memchr(text, '-', length);
    size_t first = dash ? (size_t)(dash - text) : length;
    int from = weekday(text, first);
    int to = dash ? weekday(dash + 1, length - first - 1) : from;
    if (from < 0 || to < 0)
        return false;
    *days |= 1u << from;
    for (; from != to; from = (from + 1) % 7)
        *days |= 1u << (from + 1) % 7;
    return true;
}

/* "Sat", "Tue,Thu", "Mon-Fri,Sun" */
static bool weekdays(const char *text, uint32_t *days)
{
    *days = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!add_days(text, length, days))
            return false;
        if (!text[length])
            return true;
        text += length + 1;
    }
}

/* "2nd", "1st,3rd", "last": bits 1 to 5, and bit 0 for the last. */
static bool ordinals(const char *text, uint32_t *set)
{
    static const char *const names[] = {"last", "1st", "2nd", "3rd", "4th", "5th"};
    *set = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        uint32_t before = *set;
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
            if (length == strlen(names[i]) && !strncasecmp(text, names[i], length))
                *set |= 1u << i;
        }
        if (*set == before)
            return false;
        if (!text[length])
            return true;
        text += length + 1;
    }
}

/* "+4h" in word `index`. */
static int read_length(const struct words *words, size_t index, bool repeated,
                       int64_t *out_s)
{
    int64_t ms;
    if (index < words->count && *words->items[index].text == '+' &&
        duration_is_over(words->items[index].text + 1))
        return words_refuse(words, index, DURATION_IS_OVER);
    if (index >= words->count || *words->items[index].text != '+' ||
        duration_parse(words->items[index].text + 1, &ms) || ms < 1000 || ms % 1000)
        return words_refuse(words, index,
                            "where a length such as +4h or +3h30m is expected");
    if (repeated && ms > REPEATED_LENGTH_MAX_MS)
        return words_refuse(words, index,
                            "is longer than 31 days for something repeated");
    *out_s = ms / 1000;
    return 0;
}

/* TIME LENGTH [ZONE] from word `index` on. */
static int read_opening(const struct words *words, size_t index,
                        const struct calendar_options *options, struct event *event)
{
    int64_t clock;
    if (index >= words->count || !word_clock(words->items[index].text, &clock))
        return words_refuse(words, index,
                            "where a time of day such as 23:00 is expected");
    if (read_length(words, index + 1, event->rule_count > 0, &event->length_s) ||
        words_zone(words, index + 2, options, &event->zone))
        return -1;
    if (words->count > index + 3)
        return words_refuse(words, index + 3, "is too much");
    event->start_wall_s += clock;
    event->first_end_s = zone_instant(event->zone, event->start_wall_s) + event->length_s;
    return 0;
}

static void set_rule(struct event *event, const struct rule *rule)
{
    event->start_wall_s = civil_days(2000, 1, 1) * DAY_S; /* early; weeks are all alike */
    *vec_push(event->rules, event->rule_count, event->rule_room) = *rule;
}

static int read_weekly(struct words *words, const struct calendar_options *options,
                       uint32_t days, struct event *event)
{
    struct rule rule = {.frequency = days ? WEEKLY : DAILY,
                        .interval = 1,
                        .week_start = 1,
                        .weekdays = days};
    set_rule(event, &rule);
    return read_opening(words, 1, options, event);
}

static int read_monthly(struct words *words, const struct calendar_options *options,
                        uint32_t nth, struct event *event)
{
    struct rule rule = {
        .frequency = MONTHLY, .interval = 1, .week_start = 1, .has_nth = true};
    uint32_t days = 0;
    words->example = MONTHLY_FORM;
    if (words->count < 2 || !weekdays(words->items[1].text, &days))
        return words_refuse(words, 1, "where a weekday such as Tue is expected");
    for (int day = 0; day < 7; day++) {
        if (!(days >> day & 1))
            continue;
        rule.nth_days[day] = nth & ~1u;
        rule.nth_back[day] = nth & 1 ? 1u << 1 : 0;
    }
    set_rule(event, &rule);
    return read_opening(words, 2, options, event);
}

/* Whole days. */
static int read_days(struct words *words, const struct calendar_options *options,
                     int64_t first, int64_t last, struct event *event)
{
    words->example = SPAN_FORM;
    if (last < first)
        return words_refuse(words, 0, "ends before it starts");
    if (last - first >= EVENT_DAYS_MAX)
        return words_refuse(words, 0, "is longer than %d days", EVENT_DAYS_MAX);
    if (words_zone(words, 1, options, &event->zone))
        return -1;
    if (words->count > 2)
        return words_refuse(words, 2, "is too much");
    event->all_day = true;
    event->start_wall_s = first * DAY_S;
    event->length_s = (last - first + 1) * DAY_S;
    return 0;
}

/* A form that begins with a date. 0: it is none; 1: read; -1. */
static int read_dated(struct words *words, const struct calendar_options *options,
                      struct event *event)
{
    char text[WORD_ROOM];
    int64_t first, last, clock;
    (void)snprintf(text, sizeof text, "%s", words->items[0].text);
    if (!isdigit((unsigned char)*text) || !strchr(text, '-'))
        return 0;
    char *dots = strstr(text, "..");
    if (dots)
        *dots = '\0';
    words->example = dots ? SPAN_FORM : DATE_FORM;
    if (!word_date(text, &first) || (dots && !word_date(dots + 2, &last)))
        return words_refuse(words, 0, "is no date");
    if (dots)
        return read_days(words, options, first, last, event) ? -1 : 1;
    if (words->count < 2 || (!word_clock(words->items[1].text, &clock) &&
                             !isdigit((unsigned char)*words->items[1].text)))
        return read_days(words, options, first, first, event) ? -1 : 1;
    event->start_wall_s = first * DAY_S;
    return read_opening(words, 1, options, event) ? -1 : 1;
}

static int read_words(struct words *words, const struct calendar_options *options,
                      struct event *event)
{
    uint32_t set;
    int dated = read_dated(words, options, event);
    if (dated)
        return dated < 0 ? -1 : 0;
    const char *first = words->items[0].text;
    if (!strcasecmp(first, "daily"))
        return read_weekly(words, options, 0, event);
    if (weekdays(first, &set))
        return read_weekly(words, options, set, event);
    if (ordinals(first, &set))
        return read_monthly(words, options, set, event);
    return words_refuse(words, 0,
                        "is neither a day (Sat, Mon-Fri, daily, 2nd Tue), a date "
                        "(2026-12-24) nor the path of an .ics file");
}

static int read_form(const char *text, size_t length, size_t column,
                     const struct calendar_options *options, struct event *out,
                     struct slipway_error *err)
{
    struct words words;
    struct event event = {.line = 1};
    auto_buf struct buf summary = {0};
    if (words_cut(&words, text, length, column, WEEKLY_FORM, err))
        return -1;
    if (!words.count)
        return slipway_error_set(
            err, -1,
            "column %zu: nothing where a window is expected; write it "
            "like: %s",
            column, WEEKLY_FORM);
    if (read_words(&words, options, &event)) {
        event_clear(&event);
        return -1;
    }
    for (size_t i = 0; i < words.count; i++)
        buf_addf(&summary, "%s%s", i ? " " : "", words.items[i].text);
    auto_buf struct buf harmless = {0};
    text_sanitize(&harmless, buf_text(&summary), summary.length, EVENT_LABEL_MAX);
    event.summary = buf_take(&harmless);
    event.uid = xstrdup("");
    *out = event;
    return 0;
}

int calendar_parse_short(const char *text, const struct calendar_options *options,
                         struct calendar **out, struct slipway_error *err)
{
    size_t total = strnlen(text, SHORT_FORM_MAX + 1);
    if (total > SHORT_FORM_MAX)
        return slipway_error_set(err, -1,
                                 "a short form of more than %d characters; write an .ics "
                                 "file",
                                 SHORT_FORM_MAX);
    auto_calendar struct calendar *calendar = calendar_new(text);
    for (size_t from = 0; from <= total;) {
        size_t length = strcspn(text + from, ";");
        struct event event;
        if (calendar->count >= SHORT_ITEMS_MAX)
            return slipway_error_set(err, -1, "more than %d forms; write an .ics file",
                                     SHORT_ITEMS_MAX);
        /* a ";" at the very end is no form */
        if (calendar->count && from + length == total &&
            strspn(text + from, " \t\r\n") == length)
            break;
        if (read_form(text + from, length, from + 1, options, &event, err))
            return -1;
        *vec_push(calendar->events, calendar->count, calendar->room) = event;
        from += length + 1;
    }
    xreplace(&calendar->zone, zone_name(calendar->events[0].zone));
    *out = steal_ptr(&calendar);
    return 0;
}
