/*
 * cron.c - calendar_from_cron(): a cron line as a short form or an .ics file.
 *
 * Cron says when something starts, not how long it lasts, and knows no zone: both are
 * given beside it. What has no one meaning as a window is refused and says why: starts
 * every few minutes, and a day of the month together with a weekday, which cron takes as
 * "either" and most people as "both".
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "calendar/calendar.h"
#include "calendar/civil.h"
#include "calendar/zone.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

#define CRON_EXAMPLE "0 23 * * 6 (minute, hour, day of the month, month, weekday)"
#define STARTS_MAX   24 /* times of day */

struct cron {
    uint64_t minutes, hours, days, months, weekdays; /* bit sets */
    bool any_day, any_month, any_weekday;
};

static const struct field {
    const char *name;
    int least, most;
    const char *const *words; /* of `least` and up; NULL: only numbers */
} fields[] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day of the month", 1, 31, NULL},
    {"month", 1, 12,
     (const char *const[]){"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP",
                           "OCT", "NOV", "DEC", NULL}},
    {"weekday", 0, 7,
     (const char *const[]){"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL}},
};

/* A number or a name at *at. */
static bool read_value(const struct field *field, const char **at, int *out)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits && digits <= 2) {
        *out = 0;
        while (digits--)
            *out = *out * 10 + (*(*at)++ - '0');
        return *out >= field->least && *out <= field->most;
    }
    for (int i = 0; field->words && field->words[i]; i++) {
        if (!strncasecmp(*at, field->words[i], 3)) {
            *out = field->least + i;
            *at += 3;
            return true;
        }
    }
    return false;
}

/* "*", "5", "1-5", with "/2" behind; into the set. */
static bool read_range(const struct field *field, const char **at, uint64_t *set)
{
    int from = field->least, to = field->most, step = 1;
    bool star = **at == '*';
    if (star) {
        (*at)++;
    } else {
        if (!read_value(field, at, &from))
            return false;
        to = from;
        if (**at == '-') {
            (*at)++;
            if (!read_value(field, at, &to) || to < from)
                return false;
        } else if (**at == '/') {
            to = field->most;
        }
    }
    if (**at == '/') {
        size_t digits = strspn(++*at, "0123456789");
        if (!digits || digits > 2)
            return false;
        for (step = 0; digits--;)
            step = step * 10 + (*(*at)++ - '0');
        if (!step)
            return false;
    }
    /* a star over weekdays ends at Saturday: 7 is Sunday again */
    for (int value = from; value <= to - (star && field->most == 7); value += step)
        *set |= 1ull << value;
    return true;
}

static bool read_field(const struct field *field, const char *text, uint64_t *set,
                       bool *any)
{
    const char *at = text;
    *set = 0;
    *any = !strcmp(text, "*") || !strcmp(text, "?");
    if (!strcmp(text, "?"))
        at = "*";
    for (;;) {
        if (!read_range(field, &at, set))
            return false;
        if (!*at)
            return true;
        if (*at++ != ',')
            return false;
    }
}

static int refuse(struct slipway_error *err, const char *cron, const char *why)
{
    char shown[160];
    return slipway_error_set(err, -1, "cron line \"%s\": %s",
                             text_clean(cron, shown, sizeof shown), why);
}

/* "@weekly" and the like in five fields; NULL: it is none of them. */
static const char *nickname(const char *name)
{
    static const char *const table[][2] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (!strcasecmp(name, table[i][0]))
            return table[i][1];
    }
    return NULL;
}

static int read_fields(const char *cron, char *text, struct cron *out,
                       struct slipway_error *err)
{
    uint64_t sets[5];
    bool any[5];
    char *rest = NULL, why[200];
    size_t count = 0;
    for (char *word = strtok_r(text, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest), count++) {
        if (count >= 5)
            return refuse(err, cron,
                          "more than five fields (seconds or years of Quartz, or "
                          "a command?); write it like: " CRON_EXAMPLE);
        if (!read_field(&fields[count], word, &sets[count], &any[count])) {
            (void)snprintf(why, sizeof why,
                           "the %s must be %d to %d, *, a list, a range or a step; write "
                           "it like: %s",
                           fields[count].name, fields[count].least, fields[count].most,
                           CRON_EXAMPLE);
            return refuse(err, cron, why);
        }
    }
    if (count != 5)
        return refuse(err, cron, "it needs five fields; write it like: " CRON_EXAMPLE);
    sets[4] = (sets[4] | (sets[4] >> 7 & 1)) & 0x7f;
    *out = (struct cron){sets[0], sets[1], sets[2], sets[3],
                         sets[4], any[2],  any[3],  any[4]};
    return 0;
}

static int check(const char *cron, const struct cron *fields_read,
                 struct slipway_error *err)
{
    int starts = __builtin_popcountll(fields_read->minutes) *
                 __builtin_popcountll(fields_read->hours);
    if (starts > STARTS_MAX)
        return refuse(err, cron,
                      "it starts too often for windows; cron cannot say how long "
                      "something lasts: name one start a day and a length");
    if (!fields_read->any_day && !fields_read->any_weekday)
        return refuse(err, cron,
                      "with a day of the month and a weekday cron starts on "
                      "either, most people mean both; write a short form (2nd Tue "
                      "22:00 +4h Europe/Paris) or an .ics file");
    return 0;
}

/* Append the members of a set, each by its name or as a number, with "," between. */
static void add_set(struct buf *out, uint64_t set, const char *const *names)
{
    const char *between = "";
    for (int i = 0; i < 64; i++) {
        if (!(set >> i & 1))
            continue;
        buf_adds(out, between);
        if (names)
            buf_adds(out, names[i]);
        else
            buf_addf(out, "%d", i);
        between = ",";
    }
}

static void add_short(struct buf *out, const struct cron *cron, int hour, int minute,
                      const char *length, const char *zone)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    if (out->length)
        buf_adds(out, "; ");
    if (cron->any_weekday || cron->weekdays == 0x7f)
        buf_adds(out, "daily");
    else
        add_set(out, cron->weekdays, names);
    buf_addf(out, " %02d:%02d +%s %s", hour, minute, length, zone);
}

/* The first day from 2024 on that all fields name; month 0: there is none in eight years,
   two of them leap years. */
static struct civil first_date(const struct cron *cron)
{
    int64_t day = civil_days(2024, 1, 1);
    for (int i = 0; i < 8 * 366; i++, day++) {
        struct civil date = civil_date(day);
        if ((cron->months >> date.month & 1) && (cron->days >> date.day & 1) &&
            (cron->weekdays >> civil_weekday(day) & 1))
            return date;
    }
    return (struct civil){0};
}

static void add_event(struct buf *out, const struct cron *cron, int hour, int minute,
                      int64_t length_s, const char *zone)
{
    static const char *const names[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
    struct civil first = first_date(cron);
    buf_addf(out, "BEGIN:VEVENT\r\nUID:cron-%02d%02d\r\nDTSTAMP:20240101T000000Z\r\n",
             hour, minute);
    buf_addf(out, "DTSTART;TZID=%s:%04d%02d%02dT%02d%02d00\r\n", zone, first.year,
             first.month, first.day, hour, minute);
    buf_addf(out, "DURATION:PT%lldS\r\n", (long long)length_s);
    buf_adds(out, "RRULE:FREQ=");
    buf_adds(out, cron->any_day ? "DAILY" : "YEARLY");
    if (!cron->any_month || !cron->any_day) {
        buf_adds(out, ";BYMONTH=");
        add_set(out, cron->months, NULL);
    }
    if (!cron->any_day) {
        buf_adds(out, ";BYMONTHDAY=");
        add_set(out, cron->days, NULL);
    }
    if (!cron->any_weekday) {
        buf_adds(out, ";BYDAY=");
        add_set(out, cron->weekdays, names);
    }
    buf_adds(out, "\r\nSUMMARY:Maintenance\r\nEND:VEVENT\r\n");
}

static char *translate(const struct cron *cron, int64_t length_ms, const char *zone)
{
    auto_buf struct buf out = {0};
    char length[32];
    bool simple = cron->any_day && cron->any_month;
    (void)duration_format(length_ms, length, sizeof length);
    if (!simple)
        buf_adds(&out,
                 "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//slipway//cron//EN\r\n");
    for (int hour = 0; hour < 24; hour++) {
        for (int minute = 0; minute < 60; minute++) {
            if (!(cron->hours >> hour & 1) || !(cron->minutes >> minute & 1))
                continue;
            if (simple)
                add_short(&out, cron, hour, minute, length, zone);
            else
                add_event(&out, cron, hour, minute, length_ms / 1000, zone);
        }
    }
    if (!simple)
        buf_adds(&out, "END:VCALENDAR\r\n");
    return buf_take(&out);
}

int calendar_from_cron(const char *line, const char *duration, const char *zone,
                       char **out, struct slipway_error *err)
{
    struct cron cron = {0};
    const struct zone *known;
    char text[256], shown[80], again[32];
    int64_t length_ms, same_ms;
    const char *plain = nickname(line);
    if (snprintf(text, sizeof text, "%s", plain ? plain : line) >= (int)sizeof text)
        return refuse(err, line, "it is too long; write it like: " CRON_EXAMPLE);
    if (*text == '@')
        return refuse(err, line, "it names no time of day; write it like: " CRON_EXAMPLE);
    const char *digits = *duration == '+' ? duration + 1 : duration;
    if (duration_parse(digits, &length_ms) || length_ms < 60000 ||
        duration_parse(duration_format(length_ms, again, sizeof again), &same_ms) ||
        same_ms != length_ms)
        return slipway_error_set(
            err, -1, "\"%s\" is no length of a window; write it like: 4h, 3h30m",
            text_clean(duration, shown, sizeof shown));
    if (!zone)
        return slipway_error_set(
            err, -1, "cron names no time zone; say which, such as Europe/Paris");
    if (zone_find(zone, &known, err) || read_fields(line, text, &cron, err) ||
        check(line, &cron, err))
        return -1;
    if (!first_date(&cron).month)
        return refuse(err, line, "this day never happens (30 February?); correct it");
    *out = translate(&cron, length_ms, zone);
    return 0;
}
