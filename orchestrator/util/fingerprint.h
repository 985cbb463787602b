/*
 * fingerprint.h - is a file still the one that it was?
 */
#ifndef UTIL_FINGERPRINT_H
#define UTIL_FINGERPRINT_H

#include <stddef.h>
#include <sys/stat.h>

#include "util/map.h"

#define FINGERPRINT_SIZE 80 /* longest text and NUL */
/* Of longer files (packages) size and time are the fingerprint, not the bytes. */
#define FINGERPRINT_BYTES_MAX (16u * 1024u * 1024u)

/* SHA-256 of its bytes as hex, or "SIZE bytes of TIME"; "absent" if there is no such
   file, or none that may be read. */
void fingerprint_file(const char *path, char out[FINGERPRINT_SIZE]);

/* The same for files that are asked about often: what has the same inode, size and times
   as at the last look is not read again. Zeroed is empty. */
struct fingerprints {
    struct map paths;
    struct fingerprint *list;
    size_t room;
};
/* Borrowed, until the next look. */
const char *fingerprints_look(struct fingerprints *known, const char *path);
void fingerprints_free(struct fingerprints *known);

#endif
