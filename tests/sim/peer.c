/*
 * peer.c - between the engine and the model: an executor and a network that can lose
 * a request, lose an answer, deliver late, refuse, and say nothing.
 *
 * A manager is late by less than the engine's settle time: that is what it is for. A
 * launch may be late by far: its key makes it the job that was issued in its place.
 */
#include "sim.h"

#define LATE_JOB_MS  (3 * MINUTE)  /* an ssh launch that stalled           */
#define LATE_TASK_MS (50 * SECOND) /* a manager that is slow to begin      */

static bool luck(struct sim *sim, int per_mille)
{
    return !sim->calm && chance_is(&sim->peer_chance, per_mille);
}

static int64_t latency(struct sim *sim)
{
    return sim->weather.latency_ms / 2 +
           chance_between(&sim->peer_chance, 1, sim->weather.latency_ms);
}

/* ---- reads ---- */

static bool is_green(struct sim *sim, const struct action *a)
{
    const struct machine_model *m = &sim->machines[a->target];
    const struct check *check = &sim->plan->playbook.checks[a->index];
    if (!strcmp(check->op.id, "version"))
        return m->level == model_new_level(sim->plan) && !m->half;
    if (m->faults & FAULT_RED_BEFORE)
        return false;
    return m->healthy && !luck(sim, sim->weather.flap);
}

static void guard(struct sim *sim, struct event *e)
{
    struct machine_model *m = &sim->machines[e->action.target];
    if (m->faults & FAULT_FOREIGN) {
        e->outcome.outcome = SLIPWAY_REFUSED;
        e->outcome.sentence = "there is a snapshot of somebody else";
    } else if (model_busy(m)) {
        e->outcome.outcome = SLIPWAY_RETRY;
        e->outcome.sentence = "a task of somebody else runs";
    } else if (luck(sim, sim->weather.foreign_task)) {
        *vec_push(m->tasks, m->task_count, m->task_room) = (struct model_task){
            .until_ms = sim->now_ms + chance_between(&sim->peer_chance, 1, 300) * SECOND};
    }
}

static void read_version(struct sim *sim, struct event *e)
{
    const struct machine_model *m = &sim->machines[e->action.target];
    model_version(sim, e->action.target, e->value, sizeof e->value);
    if (m->faults & FAULT_DISAGREES && e->action.index == 1 &&
        m->level == model_new_level(sim->plan))
        (void)snprintf(e->value, sizeof e->value, "1.9");
}

static void read_something(struct sim *sim, struct event *e)
{
    const struct action *a = &e->action;
    const struct machine_model *m = &sim->machines[a->target];
    struct outcome *o = &e->outcome;
    o->outcome = SLIPWAY_DONE;
    if (a->activity == ACTIVITY_GUARD) {
        guard(sim, e);
    } else if (m->faults & FAULT_REFUSES) {
        o->outcome = SLIPWAY_REFUSED;
        o->sentence = "wrong password";
    } else if (!model_reachable(sim, m) || luck(sim, sim->weather.refused_connection)) {
        o->outcome = luck(sim, 300) ? SLIPWAY_FAILED : SLIPWAY_RETRY;
        o->sentence = "connection refused";
    } else if (a->activity == ACTIVITY_READ) {
        read_version(sim, e);
    } else if (a->activity == ACTIVITY_CHECK) {
        o->expect = is_green(sim, a) ? EXPECTED_TRUE : EXPECTED_FALSE;
        if (luck(sim, sim->weather.mute_poll))
            o->expect = EXPECTED_ERROR;
    }
}

/* ---- looking after effects ---- */

static void look_at_job(struct sim *sim, struct event *e, enum slipway_outcome *outcome)
{
    struct machine_model *m = &sim->machines[e->action.target];
    const struct model_job *job = model_job_of(m, e->action.key);
    e->outcome.sentence = "what became of the job cannot be told";
    *outcome = SLIPWAY_UNKNOWN;
    if (!model_reachable(sim, m) || !job || (job->over && job->end == JOB_ORPHAN))
        return;
    e->outcome.sentence = NULL;
    if (!job->over) {
        *outcome = SLIPWAY_PENDING;
        e->outcome.look_again_ms =
            job->until_ms > sim->now_ms ? (job->until_ms - sim->now_ms) / 2 + 100 : 0;
        return;
    }
    *outcome = job->end == JOB_OK ? SLIPWAY_DONE : SLIPWAY_FAILED;
    e->outcome.sentence = job->end == JOB_OK ? NULL : "rc 1";
    bool disappoints =
        !job->recovers && model_disappoints(sim, e->action.target, job->step);
    e->outcome.expect = disappoints ? EXPECTED_FALSE : EXPECTED_NOTHING;
}

static void look_at_task(struct sim *sim, struct event *e, enum slipway_outcome *outcome)
{
    struct machine_model *m = &sim->machines[e->action.target];
    const struct model_task *task = model_task_of(m, e->action.intent);
    *outcome = SLIPWAY_UNKNOWN;
    e->outcome.sentence = "the manager knows no such task";
    if (!task)
        return;
    e->outcome.sentence = task->fails && task->over ? "the task failed" : NULL;
    *outcome = !task->over   ? SLIPWAY_PENDING
               : task->fails ? SLIPWAY_FAILED
                             : SLIPWAY_DONE;
    if (!task->over)
        e->outcome.look_again_ms = (task->until_ms - sim->now_ms) / 2 + 100;
    if (task->over && !task->fails && task->kind == ACTIVITY_SNAPSHOT) {
        const struct model_snapshot *s = model_snapshot_named(m, task->name);
        (void)snprintf(e->value, sizeof e->value, "%s", s ? s->reference : "");
    }
}

static void look(struct sim *sim, struct event *e, enum slipway_outcome *outcome)
{
    const struct effect *effect = model_effect(sim, e->action.intent);
    if (effect->gate) {
        *outcome = SLIPWAY_PENDING;
        e->outcome.look_again_ms = HOUR;
    } else if (sim_is_job(e->action.activity))
        look_at_job(sim, e, outcome);
    else if (e->action.activity == ACTIVITY_POWER_ON)
        *outcome = sim->machines[e->action.target].on ? SLIPWAY_DONE : SLIPWAY_FAILED;
    else if (e->action.activity == ACTIVITY_POWER_OFF)
        *outcome = sim->machines[e->action.target].on ? SLIPWAY_PENDING : SLIPWAY_DONE;
    else
        look_at_task(sim, e, outcome);
}

/* What the executor was given to look after the effect. */
static void handle_of(struct sim *sim, const struct action *a, char *out, size_t size)
{
    if (model_effect(sim, a->intent)->gate)
        (void)snprintf(out, size, "gate");
    else if (sim_is_job(a->activity))
        (void)snprintf(out, size, "job-%lld", (long long)a->key);
    else
        (void)snprintf(out, size, "task-%lld", (long long)a->intent);
}

static void poll(struct sim *sim, struct event *e)
{
    char expected[40];
    handle_of(sim, &e->action, expected, sizeof expected);
    if (strcmp(e->handle, expected) != 0)
        sim_broken(sim, "I1: polled with the handle \"%s\" instead of \"%s\"", e->handle,
                   expected);
    look(sim, e, &e->outcome.outcome);
    if (!luck(sim, sim->weather.mute_poll))
        return;
    static const enum slipway_outcome shrugs[] = {SLIPWAY_RETRY, SLIPWAY_UNKNOWN,
                                                  SLIPWAY_REFUSED, SLIPWAY_PENDING,
                                                  SLIPWAY_CANCELED};
    e->outcome = (struct outcome){.call_id = e->action.call_id,
                                  .target = e->action.target,
                                  .outcome = shrugs[chance_below(&sim->peer_chance, 5)],
                                  .sentence = "connection lost while looking"};
    *e->value = '\0';
}

/* Absent means absent only where one can see. */
static bool is_absent(struct sim *sim, const struct event *e)
{
    struct machine_model *m = &sim->machines[e->action.target];
    if (sim_is_job(e->action.activity)) {
        bool gate = e->action.activity == ACTIVITY_STEP &&
                    !strcmp(sim->plan->playbook.steps[e->action.index].op.use, "gate");
        return gate ? !model_effect(sim, e->action.intent)->gate
                    : model_reachable(sim, m) && !model_job_of(m, e->action.key);
    }
    if (e->action.activity == ACTIVITY_POWER_ON)
        return !m->on;
    if (e->action.activity == ACTIVITY_POWER_OFF)
        return m->on && !m->off_at_ms;
    return !model_task_of(m, e->action.intent) && !model_busy(m);
}

static void probe(struct sim *sim, struct event *e)
{
    enum slipway_outcome found = SLIPWAY_UNKNOWN;
    e->outcome.outcome = SLIPWAY_DONE;
    if (luck(sim, sim->weather.mute_probe)) {
        e->outcome.probe = SLIPWAY_PROBE_UNKNOWN;
        e->outcome.sentence = "no route to host";
        if (luck(sim, 200))
            e->outcome = (struct outcome){.call_id = e->action.call_id,
                                          .target = e->action.target,
                                          .outcome = SLIPWAY_UNKNOWN};
        return;
    }
    if (is_absent(sim, e)) {
        e->outcome.probe = SLIPWAY_PROBE_NOT_STARTED;
        return;
    }
    look(sim, e, &found);
    e->outcome.probe = found == SLIPWAY_PENDING  ? SLIPWAY_PROBE_RUNNING
                       : found == SLIPWAY_DONE   ? SLIPWAY_PROBE_DONE
                       : found == SLIPWAY_FAILED ? SLIPWAY_PROBE_FAILED
                                                 : SLIPWAY_PROBE_UNKNOWN;
    if (e->outcome.probe == SLIPWAY_PROBE_RUNNING)
        handle_of(sim, &e->action, e->new_handle, sizeof e->new_handle);
}

/* ---- the way there and back ---- */

static void hear(struct sim *sim, const struct event *arrived, int64_t delay_ms)
{
    struct event *e = sim_event(sim, EVENT_REPLY, sim->now_ms + delay_ms);
    uint64_t order = e->order;
    int64_t at_ms = e->at_ms;
    *e = *arrived;
    e->kind = EVENT_REPLY;
    e->order = order;
    e->at_ms = at_ms;
}

static void hear_nothing(struct sim *sim, const struct event *sent, int64_t delay_ms)
{
    struct event e = *sent;
    e.outcome.outcome = SLIPWAY_UNKNOWN;
    e.outcome.sentence = "no answer";
    *e.value = *e.new_handle = '\0';
    hear(sim, &e, delay_ms);
}

/* The driver recognises a failure by its words, whatever it is of. */
static int recognise(const struct sim *sim, const struct event *e)
{
    const struct machine_model *m = &sim->machines[e->action.target];
    bool curable = m->faults & FAULT_CURABLE && !m->cured;
    return curable && e->action.activity == ACTIVITY_STEP
               ? (int)sim->plan->playbook.recovery_count
               : 0;
}

/* An answer that is lost: the effect is there, the executor says UNKNOWN. */
void peer_arrive(struct sim *sim, struct event *e)
{
    bool effect = e->action.call == CALL_START && e->action.intent;
    struct event copy = *e; /* new events may move the array */
    model_settle(sim, copy.action.target);
    if (effect)
        model_start(sim, &copy);
    else if (copy.action.call == CALL_POLL)
        poll(sim, &copy);
    else if (copy.action.call == CALL_PROBE)
        probe(sim, &copy);
    else
        read_something(sim, &copy);
    if (copy.unheard)
        return;
    copy.outcome.recovery = recognise(sim, &copy);
    bool sure = copy.outcome.outcome == SLIPWAY_REFUSED;
    if (effect && !sure && luck(sim, sim->weather.lost_reply))
        hear_nothing(sim, &copy, 30 * SECOND);
    else
        hear(sim, &copy, latency(sim));
}

static int64_t late_ms(struct sim *sim, const struct action *a)
{
    return chance_between(&sim->peer_chance, 1,
                          sim_is_job(a->activity) ? LATE_JOB_MS : LATE_TASK_MS);
}

static struct event *send_at(struct sim *sim, const struct event *e, int64_t at_ms)
{
    struct event *sent = sim_event(sim, EVENT_ARRIVE, at_ms);
    uint64_t order = sent->order;
    *sent = *e;
    sent->kind = EVENT_ARRIVE;
    sent->order = order;
    sent->at_ms = at_ms;
    return sent;
}

void peer_call(struct sim *sim, const struct action *action)
{
    struct event e = {.action = *action};
    (void)snprintf(e.handle, sizeof e.handle, "%s", action->handle ? action->handle : "");
    (void)snprintf(e.reference, sizeof e.reference, "%s",
                   action->snapshot && action->snapshot->reference
                       ? action->snapshot->reference
                       : "");
    e.action.handle = NULL;
    e.action.snapshot = NULL;
    e.outcome = (struct outcome){.call_id = action->call_id, .target = action->target};
    bool effect = action->call == CALL_START && action->intent;
    if (effect && luck(sim, sim->weather.lost_request)) {
        hear_nothing(sim, &e, 30 * SECOND);
        return;
    }
    /* late: after the executor has given up; what converges is given up later */
    bool repeatable = effect && model_effect(sim, action->intent)->repeatable;
    if (effect && !repeatable && luck(sim, sim->weather.late_effect)) {
        hear_nothing(sim, &e, 30 * SECOND);
        send_at(sim, &e, sim->now_ms + 30 * SECOND + late_ms(sim, action))->unheard =
            true;
        return;
    }
    (void)send_at(sim, &e, sim->now_ms + latency(sim));
}
