/*
 * view.c - looking at the engine without changing it: what it waits for, its
 * durable state as text, and the invariants that must hold after every step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/group.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* ---- what it waits for ---- */

struct census {
    int moving;    /* something is under way or may begin by itself */
    int gates;     /* waits in a gate step                          */
    int held;      /* held by an operator                           */
    int windows;   /* only its window, notice or a freeze is in the way, for a time */
    int clock;     /* only that the clock is not trusted            */
    int approvals; /* only that the approval ended                  */
    int soaking;
};

static void count_ready(const struct engine *engine, int target, int64_t now_ms,
                        struct census *census)
{
    struct admission_facts facts;
    engine_admission_facts(engine, target, now_ms, &facts);
    const struct time_facts time = facts.time;
    bool held = facts.hold_reason != NULL, closed = !time_facts_open(&time);
    facts.hold_reason = NULL;
    facts.time = (struct time_facts){.clock = NULL};
    if (!admission_allows(&facts))
        return; /* neither a release nor time would help it */
    /* a hold that ends by itself does not hide what a human has to do then */
    if (held && !(facts.hold_until_ms && time.approval_ended_ms))
        census->held++;
    else if (time.approval_ended_ms)
        census->approvals++;
    else if (time.clock)
        census->clock++;
    else if (closed)
        census->windows += time.window.next_change_ms > 0;
}

/* Behind those that fill the lane neither a release nor an opening would help. */
static void count_pending(const struct engine *engine, int target, int64_t now_ms,
                          struct census *census)
{
    int who;
    bool held = group_is_held(engine, target, now_ms, &who);
    bool later = engine->lanes.of[target] == LANE_LATER;
    if ((!held && !later) || !schedule_would_prepare(engine, target))
        return;
    if (held)
        census->held++;
    else
        census->windows += lanes_next_start(engine, target, now_ms) != INT64_MAX;
}

/* Its link group is about to be shut down, once for all of them: who else waits for others
   counts nothing. */
static void count_at_door(const struct engine *engine, int target, int64_t now_ms,
                          struct census *census)
{
    int unit = engine->unit_of[target], who;
    int64_t next_ms;
    if (!group_stands_at_door(engine, unit) || target != engine->plan->units[unit].first)
        return;
    if (group_is_held(engine, target, now_ms, &who))
        census->held++;
    else if (!rights_forbid_group(engine, unit, now_ms, &next_ms))
        census->moving++;
    else if (engine->state.times.clock)
        census->clock++;
    else
        census->windows += next_ms > 0;
}

static void count_busy(const struct engine *engine, int target, int64_t now_ms,
                       struct census *census)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    const struct times *times = &engine->state.times;
    int64_t next_ms;
    if (group_waits(engine, target)) {
        count_at_door(engine, target, now_ms, census);
        return;
    }
    if (activity_is_gate(engine, a))
        census->gates++;
    else if (a->state != STEP_WAITING)
        census->moving++;
    else if (!activity_hold_lets_start(engine, target, now_ms))
        census->held++; /* whatever else it would wait for then */
    else if (!activity_has_room(engine, target))
        return; /* who has the place counts himself, and no time would help this one */
    else if (!rights_forbid(engine, target, now_ms, &next_ms))
        census->moving++;
    else if (times->clock)
        census->clock++;
    else
        census->windows += next_ms > 0;
}

static void count_target(const struct engine *engine, int target, int64_t now_ms,
                         struct census *census)
{
    const struct target_state *t = &engine->state.targets[target];
    switch (t->state) {
    case TARGET_PREPARING:
    case TARGET_SNAPSHOTTING:
    case TARGET_CHANGING:
    case TARGET_CHECKING:
    case TARGET_CLEANING:
    case TARGET_ROLLING_BACK:
        count_busy(engine, target, now_ms, census);
        break;
    case TARGET_READY:
        count_ready(engine, target, now_ms, census);
        break;
    case TARGET_SOAKING: /* or its checks, or a snapshot that goes at its time limit */
        if (t->activity.state == STEP_IDLE)
            census->soaking += group_lets_soak_end(engine, target);
        else
            census->moving++;
        break;
    case TARGET_PENDING:
        count_pending(engine, target, now_ms, census);
        break;
    default:
        break;
    }
}

static bool wave_is_gated(const struct engine *engine)
{
    for (size_t i = 0; i < engine->plan->wave_count; i++) {
        const struct wave_state *w = &engine->state.waves[i];
        if (w->state == WAVE_GATED && !w->approved) /* else an earlier one was reopened */
            return true;
    }
    return false;
}

/* While paused: is anything still coming to a safe place? */
static bool still_settling(const struct engine *engine)
{
    for (size_t i = 0; i < engine->plan->target_count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        const struct activity_state *a = &t->activity;
        if (machine_is_final(&target_machine, (int)t->state))
            continue;
        if (activity_is_gate(engine, &t->activity))
            continue;
        if (a->state == STEP_RUNNING || a->state == STEP_IN_DOUBT ||
            t->state == TARGET_ROLLING_BACK)
            return true;
        if (a->state == STEP_WAITING && activity_is_read(engine, a) &&
            (t->state == TARGET_CHECKING || t->state == TARGET_SOAKING))
            return true;
        if (a->state == STEP_WAITING && group_is_away(engine, (int)i))
            return true;
    }
    return false;
}

enum engine_wait engine_waiting(const struct engine *engine, int64_t now_ms)
{
    const struct engine_state *s = &engine->state;
    if (engine->calls > 0)
        return ENGINE_BUSY;
    if (s->campaign == CAMPAIGN_UNAPPROVED)
        return ENGINE_APPROVAL;
    /* Something has a time of its own, other than a window's or a hold's: of a time that is
       stale there is another one. What waits for a place that a parked one holds in doubt
       waits for a human. */
    bool going_on = engine->heap_count > 0;
    if (s->campaign == CAMPAIGN_PAUSED)
        return going_on && still_settling(engine) ? ENGINE_BUSY : ENGINE_PAUSED;
    /* an operator can ask for a rollback after the end */
    if (machine_is_final(&campaign_machine, (int)s->campaign) &&
        !s->count_by_state[TARGET_ROLLING_BACK])
        return ENGINE_OVER;
    struct census census = {0};
    for (int i = 0; i < (int)engine->plan->target_count; i++)
        count_target(engine, i, now_ms, &census);
    if (census.moving && going_on)
        return ENGINE_BUSY;
    if (census.gates || wave_is_gated(engine))
        return ENGINE_GATE;
    if (census.approvals)
        return ENGINE_APPROVAL;
    if (census.clock)
        return ENGINE_CLOCK;
    if (census.windows)
        return ENGINE_WINDOW;
    if (census.soaking)
        return ENGINE_SOAK;
    return census.held ? ENGINE_HELD : ENGINE_STUCK;
}

static void note_start(struct engine_time_wait *wait, int target, int64_t at_ms)
{
    wait->targets++;
    if (!at_ms || at_ms == INT64_MAX || (wait->next_ms && wait->next_ms <= at_ms))
        return;
    wait->next_ms = at_ms;
    wait->target = target;
}

/* The first of a link group that is about to be shut down. */
static bool stands_for_its_group(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    return unit >= 0 && engine->plan->units[unit].first == target &&
           group_stands_at_door(engine, unit);
}

struct engine_time_wait engine_time_wait(const struct engine *engine, int64_t now_ms)
{
    struct engine_time_wait wait = {.target = -1};
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        bool awaits = t->state == TARGET_PENDING || t->state == TARGET_READY;
        int64_t next_ms = 0;
        if (awaits && !lanes_open(engine, i, now_ms) &&
            engine->state.waves[engine->plan->targets[i].wave].state == WAVE_OPEN)
            note_start(&wait, i, lanes_next_start(engine, i, now_ms));
        else if (t->activity.state == STEP_WAITING &&
                 rights_forbid(engine, i, now_ms, &next_ms))
            note_start(&wait, i, next_ms);
        else if (stands_for_its_group(engine, i) &&
                 rights_forbid_group(engine, engine->unit_of[i], now_ms, &next_ms))
            note_start(&wait, i, next_ms);
    }
    return wait;
}

/* 8 + 20 + 1 + 8 + 1 + 20 + 1 + 12 + 3 + 1 + 5: cut names stay under 80 bytes; the
   digest and the step's number keep what was cut from mattering. */
char *engine_snapshot_name(const struct plan *plan, int target, int step, int incarnation)
{
    return xasprintf("slipway/%.20s-%.8s/%.20s/%.12s-%d/%d", plan->campaign,
                     plan->digest ? plan->digest : "", plan->targets[target].name,
                     plan->playbook.steps[step].op.id, step, incarnation);
}

/* ---- the durable state as text ---- */

static const char *text(const char *value)
{
    return value ? value : "-";
}

static void print_activity(struct buf *out, const struct activity_state *a)
{
    buf_addf(out, " %s/%d/%d %d try %d intent %lld begun %lld issued %lld until %lld",
             activity_name(a->kind), a->index, (int)a->moment, (int)a->state, a->attempt,
             (long long)a->intent, (long long)a->begun_ms, (long long)a->issued_ms,
             (long long)a->deadline_ms);
    buf_addf(out, " key %lld doubt %lld handle %s", (long long)a->key,
             (long long)a->doubt_since_ms, text(a->handle));
}

static void print_target(const struct engine *engine, struct buf *out, int index)
{
    const struct target_state *t = &engine->state.targets[index];
    buf_addf(
        out, "%s %d since %lld first %lld at %d inc %d%s%s from %d reason %s v %s>%s%s",
        engine->plan->targets[index].name, (int)t->state, (long long)t->since_ms,
        (long long)t->first_ms, t->position, t->incarnation, t->changed ? " changed" : "",
        t->acknowledged ? " acknowledged" : "", (int)t->parked_from, text(t->reason),
        text(t->version_before), text(t->version_now), t->version_stale ? "?" : "");
    buf_addf(out, " soak %lld hold %s/%s/%lld rounds %d%s closes %lld baseline",
             (long long)t->soak_until_ms, text(t->hold_reason), text(t->hold_actor),
             (long long)t->hold_until_ms, t->retries, t->entitled ? " entitled" : "",
             (long long)t->closes_ms);
    for (size_t i = 0; i < engine->plan->playbook.check_count; i++)
        buf_addf(out, " %d", (int)t->baseline[i]);
    for (size_t i = 0; i < engine->plan->playbook.recovery_count; i++)
        buf_addf(out, " recovered %d", t->recovered[i]);
    if (t->recovery.state != RECOVERY_IDLE)
        buf_addf(out, " recovery %d of %d for %d/%d try %d since %lld: %s",
                 (int)t->recovery.state, t->recovery.index, t->recovery.step,
                 (int)t->recovery.moment, t->recovery.attempts,
                 (long long)t->recovery.since_ms, text(t->recovery.sentence));
    for (int i = 0; i < t->snapshot_count; i++) {
        const struct snapshot_state *snapshot = &t->snapshots[i];
        buf_addf(out, " [%s %s %s %d %d %lld]", text(snapshot->reference),
                 text(snapshot->name), text(snapshot->version), snapshot->step,
                 snapshot->incarnation, (long long)snapshot->taken_ms);
    }
    if (engine->unit_of[index] >= 0)
        buf_addf(out, " group%s%s", t->arrived ? " arrived" : "", t->off ? " off" : "");
    print_activity(out, &t->activity);
    buf_addc(out, '\n');
}

static void print_groups(const struct engine *engine, struct buf *out)
{
    for (size_t i = 0; i < engine->plan->unit_count; i++) {
        const struct group_state *g = &engine->state.groups[i];
        buf_addf(out,
                 "group %s %d since %lld culprit %d failing %d flying %d reason %s\n",
                 engine->plan->units[i].name, (int)g->state, (long long)g->since_ms,
                 g->culprit, g->failing, g->flying, text(g->reason));
    }
}

static void print_times(const struct engine *engine, struct buf *out)
{
    const struct times *t = &engine->state.times;
    buf_addf(out, "clock %s approved until %lld override %lld %s %s calendars %zu\n",
             text(t->clock), (long long)t->approved_until_ms, (long long)t->all.until_ms,
             text(t->all.reason), text(t->all.actor), t->time->calendar_count);
    for (size_t i = 0; t->targets && i < engine->plan->target_count; i++) {
        if (t->targets[i].until_ms)
            buf_addf(out, "override of %zu %lld %s %s\n", i,
                     (long long)t->targets[i].until_ms, text(t->targets[i].reason),
                     text(t->targets[i].actor));
    }
    for (size_t i = 0; t->own && i < t->own->calendar_count; i++)
        buf_addf(out, "calendar %s %s %zu\n", t->own->calendars[i].scope,
                 text(t->own->calendars[i].digest), t->own->calendars[i].spans.count);
    for (size_t i = 0; t->own && i < t->own->slot_count; i++)
        buf_addf(out, "%d ", t->own->slots[i].timetable);
}

char *engine_fingerprint(const struct engine *engine)
{
    const struct engine_state *s = &engine->state;
    struct buf out = {0};
    buf_addf(&out, "campaign %d since %lld reason %s actor %s epoch %lld started %lld",
             (int)s->campaign, (long long)s->campaign_since_ms, text(s->reason),
             text(s->actor), (long long)s->epoch, (long long)s->started_ms);
    buf_addf(&out, " in_flight %d/%d failed %d/%d doubt %d intents %lld\n", s->in_flight,
             s->settings.in_flight, s->failed, s->settings.budget, s->in_doubt,
             (long long)s->last_intent);
    print_times(engine, &out);
    for (size_t i = 0; i < engine->plan->domain_count; i++)
        buf_addf(&out, "domain %d/%d claimed %d\n", s->domain_down[i], s->domain_max[i],
                 s->domain_claimed[i]);
    for (size_t i = 0; i < engine->plan->limit_count; i++)
        buf_addf(&out, "limit %d/%d\n", s->limit_used[i], s->limit_max[i]);
    for (size_t i = 0; i < engine->plan->wave_count; i++)
        buf_addf(&out, "wave %d since %lld approved %d budget %d failed %d doubt %d\n",
                 (int)s->waves[i].state, (long long)s->waves[i].since_ms,
                 s->waves[i].approved, s->waves[i].budget, s->waves[i].failed,
                 s->waves[i].in_doubt);
    for (int i = 0; i < (int)engine->plan->target_count; i++)
        print_target(engine, &out, i);
    print_groups(engine, &out);
    return buf_take(&out);
}

/* ---- invariants ---- */

void engine_must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "slipway: invariant broken: %s\n", what);
    abort();
}

static void check_target(const struct engine *engine, int index)
{
    const struct target_state *t = &engine->state.targets[index];
    const struct activity_state *a = &t->activity;
    bool busy = a->state == STEP_ISSUED || a->state == STEP_RUNNING;
    engine_must(!busy || a->intent > 0, "what is under way has an intent");
    engine_must(!busy || a->deadline_ms > 0, "what is under way has a deadline");
    engine_must(a->state == STEP_IDLE || a->kind != ACTIVITY_NONE,
                "an activity has a kind");
    engine_must(!(machine_is_final(&target_machine, (int)t->state) && busy),
                "a settled target has nothing under way");
    engine_must(a->kind != ACTIVITY_RECOVER || t->recovery.state == RECOVERY_RUNNING,
                "an activity that recovers belongs to a recovery");
    engine_must(!target_is_in_flight(t->state) || t->position >= 0,
                "a target in flight is at a step");
    bool unprotected = t->state == TARGET_CHANGING && a->kind == ACTIVITY_STEP &&
                       engine->plan->playbook.rollback == ROLLBACK_SNAPSHOT &&
                       engine->plan->playbook.steps[a->index].snapshot &&
                       !t->snapshot_count;
    engine_must(!unprotected, "a protected step has its snapshot");
}

static void recount(const struct engine *engine, int counts[4])
{
    for (size_t i = 0; i < engine->plan->target_count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        bool alone = engine->unit_of[i] < 0;
        counts[0] += target_is_in_flight(t->state);
        counts[1] += alone && target_counts_as_failed(t);
        counts[2] += t->activity.call != CALL_NONE;
        counts[3] += alone && target_is_in_flight(t->state);
    }
    for (size_t i = 0; i < engine->plan->unit_count; i++) { /* each is one thing */
        counts[1] += engine->state.groups[i].failing > 0;
        counts[3] += engine->state.groups[i].flying > 0;
    }
}

static void check_groups(const struct engine *engine)
{
    for (int i = 0; i < (int)engine->plan->unit_count; i++) {
        const char *broken = group_broken(engine, i);
        engine_must(!broken, broken);
    }
}

/* The quick answer of the scan and the list for people are one. */
static void check_ready(const struct engine *engine)
{
    struct admission_facts facts;
    int ready = 0;
    if (engine->lanes.stale || engine->now_ms >= engine->lanes.check_ms)
        return; /* not looked at since: a replay, or paused */
    for (int i = 0; i < (int)engine->plan->target_count && ready < 20; i++) {
        if (engine->state.targets[i].state != TARGET_READY)
            continue;
        ready++;
        int wave = engine->plan->targets[i].wave;
        engine_admission_facts(engine, i, engine->now_ms, &facts);
        bool earlier_done = facts.wave == engine->state.waves[wave].state;
        if (earlier_done)
            engine_must(admission_allows(&facts) ==
                            (!ready_is_shut(engine, wave) && ready_may_start(engine, i)),
                        "the scan and the list of blockers agree");
    }
}

void engine_check_invariants(const struct engine *engine)
{
    const struct engine_state *s = &engine->state;
    int counts[4] = {0};
    for (int i = 0; i < (int)engine->plan->target_count; i++)
        check_target(engine, i);
    recount(engine, counts);
    check_ready(engine);
    engine_must(counts[0] == s->in_flight, "in flight is counted right");
    engine_must(counts[1] == s->failed, "failed is counted right");
    engine_must(counts[3] == s->at_risk, "what is at risk is counted right");
    check_groups(engine);
    engine_must(counts[2] == engine->calls, "outstanding calls are counted right");
    for (size_t i = 0; i < engine->plan->limit_count; i++)
        engine_must(s->limit_used[i] >= 0, "no limit is given back twice");
    for (size_t i = 0; i < engine->plan->domain_count; i++)
        engine_must(s->domain_down[i] >= 0 && s->domain_down[i] <= s->domain_claimed[i],
                    "domains are counted right");
}
