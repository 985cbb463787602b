/*
 * t_upgrade.c - nsx.t_upgrade: asking for the upgrade of one component exactly once.
 *
 *   start ─ look ─┬ SUCCESS ─────────────────────► verify it on every manager, DONE
 *                 ├ it, or another one, moves ───► RETRY
 *                 ├ FAILED ──────────────────────► REFUSED: a human mends it first
 *                 ├ the bundle is another one ───► FAILED
 *                 ├ NOT_STARTED ─ POST plan?action=upgrade ───┬► PENDING
 *                 └ PAUSED ────── POST plan?action=continue ──┘  answer lost: UNKNOWN
 *   probe ────────┬ nobody answers ──────────────► UNKNOWN: that is how managers upgrade
 *                 ├ IN_PROGRESS, PAUSING, SUCCESS ► RUNNING: the watch ends it
 *                 ├ FAILED ──────────────────────► FAILED
 *                 ├ PAUSED ──────────────────────► RUNNING: the watch says that it stands
 *                 │                                 still; NOT_STARTED (twice) only after a
 *                 │                                 lost `continue`
 *                 └ NOT_STARTED, twice ──────────► NOT_STARTED
 *
 * RECONCILABLE: the coordinator tells what became of it. A start refuses a component that
 * has failed, so one that a probe finds failed is ours. `start` of the plan is not used: in
 * some releases it goes on over all components. FINALIZE_UPGRADE is always asked for by
 * `upgrade`, because `continue` does not move it.
 *
 * What happens after PENDING stands in t_upgrade_watch.c.
 */
#include "nsx/t_upgrade.h"

#include <string.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define FINALIZE "FINALIZE_UPGRADE"

const char *nsx_t_wanted_component(const struct nsx_talk *talk)
{
    return json_text(talk->with, "component");
}

static bool component_known(const char *component)
{
    static const char *const known[] = {"EDGE", "HOST", "MP", FINALIZE};
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        if (component && !strcmp(component, known[i]))
            return true;
    return false;
}

int nsx_t_upgrade_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *component = json_text(json, "component");
    if (component && !strstr(component, "${") && !component_known(component))
        return slipway_error_set(err, -1,
                                 "component must be EDGE, HOST, MP or " FINALIZE);
    return nsx_version_check(with, err);
}

/* --- start ---------------------------------------------------------------------------- */

struct look {
    struct nsx_t_summary summary;
    struct nsx_t_state state;
    const struct nsx_t_component *ours; /* NULL: not told of */
};

static enum nsx_answer take_look(struct nsx_talk *talk, struct look *look)
{
    enum nsx_answer answer = nsx_t_summary_read(talk, &look->summary);
    if (answer == NSX_OK)
        answer = nsx_t_state_read(talk, &look->state);
    if (answer == NSX_OK)
        look->ours = nsx_t_component(&look->state, nsx_t_wanted_component(talk));
    return answer;
}

/* Why it must not be asked for now; SLIPWAY_DONE: go on. */
static enum slipway_outcome objection(struct nsx_talk *talk, const struct look *look)
{
    const char *name = talk->target.name, *wanted = nsx_wanted(talk);
    const struct nsx_t_component *moving = nsx_t_moving(&look->state);
    if (!nsx_version_is(look->summary.target, wanted))
        return nsx_say(talk, SLIPWAY_FAILED,
                       "%s: the coordinator aims at %s, not %s; fetch the right bundle "
                       "with nsx.t_bundle before the window",
                       name, look->summary.target[0] ? look->summary.target : "nothing",
                       wanted);
    if (moving)
        return nsx_wait(talk, "%s: waiting for the end of %s (%s)", name, moving->type,
                        moving->word);
    if (look->ours->status == NSX_T_FAILED) {
        nsx_t_say_stopped(talk, look->ours);
        return SLIPWAY_REFUSED;
    }
    if (look->ours->status == NSX_T_OTHER)
        return nsx_wait(talk, "%s: the coordinator says %s of %s", name,
                        look->ours->word[0] ? look->ours->word : "nothing",
                        look->ours->type);
    return SLIPWAY_DONE;
}

static enum slipway_outcome ask(struct nsx_talk *talk, const struct look *look)
{
    const struct nsx_t_component *ours = look->ours;
    bool resume = ours->status == NSX_T_PAUSED && strcmp(ours->type, FINALIZE) != 0;
    auto_free char *path = xasprintf("/api/v1/upgrade/plan?action=%s&component_type=%s",
                                     resume ? "continue" : "upgrade", ours->type);
    struct nsx_watch watch = nsx_watch_begin(look->summary.system);
    enum nsx_answer answer = nsx_act(talk, path, NULL, NULL);
    if (answer == NSX_OK)
        return nsx_watch_on(talk, &watch);
    watch.untold = resume;
    return nsx_watch_lost(talk, answer, "the upgrade", &watch);
}

/* Releases before 3.2 have nothing to finalise. */
static enum slipway_outcome not_told_of(struct nsx_talk *talk)
{
    const char *component = nsx_t_wanted_component(talk);
    if (!strcmp(component, FINALIZE))
        return nsx_done(talk, json_pack("{s:s, s:b, s:b}", "component", component,
                                        "changed", 0, "present", 0));
    return nsx_wait(talk, "%s: the coordinator does not tell of the component %s",
                    talk->target.name, component);
}

enum slipway_outcome nsx_t_upgrade_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct look look;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_REFUSED;
    if (!component_known(nsx_t_wanted_component(&talk)))
        return nsx_say(&talk, SLIPWAY_REFUSED,
                       "component must be EDGE, HOST, MP or " FINALIZE);
    enum nsx_answer answer = take_look(&talk, &look);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (!look.ours)
        return not_told_of(&talk);
    if (look.ours->status == NSX_T_SUCCESS &&
        nsx_version_is(look.summary.target, nsx_wanted(&talk))) {
        struct nsx_watch watch = nsx_watch_begin(look.summary.system);
        watch.asked_s = 0;
        return nsx_t_upgrade_verify(&talk, &watch);
    }
    enum slipway_outcome outcome = objection(&talk, &look);
    return outcome == SLIPWAY_DONE ? ask(&talk, &look) : outcome;
}

/* --- probe ------------------------------------------------------------------------------ */

/* Adopt it: the watch says how it ends. */
static enum slipway_probe running(struct nsx_talk *talk, const struct look *look,
                                  struct nsx_watch *watch)
{
    if (!watch->asked_s)
        *watch = nsx_watch_begin(look->summary.system);
    nsx_watch_keep(talk, watch);
    return SLIPWAY_PROBE_RUNNING;
}

/* PROBE_UNKNOWN with *idle: nothing of ours is to be seen. */
static enum slipway_probe judge(struct nsx_talk *talk, const struct look *look,
                                bool *idle)
{
    enum nsx_t_status status = look->ours ? look->ours->status : NSX_T_OTHER;
    struct nsx_watch watch;
    nsx_watch_read(talk->call, &watch);
    bool stands = status == NSX_T_PAUSED;
    *idle = (status == NSX_T_NOT_STARTED || (stands && watch.untold)) &&
            nsx_version_is(look->summary.target, nsx_wanted(talk));
    if (nsx_t_moves(status) || status == NSX_T_SUCCESS || (stands && !watch.untold))
        return running(talk, look, &watch);
    if (status == NSX_T_FAILED) {
        nsx_t_say_stopped(talk, look->ours);
        return SLIPWAY_PROBE_FAILED;
    }
    (void)nsx_because(talk, NSX_ERROR,
                      "%s: the coordinator says %s of %s, and aims at %s",
                      talk->target.name, look->ours ? look->ours->word : "nothing",
                      nsx_t_wanted_component(talk), look->summary.target);
    return SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_probe nsx_t_upgrade_probe(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_PROBE_UNKNOWN;
    for (int second = 0;; second++) {
        struct look look;
        bool idle;
        if (take_look(&talk, &look) != NSX_OK)
            return nsx_probe_unknown(&talk);
        enum slipway_probe found = judge(&talk, &look, &idle);
        if (found != SLIPWAY_PROBE_UNKNOWN)
            return found;
        if (idle && second)
            return SLIPWAY_PROBE_NOT_STARTED;
        if (!idle || !nsx_probe_wait(&talk))
            return nsx_probe_unknown(&talk);
    }
}

/* --- pause --------------------------------------------------------------------------------- */

static enum slipway_outcome stands_still(struct nsx_talk *talk, bool changed,
                                         const char *word)
{
    return nsx_done(talk, json_pack("{s:b, s:s}", "changed", changed, "status", word));
}

enum slipway_outcome nsx_t_pause_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_state state;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_state_read(&talk, &state);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    const struct nsx_t_component *moving = nsx_t_moving(&state);
    if (!moving)
        return stands_still(&talk, false, state.word);
    if (moving->status == NSX_T_IN_PROGRESS) {
        answer = nsx_act(&talk, "/api/v1/upgrade/plan?action=pause", NULL, NULL);
        if (answer != NSX_OK)
            return nsx_act_outcome(&talk, answer, "the pause");
    }
    return nsx_pending(&talk, json_object());
}

enum slipway_outcome nsx_t_pause_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_state state;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum nsx_answer answer = nsx_t_state_read(&talk, &state);
    if (answer == NSX_OK && !nsx_t_moving(&state))
        return stands_still(&talk, true, state.word);
    if (answer != NSX_OK)
        call->host->say(call, "%s", talk.err.text);
    return answer == NSX_OK || nsx_is_silence(&talk, answer)
               ? nsx_pending(&talk, json_object())
               : SLIPWAY_UNKNOWN;
}
