/*
 * auto.h - cleanup attributes: a local that owns something says so.
 *
 * `auto_free char *s = xstrdup("x");` is freed when it goes out of scope;
 * `return steal_ptr(&s);` hands it over instead.
 */
#ifndef UTIL_AUTO_H
#define UTIL_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void auto_free_fn(void *p)
{
    free(*(void **)p);
}

static inline void auto_fd_fn(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static inline void auto_file_fn(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

#define auto_free __attribute__((cleanup(auto_free_fn)))
#define auto_fd   __attribute__((cleanup(auto_fd_fn)))
#define auto_file __attribute__((cleanup(auto_file_fn)))

#define steal_ptr(p)                                                                     \
    __extension__({                                                                      \
        __typeof__(*(p)) stolen_ = *(p);                                                 \
        *(p) = NULL;                                                                     \
        stolen_;                                                                         \
    })

static inline int steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
