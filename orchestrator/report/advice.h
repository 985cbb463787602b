/*
 * advice.h - what to type next, from how a campaign stands. The same words end a run,
 * a status and a report.
 */
#ifndef REPORT_ADVICE_H
#define REPORT_ADVICE_H

#include <stdbool.h>

#include "store/query.h"
#include "util/buf.h"

struct advice_facts {
    const char *command; /* "slipway", "slipway --state DIR" */
    enum campaign_state_id state;
    const int *counts;       /* by target state */
    const char *gated_wave;  /* NULL: none */
    const char *gate_target; /* a target that waits in a gate step; NULL: none */
    const char *stranded, *parked, *held; /* the first of each; NULL: none */
    bool owned;                           /* a slipway is running it */
};

struct advice_line {
    char *command;
    const char *purpose;
};

#define ADVICE_MAX 12

struct advice {
    struct advice_line lines[ADVICE_MAX];
    size_t count;
};

/* The most urgent first. `out` must be zeroed. */
void advise(const struct advice_facts *facts, struct advice *out);
void advice_clear(struct advice *advice);
#define auto_advice __attribute__((cleanup(advice_clear)))

/* Aligned lines; commands are never cut, so that they can be pasted. */
void advice_write(const struct advice *advice, const char *indent, struct buf *out);

#endif
