/*
 * vcsa_vcenter.c - what only Single Sign-On users may ask, on port 443: certificates, the
 * topology of linked vCenters, VCHA; and vpxd's greeting at /sdk.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "vcsa.h"

#define CERTIFICATES "/vcenter/certificate-management/vcenter/"

static void add_name(X509 *cert, const char *name)
{
    auto_free char *names = xasprintf("DNS:%s", name);
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    (void)X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *certificate(EVP_PKEY *key, int64_t expires_ms, const char *dns)
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
    if (dns)
        add_name(cert, dns);
    (void)X509_set_pubkey(cert, key);
    (void)X509_sign(cert, key, EVP_sha256());
    return cert;
}

char *vcsa_pem_until(int64_t expires_ms, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = certificate(key, expires_ms, name);
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

/* Made once: they stay the same for a long time, and many ask. Borrowed. */
static const char *kept_pem(struct lab_pem *kept, int64_t expires_ms, const char *name)
{
    if (!kept->pem || kept->expires_ms != expires_ms || kept->name != name) {
        free(kept->pem);
        *kept = (struct lab_pem){expires_ms, name, vcsa_pem_until(expires_ms, name)};
    }
    return kept->pem;
}

static void send_tls(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    int64_t expires = json_number(disk, "tls_expires_ms", 0);
    const struct faults *faults = &call->appliance->faults;
    const char *name = faults->certificate_misnamed ? "vc-before.lab" : "localhost";
    const char *pem = kept_pem(&call->appliance->vcsa->tls, expires, name);
    char thumbprint[LAB_THUMBPRINT_SIZE];
    vcsa_thumbprint(call->appliance, thumbprint);
    rest_send(call, 200,
              json_pack("{s:o, s:o, s:s, s:s, s:[s], s:s}", "valid_from",
                        rest_instant(expires - 800LL * 86400 * 1000), "valid_to",
                        rest_instant(expires), "thumbprint", thumbprint, "subject_dn",
                        "CN=vc", "subject_alternative_name", name, "cert", pem));
}

static void send_sts(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    int64_t expires = json_number(disk, "sts_expires_ms", 0);
    struct vcsa *vcsa = call->appliance->vcsa;
    const char *leaf = kept_pem(&vcsa->sts_leaf, expires, NULL);
    const char *root = kept_pem(&vcsa->sts_root, expires + 3650LL * 86400 * 1000, NULL);
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

/* ---- VCHA: on the disk once somebody changed it, before that by the fault ---- */

#define VCHA_MS 4000 /* of a change, in the time of the lab */

static const char *vcha_state(const struct appliance *appliance, const json_t *disk)
{
    const char *state = json_text(disk, "vcha");
    return state ? state : appliance->faults.vcha ? "CONFIGURED" : "NOTCONFIGURED";
}

static void send_vcha(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    const char *state = vcha_state(call->appliance, disk);
    json_t *value = json_pack("{s:s}", "config_state", state);
    if (strcmp(state, "CONFIGURED") == 0) {
        json_object_set_new(value, "mode", json_string("ENABLED"));
        json_object_set_new(value, "health_state", json_string("HEALTHY"));
    }
    rest_send(call, 200, value);
}

static void vcha_is_off(struct appliance *appliance)
{
    vcsa_disk_set(appliance, "vcha", json_string("NOTCONFIGURED"));
}

static void vcha_is_on(struct appliance *appliance)
{
    vcsa_disk_set(appliance, "vcha", json_string("CONFIGURED"));
}

/* One change at a time, and none to what it is already. */
static void change_vcha(struct rest_call *call, bool deploy)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    auto_json json_t *spec = vcsa_body(call, "spec");
    if (!spec)
        return;
    bool on = strcmp(vcha_state(call->appliance, disk), "CONFIGURED") == 0;
    if (on == deploy) {
        vcsa_not_allowed(call, "com.vmware.vcha.state",
                         deploy ? "VCHA is configured already."
                                : "VCHA is not configured.");
        return;
    }
    vcsa_after(call->appliance, VCHA_MS, deploy ? vcha_is_on : vcha_is_off);
    rest_send(call, 200, json_string("5c8b1c2e-vcha:com.vmware.vcenter.vcha.cluster"));
}

static bool handle_vcha(struct rest_call *call)
{
    const char *action = web_query(call->request, "action");
    if (!vcsa_is(call, "POST", "/vcenter/vcha/cluster") || !action ||
        !vcsa_at_least(call->appliance, "6.7.0.20000"))
        return false;
    if (strcmp(action, "get") == 0)
        send_vcha(call);
    else if (strcmp(action, "deploy") == 0 || strcmp(action, "undeploy") == 0)
        change_vcha(call, strcmp(action, "deploy") == 0);
    else
        return false;
    return true;
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
    else
        return handle_vcha(call);
    return true;
}
