/*
 * shadow_end.c - when nothing moves, and when it is over: what the records say of every
 * appliance, held against what it is. (I7, I9, I14 of shadow.c.)
 */
#include "sim.h"

static const char *who(const struct sim *sim, int target)
{
    return sim->plan->targets[target].name;
}

/* I7: each snapshot of ours is known, or is what is in doubt. */
void shadow_rest(struct sim *sim)
{
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        const struct shadow_target *t = &sim->shadow.targets[i];
        const struct target_state *live = &engine_state(sim->engine)->targets[i];
        struct machine_model *m = &sim->machines[i];
        model_settle(sim, i);
        if (t->forced || t->step_state == STEP_IN_DOUBT || m->removed)
            continue;
        if (m->snapshot_count != live->snapshot_count)
            sim_broken(sim, "I7: %s has %d snapshots, %d are known", who(sim, i),
                       m->snapshot_count, live->snapshot_count);
        for (int k = 0; k < live->snapshot_count; k++) {
            if (!model_snapshot_at(m, live->snapshots[k].reference))
                sim_broken(sim, "I7: %s of %s is not there", live->snapshots[k].name,
                           who(sim, i));
        }
    }
}

static void check_outcome(struct sim *sim, int target)
{
    const struct shadow_target *t = &sim->shadow.targets[target];
    const struct machine_model *m = &sim->machines[target];
    const struct playbook *p = &sim->plan->playbook;
    unsigned old_level = model_old_level(sim->plan);
    bool fits = true;
    if (t->forced)
        return;
    switch ((enum target_state_id)t->state) {
    case TARGET_SUCCEEDED:
        fits = m->on && !m->snapshot_count &&
               (sim->plan->targets[target].companion
                    ? m->level == (m->reverted ? m->reverted_to : old_level)
                    : m->level == model_new_level(sim->plan));
        break;
    case TARGET_ROLLED_BACK:
        fits = m->on && !m->snapshot_count &&
               (p->rollback == ROLLBACK_NATIVE ? m->level == old_level
                                               : links_are_back(sim, target, m));
        break;
    case TARGET_PENDING:
    case TARGET_FAILED:
    case TARGET_SKIPPED:
        fits = t->changed || m->level == (m->reverted ? m->reverted_to : old_level);
        break;
    default:
        break;
    }
    if (!fits)
        sim_broken(sim, "I9: %s is %s, but it is %s, at level %x, with %d snapshots",
                   who(sim, target), machine_state(&target_machine, t->state),
                   m->on ? "on" : "off", m->level, m->snapshot_count);
}

void shadow_end(struct sim *sim)
{
    bool early = sim->shadow.campaign == CAMPAIGN_ABORTED;
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        int state = sim->shadow.targets[i].state;
        if (!machine_is_final(&target_machine, state) &&
            !(early && state == TARGET_PENDING))
            sim_broken(sim, "I14: it is over and %s is %s", who(sim, i),
                       machine_state(&target_machine, state));
        check_outcome(sim, i);
    }
}
