/*
 * schedule.c - whose turn it is: which wave opens, who is prepared, who starts,
 * and when the campaign is over or must stop.
 *
 * Targets are looked at in the plan's order, so the same facts give the same
 * choice. The scan runs only after something changed that could make room.
 */
#include "engine/internal.h"

#include <stdio.h>

/* Prepared ahead at most this many times the in-flight limit, so that a step
   outside the window keeps the change from waiting for it. */
#define PREPARE_AHEAD 2

/* ---- admission ---- */

static bool is_held(const struct target_state *t, int64_t now_ms)
{
    return t->hold_reason && (!t->hold_until_ms || t->hold_until_ms > now_ms);
}

static struct budget_fact budget_of(int failed, int in_doubt, int in_flight,
                                    int tolerated)
{
    return (struct budget_fact){failed, in_doubt, in_flight, tolerated};
}

static int wave_in_flight(const struct wave_state *wave)
{
    return wave->count_by_state[TARGET_SNAPSHOTTING] +
           wave->count_by_state[TARGET_CHANGING] + wave->count_by_state[TARGET_CHECKING];
}

static void fill_room(const struct engine *engine, int target, struct admission_facts *f)
{
    const struct plan *plan = engine->plan;
    const struct engine_state *s = &engine->state;
    const struct plan_target *planned = &plan->targets[target];
    for (int i = 0; i < planned->domain_count && f->domain_count < ADMISSION_CAPS_MAX;
         i++) {
        int d = planned->domains[i];
        f->domains[f->domain_count++] =
            (struct cap_fact){plan->domains[d].key, s->domain_down[d], s->domain_max[d]};
    }
    int step = engine->change_first, limits[ACTIVITY_LIMITS_MAX];
    bool snapshot = plan->playbook.rollback == ROLLBACK_SNAPSHOT &&
                    step < engine->change_end && plan->playbook.steps[step].snapshot;
    int count =
        step < engine->change_end
            ? activity_limits(engine, target,
                              snapshot ? ACTIVITY_SNAPSHOT : ACTIVITY_STEP, step, limits)
            : 0;
    for (int i = 0; i < count && f->limit_count < ADMISSION_CAPS_MAX; i++)
        f->limits[f->limit_count++] =
            (struct cap_fact){plan->limits[limits[i]].key, s->limit_used[limits[i]],
                              s->limit_max[limits[i]]};
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

void engine_admission_facts(const struct engine *engine, int target, int64_t now_ms,
                            struct admission_facts *out)
{
    const struct engine_state *s = &engine->state;
    const struct target_state *t = &s->targets[target];
    int wave_index = engine->plan->targets[target].wave;
    const struct wave_state *wave = &s->waves[wave_index];
    struct window_answer window = {.open = true};
    if (engine->window)
        window = engine->window(engine->window_data, target, now_ms,
                                engine_needed_ms(engine->plan));
    *out = (struct admission_facts){
        .now_ms = now_ms,
        .campaign = s->campaign,
        .campaign_reason = s->reason,
        .wave = wave_as_seen(engine, wave_index),
        .wave_name = engine->plan->waves[wave_index].name,
        .target = t->state,
        .hold_reason = is_held(t, now_ms) ? t->hold_reason : NULL,
        .hold_actor = t->hold_actor,
        .hold_until_ms = t->hold_until_ms,
        .window_open = window.open,
        .window_change_ms = window.next_change_ms,
        .in_flight = s->in_flight,
        .in_flight_max = s->settings.in_flight,
        .mode = engine->plan->mode,
        .wave_budget =
            budget_of(wave->failed, wave->in_doubt, wave_in_flight(wave), wave->budget),
        .campaign_budget =
            budget_of(s->failed, s->in_doubt, s->in_flight, s->settings.budget),
        .draining = engine->draining,
    };
    fill_room(engine, target, out);
}

static void recheck_at(struct engine *engine, int64_t at_ms)
{
    if (at_ms > engine->now_ms && at_ms < engine->recheck_ms)
        engine->recheck_ms = at_ms;
}

static void admit_ready(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    int left = engine->state.waves[wave].count_by_state[TARGET_READY];
    for (int i = planned->first; left > 0 && i < planned->first + planned->count; i++) {
        if (engine->state.target_states[i] != TARGET_READY)
            continue;
        left--;
        struct admission_facts facts;
        engine_admission_facts(engine, i, engine->now_ms, &facts);
        if (admission_allows(&facts)) {
            target_admit(engine, i);
            continue;
        }
        recheck_at(engine, facts.window_change_ms);
        if (facts.hold_reason)
            recheck_at(engine, facts.hold_until_ms);
        if (facts.in_flight >= facts.in_flight_max ||
            !budget_allows(&facts.wave_budget, facts.mode) ||
            !budget_allows(&facts.campaign_budget, facts.mode))
            return; /* the same for everybody behind it */
    }
}

/* ---- preparing ---- */

/* No domain may fill the preparation lane with targets that cannot start. */
static bool domains_want_more(const struct engine *engine, int target)
{
    const struct plan_target *planned = &engine->plan->targets[target];
    const struct engine_state *s = &engine->state;
    const struct wave_state *w = &s->waves[planned->wave];
    if (s->count_by_state[TARGET_READY] > w->count_by_state[TARGET_READY])
        return true; /* claims of a wave that has to wait for this one */
    for (int i = 0; i < planned->domain_count; i++) {
        int d = planned->domains[i];
        if (engine->state.domain_claimed[d] >=
            engine->state.domain_max[d] * PREPARE_AHEAD)
            return false;
    }
    return true;
}

/* The lane is the wave's own: ready ones of another wave may have to wait for this
   one. And a veto on some is no veto on the others. */
static bool lane_is_full(const struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    const struct wave_state *w = &engine->state.waves[wave];
    int room = engine->state.settings.in_flight * PREPARE_AHEAD;
    int ahead = w->count_by_state[TARGET_PREPARING] + w->count_by_state[TARGET_READY];
    for (int i = planned->first; ahead >= room && i < planned->first + planned->count;
         i++)
        ahead -= engine->state.target_states[i] == TARGET_READY &&
                 is_held(&engine->state.targets[i], engine->now_ms);
    return ahead >= room;
}

bool schedule_would_prepare(const struct engine *engine, int target)
{
    int wave = engine->plan->targets[target].wave;
    return wave_as_seen(engine, wave) == WAVE_OPEN && !lane_is_full(engine, wave) &&
           domains_want_more(engine, target);
}

static void prepare_pending(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    struct wave_state *w = &engine->state.waves[wave];
    const struct engine_state *s = &engine->state;
    int left = w->count_by_state[TARGET_PENDING];
    bool passed_pending = false;
    for (int i = w->cursor; left > 0 && i < planned->first + planned->count; i++) {
        if (s->target_states[i] != TARGET_PENDING) {
            w->cursor += !passed_pending && w->cursor == i;
            continue;
        }
        if (lane_is_full(engine, wave))
            return;
        left--;
        if (is_held(&s->targets[i], engine->now_ms)) {
            recheck_at(engine, s->targets[i].hold_until_ms);
            passed_pending = true;
        } else if (!domains_want_more(engine, i)) {
            passed_pending = true;
        } else {
            target_begin_preparing(engine, i);
            w->cursor += !passed_pending && w->cursor == i;
        }
    }
}

/* ---- waves ---- */

static int wave_settled(const struct wave_state *w)
{
    int settled = 0;
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (machine_is_final(&target_machine, i))
            settled += w->count_by_state[i];
    }
    return settled;
}

/* Move waves on; returns the open one, or -1. */
static int open_wave(struct engine *engine)
{
    const struct plan *plan = engine->plan;
    for (int i = 0; i < (int)plan->wave_count; i++) {
        struct wave_state *w = &engine->state.waves[i];
        if (w->state == WAVE_OPEN && wave_settled(w) == plan->waves[i].count)
            (void)emit_wave(engine, i, WAVE_ALL_SETTLED, NULL);
        if (w->state == WAVE_DONE)
            continue;
        if (w->state == WAVE_PENDING)
            (void)emit_wave(engine, i,
                            plan->waves[i].gate && !w->approved ? WAVE_REACHED_GATE
                                                                : WAVE_REACHED,
                            NULL);
        if (w->state == WAVE_GATED && w->approved)
            (void)emit_wave(engine, i, WAVE_APPROVED, NULL);
        return w->state == WAVE_OPEN ? i : -1;
    }
    return -1;
}

/* ---- judging ---- */

static void roll_back_wave(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    for (int i = planned->first; i < planned->first + planned->count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (t->state == TARGET_SOAKING && !activity_under_way(&t->activity))
            (void)target_roll_back(
                engine, i, NULL, "its wave exceeded the failure budget (rollback_wave)");
    }
}

/* Also those that were in flight when it exceeded, once they are safe to undo. A
   human who unpauses has seen the failures, and the wave is within its budget. */
static void roll_back_exceeded(struct engine *engine)
{
    const struct engine_state *s = &engine->state;
    for (int i = 0; i < (int)engine->plan->wave_count; i++) {
        if (s->campaign == CAMPAIGN_PAUSED &&
            engine->plan->waves[i].on_exceed == ON_EXCEED_ROLLBACK_WAVE &&
            budget_exceeded(s->waves[i].failed, s->waves[i].budget))
            roll_back_wave(engine, i);
    }
}

/* "wave canary: 1 failed, 0 tolerated (the 1st acts)" */
static void exceed(struct engine *engine, int wave, int failed, int tolerated,
                   enum on_exceed action)
{
    char whose[160];
    if (wave >= 0)
        (void)snprintf(whose, sizeof whose, "wave %s", engine->plan->waves[wave].name);
    else
        (void)snprintf(whose, sizeof whose, "campaign");
    if (action == ON_EXCEED_ABORT)
        (void)emit_campaign(engine, CAMPAIGN_ABORT, NULL,
                            "failure budget of the %s exceeded: %d failed, %d tolerated",
                            whose, failed, tolerated);
    else
        (void)emit_campaign(engine, CAMPAIGN_BUDGET_EXCEEDED, NULL,
                            "failure budget of the %s exceeded: %d failed, %d tolerated",
                            whose, failed, tolerated);
}

static void judge_budgets(struct engine *engine)
{
    const struct plan *plan = engine->plan;
    const struct engine_state *s = &engine->state;
    for (int i = 0; i < (int)plan->wave_count && s->campaign == CAMPAIGN_RUNNING; i++) {
        const struct wave_state *w = &s->waves[i];
        if (budget_exceeded(w->failed, w->budget))
            exceed(engine, i, w->failed, w->budget, plan->waves[i].on_exceed);
    }
    if (s->campaign == CAMPAIGN_RUNNING && budget_exceeded(s->failed, s->settings.budget))
        exceed(engine, -1, s->failed, s->settings.budget, plan->on_exceed);
}

/* Stranded targets that no human has seen yet. */
static int unseen_stranded(const struct engine *engine)
{
    const struct engine_state *s = &engine->state;
    int unseen = 0;
    if (!s->count_by_state[TARGET_STRANDED])
        return 0;
    for (size_t i = 0; i < engine->plan->target_count; i++)
        unseen += s->targets[i].state == TARGET_STRANDED && !s->targets[i].acknowledged;
    return unseen;
}

static void judge_stranded(struct engine *engine)
{
    int unseen = unseen_stranded(engine);
    if (!unseen || engine->state.campaign != CAMPAIGN_RUNNING)
        return;
    (void)emit_campaign(engine, CAMPAIGN_STRANDED, NULL,
                        "%d target%s stranded: a rollback failed; see: slipway status",
                        unseen, unseen == 1 ? " is" : "s are");
}

static void skip_unstarted(struct engine *engine)
{
    const struct engine_state *s = &engine->state;
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        enum target_state_id state = s->targets[i].state;
        bool waiting =
            state == TARGET_PREPARING && (s->targets[i].activity.state == STEP_WAITING ||
                                          s->targets[i].activity.state == STEP_IDLE);
        if (state != TARGET_PENDING && state != TARGET_READY && !waiting)
            continue;
        if (s->targets[i].activity.state != STEP_IDLE)
            emit_step(engine, i, STEP_RESET, 0, NULL, NULL);
        (void)emit_target(engine, i, TARGET_SKIP, NULL, "the campaign was aborted");
    }
}

static void judge_end(struct engine *engine)
{
    const struct engine_state *s = &engine->state;
    int settled = 0, total = (int)engine->plan->target_count;
    for (int i = 0; i < TARGET_STATE_COUNT; i++)
        settled += machine_is_final(&target_machine, i) ? s->count_by_state[i] : 0;
    if (s->campaign == CAMPAIGN_ABORTING && settled == total)
        (void)emit_campaign(engine, CAMPAIGN_DRAINED, NULL, "%s",
                            s->reason ? s->reason : "aborted");
    if (s->campaign != CAMPAIGN_RUNNING || settled != total)
        return;
    int good = s->count_by_state[TARGET_SUCCEEDED] + s->count_by_state[TARGET_SKIPPED];
    (void)emit_campaign(engine,
                        good == total ? CAMPAIGN_ALL_SUCCEEDED : CAMPAIGN_ALL_SETTLED,
                        NULL, "%s", "");
}

void schedule_judge(struct engine *engine)
{
    judge_stranded(engine);
    judge_budgets(engine);
    roll_back_exceeded(engine);
    if (engine->state.campaign == CAMPAIGN_ABORTING)
        skip_unstarted(engine);
}

/* ---- the scan ---- */

static void wake_blocked(struct engine *engine)
{
    if (!engine->blocked_count)
        return;
    engine->blocked_count = 0;
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        if (!engine->blocked[i])
            continue;
        engine->blocked[i] = false;
        engine_pump(engine, i);
    }
}

void schedule(struct engine *engine)
{
    /* Each round can end targets (a playbook without steps), which can open the
       next wave; a round that changes nothing ends it. */
    while (engine->room_changed) {
        engine->room_changed = false;
        engine->recheck_ms = INT64_MAX;
        schedule_judge(engine);
        wake_blocked(engine);
        if (engine->state.campaign == CAMPAIGN_RUNNING && !engine->draining) {
            int wave = open_wave(engine);
            if (wave >= 0) {
                admit_ready(engine, wave);
                prepare_pending(engine, wave);
            }
        }
        judge_end(engine);
    }
}
