/*
 * control_server.c - the owner's end of the socket: non-blocking, a handful of
 * clients, each with one capped line and ten seconds. A client that misbehaves
 * is dropped; it cannot delay the campaign.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "loop/clock.h"
#include "loop/control.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

struct client {
    int fd; /* -1: free */
    uid_t uid;
    int64_t since_ms;
    struct buf line;
};

struct control_server {
    int listener, epoll, directory;
    struct client clients[CONTROL_CLIENTS_MAX];
};

/* Through /proc/self/fd the path fits into sun_path however long it is. */
static void socket_address(int directory, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s",
                   directory, CONTROL_SOCKET);
}

static int open_listener(struct control_server *server, struct slipway_error *err)
{
    struct sockaddr_un address;
    socket_address(server->directory, &address);
    /* we own the state, so whoever left this socket behind is gone */
    (void)unlinkat(server->directory, CONTROL_SOCKET, 0);
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t old = umask(0177);
    int bound = server->listener < 0
                    ? -1
                    : bind(server->listener, (struct sockaddr *)&address, sizeof address);
    (void)umask(old);
    if (bound || listen(server->listener, CONTROL_CLIENTS_MAX))
        return slipway_error_set(err, -1, "cannot open the control socket: %s",
                                 strerror(errno));
    return 0;
}

static int watch(struct control_server *server, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

int control_listen(const char *state_dir, struct control_server **out,
                   struct slipway_error *err)
{
    struct control_server *server = xcalloc(1, sizeof *server);
    server->listener = -1;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        server->clients[i].fd = -1;
    server->directory = open(state_dir, O_DIRECTORY | O_PATH | O_CLOEXEC);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool ready = server->directory >= 0 && server->epoll >= 0;
    if (!ready)
        (void)slipway_error_set(err, -1, "the control socket cannot be set up: %s",
                                strerror(errno));
    if (!ready || open_listener(server, err) || watch(server, server->listener)) {
        control_close(server);
        return -1;
    }
    *out = server;
    return 0;
}

int control_fd(const struct control_server *server)
{
    return server->epoll;
}

static void drop(struct client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd);
    buf_free(&client->line);
    client->fd = -1;
}

void control_close(struct control_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        drop(&server->clients[i]);
    if (server->listener >= 0) {
        (void)unlinkat(server->directory, CONTROL_SOCKET, 0);
        (void)close(server->listener);
    }
    if (server->epoll >= 0)
        (void)close(server->epoll);
    if (server->directory >= 0)
        (void)close(server->directory);
    free(server);
}

static struct client *free_client(struct control_server *server)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->fd >= 0 && clock_now_ms() - client->since_ms > CONTROL_TIMEOUT_MS)
            drop(client);
        if (client->fd < 0)
            return client;
    }
    return NULL;
}

static void accept_one(struct control_server *server)
{
    auto_fd int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred peer = {0};
    socklen_t length = sizeof peer;
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
        return;
    struct client *client = free_client(server);
    if (!client || (peer.uid != geteuid() && peer.uid != 0) || watch(server, fd))
        return;
    *client =
        (struct client){.fd = steal_fd(&fd), .uid = peer.uid, .since_ms = clock_now_ms()};
}

/* Small enough for the socket's buffer: never waits. */
static void reply(const struct client *client, bool ok, const char *message)
{
    auto_json json_t *json = json_pack("{s:b, s:o}", "ok", ok, "message",
                                       json_safe_string(message, strlen(message)));
    auto_free char *text = json_canonical(json);
    auto_free char *line = xasprintf("%s\n", text);
    (void)!send(client->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int execute(struct client *client, struct driver *driver,
                   struct slipway_error *err)
{
    char actor[128];
    struct slipway_error why = {""};
    auto_json json_t *request =
        json_parse(buf_text(&client->line), client->line.length, CONTROL_LINE_MAX, &why);
    int code = request
                   ? control_execute(driver, request,
                                     control_user(client->uid, actor, sizeof actor), &why)
                   : 1;
    reply(client, code == 0, why.text);
    drop(client);
    if (code == 0 || code == 1)
        return 0;
    return slipway_error_set(err, code, "%s", why.text);
}

static int read_client(struct client *client, struct driver *driver,
                       struct slipway_error *err)
{
    char bytes[4096];
    ssize_t got = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0 || client->line.length + (size_t)got > CONTROL_LINE_MAX) {
        drop(client);
        return 0;
    }
    buf_add(&client->line, bytes, (size_t)got);
    if (!memchr(client->line.data, '\n', client->line.length))
        return 0;
    return execute(client, driver, err);
}

int control_serve(struct control_server *server, struct driver *driver,
                  struct slipway_error *err)
{
    struct epoll_event events[CONTROL_CLIENTS_MAX];
    int count = epoll_wait(server->epoll, events, CONTROL_CLIENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == server->listener) {
            accept_one(server);
            continue;
        }
        for (size_t k = 0; k < CONTROL_CLIENTS_MAX; k++) {
            if (server->clients[k].fd != events[i].data.fd)
                continue;
            int code = read_client(&server->clients[k], driver, err);
            if (code)
                return code;
        }
    }
    return 0;
}
