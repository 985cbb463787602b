/*
 * model.c - the appliances and their managers, as small machines: versions, health,
 * power, jobs that go on by themselves and that a revert undoes with everything else,
 * snapshots, and tasks of which one can run at a time.
 *
 * Nothing here knows what slipway believes, but for the ledger: what became of an
 * intent, and whether slipway has said already that nothing did.
 */
#include "sim.h"

/* ---- versions ---- */

static bool is_gate(const struct step *step)
{
    return !strcmp(step->op.use, "gate");
}

/* Steps that change nothing count as in from the beginning. */
unsigned model_old_level(const struct plan *plan)
{
    unsigned level = 0;
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        const struct step *step = &plan->playbook.steps[i];
        if (step->phase != PHASE_CHANGE || step->op.repeat == SLIPWAY_READ ||
            is_gate(step))
            level |= 1u << i;
    }
    return level;
}

unsigned model_new_level(const struct plan *plan)
{
    return (1u << plan->playbook.step_count) - 1;
}

void model_version(const struct sim *sim, int target, char *out, size_t size)
{
    const struct machine_model *m = &sim->machines[target];
    if (m->level == model_new_level(sim->plan))
        (void)snprintf(out, size, "2.0");
    else if (m->level == model_old_level(sim->plan))
        (void)snprintf(out, size, "1.0%s", m->half ? "-half" : "");
    else
        (void)snprintf(out, size, "1.%x%s", m->level, m->half ? "-half" : "");
}

/* ---- life ---- */

void model_create(struct sim *sim)
{
    sim->machines = xcalloc(sim->plan->target_count, sizeof *sim->machines);
    for (size_t i = 0; i < sim->plan->target_count; i++)
        sim->machines[i] = (struct machine_model){.level = model_old_level(sim->plan),
                                                  .healthy = true,
                                                  .on = true,
                                                  .sick_at_ms = INT64_MAX};
}

void model_destroy(struct sim *sim)
{
    for (size_t i = 0; i < sim->plan->target_count; i++) {
        free(sim->machines[i].jobs);
        free(sim->machines[i].tasks);
    }
    free(sim->machines);
}

struct effect *model_effect(struct sim *sim, int64_t intent)
{
    while ((int64_t)sim->effect_count <= intent)
        *vec_push(sim->effects, sim->effect_count, sim->effect_room) =
            (struct effect){.target = -1};
    return &sim->effects[intent];
}

bool model_reachable(const struct sim *sim, const struct machine_model *m)
{
    return m->on && sim->now_ms >= m->boot_until_ms && sim->now_ms >= m->silent_until_ms;
}

struct model_job *model_job_of(struct machine_model *m, int64_t key)
{
    for (size_t i = 0; i < m->job_count; i++) {
        if (m->jobs[i].key == key)
            return &m->jobs[i];
    }
    return NULL;
}

struct model_task *model_task_of(struct machine_model *m, int64_t intent)
{
    for (size_t i = m->task_count; i-- > 0;) {
        if (m->tasks[i].intent == intent)
            return &m->tasks[i];
    }
    return NULL;
}

struct model_task *model_busy(struct machine_model *m)
{
    for (size_t i = m->task_count; i-- > 0;) {
        if (!m->tasks[i].over)
            return &m->tasks[i];
    }
    return NULL;
}

struct model_snapshot *model_snapshot_named(struct machine_model *m, const char *name)
{
    for (int i = 0; i < m->snapshot_count; i++) {
        if (!strcmp(m->snapshots[i].name, name))
            return &m->snapshots[i];
    }
    return NULL;
}

struct model_snapshot *model_snapshot_at(struct machine_model *m, const char *reference)
{
    for (int i = 0; i < m->snapshot_count; i++) {
        if (!strcmp(m->snapshots[i].reference, reference))
            return &m->snapshots[i];
    }
    return NULL;
}

/* ---- jobs ---- */

static void end_effect(struct sim *sim, int64_t intent, enum truth truth)
{
    if (intent)
        model_effect(sim, intent)->truth = truth;
}

static void change(struct sim *sim, int target, int step)
{
    struct machine_model *m = &sim->machines[target];
    const struct step *planned = &sim->plan->playbook.steps[step];
    if (planned->phase == PHASE_ROLLBACK) {
        m->level = model_old_level(sim->plan);
        m->healthy = true;
        m->half = false;
        m->sick_at_ms = INT64_MAX;
        return;
    }
    if (planned->phase != PHASE_CHANGE)
        return;
    if (!(m->faults & FAULT_LIES))
        m->level |= 1u << step;
    if (m->faults & FAULT_SICK)
        m->healthy = false;
    if (m->faults & FAULT_SOAK_SICK)
        m->sick_at_ms = sim->now_ms + chance_between(&sim->model_chance, 1, 90) * MINUTE;
}

static void end_job(struct sim *sim, int target, struct model_job *job)
{
    struct machine_model *m = &sim->machines[target];
    job->over = true;
    if (job->end == JOB_OK && job->recovers) {
        m->cured = true;
        end_effect(sim, job->intent, TRUTH_OK);
    } else if (job->end == JOB_OK) {
        change(sim, target, job->step);
        end_effect(sim, job->intent, TRUTH_OK);
    } else if (job->end == JOB_FAILS) {
        if (m->faults & FAULT_HALF && !job->recovers) {
            m->half = true;
            m->healthy = false;
        }
        end_effect(sim, job->intent, TRUTH_FAILED);
    } else
        end_effect(sim, job->intent, TRUTH_GONE);
    if (job->reboots)
        m->boot_until_ms =
            job->until_ms + chance_between(&sim->model_chance, 5, 240) * SECOND;
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
    int roll = sim->calm ? 999 : chance_below(&sim->model_chance, 1000);
    return roll < 100 ? JOB_FAILS : roll < 130 ? JOB_ORPHAN : JOB_OK;
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
        .reboots = takes_ms && chance_is(&sim->model_chance, sim->weather.reboot),
    };
    return job;
}

/* ---- power, and what linked appliances replicate ---- */

/* G: replication breaks for good if anybody of a group runs while another one has been
   reverted to an older state. Once all were, and none has run since, they agree again. */
static void look_at_links(struct sim *sim, int target)
{
    const struct plan_unit *u = sim_unit(sim, target);
    int on = 0, behind = 0;
    if (!u)
        return;
    for (int i = u->first; i < sim_unit_end(u); i++) {
        on += sim->machines[i].on;
        behind += sim->machines[i].behind;
    }
    if (on && behind && behind < u->count)
        sim_broken(sim, "G: %d of %s run, and %d were reverted", on, u->name, behind);
    for (int i = u->first; on && i < sim_unit_end(u); i++)
        sim->machines[i].behind = false;
}

/* What ran there ends with it. */
static void switch_off(struct sim *sim, int target)
{
    struct machine_model *m = &sim->machines[target];
    for (size_t i = 0; i < m->job_count; i++) {
        if (m->jobs[i].over)
            continue;
        m->jobs[i].over = true;
        m->jobs[i].end = JOB_ORPHAN;
        end_effect(sim, m->jobs[i].intent, TRUTH_GONE);
    }
    m->on = false;
    m->off_at_ms = 0;
    end_effect(sim, m->off_intent, TRUTH_OK);
    look_at_links(sim, target);
}

/* ---- tasks ---- */

static void take_snapshot(struct sim *sim, int target, const struct model_task *task)
{
    struct machine_model *m = &sim->machines[target];
    if (m->snapshot_count == MODEL_SNAPSHOTS) {
        sim_broken(sim, "I7: %d snapshots pile up on %s", MODEL_SNAPSHOTS,
                   sim->plan->targets[target].name);
        return;
    }
    if (m->snapshot_count >= sim->plan->playbook.max_depth)
        sim_broken(sim, "I7: %d snapshots are there, and %s is taken", m->snapshot_count,
                   task->name);
    if (model_snapshot_named(m, task->name))
        sim_broken(sim, "I2: a second snapshot %s", task->name);
    const struct plan_unit *u = sim_unit(sim, target);
    for (int i = u ? u->first : 0; u && i < sim_unit_end(u); i++) {
        if (sim->machines[i].on)
            sim_broken(sim, "G: %s is taken while %s runs", task->name,
                       sim->plan->targets[i].name);
    }
    struct model_snapshot *s = &m->snapshots[m->snapshot_count++];
    *s = (struct model_snapshot){.level = m->level,
                                 .healthy = m->healthy,
                                 .half = m->half,
                                 .job_count = m->job_count};
    (void)snprintf(s->reference, sizeof s->reference, "snapshot-%d",
                   ++m->snapshots_taken);
    (void)snprintf(s->name, sizeof s->name, "%s", task->name);
}

static void drop_snapshot(struct machine_model *m, const struct model_snapshot *snapshot)
{
    int at = (int)(snapshot - m->snapshots);
    m->snapshot_count--;
    memmove(&m->snapshots[at], &m->snapshots[at + 1],
            (size_t)(m->snapshot_count - at) * sizeof *m->snapshots);
}

/* Everything in the appliance is as it was then: files, jobs, what they noted. */
static void revert_to(struct sim *sim, int target, const struct model_snapshot *s)
{
    struct machine_model *m = &sim->machines[target];
    for (size_t i = s->job_count; i < m->job_count; i++) {
        if (!m->jobs[i].over)
            end_effect(sim, m->jobs[i].intent, TRUTH_GONE);
    }
    m->reverted_to = s->level;
    m->job_count = s->job_count;
    if (!(m->faults & FAULT_REVERT_LIES)) {
        m->level = s->level;
        m->healthy = s->healthy;
        m->half = s->half;
    }
    m->sick_at_ms = INT64_MAX;
    m->on = false;
    m->boot_until_ms = 0;
    m->reverted = true;
    m->behind = sim_unit(sim, target) != NULL;
    look_at_links(sim, target);
}

static void end_task(struct sim *sim, int target, struct model_task *task)
{
    struct machine_model *m = &sim->machines[target];
    struct model_snapshot *snapshot = model_snapshot_at(m, task->reference);
    task->over = true;
    if (!task->intent)
        return;
    bool lacks = task->kind == ACTIVITY_REVERT && !snapshot;
    if (task->fails || lacks) {
        end_effect(sim, task->intent, TRUTH_FAILED);
        task->fails = true;
        return;
    }
    end_effect(sim, task->intent, TRUTH_OK);
    if (task->kind == ACTIVITY_SNAPSHOT)
        take_snapshot(sim, target, task);
    else if (task->kind == ACTIVITY_REVERT)
        revert_to(sim, target, snapshot);
    else if (snapshot)
        drop_snapshot(m, snapshot);
}

/* ---- time ---- */

static void settle_sickness(struct sim *sim, struct machine_model *m)
{
    if (m->sick_at_ms > sim->now_ms)
        return;
    m->healthy = false;
    m->sick_at_ms = INT64_MAX;
}

void model_settle(struct sim *sim, int target)
{
    struct machine_model *m = &sim->machines[target];
    for (;;) {
        struct model_job *job = NULL;
        struct model_task *task = model_busy(m);
        for (size_t i = 0; i < m->job_count; i++) {
            struct model_job *j = &m->jobs[i];
            if (!j->over && j->end != JOB_HANGS && (!job || j->until_ms < job->until_ms))
                job = j;
        }
        if (m->off_at_ms && m->off_at_ms <= sim->now_ms &&
            (!job || m->off_at_ms <= job->until_ms)) {
            switch_off(sim, target);
            continue;
        }
        bool job_ended = job && job->until_ms <= sim->now_ms;
        bool task_ended = task && task->until_ms <= sim->now_ms;
        if (task_ended && (!job_ended || task->until_ms <= job->until_ms))
            end_task(sim, target, task);
        else if (job_ended)
            end_job(sim, target, job);
        else
            break;
    }
    settle_sickness(sim, m);
}

/* ---- requests ---- */

static void answer(struct event *e, enum slipway_outcome outcome, const char *sentence)
{
    e->outcome.outcome = outcome;
    e->outcome.sentence = sentence;
}

static int64_t any_look(struct sim *sim, int64_t takes_ms)
{
    return chance_is(&sim->model_chance, 800) ? takes_ms / 3 + 100 : 0;
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
    bool short_one =
        op->repeat != SLIPWAY_RECONCILABLE || chance_is(&sim->model_chance, 150);
    int64_t takes_ms =
        short_one ? 0 : chance_between(&sim->model_chance, 1, 400) * SECOND;
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
    e->outcome.look_again_ms = any_look(sim, takes_ms);
}

static bool task_fails(struct sim *sim, const struct machine_model *m, enum activity kind)
{
    if ((kind == ACTIVITY_SNAPSHOT && m->faults & FAULT_NO_SNAPSHOT) ||
        (kind == ACTIVITY_REVERT && m->faults & FAULT_NO_REVERT))
        return true;
    return !sim->calm && chance_is(&sim->model_chance, sim->weather.task_fails);
}

static void start_task(struct sim *sim, struct event *e, struct effect *effect)
{
    const struct action *a = &e->action;
    struct machine_model *m = &sim->machines[a->target];
    int64_t takes_ms = chance_between(&sim->model_chance, 1, 180) * SECOND;
    effect->truth = TRUTH_RUNNING;
    struct model_task *task = vec_push(m->tasks, m->task_count, m->task_room);
    *task = (struct model_task){.intent = a->intent,
                                .kind = a->activity,
                                .until_ms = sim->now_ms + takes_ms,
                                .fails = task_fails(sim, m, a->activity)};
    (void)snprintf(task->reference, sizeof task->reference, "%s", e->reference);
    if (a->activity == ACTIVITY_SNAPSHOT) {
        auto_free char *name =
            engine_snapshot_name(sim->plan, a->target, a->index, a->incarnation);
        (void)snprintf(task->name, sizeof task->name, "%s", name);
    }
    answer(e, SLIPWAY_PENDING, "0 %");
    (void)snprintf(e->new_handle, sizeof e->new_handle, "task-%lld",
                   (long long)a->intent);
    e->outcome.look_again_ms = any_look(sim, takes_ms);
}

static void power_on(struct sim *sim, struct event *e, struct effect *effect)
{
    struct machine_model *m = &sim->machines[e->action.target];
    effect->truth = TRUTH_OK;
    answer(e, SLIPWAY_DONE, NULL);
    if (m->on)
        return;
    m->on = true;
    look_at_links(sim, e->action.target);
    m->boot_until_ms =
        m->faults & FAULT_NO_BOOT
            ? INT64_MAX
            : sim->now_ms + chance_between(&sim->model_chance, 5, 300) * SECOND;
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
            m->off_at_ms =
                sim->now_ms + chance_between(&sim->model_chance, 1, 400) * SECOND;
        m->off_intent = e->action.intent;
        answer(e, SLIPWAY_PENDING, "the guest shuts down");
        (void)snprintf(e->new_handle, sizeof e->new_handle, "task-%lld",
                       (long long)e->action.intent);
        e->outcome.look_again_ms = any_look(sim, m->off_at_ms - sim->now_ms);
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
        if (!m->jobs[i].over && a->activity != ACTIVITY_POWER_ON)
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
        if (m->faults & FAULT_REFUSES)
            answer(e, SLIPWAY_REFUSED, "wrong password");
        else if (!model_reachable(sim, m))
            answer(e, SLIPWAY_RETRY, "connection refused");
        else
            return false;
        return true;
    }
    const struct model_task *busy = model_busy(m);
    if (busy && !busy->intent && e->action.activity != ACTIVITY_POWER_ON) {
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
    if (job)
        start_step(sim, e, effect);
    else if (a->activity == ACTIVITY_POWER_ON)
        power_on(sim, e, effect);
    else if (a->activity == ACTIVITY_POWER_OFF)
        shut_down(sim, e, effect);
    else
        start_task(sim, e, effect);
}
