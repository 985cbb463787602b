/*
 * replication.c - vcsa-cli.replication: linked vCenters and how far they are behind, by
 * vdcrepadmin, for releases that do not tell by REST (before 6.7).
 *
 * vdcrepadmin takes the SSO password as an argument in every recipe, where any process list
 * shows it. Here it is written to its standard input instead, where it asks for one. That
 * every release reads it from there is not proven: an answer without a single partner and
 * without "0 changes" means "not known", never "not linked". Where REST tells
 * (vcsa.replication), ask that.
 *
 * showpartnerstatus tells the direct partners, showservers everybody: the latter is compared
 * with the members that the fleet file declares. It is asked only behind an answer to the
 * former, so that a wrong password is sent once.
 */
#include <string.h>

#include "common/members.h"
#include "ssh/arguments.h"
#include "ssh/refused.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"
#include "vcsa_cli/talk.h"

#define USER "administrator"

static const char SCRIPT[] =
    "PATH=\"${SLIPWAY_GUEST_ROOT:-}/bin:$PATH:/usr/lib/vmware-vmdir/bin\"; "
    "IFS= read -r password; "
    "ask() { printf '%s\\n' \"$password\" | vdcrepadmin -f \"$1\" -h localhost -u \"$2\" "
    "2>&1; }; "
    "told=$(ask showpartnerstatus \"$1\"); printf '%s\\n' \"$told\"; "
    "case $told in *Partner:*) ask showservers \"$1\";; esac";

static bool is_rejection(const char *text)
{
    return strcasestr(text, "invalid credentials") || strcasestr(text, "error 49") ||
           strstr(text, "9234");
}

/* Ask with the password; *told is what it printed. */
static enum slipway_outcome ask(struct talk *talk, const char *user,
                                const struct slipway_secret *password, struct buf *told)
{
    auto_reply struct exec_reply reply = {0};
    auto_free char *input = xasprintf("%s\n", password->bytes);
    enum slipway_outcome outcome = talk_script(talk, SCRIPT, &user, 1, input, &reply);
    explicit_bzero(input, strlen(input));
    if (outcome == SLIPWAY_DONE) {
        buf_add(told, buf_text(&reply.out), reply.out.length);
        (void)plain_text(told);
    }
    return outcome;
}

/* What the step says, else that of rest.login if it is the administrator's. */
static const json_t *password_of(const struct talk *talk)
{
    const json_t *given = json_object_get(talk->with, "sso_password");
    const json_t *login =
        json_object_get(json_object_get(talk->connection.target.json, "rest"), "login");
    const char *user = json_text(login, "user");
    if (given && !json_is_null(given))
        return given;
    bool administrator = user && !strncmp(user, USER "@", strlen(USER "@"));
    return administrator ? json_object_get(login, "password") : NULL;
}

/* The same, but never with a password that was refused a moment ago. */
static enum slipway_outcome ask_once(struct talk *talk, struct buf *told)
{
    struct slipway_call *call = talk->call;
    struct slipway_secret password = {0};
    struct refused *refused = &talk->connection.state->refused;
    const char *user = json_text(talk->with, "user");
    user = user ? user : USER;
    auto_free char *who =
        xasprintf("vmdir %s %s", user, talk->connection.target.identity);
    const json_t *given = password_of(talk);
    if (!given)
        return outcome_error(
            &talk->err, SLIPWAY_REFUSED,
            "%s: give sso_password, or rest.login of %s@... in the fleet",
            talk->connection.target.name, USER);
    auto_free char *reference = json_canonical(given);
    if (call->host->secret(call, reference, &password, &talk->err) != 0)
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = SLIPWAY_REFUSED;
    if (refused_recently(refused, who, password.bytes, call->host->now_ms()))
        (void)slipway_error_set(
            &talk->err, -1,
            "%s: this SSO password was refused a moment ago and is not "
            "sent again: correct the secret",
            talk->connection.target.name);
    else
        outcome = ask(talk, user, &password, told);
    if (outcome == SLIPWAY_DONE && is_rejection(buf_text(told))) {
        refused_note(refused, who, password.bytes, call->host->now_ms());
        outcome = outcome_error(&talk->err, SLIPWAY_REFUSED,
                                "%s: the SSO password of %s was refused",
                                talk->connection.target.name, user);
    }
    call->host->secret_free(&password);
    return outcome;
}

static json_t *behind_of(const json_t *partners)
{
    json_t *behind = json_array();
    for (size_t i = 0; i < json_array_size(partners); i++) {
        const json_t *partner = json_array_get(partners, i);
        const json_t *changes = json_object_get(partner, "behind");
        bool in_step = json_is_true(json_object_get(partner, "host_available")) &&
                       json_is_integer(changes) && json_integer_value(changes) == 0;
        if (!in_step)
            (void)json_array_append(behind, json_object_get(partner, "partner"));
    }
    return behind;
}

/* Direct partners alone are not everybody: without the nodes nothing is compared. */
static json_t *result_json(const struct talk *talk, const char *told)
{
    json_t *partners = parse_partners(told), *nodes = parse_nodes(told);
    json_t *behind = behind_of(partners);
    bool known = json_array_size(partners) > 0;
    json_t *result = members_compare(
        talk->call, json_object_get(talk->connection.target.json, "link_members"), nodes,
        members_resolve);
    auto_json json_t *own =
        json_pack("{s:b, s:b, s:b, s:o, s:o, s:o}", "known", known, "linked", known,
                  "in_step", known && !json_array_size(behind), "behind", behind,
                  "partners", partners, "nodes", nodes);
    (void)json_object_update(result, own);
    return result;
}

enum slipway_outcome cli_replication(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome == SLIPWAY_DONE)
        outcome = talk_need_bash(&talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = ask_once(&talk, &told);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    return talk_done(&talk, result_json(&talk, buf_text(&told)));
}
