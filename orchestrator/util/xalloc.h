/*
 * xalloc.h - allocation that cannot fail for the caller.
 *
 * Out of memory ends the process: a crash is a path that slipway tests every
 * day (persist, then act; resume asks the appliances), a half-handled NULL is
 * not. Nobody who receives outside bytes sizes an allocation by them unchecked.
 */
#ifndef UTIL_XALLOC_H
#define UTIL_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* For a library that said so: the same end. */
__attribute__((noreturn)) void out_of_memory(void);

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
/* NULL stays NULL. */
char *xstrdup_null(const char *text);
char *xstrndup(const char *text, size_t length);
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *format, ...);
__attribute__((format(printf, 1, 0))) char *xvasprintf(const char *format, va_list args);
/* Replace *slot by a copy of text (NULL allowed), freeing what was there. */
void xreplace(char **slot, const char *text);

/* Grow a vector {items, count, room} by one and give the new last item. */
#define vec_push(items, count, room)                                                     \
    (((count) == (room)                                                                  \
          ? ((items) = xreallocarray((items), ((room) = (room) ? (room)*2u : 8u),        \
                                     sizeof *(items)))                                   \
          : (items)),                                                                    \
     &(items)[(count)++])

#endif
