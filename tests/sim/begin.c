/*
 * begin.c - the request of an effect has arrived: is it turned away, is it there already,
 * and what does it set going.
 */
#include "sim.h"

static bool is_gate(const struct step *step)
{
    return !strcmp(step->op.use, "gate");
}

/* ---- jobs ---- */

static int64_t add_boot(struct sim *sim, struct machine_model *m, int64_t from_ms)
{
    int target = (int)(m - sim->machines);
    int64_t until_ms = from_ms + sim_amount(sim, target, AMOUNT_BOOT, 5, 240) * SECOND;
    if (m->boot_count == MODEL_BOOTS ||
        (m->boot_count && m->boots[m->boot_count - 1].from_ms > from_ms))
        return until_ms;
    m->boots[m->boot_count++] = (struct model_boot){from_ms, until_ms};
    return until_ms;
}

/* With the end of the job, or some time after it, and sometimes once more. */
static void plan_boots(struct sim *sim, int target, int64_t from_ms)
{
    struct machine_model *m = &sim->machines[target];
    if (!sim_luck(sim, target, LUCK_REBOOT, sim->weather.reboot))
        return;
    if (sim_luck(sim, target, LUCK_REBOOT_LATE, sim->weather.reboot_odd))
        from_ms += sim_amount(sim, target, AMOUNT_BOOT_LATE, 1, 900) * SECOND;
    int64_t up_ms = add_boot(sim, m, from_ms);
    if (sim_luck(sim, target, LUCK_REBOOT_TWICE, sim->weather.reboot_odd))
        (void)add_boot(
            sim, m, up_ms + sim_amount(sim, target, AMOUNT_BOOT_LATE, 1, 300) * SECOND);
}

static enum job_end how_it_ends(struct sim *sim, int target, int step)
{
    unsigned faults = sim->machines[target].faults;
    if (sim->plan->playbook.steps[step].phase != PHASE_CHANGE)
        return JOB_OK;
    if (faults & FAULT_CURABLE && !sim->machines[target].cured)
        return JOB_FAILS;
    return faults & FAULT_HANGS    ? JOB_HANGS
           : faults & FAULT_ORPHAN ? JOB_ORPHAN
           : faults & FAULT_FAILS  ? JOB_FAILS
                                   : JOB_OK;
}

/* Recoveries fail and die as steps do; a job that is made again ends as it did. */
static enum job_end how_recovery_ends(struct sim *sim, const struct action *a)
{
    const struct model_job *before = model_job_of(&sim->machines[a->target], a->key);
    if (before)
        return before->end;
    return sim_luck(sim, a->target, LUCK_RECOVERY_FAILS, 100) ? JOB_FAILS
           : sim_luck(sim, a->target, LUCK_RECOVERY_DIES, 30) ? JOB_ORPHAN
                                                              : JOB_OK;
}

static struct model_job *begin_job(struct sim *sim, const struct action *a,
                                   int64_t takes_ms)
{
    struct machine_model *m = &sim->machines[a->target];
    enum job_end end = a->activity == ACTIVITY_RECOVER
                           ? how_recovery_ends(sim, a)
                           : how_it_ends(sim, a->target, a->index);
    struct model_job *job = vec_push(m->jobs, m->job_count, m->job_room);
    *job = (struct model_job){
        .key = a->key,
        .intent = a->intent,
        .step = a->index,
        .until_ms = sim->now_ms + takes_ms,
        .end = end,
        .recovers = a->activity == ACTIVITY_RECOVER,
    };
    if (takes_ms && sim_luck(sim, a->target, LUCK_FORGETS, sim->weather.forgets))
        job->forgotten_ms =
            sim->now_ms + sim_amount(sim, a->target, AMOUNT_FORGETS, 1, takes_ms);
    if (takes_ms && end != JOB_HANGS)
        plan_boots(sim, a->target, job->until_ms);
    return job;
}

/* ---- requests ---- */

static void answer(struct event *e, enum slipway_outcome outcome, const char *sentence)
{
    e->outcome.outcome = outcome;
    e->outcome.sentence = sentence;
}

static int64_t any_look(struct sim *sim, int target, int64_t takes_ms)
{
    return sim_choice(sim, target, AMOUNT_LOOK, 200) ? 0 : takes_ms / 3 + 100;
}

bool model_disappoints(const struct sim *sim, int target, int step)
{
    return sim->machines[target].faults & FAULT_UNEXPECTED &&
           sim->plan->playbook.steps[step].phase == PHASE_CHANGE;
}

static void start_step(struct sim *sim, struct event *e, struct effect *effect)
{
    const struct action *a = &e->action;
    const struct playbook *p = &sim->plan->playbook;
    bool recovers = a->activity == ACTIVITY_RECOVER;
    const struct step *step = recovers ? NULL : &p->steps[a->index];
    const struct operation *op = recovers ? &p->recovery_ops[a->index] : &step->op;
    bool short_one = op->repeat != SLIPWAY_RECONCILABLE ||
                     sim_choice(sim, a->target, AMOUNT_SHORT, 150);
    int64_t takes_ms =
        short_one ? 0 : sim_amount(sim, a->target, AMOUNT_JOB, 1, 400) * SECOND;
    effect->truth = TRUTH_RUNNING;
    effect->unexpected = step && model_disappoints(sim, a->target, a->index);
    if (step && is_gate(step)) {
        effect->gate = true;
        answer(e, SLIPWAY_PENDING, "waiting for an operator's approval");
        (void)snprintf(e->new_handle, sizeof e->new_handle, "gate");
        e->outcome.look_again_ms = HOUR;
        return;
    }
    struct model_job *job = begin_job(sim, a, takes_ms);
    enum job_end end = job->end;
    if (short_one && (end == JOB_OK || end == JOB_FAILS)) {
        model_settle(sim, a->target);
        answer(e, end == JOB_OK ? SLIPWAY_DONE : SLIPWAY_FAILED, "rc 1");
        e->outcome.expect = effect->unexpected ? EXPECTED_FALSE : EXPECTED_NOTHING;
        return;
    }
    answer(e, SLIPWAY_PENDING, NULL);
    (void)snprintf(e->new_handle, sizeof e->new_handle, "job-%lld", (long long)a->key);
    e->outcome.look_again_ms = any_look(sim, a->target, takes_ms);
}

static bool task_fails(struct sim *sim, int target, enum activity kind)
{
    const struct machine_model *m = &sim->machines[target];
    if ((kind == ACTIVITY_SNAPSHOT && m->faults & FAULT_NO_SNAPSHOT) ||
        (kind == ACTIVITY_REVERT && m->faults & FAULT_NO_REVERT))
        return true;
    return sim_luck(sim, target, LUCK_TASK_FAILS, sim->weather.task_fails);
}

static void start_task(struct sim *sim, struct event *e, struct effect *effect)
{
    const struct action *a = &e->action;
    struct machine_model *m = &sim->machines[a->target];
    int64_t takes_ms = sim_amount(sim, a->target, AMOUNT_TASK, 1, 180) * SECOND;
    if (sim_luck(sim, a->target, LUCK_TASK_STUCK, sim->weather.task_odd))
        takes_ms = sim_amount(sim, a->target, AMOUNT_OUTAGE, 1, 20) * HOUR;
    effect->truth = TRUTH_RUNNING;
    struct model_task *task = vec_push(m->tasks, m->task_count, m->task_room);
    *task = (struct model_task){.intent = a->intent,
                                .kind = a->activity,
                                .until_ms = sim->now_ms + takes_ms,
                                .fails = task_fails(sim, a->target, a->activity)};
    (void)snprintf(task->reference, sizeof task->reference, "%s", e->reference);
    if (a->activity == ACTIVITY_SNAPSHOT) {
        auto_free char *name =
            engine_snapshot_name(sim->plan, a->target, a->index, a->incarnation);
        (void)snprintf(task->name, sizeof task->name, "%s", name);
        task->twice = sim_luck(sim, a->target, LUCK_TASK_TWICE, sim->weather.task_odd);
    }
    answer(e, SLIPWAY_PENDING, "0 %");
    (void)snprintf(e->new_handle, sizeof e->new_handle, "task-%lld",
                   (long long)a->intent);
    e->outcome.look_again_ms = any_look(sim, a->target, takes_ms);
}

static void power_on(struct sim *sim, struct event *e, struct effect *effect)
{
    struct machine_model *m = &sim->machines[e->action.target];
    effect->truth = TRUTH_OK;
    answer(e, SLIPWAY_DONE, NULL);
    if (m->on)
        return;
    m->on = true;
    model_look_at_links(sim, e->action.target);
    m->boot_until_ms =
        m->faults & FAULT_NO_BOOT
            ? INT64_MAX
            : sim->now_ms +
                  sim_amount(sim, e->action.target, AMOUNT_BOOT, 5, 300) * SECOND;
}

static void shut_down(struct sim *sim, struct event *e, struct effect *effect)
{
    struct machine_model *m = &sim->machines[e->action.target];
    effect->truth = TRUTH_OK;
    if (!m->on) {
        answer(e, SLIPWAY_DONE, NULL);
    } else if (m->faults & FAULT_STAYS_ON) {
        effect->truth = TRUTH_FAILED;
        answer(e, SLIPWAY_FAILED, "the manager says no");
    } else {
        effect->truth = TRUTH_RUNNING;
        if (!m->off_at_ms)
            m->off_at_ms = sim->now_ms +
                           sim_amount(sim, e->action.target, AMOUNT_JOB, 1, 400) * SECOND;
        m->off_intent = e->action.intent;
        answer(e, SLIPWAY_PENDING, "the guest shuts down");
        (void)snprintf(e->new_handle, sizeof e->new_handle, "task-%lld",
                       (long long)e->action.intent);
        e->outcome.look_again_ms =
            any_look(sim, e->action.target, m->off_at_ms - sim->now_ms);
    }
}

/* A job of this key is there already: it is this one, whoever's launch came first. */
static bool adopted(struct sim *sim, struct event *e, struct effect *effect)
{
    const struct action *a = &e->action;
    struct machine_model *m = &sim->machines[a->target];
    struct model_job *job = sim_is_job(a->activity) ? model_job_of(m, a->key) : NULL;
    if (!job || effect->repeatable)
        return false;
    effect->truth = model_effect(sim, job->intent)->truth;
    effect->unexpected = model_effect(sim, job->intent)->unexpected;
    if (effect->truth == TRUTH_RUNNING)
        job->intent = a->intent > job->intent ? a->intent : job->intent;
    answer(e, SLIPWAY_PENDING, NULL);
    (void)snprintf(e->new_handle, sizeof e->new_handle, "job-%lld", (long long)a->key);
    return true;
}

/* Is something of ours at work there already? */
static void check_alone(struct sim *sim, const struct action *a)
{
    struct machine_model *m = &sim->machines[a->target];
    const struct model_task *busy = model_busy(m);
    if (sim->shadow.targets[a->target].forced)
        return; /* a human said so */
    if (busy && busy->intent)
        sim_broken(sim, "I3: %s of %s while its task of intent %lld runs",
                   activity_name(a->activity), sim->plan->targets[a->target].name,
                   (long long)busy->intent);
    for (size_t i = 0; i < m->job_count; i++) {
        /* a revert ends what came through after it was said never to have begun */
        bool late = a->activity == ACTIVITY_REVERT &&
                    model_effect(sim, m->jobs[i].intent)->no_effect;
        if (!m->jobs[i].over && !late && a->activity != ACTIVITY_POWER_ON)
            sim_broken(sim, "I3: %s of %s while its job of intent %lld runs",
                       activity_name(a->activity), sim->plan->targets[a->target].name,
                       (long long)m->jobs[i].intent);
    }
}

/* What keeps it from beginning, for certain: nothing happens. */
static bool turned_away(struct sim *sim, struct event *e)
{
    struct machine_model *m = &sim->machines[e->action.target];
    if (sim_is_job(e->action.activity)) {
        if (outside_took_it(sim, e)) {
            answer(e, SLIPWAY_REFUSED, "the snapshot is not there any more");
            e->outcome.protection = PROTECTION_GONE;
        } else if (m->faults & FAULT_REFUSES)
            answer(e, SLIPWAY_REFUSED, "wrong password");
        else if (!model_reachable(sim, m))
            answer(e, SLIPWAY_RETRY, "connection refused");
        else
            return false;
        return true;
    }
    const struct model_task *busy = model_busy(m);
    bool others = busy && (!busy->intent || sim->shadow.targets[e->action.target].forced);
    if (others && e->action.activity != ACTIVITY_POWER_ON) {
        answer(e, SLIPWAY_RETRY, "TaskInProgress");
        return true;
    }
    return false;
}

void model_start(struct sim *sim, struct event *e)
{
    const struct action *a = &e->action;
    struct effect *effect = model_effect(sim, a->intent);
    if (turned_away(sim, e))
        return;
    if (effect->gone && e->unheard)
        return; /* the launcher sees that its time is over */
    effect->arrivals++;
    effect->late = e->unheard;
    if (effect->arrivals > 1)
        sim_broken(sim, "I2: intent %lld arrives twice", (long long)a->intent);
    if (adopted(sim, e, effect))
        return;
    bool job = sim_is_job(a->activity); /* its key makes a late launch harmless */
    if (effect->no_effect && !effect->repeatable && !job)
        sim_broken(sim, "I9: %s of intent %lld begins after it was said never to have",
                   activity_name(a->activity), (long long)a->intent);
    if (!effect->repeatable)
        check_alone(sim, a);
    outside_check(sim, e);
    if (job)
        start_step(sim, e, effect);
    else if (a->activity == ACTIVITY_POWER_ON)
        power_on(sim, e, effect);
    else if (a->activity == ACTIVITY_POWER_OFF)
        shut_down(sim, e, effect);
    else
        start_task(sim, e, effect);
}
