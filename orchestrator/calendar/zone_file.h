/*
 * zone_file.h - the system's zone files: the only place that reads them.
 */
#ifndef CALENDAR_ZONE_FILE_H
#define CALENDAR_ZONE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <slipway/error.h>

#include "util/buf.h"

/* True for what an IANA name can look like: no "..", no absolute path, none of the
   directories beside the zones (posix/, right/). Such a name is safe to open. */
bool zone_name_plain(const char *name);

/* The bytes of NAME below the directory; -1 with errno if there is no such file, if it
   is no regular one, or if it has more than `most` bytes. */
int zone_file_read(const char *name, size_t most, struct buf *out);

/* The directory in use. */
const char *zone_directory(void);

/* A name that the system knows and that looks like `name`; "" if there is none.
   Returns `out`. */
const char *zone_similar(const char *name, char *out, size_t size);

#endif
