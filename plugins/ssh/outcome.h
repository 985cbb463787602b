/*
 * outcome.h - an outcome and its sentence in one expression.
 */
#ifndef SSH_OUTCOME_H
#define SSH_OUTCOME_H

#include "slipway/plugin.h"

/* Write the sentence, give the outcome:
       return outcome_error(err, SLIPWAY_REFUSED, "%s: no such user", user); */
#define outcome_error(err, outcome, ...)                                                 \
    ((enum slipway_outcome)slipway_error_set((err), (int)(outcome), __VA_ARGS__))

/* Say the sentence to the host, give the outcome. */
#define outcome_say(call, outcome, ...)                                                  \
    ((call)->host->say((call), __VA_ARGS__), (enum slipway_outcome)(outcome))

/* Milliseconds as the int that some functions take, 0 when negative. */
static inline int outcome_clamp_ms(int64_t ms)
{
    return ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

#endif
