/*
 * test_short_form.c - windows in one line, cron lines, and instants as people write them.
 */
#include "calendars.h"

static void form_opens(const char *form, const struct calendar_options *options,
                       const char *from, const char *until, const char *expected)
{
    auto_calendar struct calendar *calendar = NULL;
    struct slipway_error err = {0};
    if (calendar_parse_short(form, options, &calendar, &err))
        fail_msg("%s: %s", form, err.text);
    auto_free char *got = shown(calendar, from, until);
    assert_string_equal(got ? got : "", expected);
}

static void weekly_forms(void **state)
{
    (void)state;
    form_opens("Sat 23:00 +4h Europe/Paris", NULL, "2026-03-20Z", "2026-04-05Z",
               "Sat 2026-03-21 23:00 CET 4h00 Sat 23:00 +4h Europe/Paris\n"
               "Sat 2026-03-28 23:00 CET 4h00 Sat 23:00 +4h Europe/Paris\n"
               "Sat 2026-04-04 23:00 CEST 4h00 Sat 23:00 +4h Europe/Paris\n");
    form_opens("tuesday,THU 01:00 +3h30m UTC", NULL, "2026-01-05Z", "2026-01-12Z",
               "Tue 2026-01-06 01:00 UTC 3h30 tuesday,THU 01:00 +3h30m UTC\n"
               "Thu 2026-01-08 01:00 UTC 3h30 tuesday,THU 01:00 +3h30m UTC\n");
    form_opens("Fri-Mon 22:00 +30m UTC", NULL, "2026-01-05Z", "2026-01-12Z",
               "Mon 2026-01-05 22:00 UTC 0h30 Fri-Mon 22:00 +30m UTC\n"
               "Fri 2026-01-09 22:00 UTC 0h30 Fri-Mon 22:00 +30m UTC\n"
               "Sat 2026-01-10 22:00 UTC 0h30 Fri-Mon 22:00 +30m UTC\n"
               "Sun 2026-01-11 22:00 UTC 0h30 Fri-Mon 22:00 +30m UTC\n");
    form_opens("daily 02:00 +2h", &(struct calendar_options){.zone = "Asia/Kolkata"},
               "2026-01-05Z", "2026-01-07Z",
               "Tue 2026-01-06 02:00 IST 2h00 daily 02:00 +2h\n"
               "Wed 2026-01-07 02:00 IST 2h00 daily 02:00 +2h\n");
}

static void monthly_forms(void **state)
{
    (void)state;
    form_opens("2nd Tue 22:00 +4h Europe/Paris", NULL, "2026-01-01Z", "2026-04-01Z",
               "Tue 2026-01-13 22:00 CET 4h00 2nd Tue 22:00 +4h Europe/Paris\n"
               "Tue 2026-02-10 22:00 CET 4h00 2nd Tue 22:00 +4h Europe/Paris\n"
               "Tue 2026-03-10 22:00 CET 4h00 2nd Tue 22:00 +4h Europe/Paris\n");
    form_opens("1st,last Sun 01:00 +4h UTC", NULL, "2026-01-01Z", "2026-02-02Z",
               "Sun 2026-01-04 01:00 UTC 4h00 1st,last Sun 01:00 +4h UTC\n"
               "Sun 2026-01-25 01:00 UTC 4h00 1st,last Sun 01:00 +4h UTC\n"
               "Sun 2026-02-01 01:00 UTC 4h00 1st,last Sun 01:00 +4h UTC\n");
}

static void dates_and_spans_of_days(void **state)
{
    (void)state;
    form_opens("2026-12-24 22:00 +4h Europe/Paris", NULL, "2026-01-01Z", "2028-01-01Z",
               "Thu 2026-12-24 22:00 CET 4h00 2026-12-24 22:00 +4h Europe/Paris\n");
    form_opens("2026-12-20..2027-01-04 Europe/Paris", NULL, "2026-01-01Z", "2028-01-01Z",
               "Sun 2026-12-20 00:00 CET 384h00 2026-12-20..2027-01-04 Europe/Paris\n");
    /* a day of 25 hours */
    form_opens("2026-10-25", PARIS, "2026-01-01Z", "2028-01-01Z",
               "Sun 2026-10-25 00:00 CEST 25h00 2026-10-25\n");
}

static void several_forms(void **state)
{
    (void)state;
    form_opens(" Sat 23:00 +4h Europe/Paris;2026-01-07 12:00 +1h UTC ; ", NULL,
               "2026-01-05Z", "2026-01-12Z",
               "Wed 2026-01-07 13:00 CET 1h00 2026-01-07 12:00 +1h UTC\n"
               "Sat 2026-01-10 23:00 CET 4h00 Sat 23:00 +4h Europe/Paris\n");
}

static void wrong_forms_show_a_right_one(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "column 1: nothing where a window is expected; write it like: Sat 23:00 +4h "
             "Europe/Paris"},
        {"Sat 23:00 +4h UTC;;",
         "column 19: nothing where a window is expected; write it like: "
         "Sat 23:00 +4h Europe/Paris"},
        {"Sat 23:00 +4h",
         "column 14: the end where a time zone is expected (neither `zone:` nor "
         "--zone is set); write it like: Sat 23:00 +4h Europe/Paris"},
        {"Sat 25:00 +4h UTC", "column 5: \"25:00\" where a time of day such as 23:00 is "
                              "expected; write it like: Sat 23:00 +4h Europe/Paris"},
        {"Sat 23:00 4h UTC", "column 11: \"4h\" where a length such as +4h or +3h30m is "
                             "expected; write it like: Sat 23:00 +4h Europe/Paris"},
        {"Sat 23:00 +0h UTC",
         "column 11: \"+0h\" where a length such as +4h or +3h30m is "
         "expected; write it like: Sat 23:00 +4h Europe/Paris"},
        {"Sat 23:00 +40d UTC", "column 11: \"+40d\" is longer than 31 days for something "
                               "repeated; write it like: Sat 23:00 +4h Europe/Paris"},
        {"2026-12-24 22:00 +400d UTC",
         "column 18: \"+400d\" is over the limit of 366 days; write it like: "
         "2026-12-24 22:00 +4h Europe/Paris"},
        {"Sat 23:00 +4h UTC now",
         "column 19: \"now\" is too much; write it like: Sat 23:00 "
         "+4h Europe/Paris"},
        {"Sat 23:00 +4h Europe/Pari",
         "column 15: Europe/Pari: no such time zone; did you mean Europe/Paris?"},
        {"Sut 23:00 +4h UTC",
         "column 1: \"Sut\" is neither a day (Sat, Mon-Fri, daily, 2nd Tue), a date "
         "(2026-12-24) nor the path of an .ics file; write it like: Sat 23:00 "
         "+4h "
         "Europe/Paris"},
        {"6th Tue 22:00 +4h UTC",
         "column 1: \"6th\" is neither a day (Sat, Mon-Fri, daily, 2nd Tue), a date "
         "(2026-12-24) nor the path of an .ics file; write it like: Sat 23:00 "
         "+4h "
         "Europe/Paris"},
        {"2nd 22:00 +4h UTC",
         "column 5: \"22:00\" where a weekday such as Tue is expected; "
         "write it like: 2nd Tue 22:00 +4h Europe/Paris"},
        {"2026-02-30 22:00 +4h UTC",
         "column 1: \"2026-02-30\" is no date; write it like: "
         "2026-12-24 22:00 +4h Europe/Paris"},
        {"2026-12-24..2026-12-20 UTC",
         "column 1: \"2026-12-24..2026-12-20\" ends before it "
         "starts; write it like: 2026-12-20..2027-01-04 "
         "Europe/Paris"},
        {"2026-12-24..2126-12-20 UTC",
         "column 1: \"2026-12-24..2126-12-20\" is longer than "
         "3660 days; write it like: 2026-12-20..2027-01-04 "
         "Europe/Paris"},
        {"\x1b[31mSat",
         "column 1: \"\\x1b[31mSat\" is neither a day (Sat, Mon-Fri, daily, 2nd "
         "Tue), a date (2026-12-24) nor the path of an .ics file; "
         "write it like: Sat 23:00 +4h Europe/Paris"},
        {"Sat 1 2 3 4 5 6 7 8 9",
         "column 19: too much for one form; write it like: Sat 23:00 "
         "+4h Europe/Paris"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct calendar *calendar = NULL;
        struct slipway_error err = {0};
        assert_int_equal(calendar_parse_short(cases[i][0], NULL, &calendar, &err), -1);
        assert_string_equal(err.text, cases[i][1]);
        assert_null(calendar);
    }
}

/* The same bytes, the same digest; another form, another one. */
static void a_form_has_a_digest(void **state)
{
    (void)state;
    char first[SHA256_HEX], again[SHA256_HEX], other[SHA256_HEX];
    struct slipway_error err = {0};
    const char *const forms[] = {"Sat 23:00 +4h UTC", "Sat 23:00 +4h UTC",
                                 "Sat 23:00 +5h UTC"};
    char *const digests[] = {first, again, other};
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        auto_calendar struct calendar *calendar = NULL;
        assert_int_equal(calendar_open(forms[i], NULL, &calendar, digests[i], &err), 0);
    }
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

static void instants_as_people_write_them(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2026-12-24 18:00 Europe/Paris", "2026-12-24 17:00Z",
        "2026-12-24T17:00:00Z",          "2026-12-24 17:00 UTC",
        "2026-12-24 22:30 Asia/Kolkata",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(same); i++)
        assert_int_equal(instant(same[i]), 1798131600000);
    assert_int_equal(instant("2026-12-24Z"), 1798070400000);
    int64_t ms = 0;
    struct slipway_error err = {0};
    assert_int_equal(calendar_instant("2026-12-24 18:00", PARIS, &ms, &err), 0);
    assert_int_equal(ms, 1798131600000);
    static const char *const wrong[][2] = {
        {"2026-12-24 18:00",
         "column 17: the end where a time zone is expected (neither `zone:` nor "
         "--zone is set); write it like: 2026-12-24 18:00 Europe/Paris or "
         "2026-12-24 18:00Z"},
        {"tomorrow", "column 1: \"tomorrow\" is no date; write it like: 2026-12-24 18:00 "
                     "Europe/Paris or 2026-12-24 18:00Z"},
        {"2026-12-24 24:00 UTC", "column 12: \"24:00\" is no time of day; write it like: "
                                 "2026-12-24 18:00 Europe/Paris or 2026-12-24 18:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(calendar_instant(wrong[i][0], NULL, &ms, &err), -1);
        assert_string_equal(err.text, wrong[i][1]);
    }
}

static void cron_is(const char *line, const char *expected)
{
    auto_free char *got = NULL;
    struct slipway_error err = {0};
    if (calendar_from_cron(line, "+4h", "Europe/Paris", &got, &err))
        fail_msg("%s", err.text);
    assert_string_equal(got, expected);
}

static void cron_lines_as_short_forms(void **state)
{
    (void)state;
    cron_is("0 23 * * 6", "Sat 23:00 +4h Europe/Paris");
    cron_is("30 2 * * *", "daily 02:30 +4h Europe/Paris");
    cron_is("0 22 * * MON-FRI", "Mon,Tue,Wed,Thu,Fri 22:00 +4h Europe/Paris");
    cron_is("0 1,13 ? * 0,7", "Sun 01:00 +4h Europe/Paris; Sun 13:00 +4h Europe/Paris");
    cron_is("0 4 * * */2", "Sun,Tue,Thu,Sat 04:00 +4h Europe/Paris");
    cron_is("@weekly", "Sun 00:00 +4h Europe/Paris");
}

/* What no short form can say becomes a file, and the file opens on the same days. */
static void cron_lines_as_files(void **state)
{
    (void)state;
    auto_free char *text = NULL;
    struct slipway_error err = {0};
    assert_int_equal(
        calendar_from_cron("30 1 1,15 */6 *", "4h", "Europe/Paris", &text, &err), 0);
    assert_true(strncmp(text, "BEGIN:VCALENDAR\r\n", 17) == 0);
    opens(text, NULL, "2026-01-01Z", "2026-12-31Z",
          "Thu 2026-01-01 01:30 CET 4h00 Maintenance\n"
          "Thu 2026-01-15 01:30 CET 4h00 Maintenance\n"
          "Wed 2026-07-01 01:30 CEST 4h00 Maintenance\n"
          "Wed 2026-07-15 01:30 CEST 4h00 Maintenance\n");
    auto_free char *weekdays = NULL;
    assert_int_equal(
        calendar_from_cron("0 22 * DEC sat", "30m", "Europe/Paris", &weekdays, &err), 0);
    opens(weekdays, NULL, "2026-01-01Z", "2026-12-31Z",
          "Sat 2026-12-05 22:00 CET 0h30 Maintenance\n"
          "Sat 2026-12-12 22:00 CET 0h30 Maintenance\n"
          "Sat 2026-12-19 22:00 CET 0h30 Maintenance\n"
          "Sat 2026-12-26 22:00 CET 0h30 Maintenance\n");
}

static void cron_lines_that_say_no_window(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"*/5 * * * *",
         "cron line \"*/5 * * * *\": it starts too often for windows; cron "
         "cannot say how long something lasts: name one start a day and a "
         "length"},
        {"0 1 1 * 1",
         "cron line \"0 1 1 * 1\": with a day of the month and a weekday cron "
         "starts on either, most people mean both; write a short form (2nd Tue "
         "22:00 +4h Europe/Paris) or an .ics file"},
        {"0 0 30 2 *", "cron line \"0 0 30 2 *\": this day never happens (30 February?); "
                       "correct it"},
        {"@reboot",
         "cron line \"@reboot\": it names no time of day; write it like: 0 23 * * 6 "
         "(minute, hour, day of the month, month, weekday)"},
        {"0 0 23 * * 6", "cron line \"0 0 23 * * 6\": more than five fields (seconds or "
                         "years of Quartz, or a command?); write it like: 0 23 * * 6 "
                         "(minute, hour, day of the month, month, weekday)"},
        {"0 23 1 * * 6 2026",
         "cron line \"0 23 1 * * 6 2026\": more than five fields "
         "(seconds or years of Quartz, or a command?); write it like: 0 "
         "23 * * 6 (minute, hour, day of the month, month, weekday)"},
        {"0 23 * *",
         "cron line \"0 23 * *\": it needs five fields; write it like: 0 23 * * 6 "
         "(minute, hour, day of the month, month, weekday)"},
        {"0 23 * * 6#2",
         "cron line \"0 23 * * 6#2\": the weekday must be 0 to 7, *, a list, a "
         "range or a step; write it like: 0 23 * * 6 (minute, hour, day of the "
         "month, month, weekday)"},
        {"0 23 L * *",
         "cron line \"0 23 L * *\": the day of the month must be 1 to 31, *, a "
         "list, a range or a step; write it like: 0 23 * * 6 (minute, hour, day "
         "of the month, month, weekday)"},
    };
    char *out = NULL;
    struct slipway_error err = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(calendar_from_cron(cases[i][0], "4h", "UTC", &out, &err), -1);
        assert_string_equal(err.text, cases[i][1]);
    }
    assert_int_equal(calendar_from_cron("0 1 * * *", "long", "UTC", &out, &err), -1);
    assert_string_equal(err.text,
                        "\"long\" is no length of a window; write it like: 4h, 3h30m");
    assert_int_equal(calendar_from_cron("0 1 * * *", "4h", NULL, &out, &err), -1);
    assert_string_equal(err.text,
                        "cron names no time zone; say which, such as Europe/Paris");
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weekly_forms),
        cmocka_unit_test(monthly_forms),
        cmocka_unit_test(dates_and_spans_of_days),
        cmocka_unit_test(several_forms),
        cmocka_unit_test(wrong_forms_show_a_right_one),
        cmocka_unit_test(a_form_has_a_digest),
        cmocka_unit_test(instants_as_people_write_them),
        cmocka_unit_test(cron_lines_as_short_forms),
        cmocka_unit_test(cron_lines_as_files),
        cmocka_unit_test(cron_lines_that_say_no_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
