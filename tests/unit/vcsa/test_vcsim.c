/*
 * test_vcsim.c - the little of this plugin that an independent simulator speaks: the old
 * login, SSH access in the new dialect only, a logout. It has no update service.
 */
#include "vcsa_peer.h"
#include "vcsim.h"

static char *target_of(const struct vcsim *sim)
{
    size_t length = strlen(sim->url) - strlen("/sdk");
    return xasprintf(
        "{\"name\":\"sim\",\"rest\":{\"url\":\"%.*s\",\"tls\":{\"pin\":\"%s\"},"
        "\"login\":{\"user\":\"%s\",\"password\":{\"file\":\"%s\"}}}}",
        (int)length, sim->url, sim->pin, VCSIM_USER, sim->password_file);
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
    auto_free char *target = target_of(sim);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            ssh_access_is_read_and_set_on_a_simulator_that_nobody_here_wrote),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
