/*
 * test_guard.c - what the guard before a snapshot sees beyond the machine's state:
 * devices, the host's licence and modes, backups at work, and a manager that is the
 * appliance itself under another name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"

#define ANSWER(method, inside)                                                           \
    "<e:Envelope xmlns:e=\"" ENVELOPE "\" xmlns:xsi=\"" XML_NS_XSI "\"><e:Body><" method \
    "Response xmlns=\"urn:vim25\"><returnval>" inside "</returnval></" method            \
    "Response></e:Body></e:Envelope>"
#define GREETING(about)                                                                  \
    ANSWER("RetrieveServiceContent",                                                     \
           "<rootFolder type=\"Folder\">r</rootFolder><propertyCollector "               \
           "type=\"PropertyCollector\">pc</propertyCollector><viewManager "              \
           "type=\"ViewManager\">v</viewManager><about>" about                           \
           "</about><sessionManager type=\"SessionManager\">s</sessionManager>"          \
           "<licenseManager type=\"LicenseManager\">lic</licenseManager><searchIndex "   \
           "type=\"SearchIndex\">si</searchIndex>")
#define VCENTER                                                                          \
    GREETING("<apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion>"          \
             "<instanceUuid>aaaa-1</instanceUuid>")
#define HOST GREETING("<apiType>HostAgent</apiType><apiVersion>8.0.3.0</apiVersion>")
#define DEVICES(inside)                                                                  \
    "<propSet><name>config.hardware.device</name><val>" inside "</val></propSet>"
#define DISK(backing)                                                                    \
    "<VirtualDevice xsi:type=\"VirtualDisk\"><deviceInfo><label>Hard disk 2</label>"     \
    "</deviceInfo><backing>" backing "</backing></VirtualDevice>"
#define METHODS(name)                                                                    \
    "<propSet><name>disabledMethod</name><val><string>" name "</string></val></propSet>"

static void check_once(const char *greeting, const char *extra, int wanted,
                       const char *text)
{
    auto_scene struct scene scene = {
        .vm_extra = extra,
        .bends = {{.method = "RetrieveServiceContent", .raw = greeting}}};
    start_once(&scene, "snapshot_check", "{}", wanted, text);
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 0);
}

static void devices_that_have_no_snapshots_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *extra, *says;
    } rows[] = {
        {DEVICES(DISK("<diskMode>independent_persistent</diskMode>")),
         "Hard disk 2 is independent"},
        {DEVICES(DISK("<diskMode>independent_nonpersistent</diskMode>")),
         "Hard disk 2 is independent"},
        {DEVICES(DISK("<diskMode>persistent</diskMode><keyId><keyId>k</keyId></keyId>")),
         "Hard disk 2 is encrypted"},
        {DEVICES(DISK("<compatibilityMode>physicalMode</compatibilityMode>")),
         "raw device"},
        {DEVICES(DISK("<sharing>sharingMultiWriter</sharing>")), "shared"},
        {DEVICES(
             "<VirtualDevice xsi:type=\"VirtualPCIPassthrough\"><deviceInfo><label>PCI "
             "device 0</label></deviceInfo></VirtualDevice>"),
         "PCI device 0 is passed through"},
        {DEVICES("<VirtualDevice xsi:type=\"ParaVirtualSCSIController\"><sharedBus>"
                 "physicalSharing</sharedBus></VirtualDevice>"),
         "is shared with other machines"},
        {"<propSet><name>config.keyId</name><val><keyId>k</keyId></val></propSet>",
         "it is encrypted"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_once(VCENTER, rows[i].extra, SLIPWAY_REFUSED, rows[i].says);
    check_once(VCENTER,
               DEVICES(DISK("<diskMode>persistent</diskMode>") DISK(
                   "") "<VirtualDevice/>"
                       "<VirtualDevice xsi:type=\"VirtualE1000\"><sharedBus>noSharing"
                       "</sharedBus></VirtualDevice>"),
               SLIPWAY_DONE, "");
}

static void everything_is_said_at_once(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .vm_extra = DEVICES(DISK("<diskMode>independent_persistent</diskMode>")),
        .snapshots = "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">s-1"
                     "</snapshot><name>by hand</name></rootSnapshotList>",
        .bends = {{.method = "RetrieveServiceContent", .raw = VCENTER}}};
    auto_fake_call struct fake_call call;
    scene_begin(&scene);
    prepare(&call, &scene, "snapshot_check", "{\"room_bytes\":99999999999}");
    expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
    said(&call, "independent");
    said(&call, "by hand");
    said(&call, "MiB are needed");
}

/* --- backups ------------------------------------------------------------------------ */

#define BACKUP                                                                           \
    "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">s-1</snapshot><name>"   \
    "VEEAM BACKUP TEMPORARY SNAPSHOT</name></rootSnapshotList>"

static void a_backup_is_waited_for_while_it_is_at_work(void **state)
{
    (void)state;
    static const struct {
        const char *greeting, *snapshots, *extra, *says;
        int outcome;
    } rows[] = {
        {VCENTER, BACKUP, METHODS("RelocateVM_Task"), "a backup of", SLIPWAY_RETRY},
        {VCENTER, BACKUP, METHODS("CreateSnapshot_Task"), "a backup of", SLIPWAY_RETRY},
        {VCENTER, NULL, METHODS("CreateSnapshot_Task"), "disabled snapshots",
         SLIPWAY_RETRY},
        {VCENTER, BACKUP, METHODS("PowerOnVM_Task"), "VEEAM", SLIPWAY_REFUSED},
        {VCENTER, BACKUP, "", "VEEAM", SLIPWAY_REFUSED}, /* a leftover */
        {HOST, BACKUP, METHODS("MigrateVM_Task"), "VEEAM", SLIPWAY_REFUSED},
        {VCENTER, NULL, METHODS("MigrateVM_Task"), "", SLIPWAY_DONE},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_scene struct scene scene = {
            .vm_extra = rows[i].extra,
            .snapshots = rows[i].snapshots,
            .bends = {{.method = "RetrieveServiceContent", .raw = rows[i].greeting}}};
        start_once(&scene, "snapshot_check", "{}", rows[i].outcome, rows[i].says);
    }
    auto_scene struct scene scene = {
        .bends = {{.method = "CreateSnapshot_Task",
                   .fault = "<f xmlns=\"urn:vim25\" xsi:type=\"MethodDisabled\"/>"}}};
    start_once(&scene, "snapshot_create", WITH, SLIPWAY_RETRY, "MethodDisabled");
}

/* --- the host ------------------------------------------------------------------------ */

static void a_host_that_allows_nothing_is_seen_before_the_first_write(void **state)
{
    (void)state;
    static const struct {
        const char *licence, *properties, *says;
    } rows[] = {
        {"<editionKey>esxBasic</editionKey><name>x</name>", "", "free licence (x)"},
        {"<name>VMware vSphere 8 Hypervisor</name>", "", "free licence"},
        {"<editionKey>esx.standard</editionKey><name>VMware vSphere 8 Standard</name>",
         "<propSet><name>config.lockdownMode</name><val>lockdownStrict</val></propSet>",
         "lockdown mode (lockdownStrict)"},
        {"<name>VMware vSphere 8 Standard</name>",
         "<propSet><name>runtime.inMaintenanceMode</name><val>true</val></propSet>",
         "its host esx-7 is in maintenance mode"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        /* every answer holds the host's own objects too */
        auto_free char *objects = xasprintf(
            "<objects><obj "
            "type=\"LicenseManager\">lic</obj><propSet><name>licenses</name>"
            "<val><LicenseManagerLicenseInfo>%s</LicenseManagerLicenseInfo></val></"
            "propSet>"
            "</objects><objects><obj type=\"HostSystem\">ha-host</obj><propSet><name>name"
            "</name><val>esx-7</val></propSet>%s</objects>",
            rows[i].licence, rows[i].properties);
        auto_scene struct scene scene = {
            .tasks = objects,
            .bends = {{.method = "RetrieveServiceContent", .raw = HOST}}};
        start_once(&scene, "snapshot_check", "{}", SLIPWAY_REFUSED, rows[i].says);
    }
}

static void an_exception_user_may_work_in_lockdown(void **state)
{
    (void)state;
    static const char objects[] =
        "<objects><obj type=\"HostSystem\">ha-host</obj><propSet><name>"
        "config.lockdownMode</name><val>lockdownNormal</val></propSet><propSet><name>"
        "configManager.hostAccessManager</name><val type=\"HostAccessManager\">ham</val>"
        "</propSet></objects>";
    static const struct {
        const char *users;
        int outcome;
    } rows[] = {{"root", SLIPWAY_REFUSED}, {"SVC", SLIPWAY_DONE}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_free char *users = xasprintf(
            "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
            "<QueryLockdownExceptionsResponse xmlns=\"urn:vim25\"><returnval>dcui"
            "</returnval><returnval>%s</returnval></QueryLockdownExceptionsResponse>"
            "</e:Body></e:Envelope>",
            rows[i].users);
        auto_scene struct scene scene = {
            .tasks = objects,
            .bends = {{.method = "RetrieveServiceContent", .raw = HOST},
                      {.method = "QueryLockdownExceptions", .raw = users}}};
        start_once(&scene, "snapshot_check", "{}", rows[i].outcome,
                   rows[i].outcome == SLIPWAY_DONE ? "" : "exception user");
    }
}

static void a_vcenter_is_not_asked_for_its_hosts_licence(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .bends = {{.method = "RetrieveServiceContent", .raw = VCENTER}}};
    start_once(&scene, "snapshot_check", "{}", SLIPWAY_DONE, "");
    assert_int_equal(occurrences(&scene, "LicenseManager"), 0);
    assert_int_equal(occurrences(&scene, "lockdownMode"), 0);
}

/* --- its own manager ------------------------------------------------------------------ */

static void own_names_are_recognised(void **state)
{
    (void)state;
    static const char *const extras[] = {
        "<propSet><name>guest.ipAddress</name><val>127.0.0.1</val></propSet>",
        "<propSet><name>guest.hostName</name><val>127.0.0.1</val></propSet>"};
    for (size_t i = 0; i < ARRAY_LENGTH(extras); i++)
        check_once(VCENTER, extras[i], SLIPWAY_REFUSED,
                   "its manager is this very appliance");
    check_once(VCENTER, "<propSet><name>guest.hostName</name><val>127</val></propSet>",
               SLIPWAY_DONE, "");
}

/* The appliance answers at its own door, under an address that the manager has not. */
static void the_same_instance_is_recognised_behind_another_address(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *own;
        int outcome;
    } rows[] = {
        {"vcsa", VCENTER, SLIPWAY_REFUSED},
        {"vcsa",
         GREETING("<apiType>VirtualCenter</apiType><instanceUuid>bbbb-2"
                  "</instanceUuid>"),
         SLIPWAY_DONE},
        {"vcsa", "no vCenter", SLIPWAY_DONE},
        {"linux", VCENTER, SLIPWAY_DONE}, /* nobody asks a Linux machine at /sdk */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_scene struct scene scene = {
            .bends = {{.method = "RetrieveServiceContent", .raw = VCENTER}}};
        auto_scene struct scene own = {
            .bends = {{.method = "RetrieveServiceContent", .raw = rows[i].own}}};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        scene_begin(&own);
        auto_json json_t *target =
            json_parse(scene.target, strlen(scene.target), 65536, NULL);
        (void)json_object_set_new(target, "kind", json_string(rows[i].kind));
        (void)json_object_set_new(target, "rest",
                                  json_pack("{s:s}", "url", own.peer->url));
        auto_free char *text = json_canonical(target);
        fake_call_init(&call, vsphere_plugin(), scene.plugin, "snapshot_check", "{}",
                       text);
        expect(&call, rows[i].outcome, (int)fake_start(&call));
        assert_int_equal(calls_of(&own, "Login"), 0);
        assert_int_equal(calls_of(&own, "RetrieveServiceContent") > 0,
                         !strcmp(rows[i].kind, "vcsa"));
    }
}

/* --- hostile answers ------------------------------------------------------------------ */

/* Whatever bytes come, guard and listing answer with an outcome, and nothing breaks. */
static void mutated_answers_are_survived(void **state)
{
    (void)state;
    static const char sample[] = ANSWER(
        "RetrievePropertiesEx",
        "<objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>name</name><val>v"
        "</val></propSet><propSet><name>runtime.powerState</name><val>poweredOn</val>"
        "</propSet><propSet><name>parent</name><val type=\"Folder\">g</val></propSet>"
        "<propSet><name>config.annotation</name><val>slipway: kind=vcsa "
        "a=b</val></propSet>"
        "<propSet><name>config.vAppConfig.product</name><val><P><name>vCenter "
        "Server</name>"
        "</P></val></propSet><propSet><name>config.lockdownMode</name><val>l</val></"
        "propSet>"
        "<propSet><name>licenses</name><val><L><name>n</name></L></val></"
        "propSet>" DEVICES(DISK("<diskMode>independent_persistent</diskMode>")) METHODS(
            "RelocateVM_Task") "</objects><objects><obj type=\"Folder\">g</obj>"
                               "<propSet><name>parent</name><val type=\"Folder\">g"
                               "</val></propSet></objects>");
    static const char *const operations[] = {"snapshot_check", "machines"};
    auto_scene struct scene scene = {
        .bends = {{.method = "RetrieveServiceContent", .raw = HOST},
                  {.method = "CreateContainerView",
                   .raw = "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                          "<CreateContainerViewResponse xmlns=\"urn:vim25\"><returnval "
                          "type=\"ContainerView\">view-1</returnval>"
                          "</CreateContainerViewResponse></e:Body></e:Envelope>"}}};
    unsigned seed = 20261122, done = 0;
    scene_begin(&scene);
    for (int round = 0; round < 600; round++) {
        char bytes[sizeof sample];
        memcpy(bytes, sample, sizeof sample);
        for (int change = 0; change < round % 4; change++) {
            seed = seed * 1103515245u + 12345u;
            size_t at = (seed >> 8) % (sizeof sample - 1);
            bytes[at] = "<>&\"/ a0-\x80\x01"[(seed >> 4) % 11];
        }
        scene.bends[2] = (struct bend){.method = "RetrievePropertiesEx", .raw = bytes};
        auto_fake_call struct fake_call call;
        prepare(&call, &scene, operations[round / 4 % 2], "{}");
        int outcome = (int)fake_start(&call);
        done += outcome == SLIPWAY_DONE;
        if (outcome == SLIPWAY_DONE && round / 4 % 2 == 0)
            fail_msg("a machine that nobody calls connected has passed: %s", bytes);
        assert_int_equal(call.secrets_out, 0);
    }
    assert_true(done > 30);
    assert_int_equal(calls_of(&scene, "CreateSnapshot_Task"), 0);
}

/* --- the way back, before a change ----------------------------------------------------- */

#define TREE(...)                                                                        \
    "<currentSnapshot "                                                                  \
    "type=\"VirtualMachineSnapshot\">snapshot-7</currentSnapshot>" __VA_ARGS__
#define SNAPSHOT(ref, name)                                                              \
    "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">" ref                   \
    "</snapshot><name>" name "</name><description/><createTime>t</createTime>"           \
    "</rootSnapshotList>"
#define OURS "{\"name\":\"slipway/x\",\"snapshot\":\"snapshot-7\"}"

static const struct {
    const char *tree;
    int wanted;
    const char *says, *found; /* in the result, where there is one */
} ways[] = {
    {TREE(SNAPSHOT("snapshot-7", "slipway%2fx")), SLIPWAY_DONE, "", "snapshot-7"},
    /* registered again, its snapshots have other references */
    {TREE(SNAPSHOT("snapshot-9", "slipway%2fx")), SLIPWAY_DONE, "", "snapshot-9"},
    {"", SLIPWAY_DONE, "", NULL},
    {TREE(SNAPSHOT("snapshot-3", "of somebody else")), SLIPWAY_DONE, "", NULL},
    {TREE(SNAPSHOT("snapshot-7", "renamed by somebody")), SLIPWAY_REFUSED, "snapshot-7",
     NULL},
    {TREE(SNAPSHOT("snapshot-8", "slipway%2fx") SNAPSHOT("snapshot-9", "slipway%2fx")),
     SLIPWAY_REFUSED, "snapshot-9", NULL},
};

static void a_snapshot_is_found_or_not_or_nobody_can_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
        auto_scene struct scene scene = {.snapshots = ways[i].tree};
        auto_fake_call struct fake_call call;
        scene_begin(&scene);
        prepare(&call, &scene, "snapshot_find", OURS);
        expect(&call, ways[i].wanted, (int)fake_start(&call));
        said(&call, ways[i].says);
        assert_int_equal(call.result != NULL, ways[i].wanted == SLIPWAY_DONE);
        const char *found = json_text(call.result, "snapshot");
        assert_int_equal(found != NULL, ways[i].found != NULL);
        if (found)
            assert_string_equal(found, ways[i].found);
    }
}

/* It may be the one that takes the snapshot away. */
static void a_task_at_work_is_waited_for_before_a_change(void **state)
{
    (void)state;
    auto_scene struct scene scene = {
        .snapshots = TREE(SNAPSHOT("snapshot-7", "slipway%2fx")),
        .tasks = "<objects><obj type=\"Task\">task-9</obj><propSet><name>info</name><val "
                 "xsi:type=\"TaskInfo\"><key>task-9</key><name>RemoveSnapshot_Task</name>"
                 "<descriptionId>vm.Snapshot.remove</descriptionId><state>running</state>"
                 "<queueTime>2026-11-21T02:13:05Z</queueTime></val></propSet></objects>"};
    start_once(&scene, "snapshot_find", OURS, SLIPWAY_RETRY, "task-9");
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_that_have_no_snapshots_are_named),
        cmocka_unit_test(everything_is_said_at_once),
        cmocka_unit_test(a_backup_is_waited_for_while_it_is_at_work),
        cmocka_unit_test(a_host_that_allows_nothing_is_seen_before_the_first_write),
        cmocka_unit_test(an_exception_user_may_work_in_lockdown),
        cmocka_unit_test(a_vcenter_is_not_asked_for_its_hosts_licence),
        cmocka_unit_test(mutated_answers_are_survived),
        cmocka_unit_test(own_names_are_recognised),
        cmocka_unit_test(the_same_instance_is_recognised_behind_another_address),
        cmocka_unit_test(a_snapshot_is_found_or_not_or_nobody_can_say),
        cmocka_unit_test(a_task_at_work_is_waited_for_before_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
