/*
 * test_password.c - passwords, questions and odd login shells, against a server
 * that can be told what to say.
 */
#include "told_server.h"

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

static void banners_without_end_are_no_login(void **out)
{
    (void)out;
    static const struct script script = {.methods = SSH_AUTH_METHOD_PASSWORD,
                                         .greets_forever = true};
    struct server server;
    auto_fake_call struct fake_call call;
    assert_int_equal(story(&script, PASSWORD, &call, &server), SLIPWAY_RETRY);
    assert_non_null(strstr(call.said, "far more than the protocol needs"));
    assert_int_equal(atomic_load(&server.passwords), 0);
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

/* A command whose end nobody told may have run: only who was refused knows better. */
static void a_command_without_an_end_is_no_success(void **out)
{
    (void)out;
    for (int manner = TELLS_NO_STATUS; manner <= REFUSES; manner++) {
        struct server server;
        auto_fake_call struct fake_call call;
        const struct script script = {.methods = SSH_AUTH_METHOD_PASSWORD,
                                      .exec_answer = "done\n",
                                      .manner = (enum manner)manner};
        enum slipway_outcome outcome = story(&script, PASSWORD, &call, &server);
        bool right =
            manner == REFUSES ? outcome != SLIPWAY_DONE : outcome == SLIPWAY_UNKNOWN;
        if (!right)
            fail_msg("manner %d: outcome %d: %s", manner, (int)outcome, call.said);
        assert_true(call.said[0] != '\0');
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
        cmocka_unit_test(banners_without_end_are_no_login),
        cmocka_unit_test(a_command_without_an_end_is_no_success),
        cmocka_unit_test(appliancesh_is_named_and_never_taken_for_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
