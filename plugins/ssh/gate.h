/*
 * gate.h - so many handshakes at once, process-wide.
 */
#ifndef SSH_GATE_H
#define SSH_GATE_H

#include <pthread.h>

#include "slipway/plugin.h"

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    unsigned used, limit;
};

void gate_init(struct gate *gate, unsigned limit);
void gate_destroy(struct gate *gate);

/* Wait for a slot; waiting counts against the call's deadline. 0, or -1 when the
   deadline passed or the host asked to stop. */
int gate_enter(struct gate *gate, struct slipway_call *call);
void gate_leave(struct gate *gate);

#endif
