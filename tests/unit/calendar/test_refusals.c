/*
 * test_refusals.c - calendars that cannot be meant, cannot happen, or are made to hurt:
 * each is refused with its file and line and what to do.
 */
#include "calendars.h"

#include "calendar/limits.h"
#include "util/xalloc.h"

/* The text is refused with exactly this sentence. */
static void refused(const char *text, size_t length, const char *expected)
{
    struct calendar *calendar = NULL;
    struct slipway_error err = {0};
    if (!calendar_parse("a.ics", text, length, NULL, &calendar, &err)) {
        calendar_free(calendar);
        fail_msg("accepted, expected: %s", expected);
    }
    assert_null(calendar);
    assert_string_equal(err.text, expected);
}

static void lines_refused(const char *lines, const char *expected)
{
    auto_free char *text = around(lines);
    refused(text, strlen(text), expected);
}

#define START "DTSTART;TZID=Europe/Paris:20260103T230000\r\n"
#define LONG  START "DURATION:PT4H\r\n"

static void rule_refused(const char *rule, const char *expected)
{
    auto_free char *lines = xasprintf(LONG "RRULE:%s", rule);
    auto_free char *sentence = xasprintf("a.ics:6: %s", expected);
    lines_refused(lines, sentence);
}

static void rules_outside_the_grammar(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"FREQ=SECONDLY",
         "FREQ=SECONDLY in a rule: write DAILY, WEEKLY, MONTHLY or YEARLY; a "
         "window opens once a day at most"},
        {"FREQ=HOURLY;INTERVAL=6",
         "FREQ=HOURLY in a rule: write DAILY, WEEKLY, MONTHLY or "
         "YEARLY; a window opens once a day at most"},
        {"BYDAY=SA", "a rule without FREQ; write FREQ=WEEKLY or the like"},
        {"FREQ=DAILY;INTERVAL=0", "INTERVAL=0 in a rule: write a number from 1 to 10000"},
        {"FREQ=DAILY;INTERVAL=99999999999999999999",
         "INTERVAL=99999999999999999999 in a rule: write a number from 1 to 10000"},
        {"FREQ=DAILY;COUNT=0", "COUNT=0 in a rule: write a number from 1 to 999999999"},
        {"FREQ=DAILY;COUNT=-5", "COUNT=-5 in a rule: write a number from 1 to 999999999"},
        {"FREQ=DAILY;COUNT=1000000000",
         "COUNT=1000000000 in a rule: write a number from 1 to 999999999"},
        {"FREQ=DAILY;COUNT=5;UNTIL=20270101T000000Z",
         "COUNT and UNTIL in one rule; keep one of them"},
        {"FREQ=DAILY;FREQ=WEEKLY", "FREQ stands twice in a rule; remove one"},
        {"FREQ=DAILY;UNTIL=soon",
         "UNTIL=soon in a rule: write a date (20261231) or a time in "
         "UTC (20261231T225959Z)"},
        {"FREQ=WEEKLY;UNTIL=20261231", "UNTIL is a date but DTSTART a time, so that "
                                       "nobody can say whether the last day is "
                                       "included; write UNTIL=20261231T235959 if it is"},
        {"FREQ=WEEKLY;BYDAY=XX",
         "BYDAY=XX in a rule: write MO to SU, with a number before "
         "it: 2TU, -1SU"},
        {"FREQ=WEEKLY;BYDAY=2TU", "BYDAY with a number needs FREQ=MONTHLY or YEARLY"},
        {"FREQ=MONTHLY;BYDAY=6TU",
         "no month has more than five of a weekday; write 1 to 5 or "
         "-1 to -5 before the day in BYDAY"},
        {"FREQ=WEEKLY;BYMONTHDAY=3",
         "BYMONTHDAY with FREQ=WEEKLY; write FREQ=MONTHLY, or "
         "FREQ=DAILY with BYDAY"},
        {"FREQ=MONTHLY;BYMONTHDAY=32",
         "BYMONTHDAY=32 in a rule: write 1 to 31, or -1 (the "
         "last) to -31"},
        {"FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 in a rule: write 1 to 31, or -1 (the "
                                      "last) to -31"},
        {"FREQ=MONTHLY;BYSETPOS=1",
         "BYSETPOS alone; it chooses among the days of another "
         "part such as BYDAY=MO,TU,WE,TH,FR"},
        {"FREQ=MONTHLY;BYDAY=SA;BYSETPOS=367",
         "BYSETPOS=367 in a rule: write 1 to 366, or -1 "
         "(the last) to -366"},
        {"FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 in a rule: write 1 to 12"},
        {"FREQ=YEARLY;BYWEEKNO=20",
         "BYWEEKNO in a rule is not supported; write BYMONTH with "
         "BYDAY or BYMONTHDAY"},
        {"FREQ=YEARLY;BYYEARDAY=200",
         "BYYEARDAY in a rule is not supported; write BYMONTH "
         "with BYDAY or BYMONTHDAY"},
        {"FREQ=DAILY;BYHOUR=1,13",
         "BYHOUR=1,13 in a rule: write one number, the same as in "
         "DTSTART; for several times a day write several events"},
        {"FREQ=DAILY;BYHOUR=4",
         "BYHOUR, BYMINUTE or BYSECOND differ from DTSTART; write the "
         "time into DTSTART, and an event for each time of day"},
        {"FREQ=DAILY;BYEASTER=0",
         "BYEASTER in a rule is not supported; remove it or list the "
         "dates with RDATE"},
        {"FREQ=DAILY;BYDAY=", "a part of a rule has no value; remove it"},
        {"FREQ=DAILY;\x1b[31m", "\"\\x1b[31m\" in a rule: write NAME=VALUE"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
         "this rule never happens (30 February?); correct it"},
        {"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
         "this rule never happens (30 February?); correct it"},
        {"FREQ=MONTHLY;BYMONTH=4,6,9,11;BYMONTHDAY=31",
         "this rule never happens (30 February?); correct it"},
        {"FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYSETPOS=2",
         "this rule never happens (30 February?); correct it"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        rule_refused(cases[i][0], cases[i][1]);
}

static void events_that_cannot_be_meant(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"SUMMARY:x", "a.ics:3: an event without DTSTART; remove it or give it a start"},
        {START "DTEND;TZID=Europe/Paris:20260103T220000",
         "a.ics:5: the event ends before it starts; correct DTEND"},
        {START "DURATION:-PT1H",
         "a.ics:5: the event ends before it starts; correct DURATION"},
        {START "DURATION:P1Y",
         "a.ics:5: DURATION \"P1Y\" is none or longer than 3660 days; "
         "write PT4H, PT90M or P1D"},
        {START "DURATION:P365000D", "a.ics:5: DURATION \"P365000D\" is none or longer "
                                    "than 3660 days; write PT4H, PT90M "
                                    "or P1D"},
        {START "DTEND;TZID=Europe/Paris:21260103T220000",
         "a.ics:5: the event is longer than 3660 days; correct its end"},
        {START, "a.ics:3: the event has no length; give it a DTEND or a DURATION"},
        {START "DURATION:PT0S", "a.ics:5: the event has no length; give it a DTEND or a "
                                "DURATION"},
        {LONG "DTEND;TZID=Europe/Paris:20260104T220000",
         "a.ics:6: DTEND and DURATION in one event; remove one"},
        {LONG START, "a.ics:6: a second DTSTART in one event; remove one"},
        {START "DTEND;VALUE=DATE:20260105", "a.ics:5: one of DTSTART and DTEND is a "
                                            "date, the other a time; write both the same "
                                            "way"},
        {"DTSTART:20260103T220000Z\r\nDTEND:20260104T020000",
         "a.ics:5: DTSTART is in UTC but DTEND has no zone; write a Z behind DTEND too"},
        {"DTSTART;VALUE=DATE;TZID=UTC:20260103\r\nDURATION:PT4H",
         "a.ics:5: DTSTART is a date but DURATION has hours; write days (P1D) or a start "
         "with "
         "a time"},
        {"DTSTART:20260103T220000\r\nDURATION:PT4H",
         "a.ics:4: DTSTART has no time zone; give the calendar one (X-WR-TIMEZONE, or "
         "`zone: "
         "Europe/Paris` where the calendar is named)"},
        {"DTSTART;VALUE=DATE:20260103", "a.ics:4: DTSTART has no time zone; give the "
                                        "calendar one (X-WR-TIMEZONE, or `zone: "
                                        "Europe/Paris` where the calendar is named)"},
        {"DTSTART;VALUE=DATE;TZID=UTC:20260103T000000\r\nDURATION:PT4H",
         "a.ics:4: DTSTART says VALUE=DATE but has a time; remove one of them"},
        {"DTSTART;TZID=Europe/Atlantis:20260103T220000\r\nDURATION:PT4H",
         "a.ics:4: time zone \"Europe/Atlantis\" is neither defined in this file "
         "(VTIMEZONE) "
         "nor known; write an IANA name such as Europe/Paris"},
        {"DTSTART;TZID=../../etc/passwd:20260103T220000\r\nDURATION:PT4H",
         "a.ics:4: time zone \"../../etc/passwd\" is neither defined in this file "
         "(VTIMEZONE) "
         "nor known; write an IANA name such as Europe/Paris"},
        {"DTSTART:20260230T220000Z\r\nDURATION:PT4H",
         "a.ics:4: DTSTART \"20260230T220000Z\" is no time; write 20261128T230000, with "
         "TZID=, "
         "or 20261128T220000Z"},
        {"DTSTART:2026-01-03T22:00:00Z\r\nDURATION:PT4H",
         "a.ics:4: DTSTART \"2026-01-03T22:00:00Z\" is no time; write 20261128T230000, "
         "with TZID=, or "
         "20261128T220000Z"},
        {"DTSTART:16010101T220000Z\r\nDURATION:PT4H",
         "a.ics:4: DTSTART is in the year 1601; 1900 to 2199 can be used"},
        {"DTSTART:99990101T220000Z\r\nDURATION:PT4H",
         "a.ics:4: DTSTART is in the year 9999; 1900 to 2199 can be used"},
        {LONG "EXRULE:FREQ=DAILY",
         "a.ics:6: EXRULE is no longer part of iCalendar; write the dates with EXDATE"},
        {LONG "RDATE;VALUE=DATE:20260110",
         "a.ics:6: RDATE is a date but DTSTART a time; write the time too"},
        {LONG "RDATE;VALUE=PERIOD:20260110T220000Z/20260110T210000Z",
         "a.ics:6: a period of RDATE ends before it starts, is too long, or belongs to "
         "an "
         "event of whole days; correct it"},
        {LONG "RECURRENCE-ID;RANGE=THISANDFUTURE:20260110T220000Z",
         "a.ics:6: RANGE=THISANDFUTURE is not supported; end the series with UNTIL and "
         "write "
         "a new one"},
        {LONG "RRULE:FREQ=DAILY\r\nRECURRENCE-ID:20260110T220000Z",
         "a.ics:7: a changed occurrence (RECURRENCE-ID) with rules of its own; remove "
         "its "
         "RRULE and RDATE, or give it a UID of its own"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        lines_refused(cases[i][0], cases[i][1]);
}

/* Which of two equal versions holds, nobody can say. */
static void two_events_that_claim_to_be_the_same(void **state)
{
    (void)state;
    lines_refused(
        LONG "UID:a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n" LONG "UID:a",
        "a.ics:8: this event and the one at line 3 have the same UID and the same "
        "SEQUENCE; remove the older one, or give it a UID of its own");
}

static void a_change_of_an_occurrence_that_is_none(void **state)
{
    (void)state;
    lines_refused(
        LONG "UID:a\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n" LONG
             "UID:a\r\nRECURRENCE-ID;TZID=Europe/Paris:20260104T230000",
        "a.ics:9: RECURRENCE-ID is no occurrence of the series at line 3; remove "
        "this event, or give it a UID of its own");
}

static void texts_that_are_no_calendar(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "a.ics:1: no BEGIN:VCALENDAR; this is no iCalendar file"},
        {"\r\n\r\n", "a.ics:2: no BEGIN:VCALENDAR; this is no iCalendar file"},
        {"<html>",
         "a.ics:1: \"<html>\" is no line of a calendar (NAME:VALUE) and does not "
         "continue one (a space at its start); export the calendar again"},
        {"BEGIN:VCARD\n",
         "a.ics:1: BEGIN:VCARD outside of a calendar; the file must start "
         "with BEGIN:VCALENDAR"},
        {"SUMMARY:x\n",
         "a.ics:1: SUMMARY outside of a calendar; the file must start with "
         "BEGIN:VCALENDAR"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
         "a.ics:2: the file ends within BEGIN:VEVENT; it "
         "was cut off: export it again"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
         "a.ics:3: END:VCALENDAR does not belong to the BEGIN:VEVENT before it; export "
         "the "
         "calendar again"},
        {"END:VCALENDAR\n",
         "a.ics:1: END:VCALENDAR does not belong to the BEGIN:... that is "
         "missing before it; export the calendar again"},
        {"BEGIN:VCALENDAR\nVERSION:1.0\n",
         "a.ics:2: this is vCalendar 1.0, whose rules mean something else; export as "
         "iCalendar (VERSION:2.0)"},
        {"BEGIN:VCALENDAR\nCALSCALE:HEBREW\n", "a.ics:2: CALSCALE other than GREGORIAN "
                                               "is not supported; export the calendar as "
                                               "Gregorian"},
        {"BEGIN:VCALENDAR\nMETHOD:REPLY\n",
         "a.ics:2: METHOD:REPLY is a letter about an event, "
         "no calendar; export the calendar itself"},
        {"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nEND:VTIMEZONE\n",
         "a.ics:2: a VTIMEZONE without TZID; export the calendar again"},
        {"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:mine\nEND:VTIMEZONE\n",
         "a.ics:2: a VTIMEZONE without STANDARD or DAYLIGHT, and its TZID is no zone "
         "that is "
         "known here; write an IANA name such as Europe/Paris"},
        {"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:mine\nBEGIN:STANDARD\nEND:STANDARD\n"
         "END:VTIMEZONE\n",
         "a.ics:4: a time-zone rule without DTSTART, TZOFFSETFROM or TZOFFSETTO; export "
         "the "
         "calendar again"},
        {"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:mine\nBEGIN:STANDARD\nTZOFFSETTO:+99\n",
         "a.ics:5: TZOFFSETTO \"+99\"; write an offset from UTC such as +0100"},
        /* a rule that lost the space of its fold must not become a wider one */
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:FREQ=WEEKLY;BYDAY=SA;UN\nTIL="
         "20260101T000000Z\n",
         "a.ics:4: \"TIL=20260101T000000Z\" is no line of a calendar (NAME:VALUE) and "
         "does "
         "not continue one (a space at its start); export the calendar again"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        refused(cases[i][0], strlen(cases[i][0]), cases[i][1]);
    refused(
        "BEGIN:VCALENDAR\nX:a\0b\n", 21,
        "a.ics:2: a NUL byte; this is no text, or UTF-16: export the calendar again as "
        ".ics in UTF-8");
}

/* Text from the file in a sentence can neither colour a terminal nor reorder it. */
static void hostile_text_in_a_sentence(void **state)
{
    (void)state;
    lines_refused(
        "DTSTART;TZID=\x1b[2J\xe2\x80\xae:20260103T220000\r\nDURATION:PT4H",
        "a.ics:4: time zone \"\\x1b[2J\\u202e\" is neither defined in this file "
        "(VTIMEZONE) nor known; write an IANA name such as Europe/Paris");
}

static void a_file_that_is_too_big(void **state)
{
    (void)state;
    size_t length = CALENDAR_BYTES_MAX + 1;
    auto_free char *text = xcalloc(1, length);
    refused(text, length, "a.ics:1: more than 8 MiB; export a shorter time");
}

static void a_line_that_never_ends(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "BEGIN:VCALENDAR\nX-LONG:");
    for (long i = 0; i < CALENDAR_LINE_MAX; i++)
        buf_addc(&text, 'x');
    refused(
        buf_text(&text), text.length,
        "a.ics:2: a line of more than 512 KiB; remove it (an attachment?) or split the "
        "calendar");
}

/* A million folds of one byte each. */
static void a_fold_that_never_ends(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "BEGIN:VCALENDAR\nX-LONG:");
    for (int i = 0; i < 1000000; i++)
        buf_adds(&text, "\n x");
    refused(
        buf_text(&text), text.length,
        "a.ics:2: a line of more than 512 KiB; remove it (an attachment?) or split the "
        "calendar");
}

static void a_million_events(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "BEGIN:VCALENDAR\n");
    while (text.length < 8000000)
        buf_adds(&text, "BEGIN:VEVENT\nEND:VEVENT\n");
    refused(buf_text(&text), text.length,
            "a.ics:40002: more than 20000 events; export a shorter time");
}

static void components_within_components(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 100000; i++)
        buf_adds(&text, "BEGIN:VEVENT\n");
    refused(
        buf_text(&text), text.length,
        "a.ics:9: more than 8 components within each other; export the calendar again");
}

/* Twenty thousand series that have been counted since 1900. */
static void rules_that_take_long_to_work_out(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    struct slipway_error err = {0};
    auto_calendar struct calendar *calendar = NULL;
    struct spans spans = {0};
    buf_adds(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 20000; i++)
        buf_adds(&text, "BEGIN:VEVENT\nDTSTART:19000101T000000Z\nDURATION:PT1H\n"
                        "RRULE:FREQ=DAILY;COUNT=900000;BYMONTHDAY=31\nEND:VEVENT\n");
    buf_adds(&text, "END:VCALENDAR\n");
    assert_int_equal(
        calendar_parse("a.ics", buf_text(&text), text.length, NULL, &calendar, &err), 0);
    assert_int_equal(calendar_expand(calendar, instant("2026-01-01Z"),
                                     instant("2027-01-01Z"), &spans, &err),
                     -1);
    assert_non_null(strstr(err.text, ": the rules of this calendar take too long to work "
                                     "out; give its events an UNTIL or later starts"));
}

/* Leap days on a Tuesday, looked for day by day, thousands of times. */
static void rules_that_seldom_happen_by_the_thousand(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    struct slipway_error err = {0};
    struct calendar *calendar = NULL;
    buf_adds(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 20000; i++)
        buf_adds(&text,
                 "BEGIN:VEVENT\nDTSTART:19000101T000000Z\nDURATION:PT1H\n"
                 "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU\nEND:VEVENT\n");
    buf_adds(&text, "END:VCALENDAR\n");
    assert_int_equal(
        calendar_parse("a.ics", buf_text(&text), text.length, NULL, &calendar, &err), -1);
    assert_non_null(strstr(err.text, ": the rules of this calendar take too long to work "
                                     "out; write them simpler"));
}

static void more_occurrences_than_anybody_needs(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    struct slipway_error err = {0};
    auto_calendar struct calendar *calendar = NULL;
    struct spans spans = {0};
    buf_adds(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 1000; i++)
        buf_adds(&text, "BEGIN:VEVENT\nDTSTART:20260101T000000Z\nDURATION:PT1H\n"
                        "RRULE:FREQ=DAILY\nEND:VEVENT\n");
    buf_adds(&text, "END:VCALENDAR\n");
    assert_int_equal(
        calendar_parse("a.ics", buf_text(&text), text.length, NULL, &calendar, &err), 0);
    assert_int_equal(calendar_expand(calendar, instant("2026-01-01Z"),
                                     instant("2027-01-01Z"), &spans, &err),
                     -1);
    assert_non_null(strstr(err.text,
                           "more than 100000 events in the range that is asked for; "
                           "remove what is no maintenance"));
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    struct calendar *calendar = NULL;
    struct slipway_error err = {0};
    char digest[SHA256_HEX] = "untouched";
    assert_int_equal(calendar_open("/nonexistent/a.ics", NULL, &calendar, digest, &err),
                     -1);
    assert_string_equal(err.text,
                        "/nonexistent/a.ics: cannot be read: No such file or directory; "
                        "name an .ics file, or export a shorter time");
    assert_int_equal(calendar_open("/dev", NULL, &calendar, digest, &err), -1);
    assert_string_equal(err.text, "/dev: is not a regular file; name an .ics file, or "
                                  "export a shorter time");
    assert_int_equal(calendar_open("calendars/acme.ics", NULL, &calendar, digest, &err),
                     -1);
    assert_string_equal(
        err.text, "column 1: \"calendars/acme.ics\" is neither a day (Sat, Mon-Fri, "
                  "daily, 2nd Tue), a date (2026-12-24) nor the path of an .ics "
                  "file; write it like: Sat 23:00 +4h Europe/Paris");
    assert_null(calendar);
    assert_string_equal(digest, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_outside_the_grammar),
        cmocka_unit_test(events_that_cannot_be_meant),
        cmocka_unit_test(two_events_that_claim_to_be_the_same),
        cmocka_unit_test(a_change_of_an_occurrence_that_is_none),
        cmocka_unit_test(texts_that_are_no_calendar),
        cmocka_unit_test(hostile_text_in_a_sentence),
        cmocka_unit_test(a_file_that_is_too_big),
        cmocka_unit_test(a_line_that_never_ends),
        cmocka_unit_test(a_fold_that_never_ends),
        cmocka_unit_test(a_million_events),
        cmocka_unit_test(components_within_components),
        cmocka_unit_test(rules_that_take_long_to_work_out),
        cmocka_unit_test(rules_that_seldom_happen_by_the_thousand),
        cmocka_unit_test(more_occurrences_than_anybody_needs),
        cmocka_unit_test(files_that_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
