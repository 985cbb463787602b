/*
 * soap.c - the managers' vim25 API: envelope, session, dispatch, faults.
 *
 * Stricter than the free simulator where a real vCenter is: children in schema
 * order, the urn:vim25 namespace, a session for everything but the greeting,
 * cookies with quotation marks. A fault is HTTP 500 with soapenv:Fault. Only
 * well-formed XML without a DOCTYPE is looked at.
 */
#include <string.h>

#include <libxml/parser.h>

#include "soap.h"
#include "vcsa_sdk.h"
#include "util/timefmt.h"

#define ENVELOPE_NAMESPACE "http://schemas.xmlsoap.org/soap/envelope/"
#define COOKIE             "vmware_soap_session"

static void auto_doc_fn(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}
#define auto_doc __attribute__((cleanup(auto_doc_fn)))

/* ---- reading ---- */

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

xmlNode *soap_next(const xmlNode *parent, const xmlNode *node)
{
    xmlNode *next = node ? node->next : parent->children;
    while (next && next->type != XML_ELEMENT_NODE)
        next = next->next;
    return next;
}

xmlNode *soap_child(const xmlNode *parent, const char *name)
{
    xmlNode *node = soap_next(parent, NULL);
    while (node && !is_named(node, name))
        node = soap_next(parent, node);
    return node;
}

static char *own(xmlChar *text)
{
    char *copy = xstrdup_null((const char *)text);
    xmlFree(text);
    return copy;
}

char *soap_content(const xmlNode *node)
{
    return own(xmlNodeGetContent(node));
}

char *soap_text(const xmlNode *parent, const char *name)
{
    const xmlNode *node = soap_child(parent, name);
    return node ? soap_content(node) : NULL;
}

bool soap_bool(const xmlNode *parent, const char *name, bool fallback)
{
    auto_free char *text = soap_text(parent, name);
    return text ? strcmp(text, "true") == 0 || strcmp(text, "1") == 0 : fallback;
}

char *soap_attribute(const xmlNode *node, const char *name)
{
    return own(xmlGetNoNsProp(node, (const xmlChar *)name));
}

char *soap_xsi_type(const xmlNode *node)
{
    auto_free char *text =
        own(xmlGetNsProp(node, (const xmlChar *)"type",
                         (const xmlChar *)"http://www.w3.org/2001/XMLSchema-instance"));
    const char *colon = text ? strrchr(text, ':') : NULL;
    return xstrdup(colon ? colon + 1 : text ? text : "");
}

/* ---- writing ---- */

void soap_escape(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            buf_adds(out, "&amp;");
        else if (*text == '<')
            buf_adds(out, "&lt;");
        else if (*text == '>')
            buf_adds(out, "&gt;");
        else
            buf_addc(out, *text);
    }
}

void soap_element(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "<%s>", name);
    soap_escape(out, text);
    buf_addf(out, "</%s>", name);
}

void soap_moref(struct buf *out, const char *name, const char *type, const char *ref)
{
    buf_addf(out, "<%s type=\"%s\">%s</%s>", name, type, ref, name);
}

const char *soap_time(int64_t ms, char out[32])
{
    return time_iso(ms, out, 32);
}

void soap_fault(struct soap_call *call, const char *type, const char *message,
                const char *fields)
{
    if (call->fault.length)
        return;
    buf_adds(&call->fault, "<soapenv:Fault><faultcode>ServerFaultCode</faultcode>");
    soap_element(&call->fault, "faultstring", message);
    buf_addf(&call->fault,
             "<detail><%sFault xmlns=\"" VIM_NAMESPACE
             "\" xsi:type=\"%s\">%s</%sFault></detail>"
             "</soapenv:Fault>",
             type, type, fields ? fields : "", type);
}

static void send_reply(struct soap_call *call)
{
    struct buf *body = &call->reply->body;
    buf_adds(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<soapenv:Envelope xmlns:soapenv=\"" ENVELOPE_NAMESPACE "\""
                   " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
                   " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
                   "<soapenv:Body>\n");
    if (call->fault.length)
        buf_add(body, call->fault.data, call->fault.length);
    else
        buf_addf(body, "<%sResponse xmlns=\"" VIM_NAMESPACE "\">%s</%sResponse>",
                 call->name, buf_text(&call->out), call->name);
    buf_adds(body, "\n</soapenv:Body>\n</soapenv:Envelope>");
    call->reply->status = call->fault.length ? 500 : 200;
    call->reply->type = "text/xml; charset=utf-8";
}

/* ---- one call ---- */

/* The cookie's value as it was set: with quotation marks. */
static char *cookie_token(const struct web_request *request)
{
    const char *header = web_header(request, "Cookie");
    const char *at = header ? strstr(header, COOKIE "=\"") : NULL;
    if (!at)
        return NULL;
    at += strlen(COOKIE "=\"");
    const char *end = strchr(at, '"');
    return end ? xstrndup(at, (size_t)(end - at)) : NULL;
}

/* False (with a fault) unless the document is an envelope with one method. */
static bool open_envelope(struct soap_call *call, const xmlDoc *doc)
{
    xmlNode *root = doc && !doc->intSubset ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *body = root && is_named(root, "Envelope") ? soap_child(root, "Body") : NULL;
    call->method = body ? soap_next(body, NULL) : NULL;
    if (!call->method || !root->ns ||
        strcmp((const char *)root->ns->href, ENVELOPE_NAMESPACE) != 0) {
        soap_fault(call, "InvalidRequest",
                   "The request is no SOAP envelope with one method.", NULL);
        return false;
    }
    const xmlNode *header = soap_child(root, "Header");
    call->operation_id = header ? soap_text(header, "operationID") : NULL;
    call->name = (const char *)call->method->name;
    return true;
}

static void not_authenticated(struct soap_call *call)
{
    soap_fault(call, "NotAuthenticated", "The session is not authenticated.",
               "<object type=\"Folder\">group-d1</object>"
               "<privilegeId>System.View</privilegeId>");
}

static void lose_reply(struct soap_call *call)
{
    struct faults *faults = call->vm        ? &call->vm->appliance->faults
                            : call->vcenter ? &call->vcenter->faults
                                            : NULL;
    if (!faults || faults->drop_times <= 0 || call->fault.length ||
        strcmp(faults->drop_method, call->name) != 0)
        return;
    faults->drop_times--;
    call->reply->drop = true;
}

static void dispatch(struct soap_call *call)
{
    bool needs_session = true;
    soap_method method = call->vcenter ? vcsa_sdk_method(call->name, &needs_session)
                                       : soap_find_method(call->name, &needs_session);
    if (!method) {
        soap_fault(call, "MethodNotFound", "The method is not known.", NULL);
        return;
    }
    if (!soap_check(call))
        return;
    if (needs_session && !session_use(call->lab, call->sessions, call->token)) {
        not_authenticated(call);
        return;
    }
    method(call);
    lose_reply(call);
}

static void send_versions(struct web_reply *reply)
{
    reply->type = "text/xml";
    buf_adds(&reply->body,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<namespaces version=\"1.0\">"
             "<namespace><name>" VIM_NAMESPACE "</name><version>8.0.3.0</version>"
             "<priorVersions><version>8.0.2.0</version><version>7.0.3.0</version>"
             "<version>6.7</version><version>6.5</version><version>6.0</version>"
             "<version>5.5</version></priorVersions></namespace></namespaces>");
}

void soap_serve(const struct web_request *request, struct web_reply *reply)
{
    struct manager *manager = request->endpoint->manager;
    struct appliance *vcenter = request->endpoint->appliance;
    struct soap_call call = {.request = request,
                             .reply = reply,
                             .manager = manager,
                             .vcenter = vcenter,
                             .sessions =
                                 manager ? &manager->sessions : &vcenter->vcsa->sdk,
                             .lab = request->endpoint->lab,
                             .name = "",
                             .token = cookie_token(request)};
    auto_doc xmlDoc *doc =
        xmlReadMemory(request->body, (int)request->body_length, NULL, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (open_envelope(&call, doc))
        dispatch(&call);
    send_reply(&call);
    buf_free(&call.out);
    buf_free(&call.fault);
    free(call.operation_id);
    free(call.token);
}

void soap_answer(const struct web_request *request, struct web_reply *reply)
{
    const struct manager *manager = request->endpoint->manager;
    if (lab_now_ms() < manager->down_until_ms) {
        reply->status = 503;
        reply->type = "text/plain";
        buf_adds(&reply->body, "503 Service Unavailable (vpxd is starting)");
    } else if (strcmp(request->path, "/sdk/vimServiceVersions.xml") == 0) {
        send_versions(reply);
    } else if (strcmp(request->path, "/sdk") != 0 &&
               strcmp(request->path, "/sdk/") != 0) {
        reply->status = 404;
    } else if (strcmp(request->method, "POST") != 0) {
        reply->status = 405;
    } else {
        soap_serve(request, reply);
    }
}
