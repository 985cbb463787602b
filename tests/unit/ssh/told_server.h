/*
 * told_server.h - an SSH server that can be told what to say (libssh's server side; OpenSSH
 * would need accounts of the machine), and what comes of a login and a command there.
 */
#ifndef TEST_TOLD_SERVER_H
#define TEST_TOLD_SERVER_H

/* the message interface is all that libssh 0.10 has for reading a password */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <pthread.h>

#include "ssh_fixture.h"

#define PASSWORD    "open sesame"
#define INPUT_BYTES 200000 /* libssh's window is 32,000 */
#define FLUSH_MS    10000

/* What becomes of a command. */
enum manner {
    RUNS_WELL,
    TELLS_NO_STATUS, /* prints, ends, and no status comes                    */
    NEVER_ENDS,      /* prints, a status comes, and the channel stays open   */
    STAYS_SILENT,
    PRINTS_FOR_EVER,
    HANGS_UP,
    TALKS_ASIDE, /* packets that may be ignored, for ever                */
    NEVER_READS, /* its window for our input is never opened again       */
    REFUSES,     /* it was certainly not begun */

    FLOODS_STDERR,    /* not a byte of it on stdout                      */
    DEBUGS_FOR_EVER,  /* messages for who debugs, to be shown at once    */
    ASKS_FOR_EVER,    /* are you alive? and reads no answer              */
    SAYS_GOOD_BYE,    /* in words that steer a terminal                  */
    SIGNALS_TOO,      /* all goes well, and a signal is told too         */
    STATUS_TWICE,     /* all goes well, then it tells another status     */
    STATUS_HUGE,      /* all goes well, but for a status of 32 bits      */
    ENDS_TWICE,       /* all goes well, and output comes after its end   */
    SAYS_NOT_A_STATUS /* all goes well, without a status of the protocol */
};

/* From here on the command runs, and its whole output comes. */
#define FIRST_WHOLE SIGNALS_TOO

/* What the server does. */
struct script {
    int methods;             /* SSH_AUTH_METHOD_... that it offers        */
    const char *question;    /* keyboard-interactive prompt               */
    const char *instruction; /* above it                                  */
    int questions;           /* prompts in a round: 1 unless said         */
    bool asks_forever;       /* asks again, whatever the answer           */
    bool dismisses;          /* ends the connection instead of rejecting  */
    bool greets_forever;     /* one banner after the other, no answer     */
    const char *exec_answer; /* printed for any command; NULL: no channel */
    enum manner manner;
};

struct server {
    const struct script *script;
    char dir[64], key[96], pins[96], secret[96], address[32];
    int port;
    ssh_bind bind;
    pthread_t thread;
    atomic_bool ended;
    atomic_int passwords, answers, logins; /* what it has seen */
};

static inline bool is_right(const char *password)
{
    return password && strcmp(password, PASSWORD) == 0;
}

static inline void accept_login(struct server *server, ssh_message message)
{
    atomic_fetch_add(&server->logins, 1);
    (void)ssh_message_auth_reply_success(message, 0);
}

static inline void ask_question(const struct script *script, ssh_message message)
{
    unsigned count = script->questions ? (unsigned)script->questions : 1u;
    auto_free const char **prompts = xcalloc(count, sizeof *prompts);
    auto_free char *echo = xcalloc(count, 1);
    prompts[0] = script->question;
    for (unsigned i = 1; i < count; i++)
        prompts[i] = "Second: ";
    (void)ssh_message_auth_interactive_request(
        message, "", script->instruction ? script->instruction : "", count, prompts,
        echo);
}

static inline void on_interactive(struct server *server, ssh_session session,
                                  ssh_message message)
{
    if (!ssh_message_auth_kbdint_is_response(message)) {
        ask_question(server->script, message);
        return;
    }
    const char *answer = ssh_userauth_kbdint_getnanswers(session) > 0
                             ? ssh_userauth_kbdint_getanswer(session, 0)
                             : NULL;
    if (answer && answer[0])
        atomic_fetch_add(&server->answers, 1);
    if (server->script->asks_forever)
        ask_question(server->script, message);
    else if (is_right(answer))
        accept_login(server, message);
    else
        (void)ssh_message_reply_default(message);
}

static inline void greet_for_ever(const struct server *server, ssh_session session)
{
    ssh_string banner =
        ssh_string_from_char("This system is for authorised use only.\r\n");
    while (!atomic_load(&server->ended) &&
           ssh_send_issue_banner(session, banner) == SSH_OK &&
           ssh_blocking_flush(session, FLUSH_MS) == SSH_OK) {
    }
    ssh_string_free(banner);
}

static inline void on_auth(struct server *server, ssh_session session,
                           ssh_message message)
{
    int method = ssh_message_subtype(message);
    if (server->script->greets_forever)
        greet_for_ever(server, session);
    (void)ssh_message_auth_set_methods(message, server->script->methods);
    if (method == SSH_AUTH_METHOD_PASSWORD && (server->script->methods & method)) {
        atomic_fetch_add(&server->passwords, 1);
        if (is_right(ssh_message_auth_password(message)))
            accept_login(server, message);
        else if (server->script->dismisses)
            ssh_disconnect(session);
        else
            (void)ssh_message_reply_default(message);
    } else if (method == SSH_AUTH_METHOD_INTERACTIVE &&
               (server->script->methods & method)) {
        on_interactive(server, session, message);
    } else {
        (void)ssh_message_reply_default(message);
    }
}

static inline void print_for_ever(const struct server *server, ssh_channel channel)
{
    static char bytes[32768];
    memset(bytes, 'x', sizeof bytes);
    while (!atomic_load(&server->ended) &&
           ssh_channel_write(channel, bytes, sizeof bytes) > 0) {
    }
}

static inline void talk_aside_for_ever(const struct server *server, ssh_session session)
{
    static char aside[16384];
    memset(aside, 'x', sizeof aside - 1);
    while (!atomic_load(&server->ended) && ssh_send_ignore(session, aside) == SSH_OK &&
           ssh_blocking_flush(session, FLUSH_MS) == SSH_OK) {
    }
}

static inline void flood_stderr(const struct server *server, ssh_channel channel)
{
    static char bytes[32768];
    memset(bytes, 'e', sizeof bytes);
    while (!atomic_load(&server->ended) &&
           ssh_channel_write_stderr(channel, bytes, sizeof bytes) > 0) {
    }
}

static inline void debug_for_ever(const struct server *server, ssh_session session)
{
    while (!atomic_load(&server->ended) &&
           ssh_send_debug(session, "\x1b[2J are you sure?\n", 1) == SSH_OK &&
           ssh_blocking_flush(session, FLUSH_MS) == SSH_OK) {
    }
}

/* Each wants an answer, and none is read. */
static inline void ask_for_ever(const struct server *server, ssh_session session)
{
    while (!atomic_load(&server->ended) && ssh_send_keepalive(session) == SSH_OK &&
           ssh_blocking_flush(session, FLUSH_MS) == SSH_OK) {
    }
}

/* After the input's end: closing with something unread would be a reset. */
static inline void say_good_bye(ssh_session session, ssh_channel channel)
{
    char byte;
    (void)ssh_channel_read(channel, &byte, 1, 0);
    (void)ssh_session_set_disconnect_message(
        session, "\x1b]0;owned\x07 log in again\r\n{{evil}} \xe2\x80\xae");
    ssh_disconnect(session);
}

/* What comes behind the whole output. */
static inline void end_oddly(enum manner manner, ssh_channel channel)
{
    if (manner == ENDS_TWICE) {
        (void)ssh_channel_send_eof(channel);
        (void)ssh_channel_write(channel, "more\n", 5);
    }
    if (manner != SAYS_NOT_A_STATUS)
        (void)ssh_channel_request_send_exit_status(
            channel, manner == STATUS_HUGE ? (int)0xffffff00u : 0);
    if (manner == STATUS_TWICE)
        (void)ssh_channel_request_send_exit_status(channel, 7);
    if (manner == SIGNALS_TOO)
        (void)ssh_channel_request_send_exit_signal(channel, "KILL\x1b[31m", 0, "", "");
    (void)ssh_channel_send_eof(channel);
    (void)ssh_channel_close(channel);
}

/* The script's, or where a manner is wanted what the command really prints, without its
   last line: that would be the end that nobody tells. */
static inline char *output_of(const struct server *server, ssh_message message)
{
    if (server->script->manner == RUNS_WELL)
        return xstrdup(server->script->exec_answer);
    auto_free char *path = xasprintf("%s/output", server->dir);
    const char *const argv[] = {"/bin/sh", "-c",
                                ssh_message_channel_request_command(message), NULL};
    (void)sshd_peer_run(path, argv);
    char *output = sshd_peer_read(path);
    char *first_end = strchr(output, '\n');
    if (first_end && server->script->manner < FIRST_WHOLE)
        first_end[1] = '\0';
    return output;
}

static inline void answer_command(const struct server *server, ssh_session session,
                                  ssh_channel channel, ssh_message message)
{
    enum manner manner = server->script->manner;
    auto_free char *output = output_of(server, message);
    (void)ssh_channel_write(channel, output, (uint32_t)strlen(output));
    if (manner >= FIRST_WHOLE) {
        end_oddly(manner, channel);
        return;
    }
    if (manner == PRINTS_FOR_EVER)
        print_for_ever(server, channel);
    if (manner == HANGS_UP) {
        ssh_silent_disconnect(session);
        return;
    }
    if (manner != TELLS_NO_STATUS)
        (void)ssh_channel_request_send_exit_status(channel, 0);
    if (manner == NEVER_ENDS)
        return;
    (void)ssh_channel_send_eof(channel);
    (void)ssh_channel_close(channel);
}

static inline void on_exec(const struct server *server, ssh_session session,
                           ssh_channel channel, ssh_message message)
{
    enum manner manner = server->script->manner;
    if (manner == REFUSES) {
        (void)ssh_message_reply_default(message);
        return;
    }
    (void)ssh_message_channel_request_reply_success(message);
    if (manner == STAYS_SILENT || manner == NEVER_READS)
        return;
    if (manner == TALKS_ASIDE)
        talk_aside_for_ever(server, session);
    else if (manner == FLOODS_STDERR)
        flood_stderr(server, channel);
    else if (manner == DEBUGS_FOR_EVER)
        debug_for_ever(server, session);
    else if (manner == ASKS_FOR_EVER)
        ask_for_ever(server, session);
    else if (manner == SAYS_GOOD_BYE)
        say_good_bye(session, channel);
    else
        answer_command(server, session, channel, message);
}

static inline void serve_session(struct server *server, ssh_session session)
{
    ssh_channel channel = NULL;
    ssh_message message;
    if (ssh_handle_key_exchange(session) != SSH_OK)
        return;
    while (ssh_is_connected(session) && (message = ssh_message_get(session)) != NULL) {
        int type = ssh_message_type(message);
        if (type == SSH_REQUEST_AUTH)
            on_auth(server, session, message);
        else if (type == SSH_REQUEST_CHANNEL_OPEN && server->script->exec_answer)
            channel = ssh_message_channel_request_open_reply_accept(message);
        else if (type == SSH_REQUEST_CHANNEL && channel)
            on_exec(server, session, channel, message);
        else
            (void)ssh_message_reply_default(message);
        ssh_message_free(message);
    }
}

static inline void *serve(void *data)
{
    struct server *server = data;
    while (!atomic_load(&server->ended)) {
        struct pollfd wait = {.fd = (int)ssh_bind_get_fd(server->bind), .events = POLLIN};
        if (poll(&wait, 1, 50) <= 0)
            continue;
        ssh_session session = ssh_new();
        if (ssh_bind_accept(server->bind, session) == SSH_OK)
            serve_session(server, session);
        ssh_disconnect(session);
        ssh_free(session);
    }
    return NULL;
}

static inline void make_files(struct server *server)
{
    struct sshd_peer peer = {0};
    (void)snprintf(server->dir, sizeof server->dir, "/tmp/slipway-pw-XXXXXX");
    assert_non_null(mkdtemp(server->dir));
    (void)snprintf(peer.dir, sizeof peer.dir, "%s", server->dir);
    (void)snprintf(peer.address, sizeof peer.address, "%s", server->address);
    peer.port = server->port;
    sshd_peer_keygen(&peer, "ed25519", "host_key");
    sshd_peer_pin(&peer, "host_key.pub");
    (void)snprintf(server->key, sizeof server->key, "%s/host_key", server->dir);
    (void)snprintf(server->pins, sizeof server->pins, "%s/known_hosts", server->dir);
    (void)snprintf(server->secret, sizeof server->secret, "%s/secret", server->dir);
}

static inline void server_start(struct server *server, const struct script *script)
{
    *server = (struct server){.script = script, .address = "127.0.0.1"};
    server->port = sshd_peer_free_port(server->address);
    make_files(server);
    server->bind = ssh_bind_new();
    (void)ssh_bind_options_set(server->bind, SSH_BIND_OPTIONS_BINDADDR, server->address);
    (void)ssh_bind_options_set(server->bind, SSH_BIND_OPTIONS_BINDPORT, &server->port);
    (void)ssh_bind_options_set(server->bind, SSH_BIND_OPTIONS_HOSTKEY, server->key);
    assert_int_equal(ssh_bind_listen(server->bind), SSH_OK);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static inline void server_stop(struct server *server)
{
    atomic_store(&server->ended, true);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    ssh_bind_free(server->bind);
    const char *const argv[] = {"rm", "-rf", server->dir, NULL};
    (void)sshd_peer_run("/dev/null", argv);
}

/* Log in with this password and run something; what came of it. */
static inline enum slipway_outcome log_in(const struct server *server, void *state,
                                          const char *password, struct fake_call *call)
{
    sshd_peer_write(server->secret, password);
    auto_free char *target = xasprintf(
        "{\"host\":\"%s\",\"ssh\":{\"port\":%d,\"user\":\"root\",\"hostkey\":\"%s\","
        "\"password\":{\"file\":\"%s\"}}}",
        server->address, server->port, server->pins, server->secret);
    auto_free char *input = xcalloc(1, INPUT_BYTES + 1);
    memset(input, 'i', server->script->manner == NEVER_READS ? INPUT_BYTES : 0);
    auto_free char *with = xasprintf("{\"argv\":[\"true\"],\"stdin\":\"%s\"}", input);
    fake_call_init(call, ssh_plugin(), state, "run", with, target);
    if (server->script->manner != RUNS_WELL) {
        call->call.repeat = SLIPWAY_OPAQUE;
        call->timeout_ms = 3000;
    }
    return fake_start(call);
}

/* One login at a server with this script. Checks that the password stays secret. */
static inline enum slipway_outcome story(const struct script *script,
                                         const char *password, struct fake_call *call,
                                         struct server *server)
{
    void *state = NULL;
    assert_int_equal(ssh_plugin()->open(fake_host(), &state, NULL), 0);
    server_start(server, script);
    enum slipway_outcome outcome = log_in(server, state, password, call);
    ssh_plugin()->close(state);
    server_stop(server);
    assert_int_equal(call->secrets_out, 0);
    assert_null(strstr(call->said, password));
    assert_null(strstr(buf_text(&call->log), password));
    return outcome;
}

#endif
