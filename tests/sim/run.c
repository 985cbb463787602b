/*
 * run.c - the events of one run: calls and their answers, deadlines, operators'
 * verbs, and crashes at every moment that a process can die at; and somebody who helps
 * when slipway waits for a human, until it is over.
 */
#include <unistd.h>

#include "sim.h"

int sim_sink = -1;

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
    size_t from = sim->story.length;
    if (!sim->verbose)
        return;
    buf_addf(&sim->story, "%10.3fs ", (double)(sim->now_ms - SIM_START_MS) / 1000);
    va_start(args, format);
    buf_addv(&sim->story, format, args);
    va_end(args);
    buf_addc(&sim->story, '\n');
    if (sim_sink >= 0)
        (void)!write(sim_sink, sim->story.data + from, sim->story.length - from);
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
    const char *which = *who                      ? who
                        : r->kind == RECORD_WAVE  ? sim->plan->waves[r->wave].name
                        : r->kind == RECORD_GROUP ? sim->plan->units[r->index].name
                                                  : "";
    if (!sim->verbose)
        return;
    if (r->kind == RECORD_STEP)
        sim_tell(sim, "  %s %s/%d %s: %s -> %s, try %d, intent %lld%s%s", who,
                 activity_name((enum activity)r->activity), r->index,
                 machine_event(m, r->event), machine_state(m, r->from),
                 machine_state(m, r->to), r->attempt, (long long)r->intent,
                 r->text ? ": " : "", r->text ? r->text : "");
    else if (m)
        sim_tell(sim, "%s%s%s %s: %s -> %s%s%s", m->name, *which ? " " : "", which,
                 machine_event(m, r->event), machine_state(m, r->from),
                 machine_state(m, r->to), r->text ? ": " : "", r->text ? r->text : "");
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

static enum death when_to_die(struct sim *sim, const struct input *input)
{
    int whose = input->kind == INPUT_OUTCOME ? input->outcome.target : -1;
    int often = sim->weather.crash;
    return sim_luck(sim, whose, LUCK_CRASH_BEFORE_COMMIT, often / 2) ? DEAD_BEFORE_COMMIT
           : sim_luck(sim, whose, LUCK_CRASH_BEFORE_ACTING, (often + 1) / 2)
               ? DEAD_BEFORE_ACTING
               : ALIVE;
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

static void feed(struct sim *sim, const struct input *inputs, size_t count)
{
    if (sim_is_broken(sim))
        return;
    enum death death = when_to_die(sim, inputs);
    sim->commanded = inputs->kind == INPUT_COMMAND;
    struct engine_output out = engine_step(sim->engine, sim->now_ms, inputs, count);
    if (!sim->unjudged)
        engine_check_invariants(sim->engine);
    (void)engine_take_changes(sim->engine);
    sim->steps++;
    if (death == DEAD_BEFORE_COMMIT) {
        crash(sim);
        return;
    }
    for (size_t i = 0; i < out.record_count && !sim_is_broken(sim); i++)
        keep(sim, &out.records[i]);
    if (!sim->unjudged)
        shadow_step(sim, out.record_count > 0);
    if (death == DEAD_BEFORE_ACTING) {
        crash(sim);
        return;
    }
    for (size_t i = 0; i < out.action_count && !sim_is_broken(sim); i++) {
        const struct action *a = &out.actions[i];
        mix(sim, (a->call_id * 64 + a->target) * 64 + (int64_t)a->call);
        sim_tell(sim, "    to %s: %s %s/%d, intent %lld",
                 sim->plan->targets[a->target].name,
                 a->call == CALL_START  ? "do"
                 : a->call == CALL_POLL ? "look at"
                                        : "what became of",
                 activity_name(a->activity), a->index, (long long)a->intent);
        shadow_call(sim, a);
        peer_call(sim, a);
    }
}

static void own(struct sim *sim)
{
    struct input input = {
        .kind = INPUT_OWNER, .number = ++sim->epoch, .actor = "slipway resume"};
    feed(sim, &input, 1);
}

/* Requests that were out: some were never sent, some arrive still. */
static void lose_calls(struct sim *sim)
{
    for (size_t i = sim->event_count; i-- > 0;) {
        struct event *e = &sim->events[i];
        bool effect = e->action.call == CALL_START && e->action.intent;
        bool job = sim_is_job(e->action.activity);
        int64_t latest_ms = sim->now_ms + (job ? 3 * MINUTE : 59 * SECOND);
        if (e->kind == EVENT_COMMAND || e->kind == EVENT_CLOCK)
            continue;
        if (e->kind == EVENT_REPLY || !effect ||
            (!e->unheard && sim_luck(sim, e->action.target, LUCK_LOST_IN_CRASH, 500))) {
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

/* Appliances, managers and people do not care what slipway's clock says. */
static void shift_world(struct sim *sim, int64_t by_ms)
{
    for (size_t i = 0; i < sim->event_count; i++) {
        struct event *e = &sim->events[i];
        if (e->kind == EVENT_ARRIVE || e->kind == EVENT_REPLY)
            e->at_ms += by_ms;
    }
    for (size_t i = 0; i < sim->plan->target_count; i++)
        model_shift(&sim->machines[i], by_ms);
}

/* The clock was stepped while slipway was not there to see it. Its own time never runs
   backwards: it goes on from the last thing that was written down. */
static void step_clock(struct sim *sim, int64_t away_ms)
{
    int64_t was_ms = sim->now_ms, by_ms = 0, least_ms = SIM_START_MS;
    if (sim_luck(sim, -1, LUCK_CLOCK_FORWARD, sim->weather.clock))
        by_ms = sim_amount(sim, -1, AMOUNT_CLOCK, 1, 2000) * MINUTE;
    else if (sim_luck(sim, -1, LUCK_CLOCK_BACK, sim->weather.clock))
        by_ms = -sim_amount(sim, -1, AMOUNT_CLOCK, 1, 2000) * MINUTE;
    if (sim->journal_count)
        least_ms = sim->journal[sim->journal_count - 1].at_ms;
    sim->now_ms = was_ms + away_ms + by_ms;
    if (sim->now_ms < least_ms)
        sim->now_ms = least_ms;
    if (sim->now_ms != was_ms + away_ms)
        shift_world(sim, sim->now_ms - was_ms - away_ms);
}

static void crash(struct sim *sim)
{
    sim->crashes++;
    sim_tell(sim, "slipway is killed");
    lose_calls(sim);
    engine_destroy(sim->engine);
    replay(sim);
    if (!sim->unjudged)
        engine_check_invariants(sim->engine);
    step_clock(sim, sim_luck(sim, -1, LUCK_AWAY, 200)
                        ? sim_amount(sim, -1, AMOUNT_AWAY, 1, 3 * HOUR)
                        : sim_amount(sim, -1, AMOUNT_AWAY, 1, 5 * SECOND));
    own(sim); /* which may die too */
}

/* ---- what happens next ---- */

static void tell_answer(struct sim *sim, const struct event *e, const struct outcome *o)
{
    static const char *const outcomes[] = {
        [SLIPWAY_DONE] = "done",        [SLIPWAY_PENDING] = "under way",
        [SLIPWAY_RETRY] = "not now",    [SLIPWAY_FAILED] = "failed",
        [SLIPWAY_REFUSED] = "refused",  [SLIPWAY_UNKNOWN] = "unknown",
        [SLIPWAY_CANCELED] = "canceled"};
    static const char *const probes[] = {[SLIPWAY_PROBE_NOT_STARTED] = "it never began",
                                         [SLIPWAY_PROBE_RUNNING] = "it runs",
                                         [SLIPWAY_PROBE_DONE] = "it is done",
                                         [SLIPWAY_PROBE_FAILED] = "it failed",
                                         [SLIPWAY_PROBE_UNKNOWN] = "who knows"};
    static const char *const verdicts[] = {"", ", green", ", red", ", no data"};
    bool probe = e->action.call == CALL_PROBE && o->outcome == SLIPWAY_DONE;
    sim_tell(sim, "    answer of %s: %s: %s%s%s%s%s%s",
             sim->plan->targets[e->action.target].name, activity_name(e->action.activity),
             probe ? probes[o->probe] : outcomes[o->outcome], verdicts[o->expect],
             o->value ? ", " : "", o->value ? o->value : "", o->sentence ? ": " : "",
             o->sentence ? o->sentence : "");
}

static void reply(struct sim *sim, struct event *e)
{
    struct outcome o = e->outcome;
    o.value = *e->value ? e->value : NULL;
    o.handle = *e->new_handle ? e->new_handle : NULL;
    struct input input = {.kind = INPUT_OUTCOME, .outcome = o};
    tell_answer(sim, e, &o);
    feed(sim, &input, 1);
}

static struct input input_of(struct sim *sim, struct command c)
{
    struct input input = {.kind = INPUT_COMMAND, .command = c};
    input.command.actor = c.actor ? c.actor : "olga";
    input.command.reason = "because";
    sim_tell(sim, "%s: %s%s%s%s%s%s%s %lld", input.command.actor, verb_name(c.verb),
             c.target < 0 ? "" : " ",
             c.target < 0 ? "" : sim->plan->targets[c.target].name,
             c.wave < 0 ? "" : " wave ", c.wave < 0 ? "" : sim->plan->waves[c.wave].name,
             c.setting ? " " : "", c.setting ? c.setting : "", (long long)c.number);
    return input;
}

void sim_command(struct sim *sim, struct command c)
{
    struct input input = input_of(sim, c);
    feed(sim, &input, 1);
}

void sim_trust(struct sim *sim, bool trusted)
{
    struct input input = {.kind = INPUT_CLOCK,
                          .number = trusted,
                          .sentence = trusted ? NULL : "it was stepped"};
    sim_tell(sim, "the clock is %s", trusted ? "trusted" : "not trusted");
    feed(sim, &input, 1);
}

/* One that was set forward while slipway runs is followed once it can be trusted. */
static void see_clock(struct sim *sim, bool trusted)
{
    bool forward = trusted && sim_luck(sim, -1, LUCK_CLOCK_FORWARD, sim->weather.clock);
    if (forward && engine_times(sim->engine)->clock) { /* it was seen to be stepped */
        int64_t by_ms = sim_amount(sim, -1, AMOUNT_CLOCK, 1, 2000) * MINUTE;
        sim->now_ms += by_ms;
        shift_world(sim, by_ms);
    }
    sim_trust(sim, trusted);
}

/* With what somebody else says in this instant: one step eats both. */
static void command_together(struct sim *sim, struct event *e)
{
    struct event other = {0};
    struct input inputs[2];
    size_t count = 1, next = next_event(sim);
    bool both = sim->event_count && sim->events[next].kind == EVENT_COMMAND &&
                sim->events[next].at_ms == e->at_ms && sim->events[next].command.actor;
    e->command.setting = *e->setting ? e->setting : NULL;
    inputs[0] = input_of(sim, e->command);
    if (both) {
        other = sim->events[next];
        remove_event(sim, next);
        other.command.setting = *other.setting ? other.setting : NULL;
        inputs[count++] = input_of(sim, other.command);
    }
    feed(sim, inputs, count);
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
        see_clock(sim, e.command.number != 0);
    else
        command_together(sim, &e);
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
    feed(sim, &input, 1);
    return true;
}

static void live(struct sim *sim)
{
    bool over = false;
    own(sim);
    while (!over && !sim_is_broken(sim)) {
        if (sim->steps > SIM_EVENTS_MAX || sim->now_ms > SIM_TIME_MAX_MS)
            sim_broken(sim, "liveness: no end after %d steps and %lld h", sim->steps,
                       (long long)(sim->now_ms / HOUR));
        else if (!sim_is_stuck(sim) && go_on(sim))
            continue;
        shadow_rest(sim);
        sim->calm = sim->calm || sim->rounds > 3; /* faults stop, at last */
        if (++sim->rounds > SIM_ROUNDS_MAX + 4 * (int)sim->plan->target_count)
            sim_broken(sim, "liveness: no end after %d times of help", sim->rounds);
        over = !sim_help(sim);
    }
    if (!sim_is_broken(sim) && !sim->unjudged)
        check_replay(sim);
    if (!sim_is_broken(sim))
        shadow_end(sim);
}

static void clear(struct sim *sim)
{
    engine_destroy(sim->engine);
    for (size_t i = 0; i < sim->journal_count; i++)
        record_clear(&sim->journal[i]);
    free(sim->journal);
    free(sim->events);
    free(sim->effects);
    free(sim->expected);
    free(sim->lucks);
    free(sim->unit_of);
    times_free(sim);
    buf_free(&sim->broken);
    buf_free(&sim->story);
    buf_free(&sim->scenario);
    shadow_destroy(sim);
    model_destroy(sim);
    plan_free(sim->plan);
}

static void index_units(struct sim *sim)
{
    int *unit_of = xcalloc(sim->plan->target_count + 1, sizeof *unit_of);
    for (size_t i = 0; i < sim->plan->target_count; i++)
        unit_of[i] = plan_unit_of(sim->plan, (int)i);
    sim->unit_of = unit_of;
}

struct sim_result sim_run(uint64_t seed, const char *scenario, enum sim_way way)
{
    struct sim sim = {.seed = seed,
                      .verbose = way == SIM_VERBOSE,
                      .unjudged = way == SIM_UNJUDGED,
                      .now_ms = SIM_START_MS,
                      .hash = 0xcbf29ce484222325u};
    struct sim_result result = {0};
    if (!scenario) {
        topology_create(&sim);
    } else if (scenario_read(&sim, scenario, &result.wrong)) {
        clear(&sim);
        return result;
    }
    index_units(&sim);
    if (!sim.unjudged)
        scenario_write(&sim, &sim.scenario);
    if (sim_sink >= 0 && !sim.verbose)
        (void)!write(sim_sink, sim.scenario.data, sim.scenario.length);
    shadow_create(&sim);
    sim.engine = engine_create(sim.plan, sim.seed);
    live(&sim);
    if (!sim.unjudged)
        scenario_write_luck(&sim, &sim.scenario);
    result.hash = sim.hash;
    result.events = sim.steps;
    result.crashes = sim.crashes;
    result.broken = sim_is_broken(&sim) ? buf_take(&sim.broken) : NULL;
    result.story = buf_take(&sim.story);
    result.scenario = buf_take(&sim.scenario);
    clear(&sim);
    return result;
}

void sim_result_clear(struct sim_result *result)
{
    free(result->broken);
    free(result->story);
    free(result->scenario);
    free(result->wrong);
    *result = (struct sim_result){0};
}
