/*
 * test_builtin.c - stories about the steps that need no appliance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "builtin/builtin_plugin.h"
#include "fake_host.h"

#define HOUR_MS (3600LL * 1000)

static void begin(struct fake_call *call, const char *operation, const char *with)
{
    fake_call_init(call, builtin_plugin(), NULL, operation, with, "{\"name\":\"vc-1\"}");
}

/* The sleep as it stands after a restart, its handle `ms` from now. */
static void resume_at(struct fake_call *call, int64_t ms)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    free(call->handle);
    call->handle = xasprintf("until:%lld", (long long)now.tv_sec * 1000 + (long long)ms);
}

static void a_sleep_survives_a_restart(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    begin(&call, "sleep", "{\"for\":7200000}");
    assert_int_equal(call.call.repeat, SLIPWAY_IDEMPOTENT);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_true(call.look_again_ms > HOUR_MS && call.look_again_ms <= 2 * HOUR_MS);
    assert_non_null(strstr(call.said, "sleeping until 2"));
    auto_free char *handle = xstrdup(call.handle);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_string_equal(call.handle, handle); /* the end did not move */
    resume_at(&call, -1000);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_non_null(json_text(call.result, "until"));
}

static void a_sleep_is_settled_by_its_handle(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    begin(&call, "sleep", "{\"for\":7200000}");
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    auto_free char *handle = xstrdup(call.handle);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    assert_string_equal(call.handle, handle);
    resume_at(&call, -1000);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
    assert_non_null(json_text(call.result, "until"));
}

static void a_clock_that_was_set_back_lengthens_nothing(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    begin(&call, "sleep", "{\"for\":60000}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    resume_at(&call, 1000 * HOUR_MS);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_true(call.look_again_ms <= 60000);
}

static void no_sleep_at_all_is_done_at_once(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    begin(&call, "sleep", "{\"for\":0}");
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
}

static void a_sleep_without_sense_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{}", "{\"for\":\"5m\"}", "{\"for\":-1}",
                                        "{\"for\":99999999999999}"};
    const struct slipway_operation *sleep_step =
        fake_operation(builtin_plugin(), "sleep");
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct slipway_error err = {""};
        auto_fake_call struct fake_call call;
        assert_int_equal(sleep_step->check(wrong[i], &err), -1);
        assert_non_null(strstr(err.text, "for must be"));
        begin(&call, "sleep", wrong[i]);
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    }
    assert_int_equal(sleep_step->check("{\"for\":1}", NULL), 0);
    assert_int_equal(sleep_step->check("{\"for\":\"${vars.pause}\"}", NULL), 0);
}

static void a_foreign_handle_is_no_sleep(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "until:", "until:x", "until:12x", "gate"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        auto_fake_call struct fake_call call;
        begin(&call, "sleep", "{\"for\":60000}");
        call.handle = xstrdup(wrong[i]);
        assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    }
}

static void assert_hands_its_value_on(void **state)
{
    (void)state;
    auto_fake_call struct fake_call value, none, huge;
    begin(&value, "assert", "{\"value\":{\"b\":[1,\"x\"],\"a\":null}}");
    assert_int_equal(value.call.repeat, SLIPWAY_READ);
    assert_int_equal(fake_start(&value), SLIPWAY_DONE);
    assert_string_equal(value.result_text, "{\"a\":null,\"b\":[1,\"x\"]}");
    begin(&none, "assert", "{}");
    assert_int_equal(fake_start(&none), SLIPWAY_DONE);
    assert_string_equal(none.result_text, "null");
    auto_buf struct buf with = {0};
    buf_adds(&with, "{\"value\":\"");
    for (size_t i = 0; i <= SLIPWAY_RESULT_MAX; i++)
        buf_addc(&with, 'x');
    buf_adds(&with, "\"}");
    begin(&huge, "assert", buf_text(&with));
    assert_int_equal(fake_start(&huge), SLIPWAY_FAILED);
}

static void a_gate_waits_for_the_operator(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    begin(&call, "gate", "{\"message\":\"look at the \\u001b[31mload balancer\"}");
    assert_int_equal(call.call.repeat, SLIPWAY_IDEMPOTENT);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_string_equal(call.handle, BUILTIN_GATE_HANDLE);
    assert_int_equal(call.look_again_ms, HOUR_MS);
    assert_string_equal(call.said, "waiting for an operator's approval: look at the "
                                   "\\x1b[31mload balancer");
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    fake_forget_handle(&call); /* killed before it was committed */
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    assert_string_equal(call.handle, BUILTIN_GATE_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleep_survives_a_restart),
        cmocka_unit_test(a_sleep_is_settled_by_its_handle),
        cmocka_unit_test(a_clock_that_was_set_back_lengthens_nothing),
        cmocka_unit_test(no_sleep_at_all_is_done_at_once),
        cmocka_unit_test(a_sleep_without_sense_is_refused),
        cmocka_unit_test(a_foreign_handle_is_no_sleep),
        cmocka_unit_test(assert_hands_its_value_on),
        cmocka_unit_test(a_gate_waits_for_the_operator),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
