/*
 * test_calendar.c - what moves between two calendars, what was handed out before, and
 * what a change of the clock does, as `slipway calendar` sees them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/calendar_diff.h"
#include "cli/calendar_ledger.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/xalloc.h"

#define HOUR_MS 3600000LL
#define DAY_MS  (24 * HOUR_MS)
#define WEEK_MS (7 * DAY_MS)
#define NOW_MS  1795000000000LL

/* A weekly opening of four hours. */
static struct spans weekly(int64_t first_ms, int count)
{
    struct spans spans = {0};
    for (int i = 0; i < count; i++)
        spans_add(&spans, first_ms + i * WEEK_MS, first_ms + i * WEEK_MS + 4 * HOUR_MS);
    return spans;
}

static size_t count_kind(const struct calendar_moves *moves, enum calendar_move_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < moves->count; i++)
        count += moves->items[i].kind == kind;
    return count;
}

static void assert_moves(const struct spans *before, const struct spans *after,
                         size_t moved, size_t new, size_t gone)
{
    struct calendar_moves moves = {0};
    calendar_diff_spans(before, after, NOW_MS, "Europe/Paris", &moves);
    assert_int_equal(count_kind(&moves, MOVE_MOVED), moved);
    assert_int_equal(count_kind(&moves, MOVE_NEW), new);
    assert_int_equal(count_kind(&moves, MOVE_GONE), gone);
    calendar_moves_clear(&moves);
}

static void equal_calendars_move_nothing(void **state)
{
    (void)state;
    struct spans a = weekly(NOW_MS + DAY_MS, 50), none = {0};
    assert_moves(&a, &a, 0, 0, 0);
    assert_moves(&none, &none, 0, 0, 0);
    assert_moves(&none, &a, 0, 50, 0);
    assert_moves(&a, &none, 0, 0, 50);
    spans_clear(&a);
}

static void another_weekday_moves_every_opening(void **state)
{
    (void)state;
    struct spans saturday = weekly(NOW_MS + DAY_MS, 50);
    struct spans sunday = weekly(NOW_MS + 2 * DAY_MS, 50);
    struct spans longer = weekly(NOW_MS + DAY_MS, 50);
    longer.items[7].until_ms += HOUR_MS;
    assert_moves(&saturday, &sunday, 50, 0, 0);
    assert_moves(&saturday, &longer, 1, 0, 0);
    spans_clear(&saturday);
    spans_clear(&sunday);
    spans_clear(&longer);
}

static void one_left_out_is_gone_and_moves_no_other(void **state)
{
    (void)state;
    struct spans a = weekly(NOW_MS + DAY_MS, 10), b = {0};
    for (size_t i = 0; i < a.count; i++) {
        if (i != 4)
            spans_add(&b, a.items[i].from_ms, a.items[i].until_ms);
    }
    assert_moves(&a, &b, 0, 0, 1);
    assert_moves(&b, &a, 0, 1, 0);
    spans_clear(&a);
    spans_clear(&b);
}

static void what_is_past_is_no_difference(void **state)
{
    (void)state;
    struct spans a = weekly(NOW_MS - 4 * WEEK_MS, 8), b = weekly(NOW_MS + WEEK_MS, 3);
    /* the one that begins now stays in neither */
    struct spans c = {0};
    for (size_t i = 0; i < a.count; i++) {
        if (a.items[i].until_ms > NOW_MS)
            spans_add(&c, a.items[i].from_ms, a.items[i].until_ms);
    }
    assert_moves(&a, &c, 0, 0, 0);
    assert_moves(&a, &b, 0, 0, 1);
    spans_clear(&a);
    spans_clear(&b);
    spans_clear(&c);
}

static void a_move_is_told_in_local_time_and_utc(void **state)
{
    (void)state;
    struct spans a = {0}, b = {0};
    struct calendar_moves moves = {0};
    spans_add(&a, 1795903200000LL, 1795917600000LL); /* 2026-11-28 22:00 UTC, 4 h */
    spans_add(&b, 1795906800000LL, 1795917600000LL);
    calendar_diff_spans(&a, &b, NOW_MS, "Europe/Paris", &moves);
    assert_int_equal(moves.count, 1);
    assert_string_equal(moves.items[0].before_text,
                        "Sat 2026-11-28 23:00 CET to Sun 03:00 CET (2026-11-28 22:00Z)");
    assert_string_equal(moves.items[0].after_text,
                        "Sun 2026-11-29 00:00 CET to Sun 03:00 CET (2026-11-28 23:00Z)");
    calendar_moves_clear(&moves);
    spans_clear(&a);
    spans_clear(&b);
}

static char *note(int64_t from_ms, int64_t length_ms)
{
    struct span span = {from_ms, from_ms + length_ms};
    return calendar_clock_note("Europe/Paris", &span);
}

static void nights_on_which_the_clock_changes_say_so(void **state)
{
    (void)state;
    const int64_t spring_ms = 1806195600000LL; /* 2027-03-28 01:00 UTC: 02:00 is 03:00 */
    const int64_t autumn_ms = 1824944400000LL; /* 2027-10-31 01:00 UTC: 03:00 is 02:00 */
    auto_free char *plain = note(spring_ms - 5 * DAY_MS, 4 * HOUR_MS);
    auto_free char *forward = note(spring_ms - 3 * HOUR_MS, 4 * HOUR_MS);
    auto_free char *gap = note(spring_ms + HOUR_MS / 2, HOUR_MS);
    auto_free char *back = note(autumn_ms - 3 * HOUR_MS, 4 * HOUR_MS);
    auto_free char *twice = note(autumn_ms - HOUR_MS / 2, HOUR_MS / 4);
    assert_null(plain);
    assert_string_equal(forward, "the clock goes forward in it, its length stays");
    assert_string_equal(gap, "02:30 does not exist that day, it is 03:30 then");
    assert_string_equal(back, "the clock goes back in it, its length stays");
    assert_string_equal(twice, "02:30 comes twice that day, the first one counts");
}

/* ---- the ledger ---- */

static void add_entry(struct ledger *ledger, const char *target, int64_t from_ms)
{
    *vec_push(ledger->items, ledger->count, ledger->room) = (struct ledger_entry){
        .by = xstrdup("customer"),
        .group = xstrdup("acme"),
        .campaign = xstrdup("c"),
        .target = xstrdup(target),
        .uid = xasprintf("%s.c@slipway", target),
        .summary = xstrdup("s"),
        .description = xstrdup("d\nwith \xc3\xa9"),
        .sequence = 3,
        .span = {from_ms, from_ms + HOUR_MS},
        .stamp_ms = NOW_MS,
    };
}

static void the_ledger_keeps_what_is_not_long_past(void **state)
{
    (void)state;
    char dir[] = "/tmp/slipway-ledger-XXXXXX";
    struct slipway_error err = {""};
    struct ledger ledger = {0}, again = {0};
    assert_non_null(mkdtemp(dir));
    assert_int_equal(ledger_open(dir, &ledger, &err), 0);
    add_entry(&ledger, "vc-1", NOW_MS + DAY_MS);
    add_entry(&ledger, "vc-2", NOW_MS - (LEDGER_KEPT_DAYS + 1) * DAY_MS);
    assert_int_equal(ledger_open(dir, &again, &err), -1); /* one at a time */
    assert_non_null(strstr(err.text, "another calendar export"));
    assert_int_equal(ledger_save(dir, &ledger, NOW_MS, &err), 0);
    ledger_clear(&ledger);
    assert_int_equal(ledger_open(dir, &again, &err), 0);
    assert_int_equal(again.count, 1);
    assert_string_equal(again.items[0].uid, "vc-1.c@slipway");
    assert_string_equal(again.items[0].description, "d\nwith \xc3\xa9");
    assert_int_equal(again.items[0].sequence, 3);
    assert_true(again.items[0].span.from_ms == NOW_MS + DAY_MS);
    ledger_clear(&again);
    auto_free char *path = xasprintf("%s/%s", dir, LEDGER_NAME);
    assert_int_equal(file_replace(path, "{\"format\":1}", 12, 0600, &err), 0);
    assert_int_equal(ledger_open(dir, &again, &err), -1);
    assert_non_null(strstr(err.text, "is damaged"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_calendars_move_nothing),
        cmocka_unit_test(another_weekday_moves_every_opening),
        cmocka_unit_test(one_left_out_is_gone_and_moves_no_other),
        cmocka_unit_test(what_is_past_is_no_difference),
        cmocka_unit_test(a_move_is_told_in_local_time_and_utc),
        cmocka_unit_test(nights_on_which_the_clock_changes_say_so),
        cmocka_unit_test(the_ledger_keeps_what_is_not_long_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
