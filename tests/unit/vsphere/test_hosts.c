/*
 * test_hosts.c - a manager that is a set of hosts: two scripted ones, between which the
 * machine moves, disappears, and is there twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"

#define ABSENT                                                                           \
    {                                                                                    \
        .method = "FindAllByUuid", .raw = "<e:Envelope xmlns:e=\"" ENVELOPE              \
                                          "\"><e:Body><FindAllByUuidResponse "           \
                                          "xmlns=\"urn:vim25\"/></e:Body></e:Envelope>"  \
    }
#define SILENT                                                                           \
    {                                                                                    \
        .method = "FindAllByUuid", .hang_up = true                                       \
    }
#define GONE "<f xmlns=\"urn:vim25\" xsi:type=\"ManagedObjectNotFound\"/>"

/* Two hosts and what both are asked through. */
struct hosts {
    struct scene one, two;
    char *target;
};

static void hosts_begin(struct hosts *hosts)
{
    scene_begin(&hosts->one);
    scene_begin(&hosts->two);
    hosts->target = xasprintf(
        "{\"name\":\"vc-1\",\"host\":\"127.9.9.9\",\"vm\":{\"uuid\":\"4237\"},"
        "\"manager\":{\"name\":\"esx\",\"login\":{\"user\":\"svc\",\"password\":{"
        "\"file\":"
        "\"%s\"}},\"hosts\":[{\"name\":\"esx-1\",\"url\":\"%s/sdk\"},{\"name\":\"esx-2\","
        "\"url\":\"%s/sdk\"}]}}",
        hosts->one.password, hosts->one.peer->url, hosts->two.peer->url);
}

static void hosts_end(struct hosts *hosts)
{
    scene_end(&hosts->one);
    scene_end(&hosts->two);
    free(hosts->target);
}
#define auto_hosts __attribute__((cleanup(hosts_end)))

static void ask(struct fake_call *call, struct hosts *hosts, const char *operation,
                const char *with)
{
    fake_call_init(call, vsphere_plugin(), hosts->one.plugin, operation, with,
                   hosts->target);
}

/* From now on the machine is on the other host. */
static void move(struct scene *from, struct scene *to)
{
    struct bend absent = ABSENT, gone = {.method = "RetrievePropertiesEx", .fault = GONE};
    memset(from->bends, 0, sizeof from->bends);
    memset(to->bends, 0, sizeof to->bends);
    from->bends[0] = absent;
    from->bends[1] = gone;
}

static void the_host_that_has_it_gets_the_effect(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {.one = {.bends = {ABSENT}}};
    auto_fake_call struct fake_call call, look;
    hosts_begin(&hosts);
    ask(&call, &hosts, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    assert_non_null(strstr(call.handle, "\"host\":\"esx-2\""));
    assert_int_equal(calls_of(&hosts.one, "CreateSnapshot_Task"), 0);
    assert_int_equal(calls_of(&hosts.two, "CreateSnapshot_Task"), 1);
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    assert_int_equal(calls_of(&hosts.one, "FindAllByUuid"), 1); /* a poll asks its host */
    ask(&look, &hosts, "vm", "{}");
    expect(&look, SLIPWAY_DONE, (int)fake_start(&look));
    assert_string_equal(json_text(look.result, "through"), "esx-2");
}

static void nobody_two_and_silence_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        struct bend one, two;
        const char *says;
        int outcome;
    } rows[] = {
        {ABSENT, ABSENT, "any of the manager's 2 hosts", SLIPWAY_REFUSED},
        {{NULL}, {NULL}, "registered on 2 hosts (esx-1, esx-2)", SLIPWAY_REFUSED},
        {ABSENT, SILENT, "esx-2", SLIPWAY_RETRY},
        {SILENT, ABSENT, "cannot be said", SLIPWAY_RETRY},
        {SILENT, {NULL}, "", SLIPWAY_DONE},
        {ABSENT,
         {.method = "Login",
          .fault = "<f xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"/>"},
         "lockdown",
         SLIPWAY_REFUSED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_hosts struct hosts hosts = {.one = {.bends = {rows[i].one}},
                                         .two = {.bends = {rows[i].two}}};
        auto_fake_call struct fake_call call;
        hosts_begin(&hosts);
        ask(&call, &hosts, "vm", "{}");
        expect(&call, rows[i].outcome, (int)fake_start(&call));
        said(&call, rows[i].says);
    }
}

static void a_machine_that_moved_is_found_again(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {.two = {.bends = {ABSENT}}};
    auto_fake_call struct fake_call call;
    hosts_begin(&hosts);
    ask(&call, &hosts, "shut_down", "{}");
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    move(&hosts.one, &hosts.two);
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call));
    hosts.two.power = "poweredOff";
    expect(&call, SLIPWAY_DONE, (int)fake_poll(&call));
}

/* The snapshot was begun on one host; the machine is on the other one when we look. */
static void a_snapshot_is_recognised_on_another_host(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {.two = {.bends = {ABSENT}}};
    auto_fake_call struct fake_call call;
    hosts_begin(&hosts);
    ask(&call, &hosts, "snapshot_create", WITH);
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    auto_free char *tree = our_snapshot(&call, "7-snapshot-1");
    hosts.two.snapshots = tree;
    move(&hosts.one, &hosts.two);
    expect(&call, SLIPWAY_UNKNOWN, (int)fake_poll(&call)); /* its task stayed behind */
    expect(&call, SLIPWAY_PROBE_DONE, (int)fake_probe(&call));
    assert_string_equal(json_text(call.result, "snapshot"), "7-snapshot-1");
    assert_int_equal(calls_of(&hosts.two, "CreateSnapshot_Task"), 0);
}

/* References of one host mean nothing on the other one: the name counts. */
static void a_reference_of_another_manager_falls_back_to_the_name(void **state)
{
    (void)state;
    static const char *const operations[] = {"snapshot_revert", "snapshot_remove"};
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_hosts struct hosts hosts = {.one = {.bends = {ABSENT}}};
        auto_fake_call struct fake_call call;
        hosts_begin(&hosts);
        ask(&call, &hosts, operations[i],
            "{\"name\":\"" NAME "\",\"snapshot\":\"snapshot-4711\"}");
        auto_free char *tree = our_snapshot(&call, "7-snapshot-1");
        hosts.two.snapshots = tree;
        expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
        assert_int_equal(occurrences(&hosts.two, "type=\"VirtualMachineSnapshot\">"
                                                 "7-snapshot-1<"),
                         1);
    }
}

static void a_removal_is_not_believed_because_the_machine_moved(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {.one = {.task_info = "<state>success</state>"},
                                     .two = {.bends = {ABSENT}}};
    auto_fake_call struct fake_call call;
    hosts_begin(&hosts);
    ask(&call, &hosts, "snapshot_remove", WITH);
    auto_free char *here = our_snapshot(&call, "1-snapshot-1");
    auto_free char *there = our_snapshot(&call, "7-snapshot-1");
    hosts.one.snapshots = here;
    hosts.two.snapshots = there;
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
    struct bend gone = {.method = "FindAllByUuid", .fault = GONE};
    move(&hosts.one, &hosts.two);
    hosts.one.bends[2] = gone;
    int outcome =
        (int)fake_poll(&call); /* the task is not known, the snapshot is there */
    expect(&call, SLIPWAY_FAILED, outcome);
    said(&call, "still there");
}

static void a_machine_that_leaves_before_the_effect_is_tried_again(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {
        .one = {.bends = {{.method = "PowerOffVM_Task", .fault = GONE, .times = 1}}},
        .two = {.bends = {ABSENT}}};
    auto_fake_call struct fake_call call;
    hosts_begin(&hosts);
    ask(&call, &hosts, "power_off", "{}");
    expect(&call, SLIPWAY_RETRY, (int)fake_start(&call));
    expect(&call, SLIPWAY_PENDING, (int)fake_start(&call));
}

/* Two appliances that are one machine, seen on one host and then on the other. */
static void a_claim_follows_the_machine(void **state)
{
    (void)state;
    static const char uuid[] =
        "<propSet><name>config.uuid</name><val>4237</val></propSet>";
    auto_hosts struct hosts hosts = {.one = {.vm_extra = uuid},
                                     .two = {.vm_extra = uuid, .bends = {ABSENT}}};
    auto_fake_call struct fake_call first, second;
    hosts_begin(&hosts);
    ask(&first, &hosts, "snapshot_check", "{}");
    expect(&first, SLIPWAY_DONE, (int)fake_start(&first));
    move(&hosts.one, &hosts.two);
    auto_free char *other = xstrdup(hosts.target);
    memcpy(strstr(other, "vc-1"), "vc-2", 4);
    fake_call_init(&second, vsphere_plugin(), hosts.one.plugin, "snapshot_check", "{}",
                   other);
    expect(&second, SLIPWAY_REFUSED, (int)fake_start(&second));
    said(&second, "appliance vc-1 too");
}

static void a_handle_of_a_host_that_left_the_fleet_is_no_dead_end(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {.one = {.bends = {ABSENT}},
                                     .two = {.power = "poweredOff"}};
    auto_fake_call struct fake_call call;
    hosts_begin(&hosts);
    static const char *const handles[] = {"{\"vm\":\"9\",\"host\":\"esx-9\"}",
                                          "{\"vm\":\"vm-1\"}"};
    for (size_t i = 0; i < ARRAY_LENGTH(handles); i++) {
        ask(&call, &hosts, "power_off", "{}");
        call.handle = xstrdup(handles[i]);
        expect(&call, SLIPWAY_DONE, (int)fake_poll(&call));
        if (i + 1 < ARRAY_LENGTH(handles))
            fake_call_free(&call);
    }
}

/* A host may give the number of a machine that left to another one. */
static void a_number_that_was_given_anew_is_noticed(void **state)
{
    (void)state;
    auto_hosts struct hosts hosts = {
        .one = {.bends = {ABSENT},
                .power = "poweredOff",
                .vm_extra =
                    "<propSet><name>config.uuid</name><val>beef</val></propSet>"}};
    auto_fake_call struct fake_call call;
    hosts_begin(&hosts);
    ask(&call, &hosts, "power_off", "{}");
    call.handle = xstrdup("{\"vm\":\"vm-1\",\"host\":\"esx-1\"}");
    expect(&call, SLIPWAY_PENDING, (int)fake_poll(&call)); /* esx-2 says that it is on */
}

static void a_set_without_what_is_needed_is_refused(void **state)
{
    (void)state;
    static const char *const managers[] = {"{\"name\":\"m\",\"hosts\":[]}",
                                           "{\"name\":\"m\",\"hosts\":7}",
                                           "{\"name\":\"m\",\"hosts\":[{\"name\":\"h\","
                                           "\"url\":\"https://127.0.0.1:1/sdk\"}]}"};
    auto_scene struct scene scene = {.power = "poweredOn"};
    scene_begin(&scene);
    for (size_t i = 0; i < ARRAY_LENGTH(managers); i++) {
        auto_free char *target = xasprintf(
            "{\"name\":\"a\",\"vm\":{\"uuid\":\"1\"},\"manager\":%s}", managers[i]);
        auto_fake_call struct fake_call call;
        fake_call_init(&call, vsphere_plugin(), scene.plugin, "vm", "{}", target);
        expect(&call, SLIPWAY_REFUSED, (int)fake_start(&call));
        said(&call, "hosts");
    }
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_that_has_it_gets_the_effect),
        cmocka_unit_test(nobody_two_and_silence_are_told_apart),
        cmocka_unit_test(a_machine_that_moved_is_found_again),
        cmocka_unit_test(a_snapshot_is_recognised_on_another_host),
        cmocka_unit_test(a_reference_of_another_manager_falls_back_to_the_name),
        cmocka_unit_test(a_removal_is_not_believed_because_the_machine_moved),
        cmocka_unit_test(a_machine_that_leaves_before_the_effect_is_tried_again),
        cmocka_unit_test(a_claim_follows_the_machine),
        cmocka_unit_test(a_handle_of_a_host_that_left_the_fleet_is_no_dead_end),
        cmocka_unit_test(a_number_that_was_given_anew_is_noticed),
        cmocka_unit_test(a_set_without_what_is_needed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
