/*
 * test_vcsim.c - the little of this plugin that an independent simulator speaks: the old
 * login, SSH access in the new dialect only, a logout. It has no update service.
 */
#include "vcsa_peer.h"
#include "vcsim.h"

static char *target_of(const struct vcsim *sim, const char *user)
{
    size_t length = strlen(sim->url) - strlen("/sdk");
    return xasprintf(
        "{\"name\":\"sim\",\"rest\":{\"url\":\"%.*s\",\"tls\":{\"pin\":\"%s\"},"
        "\"login\":{\"user\":\"%s\",\"password\":{\"file\":\"%s\"}}}}",
        (int)length, sim->url, sim->pin, user, sim->password_file);
}

static enum slipway_outcome run(void *plugin, struct fake_call *call,
                                const char *operation, const char *with,
                                const char *target)
{
    fake_call_init(call, vcsa_plugin(), plugin, operation, with, target);
    return fake_start(call);
}

static void ssh_access_is_read_and_set_on_a_simulator_that_nobody_here_wrote(void **state)
{
    (void)state;
    auto_free char *path = vcsim_path();
    if (!path)
        skip();
    struct vcsim *sim = vcsim_start((const char *const[]){"-vm", "1", NULL});
    auto_free char *target = target_of(sim, VCSIM_USER);
    void *plugin = NULL;
    struct slipway_error err;
    assert_int_equal(vcsa_plugin()->open(fake_host(), &plugin, &err), 0);
    auto_fake_call struct fake_call before, on, after, absent;
    assert_int_equal(run(plugin, &before, "access_state", "{}", target), SLIPWAY_DONE);
    bool was = json_is_true(json_object_get(before.result, "ssh"));
    assert_int_equal(
        run(plugin, &on, "access", was ? "{\"ssh\":false}" : "{\"ssh\":true}", target),
        SLIPWAY_DONE);
    assert_int_equal(run(plugin, &after, "access_state", "{}", target), SLIPWAY_DONE);
    assert_int_equal(json_is_true(json_object_get(after.result, "ssh")), !was);
    assert_int_equal(run(plugin, &absent, "update_state", "{}", target), SLIPWAY_FAILED);
    assert_non_null(strstr(absent.said, "does not know /appliance/update"));
    vcsa_plugin()->close(plugin);
    vcsim_stop(sim);
}

static json_int_t number(const struct fake_call *call, const char *key)
{
    return json_number(call->result, key, -1);
}

/* Two hosts' worth of machines more than one page holds; keys, extensions and tasks. */
static void a_simulator_that_nobody_here_wrote_tells_what_it_manages(void **state)
{
    (void)state;
    auto_free char *path = vcsim_path();
    if (!path)
        skip();
    struct vcsim *sim = vcsim_start((const char *const[]){
        "-vm", "600", "-standalone-host", "0", "-autostart=false", NULL});
    auto_free char *target = target_of(sim, VCSIM_USER "@vsphere.local");
    void *plugin = NULL;
    struct slipway_error err;
    assert_int_equal(vcsa_plugin()->open(fake_host(), &plugin, &err), 0);
    auto_fake_call struct fake_call inventory, again, extensions, tasks, licenses;
    if (run(plugin, &inventory, "inventory", "{}", target) != SLIPWAY_DONE)
        fail_msg("%s", inventory.said);
    assert_int_equal(number(&inventory, "vms"), 600);
    assert_int_equal(number(&inventory, "hosts"), 3);
    assert_int_equal(number(&inventory, "datastores"), 1);
    assert_int_equal(number(&inventory, "not_connected_count"), 0);
    auto_free char *with = xasprintf("{\"baseline\":%s}", inventory.result_text);
    assert_int_equal(run(plugin, &again, "inventory", with, target), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(again.result, "at_baseline")));
    assert_int_equal(run(plugin, &extensions, "extensions", "{}", target), SLIPWAY_DONE);
    assert_true(number(&extensions, "count") > 0);
    assert_int_equal(run(plugin, &tasks, "tasks", "{}", target), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(tasks.result, "idle")));
    assert_int_equal(run(plugin, &licenses, "license_state", "{}", target), SLIPWAY_DONE);
    assert_true(json_array_size(json_object_get(licenses.result, "keys")) > 0);
    assert_true(number(&licenses, "cpus") > 0);
    vcsa_plugin()->close(plugin);
    assert_int_equal(vcsim_trace_count(sim, "<Login "), 1);
    assert_int_equal(vcsim_trace_count(sim, "<Logout "), 1);
    assert_int_equal(vcsim_trace_count(sim, "<DestroyView "),
                     vcsim_trace_count(sim, "<CreateContainerView "));
    vcsim_stop(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simulator_that_nobody_here_wrote_tells_what_it_manages),
        cmocka_unit_test(
            ssh_access_is_read_and_set_on_a_simulator_that_nobody_here_wrote),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
