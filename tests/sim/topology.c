/*
 * topology.c - from a seed to a plan: playbook, waves, budgets, caps; which
 * appliances are ill; which weather it is; and what operators will get up to.
 *
 * Each seed turns on only some kinds of trouble, so that rare combinations of few
 * kinds happen, and not always everything at once.
 */
#include "sim.h"

struct operation topology_operation(const char *id, const char *use,
                                    enum slipway_class repeat, int64_t timeout_ms)
{
    return (struct operation){.id = xstrdup(id),
                              .use = xstrdup(use),
                              .repeat = repeat,
                              .with = xstrdup("{}"),
                              .timeout_ms = timeout_ms};
}

int64_t topology_timeout_ms(enum phase phase)
{
    return (phase == PHASE_EVIDENCE ? 10 : 20) * MINUTE;
}

static struct step *add_step(struct playbook *p, const char *id, const char *use,
                             enum phase phase, enum slipway_class repeat,
                             enum on_failure on_failure)
{
    p->steps = xreallocarray(p->steps, p->step_count + 1, sizeof *p->steps);
    p->steps[p->step_count] = (struct step){
        .op = topology_operation(id, use, repeat, topology_timeout_ms(phase)),
        .phase = phase,
        .on_failure = on_failure,
        .snapshot = phase == PHASE_CHANGE && p->rollback == ROLLBACK_SNAPSHOT,
    };
    return &p->steps[p->step_count++];
}

static enum slipway_class any_class(struct chance *c)
{
    int roll = chance_below(c, 10);
    return roll < 7    ? SLIPWAY_RECONCILABLE
           : roll == 7 ? SLIPWAY_IDEMPOTENT
           : roll == 8 ? SLIPWAY_OPAQUE
                       : SLIPWAY_READ;
}

static void make_steps(struct chance *c, struct playbook *p)
{
    char id[32];
    int preparing = chance_below(c, 3), changing = 1 + chance_below(c, 3);
    for (int i = 0; i < preparing; i++) {
        (void)snprintf(id, sizeof id, "prepare%d", i);
        add_step(p, id, "ssh.run", PHASE_PREPARE, i ? SLIPWAY_RECONCILABLE : SLIPWAY_READ,
                 chance_is(c, 200)   ? ON_FAILURE_PARK
                 : chance_is(c, 200) ? ON_FAILURE_CONTINUE
                                     : ON_FAILURE_FAIL);
    }
    for (int i = 0; i < changing; i++) {
        bool gate = chance_is(c, 60);
        (void)snprintf(id, sizeof id, "change%d", i);
        struct step *step =
            add_step(p, id, gate ? "gate" : "ssh.job", PHASE_CHANGE,
                     gate                ? SLIPWAY_RECONCILABLE
                     : chance_is(c, 700) ? SLIPWAY_RECONCILABLE
                                         : any_class(c),
                     p->rollback == ROLLBACK_NONE || chance_is(c, 150) ? ON_FAILURE_PARK
                     : chance_is(c, 80) ? ON_FAILURE_CONTINUE
                                        : ON_FAILURE_ROLLBACK);
        step->retries = chance_is(c, 300) ? 1 + chance_below(c, 2) : 0;
        step->snapshot = step->snapshot && (i == 0 || chance_is(c, 800));
    }
    if (p->rollback == ROLLBACK_NATIVE)
        add_step(p, "undo", "ssh.job", PHASE_ROLLBACK, SLIPWAY_RECONCILABLE,
                 ON_FAILURE_FAIL);
}

static void add_check(struct chance *c, struct playbook *p, const char *id,
                      enum baseline_rule baseline, int after)
{
    p->checks = xreallocarray(p->checks, p->check_count + 1, sizeof *p->checks);
    p->checks[p->check_count++] =
        (struct check){.op = topology_operation(id, "ssh.run", SLIPWAY_READ, 30 * SECOND),
                       .for_ms = chance_between(c, 0, 4) * 30 * SECOND,
                       .every_ms = 5 * SECOND,
                       .stable = 1 + chance_below(c, 3),
                       .baseline = baseline,
                       .after_step = after};
}

static void make_playbook(struct chance *c, struct playbook *p)
{
    int roll = chance_below(c, 10);
    p->name = xstrdup("sim");
    p->digest = xstrdup("");
    p->rollback = roll < 7    ? ROLLBACK_SNAPSHOT
                  : roll == 7 ? ROLLBACK_NATIVE
                  : roll == 8 ? ROLLBACK_NONE
                              : ROLLBACK_SNAPSHOT;
    p->max_depth = 1 + chance_below(c, 3);
    p->snapshot_ttl_ms = chance_is(c, 300) ? HOUR : 72 * HOUR;
    p->snapshot_settle_ms = MINUTE;
    p->boot_timeout_ms = 15 * MINUTE;
    make_steps(c, p);
    int last = (int)p->step_count - 1 - (p->rollback == ROLLBACK_NATIVE);
    add_check(c, p, "version", BASELINE_IGNORE, last);
    add_check(c, p, "health", chance_is(c, 200) ? BASELINE_REQUIRE : BASELINE_COMPARE,
              last);
    if (p->steps[last - 1 < 0 ? 0 : last - 1].phase == PHASE_CHANGE && last > 0 &&
        chance_is(c, 300))
        add_check(c, p, "between", BASELINE_COMPARE, last - 1);
    p->read_count = 1 + (size_t)chance_below(c, 2);
    p->reads = xcalloc(p->read_count, sizeof *p->reads);
    p->reads[0] = topology_operation("by-rest", "rest.request", SLIPWAY_READ, MINUTE);
    if (p->read_count > 1)
        p->reads[1] = topology_operation("by-ssh", "ssh.run", SLIPWAY_READ, MINUTE);
}

static void add_cap(struct plan_cap **caps, size_t *count, size_t *room, char *key,
                    int max)
{
    *vec_push(*caps, *count, *room) = (struct plan_cap){key, max};
}

static void make_caps(struct chance *c, struct plan *plan)
{
    int n = (int)plan->target_count,
        sites = chance_is(c, 500) ? 1 + chance_below(c, 4) : 0;
    int groups = chance_is(c, 250) ? 1 + chance_below(c, 3) : 0;
    int managers = chance_is(c, 600) ? 1 + chance_below(c, 2) : 0;
    bool repo = chance_is(c, 300), datastore = managers && chance_is(c, 300);
    for (int i = 0; i < sites; i++)
        add_cap(&plan->domains, &plan->domain_count, &plan->domain_room,
                xasprintf("site=s%d", i), 1 + chance_below(c, 4));
    for (int i = 0; i < groups; i++)
        add_cap(&plan->domains, &plan->domain_count, &plan->domain_room,
                xasprintf("link_group=g%d", i), 1);
    for (int i = 0; i < managers; i++)
        add_cap(&plan->limits, &plan->limit_count, &plan->limit_room,
                xasprintf("manager=m%d", i), 1 + chance_below(c, 4));
    if (datastore)
        add_cap(&plan->limits, &plan->limit_count, &plan->limit_room, xstrdup("ds=1"),
                1 + chance_below(c, 3));
    if (repo) {
        add_cap(&plan->limits, &plan->limit_count, &plan->limit_room, xstrdup("repo"),
                1 + chance_below(c, 3));
        for (size_t i = 0; i < plan->playbook.step_count; i++) {
            struct step *step = &plan->playbook.steps[i];
            if (step->phase != PHASE_CHANGE)
                continue;
            step->limits = xcalloc(1, sizeof *step->limits);
            step->limits[step->limit_count++] = xstrdup("repo");
        }
    }
    for (int i = 0; i < n; i++) {
        struct plan_target *t = &plan->targets[i];
        bool grouped = groups && chance_is(c, 300);
        int group = groups ? chance_below(c, groups) : 0;
        *t = (struct plan_target){
            .name = xasprintf("vc-%03d", i + 1),
            .site = xstrdup(""),
            .version = xstrdup("1.0"),
            .link_group = grouped ? xasprintf("g%d", group) : xstrdup(""),
            .manager = xstrdup("m"),
            .doc = xstrdup("{}"),
            .manager_limit = managers ? i % managers : -1,
            .datastore_limit = datastore ? managers : -1,
        };
        if (sites)
            t->domains[t->domain_count++] = chance_below(c, sites);
        if (grouped)
            t->domains[t->domain_count++] = sites + group;
    }
}

/* ---- what is read before the way back ---- */

/* Behind all others: the machines' levels are numbered by steps. */
static void make_evidence(struct chance *c, struct plan *plan)
{
    struct playbook *p = &plan->playbook;
    char id[32];
    if (p->rollback == ROLLBACK_NONE || !chance_is(c, 350))
        return;
    for (int i = 0, count = 1 + chance_below(c, 3); i < count; i++) {
        (void)snprintf(id, sizeof id, "evidence%d", i);
        add_step(p, id, "ssh.run", PHASE_EVIDENCE, SLIPWAY_READ, ON_FAILURE_CONTINUE);
    }
}

/* ---- link groups that go as one ---- */

/* What holds every member at once, as the planner asks for it. */
static void make_room(struct plan *plan, const struct plan_unit *u)
{
    if (plan->in_flight < u->count)
        plan->in_flight = u->count;
    for (int i = u->first; i < sim_unit_end(u); i++) {
        const struct plan_target *t = &plan->targets[i];
        for (int k = 0; k < t->domain_count; k++) {
            int needed = 0;
            for (int m = u->first; m < sim_unit_end(u); m++) {
                for (int j = 0; j < plan->targets[m].domain_count; j++)
                    needed += plan->targets[m].domains[j] == t->domains[k];
            }
            if (plan->domains[t->domains[k]].max < needed)
                plan->domains[t->domains[k]].max = needed;
        }
        int limits[] = {t->manager_limit, t->datastore_limit};
        for (size_t k = 0; k < ARRAY_LENGTH(limits); k++) {
            if (limits[k] >= 0 && plan->limits[limits[k]].max < u->count)
                plan->limits[limits[k]].max = u->count;
        }
    }
}

static void link_up(struct chance *c, struct plan *plan, int first, int count)
{
    struct plan_unit *u = &plan->units[plan->unit_count++];
    *u = (struct plan_unit){xasprintf("sso-%zu", plan->unit_count), first, count};
    for (int i = first; i < first + count; i++) {
        struct plan_target *t = &plan->targets[i];
        if (*t->link_group) /* of the old kind: one after another, that is all */
            t->domain_count--;
        xreplace(&t->link_group, u->name);
        t->companion = i > first && chance_is(c, 250);
    }
    make_room(plan, u);
}

static void make_units(struct chance *c, struct plan *plan)
{
    int n = (int)plan->target_count;
    bool protects = false;
    for (size_t i = 0; i < plan->playbook.step_count; i++)
        protects = protects || plan->playbook.steps[i].snapshot;
    if (!protects || !chance_is(c, 450))
        return;
    plan->units = xcalloc((size_t)n, sizeof *plan->units);
    for (int i = 0; i < n; i++) {
        int size = 2 + chance_below(c, 3);
        if (i + size > n || !chance_is(c, 350))
            continue;
        link_up(c, plan, i, size);
        i += size - 1;
    }
}

/* A unit lies in one wave whole. */
static int whole(const struct plan *plan, int first, int size)
{
    int unit = plan_unit_of(plan, first + size - 1);
    return unit < 0 ? size : sim_unit_end(&plan->units[unit]) - first;
}

static void make_waves(struct chance *c, struct plan *plan)
{
    int left = (int)plan->target_count, first = 0;
    int64_t soak_ms = chance_is(c, 200) ? 0 : chance_between(c, 1, 120) * MINUTE;
    while (left > 0) {
        int size = plan->wave_count == 3 ? left : 1 + chance_below(c, left);
        size = whole(plan, first, size);
        plan->waves =
            xreallocarray(plan->waves, plan->wave_count + 1, sizeof *plan->waves);
        struct plan_wave *wave = &plan->waves[plan->wave_count];
        *wave = (struct plan_wave){
            .name = plan->wave_count ? xasprintf("wave-%zu", plan->wave_count)
                                     : xstrdup("canary"),
            .first = first,
            .count = size,
            .soak_ms = soak_ms,
            .budget = chance_below(c, 3),
            .gate = chance_is(c, 100),
            .on_exceed = chance_is(c, 700)
                             ? ON_EXCEED_PAUSE
                             : (enum on_exceed)chance_below(c, ON_EXCEED_COUNT),
        };
        for (int i = first; i < first + size; i++)
            plan->targets[i].wave = (int)plan->wave_count;
        plan->wave_count++;
        first += size;
        left -= size;
    }
}

static struct plan *make_plan(struct chance *c, struct chance *of_links,
                              struct chance *of_evidence)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    int n = chance_is(c, 20)    ? 30 + chance_below(c, 60)
            : chance_is(c, 300) ? 1 + chance_below(c, 2)
                                : 2 + chance_below(c, 9);
    plan->campaign = xstrdup("sim");
    plan->vars = xstrdup("{}");
    plan->digest = xstrdup("0123456789abcdef");
    plan->in_flight = 1 + chance_below(c, n > 8 ? 12 : 4);
    plan->budget = chance_below(c, 6);
    plan->mode = chance_is(c, 400) ? BUDGET_STRICT : BUDGET_NORMAL;
    plan->on_exceed = chance_is(c, 900) ? ON_EXCEED_PAUSE : ON_EXCEED_ABORT;
    plan->approval_required = chance_is(c, 100);
    make_playbook(c, &plan->playbook);
    make_evidence(of_evidence, plan);
    plan->target_count = (size_t)n;
    plan->targets = xcalloc(plan->target_count, sizeof *plan->targets);
    make_caps(c, plan);
    make_units(of_links, plan);
    make_waves(c, plan);
    return plan;
}

/* ---- trouble ---- */

static int sometimes(struct chance *c, int how_often, int most)
{
    return chance_is(c, how_often) ? 1 + chance_below(c, most) : 0;
}

static struct weather make_weather(struct chance *c)
{
    return (struct weather){
        .lost_request = sometimes(c, 350, 80),
        .lost_reply = sometimes(c, 450, 200),
        .late_effect = sometimes(c, 350, 150),
        .refused_connection = sometimes(c, 350, 150),
        .mute_poll = sometimes(c, 300, 200),
        .mute_probe = sometimes(c, 300, 400),
        .flap = sometimes(c, 250, 100),
        .task_fails = sometimes(c, 200, 80),
        .foreign_task = sometimes(c, 250, 150),
        .reboot = sometimes(c, 250, 300),
        .reboot_odd = sometimes(c, 500, 500),
        .task_odd = sometimes(c, 100, 40),
        .session = sometimes(c, 200, 100),
        .outage = sometimes(c, 200, 20),
        .forgets = sometimes(c, 100, 60),
        .clock = sometimes(c, 250, 500),
        .crash = sometimes(c, 550, 40),
        .latency_ms = (int)chance_between(c, 20, 3000),
        .windows = chance_is(c, 350),
    };
}

static unsigned make_faults(struct chance *c)
{
    static const unsigned kinds[] = {
        FAULT_SICK,
        FAULT_FAILS,
        FAULT_FAILS | FAULT_HALF,
        FAULT_LIES,
        FAULT_HANGS,
        FAULT_REFUSES,
        FAULT_RED_BEFORE,
        FAULT_FOREIGN,
        FAULT_NO_REVERT,
        FAULT_NO_SNAPSHOT,
        FAULT_NO_BOOT,
        FAULT_ORPHAN,
        FAULT_SOAK_SICK,
        FAULT_DISAGREES,
        FAULT_UNEXPECTED,
        FAULT_SICK,
        FAULT_FAILS,
        FAULT_SICK,
        FAULT_SICK | FAULT_REVERT_LIES,
        FAULT_SLIPS_BACK,
    };
    unsigned faults = kinds[chance_below(c, (int)ARRAY_LENGTH(kinds))];
    if (chance_is(c, 250))
        faults |= kinds[chance_below(c, (int)ARRAY_LENGTH(kinds))];
    return faults;
}

/* ---- what operators get up to ---- */

static void make_setting(struct sim *sim, struct chance *c, struct event *e)
{
    const struct plan *plan = sim->plan;
    int roll = chance_below(c, 5);
    e->command.number = chance_below(c, 6);
    if (roll == 0)
        (void)snprintf(e->setting, sizeof e->setting, "in_flight");
    else if (roll == 1)
        (void)snprintf(e->setting, sizeof e->setting, "budget");
    else if (roll == 2)
        (void)snprintf(e->setting, sizeof e->setting, "wave_budget");
    else if (roll == 3 && plan->domain_count)
        (void)snprintf(e->setting, sizeof e->setting, "domain:%s",
                       plan->domains[chance_below(c, (int)plan->domain_count)].key);
    else if (plan->limit_count)
        (void)snprintf(e->setting, sizeof e->setting, "limit:%s",
                       plan->limits[chance_below(c, (int)plan->limit_count)].key);
}

static const enum verb verbs[] = {
    VERB_PAUSE, VERB_UNPAUSE, VERB_UNPAUSE,  VERB_PROMOTE,  VERB_RETRY,
    VERB_RETRY, VERB_SKIP,    VERB_ROLLBACK, VERB_ROLLBACK, VERB_HOLD,
    VERB_HOLD,  VERB_RELEASE, VERB_SET,      VERB_APPROVE,
};

/* What somebody else says of the same one in the same instant: both verbs are in the
   engine's hands before it has looked at either. */
static void make_second(struct sim *sim, struct chance *c, const struct event *first)
{
    struct command said = first->command;
    struct event *e = sim_event(sim, EVENT_COMMAND, first->at_ms);
    e->command = (struct command){
        .verb = chance_is(c, 200) ? said.verb
                                  : verbs[chance_below(c, (int)ARRAY_LENGTH(verbs))],
        .target = said.target,
        .wave = said.wave,
        .actor = "otto",
    };
    if (e->command.verb == VERB_HOLD && chance_is(c, 600))
        e->command.number = e->at_ms + chance_between(c, 1, 120) * MINUTE;
    if (e->command.verb == VERB_SET)
        make_setting(sim, c, e);
}

static void make_seconds(struct sim *sim, struct chance *c)
{
    size_t count = sim->event_count;
    int often = sometimes(c, 250, 900);
    for (size_t i = 0; i < count; i++) {
        struct event first = sim->events[i]; /* a new one may move the array */
        if (first.kind == EVENT_COMMAND && chance_is(c, often))
            make_second(sim, c, &first);
    }
}

static void make_command(struct sim *sim, struct chance *c)
{
    int64_t horizon_ms = chance_is(c, 500) ? HOUR : 12 * HOUR;
    struct event *e =
        sim_event(sim, EVENT_COMMAND, sim->now_ms + chance_between(c, 0, horizon_ms));
    bool about_target = chance_is(c, 850);
    e->command = (struct command){
        .verb = chance_is(c, 25) ? VERB_ABORT
                                 : verbs[chance_below(c, (int)ARRAY_LENGTH(verbs))],
        .target = about_target ? chance_below(c, (int)sim->plan->target_count) : -1,
        .wave = chance_is(c, 300) ? chance_below(c, (int)sim->plan->wave_count) : -1,
    };
    if (e->command.verb == VERB_HOLD && chance_is(c, 600))
        e->command.number = e->at_ms + chance_between(c, 1, 120) * MINUTE;
    if (e->command.verb == VERB_APPROVE && chance_is(c, 500))
        e->command.number = e->at_ms + chance_between(c, 1, 24) * HOUR;
    if (e->command.verb == VERB_SET)
        make_setting(sim, c, e);
}

/* Where older snapshots are given up, the version to come back to is not known: only
   then a manager that lies about a revert is believed. */
static bool gives_up_snapshots(const struct plan *plan)
{
    int taken = 0;
    for (size_t i = 0; i < plan->playbook.step_count; i++)
        taken += plan->playbook.steps[i].snapshot;
    return taken > plan->playbook.max_depth;
}

/* In some seeds the plan recovers from what some machines have. */
static void make_recoveries(struct sim *sim, struct chance *c)
{
    struct playbook *p = &sim->plan->playbook;
    if (!chance_is(c, 300))
        return;
    int count = 1 + chance_below(c, 2);
    unsigned change = 1u << PHASE_CHANGE, both = change | 1u << PHASE_PREPARE;
    p->recoveries = xcalloc(1, sizeof *p->recoveries);
    p->recovery_count = 1;
    p->recoveries[0] = (struct recovery){.issue = xstrdup("dirty"),
                                         .match = xstrdup("1"),
                                         .phases = chance_is(c, 500) ? both : change,
                                         .at_most = 1 + chance_below(c, 3),
                                         .count = count};
    p->recovery_ops = xcalloc((size_t)count, sizeof *p->recovery_ops);
    for (int i = 0; i < count; i++) {
        auto_free char *id = xasprintf("dirty.%dof%d", i + 1, count);
        p->recovery_ops[p->recovery_op_count++] = topology_operation(
            id, "ssh.job", chance_is(c, 600) ? SLIPWAY_RECONCILABLE : SLIPWAY_IDEMPOTENT,
            20 * MINUTE);
    }
    for (size_t i = 0; i < sim->plan->target_count; i++)
        sim->machines[i].faults |= chance_is(c, 300) ? FAULT_CURABLE : 0;
}

void topology_settle(struct sim *sim)
{
    struct plan *plan = sim->plan;
    for (size_t i = 0; i < plan->unit_count; i++)
        make_room(plan, &plan->units[i]);
    for (size_t i = 0; i < plan->target_count; i++) {
        struct machine_model *m = &sim->machines[i];
        m->id = atoi(plan->targets[i].name + 3); /* "vc-007" */
        if (gives_up_snapshots(plan))
            m->faults &= ~(unsigned)FAULT_REVERT_LIES;
    }
}

void topology_create(struct sim *sim)
{
    struct chance c = chance_of(sim->seed, 1), of_links = chance_of(sim->seed, 6);
    struct chance of_evidence = chance_of(sim->seed, 7),
                  of_outside = chance_of(sim->seed, 8);
    sim->plan = make_plan(&c, &of_links, &of_evidence);
    sim->weather = make_weather(&c);
    sim->weather.evidence = sometimes(&of_evidence, 600, 400);
    sim->weather.outside = sometimes(&of_outside, 200, 150);
    model_create(sim);
    int ill = chance_is(&c, 800) ? 50 + chance_below(&c, 350) : 0;
    for (size_t i = 0; i < sim->plan->target_count; i++)
        sim->machines[i].faults = chance_is(&c, ill) ? make_faults(&c) : 0;
    for (size_t i = 0; i < sim->plan->target_count; i++) {
        if (sim_unit(sim, (int)i) && chance_is(&of_links, ill / 8))
            sim->machines[i].faults |= FAULT_STAYS_ON;
    }
    for (int i = sometimes(&c, 600, 12); i > 0; i--)
        make_command(sim, &c);
    struct chance of_recoveries = chance_of(sim->seed, 6);
    make_recoveries(sim, &of_recoveries);
    struct chance of_time = chance_of(sim->seed, 5);
    topology_settle(sim);
    struct chance of_others = chance_of(sim->seed, 10);
    make_seconds(sim, &of_others);
    times_make(sim, &of_time);
}
