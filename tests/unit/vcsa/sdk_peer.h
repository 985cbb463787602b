/*
 * sdk_peer.h - a scripted vpxd behind the scripted vCenter of vcsa_peer.h: it greets, logs
 * in, wants its cookie back as it was, and answers methods by a list of rules.
 *
 *     struct vpxd vpxd;
 *     vpxd_begin(&vpxd, (struct sdk_rule[]){{"RetrievePropertiesEx", "HostSystem",
 *                                            PAGE(HOST("host-1", ...))}, {0}});
 *     assert_int_equal(vc_read(&vpxd.vc, &call, "inventory", "{}"), SLIPWAY_DONE);
 *     vpxd_end(&vpxd);
 *
 * The first rule of the method whose needle is in the request, and that is not used up,
 * answers with its text as the children of the response; a text that begins with
 * "<soapenv:Fault" is sent as it stands. A method without a rule is a MethodNotFound.
 */
#ifndef TEST_SDK_PEER_H
#define TEST_SDK_PEER_H

#include "vcsa_peer.h"

#define SDK_RULES_MAX 24
#define SDK_UUID      "4237aaaa-0000-4000-a000-000000000001"
#define SSO_USER      "administrator@vsphere.local"

#define SDK_FAULT(type)                                                                  \
    "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>no</faultstring>" \
    "<detail><" type "Fault xmlns=\"urn:vim25\" xsi:type=\"" type "\"/></detail>"        \
    "</soapenv:Fault>"
#define PAGE(objects) "<returnval>" objects "</returnval>"
#define OBJECT(type, ref, properties)                                                    \
    "<objects><obj type=\"" type "\">" ref "</obj>" properties "</objects>"
#define PROPERTY(name, value)                                                            \
    "<propSet><name>" name "</name><val>" value "</val></propSet>"

struct sdk_rule {
    const char *method, *needle; /* needle NULL: any request */
    const char *answer;
    int times; /* 0: always */
    int used;
};

struct vpxd {
    struct vc vc;
    struct sdk_rule rules[SDK_RULES_MAX];
    unsigned logins, logouts, epoch;
    bool refuses;      /* InvalidLogin */
    char *said;        /* all requests, for vpxd_saw() */
    const char *about; /* version in its greeting */
};

static inline void vpxd_send(struct peer_link *link, const char *method,
                             const char *children, const char *headers)
{
    bool fault = !strncmp(children, "<soapenv:Fault", 14);
    auto_free char *body =
        xasprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope "
                  "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
                  "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
                  "%s%s%s%s%s%s%s</soapenv:Body></soapenv:Envelope>",
                  fault ? "" : "<", fault ? "" : method,
                  fault ? "" : "Response xmlns=\"urn:vim25\">", children,
                  fault ? "" : "</", fault ? "" : method, fault ? "" : "Response>");
    peer_reply_with(link, fault ? 500 : 200, "text/xml", headers, body);
}

static inline void vpxd_greet(struct peer_link *link, const struct vpxd *vpxd)
{
    auto_free char *content = xasprintf(
        "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
        "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector>"
        "<viewManager type=\"ViewManager\">vm</viewManager><about><fullName>vCenter "
        "%s</fullName><version>%s</version><build>1</build><apiVersion>8.0.3.0"
        "</apiVersion><instanceUuid>" SDK_UUID "</instanceUuid></about>"
        "<sessionManager type=\"SessionManager\">sm</sessionManager>"
        "<taskManager type=\"TaskManager\">tm</taskManager>"
        "<extensionManager type=\"ExtensionManager\">em</extensionManager>"
        "<licenseManager type=\"LicenseManager\">lm</licenseManager>"
        "<searchIndex type=\"SearchIndex\">si</searchIndex></returnval>",
        vpxd->about, vpxd->about);
    vpxd_send(link, "RetrieveServiceContent", content, "");
}

/* The method's name: what follows the first '<' after the body's opening. */
static inline void vpxd_method(const struct peer_ask *ask, char *out, size_t size)
{
    const char *at = strstr(ask->body, "<soapenv:Body>");
    at = at ? strchr(at + 1, '<') : NULL;
    size_t length = at ? strcspn(at + 1, " >/") : 0;
    (void)snprintf(out, size, "%.*s", (int)length, at ? at + 1 : "");
}

static inline void vpxd_rules_answer(struct peer_link *link, struct vpxd *vpxd,
                                     const char *method, const char *body)
{
    for (size_t i = 0; i < SDK_RULES_MAX && vpxd->rules[i].method; i++) {
        struct sdk_rule *rule = &vpxd->rules[i];
        if (strcmp(rule->method, method) != 0 ||
            (rule->needle && !strstr(body, rule->needle)) ||
            (rule->times && rule->used >= rule->times))
            continue;
        rule->used++;
        if (rule->answer)
            vpxd_send(link, method, rule->answer, "");
        else
            peer_hang_up(link);
        return;
    }
    vpxd_send(link, method, SDK_FAULT("MethodNotFound"), "");
}

static inline void vpxd_answer(struct peer_link *link, struct vc *vc,
                               const struct peer_ask *ask)
{
    struct vpxd *vpxd = vc->sdk_context;
    char method[64], cookie[128] = "";
    auto_free char *body = xstrndup(ask->body, ask->body_length);
    auto_free char *said = vpxd->said;
    auto_free char *mine =
        xasprintf("vmware_soap_session=\"canary-soap-%u\"", vpxd->epoch);
    vpxd_method(ask, method, sizeof method);
    (void)peer_header(ask, "Cookie", cookie, sizeof cookie);
    vpxd->said = xasprintf("%s%s\n", said ? said : "", body);
    if (!strcmp(method, "RetrieveServiceContent")) {
        vpxd_greet(link, vpxd);
    } else if (!strcmp(method, "Login")) {
        auto_free char *set = xasprintf("Set-Cookie: %s; Path=/; HttpOnly\r\n", mine);
        vpxd->logins++;
        vpxd_send(link, method,
                  vpxd->refuses ? SDK_FAULT("InvalidLogin") : "<returnval/>",
                  vpxd->refuses ? "" : set);
    } else if (strcmp(cookie, mine) != 0) {
        vpxd_send(link, method, SDK_FAULT("NotAuthenticated"), "");
    } else if (!strcmp(method, "Logout")) {
        vpxd->logouts++;
        vpxd_send(link, method, "", "");
    } else if (!strcmp(method, "CreateContainerView")) {
        vpxd_send(link, method, "<returnval type=\"ContainerView\">view-1</returnval>",
                  "");
    } else if (!strcmp(method, "DestroyView")) {
        vpxd_send(link, method, "", "");
    } else {
        vpxd_rules_answer(link, vpxd, method, body);
    }
}

static inline void vpxd_rules(struct vpxd *vpxd, const struct sdk_rule *rules)
{
    memset(vpxd->rules, 0, sizeof vpxd->rules);
    for (size_t i = 0; rules[i].method; i++)
        vpxd->rules[i] = rules[i];
}

static inline void vpxd_begin(struct vpxd *vpxd, const struct sdk_rule *rules)
{
    *vpxd = (struct vpxd){.about = "8.0.3"};
    vpxd_rules(vpxd, rules);
    vc_begin(&vpxd->vc, SSO_USER, NULL);
    vpxd->vc.sdk = vpxd_answer;
    vpxd->vc.sdk_context = vpxd;
    vc_rules(
        &vpxd->vc,
        (struct rule[]){{.ask = "GET /api/appliance/system/version",
                         .status = 200,
                         .body = VERSION_NEW},
                        {.ask = "GET /api/vcenter/services", .status = 200, .body = "{}"},
                        {0}});
}

static inline int vpxd_saw(const struct vpxd *vpxd, const char *text)
{
    int count = 0;
    for (const char *at = vpxd->said; at && (at = strstr(at, text)); at++)
        count++;
    return count;
}

static inline void vpxd_end(struct vpxd *vpxd)
{
    vc_end(&vpxd->vc);
    free(vpxd->said);
}

#endif
