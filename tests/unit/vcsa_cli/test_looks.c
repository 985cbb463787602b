/*
 * test_looks.c - what is read of an appliance: by bash, against a real sshd and programs
 * that each story writes for itself, and by appliancesh's own words.
 */
#include <sys/stat.h>

#include "bash_peer.h"
#include "scripted_peer.h"

/* ---- an appliance with bash ---- */

static void program(const struct fixture *f, const char *name, const char *script)
{
    auto_free char *file = xasprintf("bin/%s", name);
    auto_free char *text = xasprintf("#!/bin/sh\nroot=${0%%/bin/*}\n%s", script);
    put(f, file, text);
    (void)chmod(path(f, file), 0755);
}

static void make_appliance(const struct fixture *f)
{
    static const char *const dirs[] = {
        "bin", "etc",     "etc/applmgmt",   "etc/applmgmt/appliance",
        "var", "var/log", "var/log/vmware", "var/log/vmware/applmgmt"};
    for (size_t i = 0; i < ARRAY_LENGTH(dirs); i++)
        (void)mkdir(path(f, dirs[i]), 0755);
}

static int setup(void **out)
{
    return fixture_open(out, make_appliance);
}

static void asks(struct fixture *f, const char *operation, const char *with,
                 struct fake_call *call, enum slipway_outcome wanted)
{
    prepare(f, call, operation, with);
    enum slipway_outcome outcome = begin(call);
    if (outcome != wanted)
        fail_msg("%s came to %d: %s", operation, (int)outcome, call->said);
    assert_int_equal(call->secrets_out, 0);
}

static json_int_t number(const struct fake_call *call, const char *key)
{
    return json_number(call->result, key, -4711);
}

static const char *first_of(const struct fake_call *call, const char *list)
{
    const char *text =
        json_string_value(json_array_get(json_object_get(call->result, list), 0));
    return text ? text : "";
}

/* ---- the clock ---- */

static void a_clock_that_goes_wrong_is_measured(void **out)
{
    struct fixture *f = need(out);
    static const char *const nonsense[] = {"soon", "-5", "", "99999999999999",
                                           "12 o'clock"};
    auto_fake_call struct fake_call right, wrong;
    asks(f, "time", "{}", &right, SLIPWAY_DONE);
    assert_in_range(number(&right, "skew_s"), 0, 60);
    program(f, "date", "echo 86400\n");
    asks(f, "time", "{}", &wrong, SLIPWAY_DONE);
    assert_string_equal(json_text(wrong.result, "time"), "1970-01-02T00:00:00Z");
    assert_true(number(&wrong, "skew_s") > 1000000000);
    for (size_t i = 0; i < ARRAY_LENGTH(nonsense); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *script = xasprintf("echo \"%s\"\n", nonsense[i]);
        program(f, "date", script);
        asks(f, "time", "{}", &call, SLIPWAY_FAILED);
        assert_non_null(strstr(call.said, "tells no time"));
    }
}

/* ---- the password ---- */

static void the_end_of_the_root_password(void **out)
{
    struct fixture *f = need(out);
    static const struct {
        const char *ends;
        json_int_t days; /* -4711: none is told */
        bool never, expired;
    } rows[] = {{"Jan 31, 2027", 71, false, false},
                {"Nov 20, 2026", -1, false, true},
                {"never", -4711, true, false},
                {"password must be changed", 0, false, true}};
    program(f, "date", "echo 1795219200\n"); /* 2026-11-21 00:00Z */
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *script =
            xasprintf("echo 'Password expires : %s'\n"
                      "echo 'Maximum number of days between password change : 90'\n",
                      rows[i].ends);
        program(f, "chage", script);
        asks(f, "password_expiry", "{}", &call, SLIPWAY_DONE);
        assert_int_equal(number(&call, "days_left"), rows[i].days);
        assert_int_equal(number(&call, "max_days"), 90);
        assert_int_equal(json_is_true(json_object_get(call.result, "never")),
                         rows[i].never);
        assert_int_equal(json_is_true(json_object_get(call.result, "expired")),
                         rows[i].expired);
    }
    auto_fake_call struct fake_call call, broken;
    program(f, "chage", "echo 'no such account'\n");
    asks(f, "password_expiry", "{}", &call, SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "tells no end of the password"));
    program(f, "chage", "echo 'permission denied' >&2; exit 1\n");
    asks(f, "password_expiry", "{}", &broken, SLIPWAY_FAILED);
    assert_non_null(strstr(broken.said, "ended with status 1: permission denied"));
}

/* ---- file systems ---- */

#define DF_HEAD "echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'\n"
#define DF_LINE(mount, percent)                                                          \
    "echo '/dev/x 10485760 1 2097152 " percent "% " mount "'\n"

static void what_is_too_full_is_named_but_the_archive(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call, strict, blind;
    program(f, "df",
            "case $2 in -i) " DF_HEAD DF_LINE("/storage/log", "99")
                DF_LINE("/", "1") ";; *) " DF_HEAD DF_LINE("/", "84")
                    DF_LINE("/storage/log", "20") DF_LINE("/storage/archive", "100")
                        DF_LINE("/storage/core", "10") ";; esac\n");
    asks(f, "storage", "{}", &call, SLIPWAY_DONE);
    assert_int_equal(json_array_size(json_object_get(call.result, "filesystems")), 4);
    assert_int_equal(json_array_size(json_object_get(call.result, "over")), 1);
    assert_string_equal(first_of(&call, "over"), "/storage/log"); /* its inodes */
    assert_int_equal(number(&call, "staging_free_mb"), 2048);
    asks(f, "storage", "{\"root_percent\":84}", &strict, SLIPWAY_DONE);
    assert_int_equal(json_array_size(json_object_get(strict.result, "over")), 2);
    program(f, "df", "echo 'df: no such option'\n");
    asks(f, "storage", "{}", &blind, SLIPWAY_FAILED);
    assert_non_null(strstr(blind.said, "df lists no file systems"));
}

/* ---- certificates ---- */

#define ENTRY(alias, end)                                                                \
    "printf 'Alias :\\t" alias "\\nEntry type :\\tPrivate Key\\n            "            \
    "Not After : " end "\\n'\n"

static void the_first_certificate_to_end_is_told(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call, none;
    program(f, "date", "echo 1795219200\n"); /* 2026-11-21 00:00Z */
    program(f, "vecs-cli",
            "case \"$*\" in 'store list') printf 'MACHINE_SSL_CERT\\nTRUSTED_ROOTS\\n"
            "TRUSTED_ROOT_CRLS\\nBACKUP_STORE\\n';;\n"
            "*MACHINE_SSL_CERT*) " ENTRY(
                "__MACHINE_CERT",
                "Nov 25 00:00:00 2026 GMT") ";;\n"
                                            "*TRUSTED_ROOTS*) " ENTRY(
                                                "old", "Nov 20 12:00:00 2026 GMT")
                                                ENTRY("odd",
                                                      "whenever") ";;\n"
                                                                  "*) echo 'nobody asks "
                                                                  "for this store'; exit "
                                                                  "9;; esac\n");
    asks(f, "certificates", "{}", &call, SLIPWAY_DONE);
    assert_int_equal(number(&call, "least_days"), -1); /* half a day ago */
    assert_string_equal(json_text(json_object_get(call.result, "first_to_end"), "name"),
                        "TRUSTED_ROOTS old");
    assert_int_equal(json_number(json_object_get(call.result, "tls"), "days_left", 0), 4);
    assert_int_equal(json_array_size(json_object_get(call.result, "certificates")), 2);
    assert_string_equal(first_of(&call, "unknown"), "sts");
    program(f, "vecs-cli", "case \"$*\" in 'store list') echo MACHINE_SSL_CERT;; esac\n");
    asks(f, "certificates", "{}", &none, SLIPWAY_DONE);
    assert_true(json_is_null(json_object_get(none.result, "least_days")));
    assert_int_equal(json_array_size(json_object_get(none.result, "unknown")), 2);
}

/* Who cannot tell its name tells the rest all the same. */
static void the_tls_certificate_is_held_against_the_name(void **out)
{
    struct fixture *f = need(out);
    static const struct {
        const char *tells; /* what vmafd-cli does */
        const char *hostname, *named;
    } cases[] = {
        {"[ \"$*\" = 'get-pnid --server-name localhost' ] && echo vc-1.example",
         "\"vc-1.example\"", "true"},
        {"echo vc-9.example", "\"vc-9.example\"", "false"},
        {"echo 'Error: 1; reboot'", "null", "null"},
        {"exit 1", "null", "null"},
    };
    program(f, "date", "echo 1795219200\n");
    program(f, "vecs-cli",
            "case \"$*\" in 'store list') echo MACHINE_SSL_CERT;;\n"
            "*) " ENTRY("__MACHINE_CERT",
                        "Nov 25 00:00:00 2026 GMT") "\n"
                                                    "printf 'X509v3 Subject Alternative "
                                                    "Name: \\n    DNS:vc-1.example\\n';; "
                                                    "esac\n");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_free char *script = xasprintf("%s\n", cases[i].tells);
        auto_fake_call struct fake_call call;
        program(f, "vmafd-cli", script);
        asks(f, "certificates", "{}", &call, SLIPWAY_DONE);
        auto_free char *hostname =
            json_canonical(json_object_get(call.result, "hostname"));
        auto_free char *named = json_canonical(json_object_get(call.result, "named"));
        assert_string_equal(hostname, cases[i].hostname);
        assert_string_equal(named, cases[i].named);
        assert_int_equal(number(&call, "least_days"), 4);
    }
}

static void a_store_that_cannot_be_read_is_a_failure(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    program(f, "vecs-cli",
            "case \"$*\" in 'store list') echo MACHINE_SSL_CERT;; *) echo 'error 5' >&2; "
            "exit 5;; esac\n");
    asks(f, "certificates", "{}", &call, SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "error 5"));
}

/* ---- replication ---- */

#define PARTNER(name, up, behind)                                                        \
    "printf 'password: Partner: " name "\\nHost available:   " up                        \
    "\\nStatus available: Yes\\nPartner is " behind " changes behind.\\n'\n"

static void the_password_goes_where_no_list_of_processes_shows_it(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call, wrong, again;
    put(f, "sso", "p ss\n");
    auto_free char *with =
        xasprintf("{\"sso_password\":{\"file\":\"%s\"}}", path(f, "sso"));
    program(
        f, "vdcrepadmin",
        "echo \"$*\" >>\"$root/asked\"; IFS= read -r given; [ \"$given\" = 'p ss' ] || "
        "{ echo 'Invalid credentials'; exit 1; }\ncase $2 in "
        "showpartnerstatus)\n" PARTNER("vc-2", "Yes", "0")
            PARTNER("vc-3", "No", "12") ";;\n*) echo "
                                        "'cn=vc-1,cn=Servers,cn=default-site';; esac\n");
    asks(f, "replication", with, &call, SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "linked")));
    assert_false(json_is_true(json_object_get(call.result, "in_step")));
    assert_string_equal(first_of(&call, "behind"), "vc-3");
    assert_string_equal(first_of(&call, "nodes"), "vc-1");
    auto_free char *asked = sshd_peer_read(path(f, "asked"));
    assert_non_null(strstr(asked, "-f showpartnerstatus -h localhost -u administrator"));
    assert_null(strstr(asked, "p ss"));
    /* refused once, and not sent again */
    put(f, "sso", "guess\n");
    put(f, "asked", "");
    asks(f, "replication", with, &wrong, SLIPWAY_REFUSED);
    assert_non_null(strstr(wrong.said, "the SSO password of administrator was refused"));
    asks(f, "replication", with, &again, SLIPWAY_REFUSED);
    assert_non_null(strstr(again.said, "refused a moment ago and is not sent again"));
    auto_free char *tried = sshd_peer_read(path(f, "asked"));
    assert_string_equal(strchr(tried, '\n'), "\n"); /* one line */
}

static void without_a_password_nobody_is_asked(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    asks(f, "replication", "{}", &call, SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "give sso_password"));
}

/* ---- logs ---- */

static void the_ends_of_the_logs_are_kept_without_secrets(void **out)
{
    struct fixture *f = need(out);
    auto_fake_call struct fake_call call;
    auto_buf struct buf log = {0};
    for (int i = 0; i < 400; i++)
        buf_addf(&log, "line %d of the log\n", i);
    buf_adds(&log, "\033[31mpassword=hunter2\033[0m\nthe last line\n");
    sshd_peer_write(path(f, "etc/applmgmt/appliance/update.conf"),
                    "{\"version\":\"8.0.3\"}\n");
    put(f, "var/log/vmware/applmgmt/applmgmt.log", buf_text(&log));
    program(f, "service-control", "echo 'Running:'; echo ' vpxd'\n");
    program(f, "df", "exit 1\n");
    asks(f, "logs", "{\"bytes\":100}", &call, SLIPWAY_DONE);
    const json_t *files = json_object_get(call.result, "files"), *kept = NULL;
    assert_int_equal(json_array_size(files), 3);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *one = json_array_get(files, i);
        if (strstr(json_text(one, "name"), "applmgmt.log"))
            kept = one;
    }
    const char *text = json_text(kept, "text");
    assert_non_null(text);
    assert_non_null(strstr(text, "the last line"));
    assert_null(strstr(text, "hunter2"));
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "line 1 of"));
    const json_t *missing = json_object_get(call.result, "missing");
    assert_int_equal(json_array_size(missing), 6); /* five files, and df */
    assert_string_equal(json_text(json_array_get(missing, 0), "why"), "it is not there");
}

static void an_appliance_without_ssh_is_not_asked(void **out)
{
    struct fixture *f = *out;
    auto_fake_call struct fake_call call;
    fake_call_init(&call, vcsa_cli_plugin(), f->state, "logs", "{}",
                   "{\"name\":\"vc-1\",\"host\":\"127.0.0.1\"}");
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "known")));
}

/* ---- what the update service believes ---- */

static void the_state_files_are_told_as_they_are(void **out)
{
    struct fixture *f = need(out);
    static const char state[] = "etc/applmgmt/appliance/software_update_state.conf";
    static const char conf[] = "etc/applmgmt/appliance/update.conf";
    auto_fake_call struct fake_call half, none, torn;
    put(f, conf, "{\"version\":\"6.5.0.20000\"}\n");
    sshd_peer_write(path(f, state),
                    "{\"state\":\"INSTALL_FAILED\",\"version\":\"6.5.0.24100\"}\n");
    asks(f, "update_state", "{}", &half, SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(half.result, "half_finished")));
    assert_string_equal(json_text(half.result, "installed"), "6.5.0.20000");
    assert_non_null(strstr(half.said, "6.5.0.20000"));
    (void)unlink(path(f, conf));
    (void)unlink(path(f, state));
    program(f, "appliancesh", "echo \"Unknown command: \\`$2'\"\n");
    asks(f, "update_state", "{}", &none, SLIPWAY_DONE);
    assert_true(json_is_null(json_object_get(none.result, "installed")));
    put(f, state, "{\"sta");
    asks(f, "update_state", "{}", &torn, SLIPWAY_FAILED);
    assert_non_null(strstr(torn.said, "written by halves"));
}

static void the_shell_is_told_with_its_switch(void **out)
{
    struct fixture *f = need(out);
    static const struct {
        const char *says;
        int bash; /* -1: not known */
    } rows[] = {
        {"   Enabled: True", 1}, {"   Enabled: False", 0}, {"Unknown command", -1}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *script = xasprintf("echo '%s'\n", rows[i].says);
        program(f, "appliancesh", script);
        asks(f, "shell_state", "{}", &call, SLIPWAY_DONE);
        const json_t *bash = json_object_get(call.result, "bash");
        assert_string_equal(json_text(call.result, "login"), "bash");
        assert_int_equal(json_is_null(bash) ? -1 : json_is_true(bash), rows[i].bash);
    }
}

/* ---- by appliancesh's own words ---- */

static void without_bash_logs_and_storage_are_asked_for_all_the_same(void **state)
{
    (void)state;
    static const struct scripted_answer answers[] = {
        {"shell tail -c 12288 /var/log/vmware/applmgmt/PatchRunner.log",
         "rpm: no space left\n", NULL, false, false},
        {"shell tail", "tail: cannot open: No such file or directory\n", NULL, false,
         false},
        {"shell service-control", "Running:\n vpxd\n", NULL, false, false},
        {"shell df -P",
         "Filesystem 1K Used Available Capacity Mounted on\n/dev/a 9 1 8 "
         "99% /\n",
         NULL, false, false}};
    struct scripted_peer peer;
    auto_fake_call struct fake_call logs, storage;
    scripted_peer_start(&peer, answers, ARRAY_LENGTH(answers));
    assert_int_equal(scripted_call(&peer, "logs", "{}", &logs), SLIPWAY_DONE);
    assert_int_equal(json_array_size(json_object_get(logs.result, "files")), 3);
    assert_int_equal(json_array_size(json_object_get(logs.result, "missing")), 6);
    assert_int_equal(scripted_call(&peer, "storage", "{}", &storage), SLIPWAY_DONE);
    assert_string_equal(first_of(&storage, "over"), "/");
    scripted_peer_stop(&peer);
}

/* What lost its beginning may begin with the end of a secret, which nothing would find. */
static void the_end_of_a_log_begins_with_a_line(void **state)
{
    (void)state;
    auto_buf struct buf cut = {0};
    buf_adds(&cut, "ter2\033[0m of the line before\n");
    while (cut.length < 1024 + 4) /* the escape is taken out again */
        buf_adds(&cut, "a line of the log\n");
    const struct scripted_answer answers[] = {
        {"shell tail -c 1024 /var/log/vmware/applmgmt/PatchRunner.log", buf_text(&cut),
         NULL, false, false},
        {"shell tail -c 1024 /var/log/vmware/applmgmt/applmgmt.log", "short\nwhole\n",
         NULL, false, false},
        {"shell", "No such file or directory\n", NULL, false, false}};
    struct scripted_peer peer;
    auto_fake_call struct fake_call call;
    scripted_peer_start(&peer, answers, ARRAY_LENGTH(answers));
    assert_int_equal(scripted_call(&peer, "logs", "{\"bytes\":1024}", &call),
                     SLIPWAY_DONE);
    const json_t *files = json_object_get(call.result, "files");
    const char *long_one = json_text(json_array_get(files, 0), "text");
    assert_int_equal(strncmp(long_one, "a line of the log\n", 18), 0);
    assert_string_equal(json_text(json_array_get(files, 1), "text"), "short\nwhole\n");
    scripted_peer_stop(&peer);
}

static void what_must_outlive_the_connection_needs_bash(void **state)
{
    (void)state;
    struct scripted_peer peer;
    static const struct scripted_answer none[] = {{"never", "", NULL, false, false}};
    static const char *const operations[] = {"replication", "reboot"};
    scripted_peer_start(&peer, none, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(scripted_call(&peer, operations[i], "{}", &call),
                         SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "needs bash"));
    }
    scripted_peer_stop(&peer);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(a_clock_that_goes_wrong_is_measured),
        STORY(the_end_of_the_root_password),
        STORY(what_is_too_full_is_named_but_the_archive),
        STORY(the_first_certificate_to_end_is_told),
        STORY(the_tls_certificate_is_held_against_the_name),
        STORY(a_store_that_cannot_be_read_is_a_failure),
        STORY(the_password_goes_where_no_list_of_processes_shows_it),
        STORY(without_a_password_nobody_is_asked),
        STORY(the_ends_of_the_logs_are_kept_without_secrets),
        STORY(an_appliance_without_ssh_is_not_asked),
        STORY(the_state_files_are_told_as_they_are),
        STORY(the_shell_is_told_with_its_switch),
        cmocka_unit_test(without_bash_logs_and_storage_are_asked_for_all_the_same),
        cmocka_unit_test(the_end_of_a_log_begins_with_a_line),
        cmocka_unit_test(what_must_outlive_the_connection_needs_bash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
