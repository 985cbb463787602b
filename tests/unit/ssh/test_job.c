/*
 * test_job.c - stories of ssh.job: a change that survives whoever ordered it.
 */
#include "ssh_fixture.h"

/* Run to the end, looking often. */
static enum slipway_outcome run_job(struct fake_call *call)
{
    return fake_run_to_end(call, 50, 60000);
}

static void a_job_gives_rc_output_and_environment(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.env.0.1",
            "{\"argv\":[\"sh\",\"-c\",\"echo \\\"$A|$B|$PWD|$LC_ALL|$SLIPWAY_JOB\\\"; "
            "echo e >&2\"],"
            "\"env\":{\"A\":\"it's $HOME\",\"B\":7}}");
    assert_int_equal(run_job(&call), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "rc", -1), 0);
    assert_string_equal(json_text(call.result, "stdout"),
                        "it's $HOME|7|/|C|c.vc-1.env.0.1\n");
    assert_string_equal(json_text(call.result, "stderr"), "e\n");
    assert_int_equal(json_array_size(json_object_get(call.result, "lines")), 1);
}

static void start_answers_pending_with_a_handle_and_poll_waits(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.slow.0.1",
            "{\"argv\":[\"sh\",\"-c\",\"while [ ! -e /dev/shm/../..$GO ]; do sleep 0.05; "
            "done\"],"
            "\"env\":{\"GO\":\"/nonexistent\"},\"timeout\":20000}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    auto_json json_t *handle = json_parse(call.handle, strlen(call.handle), 1024, NULL);
    assert_string_equal(json_text(handle, "job"), "c.vc-1.slow.0.1");
    assert_string_equal(json_text(handle, "boot_id"), SSHD_PEER_BOOT_1);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    fake_forget_handle(&call);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);
    assert_non_null(call.handle);
    /* end it: the supervisor notices the death of its command */
    pid_t child = pid_in(job_path(fixture, "c.vc-1.slow.0.1", "child"));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_true(appears(job_path(fixture, "c.vc-1.slow.0.1", "rc")));
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "rc 137"));
}

static void a_script_runs_under_its_own_interpreter(void **out)
{
    struct fixture *fixture = need(out);
    const char *path =
        fixture_file(fixture, "patch.sh", "#!/bin/sh -e\necho one\nfalse\necho never\n");
    auto_free char *with = xasprintf("{\"script\":\"%s\"}", path);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.script.0.1", with);
    assert_int_equal(run_job(&call), SLIPWAY_FAILED);
    assert_string_equal(json_text(call.result, "stdout"), "one\n");
    assert_string_equal(call.said, "the job ended with rc 1: one");
}

static void the_last_stderr_line_explains_a_failure(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.fail.0.1",
            "{\"argv\":[\"sh\",\"-c\",\"echo out; echo no space \\\\\\\\033[31m>&2; exit "
            "9\"]}");
    assert_int_equal(run_job(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "the job ended with rc 9: no space"));
    assert_null(strchr(call.said, '\033'));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_FAILED);
}

static void a_dropped_connection_and_a_dead_sshd_lose_nothing(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *go = xasprintf("%s/go", fixture->peer.dir);
    auto_free char *with =
        xasprintf("{\"argv\":[\"sh\",\"-c\",\"until [ -e %s ]; do echo "
                  "chatter; sleep 0.02; done; echo finished\"]}",
                  go);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.drop.0.1", with);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_true(appears(job_path(fixture, "c.vc-1.drop.0.1", "child")));
    while (count_lines(job_path(fixture, "c.vc-1.drop.0.1", "out")) == 0)
        sshd_peer_sleep_ms(20);
    sshd_peer_down(&fixture->peer);

    call.timeout_ms = 3000;
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_non_null(strstr(call.said, "no answer since "));
    assert_non_null(strstr(call.said, "the job goes on there"));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);

    sshd_peer_write(go, "");
    assert_true(appears(job_path(fixture, "c.vc-1.drop.0.1", "rc")));
    assert_int_equal(sshd_peer_spawn(&fixture->peer), 0);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_non_null(strstr(json_text(call.result, "stdout"), "chatter\nfinished\n"));
}

static void launching_again_gives_the_same_result_and_runs_once(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *ledger = xasprintf("%s/ledger", fixture->peer.dir);
    auto_free char *with =
        xasprintf("{\"argv\":[\"sh\",\"-c\",\"echo ran >>%s; echo $$\"]}", ledger);
    auto_fake_call struct fake_call first;
    prepare(fixture, &first, "job", "c.vc-1.again.0.1", with);
    assert_int_equal(run_job(&first), SLIPWAY_DONE);
    auto_fake_call struct fake_call second;
    prepare(fixture, &second, "job", "c.vc-1.again.0.1", with);
    assert_int_equal(fake_probe(&second), SLIPWAY_PROBE_DONE);
    assert_int_equal(run_job(&second), SLIPWAY_DONE);
    assert_string_equal(json_text(first.result, "stdout"),
                        json_text(second.result, "stdout"));
    assert_int_equal(count_lines(ledger), 1);
}

static void the_same_key_with_another_content_is_refused(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call first;
    prepare(fixture, &first, "job", "c.vc-1.same.0.1", "{\"argv\":[\"true\"]}");
    assert_int_equal(run_job(&first), SLIPWAY_DONE);
    auto_fake_call struct fake_call other;
    prepare(fixture, &other, "job", "c.vc-1.same.0.1", "{\"argv\":[\"false\"]}");
    assert_int_equal(fake_start(&other), SLIPWAY_REFUSED);
    assert_non_null(strstr(other.said, "MISMATCH"));
    assert_int_equal(fake_probe(&other), SLIPWAY_PROBE_UNKNOWN);

    /* the same arguments, but the script's content changed meanwhile */
    const char *path = fixture_file(fixture, "changing.sh", "exit 0\n");
    auto_free char *with = xasprintf("{\"script\":\"%s\"}", path);
    auto_fake_call struct fake_call script;
    prepare(fixture, &script, "job", "c.vc-1.changing.0.1", with);
    assert_int_equal(run_job(&script), SLIPWAY_DONE);
    sshd_peer_write(path, "exit 1\n");
    assert_int_equal(fake_start(&script), SLIPWAY_REFUSED);
    assert_non_null(strstr(script.said, "MISMATCH"));
}

static void the_watchdog_ends_the_whole_group(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.watch.0.1",
            "{\"argv\":[\"sh\",\"-c\",\"trap '' TERM; sleep 300 & echo $!; wait; sleep "
            "300\"],"
            "\"timeout\":1000}");
    assert_int_equal(run_job(&call), SLIPWAY_FAILED);
    assert_int_equal(json_number(call.result, "rc", -1), 124);
    assert_non_null(strstr(call.said, "timeout"));
    pid_t sleeper = (pid_t)strtol(json_text(call.result, "stdout"), NULL, 10);
    assert_true(sleeper > 1);
    /* gone, or a zombie that nobody reaped yet */
    auto_free char *path = xasprintf("/proc/%d/stat", (int)sleeper);
    auto_free char *stat = sshd_peer_read(path);
    const char *state = strstr(stat, ") ");
    assert_true(!state || state[2] == 'Z');
}

static void secrets_reach_the_job_and_leave_no_trace(void **out)
{
    struct fixture *fixture = need(out);
    const char *path = fixture_file(fixture, "secret", "s3cr3t-'canary'\n");
    auto_free char *with =
        xasprintf("{\"argv\":[\"sh\",\"-c\",\"printf %%s \\\"$PW\\\" | wc -c; cat "
                  "/proc/$PPID/cmdline /proc/$PPID/environ\"],"
                  "\"secret_env\":{\"PW\":{\"file\":\"%s\"}}}",
                  path);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.secret.0.1", with);
    assert_int_equal(run_job(&call), SLIPWAY_DONE);
    assert_int_equal(call.secrets_out, 0);
    assert_int_equal(strncmp(json_text(call.result, "stdout"), "15\n", 3), 0);
    assert_null(strstr(call.result_text, "s3cr3t"));
    static const char *const files[] = {"main", "cmd",     "supervise", "hash",  "out",
                                        "err",  "started", "child",     "secret"};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        auto_free char *text =
            sshd_peer_read(job_path(fixture, "c.vc-1.secret.0.1", files[i]));
        assert_null(strstr(text, "s3cr3t"));
    }
    assert_false(exists(job_path(fixture, "c.vc-1.secret.0.1", "secret")));
    struct stat info;
    assert_int_equal(stat(sshd_peer_path(&fixture->peer, "jobs"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

/* The end of a long output begins amid a secret: what is left of it would not be known. */
static void the_rest_of_a_secret_that_was_cut_is_not_kept(void **out)
{
    struct fixture *fixture = need(out);
    static const char *const floods[] = {
        "echo $PW; yes a | head -c 32758",
        "printf %s $PW; head -c 32758 /dev/zero | tr '\\\\0' x"};
    const char *path = fixture_file(fixture, "secret", "s3cr3t-of-the-canary\n");
    for (size_t i = 0; i < ARRAY_LENGTH(floods); i++) {
        auto_free char *with = xasprintf("{\"argv\":[\"sh\",\"-c\",\"%s\"],"
                                         "\"secret_env\":{\"PW\":{\"file\":\"%s\"}}}",
                                         floods[i], path);
        auto_free char *key = xasprintf("c.vc-1.cut.0.%zu", i + 1);
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "job", key, with);
        assert_int_equal(run_job(&call), SLIPWAY_DONE);
        assert_true(strlen(json_text(call.result, "stdout")) > 16000);
        assert_null(strstr(call.result_text, "canary"));
    }
}

static void progress_is_read_from_the_output(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *go = xasprintf("%s/go-progress", fixture->peer.dir);
    auto_free char *with = xasprintf(
        "{\"argv\":[\"sh\",\"-c\",\"echo slipway-progress: 10 begin; echo noise; "
        "echo slipway-progress: 42 copying; until [ -e %s ]; do sleep 0.05; done\"]}",
        go);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.progress.0.1", with);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    for (int i = 0; i < 100 && call.progress_percent != 42; i++) {
        sshd_peer_sleep_ms(50);
        assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    }
    assert_int_equal(call.progress_percent, 42);
    assert_string_equal(call.progress_text, "copying");
    sshd_peer_write(go, "");
    assert_true(appears(job_path(fixture, "c.vc-1.progress.0.1", "rc")));
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
}

static void a_flood_of_output_is_bounded_and_its_end_is_kept(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.flood.0.1",
            "{\"argv\":[\"sh\",\"-c\",\"yes aaaaaaaaaaaaaaa | head -c 9000000; echo; "
            "echo last "
            "words; yes error | head -c 3000000 >&2\"]}");
    assert_int_equal(run_job(&call), SLIPWAY_DONE);
    const char *text = json_text(call.result, "stdout");
    assert_non_null(strstr(text, "\nlast words\n"));
    static const char *const parts[] = {"out", "out.prev", "out.tail", "err", "err.tail"};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        struct stat info;
        assert_int_equal(stat(job_path(fixture, "c.vc-1.flood.0.1", parts[i]), &info), 0);
        assert_true(info.st_size <= 1024 * 1024);
    }
}

static void an_interrupted_job_is_settled_by_verify_or_by_a_human(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *mark = xasprintf("%s/verified", fixture->peer.dir);
    auto_free char *with =
        xasprintf("{\"argv\":[\"sleep\",\"300\"],\"verify\":{\"argv\":[\"test\","
                  "\"-e\",\"%s\"]}}",
                  mark);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.orphan.0.1", with);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    pid_t child = pid_in(job_path(fixture, "c.vc-1.orphan.0.1", "child"));
    pid_t started = pid_in(job_path(fixture, "c.vc-1.orphan.0.1", "started"));
    assert_int_equal(kill(started, SIGKILL), 0);

    /* the command outlives its supervisor: it still runs */
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_RUNNING);

    assert_int_equal(kill(child, SIGKILL), 0);
    enum slipway_outcome outcome = SLIPWAY_PENDING;
    for (int i = 0; i < 100 && outcome == SLIPWAY_PENDING; i++) {
        sshd_peer_sleep_ms(20);
        outcome = fake_poll(&call);
    }
    assert_int_equal(outcome, SLIPWAY_UNKNOWN);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_FAILED);
    assert_non_null(strstr(call.said, "`verify` ended with status 1"));
    sshd_peer_write(mark, "");
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_DONE);

    /* the same job without verify: a human */
    auto_fake_call struct fake_call plain;
    prepare(fixture, &plain, "job", "c.vc-1.orphan.0.1",
            "{\"argv\":[\"sleep\",\"300\"]}");
    plain.call.fingerprint = call.call.fingerprint;
    assert_int_equal(fake_probe(&plain), SLIPWAY_PROBE_UNKNOWN);
    /* and launching again starts nothing */
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_false(exists(job_path(fixture, "c.vc-1.orphan.0.1", "rc")));
}

static void a_reboot_during_the_job_is_noticed(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.power.0.1", "{\"argv\":[\"sleep\",\"300\"]}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    pid_t child = pid_in(job_path(fixture, "c.vc-1.power.0.1", "child"));
    pid_t started = pid_in(job_path(fixture, "c.vc-1.power.0.1", "started"));
    assert_int_equal(kill(started, SIGKILL), 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_2);
    assert_int_equal(fake_poll(&call), SLIPWAY_UNKNOWN);
    assert_non_null(strstr(call.said, "rebooted while the job ran"));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
}

static void absent_means_not_started_only_without_a_handle(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "job", "c.vc-1.absent.0.1", "{\"argv\":[\"true\"]}");
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
    assert_int_equal(run_job(&call), SLIPWAY_DONE);
    auto_free char *wipe = xasprintf("%s/jobs/c.vc-1.absent.0.1", fixture->peer.dir);
    const char *const argv[] = {"rm", "-rf", wipe, NULL};
    assert_int_equal(sshd_peer_run("/dev/null", argv), 0);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    assert_int_equal(fake_poll(&call), SLIPWAY_UNKNOWN);
    assert_non_null(strstr(call.said, "reverted or wiped"));
}

static void an_unsafe_job_directory_and_a_bad_boot_id_are_refused(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *open_dir = xasprintf("%s/open/jobs", fixture->peer.dir);
    auto_free char *open_above = xasprintf("%s/open", fixture->peer.dir);
    assert_int_equal(mkdir(open_above, 0700), 0);
    assert_int_equal(mkdir(open_dir, 0700), 0);
    assert_int_equal(chmod(open_dir, 0777), 0);
    auto_json json_t *target =
        json_parse(fixture->target, strlen(fixture->target), 4096, NULL);
    (void)json_object_set_new(json_object_get(target, "ssh"), "job_dir",
                              json_string(open_dir));
    auto_free char *text = json_canonical(target);
    auto_fake_call struct fake_call call;
    fake_call_init(&call, ssh_plugin(), fixture->state, "job", "{\"argv\":[\"true\"]}",
                   text);
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "nobody else can write"));
    assert_int_equal(chmod(open_dir, 0700), 0);
    assert_int_equal(chmod(open_above, 0777), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "not be writable for everybody"));

    sshd_peer_boot(&fixture->peer, "unknown");
    auto_fake_call struct fake_call boot;
    prepare(fixture, &boot, "job", "c.vc-1.boot.0.1", "{\"argv\":[\"true\"]}");
    assert_int_equal(fake_start(&boot), SLIPWAY_REFUSED);
    assert_non_null(strstr(boot.said, "boot id"));
    assert_false(exists(job_path(fixture, "c.vc-1.boot.0.1", "hash")));
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
}

static void malformed_arguments_and_keys_are_refused(void **out)
{
    struct fixture *fixture = need(out);
    static const char *const wrong[] = {
        "{}",
        "{\"argv\":[\"a\"],\"script\":\"/x\"}",
        "{\"script\":\"/nonexistent/script\"}",
        "{\"script\":\"/dev/null\"}",
        "{\"argv\":[\"a\"],\"env\":{\"A B\":\"x\"}}",
        "{\"argv\":[\"a\"],\"env\":{\"1A\":\"x\"}}",
        "{\"argv\":[\"a\"],\"env\":{\"A\":[]}}",
        "{\"argv\":[\"a\"],\"env\":{\"DB_PASSWORD\":\"x\"}}",
        "{\"argv\":[\"a\"],\"env\":{\"api_token\":\"x\"}}",
        "{\"argv\":[\"a\"],\"secret_env\":{\"X;id\":{\"file\":\"/x\"}}}",
        "{\"argv\":[\"a\"],\"verify\":{}}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "job", NULL, wrong[i]);
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_true(call.said[0] != '\0');
    }
    static const char *const keys[] = {"", ".", "..", "../x", "a/b", "-x", "a b", "a;b"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "job", keys[i], "{\"argv\":[\"true\"]}");
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    }
    auto_fake_call struct fake_call dry;
    prepare(fixture, &dry, "job", "c.vc-1.dry.0.1", "{\"argv\":[\"true\"]}");
    dry.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&dry), SLIPWAY_REFUSED);
    assert_int_equal(fake_probe(&dry), SLIPWAY_PROBE_NOT_STARTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_gives_rc_output_and_environment),
        cmocka_unit_test(start_answers_pending_with_a_handle_and_poll_waits),
        cmocka_unit_test(a_script_runs_under_its_own_interpreter),
        cmocka_unit_test(the_last_stderr_line_explains_a_failure),
        cmocka_unit_test(a_dropped_connection_and_a_dead_sshd_lose_nothing),
        cmocka_unit_test(launching_again_gives_the_same_result_and_runs_once),
        cmocka_unit_test(the_same_key_with_another_content_is_refused),
        cmocka_unit_test(the_watchdog_ends_the_whole_group),
        cmocka_unit_test(secrets_reach_the_job_and_leave_no_trace),
        cmocka_unit_test(the_rest_of_a_secret_that_was_cut_is_not_kept),
        cmocka_unit_test(progress_is_read_from_the_output),
        cmocka_unit_test(a_flood_of_output_is_bounded_and_its_end_is_kept),
        cmocka_unit_test(an_interrupted_job_is_settled_by_verify_or_by_a_human),
        cmocka_unit_test(a_reboot_during_the_job_is_noticed),
        cmocka_unit_test(absent_means_not_started_only_without_a_handle),
        cmocka_unit_test(an_unsafe_job_directory_and_a_bad_boot_id_are_refused),
        cmocka_unit_test(malformed_arguments_and_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
