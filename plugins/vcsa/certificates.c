/*
 * certificates.c - vcsa.certificates: when the TLS and the STS signing certificates end.
 *
 *   vcenter/certificate-management/vcenter/tls               valid_to, or the PEM itself
 *   vcenter/certificate-management/vcenter/signing-certificate   chains of PEM (7.0.3 on)
 *
 * `named` tells whether the TLS certificate is made out to the name that the appliance goes by
 * (networking/dns/hostname, which is what the services register): an upgrade to another line
 * fails in its first boot where it is not.
 *
 * Releases before 7.0 do not know the first path: then port 443 is asked to shake hands, and
 * what it shows is looked at. No alarm tells of an expired STS certificate; it shows when
 * services restart, which is amid the upgrade. What nobody tells is listed in `unknown`, so
 * that a playbook decides whether that is good enough.
 *
 * Failure: a certificate that cannot be parsed is unknown, never valid.
 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"

#define CERTIFICATES "/vcenter/certificate-management/vcenter/"
#define HANDSHAKE_MS 10000

static void bio_free(BIO **bio)
{
    BIO_free(*bio);
}
static void x509_free(X509 **certificate)
{
    X509_free(*certificate);
}

/* PEM, or the base64 inside one. */
static X509 *parse(const char *text)
{
    if (strlen(text) > VCSA_PEM_MAX)
        return NULL;
    bool armored = strstr(text, "-----BEGIN") != NULL;
    auto_free char *pem =
        armored
            ? xstrdup(text)
            : xasprintf("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
                        text);
    __attribute__((cleanup(bio_free))) BIO *bio = BIO_new_mem_buf(pem, -1);
    return bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
}

static int end_of(const char *text, int64_t *out_ms)
{
    struct tm tm;
    __attribute__((cleanup(x509_free))) X509 *certificate = text ? parse(text) : NULL;
    if (!certificate || !ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm))
        return -1;
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}

/* --- what they say --------------------------------------------------------------------- */

static int tls_end(const json_t *value, int64_t *out_ms)
{
    if (!vcsa_moment_of(value, "valid_to", out_ms))
        return 0;
    return end_of(json_text(value, "cert"), out_ms);
}

/* The earliest end in a list of PEM texts. 0 if all of them could be read. */
static int chain_end(const json_t *chain, int64_t *out_ms)
{
    const json_t *certificates = json_object_get(chain, "cert_chain");
    for (size_t i = 0; i < json_array_size(certificates) && i < 16; i++) {
        int64_t ends_ms = 0;
        if (end_of(json_string_value(json_array_get(certificates, i)), &ends_ms))
            return -1;
        if (i == 0 || ends_ms < *out_ms)
            *out_ms = ends_ms;
    }
    return json_array_size(certificates) ? 0 : -1;
}

static int sts_end(const json_t *value, int64_t *out_ms)
{
    const json_t *active = json_object_get(value, "active_cert_chain");
    const json_t *all = json_object_get(value, "signing_cert_chains");
    return chain_end(active ? active : json_array_get(all, 0), out_ms);
}

struct findings {
    json_t *result, *unknown;
    int64_t now_ms, least_days;
    bool any;
};

static void add_end(struct findings *findings, const char *name, int64_t ends_ms,
                    const char *source)
{
    int64_t days = vcsa_days(findings->now_ms, ends_ms);
    if (!findings->any || days < findings->least_days)
        findings->least_days = days;
    findings->any = true;
    (void)json_object_set_new(findings->result, name,
                              json_pack("{s:o, s:I, s:s}", "expires_at",
                                        vcsa_moment_json(ends_ms), "days_left",
                                        (json_int_t)days, "source", source));
}

/* Reads one and adds it. VCSA_OK also if this release does not tell: then *out is NULL. */
static enum vcsa_answer add(struct vcsa_talk *talk, struct findings *findings,
                            const char *name, const char *path,
                            int (*end)(const json_t *, int64_t *), json_t **out)
{
    auto_json json_t *value = NULL;
    int64_t ends_ms = 0;
    enum vcsa_answer answer = vcsa_get(talk, path, &value);
    bool untold = answer == VCSA_ABSENT ||
                  (answer == VCSA_ERROR && (vcsa_fault_is(&talk->fault, "NOT_FOUND") ||
                                            vcsa_fault_is(&talk->fault, "UNSUPPORTED")));
    if (answer != VCSA_OK && !untold)
        return answer;
    if (untold || end(value, &ends_ms))
        (void)json_object_set_new(findings->result, name, json_null());
    else
        add_end(findings, name, ends_ms, "rest");
    if (!untold && out)
        *out = steal_ptr(&value);
    return VCSA_OK;
}

static bool is_told(const struct findings *findings, const char *name)
{
    return json_is_object(json_object_get(findings->result, name));
}

/* What port 443 shows to everybody; thumbprint too. */
static void look_at_door(struct vcsa_talk *talk, struct findings *findings)
{
    const struct vcsa_endpoint *sso = &talk->target.doors[VCSA_SSO];
    int left_ms = talk->call->host->remaining_ms(talk->call);
    struct http_peer peer;
    struct slipway_error ignored;
    if (!sso->on || strncmp(sso->url, "https:", 6) != 0 ||
        http_peer_look(sso->url, left_ms < HANDSHAKE_MS ? left_ms : HANDSHAKE_MS, &peer,
                       &ignored))
        return;
    add_end(findings, "tls", peer.expires_ms, "handshake");
    (void)json_object_set_new(findings->result, "thumbprint",
                              json_string(peer.thumbprint));
}

static void list_unknown(struct findings *findings)
{
    static const char *const names[] = {"tls", "sts"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (!is_told(findings, names[i]))
            (void)json_array_append_new(findings->unknown, json_string(names[i]));
}

static void add_thumbprint(const json_t *tls, json_t *result)
{
    const char *thumbprint = json_text(tls, "thumbprint");
    (void)json_object_set_new(
        result, "thumbprint",
        thumbprint ? json_safe_string(thumbprint, strlen(thumbprint)) : json_null());
}

/* Is it made out to the name by which the appliance goes? `named` is null if nobody tells. */
static void add_named(struct vcsa_talk *talk, const json_t *tls, json_t *result)
{
    auto_json json_t *value = NULL;
    const char *pem = json_text(tls, "cert"), *hostname = NULL;
    char shown[VCSA_TEXT_MAX];
    __attribute__((cleanup(x509_free))) X509 *certificate = pem ? parse(pem) : NULL;
    if (certificate &&
        vcsa_get(talk, "/appliance/networking/dns/hostname", &value) == VCSA_OK)
        hostname = json_string_value(value);
    (void)json_object_set_new(result, "named", json_null());
    (void)json_object_set_new(
        result, "hostname",
        hostname ? json_string(text_clean(hostname, shown, sizeof shown)) : json_null());
    if (hostname && *hostname)
        (void)json_object_set_new(
            result, "named",
            json_boolean(X509_check_host(certificate, hostname, 0, 0, NULL) == 1 ||
                         X509_check_ip_asc(certificate, hostname, 0) == 1));
}

enum slipway_outcome vcsa_op_certificates(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *result = json_object(), *unknown = json_array(), *tls = NULL;
    struct findings findings = {.result = result, .unknown = unknown};
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_appliance_now(&talk, &findings.now_ms);
    if (answer == VCSA_OK)
        answer = add(&talk, &findings, "tls", CERTIFICATES "tls", tls_end, &tls);
    if (answer == VCSA_OK)
        answer = add(&talk, &findings, "sts", CERTIFICATES "signing-certificate", sts_end,
                     NULL);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    if (is_told(&findings, "tls"))
        add_thumbprint(tls, result);
    else
        look_at_door(&talk, &findings);
    add_named(&talk, tls, result);
    list_unknown(&findings);
    (void)json_object_set(result, "unknown", unknown);
    (void)json_object_set_new(result, "least_days",
                              findings.any ? json_integer(findings.least_days)
                                           : json_null());
    return vcsa_done(&talk, steal_ptr(&result));
}
