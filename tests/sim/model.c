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
                                                  .sick_at_ms = INT64_MAX,
                                                  .slips_at_ms = INT64_MAX};
}

void model_shift(struct machine_model *m, int64_t by_ms)
{
    int64_t *const instants[] = {&m->boot_until_ms,  &m->silent_until_ms,
                                 &m->sick_at_ms,     &m->slips_at_ms,
                                 &m->off_at_ms,      &m->manager_silent_until_ms,
                                 &m->locked_until_ms};
    for (size_t i = 0; i < ARRAY_LENGTH(instants); i++) {
        if (*instants[i] && *instants[i] != INT64_MAX)
            *instants[i] += by_ms;
    }
    for (size_t i = 0; i < m->job_count; i++) {
        m->jobs[i].until_ms += by_ms;
        m->jobs[i].forgotten_ms += m->jobs[i].forgotten_ms ? by_ms : 0;
    }
    for (size_t i = 0; i < m->task_count; i++)
        m->tasks[i].until_ms += by_ms;
    for (int i = 0; i < m->boot_count; i++) {
        m->boots[i].from_ms += by_ms;
        m->boots[i].until_ms += by_ms;
    }
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

struct model_job *model_job_seen(const struct sim *sim, struct machine_model *m,
                                 int64_t key)
{
    struct model_job *job = model_job_of(m, key);
    return job && job->forgotten_ms && job->forgotten_ms <= sim->now_ms ? NULL : job;
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
        m->sick_at_ms = m->slips_at_ms = INT64_MAX;
        return;
    }
    if (planned->phase != PHASE_CHANGE)
        return;
    if (!(m->faults & FAULT_LIES))
        m->level |= 1u << step;
    if (m->faults & FAULT_SICK)
        m->healthy = false;
    if (m->faults & FAULT_SLIPS_BACK)
        m->slips_at_ms =
            sim->now_ms + sim_amount(sim, target, AMOUNT_SLIP, 1, 60) * MINUTE;
    if (m->faults & FAULT_SOAK_SICK)
        m->sick_at_ms =
            sim->now_ms + sim_amount(sim, target, AMOUNT_SICK, 1, 90) * MINUTE;
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
}

/* ---- power, and what linked appliances replicate ---- */

/* G: replication breaks for good if anybody of a group runs while another one has been
   reverted to an older state. Once all were, and none has run since, they agree again. */
void model_look_at_links(struct sim *sim, int target)
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
static void end_jobs(struct sim *sim, struct machine_model *m)
{
    for (size_t i = 0; i < m->job_count; i++) {
        if (m->jobs[i].over)
            continue;
        m->jobs[i].over = true;
        m->jobs[i].end = JOB_ORPHAN;
        end_effect(sim, m->jobs[i].intent, TRUTH_GONE);
    }
}

void model_power_off(struct sim *sim, int target)
{
    struct machine_model *m = &sim->machines[target];
    end_jobs(sim, m);
    m->boot_count = 0;
    m->on = false;
    m->off_at_ms = 0;
    end_effect(sim, m->off_intent, TRUTH_OK);
    model_look_at_links(sim, target);
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
    if (m->snapshot_count >= sim->plan->playbook.max_depth && !m->twins)
        sim_broken(sim, "I7: %d snapshots are there, and %s is taken", m->snapshot_count,
                   task->name);
    if (model_snapshot_named(m, task->name) && !m->twins)
        sim_broken(sim, "I2: a second snapshot %s", task->name);
    const struct plan_unit *u = sim_unit(sim, target);
    bool forced = sim->shadow.targets[target].forced;
    for (int i = u ? u->first : 0; u && !forced && i < sim_unit_end(u); i++) {
        if (sim->machines[i].on)
            sim_broken(sim, "G: %s is taken while %s runs", task->name,
                       sim->plan->targets[i].name);
    }
    struct model_snapshot *s = &m->snapshots[m->snapshot_count++];
    *s = (struct model_snapshot){.level = m->level,
                                 .healthy = m->healthy,
                                 .half = m->half,
                                 .cured = m->cured,
                                 .job_count = m->job_count};
    (void)snprintf(s->reference, sizeof s->reference, "snapshot-%d",
                   ++m->snapshots_taken);
    (void)snprintf(s->name, sizeof s->name, "%s", task->name);
}

void model_drop_snapshot(struct machine_model *m, const struct model_snapshot *snapshot)
{
    int at = (int)(snapshot - m->snapshots);
    m->snapshot_count--;
    memmove(&m->snapshots[at], &m->snapshots[at + 1],
            (size_t)(m->snapshot_count - at) * sizeof *m->snapshots);
}

/* Everything in the appliance is as it was then: files, jobs, what they noted. */
void model_revert(struct sim *sim, int target, const struct model_snapshot *s)
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
        m->cured = s->cured;
    }
    m->sick_at_ms = m->slips_at_ms = INT64_MAX;
    m->on = false;
    m->boot_until_ms = 0;
    m->boot_count = 0;
    m->reverted = true;
    m->behind = sim_unit(sim, target) != NULL;
    model_look_at_links(sim, target);
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
    if (task->kind == ACTIVITY_SNAPSHOT) {
        take_snapshot(sim, target, task);
        m->twins = task->twice;
        if (task->twice)
            take_snapshot(sim, target, task);
    } else if (task->kind == ACTIVITY_REVERT)
        model_revert(sim, target, snapshot);
    else if (snapshot) {
        model_drop_snapshot(m, snapshot);
        m->consolidates = sim_luck(sim, target, LUCK_CONSOLIDATE, sim->weather.task_odd);
    }
}

/* ---- time ---- */

static void settle_sickness(struct sim *sim, struct machine_model *m)
{
    if (m->sick_at_ms > sim->now_ms)
        return;
    m->healthy = false;
    m->sick_at_ms = INT64_MAX;
}

/* It is as it was before the change, as if nothing had been: but not behind the back of
   the last look, which nobody can see. */
static void slip_back(struct sim *sim, int target)
{
    struct machine_model *m = &sim->machines[target];
    const struct shadow_target *t = &sim->shadow.targets[target];
    bool watched = t->state == TARGET_CHANGING || t->state == TARGET_CHECKING ||
                   (t->state == TARGET_SOAKING && sim->now_ms < t->soak_until_ms);
    m->slips_at_ms = INT64_MAX;
    if (!watched || !m->on)
        return;
    end_jobs(sim, m);
    m->level = model_old_level(sim->plan);
    m->boot_until_ms = sim->now_ms + MINUTE;
    sim_tell(sim, "    %s slips back to its old version",
             sim->plan->targets[target].name);
}

static void go_down(struct sim *sim, struct machine_model *m)
{
    if (m->boots[0].until_ms > m->boot_until_ms)
        m->boot_until_ms = m->boots[0].until_ms;
    end_jobs(sim, m);
    m->boot_count--;
    memmove(m->boots, m->boots + 1, (size_t)m->boot_count * sizeof *m->boots);
}

static struct model_job *next_job(struct machine_model *m)
{
    struct model_job *job = NULL;
    for (size_t i = 0; i < m->job_count; i++) {
        struct model_job *j = &m->jobs[i];
        if (!j->over && j->end != JOB_HANGS && (!job || j->until_ms < job->until_ms))
            job = j;
    }
    return job;
}

void model_settle(struct sim *sim, int target)
{
    struct machine_model *m = &sim->machines[target];
    for (;;) {
        struct model_job *job = next_job(m);
        struct model_task *task = model_busy(m);
        int64_t off_ms = m->off_at_ms ? m->off_at_ms : INT64_MAX;
        int64_t job_ms = job ? job->until_ms : INT64_MAX;
        int64_t task_ms = task ? task->until_ms : INT64_MAX;
        int64_t boot_ms = m->boot_count ? m->boots[0].from_ms : INT64_MAX;
        if (off_ms <= sim->now_ms && off_ms <= job_ms)
            model_power_off(sim, target);
        else if (task_ms <= sim->now_ms && task_ms <= job_ms && task_ms <= boot_ms)
            end_task(sim, target, task);
        else if (job_ms <= sim->now_ms && job_ms <= boot_ms)
            end_job(sim, target, job);
        else if (boot_ms <= sim->now_ms)
            go_down(sim, m);
        else
            break;
    }
    if (m->slips_at_ms <= sim->now_ms)
        slip_back(sim, target);
    settle_sickness(sim, m);
}
