/*
 * vcsa_inspect.c - what a vCenter tells about itself: version, time, health, services,
 * file systems, accounts. All of it is read from the guest's disk and its clock.
 */
#include <string.h>

#include "util/timefmt.h"
#include "vcsa.h"

static json_t *get_version(struct rest_call *call)
{
    const struct appliance *appliance = call->appliance;
    auto_free char *version = vcsa_text(appliance, "version");
    bool patched = strcmp(version, appliance->first_version) != 0;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "version", version, "product",
        appliance->faults.escape_text ? LAB_HOSTILE : "VMware vCenter Server", "build",
        vcsa_build(version, false), "type",
        "vCenter Server with an embedded Platform Services Controller", "summary",
        patched ? "Patch for VMware vCenter Server" : "", "releasedate",
        patched ? "October 21, 2024" : "", "install_time", "2023-01-09T08:11:02.000Z");
}

static json_t *get_uptime(struct rest_call *call)
{
    return json_real((double)(lab_now_ms() - call->appliance->vm.boot_ms) / 1000.0);
}

static json_t *get_time(struct rest_call *call)
{
    int64_t now = vcsa_now_ms(call->appliance);
    char text[32];
    time_iso(now, text, sizeof text);
    return json_pack("{s:f, s:s%, s:s%, s:s}", "seconds_since_epoch",
                     (double)now / 1000.0, "date", text, (size_t)10, "time", text + 11,
                     (size_t)8, "timezone", "UTC");
}

static json_t *get_timesync(struct rest_call *call)
{
    (void)call;
    return json_string("NTP");
}

static json_t *get_ntp(struct rest_call *call)
{
    (void)call;
    return json_pack("[s]", "ntp.example");
}

static json_t *get_health(struct rest_call *call)
{
    auto_free char *health = vcsa_text(call->appliance, "health");
    return json_string(health);
}

static json_t *get_green(struct rest_call *call)
{
    (void)call;
    return json_string("green");
}

/* Red here means that security updates are there: it is no health. */
static json_t *get_packages(struct rest_call *call)
{
    return json_string(vcsa_next_version(call->appliance) ? "red" : "green");
}

static json_t *get_lastcheck(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    return rest_instant(json_number(disk, "lastcheck_ms", 0));
}

static json_t *get_messages(struct rest_call *call)
{
    auto_free char *health = vcsa_text(call->appliance, "health");
    if (strcmp(health, "green") == 0)
        return json_array();
    const char *text = call->appliance->faults.escape_text
                           ? LAB_HOSTILE
                           : "The service vpxd is not running.";
    return json_pack("[{s:s, s:o}]", "id", "com.vmware.appliance.health.vpxd", "message",
                     rest_message("health.vpxd", text));
}

/* One release fails in asking, on databases that are well. */
static bool handle_dbcc(struct rest_call *call)
{
    if (!vcsa_is(call, "GET", "/appliance/health/database") ||
        !call->appliance->faults.dbcc)
        return false;
    rest_error(call, 500, "INTERNAL_SERVER_ERROR",
               "com.vmware.applmgmt.err_operation_failed",
               "Operation failed: dbcc: No such file or directory");
    return true;
}

static json_t *get_database(struct rest_call *call)
{
    return vcsa_at_least(call->appliance, "7.0")
               ? json_pack("{s:s, s:[]}", "status", "HEALTHY", "messages")
               : NULL;
}

/* ---- services ---- */

static json_t *services_with(struct rest_call *call,
                             json_t *(*about)(const char *, const char *))
{
    auto_free char *text = vcsa_text(call->appliance, "services");
    json_t *services = rest_map(call);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *state = strchr(line, ' ');
        if (!state)
            continue;
        *state++ = '\0';
        state[strcspn(state, " ")] = '\0';
        rest_map_add(call, services, line, about(line, state));
    }
    return services;
}

json_t *vcsa_about_unit(const char *name, const char *state)
{
    return json_pack("{s:s, s:s}", "description", name, "state", state);
}

json_t *vcsa_about_service(const char *name, const char *state)
{
    bool manual = strcmp(name, "vmcam") == 0 || strcmp(name, "vmware-vcha") == 0;
    bool up = strcmp(state, "STARTED") == 0;
    auto_free char *key = xasprintf("cis.%s.ServiceName", name);
    return json_pack("{s:s, s:s, s:s, s:s, s:s*}", "name_key", key, "description_key",
                     key, "startup_type", manual ? "MANUAL" : "AUTOMATIC", "state", state,
                     "health", up ? "HEALTHY" : NULL);
}

static json_t *get_units(struct rest_call *call)
{
    return services_with(call, vcsa_about_unit);
}

/* vmon only in the old dialect, vcenter/services only in the new one. */
static json_t *get_vmon(struct rest_call *call)
{
    return call->old_dialect ? services_with(call, vcsa_about_service) : NULL;
}

static json_t *get_services(struct rest_call *call)
{
    return call->old_dialect || call->request->vami
               ? NULL
               : services_with(call, vcsa_about_service);
}

/* ---- file systems ---- */

static const struct filesystem {
    const char *name;
    int used_mb, total_mb;
} filesystems[] = {{"root", 20000, 47000},    {"core", 500, 49000},
                   {"log", 3000, 10000},      {"db", 1200, 10000},
                   {"seat", 900, 10000},      {"archive", 48500, 49000},
                   {"lifecycle", 4000, 98000}};

bool vcsa_is_full(const struct faults *faults, const char *filesystem)
{
    const struct {
        const char *name;
        int on;
    } full[] = {{"log", faults->disk_full},
                {"root", faults->root_full},
                {"core", faults->core_full},
                {"seat", faults->seat_full}};
    for (size_t i = 0; i < ARRAY_LENGTH(full); i++)
        if (full[i].on && strcmp(full[i].name, filesystem) == 0)
            return true;
    return false;
}

static json_t *get_storage(struct rest_call *call)
{
    (void)call;
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(filesystems); i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "disk", "1", "partition",
                                              filesystems[i].name)); /* no sizes */
    return list;
}

static json_t *get_monitoring(struct rest_call *call)
{
    (void)call;
    static const char *const kinds[] = {"used", "totalsize"};
    json_t *list = json_pack("[{s:s, s:s}]", "id", "cpu.util", "units", "com.percent");
    for (size_t i = 0; i < ARRAY_LENGTH(filesystems); i++)
        for (size_t j = 0; j < 2; j++) {
            auto_free char *id =
                xasprintf("storage.%s.filesystem.%s", kinds[j], filesystems[i].name);
            json_array_append_new(list,
                                  json_pack("{s:s, s:s}", "id", id, "units", "com.KB"));
        }
    return list;
}

/* The query's parameters are flat in /api and have a prefix in /rest. */
static bool query_is_sane(const struct rest_call *call)
{
    static const char *const names[] = {"interval", "function", "start_time", "end_time"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_free char *name =
            xasprintf("%s%s", call->old_dialect ? "item." : "", names[i]);
        if (!web_query(call->request, name))
            return false;
    }
    return web_query(call->request, call->old_dialect ? "item.names.1" : "names") != NULL;
}

static bool is_in(const struct rest_call *call, const char *name, const char *words)
{
    auto_free char *key = xasprintf("%s%s", call->old_dialect ? "item." : "", name);
    auto_free char *word = xasprintf(" %s ", web_query(call->request, key));
    return strstr(words, word) != NULL;
}

static json_t *samples(const struct filesystem *at, bool total, bool full)
{
    int mb = total ? at->total_mb : full ? at->total_mb - 40 : at->used_mb;
    auto_free char *value = xasprintf("%d.0", mb * 1024);
    auto_free char *id =
        xasprintf("storage.%s.filesystem.%s", total ? "totalsize" : "used", at->name);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s, s, s]}", "name", id, "interval",
                     "MINUTES5", "function", "MAX", "start_time", "x", "end_time", "x",
                     "data", value, value, ""); /* the newest one is not there yet */
}

static json_t *get_samples(struct rest_call *call)
{
    if (!query_is_sane(call) ||
        !is_in(call, "interval", " MINUTES5 MINUTES30 HOURS2 HOURS6 DAY1 ") ||
        !is_in(call, "function", " AVG MIN MAX COUNT "))
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(filesystems); i++) {
        bool full = vcsa_is_full(&call->appliance->faults, filesystems[i].name);
        json_array_append_new(list, samples(&filesystems[i], false, full));
        json_array_append_new(list, samples(&filesystems[i], true, full));
    }
    return list;
}

/* ---- accounts ---- */

static json_t *get_root(struct rest_call *call)
{
    auto_json json_t *disk = vcsa_disk(call->appliance);
    int64_t expires = json_number(disk, "password_expires_ms", 0);
    return json_pack("{s:[s], s:b, s:b, s:o, s:i}", "roles", "superAdmin", "enabled", 1,
                     "has_password", 1, "password_expires_at", rest_instant(expires),
                     "max_days_between_password_change", 90);
}

static json_t *get_accounts(struct rest_call *call)
{
    return call->old_dialect ? json_pack("[s]", "root")
                             : json_pack("{s:o}", "root", get_root(call));
}

static json_t *get_password_policy(struct rest_call *call)
{
    (void)call;
    return json_pack("{s:i, s:i, s:i}", "max_days", 90, "min_days", 0, "warn_days", 7);
}

static json_t *get_health_settings(struct rest_call *call)
{
    return vcsa_at_least(call->appliance, "7.0")
               ? json_pack("{s:b}", "db_health_state", 1)
               : NULL;
}

static json_t *get_no_messages(struct rest_call *call)
{
    (void)call;
    return json_array();
}

static const struct route {
    const char *path;
    json_t *(*get)(struct rest_call *call); /* NULL: not in this dialect or release */
} routes[] = {
    {"/appliance/system/version", get_version},
    {"/appliance/system/uptime", get_uptime},
    {"/appliance/system/time", get_time},
    {"/appliance/system/storage", get_storage},
    {"/appliance/timesync", get_timesync},
    {"/appliance/ntp", get_ntp},
    {"/appliance/health/system", get_health},
    {"/appliance/health/system/lastcheck", get_lastcheck},
    {"/appliance/health/system/messages", get_messages},
    {"/appliance/health/applmgmt", get_green},
    {"/appliance/health/database", get_database},
    {"/appliance/health/database-storage", get_green},
    {"/appliance/health/load", get_green},
    {"/appliance/health/mem", get_green},
    {"/appliance/health/storage", get_green},
    {"/appliance/health/swap", get_green},
    {"/appliance/health/software-packages", get_packages},
    {"/appliance/services", get_units},
    {"/appliance/vmon/service", get_vmon},
    {"/vcenter/services", get_services},
    {"/appliance/monitoring", get_monitoring},
    {"/appliance/monitoring/query", get_samples},
    {"/appliance/local-accounts", get_accounts},
    {"/appliance/local-accounts/root", get_root},
    {"/appliance/local-accounts/global-policy", get_password_policy},
    {"/appliance/health/settings", get_health_settings},
    {"/appliance/health/applmgmt/messages", get_no_messages},
    {"/appliance/health/database-storage/messages", get_no_messages},
    {"/appliance/health/load/messages", get_no_messages},
    {"/appliance/health/mem/messages", get_no_messages},
    {"/appliance/health/storage/messages", get_no_messages},
    {"/appliance/health/swap/messages", get_no_messages},
};

bool vcsa_handle_inspect(struct rest_call *call)
{
    if (handle_dbcc(call))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!vcsa_is(call, "GET", routes[i].path))
            continue;
        json_t *value = routes[i].get(call);
        if (value)
            rest_send(call, 200, value);
        else if (strcmp(call->path, "/appliance/monitoring/query") == 0)
            rest_error(call, 400, "INVALID_ARGUMENT", "monitoring.query",
                       "names, interval, function, start_time and end_time are needed.");
        return value != NULL || call->reply->body.length;
    }
    return false;
}
