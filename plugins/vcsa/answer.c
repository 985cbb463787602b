/*
 * answer.c - bodies first, then statuses.
 *
 * A body with `error_type` (new dialect), with `type` (old dialect) or with `messages`
 * comes from the appliance itself. Anything else in an error (HTML, "no healthy
 * upstream", nothing) comes from a proxy in front of a service that is not there, or
 * from a web server that does not know the path.
 *
 * Failure: nothing here fails; what cannot be understood is VCSA_LOST, which for a
 * change means that it may have happened.
 */
#include "vcsa/answer.h"

#include <ctype.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"

/* The one sentence of a page that says what is wrong. */
#define STS_ENDED "Signing certificate is not valid"

bool vcsa_fault_is(const struct vcsa_fault *fault, const char *type)
{
    return !strcmp(fault->type, type);
}

/* --- messages ---------------------------------------------------------------- */

static void add_message(struct buf *out, const json_t *message)
{
    const char *text = json_text(message, "localized");
    text = text ? text : json_text(message, "default_message");
    text = text ? text : json_text(message, "id");
    if (!text || !*text || out->length >= VCSA_TEXT_MAX)
        return;
    if (out->length)
        buf_adds(out, ": ");
    text_sanitize(out, text, strlen(text), VCSA_TEXT_MAX);
}

const char *vcsa_message(const json_t *message, char *out, size_t size)
{
    auto_buf struct buf text = {0};
    if (json_is_array(message))
        for (size_t i = 0; i < json_array_size(message) && i < VCSA_CAUSES_MAX; i++)
            add_message(&text, json_array_get(message, i));
    else
        add_message(&text, message);
    return text_clean(buf_text(&text), out, size);
}

/* --- faults ------------------------------------------------------------------- */

/* "com.vmware.vapi.std.errors.not_found" and "NOT_FOUND" both give "NOT_FOUND". */
static void take_type(const char *text, struct vcsa_fault *fault)
{
    const char *dot = strrchr(text, '.');
    const char *name = dot ? dot + 1 : text;
    size_t length = 0;
    for (; length < sizeof fault->type - 1 && name[length]; length++) {
        unsigned char c = (unsigned char)name[length];
        fault->type[length] = isalnum(c) ? (char)toupper(c) : '_';
    }
    fault->type[length] = '\0';
}

/* "error_type can be unset for compatibility": then the status says it. */
static const char *type_of_status(int status)
{
    switch (status) {
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "UNAUTHORIZED";
    case 404:
        return "NOT_FOUND";
    case 500:
        return "INTERNAL_SERVER_ERROR";
    case 503:
        return "SERVICE_UNAVAILABLE";
    default:
        return "ERROR";
    }
}

static void take_messages(const json_t *holder, struct vcsa_fault *fault)
{
    const json_t *messages = json_object_get(holder, "messages");
    const char *id = json_text(json_array_get(messages, 0), "id");
    (void)text_clean(id ? id : "", fault->id, sizeof fault->id);
    (void)vcsa_message(messages, fault->text, sizeof fault->text);
}

/* True if the body is an error of the appliance itself. */
static bool take_body(const json_t *body, struct vcsa_fault *fault)
{
    const char *type = json_text(body, "error_type"), *old = json_text(body, "type");
    const json_t *inner = json_object_get(body, "value");
    const json_t *holder = json_object_get(inner, "messages") ? inner : body;
    bool messages = json_is_array(json_object_get(holder, "messages"));
    if (!type && !(old && strstr(old, "errors.")) && !messages)
        return false;
    take_type(type ? type : old ? old : type_of_status(fault->status), fault);
    take_messages(holder, fault);
    if (!fault->text[0])
        (void)snprintf(fault->text, sizeof fault->text, "%s", fault->type);
    return true;
}

static void take_foreign(const struct http_response *response, struct vcsa_fault *fault)
{
    bool plain = !strncmp(response->content_type, "text/plain", 10);
    auto_buf struct buf text = {0};
    if (plain)
        text_sanitize(&text, response->body, response->body_length, 80);
    else if (strstr(response->body, STS_ENDED)) /* amid a page of Single Sign-On */
        buf_adds(&text, STS_ENDED);
    (void)snprintf(fault->text, sizeof fault->text, "HTTP %d%s%s", response->status,
                   text.length ? ", " : "", buf_text(&text));
    (void)snprintf(fault->type, sizeof fault->type, "%s", type_of_status(fault->status));
}

static bool is_absent(const struct vcsa_fault *fault)
{
    return vcsa_fault_is(fault, "OPERATION_NOT_FOUND") ||
           (vcsa_fault_is(fault, "NOT_FOUND") && strstr(fault->id, "httpNotFound"));
}

static enum vcsa_answer judge_foreign(const struct vcsa_fault *fault)
{
    switch (fault->status) {
    case 404:
    case 405:
    case 501:
        return VCSA_ABSENT;
    case 401:
    case 403:
        return VCSA_NO;
    case 408:
    case 425:
    case 429:
        return VCSA_GATEWAY;
    default:
        return fault->status >= 500 ? VCSA_GATEWAY : VCSA_ERROR;
    }
}

static enum vcsa_answer judge_fault(const struct http_response *response,
                                    const json_t *body, struct vcsa_fault *fault)
{
    *fault = (struct vcsa_fault){.status = response->status};
    if (!take_body(body, fault)) {
        take_foreign(response, fault);
        return judge_foreign(fault);
    }
    if (is_absent(fault))
        return VCSA_ABSENT;
    bool refused =
        vcsa_fault_is(fault, "UNAUTHENTICATED") || vcsa_fault_is(fault, "UNAUTHORIZED");
    return refused ? VCSA_NO : VCSA_ERROR;
}

/* --- successes ----------------------------------------------------------------- */

static json_t *unwrapped(json_t *body)
{
    json_t *value = json_object_get(body, "value");
    if (!value || json_object_size(body) != 1)
        return body;
    json_incref(value);
    json_decref(body);
    return value;
}

enum vcsa_answer vcsa_judge(const struct http_response *response, json_t **value,
                            struct vcsa_fault *fault)
{
    json_t *body = NULL;
    bool fine = response->status >= 200 && response->status < 300;
    if (response->body_length)
        body = json_parse(response->body, response->body_length, VCSA_BODY_MAX, NULL);
    if (!fine) {
        enum vcsa_answer answer = judge_fault(response, body, fault);
        json_decref(body);
        return answer;
    }
    if (!body && response->body_length)
        return VCSA_LOST;
    *value = body ? unwrapped(body) : json_null();
    return VCSA_OK;
}

json_t *vcsa_map(const json_t *value)
{
    json_t *map = json_object();
    if (json_is_object(value)) {
        (void)json_object_update(map, (json_t *)(uintptr_t)value);
        return map;
    }
    for (size_t i = 0; i < json_array_size(value) && i < VCSA_LIST_MAX; i++) {
        const json_t *entry = json_array_get(value, i);
        const char *key = json_text(entry, "key");
        json_t *member = json_object_get(entry, "value");
        if (key && member)
            (void)json_object_set(map, key, member);
    }
    return map;
}
