/*
 * ready.c - may this target start? Once as a list of facts for people, and once as a
 * quick yes or no for the scan, which asks it many times in each step. The two must
 * agree: engine_check_invariants() compares them.
 */
#include "engine/group.h"

bool ready_is_held(const struct target_state *t, int64_t now_ms)
{
    return t->hold_reason && (!t->hold_until_ms || t->hold_until_ms > now_ms);
}

/* ---- the facts ---- */

static struct budget_fact budget_of(int failed, int in_doubt, int in_flight,
                                    int tolerated)
{
    return (struct budget_fact){failed, in_doubt, in_flight, tolerated};
}

static struct budget_fact wave_budget(const struct wave_state *wave)
{
    return budget_of(wave->failed, wave->in_doubt, wave->at_risk, wave->budget);
}

static struct budget_fact campaign_budget(const struct engine_state *s)
{
    return budget_of(s->failed, s->in_doubt, s->at_risk, s->settings.budget);
}

/* The limits that the first thing after admission takes. */
static int first_limits(const struct engine *engine, int target,
                        int out[ACTIVITY_LIMITS_MAX])
{
    const struct plan *plan = engine->plan;
    int step = engine->change_first;
    if (step >= engine->change_end)
        return 0;
    bool snapshot = plan->playbook.rollback == ROLLBACK_SNAPSHOT &&
                    plan->playbook.steps[step].snapshot;
    return activity_limits(engine, target, snapshot ? ACTIVITY_SNAPSHOT : ACTIVITY_STEP,
                           step, out);
}

_Static_assert(TARGET_DOMAINS_MAX <= ADMISSION_CAPS_MAX &&
                   ACTIVITY_LIMITS_MAX <= ADMISSION_CAPS_MAX,
               "the caps of one target have room");

static void fill_room(const struct engine *engine, int target, struct admission_facts *f)
{
    const struct plan *plan = engine->plan;
    const struct engine_state *s = &engine->state;
    const struct plan_target *planned = &plan->targets[target];
    int limits[ACTIVITY_LIMITS_MAX];
    int count = first_limits(engine, target, limits);
    for (int i = 0; i < planned->domain_count; i++) {
        int d = planned->domains[i];
        f->domains[f->domain_count++] = (struct cap_fact){
            plan->domains[d].key, s->domain_down[d], s->domain_max[d], 1};
    }
    for (int i = 0; i < count; i++)
        f->limits[f->limit_count++] =
            (struct cap_fact){plan->limits[limits[i]].key, s->limit_used[limits[i]],
                              s->limit_max[limits[i]], 1};
}

/* Its state, but that a wave has to wait for every earlier one that was reopened. */
static enum wave_state_id wave_as_seen(const struct engine *engine, int wave)
{
    for (int i = 0; i < wave; i++) {
        if (engine->state.waves[i].state != WAVE_DONE)
            return WAVE_PENDING;
    }
    return engine->state.waves[wave].state;
}

int64_t ready_approval_ended_ms(const struct engine *engine, int wave, int64_t now_ms)
{
    int64_t campaign_ms = engine->state.times.approved_until_ms;
    int64_t wave_ms = times_wave_approved_until(&engine->state.times, wave);
    if (campaign_ms && campaign_ms <= now_ms)
        return campaign_ms;
    return wave_ms && wave_ms <= now_ms ? wave_ms : 0;
}

void engine_admission_facts(const struct engine *engine, int target, int64_t now_ms,
                            struct admission_facts *out)
{
    const struct engine_state *s = &engine->state;
    const struct target_state *t = &s->targets[target];
    int wave_index = engine->plan->targets[target].wave;
    const struct wave_state *wave = &s->waves[wave_index];
    *out = (struct admission_facts){
        .now_ms = now_ms,
        .campaign = s->campaign,
        .campaign_reason = s->reason,
        .wave = wave_as_seen(engine, wave_index),
        .wave_name = engine->plan->waves[wave_index].name,
        .target = t->state,
        .hold_reason = ready_is_held(t, now_ms) ? t->hold_reason : NULL,
        .hold_actor = t->hold_actor,
        .hold_until_ms = t->hold_until_ms,
        .in_flight = s->in_flight,
        .in_flight_max = s->settings.in_flight,
        .in_flight_needed = 1,
        .mode = engine->plan->mode,
        .wave_budget = wave_budget(wave),
        .campaign_budget = campaign_budget(s),
        .draining = engine->draining,
    };
    times_facts(&s->times, engine->plan, target, now_ms, &out->time);
    out->time.approval_ended_ms = ready_approval_ended_ms(engine, wave_index, now_ms);
    if (out->time.window.member != target)
        out->time_member = engine->plan->targets[out->time.window.member].name;
    if (engine->unit_of[target] >= 0)
        group_facts(engine, target, out);
    else
        fill_room(engine, target, out);
}

/* ---- quickly ---- */

bool ready_is_shut(const struct engine *engine, int wave)
{
    const struct engine_state *s = &engine->state;
    const struct budget_fact of_wave = wave_budget(&s->waves[wave]);
    const struct budget_fact of_all = campaign_budget(s);
    return s->campaign != CAMPAIGN_RUNNING || engine->draining ||
           (s->times.clock && times_need_clock(&s->times)) ||
           ready_approval_ended_ms(engine, wave, engine->now_ms) ||
           s->in_flight >= s->settings.in_flight ||
           !budget_allows(&of_wave, engine->plan->mode) ||
           !budget_allows(&of_all, engine->plan->mode);
}

static bool has_room(const struct engine *engine, int target)
{
    const struct engine_state *s = &engine->state;
    const struct plan_target *planned = &engine->plan->targets[target];
    int limits[ACTIVITY_LIMITS_MAX];
    for (int i = 0; i < planned->domain_count; i++) {
        if (s->domain_down[planned->domains[i]] >= s->domain_max[planned->domains[i]])
            return false;
    }
    int count = first_limits(engine, target, limits);
    for (int i = 0; i < count; i++) {
        if (s->limit_used[limits[i]] >= s->limit_max[limits[i]])
            return false;
    }
    return true;
}

bool ready_may_start(const struct engine *engine, int target)
{
    const struct target_state *t = &engine->state.targets[target];
    if (engine->unit_of[target] >= 0)
        return group_may_start(engine, engine->unit_of[target]);
    return !ready_is_held(t, engine->now_ms) &&
           lanes_open(engine, target, engine->now_ms) && has_room(engine, target);
}
