/*
 * inventory_diff.c - see inventory_diff.h.
 *
 * Attributes that people write are compared one by one; of the parts that hold addresses
 * and references to secrets (ssh, rest, vm, manager) only that they changed is told.
 * What appliances say of themselves (the version that was read back) is no part of it:
 * an import never touches that.
 */
#include "cli/inventory_diff.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

enum { TEXTS = 8 };
static const char *const names[TEXTS] = {
    "host", "kind", "site", "version", "link_group", "calendar", "manager", "datastore"};

/* One appliance of the inventory. */
struct row {
    char *texts[TEXTS];
    json_t *labels, *doc;
    bool named; /* by the fleet too */
};

struct diff {
    const struct fleet *fleet;
    struct map names; /* of the inventory, parallel to rows */
    struct row *rows;
    size_t count, room;
    struct inventory_changes *out;
};

static int take_row(void *data, const struct store_appliance *a)
{
    struct diff *diff = data;
    const char *texts[TEXTS] = {a->host,       a->kind,     a->site,    a->version,
                                a->link_group, a->calendar, a->manager, a->datastore};
    struct row *row = vec_push(diff->rows, diff->count, diff->room);
    *row = (struct row){
        .labels = json_parse(a->labels, strlen(a->labels), JSON_BYTES_MAX, NULL),
        .doc = json_parse(a->doc, strlen(a->doc), JSON_BYTES_MAX, NULL)};
    for (size_t i = 0; i < TEXTS; i++)
        row->texts[i] = xstrdup(texts[i] ? texts[i] : "");
    (void)map_intern(&diff->names, a->name);
    return 0;
}

static void diff_clear(struct diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        for (size_t k = 0; k < TEXTS; k++)
            free(diff->rows[i].texts[k]);
        json_decref(diff->rows[i].labels);
        json_decref(diff->rows[i].doc);
    }
    free(diff->rows);
    map_free(&diff->names);
}

/* The change of this appliance, made when it is first needed. */
static struct inventory_change *
change_of(struct diff *diff, struct inventory_change **change, const char *name)
{
    if (!*change)
        *change = inventory_changes_add(diff->out, CHANGE_CHANGED, name);
    return *change;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_text(object, key);
    return text ? text : "";
}

static void compare_labels(struct diff *diff, const struct row *row,
                           const struct appliance *a, struct inventory_change **change)
{
    auto_json json_t *all = json_object();
    const char *key;
    json_t *value;
    (void)json_object_update(all, row->labels);
    (void)json_object_update(all, a->labels);
    json_object_foreach(all, key, value)
    {
        const char *from = text_of(row->labels, key), *to = text_of(a->labels, key);
        auto_free char *name = xasprintf("labels.%s", key);
        if (strcmp(from, to) != 0)
            inventory_change_field(change_of(diff, change, a->name), name, from, to);
    }
}

/* Members of the document that are told elsewhere. */
static bool is_told(const char *key)
{
    if (!strcmp(key, "labels") || !strcmp(key, "name"))
        return true;
    for (size_t i = 0; i < TEXTS; i++) {
        if (!strcmp(names[i], key) && strcmp(key, "manager") != 0)
            return true;
    }
    return false;
}

static void compare_parts(struct diff *diff, const struct row *row,
                          const struct appliance *a, struct inventory_change **change)
{
    auto_json json_t *all = json_object();
    const char *key;
    json_t *value;
    (void)json_object_update(all, row->doc);
    (void)json_object_update(all, a->doc);
    json_object_foreach(all, key, value)
    {
        json_t *from = json_object_get(row->doc, key), *to = json_object_get(a->doc, key);
        bool same = from && to && json_equal(from, to);
        bool whole = from && to;
        auto_free char *name =
            !strcmp(key, "manager") ? xstrdup("access to the manager") : xstrdup(key);
        if (same || is_told(key))
            continue;
        inventory_change_field(change_of(diff, change, a->name), name,
                               whole  ? NULL
                               : from ? "there"
                                      : "",
                               whole ? NULL
                               : to  ? "there"
                                     : "");
    }
}

static void compare(struct diff *diff, struct row *row, const struct appliance *a)
{
    const char *texts[TEXTS] = {a->host,       a->kind,     a->site,    a->version,
                                a->link_group, a->calendar, a->manager, a->datastore};
    struct inventory_change *change = NULL;
    row->named = true;
    for (size_t i = 0; i < TEXTS; i++) {
        const char *to = texts[i] ? texts[i] : "";
        if (strcmp(row->texts[i], to) != 0)
            inventory_change_field(change_of(diff, &change, a->name), names[i],
                                   row->texts[i], to);
    }
    compare_labels(diff, row, a, &change);
    compare_parts(diff, row, a, &change);
}

static void compare_all(struct diff *diff, bool prune)
{
    for (size_t i = 0; i < diff->fleet->appliance_count; i++) {
        const struct appliance *a = &diff->fleet->appliances[i];
        long at = map_find(&diff->names, a->name);
        if (at < 0)
            (void)inventory_changes_add(diff->out, CHANGE_ADDED, a->name);
        else
            compare(diff, &diff->rows[at], a);
    }
    for (size_t i = 0; prune && i < diff->count; i++) {
        if (!diff->rows[i].named)
            (void)inventory_changes_add(diff->out, CHANGE_REMOVED, diff->names.keys[i]);
    }
    diff->out->into_nothing = !diff->count;
}

int inventory_diff(struct store *store, const struct fleet *fleet, bool prune,
                   struct inventory_changes *out, struct slipway_error *err)
{
    static const struct store_appliance_filter all = {0};
    struct diff diff = {.fleet = fleet, .out = out};
    int code = store_appliances(store, &all, take_row, &diff, err);
    if (!code)
        compare_all(&diff, prune);
    diff_clear(&diff);
    return code;
}

void inventory_diff_nothing(const struct fleet *fleet, struct inventory_changes *out)
{
    struct diff diff = {.fleet = fleet, .out = out};
    compare_all(&diff, false);
}
