/*
 * state.h - the life of struct ssh_state, for this plugin and for those built on its
 * connections: they open one of their own and give it as their state.
 */
#ifndef SSH_STATE_H
#define SSH_STATE_H

#include "ssh/connection.h"

/* For slipway_plugin.open, close and tidy, of the same contract. */
int ssh_state_open(const struct slipway_host *host, void **state,
                   struct slipway_error *err);
void ssh_state_close(void *state);
void ssh_state_tidy(void *state, int64_t now_ms);
/* For slipway_plugin.examine. */
void ssh_state_examine(slipway_find_fn find, void *data);

#endif
