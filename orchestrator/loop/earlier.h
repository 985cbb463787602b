/*
 * earlier.h - what earlier steps gave back, for the operation that asks for it.
 */
#ifndef LOOP_EARLIER_H
#define LOOP_EARLIER_H

#include <jansson.h>

#include "model/playbook.h"
#include "store/store.h"

/* {STEP: {"result": ...}} with the steps that the operation's templates and expressions
   name, as far as they have results. A NULL store has none. The caller's. */
json_t *earlier_results(struct store *store, int64_t campaign, int target,
                        const struct operation *op);

#endif
