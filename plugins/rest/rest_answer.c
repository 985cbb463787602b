/*
 * rest_answer.c - what an answer means.
 *
 * The status decides, and the first message found in the body explains. An
 * answer that cannot be read (cut, twice the same key, nested too deep) counts
 * as no answer: for a request that reads it is a failure or a retry, for one
 * that changes it is unknown. 5xx of a proxy can come after the appliance began
 * to act, so only requests that may be repeated are retried on them.
 */
#include "rest/rest_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static bool repeatable(const struct slipway_call *call)
{
    return call->repeat == SLIPWAY_READ || call->repeat == SLIPWAY_IDEMPOTENT;
}

bool rest_status_expected(const json_t *expected, int status)
{
    if (!json_is_array(expected))
        return status >= 200 && status < 300;
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)expected, i, item)
    {
        if (json_integer_value(item) == status)
            return true;
    }
    return false;
}

/* --- the message inside an error body --------------------------------------- */

static const char *first_message(const json_t *holder)
{
    const json_t *first = json_array_get(json_object_get(holder, "messages"), 0);
    return json_text(first, "default_message");
}

static const char *message_in(const json_t *body)
{
    const char *found = first_message(body);
    found = found ? found : first_message(json_object_get(body, "value"));
    found = found ? found : json_text(body, "error_message");
    found = found ? found : json_text(body, "message");
    found = found ? found : json_text(json_object_get(body, "error"), "message");
    found = found ? found : json_text(body, "error");
    return found ? found : json_text(body, "error_type");
}

/* " (message)", or "" if the body says nothing that a human can read. */
static char *explanation(const struct http_response *response, const json_t *body)
{
    auto_buf struct buf text = {0};
    const char *message = message_in(body);
    bool plain = !body && !strncmp(response->content_type, "text/plain", 10);
    buf_adds(&text, ": ");
    if (message && message[0])
        text_sanitize(&text, message, strlen(message), REST_MESSAGE_MAX);
    else if (plain && response->body_length)
        text_sanitize(&text, response->body, response->body_length, REST_MESSAGE_MAX);
    else
        buf_reset(&text);
    return buf_take(&text);
}

/* --- unexpected statuses ------------------------------------------------------ */

static enum slipway_outcome redirected(struct slipway_call *call, const char *name,
                                       const struct http_response *response)
{
    char origin[300] = "this host";
    const char *location = http_header(response, "Location", 0);
    if (location && (location[0] != '/' || location[1] == '/')) { /* or "//host/" */
        auto_free char *url =
            xasprintf("%s%s", location[0] == '/' ? "https:" : "", location);
        (void)http_origin(url, origin, sizeof origin);
    }
    call->host->say(
        call,
        "%s: redirect to %s not followed (HTTP %d); put the right address into "
        "rest.url or the step's path",
        name, origin, response->status);
    return SLIPWAY_FAILED;
}

static void ask_again_when_told(struct slipway_call *call,
                                const struct http_response *response)
{
    const char *after = http_header(response, "Retry-After", 0);
    char *end = NULL;
    long seconds = after ? strtol(after, &end, 10) : 0;
    if (after && end != after && !*end && seconds > 0 && seconds <= 3600)
        call->host->look_again_in(call, seconds * 1000);
}

static bool is_busy(int status)
{
    return status == 408 || status == 425 || status == 429 || status == 502 ||
           status == 503 || status == 504;
}

static enum slipway_outcome unexpected(struct slipway_call *call, const char *name,
                                       const struct http_response *response,
                                       const json_t *body)
{
    int status = response->status;
    auto_free char *why = explanation(response, body);
    if (status >= 300 && status < 400)
        return redirected(call, name, response);
    if (status == 429 || (is_busy(status) && repeatable(call))) {
        ask_again_when_told(call, response);
        call->host->say(call, "%s: busy or not up (HTTP %d)%s", name, status, why);
        return SLIPWAY_RETRY;
    }
    if (!repeatable(call) && (is_busy(status) || (status >= 500 && !message_in(body)))) {
        call->host->say(call, "%s: HTTP %d does not tell whether it acted%s", name,
                        status, why);
        return SLIPWAY_UNKNOWN;
    }
    if (status == 401 || status == 403) {
        call->host->say(call,
                        "%s: not allowed (HTTP %d)%s; check rest.login and its rights",
                        name, status, why);
        return SLIPWAY_REFUSED;
    }
    call->host->say(call, "%s: HTTP %d%s", name, status, why);
    return SLIPWAY_FAILED;
}

/* --- expected statuses --------------------------------------------------------- */

static json_t *headers_of(const struct http_response *response)
{
    json_t *headers = json_object();
    const char *location = http_header(response, "Location", 0);
    (void)json_object_set_new(
        headers, "content-type",
        json_safe_string(response->content_type, strlen(response->content_type)));
    if (location)
        (void)json_object_set_new(headers, "location",
                                  json_safe_string(location, strlen(location)));
    return headers;
}

static enum slipway_outcome unreadable(struct slipway_call *call, const char *name,
                                       const char *why)
{
    if (call->repeat == SLIPWAY_READ) {
        call->host->say(call, "%s: the answer cannot be read: %s", name, why);
        return SLIPWAY_FAILED;
    }
    call->host->say(call, "%s: it may have acted, but its answer cannot be read: %s",
                    name, why);
    return SLIPWAY_UNKNOWN;
}

static enum slipway_outcome give_result(struct slipway_call *call, const char *name,
                                        const struct http_response *response,
                                        json_t *body)
{
    auto_json json_t *result = json_object();
    size_t text_length =
        response->body_length < REST_TEXT_MAX ? response->body_length : REST_TEXT_MAX;
    (void)json_object_set_new(result, "status", json_integer(response->status));
    (void)json_object_set(result, "json", body ? body : json_null());
    (void)json_object_set_new(result, "text",
                              body ? json_null()
                                   : json_safe_string(response->body, text_length));
    (void)json_object_set_new(result, "headers", headers_of(response));
    auto_free char *text = json_canonical(result);
    if (!call->host->set_result(call, text))
        return SLIPWAY_DONE;
    return unreadable(call, name, "it is larger than a result may be (256 KiB)");
}

static enum slipway_outcome expected_answer(struct slipway_call *call, const char *name,
                                            const struct http_response *response,
                                            json_t *body, const char *why)
{
    bool claims = strcasestr(response->content_type, "json") && response->body_length;
    if (body || (!claims && !response->until_close))
        return give_result(call, name, response, body);
    if (response->until_close && call->repeat == SLIPWAY_READ) {
        call->host->say(call, "%s: the answer may have been cut off; asking again", name);
        return SLIPWAY_RETRY;
    }
    return unreadable(call, name, claims ? why : "it may have been cut off");
}

enum slipway_outcome rest_answer(struct slipway_call *call,
                                 const struct rest_target *target,
                                 const struct http_response *response,
                                 const json_t *expected)
{
    char name[256];
    struct slipway_error why = {"empty"};
    auto_json json_t *body = NULL;
    (void)text_clean(target->name, name, sizeof name);
    if (response->body_length)
        body = json_parse(response->body, response->body_length, REST_BODY_MAX, &why);
    if (!rest_status_expected(expected, response->status))
        return unexpected(call, name, response, body);
    return expected_answer(call, name, response, body, why.text);
}
