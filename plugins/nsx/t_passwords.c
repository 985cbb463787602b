/*
 * t_passwords.c - nsx.t_passwords: how long the local passwords of an NSX-T manager are
 * still good: root, admin, audit, and whom somebody activated.
 *
 *   days left = password_change_frequency - last_password_change (days since it was changed)
 *   frequency 0 ─────────────────────────────────────────► never ends
 *   PASSWORD_EXPIRED, or it must be reset at next login ─► has ended
 *   NOT_ACTIVATED ───────────────────────────────────────► has none
 *
 * They live 90 days unless somebody said otherwise. An upgrade in which one of them ends
 * stops half-way, and nobody can log in to mend it.
 *
 * Failure: an account that tells neither a known state nor its days is in `unknown`. It is
 * the manager that answers which is asked.
 */
#include <string.h>

#include "nsx/operations.h"
#include "nsx/talk.h"
#include "util/auto.h"

#define DAYS_MAX 36500 /* whoever tells more tells nonsense */

enum life { LIFE_NONE, LIFE_ENDED, LIFE_ENDS, LIFE_NEVER, LIFE_UNKNOWN };

static enum life life_of(const json_t *user, json_int_t *days_left)
{
    char status[32];
    (void)nsx_member(user, "status", status, sizeof status);
    json_int_t frequency = json_number(user, "password_change_frequency", -1);
    json_int_t age = json_number(user, "last_password_change", -1);
    if (!strcmp(status, "NOT_ACTIVATED"))
        return LIFE_NONE;
    if (!strcmp(status, "PASSWORD_EXPIRED") ||
        json_is_true(json_object_get(user, "password_reset_required")))
        return LIFE_ENDED;
    if (status[0] && strcmp(status, "ACTIVE") != 0)
        return LIFE_UNKNOWN;
    if (frequency == 0)
        return LIFE_NEVER;
    if (frequency < 0 || frequency > DAYS_MAX || age < 0 || age > DAYS_MAX)
        return LIFE_UNKNOWN;
    *days_left = frequency - age;
    return *days_left <= 0 ? LIFE_ENDED : LIFE_ENDS;
}

static void add_name(json_t *result, const char *list, const char *name)
{
    (void)json_array_append_new(json_object_get(result, list), json_string(name));
}

static void keep_least(json_t *result, json_int_t days_left)
{
    const json_t *least = json_object_get(result, "days_left");
    if (!json_is_integer(least) || json_integer_value(least) > days_left)
        (void)json_object_set_new(result, "days_left", json_integer(days_left));
}

static void take_user(const json_t *user, json_int_t within_days, json_t *result)
{
    char name[64];
    json_int_t days_left = 0;
    enum life life = life_of(user, &days_left);
    if (!*nsx_member(user, "username", name, sizeof name))
        (void)snprintf(name, sizeof name, "?");
    if (life == LIFE_NONE)
        return;
    bool counted = life == LIFE_ENDED || life == LIFE_ENDS;
    (void)json_array_append_new(
        json_object_get(result, "users"),
        json_pack("{s:s, s:o}", "name", name, "days_left",
                  counted ? json_integer(days_left) : json_null()));
    if (counted)
        keep_least(result, days_left);
    if (life == LIFE_ENDED)
        add_name(result, "expired", name);
    else if (life == LIFE_UNKNOWN)
        add_name(result, "unknown", name);
    else if (life == LIFE_ENDS && days_left < within_days)
        add_name(result, "ending", name);
}

enum slipway_outcome nsx_op_t_passwords(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *value = NULL;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_get(&talk, "/api/v1/node/users", &value);
    const json_t *users = json_object_get(value, "results");
    if (answer == NSX_OK && !json_array_size(users))
        answer = nsx_because(&talk, NSX_LOST, "%s: it does not tell its local users",
                             talk.target.name);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    json_t *result = json_pack("{s:[], s:[], s:[], s:[], s:n}", "users", "expired",
                               "ending", "unknown", "days_left");
    for (size_t i = 0; i < json_array_size(users) && i < NSX_LIST_MAX; i++)
        take_user(json_array_get(users, i), json_number(talk.with, "days", 14), result);
    return nsx_done(&talk, result);
}
