/*
 * test_appliancesh.c - a login shell that is no POSIX shell: recognised, spoken to in its own
 * words, switched and put back; and peers that only pretend to be one.
 */
#include "scripted_peer.h"

/* One call at a peer with these answers. */
#define STORY(answers, operation, with, call, outcome)                                   \
    story((answers), ARRAY_LENGTH(answers), (operation), (with), (call), (outcome))

static void story(const struct scripted_answer *answers, size_t count,
                  const char *operation, const char *with, struct fake_call *call,
                  enum slipway_outcome wanted)
{
    struct scripted_peer peer;
    scripted_peer_start(&peer, answers, count);
    enum slipway_outcome outcome = scripted_call(&peer, operation, with, call);
    scripted_peer_stop(&peer);
    if (outcome != wanted)
        (void)fprintf(stderr, "it said: %s\n", call->said);
    assert_int_equal(outcome, wanted);
}

static const struct scripted_answer QUIET = {"", "Unknown command: `x'\n", NULL, false,
                                             false};

static void services_are_asked_in_its_own_words(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"service-control --status --all",
         "\033[?1034hConnected to service\r\n\r\nRunning:\r\n vpxd "
         "applmgmt\r\nStopped:\r\n "
         "vmcam sps\r\nStartPending:\r\n\r\n",
         NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{\"baseline\":{\"running\":[\"applmgmt\",\"vpxd\"]}}",
          &call, SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "at_baseline")));
    assert_int_equal(json_array_size(json_object_get(call.result, "down")), 1);
}

static void what_ran_before_and_does_not_now_is_missing(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"service-control", "Running:\n applmgmt\nStopped:\n vpxd\nStartPending:\n", NULL,
         false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{\"baseline\":{\"running\":[\"applmgmt\",\"vpxd\"]}}",
          &call, SLIPWAY_DONE);
    assert_false(json_is_true(json_object_get(call.result, "at_baseline")));
    assert_int_equal(json_array_size(json_object_get(call.result, "missing")), 1);
}

static void the_version_needs_no_bash(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"shell cat", "Shell access is disabled.\n", NULL, false, false},
        {"com.vmware.appliance.version1.system.version.get",
         "Version:\n   Version: 6.5.0.20000\n   Build: 8307201\n", NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "version", "{}", &call, SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "version"), "6.5.0.20000");
    assert_false(json_is_true(json_object_get(call.result, "confirmed")));
}

static void two_versions_that_contradict_are_a_failure(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"shell cat /etc/applmgmt/appliance/update.conf",
         "{\"version\":\"6.7.0.40000\"}\n", NULL, false, false},
        {"shell cat", "{\"state\":\"UP_TO_DATE\"}\n", NULL, false, false},
        {"shell vpxd -v", "VMware VirtualCenter 6.5.0 build-8307201\n", NULL, false,
         false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "version", "{}", &call, SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "applied by half"));
}

static void bash_that_is_off_is_told_with_its_remedy(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"shell ", "Shell access is disabled.\n", NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "password_expiry", "{}", &call, SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "vcsa-cli.shell"));
}

static void restarting_services_are_asked_again_later(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"", "[ERROR]: Failed to connect to service.\n", NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{}", &call, SLIPWAY_RETRY);
}

static void an_expired_password_is_named_and_never_answered(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"",
         "You are required to change your password immediately (password expired)\n"
         "New password: ",
         NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{}", &call, SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "PASSWORD_EXPIRED"));
}

static void an_unknown_shell_is_refused_in_one_clean_line(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"", "\033]0;owned\007Menu:\n 1) reboot\nchoice? ", NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{}", &call, SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "neither bash nor appliancesh"));
    assert_null(strchr(call.said, '\033'));
    assert_null(strchr(call.said, '\n'));
}

/* A flood ends by the limit of bytes, not by the patience of an operator. */
static void endless_output_ends(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"echo ", "Unknown command: `echo'\n", NULL, false, false},
        {"service-control", "Running:\n vpxd vpxd vpxd vpxd vpxd vpxd vpxd vpxd\n", NULL,
         true, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{}", &call, SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "floods"));
}

static void a_lost_read_is_asked_again(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"echo ", "Unknown command: `echo'\n", NULL, false, false},
        {"service-control", "", NULL, false, true}};
    auto_fake_call struct fake_call call;
    STORY(answers, "services", "{}", &call, SLIPWAY_RETRY);
}

static void what_must_outlive_a_connection_needs_bash(void **state)
{
    (void)state;
    static const struct {
        const char *operation, *with;
    } calls[] = {{"stage", "{\"version\":\"6.5.0.24100\"}"},
                 {"validate", "{\"version\":\"6.5.0.24100\"}"},
                 {"install", "{\"version\":\"6.5.0.24100\"}"},
                 {"reboot", "{}"}};
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        auto_fake_call struct fake_call call;
        story(&QUIET, 1, calls[i].operation, calls[i].with, &call, SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "`login: bash`"));
    }
}

/* --- the stage ------------------------------------------------------------------------ */

#define STATE_FILES                                                                      \
    {"shell cat /etc/applmgmt/appliance/update.conf", "{\"version\":\"6.5.0.15000\"}\n", \
     NULL, false, false},                                                                \
    {                                                                                    \
        "shell cat", "{\"state\":\"UP_TO_DATE\"}\n", NULL, false, false                  \
    }

static void a_stage_that_does_not_take_this_version_says_so(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        STATE_FILES,
        {"software-packages list --staged",
         "version: 6.5.0.24100\nversion_supported: [u'6.5.0.20000']\n", NULL, false,
         false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "staged", "{}", &call, SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "staged")));
    assert_true(json_is_false(json_object_get(call.result, "supports_installed")));
}

static void a_stage_is_removed_and_looked_for_again(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"software-packages list --staged", " No staged update\n",
         "software-packages unstage", false, false},
        {"software-packages list --staged", "version: 6.5.0.15000\n", NULL, false, false},
        {"software-packages unstage", "", NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "unstage", "{\"keep\":\"6.5.0.24100\"}", &call, SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "changed")));
    auto_fake_call struct fake_call kept;
    STORY(answers, "unstage", "{\"keep\":\"6.5.0.15000\"}", &kept, SLIPWAY_DONE);
    assert_false(json_is_true(json_object_get(kept.result, "changed")));
}

static void a_stage_that_stays_is_a_failure(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"software-packages list --staged", "version: 6.5.0.15000\n", NULL, false, false},
        {"software-packages unstage", "Unstaging process completed successfully\n", NULL,
         false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "unstage", "{}", &call, SLIPWAY_FAILED);
}

/* --- the shell ------------------------------------------------------------------------- */

static void bash_is_turned_on_in_the_words_of_either_release(void **state)
{
    (void)state;
    static const struct scripted_answer newer[] = {
        {"shell.get", "Config:\n   Enabled: True\n", "shell.set --enabled true", false,
         false},
        {"shell.get", "Config:\n   Enabled: False\n", NULL, false, false},
        {"shell.set", "", NULL, false, false}};
    static const struct scripted_answer older[] = {
        {"shell.get", "Config:\n   Enabled: True\n", "shell.set --enable True", false,
         false},
        {"shell.get", "Config:\n   Enabled: False\n", NULL, false, false},
        {"shell.set", "usage: shell.set --enable <BOOL>\n", NULL, false, false}};
    auto_fake_call struct fake_call call, old;
    STORY(newer, "shell", "{\"bash\":true}", &call, SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "changed")));
    STORY(older, "shell", "{\"bash\":true}", &old, SLIPWAY_DONE);
}

static void a_shell_that_stays_is_a_failure(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"shell.get", "Config:\n   Enabled: True\n", NULL, false, false},
        {"shell chsh", "chsh: PAM: Authentication failure\n", NULL, false, false}};
    auto_fake_call struct fake_call call;
    STORY(answers, "shell", "{\"login\":\"bash\"}", &call, SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "Authentication failure"));
}

static void arguments_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *operation, *with;
    } bad[] = {
        {"shell", "{}"},
        {"shell", "{\"login\":\"zsh\"}"},
        {"shell", "{\"login\":\"bash\",\"restore\":{}}"},
        {"stage", "{\"version\":\"latest\"}"},
        {"stage", "{\"version\":\"6.5.0.24100\",\"from\":\"ftp\"}"},
        {"stage", "{\"version\":\"6.5.0.24100\",\"url\":\"https://x/\"}"},
        {"stage", "{\"version\":\"6.5.0.24100\",\"from\":\"url\",\"url\":\"https://x/"
                  "$(reboot)\"}"},
        {"stage", "{\"version\":\"6.5.0.24100\",\"from\":\"url\",\"url\":\"https://"
                  "user:word@x/\"}"},
        {"install", "{\"version\":\"6.5.0.24100; reboot\"}"},
        {"install", "{}"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct slipway_error err;
        const struct slipway_operation *operation =
            fake_operation(vcsa_cli_plugin(), bad[i].operation);
        assert_int_equal(operation->check(bad[i].with, &err), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_asked_in_its_own_words),
        cmocka_unit_test(what_ran_before_and_does_not_now_is_missing),
        cmocka_unit_test(the_version_needs_no_bash),
        cmocka_unit_test(two_versions_that_contradict_are_a_failure),
        cmocka_unit_test(bash_that_is_off_is_told_with_its_remedy),
        cmocka_unit_test(restarting_services_are_asked_again_later),
        cmocka_unit_test(an_expired_password_is_named_and_never_answered),
        cmocka_unit_test(an_unknown_shell_is_refused_in_one_clean_line),
        cmocka_unit_test(endless_output_ends),
        cmocka_unit_test(a_lost_read_is_asked_again),
        cmocka_unit_test(what_must_outlive_a_connection_needs_bash),
        cmocka_unit_test(a_stage_that_does_not_take_this_version_says_so),
        cmocka_unit_test(a_stage_is_removed_and_looked_for_again),
        cmocka_unit_test(a_stage_that_stays_is_a_failure),
        cmocka_unit_test(bash_is_turned_on_in_the_words_of_either_release),
        cmocka_unit_test(a_shell_that_stays_is_a_failure),
        cmocka_unit_test(arguments_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
