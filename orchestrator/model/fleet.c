/* fleet.c - see fleet.h. */
#include "model/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"

static void appliance_clear(struct appliance *a)
{
    char *texts[] = {a->name,    a->host,       a->kind,      a->site,
                     a->version, a->link_group, a->calendar,  a->manager,
                     a->vm_key,  a->datastore,  a->place.file};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    json_decref(a->labels);
    json_decref(a->doc);
}

void time_rules_clear(struct time_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        free(rules->items[i].label);
        free(rules->items[i].value);
        free(rules->items[i].calendar);
        free(rules->items[i].place.file);
    }
    free(rules->items);
    *rules = (struct time_rules){0};
}

void fleet_clear(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->appliance_count; i++)
        appliance_clear(&fleet->appliances[i]);
    for (size_t i = 0; i < fleet->manager_count; i++) {
        free(fleet->managers[i].name);
        free(fleet->managers[i].place.file);
        json_decref(fleet->managers[i].doc);
    }
    free(fleet->appliances);
    free(fleet->managers);
    free(fleet->zone);
    free(fleet->zone_place.file);
    time_rules_clear(&fleet->windows);
    time_rules_clear(&fleet->freezes);
    *fleet = (struct fleet){0};
}

const char *appliance_attribute(const struct appliance *a, const char *name)
{
    const struct {
        const char *name, *value;
    } own[] = {
        {"site", a->site},
        {"kind", a->kind},
        {"version", a->version},
        {"manager", a->manager},
        {"link_group", a->link_group},
        {"datastore", a->datastore},
        {"name", a->name},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
        if (!strcmp(own[i].name, name))
            return own[i].value && *own[i].value ? own[i].value : NULL;
    }
    return json_text(a->labels, name);
}
