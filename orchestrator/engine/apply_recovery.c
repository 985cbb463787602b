/*
 * apply_recovery.c - records about recoveries, applied to a target's state (apply.c).
 *
 * A recovery that begins remembers the failure that it is for, so that it can stand as it
 * was if the recovery fails.
 */
#include <stdlib.h>

#include "engine/internal.h"
#include "util/xalloc.h"

void state_clear_recovery(struct target_state *t)
{
    free(t->recovery.sentence);
    t->recovery = (struct recovery_state){.state = RECOVERY_IDLE};
}

static void begin_recovery(struct target_state *t, const struct record *r)
{
    struct recovery_state *recovery = &t->recovery;
    const struct activity_state *a = &t->activity;
    bool again = recovery->state == RECOVERY_RETRYING;
    recovery->index = r->index;
    recovery->step = a->index;
    recovery->moment = a->moment;
    recovery->attempts = a->attempt;
    recovery->since_ms = again ? recovery->since_ms : r->at_ms;
    xreplace(&recovery->sentence, r->detail);
    t->recovered[r->index]++;
}

/* The step's failure stands as it was before the recovery. */
static void restore_failure(struct target_state *t, const struct record *r)
{
    struct activity_state *a = &t->activity;
    state_clear_activity(a);
    a->kind = ACTIVITY_STEP;
    a->index = t->recovery.step;
    a->moment = t->recovery.moment;
    a->state = STEP_FAILED;
    a->attempt = t->recovery.attempts;
    a->begun_ms = t->recovery.since_ms;
    a->sentence = xstrdup_null(r->detail);
}

void state_apply_recovery(struct target_state *t, const struct record *r)
{
    if (r->event == RECOVERY_BEGIN)
        begin_recovery(t, r);
    if (r->event == RECOVERY_FAIL)
        restore_failure(t, r);
    t->recovery.state = (enum recovery_state_id)r->to;
    if (t->recovery.state == RECOVERY_IDLE)
        state_clear_recovery(t);
}

static bool in_range(int64_t value, int64_t end)
{
    return value >= 0 && value < end;
}

bool state_recovery_fits(const struct engine *engine, const struct record *r)
{
    const struct playbook *p = &engine->plan->playbook;
    if (r->target < 0 || !in_range(r->index, (int64_t)p->recovery_count) ||
        !in_range(r->event, RECOVERY_EVENT_COUNT))
        return false;
    const struct target_state *t = &engine->state.targets[r->target];
    return r->to >= 0 &&
           machine_next(&recovery_machine, (int)t->recovery.state, r->event) == r->to &&
           (r->event != RECOVERY_BEGIN || t->activity.kind == ACTIVITY_STEP);
}
