/*
 * fleet_table.c - see fleet_table.h.
 *
 * A row is decoded like an appliance of a fleet file, so the same rules hold and the
 * same sentences are said, with the place of the cell. A table has no room for secrets
 * and trust, so access to appliances comes from the defaults.
 */
#include "playbook/fleet_table.h"

#include <string.h>

#include "playbook/appliance.h"
#include "playbook/load.h"
#include "playbook/paths.h"
#include "playbook/tables.h"
#include "playbook/tree.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/json.h"
#include "util/xalloc.h"

/* ---- managers and defaults ---- */

static void take_managers(const struct fleet *from, struct fleet *out)
{
    for (size_t i = 0; i < from->manager_count; i++) {
        const struct manager *m = &from->managers[i];
        const char *file = m->place.file ? m->place.file : "the inventory";
        *vec_push(out->managers, out->manager_count, out->manager_room) =
            (struct manager){.name = xstrdup(m->name),
                             .doc = json_incref(m->doc),
                             .place = {.file = xstrdup(file),
                                       .line = m->place.line,
                                       .column = m->place.column}};
    }
}

/* The defaults of a file that was loaded without an error; the caller's. */
static json_t *take_defaults(const char *path)
{
    struct slipway_error err;
    struct fields fleet, fields;
    auto_problems struct problem_list known = {0};
    auto_free char *folder = path_folder(path, &err);
    auto_yaml struct yaml_document *document = tree_read(path, &known);
    const struct decoder decoder = {path, folder ? folder : ".", &known};
    if (!document || fields_open(&decoder, document->root, &table_fleet, &fleet) != 0)
        return json_object();
    const struct yaml_node *node = field_mapping(&fleet, "defaults");
    if (!node || fields_open(&decoder, node, &table_defaults, &fields) != 0)
        return json_object();
    return appliance_parts(&fields, true);
}

/* ---- rows ---- */

/* `manager` and `datastore` into `vm`, where an appliance has them. */
static void settle_short_names(struct yaml_node *row, struct yaml_node *vm)
{
    for (struct yaml_node **slot = &row->first; *slot;) {
        struct yaml_node *node = *slot;
        if (node->kind != YAML_SCALAR ||
            (strcmp(node->key, "manager") != 0 && strcmp(node->key, "datastore") != 0)) {
            slot = &node->next;
            continue;
        }
        *slot = node->next;
        row->count--;
        node->next = vm->first;
        vm->first = node;
        vm->count++;
    }
}

static void decode_row(const struct decoder *decoder, struct yaml_node *row,
                       json_t *defaults, const struct manager_index *managers,
                       struct fleet *out)
{
    struct yaml_node vm = {.kind = YAML_MAPPING,
                           .line = row->line,
                           .column = row->column,
                           .key = "vm",
                           .key_line = row->line,
                           .key_column = row->column,
                           .text = ""};
    struct yaml_node *own = row->first;
    struct appliance appliance;
    while (own && (own->kind != YAML_MAPPING || strcmp(own->key, "vm") != 0))
        own = own->next;
    settle_short_names(row, own ? own : &vm);
    if (vm.count) {
        vm.next = row->first;
        row->first = &vm;
        row->count++;
    }
    /* a column that nobody knows is one mistake, not one for each row */
    auto_problems struct problem_list found = {0};
    const struct decoder own_list = {decoder->file, decoder->base_dir, &found};
    if (appliance_decode(&own_list, row, defaults, managers, &appliance) == 0)
        *vec_push(out->appliances, out->appliance_count, out->appliance_room) = appliance;
    if (found.count)
        problems_move(decoder->problems, &found);
    if (row->first == &vm) /* it ends here, the row does not */
        row->first = vm.next;
}

static void decode_rows(const struct decoder *decoder, struct yaml_node *root,
                        json_t *defaults, struct fleet *out)
{
    struct manager_index managers = {.fleet = out};
    for (size_t i = 0; i < out->manager_count; i++)
        (void)map_intern(&managers.names, out->managers[i].name);
    if (root->count > FLEET_APPLIANCES_MAX)
        decode_error(decoder, root, "more than %d rows", FLEET_APPLIANCES_MAX);
    else
        for (struct yaml_node *row = root->first; row; row = row->next)
            decode_row(decoder, row, defaults, &managers, out);
    map_free(&managers.names);
}

static struct yaml_document *read_table(const char *path, struct problem_list *problems)
{
    auto_buf struct buf bytes = {0};
    struct slipway_error err;
    if (file_read(path, YAML_BYTES_MAX, &bytes, &err) != 0) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return NULL;
    }
    return tree_table(path, buf_text(&bytes), bytes.length, problems);
}

static int load_table(const char *path, json_t *defaults, struct fleet *out,
                      struct problem_list *problems)
{
    size_t before = problems->errors;
    struct slipway_error err;
    auto_free char *folder = path_folder(path, &err);
    if (!folder) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return -1;
    }
    auto_yaml struct yaml_document *document = read_table(path, problems);
    const struct decoder decoder = {path, folder, problems};
    if (!document)
        return -1;
    decode_rows(&decoder, document->root, defaults, out);
    fleet_lint(out, problems);
    return problems->errors == before ? 0 : -1;
}

int load_fleet_table(const char *path, const char *with, const struct fleet *known,
                     struct fleet *out, struct problem_list *problems)
{
    __attribute__((cleanup(fleet_clear))) struct fleet base = {0}, fleet = {0};
    if (with && load_fleet(with, &base, NULL, problems) != 0)
        return -1;
    auto_json json_t *defaults = with ? take_defaults(with) : json_object();
    if (with || known)
        take_managers(with ? &base : known, &fleet);
    if (load_table(path, defaults, &fleet, problems) != 0)
        return -1;
    *out = fleet;
    fleet = (struct fleet){0};
    return 0;
}
