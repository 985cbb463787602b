/*
 * instant.c - an instant as people write it in a file or an option (deadline, --at); see
 * calendar_instant() in calendar.h.
 */
#include <stdio.h>
#include <string.h>

#include "calendar/calendar.h"
#include "calendar/civil.h"
#include "calendar/words.h"

#define INSTANT_FORM "2026-12-24 18:00 Europe/Paris or 2026-12-24 18:00Z"

/* Put a space for the T of ISO 8601. */
static void split_iso(char *text)
{
    if (strlen(text) > 10 && (text[10] == 'T' || text[10] == 't'))
        text[10] = ' ';
}

/* Remove a Z behind the last digit; true if it was there. */
static bool cut_z(char *text)
{
    size_t length = strlen(text);
    bool zulu = length > 1 && (text[length - 1] == 'Z' || text[length - 1] == 'z') &&
                strchr("0123456789", text[length - 2]);
    if (zulu)
        text[length - 1] = '\0';
    return zulu;
}

int calendar_instant(const char *text, const struct calendar_options *options,
                     int64_t *out_ms, struct slipway_error *err)
{
    char copy[160];
    struct words words;
    struct calendar_options utc = {.zone = "UTC"};
    int64_t day, clock = 0;
    const struct zone *zone;
    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
        return slipway_error_set(err, -1, "a time that is too long; write it like: %s",
                                 INSTANT_FORM);
    split_iso(copy);
    if (cut_z(copy))
        options = &utc;
    if (words_cut(&words, copy, strlen(copy), 1, INSTANT_FORM, err))
        return -1;
    if (!words.count || !word_date(words.items[0].text, &day))
        return words_refuse(&words, 0, "is no date");
    bool timed = words.count > 1 && word_clock(words.items[1].text, &clock);
    size_t next = timed ? 2 : 1;
    if (!timed && words.count > 1 && strchr("0123456789", *words.items[1].text))
        return words_refuse(&words, 1, "is no time of day");
    if (words_zone(&words, next, options, &zone))
        return -1;
    if (words.count > next + 1 || (options == &utc && words.count > next))
        return words_refuse(&words, words.count - 1, "is too much");
    *out_ms = zone_instant(zone, day * DAY_S + clock) * 1000;
    return 0;
}
