/* layout.c - see layout.h. */
#include "report/layout.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define PARAGRAPH_MAX 4096 /* bytes */

static const char *colour_code(const struct layout *layout, enum layout_colour colour)
{
    static const char *const codes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[31m"};
    return layout->colour && (size_t)colour < ARRAY_LENGTH(codes) ? codes[colour] : "";
}

static void add_coloured(const struct layout *layout, enum layout_colour colour,
                         const char *text)
{
    const char *code = colour_code(layout, colour);
    buf_adds(layout->out, code);
    buf_adds(layout->out, text);
    if (*code)
        buf_adds(layout->out, "\x1b[0m");
}

void layout_heading(const struct layout *layout, const char *text)
{
    buf_addc(layout->out, '\n');
    add_coloured(layout, COLOUR_BOLD, text);
    buf_addc(layout->out, '\n');
}

static void add_spaces(struct buf *out, int count)
{
    for (; count > 0; count--)
        buf_addc(out, ' ');
}

/* Words are what stands between blanks; one that is longer than a line stands alone. */
void layout_paragraph(const struct layout *layout, const char *lead,
                      enum layout_colour colour, const char *text)
{
    auto_buf struct buf clean = {0}, word = {0};
    text_sanitize(&clean, text, strlen(text), PARAGRAPH_MAX);
    int indent = text_columns(lead), at = indent;
    add_coloured(layout, colour, lead);
    const char *p = buf_text(&clean);
    for (bool first = true; *(p += strspn(p, " ")); first = false) {
        size_t length = strcspn(p, " ");
        buf_reset(&word);
        buf_add(&word, p, length);
        p += length;
        int width = text_columns(buf_text(&word));
        if (!first && at + 1 + width > LAYOUT_WIDTH) {
            buf_addc(layout->out, '\n');
            add_spaces(layout->out, indent);
            at = indent;
        } else if (!first) {
            buf_addc(layout->out, ' ');
            at++;
        }
        buf_adds(layout->out, buf_text(&word));
        at += width;
    }
    buf_addc(layout->out, '\n');
}

void layout_line(const struct layout *layout, const char *lead, enum layout_colour colour,
                 const char *text)
{
    add_coloured(layout, colour, lead);
    text_sanitize(layout->out, text, strlen(text), PARAGRAPH_MAX);
    buf_addc(layout->out, '\n');
}

void table_add(struct table *table, const char *text)
{
    auto_buf struct buf clean = {0};
    if (text)
        text_sanitize(&clean, text, strlen(text), LAYOUT_CELL_MAX);
    *vec_push(table->cells, table->count, table->room) = buf_take(&clean);
}

void table_addf(struct table *table, const char *format, ...)
{
    auto_buf struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    table_add(table, buf_text(&text));
}

size_t table_rows(const struct table *table)
{
    return table->columns ? table->count / table->columns : 0;
}

static void measure(const struct table *table, int widths[LAYOUT_COLUMNS_MAX])
{
    for (size_t i = 0; i < table->count; i++) {
        int width = text_columns(table->cells[i]);
        int *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
}

/* No blanks at the end of a line: they would be noise in a ticket or a golden file. */
static void write_row(const struct table *table, size_t row,
                      const int widths[LAYOUT_COLUMNS_MAX], struct buf *out)
{
    int owed = 0;
    for (size_t c = 0; c < table->columns; c++) {
        const char *cell = table->cells[row * table->columns + c];
        int pad = widths[c] - text_columns(cell);
        if (!widths[c])
            continue;
        if (!*cell) {
            owed += widths[c] + 2;
            continue;
        }
        add_spaces(out, owed + (table->right[c] ? pad : 0));
        buf_adds(out, cell);
        owed = 2 + (table->right[c] ? 0 : pad);
    }
}

void table_write(const struct table *table, size_t first, size_t end, const char *indent,
                 const struct layout *layout)
{
    int widths[LAYOUT_COLUMNS_MAX] = {0};
    measure(table, widths);
    for (size_t row = first; row < end && row < table_rows(table); row++) {
        buf_adds(layout->out, indent);
        write_row(table, row, widths, layout->out);
        buf_addc(layout->out, '\n');
    }
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}
