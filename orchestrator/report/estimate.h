/*
 * estimate.h - how long it may still take. An estimate, and called one wherever it is
 * shown: pauses, closed windows, gates and failures come on top.
 */
#ifndef REPORT_ESTIMATE_H
#define REPORT_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct estimate_wave {
    bool done, open;
    int total;
    int left; /* neither verified nor given up */
    int64_t since_ms;
    int64_t soak_ms;
    int64_t soak_end_ms; /* of the last soaking one; 0: not known */
};

struct estimate_pace {
    int64_t now_ms;
    int in_flight_max;
    int64_t mean_active_ms; /* of one target, without soak; 0: not known yet */
    int verified_last_hour;
};

/* Milliseconds, or -1: nobody can know yet. */
int64_t estimate_left_ms(const struct estimate_wave *waves, size_t count,
                         const struct estimate_pace *pace);

#endif
