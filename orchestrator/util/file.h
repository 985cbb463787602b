/*
 * file.h - whole files: read within a limit, written so that a reader sees the old one
 * or the new one and never a part.
 */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "slipway/error.h"
#include "util/buf.h"

/* Append the whole file; a regular one of at most `max` bytes, which is asked before
   a byte is read. -1 with the end of a sentence that begins with the file's name. */
int file_read(const char *path, size_t max, struct buf *out, struct slipway_error *err);

/* Write it aside, sync it, and put it in its place; the folder is synced too. -1 with a
   sentence: the file is what it was, and nothing is left beside it. */
int file_replace(const char *path, const char *bytes, size_t length, mode_t mode,
                 struct slipway_error *err);

#endif
