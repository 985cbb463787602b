/*
 * test_names.c - name servers that are silent, lie, or change their mind. What a name leads to
 * is never trusted by itself: pin and CA decide. Silence costs the request's own time.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/http_internal.h"
#include "fake_host.h"
#include "http_peer.h"
#include "lying_names.h"

static const struct slipway_plugin NO_PLUGIN = {.name = "none"};

struct story {
    struct http_client *client;
    struct fake_call fake; /* only its clock, deadline and cancellation are used */
    struct http_response response;
    struct slipway_error err;
};

static void story_begin(struct story *story)
{
    *story = (struct story){.client = http_client_new(&story->err)};
    assert_non_null(story->client);
    fake_call_init(&story->fake, &NO_PLUGIN, NULL, "none", NULL, NULL);
    story->fake.call.deadline_ms = fake_now_ms() + 20000;
    story->fake.call.private_data = &story->fake;
}

static void story_end(struct story *story)
{
    http_response_free(&story->response);
    http_client_free(story->client);
    fake_call_free(&story->fake);
}

static enum http_result ask(struct story *story, const char *name, int port,
                            const char *pin)
{
    auto_free char *url = xasprintf("https://%s:%d/", name, port);
    const struct http_request request = {.url = url,
                                         .method = "POST",
                                         .effect = true,
                                         .user = "root",
                                         .password = "canary-secret",
                                         .tls = {.pin = pin}};
    http_response_free(&story->response);
    story->err.text[0] = '\0';
    return http_perform(story->client, &story->fake.call, &request, &story->response,
                        &story->err);
}

static bool says(const struct story *story, const char *text)
{
    return strstr(story->err.text, text) != NULL;
}

static void answer_ok(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    peer_reply(link, 200, "text/plain", "hello");
}

#define SOME_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void a_name_that_is_not_known_was_not_sent_to(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    names_are((const struct lying_name[]){{.name = "gone.test", .error = EAI_NONAME},
                                          {.name = "later.test", .error = EAI_AGAIN},
                                          {0}});
    assert_int_equal(ask(&story, "gone.test", 443, SOME_PIN), HTTP_NOT_SENT);
    assert_true(says(&story, "is the name right"));
    assert_int_equal(ask(&story, "later.test", 443, SOME_PIN), HTTP_NOT_SENT);
    story_end(&story);
}

static void *cancel_when_asked(void *argument)
{
    struct story *story = argument;
    while (!names_waiting())
        (void)usleep(1000);
    atomic_store(&story->fake.canceled, true);
    return NULL;
}

/* Nobody waits for the resolver's thread: it is left to itself. */
static void silent_name_servers_do_not_hold_a_worker(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    names_are((const struct lying_name[]){{.name = "silent.test", .silent = true}, {0}});
    story.fake.call.deadline_ms = fake_now_ms() + 500;
    assert_int_equal(ask(&story, "silent.test", 443, SOME_PIN), HTTP_NOT_SENT);
    assert_int_equal(names_waiting(), 1); /* still without an answer */
    story.fake.call.deadline_ms = fake_now_ms() + 20000;
    names_release();
    names_are((const struct lying_name[]){{.name = "silent.test", .silent = true}, {0}});
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_asked, &story), 0);
    assert_int_equal(ask(&story, "silent.test", 443, SOME_PIN), HTTP_CANCELED);
    assert_int_equal(names_waiting(), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    story_end(&story);
    names_release();
}

static void one_of_several_addresses_is_enough(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    names_are((const struct lying_name[]){
        {.name = "many.test",
         .addresses = {"127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"}},
        {.name = "none.test", .addresses = {"127.0.0.3", "127.0.0.4", "127.0.0.5"}},
        {0}});
    assert_int_equal(ask(&story, "many.test", peer->port, peer->pin), HTTP_ANSWERED);
    assert_int_equal(ask(&story, "none.test", peer->port, peer->pin), HTTP_NOT_SENT);
    assert_int_equal(peer_count(peer), 1);
    story_end(&story);
    peer_stop(peer);
}

/* The name server is not the one who decides whom it is spoken to. */
static void a_name_that_leads_to_somebody_else_gets_nothing(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    struct peer *thief = peer_start(PEER_TLS, answer_ok, NULL);
    names_are((const struct lying_name[]){{.name = "vc.test", .addresses = {"127.0.0.1"}},
                                          {0}});
    assert_int_equal(ask(&story, "vc.test", peer->port, peer->pin), HTTP_ANSWERED);
    assert_int_equal(ask(&story, "vc.test", thief->port, peer->pin), HTTP_UNTRUSTED);
    assert_int_equal(peer_count(thief), 0);
    story_end(&story);
    peer_stop(peer);
    peer_stop(thief);
}

static bool is_spoken_to(const char *text)
{
    union { /* libcurl, too, keeps more room than its struct says */
        struct curl_sockaddr address;
        char room[sizeof(struct curl_sockaddr) + sizeof(struct sockaddr_in6)];
    } to = {.address = {.socktype = SOCK_STREAM}};
    struct sockaddr_in *v4 = (void *)&to.address.addr;
    struct sockaddr_in6 *v6 = (void *)&to.address.addr;
    to.address.family = strchr(text, ':') ? AF_INET6 : AF_INET;
    void *bytes = strchr(text, ':') ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr;
    assert_int_equal(inet_pton(to.address.family, text, bytes), 1);
    auto_fd int fd = http_open_socket(NULL, CURLSOCKTYPE_IPCXN, &to.address);
    return fd >= 0;
}

static void metadata_and_neighbours_are_not_spoken_to(void **state)
{
    (void)state;
    static const char *const refused[] = {"169.254.169.254", "169.254.0.1", "fe80::1",
                                          "::ffff:169.254.169.254"};
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        if (is_spoken_to(refused[i]))
            fail_msg("%s would be spoken to", refused[i]);
    assert_true(is_spoken_to("127.0.0.1"));
    struct story story;
    story_begin(&story);
    names_are((const struct lying_name[]){
        {.name = "trick.test", .addresses = {"169.254.169.254"}}, {0}});
    assert_int_equal(ask(&story, "trick.test", 443, SOME_PIN), HTTP_NOT_SENT);
    assert_true(says(&story, "link-local"));
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_is_not_known_was_not_sent_to),
        cmocka_unit_test(silent_name_servers_do_not_hold_a_worker),
        cmocka_unit_test(one_of_several_addresses_is_enough),
        cmocka_unit_test(a_name_that_leads_to_somebody_else_gets_nothing),
        cmocka_unit_test(metadata_and_neighbours_are_not_spoken_to),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
