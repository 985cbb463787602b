/*
 * activity.c - one activity on one target: what it is, and asking for it.
 *
 * Reads (checks, versions, the snapshot guard, steps of class read) change
 * nothing: they are called straight from `waiting` and need no intent. Everything
 * else is issued: an intent first, one outstanding call, and when nobody can say
 * what became of it, only probes. What comes back is judged in outcome.c.
 */
#include "engine/group.h"

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
    case ACTIVITY_RECOVER:
        return &p->recovery_ops[a->index];
    default:
        return NULL;
    }
}

static bool is_power(enum activity kind)
{
    return kind == ACTIVITY_POWER_ON || kind == ACTIVITY_POWER_OFF;
}

/* How the activity's call may be repeated. Snapshot calls are reconcilable:
   the manager can be asked; power on and off converge. */
enum slipway_class activity_class(const struct engine *engine,
                                  const struct activity_state *a)
{
    const struct operation *op = activity_operation(engine, a);
    if (op)
        return a->kind == ACTIVITY_STEP || a->kind == ACTIVITY_RECOVER ? op->repeat
                                                                       : SLIPWAY_READ;
    if (a->kind == ACTIVITY_GUARD)
        return SLIPWAY_READ;
    return is_power(a->kind) ? SLIPWAY_IDEMPOTENT : SLIPWAY_RECONCILABLE;
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

bool activity_is_job(const struct activity_state *a)
{
    return a->kind == ACTIVITY_STEP || a->kind == ACTIVITY_RECOVER;
}

bool activity_is_switching(const struct activity_state *a)
{
    return is_power(a->kind) && a->state == STEP_WAITING && a->intent;
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
    bool boots = a->moment == MOMENT_RESTORED || a->moment == MOMENT_STARTED;
    if (op && boots && a->kind == ACTIVITY_READ)
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
    case ACTIVITY_POWER_OFF:
        return SHUT_DOWN_TIMEOUT_MS;
    default:
        return SNAPSHOT_TIMEOUT_MS;
    }
}

int activity_limits(const struct engine *engine, int target, enum activity kind,
                    int index, int out[ACTIVITY_LIMITS_MAX])
{
    const struct plan_target *t = &engine->plan->targets[target];
    int count = 0;
    if (kind == ACTIVITY_RECOVER) { /* it takes what its step takes */
        kind = ACTIVITY_STEP;
        index = engine->state.targets[target].recovery.step;
    }
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
    if (t->datastore_limit >= 0 && !is_power(kind))
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

/* ---- asking the executor ---- */

static int64_t grace_ms(const struct activity_state *a)
{
    if (a->kind != ACTIVITY_POWER_OFF)
        return 0;
    return a->moment == MOMENT_RESTORED ? SHUT_DOWN_UNDO_GRACE_MS : SHUT_DOWN_GRACE_MS;
}

/* What the call is about, or needs to be there: a change, and what recovers from one, is
   not sent without the way back, which leads to the oldest snapshot that is kept. */
static const struct snapshot_state *snapshot_for(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct activity_state *a = &t->activity;
    if (a->kind == ACTIVITY_REVERT || a->kind == ACTIVITY_PRUNE)
        return &t->snapshots[0];
    bool changes = (a->kind == ACTIVITY_STEP || a->kind == ACTIVITY_RECOVER) &&
                   t->state == TARGET_CHANGING && a->call == CALL_START &&
                   !activity_is_read(engine, a);
    return changes && t->snapshot_count ? &t->snapshots[0] : NULL;
}

static void call_executor(struct engine *engine, int target, enum call call,
                          int64_t timeout_ms)
{
    struct target_state *t = &engine->state.targets[target];
    struct activity_state *a = &t->activity;
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
            .grace_ms = grace_ms(a),
            .snapshot = snapshot_for(engine, target),
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
    if (t->state == TARGET_ROLLING_BACK || group_is_away(engine, target))
        return true; /* a whole link group that is off is no safe place */
    if (campaign == CAMPAIGN_ABORTING)
        return target_is_in_flight(t->state) || t->state == TARGET_CLEANING ||
               t->state == TARGET_SOAKING;
    return activity_is_read(engine, a) &&
           (t->state == TARGET_CHECKING || t->state == TARGET_SOAKING);
}

/* The first limit that has no place for it, or -1. */
static int full_limit(const struct engine *engine, int target)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    int limits[ACTIVITY_LIMITS_MAX];
    int count = activity_limits(engine, target, a->kind, a->index, limits);
    for (int i = 0; i < count; i++) {
        if (engine->state.limit_used[limits[i]] >= engine->state.limit_max[limits[i]])
            return limits[i];
    }
    return -1;
}

bool activity_has_room(const struct engine *engine, int target)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    return activity_is_read(engine, a) || full_limit(engine, target) < 0;
}

/* What holds it back is shown with it, and written down once. */
static void say_waiting(struct engine *engine, int target, const char *why)
{
    struct activity_state *a = activity_of(engine, target);
    if (!a->sentence || strcmp(a->sentence, why) != 0) {
        xreplace(&a->sentence, why);
        engine_mark_target(engine, target);
    }
    engine_block(engine, target);
}

/* True: a limit is used up, or was set to nothing. */
static bool wait_for_room(struct engine *engine, int target)
{
    char why[200];
    int limit = full_limit(engine, target);
    if (limit < 0)
        return false;
    (void)snprintf(why, sizeof why,
                   "waits for a place: the limit %.100s allows %d at once",
                   engine->plan->limits[limit].key, engine->state.limit_max[limit]);
    say_waiting(engine, target, why);
    return true;
}

bool activity_hold_lets_start(const struct engine *engine, int target, int64_t now_ms)
{
    const struct target_state *t = &engine->state.targets[target];
    bool held = t->hold_reason && (!t->hold_until_ms || t->hold_until_ms > now_ms);
    enum activity kind = t->activity.kind;
    bool alone = engine->unit_of[target] < 0; /* a link group waits at its door */
    bool change = (kind == ACTIVITY_GUARD && alone) || kind == ACTIVITY_SNAPSHOT ||
                  kind == ACTIVITY_STEP || kind == ACTIVITY_RECOVER;
    return !held || !change || t->state == TARGET_ROLLING_BACK ||
           group_is_away(engine, target);
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
    rights_issue(engine, target);
    emit_step(engine, target, STEP_ISSUE, engine->now_ms + timeout_ms, NULL, NULL);
    call_executor(engine, target, CALL_START, timeout_ms);
}

/* True: windows, or a clock that is not trusted, hold this part of the change back. */
static bool wait_for_window(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    int64_t next_ms;
    if (!rights_forbid(engine, target, engine->now_ms, &next_ms))
        return false;
    const char *why = engine->state.times.clock
                          ? "waits until the clock is trusted again"
                          : "waits for an opening that holds the rest of the change";
    a->tried_ms = 0; /* its time stands still */
    say_waiting(engine, target, why);
    if (next_ms > engine->now_ms)
        engine_wake_at(engine, target, next_ms);
    return true;
}

/* A snapshot that was held back for long: what its guard found may be true no more. Not
   while it is being tried, or a lost request for it may still arrive: its time counts on.
   Link groups look again at their door. */
static bool look_again(struct engine *engine, int target)
{
    const struct activity_state *a = activity_of(engine, target);
    bool tried = a->tried_ms || a->stalled;
    if (a->kind != ACTIVITY_SNAPSHOT || engine->unit_of[target] >= 0 || tried ||
        engine->now_ms - a->begun_ms <= GUARD_FRESH_MS)
        return false;
    int step = a->index;
    /* for what it stood still over, which the reset forgets */
    rights_renew(engine, target);
    target_reset(engine, target);
    emit_begin(engine, target, ACTIVITY_GUARD, step, MOMENT_BEFORE);
    activity_pump(engine, target);
    return true;
}

static void pump_waiting(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    if (group_holds_back(engine, target) || !campaign_lets_start(engine, target) ||
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
    if (wait_for_window(engine, target))
        return;
    if (a->kind == ACTIVITY_GUARD) /* what follows has the close of this opening */
        rights_renew(engine, target);
    if (activity_is_read(engine, a)) {
        const struct operation *op = activity_operation(engine, a);
        int64_t timeout_ms = op ? op->timeout_ms : CALL_MAX_MS;
        call_executor(engine, target, CALL_START, timeout_ms);
        return;
    }
    if (!wait_for_room(engine, target) && !look_again(engine, target))
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
int64_t activity_doubt_end_ms(const struct activity_state *a)
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

void activity_ask_again(struct engine *engine, int target)
{
    struct activity_state *a = activity_of(engine, target);
    a->looks = 0;
    a->tried_ms = 0; /* if it never began, there is time for it again */
    a->next_look_ms = engine->now_ms;
    emit_step(engine, target, STEP_ASK_AGAIN,
              engine->now_ms + activity_timeout_ms(engine, a), NULL, NULL);
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
