/*
 * session_pool.c - see session_pool.h.
 *
 * A session that looks alive may still be dead (the appliance lost power): its
 * taker finds out before anything was sent and opens a new one. What can be
 * seen without sending, a closed connection, is weeded out here.
 */
#include "ssh/session_pool.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

void pool_init(struct session_pool *pool)
{
    *pool = (struct session_pool){0};
    (void)pthread_mutex_init(&pool->mutex, NULL);
}

void pool_destroy(struct session_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        session_free(pool->idle[i]);
    free(pool->idle);
    (void)pthread_mutex_destroy(&pool->mutex);
}

static struct session *remove_at(struct session_pool *pool, size_t index)
{
    struct session *session = pool->idle[index];
    pool->count--;
    memmove(&pool->idle[index], &pool->idle[index + 1],
            (pool->count - index) * sizeof *pool->idle);
    return session;
}

/* The latest one given back, which is the likeliest to live. */
static struct session *find(struct session_pool *pool, const char *identity)
{
    for (size_t i = pool->count; i > 0; i--)
        if (strcmp(pool->idle[i - 1]->identity, identity) == 0)
            return remove_at(pool, i - 1);
    return NULL;
}

static bool looks_alive(const struct session *session)
{
    char byte;
    ssize_t got = recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

struct session *pool_take(struct session_pool *pool, const char *identity,
                          struct slipway_call *call)
{
    for (;;) {
        (void)pthread_mutex_lock(&pool->mutex);
        struct session *session = find(pool, identity);
        (void)pthread_mutex_unlock(&pool->mutex);
        if (!session)
            return NULL;
        if (looks_alive(session)) {
            session->call = call;
            session->reused = true;
            return session;
        }
        session_free(session);
    }
}

void pool_give(struct session_pool *pool, struct session *session)
{
    if (session->stop != SESSION_GOING) {
        session_free(session);
        return;
    }
    struct session *oldest = NULL;
    session->idle_since_ms = session->call->host->now_ms();
    session->call = NULL;
    (void)pthread_mutex_lock(&pool->mutex);
    if (pool->count >= SSH_IDLE_SESSIONS)
        oldest = remove_at(pool, 0);
    *vec_push(pool->idle, pool->count, pool->room) = session;
    (void)pthread_mutex_unlock(&pool->mutex);
    session_free(oldest);
}

void pool_tidy(struct session_pool *pool, int64_t now_ms)
{
    for (;;) {
        struct session *old = NULL;
        (void)pthread_mutex_lock(&pool->mutex);
        if (pool->count && now_ms - pool->idle[0]->idle_since_ms >= SSH_IDLE_MAX_MS)
            old = remove_at(pool, 0);
        (void)pthread_mutex_unlock(&pool->mutex);
        if (!old)
            return;
        session_free(old);
    }
}

void pool_forget(struct session_pool *pool, const char *identity)
{
    for (;;) {
        (void)pthread_mutex_lock(&pool->mutex);
        struct session *session = find(pool, identity);
        (void)pthread_mutex_unlock(&pool->mutex);
        if (!session)
            return;
        session_free(session);
    }
}
