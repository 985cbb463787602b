/*
 * soap_ask.c - see soap_ask.h. vcsa.about asks vpxd so, vcsa.registrations the Lookup Service.
 *
 * Failure: without the door on port 443 it is VCSA_NO, with what to configure; who does not
 * answer is judged as any other request (vcsa_unanswered).
 */
#include "vcsa/soap_ask.h"

#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

enum vcsa_answer vcsa_soap_ask(struct vcsa_talk *talk,
                               const struct vcsa_question *question,
                               struct http_response *response)
{
    const char *const headers[] = {question->header, NULL};
    const struct vcsa_endpoint *at = &talk->target.doors[VCSA_SSO];
    if (!at->on)
        return vcsa_because(
            talk, VCSA_NO,
            "%s: %s is asked on port 443: give rest with an SSO user, and "
            "port 5480 as rest.vami",
            talk->target.name, question->who);
    auto_free char *url = xasprintf("%s%s", at->url, question->path);
    const struct http_request request = {.method = "POST",
                                         .url = url,
                                         .headers = headers,
                                         .body = question->body,
                                         .body_length = strlen(question->body),
                                         .content_type = "text/xml; charset=\"utf-8\"",
                                         .tls = at->tls,
                                         .max_body = question->max_body,
                                         .read_only_ok = true,
                                         .allow_http = at->allow_http,
                                         .timeout_ms = VCSA_READ_MS};
    enum http_result result =
        http_perform(talk->plugin->http, talk->call, &request, response, &talk->err);
    return result == HTTP_ANSWERED ? VCSA_OK : vcsa_unanswered(result);
}

const struct xml_node *vcsa_soap_body(const struct http_response *response,
                                      struct xml **xml)
{
    if (response->status != 200 ||
        xml_parse(response->body, response->body_length, xml, NULL))
        return NULL;
    return xml_child(xml_root(*xml), VCSA_SOAP_NS, "Body");
}
