/*
 * sdk.c - vcsa.about: what vpxd says of itself, by RetrieveServiceContent, which needs no
 * login and no REST service.
 *
 *   POST https://HOST/sdk ─► returnval/about/{version, build}
 *
 * Failure: anything but that answer means that vpxd is not up yet: VCSA_GATEWAY.
 */
#include "util/auto.h"
#include "util/text.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"
#include "vcsa/soap_ask.h"

#define VIM_NS "urn:vim25"

static const char ENVELOPE[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    "<soapenv:Envelope xmlns:soapenv=\"" VCSA_SOAP_NS "\"><soapenv:Body>"
    "<RetrieveServiceContent xmlns=\"" VIM_NS "\">"
    "<_this type=\"ServiceInstance\">ServiceInstance</_this>"
    "</RetrieveServiceContent></soapenv:Body></soapenv:Envelope>";

static const struct xml_node *about_of(const struct xml_node *body)
{
    const struct xml_node *answer =
        xml_child(body, VIM_NS, "RetrieveServiceContentResponse");
    return xml_child(xml_child(answer, VIM_NS, "returnval"), VIM_NS, "about");
}

static enum vcsa_answer read_about(struct vcsa_talk *talk,
                                   const struct http_response *response,
                                   struct vcsa_release *out)
{
    auto_xml struct xml *xml = NULL;
    const struct xml_node *about = about_of(vcsa_soap_body(response, &xml));
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
    static const struct vcsa_question content = {.path = "/sdk",
                                                 .header =
                                                     "SOAPAction: \"urn:vim25/6.0\"",
                                                 .body = ENVELOPE,
                                                 .who = "vpxd",
                                                 .max_body = VCSA_BODY_MAX};
    auto_http_response struct http_response response = {0};
    enum vcsa_answer answer = vcsa_soap_ask(talk, &content, &response);
    return answer == VCSA_OK ? read_about(talk, &response, out) : answer;
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
