/*
 * apply_count.c - counters (in flight, failed, in doubt, domains, limits) are derived from
 * the targets: before a record touches a target its contribution is taken out, and put
 * back after, so that no path can forget one.
 *
 * A link group is one thing at risk: budgets count it once, however many of its members
 * are in flight or have failed.
 */
#include "engine/group.h"

bool target_is_in_flight(enum target_state_id state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING;
}

bool target_is_down(const struct target_state *t)
{
    if (target_is_in_flight(t->state) || t->state == TARGET_ROLLING_BACK ||
        t->state == TARGET_STRANDED)
        return true;
    return (t->changed || t->off) &&
           (t->state == TARGET_PARKED || t->state == TARGET_FAILED);
}

bool target_counts_as_failed(const struct target_state *t)
{
    if (t->acknowledged || t->companion)
        return false;
    return t->state == TARGET_FAILED || t->state == TARGET_ROLLING_BACK ||
           t->state == TARGET_ROLLED_BACK || t->state == TARGET_STRANDED ||
           t->state == TARGET_PARKED;
}

static void count_limits(struct engine *engine, int index, int sign)
{
    const struct activity_state *a = &engine->state.targets[index].activity;
    int limits[ACTIVITY_LIMITS_MAX];
    int count = activity_limits(engine, index, a->kind, a->index, limits);
    for (int i = 0; i < count; i++)
        engine->state.limit_used[limits[i]] += sign;
}

/* Of members of a link group only the first counts, and only the last is given back. */
static int count_once(int *members, bool is, int sign)
{
    bool was = *members > 0;
    *members += is ? sign : 0;
    return (*members > 0) - was;
}

static void count_risk(struct engine *engine, int index, int sign)
{
    struct engine_state *s = &engine->state;
    const struct target_state *t = &s->targets[index];
    struct wave_state *wave = &s->waves[engine->plan->targets[index].wave];
    struct group_state *group = group_of(engine, index);
    bool is_failed = target_counts_as_failed(t), flies = target_is_in_flight(t->state);
    int failed = is_failed ? sign : 0, at_risk = flies ? sign : 0;
    if (group) {
        failed = count_once(&group->failing, is_failed, sign);
        at_risk = count_once(&group->flying, flies, sign);
    }
    s->failed += failed;
    wave->failed += failed;
    s->at_risk += at_risk;
    wave->at_risk += at_risk;
}

void state_count_target(struct engine *engine, int index, int sign)
{
    struct engine_state *s = &engine->state;
    const struct target_state *t = &s->targets[index];
    const struct plan_target *planned = &engine->plan->targets[index];
    struct wave_state *wave = &s->waves[planned->wave];
    bool failed = target_counts_as_failed(t);
    bool doubt = !failed && !t->companion && t->activity.state == STEP_IN_DOUBT;
    bool down = target_is_down(t);
    bool claimed = down || t->state == TARGET_PREPARING ||
                   (t->state == TARGET_READY && !group_has_hold(engine, index));
    s->target_states[index] = (unsigned char)t->state;
    if (sign > 0)
        lanes_set(engine, index);
    s->count_by_state[t->state] += sign;
    wave->count_by_state[t->state] += sign;
    count_risk(engine, index, sign);
    s->in_doubt += doubt ? sign : 0;
    wave->in_doubt += doubt ? sign : 0;
    s->in_flight += target_is_in_flight(t->state) ? sign : 0;
    for (int i = 0; i < planned->domain_count; i++) {
        s->domain_down[planned->domains[i]] += down ? sign : 0;
        s->domain_claimed[planned->domains[i]] += claimed ? sign : 0;
    }
    if (activity_under_way(&t->activity))
        count_limits(engine, index, sign);
}
