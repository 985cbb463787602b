/*
 * answer.c - bodies first, then statuses.
 *
 * NSX-T: {"error_code": 98, "error_message": "...", "module_name": "...", "details": "...",
 * "related_errors": [...]}; refused credentials come as 401 or, in many releases, as 403
 * with error_code 403. NSX-V: <error><details>...</details><errorCode>...</errorCode>
 * </error>, in some services inside <errors>.
 *
 * Redirects are answers of status 3xx: no manager sends them to its API, so they are a
 * proxy's, and they are not followed.
 *
 * Failure: nothing here fails; what cannot be understood is NSX_LOST, which for a change
 * means that it may have happened.
 */
#include "nsx/answer.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"

/* --- faults ------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *text)
{
    if (!text || !*text || out->length >= NSX_TEXT_MAX)
        return;
    if (out->length)
        buf_adds(out, ": ");
    text_sanitize(out, text, strlen(text), NSX_TEXT_MAX);
}

static void finish_text(const struct buf *text, struct nsx_fault *fault)
{
    (void)text_clean(buf_text(text), fault->text, sizeof fault->text);
    if (!fault->text[0])
        (void)snprintf(fault->text, sizeof fault->text, "error %lld, HTTP %d",
                       fault->code, fault->status);
}

/* True if the body is an error of NSX-T itself. */
static bool take_json(const json_t *body, struct nsx_fault *fault)
{
    const json_t *related = json_object_get(body, "related_errors");
    const char *message = json_text(body, "error_message");
    auto_buf struct buf text = {0};
    if (!message && !json_is_integer(json_object_get(body, "error_code")))
        return false;
    fault->code = json_number(body, "error_code", 0);
    add_text(&text, message);
    const char *details = json_text(body, "details");
    if (details && (!message || strcmp(details, message) != 0))
        add_text(&text, details);
    for (size_t i = 0; i < json_array_size(related) && i < NSX_CAUSES_MAX; i++)
        add_text(&text, json_text(json_array_get(related, i), "error_message"));
    finish_text(&text, fault);
    return true;
}

/* True if the body is an error of NSX-V itself. */
static bool take_xml(const struct xml *body, struct nsx_fault *fault)
{
    const struct xml_node *root = body ? xml_root(body) : NULL;
    const struct xml_node *error =
        xml_is(root, NULL, "errors") ? xml_child(root, NULL, "error") : root;
    const char *details = xml_child_text(error, NULL, "details");
    const struct xml_node *code = xml_child(error, NULL, "errorCode");
    auto_buf struct buf text = {0};
    if (!xml_is(error, NULL, "error") || (!details && !code))
        return false;
    (void)xml_number(code, &fault->code);
    add_text(&text, details);
    finish_text(&text, fault);
    return true;
}

static void take_foreign(const struct http_response *response, struct nsx_fault *fault)
{
    auto_buf struct buf text = {0};
    if (!strncmp(response->content_type, "text/plain", 10))
        text_sanitize(&text, response->body, response->body_length, 80);
    (void)snprintf(fault->text, sizeof fault->text, "HTTP %d%s%s", response->status,
                   text.length ? ", " : "", buf_text(&text));
}

/* --- judging -------------------------------------------------------------------- */

static enum nsx_answer judge_own(const struct nsx_fault *fault)
{
    bool credentials = fault->code == 403 || strcasestr(fault->text, "credentials");
    if (fault->status == 401 || (fault->status == 403 && credentials))
        return NSX_DENIED;
    return fault->status == 403 ? NSX_NO : NSX_ERROR;
}

static enum nsx_answer judge_foreign(int status)
{
    if (status >= 300 && status < 400)
        return NSX_NO;
    switch (status) {
    case 401:
        return NSX_DENIED;
    case 403:
        return NSX_NO;
    case 404:
    case 405:
    case 501:
        return NSX_ABSENT;
    case 408:
    case 425:
    case 429:
        return NSX_GATEWAY;
    default:
        return status >= 500 ? NSX_GATEWAY : NSX_ERROR;
    }
}

static bool is_fine(const struct http_response *response)
{
    return response->status >= 200 && response->status < 300;
}

static enum nsx_answer judge_fault(const struct http_response *response, bool own,
                                   struct nsx_fault *fault)
{
    if (own)
        return judge_own(fault);
    take_foreign(response, fault);
    return judge_foreign(response->status);
}

enum nsx_answer nsx_judge_json(const struct http_response *response, json_t **value,
                               struct nsx_fault *fault)
{
    auto_json json_t *body = NULL;
    *fault = (struct nsx_fault){.status = response->status};
    if (response->body_length)
        body = json_parse(response->body, response->body_length, NSX_BODY_MAX, NULL);
    if (!is_fine(response))
        return judge_fault(response, take_json(body, fault), fault);
    take_foreign(response, fault);
    if (!body && response->body_length)
        return NSX_LOST;
    *value = body ? steal_ptr(&body) : json_null();
    return NSX_OK;
}

enum nsx_answer nsx_judge_xml(const struct http_response *response, struct xml **value,
                              struct nsx_fault *fault)
{
    auto_xml struct xml *body = NULL;
    *fault = (struct nsx_fault){.status = response->status};
    if (response->body_length)
        (void)xml_parse(response->body, response->body_length, &body, NULL);
    if (!is_fine(response))
        return judge_fault(response, take_xml(body, fault), fault);
    take_foreign(response, fault);
    if (!body && response->body_length)
        return NSX_LOST;
    *value = steal_ptr(&body);
    return NSX_OK;
}

bool nsx_is_denial(const struct http_response *response)
{
    auto_json json_t *json = NULL;
    auto_xml struct xml *xml = NULL;
    struct nsx_fault fault;
    if (response->status != 401 && response->status != 403)
        return false;
    return nsx_judge_json(response, &json, &fault) == NSX_DENIED ||
           nsx_judge_xml(response, &xml, &fault) == NSX_DENIED;
}

enum nsx_answer nsx_unanswered(enum http_result result)
{
    switch (result) {
    case HTTP_NOT_SENT:
        return NSX_AWAY;
    case HTTP_CANCELED:
        return NSX_STOPPED;
    case HTTP_UNTRUSTED:
    case HTTP_INVALID:
        return NSX_NO;
    case HTTP_TOO_LARGE:
        return NSX_FLOOD;
    default:
        return NSX_LOST;
    }
}
