/*
 * login.c - logging in and out, in whichever dialect there is.
 *
 *   POST /api/session ─────────► 201 "TOKEN"            the new dialect
 *     │ no such path
 *     ▼
 *   POST /rest/com/vmware/cis/session ─► {"value": "TOKEN"}   the old one
 *
 * A path that is not there says so before anybody looks at the password, so trying both
 * costs no attempt at the account. The one that worked is tried first the next time.
 *
 * When it fails: a refused password is remembered as a hash and not sent again for a
 * while, because five failures lock an SSO account. An expired root password is told
 * apart from a wrong one. Everything else is trouble on the way: come back later.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/session_internal.h"

static const char *const LOGIN_PATHS[] = {"/api/session", "/rest/com/vmware/cis/session"};

enum vcsa_answer vcsa_unanswered(enum http_result result)
{
    switch (result) {
    case HTTP_NOT_SENT:
        return VCSA_AWAY;
    case HTTP_TOO_LARGE:
        return VCSA_FLOOD;
    case HTTP_CANCELED:
        return VCSA_STOPPED;
    case HTTP_UNTRUSTED:
    case HTTP_INVALID:
        return VCSA_NO;
    default:
        return VCSA_LOST;
    }
}

/* --- refused passwords ------------------------------------------------------------ */

static bool barred(const struct vcsa_session *session, const char *password,
                   int64_t now_ms)
{
    char hash[SHA256_HEX];
    sha256_chain(session->key, password, strlen(password), hash);
    return !strcmp(hash, session->refused) &&
           now_ms - session->refused_ms < VCSA_REFUSAL_MS;
}

/* Whoever asks meanwhile is told why, too. */
static void bar(struct vcsa_session *session, const char *password, int64_t now_ms,
                const struct slipway_error *why)
{
    session->refusal = *why;
    sha256_chain(session->key, password, strlen(password), session->refused);
    session->refused_ms = now_ms;
}

/* --- one login ---------------------------------------------------------------------- */

/* It becomes a header line: printable, no space, not endless. */
static bool token_acceptable(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return false;
    return length > 0 && length <= VCSA_TOKEN_MAX;
}

static bool says_expired(const struct vcsa_fault *fault)
{
    return strcasestr(fault->text, "expired") && strcasestr(fault->text, "password");
}

static enum vcsa_answer refused(struct vcsa_session *session, struct slipway_call *call,
                                const struct vcsa_endpoint *endpoint,
                                const char *password, const struct vcsa_fault *fault,
                                struct slipway_error *err)
{
    char user[128], origin[256];
    (void)text_clean(endpoint->user, user, sizeof user);
    (void)http_origin(endpoint->url, origin, sizeof origin);
    (void)slipway_error_set(
        err, -1,
        says_expired(fault)
            ? "%s: the password of %s has expired (%s); log in on the console or by SSH, "
              "change it, and put the new one where the fleet file refers to"
            : "%s: the login of %s was refused (%s); check the login in the fleet file "
              "and the account's state. It is not tried again for a while, so that the "
              "account is not locked",
        origin, user, fault->text);
    bar(session, password, call->host->now_ms(), err);
    return VCSA_DENIED;
}

static enum vcsa_answer not_now(enum vcsa_answer answer,
                                const struct vcsa_endpoint *endpoint,
                                const struct vcsa_fault *fault, struct slipway_error *err)
{
    char origin[256];
    (void)http_origin(endpoint->url, origin, sizeof origin);
    if (answer == VCSA_LOST)
        return (enum vcsa_answer)slipway_error_set(
            err, VCSA_GATEWAY, "%s: the login's answer cannot be read", origin);
    bool absent = answer == VCSA_ABSENT;
    (void)slipway_error_set(err, VCSA_GATEWAY,
                            absent
                                ? "%s: there is no login, neither at /api nor at /rest "
                                  "(%s): its services are not up, or it is no vCenter"
                                : "%s: cannot log in anybody now (%s)",
                            origin, fault->text);
    return VCSA_GATEWAY;
}

/* One attempt at one path. VCSA_ABSENT: try the other; sets the fault. */
static enum vcsa_answer attempt(struct http_client *client, struct vcsa_session *session,
                                struct slipway_call *call,
                                const struct vcsa_endpoint *endpoint,
                                const char *password, struct vcsa_fault *fault,
                                struct slipway_error *err)
{
    static const char *const headers[] = {"Accept: application/json",
                                          "vmware-use-header-authn: true", NULL};
    auto_free char *url =
        xasprintf("%s%s", endpoint->url, LOGIN_PATHS[session->login_path]);
    auto_http_response struct http_response response = {0};
    const struct http_request request = {.method = "POST",
                                         .url = url,
                                         .headers = headers,
                                         .user = endpoint->user,
                                         .password = password,
                                         .tls = endpoint->tls,
                                         .max_body = VCSA_LOGIN_MAX,
                                         .once = true,
                                         .read_only_ok = true,
                                         .allow_http = endpoint->allow_http,
                                         .timeout_ms = VCSA_READ_MS};
    enum http_result result = http_perform(client, call, &request, &response, err);
    if (result == HTTP_TOO_LARGE)
        return VCSA_NO; /* endless answers do not come from services that start */
    if (result != HTTP_ANSWERED)
        return vcsa_unanswered(result) == VCSA_LOST ? VCSA_AWAY : vcsa_unanswered(result);
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_judge(&response, &value, fault);
    if (answer == VCSA_NO)
        return refused(session, call, endpoint, password, fault, err);
    if (answer == VCSA_ABSENT)
        return answer;
    const char *token = json_string_value(value);
    if (answer != VCSA_OK || !token_acceptable(token))
        return not_now(answer == VCSA_OK ? VCSA_LOST : answer, endpoint, fault, err);
    session->token = xstrdup(token);
    return VCSA_OK;
}

static enum vcsa_answer try_paths(struct http_client *client,
                                  struct vcsa_session *session, struct slipway_call *call,
                                  const struct vcsa_endpoint *endpoint,
                                  const char *password, struct slipway_error *err)
{
    struct vcsa_fault fault = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(LOGIN_PATHS); i++) {
        enum vcsa_answer answer =
            attempt(client, session, call, endpoint, password, &fault, err);
        if (answer != VCSA_ABSENT) {
            if (answer == VCSA_OK && i > 0)
                for (size_t tree = 0; tree < VCSA_TREES; tree++)
                    vcsa_session_learn(session, (enum vcsa_tree)tree,
                                       session->login_path ? VCSA_REST : VCSA_API);
            return answer;
        }
        session->login_path = !session->login_path;
    }
    return not_now(VCSA_ABSENT, endpoint, &fault, err);
}

enum vcsa_answer vcsa_log_in(struct http_client *client, struct vcsa_session *session,
                             struct slipway_call *call,
                             const struct vcsa_endpoint *endpoint,
                             struct slipway_error *err)
{
    struct slipway_secret password = {0};
    if (call->host->secret(call, endpoint->password_reference, &password, err))
        return VCSA_NO;
    enum vcsa_answer answer;
    if (barred(session, password.bytes, call->host->now_ms()))
        answer = (enum vcsa_answer)slipway_error_set(err, VCSA_DENIED, "%s",
                                                     session->refusal.text);
    else
        answer = try_paths(client, session, call, endpoint, password.bytes, err);
    call->host->secret_free(&password);
    return answer;
}

void vcsa_log_out(struct http_client *client, const struct vcsa_session *session)
{
    if (!session->token)
        return;
    auto_wiped char *header = xasprintf("vmware-api-session-id: %s", session->token);
    auto_free char *url =
        xasprintf("%s%s", session->url, LOGIN_PATHS[session->login_path]);
    const char *const headers[] = {header, NULL};
    auto_http_response struct http_response response = {0};
    const struct http_request request = {.method = "DELETE",
                                         .url = url,
                                         .headers = headers,
                                         .tls = {.pin = session->pin, .ca = session->ca},
                                         .max_body = VCSA_LOGIN_MAX,
                                         .read_only_ok = true,
                                         .allow_http = session->allow_http,
                                         .connect_timeout_ms = VCSA_LOGOUT_MS,
                                         .timeout_ms = VCSA_LOGOUT_MS};
    (void)http_perform(client, NULL, &request, &response, NULL);
}
