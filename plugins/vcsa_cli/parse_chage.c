/*
 * parse_chage.c - `chage -l root`; see parse.h.
 *
 *   Last password change                                    : Nov 02, 2026
 *   Password expires                                        : Jan 31, 2027
 *   Maximum number of days between password change          : 90
 *
 * "never", and "password must be changed" instead of a date. Dates have no time: the
 * password ends with the beginning of that day, the earliest reading.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

static int take_date(const char *text, int64_t *out_ms)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%b %d, %Y", &tm);
    if (!end)
        end = strptime(text, "%Y-%m-%d", &tm);
    if (!end || end[strspn(end, " \t\r")])
        return -1;
    *out_ms = (int64_t)timegm(&tm) * CLI_SECOND_MS;
    return 0;
}

static int take_end(const char *value, struct password_life *life)
{
    life->never = strncmp(value, "never", 5) == 0;
    life->must_change = strncmp(value, "password must be changed", 24) == 0;
    if (life->never || life->must_change)
        return 0;
    return take_date(value, &life->expires_ms);
}

int parse_chage(const char *text, struct password_life *out)
{
    struct password_life life = {.max_days = -1};
    int known = -1;
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        const char *value = plain_value(line, "Password expires");
        if (value)
            known = take_end(value, &life);
        value = plain_value(line, "Maximum number of days between password change");
        if (value && *value >= '0' && *value <= '9')
            life.max_days = (int)strtol(value, NULL, 10);
    }
    if (known == 0)
        *out = life;
    return known;
}
