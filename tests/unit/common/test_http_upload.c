/*
 * test_http_upload.c - a file that is sent as a form: what the other side sees, how much
 * memory it costs, and what is refused before anything is sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/resource.h>

#include "common/http.h"
#include "fake_host.h"
#include "http_peer.h"

#define MEGABYTE (1024u * 1024u)

struct story {
    struct http_client *client;
    struct peer *peer;
    struct http_response response;
    struct slipway_error err;
    char file[64];
    size_t size; /* of the file */
    /* what arrived */
    char type[256];
    size_t length, sum;
    char head[512];
};

/* The part's head, and the sum of all bytes of the file that arrived. */
static void answer_form(struct peer_link *link, const struct peer_ask *ask)
{
    struct story *story = link->peer->context;
    const char *content = memmem(ask->body, ask->body_length, "\r\n\r\n", 4);
    (void)peer_header(ask, "Content-Type", story->type, sizeof story->type);
    if (content) {
        content += 4;
        (void)snprintf(story->head, sizeof story->head, "%.*s",
                       (int)(content - ask->body), ask->body);
        const char *end = ask->body + ask->body_length;
        const char *last = memmem(content, (size_t)(end - content), "\r\n--", 4);
        story->length = last ? (size_t)(last - content) : 0;
        for (size_t i = 0; i < story->length; i++)
            story->sum += (unsigned char)content[i];
    }
    peer_reply(link, 200, "text/plain", "taken");
}

static void make_file(struct story *story, size_t size)
{
    (void)snprintf(story->file, sizeof story->file, "%s", "/tmp/slipway-upload-XXXXXX");
    auto_fd int fd = mkstemp(story->file);
    auto_free char *bytes = xcalloc(1, size + 1);
    memset(bytes, 'b', size);
    assert_true(write(fd, bytes, size) == (ssize_t)size);
    story->size = size;
}

static void story_begin(struct story *story, size_t size)
{
    *story = (struct story){.client = http_client_new(&story->err)};
    story->peer = peer_start(PEER_TLS, answer_form, story);
    make_file(story, size);
}

static void story_end(struct story *story)
{
    http_response_free(&story->response);
    http_client_free(story->client);
    peer_stop(story->peer);
    (void)unlink(story->file);
}

static enum http_result send_file(struct story *story, const struct http_upload *upload,
                                  const char *method)
{
    const struct http_request request = {.method = method,
                                         .url = story->peer->url,
                                         .upload = upload,
                                         .effect = true,
                                         .user = "admin",
                                         .password = "Secret-1!",
                                         .tls = {.pin = story->peer->pin}};
    http_response_free(&story->response);
    return http_perform(story->client, NULL, &request, &story->response, &story->err);
}

static void a_file_arrives_as_the_one_field_of_a_form(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, 100000);
    const struct http_upload upload = {"file", story.file, "bundle.tar.gz"};
    assert_int_equal(send_file(&story, &upload, "POST"), HTTP_ANSWERED);
    assert_int_equal(story.response.status, 200);
    assert_true(!strncmp(story.type, "multipart/form-data; boundary=", 30));
    assert_non_null(strstr(story.head, "name=\"file\""));
    assert_non_null(strstr(story.head, "filename=\"bundle.tar.gz\""));
    assert_int_equal(story.length, 100000);
    assert_int_equal(story.sum, 100000u * 'b');
    assert_false(peer_saw(story.peer, "Expect:"));
    story_end(&story);
}

static void the_handle_forgets_the_form(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, 1000);
    const struct http_upload upload = {"file", story.file, NULL};
    assert_int_equal(send_file(&story, &upload, "POST"), HTTP_ANSWERED);
    assert_int_equal(send_file(&story, NULL, "GET"), HTTP_ANSWERED);
    assert_int_equal(send_file(&story, NULL, "POST"), HTTP_ANSWERED);
    assert_true(peer_saw(story.peer, "Content-Length: 0"));
    assert_int_equal(story.length, 1000);
    story_end(&story);
}

static void a_large_file_is_read_while_it_is_sent(void **state)
{
    (void)state;
    struct story story;
    struct rusage before, after;
    story_begin(&story, 7 * MEGABYTE); /* the peer keeps it whole, in at most 16 */
    const struct http_upload upload = {"file", story.file, NULL};
    (void)getrusage(RUSAGE_SELF, &before);
    assert_int_equal(send_file(&story, &upload, "POST"), HTTP_ANSWERED);
    (void)getrusage(RUSAGE_SELF, &after);
    assert_int_equal(story.length, 7 * MEGABYTE);
    assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
    story_end(&story);
}

static void what_cannot_be_sent_is_refused_before_anything_is(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, 10);
    const struct http_upload absent = {"file", "/nonexistent/bundle", NULL};
    const struct http_upload folder = {"file", "/", NULL};
    const struct http_upload relative = {"file", "bundle.tar.gz", NULL};
    const struct http_upload quoted = {"fi\"le", story.file, NULL};
    const struct http_upload right = {"file", story.file, NULL};
    assert_int_equal(send_file(&story, &absent, "POST"), HTTP_INVALID);
    assert_non_null(strstr(story.err.text, "/nonexistent/bundle"));
    assert_int_equal(send_file(&story, &folder, "POST"), HTTP_INVALID);
    assert_int_equal(send_file(&story, &relative, "POST"), HTTP_INVALID);
    assert_int_equal(send_file(&story, &quoted, "POST"), HTTP_INVALID);
    assert_int_equal(send_file(&story, &right, "PUT"), HTTP_INVALID);
    assert_int_equal(peer_count(story.peer), 0);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_arrives_as_the_one_field_of_a_form),
        cmocka_unit_test(the_handle_forgets_the_form),
        cmocka_unit_test(a_large_file_is_read_while_it_is_sent),
        cmocka_unit_test(what_cannot_be_sent_is_refused_before_anything_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
