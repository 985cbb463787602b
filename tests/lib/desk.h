/*
 * desk.h - a test sits at the executor's desk: it gets the engine's calls one by one
 * and answers each with what the story wants. No model, no chance; time stands still
 * unless it is told to go on.
 *
 * Every step checks the engine's invariants; the journal, replayed into a new engine,
 * must give the live state.
 */
#ifndef TESTS_DESK_H
#define TESTS_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "util/auto.h"
#include "world.h"

struct desk {
    struct plan *plan; /* the test may change it before desk_open() */
    struct engine *engine;
    int64_t now_ms, epoch;
    struct action call; /* the last call asked for; .call is CALL_NONE if there is none */
    char handle[64], reference[64];
    int calls_of[ACTIVITY_COUNT][3]; /* asked for so far: starts, polls, probes */
    struct record *journal;
    size_t journal_count, journal_room;
    int new_records; /* of the last step */
    char last_rejection[400];
};

static inline void desk_check_replay(struct desk *d)
{
    struct engine *copy = engine_create(d->plan, 1);
    for (size_t i = 0; i < d->journal_count; i++)
        assert_int_equal(engine_replay(copy, &d->journal[i]), 0);
    auto_free char *live = engine_fingerprint(d->engine);
    auto_free char *replayed = engine_fingerprint(copy);
    assert_string_equal(live, replayed);
    engine_destroy(copy);
}

static inline void desk_keep(struct desk *d, const struct record *r)
{
    struct record copy = *r;
    copy.text = xstrdup_null(r->text);
    copy.detail = xstrdup_null(r->detail);
    copy.actor = xstrdup_null(r->actor);
    *vec_push(d->journal, d->journal_count, d->journal_room) = copy;
    if (r->kind == RECORD_REJECTED)
        (void)snprintf(d->last_rejection, sizeof d->last_rejection, "%s", r->text);
}

static inline void desk_take_call(struct desk *d, const struct action *a)
{
    d->call = *a;
    (void)snprintf(d->handle, sizeof d->handle, "%s", a->handle ? a->handle : "");
    (void)snprintf(d->reference, sizeof d->reference, "%s",
                   a->snapshot && a->snapshot->reference ? a->snapshot->reference : "");
    d->call.handle = a->handle ? d->handle : NULL;
    d->call.snapshot = NULL;
    d->calls_of[a->activity][a->call - CALL_START]++;
}

static inline void desk_inputs(struct desk *d, const struct input *inputs, size_t count)
{
    struct engine_output out = engine_step(d->engine, d->now_ms, inputs, count);
    for (size_t i = 0; i < out.record_count; i++)
        desk_keep(d, &out.records[i]);
    d->new_records = (int)out.record_count;
    assert_in_range(out.action_count, 0, 1); /* one target: one call at a time */
    if (out.action_count)
        desk_take_call(d, &out.actions[0]);
    (void)engine_take_changes(d->engine);
    engine_check_invariants(d->engine);
    /* long journals not every time: a story of a thousand polls stays quick */
    if (out.record_count && (d->journal_count < 100 || d->journal_count % 32 == 0))
        desk_check_replay(d);
}

static inline void desk_input(struct desk *d, const struct input *input)
{
    desk_inputs(d, input, 1);
}

static inline struct desk *desk_create(void)
{
    static const struct plan_shape one = {
        .targets = 1, .soak_ms = 600000, .budget = 50, .budgets = {50}};
    struct desk *d = xcalloc(1, sizeof *d);
    d->plan = shape_plan(&one);
    d->now_ms = 1000000;
    return d;
}

static inline void desk_own(struct desk *d)
{
    struct input input = {.kind = INPUT_OWNER, .number = ++d->epoch, .actor = "test"};
    desk_input(d, &input);
}

static inline void desk_open(struct desk *d)
{
    d->engine = engine_create(d->plan, 1);
    desk_own(d);
}

static inline void desk_destroy(struct desk *d)
{
    desk_check_replay(d);
    engine_destroy(d->engine);
    plan_free(d->plan);
    for (size_t i = 0; i < d->journal_count; i++)
        record_clear(&d->journal[i]);
    free(d->journal);
    free(d);
}

static inline const struct target_state *desk_target(const struct desk *d)
{
    return &engine_state(d->engine)->targets[0];
}

static inline const struct activity_state *desk_activity(const struct desk *d)
{
    return &desk_target(d)->activity;
}

/* ---- answering ---- */

static inline struct outcome desk_outcome(const struct desk *d)
{
    return (struct outcome){.call_id = d->call.call_id, .target = 0};
}

static inline void desk_answer(struct desk *d, struct outcome o)
{
    struct input input = {.kind = INPUT_OUTCOME, .outcome = o};
    d->call = (struct action){.call = CALL_NONE};
    desk_input(d, &input);
}

/* A start or a poll came to this. */
static inline void desk_say(struct desk *d, enum slipway_outcome outcome,
                            const char *sentence)
{
    struct outcome o = desk_outcome(d);
    o.outcome = outcome;
    o.sentence = sentence;
    if (outcome == SLIPWAY_PENDING)
        o.handle = "job-1";
    desk_answer(d, o);
}

static inline void desk_probe(struct desk *d, enum slipway_probe probe,
                              const char *sentence)
{
    struct outcome o = desk_outcome(d);
    assert_int_equal(d->call.call, CALL_PROBE);
    o.probe = probe;
    o.sentence = sentence;
    if (probe == SLIPWAY_PROBE_RUNNING)
        o.handle = "job-1";
    desk_answer(d, o);
}

static inline void desk_value(struct desk *d, const char *value)
{
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_DONE;
    o.value = value;
    desk_answer(d, o);
}

static inline void desk_check(struct desk *d, enum expect_verdict verdict)
{
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_DONE;
    o.expect = verdict;
    desk_answer(d, o);
}

static inline void desk_command(struct desk *d, struct command c)
{
    struct input input = {.kind = INPUT_COMMAND, .command = c};
    input.command.actor = "olga";
    desk_input(d, &input);
}

static inline void desk_verb(struct desk *d, enum verb verb, int target)
{
    desk_command(
        d, (struct command){.verb = verb, .target = target, .wave = -1, .reason = "why"});
}

/* ---- time ---- */

/* Time goes on by so much, tick by tick at every deadline on the way, or until the
   engine asks for something. */
static inline void desk_pass(struct desk *d, int64_t ms)
{
    int64_t until_ms = d->now_ms + ms;
    struct input input = {.kind = INPUT_TICK};
    while (d->now_ms < until_ms && d->call.call == CALL_NONE) {
        int64_t next_ms = engine_deadline(d->engine);
        if (next_ms <= d->now_ms)
            next_ms = d->now_ms + 1;
        d->now_ms = next_ms < until_ms ? next_ms : until_ms;
        desk_input(d, &input);
    }
}

/* Until the engine asks for something; at most a week. */
static inline void desk_wait(struct desk *d)
{
    desk_pass(d, 7 * 24 * 3600000LL);
    assert_int_not_equal(d->call.call, CALL_NONE);
}

/* Nothing is asked for, and nothing will be. */
static inline void desk_assert_quiet(struct desk *d)
{
    desk_pass(d, 7 * 24 * 3600000LL);
    assert_int_equal(d->call.call, CALL_NONE);
}

/* slipway dies and comes back after so much time: the call on the desk is lost. */
static inline void desk_crash(struct desk *d, int64_t away_ms)
{
    engine_destroy(d->engine);
    d->engine = engine_create(d->plan, 1);
    for (size_t i = 0; i < d->journal_count; i++)
        assert_int_equal(engine_replay(d->engine, &d->journal[i]), 0);
    d->call = (struct action){.call = CALL_NONE};
    d->now_ms += away_ms;
    desk_own(d);
}

/* ---- the way to the interesting place, everything going well ---- */

/* A good answer to whatever is asked. */
static inline void desk_good(struct desk *d)
{
    enum target_state_id state = desk_target(d)->state;
    bool old = state < TARGET_CHECKING || state == TARGET_ROLLING_BACK;
    if (d->call.activity == ACTIVITY_READ)
        desk_value(d, old ? "1.0" : "2.0");
    else if (d->call.activity == ACTIVITY_SNAPSHOT)
        desk_value(d, "snapshot-7");
    else if (d->call.activity == ACTIVITY_CHECK)
        desk_check(d, EXPECTED_TRUE);
    else
        desk_say(d, SLIPWAY_DONE, NULL);
}

/* Until this activity is called in this state of the target. */
static inline void desk_until(struct desk *d, enum activity kind, int index,
                              enum target_state_id state)
{
    for (int i = 0; i < 500; i++) {
        if (d->call.call == CALL_NONE)
            desk_wait(d);
        if (d->call.activity == kind && d->call.index == index &&
            desk_target(d)->state == state)
            return;
        desk_good(d);
    }
    fail_msg("%s %d in %s is never asked for", activity_name(kind), index,
             machine_state(&target_machine, (int)state));
}

/* To the end, everything going well. */
static inline void desk_to_the_end(struct desk *d)
{
    for (int i = 0; i < 500; i++) {
        if (d->call.call == CALL_NONE)
            desk_pass(d, 7 * 24 * 3600000LL);
        if (d->call.call == CALL_NONE)
            return;
        desk_good(d);
    }
    fail_msg("it never ends");
}

static inline void desk_is(const struct desk *d, enum target_state_id state,
                           const char *reason)
{
    const struct target_state *t = desk_target(d);
    if (t->state != state)
        fail_msg("it is %s, not %s (%s)", machine_state(&target_machine, (int)t->state),
                 machine_state(&target_machine, (int)state), t->reason ? t->reason : "");
    if (reason && !strstr(t->reason ? t->reason : "", reason))
        fail_msg("\"%s\" does not say \"%s\"", t->reason ? t->reason : "", reason);
}

#endif
