/*
 * test_strange.c - calendars that are allowed, line by line, and that no program would
 * write: a change for every occurrence, exclusions by the hundred thousand, zones that name
 * themselves, rules of zones that never end. Each is worked out soon, or refused with its
 * line and what to do.
 */
#include "calendars.h"

#include "calendar/limits.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define DAY_MS 86400000LL

static void begin(struct buf *text)
{
    buf_adds(text, "BEGIN:VCALENDAR\nVERSION:2.0\n");
}

static void add_event(struct buf *text, int uid, const char *lines)
{
    buf_addf(text, "BEGIN:VEVENT\nUID:u%d\n%sEND:VEVENT\n", uid, lines);
}

/* "20260131T000000Z", so many days after the start of 1990. */
static void add_day(struct buf *text, int days)
{
    char iso[32];
    (void)time_iso(instant("1990-01-01 00:00Z") + days * DAY_MS, iso, sizeof iso);
    buf_addf(text, "%.4s%.2s%.2sT000000Z", iso, iso + 5, iso + 8);
}

/* Occurrences in January 2026, or -1 with the sentence in `err`. */
static int work_out(struct buf *text, struct slipway_error *err)
{
    auto_calendar struct calendar *calendar = NULL;
    auto_free struct calendar_occurrence *items = NULL;
    size_t count = 0;
    err->text[0] = '\0';
    buf_adds(text, "END:VCALENDAR\n");
    if (calendar_parse("a.ics", buf_text(text), text->length, NULL, &calendar, err) ||
        calendar_occurrences(calendar, instant("2026-01-01 00:00Z"),
                             instant("2026-02-01 00:00Z"), &items, &count, err)) {
        assert_memory_equal(err->text, "a.ics:", 6);
        assert_true(strchr(err->text, ';') ||
                    strstr(err->text, "write ")); /* what to do */
        return -1;
    }
    return (int)count;
}

/* --- by the hundred thousand ------------------------------------------------------------ */

/* Each of the days of 1990 to 2017 is left out, in dozens of series that go on. */
static void exclusions_by_the_hundred_thousand(void **state)
{
    (void)state;
    auto_buf struct buf text = {0}, lines = {0};
    struct slipway_error err;
    buf_adds(&lines,
             "DTSTART:19900101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEXDATE:");
    for (int day = 0; day < EVENT_DATES_MAX; day++) {
        buf_adds(&lines, day ? "," : "");
        add_day(&lines, day);
    }
    buf_adds(&lines, "\n");
    begin(&text);
    for (int i = 0; i < 40; i++)
        add_event(&text, i, buf_text(&lines));
    assert_int_equal(work_out(&text, &err), 40 * 31);
}

/* Every occurrence of a series was moved into the same night, by an event of its own. */
static void a_change_for_every_occurrence(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    struct slipway_error err;
    begin(&text);
    add_event(&text, 1, "DTSTART:19900101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\n");
    for (int day = 0; day < CALENDAR_EVENTS_MAX - 1; day++) {
        auto_buf struct buf lines = {0};
        buf_adds(&lines, "DTSTART:20260103T220000Z\nDURATION:PT1H\nRECURRENCE-ID:");
        add_day(&lines, day);
        buf_adds(&lines, "\n");
        add_event(&text, 1, buf_text(&lines));
    }
    assert_int_equal(work_out(&text, &err), CALENDAR_EVENTS_MAX - 1);
}

/* Versions of one event: the newest counts, whatever stands where. */
static void twenty_thousand_versions_of_one_event(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    struct slipway_error err;
    begin(&text);
    for (int i = 0; i < CALENDAR_EVENTS_MAX; i++) {
        auto_free char *lines =
            xasprintf("DTSTART:202601%02dT220000Z\nDURATION:PT1H\nSEQUENCE:%d\n",
                      1 + i % 28, (i * 7919) % CALENDAR_EVENTS_MAX);
        add_event(&text, 1, lines);
    }
    assert_int_equal(work_out(&text, &err), 1);
}

static void a_line_of_parameters_and_an_event_of_lines(void **state)
{
    (void)state;
    auto_buf struct buf text = {0}, lines = {0};
    struct slipway_error err;
    buf_adds(&lines, "DTSTART");
    for (int i = 0; i < 50000; i++)
        buf_adds(&lines, ";X=\"y:z\"");
    buf_adds(&lines, ":20260103T220000Z\nDURATION:PT1H\n");
    for (int i = 0; i < 300000; i++)
        buf_adds(&lines, "X-A:y\n");
    begin(&text);
    add_event(&text, 1, buf_text(&lines));
    assert_int_equal(work_out(&text, &err), 1);
}

/* --- zones ------------------------------------------------------------------------------ */

#define ZONE(inside)                                                                     \
    "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\n" inside "END:STANDARD\nEND:VTIMEZONE\n"
#define OFFSETS "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
#define IN_ZONE "DTSTART;TZID=X:20260103T220000\nDURATION:PT1H\n"

static const struct zone_case {
    const char *zone;
    int count;
    const char *says; /* part of the sentence, if it is refused */
} ZONES[] = {
    {ZONE("DTSTART;TZID=X:19000101T000000\n" OFFSETS), 1, NULL}, /* itself */
    {ZONE("DTSTART:19000101T000000\n" OFFSETS "RRULE:FREQ=SECONDLY\n"), -1,
     "FREQ=SECONDLY"},
    {ZONE("DTSTART:19000101T000000\n" OFFSETS "RRULE:FREQ=DAILY\n"), -1,
     "time zones take too long"},
    {ZONE("DTSTART:19000101T000000\n" OFFSETS "RRULE:FREQ=YEARLY;COUNT=1000000000\n"), -1,
     "COUNT=1000000000"},
    {ZONE("DTSTART:99990101T000000\n" OFFSETS), 1, NULL}, /* never */
    {ZONE("DTSTART:00010101T000000\n" OFFSETS), 1, NULL}, /* "since ever", to some */
    {ZONE("DTSTART:19000101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+9959\n"), -1,
     "TZOFFSETTO"},
    {ZONE("DTSTART:19000101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:-2359\n"), 1, NULL},
    {"BEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\n", -1, "STANDARD or DAYLIGHT"},
    {ZONE("DTSTART:19000101T000000\n" OFFSETS)
         ZONE("DTSTART:19000101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0300\n"),
     1, NULL},
};

static void zones_that_nobody_lives_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(ZONES); i++) {
        auto_buf struct buf text = {0};
        struct slipway_error err;
        begin(&text);
        buf_adds(&text, ZONES[i].zone);
        add_event(&text, 1, IN_ZONE);
        int count = work_out(&text, &err);
        if (count != ZONES[i].count || (count < 0 && !strstr(err.text, ZONES[i].says)))
            fail_msg("zone %zu: %d: %s", i, count, err.text);
    }
}

static void a_zone_that_changes_hundreds_of_times_a_year(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    struct slipway_error err;
    begin(&text);
    buf_adds(&text, "BEGIN:VTIMEZONE\nTZID:X\n");
    for (int i = 0; i < OBSERVANCES_MAX; i++)
        buf_addf(&text,
                 "BEGIN:STANDARD\nDTSTART:1900%02d01T000000\nTZOFFSETFROM:+0%d00\n"
                 "TZOFFSETTO:+0%d00\nRRULE:FREQ=YEARLY;BYMONTH=%d;BYDAY=%dSU\n"
                 "END:STANDARD\n",
                 1 + i % 12, i % 9, (i + 1) % 9, 1 + i % 12, 1 + i % 4);
    buf_adds(&text, "END:VTIMEZONE\n");
    for (int i = 0; i < 1000; i++)
        add_event(&text, i, IN_ZONE);
    assert_int_equal(work_out(&text, &err), -1);
    assert_non_null(strstr(err.text, "time zones take too long to work out"));
}

/* --- texts ------------------------------------------------------------------------------- */

/* Programs that count bytes fold lines amid a character. */
static void a_character_that_was_folded_is_one(void **state)
{
    (void)state;
    static const char *const foldings[] = {"na\xc3\r\n \xafve \xe2\x82\xac",
                                           "na\xc3\xafve \xe2\r\n \x82\r\n \xac",
                                           "na\xc3\xafve \xe2\x82\n\t\xac"};
    for (size_t i = 0; i < ARRAY_LENGTH(foldings); i++) {
        auto_free char *lines = xasprintf(
            "DTSTART:20260103T220000Z\r\nDURATION:PT1H\r\nSUMMARY:%s", foldings[i]);
        auto_free char *text = around(lines);
        opens(text, NULL, "2026-01-01Z", "2026-02-01Z",
              "Sat 2026-01-03 22:00 UTC 1h00 na\xc3\xafve \xe2\x82\xac\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exclusions_by_the_hundred_thousand),
        cmocka_unit_test(a_change_for_every_occurrence),
        cmocka_unit_test(twenty_thousand_versions_of_one_event),
        cmocka_unit_test(a_line_of_parameters_and_an_event_of_lines),
        cmocka_unit_test(zones_that_nobody_lives_in),
        cmocka_unit_test(a_zone_that_changes_hundreds_of_times_a_year),
        cmocka_unit_test(a_character_that_was_folded_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
