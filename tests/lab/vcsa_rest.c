/*
 * vcsa_rest.c - a vCenter's two doors: which dialect each release speaks, who may come in
 * where, and who answers.
 *
 *   443   proxy; SSO users. 503 in plain text while services are down. /sdk is vpxd,
 *         /lookupservice/sdk the Lookup Service, which anybody may ask.
 *   5480  the appliance's own management; root, with a session or plain Basic.
 *
 *   6.0            neither: a web server's 404
 *   6.5            /rest, without /appliance/update
 *   6.7            /rest only; /api is a web server's 404
 *   7.0 to 7.0.1   /api has sessions and /vcenter, not /appliance
 *   from 7.0.2     both
 */
#include <string.h>

#include "soap.h"
#include "upgrade.h"

bool vcsa_is(const struct rest_call *call, const char *method, const char *path)
{
    return strcmp(call->request->method, method) == 0 && strcmp(call->path, path) == 0;
}

void vcsa_not_allowed(struct rest_call *call, const char *id, const char *text)
{
    rest_error(call, 400, "NOT_ALLOWED_IN_CURRENT_STATE", id, text);
}

json_t *vcsa_body(struct rest_call *call, const char *wrap)
{
    const struct web_request *request = call->request;
    auto_json json_t *body =
        json_parse(request->body, request->body_length, LAB_REQUEST_MAX, NULL);
    json_t *inner = wrap && call->old_dialect ? json_object_get(body, wrap) : body;
    if (json_is_object(inner))
        return json_incref(inner);
    rest_error(call, 400, "INVALID_REQUEST", "vapi.body", "The body is malformed.");
    return NULL;
}

static bool handle_sdk(struct rest_call *call)
{
    if (call->request->vami || strcmp(call->path, "/sdk") != 0)
        return false;
    soap_serve(call->request, call->reply);
    return true;
}

/* ---- dialects ---- */

static void web_404(struct rest_call *call)
{
    rest_plain(call, 404, "text/html", "<html><body>404 Not Found</body></html>");
}

static void not_found(struct rest_call *call)
{
    rest_error(call, 404, "NOT_FOUND", "com.vmware.vapi.rest.httpNotFound", "Not found.");
}

/* True if this release does not speak like that; it was answered. */
static bool unknown_dialect(struct rest_call *call)
{
    if (!vcsa_at_least(call->appliance, "6.5")) {
        web_404(call);
        return true;
    }
    if (call->old_dialect || vcsa_at_least(call->appliance, "7.0.2"))
        return false;
    if (!vcsa_at_least(call->appliance, "7.0")) {
        web_404(call);
        return true;
    }
    if (strncmp(call->path, "/appliance/", 11) != 0)
        return false;
    not_found(call);
    return true;
}

/* Nothing about updates before 6.7. */
static bool unknown_service(const struct rest_call *call)
{
    static const char updates[] = "/appliance/update";
    return strncmp(call->path, updates, sizeof updates - 1) == 0 &&
           !vcsa_at_least(call->appliance, "6.7");
}

static void route(struct rest_call *call)
{
    if (unknown_service(call)) {
        not_found(call);
        return;
    }
    if (vcsa_schema_refuses(call))
        return;
    if (!vcsa_handle_settings(call) && !vcsa_handle_services(call) &&
        !vcsa_handle_update(call) && !vcsa_handle_inspect(call) &&
        !vcsa_handle_vcenter(call) && !vcsa_handle_admin(call))
        not_found(call);
}

/* An expired root password is told by its own words. */
static bool root_expired(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    if (!call->request->vami ||
        json_number(disk, "password_expires_ms", 0) > vcsa_now_ms(call->appliance))
        return false;
    rest_error(call, 401, "UNAUTHENTICATED", "com.vmware.applmgmt.auth",
               "Exception in invoking authentication handler User password expired.");
    return true;
}

static const char *counted_path(const struct rest_call *call)
{
    static const char pending[] = "/appliance/update/pending/";
    const char *action = web_query(call->request, "action");
    if (action && strcmp(call->path, "/vcenter/vcha/cluster") == 0)
        return action;
    if (strncmp(call->path, pending, sizeof pending - 1) != 0)
        return call->path;
    return action ? action : "pending/version";
}

/* Once tokens cannot be signed any more only a login gets a word of its own. */
static void nobody_behind(struct rest_call *call)
{
    bool login = strcmp(call->request->method, "POST") == 0 &&
                 (strcmp(call->path, "/session") == 0 ||
                  strcmp(call->path, "/com/vmware/cis/session") == 0);
    if (login && vcsa_sts_ended(call->appliance) && !call->appliance->vcsa->starting)
        rest_plain(call, 400, "text/html",
                   "<html><body><h1>HTTP Status 400 - Bad Request</h1><p>Signing "
                   "certificate is not valid</p></body></html>");
    else
        rest_plain(call, 503, "text/plain", "no healthy upstream");
}

void vcsa_answer(const struct web_request *request, struct web_reply *reply)
{
    struct appliance *appliance = request->endpoint->appliance;
    struct vcsa *vcsa = appliance->vcsa;
    struct rest_call call = {.request = request,
                             .appliance = appliance,
                             .sessions =
                                 request->vami ? &vcsa->vami : &appliance->sessions,
                             .path = request->path,
                             .reply = reply};
    const char *user = request->vami ? "root" : LAB_SSO_USER;
    if (rest_fault_answers(&call))
        return;
    if (request->vami && atomic_load(&appliance->vami_closed)) {
        reply->drop = true;
        return;
    }
    bool soap = strcmp(call.path, "/sdk") == 0 || strcmp(call.path, LAB_LOOKUP_PATH) == 0;
    bool known = soap || rest_take_path(&call);
    vcsa_count(appliance, request->method, counted_path(&call));
    if (known && upgrade_answers(&call))
        return;
    if (!request->vami && vcsa->sso_down)
        nobody_behind(&call);
    else if (!known)
        web_404(&call);
    else if (handle_sdk(&call) || vcsa_handle_lookup(&call) || unknown_dialect(&call) ||
             root_expired(&call))
        return;
    else if (rest_handle_session(&call, user, request->vami ? "vami" : "rest"))
        return;
    else if (!rest_authenticated(&call, user))
        rest_unauthenticated(&call);
    else
        route(&call);
}
