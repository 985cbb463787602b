/*
 * vcsa_sdk.c - vpxd of a vCenter: greeting, login, views.
 *
 * Envelope, order of children, cookies and faults are those of soap.c, as strict as for
 * managers. Sessions end when services stop, and with a reboot or revert.
 */
#include <stdio.h>
#include <string.h>

#include "vcsa_sdk.h"

const char *vcsa_sdk_uuid(const struct appliance *appliance, char out[40])
{
    (void)snprintf(out, 40, "4237bbbb-0000-4000-a000-%012d", appliance->index + 1);
    return out;
}

bool vcsa_sdk_changed(const struct appliance *appliance)
{
    auto_free char *version = vcsa_text(appliance, "version");
    return strcmp(version, appliance->first_version) != 0;
}

/* vpxd knows three fields of the version. */
static void short_version(const char *version, char out[24])
{
    int fields = 0;
    size_t end = 0;
    for (; version[end] && end < 23; end++) {
        fields += version[end] == '.';
        if (fields == 3)
            break;
    }
    (void)snprintf(out, 24, "%.*s", (int)end, version);
}

static void greet(struct soap_call *call)
{
    auto_free char *version = vcsa_text(call->vcenter, "version");
    const char *build = vcsa_build(version, true);
    char three[24], uuid[40];
    struct buf *out = &call->out;
    short_version(version, three);
    buf_adds(out, "<returnval>");
    soap_moref(out, "rootFolder", "Folder", "group-d1");
    soap_moref(out, "propertyCollector", "PropertyCollector", "propertyCollector");
    soap_moref(out, "viewManager", "ViewManager", "ViewManager");
    buf_addf(
        out,
        "<about><name>VMware vCenter Server</name><fullName>VMware vCenter Server %s "
        "build-%s</fullName><vendor>VMware, Inc.</vendor><version>%s</version>"
        "<build>%s</build><osType>linux-x64</osType><productLineId>vpx"
        "</productLineId><apiType>VirtualCenter</apiType><apiVersion>%s.0"
        "</apiVersion><instanceUuid>%s</instanceUuid></about>",
        three, build, three, build, three, vcsa_sdk_uuid(call->vcenter, uuid));
    soap_moref(out, "sessionManager", "SessionManager", "SessionManager");
    soap_moref(out, "taskManager", "TaskManager", "TaskManager");
    soap_moref(out, "extensionManager", "ExtensionManager", "ExtensionManager");
    soap_moref(out, "licenseManager", "LicenseManager", "LicenseManager");
    soap_moref(out, "searchIndex", "SearchIndex", "SearchIndex");
    buf_adds(out, "</returnval>");
}

static void note(const struct soap_call *call, const char *kind)
{
    ledger_add(call->lab, kind,
               json_pack("{s:s, s:s}", "appliance", call->vcenter->name, "via", "sdk"));
}

static void log_in(struct soap_call *call)
{
    auto_free char *user = soap_text(call->method, "userName");
    auto_free char *password = soap_text(call->method, "password");
    if (strcmp(user, LAB_SSO_USER) != 0 || strcmp(password, LAB_PASSWORD) != 0 ||
        call->vcenter->faults.rejects_login || call->vcenter->faults.sso_lost ||
        session_use(call->lab, call->sessions, call->token)) {
        note(call, "login_refused");
        soap_fault(call, "InvalidLogin",
                   "Cannot complete login due to an incorrect user name or password.",
                   NULL);
        return;
    }
    const char *token = session_add(call->lab, call->sessions);
    if (!token) {
        call->reply->drop = true;
        return;
    }
    call->reply->cookie =
        xasprintf("vmware_soap_session=\"%s\"; Path=/; HttpOnly; Secure", token);
    buf_adds(&call->out, "<returnval>");
    soap_element(&call->out, "key", token);
    soap_element(&call->out, "userName", LAB_SSO_USER);
    buf_adds(&call->out, "</returnval>");
    note(call, "login");
}

static void log_out(struct soap_call *call)
{
    session_drop(call->sessions, call->token);
    note(call, "logout");
}

static void create_view(struct soap_call *call)
{
    /* All views of this vpxd are of everything; what is wanted says the propSet. */
    soap_moref(&call->out, "returnval", "ContainerView", "session[vpxd]view");
}

static void nothing(struct soap_call *call)
{
    (void)call;
}

static void current_time(struct soap_call *call)
{
    char now[32];
    soap_element(&call->out, "returnval", soap_time(vcsa_now_ms(call->vcenter), now));
}

static const struct method {
    const char *name;
    soap_method act;
    bool open; /* without a session */
} methods[] = {
    {"RetrieveServiceContent", greet, true},
    {"Login", log_in, true},
    {"Logout", log_out, false},
    {"CurrentTime", current_time, false},
    {"CreateContainerView", create_view, false},
    {"DestroyView", nothing, false},
    {"RetrievePropertiesEx", vcsa_sdk_retrieve, false},
    {"ContinueRetrievePropertiesEx", vcsa_sdk_continue, false},
    {"AddLicense", vcsa_sdk_add_license, false},
    {"DecodeLicense", vcsa_sdk_decode_license, false},
    {"QueryAssignedLicenses", vcsa_sdk_query_assigned, false},
    {"UpdateAssignedLicense", vcsa_sdk_update_assigned, false},
};

soap_method vcsa_sdk_method(const char *name, bool *needs_session)
{
    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            *needs_session = !methods[i].open;
            return methods[i].act;
        }
    }
    return NULL;
}
