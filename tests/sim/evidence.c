/*
 * evidence.c - E: before a changed appliance is put back, what the way back would take away
 * is read, and whatever comes of that, it is put back:
 *
 *   - the steps of the phase are begun once each, in their order, after the decision and
 *     before the first revert or step of the way back
 *   - of a second way back from the same change nothing is read: it is gone
 *   - nobody is parked or stranded for it, and no attempt of it is made again
 *
 * Of a link group only who was convicted is asked; the others' way back waits for nothing.
 */
#include "sim.h"

static const char *who(const struct sim *sim, int target)
{
    return sim->plan->targets[target].name;
}

bool evidence_is_step(const struct sim *sim, int activity, int index)
{
    return activity == ACTIVITY_STEP &&
           sim->plan->playbook.steps[index].phase == PHASE_EVIDENCE;
}

void evidence_move(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    bool gathers = t->state == TARGET_ROLLING_BACK &&
                   evidence_is_step(sim, t->activity, t->index) &&
                   t->step_state != STEP_IDLE;
    int first, end;
    plan_phase(sim->plan, PHASE_EVIDENCE, &first, &end);
    if (gathers && !sim_unit(sim, r->target) &&
        (r->to == TARGET_PARKED || r->to == TARGET_STRANDED))
        sim_broken(sim, "E: %s is %s for what it reads before the way back",
                   who(sim, r->target), machine_state(&target_machine, r->to));
    if (r->event != TARGET_ROLL_BACK)
        return;
    bool due = t->changed && t->state != TARGET_STRANDED;
    t->evidence = first;
    t->evidence_end = due ? end : first;
}

static void check_begin(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    if (t->state != TARGET_ROLLING_BACK)
        sim_broken(sim, "E: %s reads evidence, it is %s", who(sim, r->target),
                   machine_state(&target_machine, t->state));
    if (t->evidence >= t->evidence_end || r->index != t->evidence)
        sim_broken(sim, "E: %s reads evidence %d, due is %d of %d", who(sim, r->target),
                   r->index, t->evidence, t->evidence_end);
    t->evidence++;
}

void evidence_step(struct sim *sim, const struct record *r)
{
    const struct shadow_target *t = &sim->shadow.targets[r->target];
    bool evidence = evidence_is_step(sim, r->activity, r->index);
    bool undoes = r->activity == ACTIVITY_REVERT ||
                  (r->activity == ACTIVITY_STEP &&
                   sim->plan->playbook.steps[r->index].phase == PHASE_ROLLBACK);
    if (evidence && r->event == STEP_BEGIN)
        check_begin(sim, r);
    if (evidence && r->event == STEP_ATTEMPT_FAILED)
        sim_broken(sim, "E: %s tries again to read evidence", who(sim, r->target));
    if (undoes && r->event == STEP_ISSUE && !sim_unit(sim, r->target) &&
        t->evidence < t->evidence_end)
        sim_broken(sim, "E: %s goes back before evidence %d of %d is read",
                   who(sim, r->target), t->evidence, t->evidence_end);
}
