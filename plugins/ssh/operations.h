/*
 * operations.h - the operations of the plugin; one file each. The contract of
 * each function is that of include/slipway/plugin.h.
 */
#ifndef SSH_OPERATIONS_H
#define SSH_OPERATIONS_H

#include "slipway/plugin.h"

enum slipway_outcome run_start(struct slipway_call *call);
enum slipway_class run_classify(const char *with);
int run_check(const char *with, struct slipway_error *err);

enum slipway_outcome facts_start(struct slipway_call *call);

enum slipway_outcome job_start(struct slipway_call *call);
enum slipway_outcome job_poll(struct slipway_call *call);
enum slipway_probe job_probe(struct slipway_call *call);
int job_check(const char *with, struct slipway_error *err);

enum slipway_outcome upload_start(struct slipway_call *call);
enum slipway_outcome upload_poll(struct slipway_call *call);
int upload_check(const char *with, struct slipway_error *err);

enum slipway_outcome reboot_start(struct slipway_call *call);
enum slipway_outcome reboot_poll(struct slipway_call *call);
enum slipway_probe reboot_probe(struct slipway_call *call);
int reboot_check(const char *with, struct slipway_error *err);

#endif
