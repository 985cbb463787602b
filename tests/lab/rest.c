/*
 * rest.c - the appliances' REST API, in both dialects.
 *
 * /api answers bare values with 201 and 204, /rest wraps everything in
 * {"value": X} with 200; errors differ too. A table maps paths to functions
 * that give a value; the envelope is put around it in one place. The state is
 * read from the guest's disk, so it is what the update script left there.
 */
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "nsx.h"
#include "rest_parts.h"
#include "util/timefmt.h"

/* ---- envelopes ---- */

void rest_send(struct rest_call *call, unsigned status, json_t *value)
{
    auto_json json_t *body =
        call->old_dialect ? json_pack("{s:o}", "value", value) : value;
    auto_free char *text = json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT);
    call->reply->status = call->old_dialect ? 200 : status;
    buf_adds(&call->reply->body, text ? text : "null");
}

void rest_send_nothing(struct rest_call *call)
{
    call->reply->status = call->old_dialect ? 200 : 204;
}

json_t *rest_message(const char *id, const char *text)
{
    return json_pack("{s:s, s:s, s:[]}", "id", id, "default_message", text, "args");
}

/* A generic error is a bad request in the old dialect, a failure in the new one. Some
   releases say the same things with other numbers: the body decides, not the status. */
static unsigned status_of(const struct rest_call *call, unsigned status, const char *kind)
{
    if (strcmp(kind, "ERROR") == 0)
        status = call->old_dialect ? 400 : 500;
    if (!call->appliance->faults.odd_status || status == 401)
        return status;
    if (strcmp(kind, "NOT_ALLOWED_IN_CURRENT_STATE") == 0)
        return 409;
    return strcmp(kind, "NOT_FOUND") == 0 ? 400 : status == 400 ? 500 : status;
}

void rest_error(struct rest_call *call, unsigned status, const char *kind, const char *id,
                const char *text)
{
    auto_json json_t *body = NULL;
    if (call->old_dialect) {
        char lower[64];
        size_t i = 0;
        for (; kind[i] && i < sizeof lower - 1; i++)
            lower[i] = (char)(kind[i] >= 'A' && kind[i] <= 'Z' ? kind[i] + 32 : kind[i]);
        lower[i] = '\0';
        auto_free char *type = xasprintf("com.vmware.vapi.std.errors.%s", lower);
        body = json_pack("{s:s, s:{s:[o]}}", "type", type, "value", "messages",
                         rest_message(id, text));
    } else {
        body = json_pack("{s:s, s:[o]}", "error_type", kind, "messages",
                         rest_message(id, text));
    }
    auto_free char *out = json_dumps(body, JSON_COMPACT);
    call->reply->status = status_of(call, status, kind);
    buf_adds(&call->reply->body, out);
}

void rest_plain(struct rest_call *call, unsigned status, const char *type,
                const char *text)
{
    call->reply->status = status;
    call->reply->type = type;
    buf_adds(&call->reply->body, text);
}

/* ---- session ---- */

void rest_unauthenticated(struct rest_call *call)
{
    rest_error(call, 401, "UNAUTHENTICATED",
               "com.vmware.vapi.endpoint.method.authentication."
               "required",
               "Authentication required.");
}

static void log_in(struct rest_call *call, const char *user, const char *via)
{
    struct appliance *appliance = call->appliance;
    if (appliance->faults.rejects_login ||
        !web_basic(call->request, user, LAB_PASSWORD)) {
        ledger_add(appliance->endpoint.lab, "login_refused",
                   json_pack("{s:s, s:s}", "appliance", appliance->name, "via", via));
        rest_unauthenticated(call);
        return;
    }
    const char *token = session_add(appliance->endpoint.lab, call->sessions);
    if (!token) {
        rest_error(call, 503, "SERVICE_UNAVAILABLE", "vapi.session.limit",
                   "User session limit reached.");
        return;
    }
    session_find(call->sessions, token)->left = appliance->faults.session_requests;
    ledger_add(appliance->endpoint.lab, "login",
               json_pack("{s:s, s:s}", "appliance", appliance->name, "via", via));
    call->reply->header = LAB_TOKEN_HEADER;
    call->reply->header_value = token;
    if (call->request->vami && !call->old_dialect) { /* 5480 wraps this one answer */
        rest_send(call, 200, json_pack("{s:s}", "value", token));
        return;
    }
    rest_send(call, 201, json_string(token));
}

static const char *given_token(const struct rest_call *call)
{
    return web_header(call->request, LAB_TOKEN_HEADER);
}

json_t *rest_instant(int64_t ms)
{
    char text[32];
    return json_string(time_iso(ms, text, sizeof text));
}

static void session_info(struct rest_call *call, const char *user)
{
    const struct session *session = session_find(call->sessions, given_token(call));
    int64_t now = lab_now_ms();
    rest_send(call, 200,
              json_pack("{s:s, s:o, s:o}", "user", user, "created_time",
                        rest_instant(session ? session->created_ms : now),
                        "last_accessed_time",
                        rest_instant(session ? session->used_ms : now)));
}

bool rest_handle_session(struct rest_call *call, const char *user, const char *via)
{
    const char *path = call->old_dialect ? "/com/vmware/cis/session" : "/session";
    if (strcmp(call->path, path) != 0)
        return false;
    const char *method = call->request->method;
    const char *action = web_query(call->request, "~action");
    if (strcmp(method, "POST") == 0 && !action) {
        log_in(call, user, via);
    } else if (!session_use(call->appliance->endpoint.lab, call->sessions,
                            given_token(call))) {
        rest_unauthenticated(call);
    } else if (strcmp(method, "DELETE") == 0) {
        session_drop(call->sessions, given_token(call));
        ledger_add(
            call->appliance->endpoint.lab, "logout",
            json_pack("{s:s, s:s}", "appliance", call->appliance->name, "via", via));
        rest_send_nothing(call);
    } else {
        session_info(call, user);
    }
    return true;
}

bool rest_authenticated(const struct rest_call *call, const char *user)
{
    struct appliance *appliance = call->appliance;
    if (appliance->faults.rejects_login)
        return false;
    return session_use(appliance->endpoint.lab, call->sessions, given_token(call)) ||
           web_basic(call->request, user, LAB_PASSWORD);
}

/* ---- values ---- */

static char *disk_text(const struct rest_call *call, const char *name)
{
    return tree_read(call->appliance->dir, name, "");
}

static json_t *get_version(struct rest_call *call)
{
    auto_free char *version = disk_text(call, "version");
    bool hostile = call->appliance->faults.escape_text;
    bool patched = strcmp(version, LAB_OLD_VERSION) != 0;
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "version",
                     json_safe_string(version, strlen(version)), "product",
                     hostile ? LAB_HOSTILE : "VMware vCenter Server", "build",
                     patched ? "24322831" : "23319993", "type",
                     "vCenter Server with an embedded Platform Services Controller",
                     "summary", patched ? "Patch for VMware vCenter Server 8.0" : "",
                     "releasedate", patched ? "October 21, 2024" : "", "install_time",
                     "2023-01-09T08:11:02.000Z");
}

static json_t *get_health(struct rest_call *call)
{
    auto_free char *health = disk_text(call, "health");
    return json_safe_string(health, strlen(health));
}

static json_t *get_green(struct rest_call *call)
{
    (void)call;
    return json_string("green");
}

static json_t *get_lastcheck(struct rest_call *call)
{
    (void)call;
    return rest_instant(lab_now_ms());
}

static json_t *get_messages(struct rest_call *call)
{
    auto_free char *health = disk_text(call, "health");
    if (strcmp(health, "green") == 0)
        return json_array();
    const char *text = call->appliance->faults.escape_text
                           ? LAB_HOSTILE
                           : "The service vpxd is not running.";
    return json_pack("[{s:s, s:o, s:o}]", "id", "com.vmware.appliance.health.vpxd",
                     "time", rest_instant(lab_now_ms()), "message",
                     rest_message("health.vpxd", text));
}

json_t *rest_map(const struct rest_call *call)
{
    return call->old_dialect ? json_array() : json_object();
}

void rest_map_add(const struct rest_call *call, json_t *map, const char *key,
                  json_t *value)
{
    if (call->old_dialect)
        json_array_append_new(map, json_pack("{s:s, s:o}", "key", key, "value", value));
    else
        json_object_set_new(map, key, value);
}

static json_t *services_with(struct rest_call *call,
                             json_t *(*about)(const char *, const char *))
{
    auto_free char *text = disk_text(call, "services");
    json_t *services = rest_map(call);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *state = strchr(line, ' ');
        if (!state)
            continue;
        *state++ = '\0';
        json_t *value = about(line, state);
        if (value)
            rest_map_add(call, services, line, value);
    }
    return services;
}

static json_t *about_unit(const char *name, const char *state)
{
    auto_free char *text = xasprintf("Service %s", name);
    return json_pack("{s:s, s:s}", "description", text, "state", state);
}

static json_t *about_service(const char *name, const char *state)
{
    auto_free char *key = xasprintf("cis.%s.ServiceName", name);
    bool up = strcmp(state, "STARTED") == 0;
    return json_pack("{s:s, s:s, s:s, s:s, s:s*}", "name_key", key, "description_key",
                     key, "startup_type", "AUTOMATIC", "state", state, "health",
                     up ? "HEALTHY" : NULL);
}

static json_t *get_services(struct rest_call *call)
{
    return services_with(call, about_unit);
}

static json_t *get_vcenter_services(struct rest_call *call)
{
    return services_with(call, about_service);
}

static json_t *get_update(struct rest_call *call)
{
    auto_free char *state = disk_text(call, "update_state");
    auto_free char *version = disk_text(call, "version");
    return json_pack("{s:o, s:o}", "state", json_safe_string(state, strlen(state)),
                     "version", json_safe_string(version, strlen(version)));
}

static json_t *get_uptime(struct rest_call *call)
{
    return json_real((double)(lab_now_ms() - call->appliance->vm.boot_ms) / 1000.0);
}

static json_t *get_time(struct rest_call *call)
{
    (void)call;
    int64_t now = lab_now_ms();
    char text[32];
    time_iso(now, text, sizeof text);
    return json_pack("{s:f, s:s%, s:s%, s:s}", "seconds_since_epoch",
                     (double)now / 1000.0, "date", text, (size_t)10, "time", text + 11,
                     (size_t)8, "timezone", "UTC");
}

static json_t *get_root_account(struct rest_call *call)
{
    (void)call;
    return json_pack("{s:[s], s:b, s:b}", "roles", "superAdmin", "enabled", 1,
                     "has_password", 1);
}

static const struct route {
    const char *path;
    json_t *(*get)(struct rest_call *call);
} routes[] = {
    {"/appliance/system/version", get_version},
    {"/appliance/system/uptime", get_uptime},
    {"/appliance/system/time", get_time},
    {"/appliance/health/system", get_health},
    {"/appliance/health/system/lastcheck", get_lastcheck},
    {"/appliance/health/system/messages", get_messages},
    {"/appliance/health/applmgmt", get_green},
    {"/appliance/health/database-storage", get_green},
    {"/appliance/health/load", get_green},
    {"/appliance/health/mem", get_green},
    {"/appliance/health/storage", get_green},
    {"/appliance/health/swap", get_green},
    {"/appliance/services", get_services},
    {"/appliance/vmon/service", get_vcenter_services},
    {"/vcenter/services", get_vcenter_services},
    {"/appliance/update", get_update},
    {"/appliance/local-accounts/root", get_root_account},
};

static bool handle_shutdown(struct rest_call *call)
{
    if (strcmp(call->path, "/appliance/shutdown") != 0 ||
        strcmp(call->request->method, "POST") != 0)
        return false;
    const char *action = web_query(call->request, "action");
    bool reboot = action && strcmp(action, "reboot") == 0;
    if (!reboot && !(action && strcmp(action, "poweroff") == 0)) {
        rest_error(call, 400, "INVALID_ARGUMENT", "shutdown.action", "Unknown action.");
        return true;
    }
    vm_shutdown_guest(&call->appliance->vm, reboot);
    rest_send_nothing(call);
    return true;
}

static void route_call(struct rest_call *call)
{
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(routes[i].path, call->path) != 0)
            continue;
        if (strcmp(call->request->method, "GET") != 0)
            break;
        rest_send(call, 200, routes[i].get(call));
        return;
    }
    if (!handle_shutdown(call))
        rest_error(call, 404, "NOT_FOUND", "com.vmware.vapi.rest.httpNotFound",
                   "Not found.");
}

bool rest_fault_answers(struct rest_call *call)
{
    struct faults *faults = &call->appliance->faults;
    if (!atomic_load(&call->appliance->up)) {
        call->reply->drop = true;
        return true;
    }
    if (faults->flood) {
        call->reply->flood = true;
        return true;
    }
    if (!fault_hits(&faults->rest_503))
        return false;
    call->reply->header = "Retry-After";
    call->reply->header_value = "1";
    rest_plain(call, 503, "text/plain", "no healthy upstream");
    return true;
}

bool rest_take_path(struct rest_call *call)
{
    if (strncmp(call->path, "/api/", 5) == 0) {
        call->path += 4;
        return true;
    }
    call->old_dialect = strncmp(call->path, "/rest/", 6) == 0;
    call->path += call->old_dialect ? 5 : 0;
    return call->old_dialect;
}

void rest_answer(const struct web_request *request, struct web_reply *reply)
{
    if (request->endpoint->lab->vcsa) {
        vcsa_answer(request, reply);
        return;
    }
    if (request->endpoint->lab->nsx) {
        nsx_answer(request, reply);
        return;
    }
    struct rest_call call = {.request = request,
                             .appliance = request->endpoint->appliance,
                             .path = request->path,
                             .sessions = &request->endpoint->appliance->sessions,
                             .reply = reply};
    if (rest_fault_answers(&call))
        return;
    if (!rest_take_path(&call)) {
        rest_error(&call, 404, "NOT_FOUND", "http", "Not found.");
        return;
    }
    if (rest_handle_session(&call, "root", "rest"))
        return;
    if (!rest_authenticated(&call, "root"))
        rest_unauthenticated(&call);
    else
        route_call(&call);
}
