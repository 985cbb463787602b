/*
 * connection.c - see connection.h.
 *
 * The order of a new connection: TCP, then the server's first byte, then a
 * handshake slot, then keys and login. A peer that stays silent therefore holds
 * no slot, and one that stalls later holds it for SSH_HANDSHAKE_MS at most.
 */
#include "ssh/connection.h"

#include <poll.h>

#include "ssh/auth.h"
#include "ssh/connect.h"
#include "ssh/limits.h"
#include "ssh/outcome.h"
#include "util/auto.h"
#include "util/xalloc.h"

static enum slipway_outcome stopped_or_retry(struct slipway_call *call)
{
    return call->host->canceled(call) ? SLIPWAY_CANCELED : SLIPWAY_RETRY;
}

/* Wait for the greeting to begin. */
static enum slipway_outcome await_greeting(struct connection *connection, int fd,
                                           struct slipway_error *err)
{
    struct slipway_call *call = connection->call;
    int left = call->host->remaining_ms(call);
    int ready = call->host->wait_fd(call, fd, POLLIN,
                                    left < SSH_HANDSHAKE_MS ? left : SSH_HANDSHAKE_MS);
    if (ready > 0)
        return SLIPWAY_DONE;
    return outcome_error(err, stopped_or_retry(call),
                         "%s port %d: connected, but no SSH greeting came: is sshd "
                         "overloaded, is this the "
                         "SSH port?",
                         connection->target.host, connection->target.port);
}

static enum slipway_outcome establish(struct connection *connection, int fd,
                                      struct slipway_error *err)
{
    auto_session struct session *session = session_new(fd, connection->call);
    if (!session)
        return outcome_error(err, SLIPWAY_RETRY, "out of memory");
    enum slipway_outcome outcome = auth_handshake(session, &connection->target, err);
    if (outcome == SLIPWAY_DONE)
        outcome =
            auth_login(session, &connection->target, &connection->state->refused, err);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    session->identity = xstrdup(connection->target.identity);
    connection->session = steal_ptr(&session);
    return SLIPWAY_DONE;
}

static enum slipway_outcome connect_anew(struct connection *connection,
                                         struct slipway_error *err)
{
    struct slipway_call *call = connection->call;
    const struct ssh_target *target = &connection->target;
    auto_fd int fd = connect_tcp(call, target->host, target->port, err);
    if (fd < 0)
        return stopped_or_retry(call);
    enum slipway_outcome outcome = await_greeting(connection, fd, err);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (gate_enter(&connection->state->handshakes, call) != 0)
        return outcome_error(err, stopped_or_retry(call),
                             "%s: no handshake slot became free in time (%d at once)",
                             target->host, SSH_HANDSHAKES_AT_ONCE);
    outcome = establish(connection, steal_fd(&fd), err);
    gate_leave(&connection->state->handshakes);
    return outcome;
}

enum slipway_outcome connection_open(struct slipway_call *call, struct connection *out,
                                     struct slipway_error *err)
{
    out->state = call->state;
    out->call = call;
    if (target_parse(call, &out->target, err) != 0)
        return SLIPWAY_REFUSED;
    out->session = pool_take(&out->state->pool, out->target.identity, call);
    enum slipway_outcome outcome = out->session ? SLIPWAY_DONE : connect_anew(out, err);
    if (outcome == SLIPWAY_DONE && !out->session->reused)
        silence_clear(&out->state->silence, out->target.identity);
    return outcome;
}

enum slipway_outcome connection_renew(struct connection *connection,
                                      struct slipway_error *err)
{
    session_free(connection->session);
    connection->session = NULL;
    pool_forget(&connection->state->pool, connection->target.identity);
    return connect_anew(connection, err);
}

void connection_close(struct connection *connection)
{
    if (connection->session)
        pool_give(&connection->state->pool, connection->session);
    target_free(&connection->target);
    *connection = (struct connection){0};
}
