/*
 * builtin_internal.h - the operations, one file each.
 */
#ifndef PLUGINS_BUILTIN_INTERNAL_H
#define PLUGINS_BUILTIN_INTERNAL_H

#include "slipway/plugin.h"

enum slipway_outcome sleep_start(struct slipway_call *call);
enum slipway_outcome sleep_poll(struct slipway_call *call);
enum slipway_probe sleep_probe(struct slipway_call *call);
int sleep_check(const char *with, struct slipway_error *err);

enum slipway_outcome assert_start(struct slipway_call *call);

enum slipway_outcome gate_start(struct slipway_call *call);
enum slipway_outcome gate_poll(struct slipway_call *call);
enum slipway_probe gate_probe(struct slipway_call *call);

#endif
