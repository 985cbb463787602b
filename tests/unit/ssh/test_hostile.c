/*
 * test_hostile.c - peers that are silent, flood, dribble or hang up: every call
 * ends by its deadline, with nothing issued, and the next appliance is not held
 * up. No OpenSSH needed: the peers are a few bytes and a thread.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "fake_host.h"
#include "ssh/ssh_plugin.h"

/* What a peer does with each connection, until it is told to end. */
struct script {
    const char *first;  /* sent at once                    */
    const char *repeat; /* then sent again and again       */
    long pause_ms;      /* between repetitions             */
    bool hang_up;       /* close after the first           */
};

struct peer {
    const struct script *script;
    int listener, port;
    atomic_bool ended;
    pthread_t thread;
    int connections[16];
    size_t count;
};

static void send_text(int fd, const char *text)
{
    if (text)
        (void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void *serve(void *data)
{
    struct peer *peer = data;
    while (!atomic_load(&peer->ended)) {
        struct pollfd wait = {.fd = peer->listener, .events = POLLIN};
        long pause_ms = peer->script->repeat ? peer->script->pause_ms : 20;
        if (poll(&wait, 1, (int)pause_ms) > 0 &&
            peer->count < ARRAY_LENGTH(peer->connections)) {
            int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
            send_text(fd, peer->script->first);
            if (peer->script->hang_up)
                (void)close(fd);
            else
                peer->connections[peer->count++] = fd;
        }
        for (size_t i = 0; i < peer->count; i++)
            send_text(peer->connections[i], peer->script->repeat);
    }
    return NULL;
}

static void peer_start(struct peer *peer, const struct script *script)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof name;
    *peer = (struct peer){.script = script};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(peer->listener, 16), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&name, &size), 0);
    peer->port = ntohs(name.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void peer_stop(struct peer *peer)
{
    atomic_store(&peer->ended, true);
    assert_int_equal(pthread_join(peer->thread, NULL), 0);
    for (size_t i = 0; i < peer->count; i++)
        (void)close(peer->connections[i]);
    (void)close(peer->listener);
}

struct fixture {
    void *state;
    char pins[64];
};

static int setup(void **out)
{
    struct fixture *fixture = xcalloc(1, sizeof *fixture);
    (void)snprintf(fixture->pins, sizeof fixture->pins, "/tmp/slipway-pins-XXXXXX");
    auto_fd int fd = mkstemp(fixture->pins);
    *out = fixture;
    return fd < 0 ? -1 : ssh_plugin()->open(fake_host(), &fixture->state, NULL);
}

static int teardown(void **out)
{
    struct fixture *fixture = *out;
    ssh_plugin()->close(fixture->state);
    (void)unlink(fixture->pins);
    free(fixture);
    return 0;
}

/* Run a command there with `timeout_ms`; the outcome, and the call for its words. */
static enum slipway_outcome try_peer(const struct fixture *fixture, int port,
                                     int64_t timeout_ms, struct fake_call *call)
{
    auto_free char *target =
        xasprintf("{\"host\":\"127.0.0.1\",\"ssh\":{\"port\":%d,\"user\":\"root\","
                  "\"hostkey\":\"%s\",\"key\":{\"file\":\"/nonexistent\"}}}",
                  port, fixture->pins);
    fake_call_init(call, ssh_plugin(), fixture->state, "run", "{\"argv\":[\"true\"]}",
                   target);
    call->call.repeat = SLIPWAY_OPAQUE;
    call->timeout_ms = timeout_ms;
    return fake_start(call);
}

/* A generous bound: what it must not be is for ever. */
static void assert_ended_in_time(const struct fake_call *call)
{
    assert_true(fake_now_ms() < call->call.deadline_ms + 30000);
}

static void assert_harmless(void **out, const struct script *script)
{
    struct peer peer;
    peer_start(&peer, script);
    auto_fake_call struct fake_call call;
    assert_int_equal(try_peer(*out, peer.port, 1500, &call), SLIPWAY_RETRY);
    assert_ended_in_time(&call);
    assert_true(call.said[0] != '\0');
    assert_int_equal(call.secrets_asked, 0);
    peer_stop(&peer);
}

static void a_silent_peer_ends_by_the_deadline(void **out)
{
    static const struct script silent = {0};
    assert_harmless(out, &silent);
}

static void a_peer_that_greets_and_stalls_ends_by_the_deadline(void **out)
{
    static const struct script stalls = {.first = "SSH-2.0-stalling\r\n"};
    assert_harmless(out, &stalls);
}

static void a_flood_without_a_new_line_ends_early(void **out)
{
    static char bytes[64 * 1024];
    memset(bytes, 'A', sizeof bytes - 1);
    const struct script flood = {.first = bytes, .repeat = bytes};
    assert_harmless(out, &flood);
}

static void endless_lines_before_the_greeting_end_early(void **out)
{
    static const struct script lines = {
        .first = "welcome\r\n", .repeat = "legal notice\r\n", .pause_ms = 1};
    assert_harmless(out, &lines);
}

static void a_dribble_of_single_bytes_ends_by_the_deadline(void **out)
{
    static const struct script dribble = {.first = "S", .repeat = "S", .pause_ms = 50};
    assert_harmless(out, &dribble);
}

static void garbage_after_the_greeting_is_no_handshake(void **out)
{
    static const struct script garbage = {
        .first = "SSH-2.0-x\r\n\x7f\xff\xff\xff\x04garbage garbage garbage garbage"};
    static const struct script huge = {
        .first =
            "SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
    assert_harmless(out, &garbage);
    assert_harmless(out, &huge);
}

static void a_web_server_on_the_port_is_no_handshake(void **out)
{
    static const struct script web = {.first = "HTTP/1.1 400 Bad Request\r\n\r\n<html>",
                                      .hang_up = true};
    assert_harmless(out, &web);
}

static void a_peer_that_hangs_up_is_worth_a_retry(void **out)
{
    static const struct script hang_up = {.hang_up = true};
    static const struct script greets = {.first = "SSH-2.0-x\r\n", .hang_up = true};
    assert_harmless(out, &hang_up);
    assert_harmless(out, &greets);
}

static void *cancel_soon(void *data)
{
    struct timespec pause = {.tv_nsec = 200 * 1000000L};
    (void)nanosleep(&pause, NULL);
    atomic_store(&((struct fake_call *)data)->canceled, true);
    return NULL;
}

static void a_cancel_ends_the_wait_for_a_silent_peer(void **out)
{
    static const struct script silent = {0};
    const struct fixture *fixture = *out;
    struct peer peer;
    peer_start(&peer, &silent);
    auto_free char *target =
        xasprintf("{\"host\":\"127.0.0.1\",\"ssh\":{\"port\":%d,\"hostkey\":\"%s\","
                  "\"key\":{\"file\":\"/x\"}}}",
                  peer.port, fixture->pins);
    auto_fake_call struct fake_call call;
    fake_call_init(&call, ssh_plugin(), fixture->state, "run", "{\"argv\":[\"true\"]}",
                   target);
    call.timeout_ms = 60000;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &call), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_CANCELED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(fake_now_ms() < call.call.deadline_ms);
    peer_stop(&peer);
}

struct stalled {
    const struct fixture *fixture;
    int port;
    pthread_t thread;
    enum slipway_outcome outcome;
};

static void *stall(void *data)
{
    struct stalled *stalled = data;
    auto_fake_call struct fake_call call;
    stalled->outcome = try_peer(stalled->fixture, stalled->port, 4000, &call);
    return NULL;
}

/* Ten silent peers are more than there are handshake slots. */
static void silent_peers_hold_no_handshake_slot(void **out)
{
    static const struct script silent = {0};
    static const struct script greets = {.first = "SSH-2.0-x\r\n", .hang_up = true};
    struct peer quiet, other;
    struct stalled stalled[10];
    peer_start(&quiet, &silent);
    peer_start(&other, &greets);
    for (size_t i = 0; i < ARRAY_LENGTH(stalled); i++) {
        stalled[i] = (struct stalled){.fixture = *out, .port = quiet.port};
        assert_int_equal(pthread_create(&stalled[i].thread, NULL, stall, &stalled[i]), 0);
    }
    struct timespec pause = {.tv_nsec = 300 * 1000000L};
    (void)nanosleep(&pause, NULL);
    auto_fake_call struct fake_call call;
    assert_int_equal(try_peer(*out, other.port, 3000, &call), SLIPWAY_RETRY);
    assert_null(strstr(call.said, "slot"));
    for (size_t i = 0; i < ARRAY_LENGTH(stalled); i++) {
        assert_int_equal(pthread_join(stalled[i].thread, NULL), 0);
        assert_int_equal(stalled[i].outcome, SLIPWAY_RETRY);
    }
    peer_stop(&quiet);
    peer_stop(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_peer_ends_by_the_deadline),
        cmocka_unit_test(a_peer_that_greets_and_stalls_ends_by_the_deadline),
        cmocka_unit_test(a_flood_without_a_new_line_ends_early),
        cmocka_unit_test(endless_lines_before_the_greeting_end_early),
        cmocka_unit_test(a_dribble_of_single_bytes_ends_by_the_deadline),
        cmocka_unit_test(garbage_after_the_greeting_is_no_handshake),
        cmocka_unit_test(a_web_server_on_the_port_is_no_handshake),
        cmocka_unit_test(a_peer_that_hangs_up_is_worth_a_retry),
        cmocka_unit_test(a_cancel_ends_the_wait_for_a_silent_peer),
        cmocka_unit_test(silent_peers_hold_no_handshake_slot),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
