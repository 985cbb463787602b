/*
 * peer.c - between the engine and the model: an executor and a network that can lose
 * a request, lose an answer, deliver late, refuse, and say nothing.
 *
 * A manager is late by less than the engine's settle time: that is what it is for. A
 * launch may be late by far: its key makes it the job that was issued in its place.
 */
#include "sim.h"

#define LATE_JOB_MS  (3 * MINUTE)  /* an ssh launch that stalled           */
#define LATE_TASK_MS (59 * SECOND) /* a manager that is slow to begin      */

static int64_t latency(struct sim *sim, int target)
{
    return sim->weather.latency_ms / 2 +
           sim_amount(sim, target, AMOUNT_LATENCY, 1, sim->weather.latency_ms);
}

/* ---- outages, of the appliance and of its manager ---- */

static void have_outages(struct sim *sim, int target)
{
    struct machine_model *m = &sim->machines[target];
    const struct weather *w = &sim->weather;
    if (sim_luck(sim, target, LUCK_OUTAGE, w->outage))
        m->silent_until_ms =
            sim->now_ms + sim_amount(sim, target, AMOUNT_OUTAGE, 1, 120) * MINUTE;
    if (sim_luck(sim, target, LUCK_MANAGER_OUTAGE, w->outage))
        m->manager_silent_until_ms =
            sim->now_ms + sim_amount(sim, target, AMOUNT_OUTAGE, 1, 120) * MINUTE;
}

static bool asks_manager(enum activity activity)
{
    return activity == ACTIVITY_GUARD || activity >= ACTIVITY_SNAPSHOT;
}

static void say(struct event *e, enum slipway_outcome outcome, const char *sentence)
{
    e->outcome.outcome = outcome;
    e->outcome.sentence = sentence;
}

/* The manager does not listen to this call at all. Of a start that is certain: nothing has
   happened. The session may expire between any two calls. */
static bool manager_is_deaf(struct sim *sim, struct event *e)
{
    int target = e->action.target;
    struct machine_model *m = &sim->machines[target];
    if (!asks_manager(e->action.activity))
        return false;
    if (m->manager_silent_until_ms > sim->now_ms) {
        bool starts = e->action.call == CALL_START;
        say(e, starts ? SLIPWAY_RETRY : SLIPWAY_UNKNOWN, "the manager does not answer");
        return true;
    }
    if (m->locked_until_ms > sim->now_ms) {
        say(e, SLIPWAY_REFUSED, "the account is locked");
        return true;
    }
    if (!sim_luck(sim, target, LUCK_SESSION, sim->weather.session))
        return false;
    say(e, SLIPWAY_RETRY, "the session has expired");
    if (sim_luck(sim, target, LUCK_LOCKED, 100))
        m->locked_until_ms =
            sim->now_ms + sim_amount(sim, target, AMOUNT_OUTAGE, 1, 30) * MINUTE;
    return true;
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
    return m->healthy && !sim_luck(sim, a->target, LUCK_FLAP, sim->weather.flap);
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
    } else if (m->consolidates || m->twins) {
        e->outcome.outcome = SLIPWAY_REFUSED;
        e->outcome.sentence =
            m->twins ? "two snapshots of one name" : "consolidation is needed";
    } else if (sim_luck(sim, e->action.target, LUCK_FOREIGN_TASK,
                        sim->weather.foreign_task)) {
        int64_t takes_ms =
            sim_amount(sim, e->action.target, AMOUNT_FOREIGN, 1, 300) * SECOND;
        *vec_push(m->tasks, m->task_count, m->task_room) =
            (struct model_task){.until_ms = sim->now_ms + takes_ms};
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
    } else if (!model_reachable(sim, m) ||
               sim_luck(sim, a->target, LUCK_REFUSED, sim->weather.refused_connection)) {
        o->outcome = sim_luck(sim, a->target, LUCK_REFUSED_HARD, 300) ? SLIPWAY_FAILED
                                                                      : SLIPWAY_RETRY;
        o->sentence = "connection refused";
    } else if (evidence_is_step(sim, (int)a->activity, a->index)) {
        if (sim_luck(sim, a->target, LUCK_EVIDENCE_FAILS, sim->weather.evidence))
            say(e, SLIPWAY_FAILED, "no such log");
    } else if (a->activity == ACTIVITY_READ) {
        read_version(sim, e);
    } else if (a->activity == ACTIVITY_CHECK) {
        o->expect = is_green(sim, a) ? EXPECTED_TRUE : EXPECTED_FALSE;
        if (sim_luck(sim, a->target, LUCK_MUTE_POLL, sim->weather.mute_poll))
            o->expect = EXPECTED_ERROR;
    }
}

/* ---- looking after effects ---- */

static void look_at_job(struct sim *sim, struct event *e, enum slipway_outcome *outcome)
{
    struct machine_model *m = &sim->machines[e->action.target];
    const struct model_job *job = model_job_seen(sim, m, e->action.key);
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
    if (m->twins && task->kind == ACTIVITY_SNAPSHOT) {
        e->outcome.sentence = "two snapshots of the same step need a human";
        return;
    }
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
    if (!sim_luck(sim, e->action.target, LUCK_MUTE_POLL, sim->weather.mute_poll))
        return;
    static const enum slipway_outcome shrugs[] = {SLIPWAY_RETRY, SLIPWAY_UNKNOWN,
                                                  SLIPWAY_REFUSED, SLIPWAY_PENDING,
                                                  SLIPWAY_CANCELED};
    e->outcome = (struct outcome){
        .call_id = e->action.call_id,
        .target = e->action.target,
        .outcome = shrugs[sim_amount(sim, e->action.target, AMOUNT_SHRUG, 0, 4)],
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
                    : model_reachable(sim, m) && !*e->handle &&
                          !model_job_of(m, e->action.key);
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
    if (sim_luck(sim, e->action.target, LUCK_MUTE_PROBE, sim->weather.mute_probe)) {
        e->outcome.probe = SLIPWAY_PROBE_UNKNOWN;
        e->outcome.sentence = "no route to host";
        if (sim_luck(sim, e->action.target, LUCK_DEAD_PROBE, 200))
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
    int target = copy.action.target;
    model_settle(sim, target);
    have_outages(sim, target);
    outside_meddles(sim, &copy);
    if (manager_is_deaf(sim, &copy))
        effect = false;
    else if (effect)
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
    if (effect && !sure &&
        sim_luck(sim, target, LUCK_LOST_REPLY, sim->weather.lost_reply))
        hear_nothing(sim, &copy, 30 * SECOND);
    else
        hear(sim, &copy, latency(sim, target));
}

static int64_t late_ms(struct sim *sim, const struct action *a)
{
    return sim_amount(sim, a->target, AMOUNT_LATE, 1,
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

/* What gathers evidence is asked of a sick machine: it may take all of its time, and then
   nobody knows. */
static bool evidence_is_lost(struct sim *sim, const struct event *e)
{
    const struct action *a = &e->action;
    if (!evidence_is_step(sim, (int)a->activity, a->index))
        return false;
    bool hangs = sim_luck(sim, a->target, LUCK_EVIDENCE_HANGS, sim->weather.evidence);
    bool lost = sim_luck(sim, a->target, LUCK_EVIDENCE_LOST, sim->weather.evidence);
    if (hangs || lost)
        hear_nothing(sim, e, hangs ? a->timeout_ms : 30 * SECOND);
    return hangs || lost;
}

/* By its reference, or by its name where nobody was told the reference. */
static void name_snapshot(struct sim *sim, const struct action *action, char *out,
                          size_t size)
{
    const struct snapshot_state *s = action->snapshot;
    const char *reference = s && s->reference ? s->reference : "";
    const struct model_snapshot *found =
        s && s->name && !*reference
            ? model_snapshot_named(&sim->machines[action->target], s->name)
            : NULL;
    (void)snprintf(out, size, "%s", found ? found->reference : reference);
}

void peer_call(struct sim *sim, const struct action *action)
{
    struct event e = {.action = *action};
    (void)snprintf(e.handle, sizeof e.handle, "%s", action->handle ? action->handle : "");
    name_snapshot(sim, action, e.reference, sizeof e.reference);
    e.action.handle = NULL;
    e.action.snapshot = NULL;
    e.outcome = (struct outcome){.call_id = action->call_id, .target = action->target};
    bool effect = action->call == CALL_START && action->intent;
    if (evidence_is_lost(sim, &e))
        return;
    if (effect &&
        sim_luck(sim, e.action.target, LUCK_LOST_REQUEST, sim->weather.lost_request)) {
        hear_nothing(sim, &e, 30 * SECOND);
        return;
    }
    /* late: after the executor has given up; what converges is given up later */
    bool repeatable = effect && model_effect(sim, action->intent)->repeatable;
    if (effect && !repeatable &&
        sim_luck(sim, e.action.target, LUCK_LATE_EFFECT, sim->weather.late_effect)) {
        hear_nothing(sim, &e, 30 * SECOND);
        send_at(sim, &e, sim->now_ms + 30 * SECOND + late_ms(sim, action))->unheard =
            true;
        return;
    }
    (void)send_at(sim, &e, sim->now_ms + latency(sim, e.action.target));
}
