/*
 * recognise.h - is this failure a known issue that the plan recovers from? The engine is
 * told with the outcome, and decides whether it may be.
 */
#ifndef LOOP_RECOGNISE_H
#define LOOP_RECOGNISE_H

#include "exec/exec.h"
#include "expr/expr.h"
#include "engine/state.h"
#include "slipway/error.h"

struct recogniser {
    const struct plan *plan;    /* borrowed */
    struct expr_engine *engine; /* NULL: the plan recovers from nothing */
};

int recogniser_init(struct recogniser *recogniser, const struct plan *plan,
                    struct slipway_error *err);
void recogniser_clear(struct recogniser *recogniser);

/* The recovery that this result of the target's activity asks for: its index + 1; 0: it is
   no failure of a step, or none that is known. */
int recognise(const struct recogniser *recogniser, int target,
              const struct target_state *state, const struct exec_result *result);

#endif
