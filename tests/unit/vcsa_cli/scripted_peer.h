/*
 * scripted_peer.h - an SSH server that answers each command line by a table, for login
 * shells that are no POSIX shell, or that mean harm.
 *
 *     static const struct scripted_answer answers[] = {
 *         {"echo ", "Unknown command: `echo'\n"}, ...
 *     };
 *     struct scripted_peer peer;
 *     scripted_peer_start(&peer, answers, ARRAY_LENGTH(answers));
 *
 * The first entry whose text begins the line answers; `after` entries count only once the
 * command of that name was seen. What was asked is kept, one line each.
 */
#ifndef TEST_SCRIPTED_PEER_H
#define TEST_SCRIPTED_PEER_H

/* the message interface is all that libssh 0.10 has for reading a password */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"
#include "sshd_peer.h"
#include "vcsa_cli/vcsa_cli_plugin.h"

#define SCRIPTED_PASSWORD "open sesame"

struct scripted_answer {
    const char *line;  /* beginning of the command line; "" takes all */
    const char *text;  /* the answer                                  */
    const char *after; /* only once a line that begins so was seen    */
    bool endless;      /* the text again and again                    */
    bool drops;        /* the connection ends instead                 */
};

struct scripted_peer {
    const struct scripted_answer *answers;
    size_t count;
    struct sshd_peer files; /* keys and pins */
    ssh_bind bind;
    pthread_t thread;
    atomic_bool ended;
    pthread_mutex_t lock;
    struct buf asked; /* under lock */
    void *state;
    char *target;
};

static inline bool scripted_seen(struct scripted_peer *peer, const char *line)
{
    (void)pthread_mutex_lock(&peer->lock);
    auto_free char *pattern = xasprintf("\n%s", line);
    bool seen = strstr(buf_text(&peer->asked), pattern) != NULL;
    (void)pthread_mutex_unlock(&peer->lock);
    return seen;
}

static inline const struct scripted_answer *scripted_find(struct scripted_peer *peer,
                                                          const char *line)
{
    for (size_t i = 0; i < peer->count; i++) {
        const struct scripted_answer *answer = &peer->answers[i];
        if (strncmp(line, answer->line, strlen(answer->line)) == 0 &&
            (!answer->after || scripted_seen(peer, answer->after)))
            return answer;
    }
    return NULL;
}

static inline void scripted_send(struct scripted_peer *peer, ssh_session session,
                                 ssh_channel channel,
                                 const struct scripted_answer *answer)
{
    uint32_t length = (uint32_t)strlen(answer->text);
    do {
        if (ssh_channel_write(channel, answer->text, length) < 0)
            return;
    } while (answer->endless && ssh_is_connected(session) && !atomic_load(&peer->ended));
}

static inline void scripted_exec(struct scripted_peer *peer, ssh_session session,
                                 ssh_channel channel, ssh_message message)
{
    const char *line = ssh_message_channel_request_command(message);
    (void)pthread_mutex_lock(&peer->lock);
    buf_addf(&peer->asked, "\n%s", line);
    (void)pthread_mutex_unlock(&peer->lock);
    const struct scripted_answer *answer = scripted_find(peer, line);
    auto_free char *unknown =
        xasprintf("Unknown command: `%.*s'\n", (int)strcspn(line, " "), line);
    const struct scripted_answer usual = {.text = unknown};
    if (answer && answer->drops) {
        ssh_disconnect(session);
        return;
    }
    (void)ssh_message_channel_request_reply_success(message);
    scripted_send(peer, session, channel, answer ? answer : &usual);
    (void)ssh_channel_request_send_exit_status(channel, 0);
    (void)ssh_channel_send_eof(channel);
    (void)ssh_channel_close(channel);
}

static inline void scripted_auth(ssh_message message)
{
    (void)ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PASSWORD);
    if (ssh_message_subtype(message) == SSH_AUTH_METHOD_PASSWORD &&
        strcmp(ssh_message_auth_password(message), SCRIPTED_PASSWORD) == 0)
        (void)ssh_message_auth_reply_success(message, 0);
    else
        (void)ssh_message_reply_default(message);
}

static inline void scripted_session(struct scripted_peer *peer, ssh_session session)
{
    ssh_channel channel = NULL;
    ssh_message message;
    if (ssh_handle_key_exchange(session) != SSH_OK)
        return;
    while (ssh_is_connected(session) && (message = ssh_message_get(session)) != NULL) {
        int type = ssh_message_type(message);
        if (type == SSH_REQUEST_AUTH)
            scripted_auth(message);
        else if (type == SSH_REQUEST_CHANNEL_OPEN)
            channel = ssh_message_channel_request_open_reply_accept(message);
        else if (type == SSH_REQUEST_CHANNEL && channel)
            scripted_exec(peer, session, channel, message);
        else
            (void)ssh_message_reply_default(message);
        ssh_message_free(message);
    }
}

static inline void *scripted_serve(void *data)
{
    struct scripted_peer *peer = data;
    while (!atomic_load(&peer->ended)) {
        struct pollfd wait = {.fd = (int)ssh_bind_get_fd(peer->bind), .events = POLLIN};
        if (poll(&wait, 1, 20) <= 0)
            continue;
        ssh_session session = ssh_new();
        if (ssh_bind_accept(peer->bind, session) == SSH_OK)
            scripted_session(peer, session);
        ssh_disconnect(session);
        ssh_free(session);
    }
    return NULL;
}

static inline void scripted_files(struct scripted_peer *peer)
{
    struct sshd_peer *files = &peer->files;
    (void)snprintf(files->dir, sizeof files->dir, "/tmp/slipway-cli-XXXXXX");
    assert_non_null(mkdtemp(files->dir));
    (void)snprintf(files->address, sizeof files->address, "127.0.0.1");
    files->port = sshd_peer_free_port(files->address);
    sshd_peer_keygen(files, "ed25519", "host_key");
    sshd_peer_pin(files, "host_key.pub");
    sshd_peer_write(sshd_peer_path(files, "secret"), SCRIPTED_PASSWORD);
    peer->target = xasprintf(
        "{\"name\":\"vc-1\",\"host\":\"%s\",\"ssh\":{\"port\":%d,\"user\":\"root\","
        "\"hostkey\":\"%s/known_hosts\",\"password\":{\"file\":\"%s/secret\"}}}",
        files->address, files->port, files->dir, files->dir);
}

static inline void scripted_peer_start(struct scripted_peer *peer,
                                       const struct scripted_answer *answers,
                                       size_t count)
{
    *peer = (struct scripted_peer){.answers = answers, .count = count};
    (void)pthread_mutex_init(&peer->lock, NULL);
    scripted_files(peer);
    peer->bind = ssh_bind_new();
    (void)ssh_bind_options_set(peer->bind, SSH_BIND_OPTIONS_BINDADDR,
                               peer->files.address);
    (void)ssh_bind_options_set(peer->bind, SSH_BIND_OPTIONS_BINDPORT, &peer->files.port);
    (void)ssh_bind_options_set(peer->bind, SSH_BIND_OPTIONS_HOSTKEY,
                               sshd_peer_path(&peer->files, "host_key"));
    assert_int_equal(ssh_bind_listen(peer->bind), SSH_OK);
    assert_int_equal(vcsa_cli_plugin()->open(fake_host(), &peer->state, NULL), 0);
    assert_int_equal(pthread_create(&peer->thread, NULL, scripted_serve, peer), 0);
}

static inline void scripted_peer_stop(struct scripted_peer *peer)
{
    vcsa_cli_plugin()->close(peer->state);
    atomic_store(&peer->ended, true);
    assert_int_equal(pthread_join(peer->thread, NULL), 0);
    ssh_bind_free(peer->bind);
    buf_free(&peer->asked);
    free(peer->target);
    sshd_peer_stop(&peer->files);
}

/* One call of `operation` at this peer. */
static inline enum slipway_outcome scripted_call(struct scripted_peer *peer,
                                                 const char *operation, const char *with,
                                                 struct fake_call *call)
{
    fake_call_init(call, vcsa_cli_plugin(), peer->state, operation, with, peer->target);
    enum slipway_outcome outcome = fake_start(call);
    assert_int_equal(call->secrets_out, 0);
    assert_null(strstr(call->said, SCRIPTED_PASSWORD));
    return outcome;
}

#endif
