/*
 * test_request.c - stories about one request to an appliance: what is sent, what
 * the answer is taken for, and what an answer can never do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"
#include "http_peer.h"
#include "rest/rest_plugin.h"

#define PASSWORD "canary-Pa55word"

/* An appliance whose one answer the test writes. */
struct appliance {
    struct peer *peer;
    void *state;
    char *target;
    char password_file[64];
    int status;
    const char *type, *headers, *body;
    char body_seen[4096], path_seen[1024], authorization[256], custom[64],
        content_type[64];
};

static void note(struct appliance *appliance, const struct peer_ask *ask)
{
    (void)snprintf(appliance->body_seen, sizeof appliance->body_seen, "%.*s",
                   (int)ask->body_length, ask->body);
    (void)snprintf(appliance->path_seen, sizeof appliance->path_seen, "%s", ask->path);
    (void)peer_header(ask, "Authorization", appliance->authorization,
                      sizeof appliance->authorization);
    (void)peer_header(ask, "X-Custom", appliance->custom, sizeof appliance->custom);
    (void)peer_header(ask, "Content-Type", appliance->content_type,
                      sizeof appliance->content_type);
}

static void answer(struct peer_link *link, const struct peer_ask *ask)
{
    struct appliance *appliance = link->peer->context;
    note(appliance, ask);
    if (!appliance->status) {
        peer_hang_up(link);
        return;
    }
    peer_reply_with(link, appliance->status,
                    appliance->type ? appliance->type : "text/plain",
                    appliance->headers ? appliance->headers : "",
                    appliance->body ? appliance->body : "");
}

static void appliance_begin(struct appliance *appliance)
{
    *appliance = (struct appliance){.status = 200};
    appliance->peer = peer_start(PEER_TLS, answer, appliance);
    (void)snprintf(appliance->password_file, sizeof appliance->password_file, "%s",
                   "/tmp/slipway-password-XXXXXX");
    auto_fd int fd = mkstemp(appliance->password_file);
    assert_true(write(fd, PASSWORD "\n", sizeof PASSWORD) == sizeof PASSWORD);
    appliance->target =
        xasprintf("{\"name\":\"vc-1\",\"rest\":{\"url\":\"%s/"
                  "\",\"tls\":{\"pin\":\"%s\"},\"login\":{\"user\":"
                  "\"root\",\"password\":{\"file\":\"%s\"}}}}",
                  appliance->peer->url, appliance->peer->pin, appliance->password_file);
    struct slipway_error err;
    assert_int_equal(rest_plugin()->open(fake_host(), &appliance->state, &err), 0);
}

static void appliance_end(struct appliance *appliance)
{
    rest_plugin()->close(appliance->state);
    peer_stop(appliance->peer);
    (void)unlink(appliance->password_file);
    free(appliance->target);
}

static void call_begin(struct fake_call *call, struct appliance *appliance,
                       const char *with)
{
    fake_call_init(call, rest_plugin(), appliance->state, "request", with,
                   appliance->target);
}

/* One call with this answer; the caller frees it. */
static enum slipway_outcome run(struct fake_call *call, struct appliance *appliance,
                                const char *with)
{
    call_begin(call, appliance, with);
    enum slipway_outcome outcome = fake_start(call);
    assert_int_equal(call->secrets_out, 0);
    assert_null(strstr(call->said, PASSWORD));
    assert_null(strchr(call->said, 0x1b));
    return outcome;
}

static void a_get_gives_status_json_and_headers(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.type = "application/json;charset=UTF-8";
    appliance.body = "{\"version\":\"8.0.3\",\"n\":1}";
    auto_fake_call struct fake_call call;
    assert_int_equal(run(&call, &appliance,
                         "{\"path\":\"/api/x\",\"query\":{\"a b\":\"c&d\",\"n\":5,"
                         "\"yes\":true,\"list\":[\"x\",\"y\"]},"
                         "\"headers\":{\"X-Custom\":\"v\"}}"),
                     SLIPWAY_DONE);
    assert_string_equal(
        call.result_text,
        "{\"headers\":{\"content-type\":\"application/json;charset=UTF-8\"},"
        "\"json\":{\"n\":1,\"version\":\"8.0.3\"},\"status\":200,\"text\":null}");
    assert_string_equal(appliance.path_seen,
                        "/api/x?a%20b=c%26d&n=5&yes=true&list=x&list=y");
    assert_string_equal(appliance.custom, "v");
    assert_string_equal(appliance.authorization, "Basic cm9vdDpjYW5hcnktUGE1NXdvcmQ=");
    appliance_end(&appliance);
}

static void bodies_travel_as_written(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.status = 204;
    auto_fake_call struct fake_call json, text, none;
    assert_int_equal(
        run(&json, &appliance,
            "{\"method\":\"POST\",\"path\":\"/a\",\"json\":{\"b\":[1,null]}}"),
        SLIPWAY_DONE);
    assert_string_equal(appliance.body_seen, "{\"b\":[1,null]}");
    assert_string_equal(appliance.content_type, "application/json");
    assert_int_equal(
        run(&text, &appliance,
            "{\"method\":\"PUT\",\"path\":\"/a\",\"text\":\"hi\",\"headers\":"
            "{\"Content-Type\":\"application/xml\"}}"),
        SLIPWAY_DONE);
    assert_string_equal(appliance.body_seen, "hi");
    assert_string_equal(appliance.content_type, "application/xml");
    appliance.authorization[0] = '\0';
    assert_int_equal(run(&none, &appliance, "{\"path\":\"/a\",\"login\":\"none\"}"),
                     SLIPWAY_DONE);
    assert_string_equal(appliance.authorization, "");
    assert_int_equal(json_number(none.result, "status", 0), 204);
    appliance_end(&appliance);
}

static void the_method_gives_the_class(void **state)
{
    (void)state;
    const struct slipway_operation *request = fake_operation(rest_plugin(), "request");
    assert_int_equal(request->classify("{\"path\":\"/\"}"), SLIPWAY_READ);
    assert_int_equal(request->classify("{\"method\":\"HEAD\"}"), SLIPWAY_READ);
    assert_int_equal(request->classify("{\"method\":\"PUT\"}"), SLIPWAY_IDEMPOTENT);
    assert_int_equal(request->classify("{\"method\":\"DELETE\"}"), SLIPWAY_IDEMPOTENT);
    assert_int_equal(request->classify("{\"method\":\"POST\"}"), SLIPWAY_OPAQUE);
    assert_int_equal(request->classify("{\"method\":\"PATCH\"}"), SLIPWAY_OPAQUE);
    assert_int_equal(request->classify("{\"method\":\"get\"}"), SLIPWAY_OPAQUE);
}

/* What an answer comes to, by class: the table of README.md. */
static void the_answer_and_the_class_decide(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum slipway_outcome read, idempotent, opaque;
    } rows[] = {
        {200, "{}", SLIPWAY_DONE, SLIPWAY_DONE, SLIPWAY_DONE},
        {202, "\"task-1\"", SLIPWAY_DONE, SLIPWAY_DONE, SLIPWAY_DONE},
        {301, "", SLIPWAY_FAILED, SLIPWAY_FAILED, SLIPWAY_FAILED},
        {400, "{}", SLIPWAY_FAILED, SLIPWAY_FAILED, SLIPWAY_FAILED},
        {403, "", SLIPWAY_REFUSED, SLIPWAY_REFUSED, SLIPWAY_REFUSED},
        {404, "", SLIPWAY_FAILED, SLIPWAY_FAILED, SLIPWAY_FAILED},
        {409, "", SLIPWAY_FAILED, SLIPWAY_FAILED, SLIPWAY_FAILED},
        {429, "", SLIPWAY_RETRY, SLIPWAY_RETRY, SLIPWAY_RETRY},
        {500, "", SLIPWAY_FAILED, SLIPWAY_FAILED, SLIPWAY_UNKNOWN},
        {500, "{\"message\":\"no\"}", SLIPWAY_FAILED, SLIPWAY_FAILED, SLIPWAY_FAILED},
        {502, "", SLIPWAY_RETRY, SLIPWAY_RETRY, SLIPWAY_UNKNOWN},
        {503, "", SLIPWAY_RETRY, SLIPWAY_RETRY, SLIPWAY_UNKNOWN},
        {504, "", SLIPWAY_RETRY, SLIPWAY_RETRY, SLIPWAY_UNKNOWN},
        {0, "", SLIPWAY_RETRY, SLIPWAY_UNKNOWN, SLIPWAY_UNKNOWN}, /* hangs up */
    };
    static const char *const with[] = {
        "{\"path\":\"/a\"}",
        "{\"path\":\"/a\",\"method\":\"PUT\",\"json\":{}}",
        "{\"path\":\"/a\",\"method\":\"POST\",\"json\":{}}",
    };
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.type = "application/json";
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const enum slipway_outcome expect[] = {rows[i].read, rows[i].idempotent,
                                               rows[i].opaque};
        appliance.status = rows[i].status;
        appliance.body = rows[i].body;
        for (size_t class = 0; class < ARRAY_LENGTH(with); class ++) {
            auto_fake_call struct fake_call call;
            unsigned before = peer_count(appliance.peer);
            enum slipway_outcome outcome = run(&call, &appliance, with[class]);
            if (outcome != expect[class])
                print_message("HTTP %d, %s\n", rows[i].status, with[class]);
            assert_int_equal(outcome, expect[class]);
            assert_true(outcome == SLIPWAY_DONE || call.said[0]);
            if (class > 0) /* an effect is sent once, whatever happens */
                assert_int_equal(peer_count(appliance.peer), before + 1);
        }
    }
    appliance_end(&appliance);
}

static void expected_statuses_are_success(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    auto_fake_call struct fake_call gone, unexpected;
    const char *with = "{\"path\":\"/a\",\"expect_status\":[404,302]}";
    appliance.status = 404;
    assert_int_equal(run(&gone, &appliance, with), SLIPWAY_DONE);
    assert_int_equal(json_number(gone.result, "status", 0), 404);
    appliance.status = 200;
    assert_int_equal(run(&unexpected, &appliance, with), SLIPWAY_FAILED);
    appliance_end(&appliance);
}

static void the_first_message_of_an_error_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *body, *type, *said;
    } rows[] = {
        {"{\"error_type\":\"NOT_FOUND\",\"messages\":[{\"default_message\":\"No "
         "applicable "
         "update found\"},{\"default_message\":\"cause\"}]}",
         "application/json", "vc-1: HTTP 400: No applicable update found"},
        {"{\"type\":\"x\",\"value\":{\"messages\":[{\"default_message\":\"No staged "
         "update\"}]}}",
         "application/json", "vc-1: HTTP 400: No staged update"},
        {"{\"error_message\":\"nsx says\"}", "application/json",
         "vc-1: HTTP 400: nsx says"},
        {"{\"message\":\"plain\"}", "application/json", "vc-1: HTTP 400: plain"},
        {"{\"error\":\"oauth\"}", "application/json", "vc-1: HTTP 400: oauth"},
        {"no healthy upstream", "text/plain", "vc-1: HTTP 400: no healthy upstream"},
        {"<html>long page</html>", "text/html", "vc-1: HTTP 400"},
        {"{\"message\":\"\\u001b[2Jred\\u202e\\n\"}", "application/json",
         "vc-1: HTTP 400: \\x1b[2Jred\\u202e\\n"},
        {"\x1b]0;t\x07", "text/plain", "vc-1: HTTP 400: \\x1b]0;t\\x07"},
    };
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.status = 400;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fake_call struct fake_call call;
        appliance.body = rows[i].body;
        appliance.type = rows[i].type;
        assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_FAILED);
        assert_string_equal(call.said, rows[i].said);
    }
    appliance_end(&appliance);
}

static void a_redirect_is_named_and_not_followed(void **state)
{
    (void)state;
    struct appliance appliance, thief;
    appliance_begin(&appliance);
    appliance_begin(&thief);
    auto_free char *location =
        xasprintf("Location: %s/steal?token=abc\r\n", thief.peer->url);
    appliance.status = 307;
    appliance.headers = location;
    auto_fake_call struct fake_call call;
    assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\",\"method\":\"POST\"}"),
                     SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, thief.peer->url));
    assert_non_null(strstr(call.said, "not followed"));
    assert_null(strstr(call.said, "token=abc"));
    assert_int_equal(peer_connections(thief.peer), 0);
    appliance_end(&appliance);
    appliance_end(&thief);
}

static void a_strange_redirect_is_named_as_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *location, *named;
    } cases[] = {
        {"/b", "this host"},
        {"", "unreadable URL"},
        {"b?c=d", "unreadable URL"},
        {"//thief.example/b", "https://thief.example:443"},
        {"https://root:" PASSWORD "@thief.example/", "https://thief.example:443"},
        {"https://vc-1@thief.example\\@vc-1/", "unreadable URL"},
        {"file:///etc/passwd", "unreadable URL"},
        {"javascript:alert(1)", "unreadable URL"},
        {"https://[::1", "unreadable URL"},
        {"https://thief\x1b[31m.example/", "unreadable URL"},
        {"https://thief.example:99999/", "unreadable URL"},
    };
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.status = 302;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *header = xasprintf("Location: %s\r\n", cases[i].location);
        appliance.headers = header;
        assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_FAILED);
        if (!strstr(call.said, cases[i].named) || !strstr(call.said, "not followed"))
            fail_msg("%s: %s", cases[i].location, call.said);
    }
    appliance_end(&appliance);
}

static void retry_after_is_respected(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.status = 503;
    auto_fake_call struct fake_call told;
    appliance.headers = "Retry-After: 7\r\n";
    assert_int_equal(run(&told, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_RETRY);
    assert_int_equal(told.look_again_ms, 7000);
    static const char *const absurd[] = {"999999999999999999999",
                                         "3155760000", /* a century */
                                         "-1",
                                         "-999999999999999999999",
                                         "0",
                                         "7.5",
                                         "7, 8",
                                         "0x7",
                                         "",
                                         "Fri, 31 Dec 9999 23:59:59 GMT",
                                         "soon"};
    for (size_t i = 0; i < ARRAY_LENGTH(absurd); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *header = xasprintf("Retry-After: %s\r\n", absurd[i]);
        appliance.headers = header;
        assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_RETRY);
        assert_int_equal(call.look_again_ms, -1);
    }
    appliance_end(&appliance);
}

static void hostile_json_is_not_believed(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    auto_buf struct buf deep = {0}, huge = {0};
    for (int i = 0; i < 100000; i++)
        buf_adds(&deep, "[");
    for (int i = 0; i < 100000; i++)
        buf_adds(&deep, "]");
    buf_adds(&huge, "[1");
    for (int i = 0; i < 200000; i++)
        buf_adds(&huge, ",1");
    buf_adds(&huge, "]");
    const char *bodies[] = {"{\"ready\":false,\"ready\":true}",
                            buf_text(&deep),
                            "{\"cut\":",
                            "{\"n\":1e999}",
                            "{\"n\":-1e400}",
                            "{\"n\":99999999999999999999}",
                            "{\"n\":NaN}",
                            "{\"n\":-Infinity}",
                            "{\"n\":01}",
                            "{\"n\":0x10}",
                            "{\"n\":.5}",
                            "{'n':1}",
                            "{\"n\":1,}",
                            "{\"n\":1} {\"n\":2}",
                            "// n\n{\"n\":1}",
                            "{\"n\":\"\\ud800\"}",
                            "{\"n\":\"a\\u0000b\"}",
                            "{\"a\\u0000b\":1}",
                            "{\"n\":\"\xc0\xaf\"}",
                            "\xff\xfe{",
                            "\xfe\xff{",
                            "{\"a\":{\"ready\":false,\"\\u0072eady\":true}}",
                            "\xef\xbb\xbf{}",
                            buf_text(&huge),
                            ""};
    appliance.type = "application/json";
    for (size_t i = 0; i < ARRAY_LENGTH(bodies) - 1; i++) {
        auto_fake_call struct fake_call read, effect;
        appliance.body = bodies[i];
        assert_int_equal(run(&read, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_FAILED);
        assert_null(read.result);
        assert_int_equal(
            run(&effect, &appliance, "{\"path\":\"/a\",\"method\":\"POST\"}"),
            SLIPWAY_UNKNOWN);
    }
    appliance_end(&appliance);
}

static void text_that_is_no_json_is_kept_harmless(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.body = "green\xff\n";
    auto_fake_call struct fake_call call;
    assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "text"), "green\\xff\n");
    assert_true(json_is_null(json_object_get(call.result, "json")));
    appliance_end(&appliance);
}

static void an_echoed_password_is_blotted_out(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.type = "application/json";
    appliance.body =
        "{\"you\":\"" PASSWORD "\",\"sent\":\"cm9vdDpjYW5hcnktUGE1NXdvcmQ=\"}";
    appliance.headers = "Location: /?pw=" PASSWORD "\r\n";
    auto_fake_call struct fake_call call;
    assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_DONE);
    assert_null(strstr(call.result_text, PASSWORD));
    assert_null(strstr(call.result_text, "cm9vdDpj"));
    appliance_end(&appliance);
}

static void a_wrong_basic_password_is_tried_once(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.status = 401;
    auto_fake_call struct fake_call first, second, third;
    assert_int_equal(run(&first, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_REFUSED);
    assert_int_equal(run(&second, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_REFUSED);
    assert_int_equal(peer_count(appliance.peer), 1);
    /* a corrected password file is used at once */
    auto_file FILE *file = fopen(appliance.password_file, "we");
    assert_true(fputs("other", file) >= 0 && fflush(file) == 0);
    appliance.status = 200;
    assert_int_equal(run(&third, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_DONE);
    assert_int_equal(peer_count(appliance.peer), 2);
    appliance_end(&appliance);
}

static void an_impostor_gets_nothing(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.target =
        (free(appliance.target),
         xasprintf("{\"name\":\"vc-1\",\"rest\":{\"url\":\"%s\",\"tls\":{\"pin\":"
                   "\"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"},"
                   "\"login\":{\"user\":\"root\",\"password\":{\"file\":\"%s\"}}}}",
                   appliance.peer->url, appliance.password_file));
    auto_fake_call struct fake_call call;
    assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\"}"), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "tls.pin"));
    assert_int_equal(peer_count(appliance.peer), 0);
    appliance_end(&appliance);
}

static void an_appliance_that_is_down_is_tried_later(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    free(appliance.target);
    appliance.target =
        xstrdup("{\"name\":\"vc-1\",\"rest\":{\"url\":\"http://127.0.0.1:1\"}}");
    auto_fake_call struct fake_call call;
    assert_int_equal(run(&call, &appliance, "{\"path\":\"/a\",\"method\":\"POST\"}"),
                     SLIPWAY_RETRY);
    assert_non_null(strstr(call.said, "nothing was sent"));
    appliance_end(&appliance);
}

static void a_dry_run_sends_only_what_reads(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    auto_fake_call struct fake_call read, effect;
    call_begin(&read, &appliance, "{\"path\":\"/a\"}");
    read.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&read), SLIPWAY_DONE);
    call_begin(&effect, &appliance, "{\"path\":\"/a\",\"method\":\"DELETE\"}");
    effect.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&effect), SLIPWAY_REFUSED);
    assert_int_equal(peer_count(appliance.peer), 1);
    appliance_end(&appliance);
}

static void wrong_arguments_are_found_by_lint(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{}",
        "{\"path\":\"a\"}",
        "{\"path\":\".evil.test/\"}",
        "{\"path\":\"/a b\"}",
        "{\"path\":\"/a\\r\\nX: y\"}",
        "{\"path\":\"/a#b\"}",
        "{\"path\":\"/a\",\"method\":\"TRACE\"}",
        "{\"path\":\"/a\",\"json\":{}}",
        "{\"path\":\"/a\",\"method\":\"POST\",\"json\":{},\"text\":\"x\"}",
        "{\"path\":\"/a\",\"login\":\"oauth\"}",
        "{\"path\":\"/a\",\"expect_status\":200}",
        "{\"path\":\"/a\",\"expect_status\":[]}",
        "{\"path\":\"/a\",\"expect_status\":[\"200\"]}",
        "{\"path\":\"/a\",\"expect_status\":[99]}",
        "{\"path\":\"/a\",\"headers\":{\"Authorization\":\"Basic x\"}}",
        "{\"path\":\"/a\",\"headers\":{\"x-api-key\":\"x\"}}",
        "{\"path\":\"/a\",\"headers\":{\"cookie\":\"x\"}}",
        "{\"path\":\"/a\",\"headers\":{\"X\":\"a\\r\\nY: b\"}}",
        "{\"path\":\"/a\",\"headers\":{\"X: a\":\"b\"}}",
        "{\"path\":\"/a\",\"query\":{\"x\":{}}}",
    };
    const struct slipway_operation *request = fake_operation(rest_plugin(), "request");
    struct appliance appliance;
    appliance_begin(&appliance);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct slipway_error err = {""};
        auto_fake_call struct fake_call call;
        assert_int_equal(request->check(wrong[i], &err), -1);
        assert_true(err.text[0] != '\0');
        assert_int_equal(run(&call, &appliance, wrong[i]), SLIPWAY_REFUSED);
    }
    assert_int_equal(request->check("{\"path\":\"${vars.path}\"}", NULL), 0);
    auto_fake_call struct fake_call trick; /* what a template was filled with */
    assert_int_equal(run(&trick, &appliance, "{\"path\":\".evil.test/${\"}"),
                     SLIPWAY_REFUSED);
    assert_non_null(strstr(trick.said, "path must begin with a slash"));
    assert_int_equal(peer_connections(appliance.peer), 0);
    appliance_end(&appliance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_gives_status_json_and_headers),
        cmocka_unit_test(bodies_travel_as_written),
        cmocka_unit_test(the_method_gives_the_class),
        cmocka_unit_test(the_answer_and_the_class_decide),
        cmocka_unit_test(expected_statuses_are_success),
        cmocka_unit_test(the_first_message_of_an_error_is_told),
        cmocka_unit_test(a_redirect_is_named_and_not_followed),
        cmocka_unit_test(a_strange_redirect_is_named_as_what_it_is),
        cmocka_unit_test(retry_after_is_respected),
        cmocka_unit_test(hostile_json_is_not_believed),
        cmocka_unit_test(text_that_is_no_json_is_kept_harmless),
        cmocka_unit_test(an_echoed_password_is_blotted_out),
        cmocka_unit_test(a_wrong_basic_password_is_tried_once),
        cmocka_unit_test(an_impostor_gets_nothing),
        cmocka_unit_test(an_appliance_that_is_down_is_tried_later),
        cmocka_unit_test(a_dry_run_sends_only_what_reads),
        cmocka_unit_test(wrong_arguments_are_found_by_lint),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
