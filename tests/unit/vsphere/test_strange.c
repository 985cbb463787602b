/*
 * test_strange.c - managers that speak the language well and make no sense: objects that
 * nobody asked for, lists that go on in a circle, numbers that no datastore holds, tasks
 * that rise again, a cookie that is no header. None of it becomes an effect, a belief about
 * another machine, or a wait without end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scripted.h"

#define ANSWER(method, inside)                                                           \
    "<e:Envelope xmlns:e=\"" ENVELOPE "\" xmlns:xsi=\"" XML_NS_XSI "\"><e:Body>"         \
    "<" method "Response xmlns=\"urn:vim25\">" inside "</" method                        \
    "Response></e:Body></e:Envelope>"

/* --- somebody else's properties ------------------------------------------------------- */

#define MACHINE(ref, extra)                                                              \
    "<objects><obj type=\"VirtualMachine\">" ref "</obj>"                                \
    "<propSet><name>name</name><val>vc-9</val></propSet>"                                \
    "<propSet><name>runtime.powerState</name><val>poweredOff</val></propSet>"            \
    "<propSet><name>runtime.connectionState</name><val>connected</val></propSet>" extra  \
    "</objects>"

static void a_machine_that_nobody_asked_for_is_not_taken_for_ours(void **state)
{
    (void)state;
    static const char *const operations[] = {"vm", "snapshot_check", "snapshot_create",
                                             "power_off"};
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_scene struct scene scene = {
            .bends = {{.method = "RetrievePropertiesEx",
                       .raw = ANSWER("RetrievePropertiesEx",
                                     "<returnval>" MACHINE("vm-9", "") "</returnval>")}}};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, operations[i],
                i == 2   ? WITH
                : i == 1 ? "{\"own\":\"slipway/\"}"
                         : "{}");
        expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
        said(&call, "nothing about vm-1");
        assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 0);
        assert_int_equal(calls_of(&scene, "PowerOffVM_Task"), 0);
    }
}

/* Ours is among them, with another one before and behind it. */
static void of_several_machines_ours_counts(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {
            {.method = "RetrievePropertiesEx",
             .raw = ANSWER("RetrievePropertiesEx",
                           "<returnval>" MACHINE(
                               "vm-9", "<propSet><name>runtime.question</name><val>"
                                       "<text>Moved or copied?</text></val></propSet>")
                               MACHINE("vm-1", "<propSet><name>config.uuid</name><val>own"
                                               "</val></propSet>")
                                   MACHINE("vm-10", "") "</returnval>")}}};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    assert_string_equal(json_text(call.result, "uuid"), "own");
    assert_null(strstr(call.result_text, "Moved or copied?"));
}

/* Of task-8 it is told that it succeeded; ours is task-7. */
static void another_task_that_succeeded_is_not_ours(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    scene.bends[0] = (struct bend){
        .method = "RetrievePropertiesEx",
        .raw = ANSWER("RetrievePropertiesEx",
                      "<returnval><objects><obj type=\"Task\">task-8</obj><propSet>"
                      "<name>info</name><val><state>error</state></val></propSet>"
                      "</objects></returnval>")};
    expect(&call, SLIPWAY_UNKNOWN, (int)fake_poll(&call));
    said(&call, "task-7");
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 1);
}

/* --- lists without an end -------------------------------------------------------------- */

/* Each page names itself as the next one. */
static void pages_in_a_circle_are_left(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {
            {.method = "RetrievePropertiesEx",
             .raw = ANSWER("RetrievePropertiesEx", "<returnval><token>0</token>" MACHINE(
                                                       "vm-1", "") "</returnval>")},
            {.method = "ContinueRetrievePropertiesEx",
             .raw = ANSWER(
                 "ContinueRetrievePropertiesEx",
                 "<returnval><token>0</token>" MACHINE("vm-1", "") "</returnval>")}}};
    start_once(&scene, "vm", "{}", SLIPWAY_REFUSED, "pages of properties");
    assert_in_range(calls_of(&scene, "ContinueRetrievePropertiesEx"), 1, 1000);
}

/* More than any vCenter holds, and names that fill what memory there is. */
static void a_list_of_machines_without_measure_is_refused(void **state)
{
    (void)state;
    auto_buf struct buf page = {0};
    auto_free char *name = xcalloc(1, 60001);
    memset(name, 'n', 60000);
    buf_adds(&page, "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                    "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>");
    for (int i = 0; i < 60; i++)
        buf_addf(&page,
                 "<objects><obj type=\"Folder\">f-%d</obj><propSet><name>name</name><val>"
                 "%s</val></propSet></objects>",
                 i, name);
    for (int i = 0; i < 50001; i++)
        buf_addf(&page, "<objects><obj type=\"VirtualMachine\">vm-%d</obj></objects>", i);
    buf_adds(&page, "</returnval></RetrievePropertiesExResponse></e:Body></e:Envelope>");
    auto_scene struct scene scene = {
        .bends = {{.method = "CreateContainerView",
                   .raw = ANSWER("CreateContainerView",
                                 "<returnval type=\"ContainerView\">view</returnval>")},
                  {.method = "RetrievePropertiesEx", .raw = buf_text(&page)}}};
    start_once(&scene, "machines", "{\"all\":true}", SLIPWAY_REFUSED,
               "more than 50000 machines");
}

/* --- numbers that cannot be ------------------------------------------------------------- */

#define HUGE_NUMBER "9223372036854775807"

static void sizes_that_no_sum_holds_are_not_known(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .snapshots =
            "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">snapshot-1"
            "</snapshot><name>a</name></rootSnapshotList>",
        .vm_extra =
            "<propSet><name>config.hardware.memoryMB</name><val>" HUGE_NUMBER
            "</val></propSet><propSet><name>layoutEx</name><val>"
            "<file><key>0</key><size>" HUGE_NUMBER "</size></file>"
            "<file><key>1</key><size>" HUGE_NUMBER "</size></file>"
            "<file><key>2</key><size>" HUGE_NUMBER "</size></file>"
            "<snapshot><key type=\"VirtualMachineSnapshot\">snapshot-1</key><dataKey>0"
            "</dataKey><memoryKey>1</memoryKey></snapshot></val></propSet>"};
    auto_fake_call struct fake_call call, check;
    scene_begin(&scene);
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    const json_t *list = json_object_get(call.result, "snapshots");
    assert_int_equal(json_array_size(list), 1);
    assert_false(json_is_integer(json_object_get(json_array_get(list, 0), "size_bytes")));
    prepare(&check, &scene, "snapshot_check",
            "{\"own\":\"slipway/\",\"memory\":true,\"room_bytes\":1048576}");
    expect(&check, SLIPWAY_REFUSED, (int)fake_start(&check));
}

/* --- tasks that make no sense ------------------------------------------------------------ */

static void a_task_of_no_known_state_is_waited_for(void **state)
{
    (void)state;
    static const char *const infos[] = {
        "<state>running</state><progress>300</progress>",
        "<state>running</state><progress>-1</progress>",
        "<state>running</state><progress>9999999999999999999999</progress>",
        "<state>Success</state><progress>100</progress>",
        "<state> success</state>",
        "<state>canceled</state>",
        "<state></state>",
        "<state>success<!-- not -->ful</state>"};
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    for (size_t i = 0; i < ARRAY_LENGTH(infos); i++) {
        scene.task_info = infos[i];
        enum slipway_outcome outcome = fake_poll(&call);
        if (outcome != SLIPWAY_PENDING && outcome != SLIPWAY_UNKNOWN)
            fail_msg("%s: %d: %s", infos[i], (int)outcome, call.said);
        assert_in_range(call.progress_percent + 1, 0, 101);
    }
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 1);
}

/* It succeeded, it runs, it failed, it succeeded: whatever is asked, nothing is sent. */
static void a_task_that_rises_again_is_never_asked_for_again(void **state)
{
    (void)state;
    static const char *const infos[] = {
        "<state>success</state><result "
        "type=\"VirtualMachineSnapshot\">snapshot-9</result>",
        "<state>running</state>",
        "<state>queued</state>",
        "<state>success</state><result "
        "type=\"VirtualMachineSnapshot\">snapshot-8</result>",
        "<state>success</state><result type=\"VirtualMachine\">vm-1</result>",
        "<state>running</state>"};
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    for (size_t i = 0; i < ARRAY_LENGTH(infos); i++) {
        scene.task_info = infos[i];
        (void)fake_poll(&call); /* its snapshot is in no tree */
        assert_true(call.said[0]);
        (void)fake_probe(&call);
    }
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 1);
}

/* --- what a manager says of itself ------------------------------------------------------- */

static void a_version_that_is_none_is_never_sent_back(void **state)
{
    (void)state;
    auto_free char *dots = xcalloc(1, 10001);
    for (int i = 0; i < 5000; i++)
        memcpy(dots + 2 * i, "8.", 2);
    const char *const versions[] = {dots,    "8.0\r\nX-Evil: 1", "", "latest",
                                    "-1.-1", "99999999999.9"};
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        auto_free char *raw = xasprintf(
            ANSWER("RetrieveServiceContent",
                   "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
                   "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector>"
                   "<viewManager type=\"ViewManager\">vm-mgr</viewManager>"
                   "<about><apiVersion>%s</apiVersion></about>"
                   "<sessionManager type=\"SessionManager\">sm</sessionManager>"
                   "<searchIndex type=\"SearchIndex\">si</searchIndex></returnval>"),
            versions[i]);
        auto_scene struct scene scene = {
            .bends = {{.method = "RetrieveServiceContent", .raw = raw}}};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, "vm", "{}");
        expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
        assert_false(peer_saw(scene.peer, "X-Evil"));
        assert_false(peer_saw(scene.peer, "8.8.8.8.8.8"));
    }
}

/* --- a cookie that is no header ----------------------------------------------------------- */

static const char *strange_cookie;

static void answer_with_cookie(struct peer_link *link, const struct peer_ask *ask)
{
    auto_free char *body = xstrndup(ask->body, ask->body_length);
    char method[64];
    method_of(body, method);
    if (strcmp(method, "Login") != 0) {
        answer(link, ask);
        return;
    }
    auto_free char *headers =
        xasprintf("Set-Cookie: vmware_soap_session=%s; Path=/\r\n", strange_cookie);
    answer_with(link, method, headers, "<returnval><key>k</key></returnval>");
}

static void a_cookie_that_is_no_header_is_no_session(void **state)
{
    (void)state;
    static const char *const cookies[] = {"\"a\rX-Evil: 1\"", "\"a\x01z\"",
                                          "\"a\x1b[31m\"", "\"a\x7f\""};
    for (size_t i = 0; i < ARRAY_LENGTH(cookies); i++) {
        auto_scene struct scene scene = {.power = "poweredOn"};
        auto_fake_call struct fake_call call;
        strange_cookie = cookies[i];
        scene_begin(&scene);
        scene.peer->handler = answer_with_cookie;
        prepare(&call, &scene, "vm", "{}");
        expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
        said(&call, "no session cookie");
        assert_int_equal(calls_of(&scene, "FindAllByUuid"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_that_nobody_asked_for_is_not_taken_for_ours),
        cmocka_unit_test(of_several_machines_ours_counts),
        cmocka_unit_test(another_task_that_succeeded_is_not_ours),
        cmocka_unit_test(pages_in_a_circle_are_left),
        cmocka_unit_test(a_list_of_machines_without_measure_is_refused),
        cmocka_unit_test(sizes_that_no_sum_holds_are_not_known),
        cmocka_unit_test(a_task_of_no_known_state_is_waited_for),
        cmocka_unit_test(a_task_that_rises_again_is_never_asked_for_again),
        cmocka_unit_test(a_version_that_is_none_is_never_sent_back),
        cmocka_unit_test(a_cookie_that_is_no_header_is_no_session),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
