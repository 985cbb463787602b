/*
 * at_once.h - the same small thing done for many, several at a time, until a time is over.
 *
 * For the end of a plugin: hundreds of logouts one after another would take a minute, and
 * whoever is not asked keeps a session open.
 */
#ifndef COMMON_AT_ONCE_H
#define COMMON_AT_ONCE_H

#include <stddef.h>
#include <stdint.h>

#define AT_ONCE_THREADS 16u

/* Calls act(context, i) once for each i < count, in this thread and AT_ONCE_THREADS - 1
   others; begins none after `limit_ms`. Returns how many were begun, all of which are over
   then. Without threads it does what this one can. */
size_t at_once(size_t count, int64_t limit_ms, void (*act)(void *context, size_t i),
               void *context);

#endif
