/*
 * test_table.c - every opening of a thousand calendars, against a table that python-dateutil
 * and Python's zoneinfo worked out (tests/data/calendars/make_table.py): changes of the
 * clock in fourteen zones, every accepted part of a rule, UNTIL to the second, whole days,
 * overrides, twenty years in one go.
 */
#include "calendars.h"

#include <stdlib.h>

#include "util/sha256.h"
#include "util/xalloc.h"

#define TABLE "tests/data/calendars/table.txt"

struct table_case {
    char name[128];
    struct buf ics, expected;
    char zone[64]; /* of whole days; "" */
    long long from_s, until_s;
    bool many;
    size_t count;
    char digest[SHA256_HEX];
    size_t merged; /* expected spans that neither overlap nor touch */
    long long last_end_s;
};

static void begin_case(struct table_case *one, const char *name)
{
    buf_reset(&one->ics);
    buf_reset(&one->expected);
    struct table_case fresh = {.ics = one->ics, .expected = one->expected};
    (void)snprintf(fresh.name, sizeof fresh.name, "%s", name);
    fresh.last_end_s = INT64_MIN;
    *one = fresh;
    buf_adds(&one->ics, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n");
}

static void add_line(struct table_case *one, const char *line)
{
    if (!strncmp(line, "X-TEST-ZONE:", 12))
        (void)snprintf(one->zone, sizeof one->zone, "%s", line + 12);
    if (!strcmp(line, "-"))
        line = "END:VEVENT\r\nBEGIN:VEVENT";
    buf_addf(&one->ics, "%s\r\n", line);
}

static void add_occurrence(struct table_case *one, const char *line)
{
    long long from = 0, until = 0;
    assert_int_equal(sscanf(line, "o %lld %lld", &from, &until), 2);
    buf_addf(&one->expected, "%s\n", line);
    one->count++;
    if (from > one->last_end_s)
        one->merged++;
    if (until > one->last_end_s)
        one->last_end_s = until;
}

static void compare_union(const struct table_case *one, const struct calendar *calendar)
{
    struct slipway_error err = {0};
    struct spans spans = {0};
    assert_int_equal(
        calendar_expand(calendar, one->from_s * 1000, one->until_s * 1000, &spans, &err),
        0);
    if (!one->many && spans.count != one->merged)
        fail_msg("%s: %zu spans, expected %zu", one->name, spans.count, one->merged);
    spans_clear(&spans);
}

static void check_case(struct table_case *one)
{
    struct calendar_options options = {.zone = *one->zone ? one->zone : NULL};
    auto_free struct calendar_occurrence *items = NULL;
    auto_buf struct buf got = {0};
    size_t count = 0;
    struct slipway_error err = {0};
    buf_adds(&one->ics, "END:VEVENT\r\nEND:VCALENDAR\r\n");
    auto_calendar struct calendar *calendar = parsed(buf_text(&one->ics), &options);
    if (calendar_occurrences(calendar, one->from_s * 1000, one->until_s * 1000, &items,
                             &count, &err))
        fail_msg("%s: %s", one->name, err.text);
    for (size_t i = 0; i < count; i++)
        buf_addf(&got, "o %lld %lld\n", (long long)items[i].span.from_ms / 1000,
                 (long long)items[i].span.until_ms / 1000);
    if (one->many) {
        char digest[SHA256_HEX];
        sha256_hex(buf_text(&got), got.length, digest);
        if (count != one->count || strcmp(digest, one->digest) != 0)
            fail_msg("%s: %zu occurrences, expected %zu", one->name, count, one->count);
    } else if (strcmp(buf_text(&got), buf_text(&one->expected)) != 0) {
        fail_msg("%s\n%s\ngot:\n%s\nexpected:\n%s", one->name, buf_text(&one->ics),
                 buf_text(&got), buf_text(&one->expected));
    }
    compare_union(one, calendar);
}

static void take(struct table_case *one, char *line, int *cases)
{
    line[strcspn(line, "\n")] = '\0';
    if (!strncmp(line, "case ", 5)) {
        begin_case(one, line + 5);
    } else if (!strncmp(line, "v ", 2)) {
        add_line(one, line + 2);
    } else if (!strncmp(line, "range ", 6)) {
        assert_int_equal(sscanf(line, "range %lld %lld", &one->from_s, &one->until_s), 2);
    } else if (!strncmp(line, "o ", 2)) {
        add_occurrence(one, line);
    } else if (!strncmp(line, "many ", 5)) {
        one->many = true;
        assert_int_equal(sscanf(line, "many %zu %64s", &one->count, one->digest), 2);
    } else if (!strcmp(line, "end")) {
        check_case(one);
        (*cases)++;
    }
}

static void every_opening_is_where_another_implementation_has_it(void **state)
{
    (void)state;
    auto_file FILE *file = fopen(TABLE, "re");
    struct table_case one = {.ics = {0}};
    auto_free char *line = NULL;
    size_t room = 0;
    int cases = 0;
    assert_non_null(file);
    while (getline(&line, &room, file) > 0)
        take(&one, line, &cases);
    buf_free(&one.ics);
    buf_free(&one.expected);
    assert_in_range(cases, 900, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_opening_is_where_another_implementation_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
