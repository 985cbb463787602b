/*
 * plugins_check.h - is this descriptor one that can be called? Internal to exec/.
 */
#ifndef EXEC_PLUGINS_CHECK_H
#define EXEC_PLUGINS_CHECK_H

#include "slipway/plugin.h"

/* 0, or -1 with a sentence; `origin` says where it came from. Reads `abi` before
   anything else: another major may look different behind it. */
int plugins_check(const struct slipway_plugin *plugin, const char *origin,
                  struct slipway_error *err);

#endif
