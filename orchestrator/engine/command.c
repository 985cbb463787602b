/*
 * command.c - operators' verbs, one function each. What was asked is recorded
 * with who and why before what follows from it; what does not fit is rejected
 * with a sentence and changes nothing.
 */
#include "engine/group.h"

#include <stdio.h>
#include <string.h>

#include "util/xalloc.h"

static const char *target_name(const struct engine *engine, int target)
{
    return engine->plan->targets[target].name;
}

static bool needs_target(struct engine *engine, const struct command *c)
{
    if (c->target >= 0)
        return true;
    emit_rejected(engine, -1, "%s needs a target of this campaign", verb_name(c->verb));
    return false;
}

static void record_command(struct engine *engine, const struct command *c)
{
    struct record record = record_new(engine, RECORD_COMMAND);
    record.target = c->target;
    record.wave = c->wave;
    record.number = c->number;
    record.text = c->setting ? xasprintf("%s %s", verb_name(c->verb), c->setting)
                             : xstrdup(verb_name(c->verb));
    record.detail = xstrdup_null(c->reason);
    record.actor = xstrdup_null(c->actor);
    emit(engine, record);
}

/* ---- the campaign ---- */

void acknowledge(struct engine *engine, int target, const char *actor)
{
    struct record record = record_new(engine, RECORD_ACKNOWLEDGED);
    record.target = target;
    record.actor = xstrdup_null(actor);
    emit(engine, record);
}

static void acknowledge_failures(struct engine *engine, const char *actor)
{
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        bool stranded = t->state == TARGET_STRANDED && !t->acknowledged;
        if (stranded || target_counts_as_failed(t))
            acknowledge(engine, i, actor);
    }
}

static void unpause(struct engine *engine, const struct command *c)
{
    /* Whoever unpauses has looked: what failed so far no longer counts. */
    if (engine->state.campaign == CAMPAIGN_PAUSED)
        acknowledge_failures(engine, c->actor);
    (void)emit_campaign(engine, CAMPAIGN_UNPAUSE, c->actor, "%s",
                        c->reason ? c->reason : "");
}

static bool is_one_with(const struct engine *engine, int target, int other)
{
    int unit = engine->unit_of[target];
    return target == other || (unit >= 0 && unit == engine->unit_of[other]);
}

static void promote(struct engine *engine, const struct command *c)
{
    int promoted = 0;
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        const struct target_state *t = &engine->state.targets[i];
        bool chosen = (c->target < 0 || is_one_with(engine, c->target, i)) &&
                      group_lets_soak_end(engine, i) &&
                      (c->wave < 0 || engine->plan->targets[i].wave == c->wave);
        if (!chosen || t->state != TARGET_SOAKING || t->soak_until_ms <= engine->now_ms)
            continue;
        struct record record = record_new(engine, RECORD_SOAK);
        record.target = i;
        record.number = engine->now_ms;
        record.actor = xstrdup_null(c->actor);
        emit(engine, record);
        target_time(engine, i);
        engine_pump(engine, i);
        promoted++;
    }
    if (!promoted)
        emit_rejected(engine, c->target, "nothing is soaking there");
}

/* ---- targets ---- */

static bool effect_under_way(const struct target_state *t)
{
    return t->activity.state == STEP_ISSUED || t->activity.state == STEP_RUNNING ||
           (t->activity.state == STEP_IN_DOUBT && t->state != TARGET_PARKED &&
            t->state != TARGET_STRANDED);
}

void command_reopen(struct engine *engine, int target)
{
    int wave = engine->plan->targets[target].wave;
    if (engine->state.campaign == CAMPAIGN_COMPLETED ||
        engine->state.campaign == CAMPAIGN_COMPLETED_WITH_FAILURES)
        (void)emit_campaign(engine, CAMPAIGN_REOPEN, NULL, "%s", "");
    if (engine->state.waves[wave].state == WAVE_DONE)
        (void)emit_wave(engine, wave, WAVE_REOPEN, NULL);
}

static void reject_new_start(struct engine *engine, int target)
{
    const char *name = target_name(engine, target);
    if (target_rollback_obstacle(engine, target))
        emit_rejected(
            engine, target,
            "%s has a snapshot from before its change and cannot be rolled back "
            "by slipway: plan a new campaign for it",
            name);
    else
        emit_rejected(engine, target,
                      "%s has a snapshot from before its change: put it back first with: "
                      "slipway rollback %s",
                      name, name);
}

/* Parked before anything was changed: from the start. Parked later: from there. */
static bool retry_one(struct engine *engine, int target, const char *actor)
{
    const struct target_state *t = &engine->state.targets[target];
    if (engine->state.campaign == CAMPAIGN_ABORTED ||
        engine->state.campaign == CAMPAIGN_ABORTING) {
        emit_rejected(engine, target, "the campaign was aborted: plan a new one");
        return false;
    }
    if (engine->unit_of[target] >= 0)
        return group_retry(engine, target, actor);
    if (t->state == TARGET_PARKED &&
        (t->changed || t->snapshot_count || t->activity.state == STEP_IN_DOUBT)) {
        command_reopen(engine, target);
        target_continue(engine, target, actor);
        return true;
    }
    if (t->state == TARGET_SKIPPED && t->doubt_left) { /* it may have come about since */
        emit_rejected(
            engine, target,
            "%s was skipped with an effect in doubt, and from the start it could "
            "be made twice: look at it, then plan a new campaign for it",
            target_name(engine, target));
        return false;
    }
    if (machine_next(&target_machine, (int)t->state, TARGET_RETRY) >= 0) {
        if (t->snapshot_count) { /* it would be pushed out by one of the broken state */
            reject_new_start(engine, target);
            return false;
        }
        command_reopen(engine, target);
    }
    return emit_target(engine, target, TARGET_RETRY, actor, "%s", "");
}

static void retry(struct engine *engine, const struct command *c)
{
    if (c->target >= 0) {
        (void)retry_one(engine, c->target, c->actor);
        return;
    }
    int count = 0;
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        enum target_state_id state = engine->state.targets[i].state;
        if (state == TARGET_FAILED || state == TARGET_ROLLED_BACK ||
            state == TARGET_PARKED)
            count += retry_one(engine, i, c->actor);
    }
    if (!count)
        emit_rejected(engine, -1, "no target is failed, rolled back or parked");
}

/* Once only snapshots are left to be removed, its members are on their own. */
static bool group_skips(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    if (unit < 0)
        return false;
    enum group_state_id state = engine->state.groups[unit].state;
    return state != GROUP_CLEANING && state != GROUP_CLEARING && state != GROUP_SUCCEEDED;
}

static void skip(struct engine *engine, const struct command *c)
{
    const struct target_state *t = &engine->state.targets[c->target];
    if (group_skips(engine, c->target)) {
        group_skip(engine, c->target, c->actor, c->reason ? c->reason : "");
        return;
    }
    if (effect_under_way(t)) {
        emit_rejected(engine, c->target,
                      "%s has an effect under way: wait for it, or hold it",
                      target_name(engine, c->target));
        return;
    }
    if (machine_next(&target_machine, (int)t->state, TARGET_SKIP) >= 0)
        target_give_up(engine, c->target);
    (void)emit_target(engine, c->target, TARGET_SKIP, c->actor, "%s",
                      c->reason ? c->reason : "");
}

/* A revert ends whatever runs there, undoing by steps does not. An opaque step can
   only be looked at by the operator, who has. */
static bool may_still_run(const struct engine *engine, const struct target_state *t)
{
    const struct playbook *p = &engine->plan->playbook;
    const struct activity_state *a = &t->activity;
    return p->rollback == ROLLBACK_NATIVE && t->state == TARGET_PARKED &&
           activity_is_job(a) && a->state == STEP_IN_DOUBT &&
           activity_class(engine, a) != SLIPWAY_OPAQUE;
}

/* One of it was named, all of it goes back. A job that is in doubt and was given up is the
   operator's to judge, and a revert ends whatever runs there; what a manager may still be
   doing is asked about first. */
static void rollback_group(struct engine *engine, const struct command *c)
{
    int unit = engine->unit_of[c->target], busy = group_busy_member(engine, unit);
    const struct group_state *group = &engine->state.groups[unit];
    const struct plan_unit *u = &engine->plan->units[unit];
    const char *obstacle = group_rollback_obstacle(engine, unit);
    bool healthy = !group->failing && group->culprit < 0;
    if (busy >= 0)
        emit_rejected(engine, c->target,
                      "%s of link group %s has an effect under way: nothing is undone "
                      "while it may run",
                      target_name(engine, busy), u->name);
    else if (machine_next(&group_machine, (int)group->state, GROUP_ROLL_BACK) < 0)
        emit_rejected(engine, c->target,
                      "link group %s is %s: there is nothing to roll back", u->name,
                      machine_state(&group_machine, (int)group->state));
    else if (obstacle)
        emit_rejected(engine, c->target, "%s cannot be rolled back: %s",
                      target_name(engine, c->target), obstacle);
    if (busy >= 0 || obstacle ||
        machine_next(&group_machine, (int)group->state, GROUP_ROLL_BACK) < 0)
        return;
    for (int i = u->first; i < u->first + u->count; i++) {
        const struct activity_state *a = &engine->state.targets[i].activity;
        if (a->state == STEP_IN_DOUBT && activity_is_job(a))
            target_reset(engine, i);
    }
    group_roll_back(engine, c->target, c->actor ? c->actor : "operator",
                    c->reason ? c->reason : "asked for by an operator");
    if (healthy)
        group_acknowledge(engine, unit, c->actor);
}

/* It was sent, nobody found it, and it waits to be sent again under the same name: what
   was sent may come through late, and then among the steps that undo it. */
static bool may_come_late(const struct engine *engine, const struct target_state *t)
{
    const struct activity_state *a = &t->activity;
    return engine->plan->playbook.rollback == ROLLBACK_NATIVE && activity_is_job(a) &&
           a->state == STEP_WAITING && a->key && a->doubt_since_ms;
}

static void rollback(struct engine *engine, const struct command *c)
{
    const struct target_state *t = &engine->state.targets[c->target];
    if (engine->unit_of[c->target] >= 0) {
        rollback_group(engine, c);
        return;
    }
    if (may_come_late(engine, t)) {
        emit_rejected(
            engine, c->target,
            "%s: its %s step was sent and may still begin: unpause the campaign "
            "or release it, and undo it when the step is over",
            target_name(engine, c->target), activity_operation(engine, &t->activity)->id);
        return;
    }
    if (effect_under_way(t)) {
        emit_rejected(engine, c->target,
                      "%s has an effect under way: nothing is undone while it may run",
                      target_name(engine, c->target));
        return;
    }
    if (may_still_run(engine, t)) {
        emit_rejected(engine, c->target,
                      "%s: its %s step may still be running: ask about it with: slipway "
                      "retry %s",
                      target_name(engine, c->target),
                      activity_operation(engine, &t->activity)->id,
                      target_name(engine, c->target));
        return;
    }
    if (machine_next(&target_machine, (int)t->state, TARGET_ROLL_BACK) < 0) {
        emit_rejected(engine, c->target, "%s is %s: there is nothing to roll back",
                      target_name(engine, c->target),
                      machine_state(&target_machine, (int)t->state));
        return;
    }
    bool healthy = !target_counts_as_failed(t) && !t->acknowledged;
    if (!target_roll_back(engine, c->target, c->actor ? c->actor : "operator",
                          c->reason ? c->reason : "asked for by an operator"))
        return;
    if (healthy) /* a wish, not a failure: the budget does not count it */
        acknowledge(engine, c->target, c->actor);
}

static void hold(struct engine *engine, const struct command *c)
{
    struct record record = record_new(engine, RECORD_HOLD);
    record.target = c->target;
    record.number = c->number;
    record.text = xstrdup_null(c->reason);
    record.actor = xstrdup_null(c->actor);
    emit(engine, record);
}

static void release(struct engine *engine, const struct command *c)
{
    if (!engine->state.targets[c->target].hold_reason) {
        emit_rejected(engine, c->target, "%s is not held",
                      target_name(engine, c->target));
        return;
    }
    struct record record = record_new(engine, RECORD_RELEASE);
    record.target = c->target;
    record.actor = xstrdup_null(c->actor);
    emit(engine, record);
}

/* ---- set ---- */

static int cap_index(const struct plan_cap *caps, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(caps[i].key, key))
            return (int)i;
    }
    return -1;
}

/* Which number is meant: fills index (and attempt = which cap) of the record. */
static bool find_setting(struct engine *engine, const struct command *c,
                         struct record *record)
{
    const struct plan *plan = engine->plan;
    const char *name = c->setting ? c->setting : "";
    record->attempt = -1;
    if (!strcmp(name, "in_flight"))
        record->index = 0;
    else if (!strcmp(name, "budget"))
        record->index = 1;
    else if (!strcmp(name, "wave_budget") && c->wave >= 0)
        record->index = 2;
    else if (!strncmp(name, "domain:", 7)) {
        record->index = 3;
        record->attempt = cap_index(plan->domains, plan->domain_count, name + 7);
    } else if (!strncmp(name, "limit:", 6)) {
        record->index = 4;
        record->attempt = cap_index(plan->limits, plan->limit_count, name + 6);
    } else
        return false;
    return record->index < 3 || record->attempt >= 0;
}

static void set(struct engine *engine, const struct command *c)
{
    struct record record = record_new(engine, RECORD_SET);
    if (!find_setting(engine, c, &record)) {
        emit_rejected(
            engine, -1,
            "there is no setting %.100s: use in_flight, budget, wave_budget (with "
            "--wave), domain:KEY or limit:KEY",
            c->setting ? c->setting : "");
        return;
    }
    int64_t low = record.index == 0 ? 1 : 0;
    if (c->number < low || c->number > PLAN_TARGETS_MAX ||
        (record.index == 0 && c->number > IN_FLIGHT_MAX)) {
        emit_rejected(engine, -1, "%lld is out of range for %.100s", (long long)c->number,
                      c->setting);
        return;
    }
    record.wave = record.index == 2 ? c->wave : -1;
    record.number = c->number;
    record.text = xstrdup(c->setting);
    record.actor = xstrdup_null(c->actor);
    emit(engine, record);
}

/* ---- the table ---- */

static void pause_campaign(struct engine *engine, const struct command *c)
{
    (void)emit_campaign(engine, CAMPAIGN_PAUSE, c->actor, "%s",
                        c->reason ? c->reason : "asked for by an operator");
}

static void abort_campaign(struct engine *engine, const struct command *c)
{
    (void)emit_campaign(engine, CAMPAIGN_ABORT, c->actor, "%s",
                        c->reason ? c->reason : "asked for by an operator");
}

static const struct {
    void (*run)(struct engine *engine, const struct command *c);
    bool on_target;
} verbs[VERB_COUNT] = {
    [VERB_APPROVE] = {command_approve, false},
    [VERB_PAUSE] = {pause_campaign, false},
    [VERB_UNPAUSE] = {unpause, false},
    [VERB_ABORT] = {abort_campaign, false},
    [VERB_PROMOTE] = {promote, false},
    [VERB_RETRY] = {retry, false},
    [VERB_SKIP] = {skip, true},
    [VERB_ROLLBACK] = {rollback, true},
    [VERB_HOLD] = {hold, true},
    [VERB_RELEASE] = {release, true},
    [VERB_SET] = {set, false},
    [VERB_CALENDAR] = {command_calendar, false},
    [VERB_OVERRIDE] = {command_override, false},
};

static void execute(struct engine *engine, const struct command *c)
{
    if ((unsigned)c->verb >= VERB_COUNT || c->wave >= (int)engine->plan->wave_count ||
        c->target >= (int)engine->plan->target_count) {
        emit_rejected(engine, -1, "no such verb, wave or target in this campaign");
        return;
    }
    if (verbs[c->verb].on_target && !needs_target(engine, c))
        return;
    record_command(engine, c);
    verbs[c->verb].run(engine, c);
}

/* The first record that rejects it is its answer. */
void command_execute(struct engine *engine, const struct command *c)
{
    size_t first = engine->record_count;
    execute(engine, c);
    for (size_t i = first; i < engine->record_count && engine->rejection < 0; i++) {
        if (engine->records[i].kind == RECORD_REJECTED)
            engine->rejection = (ptrdiff_t)i;
    }
}
