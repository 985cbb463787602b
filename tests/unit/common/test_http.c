/*
 * test_http.c - stories about peers that behave and peers that do not. The one
 * question of each: what may the caller believe afterwards?
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

#define MEGABYTE (1024u * 1024u)

struct story {
    struct http_client *client;
    struct fake_call fake; /* only its clock, deadline and cancellation are used */
    struct http_response response;
    struct slipway_error err;
};

static const struct slipway_plugin NO_PLUGIN = {.name = "none"};

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

static enum http_result ask(struct story *story, const struct http_request *request)
{
    http_response_free(&story->response);
    story->err.text[0] = '\0';
    return http_perform(story->client, &story->fake.call, request, &story->response,
                        &story->err);
}

static struct http_request get(const struct peer *peer)
{
    return (struct http_request){.url = peer->url,
                                 .tls = {.pin = peer->pin[0] ? peer->pin : NULL}};
}

static bool says(const struct story *story, const char *text)
{
    return strstr(story->err.text, text) != NULL;
}

/* --- peers that behave ----------------------------------------------------- */

static void answer_ok(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    peer_reply_with(link, 200, "application/json",
                    "Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Empty:\r\n",
                    "{\"ok\":true}");
}

static void a_pinned_self_signed_peer_is_spoken_to(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    struct http_request request = get(peer);
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    assert_int_equal(story.response.status, 200);
    assert_string_equal(story.response.body, "{\"ok\":true}");
    assert_int_equal(story.response.body_length, 11);
    assert_string_equal(story.response.content_type, "application/json");
    assert_false(story.response.until_close);
    assert_string_equal(http_header(&story.response, "SET-COOKIE", 0), "a=1");
    assert_string_equal(http_header(&story.response, "Set-Cookie", 1), "b=2");
    assert_null(http_header(&story.response, "Set-Cookie", 2));
    assert_string_equal(http_header(&story.response, "X-Empty", 0), "");
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    assert_int_equal(peer_connections(peer), 1); /* the handshake was paid once */
    story_end(&story);
    peer_stop(peer);
}

static void a_wrong_pin_gets_no_request_and_no_password(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    struct http_request request = get(peer);
    request.tls.pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    request.user = "root";
    request.password = "canary-secret";
    assert_int_equal(ask(&story, &request), HTTP_UNTRUSTED);
    assert_true(says(&story, "tls.pin"));
    assert_true(says(&story, peer->pin)); /* for a human to compare */
    assert_false(says(&story, "canary-secret"));
    assert_int_equal(peer_count(peer), 0);
    /* nor does a connection that another pin opened serve it */
    request.tls.pin = peer->pin;
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    request.tls.pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_int_equal(ask(&story, &request), HTTP_UNTRUSTED);
    assert_int_equal(peer_count(peer), 1);
    story_end(&story);
    peer_stop(peer);
}

static void the_key_of_a_peer_can_be_learned(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    struct peer *plain = peer_start(PEER_PLAIN, answer_ok, NULL);
    char pin[HTTP_PIN_SIZE] = "untouched";
    assert_int_equal(http_peer_pin(plain->url, 2000, pin, &story.err), -1);
    assert_int_equal(http_peer_pin("https://127.0.0.1:1", 2000, pin, &story.err), -1);
    assert_string_equal(pin, "untouched");
    assert_int_equal(http_peer_pin(peer->url, 2000, pin, &story.err), 0);
    assert_string_equal(pin, peer->pin);
    assert_true(http_pin_valid(pin));
    assert_int_equal(peer_count(peer), 0);
    story_end(&story);
    peer_stop(peer);
    peer_stop(plain);
}

static void a_ca_vouches_for_chain_and_name(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    struct peer *other = peer_start(PEER_TLS, answer_ok, NULL);
    struct peer *misnamed =
        peer_start_as(PEER_TLS, "DNS:elsewhere.test", answer_ok, NULL);
    struct http_request request = {.url = peer->url, .tls = {.ca = peer->ca_file}};
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    request.tls.ca = other->ca_file;
    assert_int_equal(ask(&story, &request), HTTP_UNTRUSTED);
    request =
        (struct http_request){.url = misnamed->url, .tls = {.ca = misnamed->ca_file}};
    assert_int_equal(ask(&story, &request), HTTP_UNTRUSTED);
    request.tls.ca = "/nonexistent/ca.pem";
    assert_int_equal(ask(&story, &request), HTTP_INVALID);
    assert_true(says(&story, "/nonexistent/ca.pem"));
    assert_int_equal(peer_count(other) + peer_count(misnamed), 0);
    story_end(&story);
    peer_stop(peer);
    peer_stop(other);
    peer_stop(misnamed);
}

static void answer_echo(struct peer_link *link, const struct peer_ask *ask)
{
    char header[256] = "";
    auto_buf struct buf body = {0};
    (void)peer_header(ask, "Authorization", header, sizeof header);
    buf_addf(&body, "%s %s|%.*s|%s", ask->method, ask->path, (int)ask->body_length,
             ask->body, header);
    peer_reply(link, 200, "text/plain", buf_text(&body));
}

static void every_method_carries_what_it_should(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_echo, NULL);
    auto_free char *url = xasprintf("%s/a/b?c=d", peer->url);
    static const struct {
        const char *method, *body, *expect;
    } rows[] = {
        {"GET", NULL, "GET /a/b?c=d||"},       {"POST", "{}", "POST /a/b?c=d|{}|"},
        {"POST", NULL, "POST /a/b?c=d||"},     {"PUT", "x", "PUT /a/b?c=d|x|"},
        {"PATCH", "y", "PATCH /a/b?c=d|y|"},   {"DELETE", NULL, "DELETE /a/b?c=d||"},
        {"DELETE", "z", "DELETE /a/b?c=d|z|"}, {"HEAD", NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct http_request request = {.url = url,
                                       .method = rows[i].method,
                                       .body = rows[i].body,
                                       .body_length =
                                           rows[i].body ? strlen(rows[i].body) : 0};
        request.timeout_ms = 3000;
        enum http_result result = ask(&story, &request);
        assert_int_equal(result, HTTP_ANSWERED);
        assert_string_equal(story.response.body, rows[i].expect);
    }
    assert_false(peer_saw(peer, "Expect:"));
    assert_false(peer_saw(peer, "Accept-Encoding:"));
    assert_false(peer_saw(peer, "x-www-form-urlencoded"));
    struct http_request basic = {.url = url, .user = "root", .password = "p:w"};
    assert_int_equal(ask(&story, &basic), HTTP_ANSWERED);
    assert_true(peer_saw(peer, "Authorization: Basic cm9vdDpwOnc=\r\n"));
    assert_string_equal(story.response.body, "GET /a/b?c=d||Basic ************");
    story_end(&story);
    peer_stop(peer);
}

/* Plain and in the shapes that a service may give to what it quotes; in headers too. */
static void answer_with_what_came(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    peer_reply_with(link, 500, "text/plain", "X-Debug: session=<k3y-for-one>\r\n",
                    "<k3y-for-one> &lt;k3y-for-one&gt; \\u003ck3y-for-one\\u003e "
                    "%3Ck3y-for-one%3E passage pass k3y-for-two");
}

static void what_identified_us_does_not_come_back(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_with_what_came, NULL);
    static const char *const secrets[] = {"<k3y-for-one>", "", "no", NULL};
    const struct http_request request = {
        .url = peer->url, .user = "root", .password = "pass", .secrets = secrets};
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    assert_string_equal(story.response.body,
                        "************* ******************* *********************** "
                        "***************** passage **** k3y-for-two");
    assert_string_equal(http_header(&story.response, "X-Debug", 0),
                        "session=*************");
    story_end(&story);
    peer_stop(peer);
}

static void an_effect_has_its_own_connection(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_echo, NULL);
    struct http_request read = get(peer), effect = get(peer);
    effect.method = "POST";
    effect.effect = true;
    assert_int_equal(ask(&story, &read), HTTP_ANSWERED);
    assert_int_equal(ask(&story, &effect), HTTP_ANSWERED);
    assert_int_equal(ask(&story, &effect), HTTP_ANSWERED);
    assert_int_equal(peer_connections(peer), 3);
    assert_int_equal(ask(&story, &read), HTTP_ANSWERED);
    assert_int_equal(peer_connections(peer), 3); /* reads still share theirs */
    story_end(&story);
    peer_stop(peer);
}

static void answer_then_hang_up(struct peer_link *link, const struct peer_ask *ask)
{
    peer_reply(link, 200, "text/plain", ask->method);
    peer_hang_up(link);
}

static void a_connection_that_died_meanwhile_is_replaced(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_then_hang_up, NULL);
    struct http_request request = get(peer);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    story_end(&story);
    peer_stop(peer);
}

static void idle_connections_are_closed_in_time(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    struct http_request request = get(peer);
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    http_client_tidy(story.client, fake_now_ms());
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    assert_int_equal(peer_connections(peer), 1);
    http_client_tidy(story.client, fake_now_ms() + HTTP_IDLE_MS + 1000);
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    assert_int_equal(peer_connections(peer), 2);
    story_end(&story);
    peer_stop(peer);
}

/* --- nothing was sent ------------------------------------------------------ */

static void what_was_not_reached_was_not_sent(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *plain = peer_start(PEER_PLAIN, answer_ok, NULL);
    auto_free char *tls_to_plain = xasprintf("https://127.0.0.1:%d", plain->port);
    const char *pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const char *urls[] = {"https://127.0.0.1:1/", tls_to_plain,
                          "https://no-such-host.invalid/",
                          "https://169.254.169.254/latest"};
    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        struct http_request request = {
            .url = urls[i], .method = "POST", .effect = true, .tls = {.pin = pin}};
        request.connect_timeout_ms = 2000;
        assert_int_equal(ask(&story, &request), HTTP_NOT_SENT);
        assert_true(says(&story, "nothing was sent"));
    }
    assert_int_equal(peer_count(plain), 0);
    story_end(&story);
    peer_stop(plain);
}

static void a_request_that_cannot_be_right_is_refused(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_ok, NULL);
    const char *split[] = {"X: a\r\nEvil: b", NULL}, *host[] = {"Host: other", NULL};
    const char *nameless[] = {": x", NULL}, *blank[] = {"A b: x", NULL};
    const struct http_request wrong[] = {
        {.url = NULL},
        {.url = "https://host/"}, /* neither pin nor CA */
        {.url = "https://host/", .tls = {.pin = ""}},
        {.url = "https://host/", .tls = {.pin = "sha256//short"}},
        {.url = "https://host/",
         .tls = {.pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                 .ca = "/x"}},
        {.url = "https://host/", .tls = {.ca = "relative.pem"}},
        {.url = "http://example.test/"},
        {.url = "http://127.0.0.1.example.test/"},
        {.url = "http://example.test/", .allow_http = true, .user = "u", .password = "p"},
        {.url = "file:///etc/passwd"},
        {.url = "gopher://127.0.0.1/"},
        {.url = "http://user:pw@127.0.0.1/"},
        {.url = "http://127.0.0.1/#fragment"},
        {.url = "http://127.0.0.1/a b"},
        {.url = "http://127.0.0.1/a\r\nX: y"},
        {.url = peer->url, .method = "TRACE"},
        {.url = peer->url, .method = "get"},
        {.url = peer->url, .method = "GET", .body = "x", .body_length = 1},
        {.url = peer->url, .user = "a:b", .password = "c"},
        {.url = peer->url, .headers = split},
        {.url = peer->url, .headers = host},
        {.url = peer->url, .headers = nameless},
        {.url = peer->url, .headers = blank},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(ask(&story, &wrong[i]), HTTP_INVALID);
        assert_true(story.err.text[0] != '\0');
    }
    assert_int_equal(peer_connections(peer), 0);
    story_end(&story);
    peer_stop(peer);
}

static void a_dry_run_only_reads(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_echo, NULL);
    struct http_request request = {.url = peer->url, .method = "POST"};
    story.fake.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(ask(&story, &request), HTTP_INVALID);
    assert_true(says(&story, "dry run"));
    assert_int_equal(peer_count(peer), 0);
    request.read_only_ok = true;
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    request = (struct http_request){.url = peer->url};
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    story_end(&story);
    peer_stop(peer);
}

static void a_call_that_is_over_or_cancelled_sends_nothing(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_ok, NULL);
    struct http_request request = get(peer);
    request.effect = true;
    atomic_store(&story.fake.canceled, true);
    assert_int_equal(ask(&story, &request), HTTP_CANCELED);
    atomic_store(&story.fake.canceled, false);
    story.fake.call.deadline_ms = fake_now_ms() - 1;
    assert_int_equal(ask(&story, &request), HTTP_NOT_SENT);
    assert_int_equal(peer_connections(peer), 0);
    story_end(&story);
    peer_stop(peer);
}

/* --- peers that misbehave -------------------------------------------------- */

static void answer_never(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    peer_wait_for_close(link);
}

static void silence_after_the_request_is_unknown(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_never, NULL);
    struct http_request request = get(peer);
    request.method = "POST";
    request.effect = true;
    request.timeout_ms = 300;
    assert_int_equal(ask(&story, &request), HTTP_UNKNOWN);
    assert_int_equal(peer_count(peer), 1);
    request.timeout_ms = 0;
    request.stall_timeout_ms = 1000;
    assert_int_equal(ask(&story, &request), HTTP_UNKNOWN);
    assert_true(says(&story, "too slow"));
    request.stall_timeout_ms = 0;
    story.fake.call.deadline_ms = fake_now_ms() + 300;
    assert_int_equal(ask(&story, &request), HTTP_UNKNOWN);
    assert_int_equal(peer_count(peer), 3);
    story_end(&story);
    peer_stop(peer);
}

static void *cancel_when_asked(void *argument)
{
    struct story *story = ((void **)argument)[0];
    struct peer *peer = ((void **)argument)[1];
    while (!peer_count(peer))
        (void)usleep(1000);
    atomic_store(&story->fake.canceled, true);
    return NULL;
}

static void cancelling_an_effect_under_way_leaves_it_unknown(void **state)
{
    (void)state;
    for (int effect = 0; effect < 2; effect++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start(PEER_TLS, answer_never, NULL);
        struct http_request request = get(peer);
        request.method = "POST";
        request.effect = effect;
        void *both[] = {&story, peer};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel_when_asked, both), 0);
        assert_int_equal(ask(&story, &request), effect ? HTTP_UNKNOWN : HTTP_CANCELED);
        assert_int_equal(pthread_join(thread, NULL), 0);
        story_end(&story);
        peer_stop(peer);
    }
}

static void answer_dripping(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    (void)peer_sends(link, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (peer_sends(link, "x") > 0 && !atomic_load(&link->peer->stopping))
        (void)usleep(400000);
    peer_hang_up(link);
}

static void a_dripping_body_does_not_hold_a_worker(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_dripping, NULL);
    struct http_request request = get(peer);
    request.stall_timeout_ms = 2000;
    assert_int_equal(ask(&story, &request), HTTP_UNKNOWN);
    assert_true(says(&story, "too slow"));
    story_end(&story);
    peer_stop(peer);
}

static void answer_flood(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    auto_free char *megabyte = xmalloc(MEGABYTE);
    memset(megabyte, 'x', MEGABYTE);
    (void)peer_sends(link, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 1024; i++)
        if (peer_sends(link, "100000\r\n") < 0 ||
            peer_send(link, megabyte, MEGABYTE) < 0 || peer_sends(link, "\r\n") < 0)
            break;
    peer_hang_up(link);
}

static void a_gigabyte_in_chunks_is_cut_off(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_flood, NULL);
    struct http_request request = get(peer);
    assert_int_equal(ask(&story, &request), HTTP_TOO_LARGE);
    request.max_body = 1000;
    assert_int_equal(ask(&story, &request), HTTP_TOO_LARGE);
    assert_true(says(&story, "1000 bytes of body"));
    assert_null(story.response.body);
    story_end(&story);
    peer_stop(peer);
}

static void answer_header_flood(struct peer_link *link, const struct peer_ask *ask)
{
    bool many = !strcmp(ask->path, "/many");
    char value[1024];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    (void)peer_sends(link, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100000; i++) {
        auto_free char *line = xasprintf("X-%d: %s\r\n", i, many ? "v" : value);
        if (peer_sends(link, line) < 0)
            break;
    }
    peer_hang_up(link);
}

static void a_header_flood_is_cut_off(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_header_flood, NULL);
    struct http_request request = get(peer);
    assert_int_equal(ask(&story, &request), HTTP_TOO_LARGE);
    auto_free char *many = xasprintf("%s/many", peer->url);
    request.url = many;
    assert_int_equal(ask(&story, &request), HTTP_TOO_LARGE);
    story_end(&story);
    peer_stop(peer);
}

/* The path says how to lie. */
static void answer_cut(struct peer_link *link, const struct peer_ask *ask)
{
    static const struct {
        const char *path, *bytes;
    } lies[] = {
        {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":"},
        {"/chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
        {"/inside-chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhel"},
        {"/no-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"},
        {"/header", "HTTP/1.1 200 OK\r\nContent-Le"},
        {"/none", ""},
        {"/garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        {"/http09", "<html>hello</html>"},
        {"/close", "HTTP/1.1 200 OK\r\n\r\n{\"a\":"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lies); i++)
        if (!strcmp(ask->path, lies[i].path))
            (void)peer_sends(link, lies[i].bytes);
    peer_hang_up(link);
}

static void a_truncated_answer_is_never_taken_for_whole(void **state)
{
    (void)state;
    static const enum peer_mode modes[] = {PEER_PLAIN, PEER_TLS};
    static const char *const paths[] = {"/short",  "/chunk", "/inside-chunk", "/no-chunk",
                                        "/header", "/none",  "/garbage",      "/http09"};
    for (size_t mode = 0; mode < ARRAY_LENGTH(modes); mode++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start(modes[mode], answer_cut, NULL);
        for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
            auto_free char *url = xasprintf("%s%s", peer->url, paths[i]);
            struct http_request request = get(peer);
            request.url = url;
            request.method = "POST";
            request.effect = true;
            enum http_result result = ask(&story, &request);
            if (result != HTTP_UNKNOWN)
                print_message("%s in mode %zu: %s\n", paths[i], mode, story.err.text);
            assert_int_equal(result, HTTP_UNKNOWN);
            assert_null(story.response.body);
        }
        assert_int_equal(peer_count(peer), ARRAY_LENGTH(paths)); /* none was sent twice */
        auto_free char *close_url = xasprintf("%s/close", peer->url);
        struct http_request request = get(peer);
        request.url = close_url;
        assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
        assert_true(story.response.until_close); /* only a parser can tell */
        story_end(&story);
        peer_stop(peer);
    }
}

static void answer_redirect(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    struct peer *other = link->peer->context;
    auto_free char *location = xasprintf("Location: %s/stolen\r\n", other->url);
    peer_reply_with(link, 302, "text/plain", location, "");
}

static void a_redirect_is_an_answer_and_never_followed(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *thief = peer_start(PEER_PLAIN, answer_ok, NULL);
    struct peer *peer = peer_start(PEER_PLAIN, answer_redirect, thief);
    const char *headers[] = {"vmware-api-session-id: canary", NULL};
    struct http_request request = get(peer);
    request.headers = headers;
    assert_int_equal(ask(&story, &request), HTTP_ANSWERED);
    assert_int_equal(story.response.status, 302);
    assert_non_null(strstr(http_header(&story.response, "Location", 0), "/stolen"));
    assert_int_equal(peer_connections(thief), 0);
    story_end(&story);
    peer_stop(peer);
    peer_stop(thief);
}

static void answer_escapes(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    (void)peer_sends(link, "HTTP/1.1 200 \x1b[31mOK\x1b]0;owned\x07\r\n"
                           "Content-Length: nonsense\x1b[2J\r\n\r\n");
    peer_hang_up(link);
}

static void no_byte_of_a_peer_steers_the_terminal(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_PLAIN, answer_escapes, NULL);
    struct http_request request = get(peer);
    (void)ask(&story, &request);
    assert_null(strchr(story.err.text, 0x1b));
    request.url = "https://127.0.0.1:1/\x1b[31m";
    assert_int_equal(ask(&story, &request), HTTP_INVALID);
    assert_null(strchr(story.err.text, 0x1b));
    story_end(&story);
    peer_stop(peer);
}

/* --- many at once ---------------------------------------------------------- */

static void *ask_often(void *argument)
{
    struct http_client *client = ((void **)argument)[0];
    struct peer *peer = ((void **)argument)[1];
    size_t wrong = 0;
    for (int i = 0; i < 40; i++) {
        struct http_response response = {0};
        struct slipway_error err;
        struct http_request request = get(peer);
        wrong += http_perform(client, NULL, &request, &response, &err) != HTTP_ANSWERED;
        wrong += response.status != 200;
        http_response_free(&response);
        if (i % 10 == 9)
            http_client_tidy(client, fake_now_ms() + HTTP_IDLE_MS);
    }
    return (void *)wrong;
}

static void many_threads_share_a_client(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    pthread_t threads[8];
    void *both[] = {story.client, peer};
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, both), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(peer_count(peer), 8 * 40);
    story_end(&story);
    peer_stop(peer);
}

/* A password in a URL is told, and an @ elsewhere is none. */
static void a_user_in_a_url_is_seen_where_users_stand(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool has_user;
    } rows[] = {
        {"https://root:secret@vc.example/", true},
        {"https://root@vc.example", true},
        {"https://vc.example/", false},
        {"https://vc.example", false},
        {"https://vc.example/a@b", false},
        {"https://vc.example?a@b", false},
        {"https://vc.example#a@b", false},
        {"root@vc.example", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (http_url_has_user(rows[i].url) != rows[i].has_user)
            fail_msg("%s", rows[i].url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_in_a_url_is_seen_where_users_stand),
        cmocka_unit_test(a_pinned_self_signed_peer_is_spoken_to),
        cmocka_unit_test(a_wrong_pin_gets_no_request_and_no_password),
        cmocka_unit_test(the_key_of_a_peer_can_be_learned),
        cmocka_unit_test(a_ca_vouches_for_chain_and_name),
        cmocka_unit_test(every_method_carries_what_it_should),
        cmocka_unit_test(what_identified_us_does_not_come_back),
        cmocka_unit_test(an_effect_has_its_own_connection),
        cmocka_unit_test(a_connection_that_died_meanwhile_is_replaced),
        cmocka_unit_test(idle_connections_are_closed_in_time),
        cmocka_unit_test(what_was_not_reached_was_not_sent),
        cmocka_unit_test(a_request_that_cannot_be_right_is_refused),
        cmocka_unit_test(a_dry_run_only_reads),
        cmocka_unit_test(a_call_that_is_over_or_cancelled_sends_nothing),
        cmocka_unit_test(silence_after_the_request_is_unknown),
        cmocka_unit_test(cancelling_an_effect_under_way_leaves_it_unknown),
        cmocka_unit_test(a_dripping_body_does_not_hold_a_worker),
        cmocka_unit_test(a_gigabyte_in_chunks_is_cut_off),
        cmocka_unit_test(a_header_flood_is_cut_off),
        cmocka_unit_test(a_truncated_answer_is_never_taken_for_whole),
        cmocka_unit_test(a_redirect_is_an_answer_and_never_followed),
        cmocka_unit_test(no_byte_of_a_peer_steers_the_terminal),
        cmocka_unit_test(many_threads_share_a_client),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
