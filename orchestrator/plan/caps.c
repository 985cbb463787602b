/*
 * caps.c - who shares which domain and which limit.
 *
 * Every capped value ("customer=acme") and every counter ("manager=m1") gets its index
 * once, in the order in which the plan's targets meet it, so the order of the fleet's
 * file leaves no trace.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

struct caps {
    struct map keys;
    struct plan_cap **items;
    size_t *count, *room;
};

/* No more than IN_FLIGHT_MAX can be down or in use, so a larger cap says nothing. */
static int bounded(int max)
{
    return max < 0 ? 0 : max > IN_FLIGHT_MAX ? IN_FLIGHT_MAX : max;
}

/* Index of the key; of two caps for one key the smaller holds. */
static int cap_index(struct caps *caps, const char *key, int max)
{
    size_t at = map_intern(&caps->keys, key);
    if (at == *caps->count)
        *vec_push(*caps->items, *caps->count, *caps->room) =
            (struct plan_cap){xstrdup(key), bounded(max)};
    else if (bounded(max) < (*caps->items)[at].max)
        (*caps->items)[at].max = bounded(max);
    return (int)at;
}

static int value_index(struct caps *caps, const char *label, const char *value, int max)
{
    auto_buf struct buf key = {0};
    buf_addf(&key, "%s=%s", label, value);
    return cap_index(caps, buf_text(&key), max);
}

static void add_domain(struct caps *caps, struct plan_target *target,
                       const struct appliance *appliance, const char *label, int max)
{
    const char *value = appliance_attribute(appliance, label);
    if (!value)
        return;
    int at = value_index(caps, label, value, max);
    for (int i = 0; i < target->domain_count; i++) {
        if (target->domains[i] == at)
            return;
    }
    target->domains[target->domain_count++] = at;
}

static void set_domains(struct draft *draft)
{
    const struct strategy *s = draft->strategy;
    struct plan *plan = draft->plan;
    struct caps caps = {{0}, &plan->domains, &plan->domain_count, &plan->domain_room};
    for (size_t i = 0; i < plan->target_count; i++) {
        bool linked = plan_unit_of(plan, (int)i) >= 0; /* its group goes down as one */
        for (size_t k = 0; k < s->max_unavailable_count; k++) {
            if (!linked || strcmp(s->max_unavailable[k].name, "link_group") != 0)
                add_domain(&caps, &plan->targets[i], draft_appliance(draft, i),
                           s->max_unavailable[k].name, s->max_unavailable[k].max);
        }
        if (!linked)
            add_domain(&caps, &plan->targets[i], draft_appliance(draft, i), "link_group",
                       1);
    }
    map_free(&caps.keys);
}

/* The cap of a limit, or -1 if the strategy does not set it. */
static int limit_max(const struct strategy *s, const char *name)
{
    int max = -1;
    for (size_t i = 0; i < s->limit_count; i++) {
        if (!strcmp(s->limits[i].name, name) && (max < 0 || s->limits[i].max < max))
            max = bounded(s->limits[i].max);
    }
    return max;
}

static int counted_for_each(struct caps *caps, const struct appliance *appliance,
                            const char *name, int max)
{
    const char *value = max < 0 ? NULL : appliance_attribute(appliance, name);
    return value ? value_index(caps, name, value, max) : -1;
}

static void set_limits(struct draft *draft)
{
    const struct strategy *s = draft->strategy;
    struct plan *plan = draft->plan;
    struct caps caps = {{0}, &plan->limits, &plan->limit_count, &plan->limit_room};
    for (size_t i = 0; i < s->limit_count; i++) {
        const char *name = s->limits[i].name;
        if (strcmp(name, "manager") && strcmp(name, "datastore"))
            (void)cap_index(&caps, name, s->limits[i].max);
    }
    int manager_max = limit_max(s, "manager"), datastore_max = limit_max(s, "datastore");
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct appliance *appliance = draft_appliance(draft, i);
        plan->targets[i].manager_limit =
            counted_for_each(&caps, appliance, "manager", manager_max);
        plan->targets[i].datastore_limit =
            counted_for_each(&caps, appliance, "datastore", datastore_max);
    }
    map_free(&caps.keys);
}

void caps_set(struct draft *draft)
{
    set_domains(draft);
    set_limits(draft);
}
