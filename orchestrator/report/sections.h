/*
 * sections.h - a document of headings, lines and tables, written once and rendered as
 * text or as Markdown. Texts from outside are neutralised, and escaped in Markdown.
 */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/layout.h"

#define SECTIONS_MAX 16

struct section {
    const char *heading; /* NULL: none; borrowed for the document's life */
    char **lines;
    size_t line_count, line_room;
    struct table table; /* its first row are the heads; no columns: no table */
};

struct document {
    char *title;
    struct section sections[SECTIONS_MAX];
    size_t count;
};

/* The next section; the document must have room. */
struct section *document_section(struct document *document, const char *heading);
__attribute__((format(printf, 2, 3))) void section_line(struct section *section,
                                                        const char *format, ...);
/* Sections without lines and rows are left out. */
void document_text(const struct document *document, bool colour, struct buf *out);
void document_markdown(const struct document *document, struct buf *out);
void document_clear(struct document *document);
#define auto_document __attribute__((cleanup(document_clear)))

#endif
