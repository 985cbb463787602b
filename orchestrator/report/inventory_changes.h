/*
 * inventory_changes.h - what an import changes, appliance by appliance: for people, who
 * should see it before a campaign acts on it, and for scripts.
 */
#ifndef REPORT_INVENTORY_CHANGES_H
#define REPORT_INVENTORY_CHANGES_H

#include <jansson.h>
#include <stdbool.h>

#include "report/layout.h"

#define CHANGES_SHOWN 20 /* of each sort; all of them: --json */

enum change_kind { CHANGE_ADDED, CHANGE_CHANGED, CHANGE_REMOVED, CHANGE_KINDS };
const char *change_kind_name(enum change_kind kind);

struct change_field {
    char *name, *from, *to; /* from, to: "" if it has none, NULL if they are not shown */
};

struct inventory_change {
    enum change_kind kind;
    char *appliance;
    struct change_field *fields;
    size_t count, room;
};

struct inventory_changes {
    struct inventory_change *items;
    size_t count, room;
    size_t counts[CHANGE_KINDS];
    bool into_nothing; /* the inventory was empty: everything is new */
};

struct inventory_change *inventory_changes_add(struct inventory_changes *changes,
                                               enum change_kind kind, const char *name);
/* `from` and `to` are copied; NULL: only that it changed. */
void inventory_change_field(struct inventory_change *change, const char *name,
                            const char *from, const char *to);

/* "+ vc-7", "~ vc-1: site rbx -> gra", "- vc-9"; nothing if all is new. Append. */
void inventory_changes_text(const struct inventory_changes *changes, bool colour,
                            struct buf *out);
/* [{change, name, fields: [{field, from, to}]}] */
json_t *inventory_changes_json(const struct inventory_changes *changes);
void inventory_changes_clear(struct inventory_changes *changes);
#define auto_inventory_changes __attribute__((cleanup(inventory_changes_clear)))

#endif
