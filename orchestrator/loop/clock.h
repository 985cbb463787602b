/*
 * clock.h - the only clock of the orchestrator.
 *
 * UTC milliseconds that never jump: the wall clock is read once, then elapsed
 * time (suspend included) is added. A stepped wall clock cannot end a soak early
 * or open a window; clock_drift_ms says how far the two have come apart.
 */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);
/* Our clock is at least here: what the last owner wrote lies in the past. After a
   restart with a wall clock that went back (no battery, not yet synchronised) time
   goes on from the last record instead of standing still until then. */
void clock_not_before(int64_t instant_ms);

/* Wall clock minus ours; large means that somebody stepped the clock. */
int64_t clock_drift_ms(void);

#endif
