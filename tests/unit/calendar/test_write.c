/*
 * test_write.c - calendars for other people's programs: the exact bytes, and that slipway
 * itself reads them back.
 */
#include "calendars.h"

#include "calendar/calendar_write.h"
#include "util/text.h"

static const struct calendar_event slot = {
    .uid = "acme-vc-0017@slipway",
    .sequence = 2,
    .span = {1764378600000, 1764381900000},
    .stamp_ms = 1763000000000,
    .summary = "vc-0017; upgrade, part 1",
    .description = "8.0.3 -> 8.0.3.00500\nBack\\slash",
    .categories = "slipway,rbx",
};

static void an_event_as_other_programs_read_it(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    assert_int_equal(calendar_write(&slot, 1, "Maintenance acme", &out), 0);
    assert_string_equal(
        buf_text(&out),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//slipway//slipway " SLIPWAY_VERSION
        "//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Maintenance "
        "acme\r\n"
        "BEGIN:VEVENT\r\nUID:acme-vc-0017@slipway\r\nSEQUENCE:2\r\n"
        "DTSTAMP:20251113T021320Z\r\nDTSTART:20251129T011000Z\r\nDTEND:"
        "20251129T020500Z\r\n"
        "SUMMARY:vc-0017\\; upgrade\\, part 1\r\n"
        "DESCRIPTION:8.0.3 -> 8.0.3.00500\\nBack\\\\slash\r\nCATEGORIES:slipway,rbx\r\n"
        "STATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
}

/* Lines of at most 75 bytes, never cut within a character. */
static void long_lines_are_folded(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct calendar_event event = slot;
    char summary[400] = "";
    for (int i = 0; i < 100; i++)
        memcpy(summary + i * 3, "\xe2\x82\xac", 4); /* euro signs */
    event.summary = summary;
    assert_int_equal(calendar_write(&event, 1, NULL, &out), 0);
    const char *text = buf_text(&out);
    for (const char *line = text, *end; *line; line = end + 2) {
        end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true(end - line <= 75);
        assert_true(text_is_utf8(line, (size_t)(end - line)));
    }
    auto_calendar struct calendar *calendar = parsed(text, NULL);
    auto_free struct calendar_occurrence *items = NULL;
    size_t count = 0;
    assert_int_equal(calendar_occurrences(calendar, slot.span.from_ms, slot.span.until_ms,
                                          &items, &count, NULL),
                     0);
    assert_int_equal(count, 1);
    assert_string_equal(items[0].summary, summary);
}

/* What a program does that already has the first version. */
static void a_newer_version_moves_the_event(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct calendar_event both[2] = {slot, slot};
    both[0].sequence = 3;
    both[0].span = (struct span){1764465000000, 1764468300000};
    assert_int_equal(calendar_write(both, 2, NULL, &out), 0);
    opens(buf_text(&out), NULL, "2025-11-01Z", "2025-12-31Z",
          "Sun 2025-11-30 01:10 UTC 0h55 vc-0017; upgrade, part 1\n");
}

static void a_cancelled_event_is_gone(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct calendar_event event = slot;
    event.cancelled = true;
    assert_int_equal(calendar_write(&event, 1, NULL, &out), 0);
    assert_non_null(strstr(buf_text(&out), "STATUS:CANCELLED\r\n"));
    opens(buf_text(&out), NULL, "2025-11-01Z", "2025-12-31Z", "");
}

/* A name with a line break must not become a line of the calendar. */
static void hostile_texts_stay_texts(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct calendar_event event = slot;
    event.summary = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\x01\xff";
    event.uid = "a\nSTATUS:CANCELLED";
    assert_int_equal(calendar_write(&event, 1, "n\nX-EVIL:1", &out), 0);
    assert_null(strstr(buf_text(&out), "\nX-EVIL"));
    assert_null(strstr(buf_text(&out), "\nSTATUS:CANCELLED"));
    auto_calendar struct calendar *calendar = parsed(buf_text(&out), NULL);
    auto_free struct calendar_occurrence *items = NULL;
    size_t count = 0;
    assert_int_equal(calendar_occurrences(calendar, slot.span.from_ms, slot.span.until_ms,
                                          &items, &count, NULL),
                     0);
    assert_int_equal(count, 1);
}

static void nothing_is_written_of_a_wrong_event(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct calendar_event event = slot;
    event.span.until_ms = event.span.from_ms - 1;
    assert_int_equal(calendar_write(&event, 1, NULL, &out), -1);
    event = slot;
    event.uid = "";
    assert_int_equal(calendar_write(&event, 1, NULL, &out), -1);
    assert_string_equal(buf_text(&out), "");
}

/* Two thousand slots there and back. */
static void what_is_written_is_read_back(void **state)
{
    (void)state;
    enum { SLOTS = 2000 };
    static struct calendar_event events[SLOTS];
    static char uids[SLOTS][32];
    auto_buf struct buf out = {0};
    for (int i = 0; i < SLOTS; i++) {
        (void)snprintf(uids[i], sizeof uids[i], "vc-%04d@slipway", i);
        events[i] = slot;
        events[i].uid = uids[i];
        events[i].span.from_ms = slot.span.from_ms + i * 1000000;
        events[i].span.until_ms = events[i].span.from_ms + 60000 + i * 1000;
    }
    assert_int_equal(calendar_write(events, SLOTS, NULL, &out), 0);
    auto_calendar struct calendar *calendar = parsed(buf_text(&out), NULL);
    auto_free struct calendar_occurrence *items = NULL;
    size_t count = 0;
    assert_int_equal(calendar_occurrences(calendar, 0, INT64_MAX, &items, &count, NULL),
                     0);
    assert_int_equal(count, SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_string_equal(items[i].uid, uids[i]);
        assert_int_equal(items[i].span.from_ms, events[i].span.from_ms);
        assert_int_equal(items[i].span.until_ms, events[i].span.until_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_as_other_programs_read_it),
        cmocka_unit_test(long_lines_are_folded),
        cmocka_unit_test(a_newer_version_moves_the_event),
        cmocka_unit_test(a_cancelled_event_is_gone),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(nothing_is_written_of_a_wrong_event),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
