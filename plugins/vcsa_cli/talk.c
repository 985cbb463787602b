/*
 * talk.c - see talk.h.
 *
 * The dialect is asked for in every call by `echo MARK`, which costs one exchange: somebody
 * may have changed the login shell in between, and a command in the wrong dialect is at
 * best unknown. What a demand for a new password looks like is known to plugins/ssh; it is
 * never answered.
 */
#include "vcsa_cli/talk.h"

#include <string.h>
#include <sys/random.h>

#include "ssh/arguments.h"
#include "ssh/expired.h"
#include "ssh/quote.h"
#include "ssh/result.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "util/text.h"
#include "vcsa_cli/plain.h"

#define MARK_SIZE 32

/* The appliance's own tools are not all on the PATH of a command over SSH.
   SLIPWAY_GUEST_ROOT is set where many rehearsal appliances share one file system. */
static const char READ_SCRIPT[] =
    "LC_ALL=C PATH=\"${SLIPWAY_GUEST_ROOT:-}/bin:$PATH:/usr/sbin:/sbin:"
    "/usr/lib/vmware-vmafd/bin:/usr/lib/vmware-vmdir/bin\"; export LC_ALL PATH; "
    "exec \"$@\"";
static const char FILE_SCRIPT[] =
    "f=\"${SLIPWAY_GUEST_ROOT:-}$1\"; [ -e \"$f\" ] || exit 3; exec cat \"$f\"";
static const char NATIVE_SCRIPT[] =
    "exec \"${SLIPWAY_GUEST_ROOT:-}/bin/appliancesh\" -c \"$1\" </dev/null";

#define STATUS_ABSENT 3 /* of FILE_SCRIPT */

int talk_begin(struct slipway_call *call, struct talk *talk)
{
    *talk = (struct talk){.call = call};
    talk->with = arguments_parse(call->with, &talk->err);
    if (talk->with)
        return 0;
    call->host->say(call, "%s", talk->err.text);
    return -1;
}

void talk_close(struct talk *talk)
{
    connection_close(&talk->connection);
    json_decref(talk->with);
    *talk = (struct talk){0};
}

enum slipway_outcome talk_open(struct slipway_call *call, struct talk *talk)
{
    if (talk_begin(call, talk) != 0)
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = connection_open(call, &talk->connection, &talk->err);
    if (outcome == SLIPWAY_DONE)
        outcome = talk_recognise(talk);
    return outcome == SLIPWAY_DONE ? outcome : talk_failed(talk, outcome);
}

enum slipway_outcome talk_failed(struct talk *talk, enum slipway_outcome outcome)
{
    if (outcome == SLIPWAY_RETRY)
        talk->call->host->look_again_in(talk->call, CLI_BUSY_MS);
    return outcome_say(talk->call, outcome, "%s", talk->err.text);
}

enum slipway_outcome talk_done(struct talk *talk, json_t *result)
{
    auto_json json_t *owned = result;
    auto_free char *text = json_canonical(owned);
    if (talk->call->host->set_result(talk->call, text) != 0)
        return outcome_say(talk->call, SLIPWAY_FAILED, "%s: its answer is too long",
                           talk->connection.target.name);
    return SLIPWAY_DONE;
}

enum slipway_outcome talk_need_bash(struct talk *talk)
{
    if (talk->dialect == TALK_BASH)
        return SLIPWAY_DONE;
    return outcome_say(
        talk->call, SLIPWAY_REFUSED,
        "%s: this must go on though the connection breaks, so it needs bash "
        "as the login shell, and that is appliancesh: put a step "
        "vcsa-cli.shell with `login: bash` before it",
        talk->connection.target.name);
}

bool talk_plain_word(const char *word)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._/:=@%+,-";
    return *word && word[strspn(word, allowed)] == '\0';
}

/* What a command that did not end comes to: a question is only asked again. */
static enum slipway_outcome ended_as(const struct talk *talk, enum exec_end end,
                                     const struct exec_reply *reply)
{
    struct slipway_call as = *talk->call;
    if (!talk->acting)
        as.repeat = SLIPWAY_READ;
    return channel_outcome(&as, end, reply);
}

/* --- lines -------------------------------------------------------------------------- */

/* One line to the login shell as it is; its whole text, cleaned. */
static enum slipway_outcome send_line(struct talk *talk, const char *line,
                                      struct buf *out, bool *away)
{
    const char *name = talk->connection.target.name;
    struct exec_request request = {.line = line};
    auto_reply struct exec_reply reply = {0};
    struct slipway_error why;
    enum exec_end end = channel_exec(&talk->connection, &request, &reply, &why);
    if (end != EXEC_ENDED)
        return outcome_error(&talk->err, ended_as(talk, end, &reply), "%s: %s", name,
                             why.text);
    buf_add(out, buf_text(&reply.out), reply.out.length);
    if (reply.err.length) {
        buf_addc(out, '\n');
        buf_add(out, buf_text(&reply.err), reply.err.length);
    }
    *away = plain_text(out);
    if (expired_text(buf_text(out), out->length))
        return outcome_error(&talk->err, SLIPWAY_REFUSED,
                             "%s: PASSWORD_EXPIRED: it demands a new password before it "
                             "does anything; log in by hand, change it, and update the "
                             "secret",
                             name);
    return SLIPWAY_DONE;
}

static int make_mark(char out[MARK_SIZE])
{
    unsigned char bytes[8];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -1;
    int used = snprintf(out, MARK_SIZE, "slipway-");
    for (size_t i = 0; i < sizeof bytes; i++)
        used += snprintf(out + used, MARK_SIZE - (size_t)used, "%02x", bytes[i]);
    return 0;
}

static bool has_line(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);
    for (const char *at = text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, wanted, length) == 0 && (!at[length] || at[length] == '\n'))
            return true;
    }
    return false;
}

enum talk_dialect talk_dialect_of(const char *answer, const char *mark, bool away,
                                  enum slipway_outcome *outcome,
                                  struct slipway_error *err)
{
    char first[120];
    *outcome = SLIPWAY_DONE;
    if (has_line(answer, mark))
        return TALK_BASH;
    if (strstr(answer, "Unknown command"))
        return TALK_APPLIANCESH;
    *outcome = away ? SLIPWAY_RETRY : SLIPWAY_REFUSED;
    if (away)
        (void)slipway_error_set(
            err, -1,
            "appliancesh answers \"Failed to connect to service\": its "
            "services restart");
    else
        (void)slipway_error_set(
            err, -1,
            "the login shell is neither bash nor appliancesh, or start files of the "
            "account end it; nothing was run. It answered: \"%s\"",
            plain_first(answer, first, sizeof first));
    return TALK_UNKNOWN;
}

enum slipway_outcome talk_recognise(struct talk *talk)
{
    char mark[MARK_SIZE];
    bool away = false;
    auto_buf struct buf answer = {0};
    struct slipway_error why;
    if (make_mark(mark) != 0)
        return outcome_error(&talk->err, SLIPWAY_RETRY,
                             "the kernel gives no random bytes");
    auto_free char *line = xasprintf("echo %s", mark);
    enum slipway_outcome outcome = send_line(talk, line, &answer, &away);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    talk->dialect = talk_dialect_of(buf_text(&answer), mark, away, &outcome, &why);
    if (outcome != SLIPWAY_DONE)
        (void)slipway_error_set(&talk->err, -1, "%s: %s", talk->connection.target.name,
                                why.text);
    return outcome;
}

/* --- commands ----------------------------------------------------------------------- */

enum slipway_outcome talk_script(struct talk *talk, const char *script,
                                 const char *const *argv, size_t argc, const char *input,
                                 struct exec_reply *reply)
{
    struct slipway_error why;
    auto_free const char **words = xcalloc(argc + 4, sizeof *words);
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = script;
    words[3] = "slipway";
    for (size_t i = 0; i < argc; i++)
        words[4 + i] = argv[i];
    struct exec_request request = {.argv = words,
                                   .argc = argc + 4,
                                   .input = input,
                                   .input_length = input ? strlen(input) : 0};
    enum exec_end end = channel_exec(&talk->connection, &request, reply, &why);
    if (end == EXEC_ENDED)
        return SLIPWAY_DONE;
    return outcome_error(&talk->err, ended_as(talk, end, reply), "%s: %s",
                         talk->connection.target.name, why.text);
}

/* FAILED, with the last line that it printed. */
static enum slipway_outcome status_failed(struct talk *talk, const char *what,
                                          const struct exec_reply *reply)
{
    char line[160];
    const struct buf *told = reply->err.length ? &reply->err : &reply->out;
    return outcome_error(&talk->err, SLIPWAY_FAILED, "%s: %s ended with status %d: %s",
                         talk->connection.target.name, what, reply->status,
                         result_last_line(told, line, sizeof line));
}

/* Judge the text of appliancesh, which has no status worth the name. */
static enum slipway_outcome judge_answer(struct talk *talk, const char *line,
                                         const struct buf *out, bool away)
{
    char first[120];
    const char *name = talk->connection.target.name;
    const char *text = buf_text(out);
    text += strspn(text, " \t\n");
    /* what changes something may be silent when it succeeds: it is read back anyway */
    if (!*text && away && !talk->acting)
        return outcome_error(
            &talk->err, SLIPWAY_RETRY,
            "%s: appliancesh answers \"Failed to connect to service\": its "
            "services restart",
            name);
    (void)plain_first(text, first, sizeof first);
    if (strncmp(text, "Unknown command", 15) == 0)
        return outcome_error(&talk->err, SLIPWAY_REFUSED,
                             "%s: appliancesh does not know `%s`: \"%s\"", name, line,
                             first);
    if (strncmp(line, "shell ", 6) == 0 &&
        (strcasestr(first, "shell is disabled") || strcasestr(first, "not enabled") ||
         strcasestr(first, "access is disabled")))
        return outcome_error(&talk->err, SLIPWAY_REFUSED,
                             "%s: bash is off (\"%s\"): put a step vcsa-cli.shell with "
                             "`bash: true` before it, or run `shell.set --enabled true`",
                             name, first);
    return SLIPWAY_DONE;
}

static enum slipway_outcome ask_appliancesh(struct talk *talk, const char *line,
                                            struct buf *out)
{
    bool away = false;
    enum slipway_outcome outcome = send_line(talk, line, out, &away);
    return outcome == SLIPWAY_DONE ? judge_answer(talk, line, out, away) : outcome;
}

enum slipway_outcome talk_native(struct talk *talk, const char *line, struct buf *out)
{
    if (talk->dialect == TALK_APPLIANCESH)
        return ask_appliancesh(talk, line, out);
    auto_reply struct exec_reply reply = {0};
    enum slipway_outcome outcome =
        talk_script(talk, NATIVE_SCRIPT, &line, 1, NULL, &reply);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (reply.status == 126 || reply.status == 127)
        return status_failed(talk, "appliancesh", &reply);
    buf_add(out, buf_text(&reply.out), reply.out.length);
    if (reply.err.length) {
        buf_addc(out, '\n');
        buf_add(out, buf_text(&reply.err), reply.err.length);
    }
    return judge_answer(talk, line, out, plain_text(out));
}

/* "shell WORD WORD", for appliancesh. */
static char *shell_line(const char *const *words, size_t count)
{
    struct buf line = {0};
    buf_adds(&line, "shell");
    for (size_t i = 0; i < count; i++)
        buf_addf(&line, " %s", words[i]);
    return buf_take(&line);
}

enum slipway_outcome talk_ask(struct talk *talk, const char *const *words, size_t count,
                              struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        if (!talk_plain_word(words[i]))
            return outcome_error(&talk->err, SLIPWAY_REFUSED,
                                 "a word of the command is not plain: nothing was sent");
    if (talk->dialect == TALK_APPLIANCESH) {
        auto_free char *line = shell_line(words, count);
        return ask_appliancesh(talk, line, out);
    }
    auto_reply struct exec_reply reply = {0};
    enum slipway_outcome outcome =
        talk_script(talk, READ_SCRIPT, words, count, NULL, &reply);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (reply.status != 0)
        return status_failed(talk, words[0], &reply);
    buf_add(out, buf_text(&reply.out), reply.out.length);
    return SLIPWAY_DONE;
}

enum slipway_outcome talk_file(struct talk *talk, const char *path, struct buf *out,
                               bool *found)
{
    if (talk->dialect == TALK_APPLIANCESH) {
        enum slipway_outcome outcome = talk_ask_words(talk, out, "cat", path);
        *found = outcome == SLIPWAY_DONE && !strstr(buf_text(out), "No such file");
        return outcome;
    }
    auto_reply struct exec_reply reply = {0};
    enum slipway_outcome outcome = talk_script(talk, FILE_SCRIPT, &path, 1, NULL, &reply);
    *found = outcome == SLIPWAY_DONE && reply.status == 0;
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (reply.status != 0 && reply.status != STATUS_ABSENT)
        return status_failed(talk, path, &reply);
    buf_add(out, buf_text(&reply.out), reply.out.length);
    return SLIPWAY_DONE;
}
