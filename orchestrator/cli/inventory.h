/*
 * inventory.h - what the words of `slipway inventory` share.
 */
#ifndef CLI_INVENTORY_H
#define CLI_INVENTORY_H

#include "cli/cli.h"
#include "store/inventory.h"
#include "util/map.h"

/* The filter that the options ask for; `label` (the caller's, wiped here) holds the
   label's name until then. An exit code, explained. */
int inventory_filter(struct cli *cli, struct store_appliance_filter *out, char **label);
/* True if anything was filtered. */
bool inventory_is_filtered(const struct store_appliance_filter *filter);

/* "no appliance NAME in the inventory, did you mean ...": EXIT_ERROR. */
int inventory_no_such(struct cli *cli, struct store *store, const char *name);

/* `slipway inventory import FILE` */
int inventory_import(struct cli *cli);

/* `slipway inventory import [FILE] --from-manager NAME` */
int inventory_discover(struct cli *cli, const char *manager);

/* `slipway inventory probe [NAME...]` */
int inventory_probe(struct cli *cli);

#endif
