/*
 * locked.c - see locked.h.
 *
 * Every allocation is a mapping of its own: mlock() and MADV_DONTDUMP work on
 * whole pages, so a secret on a shared heap page would lose its protection when
 * its neighbour is freed. The size stands in front of the bytes. Locking is best
 * effort: a low RLIMIT_MEMLOCK must not stop an upgrade.
 */
#include "util/locked.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HEADER = 16 };

void *locked_alloc(size_t size)
{
    size_t whole = size + HEADER;
    char *map = whole < size ? MAP_FAILED
                             : mmap(NULL, whole, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        (void)fputs("slipway: out of memory\n", stderr);
        abort();
    }
    (void)mlock(map, whole);
    (void)madvise(map, whole, MADV_DONTDUMP);
    memcpy(map, &whole, sizeof whole);
    return map + HEADER;
}

void locked_free(void *memory)
{
    if (!memory)
        return;
    char *map = (char *)memory - HEADER;
    size_t whole;
    memcpy(&whole, map, sizeof whole);
    explicit_bzero(map, whole);
    (void)munmap(map, whole);
}
