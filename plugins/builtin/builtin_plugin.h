/*
 * builtin_plugin.h - steps that need no appliance: sleep, assert, gate. Playbooks
 * name them bare (`use: sleep`). See README.md here.
 */
#ifndef PLUGINS_BUILTIN_PLUGIN_H
#define PLUGINS_BUILTIN_PLUGIN_H

#include "slipway/plugin.h"

/* The handle of an open gate: the engine settles such a step when the operator
   approves it, without asking the plugin. */
#define BUILTIN_GATE_HANDLE "gate"

/* Borrowed for ever. */
const struct slipway_plugin *builtin_plugin(void);

#endif
