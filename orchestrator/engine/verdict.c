/*
 * verdict.c - an activity went badly: fail, undo, park or go on.
 *
 * One silent appliance after a change is convicted like a red one: nobody may wait for
 * it for ever. Many silent at the same moment are an outage of ours until somebody has
 * looked: they are parked where they are, and nothing is undone.
 */
#include "engine/group.h"

#include "util/xalloc.h"

static struct target_state *target_of(struct engine *engine, int target)
{
    return &engine->state.targets[target];
}

static const char *said(const struct target_state *t)
{
    return t->activity.sentence ? t->activity.sentence : "no reason was given";
}

/* The change was convicted: do what its step says. */
static void convict(struct engine *engine, int target, const char *reason)
{
    const struct target_state *t = target_of(engine, target);
    enum on_failure action = engine->plan->playbook.steps[t->position].on_failure;
    if (action == ON_FAILURE_ROLLBACK)
        (void)target_roll_back(engine, target, NULL, reason);
    else if (action == ON_FAILURE_FAIL)
        (void)emit_target(engine, target, TARGET_FAIL, NULL, "%s", reason);
    else
        target_park(engine, target, reason);
}

/* Also those that were parked for it, until somebody has looked. */
static bool is_silent(const struct target_state *t)
{
    return t->silent && (t->state == TARGET_PARKED ||
                         !machine_is_final(&target_machine, (int)t->state));
}

/* Nobody answers, here and elsewhere at the same time: that is no word about this
   change. Our own way to the fleet may be gone, and an undo would be wrong for all. */
static bool may_be_us(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    int silent = 0;
    if (!t->silent || t->red)
        return false;
    if (engine->state.campaign == CAMPAIGN_PAUSED)
        return true;
    for (size_t i = 0; i < engine->plan->target_count && silent < SILENT_TARGETS_MIN; i++)
        silent += is_silent(&engine->state.targets[i]);
    return silent >= SILENT_TARGETS_MIN;
}

static void check_failed(struct engine *engine, int target, const char *reason)
{
    const struct target_state *t = target_of(engine, target);
    const struct activity_state *a = &t->activity;
    bool was_red = a->kind == ACTIVITY_CHECK &&
                   engine->plan->playbook.checks[a->index].baseline == BASELINE_COMPARE &&
                   t->baseline[a->index] != VERDICT_GREEN;
    if (was_red)
        (void)emit_target(engine, target, TARGET_PARK, NULL,
                          "inconclusive: it was red before the change too: %s", reason);
    else if (may_be_us(engine, target))
        (void)emit_target(
            engine, target, TARGET_PARK, NULL,
            "inconclusive: others are silent too, or the campaign is paused; "
            "look at slipway's own way to the fleet, then retry it: %s",
            reason);
    else
        convict(engine, target, reason);
}

static void preparing_failed(struct engine *engine, int target, const char *reason)
{
    const struct activity_state *a = &target_of(engine, target)->activity;
    enum on_failure action = a->kind == ACTIVITY_STEP
                                 ? engine->plan->playbook.steps[a->index].on_failure
                             : a->kind == ACTIVITY_CHECK ? ON_FAILURE_PARK
                                                         : ON_FAILURE_FAIL;
    if (action == ON_FAILURE_CONTINUE)
        target_finished(engine, target);
    else if (action == ON_FAILURE_PARK)
        target_park(engine, target, reason);
    else
        (void)emit_target(engine, target, TARGET_FAIL, NULL, "%s", reason);
}

static void changing_failed(struct engine *engine, int target, const char *reason)
{
    const struct target_state *t = target_of(engine, target);
    if (engine->plan->playbook.steps[t->position].on_failure == ON_FAILURE_CONTINUE)
        target_finished(engine, target);
    else
        convict(engine, target, reason);
}

static void rolling_back_failed(struct engine *engine, int target, const char *reason)
{
    /* The appliance is back and healthy; only our snapshot is still there. */
    if (target_of(engine, target)->activity.kind == ACTIVITY_PRUNE)
        (void)emit_target(
            engine, target, TARGET_PARK, NULL,
            "rolled back and verified, but a snapshot could not be removed: %s", reason);
    else
        (void)emit_target(engine, target, TARGET_STRAND, NULL, "%s", reason);
}

/* What it said is recorded, and nobody is convicted by it. */
static bool only_warns(const struct engine *engine, int target)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    if (target_gathers(engine, target))
        return true;
    return a->kind == ACTIVITY_CHECK &&
           engine->plan->playbook.checks[a->index].severity == SEVERITY_WARN;
}

void target_failed(struct engine *engine, int target)
{
    const struct target_state *t = target_of(engine, target);
    if (t->activity.kind == ACTIVITY_RECOVER) {
        recover_failed(engine, target);
        return;
    }
    if (only_warns(engine, target)) {
        target_finished(engine, target);
        return;
    }
    char *reason = xstrdup(said(t));
    if (group_member_failed(engine, target, reason)) {
        xreplace(&reason, NULL);
        return;
    }
    switch (t->state) {
    case TARGET_PREPARING:
        preparing_failed(engine, target, reason);
        break;
    case TARGET_SNAPSHOTTING:
        if (t->changed)
            target_park(engine, target, reason);
        else
            (void)emit_target(engine, target, TARGET_FAIL, NULL, "%s", reason);
        break;
    case TARGET_CHANGING:
        changing_failed(engine, target, reason);
        break;
    case TARGET_CHECKING:
        check_failed(engine, target, reason);
        break;
    case TARGET_SOAKING:
        if (t->activity.kind == ACTIVITY_PRUNE)
            target_park(engine, target, reason);
        else
            check_failed(engine, target, reason);
        break;
    case TARGET_ROLLING_BACK:
        rolling_back_failed(engine, target, reason);
        break;
    default:
        target_park(engine, target, reason);
    }
    xreplace(&reason, NULL);
}

void target_gave_up(struct engine *engine, int target)
{
    const struct target_state *t = target_of(engine, target);
    char *reason = xasprintf("%s in doubt: %s", activity_name(t->activity.kind), said(t));
    const struct operation *op = activity_operation(engine, &t->activity);
    char *whole = op && op->advice ? advice_add(reason, op->advice) : xstrdup(reason);
    bool stands_alone =
        engine->unit_of[target] < 0 || group_of(engine, target)->state == GROUP_CLEARING;
    if (t->state == TARGET_ROLLING_BACK && !stands_alone)
        group_strand(engine, target, reason);
    else if (t->state == TARGET_ROLLING_BACK)
        (void)emit_target(engine, target, TARGET_STRAND, NULL, "%s", whole);
    else
        target_park(engine, target, whole);
    xreplace(&whole, NULL);
    xreplace(&reason, NULL);
}
