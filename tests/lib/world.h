/*
 * world.h - a fleet made of arithmetic: virtual time, model appliances and
 * managers, and a ledger that the engine does not write. Tests drive the real
 * engine through it; one seed is the whole run.
 *
 * An appliance has a version, health, snapshots that take all of that back, and
 * jobs that go on by themselves. Faults are flags of an appliance.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define WORLD_START_MS 1000000

enum fault {
    FAULT_SICK = 1,         /* the update succeeds, health goes red           */
    FAULT_UPDATE_FAILS = 2, /* certain failure                                */
    FAULT_LIES = 4,         /* reports success, the version stays             */
    FAULT_HANGS = 8,        /* never ends                                     */
    FAULT_REFUSES = 16,     /* wrong password                                 */
    FAULT_LOST_REPLY = 32,  /* effects happen, the reply does not arrive       */
    FAULT_REVERT_FAILS = 64,
    FAULT_RED_BEFORE = 128, /* red before and after                           */
    FAULT_SNAPSHOT_FAILS = 256,
    FAULT_DIRTY = 512,      /* the update fails until the recovery of a known issue ran */
    FAULT_STAYS_ON = 1024,  /* cannot be shut down, not even switched off     */
    FAULT_NO_START = 2048,  /* cannot be powered on                           */
    FAULT_SICK_BOOT = 4096, /* red after it was restarted                     */
};

struct effect {
    int target;
    enum activity kind;
    int64_t intent;
    int64_t at_ms;
};

struct model_appliance {
    char version[32];
    bool healthy;
    bool on;
    bool has_snapshot;
    char snapshot_version[32];
    bool snapshot_healthy;
    int snapshots_taken, snapshots_held;
    int64_t job_intent; /* the update that is under way or done: exactly one start */
    int64_t job_until_ms;
    int64_t task_intent[ACTIVITY_COUNT]; /* the manager's last call of each kind */
    unsigned faults;
    int updates; /* how many were started */
    bool behind; /* linked: reverted, and nobody of its group ran since */
};

struct pending {
    int64_t at_ms;
    struct action action;
    char *handle;
};

struct world {
    struct plan *plan;
    struct engine *engine;
    int64_t now_ms;
    uint64_t random;
    int64_t latency_ms, job_ms;
    struct model_appliance *appliances;
    struct pending *queue;
    size_t queue_count, queue_room;
    struct effect *ledger;
    size_t ledger_count, ledger_room;
    struct record *journal; /* what the store would hold */
    size_t journal_count, journal_room;
    int64_t epoch;
    int most_in_flight, most_failed;
    struct engine_changes changes; /* of the last step: what the store is told */
    const char *broken; /* what happened to replicated state; NULL: all is well */
    struct buf timeline;
    bool trace;
};

static inline uint64_t world_random(struct world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

/* ---- a plan without files ---- */

struct plan_shape {
    int targets;
    int waves[8]; /* sizes; the last 0 ends */
    int budgets[8];
    int64_t soak_ms;
    int in_flight, budget;
    enum budget_mode mode;
    int sites, site_max; /* max unavailable per site; 0: none */
    int manager_max;     /* 0: none */
    int linked[4];       /* sizes of the link groups, from the first target on */
    unsigned companions; /* bit per target */
    int change_steps;
    enum rollback_kind rollback;
    bool approval, gate; /* gate before the last wave */
    enum on_failure on_failure;
    int retries;
    enum slipway_class change_class; /* 0: reconcilable */
    int recover_at_most;             /* 0: the plan recovers from nothing */
};

static inline struct operation shape_operation(const char *id, const char *use,
                                               enum slipway_class repeat,
                                               int64_t timeout_ms)
{
    return (struct operation){.id = xstrdup(id),
                              .use = xstrdup(use),
                              .repeat = repeat,
                              .with = xstrdup("{}"),
                              .timeout_ms = timeout_ms};
}

static inline void shape_playbook(const struct plan_shape *shape, struct playbook *p)
{
    int steps = shape->change_steps ? shape->change_steps : 1;
    enum slipway_class class =
        shape->change_class ? shape->change_class : SLIPWAY_RECONCILABLE;
    p->name = xstrdup("shape");
    p->digest = xstrdup("");
    p->rollback = shape->rollback;
    p->max_depth = 2;
    p->snapshot_ttl_ms = 72 * 3600000LL;
    p->snapshot_settle_ms = 60000;
    p->boot_timeout_ms = 900000;
    p->step_count = (size_t)steps + 1;
    p->steps = xcalloc(p->step_count, sizeof *p->steps);
    p->steps[0] =
        (struct step){.op = shape_operation("space", "ssh.run", SLIPWAY_READ, 60000),
                      .phase = PHASE_PREPARE,
                      .on_failure = ON_FAILURE_FAIL};
    for (int i = 1; i <= steps; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "upgrade%d", i);
        p->steps[i] = (struct step){.op = shape_operation(id, "ssh.job", class, 3600000),
                                    .phase = PHASE_CHANGE,
                                    .on_failure = shape->on_failure ? shape->on_failure
                                                                    : ON_FAILURE_ROLLBACK,
                                    .retries = shape->retries,
                                    .snapshot = true};
    }
    p->check_count = 2;
    p->checks = xcalloc(2, sizeof *p->checks);
    p->checks[0] = (struct check){.op = shape_operation("version", "ssh.run", 0, 30000),
                                  .for_ms = 120000,
                                  .every_ms = 5000,
                                  .stable = 2,
                                  .baseline = BASELINE_IGNORE,
                                  .after_step = steps};
    p->checks[1] =
        (struct check){.op = shape_operation("health", "rest.request", 0, 30000),
                       .for_ms = 120000,
                       .every_ms = 5000,
                       .stable = 2,
                       .baseline = BASELINE_COMPARE,
                       .after_step = steps};
    p->read_count = 2;
    p->reads = xcalloc(2, sizeof *p->reads);
    p->reads[0] = shape_operation("by-rest", "rest.request", 0, 60000);
    p->reads[1] = shape_operation("by-ssh", "ssh.run", 0, 60000);
}

static inline void shape_waves(const struct plan_shape *shape, struct plan *plan)
{
    int first = 0, count = 0;
    while (count < 8 && shape->waves[count])
        count++;
    plan->wave_count = count ? (size_t)count : 1;
    plan->waves = xcalloc(plan->wave_count, sizeof *plan->waves);
    for (int i = 0; i < (int)plan->wave_count; i++) {
        int size = count ? shape->waves[i] : shape->targets;
        plan->waves[i] =
            (struct plan_wave){.name = i ? xasprintf("wave-%d", i) : xstrdup("canary"),
                               .first = first,
                               .count = size,
                               .soak_ms = shape->soak_ms,
                               .budget = shape->budgets[i],
                               .gate = shape->gate && i + 1 == (int)plan->wave_count};
        for (int k = first; k < first + size; k++)
            plan->targets[k].wave = i;
        first += size;
    }
}

static inline void shape_units(const struct plan_shape *shape, struct plan *plan)
{
    int first = 0;
    plan->units = xcalloc(4, sizeof *plan->units);
    for (int i = 0; i < 4 && shape->linked[i]; i++) {
        struct plan_unit *unit = &plan->units[plan->unit_count++];
        *unit = (struct plan_unit){xasprintf("sso-%d", i + 1), first, shape->linked[i]};
        for (int k = first; k < first + unit->count; k++) {
            xreplace(&plan->targets[k].link_group, unit->name);
            plan->targets[k].companion = shape->companions >> k & 1u;
        }
        first += unit->count;
    }
}

/* One recovery of two operations: unstage, which may be issued again, and restart, which
   must be asked about. */
static inline void shape_recovery(struct playbook *p, int at_most)
{
    p->recoveries = xcalloc(1, sizeof *p->recoveries);
    p->recovery_count = 1;
    p->recoveries[0] = (struct recovery){
        .issue = xstrdup("dirty-staging"),
        .match = xstrdup("1"),
        .phases = 1u << PHASE_PREPARE | 1u << PHASE_CHANGE,
        .at_most = at_most,
        .count = 2,
    };
    p->recovery_ops = xcalloc(2, sizeof *p->recovery_ops);
    p->recovery_op_count = 2;
    p->recovery_ops[0] =
        shape_operation("dirty-staging.1of2", "vcsa.unstage", SLIPWAY_IDEMPOTENT, 60000);
    p->recovery_ops[1] = shape_operation("dirty-staging.2of2", "vcsa.restart",
                                         SLIPWAY_RECONCILABLE, 60000);
}

static inline struct plan *shape_plan(const struct plan_shape *shape)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->campaign = xstrdup("shape");
    plan->vars = xstrdup("{}");
    plan->in_flight = shape->in_flight ? shape->in_flight : shape->targets;
    plan->budget = shape->budget;
    plan->mode = shape->mode;
    plan->approval_required = shape->approval;
    shape_playbook(shape, &plan->playbook);
    if (shape->recover_at_most)
        shape_recovery(&plan->playbook, shape->recover_at_most);
    plan->target_count = (size_t)shape->targets;
    plan->targets = xcalloc(plan->target_count, sizeof *plan->targets);
    for (int i = 0; i < shape->sites && shape->site_max; i++)
        *vec_push(plan->domains, plan->domain_count, plan->domain_room) =
            (struct plan_cap){xasprintf("site=s%d", i), shape->site_max};
    if (shape->manager_max)
        *vec_push(plan->limits, plan->limit_count, plan->limit_room) =
            (struct plan_cap){xstrdup("manager=m"), shape->manager_max};
    for (int i = 0; i < shape->targets; i++) {
        struct plan_target *t = &plan->targets[i];
        *t = (struct plan_target){
            .name = xasprintf("vc-%04d", i + 1),
            .site = xasprintf("s%d", shape->sites ? i % shape->sites : 0),
            .version = xstrdup("1.0"),
            .link_group = xstrdup(""),
            .manager = xstrdup("m"),
            .doc = xstrdup("{}"),
            .manager_limit = shape->manager_max ? 0 : -1,
            .datastore_limit = -1};
        if (plan->domain_count)
            t->domains[t->domain_count++] = i % shape->sites;
    }
    shape_waves(shape, plan);
    shape_units(shape, plan);
    return plan;
}

/* ---- the executor of the model ---- */

static inline void world_note(struct world *w, int target, enum activity kind,
                              int64_t intent)
{
    *vec_push(w->ledger, w->ledger_count, w->ledger_room) =
        (struct effect){target, kind, intent, w->now_ms};
}

static inline void world_snapshot_take(struct model_appliance *m)
{
    if (!m->snapshots_held) {
        (void)snprintf(m->snapshot_version, sizeof m->snapshot_version, "%s", m->version);
        m->snapshot_healthy = m->healthy;
    }
    m->snapshots_held++;
    m->snapshots_taken++;
}

static inline void world_revert(struct model_appliance *m)
{
    (void)snprintf(m->version, sizeof m->version, "%s", m->snapshot_version);
    m->healthy = m->snapshot_healthy;
    m->job_intent = 0;
    m->on = false;
}

/* The job's effect, once its time has come. */
static inline void world_settle_job(struct world *w, struct model_appliance *m)
{
    if (!m->job_intent || m->job_until_ms > w->now_ms || m->faults & FAULT_HANGS)
        return;
    if (m->faults & (FAULT_UPDATE_FAILS | FAULT_DIRTY))
        return;
    if (!(m->faults & FAULT_LIES))
        (void)snprintf(m->version, sizeof m->version, "2.0");
    if (m->faults & FAULT_SICK)
        m->healthy = false;
}

/* ---- linked appliances ---- */

static inline const struct plan_unit *world_unit(const struct world *w, int target)
{
    int unit = plan_unit_of(w->plan, target);
    return unit < 0 ? NULL : &w->plan->units[unit];
}

/* Replication breaks for good if anybody of a group runs while another one was reverted
   to an older state; and a snapshot of one is worth nothing if the others ran on. */
static inline void world_look_at_links(struct world *w, int target, enum activity kind)
{
    const struct plan_unit *u = world_unit(w, target);
    int on = 0, behind = 0;
    if (!u)
        return;
    for (int i = u->first; i < u->first + u->count; i++) {
        on += w->appliances[i].on;
        behind += w->appliances[i].behind;
    }
    if (kind == ACTIVITY_SNAPSHOT && on)
        w->broken = "a snapshot was taken while a member of its group ran";
    if (behind && behind < u->count && on)
        w->broken = "a member ran while another one was reverted";
    for (int i = u->first; on && i < u->first + u->count; i++)
        w->appliances[i].behind = false;
    for (int i = u->first; kind == ACTIVITY_STEP && i < u->first + u->count; i++) {
        const struct model_appliance *other = &w->appliances[i];
        if (i != target && other->job_intent && other->job_until_ms > w->now_ms)
            w->broken = "two members were changed at the same time";
        if (!other->snapshots_held || !other->on)
            w->broken = "a member was changed while another one was not ready for it";
    }
}

static inline void world_start_effect(struct world *w, const struct action *a,
                                      struct outcome *o, char handle[32])
{
    struct model_appliance *m = &w->appliances[a->target];
    world_note(w, a->target, a->activity, a->intent);
    m->task_intent[a->activity] = a->intent;
    o->outcome = SLIPWAY_DONE;
    switch (a->activity) {
    case ACTIVITY_STEP:
        m->job_intent = a->intent;
        m->job_until_ms = w->now_ms + w->job_ms;
        m->updates++;
        (void)snprintf(handle, 32, "job-%lld", (long long)a->intent);
        o->handle = handle;
        o->outcome = SLIPWAY_PENDING;
        break;
    case ACTIVITY_SNAPSHOT:
        if (m->faults & FAULT_SNAPSHOT_FAILS) {
            o->outcome = SLIPWAY_FAILED;
            o->sentence = "NoDiskSpace";
            break;
        }
        world_snapshot_take(m);
        o->value = "snapshot-1";
        break;
    case ACTIVITY_REVERT:
        if (m->faults & FAULT_REVERT_FAILS) {
            o->outcome = SLIPWAY_FAILED;
            o->sentence = "the datastore is gone";
            break;
        }
        world_revert(m);
        m->behind = true;
        break;
    case ACTIVITY_PRUNE:
        m->snapshots_held -= m->snapshots_held > 0; /* absent is fine */
        break;
    case ACTIVITY_POWER_ON:
        if (m->faults & FAULT_NO_START) {
            o->outcome = SLIPWAY_FAILED;
            o->sentence = "no host has room";
            break;
        }
        m->on = true;
        if (m->faults & FAULT_SICK_BOOT)
            m->healthy = false;
        break;
    case ACTIVITY_POWER_OFF:
        if (m->faults & FAULT_STAYS_ON) {
            o->outcome = SLIPWAY_FAILED;
            o->sentence = "the manager says no";
            break;
        }
        m->on = false;
        break;
    case ACTIVITY_RECOVER:
        m->faults &= ~(unsigned)FAULT_DIRTY;
        break;
    default:
        break;
    }
    world_look_at_links(w, a->target, a->activity);
    if (m->faults & FAULT_LOST_REPLY && o->outcome != SLIPWAY_FAILED) {
        o->outcome = SLIPWAY_UNKNOWN;
        o->handle = NULL;
        o->value = NULL;
        o->sentence = "the connection was lost after the request";
    }
}

static inline void world_read(struct world *w, const struct action *a, struct outcome *o)
{
    struct model_appliance *m = &w->appliances[a->target];
    world_settle_job(w, m);
    o->outcome = SLIPWAY_DONE;
    if (m->faults & FAULT_REFUSES) {
        o->outcome = SLIPWAY_REFUSED;
        o->sentence = "wrong password";
    } else if (!m->on) {
        o->outcome = SLIPWAY_RETRY;
        o->sentence = "connection refused";
    } else if (a->activity == ACTIVITY_READ) {
        o->value = m->version;
    } else if (a->activity == ACTIVITY_CHECK) {
        bool green = a->index == 0 ? !strcmp(m->version, "2.0")
                                   : m->healthy && !(m->faults & FAULT_RED_BEFORE);
        o->expect = green ? EXPECTED_TRUE : EXPECTED_FALSE;
    }
}

static inline void world_poll(struct world *w, const struct action *a, struct outcome *o)
{
    struct model_appliance *m = &w->appliances[a->target];
    world_settle_job(w, m);
    o->outcome = SLIPWAY_PENDING;
    if (m->job_until_ms > w->now_ms || m->faults & FAULT_HANGS)
        return;
    bool dirty = m->faults & FAULT_DIRTY;
    o->outcome = m->faults & FAULT_UPDATE_FAILS || dirty ? SLIPWAY_FAILED : SLIPWAY_DONE;
    o->recovery = dirty;
    o->sentence = dirty                          ? "staging failed"
                  : o->outcome == SLIPWAY_FAILED ? "rc 1: disk full"
                                                 : NULL;
}

static inline void world_probe(struct world *w, const struct action *a, struct outcome *o,
                               char handle[32])
{
    struct model_appliance *m = &w->appliances[a->target];
    bool happened = m->task_intent[a->activity] == a->intent;
    if (a->activity == ACTIVITY_STEP)
        happened = m->job_intent == a->intent;
    o->probe = happened ? SLIPWAY_PROBE_DONE : SLIPWAY_PROBE_NOT_STARTED;
    if (!happened)
        return;
    if (a->activity == ACTIVITY_SNAPSHOT)
        o->value = "snapshot-1";
    if (a->activity != ACTIVITY_STEP)
        return;
    struct outcome polled = {0};
    world_poll(w, a, &polled);
    o->sentence = polled.sentence;
    o->recovery = polled.recovery;
    if (polled.outcome == SLIPWAY_PENDING) {
        (void)snprintf(handle, 32, "job-%lld", (long long)a->intent);
        o->handle = handle;
        o->probe = SLIPWAY_PROBE_RUNNING;
    } else if (polled.outcome == SLIPWAY_FAILED)
        o->probe = SLIPWAY_PROBE_FAILED;
}

/* ---- running ---- */

static inline void world_keep(struct world *w, const struct record *r)
{
    struct record copy = *r;
    copy.seq = (int64_t)w->journal_count + 1;
    copy.text = xstrdup_null(r->text);
    copy.detail = xstrdup_null(r->detail);
    copy.actor = xstrdup_null(r->actor);
    *vec_push(w->journal, w->journal_count, w->journal_room) = copy;
}

/* "1:02:03 vc-0001 " */
static inline void world_begin_line(struct world *w, const char *who)
{
    long long s = (long long)(w->now_ms - WORLD_START_MS) / 1000;
    buf_addf(&w->timeline, "%3lld:%02lld:%02lld  %-10s", s / 3600, s / 60 % 60, s % 60,
             who);
}

static inline void world_end_line(struct world *w, const char *text)
{
    buf_addf(&w->timeline, "%s%s\n", text && *text ? ": " : "", text ? text : "");
}

/* What an operator would tell of it, one line for each event. */
static inline void world_trace(struct world *w, const struct record *r)
{
    const char *who = r->target >= 0 ? w->plan->targets[r->target].name : "campaign";
    if (r->kind == RECORD_WAVE)
        who = w->plan->waves[r->wave].name;
    if (r->kind == RECORD_GROUP && r->target < 0) {
        world_begin_line(w, r->detail);
        buf_addf(&w->timeline, " %s", machine_state(&group_machine, r->to));
        world_end_line(w, r->text);
    } else if (r->kind == RECORD_TARGET || r->kind == RECORD_CAMPAIGN ||
               r->kind == RECORD_WAVE) {
        const struct machine *m = r->kind == RECORD_TARGET     ? &target_machine
                                  : r->kind == RECORD_CAMPAIGN ? &campaign_machine
                                                               : &wave_machine;
        world_begin_line(w, who);
        buf_addf(&w->timeline, " %s", machine_state(m, r->to));
        world_end_line(w, r->text);
    } else if (r->kind == RECORD_COMMAND) {
        world_begin_line(w, who);
        buf_addf(&w->timeline, " %s says %s", r->actor ? r->actor : "?", r->text);
        world_end_line(w, r->detail);
    } else if (r->kind == RECORD_REJECTED) {
        world_begin_line(w, who);
        buf_adds(&w->timeline, " rejected");
        world_end_line(w, r->text);
    } else if (r->kind == RECORD_RECOVERY) {
        world_begin_line(w, who);
        buf_addf(&w->timeline, " recovery of %s %s", r->text,
                 machine_event(&recovery_machine, r->event));
        world_end_line(w, r->detail);
    } else if (r->kind == RECORD_OVERRUN) {
        world_begin_line(w, who);
        buf_addf(&w->timeline, " ended %lld min after the close\n",
                 (long long)r->number / 60000);
    } else if (r->kind == RECORD_CALENDAR || r->kind == RECORD_CLOCK ||
               r->kind == RECORD_OVERRIDE) {
        world_begin_line(w, who);
        buf_addf(&w->timeline, " %s%s", record_kind_name(r->kind),
                 r->kind == RECORD_CLOCK ? r->number ? " trusted" : " not trusted" : "");
        world_end_line(w, r->text);
    } else if (r->kind == RECORD_OWNER) {
        world_begin_line(w, "slipway");
        buf_addf(&w->timeline, " owner %lld\n", (long long)r->number);
    }
}

static inline void world_take(struct world *w, struct engine_output out)
{
    for (size_t i = 0; i < out.record_count; i++) {
        world_keep(w, &out.records[i]);
        if (w->trace)
            world_trace(w, &out.records[i]);
    }
    for (size_t i = 0; i < out.action_count; i++) {
        int64_t jitter = (int64_t)(world_random(w) % (uint64_t)w->latency_ms);
        *vec_push(w->queue, w->queue_count, w->queue_room) =
            (struct pending){w->now_ms + w->latency_ms + jitter, out.actions[i],
                             xstrdup_null(out.actions[i].handle)};
    }
    w->changes = engine_take_changes(w->engine);
    engine_check_invariants(w->engine);
    const struct engine_state *s = engine_state(w->engine);
    if (s->in_flight > w->most_in_flight)
        w->most_in_flight = s->in_flight;
    if (s->failed > w->most_failed)
        w->most_failed = s->failed;
}

static inline struct world *world_create(const struct plan_shape *shape, uint64_t seed)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->plan = shape_plan(shape);
    w->random = seed * 2654435761u + 88172645463325252u;
    w->now_ms = WORLD_START_MS;
    w->latency_ms = 50;
    w->job_ms = 600000;
    w->appliances = xcalloc(w->plan->target_count, sizeof *w->appliances);
    for (size_t i = 0; i < w->plan->target_count; i++) {
        (void)snprintf(w->appliances[i].version, 32, "1.0");
        w->appliances[i].healthy = true;
        w->appliances[i].on = true;
    }
    w->engine = engine_create(w->plan, seed);
    return w;
}

static inline void world_input(struct world *w, const struct input *input)
{
    world_take(w, engine_step(w->engine, w->now_ms, input, 1));
}

static inline void world_start(struct world *w)
{
    struct input input = {.kind = INPUT_OWNER, .number = ++w->epoch, .actor = "test"};
    world_input(w, &input);
}

/* A verb with everything that it can carry. */
static inline void world_tell(struct world *w, struct command command)
{
    struct input input = {.kind = INPUT_COMMAND, .command = command};
    input.command.actor = "olga";
    world_input(w, &input);
}

static inline void world_command(struct world *w, enum verb verb, int target, int wave,
                                 const char *reason)
{
    world_tell(w, (struct command){
                      .verb = verb, .target = target, .wave = wave, .reason = reason});
}

static inline void world_trust(struct world *w, bool trusted, const char *sentence)
{
    struct input input = {.kind = INPUT_CLOCK, .number = trusted, .sentence = sentence};
    world_input(w, &input);
}

/* The process dies: calls are lost (their effects may happen or not), the state
   is rebuilt from the journal, and must be what it was. */
static inline bool world_crash(struct world *w)
{
    char *before = engine_fingerprint(w->engine);
    for (size_t i = 0; i < w->queue_count; i++) {
        struct outcome ignored = {0};
        char handle[32];
        const struct action *a = &w->queue[i].action;
        if (a->call == CALL_START && a->intent && world_random(w) % 2)
            world_start_effect(w, a, &ignored, handle);
        free(w->queue[i].handle);
    }
    w->queue_count = 0;
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    for (size_t i = 0; i < w->journal_count; i++) {
        if (engine_replay(w->engine, &w->journal[i]))
            abort();
    }
    char *after = engine_fingerprint(w->engine);
    bool same = !strcmp(before, after);
    if (!same)
        (void)fprintf(stderr, "--- live\n%s--- replayed\n%s", before, after);
    free(before);
    free(after);
    world_start(w);
    return same;
}

static inline void world_answer(struct world *w, struct pending *p)
{
    char handle[32] = "";
    struct outcome o = {.call_id = p->action.call_id, .target = p->action.target};
    if (p->action.call == CALL_PROBE)
        world_probe(w, &p->action, &o, handle);
    else if (p->action.call == CALL_POLL)
        world_poll(w, &p->action, &o);
    else if (p->action.intent)
        world_start_effect(w, &p->action, &o, handle);
    else
        world_read(w, &p->action, &o);
    struct input input = {.kind = INPUT_OUTCOME, .outcome = o};
    world_input(w, &input);
}

/* One event: the next answer or the next deadline. False: nothing will happen. */
static inline bool world_step(struct world *w)
{
    size_t next = 0;
    for (size_t i = 1; i < w->queue_count; i++) {
        if (w->queue[i].at_ms < w->queue[next].at_ms)
            next = i;
    }
    int64_t deadline_ms = engine_deadline(w->engine);
    if (w->queue_count && w->queue[next].at_ms <= deadline_ms) {
        struct pending p = w->queue[next];
        w->queue[next] = w->queue[--w->queue_count];
        w->now_ms = p.at_ms > w->now_ms ? p.at_ms : w->now_ms;
        world_answer(w, &p);
        free(p.handle);
        return true;
    }
    if (deadline_ms == INT64_MAX)
        return false;
    w->now_ms = deadline_ms > w->now_ms ? deadline_ms : w->now_ms + 1;
    struct input input = {.kind = INPUT_TICK};
    world_input(w, &input);
    return true;
}

/* Run until nothing happens by itself; at most `steps` events. */
static inline bool world_run(struct world *w, long steps)
{
    while (steps-- > 0) {
        if (!world_step(w))
            return true;
    }
    return false;
}

static inline int world_count(const struct world *w, enum target_state_id state)
{
    return engine_state(w->engine)->count_by_state[state];
}

/* Effects of one kind on one target. */
static inline int world_effects(const struct world *w, int target, enum activity kind)
{
    int count = 0;
    for (size_t i = 0; i < w->ledger_count; i++)
        count += w->ledger[i].target == target && w->ledger[i].kind == kind;
    return count;
}

static inline void world_destroy(struct world *w)
{
    engine_destroy(w->engine);
    plan_free(w->plan);
    for (size_t i = 0; i < w->queue_count; i++)
        free(w->queue[i].handle);
    for (size_t i = 0; i < w->journal_count; i++)
        record_clear(&w->journal[i]);
    free(w->journal);
    free(w->queue);
    free(w->ledger);
    free(w->appliances);
    buf_free(&w->timeline);
    free(w);
}

#endif
