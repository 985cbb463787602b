/*
 * sdk.c - vcsa.about: what vpxd says of itself, by RetrieveServiceContent, which needs no
 * login and no REST service.
 *
 *   POST https://HOST/sdk ─► returnval/about/{version, build}
 *
 * Failure: anything but that answer means that vpxd is not up yet: VCSA_GATEWAY.
 */
#include <string.h>

#include "common/xml.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"

#define SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define VIM_NS  "urn:vim25"

static const char ENVELOPE[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    "<soapenv:Envelope xmlns:soapenv=\"" SOAP_NS "\"><soapenv:Body>"
    "<RetrieveServiceContent xmlns=\"" VIM_NS "\">"
    "<_this type=\"ServiceInstance\">ServiceInstance</_this>"
    "</RetrieveServiceContent></soapenv:Body></soapenv:Envelope>";

static const struct xml_node *about_of(const struct xml *xml)
{
    const struct xml_node *body = xml_child(xml_root(xml), SOAP_NS, "Body");
    const struct xml_node *answer =
        xml_child(body, VIM_NS, "RetrieveServiceContentResponse");
    return xml_child(xml_child(answer, VIM_NS, "returnval"), VIM_NS, "about");
}

static enum vcsa_answer read_about(struct vcsa_talk *talk,
                                   const struct http_response *response,
                                   struct vcsa_release *out)
{
    auto_xml struct xml *xml = NULL;
    const struct xml_node *about = NULL;
    if (response->status == 200 &&
        !xml_parse(response->body, response->body_length, &xml, NULL))
        about = about_of(xml);
    const char *version = xml_child_text(about, VIM_NS, "version");
    const char *build = xml_child_text(about, VIM_NS, "build");
    if (!version || !build)
        return vcsa_because(talk, VCSA_GATEWAY,
                            "%s: vpxd does not tell its version at /sdk yet (HTTP %d)",
                            talk->target.name, response->status);
    (void)text_clean(version, out->version, sizeof out->version);
    (void)text_clean(build, out->build, sizeof out->build);
    return VCSA_OK;
}

enum vcsa_answer vcsa_sdk_about(struct vcsa_talk *talk, struct vcsa_release *out)
{
    static const char *const headers[] = {"SOAPAction: \"urn:vim25/6.0\"", NULL};
    const struct vcsa_endpoint *at = &talk->target.doors[VCSA_SSO];
    if (!at->on)
        return vcsa_because(
            talk, VCSA_NO,
            "%s: vpxd is asked on port 443: give rest with an SSO user, and "
            "port 5480 as rest.vami",
            talk->target.name);
    auto_free char *url = xasprintf("%s/sdk", at->url);
    auto_http_response struct http_response response = {0};
    const struct http_request request = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .body = ENVELOPE,
        .body_length = sizeof ENVELOPE - 1,
        .content_type = "text/xml; charset=\"utf-8\"",
        .tls = at->tls,
        .max_body = VCSA_BODY_MAX,
        .read_only_ok = true,
        .allow_http = at->allow_http,
        .timeout_ms = VCSA_READ_MS,
    };
    enum http_result result =
        http_perform(talk->plugin->http, talk->call, &request, &response, &talk->err);
    if (result != HTTP_ANSWERED)
        return vcsa_unanswered(result);
    return read_about(talk, &response, out);
}

enum slipway_outcome vcsa_op_about(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_release release = {"", ""};
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_sdk_about(&talk, &release);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return vcsa_done(&talk, json_pack("{s:s, s:s}", "version", release.version, "build",
                                      release.build));
}
