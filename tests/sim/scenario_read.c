/*
 * scenario_read.c - the text of scenario.c becomes a run again.
 *
 * Lines are read twice: first what the plan consists of, then what refers to it. A word
 * that is not understood, or that names what is not there, is an error: a story that
 * tells of somebody else would be no test.
 */
#include "sim.h"
#include "util/duration.h"

#define WORDS_MAX 40

struct line {
    char *words[WORDS_MAX];
    bool used[WORDS_MAX];
    int count;
};

/* What the second reading needs of the first. */
struct reader {
    struct sim *sim;
    struct line line;
    size_t target_room;
    unsigned *faults;
    int *customers;
    int64_t *notices;
    bool *paced;
    int64_t slow_ms[PLAYBOOK_STEPS_MAX];
    bool ruled;
    char *wrong;
};

static void complain(struct reader *r, const char *what, const char *word)
{
    if (!r->wrong)
        r->wrong = xasprintf("%s: \"%s\"", what, word ? word : "");
}

/* ---- words ---- */

static const char *word(struct reader *r, int at)
{
    if (at >= r->line.count) {
        complain(r, "a word is missing after", r->line.words[0]);
        return "";
    }
    r->line.used[at] = true;
    return r->line.words[at];
}

static bool has(struct reader *r, const char *flag)
{
    for (int i = 1; i < r->line.count; i++) {
        if (!strcmp(r->line.words[i], flag)) {
            r->line.used[i] = true;
            return true;
        }
    }
    return false;
}

/* Of "key=value"; NULL: it is not said. */
static const char *value(struct reader *r, const char *key)
{
    size_t length = strlen(key);
    for (int i = 1; i < r->line.count; i++) {
        if (!strncmp(r->line.words[i], key, length) && r->line.words[i][length] == '=') {
            r->line.used[i] = true;
            return r->line.words[i] + length + 1;
        }
    }
    return NULL;
}

static int64_t number_in(struct reader *r, const char *text)
{
    char *end = NULL;
    long long n = strtoll(text, &end, 10);
    if (!*text || *end)
        complain(r, "no number", text);
    return n;
}

static int64_t number(struct reader *r, const char *key, int64_t usual)
{
    const char *text = value(r, key);
    return text ? number_in(r, text) : usual;
}

static int64_t ms_in(struct reader *r, const char *text)
{
    int64_t ms = 0;
    if (duration_parse(text, &ms))
        complain(r, "no duration", text);
    return ms;
}

static int64_t ms(struct reader *r, const char *key, int64_t usual)
{
    const char *text = value(r, key);
    return text ? ms_in(r, text) : usual;
}

static int named(struct reader *r, const char *text, int (*from)(const char *))
{
    int found = from(text);
    if (found < 0)
        complain(r, "not known", text);
    return found < 0 ? 0 : found;
}

static int choice(struct reader *r, const char *key, int (*from)(const char *), int usual)
{
    const char *text = value(r, key);
    return text ? named(r, text, from) : usual;
}

static int cap_at(struct reader *r, const struct plan_cap *caps, size_t count,
                  const char *key)
{
    for (size_t i = 0; key && i < count; i++) {
        if (!strcmp(caps[i].key, key))
            return (int)i;
    }
    if (key)
        complain(r, "no such cap", key);
    return -1;
}

static int target_named(struct reader *r, const char *name)
{
    int at = name ? plan_target_index(r->sim->plan, name) : -1;
    if (name && at < 0)
        complain(r, "no such appliance", name);
    return at;
}

/* ---- the plan ---- */

static void read_seed(struct reader *r)
{
    r->sim->seed = strtoull(word(r, 1), NULL, 10);
}

static void read_latency(struct reader *r)
{
    int64_t latency_ms = ms_in(r, word(r, 1));
    r->sim->weather.latency_ms = latency_ms > 0 ? (int)latency_ms : 1;
}

static void read_shortest(struct reader *r)
{
    r->sim->shortest = true;
}

static void read_plan(struct reader *r)
{
    struct plan *plan = r->sim->plan;
    plan->in_flight = (int)number(r, "in_flight", 1);
    plan->budget = (int)number(r, "budget", 0);
    plan->mode = (enum budget_mode)choice(r, "mode", budget_mode_from, BUDGET_NORMAL);
    plan->on_exceed =
        (enum on_exceed)choice(r, "on_exceed", on_exceed_from, ON_EXCEED_PAUSE);
    plan->approval_required = has(r, "approval");
    if (plan->in_flight < 1)
        complain(r, "nobody could start", "in_flight");
}

static void read_playbook(struct reader *r)
{
    struct playbook *p = &r->sim->plan->playbook;
    p->rollback =
        (enum rollback_kind)choice(r, "rollback", rollback_from, ROLLBACK_SNAPSHOT);
    p->max_depth = (int)number(r, "depth", 1);
    p->snapshot_ttl_ms = ms(r, "ttl", 72 * HOUR);
    p->worst.change_ms = ms(r, "worst_change", 0);
    p->worst.rollback_ms = ms(r, "worst_rollback", 0);
    p->read_count = (size_t)number(r, "reads", 1);
    if (p->read_count < 1 || p->read_count > 2 || p->max_depth < 1)
        complain(r, "that cannot be", "playbook");
}

static void read_step(struct reader *r)
{
    struct playbook *p = &r->sim->plan->playbook;
    const char *id = word(r, 1);
    enum phase phase = (enum phase)named(r, word(r, 2), phase_from);
    bool gate = has(r, "gate"), evidence = phase == PHASE_EVIDENCE;
    const char *limit = value(r, "limit");
    if (p->step_count == PLAYBOOK_STEPS_MAX / 4) {
        complain(r, "too many steps", id);
        return;
    }
    p->steps = xreallocarray(p->steps, p->step_count + 1, sizeof *p->steps);
    r->slow_ms[p->step_count] = ms(r, "slow", MINUTE);
    struct step *step = &p->steps[p->step_count++];
    *step = (struct step){
        .op = topology_operation(
            id,
            gate                                 ? "gate"
            : phase == PHASE_PREPARE || evidence ? "ssh.run"
                                                 : "ssh.job",
            (enum slipway_class)choice(r, "class", repeat_from,
                                       evidence ? SLIPWAY_READ : SLIPWAY_RECONCILABLE),
            topology_timeout_ms(phase)),
        .phase = phase,
        .on_failure = (enum on_failure)choice(r, "on_failure", on_failure_from,
                                              phase == PHASE_CHANGE ? ON_FAILURE_ROLLBACK
                                              : evidence            ? ON_FAILURE_CONTINUE
                                                                    : ON_FAILURE_FAIL),
        .retries = (int)number(r, "retries", 0),
        .snapshot = has(r, "snapshot"),
    };
    if (limit) {
        step->limits = xcalloc(1, sizeof *step->limits);
        step->limits[step->limit_count++] = xstrdup(limit);
    }
}

static void read_check(struct reader *r)
{
    struct playbook *p = &r->sim->plan->playbook;
    const char *id = word(r, 1), *after = value(r, "after");
    p->checks = xreallocarray(p->checks, p->check_count + 1, sizeof *p->checks);
    p->checks[p->check_count++] = (struct check){
        .op = topology_operation(id, "ssh.run", SLIPWAY_READ, 30 * SECOND),
        .for_ms = ms(r, "for", 0),
        .every_ms = 5 * SECOND,
        .stable = (int)number(r, "stable", 1),
        .baseline =
            (enum baseline_rule)choice(r, "baseline", baseline_from, BASELINE_COMPARE),
        .after = xstrdup_null(after),
    };
}

static void read_recovery(struct reader *r)
{
    struct playbook *p = &r->sim->plan->playbook;
    const char *ops = value(r, "ops"), *issue = word(r, 1);
    unsigned change = 1u << PHASE_CHANGE, both = change | 1u << PHASE_PREPARE;
    int count = ops && strchr(ops, ',') ? 2 : 1;
    if (p->recoveries) {
        complain(r, "one recovery", issue);
        return;
    }
    p->recoveries = xcalloc(1, sizeof *p->recoveries);
    p->recovery_ops = xcalloc((size_t)count, sizeof *p->recovery_ops);
    p->recovery_count = 1;
    p->recoveries[0] = (struct recovery){.issue = xstrdup(issue),
                                         .match = xstrdup("1"),
                                         .phases = has(r, "prepare") ? both : change,
                                         .at_most = (int)number(r, "at_most", 1),
                                         .count = count};
    for (int i = 0; i < count; i++) {
        auto_free char *id = xasprintf("%s.%dof%d", issue, i + 1, count);
        bool converges = ops && !strncmp(ops, "idem", 4);
        p->recovery_ops[p->recovery_op_count++] = topology_operation(
            id, "ssh.job", converges ? SLIPWAY_IDEMPOTENT : SLIPWAY_RECONCILABLE,
            20 * MINUTE);
        ops = ops && strchr(ops, ',') ? strchr(ops, ',') + 1 : ops;
    }
}

static void read_domain(struct reader *r)
{
    struct plan *plan = r->sim->plan;
    const char *key = word(r, 1);
    *vec_push(plan->domains, plan->domain_count, plan->domain_room) =
        (struct plan_cap){xstrdup(key), (int)number(r, "max", 1)};
}

static void read_limit(struct reader *r)
{
    struct plan *plan = r->sim->plan;
    const char *key = word(r, 1);
    *vec_push(plan->limits, plan->limit_count, plan->limit_room) =
        (struct plan_cap){xstrdup(key), (int)number(r, "max", 1)};
}

static void read_wave(struct reader *r)
{
    struct plan *plan = r->sim->plan;
    plan->waves = xreallocarray(plan->waves, plan->wave_count + 1, sizeof *plan->waves);
    plan->waves[plan->wave_count++] = (struct plan_wave){
        .name = xstrdup(word(r, 1)),
        .first = (int)plan->target_count,
        .soak_ms = ms(r, "soak", 0),
        .budget = (int)number(r, "budget", 0),
        .gate = has(r, "gate"),
        .on_exceed =
            (enum on_exceed)choice(r, "on_exceed", on_exceed_from, ON_EXCEED_PAUSE),
    };
}

static unsigned faults_in(struct reader *r, const char *text)
{
    unsigned faults = 0;
    while (text && *text) {
        size_t length = strcspn(text, ",");
        int at = 0;
        while (at < FAULT_KINDS && (strlen(fault_names[at]) != length ||
                                    strncmp(fault_names[at], text, length) != 0))
            at++;
        if (at == FAULT_KINDS)
            complain(r, "no such fault", text);
        else
            faults |= 1u << at;
        text += length + (text[length] == ',');
    }
    return faults;
}

static void read_domains(struct reader *r, struct plan_target *t, const char *text)
{
    while (text && *text && t->domain_count < TARGET_DOMAINS_MAX) {
        auto_free char *key = xstrndup(text, strcspn(text, ","));
        int at = cap_at(r, r->sim->plan->domains, r->sim->plan->domain_count, key);
        if (at >= 0)
            t->domains[t->domain_count++] = at;
        text += strlen(key);
        text += *text == ',';
    }
}

/* Those that stand together. */
static void join_unit(struct plan *plan, const char *name)
{
    struct plan_unit *last = plan->unit_count ? &plan->units[plan->unit_count - 1] : NULL;
    if (last && !strcmp(last->name, name)) {
        last->count++;
        return;
    }
    plan->units = xreallocarray(plan->units, plan->unit_count + 1, sizeof *plan->units);
    plan->units[plan->unit_count++] =
        (struct plan_unit){xstrdup(name), (int)plan->target_count - 1, 1};
}

static void read_appliance(struct reader *r)
{
    struct plan *plan = r->sim->plan;
    const char *name = word(r, 1), *unit = value(r, "unit"), *group = value(r, "group");
    size_t at = plan->target_count;
    if (!plan->wave_count || strncmp(name, "vc-", 3) != 0 ||
        plan_target_index(plan, name) >= 0) {
        complain(r, "it needs a wave, and a name of its own, vc-...", name);
        return;
    }
    plan->targets = xreallocarray(plan->targets, at + 1, sizeof *plan->targets);
    r->faults = xreallocarray(r->faults, at + 1, sizeof *r->faults);
    r->customers = xreallocarray(r->customers, at + 1, sizeof *r->customers);
    r->notices = xreallocarray(r->notices, at + 1, sizeof *r->notices);
    r->paced = xreallocarray(r->paced, at + 1, sizeof *r->paced);
    struct plan_target *t = &plan->targets[plan->target_count++];
    *t = (struct plan_target){
        .name = xstrdup(name),
        .site = xstrdup(""),
        .version = xstrdup("1.0"),
        .link_group = xstrdup(unit    ? unit
                              : group ? group
                                      : ""),
        .manager = xstrdup("m"),
        .doc = xstrdup("{}"),
        .wave = (int)plan->wave_count - 1,
        .companion = has(r, "companion"),
    };
    t->manager_limit = cap_at(r, plan->limits, plan->limit_count, value(r, "manager"));
    t->datastore_limit =
        cap_at(r, plan->limits, plan->limit_count, value(r, "datastore"));
    read_domains(r, t, value(r, "domains"));
    plan->waves[plan->wave_count - 1].count++;
    r->faults[at] = faults_in(r, value(r, "faults"));
    r->customers[at] = (int)number(r, "customer", 0);
    r->notices[at] = ms(r, "notice", -1);
    r->paced[at] = has(r, "paced");
    if (unit)
        join_unit(plan, unit);
}

/* ---- it is whole ---- */

static void settle_steps(struct reader *r)
{
    struct playbook *p = &r->sim->plan->playbook;
    int first, end, undo;
    plan_phase(r->sim->plan, PHASE_CHANGE, &first, &end);
    if (end <= first)
        complain(r, "nothing is changed", "step");
    plan_phase(r->sim->plan, PHASE_ROLLBACK, &undo, &end);
    if ((end > undo) != (p->rollback == ROLLBACK_NATIVE))
        complain(r, "native, and only native, has steps of its own", "rollback");
    plan_phase(r->sim->plan, PHASE_CHANGE, &first, &end);
    for (size_t i = 0; i < p->step_count; i++) {
        struct step *step = &p->steps[i];
        if (i && step->phase < p->steps[i - 1].phase)
            complain(r, "out of order", step->op.id);
        if (p->rollback == ROLLBACK_NONE && step->on_failure == ON_FAILURE_ROLLBACK)
            step->on_failure = ON_FAILURE_PARK;
        step->snapshot = step->snapshot && p->rollback == ROLLBACK_SNAPSHOT;
        if (step->limit_count && plan_limit(r->sim->plan, step->limits[0]) < 0)
            complain(r, "no such limit", step->limits[0]);
    }
    for (size_t i = 0; i < p->check_count; i++) {
        struct check *check = &p->checks[i];
        check->after_step = end - 1;
        for (int k = first; check->after && k < end; k++) {
            if (!strcmp(p->steps[k].op.id, check->after))
                check->after_step = k;
        }
        if (check->after && end > first &&
            strcmp(p->steps[check->after_step].op.id, check->after) != 0)
            complain(r, "no such step", check->after);
        xreplace(&check->after, NULL);
    }
}

static void settle_plan(struct reader *r)
{
    struct plan *plan = r->sim->plan;
    struct playbook *p = &plan->playbook;
    for (size_t i = 0; i < plan->unit_count; i++) {
        const struct plan_unit *u = &plan->units[i];
        bool together =
            plan->targets[u->first].wave == plan->targets[sim_unit_end(u) - 1].wave;
        if (u->count < 2 || !together)
            complain(r, "a link group lies in one wave, and has two members", u->name);
    }
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (!plan->waves[i].count)
            complain(r, "nobody is in wave", plan->waves[i].name);
    }
    if (!plan->target_count)
        complain(r, "there is no", "appliance");
    p->reads = xcalloc(2, sizeof *p->reads);
    p->reads[0] = topology_operation("by-rest", "rest.request", SLIPWAY_READ, MINUTE);
    if (p->read_count > 1)
        p->reads[1] = topology_operation("by-ssh", "ssh.run", SLIPWAY_READ, MINUTE);
    settle_steps(r);
}

static void settle(struct reader *r)
{
    struct sim *sim = r->sim;
    settle_plan(r);
    if (r->wrong)
        return;
    model_create(sim);
    for (size_t i = 0; i < sim->plan->target_count; i++)
        sim->machines[i].faults = r->faults[i];
    topology_settle(sim);
    times_begin(sim);
    for (size_t i = 0; i < sim->plan->target_count; i++)
        times_set_customer(sim, (int)i, r->customers[i]);
}

/* ---- what refers to it ---- */

static void read_rules(struct reader *r)
{
    struct sim *sim = r->sim;
    struct plan_time *time = times_rules(sim);
    int64_t pace_ms = ms(r, "pace", 0);
    time->overrun = (enum overrun_rule)choice(r, "overrun", overrun_from, OVERRUN_FINISH);
    time->cut_off_ms = ms(r, "cut_off", 0);
    time->min_opening_ms = ms(r, "min_opening", 0);
    r->ruled = true;
    for (size_t i = 0; i < time->slot_count; i++) {
        time->slots[i].not_before_ms =
            r->notices[i] >= 0 ? SIM_START_MS + r->notices[i] : 0;
        time->slots[i].pace = pace_ms && r->paced[i] ? 0 : -1;
    }
    if (!pace_ms)
        return;
    struct plan_pace *pace = times_pace(sim);
    pace->needed_ms = pace_ms;
    for (size_t i = 0; i < time->step_count; i++)
        pace->steps[i].slow_ms = r->slow_ms[i];
    times_pace_by_word(sim, pace);
}

static void read_calendar(struct reader *r)
{
    const char *scope = value(r, "scope"), *source = value(r, "source");
    (void)word(r, 1);
    if (r->sim->times.count == SIM_CALENDARS_MAX) {
        complain(r, "too many calendars", scope);
        return;
    }
    struct sim_calendar *c = times_add(r->sim, scope ? scope : "fleet", has(r, "freeze"));
    (void)snprintf(c->name, sizeof c->name, "%s", word(r, 1));
    if (source)
        (void)snprintf(c->source, sizeof c->source, "%s", source);
    c->phase = number(r, "phase", 0);
    c->period = number(r, "period", 1);
    c->length = number(r, "length", c->period);
    c->from = number(r, "from", 0);
    c->until = number(r, "until", c->until);
    if (c->period < 1 || c->length < 1 || c->length > c->period || c->from < 0)
        complain(r, "that cannot be", c->name);
}

static struct sim_calendar *calendar_named(struct reader *r, const char *name)
{
    for (int i = 0; name && i < r->sim->times.count; i++) {
        struct sim_calendar *c = &r->sim->times.calendars[i];
        if (!strcmp(c->name, name) && !c->brought)
            return c;
    }
    complain(r, "no such calendar", name);
    return NULL;
}

static int wave_named(struct reader *r, const char *name)
{
    const struct plan *plan = r->sim->plan;
    for (int i = 0; name && i < (int)plan->wave_count; i++) {
        if (!strcmp(plan->waves[i].name, name))
            return i;
    }
    if (name)
        complain(r, "no such wave", name);
    return -1;
}

static void read_command(struct reader *r)
{
    int64_t at_ms = SIM_START_MS + ms_in(r, word(r, 1));
    int verb = named(r, word(r, 2), verb_from);
    int64_t until_ms = ms(r, "until", -1);
    const char *setting = value(r, "setting"), *by = value(r, "by");
    if (by && strcmp(by, "otto") != 0)
        complain(r, "who is that", by);
    if (verb == VERB_CALENDAR) {
        struct sim_calendar *c = calendar_named(r, value(r, "calendar"));
        if (c)
            (void)times_bring(r->sim, c, at_ms);
        return;
    }
    struct event *e = sim_event(r->sim, EVENT_COMMAND, at_ms);
    e->command = (struct command){.verb = (enum verb)verb,
                                  .target = target_named(r, value(r, "target")),
                                  .wave = wave_named(r, value(r, "wave")),
                                  .actor = by ? "otto" : NULL,
                                  .number = until_ms >= 0 ? SIM_START_MS + until_ms : 0};
    if (verb == VERB_SET)
        e->command.number = number(r, "value", 0);
    if (setting && strcmp(setting, "-") != 0)
        (void)snprintf(e->setting, sizeof e->setting, "%s", setting);
}

static void read_clock(struct reader *r)
{
    int64_t at_ms = SIM_START_MS + ms_in(r, word(r, 1));
    bool trusted = has(r, "trusted");
    if (!trusted && !has(r, "distrusted"))
        complain(r, "trusted, or", "distrusted");
    sim_event(r->sim, EVENT_CLOCK, at_ms)->command.number = trusted;
}

static void read_luck(struct reader *r)
{
    const char *who = word(r, 1), *what = word(r, 2);
    int target = strcmp(who, "slipway") != 0 ? target_named(r, who) : -1;
    int64_t ordinal = number_in(r, word(r, 3));
    for (int i = 0; i < LUCK_COUNT; i++) {
        if (!strcmp(luck_names[i], what)) {
            sim_expect_luck(r->sim, target, (enum luck)i, (unsigned)ordinal);
            return;
        }
    }
    complain(r, "no such luck", what);
}

/* ---- lines ---- */

static const struct {
    const char *kind;
    int pass;
    void (*read)(struct reader *r);
} kinds[] = {
    {"seed", 0, read_seed},         {"latency", 0, read_latency},
    {"shortest", 0, read_shortest}, {"plan", 0, read_plan},
    {"playbook", 0, read_playbook}, {"step", 0, read_step},
    {"check", 0, read_check},       {"recovery", 0, read_recovery},
    {"domain", 0, read_domain},     {"limit", 0, read_limit},
    {"wave", 0, read_wave},         {"appliance", 0, read_appliance},
    {"rules", 1, read_rules},       {"calendar", 1, read_calendar},
    {"command", 1, read_command},   {"clock", 1, read_clock},
    {"luck", 1, read_luck},
};

static void split(struct line *line, char *text)
{
    char *save = NULL;
    *line = (struct line){.count = 0};
    for (char *at = strtok_r(text, " \t", &save); at && line->count < WORDS_MAX;
         at = strtok_r(NULL, " \t", &save))
        line->words[line->count++] = at;
}

static void read_line(struct reader *r, char *text, int pass)
{
    split(&r->line, text);
    if (!r->line.count || *r->line.words[0] == '#')
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (strcmp(kinds[i].kind, r->line.words[0]) != 0)
            continue;
        if (kinds[i].pass != pass)
            return;
        kinds[i].read(r);
        for (int k = 1; k < r->line.count; k++) {
            if (!r->line.used[k])
                complain(r, "not understood", r->line.words[k]);
        }
        return;
    }
    complain(r, "no such line", r->line.words[0]);
}

static void read_pass(struct reader *r, const char *text, int pass)
{
    while (*text && !r->wrong) {
        size_t length = strcspn(text, "\n");
        auto_free char *line = xstrndup(text, length);
        read_line(r, line, pass);
        text += length + (text[length] == '\n');
    }
}

/* What the lines need not say. */
static struct plan *bare_plan(void)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->campaign = xstrdup("sim");
    plan->vars = xstrdup("{}");
    plan->digest = xstrdup("0123456789abcdef");
    plan->in_flight = 1;
    struct playbook *p = &plan->playbook;
    p->name = xstrdup("sim");
    p->digest = xstrdup("");
    p->max_depth = 1;
    p->read_count = 1;
    p->snapshot_ttl_ms = 72 * HOUR;
    p->snapshot_settle_ms = MINUTE;
    p->boot_timeout_ms = 15 * MINUTE;
    return plan;
}

int scenario_read(struct sim *sim, const char *text, char **wrong)
{
    struct reader r = {.sim = sim};
    sim->plan = bare_plan();
    sim->scripted = true;
    sim->weather.latency_ms = 100;
    read_pass(&r, text, 0);
    if (!r.wrong)
        settle(&r);
    if (!r.wrong)
        read_pass(&r, text, 1);
    if (!r.wrong && r.ruled)
        times_bind(sim);
    sim_settle_luck(sim);
    free(r.faults);
    free(r.customers);
    free(r.notices);
    free(r.paced);
    *wrong = r.wrong;
    return r.wrong ? -1 : 0;
}
