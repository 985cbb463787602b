/*
 * test_zone.c - zones: gaps, overlaps, far years, names of every program, and zone files
 * that are broken or made up.
 */
#include "calendars.h"

#include "calendar/civil.h"
#include "calendar/zone_rules.h"

static int64_t resolved(const char *zone, const char *local)
{
    int year, month, day, hour, minute;
    int64_t ms = 0;
    struct slipway_error err = {0};
    assert_int_equal(sscanf(local, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute),
                     5);
    if (zone_resolve(zone, year, month, day, hour, minute, 0, &ms, &err))
        fail_msg("%s", err.text);
    return ms;
}

/* Local time as written, the same shown again, and in UTC. */
static void walls_are(const char *zone, const char *local, const char *again,
                      const char *utc)
{
    char text[64];
    int64_t ms = resolved(zone, local);
    assert_int_equal(zone_local(zone, ms, text, sizeof text), 0);
    assert_string_equal(text, again);
    assert_int_equal(zone_local("UTC", ms, text, sizeof text), 0);
    assert_string_equal(text, utc);
}

static void a_time_that_does_not_exist_moves_forward(void **state)
{
    (void)state;
    walls_are("Europe/Paris", "2026-03-29 02:30", "Sun 2026-03-29 03:30 CEST",
              "Sun 2026-03-29 01:30 UTC");
    walls_are("Australia/Lord_Howe", "2026-10-04 02:15", "Sun 2026-10-04 02:45 +11",
              "Sat 2026-10-03 15:45 UTC");
    walls_are("Pacific/Apia", "2011-12-30 12:00", "Sat 2011-12-31 12:00 +14",
              "Fri 2011-12-30 22:00 UTC");
    walls_are("Antarctica/Troll", "2026-03-29 01:30", "Sun 2026-03-29 03:30 +02",
              "Sun 2026-03-29 01:30 UTC");
}

static void a_time_that_occurs_twice_means_the_first(void **state)
{
    (void)state;
    walls_are("Europe/Paris", "2026-10-25 02:30", "Sun 2026-10-25 02:30 CEST",
              "Sun 2026-10-25 00:30 UTC");
    walls_are("Europe/Paris", "2026-10-25 03:00", "Sun 2026-10-25 03:00 CET",
              "Sun 2026-10-25 02:00 UTC");
    walls_are("America/St_Johns", "2026-11-01 01:30", "Sun 2026-11-01 01:30 NDT",
              "Sun 2026-11-01 04:00 UTC");
    /* negative summer time: Ireland's winter is the exception */
    walls_are("Europe/Dublin", "2026-10-25 01:30", "Sun 2026-10-25 01:30 IST",
              "Sun 2026-10-25 00:30 UTC");
}

/* The table of a file ends in 2037; its last line holds for ever. */
static void far_years_follow_the_rule_at_the_end(void **state)
{
    (void)state;
    walls_are("Europe/Paris", "2099-07-01 12:00", "Wed 2099-07-01 12:00 CEST",
              "Wed 2099-07-01 10:00 UTC");
    walls_are("Europe/Dublin", "2150-01-15 12:00", "Thu 2150-01-15 12:00 GMT",
              "Thu 2150-01-15 12:00 UTC");
    walls_are("America/New_York", "2100-03-14 02:30", "Sun 2100-03-14 03:30 EDT",
              "Sun 2100-03-14 07:30 UTC");
    walls_are("Asia/Kolkata", "2199-12-31 23:59", "Tue 2199-12-31 23:59 IST",
              "Tue 2199-12-31 18:29 UTC");
    walls_are("Australia/Adelaide", "2050-07-01 12:00", "Fri 2050-07-01 12:00 ACST",
              "Fri 2050-07-01 02:30 UTC");
}

static void offsets_before_1970_and_odd_ones(void **state)
{
    (void)state;
    walls_are("Europe/Paris", "1905-01-01 12:00", "Sun 1905-01-01 12:00 PMT",
              "Sun 1905-01-01 11:50 UTC");
    walls_are("Asia/Kathmandu", "1985-12-31 23:00", "Tue 1985-12-31 23:00 +0530",
              "Tue 1985-12-31 17:30 UTC");
    walls_are("UTC", "1969-12-31 23:59", "Wed 1969-12-31 23:59 UTC",
              "Wed 1969-12-31 23:59 UTC");
}

static void unknown_names_are_refused_with_a_better_one(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Europe/Pariss", "Europe/Pariss: no such time zone; did you mean Europe/Paris?"},
        {"paris", "paris: no such time zone; did you mean Europe/Paris?"},
        {"W. Europe Standard Time",
         "W. Europe Standard Time: no such time zone; did you mean Europe/Berlin?"},
        {"../../../etc/passwd",
         "../../../etc/passwd: no such time zone; write an IANA name "
         "such as Europe/Paris"},
        {"/etc/passwd",
         "/etc/passwd: no such time zone; write an IANA name such as Europe/Paris"},
        {"right/Europe/Paris", "right/Europe/Paris: no such time zone; write an IANA "
                               "name such as Europe/Paris"},
        {"Atlantis",
         "Atlantis: no such time zone; write an IANA name such as Europe/Paris"},
        {"tzdata.zi",
         "tzdata.zi: no such time zone; write an IANA name such as Europe/Paris"},
        {"", ": no such time zone; write an IANA name such as Europe/Paris"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct zone *zone = NULL;
        struct slipway_error err = {0};
        assert_int_equal(zone_find(cases[i][0], &zone, &err), -1);
        assert_string_equal(err.text, cases[i][1]);
        assert_null(zone);
    }
}

static void programs_have_their_own_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Europe/Paris", "Europe/Paris"},
        {"W. Europe Standard Time", "Europe/Berlin"},
        {"romance standard time", "Europe/Paris"},
        {"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"},
        {"(GMT+01.00) Brussels/Copenhagen/Madrid/Paris", "Europe/Paris"},
        {"(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"},
        {"(UTC) Coordinated Universal Time", "Etc/UTC"},
        {"(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London",
         "Europe/London"},
        {"UTC+12", "Etc/GMT-12"},
        {"/mozilla.org/20050126_1/America/Argentina/Buenos_Aires",
         "America/Argentina/Buenos_Aires"},
        {"/freeassociation.sourceforge.net/Tzfile/Europe/Paris", "Europe/Paris"},
        {"/softwarestudio.org/Olson_20011030_5/Asia/Kolkata", "Asia/Kolkata"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct zone *zone = zone_of_program(cases[i][0]);
        if (!zone)
            fail_msg("%s is unknown", cases[i][0]);
        assert_string_equal(zone_name(zone), cases[i][1]);
    }
    assert_null(zone_of_program("/mozilla.org/20050126_1/Europe/Atlantis"));
    assert_null(zone_of_program("(UTC+01:00) Atlantis"));
    assert_null(zone_of_program("Customized Time Zone"));
    assert_null(zone_of_program("/../../etc/passwd"));
}

static void a_wrong_zone_is_shown_in_utc(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(zone_local("Nowhere", 0, text, sizeof text), -1);
    assert_string_equal(text, "Thu 1970-01-01 00:00 UTC");
    assert_int_equal(zone_local("UTC", -1, text, sizeof text), 0);
    assert_string_equal(text, "Wed 1969-12-31 23:59 UTC");
}

static void the_data_has_a_version(void **state)
{
    (void)state;
    const char *version = zone_data_version();
    assert_true(strlen(version) >= 5);
    assert_int_equal(strspn(version, "0123456789"), 4);
}

static void no_such_times(void **state)
{
    (void)state;
    int64_t ms = 7;
    struct slipway_error err = {0};
    assert_int_equal(zone_resolve("UTC", 2026, 2, 29, 0, 0, 0, &ms, &err), -1);
    assert_string_equal(err.text, "2026-02-29 00:00:00: no such time");
    assert_int_equal(zone_resolve("UTC", 2026, 2, 28, 24, 0, 0, &ms, &err), -1);
    assert_int_equal(zone_resolve("UTC", 1066, 2, 28, 0, 0, 0, &ms, &err), -1);
    assert_int_equal(ms, 7);
}

/* Every day of four centuries there and back. */
static void dates_and_day_numbers_agree(void **state)
{
    (void)state;
    int year = 1899, month = 12, day = 31, weekday = 0; /* a Sunday */
    for (int64_t number = civil_days(1899, 12, 31); number < civil_days(2300, 1, 1);
         number++) {
        struct civil date = civil_date(number);
        assert_true(date.year == year && date.month == month && date.day == day);
        assert_int_equal(civil_days(year, month, day), number);
        assert_int_equal(civil_weekday(number), weekday);
        weekday = (weekday + 1) % 7;
        if (++day > civil_month_days(year, month)) {
            day = 1;
            month = month % 12 + 1;
            year += month == 1;
        }
    }
}

static void posix_rules_that_are_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "CET",
        "CET-1CEST",
        "C-1",
        "CET-99",
        "<CET-1",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "<+0>1",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0x",
        "ABCDEFGHIJKLMNOP-1",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct zone zone = {0};
        if (!posix_rule_apply(wrong[i], &zone))
            fail_msg("\"%s\" was taken", wrong[i]);
        zone_clear(&zone);
    }
}

/* Days of the year instead of the month; J skips 29 February. */
static void posix_rules_by_day_of_the_year(void **state)
{
    (void)state;
    struct zone zone = {0};
    assert_int_equal(posix_rule_apply("AAA0BBB,J60/0,300/0", &zone), 0);
    int64_t march = civil_days(2024, 3, 1) * DAY_S;
    assert_int_equal(zone_wall(&zone, march - 1), march - 1);
    assert_int_equal(zone_wall(&zone, march), march + 3600);
    int64_t october =
        civil_days(2024, 10, 27) * DAY_S - 3600; /* day 300 of a leap year */
    assert_int_equal(zone_wall(&zone, october - 1), october + 3599);
    assert_int_equal(zone_wall(&zone, october), october);
    zone_clear(&zone);
}

static void read_all(const char *name, struct buf *out)
{
    auto_free char *path = NULL;
    assert_true(asprintf(&path, "/usr/share/zoneinfo/%s", name) > 0);
    auto_file FILE *file = fopen(path, "re");
    assert_non_null(file);
    char chunk[65536];
    buf_add(out, chunk, fread(chunk, 1, sizeof chunk, file));
}

/* A real file, cut off at each byte and with each byte changed: refused or read, never
   out of bounds. */
static void broken_zone_files(void **state)
{
    (void)state;
    auto_buf struct buf good = {0};
    read_all("Europe/Paris", &good);
    struct zone zone;
    assert_null(tzif_read((unsigned char *)good.data, good.length, &zone));
    assert_true(zone.count > 300);
    zone_clear(&zone);
    for (size_t length = 0; length < good.length; length++) {
        auto_free unsigned char *cut = malloc(length + 1);
        memcpy(cut, good.data, length);
        assert_non_null(tzif_read(cut, length, &zone));
        assert_null(zone.shifts);
    }
    for (size_t at = 0; at < good.length; at++) {
        good.data[at] = (char)(good.data[at] ^ 0xff);
        (void)tzif_read((unsigned char *)good.data, good.length, &zone);
        zone_clear(&zone);
        good.data[at] = (char)(good.data[at] ^ 0xff);
    }
    assert_string_equal(tzif_read((const unsigned char *)"TZif", 4, &zone),
                        "it is no time-zone file, or cut off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_that_does_not_exist_moves_forward),
        cmocka_unit_test(a_time_that_occurs_twice_means_the_first),
        cmocka_unit_test(far_years_follow_the_rule_at_the_end),
        cmocka_unit_test(offsets_before_1970_and_odd_ones),
        cmocka_unit_test(unknown_names_are_refused_with_a_better_one),
        cmocka_unit_test(programs_have_their_own_names),
        cmocka_unit_test(a_wrong_zone_is_shown_in_utc),
        cmocka_unit_test(the_data_has_a_version),
        cmocka_unit_test(no_such_times),
        cmocka_unit_test(dates_and_day_numbers_agree),
        cmocka_unit_test(posix_rules_that_are_none),
        cmocka_unit_test(posix_rules_by_day_of_the_year),
        cmocka_unit_test(broken_zone_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
