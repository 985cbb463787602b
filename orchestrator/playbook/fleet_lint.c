/*
 * fleet_lint.c - what only the whole fleet can tell (load.h).
 *
 * Two entries that are one machine are the worst mistake of an inventory: slipway
 * would upgrade it twice, or revert it under its own feet. Each kind of identity is
 * put into a map once, so the check stays linear for a hundred thousand appliances.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "playbook/load.h"
#include "playbook/paths.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

/* The key's first owner, or `own` if it is new. `owners` is parallel to the map. */
static size_t first_owner(struct map *map, size_t *owners, const char *key, size_t own)
{
    size_t before = map->count;
    size_t at = map_intern(map, key);
    if (at == before)
        owners[at] = own;
    return owners[at];
}

static void lint_names(const struct fleet *fleet, struct problem_list *problems)
{
    auto_map struct map seen = {0};
    auto_free size_t *owners = xcalloc(fleet->appliance_count + 1, sizeof *owners);
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const struct appliance *a = &fleet->appliances[i];
        size_t first = first_owner(&seen, owners, a->name, i);
        if (first != i)
            problem_error(problems, &a->place,
                          "appliance %s is there already, on line %d", a->name,
                          fleet->appliances[first].place.line);
    }
}

/* What slipway connects to. Several appliances may share a host behind forwarded
   ports, but never a port or a service. */
static size_t addresses_of(const struct appliance *a, char *addresses[2])
{
    const json_t *ssh = json_object_get(a->doc, "ssh");
    const char *url = json_text(json_object_get(a->doc, "rest"), "url");
    size_t count = 0;
    if (ssh)
        addresses[count++] =
            xasprintf("%s port %lld", a->host, (long long)json_number(ssh, "port", 0));
    if (url)
        addresses[count++] = xstrdup(url);
    if (!count)
        addresses[count++] = xstrdup(a->host);
    for (size_t i = 0; i < count; i++) {
        for (char *c = addresses[i]; *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    }
    return count;
}

static void lint_addresses(const struct fleet *fleet, struct problem_list *problems)
{
    auto_map struct map seen = {0};
    auto_free size_t *owners = xcalloc(2 * fleet->appliance_count + 1, sizeof *owners);
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const struct appliance *a = &fleet->appliances[i];
        char *addresses[2];
        size_t count = addresses_of(a, addresses);
        bool told = false;
        for (size_t j = 0; j < count; j++) {
            size_t first = first_owner(&seen, owners, addresses[j], i);
            if (first != i && !told)
                problem_error(problems, &a->place,
                              "appliance %s has the same address as %s (%s)", a->name,
                              fleet->appliances[first].name, addresses[j]);
            told = told || first != i;
            free(addresses[j]);
        }
    }
}

static void lint_machines(const struct fleet *fleet, struct problem_list *problems)
{
    auto_map struct map seen = {0};
    auto_free size_t *owners = xcalloc(fleet->appliance_count + 1, sizeof *owners);
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const struct appliance *a = &fleet->appliances[i];
        if (!*a->vm_key)
            continue;
        auto_free char *key = xasprintf("%s %s", a->manager, a->vm_key);
        size_t first = first_owner(&seen, owners, key, i);
        if (first != i)
            problem_error(problems, &a->place,
                          "appliance %s has the same virtual machine as %s", a->name,
                          fleet->appliances[first].name);
    }
}

static void lint_calendars(const struct fleet *fleet, struct problem_list *problems)
{
    auto_map struct map seen = {0};
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const struct appliance *a = &fleet->appliances[i];
        if (!path_is_calendar(a->calendar) || map_find(&seen, a->calendar) >= 0)
            continue;
        (void)map_intern(&seen, a->calendar);
        if (!path_is_file(a->calendar))
            problem_error(problems, &a->place, "calendar %s: no such file", a->calendar);
    }
}

/* The values that a label has in the fleet. */
static void collect_values(const struct fleet *fleet, const char *label, struct map *out)
{
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const char *value = appliance_attribute(&fleet->appliances[i], label);
        if (value)
            (void)map_intern(out, value);
    }
}

void fleet_lint_rules(const struct fleet *fleet, const struct time_rules *rules,
                      const char *key, struct problem_list *problems)
{
    auto_map struct map labels = {0};
    struct map *values = NULL; /* parallel to labels */
    size_t count = 0, room = 0;
    for (size_t i = 0; i < rules->count; i++) {
        const struct time_rule *rule = &rules->items[i];
        if (!rule->label)
            continue;
        size_t at = map_intern(&labels, rule->label);
        if (at == count) {
            *vec_push(values, count, room) = (struct map){0};
            collect_values(fleet, rule->label, &values[at]);
        }
        if (map_find(&values[at], rule->value) >= 0)
            continue;
        const char *near = text_nearest(rule->value, (const char *const *)values[at].keys,
                                        values[at].count);
        problem_warning(problems, &rule->place,
                        "%s: no appliance has %s: %s, so this binds nobody%s%s%s", key,
                        rule->label, rule->value, near ? " (nearest: " : "",
                        near ? near : "", near ? ")" : "");
    }
    for (size_t i = 0; i < count; i++)
        map_free(&values[i]);
    free(values);
}

struct label_names {
    struct map seen, lowered;
    const char **first; /* parallel to `lowered`: the spelling that came first */
    size_t count, room;
};

/* The first spelling of each name gets the column of selectors (select.c). */
static void lint_label(struct label_names *names, const char *name,
                       const struct place *place, struct problem_list *problems)
{
    size_t known = names->seen.count;
    if (map_intern(&names->seen, name) < known)
        return;
    auto_free char *lower = xstrdup(name);
    for (char *c = lower; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    size_t at = map_intern(&names->lowered, lower);
    if (at == names->count)
        *vec_push(names->first, names->count, names->room) = name;
    else
        problem_warning(problems, place,
                        "label %s: %s differs only in case, and selectors see only that "
                        "one as a column",
                        name, names->first[at]);
}

static void lint_labels(const struct fleet *fleet, struct problem_list *problems)
{
    struct label_names names = {0};
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const char *name;
        json_t *value;
        json_object_foreach(fleet->appliances[i].labels, name, value)
            lint_label(&names, name, &fleet->appliances[i].place, problems);
    }
    map_free(&names.seen);
    map_free(&names.lowered);
    free(names.first);
}

void fleet_lint(const struct fleet *fleet, struct problem_list *problems)
{
    lint_names(fleet, problems);
    lint_addresses(fleet, problems);
    lint_machines(fleet, problems);
    lint_calendars(fleet, problems);
    fleet_lint_rules(fleet, &fleet->windows, "windows", problems);
    fleet_lint_rules(fleet, &fleet->freezes, "freezes", problems);
    lint_labels(fleet, problems);
}
