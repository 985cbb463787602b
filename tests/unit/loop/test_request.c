/*
 * test_request.c - what slipway does by itself, as an executor gets it: which operation,
 * with which arguments, and how it may be repeated.
 */
#include "loop/request.h"
#include "util/auto.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct snapshot_state snapshot = {.reference = "snapshot-7",
                                               .name = "slipway/x"};

static const struct {
    enum activity activity;
    const char *use, *with;
    enum slipway_class repeat;
} own[] = {
    {ACTIVITY_GUARD, "vsphere.snapshot_check",
     "{\"own\":\"slipway/\",\"room_bytes\":1024}", SLIPWAY_READ},
    {ACTIVITY_REVERT, "vsphere.snapshot_revert",
     "{\"name\":\"slipway/x\",\"not_before\":5000,\"snapshot\":\"snapshot-7\"}",
     SLIPWAY_RECONCILABLE},
    {ACTIVITY_PRUNE, "vsphere.snapshot_remove",
     "{\"name\":\"slipway/x\",\"snapshot\":\"snapshot-7\"}", SLIPWAY_RECONCILABLE},
    {ACTIVITY_POWER_ON, "vsphere.power_on", "{}", SLIPWAY_IDEMPOTENT},
    {ACTIVITY_POWER_OFF, "vsphere.shut_down", "{\"grace_ms\":60000}", SLIPWAY_IDEMPOTENT},
};

static void what_slipway_does_by_itself_has_one_operation_each(void **state)
{
    struct plan_shape shape = {
        .targets = 1, .waves = {1}, .in_flight = 1, .change_steps = 1};
    struct plan *plan = shape_plan(&shape);
    struct request_maker maker;
    struct slipway_error err = {""};
    (void)state;
    plan->playbook.snapshot_room_bytes = 1024;
    assert_int_equal(request_maker_init(&maker, plan, NULL, 1, &err), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
        struct action action = {.call = CALL_START,
                                .activity = own[i].activity,
                                .intent = 3,
                                .key = 3,
                                .issued_ms = 5000,
                                .timeout_ms = 1000,
                                .grace_ms = 60000,
                                .snapshot = &snapshot};
        struct exec_request request;
        assert_int_equal(request_make(&maker, &action, &request, &err), 0);
        assert_string_equal(request.use, own[i].use);
        assert_string_equal(request.with, own[i].with);
        assert_int_equal(request.repeat, own[i].repeat);
        exec_request_free(&request);
    }
    request_maker_clear(&maker);
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_slipway_does_by_itself_has_one_operation_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
