/*
 * request.h - from an action of the engine to a call that a worker can carry
 * out: the arguments expanded, the key and the fingerprint worked out.
 */
#ifndef LOOP_REQUEST_H
#define LOOP_REQUEST_H

#include <jansson.h>

#include "engine/engine.h"
#include "exec/exec.h"
#include "exec/plugins.h"
#include "slipway/error.h"
#include "store/store.h"
#include "util/fingerprint.h"

#define REQUEST_KEY_MAX 160

/* What requests of one campaign share. */
struct request_maker {
    const struct plan *plan;
    struct store *store;
    int64_t campaign;
    json_t *vars;
    const struct plugins *plugins; /* NULL: expanded arguments are not checked again */
    struct fingerprints files;     /* of files that operations name                   */
};

int request_maker_init(struct request_maker *maker, const struct plan *plan,
                       struct store *store, int64_t campaign, struct slipway_error *err);
void request_maker_clear(struct request_maker *maker);

/* The id that people know the activity by: the step's, the check's, "snapshot".
   Borrowed. */
const char *request_step_id(const struct plan *plan, enum activity activity, int index);

/* Fill *out (the caller's). -1 with a sentence: a template without a value, or a file
   that is not the one which the plan pinned. */
int request_make(struct request_maker *maker, const struct action *action,
                 struct exec_request *out, struct slipway_error *err);

#endif
