/*
 * connection.h - what a call holds while it speaks to its appliance.
 */
#ifndef SSH_CONNECTION_H
#define SSH_CONNECTION_H

#include "slipway/plugin.h"
#include "ssh/gate.h"
#include "ssh/refused.h"
#include "ssh/session_pool.h"
#include "ssh/silence.h"
#include "ssh/target.h"

/* The plugin's state, made by open(). Safe to use from many threads. */
struct ssh_state {
    struct session_pool pool;
    struct gate handshakes;
    struct silence silence;
    struct refused refused;
};

struct connection {
    struct ssh_state *state;
    struct slipway_call *call;
    struct ssh_target target;
    struct session *session;
};

/*
 * Check the target and get a session: an idle one, or a new one. DONE, or
 * RETRY, REFUSED, CANCELED with a sentence; nothing was issued then. On failure
 * out->target may still be set; close it in any case (auto_connection).
 */
enum slipway_outcome connection_open(struct slipway_call *call, struct connection *out,
                                     struct slipway_error *err);

/* Replace the session by a new one: the reused one turned out to be dead. */
enum slipway_outcome connection_renew(struct connection *connection,
                                      struct slipway_error *err);

/* Give the session back to the pool, free the rest. */
void connection_close(struct connection *connection);

#define auto_connection __attribute__((cleanup(connection_close)))

#endif
