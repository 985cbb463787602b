/*
 * test_absent.c - a machine that is not there: a failure, unless the step says that it may
 * be, and then only if the manager said so for certain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"

#define ANSWER(inside)                                                                   \
    "<?xml version=\"1.0\"?><soapenv:Envelope xmlns:soapenv=\"" ENVELOPE "\">"           \
    "<soapenv:Body><FindAllByUuidResponse xmlns=\"urn:vim25\">" inside                   \
    "</FindAllByUuidResponse></soapenv:Body></soapenv:Envelope>"
#define MACHINE(ref) "<returnval type=\"VirtualMachine\">" ref "</returnval>"
#define MAY_BE       "{\"vm\":{\"uuid\":\"beef\"},\"may_be_absent\":true}"

static void ask(struct scene *scene, const char *operation, const char *with, int outcome,
                const char *said)
{
    auto_fake_call struct fake_call call;
    prepare(&call, scene, operation, with);
    expect(&call, outcome, (int)fake_start(&call));
    assert_non_null(strstr(call.said, said));
    if (outcome != SLIPWAY_DONE)
        return;
    assert_true(json_is_null(json_object_get(call.result, "vm")));
    if (!strcmp(operation, "power_off"))
        assert_string_equal(json_text(call.result, "power"), "absent");
}

static void what_is_not_there_may_be_absent_if_the_step_says_so(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "FindAllByUuid", .raw = ANSWER("")}}};
    static const char *const operations[] = {"vm", "power_off"};
    scene_begin(&scene);
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        ask(&scene, operations[i], "{\"vm\":{\"uuid\":\"beef\"}}", SLIPWAY_REFUSED,
            "no virtual machine with uuid beef");
        ask(&scene, operations[i], MAY_BE, SLIPWAY_DONE, "");
    }
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 0);
}

static void several_are_never_none(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {
            {.method = "FindAllByUuid", .raw = ANSWER(MACHINE("vm-1") MACHINE("vm-2"))}}};
    scene_begin(&scene);
    ask(&scene, "power_off", MAY_BE, SLIPWAY_REFUSED, "2 virtual machines");
    ask(&scene, "vm", MAY_BE, SLIPWAY_REFUSED, "2 virtual machines");
}

static void a_manager_that_does_not_answer_says_nothing_about_it(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "FindAllByUuid", .hang_up = true}}};
    scene_begin(&scene);
    ask(&scene, "power_off", MAY_BE, SLIPWAY_RETRY, "");
    ask(&scene, "vm", MAY_BE, SLIPWAY_RETRY, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_may_be_absent_if_the_step_says_so),
        cmocka_unit_test(several_are_never_none),
        cmocka_unit_test(a_manager_that_does_not_answer_says_nothing_about_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
