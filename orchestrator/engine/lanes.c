/*
 * lanes.c - which pending and ready targets are worth a look when places are given away:
 * those whose next opening is near. Targets for which time says the same make a group,
 * and a group is looked at only when its opening comes near, begins or passes, so that
 * ten thousand targets with two hundred calendars cost no more than a few groups.
 *
 * Nothing here is durable: it follows from the state, the calendars and the time.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

/* ---- groups ---- */

/* For sorting targets by what time says to them. */
struct member {
    int unit, timetable, pace, target;
    int64_t not_before_ms;
};

static int by_rule(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    if (x->timetable != y->timetable)
        return x->timetable < y->timetable ? -1 : 1;
    if (x->pace != y->pace)
        return x->pace < y->pace ? -1 : 1;
    if (x->not_before_ms != y->not_before_ms)
        return x->not_before_ms < y->not_before_ms ? -1 : 1;
    return x->target - y->target;
}

static bool same_rule(const struct member *a, const struct member *b)
{
    if (a->unit >= 0 || b->unit >= 0) /* a link group answers as one */
        return a->unit == b->unit;
    return a->timetable == b->timetable && a->pace == b->pace &&
           a->not_before_ms == b->not_before_ms;
}

static bool is_bound(const struct plan_time *time, int target)
{
    return time->slots[target].timetable >= 0 || time->slots[target].not_before_ms;
}

static bool is_bound_with_its_group(const struct engine *engine,
                                    const struct plan_time *time, int target)
{
    if (engine->unit_of[target] < 0)
        return is_bound(time, target);
    const struct plan_unit *u = &engine->plan->units[engine->unit_of[target]];
    for (int i = u->first; i < u->first + u->count; i++) {
        if (is_bound(time, i))
            return true;
    }
    return false;
}

static size_t list_members(const struct engine *engine, struct member *out)
{
    const struct plan_time *time = engine->state.times.time;
    size_t count = 0;
    for (size_t i = 0; time->slots && i < engine->plan->target_count; i++) {
        const struct plan_slot *slot = &time->slots[i];
        if (is_bound_with_its_group(engine, time, (int)i))
            out[count++] = (struct member){.unit = engine->unit_of[i],
                                           .timetable = slot->timetable,
                                           .pace = slot->pace,
                                           .target = (int)i,
                                           .not_before_ms = slot->not_before_ms};
    }
    qsort(out, count, sizeof *out, by_rule);
    return count;
}

static void make_groups(struct engine *engine)
{
    struct lanes *l = &engine->lanes;
    size_t n = engine->plan->target_count;
    struct member *members = xcalloc(n + 1, sizeof *members);
    size_t count = list_members(engine, members);
    free(l->groups);
    l->groups = xcalloc(count + 1, sizeof *l->groups);
    l->group_count = 0;
    for (size_t i = 0; i < n; i++)
        l->group[i] = -1;
    for (size_t i = 0; i < count; i++) {
        if (!i || !same_rule(&members[i - 1], &members[i]))
            l->groups[l->group_count++].first = (int)i;
        struct lane_group *group = &l->groups[l->group_count - 1];
        group->count++;
        l->members[i] = members[i].target;
        l->group[members[i].target] = (int)l->group_count - 1;
    }
    free(members);
}

/* ---- one target ---- */

static enum lane lane_of(const struct engine *engine, int target)
{
    const struct lanes *l = &engine->lanes;
    enum target_state_id state = engine->state.targets[target].state;
    if (state != TARGET_PENDING && state != TARGET_READY)
        return LANE_NONE;
    bool near =
        l->group[target] < 0 || l->groups[l->group[target]].near ||
        times_override(&engine->state.times, engine->plan, target, engine->now_ms);
    return !near ? LANE_LATER : state == TARGET_PENDING ? LANE_PENDING : LANE_READY;
}

void lanes_set(struct engine *engine, int target)
{
    struct wave_state *w = &engine->state.waves[engine->plan->targets[target].wave];
    unsigned char *lane = &engine->lanes.of[target];
    enum lane now = lane_of(engine, target);
    w->near_pending += (now == LANE_PENDING) - (*lane == LANE_PENDING);
    w->near_ready += (now == LANE_READY) - (*lane == LANE_READY);
    *lane = (unsigned char)now;
}

int lanes_next(const struct engine *engine, enum lane lane, int from, int end)
{
    const unsigned char *of = engine->lanes.of;
    const unsigned char *at =
        from < end ? memchr(of + from, (int)lane, (size_t)(end - from)) : NULL;
    return at ? (int)(at - of) : -1;
}

/* ---- time ---- */

static int64_t prepare_lead_ms(const struct plan *plan)
{
    const struct playbook *p = &plan->playbook;
    int64_t lead_ms = PREPARE_LEAD_MS;
    for (size_t i = 0; i < p->step_count; i++)
        lead_ms += p->steps[i].phase == PHASE_PREPARE ? p->steps[i].op.timeout_ms : 0;
    return lead_ms < PREPARE_LEAD_MAX_MS ? lead_ms : PREPARE_LEAD_MAX_MS;
}

static void look_ahead(struct engine *engine, struct lane_group *group)
{
    const struct plan_time *time = engine->state.times.time;
    int target = engine->lanes.members[group->first];
    struct window_view view;
    group->known = true;
    group->start_ms = window_next_start(time, engine->plan, target, engine->now_ms);
    group->latest_ms = INT64_MAX;
    if (group->start_ms == INT64_MAX)
        return;
    window_look(engine->plan, time, target, group->start_ms, &view);
    if (view.state == WINDOW_OPEN)
        group->latest_ms = view.next_change_ms - 1;
}

static void check_again_at(struct engine *engine, int64_t at_ms)
{
    if (at_ms > engine->now_ms && at_ms < engine->lanes.check_ms)
        engine->lanes.check_ms = at_ms;
}

static void check_group(struct engine *engine, struct lane_group *group, bool all)
{
    struct lanes *l = &engine->lanes;
    if (!group->known || engine->now_ms > group->latest_ms)
        look_ahead(engine, group);
    bool never = group->start_ms == INT64_MAX;
    bool near = !never && engine->now_ms >= group->start_ms - l->lead_ms;
    bool flips = near != group->near || all;
    group->near = near;
    for (int i = group->first; flips && i < group->first + group->count; i++)
        lanes_set(engine, l->members[i]);
    if (never)
        return;
    check_again_at(engine, group->start_ms - l->lead_ms);
    check_again_at(engine, group->start_ms);
    if (group->latest_ms != INT64_MAX)
        check_again_at(engine, group->latest_ms + 1);
}

static void check_overrides(struct engine *engine)
{
    const struct times *times = &engine->state.times;
    check_again_at(engine, times->all.until_ms);
    for (size_t i = 0; times->targets && i < engine->plan->target_count; i++)
        check_again_at(engine, times->targets[i].until_ms);
}

void lanes_check(struct engine *engine)
{
    struct lanes *l = &engine->lanes;
    if (!l->stale && engine->now_ms < l->check_ms)
        return;
    bool all = l->stale || engine->state.times.all.until_ms ||
               engine->state.times.targets != NULL;
    l->check_ms = INT64_MAX;
    l->stale = false;
    for (size_t i = 0; i < l->group_count; i++)
        check_group(engine, &l->groups[i], all);
    check_overrides(engine);
    engine->lane_changed = true;
}

bool lanes_open(const struct engine *engine, int target, int64_t now_ms)
{
    int group = engine->lanes.group[target];
    if (group < 0 || times_override(&engine->state.times, engine->plan, target, now_ms))
        return true;
    const struct lane_group *g = &engine->lanes.groups[group];
    return g->known && now_ms >= g->start_ms && now_ms <= g->latest_ms;
}

int64_t lanes_next_start(const struct engine *engine, int target, int64_t now_ms)
{
    const struct lane_group *g = &engine->lanes.groups[engine->lanes.group[target]];
    if (g->known && now_ms <= g->latest_ms)
        return g->start_ms;
    return window_next_start(engine->state.times.time, engine->plan, target, now_ms);
}

/* ---- life ---- */

void lanes_renew(struct engine *engine)
{
    make_groups(engine);
    engine->lanes.stale = true;
    engine->room_changed = true;
}

void lanes_create(struct engine *engine)
{
    struct lanes *l = &engine->lanes;
    size_t n = engine->plan->target_count;
    l->of = xcalloc(n + 1, sizeof *l->of);
    l->group = xcalloc(n + 1, sizeof *l->group);
    l->members = xcalloc(n + 1, sizeof *l->members);
    l->lead_ms = prepare_lead_ms(engine->plan);
    l->check_ms = INT64_MAX;
    lanes_renew(engine);
}

void lanes_destroy(struct engine *engine)
{
    free(engine->lanes.of);
    free(engine->lanes.group);
    free(engine->lanes.members);
    free(engine->lanes.groups);
}
