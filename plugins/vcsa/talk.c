/*
 * talk.c - one call's requests: session, dialect, door.
 *
 * How it works: an exchange needs a session; a 401 proves that the request was not
 * processed, so it is sent again once with a new session, effects too. A path that one
 * dialect does not know is looked for in the other; what was found is remembered with the
 * session. Reads go to the other door if the first one is not reached, or lets its user in
 * no more (root's password may expire amid an installation); effects do not, because a door
 * that was lost amid a request may have passed it on.
 *
 * When it fails: vcsa_answer says what is known, the sentence what to do.
 */
#include "vcsa/talk.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

enum vcsa_answer vcsa_because(struct vcsa_talk *talk, enum vcsa_answer answer,
                              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(talk->err.text, sizeof talk->err.text, format, args);
    va_end(args);
    return answer;
}

/* --- open and close --------------------------------------------------------------- */

void vcsa_prefer(struct vcsa_talk *talk, enum vcsa_door door)
{
    if (!talk->target.doors[door].on)
        return;
    for (size_t tree = 0; tree < VCSA_TREES; tree++)
        talk->doors[tree] = door;
}

int vcsa_talk_open(struct vcsa_talk *talk, struct slipway_call *call)
{
    *talk = (struct vcsa_talk){.call = call, .plugin = call->state};
    talk->with = json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, &talk->err);
    if (!talk->with || vcsa_target_read(call->target, &talk->target, &talk->err)) {
        call->host->say(call, "%s", talk->err.text);
        return -1;
    }
    bool sso = talk->target.doors[VCSA_SSO].on, vami = talk->target.doors[VCSA_VAMI].on;
    talk->doors[VCSA_APPLIANCE] = vami ? VCSA_VAMI : VCSA_SSO;
    talk->doors[VCSA_VCENTER] = sso ? VCSA_SSO : VCSA_VAMI;
    return 0;
}

void vcsa_talk_close(struct vcsa_talk *talk)
{
    for (size_t i = 0; i < VCSA_DOORS; i++)
        if (talk->sessions[i])
            vcsa_session_release(talk->plugin->sessions, talk->sessions[i]);
    vcsa_target_free(&talk->target);
    json_decref(talk->with);
    *talk = (struct vcsa_talk){0};
}

/* --- one exchange -------------------------------------------------------------------- */

/* What is on its way, in one dialect through one door. */
struct exchange {
    const struct vcsa_request *request;
    enum vcsa_door door;
    enum vcsa_dialect dialect;
    char *url, *body;
};

static void exchange_free(struct exchange *exchange)
{
    free(exchange->url);
    wiped_free(&exchange->body); /* may hold answers that are passwords */
}

static const char *path_of(const struct exchange *exchange)
{
    const struct vcsa_request *request = exchange->request;
    bool old = exchange->dialect == VCSA_REST && request->old_path;
    return old ? request->old_path : request->path;
}

static char *body_of(const struct exchange *exchange)
{
    const struct vcsa_request *request = exchange->request;
    bool rest = exchange->dialect == VCSA_REST;
    const json_t *body = rest && request->old_body ? request->old_body : request->body;
    if (!body)
        return NULL;
    auto_wiped char *text = json_canonical(body);
    if (rest && request->old_wrap)
        return xasprintf("{\"%s\":%s}", request->old_wrap, text);
    return steal_ptr(&text);
}

static enum http_result send_once(struct vcsa_talk *talk, const struct exchange *exchange,
                                  const char *token, struct http_response *response)
{
    const struct vcsa_request *request = exchange->request;
    const struct vcsa_endpoint *at = &talk->target.doors[exchange->door];
    auto_wiped char *header = xasprintf("vmware-api-session-id: %s", token);
    const char *const headers[] = {"Accept: application/json", header, NULL};
    const char *const secrets[] = {token, NULL};
    int usual = request->effect ? VCSA_ACT_MS : VCSA_READ_MS;
    int timeout = request->timeout_ms ? request->timeout_ms : usual;
    const struct http_request http = {
        .method = request->method,
        .url = exchange->url,
        .headers = headers,
        .body = exchange->body,
        .body_length = exchange->body ? strlen(exchange->body) : 0,
        .content_type = exchange->body ? "application/json" : NULL,
        .secrets = secrets,
        .tls = at->tls,
        .max_body = VCSA_BODY_MAX,
        .effect = request->effect,
        .read_only_ok = !request->effect,
        .allow_http = at->allow_http,
        .timeout_ms = timeout,
        .stall_timeout_ms = timeout < VCSA_STALL_MS ? timeout : VCSA_STALL_MS,
    };
    return http_perform(talk->plugin->http, talk->call, &http, response, &talk->err);
}

static enum vcsa_answer judged(struct vcsa_talk *talk, const struct exchange *exchange,
                               const struct http_response *response, json_t **value)
{
    const char *name = talk->target.name, *path = path_of(exchange);
    int shown = (int)strcspn(path, "?");
    enum vcsa_answer answer = vcsa_judge(response, value, &talk->fault);
    switch (answer) {
    case VCSA_OK:
        return VCSA_OK;
    case VCSA_LOST:
        return vcsa_because(talk, VCSA_LOST, "%s: the answer of %.*s cannot be read",
                            name, shown, path);
    case VCSA_ABSENT:
        return vcsa_because(talk, VCSA_ABSENT, "%s: it does not know %.*s (%s)", name,
                            shown, path, talk->fault.text);
    case VCSA_NO:
        return vcsa_because(
            talk, VCSA_NO,
            "%s: not allowed (%s); give the account of the fleet file the "
            "role of an administrator",
            name, talk->fault.text);
    case VCSA_GATEWAY:
        return vcsa_because(talk, VCSA_GATEWAY, "%s: its services are not up (%s)", name,
                            talk->fault.text);
    default:
        return vcsa_because(talk, answer, "%s: %s", name, talk->fault.text);
    }
}

static enum vcsa_answer token_for(struct vcsa_talk *talk, enum vcsa_door door,
                                  const char *stale, char **token)
{
    struct slipway_call *call = talk->call;
    const struct vcsa_endpoint *at = &talk->target.doors[door];
    struct vcsa_sessions *all = talk->plugin->sessions;
    if (!talk->sessions[door])
        talk->sessions[door] = vcsa_session_hold(all, at, call->host->now_ms());
    return vcsa_session_token(all, talk->sessions[door], call, at, stale, token,
                              &talk->err);
}

enum vcsa_answer vcsa_talk_token(struct vcsa_talk *talk, enum vcsa_door door,
                                 char **token)
{
    return token_for(talk, door, NULL, token);
}

/* The request through one door in one dialect; a session that is over costs one login. */
static enum vcsa_answer exchange(struct vcsa_talk *talk, struct exchange *one,
                                 json_t **value)
{
    auto_wiped char *stale = NULL;
    one->url = xasprintf("%s%s%s", talk->target.doors[one->door].url,
                         one->dialect == VCSA_REST ? "/rest" : "/api", path_of(one));
    one->body = body_of(one);
    for (int again = 0;; again++) {
        auto_http_response struct http_response response = {0};
        auto_wiped char *token = NULL;
        enum vcsa_answer answer = token_for(talk, one->door, stale, &token);
        if (answer != VCSA_OK)
            return answer;
        enum http_result result = send_once(talk, one, token, &response);
        if (result != HTTP_ANSWERED)
            return vcsa_unanswered(result);
        if (response.status == 401 && !again) {
            stale = steal_ptr(&token);
            continue;
        }
        return judged(talk, one, &response, value);
    }
}

/* --- dialects and doors ----------------------------------------------------------------- */

static enum vcsa_tree tree_of(const struct vcsa_request *request)
{
    return strncmp(request->path, "/vcenter/", 9) ? VCSA_APPLIANCE : VCSA_VCENTER;
}

/* The dialect is known only once somebody is logged in. */
static enum vcsa_answer through_door(struct vcsa_talk *talk,
                                     const struct vcsa_request *request,
                                     enum vcsa_door door, json_t **value)
{
    auto_wiped char *token = NULL;
    enum vcsa_answer answer = token_for(talk, door, NULL, &token);
    if (answer != VCSA_OK)
        return answer;
    enum vcsa_tree tree = tree_of(request);
    enum vcsa_dialect first = vcsa_session_dialect(talk->sessions[door], tree);
    for (int other = 0; other < 2; other++) {
        enum vcsa_dialect dialect = other ? (enum vcsa_dialect) !first : first;
        __attribute__((cleanup(exchange_free))) struct exchange one = {
            .request = request, .door = door, .dialect = dialect};
        answer = exchange(talk, &one, value);
        if (answer == VCSA_OK || (answer == VCSA_ERROR && other))
            vcsa_session_learn(talk->sessions[door], tree, dialect);
        if (answer != VCSA_ABSENT)
            return answer;
    }
    return VCSA_ABSENT;
}

enum vcsa_answer vcsa_read(struct vcsa_talk *talk, const struct vcsa_request *request,
                           json_t **value)
{
    enum vcsa_tree tree = tree_of(request);
    enum vcsa_door door = talk->doors[tree], other = (enum vcsa_door) !door;
    enum vcsa_answer answer = through_door(talk, request, door, value);
    bool closed = answer == VCSA_AWAY || answer == VCSA_GATEWAY || answer == VCSA_DENIED;
    if (!closed || !talk->target.doors[other].on)
        return answer;
    struct slipway_error why = talk->err;
    struct vcsa_fault fault = talk->fault;
    enum vcsa_answer second = through_door(talk, request, other, value);
    if (second == VCSA_OK || second == VCSA_ERROR) {
        talk->doors[tree] = other;
        return second;
    }
    talk->err = why;
    talk->fault = fault;
    return answer;
}

enum vcsa_answer vcsa_get(struct vcsa_talk *talk, const char *path, json_t **value)
{
    return vcsa_read(talk, &(struct vcsa_request){.path = path}, value);
}

enum vcsa_answer vcsa_act(struct vcsa_talk *talk, const struct vcsa_request *request,
                          json_t **value)
{
    auto_json json_t *ignored = NULL;
    struct vcsa_request once = *request;
    once.effect = true;
    return through_door(talk, &once, talk->doors[tree_of(request)],
                        value ? value : &ignored);
}

/* --- secrets that go out in a body ------------------------------------------------------ */

int vcsa_put_secret(struct vcsa_talk *talk, const char *reference, json_t *body,
                    const char *member)
{
    const struct slipway_host *host = talk->call->host;
    struct slipway_secret secret = {0};
    if (host->secret(talk->call, reference, &secret, &talk->err))
        return -1;
    (void)json_object_set_new(body, member, json_string(secret.bytes));
    host->secret_free(&secret);
    return 0;
}

int vcsa_add_secret(struct vcsa_talk *talk, json_t *body, const char *option,
                    const char *member)
{
    const json_t *reference = json_object_get(talk->with, option);
    if (!reference || json_is_null(reference))
        return 0;
    auto_free char *text = json_canonical(reference);
    return vcsa_put_secret(talk, text, body, member);
}
