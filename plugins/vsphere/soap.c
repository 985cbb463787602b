/*
 * soap.c - envelopes out, answers in.
 *
 * An answer is believed only if it is a complete XML document with a SOAP body
 * that holds either the method's own response element or a fault, both looked up
 * by namespace. A fault counts whatever the HTTP status is.
 *
 * Failure: everything that is not such an answer is judged by one question, can
 * the server have acted. For a method that reads, it does not matter and the
 * answer is "later". For an effect, only a connection that was never made, and a
 * front proxy that says it could not reach the service behind it, prove that
 * nothing happened; any other 5xx, a cut body or a stranger's HTML is VSPHERE_LOST.
 */
#include "vsphere/soap.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/wiped.h"
#include "util/xalloc.h"

static const char *const READS[] = {
    "RetrieveServiceContent",
    "Login",
    "Logout",
    "RetrievePropertiesEx",
    "CurrentTime",
    "ContinueRetrievePropertiesEx",
    "FindAllByUuid",
    "FindByInventoryPath",
    "CreateContainerView",
    "DestroyView",
    "QueryAssignedLicenses",
    "QueryLockdownExceptions",
    "DecodeLicense",
};

bool vsphere_method_reads(const char *method)
{
    for (size_t i = 0; i < ARRAY_LENGTH(READS); i++)
        if (!strcmp(READS[i], method))
            return true;
    return false;
}

void vsphere_request_begin(struct vsphere_request *request, const char *key,
                           const char *method, const char *type, const char *ref)
{
    struct xml_writer *writer = &request->writer;
    request->method = method;
    xml_write_open(writer, "soapenv:Envelope");
    xml_write_attribute(writer, "xmlns:soapenv", VSPHERE_ENVELOPE_NS);
    xml_write_attribute(writer, "xmlns:xsi", XML_NS_XSI);
    if (key) {
        xml_write_open(writer, "soapenv:Header");
        xml_write_open(writer, "operationID");
        xml_write_attribute(writer, "xmlns", VSPHERE_NS);
        xml_write_text(writer, key);
        xml_write_close(writer);
        xml_write_close(writer);
    }
    xml_write_open(writer, "soapenv:Body");
    xml_write_open(writer, method);
    xml_write_attribute(writer, "xmlns", VSPHERE_NS);
    vsphere_request_ref(request, "_this", type, ref);
}

void vsphere_request_ref(struct vsphere_request *request, const char *name,
                         const char *type, const char *ref)
{
    xml_write_open(&request->writer, name);
    xml_write_attribute(&request->writer, "type", type);
    xml_write_text(&request->writer, ref);
    xml_write_close(&request->writer);
}

void vsphere_request_end(struct vsphere_request *request)
{
    xml_write_close(&request->writer);
    xml_write_close(&request->writer);
    xml_write_close(&request->writer);
}

void vsphere_request_free(struct vsphere_request *request)
{
    xml_write_free(&request->writer);
}

void vsphere_reply_free(struct vsphere_reply *reply)
{
    xml_free(reply->document);
    if (reply->cookie)
        explicit_bzero(reply->cookie, strlen(reply->cookie));
    free(reply->cookie);
    *reply = (struct vsphere_reply){0};
}

const char *vsphere_ref_of(const struct xml_node *node, const char *type)
{
    const char *text = xml_text(node);
    const char *of = xml_attribute(node, "", "type");
    if (!vsphere_ref_valid(text) || (type && (!of || strcmp(of, type) != 0)))
        return NULL;
    return text;
}

/* --- judging the answer ------------------------------------------------------ */

/* Nothing usable came back. */
static enum vsphere_answer unusable(const struct vsphere_exchange *exchange)
{
    return vsphere_method_reads(exchange->method) ? VSPHERE_LATER : VSPHERE_LOST;
}

static enum vsphere_answer judge_transport(const struct vsphere_exchange *exchange,
                                           enum http_result result)
{
    switch (result) {
    case HTTP_NOT_SENT:
        return VSPHERE_LATER;
    case HTTP_UNTRUSTED:
    case HTTP_INVALID:
        return VSPHERE_NO;
    case HTTP_CANCELED:
        return VSPHERE_STOPPED;
    case HTTP_TOO_LARGE:
        return vsphere_method_reads(exchange->method) ? VSPHERE_NO : VSPHERE_LOST;
    case HTTP_ANSWERED:
    case HTTP_UNKNOWN:
        break;
    }
    return unusable(exchange);
}

/* The words of vSphere's two front proxies for: the service behind me was never
   reached. A reset after the request had gone there reads differently. */
static bool proxy_never_reached_it(const struct http_response *response)
{
    static const char *const proofs[] = {
        "Failed to connect to endpoint", "reset reason: connection failure",
        "reset reason: remote connection failure", "no healthy upstream"};
    if (response->status != 503)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(proofs); i++)
        if (memmem(response->body, response->body_length, proofs[i], strlen(proofs[i])))
            return true;
    return false;
}

/* An answer that no vim25 server wrote. */
static enum vsphere_answer judge_foreign(const struct vsphere_exchange *exchange,
                                         const struct http_response *response,
                                         const char *why)
{
    char origin[256];
    (void)http_origin(exchange->endpoint->url, origin, sizeof origin);
    auto_buf struct buf excerpt = {0};
    text_sanitize(&excerpt, response->body, response->body_length, 80);
    (void)slipway_error_set(exchange->err, -1,
                            "%s: %s answered with HTTP %d: %s (\"%s\")", origin,
                            exchange->method, response->status, why, buf_text(&excerpt));
    if (proxy_never_reached_it(response))
        return VSPHERE_LATER;
    int status = response->status;
    if (status >= 300 && status < 500 && status != 408 && status != 429)
        return VSPHERE_NO;
    return unusable(exchange);
}

/* It becomes a header line. */
static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] >= 0x7f)
            return false;
    return true;
}

static void take_cookie(const struct http_response *response, struct vsphere_reply *reply)
{
    static const char name[] = "vmware_soap_session=";
    const char *value = NULL;
    for (size_t i = 0; (value = http_header(response, "Set-Cookie", i)); i++) {
        if (strncasecmp(value, name, sizeof name - 1) != 0)
            continue;
        size_t length = strcspn(value, ";");
        if (length > sizeof name - 1 && length < VSPHERE_COOKIE_MAX &&
            is_printable(value, length)) {
            free(reply->cookie);
            reply->cookie = xstrndup(value, length); /* quotes and all */
        }
    }
}

static enum vsphere_answer take_fault(const struct vsphere_exchange *exchange,
                                      const struct xml_node *fault)
{
    const struct xml_node *detail =
        xml_child(xml_child(fault, NULL, "detail"), NULL, NULL);
    vsphere_fault_decode(detail ? detail : fault,
                         xml_child_text(fault, NULL, "faultstring"), exchange->fault);
    char origin[256];
    (void)slipway_error_set(exchange->err, -1, "%s: %s: %s",
                            http_origin(exchange->endpoint->url, origin, sizeof origin),
                            exchange->method, exchange->fault->text);
    return VSPHERE_FAULT;
}

static enum vsphere_answer judge_answer(const struct vsphere_exchange *exchange,
                                        const struct http_response *response)
{
    struct vsphere_reply reply = {0};
    struct slipway_error why = {""};
    if (xml_parse(response->body, response->body_length, &reply.document, &why))
        return judge_foreign(exchange, response, why.text);
    auto_reply struct vsphere_reply mine = reply;
    const struct xml_node *root = xml_root(mine.document);
    const struct xml_node *body = NULL;
    if (xml_is(root, VSPHERE_ENVELOPE_NS, "Envelope"))
        body = xml_child(root, VSPHERE_ENVELOPE_NS, "Body");
    const struct xml_node *fault = xml_child(body, VSPHERE_ENVELOPE_NS, "Fault");
    if (fault)
        return take_fault(exchange, fault);
    auto_free char *expected = xasprintf("%sResponse", exchange->method);
    mine.body = xml_child(body, VSPHERE_NS, expected);
    if (!mine.body || response->status != 200)
        return judge_foreign(exchange, response, "no vim25 answer");
    take_cookie(response, &mine);
    *exchange->reply = mine;
    mine = (struct vsphere_reply){0};
    return VSPHERE_OK;
}

/* --- sending ------------------------------------------------------------------ */

/* vmware_soap_session="KEY": what is between the quotes, if any. */
static char *key_of(const char *cookie)
{
    const char *value = cookie ? strchr(cookie, '=') : NULL;
    if (!value)
        return NULL;
    value += 1 + strspn(value + 1, "\"");
    return xstrndup(value, strcspn(value, "\""));
}

static enum http_result send_bytes(const struct vsphere_exchange *exchange,
                                   struct http_response *response)
{
    auto_free char *action =
        xasprintf("SOAPAction: \"" VSPHERE_NS "/%s\"", exchange->endpoint->version);
    auto_wiped char *cookie =
        exchange->cookie ? xasprintf("Cookie: %s", exchange->cookie) : NULL;
    const char *headers[] = {action, cookie, NULL};
    bool reads = vsphere_method_reads(exchange->method);
    struct http_request request = {
        .method = "POST",
        .url = exchange->endpoint->url,
        .headers = headers,
        .body = exchange->bytes,
        .body_length = exchange->length,
        .content_type = "text/xml; charset=\"utf-8\"",
        .tls = exchange->endpoint->tls,
        .max_body = VSPHERE_ANSWER_MAX,
        /* a password is never sent twice by a transport that retries either */
        .effect = !reads || !strcmp(exchange->method, "Login"),
        .read_only_ok = reads,
        .timeout_ms = exchange->timeout_ms ? exchange->timeout_ms : VSPHERE_TIMEOUT_MS,
    };
    return http_perform(exchange->http, exchange->call, &request, response,
                        exchange->err);
}

enum vsphere_answer vsphere_soap(struct vsphere_exchange *exchange)
{
    auto_http_response struct http_response response = {0};
    enum http_result result = send_bytes(exchange, &response);
    if (result != HTTP_ANSWERED)
        return judge_transport(exchange, result);
    enum vsphere_answer answer = judge_answer(exchange, &response);
    if (answer == VSPHERE_OK) /* managers call objects of a session after its key */
        return answer;
    auto_wiped char *key = key_of(exchange->cookie);
    const char *const secrets[] = {key, NULL};
    http_overwrite(&response, secrets);
    return judge_answer(exchange, &response);
}
