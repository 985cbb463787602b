/*
 * test_shut_down.c - having a machine off: by asking, by insisting, and another
 * machine than the appliance's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"

#define TOOLS(state)                                                                     \
    "<propSet><name>guest.toolsRunningStatus</name><val>" state "</val></propSet>"
#define QUESTION                                                                         \
    "<propSet><name>runtime.question</name><val><text>Did you move it?</text></val>"     \
    "</propSet>"
#define FAULT(type) "<f xmlns=\"urn:vim25\" xsi:type=\"" type "\"/>"

static void expect_hard(const struct fake_call *call, bool changed, bool hard)
{
    assert_string_equal(json_text(call->result, "power"), "poweredOff");
    assert_int_equal(json_is_true(json_object_get(call->result, "changed")), changed);
    assert_int_equal(json_is_true(json_object_get(call->result, "hard")), hard);
}

static void a_guest_that_can_be_asked_is_asked_and_waited_for(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.vm_extra = TOOLS("guestToolsRunning")};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "shut_down", "{}");
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    scene.vm_extra = TOOLS("guestToolsNotRunning"); /* they stop early */
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 0);
    scene.power = "poweredOff";
    expect(&call, SLIPWAY_DONE, (int)fake_poll(&call));
    expect_hard(&call, true, false);
    assert_int_equal(calls_of(&scene, "ShutdownGuest"), 1);
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call)); /* repeating changes nothing */
    expect_hard(&call, false, false);
    assert_int_equal(calls_of(&scene, "ShutdownGuest"), 1);
}

static void after_its_grace_it_is_switched_off_once(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.vm_extra = TOOLS("guestToolsRunning")};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "shut_down", "{\"grace_ms\":0}");
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 1);
    scene.power = "poweredOff";
    expect(&call, SLIPWAY_DONE, (int)fake_poll(&call));
    expect_hard(&call, true, true);
}

static void the_grace_goes_on_over_a_restart(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.vm_extra = TOOLS("guestToolsRunning")};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "shut_down", "{\"grace_ms\":600000}");
    call.handle = xstrdup("{\"vm\":\"vm-1\",\"asked_ms\":1}");
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 1);
    assert_non_null(strstr(call.handle, "\"hard\":true"));
    xreplace(&call.handle, "{\"vm\":\"vm-1\",\"asked_ms\":9999999999999}"); /* set back */
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 1);
}

static void without_tools_or_with_a_question_it_is_switched_off_at_once(void **state)
{
    (void)state;
    const char *extras[] = {TOOLS("guestToolsNotRunning"),
                            TOOLS("guestToolsRunning") QUESTION};
    for (size_t i = 0; i < ARRAY_LENGTH(extras); i++) {
        auto_scene struct scene scene = {.vm_extra = extras[i]};
        start_once(&scene, "shut_down", "{}", SLIPWAY_PENDING, "switching off");
        assert_int_equal(calls_of(&scene, "ShutdownGuest"), 0);
        assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 1);
    }
    auto_scene struct scene scene = {
        .bends = {{.method = "ShutdownGuest", .fault = FAULT("ToolsUnavailable")}}};
    start_once(&scene, "shut_down", "{}", SLIPWAY_PENDING, "switching off");
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 1);
}

static void a_question_that_comes_up_ends_the_waiting(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.vm_extra = TOOLS("guestToolsRunning")};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "shut_down", "{}");
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    scene.vm_extra = TOOLS("guestToolsRunning") QUESTION;
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 1);
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    said(&call, "Did you move it?");
}

static void a_lost_answer_is_in_doubt_and_starting_again_is_safe(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .vm_extra = TOOLS("guestToolsRunning"),
        .bends = {{.method = "ShutdownGuest", .hang_up = true, .times = 1}}};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "shut_down", "{}");
    expect(&call, SLIPWAY_UNKNOWN, (int)fake_start(&call));
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    scene.power = "poweredOff";
    expect(&call, SLIPWAY_DONE, (int)fake_poll(&call));
}

static void what_speaks_against_switching_off_is_sorted(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *says;
        int outcome;
    } rows[] = {
        {FAULT("TaskInProgress"), "TaskInProgress", SLIPWAY_PENDING},
        {FAULT("InvalidPowerState"), "InvalidPowerState", SLIPWAY_PENDING},
        {FAULT("NoPermission"), "did not shut down by itself", SLIPWAY_FAILED},
        {FAULT("RestrictedVersion"), "licence", SLIPWAY_FAILED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_scene struct scene scene = {
            .bends = {{.method = "PowerOffVM_Task", .fault = rows[i].fault}}};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, "shut_down", "{\"grace_ms\":0}");
        expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
        expect(&call, rows[i].outcome, (int)fake_poll(&call));
        said(&call, rows[i].says);
    }
}

static void a_task_that_fails_fails_and_one_that_has_no_name_is_in_doubt(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .vm_extra = TOOLS("guestToolsNotRunning"),
        .task_info =
            "<state>error</state><error><fault xsi:type=\"NoDiskSpace\"/></error>"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "shut_down", "{}");
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    expect(&call, SLIPWAY_FAILED, (int)fake_poll(&call));
    said(&call, "NoDiskSpace");

    auto_scene struct scene nameless = {
        .vm_extra = TOOLS("guestToolsNotRunning"),
        .bends = {{.method = "PowerOffVM_Task",
                   .raw = "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                          "<PowerOffVM_TaskResponse xmlns=\"urn:vim25\"/></e:Body>"
                          "</e:Envelope>"}}};
    start_once(&nameless, "shut_down", "{}", SLIPWAY_UNKNOWN, "no task");
}

static void a_suspended_machine_keeps_its_memory(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "suspended"};
    start_once(&scene, "shut_down", "{}", SLIPWAY_REFUSED, "suspended");
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 0);
    assert_int_equal(calls_of(&scene, "ShutdownGuest"), 0);
}

/* --- another machine ------------------------------------------------------------------ */

static void a_step_may_name_another_machine(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOff"};
    static const char *const operations[] = {"vm", "power_on", "shut_down"};
    scene_begin(&scene);
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_fake_call struct fake_call call;
        prepare(&call, &scene, operations[i], "{\"vm\":{\"uuid\":\"beef\"}}");
        int wanted = strcmp(operations[i], "power_on") ? SLIPWAY_DONE : SLIPWAY_PENDING;
        expect(&call, wanted, (int)fake_start(&call));
    }
    assert_int_equal(occurrences(&scene, "<uuid>beef</uuid>"), 3);
    assert_int_equal(occurrences(&scene, "<uuid>4237</uuid>"), 0);
}

static void the_machine_of_another_appliance_is_not_touched(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.vm_extra = TOOLS("guestToolsRunning")};
    static const char *const operations[] = {"power_off", "guest_shutdown", "shut_down"};
    auto_fake_call struct fake_call first;
    scene_begin(&scene);
    auto_free char *other = xstrdup(scene.target);
    memcpy(strstr(other, "vc-1"), "vc-2", 4);
    prepare(&first, &scene, "snapshot_check", "{}");
    expect(&first, SLIPWAY_DONE, (int)fake_start(&first)); /* vm-1 is vc-1's */
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_fake_call struct fake_call call;
        fake_call_init(&call, vsphere_plugin(), scene.plugin, operations[i],
                       "{\"vm\":{\"uuid\":\"beef\"}}", other);
        expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
        said(&call, "appliance vc-1");
    }
    assert_int_equal(calls_of(&scene, "ShutdownGuest"), 0);
    assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 0);
}

/* And the other way round: what a step switched is that step's appliance. */
static void a_machine_that_a_step_switched_gets_no_snapshot_of_another(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOff"};
    auto_fake_call struct fake_call first, second;
    scene_begin(&scene);
    auto_free char *other = xstrdup(scene.target);
    memcpy(strstr(other, "vc-1"), "vc-2", 4);
    prepare(&first, &scene, "power_on", "{\"vm\":{\"uuid\":\"beef\"}}");
    expect(&first, SLIPWAY_PENDING, (int)fake_start(&first));
    fake_call_init(&second, vsphere_plugin(), scene.plugin, "snapshot_check", "{}",
                   other);
    expect(&second, SLIPWAY_REFUSED, (int)fake_start(&second));
    said(&second, "appliance vc-1 too");
}

static void a_vm_that_names_nothing_is_refused_before_anything_runs(void **state)
{
    (void)state;
    static const struct {
        const char *with;
        int code;
    } rows[] = {{"{}", 0},
                {"{\"vm\":{\"path\":\"/DC/vm/x\"}}", 0},
                {"{\"vm\":{}}", -1},
                {"{\"vm\":{\"uuid\":\"\"}}", -1},
                {"{\"vm\":{\"moref\":\"vm-1\"}}", -1},
                {"{\"vm\":{\"uuid\":1}}", -1},
                {"{\"vm\":{\"uuid\":\"a\",\"name\":\"b\"}}", -1}};
    const struct slipway_operation *operation =
        fake_operation(vsphere_plugin(), "shut_down");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct slipway_error err = {""};
        assert_int_equal(operation->check(rows[i].with, &err), rows[i].code);
        if (rows[i].code)
            assert_non_null(strstr(err.text, "exactly one"));
    }
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_that_can_be_asked_is_asked_and_waited_for),
        cmocka_unit_test(after_its_grace_it_is_switched_off_once),
        cmocka_unit_test(the_grace_goes_on_over_a_restart),
        cmocka_unit_test(without_tools_or_with_a_question_it_is_switched_off_at_once),
        cmocka_unit_test(a_question_that_comes_up_ends_the_waiting),
        cmocka_unit_test(a_lost_answer_is_in_doubt_and_starting_again_is_safe),
        cmocka_unit_test(what_speaks_against_switching_off_is_sorted),
        cmocka_unit_test(a_task_that_fails_fails_and_one_that_has_no_name_is_in_doubt),
        cmocka_unit_test(a_suspended_machine_keeps_its_memory),
        cmocka_unit_test(a_step_may_name_another_machine),
        cmocka_unit_test(the_machine_of_another_appliance_is_not_touched),
        cmocka_unit_test(a_machine_that_a_step_switched_gets_no_snapshot_of_another),
        cmocka_unit_test(a_vm_that_names_nothing_is_refused_before_anything_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
