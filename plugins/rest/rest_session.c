/*
 * rest_session.c - opens, shares and closes sessions.
 *
 * How it works: `lock` guards the list; `login` of an entry is held while that
 * entry's session is opened, so that one slow appliance delays only its own
 * calls. An entry with users is never removed.
 *
 * When it fails: a login changes nothing that slipway answers for, so trouble
 * on the way is RETRY, and only a refused password or identity is final. A
 * failed logout is ignored: the appliance ends idle sessions itself.
 */
#include "rest/rest_session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/at_once.h"
#include "util/auto.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/xalloc.h"

#define TOKEN_MAX      4096u
#define LOGIN_BODY_MAX (64u * 1024u)

struct session {
    char *key;
    pthread_mutex_t login;    /* guards token and refusal */
    char *token;              /* NULL: not logged in */
    char refused[SHA256_HEX]; /* of key and password; "" if none */
    int64_t refused_ms;
    /* guarded by the list's lock */
    unsigned users;
    int64_t used_ms;
    /* for the logout, which has no target document any more */
    char *logout_url, *logout_method, *header, *pin, *ca;
    bool allow_http;
};

struct rest_sessions {
    struct http_client *client;
    pthread_mutex_t lock;
    struct session **items;
    size_t count, room;
};

/* --- the list -------------------------------------------------------------- */

struct rest_sessions *rest_sessions_new(struct http_client *client)
{
    struct rest_sessions *sessions = xcalloc(1, sizeof *sessions);
    sessions->client = client;
    (void)pthread_mutex_init(&sessions->lock, NULL);
    return sessions;
}

static void session_free(struct session *session)
{
    wiped_free(&session->token);
    (void)pthread_mutex_destroy(&session->login);
    free(session->key);
    free(session->logout_url);
    free(session->logout_method);
    free(session->header);
    free(session->pin);
    free(session->ca);
    free(session);
}

static struct session *session_new(const struct rest_target *target, char *key)
{
    struct session *session = xcalloc(1, sizeof *session);
    const struct rest_session_spec *spec = &target->session;
    session->key = key;
    (void)pthread_mutex_init(&session->login, NULL);
    session->pin = xstrdup_null(target->tls.pin);
    session->ca = xstrdup_null(target->tls.ca);
    session->allow_http = target->allow_http;
    if (spec->on) {
        session->logout_url = xasprintf("%s%s", target->url, spec->logout_path);
        session->logout_method = xstrdup(spec->logout_method);
        session->header = xstrdup(spec->header);
    }
    return session;
}

static char *key_of(const struct rest_target *target)
{
    const char *path = target->session.on ? target->session.path : "";
    return xasprintf("%s\n%s\n%s\n%s\n%s", target->url, target->user, path,
                     target->tls.pin ? target->tls.pin : "",
                     target->tls.ca ? target->tls.ca : "");
}

/* Found or made, with one user more. */
static struct session *session_hold(struct rest_sessions *sessions,
                                    const struct rest_target *target, int64_t now_ms)
{
    auto_free char *key = key_of(target);
    struct session *found = NULL;
    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < sessions->count && !found; i++)
        if (!strcmp(sessions->items[i]->key, key))
            found = sessions->items[i];
    if (!found) {
        found = session_new(target, steal_ptr(&key));
        *vec_push(sessions->items, sessions->count, sessions->room) = found;
    }
    found->users++;
    found->used_ms = now_ms;
    (void)pthread_mutex_unlock(&sessions->lock);
    return found;
}

static void session_release(struct rest_sessions *sessions, struct session *session)
{
    (void)pthread_mutex_lock(&sessions->lock);
    session->users--;
    (void)pthread_mutex_unlock(&sessions->lock);
}

/* --- refused passwords ------------------------------------------------------ */

static void refusal_hash(const struct session *session, const char *password,
                         char out[SHA256_HEX])
{
    sha256_chain(session->key, password, strlen(password), out);
}

static bool barred(const struct session *session, const char *password, int64_t now_ms)
{
    char hash[SHA256_HEX];
    refusal_hash(session, password, hash);
    return !strcmp(hash, session->refused) &&
           now_ms - session->refused_ms < REST_REFUSAL_KEPT_MS;
}

static void bar(struct session *session, const char *password, int64_t now_ms)
{
    refusal_hash(session, password, session->refused);
    session->refused_ms = now_ms;
}

bool rest_password_barred(struct rest_sessions *sessions, const struct slipway_call *call,
                          const struct rest_target *target, const char *password)
{
    int64_t now_ms = call->host->now_ms();
    struct session *session = session_hold(sessions, target, now_ms);
    (void)pthread_mutex_lock(&session->login);
    bool is = barred(session, password, now_ms);
    (void)pthread_mutex_unlock(&session->login);
    session_release(sessions, session);
    return is;
}

void rest_password_bar(struct rest_sessions *sessions, const struct slipway_call *call,
                       const struct rest_target *target, const char *password)
{
    int64_t now_ms = call->host->now_ms();
    struct session *session = session_hold(sessions, target, now_ms);
    (void)pthread_mutex_lock(&session->login);
    bar(session, password, now_ms);
    (void)pthread_mutex_unlock(&session->login);
    session_release(sessions, session);
}

/* --- login ------------------------------------------------------------------ */

static bool token_acceptable(const char *token)
{
    size_t length = token ? strlen(token) : 0;
    for (size_t i = 0; i < length; i++)
        if (token[i] <= ' ' || token[i] >= 0x7f)
            return false;
    return length > 0 && length <= TOKEN_MAX;
}

/* The bare string of the new dialect, {"value": token} of the old, or a header. */
static char *token_of(const struct rest_session_spec *spec,
                      const struct http_response *response)
{
    if (!strncmp(spec->token, "header:", 7)) {
        const char *value = http_header(response, spec->token + 7, 0);
        return token_acceptable(value) ? xstrdup(value) : NULL;
    }
    auto_json json_t *json =
        json_parse(response->body, response->body_length, LOGIN_BODY_MAX, NULL);
    const char *text =
        json_is_string(json) ? json_string_value(json) : json_text(json, "value");
    return token_acceptable(text) ? xstrdup(text) : NULL;
}

static enum slipway_outcome
login_answered(struct session *session, struct slipway_call *call,
               const struct rest_target *target, const struct http_response *response,
               const char *password, struct slipway_error *err)
{
    char name[256], user[256];
    int status = response->status;
    (void)text_clean(target->name, name, sizeof name);
    (void)text_clean(target->user, user, sizeof user);
    if (status >= 200 && status < 300) {
        session->token = token_of(&target->session, response);
        return session->token
                   ? SLIPWAY_DONE
                   : (enum slipway_outcome)slipway_error_set(
                         err, SLIPWAY_FAILED,
                         "%s: the login answered %d without a usable session key; check "
                         "rest.session in the fleet file",
                         name, status);
    }
    if (status == 401 || status == 403) {
        bar(session, password, call->host->now_ms());
        return (enum slipway_outcome)slipway_error_set(
            err, SLIPWAY_REFUSED,
            "%s: the login of %s was refused (HTTP %d); check rest.login and the "
            "account's "
            "state, slipway does not try this password again",
            name, user, status);
    }
    bool busy = status == 429 || status >= 500;
    return (enum slipway_outcome)slipway_error_set(
        err, busy ? SLIPWAY_RETRY : SLIPWAY_FAILED,
        busy ? "%s: cannot log in anybody now (HTTP %d)"
             : "%s: there is no login at rest.session.path (HTTP %d)",
        name, status);
}

static enum slipway_outcome login_failed(enum http_result result)
{
    switch (result) {
    case HTTP_UNTRUSTED:
    case HTTP_INVALID:
        return SLIPWAY_REFUSED;
    case HTTP_CANCELED:
        return SLIPWAY_CANCELED;
    default:
        return SLIPWAY_RETRY;
    }
}

static enum slipway_outcome login_send(struct rest_sessions *sessions,
                                       struct session *session, struct slipway_call *call,
                                       const struct rest_target *target,
                                       const char *password, struct slipway_error *err)
{
    static const char *const headers[] = {"Accept: application/json",
                                          "vmware-use-header-authn: true", NULL};
    auto_free char *url = xasprintf("%s%s", target->url, target->session.path);
    auto_http_response struct http_response response = {0};
    const struct http_request request = {.method = target->session.method,
                                         .url = url,
                                         .headers = headers,
                                         .user = target->user,
                                         .password = password,
                                         .tls = target->tls,
                                         .max_body = LOGIN_BODY_MAX,
                                         .once = true,
                                         .read_only_ok = true,
                                         .allow_http = target->allow_http};
    enum http_result result =
        http_perform(sessions->client, call, &request, &response, err);
    if (result != HTTP_ANSWERED)
        return login_failed(result);
    return login_answered(session, call, target, &response, password, err);
}

static enum slipway_outcome log_in(struct rest_sessions *sessions,
                                   struct session *session, struct slipway_call *call,
                                   const struct rest_target *target,
                                   struct slipway_error *err)
{
    struct slipway_secret password = {0};
    if (call->host->secret(call, target->password_reference, &password, err))
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome;
    if (barred(session, password.bytes, call->host->now_ms()))
        outcome = (enum slipway_outcome)slipway_error_set(
            err, SLIPWAY_REFUSED,
            "the appliance refused this password of rest.login a moment ago; it is not "
            "tried "
            "again, so that the account is not locked");
    else
        outcome = login_send(sessions, session, call, target, password.bytes, err);
    call->host->secret_free(&password);
    return outcome;
}

enum slipway_outcome rest_session_token(struct rest_sessions *sessions,
                                        struct slipway_call *call,
                                        const struct rest_target *target,
                                        const char *stale, char **token,
                                        struct slipway_error *err)
{
    enum slipway_outcome outcome = SLIPWAY_DONE;
    struct session *session = session_hold(sessions, target, call->host->now_ms());
    (void)pthread_mutex_lock(&session->login);
    if (stale && session->token && !strcmp(stale, session->token))
        wiped_free(&session->token);
    if (!session->token)
        outcome = log_in(sessions, session, call, target, err);
    if (outcome == SLIPWAY_DONE)
        *token = xstrdup(session->token);
    (void)pthread_mutex_unlock(&session->login);
    session_release(sessions, session);
    return outcome;
}

/* --- logout ------------------------------------------------------------------ */

static void log_out(struct rest_sessions *sessions, const struct session *session)
{
    if (!session->token || !session->logout_url)
        return;
    auto_wiped char *header = xasprintf("%s: %s", session->header, session->token);
    const char *const headers[] = {header, NULL};
    auto_http_response struct http_response response = {0};
    const struct http_request request = {.method = session->logout_method,
                                         .url = session->logout_url,
                                         .headers = headers,
                                         .tls = {.pin = session->pin, .ca = session->ca},
                                         .max_body = LOGIN_BODY_MAX,
                                         .read_only_ok = true,
                                         .allow_http = session->allow_http,
                                         .connect_timeout_ms = REST_LOGOUT_MS,
                                         .timeout_ms = REST_LOGOUT_MS};
    (void)http_perform(sessions->client, NULL, &request, &response, NULL);
}

/* Take out up to `max` entries that nobody used since `before_ms`. */
static size_t take_idle(struct rest_sessions *sessions, int64_t before_ms,
                        struct session **out, size_t max)
{
    size_t taken = 0;
    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = sessions->count; i-- > 0 && taken < max;) {
        struct session *session = sessions->items[i];
        if (session->users || session->used_ms > before_ms)
            continue;
        sessions->items[i] = sessions->items[--sessions->count];
        out[taken++] = session;
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    return taken;
}

void rest_sessions_tidy(struct rest_sessions *sessions, int64_t now_ms)
{
    struct session *idle[REST_LOGOUTS_PER_TIDY];
    size_t count =
        take_idle(sessions, now_ms - REST_SESSION_IDLE_MS, idle, ARRAY_LENGTH(idle));
    for (size_t i = 0; i < count; i++) {
        log_out(sessions, idle[i]);
        session_free(idle[i]);
    }
}

static void log_out_one(void *context, size_t i)
{
    struct rest_sessions *sessions = context;
    log_out(sessions, sessions->items[i]);
}

void rest_sessions_free(struct rest_sessions *sessions)
{
    if (!sessions)
        return;
    (void)at_once(sessions->count, REST_CLOSE_MS, log_out_one, sessions);
    for (size_t i = 0; i < sessions->count; i++)
        session_free(sessions->items[i]);
    free(sessions->items);
    (void)pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}
