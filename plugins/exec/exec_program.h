/*
 * exec_program.h - may this program be run at all?
 */
#ifndef PLUGINS_EXEC_PROGRAM_H
#define PLUGINS_EXEC_PROGRAM_H

#include "slipway/error.h"

/*
 * Resolve an absolute path to the file that would run, and refuse it if anybody
 * but root and ourselves could put something else there. The resolved path is
 * the caller's; run that, not the given one. 0, or -1 with a sentence.
 */
int exec_program_resolve(const char *path, char **resolved, struct slipway_error *err);

#endif
