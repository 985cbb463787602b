/*
 * test_sdk.c - stories about what vpxd tells with a session: inventory, alarms, extensions,
 * tasks; and about the session itself.
 */
#include "sdk_peer.h"

static const json_t *member(const struct fake_call *call, const char *key)
{
    return json_object_get(call->result, key);
}

static json_int_t number(const struct fake_call *call, const char *key)
{
    assert_true(json_is_integer(member(call, key)));
    return json_integer_value(member(call, key));
}

static const char *item(const struct fake_call *call, const char *list, size_t index)
{
    const char *text = json_string_value(json_array_get(member(call, list), index));
    assert_non_null(text);
    return text;
}

#define HOST(ref, host_name, state)                                                      \
    OBJECT("HostSystem", ref,                                                            \
           PROPERTY("name", host_name) PROPERTY("runtime.connectionState", state)        \
               PROPERTY("runtime.inMaintenanceMode", "false")                            \
                   PROPERTY("summary.config.product.version", "7.0.3"))
#define VM(ref, state)                                                                   \
    OBJECT("VirtualMachine", ref, PROPERTY("runtime.connectionState", state))
#define STORE(ref, store_name)                                                           \
    OBJECT("Datastore", ref,                                                             \
           PROPERTY("name", store_name) PROPERTY("summary.accessible", "true"))
#define ROOT(alarms)                                                                     \
    PAGE(OBJECT("Folder", "group-d1",                                                    \
                PROPERTY("overallStatus", "red")                                         \
                    PROPERTY("triggeredAlarmState", alarms)))
#define ALARM(status, where, what)                                                       \
    "<AlarmState><key>k</key><entity type=\"HostSystem\">" where "</entity><alarm "      \
    "type=\"Alarm\">" what "</alarm><overallStatus>" status "</overallStatus>"           \
    "<time>2026-11-22T00:00:00Z</time><acknowledged>false</acknowledged></AlarmState>"

#define BEFORE                                                                           \
    "{\"baseline\":{\"hosts\":3,\"vms\":3,\"datastores\":1,\"host_names\":[\"esx-1\","   \
    "\"esx-2\",\"esx-9\"],\"connected\":[\"esx-1\",\"esx-2\"],\"datastore_names\":"      \
    "[\"ds-1\"],\"alarms\":[{\"alarm\":\"Host memory usage\",\"entity\":\"esx-1\"}]}}"

static void an_inventory_is_counted_page_by_page_and_compared(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call call;
    vpxd_begin(
        &vpxd,
        (struct sdk_rule[]){
            {.method = "RetrievePropertiesEx",
             .needle = "view-1",
             .answer = "<returnval><token>t1</token>" HOST("host-1", "esx-1", "connected")
                 VM("vm-1", "connected") "</returnval>"},
            {.method = "ContinueRetrievePropertiesEx",
             .needle = "<token>t1</token>",
             .answer = PAGE(HOST("host-2", "esx-2", "notResponding")
                                VM("vm-2", "orphaned") STORE("datastore-1", "ds-1"))},
            {.method = "RetrievePropertiesEx",
             .needle = "info.name",
             .answer = PAGE(
                 OBJECT("Alarm", "alarm-7", PROPERTY("info.name", "Host connection lost"))
                     OBJECT("HostSystem", "host-2", PROPERTY("name", "esx-2")))},
            {.method = "RetrievePropertiesEx",
             .needle = "triggeredAlarmState",
             .answer = ROOT(ALARM("red", "host-2", "alarm-7")
                                ALARM("yellow", "host-1", "alarm-8"))},
            {0}});
    assert_int_equal(vc_read(&vpxd.vc, &call, "inventory", BEFORE), SLIPWAY_DONE);
    assert_int_equal(number(&call, "hosts"), 2);
    assert_int_equal(number(&call, "vms"), 2);
    assert_string_equal(json_text(call.result, "oldest_host"), "7.0.3");
    assert_int_equal(number(&call, "datastores"), 1);
    assert_int_equal(number(&call, "lost_vms"), 1);
    assert_int_equal(number(&call, "not_connected_count"), 1);
    assert_int_equal(number(&call, "alarm_count"), 1);
    assert_true(json_is_false(member(&call, "at_baseline")));
    assert_int_equal(json_array_size(member(&call, "missing")), 4);
    assert_string_equal(item(&call, "missing", 0), "host esx-9");
    assert_string_equal(item(&call, "missing", 1), "connection of host esx-2");
    assert_string_equal(item(&call, "missing", 2), "1 of 3 hosts");
    assert_string_equal(item(&call, "missing", 3), "1 of 3 virtual machines");
    const json_t *alarm = json_array_get(member(&call, "new_alarms"), 0);
    assert_string_equal(json_text(alarm, "alarm"), "Host connection lost");
    assert_string_equal(json_text(alarm, "entity"), "esx-2");
    vpxd_end(&vpxd);
}

static void many_questions_cost_one_login_and_its_end_is_told(void **state)
{
    (void)state;
    struct vpxd vpxd;
    vpxd_begin(&vpxd, (struct sdk_rule[]){
                          {.method = "RetrievePropertiesEx", .answer = PAGE("")}, {0}});
    for (int i = 0; i < 5; i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(vc_read(&vpxd.vc, &call, "tasks", "{}"), SLIPWAY_DONE);
        assert_true(json_is_true(member(&call, "idle")));
    }
    assert_int_equal(vpxd.logins, 1);
    assert_int_equal(atomic_load(&vpxd.vc.logins), 1);
    vpxd.epoch++; /* vpxd restarted: its sessions are gone */
    auto_fake_call struct fake_call call;
    assert_int_equal(vc_read(&vpxd.vc, &call, "tasks", "{}"), SLIPWAY_DONE);
    assert_int_equal(vpxd.logins, 2);
    vc_close(&vpxd.vc);
    assert_int_equal(vpxd.logouts, 1);
    vpxd_end(&vpxd);
}

/* vpxd calls a password wrong while Single Sign-On is not up; a wrong one is never sent
   again. So nobody is sent there before Single Sign-On has let somebody in. */
static void vpxd_is_not_asked_while_single_sign_on_is_down(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call down, up;
    vpxd_begin(&vpxd, (struct sdk_rule[]){
                          {.method = "RetrievePropertiesEx", .answer = PAGE("")}, {0}});
    vpxd.vc.login = LOGIN_503;
    vpxd.refuses = true;
    assert_int_equal(vc_read(&vpxd.vc, &down, "tasks", "{}"), SLIPWAY_RETRY);
    assert_int_equal(vpxd.logins, 0);
    vpxd.vc.login = LOGIN_BOTH;
    vpxd.refuses = false;
    assert_int_equal(vc_read(&vpxd.vc, &up, "tasks", "{}"), SLIPWAY_DONE);
    vpxd_end(&vpxd);
}

static void local_users_are_told_which_door_to_give(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){{0}});
    assert_int_equal(vc_read(&vc, &call, "inventory", "{}"), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "rest.vami"));
    vc_end(&vc);
}

#define TASK(ref, task_state)                                                            \
    OBJECT("Task", ref,                                                                  \
           "<propSet><name>info</name><val><key>k</key><descriptionId>"                  \
           "VirtualMachine.migrate</descriptionId><entityName>db\x01-1</entityName>"     \
           "<state>" task_state "</state><progress>40</progress><queueTime>2026-11-22T"  \
           "00:00:00Z</queueTime></val></propSet>")

static void only_what_still_runs_keeps_a_vcenter_busy(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call call;
    vpxd_begin(&vpxd,
               (struct sdk_rule[]){{.method = "RetrievePropertiesEx",
                                    .answer = PAGE(TASK("task-1", "success") TASK(
                                        "task-2", "queued") TASK("task-3", "running"))},
                                   {0}});
    /* a control character makes the whole answer unreadable: later, never "idle" */
    assert_int_equal(vc_read(&vpxd.vc, &call, "tasks", "{}"), SLIPWAY_RETRY);
    vpxd_end(&vpxd);
    auto_fake_call struct fake_call busy;
    vpxd_begin(
        &vpxd,
        (struct sdk_rule[]){
            {.method = "RetrievePropertiesEx",
             .answer = PAGE(OBJECT(
                 "Task", "task-2",
                 PROPERTY("info", "<descriptionId>VirtualMachine.migrate"
                                  "</descriptionId><entityName>db-1</entityName>"
                                  "<state>running</state><progress>40</progress>")))},
            {0}});
    assert_int_equal(vc_read(&vpxd.vc, &busy, "tasks", "{}"), SLIPWAY_DONE);
    assert_true(json_is_false(member(&busy, "idle")));
    assert_int_equal(number(&busy, "running"), 1);
    vpxd_end(&vpxd);
}

#define EXTENSION(key, version, thumbprint)                                              \
    "<Extension><description><label>l</label></description><key>" key "</key>"           \
    "<company>Acme</company><version>" version "</version><server><url>u</url>"          \
    "<serverThumbprint>" thumbprint "</serverThumbprint></server></Extension>"

static void extensions_that_lost_their_certificate_are_named(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call call;
    static const char *const baseline =
        "{\"baseline\":{\"extensions\":{"
        "\"com.acme.backup\":{\"version\":\"1\",\"company\":\"Acme\",\"thumbprints\":"
        "[\"AA\"]},"
        "\"com.acme.gone\":{\"version\":\"1\",\"company\":\"Acme\",\"thumbprints\":[]},"
        "\"com.vmware.vim\":{\"version\":\"8.0.2\",\"company\":\"Acme\","
        "\"thumbprints\":[\"CC\"]}}}}";
    vpxd_begin(&vpxd, (struct sdk_rule[]){
                          {.method = "RetrievePropertiesEx",
                           .needle = "extensionList",
                           .answer = PAGE(OBJECT(
                               "ExtensionManager", "em",
                               PROPERTY("extensionList",
                                        EXTENSION("com.acme.backup", "1", "BB") EXTENSION(
                                            "com.vmware.vim", "8.0.3", "CC"))))},
                          {0}});
    assert_int_equal(vc_read(&vpxd.vc, &call, "extensions", baseline), SLIPWAY_DONE);
    assert_int_equal(number(&call, "count"), 2);
    assert_string_equal(item(&call, "missing", 0), "com.acme.gone");
    assert_string_equal(item(&call, "changed", 0), "com.acme.backup");
    assert_string_equal(item(&call, "updated", 0), "com.vmware.vim");
    assert_true(json_is_false(member(&call, "at_baseline")));
    vpxd_end(&vpxd);
}

static void answers_that_make_no_sense_are_no_inventory(void **state)
{
    (void)state;
    const struct {
        const char *answer;
        enum slipway_outcome outcome;
    } table[] = {
        {"<returnval><objects><obj type=\"HostSystem\">a b</obj></objects></returnval>",
         SLIPWAY_DONE}, /* an object without a usable name is none */
        {"<returnval><token>same</token></returnval>", SLIPWAY_REFUSED}, /* for ever */
        {SDK_FAULT("NoPermission"), SLIPWAY_REFUSED},
        {SDK_FAULT("InvalidProperty"), SLIPWAY_FAILED},
        {NULL, SLIPWAY_RETRY},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        struct vpxd vpxd;
        auto_fake_call struct fake_call call;
        vpxd_begin(&vpxd,
                   (struct sdk_rule[]){
                       {.method = "RetrievePropertiesEx",
                        .needle = "triggeredAlarmState",
                        .answer = ROOT("")},
                       {.method = "RetrievePropertiesEx", .answer = table[i].answer},
                       {.method = "ContinueRetrievePropertiesEx",
                        .answer = "<returnval><token>same</token></returnval>"},
                       {0}});
        assert_int_equal(vc_read(&vpxd.vc, &call, "inventory", "{}"), table[i].outcome);
        if (table[i].outcome == SLIPWAY_DONE)
            assert_int_equal(number(&call, "hosts"), 0);
        vpxd_end(&vpxd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inventory_is_counted_page_by_page_and_compared),
        cmocka_unit_test(many_questions_cost_one_login_and_its_end_is_told),
        cmocka_unit_test(vpxd_is_not_asked_while_single_sign_on_is_down),
        cmocka_unit_test(local_users_are_told_which_door_to_give),
        cmocka_unit_test(only_what_still_runs_keeps_a_vcenter_busy),
        cmocka_unit_test(extensions_that_lost_their_certificate_are_named),
        cmocka_unit_test(answers_that_make_no_sense_are_no_inventory),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
