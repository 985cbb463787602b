/*
 * layout.h - plain text for people: headings, wrapped lines and aligned tables.
 *
 * Everything that is written here passes text_sanitize(), so texts from outside may be
 * given as they are. Widths count terminal columns, not bytes.
 */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

#define LAYOUT_WIDTH       90
#define LAYOUT_NARROWEST   40
#define LAYOUT_COLUMNS_MAX 12
#define LAYOUT_CELL_MAX    96 /* bytes of one cell */

enum layout_colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_DIM, COLOUR_YELLOW, COLOUR_RED };

/* The width of the terminal, set once before anything is written: paragraphs take it up
   to LAYOUT_WIDTH, tables break cells between words to fit. 0, as at the start: nobody
   looks, so lines have LAYOUT_WIDTH and rows of tables stay on one line. Less than
   LAYOUT_NARROWEST counts as that. */
void layout_set_width(int columns);
/* Columns that a line may take. */
int layout_width(void);

/* Where to write, and whether a terminal that knows colours reads it. */
struct layout {
    struct buf *out;
    bool colour;
};

/* An empty line and the heading. */
void layout_heading(const struct layout *layout, const char *text);

/* One paragraph after `lead` ("  - "); further lines are indented as wide as it.
   The lead takes the colour. */
void layout_paragraph(const struct layout *layout, const char *lead,
                      enum layout_colour colour, const char *text);

/* The same on one line however long, for output that people grep. */
void layout_line(const struct layout *layout, const char *lead, enum layout_colour colour,
                 const char *text);

/* Cells are collected first, because a column is as wide as its widest cell. */
struct table {
    size_t columns;
    bool right[LAYOUT_COLUMNS_MAX]; /* numbers stand to the right */
    char **cells;
    size_t count, room;
};

/* Copy one cell; `text` may be NULL: empty. Rows are filled from left to right. */
void table_add(struct table *table, const char *text);
__attribute__((format(printf, 2, 3))) void table_addf(struct table *table,
                                                      const char *format, ...);
/* Write rows [first, end), each after `indent`; columns without any text vanish. */
void table_write(const struct table *table, size_t first, size_t end, const char *indent,
                 const struct layout *layout);
size_t table_rows(const struct table *table);
void table_clear(struct table *table);
#define auto_table __attribute__((cleanup(table_clear)))

#endif
