/*
 * account.c - vcsa-cli.password_expiry: how long root's password is still good, by
 * `chage -l` and the appliance's own clock.
 *
 * A password that has expired is found out before this: the login is refused with
 * PASSWORD_EXPIRED, and its dialogue is never answered.
 */
#include "util/auto.h"
#include "vcsa_cli/clock.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/parse.h"

static json_t *result_of(const struct password_life *life, int64_t now_ms)
{
    bool dated = !life->never && !life->must_change;
    json_t *result = dated ? clock_life(life->expires_ms, now_ms)
                           : json_pack("{s:n, s:o}", "expires_at", "days_left",
                                       life->must_change ? json_integer(0) : json_null());
    (void)json_object_update_new(
        result,
        json_pack("{s:b, s:b, s:o}", "never", life->never, "expired",
                  life->must_change || (dated && life->expires_ms <= now_ms), "max_days",
                  life->max_days < 0 ? json_null() : json_integer(life->max_days)));
    return result;
}

enum slipway_outcome cli_password_expiry(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_buf struct buf told = {0};
    struct password_life life;
    int64_t now_ms = 0;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = talk_ask_words(&talk, &told, "chage", "-l", "root");
    if (outcome == SLIPWAY_DONE)
        outcome = clock_read(&talk, &now_ms);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    if (parse_chage(buf_text(&told), &life) != 0)
        return outcome_say(call, SLIPWAY_FAILED,
                           "%s: chage -l root tells no end of the password",
                           talk.connection.target.name);
    return talk_done(&talk, result_of(&life, now_ms));
}
