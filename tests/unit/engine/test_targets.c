/*
 * test_targets.c - one target's way: what a failure leads to, what checks and
 * versions prove, how it is put back, what becomes of its snapshots, and what
 * operators may do about it.
 */
#include "desk.h"

#define CHANGE  1
#define VERSION 0 /* checks of the plan */
#define HEALTH  1

static struct playbook *book_of(struct desk *d)
{
    return &d->plan->playbook;
}

static struct desk *checking(int check)
{
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, check, TARGET_CHECKING);
    return d;
}

/* ---- a failed step ---- */

static const struct {
    enum on_failure action;
    enum target_state_id state;
} on_failures[] = {
    {ON_FAILURE_FAIL, TARGET_FAILED},
    {ON_FAILURE_ROLLBACK, TARGET_ROLLING_BACK},
    {ON_FAILURE_PARK, TARGET_PARKED},
    {ON_FAILURE_CONTINUE, TARGET_CHECKING},
};

static void a_failed_change_does_what_its_step_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(on_failures); i++) {
        struct desk *d = desk_create();
        book_of(d)->steps[CHANGE].on_failure = on_failures[i].action;
        desk_open(d);
        desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
        desk_say(d, SLIPWAY_FAILED, "rc 1");
        desk_is(d, on_failures[i].state,
                on_failures[i].state == TARGET_CHECKING ? NULL : "rc 1");
        desk_destroy(d);
    }
}

static void a_failed_preparation_changes_nothing(void **state)
{
    (void)state;
    static const enum target_state_id ends[] = {
        [ON_FAILURE_FAIL] = TARGET_FAILED,
        [ON_FAILURE_PARK] = TARGET_PARKED,
        [ON_FAILURE_CONTINUE] = TARGET_PREPARING,
    };
    for (int action = ON_FAILURE_FAIL; action <= ON_FAILURE_CONTINUE; action++) {
        if (action == ON_FAILURE_ROLLBACK)
            continue;
        struct desk *d = desk_create();
        book_of(d)->steps[0].on_failure = (enum on_failure)action;
        desk_open(d);
        desk_until(d, ACTIVITY_STEP, 0, TARGET_PREPARING);
        desk_check(d, EXPECTED_FALSE);
        desk_is(d, ends[action],
                action == ON_FAILURE_CONTINUE ? NULL : "not as expected");
        desk_to_the_end(d);
        desk_is(d, action == ON_FAILURE_CONTINUE ? TARGET_SUCCEEDED : ends[action], NULL);
        desk_destroy(d);
    }
}

/* Continuing after a failure is no free pass: its checks still judge. */
static void continue_still_has_to_prove_its_health(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->steps[CHANGE].on_failure = ON_FAILURE_CONTINUE;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    while (desk_target(d)->state == TARGET_CHECKING) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        desk_check(d, EXPECTED_FALSE);
    }
    desk_is(d, TARGET_PARKED, "check version is red");
    desk_destroy(d);
}

/* ---- what it means, and what to do ---- */

static void a_check_that_warns_convicts_nobody(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->checks[HEALTH].severity = SEVERITY_WARN;
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_CHECKING);
    while (desk_activity(d)->kind == ACTIVITY_CHECK) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        else
            desk_check(d, EXPECTED_FALSE);
    }
    assert_int_equal(d->call.activity, ACTIVITY_READ); /* it went on */
    bool told = false;
    for (size_t i = 0; i < d->journal_count; i++)
        told = told || (d->journal[i].event == STEP_FAIL && d->journal[i].text &&
                        strstr(d->journal[i].text, "check health is red"));
    assert_true(told);
    desk_destroy(d);
}

static void advice_goes_with_the_failure(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    xreplace(&book_of(d)->steps[0].op.advice, "Free some space.");
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 0, TARGET_PREPARING);
    desk_check(d, EXPECTED_FALSE);
    desk_is(d, TARGET_FAILED, "not as expected. Advice: Free some space.");
    desk_destroy(d);
}

/* Whoever does not answer has said nothing that the advice is about. */
static void silence_gets_no_advice(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    xreplace(&book_of(d)->steps[0].op.advice, "Free some space.");
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 0, TARGET_PREPARING);
    while (desk_target(d)->state == TARGET_PREPARING) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        else
            desk_say(d, SLIPWAY_RETRY, "connection refused");
    }
    desk_is(d, TARGET_FAILED, "connection refused");
    assert_null(strstr(desk_target(d)->reason, "Advice"));
    desk_destroy(d);
}

/* ---- checks ---- */

static void stable_greens_in_a_row_are_counted(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->checks[HEALTH].stable = 3;
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_CHECKING);
    static const bool looks[] = {true, true, false, true, true, true};
    for (size_t i = 0; i < ARRAY_LENGTH(looks); i++) {
        int64_t before_ms = d->now_ms;
        assert_int_equal(d->call.activity, ACTIVITY_CHECK);
        assert_int_equal(d->call.index, HEALTH);
        desk_check(d, looks[i] ? EXPECTED_TRUE : EXPECTED_FALSE);
        if (i + 1 < ARRAY_LENGTH(looks)) {
            desk_wait(d);
            assert_int_equal(d->now_ms - before_ms, 5000); /* every */
        }
    }
    assert_int_equal(d->call.activity, ACTIVITY_READ); /* green: on to the versions */
    desk_destroy(d);
}

/* Red for all of `for`: convicted, not sooner and not later. */
static void red_convicts_after_its_time(void **state)
{
    (void)state;
    struct desk *d = checking(HEALTH);
    int64_t began_ms = d->now_ms;
    int looks = 1;
    for (;; looks++) {
        desk_check(d, EXPECTED_FALSE);
        if (desk_target(d)->state != TARGET_CHECKING)
            break;
        desk_wait(d);
    }
    desk_is(d, TARGET_ROLLING_BACK, "check health is red");
    assert_int_equal(d->now_ms - began_ms, 120000);
    assert_int_equal(looks, 25);
    desk_destroy(d);
}

/* It was green once, but flaps when its time is over. */
static void flapping_at_the_end_is_not_green(void **state)
{
    (void)state;
    struct desk *d = checking(HEALTH);
    int64_t began_ms = d->now_ms;
    for (int i = 0; desk_target(d)->state == TARGET_CHECKING; i++) {
        desk_check(d, i % 2 ? EXPECTED_TRUE : EXPECTED_FALSE);
        if (desk_target(d)->state == TARGET_CHECKING)
            desk_wait(d);
    }
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    assert_in_range(d->now_ms - began_ms, 115000, 130000);
    desk_destroy(d);
}

static const enum slipway_outcome silences[] = {
    SLIPWAY_RETRY,   SLIPWAY_FAILED,   SLIPWAY_REFUSED,
    SLIPWAY_UNKNOWN, SLIPWAY_CANCELED, SLIPWAY_PENDING,
};

/* Nothing heard, whatever the reason, is never a success. */
static void missing_data_is_not_success(void **state)
{
    (void)state;
    for (size_t i = 0; i <= ARRAY_LENGTH(silences); i++) {
        struct desk *d = checking(HEALTH);
        while (desk_target(d)->state == TARGET_CHECKING) {
            if (i < ARRAY_LENGTH(silences))
                desk_say(d, silences[i], "no route to host");
            else
                desk_check(d, EXPECTED_ERROR);
            if (desk_target(d)->state == TARGET_CHECKING)
                desk_wait(d);
        }
        desk_is(d, TARGET_ROLLING_BACK, "check health has no data");
        desk_destroy(d);
    }
}

/* ---- the baseline ---- */

static struct desk *with_baseline(enum baseline_rule rule, enum expect_verdict before)
{
    struct desk *d = desk_create();
    book_of(d)->checks[HEALTH].baseline = rule;
    desk_open(d);
    if (rule == BASELINE_IGNORE)
        return d;
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_PREPARING);
    desk_check(d, before);
    return d;
}

static void turn_red(struct desk *d)
{
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_CHECKING);
    while (desk_target(d)->state == TARGET_CHECKING) {
        desk_check(d, EXPECTED_FALSE);
        if (desk_target(d)->state == TARGET_CHECKING)
            desk_wait(d);
    }
}

static void what_was_green_convicts(void **state)
{
    (void)state;
    struct desk *d = with_baseline(BASELINE_COMPARE, EXPECTED_TRUE);
    turn_red(d);
    desk_is(d, TARGET_ROLLING_BACK, "health is red");
    desk_destroy(d);
}

static void what_was_red_before_or_unknown_is_inconclusive(void **state)
{
    (void)state;
    static const enum expect_verdict befores[] = {EXPECTED_FALSE, EXPECTED_ERROR};
    for (size_t i = 0; i < ARRAY_LENGTH(befores); i++) {
        struct desk *d = with_baseline(BASELINE_COMPARE, befores[i]);
        turn_red(d);
        desk_is(d, TARGET_PARKED, "inconclusive: it was red before the change too");
        desk_assert_quiet(d);
        desk_destroy(d);
    }
}

static void what_must_be_green_before_keeps_everything_as_it_is(void **state)
{
    (void)state;
    struct desk *d = with_baseline(BASELINE_REQUIRE, EXPECTED_FALSE);
    desk_is(d, TARGET_PARKED, "check health is red");
    desk_assert_quiet(d);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    /* an operator repaired it */
    desk_verb(d, VERB_RETRY, 0);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);

    d = with_baseline(BASELINE_REQUIRE, EXPECTED_TRUE);
    turn_red(d);
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    desk_destroy(d);
}

static void an_ignored_baseline_is_not_asked_and_convicts(void **state)
{
    (void)state;
    struct desk *d = with_baseline(BASELINE_IGNORE, EXPECTED_TRUE);
    turn_red(d);
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    for (size_t i = 0; i < d->journal_count; i++)
        assert_int_not_equal(d->journal[i].kind, RECORD_BASELINE);
    desk_destroy(d);
}

/* A baseline that cannot be had is asked for until its time is over. */
static void a_baseline_without_an_answer_is_no_data(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_PREPARING);
    int64_t began_ms = d->now_ms;
    while (d->call.activity == ACTIVITY_CHECK) {
        desk_say(d, SLIPWAY_RETRY, "connection refused");
        if (d->call.call == CALL_NONE)
            desk_wait(d);
    }
    assert_in_range(d->now_ms - began_ms, 10000, 60000);
    assert_int_equal(desk_target(d)->baseline[HEALTH], VERDICT_NO_DATA);
    desk_destroy(d);
}

/* ---- versions ---- */

static void two_ways_that_disagree_convict(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_READ, 0, TARGET_CHECKING);
    desk_value(d, "2.0");
    assert_int_equal(d->call.index, 1);
    desk_value(d, "1.0");
    desk_is(d, TARGET_ROLLING_BACK, "disagree: 2.0 and 1.0");
    desk_destroy(d);
}

static void two_ways_that_disagree_before_keep_everything_as_it_is(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_READ, 0, TARGET_PREPARING);
    desk_value(d, "1.0");
    desk_value(d, "1.1");
    desk_is(d, TARGET_FAILED, "disagree: 1.0 and 1.1");
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_destroy(d);
}

static void a_version_of_nothing_is_no_version(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct desk *d = desk_create();
        desk_open(d);
        desk_until(d, ACTIVITY_READ, 0, TARGET_CHECKING);
        desk_value(d, i ? "" : NULL);
        desk_is(d, TARGET_ROLLING_BACK, "version could not be read");
        desk_destroy(d);
    }
}

/* A service that is still starting gets the read's time to answer. */
static void a_version_that_cannot_be_read_yet_is_read_again(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_READ, 0, TARGET_CHECKING);
    desk_say(d, SLIPWAY_FAILED, "503");
    desk_is(d, TARGET_CHECKING, NULL);
    desk_wait(d);
    desk_say(d, SLIPWAY_UNKNOWN, "reset");
    desk_is(d, TARGET_CHECKING, NULL);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_string_equal(desk_target(d)->version_now, "2.0");
    assert_string_equal(desk_target(d)->version_before, "1.0");
    desk_destroy(d);
}

/* ---- soak ---- */

static void a_soak_ends_with_proof_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, VERSION, TARGET_SOAKING);
    assert_int_equal(d->now_ms, desk_target(d)->soak_until_ms);
    desk_until(d, ACTIVITY_PRUNE, 0, TARGET_CLEANING);
    desk_good(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_COMPLETED);
    desk_destroy(d);
}

static void what_the_soak_finds_is_put_back(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, HEALTH, TARGET_SOAKING);
    while (desk_target(d)->state == TARGET_SOAKING) {
        desk_check(d, EXPECTED_FALSE);
        if (desk_target(d)->state == TARGET_SOAKING)
            desk_wait(d);
    }
    desk_is(d, TARGET_ROLLING_BACK, "check health is red");
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

static void promoting_ends_a_soak_now_but_not_its_checks(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    d->plan->waves[0].soak_ms = 24 * 3600000LL;
    desk_open(d);
    for (int i = 0; i < 200 && desk_target(d)->state != TARGET_SOAKING; i++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        desk_good(d);
    }
    int64_t before_ms = d->now_ms;
    desk_verb(d, VERB_PROMOTE, -1);
    assert_int_equal(d->call.activity, ACTIVITY_CHECK);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_in_range(d->now_ms - before_ms, 1, 7 * 24 * 3600000LL + 3600000);
    desk_verb(d, VERB_PROMOTE, -1);
    assert_non_null(strstr(d->last_rejection, "nothing is soaking"));
    desk_destroy(d);
}

/* ---- holds ---- */

static void hold(struct desk *d, int64_t until_ms)
{
    desk_command(d, (struct command){.verb = VERB_HOLD,
                                     .target = 0,
                                     .wave = -1,
                                     .number = until_ms,
                                     .reason = "customer asked"});
}

static void a_hold_keeps_a_pending_one_until_it_expires(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    d->engine = engine_create(d->plan, 1);
    hold(d, d->now_ms + 3600000);
    desk_own(d);
    assert_int_equal(d->call.call, CALL_NONE);
    assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_HELD);
    assert_int_equal(engine_deadline(d->engine), d->now_ms + 3600000);
    desk_wait(d);
    assert_int_equal(d->now_ms, 1000000 + 3600000);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

static void a_hold_in_flight_stops_before_the_next_change_and_expires(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    int64_t until_ms = d->now_ms + 3600000;
    hold(d, until_ms);
    desk_good(d); /* the snapshot is taken; the change must wait */
    desk_is(d, TARGET_CHANGING, NULL);
    assert_int_equal(d->call.call, CALL_NONE);
    assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_HELD);
    desk_wait(d);
    assert_int_equal(d->now_ms, until_ms);
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    desk_destroy(d);
}

static void a_hold_without_end_waits_for_its_release(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_SNAPSHOT, CHANGE, TARGET_SNAPSHOTTING);
    hold(d, 0);
    desk_good(d);
    desk_assert_quiet(d);
    assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_HELD);
    desk_verb(d, VERB_RELEASE, 0);
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    desk_destroy(d);
}

/* A veto on the change is no veto on putting it back. */
static void a_hold_does_not_keep_a_rollback(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    hold(d, 0);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

/* ---- gates ---- */

static struct desk *in_gate(const char *use)
{
    struct desk *d = desk_create();
    struct operation *op = &book_of(d)->steps[CHANGE].op;
    free(op->use);
    op->use = xstrdup(use);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_PENDING, "waiting for an operator's approval");
    return d;
}

static void a_gate_step_opens_by_approval(void **state)
{
    (void)state;
    static const char *const uses[] = {"gate", "builtin.gate"};
    for (size_t i = 0; i < ARRAY_LENGTH(uses); i++) {
        struct desk *d = in_gate(uses[i]);
        assert_int_equal(engine_waiting(d->engine, d->now_ms), ENGINE_GATE);
        desk_verb(d, VERB_APPROVE, i ? -1 : 0);
        desk_is(d, TARGET_CHECKING, NULL);
        desk_verb(d, VERB_APPROVE, 0);
        assert_non_null(strstr(d->last_rejection, "waits for no gate"));
        desk_destroy(d);
    }
}

/* Two verbs in one turn, the first makes the poll due, the second ends the gate: the
   poll that nobody waits for must not go out with a handle that is gone. */
static void a_gate_approved_in_the_turn_of_its_poll_is_not_polled(void **state)
{
    (void)state;
    struct desk *d = in_gate("gate");
    d->now_ms = engine_deadline(d->engine);
    struct input inputs[] = {
        {.kind = INPUT_COMMAND,
         .command = {.verb = VERB_HOLD, .target = 0, .wave = -1, .actor = "olga"}},
        {.kind = INPUT_COMMAND,
         .command = {.verb = VERB_APPROVE, .target = 0, .wave = -1, .actor = "olga"}},
    };
    desk_inputs(d, inputs, 2);
    desk_is(d, TARGET_CHECKING, NULL);
    assert_int_equal(d->call.activity, ACTIVITY_CHECK);
    desk_destroy(d);
}

static void a_gate_that_nobody_opens_parks_at_its_deadline(void **state)
{
    (void)state;
    struct desk *d = in_gate("gate");
    for (int i = 0; i < 5000 && desk_target(d)->state == TARGET_CHANGING; i++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_RUNNING, "waiting for an operator's approval");
        else
            desk_say(d, SLIPWAY_PENDING, "waiting for an operator's approval");
    }
    desk_is(d, TARGET_PARKED, "in doubt");
    desk_destroy(d);
}

/* ---- operators and parked ones ---- */

/* Asked again with new time; then it goes on from there. */
static void a_parked_doubt_is_asked_again_by_retry(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_PENDING, NULL);
    for (desk_wait(d); d->call.call == CALL_POLL; desk_wait(d))
        desk_say(d, SLIPWAY_PENDING, NULL);
    desk_probe(d, SLIPWAY_PROBE_RUNNING, NULL);
    desk_is(d, TARGET_PARKED, "still running");
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_COMPLETED_WITH_FAILURES);
    desk_verb(d, VERB_RETRY, 0);
    desk_is(d, TARGET_CHANGING, NULL);
    assert_int_equal(d->call.call, CALL_PROBE);
    desk_probe(d, SLIPWAY_PROBE_RUNNING, NULL);
    desk_wait(d);
    assert_int_equal(d->call.call, CALL_POLL);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_COMPLETED);
    desk_destroy(d);
}

/* An opaque step in doubt is never sent again by itself: the human decides. */
static void a_parked_opaque_step_stays_a_humans(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->steps[CHANGE].op.repeat = SLIPWAY_OPAQUE;
    xreplace(&book_of(d)->steps[CHANGE].op.advice, "Look for its process.");
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_UNKNOWN, "reset");
    for (int times = 0; times < 2; times++) {
        assert_string_equal(desk_target(d)->reason,
                            "step in doubt: reset. Advice: Look for its process.");
        desk_is(d, TARGET_PARKED, NULL);
        if (!times)
            desk_verb(d, VERB_RETRY, 0);
    }
    desk_assert_quiet(d);
    assert_int_equal(d->calls_of[ACTIVITY_STEP][0], 2);
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

static void nothing_is_undone_or_skipped_under_a_running_effect(void **state)
{
    (void)state;
    for (int in_doubt = 0; in_doubt < 2; in_doubt++) {
        struct desk *d = desk_create();
        desk_open(d);
        desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
        desk_say(d, in_doubt ? SLIPWAY_UNKNOWN : SLIPWAY_PENDING, "reset");
        desk_verb(d, VERB_ROLLBACK, 0);
        assert_non_null(strstr(d->last_rejection, "effect under way"));
        desk_verb(d, VERB_SKIP, 0);
        assert_non_null(strstr(d->last_rejection, "effect under way"));
        desk_is(d, TARGET_CHANGING, NULL);
        desk_destroy(d);
    }
}

/* An operator's wish costs no budget, but a rollback that fails is no wish. */
static void a_wished_rollback_that_fails_still_pauses_everything(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    d->plan->waves[0].budget = d->plan->budget = 0;
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, VERSION, TARGET_SOAKING);
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_is(d, TARGET_ROLLING_BACK, NULL);
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_RUNNING);
    assert_int_equal(engine_state(d->engine)->failed, 0);
    desk_say(d, SLIPWAY_FAILED, "the datastore is gone");
    desk_is(d, TARGET_STRANDED, "the datastore is gone");
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_PAUSED);
    assert_non_null(strstr(engine_state(d->engine)->reason, "stranded"));
    desk_destroy(d);
}

/* ---- settings ---- */

static void settings_are_taken_within_their_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        int wave;
        int64_t number;
        bool taken;
    } sets[] = {
        {"in_flight", -1, 7, true},          {"in_flight", -1, 0, false},
        {"in_flight", -1, 5001, false},      {"budget", -1, 0, true},
        {"budget", -1, -1, false},           {"budget", -1, 100001, false},
        {"wave_budget", 0, 3, true},         {"wave_budget", -1, 3, false},
        {"domain:site=s0", -1, 0, true},     {"domain:site=s9", -1, 1, false},
        {"limit:manager=m", -1, 4, true},    {"limit:", -1, 4, false},
        {"no such thing", -1, 4, false},     {NULL, -1, 4, false},
        {"in_flight", -1, INT64_MAX, false}, {"limit:manager=m", -1, INT64_MIN, false},
    };
    struct plan_shape shape = {
        .targets = 1, .budget = 1, .sites = 1, .site_max = 1, .manager_max = 1};
    struct desk *d = desk_create();
    plan_free(d->plan);
    d->plan = shape_plan(&shape);
    d->engine = engine_create(d->plan, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(sets); i++) {
        auto_free char *before = engine_fingerprint(d->engine);
        *d->last_rejection = '\0';
        desk_command(d, (struct command){.verb = VERB_SET,
                                         .target = -1,
                                         .wave = sets[i].wave,
                                         .setting = sets[i].setting,
                                         .number = sets[i].number});
        auto_free char *after = engine_fingerprint(d->engine);
        assert_int_equal(*d->last_rejection == '\0', sets[i].taken);
        if (!sets[i].taken)
            assert_string_equal(before, after);
    }
    const struct engine_state *s = engine_state(d->engine);
    assert_int_equal(s->settings.in_flight, 7);
    assert_int_equal(s->settings.budget, 0);
    assert_int_equal(s->waves[0].budget, 3);
    assert_int_equal(s->domain_max[0], 0);
    assert_int_equal(s->limit_max[0], 4);
    desk_destroy(d);
}

/* ---- stopping ---- */

static void a_drain_finishes_nothing_new_and_goes_on_after(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_PENDING, NULL);
    engine_drain(d->engine);
    desk_assert_quiet(d);
    engine_undrain(d->engine);
    desk_pass(d, 1);
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    desk_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_change_does_what_its_step_says),
        cmocka_unit_test(a_failed_preparation_changes_nothing),
        cmocka_unit_test(continue_still_has_to_prove_its_health),
        cmocka_unit_test(a_check_that_warns_convicts_nobody),
        cmocka_unit_test(advice_goes_with_the_failure),
        cmocka_unit_test(silence_gets_no_advice),
        cmocka_unit_test(stable_greens_in_a_row_are_counted),
        cmocka_unit_test(red_convicts_after_its_time),
        cmocka_unit_test(flapping_at_the_end_is_not_green),
        cmocka_unit_test(missing_data_is_not_success),
        cmocka_unit_test(what_was_green_convicts),
        cmocka_unit_test(what_was_red_before_or_unknown_is_inconclusive),
        cmocka_unit_test(what_must_be_green_before_keeps_everything_as_it_is),
        cmocka_unit_test(an_ignored_baseline_is_not_asked_and_convicts),
        cmocka_unit_test(a_baseline_without_an_answer_is_no_data),
        cmocka_unit_test(two_ways_that_disagree_convict),
        cmocka_unit_test(two_ways_that_disagree_before_keep_everything_as_it_is),
        cmocka_unit_test(a_version_of_nothing_is_no_version),
        cmocka_unit_test(a_version_that_cannot_be_read_yet_is_read_again),
        cmocka_unit_test(a_soak_ends_with_proof_and_leaves_nothing_behind),
        cmocka_unit_test(what_the_soak_finds_is_put_back),
        cmocka_unit_test(promoting_ends_a_soak_now_but_not_its_checks),
        cmocka_unit_test(a_hold_keeps_a_pending_one_until_it_expires),
        cmocka_unit_test(a_hold_in_flight_stops_before_the_next_change_and_expires),
        cmocka_unit_test(a_hold_without_end_waits_for_its_release),
        cmocka_unit_test(a_hold_does_not_keep_a_rollback),
        cmocka_unit_test(a_gate_step_opens_by_approval),
        cmocka_unit_test(a_gate_approved_in_the_turn_of_its_poll_is_not_polled),
        cmocka_unit_test(a_gate_that_nobody_opens_parks_at_its_deadline),
        cmocka_unit_test(a_parked_doubt_is_asked_again_by_retry),
        cmocka_unit_test(a_parked_opaque_step_stays_a_humans),
        cmocka_unit_test(nothing_is_undone_or_skipped_under_a_running_effect),
        cmocka_unit_test(a_wished_rollback_that_fails_still_pauses_everything),
        cmocka_unit_test(settings_are_taken_within_their_ranges),
        cmocka_unit_test(a_drain_finishes_nothing_new_and_goes_on_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
