/*
 * operations.h - the entry points of the operations, for the plugin's table.
 * What each does and answers is in README.md.
 */
#ifndef VSPHERE_OPERATIONS_H
#define VSPHERE_OPERATIONS_H

#include "slipway/plugin.h"

/* inspect.c: reading */
enum slipway_outcome vsphere_op_vm(struct slipway_call *call);
enum slipway_outcome vsphere_op_room(struct slipway_call *call);
enum slipway_outcome vsphere_op_snapshots(struct slipway_call *call);
enum slipway_outcome vsphere_op_snapshot_find(struct slipway_call *call);
enum slipway_outcome vsphere_op_snapshot_check(struct slipway_call *call);

/* machines.c */
enum slipway_outcome vsphere_op_machines(struct slipway_call *call);
int vsphere_machines_check(const char *with, struct slipway_error *err);

/* snapshot_expire.c */
enum slipway_outcome vsphere_expire_start(struct slipway_call *call);
enum slipway_outcome vsphere_expire_poll(struct slipway_call *call);

/* snapshot_create.c */
enum slipway_outcome vsphere_create_start(struct slipway_call *call);
enum slipway_outcome vsphere_create_poll(struct slipway_call *call);
enum slipway_probe vsphere_create_probe(struct slipway_call *call);

/* snapshot_revert.c */
enum slipway_outcome vsphere_revert_start(struct slipway_call *call);
enum slipway_outcome vsphere_revert_poll(struct slipway_call *call);
enum slipway_probe vsphere_revert_probe(struct slipway_call *call);

/* snapshot_remove.c */
enum slipway_outcome vsphere_remove_start(struct slipway_call *call);
enum slipway_outcome vsphere_remove_poll(struct slipway_call *call);
enum slipway_probe vsphere_remove_probe(struct slipway_call *call);

/* power.c */
enum slipway_outcome vsphere_power_on_start(struct slipway_call *call);
enum slipway_outcome vsphere_power_on_poll(struct slipway_call *call);
enum slipway_outcome vsphere_power_off_start(struct slipway_call *call);
enum slipway_outcome vsphere_power_off_poll(struct slipway_call *call);
enum slipway_outcome vsphere_shutdown_start(struct slipway_call *call);
enum slipway_outcome vsphere_shutdown_poll(struct slipway_call *call);

/* shut_down.c */
enum slipway_outcome vsphere_shut_down_start(struct slipway_call *call);
enum slipway_outcome vsphere_shut_down_poll(struct slipway_call *call);

#endif
