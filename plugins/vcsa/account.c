/*
 * account.c - vcsa.password_expiry: how long the root password is still good.
 *
 * A patch that meets an expired root password fails amid its packages (useradd refuses),
 * and by default it expires after 90 days. Asked through the SSO door if there is one,
 * because the other one refuses exactly when the answer is "expired". Days are counted by
 * the appliance's clock.
 */
#include <string.h>

#include "util/auto.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"

static json_t *number_or_null(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    return json_is_integer(number) ? json_integer(json_integer_value(number))
                                   : json_null();
}

static json_t *result_of(const json_t *account, int64_t now_ms)
{
    int64_t expires_ms = 0;
    bool expires = !vcsa_moment_of(account, "password_expires_at", &expires_ms);
    int64_t days = expires ? vcsa_days(now_ms, expires_ms) : 0;
    return json_pack("{s:b, s:b, s:o, s:o, s:o, s:b}", "never", !expires, "expired",
                     expires && expires_ms <= now_ms, "expires_at",
                     expires ? vcsa_moment_json(expires_ms) : json_null(), "days_left",
                     expires ? json_integer(days) : json_null(), "max_days",
                     number_or_null(account, "max_days_between_password_change"),
                     "enabled", !json_is_false(json_object_get(account, "enabled")));
}

enum slipway_outcome vcsa_op_password_expiry(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *account = NULL;
    int64_t now_ms = 0;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    vcsa_prefer(&talk, VCSA_SSO);
    enum vcsa_answer answer = vcsa_get(&talk, "/appliance/local-accounts/root", &account);
    if (answer == VCSA_OK)
        answer = vcsa_appliance_now(&talk, &now_ms);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return vcsa_done(&talk, result_of(account, now_ms));
}
