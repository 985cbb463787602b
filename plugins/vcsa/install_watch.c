/*
 * install_watch.c - what becomes of an installation, look by look.
 *
 *   poll ─┬ refused, reset, 503 text, 401 ─► PENDING: silence is expected, up to `silence`
 *         ├ INSTALL_IN_PROGRESS ───────────► PENDING with its progress
 *         ├ ROLLBACK_IN_PROGRESS ──────────► PENDING: it repairs itself
 *         ├ INSTALL_FAILED ────────────────► FAILED
 *         ├ idle, the new version ─────────► services at baseline? DONE
 *         │                                  else PENDING, up to `services_within`
 *         └ idle, the old version ─────────► PENDING, up to `old_within`, then FAILED
 *
 * UP_TO_DATE alone proves nothing: success is the version read back and the services that
 * ran before. Nor does it prove a failure: states flap, and the file behind them is reset
 * while packages are still installed, so that the old version is believed only in time. Times are wall clock in the handle, because another process may look next;
 * a stepped clock makes a look early or late, never a wrong answer.
 *
 * Failure: silence that lasts too long is UNKNOWN, because nobody can say what happened.
 */
#include <string.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "vcsa/install.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"
#include "vcsa/services.h"

#define OLD_WITHIN_MS      (10 * 60 * 1000)
#define SILENCE_MS         (30 * 60 * 1000)
#define SERVICES_WITHIN_MS (30 * 60 * 1000)

/* --- the handle ------------------------------------------------------------------------ */

void vcsa_watch_read(const struct slipway_call *call, struct vcsa_watch *out)
{
    auto_json json_t *handle = vcsa_handle_get(call);
    const char *from = json_text(handle, "from");
    *out = (struct vcsa_watch){
        .asked_s = json_number(handle, "asked", 0),
        .silent_s = json_number(handle, "silent", 0),
        .reached_s = json_number(handle, "reached", 0),
        .idle_s = json_number(handle, "idle", 0),
    };
    (void)text_clean(from ? from : "", out->from, sizeof out->from);
}

static json_t *watch_json(const struct vcsa_talk *talk, const struct vcsa_watch *watch)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "version", vcsa_wanted(talk),
                     "from", watch->from, "asked", (json_int_t)watch->asked_s, "silent",
                     (json_int_t)watch->silent_s, "reached", (json_int_t)watch->reached_s,
                     "idle", (json_int_t)watch->idle_s);
}

char *vcsa_watch_text(const struct vcsa_talk *talk, const struct vcsa_watch *watch)
{
    auto_json json_t *handle = watch_json(talk, watch);
    return json_canonical(handle);
}

enum slipway_outcome vcsa_watch_on(struct vcsa_talk *talk, const struct vcsa_watch *watch)
{
    return vcsa_pending(talk, watch_json(talk, watch));
}

static int64_t now_s(void)
{
    return vcsa_wall_ms() / 1000;
}

static bool is_over(const struct vcsa_talk *talk, const char *option, int64_t fallback_ms,
                    int64_t since_s)
{
    int64_t allowed_ms = json_number(talk->with, option, fallback_ms);
    return (now_s() - since_s) * 1000 > allowed_ms;
}

/* --- the end ---------------------------------------------------------------------------- */

/* By the appliance's clock: what was checked before this instant is not worth anything. */
static enum slipway_outcome finished(struct vcsa_talk *talk,
                                     const struct vcsa_watch *watch,
                                     const struct vcsa_services *services)
{
    int64_t ended_ms = 0;
    bool changed = strcmp(watch->from, vcsa_wanted(talk)) != 0;
    enum vcsa_answer answer = vcsa_appliance_now(talk, &ended_ms);
    if (answer != VCSA_OK && vcsa_is_silence(talk, answer))
        return vcsa_watch_on(talk, watch);
    if (answer != VCSA_OK)
        ended_ms = vcsa_wall_ms();
    return vcsa_done(talk,
                     json_pack("{s:s, s:s, s:b, s:o, s:o, s:O}", "version",
                               vcsa_wanted(talk), "from", watch->from, "changed", changed,
                               "asked", vcsa_moment_json(watch->asked_s * 1000), "ended",
                               vcsa_moment_json(ended_ms), "started", services->started));
}

static bool is_named(const json_t *names, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name && !strcmp(name, wanted))
            return true;
    }
    return false;
}

/* What stsd needs is there, and stsd is not: that is how an ended signing certificate looks,
   which nothing tells before the restart. */
static enum slipway_outcome never_back(struct vcsa_talk *talk, const json_t *missing,
                                       const char *what)
{
    bool sts = is_named(missing, "vmware-stsd") && !is_named(missing, "vmdird") &&
               !is_named(missing, "vpostgres") && !is_named(missing, "vmafdd");
    return vcsa_say(
        talk, SLIPWAY_FAILED,
        sts ? "%s: %s is installed, but vmware-stsd is not running though vmdird and "
              "vpostgres are, and others wait for it (%s): the STS signing certificate "
              "has "
              "most likely ended; renew it (fixsts.sh), for no revert mends that"
            : "%s: %s is installed, but its services did not come back: %s; an expired "
              "STS "
              "or machine certificate shows at a restart, so look at those first",
        talk->target.name, vcsa_wanted(talk), what);
}

enum slipway_outcome vcsa_watch_services(struct vcsa_talk *talk, struct vcsa_watch *watch)
{
    auto_services struct vcsa_services services = {0};
    const json_t *baseline = json_object_get(talk->with, "baseline");
    enum vcsa_answer answer = vcsa_services_read(talk, &services);
    if (answer != VCSA_OK && !vcsa_is_silence(talk, answer))
        return vcsa_say(talk, SLIPWAY_UNKNOWN, "%s", talk->err.text);
    auto_json json_t *missing =
        answer == VCSA_OK ? vcsa_services_missing(&services, baseline) : NULL;
    if (answer == VCSA_OK && !json_array_size(missing))
        return finished(talk, watch, &services);
    char names[200];
    const char *what = answer == VCSA_OK ? vcsa_names_line(missing, names, sizeof names)
                                         : talk->err.text;
    if (!watch->reached_s)
        watch->reached_s = now_s();
    if (is_over(talk, "services_within", SERVICES_WITHIN_MS, watch->reached_s))
        return never_back(talk, missing, what);
    talk->call->host->progress(talk->call, 95, "waiting for services");
    talk->call->host->say(talk->call, "%s: %s is installed; waiting for services: %s",
                          talk->target.name, vcsa_wanted(talk), what);
    return vcsa_watch_on(talk, watch);
}

void vcsa_say_failed(struct vcsa_talk *talk, const struct vcsa_update *update)
{
    (void)vcsa_say(
        talk, SLIPWAY_FAILED,
        "%s: the installation of %s failed and cannot recover (INSTALL_FAILED)%s%s; "
        "PatchRunner.log and update_microservice.log in /var/log/vmware/applmgmt tell "
        "more",
        talk->target.name, vcsa_wanted(talk), update->error[0] ? ": " : "",
        update->error);
}

/* --- one look ----------------------------------------------------------------------------- */

static enum slipway_outcome silence(struct vcsa_talk *talk, struct vcsa_watch *watch)
{
    char lasted[32], allowed[32];
    int64_t most_ms = json_number(talk->with, "silence", SILENCE_MS);
    if (!watch->silent_s)
        watch->silent_s = now_s();
    (void)duration_format((now_s() - watch->silent_s) * 1000, lasted, sizeof lasted);
    if (is_over(talk, "silence", SILENCE_MS, watch->silent_s))
        return vcsa_say(
            talk, SLIPWAY_UNKNOWN,
            "nobody answers for %s, longer than the %s that an installation may be "
            "silent: %s; look at the appliance's console",
            lasted, duration_format(most_ms, allowed, sizeof allowed), talk->err.text);
    talk->call->host->progress(talk->call, -1, "silent while it restarts");
    talk->call->host->say(talk->call,
                          "silent for %s, as expected during an installation: %s", lasted,
                          talk->err.text);
    return vcsa_watch_on(talk, watch);
}

static enum slipway_outcome still_old(struct vcsa_talk *talk, struct vcsa_watch *watch,
                                      const struct vcsa_update *update,
                                      const struct vcsa_release *release)
{
    if (!watch->idle_s)
        watch->idle_s = now_s();
    if (!is_over(talk, "old_within", OLD_WITHIN_MS, watch->idle_s)) {
        talk->call->host->say(
            talk->call, "%s: it says %s and still has %s; states flap while it installs",
            talk->target.name, update->state_name, release->version);
        return vcsa_watch_on(talk, watch);
    }
    return vcsa_say(
        talk, SLIPWAY_FAILED,
        "%s: the installation is over (%s), but the version is %s, not %s%s%s: it "
        "was not applied",
        talk->target.name, update->state_name, release->version, vcsa_wanted(talk),
        update->error[0] ? "; " : "", update->error);
}

static enum slipway_outcome installing(struct vcsa_talk *talk, struct vcsa_watch *watch,
                                       const struct vcsa_update *update)
{
    const char *doing = update->doing[0]                     ? update->doing
                        : update->state == VCSA_ROLLING_BACK ? "rolling itself back"
                                                             : "installing";
    watch->idle_s = 0;
    talk->call->host->progress(talk->call, update->percent, doing);
    return vcsa_watch_on(talk, watch);
}

static enum slipway_outcome heard(struct vcsa_talk *talk, struct vcsa_watch *watch,
                                  const struct vcsa_update *update)
{
    struct vcsa_release release;
    watch->silent_s = 0;
    if (update->state == VCSA_INSTALL_FAILED) {
        vcsa_say_failed(talk, update);
        return SLIPWAY_FAILED;
    }
    if (vcsa_update_busy(update) || update->state == VCSA_STATE_UNKNOWN)
        return installing(talk, watch, update);
    enum vcsa_answer answer = vcsa_release_read(talk, &release, NULL);
    if (answer != VCSA_OK)
        return vcsa_is_silence(talk, answer)
                   ? silence(talk, watch)
                   : vcsa_say(talk, SLIPWAY_UNKNOWN, "%s", talk->err.text);
    if (text_version_cmp(release.version, vcsa_wanted(talk)))
        return still_old(talk, watch, update, &release);
    return vcsa_watch_services(talk, watch);
}

enum slipway_outcome vcsa_install_poll(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_update update;
    struct vcsa_watch watch;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    vcsa_watch_read(call, &watch);
    enum vcsa_answer answer = vcsa_update_read(&talk, &update, NULL);
    if (answer == VCSA_OK)
        return heard(&talk, &watch, &update);
    if (vcsa_is_silence(&talk, answer))
        return silence(&talk, &watch);
    return vcsa_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
}
