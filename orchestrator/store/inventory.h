/*
 * inventory.h - the fleet as it was imported last, and the versions that were
 * read back since. Codes, `err` and callbacks as in store.h.
 */
#ifndef STORE_INVENTORY_H
#define STORE_INVENTORY_H

#include "model/fleet.h"
#include "store/store.h"

struct store_import {
    int added, changed, same, removed; /* appliances */
    int managers;
};

/* Make the inventory what `fleet` says, in one transaction of its own. Appliances
   that are not in it are forgotten only with `prune`; windows, freezes and zone are
   replaced together if it has any of them, and forgotten without them only with `prune`. */
int store_import_fleet(struct store *store, const struct fleet *fleet, bool prune,
                       int64_t now_ms, struct store_import *out,
                       struct slipway_error *err);

/* The whole inventory; `out` must be empty. A version that was read back takes the
   place of an imported one. (fleet_clear) */
int store_load_fleet(struct store *store, struct fleet *out, struct slipway_error *err);

/* A version that was read from the appliance itself; inside a transaction. */
int store_seen_version(struct store *store, const char *appliance, const char *version,
                       int64_t at_ms);

struct store_appliance {
    const char *name, *host, *kind, *site, *version, *link_group, *calendar, *manager;
    const char *datastore;
    const char *labels;       /* JSON object */
    const char *doc;          /* JSON object, as plugins get it */
    const char *seen_version; /* NULL: never read back */
    int64_t seen_ms, imported_ms;
};
struct store_appliance_filter {
    const char *name; /* GLOB pattern; NULL: any, as the others */
    const char *kind, *site, *manager, *version;
    const char *label, *label_value; /* label with this value; value NULL: has it */
};
typedef int (*store_appliance_fn)(void *data, const struct store_appliance *appliance);
/* By name. */
int store_appliances(struct store *store, const struct store_appliance_filter *filter,
                     store_appliance_fn visit, void *data, struct slipway_error *err);

#endif
