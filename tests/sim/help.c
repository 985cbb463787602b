/*
 * help.c - when slipway says that it waits for a human, here he is: he approves, unpauses,
 * releases, and in the end gives up who is in the way, until it is over. Before that he
 * must have been told whom and what it waits for.
 */
#include "sim.h"

static void tell_all(struct sim *sim, enum verb verb)
{
    sim_command(sim, (struct command){.verb = verb, .target = -1, .wave = -1});
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
            sim_command(sim,
                        (struct command){.verb = VERB_RELEASE, .target = i, .wave = -1});
    }
}

static void set_back(struct sim *sim, const char *kind, const struct plan_cap *caps,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_free char *setting = xasprintf("%s:%s", kind, caps[i].key);
        sim_command(sim, (struct command){.verb = VERB_SET,
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
        sim_command(sim, (struct command){.verb = VERB_SET,
                                          .target = -1,
                                          .wave = -1,
                                          .setting = "in_flight",
                                          .number = sim->plan->in_flight});
    if (engine_times(sim->engine)->rules)
        sim_command(sim, (struct command){.verb = VERB_OVERRIDE,
                                          .target = -1,
                                          .wave = -1,
                                          .number = sim->now_ms + 5 * 24 * HOUR});
    static const enum verb turns[] = {VERB_ROLLBACK, VERB_SKIP, VERB_UNPAUSE};
    enum verb verb = turns[sim->unstuck++ % 3];
    for (int i = 0; i < (int)sim->plan->target_count && verb != VERB_UNPAUSE; i++) {
        enum target_state_id state = engine_state(sim->engine)->targets[i].state;
        if (state == TARGET_PARKED || state == TARGET_STRANDED || state == TARGET_FAILED)
            sim_command(sim, (struct command){.verb = verb, .target = i, .wave = -1});
    }
    /* a budget in doubt: pausing and unpausing says that it was seen */
    if (verb == VERB_UNPAUSE) {
        tell_all(sim, VERB_PAUSE);
        tell_all(sim, VERB_UNPAUSE);
    }
}

/* ---- whom and what it waits for ---- */

static void name_gates(const struct sim *sim, struct buf *out)
{
    const struct engine_state *state = engine_state(sim->engine);
    for (size_t i = 0; i < sim->plan->wave_count; i++) {
        if (state->waves[i].state == WAVE_GATED && !state->waves[i].approved)
            buf_addf(out, "; the gate of wave %s", sim->plan->waves[i].name);
    }
    for (size_t i = 0; i < sim->plan->target_count; i++) {
        const struct activity_state *a = &state->targets[i].activity;
        if (a->kind == ACTIVITY_STEP && a->handle && !strcmp(a->handle, "gate"))
            buf_addf(out, "; the gate of %s", sim->plan->targets[i].name);
    }
}

static void name_held(const struct sim *sim, struct buf *out)
{
    for (size_t i = 0; i < sim->plan->target_count; i++) {
        const struct target_state *t = &engine_state(sim->engine)->targets[i];
        if (t->hold_reason && t->hold_actor)
            buf_addf(out, "; %s holds %s: %s", t->hold_actor, sim->plan->targets[i].name,
                     t->hold_reason);
    }
}

/* Who was given up is waited for, and whoever is ready has its blockers. */
static void name_blockers(const struct sim *sim, struct buf *out)
{
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        const struct target_state *t = &engine_state(sim->engine)->targets[i];
        const char *who = sim->plan->targets[i].name;
        struct admission_facts facts;
        struct blocker blockers[ADMISSION_BLOCKERS_MAX];
        if (t->state == TARGET_PARKED || t->state == TARGET_STRANDED)
            buf_addf(out, "; %s is %s: %s", who,
                     machine_state(&target_machine, (int)t->state), t->reason);
        if (t->activity.state == STEP_WAITING && t->activity.sentence)
            buf_addf(out, "; %s: %s", who, t->activity.sentence);
        if (t->state != TARGET_READY && t->state != TARGET_PENDING)
            continue;
        engine_admission_facts(sim->engine, i, sim->now_ms, &facts);
        size_t count = admission_evaluate(&facts, blockers);
        for (size_t k = 0; k < count; k++)
            buf_addf(out, "; %s: %s", who, blockers[k].text);
    }
}

/* In words; nothing if nobody could be named. */
static void name_wait(const struct sim *sim, enum engine_wait waits, struct buf *out)
{
    const struct engine_state *state = engine_state(sim->engine);
    if (waits == ENGINE_APPROVAL)
        buf_addf(out, "; the approval of %s", sim->plan->campaign);
    else if (waits == ENGINE_PAUSED && state->reason && *state->reason)
        buf_addf(out, "; it was paused: %s", state->reason);
    else if (waits == ENGINE_GATE)
        name_gates(sim, out);
    else if (waits == ENGINE_CLOCK && state->times.clock)
        buf_addf(out, "; the clock: %s", state->times.clock);
    else if (waits == ENGINE_HELD)
        name_held(sim, out);
    if (waits == ENGINE_STUCK || (waits == ENGINE_PAUSED && sim->verbose))
        name_blockers(sim, out);
}

/* G16, liveness: it never waits for somebody without saying for whom. */
static void check_named(struct sim *sim, enum engine_wait waits)
{
    auto_buf struct buf named = {0};
    name_wait(sim, waits, &named);
    if (!named.length)
        sim_broken(sim, "liveness: it waits for a human (%d), and names nobody",
                   (int)waits);
    else
        sim_tell(sim, "waits for a human: %s", buf_text(&named) + 2);
}

/* False: it is over. */
bool sim_help(struct sim *sim)
{
    enum engine_wait waits = engine_waiting(sim->engine, sim->now_ms);
    bool human = waits == ENGINE_GATE || waits >= ENGINE_CLOCK;
    if (human && waits != ENGINE_OVER)
        check_named(sim, waits);
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
        sim_trust(sim, true);
        break;
    case ENGINE_STUCK:
        unstick(sim);
        break;
    default:
        sim_broken(sim, "liveness: it waits (%d) for nothing and nobody", (int)waits);
    }
    return true;
}

bool sim_is_stuck(const struct sim *sim)
{
    if (!engine_times(sim->engine)->rules || sim->event_count)
        return false;
    enum engine_wait waits = engine_waiting(sim->engine, sim->now_ms);
    return waits == ENGINE_STUCK || waits == ENGINE_HELD || waits == ENGINE_GATE ||
           waits == ENGINE_CLOCK || waits == ENGINE_APPROVAL;
}
