/*
 * engine.c - the engine as a whole: inputs in, records and actions out; and the
 * heap of times at which targets want to be looked at.
 */
#include "engine/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/xalloc.h"

/* ---- times ---- */

static void heap_swap(struct heap_entry *a, struct heap_entry *b)
{
    struct heap_entry keep = *a;
    *a = *b;
    *b = keep;
}

/* Earlier time first; on a tie the plan's order, so that runs replay. */
static bool heap_before(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->target < b->target;
}

static void heap_push(struct engine *engine, struct heap_entry entry)
{
    *vec_push(engine->heap, engine->heap_count, engine->heap_room) = entry;
    size_t at = engine->heap_count - 1;
    while (at > 0 && heap_before(&engine->heap[at], &engine->heap[(at - 1) / 2])) {
        heap_swap(&engine->heap[at], &engine->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void heap_pop(struct engine *engine)
{
    struct heap_entry *heap = engine->heap;
    heap[0] = heap[--engine->heap_count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < engine->heap_count && heap_before(&heap[child], &heap[least]))
                least = child;
        }
        if (least == at)
            return;
        heap_swap(&heap[at], &heap[least]);
        at = least;
    }
}

/* An entry is stale once its target wants another time. */
static void heap_drop_stale(struct engine *engine)
{
    while (engine->heap_count &&
           engine->state.targets[engine->heap[0].target].wake_ms != engine->heap[0].at_ms)
        heap_pop(engine);
}

void engine_wake_at(struct engine *engine, int target, int64_t at_ms)
{
    struct target_state *t = &engine->state.targets[target];
    if (t->wake_ms == at_ms)
        return;
    t->wake_ms = at_ms;
    heap_push(engine, (struct heap_entry){at_ms, target});
}

void engine_block(struct engine *engine, int target)
{
    engine->blocked_count += !engine->blocked[target];
    engine->blocked[target] = 1;
}

void engine_recheck_at(struct engine *engine, int64_t at_ms)
{
    if (at_ms > engine->now_ms && at_ms < engine->recheck_ms)
        engine->recheck_ms = at_ms;
}

void engine_forget_call(struct engine *engine, int target)
{
    struct activity_state *a = &engine->state.targets[target].activity;
    if (a->call == CALL_NONE)
        return;
    /* asked for in this very step: it need not go out, and what it points to goes */
    for (size_t i = 0; i < engine->action_count; i++) {
        if (engine->actions[i].call_id != a->call_id)
            continue;
        engine->action_count--;
        memmove(&engine->actions[i], &engine->actions[i + 1],
                (engine->action_count - i) * sizeof *engine->actions);
        break;
    }
    engine->calls--;
    a->call = CALL_NONE;
}

/* ---- changes ---- */

void engine_mark_target(struct engine *engine, int target)
{
    struct target_state *t = &engine->state.targets[target];
    engine_mark_wave(engine, engine->plan->targets[target].wave);
    engine->state.campaign_dirty = true;
    if (t->dirty)
        return;
    t->dirty = true;
    *vec_push(engine->changed_targets, engine->changed_target_count,
              engine->changed_target_room) = target;
}

void engine_mark_wave(struct engine *engine, int wave)
{
    struct wave_state *w = &engine->state.waves[wave];
    if (w->dirty)
        return;
    w->dirty = true;
    *vec_push(engine->changed_waves, engine->changed_wave_count,
              engine->changed_wave_room) = wave;
}

void engine_mark_group(struct engine *engine, int unit)
{
    struct group_state *group = &engine->state.groups[unit];
    if (group->dirty)
        return;
    group->dirty = true;
    *vec_push(engine->changed_groups, engine->changed_group_count,
              engine->changed_group_room) = unit;
}

struct engine_changes engine_take_changes(struct engine *engine)
{
    struct engine_changes changes = {
        .campaign = engine->state.campaign_dirty,
        .waves = engine->changed_waves,
        .wave_count = engine->changed_wave_count,
        .targets = engine->changed_targets,
        .target_count = engine->changed_target_count,
        .groups = engine->changed_groups,
        .group_count = engine->changed_group_count,
    };
    for (size_t i = 0; i < changes.target_count; i++)
        engine->state.targets[changes.targets[i]].dirty = false;
    for (size_t i = 0; i < changes.wave_count; i++)
        engine->state.waves[changes.waves[i]].dirty = false;
    for (size_t i = 0; i < changes.group_count; i++)
        engine->state.groups[changes.groups[i]].dirty = false;
    engine->state.campaign_dirty = false;
    engine->changed_target_count = engine->changed_wave_count = 0;
    engine->changed_group_count = 0;
    return changes;
}

/* ---- life ---- */

static void resolve_limits(struct engine *engine)
{
    const struct playbook *p = &engine->plan->playbook;
    engine->step_limits = xcalloc(p->step_count, sizeof *engine->step_limits);
    for (size_t i = 0; i < p->step_count; i++) {
        for (size_t k = 0; k < STEP_LIMITS_MAX; k++)
            engine->step_limits[i][k] =
                k < p->steps[i].limit_count
                    ? plan_limit(engine->plan, p->steps[i].limits[k])
                    : -1;
    }
}

struct engine *engine_create(const struct plan *plan, uint64_t seed)
{
    struct engine *engine = xcalloc(1, sizeof *engine);
    int prepare_first;
    engine->plan = plan;
    engine->seed = seed;
    engine->recheck_ms = engine->prepare_ms = INT64_MAX;
    engine->room_changed = engine->lane_changed = true;
    engine->rejection = -1;
    engine->blocked = xcalloc(plan->target_count, sizeof *engine->blocked);
    engine->unit_of = xcalloc(plan->target_count + 1, sizeof *engine->unit_of);
    for (size_t i = 0; i < plan->target_count; i++)
        engine->unit_of[i] = plan_unit_of(plan, (int)i);
    plan_phase(plan, PHASE_PREPARE, &prepare_first, &engine->prepare_end);
    plan_phase(plan, PHASE_CHANGE, &engine->change_first, &engine->change_end);
    plan_phase(plan, PHASE_ROLLBACK, &engine->rollback_first, &engine->rollback_end);
    plan_phase(plan, PHASE_EVIDENCE, &engine->evidence_first, &engine->evidence_end);
    resolve_limits(engine);
    engine->in_domains = true;
    for (size_t i = 0; i < plan->target_count; i++)
        engine->in_domains = engine->in_domains && plan->targets[i].domain_count > 0;
    state_create(engine);
    return engine;
}

static void clear_records(struct engine *engine)
{
    for (size_t i = 0; i < engine->record_count; i++)
        record_clear(&engine->records[i]);
    engine->record_count = 0;
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    clear_records(engine);
    state_destroy(engine);
    free(engine->records);
    free(engine->actions);
    free(engine->heap);
    free(engine->blocked);
    free(engine->unit_of);
    free(engine->unsettled);
    free(engine->changed_groups);
    free(engine->step_limits);
    free(engine->changed_targets);
    free(engine->changed_waves);
    free(engine);
}

int engine_replay(struct engine *engine, const struct record *record)
{
    if (record->at_ms > engine->now_ms)
        engine->now_ms = record->at_ms;
    return state_apply(engine, record);
}

/* ---- a step ---- */

void engine_pump(struct engine *engine, int target)
{
    activity_pump(engine, target);
    target_time(engine, target);
    /* the soak's end begins a check, which wants to be called at once */
    activity_pump(engine, target);
}

/* A new owner: every call of the last one is lost; ask before anything else. */
static void take_over(struct engine *engine, int64_t epoch, const char *actor)
{
    struct record record = record_new(engine, RECORD_OWNER);
    record.number = epoch;
    record.actor = xstrdup_null(actor);
    emit(engine, record);
    if (engine->state.campaign == CAMPAIGN_READY)
        (void)emit_campaign(engine, CAMPAIGN_START, actor, "%s", "");
    for (int i = 0; i < (int)engine->plan->target_count; i++) {
        activity_lost(engine, i);
        engine_pump(engine, i);
    }
    groups_touch_all(engine);
}

/* Only a change of mind is a record, or that somebody vouches for it. */
static void trust_clock(struct engine *engine, const struct input *input)
{
    bool trusted = input->number != 0;
    if (trusted == !engine->state.times.clock && !input->actor)
        return;
    struct record record = record_new(engine, RECORD_CLOCK);
    record.number = trusted;
    record.text = input->sentence && *input->sentence ? xstrdup(input->sentence) : NULL;
    record.actor = xstrdup_null(input->actor);
    emit(engine, record);
}

static void eat(struct engine *engine, const struct input *input)
{
    switch (input->kind) {
    case INPUT_OWNER:
        take_over(engine, input->number, input->actor);
        break;
    case INPUT_OUTCOME:
        activity_outcome(engine, &input->outcome);
        if (input->outcome.target >= 0 &&
            input->outcome.target < (int)engine->plan->target_count)
            engine_pump(engine, input->outcome.target);
        break;
    case INPUT_COMMAND:
        command_execute(engine, &input->command);
        if (input->command.target >= 0 &&
            input->command.target < (int)engine->plan->target_count)
            engine_pump(engine, input->command.target);
        break;
    case INPUT_CLOCK:
        trust_clock(engine, input);
        break;
    default: /* a tick: only time went on */
        break;
    }
}

static void wake_due(struct engine *engine)
{
    for (heap_drop_stale(engine);
         engine->heap_count && engine->heap[0].at_ms <= engine->now_ms;
         heap_drop_stale(engine)) {
        int target = engine->heap[0].target;
        heap_pop(engine);
        engine->state.targets[target].wake_ms = 0;
        engine_pump(engine, target);
    }
    if (engine->recheck_ms <= engine->now_ms)
        engine->room_changed = true;
}

struct engine_output engine_step(struct engine *engine, int64_t now_ms,
                                 const struct input *inputs, size_t input_count)
{
    clear_records(engine);
    engine->action_count = 0;
    engine->rejection = -1;
    /* time never runs backwards for the engine */
    engine->now_ms = now_ms > engine->now_ms ? now_ms : engine->now_ms;
    for (size_t i = 0; i < input_count; i++)
        eat(engine, &inputs[i]);
    wake_due(engine);
    schedule(engine);
    return (struct engine_output){
        .records = engine->records,
        .record_count = engine->record_count,
        .actions = engine->actions,
        .action_count = engine->action_count,
        .rejection = engine->rejection < 0 ? NULL : &engine->records[engine->rejection],
    };
}

int64_t engine_now(const struct engine *engine)
{
    return engine->now_ms;
}

int64_t engine_deadline(const struct engine *engine)
{
    int64_t earliest_ms = engine->recheck_ms;
    /* stale entries only make the caller look too early, never too late */
    if (engine->heap_count && engine->heap[0].at_ms < earliest_ms)
        earliest_ms = engine->heap[0].at_ms;
    return earliest_ms;
}

const struct engine_state *engine_state(const struct engine *engine)
{
    return &engine->state;
}

const struct plan *engine_plan(const struct engine *engine)
{
    return engine->plan;
}

const struct plan_time *engine_time(const struct engine *engine)
{
    return engine->state.times.time;
}

const struct times *engine_times(const struct engine *engine)
{
    return &engine->state.times;
}

int engine_calls_outstanding(const struct engine *engine)
{
    return engine->calls;
}

void engine_drain(struct engine *engine)
{
    engine->draining = true;
}

void engine_undrain(struct engine *engine)
{
    engine->draining = false;
    engine->room_changed = engine->lane_changed = true;
}

bool engine_has_changes(const struct engine *engine)
{
    return engine->state.campaign_dirty; /* whatever else changed, its row did too */
}

int64_t engine_needed_ms(const struct plan *plan)
{
    return playbook_timeouts_ms(&plan->playbook);
}
