/*
 * test_pool.c - many calls, few threads: exactly one result each, whatever
 * happens to the calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "exec_fixture.h"
#include "exec_stub.h"

#define MANY 500

static struct exec_fixture pool_of(struct exec_pool_options options)
{
    stub_reset();
    return exec_fixture_open(&stub_plugin, options);
}

static void submit(struct executor *pool, int64_t intent, enum exec_verb verb,
                   const char *use, enum slipway_class repeat, int64_t timeout_ms)
{
    struct exec_request request = exec_request_of(intent, verb, use);
    request.repeat = repeat;
    request.timeout_ms = timeout_ms;
    exec_submit(pool, &request);
    assert_null(request.use); /* it is the executor's now */
}

static void next_is(struct executor *pool, int64_t intent, enum slipway_outcome outcome,
                    const char *sentence)
{
    struct exec_result result = exec_next(pool);
    assert_int_equal(result.intent, intent);
    assert_int_equal(result.outcome, outcome);
    if (!strstr(result.sentence, sentence))
        fail_msg("\"%s\" does not say \"%s\"", result.sentence, sentence);
    exec_result_free(&result);
}

static void five_hundred_through_eight(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 8});
    int seen[MANY] = {0};
    for (int64_t i = 0; i < MANY; i++)
        submit(fixture.pool, i, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    for (size_t got = 0; got < MANY;) {
        struct exec_result results[7];
        assert_true(exec_wait(fixture.pool));
        size_t count = exec_collect(fixture.pool, results, ARRAY_LENGTH(results));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(results[i].outcome, SLIPWAY_DONE);
            seen[results[i].intent]++;
            exec_result_free(&results[i]);
        }
        got += count;
        assert_int_equal(exec_busy(fixture.pool), MANY - got);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(stub_started, MANY);
    assert_in_range(stub_most_inside, 1, 8);
    struct exec_result none;
    assert_int_equal(exec_collect(fixture.pool, &none, 1), 0);
    exec_fixture_close(&fixture);
}

/* First in, first out: with one worker the order of the results is the order of
   the requests. */
static void the_queue_is_fair(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    for (int64_t i = 0; i < 50; i++)
        submit(fixture.pool, i, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    for (int64_t i = 0; i < 50; i++)
        next_is(fixture.pool, i, SLIPWAY_DONE, "");
    exec_fixture_close(&fixture);
}

static void a_waiting_call_is_cancelled(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    submit(fixture.pool, 1, EXEC_START, "stub.hold", SLIPWAY_IDEMPOTENT, 600000);
    stub_wait(&stub_entered);
    exec_cancel(fixture.pool, 99); /* nobody's intent: nothing happens */
    exec_cancel(fixture.pool, 1);
    struct exec_result result = exec_next(fixture.pool);
    assert_int_equal(result.outcome, SLIPWAY_CANCELED);
    assert_true(result.canceled);
    assert_string_equal(result.sentence, "told to stop");
    exec_result_free(&result);
    /* the cancellation is over with the call: the next one on the same thread waits
       until its own deadline */
    submit(fixture.pool, 2, EXEC_START, "stub.hold", SLIPWAY_IDEMPOTENT, 30);
    next_is(fixture.pool, 2, SLIPWAY_UNKNOWN, "deadline with 0 ms left");
    exec_fixture_close(&fixture);
}

/* A cancelled look must not look like an effect that was never issued. */
static void a_cancelled_look_leaves_the_work_pending(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    submit(fixture.pool, 1, EXEC_POLL, "stub.hold", SLIPWAY_IDEMPOTENT, 600000);
    stub_wait(&stub_entered);
    submit(fixture.pool, 2, EXEC_POLL, "stub.hold", SLIPWAY_IDEMPOTENT, 600000);
    submit(fixture.pool, 3, EXEC_PROBE, "stub.answer", SLIPWAY_RECONCILABLE, 600000);
    exec_cancel(fixture.pool, 2);
    next_is(fixture.pool, 2, SLIPWAY_PENDING, "cancelled before it was sent");
    exec_cancel(fixture.pool, 3);
    struct exec_result result = exec_next(fixture.pool);
    assert_int_equal(result.outcome, SLIPWAY_UNKNOWN);
    assert_int_equal(result.probe, SLIPWAY_PROBE_UNKNOWN);
    exec_result_free(&result);
    exec_cancel(fixture.pool, 1);
    next_is(fixture.pool, 1, SLIPWAY_PENDING, "told to stop");
    exec_fixture_close(&fixture);
}

static void a_queued_start_is_cancelled_unissued(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    submit(fixture.pool, 1, EXEC_START, "stub.hold", SLIPWAY_IDEMPOTENT, 600000);
    stub_wait(&stub_entered);
    submit(fixture.pool, 2, EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE, 600000);
    submit(fixture.pool, 3, EXEC_START, "stub.echo", SLIPWAY_READ, 600000);
    exec_cancel(fixture.pool, 2);
    next_is(fixture.pool, 2, SLIPWAY_CANCELED, "cancelled before it was sent");
    exec_cancel(fixture.pool, 1);
    next_is(fixture.pool, 1, SLIPWAY_CANCELED, "told to stop");
    next_is(fixture.pool, 3, SLIPWAY_DONE, "");
    assert_int_equal(stub_started, 1); /* the echo; never the cancelled one */
    exec_fixture_close(&fixture);
}

static void a_call_waits_for_a_descriptor(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct exec_request request = exec_request_of(1, EXEC_START, "stub.read");
    free(request.with);
    request.with = xasprintf("{\"fd\":%d}", fds[0]);
    exec_submit(fixture.pool, &request);
    assert_int_equal(write(fds[1], "k", 1), 1);
    next_is(fixture.pool, 1, SLIPWAY_DONE, "read k");
    (void)close(fds[0]);
    (void)close(fds[1]);
    exec_fixture_close(&fixture);
}

static void logged_times(const struct exec_fixture *fixture, const char *words, int times)
{
    for (int tries = 0; tries < 6000; tries++) {
        auto_free char *log = exec_fixture_log(fixture);
        int seen = 0;
        for (const char *p = log; (p = strstr(p, words)); p++)
            seen++;
        if (seen >= times)
            return;
        (void)poll(NULL, 0, 10);
    }
    fail_msg("not logged %d times: %s", times, words);
}

static void logged(const struct exec_fixture *fixture, const char *words)
{
    logged_times(fixture, words, 1);
}

/* A plugin ignores its deadline: its effect is in doubt, others go on with a new
   thread, and what it says when it returns is not believed any more. */
static void a_stubborn_call_is_written_off(void **state)
{
    (void)state;
    struct exec_fixture fixture =
        pool_of((struct exec_pool_options){.workers = 1, .grace_ms = 20});
    submit(fixture.pool, 1, EXEC_START, "stub.stubborn", SLIPWAY_IDEMPOTENT, 10);
    submit(fixture.pool, 2, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    next_is(fixture.pool, 1, SLIPWAY_UNKNOWN,
            "stub.stubborn did not return within its deadline (10ms)");
    next_is(fixture.pool, 2, SLIPWAY_DONE, "");
    assert_int_equal(exec_pool_written_off(fixture.pool), 1);
    logged(&fixture, "its thread is written off (1 stuck now, 1 so far)");
    (void)sem_post(&stub_release);
    logged(&fixture, "a written-off call came back after all: done. let go at last");
    assert_int_equal(exec_busy(fixture.pool), 0);
    submit(fixture.pool, 3, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    next_is(fixture.pool, 3, SLIPWAY_DONE, "");
    exec_fixture_close(&fixture);
    assert_int_equal(stub_closed, 1);
}

static void a_stubborn_read_may_be_tried_again(void **state)
{
    (void)state;
    struct exec_fixture fixture =
        pool_of((struct exec_pool_options){.workers = 1, .grace_ms = 20});
    submit(fixture.pool, 1, EXEC_START, "stub.stubborn", SLIPWAY_READ, 10);
    next_is(fixture.pool, 1, SLIPWAY_RETRY, "did not return");
    (void)sem_post(&stub_release);
    logged(&fixture, "came back after all");
    exec_fixture_close(&fixture);
}

/* Threads are not replaced without end; when the last is gone, requests come back
   unissued, and when one returns, work goes on. */
static void replacement_has_a_limit(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of(
        (struct exec_pool_options){.workers = 1, .grace_ms = 20, .written_off_max = 1});
    submit(fixture.pool, 1, EXEC_START, "stub.stubborn", SLIPWAY_IDEMPOTENT, 10);
    next_is(fixture.pool, 1, SLIPWAY_UNKNOWN, "did not return");
    submit(fixture.pool, 2, EXEC_START, "stub.stubborn", SLIPWAY_IDEMPOTENT, 10);
    next_is(fixture.pool, 2, SLIPWAY_UNKNOWN, "did not return");
    logged(&fixture, "NOT replaced");
    submit(fixture.pool, 3, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    next_is(fixture.pool, 3, SLIPWAY_RETRY, "no thread is left");
    assert_int_equal(stub_started, 0);
    (void)sem_post(&stub_release);
    (void)sem_post(&stub_release);
    logged_times(&fixture, "came back after all", 2);
    submit(fixture.pool, 4, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    next_is(fixture.pool, 4, SLIPWAY_DONE, "");
    exec_fixture_close(&fixture);
}

static void stopping_answers_for_everybody(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 2});
    submit(fixture.pool, 1, EXEC_START, "stub.hold", SLIPWAY_IDEMPOTENT, 600000);
    submit(fixture.pool, 2, EXEC_START, "stub.hold", SLIPWAY_IDEMPOTENT, 600000);
    stub_wait(&stub_entered);
    stub_wait(&stub_entered);
    submit(fixture.pool, 3, EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE, 600000);
    submit(fixture.pool, 4, EXEC_POLL, "stub.answer", SLIPWAY_RECONCILABLE, 600000);
    exec_stop(fixture.pool, exec_now_ms() + 60000);
    submit(fixture.pool, 5, EXEC_START, "stub.answer", SLIPWAY_RECONCILABLE, 600000);
    static const enum slipway_outcome expected[] = {
        [1] = SLIPWAY_CANCELED, [2] = SLIPWAY_CANCELED, [3] = SLIPWAY_CANCELED,
        [4] = SLIPWAY_PENDING,  [5] = SLIPWAY_CANCELED,
    };
    int seen[6] = {0};
    struct exec_result results[8];
    size_t count = exec_collect(fixture.pool, results, ARRAY_LENGTH(results));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(results[i].outcome, expected[results[i].intent]);
        assert_true(results[i].canceled);
        seen[results[i].intent]++;
        exec_result_free(&results[i]);
    }
    for (size_t i = 1; i < ARRAY_LENGTH(seen); i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(exec_busy(fixture.pool), 0);
    assert_int_equal(stub_started, 0);
    exec_fixture_close(&fixture);
}

/* A thread that is stuck when slipway stops finds its plugin still open. */
static void stopping_does_not_wait_for_the_stubborn(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    submit(fixture.pool, 1, EXEC_START, "stub.stubborn", SLIPWAY_RECONCILABLE, 600000);
    stub_wait(&stub_entered);
    exec_stop(fixture.pool, exec_now_ms() + 20);
    next_is(fixture.pool, 1, SLIPWAY_UNKNOWN, "did not return");
    exec_destroy(fixture.pool);
    plugins_free(fixture.plugins);
    assert_int_equal(stub_closed, 0);
    (void)sem_post(&stub_release);
    logged(&fixture, "came back after all");
    for (int tries = 0; tries < 6000 && !stub_closed; tries++) {
        (void)poll(NULL, 0, 10);
        plugins_close_all(fixture.plugins);
    }
    assert_int_equal(stub_closed, 1);
    plugins_free(fixture.plugins);
    (void)fclose(fixture.log);
}

static void uncollected_results_are_freed(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 2});
    for (int64_t i = 0; i < 20; i++)
        submit(fixture.pool, i, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    assert_true(exec_wait(fixture.pool));
    exec_fixture_close(&fixture);
    assert_int_equal(stub_closed, 1);
}

/* It is over before anybody asks how far it is. */
static void what_a_short_look_said_of_its_progress_comes_with_its_result(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    submit(fixture.pool, 7, EXEC_START, "stub.short", SLIPWAY_IDEMPOTENT, 60000);
    struct exec_result result = exec_next(fixture.pool);
    assert_int_equal(result.outcome, SLIPWAY_PENDING);
    assert_string_equal(result.progress, "going down \\x1b[31m");
    assert_int_equal(result.percent, -1);
    exec_result_free(&result);
    exec_fixture_close(&fixture);
}

static void progress_reaches_the_owner(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    struct exec_progress seen[4];
    submit(fixture.pool, 6, EXEC_START, "stub.progress", SLIPWAY_IDEMPOTENT, 600000);
    assert_true(exec_wait(fixture.pool));
    assert_int_equal(exec_progress(fixture.pool, seen, 4), 1);
    assert_int_equal(seen[0].intent, 6);
    assert_int_equal(seen[0].percent, 42);
    assert_string_equal(seen[0].text, "copying \\x1b[31m");
    assert_int_equal(exec_progress(fixture.pool, seen, 4), 0);
    exec_cancel(fixture.pool, 6);
    next_is(fixture.pool, 6, SLIPWAY_CANCELED, "told to stop");
    exec_fixture_close(&fixture);
}

/* More results than fit: the descriptor stays readable until the last is out. */
static void the_descriptor_tells_the_truth(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){.workers = 1});
    struct pollfd fd = {.fd = exec_fd(fixture.pool), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0);
    for (int64_t i = 0; i < 3; i++)
        submit(fixture.pool, i, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    for (int64_t i = 0; i < 3; i++)
        next_is(fixture.pool, i, SLIPWAY_DONE, "");
    assert_int_equal(poll(&fd, 1, 0), 0);
    exec_fixture_close(&fixture);
}

static void plugins_are_tidied_now_and_then(void **state)
{
    (void)state;
    struct exec_fixture fixture =
        pool_of((struct exec_pool_options){.workers = 1, .tidy_ms = 2});
    submit(fixture.pool, 1, EXEC_START, "stub.echo", SLIPWAY_READ, 60000);
    next_is(fixture.pool, 1, SLIPWAY_DONE, "");
    for (int tries = 0; tries < 6000 && stub_tidied < 3; tries++)
        (void)poll(NULL, 0, 10);
    assert_true(stub_tidied >= 3);
    exec_fixture_close(&fixture);
}

static void an_idle_pool_starts_no_thread_and_ends_at_once(void **state)
{
    (void)state;
    struct exec_fixture fixture = pool_of((struct exec_pool_options){0});
    assert_int_equal(exec_busy(fixture.pool), 0);
    exec_fixture_close(&fixture);
    exec_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_hundred_through_eight),
        cmocka_unit_test(the_queue_is_fair),
        cmocka_unit_test(a_waiting_call_is_cancelled),
        cmocka_unit_test(a_cancelled_look_leaves_the_work_pending),
        cmocka_unit_test(a_queued_start_is_cancelled_unissued),
        cmocka_unit_test(a_call_waits_for_a_descriptor),
        cmocka_unit_test(a_stubborn_call_is_written_off),
        cmocka_unit_test(a_stubborn_read_may_be_tried_again),
        cmocka_unit_test(replacement_has_a_limit),
        cmocka_unit_test(stopping_answers_for_everybody),
        cmocka_unit_test(stopping_does_not_wait_for_the_stubborn),
        cmocka_unit_test(uncollected_results_are_freed),
        cmocka_unit_test(progress_reaches_the_owner),
        cmocka_unit_test(what_a_short_look_said_of_its_progress_comes_with_its_result),
        cmocka_unit_test(the_descriptor_tells_the_truth),
        cmocka_unit_test(plugins_are_tidied_now_and_then),
        cmocka_unit_test(an_idle_pool_starts_no_thread_and_ends_at_once),
    };
    json_init();
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
