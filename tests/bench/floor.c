/*
 * floor.c - the least that asking a fleet over SSH can cost: a bare libssh2 loop.
 *
 * usage: bench-floor HOSTS PORT USER KEY THREADS TIMES COMMAND
 *
 * HOSTS is a file with one address per line. Each thread takes the next host:
 * connect, key exchange, public key, TIMES times (channel, exec, read to the end,
 * close), and good-bye. Nothing is recorded, no host key is checked, nothing is
 * tried twice: no client that keeps its promises can be cheaper by much, so the
 * others are measured against it. A host that fails is counted; exit 1 if any did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOSTS_MAX   10000
#define THREADS_MAX 256

static struct {
    char hosts[HOSTS_MAX][64];
    int count, times;
    uint16_t port;
    const char *user, *command;
    char key[16384];
    size_t key_length;
    atomic_int next, failed;
} all;

static int connect_to(const char *host)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(all.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    (void)inet_pton(AF_INET, host, &address.sin_addr);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    return fd;
}

/* Delayed acknowledgements double the time of a small exchange. */
static LIBSSH2_RECV_FUNC(receive)
{
    int on = 1;
    (void)abstract;
    ssize_t got = recv(socket, buffer, length, flags);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    return got < 0 ? -EAGAIN : got;
}

static int run_command(LIBSSH2_SESSION *session)
{
    char bytes[4096];
    LIBSSH2_CHANNEL *channel = libssh2_channel_open_session(session);
    if (!channel)
        return -1;
    int code = libssh2_channel_exec(channel, all.command);
    while (!code && libssh2_channel_read(channel, bytes, sizeof bytes) > 0)
        ;
    if (!code)
        code = libssh2_channel_close(channel) || libssh2_channel_wait_closed(channel);
    if (!code)
        code = libssh2_channel_get_exit_status(channel);
    (void)libssh2_channel_free(channel);
    return code;
}

static int visit(const char *host)
{
    int fd = connect_to(host), code = -1;
    if (fd < 0)
        return -1;
    LIBSSH2_SESSION *session = libssh2_session_init();
    (void)libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV,
                                       __extension__((void *)receive));
    (void)libssh2_session_method_pref(session, LIBSSH2_METHOD_KEX, "curve25519-sha256");
    (void)libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519");
    if (!libssh2_session_handshake(session, fd) &&
        !libssh2_userauth_publickey_frommemory(session, all.user, strlen(all.user), NULL,
                                               0, all.key, all.key_length, NULL)) {
        code = 0;
        for (int i = 0; i < all.times && !code; i++)
            code = run_command(session);
        (void)libssh2_session_disconnect(session, "done");
    }
    (void)libssh2_session_free(session);
    (void)close(fd);
    return code;
}

static void *work(void *unused)
{
    int at;
    (void)unused;
    while ((at = atomic_fetch_add(&all.next, 1)) < all.count) {
        if (visit(all.hosts[at]))
            atomic_fetch_add(&all.failed, 1);
    }
    return NULL;
}

static int load(const char *hosts, const char *key)
{
    FILE *file = fopen(hosts, "re");
    while (file && all.count < HOSTS_MAX &&
           fscanf(file, "%63s", all.hosts[all.count]) == 1)
        all.count++;
    if (file)
        (void)fclose(file);
    file = fopen(key, "re");
    if (file) {
        all.key_length = fread(all.key, 1, sizeof all.key, file);
        (void)fclose(file);
    }
    return all.count && all.key_length ? 0 : -1;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    if (argc != 8 || load(argv[1], argv[4])) {
        (void)fputs("usage: bench-floor HOSTS PORT USER KEY THREADS TIMES COMMAND\n",
                    stderr);
        return 64;
    }
    all.port = (uint16_t)strtoul(argv[2], NULL, 10);
    all.user = argv[3];
    all.times = (int)strtol(argv[6], NULL, 10);
    all.command = argv[7];
    int count = (int)strtol(argv[5], NULL, 10);
    count = count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : count;
    if (libssh2_init(0))
        return 1;
    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, work, NULL))
            return 1;
    }
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    libssh2_exit();
    if (all.failed)
        (void)fprintf(stderr, "bench-floor: %d of %d hosts failed\n", all.failed,
                      all.count);
    return all.failed ? 1 : 0;
}
