/*
 * vcsa_settings.c - what somebody configured on a vCenter: its name, DNS, time servers and
 * their tests, proxy, scheduled backups, and where updates come from.
 *
 * All of it is on the guest's disk (`settings` in vcsa.json), so it goes back with a
 * snapshot. The name is localhost, because it is looked up from the outside too, and a
 * lab asks no name server.
 */
#include <string.h>

#include "vcsa.h"

static bool changed(const struct appliance *appliance)
{
    auto_free char *version = vcsa_text(appliance, "version");
    return strcmp(version, appliance->first_version) != 0;
}

/* With the fault settings_lost an update puts DNS and proxy back as they came. */
static bool lost(const struct appliance *appliance)
{
    return appliance->faults.settings_lost && changed(appliance);
}

static json_t *get_hostname(struct rest_call *call)
{
    (void)call;
    return json_string("localhost");
}

static json_t *get_servers(struct rest_call *call)
{
    return json_pack("{s:s, s:[s]}", "mode", lost(call->appliance) ? "dhcp" : "is_static",
                     "servers", "127.0.0.53");
}

static json_t *one_proxy(bool on)
{
    return json_pack("{s:b, s:s, s:i}", "enabled", on, "server", on ? "proxy.lab" : "",
                     "port", on ? 3128 : -1);
}

static json_t *get_proxy(struct rest_call *call)
{
    json_t *map = rest_map(call);
    rest_map_add(call, map, "http", one_proxy(!lost(call->appliance)));
    rest_map_add(call, map, "https", one_proxy(false));
    return map;
}

static json_t *get_schedules(struct rest_call *call)
{
    json_t *map = rest_map(call);
    if (!lost(call->appliance) && !call->appliance->faults.no_backup)
        rest_map_add(call, map, "default",
                     json_pack("{s:[s], s:s, s:s, s:b, s:{s:i, s:i}, s:{s:i}}", "parts",
                               "seat", "location", "sftp://backup.example/vc",
                               "location_user", "backup", "enable", 1, "recurrence_info",
                               "hour", 2, "minute", 30, "retention_info", "max_count",
                               7));
    return map;
}

/* ---- where updates come from ---- */

static json_t *get_policy(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    json_t *kept = json_object_get(disk, "policy");
    json_t *policy = kept ? json_deep_copy(kept)
                          : json_pack("{s:[], s:b, s:b}", "check_schedule", "auto_stage",
                                      0, "certificate_check", 1);
    json_object_set_new(policy, "default_URL",
                        json_string("https://vapp-updates.example/vai-catalog/"));
    json_object_set_new(policy, "auto_update", json_false());
    json_object_set_new(policy, "manual_control", json_true());
    json_object_del(policy, "password");
    return policy;
}

static void put_policy(struct rest_call *call)
{
    auto_json json_t *body = vcsa_body(call, "policy");
    if (!body)
        return;
    if (!json_is_array(json_object_get(body, "check_schedule")) ||
        !json_is_boolean(json_object_get(body, "auto_stage"))) {
        rest_error(call, 400, "INVALID_ARGUMENT", "policy",
                   "check_schedule and auto_stage are needed.");
        return;
    }
    vcsa_disk_set(call->appliance, "policy", json_deep_copy(body));
    ledger_add(call->appliance->endpoint.lab, "policy",
               json_pack("{s:s, s:b, s:s}", "appliance", call->appliance->name, "custom",
                         json_text(body, "custom_URL") != NULL, "outcome", "success"));
    rest_send_nothing(call);
}

/* ---- tests: ?action=test, or .../test in the old dialect ---- */

static json_t *test_name(struct rest_call *call, const json_t *body)
{
    bool wrong = call->appliance->faults.dns_wrong;
    if (!json_text(body, "name"))
        return NULL;
    return wrong ? json_pack("{s:s, s:[{s:o, s:s}]}", "status", "red", "messages",
                             "message",
                             rest_message("dns.ptr", "No PTR record leads back to it."),
                             "result", "failure")
                 : json_pack("{s:s, s:[]}", "status", "green", "messages");
}

static json_t *test_servers(struct rest_call *call, const json_t *body)
{
    (void)call;
    if (!json_array_size(json_object_get(body, "servers")))
        return NULL;
    return json_pack("{s:s, s:[]}", "status", "green", "messages");
}

static json_t *test_ntp(struct rest_call *call, const json_t *body)
{
    bool silent = call->appliance->faults.ntp_silent;
    json_t *list = json_array(), *server;
    size_t index;
    json_array_foreach(json_object_get(body, "servers"), index, server)
    {
        json_array_append_new(
            list, json_pack("{s:O, s:s, s:o}", "server", server, "status",
                            silent ? "SERVER_UNREACHABLE" : "SERVER_REACHABLE", "message",
                            rest_message("ntp", silent ? "No answer." : "Reachable.")));
    }
    return list;
}

static const struct route {
    const char *path;
    json_t *(*get)(struct rest_call *call);
    json_t *(*test)(struct rest_call *call, const json_t *body);
} routes[] = {
    {"/appliance/networking/dns/hostname", get_hostname, test_name},
    {"/appliance/networking/dns/servers", get_servers, test_servers},
    {"/appliance/networking/proxy", get_proxy, NULL},
    {"/appliance/recovery/backup/schedules", get_schedules, NULL},
    {"/appliance/update/policy", get_policy, NULL},
    {"/appliance/ntp", NULL, test_ntp},
};

static bool is_test(const struct rest_call *call, const char *path)
{
    const char *action = web_query(call->request, "action");
    auto_free char *old = xasprintf("%s/test", path);
    return call->old_dialect
               ? vcsa_is(call, "POST", old)
               : vcsa_is(call, "POST", path) && action && strcmp(action, "test") == 0;
}

static void run_test(struct rest_call *call, const struct route *route)
{
    auto_json json_t *body = vcsa_body(call, NULL);
    json_t *answer = body ? route->test(call, body) : NULL;
    if (answer)
        rest_send(call, 200, answer);
    else if (body)
        rest_error(call, 400, "INVALID_ARGUMENT", "test", "There is nothing to test.");
}

bool vcsa_handle_settings(struct rest_call *call)
{
    if (vcsa_is(call, "PUT", "/appliance/update/policy")) {
        put_policy(call);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (routes[i].test && is_test(call, routes[i].path)) {
            run_test(call, &routes[i]);
            return true;
        }
        if (routes[i].get && vcsa_is(call, "GET", routes[i].path)) {
            rest_send(call, 200, routes[i].get(call));
            return true;
        }
    }
    return false;
}
