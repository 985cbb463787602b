/*
 * test_names.c - name servers that are silent, lie, or know too much. What a name leads to is
 * never trusted by itself: the pinned host key decides, before any credential.
 */
#include "ssh_fixture.h"

#include <pthread.h>
#include <sys/resource.h>

#include "lying_names.h"

#define DEAD "127.0.0.3" /* nobody listens on the server's port there */

static struct lying_name table[8];

/* The server's own pins, for a name instead of its address. */
static char *named_target(const struct fixture *fixture, const char *name,
                          const char *pinned)
{
    const struct sshd_peer *peer = &fixture->peer;
    auto_free char *key = sshd_peer_public(peer, pinned);
    auto_free char *line = xasprintf("[%s]:%d %s\n", name, peer->port, key);
    sshd_peer_write(sshd_peer_path(peer, "known_names"), line);
    return xasprintf("{\"name\":\"vc-1\",\"host\":\"%s\",\"ssh\":{\"user\":\"%s\","
                     "\"port\":%d,\"key\":{\"file\":\"%s/user_key\"},"
                     "\"hostkey\":\"%s/known_names\",\"job_dir\":\"%s/jobs\"}}",
                     name, peer->user, peer->port, peer->dir, peer->dir, peer->dir);
}

/* `row` is all that the name servers know. The call, for its words. */
static enum slipway_outcome run_there(struct fixture *fixture, struct lying_name row,
                                      const char *pinned, struct fake_call *call)
{
    table[0] = row;
    names_are(table);
    auto_free char *target = named_target(fixture, row.name, pinned);
    fake_call_init(call, ssh_plugin(), fixture->state, "run", "{\"argv\":[\"true\"]}",
                   target);
    call->call.repeat = SLIPWAY_OPAQUE;
    call->timeout_ms = 20000;
    return fake_start(call);
}

static void one_of_several_addresses_is_enough(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    struct lying_name row = {.name = "many.test", .addresses = {DEAD, DEAD, "::1"}};
    row.addresses[3] = fixture->peer.address;
    assert_int_equal(run_there(fixture, row, "host_key.pub", &call), SLIPWAY_DONE);
}

static void so_many_addresses_are_tried_and_no_more(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    struct lying_name row = {.name = "crowd.test"};
    for (size_t i = 0; i < NAMES_ADDRESSES_MAX - 1; i++)
        row.addresses[i] = DEAD;
    row.addresses[NAMES_ADDRESSES_MAX - 1] = fixture->peer.address;
    assert_int_equal(run_there(fixture, row, "host_key.pub", &call), SLIPWAY_RETRY);
    assert_non_null(strstr(call.said, "crowd.test"));
    assert_non_null(strstr(call.said, "is sshd running"));
}

/* The name leads to a server with another key: no user name, no signature. */
static void a_name_that_leads_to_somebody_else_gets_nothing(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    struct lying_name row = {.name = "vc.test", .addresses = {fixture->peer.address}};
    sshd_peer_keygen(&fixture->peer, "ed25519", "other_key");
    assert_int_equal(run_there(fixture, row, "other_key.pub", &call), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "host key CHANGED"));
    assert_int_equal(call.secrets_asked, 0);
    assert_int_equal(sshd_peer_log_count(&fixture->peer, "Accepted publickey"), 0);
}

static void a_name_that_is_not_known_is_worth_a_retry(void **out)
{
    struct fixture *fixture = need(out);
    static const int errors[] = {EAI_NONAME, EAI_AGAIN, EAI_FAIL};
    for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
        auto_fake_call struct fake_call call;
        struct lying_name row = {.name = "gone.test", .error = errors[i]};
        assert_int_equal(run_there(fixture, row, "host_key.pub", &call), SLIPWAY_RETRY);
        assert_non_null(strstr(call.said, "gone.test: the name cannot be resolved"));
        assert_int_equal(call.secrets_asked, 0);
    }
}

static void *cancel_when_asked(void *data)
{
    while (!names_waiting())
        sshd_peer_sleep_ms(5);
    atomic_store(&((struct fake_call *)data)->canceled, true);
    return NULL;
}

static void silent_name_servers_do_not_hold_a_worker(void **out)
{
    struct fixture *fixture = need(out);
    table[0] = (struct lying_name){.name = "silent.test", .silent = true};
    names_are(table);
    auto_free char *target = named_target(fixture, "silent.test", "host_key.pub");
    for (int cancel = 0; cancel < 2; cancel++) {
        pthread_t thread;
        auto_fake_call struct fake_call call;
        fake_call_init(&call, ssh_plugin(), fixture->state, "run",
                       "{\"argv\":[\"true\"]}", target);
        call.timeout_ms = cancel ? 60000 : 500;
        if (cancel)
            assert_int_equal(pthread_create(&thread, NULL, cancel_when_asked, &call), 0);
        assert_int_equal(fake_start(&call), cancel ? SLIPWAY_CANCELED : SLIPWAY_RETRY);
        assert_non_null(strstr(call.said, "the name servers did not answer"));
        assert_true(names_waiting() > 0);
        if (cancel)
            assert_int_equal(pthread_join(thread, NULL), 0);
    }
    names_release();
    auto_fake_call struct fake_call call; /* and this frees what those had left */
    struct lying_name row = {.name = "vc.test", .addresses = {fixture->peer.address}};
    assert_int_equal(run_there(fixture, row, "host_key.pub", &call), SLIPWAY_DONE);
}

/* Fewer file descriptors than a command takes, one more each time: certain, without effect,
   and said so that it can be mended. Never anybody's fault on the other side. */
static void without_file_descriptors_it_says_so(void **out)
{
    struct fixture *fixture = need(out);
    struct rlimit was, few;
    const char *file = fixture_file(fixture, "script", "#!/bin/sh\ntrue\n");
    auto_free char *job = xasprintf("{\"script\":\"%s\"}", file);
    auto_free char *upload =
        xasprintf("{\"file\":\"%s\",\"to\":\"%s/copy\"}", file, fixture->peer.dir);
    const char *const uses[][2] = {
        {"run", "{\"argv\":[\"true\"]}"}, {"job", job}, {"upload", upload}};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(uses); i++) {
        ssh_plugin()->tidy(fixture->state, fake_now_ms() + 1000000); /* no old session */
        auto_fd int next = dup(0);
        enum slipway_outcome outcome = SLIPWAY_RETRY;
        for (int spare = 0; outcome == SLIPWAY_RETRY; spare++) {
            assert_true(spare < 5);
            few = (struct rlimit){.rlim_cur = (rlim_t)(next + 1 + spare),
                                  .rlim_max = was.rlim_max};
            auto_fake_call struct fake_call call;
            prepare(fixture, &call, uses[i][0], "c.vc-1.files.0.1", uses[i][1]);
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
            outcome = fake_start(&call);
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
            if (outcome == SLIPWAY_RETRY)
                assert_non_null(strstr(call.said, "no file descriptor is left"));
            assert_true(spare > 0 || outcome == SLIPWAY_RETRY);
        }
        assert_true(outcome == SLIPWAY_DONE || outcome == SLIPWAY_PENDING);
    }
}

#define story(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(one_of_several_addresses_is_enough),
        story(so_many_addresses_are_tried_and_no_more),
        story(a_name_that_leads_to_somebody_else_gets_nothing),
        story(a_name_that_is_not_known_is_worth_a_retry),
        story(silent_name_servers_do_not_hold_a_worker),
        story(without_file_descriptors_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
