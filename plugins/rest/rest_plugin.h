/*
 * rest_plugin.h - the plugin `rest`: one HTTP request to an appliance's own
 * REST service, with or without a session. See README.md here.
 */
#ifndef PLUGINS_REST_PLUGIN_H
#define PLUGINS_REST_PLUGIN_H

#include "slipway/plugin.h"

/* Borrowed for ever. */
const struct slipway_plugin *rest_plugin(void);

#endif
