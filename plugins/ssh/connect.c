/*
 * connect.c - see connect.h.
 *
 * Addresses are tried one after another, each for at most SSH_CONNECT_MS and
 * never beyond the call's deadline. Every failure here is certain to be without
 * effect, which is why this part is kept apart from the protocol.
 */
#include "ssh/connect.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/resolve.h"
#include "ssh/limits.h"
#include "util/auto.h"
#include "util/descriptors.h"

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

void connect_quick_ack(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

static void tune(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, SSH_KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, SSH_KEEPALIVE_EVERY_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, SSH_KEEPALIVE_COUNT);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SSH_USER_TIMEOUT_MS);
    connect_quick_ack(fd);
}

/* 0 once connected, else an errno value; ECANCELED when the host asked to stop. */
static int finish(struct slipway_call *call, int fd)
{
    int left = call->host->remaining_ms(call);
    int ready = call->host->wait_fd(call, fd, POLLOUT,
                                    left < SSH_CONNECT_MS ? left : SSH_CONNECT_MS);
    if (ready < 0)
        return ECANCELED;
    if (ready == 0)
        return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/* A connected socket, or -1 and *error. */
static int try_address(struct slipway_call *call, const struct addrinfo *address,
                       int *error)
{
    auto_fd int fd =
        socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *error = errno;
        return -1;
    }
    tune(fd);
    *error = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (*error == EINPROGRESS)
        *error = finish(call, fd);
    return *error == 0 ? steal_fd(&fd) : -1;
}

static const char *advice(int error)
{
    if (descriptors_short(error))
        return DESCRIPTORS_SHORT;
    switch (error) {
    case ECONNREFUSED:
        return "nothing listens there: is sshd running, is the port right?";
    case ETIMEDOUT:
        return "no answer: is the appliance up, does a firewall drop packets?";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "there is no route to it";
    case ECANCELED:
        return "the host asked to stop";
    default:
        return "see the error before";
    }
}

int connect_tcp(struct slipway_call *call, const char *host, int port,
                struct slipway_error *err)
{
    struct addrinfo *list = NULL;
    if (resolve_host(call, host, port, INT_MAX, &list, err) != RESOLVED)
        return -1;
    int fd = -1, error = ETIMEDOUT, tried = 0;
    for (const struct addrinfo *address = list; address && fd < 0;
         address = address->ai_next) {
        if (tried++ == SSH_ADDRESSES_MAX || call->host->canceled(call))
            break;
        fd = try_address(call, address, &error);
    }
    freeaddrinfo(list);
    if (fd < 0)
        return slipway_error_set(err, -1, "%s port %d: %s; %s", host, port,
                                 strerror(error), advice(error));
    return fd;
}
