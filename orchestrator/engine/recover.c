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
 * run is decided here: only in the phases that it is for, never while undoing, and not
 * more often than the plan allows for each target, however often operators retry it.
 */
#include "engine/internal.h"

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
    if (to < 0)
        return;
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

bool recover_begin(struct engine *engine, int target, const char *sentence)
{
    const struct target_state *t = target_of(engine, target);
    const struct activity_state *a = &t->activity;
    int index = a->recovery - 1;
    if (index < 0 || index >= (int)engine->plan->playbook.recovery_count)
        return false;
    const struct recovery *recovery = &engine->plan->playbook.recoveries[index];
    if (!may_recover(engine, t, recovery, index))
        return false;
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

void recover_failed(struct engine *engine, int target)
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
    target_failed(engine, target);
}

/* ---- after the step's next attempt ---- */

void recover_settle(struct engine *engine, int target, bool good)
{
    const struct target_state *t = target_of(engine, target);
    const struct recovery_state *r = &t->recovery;
    if (r->state == RECOVERY_RETRYING && t->activity.kind == ACTIVITY_STEP &&
        t->activity.index == r->step)
        emit_recovery(engine, target, good ? RECOVERY_CURED : RECOVERY_IN_VAIN, r->index,
                      engine->now_ms - r->since_ms, NULL);
}
