/*
 * inventory.c - the fleet as rows. An import is one transaction: the inventory is the
 * old one or the new one, never a mixture. Each row remembers a digest of its content,
 * so that an import can say what it changed. Documents hold references to secrets,
 * never secrets.
 */
#include "store/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

/* ---- import ---- */

static int put_manager(struct store *store, const struct manager *manager, int64_t now_ms)
{
    auto_free char *doc = json_canonical(manager->doc);
    auto_sql struct sql sql = sql_use(store, STATEMENT_PUT_MANAGER);
    put_text(&sql, manager->name);
    put_text(&sql, doc);
    put_int(&sql, now_ms);
    return sql_write(&sql, "importing a manager");
}

static void digest_of(const struct appliance *a, const char *labels, const char *doc,
                      char out[SHA256_HEX])
{
    const char *parts[] = {a->host,       a->kind,     a->site,    a->version,
                           a->link_group, a->calendar, a->manager, a->vm_key,
                           a->datastore,  labels,      doc};
    auto_buf struct buf all = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        buf_add(&all, text_or_empty(parts[i]), strlen(text_or_empty(parts[i])) + 1);
    sha256_hex(all.data, all.length, out);
}

static int count_change(struct store *store, const char *name, const char *digest,
                        struct store_import *out)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_APPLIANCE_DIGEST);
    put_text(&sql, name);
    if (!sql_next(&sql))
        out->added++;
    else if (strcmp(take_text(&sql), digest) != 0)
        out->changed++;
    else
        out->same++;
    return sql.rc == SQLITE_ROW || sql.rc == SQLITE_DONE
               ? STORE_OK
               : store_poison_sqlite(store, "reading the inventory");
}

static int put_appliance(struct store *store, const struct appliance *a, int64_t now_ms,
                         struct store_import *out)
{
    char digest[SHA256_HEX];
    auto_free char *doc = json_canonical(a->doc);
    auto_free char *labels = a->labels ? json_canonical(a->labels) : xstrdup("{}");
    digest_of(a, labels, doc, digest);
    int code = count_change(store, a->name, digest, out);
    if (code)
        return code;
    const char *texts[] = {a->host,       a->kind,     a->site,    a->version,
                           a->link_group, a->calendar, a->manager, a->vm_key,
                           a->datastore,  labels,      doc,        digest};
    auto_sql struct sql sql = sql_use(store, STATEMENT_PUT_APPLIANCE);
    put_text(&sql, a->name);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        put_text(&sql, text_or_empty(texts[i]));
    put_int(&sql, now_ms);
    return sql_write(&sql, "importing an appliance");
}

static int prune_rows(struct store *store, enum statement statement, int64_t now_ms)
{
    auto_sql struct sql sql = sql_use(store, statement);
    put_int(&sql, now_ms);
    return sql_write(&sql, "forgetting what was not imported");
}

static int prune_all(struct store *store, int64_t now_ms, struct store_import *out)
{
    int code = prune_rows(store, STATEMENT_PRUNE_APPLIANCES, now_ms);
    out->removed = code ? 0 : sqlite3_changes(store->db);
    if (!code)
        code = prune_rows(store, STATEMENT_PRUNE_FLEET_TIME, now_ms);
    return code ? code : prune_rows(store, STATEMENT_PRUNE_MANAGERS, now_ms);
}

/* ---- windows and freezes ---- */

static json_t *rules_json(const struct time_rules *rules)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rules->count; i++) {
        const struct time_rule *rule = &rules->items[i];
        json_t *item = json_pack("{s:s}", "calendar", rule->calendar);
        if (rule->label) {
            (void)json_object_set_new(item, "label", json_string(rule->label));
            (void)json_object_set_new(item, "value", json_string(rule->value));
        }
        (void)json_array_append_new(list, item);
    }
    return list;
}

static int put_time(struct store *store, const struct fleet *fleet, int64_t now_ms)
{
    if (!fleet->zone && !fleet->windows.count && !fleet->freezes.count)
        return STORE_OK;
    auto_json json_t *json =
        json_pack("{s:o, s:o}", "windows", rules_json(&fleet->windows), "freezes",
                  rules_json(&fleet->freezes));
    if (fleet->zone)
        (void)json_object_set_new(json, "zone", json_string(fleet->zone));
    auto_free char *text = json_canonical(json);
    auto_sql struct sql sql = sql_use(store, STATEMENT_PUT_FLEET_TIME);
    put_text(&sql, text);
    put_int(&sql, now_ms);
    return sql_write(&sql, "importing windows and freezes");
}

static void load_rules(const json_t *list, struct time_rules *out)
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        const char *calendar = json_text(item, "calendar");
        *vec_push(out->items, out->count, out->room) =
            (struct time_rule){.label = xstrdup_null(json_text(item, "label")),
                               .value = xstrdup_null(json_text(item, "value")),
                               .calendar = xstrdup(calendar ? calendar : "")};
    }
}

static int load_time(struct store *store, struct fleet *fleet, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_FLEET_TIME);
    while (sql_next(&sql)) {
        const char *text = take_text(&sql);
        auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
        fleet->zone = xstrdup_null(json_text(json, "zone"));
        load_rules(json_object_get(json, "windows"), &fleet->windows);
        load_rules(json_object_get(json, "freezes"), &fleet->freezes);
    }
    return sql_end(&sql, err);
}

int store_import_fleet(struct store *store, const struct fleet *fleet, bool prune,
                       int64_t now_ms, struct store_import *out,
                       struct slipway_error *err)
{
    struct store_import import = {.managers = (int)fleet->manager_count};
    int code = store_begin(store, err);
    if (code)
        return code;
    for (size_t i = 0; i < fleet->manager_count && !code; i++)
        code = put_manager(store, &fleet->managers[i], now_ms);
    for (size_t i = 0; i < fleet->appliance_count && !code; i++)
        code = put_appliance(store, &fleet->appliances[i], now_ms, &import);
    if (!code)
        code = put_time(store, fleet, now_ms);
    if (!code && prune)
        (void)prune_all(store, now_ms, &import);
    code = store_commit(store, err);
    if (!code)
        *out = import;
    return code;
}

int store_seen_version(struct store *store, const char *appliance, const char *version,
                       int64_t at_ms)
{
    int code = store_writable(store);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_SEEN_VERSION);
    put_text(&sql, version);
    put_int(&sql, at_ms);
    put_text(&sql, appliance);
    return sql_write(&sql, "saving a version");
}

/* ---- reading ---- */

static json_t *take_json(struct sql *sql)
{
    const char *text = take_text(sql);
    json_t *json = text ? json_parse(text, strlen(text), JSON_BYTES_MAX, NULL) : NULL;
    if (!json)
        sql->strange = true;
    return json;
}

static void load_manager(struct sql *sql, struct fleet *fleet)
{
    struct manager *m =
        vec_push(fleet->managers, fleet->manager_count, fleet->manager_room);
    *m = (struct manager){.name = xstrdup(take_text(sql))};
    m->doc = take_json(sql);
}

static void load_appliance(struct sql *sql, struct fleet *fleet)
{
    struct appliance *a =
        vec_push(fleet->appliances, fleet->appliance_count, fleet->appliance_room);
    *a = (struct appliance){.name = xstrdup(take_text(sql))};
    char **texts[] = {&a->host,     &a->kind,    &a->site,   &a->version,  &a->link_group,
                      &a->calendar, &a->manager, &a->vm_key, &a->datastore};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = xstrdup(take_text(sql));
    a->labels = take_json(sql);
    a->doc = take_json(sql);
}

static int load_rows(struct store *store, enum statement statement,
                     void (*load)(struct sql *sql, struct fleet *fleet),
                     struct fleet *fleet, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, statement);
    while (!sql.strange && sql_next(&sql))
        load(&sql, fleet);
    return sql_end(&sql, err);
}

int store_load_fleet(struct store *store, struct fleet *out, struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    __attribute__((cleanup(fleet_clear))) struct fleet fleet = {0};
    int code = load_rows(store, STATEMENT_MANAGERS, load_manager, &fleet, err);
    if (!code)
        code = load_rows(store, STATEMENT_FLEET, load_appliance, &fleet, err);
    if (!code)
        code = load_time(store, &fleet, err);
    if (!code) {
        *out = fleet;
        fleet = (struct fleet){0};
    }
    return code;
}

int store_appliances(struct store *store, const struct store_appliance_filter *filter,
                     store_appliance_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_APPLIANCES);
    const char *wanted[] = {filter->name,       filter->kind,    filter->site,
                            filter->manager,    filter->version, filter->label,
                            filter->label_value};
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        put_text(&sql, wanted[i]);
    while (sql_next(&sql)) {
        struct store_appliance a = {.name = take_text(&sql)};
        const char **texts[] = {&a.host,       &a.kind,     &a.site,        &a.version,
                                &a.link_group, &a.calendar, &a.manager,     &a.datastore,
                                &a.labels,     &a.doc,      &a.seen_version};
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
            *texts[i] = take_text(&sql);
        a.seen_ms = take_int(&sql);
        a.imported_ms = take_int(&sql);
        if (visit(data, &a))
            return slipway_error_set(err, STORE_STOPPED, "stopped at %s", a.name);
    }
    return sql_end(&sql, err);
}
