/*
 * run.c - the events of one run: calls and their answers, deadlines, operators'
 * verbs, and crashes at every moment that a process can die at; and somebody who helps
 * when slipway waits for a human, until it is over.
 */
#include "sim.h"

/* ---- chance: splitmix to spread the seed, then xorshift ---- */

struct chance chance_of(uint64_t seed, uint64_t stream)
{
    uint64_t z = seed * 0x9e3779b97f4a7c15u + stream * 0xbf58476d1ce4e5b9u + 1;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (struct chance){z ? z : 1};
}

uint64_t chance_next(struct chance *c)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return c->state;
}

int chance_below(struct chance *c, int end)
{
    return end > 0 ? (int)((chance_next(c) >> 11) % (uint64_t)end) : 0;
}

int64_t chance_between(struct chance *c, int64_t low, int64_t high)
{
    return low + (int64_t)((chance_next(c) >> 11) % (uint64_t)(high - low + 1));
}

bool chance_is(struct chance *c, int per_mille)
{
    return per_mille > 0 && chance_below(c, 1000) < per_mille;
}

/* ---- telling ---- */

void sim_broken(struct sim *sim, const char *format, ...)
{
    va_list args;
    if (sim_is_broken(sim))
        return;
    va_start(args, format);
    buf_addv(&sim->broken, format, args);
    va_end(args);
    sim_tell(sim, "BROKEN %s", buf_text(&sim->broken));
}

bool sim_is_broken(const struct sim *sim)
{
    return sim->broken.length > 0;
}

void sim_tell(struct sim *sim, const char *format, ...)
{
    va_list args;
    if (!sim->verbose)
        return;
    buf_addf(&sim->story, "%10.3fs ", (double)(sim->now_ms - 1000000) / 1000);
    va_start(args, format);
    buf_addv(&sim->story, format, args);
    va_end(args);
    buf_addc(&sim->story, '\n');
}

static void mix(struct sim *sim, int64_t value)
{
    sim->hash = (sim->hash ^ (uint64_t)value) * 0x100000001b3u;
}

static void mix_text(struct sim *sim, const char *text)
{
    for (; text && *text; text++)
        mix(sim, *text);
}

static void tell_record(struct sim *sim, const struct record *r)
{
    const char *who = r->target >= 0 ? sim->plan->targets[r->target].name : "";
    static const struct machine *const machines[RECORD_KIND_COUNT] = {
        [RECORD_CAMPAIGN] = &campaign_machine, [RECORD_WAVE] = &wave_machine,
        [RECORD_TARGET] = &target_machine,     [RECORD_STEP] = &step_machine,
        [RECORD_GROUP] = &group_machine,
    };
    const struct machine *m = machines[r->kind];
    if (!sim->verbose)
        return;
    if (r->kind == RECORD_STEP)
        sim_tell(sim, "  %s %s/%d %s: %s -> %s, try %d, intent %lld%s%s", who,
                 activity_name((enum activity)r->activity), r->index,
                 machine_event(m, r->event), machine_state(m, r->from),
                 machine_state(m, r->to), r->attempt, (long long)r->intent,
                 r->text ? ": " : "", r->text ? r->text : "");
    else if (m)
        sim_tell(sim, "%s %s%d %s: %s -> %s %s", m->name, who, r->wave,
                 machine_event(m, r->event), machine_state(m, r->from),
                 machine_state(m, r->to), r->text ? r->text : "");
    else
        sim_tell(sim, "  %s %s %d %lld %s", record_kind_name(r->kind), who, r->index,
                 (long long)r->number, r->text ? r->text : "");
}

/* ---- events ---- */

struct event *sim_event(struct sim *sim, enum event_kind kind, int64_t at_ms)
{
    struct event *e = vec_push(sim->events, sim->event_count, sim->event_room);
    *e = (struct event){.at_ms = at_ms, .order = sim->orders++, .kind = kind};
    return e;
}

static size_t next_event(const struct sim *sim)
{
    size_t next = 0;
    for (size_t i = 1; i < sim->event_count; i++) {
        const struct event *a = &sim->events[i], *b = &sim->events[next];
        if (a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order))
            next = i;
    }
    return next;
}

static void remove_event(struct sim *sim, size_t at)
{
    sim->events[at] = sim->events[--sim->event_count];
}

/* ---- a step, and the three ways to die in it ---- */

enum death { ALIVE, DEAD_BEFORE_COMMIT, DEAD_BEFORE_ACTING };

static enum death when_to_die(struct sim *sim)
{
    if (sim->calm || !chance_is(&sim->crash_chance, sim->weather.crash))
        return ALIVE;
    return chance_is(&sim->crash_chance, 500) ? DEAD_BEFORE_COMMIT : DEAD_BEFORE_ACTING;
}

static void keep(struct sim *sim, const struct record *r)
{
    struct record copy = *r;
    copy.seq = (int64_t)sim->journal_count + 1;
    copy.text = xstrdup_null(r->text);
    copy.detail = xstrdup_null(r->detail);
    copy.actor = xstrdup_null(r->actor);
    *vec_push(sim->journal, sim->journal_count, sim->journal_room) = copy;
    mix(sim, r->at_ms * 31 + (int64_t)r->kind);
    mix(sim, (r->target * 64 + r->wave) * 64 + r->event);
    mix(sim, ((int64_t)r->from * 64 + r->to) * 64 + r->index + r->intent * 4096);
    mix(sim, r->number);
    mix_text(sim, r->text);
    mix_text(sim, r->detail);
    tell_record(sim, r);
    shadow_record(sim, r);
}

static void crash(struct sim *sim);

static void feed(struct sim *sim, const struct input *input)
{
    if (sim_is_broken(sim))
        return;
    enum death death = when_to_die(sim);
    sim->commanded = input->kind == INPUT_COMMAND;
    struct engine_output out = engine_step(sim->engine, sim->now_ms, input, 1);
    engine_check_invariants(sim->engine);
    (void)engine_take_changes(sim->engine);
    sim->steps++;
    if (death == DEAD_BEFORE_COMMIT) {
        crash(sim);
        return;
    }
    for (size_t i = 0; i < out.record_count && !sim_is_broken(sim); i++)
        keep(sim, &out.records[i]);
    shadow_step(sim);
    if (death == DEAD_BEFORE_ACTING) {
        crash(sim);
        return;
    }
    for (size_t i = 0; i < out.action_count && !sim_is_broken(sim); i++) {
        const struct action *a = &out.actions[i];
        mix(sim, (a->call_id * 64 + a->target) * 64 + (int64_t)a->call);
        sim_tell(sim, "    call %s %s/%d of %s, intent %lld",
                 a->call == CALL_START  ? "start"
                 : a->call == CALL_POLL ? "poll"
                                        : "probe",
                 activity_name(a->activity), a->index, sim->plan->targets[a->target].name,
                 (long long)a->intent);
        shadow_call(sim, a);
        peer_call(sim, a);
    }
}

static void own(struct sim *sim)
{
    struct input input = {
        .kind = INPUT_OWNER, .number = ++sim->epoch, .actor = "slipway resume"};
    feed(sim, &input);
}

/* Requests that were out: some were never sent, some arrive still. */
static void lose_calls(struct sim *sim)
{
    for (size_t i = sim->event_count; i-- > 0;) {
        struct event *e = &sim->events[i];
        bool effect = e->action.call == CALL_START && e->action.intent;
        bool job = sim_is_job(e->action.activity);
        int64_t latest_ms = sim->now_ms + (job ? 3 * MINUTE : 50 * SECOND);
        if (e->kind == EVENT_COMMAND || e->kind == EVENT_CLOCK)
            continue;
        if (e->kind == EVENT_REPLY || !effect ||
            (!e->unheard && chance_is(&sim->crash_chance, 500))) {
            remove_event(sim, i);
            continue;
        }
        e->unheard = true;
        e->at_ms = e->at_ms < latest_ms ? e->at_ms : latest_ms;
    }
}

static void replay(struct sim *sim)
{
    sim->engine = engine_create(sim->plan, sim->seed);
    for (size_t i = 0; i < sim->journal_count; i++) {
        if (engine_replay(sim->engine, &sim->journal[i]))
            sim_broken(sim, "record %zu cannot be replayed", i + 1);
    }
}

/* I8: what is in the journal is what was in memory. */
static void check_replay(struct sim *sim)
{
    struct engine *live = sim->engine;
    replay(sim);
    auto_free char *a = engine_fingerprint(live);
    auto_free char *b = engine_fingerprint(sim->engine);
    if (strcmp(a, b) != 0) {
        sim_tell(sim, "live:\n%s\nreplayed:\n%s", a, b);
        sim_broken(sim, "I8: the journal does not give the live state");
    }
    engine_destroy(sim->engine);
    sim->engine = live;
}

static void crash(struct sim *sim)
{
    sim->crashes++;
    sim_tell(sim, "CRASH");
    lose_calls(sim);
    engine_destroy(sim->engine);
    replay(sim);
    engine_check_invariants(sim->engine);
    sim->now_ms += chance_is(&sim->crash_chance, 800)
                       ? chance_between(&sim->crash_chance, 1, 5 * SECOND)
                       : chance_between(&sim->crash_chance, 1, 3 * HOUR);
    own(sim); /* which may die too */
}

/* ---- what happens next ---- */

static void reply(struct sim *sim, struct event *e)
{
    struct outcome o = e->outcome;
    o.value = *e->value ? e->value : NULL;
    o.handle = *e->new_handle ? e->new_handle : NULL;
    struct input input = {.kind = INPUT_OUTCOME, .outcome = o};
    sim_tell(sim, "    heard %s of %s: outcome %d probe %d expect %d %s %s",
             activity_name(e->action.activity), sim->plan->targets[e->action.target].name,
             (int)o.outcome, (int)o.probe, (int)o.expect, o.value ? o.value : "",
             o.sentence ? o.sentence : "");
    feed(sim, &input);
}

static void command(struct sim *sim, struct command c)
{
    struct input input = {.kind = INPUT_COMMAND, .command = c};
    input.command.actor = "olga";
    input.command.reason = "because";
    sim_tell(sim, "olga: %s target %d wave %d %s %lld", verb_name(c.verb), c.target,
             c.wave, c.setting ? c.setting : "", (long long)c.number);
    feed(sim, &input);
}

static void trust(struct sim *sim, bool trusted)
{
    struct input input = {.kind = INPUT_CLOCK,
                          .number = trusted,
                          .sentence = trusted ? NULL : "it was stepped"};
    sim_tell(sim, "the clock is %s", trusted ? "trusted" : "not trusted");
    feed(sim, &input);
}

static void happen(struct sim *sim, size_t at)
{
    struct event e = sim->events[at];
    remove_event(sim, at);
    sim->now_ms = e.at_ms > sim->now_ms ? e.at_ms : sim->now_ms;
    if (e.kind == EVENT_ARRIVE)
        peer_arrive(sim, &e);
    else if (e.kind == EVENT_REPLY)
        reply(sim, &e);
    else if (e.kind == EVENT_CLOCK)
        trust(sim, e.command.number != 0);
    else {
        e.command.setting = *e.setting ? e.setting : NULL;
        command(sim, e.command);
    }
}

/* One event or one deadline; false: nothing will happen by itself. */
static bool go_on(struct sim *sim)
{
    int64_t deadline_ms = engine_deadline(sim->engine);
    size_t next = next_event(sim);
    if (sim->event_count && sim->events[next].at_ms <= deadline_ms) {
        happen(sim, next);
        return true;
    }
    if (deadline_ms == INT64_MAX)
        return false;
    sim->now_ms = deadline_ms > sim->now_ms ? deadline_ms : sim->now_ms + 1;
    struct input input = {.kind = INPUT_TICK};
    feed(sim, &input);
    return true;
}

/* ---- somebody who helps ---- */

static void tell_all(struct sim *sim, enum verb verb)
{
    command(sim, (struct command){.verb = verb, .target = -1, .wave = -1});
}

/* What expires by itself is not waited for by a human. */
static void check_holds(struct sim *sim)
{
    for (size_t i = 0; i < sim->plan->target_count; i++) {
        const struct target_state *t = &engine_state(sim->engine)->targets[i];
        if (t->hold_reason && !t->hold_until_ms)
            return;
    }
    if (!engine_times(sim->engine)->rules)
        sim_broken(sim, "liveness: every hold expires, and nobody waits for it");
}

static void release_all(struct sim *sim)
{
    check_holds(sim);
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        if (engine_state(sim->engine)->targets[i].hold_reason)
            command(sim, (struct command){.verb = VERB_RELEASE, .target = i, .wave = -1});
    }
}

static void set_back(struct sim *sim, const char *kind, const struct plan_cap *caps,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_free char *setting = xasprintf("%s:%s", kind, caps[i].key);
        command(sim, (struct command){.verb = VERB_SET,
                                      .target = -1,
                                      .wave = -1,
                                      .setting = setting,
                                      .number = caps[i].max});
    }
}

/* Stuck: first the numbers, then those that hold places, then those in the way. */
static void unstick(struct sim *sim)
{
    set_back(sim, "domain", sim->plan->domains, sim->plan->domain_count);
    set_back(sim, "limit", sim->plan->limits, sim->plan->limit_count);
    if (sim->plan->unit_count) /* they ask for room for all of them */
        command(sim, (struct command){.verb = VERB_SET,
                                      .target = -1,
                                      .wave = -1,
                                      .setting = "in_flight",
                                      .number = sim->plan->in_flight});
    if (engine_times(sim->engine)->rules)
        command(sim, (struct command){.verb = VERB_OVERRIDE,
                                      .target = -1,
                                      .wave = -1,
                                      .number = sim->now_ms + 5 * 24 * HOUR});
    static const enum verb turns[] = {VERB_ROLLBACK, VERB_SKIP, VERB_UNPAUSE};
    enum verb verb = turns[sim->unstuck++ % 3];
    for (int i = 0; i < (int)sim->plan->target_count && verb != VERB_UNPAUSE; i++) {
        enum target_state_id state = engine_state(sim->engine)->targets[i].state;
        if (state == TARGET_PARKED || state == TARGET_STRANDED || state == TARGET_FAILED)
            command(sim, (struct command){.verb = verb, .target = i, .wave = -1});
    }
    /* a budget in doubt: pausing and unpausing says that it was seen */
    if (verb == VERB_UNPAUSE) {
        tell_all(sim, VERB_PAUSE);
        tell_all(sim, VERB_UNPAUSE);
    }
}

/* What each that is ready waits for, for the story. */
static void tell_blockers(struct sim *sim)
{
    for (int i = 0; sim->verbose && i < (int)sim->plan->target_count; i++) {
        struct admission_facts facts;
        struct blocker blockers[ADMISSION_BLOCKERS_MAX];
        if (engine_state(sim->engine)->targets[i].state != TARGET_READY)
            continue;
        engine_admission_facts(sim->engine, i, sim->now_ms, &facts);
        size_t count = admission_evaluate(&facts, blockers);
        for (size_t k = 0; k < count; k++)
            sim_tell(sim, "  %s: %s", sim->plan->targets[i].name, blockers[k].text);
    }
}

/* False: it is over. */
static bool help(struct sim *sim)
{
    enum engine_wait waits = engine_waiting(sim->engine, sim->now_ms);
    sim_tell(sim, "at rest, waiting %d", (int)waits);
    tell_blockers(sim);
    switch (waits) {
    case ENGINE_OVER:
        return false;
    case ENGINE_APPROVAL:
        tell_all(sim, VERB_APPROVE);
        break;
    case ENGINE_PAUSED:
        tell_all(sim, VERB_UNPAUSE);
        break;
    case ENGINE_GATE:
        tell_all(sim, VERB_APPROVE);
        break;
    case ENGINE_HELD:
        release_all(sim);
        break;
    case ENGINE_CLOCK:
        trust(sim, true);
        break;
    case ENGINE_STUCK:
        unstick(sim);
        break;
    default:
        sim_broken(sim, "liveness: it waits (%d) for nothing and nobody", (int)waits);
    }
    return true;
}

/* Windows still open and close, but only a human can bring anybody to use them. */
static bool is_stuck(const struct sim *sim)
{
    if (!engine_times(sim->engine)->rules || sim->event_count)
        return false;
    enum engine_wait waits = engine_waiting(sim->engine, sim->now_ms);
    return waits == ENGINE_STUCK || waits == ENGINE_HELD || waits == ENGINE_GATE ||
           waits == ENGINE_CLOCK || waits == ENGINE_APPROVAL;
}

static void live(struct sim *sim)
{
    bool over = false;
    own(sim);
    while (!over && !sim_is_broken(sim)) {
        if (sim->steps > SIM_EVENTS_MAX || sim->now_ms > SIM_TIME_MAX_MS)
            sim_broken(sim, "liveness: no end after %d steps and %lld h", sim->steps,
                       (long long)(sim->now_ms / HOUR));
        else if (!is_stuck(sim) && go_on(sim))
            continue;
        shadow_rest(sim);
        sim->calm = sim->calm || sim->rounds > 3; /* faults stop, at last */
        if (++sim->rounds > SIM_ROUNDS_MAX + 4 * (int)sim->plan->target_count)
            sim_broken(sim, "liveness: no end after %d times of help", sim->rounds);
        over = !help(sim);
    }
    if (!sim_is_broken(sim))
        check_replay(sim);
    if (!sim_is_broken(sim))
        shadow_end(sim);
}

struct sim_result sim_run(uint64_t seed, bool verbose)
{
    struct sim sim = {.seed = seed,
                      .verbose = verbose,
                      .now_ms = 1000000,
                      .hash = 0xcbf29ce484222325u,
                      .model_chance = chance_of(seed, 2),
                      .peer_chance = chance_of(seed, 3),
                      .crash_chance = chance_of(seed, 4)};
    topology_create(&sim);
    shadow_create(&sim);
    sim.engine = engine_create(sim.plan, seed);
    live(&sim);
    struct sim_result result = {
        .hash = sim.hash,
        .events = sim.steps,
        .crashes = sim.crashes,
        .broken = sim_is_broken(&sim) ? buf_take(&sim.broken) : NULL,
        .story = buf_take(&sim.story),
    };
    engine_destroy(sim.engine);
    for (size_t i = 0; i < sim.journal_count; i++)
        record_clear(&sim.journal[i]);
    free(sim.journal);
    free(sim.events);
    free(sim.effects);
    times_free(&sim);
    buf_free(&sim.broken);
    shadow_destroy(&sim);
    model_destroy(&sim);
    plan_free(sim.plan);
    return result;
}
