/*
 * answers.h - a plugin's operations over answers that the input dictates: it takes the
 * place of common/http.c and common/http_client.c, so that everything above them runs as
 * it is and nothing is sent. Header-only; one target includes it once.
 *
 *     OPERATION NUMBER              number / 2: which target; odd: a dry run
 *     {"version": "8.0.3"}          the step's `with`
 *     === STATUS TYPE REQUEST       one answer to what begins like REQUEST:
 *     its body                      "GET /api/x", "POST /sdk Login"
 *
 * Of several answers to a request each is given once, the last one ever after; a request
 * that none fits gets a 404. A STATUS below 100 is an exchange that failed so.
 *
 * What must hold of every call: what include/slipway/plugin.h asks of it.
 */
#ifndef TESTS_FUZZ_ANSWERS_H
#define TESTS_FUZZ_ANSWERS_H

#include "common/http.h"
#include "fuzz.h"
#include "slipway/plugin.h"
#include "util/json.h"

#define ANSWERS_MAX      48
#define ANSWERS_REQUESTS 300 /* from then on the host asks to stop */
#define ANSWERS_GRACE    300 /* and so many more are too many      */
#define ANSWERS_POLLS    3
#define ANSWERS_SENTENCE 4096

struct answer {
    int status;
    char type[8];
    const char *ask, *body;
    size_t ask_length, body_length;
    bool used;
};

static struct world {
    struct answer answers[ANSWERS_MAX];
    size_t count;
    int64_t now_ms;
    unsigned requests, effects, lost_effects;
    int secrets_out;
    char *result, *handle;
    char said[ANSWERS_SENTENCE];
} world;

/* --- the other side --------------------------------------------------------------- */

struct http_client {
    int unused;
};

struct http_client *http_client_new(struct slipway_error *err)
{
    (void)err;
    return xcalloc(1, sizeof(struct http_client));
}

void http_client_free(struct http_client *client)
{
    free(client);
}

void http_client_tidy(struct http_client *client, int64_t now_ms)
{
    (void)client;
    (void)now_ms;
}

const char *http_header(const struct http_response *response, const char *name,
                        size_t nth)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (!strcasecmp(response->headers[i].name, name) && nth-- == 0)
            return response->headers[i].value;
    return NULL;
}

void http_response_free(struct http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        free(response->headers[i].name);
        free(response->headers[i].value);
    }
    free(response->headers);
    free(response->body);
    *response = (struct http_response){0};
}

/* Logins and logouts are sent once too, but change nothing that matters. */
static bool answers_changes(const struct http_request *request)
{
    return request->effect && !request->read_only_ok;
}

/* "POST /sdk Login": the method of SOAP is part of it. */
static char *answers_line(const struct http_request *request)
{
    const char *url = strstr(request->url, "://");
    const char *path = url ? strchr(url + 3, '/') : NULL;
    const char *soap = NULL;
    if (request->body)
        soap = memmem(request->body, request->body_length, "Body><", 6);
    return xasprintf("%s %s%s%.*s", request->method ? request->method : "GET",
                     path ? path : "/", soap ? " " : "",
                     soap ? (int)strcspn(soap + 6, " />") : 0, soap ? soap + 6 : "");
}

static struct answer *answers_find(const char *line)
{
    struct answer *last = NULL;
    for (size_t i = 0; i < world.count; i++) {
        struct answer *at = &world.answers[i];
        if (strncmp(at->ask, line, at->ask_length) != 0)
            continue;
        last = at;
        if (!at->used)
            break;
    }
    return last;
}

static void answers_give(const struct answer *answer, struct http_response *response)
{
    static const char *const types[][2] = {{"json", "application/json"},
                                           {"xml", "text/xml; charset=utf-8"},
                                           {"html", "text/html"},
                                           {"text", "text/plain"}};
    response->status = answer ? answer->status : 404;
    response->body_length = answer ? answer->body_length : 0;
    response->body = xcalloc(1, response->body_length + 1);
    if (answer)
        memcpy(response->body, answer->body, answer->body_length);
    for (size_t i = 0; answer && i < ARRAY_LENGTH(types); i++)
        if (!strcmp(answer->type, types[i][0]))
            (void)snprintf(response->content_type, sizeof response->content_type, "%s",
                           types[i][1]);
    response->headers = xcalloc(1, sizeof *response->headers);
    response->headers[0].name = xstrdup("Set-Cookie");
    response->headers[0].value = xstrdup("vmware_soap_session=\"52c8\"; Path=/");
    response->header_count = response->header_room = 1;
}

static enum http_result answers_failed(int status, const struct http_request *request)
{
    static const enum http_result results[] = {HTTP_UNKNOWN, HTTP_NOT_SENT,
                                               HTTP_UNTRUSTED, HTTP_TOO_LARGE};
    enum http_result result = results[status % 4];
    world.lost_effects +=
        answers_changes(request) && (result == HTTP_UNKNOWN || result == HTTP_TOO_LARGE);
    return result;
}

enum http_result http_perform(struct http_client *client, struct slipway_call *call,
                              const struct http_request *request,
                              struct http_response *response, struct slipway_error *err)
{
    (void)client;
    world.now_ms += 50;
    if (++world.requests > ANSWERS_REQUESTS && call) {
        MUST(world.requests < ANSWERS_REQUESTS + ANSWERS_GRACE);
        (void)slipway_error_set(err, -1, "asked to stop");
        return request->effect ? HTTP_NOT_SENT : HTTP_CANCELED;
    }
    if (call && (call->flags & SLIPWAY_CALL_READ_ONLY) && answers_changes(request)) {
        (void)slipway_error_set(err, -1, "not in a dry run");
        return HTTP_INVALID;
    }
    auto_free char *line = answers_line(request);
    struct answer *answer = answers_find(line);
    world.effects += answers_changes(request);
    if (answer && answer->status < 100) {
        answer->used = true;
        (void)slipway_error_set(err, -1, "no answer");
        return answers_failed(answer->status, request);
    }
    answers_give(answer, response);
    if (answer)
        answer->used = true;
    if (!request->max_body || response->body_length <= request->max_body)
        return HTTP_ANSWERED;
    http_response_free(response);
    (void)slipway_error_set(err, -1, "too large");
    return answers_failed(3, request);
}

/* --- the host --------------------------------------------------------------------- */

static int64_t answers_now_ms(void)
{
    return world.now_ms;
}

static int answers_remaining_ms(const struct slipway_call *call)
{
    int64_t left = call->deadline_ms - world.now_ms;
    return left < 0 ? 0 : (int)left;
}

static bool answers_canceled(const struct slipway_call *call)
{
    (void)call;
    return world.requests > ANSWERS_REQUESTS;
}

static int answers_wait_fd(struct slipway_call *call, int fd, short events,
                           int timeout_ms)
{
    (void)fd;
    (void)events;
    world.now_ms += timeout_ms > 0 ? timeout_ms : 1;
    return answers_canceled(call) ? -1 : 0;
}

static int answers_secret(struct slipway_call *call, const char *reference,
                          struct slipway_secret *out, struct slipway_error *err)
{
    (void)call;
    (void)err;
    MUST(reference);
    *out = (struct slipway_secret){xstrdup("Secret-1!"), strlen("Secret-1!")};
    world.secrets_out++;
    return 0;
}

static void answers_secret_free(struct slipway_secret *secret)
{
    if (!secret->bytes)
        return;
    world.secrets_out--;
    free(secret->bytes);
    *secret = (struct slipway_secret){0};
}

static int answers_set_result(struct slipway_call *call, const char *text)
{
    auto_json json_t *json = json_parse(text, strlen(text), SLIPWAY_RESULT_MAX, NULL);
    (void)call;
    MUST(json || strlen(text) > SLIPWAY_RESULT_MAX);
    xreplace(&world.result, text);
    return json ? 0 : -1;
}

static int answers_set_handle(struct slipway_call *call, const char *handle)
{
    (void)call;
    MUST(strlen(handle) <= SLIPWAY_HANDLE_MAX);
    xreplace(&world.handle, handle);
    return 0;
}

static void answers_look_again_in(struct slipway_call *call, int64_t ms)
{
    (void)call;
    MUST(ms >= 0);
}

/* One line for a terminal, whatever the other side wrote. */
static void answers_harmless(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        MUST(at[0] >= 0x20 && at[0] != 0x7f);
        MUST(at[0] != 0xc2 || at[1] >= 0xa0);                                 /* C1 */
        MUST(at[0] != 0xe2 || at[1] != 0x80 || at[2] < 0xaa || at[2] > 0xae); /* bidi */
    }
}

__attribute__((format(printf, 2, 3))) static void answers_say(struct slipway_call *call,
                                                              const char *format, ...)
{
    va_list args;
    (void)call;
    va_start(args, format);
    (void)vsnprintf(world.said, sizeof world.said, format, args);
    va_end(args);
    answers_harmless(world.said);
}

static void answers_progress(struct slipway_call *call, int percent, const char *text)
{
    (void)call;
    MUST(percent >= -1 && percent <= 100);
    answers_harmless(text ? text : "");
}

__attribute__((format(printf, 3, 4))) static void
answers_log(struct slipway_call *call, enum slipway_level level, const char *format, ...)
{
    char line[ANSWERS_SENTENCE];
    va_list args;
    (void)call;
    (void)level;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    answers_harmless(line);
}

static const struct slipway_host answers_host = {
    .size = sizeof answers_host,
    .abi = SLIPWAY_ABI,
    .now_ms = answers_now_ms,
    .remaining_ms = answers_remaining_ms,
    .canceled = answers_canceled,
    .wait_fd = answers_wait_fd,
    .secret = answers_secret,
    .secret_free = answers_secret_free,
    .set_result = answers_set_result,
    .set_handle = answers_set_handle,
    .look_again_in = answers_look_again_in,
    .say = answers_say,
    .progress = answers_progress,
    .log = answers_log,
};

/* --- the input ------------------------------------------------------------------------ */

static const char *answers_line_end(const char *at)
{
    return at + strcspn(at, "\n");
}

/* `at` is behind "=== "; gives the end of the answer. */
static const char *answers_read_one(const char *at, struct answer *out)
{
    char *next;
    long status = strtol(at, &next, 10);
    *out = (struct answer){.status = (int)(status < 0 || status > 599 ? 200 : status)};
    next += strspn(next, " ");
    size_t type = strcspn(next, " \n");
    (void)snprintf(out->type, sizeof out->type, "%.*s", (int)(type < 7 ? type : 7), next);
    out->ask = next + type + strspn(next + type, " ");
    const char *end = answers_line_end(out->ask);
    out->ask_length = (size_t)(end - out->ask);
    out->body = *end ? end + 1 : end;
    const char *mark =
        strncmp(out->body, "=== ", 4) ? strstr(out->body, "\n=== ") : out->body - 1;
    end = mark ? mark : out->body + strlen(out->body);
    out->body_length = end > out->body ? (size_t)(end - out->body) : 0;
    return mark ? mark + 5 : NULL;
}

static void answers_read(const char *text)
{
    const char *at = strstr(text, "\n=== ");
    at = at ? at + 5 : NULL;
    for (world.count = 0; at && world.count < ANSWERS_MAX; world.count++)
        at = answers_read_one(at, &world.answers[world.count]);
}

static bool answers_fits(const struct slipway_option *option, const json_t *value)
{
    switch (option->type) {
    case SLIPWAY_STRING:
        return json_is_string(value);
    case SLIPWAY_INTEGER:
    case SLIPWAY_DURATION:
        return json_is_integer(value) && json_integer_value(value) >= 0 &&
               json_integer_value(value) <= INT32_MAX;
    case SLIPWAY_BOOLEAN:
        return json_is_boolean(value);
    case SLIPWAY_LIST:
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!json_is_string(json_array_get(value, i)))
                return false;
        return json_is_array(value);
    case SLIPWAY_OBJECT:
    case SLIPWAY_SECRET:
        return json_is_object(value);
    case SLIPWAY_FILE:
        return false;
    default:
        return true;
    }
}

/* As the host would give it, defaults filled in; NULL if it would refuse it. */
static char *answers_with(const struct slipway_operation *operation, const char *text,
                          size_t length)
{
    auto_json json_t *given = json_parse(text, length, JSON_BYTES_MAX, NULL);
    auto_json json_t *with = json_object();
    struct slipway_error err;
    for (const struct slipway_option *at = operation->options; at && at->name; at++) {
        json_t *value = json_object_get(given, at->name);
        if (value && answers_fits(at, value))
            (void)json_object_set(with, at->name, value);
        else if (at->required)
            return NULL;
    }
    char *made = json_canonical(with);
    if (!operation->check || !operation->check(made, &err))
        return made;
    free(made);
    return NULL;
}

/* --- one call ---------------------------------------------------------------------------- */

static void answers_before(struct slipway_call *call)
{
    world.said[0] = '\0';
    world.requests = world.effects = world.lost_effects = 0;
    xreplace(&world.result, NULL);
    call->handle = world.handle;
    call->deadline_ms = world.now_ms + 1000000;
}

static enum slipway_outcome answers_after(const struct slipway_call *call,
                                          enum slipway_outcome outcome)
{
    MUST(outcome >= SLIPWAY_DONE && outcome <= SLIPWAY_CANCELED);
    MUST(outcome != SLIPWAY_DONE || world.result);
    MUST(outcome == SLIPWAY_DONE || outcome == SLIPWAY_PENDING || world.said[0]);
    MUST(call->repeat != SLIPWAY_READ || !world.effects);
    MUST(!world.secrets_out);
    return outcome;
}

static void answers_start(struct slipway_call *call, const struct slipway_operation *op)
{
    answers_before(call);
    enum slipway_outcome outcome = answers_after(call, op->start(call));
    if (world.lost_effects && call->repeat != SLIPWAY_IDEMPOTENT)
        MUST(outcome == SLIPWAY_UNKNOWN || outcome == SLIPWAY_PENDING ||
             outcome == SLIPWAY_DONE);
    MUST(outcome != SLIPWAY_PENDING || (op->poll && world.handle));
    for (int i = 0; i < ANSWERS_POLLS && outcome == SLIPWAY_PENDING; i++) {
        world.now_ms += 60000;
        answers_before(call);
        outcome = answers_after(call, op->poll(call));
    }
}

static void answers_probe(struct slipway_call *call, const struct slipway_operation *op)
{
    answers_before(call);
    enum slipway_probe found = op->probe(call);
    MUST(found >= SLIPWAY_PROBE_NOT_STARTED && found <= SLIPWAY_PROBE_UNKNOWN);
    MUST(found != SLIPWAY_PROBE_DONE || world.result);
    MUST(found != SLIPWAY_PROBE_FAILED || world.said[0]);
    MUST(!world.effects && !world.secrets_out);
}

static const struct slipway_operation *
answers_operation(const struct slipway_plugin *plugin, const char *text)
{
    size_t length = strcspn(text, " \n");
    for (size_t i = 0; i < plugin->operation_count; i++)
        if (!strncmp(plugin->operations[i].name, text, length) &&
            !plugin->operations[i].name[length])
            return &plugin->operations[i];
    return NULL;
}

/* The whole story of one operation. -1: the input is none. */
static int answers_run(const struct slipway_plugin *plugin, const char *const *targets,
                       size_t target_count, const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    const struct slipway_operation *op = answers_operation(plugin, text);
    const char *number = text + strcspn(text, " \n"), *end = answers_line_end(text);
    if (!op || !*end)
        return -1;
    auto_free char *with =
        answers_with(op, end + 1, (size_t)(answers_line_end(end + 1) - end - 1));
    if (!with)
        return -1;
    unsigned which = (unsigned)strtoul(number, NULL, 10);
    world = (struct world){.now_ms = 1000000};
    answers_read(text);
    struct slipway_call call = {
        .size = sizeof call,
        .flags = which % 2 ? SLIPWAY_CALL_READ_ONLY : 0,
        .host = &answers_host,
        .operation = op->name,
        .key = "camp.vc-1.step.0.1",
        .fingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        .with = with,
        .target = targets[which / 2 % target_count],
        .repeat = op->classify ? op->classify(with) : op->repeat,
    };
    struct slipway_error err = {""};
    MUST(!plugin->open(&answers_host, &call.state, &err));
    answers_start(&call, op);
    if (op->probe)
        answers_probe(&call, op);
    plugin->close(call.state);
    free(world.result);
    free(world.handle);
    return 0;
}

#endif
