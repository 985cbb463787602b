/*
 * nsx_t_upgrade.c - the upgrade coordinator of an NSX-T cluster.
 *
 *   bundle       UPLOADING, VERIFYING, SUCCESS; or FAILED with words
 *   coordinator  IN_PROGRESS, away behind a 503 in HTML, SUCCESS
 *   checks       IN_PROGRESS, COMPLETED; a second run meanwhile is error 30953
 *   EDGE, HOST   IN_PROGRESS, SUCCESS; HOST may pause on its way
 *   MP           503, refused connections and 503 again, one manager after the other comes
 *                back with the new release; SUCCESS while the cluster is still DEGRADED
 *   FINALIZE_UPGRADE  sets the product's version
 *
 * A component that is asked for while it, or another one, moves is refused and recorded. What
 * moved when the machine lost its power has failed.
 */
#include <stdio.h>
#include <string.h>

#include "nsx.h"
#include "rest_parts.h"

static const char *const types[] = {"EDGE", "HOST", "MP", "FINALIZE_UPGRADE"};

/* ---- components on the disk ---- */

static char *status_of(const struct appliance *appliance, const char *type)
{
    auto_json json_t *disk = nsx_disk(appliance);
    const char *word = json_text(json_object_get(disk, "components"), type);
    return xstrdup(word ? word : "NOT_STARTED");
}

static void set_status(const struct appliance *appliance, const char *type,
                       const char *word, const char *details)
{
    json_t *disk = nsx_disk(appliance);
    json_object_set_new(json_object_get(disk, "components"), type, json_string(word));
    json_object_set_new(disk, "details", json_string(details));
    nsx_disk_put(appliance, disk);
}

static const char *moving(const struct appliance *appliance)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        auto_free char *word = status_of(appliance, types[i]);
        if (strcmp(word, "IN_PROGRESS") == 0)
            return types[i];
    }
    return NULL;
}

static const char *overall(const struct appliance *appliance)
{
    size_t done = 0, idle = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        auto_free char *word = status_of(appliance, types[i]);
        if (strcmp(word, "FAILED") == 0)
            return "FAILED";
        done += strcmp(word, "SUCCESS") == 0;
        idle += strcmp(word, "NOT_STARTED") == 0;
    }
    if (moving(appliance))
        return "IN_PROGRESS";
    return done == ARRAY_LENGTH(types)   ? "SUCCESS"
           : idle == ARRAY_LENGTH(types) ? "NOT_STARTED"
                                         : "PAUSED";
}

static void end_component(struct appliance *appliance, const char *word,
                          const char *details)
{
    const char *type = moving(appliance);
    if (!type)
        return;
    set_status(appliance, type, word, details);
    nsx_note(appliance, "nsx_end", type, strcmp(word, "SUCCESS") ? "error" : "success");
}

/* ---- the managers, one after the other ---- */

static void upgrade_manager(struct appliance *appliance, size_t index)
{
    auto_json json_t *disk = nsx_disk(appliance);
    if (index == 2 && appliance->faults.update_lies)
        return;
    json_array_set_new(json_object_get(disk, "managers"), index, json_string(NSX_T_NEW));
    nsx_disk_put(appliance, steal_ptr(&disk));
}

static void cut(struct appliance *appliance, bool up, bool html)
{
    atomic_store(&appliance->up, up);
    appliance->nsx->html = html;
    net_cut(&appliance->endpoint);
}

static void proxy_only(struct appliance *appliance)
{
    nsx_disk_set(appliance, "cluster", json_string("DEGRADED"));
    appliance->nsx->html = true;
}

static void nobody(struct appliance *appliance)
{
    cut(appliance, false, false);
    upgrade_manager(appliance, 1);
}

static void back(struct appliance *appliance)
{
    cut(appliance, true, false);
    if (appliance->faults.update_fails)
        end_component(appliance, "FAILED",
                      "Upgrade of manager failed at step mp_notify_completion: compute "
                      "managers are unhealthy.");
}

static void proxy_again(struct appliance *appliance)
{
    if (moving(appliance)) {
        upgrade_manager(appliance, 2);
        appliance->nsx->html = true;
    }
}

static void last_back(struct appliance *appliance)
{
    appliance->nsx->html = false;
    if (moving(appliance))
        upgrade_manager(appliance, 0);
}

static void succeed(struct appliance *appliance)
{
    end_component(appliance, "SUCCESS", "");
}

static void settle(struct appliance *appliance)
{
    auto_free char *mp = status_of(appliance, "MP");
    if (strcmp(mp, "SUCCESS") == 0 && !appliance->faults.sick)
        nsx_disk_set(appliance, "cluster", json_string("STABLE"));
}

static void begin_managers(struct appliance *appliance, int64_t length)
{
    static const struct {
        int percent;
        void (*fn)(struct appliance *);
    } steps[] = {{15, proxy_only}, {30, nobody},  {50, back},   {60, proxy_again},
                 {75, last_back},  {85, succeed}, {100, settle}};
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
        if (!appliance->faults.hangs || steps[i].percent <= 50)
            nsx_after(appliance, length * steps[i].percent / 100, steps[i].fn);
}

/* ---- the other components ---- */

static void pause_hosts(struct appliance *appliance)
{
    appliance->faults.pauses = 0; /* somebody mends it */
    end_component(appliance, "PAUSED",
                  "Host esx-03.lab.example cannot enter maintenance mode.");
}

static void finalise(struct appliance *appliance)
{
    auto_json json_t *disk = nsx_disk(appliance);
    json_object_set_new(disk, "product", json_string(NSX_T_NEW));
    json_array_append_new(json_object_get(disk, "history"),
                          json_pack("{s:I, s:s, s:s, s:s}", "timestamp",
                                    (json_int_t)lab_now_ms(), "initial_version",
                                    NSX_T_OLD, "target_version", NSX_T_NEW,
                                    "upgrade_status", "SUCCESS"));
    nsx_disk_put(appliance, steal_ptr(&disk));
    nsx_set_version(appliance, NSX_T_NEW);
    succeed(appliance);
}

static void begin_component(struct appliance *appliance, const char *type)
{
    const struct lab *lab = appliance->endpoint.lab;
    int64_t length =
        (int64_t)((double)lab_scaled(lab, lab->update_ms) * appliance->faults.slow);
    bool managers = strcmp(type, "MP") == 0, last = strcmp(type, types[3]) == 0;
    appliance->nsx->began_ms = lab_now_ms();
    appliance->nsx->length_ms = managers ? length : length / 4;
    set_status(appliance, type, "IN_PROGRESS", "");
    nsx_note(appliance, "nsx_begin", type, "success");
    if (managers)
        begin_managers(appliance, length);
    else if (strcmp(type, "HOST") == 0 && appliance->faults.pauses)
        nsx_after(appliance, length / 8, pause_hosts);
    else
        nsx_after(appliance, length / 4, last ? finalise : succeed);
}

/* ---- the plan ---- */

static bool is_known(const char *type)
{
    for (size_t i = 0; type && i < ARRAY_LENGTH(types); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static const char *objection(struct nsx_call *call, const char *type, bool resume)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *target = json_text(disk, "target"), *uc = json_text(disk, "coordinator");
    if (!is_known(type))
        return "The component type is not known.";
    auto_free char *word = status_of(call->appliance, type);
    if (!target || strcmp(target, NSX_T_NEW) != 0)
        return "No upgrade bundle is uploaded.";
    if (!uc || strcmp(uc, NSX_T_NEW) != 0)
        return "The upgrade coordinator is not upgraded.";
    if (!json_is_true(json_object_get(disk, "eula")))
        return "The end user license agreement is not accepted.";
    if (moving(call->appliance))
        return "An upgrade is already in progress.";
    return strcmp(word, resume ? "PAUSED" : "NOT_STARTED") == 0 ||
                   strcmp(word, "FAILED") == 0
               ? NULL
               : "The component is not in a state for this.";
}

static void plan(struct nsx_call *call)
{
    const char *action = web_query(call->request, "action");
    const char *type = web_query(call->request, "component_type");
    bool resume = action && strcmp(action, "continue") == 0;
    if (action && strcmp(action, "pause") == 0) {
        end_component(call->appliance, "PAUSED", "Paused by a user.");
        call->appliance->nsx->run++;
        nsx_t_send(call, json_object());
        return;
    }
    if (!resume && (!action || strcmp(action, "upgrade") != 0)) {
        nsx_t_error(call, 400, 30001, "The action is not known.");
        return;
    }
    const char *why = objection(call, type, resume);
    if (why) {
        nsx_note(call->appliance, "nsx_begin", type, "error");
        nsx_t_error(call, 400, 30024, why);
        return;
    }
    begin_component(call->appliance, type);
    if (nsx_drops(call->appliance, "upgrade"))
        call->reply->drop = true;
    else
        nsx_t_send(call, json_object());
}

/* ---- status ---- */

static json_t *checks_json(const json_t *disk)
{
    const char *word = json_text(disk, "checks");
    return json_pack("{s:s, s:I}", "status", word ? word : "NOT_STARTED", "start_time",
                     json_number(disk, "checks_ms", 0));
}

static void send_status(struct nsx_call *call)
{
    struct appliance *appliance = call->appliance;
    auto_json json_t *disk = nsx_disk(appliance);
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        auto_free char *word = status_of(appliance, types[i]);
        bool moves = strcmp(word, "IN_PROGRESS") == 0;
        bool stopped = strcmp(word, "FAILED") == 0 || strcmp(word, "PAUSED") == 0;
        const char *details = stopped ? json_text(disk, "details") : "";
        double percent = moves                          ? nsx_percent(appliance)
                         : strcmp(word, "SUCCESS") == 0 ? 100
                                                        : 0;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:f, s:s, s:s, s:o}", "component_type", types[i],
                            "status", word, "percent_complete", percent, "details",
                            appliance->faults.escape_text ? LAB_HOSTILE : details,
                            "target_component_version", NSX_T_NEW, "pre_upgrade_status",
                            i < 3 ? checks_json(disk)
                                  : json_pack("{s:s}", "status", "NOT_STARTED")));
    }
    nsx_t_send(call, json_pack("{s:s, s:o}", "overall_upgrade_status", overall(appliance),
                               "component_status", list));
}

static json_t *told(const char *release)
{
    auto_free char *text = xasprintf(
        "%s.0.%s", release, strcmp(release, NSX_T_NEW) ? "21761695" : "22667789");
    return json_string(*release ? text : "");
}

static void send_summary(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    nsx_t_send(call,
               json_pack("{s:o, s:o, s:o, s:s, s:s, s:b}", "system_version",
                         told(json_text(disk, "product")), "target_version",
                         told(json_text(disk, "target")), "upgrade_coordinator_version",
                         told(json_text(disk, "coordinator")), "upgrade_status",
                         overall(call->appliance), "upgrade_bundle_file_name",
                         json_text(disk, "bundle"), "upgrade_coordinator_updated",
                         strcmp(json_text(disk, "coordinator"), NSX_T_NEW) == 0));
}

/* ---- the bundle ---- */

static void bundle_over(struct appliance *appliance)
{
    auto_json json_t *disk = nsx_disk(appliance);
    if (appliance->faults.bundle_bad) {
        json_object_set_new(disk, "upload", json_string("FAILED"));
    } else {
        json_object_set_new(disk, "upload", json_string("SUCCESS"));
        json_object_set_new(disk, "target", json_string(NSX_T_NEW));
        json_object_set_new(disk, "bundle",
                            json_string("VMware-NSX-upgrade-bundle-" NSX_T_NEW ".mub"));
    }
    nsx_note(appliance, "nsx_bundle", NULL,
             appliance->faults.bundle_bad ? "error" : "success");
    nsx_disk_put(appliance, steal_ptr(&disk));
}

static void bundle_verify(struct appliance *appliance)
{
    nsx_disk_set(appliance, "upload", json_string("VERIFYING"));
    nsx_after(appliance, lab_scaled(appliance->endpoint.lab, 1000), bundle_over);
}

static void fetch_bundle(struct nsx_call *call)
{
    const struct web_request *request = call->request;
    auto_json json_t *body =
        json_parse(request->body, request->body_length, LAB_REQUEST_MAX, NULL);
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *url = json_text(body, "url"), *upload = json_text(disk, "upload");
    if (!url) {
        nsx_t_error(call, 400, 30112, "The property url is missing.");
        return;
    }
    if (upload &&
        (strcmp(upload, "UPLOADING") == 0 || strcmp(upload, "VERIFYING") == 0)) {
        nsx_t_error(call, 500, 30160, "Upload of an upgrade bundle is in progress.");
        return;
    }
    nsx_disk_set(call->appliance, "upload", json_string("UPLOADING"));
    nsx_disk_set(call->appliance, "url", json_string(url));
    nsx_after(call->appliance,
              lab_scaled(call->appliance->endpoint.lab,
                         call->appliance->endpoint.lab->stage_ms),
              bundle_verify);
    if (nsx_drops(call->appliance, "bundle"))
        call->reply->drop = true;
    else
        nsx_t_send(call, json_pack("{s:s}", "bundle_id", "bundle-1"));
}

/* It repeats the URL, token and all. */
static void send_upload(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *word = json_text(disk, "upload"), *url = json_text(disk, "url");
    bool failed = word && strcmp(word, "FAILED") == 0;
    auto_free char *details =
        failed ? xasprintf("Signature verification failed for bundle from %s", url)
               : xstrdup("Fetching");
    nsx_t_send(call, json_pack("{s:s, s:s, s:s, s:i}", "status", word ? word : "NONE",
                               "url", url ? url : "", "detailed_status", details,
                               "percent", failed ? 100 : 40));
}

/* ---- the coordinator, the checks, the agreement ---- */

static void coordinator_over(struct appliance *appliance)
{
    appliance->nsx->html = false;
    nsx_disk_set(appliance, "uc", json_string("SUCCESS"));
    nsx_disk_set(appliance, "coordinator", json_string(NSX_T_NEW));
    nsx_note(appliance, "nsx_coordinator", NULL, "success");
}

static void coordinator_away(struct appliance *appliance)
{
    appliance->nsx->html = true;
}

static void upgrade_coordinator(struct nsx_call *call)
{
    struct appliance *appliance = call->appliance;
    int64_t whole = lab_scaled(appliance->endpoint.lab, 2000);
    nsx_disk_set(appliance, "uc", json_string("IN_PROGRESS"));
    nsx_after(appliance, whole / 4, coordinator_away);
    nsx_after(appliance, whole, coordinator_over);
    nsx_t_send(call, json_object());
}

static void send_coordinator(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *word = json_text(disk, "uc");
    nsx_t_send(call, json_pack("{s:s, s:s}", "state", word ? word : "NOT_STARTED",
                               "status", "Upgrade-coordinator upgrade"));
}

static void checks_over(struct appliance *appliance)
{
    nsx_disk_set(appliance, "checks", json_string("COMPLETED"));
}

static void run_checks(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *word = json_text(disk, "checks");
    if (word && strcmp(word, "IN_PROGRESS") == 0) {
        nsx_t_error(call, 500, 30953, "Execution of pre-upgrade checks is in progress.");
        return;
    }
    nsx_disk_set(call->appliance, "checks", json_string("IN_PROGRESS"));
    nsx_disk_set(call->appliance, "checks_ms", json_integer((json_int_t)lab_now_ms()));
    nsx_note(call->appliance, "nsx_checks", NULL, "success");
    nsx_after(call->appliance, lab_scaled(call->appliance->endpoint.lab, 1500),
              checks_over);
    if (nsx_drops(call->appliance, "checks"))
        call->reply->drop = true;
    else
        nsx_t_send(call, json_object());
}

/* Two pages, so that a client must turn one. */
static void send_findings(struct nsx_call *call)
{
    const char *cursor = web_query(call->request, "cursor");
    const struct faults *faults = &call->appliance->faults;
    json_t *results = json_array();
    if (!cursor)
        json_array_append_new(results, json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "id",
                                                 "backupOperationCheck", "component_type",
                                                 "MP", "type", "WARNING", "origin_name",
                                                 "manager", "message", "message",
                                                 "Take a backup before the upgrade."));
    if (cursor && faults->precheck_error)
        json_array_append_new(
            results,
            json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "id", "diskSpaceCheck",
                      "component_type", "MP", "type", "FAILURE", "origin_name",
                      "manager-b", "message", "message",
                      faults->escape_text ? LAB_HOSTILE
                                          : "/repository has less than 20 GB left."));
    json_t *body = json_pack("{s:o}", "results", results);
    if (!cursor)
        json_object_set_new(body, "cursor", json_string("page 2&more"));
    nsx_t_send(call, body);
}

/* ---- routes ---- */

static void accept_eula(struct nsx_call *call)
{
    nsx_disk_set(call->appliance, "eula", json_true());
    nsx_note(call->appliance, "nsx_eula", NULL, "success");
    nsx_t_send(call, json_object());
}

static void send_eula(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    nsx_t_send(call, json_pack("{s:O}", "acceptance", json_object_get(disk, "eula")));
}

static void send_history(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    nsx_t_send(call, json_pack("{s:O}", "results", json_object_get(disk, "history")));
}

/* Both are POST /api/v1/upgrade, told apart by their action. */
static void act(struct nsx_call *call)
{
    const char *action = web_query(call->request, "action");
    if (action && strcmp(action, "upgrade_uc") == 0)
        upgrade_coordinator(call);
    else if (action && strcmp(action, "execute_pre_upgrade_checks") == 0)
        run_checks(call);
    else
        nsx_t_error(call, 400, 30001, "The action is not known.");
}

bool nsx_t_handle_upgrade(struct nsx_call *call)
{
    static const struct {
        const char *method, *path;
        void (*fn)(struct nsx_call *);
    } routes[] = {
        {"GET", "/api/v1/upgrade/status-summary", send_status},
        {"GET", "/api/v1/upgrade/summary", send_summary},
        {"GET", "/api/v1/upgrade/history", send_history},
        {"GET", "/api/v1/upgrade/uc-upgrade-status", send_coordinator},
        {"GET", "/api/v1/upgrade/eula/acceptance", send_eula},
        {"GET", "/api/v1/upgrade/pre-upgrade-checks/failures", send_findings},
        {"GET", "/api/v1/upgrade/bundles/bundle-1/upload-status", send_upload},
        {"POST", "/api/v1/upgrade", act},
        {"POST", "/api/v1/upgrade/bundles", fetch_bundle},
        {"POST", "/api/v1/upgrade/eula/accept", accept_eula},
        {"POST", "/api/v1/upgrade/plan", plan},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!nsx_is(call, routes[i].method, routes[i].path))
            continue;
        routes[i].fn(call);
        return true;
    }
    return false;
}

void nsx_t_booted(struct appliance *appliance)
{
    end_component(appliance, "FAILED", "The manager restarted during the upgrade.");
    nsx_disk_set(appliance, "backing_up", json_false());
}
