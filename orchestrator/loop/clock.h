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
/* Wall clock minus ours; large means that somebody stepped the clock. */
int64_t clock_drift_ms(void);

#endif
