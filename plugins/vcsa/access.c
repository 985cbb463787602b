/*
 * access.c - vcsa.access and vcsa.access_state: SSH and shell, on for a run and back.
 *
 *   access_state ─► {"ssh": false, "shell": {"enabled": false, "timeout": 0}}
 *   access {ssh: true, shell: true} ... access {restore: that result}
 *
 * What was before is remembered where everything is, in the result of a step, so that it
 * survives a crash between reading and writing. A snapshot that is reverted brings the old
 * settings back too. Setting what is set already sends nothing.
 */
#include <string.h>

#include "util/auto.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

#define SSH           "/appliance/access/ssh"
#define SHELL         "/appliance/access/shell"
#define SHELL_SECONDS 86400 /* the most that an appliance takes */

struct access {
    bool ssh, shell;
    json_int_t seconds; /* of the shell; 0: not limited or off */
};

/* A bare boolean, or {"enabled": ...}. */
static bool enabled(const json_t *value)
{
    return json_is_true(value) || json_is_true(json_object_get(value, "enabled"));
}

static enum vcsa_answer read_access(struct vcsa_talk *talk, struct access *out)
{
    auto_json json_t *ssh = NULL, *shell = NULL;
    enum vcsa_answer answer = vcsa_get(talk, SSH, &ssh);
    if (answer == VCSA_OK)
        answer = vcsa_get(talk, SHELL, &shell);
    if (answer != VCSA_OK)
        return answer;
    *out = (struct access){.ssh = enabled(ssh),
                           .shell = enabled(shell),
                           .seconds = json_number(shell, "timeout", 0)};
    return VCSA_OK;
}

static json_t *access_json(const struct access *access)
{
    return json_pack("{s:b, s:{s:b, s:I}}", "ssh", access->ssh, "shell", "enabled",
                     access->shell, "timeout", access->seconds);
}

enum slipway_outcome vcsa_op_access_state(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct access access;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_access(&talk, &access);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return vcsa_done(&talk, access_json(&access));
}

/* What the arguments want; what they do not name stays as it is. */
static struct access wanted_of(const struct vcsa_talk *talk, const struct access *now)
{
    const json_t *restore = json_object_get(talk->with, "restore");
    struct access wanted = *now;
    if (json_is_object(restore)) {
        const json_t *shell = json_object_get(restore, "shell");
        return (struct access){.ssh = enabled(json_object_get(restore, "ssh")),
                               .shell = enabled(shell),
                               .seconds = json_number(shell, "timeout", 0)};
    }
    const json_t *ssh = json_object_get(talk->with, "ssh");
    const json_t *shell = json_object_get(talk->with, "shell");
    wanted.ssh = ssh ? json_is_true(ssh) : now->ssh;
    wanted.shell = shell ? json_is_true(shell) : now->shell;
    json_int_t seconds =
        json_number(talk->with, "shell_for", SHELL_SECONDS * 1000LL) / 1000;
    if (shell && wanted.shell)
        wanted.seconds = seconds > SHELL_SECONDS ? SHELL_SECONDS : seconds;
    return wanted;
}

static enum vcsa_answer put_ssh(struct vcsa_talk *talk, bool on)
{
    auto_json json_t *body = json_pack("{s:b}", "enabled", on);
    const struct vcsa_request request = {.method = "PUT", .path = SSH, .body = body};
    return vcsa_act(talk, &request, NULL);
}

static enum vcsa_answer put_shell(struct vcsa_talk *talk, bool on, json_int_t seconds)
{
    auto_json json_t *body =
        json_pack("{s:b, s:I}", "enabled", on, "timeout", on ? seconds : (json_int_t)0);
    const struct vcsa_request request = {
        .method = "PUT", .path = SHELL, .body = body, .old_wrap = "config"};
    return vcsa_act(talk, &request, NULL);
}

enum slipway_outcome vcsa_access_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct access was, now;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_access(&talk, &was);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    struct access wanted = wanted_of(&talk, &was);
    if (wanted.ssh != was.ssh)
        answer = put_ssh(&talk, wanted.ssh);
    /* The time of a shell that is on runs down, so it is set anew. */
    bool shell_differs = wanted.shell != was.shell || wanted.shell;
    if (answer == VCSA_OK && shell_differs)
        answer = put_shell(&talk, wanted.shell, wanted.seconds);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(&talk, answer, "the change of SSH and shell access");
    answer = read_access(&talk, &now);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(&talk, answer, "reading SSH and shell access back");
    if (now.ssh != wanted.ssh || now.shell != wanted.shell)
        return vcsa_say(
            &talk, SLIPWAY_FAILED,
            "%s: it accepted the change and reads SSH %s, shell %s; a host profile "
            "or an administrator may set it back",
            talk.target.name, now.ssh ? "on" : "off", now.shell ? "on" : "off");
    return vcsa_done(&talk, json_pack("{s:o, s:o}", "was", access_json(&was), "now",
                                      access_json(&now)));
}
