/*
 * program.h - may this program be run at all? And could others replace a file?
 */
#ifndef UTIL_PROGRAM_H
#define UTIL_PROGRAM_H

#include "slipway/error.h"

/*
 * Resolve an absolute path to the file that would run, and refuse it if anybody
 * but root and ourselves could put something else there. The resolved path is
 * the caller's; run that, not the given one. 0, or -1 with a sentence.
 */
int program_resolve(const char *path, char **resolved, struct slipway_error *err);

/* Refuse a file, by the path that realpath() gave for its folder, if anybody but root and
   ourselves could put another one in its place. `shown` is what the sentence calls it. */
int program_check_folders(const char *path, const char *shown, struct slipway_error *err);

#endif
