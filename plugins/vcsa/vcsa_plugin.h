/*
 * vcsa_plugin.h - vCenter Server Appliances over their REST services: README.md.
 */
#ifndef VCSA_PLUGIN_H
#define VCSA_PLUGIN_H

#include "slipway/plugin.h"

const struct slipway_plugin *vcsa_plugin(void);

#endif
