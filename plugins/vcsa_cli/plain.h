/*
 * plain.h - what appliancesh prints, without what it prints around it.
 */
#ifndef VCSA_CLI_PLAIN_H
#define VCSA_CLI_PLAIN_H

#include <stdbool.h>

#include "util/buf.h"

/*
 * Remove terminal sequences (6.0 begins with ESC[?1034h), carriage returns and other
 * controls; then the lines of the greeting ("Connected to service", the help), prompts,
 * and "[ERROR]: Failed to connect to service.", which is harmless while services restart.
 * True if that line was there. Idempotent.
 */
bool plain_text(struct buf *text);

/*
 * Add the end of a file, `asked` bytes of which were asked for: from the beginning of a line
 * on, if it has most likely lost its own. appliancesh prints a little less than the file
 * holds, so a little less counts too.
 */
void plain_add_end(struct buf *out, const struct buf *end, size_t asked);

/* Next line of a text, cut out of it: *rest moves on; NULL at the end. Modifies it. */
char *plain_line(char **rest);

/* The line without blanks around. Modifies it. */
char *plain_trim(char *line);

/* If the line is "KEY<blanks>:<blanks>VALUE" with this key, its value; else NULL. */
const char *plain_value(const char *line, const char *key);

/* First line that is not blank, made harmless. Returns `out`. */
const char *plain_first(const char *text, char *out, size_t size);

#endif
