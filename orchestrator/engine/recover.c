/*
 * recover.c - a step's attempt failed for certain, and somebody has seen that before: the
 * recovery that the plan has for it is run, then the attempt is made again.
 *
 * The recovery's operations are activities like all others: issued with an intent, held
 * back by holds, windows and limits as their step is, asked about when nobody knows what
 * became of them. The attempt after it is granted by the recovery and takes none of the
 * step's own retries. If the recovery fails, the step's failure stands as it was.
 *
 * Which recovery fits is no decision of the engine: the outcome says so. Whether it may be
 * run is decided here: only in the phases that it is for, never while undoing, not more
 * often than the plan allows for each target, however often operators retry it, and
 * within a window only if it fits: no window was asked for its room beforehand.
 */
#include "engine/internal.h"
#include "engine/window.h"

#include <stdio.h>

#include "util/xalloc.h"

static struct target_state *target_of(struct engine *engine, int target)
{
    return &engine->state.targets[target];
}

static const struct recovery *recovery_of(const struct engine *engine,
                                          const struct target_state *t)
{
    return &engine->plan->playbook.recoveries[t->recovery.index];
}

static void emit_recovery(struct engine *engine, int target, enum recovery_event event,
                          int index, int64_t number, const char *sentence)
{
    const struct target_state *t = target_of(engine, target);
    int to = machine_next(&recovery_machine, (int)t->recovery.state, (int)event);
    struct record record = record_new(engine, RECORD_RECOVERY);
    record.target = target;
    record.from = (int)t->recovery.state;
    record.event = (int)event;
    record.to = to;
    record.index = index;
    record.attempt = t->recovered[index] + (event == RECOVERY_BEGIN);
    record.number = number;
    record.text = xstrdup(engine->plan->playbook.recoveries[index].issue);
    record.detail = xstrdup_null(sentence);
    emit(engine, record);
}

/* ---- before it ---- */

static bool may_recover(const struct engine *engine, const struct target_state *t,
                        const struct recovery *recovery, int index)
{
    const struct activity_state *a = &t->activity;
    if (a->kind != ACTIVITY_STEP ||
        (t->state != TARGET_PREPARING && t->state != TARGET_CHANGING))
        return false;
    enum phase phase = engine->plan->playbook.steps[a->index].phase;
    return recovery->count && (recovery->phases >> phase & 1u) &&
           t->recovered[index] < recovery->at_most;
}

/* The recovery that this failure calls for and that may be run, as far as time does not
   matter; -1. */
static int wanted(const struct engine *engine, const struct target_state *t)
{
    const struct playbook *p = &engine->plan->playbook;
    int index = t->activity.recovery - 1;
    return index >= 0 && index < (int)p->recovery_count &&
                   may_recover(engine, t, &p->recoveries[index], index)
               ? index
               : -1;
}

/* No window holds room for it from the start: it, the step once more, all that comes after
   it and the way back must fit before the window closes. */
static bool is_in_time(const struct engine *engine, int target, int index)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct playbook *p = &engine->plan->playbook;
    const struct times *times = &engine->state.times;
    const struct recovery *recovery = &p->recoveries[index];
    if (t->state != TARGET_CHANGING || !t->closes_ms ||
        times_override(times, engine->plan, target, engine->now_ms))
        return true;
    int64_t end_ms =
        engine->now_ms + window_needed_ms(engine->plan, times->time, target, t->position);
    for (int i = recovery->first; i < recovery->first + recovery->count; i++)
        end_ms += p->recovery_ops[i].timeout_ms;
    return end_ms <= t->closes_ms;
}

char *recover_explain(const struct engine *engine, int target, const char *sentence)
{
    int index = wanted(engine, &engine->state.targets[target]);
    const char *why = sentence ? sentence : "it failed";
    return index < 0
               ? xstrdup_null(sentence)
               : xasprintf("%s; the recovery of known issue %s was not run: its window "
                           "closes before that, the step and the rest could be over",
                           why, engine->plan->playbook.recoveries[index].issue);
}

bool recover_begin(struct engine *engine, int target, const char *sentence)
{
    const struct target_state *t = target_of(engine, target);
    int index = wanted(engine, t);
    if (index < 0 || !is_in_time(engine, target, index))
        return false;
    const struct recovery *recovery = &engine->plan->playbook.recoveries[index];
    emit_step(engine, target, STEP_FAIL, 0, sentence, NULL);
    emit_recovery(engine, target, RECOVERY_BEGIN, index, 0, sentence);
    emit_begin(engine, target, ACTIVITY_RECOVER, recovery->first, t->recovery.moment);
    return true;
}

/* ---- after one of its operations ---- */

void recover_finished(struct engine *engine, int target)
{
    const struct recovery_state *r = &target_of(engine, target)->recovery;
    const struct recovery *recovery = recovery_of(engine, target_of(engine, target));
    int next = target_of(engine, target)->activity.index + 1;
    if (next < recovery->first + recovery->count) {
        emit_begin(engine, target, ACTIVITY_RECOVER, next, r->moment);
        return;
    }
    emit_recovery(engine, target, RECOVERY_DONE, r->index, 0, NULL);
    emit_begin_again(engine, target, ACTIVITY_STEP, r->step, r->moment, r->attempts);
}

void recover_end(struct engine *engine, int target)
{
    const struct target_state *t = target_of(engine, target);
    const struct recovery *recovery = recovery_of(engine, t);
    const struct playbook *p = &engine->plan->playbook;
    const struct operation *op = &p->recovery_ops[t->activity.index];
    const char *why = t->activity.sentence ? t->activity.sentence : "no reason was given";
    char *text = xasprintf(
        "%s; the recovery of known issue %s failed at %d of %d, %s: %s",
        t->recovery.sentence ? t->recovery.sentence : "it failed", recovery->issue,
        t->activity.index - recovery->first + 1, recovery->count, op->use, why);
    const char *advice = p->steps[t->recovery.step].op.advice;
    char *whole = advice ? advice_add(text, advice) : xstrdup(text);
    emit_recovery(engine, target, RECOVERY_FAIL, t->recovery.index,
                  engine->now_ms - t->recovery.since_ms, whole);
    xreplace(&text, NULL);
    xreplace(&whole, NULL);
}

void recover_failed(struct engine *engine, int target)
{
    recover_end(engine, target);
    target_failed(engine, target);
}

/* ---- after the step's next attempt ---- */

void recover_settle(struct engine *engine, int target, bool good)
{
    const struct target_state *t = target_of(engine, target);
    const struct recovery_state *r = &t->recovery;
    if (r->state == RECOVERY_RETRYING)
        emit_recovery(engine, target, good ? RECOVERY_CURED : RECOVERY_IN_VAIN, r->index,
                      engine->now_ms - r->since_ms, NULL);
}
