/*
 * scenario.c - faults: a YAML file, or a mix drawn by the seed.
 *
 *   settings: {boot: 3s, update: 4s, snapshot: 1s, revert: 1s, session_idle: 5s}
 *   faults:
 *     - {appliance: vc-0007, fault: sick}
 *     - {appliance: "vc-00*", fault: slow, factor: 5}
 *     - {appliance: "index: 7", fault: {drop_reply: {method: CreateSnapshot_Task}}}
 *     - {manager: mgmt-1, fault: manager_restart, at_effect: 20, for: 2s}
 *
 * A bare list of faults is accepted too. Everything is checked: an unknown key,
 * an unknown fault or a pattern that matches nobody is an error, because a
 * rehearsal without its fault would prove the wrong thing.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include <libfyaml.h>

#include "parts.h"
#include "util/duration.h"

#define DEPTH_MAX 8
#define FILE_MAX  (1u << 20)

static void auto_document_fn(struct fy_document **document)
{
    fy_document_destroy(*document);
}
#define auto_document __attribute__((cleanup(auto_document_fn)))

/* ---- YAML to JSON: scalars stay text ---- */

static json_t *to_json(struct fy_node *node, int depth);

static json_t *mapping_to_json(struct fy_node *node, int depth)
{
    auto_json json_t *object = json_object();
    void *iterator = NULL;
    struct fy_node_pair *pair;
    while ((pair = fy_node_mapping_iterate(node, &iterator))) {
        size_t length = 0;
        const char *key = fy_node_get_scalar(fy_node_pair_key(pair), &length);
        if (!key)
            return NULL;
        auto_free char *name = xstrndup(key, length);
        json_t *value = to_json(fy_node_pair_value(pair), depth + 1);
        if (!value || json_object_get(object, name)) {
            json_decref(value);
            return NULL;
        }
        json_object_set_new(object, name, value);
    }
    return steal_ptr(&object);
}

static json_t *to_json(struct fy_node *node, int depth)
{
    if (depth > DEPTH_MAX)
        return NULL;
    if (!node)
        return json_string("");
    if (fy_node_is_mapping(node))
        return mapping_to_json(node, depth);
    if (fy_node_is_scalar(node)) {
        size_t length = 0;
        const char *text = fy_node_get_scalar(node, &length);
        return json_safe_string(text ? text : "", text ? length : 0);
    }
    auto_json json_t *list = json_array();
    void *iterator = NULL;
    struct fy_node *item;
    while ((item = fy_node_sequence_iterate(node, &iterator))) {
        json_t *value = to_json(item, depth + 1);
        if (!value)
            return NULL;
        json_array_append_new(list, value);
    }
    return steal_ptr(&list);
}

static json_t *read_yaml(const char *file, struct slipway_error *err)
{
    struct fy_parse_cfg config = {.flags = FYPCF_DEFAULT_DOC};
    auto_document struct fy_document *document =
        fy_document_build_from_file(&config, file);
    json_t *json = document ? to_json(fy_document_root(document), 0) : NULL;
    if (!json)
        slipway_error_set(
            err, -1,
            "%s: not readable as a scenario: it must be YAML with plain keys, each "
            "once",
            file);
    return json;
}

/* ---- one fault ---- */

static double number(const json_t *entry, const char *key, double fallback)
{
    const char *text = json_text(entry, key);
    return text ? strtod(text, NULL) : fallback;
}

struct flag {
    const char *name;
    size_t offset;
};
#define FLAG(member)                                                                     \
    {                                                                                    \
#member, offsetof(struct faults, member)                                         \
    }

static const struct flag flags[] = {
    FLAG(sick),
    FLAG(update_fails),
    FLAG(update_lies),
    FLAG(hangs),
    FLAG(reboots),
    FLAG(rejects_login),
    FLAG(ssh_silent),
    FLAG(flood),
    FLAG(snapshot_fails),
    FLAG(revert_fails),
    FLAG(no_space),
    FLAG(stays_off),
    FLAG(foreign_snapshot),
    FLAG(escape_text),
    FLAG(red_before),
    FLAG(ignores_shutdown),
    FLAG(no_tools),
    FLAG(stage_no_space),
    FLAG(half_applied),
    FLAG(no_update),
    FLAG(precheck_error),
    FLAG(password_expired),
    FLAG(certificate_expired),
    FLAG(sts_expired),
    FLAG(old_clock),
    FLAG(stale_health),
    FLAG(slow_services),
    FLAG(replication_lag),
    FLAG(vcha),
    FLAG(stays_staged),
    FLAG(no_backup),
    FLAG(disk_full),
    FLAG(evaluation),
    FLAG(host_lost),
    FLAG(red_alarm),
    FLAG(extension_lost),
    FLAG(busy_vpxd),
};

static bool set_flag(struct faults *faults, const char *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        if (strcmp(flags[i].name, kind) == 0) {
            *(bool *)((char *)faults + flags[i].offset) = true;
            return true;
        }
    }
    return false;
}

static bool set_fault(struct faults *faults, const char *kind, const json_t *entry)
{
    if (strcmp(kind, "slow") == 0) {
        faults->slow = number(entry, "factor", 5);
    } else if (strcmp(kind, "password_expires") == 0) {
        faults->password_days = (int)number(entry, "days", 5);
    } else if (strcmp(kind, "rest_503") == 0) {
        faults->rest_503 = (int)number(entry, "times", -1);
    } else if (strcmp(kind, "drop_reply") == 0) {
        const char *method = json_text(entry, "method");
        (void)snprintf(faults->drop_method, sizeof faults->drop_method, "%s",
                       method ? method : "CreateSnapshot_Task");
        faults->drop_times = (int)number(entry, "times", 1);
    } else {
        return set_flag(faults, kind);
    }
    return true;
}

static bool matches(const struct appliance *appliance, const char *pattern)
{
    if (strncmp(pattern, "index:", 6) == 0)
        return appliance->index == strtol(pattern + 6, NULL, 10);
    return fnmatch(pattern, appliance->name, 0) == 0;
}

static int64_t duration(const json_t *entry, const char *key, int64_t fallback)
{
    int64_t ms = fallback;
    const char *text = json_text(entry, key);
    return text && duration_parse(text, &ms) ? -1 : ms;
}

static int apply_to_manager(struct lab *lab, const char *pattern, const char *kind,
                            const json_t *entry, struct slipway_error *err)
{
    int found = 0;
    if (strcmp(kind, "manager_restart") != 0)
        return slipway_error_set(
            err, -1, "fault %s is not for managers; give manager_restart", kind);
    for (int i = 0; i < lab->manager_count; i++) {
        struct manager *manager = &lab->managers[i];
        if (fnmatch(pattern, manager->name, 0) != 0)
            continue;
        manager->restart_at = (int)number(entry, "at_effect", 1);
        manager->restart_ms =
            (int)lab_scaled(lab, duration(entry, "for", LAB_RESTART_MS));
        found++;
    }
    return found ? 0 : slipway_error_set(err, -1, "manager %s: there is none", pattern);
}

static int apply_to_appliances(struct lab *lab, const char *pattern, const char *kind,
                               const json_t *entry, struct slipway_error *err)
{
    int found = 0;
    for (int i = 0; i < lab->appliance_count; i++) {
        if (!matches(&lab->appliances[i], pattern))
            continue;
        if (!set_fault(&lab->appliances[i].faults, kind, entry))
            return slipway_error_set(
                err, -1, "fault %s is not known; see tests/lab/README.md", kind);
        found++;
    }
    return found ? 0
                 : slipway_error_set(err, -1,
                                     "appliance %s: nobody has that name; the fleet is "
                                     "vc-0001 to vc-%04d",
                                     pattern, lab->appliance_count);
}

static const char *unknown_key(const json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const char *const *name = known;
        while (*name && strcmp(*name, key) != 0)
            name++;
        if (!*name)
            return key;
    }
    return NULL;
}

/* `fault: {slow: 3}` and `fault: {drop_reply: {method: M}}` in the long form. */
static json_t *long_form(const json_t *entry)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)entry);
    json_t *given = json_object_get(entry, "fault");
    const char *kind =
        json_is_object(given) ? json_object_iter_key(json_object_iter(given)) : NULL;
    if (!kind)
        return copy;
    json_t *value = json_object_get(given, kind);
    if (json_is_object(value))
        json_object_update(copy, value);
    else
        json_object_set(copy, strcmp(kind, "slow") == 0 ? "factor" : "times", value);
    json_object_set_new(copy, "fault", json_string(kind));
    return copy;
}

static int apply(struct lab *lab, const json_t *given, struct slipway_error *err)
{
    static const char *const known[] = {"appliance", "index",  "manager",   "fault",
                                        "factor",    "method", "at_effect", "times",
                                        "for",       "days",   NULL};
    if (!json_is_object(given))
        return slipway_error_set(err, -1, "a fault is {appliance: NAME, fault: KIND}");
    auto_json json_t *entry = long_form(given);
    const char *kind = json_text(entry, "fault"), *manager = json_text(entry, "manager");
    const char *appliance = json_text(entry, "appliance"),
               *index = json_text(entry, "index");
    const char *bad = unknown_key(entry, known);
    if (bad)
        return slipway_error_set(err, -1, "key %s is not known in a fault", bad);
    if (!kind)
        return slipway_error_set(err, -1, "a fault needs fault: KIND");
    if (manager)
        return apply_to_manager(lab, manager, kind, entry, err);
    if (appliance)
        return apply_to_appliances(lab, appliance, kind, entry, err);
    if (!index)
        return slipway_error_set(err, -1, "fault %s: say which appliance or manager",
                                 kind);
    auto_free char *pattern = xasprintf("index:%s", index);
    return apply_to_appliances(lab, pattern, kind, entry, err);
}

static int apply_settings(struct lab *lab, const json_t *settings,
                          struct slipway_error *err)
{
    static const char *const known[] = {"boot",     "update", "snapshot",     "revert",
                                        "remove",   "power",  "session_idle", "stage",
                                        "shutdown", NULL};
    int64_t *const slots[] = {&lab->boot_ms,         &lab->update_ms, &lab->create_ms,
                              &lab->revert_ms,       &lab->remove_ms, &lab->power_ms,
                              &lab->session_idle_ms, &lab->stage_ms,  &lab->shutdown_ms};
    const char *bad = unknown_key(settings, known);
    if (bad)
        return slipway_error_set(err, -1, "setting %s is not known", bad);
    for (size_t i = 0; known[i]; i++) {
        int64_t ms = duration(settings, known[i], *slots[i]);
        if (ms < 0)
            return slipway_error_set(
                err, -1, "setting %s: a duration has a unit, as in 3s", known[i]);
        *slots[i] = ms;
    }
    return 0;
}

/* `vcsa: {versions: [...], offers: [...]}`: the appliances are vCenters. */
static int take_versions(const json_t *list, char out[][24], int *count)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *version = json_string_value(json_array_get(list, i));
        if (!version || strlen(version) >= 24 || *count == LAB_VERSIONS_MAX)
            return -1;
        (void)snprintf(out[(*count)++], 24, "%s", version);
    }
    return 0;
}

static int apply_vcsa(struct lab *lab, const json_t *vcsa, struct slipway_error *err)
{
    static const char *const known[] = {"versions", "offers", NULL};
    const char *bad = unknown_key(vcsa, known);
    if (!vcsa)
        return 0;
    if (bad)
        return slipway_error_set(err, -1, "vcsa: key %s is not known", bad);
    lab->vcsa = true;
    if (take_versions(json_object_get(vcsa, "versions"), lab->versions,
                      &lab->version_count) ||
        take_versions(json_object_get(vcsa, "offers"), lab->offers, &lab->offer_count))
        return slipway_error_set(err, -1, "vcsa: at most %d versions of at most 23 bytes",
                                 LAB_VERSIONS_MAX);
    return 0;
}

int scenario_load(struct lab *lab, const char *file, struct slipway_error *err)
{
    static const char *const known[] = {"settings", "faults", "vcsa", NULL};
    struct slipway_error why = {{0}};
    auto_json json_t *root = read_yaml(file, err);
    if (!root)
        return -1;
    const json_t *faults = json_is_array(root) ? root : json_object_get(root, "faults");
    const char *bad = json_is_object(root) ? unknown_key(root, known) : NULL;
    int rc = bad ? slipway_error_set(&why, -1, "key %s is not known", bad) : 0;
    if (!rc)
        rc = apply_settings(lab, json_object_get(root, "settings"), &why);
    if (!rc && json_is_object(root))
        rc = apply_vcsa(lab, json_object_get(root, "vcsa"), &why);
    for (size_t i = 0; !rc && i < json_array_size(faults); i++)
        rc = apply(lab, json_array_get(faults, i), &why);
    return rc ? slipway_error_set(err, -1, "%s: %s", file, why.text) : 0;
}

/* ---- a mix by seed ---- */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void scenario_mix(struct lab *lab, int percent)
{
    static const char *const kinds[] = {
        "sick",       "sick", "update_fails", "update_lies", "reboots",
        "drop_reply", "slow", "red_before",   "escape_text", "snapshot_fails"};
    static const char *const of_vcenters[] = {
        "sick",         "update_fails",   "update_lies",    "reboots",
        "slow",         "red_before",     "stage_no_space", "slow_services",
        "half_applied", "snapshot_fails", "no_backup",      "escape_text",
        "sts_expired",  "precheck_error"};
    uint64_t state = lab->seed;
    auto_json json_t *nothing = json_object();
    for (int i = 0; i < lab->appliance_count; i++) {
        bool chosen = next_random(&state) % 100 < (uint64_t)percent;
        uint64_t drawn = next_random(&state);
        const char *kind = lab->vcsa ? of_vcenters[drawn % ARRAY_LENGTH(of_vcenters)]
                                     : kinds[drawn % ARRAY_LENGTH(kinds)];
        if (chosen)
            (void)set_fault(&lab->appliances[i].faults, kind, nothing);
    }
}
