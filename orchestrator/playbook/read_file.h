/*
 * read_file.h - the bytes of a file, within a limit.
 */
#ifndef PLAYBOOK_READ_FILE_H
#define PLAYBOOK_READ_FILE_H

#include <stddef.h>

#include "slipway/error.h"
#include "util/buf.h"

/* Append the whole file; a regular one of at most `max` bytes, which is asked before
   a byte is read. -1 with the end of a sentence that begins with the file's name. */
int read_file(const char *path, size_t max, struct buf *out, struct slipway_error *err);

#endif
