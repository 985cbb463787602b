/*
 * ssh_plugin.h - the `ssh` plugin: commands, detached jobs, uploads and reboots
 * on appliances, over libssh2. See README.md.
 */
#ifndef SSH_PLUGIN_H
#define SSH_PLUGIN_H

#include "slipway/plugin.h"

/* The plugin's table; static, never freed. */
const struct slipway_plugin *ssh_plugin(void);

#endif
