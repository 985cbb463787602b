/*
 * outside.c - somebody else has the manager too: between a snapshot and the change that it
 * protects our snapshot is removed, the machine is put back to it, or switched off.
 *
 * The executor asks for the way back before it sends a change, and what it sees is what is
 * there when the request arrives. Nobody can see what happens after that; so nothing does.
 * A member of a link group is left alone: who puts back one of them breaks their
 * replication, and no orchestrator could help it.
 */
#include "sim.h"

/* A step of the change, or what recovers from one. */
static bool changes(const struct sim *sim, const struct action *a)
{
    bool recovers = a->activity == ACTIVITY_RECOVER &&
                    sim->shadow.targets[a->target].state == TARGET_CHANGING;
    bool steps = a->activity == ACTIVITY_STEP &&
                 sim->plan->playbook.steps[a->index].phase == PHASE_CHANGE;
    return a->call == CALL_START && (recovers || steps);
}

void outside_meddles(struct sim *sim, const struct event *e)
{
    int target = e->action.target, often = sim->weather.outside;
    struct machine_model *m = &sim->machines[target];
    if (e->unheard || !changes(sim, &e->action) || sim_unit(sim, target) || model_busy(m))
        return;
    struct model_snapshot *ours = m->snapshot_count ? m->snapshots : NULL;
    if (ours && sim_luck(sim, target, LUCK_OUTSIDE_REMOVES, often)) {
        model_drop_snapshot(m, ours);
        m->removed++;
    } else if (ours && !(m->faults & FAULT_REVERT_LIES) &&
               sim_luck(sim, target, LUCK_OUTSIDE_REVERTS, often)) {
        model_revert(sim, target, ours);
        m->on = sim_choice(sim, target, AMOUNT_OUTSIDE, 600);
    } else if (m->on && sim_luck(sim, target, LUCK_OUTSIDE_POWERS_OFF, often)) {
        model_power_off(sim, target);
        m->on = sim_choice(sim, target, AMOUNT_OUTSIDE, 400);
    } else
        return;
    if (m->on)
        m->boot_until_ms =
            sim->now_ms + sim_amount(sim, target, AMOUNT_OUTSIDE, 5, 900) * SECOND;
}

bool outside_took_it(struct sim *sim, const struct event *e)
{
    return !e->unheard && changes(sim, &e->action) && *e->reference &&
           !model_snapshot_at(&sim->machines[e->action.target], e->reference);
}

void outside_check(struct sim *sim, const struct event *e)
{
    const struct action *a = &e->action;
    struct machine_model *m = &sim->machines[a->target];
    const struct playbook *p = &sim->plan->playbook;
    int step = a->index, end;
    if (a->activity ==
        ACTIVITY_RECOVER) /* the first one's leads back from every later one */
        plan_phase(sim->plan, PHASE_CHANGE, &step, &end);
    if (e->unheard || !changes(sim, a) || sim->shadow.targets[a->target].forced ||
        p->rollback != ROLLBACK_SNAPSHOT || !p->steps[step].snapshot)
        return;
    if (!m->snapshot_count)
        sim_broken(sim, "I6: %s %d of %s begins, and there is nothing to go back to",
                   activity_name(a->activity), a->index,
                   sim->plan->targets[a->target].name);
}

/* I9: who is said never to have been changed is as it was before, and nothing runs there. */
void outside_is_seen(struct sim *sim, const struct record *r)
{
    struct machine_model *m = &sim->machines[r->target];
    const char *name = sim->plan->targets[r->target].name;
    unsigned was = m->reverted ? m->reverted_to : model_old_level(sim->plan);
    if (r->number && !m->removed)
        sim_broken(sim, "I9: %s is said to have lost its snapshot", name);
    if (r->number && (m->level != was || m->half))
        sim_broken(sim, "I9: %s is said to be as before, it is at level %x", name,
                   m->level);
    for (size_t i = 0; r->number && i < m->job_count; i++) {
        if (!m->jobs[i].over)
            sim_broken(sim, "I9: %s is said to be as before, and a job runs there", name);
    }
    if (m->removed)
        m->removed--;
}
