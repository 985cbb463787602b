/*
 * exec_plugin.h - the plugin `exec`: a program on this machine as a step.
 * See README.md here for the protocol that programs speak.
 */
#ifndef PLUGINS_EXEC_PLUGIN_H
#define PLUGINS_EXEC_PLUGIN_H

#include "slipway/plugin.h"

/* Borrowed for ever. */
const struct slipway_plugin *exec_plugin(void);

#endif
