/*
 * calendar.h - from iCalendar files and short forms to instants.
 *
 * A calendar is read once (calendar_open), asked for the openings of a range
 * (calendar_expand) and freed. Its rules, RFC 5545 as people's tools write it:
 *
 *   a start that does not exist (spring) moves forward by the gap; one that occurs twice
 *   (autumn) means the first; a duration is elapsed time; a window that crosses midnight
 *   belongs to the day it starts; an all-day event lasts from local midnight to local
 *   midnight. An end that is written (DTEND of a single event) ends there.
 *
 * Times are UTC milliseconds. Whatever is outside the accepted grammar (rule.h),
 * impossible or too much (limits.h) is refused with a sentence "source:line: what; what
 * to do", in bounded time. Text from the file is made harmless before it is handed out.
 * Different calendars may be used by different threads; one is for one thread, or for
 * many that only read.
 */
#ifndef CALENDAR_CALENDAR_H
#define CALENDAR_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include <slipway/error.h>

#include "model/timetable.h"
#include "util/sha256.h"

struct calendar; /* one parsed source; read-only after it was made */

struct calendar_options {
    const char *zone; /* IANA name for times without a zone (floating, all-day, short
                         forms) where the source names none itself; NULL: refused */
};

/* One single event in time; the texts are the calendar's, harmless and never NULL. */
struct calendar_occurrence {
    struct span span;
    const char *summary, *uid; /* "" if there is none; short forms: the form, "" */
};

/* The bytes of an .ics file; `source` stands before the line number in sentences.
   `options` may be NULL. */
int calendar_parse(const char *source, const char *bytes, size_t length,
                   const struct calendar_options *options, struct calendar **out,
                   struct slipway_error *err);

/* Short forms, one or several separated by ";":
     Sat 23:00 +4h Europe/Paris            Mon-Fri 22:00 +6h Europe/Paris
     Tue,Thu 01:00 +3h30m UTC              daily 02:00 +2h Asia/Kolkata
     2nd Tue 22:00 +4h Europe/Paris        last Sun 01:00 +4h Europe/Paris
     2026-12-24 22:00 +4h Europe/Paris     2026-12-20..2027-01-04 Europe/Paris
   The last is whole days, both included. */
int calendar_parse_short(const char *text, const struct calendar_options *options,
                         struct calendar **out, struct slipway_error *err);

/* Either: an absolute path of an .ics file, or a short form. `digest` gets the SHA-256
   of its bytes. */
int calendar_open(const char *source, const struct calendar_options *options,
                  struct calendar **out, char digest[SHA256_HEX],
                  struct slipway_error *err);

void calendar_free(struct calendar *calendar); /* NULL is fine */

static inline void calendar_auto_fn(struct calendar **calendar)
{
    calendar_free(*calendar);
}
#define auto_calendar __attribute__((cleanup(calendar_auto_fn)))

/* The settled union of all events that touch [from, until), whole events (not cut).
   *out is the caller's, spans_clear(). */
int calendar_expand(const struct calendar *calendar, int64_t from_ms, int64_t until_ms,
                    struct spans *out, struct slipway_error *err);

/* The single events that touch [from, until), by start, then end. *out is the caller's,
   free(); it borrows texts from the calendar. */
int calendar_occurrences(const struct calendar *calendar, int64_t from_ms,
                         int64_t until_ms, struct calendar_occurrence **out,
                         size_t *count, struct slipway_error *err);

/* For people: where its times are local. An IANA name, "UTC" if nothing else. */
const char *calendar_zone(const struct calendar *calendar);

/* What somebody should know though the calendar was accepted ("line 12: DTSTART is no
   day of its own rule ..."); harmless sentences, borrowed. */
size_t calendar_notes(const struct calendar *calendar, const char *const **out);

/* "2026-12-24 18:00 Europe/Paris", "2026-12-24 18:00" with options.zone,
   "2026-12-24 18:00Z", "2026-12-24T18:00:00Z" or a date (its midnight): an instant. */
int calendar_instant(const char *text, const struct calendar_options *options,
                     int64_t *out_ms, struct slipway_error *err);

/* A cron line as a short form or, where none can say it, as the text of an .ics file
   (it starts with "BEGIN:"). cron: "0 23 * * 6", "@weekly"; duration: "+4h" or "4h";
   *out is the caller's. -1: what cron cannot say, or this one says twice. */
int calendar_from_cron(const char *cron, const char *duration, const char *zone,
                       char **out, struct slipway_error *err);

#endif
