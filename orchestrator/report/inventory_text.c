/*
 * inventory_text.c - the inventory for people (inventory.h).
 *
 * "version" is what fleet.yaml said at the import, "seen" what the appliance itself
 * answered last; where they differ the line is marked.
 */
#include <string.h>

#include "report/inventory.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"

static bool has_drifted(const struct store_appliance *a)
{
    return a->seen_version && *a->version && strcmp(a->seen_version, a->version) != 0;
}

/* "customer=acme tier=gold" */
static void add_labels(const char *labels, struct buf *out)
{
    auto_json json_t *object = json_parse(labels, strlen(labels), JSON_BYTES_MAX, NULL);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
        buf_addf(out, "%s%s=%s", out->length ? " " : "", key,
                 json_is_string(value) ? json_string_value(value) : "?");
}

/* ---- list ---- */

void inventory_table_add(struct inventory_table *list, const struct store_appliance *a)
{
    static const char *const heads[] = {"name",    "kind",       "site",
                                        "version", "seen",       "host",
                                        "manager", "link group", "labels"};
    auto_buf struct buf labels = {0};
    if (!list->count++) {
        list->table.columns = ARRAY_LENGTH(heads);
        for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
            table_add(&list->table, heads[i]);
    }
    list->never_seen += !a->seen_version;
    list->drifted += has_drifted(a);
    add_labels(a->labels, &labels);
    table_add(&list->table, a->name);
    table_add(&list->table, a->kind);
    table_add(&list->table, a->site);
    table_add(&list->table, a->version);
    table_addf(&list->table, "%s%s", a->seen_version ? a->seen_version : "-",
               has_drifted(a) ? " !" : "");
    table_add(&list->table, a->host);
    table_add(&list->table, a->manager);
    table_add(&list->table, a->link_group);
    table_add(&list->table, buf_text(&labels));
}

void inventory_table_text(const struct inventory_table *list, bool filtered, bool colour,
                          struct buf *out)
{
    struct layout layout = {out, colour};
    if (!list->count) {
        buf_adds(out, filtered ? "no appliance of the inventory is like that\n"
                               : "the inventory is empty; fill it with: slipway "
                                 "inventory import fleet.yaml\n");
        return;
    }
    table_write(&list->table, 0, table_rows(&list->table), "", &layout);
    buf_addf(out, "\n%zu appliance%s", list->count, list->count == 1 ? "" : "s");
    if (list->never_seen)
        buf_addf(out, ", %zu never read back", list->never_seen);
    if (list->drifted)
        buf_addf(out, ", %zu with another version than fleet.yaml says (!)",
                 list->drifted);
    buf_addc(out, '\n');
}

void inventory_table_clear(struct inventory_table *list)
{
    table_clear(&list->table);
    *list = (struct inventory_table){0};
}

/* ---- show ---- */

static void labelled(const struct layout *layout, const char *label, const char *text)
{
    char lead[32];
    (void)snprintf(lead, sizeof lead, "  %-12s", label);
    if (text && *text)
        layout_paragraph(layout, lead, COLOUR_NONE, text);
}

/* A part of the document: a line for each member, nested ones as JSON. */
static void write_part(const struct layout *layout, const char *name, const json_t *part)
{
    const char *key;
    json_t *value;
    layout_heading(layout, name);
    json_object_foreach((json_t *)part, key, value)
    {
        auto_free char *text = json_is_string(value) ? NULL : json_canonical(value);
        labelled(layout, key, text ? text : json_string_value(value));
    }
}

/* What the appliance says of itself stands apart: no import changes it. */
static void write_seen(const struct layout *layout, const struct store_appliance *a)
{
    auto_buf struct buf text = {0};
    char at[32];
    layout_heading(layout, "read back from the appliance");
    if (!a->seen_version) {
        labelled(layout, "seen", "never; ask with: slipway inventory probe");
        return;
    }
    buf_addf(&text, "%s at %s%s", a->seen_version, time_iso(a->seen_ms, at, sizeof at),
             has_drifted(a) ? " (fleet.yaml says otherwise)" : "");
    labelled(layout, "seen", buf_text(&text));
}

void inventory_show_text(const struct store_appliance *a, bool colour, struct buf *out)
{
    static const char *const parts[] = {"ssh", "rest", "vm", "manager"};
    struct layout layout = {out, colour};
    auto_buf struct buf labels = {0};
    char at[32];
    auto_json json_t *doc = json_parse(a->doc, strlen(a->doc), JSON_BYTES_MAX, NULL);
    layout_paragraph(&layout, "", COLOUR_NONE, a->name);
    labelled(&layout, "host", a->host);
    labelled(&layout, "kind", a->kind);
    labelled(&layout, "site", a->site);
    labelled(&layout, "version", *a->version ? a->version : "not known");
    labelled(&layout, "link group", a->link_group);
    labelled(&layout, "calendar", a->calendar);
    labelled(&layout, "datastore", a->datastore);
    add_labels(a->labels, &labels);
    labelled(&layout, "labels", buf_text(&labels));
    labelled(&layout, "imported", time_iso(a->imported_ms, at, sizeof at));
    write_seen(&layout, a);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        const json_t *part = json_object_get(doc, parts[i]);
        if (part)
            write_part(&layout, parts[i], part);
    }
}

/* ---- import ---- */

void inventory_import_text(const struct store_import *import, const char *file,
                           bool pruned, int total, struct buf *out)
{
    char clean[1024];
    int named = import->added + import->changed + import->same;
    buf_addf(out, "%s: %d appliance%s (%d new, %d changed, %d as before), %d manager%s\n",
             text_clean(file, clean, sizeof clean), named, named == 1 ? "" : "s",
             import->added, import->changed, import->same, import->managers,
             import->managers == 1 ? "" : "s");
    if (import->removed)
        buf_addf(out, "%d forgotten, because the file does not name them\n",
                 import->removed);
    else if (!pruned && total > named)
        buf_addf(out,
                 "%d more of the inventory are not in the file and were kept; --prune "
                 "forgets them\n",
                 total - named);
}

/* ---- probe ---- */

/* The word for scripts, but where two words read better. */
static const char *verdict_words(enum probe_verdict verdict)
{
    return verdict == PROBE_NO_VERSION ? "no version" : probe_verdict_name(verdict);
}

static void write_counts(const struct probe_view *view, struct buf *out)
{
    size_t counts[PROBE_VERDICTS] = {0};
    for (size_t i = 0; i < view->count; i++)
        counts[view->rows[i].verdict]++;
    buf_addf(out, "\n%zu asked", view->count);
    for (int v = 0; v < PROBE_VERDICTS; v++) {
        if (counts[v])
            buf_addf(out, ", %zu %s", counts[v], verdict_words((enum probe_verdict)v));
    }
    buf_addc(out, '\n');
}

void inventory_probe_text(const struct probe_view *view, struct buf *out)
{
    static const char *const heads[] = {"name", "known", "seen", "build", ""};
    struct layout layout = {out, view->colour};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads)};
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < view->count; i++) {
        const struct probe_row *row = &view->rows[i];
        table_add(&table, row->name);
        table_add(&table, *row->known ? row->known : "-");
        table_add(&table, row->seen ? row->seen : "-");
        table_add(&table, *row->build ? row->build : "-");
        table_add(&table, verdict_words(row->verdict));
    }
    table_write(&table, 0, table_rows(&table), "", &layout);
    for (size_t i = 0; i < view->count; i++) {
        const struct probe_row *row = &view->rows[i];
        auto_buf struct buf text = {0};
        if (!row->sentence)
            continue;
        buf_addf(&text, "%s: %s", row->name, row->sentence);
        layout_paragraph(&layout, "! ", COLOUR_YELLOW, buf_text(&text));
    }
    write_counts(view, out);
    if (!view->recorded && view->not_recorded)
        layout_paragraph(&layout, "not recorded: ", COLOUR_YELLOW, view->not_recorded);
}
