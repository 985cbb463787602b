/*
 * test_programs.c - calendars as Google, Outlook, Exchange, Apple, Thunderbird and Nextcloud
 * export them, with the habits of each, and what they open. The occurrences were compared
 * with another implementation when the files were written; only nights of a change of the
 * clock differ there, where slipway counts elapsed time.
 */
#include "calendars.h"

#include "util/sha256.h"
#include "util/xalloc.h"

static void file_opens(const char *name, const char *zone, const char *from,
                       const char *until, const char *expected)
{
    char cwd[4096], digest[SHA256_HEX] = "";
    struct slipway_error err = {0};
    auto_calendar struct calendar *calendar = NULL;
    assert_non_null(getcwd(cwd, sizeof cwd));
    auto_free char *path = xasprintf("%s/tests/data/calendars/%s", cwd, name);
    if (calendar_open(path, NULL, &calendar, digest, &err))
        fail_msg("%s", err.text);
    assert_string_equal(calendar_zone(calendar), zone);
    assert_int_equal(strlen(digest), 64);
    auto_free char *got = shown(calendar, from, until);
    assert_string_equal(got ? got : "", expected);
}

/* A weekly series with two EXDATEs, one occurrence moved and one cancelled in UTC, "this
   and following" as a series of its own, a whole weekend, an event in UTC. */
static void google(void **state)
{
    (void)state;
    file_opens("google.ics", "Europe/Paris", "2026-01-01Z", "2026-12-31Z",
               "Sat 2026-01-03 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-01-10 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sun 2026-01-18 01:00 CET 1h00 Fenêtre courte\n"
               "Sat 2026-01-24 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-02-07 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Wed 2026-02-11 22:00 CET 2h30 Fenêtre de secours\n"
               "Sat 2026-02-14 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-03-07 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-03-14 00:00 CET 48h00 Week-end de migration\n"
               "Sat 2026-03-14 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-03-21 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-03-28 23:00 CET 4h00 Fenêtre vCenter rbx\n"
               "Sat 2026-04-04 22:00 CEST 6h00 Fenêtre vCenter rbx, longue\n"
               "Sat 2026-04-11 22:00 CEST 6h00 Fenêtre vCenter rbx, longue\n"
               "Sat 2026-04-18 22:00 CEST 6h00 Fenêtre vCenter rbx, longue\n"
               "Sat 2026-04-25 22:00 CEST 6h00 Fenêtre vCenter rbx, longue\n");
}

/* Windows names in quotes, rules of 1601, lists in EXDATE, folding by tabs, whole days as
   midnights with a mark, BYSETPOS. */
static void outlook(void **state)
{
    (void)state;
    file_opens("outlook.ics", "Europe/Berlin", "2026-01-01Z", "2026-07-15Z",
               "Tue 2026-01-13 22:00 CET 4h00 Wartungsfenster vCenter\n"
               "Wed 2026-02-11 21:30 CET 2h00 Wartungsfenster vCenter (verschoben)\n"
               "Thu 2026-04-30 00:00 CEST 24h00 Monatsabschluss\n"
               "Tue 2026-05-12 22:00 CEST 4h00 Wartungsfenster vCenter\n"
               "Fri 2026-05-29 00:00 CEST 24h00 Monatsabschluss\n"
               "Tue 2026-06-09 22:00 CEST 4h00 Wartungsfenster vCenter\n"
               "Tue 2026-06-30 00:00 CEST 24h00 Monatsabschluss\n"
               "Tue 2026-07-14 22:00 CEST 4h00 Wartungsfenster vCenter\n");
}

/* The changed occurrence before its series; a zone that only the file defines (America,
   the night it springs forward); a zone by Outlook's words, with its colon unquoted. */
static void exchange(void **state)
{
    (void)state;
    file_opens("exchange.ics", "Europe/Paris", "2026-01-01Z", "2026-12-31Z",
               "Sat 2026-03-07 23:00 CET 4h00 Window rbx\n"
               "Sun 2026-03-08 05:30 CET 3h00 Window bhs\n"
               "Sat 2026-03-21 23:30 CET 1h00 Window rbx (short)\n"
               "Sat 2026-03-28 01:30 CET 1h30 Window fra\n"
               "Sat 2026-03-28 23:00 CET 4h00 Window rbx\n"
               "Sun 2026-03-29 01:30 CET 1h30 Window fra\n"
               "Sat 2026-04-04 23:00 CEST 4h00 Window rbx\n"
               "Sat 2026-04-11 23:00 CEST 4h00 Window rbx\n");
}

/* Whole days over New Year, a start that occurs twice moved away, an alarm of 1976. */
static void apple(void **state)
{
    (void)state;
    file_opens("apple.ics", "America/New_York", "2026-01-01Z", "2028-12-31Z",
               "Sat 2026-10-31 01:00 EDT 3h00 Backups run\n"
               "Sun 2026-11-01 03:00 EST 3h00 Backups run late\n"
               "Sun 2026-11-08 01:00 EST 3h00 Backups run\n"
               "Sun 2026-11-15 01:00 EST 3h00 Backups run\n"
               "Sat 2026-11-21 01:00 EST 3h00 Backups run\n"
               "Sun 2026-11-22 01:00 EST 3h00 Backups run\n"
               "Sat 2026-11-28 01:00 EST 3h00 Backups run\n"
               "Fri 2026-12-18 00:00 EST 432h00 Holiday freeze\n"
               "Sat 2027-12-18 00:00 EST 432h00 Holiday freeze\n");
}

/* A byte-order mark, a prefix before the zone's name, EXDATE in UTC, RDATE with periods
   folded in the middle, a start in the spring gap. */
static void thunderbird(void **state)
{
    (void)state;
    file_opens("thunderbird.ics", "Europe/London", "2026-01-01Z", "2026-12-31Z",
               "Sun 2026-01-25 01:00 GMT 4h00 Window lon\n"
               "Sun 2026-02-22 01:00 GMT 4h00 Window lon\n"
               "Sun 2026-03-29 02:00 BST 4h00 Window lon\n"
               "Sat 2026-05-09 01:00 BST 4h00 Window lon\n"
               "Sat 2026-06-13 01:00 BST 1h30 Window lon\n"
               "Sun 2026-06-14 01:00 BST 0h45 Window lon\n"
               "Sun 2026-06-28 01:00 BST 4h00 Window lon\n"
               "Sun 2026-07-26 01:00 BST 4h00 Window lon\n"
               "Sun 2026-08-30 01:00 BST 4h00 Window lon\n"
               "Sun 2026-09-27 01:00 BST 4h00 Window lon\n"
               "Sun 2026-10-25 01:00 BST 4h00 Window lon\n");
}

/* Plain line ends, zones behind the events, EXDATE as a date, whole days without a zone
   of their own. The first night has its end written: five hours, as clocks go back. */
static void nextcloud(void **state)
{
    (void)state;
    file_opens("nextcloud.ics", "Europe/Berlin", "2026-01-01Z", "2028-12-31Z",
               "Sat 2026-10-24 23:30 CEST 5h00 Fenster Nord\n"
               "Sun 2026-10-25 23:30 CET 4h00 Fenster Nord\n"
               "Sat 2026-10-31 23:30 CET 4h00 Fenster Nord\n"
               "Sat 2026-11-07 23:30 CET 4h00 Fenster Nord\n"
               "Sun 2026-11-08 23:30 CET 4h00 Fenster Nord\n"
               "Sun 2026-11-15 01:00 CET 26h00 Umzug\n"
               "Thu 2026-12-10 00:00 CET 24h00 Inventur\n"
               "Fri 2027-12-10 00:00 CET 24h00 Inventur\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(google),      cmocka_unit_test(outlook),
        cmocka_unit_test(exchange),    cmocka_unit_test(apple),
        cmocka_unit_test(thunderbird), cmocka_unit_test(nextcloud),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
