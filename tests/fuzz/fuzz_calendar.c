/*
 * fuzz_calendar.c - calendars from anybody: what is refused has a sentence; what is
 * accepted opens in order, in range, and the same in a part of a range as in the whole.
 *
 * The first bytes say what the rest is: "short:", "cron:", "at:", a zone file (TZif), and
 * everything else is an iCalendar file.
 */
#include "fuzz.h"

#include "calendar/calendar.h"
#include "calendar/limits.h"
#include "calendar/zone.h"
#include "calendar/zone_rules.h"
#include "util/text.h"

#define DAY_MS 86400000LL
#define FROM   1767225600000LL /* 2026-01-01 */
#define UNTIL  (FROM + 396 * DAY_MS)

static const struct calendar_options options = {.zone = "Europe/Paris"};

static void check_order(const struct calendar_occurrence *items, size_t count,
                        int64_t from_ms, int64_t until_ms)
{
    for (size_t i = 0; i < count; i++) {
        MUST(items[i].span.from_ms < items[i].span.until_ms);
        MUST(items[i].span.from_ms < until_ms && items[i].span.until_ms > from_ms);
        MUST(!i || items[i - 1].span.from_ms <= items[i].span.from_ms);
        MUST(text_is_utf8(items[i].summary, strlen(items[i].summary)));
        MUST(text_is_utf8(items[i].uid, strlen(items[i].uid)));
    }
}

static bool listed(const struct calendar_occurrence *one,
                   const struct calendar_occurrence *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].span.from_ms == one->span.from_ms &&
            items[i].span.until_ms == one->span.until_ms && items[i].uid == one->uid)
            return true;
    }
    return false;
}

/* Both lists are of the same calendar; `part` asked for less. */
static void check_part(const struct calendar *calendar,
                       const struct calendar_occurrence *whole, size_t whole_count)
{
    auto_free struct calendar_occurrence *part = NULL;
    size_t count = 0;
    struct slipway_error err = {""};
    int64_t from = FROM + 90 * DAY_MS, until = from + 21 * DAY_MS;
    if (calendar_occurrences(calendar, from, until, &part, &count, &err)) {
        MUST(err.text[0]);
        return;
    }
    check_order(part, count, from, until);
    for (size_t i = 0; i < count && i < 50; i++)
        MUST(listed(&part[i], whole, whole_count));
}

static void check_spans(const struct calendar *calendar,
                        const struct calendar_occurrence *items, size_t count)
{
    struct spans spans = {0};
    struct slipway_error err = {""};
    MUST(!calendar_expand(calendar, FROM, UNTIL, &spans, &err));
    for (size_t i = 1; i < spans.count; i++)
        MUST(spans.items[i - 1].until_ms < spans.items[i].from_ms);
    for (size_t i = 0; i < count; i++)
        MUST(spans_contain(&spans, items[i].span.from_ms) &&
             spans_contain(&spans, items[i].span.until_ms - 1));
    MUST(!count == !spans.count);
    spans_clear(&spans);
}

static void check_calendar(struct calendar *calendar)
{
    auto_free struct calendar_occurrence *items = NULL;
    size_t count = 0;
    struct slipway_error err = {""};
    const char *const *notes = NULL;
    char text[64];
    MUST(!zone_local(calendar_zone(calendar), FROM, text, sizeof text));
    for (size_t i = calendar_notes(calendar, &notes); i > 0; i--)
        MUST(text_is_utf8(notes[i - 1], strlen(notes[i - 1])));
    if (calendar_occurrences(calendar, FROM, UNTIL, &items, &count, &err)) {
        MUST(err.text[0]);
    } else {
        check_order(items, count, FROM, UNTIL);
        check_part(calendar, items, count);
        check_spans(calendar, items, count);
    }
    calendar_free(calendar);
}

/* What a cron line becomes can be read back. */
static void check_cron(const char *line)
{
    auto_free char *made = NULL;
    struct calendar *calendar = NULL;
    struct slipway_error err = {""};
    if (calendar_from_cron(line, "4h", "Europe/Paris", &made, &err)) {
        MUST(err.text[0]);
        return;
    }
    if (strncmp(made, "BEGIN:", 6) != 0)
        MUST(!calendar_parse_short(made, NULL, &calendar, &err));
    else
        MUST(!calendar_parse("cron.ics", made, strlen(made), NULL, &calendar, &err));
    check_calendar(calendar);
}

static void check_zone(const uint8_t *data, size_t size)
{
    struct zone zone;
    if (tzif_read(data, size, &zone)) {
        MUST(!zone.shifts && !zone.count);
        return;
    }
    for (size_t i = 0; i < zone.count && i < 500; i++) {
        for (int64_t away = -7200; away <= 7200; away += 1800) {
            int64_t at = zone.shifts[i].at_s;
            if (at < INT64_MIN / 2 || at > INT64_MAX / 2)
                continue;
            int64_t wall = zone_wall(&zone, at) + away;
            int64_t back = zone_wall(&zone, zone_instant(&zone, wall));
            MUST(back >= wall - 2 * OFFSET_MAX_S && back <= wall + 2 * OFFSET_MAX_S);
        }
    }
    zone_clear(&zone);
}

static bool begins(const char *text, const char *head)
{
    return !strncmp(text, head, strlen(head));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    struct calendar *calendar = NULL;
    struct slipway_error err = {""};
    int64_t ms = 0;
    int failed = 0;
    if (begins(text, "TZif")) {
        check_zone(data, size);
    } else if (begins(text, "cron:")) {
        check_cron(text + 5);
    } else if (begins(text, "at:")) {
        failed = calendar_instant(text + 3, &options, &ms, &err);
    } else {
        failed = begins(text, "short:")
                     ? calendar_parse_short(text + 6, &options, &calendar, &err)
                     : calendar_parse("fuzz.ics", (const char *)data, size, &options,
                                      &calendar, &err);
    }
    MUST(!failed == !err.text[0]);
    if (calendar)
        check_calendar(calendar);
    return 0;
}
