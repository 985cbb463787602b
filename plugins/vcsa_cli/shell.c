/*
 * shell.c - vcsa-cli.shell and shell_state: which shell root logs into, and whether bash
 * may be used at all.
 *
 *   shell_state ─► {"login": "appliancesh", "bash": false}
 *   shell {login: bash} ... shell {restore: that result}
 *
 * Switching to bash:   shell.set --enabled true ─► shell chsh -s /bin/bash root
 * Switching back:      chsh -s /bin/appliancesh root ─► shell.set --enabled false
 *
 * sshd looks the login shell up when a session begins, so the change is proven by a new
 * connection, and idle sessions with the old shell are forgotten. What was before is
 * remembered in the result of a step, where it survives a crash. A snapshot that is
 * reverted brings the old shell back too.
 */
#include <string.h>

#include "ssh/arguments.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/plain.h"
#include "vcsa_cli/talk.h"

#define BASH        "/bin/bash"
#define APPLIANCESH "/bin/appliancesh"

enum tri { NO, YES, NOT_KNOWN };

struct shell {
    enum talk_dialect login;
    enum tri bash; /* may be used from appliancesh */
};

/* --- reading --------------------------------------------------------------------------- */

/* "   Enabled: True" of shell.get. */
static enum tri parse_enabled(const char *text)
{
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        const char *value = plain_value(line, "Enabled");
        if (value)
            return strncasecmp(value, "true", 4) == 0 ? YES : NO;
    }
    return NOT_KNOWN;
}

static enum slipway_outcome read_shell(struct talk *talk, struct shell *out)
{
    auto_buf struct buf told = {0};
    bool acting = talk->acting;
    talk->acting = false;
    enum slipway_outcome outcome = talk_native(talk, "shell.get", &told);
    talk->acting = acting;
    if (outcome == SLIPWAY_REFUSED) /* a release without shell.get */
        outcome = SLIPWAY_DONE;
    if (outcome == SLIPWAY_DONE)
        *out = (struct shell){talk->dialect, parse_enabled(buf_text(&told))};
    return outcome;
}

static json_t *shell_json(const struct shell *shell)
{
    return json_pack(
        "{s:s, s:o}", "login", shell->login == TALK_BASH ? "bash" : "appliancesh", "bash",
        shell->bash == NOT_KNOWN ? json_null() : json_boolean(shell->bash == YES));
}

enum slipway_outcome cli_shell_state(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    struct shell shell;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = read_shell(&talk, &shell);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    return talk_done(&talk, shell_json(&shell));
}

/* --- what is wanted ---------------------------------------------------------------------- */

static int take_login(const json_t *from, struct shell *wanted, struct slipway_error *err)
{
    const json_t *login = json_object_get(from, "login");
    const char *text = json_string_value(login);
    if (!login || json_is_null(login))
        return 0;
    if (text && !strcmp(text, "bash"))
        wanted->login = TALK_BASH;
    else if (text && !strcmp(text, "appliancesh"))
        wanted->login = TALK_APPLIANCESH;
    else
        return slipway_error_set(err, -1, "login must be bash or appliancesh");
    return 0;
}

/* What the arguments want; what they do not name stays as it is in *wanted. */
static int take_wanted(const json_t *with, struct shell *wanted,
                       struct slipway_error *err)
{
    const json_t *restore = json_object_get(with, "restore");
    const json_t *from = json_is_object(restore) ? restore : with;
    /* the result of a vcsa-cli.shell holds both states: what was is put back */
    if (json_is_object(restore) && json_is_object(json_object_get(restore, "was")))
        from = json_object_get(restore, "was");
    const json_t *bash = json_object_get(from, "bash");
    if (json_is_boolean(bash))
        wanted->bash = json_is_true(bash) ? YES : NO;
    return take_login(from, wanted, err);
}

int cli_shell_check(const char *with, struct slipway_error *err)
{
    struct shell wanted = {0};
    auto_json json_t *json = arguments_parse(with, err);
    if (!json)
        return -1;
    if (!json_object_get(json, "login") && !json_object_get(json, "bash") &&
        !json_object_get(json, "restore"))
        return slipway_error_set(err, -1, "give `login`, `bash` or `restore`");
    if (json_object_get(json, "restore") && json_object_get(json, "login"))
        return slipway_error_set(err, -1, "give either `restore` or `login`");
    /* a `restore` that is still a template is checked when the step runs */
    return take_wanted(json, &wanted, err);
}

/* --- changing ------------------------------------------------------------------------------ */

/* --enabled in newer releases, --enable in 6.0; it counts what is read back. */
static enum slipway_outcome set_bash(struct talk *talk, enum tri on)
{
    const char *const lines[] = {
        on == YES ? "shell.set --enabled true" : "shell.set --enabled false",
        on == YES ? "shell.set --enable True" : "shell.set --enable False"};
    struct shell now = {.bash = NOT_KNOWN};
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        auto_buf struct buf told = {0};
        enum slipway_outcome outcome = talk_native(talk, lines[i], &told);
        if (outcome == SLIPWAY_DONE)
            outcome = read_shell(talk, &now);
        if (outcome != SLIPWAY_DONE && outcome != SLIPWAY_REFUSED)
            return outcome;
        if (now.bash == on || (now.bash == NOT_KNOWN && outcome == SLIPWAY_DONE))
            return SLIPWAY_DONE;
    }
    return outcome_error(
        &talk->err, SLIPWAY_FAILED,
        "%s: it was told to turn bash %s, and does not: an administrator "
        "or a host profile may forbid it",
        talk->connection.target.name, on == YES ? "on" : "off");
}

/* `chsh`, in the dialect of now; *told is what it printed. */
static enum slipway_outcome run_chsh(struct talk *talk, const char *shell,
                                     struct buf *told)
{
    const char *user = talk->connection.target.user;
    if (!talk_plain_word(user))
        return outcome_error(&talk->err, SLIPWAY_REFUSED,
                             "%s: the login shell of %s cannot be changed here",
                             talk->connection.target.name, user);
    if (talk->dialect == TALK_APPLIANCESH) {
        auto_free char *line = xasprintf("shell chsh -s %s %s", shell, user);
        return talk_native(talk, line, told);
    }
    static const char script[] =
        "PATH=\"${SLIPWAY_GUEST_ROOT:-}/bin:$PATH\"; chsh -s \"$1\" \"$2\" 2>&1";
    auto_reply struct exec_reply reply = {0};
    const char *const argv[] = {shell, user};
    enum slipway_outcome outcome =
        talk_script(talk, script, argv, ARRAY_LENGTH(argv), NULL, &reply);
    buf_add(told, buf_text(&reply.out), reply.out.length);
    return outcome;
}

static enum slipway_outcome set_login(struct talk *talk, enum talk_dialect wanted)
{
    auto_buf struct buf told = {0};
    char first[120];
    const char *name = talk->connection.target.name;
    const char *shell = wanted == TALK_BASH ? BASH : APPLIANCESH;
    enum slipway_outcome outcome = run_chsh(talk, shell, &told);
    if (outcome == SLIPWAY_DONE)
        outcome = connection_renew(&talk->connection, &talk->err);
    if (outcome == SLIPWAY_DONE)
        outcome = talk_recognise(talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (talk->dialect == wanted)
        return SLIPWAY_DONE;
    return outcome_error(&talk->err, SLIPWAY_FAILED,
                         "%s: chsh was told to make %s the login shell, and a new login "
                         "still meets the other one. It said: \"%s\"",
                         name, shell, plain_first(buf_text(&told), first, sizeof first));
}

static enum slipway_outcome change(struct talk *talk, const struct shell *was,
                                   const struct shell *wanted)
{
    bool to_bash = wanted->login == TALK_BASH && was->login != TALK_BASH;
    bool back = wanted->login == TALK_APPLIANCESH && was->login != TALK_APPLIANCESH;
    enum slipway_outcome outcome = SLIPWAY_DONE;
    talk->acting = true;
    /* chsh itself goes through bash, so it must be on before; `wanted` counts after */
    if (to_bash && was->bash != YES)
        outcome = set_bash(talk, YES);
    if (outcome == SLIPWAY_DONE && (to_bash || back))
        outcome = set_login(talk, wanted->login);
    bool is_on = was->bash == YES || (to_bash && was->bash != YES);
    bool on = wanted->bash == YES;
    if (outcome == SLIPWAY_DONE && wanted->bash != NOT_KNOWN && on != is_on)
        outcome = set_bash(talk, wanted->bash);
    return outcome;
}

enum slipway_outcome cli_shell_start(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    struct shell was, wanted, now;
    struct slipway_error err;
    if (cli_shell_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = read_shell(&talk, &was);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    /* what is not named stays; bash that is switched on for chsh stays on with it */
    wanted = (struct shell){was.login, NOT_KNOWN};
    (void)take_wanted(talk.with, &wanted, &err);
    outcome = change(&talk, &was, &wanted);
    if (outcome == SLIPWAY_DONE)
        outcome = read_shell(&talk, &now);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    bool changed = was.login != now.login || was.bash != now.bash;
    return talk_done(&talk, json_pack("{s:o, s:o, s:b}", "was", shell_json(&was), "now",
                                      shell_json(&now), "changed", changed));
}
