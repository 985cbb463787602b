/*
 * stage.c - vcsa.stage and vcsa.unstage: the packages come to the appliance.
 *
 *   start ─┬ staged already, complete ───────────► DONE
 *          ├ being staged ───────────────────────► PENDING (adopted)
 *          ├ another version is staged ──────────► FAILED: unstage it first
 *          └ POST ?action=stage ─────────────────► PENDING
 *   poll ──┬ STAGE_IN_PROGRESS, task runs ───────► PENDING
 *          ├ staged, complete, our version ──────► DONE
 *          ├ the task failed ────────────────────► FAILED, with its words
 *          └ nothing staged (400) ───────────────► PENDING a while, then FAILED
 *
 * The staged endpoint answers 400 for a while right after the request, hence the while.
 * Staging fills a disk and may fail; so it stands before any snapshot. Doing it again
 * converges: both operations are IDEMPOTENT.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"
#include "vcsa/update.h"

#define ABSENT_LOOKS 12 /* looks that may find neither task nor stage */

static const char *version_of(const struct vcsa_talk *talk)
{
    return json_text(talk->with, "version");
}

static enum slipway_outcome staged(struct vcsa_talk *talk, bool changed)
{
    return vcsa_done(
        talk, json_pack("{s:s, s:b}", "version", version_of(talk), "changed", changed));
}

static enum slipway_outcome under_way(struct vcsa_talk *talk,
                                      const struct vcsa_update *update)
{
    talk->call->host->progress(talk->call, update->percent,
                               update->doing[0] ? update->doing : "staging");
    return vcsa_pending(talk, json_pack("{s:s}", "version", version_of(talk)));
}

/* What there is already decides; false: nothing is in the way. */
static bool settled(struct vcsa_talk *talk, const struct vcsa_update *update,
                    const struct vcsa_staged *stage, enum slipway_outcome *outcome)
{
    const char *name = talk->target.name, *version = version_of(talk);
    bool ours = !text_version_cmp(stage->version, version);
    if (update->state == VCSA_STAGING && !text_version_cmp(update->version, version)) {
        *outcome = under_way(talk, update);
    } else if (vcsa_update_busy(update)) {
        talk->call->host->look_again_in(talk->call, VCSA_LATER_MS);
        *outcome = vcsa_say(talk, SLIPWAY_RETRY, "%s: waiting for the end of %s (%s)",
                            name, update->state_name, update->version);
    } else if (update->state == VCSA_INSTALL_FAILED) {
        *outcome =
            vcsa_say(talk, SLIPWAY_REFUSED,
                     "%s: an earlier installation of %s failed and the appliance is in "
                     "INSTALL_FAILED; revert it, or clear the state as KB 67179 says",
                     name, update->version);
    } else if (stage->any && ours && stage->complete) {
        *outcome = staged(talk, false);
    } else if (stage->any && !ours) {
        *outcome =
            vcsa_say(talk, SLIPWAY_FAILED,
                     "%s: %s is staged already; vcsa.unstage removes it, and an old "
                     "stage causes trouble",
                     name, stage->version);
    } else {
        return false;
    }
    return true;
}

static enum vcsa_answer look(struct vcsa_talk *talk, struct vcsa_update *update,
                             struct vcsa_staged *stage)
{
    enum vcsa_answer answer = vcsa_update_read(talk, update, NULL);
    return answer == VCSA_OK ? vcsa_staged_read(talk, stage) : answer;
}

enum slipway_outcome vcsa_stage_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_update update;
    struct vcsa_staged stage;
    struct vcsa_release installed;
    enum slipway_outcome outcome;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_release_read(&talk, &installed, NULL);
    if (answer == VCSA_OK && !text_version_cmp(installed.version, version_of(&talk)))
        return staged(&talk, false);
    if (answer == VCSA_OK)
        answer = look(&talk, &update, &stage);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    if (settled(&talk, &update, &stage, &outcome))
        return outcome;
    auto_free char *path = vcsa_pending_path(version_of(&talk), "stage");
    const struct vcsa_request request = {.method = "POST", .path = path};
    answer = vcsa_act(&talk, &request, NULL);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(&talk, answer, "staging");
    return vcsa_pending(&talk, json_pack("{s:s}", "version", version_of(&talk)));
}

/* Neither a task nor a stage: right after the request that is normal. */
static enum slipway_outcome absent(struct vcsa_talk *talk,
                                   const struct vcsa_update *update)
{
    auto_json json_t *handle = vcsa_handle_get(talk->call);
    json_int_t looks = json_number(handle, "absent", 0) + 1;
    if (looks > ABSENT_LOOKS)
        return vcsa_say(
            talk, SLIPWAY_FAILED,
            "%s: staging %s ended and nothing is staged (%s); look at "
            "/var/log/vmware/applmgmt/software-packages.log and at the room in "
            "/storage/core",
            talk->target.name, version_of(talk), update->state_name);
    return vcsa_pending(
        talk, json_pack("{s:s, s:I}", "version", version_of(talk), "absent", looks));
}

enum slipway_outcome vcsa_stage_poll(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_update update;
    struct vcsa_staged stage;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum vcsa_answer answer = look(&talk, &update, &stage);
    if (answer != VCSA_OK && vcsa_is_silence(&talk, answer)) {
        call->host->say(call, "%s", talk.err.text);
        return vcsa_pending(&talk, vcsa_handle_get(call));
    }
    if (answer != VCSA_OK)
        return vcsa_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
    if (update.state == VCSA_STAGING || vcsa_task_running(&update))
        return under_way(&talk, &update);
    if (stage.any && stage.complete &&
        !text_version_cmp(stage.version, version_of(&talk)))
        return staged(&talk, true);
    if (!strcmp(update.task_status, "FAILED"))
        return vcsa_say(&talk, SLIPWAY_FAILED, "%s: staging %s failed: %s",
                        talk.target.name, version_of(&talk),
                        update.error[0] ? update.error : "it does not say why");
    return absent(&talk, &update);
}

/* --- unstage ------------------------------------------------------------------------- */

enum slipway_outcome vcsa_unstage_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_update update;
    struct vcsa_staged stage;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = look(&talk, &update, &stage);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    const char *keep = json_text(talk.with, "keep");
    bool kept = keep && stage.complete && !text_version_cmp(stage.version, keep);
    if (!stage.any || kept)
        return vcsa_done(&talk,
                         json_pack("{s:b, s:s}", "changed", 0, "was", stage.version));
    if (vcsa_update_busy(&update)) {
        call->host->look_again_in(call, VCSA_LATER_MS);
        return vcsa_say(&talk, SLIPWAY_RETRY, "%s: waiting for the end of %s",
                        talk.target.name, update.state_name);
    }
    const struct vcsa_request request = {.method = "DELETE",
                                         .path = "/appliance/update/staged"};
    answer = vcsa_act(&talk, &request, NULL);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(&talk, answer, "removing the stage");
    return vcsa_done(&talk, json_pack("{s:b, s:s}", "changed", 1, "was", stage.version));
}
