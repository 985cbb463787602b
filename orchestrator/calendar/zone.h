/*
 * zone.h - time zones: from local wall time to instants and back.
 *
 * The rules are the system's (/usr/share/zoneinfo, or the directory that TZDIR names),
 * read by slipway itself: one reader, one answer in gaps and overlaps, no state of the
 * C library. A zone is read once and kept until the process ends; all functions may be
 * called from any thread.
 *
 * Wall time is counted in seconds as if it were UTC: 1970-01-01 00:00 local is 0.
 */
#ifndef CALENDAR_ZONE_H
#define CALENDAR_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <slipway/error.h>

struct zone; /* rules; never changes */

/* "2025b"; "" if the system does not say. */
const char *zone_data_version(void);

/* "Sat 2026-11-28 23:00 CET" of an instant in a zone; where there is no such zone the
   time is written in UTC and -1 is returned. 64 bytes are enough. */
int zone_local(const char *zone, int64_t instant_ms, char *out, size_t size);

/* The zone of an IANA name. -1: the name is none (the sentence names a similar one), or
   its file cannot be used. *out is kept by this component. */
int zone_find(const char *name, const struct zone **out, struct slipway_error *err);

/* The zone that a calendar program means: an IANA name, one behind a prefix
   ("/mozilla.org/20050126_1/Europe/Paris"), a Windows name ("W. Europe Standard Time"),
   or Outlook's words for it ("(UTC+01:00) Amsterdam, Berlin, ..."). NULL if unknown. */
const struct zone *zone_of_program(const char *tzid);

const struct zone *zone_utc(void);
/* IANA name; "" for one that a calendar file defined itself. */
const char *zone_name(const struct zone *zone);

/*
 * Local wall time to the instant, both in seconds: a time that does not exist moves
 * forward by the gap (02:30 -> 03:30), one that occurs twice means the first.
 */
int64_t zone_instant(const struct zone *zone, int64_t wall_s);
/* The wall time of an instant, both in seconds. */
int64_t zone_wall(const struct zone *zone, int64_t instant_s);

/* The same by name: year, month 1-12, day, hour, minute, second -> UTC milliseconds.
   -1: no such zone or no such date. */
int zone_resolve(const char *zone, int year, int month, int day, int hour, int minute,
                 int second, int64_t *out_ms, struct slipway_error *err);

#endif
