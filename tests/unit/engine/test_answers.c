/*
 * test_answers.c - answers that are odd but happen: without a word, without a handle or
 * with another one, too late, too long; and what slipway makes of each.
 */
#include "desk.h"

#define SPACE  0 /* the step of the phase prepare: a read */
#define CHANGE 1

static struct playbook *book_of(struct desk *d)
{
    return &d->plan->playbook;
}

static struct desk *opened(void)
{
    struct desk *d = desk_create();
    desk_open(d);
    return d;
}

static struct desk *in_change(void)
{
    struct desk *d = opened();
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    return d;
}

static void handle_is(struct desk *d, const char *handle)
{
    if (!handle)
        assert_null(desk_activity(d)->handle);
    else
        assert_string_equal(desk_activity(d)->handle, handle);
}

static void pending(struct desk *d, const char *handle, const char *sentence)
{
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_PENDING;
    o.handle = handle;
    o.sentence = sentence;
    desk_answer(d, o);
}

static void expects(struct desk *d, enum expect_verdict verdict, const char *sentence)
{
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_DONE;
    o.expect = verdict;
    o.sentence = sentence;
    desk_answer(d, o);
}

/* ---- handles ---- */

static void a_handle_may_come_late_and_may_change(void **state)
{
    (void)state;
    static const struct {
        const char *given, *kept;
        int records; /* a handle that is known is not written again */
    } polls[] = {
        {NULL, NULL, 0},         {"task-1", "task-1", 1}, {"task-1", "task-1", 0},
        {"task-2", "task-2", 1}, {NULL, "task-2", 0},
    };
    struct desk *d = in_change();
    pending(d, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(polls); i++) {
        desk_wait(d);
        assert_int_equal(d->call.call, CALL_POLL);
        pending(d, polls[i].given, NULL);
        handle_is(d, polls[i].kept);
        assert_int_equal(d->new_records, polls[i].records);
    }
    desk_crash(d, 0);
    assert_int_equal(d->call.call, CALL_PROBE);
    assert_string_equal(d->call.handle, "task-2");
    desk_destroy(d);
}

/* Whoever gave a handle had begun; if it now says otherwise, that is not a late request. */
static void who_gave_a_handle_is_believed_at_once(void **state)
{
    (void)state;
    struct desk *d = in_change();
    int64_t key = d->call.key;
    pending(d, "task-1", NULL);
    desk_wait(d);
    desk_say(d, SLIPWAY_UNKNOWN, "the connection was lost");
    desk_wait(d);
    int64_t asked_ms = d->now_ms;
    desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, "there is no such task");
    assert_int_equal(d->call.call, CALL_START);
    assert_int_equal(d->call.key, key);
    assert_int_equal(d->now_ms, asked_ms);
    desk_destroy(d);
}

/* ---- without a word ---- */

static void a_failure_without_a_word_is_a_failure(void **state)
{
    (void)state;
    struct desk *d = opened();
    desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
    desk_say(d, SLIPWAY_FAILED, NULL);
    desk_is(d, TARGET_FAILED, "no reason was given");
    desk_destroy(d);
}

static void advice_needs_something_that_it_is_for(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->steps[SPACE].op.advice = xstrdup("remove old files");
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
    desk_say(d, SLIPWAY_FAILED, NULL);
    desk_is(d, TARGET_FAILED, "no reason was given");
    assert_null(strstr(desk_target(d)->reason, "remove old files"));
    desk_destroy(d);
}

static void a_read_that_says_nothing_is_made_again(void **state)
{
    (void)state;
    struct desk *d = opened();
    desk_until(d, ACTIVITY_READ, 0, TARGET_PREPARING);
    desk_say(d, SLIPWAY_RETRY, NULL);
    assert_string_equal(desk_activity(d)->sentence, "no answer");
    desk_wait(d);
    assert_int_equal(d->call.activity, ACTIVITY_READ);
    desk_say(d, SLIPWAY_RETRY, "it is starting");
    assert_string_equal(desk_activity(d)->sentence, "it is starting");
    desk_destroy(d);
}

/* A probe that cannot say, and does not say why. */
static void a_doubt_that_nobody_explains_is_still_told(void **state)
{
    (void)state;
    struct desk *d = in_change();
    desk_say(d, SLIPWAY_UNKNOWN, NULL);
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, NULL);
    }
    desk_is(d, TARGET_PARKED, "step in doubt: nobody can say what became of it");
    desk_destroy(d);
}

/* ---- not as expected ---- */

/* An expression that cannot be evaluated has not been fulfilled. */
static void an_expectation_that_cannot_be_evaluated_is_not_met(void **state)
{
    (void)state;
    static const enum expect_verdict verdicts[] = {EXPECTED_FALSE, EXPECTED_ERROR};
    for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
        struct desk *d = opened();
        desk_until(d, ACTIVITY_STEP, SPACE, TARGET_PREPARING);
        expects(d, verdicts[i], NULL);
        desk_is(d, TARGET_FAILED, "step space: the result is not as expected");
        desk_destroy(d);
        d = in_change();
        expects(d, verdicts[i], "no such column: free");
        desk_is(d, TARGET_ROLLING_BACK, "step upgrade1: no such column: free");
        desk_destroy(d);
    }
}

/* The guard has no expectation of its own, but a plugin may say that its result is wrong. */
static void a_guard_that_is_not_as_expected_keeps_everything_as_it_is(void **state)
{
    (void)state;
    struct desk *d = opened();
    desk_until(d, ACTIVITY_GUARD, CHANGE, TARGET_SNAPSHOTTING);
    expects(d, EXPECTED_FALSE, NULL);
    desk_is(d, TARGET_FAILED, "step guard: the result is not as expected");
    desk_destroy(d);
}

/* ---- too late, too long ---- */

/* The answer to the only look came after the time for looking was over. */
static void a_look_before_the_change_that_takes_too_long_has_no_data(void **state)
{
    (void)state;
    struct desk *d = opened();
    desk_until(d, ACTIVITY_CHECK, 1, TARGET_PREPARING);
    d->now_ms += book_of(d)->checks[1].op.timeout_ms + 1;
    desk_say(d, SLIPWAY_RETRY, "timed out");
    assert_int_equal(desk_target(d)->baseline[1], VERDICT_NO_DATA);
    desk_is(d, TARGET_SNAPSHOTTING, NULL);
    desk_destroy(d);
}

static void what_has_no_end_is_no_version(void **state)
{
    (void)state;
    struct desk *d = opened();
    auto_free char *longest = xasprintf("%0256d", 0), *longer = xasprintf("%0257d", 0);
    desk_until(d, ACTIVITY_READ, 0, TARGET_PREPARING);
    desk_value(d, longest);
    assert_string_equal(desk_target(d)->version_now, longest);
    desk_value(d, longer);
    desk_is(d, TARGET_FAILED, "the version could not be read: 257 bytes are none");
    desk_destroy(d);
}

/* ---- while slipway drains ---- */

static void goes_on(struct desk *d)
{
    engine_undrain(d->engine);
    desk_pass(d, 1);
}

/* First Ctrl-C: what is out comes back, and nothing new goes out until it goes on. */
static void a_drain_sends_nothing_whatever_is_due(void **state)
{
    (void)state;
    struct desk *d = opened(); /* a read that has to be made again */
    desk_until(d, ACTIVITY_READ, 0, TARGET_PREPARING);
    engine_drain(d->engine);
    desk_say(d, SLIPWAY_RETRY, "busy");
    desk_assert_quiet(d);
    goes_on(d);
    assert_int_equal(d->call.activity, ACTIVITY_READ);
    desk_destroy(d);

    d = in_change(); /* a job that is asked about from time to time */
    desk_say(d, SLIPWAY_PENDING, NULL);
    engine_drain(d->engine);
    d->now_ms += 30000;
    desk_pass(d, 60000);
    assert_int_equal(d->call.call, CALL_NONE);
    goes_on(d);
    assert_int_equal(d->call.call, CALL_POLL);
    desk_say(d, SLIPWAY_UNKNOWN, "lost"); /* and one in doubt */
    engine_drain(d->engine);
    desk_pass(d, 60000);
    assert_int_equal(d->call.call, CALL_NONE);
    goes_on(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    desk_destroy(d);
}

/* It was approved while nobody ran it: the next `slipway run` starts it. */
static void an_approval_during_a_drain_starts_nothing(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    d->plan->approval_required = true;
    desk_open(d);
    engine_drain(d->engine);
    desk_command(d, (struct command){.verb = VERB_APPROVE, .target = -1, .wave = -1});
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_READY);
    desk_crash(d, 1000);
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_RUNNING);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_may_come_late_and_may_change),
        cmocka_unit_test(who_gave_a_handle_is_believed_at_once),
        cmocka_unit_test(a_failure_without_a_word_is_a_failure),
        cmocka_unit_test(advice_needs_something_that_it_is_for),
        cmocka_unit_test(a_read_that_says_nothing_is_made_again),
        cmocka_unit_test(a_doubt_that_nobody_explains_is_still_told),
        cmocka_unit_test(an_expectation_that_cannot_be_evaluated_is_not_met),
        cmocka_unit_test(a_guard_that_is_not_as_expected_keeps_everything_as_it_is),
        cmocka_unit_test(a_look_before_the_change_that_takes_too_long_has_no_data),
        cmocka_unit_test(what_has_no_end_is_no_version),
        cmocka_unit_test(a_drain_sends_nothing_whatever_is_due),
        cmocka_unit_test(an_approval_during_a_drain_starts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
