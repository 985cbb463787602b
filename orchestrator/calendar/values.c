/* values.c - see values.h. Every digit is counted before it is used. */
#include "calendar/values.h"

#include <ctype.h>
#include <string.h>

#include "calendar/civil.h"
#include "calendar/limits.h"

/* Exactly `count` digits. */
static bool digits(const char *text, size_t count, int *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

int value_time(const char *text, size_t length, struct written_time *out)
{
    int year, month, day, hour = 0, minute = 0, second = 0;
    bool utc = length == 16 && (text[15] == 'Z' || text[15] == 'z');
    if (length != 8 && length != 15 && !utc)
        return -1;
    if (!digits(text, 4, &year) || !digits(text + 4, 2, &month) ||
        !digits(text + 6, 2, &day) || !civil_exists(year, month, day))
        return -1;
    if (length > 8 &&
        ((text[8] != 'T' && text[8] != 't') || !digits(text + 9, 2, &hour) ||
         !digits(text + 11, 2, &minute) || !digits(text + 13, 2, &second) || hour > 23 ||
         minute > 59 || second > 60))
        return -1;
    *out = (struct written_time){
        .is_date = length == 8,
        .is_utc = utc,
        .wall_s =
            civil_days(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second,
    };
    return 0;
}

/* Seconds of a unit; `rank` falls from weeks to seconds. 0: no unit here. */
static int64_t unit_of(char letter, bool after_t, int *rank)
{
    static const struct {
        char letter;
        bool after_t;
        int rank;
        int64_t seconds;
    } units[] = {{'W', false, 5, 7 * DAY_S},
                 {'D', false, 4, DAY_S},
                 {'H', true, 3, 3600},
                 {'M', true, 2, 60},
                 {'S', true, 1, 1}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].letter == toupper((unsigned char)letter) &&
            units[i].after_t == after_t) {
            *rank = units[i].rank;
            return units[i].seconds;
        }
    }
    return 0;
}

int value_duration(const char *text, int64_t *out_s, bool *only_days)
{
    int64_t total = 0, sign = 1;
    int last = 6, units = 0;
    bool after_t = false;
    if (*text == '+' || *text == '-')
        sign = *text++ == '-' ? -1 : 1;
    if (toupper((unsigned char)*text++) != 'P')
        return -1;
    while (*text) {
        if (toupper((unsigned char)*text) == 'T' && !after_t) {
            after_t = true;
            text++;
            if (!*text)
                return -1;
        }
        int64_t number = 0;
        size_t count = strspn(text, "0123456789");
        if (!count || count > 9)
            return -1;
        for (size_t i = 0; i < count; i++)
            number = number * 10 + (*text++ - '0');
        int rank = 0;
        int64_t unit = unit_of(*text, after_t, &rank);
        if (!unit || rank >= last)
            return -1;
        total += number * unit;
        last = rank;
        units++;
        text++;
    }
    if (!units || total > (int64_t)EVENT_DAYS_MAX * DAY_S)
        return -1;
    *out_s = sign * total;
    if (only_days)
        *only_days = !after_t;
    return 0;
}

int value_offset(const char *text, int32_t *out_s)
{
    int hours, minutes, seconds = 0;
    size_t length = strlen(text);
    if ((length != 5 && length != 7) || (*text != '+' && *text != '-') ||
        !digits(text + 1, 2, &hours) || !digits(text + 3, 2, &minutes) ||
        (length == 7 && !digits(text + 5, 2, &seconds)) || hours > 24 || minutes > 59 ||
        seconds > 59)
        return -1;
    int32_t total = hours * 3600 + minutes * 60 + seconds;
    *out_s = *text == '-' ? -total : total;
    return 0;
}
