/*
 * test_manners.c - servers that let us in and then misbehave within the protocol: floods of
 * what may be ignored, questions by the thousand, ends that contradict each other, a
 * good-bye in words that steer a terminal. A command whose end is not proven is no success,
 * and nobody is listened to for ever.
 */
#include "told_server.h"

#define SAID_MOST 1000

/* A command that must not run twice, at a server of this manner. */
static enum slipway_outcome meet(enum manner manner, struct fake_call *call)
{
    struct server server;
    const struct script script = {
        .methods = SSH_AUTH_METHOD_PASSWORD, .exec_answer = "done\n", .manner = manner};
    enum slipway_outcome outcome = story(&script, PASSWORD, call, &server);
    assert_true(call->said[0] && strlen(call->said) < SAID_MOST);
    for (const char *p = call->said; *p; p++)
        assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
    assert_int_equal(atomic_load(&server.passwords), 1);
    return outcome;
}

static void a_flood_beside_the_command_is_cut_off(void **out)
{
    (void)out;
    static const enum manner manners[] = {FLOODS_STDERR, DEBUGS_FOR_EVER, ASKS_FOR_EVER};
    for (size_t i = 0; i < ARRAY_LENGTH(manners); i++) {
        auto_fake_call struct fake_call call;
        enum slipway_outcome outcome = meet(manners[i], &call);
        if (outcome != SLIPWAY_UNKNOWN)
            fail_msg("manner %d: outcome %d: %s", (int)manners[i], (int)outcome,
                     call.said);
    }
}

static void a_good_bye_is_told_in_harmless_words(void **out)
{
    (void)out;
    auto_fake_call struct fake_call call;
    assert_int_equal(meet(SAYS_GOOD_BYE, &call), SLIPWAY_UNKNOWN);
    assert_non_null(strstr(call.said, "owned"));
    assert_null(strstr(call.said, "\xe2\x80\xae"));
}

static void ends_that_contradict_each_other_prove_nothing(void **out)
{
    (void)out;
    static const enum manner manners[] = {SIGNALS_TOO, STATUS_TWICE, STATUS_HUGE};
    for (size_t i = 0; i < ARRAY_LENGTH(manners); i++) {
        auto_fake_call struct fake_call call;
        enum slipway_outcome outcome = meet(manners[i], &call);
        if (outcome != SLIPWAY_UNKNOWN || !strstr(call.said, "its end is not proven"))
            fail_msg("manner %d: outcome %d: %s", (int)manners[i], (int)outcome,
                     call.said);
    }
}

/* What the command's own mark proves needs no status of the protocol. */
static void an_end_that_is_proven_is_believed(void **out)
{
    (void)out;
    static const enum manner manners[] = {ENDS_TWICE, SAYS_NOT_A_STATUS};
    for (size_t i = 0; i < ARRAY_LENGTH(manners); i++) {
        auto_fake_call struct fake_call call;
        struct server server;
        const struct script script = {.methods = SSH_AUTH_METHOD_PASSWORD,
                                      .exec_answer = "done\n",
                                      .manner = manners[i]};
        enum slipway_outcome outcome = story(&script, PASSWORD, &call, &server);
        if (outcome != SLIPWAY_DONE)
            fail_msg("manner %d: outcome %d: %s", (int)manners[i], (int)outcome,
                     call.said);
        assert_int_equal(json_number(call.result, "status", -1), 0);
    }
}

static void a_thousand_questions_are_not_answered(void **out)
{
    (void)out;
    static const int counts[] = {2, 100, 101, 1000, 100000};
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
        const struct script script = {.methods = SSH_AUTH_METHOD_INTERACTIVE,
                                      .question = "Password: ",
                                      .questions = counts[i]};
        struct server server;
        auto_fake_call struct fake_call call;
        enum slipway_outcome outcome = story(&script, PASSWORD, &call, &server);
        if (outcome != SLIPWAY_REFUSED)
            fail_msg("%d questions: outcome %d: %s", counts[i], (int)outcome, call.said);
        assert_int_equal(atomic_load(&server.answers), 0);
        assert_int_equal(atomic_load(&server.logins), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_beside_the_command_is_cut_off),
        cmocka_unit_test(a_good_bye_is_told_in_harmless_words),
        cmocka_unit_test(ends_that_contradict_each_other_prove_nothing),
        cmocka_unit_test(an_end_that_is_proven_is_believed),
        cmocka_unit_test(a_thousand_questions_are_not_answered),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
