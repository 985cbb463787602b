/*
 * nsx_t.c - an NSX-T cluster: three managers behind one address, their versions and their
 * state, and the backups.
 *
 * A version is told with six numbers; a refused login is a 403 with error_code 403; errors
 * are {error_code, error_message, module_name}. What the upgrade coordinator does stands in
 * nsx_t_upgrade.c.
 */
#include <stdio.h>
#include <string.h>

#include "nsx.h"
#include "rest_parts.h"

#define HOUR_MS (3600LL * 1000)

static const char *const uuids[NSX_MANAGERS] = {"41d1a442-aaaa-4a01-9f10-000000000001",
                                                "41d1a442-aaaa-4a01-9f10-000000000002",
                                                "41d1a442-aaaa-4a01-9f10-000000000003"};

void nsx_t_send(struct nsx_call *call, json_t *value)
{
    auto_json json_t *body = value;
    auto_free char *text = json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT);
    call->reply->status = 200;
    buf_adds(&call->reply->body, text);
}

void nsx_t_error(struct nsx_call *call, unsigned status, int code, const char *text)
{
    auto_json json_t *body =
        json_pack("{s:i, s:s, s:s}", "error_code", code, "error_message",
                  call->appliance->faults.escape_text ? LAB_HOSTILE : text, "module_name",
                  "upgrade-coordinator");
    auto_free char *out = json_dumps(body, JSON_COMPACT);
    nsx_text(call, status, "application/json", out);
}

/* "4.1.0.2.0.21761695" */
static json_t *told(const char *release)
{
    auto_free char *text = xasprintf(
        "%s.0.%s", release, strcmp(release, NSX_T_NEW) ? "21761695" : "22667789");
    return json_string(text);
}

json_t *nsx_t_first_disk(const struct appliance *appliance, int64_t now)
{
    const struct faults *faults = &appliance->faults;
    int64_t age = faults->old_backup ? 90 * HOUR_MS : 3 * HOUR_MS;
    json_t *backups = json_array();
    if (!faults->no_backup)
        json_array_append_new(
            backups, json_pack("{s:s, s:I, s:I, s:b}", "backup_id", "b-1", "start_time",
                               (json_int_t)(now - age - 60000), "end_time",
                               (json_int_t)(now - age), "success", 1));
    return json_pack("{s:[s,s,s], s:s, s:s, s:s, s:s, s:b, s:{}, s:o, s:b, s:[], s:s}",
                     "managers", NSX_T_OLD, NSX_T_OLD, NSX_T_OLD, "product", NSX_T_OLD,
                     "coordinator", NSX_T_OLD, "target", "", "bundle", "", "eula", 0,
                     "components", "backups", backups, "backing_up", 0, "history",
                     "cluster", faults->red_before ? "DEGRADED" : "STABLE");
}

/* ---- versions ---- */

static void send_version(struct nsx_call *call, size_t manager)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const json_t *managers = json_object_get(disk, "managers");
    const char *release = json_string_value(json_array_get(managers, manager));
    const char *product = json_text(disk, "product");
    nsx_t_send(call, json_pack("{s:o, s:o}", "node_version", told(release ? release : ""),
                               "product_version", told(product ? product : "")));
}

/* /api/v1/cluster/ID/node/version */
static bool handle_manager(struct nsx_call *call)
{
    static const char prefix[] = "/api/v1/cluster/", suffix[] = "/node/version";
    const char *path = call->request->path, *id = path + sizeof prefix - 1;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return false;
    for (size_t i = 0; i < NSX_MANAGERS; i++) {
        if (strncmp(id, uuids[i], strlen(uuids[i])) != 0 ||
            strcmp(id + strlen(uuids[i]), suffix) != 0)
            continue;
        send_version(call, i);
        return true;
    }
    return false;
}

static void send_cluster(struct nsx_call *call)
{
    json_t *nodes = json_array();
    for (int i = 0; i < NSX_MANAGERS; i++) {
        auto_free char *name =
            xasprintf("%s-%c.lab.example", call->appliance->name, (char)('a' + i));
        json_array_append_new(nodes, json_pack("{s:s, s:s, s:s}", "node_uuid", uuids[i],
                                               "fqdn", name, "status", "JOINED"));
    }
    nsx_t_send(call, json_pack("{s:s, s:o}", "cluster_id",
                               "9c1f4b0e-aaaa-4a01-9f10-0000000000ff", "nodes", nodes));
}

static void send_cluster_status(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *word = json_text(disk, "cluster");
    bool stable = word && strcmp(word, "STABLE") == 0;
    json_t *online = json_array(), *offline = json_array();
    for (int i = 0; i < NSX_MANAGERS; i++) {
        auto_free char *address = xasprintf("10.0.0.%d", 11 + i);
        json_array_append_new(i == 2 && !stable ? offline : online,
                              json_pack("{s:s, s:s}", "uuid", uuids[i],
                                        "mgmt_cluster_listen_ip_address", address));
    }
    nsx_t_send(
        call,
        json_pack("{s:{s:s, s:o, s:o}, s:{s:s}, s:{s:s, s:[{s:s, s:s}, {s:s, s:s}]}}",
                  "mgmt_cluster_status", "status", word ? word : "UNKNOWN",
                  "online_nodes", online, "offline_nodes", offline,
                  "control_cluster_status", "status", stable ? "STABLE" : "DEGRADED",
                  "detailed_cluster_status", "overall_status",
                  stable ? "STABLE" : "DEGRADED", "groups", "group_type", "DATASTORE",
                  "group_status", stable ? "STABLE" : "DEGRADED", "group_type", "MANAGER",
                  "group_status", "STABLE"));
}

static void send_node_status(struct nsx_call *call)
{
    const struct faults *faults = &call->appliance->faults;
    int64_t now = lab_now_ms() - (faults->old_clock ? 2 * HOUR_MS : 0);
    nsx_t_send(call, json_pack("{s:I, s:I, s:[{s:s, s:i, s:i}, {s:s, s:i, s:i}]}",
                               "system_time", (json_int_t)now, "uptime",
                               (json_int_t)(lab_now_ms() - call->appliance->vm.boot_ms),
                               "file_systems", "mount", "/", "total", 10000000, "used",
                               4200000, "mount", "/repository", "total", 30000000, "used",
                               faults->disk_full ? 29100000 : 12000000));
}

/* ---- backups ---- */

static void end_backup(struct appliance *appliance)
{
    auto_json json_t *disk = nsx_disk(appliance);
    int64_t now = lab_now_ms();
    json_array_append_new(json_object_get(disk, "backups"),
                          json_pack("{s:s, s:I, s:I, s:b}", "backup_id", "b-now",
                                    "start_time", (json_int_t)now - 1000, "end_time",
                                    (json_int_t)now, "success", 1));
    json_object_set_new(disk, "backing_up", json_false());
    nsx_disk_put(appliance, steal_ptr(&disk));
    nsx_note(appliance, "backup", NULL, "success");
}

static void begin_backup(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    if (json_is_true(json_object_get(disk, "backing_up"))) {
        nsx_t_error(call, 409, 29153, "Another backup operation is in progress.");
        return;
    }
    nsx_disk_set(call->appliance, "backing_up", json_true());
    nsx_after(call->appliance, lab_scaled(call->appliance->endpoint.lab, 2000),
              end_backup);
    nsx_t_send(call, json_object());
}

static bool handle_backup(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const json_t *backups = json_object_get(disk, "backups");
    const char *action = web_query(call->request, "action");
    if (nsx_is(call, "GET", "/api/v1/cluster/backups/config"))
        nsx_t_send(call, json_pack("{s:b, s:{s:s, s:i, s:s}}", "backup_enabled", 1,
                                   "remote_file_server", "server", "backup.lab.example",
                                   "port", 22, "directory_path", "/nsx"));
    else if (nsx_is(call, "GET", "/api/v1/cluster/backups/history"))
        nsx_t_send(call, json_pack("{s:O, s:O, s:O}", "cluster_backup_statuses", backups,
                                   "node_backup_statuses", backups,
                                   "inventory_backup_statuses", backups));
    else if (nsx_is(call, "GET", "/api/v1/cluster/backups/status"))
        nsx_t_send(call,
                   json_pack("{s:s}", "operation_type",
                             json_is_true(json_object_get(disk, "backing_up")) ? "BACKUP"
                                                                               : "NONE"));
    else if (nsx_is(call, "POST", "/api/v1/cluster") && action &&
             strcmp(action, "backup_to_remote") == 0)
        begin_backup(call);
    else
        return false;
    return true;
}

#define COMPUTE_MANAGERS "/api/v1/fabric/compute-managers"
#define COMPUTE_MANAGER  "5a2f0c11-aaaa-4a01-9f10-0000000000c1"

static bool handle_compute_managers(struct nsx_call *call)
{
    bool lost = call->appliance->faults.vcenter_lost;
    if (nsx_is(call, "GET", COMPUTE_MANAGERS))
        nsx_t_send(call,
                   json_pack("{s:i, s:[{s:s, s:s, s:s, s:s, s:s}]}", "result_count", 1,
                             "results", "id", COMPUTE_MANAGER, "display_name",
                             "vcenter-1", "server", "vcenter.lab.example", "origin_type",
                             "vCenter", "resource_type", "ComputeManager"));
    else if (nsx_is(call, "GET", COMPUTE_MANAGERS "/" COMPUTE_MANAGER "/status"))
        nsx_t_send(call, lost ? json_pack("{s:s, s:s, s:[{s:s}]}", "connection_status",
                                          "DOWN", "registration_status", "REGISTERED",
                                          "connection_errors", "error_message",
                                          "Certificate of the server has changed")
                              : json_pack("{s:s, s:s, s:s}", "connection_status", "UP",
                                          "registration_status", "REGISTERED", "version",
                                          "7.0.3"));
    else
        return false;
    return true;
}

void nsx_t_answer(struct nsx_call *call)
{
    if (nsx_is(call, "GET", "/api/v1/node/version"))
        send_version(call, 0);
    else if (nsx_is(call, "GET", "/api/v1/node/status"))
        send_node_status(call);
    else if (nsx_is(call, "GET", "/api/v1/cluster"))
        send_cluster(call);
    else if (nsx_is(call, "GET", "/api/v1/cluster/status"))
        send_cluster_status(call);
    else if (!handle_manager(call) && !handle_backup(call) &&
             !handle_compute_managers(call) && !nsx_t_handle_fabric(call) &&
             !nsx_t_handle_upgrade(call))
        nsx_t_error(call, 404, 98, "The requested URI could not be found.");
}
