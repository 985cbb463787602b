/* test_runner.c - whatever a plugin answers, what comes out is within the contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "exec_fixture.h"
#include "exec_stub.h"
#include "util/buf.h"

static struct exec_fixture fixture;

static int open_pool(void **state)
{
    (void)state;
    stub_reset();
    const struct exec_pool_options options = {.workers = 1};
    fixture = exec_fixture_open(&stub_plugin, options);
    return 0;
}

static int close_pool(void **state)
{
    (void)state;
    exec_fixture_close(&fixture);
    return 0;
}

static struct exec_result answer(enum exec_verb verb, const char *use,
                                 enum slipway_class repeat, const char *with)
{
    struct exec_request request = exec_request_of(7, verb, use);
    request.repeat = repeat;
    xreplace(&request.with, with);
    if (verb == EXEC_POLL)
        request.handle = xstrdup("h");
    struct exec_result result = exec_call(fixture.pool, request);
    assert_int_equal(result.intent, 7);
    assert_int_equal(result.verb, verb);
    assert_non_null(result.sentence);
    return result;
}

static void start_gives(enum slipway_class repeat, const char *with,
                        enum slipway_outcome outcome, const char *sentence)
{
    struct exec_result result = answer(EXEC_START, "stub.answer", repeat, with);
    assert_int_equal(result.outcome, outcome);
    assert_string_equal(result.sentence, sentence);
    exec_result_free(&result);
}

static void honest_answers_pass(void **state)
{
    (void)state;
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":3,\"say\":\"disk full\"}",
                SLIPWAY_FAILED, "disk full");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":2,\"say\":\"busy\"}", SLIPWAY_RETRY,
                "busy");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":4,\"say\":\"no\"}", SLIPWAY_REFUSED,
                "no");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":5,\"say\":\"lost\"}", SLIPWAY_UNKNOWN,
                "lost");
    struct exec_result result =
        answer(EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE,
               "{\"outcome\":1,\"handle\":\"task-9\",\"say\":\"queued\",\"again\":3000}");
    assert_int_equal(result.outcome, SLIPWAY_PENDING);
    assert_string_equal(result.handle, "task-9");
    assert_int_equal(result.look_again_ms, 3000);
    exec_result_free(&result);
    result = answer(EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE,
                    "{\"result\":\"{\\\"b\\\": 1, \\\"a\\\": [ ]}\"}");
    assert_string_equal(result.result, "{\"a\":[],\"b\":1}");
    assert_null(result.handle);
    exec_result_free(&result);
}

static void looks_are_kept_within_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *with;
        int64_t ms;
    } cases[] = {
        {"{\"outcome\":1,\"handle\":\"x\",\"again\":-5}", EXEC_LOOK_AGAIN_MIN_MS},
        {"{\"outcome\":1,\"handle\":\"x\",\"again\":999999999999}",
         EXEC_LOOK_AGAIN_MAX_MS},
        {"{\"outcome\":1,\"handle\":\"x\"}", EXEC_LOOK_AGAIN_DEFAULT_MS},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct exec_result result =
            answer(EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE, cases[i].with);
        assert_int_equal(result.look_again_ms, cases[i].ms);
        exec_result_free(&result);
    }
}

/* Without a reason nobody can help: the plugin is named instead. */
static void silence_is_a_plugin_bug(void **state)
{
    (void)state;
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":3}", SLIPWAY_FAILED,
                "plugin bug: stub.answer failed without saying why");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":4}", SLIPWAY_REFUSED,
                "plugin bug: stub.answer refused without saying why");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":2}", SLIPWAY_RETRY,
                "plugin bug: stub.answer asks to try again without saying why");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":5}", SLIPWAY_UNKNOWN,
                "plugin bug: stub.answer does not know the outcome and does not say why");
    auto_free char *log = exec_fixture_log(&fixture);
    assert_non_null(strstr(log,
                           "level=warning intent=7 key=\"campaign.target.step.0.7\" "
                           "use=\"stub.answer\" msg=\"plugin bug: stub.answer failed"));
}

/* An effect that cannot be followed is in doubt; a read that cannot has failed. */
static void answers_outside_the_contract_become_safe(void **state)
{
    (void)state;
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":1}", SLIPWAY_UNKNOWN,
                "plugin bug: stub.answer answered PENDING without a handle");
    start_gives(SLIPWAY_RECONCILABLE, "{\"outcome\":42}", SLIPWAY_UNKNOWN,
                "plugin bug: stub.answer answered with outcome 42");
    start_gives(SLIPWAY_READ, "{\"outcome\":42}", SLIPWAY_FAILED,
                "plugin bug: stub.answer answered with outcome 42");
    start_gives(SLIPWAY_READ, "{\"outcome\":5,\"say\":\"timed out\"}", SLIPWAY_RETRY,
                "timed out");
    struct exec_result result = answer(EXEC_START, "stub.once", SLIPWAY_OPAQUE,
                                       "{\"outcome\":1,\"handle\":\"x\"}");
    assert_int_equal(result.outcome, SLIPWAY_UNKNOWN);
    assert_non_null(strstr(result.sentence, "answered PENDING but has no poll"));
    exec_result_free(&result);
    result = answer(EXEC_POLL, "stub.once", SLIPWAY_OPAQUE, "{}");
    assert_int_equal(result.outcome, SLIPWAY_UNKNOWN);
    exec_result_free(&result);
    result = answer(EXEC_PROBE, "stub.once", SLIPWAY_OPAQUE, "{}");
    assert_int_equal(result.probe, SLIPWAY_PROBE_UNKNOWN);
    assert_non_null(strstr(result.sentence, "cannot be asked"));
    exec_result_free(&result);
}

static void broken_results_and_handles_are_dropped(void **state)
{
    (void)state;
    struct exec_result result = answer(EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE,
                                       "{\"result\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}");
    assert_int_equal(result.outcome, SLIPWAY_DONE);
    assert_string_equal(result.result, "null");
    assert_non_null(strstr(result.sentence, "gave a result that is no JSON"));
    exec_result_free(&result);

    auto_buf struct buf with = {0};
    buf_adds(&with, "{\"outcome\":1,\"handle\":\"");
    for (size_t i = 0; i <= SLIPWAY_HANDLE_MAX; i++)
        buf_addc(&with, 'x');
    buf_adds(&with, "\"}");
    start_gives(SLIPWAY_RECONCILABLE, buf_text(&with), SLIPWAY_UNKNOWN,
                "plugin bug: stub.answer gave a handle that was refused");

    auto_buf struct buf large = {0};
    buf_adds(&large, "{\"result\":\"\\\"");
    for (size_t i = 0; i <= SLIPWAY_RESULT_MAX; i++)
        buf_addc(&large, 'x');
    buf_adds(&large, "\\\"\"}");
    result = answer(EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE, buf_text(&large));
    assert_string_equal(result.result, "null");
    exec_result_free(&result);
}

static void probes_are_checked_too(void **state)
{
    (void)state;
    static const struct {
        const char *with;
        enum slipway_probe probe;
        const char *sentence;
    } cases[] = {
        {"{\"outcome\":0}", SLIPWAY_PROBE_NOT_STARTED, ""},
        {"{\"outcome\":1,\"handle\":\"task-9\"}", SLIPWAY_PROBE_RUNNING, ""},
        {"{\"outcome\":1}", SLIPWAY_PROBE_UNKNOWN,
         "plugin bug: stub.answer found it running but gave no handle to adopt"},
        {"{\"outcome\":2}", SLIPWAY_PROBE_DONE, ""},
        {"{\"outcome\":3,\"say\":\"it broke\"}", SLIPWAY_PROBE_FAILED, "it broke"},
        {"{\"outcome\":4}", SLIPWAY_PROBE_UNKNOWN,
         "plugin bug: stub.answer probed without saying what it found"},
        {"{\"outcome\":9}", SLIPWAY_PROBE_UNKNOWN,
         "plugin bug: stub.answer answered with probe 9"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct exec_result result =
            answer(EXEC_PROBE, "stub.answer", SLIPWAY_RECONCILABLE, cases[i].with);
        assert_int_equal(result.outcome, SLIPWAY_DONE);
        assert_int_equal(result.probe, cases[i].probe);
        assert_string_equal(result.sentence, cases[i].sentence);
        exec_result_free(&result);
    }
}

static void unknown_operations_are_refused_with_advice(void **state)
{
    (void)state;
    struct exec_result result = answer(EXEC_START, "stub.ecko", SLIPWAY_OPAQUE, "{}");
    assert_int_equal(result.outcome, SLIPWAY_REFUSED);
    assert_string_equal(result.sentence,
                        "no operation \"stub.ecko\"; did you mean \"stub.echo\"?");
    exec_result_free(&result);
    /* the effect may exist although the plugin is gone */
    result = answer(EXEC_POLL, "gone.job", SLIPWAY_RECONCILABLE, "{}");
    assert_int_equal(result.outcome, SLIPWAY_UNKNOWN);
    exec_result_free(&result);
    result = answer(EXEC_PROBE, "sleep", SLIPWAY_RECONCILABLE, "{}");
    assert_int_equal(result.probe, SLIPWAY_PROBE_UNKNOWN);
    exec_result_free(&result);
}

static void a_dry_run_sends_reads_only(void **state)
{
    (void)state;
    struct exec_request request = exec_request_of(1, EXEC_START, "stub.answer");
    request.flags = SLIPWAY_CALL_READ_ONLY;
    struct exec_result result = exec_call(fixture.pool, request);
    assert_int_equal(result.outcome, SLIPWAY_REFUSED);
    assert_non_null(strstr(result.sentence, "dry run"));
    assert_int_equal(stub_started, 0);
    exec_result_free(&result);
    request = exec_request_of(2, EXEC_START, "stub.echo");
    request.flags = SLIPWAY_CALL_READ_ONLY;
    request.repeat = SLIPWAY_READ;
    result = exec_call(fixture.pool, request);
    assert_int_equal(result.outcome, SLIPWAY_DONE);
    assert_int_equal(stub_started, 1);
    exec_result_free(&result);
}

/* ---- the way back is looked for first ---- */

static const struct {
    const char *found; /* what the look gives, as stub.answer's arguments */
    enum slipway_outcome outcome;
    enum exec_protection protection;
    int calls; /* made in all */
    const char *says;
} looks[] = {
    {"{\"result\":\"{\\\"snapshot\\\":\\\"snapshot-7\\\"}\"}", SLIPWAY_DONE,
     EXEC_PROTECTION_FOUND, 2, ""},
    {"{\"result\":\"{\\\"snapshot\\\":null}\"}", SLIPWAY_REFUSED, EXEC_PROTECTION_GONE, 1,
     "not there any more"},
    {"{}", SLIPWAY_REFUSED, EXEC_PROTECTION_GONE, 1, "not there any more"},
    {"{\"outcome\":3,\"say\":\"two bear the name\"}", SLIPWAY_REFUSED,
     EXEC_PROTECTION_UNCLEAR, 1, "two bear the name"},
    {"{\"outcome\":2,\"say\":\"a task is at work\",\"again\":9000}", SLIPWAY_RETRY,
     EXEC_PROTECTION_NONE, 1, "a task is at work"},
    {"{\"outcome\":4,\"say\":\"the password is wrong\"}", SLIPWAY_REFUSED,
     EXEC_PROTECTION_UNCLEAR, 1, "the password is wrong"},
    {"{\"outcome\":1,\"handle\":\"h\"}", SLIPWAY_RETRY, EXEC_PROTECTION_NONE, 1, ""},
    {"{\"outcome\":5,\"say\":\"no answer\"}", SLIPWAY_RETRY, EXEC_PROTECTION_NONE, 1,
     "no answer"},
};

static struct exec_request protected_request(enum exec_verb verb, const char *with)
{
    struct exec_request request = exec_request_of(4, verb, "stub.echo");
    xreplace(&request.with, "{\"change\":1}");
    request.protection = xstrdup("stub.answer");
    request.protection_with = xstrdup(with);
    return request;
}

static void a_change_is_sent_only_if_the_way_back_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(looks); i++) {
        stub_reset();
        struct exec_result result =
            exec_call(fixture.pool, protected_request(EXEC_START, looks[i].found));
        assert_int_equal(result.outcome, looks[i].outcome);
        assert_int_equal(result.protection, looks[i].protection);
        assert_int_equal(stub_started, looks[i].calls);
        assert_non_null(strstr(result.sentence, looks[i].says));
        if (result.protection == EXEC_PROTECTION_FOUND) /* the change's own answer */
            assert_string_equal(result.result, "{\"change\":1}");
        else
            assert_null(result.result);
        exec_result_free(&result);
    }
}

/* Its snapshot may be gone: what became of the change is to be known all the same. */
static void what_was_sent_is_asked_about_unconditionally(void **state)
{
    (void)state;
    static const enum exec_verb verbs[] = {EXEC_POLL, EXEC_PROBE};
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        struct exec_request request = protected_request(verbs[i], "{}");
        xreplace(&request.use, "stub.answer");
        xreplace(&request.with, "{\"outcome\":0}");
        request.handle = xstrdup("h");
        stub_reset();
        struct exec_result result = exec_call(fixture.pool, request);
        assert_int_equal(stub_started, 1);
        assert_int_equal(result.protection, EXEC_PROTECTION_NONE);
        assert_int_equal(result.outcome, SLIPWAY_DONE);
        exec_result_free(&result);
    }
}

static struct exec_result checked(const char *with, const char *expect, const char *value)
{
    struct exec_request request = exec_request_of(3, EXEC_START, "stub.echo");
    xreplace(&request.with, with);
    request.expect = xstrdup_null(expect);
    request.value = xstrdup_null(value);
    request.vars = xstrdup("{\"want\":\"8.0.3\"}");
    request.steps = xstrdup("{\"space\":{\"free\":5}}");
    return exec_call(fixture.pool, request);
}

static void results_are_checked_after_the_step(void **state)
{
    (void)state;
    static const struct {
        const char *expect;
        enum exec_verdict verdict;
        const char *sentence;
    } cases[] = {
        {NULL, EXEC_EXPECT_NONE, ""},
        {"result ->> '$.version' = vars ->> '$.want'", EXEC_EXPECT_TRUE, ""},
        {"target ->> '$.name' = 'vc-0001' AND steps ->> '$.space.free' > 4",
         EXEC_EXPECT_TRUE, ""},
        {"result ->> '$.version' = '9'", EXEC_EXPECT_FALSE,
         "found version \"8.0.3\"; expected result ->> '$.version' = '9'"},
        {"result ->> '$.nothing' = 1", EXEC_EXPECT_FALSE,
         "found nothing missing; expected result ->> '$.nothing' = 1"},
        {"result IS NULL", EXEC_EXPECT_FALSE,
         "expected, but not so: result IS NULL; the answer was {\"version\":\"8.0.3\"}"},
        {"json_array_length(result, '$.list') > 2 OR vars->>'want' = '9' OR "
         "steps ->> '$.space.free' > 7 OR steps -> '$.space.free' = 9",
         EXEC_EXPECT_FALSE,
         "found list missing, vars.want \"8.0.3\", steps.space.free 5; expected "
         "json_array_length(result, '$.list') > 2 OR vars->>'want' = '9' OR "
         "steps ->> '$.space.free' > 7 OR steps -> '$.space.free' = 9"},
        {"'result -> ''$.version''' = 1 AND result ->> '$' = 2", EXEC_EXPECT_FALSE,
         "found result {\"version\":\"8.0.3\"}; expected "
         "'result -> ''$.version''' = 1 AND result ->> '$' = 2"},
        {"reslt ->> '$.x'", EXEC_EXPECT_ERROR,
         "expect cannot be evaluated: byte 1: unknown column \"reslt\"; did you mean "
         "\"result\"?"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct exec_result result =
            checked("{\"version\":\"8.0.3\"}", cases[i].expect, NULL);
        assert_int_equal(result.outcome, SLIPWAY_DONE);
        assert_int_equal(result.verdict, cases[i].verdict);
        assert_string_equal(result.sentence, cases[i].sentence);
        assert_null(result.value);
        exec_result_free(&result);
    }
}

static void values_are_extracted(void **state)
{
    (void)state;
    struct exec_result result =
        checked("{\"version\":\"8.0.3\"}", "1", "result ->> '$.version'");
    assert_string_equal(result.value, "8.0.3");
    assert_int_equal(result.verdict, EXEC_EXPECT_TRUE);
    exec_result_free(&result);
    result = checked("{}", NULL, "result ->> '$.version'");
    assert_null(result.value);
    assert_int_equal(result.verdict, EXEC_EXPECT_NONE);
    exec_result_free(&result);
    result = checked("{}", "1", "no_such_thing(result)");
    assert_int_equal(result.verdict, EXEC_EXPECT_ERROR);
    assert_non_null(strstr(result.sentence, "value cannot be evaluated"));
    exec_result_free(&result);
}

/* Only what is done is checked. */
static void unfinished_steps_are_not_checked(void **state)
{
    (void)state;
    struct exec_request request = exec_request_of(3, EXEC_START, "stub.answer");
    xreplace(&request.with, "{\"outcome\":3,\"say\":\"no\",\"result\":\"{}\"}");
    request.expect = xstrdup("1");
    request.value = xstrdup("1");
    struct exec_result result = exec_call(fixture.pool, request);
    assert_int_equal(result.verdict, EXEC_EXPECT_NONE);
    assert_null(result.value);
    exec_result_free(&result);
}

static void sentences_are_sanitised_and_cut(void **state)
{
    (void)state;
    auto_buf struct buf with = {0};
    buf_adds(&with, "{\"outcome\":3,\"say\":\"\\u001b[31mred\\nline ");
    for (int i = 0; i < 3000; i++)
        buf_addc(&with, 'x');
    buf_adds(&with, "\"}");
    struct exec_result result =
        answer(EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE, buf_text(&with));
    assert_memory_equal(result.sentence, "\\x1b[31mred\\nline x", 19);
    assert_true(strlen(result.sentence) <= EXEC_SENTENCE_MAX + 3);
    exec_result_free(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(honest_answers_pass, open_pool, close_pool),
        cmocka_unit_test_setup_teardown(looks_are_kept_within_bounds, open_pool,
                                        close_pool),
        cmocka_unit_test_setup_teardown(silence_is_a_plugin_bug, open_pool, close_pool),
        cmocka_unit_test_setup_teardown(answers_outside_the_contract_become_safe,
                                        open_pool, close_pool),
        cmocka_unit_test_setup_teardown(broken_results_and_handles_are_dropped, open_pool,
                                        close_pool),
        cmocka_unit_test_setup_teardown(probes_are_checked_too, open_pool, close_pool),
        cmocka_unit_test_setup_teardown(unknown_operations_are_refused_with_advice,
                                        open_pool, close_pool),
        cmocka_unit_test_setup_teardown(a_dry_run_sends_reads_only, open_pool,
                                        close_pool),
        cmocka_unit_test_setup_teardown(a_change_is_sent_only_if_the_way_back_is_there,
                                        open_pool, close_pool),
        cmocka_unit_test_setup_teardown(what_was_sent_is_asked_about_unconditionally,
                                        open_pool, close_pool),
        cmocka_unit_test_setup_teardown(results_are_checked_after_the_step, open_pool,
                                        close_pool),
        cmocka_unit_test_setup_teardown(values_are_extracted, open_pool, close_pool),
        cmocka_unit_test_setup_teardown(unfinished_steps_are_not_checked, open_pool,
                                        close_pool),
        cmocka_unit_test_setup_teardown(sentences_are_sanitised_and_cut, open_pool,
                                        close_pool),
    };
    json_init();
    return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
