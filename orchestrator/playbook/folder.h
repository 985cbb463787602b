/*
 * folder.h - the YAML files that ship with slipway, and those of the folder we are in.
 */
#ifndef PLAYBOOK_FOLDER_H
#define PLAYBOOK_FOLDER_H

#include <stddef.h>

#define FOLDER_FILES_MAX 500u /* of one folder */

/* Where what ships with slipway lies: $SLIPWAY_SHARE, else where it was to be installed,
   else beside the program (moved, or built in the source tree). Borrowed until the next
   call. */
const char *folder_share(void);

/*
 * All *.yaml of <share>/NAME, then those of ./NAME that are not the same files, each
 * folder in the order of the names; a folder that is not there has none. The array and
 * its texts are the caller's (folder_free).
 */
char **folder_yaml_files(const char *name, size_t *count);
void folder_free(char **paths, size_t count);

#endif
