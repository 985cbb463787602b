/*
 * reboot.c - vcsa.reboot: restart the appliance, and know that it did.
 *
 *   start ─┬ booted since `booted_after` already ─► DONE, nothing was done
 *          └ POST shutdown (reboot, now) ─────────► PENDING {"asked": when}
 *   poll ──┬ silence ─────────────────────────────► PENDING, up to `silence`
 *          ├ uptime older than the request ───────► PENDING
 *          └ uptime younger than the request ─────► services at baseline? DONE
 *
 * The evidence is the uptime: it needs no clock but ours. A second reboot converges on the
 * same state, so the operation is IDEMPOTENT.
 *
 * Failure: silence that lasts too long is UNKNOWN.
 */
#include <math.h>

#include "util/auto.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"
#include "vcsa/services.h"

#define SILENCE_MS     (20 * 60 * 1000)
#define CLOCK_SLACK_MS 2000

/* When the appliance was started, on our clock. */
static enum vcsa_answer read_boot(struct vcsa_talk *talk, int64_t *out_ms)
{
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_get(talk, "/appliance/system/uptime", &value);
    if (answer != VCSA_OK)
        return answer;
    double seconds = json_number_value(value);
    if (!json_is_number(value) || !isfinite(seconds) || seconds < 0 || seconds > 1e10)
        return vcsa_because(talk, VCSA_ERROR, "%s: it does not tell its uptime",
                            talk->target.name);
    *out_ms = vcsa_wall_ms() - (int64_t)(seconds * 1000.0);
    return VCSA_OK;
}

static enum slipway_outcome rebooted(struct vcsa_talk *talk, bool changed)
{
    return vcsa_done(talk, json_pack("{s:b}", "changed", changed));
}

enum slipway_outcome vcsa_reboot_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    int64_t booted_ms = 0, after_ms = 0;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_boot(&talk, &booted_ms);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    if (!vcsa_moment_of(talk.with, "booted_after", &after_ms) && booted_ms > after_ms)
        return rebooted(&talk, false);
    auto_json json_t *body =
        json_pack("{s:i, s:s}", "delay", 0, "reason", "slipway restarts this appliance");
    const struct vcsa_request request = {.method = "POST",
                                         .path = "/appliance/shutdown?action=reboot",
                                         .old_path = "/appliance/shutdown/reboot",
                                         .body = body};
    int64_t asked_ms = vcsa_wall_ms();
    answer = vcsa_act(&talk, &request, NULL);
    /* An appliance that goes down may well take the answer with it. */
    if (answer != VCSA_OK && answer != VCSA_LOST)
        return vcsa_act_outcome(&talk, answer, "the reboot");
    return vcsa_pending(&talk, json_pack("{s:I, s:I}", "asked", (json_int_t)asked_ms,
                                         "silent", (json_int_t)0));
}

static enum slipway_outcome silence(struct vcsa_talk *talk, json_int_t asked_ms,
                                    const char *doing)
{
    int64_t allowed_ms = json_number(talk->with, "silence", SILENCE_MS);
    talk->call->host->say(talk->call, "restarting: %s", talk->err.text);
    talk->call->host->progress(talk->call, -1, doing);
    if (vcsa_wall_ms() - asked_ms > allowed_ms)
        return vcsa_say(
            talk, SLIPWAY_UNKNOWN,
            "%s: it does not answer after its reboot; look at its console: %s",
            talk->target.name, talk->err.text);
    return vcsa_pending(talk, vcsa_handle_get(talk->call));
}

enum slipway_outcome vcsa_reboot_poll(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_services struct vcsa_services services = {0};
    auto_json json_t *handle = vcsa_handle_get(call);
    json_int_t asked_ms = json_number(handle, "asked", 0);
    int64_t booted_ms = 0;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum vcsa_answer answer = read_boot(&talk, &booted_ms);
    if (answer == VCSA_OK && booted_ms < asked_ms - CLOCK_SLACK_MS) {
        call->host->progress(call, -1, "going down");
        return vcsa_pending(&talk, vcsa_handle_get(call));
    }
    if (answer == VCSA_OK)
        answer = vcsa_services_read(&talk, &services);
    if (answer != VCSA_OK)
        return vcsa_is_silence(&talk, answer)
                   ? silence(&talk, asked_ms, "waiting for its boot")
                   : vcsa_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
    char names[200];
    auto_json json_t *missing =
        vcsa_services_missing(&services, json_object_get(talk.with, "baseline"));
    if (!json_array_size(missing))
        return rebooted(&talk, true);
    (void)vcsa_because(&talk, VCSA_GATEWAY, "waiting for services: %s",
                       vcsa_names_line(missing, names, sizeof names));
    return silence(&talk, asked_ms, "waiting for services");
}
