/*
 * nsx_plugin.h - NSX-T and NSX-V managers over their REST services: README.md.
 */
#ifndef NSX_PLUGIN_H
#define NSX_PLUGIN_H

#include "slipway/plugin.h"

const struct slipway_plugin *nsx_plugin(void);

#endif
