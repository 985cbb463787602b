/*
 * locked.h - memory for secrets: pages of their own, kept out of swap and core
 * dumps where the system allows it, wiped when given back.
 */
#ifndef UTIL_LOCKED_H
#define UTIL_LOCKED_H

#include <stddef.h>

/* Zeroed memory; ends the process when there is none. */
void *locked_alloc(size_t size);
/* Wipe and give back. NULL is fine. */
void locked_free(void *memory);

static inline void auto_locked_fn(void *p)
{
    locked_free(*(void **)p);
}
#define auto_locked __attribute__((cleanup(auto_locked_fn)))

#endif
