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

#include "parts.h"
#include "util/timefmt.h"

#define TOKEN_HEADER "vmware-api-session-id"

struct rest_call {
    const struct web_request *request;
    struct appliance *appliance;
    const char *path; /* below /api or /rest */
    bool old_dialect;
    struct web_reply *reply;
};

/* ---- envelopes ---- */

static void send_json(struct rest_call *call, unsigned status, json_t *value)
{
    auto_json json_t *body =
        call->old_dialect ? json_pack("{s:o}", "value", value) : value;
    auto_free char *text = json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT);
    call->reply->status = call->old_dialect ? 200 : status;
    buf_adds(&call->reply->body, text ? text : "null");
}

static void send_nothing(struct rest_call *call)
{
    call->reply->status = call->old_dialect ? 200 : 204;
}

static json_t *message(const char *id, const char *text)
{
    return json_pack("{s:s, s:s, s:[]}", "id", id, "default_message", text, "args");
}

/* `kind` in UPPER_SNAKE, as the new dialect writes it. */
static void send_error(struct rest_call *call, unsigned status, const char *kind,
                       const char *id, const char *text)
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
                         message(id, text));
    } else {
        body =
            json_pack("{s:s, s:[o]}", "error_type", kind, "messages", message(id, text));
    }
    auto_free char *out = json_dumps(body, JSON_COMPACT);
    call->reply->status = status;
    buf_adds(&call->reply->body, out);
}

/* ---- session ---- */

static void unauthenticated(struct rest_call *call)
{
    send_error(call, 401, "UNAUTHENTICATED",
               "com.vmware.vapi.endpoint.method.authentication."
               "required",
               "Authentication required.");
}

static void log_in(struct rest_call *call)
{
    struct appliance *appliance = call->appliance;
    if (appliance->faults.rejects_login ||
        !web_basic(call->request, "root", LAB_PASSWORD)) {
        ledger_add(appliance->endpoint.lab, "login_refused",
                   json_pack("{s:s, s:s}", "appliance", appliance->name, "via", "rest"));
        unauthenticated(call);
        return;
    }
    const char *token = session_add(appliance->endpoint.lab, &appliance->sessions);
    if (!token) {
        send_error(call, 503, "SERVICE_UNAVAILABLE", "vapi.session.limit",
                   "User session limit reached.");
        return;
    }
    ledger_add(appliance->endpoint.lab, "login",
               json_pack("{s:s, s:s}", "appliance", appliance->name, "via", "rest"));
    call->reply->header = TOKEN_HEADER;
    call->reply->header_value = token;
    send_json(call, 201, json_string(token));
}

static const char *given_token(const struct rest_call *call)
{
    return web_header(call->request, TOKEN_HEADER);
}

static json_t *instant(int64_t ms)
{
    char text[32];
    return json_string(time_iso(ms, text, sizeof text));
}

static void session_info(struct rest_call *call)
{
    const struct session *session =
        session_find(&call->appliance->sessions, given_token(call));
    int64_t now = lab_now_ms();
    send_json(call, 200,
              json_pack("{s:s, s:o, s:o}", "user", "root", "created_time",
                        instant(session ? session->created_ms : now),
                        "last_accessed_time", instant(session ? session->used_ms : now)));
}

static bool handle_session(struct rest_call *call)
{
    const char *path = call->old_dialect ? "/com/vmware/cis/session" : "/session";
    if (strcmp(call->path, path) != 0)
        return false;
    const char *method = call->request->method;
    const char *action = web_query(call->request, "~action");
    if (strcmp(method, "POST") == 0 && !action) {
        log_in(call);
    } else if (!session_use(call->appliance->endpoint.lab, &call->appliance->sessions,
                            given_token(call))) {
        unauthenticated(call);
    } else if (strcmp(method, "DELETE") == 0) {
        session_drop(&call->appliance->sessions, given_token(call));
        send_nothing(call);
    } else {
        session_info(call);
    }
    return true;
}

static bool authenticated(struct rest_call *call)
{
    struct appliance *appliance = call->appliance;
    if (appliance->faults.rejects_login)
        return false;
    return session_use(appliance->endpoint.lab, &appliance->sessions,
                       given_token(call)) ||
           web_basic(call->request, "root", LAB_PASSWORD);
}

/* ---- values ---- */

#define HOSTILE                                                                          \
    "\x1b[31mred\x1b[2J\x1b]0;owned\x07\xe2\x80\xae"                                     \
    "gpj.exe"

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
                     hostile ? HOSTILE : "VMware vCenter Server", "build",
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
    return instant(lab_now_ms());
}

static json_t *get_messages(struct rest_call *call)
{
    auto_free char *health = disk_text(call, "health");
    if (strcmp(health, "green") == 0)
        return json_array();
    const char *text = call->appliance->faults.escape_text
                           ? HOSTILE
                           : "The service vpxd is not running.";
    return json_pack("[{s:s, s:o, s:o}]", "id", "com.vmware.appliance.health.vpxd",
                     "time", instant(lab_now_ms()), "message",
                     message("health.vpxd", text));
}

/* One service of the map; the old dialect has a list of key and value. */
static void add_service(const struct rest_call *call, json_t *services, const char *name,
                        json_t *about)
{
    if (call->old_dialect)
        json_array_append_new(services,
                              json_pack("{s:s, s:o}", "key", name, "value", about));
    else
        json_object_set_new(services, name, about);
}

static json_t *services_with(struct rest_call *call,
                             json_t *(*about)(const char *, const char *))
{
    auto_free char *text = disk_text(call, "services");
    json_t *services = call->old_dialect ? json_array() : json_object();
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *state = strchr(line, ' ');
        if (!state)
            continue;
        *state++ = '\0';
        json_t *value = about(line, state);
        if (value)
            add_service(call, services, line, value);
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
        send_error(call, 400, "INVALID_ARGUMENT", "shutdown.action", "Unknown action.");
        return true;
    }
    vm_shutdown_guest(&call->appliance->vm, reboot);
    send_nothing(call);
    return true;
}

static void route_call(struct rest_call *call)
{
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(routes[i].path, call->path) != 0)
            continue;
        if (strcmp(call->request->method, "GET") != 0)
            break;
        send_json(call, 200, routes[i].get(call));
        return;
    }
    if (!handle_shutdown(call))
        send_error(call, 404, "NOT_FOUND", "com.vmware.vapi.rest.httpNotFound",
                   "Not found.");
}

/* True if a fault answers instead. */
static bool fault_answers(struct rest_call *call)
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
    if (!faults->rest_503)
        return false;
    if (faults->rest_503 > 0)
        faults->rest_503--;
    call->reply->status = 503;
    call->reply->type = "text/plain";
    call->reply->header = "Retry-After";
    call->reply->header_value = "1";
    buf_adds(&call->reply->body, "no healthy upstream");
    return true;
}

void rest_answer(const struct web_request *request, struct web_reply *reply)
{
    struct rest_call call = {.request = request,
                             .appliance = request->endpoint->appliance,
                             .path = request->path,
                             .reply = reply};
    if (fault_answers(&call))
        return;
    if (strncmp(request->path, "/api/", 5) == 0) {
        call.path += 4;
    } else if (strncmp(request->path, "/rest/", 6) == 0) {
        call.path += 5;
        call.old_dialect = true;
    } else {
        send_error(&call, 404, "NOT_FOUND", "http", "Not found.");
        return;
    }
    if (handle_session(&call))
        return;
    if (!authenticated(&call))
        unauthenticated(&call);
    else
        route_call(&call);
}
