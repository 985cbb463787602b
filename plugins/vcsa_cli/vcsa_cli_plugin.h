/*
 * vcsa_cli_plugin.h - the `vcsa-cli` plugin: vCenter Server Appliances over SSH, through
 * appliancesh and bash. See README.md.
 */
#ifndef VCSA_CLI_PLUGIN_H
#define VCSA_CLI_PLUGIN_H

#include "slipway/plugin.h"

/* The plugin's table; static, never freed. */
const struct slipway_plugin *vcsa_cli_plugin(void);

#endif
