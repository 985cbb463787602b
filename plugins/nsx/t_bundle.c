/*
 * t_bundle.c - nsx.t_bundle: an NSX-T cluster fetches an upgrade bundle. nsx.t_eula: its
 * licence agreement is accepted.
 *
 *   start ─┬ the coordinator aims at this release already ─► DONE, nothing was done
 *          └ POST upgrade/bundles {url} ──────────────────► PENDING {"bundle": id}
 *   poll ──── GET bundles/id/upload-status ─┬ UPLOADING, VERIFYING ─► PENDING
 *                                           ├ SUCCESS, right release ► DONE
 *                                           └ FAILED ───────────────► FAILED
 *
 * Fetching a bundle again replaces what was fetched, so it is IDEMPOTENT. The manager
 * repeats the URL in its status; a URL that holds a token is given as url_secret and is
 * never passed on from there.
 *
 * Failure: the coordinator's own words.
 */
#include <string.h>
#include <strings.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/t_state.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* --- fetch ---------------------------------------------------------------------------- */

static enum slipway_outcome fetch(struct nsx_talk *talk)
{
    const char *url = NULL;
    auto_json json_t *value = NULL;
    if (nsx_bundle_url(talk, &url) || !url)
        return nsx_say(talk, SLIPWAY_REFUSED, "%s",
                       url ? talk->err.text : "give url or url_secret of the bundle");
    auto_json json_t *body = json_pack("{s:s}", "url", url);
    enum nsx_answer answer = nsx_act(talk, "/api/v1/upgrade/bundles", body, &value);
    if (answer == NSX_ERROR && strcasestr(talk->fault.text, "in progress"))
        return nsx_wait(talk, "%s: another bundle is on its way: %s", talk->target.name,
                        talk->fault.text);
    if (answer != NSX_OK)
        return nsx_act_outcome(talk, answer, "fetching the bundle");
    const char *id = json_text(value, "bundle_id");
    if (!nsx_id_acceptable(id))
        return nsx_say(talk, SLIPWAY_UNKNOWN,
                       "%s: it began to fetch a bundle and did not name it",
                       talk->target.name);
    return nsx_pending(talk, json_pack("{s:s, s:i}", "bundle", id, "looks", 0));
}

enum slipway_outcome nsx_t_bundle_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_summary summary;
    struct nsx_t_state state;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_summary_read(&talk, &summary);
    if (answer == NSX_OK)
        answer = nsx_t_state_read(&talk, &state);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (nsx_version_is(summary.target, nsx_wanted(&talk)) && summary.bundle[0])
        return nsx_done(&talk,
                        json_pack("{s:b, s:s}", "changed", 0, "target", summary.target));
    if (nsx_t_moves(state.status))
        return nsx_wait(&talk, "%s: an upgrade is under way (%s)", talk.target.name,
                        state.word);
    return fetch(&talk);
}

static enum slipway_outcome keep_looking(struct nsx_talk *talk, const char *id, int looks)
{
    return nsx_pending(talk, json_pack("{s:s, s:i}", "bundle", id, "looks", looks));
}

/* It is there; does it lead to the release that is wanted? The summary may lag. */
static enum slipway_outcome fetched(struct nsx_talk *talk, const char *id, int looks)
{
    struct nsx_t_summary summary;
    enum nsx_answer answer = nsx_t_summary_read(talk, &summary);
    if (answer != NSX_OK && !nsx_is_silence(talk, answer))
        return nsx_say(talk, SLIPWAY_UNKNOWN, "%s", talk->err.text);
    if (answer == NSX_OK && nsx_version_is(summary.target, nsx_wanted(talk)))
        return nsx_done(talk,
                        json_pack("{s:b, s:s}", "changed", 1, "target", summary.target));
    if (looks < NSX_OLD_LOOKS)
        return keep_looking(talk, id, looks + 1);
    return nsx_say(
        talk, SLIPWAY_FAILED,
        "%s: the bundle is there, but leads to %s, not %s: give the URL of the "
        "right one",
        talk->target.name, summary.target[0] ? summary.target : "no release",
        nsx_wanted(talk));
}

static enum slipway_outcome judge_upload(struct nsx_talk *talk, const json_t *value,
                                         const char *id, int looks)
{
    char word[24], details[NSX_TEXT_MAX];
    (void)nsx_member(value, "status", word, sizeof word);
    (void)nsx_member(value, "detailed_status", details, sizeof details);
    if (!strcmp(word, "SUCCESS"))
        return fetched(talk, id, looks);
    if (!strcmp(word, "FAILED"))
        return nsx_say(
            talk, SLIPWAY_FAILED,
            "%s: the bundle was not accepted: %s; compare its checksum with the "
            "vendor's, and look whether the manager reaches that server",
            talk->target.name, details[0] ? details : "it does not say why");
    double percent = json_number_value(json_object_get(value, "percent"));
    talk->call->host->progress(talk->call,
                               percent >= 0 && percent <= 100 ? (int)percent : -1,
                               details[0] ? details : word);
    return keep_looking(talk, id, looks);
}

enum slipway_outcome nsx_t_bundle_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *handle = nsx_handle_get(call), *value = NULL;
    const char *id = json_text(handle, "bundle"), *url;
    int looks = (int)json_number(handle, "looks", 0);
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_UNKNOWN;
    if (!nsx_id_acceptable(id))
        return nsx_say(&talk, SLIPWAY_UNKNOWN, "the handle names no bundle");
    if (nsx_bundle_url(&talk, &url)) /* only to hide it in what comes back */
        return nsx_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
    auto_free char *path = xasprintf("/api/v1/upgrade/bundles/%s/upload-status", id);
    enum nsx_answer answer = nsx_get(&talk, path, &value);
    if (answer == NSX_OK)
        return judge_upload(&talk, value, id, looks);
    call->host->say(call, "%s", talk.err.text);
    return nsx_is_silence(&talk, answer) ? keep_looking(&talk, id, looks)
                                         : SLIPWAY_UNKNOWN;
}

/* --- the licence agreement ---------------------------------------------------------------- */

enum slipway_outcome nsx_t_eula_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *value = NULL;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    if (!json_is_true(json_object_get(talk.with, "accept")))
        return nsx_say(
            &talk, SLIPWAY_REFUSED,
            "%s: the licence agreement of the upgrade is not accepted; read it, "
            "and say accept: true",
            talk.target.name);
    enum nsx_answer answer = nsx_get(&talk, "/api/v1/upgrade/eula/acceptance", &value);
    if (answer != NSX_OK && !nsx_is_absent(&talk, answer))
        return nsx_read_outcome(&talk, answer);
    if (answer == NSX_OK && json_is_true(json_object_get(value, "acceptance")))
        return nsx_done(&talk, json_pack("{s:b}", "changed", 0));
    answer = nsx_act(&talk, "/api/v1/upgrade/eula/accept", NULL, NULL);
    if (answer != NSX_OK)
        return nsx_act_outcome(&talk, answer, "accepting the licence agreement");
    return nsx_done(&talk, json_pack("{s:b}", "changed", 1));
}
