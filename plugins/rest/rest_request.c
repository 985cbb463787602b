/*
 * rest_request.c - the operation `request`: one HTTP request, one outcome.
 *
 * How it works: log in as the step asks, send, and if a session turns out to be
 * over (401) log in once more and send again; a 401 proves that the request was
 * not processed. The class that the plan pinned decides what a failure means:
 * see the table in README.md.
 */
#include "rest/rest_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

/* One request being prepared; owns its texts. */
struct attempt {
    json_t *with;
    struct rest_target target;
    enum rest_login login;
    char *url, *body;
    const char *content_type;
    char *header_lines[REST_HEADERS_MAX + 3];
    size_t header_count;
    char *token;
    struct slipway_secret password;
    const struct slipway_host *host;
};

static void attempt_free(struct attempt *attempt)
{
    if (attempt->password.bytes)
        attempt->host->secret_free(&attempt->password);
    for (size_t i = 0; i < attempt->header_count; i++)
        wiped_free(&attempt->header_lines[i]);
    wiped_free(&attempt->token);
    free(attempt->url);
    free(attempt->body);
    rest_target_free(&attempt->target);
    json_decref(attempt->with);
}
#define auto_attempt __attribute__((cleanup(attempt_free)))

/* --- arguments ---------------------------------------------------------------- */

static const char *method_of(const json_t *with)
{
    const char *method = json_text(with, "method");
    return method ? method : "GET";
}

enum slipway_class rest_request_class(const char *with)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *method = method_of(json);
    if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
        return SLIPWAY_READ;
    if (!strcmp(method, "PUT") || !strcmp(method, "DELETE"))
        return SLIPWAY_IDEMPOTENT;
    return SLIPWAY_OPAQUE;
}

/* When arguments are checked: those of a playbook may still hold templates. */
enum stage { STAGE_LINT, STAGE_RUN };

static int check_path(const json_t *with, enum stage stage, struct slipway_error *err)
{
    const char *path = json_text(with, "path");
    if (!path)
        return slipway_error_set(err, -1, "path is missing");
    if (stage == STAGE_LINT && strstr(path, "${"))
        return 0;
    if (path[0] != '/' || strlen(path) > REST_PATH_MAX)
        return slipway_error_set(
            err, -1,
            "path must begin with a slash and have at most %u bytes; "
            "the host comes from the fleet file",
            REST_PATH_MAX);
    for (const char *p = path; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || *p == '#')
            return slipway_error_set(
                err, -1, "path holds a character that must be percent-encoded");
    return 0;
}

static int check_statuses(const json_t *expected, struct slipway_error *err)
{
    if (!expected)
        return 0;
    bool fine = json_is_array(expected) && json_array_size(expected) > 0;
    for (size_t i = 0; fine && i < json_array_size(expected); i++) {
        json_int_t status = json_integer_value(json_array_get(expected, i));
        fine = status >= 200 && status <= 599;
    }
    return fine ? 0
                : slipway_error_set(
                      err, -1, "expect_status must be a list of numbers from 200 to 599");
}

static int check_one_header(const char *name, const json_t *value,
                            struct slipway_error *err)
{
    static const char *const secret[] = {"Authorization",
                                         "Cookie",
                                         "Proxy-Authorization",
                                         "X-Auth-Token",
                                         "vmware-api-session-id",
                                         "X-Api-Key",
                                         "Api-Key",
                                         "X-Vault-Token",
                                         "Private-Token"};
    char clean[128];
    const char *text = json_string_value(value);
    for (size_t i = 0; i < ARRAY_LENGTH(secret); i++)
        if (!strcasecmp(name, secret[i]))
            return slipway_error_set(
                err, -1,
                "headers: %s holds a secret; such are set by rest.login and "
                "rest.session of the fleet file, never by a playbook",
                secret[i]);
    if (!text || strpbrk(text, "\r\n") || strpbrk(name, ":\r\n "))
        return slipway_error_set(err, -1, "headers: %s must be a text on one line",
                                 text_clean(name, clean, sizeof clean));
    return 0;
}

static int check_headers(const json_t *headers, struct slipway_error *err)
{
    const char *name;
    json_t *value;
    if (json_object_size(headers) > REST_HEADERS_MAX)
        return slipway_error_set(err, -1, "more than %u headers", REST_HEADERS_MAX);
    json_object_foreach((json_t *)(uintptr_t)headers, name, value)
    {
        if (check_one_header(name, value, err))
            return -1;
    }
    return 0;
}

static int check_query(const json_t *query, struct slipway_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)query, name, value)
    {
        if (json_is_object(value) || json_is_null(value)) {
            char clean[128];
            return slipway_error_set(
                err, -1,
                "query: %s must be a text, a number, true or false, or "
                "a list of those",
                text_clean(name, clean, sizeof clean));
        }
    }
    return 0;
}

static int login_of(const json_t *with, enum rest_login *out)
{
    static const char *const names[] = {"none", "basic", "session"};
    const char *login = json_text(with, "login");
    for (size_t i = 0; login && i < ARRAY_LENGTH(names); i++) {
        if (!strcmp(login, names[i])) {
            *out = (enum rest_login)i;
            return 0;
        }
    }
    return -1;
}

static int check_with(const json_t *with, enum stage stage, struct slipway_error *err)
{
    static const char *const methods[] = {"GET", "HEAD",  "POST",
                                          "PUT", "PATCH", "DELETE"};
    const char *method = method_of(with), *login = json_text(with, "login");
    enum rest_login ignored;
    bool known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++)
        known = known || !strcmp(method, methods[i]);
    if (!known)
        return slipway_error_set(err, -1,
                                 "method must be GET, HEAD, POST, PUT, PATCH or DELETE");
    bool body = json_object_get(with, "json") || json_object_get(with, "text");
    if (json_object_get(with, "json") && json_object_get(with, "text"))
        return slipway_error_set(err, -1, "give json or text, not both");
    if (body && (!strcmp(method, "GET") || !strcmp(method, "HEAD")))
        return slipway_error_set(err, -1, "a %s request carries no body", method);
    if (login && login_of(with, &ignored))
        return slipway_error_set(err, -1, "login must be session, basic or none");
    if (check_path(with, stage, err) ||
        check_statuses(json_object_get(with, "expect_status"), err) ||
        check_query(json_object_get(with, "query"), err))
        return -1;
    return check_headers(json_object_get(with, "headers"), err);
}

int rest_request_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    return json ? check_with(json, STAGE_LINT, err) : -1;
}

/* --- preparing ------------------------------------------------------------------ */

static int choose_login(struct attempt *attempt, struct slipway_error *err)
{
    const struct rest_target *target = &attempt->target;
    if (login_of(attempt->with, &attempt->login))
        attempt->login = !target->user        ? REST_LOGIN_NONE
                         : target->session.on ? REST_LOGIN_SESSION
                                              : REST_LOGIN_BASIC;
    if (attempt->login != REST_LOGIN_NONE && !target->user)
        return slipway_error_set(err, -1, "the step logs in, but there is no rest.login");
    if (attempt->login == REST_LOGIN_SESSION && !target->session.on)
        return slipway_error_set(
            err, -1, "the step wants a session, but there is no rest.session");
    return 0;
}

static void add_header(struct attempt *attempt, const char *name, const char *value)
{
    attempt->header_lines[attempt->header_count++] = xasprintf("%s: %s", name, value);
}

static void prepare_headers(struct attempt *attempt)
{
    const char *name;
    json_t *value;
    bool accept = false;
    json_object_foreach(json_object_get(attempt->with, "headers"), name, value)
    {
        accept = accept || !strcasecmp(name, "Accept");
        if (!strcasecmp(name, "Content-Type"))
            attempt->content_type = json_string_value(value);
        else
            add_header(attempt, name, json_string_value(value));
    }
    if (!accept)
        add_header(attempt, "Accept", "application/json, text/plain;q=0.5, */*;q=0.1");
}

static void prepare_body(struct attempt *attempt)
{
    const json_t *json = json_object_get(attempt->with, "json");
    const char *text = json_text(attempt->with, "text");
    if (json) {
        attempt->body = json_canonical(json);
        attempt->content_type = "application/json";
    } else if (text) {
        attempt->body = xstrdup(text);
        attempt->content_type = "text/plain; charset=utf-8";
    }
}

static int prepare(struct slipway_call *call, struct attempt *attempt,
                   struct slipway_error *err)
{
    attempt->host = call->host;
    attempt->with = json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, err);
    if (!attempt->with || check_with(attempt->with, STAGE_RUN, err) ||
        rest_target_read(call->target, &attempt->target, err) ||
        choose_login(attempt, err))
        return -1;
    attempt->url = rest_url(&attempt->target, attempt->with);
    prepare_body(attempt);
    prepare_headers(attempt);
    return 0;
}

/* --- logging in ------------------------------------------------------------------- */

static enum slipway_outcome authenticate(struct slipway_call *call,
                                         struct attempt *attempt, bool again,
                                         struct slipway_error *err)
{
    struct rest_state *state = call->state;
    const struct rest_target *target = &attempt->target;
    if (attempt->login == REST_LOGIN_SESSION) {
        auto_wiped char *stale = again ? steal_ptr(&attempt->token) : NULL;
        if (again)
            wiped_free(&attempt->header_lines[--attempt->header_count]);
        enum slipway_outcome outcome = rest_session_token(state->sessions, call, target,
                                                          stale, &attempt->token, err);
        if (outcome == SLIPWAY_DONE)
            add_header(attempt, target->session.header, attempt->token);
        return outcome;
    }
    if (attempt->login == REST_LOGIN_NONE)
        return SLIPWAY_DONE;
    if (call->host->secret(call, target->password_reference, &attempt->password, err))
        return SLIPWAY_REFUSED;
    if (rest_password_barred(state->sessions, call, target, attempt->password.bytes))
        return (enum slipway_outcome)slipway_error_set(
            err, SLIPWAY_REFUSED,
            "the appliance refused this password of rest.login a moment ago; it is not "
            "tried "
            "again, so that the account is not locked");
    return SLIPWAY_DONE;
}

/* --- sending ------------------------------------------------------------------------ */

static enum http_result send_once(struct slipway_call *call,
                                  const struct attempt *attempt,
                                  struct http_response *response,
                                  struct slipway_error *err)
{
    struct rest_state *state = call->state;
    bool basic = attempt->login == REST_LOGIN_BASIC;
    const char *const secrets[] = {attempt->token, NULL};
    const struct http_request request = {
        .method = method_of(attempt->with),
        .url = attempt->url,
        .headers = (const char *const *)attempt->header_lines,
        .body = attempt->body,
        .body_length = attempt->body ? strlen(attempt->body) : 0,
        .content_type = attempt->content_type,
        .user = basic ? attempt->target.user : NULL,
        .password = basic ? attempt->password.bytes : NULL,
        .secrets = secrets,
        .tls = attempt->target.tls,
        .max_body = REST_BODY_MAX,
        .effect = call->repeat != SLIPWAY_READ,
        .read_only_ok = call->repeat == SLIPWAY_READ,
        .allow_http = attempt->target.allow_http,
        .timeout_ms = INT32_MAX, /* the call's deadline counts */
        .stall_timeout_ms = REST_STALL_MS,
    };
    return http_perform(state->client, call, &request, response, err);
}

static enum slipway_outcome unanswered(const struct slipway_call *call,
                                       enum http_result result)
{
    bool reads = call->repeat == SLIPWAY_READ;
    switch (result) {
    case HTTP_NOT_SENT:
        return SLIPWAY_RETRY;
    case HTTP_CANCELED:
        return SLIPWAY_CANCELED;
    case HTTP_UNKNOWN:
        return reads ? SLIPWAY_RETRY : SLIPWAY_UNKNOWN;
    case HTTP_TOO_LARGE:
        return reads ? SLIPWAY_FAILED : SLIPWAY_UNKNOWN;
    default: /* identity, or a request that can never be right */
        return SLIPWAY_REFUSED;
    }
}

static bool session_is_over(const struct attempt *attempt,
                            const struct http_response *response, const json_t *expected)
{
    return attempt->login == REST_LOGIN_SESSION && response->status == 401 &&
           !rest_status_expected(expected, 401);
}

static enum slipway_outcome send_and_judge(struct slipway_call *call,
                                           struct attempt *attempt,
                                           struct slipway_error *err)
{
    const json_t *expected = json_object_get(attempt->with, "expect_status");
    for (int again = 0;; again++) {
        auto_http_response struct http_response response = {0};
        enum slipway_outcome outcome = authenticate(call, attempt, again > 0, err);
        if (outcome != SLIPWAY_DONE)
            return outcome;
        enum http_result result = send_once(call, attempt, &response, err);
        if (result != HTTP_ANSWERED)
            return unanswered(call, result);
        if (!again && session_is_over(attempt, &response, expected))
            continue;
        if (attempt->login == REST_LOGIN_BASIC && response.status == 401) {
            struct rest_state *state = call->state;
            rest_password_bar(state->sessions, call, &attempt->target,
                              attempt->password.bytes);
        }
        return rest_answer(call, &attempt->target, &response, expected);
    }
}

enum slipway_outcome rest_request(struct slipway_call *call)
{
    auto_attempt struct attempt attempt = {0};
    struct slipway_error err = {""};
    if (prepare(call, &attempt, &err)) {
        call->host->say(call, "%s", err.text);
        return SLIPWAY_REFUSED;
    }
    enum slipway_outcome outcome = send_and_judge(call, &attempt, &err);
    if (err.text[0])
        call->host->say(call, "%s", err.text);
    return outcome;
}
