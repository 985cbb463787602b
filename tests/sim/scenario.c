/*
 * scenario.c - a run as text, one thing a line: the plan, who is ill, calendars, what
 * operators do, and every bad luck that came about. What is not said is as it usually is.
 *
 *   seed 4711                                 (of it: how long things take)
 *   plan in_flight=2 budget=1 mode=strict
 *   step change0 change snapshot
 *   wave canary soak=10m
 *   appliance vc-001 faults=sick
 *   command 90s hold target=vc-001 until=1h
 *   luck vc-001 lost-reply 2                  (the third time that it could be lost)
 *
 * Reading it (scenario_read.c) gives the same run to the last record; every seed's second
 * run is made that way.
 */
#include "sim.h"

const char *const fault_names[FAULT_KINDS] = {
    "sick",        "fails",   "half",      "lies",       "hangs",
    "refuses",     "red",     "foreign",   "no-revert",  "no-snapshot",
    "no-boot",     "orphan",  "soak-sick", "disagrees",  "unexpected",
    "revert-lies", "curable", "stays-on",  "slips-back",
};

static void add_ms(struct buf *out, const char *key, int64_t ms)
{
    if (ms % HOUR == 0)
        buf_addf(out, "%s%lldh", key, (long long)(ms / HOUR));
    else if (ms % MINUTE == 0)
        buf_addf(out, "%s%lldm", key, (long long)(ms / MINUTE));
    else if (ms % SECOND == 0)
        buf_addf(out, "%s%llds", key, (long long)(ms / SECOND));
    else
        buf_addf(out, "%s%lldms", key, (long long)ms);
}

static void add_ms_if(struct buf *out, const char *key, int64_t ms)
{
    if (ms)
        add_ms(out, key, ms);
}

/* ---- the plan ---- */

static void write_step(const struct sim *sim, size_t at, struct buf *out)
{
    const struct step *step = &sim->plan->playbook.steps[at];
    const struct plan_time *time = &sim->plan->time;
    buf_addf(out, "step %s %s", step->op.id, phase_name(step->phase));
    if (!strcmp(step->op.use, "gate"))
        buf_adds(out, " gate");
    if (step->op.repeat != SLIPWAY_RECONCILABLE)
        buf_addf(out, " class=%s", repeat_name(step->op.repeat));
    buf_addf(out, " on_failure=%s", on_failure_name(step->on_failure));
    if (step->snapshot)
        buf_adds(out, " snapshot");
    if (step->retries)
        buf_addf(out, " retries=%d", step->retries);
    if (step->limit_count)
        buf_addf(out, " limit=%s", step->limits[0]);
    if (time->pace_count)
        add_ms(out, " slow=", time->paces[0].steps[at].slow_ms);
    buf_addc(out, '\n');
}

static void write_playbook(const struct sim *sim, struct buf *out)
{
    const struct playbook *p = &sim->plan->playbook;
    buf_addf(out, "playbook rollback=%s depth=%d reads=%zu", rollback_name(p->rollback),
             p->max_depth, p->read_count);
    add_ms(out, " ttl=", p->snapshot_ttl_ms);
    add_ms_if(out, " worst_change=", p->worst.change_ms);
    add_ms_if(out, " worst_rollback=", p->worst.rollback_ms);
    buf_addc(out, '\n');
    for (size_t i = 0; i < p->step_count; i++)
        write_step(sim, i, out);
    for (size_t i = 0; i < p->check_count; i++) {
        const struct check *check = &p->checks[i];
        buf_addf(out, "check %s baseline=%s stable=%d after=%s", check->op.id,
                 baseline_name(check->baseline), check->stable,
                 p->steps[check->after_step].op.id);
        add_ms_if(out, " for=", check->for_ms);
        buf_addc(out, '\n');
    }
    for (size_t i = 0; i < p->recovery_count; i++) {
        const struct recovery *r = &p->recoveries[i];
        buf_addf(out, "recovery %s at_most=%d ops=", r->issue, r->at_most);
        for (int k = 0; k < r->count; k++)
            buf_addf(out, "%s%s", k ? "," : "",
                     repeat_name(p->recovery_ops[r->first + k].repeat));
        if (r->phases & 1u << PHASE_PREPARE)
            buf_adds(out, " prepare");
        buf_addc(out, '\n');
    }
}

static void write_faults(unsigned faults, struct buf *out)
{
    const char *before = " faults=";
    for (int i = 0; i < FAULT_KINDS; i++) {
        if (!(faults >> i & 1u))
            continue;
        buf_addf(out, "%s%s", before, fault_names[i]);
        before = ",";
    }
}

static void write_appliance(const struct sim *sim, int at, struct buf *out)
{
    const struct plan *plan = sim->plan;
    const struct plan_target *t = &plan->targets[at];
    const struct plan_unit *u = sim_unit(sim, at);
    buf_addf(out, "appliance %s", t->name);
    if (sim->times.targets[at].customer)
        buf_addf(out, " customer=%d", sim->times.targets[at].customer);
    if (u)
        buf_addf(out, " unit=%s", u->name);
    else if (*t->link_group)
        buf_addf(out, " group=%s", t->link_group);
    if (t->companion)
        buf_adds(out, " companion");
    for (int i = 0; i < t->domain_count; i++)
        buf_addf(out, "%s%s", i ? "," : " domains=", plan->domains[t->domains[i]].key);
    if (t->manager_limit >= 0)
        buf_addf(out, " manager=%s", plan->limits[t->manager_limit].key);
    if (t->datastore_limit >= 0)
        buf_addf(out, " datastore=%s", plan->limits[t->datastore_limit].key);
    if (plan->time.slots && plan->time.slots[at].not_before_ms)
        add_ms(out, " notice=", plan->time.slots[at].not_before_ms - SIM_START_MS);
    if (plan->time.slots && plan->time.slots[at].pace >= 0)
        buf_adds(out, " paced");
    write_faults(sim->machines[at].faults, out);
    buf_addc(out, '\n');
}

static void write_plan(const struct sim *sim, struct buf *out)
{
    const struct plan *plan = sim->plan;
    buf_addf(out, "plan in_flight=%d budget=%d mode=%s on_exceed=%s%s\n", plan->in_flight,
             plan->budget, budget_mode_name(plan->mode), on_exceed_name(plan->on_exceed),
             plan->approval_required ? " approval" : "");
    write_playbook(sim, out);
    for (size_t i = 0; i < plan->domain_count; i++)
        buf_addf(out, "domain %s max=%d\n", plan->domains[i].key, plan->domains[i].max);
    for (size_t i = 0; i < plan->limit_count; i++)
        buf_addf(out, "limit %s max=%d\n", plan->limits[i].key, plan->limits[i].max);
    for (size_t i = 0; i < plan->wave_count; i++) {
        const struct plan_wave *wave = &plan->waves[i];
        buf_addf(out, "wave %s budget=%d on_exceed=%s%s", wave->name, wave->budget,
                 on_exceed_name(wave->on_exceed), wave->gate ? " gate" : "");
        add_ms_if(out, " soak=", wave->soak_ms);
        buf_addc(out, '\n');
        for (int k = wave->first; k < wave->first + wave->count; k++)
            write_appliance(sim, k, out);
    }
}

/* ---- time ---- */

static void write_times(const struct sim *sim, struct buf *out)
{
    const struct plan_time *time = &sim->plan->time;
    if (time->slots) {
        buf_addf(out, "rules overrun=%s", overrun_name(time->overrun));
        add_ms_if(out, " cut_off=", time->cut_off_ms);
        add_ms_if(out, " min_opening=", time->min_opening_ms);
        if (time->pace_count)
            add_ms(out, " pace=", time->paces[0].needed_ms);
        buf_addc(out, '\n');
    }
    for (int i = 0; i < sim->times.count; i++) {
        const struct sim_calendar *c = &sim->times.calendars[i];
        buf_addf(out, "calendar c%d scope=%s source=%s%s", i, c->scope, c->source,
                 c->freeze ? " freeze" : "");
        buf_addf(out, " phase=%lld period=%lld length=%lld from=%lld until=%lld\n",
                 (long long)c->phase, (long long)c->period, (long long)c->length,
                 (long long)c->from, (long long)c->until);
    }
}

/* ---- what happens ---- */

static int calendar_at(const struct sim *sim, const char *document)
{
    int at = 0;
    while (at < sim->times.count && sim->times.calendars[at].document != document)
        at++;
    return at;
}

static void write_command(const struct sim *sim, const struct event *e, struct buf *out)
{
    const struct command *c = &e->command;
    add_ms(out, "command ", e->at_ms - SIM_START_MS);
    buf_addf(out, " %s", verb_name(c->verb));
    if (c->target >= 0)
        buf_addf(out, " target=%s", sim->plan->targets[c->target].name);
    if (c->wave >= 0)
        buf_addf(out, " wave=%s", sim->plan->waves[c->wave].name);
    if (c->actor)
        buf_addf(out, " by=%s", c->actor);
    if (c->verb == VERB_SET)
        buf_addf(out, " setting=%s value=%lld", *e->setting ? e->setting : "-",
                 (long long)c->number);
    else if (c->number)
        add_ms(out, " until=", c->number - SIM_START_MS);
    if (c->verb == VERB_CALENDAR)
        buf_addf(out, " calendar=c%d", calendar_at(sim, c->detail));
    buf_addc(out, '\n');
}

void scenario_write(struct sim *sim, struct buf *out)
{
    buf_addf(out, "seed %llu\n", (unsigned long long)sim->seed);
    add_ms(out, "latency ", sim->weather.latency_ms);
    buf_adds(out, sim->shortest ? "\nshortest\n" : "\n");
    write_plan(sim, out);
    write_times(sim, out);
    for (size_t i = 0; i < sim->event_count; i++) {
        const struct event *e = &sim->events[i];
        if (e->kind == EVENT_COMMAND) {
            write_command(sim, e, out);
        } else if (e->kind == EVENT_CLOCK) {
            add_ms(out, "clock ", e->at_ms - SIM_START_MS);
            buf_adds(out, e->command.number ? " trusted\n" : " distrusted\n");
        }
    }
}

void scenario_write_luck(const struct sim *sim, struct buf *out)
{
    for (size_t i = 0; i < sim->luck_count; i++) {
        const struct luck_event *l = &sim->lucks[i];
        buf_addf(out, "luck %s %s %u\n",
                 l->target < 0 ? "slipway" : sim->plan->targets[l->target].name,
                 luck_names[l->kind], l->ordinal);
    }
}
