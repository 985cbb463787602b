/* xalloc.c - see xalloc.h. */
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_TEXT 512u /* bytes; longer ones are formatted twice */

void out_of_memory(void)
{
    (void)fputs("slipway: out of memory; nothing is lost, run: slipway resume\n", stderr);
    abort();
}

static void *checked(void *p)
{
    if (!p)
        out_of_memory();
    return p;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    return checked(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return checked(strdup(text));
}

char *xstrdup_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
    return checked(strndup(text, length));
}

/* The C library's own form leaves a copy in what it grew out of: passwords come through here. */
char *xvasprintf(const char *format, va_list args)
{
    char here[SHORT_TEXT];
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(here, sizeof here, format, args);
    char *out = checked(length < 0 ? NULL : malloc((size_t)length + 1));
    if ((size_t)length < sizeof here)
        memcpy(out, here, (size_t)length + 1);
    else
        (void)vsnprintf(out, (size_t)length + 1, format, again);
    va_end(again);
    explicit_bzero(here, (size_t)length < sizeof here ? (size_t)length : sizeof here);
    return out;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *out = xvasprintf(format, args);
    va_end(args);
    return out;
}

void xreplace(char **slot, const char *text)
{
    char *copy = xstrdup_null(text);
    free(*slot);
    *slot = copy;
}
