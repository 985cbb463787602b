/*
 * inventory_diff.h - what is in a fleet and not in the inventory, and the other way
 * round.
 */
#ifndef CLI_INVENTORY_DIFF_H
#define CLI_INVENTORY_DIFF_H

#include "model/fleet.h"
#include "report/inventory_changes.h"
#include "store/inventory.h"

/* Compare before an import; appliances that the fleet does not name are removed only
   with `prune`. Codes of store.h; `out` must be zeroed. */
int inventory_diff(struct store *store, const struct fleet *fleet, bool prune,
                   struct inventory_changes *out, struct slipway_error *err);
/* For a state that is not there yet: all is new. */
void inventory_diff_nothing(const struct fleet *fleet, struct inventory_changes *out);

#endif
