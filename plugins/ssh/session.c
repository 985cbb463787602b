/*
 * session.c - see session.h.
 *
 * Why callbacks: a peer that sends bytes without a new line keeps one single
 * non-blocking handshake call of libssh2 busy for ever, because the call only
 * returns when the socket runs dry. Ending it from inside the read is the only
 * place that always works.
 *
 * Memory goes through wiping allocators, so that passwords and keys that
 * libssh2 copied do not outlive their use.
 */
#include "ssh/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ssh/connect.h"
#include "ssh/limits.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/wiped_memory.h"
#include "util/xalloc.h"

static LIBSSH2_ALLOC_FUNC(wiping_alloc)
{
    (void)abstract;
    return malloc(count);
}

static LIBSSH2_FREE_FUNC(wiping_free)
{
    (void)abstract;
    wiped_release(ptr);
}

static LIBSSH2_REALLOC_FUNC(wiping_realloc)
{
    (void)abstract;
    return wiped_resize(ptr, count);
}

static void stop(struct session *session, enum session_stop why)
{
    if (session->stop == SESSION_GOING)
        session->stop = why;
}

/* Is work still allowed? Sets the reason if not. */
static bool may_go_on(struct session *session)
{
    if (session->stop != SESSION_GOING)
        return false;
    struct slipway_call *call = session->call;
    if (!call) {
        stop(session, SESSION_LOST);
        return false;
    }
    if (call->host->now_ms() >= session->until_ms)
        stop(session, SESSION_OVER);
    else if (call->host->canceled(call))
        stop(session, SESSION_CANCELED);
    return session->stop == SESSION_GOING;
}

static LIBSSH2_RECV_FUNC(receive)
{
    struct session *session = *abstract;
    if (!may_go_on(session))
        return -EPIPE;
    if (session->budget == 0) {
        stop(session, SESSION_FLOODED);
        return -EPIPE;
    }
    ssize_t got = recv(socket, buffer, length, flags | MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EWOULDBLOCK))
        return -EAGAIN;
    if (got <= 0) { /* libssh2 forgets that: to its login a cut is a rejection */
        stop(session, SESSION_LOST);
        return got ? -errno : 0;
    }
    session->budget -= (size_t)got < session->budget ? (size_t)got : session->budget;
    if (length > 1)
        connect_quick_ack(socket);
    return got;
}

static LIBSSH2_SEND_FUNC(transmit)
{
    struct session *session = *abstract;
    if (!may_go_on(session))
        return -EPIPE;
    ssize_t sent = send(socket, buffer, length, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EINTR || errno == EWOULDBLOCK))
        return -EAGAIN;
    if (sent < 0) {
        stop(session, SESSION_LOST);
        return -errno;
    }
    return sent;
}

static LIBSSH2_DISCONNECT_FUNC(disconnected)
{
    (void)session;
    (void)language;
    (void)language_len;
    struct session *mine = *abstract;
    auto_buf struct buf clean = {0};
    if (message_len > 0)
        text_sanitize(&clean, message, (size_t)message_len, sizeof mine->farewell - 8);
    mine->reason = reason;
    (void)snprintf(mine->farewell, sizeof mine->farewell, "%s", buf_text(&clean));
}

/* libssh2 wants its callbacks as data pointers. */
#define as_callback(function) __extension__((void *)(function))

struct session *session_new(int fd, struct slipway_call *call)
{
    struct session *session = xcalloc(1, sizeof *session);
    session->fd = fd;
    session->call = call;
    session->ssh =
        libssh2_session_init_ex(wiping_alloc, wiping_free, wiping_realloc, session);
    if (!session->ssh) {
        session_free(session);
        return NULL;
    }
    libssh2_session_set_blocking(session->ssh, 0);
    (void)libssh2_session_callback_set(session->ssh, LIBSSH2_CALLBACK_RECV,
                                       as_callback(receive));
    (void)libssh2_session_callback_set(session->ssh, LIBSSH2_CALLBACK_SEND,
                                       as_callback(transmit));
    (void)libssh2_session_callback_set(session->ssh, LIBSSH2_CALLBACK_DISCONNECT,
                                       as_callback(disconnected));
    session_phase(session, SSH_HANDSHAKE_MS, SSH_HANDSHAKE_BYTES);
    return session;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    stop(session, SESSION_LOST); /* from here on the callbacks fail: no EAGAIN */
    if (session->ssh)
        (void)libssh2_session_free(session->ssh);
    if (session->fd >= 0)
        (void)close(session->fd);
    free(session->identity);
    free(session);
}

/* The good-bye is one packet; if the socket does not take it now, so be it. */
void session_close(struct session *session)
{
    struct slipway_call *call = session->call;
    if (session->stop == SESSION_GOING && call)
        (void)libssh2_session_disconnect(session->ssh, "done");
    session_free(session);
}

void session_phase(struct session *session, int64_t limit_ms, size_t budget)
{
    const struct slipway_call *call = session->call;
    int64_t until = call->host->now_ms() + limit_ms;
    session->until_ms = until < call->deadline_ms ? until : call->deadline_ms;
    session->budget = budget;
}

int session_wait(struct session *session)
{
    if (!may_go_on(session))
        return -1;
    struct slipway_call *call = session->call;
    int directions = libssh2_session_block_directions(session->ssh);
    int64_t left = session->until_ms - call->host->now_ms();
    short events = 0;
    if (directions & LIBSSH2_SESSION_BLOCK_INBOUND)
        events |= POLLIN;
    if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        events |= POLLOUT;
    if (!events) { /* libssh2 did not say: look again shortly, never spin */
        events = POLLIN;
        left = left < 10 ? left : 10;
    }
    int ready = call->host->wait_fd(call, session->fd, events, left < 0 ? 0 : (int)left);
    if (ready < 0) {
        stop(session, SESSION_CANCELED);
        return -1;
    }
    return may_go_on(session) ? 0 : -1;
}

void session_lost(struct session *session)
{
    stop(session, SESSION_LOST);
}

const char *session_why(const struct session *session)
{
    switch (session->stop) {
    case SESSION_OVER:
        return "no answer in time";
    case SESSION_CANCELED:
        return "the host asked to stop";
    case SESSION_FLOODED:
        return "it sent far more than the protocol needs here";
    case SESSION_MUTED:
        return "slipway stopped talking to it";
    case SESSION_LOST:
        return session->reason ? session->farewell : "the connection was lost";
    case SESSION_GOING:
        break;
    }
    return "it is up";
}

const char *session_error_text(struct session *session, char *out, size_t size)
{
    char *text = NULL;
    (void)libssh2_session_last_error(session->ssh, &text, NULL, 0);
    return text_clean(text ? text : "", out, size);
}
