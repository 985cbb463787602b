/*
 * links.c - link groups, as somebody sees them who trusts nobody. G:
 *
 *   - a group moves as its table says, and from phase to phase only when all have arrived
 *   - a snapshot is taken while every member is off (model.c sees it at the machines, too)
 *   - a change begins when every member has its snapshot and runs, and nobody else of the
 *     group is being changed
 *   - nobody is reverted while a member runs, or while something of one is not settled
 *   - replication never breaks: nobody runs while another one was reverted (model.c)
 */
#include "sim.h"

static const char *who(const struct sim *sim, int target)
{
    return sim->plan->targets[target].name;
}

static bool is_in_flight(int state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING;
}

static bool is_open(const struct shadow_target *t)
{
    return t->step_state == STEP_ISSUED || t->step_state == STEP_RUNNING ||
           t->step_state == STEP_IN_DOUBT;
}

bool links_are_away(const struct sim *sim, int target)
{
    int unit = plan_unit_of(sim->plan, target);
    if (unit < 0 || sim->shadow.targets[target].state != TARGET_SNAPSHOTTING)
        return false;
    int state = sim->shadow.groups[unit];
    return state == GROUP_SHUTTING_DOWN || state == GROUP_SNAPSHOTTING ||
           state == GROUP_STARTING || state == GROUP_PROVING || state == GROUP_HALTING;
}

bool links_others_fly(const struct sim *sim, int target)
{
    const struct plan_unit *u = sim_unit(sim, target);
    for (int i = u ? u->first : 0; u && i < sim_unit_end(u); i++) {
        if (i != target && is_in_flight(sim->shadow.targets[i].state))
            return true;
    }
    return false;
}

bool links_are_back(const struct sim *sim, int target, const struct machine_model *m)
{
    if (m->reverted)
        return m->level == m->reverted_to;
    /* it was turned back before anything was changed: there was nothing to revert */
    return sim_unit(sim, target) && m->level == model_old_level(sim->plan);
}

/* ---- moves ---- */

static void check_move(struct sim *sim, const struct record *r)
{
    if (r->from != sim->shadow.groups[r->index] ||
        machine_next(&group_machine, r->from, r->event) != r->to)
        sim_broken(
            sim, "I15: link group %s: %s by %s to %s, was %s",
            sim->plan->units[r->index].name, machine_state(&group_machine, r->from),
            machine_event(&group_machine, r->event), machine_state(&group_machine, r->to),
            machine_state(&group_machine, sim->shadow.groups[r->index]));
}

void links_record(struct sim *sim, const struct record *r)
{
    const struct plan_unit *u = &sim->plan->units[r->index];
    check_move(sim, r);
    if (r->target >= 0) {
        if (sim->shadow.targets[r->target].arrived)
            sim_broken(sim, "G: %s arrives twice", who(sim, r->target));
        sim->shadow.targets[r->target].arrived = true;
        return;
    }
    for (int i = u->first; i < sim_unit_end(u); i++) {
        const struct shadow_target *t = &sim->shadow.targets[i];
        if (r->to == GROUP_SHUTTING_DOWN && r->at_ms - t->guarded_ms > SIM_GUARD_FRESH_MS)
            sim_broken(sim, "G12: %s is shut down %lld s after its guard", who(sim, i),
                       (long long)(r->at_ms - t->guarded_ms) / 1000);
        if (r->event == GROUP_ALL_ARRIVED && !sim->shadow.targets[i].arrived)
            sim_broken(sim, "G: link group %s goes to %s without %s", u->name,
                       machine_state(&group_machine, r->to), who(sim, i));
        sim->shadow.targets[i].arrived = false;
    }
    sim->shadow.groups[r->index] = r->to;
}

/* ---- effects ---- */

static void check_snapshot(struct sim *sim, int target, const struct plan_unit *u)
{
    for (int i = u->first; i < sim_unit_end(u); i++) {
        model_settle(sim, i);
        if (sim->machines[i].on)
            sim_broken(sim, "G: %s is to be snapshotted while %s runs", who(sim, target),
                       who(sim, i));
    }
}

static void check_change(struct sim *sim, int target, const struct plan_unit *u)
{
    for (int i = u->first; i < sim_unit_end(u); i++) {
        const struct shadow_target *t = &sim->shadow.targets[i];
        model_settle(sim, i);
        if (i != target &&
            (t->state == TARGET_CHANGING || t->state == TARGET_CHECKING || is_open(t)))
            sim_broken(sim, "G: %s is changed while %s is %s", who(sim, target),
                       who(sim, i), machine_state(&target_machine, t->state));
        if (!sim->machines[i].snapshot_count || !sim->machines[i].on)
            sim_broken(sim, "G: %s is changed while %s %s", who(sim, target), who(sim, i),
                       sim->machines[i].on ? "has no snapshot" : "is off");
    }
}

static void check_revert(struct sim *sim, int target, const struct plan_unit *u)
{
    for (int i = u->first; i < sim_unit_end(u); i++) {
        const struct shadow_target *t = &sim->shadow.targets[i];
        model_settle(sim, i);
        bool works = i != target && is_open(t) && t->activity != ACTIVITY_REVERT;
        if (sim->machines[i].on || works)
            sim_broken(sim, "G: %s is reverted while %s %s", who(sim, target),
                       who(sim, i), works ? "is at work" : "runs");
        if (!sim->machines[i].snapshot_count)
            sim_broken(sim, "G: %s is reverted, and %s has no snapshot", who(sim, target),
                       who(sim, i));
    }
}

void links_issue(struct sim *sim, const struct record *r)
{
    const struct plan_unit *u = sim_unit(sim, r->target);
    if (!u) {
        if (r->activity == ACTIVITY_REVERT && *sim->plan->targets[r->target].link_group)
            sim_broken(sim, "a member of a link group is reverted: %s",
                       who(sim, r->target));
        return;
    }
    if (r->activity == ACTIVITY_SNAPSHOT)
        check_snapshot(sim, r->target, u);
    else if (r->activity == ACTIVITY_REVERT)
        check_revert(sim, r->target, u);
    else if (sim_is_job((enum activity)r->activity) &&
             sim->shadow.targets[r->target].state == TARGET_CHANGING) {
        check_change(sim, r->target, u);
        if (sim->plan->targets[r->target].companion)
            sim_broken(sim, "G: the companion %s is changed", who(sim, r->target));
    }
}
