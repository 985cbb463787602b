/*
 * session.c - the list of sessions: found, shared, bounded, ended.
 *
 * How it works: `lock` guards the list; `login` of an entry is held while that entry's
 * session is opened, so that one slow appliance delays only its own calls. An entry with
 * users is never removed. A full list gives up the entry that was idle longest.
 *
 * When it fails: a logout that does not succeed is forgotten; the appliance ends idle
 * sessions itself.
 */
#include "vcsa/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/at_once.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa/session_internal.h"

struct vcsa_sessions {
    struct http_client *client;
    pthread_mutex_t lock;
    struct vcsa_session **items;
    size_t count, room;
};

struct vcsa_sessions *vcsa_sessions_new(struct http_client *client)
{
    struct vcsa_sessions *sessions = xcalloc(1, sizeof *sessions);
    sessions->client = client;
    (void)pthread_mutex_init(&sessions->lock, NULL);
    return sessions;
}

static void session_free(struct vcsa_session *session)
{
    wiped_free(&session->token);
    (void)pthread_mutex_destroy(&session->login);
    free(session->key);
    free(session->url);
    free(session->pin);
    free(session->ca);
    free(session);
}

static struct vcsa_session *session_new(const struct vcsa_endpoint *endpoint, char *key)
{
    struct vcsa_session *session = xcalloc(1, sizeof *session);
    session->key = key;
    (void)pthread_mutex_init(&session->login, NULL);
    session->url = xstrdup(endpoint->url);
    session->pin = xstrdup_null(endpoint->tls.pin);
    session->ca = xstrdup_null(endpoint->tls.ca);
    session->allow_http = endpoint->allow_http;
    return session;
}

static char *key_of(const struct vcsa_endpoint *endpoint)
{
    return xasprintf("%s\n%s\n%s\n%s", endpoint->url, endpoint->user,
                     endpoint->tls.pin ? endpoint->tls.pin : "",
                     endpoint->tls.ca ? endpoint->tls.ca : "");
}

/* Under the lock: take out up to `max` entries that nobody used since `before_ms`. */
static size_t take_idle(struct vcsa_sessions *sessions, int64_t before_ms,
                        struct vcsa_session **out, size_t max)
{
    size_t taken = 0;
    for (size_t i = sessions->count; i-- > 0 && taken < max;) {
        struct vcsa_session *session = sessions->items[i];
        if (session->users || session->used_ms > before_ms)
            continue;
        sessions->items[i] = sessions->items[--sessions->count];
        out[taken++] = session;
    }
    return taken;
}

static struct vcsa_session *take_oldest(struct vcsa_sessions *sessions)
{
    struct vcsa_session *oldest = NULL;
    int64_t since_ms = INT64_MAX;
    for (size_t i = 0; i < sessions->count; i++)
        if (!sessions->items[i]->users && sessions->items[i]->used_ms < since_ms)
            since_ms = sessions->items[i]->used_ms;
    return take_idle(sessions, since_ms, &oldest, 1) ? oldest : NULL;
}

static void end(struct vcsa_sessions *sessions, struct vcsa_session *session)
{
    vcsa_log_out(sessions->client, session);
    session_free(session);
}

struct vcsa_session *vcsa_session_hold(struct vcsa_sessions *sessions,
                                       const struct vcsa_endpoint *endpoint,
                                       int64_t now_ms)
{
    auto_free char *key = key_of(endpoint);
    struct vcsa_session *found = NULL, *evicted = NULL;
    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < sessions->count && !found; i++)
        if (!strcmp(sessions->items[i]->key, key))
            found = sessions->items[i];
    if (!found) {
        if (sessions->count >= VCSA_SESSIONS_MAX)
            evicted = take_oldest(sessions);
        found = session_new(endpoint, steal_ptr(&key));
        *vec_push(sessions->items, sessions->count, sessions->room) = found;
    }
    found->users++;
    found->used_ms = now_ms;
    (void)pthread_mutex_unlock(&sessions->lock);
    if (evicted)
        end(sessions, evicted);
    return found;
}

void vcsa_session_release(struct vcsa_sessions *sessions, struct vcsa_session *session)
{
    (void)pthread_mutex_lock(&sessions->lock);
    session->users--;
    (void)pthread_mutex_unlock(&sessions->lock);
}

enum vcsa_answer
vcsa_session_token(struct vcsa_sessions *sessions, struct vcsa_session *session,
                   struct slipway_call *call, const struct vcsa_endpoint *endpoint,
                   const char *stale, char **token, struct slipway_error *err)
{
    enum vcsa_answer answer = VCSA_OK;
    (void)pthread_mutex_lock(&session->login);
    if (stale && session->token && !strcmp(stale, session->token))
        wiped_free(&session->token);
    if (!session->token)
        answer = vcsa_log_in(sessions->client, session, call, endpoint, err);
    if (answer == VCSA_OK)
        *token = xstrdup(session->token);
    (void)pthread_mutex_unlock(&session->login);
    return answer;
}

enum vcsa_dialect vcsa_session_dialect(struct vcsa_session *session, enum vcsa_tree tree)
{
    return (enum vcsa_dialect)atomic_load(&session->dialects[tree]);
}

void vcsa_session_learn(struct vcsa_session *session, enum vcsa_tree tree,
                        enum vcsa_dialect dialect)
{
    atomic_store(&session->dialects[tree], (int)dialect);
}

/* --- the end -------------------------------------------------------------------- */

void vcsa_sessions_tidy(struct vcsa_sessions *sessions, int64_t now_ms)
{
    struct vcsa_session *idle[VCSA_LOGOUTS_PER_TIDY];
    (void)pthread_mutex_lock(&sessions->lock);
    size_t count = take_idle(sessions, now_ms - VCSA_IDLE_MS, idle, ARRAY_LENGTH(idle));
    (void)pthread_mutex_unlock(&sessions->lock);
    for (size_t i = 0; i < count; i++)
        end(sessions, idle[i]);
}

static void log_out(void *context, size_t i)
{
    const struct vcsa_sessions *sessions = context;
    vcsa_log_out(sessions->client, sessions->items[i]);
}

void vcsa_sessions_free(struct vcsa_sessions *sessions)
{
    if (!sessions)
        return;
    (void)at_once(sessions->count, VCSA_CLOSE_MS, log_out, sessions);
    for (size_t i = 0; i < sessions->count; i++)
        session_free(sessions->items[i]);
    free(sessions->items);
    (void)pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}
