/* test_layout.c - wrapped lines and aligned tables, also for texts that mean no good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/layout.h"
#include "util/auto.h"
#include "util/text.h"

static void a_paragraph_hangs_under_its_lead(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct layout layout = {&out, false};
    layout_paragraph(&layout, "  - ", COLOUR_NONE,
                     "one two  three four five six seven eight nine ten eleven twelve "
                     "thirteen fourteen fifteen");
    assert_string_equal(
        buf_text(&out),
        "  - one two three four five six seven eight nine ten eleven twelve "
        "thirteen fourteen\n    fifteen\n");
}

static void a_word_longer_than_the_line_stands_alone(void **state)
{
    (void)state;
    auto_buf struct buf out = {0}, word = {0}, text = {0}, expected = {0};
    struct layout layout = {&out, false};
    for (int i = 0; i < LAYOUT_WIDTH + 10; i++)
        buf_addc(&word, 'x');
    buf_addf(&text, "a %s b", buf_text(&word));
    buf_addf(&expected, "- a\n  %s\n  b\n", buf_text(&word));
    layout_paragraph(&layout, "- ", COLOUR_NONE, buf_text(&text));
    assert_string_equal(buf_text(&out), buf_text(&expected));
}

static void lines_are_measured_in_columns(void **state)
{
    (void)state;
    auto_buf struct buf out = {0}, text = {0};
    struct layout layout = {&out, false};
    for (int i = 0; i < 60; i++)
        buf_adds(&text, "東京 "); /* four columns and a blank */
    layout_paragraph(&layout, "", COLOUR_NONE, buf_text(&text));
    const char *end = strchr(buf_text(&out), '\n');
    assert_non_null(end);
    auto_buf struct buf line = {0};
    buf_add(&line, buf_text(&out), (size_t)(end - buf_text(&out)));
    assert_int_equal(text_columns(buf_text(&line)), 18 * 5 - 1);
}

static void tables_align_and_drop_empty_columns(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    struct layout layout = {&out, false};
    auto_table struct table table = {.columns = 4, .right = {false, true}};
    const char *const cells[] = {"name",    "count", NULL, "note", "東京", "7",
                                 NULL,      NULL,    "x",  NULL,   "",     "ends",
                                 "\x1b[2J", "12",    "",   "a\nb"};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        table_add(&table, cells[i]);
    table_write(&table, 0, table_rows(&table), "  ", &layout);
    assert_string_equal(buf_text(&out), "  name     count  note\n"
                                        "  東京         7\n"
                                        "  x               ends\n"
                                        "  \\x1b[2J     12  a\\nb\n");
}

static void fill(struct table *table, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_add(table, cells[i]);
}

static void a_narrow_terminal_breaks_cells_between_words(void **state)
{
    static const char *const cells[] = {
        "name", "in flight", "what is known of it",
        "vc-1", "12.5 %",    "a certificate has ended there"};
    (void)state;
    auto_buf struct buf out = {0}, wide = {0};
    struct layout layout = {&out, false}, unseen = {&wide, false};
    auto_table struct table table = {.columns = 3, .right = {false, true}};
    fill(&table, cells, ARRAY_LENGTH(cells));
    table_write(&table, 0, 2, "  ", &unseen);
    layout_set_width(44);
    table_write(&table, 0, 2, "  ", &layout);
    layout_set_width(0);
    assert_string_equal(buf_text(&out), "  name  in flight  what is known of it\n"
                                        "  vc-1     12.5 %  a certificate has ended\n"
                                        "                   there\n");
    assert_null(strstr(buf_text(&wide), "\n                   there"));
}

static void a_last_cell_without_room_stands_below(void **state)
{
    static const char *const cells[] = {
        "certificates-told", "vcsa.certificates",
        "green within 15m, 2 in a row, every 10s, only warns"};
    (void)state;
    auto_buf struct buf out = {0};
    struct layout layout = {&out, false};
    auto_table struct table table = {.columns = 3};
    fill(&table, cells, ARRAY_LENGTH(cells));
    layout_set_width(20); /* nothing is narrower than LAYOUT_NARROWEST */
    table_write(&table, 0, 1, "  ", &layout);
    layout_set_width(0);
    assert_string_equal(buf_text(&out), "  certificates-told  vcsa.certificates\n"
                                        "        green within 15m, 2 in a row,\n"
                                        "        every 10s, only warns\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paragraph_hangs_under_its_lead),
        cmocka_unit_test(a_word_longer_than_the_line_stands_alone),
        cmocka_unit_test(lines_are_measured_in_columns),
        cmocka_unit_test(tables_align_and_drop_empty_columns),
        cmocka_unit_test(a_narrow_terminal_breaks_cells_between_words),
        cmocka_unit_test(a_last_cell_without_room_stands_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
