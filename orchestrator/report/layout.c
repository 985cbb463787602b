/*
 * layout.c - see layout.h.
 *
 * A table that is too wide gives up columns one by one, always of its widest cell column
 * that still has a blank to break at; words are never broken, because names, digests and
 * paths are there to be copied.
 */
#include "report/layout.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define PARAGRAPH_MAX 4096 /* bytes */
#define GAP           2    /* blanks between columns */
#define LAST_LEAST    24   /* columns of a last cell; with less it stands below its row */

static int terminal_width; /* 0: nobody looks */

void layout_set_width(int columns)
{
    bool narrow = columns > 0 && columns < LAYOUT_NARROWEST;
    terminal_width = narrow ? LAYOUT_NARROWEST : columns;
}

int layout_width(void)
{
    return terminal_width && terminal_width < LAYOUT_WIDTH ? terminal_width
                                                           : LAYOUT_WIDTH;
}

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
        if (!first && at + 1 + width > layout_width()) {
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

/* What columns have and need, in columns of the terminal. */
struct widths {
    int now[LAYOUT_COLUMNS_MAX];
    int least[LAYOUT_COLUMNS_MAX]; /* the longest word */
    bool last_below;               /* the last column has a line of its own */
};

static int longest_word(const char *text)
{
    auto_buf struct buf word = {0};
    int longest = 0;
    for (const char *p = text; *(p += strspn(p, " "));) {
        size_t length = strcspn(p, " ");
        buf_reset(&word);
        buf_add(&word, p, length);
        p += length;
        int width = text_columns(buf_text(&word));
        longest = width > longest ? width : longest;
    }
    return longest;
}

/* Of a column of numbers only the head is broken: "12.5 %" stays together. */
static void measure(const struct table *table, struct widths *widths)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        bool whole = table->right[column] && i >= table->columns;
        int width = text_columns(table->cells[i]);
        int least = whole ? width : longest_word(table->cells[i]);
        if (width > widths->now[column])
            widths->now[column] = width;
        if (least > widths->least[column])
            widths->least[column] = least;
    }
}

static int total_width(const struct table *table, int indent, const struct widths *widths)
{
    int total = indent - GAP;
    for (size_t c = 0; c < table->columns; c++)
        total += widths->now[c] ? widths->now[c] + GAP : 0;
    return total;
}

/* Give up columns until the table fits, or no blank is left to break at. */
static void squeeze(const struct table *table, int indent, struct widths *widths)
{
    size_t last = table->columns - 1;
    int total = total_width(table, indent, widths);
    int left = terminal_width - (total - widths->now[last]);
    widths->last_below = terminal_width && total > terminal_width &&
                         !table->right[last] && left < LAST_LEAST &&
                         left < widths->now[last];
    if (widths->last_below) {
        widths->now[last] = 0;
        total = total_width(table, indent, widths);
    }
    for (; terminal_width && total > terminal_width; total--) {
        int widest = -1;
        for (int c = 0; c < (int)table->columns; c++) {
            if (widths->now[c] > widths->least[c] &&
                (widest < 0 || widths->now[c] > widths->now[widest]))
                widest = c;
        }
        if (widest < 0)
            return;
        widths->now[widest]--;
    }
}

/* Bytes of `text` that fit into `width`, up to a blank. */
static size_t first_line(const char *text, int width)
{
    auto_buf struct buf line = {0};
    size_t fits = 0, end = 0;
    if (text_columns(text) <= width)
        return strlen(text);
    while (text[end]) {
        end += strspn(text + end, " ");
        end += strcspn(text + end, " ");
        buf_reset(&line);
        buf_add(&line, text, end);
        if (fits && text_columns(buf_text(&line)) > width)
            break;
        fits = end;
    }
    return fits;
}

/* One line of a row; *rest[c] moves to what is left of its cell. No blanks at the end of
   a line: they would be noise in a ticket or a golden file. */
static void write_line(const struct table *table, const struct widths *widths,
                       const char *rest[LAYOUT_COLUMNS_MAX], struct buf *out)
{
    int owed = 0;
    for (size_t c = 0; c < table->columns; c++) {
        auto_buf struct buf cell = {0};
        size_t length = first_line(rest[c], widths->now[c]);
        if (!widths->now[c])
            continue;
        buf_add(&cell, rest[c], length);
        rest[c] += length;
        rest[c] += strspn(rest[c], " ");
        int pad = widths->now[c] - text_columns(buf_text(&cell));
        if (!length) {
            owed += widths->now[c] + GAP;
            continue;
        }
        add_spaces(out, owed + (table->right[c] ? pad : 0));
        buf_adds(out, buf_text(&cell));
        owed = GAP + (table->right[c] ? 0 : pad);
    }
}

/* Columns without a width are not written here. */
static bool is_written(const struct table *table, const struct widths *widths,
                       const char *const *rest)
{
    for (size_t c = 0; c < table->columns; c++) {
        if (widths->now[c] && *rest[c])
            return false;
    }
    return true;
}

void table_write(const struct table *table, size_t first, size_t end, const char *indent,
                 const struct layout *layout)
{
    struct widths widths = {{0}, {0}, false};
    auto_buf struct buf lead = {0};
    buf_addf(&lead, "%s      ", indent);
    measure(table, &widths);
    if (table->columns)
        squeeze(table, text_columns(indent), &widths);
    for (size_t row = first; row < end && row < table_rows(table); row++) {
        const char *rest[LAYOUT_COLUMNS_MAX];
        for (size_t c = 0; c < table->columns; c++)
            rest[c] = table->cells[row * table->columns + c];
        do {
            buf_adds(layout->out, indent);
            write_line(table, &widths, rest, layout->out);
            buf_addc(layout->out, '\n');
        } while (!is_written(table, &widths, rest));
        const char *last = table->cells[(row + 1) * table->columns - 1];
        if (widths.last_below && *last)
            layout_paragraph(layout, buf_text(&lead), COLOUR_NONE, last);
    }
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}
