/*
 * environment.h - variables of the environment that libraries obey and that decide who can
 * read slipway's traffic or whose code runs in it.
 */
#ifndef UTIL_ENVIRONMENT_H
#define UTIL_ENVIRONMENT_H

#include <stddef.h>

struct environment_note {
    const char *name; /* of a variable that was set          */
    const char *text; /* what it does, or would have done    */
};

/* Take away those that slipway must not obey. Before anything else: libraries read them when
   they are loaded or started, and threads may read them at any time. */
void environment_harden(void);

/* The first of those that were set at or behind *at, which moves on; NULL: no more. */
const struct environment_note *environment_next(size_t *at);

#endif
