/*
 * scenario.c - a YAML file that says what goes wrong, with whom, and when.
 *
 *   settings: {boot: 3s, update: 4s, snapshot: 1s, session_idle: 5s}
 *   vcsa: {versions: [...], offers: [...], link_groups: {size: 3, count: 20}}
 *   mix: {faulty: 10%, weights: {hangs: 0, sick: 5}}
 *   faults:
 *     - {appliance: vc-0007, fault: sick}
 *     - {appliance: "vc-00*", fault: slow, factor: 5, probability: 30%}
 *     - {link_group: sso-01, fault: {rest_503: 3}, after: 30s, for: 10s}
 *     - {manager: mgmt-1, fault: manager_restart, at_effect: 20, for: 2s}
 *
 * A bare list of faults is accepted too. Everything is checked: an unknown key, an unknown
 * fault, a number that is none, or a pattern that matches nobody is an error with its line,
 * because a rehearsal without its fault would prove the wrong thing.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "scenario.h"
#include "scenario_yaml.h"
#include "util/duration.h"

__attribute__((format(printf, 4, 5))) static int wrong(const json_t *mapping,
                                                       const char *key,
                                                       struct slipway_error *err,
                                                       const char *format, ...)
{
    char text[SLIPWAY_ERROR_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    int line = scenario_line(mapping, key);
    return line ? slipway_error_set(err, -1, "%d: %s", line, text)
                : slipway_error_set(err, -1, " %s", text);
}

static int only(const json_t *mapping, const char *const *known, const char *where,
                struct slipway_error *err)
{
    const char *bad = scenario_unknown(mapping, known);
    return bad ? wrong(mapping, bad, err, "key %s is not known in %s", bad, where) : 0;
}

/* ---- values: the output is left alone if the key is absent ---- */

static int take_number(const json_t *mapping, const char *key, double least, double *out,
                       struct slipway_error *err)
{
    const char *text = json_text(mapping, key);
    char *end = NULL;
    if (!text)
        return json_object_get(mapping, key)
                   ? wrong(mapping, key, err, "%s needs a number", key)
                   : 0;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= 1e9))
        return wrong(mapping, key, err, "%s: %s is no number of at least %g", key, text,
                     least);
    *out = value;
    return 0;
}

static int take_count(const json_t *mapping, const char *key, int *out,
                      struct slipway_error *err)
{
    double value = *out;
    if (take_number(mapping, key, 1, &value, err))
        return -1;
    *out = (int)value;
    return 0;
}

static int take_duration(const json_t *mapping, const char *key, int64_t *out,
                         struct slipway_error *err)
{
    const char *text = json_text(mapping, key);
    int64_t ms = 0;
    if (!json_object_get(mapping, key))
        return 0;
    if (!text || duration_parse(text, &ms) || ms <= 0)
        return wrong(mapping, key, err, "%s: a duration has a unit, as in 3s", key);
    *out = ms;
    return 0;
}

/* "30%" or "0.3", as a number up to 1. */
static int take_share(const json_t *mapping, const char *key, double *out,
                      struct slipway_error *err)
{
    const char *text = json_text(mapping, key);
    char *end = NULL;
    if (!json_object_get(mapping, key))
        return 0;
    double value = text ? strtod(text, &end) : -1;
    if (text && strcmp(end, "%") == 0)
        value /= 100;
    else if (!text || end == text || *end)
        value = -1;
    if (!(value >= 0 && value <= 1))
        return wrong(mapping, key, err, "%s: give a share, as in 30%% or 0.3", key);
    *out = value;
    return 0;
}

/* ---- one fault ---- */

/* `fault: {slow: 3}` and `fault: {drop_reply: {method: M}}` in the long form. */
static json_t *long_form(const json_t *entry)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)entry);
    json_t *given = json_object_get(entry, "fault"), *value = NULL;
    const char *kind = NULL, *key;
    json_object_foreach(given, key, value)
    {
        if (!scenario_is_mark(key)) {
            kind = key;
            break;
        }
    }
    if (!kind)
        return copy;
    const struct fault_kind *known = fault_find(kind);
    json_t *inner;
    json_object_foreach(value, key, inner)
    {
        if (!scenario_is_mark(key))
            json_object_set(copy, key, inner);
    }
    if (!json_is_object(value))
        json_object_set(copy, known ? known->parameter : "times", value);
    json_object_set_new(copy, "fault", json_string(kind));
    return copy;
}

static int fill(const json_t *entry, struct fault *fault, struct slipway_error *err)
{
    const char *parameter = fault->kind->parameter;
    const char *const known[] = {"appliance",
                                 "index",
                                 "link_group",
                                 "fault",
                                 "after",
                                 "for",
                                 "at_install",
                                 "at_effect",
                                 "probability",
                                 parameter,
                                 fault->kind->value == VALUE_REPLY ? "method" : parameter,
                                 NULL};
    const char *method = json_text(entry, "method");
    auto_free char *where = xasprintf("a fault %s", fault->kind->name);
    (void)snprintf(fault->method, sizeof fault->method, "%s",
                   method ? method : "CreateSnapshot_Task");
    fault->number = fault->kind->usual;
    return only(entry, known, where, err) ||
                   take_number(entry, parameter,
                               fault->kind->value == VALUE_FACTOR ? 0.01 : 1,
                               &fault->number, err) ||
                   take_duration(entry, "after", &fault->after_ms, err) ||
                   take_duration(entry, "for", &fault->for_ms, err) ||
                   take_count(entry, "at_install", &fault->at_install, err) ||
                   take_count(entry, "at_effect", &fault->at_effect, err)
               ? -1
               : 0;
}

static bool matches(const struct lab *lab, const struct appliance *appliance,
                    const json_t *entry)
{
    const char *name = json_text(entry, "appliance"), *index = json_text(entry, "index");
    const char *group = json_text(entry, "link_group");
    if (name && strncmp(name, "index:", 6) == 0)
        index = name + 6;
    if (index)
        return appliance->index == strtol(index, NULL, 10);
    if (name)
        return fnmatch(name, appliance->name, 0) == 0;
    if (!group || !lab->link_size || appliance->index >= lab->link_size * lab->link_count)
        return false;
    auto_free char *own = xasprintf("sso-%02d", appliance->index / lab->link_size + 1);
    return fnmatch(group, own, 0) == 0;
}

static int nobody(const json_t *entry, const struct lab *lab, struct slipway_error *err)
{
    const char *keys[] = {"appliance", "index", "link_group"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        if (json_object_get(entry, keys[i]))
            return wrong(entry, keys[i], err,
                         "%s %s: nobody has that; the fleet is vc-0001 to vc-%04d, with "
                         "%d link groups",
                         keys[i], json_text(entry, keys[i]), lab->appliance_count,
                         lab->link_count);
    return wrong(entry, "fault", err, "say which appliance, link_group or manager");
}

static int to_appliances(struct lab *lab, const json_t *entry, struct slipway_error *err)
{
    const char *kind = json_text(entry, "fault");
    struct fault fault = {.kind = fault_find(kind)};
    double share = 1;
    int found = 0;
    if (!fault.kind)
        return wrong(entry, "fault", err,
                     "fault %s is not known; see tests/lab/README.md", kind);
    if (fill(entry, &fault, err) || take_share(entry, "probability", &share, err))
        return -1;
    for (int i = 0; i < lab->appliance_count; i++) {
        fault.appliance = &lab->appliances[i];
        if (!matches(lab, fault.appliance, entry))
            continue;
        found++;
        if (!fault_fits(fault.kind, fault.appliance))
            return wrong(entry, "fault", err,
                         "fault %s is not for this kind of appliance", kind);
        if (fault.at_install && !lab->vcsa)
            return wrong(entry, "at_install", err, "at_install counts for vCenters only");
        if (scenario_chance(lab, share))
            fault_add(&fault);
    }
    return found ? 0 : nobody(entry, lab, err);
}

/* The lasting faults of a host; NULL for another word. */
static bool *host_flag(struct manager *manager, const char *kind)
{
    if (strcmp(kind, "free_licence") == 0)
        return &manager->free_licence;
    if (strcmp(kind, "lockdown") == 0)
        return &manager->lockdown;
    return strcmp(kind, "maintenance") == 0 ? &manager->maintenance : NULL;
}

static int to_managers(struct lab *lab, const json_t *entry, struct slipway_error *err)
{
    static const char *const known[] = {"manager", "fault", "at_effect", "for", NULL};
    const char *pattern = json_text(entry, "manager"), *kind = json_text(entry, "fault");
    int found = 0, at = 1;
    int64_t ms = LAB_RESTART_MS;
    bool restart = strcmp(kind, "manager_restart") == 0;
    if (!restart && !host_flag(&lab->managers[0], kind))
        return wrong(entry, "fault", err,
                     "fault %s is not for managers; give manager_restart, free_licence, "
                     "lockdown or maintenance",
                     kind);
    if (only(entry, known, "a fault of a manager", err) ||
        take_count(entry, "at_effect", &at, err) || take_duration(entry, "for", &ms, err))
        return -1;
    for (int i = 0; i < lab->manager_count; i++) {
        struct manager *manager = &lab->managers[i];
        if (fnmatch(pattern, manager->name, 0) != 0)
            continue;
        found++;
        if (!restart) {
            *host_flag(manager, kind) = true;
            continue;
        }
        manager->restart_at = at;
        manager->restart_ms = (int)lab_scaled(lab, ms);
    }
    return found ? 0 : wrong(entry, "manager", err, "manager %s: there is none", pattern);
}

static int take_fault(struct lab *lab, const json_t *given, struct slipway_error *err)
{
    if (!json_is_object(given))
        return slipway_error_set(err, -1, " a fault is {appliance: NAME, fault: KIND}");
    auto_json json_t *entry = long_form(given);
    if (!json_text(entry, "fault"))
        return wrong(entry, "fault", err, "a fault needs fault: KIND");
    return json_text(entry, "manager") ? to_managers(lab, entry, err)
                                       : to_appliances(lab, entry, err);
}

/* ---- settings, versions, groups, the mix ---- */

static int take_settings(struct lab *lab, const json_t *settings,
                         struct slipway_error *err)
{
    static const char *const known[] = {
        "boot",         "update", "snapshot", "revert", "remove", "power",
        "session_idle", "stage",  "shutdown", "deploy", NULL};
    int64_t *const slots[] = {&lab->boot_ms,         &lab->update_ms, &lab->create_ms,
                              &lab->revert_ms,       &lab->remove_ms, &lab->power_ms,
                              &lab->session_idle_ms, &lab->stage_ms,  &lab->shutdown_ms,
                              &lab->deploy_ms};
    if (only(settings, known, "settings", err))
        return -1;
    for (size_t i = 0; known[i]; i++)
        if (take_duration(settings, known[i], slots[i], err))
            return -1;
    return 0;
}

static int take_versions(const json_t *vcsa, const char *key, char out[][24], int *count,
                         struct slipway_error *err)
{
    const json_t *list = json_object_get(vcsa, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *version = json_string_value(json_array_get(list, i));
        if (!version || strlen(version) >= 24 || *count == LAB_VERSIONS_MAX)
            return wrong(vcsa, key, err, "%s: at most %d versions of at most 23 bytes",
                         key, LAB_VERSIONS_MAX);
        (void)snprintf(out[(*count)++], 24, "%s", version);
    }
    return 0;
}

static int take_groups(struct lab *lab, const json_t *groups, struct slipway_error *err)
{
    static const char *const known[] = {"size", "count", NULL};
    if (!groups)
        return 0;
    if (only(groups, known, "link_groups", err) ||
        take_count(groups, "size", &lab->link_size, err) ||
        take_count(groups, "count", &lab->link_count, err))
        return -1;
    return lab->link_size >= 2 && lab->link_size <= LAB_LINK_MAX && lab->link_count
               ? 0
               : wrong(groups, "size", err, "give size (2 to %d) and count",
                       LAB_LINK_MAX);
}

static int take_vcsa(struct lab *lab, const json_t *vcsa, struct slipway_error *err)
{
    static const char *const known[] = {"versions", "offers", "link_groups", "installer",
                                        NULL};
    const char *installer = json_text(vcsa, "installer");
    if (!vcsa)
        return 0;
    lab->vcsa = true;
    (void)snprintf(lab->installer, sizeof lab->installer, "%s",
                   installer ? installer : "");
    return only(vcsa, known, "vcsa", err) ||
                   take_versions(vcsa, "versions", lab->versions, &lab->version_count,
                                 err) ||
                   take_versions(vcsa, "offers", lab->offers, &lab->offer_count, err) ||
                   take_groups(lab, json_object_get(vcsa, "link_groups"), err)
               ? -1
               : 0;
}

static int take_weights(struct lab *lab, const json_t *weights, struct slipway_error *err)
{
    const char *key;
    json_t *value;
    for (size_t i = 0; fault_at(i); i++)
        lab->weights[i] = fault_at(i)->weight;
    json_object_foreach((json_t *)(uintptr_t)weights, key, value)
    {
        size_t i = 0;
        double weight = 0;
        if (scenario_is_mark(key))
            continue;
        while (fault_at(i) && strcmp(fault_at(i)->name, key) != 0)
            i++;
        if (!fault_at(i))
            return wrong(weights, key, err, "fault %s is not known", key);
        if (take_number(weights, key, 0, &weight, err))
            return -1;
        lab->weights[i] = (int)weight;
    }
    return 0;
}

static int take_mix(struct lab *lab, const json_t *mix, struct slipway_error *err)
{
    static const char *const known[] = {"faulty", "weights", NULL};
    double share = (double)lab->faulty_percent / 100;
    if (only(mix, known, "mix", err) || take_share(mix, "faulty", &share, err) ||
        take_weights(lab, json_object_get(mix, "weights"), err))
        return -1;
    lab->faulty_percent = (int)(share * 100 + 0.5);
    return 0;
}

static int take_all(struct lab *lab, const json_t *root, struct slipway_error *err)
{
    static const char *const known[] = {"settings", "faults", "vcsa", "mix", NULL};
    const json_t *faults = json_is_array(root) ? root : json_object_get(root, "faults");
    const json_t *top = json_is_object(root) ? root : NULL;
    if (only(top, known, "a scenario", err) ||
        take_settings(lab, json_object_get(top, "settings"), err) ||
        take_vcsa(lab, json_object_get(top, "vcsa"), err) ||
        take_mix(lab, json_object_get(top, "mix"), err))
        return -1;
    for (size_t i = 0; i < json_array_size(faults); i++)
        if (take_fault(lab, json_array_get(faults, i), err))
            return -1;
    return 0;
}

int scenario_load(struct lab *lab, const char *file, struct slipway_error *err)
{
    struct slipway_error why = {{0}};
    auto_json json_t *root = file ? scenario_read(file, err) : json_object();
    if (!root)
        return -1;
    return take_all(lab, root, &why) ? slipway_error_set(err, -1, "%s:%s", file, why.text)
                                     : 0;
}
