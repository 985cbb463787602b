/*
 * operations.h - the entry points of the operations, for the plugin's table. What each
 * does and answers is in README.md.
 */
#ifndef VCSA_CLI_OPERATIONS_H
#define VCSA_CLI_OPERATIONS_H

#include "slipway/plugin.h"

enum slipway_outcome cli_version(struct slipway_call *call);
enum slipway_outcome cli_update_state(struct slipway_call *call);
enum slipway_outcome cli_staged(struct slipway_call *call);
enum slipway_outcome cli_services(struct slipway_call *call);
enum slipway_outcome cli_password_expiry(struct slipway_call *call);
enum slipway_outcome cli_storage(struct slipway_call *call);
enum slipway_outcome cli_certificates(struct slipway_call *call);
enum slipway_outcome cli_replication(struct slipway_call *call);
enum slipway_outcome cli_time(struct slipway_call *call);
enum slipway_outcome cli_logs(struct slipway_call *call);
enum slipway_outcome cli_shell_state(struct slipway_call *call);

enum slipway_outcome cli_shell_start(struct slipway_call *call);
int cli_shell_check(const char *with, struct slipway_error *err);
enum slipway_outcome cli_unstage_start(struct slipway_call *call);

enum slipway_outcome cli_stage_start(struct slipway_call *call);
enum slipway_outcome cli_validate_start(struct slipway_call *call);
enum slipway_outcome cli_install_start(struct slipway_call *call);
enum slipway_outcome cli_work_poll(struct slipway_call *call);
enum slipway_probe cli_work_probe(struct slipway_call *call);
int cli_stage_check(const char *with, struct slipway_error *err);
/* with.version must be four dotted numbers: never "latest", never absent. */
int cli_version_check(const char *with, struct slipway_error *err);

enum slipway_outcome cli_reboot_start(struct slipway_call *call);
enum slipway_outcome cli_reboot_poll(struct slipway_call *call);
enum slipway_probe cli_reboot_probe(struct slipway_call *call);

#endif
