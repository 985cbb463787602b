/*
 * tally.h - many runs become one outlook: what each run came to is kept as a few
 * numbers, and the numbers of all are put in order.
 */
#ifndef FORECAST_TALLY_H
#define FORECAST_TALLY_H

#include "forecast/run.h"

#define TALLY_PERIODS_MAX 1000

struct tally_run {
    int64_t finish_ms;
    int failed, rolled_back, pauses, nights;
};

struct tally {
    const struct forecast_period *periods; /* borrowed; from and until only, in order */
    size_t period_count;
    size_t first_of_week; /* index of the first period that begins a week */
    size_t run_count;
    struct tally_run *runs;
    unsigned short *starts; /* run_count rows of period_count */
};

/* Room for so many runs. */
void tally_create(struct tally *tally, size_t run_count,
                  const struct forecast_period *periods, size_t period_count,
                  size_t first_of_week);
/* Threads may write different indexes at the same time. */
void tally_add(struct tally *tally, size_t index, const struct forecast_run *run);
/* `usual` is the run of seed 0. */
void tally_outlook(const struct tally *tally, const struct plan *plan,
                   const struct forecast_run *usual, int64_t deadline_ms,
                   struct forecast_outlook *out);
void tally_clear(struct tally *tally);

/* The value that so many percent of the sorted numbers do not exceed. */
int64_t tally_quantile(const int64_t *sorted, size_t count, int percent);
/* Put numbers in order; 0 (never) is the last. */
void tally_sort(int64_t *numbers, size_t count, bool zero_is_never);

#endif
