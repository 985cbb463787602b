/* plan.c - a plan in memory: freeing and finding. */
#include "model/plan.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"

void plan_target_clear(struct plan_target *target)
{
    char *texts[] = {target->name,       target->site,    target->version,
                     target->link_group, target->manager, target->doc};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
}

static void caps_free(struct plan_cap *caps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(caps[i].key);
    free(caps);
}

void plan_absent_free(struct plan_absent *absent, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(absent[i].name);
        free(absent[i].reason);
    }
    free(absent);
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->target_count; i++)
        plan_target_clear(&plan->targets[i]);
    free(plan->targets);
    for (size_t i = 0; i < plan->wave_count; i++)
        free(plan->waves[i].name);
    free(plan->waves);
    for (size_t i = 0; i < plan->unit_count; i++)
        free(plan->units[i].name);
    free(plan->units);
    caps_free(plan->domains, plan->domain_count);
    caps_free(plan->limits, plan->limit_count);
    playbook_clear(&plan->playbook);
    for (size_t i = 0; i < plan->plugin_count; i++) {
        free(plan->plugins[i].name);
        free(plan->plugins[i].version);
        free(plan->plugins[i].digest);
    }
    free(plan->plugins);
    plan_absent_free(plan->absent, plan->absent_count);
    plan_time_clear(&plan->time);
    char *texts[] = {plan->after,        plan->campaign,        plan->digest,
                     plan->created_by,   plan->slipway_version, plan->campaign_digest,
                     plan->fleet_digest, plan->campaign_file,   plan->fleet_file,
                     plan->vars};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(plan);
}

int plan_limit(const struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->limit_count; i++) {
        if (!strcmp(plan->limits[i].key, key))
            return (int)i;
    }
    return -1;
}

int plan_target_index(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        if (!strcmp(plan->targets[i].name, name))
            return (int)i;
    }
    return -1;
}

const struct plan_absent *plan_absent_of(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->absent_count; i++) {
        if (!strcmp(plan->absent[i].name, name))
            return &plan->absent[i];
    }
    return NULL;
}

int plan_unit_of(const struct plan *plan, int target)
{
    size_t low = 0, high = plan->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct plan_unit *unit = &plan->units[middle];
        if (target < unit->first)
            high = middle;
        else if (target >= unit->first + unit->count)
            low = middle + 1;
        else
            return (int)middle;
    }
    return -1;
}

void plan_phase(const struct plan *plan, enum phase phase, int *first, int *end)
{
    int count = (int)plan->playbook.step_count;
    int at = 0;
    while (at < count && plan->playbook.steps[at].phase < phase)
        at++;
    *first = at;
    while (at < count && plan->playbook.steps[at].phase == phase)
        at++;
    *end = at;
}

int64_t plan_member_needed_ms(const struct plan *plan, const struct plan_time *time,
                              int target)
{
    int64_t most_ms = playbook_timeouts_ms(&plan->playbook);
    int pace = time->slots ? time->slots[target].pace : -1;
    if (plan->targets[target].companion)
        return 0;
    int64_t whole_ms =
        pace >= 0 ? time->paces[pace].needed_ms : playbook_worst_ms(&plan->playbook);
    int64_t own_ms =
        (whole_ms < most_ms ? whole_ms : most_ms) - playbook_undo_ms(&plan->playbook);
    return own_ms > 0 ? own_ms : 0;
}

int64_t plan_unit_needed_ms(const struct plan *plan, const struct plan_time *time,
                            const struct plan_unit *unit)
{
    int64_t total_ms =
        playbook_barrier_ms(&plan->playbook) + playbook_group_undo_ms(&plan->playbook);
    for (int i = unit->first; i < unit->first + unit->count; i++)
        total_ms += plan_member_needed_ms(plan, time, i);
    return total_ms;
}
