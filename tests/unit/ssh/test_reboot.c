/*
 * test_reboot.c - stories of ssh.reboot: only a new boot id is a reboot.
 */
#include "ssh_fixture.h"

/* A "reboot": the boot id changes. The caller's. */
static char *with_new_boot(const struct fixture *fixture, const char *delay)
{
    return xasprintf(
        "{\"delay\":%s,\"command\":[\"sh\",\"-c\",\"echo rebooted >>%s/reboots; "
        "echo %s >%s/boot_id\"]}",
        delay, fixture->peer.dir, SSHD_PEER_BOOT_2, fixture->peer.dir);
}

static unsigned reboots(const struct fixture *fixture)
{
    return count_lines(sshd_peer_path(&fixture->peer, "reboots"));
}

static void a_reboot_is_done_when_the_boot_id_changed(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
    unsigned before = reboots(fixture);
    auto_free char *with = with_new_boot(fixture, "2000");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "reboot", "r.vc-1.one.0.1", with);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_non_null(strstr(call.handle, SSHD_PEER_BOOT_1));
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    assert_true(appears(job_path(fixture, "r.vc-1.one.0.1", "rc")));
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "boot_id_before"), SSHD_PEER_BOOT_1);
    assert_string_equal(json_text(call.result, "boot_id_after"), SSHD_PEER_BOOT_2);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);

    /* the handle was lost: the job directory tells */
    fake_forget_handle(&call);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);

    /* and ordering it again under the same key does not reboot again */
    assert_int_equal(fake_run_to_end(&call, 20, 5000), SLIPWAY_DONE);
    assert_int_equal(reboots(fixture), before + 1);
}

static void a_published_but_never_started_order_is_not_obeyed_after_a_reboot(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
    unsigned before = reboots(fixture);
    auto_free char *with = with_new_boot(fixture, "0");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "reboot", "r.vc-1.claimed.0.1", with);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_true(appears(job_path(fixture, "r.vc-1.claimed.0.1", "rc")));
    assert_int_equal(reboots(fixture), before + 1);
    /* as if the power had gone right after publishing */
    assert_int_equal(unlink(job_path(fixture, "r.vc-1.claimed.0.1", "rc")), 0);
    assert_int_equal(unlink(job_path(fixture, "r.vc-1.claimed.0.1", "started")), 0);
    fake_forget_handle(&call);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);
    assert_int_equal(fake_run_to_end(&call, 20, 5000), SLIPWAY_DONE);
    sshd_peer_sleep_ms(300);
    assert_int_equal(reboots(fixture), before + 1);
    assert_false(exists(job_path(fixture, "r.vc-1.claimed.0.1", "started")));
}

static void while_it_is_away_the_answer_is_pending(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "reboot", "r.vc-1.away.0.1",
            "{\"delay\":0,\"command\":[\"true\"]}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    sshd_peer_down(&fixture->peer);
    call.timeout_ms = 3000;
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_non_null(strstr(call.said, "no answer since"));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_2);
    assert_int_equal(sshd_peer_spawn(&fixture->peer), 0);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
}

static void a_command_that_fails_is_failed_and_one_that_dies_is_not(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "reboot", "r.vc-1.fails.0.1",
            "{\"delay\":0,\"command\":[\"sh\",\"-c\",\"echo no bus >&2; exit 1\"]}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_true(appears(job_path(fixture, "r.vc-1.fails.0.1", "rc")));
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_string_equal(call.said, "the reboot command ended with rc 1: no bus");
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_FAILED);

    auto_fake_call struct fake_call killed;
    prepare(fixture, &killed, "reboot", "r.vc-1.dies.0.1",
            "{\"delay\":0,\"command\":[\"sh\",\"-c\",\"kill -TERM $$\"]}");
    assert_int_equal(fake_start(&killed), SLIPWAY_PENDING);
    assert_true(appears(job_path(fixture, "r.vc-1.dies.0.1", "rc")));
    assert_int_equal(fake_poll(&killed), SLIPWAY_PENDING);
    assert_int_equal(fake_probe(&killed), SLIPWAY_PROBE_RUNNING);
}

static void an_appliance_that_never_reboots_fails_after_its_timeout(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "reboot", "r.vc-1.never.0.1",
            "{\"delay\":0,\"timeout\":1000,\"command\":[\"true\"]}");
    assert_int_equal(fake_run_to_end(&call, 100, 15000), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "still on the same boot"));
}

static void nothing_is_ordered_without_a_proper_boot_id(void **out)
{
    struct fixture *fixture = need(out);
    static const char *const ids[] = {"", "date: Nov 21", "sudo: a password is required",
                                      "11111111-2222-4333-8444-55555555555G"};
    unsigned before = reboots(fixture);
    auto_free char *with = with_new_boot(fixture, "0");
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        sshd_peer_boot(&fixture->peer, ids[i]);
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "reboot", "r.vc-1.noid.0.1", with);
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "boot id"));
    }
    assert_int_equal(reboots(fixture), before);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
    auto_fake_call struct fake_call probe;
    prepare(fixture, &probe, "reboot", "r.vc-1.noid.0.1", with);
    assert_int_equal(fake_probe(&probe), SLIPWAY_PROBE_NOT_STARTED);

    /* an id that is damaged on the way back is no reboot either */
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "reboot", "r.vc-1.damaged.0.1",
            "{\"delay\":0,\"command\":[\"true\"]}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    sshd_peer_boot(&fixture->peer, "garbage");
    assert_int_equal(fake_poll(&call), SLIPWAY_UNKNOWN);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reboot_is_done_when_the_boot_id_changed),
        cmocka_unit_test(
            a_published_but_never_started_order_is_not_obeyed_after_a_reboot),
        cmocka_unit_test(while_it_is_away_the_answer_is_pending),
        cmocka_unit_test(a_command_that_fails_is_failed_and_one_that_dies_is_not),
        cmocka_unit_test(an_appliance_that_never_reboots_fails_after_its_timeout),
        cmocka_unit_test(nothing_is_ordered_without_a_proper_boot_id),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
