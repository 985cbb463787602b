/*
 * fleet_table.h - appliances from a table (CSV), with managers and defaults from a fleet
 * file beside it.
 */
#ifndef PLAYBOOK_FLEET_TABLE_H
#define PLAYBOOK_FLEET_TABLE_H

#include "model/fleet.h"
#include "playbook/problem.h"

/*
 * Read the appliances of the table `path`. Columns are the keys of an appliance: name,
 * host, kind, site, version, link_group, calendar, labels.NAME, vm.MEMBER; `manager` and
 * `datastore` are short for vm.manager and vm.datastore. What a row does not say comes
 * from the defaults of the fleet file `with`, which also has the managers; its appliances
 * are not taken. Without it (NULL) there are no defaults, and managers are those of
 * `known` (NULL: none).
 *
 * Problems and result as load_fleet().
 */
int load_fleet_table(const char *path, const char *with, const struct fleet *known,
                     struct fleet *out, struct problem_list *problems);

#endif
