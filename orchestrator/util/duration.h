/*
 * duration.h - durations always carry units: "250ms", "90s", "1h30m", "3d".
 */
#ifndef UTIL_DURATION_H
#define UTIL_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest duration accepted: 366 days. */
#define DURATION_MAX_MS  (366LL * 24 * 3600 * 1000)
#define DURATION_IS_OVER "is over the limit of 366 days"

/* Parse into *out_ms. Returns 0, or -1 if it is no duration (no unit, unit
   twice or in rising order, sign, fraction, too long); *out_ms is untouched. */
int duration_parse(const char *text, int64_t *out_ms);

/* True if duration_parse() refuses it only because it is too long. */
bool duration_is_over(const char *text);

/* "1h30m", "250ms", "0s"; at most two units, rounded to the smaller one.
   Returns `out`. 32 bytes are enough. */
const char *duration_format(int64_t ms, char *out, size_t size);

#endif
