/*
 * calendar_write.c - see calendar_write.h. Lines are folded at 75 bytes, never inside a
 * character; texts are escaped, and what is no text (controls, bad UTF-8) is left out.
 * There is nothing that can fail but the caller's own data, checked before the first byte.
 */
#include "calendar/calendar_write.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/text.h"

#define FOLD_AT 75 /* octets in a line, without its line break: RFC 5545 3.1 */

/* Bytes of the character that starts here. */
static size_t character(const char *text)
{
    size_t length = 1;
    while (((unsigned char)text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* Append one content line, folded. */
static void line(struct buf *out, const char *text)
{
    size_t used = 0;
    while (*text) {
        size_t length = character(text);
        if (used + length > FOLD_AT) {
            buf_adds(out, "\r\n ");
            used = 1;
        }
        buf_add(out, text, length);
        used += length;
        text += length;
    }
    buf_adds(out, "\r\n");
}

/* The text without controls and malformed bytes, escaped as RFC 5545 3.3.11 says. */
static void escape(struct buf *out, const char *text, bool list)
{
    auto_buf struct buf part = {0};
    const char *from = text;
    for (;;) {
        size_t length = strcspn(from, "\n");
        buf_reset(&part);
        if (length)
            text_sanitize(&part, from, length, length * 8);
        for (const char *at = buf_text(&part); *at; at++) {
            if (*at == '\\' || *at == ';' || (*at == ',' && !list))
                buf_addc(out, '\\');
            buf_addc(out, *at);
        }
        if (!from[length])
            return;
        buf_adds(out, "\\n");
        from += length + 1;
    }
}

static void text_line(struct buf *out, const char *name, const char *text, bool list)
{
    if (!text)
        return;
    auto_buf struct buf whole = {0};
    buf_addf(&whole, "%s:", name);
    escape(&whole, text, list);
    line(out, buf_text(&whole));
}

static void time_line(struct buf *out, const char *name, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts = {0};
    char text[32];
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    buf_addf(out, "%s:%s\r\n", name, text);
}

static void write_event(struct buf *out, const struct calendar_event *event)
{
    buf_adds(out, "BEGIN:VEVENT\r\n");
    text_line(out, "UID", event->uid, false);
    buf_addf(out, "SEQUENCE:%d\r\n", event->sequence);
    time_line(out, "DTSTAMP", event->stamp_ms);
    time_line(out, "DTSTART", event->span.from_ms);
    time_line(out, "DTEND", event->span.until_ms);
    text_line(out, "SUMMARY", event->summary, false);
    text_line(out, "DESCRIPTION", event->description, false);
    text_line(out, "CATEGORIES", event->categories, true);
    buf_addf(out, "STATUS:%s\r\n", event->cancelled ? "CANCELLED" : "CONFIRMED");
    buf_adds(out, "END:VEVENT\r\n");
}

int calendar_write(const struct calendar_event *events, size_t count, const char *name,
                   struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!events[i].uid || !*events[i].uid ||
            events[i].span.until_ms < events[i].span.from_ms)
            return -1;
    }
    buf_adds(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    buf_adds(out, "PRODID:-//slipway//slipway " SLIPWAY_VERSION "//EN\r\n");
    buf_adds(out, "CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n");
    text_line(out, "X-WR-CALNAME", name, false);
    for (size_t i = 0; i < count; i++)
        write_event(out, &events[i]);
    buf_adds(out, "END:VCALENDAR\r\n");
    return 0;
}
