/*
 * v_upgrade_watch.c - what becomes of an NSX-V manager's upgrade, look by look.
 *
 *   poll ─┬ refused, reset, 503, 404 ─► PENDING: it reboots; up to `silence`
 *         ├ under way ───────────────► PENDING with its step
 *         ├ failed ──────────────────► FAILED
 *         ├ idle, the new version ───► the components of before run? DONE
 *         │                             else PENDING up to `settle`
 *         └ idle, the old version ───► PENDING a few looks, then FAILED
 *
 * COMPLETE alone proves nothing: success is the version read back and the components that
 * ran before. Controllers, host modules and edges are upgraded apart from the manager.
 */
#include <string.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/v_upgrade.h"
#include "nsx/version.h"
#include "util/auto.h"

static enum slipway_outcome finished(struct nsx_talk *talk, const struct nsx_watch *watch)
{
    return nsx_done(
        talk, json_pack("{s:s, s:s, s:b, s:o, s:o}", "version", nsx_wanted(talk), "from",
                        watch->from, "changed", watch->asked_s != 0, "asked",
                        watch->asked_s ? nsx_instant(watch->asked_s * 1000) : json_null(),
                        "ended", nsx_instant(nsx_wall_ms())));
}

enum slipway_outcome nsx_v_upgrade_verify(struct nsx_talk *talk, struct nsx_watch *watch)
{
    auto_v_components struct nsx_v_components components = {NULL, NULL};
    char names[200];
    enum nsx_answer answer = nsx_v_components_read(talk, &components);
    if (answer != NSX_OK && !nsx_is_silence(talk, answer) && answer != NSX_ERROR)
        return nsx_say(talk, SLIPWAY_UNKNOWN, "%s", talk->err.text);
    if (answer != NSX_OK)
        return nsx_watch_settle(talk, watch, talk->err.text);
    auto_json json_t *missing =
        nsx_v_missing(&components, json_object_get(talk->with, "baseline"));
    if (!json_array_size(missing))
        return finished(talk, watch);
    return nsx_watch_settle(talk, watch, nsx_names(missing, names, sizeof names));
}

void nsx_v_say_failed(struct nsx_talk *talk, const struct nsx_v_status *status)
{
    (void)nsx_say(talk, SLIPWAY_FAILED,
                  "%s: the upgrade to %s failed (%s%s%s); look at the manager's page "
                  "Upgrade and its log, and do not start another one before the cause is "
                  "mended. The supported way back is a new manager and its backup",
                  talk->target.name, nsx_wanted(talk), status->word,
                  status->step[0] ? ", step " : "", status->step);
}

static enum slipway_outcome still_old(struct nsx_talk *talk, struct nsx_watch *watch,
                                      const struct nsx_v_status *status,
                                      const char *version)
{
    if (nsx_watch_flaps(watch)) {
        talk->call->host->say(talk->call, "%s: it says %s and still has %s",
                              talk->target.name, status->word, version);
        return nsx_watch_on(talk, watch);
    }
    return nsx_say(
        talk, SLIPWAY_FAILED,
        "%s: the upgrade is over (%s), but the version is %s, not %s: it was not "
        "applied",
        talk->target.name, status->word, version, nsx_wanted(talk));
}

static enum slipway_outcome heard(struct nsx_talk *talk, struct nsx_watch *watch,
                                  const struct nsx_v_status *status)
{
    char version[NSX_VERSION_MAX];
    if (status->phase == NSX_V_FAILED) {
        nsx_v_say_failed(talk, status);
        return SLIPWAY_FAILED;
    }
    if (status->phase != NSX_V_IDLE) {
        watch->silent_s = 0;
        watch->old_looks = 0;
        talk->call->host->progress(talk->call, status->percent,
                                   status->step[0] ? status->step : status->word);
        return nsx_watch_on(talk, watch);
    }
    enum nsx_answer answer = nsx_v_version_read(talk, version);
    if (answer != NSX_OK)
        return nsx_is_silence(talk, answer) || answer == NSX_ERROR
                   ? nsx_watch_silence(talk, watch)
                   : nsx_say(talk, SLIPWAY_UNKNOWN, "%s", talk->err.text);
    watch->silent_s = 0;
    return nsx_version_is(version, nsx_wanted(talk))
               ? nsx_v_upgrade_verify(talk, watch)
               : still_old(talk, watch, status, version);
}

enum slipway_outcome nsx_v_upgrade_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_watch watch;
    struct nsx_v_status status;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_UNKNOWN;
    nsx_watch_read(call, &watch);
    enum nsx_answer answer = nsx_v_status_read(&talk, &status);
    if (answer == NSX_OK)
        return heard(&talk, &watch, &status);
    if (nsx_is_silence(&talk, answer))
        return nsx_watch_silence(&talk, &watch);
    return nsx_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
}
