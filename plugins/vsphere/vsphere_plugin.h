/*
 * vsphere_plugin.h - the plugin that speaks vim25 SOAP to vCenter and ESXi:
 * snapshots, power and the state of the virtual machine behind an appliance.
 */
#ifndef VSPHERE_PLUGIN_H
#define VSPHERE_PLUGIN_H

#include "slipway/plugin.h"

/* Borrowed for ever. */
const struct slipway_plugin *vsphere_plugin(void);

#endif
