/*
 * test_lies.c - peers that break the rules of HTTP: answers without end, of two lengths, in
 * two pieces, compressed, or that ask for more than they were given. What they say counts
 * once, for this request only, and within our bounds.
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

#define ENDLESS    100000             /* repetitions: some megabytes at least */
#define BOMB_BYTES (64 * 1024 * 1024) /* unpacked */

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

/* A request with a password and a session; an effect, if it is a POST. */
static enum http_result ask(struct story *story, const struct peer *peer,
                            const char *method, const char *path)
{
    auto_free char *url = xasprintf("%s%s", peer->url, path);
    const char *headers[] = {"vmware-api-session-id: canary-session", NULL};
    const struct http_request request = {.url = url,
                                         .method = method,
                                         .headers = headers,
                                         .user = "root",
                                         .password = "canary-secret",
                                         .effect = !strcmp(method, "POST"),
                                         .tls = {.pin = peer->pin[0] ? peer->pin : NULL}};
    http_response_free(&story->response);
    story->err.text[0] = '\0';
    enum http_result result = http_perform(story->client, &story->fake.call, &request,
                                           &story->response, &story->err);
    assert_true(result == HTTP_ANSWERED || story->err.text[0]);
    return result;
}

/* --- without end ----------------------------------------------------------------- */

static const struct endless {
    const char *path, *first, *again;
} ENDLESS_ANSWERS[] = {
    {"/continue", "", "HTTP/1.1 100 Continue\r\n\r\n"},
    {"/processing", "", "HTTP/1.1 102 Processing\r\nX: y\r\n\r\n"},
    {"/hints", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
    {"/line", "HTTP/1.1 200 OK\r\nX: ", "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"},
    {"/status", "HTTP/1.1 200 ", "OK OK OK OK OK OK OK OK OK OK OK OK OK OK OK"},
    {"/fold", "HTTP/1.1 200 OK\r\nX: y\r\n", " folded and folded and folded\r\n"},
    {"/extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
     "extension=extension;"},
    {"/digits", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0000000000"},
    {"/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
     "X: vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\r\n"},
    {"/close", "HTTP/1.1 200 OK\r\n\r\n",
     "{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}"
     "{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}"},
};

static void answer_endless(struct peer_link *link, const struct peer_ask *ask)
{
    atomic_uint *given_up = link->peer->context;
    auto_buf struct buf many = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(ENDLESS_ANSWERS); i++) {
        if (strcmp(ask->path, ENDLESS_ANSWERS[i].path) != 0)
            continue;
        buf_adds(&many, ENDLESS_ANSWERS[i].first);
        for (int n = 0; n < ENDLESS; n++)
            buf_adds(&many, ENDLESS_ANSWERS[i].again);
    }
    bool up = peer_send(link, many.data, many.length) > 0;
    while (up && !atomic_load(&link->peer->stopping)) /* the first will not be enough */
        up = peer_send(link, many.data + many.length / 2, many.length / 2) > 0;
    atomic_fetch_add(given_up, !up);
    peer_hang_up(link);
}

static void an_answer_without_end_is_given_up(void **state)
{
    (void)state;
    static atomic_uint given_up;
    struct peer *peer = peer_start(PEER_PLAIN, answer_endless, &given_up);
    for (size_t i = 0; i < ARRAY_LENGTH(ENDLESS_ANSWERS); i++) {
        struct story story;
        story_begin(&story);
        story.fake.call.deadline_ms = fake_now_ms() + 2000;
        enum http_result result = ask(&story, peer, "POST", ENDLESS_ANSWERS[i].path);
        if (result != HTTP_TOO_LARGE && result != HTTP_UNKNOWN)
            fail_msg("%s: %d %s", ENDLESS_ANSWERS[i].path, (int)result, story.err.text);
        assert_null(story.response.body);
        story_end(&story);
    }
    assert_int_equal(peer_count(peer), ARRAY_LENGTH(ENDLESS_ANSWERS));
    while (atomic_load(&given_up) < ARRAY_LENGTH(ENDLESS_ANSWERS))
        (void)poll(NULL, 0, 1); /* the peer sees it a moment later */
    peer_stop(peer);
}

/* --- lengths that lie ------------------------------------------------------------ */

#define HEAD_CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* `body` NULL: there is no answer that could be believed. */
static const struct lie {
    const char *path, *bytes, *body;
} LIES[] = {
    {"/two-lengths",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}", NULL},
    {"/negative", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", NULL},
    {"/list", "HTTP/1.1 200 OK\r\nContent-Length: 2, 9\r\n\r\n{}", NULL},
    {"/huge", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
     NULL},
    {"/hex", "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}", NULL},
    {"/chunk-huge", HEAD_CHUNKED "fffffffffffffffff\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-top", HEAD_CHUNKED "7fffffffffffffff\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-negative", HEAD_CHUNKED "-2\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-small", HEAD_CHUNKED "1\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-large", HEAD_CHUNKED "4\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-none", HEAD_CHUNKED "\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-text", HEAD_CHUNKED "two\r\n{}\r\n0\r\n\r\n", NULL},
    {"/chunk-open", HEAD_CHUNKED "2\r\n{}\r\n", NULL},
    {"/both",
     "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n"
     "2\r\n{}\r\n0\r\n\r\n",
     "{}"},
    {"/switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n{}", NULL},
    {"/only-continue", "HTTP/1.1 100 Continue\r\n\r\n", NULL},
    {"/status-text", "HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}", NULL},
    {"/status-long", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}", NULL},
    {"/nul", "HTTP/1.1 200 OK\r\nX: a", NULL}, /* and a NUL, see below */
};

static void answer_lie(struct peer_link *link, const struct peer_ask *ask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(LIES); i++)
        if (!strcmp(ask->path, LIES[i].path))
            (void)peer_sends(link, LIES[i].bytes);
    if (!strcmp(ask->path, "/nul"))
        (void)peer_send(link, "\0b\r\nContent-Length: 2\r\n\r\n{}", 27);
    peer_hang_up(link);
}

static void a_length_that_lies_makes_no_answer(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_lie, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(LIES); i++) {
        enum http_result result = ask(&story, peer, "POST", LIES[i].path);
        if (result != (LIES[i].body ? HTTP_ANSWERED : HTTP_UNKNOWN))
            fail_msg("%s: %d %s", LIES[i].path, (int)result, story.err.text);
        if (LIES[i].body)
            assert_string_equal(story.response.body, LIES[i].body);
    }
    assert_int_equal(peer_count(peer), ARRAY_LENGTH(LIES)); /* none was sent twice */
    story_end(&story);
    peer_stop(peer);
}

/* --- half an answer that calls itself one ------------------------------------------- */

static void answer_a_part(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    (void)peer_sends(link, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9000"
                           "\r\nContent-Length: 2\r\n\r\n[]");
}

static void a_part_that_nobody_asked_for_is_no_answer(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_a_part, NULL);
    static const char *const methods[] = {"GET", "POST"};
    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        assert_int_equal(ask(&story, peer, methods[i], "/"), HTTP_UNKNOWN);
        assert_non_null(strstr(story.err.text, "only a part (HTTP 206)"));
        assert_null(story.response.body);
    }
    auto_free char *url = xasprintf("%s/", peer->url);
    const char *headers[] = {"range: bytes=0-1", NULL};
    const struct http_request part = {.url = url, .method = "GET", .headers = headers};
    assert_int_equal(
        http_perform(story.client, &story.fake.call, &part, &story.response, &story.err),
        HTTP_ANSWERED);
    assert_string_equal(story.response.body, "[]");
    assert_int_equal(peer_count(peer), 3);
    story_end(&story);
    peer_stop(peer);
}

/* --- a second answer that nobody asked for ---------------------------------------- */

#define OWN      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown"
#define SMUGGLED "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"

static void answer_and_more(struct peer_link *link, const struct peer_ask *ask)
{
    if (!strcmp(ask->path, "/own")) {
        (void)peer_sends(link, OWN);
        return;
    }
    (void)peer_sends(link, OWN SMUGGLED);
    if (!strcmp(ask->path, "/later"))
        (void)peer_sends(link, SMUGGLED);
}

static void bytes_behind_an_answer_are_no_answer_to_the_next(void **state)
{
    (void)state;
    static const enum peer_mode modes[] = {PEER_PLAIN, PEER_TLS};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start(modes[i], answer_and_more, NULL);
        static const char *const paths[] = {"/at-once", "/own", "/later", "/own",
                                            "/later",   "/own", "/own"};
        for (size_t j = 0; j < ARRAY_LENGTH(paths); j++) {
            assert_int_equal(ask(&story, peer, "GET", paths[j]), HTTP_ANSWERED);
            assert_string_equal(story.response.body, "own");
        }
        story_end(&story);
        peer_stop(peer);
    }
}

/* --- compressed though nobody asked ------------------------------------------------ */

struct bits {
    struct buf out;
    unsigned held, count;
};

static void bits_free(struct bits *bits)
{
    buf_free(&bits->out);
}

static void put_bits(struct bits *bits, unsigned value, unsigned count)
{
    bits->held |= value << bits->count;
    for (bits->count += count; bits->count >= 8; bits->count -= 8, bits->held >>= 8)
        buf_addc(&bits->out, (char)(bits->held & 0xff));
}

/* Fixed codes: a zero, and then again and again "258 times what was before". */
static void make_bomb(struct bits *bits)
{
    static const char head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
    buf_add(&bits->out, head, sizeof head);
    put_bits(bits, 3, 3);    /* last block, fixed codes */
    put_bits(bits, 0x0c, 8); /* literal 0 */
    for (size_t size = 0; size < BOMB_BYTES; size += 258)
        put_bits(bits, 0xa3, 13); /* length 258, distance 1 */
    put_bits(bits, 0, 16);        /* the end; whatever follows is no checksum */
}

static void answer_bomb(struct peer_link *link, const struct peer_ask *ask)
{
    __attribute__((cleanup(bits_free))) struct bits bits = {.held = 0};
    make_bomb(&bits);
    bool chunked = !strcmp(ask->path, "/Transfer-Encoding");
    auto_free char *head =
        chunked ? xasprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                            "%zx\r\n",
                            bits.out.length)
                : xasprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            bits.out.length);
    (void)peer_sends(link, head);
    (void)peer_send(link, bits.out.data, bits.out.length);
    if (chunked)
        (void)peer_sends(link, "\r\n0\r\n\r\n");
}

static void what_comes_compressed_is_never_unpacked_without_a_bound(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_bomb, NULL);
    assert_int_equal(ask(&story, peer, "GET", "/Content-Encoding"), HTTP_ANSWERED);
    assert_true(story.response.body_length < BOMB_BYTES / 100);
    assert_memory_equal(story.response.body, "\x1f\x8b\x08", 3);
    assert_int_equal(ask(&story, peer, "GET", "/Transfer-Encoding"), HTTP_TOO_LARGE);
    story_end(&story);
    peer_stop(peer);
}

/* --- answers that want more --------------------------------------------------------- */

static const char *const WANTS[] = {
    "301 Moved\r\nLocation: %s/thief\r\n",
    "302 Found\r\nLocation: %s/thief\r\n",
    "303 See Other\r\nLocation: %s/thief\r\n",
    "307 Temporary\r\nLocation: %s/thief\r\n",
    "308 Permanent\r\nLocation: %s/thief\r\n",
    "200 OK\r\nRefresh: 0; url=%s/thief\r\n",
    "305 Use Proxy\r\nLocation: %s\r\n",
    "401 Again\r\nWWW-Authenticate: Basic realm=\"%s\"\r\n",
    "401 Again\r\nWWW-Authenticate: Negotiate\r\nX: %s\r\n",
    "401 Again\r\nWWW-Authenticate: NTLM\r\nX: %s\r\n",
    "401 Again\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"%s\"\r\n",
    "407 Proxy\r\nProxy-Authenticate: Basic realm=\"%s\"\r\n",
    "417 Expectation Failed\r\nX: %s\r\n",
    "425 Too Early\r\nX: %s\r\n",
    "421 Misdirected\r\nAlt-Svc: h2=\"%s\"\r\n",
    "503 Later\r\nRetry-After: 0\r\nX: %s\r\n",
};

static void answer_wanting(struct peer_link *link, const struct peer_ask *ask)
{
    size_t which = strtoul(ask->path + 1, NULL, 10);
    const struct peer *thief = link->peer->context;
    auto_buf struct buf out = {0};
    buf_adds(&out, "HTTP/1.1 ");
    const char *mark = strstr(WANTS[which], "%s");
    buf_add(&out, WANTS[which], (size_t)(mark - WANTS[which]));
    buf_adds(&out, thief->url);
    buf_adds(&out, mark + 2);
    buf_adds(&out, "Set-Cookie: planted=1; Path=/\r\nContent-Length: 0\r\n\r\n");
    (void)peer_send(link, out.data, out.length);
}

static void answer_ok(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    peer_reply(link, 200, "text/plain", "thanks");
}

static void whatever_an_answer_wants_nothing_more_is_sent(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *thief = peer_start(PEER_PLAIN, answer_ok, NULL);
    struct peer *peer = peer_start(PEER_PLAIN, answer_wanting, thief);
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(WANTS); i++) {
        auto_free char *path = xasprintf("/%zu", i / 2);
        assert_int_equal(ask(&story, peer, i % 2 ? "POST" : "GET", path), HTTP_ANSWERED);
        assert_true(story.response.status / 100 == WANTS[i / 2][0] - '0');
        assert_int_equal(peer_count(peer), i + 1);
    }
    assert_int_equal(peer_connections(thief), 0);
    assert_false(peer_saw(peer, "planted"));
    story_end(&story);
    peer_stop(peer);
    peer_stop(thief);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_without_end_is_given_up),
        cmocka_unit_test(a_length_that_lies_makes_no_answer),
        cmocka_unit_test(a_part_that_nobody_asked_for_is_no_answer),
        cmocka_unit_test(bytes_behind_an_answer_are_no_answer_to_the_next),
        cmocka_unit_test(what_comes_compressed_is_never_unpacked_without_a_bound),
        cmocka_unit_test(whatever_an_answer_wants_nothing_more_is_sent),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
