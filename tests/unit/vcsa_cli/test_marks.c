/*
 * test_marks.c - the lines of software-packages, which are all that tells what came of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/auto.h"
#include "util/json.h"
#include "vcsa_cli/marks.h"

static struct marks marks_of(const char *text)
{
    struct marks marks;
    marks_read(text, strlen(text), &marks);
    return marks;
}

/* As captured on a 6.5, with the clock going back by eight hours in the middle. */
static const char INSTALL[] =
    " [2019-06-12T17:04:48.058] : Validating software update payload\n"
    " [2019-06-12T17:04:48.058] : Compatible patch\n"
    " [2019-06-12T17:04:48.060] : The version check is passed.\n"
    " [2019-06-12T17:04:49.000] : Validation successful\n"
    " [2019-06-12 17:05:01,123] : Copying software packages 3/4\n"
    " [2019-06-12T09:05:02.000] : Running test transaction ....\n"
    " [2019-06-12T09:05:40.000] : Running pre-install script.....\n"
    " [2019-06-12T09:07:00.000] : All VMware services are stopped.\n";

static void the_end_is_the_last_mark_not_the_latest_stamp(void **state)
{
    (void)state;
    auto_free char *whole = NULL;
    struct marks half = marks_of(INSTALL);
    assert_int_equal(half.end, MARKS_VALID); /* the middle of an installation */
    assert_int_equal(half.clock_jumps, 1);
    assert_int_equal(half.percent, 50);
    assert_string_equal(half.last, "All VMware services are stopped.");
    assert_true(asprintf(&whole,
                         "%s [2019-06-12T09:12:00.000] : Packages upgraded successfully, "
                         "Reboot is required to complete the installation.\n",
                         INSTALL) > 0);
    struct marks done = marks_of(whole);
    assert_int_equal(done.end, MARKS_INSTALLED);
    assert_true(done.reboot);
    assert_int_equal(done.percent, 100);
}

static void copies_move_the_progress(void **state)
{
    (void)state;
    assert_int_equal(marks_of("Copying software packages 0/17\n").percent, 10);
    assert_int_equal(marks_of("Copying software packages 17/17\n").percent, 30);
    assert_int_equal(marks_of("Copying software packages 18/17\n").percent, 10);
    assert_int_equal(marks_of("Copying software packages 1/0\n").percent, 10);
    assert_int_equal(
        marks_of("Copying software packages 9999999999999999999999/1\n").percent, 10);
    assert_int_equal(marks_of("something else\n").percent, -1);
}

static void failures_keep_their_reason(void **state)
{
    (void)state;
    struct marks wrong =
        marks_of(" [2021-02-27T13:11:36.058] : Unsuported version of patch selected.\n");
    assert_int_equal(wrong.end, MARKS_UNSUPPORTED);
    struct marks failed = marks_of(
        " [2021-02-27T13:11:36.058] : Exception occurred in postInstallHook for "
        "vcintegrity\n [2021-02-27T13:11:37.058] : Installation process failed\n");
    assert_int_equal(failed.end, MARKS_FAILED);
    assert_string_equal(failed.why,
                        "Exception occurred in postInstallHook for vcintegrity");
}

/* A package or a file that is named like a mark must not pass for one. */
static void a_mark_stands_at_the_beginning_of_a_text(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "unpacking /tmp/Packages upgraded successfully\n",
        " [2021-02-27T13:11:36.058] : note: Packages upgraded successfully\n",
        " [not a stamp] : Packages upgraded successfully\n",
        "[2021-02-27T13:11:36.058 Packages upgraded successfully\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        assert_int_equal(marks_of(lines[i]).end, MARKS_NONE);
}

static void hostile_lines_are_harmless(void **state)
{
    (void)state;
    struct marks marks = marks_of(
        " [2021-02-27T13:11:36.058] : \033]0;owned\007\033[31mred\342\200\256txt\n");
    assert_null(strchr(marks.last, '\033'));
    assert_null(strstr(marks.last, "\342\200\256"));
    static const char zeros[] = "a\0Packages upgraded successfully\n";
    marks_read(zeros, sizeof zeros - 1, &marks);
    assert_int_equal(marks.end, MARKS_NONE);
    auto_json json_t *lines = marks_lines(INSTALL, strlen(INSTALL));
    assert_int_equal(json_array_size(lines), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_the_last_mark_not_the_latest_stamp),
        cmocka_unit_test(copies_move_the_progress),
        cmocka_unit_test(failures_keep_their_reason),
        cmocka_unit_test(a_mark_stands_at_the_beginning_of_a_text),
        cmocka_unit_test(hostile_lines_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
