/*
 * vcsa_update.c - /appliance/update: what is offered, staged, judged and installed.
 *
 * The quirks: 404 when there is nothing to install, 400 when nothing is staged (also for a
 * while after staging began), one operation at a time, precheck asks for the SSO
 * password, maps as lists in the old dialect. The state is a file on the guest's disk, so
 * an SSH session sees the same one.
 */
#include <string.h>

#include "faults.h"
#include "vcsa.h"

#define PENDING "/appliance/update/pending"

/* ---- small things ---- */

static bool is_busy(const struct appliance *appliance)
{
    auto_free char *state = vcsa_text(appliance, "update_state");
    return strstr(state, "_IN_PROGRESS") != NULL;
}

/* False: the reply to this action is lost, by a fault. */
static bool reply_is_lost(struct rest_call *call, const char *action)
{
    struct faults *faults = &call->appliance->faults;
    if (strcmp(faults->drop_method, action) != 0 || !faults->drop_times)
        return false;
    faults->drop_times--;
    call->reply->drop = true;
    return true;
}

static const json_t *staged_of(const json_t *disk)
{
    const json_t *staged = json_object_get(disk, "staged");
    return json_is_object(staged) ? staged : NULL;
}

static json_t *summary(const struct appliance *appliance, const char *version, bool named)
{
    json_t *one = json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:i}", "name", "VC-PATCH", "description",
        rest_message("patch", "Patch for VMware vCenter Server"), "priority", "HIGH",
        "severity", "CRITICAL", "update_type", "SECURITY", "release_date",
        "2024-10-21T00:00:00.000Z", "reboot_required", 1, "size", 8192);
    if (appliance->faults.escape_text)
        json_object_set_new(one, "name",
                            json_safe_string(LAB_HOSTILE, sizeof LAB_HOSTILE - 1));
    if (named)
        json_object_set_new(one, "version", json_string(version));
    return one;
}

/* ---- state ---- */

static json_t *progress_of(const struct appliance *appliance, bool *known)
{
    const struct vcsa *vcsa = appliance->vcsa;
    int64_t passed = lab_now_ms() - vcsa->began_ms;
    *known = vcsa->length_ms > 0;
    int percent = *known ? (int)(passed * 100 / vcsa->length_ms) : 0;
    if (appliance->faults.hangs && percent > 42)
        percent = 42;
    return json_pack("{s:i, s:i, s:o}", "total", 100, "completed",
                     percent > 99  ? 99
                     : percent < 0 ? 0
                                   : percent,
                     "message",
                     rest_message("p", appliance->faults.escape_text
                                           ? LAB_HOSTILE
                                           : "Installing packages"));
}

static json_t *error_of(const struct rest_call *call, const json_t *task)
{
    const char *text = json_text(task, "error");
    json_t *list =
        json_pack("[o]", rest_message("com.vmware.appliance.update.failed", text));
    return call->old_dialect
               ? json_pack("{s:s, s:{s:o}}", "type", "com.vmware.vapi.std.errors.error",
                           "value", "messages", list)
               : json_pack("{s:s, s:o}", "error_type", "ERROR", "messages", list);
}

static json_t *task_of(struct rest_call *call, const json_t *disk)
{
    const json_t *task = json_object_get(disk, "task");
    const char *status = json_text(task, "status");
    bool known = false;
    if (!status)
        return NULL;
    json_t *out = json_pack("{s:s, s:b, s:s, s:s, s:o, s:[s], s:o}", "status", status,
                            "cancelable", 0, "service", "com.vmware.appliance.update",
                            "operation", json_text(task, "operation"), "description",
                            rest_message("task", "Install update"), "subtask_order",
                            "rpm-install", "subtasks", rest_map(call));
    rest_map_add(call, json_object_get(out, "subtasks"), "rpm-install",
                 json_pack("{s:s, s:b, s:s, s:s, s:o}", "status", status, "cancelable", 0,
                           "service", "s", "operation", "o", "description",
                           rest_message("d", "Install RPMs")));
    if (json_text(task, "error"))
        json_object_set_new(out, "error", error_of(call, task));
    if (strcmp(status, "RUNNING") == 0)
        json_object_set_new(out, "progress", progress_of(call->appliance, &known));
    return out;
}

static void get_update(struct rest_call *call)
{
    struct appliance *appliance = call->appliance;
    auto_json json_t *disk = vcsa_disk(appliance);
    auto_free char *state = vcsa_text(appliance, "update_state");
    auto_free char *base = vcsa_text(appliance, "version");
    const char *target = json_text(json_object_get(disk, "task"), "version");
    const char *staged = json_text(staged_of(disk), "version");
    bool lies = appliance->vcsa->flapping &&
                (appliance->faults.state_reset || appliance->vcsa->looks++ % 2);
    const char *told = lies ? "UP_TO_DATE" : state;
    if (strcmp(told, "UP_TO_DATE") == 0 && staged)
        told = "UPDATES_PENDING";
    const char *version = strcmp(told, "UP_TO_DATE") == 0        ? base
                          : strcmp(told, "UPDATES_PENDING") == 0 ? staged ? staged : base
                          : target                               ? target
                                                                 : base;
    json_t *out = json_pack("{s:s, s:s, s:o}", "state", told, "version", version,
                            "latest_query_time", rest_instant(vcsa_now_ms(appliance)));
    json_t *task = lies ? NULL : task_of(call, disk);
    if (task)
        json_object_set_new(out, "task", task);
    rest_send(call, 200, out);
}

/* ---- offers ---- */

static void no_updates(struct rest_call *call)
{
    rest_error(call, 404, "NOT_FOUND", "com.vmware.appliance.update.no_updates_found",
               "No applicable update found");
}

static void get_pending(struct rest_call *call)
{
    struct appliance *appliance = call->appliance;
    const char *source = web_query(call->request, "source_type");
    const char *version = vcsa_next_version(appliance);
    if (!source || (strcmp(source, "LAST_CHECK") != 0 && strcmp(source, "LOCAL") != 0 &&
                    strcmp(source, "LOCAL_AND_ONLINE") != 0))
        rest_error(call, 400, "INVALID_ARGUMENT", "update.source",
                   "Unknown source_type.");
    else if (appliance->faults.repo_untrusted && strcmp(source, "LOCAL_AND_ONLINE") == 0)
        rest_error(call, 500, "ERROR", "com.vmware.appliance.update.download_failed",
                   "Failed to download the manifest: <urlopen error [SSL: "
                   "CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:719)>");
    else if (!version || appliance->faults.no_update)
        no_updates(call);
    else
        rest_send(call, 200, json_pack("[o]", summary(appliance, version, true)));
}

static void get_details(struct rest_call *call, const char *version)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    const char *staged = json_text(staged_of(disk), "version");
    json_t *out = summary(call->appliance, version, false);
    json_object_update_new(
        out, json_pack("{s:[], s:[{s:s, s:s}], s:[], s:b, s:s}", "contents",
                       "services_will_be_stopped", "service", "vpxd", "description",
                       "vpxd", "eulas", "staged", staged && strcmp(staged, version) == 0,
                       "knowledge_base", "https://docs.example/kb"));
    rest_send(call, 200, out);
}

static void get_staged(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    const json_t *staged = staged_of(disk);
    const char *version = json_text(staged, "version");
    if (!version) {
        vcsa_not_allowed(call, "com.vmware.applmgmt.update.no_stage", "No staged update");
        return;
    }
    json_t *out = summary(call->appliance, version, true);
    json_object_set_new(out, "staging_complete",
                        json_boolean(json_is_true(json_object_get(staged, "complete"))));
    rest_send(call, 200, out);
}

static void delete_staged(struct rest_call *call)
{
    if (is_busy(call->appliance)) {
        vcsa_not_allowed(call, "update.busy", "Another operation is in progress");
        return;
    }
    vcsa_disk_set(call->appliance, "staged", json_null());
    call->appliance->faults.stage_dirty = 0;
    ledger_add(call->appliance->endpoint.lab, "unstage",
               json_pack("{s:s, s:s}", "appliance", call->appliance->name, "outcome",
                         "success"));
    rest_send_nothing(call);
}

/* ---- judging ---- */

static json_t *note(const char *id, const char *text, const char *advice)
{
    json_t *out = json_pack("{s:s, s:o}", "id", id, "message", rest_message(id, text));
    if (advice)
        json_object_set_new(out, "resolution", rest_message("r", advice));
    return out;
}

static json_t *precheck_errors(const struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    json_t *errors = json_array();
    if (json_number(disk, "password_expires_ms", 0) < vcsa_now_ms(appliance))
        json_array_append_new(
            errors,
            note("root.password.expired", "Appliance (OS) root password expired.",
                 "Please change appliance (OS) root password before attempting an "
                 "update"));
    if (appliance->faults.precheck_error)
        json_array_append_new(
            errors,
            note("patch.unsupported", "Unsuported version of patch selected.", NULL));
    return errors;
}

static void precheck(struct rest_call *call)
{
    json_t *errors = precheck_errors(call->appliance);
    json_t *issues = json_pack("{s:[o]}", "warnings",
                               note("backup.recommended", "Backup recommended", NULL));
    if (json_array_size(errors))
        json_object_set(issues, "errors", errors); /* a list is absent when it is empty */
    json_decref(errors);
    rest_send(call, 200,
              json_pack("{s:o, s:i, s:b, s:o, s:[{s:s, s:s, s:o, s:o}]}", "check_time",
                        rest_instant(vcsa_now_ms(call->appliance)),
                        "estimated_time_to_install", 41, "reboot_required", 1, "issues",
                        issues, "questions", "data_item", "vmdir.password", "type",
                        "PASSWORD", "text",
                        rest_message("q", "Single Sign-On administrator password"),
                        "description", rest_message("qd", "...")));
}

/* The answer to the one question, in either dialect's shape; NULL: it was answered. */
static const char *password_in(struct rest_call *call, const json_t *body)
{
    const json_t *data = json_object_get(body, "user_data");
    bool shaped = call->old_dialect ? json_is_array(data) : json_is_object(data);
    if (!shaped) {
        rest_error(call, 400, "INVALID_REQUEST", "vapi.invalid",
                   "user_data is malformed.");
        return NULL;
    }
    const char *given = json_text(data, "vmdir.password");
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *entry = json_array_get(data, i);
        const char *key = json_text(entry, "key");
        if (key && strcmp(key, "vmdir.password") == 0)
            given = json_text(entry, "value");
    }
    return given ? given : "";
}

/* True if user_data is right; else it was answered. */
static bool answers_are_right(struct rest_call *call)
{
    auto_json json_t *body = vcsa_body(call, NULL);
    const char *given = body ? password_in(call, body) : NULL;
    if (!given)
        return false;
    if (strcmp(given, LAB_PASSWORD) == 0)
        return true;
    rest_error(call, 400, "INVALID_ARGUMENT",
               "com.vmware.appliance.update.invalid_answer",
               "The SSO administrator password is missing or wrong.");
    return false;
}

/* ---- staging ---- */

static void record_stage(const struct appliance *appliance, const char *version,
                         bool fine)
{
    ledger_add(appliance->endpoint.lab, "stage",
               json_pack("{s:s, s:s, s:s}", "appliance", appliance->name, "to", version,
                         "outcome", fine ? "success" : "error"));
}

static void stage_over(struct appliance *appliance)
{
    json_t *disk = vcsa_disk(appliance);
    auto_free char *version =
        xstrdup(json_text(json_object_get(disk, "task"), "version"));
    bool full = fault_hits(&appliance->faults.stage_no_space);
    bool dirty = appliance->faults.stage_dirty != 0; /* until it is unstaged */
    bool bad = fault_hits(&appliance->faults.manifest_bad);
    bool untrusted = appliance->faults.repo_untrusted != 0;
    bool fine = !full && !dirty && !bad && !untrusted;
    json_t *task = json_pack("{s:s, s:s, s:s}", "operation", "stage", "version", version,
                             "status", fine ? "SUCCEEDED" : "FAILED");
    if (!fine)
        json_object_set_new(
            task, "error",
            json_string(full  ? "Not enough space in /storage/core to stage"
                        : bad ? "Manifest verification failed"
                        : untrusted
                            ? "Download failed: [SSL: CERTIFICATE_VERIFY_FAILED] "
                              "certificate verify failed (_ssl.c:719)"
                            : "Staging process failed: leftovers of another attempt"));
    json_object_set_new(disk, "task", task);
    json_object_set_new(
        disk, "staged",
        fine || dirty ? json_pack("{s:s, s:b}", "version", version, "complete", fine)
                      : json_null());
    vcsa_disk_put(appliance, disk);
    vcsa_put_text(appliance, "update_state", "UP_TO_DATE");
    record_stage(appliance, version, fine);
}

static void stage_half(struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    const char *version = json_text(json_object_get(disk, "task"), "version");
    vcsa_disk_set(appliance, "staged",
                  json_pack("{s:s, s:b}", "version", version, "complete", 0));
}

static void stage(struct rest_call *call, const char *version)
{
    struct appliance *appliance = call->appliance;
    const struct lab *lab = appliance->endpoint.lab;
    int64_t length = lab_scaled(lab, lab->stage_ms);
    json_t *disk = vcsa_disk(appliance);
    json_object_set_new(disk, "staged", json_null());
    json_object_set_new(disk, "task",
                        json_pack("{s:s, s:s, s:s}", "operation", "stage", "version",
                                  version, "status", "RUNNING"));
    vcsa_disk_put(appliance, disk);
    vcsa_put_text(appliance, "update_state", "STAGE_IN_PROGRESS");
    appliance->vcsa->began_ms = lab_now_ms();
    appliance->vcsa->length_ms = length;
    vcsa_after(appliance, length / 2, stage_half);
    vcsa_after(appliance, length, stage_over);
    if (!reply_is_lost(call, "stage"))
        rest_send_nothing(call);
}

/* A power loss amid staging leaves nothing usable. */
void vcsa_update_booted(struct appliance *appliance)
{
    auto_free char *state = vcsa_text(appliance, "update_state");
    json_t *disk = vcsa_disk(appliance);
    const char *phase = json_text(disk, "phase");
    bool restarting = phase && strcmp(phase, "rebooting") == 0;
    if (strcmp(state, "STAGE_IN_PROGRESS") == 0) {
        json_object_set_new(disk, "staged", json_null());
        json_object_set_new(disk, "task", json_null());
        vcsa_put_text(appliance, "update_state", "UP_TO_DATE");
    } else if (strcmp(state, "INSTALL_IN_PROGRESS") == 0 && !restarting) {
        json_object_set_new(json_object_get(disk, "task"), "status",
                            json_string("FAILED"));
        json_object_set_new(json_object_get(disk, "task"), "error",
                            json_string("The installation was interrupted."));
        vcsa_put_text(appliance, "update_state", "INSTALL_FAILED");
    }
    vcsa_disk_put(appliance, disk);
}

/* ---- installing ---- */

static void install(struct rest_call *call, const char *version)
{
    struct appliance *appliance = call->appliance;
    auto_json json_t *disk = vcsa_disk(appliance);
    const json_t *staged = staged_of(disk);
    const char *there = json_text(staged, "version");
    auto_free char *state = vcsa_text(appliance, "update_state");
    if (strcmp(state, "INSTALL_FAILED") == 0) {
        vcsa_not_allowed(call, "update.failed",
                         "Update installation failed, vCenter Server is non-operational");
        return;
    }
    if (!there || strcmp(there, version) != 0 ||
        !json_is_true(json_object_get(staged, "complete"))) {
        vcsa_not_allowed(call, "com.vmware.applmgmt.update.no_stage", "No staged update");
        return;
    }
    if (!answers_are_right(call))
        return;
    vcsa_install_begin(appliance, version);
    if (!reply_is_lost(call, "install"))
        rest_send_nothing(call);
}

static void act(struct rest_call *call, const char *version, const char *action)
{
    if (is_busy(call->appliance)) {
        ledger_add(call->appliance->endpoint.lab, "update_refused",
                   json_pack("{s:s, s:s, s:s}", "appliance", call->appliance->name, "to",
                             version, "outcome", "error"));
        vcsa_not_allowed(call, "update.busy", "Another operation is in progress");
    } else if (strcmp(action, "precheck") == 0) {
        precheck(call);
    } else if (strcmp(action, "validate") == 0) {
        if (answers_are_right(call))
            rest_send(call, 200, json_object());
    } else if (strcmp(action, "stage") == 0) {
        stage(call, version);
    } else if (strcmp(action, "install") == 0) {
        install(call, version);
    } else {
        rest_error(call, 404, "NOT_FOUND", "com.vmware.vapi.rest.httpNotFound",
                   "Not found.");
    }
}

static void handle_version(struct rest_call *call, const char *version)
{
    const char *action = web_query(call->request, "action");
    auto_free char *installed = vcsa_text(call->appliance, "version");
    const char *next = vcsa_next_version(call->appliance);
    bool post = strcmp(call->request->method, "POST") == 0;
    if (strcmp(version, installed) == 0)
        rest_error(call, 400, "ALREADY_IN_DESIRED_STATE", "update.installed",
                   "This version is installed already.");
    else if (!next || strcmp(version, next) != 0 || call->appliance->faults.no_update)
        no_updates(call);
    else if (post && action)
        act(call, version, action);
    else
        get_details(call, version);
}

/* A rollback by the appliance itself came with 8.0.2, in the new dialect only; it needs a
   snapshot of its own, which nobody here makes. */
static bool handle_rollback(struct rest_call *call, const char *action)
{
    if (!vcsa_is(call, "POST", PENDING) || !action || strcmp(action, "rollback") != 0 ||
        call->old_dialect || !vcsa_at_least(call->appliance, "8.0.2"))
        return false;
    rest_error(call, 404, "NOT_FOUND", "com.vmware.appliance.update.no_snapshot",
               "There is no valid snapshot from before an update.");
    return true;
}

bool vcsa_handle_update(struct rest_call *call)
{
    const char *action = web_query(call->request, "action");
    if (handle_rollback(call, action))
        return true;
    if (vcsa_is(call, "POST", "/appliance/update") && action &&
        strcmp(action, "cancel") == 0) {
        vcsa_not_allowed(call, "update.cancel", "The operation cannot be canceled.");
        return true;
    }
    if (vcsa_is(call, "GET", "/appliance/update"))
        get_update(call);
    else if (vcsa_is(call, "GET", PENDING))
        get_pending(call);
    else if (vcsa_is(call, "GET", "/appliance/update/staged"))
        get_staged(call);
    else if (vcsa_is(call, "DELETE", "/appliance/update/staged"))
        delete_staged(call);
    else if (strncmp(call->path, PENDING "/", sizeof PENDING) == 0)
        handle_version(call, call->path + sizeof PENDING);
    else
        return false;
    return true;
}
