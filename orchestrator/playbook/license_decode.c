/*
 * license_decode.c - see license_decode.h. A pool is one key: its name is unique, and so is
 * the reference to it, because one key in two pools would be given out twice.
 */
#include "playbook/license_decode.h"

#include <string.h>

#include "playbook/checks.h"
#include "playbook/tables.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define MAJOR_MAX 99
#define COUNT_MAX 1000000

static void check_twins(const struct fields *fields, const struct fleet *fleet,
                        const char *name, const json_t *key)
{
    for (size_t i = 0; i < fleet->license_pool_count; i++) {
        const struct license_pool *other = &fleet->license_pools[i];
        if (name && !strcmp(other->name, name))
            decode_error(fields->decoder, field_node(fields, "name"),
                         "license pool %s is there already, on line %d", name,
                         other->place.line);
        if (key && json_equal(other->key, key))
            decode_error(fields->decoder, field_node(fields, "key"),
                         "this is the key of license pool %s on line %d: one key in two "
                         "pools would be given out twice",
                         other->name, other->place.line);
    }
}

static void decode_pool(const struct decoder *decoder, const struct yaml_node *node,
                        struct fleet *fleet)
{
    static const char *const names[] = {"vcenter", "esxi"};
    static const struct choice products = {license_product_from, names,
                                           ARRAY_LENGTH(names)};
    struct fields fields;
    int product = 0;
    int64_t major = 0, count = 0;
    if (fields_open(decoder, node, &table_license_pool, &fields) != 0)
        return;
    auto_free char *name = field_text(&fields, "name");
    auto_free char *edition = field_text(&fields, "edition");
    auto_json json_t *key = field_secret(&fields, "key", false);
    bool whole = field_choice(&fields, "product", &products, &product);
    whole = field_integer(&fields, "major", 1, MAJOR_MAX, &major) && whole;
    whole = field_integer(&fields, "count", 1, COUNT_MAX, &count) && whole;
    if (name && !check_name(name))
        decode_error(decoder, field_node(&fields, "name"),
                     "name must be made of letters, digits, . _ and -, begin with a "
                     "letter or digit, and have at most 64");
    check_twins(&fields, fleet, name, key);
    if (!whole || !name || !key)
        return;
    *vec_push(fleet->license_pools, fleet->license_pool_count, fleet->license_pool_room) =
        (struct license_pool){.name = steal_ptr(&name),
                              .product = (enum license_product)product,
                              .major = (int)major,
                              .edition = edition ? steal_ptr(&edition) : xstrdup(""),
                              .key = steal_ptr(&key),
                              .count = count,
                              .place = decode_place(decoder, node)};
}

void license_pools_decode(const struct fields *fleet_fields, struct fleet *fleet)
{
    const struct yaml_node *list =
        field_list(fleet_fields, "license_pools", LICENSE_POOLS_MAX);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode_pool(fleet_fields->decoder, at, fleet);
}
