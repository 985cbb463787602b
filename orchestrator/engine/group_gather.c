/*
 * group_gather.c - is a link group ready as a whole, and is there room for all of it? Its
 * members are prepared each by itself, but only if all of them can be, and they are
 * admitted at once or not at all: a part of a group that holds places would wait for the
 * rest, and the rest for places.
 */
#include "engine/group.h"

/* ---- holds ---- */

bool group_has_hold(const struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    if (unit < 0)
        return engine->state.targets[target].hold_reason != NULL;
    const struct plan_unit *u = group_unit(engine, unit);
    for (int i = u->first; i < group_end(u); i++) {
        if (engine->state.targets[i].hold_reason)
            return true;
    }
    return false;
}

bool group_is_held(const struct engine *engine, int target, int64_t now_ms, int *who)
{
    int unit = engine->unit_of[target];
    const struct target_state *targets = engine->state.targets;
    *who = target;
    if (unit < 0 || ready_is_held(&targets[target], now_ms))
        return ready_is_held(&targets[target], now_ms);
    const struct plan_unit *u = group_unit(engine, unit);
    for (*who = u->first; *who < group_end(u); ++*who) {
        if (ready_is_held(&targets[*who], now_ms))
            return true;
    }
    *who = target;
    return false;
}

/* ---- preparing ---- */

static bool is_in(const struct plan_target *planned, int domain)
{
    for (int i = 0; i < planned->domain_count; i++) {
        if (planned->domains[i] == domain)
            return true;
    }
    return false;
}

/* Members that are in a domain: all of them, or those that are pending. */
static int count_in(const struct engine *engine, const struct plan_unit *u, int domain,
                    bool pending)
{
    int count = 0;
    for (int i = u->first; i < group_end(u); i++) {
        bool counts = !pending || engine->state.targets[i].state == TARGET_PENDING;
        count += counts && is_in(&engine->plan->targets[i], domain);
    }
    return count;
}

bool group_may_prepare(const struct engine *engine, int target)
{
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    for (int i = u->first; i < group_end(u); i++) {
        const struct plan_target *planned = &engine->plan->targets[i];
        enum target_state_id state = engine->state.targets[i].state;
        if (state != TARGET_PENDING && state != TARGET_PREPARING && state != TARGET_READY)
            return false;
        for (int k = 0; k < planned->domain_count && state == TARGET_PENDING; k++) {
            int d = planned->domains[k];
            if (!schedule_domain_wants(engine, i, d, count_in(engine, u, d, true)))
                return false;
        }
    }
    return true;
}

void group_prepare(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    for (int i = u->first; i < group_end(u); i++) {
        if (engine->state.targets[i].state == TARGET_PENDING)
            target_begin_preparing(engine, i);
    }
}

/* ---- starting ---- */

/* Calls `visit` for each domain and limit of the group, once, with how many places of it
   the group needs. */
typedef void (*cap_visit)(void *data, const struct cap_fact *cap, bool domain);

static void visit_domains(const struct engine *engine, const struct plan_unit *u,
                          cap_visit visit, void *data)
{
    const struct plan *plan = engine->plan;
    const struct engine_state *s = &engine->state;
    for (int i = u->first; i < group_end(u); i++) {
        for (int k = 0; k < plan->targets[i].domain_count; k++) {
            int d = plan->targets[i].domains[k], seen = u->first;
            while (seen < i && !is_in(&plan->targets[seen], d))
                seen++;
            if (seen == i)
                visit(data,
                      &(struct cap_fact){plan->domains[d].key, s->domain_down[d],
                                         s->domain_max[d], count_in(engine, u, d, false)},
                      true);
        }
    }
}

static bool takes(const struct engine *engine, int target, int limit)
{
    const struct plan_target *planned = &engine->plan->targets[target];
    return planned->manager_limit == limit || planned->datastore_limit == limit;
}

static void visit_limit(const struct engine *engine, const struct plan_unit *u, int limit,
                        int target, cap_visit visit, void *data)
{
    const struct engine_state *s = &engine->state;
    int needed = 0;
    for (int i = u->first; i < group_end(u); i++) {
        if (i < target && takes(engine, i, limit))
            return; /* was visited for that one */
        needed += takes(engine, i, limit);
    }
    visit(data,
          &(struct cap_fact){engine->plan->limits[limit].key, s->limit_used[limit],
                             s->limit_max[limit], needed},
          false);
}

static void visit_caps(const struct engine *engine, int unit, cap_visit visit, void *data)
{
    const struct plan_unit *u = group_unit(engine, unit);
    visit_domains(engine, u, visit, data);
    for (int i = u->first; i < group_end(u); i++) {
        const struct plan_target *planned = &engine->plan->targets[i];
        if (planned->manager_limit >= 0)
            visit_limit(engine, u, planned->manager_limit, i, visit, data);
        if (planned->datastore_limit >= 0)
            visit_limit(engine, u, planned->datastore_limit, i, visit, data);
    }
}

static void note_short(void *data, const struct cap_fact *cap, bool domain)
{
    bool *fits = data;
    (void)domain;
    *fits = *fits && cap_has_room(cap);
}

bool group_may_start(const struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    int who;
    bool fits = engine->state.in_flight + u->count <= engine->state.settings.in_flight;
    for (int i = u->first; i < group_end(u) && fits; i++)
        fits = engine->state.targets[i].state == TARGET_READY;
    if (!fits || group_is_held(engine, u->first, engine->now_ms, &who) ||
        !lanes_open(engine, u->first, engine->now_ms))
        return false;
    visit_caps(engine, unit, note_short, &fits);
    return fits;
}

void group_admit(struct engine *engine, int unit)
{
    const struct plan_unit *u = group_unit(engine, unit);
    emit_group(engine, unit, -1, GROUP_ADMIT, NULL, "%s", "");
    for (int i = u->first; i < group_end(u); i++)
        target_admit_member(engine, i);
}

/* ---- the facts ---- */

struct listing {
    struct admission_facts *facts;
    bool with_room; /* which of them are taken in this pass */
};

static void list_cap(void *data, const struct cap_fact *cap, bool domain)
{
    const struct listing *listing = data;
    struct admission_facts *f = listing->facts;
    size_t *count = domain ? &f->domain_count : &f->limit_count;
    if (cap_has_room(cap) == listing->with_room && *count < ADMISSION_CAPS_MAX)
        (domain ? f->domains : f->limits)[(*count)++] = *cap;
}

/* Of its own state there is a fact already. */
static void list_absent(const struct engine *engine, int target,
                        struct admission_facts *facts)
{
    const struct plan_unit *u = group_unit(engine, engine->unit_of[target]);
    for (int i = u->first; i < group_end(u); i++) {
        enum target_state_id state = engine->state.targets[i].state;
        if (i == target || state == TARGET_READY)
            continue;
        if (!facts->absent_count++) {
            facts->absent = engine->plan->targets[i].name;
            facts->absent_state = state;
        }
    }
}

void group_facts(const struct engine *engine, int target, struct admission_facts *facts)
{
    int unit = engine->unit_of[target], who;
    const struct plan_unit *u = group_unit(engine, unit);
    struct listing listing = {facts, false};
    facts->group = u->name;
    facts->in_flight_needed = u->count;
    list_absent(engine, target, facts);
    if (group_is_held(engine, target, facts->now_ms, &who) && who != target) {
        const struct target_state *held = &engine->state.targets[who];
        facts->hold_member = engine->plan->targets[who].name;
        facts->hold_reason = held->hold_reason;
        facts->hold_actor = held->hold_actor;
        facts->hold_until_ms = held->hold_until_ms;
    }
    visit_caps(engine, unit, list_cap, &listing); /* those in its way first */
    listing.with_room = true;
    visit_caps(engine, unit, list_cap, &listing);
}
