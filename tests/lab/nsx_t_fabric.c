/*
 * nsx_t_fabric.c - what an NSX-T cluster tells of itself before anybody upgrades it: local
 * users and the age of their passwords, hosts and edges, open alarms.
 *
 * Lists come in pages of three, with a cursor that has to be encoded: a client must turn
 * them. Local users come as one list. An ended or ending password raises its alarm, as it
 * does on a real manager; one alarm of no weight is always open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nsx.h"
#include "rest_parts.h"

#define PAGE     3
#define HOSTS    4
#define EDGES    2
#define LIFETIME 90

/* ---- pages ---- */

/* One page of `all` (consumed), as its cursor asks for. */
static void send_page(struct nsx_call *call, json_t *all)
{
    auto_json json_t *whole = all;
    const char *cursor = web_query(call->request, "cursor");
    size_t from = cursor && cursor[0] == '#' ? strtoul(cursor + 1, NULL, 10) : 0;
    json_t *page = json_array();
    for (size_t i = from; i < json_array_size(whole) && i < from + PAGE; i++)
        json_array_append(page, json_array_get(whole, i));
    json_t *body = json_pack("{s:o, s:I}", "results", page, "result_count",
                             (json_int_t)json_array_size(whole));
    if (from + PAGE < json_array_size(whole))
        json_object_set_new(body, "cursor", json_sprintf("#%zu&", from + PAGE));
    nsx_t_send(call, body);
}

/* ---- local users ---- */

static json_t *user(const char *name, int id, const char *status, int age_days)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:i, s:i, s:i, s:b}", "username", name,
                     "full_name", name, "userid", id, "status", status,
                     "password_change_frequency", LIFETIME, "password_change_warning", 7,
                     "last_password_change", age_days, "password_reset_required", 0);
}

static void send_users(struct nsx_call *call)
{
    const struct faults *faults = &call->appliance->faults;
    int age_days = faults->password_days ? LIFETIME - faults->password_days : 12;
    json_t *audit = faults->password_expired
                        ? user("audit", 10002, "PASSWORD_EXPIRED", 97)
                        : user("audit", 10002, "ACTIVE", 12);
    nsx_t_send(call, json_pack("{s:i, s:[o, o, o, o]}", "result_count", 4, "results",
                               user("root", 0, "ACTIVE", age_days),
                               user("admin", 10000, "ACTIVE", 12), audit,
                               user("guestuser1", 10003, "NOT_ACTIVATED", 0)));
}

/* ---- hosts and edges ---- */

static bool is_down(const struct nsx_call *call, int index)
{
    return call->appliance->faults.node_down && index == HOSTS + EDGES - 1;
}

static char *id_of(int index)
{
    return xasprintf("7c1d0000-aaaa-4a01-9f10-0000000000%02d", index);
}

static json_t *status_of(const struct nsx_call *call, int index)
{
    bool down = is_down(call, index), edge = index >= HOSTS;
    const char *word = down ? "DOWN" : "UP";
    auto_free char *id = id_of(index);
    auto_free char *name =
        xasprintf("%s-%02d", edge ? "edge" : "esx", edge ? index - HOSTS + 1 : index + 1);
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:i, s:i, s:i}}", "node_uuid", id,
                     "node_display_name", name, "status", word, "mgmt_connection_status",
                     word, "control_connection_status", "status", word, "up_count",
                     down ? 0 : 3, "down_count", down ? 3 : 0, "degraded_count", 0);
}

static json_t *state_of(const struct nsx_call *call, int index)
{
    bool down = is_down(call, index);
    auto_free char *id = id_of(index);
    json_t *state = json_pack("{s:s, s:s, s:s, s:[]}", "transport_node_id", id, "state",
                              down ? "failed" : "success", "maintenance_mode_state",
                              "DISABLED", "details");
    if (down)
        json_array_append_new(
            json_object_get(state, "details"),
            json_pack("{s:s, s:s, s:i, s:s}", "sub_system_id", id, "state", "failed",
                      "failure_code", 26028, "failure_message",
                      call->appliance->faults.escape_text
                          ? LAB_HOSTILE
                          : "Host configuration failed: no answer of the node agent"));
    return state;
}

static void send_nodes(struct nsx_call *call,
                       json_t *(*one)(const struct nsx_call *call, int index))
{
    json_t *all = json_array();
    for (int i = 0; i < HOSTS + EDGES; i++)
        json_array_append_new(all, one(call, i));
    send_page(call, all);
}

/* ---- alarms ---- */

struct event {
    const char *feature, *type, *severity, *summary, *advice;
};

static const struct event disk = {"edge_health", "edge_disk_usage_high", "MEDIUM",
                                  "A disk is 76 % full.", "Look for old files."};
static const struct event ending = {"password_management", "password_is_about_to_expire",
                                    "HIGH", "The password of user root ends soon.",
                                    "Set it by the command set user root password."};
static const struct event ended = {"password_management", "password_expired", "CRITICAL",
                                   "The password of user audit has ended.",
                                   "Set it by the command set user audit password."};
static const struct event service = {"infrastructure_service", "service_status_unknown",
                                     "CRITICAL", "The service SEARCH does not answer.",
                                     "Restart it by restart service search."};

static void add_alarm(const struct nsx_call *call, json_t *all, const struct event *event)
{
    auto_free char *node = xasprintf("%s-a", call->appliance->name);
    const char *summary =
        call->appliance->faults.escape_text ? LAB_HOSTILE : event->summary;
    json_array_append_new(
        all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "feature_name",
                       event->feature, "event_type", event->type, "severity",
                       event->severity, "status", "OPEN", "node_display_name", node,
                       "summary", summary, "recommended_action", event->advice));
}

/* The grave ones come last, behind a page of others. */
static void send_alarms(struct nsx_call *call)
{
    const struct faults *faults = &call->appliance->faults;
    json_t *all = json_array();
    for (int i = 0; i < PAGE; i++)
        add_alarm(call, all, &disk);
    if (faults->password_days)
        add_alarm(call, all, &ending);
    if (faults->password_expired)
        add_alarm(call, all, &ended);
    if (faults->red_alarm)
        add_alarm(call, all, &service);
    send_page(call, all);
}

bool nsx_t_handle_fabric(struct nsx_call *call)
{
    if (nsx_is(call, "GET", "/api/v1/node/users"))
        send_users(call);
    else if (nsx_is(call, "GET", "/api/v1/transport-nodes/state"))
        send_nodes(call, state_of);
    else if (nsx_is(call, "GET", "/api/v1/transport-zones/transport-node-status"))
        send_nodes(call, status_of);
    else if (nsx_is(call, "GET", "/api/v1/alarms"))
        send_alarms(call);
    else
        return false;
    return true;
}
