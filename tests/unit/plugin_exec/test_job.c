/*
 * test_job.c - stories about programs that outlive slipway: found again after a crash,
 * started once, killed, stopped, and given documents that do not stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>

#include "exec/exec_folder.h"
#include "exec/exec_plugin.h"
#include "fake_host.h"

#define KEY      "camp-1234.vc-1.deploy.0.7"
#define PATIENCE 20000

struct stage {
    char folder[64]; /* with a program, a secret and the jobs */
    char *program, *secret, *jobs, *target;
};

static void put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void stage_begin(struct stage *stage)
{
    (void)snprintf(stage->folder, sizeof stage->folder, "%s", "/tmp/slipway-job-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    stage->program = xasprintf("%s/program", stage->folder);
    stage->secret = xasprintf("%s/secret", stage->folder);
    stage->jobs = xasprintf("%s/jobs", stage->folder);
    stage->target = xasprintf(
        "{\"name\":\"vc-1\",\"manager\":{\"url\":\"https://mgmt.example:8443/sdk\"},"
        "\"rest\":{\"login\":{\"user\":\"root\",\"password\":{\"file\":\"%s\"}}}}",
        stage->secret);
    put(stage->secret, "canary-$\"x\n", 0600);
}

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        auto_free char *child = xasprintf("%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(child))
            remove_tree(child);
    }
    if (dir)
        (void)closedir(dir);
    (void)rmdir(path);
}

static void stage_end(struct stage *stage)
{
    remove_tree(stage->folder);
    assert_int_equal(access(stage->folder, F_OK), -1);
    free(stage->program);
    free(stage->secret);
    free(stage->jobs);
    free(stage->target);
}

static char *in_job(const struct stage *stage, const char *name)
{
    return xasprintf("%s/" KEY "/%s", stage->jobs, name);
}

static char *text_of(const char *path)
{
    auto_file FILE *file = fopen(path, "re");
    char *text = xcalloc(1, 65536);
    if (file)
        text[fread(text, 1, 65535, file)] = '\0';
    return text;
}

/* `more` are further members of `with`. */
static void call_begin(struct fake_call *call, const struct stage *stage, const char *key,
                       const char *more)
{
    auto_free char *with =
        xasprintf("{\"argv\":[\"%s\",\"{job}/a.json\"],\"job_dir\":\"%s\"%s}",
                  stage->program, stage->jobs, more);
    fake_call_init(call, exec_plugin(), NULL, "job", with, stage->target);
    fake_call_key(call, key);
}

static void write_program(const struct stage *stage, const char *script)
{
    auto_free char *text = xasprintf("#!/bin/sh\n%s\n", script);
    put(stage->program, text, 0700);
}

static void stop_begin(struct fake_call *call, const struct stage *stage,
                       const char *target)
{
    auto_free char *with =
        xasprintf("{\"step\":\"deploy\",\"job_dir\":\"%s\",\"grace\":300}", stage->jobs);
    fake_call_init(call, exec_plugin(), NULL, "job_stop", with, target);
    fake_call_key(call, "camp-1234.vc-1.stop.0.9");
}

static void stop(const struct stage *stage, bool changed)
{
    auto_fake_call struct fake_call call;
    stop_begin(&call, stage, stage->target);
    assert_int_equal(fake_run_to_end(&call, 50, PATIENCE), SLIPWAY_DONE);
    assert_int_equal(json_is_true(json_object_get(call.result, "changed")), changed);
}

/* Waits until the file is there. */
static bool appears(const char *path)
{
    for (int i = 0; i < PATIENCE && access(path, F_OK); i++)
        (void)usleep(1000);
    return !access(path, F_OK);
}

/* --- a life ---------------------------------------------------------------------------- */

#define DOCUMENTS                                                                        \
    ",\"documents\":{\"a.json\":{\"pw\":\"@secret rest.login.password\","                \
    "\"list\":[\"@target rest.login.user\",\"@host manager.url\",\"@@x\"],\"n\":1}}"

static void a_job_gets_documents_that_do_not_stay(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "cat \"$1\"; stat -c %a \"$1\"; pwd >&2; exit 0");
    auto_fake_call struct fake_call call;
    call_begin(&call, &stage, KEY, DOCUMENTS);
    assert_int_equal(fake_run_to_end(&call, 50, PATIENCE), SLIPWAY_DONE);
    const char *out = json_text(call.result, "stdout");
    assert_non_null(strstr(out, "\"pw\": \"canary-$\\\"x\""));
    assert_non_null(strstr(out, "\"root\",\n    \"mgmt.example\",\n    \"@x\""));
    assert_non_null(strstr(out, "}600\n"));
    assert_int_equal(json_number(call.result, "status", -1), 0);
    assert_non_null(strstr(json_text(call.result, "stderr"), KEY));
    auto_free char *document = in_job(&stage, "a.json");
    assert_int_equal(access(document, F_OK), -1);
    assert_int_equal(call.secrets_out, 0);
    stage_end(&stage);
}

static void a_job_is_found_again_and_started_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *count = xasprintf("%s/count", stage.folder);
    auto_free char *go = xasprintf("%s/go", stage.folder);
    auto_free char *script = xasprintf(
        "echo x >>%s; echo half way; while [ ! -e %s ]; do sleep 0.05; done", count, go);
    write_program(&stage, script);
    auto_fake_call struct fake_call first, second;
    call_begin(&first, &stage, KEY, DOCUMENTS);
    call_begin(&second, &stage, KEY, DOCUMENTS);
    assert_int_equal(fake_probe(&second), SLIPWAY_PROBE_UNKNOWN); /* no folder of jobs */
    assert_int_equal(fake_start(&first), SLIPWAY_PENDING);
    assert_true(appears(count));
    /* slipway died here: another process knows the key only */
    assert_int_equal(fake_probe(&second), SLIPWAY_PROBE_RUNNING);
    assert_non_null(second.handle);
    assert_int_equal(fake_start(&second), SLIPWAY_PENDING); /* and even a start is safe */
    assert_int_equal(fake_poll(&second), SLIPWAY_PENDING);
    auto_free char *document = in_job(&stage, "a.json");
    assert_int_equal(access(document, F_OK), 0);
    put(go, "", 0600);
    for (int i = 0; i < PATIENCE && fake_poll(&second) == SLIPWAY_PENDING; i++)
        (void)usleep(1000);
    assert_int_equal(fake_poll(&second), SLIPWAY_DONE);
    assert_string_equal(json_text(second.result, "stdout"), "half way\n");
    auto_free char *runs = text_of(count);
    assert_string_equal(runs, "x\n");
    assert_int_equal(access(document, F_OK), -1);
    stage_end(&stage);
}

static void what_was_published_and_not_started_is_told_apart(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "exit 0");
    auto_fake_call struct fake_call call;
    call_begin(&call, &stage, KEY, "");
    assert_int_equal(mkdir(stage.jobs, 0700), 0);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED); /* nothing at all */
    auto_free char *folder = in_job(&stage, "");
    auto_free char *alive = in_job(&stage, "alive"), *request = in_job(&stage, "request");
    auto_free char *boot = text_of("/proc/sys/kernel/random/boot_id");
    boot[strcspn(boot, "\n")] = '\0';
    assert_int_equal(mkdir(folder, 0700), 0);
    put(alive, "", 0600);
    auto_free char *document = in_job(&stage, "a.json");
    auto_free char *now = xasprintf("{\"fingerprint\":\"%s\",\"boot\":\"%s\","
                                    "\"documents\":{\"a.json\":true}}",
                                    call.fingerprint, boot);
    put(request, now, 0600);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
    auto_free char *before =
        xasprintf("{\"fingerprint\":\"%s\",\"boot\":\"another\"}", call.fingerprint);
    put(request, before, 0600);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    assert_int_equal(fake_start(&call), SLIPWAY_UNKNOWN);
    put(request, "{\"fingerprint\":\"other\",\"boot\":\"b\"}", 0600);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    put(request, "{\"fingerprint\":", 0600);
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    put(request, now, 0600); /* certain again: it is begun anew */
    put(document, "{\"pw\":\"of a slipway that died here\"}", 0600);
    assert_int_equal(fake_run_to_end(&call, 50, PATIENCE), SLIPWAY_DONE);
    assert_int_equal(access(document, F_OK), -1);
    stage_end(&stage);
}

/* A job can write into its own folder, so what lies there is no order to destroy. */
static void documents_are_destroyed_in_their_own_folder_only(void **state)
{
    struct stage stage;
    struct slipway_error err = {""};
    auto_exec_look struct exec_job_look look = {.state = EXEC_JOB_ABSENT};
    (void)state;
    stage_begin(&stage);
    assert_int_equal(mkdir(stage.jobs, 0700), 0);
    auto_free char *folder = xasprintf("%s/" KEY, stage.jobs);
    assert_int_equal(mkdir(folder, 0700), 0);
    auto_free char *request = in_job(&stage, "request"), *alive = in_job(&stage, "alive");
    auto_free char *status = in_job(&stage, "status"), *own = in_job(&stage, "a.json");
    put(request,
        "{\"fingerprint\":\"f\",\"asked_ms\":1,\"documents\":{\"../../secret\":true,"
        "\"status\":true,\"a.json\":true}}",
        0600);
    put(alive, "", 0600);
    put(status, "7\n", 0600);
    put(own, "a secret", 0600);
    assert_int_equal(exec_job_look(folder, "f", &look, &err), 0);
    assert_int_equal(look.state, EXEC_JOB_ENDED);
    exec_job_close(folder, &look);
    auto_free char *kept = text_of(stage.secret), *left = text_of(status);
    assert_string_equal(kept, "canary-$\"x\n");
    assert_string_equal(left, "7\n");
    assert_int_equal(access(own, F_OK), -1);
    exec_job_look_free(&look);
    stage_end(&stage);
}

static void a_killed_job_has_failed_and_leaves_no_secret(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *here = xasprintf("%s/here", stage.folder);
    auto_free char *script = xasprintf(": >%s; sleep 60", here);
    write_program(&stage, script);
    auto_fake_call struct fake_call call;
    call_begin(&call, &stage, KEY, DOCUMENTS ",\"exit\":\"any\"");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_true(appears(here));
    auto_free char *folder = in_job(&stage, "");
    auto_free char *document = in_job(&stage, "a.json");
    exec_job_signal(folder, SIGKILL); /* the supervisor too */
    for (int i = 0; i < PATIENCE && fake_poll(&call) == SLIPWAY_PENDING; i++)
        (void)usleep(1000);
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "was killed, or this machine restarted"));
    assert_int_equal(access(document, F_OK), -1);
    assert_int_equal(fake_probe(&call),
                     SLIPWAY_PROBE_RUNNING); /* the poll ends it again */
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    stage_end(&stage);
}

static void the_exit_status_counts_as_the_step_says(void **state)
{
    (void)state;
    static const struct {
        const char *script, *more;
        enum slipway_outcome outcome;
        int status;
    } rows[] = {
        {"exit 0", "", SLIPWAY_DONE, 0},
        {"echo no space >&2; exit 9", "", SLIPWAY_FAILED, 9},
        {"exit 9", ",\"exit\":\"any\"", SLIPWAY_DONE, 9},
        {"exit 9", ",\"exit\":\"zero\"", SLIPWAY_FAILED, 9},
        {"kill -9 $$", ",\"exit\":\"any\"", SLIPWAY_DONE, 137},
        {"exit 127", ",\"exit\":\"any\"", SLIPWAY_DONE, 127},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct stage stage;
        stage_begin(&stage);
        write_program(&stage, rows[i].script);
        auto_fake_call struct fake_call call;
        call_begin(&call, &stage, KEY, rows[i].more);
        assert_int_equal(fake_run_to_end(&call, 20, PATIENCE), rows[i].outcome);
        if (rows[i].outcome == SLIPWAY_DONE)
            assert_int_equal(json_number(call.result, "status", -1), rows[i].status);
        else
            assert_non_null(strstr(call.said, "ended with status 9"));
        if (strstr(rows[i].script, "no space"))
            assert_non_null(strstr(call.said, ": no space; "));
        stage_end(&stage);
    }
}

static void a_step_need_not_wait_for_its_job(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "sleep 60");
    auto_fake_call struct fake_call call;
    call_begin(&call, &stage, KEY, DOCUMENTS ",\"wait\":false");
    assert_int_equal(fake_run_to_end(&call, 20, PATIENCE), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "ended")));
    assert_string_equal(json_text(call.result, "job"), KEY);
    stop(&stage, true);
    auto_free char *document = in_job(&stage, "a.json");
    assert_int_equal(access(document, F_OK), -1);
    stop(&stage, false);
    stage_end(&stage);
}

/* --- stopping ---------------------------------------------------------------------------- */

static void stopping_takes_the_stubborn_and_nobody_else(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *here = xasprintf("%s/here", stage.folder);
    auto_free char *script =
        xasprintf("trap '' TERM; : >%s; while :; do sleep 0.1; done", here);
    write_program(&stage, script);
    auto_fake_call struct fake_call call, other;
    call_begin(&call, &stage, KEY, DOCUMENTS);
    call_begin(&other, &stage, "camp-1234.xvc-1.deploy.0.3", "");
    xreplace(&other.target, "{\"name\":\"xvc-1\"}");
    other.call.target = other.target;
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_start(&other), SLIPWAY_PENDING);
    assert_true(appears(here));
    stop(&stage, true);
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    auto_free char *document = in_job(&stage, "a.json");
    assert_int_equal(access(document, F_OK), -1);
    assert_int_equal(fake_poll(&other), SLIPWAY_PENDING);
    auto_fake_call struct fake_call end;
    stop_begin(&end, &stage, "{\"name\":\"xvc-1\"}");
    assert_int_equal(fake_run_to_end(&end, 50, PATIENCE), SLIPWAY_DONE);
    stage_end(&stage);
}

static void a_second_job_of_the_step_waits_for_the_first(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "sleep 60");
    auto_fake_call struct fake_call first, again, elsewhere;
    call_begin(&first, &stage, KEY, "");
    call_begin(&again, &stage, "camp-1234.vc-1.deploy.1.8", "");
    call_begin(&elsewhere, &stage, "next-5678.vc-1.deploy.0.2", "");
    assert_int_equal(fake_start(&first), SLIPWAY_PENDING);
    assert_int_equal(fake_start(&again), SLIPWAY_RETRY);
    assert_int_equal(fake_start(&elsewhere), SLIPWAY_RETRY);
    stop(&stage, true);
    assert_int_equal(fake_start(&again), SLIPWAY_PENDING);
    stop(&stage, true);
    stage_end(&stage);
}

/* --- refusals ---------------------------------------------------------------------------- */

static void what_cannot_be_right_is_refused_before_anything_runs(void **state)
{
    (void)state;
    static const struct {
        const char *more, *said;
    } rows[] = {
        {",\"documents\":{\"a.json\":{\"x\":\"@secret rest.nothing\"}}",
         "the appliance has no rest.nothing"},
        {",\"documents\":{\"a.json\":{\"x\":\"@target rest.login\"}}",
         "the appliance has no rest.login"},
        {",\"documents\":{\"a.json\":{\"x\":\"h\xc3\xa9\"}},\"ascii\":true",
         "other characters than ASCII"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct stage stage;
        stage_begin(&stage);
        auto_free char *here = xasprintf("%s/here", stage.folder);
        auto_free char *script = xasprintf(": >%s", here);
        write_program(&stage, script);
        auto_fake_call struct fake_call call;
        call_begin(&call, &stage, KEY, rows[i].more);
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, rows[i].said));
        assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_NOT_STARTED);
        assert_int_equal(access(here, F_OK), -1);
        stage_end(&stage);
    }
}

static void a_folder_that_others_can_enter_is_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "exit 0");
    auto_fake_call struct fake_call call;
    call_begin(&call, &stage, KEY, "");
    assert_int_equal(mkdir(stage.jobs, 0700), 0);
    assert_int_equal(chmod(stage.jobs, 0755), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "chmod 700"));
    stage_end(&stage);
}

static void arguments_are_checked_without_a_target(void **state)
{
    (void)state;
    static const struct {
        const char *with, *said;
    } rows[] = {
        {"{\"argv\":[\"/bin/x\"],\"job_dir\":\"jobs\"}", "must be an absolute path"},
        {"{\"argv\":[\"/bin/x\"],\"job_dir\":\"/j\",\"exit\":\"some\"}", "zero or any"},
        {"{\"argv\":[\"/bin/x\"],\"job_dir\":\"/j\",\"documents\":{\"status\":{}}}",
         "no name for one"},
        {"{\"argv\":[\"/bin/x\"],\"job_dir\":\"/j\",\"documents\":{\"../a\":{}}}",
         "no name for one"},
        {"{\"argv\":[\"/bin/x\"],\"job_dir\":\"/j\",\"documents\":{\"a b\":{}}}",
         "no name for one"},
        {"{\"argv\":[\"/bin/x\"],\"job_dir\":\"/j\",\"documents\":{\"a\":\"t\"}}",
         "a mapping or a list"},
    };
    const struct slipway_operation *job = fake_operation(exec_plugin(), "job");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct slipway_error err = {""};
        assert_int_equal(job->check(rows[i].with, &err), -1);
        assert_non_null(strstr(err.text, rows[i].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_gets_documents_that_do_not_stay),
        cmocka_unit_test(a_job_is_found_again_and_started_once),
        cmocka_unit_test(what_was_published_and_not_started_is_told_apart),
        cmocka_unit_test(documents_are_destroyed_in_their_own_folder_only),
        cmocka_unit_test(a_killed_job_has_failed_and_leaves_no_secret),
        cmocka_unit_test(the_exit_status_counts_as_the_step_says),
        cmocka_unit_test(a_step_need_not_wait_for_its_job),
        cmocka_unit_test(stopping_takes_the_stubborn_and_nobody_else),
        cmocka_unit_test(a_second_job_of_the_step_waits_for_the_first),
        cmocka_unit_test(what_cannot_be_right_is_refused_before_anything_runs),
        cmocka_unit_test(a_folder_that_others_can_enter_is_refused),
        cmocka_unit_test(arguments_are_checked_without_a_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
