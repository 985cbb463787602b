/*
 * ssh.c - the appliances' SSH server: one thread per connection.
 *
 * Host key and authorized key are the fleet's. The thread polls the socket and
 * the pipes of its processes itself and lets the library work on what arrived;
 * the library's own event loop would spin on a readable pipe whose channel has
 * no window left. A connection that does not finish its handshake in time is
 * dropped. Channels and their processes are in ssh_channel.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parts.h"
#include "ssh_parts.h"
#include "vcsash.h"

#include <libssh/callbacks.h>
#include <libssh/server.h>

#define STACK_BYTES       (512u * 1024u)
#define HANDSHAKE_SECONDS 30L
#define IDLE_POLL_MS      1000
#define FLOOD_BYTES       4096

static struct {
    ssh_bind bind;
    ssh_key user_key;
    pthread_mutex_t lock; /* the library's bind object is not for many threads */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct arrival {
    struct endpoint *endpoint;
    int fd;
};

int ssh_server_start(struct lab *lab, struct slipway_error *err)
{
    bool no_config = false;
    server.bind = ssh_bind_new();
    if (!server.bind ||
        ssh_bind_options_set(server.bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no_config) ||
        ssh_bind_options_set(server.bind, SSH_BIND_OPTIONS_HOSTKEY, lab->host_key_file) ||
        ssh_pki_import_pubkey_file(lab->user_key_public_file, &server.user_key) != SSH_OK)
        return slipway_error_set(err, -1,
                                 "SSH keys cannot be loaded from %s/secrets; remove "
                                 "that directory and start again",
                                 lab->dir);
    return 0;
}

/* ---- authentication ---- */

static bool may_log_in(const struct ssh_connection *connection, const char *user)
{
    return !connection->appliance->faults.rejects_login && strcmp(user, "root") == 0;
}

static int logged_in(struct ssh_connection *connection, const char *method)
{
    connection->logged_in = true;
    connection->appliancesh = vcsash_is_login(connection->appliance);
    ledger_add(connection->appliance->endpoint.lab, "login",
               json_pack("{s:s, s:s, s:s}", "appliance", connection->appliance->name,
                         "via", "ssh", "method", method));
    return SSH_AUTH_SUCCESS;
}

static int refused(struct ssh_connection *connection, const char *method)
{
    ledger_add(connection->appliance->endpoint.lab, "login_refused",
               json_pack("{s:s, s:s, s:s}", "appliance", connection->appliance->name,
                         "via", "ssh", "method", method));
    return SSH_AUTH_DENIED;
}

static int on_password(ssh_session session, const char *user, const char *password,
                       void *userdata)
{
    (void)session;
    struct ssh_connection *connection = userdata;
    if (!may_log_in(connection, user) || strcmp(password, LAB_PASSWORD) != 0)
        return refused(connection, "password");
    return logged_in(connection, "password");
}

static int on_public_key(ssh_session session, const char *user,
                         struct ssh_key_struct *key, char state, void *userdata)
{
    (void)session;
    struct ssh_connection *connection = userdata;
    if (!may_log_in(connection, user) ||
        ssh_key_cmp(key, server.user_key, SSH_KEY_CMP_PUBLIC))
        return refused(connection, "publickey");
    if (state == SSH_PUBLICKEY_STATE_NONE)
        return SSH_AUTH_SUCCESS;
    return state == SSH_PUBLICKEY_STATE_VALID ? logged_in(connection, "publickey")
                                              : SSH_AUTH_DENIED;
}

/* ---- questions (keyboard-interactive), for releases that take passwords so only ---- */

static void ask(ssh_message message, const char *instruction, const char *question)
{
    const char *prompts[] = {question};
    char echo[] = {0};
    (void)ssh_message_auth_interactive_request(message, "", instruction, 1, prompts,
                                               echo);
}

static void on_answer(struct ssh_connection *connection, ssh_message message)
{
    ssh_session session = connection->session;
    const char *answer = ssh_userauth_kbdint_getnanswers(session) > 0
                             ? ssh_userauth_kbdint_getanswer(session, 0)
                             : NULL;
    bool right = !connection->changing && answer && strcmp(answer, LAB_PASSWORD) == 0;
    if (right && vcsash_password_expired(connection->appliance)) {
        connection->changing = true;
        ask(message,
            "You are required to change your password immediately (password "
            "expired).",
            "Current password: ");
    } else if (right) {
        (void)logged_in(connection, "keyboard-interactive");
        (void)ssh_message_auth_reply_success(message, 0);
    } else {
        (void)refused(connection, "keyboard-interactive");
        (void)ssh_message_reply_default(message);
    }
}

/* What the callbacks do not take. 1: let the library answer. */
static int on_message(ssh_session session, ssh_message message, void *userdata)
{
    struct ssh_connection *connection = userdata;
    (void)session;
    if (ssh_message_type(message) != SSH_REQUEST_AUTH ||
        ssh_message_subtype(message) != SSH_AUTH_METHOD_INTERACTIVE ||
        !vcsash_asks_questions(connection->appliance))
        return 1;
    if (ssh_message_auth_kbdint_is_response(message))
        on_answer(connection, message);
    else if (may_log_in(connection, ssh_message_auth_user(message)))
        ask(message, "", "Password: ");
    else
        return 1;
    return 0;
}

static ssh_channel on_channel(ssh_session session, void *userdata)
{
    (void)session;
    struct ssh_connection *connection = userdata;
    return connection->logged_in ? ssh_channel_add(connection) : NULL;
}

/* ---- the loop of one connection ---- */

/* One turn; false when the connection is over. */
static bool turn(struct ssh_connection *connection)
{
    struct pollfd fds[SSH_CHANNELS_MAX * 4 + 1];
    nfds_t count = 0;
    int flags = ssh_get_poll_flags(connection->session);
    fds[count++] = (struct pollfd){
        .fd = ssh_get_fd(connection->session),
        .events = (short)(POLLIN | (flags & SSH_WRITE_PENDING ? POLLOUT : 0)),
    };
    count += ssh_channels_collect(connection, fds + count);
    if (poll(fds, count, IDLE_POLL_MS) < 0 && errno != EINTR)
        return false;
    if (ssh_event_dopoll(connection->event, 0) == SSH_ERROR)
        return false;
    ssh_channels_pump(connection);
    return ssh_is_connected(connection->session) &&
           !atomic_load(&connection->appliance->endpoint.lab->stopping);
}

static void serve(struct ssh_connection *connection)
{
    struct ssh_server_callbacks_struct callbacks = {
        .userdata = connection,
        .auth_password_function = on_password,
        .auth_pubkey_function = on_public_key,
        .channel_open_request_session_function = on_channel,
    };
    long seconds = HANDSHAKE_SECONDS;
    ssh_callbacks_init(&callbacks);
    ssh_set_server_callbacks(connection->session, &callbacks);
    ssh_set_message_callback(connection->session, on_message, connection);
    ssh_set_auth_methods(connection->session,
                         SSH_AUTH_METHOD_PUBLICKEY |
                             (vcsash_asks_questions(connection->appliance)
                                  ? SSH_AUTH_METHOD_INTERACTIVE
                                  : SSH_AUTH_METHOD_PASSWORD));
    ssh_options_set(connection->session, SSH_OPTIONS_TIMEOUT, &seconds);
    if (ssh_handle_key_exchange(connection->session) != SSH_OK)
        return;
    connection->event = ssh_event_new();
    if (ssh_event_add_session(connection->event, connection->session) == SSH_OK)
        while (turn(connection))
            ;
    ssh_channels_end(connection);
    ssh_event_remove_session(connection->event, connection->session);
    ssh_event_free(connection->event);
}

/* ---- peers that misbehave ---- */

static void stay_silent(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLRDHUP};
    while (poll(&wait, 1, -1) < 0 && errno == EINTR)
        ;
}

/* Bytes without a newline, for as long as the other side takes them. */
static void flood(int fd)
{
    char bytes[FLOOD_BYTES];
    memset(bytes, 'A', sizeof bytes);
    while (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
        ;
}

/* ---- threads ---- */

static void speak(struct endpoint *endpoint, int fd)
{
    struct ssh_connection connection = {.appliance = endpoint->appliance,
                                        .session = ssh_new()};
    int rc;
    {
        WITH_LOCK(&server.lock);
        rc = ssh_bind_accept_fd(server.bind, connection.session, fd);
    }
    if (rc == SSH_OK)
        serve(&connection);
    ssh_disconnect(connection.session);
    ssh_free(connection.session);
}

static void *connection_main(void *argument)
{
    auto_free struct arrival *arrival = argument;
    struct endpoint *endpoint = arrival->endpoint;
    struct lab *lab = endpoint->lab;
    const struct faults *faults = &endpoint->appliance->faults;
    /* The library closes its descriptor when it likes; ours is a second one
       for the same socket, so that a cut never hits a reused number. */
    auto_fd int own = fcntl(arrival->fd, F_DUPFD_CLOEXEC, 0);
    struct connection *listed = net_register(endpoint, own);
    if (!atomic_load(&endpoint->appliance->up))
        ; /* it went down between the accept and the registration */
    else if (faults->ssh_silent)
        stay_silent(arrival->fd);
    else if (faults->flood)
        flood(arrival->fd);
    else
        speak(endpoint, steal_fd(&arrival->fd));
    if (arrival->fd >= 0)
        (void)close(arrival->fd);
    net_unregister(endpoint, listed);
    atomic_fetch_sub(&lab->ssh_threads, 1);
    return NULL;
}

void ssh_server_accept(struct endpoint *endpoint, int fd)
{
    struct lab *lab = endpoint->lab;
    if (atomic_fetch_add(&lab->ssh_threads, 1) < LAB_CONNECTIONS_MAX) {
        struct arrival *arrival = xmalloc(sizeof *arrival);
        *arrival = (struct arrival){endpoint, fd};
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        int rc = pthread_create(&thread, &attributes, connection_main, arrival);
        pthread_attr_destroy(&attributes);
        if (rc == 0)
            return;
        free(arrival);
    }
    atomic_fetch_sub(&lab->ssh_threads, 1);
    (void)close(fd);
}

void ssh_server_stop(struct lab *lab)
{
    for (int i = 0; i < 300 && atomic_load(&lab->ssh_threads); i++)
        usleep(10000);
    if (atomic_load(&lab->ssh_threads))
        return; /* a thread still uses them; the process ends anyway */
    ssh_key_free(server.user_key);
    ssh_bind_free(server.bind);
}
