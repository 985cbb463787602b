/*
 * outcome.c - what came back from the executor: effects that are done, failed, pending
 * or unknown, and probes about those that were. When an activity is over target.c says
 * what comes next, or verdict.c if it went badly.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

/* ---- what came back ---- */

/* What the other side asks for, within reason. */
static int64_t pace_ms(int64_t asked_ms)
{
    return asked_ms < LOOK_AGAIN_MIN_MS   ? LOOK_AGAIN_MIN_MS
           : asked_ms > LOOK_AGAIN_MAX_MS ? LOOK_AGAIN_MAX_MS
                                          : asked_ms;
}

static int64_t look_again_ms(const struct engine *engine, const struct activity_state *a,
                             int64_t asked_ms)
{
    int64_t delay = asked_ms;
    if (delay <= 0) {
        delay = (engine->now_ms - a->issued_ms) / 10;
        delay = delay < POLL_FIRST_MS ? POLL_FIRST_MS
                : delay > POLL_MAX_MS ? POLL_MAX_MS
                                      : delay;
    }
    return engine->now_ms + pace_ms(delay);
}

static void go_in_doubt(struct engine *engine, int target, enum step_event event,
                        const char *sentence, int64_t wait_ms)
{
    emit_step(engine, target, event, 0, sentence, NULL);
    activity_of(engine, target)->next_look_ms = engine->now_ms + wait_ms;
}

/* From when on "it never began" is believed. The other side may still be carrying
   out a call whose reply was lost: no task and no snapshot now prove nothing. While
   slipway was away the clock may have been stepped, and a step that was seen is followed
   once it is trusted: that time does not count. */
static int64_t settled_ms(const struct engine *engine, const struct activity_state *a)
{
    const struct engine_state *s = &engine->state;
    int64_t since_ms = a->doubt_since_ms;
    if (a->handle)
        return 0;
    since_ms = since_ms > s->owned_ms ? since_ms : s->owned_ms;
    since_ms = since_ms > s->times.clock_since_ms ? since_ms : s->times.clock_since_ms;
    return since_ms + (a->kind >= ACTIVITY_SNAPSHOT
                           ? engine->plan->playbook.snapshot_settle_ms
                           : DOUBT_FIRST_MS);
}

void activity_finish(struct engine *engine, int target, const char *sentence)
{
    emit_step(engine, target, STEP_FINISHED, 0, sentence, NULL);
    recover_settle(engine, target, true);
    target_finished(engine, target);
}

void activity_fail(struct engine *engine, int target, const char *sentence)
{
    if (recover_begin(engine, target, sentence))
        return;
    char *whole = recover_explain(engine, target, sentence);
    char *text = look_with_advice(engine, target, whole);
    emit_step(engine, target, STEP_FAIL, 0, text, NULL);
    xreplace(&text, NULL);
    xreplace(&whole, NULL);
    recover_settle(engine, target, false);
    target_failed(engine, target);
}

/* A certain failure: try again if attempts are left. */
void activity_fail_attempt(struct engine *engine, int target, const char *sentence)
{
    struct activity_state *a = activity_of(engine, target);
    int retries =
        a->kind == ACTIVITY_STEP ? engine->plan->playbook.steps[a->index].retries : 0;
    if (a->attempt >= retries) {
        activity_fail(engine, target, sentence);
        return;
    }
    if (recover_begin(engine, target, sentence))
        return;
    emit_step(engine, target, STEP_ATTEMPT_FAILED,
              engine->now_ms + backoff_ms(engine, target, a->attempt), sentence, NULL);
}

/* When trying is over. It is counted from the first try: waiting for room or for
   people, and the time while slipway was away, is not the appliance's. */
int64_t activity_tries_end_ms(const struct engine *engine, const struct activity_state *a)
{
    return a->tried_ms + activity_timeout_ms(engine, a);
}

/* This call was turned away for good. An earlier request that stalled may have come through
   since: a human, who is needed anyway, asks about it before it is called a failure. */
static void refused(struct engine *engine, int target, const char *sentence)
{
    if (!activity_of(engine, target)->stalled) {
        activity_fail(engine, target, sentence);
        return;
    }
    emit_step(engine, target, STEP_UNKNOWN, 0, sentence, NULL);
    emit_step(engine, target, STEP_GIVE_UP, 0, sentence, NULL);
    target_gave_up(engine, target);
}

/* No effect, and worth trying again until the activity's time is over. */
void activity_try_later(struct engine *engine, int target, const char *sentence,
                        int64_t asked_ms)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t left_ms = activity_tries_end_ms(engine, a) - engine->now_ms;
    /* who asks for more patience than there is does not get less than the others */
    bool heeded = asked_ms > 0 && pace_ms(asked_ms) <= left_ms;
    int64_t wait_ms = heeded ? pace_ms(asked_ms) : backoff_ms(engine, target, a->looks);
    if (wait_ms > left_ms && a->stalled) { /* an earlier request may have come through */
        go_in_doubt(engine, target, STEP_UNKNOWN, sentence, DOUBT_FIRST_MS);
        return;
    }
    if (wait_ms > left_ms) {
        activity_fail(engine, target, sentence);
        return;
    }
    a->looks++;
    /* Reads leave no trace of each look: only what they come to is recorded. */
    if (activity_is_read(engine, a)) {
        a->not_before_ms = engine->now_ms + wait_ms;
        xreplace(&a->sentence, sentence);
        engine_mark_target(engine, target);
        return;
    }
    emit_step(engine, target, STEP_TRY_LATER, engine->now_ms + wait_ms, sentence, NULL);
}

/* ---- effects ---- */

void activity_keep_snapshot(struct engine *engine, int target, const char *reference)
{
    struct record record = record_new(engine, RECORD_SNAPSHOT);
    const struct activity_state *a = activity_of(engine, target);
    record.target = target;
    record.index = a->index;
    record.incarnation = engine->state.targets[target].incarnation;
    record.intent = a->intent;
    record.text = xstrdup(reference);
    record.detail =
        engine_snapshot_name(engine->plan, target, a->index, record.incarnation);
    emit(engine, record);
}

static void record_snapshot_gone(struct engine *engine, int target, bool untouched)
{
    const struct target_state *t = &engine->state.targets[target];
    struct record record = record_new(engine, RECORD_SNAPSHOT_GONE);
    record.target = target;
    record.number = untouched;
    record.text = xstrdup_null(t->snapshots[0].reference);
    record.detail = xstrdup_null(t->snapshots[0].name);
    emit(engine, record);
}

static void effect_done(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[SENTENCE_BYTES_MAX];
    if (o->expect == EXPECTED_FALSE || o->expect == EXPECTED_ERROR) {
        activity_fail_attempt(engine, target,
                              look_not_expected(engine, a, o, text, sizeof text));
        return;
    }
    if (a->kind == ACTIVITY_SNAPSHOT && !o->value) {
        go_in_doubt(engine, target, STEP_UNKNOWN, "the manager named no snapshot",
                    DOUBT_FIRST_MS);
        return;
    }
    if (a->kind == ACTIVITY_SNAPSHOT)
        activity_keep_snapshot(engine, target, o->value);
    if (a->kind == ACTIVITY_PRUNE)
        record_snapshot_gone(engine, target, false);
    activity_finish(engine, target, o->sentence);
}

/* Before it is issued again what was lost must have arrived, if it ever does: a member of
   a link group that is switched on by an old request while others are reverted is the end
   of their replication. */
static int64_t straggler_ms(const struct engine *engine, int target)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    bool power = a->kind == ACTIVITY_POWER_ON || a->kind == ACTIVITY_POWER_OFF;
    return power && engine->unit_of[target] >= 0
               ? engine->plan->playbook.snapshot_settle_ms
               : 0;
}

/* What converges is issued again while there is time; the rest is asked about. */
static void effect_unknown(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t wait_ms = backoff_ms(engine, target, a->looks);
    int64_t least_ms = straggler_ms(engine, target);
    int64_t again_ms = engine->now_ms + (wait_ms > least_ms ? wait_ms : least_ms);
    if (activity_class(engine, a) != SLIPWAY_IDEMPOTENT || a->state != STEP_ISSUED ||
        again_ms > activity_tries_end_ms(engine, a)) {
        go_in_doubt(engine, target, STEP_UNKNOWN, o->sentence, DOUBT_FIRST_MS);
        return;
    }
    a->looks++;
    emit_step(engine, target, STEP_LOST_HARMLESS, again_ms, o->sentence, NULL);
}

/* Nothing was sent, so nothing is to be undone, and nothing could be: a human decides.
   Who was never changed may begin anew, with another snapshot. Who was needs a way back of
   then, so the missing one stays in the books, and with it what asks for it. Where an
   earlier request stalled, it may be what runs there now: that stays in doubt. */
static void unprotected(struct engine *engine, int target, const struct outcome *o)
{
    const struct target_state *t = &engine->state.targets[target];
    if (t->activity.stalled) {
        refused(engine, target, o->sentence);
        return;
    }
    bool untouched = !t->activity.was_changed && t->snapshot_count == 1;
    if (o->protection == PROTECTION_GONE && engine->unit_of[target] < 0 &&
        (untouched || t->snapshot_count > 1))
        record_snapshot_gone(engine, target, untouched);
    emit_step(engine, target, STEP_FAIL, 0, o->sentence, NULL);
    if (t->activity.kind == ACTIVITY_RECOVER)
        recover_end(engine, target);
    auto_free char *reason = xstrdup_null(t->activity.sentence);
    target_park(engine, target, reason);
}

static void effect_outcome(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    switch (o->outcome) {
    case SLIPWAY_DONE:
        effect_done(engine, target, o);
        break;
    case SLIPWAY_PENDING:
        a->next_look_ms = look_again_ms(engine, a, o->look_again_ms);
        if (a->state == STEP_ISSUED ||
            (o->handle && strcmp(o->handle, a->handle ? a->handle : "") != 0))
            emit_step(engine, target, STEP_PENDING, 0, o->sentence, o->handle);
        else if (o->sentence)
            xreplace(&a->sentence, o->sentence);
        break;
    case SLIPWAY_RETRY:
        if (a->state == STEP_RUNNING)
            a->next_look_ms = look_again_ms(engine, a, o->look_again_ms);
        else
            activity_try_later(engine, target, o->sentence, o->look_again_ms);
        break;
    case SLIPWAY_FAILED:
        activity_fail_attempt(engine, target, o->sentence);
        break;
    case SLIPWAY_REFUSED:
        if (a->state == STEP_RUNNING) /* the poll was refused; what runs runs on */
            go_in_doubt(engine, target, STEP_UNKNOWN, o->sentence, DOUBT_FIRST_MS);
        else if (o->protection != PROTECTION_NOT_ASKED)
            unprotected(engine, target, o);
        else
            refused(engine, target, o->sentence);
        break;
    case SLIPWAY_CANCELED:
        if (a->state == STEP_RUNNING)
            a->next_look_ms = look_again_ms(engine, a, 0);
        else
            activity_try_later(engine, target, o->sentence, 0);
        break;
    default:
        effect_unknown(engine, target, o);
    }
}

/* ---- probes ---- */

static void probe_running(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[300], length[32];
    if (engine->now_ms < a->deadline_ms) {
        a->next_look_ms = look_again_ms(engine, a, o->look_again_ms);
        emit_step(engine, target, STEP_ADOPT, 0, o->sentence, o->handle);
        return;
    }
    (void)snprintf(text, sizeof text,
                   "still running after its %s; nothing is undone while it may run",
                   duration_format(a->deadline_ms - a->issued_ms, length, sizeof length));
    emit_step(engine, target, STEP_GIVE_UP, 0, text, NULL);
    target_gave_up(engine, target);
}

static void probe_unknown(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    if (engine->now_ms >= activity_doubt_end_ms(a)) {
        emit_step(engine, target, STEP_GIVE_UP, 0,
                  o->sentence ? o->sentence : "nobody can say what became of it", NULL);
        target_gave_up(engine, target);
        return;
    }
    if (o->sentence)
        xreplace(&a->sentence, o->sentence);
    int64_t wait_ms = backoff_ms(engine, target, ++a->looks);
    a->next_look_ms =
        engine->now_ms + (o->look_again_ms > 0 ? pace_ms(o->look_again_ms) : wait_ms);
}

static void probe_not_started(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t settles_ms = settled_ms(engine, a);
    if (a->called_ms < settles_ms) { /* a slow answer tells of then, not of now */
        int64_t again_ms = engine->now_ms + backoff_ms(engine, target, ++a->looks);
        bool soon = engine->now_ms < settles_ms && settles_ms < again_ms;
        a->next_look_ms = soon ? settles_ms : again_ms;
    } else if (engine->now_ms >= activity_tries_end_ms(engine, a)) {
        activity_fail(engine, target, "it never started within its time");
    } else {
        emit_step(engine, target, STEP_NOT_STARTED, engine->now_ms, o->sentence, NULL);
    }
}

static void probe_outcome(struct engine *engine, int target, const struct outcome *o)
{
    /* a probe that was not made has found nothing */
    enum slipway_probe found =
        o->outcome == SLIPWAY_DONE ? o->probe : SLIPWAY_PROBE_UNKNOWN;
    switch (found) {
    case SLIPWAY_PROBE_NOT_STARTED:
        probe_not_started(engine, target, o);
        break;
    case SLIPWAY_PROBE_RUNNING:
        probe_running(engine, target, o);
        break;
    case SLIPWAY_PROBE_DONE:
        if (activity_of(engine, target)->kind == ACTIVITY_SNAPSHOT && !o->value)
            probe_unknown(engine, target,
                          &(struct outcome){.sentence = "the manager names no snapshot"});
        else
            effect_done(engine, target, o);
        break;
    case SLIPWAY_PROBE_FAILED:
        activity_fail_attempt(engine, target, o->sentence);
        break;
    default:
        probe_unknown(engine, target, o);
    }
}

/* Nobody answered, as far as the executor can tell. */
static bool is_silence(const struct engine *engine, const struct activity_state *a,
                       const struct outcome *o)
{
    if (a->kind == ACTIVITY_CHECK)
        return o->outcome != SLIPWAY_DONE || o->expect == EXPECTED_ERROR;
    if (o->outcome == SLIPWAY_UNKNOWN)
        return true;
    return o->outcome == SLIPWAY_RETRY && activity_is_read(engine, a);
}

void activity_outcome(struct engine *engine, const struct outcome *o)
{
    if (o->target < 0 || o->target >= (int)engine->plan->target_count)
        return;
    struct activity_state *a = activity_of(engine, o->target);
    /* A late answer to a call that nobody waits for any more. */
    if (a->call == CALL_NONE || a->call_id != o->call_id)
        return;
    enum call call = a->call;
    a->call = CALL_NONE;
    a->recovery = o->recovery;
    engine->calls--;
    engine->state.targets[o->target].silent = is_silence(engine, a, o);
    if (call == CALL_PROBE)
        probe_outcome(engine, o->target, o);
    else if (!activity_is_read(engine, a))
        effect_outcome(engine, o->target, o);
    else if (a->kind == ACTIVITY_CHECK)
        look_check_outcome(engine, o->target, o);
    else
        look_outcome(engine, o->target, o);
}

void activity_lost(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    enum slipway_class class = activity_class(engine, a);
    if (a->state != STEP_ISSUED && a->state != STEP_RUNNING && a->state != STEP_IN_DOUBT)
        return;
    if (a->state == STEP_ISSUED && class == SLIPWAY_IDEMPOTENT)
        emit_step(engine, target, STEP_LOST_HARMLESS,
                  engine->now_ms + straggler_ms(engine, target),
                  "slipway ended while it was issued; issuing it again is safe", NULL);
    else if (a->state == STEP_RUNNING && class != SLIPWAY_RECONCILABLE)
        a->next_look_ms = engine->now_ms; /* the handle says whom to ask */
    else if (a->state != STEP_IN_DOUBT)
        go_in_doubt(engine, target, STEP_LOST, "slipway ended while it was under way", 0);
}
