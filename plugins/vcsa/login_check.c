/*
 * login_check.c - vcsa.login: does each door let us in, asked once?
 *
 * A wrong password that is tried again and again locks an SSO account (by default five
 * failures within 180 s, for 300 s and more; administrator@ is said to be exempt, others are
 * not). So a refusal is told before a campaign meets it in the middle, and it is not
 * repeated: neither here nor by any later step, for some minutes.
 */
#include "util/auto.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

static enum vcsa_answer knock(struct vcsa_talk *talk, enum vcsa_door door)
{
    auto_wiped char *token = NULL;
    return vcsa_talk_token(talk, door, &token);
}

static json_t *door_json(struct vcsa_talk *talk, enum vcsa_door door,
                         enum vcsa_answer *answer)
{
    *answer = VCSA_OK;
    if (!talk->target.doors[door].on)
        return json_null();
    *answer = knock(talk, door);
    return json_boolean(*answer == VCSA_OK);
}

enum slipway_outcome vcsa_op_login(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    enum vcsa_answer by_door[VCSA_DOORS];
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    auto_json json_t *result = json_object();
    for (int door = 0; door < VCSA_DOORS; door++) {
        (void)json_object_set_new(result, door == VCSA_SSO ? "sso" : "vami",
                                  door_json(&talk, (enum vcsa_door)door, &by_door[door]));
        if (by_door[door] == VCSA_DENIED)
            return vcsa_say(&talk, SLIPWAY_REFUSED,
                            "%s (five failures within three minutes lock an SSO account "
                            "for five minutes and more)",
                            talk.err.text);
        if (by_door[door] != VCSA_OK)
            return vcsa_read_outcome(&talk, by_door[door]);
    }
    return vcsa_done(&talk, steal_ptr(&result));
}
