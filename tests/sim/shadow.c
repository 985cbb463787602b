/*
 * shadow.c - the records, read a second time by somebody who trusts nobody, and the
 * promises, checked at every record against that and against the model:
 *
 *   I1  a call has a committed intent          I2  one call per intent, settled first
 *   I3  one effect at a time (model.c)         I4  budgets, caps and limits at the
 *   I5  nothing forward when paused, held,         moment of each start; in strict mode
 *       out of the window (times.c)                never more than tolerated + 1
 *   I6  a protected step has its snapshot      I7  no snapshot is forgotten
 *   I9  what was settled is what happened      I10 one incarnation for each revert
 *   I14 every target ends in a final state     I15 every move stands in a table
 */
#include "sim.h"

static const char *who(const struct sim *sim, int target)
{
    return sim->plan->targets[target].name;
}

void shadow_create(struct sim *sim)
{
    const struct plan *plan = sim->plan;
    struct shadow *s = &sim->shadow;
    s->campaign = plan->approval_required ? CAMPAIGN_UNAPPROVED : CAMPAIGN_READY;
    s->in_flight_max = plan->in_flight;
    s->budget = plan->budget;
    s->waves = xcalloc(plan->wave_count, sizeof *s->waves);
    s->wave_budgets = xcalloc(plan->wave_count, sizeof *s->wave_budgets);
    s->wave_touched = xcalloc(plan->wave_count, sizeof *s->wave_touched);
    s->targets = xcalloc(plan->target_count, sizeof *s->targets);
    s->groups = xcalloc(plan->unit_count + 1, sizeof *s->groups);
    s->domain_max = xcalloc(plan->domain_count, sizeof *s->domain_max);
    s->limit_max = xcalloc(plan->limit_count, sizeof *s->limit_max);
    for (size_t i = 0; i < plan->wave_count; i++)
        s->wave_budgets[i] = plan->waves[i].budget;
    for (size_t i = 0; i < plan->domain_count; i++)
        s->domain_max[i] = plan->domains[i].max;
    for (size_t i = 0; i < plan->limit_count; i++)
        s->limit_max[i] = plan->limits[i].max;
}

void shadow_destroy(struct sim *sim)
{
    struct shadow *s = &sim->shadow;
    free(s->waves);
    free(s->groups);
    free(s->wave_budgets);
    free(s->wave_touched);
    free(s->targets);
    free(s->domain_max);
    free(s->limit_max);
}

/* ---- counting, from the states alone ---- */

static bool in_flight(const struct shadow_target *t)
{
    return t->state == TARGET_SNAPSHOTTING || t->state == TARGET_CHANGING ||
           t->state == TARGET_CHECKING;
}

/* A companion of a link group is not what the campaign is about. */
static bool failed(const struct sim *sim, size_t target)
{
    const struct shadow_target *t = &sim->shadow.targets[target];
    return !t->acknowledged && !sim->plan->targets[target].companion &&
           (t->state == TARGET_FAILED || t->state == TARGET_ROLLING_BACK ||
            t->state == TARGET_ROLLED_BACK || t->state == TARGET_STRANDED ||
            t->state == TARGET_PARKED);
}

static bool down(const struct shadow_target *t)
{
    return in_flight(t) || t->state == TARGET_ROLLING_BACK ||
           t->state == TARGET_STRANDED ||
           ((t->changed || t->off) &&
            (t->state == TARGET_PARKED || t->state == TARGET_FAILED));
}

static bool under_way(const struct shadow_target *t)
{
    return t->step_state == STEP_ISSUED || t->step_state == STEP_RUNNING ||
           t->step_state == STEP_IN_DOUBT;
}

static bool is_held(const struct sim *sim, const struct shadow_target *t)
{
    return t->held && (!t->hold_until_ms || t->hold_until_ms > sim->now_ms);
}

struct tally {
    int failed, in_doubt, in_flight, hits; /* a link group once */
    int places;                            /* in flight, each */
};

static void count_one(const struct sim *sim, size_t target, struct tally *tally)
{
    const struct shadow_target *t = &sim->shadow.targets[target];
    bool fails = failed(sim, target);
    tally->failed += fails;
    tally->in_doubt +=
        !fails && !sim->plan->targets[target].companion && t->step_state == STEP_IN_DOUBT;
    tally->in_flight += in_flight(t);
    tally->places += in_flight(t);
    tally->hits += fails && t->hit;
}

static void count_unit(const struct sim *sim, const struct plan_unit *u,
                       struct tally *tally)
{
    struct tally own = {0};
    for (int i = u->first; i < sim_unit_end(u); i++)
        count_one(sim, (size_t)i, &own);
    tally->failed += own.failed > 0;
    tally->in_doubt += own.in_doubt;
    tally->hits += own.hits > 0;
    tally->in_flight += own.in_flight > 0 && !own.hits;
    tally->places += own.places;
}

/* wave -1: of the campaign; the targets of a wave stand together */
static struct tally count(const struct sim *sim, int wave)
{
    struct tally tally = {0};
    const struct plan_wave *planned = wave < 0 ? NULL : &sim->plan->waves[wave];
    int first = planned ? planned->first : 0;
    int end = planned ? first + planned->count : (int)sim->plan->target_count;
    for (int i = first; i < end; i++) {
        const struct plan_unit *u = sim_unit(sim, i);
        if (!u)
            count_one(sim, (size_t)i, &tally);
        else if (u->first == i)
            count_unit(sim, u, &tally);
    }
    return tally;
}

/* ---- I4: starting ---- */

static void check_budget(struct sim *sim, int target, int wave, int tolerated)
{
    struct tally tally = count(sim, wave);
    int risk = tally.failed + tally.in_doubt +
               (sim->plan->mode == BUDGET_STRICT ? tally.in_flight : 0);
    if (risk > tolerated)
        sim_broken(sim, "I4: %s starts with %d failed, %d in doubt, %d in flight of %d",
                   who(sim, target), tally.failed, tally.in_doubt, tally.in_flight,
                   tolerated);
}

/* Strict: whatever happens to what is in flight, one more than tolerated at most. */
static void check_strict(struct sim *sim)
{
    const struct shadow *s = &sim->shadow;
    if (sim->plan->mode != BUDGET_STRICT)
        return;
    for (int wave = -1; wave < (int)sim->plan->wave_count; wave++) {
        struct tally tally = count(sim, wave);
        int tolerated = wave < 0 ? s->budget : s->wave_budgets[wave];
        bool touched = wave < 0 ? s->budget_touched : s->wave_touched[wave];
        if (!touched && tally.hits + tally.in_flight > tolerated + 1)
            sim_broken(sim, "I4: strict budget %d of %s: %d failed, %d in flight",
                       tolerated, wave < 0 ? "the campaign" : "a wave", tally.hits,
                       tally.in_flight);
    }
}

static void check_caps(struct sim *sim, int target)
{
    const struct plan_target *planned = &sim->plan->targets[target];
    for (int i = 0; i < planned->domain_count; i++) {
        int d = planned->domains[i], others = 0;
        for (size_t k = 0; k < sim->plan->target_count; k++) {
            const struct plan_target *other = &sim->plan->targets[k];
            for (int j = 0; j < other->domain_count; j++)
                others += other->domains[j] == d && down(&sim->shadow.targets[k]);
        }
        if (others >= sim->shadow.domain_max[d])
            sim_broken(sim, "I4: %s starts with %d down of at most %d in %s",
                       who(sim, target), others, sim->shadow.domain_max[d],
                       sim->plan->domains[d].key);
    }
}

static void check_admission(struct sim *sim, int target)
{
    const struct shadow *s = &sim->shadow;
    int wave = sim->plan->targets[target].wave;
    if (s->campaign != CAMPAIGN_RUNNING)
        sim_broken(sim, "I5: %s starts, the campaign is %s", who(sim, target),
                   machine_state(&campaign_machine, s->campaign));
    if (is_held(sim, &s->targets[target]))
        sim_broken(sim, "I5: %s starts and is held", who(sim, target));
    if (s->waves[wave] != WAVE_OPEN)
        sim_broken(sim, "I5: %s starts, its wave is %s", who(sim, target),
                   machine_state(&wave_machine, s->waves[wave]));
    /* an operator may undo one of a wave that has its verdict */
    for (int i = 0; i < sim->plan->waves[wave].first; i++) {
        if (!machine_is_final(&target_machine, s->targets[i].state) &&
            s->targets[i].state != TARGET_ROLLING_BACK)
            sim_broken(sim, "I5: %s starts before the verdict on %s", who(sim, target),
                       who(sim, i));
    }
    if (count(sim, -1).places >= s->in_flight_max)
        sim_broken(sim, "I4: %s starts beyond in_flight", who(sim, target));
    if (!links_others_fly(sim, target)) { /* with its group that was asked already */
        check_budget(sim, target, wave, s->wave_budgets[wave]);
        check_budget(sim, target, -1, s->budget);
    }
    check_caps(sim, target);
}

/* ---- issuing ---- */

static bool uses_limit(const struct sim *sim, int target, int activity, int index,
                       int limit)
{
    const struct plan_target *planned = &sim->plan->targets[target];
    if (activity == ACTIVITY_RECOVER) { /* it takes what its step takes */
        activity = ACTIVITY_STEP;
        index = sim->shadow.targets[target].recover_step;
    }
    if (activity == ACTIVITY_STEP) {
        const struct step *step = &sim->plan->playbook.steps[index];
        for (size_t i = 0; i < step->limit_count; i++) {
            if (plan_limit(sim->plan, step->limits[i]) == limit)
                return true;
        }
        return false;
    }
    if (activity < ACTIVITY_SNAPSHOT)
        return false;
    return planned->manager_limit == limit ||
           (planned->datastore_limit == limit && activity != ACTIVITY_POWER_ON &&
            activity != ACTIVITY_POWER_OFF);
}

static void check_limits(struct sim *sim, int target, const struct record *r)
{
    for (size_t l = 0; l < sim->plan->limit_count; l++) {
        int used = 0;
        if (!uses_limit(sim, target, r->activity, r->index, (int)l))
            continue;
        for (size_t i = 0; i < sim->plan->target_count; i++) {
            const struct shadow_target *t = &sim->shadow.targets[i];
            used +=
                under_way(t) && uses_limit(sim, (int)i, t->activity, t->index, (int)l);
        }
        if (used >= sim->shadow.limit_max[l])
            sim_broken(sim, "I4: %s uses %s, %d of %d are in use", who(sim, target),
                       sim->plan->limits[l].key, used, sim->shadow.limit_max[l]);
    }
}

/* I6: what the step is protected by is on the machine, and nothing works on it. */
static void check_protected(struct sim *sim, const struct record *r)
{
    const struct playbook *p = &sim->plan->playbook;
    struct machine_model *m = &sim->machines[r->target];
    if (r->activity != ACTIVITY_STEP || p->steps[r->index].phase != PHASE_CHANGE ||
        p->rollback != ROLLBACK_SNAPSHOT || !p->steps[r->index].snapshot)
        return;
    int step = r->index, first, end;
    plan_phase(sim->plan, PHASE_CHANGE, &first, &end);
    if (sim_unit(sim, r->target)) /* the group's covers every step */
        step = first;
    auto_free char *name =
        engine_snapshot_name(sim->plan, r->target, step, r->incarnation);
    model_settle(sim, r->target);
    if (!model_snapshot_named(m, name) && !m->removed)
        sim_broken(sim, "I6: step %s of %s is issued without its snapshot",
                   p->steps[r->index].op.id, who(sim, r->target));
}

/* G12: who was held back for long is looked at again. Retries stay with the first look, and
   a link group that is off is not asked. */
static void check_guard(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    if (r->activity != ACTIVITY_SNAPSHOT || sim_unit(sim, r->target))
        return;
    if (t->snapshot_next && sim->now_ms - t->guarded_ms > SIM_GUARD_FRESH_MS)
        sim_broken(sim, "G12: the snapshot of %s begins %lld s after its guard",
                   who(sim, r->target), (long long)(sim->now_ms - t->guarded_ms) / 1000);
    t->snapshot_next = false;
}

static void check_issue(struct sim *sim, const struct record *r)
{
    const struct shadow *s = &sim->shadow;
    const struct shadow_target *t = &s->targets[r->target];
    bool away = links_are_away(sim, r->target);
    bool back = t->state == TARGET_ROLLING_BACK || away;
    bool change =
        sim_is_job((enum activity)r->activity) || r->activity == ACTIVITY_SNAPSHOT;
    if (t->intent)
        sim_broken(sim, "I2: intent %lld of %s, and %lld is not settled",
                   (long long)r->intent, who(sim, r->target), (long long)t->intent);
    if (!back && s->campaign != CAMPAIGN_RUNNING && s->campaign != CAMPAIGN_ABORTING)
        sim_broken(sim, "I5: %s of %s is issued, the campaign is %s",
                   activity_name((enum activity)r->activity), who(sim, r->target),
                   machine_state(&campaign_machine, s->campaign));
    if (!back && change && is_held(sim, t))
        sim_broken(sim, "I5: %s of %s is issued and held",
                   activity_name((enum activity)r->activity), who(sim, r->target));
    if (machine_is_final(&target_machine, t->state))
        sim_broken(sim, "I5: %s of %s is issued, it is %s",
                   activity_name((enum activity)r->activity), who(sim, r->target),
                   machine_state(&target_machine, t->state));
    links_issue(sim, r);
    if (!sim->unjudged) {
        times_issue(sim, r, t->state);
        check_limits(sim, r->target, r);
    }
    check_protected(sim, r);
    check_guard(sim, r);
}

static void issue(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    check_issue(sim, r);
    const struct step *step =
        r->activity == ACTIVITY_STEP ? &sim->plan->playbook.steps[r->index] : NULL;
    const struct operation *op = step ? &step->op
                                 : r->activity == ACTIVITY_RECOVER
                                     ? &sim->plan->playbook.recovery_ops[r->index]
                                     : NULL;
    *model_effect(sim, r->intent) = (struct effect){
        .target = r->target,
        .index = r->index,
        .kind = (enum activity)r->activity,
        .repeatable =
            op ? op->repeat == SLIPWAY_IDEMPOTENT
               : r->activity == ACTIVITY_POWER_ON || r->activity == ACTIVITY_POWER_OFF,
    };
    t->intent = r->intent;
    t->changed = t->changed || (step && step->phase != PHASE_PREPARE) ||
                 (r->activity == ACTIVITY_RECOVER && t->state == TARGET_CHANGING);
    t->off = t->off || r->activity == ACTIVITY_POWER_OFF;
    t->reverts += r->activity == ACTIVITY_REVERT;
    if (t->reverts != t->incarnation)
        sim_broken(sim, "I10: %s: %d reverts, incarnation %d", who(sim, r->target),
                   t->reverts, t->incarnation);
}

/* ---- I9: settling ---- */

/* The attempt is over: a launch of it that still comes is turned away. */
static void close_key(struct sim *sim, int64_t key)
{
    for (size_t i = 0; i < sim->effect_count; i++) {
        if (sim->effects[i].key == key)
            sim->effects[i].gone = true;
    }
}

static const char *const truths[] = {"nothing", "running", "ok", "failed", "gone"};

/* Of a job its key tells, whichever launch of it came through. */
static void tell_by_key(struct sim *sim, int target, struct effect *e)
{
    struct machine_model *m = &sim->machines[target];
    const struct model_job *job =
        sim_is_job(e->kind) && e->key ? model_job_of(m, e->key) : NULL;
    if (!job || e->repeatable)
        return;
    e->truth = !job->over              ? TRUTH_RUNNING
               : job->end == JOB_OK    ? TRUTH_OK
               : job->end == JOB_FAILS ? TRUTH_FAILED
                                       : TRUTH_GONE;
    e->unexpected = !job->recovers && model_disappoints(sim, target, job->step);
}

/* It is as it was wanted, whichever of several requests did it. */
static bool is_switched(const struct sim *sim, int target, enum activity kind)
{
    const struct machine_model *m = &sim->machines[target];
    return (kind == ACTIVITY_POWER_OFF && !m->on) || (kind == ACTIVITY_POWER_ON && m->on);
}

/* Somebody of this name was said to have never begun, and may come through at any time. */
static bool has_straggler(const struct sim *sim, const struct effect *e)
{
    for (size_t i = 0; i < sim->effect_count; i++) {
        const struct effect *other = &sim->effects[i];
        if (other->late && other->target == e->target && other->key == e->key)
            return sim_is_job(e->kind);
    }
    return false;
}

/* What converges may have been done by an earlier request whose answer was lost. */
static bool was_done_before(const struct sim *sim, const struct effect *e)
{
    for (size_t i = 0; e->repeatable && i < sim->effect_count; i++) {
        const struct effect *other = &sim->effects[i];
        if (other->target == e->target && other->key == e->key &&
            other->truth == TRUTH_OK && !other->unexpected)
            return true;
    }
    return false;
}

static void settle(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    struct effect *e = model_effect(sim, r->intent);
    bool fits = true;
    if (e->target != r->target || e->settled)
        sim_broken(sim, "I9: intent %lld is settled twice or elsewhere",
                   (long long)r->intent);
    model_settle(sim, r->target);
    if (r->event != STEP_NOT_STARTED)
        tell_by_key(sim, r->target, e);
    e->settled = true;
    e->spent = r->event == STEP_ATTEMPT_FAILED && sim_is_job(e->kind);
    t->intent = 0;
    switch ((enum step_event)r->event) {
    case STEP_FINISHED:
        fits = e->gate || (e->truth == TRUTH_OK && !e->unexpected) ||
               is_switched(sim, r->target, e->kind) || was_done_before(sim, e);
        break;
    case STEP_FAIL:
    case STEP_ATTEMPT_FAILED:
        fits = e->truth == TRUTH_FAILED || e->truth == TRUTH_NOTHING ||
               (e->truth == TRUTH_OK && e->unexpected);
        e->no_effect = e->truth == TRUTH_NOTHING;
        break;
    case STEP_TRY_LATER:
    case STEP_NOT_STARTED:
        fits = e->truth == TRUTH_NOTHING || e->repeatable || has_straggler(sim, e);
        e->no_effect = true;
        break;
    case STEP_LOST_HARMLESS:
        fits = e->repeatable;
        break;
    default: /* reset: a human gave it up */
        fits = t->forced;
    }
    if (!e->no_effect || r->event == STEP_FAIL || r->event == STEP_ATTEMPT_FAILED)
        close_key(sim, e->key);
    if (!fits)
        sim_broken(sim, "I9: %s of %s, intent %lld, settled as %s, but it is %s",
                   activity_name(e->kind), who(sim, r->target), (long long)r->intent,
                   machine_event(&step_machine, r->event), truths[e->truth]);
}

/* Evidence is what was looked at in this state of the target. */
static void note_evidence(struct shadow_target *t, const struct record *r)
{
    if (r->event != STEP_FINISHED)
        return;
    if (r->activity == ACTIVITY_CHECK)
        t->greens |= 1u << r->index;
    if (r->activity == ACTIVITY_READ)
        t->reads |= 1u << r->index;
    if (r->activity == ACTIVITY_GUARD)
        t->guarded_ms = r->at_ms;
}

/* G12: green checks, and the version by every way, before each good verdict; the version
   before each snapshot that may have to be gone back to. */
static void check_evidence(struct sim *sim, const struct record *r)
{
    const struct playbook *p = &sim->plan->playbook;
    struct shadow_target *t = &sim->shadow.targets[r->target];
    int first, end;
    plan_phase(sim->plan, PHASE_CHANGE, &first, &end);
    unsigned needed = 0;
    for (size_t i = 0; i < p->check_count; i++) {
        bool was_green = t->baseline >> i & 1u;
        bool nothing_new = r->event == TARGET_RESTORED || r->event == TARGET_SPARED ||
                           r->event == TARGET_PROTECTED;
        bool companion = sim->plan->targets[r->target].companion;
        bool counts =
            (r->event == TARGET_SOAKED && (!companion || was_green)) ||
            (r->event == TARGET_VERIFIED && p->checks[i].after_step == end - 1) ||
            (nothing_new && was_green);
        needed |= counts ? 1u << i : 0;
    }
    if ((t->greens & needed) != needed || t->reads != (1u << p->read_count) - 1)
        sim_broken(sim, "G12: %s is %s with checks %x of %x and reads %x",
                   who(sim, r->target), machine_event(&target_machine, r->event),
                   t->greens, needed, t->reads);
    if (r->event == TARGET_SOAKED && sim->now_ms < t->soak_until_ms)
        sim_broken(sim, "G12: %s is soaked %lld ms too early", who(sim, r->target),
                   (long long)(t->soak_until_ms - sim->now_ms));
}

static void step_record(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    bool was_open = under_way(t);
    if (r->from != t->step_state ||
        machine_next(&step_machine, r->from, r->event) != r->to)
        sim_broken(sim, "I15: %s: step %s by %s to %s, was %s", who(sim, r->target),
                   machine_state(&step_machine, r->from),
                   machine_event(&step_machine, r->event),
                   machine_state(&step_machine, r->to),
                   machine_state(&step_machine, t->step_state));
    evidence_step(sim, r);
    if (r->event == STEP_BEGIN)
        t->snapshot_next = r->activity == ACTIVITY_SNAPSHOT;
    if (r->event == STEP_ISSUE)
        issue(sim, r);
    t->step_state = r->to;
    t->activity = r->activity;
    t->index = r->index;
    note_evidence(t, r);
    if (was_open && !under_way(t))
        settle(sim, r);
}

/* I16: a known issue is recovered from between two attempts of a step, no oftener than
   the plan allows, and never while undoing. */
static void recovery_record(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = &sim->shadow.targets[r->target];
    const struct recovery *planned = &sim->plan->playbook.recoveries[r->index];
    if (r->from != t->recovery ||
        machine_next(&recovery_machine, r->from, r->event) != r->to)
        sim_broken(sim, "I15: %s: recovery %d by %s to %d", who(sim, r->target), r->from,
                   machine_event(&recovery_machine, r->event), r->to);
    t->recovery = r->to;
    if (r->event == RECOVERY_FAIL) { /* the failure of the step stands */
        t->activity = ACTIVITY_STEP;
        t->index = t->recover_step;
    }
    if (r->event != RECOVERY_BEGIN)
        return;
    enum phase phase = sim->plan->playbook.steps[t->index].phase;
    if (t->activity != ACTIVITY_STEP || t->step_state != STEP_FAILED ||
        (t->state != TARGET_PREPARING && t->state != TARGET_CHANGING) ||
        !(planned->phases >> phase & 1u))
        sim_broken(sim, "I16: %s is recovered in %s", who(sim, r->target),
                   machine_state(&target_machine, t->state));
    if (++t->recovered > planned->at_most)
        sim_broken(sim, "I16: %s is recovered %d times of %d", who(sim, r->target),
                   t->recovered, planned->at_most);
    t->recover_step = t->index;
}

/* ---- moves ---- */

static void target_record(struct sim *sim, const struct record *r)
{
    struct shadow *s = &sim->shadow;
    struct shadow_target *t = &s->targets[r->target];
    int wave = sim->plan->targets[r->target].wave;
    int to = machine_next(&target_machine, r->from, r->event);
    if (r->event != TARGET_PARK && r->event != TARGET_CONTINUE)
        t->recovery = RECOVERY_IDLE;
    if (r->event == TARGET_CONTINUE)
        to = t->parked_from;
    if (r->from != t->state || to != r->to)
        sim_broken(sim, "I15: %s: %s by %s to %s", who(sim, r->target),
                   machine_state(&target_machine, r->from),
                   machine_event(&target_machine, r->event),
                   machine_state(&target_machine, r->to));
    if (!sim->unjudged && (r->event == TARGET_ADMIT || r->event == TARGET_ADMIT_BARE))
        check_admission(sim, r->target);
    bool proven = r->event == TARGET_SPARED ||
                  (r->event == TARGET_PROTECTED && sim_unit(sim, r->target));
    if (r->event == TARGET_VERIFIED || r->event == TARGET_SOAKED ||
        r->event == TARGET_RESTORED || r->event == TARGET_NEXT_STEP || proven)
        check_evidence(sim, r);
    if ((r->to == TARGET_PARKED || r->to == TARGET_STRANDED || r->to == TARGET_FAILED) &&
        (!r->text || !*r->text))
        sim_broken(sim, "G16: %s is %s, and nobody says why", who(sim, r->target),
                   machine_state(&target_machine, r->to));
    evidence_move(sim, r);
    bool back = r->to == TARGET_PARKED || r->event == TARGET_CONTINUE;
    if (!back) /* who comes back from the parking place keeps what was seen */
        t->greens = t->reads = 0;
    if (r->to == TARGET_PARKED)
        t->parked_from = t->state;
    if (r->event == TARGET_CONTINUE && t->acknowledged) /* no admission was asked */
        s->budget_touched = s->wave_touched[wave] = true;
    if (in_flight(t))
        t->hit = true;
    t->state = r->to;
    if (!failed(sim, (size_t)r->target))
        t->hit = false;
    if (r->event == TARGET_UNREADY) {
        t->step_state = STEP_IDLE;
        t->baseline = 0;
    }
    if (r->event == TARGET_RETRY) {
        t->step_state = STEP_IDLE;
        t->intent = 0;
        t->baseline = 0;
        t->acknowledged = false;
    }
    if (r->event == TARGET_CONTINUE || r->event == TARGET_STRAND)
        t->acknowledged = false;
    if (r->event == TARGET_RESTORED)
        t->changed = false;
    if (!sim->unjudged)
        check_strict(sim);
}

static void set_record(struct sim *sim, const struct record *r)
{
    struct shadow *s = &sim->shadow;
    int value = (int)r->number, cap = r->attempt;
    if (!strcmp(r->text, "in_flight"))
        s->in_flight_max = value;
    else if (!strcmp(r->text, "budget")) {
        s->budget = value;
        s->budget_touched = true;
    } else if (!strcmp(r->text, "wave_budget")) {
        s->wave_budgets[r->wave] = value;
        s->wave_touched[r->wave] = true;
    } else if (!strncmp(r->text, "domain:", 7))
        s->domain_max[cap] = value;
    else
        s->limit_max[cap] = value;
}

static void campaign_record(struct sim *sim, const struct record *r)
{
    if (r->from != sim->shadow.campaign ||
        machine_next(&campaign_machine, r->from, r->event) != r->to)
        sim_broken(sim, "I15: campaign: %s to %s",
                   machine_state(&campaign_machine, r->from),
                   machine_state(&campaign_machine, r->to));
    sim->shadow.campaign = r->to;
}

static void wave_record(struct sim *sim, const struct record *r)
{
    if (r->from != sim->shadow.waves[r->wave] ||
        machine_next(&wave_machine, r->from, r->event) != r->to)
        sim_broken(sim, "I15: wave %d: %s to %s", r->wave,
                   machine_state(&wave_machine, r->from),
                   machine_state(&wave_machine, r->to));
    sim->shadow.waves[r->wave] = r->to;
}

/* A human may do what slipway may not: undo or give up what is in doubt. */
static void command_record(struct sim *sim, const struct record *r)
{
    if (r->target < 0)
        return;
    const struct plan_unit *u = sim_unit(sim, r->target);
    int first = u ? u->first : r->target, end = u ? sim_unit_end(u) : first + 1;
    bool skips = !strcmp(r->text, "skip"), undoes = !strcmp(r->text, "rollback");
    for (int i = first; i < end; i++) { /* what is said of one is said of its group */
        struct shadow_target *t = &sim->shadow.targets[i];
        bool settled = t->state == TARGET_PARKED || t->state == TARGET_STRANDED;
        /* before a group goes back slipway asks about its managers' tasks itself */
        bool gives_up =
            skips || (undoes && (!u || sim_is_job((enum activity)t->activity)));
        if (settled && gives_up && t->step_state == STEP_IN_DOUBT)
            t->forced = true;
    }
}

void shadow_record(struct sim *sim, const struct record *r)
{
    struct shadow_target *t = r->target >= 0 ? &sim->shadow.targets[r->target] : NULL;
    if (!sim->unjudged)
        times_record(sim, r);
    switch (r->kind) {
    case RECORD_CAMPAIGN:
        campaign_record(sim, r);
        break;
    case RECORD_WAVE:
        wave_record(sim, r);
        break;
    case RECORD_TARGET:
        target_record(sim, r);
        break;
    case RECORD_STEP:
        step_record(sim, r);
        break;
    case RECORD_RECOVERY:
        recovery_record(sim, r);
        break;
    case RECORD_REVERTING:
        if (r->incarnation != t->incarnation + 1)
            sim_broken(sim, "I10: %s: incarnation %d after %d", who(sim, r->target),
                       r->incarnation, t->incarnation);
        t->incarnation = r->incarnation;
        break;
    case RECORD_HOLD:
        t->held = true;
        t->hold_until_ms = r->number;
        break;
    case RECORD_RELEASE:
        t->held = false;
        break;
    case RECORD_ACKNOWLEDGED:
        t->acknowledged = true;
        break;
    case RECORD_SOAK:
        t->soak_until_ms = r->number;
        break;
    case RECORD_BASELINE:
        t->baseline &= ~(1u << r->index);
        t->baseline |= r->number == VERDICT_GREEN ? 1u << r->index : 0;
        break;
    case RECORD_VERSION:
        t->off = false;
        break;
    case RECORD_GROUP:
        links_record(sim, r);
        break;
    case RECORD_SNAPSHOT:
        if (t->taken < MODEL_SNAPSHOTS)
            t->taken_ms[t->taken++] = r->at_ms;
        break;
    case RECORD_SNAPSHOT_GONE:
        outside_is_seen(sim, r);
        t->changed = t->changed && !r->number;
        t->taken -= t->taken > 0;
        memmove(t->taken_ms, t->taken_ms + 1, (size_t)t->taken * sizeof *t->taken_ms);
        break;
    case RECORD_SET:
        set_record(sim, r);
        break;
    case RECORD_COMMAND:
        command_record(sim, r);
        break;
    case RECORD_REJECTED:
        if (!sim->commanded)
            sim_broken(sim, "the engine rejects itself: %s", r->text);
        break;
    default:
        break;
    }
}

/* I7: no snapshot outlives its limit while nothing is done. (A link group's covers all of
   it until the last one is through.) */
static void check_kept(struct sim *sim, int target)
{
    const struct shadow_target *t = &sim->shadow.targets[target];
    bool idle = t->state == TARGET_SOAKING && t->step_state == STEP_IDLE;
    if (idle && t->taken && !sim_unit(sim, target) && t->soak_until_ms > sim->now_ms &&
        sim->now_ms - t->taken_ms[0] >= sim->plan->playbook.snapshot_ttl_ms)
        sim_broken(sim, "I7: the snapshot of %s is kept beyond its limit",
                   who(sim, target));
}

/* I4: what is over its budget, or stranded unseen, has stopped the campaign. */
void shadow_step(struct sim *sim, bool records)
{
    const struct shadow *s = &sim->shadow;
    if (s->campaign != CAMPAIGN_RUNNING || sim_is_broken(sim))
        return;
    for (int wave = -1; records && wave < (int)sim->plan->wave_count; wave++) {
        int tolerated = wave < 0 ? s->budget : s->wave_budgets[wave];
        if (count(sim, wave).failed > tolerated)
            sim_broken(sim, "I4: more than %d failed, and the campaign runs on",
                       tolerated);
    }
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        if (s->targets[i].state == TARGET_STRANDED && !s->targets[i].acknowledged)
            sim_broken(sim, "I4: %s is stranded, and the campaign runs on", who(sim, i));
        check_kept(sim, i);
    }
}

/* ---- I1, I2: calls ---- */

void shadow_call(struct sim *sim, const struct action *a)
{
    const struct shadow_target *t = &sim->shadow.targets[a->target];
    if (!a->intent)
        return;
    struct effect *e = model_effect(sim, a->intent);
    if (a->intent != t->intent || e->target != a->target || e->kind != a->activity ||
        e->index != a->index)
        sim_broken(sim, "I1: a call for intent %lld of %s, which is not committed",
                   (long long)a->intent, who(sim, a->target));
    e->key = a->key;
    for (size_t i = 0; a->call == CALL_START && i < sim->effect_count; i++) {
        if (sim->effects[i].spent && sim->effects[i].key == a->key)
            sim_broken(sim,
                       "I2: intent %lld of %s has the name of an attempt that is over",
                       (long long)a->intent, who(sim, a->target));
    }
    if (a->call == CALL_START && ++e->calls > 1)
        sim_broken(sim, "I2: intent %lld of %s is called twice", (long long)a->intent,
                   who(sim, a->target));
    if (a->incarnation != t->incarnation)
        sim_broken(sim, "I10: a call for incarnation %d of %s, it is at %d",
                   a->incarnation, who(sim, a->target), t->incarnation);
}
