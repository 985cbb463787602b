/*
 * activity.c - one activity on one target, from its turn to its verdict.
 *
 * Reads (checks, versions, the snapshot guard, steps of class read) change
 * nothing: they are called straight from `waiting`, need no intent, and what
 * they find is judged here. Everything else is issued: an intent first, one
 * outstanding call, and when nobody can say what became of it, only probes.
 *
 * When an activity is over target.c says what comes next.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

const struct operation *activity_operation(const struct engine *engine,
                                           const struct activity_state *a)
{
    const struct playbook *p = &engine->plan->playbook;
    switch (a->kind) {
    case ACTIVITY_STEP:
        return &p->steps[a->index].op;
    case ACTIVITY_CHECK:
        return &p->checks[a->index].op;
    case ACTIVITY_READ:
        return &p->reads[a->index];
    default:
        return NULL;
    }
}

/* How the activity's call may be repeated. Snapshot calls are reconcilable:
   the manager can be asked; power on converges. */
static enum slipway_class activity_class(const struct engine *engine,
                                         const struct activity_state *a)
{
    const struct operation *op = activity_operation(engine, a);
    if (op)
        return a->kind == ACTIVITY_STEP ? op->repeat : SLIPWAY_READ;
    if (a->kind == ACTIVITY_GUARD)
        return SLIPWAY_READ;
    return a->kind == ACTIVITY_POWER_ON ? SLIPWAY_IDEMPOTENT : SLIPWAY_RECONCILABLE;
}

bool activity_is_read(const struct engine *engine, const struct activity_state *a)
{
    return activity_class(engine, a) == SLIPWAY_READ;
}

bool activity_under_way(const struct activity_state *a)
{
    return a->state == STEP_ISSUED || a->state == STEP_RUNNING ||
           a->state == STEP_IN_DOUBT;
}

bool activity_is_gate(const struct engine *engine, const struct activity_state *a)
{
    const struct operation *op = activity_operation(engine, a);
    return a->kind == ACTIVITY_STEP && a->state == STEP_RUNNING &&
           (!strcmp(op->use, "gate") || !strcmp(op->use, "builtin.gate"));
}

int64_t activity_timeout_ms(const struct engine *engine, const struct activity_state *a)
{
    const struct operation *op = activity_operation(engine, a);
    if (op && a->moment == MOMENT_RESTORED && a->kind == ACTIVITY_READ)
        return engine->plan->playbook.boot_timeout_ms;
    if (op)
        return op->timeout_ms;
    switch (a->kind) {
    case ACTIVITY_GUARD:
        return GUARD_TIMEOUT_MS;
    case ACTIVITY_REVERT:
        return REVERT_TIMEOUT_MS;
    case ACTIVITY_PRUNE:
        return PRUNE_TIMEOUT_MS;
    case ACTIVITY_POWER_ON:
        return POWER_TIMEOUT_MS;
    default:
        return SNAPSHOT_TIMEOUT_MS;
    }
}

int activity_limits(const struct engine *engine, int target, enum activity kind,
                    int index, int out[ACTIVITY_LIMITS_MAX])
{
    const struct plan_target *t = &engine->plan->targets[target];
    int count = 0;
    if (kind == ACTIVITY_STEP) {
        for (int i = 0; i < STEP_LIMITS_MAX; i++) {
            if (engine->step_limits[index][i] >= 0)
                out[count++] = engine->step_limits[index][i];
        }
        return count;
    }
    if (kind < ACTIVITY_SNAPSHOT)
        return 0;
    if (t->manager_limit >= 0)
        out[count++] = t->manager_limit;
    if (t->datastore_limit >= 0 && kind != ACTIVITY_POWER_ON)
        out[count++] = t->datastore_limit;
    return count;
}

/* Exponential, capped, with up to a quarter of jitter that the seed decides. */
int64_t backoff_ms(const struct engine *engine, int target, int round)
{
    int64_t delay = BACKOFF_FIRST_MS << (round > 6 ? 6 : round);
    if (delay > BACKOFF_MAX_MS)
        delay = BACKOFF_MAX_MS;
    char text[64];
    (void)snprintf(text, sizeof text, "%llu/%d/%d", (unsigned long long)engine->seed,
                   target, round);
    return delay + (int64_t)(text_hash(text) % (uint64_t)(delay / 4));
}

static struct activity_state *activity_of(struct engine *engine, int target)
{
    return &engine->state.targets[target].activity;
}

/* ---- asking the executor ---- */

static void call_executor(struct engine *engine, int target, enum call call,
                          int64_t timeout_ms)
{
    struct target_state *t = &engine->state.targets[target];
    struct activity_state *a = &t->activity;
    bool needs_snapshot = a->kind == ACTIVITY_REVERT || a->kind == ACTIVITY_PRUNE;
    a->call = call;
    a->call_id = ++engine->last_call;
    a->called_ms = engine->now_ms;
    if (!a->tried_ms)
        a->tried_ms = engine->now_ms;
    engine->calls++;
    *vec_push(engine->actions, engine->action_count, engine->action_room) =
        (struct action){
            .call = call,
            .call_id = a->call_id,
            .target = target,
            .activity = a->kind,
            .index = a->index,
            .moment = a->moment,
            .attempt = a->attempt,
            .incarnation = t->incarnation,
            .intent = activity_is_read(engine, a) ? 0 : a->intent,
            .key = activity_is_read(engine, a) ? 0 : a->key,
            .issued_ms = a->issued_ms,
            .handle = a->handle,
            .timeout_ms = timeout_ms < 1 ? 1 : timeout_ms,
            .snapshot = needs_snapshot && t->snapshot_count ? &t->snapshots[0] : NULL,
        };
}

/* May this activity be started now, as far as the campaign goes? Paused means:
   nothing new, but what was begun comes to a safe place, and a rollback is one. */
static bool campaign_lets_start(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct activity_state *a = &t->activity;
    enum campaign_state_id campaign = engine->state.campaign;
    if (engine->draining)
        return false;
    if (campaign == CAMPAIGN_RUNNING || campaign == CAMPAIGN_COMPLETED_WITH_FAILURES)
        return true;
    if (t->state == TARGET_ROLLING_BACK)
        return true;
    if (campaign == CAMPAIGN_ABORTING)
        return target_is_in_flight(t->state) || t->state == TARGET_CLEANING ||
               t->state == TARGET_SOAKING;
    return campaign == CAMPAIGN_PAUSED && activity_is_read(engine, a) &&
           (t->state == TARGET_CHECKING || t->state == TARGET_SOAKING);
}

static bool limits_have_room(const struct engine *engine, int target)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    int limits[ACTIVITY_LIMITS_MAX];
    int count = activity_limits(engine, target, a->kind, a->index, limits);
    for (int i = 0; i < count; i++) {
        if (engine->state.limit_used[limits[i]] >= engine->state.limit_max[limits[i]])
            return false;
    }
    return true;
}

bool activity_hold_lets_start(const struct engine *engine, int target, int64_t now_ms)
{
    const struct target_state *t = &engine->state.targets[target];
    bool held = t->hold_reason && (!t->hold_until_ms || t->hold_until_ms > now_ms);
    bool change =
        t->activity.kind == ACTIVITY_SNAPSHOT || t->activity.kind == ACTIVITY_STEP;
    return !held || !change || t->state == TARGET_ROLLING_BACK;
}

static void issue(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t timeout_ms = activity_timeout_ms(engine, a);
    if (a->kind == ACTIVITY_REVERT) {
        struct record record = record_new(engine, RECORD_REVERTING);
        record.target = target;
        record.incarnation = engine->state.targets[target].incarnation + 1;
        record.intent = engine->state.last_intent + 1;
        emit(engine, record);
    }
    emit_step(engine, target, STEP_ISSUE, engine->now_ms + timeout_ms, NULL, NULL);
    call_executor(engine, target, CALL_START, timeout_ms);
}

static void pump_waiting(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    if (!campaign_lets_start(engine, target) ||
        !activity_hold_lets_start(engine, target, engine->now_ms)) {
        const struct target_state *t = &engine->state.targets[target];
        a->tried_ms = 0; /* its time stands still */
        engine_block(engine, target);
        if (t->hold_reason && t->hold_until_ms > engine->now_ms)
            engine_wake_at(engine, target, t->hold_until_ms);
        return;
    }
    if (a->not_before_ms > engine->now_ms) {
        engine_wake_at(engine, target, a->not_before_ms);
        return;
    }
    if (activity_is_read(engine, a)) {
        const struct operation *op = activity_operation(engine, a);
        int64_t timeout_ms = op ? op->timeout_ms : CALL_MAX_MS;
        call_executor(engine, target, CALL_START, timeout_ms);
        return;
    }
    if (!limits_have_room(engine, target)) {
        engine_block(engine, target);
        return;
    }
    issue(engine, target);
}

static void pump_running(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    if (engine->now_ms >= a->deadline_ms) {
        emit_step(engine, target, STEP_UNKNOWN, 0, "still under way at its deadline",
                  NULL);
        a->next_look_ms = engine->now_ms;
        activity_pump(engine, target);
        return;
    }
    if (a->next_look_ms > engine->now_ms) {
        engine_wake_at(engine, target,
                       a->next_look_ms < a->deadline_ms ? a->next_look_ms
                                                        : a->deadline_ms);
        return;
    }
    if (engine->draining) {
        engine_block(engine, target);
        return;
    }
    int64_t left_ms = a->deadline_ms - engine->now_ms;
    call_executor(engine, target, CALL_POLL,
                  left_ms < CALL_MAX_MS ? left_ms : CALL_MAX_MS);
}

/* Until when slipway goes on asking about an activity in doubt. */
static int64_t doubt_end_ms(const struct activity_state *a)
{
    int64_t patience = a->doubt_since_ms + DOUBT_PATIENCE_MS;
    return patience > a->deadline_ms ? patience : a->deadline_ms;
}

static void pump_in_doubt(struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    struct activity_state *a = activity_of(engine, target);
    if (t->state == TARGET_PARKED || t->state == TARGET_STRANDED)
        return;
    if (activity_class(engine, a) == SLIPWAY_OPAQUE) {
        emit_step(engine, target, STEP_GIVE_UP, 0, NULL, NULL);
        target_gave_up(engine, target);
        return;
    }
    if (a->next_look_ms > engine->now_ms) {
        engine_wake_at(engine, target, a->next_look_ms);
        return;
    }
    if (engine->draining)
        engine_block(engine, target);
    else
        call_executor(engine, target, CALL_PROBE, CALL_MAX_MS);
}

void activity_pump(struct engine *engine, int target)
{
    const struct activity_state *a = activity_of(engine, target);
    if (a->call != CALL_NONE)
        return;
    if (a->state == STEP_WAITING)
        pump_waiting(engine, target);
    else if (a->state == STEP_RUNNING)
        pump_running(engine, target);
    else if (a->state == STEP_IN_DOUBT)
        pump_in_doubt(engine, target);
}

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
   out a call whose reply was lost: no task and no snapshot now prove nothing. */
static int64_t settled_ms(const struct engine *engine, const struct activity_state *a)
{
    if (a->handle)
        return 0;
    return a->doubt_since_ms + (a->kind >= ACTIVITY_SNAPSHOT
                                    ? engine->plan->playbook.snapshot_settle_ms
                                    : DOUBT_FIRST_MS);
}

static void finish(struct engine *engine, int target, const char *sentence)
{
    emit_step(engine, target, STEP_FINISHED, 0, sentence, NULL);
    target_finished(engine, target);
}

static void fail(struct engine *engine, int target, const char *sentence)
{
    emit_step(engine, target, STEP_FAIL, 0, sentence, NULL);
    target_failed(engine, target);
}

/* A certain failure: try again if attempts are left. */
static void fail_attempt(struct engine *engine, int target, const char *sentence)
{
    struct activity_state *a = activity_of(engine, target);
    int retries =
        a->kind == ACTIVITY_STEP ? engine->plan->playbook.steps[a->index].retries : 0;
    if (a->attempt >= retries) {
        fail(engine, target, sentence);
        return;
    }
    emit_step(engine, target, STEP_ATTEMPT_FAILED,
              engine->now_ms + backoff_ms(engine, target, a->attempt), sentence, NULL);
}

/* When trying is over. It is counted from the first try: waiting for room or for
   people, and the time while slipway was away, is not the appliance's. */
static int64_t tries_end_ms(const struct engine *engine, const struct activity_state *a)
{
    int64_t first_ms = a->tried_ms ? a->tried_ms : engine->now_ms;
    return first_ms + activity_timeout_ms(engine, a);
}

/* No effect, and worth trying again until the activity's time is over. */
static void try_later(struct engine *engine, int target, const char *sentence,
                      int64_t asked_ms)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t left_ms = tries_end_ms(engine, a) - engine->now_ms;
    /* who asks for more patience than there is does not get less than the others */
    bool heeded = asked_ms > 0 && pace_ms(asked_ms) <= left_ms;
    int64_t wait_ms = heeded ? pace_ms(asked_ms) : backoff_ms(engine, target, a->looks);
    if (wait_ms > left_ms) {
        fail(engine, target, sentence);
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

/* ---- reads ---- */

static void record_version(struct engine *engine, int target, const char *version)
{
    struct record record = record_new(engine, RECORD_VERSION);
    record.target = target;
    record.moment = (int)activity_of(engine, target)->moment;
    record.text = xstrdup(version);
    emit(engine, record);
}

static void version_read(struct engine *engine, int target, const char *version)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct activity_state *a = &t->activity;
    char sentence[400];
    if (!version || !*version) {
        fail(engine, target,
             "the version could not be read: the expression gave nothing");
        return;
    }
    if (strlen(version) > VERSION_BYTES_MAX) {
        (void)snprintf(sentence, sizeof sentence,
                       "the version could not be read: %zu bytes are none: %.60s...",
                       strlen(version), version);
        fail(engine, target, sentence);
        return;
    }
    if (a->index > 0 && strcmp(version, t->version_now ? t->version_now : "") != 0) {
        (void)snprintf(sentence, sizeof sentence,
                       "two ways of reading the version disagree: %.120s and %.120s",
                       t->version_now ? t->version_now : "nothing", version);
        fail(engine, target, sentence);
        return;
    }
    const char *old =
        t->snapshot_count && engine->plan->playbook.rollback == ROLLBACK_SNAPSHOT
            ? t->snapshots[0].version
            : t->version_before;
    if (a->moment == MOMENT_RESTORED && old && strcmp(old, version) != 0) {
        (void)snprintf(sentence, sizeof sentence,
                       "after the rollback the version is %.120s, not %.120s", version,
                       old);
        fail(engine, target, sentence);
        return;
    }
    record_version(engine, target, version);
    finish(engine, target, NULL);
}

static void record_baseline(struct engine *engine, int target, enum verdict verdict,
                            const char *sentence)
{
    struct record record = record_new(engine, RECORD_BASELINE);
    record.target = target;
    record.index = activity_of(engine, target)->index;
    record.moment = MOMENT_BEFORE;
    record.number = verdict;
    record.text = xstrdup_null(sentence);
    emit(engine, record);
}

/* Before the change one look is enough: green, red, or no data. */
static void baseline_looked(struct engine *engine, int target, enum verdict verdict,
                            const char *sentence)
{
    const struct check *check =
        &engine->plan->playbook.checks[activity_of(engine, target)->index];
    if (check->baseline == BASELINE_REQUIRE && verdict != VERDICT_GREEN) {
        fail(engine, target, sentence ? sentence : "red before the change");
        return;
    }
    record_baseline(engine, target, verdict, sentence);
    finish(engine, target, NULL);
}

/* After the change: `stable` greens in a row before `for` is over. */
static void check_looked(struct engine *engine, int target, enum verdict verdict,
                         const char *sentence)
{
    struct activity_state *a = activity_of(engine, target);
    const struct check *check = &engine->plan->playbook.checks[a->index];
    a->streak = verdict == VERDICT_GREEN ? a->streak + 1 : 0;
    if (a->streak >= check->stable) {
        finish(engine, target, NULL);
        return;
    }
    bool over = engine->now_ms + check->every_ms > a->tried_ms + check->for_ms;
    if (over && verdict != VERDICT_GREEN) {
        fail(engine, target, sentence ? sentence : "the check is red");
        return;
    }
    a->not_before_ms = engine->now_ms + check->every_ms;
    if (sentence)
        xreplace(&a->sentence, sentence);
    engine_mark_target(engine, target);
}

static const char *check_sentence(const struct engine *engine,
                                  const struct activity_state *a, const struct outcome *o,
                                  char *out, size_t size)
{
    bool red = o->outcome == SLIPWAY_DONE && o->expect == EXPECTED_FALSE;
    (void)snprintf(out, size, "check %s %s: %.500s", activity_operation(engine, a)->id,
                   red ? "is red" : "has no data",
                   o->sentence ? o->sentence : "no answer");
    return out;
}

static void check_outcome(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[600];
    bool answered = o->outcome == SLIPWAY_DONE && o->expect != EXPECTED_ERROR;
    bool green = answered && o->expect != EXPECTED_FALSE;
    enum verdict verdict = green      ? VERDICT_GREEN
                           : answered ? VERDICT_RED
                                      : VERDICT_NO_DATA;
    const char *sentence = green ? NULL : check_sentence(engine, a, o, text, sizeof text);
    if (a->moment != MOMENT_BEFORE) {
        check_looked(engine, target, verdict, sentence);
        return;
    }
    bool over = engine->now_ms >= tries_end_ms(engine, a);
    if (o->outcome == SLIPWAY_REFUSED)
        fail(engine, target, o->sentence);
    else if (!answered && !over && o->expect != EXPECTED_ERROR) {
        a->not_before_ms = engine->now_ms + backoff_ms(engine, target, a->looks++);
        if (a->not_before_ms > tries_end_ms(engine, a))
            baseline_looked(engine, target, verdict, sentence);
    } else
        baseline_looked(engine, target, verdict, sentence);
}

static const char *not_expected(const struct engine *engine,
                                const struct activity_state *a, const struct outcome *o,
                                char *out, size_t size)
{
    const struct operation *op = activity_operation(engine, a);
    (void)snprintf(out, size, "step %s: %.500s", op ? op->id : "?",
                   o->sentence ? o->sentence : "the result is not as expected");
    return out;
}

/* The guard, and steps of class read. */
static void read_outcome(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[600];
    switch (o->outcome) {
    case SLIPWAY_DONE:
        if (o->expect == EXPECTED_FALSE || o->expect == EXPECTED_ERROR)
            fail_attempt(engine, target, not_expected(engine, a, o, text, sizeof text));
        else if (a->kind == ACTIVITY_READ)
            version_read(engine, target, o->value);
        else
            finish(engine, target, NULL);
        break;
    case SLIPWAY_REFUSED:
        fail(engine, target, o->sentence);
        break;
    case SLIPWAY_FAILED:
        if (a->kind != ACTIVITY_READ) {
            fail_attempt(engine, target, o->sentence);
            break;
        }
        try_later(engine, target, o->sentence, o->look_again_ms);
        break;
    default:
        try_later(engine, target, o->sentence ? o->sentence : "no answer",
                  o->look_again_ms);
    }
}

/* ---- effects ---- */

static void record_snapshot(struct engine *engine, int target, const struct outcome *o)
{
    struct record record = record_new(engine, RECORD_SNAPSHOT);
    const struct activity_state *a = activity_of(engine, target);
    record.target = target;
    record.index = a->index;
    record.incarnation = engine->state.targets[target].incarnation;
    record.intent = a->intent;
    record.text = xstrdup_null(o->value);
    record.detail =
        engine_snapshot_name(engine->plan, target, a->index, record.incarnation);
    emit(engine, record);
}

static void record_snapshot_gone(struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    if (!t->snapshot_count)
        return;
    struct record record = record_new(engine, RECORD_SNAPSHOT_GONE);
    record.target = target;
    record.text = xstrdup_null(t->snapshots[0].reference);
    record.detail = xstrdup_null(t->snapshots[0].name);
    emit(engine, record);
}

static void effect_done(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[600];
    if (o->expect == EXPECTED_FALSE || o->expect == EXPECTED_ERROR) {
        fail_attempt(engine, target, not_expected(engine, a, o, text, sizeof text));
        return;
    }
    if (a->kind == ACTIVITY_SNAPSHOT && !o->value) {
        go_in_doubt(engine, target, STEP_UNKNOWN, "the manager named no snapshot",
                    DOUBT_FIRST_MS);
        return;
    }
    if (a->kind == ACTIVITY_SNAPSHOT)
        record_snapshot(engine, target, o);
    if (a->kind == ACTIVITY_PRUNE)
        record_snapshot_gone(engine, target);
    finish(engine, target, o->sentence);
}

/* What converges is issued again while there is time; the rest is asked about. */
static void effect_unknown(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t again_ms = engine->now_ms + backoff_ms(engine, target, a->looks);
    if (activity_class(engine, a) != SLIPWAY_IDEMPOTENT || a->state != STEP_ISSUED ||
        again_ms > tries_end_ms(engine, a)) {
        go_in_doubt(engine, target, STEP_UNKNOWN, o->sentence, DOUBT_FIRST_MS);
        return;
    }
    a->looks++;
    emit_step(engine, target, STEP_LOST_HARMLESS, again_ms, o->sentence, NULL);
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
            try_later(engine, target, o->sentence, o->look_again_ms);
        break;
    case SLIPWAY_FAILED:
        fail_attempt(engine, target, o->sentence);
        break;
    case SLIPWAY_REFUSED:
        if (a->state == STEP_RUNNING) /* the poll was refused; what runs runs on */
            go_in_doubt(engine, target, STEP_UNKNOWN, o->sentence, DOUBT_FIRST_MS);
        else
            fail(engine, target, o->sentence);
        break;
    case SLIPWAY_CANCELED:
        if (a->state == STEP_RUNNING)
            a->next_look_ms = look_again_ms(engine, a, 0);
        else
            try_later(engine, target, o->sentence, 0);
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
    if (engine->now_ms >= doubt_end_ms(a)) {
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
    } else if (engine->now_ms >= tries_end_ms(engine, a)) {
        fail(engine, target, "it never started within its time");
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
        fail_attempt(engine, target, o->sentence);
        break;
    default:
        probe_unknown(engine, target, o);
    }
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
    engine->calls--;
    if (call == CALL_PROBE)
        probe_outcome(engine, o->target, o);
    else if (!activity_is_read(engine, a))
        effect_outcome(engine, o->target, o);
    else if (a->kind == ACTIVITY_CHECK)
        check_outcome(engine, o->target, o);
    else
        read_outcome(engine, o->target, o);
}

void activity_lost(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    enum slipway_class class = activity_class(engine, a);
    if (a->state != STEP_ISSUED && a->state != STEP_RUNNING && a->state != STEP_IN_DOUBT)
        return;
    if (a->state == STEP_ISSUED && class == SLIPWAY_IDEMPOTENT)
        emit_step(engine, target, STEP_LOST_HARMLESS, engine->now_ms,
                  "slipway ended while it was issued; issuing it again is safe", NULL);
    else if (a->state == STEP_RUNNING && class != SLIPWAY_RECONCILABLE)
        a->next_look_ms = engine->now_ms; /* the handle says whom to ask */
    else if (a->state != STEP_IN_DOUBT)
        go_in_doubt(engine, target, STEP_LOST, "slipway ended while it was under way", 0);
}
