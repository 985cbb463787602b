/*
 * v_upgrade.c - nsx.v_upgrade: asking an NSX-V manager for its upgrade exactly once.
 *
 *   start ─ look ─┬ the version is there ────────► wait for its components, DONE
 *                 ├ something is under way ──────► RETRY
 *                 ├ an earlier upgrade failed ───► REFUSED
 *                 ├ another bundle, or none ─────► FAILED
 *                 ├ an unanswered question ──────► FAILED
 *                 └ POST upgrade/start/NSX, once ► PENDING
 *                                 answer lost ───► UNKNOWN
 *   probe ────────┬ nobody answers ──────────────► UNKNOWN: that is how it upgrades
 *                 ├ under way, or the new version ► RUNNING: the watch ends it
 *                 ├ failed ──────────────────────► FAILED
 *                 └ idle, old, the bundle there, twice ► NOT_STARTED
 *
 * RECONCILABLE: status and version tell what became of it. A start refuses a manager whose
 * last upgrade failed, so one that a probe finds failed is ours.
 *
 * What happens after PENDING stands in v_upgrade_watch.c.
 */
#include "nsx/v_upgrade.h"

#include <string.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/text.h"

struct look {
    char version[NSX_VERSION_MAX];
    struct nsx_v_status status;
    struct nsx_v_information about;
};

static void look_free(struct look *look)
{
    nsx_v_information_free(&look->about);
}
#define auto_look __attribute__((cleanup(look_free)))

static enum nsx_answer take_look(struct nsx_talk *talk, struct look *look)
{
    enum nsx_answer answer = nsx_v_status_read(talk, &look->status);
    if (answer == NSX_OK)
        answer = nsx_v_version_read(talk, look->version);
    return answer == NSX_OK ? nsx_v_information_read(talk, &look->about) : answer;
}

static bool is_there(const struct nsx_talk *talk, const struct look *look)
{
    return nsx_version_is(look->version, nsx_wanted(talk));
}

/* --- start ---------------------------------------------------------------------------- */

/* Why it must not be asked for now; SLIPWAY_DONE: go on. */
static enum slipway_outcome objection(struct nsx_talk *talk, const struct look *look)
{
    const char *name = talk->target.name, *wanted = nsx_wanted(talk);
    char line[NSX_TEXT_MAX];
    if (look->status.phase == NSX_V_BUSY || look->status.phase == NSX_V_OTHER)
        return nsx_wait(talk, "%s: waiting for the end of %s", name, look->status.word);
    if (look->status.phase == NSX_V_FAILED)
        return nsx_say(
            talk, SLIPWAY_REFUSED,
            "%s: an earlier upgrade or upload failed (%s%s%s); mend the cause and "
            "upload the bundle again with nsx.v_bundle",
            name, look->status.word, look->status.step[0] ? ", " : "", look->status.step);
    if (text_version_cmp(look->version, wanted) > 0)
        return nsx_say(
            talk, SLIPWAY_REFUSED,
            "%s: it has %s, which is newer than %s; a manager does not go back by "
            "an upgrade",
            name, look->version, wanted);
    if (!nsx_version_is(look->about.to, wanted))
        return nsx_say(
            talk, SLIPWAY_FAILED,
            "%s: the bundle that is there leads to %s, not %s; upload the right "
            "one with nsx.v_bundle before the window",
            name, look->about.to[0] ? look->about.to : "nothing", wanted);
    if (json_array_size(look->about.errors))
        return nsx_say(talk, SLIPWAY_FAILED, "%s: its validation objects: %s", name,
                       nsx_names(look->about.errors, line, sizeof line));
    return SLIPWAY_DONE;
}

static enum slipway_outcome ask(struct nsx_talk *talk, const struct look *look)
{
    auto_free char *body = nsx_v_answers(talk, &look->about);
    if (!body)
        return nsx_say(talk, SLIPWAY_FAILED, "%s", talk->err.text);
    const struct nsx_request request = {.method = "POST",
                                        .path = NSX_V "/upgrade/start/NSX",
                                        .body = body,
                                        .content_type = "application/xml"};
    struct nsx_watch watch = nsx_watch_begin(look->version);
    enum nsx_answer answer = nsx_act_xml(talk, &request);
    return answer == NSX_OK ? nsx_watch_on(talk, &watch)
                            : nsx_watch_lost(talk, answer, "the upgrade", &watch);
}

enum slipway_outcome nsx_v_upgrade_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_look struct look look = {.version = ""};
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = take_look(&talk, &look);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (is_there(&talk, &look) && look.status.phase != NSX_V_BUSY) {
        struct nsx_watch watch = nsx_watch_begin(look.version);
        watch.asked_s = 0;
        return nsx_v_upgrade_verify(&talk, &watch);
    }
    enum slipway_outcome outcome = objection(&talk, &look);
    return outcome == SLIPWAY_DONE ? ask(&talk, &look) : outcome;
}

/* --- probe ------------------------------------------------------------------------------ */

static enum slipway_probe running(struct nsx_talk *talk, const struct look *look)
{
    struct nsx_watch watch;
    nsx_watch_read(talk->call, &watch);
    if (!watch.asked_s)
        watch = nsx_watch_begin(is_there(talk, look) ? "" : look->version);
    nsx_watch_keep(talk, &watch);
    return SLIPWAY_PROBE_RUNNING;
}

/* PROBE_UNKNOWN with *idle: nothing of ours is to be seen. */
static enum slipway_probe judge(struct nsx_talk *talk, const struct look *look,
                                bool *idle)
{
    *idle = look->status.phase == NSX_V_IDLE &&
            nsx_version_is(look->about.to, nsx_wanted(talk));
    if (look->status.phase == NSX_V_BUSY || is_there(talk, look))
        return running(talk, look);
    if (look->status.phase == NSX_V_FAILED) {
        nsx_v_say_failed(talk, &look->status);
        return SLIPWAY_PROBE_FAILED;
    }
    (void)nsx_because(talk, NSX_ERROR,
                      "%s: status %s, version %s, the bundle leads to %s",
                      talk->target.name, look->status.word, look->version,
                      look->about.to[0] ? look->about.to : "nothing");
    return SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_probe nsx_v_upgrade_probe(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_PROBE_UNKNOWN;
    for (int second = 0;; second++) {
        auto_look struct look look = {.version = ""};
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
