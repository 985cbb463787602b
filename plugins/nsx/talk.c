/*
 * talk.c - one call's requests.
 *
 * How it works: ask the host for the password (once), send, judge the answer by its body.
 * What the manager repeats of the password or of a hidden text is blotted out before.
 *
 * When it fails: nsx_answer says what is known, the sentence what to do. A refused
 * password is not sent again for a while, so that the account is not locked.
 */
#include "nsx/talk.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

enum nsx_answer nsx_because(struct nsx_talk *talk, enum nsx_answer answer,
                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(talk->err.text, sizeof talk->err.text, format, args);
    va_end(args);
    return answer;
}

/* --- open and close --------------------------------------------------------------- */

int nsx_talk_open(struct nsx_talk *talk, struct slipway_call *call)
{
    *talk = (struct nsx_talk){.call = call, .plugin = call->state};
    talk->with = json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, &talk->err);
    if (talk->with && !nsx_target_read(call->target, &talk->target, &talk->err))
        return 0;
    call->host->say(call, "%s", talk->err.text);
    return -1;
}

void nsx_talk_close(struct nsx_talk *talk)
{
    if (talk->password.bytes)
        talk->call->host->secret_free(&talk->password);
    nsx_target_free(&talk->target);
    wiped_free(&talk->hidden);
    json_decref(talk->with);
    *talk = (struct nsx_talk){0};
}

int nsx_secret_text(struct nsx_talk *talk, const char *option, const char *secret_option,
                    const char **out)
{
    const json_t *reference = json_object_get(talk->with, secret_option);
    struct slipway_secret secret = {0};
    *out = option ? json_text(talk->with, option) : NULL;
    if (!reference || json_is_null(reference))
        return 0;
    auto_free char *text = json_canonical(reference);
    if (talk->call->host->secret(talk->call, text, &secret, &talk->err))
        return -1;
    wiped_free(&talk->hidden);
    talk->hidden = xstrdup(secret.bytes);
    talk->call->host->secret_free(&secret);
    *out = talk->hidden;
    return 0;
}

/* --- one exchange ---------------------------------------------------------------------- */

static enum nsx_answer denied(struct nsx_talk *talk, const char *why)
{
    char user[128];
    (void)text_clean(talk->target.user, user, sizeof user);
    return nsx_because(
        talk, NSX_DENIED,
        "%s: the login of %s was refused (%s); check rest.login in the fleet file and "
        "the "
        "account's state. It is not tried again for a while, so that the account is not "
        "locked",
        talk->target.name, user, why);
}

static enum http_result send_once(struct nsx_talk *talk,
                                  const struct nsx_request *request, const char *accept,
                                  const char *password, struct http_response *response)
{
    const struct nsx_target *target = &talk->target;
    auto_wiped char *url = xasprintf("%s%s", target->url, request->path);
    const char *const headers[] = {accept, NULL};
    const char *const secrets[] = {talk->hidden, NULL};
    int usual = request->effect ? NSX_ACT_MS : NSX_READ_MS;
    const struct http_request http = {
        .method = request->method,
        .url = url,
        .headers = headers,
        .body = request->body,
        .body_length = request->body ? strlen(request->body) : 0,
        .content_type = request->content_type,
        .upload = request->upload,
        .user = target->user,
        .password = password,
        .secrets = secrets,
        .tls = target->tls,
        .max_body = NSX_BODY_MAX,
        .effect = request->effect,
        .allow_http = target->allow_http,
        .timeout_ms = request->timeout_ms ? request->timeout_ms : usual,
        .stall_timeout_ms = NSX_STALL_MS,
    };
    return http_perform(talk->plugin->http, talk->call, &http, response, &talk->err);
}

/* Asked of the host once in a call; given back by nsx_talk_close(). */
static enum nsx_answer password_for(struct nsx_talk *talk)
{
    const struct slipway_host *host = talk->call->host;
    const struct nsx_target *target = &talk->target;
    if (!talk->password.bytes &&
        host->secret(talk->call, target->password_reference, &talk->password, &talk->err))
        return NSX_NO;
    return nsx_refused_has(talk->plugin->refused, target->url, target->user,
                           talk->password.bytes, host->now_ms())
               ? denied(talk, "a moment ago")
               : NSX_OK;
}

/* NSX_OK: there is a response, to be judged; it is clean. */
static enum nsx_answer exchange(struct nsx_talk *talk, const struct nsx_request *request,
                                const char *accept, struct http_response *response)
{
    const struct nsx_target *target = &talk->target;
    talk->fault = (struct nsx_fault){0};
    enum nsx_answer answer = password_for(talk);
    if (answer != NSX_OK)
        return answer;
    const char *password = talk->password.bytes;
    enum http_result result = send_once(talk, request, accept, password, response);
    if (result != HTTP_ANSWERED)
        return nsx_unanswered(result);
    if (nsx_is_denial(response))
        nsx_refused_add(talk->plugin->refused, target->url, target->user, password,
                        talk->call->host->now_ms());
    return NSX_OK;
}

/* --- judging ------------------------------------------------------------------------------ */

static enum nsx_answer told(struct nsx_talk *talk, const struct nsx_request *request,
                            enum nsx_answer answer)
{
    const char *name = talk->target.name, *path = request->path;
    const char *text = talk->fault.text;
    int shown = (int)strcspn(path, "?"), status = talk->fault.status;
    switch (answer) {
    case NSX_OK:
        return NSX_OK;
    case NSX_LOST:
        return nsx_because(talk, answer, "%s: the answer of %.*s cannot be read", name,
                           shown, path);
    case NSX_ABSENT:
        return nsx_because(talk, answer, "%s: it does not know %.*s (%s)", name, shown,
                           path, text);
    case NSX_DENIED:
        return denied(talk, text);
    case NSX_GATEWAY:
        return nsx_because(talk, answer, "%s: its services are not up (%s)", name, text);
    case NSX_NO:
        if (status >= 300 && status < 400)
            return nsx_because(talk, answer,
                               "%s: it redirects %.*s elsewhere (%s), which is not "
                               "followed; put the manager's own address into rest.url",
                               name, shown, path, text);
        return nsx_because(talk, answer,
                           "%s: not allowed (%s); give the account of the fleet file the "
                           "role of an enterprise administrator",
                           name, text);
    default:
        return nsx_because(talk, answer, "%s: %s", name, text);
    }
}

static enum nsx_answer ask_json(struct nsx_talk *talk, const struct nsx_request *request,
                                json_t **value)
{
    auto_http_response struct http_response response = {0};
    enum nsx_answer answer =
        exchange(talk, request, "Accept: application/json", &response);
    if (answer != NSX_OK)
        return answer;
    return told(talk, request, nsx_judge_json(&response, value, &talk->fault));
}

static enum nsx_answer ask_xml(struct nsx_talk *talk, const struct nsx_request *request,
                               struct xml **value)
{
    auto_http_response struct http_response response = {0};
    enum nsx_answer answer =
        exchange(talk, request, "Accept: application/xml", &response);
    if (answer != NSX_OK)
        return answer;
    return told(talk, request, nsx_judge_xml(&response, value, &talk->fault));
}

enum nsx_answer nsx_get(struct nsx_talk *talk, const char *path, json_t **value)
{
    return ask_json(talk, &(struct nsx_request){.path = path}, value);
}

enum nsx_answer nsx_get_xml_or_none(struct nsx_talk *talk, const char *path,
                                    struct xml **value)
{
    return ask_xml(talk, &(struct nsx_request){.path = path}, value);
}

enum nsx_answer nsx_get_xml(struct nsx_talk *talk, const char *path, struct xml **value)
{
    enum nsx_answer answer = nsx_get_xml_or_none(talk, path, value);
    if (answer == NSX_OK && !*value)
        return nsx_because(talk, NSX_LOST, "%s: the answer of %s is empty",
                           talk->target.name, path);
    return answer;
}

enum nsx_answer nsx_act(struct nsx_talk *talk, const char *path, const json_t *body,
                        json_t **value)
{
    auto_json json_t *answer_body = NULL;
    auto_wiped char *text = body ? json_canonical(body) : NULL;
    const struct nsx_request request = {
        .method = "POST",
        .path = path,
        .body = text ? text : "",
        .content_type = "application/json",
        .effect = true,
    };
    enum nsx_answer answer = ask_json(talk, &request, &answer_body);
    /* What it says besides its 2xx is not always wanted, and is then no matter. */
    if (answer == NSX_LOST && !value && talk->fault.status)
        return NSX_OK;
    if (answer == NSX_OK && value)
        *value = steal_ptr(&answer_body);
    return answer;
}

enum nsx_answer nsx_act_xml(struct nsx_talk *talk, const struct nsx_request *request)
{
    auto_xml struct xml *ignored = NULL;
    struct nsx_request once = *request;
    once.effect = true;
    enum nsx_answer answer = ask_xml(talk, &once, &ignored);
    return answer == NSX_LOST && talk->fault.status ? NSX_OK : answer;
}

bool nsx_is_absent(const struct nsx_talk *talk, enum nsx_answer answer)
{
    return answer == NSX_ABSENT || (answer == NSX_ERROR && talk->fault.status == 404);
}
