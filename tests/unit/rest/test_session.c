/*
 * test_session.c - stories about sessions: one login for many calls, once more
 * when the appliance forgot it, never again with a refused password, and a
 * logout at the end.
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
#include "rest/rest_session.h"

enum dialect { BARE, WRAPPED, IN_HEADER };

/* An appliance with a login service; counts are read after the call ended. */
struct appliance {
    struct peer *peer;
    void *state;
    char *target;
    char password_file[64];
    enum dialect dialect;
    int login_status;
    atomic_uint logins, logouts, requests;
    atomic_uint epoch; /* part of the token: raising it forgets all sessions */
    const char *echo;  /* the answer repeats the token: "plain", "escaped", or NULL */
    bool forgetful;    /* refuses every token */
    bool hangs_up;     /* on who logs in */
};

static void answer_login(struct peer_link *link, struct appliance *appliance)
{
    unsigned epoch = atomic_load(&appliance->epoch);
    atomic_fetch_add(&appliance->logins, 1);
    if (appliance->hangs_up) {
        peer_hang_up(link);
        return;
    }
    auto_free char *bare = xasprintf("\"token-%u-canary\"", epoch);
    auto_free char *wrapped = xasprintf("{\"value\":%s}", bare);
    auto_free char *header = xasprintf("X-Auth-Token: token-%u-canary\r\n", epoch);
    if (appliance->login_status >= 300)
        peer_reply(link, appliance->login_status, "application/json", "{}");
    else if (appliance->dialect == IN_HEADER)
        peer_reply_with(link, 201, "application/json", header, "{}");
    else
        peer_reply(link, 201, "application/json",
                   appliance->dialect == WRAPPED ? wrapped : bare);
}

static void answer_request(struct peer_link *link, struct appliance *appliance,
                           const char *token)
{
    auto_free char *current =
        xasprintf("token-%u-canary", atomic_load(&appliance->epoch));
    atomic_fetch_add(&appliance->requests, 1);
    auto_buf struct buf echo = {0};
    for (const char *c = appliance->echo ? token : "-"; *c; c++)
        buf_addf(&echo, appliance->echo && *appliance->echo == 'e' ? "\\u%04x" : "%c",
                 *c);
    auto_free char *body = xasprintf("{\"token\":\"%s\"}", buf_text(&echo));
    if (strcmp(token, current) != 0 || appliance->forgetful)
        peer_reply(link, 401, "application/json", "{\"error_type\":\"UNAUTHENTICATED\"}");
    else
        peer_reply(link, 200, "application/json", body);
}

static void answer(struct peer_link *link, const struct peer_ask *ask)
{
    struct appliance *appliance = link->peer->context;
    char token[128] = "";
    bool login = !strcmp(ask->path, "/api/session") || !strcmp(ask->path, "/login");
    if (!peer_header(ask, "vmware-api-session-id", token, sizeof token))
        (void)peer_header(ask, "X-Auth-Token", token, sizeof token);
    if (login && !strcmp(ask->method, "POST")) {
        answer_login(link, appliance);
    } else if (login && !strcmp(ask->method, "DELETE")) {
        atomic_fetch_add(&appliance->logouts, token[0] != '\0');
        peer_reply(link, 204, "application/json", "");
    } else {
        answer_request(link, appliance, token);
    }
}

static void appliance_begin_as(struct appliance *appliance, const char *session)
{
    *appliance = (struct appliance){.login_status = 201};
    appliance->peer = peer_start(PEER_TLS, answer, appliance);
    (void)snprintf(appliance->password_file, sizeof appliance->password_file, "%s",
                   "/tmp/slipway-password-XXXXXX");
    auto_fd int fd = mkstemp(appliance->password_file);
    assert_true(write(fd, "right", 5) == 5);
    appliance->target = xasprintf(
        "{\"name\":\"vc-1\",\"rest\":{\"url\":\"%s\",\"tls\":{\"pin\":\"%s\"},"
        "\"session\":%s,"
        "\"login\":{\"user\":\"root\",\"password\":{\"file\":\"%s\"}}}}",
        appliance->peer->url, appliance->peer->pin, session, appliance->password_file);
    struct slipway_error err;
    assert_int_equal(rest_plugin()->open(fake_host(), &appliance->state, &err), 0);
}

static void appliance_begin(struct appliance *appliance)
{
    appliance_begin_as(appliance, "true");
}

static void appliance_end(struct appliance *appliance)
{
    if (appliance->state)
        rest_plugin()->close(appliance->state);
    peer_stop(appliance->peer);
    (void)unlink(appliance->password_file);
    free(appliance->target);
}

static enum slipway_outcome run(struct appliance *appliance, const char *with)
{
    auto_fake_call struct fake_call call;
    fake_call_init(&call, rest_plugin(), appliance->state, "request", with,
                   appliance->target);
    enum slipway_outcome outcome = fake_start(&call);
    assert_int_equal(call.secrets_out, 0);
    assert_null(strstr(call.said, "canary"));
    assert_null(strstr(call.result_text ? call.result_text : "", "canary"));
    assert_null(strstr(buf_text(&call.log), "canary"));
    return outcome;
}

static const char *const READ = "{\"path\":\"/api/health\"}";
static const char *const EFFECT = "{\"path\":\"/api/reboot\",\"method\":\"POST\"}";

static void one_login_serves_many_calls_and_ends_with_a_logout(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    for (int i = 0; i < 5; i++) {
        appliance.echo = i < 2 ? "plain" : "escaped";
        assert_int_equal(run(&appliance, i % 2 ? READ : EFFECT), SLIPWAY_DONE);
    }
    assert_int_equal(atomic_load(&appliance.logins), 1);
    assert_int_equal(atomic_load(&appliance.logouts), 0);
    rest_plugin()->close(appliance.state);
    appliance.state = NULL;
    assert_int_equal(atomic_load(&appliance.logouts), 1);
    appliance_end(&appliance);
}

static void the_password_goes_to_the_login_only(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    assert_int_equal(run(&appliance, READ), SLIPWAY_DONE);
    assert_true(peer_saw(appliance.peer, "Authorization: Basic cm9vdDpyaWdodA=="));
    (void)pthread_mutex_lock(&appliance.peer->lock);
    const char *request = strstr(buf_text(&appliance.peer->log), "GET /api/health");
    assert_non_null(request);
    assert_null(strstr(request, "Authorization"));
    (void)pthread_mutex_unlock(&appliance.peer->lock);
    appliance_end(&appliance);
}

static void a_forgotten_session_is_opened_once_more(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    assert_int_equal(run(&appliance, READ), SLIPWAY_DONE);
    atomic_fetch_add(&appliance.epoch, 1); /* the appliance restarted */
    assert_int_equal(run(&appliance, EFFECT), SLIPWAY_DONE);
    assert_int_equal(atomic_load(&appliance.logins), 2);
    assert_int_equal(atomic_load(&appliance.requests), 3); /* the 401 was not processed */
    appliance_end(&appliance);
}

static void a_session_that_never_works_is_not_opened_for_ever(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.forgetful = true;
    assert_int_equal(run(&appliance, READ), SLIPWAY_REFUSED);
    assert_int_equal(atomic_load(&appliance.logins), 2);
    assert_int_equal(atomic_load(&appliance.requests), 2);
    appliance_end(&appliance);
}

/* A transport that repeats by itself what went over an idle connection would send the
   password twice, and two attempts count. */
static void a_login_that_is_cut_off_is_not_repeated_by_the_transport(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    assert_int_equal(run(&appliance, READ), SLIPWAY_DONE);
    atomic_fetch_add(&appliance.epoch, 1);
    appliance.hangs_up = true;
    assert_int_equal(run(&appliance, READ), SLIPWAY_RETRY);
    assert_int_equal(atomic_load(&appliance.logins), 2);
    appliance_end(&appliance);
}

static void a_wrong_password_is_tried_once(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.login_status = 401;
    for (int i = 0; i < 3; i++)
        assert_int_equal(run(&appliance, READ), SLIPWAY_REFUSED);
    assert_int_equal(atomic_load(&appliance.logins), 1);
    assert_int_equal(atomic_load(&appliance.requests), 0);
    appliance.login_status = 201;
    auto_file FILE *file = fopen(appliance.password_file, "we");
    assert_true(fputs("corrected", file) >= 0 && fflush(file) == 0);
    assert_int_equal(run(&appliance, READ), SLIPWAY_DONE);
    appliance_end(&appliance);
}

static void a_login_service_that_is_down_is_tried_later(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    appliance.login_status = 503;
    assert_int_equal(run(&appliance, EFFECT), SLIPWAY_RETRY);
    appliance.login_status = 404;
    assert_int_equal(run(&appliance, EFFECT), SLIPWAY_FAILED);
    appliance.login_status = 201;
    assert_int_equal(run(&appliance, EFFECT), SLIPWAY_DONE);
    appliance_end(&appliance);
}

static void the_older_dialects_are_understood(void **state)
{
    (void)state;
    struct appliance wrapped, header;
    appliance_begin_as(&wrapped, "{\"path\":\"/login\"}");
    wrapped.dialect = WRAPPED;
    assert_int_equal(run(&wrapped, READ), SLIPWAY_DONE);
    assert_int_equal(run(&wrapped, READ), SLIPWAY_DONE);
    assert_int_equal(atomic_load(&wrapped.logins), 1);
    appliance_end(&wrapped);
    appliance_begin_as(&header, "{\"path\":\"/login\",\"token\":\"header:X-Auth-Token\","
                                "\"header\":\"X-Auth-Token\"}");
    header.dialect = IN_HEADER;
    assert_int_equal(run(&header, READ), SLIPWAY_DONE);
    assert_int_equal(atomic_load(&header.logins), 1);
    appliance_end(&header);
}

static void idle_sessions_are_logged_out(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    assert_int_equal(run(&appliance, READ), SLIPWAY_DONE);
    rest_plugin()->tidy(appliance.state, fake_now_ms());
    assert_int_equal(atomic_load(&appliance.logouts), 0);
    rest_plugin()->tidy(appliance.state, fake_now_ms() + REST_SESSION_IDLE_MS + 1000);
    assert_int_equal(atomic_load(&appliance.logouts), 1);
    assert_int_equal(run(&appliance, READ), SLIPWAY_DONE);
    assert_int_equal(atomic_load(&appliance.logins), 2);
    appliance_end(&appliance);
}

static void a_dry_run_may_log_in(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    auto_fake_call struct fake_call call;
    fake_call_init(&call, rest_plugin(), appliance.state, "request", READ,
                   appliance.target);
    call.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    appliance_end(&appliance);
}

static void *run_some(void *argument)
{
    struct appliance *appliance = argument;
    size_t wrong = 0;
    for (int i = 0; i < 10; i++) {
        struct fake_call call;
        fake_call_init(&call, rest_plugin(), appliance->state, "request", READ,
                       appliance->target);
        wrong += fake_start(&call) != SLIPWAY_DONE;
        fake_call_free(&call);
    }
    return (void *)wrong;
}

static void many_threads_log_in_once(void **state)
{
    (void)state;
    struct appliance appliance;
    appliance_begin(&appliance);
    pthread_t threads[6];
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_some, &appliance), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(atomic_load(&appliance.logins), 1);
    appliance_end(&appliance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_login_serves_many_calls_and_ends_with_a_logout),
        cmocka_unit_test(the_password_goes_to_the_login_only),
        cmocka_unit_test(a_forgotten_session_is_opened_once_more),
        cmocka_unit_test(a_session_that_never_works_is_not_opened_for_ever),
        cmocka_unit_test(a_login_that_is_cut_off_is_not_repeated_by_the_transport),
        cmocka_unit_test(a_wrong_password_is_tried_once),
        cmocka_unit_test(a_login_service_that_is_down_is_tried_later),
        cmocka_unit_test(the_older_dialects_are_understood),
        cmocka_unit_test(idle_sessions_are_logged_out),
        cmocka_unit_test(a_dry_run_may_log_in),
        cmocka_unit_test(many_threads_log_in_once),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
