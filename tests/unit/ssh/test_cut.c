/*
 * test_cut.c - a connection that ends anywhere between the first byte and the last. A cut
 * is a cut: it is worth another try, and it never passes for a server that refused.
 */
#include "ssh_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#define CUT_STEP 61   /* prime: every boundary of packets is met by some cut or other */
#define CUT_MOST 8000 /* a whole login and command is about half of it                */

/* Carries one connection at a time to the server, and its first `most` bytes back. */
struct relay {
    const struct sshd_peer *peer;
    int listener, port;
    size_t most, passed;
    pthread_t thread;
};

static int connect_to(const struct sshd_peer *peer)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)peer->port)};
    (void)inet_pton(AF_INET, peer->address, &name.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

/* False: this side is at its end. */
static bool carry(int from, int to, size_t *left)
{
    char bytes[16384];
    ssize_t got = recv(from, bytes, *left < sizeof bytes ? *left : sizeof bytes, 0);
    if (got <= 0 || send(to, bytes, (size_t)got, MSG_NOSIGNAL) != got)
        return false;
    *left -= (size_t)got;
    return *left > 0;
}

static void *carry_one(void *data)
{
    struct relay *relay = data;
    auto_fd int client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
    auto_fd int server = client < 0 ? -1 : connect_to(relay->peer);
    size_t asked = SIZE_MAX, answered = relay->most;
    struct pollfd fds[] = {{.fd = client, .events = POLLIN},
                           {.fd = server, .events = POLLIN}};
    while (client >= 0 && poll(fds, 2, 60000) > 0) {
        if (fds[0].revents && !carry(client, server, &asked))
            break;
        if (fds[1].revents && !carry(server, client, &answered))
            break;
    }
    relay->passed = relay->most - answered;
    return NULL;
}

static void relay_start(struct relay *relay, const struct sshd_peer *peer, size_t most)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof name;
    *relay = (struct relay){.peer = peer, .most = most};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(relay->listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(relay->listener, 4), 0);
    assert_int_equal(getsockname(relay->listener, (struct sockaddr *)&name, &size), 0);
    relay->port = ntohs(name.sin_port);
    assert_int_equal(pthread_create(&relay->thread, NULL, carry_one, relay), 0);
}

static void relay_stop(struct relay *relay)
{
    (void)shutdown(relay->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(relay->thread, NULL), 0);
    (void)close(relay->listener);
}

/* The server's own host key, at the relay's address. */
static char *relay_target(const struct relay *relay, const struct sshd_peer *peer)
{
    auto_free char *known = sshd_peer_read(sshd_peer_path(peer, "known_hosts"));
    auto_free char *line =
        xasprintf("[127.0.0.1]:%d %s", relay->port, strchr(known, ' ') + 1);
    sshd_peer_write(sshd_peer_path(peer, "known_relay"), line);
    return xasprintf("{\"name\":\"vc-1\",\"host\":\"127.0.0.1\",\"ssh\":{\"user\":\"%s\","
                     "\"port\":%d,\"key\":{\"file\":\"%s/user_key\"},"
                     "\"hostkey\":\"%s/known_relay\",\"job_dir\":\"%s/jobs\"}}",
                     peer->user, relay->port, peer->dir, peer->dir, peer->dir);
}

static void a_cut_anywhere_is_worth_another_try(void **out)
{
    struct fixture *fixture = need(out);
    bool whole = false;
    for (size_t most = 1; !whole; most += CUT_STEP) {
        struct relay relay;
        assert_true(most < CUT_MOST);
        relay_start(&relay, &fixture->peer, most);
        auto_free char *target = relay_target(&relay, &fixture->peer);
        auto_fake_call struct fake_call call;
        fake_call_init(&call, ssh_plugin(), fixture->state, "run",
                       "{\"argv\":[\"true\"]}", target);
        call.call.repeat = SLIPWAY_READ;
        call.timeout_ms = 20000;
        enum slipway_outcome outcome = fake_start(&call);
        if (outcome != SLIPWAY_RETRY && outcome != SLIPWAY_DONE)
            fail_msg("cut after %zu bytes: outcome %d: %s", most, (int)outcome,
                     call.said);
        whole = outcome == SLIPWAY_DONE;
        relay_stop(&relay);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cut_anywhere_is_worth_another_try,
                                        fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
