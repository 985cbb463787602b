/*
 * fleet_decode.c - fleet.yaml: managers, defaults, appliances, windows and freezes.
 *
 * Managers first, wherever they stand, because each appliance's document holds its
 * manager's; then the defaults, checked once; then the appliances, one by one. A
 * fleet with any error is not given out.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "playbook/appliance.h"
#include "playbook/checks.h"
#include "playbook/license_decode.h"
#include "playbook/load.h"
#include "playbook/paths.h"
#include "playbook/tables.h"
#include "playbook/tree.h"
#include "playbook/time_decode.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

/* What a manager and each of its hosts have: where it is, why it is trusted, who logs
   in. */
static json_t *door_document(const struct fields *fields, const char *name)
{
    auto_free char *url = field_text(fields, "url");
    auto_json json_t *tls = tls_decode(fields);
    auto_json json_t *login = login_decode(fields);
    const char *wrong = url ? check_url(url) : NULL;
    if (wrong)
        decode_error(fields->decoder, field_node(fields, "url"), "url %s", wrong);
    json_t *doc = json_pack("{s:s}", "name", name);
    if (url)
        (void)json_object_set_new(doc, "url", json_string(url));
    if (tls)
        (void)json_object_set(doc, "tls", tls);
    if (login)
        (void)json_object_set(doc, "login", login);
    return doc;
}

/* Name and address are each of one host: two entries that are one would find every
   machine twice. */
static void check_twins(const struct fields *fields, const json_t *hosts,
                        const json_t *doc)
{
    static const char *const keys[] = {"name", "url"};
    for (size_t i = 0; i < json_array_size(hosts); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(keys); j++) {
            const char *value = json_text(doc, keys[j]);
            const char *other = json_text(json_array_get(hosts, i), keys[j]);
            if (value && other && !strcasecmp(value, other))
                decode_error(fields->decoder, field_node(fields, keys[j]),
                             "another host of this manager has the %s %s", keys[j],
                             value);
        }
}

static void decode_host(const struct decoder *decoder, const struct yaml_node *node,
                        const json_t *manager, json_t *hosts)
{
    static const char *const needed[] = {"tls", "login"};
    struct fields fields;
    if (fields_open(decoder, node, &table_manager_host, &fields) != 0)
        return;
    auto_free char *name = field_text(&fields, "name");
    if (!name)
        return;
    if (!check_name(name)) {
        decode_error(decoder, field_node(&fields, "name"),
                     "name must be made of letters, digits, . _ and -, begin with a "
                     "letter or digit, and have at most 64");
        return;
    }
    json_t *doc = door_document(&fields, name);
    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
        if (!field_node(&fields, needed[i]) && !json_object_get(manager, needed[i]))
            decode_error(decoder, node, "host %s lacks %s, here or in its manager", name,
                         needed[i]);
    check_twins(&fields, hosts, doc);
    (void)json_array_append_new(hosts, doc);
}

static void decode_hosts(const struct fields *manager, json_t *doc)
{
    const struct yaml_node *list = field_list(manager, "hosts", FLEET_HOSTS_MAX);
    json_t *hosts = json_array();
    if (json_object_get(doc, "url"))
        decode_error(manager->decoder, field_node(manager, "url"),
                     "a manager has either url or hosts");
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode_host(manager->decoder, at, doc, hosts);
    if (list && !list->count)
        decode_error(manager->decoder, list, "hosts has no host");
    (void)json_object_set_new(doc, "hosts", hosts);
}

static json_t *manager_document(const struct fields *fields, const char *name)
{
    static const char *const needed[] = {"url", "tls", "login"};
    json_t *doc = door_document(fields, name);
    if (field_node(fields, "hosts")) {
        decode_hosts(fields, doc);
        return doc;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
        if (!field_node(fields, needed[i]))
            decode_error(fields->decoder, fields->node, "manager lacks the key %s%s",
                         needed[i], i ? "" : " (or hosts, for a set of ESXi hosts)");
    return doc;
}

static void decode_manager(const struct decoder *decoder, const struct yaml_node *node,
                           struct fleet *fleet, struct manager_index *index)
{
    struct fields fields;
    if (fields_open(decoder, node, &table_manager, &fields) != 0)
        return;
    auto_free char *name = field_text(&fields, "name");
    auto_json json_t *doc = manager_document(&fields, name ? name : "");
    if (!name)
        return;
    if (!check_name(name)) {
        decode_error(decoder, field_node(&fields, "name"),
                     "name must be made of letters, digits, . _ and -, begin with a "
                     "letter or digit, and have at most 64");
        return;
    }
    size_t before = index->names.count;
    size_t at = map_intern(&index->names, name);
    if (at < before) {
        decode_error(decoder, field_node(&fields, "name"),
                     "manager %s is there already, on line %d", name,
                     fleet->managers[at].place.line);
        return;
    }
    *vec_push(fleet->managers, fleet->manager_count, fleet->manager_room) =
        (struct manager){.name = steal_ptr(&name),
                         .doc = steal_ptr(&doc),
                         .place = decode_place(decoder, node)};
}

static json_t *decode_defaults(const struct fields *fleet)
{
    const struct yaml_node *node = field_mapping(fleet, "defaults");
    struct fields fields;
    if (!node || fields_open(fleet->decoder, node, &table_defaults, &fields) != 0)
        return json_object();
    return appliance_parts(&fields, true);
}

static void decode_appliances(const struct fields *fields, struct fleet *fleet,
                              const struct manager_index *managers)
{
    auto_json json_t *defaults = decode_defaults(fields);
    const struct yaml_node *list = field_list(fields, "appliances", FLEET_APPLIANCES_MAX);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next) {
        struct appliance appliance;
        if (appliance_decode(fields->decoder, at, defaults, managers, &appliance) == 0)
            *vec_push(fleet->appliances, fleet->appliance_count, fleet->appliance_room) =
                appliance;
    }
}

static void decode_fleet(const struct fields *fields, struct fleet *fleet)
{
    struct manager_index managers = {.fleet = fleet};
    zone_decode(fields, &fleet->zone, &fleet->zone_place);
    time_rules_decode(fields, "windows", true, &fleet->windows);
    time_rules_decode(fields, "freezes", true, &fleet->freezes);
    const struct yaml_node *list = field_list(fields, "managers", FLEET_MANAGERS_MAX);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode_manager(fields->decoder, at, fleet, &managers);
    license_pools_decode(fields, fleet);
    decode_appliances(fields, fleet, &managers);
    map_free(&managers.names);
}

int load_fleet(const char *path, struct fleet *out, char digest[SHA256_HEX],
               struct problem_list *problems)
{
    size_t before = problems->errors;
    struct slipway_error err;
    auto_free char *folder = path_folder(path, &err);
    if (!folder) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return -1;
    }
    auto_yaml struct yaml_document *document = tree_read(path, problems);
    const struct decoder decoder = {path, folder, problems};
    struct fleet fleet = {0};
    struct fields fields;
    if (!document || fields_open(&decoder, document->root, &table_fleet, &fields) != 0)
        return -1;
    decode_fleet(&fields, &fleet);
    fleet_lint(&fleet, problems);
    if (problems->errors != before) {
        fleet_clear(&fleet);
        return -1;
    }
    if (digest)
        memcpy(digest, document->digest, SHA256_HEX);
    *out = fleet;
    return 0;
}
