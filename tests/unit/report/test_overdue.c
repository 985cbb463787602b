/* test_overdue.c - snapshots that nobody settles are named with their targets, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/overdue.h"
#include "util/auto.h"
#include "util/json.h"

#define HOUR_MS 3600000LL
#define NOW_MS  (1000 * HOUR_MS)

static char first[] = "vc-0014", second[] = "vc-0017", third[] = "vc-0018";

static struct snapshot_row row(char *target, int64_t due_hours, int64_t removed_hours)
{
    return (struct snapshot_row){.target_name = target,
                                 .due_ms = due_hours * HOUR_MS,
                                 .removed_ms = removed_hours * HOUR_MS};
}

static void each_target_is_named_once(void **state)
{
    (void)state;
    struct snapshot_row rows[] = {row(first, 996, 0), row(first, 998, 0),
                                  row(second, 1000, 0), row(third, 1001, 0),
                                  row(third, 900, 950)};
    struct snapshot_list list = {
        .rows = rows, .count = ARRAY_LENGTH(rows), .now_ms = NOW_MS};
    auto_overdue struct overdue overdue = {0};
    auto_buf struct buf text = {0};
    overdue_find(&list, &overdue);
    assert_int_equal(overdue.snapshots, 3);
    assert_int_equal(overdue.target_count, 2);
    assert_true(overdue.since_ms == 996 * HOUR_MS);
    overdue_words(&overdue, NOW_MS, &text);
    assert_non_null(strstr(buf_text(&text), "3 snapshots of vc-0014 and vc-0017 outlived "
                                            "their time limit, the oldest at "));
    assert_non_null(strstr(buf_text(&text), "Z (4h): their disks grow"));
    auto_json json_t *json = overdue_json(&overdue);
    assert_int_equal(json_array_size(json_object_get(json, "targets")), 2);
}

static void one_is_one(void **state)
{
    (void)state;
    struct snapshot_row rows[] = {row(second, 999, 0)};
    struct snapshot_list list = {.rows = rows, .count = 1, .now_ms = NOW_MS};
    auto_overdue struct overdue overdue = {0};
    auto_buf struct buf text = {0};
    overdue_find(&list, &overdue);
    overdue_words(&overdue, NOW_MS, &text);
    assert_non_null(
        strstr(buf_text(&text), "1 snapshot of vc-0017 outlived its time limit, at "));
}

static void none_is_no_word(void **state)
{
    (void)state;
    struct snapshot_row rows[] = {row(first, 1001, 0), row(first, 900, 901)};
    struct snapshot_list list = {.rows = rows, .count = 2, .now_ms = NOW_MS};
    auto_overdue struct overdue overdue = {0};
    auto_buf struct buf text = {0};
    overdue_find(&list, &overdue);
    overdue_words(&overdue, NOW_MS, &text);
    assert_int_equal(text.length, 0);
    auto_json json_t *json = overdue_json(&overdue);
    assert_true(json_is_null(json_object_get(json, "since")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_target_is_named_once),
        cmocka_unit_test(one_is_one),
        cmocka_unit_test(none_is_no_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
