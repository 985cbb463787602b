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
    const struct buf
        *packets; /* sent after `first`, again and again, instead of `repeat` */
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

static void send_packets(int fd, const struct buf *packets)
{
    if (packets)
        (void)send(fd, packets->data, packets->length, MSG_NOSIGNAL);
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
        for (size_t i = 0; i < peer->count; i++) {
            send_text(peer->connections[i], peer->script->repeat);
            send_packets(peer->connections[i], peer->script->packets);
        }
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

/* ---- packets of the protocol, before there is any key ---- */

#define MSG_DISCONNECT    1
#define MSG_IGNORE        2
#define MSG_UNIMPLEMENTED 3
#define MSG_DEBUG         4
#define MSG_KEXINIT       20
#define MSG_NEWKEYS       21

static void put_number(struct buf *out, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_addc(out, (char)(number >> shift));
}

static void put_text(struct buf *out, const char *text)
{
    put_number(out, (uint32_t)strlen(text));
    buf_adds(out, text);
}

/* Length, padding, payload: whole to the byte. */
static void put_packet(struct buf *out, const struct buf *payload)
{
    size_t padding = 8 - (payload->length + 5) % 8;
    padding += padding < 4 ? 8 : 0;
    put_number(out, (uint32_t)(1 + payload->length + padding));
    buf_addc(out, (char)padding);
    buf_add(out, payload->data, payload->length);
    for (size_t i = 0; i < padding; i++)
        buf_addc(out, 'p');
}

static void put_kexinit(struct buf *payload)
{
    static const char *const lists[] = {
        "curve25519-sha256", "ssh-ed25519", "aes256-ctr", "aes256-ctr", "hmac-sha2-256",
        "hmac-sha2-256",     "none",        "none",       "",           ""};
    buf_adds(payload, "0123456789abcdef");
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        put_text(payload, lists[i]);
    buf_addc(payload, 0);
    put_number(payload, 0);
}

static void put_message(struct buf *out, int message)
{
    auto_buf struct buf payload = {0};
    buf_addc(&payload, (char)message);
    if (message == MSG_KEXINIT)
        put_kexinit(&payload);
    if (message == MSG_DEBUG)
        buf_addc(&payload, 1); /* to be shown at once */
    if (message == MSG_DISCONNECT || message == MSG_UNIMPLEMENTED)
        put_number(&payload, 11);
    if (message == MSG_DISCONNECT || message == MSG_IGNORE || message == MSG_DEBUG)
        put_text(&payload, "\x1b]0;owned\x07 \xe2\x80\xae\r\n{{evil}}");
    if (message == MSG_DISCONNECT || message == MSG_DEBUG)
        put_text(&payload, "\x1b[31m");
    put_packet(out, &payload);
}

/* Worth another try, or refused because no method is common; never more. */
static void assert_no_handshake(const struct fixture *fixture, const struct buf *packets,
                                int which)
{
    struct peer peer;
    auto_fake_call struct fake_call call;
    const struct script script = {.first = "SSH-2.0-packets\r\n", .packets = packets};
    peer_start(&peer, &script);
    enum slipway_outcome outcome = try_peer(fixture, peer.port, 800, &call);
    peer_stop(&peer);
    if (outcome != SLIPWAY_RETRY && outcome != SLIPWAY_REFUSED)
        fail_msg("%d: %d: %s", which, (int)outcome, call.said);
    assert_ended_in_time(&call);
    assert_int_equal(call.secrets_asked, 0);
    assert_true(call.said[0] != '\0');
    for (const char *p = call.said; *p; p++)
        assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void floods_of_messages_before_the_keys_end_early(void **out)
{
    static const int messages[] = {MSG_IGNORE,  MSG_UNIMPLEMENTED, MSG_DEBUG, MSG_KEXINIT,
                                   MSG_NEWKEYS, MSG_DISCONNECT,    0,         255};
    for (size_t i = 0; i < ARRAY_LENGTH(messages); i++) {
        auto_buf struct buf packets = {0};
        while (packets.length < 64 * 1024)
            put_message(&packets, messages[i]);
        assert_no_handshake(*out, &packets, messages[i]);
    }
}

static void packets_of_impossible_sizes_are_no_handshake(void **out)
{
    static const struct {
        uint32_t length;
        unsigned char padding;
    } sizes[] = {{0, 0},   {1, 0},   {1, 255},   {2, 1},          {12, 255},
                 {12, 12}, {11, 10}, {35001, 4}, {0x7fffffff, 4}, {0xffffffff, 255}};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        auto_buf struct buf packets = {0};
        for (int n = 0; n < 200; n++) {
            put_number(&packets, sizes[i].length);
            buf_addc(&packets, (char)sizes[i].padding);
            buf_addc(&packets, MSG_KEXINIT);
            buf_add(&packets, "abcdefghij\0\0\0\0\0\0", 16);
        }
        assert_no_handshake(*out, &packets, (int)i);
    }
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
        cmocka_unit_test(floods_of_messages_before_the_keys_end_early),
        cmocka_unit_test(packets_of_impossible_sizes_are_no_handshake),
        cmocka_unit_test(a_web_server_on_the_port_is_no_handshake),
        cmocka_unit_test(a_peer_that_hangs_up_is_worth_a_retry),
        cmocka_unit_test(a_cancel_ends_the_wait_for_a_silent_peer),
        cmocka_unit_test(silent_peers_hold_no_handshake_slot),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
