/*
 * staged.h - which patch lies in the staging area, and over what it may be installed.
 */
#ifndef VCSA_CLI_STAGED_H
#define VCSA_CLI_STAGED_H

#include "vcsa_cli/talk.h"

/* `software-packages list --staged`: *out is its description (parse_staged), NULL if
   nothing is staged; the caller's. */
enum slipway_outcome staged_read(struct talk *talk, json_t **out);

/* Does version_supported name this version? 1, 0, or -1 if the patch does not tell. */
int staged_supports(const json_t *staged, const char *version);

#endif
