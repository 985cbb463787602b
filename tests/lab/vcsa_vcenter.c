/*
 * vcsa_vcenter.c - what only Single Sign-On users may ask, on port 443: certificates, the
 * topology of linked vCenters, VCHA; and vpxd's greeting at /sdk.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "vcsa.h"

#define CERTIFICATES "/vcenter/certificate-management/vcenter/"

static X509 *certificate(EVP_PKEY *key, int64_t expires_ms)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    time_t end = (time_t)(expires_ms / 1000);
    (void)X509_set_version(cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    (void)ASN1_TIME_set(X509_getm_notBefore(cert), end - 800 * 86400);
    (void)ASN1_TIME_set(X509_getm_notAfter(cert), end);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     (const unsigned char *)"ssoserverSign", -1, -1, 0);
    (void)X509_set_issuer_name(cert, name);
    (void)X509_set_pubkey(cert, key);
    (void)X509_sign(cert, key, EVP_sha256());
    return cert;
}

/* A self-signed certificate that ends then, as PEM; the caller's. */
static char *pem_until(int64_t expires_ms)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = certificate(key, expires_ms);
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    (void)PEM_write_bio_X509(bio, cert);
    long length = BIO_get_mem_data(bio, &bytes);
    char *text = xstrndup(bytes, (size_t)length);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(key);
    return text;
}

static void send_tls(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    int64_t expires = json_number(disk, "tls_expires_ms", 0);
    auto_free char *pem = pem_until(expires);
    rest_send(call, 200,
              json_pack("{s:o, s:o, s:s, s:s, s:[s], s:s}", "valid_from",
                        rest_instant(expires - 800LL * 86400 * 1000), "valid_to",
                        rest_instant(expires), "thumbprint",
                        "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD",
                        "subject_dn", "CN=vc", "subject_alternative_name",
                        call->appliance->host, "cert", pem));
}

static void send_sts(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    int64_t expires = json_number(disk, "sts_expires_ms", 0);
    auto_free char *leaf = pem_until(expires);
    auto_free char *root = pem_until(expires + 3650LL * 86400 * 1000);
    rest_send(call, 200,
              json_pack("{s:{s:[s, s]}, s:[{s:[s]}]}", "active_cert_chain", "cert_chain",
                        leaf, root, "signing_cert_chains", "cert_chain", leaf));
}

/* ---- topology ---- */

static void send_nodes(struct rest_call *call)
{
    if (call->appliance->link) {
        link_send_nodes(call);
        return;
    }
    json_t *nodes = json_pack("[{s:s, s:s, s:[]}]", "node", call->appliance->name, "type",
                              "VCSA_EMBEDDED", "replication_partners");
    if (call->appliance->faults.replication_lag)
        json_array_append_new(nodes, json_pack("{s:s, s:s}", "node", "partner.example",
                                               "type", "VCSA_EMBEDDED"));
    rest_send(call, 200, nodes);
}

static void send_replication(struct rest_call *call)
{
    if (call->appliance->link) {
        link_send_replication(call);
        return;
    }
    json_t *list = json_array();
    if (call->appliance->faults.replication_lag)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b, s:b, s:i}", "node",
                                              call->appliance->name,
                                              "replication_partner", "partner.example",
                                              "partner_available", 1, "status_available",
                                              1, "replicating", 1, "change_lag", 17));
    rest_send(call, 200, list);
}

static void send_vcha(struct rest_call *call)
{
    if (call->appliance->faults.vcha)
        rest_send(call, 200,
                  json_pack("{s:s, s:s, s:s}", "config_state", "CONFIGURED", "mode",
                            "ENABLED", "health_state", "HEALTHY"));
    else
        rest_send(call, 200, json_pack("{s:s}", "config_state", "NOTCONFIGURED"));
}

/* The update planner: from 7.0, in the new dialect. */
static void send_planned(struct rest_call *call)
{
    const char *next = vcsa_next_version(call->appliance);
    json_t *updates = json_array();
    if (next)
        json_array_append_new(
            updates,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:[]}", "version", next,
                      "build", vcsa_build(next, false), "update_type", "PATCH",
                      "category", "SECURITY", "severity", "CRITICAL", "reboot_required",
                      1, "release_date", "2024-10-21T00:00:00.000Z", "release_notes"));
    rest_send(call, 200, json_pack("{s:o}", "updates", updates));
}

bool vcsa_handle_vcenter(struct rest_call *call)
{
    const struct appliance *appliance = call->appliance;
    const char *action = web_query(call->request, "action");
    if (call->request->vami)
        return false;
    if (vcsa_is(call, "GET", "/vcenter/lcm/update/pending") && !call->old_dialect &&
        vcsa_at_least(appliance, "7.0"))
        send_planned(call);
    else if (vcsa_is(call, "GET", CERTIFICATES "tls") && vcsa_at_least(appliance, "7.0"))
        send_tls(call);
    else if (vcsa_is(call, "GET", CERTIFICATES "signing-certificate") &&
             vcsa_at_least(appliance, "7.0.3"))
        send_sts(call);
    else if (vcsa_is(call, "GET", "/vcenter/topology/nodes") &&
             vcsa_at_least(appliance, "6.7.0.30000"))
        send_nodes(call);
    else if (vcsa_is(call, "GET", "/vcenter/topology/replication-status") &&
             vcsa_at_least(appliance, "6.7.0.30000"))
        send_replication(call);
    else if (vcsa_is(call, "POST", "/vcenter/vcha/cluster") && action &&
             strcmp(action, "get") == 0 && vcsa_at_least(appliance, "6.7.0.20000"))
        send_vcha(call);
    else
        return false;
    return true;
}
