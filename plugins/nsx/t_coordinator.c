/*
 * t_coordinator.c - nsx.t_coordinator: the upgrade coordinator upgrades itself first.
 *
 *   start ─┬ it has the release already ─────► DONE, nothing was done
 *          ├ it is under way ────────────────► PENDING: watch that one
 *          └ POST ?action=upgrade_uc ────────► PENDING
 *   poll ──┬ 503, 404, refused: it restarts ─► PENDING, up to `silence`
 *          ├ the coordinator has the release ► DONE
 *          ├ FAILED ─────────────────────────► FAILED
 *          └ as if nothing were ─────────────► PENDING a few looks, then FAILED
 *
 * A coordinator that is upgraded or under way is not asked again, so it is IDEMPOTENT. It
 * can go back by itself only as long as no manager was upgraded, which slipway does not use.
 */
#include <string.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/t_state.h"
#include "nsx/version.h"
#include "nsx/watch.h"
#include "util/auto.h"

struct look {
    struct nsx_t_summary summary;
    char word[24];
    char text[NSX_TEXT_MAX];
};

static enum nsx_answer take_look(struct nsx_talk *talk, struct look *look)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/upgrade/uc-upgrade-status", &value);
    if (answer != NSX_OK)
        return answer;
    (void)nsx_member(value, "state", look->word, sizeof look->word);
    (void)nsx_member(value, "status", look->text, sizeof look->text);
    return nsx_t_summary_read(talk, &look->summary);
}

static bool is_there(const struct nsx_talk *talk, const struct look *look)
{
    return nsx_version_is(look->summary.coordinator, nsx_wanted(talk));
}

static bool is_busy(const struct look *look)
{
    return !strcmp(look->word, "IN_PROGRESS");
}

static enum slipway_outcome there(struct nsx_talk *talk, const struct look *look,
                                  bool changed)
{
    return nsx_done(talk, json_pack("{s:b, s:s}", "changed", changed, "coordinator",
                                    look->summary.coordinator));
}

/* The path differs between releases; one that is not known proves that nothing began. */
static enum nsx_answer ask(struct nsx_talk *talk)
{
    enum nsx_answer answer =
        nsx_act(talk, "/api/v1/upgrade?action=upgrade_uc", NULL, NULL);
    return nsx_is_absent(talk, answer)
               ? nsx_act(talk, "/api/v1/node/upgrade/uc", NULL, NULL)
               : answer;
}

enum slipway_outcome nsx_t_coordinator_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct look look;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = take_look(&talk, &look);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (is_there(&talk, &look) && !is_busy(&look))
        return there(&talk, &look, false);
    if (!nsx_version_is(look.summary.target, nsx_wanted(&talk)))
        return nsx_say(&talk, SLIPWAY_FAILED,
                       "%s: the bundle of %s is not there (the coordinator aims at %s); "
                       "fetch it with nsx.t_bundle",
                       talk.target.name, nsx_wanted(&talk),
                       look.summary.target[0] ? look.summary.target : "nothing");
    struct nsx_watch watch = nsx_watch_begin(look.summary.coordinator);
    if (is_busy(&look))
        return nsx_watch_on(&talk, &watch);
    answer = ask(&talk);
    return answer == NSX_OK
               ? nsx_watch_on(&talk, &watch)
               : nsx_watch_lost(&talk, answer, "the coordinator's upgrade", &watch);
}

static enum slipway_outcome heard(struct nsx_talk *talk, const struct look *look,
                                  struct nsx_watch *watch)
{
    watch->silent_s = 0;
    if (is_busy(look)) {
        watch->old_looks = 0;
        talk->call->host->progress(talk->call, -1, look->text);
        return nsx_watch_on(talk, watch);
    }
    if (is_there(talk, look))
        return there(talk, look, true);
    if (nsx_watch_flaps(watch)) /* FAILED may still be that of an earlier attempt */
        return nsx_watch_on(talk, watch);
    return nsx_say(talk, SLIPWAY_FAILED,
                   "%s: the upgrade coordinator did not come to %s: it has %s, %s (%s)",
                   talk->target.name, nsx_wanted(talk),
                   look->summary.coordinator[0] ? look->summary.coordinator
                                                : "no version that it tells",
                   look->word[0] ? look->word : "no state", look->text);
}

enum slipway_outcome nsx_t_coordinator_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_watch watch;
    struct look look;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_UNKNOWN;
    nsx_watch_read(call, &watch);
    enum nsx_answer answer = take_look(&talk, &look);
    if (answer == NSX_OK)
        return heard(&talk, &look, &watch);
    if (nsx_is_silence(&talk, answer))
        return nsx_watch_silence(&talk, &watch);
    return nsx_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
}
