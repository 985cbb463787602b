/*
 * wiped.h - a text that is overwritten before it is freed: tokens, passwords, and what they
 * were built into. JSON documents are wiped by their own allocator (util/json.h).
 */
#ifndef UTIL_WIPED_H
#define UTIL_WIPED_H

#include <stdlib.h>
#include <string.h>

static inline void wiped_free(char **text)
{
    if (*text) {
        explicit_bzero(*text, strlen(*text));
        free(*text);
        *text = NULL;
    }
}
#define auto_wiped __attribute__((cleanup(wiped_free)))

#endif
