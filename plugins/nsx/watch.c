/*
 * watch.c - see watch.h.
 *
 * Failure: silence that lasts too long is UNKNOWN, because nobody can say what happened;
 * a manager that answers and is not well for too long has failed.
 */
#include "nsx/watch.h"

#include <string.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"

static int64_t now_s(void)
{
    return nsx_wall_ms() / 1000;
}

void nsx_watch_read(const struct slipway_call *call, struct nsx_watch *out)
{
    auto_json json_t *handle = nsx_handle_get(call);
    *out = (struct nsx_watch){
        .asked_s = json_number(handle, "asked", 0),
        .silent_s = json_number(handle, "silent", 0),
        .reached_s = json_number(handle, "reached", 0),
        .old_looks = (int)json_number(handle, "old", 0),
        .untold = json_is_true(json_object_get(handle, "untold")),
    };
    (void)nsx_member(handle, "from", out->from, sizeof out->from);
}

struct nsx_watch nsx_watch_begin(const char *from)
{
    struct nsx_watch watch = {.asked_s = now_s()};
    (void)text_clean(from, watch.from, sizeof watch.from);
    return watch;
}

static json_t *watch_json(const struct nsx_watch *watch)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:i, s:b}", "from", watch->from, "asked",
                     (json_int_t)watch->asked_s, "silent", (json_int_t)watch->silent_s,
                     "reached", (json_int_t)watch->reached_s, "old", watch->old_looks,
                     "untold", watch->untold);
}

void nsx_watch_keep(struct nsx_talk *talk, const struct nsx_watch *watch)
{
    auto_json json_t *handle = watch_json(watch);
    nsx_handle_set(talk, handle);
}

enum slipway_outcome nsx_watch_on(struct nsx_talk *talk, const struct nsx_watch *watch)
{
    return nsx_pending(talk, watch_json(watch));
}

static bool is_over(int64_t since_s, int64_t allowed_ms)
{
    return (now_s() - since_s) * 1000 > allowed_ms;
}

enum slipway_outcome nsx_watch_silence(struct nsx_talk *talk, struct nsx_watch *watch)
{
    char lasted[32], allowed[32];
    int64_t most_ms = json_number(talk->with, "silence", NSX_SILENCE_MS);
    if (!watch->silent_s)
        watch->silent_s = now_s();
    (void)duration_format((now_s() - watch->silent_s) * 1000, lasted, sizeof lasted);
    if (is_over(watch->silent_s, most_ms))
        return nsx_say(
            talk, SLIPWAY_UNKNOWN,
            "nobody answers for %s, longer than the %s that this upgrade may be "
            "silent: %s; look at the manager's console",
            lasted, duration_format(most_ms, allowed, sizeof allowed), talk->err.text);
    talk->call->host->progress(talk->call, -1, "silent while it restarts");
    talk->call->host->say(talk->call, "silent for %s, as expected during an upgrade: %s",
                          lasted, talk->err.text);
    return nsx_watch_on(talk, watch);
}

enum slipway_outcome nsx_watch_settle(struct nsx_talk *talk, struct nsx_watch *watch,
                                      const char *what)
{
    char lasted[32];
    if (!watch->reached_s)
        watch->reached_s = now_s();
    (void)duration_format((now_s() - watch->reached_s) * 1000, lasted, sizeof lasted);
    if (is_over(watch->reached_s, json_number(talk->with, "settle", NSX_SETTLE_MS)))
        return nsx_say(talk, SLIPWAY_FAILED,
                       "%s: the upgrade says that it is over, but %s later not all is "
                       "well: %s",
                       talk->target.name, lasted, what);
    talk->call->host->progress(talk->call, 95, "waiting until all is well");
    talk->call->host->say(talk->call, "%s: the upgrade is over; waiting: %s",
                          talk->target.name, what);
    return nsx_watch_on(talk, watch);
}

bool nsx_watch_flaps(struct nsx_watch *watch)
{
    return ++watch->old_looks <= NSX_OLD_LOOKS;
}

enum slipway_outcome nsx_watch_lost(struct nsx_talk *talk, enum nsx_answer answer,
                                    const char *what, const struct nsx_watch *watch)
{
    enum slipway_outcome outcome = nsx_act_outcome(talk, answer, what);
    if (outcome == SLIPWAY_UNKNOWN)
        nsx_watch_keep(talk, watch);
    return outcome;
}

enum slipway_probe nsx_probe_unknown(struct nsx_talk *talk)
{
    nsx_look_later(talk);
    talk->call->host->say(talk->call,
                          "%s; while it upgrades that is expected, so look again",
                          talk->err.text);
    return SLIPWAY_PROBE_UNKNOWN;
}

bool nsx_probe_wait(struct nsx_talk *talk)
{
    return talk->call->host->wait_fd(talk->call, -1, 0, NSX_SECOND_LOOK_MS) >= 0;
}
