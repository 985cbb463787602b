/*
 * calendars.h - what the tests of calendars share: texts of files, ranges, refusals.
 */
#ifndef TEST_CALENDARS_H
#define TEST_CALENDARS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "calendar/calendar.h"
#include "calendar/zone.h"
#include "util/auto.h"
#include "util/buf.h"

#define PARIS (&(struct calendar_options){.zone = "Europe/Paris"})

static inline int64_t instant(const char *text)
{
    int64_t ms = 0;
    struct slipway_error err = {0};
    if (calendar_instant(text, NULL, &ms, &err))
        fail_msg("%s: %s", text, err.text);
    return ms;
}

static inline struct calendar *parsed(const char *text,
                                      const struct calendar_options *options)
{
    struct calendar *calendar = NULL;
    struct slipway_error err = {0};
    if (calendar_parse("test.ics", text, strlen(text), options, &calendar, &err))
        fail_msg("%s\n%s", err.text, text);
    return calendar;
}

/* "BEGIN:VCALENDAR ... VEVENT" around lines of one event, which begin at line 4. */
static inline char *around(const char *lines)
{
    auto_buf struct buf out = {0};
    buf_adds(&out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n");
    buf_adds(&out, lines);
    buf_adds(&out, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    return buf_take(&out);
}

/* One line for each occurrence in the calendar's zone: "Sat 2026-11-28 23:00 CET 4h00". */
static inline char *shown(const struct calendar *calendar, const char *from,
                          const char *until)
{
    auto_free struct calendar_occurrence *items = NULL;
    auto_buf struct buf out = {0};
    struct slipway_error err = {0};
    size_t count = 0;
    if (calendar_occurrences(calendar, instant(from), instant(until), &items, &count,
                             &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < count; i++) {
        char start[64];
        int64_t minutes = (items[i].span.until_ms - items[i].span.from_ms) / 60000;
        (void)zone_local(calendar_zone(calendar), items[i].span.from_ms, start,
                         sizeof start);
        buf_addf(&out, "%s %lldh%02lld%s%s\n", start, (long long)minutes / 60,
                 (long long)minutes % 60, *items[i].summary ? " " : "", items[i].summary);
    }
    buf_adds(&out, "");
    return out.data ? buf_take(&out) : NULL;
}

static inline void opens(const char *text, const struct calendar_options *options,
                         const char *from, const char *until, const char *expected)
{
    auto_calendar struct calendar *calendar = parsed(text, options);
    auto_free char *got = shown(calendar, from, until);
    assert_string_equal(got ? got : "", expected);
}

#endif
