/*
 * clock.c - vcsa.time: how far the appliance's clock is from ours, and who sets it.
 *
 * Single Sign-On refuses tokens at a skew of minutes, and a machine that was reverted with
 * its memory wakes up with an old clock. The moment in the middle of the exchange is
 * compared, so half of the answer's time is the error.
 */
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"

static json_t *mode_json(struct vcsa_talk *talk)
{
    auto_json json_t *value = NULL;
    char clean[24];
    const char *mode = NULL;
    if (vcsa_get(talk, "/appliance/timesync", &value) == VCSA_OK)
        mode = json_string_value(value);
    return mode ? json_string(text_clean(mode, clean, sizeof clean)) : json_null();
}

static json_t *servers_json(struct vcsa_talk *talk)
{
    auto_json json_t *value = NULL;
    json_t *servers = json_array();
    if (vcsa_get(talk, "/appliance/ntp", &value) != VCSA_OK)
        return servers;
    for (size_t i = 0; i < json_array_size(value) && i < 16; i++) {
        const char *server = json_string_value(json_array_get(value, i));
        if (server)
            (void)json_array_append_new(servers,
                                        json_safe_string(server, strlen(server)));
    }
    return servers;
}

enum slipway_outcome vcsa_op_time(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    int64_t theirs_ms = 0;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_appliance_now(&talk, &theirs_ms); /* logs in */
    int64_t before_ms = vcsa_wall_ms();
    if (answer == VCSA_OK)
        answer = vcsa_appliance_now(&talk, &theirs_ms);
    int64_t after_ms = vcsa_wall_ms();
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    int64_t skew_ms = theirs_ms - (before_ms + (after_ms - before_ms) / 2);
    return vcsa_done(&talk, json_pack("{s:o, s:I, s:I, s:o, s:o}", "time",
                                      vcsa_moment_json(theirs_ms), "skew_ms",
                                      (json_int_t)skew_ms, "skew_s",
                                      (json_int_t)(llabs(skew_ms) / 1000), "mode",
                                      mode_json(&talk), "servers", servers_json(&talk)));
}
