/*
 * install.c - vcsa-cli.install: install what is staged.
 *
 *   before   idle, nothing left by half, exactly the wanted version staged, and its
 *            version_supported names the installed one
 *   during   a detached job; its lines are the progress
 *   after    "Packages upgraded successfully, Reboot is required ..." and a state file that
 *            does not contradict it
 *
 * Nobody works any more, and there is no such line:
 *
 *   installed   state              comes to
 *   wanted      UP_TO_DATE         DONE: it was brought to its end
 *   any         INSTALL_FAILED     FAILED
 *   wanted      other              FAILED: left by half
 *   other       *_IN_PROGRESS      FAILED after a reboot, else UNKNOWN: the update service may
 *                                  be at work without us
 *   other       other              FAILED
 *
 * Whether update.conf names the new version before the reboot is not the same in every
 * release, so with the line but the old version the result says `reached: false`, and the
 * checks after the reboot decide.
 */
#include <string.h>

#include "ssh/arguments.h"
#include "util/auto.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/staged.h"
#include "vcsa_cli/work.h"

#define COMMAND "software-packages install --staged --acceptEulas"
#define ANSWER  "SLIPWAY_SSO_PASSWORD"

static enum slipway_outcome result(struct talk *talk, const struct truth *truth,
                                   const struct marks *marks, const struct buf *log)
{
    bool reached = !strcmp(truth->version, work_version(talk));
    return talk_done(
        talk, json_pack("{s:b, s:s, s:s, s:b, s:b, s:i, s:o}", "changed", log != NULL,
                        "version", work_version(talk), "installed", truth->version,
                        "reached", reached, "reboot_required",
                        log && (marks->end != MARKS_INSTALLED || marks->reboot),
                        "clock_jumps", marks ? (int)marks->clock_jumps : 0, "lines",
                        log ? marks_lines(buf_text(log), log->length) : json_array()));
}

/* --- before ---------------------------------------------------------------------------- */

static enum slipway_outcome staged_is_right(struct talk *talk, const char *installed)
{
    auto_json json_t *staged = NULL;
    const char *name = talk->connection.target.name, *wanted = work_version(talk);
    enum slipway_outcome outcome = staged_read(talk, &staged);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(talk, outcome);
    const char *there = staged ? json_text(staged, "version") : NULL;
    if (!there || strcmp(there, wanted) != 0)
        return outcome_say(talk->call, SLIPWAY_REFUSED,
                           "%s: %s is to be installed, and %s is staged", name, wanted,
                           there ? there : "nothing");
    if (installed[0] && staged_supports(staged, installed) == 0)
        return outcome_say(talk->call, SLIPWAY_REFUSED,
                           "%s: the patch %s does not name %s among the versions that it "
                           "can be installed over: install one of those first",
                           name, wanted, installed);
    return SLIPWAY_PENDING;
}

static enum slipway_outcome install_ready(struct talk *talk)
{
    struct truth truth;
    enum slipway_outcome outcome = work_idle(talk, &truth);
    if (outcome != SLIPWAY_PENDING)
        return outcome;
    if (!strcmp(truth.version, work_version(talk)))
        return result(talk, &truth, NULL, NULL);
    return staged_is_right(talk, truth.version);
}

enum slipway_outcome cli_install_start(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_job struct runner_job job = {0};
    struct slipway_error err;
    if (cli_version_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome == SLIPWAY_DONE)
        outcome = talk_need_bash(&talk);
    if (outcome == SLIPWAY_DONE)
        outcome = install_ready(&talk);
    if (outcome != SLIPWAY_PENDING)
        return outcome;
    const json_t *password = json_object_get(talk.with, "sso_password");
    if (password && work_add_secret(&talk, &job, ANSWER, password) != 0)
        return SLIPWAY_REFUSED;
    return work_launch(&talk, COMMAND, &job, password ? ANSWER : NULL);
}

/* --- after -------------------------------------------------------------------------------- */

static enum slipway_outcome failed(struct talk *talk, const struct truth *truth,
                                   const struct marks *marks, const char *what)
{
    return outcome_say(talk->call, SLIPWAY_FAILED,
                       "%s: %s: the state is %s, installed is %s; its last words: %s",
                       talk->connection.target.name, what,
                       truth->state.state[0] ? truth->state.state : "not known",
                       truth->version[0] ? truth->version : "not known",
                       marks->why[0]    ? marks->why
                       : marks->last[0] ? marks->last
                                        : "none");
}

static enum slipway_outcome install_proven(struct talk *talk, const struct marks *marks,
                                           const struct buf *log)
{
    struct truth truth;
    if (truth_read(talk, &truth) != SLIPWAY_DONE)
        return runner_say_silent(&talk->connection, talk->call, "it says that it is done",
                                 talk->err.text);
    if (!strcmp(truth.state.state, "INSTALL_FAILED"))
        return failed(talk, &truth, marks, "it says that it succeeded, and");
    return result(talk, &truth, marks, log);
}

static enum slipway_outcome install_settle(struct talk *talk, const struct marks *marks,
                                           const struct buf *log, bool rebooted)
{
    struct truth truth;
    if (truth_read(talk, &truth) != SLIPWAY_DONE)
        return runner_say_silent(&talk->connection, talk->call,
                                 "it has ended without a verdict", talk->err.text);
    bool there = !strcmp(truth.version, work_version(talk));
    if (there && !strcmp(truth.state.state, "UP_TO_DATE"))
        return result(talk, &truth, marks, log);
    if (truth_busy(&truth) && !there && !rebooted) {
        talk->call->host->look_again_in(talk->call, CLI_BUSY_MS);
        return outcome_say(
            talk->call, SLIPWAY_UNKNOWN,
            "%s: the installation's process is gone, and the state is still "
            "%s: look who is at work there; if nobody is, revert",
            talk->connection.target.name, truth.state.state);
    }
    return failed(talk, &truth, marks,
                  rebooted ? "the appliance rebooted amid the installation"
                           : "the installation ended before its end");
}

const struct work work_install = {.operation = "install",
                                  .good = MARKS_INSTALLED,
                                  .ready = install_ready,
                                  .proven = install_proven,
                                  .settle = install_settle};
