/*
 * version.h - versions of managers. A release is four numbers: 4.1.2.1 of NSX-T, which
 * tells it as 4.1.2.1.0.22667794; 6.4.14.20609341 of NSX-V, whose fourth is the build.
 */
#ifndef NSX_VERSION_H
#define NSX_VERSION_H

#include "nsx/talk.h"

/* The first four numbers of a version that a manager tells; false if there are fewer (then
   `out` is untouched). */
bool nsx_version_take(const char *told, char out[NSX_VERSION_MAX]);
/* Does a manager that tells this have the wanted release? */
bool nsx_version_is(const char *told, const char *wanted);
/* The `version` of the arguments. */
const char *nsx_wanted(const struct nsx_talk *talk);

/* For lint: `version` is four numbers (or holds a template). */
int nsx_version_check(const char *with, struct slipway_error *err);

#endif
