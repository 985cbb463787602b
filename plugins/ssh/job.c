/*
 * job.c - ssh.job: a long change that goes on by itself.
 *
 * start publishes the job and has it started, poll reads what it left, probe
 * settles a doubt. The connection may break and slipway may die at any instant:
 * the job is unaffected, and launching the same key again starts nothing twice.
 *
 *   report      start/poll             probe (without handle)   probe (with handle)
 *   ABSENT      UNKNOWN                NOT_STARTED              UNKNOWN
 *   CLAIMED     PENDING, then UNKNOWN  NOT_STARTED              NOT_STARTED
 *   RUNNING     PENDING                RUNNING                  RUNNING
 *   DONE rc     DONE, FAILED           DONE, FAILED             DONE, FAILED
 *   ORPHANED    UNKNOWN                verify, or UNKNOWN       the same
 *   REBOOTED    UNKNOWN                verify, or UNKNOWN       the same
 *   no answer   PENDING                UNKNOWN                  UNKNOWN
 *
 * A committed handle proves that the job was published; if its directory is gone
 * then, it may have run, so it is never taken for "not started".
 */
#include <string.h>

#include "ssh/arguments.h"
#include "ssh/job_parts.h"
#include "ssh/limits.h"
#include "ssh/operations.h"
#include "ssh/outcome.h"
#include "ssh/result.h"
#include "ssh/runner.h"
#include "util/auto.h"
#include "util/json.h"

static void set_handle(struct slipway_call *call, const char *boot)
{
    auto_json json_t *handle = json_object();
    (void)json_object_set_new(handle, "job", json_string(call->key));
    (void)json_object_set_new(handle, "boot_id", json_string(boot));
    auto_free char *text = json_canonical(handle);
    (void)call->host->set_handle(call, text);
}

int job_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = arguments_parse(with, err);
    return json ? job_parts_check(json, err) : -1;
}

enum slipway_outcome job_start(struct slipway_call *call)
{
    struct slipway_error err;
    if (job_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    auto_json json_t *with = arguments_parse(call->with, &err);
    auto_job struct runner_job job = {0};
    int built = job_parts_build(call, with, &job, &err);
    if (built != 0)
        return outcome_say(call, built > 0 ? SLIPWAY_RETRY : SLIPWAY_REFUSED, "%s",
                           err.text);
    auto_connection struct connection connection = {0};
    enum slipway_outcome outcome = connection_open(call, &connection, &err);
    char born[BOOTID_SIZE], now[BOOTID_SIZE];
    if (outcome == SLIPWAY_DONE)
        outcome = runner_launch(&connection, &job, born, now, &err);
    if (outcome != SLIPWAY_DONE)
        return outcome_say(call, outcome, "%s", err.text);
    set_handle(call, born);
    call->host->look_again_in(call, SSH_LOOK_MIN_MS);
    return outcome_say(call, SLIPWAY_PENDING, "the job was started");
}

static int64_t next_look_ms(const struct runner_report *report)
{
    int64_t ms = report->age_ms / 4;
    return ms < SSH_LOOK_MIN_MS ? SSH_LOOK_MIN_MS
                                : (ms > SSH_LOOK_MAX_MS ? SSH_LOOK_MAX_MS : ms);
}

static enum slipway_outcome still_running(struct slipway_call *call,
                                          const struct runner_report *report)
{
    if (report->percent >= 0 || report->progress[0])
        call->host->progress(call, report->percent, report->progress);
    call->host->look_again_in(call, next_look_ms(report));
    return outcome_say(call, SLIPWAY_PENDING, "the job runs%s%s",
                       report->progress[0] ? ": " : "", report->progress);
}

/* Result and sentence of a job that ended; true if it succeeded. */
static bool settle_rc(struct slipway_call *call, const struct runner_report *report)
{
    char line[200];
    result_set_output(call, "rc", report->rc, &report->out, &report->err, SSH_TAIL_BYTES,
                      true);
    if (report->rc == 0)
        return true;
    const struct buf *told = report->err.length ? &report->err : &report->out;
    (void)result_last_line(told, line, sizeof line);
    call->host->say(call, "the job ended with rc %d%s%s%s", report->rc,
                    report->rc == 124 ? " (its timeout passed, or it says so)" : "",
                    line[0] ? ": " : "", line);
    return false;
}

static const char *doubt(enum runner_state state)
{
    switch (state) {
    case RUNNER_ABSENT:
        return "the job's directory is gone from the appliance: was it reverted or "
               "wiped?";
    case RUNNER_UNREADABLE:
        return "this user cannot read the job directory on the appliance";
    case RUNNER_MISMATCH:
        return "the job of this key on the appliance has another fingerprint";
    case RUNNER_CLAIMED:
        return "the job was published but nothing started it";
    case RUNNER_ORPHANED:
        return "the job began and was killed together with its supervisor: nobody knows "
               "how "
               "far it came";
    case RUNNER_REBOOTED:
        return "the appliance rebooted while the job ran: nobody knows how far it came";
    default:
        return "the appliance cannot be asked about the job";
    }
}

static bool just_published(const struct runner_report *report)
{
    return report->age_ms < SSH_CLAIM_MS && strcmp(report->born, report->now) == 0;
}

enum slipway_outcome job_poll(struct slipway_call *call)
{
    struct slipway_error err = {.text = ""};
    auto_connection struct connection connection = {0};
    auto_report struct runner_report report = {0};
    runner_probe(&connection, call, &report, &err);
    switch (report.state) {
    case RUNNER_RUNNING:
        return still_running(call, &report);
    case RUNNER_DONE:
        return settle_rc(call, &report) ? SLIPWAY_DONE : SLIPWAY_FAILED;
    case RUNNER_UNREACHED:
        return runner_say_silent(&connection, call, "the job goes on there", err.text);
    case RUNNER_CLAIMED:
        if (just_published(&report))
            return still_running(call, &report);
        break;
    case RUNNER_REFUSED:
        return outcome_say(call, SLIPWAY_UNKNOWN, "%s", err.text);
    default:
        break;
    }
    return outcome_say(call, SLIPWAY_UNKNOWN, "%s", doubt(report.state));
}

/* Let the step's own command decide what an interrupted job came to. */
static enum slipway_probe verify(struct connection *connection, struct slipway_call *call,
                                 enum runner_state state)
{
    struct slipway_error err;
    auto_json json_t *with = arguments_parse(call->with, &err);
    const json_t *argv =
        with ? json_object_get(json_object_get(with, "verify"), "argv") : NULL;
    struct exec_request request = {0};
    auto_free const char **words =
        argv ? arguments_words(argv, "verify.argv", &request.argc, &err) : NULL;
    if (!words) {
        call->host->say(call,
                        "%s; give the step `verify: {argv: [...]}`, or look by hand",
                        doubt(state));
        return SLIPWAY_PROBE_UNKNOWN;
    }
    request.argv = words;
    auto_reply struct exec_reply reply = {0};
    enum exec_end end = channel_exec(connection, &request, &reply, &err);
    if (end != EXEC_ENDED) {
        call->host->say(call, "%s; `verify` could not be asked: %s", doubt(state),
                        err.text);
        return SLIPWAY_PROBE_UNKNOWN;
    }
    result_set_output(call, "verify_status", reply.status, &reply.out, &reply.err,
                      SSH_TAIL_BYTES, true);
    if (reply.status == 0)
        return SLIPWAY_PROBE_DONE;
    call->host->say(call, "%s; `verify` ended with status %d: the change is not complete",
                    doubt(state), reply.status);
    return SLIPWAY_PROBE_FAILED;
}

enum slipway_probe job_probe(struct slipway_call *call)
{
    struct slipway_error err = {.text = ""};
    auto_connection struct connection connection = {0};
    auto_report struct runner_report report = {0};
    runner_probe(&connection, call, &report, &err);
    switch (report.state) {
    case RUNNER_CLAIMED:
        return SLIPWAY_PROBE_NOT_STARTED;
    case RUNNER_RUNNING:
        (void)still_running(call, &report);
        set_handle(call, report.born);
        return SLIPWAY_PROBE_RUNNING;
    case RUNNER_DONE:
        return settle_rc(call, &report) ? SLIPWAY_PROBE_DONE : SLIPWAY_PROBE_FAILED;
    case RUNNER_ORPHANED:
    case RUNNER_REBOOTED:
        return verify(&connection, call, report.state);
    case RUNNER_ABSENT:
        if (!call->handle)
            return SLIPWAY_PROBE_NOT_STARTED;
        break;
    case RUNNER_UNREACHED:
        call->host->look_again_in(call, SSH_LOOK_LOST_MS);
        call->host->say(call, "the appliance does not answer: %s", err.text);
        return SLIPWAY_PROBE_UNKNOWN;
    case RUNNER_REFUSED:
        call->host->say(call, "%s", err.text);
        return SLIPWAY_PROBE_UNKNOWN;
    default:
        break;
    }
    call->host->say(call, "%s", doubt(report.state));
    return SLIPWAY_PROBE_UNKNOWN;
}
