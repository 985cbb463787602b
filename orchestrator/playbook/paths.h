/*
 * paths.h - paths in files are relative to the file that names them.
 */
#ifndef PLAYBOOK_PATHS_H
#define PLAYBOOK_PATHS_H

#include <stdbool.h>

#include "slipway/error.h"

/* The absolute folder of a file, symbolic links resolved; the caller's. NULL with a
   sentence if it does not exist. */
char *path_folder(const char *file, struct slipway_error *err);

/* `path`, taken from `base_dir` if it is relative; the caller's. `..` stays as it is,
   because a symbolic link may stand before it. */
char *path_absolute(const char *base_dir, const char *path);

/* True if it names a calendar file rather than a short form such as
   `Sat 23:00 +4h Europe/Paris`. */
bool path_is_calendar(const char *text);

bool path_is_file(const char *path);

#endif
