/*
 * registrations.c - vcsa.registrations: is what the Lookup Service tells of this vCenter
 * true? Solutions (SRM, replication, NSX, backup) and the vCenter's own services find each
 * other there, and trust the certificate that is registered, not the one that is shown.
 *
 *   POST https://HOST/lookupservice/sdk  List ─► registrations; anybody may ask
 *
 *   stale       an endpoint that this vCenter serves, whose sslTrust is another certificate
 *               than port 443 shows: somebody replaced the certificate and not these
 *   duplicates  one service of one node that is registered twice under one address
 *   missing     vcenterserver (vpxd) is not registered for this vCenter, or cs.identity
 *               (Single Sign-On) for nobody: what a half-done upgrade leaves
 *
 * Endpoints of others, linked vCenters among them, are not judged here: only their own
 * certificate could tell. `compared` says how many were.
 *
 * Failure: no Lookup Service at this address (an external Platform Services Controller has
 * it) is `known` false; one that is not up is RETRY.
 */
#include <openssl/evp.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/own.h"
#include "vcsa/soap_ask.h"

#define LOOKUP_NS     "urn:lookup"
#define LOOKUP_PATH   "/lookupservice/sdk"
#define ENTRIES_MAX   4000u /* of fifteen linked vCenters, with room */
#define ENDPOINTS_MAX 64u   /* of one registration */
#define FINDINGS_MAX  20u   /* that are named */
#define TRUST_MAX     (64u * 1024u)
#define DIGEST_TEXT   60

static const char LIST[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    "<soapenv:Envelope xmlns:soapenv=\"" VCSA_SOAP_NS "\"><soapenv:Body>"
    "<List xmlns=\"" LOOKUP_NS "\"><_this type=\"LookupServiceRegistration\">"
    "ServiceRegistration</_this><filterCriteria></filterCriteria></List>"
    "</soapenv:Body></soapenv:Envelope>";

struct findings {
    const struct vcsa_own *own;
    json_t *stale, *duplicates;
    struct map seen; /* node, type and address of what was there before */
    size_t count, compared;
    bool vpxd, sso;
};

/* --- asking ------------------------------------------------------------------------------ */

static enum vcsa_answer judge(struct vcsa_talk *talk,
                              const struct http_response *response, struct xml **out)
{
    auto_xml struct xml *xml = NULL;
    if (response->status == 404)
        return VCSA_ABSENT;
    if (xml_child(vcsa_soap_body(response, &xml), LOOKUP_NS, "ListResponse")) {
        *out = steal_ptr(&xml);
        return VCSA_OK;
    }
    return vcsa_because(
        talk, VCSA_GATEWAY,
        "%s: the Lookup Service does not list its registrations (HTTP %d); "
        "look at lookupsvc and vmware-stsd",
        talk->target.name, response->status);
}

static enum vcsa_answer ask(struct vcsa_talk *talk, struct xml **out)
{
    static const struct vcsa_question list = {.path = LOOKUP_PATH,
                                              .header = "SOAPAction: \"urn:lookup/2.0\"",
                                              .body = LIST,
                                              .who = "the Lookup Service",
                                              .max_body = XML_BYTES_MAX};
    auto_http_response struct http_response response = {0};
    enum vcsa_answer answer = vcsa_soap_ask(talk, &list, &response);
    return answer == VCSA_OK ? judge(talk, &response, out) : answer;
}

/* --- judging one registration ------------------------------------------------------------ */

static const char *text_of(const struct xml_node *node, const char *name)
{
    const char *text = xml_child_text(node, LOOKUP_NS, name);
    return text ? text : "";
}

/* Base64 without blanks and line breaks; the caller's. */
static char *unbroken(const char *text)
{
    auto_buf struct buf out = {0};
    for (; *text && out.length <= TRUST_MAX; text++)
        if (*text > ' ')
            buf_addc(&out, *text);
    return xstrdup(buf_text(&out));
}

/* The thumbprint of a certificate in base64. False: it is none. */
static bool thumbprint_of(const char *text, char out[DIGEST_TEXT])
{
    auto_free char *base64 = unbroken(text);
    size_t length = strlen(base64);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hashed = 0;
    if (!length || length > TRUST_MAX)
        return false;
    auto_free unsigned char *der = xmalloc(length);
    int bytes = EVP_DecodeBlock(der, (const unsigned char *)base64, (int)length);
    for (size_t i = length; bytes > 0 && i > 0 && base64[i - 1] == '='; i--)
        bytes--;
    if (bytes <= 0 ||
        EVP_Digest(der, (size_t)bytes, hash, &hashed, EVP_sha1(), NULL) != 1 ||
        hashed != DIGEST_TEXT / 3)
        return false;
    text_colon_hex(hash, hashed, out);
    return true;
}

/* Does any of its certificates equal the one that is shown? None at all trusts nobody. */
static bool trusts_us(const struct findings *findings, const struct xml_node *endpoint)
{
    char thumbprint[DIGEST_TEXT];
    const struct xml_node *trust = xml_child(endpoint, LOOKUP_NS, "sslTrust");
    for (; trust; trust = xml_next(trust, LOOKUP_NS, "sslTrust"))
        if (thumbprint_of(xml_text(trust), thumbprint) &&
            vcsa_own_shows(findings->own, thumbprint))
            return true;
    return false;
}

static void note(json_t *list, const char *type, const char *url)
{
    char clean_type[80], clean_url[VCSA_SHOWN_MAX];
    auto_free char *text =
        xasprintf("%s at %s", text_clean(type, clean_type, sizeof clean_type),
                  text_clean(url, clean_url, sizeof clean_url));
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), text))
            return;
    if (json_array_size(list) < FINDINGS_MAX)
        (void)json_array_append_new(list, json_string(text));
}

static void judge_endpoint(struct findings *findings, const char *type,
                           const struct xml_node *endpoint)
{
    const char *url = text_of(endpoint, "url");
    if (strncmp(url, "https:", 6) != 0 || !findings->own->thumbprint[0] ||
        !xml_child(endpoint, LOOKUP_NS, "sslTrust"))
        return;
    findings->compared++;
    if (!trusts_us(findings, endpoint))
        note(findings->stale, type, url);
}

/* One service of one node, at one address and of one version, is registered once. */
static void judge_twins(struct findings *findings, const struct xml_node *entry,
                        const char *type)
{
    const struct xml_node *endpoint = xml_child(entry, LOOKUP_NS, "serviceEndpoints");
    const char *url = text_of(endpoint, "url");
    auto_free char *key = xasprintf("%s %s %s %s", text_of(entry, "nodeId"), type,
                                    text_of(entry, "serviceVersion"), url);
    if (!endpoint)
        return;
    size_t before = findings->seen.count;
    if (map_intern(&findings->seen, key) < before)
        note(findings->duplicates, type, url);
}

static void judge_entry(struct findings *findings, const struct xml_node *entry)
{
    const struct xml_node *kind = xml_child(entry, LOOKUP_NS, "serviceType");
    const char *type = text_of(kind, "type");
    const struct xml_node *endpoint = xml_child(entry, LOOKUP_NS, "serviceEndpoints");
    findings->count++;
    findings->sso = findings->sso || !strcmp(type, "cs.identity");
    judge_twins(findings, entry, type);
    for (size_t i = 0; endpoint && i < ENDPOINTS_MAX; i++) {
        if (vcsa_own_serves(findings->own, text_of(endpoint, "url"))) {
            findings->vpxd = findings->vpxd || !strcmp(type, "vcenterserver");
            judge_endpoint(findings, type, endpoint);
        }
        endpoint = xml_next(endpoint, LOOKUP_NS, "serviceEndpoints");
    }
}

/* --- the operation ----------------------------------------------------------------------- */

static json_t *missing_of(const struct findings *findings)
{
    json_t *missing = json_array();
    if (!findings->vpxd)
        (void)json_array_append_new(missing, json_string("vcenterserver"));
    if (!findings->sso)
        (void)json_array_append_new(missing, json_string("cs.identity"));
    return missing;
}

static json_t *result_of(const struct findings *findings, bool known)
{
    json_t *missing = known ? missing_of(findings) : json_array();
    bool good = known && !json_array_size(missing) && !json_array_size(findings->stale) &&
                !json_array_size(findings->duplicates);
    return json_pack("{s:b, s:b, s:I, s:I, s:o, s:O, s:O, s:o}", "known", known, "good",
                     good, "count", (json_int_t)findings->count, "compared",
                     (json_int_t)findings->compared, "missing", missing, "stale",
                     findings->stale, "duplicates", findings->duplicates, "shown",
                     findings->own->thumbprint[0] ? json_string(findings->own->thumbprint)
                                                  : json_null());
}

enum slipway_outcome vcsa_op_registrations(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_xml struct xml *xml = NULL;
    auto_json json_t *stale = json_array(), *duplicates = json_array();
    struct vcsa_own own = {.thumbprint = ""};
    struct findings findings = {.own = &own, .stale = stale, .duplicates = duplicates};
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = ask(&talk, &xml);
    if (answer == VCSA_ABSENT)
        return vcsa_done(&talk, result_of(&findings, false));
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    vcsa_own_read(&talk, &own);
    const struct xml_node *body = xml_child(xml_root(xml), VCSA_SOAP_NS, "Body");
    const struct xml_node *entry =
        xml_child(xml_child(body, LOOKUP_NS, "ListResponse"), LOOKUP_NS, "returnval");
    for (size_t i = 0; entry && i < ENTRIES_MAX; i++) {
        judge_entry(&findings, entry);
        entry = xml_next(entry, LOOKUP_NS, "returnval");
    }
    map_free(&findings.seen);
    return vcsa_done(&talk, result_of(&findings, true));
}
