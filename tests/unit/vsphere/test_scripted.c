/*
 * test_scripted.c - the plugin against a manager that misbehaves.
 *
 * A small scripted vCenter answers the few methods that the plugin uses; each story
 * bends one of its answers: faults in odd places, lost and cut answers, hostile
 * XML, sessions that end in the middle, tasks of somebody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"

/* --- sessions --------------------------------------------------------------------- */

static void the_quoted_cookie_comes_back_as_it_was(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    assert_true(peer_saw(scene.peer, "Cookie: " COOKIE "\r\n"));
    assert_true(peer_saw(scene.peer, "SOAPAction: \"urn:vim25/8.0.3.0\""));
    assert_int_equal(
        occurrences(&scene, "<password>s3cret &amp; &lt;safe&gt;</password>"), 1);
    assert_int_equal(
        occurrences(&scene, "operationID xmlns=\"urn:vim25\">" FAKE_HOST_DEFAULT_KEY), 4);
}

static void
a_session_that_ends_before_an_effect_costs_one_login_and_no_second_effect(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "CreateSnapshot_Task",
                   .times = 1,
                   .fault =
                       "<NotAuthenticatedFault xmlns=\"urn:vim25\" "
                       "xsi:type=\"NotAuthenticated\"><object type=\"Folder\">group-d1"
                       "</object><privilegeId>System.View</privilegeId>"
                       "</NotAuthenticatedFault>"}}};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 2); /* one was refused */
    assert_int_equal(calls_of(&scene, "Login"), 2);
}

static void a_session_that_never_holds_is_not_hammered(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "FindAllByUuid",
                   .fault = "<f xmlns=\"urn:vim25\" xsi:type=\"NotAuthenticated\"/>"}}};
    start_once(&scene, "vm", "{}", SLIPWAY_RETRY, "NotAuthenticated");
    assert_int_equal(calls_of(&scene, "Login"), 2);
}

static void a_session_lost_inside_an_answer_is_renewed(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "RetrievePropertiesEx",
                   .times = 1,
                   .raw = "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                          "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>"
                          "<objects><obj type=\"VirtualMachine\">vm-1</obj><missingSet>"
                          "<path>name</path><fault><fault xmlns:q='" XML_NS_XSI "'"
                          " q:type=\"NotAuthenticated\"/></fault></missingSet></objects>"
                          "</returnval></RetrievePropertiesExResponse></e:Body>"
                          "</e:Envelope>"}}};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    assert_int_equal(calls_of(&scene, "Login"), 2);
}

static void refused_credentials_are_not_repeated_even_inside_http_200(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "<InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"/>",
        "<PasswordExpiredFault xmlns=\"urn:vim25\"/>"};
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        auto_scene struct scene scene = {
            .bends = {{.method = "Login", .status = i ? 500 : 200, .fault = faults[i]}}};
        start_once(&scene, "vm", "{}", SLIPWAY_REFUSED, "does not try it again");
        auto_fake_call struct fake_call again;
        prepare(&again, &scene, "snapshot_create", WITH);
        expect(&again, SLIPWAY_REFUSED, (int)fake_start(&again));
        expect(&again, SLIPWAY_PROBE_UNKNOWN, (int)fake_probe(&again));
        assert_int_equal(calls_of(&scene, "Login"), 1);
    }
}

/* A proxy's page for developers, and a fault that quotes the request. */
static void a_session_that_comes_back_in_an_answer_is_not_repeated(void **state)
{
    (void)state;
    static const struct bend echoes[] = {
        {.method = "FindAllByUuid",
         .status = 502,
         .raw = "<html>no way to Cookie: " COOKIE "</html>"},
        {.method = "FindAllByUuid",
         .status = 502,
         .raw = "<html>vmware_soap_session=&quot;52c8b7a1-quoted&quot;</html>"},
        {.method = "FindAllByUuid",
         .fault = "<f xmlns=\"urn:vim25\" xsi:type=\"SystemError\"><reason>who is "
                  "vmware_soap_session=&quot;52c8b7a1-quoted&quot;</reason></f>"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(echoes); i++) {
        auto_scene struct scene scene = {.bends = {echoes[i]}};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, "vm", "{}");
        (void)fake_start(&call);
        assert_true(peer_saw(scene.peer, "Cookie: " COOKIE "\r\n"));
        assert_true(call.said[0]);
        assert_null(strstr(call.said, "52c8b7a1"));
    }
}

static void a_login_without_a_cookie_is_refused(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "Login",
                   .raw = "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                          "<LoginResponse xmlns=\"urn:vim25\"/></e:Body></e:Envelope>"}}};
    start_once(&scene, "vm", "{}", SLIPWAY_REFUSED, "no session cookie");
}

/* --- answers that are none ----------------------------------------------------------- */

static void an_unusable_answer_to_a_read_is_asked_again_later(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "503 Service Unavailable",
        "<soapenv:Envelope xmlns:soapenv=\"" ENVELOPE "\"><soapenv:Body>",
        "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>",
        "<html><body>\x1b[31mlogin \xe2\x80\xae</body></html>", ""};
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        auto_scene struct scene scene = {.bends = {{.method = "RetrievePropertiesEx",
                                                    .status = i ? 200 : 503,
                                                    .raw = bodies[i]}}};
        start_once(&scene, "vm", "{}", SLIPWAY_RETRY, "RetrievePropertiesEx");
    }
}

static void an_attribute_bomb_is_not_parsed(void **state)
{
    (void)state;
    auto_buf struct buf bomb = {0};
    buf_adds(&bomb, "<e");
    for (int i = 0; i < 20000; i++)
        buf_addf(&bomb, " a%d=''", i);
    buf_adds(&bomb, "/>");
    auto_scene struct scene scene = {
        .bends = {{.method = "RetrievePropertiesEx", .raw = bomb.data}}};
    start_once(&scene, "vm", "{}", SLIPWAY_RETRY, "256 attributes");
}

static void an_answer_that_is_too_large_is_refused(void **state)
{
    (void)state;
    auto_buf struct buf flood = {0};
    while (flood.length <= 8u * 1024 * 1024)
        buf_adds(&flood, "<a>0123456789012345678901234567890123456789</a>");
    auto_scene struct scene scene = {
        .bends = {{.method = "RetrievePropertiesEx", .raw = flood.data}}};
    start_once(&scene, "vm", "{}", SLIPWAY_REFUSED, "more than");
}

static void a_path_that_is_no_sdk_is_said(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {
            {.method = "RetrieveServiceContent", .status = 404, .raw = "<h1>Not Found"}}};
    start_once(&scene, "vm", "{}", SLIPWAY_REFUSED, "HTTP 404");
}

static void
an_effect_without_a_usable_answer_is_unknown_and_never_sent_again(void **state)
{
    (void)state;
    static const struct bend bends[] = {
        {.method = "CreateSnapshot_Task", .hang_up = true},
        {.method = "CreateSnapshot_Task", .status = 503, .raw = "reset before headers"},
        {.method = "CreateSnapshot_Task", .raw = "<soapenv:Envelope"},
        {.method = "CreateSnapshot_Task", .status = 500, .raw = ""},
        {.method = "CreateSnapshot_Task",
         .raw =
             "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body><CreateSnapshot_TaskResponse "
             "xmlns=\"urn:vim25\"/></e:Body></e:Envelope>"}};
    for (size_t i = 0; i < ARRAY_LENGTH(bends); i++) {
        auto_scene struct scene scene = {.bends = {bends[i]}};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, "snapshot_create", WITH);
        expect(&call, SLIPWAY_UNKNOWN, (int)fake_start(&call));
        assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 1);
        expect(&call, SLIPWAY_PROBE_NOT_STARTED, (int)fake_probe(&call));

        auto_free char *tree = our_snapshot(&call, "snapshot-9"); /* it had happened */
        scene.tree_after = tree;
        expect(&call, SLIPWAY_PROBE_DONE, (int)fake_probe(&call));
        assert_string_equal(json_text(call.result, "snapshot"), "snapshot-9");
        expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
        assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 1);
    }
}

static void a_proxy_that_reached_nobody_proves_that_nothing_happened(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "CreateSnapshot_Task",
                   .status = 503,
                   .raw = "503 Service Unavailable (Failed to connect to endpoint: "
                          "[N7Vmacore4Http16LocalServiceSpecE])"}}};
    start_once(&scene, "snapshot_create", WITH, SLIPWAY_RETRY, "HTTP 503");
}

/* --- faults ---------------------------------------------------------------------------- */

static void faults_become_the_right_outcome(void **state)
{
    (void)state;
    static const struct {
        const char *operation, *method, *fault, *says;
        int outcome;
        int status;
    } rows[] = {
        {"snapshot_create", "CreateSnapshot_Task",
         "<f xmlns=\"urn:vim25\" xsi:type=\"TaskInProgress\"><task type=\"Task\">task-5"
         "</task></f>",
         "task-5", SLIPWAY_RETRY, 0},
        {"snapshot_create", "CreateSnapshot_Task",
         "<NoDiskSpaceFault "
         "xmlns=\"urn:vim25\"><datastore>ds1</datastore></NoDiskSpaceFault>",
         "capacity", SLIPWAY_FAILED, 200},
        {"snapshot_create", "CreateSnapshot_Task",
         "<f xmlns=\"urn:vim25\" xmlns:v=\"urn:vim25\" "
         "xsi:type=\"v:TooManySnapshotLevels\"/>",
         "capacity", SLIPWAY_FAILED, 0},
        {"snapshot_create", "CreateSnapshot_Task",
         "<f xmlns=\"urn:vim25\" xsi:type=\"NoPermission\"><object "
         "type=\"VirtualMachine\">"
         "vm-1</object><privilegeId>VirtualMachine.State.CreateSnapshot</privilegeId></"
         "f>",
         "VirtualMachine.State.CreateSnapshot", SLIPWAY_REFUSED, 0},
        {"snapshot_create", "CreateSnapshot_Task",
         "<f xmlns=\"urn:vim25\" xsi:type=\"RestrictedVersion\"/>", "licence",
         SLIPWAY_REFUSED, 0},
        {"snapshot_create", "CreateSnapshot_Task",
         "<f xmlns=\"urn:vim25\" xsi:type=\"SomethingNew\"/>", "SomethingNew",
         SLIPWAY_FAILED, 0},
        {"power_off", "PowerOffVM_Task",
         "<f xmlns=\"urn:vim25\" xsi:type=\"HostNotConnected\"/>", "not connected",
         SLIPWAY_RETRY, 0},
        {"power_off", "PowerOffVM_Task",
         "<f xmlns=\"urn:vim25\" xsi:type=\"InvalidPowerState\"><existingState>suspended"
         "</existingState></f>",
         "suspended", SLIPWAY_FAILED, 0},
        {"guest_shutdown", "ShutdownGuest",
         "<f xmlns=\"urn:vim25\" xsi:type=\"ToolsUnavailable\"/>",
         "use vsphere.power_off", SLIPWAY_FAILED, 0},
        {"vm", "RetrievePropertiesEx",
         "<f xmlns=\"urn:vim25\" xsi:type=\"InvalidProperty\"><name>layoutEx</name></f>",
         "layoutEx", SLIPWAY_FAILED, 0},
        {"vm", "FindAllByUuid", "", "ault", SLIPWAY_FAILED, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_scene struct scene scene = {.bends = {{.method = rows[i].method,
                                                    .status = rows[i].status,
                                                    .fault = rows[i].fault}}};
        start_once(&scene, rows[i].operation,
                   strstr(rows[i].operation, "snapshot") ? WITH : "{}", rows[i].outcome,
                   rows[i].says);
        assert_int_equal(calls_of(&scene, rows[i].method), 1);
    }
}

static void a_task_in_progress_that_is_ours_is_adopted(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "CreateSnapshot_Task",
                   .fault = "<f xmlns=\"urn:vim25\" xsi:type=\"TaskInProgress\"/>"}}};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    auto_free char *tree = our_snapshot(&call, "snapshot-9");
    scene.tree_after = tree;
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    assert_string_equal(json_text(call.result, "snapshot"), "snapshot-9");
}

#define TASK(ref, operation, state, activation)                                          \
    "<objects><obj type=\"Task\">" ref "</obj><propSet><name>info</name><val "           \
    "xsi:type=\"TaskInfo\"><key>" ref "</key><descriptionId>" operation                  \
    "</descriptionId>"                                                                   \
    "<state>" state "</state><queueTime>2026-11-21T02:13:05.1Z</queueTime>"              \
    "<activationId>" activation "</activationId></val></propSet></objects>"

static void
the_task_that_carries_our_key_is_adopted_and_others_are_waited_for(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .tasks = TASK("task-1", "VirtualMachine.reconfigure", "queued", "x") TASK(
            "task-8", "VirtualMachine.createSnapshot", "running", FAKE_HOST_DEFAULT_KEY)};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    assert_non_null(strstr(call.handle, "task-8"));
    fake_forget_handle(&call);
    expect(&call, SLIPWAY_PROBE_RUNNING, (int)fake_probe(&call));
    scene.tasks = TASK("task-1", "VirtualMachine.reconfigure", "running", "x");
    expect(&call, SLIPWAY_RETRY, (int)fake_start(&call));
    fake_forget_handle(&call);
    expect(&call, SLIPWAY_PROBE_UNKNOWN, (int)fake_probe(&call));
    scene.tasks =
        TASK("task-8", "VirtualMachine.createSnapshot", "error", FAKE_HOST_DEFAULT_KEY);
    expect(&call, SLIPWAY_PROBE_FAILED, (int)fake_probe(&call));
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 0);
}

static void two_snapshots_of_the_same_step_need_a_human(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    auto_free char *one = our_snapshot(&call, "snapshot-1");
    auto_free char *two = our_snapshot(&call, "snapshot-2");
    auto_free char *tree = xasprintf("%s%s", one, two);
    scene.snapshots = tree;
    expect(&call, SLIPWAY_PROBE_UNKNOWN, (int)fake_probe(&call));
    said(&call, "snapshot-1");
    said(&call, "snapshot-2");
    expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 0);
}

/* --- polling ---------------------------------------------------------------------------- */

static void a_task_tells_its_progress_its_end_and_why_it_failed(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.task_info =
                                         "<state>running</state><progress>42</progress>"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(call.progress_percent, 42);
    scene.task_info =
        "<state>error</state><error><fault xsi:type=\"NoDiskSpace\"><datastore>"
        "ds1</datastore></fault><localizedMessage>full</localizedMessage></error>";
    expect(&call, SLIPWAY_FAILED, (int)fake_poll(&call));
    said(&call, "capacity");
    expect(&call, SLIPWAY_PROBE_FAILED, (int)fake_probe(&call));

    auto_free char *tree = our_snapshot(&call, "snapshot-9");
    scene.snapshots = tree;
    scene.task_info = "<state>success</state><result type=\"VirtualMachineSnapshot\" "
                      "xsi:type=\"ManagedObjectReference\">snapshot-9</result>";
    expect(&call, SLIPWAY_DONE, (int)fake_poll(&call));
    assert_string_equal(json_text(call.result, "snapshot"), "snapshot-9");
    assert_string_equal(json_text(call.result, "created"), "2026-11-21T02:13:05.123456Z");
    assert_int_equal(calls_of(&scene, "Login"), 1);
    assert_int_equal(calls_of(&scene, "RetrieveServiceContent"), 1);
}

static void a_task_that_is_forgotten_is_unknown(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    scene.bends[0] = (struct bend){
        .method = "RetrievePropertiesEx",
        .fault = "<f xmlns=\"urn:vim25\" xsi:type=\"ManagedObjectNotFound\"><obj "
                 "type=\"Task\">task-7</obj></f>"};
    expect(&call, SLIPWAY_UNKNOWN, (int)fake_poll(&call));
    said(&call, "forgotten");
}

static void a_manager_that_is_away_leaves_the_task_alone(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    scene.bends[0] = (struct bend){.method = "RetrievePropertiesEx",
                                   .status = 503,
                                   .raw = "503 Service Unavailable"};
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    expect(&call, SLIPWAY_PROBE_UNKNOWN, (int)fake_probe(&call));
    scene.bends[0].hang_up = true;
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    atomic_store(&call.canceled, true);
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
}

static void a_question_is_said_while_the_power_on_waits_for_its_answer(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .power = "poweredOff",
        .vm_extra =
            "<propSet><name>runtime.question</name><val "
            "xsi:type=\"VirtualMachineQuestionInfo\"><id>1</id><text>Did you move "
            "it?</text></val></propSet>"};
    auto_fake_call struct fake_call call, check;
    scene_begin(&scene);
    prepare(&call, &scene, "power_on", "{}");
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    said(&call, "Did you move it?");
    prepare(&check, &scene, "snapshot_check", "{}");
    expect(&check, SLIPWAY_REFUSED, (int)fake_start(&check));
    said(&check, "Did you move it?");
    fake_call_free(&check);
}

/* --- reading ---------------------------------------------------------------------------- */

static void missing_privileges_are_named(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .vm_extra = "<missingSet><path>snapshot</path><fault><fault "
                    "xsi:type=\"NoPermission\"/></fault></missingSet>"};
    start_once(&scene, "snapshot_check", "{}", SLIPWAY_REFUSED,
               "snapshot (NoPermission)");
}

static void a_twin_on_the_second_page_is_noticed(void **state)
{
    (void)state;
#define PAGE(method, vm, token)                                                          \
    "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body><" method "Response "                  \
    "xmlns=\"urn:vim25\"><returnval>" token "<objects><obj type=\"VirtualMachine\">" vm  \
    "</obj><propSet><name>name</name><val>a%2fb</val></propSet></objects></"             \
    "returnval></" method "Response></e:Body></e:Envelope>"
    auto_scene struct scene scene = {
        .bends = {{.method = "CreateContainerView",
                   .raw = "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                          "<CreateContainerViewResponse xmlns=\"urn:vim25\"><returnval "
                          "type=\"ContainerView\">session[1]view</returnval>"
                          "</CreateContainerViewResponse></e:Body></e:Envelope>"},
                  {.method = "RetrievePropertiesEx",
                   .raw = PAGE("RetrievePropertiesEx", "vm-1", "<token>0</token>")},
                  {.method = "ContinueRetrievePropertiesEx",
                   .raw = PAGE("ContinueRetrievePropertiesEx", "vm-2", "")}}};
    scene_begin(&scene);
    auto_free char *uuid = steal_ptr(&scene.target);
    auto_free char *front = xstrndup(uuid, (size_t)(strstr(uuid, "\"uuid\"") - uuid));
    scene.target = xasprintf("%s\"name\":\"a/b\"%s", front,
                             strstr(uuid, "\"4237\"") + strlen("\"4237\""));
    auto_fake_call struct fake_call call;
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
    said(&call, "2 virtual machines");
    assert_int_equal(calls_of(&scene, "DestroyView"), 1);
}

static void the_space_of_a_snapshot_counts_what_was_written_after_it(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .snapshots =
            "<currentSnapshot "
            "type=\"VirtualMachineSnapshot\">snapshot-2</currentSnapshot>"
            "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">snapshot-1"
            "</snapshot><name>a</name><description/><createTime>t</createTime>"
            "<childSnapshotList><snapshot type=\"VirtualMachineSnapshot\">snapshot-2"
            "</snapshot><name>b</name></childSnapshotList></rootSnapshotList>",
        .vm_extra =
            "<propSet><name>layoutEx</name><val>"
            "<file><key>0</key><size>1000000</size></file>"
            "<file><key>1</key><size>100</size></file><file><key>2</key><size>20</size></"
            "file>"
            "<file><key>3</key><size>7</size></file><file><key>4</key><size>5</size></"
            "file>"
            "<disk><key>2000</key><chain><fileKey>0</fileKey></chain><chain><fileKey>1"
            "</fileKey></chain><chain><fileKey>2</fileKey></chain></disk>"
            "<snapshot><key type=\"VirtualMachineSnapshot\">snapshot-1</key><dataKey>3"
            "</dataKey><memoryKey>-1</memoryKey><disk><key>2000</key><chain><fileKey>0"
            "</fileKey></chain></disk></snapshot>"
            "<snapshot><key type=\"VirtualMachineSnapshot\">snapshot-2</key><dataKey>4"
            "</dataKey><disk><key>2000</key><chain><fileKey>0</fileKey></chain><chain>"
            "<fileKey>1</fileKey></chain></disk></snapshot></val></propSet>"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    const json_t *list = json_object_get(call.result, "snapshots");
    assert_int_equal(json_number(json_array_get(list, 0), "size_bytes", 0), 107);
    assert_int_equal(json_number(json_array_get(list, 1), "size_bytes", 0), 25);
    assert_true(json_is_true(json_object_get(json_array_get(list, 1), "current")));
    assert_int_equal(json_number(json_array_get(list, 1), "depth", 0), 2);
}

/* Real servers insist on the order of the schema; the simulators do not. */
static void parameters_are_in_the_order_of_the_schema(void **state)
{
    (void)state;
    static const struct {
        const char *operation, *with, *expected;
    } rows[] = {
        {"snapshot_create",
         "{\"name\":\"" NAME "\",\"description\":\"d\",\"memory\":true}",
         "<CreateSnapshot_Task xmlns=\"urn:vim25\"><_this type=\"VirtualMachine\">vm-1"
         "</_this><name>" NAME "</name><description>d slipway fingerprint="},
        {"snapshot_create", WITH,
         "</description><memory>false</memory><quiesce>false</quiesce>"
         "</CreateSnapshot_Task>"},
        {"snapshot_revert", "{\"name\":\"old\"}",
         "<_this type=\"VirtualMachineSnapshot\">snapshot-3</_this><suppressPowerOn>true"
         "</suppressPowerOn></RevertToSnapshot_Task>"},
        {"snapshot_remove", "{\"name\":\"old\"}",
         "<_this type=\"VirtualMachineSnapshot\">snapshot-3</_this><removeChildren>false"
         "</removeChildren><consolidate>true</consolidate></RemoveSnapshot_Task>"},
        {"vm", "{}",
         "<_this "
         "type=\"SearchIndex\">si</_this><uuid>4237</uuid><vmSearch>true</vmSearch>"
         "<instanceUuid>false</instanceUuid></FindAllByUuid>"},
        {"vm", "{}",
         "<_this type=\"SessionManager\">sm</_this><userName>svc</userName><password>"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_scene struct scene scene = {
            .snapshots = "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">"
                         "snapshot-3</snapshot><name>old</name></rootSnapshotList>"};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, rows[i].operation, rows[i].with);
        (void)fake_start(&call);
        if (!occurrences(&scene, rows[i].expected))
            fail_msg("%s: not sent: %s", rows[i].operation, rows[i].expected);
    }
}

static void an_idle_session_is_logged_out_and_comes_back_when_needed(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "vm", "{}");
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    vsphere_plugin()->tidy(scene.plugin, fake_now_ms() + 60 * 1000);
    assert_int_equal(calls_of(&scene, "Logout"), 0);
    vsphere_plugin()->tidy(scene.plugin, fake_now_ms() + 21 * 60 * 1000);
    assert_int_equal(calls_of(&scene, "Logout"), 1);
    expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
    assert_int_equal(calls_of(&scene, "Login"), 2);
}

/* Whatever bytes come, the answer is one of the outcomes, and nothing breaks. */
static void mutated_answers_are_survived(void **state)
{
    (void)state;
    static const char sample[] =
        "<e:Envelope xmlns:e=\"" ENVELOPE "\" xmlns:i=\"" XML_NS_XSI "\"><e:Body>"
        "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects><obj "
        "type=\"VirtualMachine\">vm-1</obj><propSet><name>name</name><val>v</val></"
        "propSet>"
        "<propSet><name>runtime.powerState</name><val>poweredOn</val></propSet><propSet>"
        "<name>snapshot</name><val><rootSnapshotList><snapshot type=\"S\">s-1</snapshot>"
        "<name>n</name><childSnapshotList><snapshot type=\"S\">s-2</snapshot>"
        "</childSnapshotList></rootSnapshotList></val></propSet><propSet><name>layoutEx"
        "</name><val><file><key>1</key><size>9</size></file><snapshot><key type=\"S\">s-1"
        "</key><dataKey>1</dataKey></snapshot></val></propSet><missingSet><path>x</path>"
        "<fault><fault "
        "i:type=\"NoPermission\"/></fault></missingSet></objects></returnval>"
        "</RetrievePropertiesExResponse></e:Body></e:Envelope>";
    auto_scene struct scene scene = {.power = "poweredOn"};
    unsigned seed = 20261121, usable = 0;
    scene_begin(&scene);
    for (int round = 0; round < 600; round++) {
        char bytes[sizeof sample];
        memcpy(bytes, sample, sizeof sample);
        for (int change = 0; change < round % 4; change++) {
            seed = seed * 1103515245u + 12345u;
            size_t at = (seed >> 8) % (sizeof sample - 1);
            bytes[at] = "<>&\"/ a0-\x80\x01"[(seed >> 4) % 11];
        }
        scene.bends[0] = (struct bend){.method = "RetrievePropertiesEx", .raw = bytes};
        auto_fake_call struct fake_call call;
        prepare(&call, &scene, "vm", "{}");
        enum slipway_outcome outcome = fake_start(&call);
        usable += outcome == SLIPWAY_DONE;
        assert_true(outcome == SLIPWAY_DONE || outcome == SLIPWAY_RETRY ||
                    outcome == SLIPWAY_REFUSED || outcome == SLIPWAY_FAILED);
        assert_true(outcome == SLIPWAY_DONE || call.said[0]);
    }
    assert_true(usable >= 150 && usable < 600);
}

/* --- arguments --------------------------------------------------------------------------- */

static void arguments_are_checked_before_anything_runs(void **state)
{
    (void)state;
    static const struct {
        const char *with;
        int result;
    } rows[] = {{WITH, 0},
                {"{}", -1},
                {"{\"name\":\"\"}", -1},
                {"{\"name\":\"a\\u0007b\"}", -1},
                {"{\"name\":\"a\",\"snapshot\":\"x\\\"><y\"}", -1},
                {"{\"name\":\"a\",\"snapshot\":\"snapshot-1\"}", 0}};
    const struct slipway_operation *create =
        fake_operation(vsphere_plugin(), "snapshot_create");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct slipway_error err = {""};
        assert_int_equal(create->check(rows[i].with, &err), rows[i].result);
        assert_int_equal(err.text[0] != '\0', rows[i].result != 0);
    }
}

static void a_target_without_a_manager_is_refused(void **state)
{
    (void)state;
    auto_scene struct scene scene = {.power = "poweredOn"};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    fake_call_init(&call, vsphere_plugin(), scene.plugin, "vm", "{}", "{\"name\":\"x\"}");
    expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
    said(&call, "manager");
    assert_int_equal(peer_count(scene.peer), 0);
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quoted_cookie_comes_back_as_it_was),
        cmocka_unit_test(
            a_session_that_ends_before_an_effect_costs_one_login_and_no_second_effect),
        cmocka_unit_test(a_session_that_never_holds_is_not_hammered),
        cmocka_unit_test(a_session_lost_inside_an_answer_is_renewed),
        cmocka_unit_test(refused_credentials_are_not_repeated_even_inside_http_200),
        cmocka_unit_test(a_session_that_comes_back_in_an_answer_is_not_repeated),
        cmocka_unit_test(a_login_without_a_cookie_is_refused),
        cmocka_unit_test(an_unusable_answer_to_a_read_is_asked_again_later),
        cmocka_unit_test(an_attribute_bomb_is_not_parsed),
        cmocka_unit_test(an_answer_that_is_too_large_is_refused),
        cmocka_unit_test(a_path_that_is_no_sdk_is_said),
        cmocka_unit_test(
            an_effect_without_a_usable_answer_is_unknown_and_never_sent_again),
        cmocka_unit_test(a_proxy_that_reached_nobody_proves_that_nothing_happened),
        cmocka_unit_test(faults_become_the_right_outcome),
        cmocka_unit_test(a_task_in_progress_that_is_ours_is_adopted),
        cmocka_unit_test(
            the_task_that_carries_our_key_is_adopted_and_others_are_waited_for),
        cmocka_unit_test(two_snapshots_of_the_same_step_need_a_human),
        cmocka_unit_test(a_task_tells_its_progress_its_end_and_why_it_failed),
        cmocka_unit_test(a_task_that_is_forgotten_is_unknown),
        cmocka_unit_test(a_manager_that_is_away_leaves_the_task_alone),
        cmocka_unit_test(a_question_is_said_while_the_power_on_waits_for_its_answer),
        cmocka_unit_test(missing_privileges_are_named),
        cmocka_unit_test(a_twin_on_the_second_page_is_noticed),
        cmocka_unit_test(the_space_of_a_snapshot_counts_what_was_written_after_it),
        cmocka_unit_test(parameters_are_in_the_order_of_the_schema),
        cmocka_unit_test(an_idle_session_is_logged_out_and_comes_back_when_needed),
        cmocka_unit_test(mutated_answers_are_survived),
        cmocka_unit_test(arguments_are_checked_before_anything_runs),
        cmocka_unit_test(a_target_without_a_manager_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
