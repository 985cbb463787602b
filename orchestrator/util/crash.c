/* crash.c - see crash.h. */
#include "util/crash.h"

#include <stddef.h>

static crash_hook hooked;

void crash_set_hook(crash_hook hook)
{
    hooked = hook;
}

void crash_point(const char *point)
{
    if (hooked)
        hooked(point);
}
