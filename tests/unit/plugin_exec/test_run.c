/*
 * test_run.c - stories about programs: those that keep to the protocol, those
 * that only print, and those that hang, flood, die or may not be run at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>

#include "exec/exec_plugin.h"
#include "fake_host.h"

#define TARGET                                                                           \
    "{\"name\":\"vc-1\",\"rest\":{\"login\":{\"password\":{\"file\":\"/secret\"}}}}"

struct stage { /* a folder of our own with programs in it */
    char folder[64];
    char program[96];
};

static void stage_begin(struct stage *stage)
{
    (void)snprintf(stage->folder, sizeof stage->folder, "%s", "/tmp/slipway-exec-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    (void)snprintf(stage->program, sizeof stage->program, "%s/program", stage->folder);
}

static void write_program(const struct stage *stage, const char *script)
{
    int fd = open(stage->program, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "#!/bin/sh\n%s\n", script) > 0);
    assert_int_equal(close(fd), 0);
}

static char *path_in(const struct stage *stage, const char *name)
{
    return xasprintf("%s/%s", stage->folder, name);
}

static char *read_text(const char *path)
{
    auto_file FILE *file = fopen(path, "re");
    char *text = xcalloc(1, 65536);
    if (file)
        text[fread(text, 1, 65535, file)] = '\0';
    return text;
}

static void stage_end(struct stage *stage)
{
    static const char *const names[] = {"program", "seen", "link", "pid", "env"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_free char *path = path_in(stage, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(stage->folder), 0);
}

/* A call of the stage's program; `more` are further members of `with`. */
static void call_begin(struct fake_call *call, const struct stage *stage,
                       const char *more)
{
    auto_free char *with = xasprintf("{\"argv\":[\"%s\"]%s}", stage->program, more);
    fake_call_init(call, exec_plugin(), NULL, "run", with, TARGET);
}

static enum slipway_outcome start(struct fake_call *call, const struct stage *stage,
                                  const char *script, const char *more)
{
    write_program(stage, script);
    call_begin(call, stage, more);
    return fake_start(call);
}

/* Gone, or a zombie that nobody reaps. */
static bool is_dead(pid_t pid)
{
    auto_free char *path = xasprintf("/proc/%d/stat", (int)pid);
    auto_free char *text = read_text(path);
    const char *state = strrchr(text, ')');
    return !state || state[2] == 'Z' || state[2] == 'X';
}

/* A killed process is gone a moment after the signal. */
static bool dies(pid_t pid)
{
    for (int i = 0; i < 5000 && !is_dead(pid); i++)
        (void)usleep(1000);
    return is_dead(pid);
}

/* --- the protocol ------------------------------------------------------------- */

static void the_program_is_asked_with_everything_it_needs(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *seen = path_in(&stage, "seen"), *environment = path_in(&stage, "env");
    auto_free char *script = xasprintf("cat >%s; env >%s; pwd", seen, environment);
    auto_fake_call struct fake_call call;
    assert_int_equal(start(&call, &stage, script,
                           ",\"input\":{\"a\":1},\"env\":{\"MY_NAME\":\"v w\"}"),
                     SLIPWAY_DONE);
    auto_free char *text = read_text(seen), *variables = read_text(environment);
    auto_json json_t *question = json_parse(text, strlen(text), 65536, NULL);
    assert_int_equal(json_number(question, "protocol", 0), 1);
    assert_string_equal(json_text(question, "operation"), "start");
    assert_string_equal(json_text(question, "key"), FAKE_HOST_DEFAULT_KEY);
    assert_string_equal(json_text(question, "fingerprint"), call.fingerprint);
    assert_true(json_is_null(json_object_get(question, "handle")));
    assert_int_equal(json_number(json_object_get(question, "with"), "a", 0), 1);
    assert_non_null(strstr(text, "{\"file\":\"/secret\"}")); /* a reference stays one */
    assert_non_null(strstr(variables, "SLIPWAY_INTENT_KEY=" FAKE_HOST_DEFAULT_KEY "\n"));
    assert_non_null(strstr(variables, "SLIPWAY_TARGET=vc-1\n"));
    assert_non_null(strstr(variables, "LC_ALL=C\n"));
    assert_non_null(strstr(variables, "MY_NAME=v w\n"));
    assert_null(strstr(variables, "CANARY"));
    assert_string_equal(json_text(call.result, "stdout"), "/\n");
    assert_int_equal(call.secrets_asked, 0);
    stage_end(&stage);
}

static void the_programs_word_is_the_outcome(void **state)
{
    (void)state;
    static const struct {
        const char *word, *said;
        enum slipway_outcome outcome;
    } rows[] = {
        {"{\"outcome\":\"done\",\"result\":{\"v\":2}}", "", SLIPWAY_DONE},
        {"{\"outcome\":\"retry\",\"look_again_ms\":5000}",
         "program: asks to be tried later", SLIPWAY_RETRY},
        {"{\"outcome\":\"failed\",\"message\":\"no \\u001b[31mroom\"}",
         "program: failed: no \\x1b[31mroom", SLIPWAY_FAILED},
        {"{\"outcome\":\"refused\"}", "program: refused", SLIPWAY_REFUSED},
        {"{\"outcome\":\"unknown\"}", "program: cannot tell whether it happened",
         SLIPWAY_UNKNOWN},
        {"{\"outcome\":\"perfect\"}",
         "program: its outcome is none of those that slipway knows", SLIPWAY_UNKNOWN},
        {"{\"outcome\":\"done\",\"outcome\":\"failed\"}",
         "program: its JSON cannot be read", SLIPWAY_UNKNOWN},
        {"{\"outcome\":\"fail", "program: its JSON cannot be read", SLIPWAY_UNKNOWN},
    };
    struct stage stage;
    stage_begin(&stage);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_free char *script = xasprintf("cat <<'END'\n%s\nEND", rows[i].word);
        auto_fake_call struct fake_call call;
        assert_int_equal(start(&call, &stage, script, ""), rows[i].outcome);
        assert_string_equal(call.said, rows[i].said);
        if (rows[i].outcome == SLIPWAY_DONE)
            assert_string_equal(call.result_text, "{\"v\":2}");
        if (rows[i].outcome == SLIPWAY_RETRY)
            assert_int_equal(call.look_again_ms, 5000);
    }
    stage_end(&stage);
}

static void exit_codes_have_their_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum slipway_outcome outcome;
    } rows[] = {
        {"exit 0", SLIPWAY_DONE},
        {"exit 1", SLIPWAY_FAILED},
        {"exit 21", SLIPWAY_RETRY},
        {"exit 22", SLIPWAY_UNKNOWN},
        {"exit 23", SLIPWAY_DONE},
        {"exit 127", SLIPWAY_FAILED},
        {"kill -9 $$", SLIPWAY_UNKNOWN},
        {"echo '{\"outcome\":\"done\"}'; exit 1", SLIPWAY_FAILED},
    };
    struct stage stage;
    stage_begin(&stage);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(start(&call, &stage, rows[i].script, ""), rows[i].outcome);
        assert_true(rows[i].outcome == SLIPWAY_DONE || call.said[0]);
    }
    auto_fake_call struct fake_call failed;
    assert_int_equal(start(&failed, &stage,
                           "echo first >&2; printf 'disk \\033[1mfull\\n' >&2; exit 3",
                           ""),
                     SLIPWAY_FAILED);
    assert_string_equal(failed.said, "program: exit 3: disk \\x1b[1mfull");
    assert_non_null(strstr(buf_text(&failed.log), "info: program: first\n"));
    stage_end(&stage);
}

static void plain_output_is_the_result(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_fake_call struct fake_call text, json;
    assert_int_equal(start(&text, &stage, "echo one; echo two; echo note >&2", ""),
                     SLIPWAY_DONE);
    assert_string_equal(text.result_text,
                        "{\"json\":null,\"lines\":[\"one\",\"two\"],\"status\":0,"
                        "\"stderr\":\"note\\n\",\"stdout\":\"one\\ntwo\\n\"}");
    assert_int_equal(start(&json, &stage, "echo '{\"version\":\"8.0\"}'", ""),
                     SLIPWAY_DONE);
    assert_string_equal(json_text(json_object_get(json.result, "json"), "version"),
                        "8.0");
    stage_end(&stage);
}

static void long_work_is_started_polled_and_done(void **state)
{
    (void)state;
    static const char script[] =
        "q=$(cat)\n"
        "case $q in\n"
        "*'\"operation\":\"start\"'*) echo "
        "'{\"outcome\":\"pending\",\"handle\":\"job-7\","
        "\"look_again_ms\":1500}';;\n"
        "*'\"handle\":\"job-7\"'*'\"operation\":\"poll\"'*) test -e \"$DONE\" && echo "
        "'{\"outcome\":\"done\",\"result\":7}' || echo "
        "'{\"outcome\":\"pending\",\"progress\":40,\"message\":\"copying\"}';;\n"
        "*) exit 1;;\n"
        "esac";
    struct stage stage;
    stage_begin(&stage);
    auto_free char *seen = path_in(&stage, "seen");
    auto_free char *more = xasprintf(",\"env\":{\"DONE\":\"%s\"}", seen);
    auto_fake_call struct fake_call call;
    assert_int_equal(start(&call, &stage, script, more), SLIPWAY_PENDING);
    assert_string_equal(call.handle, "job-7");
    assert_int_equal(call.look_again_ms, 1500);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 40);
    assert_string_equal(call.progress_text, "copying");
    auto_fd int fd = open(seen, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_int_equal(json_integer_value(call.result), 7);
    stage_end(&stage);
}

static void trouble_while_looking_is_no_verdict(void **state)
{
    (void)state;
    static const char *const scripts[] = {"kill -9 $$", "echo '{\"outcome\":'", "exit 21",
                                          "sleep 1000"};
    struct stage stage;
    stage_begin(&stage);
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(start(&call, &stage, "echo '{\"outcome\":\"pending\"}'", ""),
                         SLIPWAY_PENDING);
        assert_string_equal(call.handle, FAKE_HOST_DEFAULT_KEY); /* it gave none */
        write_program(&stage, scripts[i]);
        call.timeout_ms = 500;
        assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
        assert_true(call.said[0] != '\0');
        write_program(&stage, "exit 1");
        assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    }
    stage_end(&stage);
}

static void a_program_that_answers_probes_is_reconcilable(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum slipway_probe found;
    } rows[] = {
        {"echo '{\"state\":\"not_started\"}'", SLIPWAY_PROBE_NOT_STARTED},
        {"echo '{\"state\":\"running\",\"handle\":\"h\"}'", SLIPWAY_PROBE_RUNNING},
        {"echo '{\"state\":\"done\",\"result\":[1]}'", SLIPWAY_PROBE_DONE},
        {"echo '{\"state\":\"failed\",\"message\":\"why\"}'", SLIPWAY_PROBE_FAILED},
        {"echo '{\"state\":\"unknown\"}'", SLIPWAY_PROBE_UNKNOWN},
        {"echo '{\"state\":\"great\"}'", SLIPWAY_PROBE_UNKNOWN},
        {"echo '{\"outcome\":\"done\"}'", SLIPWAY_PROBE_UNKNOWN},
        {"echo '{\"state\":\"done\"}'; exit 1", SLIPWAY_PROBE_UNKNOWN},
        {"echo hello", SLIPWAY_PROBE_UNKNOWN},
        {"exit 22", SLIPWAY_PROBE_UNKNOWN},
        {"kill -9 $$", SLIPWAY_PROBE_UNKNOWN},
    };
    struct stage stage;
    stage_begin(&stage);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fake_call struct fake_call call;
        write_program(&stage, rows[i].script);
        call_begin(&call, &stage, ",\"probe\":true");
        assert_int_equal(call.call.repeat, SLIPWAY_RECONCILABLE);
        assert_int_equal(fake_probe(&call), rows[i].found);
        if (rows[i].found == SLIPWAY_PROBE_RUNNING)
            assert_string_equal(call.handle, "h");
        if (rows[i].found == SLIPWAY_PROBE_DONE)
            assert_string_equal(call.result_text, "[1]");
        if (rows[i].found == SLIPWAY_PROBE_FAILED)
            assert_string_equal(call.said, "program: failed: why");
    }
    auto_fake_call struct fake_call mute; /* never even asked */
    write_program(&stage, "echo '{\"state\":\"not_started\"}'");
    call_begin(&mute, &stage, "");
    assert_int_equal(mute.call.repeat, SLIPWAY_OPAQUE);
    assert_int_equal(fake_probe(&mute), SLIPWAY_PROBE_UNKNOWN);
    stage_end(&stage);
}

/* --- time and signals -------------------------------------------------------------- */

static pid_t wait_for_pid(const char *path)
{
    for (int i = 0; i < 5000; i++) {
        auto_free char *text = read_text(path);
        if (strchr(text, '\n'))
            return (pid_t)strtol(text, NULL, 10);
        (void)usleep(1000);
    }
    return 0;
}

static void the_deadline_ends_the_whole_group(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *pid_file = path_in(&stage, "pid");
    auto_free char *script =
        xasprintf("trap '' TERM\nsh -c 'trap \"\" TERM; echo $$ >%s; sleep 1000' &\n"
                  "sleep 1000; wait",
                  pid_file);
    auto_fake_call struct fake_call call;
    write_program(&stage, script);
    call_begin(&call, &stage, "");
    call.timeout_ms = 1500;
    assert_int_equal(fake_start(&call), SLIPWAY_UNKNOWN);
    assert_non_null(strstr(call.said, "did not end in its time"));
    pid_t grandchild = wait_for_pid(pid_file);
    assert_true(grandchild > 1);
    assert_true(dies(grandchild));
    stage_end(&stage);
}

static void a_program_may_tidy_up_when_it_is_late(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *seen = path_in(&stage, "seen");
    auto_free char *script = xasprintf(
        "trap 'echo tidy >%s; exit 0' TERM\nwhile :; do sleep 0.05; done", seen);
    auto_fake_call struct fake_call call, read;
    assert_int_equal(start(&call, &stage, script, ",\"timeout\":1000"), SLIPWAY_UNKNOWN);
    auto_free char *text = read_text(seen);
    assert_string_equal(text, "tidy\n");
    call_begin(&read, &stage, ",\"timeout\":300");
    read.call.repeat = SLIPWAY_READ; /* changes nothing: it is simply run again */
    assert_int_equal(fake_start(&read), SLIPWAY_RETRY);
    stage_end(&stage);
}

static void *cancel_when_started(void *argument)
{
    struct fake_call *call = ((void **)argument)[0];
    if (wait_for_pid(((void **)argument)[1]))
        atomic_store(&call->canceled, true);
    return NULL;
}

static void cancelling_kills_and_leaves_it_unknown(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *pid_file = path_in(&stage, "pid");
    auto_free char *script = xasprintf("echo $$ >%s; sleep 1000", pid_file);
    auto_fake_call struct fake_call call, before;
    write_program(&stage, script);
    call_begin(&call, &stage, "");
    void *both[] = {&call, pid_file};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_started, both), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_UNKNOWN);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(dies(wait_for_pid(pid_file)));
    assert_int_equal(unlink(pid_file), 0);
    call_begin(&before, &stage, "");
    atomic_store(&before.canceled, true);
    assert_int_equal(fake_start(&before), SLIPWAY_CANCELED);
    assert_int_equal(access(pid_file, F_OK), -1); /* it never ran */
    stage_end(&stage);
}

static void a_child_left_behind_does_not_hold_the_step(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *pid_file = path_in(&stage, "pid");
    auto_free char *script = xasprintf("sleep 1000 & echo $! >%s; echo over", pid_file);
    auto_fake_call struct fake_call call;
    assert_int_equal(start(&call, &stage, script, ""), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "stdout"), "over\n");
    assert_true(dies(wait_for_pid(pid_file)));
    stage_end(&stage);
}

/* --- bytes ------------------------------------------------------------------------------ */

static void a_flood_is_dropped_and_said_so(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_fake_call struct fake_call text, json, errors, escapes, little;
    assert_int_equal(start(&text, &stage, "head -c 20000000 /dev/zero | tr '\\0' x", ""),
                     SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(text.result, "truncated")));
    assert_true(strlen(text.result_text) <= SLIPWAY_RESULT_MAX);
    assert_int_equal(start(&json, &stage,
                           "printf '{\"a\":\"'; head -c 2000000 /dev/zero | tr "
                           "'\\0' x; echo '\",\"outcome\":\"failed\"}'",
                           ""),
                     SLIPWAY_UNKNOWN); /* its word may be in the part that is gone */
    assert_int_equal(
        start(&errors, &stage,
              "head -c 5000000 /dev/zero | tr '\\0' e >&2; echo; echo last >&2; "
              "exit 1",
              ""),
        SLIPWAY_FAILED);
    assert_true(errors.log.length < 64 * 1024);
    assert_int_equal(
        start(&escapes, &stage, "head -c 200000 /dev/zero | tr '\\0' '\\033'", ""),
        SLIPWAY_DONE); /* each grows sixfold in JSON */
    assert_true(strlen(escapes.result_text) <= SLIPWAY_RESULT_MAX);
    assert_true(strlen(json_text(escapes.result, "stdout")) > 1000);
    assert_int_equal(start(&little, &stage, "echo 0123456789", ",\"output_max\":5"),
                     SLIPWAY_DONE);
    assert_string_equal(json_text(little.result, "stdout"), "01234");
    stage_end(&stage);
}

static void a_program_need_not_read_its_input(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_buf struct buf more = {0};
    buf_adds(&more, ",\"input\":\"");
    for (int i = 0; i < 200000; i++)
        buf_adds(&more, "x");
    buf_adds(&more, "\"");
    auto_fake_call struct fake_call deaf, listening;
    assert_int_equal(start(&deaf, &stage, "exec 0<&-; echo ok", buf_text(&more)),
                     SLIPWAY_DONE);
    assert_int_equal(start(&listening, &stage, "wc -c | tr -d ' '", buf_text(&more)),
                     SLIPWAY_DONE);
    const json_t *lines = json_object_get(listening.result, "lines");
    assert_true(strtol(json_string_value(json_array_get(lines, 0)), NULL, 10) > 200000);
    stage_end(&stage);
}

static void nothing_of_ours_leaks_into_the_program(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    int leaky = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
    assert_true(leaky > 2);
    auto_fake_call struct fake_call call, signals;
    assert_int_equal(start(&call, &stage,
                           "for f in 0 1 2 3 4 5 6 7 8 9 10 11 12; do test -e "
                           "/proc/$$/fd/$f && printf '%s ' $f; done; true",
                           ""),
                     SLIPWAY_DONE);
    /* a shell keeps its script open as 10 */
    assert_true(!strcmp(json_text(call.result, "stdout"), "0 1 2 10 ") ||
                !strcmp(json_text(call.result, "stdout"), "0 1 2 "));
    (void)close(leaky);
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(start(&signals, &stage, "grep SigIgn /proc/$$/status", ""),
                     SLIPWAY_DONE);
    unsigned long long ignored =
        strtoull(json_text(signals.result, "stdout") + strlen("SigIgn:\t"), NULL, 16);
    assert_true((ignored & (1ULL << (SIGPIPE - 1))) == 0);
    stage_end(&stage);
}

/* --- what is not run ---------------------------------------------------------------------- */

static void a_program_that_others_could_change_is_not_run(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *seen = path_in(&stage, "seen");
    auto_free char *script = xasprintf("echo ran >%s", seen);
    static const struct {
        mode_t file, folder;
        const char *said;
    } rows[] = {
        {0702, 0700, "others could change"},
        {0720, 0700, "others could change"},
        {0600, 0700, "is not executable"},
        {0700, 0777, "others could replace"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fake_call struct fake_call call;
        write_program(&stage, script);
        assert_int_equal(chmod(stage.program, rows[i].file), 0);
        assert_int_equal(chmod(stage.folder, rows[i].folder), 0);
        call_begin(&call, &stage, "");
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, rows[i].said));
        assert_int_equal(chmod(stage.program, 0700), 0);
        assert_int_equal(chmod(stage.folder, 0700), 0);
    }
    assert_int_equal(access(seen, F_OK), -1);
    stage_end(&stage);
}

static void a_link_is_judged_by_what_it_points_to(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    auto_free char *link_path = path_in(&stage, "link");
    auto_free char *with = xasprintf("{\"argv\":[\"%s\"]}", link_path);
    auto_fake_call struct fake_call good, bad, dangling;
    write_program(&stage, "echo ok");
    assert_int_equal(symlink(stage.program, link_path), 0);
    fake_call_init(&good, exec_plugin(), NULL, "run", with, TARGET);
    assert_int_equal(fake_start(&good), SLIPWAY_DONE);
    assert_int_equal(chmod(stage.program, 0777), 0);
    fake_call_init(&bad, exec_plugin(), NULL, "run", with, TARGET);
    assert_int_equal(fake_start(&bad), SLIPWAY_REFUSED);
    assert_int_equal(unlink(stage.program), 0);
    fake_call_init(&dangling, exec_plugin(), NULL, "run", with, TARGET);
    assert_int_equal(fake_start(&dangling), SLIPWAY_REFUSED);
    stage_end(&stage);
}

static void wrong_arguments_are_found_by_lint(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{}",
        "{\"argv\":[]}",
        "{\"argv\":\"/bin/true\"}",
        "{\"argv\":[\"true\"]}",
        "{\"argv\":[\"./true\"]}",
        "{\"argv\":[\"/bin/true\",1]}",
        "{\"argv\":[\"/bin/true\"],\"output_max\":0}",
        "{\"argv\":[\"/bin/true\"],\"output_max\":99999999}",
        "{\"argv\":[\"/bin/true\"],\"env\":{\"LD_PRELOAD\":\"x\"}}",
        "{\"argv\":[\"/bin/true\"],\"env\":{\"SLIPWAY_TARGET\":\"x\"}}",
        "{\"argv\":[\"/bin/true\"],\"env\":{\"A=B\":\"x\"}}",
        "{\"argv\":[\"/bin/true\"],\"env\":{\"\":\"x\"}}",
        "{\"argv\":[\"/bin/true\"],\"env\":{\"A\":1}}",
    };
    const struct slipway_operation *run = fake_operation(exec_plugin(), "run");
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct slipway_error err = {""};
        auto_fake_call struct fake_call call;
        assert_int_equal(run->check(wrong[i], &err), -1);
        assert_true(err.text[0] != '\0');
        fake_call_init(&call, exec_plugin(), NULL, "run", wrong[i], TARGET);
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    }
    assert_int_equal(run->check("{\"argv\":[\"/bin/true\",\"${vars.x}\"]}", NULL), 0);
}

static void a_dry_run_starts_only_what_reads(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "grep -c '\"read_only\":true'");
    auto_fake_call struct fake_call effect, read;
    call_begin(&effect, &stage, "");
    effect.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&effect), SLIPWAY_REFUSED);
    call_begin(&read, &stage, "");
    read.call.flags = SLIPWAY_CALL_READ_ONLY;
    read.call.repeat = SLIPWAY_READ;
    assert_int_equal(fake_start(&read), SLIPWAY_DONE);
    assert_string_equal(json_text(read.result, "stdout"), "1\n");
    stage_end(&stage);
}

static void *run_some(void *argument)
{
    const struct stage *stage = argument;
    size_t wrong = 0;
    for (int i = 0; i < 10; i++) {
        struct fake_call call;
        call_begin(&call, stage, "");
        wrong += fake_start(&call) != SLIPWAY_DONE;
        wrong += !call.result || strcmp(json_text(call.result, "stdout"), "ok\n") != 0;
        fake_call_free(&call);
    }
    return (void *)wrong;
}

static void many_threads_run_programs_at_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage);
    write_program(&stage, "cat >/dev/null; echo ok");
    pthread_t threads[6];
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_some, &stage), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_is_asked_with_everything_it_needs),
        cmocka_unit_test(the_programs_word_is_the_outcome),
        cmocka_unit_test(exit_codes_have_their_meaning),
        cmocka_unit_test(plain_output_is_the_result),
        cmocka_unit_test(long_work_is_started_polled_and_done),
        cmocka_unit_test(trouble_while_looking_is_no_verdict),
        cmocka_unit_test(a_program_that_answers_probes_is_reconcilable),
        cmocka_unit_test(the_deadline_ends_the_whole_group),
        cmocka_unit_test(a_program_may_tidy_up_when_it_is_late),
        cmocka_unit_test(cancelling_kills_and_leaves_it_unknown),
        cmocka_unit_test(a_child_left_behind_does_not_hold_the_step),
        cmocka_unit_test(a_flood_is_dropped_and_said_so),
        cmocka_unit_test(a_program_need_not_read_its_input),
        cmocka_unit_test(nothing_of_ours_leaks_into_the_program),
        cmocka_unit_test(a_program_that_others_could_change_is_not_run),
        cmocka_unit_test(a_link_is_judged_by_what_it_points_to),
        cmocka_unit_test(wrong_arguments_are_found_by_lint),
        cmocka_unit_test(a_dry_run_starts_only_what_reads),
        cmocka_unit_test(many_threads_run_programs_at_once),
    };
    json_init();
    (void)umask(077);
    (void)setenv("CANARY", "must not be inherited", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
