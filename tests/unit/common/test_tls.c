/*
 * test_tls.c - peers whose TLS is old, expired, misnamed or without end. Under tls.ca
 * OpenSSL judges chain, name and dates; under tls.pin the key is all that counts, whatever
 * its certificate says. Nobody who is not trusted hears a word, and nobody keeps us.
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

#define DAY_S          86400L
#define GENEROUS_MS    20000 /* what it must not take                  */
#define CHAIN_MANY     400   /* certificates, about 160 KB             */
#define FLOOD_MESSAGES 30000 /* more than the buffers between the two hold */
#define FLOOD_BUFFER   4096

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
    story->fake.call.deadline_ms = fake_now_ms() + GENEROUS_MS;
    story->fake.call.private_data = &story->fake;
}

static void story_end(struct story *story)
{
    http_response_free(&story->response);
    http_client_free(story->client);
    fake_call_free(&story->fake);
}

/* A POST with a password, as an effect has it. */
static enum http_result ask(struct story *story, const char *url, struct http_tls tls)
{
    const struct http_request request = {.url = url,
                                         .method = "POST",
                                         .body = "{}",
                                         .body_length = 2,
                                         .effect = true,
                                         .user = "root",
                                         .password = "canary-secret",
                                         .tls = tls};
    http_response_free(&story->response);
    story->err.text[0] = '\0';
    enum http_result result = http_perform(story->client, &story->fake.call, &request,
                                           &story->response, &story->err);
    assert_null(strstr(story->err.text, "canary-secret"));
    assert_true(result == HTTP_ANSWERED || story->err.text[0]);
    return result;
}

static bool says(const struct story *story, const char *text)
{
    return strstr(story->err.text, text) != NULL;
}

static void answer_ok(struct peer_link *link, const struct peer_ask *ask)
{
    (void)ask;
    peer_reply(link, 200, "application/json", "{}");
}

/* --- certificates ---------------------------------------------------------------- */

/* Another certificate for the key that the peer has, and a file that trusts it. */
static void show_certificate(struct peer *peer, long from_s, long until_s)
{
    EVP_PKEY *key = SSL_CTX_get0_privatekey(peer->tls);
    X509 *cert = peer_certificate(key, "IP:127.0.0.1");
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), until_s);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(peer->tls, cert), 1);
    auto_file FILE *file = fopen(peer->ca_file, "we");
    assert_int_equal(PEM_write_X509(file, cert), 1);
    X509_free(cert);
}

static void dates_count_under_a_ca_and_not_under_a_pin(void **state)
{
    (void)state;
    static const struct {
        long from_s, until_s;
        const char *says;
    } rows[] = {{-3 * DAY_S, -DAY_S, "expired"}, {DAY_S, 3 * DAY_S, "not yet valid"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
        show_certificate(peer, rows[i].from_s, rows[i].until_s);
        assert_int_equal(ask(&story, peer->url, (struct http_tls){.ca = peer->ca_file}),
                         HTTP_UNTRUSTED);
        assert_true(says(&story, rows[i].says));
        assert_true(says(&story, "nothing was sent"));
        assert_int_equal(peer_count(peer), 0);
        assert_int_equal(ask(&story, peer->url, (struct http_tls){.pin = peer->pin}),
                         HTTP_ANSWERED);
        struct http_peer seen;
        assert_int_equal(http_peer_look(peer->url, 2000, &seen, &story.err), 0);
        assert_true((seen.expires_ms < (int64_t)time(NULL) * 1000) == (i == 0));
        story_end(&story);
        peer_stop(peer);
    }
}

static void a_name_counts_under_a_ca_and_not_under_a_pin(void **state)
{
    (void)state;
    static const char *const names[] = {"DNS:elsewhere.test", "IP:127.0.0.2",
                                        "DNS:127.0.0.1", "email:a@127.0.0.1"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start_as(PEER_TLS, names[i], answer_ok, NULL);
        assert_int_equal(ask(&story, peer->url, (struct http_tls){.ca = peer->ca_file}),
                         HTTP_UNTRUSTED);
        assert_int_equal(peer_count(peer), 0);
        assert_int_equal(ask(&story, peer->url, (struct http_tls){.pin = peer->pin}),
                         HTTP_ANSWERED);
        story_end(&story);
        peer_stop(peer);
    }
}

/* As long as a chain may be that fits the pin: what it costs is bounded by OpenSSL. */
static void a_chain_without_end_is_no_handshake(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
    for (int i = 0; i < CHAIN_MANY; i++)
        assert_int_equal(
            SSL_CTX_add1_chain_cert(peer->tls, SSL_CTX_get0_certificate(peer->tls)), 1);
    assert_int_equal(ask(&story, peer->url, (struct http_tls){.pin = peer->pin}),
                     HTTP_NOT_SENT);
    assert_int_equal(ask(&story, peer->url, (struct http_tls){.ca = peer->ca_file}),
                     HTTP_NOT_SENT);
    assert_int_equal(peer_count(peer), 0);
    story_end(&story);
    peer_stop(peer);
}

/* --- protocols ------------------------------------------------------------------- */

static void an_old_protocol_is_not_spoken(void **state)
{
    (void)state;
    static const struct {
        int version;
        bool spoken;
    } rows[] = {{TLS1_VERSION, false},
                {TLS1_1_VERSION, false},
                {TLS1_2_VERSION, true},
                {TLS1_3_VERSION, true}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct story story;
        story_begin(&story);
        struct peer *peer = peer_start(PEER_TLS, answer_ok, NULL);
        SSL_CTX_set_security_level(peer->tls, 0); /* or it would refuse by itself */
        assert_int_equal(SSL_CTX_set_cipher_list(peer->tls, "ALL:@SECLEVEL=0"), 1);
        assert_int_equal(SSL_CTX_set_min_proto_version(peer->tls, rows[i].version), 1);
        assert_int_equal(SSL_CTX_set_max_proto_version(peer->tls, rows[i].version), 1);
        const struct http_tls trusts[] = {{.pin = peer->pin}, {.ca = peer->ca_file}};
        for (size_t j = 0; j < ARRAY_LENGTH(trusts); j++)
            assert_int_equal(ask(&story, peer->url, trusts[j]),
                             rows[i].spoken ? HTTP_ANSWERED : HTTP_NOT_SENT);
        if (!rows[i].spoken)
            assert_true(says(&story, "TLS 1.2"));
        assert_int_equal(peer_count(peer), rows[i].spoken ? 2 : 0);
        story_end(&story);
        peer_stop(peer);
    }
}

/* --- messages after the handshake ------------------------------------------------ */

static int key_update(SSL *ssl)
{
    return SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
}

/* What the server sends instead of an answer: records that are none, ready made, because
   one that had to be made meanwhile would come more slowly than it is read. */
struct flood {
    struct story *story;
    int (*message)(SSL *ssl);
    bool all_sent; /* somebody listened to the end */
};

static void answer_flood(struct peer_link *link, const struct peer_ask *ask)
{
    struct flood *flood = link->peer->context;
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    const int little = FLOOD_BUFFER;
    (void)ask;
    (void)setsockopt(link->fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    SSL_set0_wbio(link->ssl, memory);
    for (unsigned i = 0; i < FLOOD_MESSAGES; i++)
        (void)(flood->message(link->ssl) == 1 && SSL_do_handshake(link->ssl));
    long length = BIO_get_mem_data(memory, &bytes), sent = 0;
    while (sent < length && !atomic_load(&link->peer->stopping)) {
        size_t left = (size_t)(length - sent);
        ssize_t n = send(link->fd, bytes + sent,
                         left < FLOOD_BUFFER ? left : FLOOD_BUFFER, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        sent += n;
        if (sent > length / 4)
            atomic_store(&flood->story->fake.canceled, true);
    }
    flood->all_sent = sent >= length;
    peer_hang_up(link);
}

/* OpenSSL would read such messages as long as there are some, in one call. */
static void a_flood_of_handshake_messages_does_not_hold_a_worker(void **state)
{
    (void)state;
    struct flood floods[] = {{.message = key_update},
                             {.message = SSL_new_session_ticket}};
    for (size_t i = 0; i < ARRAY_LENGTH(floods); i++) {
        struct story story;
        story_begin(&story);
        story.fake.call.deadline_ms = fake_now_ms() + 10 * GENEROUS_MS;
        floods[i].story = &story;
        struct peer *peer = peer_start(PEER_TLS, answer_flood, &floods[i]);
        enum http_result result =
            ask(&story, peer->url, (struct http_tls){.pin = peer->pin});
        assert_int_equal(peer_count(peer), 1);
        peer_stop(peer);
        assert_int_equal(result, HTTP_UNKNOWN);
        assert_true(says(&story, "asked to stop"));
        story_end(&story);
        assert_false(floods[i].all_sent);
    }
}

/* With TLS 1.2: a wish to begin again, as somebody else. */
static atomic_uint hellos;

static void count_hello(int is_sent, int version, int type, const void *bytes,
                        size_t length, SSL *ssl, void *context)
{
    (void)version, (void)ssl, (void)context;
    if (!is_sent && type == SSL3_RT_HANDSHAKE && length &&
        *(const unsigned char *)bytes == SSL3_MT_CLIENT_HELLO)
        atomic_fetch_add(&hellos, 1);
}

static void answer_as_somebody_else(struct peer_link *link, const struct peer_ask *ask)
{
    char byte;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = peer_certificate(key, "IP:127.0.0.1");
    (void)ask;
    (void)SSL_use_certificate(link->ssl, cert);
    (void)SSL_use_PrivateKey(link->ssl, key);
    (void)SSL_renegotiate(link->ssl);
    (void)SSL_do_handshake(link->ssl);
    (void)SSL_peek(link->ssl, &byte, 1); /* until it agrees, refuses or is gone */
    X509_free(cert);
    EVP_PKEY_free(key);
    peer_hang_up(link);
}

static void nobody_becomes_somebody_else_amid_a_connection(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story);
    struct peer *peer = peer_start(PEER_TLS, answer_as_somebody_else, NULL);
    assert_int_equal(SSL_CTX_set_max_proto_version(peer->tls, TLS1_2_VERSION), 1);
    SSL_CTX_set_msg_callback(peer->tls, count_hello);
    assert_int_equal(ask(&story, peer->url, (struct http_tls){.pin = peer->pin}),
                     HTTP_UNKNOWN);
    assert_int_equal(peer_count(peer), 1);
    story_end(&story);
    peer_stop(peer);
    assert_int_equal(atomic_load(&hellos), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_count_under_a_ca_and_not_under_a_pin),
        cmocka_unit_test(a_name_counts_under_a_ca_and_not_under_a_pin),
        cmocka_unit_test(a_chain_without_end_is_no_handshake),
        cmocka_unit_test(an_old_protocol_is_not_spoken),
        cmocka_unit_test(a_flood_of_handshake_messages_does_not_hold_a_worker),
        cmocka_unit_test(nobody_becomes_somebody_else_amid_a_connection),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
