/*
 * select.c - which appliances a campaign means (load.h: campaign_select).
 *
 * The columns are worked out once for the fleet, then the expression is compiled
 * once and evaluated for each appliance. An evaluation error is an error of the
 * selection: an appliance is never in or out by accident.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "playbook/checks.h"
#include "playbook/load.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

static const char *const own_columns[] = {"name",    "host",      "kind",
                                          "site",    "version",   "link_group",
                                          "manager", "datastore", "labels"};
enum { OWN_COLUMNS = ARRAY_LENGTH(own_columns), LABELS_COLUMN = OWN_COLUMNS - 1 };

/* Labels beyond this many have no column; `labels ->> '$.name'` still reaches them. */
#define LABEL_COLUMNS_MAX 200u

/* SQL does not tell the case of names apart: the first spelling gets the column. */
static bool is_column(const struct map *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (!strcasecmp(columns->keys[i], name))
            return true;
    }
    return false;
}

static void collect_columns(const struct fleet *fleet, struct map *columns)
{
    auto_map struct map seen = {0};
    for (size_t i = 0; i < OWN_COLUMNS; i++)
        (void)map_intern(columns, own_columns[i]);
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const char *name;
        json_t *value;
        json_object_foreach(fleet->appliances[i].labels, name, value)
        {
            if (map_find(&seen, name) >= 0 || seen.count >= 10 * LABEL_COLUMNS_MAX)
                continue;
            (void)map_intern(&seen, name);
            if (columns->count < OWN_COLUMNS + LABEL_COLUMNS_MAX &&
                check_identifier(name) && !is_column(columns, name))
                (void)map_intern(columns, name);
        }
    }
}

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* Values of one appliance; `labels` is only written out if it is asked for. */
static void bind(const struct appliance *a, const struct map *columns, const char *labels,
                 const char **values)
{
    values[0] = a->name;
    values[1] = a->host;
    values[2] = or_null(a->kind);
    values[3] = or_null(a->site);
    values[4] = or_null(a->version);
    values[5] = or_null(a->link_group);
    values[6] = or_null(a->manager);
    values[7] = or_null(a->datastore);
    values[LABELS_COLUMN] = labels;
    for (size_t i = OWN_COLUMNS; i < columns->count; i++)
        values[i] = json_text(a->labels, columns->keys[i]);
}

struct selection {
    struct expr_engine *engine;
    const char *sql;
    struct map columns;
    const char **values;
    bool wants_labels;
};

/* 1: selected, 0: not, -1: error. */
static int selects(struct selection *selection, const struct appliance *a,
                   struct slipway_error *err)
{
    struct slipway_error why;
    auto_expr_value struct expr_value value = {0};
    auto_free char *labels = selection->wants_labels ? json_canonical(a->labels) : NULL;
    bind(a, &selection->columns, labels, selection->values);
    if (expr_eval(selection->engine, selection->sql,
                  (const char *const *)selection->columns.keys, selection->values,
                  selection->columns.count, &value, &why) != 0)
        return slipway_error_set(err, -1, "select, at appliance %s: %s", a->name,
                                 why.text);
    return expr_truth(&value);
}

static int select_all(struct selection *selection, const struct fleet *fleet,
                      int *indexes, size_t *count, struct slipway_error *err)
{
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        int chosen = selects(selection, &fleet->appliances[i], err);
        if (chosen < 0)
            return -1;
        if (chosen)
            indexes[(*count)++] = (int)i;
    }
    return 0;
}

static int select_some(struct selection *selection, const struct fleet *fleet,
                       int *indexes, size_t *count, struct slipway_error *err)
{
    struct slipway_error why;
    if (expr_check(selection->engine, selection->sql,
                   (const char *const *)selection->columns.keys, selection->columns.count,
                   &why) != 0)
        return slipway_error_set(err, -1, "select: %s", why.text);
    return select_all(selection, fleet, indexes, count, err);
}

int campaign_select(const struct campaign *campaign, const struct fleet *fleet,
                    struct expr_engine *engine, int **indexes, size_t *count,
                    struct slipway_error *err)
{
    auto_free int *chosen = xcalloc(fleet->appliance_count + 1, sizeof *chosen);
    size_t chosen_count = 0;
    int result = 0;
    if (!campaign->select) {
        for (size_t i = 0; i < fleet->appliance_count; i++)
            chosen[chosen_count++] = (int)i;
    } else {
        struct selection selection = {.engine = engine,
                                      .sql = campaign->select,
                                      .wants_labels =
                                          strcasestr(campaign->select, "labels") != NULL};
        collect_columns(fleet, &selection.columns);
        selection.values = xcalloc(selection.columns.count, sizeof *selection.values);
        result = select_some(&selection, fleet, chosen, &chosen_count, err);
        free(selection.values);
        map_free(&selection.columns);
    }
    if (result != 0)
        return -1;
    *indexes = steal_ptr(&chosen);
    *count = chosen_count;
    return 0;
}
