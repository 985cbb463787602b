/*
 * test_steps.c - one step of one target: what every answer to a start, a poll and a
 * probe leads to, for every class of operation; attempts, deadlines, doubt, and a
 * crash in every state.
 */
#include "desk.h"

/* The change step of the plan is step 1. */
#define CHANGE 1

enum then {
    THEN_CHECKS,    /* it is done: the checks follow                      */
    THEN_START,     /* issued again, with a new intent, after some time   */
    THEN_READ,      /* read again, after some time                        */
    THEN_POLL,      /* under way: polled after some time                  */
    THEN_PROBE,     /* in doubt: asked after some time                    */
    THEN_ROLL_BACK, /* certainly failed                                   */
    THEN_PARK,      /* a human is asked, nothing goes out any more        */
};

static struct desk *open_with(enum slipway_class repeat, int retries,
                              enum on_failure on_failure)
{
    struct desk *d = desk_create();
    struct step *step = &d->plan->playbook.steps[CHANGE];
    step->op.repeat = repeat;
    step->retries = retries;
    step->on_failure = on_failure;
    desk_open(d);
    return d;
}

/* The change step has just been asked for. */
static struct desk *at_start(enum slipway_class repeat)
{
    struct desk *d = open_with(repeat, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_int_equal(d->call.call, CALL_START);
    assert_int_equal(d->call.intent > 0, repeat != SLIPWAY_READ);
    return d;
}

static struct desk *at_poll(enum slipway_class repeat)
{
    struct desk *d = at_start(repeat);
    desk_say(d, SLIPWAY_PENDING, NULL);
    assert_int_equal(desk_activity(d)->state, STEP_RUNNING);
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_POLL);
    assert_string_equal(d->call.handle, "job-1");
    return d;
}

static struct desk *at_probe(void)
{
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    desk_say(d, SLIPWAY_UNKNOWN, "connection reset");
    assert_int_equal(desk_activity(d)->state, STEP_IN_DOUBT);
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    return d;
}

/* `intent` is the one that was answered. */
static void follows(struct desk *d, enum then then, int64_t intent)
{
    const struct activity_state *a = desk_activity(d);
    int64_t began_ms = d->now_ms;
    switch (then) {
    case THEN_CHECKS:
        desk_is(d, TARGET_CHECKING, NULL);
        return;
    case THEN_ROLL_BACK:
        desk_is(d, TARGET_ROLLING_BACK, "the disk is full");
        assert_int_equal(d->call.activity, ACTIVITY_REVERT);
        return;
    case THEN_PARK:
        desk_is(d, TARGET_PARKED, "in doubt");
        assert_int_equal(a->state, STEP_IN_DOUBT);
        assert_int_equal(a->intent, intent);
        desk_assert_quiet(d);
        return;
    default:
        desk_is(d, TARGET_CHANGING, NULL);
        assert_int_equal(d->call.call, CALL_NONE); /* never at once */
        desk_wait(d);
        assert_true(d->now_ms > began_ms);
        assert_int_equal(d->call.activity, ACTIVITY_STEP);
    }
    static const enum call calls[] = {[THEN_START] = CALL_START,
                                      [THEN_READ] = CALL_START,
                                      [THEN_POLL] = CALL_POLL,
                                      [THEN_PROBE] = CALL_PROBE};
    assert_int_equal(d->call.call, calls[then]);
    if (then == THEN_START)
        assert_true(d->call.intent > intent);
    else
        assert_int_equal(d->call.intent, intent);
}

/* ---- answers to a start ---- */

static const struct {
    enum slipway_outcome outcome;
    enum then read, idempotent, reconcilable, opaque;
} starts[] = {
    {SLIPWAY_DONE, THEN_CHECKS, THEN_CHECKS, THEN_CHECKS, THEN_CHECKS},
    {SLIPWAY_PENDING, THEN_READ, THEN_POLL, THEN_POLL, THEN_POLL},
    {SLIPWAY_RETRY, THEN_READ, THEN_START, THEN_START, THEN_START},
    {SLIPWAY_FAILED, THEN_ROLL_BACK, THEN_ROLL_BACK, THEN_ROLL_BACK, THEN_ROLL_BACK},
    {SLIPWAY_REFUSED, THEN_ROLL_BACK, THEN_ROLL_BACK, THEN_ROLL_BACK, THEN_ROLL_BACK},
    {SLIPWAY_UNKNOWN, THEN_READ, THEN_START, THEN_PROBE, THEN_PARK},
    {SLIPWAY_CANCELED, THEN_READ, THEN_START, THEN_START, THEN_START},
};

static void every_answer_to_a_start_in_every_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
        const enum then thens[] = {starts[i].read, starts[i].idempotent,
                                   starts[i].reconcilable, starts[i].opaque};
        for (int class = SLIPWAY_READ; class <= SLIPWAY_OPAQUE; class ++) {
            struct desk *d = at_start((enum slipway_class) class);
            int64_t intent = d->call.intent;
            desk_say(d, starts[i].outcome, "the disk is full");
            follows(d, thens[class], intent);
            desk_destroy(d);
        }
    }
}

/* ---- answers to a poll ---- */

/* A poll that is refused (a password was changed) says nothing about the job. */
static const struct {
    enum slipway_outcome outcome;
    enum then idempotent, reconcilable, opaque;
} polls[] = {
    {SLIPWAY_DONE, THEN_CHECKS, THEN_CHECKS, THEN_CHECKS},
    {SLIPWAY_PENDING, THEN_POLL, THEN_POLL, THEN_POLL},
    {SLIPWAY_RETRY, THEN_POLL, THEN_POLL, THEN_POLL},
    {SLIPWAY_FAILED, THEN_ROLL_BACK, THEN_ROLL_BACK, THEN_ROLL_BACK},
    {SLIPWAY_REFUSED, THEN_PROBE, THEN_PROBE, THEN_PARK},
    {SLIPWAY_UNKNOWN, THEN_PROBE, THEN_PROBE, THEN_PARK},
    {SLIPWAY_CANCELED, THEN_POLL, THEN_POLL, THEN_POLL},
};

static void every_answer_to_a_poll_in_every_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(polls); i++) {
        const enum then thens[] = {[SLIPWAY_IDEMPOTENT] = polls[i].idempotent,
                                   [SLIPWAY_RECONCILABLE] = polls[i].reconcilable,
                                   [SLIPWAY_OPAQUE] = polls[i].opaque};
        for (int class = SLIPWAY_IDEMPOTENT; class <= SLIPWAY_OPAQUE; class ++) {
            struct desk *d = at_poll((enum slipway_class) class);
            int64_t intent = d->call.intent;
            desk_say(d, polls[i].outcome, "the disk is full");
            follows(d, thens[class], intent);
            desk_destroy(d);
        }
    }
}

/* ---- answers to a probe ---- */

static const struct {
    enum slipway_probe probe;
    enum then then;
} probes[] = {
    {SLIPWAY_PROBE_NOT_STARTED, THEN_START}, {SLIPWAY_PROBE_RUNNING, THEN_POLL},
    {SLIPWAY_PROBE_DONE, THEN_CHECKS},       {SLIPWAY_PROBE_FAILED, THEN_ROLL_BACK},
    {SLIPWAY_PROBE_UNKNOWN, THEN_PROBE},
};

static void every_answer_to_a_probe(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(probes); i++) {
        struct desk *d = at_probe();
        int64_t intent = d->call.intent;
        desk_probe(d, probes[i].probe, "the disk is full");
        if (probes[i].then == THEN_START)
            assert_true(d->call.call == CALL_START && d->call.intent > intent);
        else
            follows(d, probes[i].then, intent);
        desk_destroy(d);
    }
}

/* The executor could not ask: whatever stands in its answer, nothing was found. */
static void a_probe_that_was_not_made_has_found_nothing(void **state)
{
    (void)state;
    static const enum slipway_outcome outcomes[] = {SLIPWAY_RETRY, SLIPWAY_REFUSED,
                                                    SLIPWAY_UNKNOWN, SLIPWAY_CANCELED};
    for (size_t i = 0; i < ARRAY_LENGTH(outcomes); i++) {
        struct desk *d = at_probe();
        struct outcome o = desk_outcome(d);
        int64_t intent = d->call.intent;
        o.outcome = outcomes[i];
        o.probe = SLIPWAY_PROBE_NOT_STARTED;
        desk_answer(d, o);
        follows(d, THEN_PROBE, intent);
        desk_destroy(d);
    }
}

/* What is not among the answers counts as no answer. */
static void an_answer_that_does_not_exist_is_no_answer(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    int64_t intent = d->call.intent;
    desk_say(d, (enum slipway_outcome)99, "nonsense");
    follows(d, THEN_PROBE, intent);
    desk_probe(d, (enum slipway_probe)99, "nonsense");
    follows(d, THEN_PROBE, intent);
    desk_destroy(d);
}

/* ---- attempts ---- */

static void retries_are_counted_and_then_it_is_over(void **state)
{
    (void)state;
    for (int retries = 0; retries <= 3; retries++) {
        struct desk *d = open_with(SLIPWAY_RECONCILABLE, retries, ON_FAILURE_ROLLBACK);
        desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
        for (int attempt = 0; attempt <= retries; attempt++) {
            assert_int_equal(d->call.call, CALL_START);
            assert_int_equal(d->call.attempt, attempt);
            desk_say(d, SLIPWAY_FAILED, "rc 1");
            if (attempt < retries)
                desk_wait(d);
        }
        desk_is(d, TARGET_ROLLING_BACK, "rc 1");
        assert_int_equal(d->calls_of[ACTIVITY_STEP][0],
                         1 + retries + 1); /* and `space` */
        desk_destroy(d);
    }
}

/* A failure that a poll or a probe reports is an attempt too; a refusal ends it. */
static void every_kind_of_failure_is_an_attempt(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_RECONCILABLE, 3, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_PENDING, NULL);
    desk_wait(d);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_wait(d);
    assert_int_equal(d->call.attempt, 1);
    desk_say(d, SLIPWAY_UNKNOWN, "reset");
    desk_wait(d);
    desk_probe(d, SLIPWAY_PROBE_FAILED, "rc 2");
    desk_wait(d);
    assert_int_equal(d->call.attempt, 2);
    desk_check(d, EXPECTED_FALSE); /* done, but not as expected */
    desk_wait(d);
    assert_int_equal(d->call.attempt, 3);
    desk_destroy(d);

    d = open_with(SLIPWAY_RECONCILABLE, 3, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_REFUSED, "the disk is full");
    follows(d, THEN_ROLL_BACK, 0);
    desk_destroy(d);
}

/* "Try later" is no attempt, is paced, and ends with the step's time. */
static void trying_later_ends_with_the_steps_time(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    int64_t began_ms = d->now_ms, before_ms;
    int rounds = 0;
    for (; desk_target(d)->state == TARGET_CHANGING; rounds++) {
        assert_int_equal(d->call.attempt, 0);
        before_ms = d->now_ms;
        desk_say(d, SLIPWAY_RETRY, "a task is in progress");
        if (desk_target(d)->state != TARGET_CHANGING)
            break;
        desk_wait(d);
        assert_in_range(d->now_ms - before_ms, 1000, 75000);
    }
    desk_is(d, TARGET_ROLLING_BACK, "a task is in progress");
    assert_in_range(d->now_ms - began_ms, 3500000, 3600000);
    assert_in_range(rounds, 40, 80);
    desk_destroy(d);
}

/* A connection that is always lost, and never anything begun: not for ever. */
static void never_starting_ends_with_the_steps_time(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    int64_t began_ms = d->now_ms;
    int rounds = 0;
    while (desk_target(d)->state == TARGET_CHANGING && rounds++ < 10000) {
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
        else
            desk_say(d, SLIPWAY_UNKNOWN, "connection reset");
        if (desk_target(d)->state == TARGET_CHANGING && d->call.call == CALL_NONE)
            desk_wait(d);
    }
    desk_is(d, TARGET_ROLLING_BACK, "never started");
    assert_in_range(d->now_ms - began_ms, 3000000, 3700000);
    desk_destroy(d);
}

/* The other side may ask for any pace; it gets one within reason. */
static void no_pace_is_too_slow_or_too_fast(void **state)
{
    (void)state;
    static const int64_t asked[] = {INT64_MAX, -5, 1, 86400000};
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        struct desk *d = at_probe();
        struct outcome o = desk_outcome(d);
        int64_t before_ms = d->now_ms;
        o.probe = SLIPWAY_PROBE_UNKNOWN;
        o.look_again_ms = asked[i];
        desk_answer(d, o);
        desk_wait(d);
        assert_in_range(d->now_ms - before_ms, 1, 3600000);
        desk_destroy(d);

        d = at_start(SLIPWAY_RECONCILABLE);
        o = desk_outcome(d);
        before_ms = d->now_ms;
        o.outcome = SLIPWAY_RETRY;
        o.look_again_ms = asked[i];
        desk_answer(d, o);
        if (desk_target(d)->state == TARGET_CHANGING) {
            desk_wait(d);
            assert_in_range(d->now_ms - before_ms, 1, 3600000);
        }
        desk_destroy(d);
    }
}

/* ---- deadlines ---- */

static void a_step_that_never_ends_is_asked_about_and_parked(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    int64_t began_ms = d->now_ms;
    int polls_made = 0;
    desk_say(d, SLIPWAY_PENDING, NULL);
    for (desk_wait(d); d->call.call == CALL_POLL; desk_wait(d), polls_made++)
        desk_say(d, SLIPWAY_PENDING, "42 %");
    assert_int_equal(d->now_ms - began_ms, 3600000);
    assert_in_range(polls_made, 100, 400);
    desk_probe(d, SLIPWAY_PROBE_RUNNING, "42 %");
    desk_is(d, TARGET_PARKED, "still running after its 1h");
    desk_assert_quiet(d);
    assert_int_equal(d->calls_of[ACTIVITY_REVERT][0], 0);
    desk_destroy(d);
}

/* It ended just in time, only nobody had looked. */
static void what_ended_in_time_is_done_at_the_deadline(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    desk_say(d, SLIPWAY_PENDING, NULL);
    for (desk_wait(d); d->call.call == CALL_POLL; desk_wait(d))
        desk_say(d, SLIPWAY_PENDING, "42 %");
    desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    desk_is(d, TARGET_CHECKING, NULL);
    desk_destroy(d);
}

/* A gate has no job to ask about: at its deadline a human is asked. */
static void an_opaque_step_parks_at_its_deadline(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_OPAQUE);
    int64_t intent = d->call.intent;
    desk_say(d, SLIPWAY_PENDING, NULL);
    for (int i = 0; i < 5000 && desk_target(d)->state == TARGET_CHANGING; i++) {
        if (d->call.call == CALL_POLL)
            desk_say(d, SLIPWAY_PENDING, NULL);
        else
            desk_pass(d, 60000);
    }
    follows(d, THEN_PARK, intent);
    assert_int_equal(d->calls_of[ACTIVITY_STEP][2], 0);
    desk_destroy(d);
}

static void asking_in_vain_ends_in_a_human(void **state)
{
    (void)state;
    struct desk *d = at_probe();
    int64_t intent = d->call.intent, began_ms = d->now_ms;
    int asked = 0;
    for (; desk_target(d)->state == TARGET_CHANGING; asked++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "no route to host");
    }
    int64_t took_ms = d->now_ms - began_ms;
    desk_is(d, TARGET_PARKED, "no route to host");
    follows(d, THEN_PARK, intent);
    assert_in_range(took_ms, 3590000, 3680000); /* the step's hour */
    assert_in_range(asked, 50, 100);
    desk_destroy(d);
}

/* ---- doubt ---- */

/* "No task, no snapshot" proves something only when nothing can come any more. */
static void not_started_counts_only_after_the_settle_time(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_RECONCILABLE, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    desk_pass(d, 1); /* the call is out; time is what the executor takes */
    d->now_ms += 40000;
    int64_t intent = d->call.intent, lost_ms = d->now_ms;
    desk_say(d, SLIPWAY_UNKNOWN, "time-out");
    int asked = 0;
    for (;; asked++) {
        desk_wait(d);
        if (d->call.call == CALL_START)
            break;
        desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
        if (d->call.call == CALL_START)
            break;
    }
    assert_true(d->call.intent > intent);
    assert_true(d->now_ms - lost_ms >= 60000);
    assert_in_range(asked, 1, 20);
    desk_destroy(d);
}

static void a_crash_does_not_shorten_the_settle_time(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_RECONCILABLE, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    int64_t lost_ms = d->now_ms;
    desk_say(d, SLIPWAY_UNKNOWN, "time-out");
    for (int i = 0; i < 5; i++) { /* killed again and again */
        desk_crash(d, 1000);
        if (d->call.call == CALL_NONE)
            desk_pass(d, 3000);
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
        assert_int_not_equal(d->call.call, CALL_START);
    }
    while (d->call.call != CALL_START) {
        desk_wait(d);
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    }
    assert_true(d->now_ms - lost_ms >= 60000);
    desk_destroy(d);
}

/* Nor does an answer that comes late, to a probe that looked too early. */
static void a_slow_probe_tells_of_when_it_was_sent(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_RECONCILABLE, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_UNKNOWN, "time-out");
    desk_wait(d);
    d->now_ms += 120000;
    desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    assert_int_equal(desk_activity(d)->state, STEP_IN_DOUBT);
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
    assert_int_equal(d->call.call, CALL_START);
    desk_destroy(d);
}

/* A late answer to a lost call finds nobody. */
static void an_answer_that_nobody_waits_for_changes_nothing(void **state)
{
    (void)state;
    struct desk *d = at_probe();
    struct outcome late = desk_outcome(d);
    late.call_id--; /* the start's */
    late.outcome = SLIPWAY_DONE;
    struct action kept = d->call;
    auto_free char *before = engine_fingerprint(d->engine);
    struct input input = {.kind = INPUT_OUTCOME, .outcome = late};
    desk_input(d, &input);
    input.outcome.target = -1;
    desk_input(d, &input);
    input.outcome.target = 1;
    desk_input(d, &input);
    auto_free char *after = engine_fingerprint(d->engine);
    assert_string_equal(before, after);
    assert_int_equal(d->call.call_id, kept.call_id);
    assert_int_equal(engine_calls_outstanding(d->engine), 1);
    desk_destroy(d);
}

/* A snapshot that the manager does not name cannot be gone back to. */
static void a_snapshot_without_a_name_is_in_doubt(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_RECONCILABLE, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    desk_say(d, SLIPWAY_DONE, NULL);
    assert_int_equal(desk_activity(d)->state, STEP_IN_DOUBT);
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    struct outcome o = desk_outcome(d);
    o.probe = SLIPWAY_PROBE_DONE;
    desk_answer(d, o); /* again without a name */
    desk_is(d, TARGET_SNAPSHOTTING, NULL);
    assert_int_equal(desk_activity(d)->state, STEP_IN_DOUBT);
    desk_wait(d);
    o = desk_outcome(d);
    o.probe = SLIPWAY_PROBE_DONE;
    o.value = "snapshot-9";
    desk_answer(d, o);
    desk_is(d, TARGET_CHANGING, NULL);
    assert_string_equal(desk_target(d)->snapshots[0].reference, "snapshot-9");
    desk_destroy(d);
}

/* ---- a crash in every state ---- */

static const struct {
    enum step_state_id state;
    enum slipway_class repeat;
    enum then then;
} crashes[] = {
    {STEP_ISSUED, SLIPWAY_IDEMPOTENT, THEN_START},
    {STEP_ISSUED, SLIPWAY_RECONCILABLE, THEN_PROBE},
    {STEP_ISSUED, SLIPWAY_OPAQUE, THEN_PARK},
    {STEP_RUNNING, SLIPWAY_IDEMPOTENT, THEN_POLL},
    {STEP_RUNNING, SLIPWAY_RECONCILABLE, THEN_PROBE},
    {STEP_RUNNING, SLIPWAY_OPAQUE, THEN_POLL},
    {STEP_IN_DOUBT, SLIPWAY_RECONCILABLE, THEN_PROBE},
    {STEP_WAITING, SLIPWAY_IDEMPOTENT, THEN_START},
    {STEP_WAITING, SLIPWAY_RECONCILABLE, THEN_START},
    {STEP_WAITING, SLIPWAY_OPAQUE, THEN_START},
};

static void a_crash_in_every_state(void **state)
{
    (void)state;
    static const enum call calls[] = {
        [THEN_START] = CALL_START, [THEN_POLL] = CALL_POLL, [THEN_PROBE] = CALL_PROBE};
    for (size_t i = 0; i < ARRAY_LENGTH(crashes); i++) {
        struct desk *d = at_start(crashes[i].repeat);
        int64_t intent = d->call.intent;
        if (crashes[i].state == STEP_RUNNING)
            desk_say(d, SLIPWAY_PENDING, NULL);
        if (crashes[i].state == STEP_IN_DOUBT)
            desk_say(d, SLIPWAY_UNKNOWN, "reset");
        if (crashes[i].state == STEP_WAITING)
            desk_say(d, SLIPWAY_RETRY, "busy");
        assert_int_equal(desk_activity(d)->state, crashes[i].state);
        desk_crash(d, 5000);
        if (crashes[i].then == THEN_PARK) {
            follows(d, THEN_PARK, intent);
        } else {
            if (d->call.call == CALL_NONE)
                desk_wait(d);
            assert_int_equal(d->call.call, calls[crashes[i].then]);
            assert_int_equal(d->call.intent > intent, crashes[i].then == THEN_START);
            if (crashes[i].state == STEP_RUNNING)
                assert_string_equal(d->call.handle, "job-1");
        }
        desk_destroy(d);
    }
}

/* Killed once more before the first answer, and once more: still asked, never sent. */
static void crash_upon_crash_only_asks(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_RECONCILABLE);
    for (int i = 0; i < 5; i++) {
        desk_crash(d, 100);
        assert_int_equal(desk_activity(d)->state, STEP_IN_DOUBT);
        assert_int_equal(d->calls_of[ACTIVITY_STEP][0], 2);
    }
    if (d->call.call == CALL_NONE)
        desk_wait(d);
    desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    desk_is(d, TARGET_CHECKING, NULL);
    desk_destroy(d);
}

/* Being away does not use up the time that an appliance has to answer again. */
static void being_away_convicts_nobody(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_RECONCILABLE, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_CHECK, 1, TARGET_CHECKING);
    desk_crash(d, 3600000);
    assert_int_equal(d->call.activity, ACTIVITY_CHECK);
    desk_say(d, SLIPWAY_RETRY, "connection refused");
    desk_is(d, TARGET_CHECKING, NULL); /* one look after an hour is not a verdict */
    desk_wait(d);
    desk_check(d, EXPECTED_TRUE);
    desk_destroy(d);

    d = open_with(SLIPWAY_RECONCILABLE, 0, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_READ, 0, TARGET_CHECKING);
    desk_crash(d, 3600000);
    assert_int_equal(d->call.activity, ACTIVITY_READ);
    desk_say(d, SLIPWAY_RETRY, "connection refused");
    desk_is(d, TARGET_CHECKING, NULL);
    desk_destroy(d);
}

/* ---- class read in the change ---- */

static void a_read_step_leaves_no_intent_and_is_lost_without_harm(void **state)
{
    (void)state;
    struct desk *d = at_start(SLIPWAY_READ);
    assert_int_equal(desk_activity(d)->state, STEP_WAITING);
    desk_crash(d, 10);
    assert_int_equal(d->call.call, CALL_START);
    assert_int_equal(d->call.intent, 0);
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_is(d, TARGET_CHECKING, NULL);
    assert_false(desk_target(d)->changed);
    desk_destroy(d);
}

static void a_read_step_that_fails_is_read_again_as_often_as_it_may(void **state)
{
    (void)state;
    struct desk *d = open_with(SLIPWAY_READ, 2, ON_FAILURE_ROLLBACK);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    for (int attempt = 0; attempt < 3; attempt++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        assert_int_equal(d->call.attempt, attempt);
        desk_check(d, EXPECTED_FALSE);
    }
    desk_is(d, TARGET_ROLLING_BACK, "not as expected");
    desk_destroy(d);
}

/* ---- limits ---- */

/* Waiting for room is not the step's time, and whoever asks is told what it waits for. */
static void waiting_for_room_does_not_use_up_the_time(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    *vec_push(d->plan->limits, d->plan->limit_count, d->plan->limit_room) =
        (struct plan_cap){xstrdup("manager=m"), 1};
    d->plan->targets[0].manager_limit = 0;
    desk_open(d);
    desk_until(d, ACTIVITY_GUARD, CHANGE, TARGET_SNAPSHOTTING);
    desk_command(d, (struct command){.verb = VERB_SET,
                                     .target = -1,
                                     .wave = -1,
                                     .setting = "limit:manager=m",
                                     .number = 0});
    desk_say(d, SLIPWAY_DONE, NULL);
    assert_int_equal(d->call.call, CALL_NONE);
    assert_string_equal(engine_state(d->engine)->targets[0].activity.sentence,
                        "waits for a place: the limit manager=m allows 0 at once");
    desk_pass(d, 7200000); /* two hours; a snapshot may take half an hour */
    desk_command(d, (struct command){.verb = VERB_SET,
                                     .target = -1,
                                     .wave = -1,
                                     .setting = "limit:manager=m",
                                     .number = 1});
    assert_int_equal(d->call.activity, ACTIVITY_GUARD); /* that look was an old one */
    desk_say(d, SLIPWAY_DONE, NULL);
    assert_int_equal(d->call.activity, ACTIVITY_SNAPSHOT);
    desk_say(d, SLIPWAY_RETRY, "a task is in progress");
    desk_is(d, TARGET_SNAPSHOTTING, NULL);
    desk_wait(d);
    assert_int_equal(d->call.activity, ACTIVITY_SNAPSHOT);
    desk_destroy(d);
}

/* Nor is waiting for people: two hours of lunch convict nobody. */
static void a_pause_does_not_use_up_the_time(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 0, TARGET_PREPARING);
    desk_say(d, SLIPWAY_RETRY, "connection refused");
    desk_verb(d, VERB_PAUSE, -1);
    desk_pass(d, 7200000);
    assert_int_equal(d->call.call, CALL_NONE);
    desk_verb(d, VERB_UNPAUSE, -1);
    assert_int_equal(d->call.call, CALL_START);
    desk_say(d, SLIPWAY_RETRY, "connection refused");
    desk_is(d, TARGET_PREPARING, NULL);
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_START);
    desk_destroy(d);
}

/* Say so until it is believed. */
static void never_began(struct desk *d)
{
    while (d->call.call == CALL_PROBE) {
        desk_probe(d, SLIPWAY_PROBE_NOT_STARTED, NULL);
        if (d->call.call == CALL_NONE)
            desk_wait(d);
    }
}

/* Nobody could say for long what became of it. A human asks again, and it never began. */
static void what_never_began_is_begun_when_a_human_asks_again(void **state)
{
    (void)state;
    struct desk *d = at_probe();
    for (int i = 0; i < 500 && desk_target(d)->state != TARGET_PARKED; i++) {
        desk_probe(d, SLIPWAY_PROBE_UNKNOWN, "no answer");
        if (desk_target(d)->state != TARGET_PARKED)
            desk_wait(d);
    }
    desk_is(d, TARGET_PARKED, "in doubt");
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.call, CALL_PROBE);
    never_began(d);
    desk_is(d, TARGET_CHANGING, NULL);
    assert_int_equal(d->call.call, CALL_START);
    desk_destroy(d);
}

/* The first request stalled on its way, and the second was turned away for good: the first
   may have come through since. */
static void what_stalled_is_asked_about_before_it_is_called_a_failure(void **state)
{
    (void)state;
    struct desk *d = at_probe();
    never_began(d);
    assert_int_equal(d->call.call, CALL_START);
    desk_say(d, SLIPWAY_REFUSED, "the password is wrong"); /* not to be tried again */
    desk_is(d, TARGET_PARKED, "in doubt: the password is wrong");
    desk_assert_quiet(d);
    desk_verb(d, VERB_RETRY, 0);
    assert_int_equal(d->call.call, CALL_PROBE);
    desk_probe(d, SLIPWAY_PROBE_DONE, NULL);
    desk_is(d, TARGET_CHECKING, NULL);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_to_a_start_in_every_class),
        cmocka_unit_test(every_answer_to_a_poll_in_every_class),
        cmocka_unit_test(every_answer_to_a_probe),
        cmocka_unit_test(a_probe_that_was_not_made_has_found_nothing),
        cmocka_unit_test(an_answer_that_does_not_exist_is_no_answer),
        cmocka_unit_test(retries_are_counted_and_then_it_is_over),
        cmocka_unit_test(every_kind_of_failure_is_an_attempt),
        cmocka_unit_test(trying_later_ends_with_the_steps_time),
        cmocka_unit_test(never_starting_ends_with_the_steps_time),
        cmocka_unit_test(no_pace_is_too_slow_or_too_fast),
        cmocka_unit_test(a_step_that_never_ends_is_asked_about_and_parked),
        cmocka_unit_test(what_ended_in_time_is_done_at_the_deadline),
        cmocka_unit_test(an_opaque_step_parks_at_its_deadline),
        cmocka_unit_test(asking_in_vain_ends_in_a_human),
        cmocka_unit_test(not_started_counts_only_after_the_settle_time),
        cmocka_unit_test(a_slow_probe_tells_of_when_it_was_sent),
        cmocka_unit_test(a_crash_does_not_shorten_the_settle_time),
        cmocka_unit_test(an_answer_that_nobody_waits_for_changes_nothing),
        cmocka_unit_test(a_snapshot_without_a_name_is_in_doubt),
        cmocka_unit_test(a_crash_in_every_state),
        cmocka_unit_test(crash_upon_crash_only_asks),
        cmocka_unit_test(being_away_convicts_nobody),
        cmocka_unit_test(a_read_step_leaves_no_intent_and_is_lost_without_harm),
        cmocka_unit_test(a_read_step_that_fails_is_read_again_as_often_as_it_may),
        cmocka_unit_test(waiting_for_room_does_not_use_up_the_time),
        cmocka_unit_test(a_pause_does_not_use_up_the_time),
        cmocka_unit_test(what_never_began_is_begun_when_a_human_asks_again),
        cmocka_unit_test(what_stalled_is_asked_about_before_it_is_called_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
