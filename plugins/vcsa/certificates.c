/*
 * certificates.c - vcsa.certificates: when the TLS and the STS signing certificates end.
 *
 *   vcenter/certificate-management/vcenter/tls               valid_to, or the PEM itself
 *   vcenter/certificate-management/vcenter/signing-certificate   chains of PEM (7.0.3 on)
 *
 * No alarm tells of an expired STS certificate; it shows when services restart, which is
 * amid the upgrade. What a release does not tell is listed in `unknown`, so that a
 * playbook decides whether that is good enough.
 *
 * Failure: a certificate that cannot be parsed is unknown, never valid.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"

#define CERTIFICATES "/vcenter/certificate-management/vcenter/"

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

/* Reads one and adds it. VCSA_OK also if this release does not tell. */
static enum vcsa_answer add(struct vcsa_talk *talk, struct findings *findings,
                            const char *name, const char *path,
                            int (*end)(const json_t *, int64_t *))
{
    auto_json json_t *value = NULL;
    int64_t ends_ms = 0;
    enum vcsa_answer answer = vcsa_get(talk, path, &value);
    bool untold = answer == VCSA_ABSENT ||
                  (answer == VCSA_ERROR && (vcsa_fault_is(&talk->fault, "NOT_FOUND") ||
                                            vcsa_fault_is(&talk->fault, "UNSUPPORTED")));
    if (answer != VCSA_OK && !untold)
        return answer;
    if (untold || end(value, &ends_ms)) {
        (void)json_array_append_new(findings->unknown, json_string(name));
        (void)json_object_set_new(findings->result, name, json_null());
        return VCSA_OK;
    }
    int64_t days = vcsa_days(findings->now_ms, ends_ms);
    if (!findings->any || days < findings->least_days)
        findings->least_days = days;
    findings->any = true;
    (void)json_object_set_new(findings->result, name,
                              json_pack("{s:o, s:I}", "expires_at",
                                        vcsa_moment_json(ends_ms), "days_left",
                                        (json_int_t)days));
    return VCSA_OK;
}

static void add_thumbprint(struct vcsa_talk *talk, json_t *result)
{
    auto_json json_t *value = NULL;
    const char *thumbprint = NULL;
    if (vcsa_get(talk, CERTIFICATES "tls", &value) == VCSA_OK)
        thumbprint = json_text(value, "thumbprint");
    (void)json_object_set_new(
        result, "thumbprint",
        thumbprint ? json_safe_string(thumbprint, strlen(thumbprint)) : json_null());
}

enum slipway_outcome vcsa_op_certificates(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *result = json_object(), *unknown = json_array();
    struct findings findings = {.result = result, .unknown = unknown};
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_appliance_now(&talk, &findings.now_ms);
    if (answer == VCSA_OK)
        answer = add(&talk, &findings, "tls", CERTIFICATES "tls", tls_end);
    if (answer == VCSA_OK)
        answer =
            add(&talk, &findings, "sts", CERTIFICATES "signing-certificate", sts_end);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    if (!json_is_null(json_object_get(result, "tls")))
        add_thumbprint(&talk, result);
    (void)json_object_set(result, "unknown", unknown);
    (void)json_object_set_new(result, "least_days",
                              findings.any ? json_integer(findings.least_days)
                                           : json_null());
    return vcsa_done(&talk, steal_ptr(&result));
}
