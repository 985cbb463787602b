/*
 * timefmt.h - instants are int64 milliseconds since 1970 UTC; every printed
 * time shows its zone.
 */
#ifndef UTIL_TIMEFMT_H
#define UTIL_TIMEFMT_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-21T02:13:05Z". 32 bytes are enough. Returns `out`. */
const char *time_iso(int64_t ms, char *out, size_t size);
/* "02:13:05Z" */
const char *time_clock(int64_t ms, char *out, size_t size);
/* "2026-11-21 02:13Z" */
const char *time_minute(int64_t ms, char *out, size_t size);
/* "2026-11-21T02:13:05Z" or "2026-11-21" (midnight UTC); -1 if neither. */
int time_parse(const char *text, int64_t *out_ms);

#endif
