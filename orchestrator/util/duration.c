/* duration.c - see duration.h. */
#include "util/duration.h"

#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
enum { UNITS = sizeof units / sizeof units[0] };

/* Index of the unit that `text` starts with, or -1; its length in *length. */
static int unit_at(const char *text, size_t *length)
{
    *length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    for (int i = 0; i < UNITS; i++) {
        if (strlen(units[i].name) == *length && !strncmp(units[i].name, text, *length))
            return i;
    }
    return -1;
}

/* 0, -1: no duration, 1: a well-formed one over the limit. */
static int read_all(const char *text, int64_t *out_ms)
{
    int64_t total = 0;
    int last = -1;
    bool over = false;
    if (!*text)
        return -1;
    while (*text) {
        size_t digits = strspn(text, "0123456789");
        if (!digits || digits > 12)
            return -1;
        int64_t number = 0;
        for (size_t i = 0; i < digits; i++)
            number = number * 10 + (text[i] - '0');
        text += digits;
        size_t length;
        int unit = unit_at(text, &length);
        if (unit <= last)
            return -1;
        over = over || number > DURATION_MAX_MS / units[unit].ms;
        total += over ? 0 : number * units[unit].ms;
        over = over || total > DURATION_MAX_MS;
        last = unit;
        text += length;
    }
    if (over)
        return 1;
    *out_ms = total;
    return 0;
}

int duration_parse(const char *text, int64_t *out_ms)
{
    return read_all(text, out_ms) ? -1 : 0;
}

bool duration_is_over(const char *text)
{
    int64_t ms;
    return read_all(text, &ms) > 0;
}

const char *duration_format(int64_t ms, char *out, size_t size)
{
    const char *sign = ms < 0 ? "-" : "";
    int64_t left = ms < 0 ? -ms : ms;
    for (int i = 0; i < UNITS; i++) {
        int64_t big = left / units[i].ms;
        if (!big)
            continue;
        /* seconds with milliseconds would be noise: 1.2 s reads as 1s */
        int64_t small = i + 1 < UNITS - 1 ? (left % units[i].ms) / units[i + 1].ms : 0;
        if (small)
            (void)snprintf(out, size, "%s%lld%s%lld%s", sign, (long long)big,
                           units[i].name, (long long)small, units[i + 1].name);
        else
            (void)snprintf(out, size, "%s%lld%s", sign, (long long)big, units[i].name);
        return out;
    }
    (void)snprintf(out, size, "0s");
    return out;
}
