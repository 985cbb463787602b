/*
 * test_odd_answers.c - answers that are odd rather than false: of statuses and versions that
 * do not exist, with bodies where none belongs, of servers that say one thing about their
 * connection and do another. An odd answer is one answer or none, and nothing of it is left
 * for the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/http.h"
#include "fake_host.h"
#include "http_peer.h"

#define SECRET "canary-secret"

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

static enum http_result send_it(struct story *story, const struct http_request *request)
{
    http_response_free(&story->response);
    story->err.text[0] = '\0';
    enum http_result result = http_perform(story->client, &story->fake.call, request,
                                           &story->response, &story->err);
    assert_true(result == HTTP_ANSWERED || story->err.text[0]);
    assert_null(strstr(story->err.text, SECRET));
    return result;
}

/* With a password; an effect, if it is a POST. */
static enum http_result ask(struct story *story, const struct peer *peer,
                            const char *method, const char *path)
{
    auto_free char *url = xasprintf("%s%s", peer->url, path);
    const struct http_request request = {.url = url,
                                         .method = method,
                                         .user = "root",
                                         .password = SECRET,
                                         .effect = !strcmp(method, "POST"),
                                         .tls = {.pin = peer->pin[0] ? peer->pin : NULL}};
    return send_it(story, &request);
}

/* --- statuses, versions and framings that do not exist -------------------------------- */

/* `status` 0: nothing that could be believed. */
static const struct odd {
    const char *path, *bytes;
    int status;
    const char *body;
} ODD[] = {
    {"/000", "HTTP/1.1 000 Nothing\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/099", "HTTP/1.1 099 Less\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/999", "HTTP/1.1 999 More\r\nContent-Length: 2\r\n\r\n{}", 999, "{}"},
    {"/short", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/negative", "HTTP/1.1 -200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/no-reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
    {"/http-0.9", "<html>200 OK</html>", 0, NULL},
    {"/http-2", "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
    {"/http-3", "HTTP/3 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/http-9.9", "HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, NULL},
    {"/settings", "\x01\x02\x03\x04\x05\x06\x07\x08\r\n\r\n", 0, NULL},
    {"/icy", "ICY 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/rtsp", "RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/lower", "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
    {"/lower-cut", "HTTP/1.1 103 Early Hints\r\n\r\nhttp/1.1 200 OK\r\nX: y\r\n", 0,
     NULL},
    {"/folded-length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\n{\"half\":", 0,
     NULL},
    {"/fold-first", "HTTP/1.1 200 OK\r\n Content-Length: 99\r\n\r\n{}", 0, NULL},
    {"/banana",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: banana\r\nContent-Length: 2\r\n\r\n{}", 0,
     NULL},
    {"/brotli",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: br, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 0,
     NULL},
    {"/chunked-in-1.0",
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200,
     "{}"},
    {"/two-statuses",
     "HTTP/1.1 200 OK\r\nHTTP/1.1 500 Not OK\r\nContent-Length: 2\r\n\r\n{}", 0, NULL},
    {"/interim-with-length",
     "HTTP/1.1 103 Early Hints\r\nContent-Length: 50\r\n\r\nHTTP/1.1 200 OK\r\n"
     "Content-Length: 2\r\n\r\n{}",
     200, "{}"},
};

static void answer_odd(struct peer_link *link, const struct peer_ask *ask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ODD); i++)
        if (!strcmp(ask->path, ODD[i].path))
            (void)peer_sends(link, ODD[i].bytes);
    peer_hang_up(link);
}

static void an_odd_answer_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_odd, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(ODD); i++) {
        enum http_result result = ask(&story, peer, "POST", ODD[i].path);
        int status = result == HTTP_ANSWERED ? story.response.status : 0;
        if (status != ODD[i].status || (!status && result != HTTP_UNKNOWN))
            fail_msg("%s: %d, status %d: %s", ODD[i].path, (int)result, status,
                     story.err.text);
        if (status)
            assert_string_equal(story.response.body, ODD[i].body);
        if (!status && !strstr(story.err.text, "it may or may not have acted"))
            fail_msg("%s: %s", ODD[i].path, story.err.text);
    }
    assert_int_equal(peer_count(peer), ARRAY_LENGTH(ODD)); /* none was sent twice */
    story_end(&story);
    peer_stop(peer);
}

/* --- bodies where none belongs --------------------------------------------------------- */

#define OWN      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown"
#define SMUGGLED "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"

static const struct bare {
    const char *method, *path, *bytes;
} BARE[] = {
    {"GET", "/204", "HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n" SMUGGLED},
    {"GET", "/204-chunked",
     "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED},
    {"GET", "/304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n" SMUGGLED},
    {"HEAD", "/head", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" SMUGGLED},
    {"GET", "/close",
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
     "3\r\n\r\nown" SMUGGLED},
};

static void answer_bare(struct peer_link *link, const struct peer_ask *ask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(BARE); i++)
        if (!strcmp(ask->path, BARE[i].path))
            (void)peer_sends(link, BARE[i].bytes);
    if (!strcmp(ask->path, "/own"))
        (void)peer_sends(link, OWN);
}

static void a_body_where_none_belongs_answers_nobody(void **state)
{
    (void)state;
    static const enum peer_mode modes[] = {PEER_PLAIN, PEER_TLS};
    for (size_t m = 0; m < ARRAY_LENGTH(modes); m++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start(modes[m], answer_bare, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(BARE); i++) {
            if (ask(&story, peer, BARE[i].method, BARE[i].path) == HTTP_ANSWERED)
                assert_null(strstr(story.response.body, "smuggled"));
            for (int n = 0; n < 2; n++) {
                assert_int_equal(ask(&story, peer, "GET", "/own"), HTTP_ANSWERED);
                assert_string_equal(story.response.body, "own");
            }
        }
        story_end(&story);
        peer_stop(peer);
    }
}

/* --- connections that are not what they say ---------------------------------------------- */

/* Says that the connection stays, and ends it; says that it ends, and keeps it. */
static void answer_of_two_minds(struct peer_link *link, const struct peer_ask *ask)
{
    bool stays = !strcmp(ask->path, "/stays");
    peer_reply_with(link, 200, "text/plain",
                    stays ? "Connection: keep-alive\r\nKeep-Alive: timeout=99999999999, "
                            "max=-1\r\n"
                          : "Connection: close\r\n",
                    "fine");
    if (stays)
        peer_hang_up(link);
}

static void what_is_said_about_the_connection_is_not_relied_on(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_of_two_minds, NULL);
    for (int i = 0; i < 12; i++) {
        const char *method = i % 3 == 2 ? "POST" : "GET";
        assert_int_equal(ask(&story, peer, method, i % 2 ? "/stays" : "/ends"),
                         HTTP_ANSWERED);
        assert_string_equal(story.response.body, "fine");
        assert_int_equal(peer_count(peer), i + 1);
    }
    story_end(&story);
    peer_stop(peer);
}

/* Answers one request of each connection, reads the next, and is gone. */
static void answer_once(struct peer_link *link, const struct peer_ask *ask)
{
    if (!strcmp(ask->path, "/first"))
        peer_reply(link, 200, "text/plain", "first");
    else
        peer_hang_up(link);
}

static void
what_must_arrive_once_never_goes_over_a_connection_that_may_be_dead(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_once, NULL);
    assert_int_equal(ask(&story, peer, "GET", "/first"), HTTP_ANSWERED);
    assert_int_equal(ask(&story, peer, "POST", "/effect"), HTTP_UNKNOWN);
    assert_int_equal(peer_count(peer), 2);
    story_end(&story);
    peer_stop(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_odd_answer_is_taken_whole_or_not_at_all),
        cmocka_unit_test(a_body_where_none_belongs_answers_nobody),
        cmocka_unit_test(what_is_said_about_the_connection_is_not_relied_on),
        cmocka_unit_test(
            what_must_arrive_once_never_goes_over_a_connection_that_may_be_dead),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
