/*
 * apply.c - the only place where the durable state changes: one record at a
 * time, live and at replay alike. It decides nothing. (apply_time.c: what is about time;
 * apply_count.c: the counters that follow from it.)
 */
#include <stdlib.h>

#include "engine/group.h"
#include "util/xalloc.h"

void state_create(struct engine *engine)
{
    const struct plan *plan = engine->plan;
    struct engine_state *s = &engine->state;
    s->campaign = plan->approval_required ? CAMPAIGN_UNAPPROVED : CAMPAIGN_READY;
    s->settings = (struct settings){.in_flight = plan->in_flight, .budget = plan->budget};
    times_create(&s->times, plan);
    lanes_create(engine);
    s->domain_max = xcalloc(plan->domain_count, sizeof *s->domain_max);
    s->domain_down = xcalloc(plan->domain_count, sizeof *s->domain_down);
    s->domain_claimed = xcalloc(plan->domain_count, sizeof *s->domain_claimed);
    s->limit_max = xcalloc(plan->limit_count, sizeof *s->limit_max);
    s->limit_used = xcalloc(plan->limit_count, sizeof *s->limit_used);
    s->waves = xcalloc(plan->wave_count, sizeof *s->waves);
    s->targets = xcalloc(plan->target_count, sizeof *s->targets);
    s->target_states = xcalloc(plan->target_count, sizeof *s->target_states);
    s->groups = xcalloc(plan->unit_count + 1, sizeof *s->groups);
    for (size_t i = 0; i < plan->unit_count; i++)
        s->groups[i].culprit = -1;
    for (size_t i = 0; i < plan->domain_count; i++)
        s->domain_max[i] = plan->domains[i].max;
    for (size_t i = 0; i < plan->limit_count; i++)
        s->limit_max[i] = plan->limits[i].max;
    for (size_t i = 0; i < plan->wave_count; i++) {
        s->waves[i].budget = plan->waves[i].budget;
    }
    for (size_t i = 0; i < plan->target_count; i++) {
        s->targets[i].position = -1;
        s->targets[i].companion = plan->targets[i].companion;
        s->targets[i].baseline =
            xcalloc(plan->playbook.check_count, sizeof *s->targets[i].baseline);
        s->targets[i].recovered =
            xcalloc(plan->playbook.recovery_count, sizeof *s->targets[i].recovered);
        state_count_target(engine, (int)i, 1);
    }
}

static void snapshot_clear(struct snapshot_state *snapshot)
{
    free(snapshot->reference);
    free(snapshot->name);
    free(snapshot->version);
    *snapshot = (struct snapshot_state){0};
}

void state_clear_activity(struct activity_state *a)
{
    free(a->handle);
    free(a->sentence);
    *a = (struct activity_state){0};
}

static void target_clear(struct target_state *t)
{
    state_clear_recovery(t);
    free(t->recovered);
    free(t->reason);
    free(t->version_before);
    free(t->version_now);
    free(t->baseline);
    free(t->hold_reason);
    free(t->hold_actor);
    for (int i = 0; i < t->snapshot_count; i++)
        snapshot_clear(&t->snapshots[i]);
    state_clear_activity(&t->activity);
}

void state_destroy(struct engine *engine)
{
    struct engine_state *s = &engine->state;
    for (size_t i = 0; i < engine->plan->target_count; i++)
        target_clear(&s->targets[i]);
    times_clear(&s->times, engine->plan);
    lanes_destroy(engine);
    for (size_t i = 0; i < engine->plan->unit_count; i++)
        free(s->groups[i].reason);
    free(s->groups);
    free(s->targets);
    free(s->target_states);
    free(s->waves);
    free(s->domain_max);
    free(s->domain_down);
    free(s->domain_claimed);
    free(s->limit_max);
    free(s->limit_used);
    free(s->reason);
    free(s->actor);
}

static void apply_campaign(struct engine_state *s, const struct record *r)
{
    s->campaign = (enum campaign_state_id)r->to;
    s->campaign_since_ms = r->at_ms;
    xreplace(&s->reason, r->text);
    xreplace(&s->actor, r->actor);
    if (r->event == CAMPAIGN_START)
        s->started_ms = r->at_ms;
}

/* It goes from the start: what was learned before is void. */
static void forget_attempt(struct engine *engine, struct target_state *t)
{
    state_clear_activity(&t->activity);
    for (size_t i = 0; i < engine->plan->playbook.check_count; i++)
        t->baseline[i] = VERDICT_NONE;
    t->position = -1;
}

static bool stops_its_group(enum target_state_id state)
{
    return state == TARGET_PARKED || state == TARGET_FAILED || state == TARGET_STRANDED;
}

/* Who stopped its link group first is what the others wait for. */
static void apply_culprit(struct engine *engine, int target)
{
    struct group_state *group = group_of(engine, target);
    if (!group)
        return;
    bool stops = stops_its_group(engine->state.targets[target].state);
    if (stops && group->culprit < 0)
        group->culprit = target;
    else if (!stops && group->culprit == target)
        group->culprit = -1;
}

static void apply_target(struct engine *engine, const struct record *r)
{
    struct target_state *t = &engine->state.targets[r->target];
    if (r->to == TARGET_PARKED)
        t->parked_from = t->state;
    t->state = (enum target_state_id)r->to;
    t->since_ms = r->at_ms;
    xreplace(&t->reason, r->text);
    if (r->event == TARGET_PREPARE && !t->first_ms)
        t->first_ms = r->at_ms;
    if (r->event == TARGET_RETRY) {
        forget_attempt(engine, t);
        t->acknowledged = false;
        t->retries++;
    }
    if (r->event == TARGET_UNREADY)
        forget_attempt(engine, t);
    if (r->event != TARGET_PARK && r->event != TARGET_CONTINUE)
        state_clear_recovery(t); /* a doubt about it may still be settled */
    if (r->event == TARGET_CONTINUE || r->event == TARGET_STRAND)
        t->acknowledged = false; /* whoever saw it has not seen this */
    if (r->event == TARGET_RESTORED)
        t->changed = false;
    apply_culprit(engine, r->target);
    state_apply_rights(engine, t, r);
}

static void begin_activity(struct activity_state *a, const struct record *r)
{
    state_clear_activity(a);
    a->kind = (enum activity)r->activity;
    a->index = r->index;
    a->moment = (enum moment)r->moment;
    a->attempt = r->attempt;
    a->begun_ms = r->at_ms;
    a->not_before_ms = r->number;
}

static void issue_activity(struct engine *engine, struct target_state *t,
                           const struct record *r)
{
    struct activity_state *a = &t->activity;
    const struct playbook *playbook = &engine->plan->playbook;
    a->was_changed = a->was_changed || (!a->intent && t->changed);
    a->intent = r->intent;
    a->key = a->key ? a->key : r->intent;
    a->issued_ms = r->at_ms;
    a->deadline_ms = r->number;
    xreplace(&a->handle, NULL);
    if (r->intent > engine->state.last_intent)
        engine->state.last_intent = r->intent;
    if (a->kind == ACTIVITY_STEP && playbook->steps[a->index].phase != PHASE_PREPARE)
        t->changed = t->version_stale = true;
    if (a->kind == ACTIVITY_RECOVER && t->state == TARGET_CHANGING)
        t->changed = t->version_stale = true;
    if (a->kind == ACTIVITY_POWER_OFF)
        t->off = true;
    bool part = t->state == TARGET_SNAPSHOTTING || t->state == TARGET_CHANGING;
    if (part && !group_is_away(engine, r->target)) /* that asks no window */
        t->entitled = t->entitled || a->kind != ACTIVITY_PRUNE;
}

static void apply_step(struct engine *engine, const struct record *r)
{
    struct target_state *t = &engine->state.targets[r->target];
    struct activity_state *a = &t->activity;
    switch ((enum step_event)r->event) {
    case STEP_BEGIN:
        begin_activity(a, r);
        t->silent = t->red = false;
        break;
    case STEP_ISSUE:
        issue_activity(engine, t, r);
        break;
    case STEP_PENDING:
    case STEP_ADOPT:
        if (r->detail)
            xreplace(&a->handle, r->detail);
        break;
    case STEP_NOT_STARTED:
        a->stalled = true;
        a->not_before_ms = r->number;
        break;
    case STEP_TRY_LATER:
        a->not_before_ms = r->number;
        break;
    case STEP_LOST_HARMLESS:
        a->was_changed = true;
        /* a guest that was asked goes down minutes later */
        a->stalled = a->stalled || a->kind == ACTIVITY_POWER_OFF;
        a->not_before_ms = r->number;
        break;
    case STEP_ATTEMPT_FAILED:
        a->was_changed = true;
        a->attempt = r->attempt;
        a->key = 0;
        a->not_before_ms = r->number;
        a->begun_ms = r->at_ms;
        a->tried_ms = 0;
        break;
    case STEP_UNKNOWN:
    case STEP_LOST:
        a->doubt_since_ms = r->at_ms;
        break;
    case STEP_ASK_AGAIN:
        a->doubt_since_ms = r->at_ms;
        a->deadline_ms = r->number;
        break;
    case STEP_RESET:
        t->doubt_left = t->doubt_left || (a->state == STEP_IN_DOUBT && a->intent);
        state_clear_activity(a);
        break;
    default:
        break;
    }
    a->state = (enum step_state_id)r->to;
    if (r->text)
        xreplace(&a->sentence, r->text);
}

static void apply_snapshot(struct target_state *t, const struct record *r)
{
    t->snapshots[t->snapshot_count++] = (struct snapshot_state){
        .reference = xstrdup_null(r->text),
        .name = xstrdup_null(r->detail),
        .version = t->version_stale ? NULL : xstrdup_null(t->version_now),
        .step = r->index,
        .incarnation = r->incarnation,
        .taken_ms = r->at_ms,
    };
}

static void apply_snapshot_gone(struct target_state *t)
{
    snapshot_clear(&t->snapshots[0]);
    for (int i = 1; i < t->snapshot_count; i++)
        t->snapshots[i - 1] = t->snapshots[i];
    t->snapshots[--t->snapshot_count] = (struct snapshot_state){0};
}

static void apply_version(struct target_state *t, const struct record *r)
{
    xreplace(&t->version_now, r->text);
    t->version_stale = t->off = false;
    if (r->moment == MOMENT_BEFORE)
        xreplace(&t->version_before, r->text);
}

static void apply_set(struct engine *engine, const struct record *r)
{
    struct engine_state *s = &engine->state;
    int value = (int)r->number;
    if (r->index == 0)
        s->settings.in_flight = value;
    else if (r->index == 1)
        s->settings.budget = value;
    else if (r->index == 2) {
        s->waves[r->wave].budget = value;
        s->waves[r->wave].budget_set = true;
    } else if (r->index == 3)
        s->domain_max[r->attempt] = value;
    else
        s->limit_max[r->attempt] = value;
}

static void apply_to_target(struct engine *engine, const struct record *r)
{
    struct target_state *t = &engine->state.targets[r->target];
    switch (r->kind) {
    case RECORD_TARGET:
        apply_target(engine, r);
        break;
    case RECORD_STEP:
        apply_step(engine, r);
        break;
    case RECORD_RECOVERY:
        state_apply_recovery(t, r);
        break;
    case RECORD_POSITION:
        t->position = r->index;
        break;
    case RECORD_BASELINE:
        t->baseline[r->index] = (enum verdict)r->number;
        break;
    case RECORD_VERSION:
        apply_version(t, r);
        break;
    case RECORD_SNAPSHOT:
        apply_snapshot(t, r);
        break;
    case RECORD_SNAPSHOT_GONE:
        apply_snapshot_gone(t);
        t->changed = t->changed && !r->number;
        break;
    case RECORD_REVERTING:
        t->incarnation = r->incarnation;
        t->doubt_left = false;
        break;
    case RECORD_SOAK:
        t->soak_until_ms = r->number;
        break;
    case RECORD_HOLD:
        xreplace(&t->hold_reason, r->text ? r->text : "no reason given");
        xreplace(&t->hold_actor, r->actor);
        t->hold_until_ms = r->number;
        break;
    case RECORD_RELEASE:
        state_apply_release(engine, r);
        xreplace(&t->hold_reason, NULL);
        xreplace(&t->hold_actor, NULL);
        t->hold_until_ms = 0;
        break;
    case RECORD_ACKNOWLEDGED:
        t->acknowledged = true;
        break;
    case RECORD_WINDOW:
        t->entitled = true;
        t->closes_ms = r->number;
        break;
    case RECORD_OVERRUN:
        t->closes_ms = 0;
        break;
    case RECORD_GROUP:
        t->arrived = true;
        break;
    default:
        break;
    }
}

static bool in_range(int64_t value, int64_t low, int64_t end)
{
    return value >= low && value < end;
}

/* A record that indexes outside this plan is not of this campaign. */
static bool record_fits(const struct engine *engine, const struct record *r)
{
    const struct plan *plan = engine->plan;
    const struct playbook *p = &plan->playbook;
    if (!in_range(r->target, -1, (int64_t)plan->target_count) ||
        !in_range(r->wave, -1, (int64_t)plan->wave_count))
        return false;
    switch (r->kind) {
    case RECORD_CAMPAIGN:
        return in_range(r->to, 0, CAMPAIGN_STATE_COUNT);
    case RECORD_WAVE:
        return r->wave >= 0 && in_range(r->to, 0, WAVE_STATE_COUNT);
    case RECORD_APPROVED:
    case RECORD_OWNER:
    case RECORD_COMMAND:
    case RECORD_REJECTED:
    case RECORD_CALENDAR:
    case RECORD_OVERRIDE:
    case RECORD_CLOCK:
        return true;
    case RECORD_SET:
        return in_range(r->index, 0, 5) && (r->index != 2 || r->wave >= 0) &&
               (r->index != 3 || in_range(r->attempt, 0, (int64_t)plan->domain_count)) &&
               (r->index != 4 || in_range(r->attempt, 0, (int64_t)plan->limit_count));
    case RECORD_GROUP:
        return in_range(r->index, 0, (int64_t)plan->unit_count) &&
               in_range(r->to, 0, GROUP_STATE_COUNT) &&
               (r->target < 0 || plan_unit_of(plan, r->target) == r->index);
    case RECORD_TARGET:
        return r->target >= 0 && in_range(r->to, 0, TARGET_STATE_COUNT);
    case RECORD_SNAPSHOT:
        return r->target >= 0 &&
               engine->state.targets[r->target].snapshot_count < SNAPSHOTS_MAX;
    case RECORD_SNAPSHOT_GONE:
        return r->target >= 0 && engine->state.targets[r->target].snapshot_count > 0;
    case RECORD_BASELINE:
        return r->target >= 0 && in_range(r->index, 0, (int64_t)p->check_count);
    case RECORD_RECOVERY:
        return state_recovery_fits(engine, r);
    case RECORD_POSITION:
        return r->target >= 0 && in_range(r->index, -1, (int64_t)p->step_count);
    case RECORD_STEP: {
        bool by_step = r->activity == ACTIVITY_STEP || r->activity == ACTIVITY_GUARD ||
                       r->activity == ACTIVITY_SNAPSHOT;
        int64_t end = r->activity == ACTIVITY_CHECK     ? (int64_t)p->check_count
                      : r->activity == ACTIVITY_RECOVER ? (int64_t)p->recovery_op_count
                      : r->activity == ACTIVITY_READ    ? (int64_t)p->read_count
                      : by_step                         ? (int64_t)p->step_count
                                                        : 1;
        return r->target >= 0 && in_range(r->to, 0, STEP_STATE_COUNT) &&
               in_range(r->activity, 0, ACTIVITY_COUNT) && in_range(r->index, 0, end);
    }
    default:
        return r->target >= 0;
    }
}

/* Who was away does not know what the windows made of it meanwhile. */
static void apply_owner(struct engine *engine, const struct record *r)
{
    engine->state.epoch = r->number;
    engine->state.owned_ms = r->at_ms;
    for (size_t i = 0; i < engine->plan->target_count; i++)
        engine->state.targets[i].entitled = false;
}

static void apply_group(struct engine *engine, const struct record *r)
{
    struct group_state *group = &engine->state.groups[r->index];
    const struct plan_unit *unit = &engine->plan->units[r->index];
    group->state = (enum group_state_id)r->to;
    group->since_ms = r->at_ms;
    if (r->text || r->event == GROUP_ADMIT || r->event == GROUP_RETRY)
        xreplace(&group->reason, r->text);
    for (int i = unit->first; i < unit->first + unit->count; i++)
        engine->state.targets[i].arrived = false;
}

/* Whether one of them is held says something about each of them. */
static void count_members(struct engine *engine, const struct record *r, int sign)
{
    int unit = engine->unit_of[r->target];
    if (unit < 0 || (r->kind != RECORD_HOLD && r->kind != RECORD_RELEASE)) {
        state_count_target(engine, r->target, sign);
        return;
    }
    const struct plan_unit *u = &engine->plan->units[unit];
    for (int i = u->first; i < u->first + u->count; i++)
        state_count_target(engine, i, sign);
}

int state_apply(struct engine *engine, const struct record *r)
{
    struct engine_state *s = &engine->state;
    if (!record_fits(engine, r))
        return -1;
    if (state_is_of_time(r->kind))
        return state_apply_time(engine, r);
    if (r->target >= 0 && r->kind != RECORD_COMMAND && r->kind != RECORD_REJECTED) {
        count_members(engine, r, -1);
        apply_to_target(engine, r);
        count_members(engine, r, 1);
        return 0;
    }
    if (r->kind == RECORD_CAMPAIGN) {
        apply_campaign(s, r);
        if (r->event == CAMPAIGN_UNPAUSE)
            state_apply_release(engine, r);
    } else if (r->kind == RECORD_SET)
        apply_set(engine, r);
    else if (r->kind == RECORD_OWNER)
        apply_owner(engine, r);
    else if (r->kind == RECORD_WAVE) {
        s->waves[r->wave].state = (enum wave_state_id)r->to;
        s->waves[r->wave].since_ms = r->at_ms;
    } else if (r->kind == RECORD_GROUP)
        apply_group(engine, r);
    return 0;
}
