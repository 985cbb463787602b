/*
 * resume.c - see resume.h. The state is told to the engine as records, as if they had
 * been read from a store: the engine cannot tell the difference. A campaign of a small
 * plan knows no steps in between, so whoever is anywhere in flight is put at the first
 * change step, which has then run for as long as the target is in flight. A link group
 * that is in the middle begins anew, which is later than it will be; one that is being put
 * back is back.
 */
#include "forecast/resume.h"

#include <stdlib.h>

#include "util/xalloc.h"

#define FAR_MS 31622400000LL /* a year: deadlines that nothing reaches */

struct past {
    struct engine *engine;
    const struct model *model;
    int64_t now_ms;
    int64_t intents;
};

static struct record blank(const struct past *past, enum record_kind kind)
{
    return (struct record){.at_ms = past->now_ms,
                           .kind = kind,
                           .wave = -1,
                           .target = -1,
                           .from = -1,
                           .event = -1,
                           .to = -1,
                           .index = -1,
                           .moment = -1};
}

static void tell(const struct past *past, struct record record)
{
    if (engine_replay(past->engine, &record))
        abort(); /* all of it was made for this very plan */
}

static void tell_state(const struct past *past, int target, enum target_state_id state,
                       int64_t since_ms)
{
    struct record record = blank(past, RECORD_TARGET);
    record.at_ms = since_ms < past->now_ms ? since_ms : past->now_ms;
    record.target = target;
    record.to = (int)state;
    tell(past, record);
}

/* Its step was issued by an owner that is gone: the new one issues it again. */
static void tell_step(struct past *past, int target, enum phase phase,
                      enum target_state_id state, int64_t since_ms)
{
    int first, end;
    plan_phase(&past->model->plan, phase, &first, &end);
    struct record record = blank(past, RECORD_POSITION);
    record.target = target;
    record.index = first;
    if (phase == PHASE_CHANGE)
        tell(past, record);
    tell_state(past, target, state, since_ms);
    record = blank(past, RECORD_STEP);
    record.target = target;
    record.activity = ACTIVITY_STEP;
    record.index = first;
    record.moment = phase == PHASE_CHANGE ? MOMENT_AFTER : MOMENT_RESTORED;
    record.from = STEP_IDLE;
    record.event = STEP_BEGIN;
    record.to = STEP_WAITING;
    tell(past, record);
    record.from = STEP_WAITING;
    record.event = STEP_ISSUE;
    record.to = STEP_ISSUED;
    record.intent = ++past->intents;
    record.number = past->now_ms + FAR_MS;
    tell(past, record);
}

static void tell_soak(const struct past *past, int target, const struct target_state *t)
{
    struct record record = blank(past, RECORD_SOAK);
    tell_state(past, target, TARGET_SOAKING, t->since_ms);
    record.target = target;
    record.number = t->state == TARGET_SOAKING ? t->soak_until_ms : past->now_ms;
    tell(past, record);
}

static void tell_hold(const struct past *past, int target, const struct target_state *t)
{
    struct record record = blank(past, RECORD_HOLD);
    record.target = target;
    record.number = t->hold_until_ms;
    tell(past, record);
}

static bool has_phase(const struct past *past, enum phase phase)
{
    int first, end;
    plan_phase(&past->model->plan, phase, &first, &end);
    return first < end;
}

/* ---- link groups ---- */

/* Where a group stands in the forecast; GATHERING: it begins anew. */
static enum group_state_id group_seen(enum group_state_id state)
{
    if (state < GROUP_SOAKING)
        return GROUP_GATHERING;
    if (state == GROUP_SOAKING || state == GROUP_CLEANING)
        return GROUP_SOAKING;
    return state >= GROUP_HALTING && state < GROUP_ROLLED_BACK ? GROUP_ROLLED_BACK
                                                               : state;
}

static bool is_stuck(const struct engine_state *from, const struct plan_unit *unit)
{
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        if (from->targets[i].state == TARGET_PARKED)
            return true;
    }
    return false;
}

static void tell_group(const struct past *past, int unit, enum group_state_id state)
{
    struct record record = blank(past, RECORD_GROUP);
    record.index = unit;
    record.to = (int)state;
    tell(past, record);
}

/* How a member looks of a group that is seen so. */
static enum target_state_id member_seen(enum group_state_id group,
                                        enum target_state_id state)
{
    if (machine_is_final(&target_machine, (int)state))
        return state;
    return group == GROUP_SOAKING       ? TARGET_SOAKING
           : group == GROUP_ROLLED_BACK ? TARGET_ROLLED_BACK
                                        : TARGET_PENDING;
}

static void tell_target(struct past *past, int target, const struct target_state *t);

static void tell_unit(struct past *past, int index, const struct engine_state *from)
{
    const struct plan_unit *unit = &past->model->plan.units[index];
    enum group_state_id state = group_seen(from->groups[index].state);
    bool stuck = is_stuck(from, unit); /* until a human comes, who is not foreseen */
    if (stuck)
        state = from->groups[index].state;
    if (state != GROUP_GATHERING)
        tell_group(past, index, state);
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        struct target_state seen = from->targets[i];
        if (!stuck && from->groups[index].state != GROUP_GATHERING)
            seen.state = member_seen(state, seen.state);
        tell_target(past, i, &seen);
    }
}

static void tell_target(struct past *past, int target, const struct target_state *t)
{
    bool final = machine_is_final(&target_machine, (int)t->state);
    if (t->hold_reason)
        tell_hold(past, target, t);
    switch (t->state) {
    case TARGET_PENDING:
    case TARGET_PREPARING:
        return;
    case TARGET_SNAPSHOTTING:
    case TARGET_CHANGING:
    case TARGET_CHECKING:
        tell_step(past, target, PHASE_CHANGE, TARGET_CHANGING, t->since_ms);
        return;
    case TARGET_SOAKING:
    case TARGET_CLEANING:
        tell_soak(past, target, t);
        return;
    case TARGET_ROLLING_BACK:
        if (has_phase(past, PHASE_ROLLBACK))
            tell_step(past, target, PHASE_ROLLBACK, t->state, t->since_ms);
        else
            tell_state(past, target, TARGET_ROLLED_BACK, past->now_ms);
        return;
    default:
        tell_state(past, target, t->state, t->since_ms);
    }
    if (!final || !t->acknowledged)
        return;
    struct record record = blank(past, RECORD_ACKNOWLEDGED);
    record.target = target;
    tell(past, record);
}

static void tell_number(const struct past *past, int what, int which, int wave, int value)
{
    struct record record = blank(past, RECORD_SET);
    record.index = what;
    record.attempt = which;
    record.wave = wave;
    record.number = value;
    tell(past, record);
}

/* What operators have turned since the plan was made, but for what is varied: a what-if
   beats what was turned. */
static void tell_settings(const struct past *past, const struct engine_state *from,
                          const struct plan *pinned)
{
    const struct plan *plan = &past->model->plan;
    if (from->settings.in_flight != pinned->in_flight &&
        plan->in_flight == pinned->in_flight)
        tell_number(past, 0, 0, -1, from->settings.in_flight);
    if (from->settings.budget != pinned->budget && plan->budget == pinned->budget)
        tell_number(past, 1, 0, -1, from->settings.budget);
    for (int i = 0; i < (int)pinned->wave_count && i < (int)plan->wave_count; i++) {
        if (from->waves[i].budget_set && plan->waves[i].budget == pinned->waves[i].budget)
            tell_number(past, 2, 0, i, from->waves[i].budget);
    }
    for (int i = 0; i < (int)pinned->domain_count; i++) {
        if (from->domain_max[i] != pinned->domains[i].max &&
            plan->domains[i].max == pinned->domains[i].max)
            tell_number(past, 3, i, -1, from->domain_max[i]);
    }
    for (int i = 0; i < (int)pinned->limit_count; i++) {
        if (from->limit_max[i] != pinned->limits[i].max &&
            plan->limits[i].max == pinned->limits[i].max)
            tell_number(past, 4, i, -1, from->limit_max[i]);
    }
}

static void tell_campaign(const struct past *past, const struct engine_state *from)
{
    struct record record = blank(past, RECORD_CAMPAIGN);
    record.at_ms = from->started_ms ? from->started_ms : past->now_ms;
    record.event = CAMPAIGN_START;
    record.to = (int)from->campaign;
    tell(past, record);
    for (int i = 0; i < (int)past->model->plan.wave_count; i++) {
        record = blank(past, RECORD_WAVE);
        record.wave = i;
        record.at_ms = from->waves[i].since_ms;
        record.to = (int)from->waves[i].state;
        tell(past, record);
        record = blank(past, RECORD_APPROVED);
        record.wave = i;
        if (from->waves[i].approved)
            tell(past, record);
    }
}

/* What is behind it already. */
static void note_past(const struct target_state *t, struct forecast_target *out)
{
    if (!machine_is_final(&target_machine, (int)t->state))
        return;
    out->ended_ms = t->since_ms;
    out->state = (unsigned char)t->state;
}

/* The next one to look at. */
static int tell_next(struct past *past, int target, const struct engine_state *from)
{
    const struct plan *plan = &past->model->plan;
    int unit = plan_unit_of(plan, target);
    if (unit < 0 || !from->groups) {
        tell_target(past, target, &from->targets[target]);
        return target + 1;
    }
    tell_unit(past, unit, from);
    return plan->units[unit].first + plan->units[unit].count;
}

static bool is_at_work(enum target_state_id state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING || state == TARGET_ROLLING_BACK;
}

int64_t *resume_replay(struct engine *engine, const struct model *model,
                       const struct engine_state *from, const struct plan *pinned,
                       int64_t now_ms, struct forecast_run *out)
{
    struct past past = {.engine = engine, .model = model, .now_ms = now_ms};
    size_t count = model->plan.target_count;
    int64_t *head_start_ms = xcalloc(count + 1, sizeof *head_start_ms);
    tell_campaign(&past, from);
    tell_settings(&past, from, pinned);
    for (int i = 0; i < (int)count;)
        i = tell_next(&past, i, from);
    for (int i = 0; i < (int)count; i++) {
        const struct target_state *t = &from->targets[i];
        bool linked = plan_unit_of(&model->plan, i) >= 0;
        note_past(t, &out->targets[i]);
        if (!linked && is_at_work(t->state) && now_ms > t->since_ms)
            head_start_ms[i] = now_ms - t->since_ms;
    }
    return head_start_ms;
}
