/*
 * gate.c - see gate.h. Waits in slices, because a cancel has no file descriptor
 * that a condition variable could watch.
 */
#include "ssh/gate.h"

#include <time.h>

#include "ssh/limits.h"

void gate_init(struct gate *gate, unsigned limit)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&gate->mutex, NULL);
    (void)pthread_cond_init(&gate->freed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    gate->used = 0;
    gate->limit = limit;
}

void gate_destroy(struct gate *gate)
{
    (void)pthread_cond_destroy(&gate->freed);
    (void)pthread_mutex_destroy(&gate->mutex);
}

static void wait_slice(struct gate *gate)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SSH_SLICE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_timedwait(&gate->freed, &gate->mutex, &until);
}

int gate_enter(struct gate *gate, struct slipway_call *call)
{
    int entered = -1;
    (void)pthread_mutex_lock(&gate->mutex);
    while (gate->used >= gate->limit && call->host->remaining_ms(call) > 0 &&
           !call->host->canceled(call))
        wait_slice(gate);
    if (gate->used < gate->limit) {
        gate->used++;
        entered = 0;
    }
    (void)pthread_mutex_unlock(&gate->mutex);
    return entered;
}

void gate_leave(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->mutex);
    gate->used--;
    (void)pthread_cond_signal(&gate->freed);
    (void)pthread_mutex_unlock(&gate->mutex);
}
