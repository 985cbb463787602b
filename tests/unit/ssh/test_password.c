/*
 * test_password.c - passwords, questions and odd login shells, against a server
 * that can be told what to say (libssh's server side; OpenSSH would need accounts
 * of the machine).
 */
/* the message interface is all that libssh 0.10 has for reading a password */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <pthread.h>

#include "ssh_fixture.h"

#define PASSWORD "open sesame"

/* What the server does. */
struct script {
    int methods;             /* SSH_AUTH_METHOD_... that it offers        */
    const char *question;    /* keyboard-interactive prompt               */
    const char *instruction; /* above it                                  */
    int questions;           /* prompts in a round: 1 unless said         */
    bool asks_forever;       /* asks again, whatever the answer           */
    bool dismisses;          /* ends the connection instead of rejecting  */
    const char *exec_answer; /* printed for any command; NULL: no channel */
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

static bool is_right(const char *password)
{
    return password && strcmp(password, PASSWORD) == 0;
}

static void accept_login(struct server *server, ssh_message message)
{
    atomic_fetch_add(&server->logins, 1);
    (void)ssh_message_auth_reply_success(message, 0);
}

static void ask_question(const struct script *script, ssh_message message)
{
    const char *prompts[2] = {script->question, "Second: "};
    char echo[2] = {0, 0};
    (void)ssh_message_auth_interactive_request(
        message, "", script->instruction ? script->instruction : "",
        script->questions ? (unsigned)script->questions : 1u, prompts, echo);
}

static void on_interactive(struct server *server, ssh_session session,
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

static void on_auth(struct server *server, ssh_session session, ssh_message message)
{
    int method = ssh_message_subtype(message);
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

static void on_exec(const struct server *server, ssh_channel channel, ssh_message message)
{
    (void)ssh_message_channel_request_reply_success(message);
    (void)ssh_channel_write(channel, server->script->exec_answer,
                            (uint32_t)strlen(server->script->exec_answer));
    (void)ssh_channel_request_send_exit_status(channel, 0);
    (void)ssh_channel_send_eof(channel);
    (void)ssh_channel_close(channel);
}

static void serve_session(struct server *server, ssh_session session)
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
            on_exec(server, channel, message);
        else
            (void)ssh_message_reply_default(message);
        ssh_message_free(message);
    }
}

static void *serve(void *data)
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

static void make_files(struct server *server)
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

static void server_start(struct server *server, const struct script *script)
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

static void server_stop(struct server *server)
{
    atomic_store(&server->ended, true);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    ssh_bind_free(server->bind);
    const char *const argv[] = {"rm", "-rf", server->dir, NULL};
    (void)sshd_peer_run("/dev/null", argv);
}

/* Log in with this password and run something; what came of it. */
static enum slipway_outcome log_in(const struct server *server, void *state,
                                   const char *password, struct fake_call *call)
{
    sshd_peer_write(server->secret, password);
    auto_free char *target = xasprintf(
        "{\"host\":\"%s\",\"ssh\":{\"port\":%d,\"user\":\"root\",\"hostkey\":\"%s\","
        "\"password\":{\"file\":\"%s\"}}}",
        server->address, server->port, server->pins, server->secret);
    fake_call_init(call, ssh_plugin(), state, "run", "{\"argv\":[\"true\"]}", target);
    return fake_start(call);
}

/* One login at a server with this script. Checks that the password stays secret. */
static enum slipway_outcome story(const struct script *script, const char *password,
                                  struct fake_call *call, struct server *server)
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

/* The server grants a login and then opens no channel: RETRY with these words. */
#define LOGGED_IN "opens no more channels"

static void the_right_password_logs_in_by_both_methods(void **out)
{
    (void)out;
    static const struct script scripts[] = {
        {.methods = SSH_AUTH_METHOD_PASSWORD},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "Password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "Password:"},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "(root@vc-0001) Password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "(root@vc-0001) Password:"},
        {.methods = SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE,
         .question = "Password: "},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        struct server server;
        auto_fake_call struct fake_call call;
        assert_int_equal(story(&scripts[i], PASSWORD, &call, &server), SLIPWAY_RETRY);
        assert_non_null(strstr(call.said, LOGGED_IN));
        assert_int_equal(atomic_load(&server.logins), 1);
    }
}

static void a_wrong_password_is_refused_and_sent_once(void **out)
{
    (void)out;
    static const struct script scripts[] = {
        {.methods = SSH_AUTH_METHOD_PASSWORD},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "Password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE,
         .question = "Password: ",
         .asks_forever = true},
        {.methods = SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE,
         .question = "Password: "},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        struct server server;
        auto_fake_call struct fake_call call;
        assert_int_equal(story(&scripts[i], "wrong-canary", &call, &server),
                         SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "the password was rejected"));
        assert_int_equal(atomic_load(&server.passwords) + atomic_load(&server.answers),
                         1);
    }
}

static void a_rejected_password_is_not_sent_again_but_another_is(void **out)
{
    (void)out;
    static const struct script script = {.methods = SSH_AUTH_METHOD_PASSWORD};
    static const struct {
        const char *password;
        int seen; /* passwords that the server saw so far */
        enum slipway_outcome outcome;
    } tries[] = {{"wrong-canary", 1, SLIPWAY_REFUSED},
                 {"wrong-canary", 1, SLIPWAY_REFUSED},
                 {PASSWORD, 2, SLIPWAY_RETRY}, /* in, and then no channel */
                 {"wrong-canary", 2, SLIPWAY_REFUSED}};
    void *state = NULL;
    struct server server;
    assert_int_equal(ssh_plugin()->open(fake_host(), &state, NULL), 0);
    server_start(&server, &script);
    for (size_t i = 0; i < ARRAY_LENGTH(tries); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(log_in(&server, state, tries[i].password, &call),
                         tries[i].outcome);
        assert_int_equal(atomic_load(&server.passwords), tries[i].seen);
        assert_true(i != 1 || strstr(call.said, "not sent again for five minutes"));
    }
    ssh_plugin()->close(state);
    server_stop(&server);
}

static void a_server_that_dismisses_us_is_not_tried_again(void **out)
{
    (void)out;
    static const struct script script = {.methods = SSH_AUTH_METHOD_PASSWORD,
                                         .dismisses = true};
    struct server server;
    auto_fake_call struct fake_call call;
    assert_int_equal(story(&script, "wrong-canary", &call, &server), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "check user, key and password by hand"));
}

static void an_unknown_question_is_never_answered(void **out)
{
    (void)out;
    static const struct script scripts[] = {
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "Verification code: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "Password:  "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "Password: \033[2J"},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "(root) Password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = ""},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE,
         .question = "Password: ",
         .questions = 2},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        struct server server;
        auto_fake_call struct fake_call call;
        assert_int_equal(story(&scripts[i], PASSWORD, &call, &server), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "not the password question"));
        assert_null(strchr(call.said, '\033'));
        assert_int_equal(atomic_load(&server.answers), 0);
    }
}

static void an_expired_password_is_recognised(void **out)
{
    (void)out;
    static const struct script scripts[] = {
        {.methods = SSH_AUTH_METHOD_INTERACTIVE,
         .instruction =
             "You are required to change your password immediately (root enforced)",
         .question = "Current password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "(current) UNIX password: "},
        {.methods = SSH_AUTH_METHOD_INTERACTIVE, .question = "New password: "},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        struct server server;
        auto_fake_call struct fake_call call;
        assert_int_equal(story(&scripts[i], PASSWORD, &call, &server), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "PASSWORD_EXPIRED"));
        assert_int_equal(atomic_load(&server.answers), 0);
    }
}

static void a_server_without_any_credential_is_refused(void **out)
{
    (void)out;
    static const struct script script = {.methods = SSH_AUTH_METHOD_HOSTBASED};
    struct server server;
    auto_fake_call struct fake_call call;
    assert_int_equal(story(&script, PASSWORD, &call, &server), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "takes no password"));
}

static void appliancesh_is_named_and_never_taken_for_success(void **out)
{
    (void)out;
    static const struct {
        const char *answer, *says;
    } cases[] = {
        {"Unknown command: `printf'\n", "the login shell is appliancesh"},
        {"Connected to service\n\n", "no POSIX shell"},
        {"", "no POSIX shell"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct script script = {.methods = SSH_AUTH_METHOD_PASSWORD,
                                      .exec_answer = cases[i].answer};
        struct server server;
        auto_fake_call struct fake_call call;
        assert_int_equal(story(&script, PASSWORD, &call, &server), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, cases[i].says));
        assert_non_null(strstr(call.said, "was not run"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_password_logs_in_by_both_methods),
        cmocka_unit_test(a_wrong_password_is_refused_and_sent_once),
        cmocka_unit_test(a_rejected_password_is_not_sent_again_but_another_is),
        cmocka_unit_test(a_server_that_dismisses_us_is_not_tried_again),
        cmocka_unit_test(an_unknown_question_is_never_answered),
        cmocka_unit_test(an_expired_password_is_recognised),
        cmocka_unit_test(a_server_without_any_credential_is_refused),
        cmocka_unit_test(appliancesh_is_named_and_never_taken_for_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
