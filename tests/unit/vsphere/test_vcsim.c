/*
 * test_vcsim.c - the plugin against a vCenter that nobody here wrote.
 *
 * One vcsim serves all stories; each story takes its own virtual machine. What
 * vcsim received is read from its own transcript. The hand of "somebody else" is
 * played by raw requests through a second login.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"
#include "vcsim.h"
#include "vsphere/properties.h"
#include "vsphere/vm.h"
#include "vsphere/vsphere_plugin.h"

#define VM(n)      "\"name\":\"DC0_C0_RP0_VM" #n "\""
#define STEP_MS    50
#define LIMIT_MS   20000
#define SNAP(name) "{\"name\":\"slipway/camp/vc-1/" name "\"}"

static struct vcsim *sim;

/* --- helpers --------------------------------------------------------------------- */

static void *plugin_open(void)
{
    void *state = NULL;
    struct slipway_error err = {""};
    if (vsphere_plugin()->open(fake_host(), &state, &err))
        fail_msg("%s", err.text);
    return state;
}

static void plugin_close(void **state)
{
    vsphere_plugin()->close(*state);
}
#define auto_plugin __attribute__((cleanup(plugin_close)))

static void prepare(struct fake_call *call, void *plugin, const char *operation,
                    const char *with, const char *vm)
{
    auto_free char *target = vcsim_target(sim, vm);
    fake_call_init(call, vsphere_plugin(), plugin, operation, with, target);
}

static void expect(struct fake_call *call, enum slipway_outcome wanted,
                   enum slipway_outcome got)
{
    if (wanted != got)
        fail_msg("%s: outcome %d instead of %d: %s", call->call.operation, (int)got,
                 (int)wanted, call->said);
    assert_int_equal(call->secrets_out, 0);
}

/* The vm document as it is now; the caller's. */
static json_t *look(void *plugin, const char *vm)
{
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "vm", "{}", vm);
    expect(&call, SLIPWAY_DONE, fake_start(&call));
    return json_incref(call.result);
}

static size_t snapshot_count(void *plugin, const char *vm)
{
    auto_json json_t *document = look(plugin, vm);
    return json_array_size(json_object_get(document, "snapshots"));
}

/* Run to the end; the result is the caller's. */
static json_t *run(void *plugin, const char *operation, const char *with, const char *vm)
{
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, operation, with, vm);
    expect(&call, SLIPWAY_DONE, fake_run_to_end(&call, STEP_MS, LIMIT_MS));
    return json_incref(call.result);
}

static void run_away(void *plugin, const char *operation, const char *with,
                     const char *vm)
{
    json_decref(run(plugin, operation, with, vm));
}

/* Somebody else's client: the same code, another login, any method. */
struct other {
    void *plugin;
    struct fake_call call;
    struct vsphere_talk talk;
};

static void other_open(struct other *other)
{
    other->plugin = plugin_open();
    auto_free char *target = vcsim_target_as(
        sim, "\"name\":\"-\"", VCSIM_USER "@vsphere.local", sim->password_file);
    fake_call_init(&other->call, vsphere_plugin(), other->plugin, "vm", "{}", target);
    fake_before(&other->call);
    assert_int_equal(vsphere_talk_open(&other->talk, &other->call.call), 0);
    assert_int_equal(vsphere_connect(&other->talk), VSPHERE_OK);
}

static void other_close(struct other *other)
{
    vsphere_talk_close(&other->talk);
    fake_after(&other->call);
    fake_call_free(&other->call);
    plugin_close(&other->plugin);
}

static void other_send(struct other *other, struct vsphere_request *request)
{
    auto_reply struct vsphere_reply reply = {0};
    if (vsphere_send(&other->talk, request, &reply) != VSPHERE_OK)
        fail_msg("%s", other->talk.err.text);
}

/* vcsim lets any property be set through an extraConfig key. */
static void set_property(const char *ref, const char *path, const char *value)
{
    struct other other;
    other_open(&other);
    auto_request struct vsphere_request request = {0};
    auto_free char *key = xasprintf("SET.%s", path);
    vsphere_talk_request(&other.talk, &request, "ReconfigVM_Task", "VirtualMachine", ref);
    xml_write_open(&request.writer, "spec");
    xml_write_open(&request.writer, "extraConfig");
    xml_write_attribute(&request.writer, "xsi:type", "OptionValue");
    xml_write_element(&request.writer, "key", key);
    xml_write_open(&request.writer, "value");
    xml_write_attribute(&request.writer, "xmlns:xsd", "http://www.w3.org/2001/XMLSchema");
    xml_write_attribute(&request.writer, "xsi:type",
                        strcmp(value, "true") ? "xsd:string" : "xsd:boolean");
    xml_write_text(&request.writer, value);
    xml_write_close(&request.writer);
    xml_write_close(&request.writer);
    xml_write_close(&request.writer);
    other_send(&other, &request);
    other_close(&other);
    vcsim_sleep(100); /* the task that sets it is not waited for */
}

static void foreign_snapshot(const char *ref, const char *name)
{
    struct other other;
    other_open(&other);
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(&other.talk, &request, "CreateSnapshot_Task", "VirtualMachine",
                         ref);
    xml_write_element(&request.writer, "name", name);
    xml_write_boolean(&request.writer, "memory", false);
    xml_write_boolean(&request.writer, "quiesce", false);
    other_send(&other, &request);
    other_close(&other);
}

static char *ref_of(void *plugin, const char *vm)
{
    auto_json json_t *document = look(plugin, vm);
    return xstrdup(json_text(document, "vm"));
}

static void wait_for_snapshots(void *plugin, const char *vm, size_t count)
{
    for (int tries = 0; tries < 200; tries++) {
        auto_json json_t *document = look(plugin, vm);
        if (json_array_size(json_object_get(document, "snapshots")) == count &&
            !json_array_size(json_object_get(document, "running_tasks")))
            return;
        vcsim_sleep(STEP_MS);
    }
    fail_msg("never %zu snapshots", count);
}

/* --- who are you ------------------------------------------------------------------ */

static void a_machine_is_found_by_name_path_and_both_uuids(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_json json_t *by_name = look(plugin, VM(0));
    assert_string_equal(json_text(by_name, "name"), "DC0_C0_RP0_VM0");
    assert_string_equal(json_text(by_name, "power"), "poweredOn");
    assert_string_equal(json_text(by_name, "connection"), "connected");
    assert_non_null(json_text(by_name, "host"));
    assert_true(json_is_false(json_object_get(by_name, "question")));
    assert_true(json_number(by_name, "memory_mb", 0) > 0);
    const json_t *store = json_array_get(json_object_get(by_name, "datastores"), 0);
    assert_true(json_number(store, "free_bytes", -1) > 0);
    assert_true(json_is_true(json_object_get(store, "accessible")));

    auto_free char *uuid = xasprintf("\"uuid\":\"%s\"", json_text(by_name, "uuid"));
    auto_free char *instance =
        xasprintf("\"instance_uuid\":\"%s\"", json_text(by_name, "instance_uuid"));
    const char *others[] = {uuid, instance, "\"path\":\"/DC0/vm/DC0_C0_RP0_VM0\""};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        auto_json json_t *document = look(plugin, others[i]);
        assert_string_equal(json_text(document, "vm"), json_text(by_name, "vm"));
    }
}

static void an_absent_machine_is_refused(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    const char *absent[] = {"\"name\":\"DC0_C0_RP0_VM\"", "\"path\":\"/DC0/vm/none\"",
                            "\"uuid\":\"00000000-0000-0000-0000-000000000000\"",
                            "\"path\":\"/DC0/vm\""};
    for (size_t i = 0; i < ARRAY_LENGTH(absent); i++) {
        auto_fake_call struct fake_call call;
        prepare(&call, plugin, "vm", "{}", absent[i]);
        expect(&call, SLIPWAY_REFUSED, fake_start(&call));
        assert_non_null(strstr(call.said, "no virtual machine"));
    }
}

static void twins_are_refused_and_named(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *one = ref_of(plugin, VM(1)), *two = ref_of(plugin, VM(2));
    set_property(one, "config.uuid", "11111111-2222-3333-4444-555555555555");
    set_property(two, "config.uuid", "11111111-2222-3333-4444-555555555555");
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_create", SNAP("0"),
            "\"uuid\":\"11111111-2222-3333-4444-555555555555\"");
    expect(&call, SLIPWAY_REFUSED, fake_start(&call));
    assert_non_null(strstr(call.said, "2 virtual machines"));
    assert_non_null(strstr(call.said, one));
    assert_non_null(strstr(call.said, two));
}

/* The same machine by name for one appliance, by path for another. */
static void a_machine_belongs_to_one_appliance(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_fake_call struct fake_call first, check, create;
    prepare(&first, plugin, "snapshot_check", "{}", VM(16));
    expect(&first, SLIPWAY_DONE, fake_start(&first));
    auto_free char *same = vcsim_target(sim, "\"path\":\"/DC0/vm/DC0_C0_RP0_VM16\"");
    auto_free char *second = xasprintf("{\"name\":\"vc-2\"%s", strchr(same, ','));
    fake_call_init(&check, vsphere_plugin(), plugin, "snapshot_check", "{}", second);
    expect(&check, SLIPWAY_REFUSED, fake_start(&check));
    assert_non_null(strstr(check.said, "of appliance vc-1 too"));
    unsigned before = vcsim_trace_count(sim, "<CreateSnapshot_Task ");
    fake_call_init(&create, vsphere_plugin(), plugin, "snapshot_create", SNAP("0"),
                   second);
    expect(&create, SLIPWAY_REFUSED, fake_start(&create));
    assert_non_null(strstr(create.said, "of appliance vc-1 too"));
    assert_int_equal(vcsim_trace_count(sim, "<CreateSnapshot_Task "), before);
    /* the first one goes on */
    run_away(plugin, "snapshot_create", SNAP("0"), VM(16));
}

/* --- logging in -------------------------------------------------------------------- */

static void a_wrong_password_is_sent_once_and_never_again(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *target = vcsim_target_as(sim, VM(0), VCSIM_USER, sim->wrong_file);
    unsigned before = vcsim_trace_count(sim, "<Login ");
    for (int i = 0; i < 3; i++) {
        auto_fake_call struct fake_call call;
        fake_call_init(&call, vsphere_plugin(), plugin, "vm", "{}", target);
        expect(&call, SLIPWAY_REFUSED, fake_start(&call));
        assert_non_null(strstr(call.said, "InvalidLogin"));
        assert_null(strstr(call.said, "wrong\""));
    }
    assert_int_equal(vcsim_trace_count(sim, "<Login "), before + 1);

    /* Corrected in place: it gets its chance without a restart. */
    vcsim_write(sim->wrong_file, VCSIM_PASSWORD "\n");
    auto_fake_call struct fake_call call;
    fake_call_init(&call, vsphere_plugin(), plugin, "vm", "{}", target);
    expect(&call, SLIPWAY_DONE, fake_start(&call));
    vcsim_write(sim->wrong_file, "wrong\n");
}

static void *look_once(void *plugin)
{
    json_t *document = look(plugin, VM(0));
    json_decref(document);
    return NULL;
}

static void eight_threads_share_one_login(void **state)
{
    (void)state;
    unsigned logins = vcsim_trace_count(sim, "<Login ");
    unsigned logouts = vcsim_trace_count(sim, "<Logout ");
    {
        auto_plugin void *plugin = plugin_open();
        pthread_t threads[8];
        for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, look_once, plugin), 0);
        for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
            (void)pthread_join(threads[i], NULL);
        for (int i = 0; i < 5; i++)
            (void)look_once(plugin);
    }
    assert_int_equal(vcsim_trace_count(sim, "<Login "), logins + 1);
    assert_int_equal(vcsim_trace_count(sim, "<Logout "), logouts + 1);
}

struct session_keys {
    char keys[32][64];
    size_t count;
};

static void take_sessions(void *context, const struct xml_node *object)
{
    struct session_keys *all = context;
    const struct xml_node *one =
        xml_child(vsphere_property(object, "sessionList"), VSPHERE_NS, "UserSession");
    for (; one && all->count < 32; one = xml_next(one, VSPHERE_NS, "UserSession"))
        (void)snprintf(all->keys[all->count++], 64, "%s",
                       xml_child_text(one, VSPHERE_NS, "key"));
}

/* As an administrator who throws everybody else out. */
static void terminate_all_sessions(void)
{
    struct other other;
    struct session_keys all = {.count = 0};
    other_open(&other);
    const char *const paths[] = {"sessionList", NULL};
    const struct vsphere_query query = {
        .type = "SessionManager",
        .ref = other.talk.service.session_manager,
        .wishes = (const struct vsphere_wish[]){{"SessionManager", paths}},
        .wish_count = 1,
        .take = take_sessions,
        .context = &all};
    assert_int_equal(vsphere_retrieve(&other.talk, &query), VSPHERE_OK);
    assert_true(all.count >= 2);
    for (size_t i = 0; i < all.count; i++) {
        auto_request struct vsphere_request request = {0};
        auto_reply struct vsphere_reply reply = {0};
        vsphere_talk_request(&other.talk, &request, "TerminateSession", "SessionManager",
                             other.talk.service.session_manager);
        xml_write_element(&request.writer, "sessionId", all.keys[i]);
        (void)vsphere_send(&other.talk, &request, &reply); /* its own is refused */
    }
    other_close(&other);
}

static void a_terminated_session_is_renewed_once(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    (void)look_once(plugin);
    terminate_all_sessions();
    unsigned before = vcsim_trace_count(sim, "<Login ");
    auto_json json_t *by_path = look(plugin, "\"path\":\"/DC0/vm/DC0_C0_RP0_VM0\"");
    assert_string_equal(json_text(by_path, "name"), "DC0_C0_RP0_VM0");
    assert_int_equal(vcsim_trace_count(sim, "<Login "), before + 1);
}

static void a_poll_whose_session_was_terminated_still_sees_the_task(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_create", SNAP("terminated"), VM(3));
    expect(&call, SLIPWAY_PENDING, fake_start(&call));
    terminate_all_sessions();
    enum slipway_outcome outcome = fake_poll(&call);
    while (outcome == SLIPWAY_PENDING) {
        vcsim_sleep(STEP_MS);
        outcome = fake_poll(&call);
    }
    expect(&call, SLIPWAY_DONE, outcome);
    assert_int_equal(snapshot_count(plugin, VM(3)), 1);
}

/* --- snapshots ------------------------------------------------------------------------ */

static void a_snapshot_is_seen_running_and_then_done(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_create",
            "{\"name\":\"slipway/camp/vc-1/a\",\"description\":\"before <the> change\"}",
            VM(4));
    expect(&call, SLIPWAY_PENDING, fake_start(&call));
    auto_json json_t *handle = json_parse(call.handle, strlen(call.handle), 1024, NULL);
    assert_non_null(json_text(handle, "task"));
    assert_non_null(json_text(handle, "vm"));
    expect(&call, SLIPWAY_PENDING, fake_poll(&call));
    assert_true(call.look_again_ms > 0);

    /* While it runs, nobody else may begin. */
    auto_fake_call struct fake_call second;
    prepare(&second, plugin, "snapshot_create", SNAP("second"), VM(4));
    expect(&second, SLIPWAY_RETRY, fake_start(&second));
    auto_fake_call struct fake_call check;
    prepare(&check, plugin, "snapshot_check", "{}", VM(4));
    expect(&check, SLIPWAY_RETRY, fake_start(&check));

    enum slipway_outcome outcome;
    while ((outcome = fake_poll(&call)) == SLIPWAY_PENDING)
        vcsim_sleep(STEP_MS);
    expect(&call, SLIPWAY_DONE, outcome);
    assert_string_equal(json_text(call.result, "name"), "slipway/camp/vc-1/a");
    assert_non_null(json_text(call.result, "created"));

    auto_json json_t *document = look(plugin, VM(4));
    const json_t *snapshot = json_array_get(json_object_get(document, "snapshots"), 0);
    assert_string_equal(json_text(snapshot, "snapshot"),
                        json_text(call.result, "snapshot"));
    assert_true(json_is_true(json_object_get(snapshot, "current")));
    assert_int_equal(json_number(snapshot, "depth", 0), 1);
    assert_true(json_is_null(json_object_get(snapshot, "parent")));
    assert_non_null(strstr(json_text(snapshot, "description"), "before <the> change"));
    assert_non_null(strstr(json_text(snapshot, "description"), call.fingerprint));
}

static void a_lost_handle_is_found_again_and_never_becomes_a_second_snapshot(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_create", SNAP("lost"), VM(5));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
    expect(&call, SLIPWAY_PENDING, fake_start(&call));

    fake_forget_handle(&call); /* killed before the handle was committed */
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    assert_non_null(call.handle);
    enum slipway_outcome outcome;
    while ((outcome = fake_poll(&call)) == SLIPWAY_PENDING)
        vcsim_sleep(STEP_MS);
    expect(&call, SLIPWAY_DONE, outcome);
    auto_free char *ref = xstrdup(json_text(call.result, "snapshot"));

    fake_forget_handle(&call); /* killed before the outcome was committed */
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
    assert_string_equal(json_text(call.result, "snapshot"), ref);
    /* Even a start that should never have been made adopts what is there. */
    expect(&call, SLIPWAY_DONE, fake_start(&call));
    assert_string_equal(json_text(call.result, "snapshot"), ref);
    assert_int_equal(snapshot_count(plugin, VM(5)), 1);
}

static void a_probe_with_a_handle_asks_the_task_even_when_it_is_forgotten(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_create", SNAP("handle"), VM(6));
    expect(&call, SLIPWAY_PENDING, fake_start(&call));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    wait_for_snapshots(plugin, VM(6), 1);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
    xreplace(&call.handle, "{\"task\":\"task-999999\",\"vm\":\"vm-999999\"}");
    expect(&call, SLIPWAY_UNKNOWN, fake_poll(&call));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
}

static void somebody_elses_task_is_adopted_but_not_taken_for_ours(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *ref = ref_of(plugin, VM(7));
    foreign_snapshot(ref, "VEEAM BACKUP TEMPORARY SNAPSHOT");
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_create", SNAP("foreign"), VM(7));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING); /* it could be ours */
    enum slipway_outcome outcome;
    while ((outcome = fake_poll(&call)) == SLIPWAY_PENDING)
        vcsim_sleep(STEP_MS);
    expect(&call, SLIPWAY_UNKNOWN, outcome);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED); /* it was not */
}

static void a_foreign_snapshot_stops_the_check_and_is_never_removed(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *ref = ref_of(plugin, VM(8));
    foreign_snapshot(ref, "of an admin");
    wait_for_snapshots(plugin, VM(8), 1);
    auto_fake_call struct fake_call check;
    prepare(&check, plugin, "snapshot_check", "{}", VM(8));
    expect(&check, SLIPWAY_REFUSED, fake_start(&check));
    assert_non_null(strstr(check.said, "of an admin"));
    run_away(plugin, "snapshot_check", "{\"max_foreign\":1}", VM(8));

    auto_json json_t *document = look(plugin, VM(8));
    const json_t *foreign = json_array_get(json_object_get(document, "snapshots"), 0);
    auto_free char *with =
        xasprintf("{\"name\":\"slipway/camp/vc-1/a\",\"snapshot\":\"%s\"}",
                  json_text(foreign, "snapshot"));
    auto_fake_call struct fake_call remove;
    prepare(&remove, plugin, "snapshot_remove", with, VM(8));
    expect(&remove, SLIPWAY_REFUSED, fake_start(&remove));
    auto_json json_t *own = run(plugin, "snapshots", "{}", VM(8));
    assert_int_equal(json_array_size(json_object_get(own, "snapshots")), 0);
    assert_int_equal(json_number(own, "foreign", 0), 1);
    assert_int_equal(snapshot_count(plugin, VM(8)), 1);
}

static void everything_that_speaks_against_a_snapshot_is_said_at_once(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *ref = ref_of(plugin, VM(9));
    run_away(plugin, "snapshot_check", "{\"room_bytes\":1048576}", VM(9));
    set_property(ref, "runtime.consolidationNeeded", "true");
    set_property(ref, "runtime.connectionState", "disconnected");
    auto_fake_call struct fake_call check;
    prepare(&check, plugin, "snapshot_check", "{\"room_bytes\":1125899906842624000}",
            VM(9));
    expect(&check, SLIPWAY_REFUSED, fake_start(&check));
    assert_non_null(strstr(check.said, "consolidation"));
    assert_non_null(strstr(check.said, "disconnected"));
    assert_non_null(strstr(check.said, "MiB are needed"));
    auto_json json_t *document = look(plugin, VM(9));
    assert_true(json_is_true(json_object_get(document, "consolidation_needed")));
}

static void a_revert_runs_to_its_end_and_can_be_found_again(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_json json_t *first = run(plugin, "snapshot_create", SNAP("r1"), VM(10));
    run_away(plugin, "snapshot_create", SNAP("r2"), VM(10));
    auto_free char *with =
        xasprintf("{\"name\":\"slipway/camp/vc-1/r1\",\"snapshot\":\"%s\","
                  "\"not_before\":%lld}",
                  json_text(first, "snapshot"), (long long)time(NULL) * 1000);
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_revert", with, VM(10));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
    expect(&call, SLIPWAY_PENDING, fake_start(&call));
    fake_forget_handle(&call);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    enum slipway_outcome outcome;
    while ((outcome = fake_poll(&call)) == SLIPWAY_PENDING)
        vcsim_sleep(STEP_MS);
    expect(&call, SLIPWAY_DONE, outcome);
    assert_string_equal(json_text(call.result, "snapshot"), json_text(first, "snapshot"));
    assert_non_null(json_text(call.result, "power"));

    fake_forget_handle(&call); /* the outcome was lost: a young revert task proves it */
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
    auto_json json_t *document = look(plugin, VM(10));
    const json_t *list = json_object_get(document, "snapshots");
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "current")));
    assert_int_equal(json_number(json_array_get(list, 1), "depth", 0), 2);
    assert_string_equal(json_text(json_array_get(list, 1), "parent"),
                        json_text(first, "snapshot"));
}

static void an_old_revert_is_not_taken_for_a_new_one(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    run_away(plugin, "snapshot_create", SNAP("o"), VM(11));
    run_away(plugin, "snapshot_revert", SNAP("o"), VM(11));
    vcsim_sleep(2500);
    auto_free char *with =
        xasprintf("{\"name\":\"slipway/camp/vc-1/o\",\"not_before\":%lld}",
                  (long long)time(NULL) * 1000);
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_revert", with, VM(11));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
}

static void a_revert_to_what_is_not_there_is_refused(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_revert", SNAP("never"), VM(12));
    expect(&call, SLIPWAY_REFUSED, fake_start(&call));
    assert_non_null(strstr(call.said, "no snapshot named"));
}

/* Ours that are over their time go, one after another; younger ones and somebody else's
   stay. */
static void snapshots_that_outlived_their_time_are_removed_and_no_others(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *ref = ref_of(plugin, VM(17));
    auto_fake_call struct fake_call foreign, early, late;
    run_away(plugin, "snapshot_create", SNAP("x1"), VM(17));
    run_away(plugin, "snapshot_create", SNAP("x2"), VM(17));
    foreign_snapshot(ref, "nightly backup");
    wait_for_snapshots(plugin, VM(17), 3);
    prepare(&early, plugin, "snapshot_expire", "{\"older_than\":3600000}", VM(17));
    expect(&early, SLIPWAY_DONE, fake_run_to_end(&early, STEP_MS, LIMIT_MS));
    assert_int_equal(json_number(early.result, "left", -1), 2);
    assert_int_equal(snapshot_count(plugin, VM(17)), 3);
    prepare(&late, plugin, "snapshot_expire", "{\"older_than\":0}", VM(17));
    expect(&late, SLIPWAY_DONE, fake_run_to_end(&late, STEP_MS, LIMIT_MS));
    assert_int_equal(json_number(late.result, "left", -1), 0);
    assert_int_equal(json_number(late.result, "foreign", -1), 1);
    assert_int_equal(snapshot_count(plugin, VM(17)), 1);
    prepare(&foreign, plugin, "snapshot_expire", "{\"own\":\"slip\",\"older_than\":0}",
            VM(17));
    expect(&foreign, SLIPWAY_DONE, fake_start(&foreign));
    assert_int_equal(snapshot_count(plugin, VM(17)), 1);
}

static void a_removal_removes_one_and_absent_is_fine(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    run_away(plugin, "snapshot_create", SNAP("x1"), VM(12));
    run_away(plugin, "snapshot_create", SNAP("x2"), VM(12));
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "snapshot_remove", SNAP("x1"), VM(12));
    expect(&call, SLIPWAY_PENDING, fake_start(&call));
    fake_forget_handle(&call);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    enum slipway_outcome outcome;
    while ((outcome = fake_poll(&call)) == SLIPWAY_PENDING)
        vcsim_sleep(STEP_MS);
    expect(&call, SLIPWAY_DONE, outcome);
    assert_true(json_is_true(json_object_get(call.result, "removed")));
    assert_true(json_is_false(json_object_get(call.result, "consolidation_needed")));
    fake_forget_handle(&call);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
    expect(&call, SLIPWAY_DONE, fake_start(&call));
    assert_true(json_is_false(json_object_get(call.result, "removed")));

    auto_json json_t *own = run(plugin, "snapshots", "{}", VM(12));
    const json_t *list = json_object_get(own, "snapshots");
    assert_int_equal(json_array_size(list), 1); /* the child is still there */
    assert_string_equal(json_text(json_array_get(list, 0), "name"),
                        "slipway/camp/vc-1/x2");
}

static void two_of_the_same_name_are_left_alone(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *ref = ref_of(plugin, VM(13));
    foreign_snapshot(ref, "slipway/camp/vc-1/twin");
    wait_for_snapshots(plugin, VM(13), 1);
    foreign_snapshot(ref, "slipway/camp/vc-1/twin");
    wait_for_snapshots(plugin, VM(13), 2);
    const char *operations[] = {"snapshot_remove", "snapshot_revert"};
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_fake_call struct fake_call call;
        prepare(&call, plugin, operations[i], SNAP("twin"), VM(13));
        expect(&call, SLIPWAY_REFUSED, fake_start(&call));
        assert_non_null(strstr(call.said, "same name"));
        assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    }
    assert_int_equal(snapshot_count(plugin, VM(13)), 2);
}

/* --- power and room --------------------------------------------------------------------- */

static void power_goes_off_and_on_and_repeating_is_harmless(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_json json_t *already = run(plugin, "power_on", "{}", VM(14));
    assert_true(json_is_false(json_object_get(already, "changed")));
    auto_json json_t *off = run(plugin, "power_off", "{}", VM(14));
    assert_string_equal(json_text(off, "power"), "poweredOff");
    assert_true(json_is_true(json_object_get(off, "changed")));
    run_away(plugin, "power_off", "{}", VM(14));
    auto_json json_t *on = run(plugin, "power_on", "{}", VM(14));
    assert_string_equal(json_text(on, "power"), "poweredOn");
    auto_json json_t *down = run(plugin, "guest_shutdown", "{}", VM(14));
    assert_string_equal(json_text(down, "power"), "poweredOff");
}

static void a_machine_is_shut_down_by_asking_or_without(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    run_away(plugin, "power_on", "{}", VM(14));
    auto_json json_t *hard = run(plugin, "shut_down", "{}", VM(14)); /* no Tools */
    assert_string_equal(json_text(hard, "power"), "poweredOff");
    assert_true(json_is_true(json_object_get(hard, "hard")));
    auto_free char *ref = ref_of(plugin, VM(16));
    set_property(ref, "guest.toolsRunningStatus", "guestToolsRunning");
    const char *other = "{\"vm\":{" VM(16) "}}"; /* a step that names another machine */
    auto_json json_t *asked = run(plugin, "shut_down", other, VM(14));
    assert_string_equal(json_text(asked, "vm"), ref);
    assert_true(json_is_false(json_object_get(asked, "hard")));
    auto_json json_t *off = look(plugin, VM(16));
    assert_string_equal(json_text(off, "power"), "poweredOff");
    run_away(plugin, "power_on", other, VM(14));
}

static void room_tells_the_free_bytes(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_json json_t *room = run(plugin, "room", "{}", VM(0));
    assert_true(json_number(room, "least_free_bytes", -1) > 0);
    assert_int_equal(json_array_size(json_object_get(room, "datastores")), 1);
}

static void a_dry_run_reads_but_changes_nothing(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    static const struct {
        const char *operation, *with;
    } effects[] = {{"snapshot_create", SNAP("dry")}, {"power_off", "{}"}};
    unsigned before = vcsim_trace_count(sim, "_Task xmlns");
    for (size_t i = 0; i < ARRAY_LENGTH(effects); i++) {
        auto_fake_call struct fake_call call;
        prepare(&call, plugin, effects[i].operation, effects[i].with, VM(15));
        call.call.flags |= SLIPWAY_CALL_READ_ONLY;
        expect(&call, SLIPWAY_REFUSED, fake_start(&call));
        assert_non_null(strstr(call.said, "dry run"));
    }
    auto_fake_call struct fake_call reading;
    prepare(&reading, plugin, "snapshot_check", "{}", VM(15));
    reading.call.flags |= SLIPWAY_CALL_READ_ONLY;
    expect(&reading, SLIPWAY_DONE, fake_start(&reading));
    assert_int_equal(vcsim_trace_count(sim, "_Task xmlns"), before);
}

static void an_unknown_key_is_not_trusted(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *target = vcsim_target(sim, VM(0));
    char *pin = strstr(target, "sha256//");
    pin[8] = pin[8] == 'A' ? 'B' : 'A';
    auto_fake_call struct fake_call call;
    fake_call_init(&call, vsphere_plugin(), plugin, "vm", "{}", target);
    expect(&call, SLIPWAY_REFUSED, fake_start(&call));
    assert_non_null(strstr(call.said, "tls.pin"));
}

static void a_manager_that_is_the_appliance_is_not_switched_off(void **state)
{
    (void)state;
    auto_plugin void *plugin = plugin_open();
    auto_free char *ref = ref_of(plugin, VM(15));
    set_property(ref, "guest.ipAddress", "127.0.0.1");
    auto_fake_call struct fake_call call;
    prepare(&call, plugin, "power_off", "{}", VM(15));
    expect(&call, SLIPWAY_REFUSED, fake_start(&call));
    assert_non_null(strstr(call.said, "very appliance"));
}

int main(void)
{
    json_init();
    sim = vcsim_start((const char *const[]){
        "-standalone-host", "0", "-host", "1", "-vm", "18", "-method-delay",
        "CreateSnapshot:700,RemoveSnapshot:500,RevertToSnapshot:500,PowerOff:200,"
        "LockHandoff:0",
        NULL});
    if (!sim)
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_is_found_by_name_path_and_both_uuids),
        cmocka_unit_test(an_absent_machine_is_refused),
        cmocka_unit_test(twins_are_refused_and_named),
        cmocka_unit_test(a_machine_belongs_to_one_appliance),
        cmocka_unit_test(a_wrong_password_is_sent_once_and_never_again),
        cmocka_unit_test(eight_threads_share_one_login),
        cmocka_unit_test(a_terminated_session_is_renewed_once),
        cmocka_unit_test(a_poll_whose_session_was_terminated_still_sees_the_task),
        cmocka_unit_test(a_snapshot_is_seen_running_and_then_done),
        cmocka_unit_test(
            a_lost_handle_is_found_again_and_never_becomes_a_second_snapshot),
        cmocka_unit_test(a_probe_with_a_handle_asks_the_task_even_when_it_is_forgotten),
        cmocka_unit_test(somebody_elses_task_is_adopted_but_not_taken_for_ours),
        cmocka_unit_test(a_foreign_snapshot_stops_the_check_and_is_never_removed),
        cmocka_unit_test(everything_that_speaks_against_a_snapshot_is_said_at_once),
        cmocka_unit_test(a_revert_runs_to_its_end_and_can_be_found_again),
        cmocka_unit_test(an_old_revert_is_not_taken_for_a_new_one),
        cmocka_unit_test(a_revert_to_what_is_not_there_is_refused),
        cmocka_unit_test(snapshots_that_outlived_their_time_are_removed_and_no_others),
        cmocka_unit_test(a_removal_removes_one_and_absent_is_fine),
        cmocka_unit_test(two_of_the_same_name_are_left_alone),
        cmocka_unit_test(power_goes_off_and_on_and_repeating_is_harmless),
        cmocka_unit_test(a_machine_is_shut_down_by_asking_or_without),
        cmocka_unit_test(room_tells_the_free_bytes),
        cmocka_unit_test(a_dry_run_reads_but_changes_nothing),
        cmocka_unit_test(an_unknown_key_is_not_trusted),
        cmocka_unit_test(a_manager_that_is_the_appliance_is_not_switched_off),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    vcsim_stop(sim);
    return failed;
}
