/*
 * channel.c - see channel.h.
 *
 * libssh2 reports exit status 0 when it does not know: after a signal, after a
 * lost connection, when the message never came. So the command line carries its
 * own proof:
 *
 *     printf '%s\n' NONCE; 'word' 'word'; s=$?; printf '\n%s %s\n' NONCE "$s"; exit "$s"
 *
 * The first NONCE shows that a shell took the line, and cuts off what its start
 * files printed; the second brings the status. An end counts as proven only with
 * both, EOF, no signal, no read error, and no contradiction in libssh2's status.
 *
 * The receive window is far larger than what is ever read (SSH_CHANNEL_BYTES),
 * so libssh2 never sends a window adjustment while a write of ours is half done,
 * which would mix two packets.
 */
#include "ssh/channel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ssh/expired.h"
#include "ssh/limits.h"
#include "ssh/outcome.h"
#include "ssh/quote.h"
#include "util/auto.h"
#include "util/text.h"

#define NONCE_SIZE 48

/* One exec under way. */
struct exec {
    struct session *session;
    const struct exec_request *request;
    struct exec_reply *reply;
    LIBSSH2_CHANNEL *channel;
    char nonce[NONCE_SIZE];
    size_t written; /* of the input */
    bool input_ended;
};

static int make_nonce(char out[NONCE_SIZE])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -1;
    int used = snprintf(out, NONCE_SIZE, "slipway-");
    for (size_t i = 0; i < sizeof bytes; i++)
        used += snprintf(out + used, NONCE_SIZE - (size_t)used, "%02x", bytes[i]);
    return 0;
}

static void build_command(struct buf *out, const struct exec *exec)
{
    if (exec->request->line) {
        buf_adds(out, exec->request->line);
        return;
    }
    buf_addf(out, "printf '%%s\\n' %s; ", exec->nonce);
    quote_words(out, exec->request->argv, exec->request->argc);
    buf_addf(out, "; slipway_status=$?; printf '\\n%%s %%s\\n' %s \"$slipway_status\"; ",
             exec->nonce);
    buf_adds(out, "exit \"$slipway_status\"");
}

static enum exec_end not_sent(struct exec *exec, struct slipway_error *err)
{
    char text[128];
    (void)session_error_text(exec->session, text, sizeof text);
    session_lost(exec->session);
    (void)slipway_error_set(err, -1, "the command was not sent: %s (%s)",
                            session_why(exec->session), text);
    return EXEC_NOT_SENT;
}

static enum exec_end lost(struct exec *exec, struct slipway_error *err)
{
    char text[128];
    (void)session_error_text(exec->session, text, sizeof text);
    session_lost(exec->session);
    (void)slipway_error_set(
        err, -1, "the command was sent, its end is not known: %s%s%s%s",
        session_why(exec->session), text[0] ? " (" : "", text, text[0] ? ")" : "");
    return EXEC_LOST;
}

/* EXEC_ENDED when the channel is open. */
static enum exec_end open_channel(struct exec *exec, struct slipway_error *err)
{
    struct session *session = exec->session;
    session_repeat_pointer(session, exec->channel,
                           libssh2_channel_open_ex(session->ssh, "session",
                                                   strlen("session"), SSH_WINDOW_BYTES,
                                                   LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL,
                                                   0));
    if (exec->channel)
        return EXEC_ENDED;
    if (session->stop == SESSION_GOING &&
        libssh2_session_last_errno(session->ssh) == LIBSSH2_ERROR_CHANNEL_FAILURE) {
        (void)slipway_error_set(err, -1,
                                "the appliance opens no more channels: too many "
                                "sessions (MaxSessions), or it shuts down");
        return EXEC_NOT_SENT;
    }
    return not_sent(exec, err);
}

static enum exec_end request_command(struct exec *exec, const char *command,
                                     size_t length, struct slipway_error *err)
{
    int code;
    session_repeat(exec->session, code,
                   libssh2_channel_process_startup(exec->channel, "exec", strlen("exec"),
                                                   command, (unsigned)length));
    if (code == 0)
        return EXEC_ENDED;
    if (code == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED &&
        exec->session->stop == SESSION_GOING) {
        (void)slipway_error_set(err, -1,
                                "the appliance refuses to run commands over SSH "
                                "(a forced command, or a restricted account)");
        return EXEC_DENIED;
    }
    return lost(exec, err);
}

/* Send as much input as goes now. -1 on a failure. */
static int feed(struct exec *exec)
{
    const struct exec_request *request = exec->request;
    while (exec->written < request->input_length) {
        ssize_t sent =
            libssh2_channel_write(exec->channel, request->input + exec->written,
                                  request->input_length - exec->written);
        if (sent == LIBSSH2_ERROR_EAGAIN)
            return 0;
        if (sent < 0) /* the command closed its input early: not our concern */
            break;
        exec->written += (size_t)sent;
    }
    if (exec->input_ended)
        return 0;
    int code = libssh2_channel_send_eof(exec->channel);
    if (code == LIBSSH2_ERROR_EAGAIN)
        return 0;
    exec->input_ended = true;
    return code == 0 || exec->written < request->input_length ? 0 : -1;
}

/* Read what is there of one stream. EAGAIN, 0 at the end, 1 flooded, or an error. */
static ssize_t drain(struct exec *exec, int stream, struct buf *into)
{
    char bytes[16 * 1024];
    for (;;) {
        ssize_t got = libssh2_channel_read_ex(exec->channel, stream, bytes, sizeof bytes);
        if (got <= 0)
            return got;
        if (into->length + (size_t)got > SSH_OUTPUT_MAX)
            return 1;
        buf_add(into, bytes, (size_t)got);
    }
}

static enum exec_end flooded(struct exec *exec, struct slipway_error *err)
{
    session_lost(exec->session);
    (void)slipway_error_set(
        err, -1,
        "the command floods: more than %u KiB of output; let it write "
        "to a file, or use ssh.job",
        SSH_OUTPUT_MAX / SSH_KIB);
    return EXEC_FLOODED;
}

/* Feed and drain until both streams have ended. */
static enum exec_end talk(struct exec *exec, struct slipway_error *err)
{
    for (;;) {
        if (feed(exec) != 0)
            return lost(exec, err);
        ssize_t out = drain(exec, 0, &exec->reply->out);
        ssize_t error = drain(exec, SSH_EXTENDED_DATA_STDERR, &exec->reply->err);
        if (out == 1 || error == 1 || exec->session->stop == SESSION_FLOODED)
            return flooded(exec, err);
        if ((out < 0 && out != LIBSSH2_ERROR_EAGAIN) ||
            (error < 0 && error != LIBSSH2_ERROR_EAGAIN))
            return lost(exec, err);
        if (libssh2_channel_eof(exec->channel))
            return EXEC_ENDED;
        /* Looking for stderr takes from the socket whatever comes, stdout and its end too;
           who then waits for the socket waits for ever. */
        if (libssh2_poll_channel_read(exec->channel, 0) > 0)
            continue;
        if (session_wait(exec->session) != 0)
            return lost(exec, err);
    }
}

/* Wait for the other side's close: status and signal come before it. */
static enum exec_end close_channel(struct exec *exec, struct slipway_error *err)
{
    int code;
    session_repeat(exec->session, code, libssh2_channel_close(exec->channel));
    if (code == 0)
        session_repeat(exec->session, code, libssh2_channel_wait_closed(exec->channel));
    if (code != 0)
        return lost(exec, err);
    char *signal = NULL;
    (void)libssh2_channel_get_exit_signal(exec->channel, &signal, NULL, NULL, NULL, NULL,
                                          NULL);
    if (signal)
        (void)text_clean(signal, exec->reply->signal, sizeof exec->reply->signal);
    if (signal)
        libssh2_free(exec->session->ssh, signal);
    return EXEC_ENDED;
}

/* Last occurrence of `needle` in the text. */
static char *find_last(const struct buf *text, const char *needle)
{
    size_t size = strlen(needle);
    for (size_t at = text->length; at >= size; at--)
        if (memcmp(text->data + at - size, needle, size) == 0)
            return text->data + at - size;
    return NULL;
}

/* Cut the text to `length` bytes from `start` on. */
static void keep_part(struct buf *text, size_t start, size_t length)
{
    memmove(text->data, text->data + start, length);
    text->length = length;
    text->data[length] = '\0';
}

static enum exec_end no_shell(struct exec *exec, struct slipway_error *err)
{
    const struct exec_reply *reply = exec->reply;
    auto_buf struct buf first = {0};
    const struct buf *text = reply->out.length ? &reply->out : &reply->err;
    text_sanitize(&first, buf_text(text), strcspn(buf_text(text), "\n"), 160);
    bool appliancesh = strstr(buf_text(&reply->out), "Unknown command") ||
                       strstr(buf_text(&reply->err), "Unknown command");
    bool expired = expired_text(buf_text(&reply->out), reply->out.length) ||
                   expired_text(buf_text(&reply->err), reply->err.length);
    const char *what =
        expired
            ? "PASSWORD_EXPIRED: it demands a new password before it runs anything; log "
              "in by hand, change it, and update the secret"
        : appliancesh
            ? "the login shell is appliancesh, which runs no Unix commands: on the "
              "appliance run `shell.set --enabled true`, then `shell chsh -s /bin/bash "
              "USER` (and back to /bin/appliancesh afterwards)"
            : "the login shell is no POSIX shell, or start files of the account end it";
    (void)slipway_error_set(err, -1, "the command was not run: %s. It answered: \"%s\"",
                            what, buf_text(&first));
    return EXEC_NO_SHELL;
}

static enum exec_end aborted(struct exec *exec, struct slipway_error *err)
{
    const char *signal = exec->reply->signal;
    (void)slipway_error_set(err, -1, "the command began, but its end is not proven: %s%s",
                            signal[0] ? "its shell was killed by signal "
                                      : "its shell ended without telling a status",
                            signal);
    return EXEC_ABORTED;
}

/* Cut both marks out of the output and read the status. */
static enum exec_end prove(struct exec *exec, struct slipway_error *err)
{
    struct exec_reply *reply = exec->reply;
    char mark[NONCE_SIZE + 4];
    if (exec->request->line) {
        reply->status = libssh2_channel_get_exit_status(exec->channel);
        return EXEC_ENDED;
    }
    (void)snprintf(mark, sizeof mark, "%s\n", exec->nonce);
    char *begin = reply->out.length
                      ? memmem(reply->out.data, reply->out.length, mark, strlen(mark))
                      : NULL;
    if (!begin)
        return reply->signal[0] ? aborted(exec, err) : no_shell(exec, err);
    size_t skip = (size_t)(begin - reply->out.data) + strlen(mark);
    keep_part(&reply->out, skip, reply->out.length - skip);
    (void)snprintf(mark, sizeof mark, "\n%s ", exec->nonce);
    char *end = find_last(&reply->out, mark);
    char *stop = NULL;
    long status = end ? strtol(end + strlen(mark), &stop, 10) : -1;
    if (!end || stop == end + strlen(mark) || *stop != '\n' || status < 0 || status > 255)
        return aborted(exec, err);
    int told = libssh2_channel_get_exit_status(exec->channel);
    if (reply->signal[0] || (told != 0 && told != (int)status))
        return aborted(exec, err);
    reply->status = (int)status;
    keep_part(&reply->out, 0, (size_t)(end - reply->out.data));
    return EXEC_ENDED;
}

static void free_channel(struct exec *exec)
{
    int code;
    if (!exec->channel)
        return;
    session_repeat(exec->session, code, libssh2_channel_free(exec->channel));
    if (code != 0) /* what is left of it goes with the session */
        session_lost(exec->session);
}

static enum exec_end run_once(struct connection *connection, struct exec *exec,
                              struct slipway_error *err)
{
    struct session *session = connection->session;
    exec->session = session;
    const struct exec_request *request = exec->request;
    auto_buf struct buf command = {0};
    build_command(&command, exec);
    if (command.length > SSH_COMMAND_MAX) {
        (void)slipway_error_set(err, -1,
                                "the command is longer than %u bytes: put it into a "
                                "script and use ssh.job",
                                SSH_COMMAND_MAX);
        return EXEC_DENIED;
    }
    int64_t limit = request->timeout_ms ? request->timeout_ms : INT64_MAX / 4;
    int64_t opening = session->reused && limit > SSH_REOPEN_MS ? SSH_REOPEN_MS : limit;
    session_phase(session, opening, SSH_CHANNEL_BYTES);
    enum exec_end end = open_channel(exec, err);
    if (end != EXEC_ENDED)
        return end;
    session->reused = false; /* it answered */
    session_phase(session, limit, SSH_CHANNEL_BYTES);
    end = request_command(exec, command.data, command.length, err);
    if (end == EXEC_ENDED)
        end = talk(exec, err);
    if (end == EXEC_ENDED)
        end = close_channel(exec, err);
    if (end == EXEC_ENDED)
        end = prove(exec, err);
    free_channel(exec);
    return end;
}

enum exec_end channel_exec(struct connection *connection,
                           const struct exec_request *request, struct exec_reply *reply,
                           struct slipway_error *err)
{
    struct exec exec = {.request = request, .reply = reply};
    if (make_nonce(exec.nonce) != 0) {
        (void)slipway_error_set(err, -1, "the kernel gives no random bytes");
        return EXEC_NOT_SENT;
    }
    bool reused = connection->session->reused;
    enum exec_end end = run_once(connection, &exec, err);
    /* sshd looks the login shell up when the session begins: it may be another by now */
    bool again = end == EXEC_NOT_SENT || end == EXEC_NO_SHELL;
    if (!again || !reused || connection->call->host->canceled(connection->call))
        return end;
    exec_reply_free(reply);
    enum slipway_outcome renewed = connection_renew(connection, err);
    if (renewed != SLIPWAY_DONE) {
        reply->refused = renewed == SLIPWAY_REFUSED;
        return EXEC_NOT_SENT;
    }
    return run_once(connection, &exec, err);
}

void exec_reply_free(struct exec_reply *reply)
{
    buf_free(&reply->out);
    buf_free(&reply->err);
}

enum slipway_outcome channel_outcome(const struct slipway_call *call, enum exec_end end,
                                     const struct exec_reply *reply)
{
    bool repeatable = call->repeat == SLIPWAY_READ || call->repeat == SLIPWAY_IDEMPOTENT;
    bool canceled = call->host->canceled(call);
    switch (end) {
    case EXEC_NOT_SENT:
        return reply->refused ? SLIPWAY_REFUSED
               : canceled     ? SLIPWAY_CANCELED
                              : SLIPWAY_RETRY;
    case EXEC_DENIED:
    case EXEC_NO_SHELL:
        return SLIPWAY_REFUSED;
    case EXEC_ABORTED:
    case EXEC_FLOODED:
        return repeatable ? SLIPWAY_FAILED : SLIPWAY_UNKNOWN;
    case EXEC_LOST:
        if (call->repeat == SLIPWAY_READ && canceled)
            return SLIPWAY_CANCELED;
        return repeatable ? SLIPWAY_RETRY : SLIPWAY_UNKNOWN;
    case EXEC_ENDED:
        break;
    }
    return SLIPWAY_DONE;
}
