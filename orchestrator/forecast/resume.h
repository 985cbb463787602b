/*
 * resume.h - begin a virtual run where a real campaign stands.
 */
#ifndef FORECAST_RESUME_H
#define FORECAST_RESUME_H

#include "engine/engine.h"
#include "forecast/condense.h"
#include "model/forecast.h"

/* Bring a new engine on the small plan to where `from` (which runs the plan `pinned`,
   of the same targets, waves and caps) stands:
   settled targets are settled, soaks go on, what is under way is begun again with a head
   start. What was prepared only in part is prepared anew; holds stay. Gives per target
   how long its present step has run already (0: nothing does); the caller's. The times
   of what has happened already are written to `out`. */
int64_t *resume_replay(struct engine *engine, const struct model *model,
                       const struct engine_state *from, const struct plan *pinned,
                       int64_t now_ms, struct forecast_run *out);

#endif
