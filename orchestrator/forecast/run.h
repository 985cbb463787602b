/*
 * run.h - a campaign on virtual time: the real engine, executors that take as long as
 * the plan's paces say, and people who answer after a while. A function: no clock, no
 * I/O; the same model, options and seed give the same result on every thread.
 *
 * The limits of what it knows: appliances never lie and networks never break here, so
 * nothing is ever in doubt; failures are independent of each other.
 */
#ifndef FORECAST_RUN_H
#define FORECAST_RUN_H

#include "engine/engine.h"
#include "forecast/condense.h"
#include "model/forecast.h"

#define FORECAST_QUANTUM_MS 60000 /* instants of ends are rounded up to whole minutes */
#define FORECAST_HUMAN_MS   14400000 /* a pause is looked at after four hours */
#define FORECAST_OPEN_DAYS                                                               \
    3660 /* without a horizon: who has not ended by then never will */

struct run_options {
    uint64_t seed;           /* 0: everything takes its typical time and nobody fails */
    int64_t start_ms;        /* slipway run is typed then */
    int failure_per_million; /* of the targets: their change fails, and is undone */
    int64_t approval_ms;     /* campaign, gates of waves and gate steps are approved so
                              long after they could be */
    int64_t human_ms;        /* a pause, or a parked target, is looked at after so long */
    int64_t quantum_ms;      /* 0: FORECAST_QUANTUM_MS; 1 for the exact instants */
    const struct engine_state
        *from;                    /* a campaign that runs already; NULL: from the start */
    const struct plan *from_plan; /* what it runs; NULL: the model's own plan */
};

/* `out` is the caller's, also after a former run: forecast_run_clear(). */
void forecast_run(const struct model *model, const struct run_options *options,
                  struct forecast_run *out);

#endif
