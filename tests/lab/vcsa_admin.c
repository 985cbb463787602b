/*
 * vcsa_admin.c - what changes a vCenter and is no update: shutdown, SSH and shell access,
 * file-based backup. Each is an effect, so each stands in the ledger.
 */
#include <ctype.h>
#include <string.h>

#include "faults.h"
#include "vcsa.h"

static void record(const struct appliance *appliance, const char *kind, json_t *more)
{
    auto_json json_t *line = more ? more : json_object();
    json_object_set_new(line, "appliance", json_string(appliance->name));
    json_object_set_new(line, "outcome", json_string("success"));
    ledger_add(appliance->endpoint.lab, kind, json_incref(line));
}

/* ---- shutdown: ?action=reboot, or /reboot in the old dialect ---- */

static bool handle_shutdown(struct rest_call *call)
{
    const char *action = web_query(call->request, "action");
    const char *base = "/appliance/shutdown";
    if (strncmp(call->path, base, strlen(base)) != 0)
        return false;
    if (vcsa_is(call, "GET", base)) {
        rest_send(call, 200, json_pack("{s:s, s:s}", "action", "", "reason", ""));
        return true;
    }
    if (call->old_dialect)
        action = call->path[strlen(base)] == '/' ? call->path + strlen(base) + 1 : NULL;
    bool reboot = action && strcmp(action, "reboot") == 0;
    if (strcmp(call->request->method, "POST") != 0 ||
        !(reboot || (action && strcmp(action, "poweroff") == 0)))
        return false;
    auto_json json_t *body = vcsa_body(call, NULL);
    if (!body)
        return true;
    if (!json_is_integer(json_object_get(body, "delay")) || !json_text(body, "reason")) {
        rest_error(call, 400, "INVALID_ARGUMENT", "shutdown.spec",
                   "delay and reason are needed.");
        return true;
    }
    vm_shutdown_guest(&call->appliance->vm, reboot);
    rest_send_nothing(call);
    return true;
}

/* ---- access ---- */

static void put_ssh(struct rest_call *call)
{
    auto_json json_t *body = vcsa_body(call, NULL);
    if (!body)
        return;
    const json_t *on = json_object_get(body, "enabled");
    if (!json_is_boolean(on)) {
        rest_error(call, 400, "INVALID_ARGUMENT", "access", "enabled is needed.");
        return;
    }
    vcsa_disk_set(call->appliance, "ssh", json_boolean(json_is_true(on)));
    record(call->appliance, "access",
           json_pack("{s:s, s:b}", "what", "ssh", "on", json_is_true(on)));
    rest_send_nothing(call);
}

static void put_shell(struct rest_call *call)
{
    auto_json json_t *body = vcsa_body(call, "config");
    if (!body)
        return;
    const json_t *on = json_object_get(body, "enabled");
    json_int_t timeout = json_number(body, "timeout", -1);
    if (!json_is_boolean(on) || timeout < 0 || timeout > 86400) {
        rest_error(call, 400, "INVALID_ARGUMENT", "access",
                   "enabled and timeout are needed.");
        return;
    }
    vcsa_disk_set(call->appliance, "shell", json_boolean(json_is_true(on)));
    vcsa_disk_set(call->appliance, "shell_timeout", json_integer(timeout));
    record(call->appliance, "access",
           json_pack("{s:s, s:b}", "what", "shell", "on", json_is_true(on)));
    rest_send_nothing(call);
}

static bool handle_access(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    bool shell = json_is_true(json_object_get(disk, "shell"));
    if (vcsa_is(call, "GET", "/appliance/access/ssh"))
        rest_send(call, 200, json_boolean(json_is_true(json_object_get(disk, "ssh"))));
    else if (vcsa_is(call, "PUT", "/appliance/access/ssh"))
        put_ssh(call);
    else if (vcsa_is(call, "GET", "/appliance/access/shell"))
        rest_send(call, 200,
                  json_pack("{s:b, s:I}", "enabled", shell, "timeout",
                            json_number(disk, "shell_timeout", 0)));
    else if (vcsa_is(call, "PUT", "/appliance/access/shell"))
        put_shell(call);
    else
        return false;
    return true;
}

/* ---- backup ---- */

#define BACKUP "/appliance/recovery/backup"
#define JOBS   BACKUP "/job"
#define PARTS  BACKUP "/parts"

static json_t *job_view(const json_t *job)
{
    const char *status = json_text(job, "status");
    json_t *messages = json_array();
    if (status && strcmp(status, "FAILED") == 0)
        json_array_append_new(messages,
                              rest_message("com.vmware.applmgmt.backup.write",
                                           "Failed to write to the backup server: 552 "
                                           "Insufficient storage space."));
    return json_pack("{s:O, s:O, s:o, s:i, s:O, s:O?}", "id", json_object_get(job, "id"),
                     "state", json_object_get(job, "status"), "messages", messages,
                     "progress", json_object_get(job, "end_time") ? 100 : 40,
                     "start_time", json_object_get(job, "start_time"), "end_time",
                     json_object_get(job, "end_time"));
}

static void backup_over(struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    const char *id;
    json_t *job;
    json_object_foreach(json_object_get(disk, "backups"), id, job)
    {
        if (json_object_get(job, "end_time"))
            continue;
        bool full = fault_hits(&appliance->faults.backup_no_space);
        json_object_set_new(job, "status", json_string(full ? "FAILED" : "SUCCEEDED"));
        json_object_set_new(job, "end_time", rest_instant(vcsa_now_ms(appliance)));
        if (!full)
            record(appliance, "backup", json_pack("{s:s}", "job", id));
    }
    vcsa_disk_put(appliance, json_incref(disk));
}

static bool backup_runs(const json_t *disk)
{
    const char *id;
    json_t *job;
    json_object_foreach(json_object_get(disk, "backups"), id, job)
    {
        if (!json_object_get(job, "end_time"))
            return true;
    }
    return false;
}

/* 8 to 20 bytes, with a small and a capital letter, a digit and something else. */
static bool is_strong(const char *password)
{
    size_t length = strlen(password);
    bool lower = false, upper = false, digit = false, other = false;
    for (const char *at = password; *at; at++) {
        unsigned char c = (unsigned char)*at;
        lower = lower || islower(c);
        upper = upper || isupper(c);
        digit = digit || isdigit(c);
        other = other || !isalnum(c);
    }
    return length >= 8 && length <= 20 && lower && upper && digit && other;
}

/* What is wrong with a request for a backup, NULL: nothing. */
static const char *backup_flaw(const json_t *body)
{
    static const char types[] = " FTP HTTP FTPS HTTPS SCP SFTP NFS SMB ";
    auto_free char *type = xasprintf(" %s ", json_text(body, "location_type"));
    const char *password = json_text(body, "backup_password");
    if (!strstr(types, type))
        return "The location_type is not known.";
    if (!*json_text(body, "location"))
        return "The location is empty.";
    if (password && !is_strong(password))
        return "The backup_password is too weak.";
    return NULL;
}

/* What the backup server has against it, NULL: nothing. */
static const char *server_says(const struct faults *faults)
{
    return faults->backup_unreached
               ? "Failed to connect to the backup server: Connection "
                 "timed out. Check its address and the firewall."
           : faults->backup_denied ? "Access to the backup server is denied. Check the "
                                     "user name and the password."
           : faults->backup_full   ? "The backup server has 700 MB of free space; the "
                                     "backup needs 1320 MB."
                                   : NULL;
}

static void backup_validate(struct rest_call *call)
{
    auto_json json_t *body = vcsa_body(call, "piece");
    const char *flaw = body ? backup_flaw(body) : NULL;
    if (!flaw)
        flaw = server_says(&call->appliance->faults);
    if (flaw && call->appliance->faults.escape_text)
        flaw = LAB_HOSTILE;
    if (body && flaw)
        rest_send(call, 200,
                  json_pack("{s:s, s:[o]}", "status", "FAIL", "messages",
                            rest_message("backup.location", flaw)));
    else if (body)
        rest_send(call, 200, json_pack("{s:s, s:[]}", "status", "OK", "messages"));
}

static json_t *backup_part(const char *id, int megabytes, bool needed)
{
    return json_pack("{s:s, s:o, s:o, s:b, s:b, s:i}", "id", id, "name",
                     rest_message("part.name", id), "description",
                     rest_message("part.description", id), "selected_by_default", 1,
                     "optional", !needed, "size", megabytes);
}

static bool handle_parts(struct rest_call *call)
{
    if (vcsa_is(call, "GET", PARTS))
        rest_send(call, 200,
                  json_pack("[o, o]", backup_part("common", 420, true),
                            backup_part("seat", 900, false)));
    else if (vcsa_is(call, "GET", PARTS "/common"))
        rest_send(call, 200, json_integer(420));
    else if (vcsa_is(call, "GET", PARTS "/seat"))
        rest_send(call, 200, json_integer(900));
    else
        return false;
    return true;
}

static void backup_begin(struct rest_call *call)
{
    struct appliance *appliance = call->appliance;
    const struct lab *lab = appliance->endpoint.lab;
    auto_json json_t *body = vcsa_body(call, "piece");
    auto_json json_t *disk = vcsa_disk(appliance);
    if (!body)
        return;
    if (backup_flaw(body)) {
        rest_error(call, 400, "INVALID_ARGUMENT", "backup", backup_flaw(body));
        return;
    }
    if (backup_runs(disk)) {
        rest_error(call, 400, "FEATURE_IN_USE", "backup.busy",
                   "A backup or restore is in progress already.");
        return;
    }
    auto_free char *version = vcsa_text(appliance, "version");
    auto_free char *id =
        xasprintf("%lld-%s", (long long)lab_now_ms(), vcsa_build(version, false));
    json_t *job = json_pack("{s:s, s:s, s:s, s:o, s:s, s:{s:s, s:s}}", "id", id, "status",
                            "INPROGRESS", "type", "MANUAL", "start_time",
                            rest_instant(vcsa_now_ms(appliance)), "location",
                            json_text(body, "location"), "build", "version_name", version,
                            "build_number", vcsa_build(version, false));
    if (!json_object_get(disk, "backups"))
        json_object_set_new(disk, "backups", json_object());
    json_object_set_new(json_object_get(disk, "backups"), id, job);
    json_t *view = job_view(job);
    vcsa_disk_put(appliance, json_incref(disk));
    vcsa_after(appliance, lab_scaled(lab, lab->stage_ms), backup_over);
    rest_send(call, 201, view);
}

static void send_details(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    json_t *map = rest_map(call);
    const char *id;
    json_t *job;
    json_object_foreach(json_object_get(disk, "backups"), id, job)
        rest_map_add(call, map, id, json_incref(job));
    rest_send(call, 200, map);
}

static void send_job_ids(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    json_t *ids = json_array();
    const char *id;
    json_t *job;
    json_object_foreach(json_object_get(disk, "backups"), id, job)
        json_array_append_new(ids, json_string(id));
    rest_send(call, 200, ids);
}

static bool handle_backup(struct rest_call *call)
{
    const char *action = web_query(call->request, "action");
    bool validate = call->old_dialect ? vcsa_is(call, "POST", BACKUP "/validate")
                                      : vcsa_is(call, "POST", BACKUP) && action &&
                                            strcmp(action, "validate") == 0;
    if (validate) {
        backup_validate(call);
        return true;
    }
    if (handle_parts(call))
        return true;
    if (vcsa_is(call, "POST", JOBS)) {
        backup_begin(call);
        return true;
    }
    if (vcsa_is(call, "GET", JOBS)) {
        send_job_ids(call);
        return true;
    }
    if (vcsa_is(call, "GET", JOBS "/details") && vcsa_at_least(call->appliance, "6.7")) {
        send_details(call);
        return true;
    }
    if (strncmp(call->path, JOBS "/", sizeof JOBS) != 0)
        return false;
    auto_json json_t *disk = vcsa_disk(call->appliance);
    const json_t *job =
        json_object_get(json_object_get(disk, "backups"), call->path + sizeof JOBS);
    if (job)
        rest_send(call, 200, job_view(job));
    else
        rest_error(call, 404, "NOT_FOUND", "backup.job", "There is no such job.");
    return true;
}

bool vcsa_handle_admin(struct rest_call *call)
{
    return handle_shutdown(call) || handle_access(call) || handle_backup(call);
}
