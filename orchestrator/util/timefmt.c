/* timefmt.c - see timefmt.h. Only UTC, so no zone data and no static state. */
#include "util/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct tm split(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    struct tm parts = {0};
    (void)gmtime_r(&seconds, &parts);
    return parts;
}

const char *time_iso(int64_t ms, char *out, size_t size)
{
    struct tm parts = split(ms);
    (void)strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return out;
}

const char *time_clock(int64_t ms, char *out, size_t size)
{
    struct tm parts = split(ms);
    (void)strftime(out, size, "%H:%M:%SZ", &parts);
    return out;
}

const char *time_minute(int64_t ms, char *out, size_t size)
{
    struct tm parts = split(ms);
    (void)strftime(out, size, "%Y-%m-%d %H:%MZ", &parts);
    return out;
}

int time_parse(const char *text, int64_t *out_ms)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &parts);
    if (!rest)
        return -1;
    if (*rest) {
        rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
        if (!rest || *rest)
            return -1;
    }
    *out_ms = (int64_t)timegm(&parts) * 1000;
    return 0;
}
