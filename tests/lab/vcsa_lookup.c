/*
 * vcsa_lookup.c - the Lookup Service of a vCenter, at /lookupservice/sdk on port 443: where
 * solutions look up who serves what, and which certificate he shows.
 *
 *   RetrieveServiceContent ─► names of its managers        List ─► registrations
 *
 * Anybody may ask. Envelope and faults are SOAP's, the namespace is urn:lookup, children
 * come in the schema's order. Linked vCenters list each other's registrations too.
 */
#include <string.h>

#include <libxml/parser.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "link.h"
#include "soap.h"
#include "util/text.h"
#include "vcsa_sdk.h"

#define LOOKUP_NAMESPACE "urn:lookup"
#define SOAP_NAMESPACE   "http://schemas.xmlsoap.org/soap/envelope/"
#define PRODUCT          "com.vmware.cis"

/* ---- certificates ---- */

static void thumbprint_of(const char *pem, char out[LAB_THUMBPRINT_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    (void)X509_digest(certificate, EVP_sha1(), hash, &length);
    text_colon_hex(hash, LAB_THUMBPRINT_SIZE / 3, out);
    X509_free(certificate);
    BIO_free(bio);
}

/* The lab has two certificates for all. */
void vcsa_thumbprint(const struct appliance *appliance, char out[LAB_THUMBPRINT_SIZE])
{
    static struct {
        const char *pem;
        char thumbprint[LAB_THUMBPRINT_SIZE];
    } kept[2];
    const char *pem = web_certificate(appliance);
    size_t i = kept[0].pem && kept[0].pem != pem;
    if (kept[i].pem != pem)
        thumbprint_of(pem, kept[i].thumbprint);
    kept[i].pem = pem;
    memcpy(out, kept[i].thumbprint, LAB_THUMBPRINT_SIZE);
}

/* The base64 between the lines of a PEM, without breaks. */
static char *bare(const char *pem)
{
    const char *begin = strchr(pem, '\n'), *end = strstr(pem, "-----END");
    auto_buf struct buf out = {0};
    for (; begin && begin < end; begin++)
        if (*begin > ' ')
            buf_addc(&out, *begin);
    return xstrdup(buf_text(&out));
}

/* ---- registrations ---- */

static const struct service {
    const char *type, *protocol, *endpoint, *path;
} services[] = {
    {"cs.identity", "wsTrust", "com.vmware.cis.cs.identity.sso",
     "/sts/STSService/vsphere.local"},
    {"cs.lookup", "vmomi", "com.vmware.cis.cs.lookup", LAB_LOOKUP_PATH},
    {"vcenterserver", "vmomi", "com.vmware.vim", "/sdk"},
    {"vsphereui", "https", "com.vmware.vsphere.ui", "/ui"},
};

static void write_service(const struct appliance *node, const struct service *service,
                          const char *trust, const char *id, struct buf *out)
{
    char uuid[40];
    buf_adds(out, "<returnval><serviceVersion>1.0</serviceVersion><serviceEndpoints>");
    buf_addf(out, "<url>https://%s:443%s</url>", node->host, service->path);
    buf_addf(out,
             "<endpointType><protocol>%s</protocol><type>%s</type></endpointType>"
             "<sslTrust>%s</sslTrust></serviceEndpoints>",
             service->protocol, service->endpoint, trust);
    buf_addf(out,
             "<ownerId>%s@vsphere.local</ownerId><serviceType><product>" PRODUCT
             "</product><type>%s</type></serviceType><nodeId>%s</nodeId>"
             "<serviceId>%s-%s-%s</serviceId><siteId>default-first-site</siteId>"
             "</returnval>",
             service->type, service->type, vcsa_sdk_uuid(node, uuid), service->type, uuid,
             id);
}

static void write_node(const struct appliance *node, struct buf *out)
{
    auto_free char *live = bare(web_certificate(node));
    bool stale = node->faults.old_thumbprint != 0;
    auto_free char *old_pem =
        stale ? vcsa_pem_until(lab_now_ms() - 86400000LL, NULL) : xstrdup("");
    auto_free char *old = bare(old_pem);
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        bool vpxd = strcmp(services[i].type, "vcenterserver") == 0;
        if (vpxd && node->faults.sso_lost)
            continue;
        write_service(node, &services[i], vpxd && stale ? old : live, "1", out);
        if (vpxd && stale) /* the new one was registered beside it */
            write_service(node, &services[i], live, "2", out);
    }
}

static void list(const struct appliance *appliance, struct buf *out)
{
    const struct lab *lab = appliance->endpoint.lab;
    for (int i = 0; i < lab->appliance_count; i++) {
        const struct appliance *node = &lab->appliances[i];
        bool linked = appliance->link && node->link == appliance->link;
        if (node == appliance || linked)
            write_node(node, out);
    }
}

static void greet(struct buf *out)
{
    buf_adds(out, "<returnval>");
    soap_moref(out, "lookupService", "LookupLookupService", "lookupService");
    soap_moref(out, "serviceRegistration", "LookupServiceRegistration",
               "ServiceRegistration");
    soap_moref(out, "deploymentInformationService", "LookupDeploymentInformationService",
               "deploymentInformationService");
    soap_moref(out, "l10n", "LookupL10n", "l10n");
    buf_adds(out, "</returnval>");
}

/* ---- the envelope ---- */

/* The only method in the body, in the right namespace; NULL: it is none. */
static xmlNode *method_of(const xmlDoc *doc)
{
    xmlNode *root = doc && !doc->intSubset ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *body = root ? soap_child(root, "Body") : NULL;
    xmlNode *method = body ? soap_next(body, NULL) : NULL;
    bool ours = method && method->ns &&
                strcmp((const char *)method->ns->href, LOOKUP_NAMESPACE) == 0;
    return ours && !soap_next(body, method) ? method : NULL;
}

/* Its children are `_this` of this type and, of List, one filter without conditions. */
static bool is_asked(const xmlNode *method, const char *name, const char *type,
                     bool filter)
{
    xmlNode *self = soap_next(method, NULL);
    xmlNode *next = self ? soap_next(method, self) : NULL;
    auto_free char *told = self ? soap_attribute(self, "type") : NULL;
    return strcmp((const char *)method->name, name) == 0 && self &&
           strcmp((const char *)self->name, "_this") == 0 && told &&
           strcmp(told, type) == 0 &&
           (filter ? next && strcmp((const char *)next->name, "filterCriteria") == 0 &&
                         !soap_next(method, next)
                   : !next);
}

static void answer(struct rest_call *call, const char *name, const struct buf *out)
{
    buf_addf(
        &call->reply->body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope xmlns:soapenv="
        "\"" SOAP_NAMESPACE "\"><soapenv:Body><%sResponse xmlns=\"" LOOKUP_NAMESPACE
        "\">%s</%sResponse></soapenv:Body></soapenv:Envelope>",
        name, buf_text(out), name);
    call->reply->status = 200;
    call->reply->type = "text/xml; charset=utf-8";
}

static void refuse(struct rest_call *call)
{
    rest_plain(call, 500, "text/xml; charset=utf-8",
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope "
               "xmlns:soapenv=\"" SOAP_NAMESPACE "\"><soapenv:Body><soapenv:Fault>"
               "<faultcode>ServerFaultCode</faultcode><faultstring>The request is not "
               "known.</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>");
}

bool vcsa_handle_lookup(struct rest_call *call)
{
    if (call->request->vami || !vcsa_is(call, "POST", LAB_LOOKUP_PATH))
        return false;
    auto_buf struct buf out = {0};
    xmlDoc *doc =
        xmlReadMemory(call->request->body, (int)call->request->body_length, NULL, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *method = method_of(doc);
    if (method && is_asked(method, "List", "LookupServiceRegistration", true)) {
        list(call->appliance, &out);
        answer(call, "List", &out);
    } else if (method && is_asked(method, "RetrieveServiceContent",
                                  "LookupServiceInstance", false)) {
        greet(&out);
        answer(call, "RetrieveServiceContent", &out);
    } else {
        refuse(call);
    }
    xmlFreeDoc(doc);
    return true;
}
