/*
 * test_text.c - text from outside is made harmless, versions compare by number,
 * durations carry units.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"

static void what_steers_a_terminal_becomes_visible(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain", "plain"},
        {"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
        {"\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"},
        {"two\nlines\r", "two\\nlines\\r"},
        {"tab\tbed", "tab bed"},
        {"\xc2\x9b"
         "31m",
         "\\x9b31m"}, /* C1 as UTF-8 */
        {"\x9b"
         "31m",
         "\\x9b31m"}, /* C1 as a byte */
        {"evil\xe2\x80\xae"
         "txt.exe",
         "evil\\u202etxt.exe"}, /* right-to-left override */
        {"zero\xe2\x80\x8bwidth", "zero\\u200bwidth"},
        {"\xc0\xaf", "\\xc0\\xaf"},          /* overlong */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
        {"caf\xc3\xa9 \xe2\x9c\x93", "caf\xc3\xa9 \xe2\x9c\x93"},
        {"%n%s", "%n%s"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char clean[128], again[128];
        assert_string_equal(text_clean(cases[i].in, clean, sizeof clean), cases[i].out);
        assert_string_equal(text_clean(clean, again, sizeof again), cases[i].out);
    }
}

static void what_is_too_long_is_cut_at_a_character(void **state)
{
    (void)state;
    char clean[12];
    assert_string_equal(text_clean("abcdefghijklmnop", clean, sizeof clean), "abcdefgh…");
    assert_string_equal(text_clean("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
                                   clean, sizeof clean),
                        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9…");
}

static void versions_compare_by_number(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"8.0.3.00400", "8.0.3.00400", 0},
        {"8.0.3.00400", "8.0.3.400", 0},
        {"8.0.2.00500", "8.0.3.00000", -1},
        {"8.0.10", "8.0.9", 1},
        {"7.0", "7.0.0.0", 0},
        {"7.0.0.1", "7.0", 1},
        {"9.0.1.0", "10.0", -1},
        {"1.2a", "1.2b", -1},
        {"1.2", "1.2a", -1},
        {"", "0", 0},
        {"99999999999999999999", "100000000000000000000", -1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(text_version_cmp(cases[i].a, cases[i].b), cases[i].order);
        assert_int_equal(text_version_cmp(cases[i].b, cases[i].a), -cases[i].order);
    }
}

static void the_nearest_word_is_found_and_a_far_one_is_not(void **state)
{
    static const char *const words[] = {"timeout", "expect", "on_failure"};
    (void)state;
    assert_string_equal(text_nearest("timout", words, 3), "timeout");
    assert_string_equal(text_nearest("onfailure", words, 3), "on_failure");
    assert_null(text_nearest("zzzz", words, 3));
}

static void durations_need_units_in_order(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"90s", 90000},
        {"1h30m", 5400000},
        {"250ms", 250},
        {"3d", 259200000},
        {"0s", 0},
        {"1m1s1ms", 61001},
        {"366d", DURATION_MAX_MS},
        {"90", -1},
        {"", -1},
        {"-1s", -1},
        {"1.5h", -1},
        {"1m1h", -1},
        {"1h1h", -1},
        {"h", -1},
        {"1 h", -1},
        {"1w", -1},
        {"367d", -1},
        {"999999999999h", -1},
        {"1H", -1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t ms = -7;
        int code = duration_parse(cases[i].text, &ms);
        assert_int_equal(code, cases[i].ms < 0 ? -1 : 0);
        assert_int_equal(ms, cases[i].ms < 0 ? -7 : cases[i].ms);
    }
    /* only what would be one if it were shorter is too long */
    assert_true(duration_is_over("367d"));
    assert_true(duration_is_over("366d1ms"));
    assert_true(duration_is_over("999999999999h"));
    assert_false(duration_is_over("366d"));
    assert_false(duration_is_over("367d1w"));
    assert_false(duration_is_over(""));
}

static void durations_read_well(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0s"},       {250, "250ms"},     {1200, "1s"},       {61000, "1m1s"},
                 {3600000, "1h"}, {5400000, "1h30m"}, {90061000, "1d1h"}, {-5000, "-5s"}};
    char out[32];
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(duration_format(cases[i].ms, out, sizeof out), cases[i].text);
}

static void times_show_their_zone_and_read_back(void **state)
{
    char out[32];
    int64_t ms = -1;
    (void)state;
    assert_string_equal(time_iso(1795301585000, out, sizeof out), "2026-11-21T22:53:05Z");
    assert_int_equal(time_parse(out, &ms), 0);
    assert_true(ms == 1795301585000);
    assert_int_equal(time_parse("2026-12-01", &ms), 0);
    assert_int_equal(time_parse("tomorrow", &ms), -1);
    assert_int_equal(time_parse("2026-12-01T06:00:00", &ms), -1);
}

static void json_refuses_what_its_library_would_swallow(void **state)
{
    struct slipway_error err = {""};
    char deep[200];
    (void)state;
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_null(json_parse("{\"a\":1,\"a\":2}", 13, 100, &err));
    assert_null(json_parse(deep, strlen(deep), 1000, &err));
    assert_non_null(strstr(err.text, "deeper"));
    assert_null(json_parse("{}", 2, 1, &err));
    auto_json json_t *bare = json_parse("\"green\"", 7, 100, &err);
    assert_string_equal(json_string_value(bare), "green");
    auto_json json_t *bad = json_safe_string("a\xff\0b", 4);
    assert_string_equal(json_string_value(bad), "a\\xff\\x00b");
}

static void thumbprints_are_written_as_people_write_them(void **state)
{
    (void)state;
    const unsigned char bytes[] = {0x00, 0x0a, 0xff};
    char out[sizeof bytes * 3 + 1];
    out[sizeof bytes * 3] = '#'; /* behind its room */
    text_colon_hex(bytes, sizeof bytes, out);
    assert_string_equal(out, "00:0A:FF");
    assert_int_equal(out[sizeof bytes * 3], '#');
    text_colon_hex(bytes, 1, out);
    assert_string_equal(out, "00");
}

static void what_lost_its_beginning_begins_with_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kept;
    } cases[] = {{"cret\nline\nline\n", "line\nline\n"},
                 {"\nline", "line"},
                 {"of a long line without any end", "without any end"},
                 {"a long line whose end\nis late", "ose end\nis late"},
                 {"", ""}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *text = cases[i].text;
        assert_string_equal(text + text_cut_start(text, strlen(text)), cases[i].kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_steers_a_terminal_becomes_visible),
        cmocka_unit_test(what_is_too_long_is_cut_at_a_character),
        cmocka_unit_test(versions_compare_by_number),
        cmocka_unit_test(the_nearest_word_is_found_and_a_far_one_is_not),
        cmocka_unit_test(durations_need_units_in_order),
        cmocka_unit_test(durations_read_well),
        cmocka_unit_test(times_show_their_zone_and_read_back),
        cmocka_unit_test(json_refuses_what_its_library_would_swallow),
        cmocka_unit_test(what_lost_its_beginning_begins_with_a_line),
        cmocka_unit_test(thumbprints_are_written_as_people_write_them),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
