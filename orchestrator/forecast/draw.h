/*
 * draw.h - chance without a memory: a number is a function of the seed and of what it is
 * for. So two runs that differ in one rule (a what-if) draw the same durations and the
 * same failures for the same targets, and only the rule makes the difference.
 */
#ifndef FORECAST_DRAW_H
#define FORECAST_DRAW_H

#include <stdint.h>

/* What a number is for. */
enum draw_purpose { DRAW_TIME, DRAW_TIME_TOO, DRAW_FAILURE, DRAW_REPEAT };

/* Evenly in [0, 1). */
double draw_even(uint64_t seed, int target, int index, enum draw_purpose purpose);

/* How far apart typical and slow are, as the sigma of a lognormal distribution; 0 if
   slow is not slower. `samples` 0: nobody measured, slow is the time-out, which next to
   nothing reaches; otherwise it is the 95th percentile. */
double draw_sigma(int64_t typical_ms, int64_t slow_ms, int samples);

/* A duration around its median, at most `most_ms`. Never negative. */
int64_t draw_time(uint64_t seed, int target, int index, int64_t typical_ms, double sigma,
                  int64_t most_ms);

#endif
