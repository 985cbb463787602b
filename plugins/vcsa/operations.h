/*
 * operations.h - the entry points of the operations, for the plugin's table. What each
 * does and answers is in README.md.
 */
#ifndef VCSA_OPERATIONS_H
#define VCSA_OPERATIONS_H

#include "slipway/plugin.h"

enum slipway_outcome vcsa_op_version(struct slipway_call *call);
enum slipway_outcome vcsa_op_about(struct slipway_call *call);
enum slipway_outcome vcsa_op_update_state(struct slipway_call *call);
enum slipway_outcome vcsa_op_pending(struct slipway_call *call);
enum slipway_outcome vcsa_op_precheck(struct slipway_call *call);
enum slipway_outcome vcsa_op_validate(struct slipway_call *call);
enum slipway_outcome vcsa_op_services(struct slipway_call *call);
enum slipway_outcome vcsa_op_health(struct slipway_call *call);
enum slipway_outcome vcsa_op_evidence(struct slipway_call *call);
enum slipway_outcome vcsa_op_storage(struct slipway_call *call);
enum slipway_outcome vcsa_op_password_expiry(struct slipway_call *call);
enum slipway_outcome vcsa_op_certificates(struct slipway_call *call);
enum slipway_outcome vcsa_op_time(struct slipway_call *call);
enum slipway_outcome vcsa_op_replication(struct slipway_call *call);
enum slipway_outcome vcsa_op_vcha(struct slipway_call *call);
enum slipway_outcome vcsa_op_backup_check(struct slipway_call *call);
enum slipway_outcome vcsa_op_backup_state(struct slipway_call *call);
enum slipway_outcome vcsa_op_access_state(struct slipway_call *call);
/* start and poll are the same look. */
enum slipway_outcome vcsa_op_deployment(struct slipway_call *call);
int vcsa_deployment_check(const char *with, struct slipway_error *err);
enum slipway_outcome vcsa_op_settings(struct slipway_call *call);
enum slipway_outcome vcsa_op_backup_schedule(struct slipway_call *call);
enum slipway_outcome vcsa_op_names(struct slipway_call *call);
enum slipway_outcome vcsa_op_ntp(struct slipway_call *call);
enum slipway_outcome vcsa_op_repository(struct slipway_call *call);
enum slipway_outcome vcsa_repository_set_start(struct slipway_call *call);
enum slipway_outcome vcsa_op_login(struct slipway_call *call);
enum slipway_outcome vcsa_op_inventory(struct slipway_call *call);
enum slipway_outcome vcsa_op_extensions(struct slipway_call *call);
enum slipway_outcome vcsa_op_interop(struct slipway_call *call);
enum slipway_outcome vcsa_op_registrations(struct slipway_call *call);
enum slipway_outcome vcsa_op_tasks(struct slipway_call *call);
enum slipway_outcome vcsa_op_license_state(struct slipway_call *call);

enum slipway_outcome vcsa_license_assign_start(struct slipway_call *call);

enum slipway_outcome vcsa_unstage_start(struct slipway_call *call);
enum slipway_outcome vcsa_stage_start(struct slipway_call *call);
enum slipway_outcome vcsa_stage_poll(struct slipway_call *call);

enum slipway_outcome vcsa_install_start(struct slipway_call *call);
enum slipway_outcome vcsa_install_poll(struct slipway_call *call);
enum slipway_probe vcsa_install_probe(struct slipway_call *call);

enum slipway_outcome vcsa_backup_start(struct slipway_call *call);
enum slipway_outcome vcsa_backup_poll(struct slipway_call *call);

enum slipway_outcome vcsa_reboot_start(struct slipway_call *call);
enum slipway_outcome vcsa_reboot_poll(struct slipway_call *call);

enum slipway_outcome vcsa_vcha_undeploy_start(struct slipway_call *call);
enum slipway_outcome vcsa_vcha_undeploy_poll(struct slipway_call *call);
enum slipway_outcome vcsa_vcha_deploy_start(struct slipway_call *call);
enum slipway_outcome vcsa_vcha_deploy_poll(struct slipway_call *call);

enum slipway_outcome vcsa_access_start(struct slipway_call *call);

/* with.product must be vcenter or esxi. */
int vcsa_repository_check(const char *with, struct slipway_error *err);
int vcsa_license_check(const char *with, struct slipway_error *err);

/* with.version must be four dotted numbers: never "latest", never absent. */
int vcsa_version_check(const char *with, struct slipway_error *err);

#endif
