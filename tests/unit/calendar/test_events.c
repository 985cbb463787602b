/*
 * test_events.c - what events of one file do to each other and to their zones: versions,
 * cancellations, exclusions, zones that only the file knows, times without any zone.
 */
#include "calendars.h"

#include "util/xalloc.h"

#define WEEKLY                                                                           \
    "UID:a\r\nDTSTART;TZID=Europe/Paris:20260103T230000\r\nDURATION:PT4H\r\n"            \
    "RRULE:FREQ=WEEKLY;COUNT=3"
#define NEXT "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n"

static void lines_open(const char *lines, const struct calendar_options *options,
                       const char *expected)
{
    auto_free char *text = around(lines);
    opens(text, options, "2026-01-01Z", "2027-01-01Z", expected);
}

static void a_series(void **state)
{
    (void)state;
    lines_open(WEEKLY, NULL,
               "Sat 2026-01-03 23:00 CET 4h00\nSat 2026-01-10 23:00 CET 4h00\n"
               "Sat 2026-01-17 23:00 CET 4h00\n");
}

static void the_newer_version_counts(void **state)
{
    (void)state;
    lines_open(WEEKLY
               "\r\nSEQUENCE:1" NEXT
               "UID:a\r\nDTSTART:20260501T200000Z\r\nDURATION:PT1H\r\nSEQUENCE:2" NEXT
               "UID:a\r\nDTSTART:20260401T200000Z\r\nDURATION:PT1H\r\nSEQUENCE:0",
               NULL, "Fri 2026-05-01 22:00 CEST 1h00\n");
}

/* Moved out of the range that is asked for, and from outside of it into it. */
static void changed_occurrences_wherever_they_are(void **state)
{
    (void)state;
    auto_free char *text = around(
        WEEKLY NEXT "UID:a\r\nRECURRENCE-ID;TZID=Europe/Paris:20260110T230000\r\n"
                    "DTSTART;TZID=Europe/Paris:20260201T230000\r\nDURATION:PT1H" NEXT
                    "UID:a\r\nRECURRENCE-ID:20260117T220000Z\r\n"
                    "DTSTART;TZID=Europe/Paris:20260105T230000\r\nDURATION:PT2H");
    opens(text, NULL, "2026-01-01Z", "2026-01-12Z",
          "Sat 2026-01-03 23:00 CET 4h00\nMon 2026-01-05 23:00 CET 2h00\n");
    opens(text, NULL, "2026-01-09Z", "2026-03-01Z", "Sun 2026-02-01 23:00 CET 1h00\n");
}

static void of_two_changes_the_newer_counts(void **state)
{
    (void)state;
    lines_open(
        WEEKLY NEXT
        "UID:a\r\nRECURRENCE-ID:20260117T220000Z\r\nSEQUENCE:1\r\n"
        "DTSTART:20260118T220000Z\r\nDURATION:PT1H" NEXT
        "UID:a\r\nRECURRENCE-ID:20260117T220000Z\r\nSEQUENCE:2\r\nSTATUS:CANCELLED\r\n"
        "DTSTART:20260118T220000Z\r\nDURATION:PT1H",
        NULL, "Sat 2026-01-03 23:00 CET 4h00\nSat 2026-01-10 23:00 CET 4h00\n");
}

static void cancelled_events_open_nothing(void **state)
{
    (void)state;
    lines_open(WEEKLY "\r\nSTATUS:CANCELLED", NULL, "");
    opens("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nBEGIN:VEVENT\r\n" WEEKLY
          "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
          NULL, "2026-01-01Z", "2027-01-01Z", "");
    /* a cancelled occurrence that never was does no harm */
    lines_open(WEEKLY NEXT
               "UID:a\r\nRECURRENCE-ID:20270117T220000Z\r\nSTATUS:CANCELLED\r\n"
               "DTSTART:20270117T220000Z\r\nDURATION:PT1H",
               NULL,
               "Sat 2026-01-03 23:00 CET 4h00\nSat 2026-01-10 23:00 CET 4h00\n"
               "Sat 2026-01-17 23:00 CET 4h00\n");
}

/* An invitation to one occurrence, without the series. */
static void a_changed_occurrence_alone(void **state)
{
    (void)state;
    lines_open("UID:a\r\nRECURRENCE-ID:20260117T220000Z\r\nDTSTART:20260118T220000Z\r\n"
               "DURATION:PT1H",
               NULL, "Sun 2026-01-18 22:00 UTC 1h00\n");
}

static void exclusions_in_every_spelling(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "EXDATE;TZID=Europe/Paris:20260110T230000",
        "EXDATE:20260110T220000Z",
        "EXDATE;TZID=America/New_York:20260110T170000",
        "EXDATE;VALUE=DATE:20260110",
        "EXDATE:20260110T230000", /* the zone of DTSTART is meant */
        "EXDATE;TZID=\"Romance Standard Time\":20251227T230000,20260110T230000",
        "exdate;tzid=Europe/Paris:20260110T230000",
        "EXDATE;TZID=Europe/Paris:2026\r\n 0110T23\r\n\t0000",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(spellings); i++) {
        auto_free char *lines = xasprintf(WEEKLY "\r\n%s", spellings[i]);
        lines_open(lines, NULL,
                   "Sat 2026-01-03 23:00 CET 4h00\nSat 2026-01-17 23:00 CET 4h00\n");
    }
}

/* UNTIL of whole days that is written as a time, where it is the same day everywhere. */
static void ends_of_whole_days(void **state)
{
    (void)state;
    static const char *const untils[] = {"20260103", "20260103T000000",
                                         "20260103T225959Z"};
    for (size_t i = 0; i < ARRAY_LENGTH(untils); i++) {
        auto_free char *lines = xasprintf(
            "DTSTART;VALUE=DATE:20260102\r\nRRULE:FREQ=DAILY;UNTIL=%s", untils[i]);
        lines_open(lines, PARIS,
                   "Fri 2026-01-02 00:00 CET 24h00\nSat 2026-01-03 00:00 CET 24h00\n");
    }
}

static void times_without_a_zone(void **state)
{
    (void)state;
    static const char floating[] = "DTSTART:20260103T230000\r\nDTEND:20260104T010000";
    lines_open(floating, PARIS, "Sat 2026-01-03 23:00 CET 2h00\n");
    /* what the file says about itself is nearer than what is said around it */
    opens(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260103T230000\r\nDURATION:PT1H\r\n"
        "END:VEVENT\r\nX-WR-TIMEZONE:America/New_York\r\nEND:VCALENDAR\r\n",
        PARIS, "2026-01-01Z", "2027-01-01Z", "Sat 2026-01-03 23:00 EST 1h00\n");
    opens("BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Eastern Standard Time\r\n"
          "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260103\r\nEND:VEVENT\r\n"
          "END:VCALENDAR\r\n",
          PARIS, "2026-01-01Z", "2027-01-01Z", "Sat 2026-01-03 00:00 EST 24h00\n");
}

#define MY_ZONE(name, more)                                                              \
    "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:" name "\r\n"                            \
    "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\n"                \
    "TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"    \
    "BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\n"                \
    "TZOFFSETTO:+0200\r\n" more "END:DAYLIGHT\r\nEND:VTIMEZONE\r\n"                      \
    "BEGIN:VEVENT\r\nDTSTART;TZID=\"" name "\":20260327T233000\r\nDURATION:PT1H\r\n"     \
    "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

static void zones_that_only_the_file_knows(void **state)
{
    (void)state;
    opens(MY_ZONE("Hauptquartier", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"), NULL,
          "2026-01-01Z", "2027-01-01Z",
          "Fri 2026-03-27 22:30 UTC 1h00\nSat 2026-03-28 22:30 UTC 1h00\n"
          "Sun 2026-03-29 21:30 UTC 1h00\n");
    /* summer time once, in a list */
    opens(MY_ZONE("Hauptquartier", "RDATE:20260328T020000\r\n"), NULL, "2026-01-01Z",
          "2027-01-01Z",
          "Fri 2026-03-27 22:30 UTC 1h00\nSat 2026-03-28 21:30 UTC 1h00\n"
          "Sun 2026-03-29 21:30 UTC 1h00\n");
    /* a rule that has ended */
    opens(MY_ZONE("Hauptquartier",
                  "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20250330T010000Z\r\n"),
          NULL, "2026-01-01Z", "2027-01-01Z",
          "Fri 2026-03-27 22:30 UTC 1h00\nSat 2026-03-28 22:30 UTC 1h00\n"
          "Sun 2026-03-29 22:30 UTC 1h00\n");
}

/* "MST" is a zone of the system without summer time; this file means another. A name
   with a city is the system's, whatever the file says about it. */
static void names_that_mean_something_else_here(void **state)
{
    (void)state;
    opens(MY_ZONE("MST", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"), NULL,
          "2026-03-29Z", "2027-01-01Z", "Sun 2026-03-29 21:30 UTC 1h00\n");
    opens(MY_ZONE("Asia/Kolkata", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"), NULL,
          "2026-03-29Z", "2027-01-01Z", "Sun 2026-03-29 23:30 IST 1h00\n");
}

static void several_calendars_in_one_file(void **state)
{
    (void)state;
    opens(
        "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Paris\r\nBEGIN:VEVENT\r\n"
        "DTSTART:20260103T230000\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n\r\n"
        "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Asia/Kolkata\r\nBEGIN:VEVENT\r\n"
        "DTSTART:20260103T230000\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        NULL, "2026-01-01Z", "2027-01-01Z",
        "Sat 2026-01-03 18:30 CET 1h00\nSat 2026-01-03 23:00 CET 1h00\n");
    /* what one of them says of itself is not said of the next */
    opens("BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Asia/Kolkata\r\nBEGIN:VEVENT\r\n"
          "DTSTART:20260103T230000\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
          "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
          "DTSTART:20260103T230000\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
          PARIS, "2026-01-01Z", "2027-01-01Z",
          "Sat 2026-01-03 23:00 IST 1h00\nSun 2026-01-04 03:30 IST 1h00\n");
}

static void a_start_in_another_zone_than_the_end(void **state)
{
    (void)state;
    lines_open("DTSTART;TZID=Europe/Paris:20260103T230000\r\n"
               "DTEND;TZID=America/New_York:20260103T210000",
               NULL, "Sat 2026-01-03 23:00 CET 4h00\n");
}

/* An event in the spring gap whose end is written: it keeps its length. */
static void an_event_within_the_gap(void **state)
{
    (void)state;
    lines_open("DTSTART;TZID=Europe/Paris:20260329T021500\r\n"
               "DTEND;TZID=Europe/Paris:20260329T030000",
               NULL, "Sun 2026-03-29 03:15 CEST 0h45\n");
}

/* A day that a rule and an RDATE both name is one; one calendar opens once at a time. */
static void doubles_are_one(void **state)
{
    (void)state;
    lines_open(WEEKLY "\r\nRDATE;TZID=Europe/Paris:20260110T230000,20260120T230000", NULL,
               "Sat 2026-01-03 23:00 CET 4h00\nSat 2026-01-10 23:00 CET 4h00\n"
               "Sat 2026-01-17 23:00 CET 4h00\nTue 2026-01-20 23:00 CET 4h00\n");
    auto_free char *text =
        around(WEEKLY NEXT "DTSTART:20260104T000000Z\r\nDURATION:PT6H");
    auto_calendar struct calendar *calendar = parsed(text, NULL);
    struct spans spans = {0};
    struct slipway_error err = {0};
    assert_int_equal(calendar_expand(calendar, instant("2026-01-04Z"),
                                     instant("2026-01-05Z"), &spans, &err),
                     0);
    assert_int_equal(spans.count, 1);
    assert_int_equal(spans.items[0].from_ms, instant("2026-01-03 22:00Z"));
    assert_int_equal(spans.items[0].until_ms, instant("2026-01-04 06:00Z"));
    spans_clear(&spans);
}

static void has_note(const char *text, const struct calendar_options *options,
                     const char *expected)
{
    auto_calendar struct calendar *calendar = parsed(text, options);
    const char *const *notes = NULL;
    assert_int_equal(calendar_notes(calendar, &notes), 1);
    assert_string_equal(notes[0], expected);
}

static void what_somebody_should_know(void **state)
{
    (void)state;
    auto_free char *unsynchronised =
        around("DTSTART:20260101T220000Z\r\nDURATION:PT4H\r\n"
               "RRULE:FREQ=WEEKLY;BYDAY=SA;COUNT=1");
    has_note(
        unsynchronised, NULL,
        "line 6: DTSTART is no day of its own rule; only the days of the rule count");
    opens(unsynchronised, NULL, "2026-01-01Z", "2027-01-01Z",
          "Sat 2026-01-03 22:00 UTC 4h00\n");
    auto_free char *same_day =
        around("DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20260101");
    has_note(same_day, PARIS, "line 5: DTEND is the day of DTSTART; taken as one day");
    auto_free char *over = around("DTSTART:20260103T220000Z\r\nDURATION:PT4H\r\n"
                                  "RRULE:FREQ=WEEKLY;UNTIL=20251201T000000Z");
    has_note(over, NULL,
             "line 6: UNTIL is before the first day of the rule; it opens nothing");
    auto_free char *nothing =
        around(WEEKLY "\r\nEXDATE;TZID=Europe/Paris:20260110T220000");
    has_note(
        nothing, NULL,
        "line 3: an EXDATE of this event (2026-01-10) is none of its occurrences; it "
        "excludes nothing");
    has_note("BEGIN:VCALENDAR\nEND:VCALENDAR\n", NULL, "the calendar has no events");
    has_note(
        "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Mars\nBEGIN:VEVENT\nDTSTART:20260103T220000\n"
        "DURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n",
        PARIS, "X-WR-TIMEZONE \"Mars\" is not known");
}

/* Whatever calls itself the range: nothing overflows, and an empty range is empty. */
static void ranges_without_end(void **state)
{
    (void)state;
    auto_free char *text = around(WEEKLY);
    auto_calendar struct calendar *calendar = parsed(text, NULL);
    struct spans spans = {0};
    struct slipway_error err = {0};
    assert_int_equal(calendar_expand(calendar, INT64_MIN, INT64_MAX, &spans, &err), 0);
    assert_int_equal(spans.count, 3);
    spans_clear(&spans);
    assert_int_equal(calendar_expand(calendar, INT64_MAX, INT64_MIN, &spans, &err), 0);
    assert_int_equal(spans.count, 0);
    int64_t start = instant("2026-01-03 22:00Z");
    assert_int_equal(calendar_expand(calendar, start - 1000, start, &spans, &err), 0);
    assert_int_equal(spans.count, 0);
    assert_int_equal(calendar_expand(calendar, start, start + 1, &spans, &err), 0);
    assert_int_equal(spans.count, 1);
    spans_clear(&spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series),
        cmocka_unit_test(the_newer_version_counts),
        cmocka_unit_test(changed_occurrences_wherever_they_are),
        cmocka_unit_test(of_two_changes_the_newer_counts),
        cmocka_unit_test(cancelled_events_open_nothing),
        cmocka_unit_test(a_changed_occurrence_alone),
        cmocka_unit_test(exclusions_in_every_spelling),
        cmocka_unit_test(ends_of_whole_days),
        cmocka_unit_test(times_without_a_zone),
        cmocka_unit_test(zones_that_only_the_file_knows),
        cmocka_unit_test(names_that_mean_something_else_here),
        cmocka_unit_test(several_calendars_in_one_file),
        cmocka_unit_test(a_start_in_another_zone_than_the_end),
        cmocka_unit_test(an_event_within_the_gap),
        cmocka_unit_test(doubles_are_one),
        cmocka_unit_test(what_somebody_should_know),
        cmocka_unit_test(ranges_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
