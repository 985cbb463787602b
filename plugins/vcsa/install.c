/*
 * install.c - vcsa.install: asking for an installation exactly once.
 *
 *   start ─ look ─┬ the version is there ─────────────► wait for services, DONE
 *                 ├ INSTALL_FAILED ───────────────────► REFUSED: nothing can go well here
 *                 ├ something is under way ───────────► RETRY
 *                 ├ not staged ───────────────────────► FAILED
 *                 └ POST ?action=install, once ───────► PENDING
 *                                     the answer lost ► UNKNOWN
 *   probe ────────┬ nobody answers ───────────────────► UNKNOWN: that is how it installs
 *                 ├ INSTALL_, ROLLBACK_IN_PROGRESS ───► RUNNING
 *                 ├ INSTALL_FAILED of our version ────► FAILED
 *                 ├ the new version is read ──────────► RUNNING: the watch ends it
 *                 └ still staged, idle, seen twice ───► NOT_STARTED
 *
 * RECONCILABLE: the appliance itself tells what became of it, by state and version. A start
 * refuses an appliance in INSTALL_FAILED, so one that is found afterwards is ours.
 *
 * What happens after PENDING stands in install_watch.c.
 */
#include "vcsa/install.h"

#include <poll.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/answers.h"
#include "vcsa/operations.h"

#define SECOND_LOOK_MS 4000 /* a request that was taken shows by then */

const char *vcsa_wanted(const struct vcsa_talk *talk)
{
    return json_text(talk->with, "version");
}

/* --- start ---------------------------------------------------------------------------- */

struct look {
    struct vcsa_release release;
    struct vcsa_update update;
    struct vcsa_staged staged;
};

static enum vcsa_answer take_look(struct vcsa_talk *talk, struct look *look)
{
    enum vcsa_answer answer = vcsa_update_read(talk, &look->update, NULL);
    if (answer == VCSA_OK)
        answer = vcsa_release_read(talk, &look->release, NULL);
    return answer == VCSA_OK ? vcsa_staged_read(talk, &look->staged) : answer;
}

static bool is_there(const struct vcsa_talk *talk, const struct look *look)
{
    return !text_version_cmp(look->release.version, vcsa_wanted(talk));
}

static bool is_staged(const struct vcsa_talk *talk, const struct look *look)
{
    return look->staged.any && look->staged.complete &&
           !text_version_cmp(look->staged.version, vcsa_wanted(talk));
}

/* Why it must not be asked for now; SLIPWAY_DONE: go on. */
static enum slipway_outcome objection(struct vcsa_talk *talk, const struct look *look)
{
    const char *name = talk->target.name, *wanted = vcsa_wanted(talk);
    if (look->update.state == VCSA_INSTALL_FAILED)
        return vcsa_say(
            talk, SLIPWAY_REFUSED,
            "%s: an earlier installation of %s failed (INSTALL_FAILED), and no other "
            "can go well: revert it to its snapshot; only if its packages were never "
            "touched, clear the state as KB 67179 says",
            name, look->update.version);
    if (vcsa_update_busy(&look->update)) {
        talk->call->host->look_again_in(talk->call, VCSA_LATER_MS);
        return vcsa_say(talk, SLIPWAY_RETRY, "%s: waiting for the end of %s (%s)", name,
                        look->update.state_name, look->update.version);
    }
    if (text_version_cmp(look->release.version, wanted) > 0)
        return vcsa_say(
            talk, SLIPWAY_REFUSED,
            "%s: it has %s, which is newer than %s; an appliance does not go back by "
            "a patch",
            name, look->release.version, wanted);
    if (!is_staged(talk, look))
        return vcsa_say(
            talk, SLIPWAY_FAILED,
            "%s: %s is not staged%s%s; stage it before the window with vcsa.stage", name,
            wanted, look->staged.any ? ", but " : "",
            look->staged.any ? look->staged.version : "");
    return SLIPWAY_DONE;
}

static enum slipway_outcome ask(struct vcsa_talk *talk, const struct look *look)
{
    auto_answers struct vcsa_answers answers = {0};
    if (vcsa_answers_collect(talk, &answers))
        return vcsa_say(talk, SLIPWAY_REFUSED, "%s", talk->err.text);
    auto_free char *path = vcsa_pending_path(vcsa_wanted(talk), "install");
    const struct vcsa_request request = {
        .method = "POST", .path = path, .body = answers.body, .old_body = answers.old};
    struct vcsa_watch watch = {.asked_s = vcsa_wall_ms() / 1000};
    (void)snprintf(watch.from, sizeof watch.from, "%s", look->release.version);
    enum vcsa_answer answer = vcsa_act(talk, &request, NULL);
    if (answer == VCSA_OK)
        return vcsa_watch_on(talk, &watch);
    enum slipway_outcome outcome = vcsa_act_outcome(talk, answer, "the installation");
    if (outcome == SLIPWAY_UNKNOWN) { /* the probe then knows what it was before */
        auto_free char *handle = vcsa_watch_text(talk, &watch);
        (void)talk->call->host->set_handle(talk->call, handle);
    }
    return outcome;
}

enum slipway_outcome vcsa_install_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct look look;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = take_look(&talk, &look);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    if (is_there(&talk, &look) && !vcsa_update_busy(&look.update) &&
        look.update.state != VCSA_INSTALL_FAILED) {
        struct vcsa_watch watch = {.reached_s = vcsa_wall_ms() / 1000};
        (void)snprintf(watch.from, sizeof watch.from, "%s", look.release.version);
        return vcsa_watch_services(&talk, &watch);
    }
    enum slipway_outcome outcome = objection(&talk, &look);
    return outcome == SLIPWAY_DONE ? ask(&talk, &look) : outcome;
}

/* --- probe ----------------------------------------------------------------------------- */

static enum slipway_probe unknown(struct vcsa_talk *talk)
{
    talk->call->host->look_again_in(talk->call, VCSA_LATER_MS);
    talk->call->host->say(talk->call,
                          "%s; while it installs that is expected, so look again",
                          talk->err.text);
    return SLIPWAY_PROBE_UNKNOWN;
}

/* Adopt it: the watch says how it ends. */
static enum slipway_probe running(struct vcsa_talk *talk, const struct look *look)
{
    struct vcsa_watch watch;
    vcsa_watch_read(talk->call, &watch);
    if (!watch.asked_s)
        watch.asked_s = vcsa_wall_ms() / 1000;
    if (!watch.from[0] && !is_there(talk, look))
        (void)snprintf(watch.from, sizeof watch.from, "%s", look->release.version);
    auto_free char *handle = vcsa_watch_text(talk, &watch);
    (void)talk->call->host->set_handle(talk->call, handle);
    return SLIPWAY_PROBE_RUNNING;
}

static bool is_ours(const struct vcsa_talk *talk, const struct look *look)
{
    return !look->update.version[0] ||
           !text_version_cmp(look->update.version, vcsa_wanted(talk));
}

/* PROBE_UNKNOWN with *idle: nothing of ours is to be seen. */
static enum slipway_probe judge(struct vcsa_talk *talk, const struct look *look,
                                bool *idle)
{
    *idle = false;
    if (look->update.state == VCSA_INSTALL_FAILED && is_ours(talk, look)) {
        vcsa_say_failed(talk, &look->update);
        return SLIPWAY_PROBE_FAILED;
    }
    if ((look->update.state == VCSA_INSTALLING ||
         look->update.state == VCSA_ROLLING_BACK) &&
        is_ours(talk, look))
        return running(talk, look);
    if (is_there(talk, look))
        return running(talk, look);
    *idle = !vcsa_update_busy(&look->update) && is_staged(talk, look);
    (void)vcsa_because(talk, VCSA_ERROR, "%s: state %s, version %s, %s",
                       talk->target.name, look->update.state_name, look->release.version,
                       look->staged.any ? "something staged" : "nothing staged");
    return SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_probe vcsa_install_probe(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_PROBE_UNKNOWN;
    for (int second = 0;; second++) {
        struct look look;
        bool idle;
        if (take_look(&talk, &look) != VCSA_OK)
            return unknown(&talk);
        enum slipway_probe found = judge(&talk, &look, &idle);
        if (found != SLIPWAY_PROBE_UNKNOWN)
            return found;
        if (!idle)
            return unknown(&talk);
        if (second)
            return SLIPWAY_PROBE_NOT_STARTED;
        if (call->host->wait_fd(call, -1, 0, SECOND_LOOK_MS) < 0)
            return unknown(&talk);
    }
}
