/*
 * run_frame.h - the facts of the live picture, from the running engine's memory. What
 * needs a look at every target is looked at once a second, not at every redraw.
 */
#ifndef CLI_RUN_FRAME_H
#define CLI_RUN_FRAME_H

#include "loop/driver.h"
#include "report/live.h"

struct run_frame {
    struct live_frame live;
    int64_t looked_ms; /* when the slow part was done */
};

/* Bring the frame up to now. */
void run_frame_update(struct run_frame *frame, const struct driver *driver, bool draining,
                      int64_t now_ms);

#endif
