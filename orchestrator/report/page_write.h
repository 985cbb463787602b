/*
 * page_write.h - texts on their way into HTML, CSV and embedded JSON. Private to the
 * page_*.c files. Whatever passes here is harmless where it lands.
 */
#ifndef REPORT_PAGE_WRITE_H
#define REPORT_PAGE_WRITE_H

#include <jansson.h>
#include <stdbool.h>

#include "util/buf.h"

#define PAGE_TEXT_MAX   200  /* bytes of a name */
#define PAGE_PROSE_MAX  2000 /* of a sentence or an argument */
#define PAGE_HIDDEN     "(hidden)"
#define PAGE_SECRET_MAX 4096 /* bytes of one text that is searched for secrets */

/* Neutralised, cut, and escaped for text and for attributes in quotes; NULL: nothing. */
void page_text(struct buf *out, const char *text);
void page_prose(struct buf *out, const char *text);
/* The same for something that is put together here. */
__attribute__((format(printf, 2, 3))) void page_textf(struct buf *out, const char *format,
                                                      ...);

/* JSON text that can stand inside <script type="application/json">. */
void page_script_json(struct buf *out, const json_t *json);

/* One CSV field, always in quotes; what a spreadsheet would take for a formula starts
   with an apostrophe, also if it divides at semicolons and not at commas. */
void page_csv_field(struct buf *out, const char *text);

/* True if a member of this name holds something nobody should read. */
bool page_is_secret_name(const char *name);
/* The text without passwords in URLs and without the value of what is named like a
   secret ("--password=x"). */
void page_redact(struct buf *out, const char *text);
/* A secret's reference in words ("file:/etc/pw"); false: it is none. */
bool page_reference(struct buf *out, const json_t *value);
/* A JSON value on one line, redacted but not escaped: "user root, port 22". */
void page_flat(struct buf *out, const char *name, const json_t *value);
/* The members of an object in the same way, without brackets. */
void page_members(struct buf *out, const json_t *object);

/* Base64 of the SHA-256 of a text, for the Content-Security-Policy. */
void page_csp_hash(struct buf *out, const char *text);

#endif
