/*
 * exec_job.c - the operation `job`: a program that is started once under its key, runs
 * detached from slipway, and is found again by whoever looks next.
 *
 *   start ─┬ the folder is there: alive or over ──► PENDING: adopted, not started again
 *          ├ another job of this step lives ──────► RETRY
 *          └ folder, lock, documents, one spawn ──► PENDING
 *   poll ──┬ alive ───────────────────────────────► PENDING with its last line
 *          ├ ended ───────────────────────────────► DONE or FAILED by `exit`
 *          └ dead without a status ───────────────► FAILED: it was killed
 *   probe ─┬ no folder, or never started ─────────► NOT_STARTED
 *          └ else ────────────────────────────────► RUNNING: the poll ends it
 *
 * A supervising shell runs the program, destroys the documents when it ends, and leaves
 * its exit status behind. It needs nothing of slipway: that may be killed at any moment.
 *
 * When it fails: before the folder is published nothing was started. A published job that
 * never started is certain only on the boot on which it was published.
 */
#include "exec/exec_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec/exec_command.h"
#include "exec/exec_document.h"
#include "exec/exec_folder.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define LOCK_FD       3 /* of the job's processes */
#define FIRST_LOOK_MS 200
#define LINE_MAX      160u

/* sh -c SUPERVISE slipway-job FOLDER "DOCUMENT..." PROGRAM [ARGUMENT...]; the lock is on 3. */
static const char SUPERVISE[] =
    "supervise() {\n"
    "    umask 077\n"
    "    cd \"$1\" || exit 1\n"
    "    documents=$2\n"
    "    shift 2\n"
    "    keep started $$ || exit 1\n"
    "    trap : HUP INT TERM\n"
    "    \"$@\" </dev/null >output 2>errors &\n"
    "    child=$!\n"
    "    while wait \"$child\"; status=$?; [ $status != 127 ] && kill -0 \"$child\"; do\n"
    "        :\n"
    "    done 2>/dev/null\n"
    "    for document in $documents; do\n"
    "        size=$(wc -c <\"$document\") &&\n"
    "            dd if=/dev/zero of=\"$document\" bs=\"$size\" count=1 "
    "conv=notrunc,fsync\n"
    "        rm -f \"$document\"\n"
    "    done 2>/dev/null\n"
    "    keep status \"$status\"\n"
    "}\n"
    "keep() {\n"
    "    printf '%s\\n' \"$2\" >\"$1.new\" || return 1\n"
    "    sync \"$1.new\" 2>/dev/null || sync\n"
    "    mv -f \"$1.new\" \"$1\"\n"
    "}\n"
    "supervise \"$@\" </dev/null >/dev/null 2>&1 &\n";

/* --- one call ---------------------------------------------------------------------------- */

struct job {
    struct slipway_call *call;
    json_t *with;
    char *folder;
    struct exec_job_look look;
    struct slipway_error err;
};

static void job_free(struct job *job)
{
    exec_job_look_free(&job->look);
    free(job->folder);
    json_decref(job->with);
}
#define auto_job __attribute__((cleanup(job_free)))

static int job_open(struct job *job, struct slipway_call *call)
{
    *job = (struct job){.call = call};
    job->with = json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, &job->err);
    if (!job->with)
        return -1;
    job->folder = xasprintf("%s/%s", json_text(job->with, "job_dir"), call->key);
    return 0;
}

static int job_look(struct job *job)
{
    exec_job_look_free(&job->look);
    return exec_job_look(job->folder, job->call->fingerprint, &job->look, &job->err);
}

static enum slipway_outcome say(struct job *job, enum slipway_outcome outcome,
                                const char *text)
{
    job->call->host->say(job->call, "%s", text);
    return outcome;
}

static enum slipway_outcome pending(struct job *job, int64_t ms)
{
    if (!job->call->handle)
        (void)job->call->host->set_handle(job->call, job->folder);
    job->call->host->look_again_in(job->call, ms);
    return SLIPWAY_PENDING;
}

/* --- arguments ------------------------------------------------------------------------------ */

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return !word || !strcmp(word, a) || !strcmp(word, b);
}

int exec_job_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    if (!json || exec_command_check(json, err) ||
        exec_documents_check(json_object_get(json, "documents"), err))
        return -1;
    const char *job_dir = json_text(json, "job_dir");
    if (!job_dir || job_dir[0] != '/')
        return slipway_error_set(err, -1, "job_dir must be an absolute path");
    if (!is_one_of(json_text(json, "exit"), "zero", "any"))
        return slipway_error_set(err, -1, "exit must be zero or any");
    return 0;
}

/* --- others of the same step ------------------------------------------------------------- */

static int is_running(void *data, const char *folder)
{
    struct job *job = data;
    auto_exec_look struct exec_job_look look = {0};
    if (!strcmp(folder, job->folder) || exec_job_look(folder, NULL, &look, &job->err))
        return 0;
    return look.state == EXEC_JOB_RUNNING;
}

static bool another_runs(struct job *job)
{
    const char *step = exec_job_step(job->call->key);
    auto_free char *name = step ? xstrndup(step, strcspn(step, ".")) : NULL;
    auto_free char *family = exec_job_family(job->call, name ? name : "");
    return name &&
           exec_job_each(json_text(job->with, "job_dir"), family, is_running, job) != 0;
}

/* --- starting -------------------------------------------------------------------------------- */

static char *names_of(const json_t *documents)
{
    auto_buf struct buf out = {0};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)documents, name, value)
        buf_addf(&out, "%s%s", out.length ? " " : "", name);
    return buf_take(&out);
}

/* A session of its own, the lock on LOCK_FD, nothing else open; 0 or an errno. */
static int spawn_shell(char *const *argv, char *const *environment, int lock, pid_t *pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, lock, LOCK_FD);
    for (int fd = 0; fd < LOCK_FD; fd++)
        (void)posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, LOCK_FD + 1);
    (void)posix_spawn_file_actions_addchdir_np(&actions, "/");
    int code = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return code;
}

/* The shell that we start puts the supervisor into the background and ends at once, so
   that the job is nobody's child and leaves us nothing to collect. */
static int launch(struct job *job, const struct exec_command *command, int lock)
{
    char *argv[EXEC_ARGUMENTS_MAX + 8] = {0};
    auto_free char *names = names_of(json_object_get(job->with, "documents"));
    auto_fd int high = fcntl(lock, F_DUPFD_CLOEXEC, LOCK_FD + 1);
    size_t count = 0;
    argv[count++] = (char *)(uintptr_t) "sh";
    argv[count++] = (char *)(uintptr_t) "-c";
    argv[count++] = (char *)(uintptr_t)SUPERVISE;
    argv[count++] = (char *)(uintptr_t) "slipway-job";
    argv[count++] = job->folder;
    argv[count++] = names;
    argv[count++] = command->program;
    for (size_t i = 1; command->argv[i]; i++)
        argv[count++] = command->argv[i];
    pid_t pid;
    int code = high < 0 ? errno : spawn_shell(argv, command->environment, high, &pid);
    while (!code && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return code;
}

static void discard(const struct job *job, const char *folder)
{
    struct exec_job_look look = {.documents = json_object_get(job->with, "documents")};
    exec_job_remove(folder, &look);
}

/* The lock of the published job, or -1 with a sentence. */
static int publish(struct job *job)
{
    const json_t *documents = json_object_get(job->with, "documents");
    auto_free char *fresh = xasprintf("%s/.new.XXXXXX", json_text(job->with, "job_dir"));
    if (!mkdtemp(fresh))
        return slipway_error_set(&job->err, -1, "%s: %s", fresh, strerror(errno));
    int lock = exec_job_publish(fresh, job->folder, job->call->fingerprint, documents,
                                &job->err);
    if (lock < 0)
        discard(job, fresh);
    return lock;
}

/* Documents come after publishing: whoever finds the folder later knows their names, and
   that nothing was started, and destroys them. */
static int fill_and_launch(struct job *job, const json_t *target,
                           const struct exec_command *command, int lock)
{
    bool ascii = json_is_true(json_object_get(job->with, "ascii"));
    if (exec_documents_write(job->call, json_object_get(job->with, "documents"), target,
                             ascii, job->folder, &job->err))
        return -1;
    int code = launch(job, command, lock);
    return !code ? 0
                 : slipway_error_set(&job->err, -1, "%s: cannot be started: %s",
                                     command->name, strerror(code));
}

/* -1 with a sentence: nothing was started. */
static int begin(struct job *job)
{
    struct slipway_call *call = job->call;
    auto_exec_command struct exec_command command = {0};
    auto_json json_t *target =
        json_parse(call->target, strlen(call->target), JSON_BYTES_MAX, &job->err);
    if (!target ||
        exec_command_prepare(call, job->with, target, job->folder, &command, &job->err))
        return -1;
    auto_fd int lock = publish(job);
    if (lock < 0)
        return -1;
    if (!fill_and_launch(job, target, &command, lock))
        return 0;
    discard(job, job->folder);
    return -1;
}

static enum slipway_outcome objection(struct job *job)
{
    if (job->look.state == EXEC_JOB_FOREIGN)
        return say(job, SLIPWAY_REFUSED,
                   "this key was used for a job with other arguments; look at job_dir");
    if (job->look.state == EXEC_JOB_LOST) {
        exec_documents_wipe(job->look.documents, job->folder);
        return say(job, SLIPWAY_UNKNOWN,
                   "the machine restarted just when the job was to begin; nobody knows "
                   "whether it did");
    }
    if (!another_runs(job))
        return SLIPWAY_DONE;
    job->call->host->look_again_in(job->call, EXEC_JOB_LOOK_MS);
    return say(job, SLIPWAY_RETRY,
               "an earlier job of this step still runs for this appliance; waiting for "
               "its end (exec.job_stop ends it)");
}

enum slipway_outcome exec_job_start(struct slipway_call *call)
{
    auto_job struct job job;
    if (job_open(&job, call) ||
        exec_job_dir_check(json_text(job.with, "job_dir"), true, &job.err) ||
        job_look(&job))
        return say(&job, SLIPWAY_REFUSED, job.err.text);
    if (call->host->canceled(call))
        return SLIPWAY_CANCELED;
    bool known = job.look.state == EXEC_JOB_RUNNING || job.look.state == EXEC_JOB_ENDED ||
                 job.look.state == EXEC_JOB_DIED;
    if (known)
        return pending(&job, FIRST_LOOK_MS);
    enum slipway_outcome outcome = objection(&job);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (job.look.state == EXEC_JOB_NEVER)
        exec_job_remove(job.folder, &job.look);
    if (begin(&job))
        return say(&job, SLIPWAY_REFUSED, job.err.text);
    return pending(&job, FIRST_LOOK_MS);
}

/* --- the end ----------------------------------------------------------------------------------- */

static void put_tail(json_t *result, const struct job *job, const char *file,
                     const char *key)
{
    auto_buf struct buf text = {0};
    exec_job_tail(job->folder, file, EXEC_JOB_TAIL_MAX, &text);
    (void)json_object_set_new(result, key,
                              json_safe_string(buf_text(&text), text.length));
}

static json_t *result_of(const struct job *job)
{
    json_t *result = json_pack("{s:s, s:s, s:b}", "job", job->call->key, "folder",
                               job->folder, "ended", job->look.state != EXEC_JOB_RUNNING);
    (void)json_object_set_new(
        result, "status",
        job->look.state == EXEC_JOB_ENDED ? json_integer(job->look.status) : json_null());
    if (job->look.state == EXEC_JOB_RUNNING)
        return result;
    put_tail(result, job, "output", "stdout");
    put_tail(result, job, "errors", "stderr");
    return result;
}

static enum slipway_outcome done(struct job *job)
{
    auto_json json_t *result = result_of(job);
    auto_free char *text = json_canonical(result);
    (void)job->call->host->set_result(job->call, text);
    return SLIPWAY_DONE;
}

/* The last line of a file that says something; "" if none does. */
static void last_line(const struct job *job, const char *file, struct buf *out)
{
    auto_buf struct buf text = {0};
    exec_job_tail(job->folder, file, 2048, &text);
    const char *start = buf_text(&text), *end = start + text.length;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    const char *line = end;
    while (line > start && line[-1] != '\n' && line[-1] != '\r')
        line--;
    text_sanitize(out, line, (size_t)(end - line), LINE_MAX);
}

static enum slipway_outcome ended(struct job *job)
{
    const char *how = json_text(job->with, "exit");
    if (!job->look.status || (how && !strcmp(how, "any")))
        return done(job);
    auto_buf struct buf line = {0};
    last_line(job, "errors", &line);
    if (!line.length)
        last_line(job, "output", &line);
    job->call->host->say(
        job->call, "the job ended with status %d%s%s; all of it is in %s",
        job->look.status, line.length ? ": " : "", buf_text(&line), job->folder);
    return SLIPWAY_FAILED;
}

static enum slipway_outcome died(struct job *job)
{
    exec_job_close(job->folder, &job->look);
    job->call->host->say(
        job->call,
        "the job was killed, or this machine restarted, before it ended; "
        "what it did until then is in %s",
        job->folder);
    return SLIPWAY_FAILED;
}

/* Soon while it is young, seldom when it is old. */
static int64_t next_look_ms(const struct job *job)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_ms = (int64_t)now.tv_sec * 1000 - job->look.asked_ms;
    int64_t tenth = age_ms / 10;
    return tenth < FIRST_LOOK_MS      ? FIRST_LOOK_MS
           : tenth > EXEC_JOB_LOOK_MS ? EXEC_JOB_LOOK_MS
                                      : tenth;
}

static enum slipway_outcome running(struct job *job)
{
    auto_buf struct buf line = {0};
    if (job->look.started && json_is_false(json_object_get(job->with, "wait")))
        return done(job);
    last_line(job, "output", &line);
    job->call->host->progress(job->call, -1, buf_text(&line));
    return pending(job, next_look_ms(job));
}

enum slipway_outcome exec_job_poll(struct slipway_call *call)
{
    auto_job struct job job;
    if (job_open(&job, call) || job_look(&job)) {
        call->host->say(call, "%s", job.err.text);
        return SLIPWAY_PENDING; /* somebody can mend it */
    }
    switch (job.look.state) {
    case EXEC_JOB_RUNNING:
        return running(&job);
    case EXEC_JOB_ENDED:
        return ended(&job);
    case EXEC_JOB_DIED:
        return died(&job);
    default:
        return say(&job, SLIPWAY_UNKNOWN, "the job's folder is gone, or was never begun");
    }
}

enum slipway_probe exec_job_probe(struct slipway_call *call)
{
    auto_job struct job job;
    if (job_open(&job, call) ||
        exec_job_dir_check(json_text(job.with, "job_dir"), false, &job.err) ||
        job_look(&job)) {
        call->host->say(call, "%s", job.err.text);
        return SLIPWAY_PROBE_UNKNOWN;
    }
    switch (job.look.state) {
    case EXEC_JOB_ABSENT:
    case EXEC_JOB_NEVER:
        return SLIPWAY_PROBE_NOT_STARTED;
    case EXEC_JOB_FOREIGN:
    case EXEC_JOB_LOST:
        (void)objection(&job);
        return SLIPWAY_PROBE_UNKNOWN;
    default:
        (void)call->host->set_handle(call, job.folder);
        return SLIPWAY_PROBE_RUNNING;
    }
}
