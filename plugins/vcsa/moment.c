/*
 * moment.c - instants as an appliance writes them, and its own clock.
 *
 * Failure: a text that is no instant gives -1 and leaves the output alone; callers treat
 * it as "not known", never as a date.
 */
#include "vcsa/moment.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/timefmt.h"

/* "Z", "", "+02:00", "-0730": minutes east of Greenwich. */
static int parse_zone(const char *text, int *minutes)
{
    int hours = 0, rest = 0, end = 0;
    *minutes = 0;
    if (!*text || !strcmp(text, "Z"))
        return 0;
    if ((*text != '+' && *text != '-') ||
        (sscanf(text + 1, "%2d:%2d%n", &hours, &rest, &end) != 2 &&
         sscanf(text + 1, "%2d%2d%n", &hours, &rest, &end) != 2) ||
        text[1 + end])
        return -1;
    *minutes = (*text == '-' ? -1 : 1) * (hours * 60 + rest);
    return 0;
}

int vcsa_moment_parse(const char *text, int64_t *out_ms)
{
    struct tm tm = {0};
    int end = 0, zone = 0;
    char gap = 0;
    if (!text ||
        sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &gap, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 7)
        return -1;
    bool sane = tm.tm_year >= 1970 && tm.tm_year <= 9999 && tm.tm_mon >= 1 &&
                tm.tm_mon <= 12 && tm.tm_mday >= 1 && tm.tm_mday <= 31 &&
                tm.tm_hour >= 0 && tm.tm_hour <= 23 && tm.tm_min >= 0 &&
                tm.tm_min <= 59 && tm.tm_sec >= 0 && tm.tm_sec <= 60 &&
                (gap == 'T' || gap == ' ');
    if (!sane)
        return -1;
    const char *rest = text + end;
    if (*rest == '.')
        for (rest++; isdigit((unsigned char)*rest); rest++) {
        }
    if (parse_zone(rest, &zone))
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *out_ms = ((int64_t)timegm(&tm) - zone * 60LL) * 1000;
    return 0;
}

int vcsa_moment_of(const json_t *object, const char *key, int64_t *out_ms)
{
    return vcsa_moment_parse(json_text(object, key), out_ms);
}

json_t *vcsa_moment_json(int64_t ms)
{
    char text[32];
    return json_string(time_iso(ms, text, sizeof text));
}

int64_t vcsa_days(int64_t from_ms, int64_t to_ms)
{
    int64_t gap = to_ms - from_ms;
    return gap >= 0 ? gap / VCSA_DAY_MS : -((-gap + VCSA_DAY_MS - 1) / VCSA_DAY_MS);
}

enum vcsa_answer vcsa_appliance_now(struct vcsa_talk *talk, int64_t *out_ms)
{
    auto_json json_t *time = NULL;
    enum vcsa_answer answer = vcsa_get(talk, "/appliance/system/time", &time);
    if (answer != VCSA_OK)
        return answer;
    const json_t *seconds = json_object_get(time, "seconds_since_epoch");
    double value = json_number_value(seconds);
    if (!json_is_number(seconds) || !isfinite(value) || value < 0 || value > 1e11)
        return vcsa_because(talk, VCSA_ERROR, "%s: it does not tell its time",
                            talk->target.name);
    *out_ms = (int64_t)(value * 1000.0);
    return VCSA_OK;
}
