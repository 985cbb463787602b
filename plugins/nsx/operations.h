/*
 * operations.h - the entry points of all operations; nsx_plugin.c says what they are. Those
 * of NSX-T begin with t, those of NSX-V with v.
 */
#ifndef NSX_OPERATIONS_H
#define NSX_OPERATIONS_H

#include "slipway/plugin.h"

/* reads */
enum slipway_outcome nsx_op_t_version(struct slipway_call *call);
enum slipway_outcome nsx_op_t_cluster(struct slipway_call *call);
enum slipway_outcome nsx_op_t_node(struct slipway_call *call);
enum slipway_outcome nsx_op_t_state(struct slipway_call *call);
enum slipway_outcome nsx_op_t_history(struct slipway_call *call);
enum slipway_outcome nsx_op_t_backup_state(struct slipway_call *call);
enum slipway_outcome nsx_op_t_compute_managers(struct slipway_call *call);
enum slipway_outcome nsx_op_t_passwords(struct slipway_call *call);
enum slipway_outcome nsx_op_t_transport_nodes(struct slipway_call *call);
enum slipway_outcome nsx_op_t_alarms(struct slipway_call *call);
enum slipway_outcome nsx_op_v_vcenter(struct slipway_call *call);
enum slipway_outcome nsx_op_v_version(struct slipway_call *call);
enum slipway_outcome nsx_op_v_components(struct slipway_call *call);
enum slipway_outcome nsx_op_v_system(struct slipway_call *call);
enum slipway_outcome nsx_op_v_state(struct slipway_call *call);
enum slipway_outcome nsx_op_v_information(struct slipway_call *call);
enum slipway_outcome nsx_op_v_backup_state(struct slipway_call *call);

/* effects */
enum slipway_outcome nsx_t_backup_start(struct slipway_call *call);
enum slipway_outcome nsx_t_backup_poll(struct slipway_call *call);
enum slipway_outcome nsx_t_bundle_start(struct slipway_call *call);
enum slipway_outcome nsx_t_bundle_poll(struct slipway_call *call);
enum slipway_outcome nsx_t_eula_start(struct slipway_call *call);
enum slipway_outcome nsx_t_coordinator_start(struct slipway_call *call);
enum slipway_outcome nsx_t_coordinator_poll(struct slipway_call *call);
enum slipway_outcome nsx_t_checks_start(struct slipway_call *call);
enum slipway_outcome nsx_t_checks_poll(struct slipway_call *call);
enum slipway_outcome nsx_t_upgrade_start(struct slipway_call *call);
enum slipway_outcome nsx_t_upgrade_poll(struct slipway_call *call);
enum slipway_probe nsx_t_upgrade_probe(struct slipway_call *call);
enum slipway_outcome nsx_t_pause_start(struct slipway_call *call);
enum slipway_outcome nsx_t_pause_poll(struct slipway_call *call);
enum slipway_outcome nsx_v_backup_start(struct slipway_call *call);
enum slipway_outcome nsx_v_backup_poll(struct slipway_call *call);
enum slipway_outcome nsx_v_backup_settings_start(struct slipway_call *call);
enum slipway_outcome nsx_v_bundle_start(struct slipway_call *call);
enum slipway_outcome nsx_v_bundle_poll(struct slipway_call *call);
enum slipway_outcome nsx_v_upgrade_start(struct slipway_call *call);
enum slipway_outcome nsx_v_upgrade_poll(struct slipway_call *call);
enum slipway_probe nsx_v_upgrade_probe(struct slipway_call *call);

/* for lint */
int nsx_t_upgrade_check(const char *with, struct slipway_error *err);
int nsx_v_upgrade_check(const char *with, struct slipway_error *err);

#endif
