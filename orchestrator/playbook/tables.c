/* tables.c - see tables.h. */
#include "playbook/tables.h"

#include <string.h>

#include "util/auto.h"

#define TABLE(id, title)                                                                 \
    const struct key_table table_##id = {title, id##_keys, ARRAY_LENGTH(id##_keys)};     \
    _Static_assert(ARRAY_LENGTH(id##_keys) <= FIELDS_MAX,                                \
                   "too many keys for struct fields")

static const struct key fleet_keys[] = {
    {"zone", KEY_TEXT, false},          {"windows", KEY_LIST, false},
    {"freezes", KEY_LIST, false},       {"managers", KEY_LIST, false},
    {"defaults", KEY_MAPPING, false},   {"appliances", KEY_LIST, true},
    {"license_pools", KEY_LIST, false},
};
TABLE(fleet, "fleet");

static const struct key license_pool_keys[] = {
    {"name", KEY_TEXT, true},     {"product", KEY_TEXT, true},
    {"major", KEY_INTEGER, true}, {"edition", KEY_TEXT, false},
    {"key", KEY_SECRET, true},    {"count", KEY_INTEGER, true},
};
TABLE(license_pool, "license_pool");

static const struct key manager_keys[] = {
    {"name", KEY_TEXT, true},    {"url", KEY_TEXT, false},
    {"tls", KEY_MAPPING, false}, {"login", KEY_MAPPING, false},
    {"hosts", KEY_LIST, false},
};
TABLE(manager, "manager");

static const struct key manager_host_keys[] = {
    {"name", KEY_TEXT, true},
    {"url", KEY_TEXT, true},
    {"tls", KEY_MAPPING, false},
    {"login", KEY_MAPPING, false},
};
TABLE(manager_host, "manager_host");

static const struct key defaults_keys[] = {
    {"kind", KEY_TEXT, false},     {"site", KEY_TEXT, false},
    {"version", KEY_TEXT, false},  {"labels", KEY_MAPPING, false},
    {"ssh", KEY_MAPPING, false},   {"rest", KEY_MAPPING, false},
    {"vm", KEY_MAPPING, false},    {"link_group", KEY_TEXT, false},
    {"calendar", KEY_TEXT, false},
};
TABLE(defaults, "defaults");

static const struct key defaults_vm_keys[] = {
    {"manager", KEY_TEXT, false},
    {"datastore", KEY_TEXT, false},
};
TABLE(defaults_vm, "defaults_vm");

static const struct key appliance_keys[] = {
    {"name", KEY_TEXT, true},      {"host", KEY_TEXT, true},
    {"kind", KEY_TEXT, false},     {"site", KEY_TEXT, false},
    {"version", KEY_TEXT, false},  {"labels", KEY_MAPPING, false},
    {"ssh", KEY_MAPPING, false},   {"rest", KEY_MAPPING, false},
    {"vm", KEY_MAPPING, false},    {"link_group", KEY_TEXT, false},
    {"calendar", KEY_TEXT, false},
};
TABLE(appliance, "appliance");

static const struct key ssh_keys[] = {
    {"user", KEY_TEXT, false},    {"port", KEY_INTEGER, false},
    {"key", KEY_SECRET, false},   {"password", KEY_SECRET, false},
    {"hostkey", KEY_TEXT, false}, {"job_dir", KEY_TEXT, false},
};
TABLE(ssh, "ssh");

static const struct key rest_keys[] = {
    {"url", KEY_TEXT, false},      {"tls", KEY_MAPPING, false},
    {"login", KEY_MAPPING, false}, {"session", KEY_ANY, false},
    {"vami", KEY_MAPPING, false},
};
TABLE(rest, "rest");

static const struct key vami_keys[] = {
    {"url", KEY_TEXT, false},
    {"tls", KEY_MAPPING, false},
    {"login", KEY_MAPPING, false},
};
TABLE(vami, "rest.vami");

static const struct key session_keys[] = {
    {"path", KEY_TEXT, false},      {"method", KEY_TEXT, false},
    {"token", KEY_TEXT, false},     {"header", KEY_TEXT, false},
    {"logout", KEY_MAPPING, false},
};
TABLE(session, "session");

static const struct key logout_keys[] = {
    {"path", KEY_TEXT, false},
    {"method", KEY_TEXT, false},
};
TABLE(logout, "logout");

static const struct key vm_keys[] = {
    {"manager", KEY_TEXT, false},       {"uuid", KEY_TEXT, false},
    {"instance_uuid", KEY_TEXT, false}, {"path", KEY_TEXT, false},
    {"name", KEY_TEXT, false},          {"datastore", KEY_TEXT, false},
};
TABLE(vm, "vm");

static const struct key tls_keys[] = {
    {"pin", KEY_TEXT, false},
    {"ca", KEY_TEXT, false},
};
TABLE(tls, "tls");

static const struct key login_keys[] = {
    {"user", KEY_TEXT, true},
    {"password", KEY_SECRET, true},
};
TABLE(login, "login");

static const struct key secret_keys[] = {
    {"file", KEY_TEXT, false},
    {"cmd", KEY_LIST, false},
    {"credential", KEY_TEXT, false},
};
TABLE(secret, "secret");

static const struct key campaign_keys[] = {
    {"campaign", KEY_TEXT, true}, {"playbook", KEY_TEXT, true},
    {"fleet", KEY_TEXT, false},   {"select", KEY_TEXT, false},
    {"vars", KEY_MAPPING, false}, {"strategy", KEY_MAPPING, false},
    {"after", KEY_TEXT, false},
};
TABLE(campaign, "campaign");

static const struct key strategy_keys[] = {
    {"waves", KEY_LIST, false},
    {"in_flight", KEY_INTEGER, false},
    {"max_unavailable", KEY_MAPPING, false},
    {"limits", KEY_MAPPING, false},
    {"budget", KEY_MAPPING, false},
    {"zone", KEY_TEXT, false},
    {"windows", KEY_LIST, false},
    {"freezes", KEY_LIST, false},
    {"cut_off", KEY_DURATION, false},
    {"min_opening", KEY_DURATION, false},
    {"min_notice", KEY_DURATION, false},
    {"deadline", KEY_TEXT, false},
    {"overrun", KEY_TEXT, false},
    {"approval", KEY_MAPPING, false},
    {"recoveries", KEY_TEXT, false},
    {"worst", KEY_MAPPING, false},
};
TABLE(strategy, "strategy");

static const struct key wave_keys[] = {
    {"name", KEY_TEXT, false},      {"size", KEY_AMOUNT, true},
    {"cover", KEY_LIST, false},     {"soak", KEY_DURATION, false},
    {"budget", KEY_AMOUNT, false},  {"gate", KEY_BOOLEAN, false},
    {"on_exceed", KEY_TEXT, false},
};
TABLE(wave, "wave");

static const struct key budget_keys[] = {
    {"wave", KEY_AMOUNT, false},
    {"campaign", KEY_AMOUNT, false},
    {"mode", KEY_TEXT, false},
    {"on_exceed", KEY_TEXT, false},
};
TABLE(budget, "budget");

static const struct key approval_keys[] = {
    {"required", KEY_BOOLEAN, true},
};
TABLE(approval, "approval");

static const struct key playbook_keys[] = {
    {"playbook", KEY_TEXT, true},     {"rollback", KEY_TEXT, true},
    {"snapshot", KEY_MAPPING, false}, {"boot_timeout", KEY_DURATION, false},
    {"version", KEY_LIST, false},     {"steps", KEY_LIST, true},
    {"health", KEY_LIST, false},      {"worst", KEY_MAPPING, false},
};
TABLE(playbook, "playbook");

static const struct key worst_keys[] = {
    {"change", KEY_DURATION, false},
    {"rollback", KEY_DURATION, false},
};
TABLE(worst, "worst");

static const struct key snapshot_keys[] = {
    {"memory", KEY_BOOLEAN, false},    {"quiesce", KEY_BOOLEAN, false},
    {"max_depth", KEY_INTEGER, false}, {"ttl", KEY_DURATION, false},
    {"settle", KEY_DURATION, false},   {"room", KEY_BYTES, false},
};
TABLE(snapshot, "snapshot");

static const struct key version_keys[] = {
    {"id", KEY_TEXT, false},          {"use", KEY_TEXT, true},
    {"with", KEY_MAPPING, false},     {"value", KEY_TEXT, true},
    {"timeout", KEY_DURATION, false}, {"class", KEY_TEXT, false},
};
TABLE(version, "version");

static const struct key step_keys[] = {
    {"id", KEY_TEXT, true},
    {"phase", KEY_TEXT, true},
    {"use", KEY_TEXT, true},
    {"with", KEY_MAPPING, false},
    {"expect", KEY_TEXT, false},
    {"timeout", KEY_DURATION, false},
    {"on_failure", KEY_TEXT, false},
    {"snapshot", KEY_BOOLEAN, false},
    {"limits", KEY_LIST, false},
    {"class", KEY_TEXT, false},
    {"expected", KEY_DURATION, false},
    {"severity", KEY_TEXT, false},
    {"advice", KEY_TEXT, false},
};
TABLE(step, "step");

static const struct key health_keys[] = {
    {"id", KEY_TEXT, true},         {"use", KEY_TEXT, true},
    {"with", KEY_MAPPING, false},   {"expect", KEY_TEXT, false},
    {"for", KEY_DURATION, false},   {"every", KEY_DURATION, false},
    {"stable", KEY_INTEGER, false}, {"baseline", KEY_TEXT, false},
    {"after", KEY_TEXT, false},     {"timeout", KEY_DURATION, false},
    {"class", KEY_TEXT, false},     {"severity", KEY_TEXT, false},
    {"advice", KEY_TEXT, false},
};
TABLE(health, "health");

const struct key_table *const *tables_of(const char *file, size_t *count)
{
    static const struct key_table *const fleet[] = {
        &table_fleet,    &table_manager,     &table_manager_host, &table_license_pool,
        &table_defaults, &table_defaults_vm, &table_appliance,    &table_ssh,
        &table_rest,     &table_vami,        &table_session,      &table_logout,
        &table_vm,       &table_tls,         &table_login,        &table_secret};
    static const struct key_table *const campaign[] = {&table_campaign, &table_strategy,
                                                       &table_wave,     &table_budget,
                                                       &table_approval, &table_worst};
    static const struct key_table *const playbook[] = {&table_playbook, &table_snapshot,
                                                       &table_version,  &table_step,
                                                       &table_health,   &table_worst};
    if (!strcmp(file, "fleet"))
        return *count = ARRAY_LENGTH(fleet), fleet;
    if (!strcmp(file, "campaign"))
        return *count = ARRAY_LENGTH(campaign), campaign;
    if (!strcmp(file, "playbook"))
        return *count = ARRAY_LENGTH(playbook), playbook;
    return NULL;
}
