/*
 * net.c - two listeners for the whole fleet, three if it is one of vCenters.
 *
 * One socket listens for SSH, one for HTTPS, one for a vCenter's own management (5480), on every address of the
 * loopback device and on no other device; the local address of an accepted
 * connection tells which appliance or manager was meant. An appliance that is
 * down answers with a reset. Open connections are listed per endpoint so that
 * a power-off can cut them; whoever owns a descriptor takes it off the list
 * before closing it.
 *
 * The FIFO DIR/control carries requests of processes on the appliances:
 * "reboot NAME", "poweroff NAME", and those of vcsash.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esxi.h"
#include "faults.h"
#include "upgrade.h"
#include "vcsash.h"

#define BACKLOG      4096
#define ACCEPT_BATCH 64
#define REAP_MS      1000
#define FIRST_PORT   20000 /* below the range that the kernel gives to clients */
#define PORT_SPAN    10000

static struct {
    int ssh, https, vami, control, signals, epoll;
} net = {-1, -1, -1, -1, -1, -1};

static int listen_on(uint16_t port)
{
    auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct ifreq loopback = {.ifr_name = "lo"};
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &loopback, sizeof loopback) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
        bind(fd, (const struct sockaddr *)&any, sizeof any) || listen(fd, BACKLOG))
        return -1;
    return steal_fd(&fd);
}

/* The wanted port, or (0) the first free one from a place that differs from
   directory to directory, so that labs side by side rarely meet. */
static int listen_any(const struct lab *lab, uint16_t *port, unsigned salt)
{
    if (*port)
        return listen_on(*port);
    unsigned start = (unsigned)(text_hash(lab->dir) % PORT_SPAN) + salt;
    for (unsigned i = 0; i < PORT_SPAN; i++) {
        uint16_t candidate = (uint16_t)(FIRST_PORT + (start + i) % PORT_SPAN);
        int fd = listen_on(candidate);
        if (fd >= 0 || errno != EADDRINUSE) {
            *port = candidate;
            return fd;
        }
    }
    return -1;
}

static int open_control(const struct lab *lab)
{
    auto_free char *path = xasprintf("%s/control", lab->dir);
    if (mkfifo(path, 0600) && errno != EEXIST)
        return -1;
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(net.epoll, EPOLL_CTL_ADD, fd, &event);
}

int net_open(struct lab *lab, struct slipway_error *err)
{
    net.ssh = listen_any(lab, &lab->ssh_port, 0);
    if (net.ssh >= 0)
        net.https = listen_any(lab, &lab->https_port, 1);
    if (net.https >= 0 && lab->vcsa)
        net.vami = listen_any(lab, &lab->vami_port, 2);
    if (net.ssh < 0 || net.https < 0 || (lab->vcsa && net.vami < 0))
        return slipway_error_set(
            err, -1,
            "cannot listen on ports %u and %u of the loopback device: %s; "
            "choose others with --ssh-port and --https-port",
            lab->ssh_port, lab->https_port, strerror(errno));
    net.control = open_control(lab);
    net.signals = open_signals();
    net.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (net.control < 0 || net.signals < 0 || net.epoll < 0 || watch(net.ssh) ||
        watch(net.https) || (lab->vcsa && watch(net.vami)) || watch(net.control) ||
        watch(net.signals))
        return slipway_error_set(err, -1, "%s: %s", lab->dir, strerror(errno));
    return 0;
}

static void reset_connection(int fd)
{
    struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(fd);
}

static bool answers(const struct endpoint *endpoint, int listener)
{
    if (!endpoint)
        return false;
    if (!endpoint->appliance)
        return listener == net.https;
    return atomic_load(&endpoint->appliance->up) &&
           !(listener == net.vami && atomic_load(&endpoint->appliance->vami_closed));
}

static void hand_over(struct lab *lab, int fd, int listener)
{
    struct sockaddr_in local, peer;
    socklen_t local_size = sizeof local, peer_size = sizeof peer;
    if (getsockname(fd, (struct sockaddr *)&local, &local_size) ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_size)) {
        (void)close(fd);
        return;
    }
    struct endpoint *endpoint = lab_endpoint(lab, local.sin_addr);
    if (!answers(endpoint, listener))
        reset_connection(fd);
    else if (listener == net.ssh)
        ssh_server_accept(endpoint, fd);
    else
        web_accept(endpoint, fd, &peer);
}

static void accept_some(struct lab *lab, int listener)
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        hand_over(lab, fd, listener);
    }
}

static void repair_one(struct appliance *appliance)
{
    WITH_LOCK(&appliance->endpoint.lab->lock);
    faults_repair(appliance);
}

static void obey(struct lab *lab, const char *line)
{
    const char *name = strchr(line, ' ');
    bool reboot = strncmp(line, "reboot ", 7) == 0;
    bool repair = strncmp(line, "repair ", 7) == 0;
    if (strncmp(line, "deploy ", 7) == 0)
        upgrade_obey(lab, line);
    if (strncmp(line, "move ", 5) == 0)
        esxi_obey(lab, line);
    if (!name)
        return;
    auto_free char *verb = xstrndup(line, (size_t)(name - line));
    bool power = reboot || strcmp(verb, "poweroff") == 0;
    for (int i = 0; i < lab->appliance_count; i++) {
        struct appliance *appliance = &lab->appliances[i];
        if (strcmp(appliance->name, name + 1) != 0)
            continue;
        if (repair)
            repair_one(appliance);
        else if (power)
            appliance_power_request(appliance, reboot);
        else if (lab->vcsa)
            (void)vcsash_obey(appliance, verb);
    }
}

/* Lines are shorter than PIPE_BUF, so each arrives whole. */
static void read_control(struct lab *lab)
{
    char text[4096];
    ssize_t length = read(net.control, text, sizeof text - 1);
    if (length <= 0)
        return;
    text[length] = '\0';
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        obey(lab, line);
}

void net_run(struct lab *lab)
{
    for (;;) {
        struct epoll_event events[8];
        int count = epoll_wait(net.epoll, events, (int)ARRAY_LENGTH(events), REAP_MS);
        process_reap_strays();
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == net.signals)
                return;
            if (fd == net.control)
                read_control(lab);
            else
                accept_some(lab, fd);
        }
    }
}

void net_close(struct lab *lab)
{
    int *const all[] = {&net.ssh,     &net.https,   &net.vami,
                        &net.control, &net.signals, &net.epoll};
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        if (*all[i] >= 0)
            (void)close(*all[i]);
        *all[i] = -1;
    }
    for (int i = 0; i < lab->appliance_count; i++)
        net_cut(&lab->appliances[i].endpoint);
    for (int i = 0; i < lab->manager_count; i++)
        net_cut(&lab->managers[i].endpoint);
}

struct connection *net_register(struct endpoint *endpoint, int fd)
{
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->fd = fd;
    WITH_LOCK(&endpoint->lab->connection_lock);
    connection->next = endpoint->connections;
    if (connection->next)
        connection->next->previous = connection;
    endpoint->connections = connection;
    return connection;
}

void net_unregister(struct endpoint *endpoint, struct connection *connection)
{
    {
        WITH_LOCK(&endpoint->lab->connection_lock);
        if (connection->next)
            connection->next->previous = connection->previous;
        if (connection->previous)
            connection->previous->next = connection->next;
        else
            endpoint->connections = connection->next;
    }
    free(connection);
}

void net_cut(struct endpoint *endpoint)
{
    WITH_LOCK(&endpoint->lab->connection_lock);
    for (struct connection *c = endpoint->connections; c; c = c->next)
        (void)shutdown(c->fd, SHUT_RDWR);
}
