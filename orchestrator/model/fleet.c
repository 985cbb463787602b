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
    for (size_t i = 0; i < fleet->license_pool_count; i++) {
        free(fleet->license_pools[i].name);
        free(fleet->license_pools[i].edition);
        free(fleet->license_pools[i].place.file);
        json_decref(fleet->license_pools[i].key);
    }
    free(fleet->license_pools);
    free(fleet->appliances);
    free(fleet->managers);
    free(fleet->zone);
    free(fleet->zone_place.file);
    time_rules_clear(&fleet->windows);
    time_rules_clear(&fleet->freezes);
    *fleet = (struct fleet){0};
}

static const char *const license_products[LICENSE_PRODUCT_COUNT] = {"vcenter", "esxi"};

const char *license_product_name(enum license_product product)
{
    return license_products[product];
}

int license_product_from(const char *name)
{
    for (int i = 0; i < LICENSE_PRODUCT_COUNT; i++)
        if (!strcmp(license_products[i], name))
            return i;
    return -1;
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

bool appliance_is_column(const char *name)
{
    static const char *const columns[] = {"name",      "host",    "kind",
                                          "site",      "version", "manager",
                                          "datastore", "labels",  "link_group"};
    for (size_t i = 0; i < ARRAY_LENGTH(columns); i++)
        if (!strcmp(columns[i], name))
            return true;
    return false;
}
