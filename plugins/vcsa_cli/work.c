/*
 * work.c - see work.h.
 *
 *   job              its lines                  poll                    probe
 *   RUNNING          progress                   PENDING                 RUNNING
 *   DONE             the good mark              DONE (see proven)       DONE
 *                    a bad mark                 FAILED                  FAILED
 *   DONE, ORPHANED,  none                       what the files say      the same
 *   REBOOTED
 *   CLAIMED                                     PENDING, then UNKNOWN   NOT_STARTED
 *   ABSENT                                      UNKNOWN                 NOT_STARTED without
 *                                                                       a handle
 *   no answer                                   PENDING                 UNKNOWN
 *
 * An exit status decides nothing: none is documented.
 */
#include "vcsa_cli/work.h"

#include <string.h>

#include "ssh/arguments.h"
#include "ssh/limits.h"
#include "ssh/quote.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/plain.h"

/* What the job wrote so far: the beginning, and the end of what came later. */
static const char LOG_SCRIPT[] = "cd \"$1/$2\" 2>/dev/null || exit 0; "
                                 "cat out out.prev out.tail 2>/dev/null | tail -c \"$3\"";

const struct work *work_of(const struct slipway_call *call)
{
    static const struct work *const works[] = {&work_stage, &work_validate,
                                               &work_install};
    for (size_t i = 0; i < ARRAY_LENGTH(works); i++)
        if (!strcmp(works[i]->operation, call->operation))
            return works[i];
    return &work_install;
}

const char *work_version(const struct talk *talk)
{
    return json_text(talk->with, "version");
}

int cli_version_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = arguments_parse(with, err);
    const char *version = json ? json_text(json, "version") : NULL;
    if (!json)
        return -1;
    if (!version || !parse_version_valid(version))
        return slipway_error_set(err, -1,
                                 "version must be four dotted numbers such as "
                                 "6.5.0.24100; it is always named, never the latest");
    return 0;
}

enum slipway_outcome work_idle(struct talk *talk, struct truth *truth)
{
    const char *name = talk->connection.target.name;
    enum slipway_outcome outcome = truth_read(talk, truth);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(talk, outcome);
    if (truth_busy(truth))
        return outcome_say(
            talk->call, SLIPWAY_RETRY,
            "%s: software_update_state.conf says %s: somebody is at work, or "
            "it is stale (KB 67179)",
            name, truth->state.state);
    if (truth_half(truth))
        return outcome_say(
            talk->call, SLIPWAY_REFUSED,
            "%s: software_update_state.conf says %s and %s is installed: an "
            "earlier patch was left by half; revert that one first",
            name, truth->state.state,
            truth->version[0] ? truth->version : "an unknown version");
    return SLIPWAY_PENDING;
}

/* --- starting -------------------------------------------------------------------------- */

int work_add_secret(struct talk *talk, struct runner_job *job, const char *name,
                    const json_t *reference)
{
    const struct slipway_host *host = talk->call->host;
    struct slipway_secret secret = {0};
    auto_free char *text = json_canonical(reference);
    if (host->secret(talk->call, text, &secret, &talk->err) != 0) {
        host->say(talk->call, "%s", talk->err.text);
        return -1;
    }
    /* in one piece: a growing buffer would leave copies behind */
    job->secret.room = strlen(name) + 4 * secret.length + 32;
    job->secret.data = xcalloc(1, job->secret.room);
    buf_addf(&job->secret, "export %s=", name);
    quote_word(&job->secret, secret.bytes);
    buf_addc(&job->secret, '\n');
    host->secret_free(&secret);
    return 0;
}

static void set_handle(struct slipway_call *call, const char *boot)
{
    auto_json json_t *handle = json_pack("{s:s, s:s}", "job", call->key, "boot_id", boot);
    auto_free char *text = json_canonical(handle);
    (void)call->host->set_handle(call, text);
}

static int64_t every_ms(const struct talk *talk)
{
    return arguments_duration(talk->with, "every", CLI_LOOK_MS);
}

enum slipway_outcome work_launch(struct talk *talk, const char *command,
                                 struct runner_job *job, const char *answer)
{
    struct slipway_call *call = talk->call;
    char born[BOOTID_SIZE], now[BOOTID_SIZE];
    buf_adds(&job->main, "root=${SLIPWAY_GUEST_ROOT:-}\ncd /\n");
    if (answer) /* a builtin: it is in no list of processes */
        buf_addf(&job->main, "printf '%%s\\n' \"$%s\" | (unset %s\n", answer, answer);
    buf_addf(&job->main, "exec \"$root/bin/appliancesh\" -c \"%s\" 2>&1\n", command);
    if (answer)
        buf_adds(&job->main, ")\n");
    enum slipway_outcome outcome =
        runner_launch(&talk->connection, job, born, now, &talk->err);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(talk, outcome);
    set_handle(call, born);
    call->host->look_again_in(call, SSH_LOOK_MIN_MS);
    return outcome_say(call, SLIPWAY_PENDING, "software-packages was started");
}

/* --- watching ---------------------------------------------------------------------------- */

static enum slipway_outcome read_log(struct talk *talk, struct buf *out)
{
    auto_reply struct exec_reply reply = {0};
    char bytes[24];
    (void)snprintf(bytes, sizeof bytes, "%u", CLI_LOG_TAIL);
    const char *const argv[] = {talk->connection.target.job_dir, talk->call->key, bytes};
    enum slipway_outcome outcome =
        talk_script(talk, LOG_SCRIPT, argv, ARRAY_LENGTH(argv), NULL, &reply);
    if (outcome == SLIPWAY_DONE)
        plain_add_end(out, &reply.out, CLI_LOG_TAIL);
    return outcome;
}

static enum slipway_outcome still_running(struct talk *talk)
{
    struct slipway_call *call = talk->call;
    auto_buf struct buf log = {0};
    struct marks marks;
    call->host->look_again_in(call, every_ms(talk));
    if (read_log(talk, &log) != SLIPWAY_DONE)
        return outcome_say(call, SLIPWAY_PENDING, "it runs; its log cannot be read now");
    marks_read(buf_text(&log), log.length, &marks);
    if (marks.percent >= 0 || marks.last[0])
        call->host->progress(call, marks.percent, marks.last);
    return outcome_say(call, SLIPWAY_PENDING, "it runs%s%s", marks.last[0] ? ": " : "",
                       marks.last);
}

static enum slipway_outcome bad_mark(struct talk *talk, const struct marks *marks)
{
    const char *name = talk->connection.target.name;
    if (marks->end == MARKS_UNSUPPORTED)
        return outcome_say(
            talk->call, SLIPWAY_FAILED,
            "%s: \"Unsuported version of patch selected.\": this patch cannot "
            "be installed over the version that is there; "
            "vcsa-cli.staged names those that it accepts",
            name);
    return outcome_say(talk->call, SLIPWAY_FAILED, "%s: software-packages failed: %s",
                       name, marks->why[0] ? marks->why : marks->last);
}

/* Nobody works any more. */
static enum slipway_outcome conclude(struct talk *talk, const struct buf *log,
                                     bool rebooted)
{
    const struct work *work = work_of(talk->call);
    struct marks marks;
    marks_read(buf_text(log), log->length, &marks);
    if (marks.end == work->good)
        return work->proven(talk, &marks, log);
    if (marks.end == MARKS_FAILED || marks.end == MARKS_UNSUPPORTED)
        return bad_mark(talk, &marks);
    return work->settle(talk, &marks, log, rebooted);
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
    default:
        return "the job was published but nothing started it";
    }
}

/* Looks at the job; UNKNOWN (not said) for states that only the caller can judge. */
static enum slipway_outcome look(struct talk *talk, struct runner_report *report)
{
    auto_buf struct buf log = {0};
    runner_probe(&talk->connection, talk->call, report, &talk->err);
    talk->dialect = TALK_BASH; /* whoever answers a probe is */
    switch (report->state) {
    case RUNNER_RUNNING:
        return still_running(talk);
    case RUNNER_DONE:
        return conclude(talk, &report->out, false);
    case RUNNER_ORPHANED:
    case RUNNER_REBOOTED:
        if (read_log(talk, &log) != SLIPWAY_DONE)
            return runner_say_silent(&talk->connection, talk->call, "it has ended there",
                                     talk->err.text);
        return conclude(talk, &log, report->state == RUNNER_REBOOTED);
    default:
        return SLIPWAY_UNKNOWN;
    }
}

static bool is_looked_at(enum runner_state state)
{
    return state == RUNNER_RUNNING || state == RUNNER_DONE || state == RUNNER_ORPHANED ||
           state == RUNNER_REBOOTED;
}

enum slipway_outcome cli_work_poll(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_report struct runner_report report = {0};
    if (talk_begin(call, &talk) != 0)
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = look(&talk, &report);
    if (is_looked_at(report.state))
        return outcome;
    if (report.state == RUNNER_UNREACHED)
        return runner_say_silent(&talk.connection, call, "it goes on there",
                                 talk.err.text);
    if (report.state == RUNNER_REFUSED)
        return outcome_say(call, SLIPWAY_UNKNOWN, "%s", talk.err.text);
    if (report.state == RUNNER_CLAIMED && report.age_ms < SSH_CLAIM_MS) {
        call->host->look_again_in(call, SSH_LOOK_MIN_MS);
        return outcome_say(call, SLIPWAY_PENDING, "it is about to start");
    }
    return outcome_say(call, SLIPWAY_UNKNOWN, "%s", doubt(report.state));
}

enum slipway_probe cli_work_probe(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_report struct runner_report report = {0};
    if (talk_begin(call, &talk) != 0)
        return SLIPWAY_PROBE_UNKNOWN;
    enum slipway_outcome outcome = look(&talk, &report);
    if (is_looked_at(report.state)) {
        if (outcome == SLIPWAY_PENDING && report.state == RUNNER_RUNNING)
            set_handle(call, report.born);
        return outcome == SLIPWAY_DONE     ? SLIPWAY_PROBE_DONE
               : outcome == SLIPWAY_FAILED ? SLIPWAY_PROBE_FAILED
               : outcome == SLIPWAY_PENDING && report.state == RUNNER_RUNNING
                   ? SLIPWAY_PROBE_RUNNING
                   : SLIPWAY_PROBE_UNKNOWN;
    }
    if (report.state == RUNNER_CLAIMED ||
        (report.state == RUNNER_ABSENT && !call->handle))
        return SLIPWAY_PROBE_NOT_STARTED;
    call->host->look_again_in(call, SSH_LOOK_LOST_MS);
    bool unasked = report.state == RUNNER_UNREACHED || report.state == RUNNER_REFUSED;
    call->host->say(call, "%s", unasked ? talk.err.text : doubt(report.state));
    return SLIPWAY_PROBE_UNKNOWN;
}
