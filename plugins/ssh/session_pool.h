/*
 * session_pool.h - authenticated sessions that wait for their next use.
 *
 * A handshake costs more than everything else that a short command does, so a
 * session outlives its call. A taken session belongs to the taker alone.
 */
#ifndef SSH_SESSION_POOL_H
#define SSH_SESSION_POOL_H

#include <pthread.h>

#include "ssh/session.h"

struct session_pool {
    pthread_mutex_t mutex;
    struct session **idle; /* longest idle first */
    size_t count, room;
};

void pool_init(struct session_pool *pool);
void pool_destroy(struct session_pool *pool);

/* An idle session for exactly this identity that still looks alive, now working
   for `call`; NULL if there is none. */
struct session *pool_take(struct session_pool *pool, const char *identity,
                          struct slipway_call *call);

/* Hand a session back (takes it). One that has stopped is freed instead. */
void pool_give(struct session_pool *pool, struct session *session);

/* Free what was idle for longer than SSH_IDLE_MAX_MS. */
void pool_tidy(struct session_pool *pool, int64_t now_ms);

/* Free the idle sessions of one identity: it reboots, or was found to be gone. */
void pool_forget(struct session_pool *pool, const char *identity);

#endif
