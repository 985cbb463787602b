/*
 * exec_run.h - the operation `run`.
 */
#ifndef PLUGINS_EXEC_RUN_H
#define PLUGINS_EXEC_RUN_H

#include "slipway/plugin.h"

#define EXEC_LOG_LINES 20u /* of standard error, into the log */

enum slipway_outcome exec_run_start(struct slipway_call *call);
enum slipway_outcome exec_run_poll(struct slipway_call *call);
enum slipway_probe exec_run_probe(struct slipway_call *call);
enum slipway_class exec_run_class(const char *with);
int exec_run_check(const char *with, struct slipway_error *err);

#endif
