/*
 * emit.c - deciding is emitting: each helper looks its event up in the machine's
 * table, applies the record and queues it for the store. An event that the
 * table does not list becomes a `rejected` record and changes nothing.
 */
#include <stdarg.h>

#include "engine/group.h"
#include "util/xalloc.h"

struct record record_new(const struct engine *engine, enum record_kind kind)
{
    return (struct record){
        .at_ms = engine->now_ms,
        .kind = kind,
        .wave = -1,
        .target = -1,
        .from = -1,
        .event = -1,
        .to = -1,
        .index = -1,
        .moment = -1,
    };
}

/* Can this move let somebody else be prepared? Not if it only goes on. */
static bool target_makes_lane(const struct engine *engine, const struct record *r)
{
    switch ((enum target_event)r->event) {
    case TARGET_PREPARE:
    case TARGET_PROTECTED:
    case TARGET_CHANGED:
    case TARGET_NEXT_STEP:
    case TARGET_NEXT_BARE:
    case TARGET_SOAKED:
    case TARGET_CLEANED:
        return false;
    case TARGET_PREPARED: /* a held one gives its domains back; one that cannot start
                             yet is in nobody's way who can */
        return engine->state.targets[r->target].hold_reason != NULL ||
               !lanes_open(engine, r->target, engine->now_ms);
    case TARGET_ADMIT:
    case TARGET_ADMIT_BARE:
        return engine->lane_full;
    default:
        return true;
    }
}

/* Activities come and go without anybody's place in the preparation lane changing. */
static bool makes_lane(const struct engine *engine, const struct record *r)
{
    switch (r->kind) {
    case RECORD_TARGET:
        return target_makes_lane(engine, r);
    case RECORD_STEP:
    case RECORD_RECOVERY:
    case RECORD_POSITION:
    case RECORD_BASELINE:
    case RECORD_VERSION:
    case RECORD_SNAPSHOT:
    case RECORD_SNAPSHOT_GONE:
    case RECORD_SOAK:
    case RECORD_WINDOW:
    case RECORD_OVERRUN:
        return false;
    case RECORD_GROUP:
        return r->target < 0;
    default:
        return true;
    }
}

/* A move of the group says something of each member: it has not arrived yet. */
static void mark_group(struct engine *engine, int unit)
{
    const struct plan_unit *u = &engine->plan->units[unit];
    engine_mark_group(engine, unit);
    group_touch(engine, unit);
    for (int i = u->first; i < u->first + u->count; i++)
        engine_mark_target(engine, i);
}

void emit(struct engine *engine, struct record record)
{
    engine_must(!state_apply(engine, &record), "what the engine decides fits its plan");
    if (record.target >= 0)
        engine_mark_target(engine, record.target);
    if (record.target >= 0 && engine->unit_of[record.target] >= 0)
        group_touch(engine, engine->unit_of[record.target]);
    if (record.kind == RECORD_GROUP)
        mark_group(engine, record.index);
    if (record.wave >= 0)
        engine_mark_wave(engine, record.wave);
    if (record.target < 0)
        engine->state.campaign_dirty = true;
    engine->room_changed = true;
    engine->lane_changed = engine->lane_changed || makes_lane(engine, &record);
    *vec_push(engine->records, engine->record_count, engine->record_room) = record;
}

/* NULL for an empty text. */
__attribute__((format(printf, 1, 0))) static char *formatted(const char *format,
                                                             va_list args)
{
    char *text = xvasprintf(format, args);
    if (!*text)
        xreplace(&text, NULL);
    return text;
}

void emit_rejected(struct engine *engine, int target, const char *format, ...)
{
    struct record record = record_new(engine, RECORD_REJECTED);
    va_list args;
    va_start(args, format);
    record.text = formatted(format, args);
    va_end(args);
    record.target = target;
    emit(engine, record);
}

bool emit_campaign(struct engine *engine, enum campaign_event event, const char *actor,
                   const char *format, ...)
{
    int from = (int)engine->state.campaign;
    int to = machine_next(&campaign_machine, from, (int)event);
    if (to < 0) {
        emit_rejected(engine, -1, "the campaign is %s: %s does not apply",
                      machine_state(&campaign_machine, from),
                      machine_event(&campaign_machine, (int)event));
        return false;
    }
    struct record record = record_new(engine, RECORD_CAMPAIGN);
    va_list args;
    va_start(args, format);
    record.text = formatted(format, args);
    va_end(args);
    record.actor = xstrdup_null(actor);
    record.from = from;
    record.event = (int)event;
    record.to = to;
    emit(engine, record);
    return true;
}

bool emit_wave(struct engine *engine, int wave, enum wave_event event, const char *actor)
{
    int from = (int)engine->state.waves[wave].state;
    int to = machine_next(&wave_machine, from, (int)event);
    if (to < 0) {
        emit_rejected(engine, -1, "wave %s is %s: %s does not apply",
                      engine->plan->waves[wave].name, machine_state(&wave_machine, from),
                      machine_event(&wave_machine, (int)event));
        return false;
    }
    struct record record = record_new(engine, RECORD_WAVE);
    record.wave = wave;
    record.actor = xstrdup_null(actor);
    record.from = from;
    record.event = (int)event;
    record.to = to;
    emit(engine, record);
    return true;
}

void emit_group(struct engine *engine, int unit, int target, enum group_event event,
                const char *actor, const char *format, ...)
{
    int from = (int)engine->state.groups[unit].state;
    int to = machine_next(&group_machine, from, (int)event);
    const char *name = engine->plan->units[unit].name;
    if (to < 0) {
        emit_rejected(engine, target, "link group %s is %s: %s does not apply", name,
                      machine_state(&group_machine, from),
                      machine_event(&group_machine, (int)event));
        return;
    }
    struct record record = record_new(engine, RECORD_GROUP);
    va_list args;
    va_start(args, format);
    record.text = formatted(format, args);
    va_end(args);
    record.detail = xstrdup(name);
    record.actor = xstrdup_null(actor);
    record.target = target;
    record.index = unit;
    record.from = from;
    record.event = (int)event;
    record.to = to;
    emit(engine, record);
}

bool emit_target(struct engine *engine, int target, enum target_event event,
                 const char *actor, const char *format, ...)
{
    const struct target_state *t = &engine->state.targets[target];
    int from = (int)t->state;
    int to = machine_next(&target_machine, from, (int)event);
    if (to < 0) {
        emit_rejected(engine, target, "%s is %s: %s does not apply",
                      engine->plan->targets[target].name,
                      machine_state(&target_machine, from),
                      machine_event(&target_machine, (int)event));
        return false;
    }
    struct record record = record_new(engine, RECORD_TARGET);
    va_list args;
    va_start(args, format);
    record.text = formatted(format, args);
    va_end(args);
    record.target = target;
    record.actor = xstrdup_null(actor);
    record.from = from;
    record.event = (int)event;
    record.to = event == TARGET_CONTINUE ? (int)t->parked_from : to;
    emit(engine, record);
    rights_moved(engine, target, (enum target_state_id)from, event);
    return true;
}

void emit_step(struct engine *engine, int target, enum step_event event, int64_t number,
               const char *sentence, const char *handle)
{
    const struct activity_state *a = &engine->state.targets[target].activity;
    int to = machine_next(&step_machine, (int)a->state, (int)event);
    if (to < 0) {
        emit_rejected(engine, target, "%s: %s is %s: %s does not apply",
                      engine->plan->targets[target].name, activity_name(a->kind),
                      machine_state(&step_machine, (int)a->state),
                      machine_event(&step_machine, (int)event));
        return;
    }
    if (event == STEP_RESET)
        engine_forget_call(engine, target);
    struct record record = record_new(engine, RECORD_STEP);
    record.target = target;
    record.from = (int)a->state;
    record.event = (int)event;
    record.to = to;
    record.activity = (int)a->kind;
    record.index = a->index;
    record.moment = (int)a->moment;
    record.attempt = a->attempt + (event == STEP_ATTEMPT_FAILED);
    record.incarnation = engine->state.targets[target].incarnation;
    record.intent = event == STEP_ISSUE ? engine->state.last_intent + 1 : a->intent;
    record.number = number;
    record.text = xstrdup_null(sentence);
    record.detail = xstrdup_null(handle);
    emit(engine, record);
}

void emit_begin(struct engine *engine, int target, enum activity kind, int index,
                enum moment moment)
{
    emit_begin_again(engine, target, kind, index, moment, 0);
}

void emit_begin_again(struct engine *engine, int target, enum activity kind, int index,
                      enum moment moment, int attempts)
{
    const struct target_state *t = &engine->state.targets[target];
    engine_must(machine_next(&step_machine, (int)t->activity.state, STEP_BEGIN) >= 0,
                "nothing begins while something may be under way");
    engine_forget_call(engine, target);
    struct record record = record_new(engine, RECORD_STEP);
    record.target = target;
    record.from = (int)t->activity.state;
    record.event = STEP_BEGIN;
    record.to = STEP_WAITING;
    record.activity = (int)kind;
    record.index = index;
    record.moment = (int)moment;
    record.attempt = attempts;
    record.incarnation = t->incarnation;
    emit(engine, record);
}
