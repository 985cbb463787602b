/*
 * exec_job_stop.c - the operation `job_stop`: end whatever an earlier step started as a
 * job for this appliance, in this campaign or another.
 *
 *   start, poll ─┬ nothing of that step lives ─► documents destroyed, DONE
 *                ├ first look ─────────────────► SIGTERM, PENDING
 *                └ after the grace ────────────► SIGKILL, PENDING
 *
 * Aims at a state and may be repeated. Whoever holds the job's lock is a process of it, so
 * nobody else is ever signalled.
 *
 * When it fails: a folder that cannot be read keeps it PENDING, with the file's name.
 */
#include "exec/exec_job.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exec/exec_folder.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define LOOK_MS 500

struct stopping {
    struct slipway_call *call;
    int signal_number;
    unsigned living, closed;
    struct slipway_error err;
};

int exec_job_stop_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    const char *job_dir = json_text(json, "job_dir");
    if (!json)
        return -1;
    return job_dir && job_dir[0] == '/'
               ? 0
               : slipway_error_set(err, -1, "job_dir must be an absolute path");
}

static int stop_one(void *data, const char *folder)
{
    struct stopping *stopping = data;
    auto_exec_look struct exec_job_look look = {0};
    if (exec_job_look(folder, NULL, &look, &stopping->err))
        return -1;
    if (look.state == EXEC_JOB_RUNNING) {
        stopping->living++;
        exec_job_signal(folder, stopping->signal_number);
    } else if (look.state == EXEC_JOB_DIED || look.state == EXEC_JOB_LOST ||
               look.state == EXEC_JOB_NEVER) {
        exec_job_close(folder, &look);
        stopping->closed++;
    }
    return 0;
}

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The handle is when the polite signal was sent. */
static enum slipway_outcome wait_on(struct stopping *stopping, const char *why)
{
    struct slipway_call *call = stopping->call;
    char now[32];
    (void)snprintf(now, sizeof now, "%lld", (long long)wall_ms());
    if (!call->handle)
        (void)call->host->set_handle(call, now);
    call->host->say(call, "%s", why);
    call->host->look_again_in(call, LOOK_MS);
    return SLIPWAY_PENDING;
}

static enum slipway_outcome look(struct slipway_call *call)
{
    struct stopping stopping = {.call = call, .signal_number = SIGTERM};
    auto_json json_t *with =
        json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, &stopping.err);
    int64_t grace_ms = json_number(with, "grace", EXEC_JOB_GRACE_MS);
    if (call->handle && wall_ms() - strtoll(call->handle, NULL, 10) > grace_ms)
        stopping.signal_number = SIGKILL;
    auto_free char *family = exec_job_family(call, json_text(with, "step"));
    if (exec_job_each(json_text(with, "job_dir"), family, stop_one, &stopping))
        return wait_on(&stopping, stopping.err.text);
    if (stopping.living)
        return wait_on(&stopping, "the job was asked to end; waiting for its processes");
    auto_free char *result =
        xasprintf("{\"changed\":%s}", call->handle || stopping.closed ? "true" : "false");
    (void)call->host->set_result(call, result);
    return SLIPWAY_DONE;
}

enum slipway_outcome exec_job_stop_start(struct slipway_call *call)
{
    return call->host->canceled(call) ? SLIPWAY_CANCELED : look(call);
}

enum slipway_outcome exec_job_stop_poll(struct slipway_call *call)
{
    return look(call);
}
