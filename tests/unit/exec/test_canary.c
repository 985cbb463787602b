/*
 * test_canary.c - a plugin shouts a password in every form it knows, through
 * every door there is. Nothing of it may come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include "exec_fixture.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/redact.h"

static const char canary[] = "kanarie \"n\" & geel/9";
/* The forms as other programs write them. */
static const char *const forms[] = {
    "kanarie \"n\" & geel/9",
    "kanarie \\\"n\\\" & geel/9",
    "kanarie \\\"n\\\" & geel\\/9",
    "kanarie%20%22n%22%20%26%20geel%2F9",
    "kanarie+%22n%22+%26+geel%2F9",
    "a2FuYXJpZSAibiIgJiBnZWVsLzk=",         /* alone      */
    "cm9vdDprYW5hcmllICJuIiAmIGdlZWwvOQ==", /* after root: */
    "kanarie &quot;n&quot; &amp; geel/9",
};
/* What would give it away: the inner part of each form. */
static const char *const traces[] = {"geel", "kanarie", "FuYXJpZSAibiIgJiBnZWVsLz",
                                     "rYW5hcmllICJuIiAmIGdlZWwv", "a2FuYX"};

/* Says everything everywhere, and puts the raw text into its result. */
static enum slipway_outcome shout(struct slipway_call *call)
{
    auto_json json_t *with = json_loads(call->with, 0, NULL);
    auto_free char *reference = json_canonical(json_object_get(with, "password"));
    struct slipway_secret secret = {0};
    struct slipway_error err = {""};
    if (call->host->secret(call, reference, &secret, &err)) {
        call->host->say(call, "%s", err.text);
        return SLIPWAY_REFUSED;
    }
    auto_buf struct buf all = {0};
    auto_json json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        buf_addf(&all, "[%s]", forms[i]);
        (void)json_array_append_new(list, json_string(forms[i]));
        call->host->log(call, SLIPWAY_WARNING, "tried %s", forms[i]);
    }
    auto_json json_t *result = json_pack("{s:s, s:O, s:s}", "raw", secret.bytes, "forms",
                                         list, "all", buf_text(&all));
    auto_free char *text = json_canonical(result);
    call->host->progress(call, 50, buf_text(&all));
    call->host->say(call, "login failed with %s", buf_text(&all));
    (void)call->host->set_result(call, text);
    bool fine = !strcmp(secret.bytes, canary);
    int handle = call->host->set_handle(call, secret.bytes);
    call->host->secret_free(&secret);
    return fine && handle < 0 ? SLIPWAY_DONE : SLIPWAY_FAILED;
}

static const struct slipway_option options[] = {
    {.name = "password", .type = SLIPWAY_SECRET, .required = true}, {.name = NULL}};
static const struct slipway_operation operations[] = {
    {.name = "shout", .repeat = SLIPWAY_READ, .options = options, .start = shout}};
static const struct slipway_plugin plugin = {
    .abi = SLIPWAY_ABI,
    .size = sizeof plugin,
    .name = "leaky",
    .version = "1",
    .operations = operations,
    .operation_count = 1,
};

static void is_clean(const char *where, const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(traces); i++) {
        if (strstr(text, traces[i]))
            fail_msg("%s holds \"%s\": %s", where, traces[i], text);
    }
    if (!strstr(text, REDACT_MARK))
        fail_msg("%s was not marked: %s", where, text);
}

static void the_canary_stays_in_its_cage(void **state)
{
    (void)state;
    char path[] = P_tmpdir "/slipway-canary-XXXXXX";
    auto_fd int fd = mkstemp(path);
    assert_int_equal(write(fd, canary, strlen(canary)), strlen(canary));
    const struct exec_pool_options pool_options = {.workers = 1, .log_debug = true};
    struct exec_fixture fixture = exec_fixture_open(&plugin, pool_options);
    struct exec_request request = exec_request_of(1, EXEC_START, "leaky.shout");
    free(request.with);
    request.repeat = SLIPWAY_READ;
    request.with = xasprintf("{\"password\":{\"file\":\"%s\"}}", path);
    /* a check may look at what must not be printed */
    request.expect = xstrdup("result ->> '$.raw' LIKE 'kanarie%geel/9'");
    request.value = xstrdup("'value: ' || (result ->> '$.raw')");
    struct exec_progress progress = {0};
    exec_submit(fixture.pool, &request);
    struct exec_result result = exec_next(fixture.pool);
    (void)exec_progress(fixture.pool, &progress, 1);
    (void)remove(path);

    assert_int_equal(result.outcome, SLIPWAY_DONE);
    assert_int_equal(result.verdict, EXEC_EXPECT_TRUE);
    assert_null(result.handle);
    is_clean("sentence", result.sentence);
    is_clean("result", result.result);
    assert_string_equal(result.value, "value: [secret]");
    auto_json json_t *json = json_loads(result.result, 0, NULL);
    assert_string_equal(json_text(json, "raw"), "[secret]");
    assert_int_equal(json_array_size(json_object_get(json, "forms")),
                     ARRAY_LENGTH(forms));
    auto_free char *log = exec_fixture_log(&fixture);
    is_clean("log", log);
    exec_result_free(&result);
    exec_fixture_close(&fixture);
    redact_forget();
}

/* The file is refused, and the sentence says what to do about it. */
static void a_careless_file_is_refused_through_the_call(void **state)
{
    (void)state;
    char path[] = P_tmpdir "/slipway-canary-XXXXXX";
    auto_fd int fd = mkstemp(path);
    assert_int_equal(write(fd, canary, strlen(canary)), strlen(canary));
    assert_int_equal(fchmod(fd, 0644), 0);
    const struct exec_pool_options pool_options = {.workers = 1};
    struct exec_fixture fixture = exec_fixture_open(&plugin, pool_options);
    struct exec_request request = exec_request_of(1, EXEC_START, "leaky.shout");
    free(request.with);
    request.with = xasprintf("{\"password\":{\"file\":\"%s\"}}", path);
    struct exec_result result = exec_call(fixture.pool, request);
    (void)remove(path);
    assert_int_equal(result.outcome, SLIPWAY_REFUSED);
    assert_non_null(strstr(result.sentence, "run: chmod 600 "));
    exec_result_free(&result);
    exec_fixture_close(&fixture);
}

/* Nothing is wrong with the file, and the next time there may be a descriptor for it. */
static void a_secret_without_a_descriptor_is_asked_for_again(void **state)
{
    (void)state;
    char path[] = P_tmpdir "/slipway-canary-XXXXXX";
    auto_fd int fd = mkstemp(path);
    assert_int_equal(write(fd, canary, strlen(canary)), strlen(canary));
    const struct exec_pool_options pool_options = {.workers = 1};
    struct exec_fixture fixture = exec_fixture_open(&plugin, pool_options);
    static const enum slipway_outcome wanted[] = {SLIPWAY_DONE, SLIPWAY_RETRY,
                                                  SLIPWAY_DONE};
    struct rlimit was;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        struct exec_request request = exec_request_of(1, EXEC_START, "leaky.shout");
        free(request.with);
        request.with = xasprintf("{\"password\":{\"file\":\"%s\"}}", path);
        auto_fd int next = dup(fd);
        struct rlimit few = {.rlim_cur = wanted[i] == SLIPWAY_RETRY ? (rlim_t)next + 1
                                                                    : was.rlim_cur,
                             .rlim_max = was.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        struct exec_result result = exec_call(fixture.pool, request);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
        assert_int_equal(result.outcome, wanted[i]);
        assert_true(wanted[i] == SLIPWAY_DONE ||
                    strstr(result.sentence, "Too many open files"));
        exec_result_free(&result);
    }
    (void)remove(path);
    exec_fixture_close(&fixture);
    redact_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canary_stays_in_its_cage),
        cmocka_unit_test(a_secret_without_a_descriptor_is_asked_for_again),
        cmocka_unit_test(a_careless_file_is_refused_through_the_call),
    };
    json_init();
    return cmocka_run_group_tests_name("canary", tests, NULL, NULL);
}
