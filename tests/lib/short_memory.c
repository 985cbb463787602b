/*
 * short_memory.c - loaded before a program, it lets one allocation of that program fail:
 * the MEMORY_FAILS_AT-th of the process, or with MEMORY_FOR_EVER=1 that one and all
 * after it. Without MEMORY_FAILS_AT none fails. Where an allocation may not fail (the
 * loader's own, before main) it does not. Tests only: tests/e2e/memory.sh.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static atomic_long count;
static long fails_at;
static bool for_ever;

__attribute__((constructor)) static void read_wishes(void)
{
    const char *at = getenv("MEMORY_FAILS_AT"), *ever = getenv("MEMORY_FOR_EVER");
    for_ever = ever && *ever == '1';
    fails_at = at ? strtol(at, NULL, 10) : 0;
    (void)unsetenv("LD_PRELOAD"); /* children are not meant */
}

static bool fails(void)
{
    if (!fails_at)
        return false;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (number != fails_at && !(for_ever && number > fails_at))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}
