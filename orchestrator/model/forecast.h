/*
 * model/forecast.h - what virtual runs of a plan come to, as plain data: written by
 * forecast/, shown by report/.
 */
#ifndef MODEL_FORECAST_H
#define MODEL_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One target in one run; 0: it never came to that. */
struct forecast_target {
    int64_t prepared_ms;
    int64_t started_ms;  /* admitted */
    int64_t changed_ms;  /* verified, or convicted: what its window must hold */
    int64_t ended_ms;    /* succeeded, rolled back, given up */
    unsigned char state; /* enum target_state_id at the end; parked before a human came */
};

struct forecast_run {
    struct forecast_target *targets; /* parallel to plan.targets */
    size_t target_count;
    int64_t finish_ms; /* the campaign was over; 0: never before the horizon */
    int pauses;        /* a failure budget stopped it, or a rollback failed */
    int failed;        /* targets */
    int rolled_back;
    int never;  /* targets that were not settled before the horizon */
    long steps; /* of the engine */
};

void forecast_run_clear(struct forecast_run *run);

#endif
