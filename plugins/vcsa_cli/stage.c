/*
 * stage.c - vcsa-cli.stage and vcsa-cli.validate.
 *
 *   software-packages stage --iso --acceptEulas       the image in the CD-ROM
 *   software-packages stage --url [URL] --acceptEulas a repository
 *   software-packages validate                        what is staged, against this appliance
 *
 * software-packages takes what it is given, so the version is proven afterwards, by
 * `list --staged`. A URL that holds a download token comes from a secret: it is in no file
 * of the job but the one that is deleted at its start; only the appliance's own list of
 * processes shows it while it runs.
 */
#include <string.h>

#include "common/http.h"
#include "ssh/arguments.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/staged.h"
#include "vcsa_cli/work.h"

#define REPOSITORY "SLIPWAY_REPOSITORY"

static bool url_valid(const char *url)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._~/:=@%+,-";
    return strlen(url) <= CLI_URL_MAX && url[strspn(url, allowed)] == '\0' &&
           (!strncmp(url, "https://", 8) || !strncmp(url, "http://", 7));
}

int cli_stage_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = arguments_parse(with, err);
    if (!json || cli_version_check(with, err) != 0)
        return -1;
    const char *from = json_text(json, "from"), *url = json_text(json, "url");
    bool is_url = from && !strcmp(from, "url");
    if (from && !is_url && strcmp(from, "iso") != 0)
        return slipway_error_set(err, -1, "from must be iso or url");
    if (!is_url && (url || json_object_get(json, "url_secret")))
        return slipway_error_set(err, -1, "url and url_secret need `from: url`");
    if (url && json_object_get(json, "url_secret"))
        return slipway_error_set(err, -1, "give either url or url_secret");
    if (url && !url_valid(url))
        return slipway_error_set(
            err, -1,
            "url must begin with https:// or http:// and hold letters, "
            "digits and ._~/:=@%%+,- only");
    if (url && http_url_has_user(url))
        return slipway_error_set(err, -1,
                                 "url: it holds a password; give it as url_secret");
    return 0;
}

/* --- before ---------------------------------------------------------------------------- */

static enum slipway_outcome stage_result(struct talk *talk, const json_t *staged,
                                         bool changed, const struct buf *log)
{
    json_t *result = json_deep_copy(staged);
    (void)json_object_set_new(result, "changed", json_boolean(changed));
    if (log)
        (void)json_object_set_new(result, "lines",
                                  marks_lines(buf_text(log), log->length));
    return talk_done(talk, result);
}

static enum slipway_outcome stage_ready(struct talk *talk)
{
    auto_json json_t *staged = NULL;
    struct truth truth;
    enum slipway_outcome outcome = work_idle(talk, &truth);
    if (outcome != SLIPWAY_PENDING)
        return outcome;
    outcome = staged_read(talk, &staged);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(talk, outcome);
    const char *there = staged ? json_text(staged, "version") : NULL;
    if (there && !strcmp(there, work_version(talk)))
        return stage_result(talk, staged, false, NULL);
    if (there)
        return outcome_say(
            talk->call, SLIPWAY_REFUSED,
            "%s: %s is staged already, and an old stage causes trouble: put a "
            "step vcsa-cli.unstage before this one",
            talk->connection.target.name, there);
    return SLIPWAY_PENDING;
}

static enum slipway_outcome validate_ready(struct talk *talk)
{
    auto_json json_t *staged = NULL;
    struct truth truth;
    enum slipway_outcome outcome = work_idle(talk, &truth);
    if (outcome != SLIPWAY_PENDING)
        return outcome;
    outcome = staged_read(talk, &staged);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(talk, outcome);
    const char *there = staged ? json_text(staged, "version") : NULL;
    if (there && !strcmp(there, work_version(talk)))
        return SLIPWAY_PENDING;
    return outcome_say(talk->call, SLIPWAY_REFUSED,
                       "%s: %s is to be validated, and %s is "
                       "staged",
                       talk->connection.target.name, work_version(talk),
                       there ? there : "nothing");
}

/* --- start ------------------------------------------------------------------------------ */

/* The line for appliancesh, within double quotes of sh. The caller's; NULL: said. */
static char *stage_command(struct talk *talk, struct runner_job *job)
{
    const char *from = json_text(talk->with, "from"), *url = json_text(talk->with, "url");
    const json_t *secret = json_object_get(talk->with, "url_secret");
    if (!from || strcmp(from, "url") != 0)
        return xstrdup("software-packages stage --iso --acceptEulas");
    if (!secret)
        return xasprintf("software-packages stage --url%s%s --acceptEulas",
                         url ? " " : "", url ? url : "");
    if (work_add_secret(talk, job, REPOSITORY, secret) != 0)
        return NULL;
    return xstrdup("software-packages stage --url $" REPOSITORY " --acceptEulas");
}

/* The secret must be as plain as a URL that stands in the playbook. */
static bool secret_is_url(const struct runner_job *job)
{
    const char *value = strchr(buf_text(&job->secret), '\'');
    const char *end = value ? strrchr(value + 1, '\'') : NULL;
    if (!value)
        return true;
    auto_free char *url = xstrndup(value + 1, (size_t)(end - value - 1));
    bool fine = url_valid(url);
    explicit_bzero(url, strlen(url));
    return fine;
}

static enum slipway_outcome begin(struct slipway_call *call, struct talk *talk)
{
    struct slipway_error err;
    if (cli_version_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = talk_open(call, talk);
    if (outcome == SLIPWAY_DONE)
        outcome = talk_need_bash(talk);
    return outcome == SLIPWAY_DONE ? work_of(call)->ready(talk) : outcome;
}

enum slipway_outcome cli_stage_start(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_job struct runner_job job = {0};
    struct slipway_error err;
    if (cli_stage_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    enum slipway_outcome outcome = begin(call, &talk);
    if (outcome != SLIPWAY_PENDING)
        return outcome;
    auto_free char *command = stage_command(&talk, &job);
    if (!command)
        return SLIPWAY_REFUSED;
    if (!secret_is_url(&job))
        return outcome_say(call, SLIPWAY_REFUSED,
                           "url_secret must hold one URL of letters, digits and "
                           "._~/:=@%%+,- that begins with https:// or http://");
    return work_launch(&talk, command, &job, NULL);
}

enum slipway_outcome cli_validate_start(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_job struct runner_job job = {0};
    enum slipway_outcome outcome = begin(call, &talk);
    if (outcome != SLIPWAY_PENDING)
        return outcome;
    return work_launch(&talk, "software-packages validate", &job, NULL);
}

/* --- after -------------------------------------------------------------------------------- */

/* What is staged is the proof, with or without the line. */
static enum slipway_outcome stage_settle(struct talk *talk, const struct marks *marks,
                                         const struct buf *log, bool rebooted)
{
    auto_json json_t *staged = NULL;
    const char *name = talk->connection.target.name;
    enum slipway_outcome outcome = staged_read(talk, &staged);
    (void)rebooted;
    if (outcome != SLIPWAY_DONE)
        return runner_say_silent(&talk->connection, talk->call, "staging has ended",
                                 talk->err.text);
    const char *there = staged ? json_text(staged, "version") : NULL;
    if (!there)
        return outcome_say(talk->call, SLIPWAY_FAILED,
                           "%s: staging ended and nothing is staged: %s", name,
                           marks->why[0]    ? marks->why
                           : marks->last[0] ? marks->last
                                            : "it printed nothing");
    if (strcmp(there, work_version(talk)) != 0)
        return outcome_say(
            talk->call, SLIPWAY_FAILED,
            "%s: the CD-ROM or repository holds %s, wanted is %s; unstage it", name,
            there, work_version(talk));
    return stage_result(talk, staged, true, log);
}

static enum slipway_outcome stage_proven(struct talk *talk, const struct marks *marks,
                                         const struct buf *log)
{
    return stage_settle(talk, marks, log, false);
}

static enum slipway_outcome validate_proven(struct talk *talk, const struct marks *marks,
                                            const struct buf *log)
{
    (void)marks;
    return talk_done(talk, json_pack("{s:b, s:s, s:o}", "valid", 1, "version",
                                     work_version(talk), "lines",
                                     marks_lines(buf_text(log), log->length)));
}

static enum slipway_outcome validate_settle(struct talk *talk, const struct marks *marks,
                                            const struct buf *log, bool rebooted)
{
    (void)log;
    return outcome_say(
        talk->call, SLIPWAY_FAILED, "%s: the validation %s without a verdict: %s",
        talk->connection.target.name, rebooted ? "was ended by a reboot" : "ended",
        marks->last[0] ? marks->last : "it printed nothing");
}

const struct work work_stage = {.operation = "stage",
                                .good = MARKS_STAGED,
                                .ready = stage_ready,
                                .proven = stage_proven,
                                .settle = stage_settle};
const struct work work_validate = {.operation = "validate",
                                   .good = MARKS_VALID,
                                   .ready = validate_ready,
                                   .proven = validate_proven,
                                   .settle = validate_settle};
