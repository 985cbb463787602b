/*
 * schedule.c - whose turn it is: which wave opens, who is prepared, who starts,
 * and when the campaign is over or must stop.
 *
 * Targets are looked at in the plan's order, so the same facts give the same
 * choice. The scan runs only after something changed that could make room.
 */
#include "engine/group.h"

#include <stdio.h>
#include <string.h>

/* Prepared ahead at most this many times the in-flight limit, so that a step
   outside the window keeps the change from waiting for it. */
#define PREPARE_AHEAD 2

/* ---- starting ---- */

/* Its opening passed before its turn came, or what was looked at before the change is
   old: it gives its place in the lane to somebody who can start. */
static void send_back(struct engine *engine, int target, const char *why)
{
    (void)emit_target(engine, target, TARGET_UNREADY, NULL, "%s", why);
}

static void send_back_late(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    const struct wave_state *w = &engine->state.waves[wave];
    int end = planned->first + planned->count;
    for (int i = lanes_next(engine, LANE_LATER, planned->first, end);
         i >= 0 && w->count_by_state[TARGET_READY] > w->near_ready;
         i = lanes_next(engine, LANE_LATER, i + 1, end)) {
        if (engine->state.targets[i].state == TARGET_READY)
            send_back(engine, i, "its opening passed before its turn came");
    }
}

static bool is_stale(const struct engine *engine, const struct target_state *t)
{
    return engine->now_ms - t->since_ms > PRECHECK_FRESH_MS;
}

/* What was looked at before the change is too old for one of its group: for all. */
static bool send_back_stale(struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    int first = unit < 0 ? target : engine->plan->units[unit].first;
    int end = unit < 0 ? target + 1 : first + engine->plan->units[unit].count;
    bool stale = false;
    for (int i = first; i < end; i++) {
        const struct target_state *t = &engine->state.targets[i];
        stale = stale || (t->state == TARGET_READY && is_stale(engine, t));
    }
    for (int i = first; i < end && stale; i++) {
        if (engine->state.targets[i].state == TARGET_READY)
            send_back(engine, i, "it was looked at too long ago to rely on that");
    }
    return stale;
}

static void admit(struct engine *engine, int target)
{
    if (engine->unit_of[target] < 0)
        target_admit(engine, target);
    else
        group_admit(engine, engine->unit_of[target]);
}

static void admit_ready(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    int end = planned->first + planned->count;
    send_back_late(engine, wave);
    engine_recheck_at(engine, engine->state.times.approved_until_ms);
    for (int i = lanes_next(engine, LANE_READY, planned->first, end); i >= 0;
         i = lanes_next(engine, LANE_READY, i + 1, end)) {
        int who;
        if (ready_is_shut(engine, wave))
            return; /* the same for everybody behind it */
        if (group_is_held(engine, i, engine->now_ms, &who))
            engine_recheck_at(engine, engine->state.targets[who].hold_until_ms);
        else if (!send_back_stale(engine, i) && ready_may_start(engine, i))
            admit(engine, i);
    }
}

/* ---- preparing ---- */

bool schedule_domain_wants(const struct engine *engine, int target, int domain,
                           int needed)
{
    const struct engine_state *s = &engine->state;
    const struct wave_state *w = &s->waves[engine->plan->targets[target].wave];
    if (s->count_by_state[TARGET_READY] > w->count_by_state[TARGET_READY])
        return true; /* claims of a wave that has to wait for this one */
    return s->domain_claimed[domain] + needed <= s->domain_max[domain] * PREPARE_AHEAD;
}

/* No domain may fill the preparation lane with targets that cannot start. */
static bool domains_want_more(const struct engine *engine, int target)
{
    const struct plan_target *planned = &engine->plan->targets[target];
    if (engine->unit_of[target] >= 0)
        return group_may_prepare(engine, target);
    for (int i = 0; i < planned->domain_count; i++) {
        if (!schedule_domain_wants(engine, target, planned->domains[i], 1))
            return false;
    }
    return true;
}

/* The lane is the wave's own: ready ones of another wave may have to wait for this
   one. And a veto on some is no veto on the others; nor are those whose opening is
   still to come in the way of one that could start `now`. */
static bool lane_is_full(const struct engine *engine, int wave, bool now)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    const struct wave_state *w = &engine->state.waves[wave];
    int room = engine->state.settings.in_flight * PREPARE_AHEAD;
    int ahead = w->count_by_state[TARGET_PREPARING] + w->near_ready;
    int end = planned->first + planned->count, who;
    for (int i = ahead < room ? -1 : lanes_next(engine, LANE_READY, planned->first, end);
         i >= 0 && ahead >= room; i = lanes_next(engine, LANE_READY, i + 1, end))
        ahead -= group_is_held(engine, i, engine->now_ms, &who) ||
                 (now && !lanes_open(engine, i, engine->now_ms));
    return ahead >= room;
}

/* Of its wave, that every earlier one is done and it is open itself. */
static bool wave_is_open(const struct engine *engine, int wave)
{
    for (int i = 0; i < wave; i++) {
        if (engine->state.waves[i].state != WAVE_DONE)
            return false;
    }
    return engine->state.waves[wave].state == WAVE_OPEN;
}

bool schedule_would_prepare(const struct engine *engine, int target)
{
    int wave = engine->plan->targets[target].wave;
    bool now = lanes_open(engine, target, engine->now_ms);
    return wave_is_open(engine, wave) && !lane_is_full(engine, wave, now) &&
           domains_want_more(engine, target);
}

/* Nobody can be prepared, whoever it is. */
static bool domains_are_full(const struct engine *engine, int wave)
{
    const struct engine_state *s = &engine->state;
    if (!engine->in_domains ||
        s->count_by_state[TARGET_READY] > s->waves[wave].count_by_state[TARGET_READY])
        return false;
    for (size_t d = 0; d < engine->plan->domain_count; d++) {
        if (s->domain_claimed[d] < s->domain_max[d] * PREPARE_AHEAD)
            return false;
    }
    return true;
}

static void prepare(struct engine *engine, int target)
{
    if (engine->unit_of[target] < 0)
        target_begin_preparing(engine, target);
    else
        group_prepare(engine, engine->unit_of[target]);
}

/* Who comes next, in the plan's order, of those whose opening is near. */
static void prepare_pending(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    const struct engine_state *s = &engine->state;
    int end = planned->first + planned->count;
    if (!engine->lane_changed && engine->now_ms < engine->prepare_ms)
        return;
    engine->lane_changed = false;
    engine->prepare_ms = INT64_MAX;
    engine->lane_full = lane_is_full(engine, wave, false);
    bool shut = (engine->lane_full && lane_is_full(engine, wave, true)) ||
                domains_are_full(engine, wave);
    for (int i = lanes_next(engine, LANE_PENDING, planned->first, end); i >= 0 && !shut;
         i = lanes_next(engine, LANE_PENDING, i + 1, end)) {
        int who;
        bool held = group_is_held(engine, i, engine->now_ms, &who);
        int64_t until_ms = s->targets[who].hold_until_ms;
        if (!held && (!engine->lane_full || lanes_open(engine, i, engine->now_ms)) &&
            domains_want_more(engine, i)) {
            prepare(engine, i);
            engine->lane_full = lane_is_full(engine, wave, false);
            shut = (engine->lane_full && lane_is_full(engine, wave, true)) ||
                   domains_are_full(engine, wave);
        } else if (until_ms > engine->now_ms && until_ms < engine->prepare_ms)
            engine->prepare_ms = until_ms;
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

/* Of a link group all members: once all of them soak, and none is at work. */
static bool may_go_back(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    return unit < 0 || (engine->state.groups[unit].state == GROUP_SOAKING &&
                        group_busy_member(engine, unit) < 0);
}

static void roll_back_wave(struct engine *engine, int wave)
{
    const struct plan_wave *planned = &engine->plan->waves[wave];
    for (int i = planned->first; i < planned->first + planned->count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        if (t->state == TARGET_SOAKING && !activity_under_way(&t->activity) &&
            may_go_back(engine, i))
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
            state == TARGET_PREPARING && s->targets[i].activity.state == STEP_WAITING;
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
    unsigned char *at = engine->blocked, *end = at + engine->plan->target_count;
    if (!engine->blocked_count)
        return;
    engine->blocked_count = 0;
    /* who is blocked again stands behind us */
    while (at < end && (at = memchr(at, 1, (size_t)(end - at))) != NULL) {
        *at = 0;
        engine_pump(engine, (int)(at++ - engine->blocked));
    }
}

void schedule(struct engine *engine)
{
    /* Each round can end targets (a playbook without steps), which can open the
       next wave; a round that changes nothing ends it. */
    while (engine->room_changed) {
        engine->room_changed = false;
        engine->recheck_ms = INT64_MAX;
        lanes_check(engine);
        groups_settle(engine);
        schedule_judge(engine);
        wake_blocked(engine);
        if (engine->state.campaign == CAMPAIGN_RUNNING && !engine->draining) {
            int wave = open_wave(engine);
            if (wave >= 0) {
                admit_ready(engine, wave);
                prepare_pending(engine, wave);
            }
            engine_recheck_at(engine, engine->prepare_ms);
            engine_recheck_at(engine, engine->lanes.check_ms);
        }
        judge_end(engine);
    }
}
