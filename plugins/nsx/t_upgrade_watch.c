/*
 * t_upgrade_watch.c - what becomes of a component's upgrade, look by look.
 *
 *   poll ─┬ refused, 503, HTML, 404 ─► PENDING: silence is expected, up to `silence`
 *         ├ IN_PROGRESS, PAUSING ────► PENDING with its progress
 *         ├ PAUSED ──────────────────► PENDING a few looks (states flap), then FAILED
 *         ├ NOT_STARTED ─────────────► the same
 *         ├ FAILED ──────────────────► FAILED with the coordinator's words
 *         └ SUCCESS ─────────────────► every manager has the release, and the cluster is
 *                                       STABLE? DONE; else PENDING up to `settle`
 *
 * SUCCESS of the coordinator alone proves nothing about the managers: each of them is asked
 * for its version, and the cluster for its state. (After EDGE and HOST the managers have
 * their old release; only the cluster's state counts.)
 */
#include <string.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/t_cluster.h"
#include "nsx/t_upgrade.h"
#include "nsx/version.h"
#include "util/auto.h"

/* --- the end --------------------------------------------------------------------------- */

static bool is_of_managers(const char *component)
{
    return !strcmp(component, "MP") || !strcmp(component, "FINALIZE_UPGRADE");
}

static enum slipway_outcome finished(struct nsx_talk *talk, const struct nsx_watch *watch,
                                     const struct nsx_t_nodes *nodes)
{
    return nsx_done(
        talk, json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:i, s:o, s:o}", "component",
                        nsx_t_wanted_component(talk), "version", nsx_wanted(talk), "from",
                        watch->from, "changed", watch->asked_s != 0, "present", 1, "told",
                        nodes->version, "managers", (int)nodes->count, "asked",
                        watch->asked_s ? nsx_instant(watch->asked_s * 1000) : json_null(),
                        "ended", nsx_instant(nsx_wall_ms())));
}

enum slipway_outcome nsx_t_upgrade_verify(struct nsx_talk *talk, struct nsx_watch *watch)
{
    struct nsx_t_nodes nodes;
    struct nsx_t_cluster cluster;
    char why[512];
    enum nsx_answer answer = nsx_t_nodes_read(talk, &nodes);
    if (answer == NSX_OK)
        answer = nsx_t_cluster_read(talk, &cluster);
    if (answer != NSX_OK && !nsx_is_silence(talk, answer) && answer != NSX_ERROR)
        return nsx_say(talk, SLIPWAY_UNKNOWN, "%s", talk->err.text);
    if (answer != NSX_OK)
        return nsx_watch_settle(talk, watch, talk->err.text);
    if (is_of_managers(nsx_t_wanted_component(talk)) &&
        !nsx_t_nodes_have(&nodes, nsx_wanted(talk), why, sizeof why))
        return nsx_watch_settle(talk, watch, why);
    (void)snprintf(why, sizeof why, "the cluster is %s%s%s%s%s", cluster.status,
                   cluster.offline ? ", offline: " : "", cluster.away,
                   cluster.unstable[0] ? "; groups not STABLE: " : "", cluster.unstable);
    return cluster.stable ? finished(talk, watch, &nodes)
                          : nsx_watch_settle(talk, watch, why);
}

void nsx_t_say_stopped(struct nsx_talk *talk, const struct nsx_t_component *component)
{
    bool paused = component->status == NSX_T_PAUSED;
    (void)nsx_say(talk, SLIPWAY_FAILED,
                  "%s: the upgrade of %s %s%s%s; %s on the page System > Upgrade of the "
                  "manager, then `slipway retry`. Do not revert a manager to a snapshot",
                  talk->target.name, component->type, paused ? "stands still" : "failed",
                  component->details[0] ? ": " : "", component->details,
                  paused ? "look why, and mend it," : "mend the cause, and continue it");
}

/* --- one look ----------------------------------------------------------------------------- */

static enum slipway_outcome idle(struct nsx_talk *talk, struct nsx_watch *watch,
                                 const struct nsx_t_component *component)
{
    if (nsx_watch_flaps(watch)) {
        talk->call->host->say(talk->call, "%s: the coordinator says %s of %s",
                              talk->target.name, component ? component->word : "nothing",
                              nsx_t_wanted_component(talk));
        return nsx_watch_on(talk, watch);
    }
    if (component && component->status == NSX_T_PAUSED) {
        nsx_t_say_stopped(talk, component);
        return SLIPWAY_FAILED;
    }
    if (component && component->status == NSX_T_NOT_STARTED)
        return nsx_say(talk, SLIPWAY_FAILED,
                       "%s: the coordinator took the upgrade of %s and did not begin it; "
                       "look at the page System > Upgrade of the manager",
                       talk->target.name, component->type);
    return nsx_say(talk, SLIPWAY_UNKNOWN,
                   "%s: the coordinator does not tell what became of %s",
                   talk->target.name, nsx_t_wanted_component(talk));
}

static enum slipway_outcome moving(struct nsx_talk *talk, struct nsx_watch *watch,
                                   const struct nsx_t_component *component)
{
    watch->old_looks = 0;
    watch->reached_s = 0;
    talk->call->host->progress(talk->call, component->percent,
                               component->details[0] ? component->details
                                                     : component->word);
    return nsx_watch_on(talk, watch);
}

static enum slipway_outcome heard(struct nsx_talk *talk, struct nsx_watch *watch,
                                  const struct nsx_t_component *component)
{
    watch->silent_s = 0;
    switch (component ? component->status : NSX_T_OTHER) {
    case NSX_T_IN_PROGRESS:
    case NSX_T_PAUSING:
        return moving(talk, watch, component);
    case NSX_T_SUCCESS:
        return nsx_t_upgrade_verify(talk, watch);
    case NSX_T_FAILED:
        nsx_t_say_stopped(talk, component);
        return SLIPWAY_FAILED;
    default:
        return idle(talk, watch, component);
    }
}

enum slipway_outcome nsx_t_upgrade_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_watch watch;
    struct nsx_t_state state;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_UNKNOWN;
    nsx_watch_read(call, &watch);
    enum nsx_answer answer = nsx_t_state_read(&talk, &state);
    if (answer == NSX_OK)
        return heard(&talk, &watch,
                     nsx_t_component(&state, nsx_t_wanted_component(&talk)));
    if (nsx_is_silence(&talk, answer))
        return nsx_watch_silence(&talk, &watch);
    return nsx_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
}
