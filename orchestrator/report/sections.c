/* sections.c - see sections.h. */
#include "report/sections.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define LINE_MAX_BYTES 4096 /* as words_clean() */

struct section *document_section(struct document *document, const char *heading)
{
    assert(document->count < SECTIONS_MAX);
    struct section *section = &document->sections[document->count++];
    section->heading = heading;
    return section;
}

void section_line(struct section *section, const char *format, ...)
{
    auto_buf struct buf line = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&line, format, args);
    va_end(args);
    *vec_push(section->lines, section->line_count, section->line_room) = buf_take(&line);
}

static bool is_empty(const struct section *section)
{
    return !section->line_count && table_rows(&section->table) < 2;
}

void document_clear(struct document *document)
{
    for (size_t i = 0; i < document->count; i++) {
        struct section *section = &document->sections[i];
        for (size_t k = 0; k < section->line_count; k++)
            free(section->lines[k]);
        free(section->lines);
        table_clear(&section->table);
    }
    free(document->title);
    *document = (struct document){0};
}

/* ---- text ---- */

void document_text(const struct document *document, bool colour, struct buf *out)
{
    struct layout layout = {out, colour};
    layout_paragraph(&layout, "", COLOUR_BOLD, document->title);
    for (size_t i = 0; i < document->count; i++) {
        const struct section *section = &document->sections[i];
        if (is_empty(section))
            continue;
        if (section->heading)
            layout_heading(&layout, section->heading);
        for (size_t k = 0; k < section->line_count; k++)
            layout_paragraph(&layout, section->heading ? "  - " : "  ", COLOUR_NONE,
                             section->lines[k]);
        if (table_rows(&section->table) > 1)
            table_write(&section->table, 0, table_rows(&section->table), "  ", &layout);
    }
}

/* ---- Markdown ---- */

static void add_escaped(struct buf *out, const char *text)
{
    words_markdown(out, text ? text : "", LINE_MAX_BYTES);
}

static void add_row(const struct table *table, size_t row, struct buf *out)
{
    buf_addc(out, '|');
    for (size_t c = 0; c < table->columns; c++) {
        buf_addc(out, ' ');
        add_escaped(out, table->cells[row * table->columns + c]);
        buf_adds(out, " |");
    }
    buf_addc(out, '\n');
}

static void add_table(const struct table *table, struct buf *out)
{
    add_row(table, 0, out);
    buf_addc(out, '|');
    for (size_t c = 0; c < table->columns; c++)
        buf_adds(out, table->right[c] ? " ---: |" : " --- |");
    buf_addc(out, '\n');
    for (size_t row = 1; row < table_rows(table); row++)
        add_row(table, row, out);
    buf_addc(out, '\n');
}

void document_markdown(const struct document *document, struct buf *out)
{
    buf_adds(out, "# ");
    add_escaped(out, document->title);
    buf_adds(out, "\n\n");
    for (size_t i = 0; i < document->count; i++) {
        const struct section *section = &document->sections[i];
        if (is_empty(section))
            continue;
        if (section->heading)
            buf_addf(out, "## %s\n\n", section->heading);
        for (size_t k = 0; k < section->line_count; k++) {
            buf_adds(out, "- ");
            add_escaped(out, section->lines[k]);
            buf_addc(out, '\n');
        }
        if (section->line_count)
            buf_addc(out, '\n');
        if (table_rows(&section->table) > 1)
            add_table(&section->table, out);
    }
}
