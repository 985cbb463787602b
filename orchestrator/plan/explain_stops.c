/*
 * explain_stops.c - everything else that will keep the campaign from going on by
 * itself, and what nobody would want to find out at night.
 */
#include <string.h>

#include "plan/draft.h"

static void stop_gates(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    if (plan->approval_required)
        plan_notes_add(&draft->notes, NOTE_STOP, -1,
                       "nothing starts before the plan is approved: slipway approve");
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (plan->waves[i].gate)
            plan_notes_add(&draft->notes, NOTE_STOP, (int)i,
                           "%s waits for its own approval: slipway approve --wave %s",
                           plan->waves[i].name, plan->waves[i].name);
    }
}

static void stop_zero_caps(struct draft *draft)
{
    const struct strategy *s = draft->strategy;
    for (size_t i = 0; i < s->max_unavailable_count; i++) {
        if (s->max_unavailable[i].max <= 0)
            plan_notes_add(
                &draft->notes, NOTE_STOP, -1,
                "max_unavailable of \"%s\" is 0: no target that has one starts",
                s->max_unavailable[i].name);
    }
    for (size_t i = 0; i < s->limit_count; i++) {
        if (s->limits[i].max <= 0)
            plan_notes_add(&draft->notes, NOTE_STOP, -1,
                           "the limit \"%s\" is 0: nothing that uses it starts until: "
                           "slipway set",
                           s->limits[i].name);
    }
}

static void stop_playbook(struct draft *draft)
{
    const struct playbook *p = &draft->plan->playbook;
    size_t changes = 0;
    for (size_t i = 0; i < p->step_count; i++) {
        const struct step *step = &p->steps[i];
        changes += step->phase == PHASE_CHANGE;
        if (step->op.repeat == SLIPWAY_OPAQUE)
            plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                           "step %s cannot be asked about: if its reply is lost, its "
                           "target parks for a human",
                           step->op.id);
    }
    if (!changes)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "the playbook has no change steps: it only prepares");
    else if (p->rollback == ROLLBACK_NONE)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "the playbook has no rollback: a target that fails stays as it is "
                       "and parks");
    else
        plan_notes_add(&draft->notes, NOTE_BUDGET, -1,
                       "a rollback that fails pauses the campaign at once, whatever the "
                       "budgets say");
    if (changes && !p->check_count)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "the playbook has no health checks: only its steps say whether a "
                       "target is well");
}

void explain_stops(struct draft *draft)
{
    stop_gates(draft);
    stop_zero_caps(draft);
    stop_playbook(draft);
}
