/*
 * test_work.c - stage and install as detached jobs, against a real sshd and an appliancesh
 * that each story writes for itself: what they come to when lines, state files, exit
 * statuses and connections disagree.
 */
#include "bash_peer.h"

#define OLD    "6.5.0.20000"
#define NEW    "6.5.0.24100"
#define WITH   "{\"version\":\"" NEW "\",\"every\":100}"
#define STAGED "version: " NEW "\nversion_supported: [u'" OLD "']\n"
#define GOOD                                                                             \
    "echo ' [2019-06-12T17:04:48.058] : Packages upgraded successfully, Reboot is "      \
    "required to complete the installation.'\n"
#define SECRET "https://dl.example/TOKEN-4711/PROD"

static void set_state(const struct fixture *f, const char *version, const char *state)
{
    auto_free char *conf = xasprintf("{\"version\":\"%s\"}\n", version);
    auto_free char *update = xasprintf("{\"state\":\"%s\"}\n", state);
    put(f, "etc/applmgmt/appliance/update.conf", conf);
    put(f, "etc/applmgmt/appliance/software_update_state.conf", update);
}

/* What "software-packages install" and "stage" do: shell text with $root. */
static void set_act(const struct fixture *f, const char *act)
{
    put(f, "act", act);
}

static void make_appliance(const struct fixture *f)
{
    static const char *const dirs[] = {"bin", "etc", "etc/applmgmt",
                                       "etc/applmgmt/appliance"};
    for (size_t i = 0; i < ARRAY_LENGTH(dirs); i++)
        (void)mkdir(path(f, dirs[i]), 0755);
    put(f, "bin/appliancesh",
        "#!/bin/sh\nroot=${0%/bin/*}\ncase $2 in\n"
        "*'list --staged') cat \"$root/staged\" 2>/dev/null ;;\n"
        "'software-packages '*) echo \"$2\" >>\"$root/runs\"; . \"$root/act\" ;;\n"
        "*) echo \"Unknown command: \\`$2'\" ;;\nesac\n");
    (void)chmod(path(f, "bin/appliancesh"), 0755);
    put(f, "staged", STAGED);
    set_state(f, OLD, "UP_TO_DATE");
}

static int setup(void **out)
{
    return fixture_open(out, make_appliance);
}

/* Run `install` to its end with this act. */
static enum slipway_outcome install(struct fixture *f, const char *act,
                                    struct fake_call *call)
{
    set_act(f, act);
    prepare(f, call, "install", WITH);
    return fake_run_to_end(call, 50, 60000);
}

static unsigned runs(const struct fixture *f)
{
    auto_free char *text = sshd_peer_read(path(f, "runs"));
    unsigned count = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        count++;
    return count;
}

static void await(const struct fixture *f, const char *name)
{
    for (int i = 0; i < 3000 && access(path(f, name), F_OK) != 0; i++)
        sshd_peer_sleep_ms(20);
    assert_int_equal(access(path(f, name), F_OK), 0);
}

/* Goes on until the test makes the file `go`; says so with the file `going`. */
#define UNTIL_TOLD                                                                       \
    "echo 'Copying software packages 1/2'\n: >\"$root/going\"\n"                         \
    "until [ -e \"$root/go\" ]; do sleep 0.05; done\n"

static void a_line_is_success_whatever_the_exit_status(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    auto_free char *act = xasprintf(
        "echo '{\"version\":\"%s\"}' >\"$root/etc/applmgmt/appliance/update.conf\"\n%s"
        "exit 7\n",
        NEW, GOOD);
    assert_int_equal(install(f, act, &call), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "reached")));
    assert_true(json_is_true(json_object_get(call.result, "reboot_required")));
    assert_int_equal(runs(f), 1);
    /* once more: it is there already, and nothing is started */
    auto_fake_call struct fake_call again;
    prepare(f, &again, "install", WITH);
    assert_int_equal(begin(&again), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(again.result, "changed")));
    assert_int_equal(runs(f), 1);
}

static void a_failure_line_is_failure_whatever_the_exit_status(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    assert_int_equal(install(f,
                             "echo ' [2019-06-12T17:04:48.058] : Test RPM transaction "
                             "failed'\necho 'Installation process failed'\nexit 0\n",
                             &call),
                     SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "Test RPM transaction failed"));
}

static void success_that_the_state_file_denies_is_failure(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    auto_free char *act =
        xasprintf("echo '{\"state\":\"INSTALL_FAILED\"}' "
                  ">\"$root/etc/applmgmt/appliance/software_update_state.conf\"\n%s",
                  GOOD);
    assert_int_equal(install(f, act, &call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "INSTALL_FAILED"));
}

/* The log ends in the middle and nobody works: the files decide. */
static void a_log_without_an_end_is_settled_by_the_files(void **out)
{
    struct fixture *f = need(out);
    static const struct {
        const char *version, *state;
        enum slipway_outcome outcome;
    } cases[] = {{NEW, "UP_TO_DATE", SLIPWAY_DONE},
                 {OLD, "INSTALL_FAILED", SLIPWAY_FAILED},
                 {NEW, "INSTALL_IN_PROGRESS", SLIPWAY_FAILED},
                 {OLD, "INSTALL_IN_PROGRESS", SLIPWAY_UNKNOWN},
                 {OLD, "UP_TO_DATE", SLIPWAY_FAILED}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *key = xasprintf("camp.vc-1.install.0.%zu", i);
        set_state(f, OLD, "UP_TO_DATE");
        set_act(f, "echo 'Upgrading software packages ....'\n: >\"$root/going\"\n"
                   "until [ -e \"$root/go\" ]; do sleep 0.05; done\nkill -9 $$\n");
        prepare(f, &call, "install", WITH);
        fake_call_key(&call, key);
        assert_int_equal(begin(&call), SLIPWAY_PENDING);
        await(f, "going");
        set_state(f, cases[i].version, cases[i].state);
        put(f, "go", "");
        enum slipway_outcome outcome = SLIPWAY_PENDING;
        for (int n = 0; n < 600 && outcome == SLIPWAY_PENDING; n++) {
            outcome = fake_poll(&call);
            sshd_peer_sleep_ms(50);
        }
        assert_int_equal(outcome, cases[i].outcome);
        (void)unlink(path(f, "go"));
        (void)unlink(path(f, "going"));
    }
}

static void a_cut_connection_and_a_forgotten_handle_cost_nothing(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    set_act(f, UNTIL_TOLD GOOD);
    prepare(f, &call, "install", WITH);
    assert_int_equal(begin(&call), SLIPWAY_PENDING);
    await(f, "going");
    (void)sshd_peer_cut(&f->peer);
    fake_forget_handle(&call);
    enum slipway_probe probe = SLIPWAY_PROBE_UNKNOWN;
    for (int i = 0; i < 100 && probe == SLIPWAY_PROBE_UNKNOWN; i++)
        probe = fake_probe(&call);
    assert_int_equal(probe, SLIPWAY_PROBE_RUNNING);
    assert_non_null(call.handle);
    assert_int_equal(call.progress_percent, 20);
    put(f, "go", "");
    for (int i = 0; i < 600 && probe == SLIPWAY_PROBE_RUNNING; i++) {
        probe = fake_probe(&call);
        sshd_peer_sleep_ms(50);
    }
    assert_int_equal(probe, SLIPWAY_PROBE_DONE);
    assert_int_equal(runs(f), 1);
}

static void a_reboot_amid_the_installation_is_failure(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    set_act(f, "echo 'Upgrading software packages ....'\n"
               "until [ -e \"$root/go\" ]; do sleep 0.05; done\n"
               ": >\"$root/going\"\nkill -9 $PPID $$\n");
    prepare(f, &call, "install", WITH);
    assert_int_equal(begin(&call), SLIPWAY_PENDING);
    put(f, "go", ""); /* not before: who dies at once was never seen to run */
    await(f, "going");
    /* as after a power loss: no return code, another boot */
    sshd_peer_boot(&f->peer, SSHD_PEER_BOOT_2);
    set_state(f, OLD, "INSTALL_IN_PROGRESS");
    enum slipway_outcome outcome = SLIPWAY_PENDING;
    for (int i = 0; i < 100 && outcome == SLIPWAY_PENDING; i++) {
        outcome = fake_poll(&call);
        sshd_peer_sleep_ms(50);
    }
    assert_int_equal(outcome, SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "rebooted"));
}

static void what_must_not_be_begun_is_not(void **out)
{
    struct fixture *f = need(out);
    static const struct {
        const char *staged, *version, *state, *says;
        enum slipway_outcome outcome;
    } cases[] = {
        {"", OLD, "UP_TO_DATE", "nothing is staged", SLIPWAY_REFUSED},
        {"version: 6.5.0.22000\n", OLD, "UP_TO_DATE", "6.5.0.22000 is staged",
         SLIPWAY_REFUSED},
        {STAGED, "6.5.0.15000", "UP_TO_DATE", "does not name 6.5.0.15000",
         SLIPWAY_REFUSED},
        {STAGED, OLD, "INSTALL_FAILED", "left by half", SLIPWAY_REFUSED},
        {STAGED, OLD, "INSTALL_IN_PROGRESS", "at work", SLIPWAY_RETRY},
        {STAGED, OLD, "broken\"", "no JSON", SLIPWAY_FAILED},
    };
    set_act(f, GOOD);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_fake_call struct fake_call call;
        put(f, "staged", cases[i].staged);
        set_state(f, cases[i].version, cases[i].state);
        prepare(f, &call, "install", WITH);
        assert_int_equal(begin(&call), cases[i].outcome);
        if (!strstr(call.said, cases[i].says))
            fail_msg("it said: %s", call.said);
    }
    assert_int_equal(runs(f), 0);
}

static void a_stage_is_proven_by_what_is_staged(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call, other;
    put(f, "staged", "");
    put(f, "coming", STAGED);
    set_act(f, "cp \"$root/coming\" \"$root/staged\"\necho 'Staging process completed "
               "successfully'\n");
    prepare(f, &call, "stage", WITH);
    enum slipway_outcome outcome = fake_run_to_end(&call, 50, 60000);
    if (outcome != SLIPWAY_DONE)
        fail_msg("it said: %s", call.said);
    assert_string_equal(json_text(call.result, "version"), NEW);
    /* the line alone is worth nothing */
    put(f, "staged", "");
    set_act(f, "echo 'Staging process completed successfully'\n");
    prepare(f, &other, "stage", WITH);
    fake_call_key(&other, "camp.vc-1.stage.0.2");
    assert_int_equal(fake_run_to_end(&other, 50, 60000), SLIPWAY_FAILED);
}

/* A download token is in no file of the job that stays, and in nothing that is said. */
static void a_secret_url_leaves_no_trace(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    put(f, "staged", "");
    put(f, "url", SECRET "\n");
    set_act(f, "echo 'Staging process failed'\n");
    auto_free char *with = xasprintf("{\"version\":\"" NEW
                                     "\",\"from\":\"url\",\"every\":100,\"url_secret\":"
                                     "{\"file\":\"%s\"}}",
                                     path(f, "url"));
    prepare(f, &call, "stage", with);
    assert_int_equal(fake_run_to_end(&call, 50, 60000), SLIPWAY_FAILED);
    assert_null(strstr(call.said, "TOKEN-4711"));
    assert_int_equal(call.secrets_out, 0);
    auto_free char *ran = sshd_peer_read(path(f, "runs"));
    assert_non_null(strstr(ran, "--url " SECRET " --acceptEulas"));
    auto_free char *jobs = xasprintf("grep -rqs TOKEN-4711 '%s/jobs'", f->peer.dir);
    const char *const argv[] = {"sh", "-c", jobs, NULL};
    assert_int_not_equal(sshd_peer_run("/dev/null", argv), 0);
}

static void a_secret_that_is_no_url_is_refused(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    put(f, "staged", "");
    put(f, "url", "https://x/$(reboot)'\n");
    auto_free char *with = xasprintf(
        "{\"version\":\"" NEW "\",\"from\":\"url\",\"url_secret\":{\"file\":\"%s\"}}",
        path(f, "url"));
    prepare(f, &call, "stage", with);
    enum slipway_outcome outcome = begin(&call);
    if (outcome != SLIPWAY_REFUSED)
        fail_msg("it came to %d: %s", (int)outcome, call.said);
    assert_int_equal(runs(f), 0);
}

static void the_sso_password_goes_to_standard_input_only(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    put(f, "sso", "it's-a-secret\n");
    set_act(f, "read -r given\necho \"$given\" >\"$root/given\"\n"
               "tr '\\0' ' ' </proc/$$/cmdline >\"$root/seen\"\n"
               "tr '\\0' ' ' </proc/$$/environ >>\"$root/seen\"\n" GOOD);
    auto_free char *with =
        xasprintf("{\"version\":\"" NEW "\",\"every\":100,\"sso_password\":{\"file\":"
                  "\"%s\"}}",
                  path(f, "sso"));
    prepare(f, &call, "install", with);
    assert_int_equal(fake_run_to_end(&call, 50, 60000), SLIPWAY_DONE);
    auto_free char *given = sshd_peer_read(path(f, "given"));
    auto_free char *seen = sshd_peer_read(path(f, "seen"));
    assert_string_equal(given, "it's-a-secret\n");
    assert_non_null(strstr(seen, "appliancesh"));
    assert_null(strstr(seen, "a-secret"));
}

static void a_dry_run_sends_nothing(void **out)
{
    struct fixture *f = need(out);
    static const char *const operations[] = {"stage", "install", "unstage", "reboot"};
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_fake_call struct fake_call call;
        prepare(f, &call, operations[i], WITH);
        call.call.flags = SLIPWAY_CALL_READ_ONLY;
        assert_int_equal(begin(&call), SLIPWAY_REFUSED);
    }
    assert_int_equal(runs(f), 0);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(a_line_is_success_whatever_the_exit_status),
        STORY(a_failure_line_is_failure_whatever_the_exit_status),
        STORY(success_that_the_state_file_denies_is_failure),
        STORY(a_log_without_an_end_is_settled_by_the_files),
        STORY(a_cut_connection_and_a_forgotten_handle_cost_nothing),
        STORY(a_reboot_amid_the_installation_is_failure),
        STORY(what_must_not_be_begun_is_not),
        STORY(a_stage_is_proven_by_what_is_staged),
        STORY(a_secret_url_leaves_no_trace),
        STORY(a_secret_that_is_no_url_is_refused),
        STORY(the_sso_password_goes_to_standard_input_only),
        STORY(a_dry_run_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
