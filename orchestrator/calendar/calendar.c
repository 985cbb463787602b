/* calendar.c - see calendar.h. First cut: the readers follow. */
#include "calendar/calendar.h"

#include "calendar/zone.h"

int calendar_parse(const char *source, const char *bytes, size_t length,
                   const struct calendar_options *options, struct calendar **out,
                   struct slipway_error *err)
{
    (void)bytes, (void)length, (void)options, (void)out;
    return slipway_error_set(err, -1, "%s: calendars cannot be read yet", source);
}

int calendar_parse_short(const char *text, const struct calendar_options *options,
                         struct calendar **out, struct slipway_error *err)
{
    (void)options, (void)out;
    return slipway_error_set(err, -1, "%s: calendars cannot be read yet", text);
}

int calendar_open(const char *source, const struct calendar_options *options,
                  struct calendar **out, char digest[SHA256_HEX],
                  struct slipway_error *err)
{
    (void)options, (void)out, (void)digest;
    return slipway_error_set(err, -1, "%s: calendars cannot be read yet", source);
}

void calendar_free(struct calendar *calendar)
{
    (void)calendar;
}

int calendar_expand(const struct calendar *calendar, int64_t from_ms, int64_t until_ms,
                    struct spans *out, struct slipway_error *err)
{
    (void)calendar, (void)from_ms, (void)until_ms, (void)out;
    return slipway_error_set(err, -1, "calendars cannot be read yet");
}

int calendar_occurrences(const struct calendar *calendar, int64_t from_ms,
                         int64_t until_ms, struct calendar_occurrence **out,
                         size_t *count, struct slipway_error *err)
{
    (void)calendar, (void)from_ms, (void)until_ms, (void)out, (void)count;
    return slipway_error_set(err, -1, "calendars cannot be read yet");
}

const char *calendar_zone(const struct calendar *calendar)
{
    (void)calendar;
    return "UTC";
}

size_t calendar_notes(const struct calendar *calendar, const char *const **out)
{
    (void)calendar;
    *out = NULL;
    return 0;
}

int calendar_instant(const char *text, const struct calendar_options *options,
                     int64_t *out_ms, struct slipway_error *err)
{
    (void)options, (void)out_ms;
    return slipway_error_set(err, -1, "%s: calendars cannot be read yet", text);
}

int calendar_from_cron(const char *cron, const char *duration, const char *zone,
                       char **out, struct slipway_error *err)
{
    (void)duration, (void)zone, (void)out;
    return slipway_error_set(err, -1, "%s: calendars cannot be read yet", cron);
}
