/*
 * units.c - link groups that are one thing (model/plan.h, struct plan_unit): who is in
 * them, who only comes along, and whether the caps can hold all of one at once.
 *
 * A group is a unit if the playbook reverts snapshots and at least two of it are in the
 * fleet. Whoever is not selected is a companion: shut down, snapshotted, started, looked
 * at and reverted with the others, because replicas of different ages must never meet.
 *
 * Failure: who cannot come along, or caps that are too small, are an error with what to
 * do; nothing is planned then.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

bool units_apply(const struct playbook *playbook)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (playbook->steps[i].phase == PHASE_CHANGE && playbook->steps[i].snapshot)
            return playbook->rollback == ROLLBACK_SNAPSHOT;
    }
    return false;
}

int *plan_companions(const struct fleet *fleet, const struct playbook *playbook,
                     const int *selected, size_t selected_count, size_t *count)
{
    int *found = xcalloc(fleet->appliance_count + 1, sizeof *found);
    auto_free bool *is_selected =
        xcalloc(fleet->appliance_count + 1, sizeof *is_selected);
    auto_map struct map groups = {0};
    *count = 0;
    if (!units_apply(playbook))
        return found;
    for (size_t i = 0; i < selected_count; i++) {
        const char *group = fleet->appliances[selected[i]].link_group;
        is_selected[selected[i]] = true;
        if (*group)
            (void)map_intern(&groups, group);
    }
    for (size_t i = 0; groups.count && i < fleet->appliance_count; i++) {
        const char *group = fleet->appliances[i].link_group;
        if (!is_selected[i] && *group && map_find(&groups, group) >= 0)
            found[(*count)++] = (int)i;
    }
    return found;
}

/* Number the groups in the order in which the picked ones meet them. */
static void find_units(struct draft *draft)
{
    auto_map struct map groups = {0};
    auto_free size_t *members = xcalloc(draft->count + 1, sizeof *members);
    auto_free int *unit = xcalloc(draft->count + 1, sizeof *unit);
    for (size_t i = 0; i < draft->count; i++) {
        if (*draft->picked[i]->link_group)
            members[map_intern(&groups, draft->picked[i]->link_group)]++;
    }
    draft->units = xcalloc(groups.count + 1, sizeof *draft->units);
    for (size_t g = 0; g < groups.count; g++) {
        unit[g] = members[g] > 1 ? (int)draft->unit_count : -1;
        if (members[g] > 1)
            draft->units[draft->unit_count++] = (struct draft_unit){.count = members[g]};
    }
    for (size_t i = 0; i < draft->count; i++) {
        const char *group = draft->picked[i]->link_group;
        int at = *group ? unit[map_find(&groups, group)] : -1;
        draft->unit_of[i] = at;
        if (at < 0)
            continue;
        draft->units[at].name = group;
        draft->units[at].changed += !draft->companion[i];
    }
}

static const struct plan_hold *hold_on(const struct plan_request *r, const char *name)
{
    for (size_t i = 0; i < r->hold_count; i++) {
        const struct plan_hold *hold = &r->holds[i];
        bool over = hold->until_ms && hold->until_ms <= r->now_ms;
        if (!over && !strcmp(hold->name, name))
            return hold;
    }
    return NULL;
}

static int check_companion(const struct draft *draft, const struct appliance *a,
                           struct slipway_error *err)
{
    const struct plan_hold *hold = hold_on(draft->request, a->name);
    char name[160], group[160], until[40] = "it is released";
    (void)text_clean(a->name, name, sizeof name);
    (void)text_clean(a->link_group, group, sizeof group);
    if (!*a->manager)
        return slipway_error_set(err, -1,
                                 "%s is in link group %s and would be shut down, "
                                 "snapshotted and reverted with "
                                 "its others, but it has no vm.manager; add it to the "
                                 "fleet file, or leave the "
                                 "whole group out with `select`",
                                 name, group);
    if (!hold)
        return 0;
    char campaign[160], reason[160];
    if (hold->until_ms)
        (void)time_minute(hold->until_ms, until, sizeof until);
    return slipway_error_set(
        err, -1,
        "%s is in link group %s and would be shut down, snapshotted and reverted with "
        "its "
        "others, but it is held in campaign %s until %s (%s); release it there, or leave "
        "the whole group out with `select`",
        name, group, text_clean(hold->campaign ? hold->campaign : "?", campaign, 160),
        until,
        hold->reason && *hold->reason ? text_clean(hold->reason, reason, sizeof reason)
                                      : "no reason given");
}

int units_gather(struct draft *draft, struct slipway_error *err)
{
    const struct plan_request *r = draft->request;
    const struct appliance *all = r->fleet->appliances;
    auto_free bool *selected = xcalloc(r->fleet->appliance_count + 1, sizeof *selected);
    draft->unit_of = xcalloc(draft->count, sizeof *draft->unit_of);
    draft->companion = xcalloc(draft->count, sizeof *draft->companion);
    for (size_t i = 0; i < r->selected_count; i++)
        selected[r->selected[i]] = true;
    for (size_t i = 0; i < draft->count; i++) {
        draft->unit_of[i] = -1;
        draft->companion[i] = !selected[draft->picked[i] - all];
        if (draft->companion[i] && check_companion(draft, draft->picked[i], err))
            return -1;
    }
    if (units_apply(r->playbook))
        find_units(draft);
    return 0;
}

void units_pin(struct draft *draft)
{
    struct plan *plan = draft->plan;
    int last = -1;
    plan->units = xcalloc(draft->unit_count + 1, sizeof *plan->units);
    for (size_t i = 0; i < plan->target_count; i++) {
        int at = draft->unit_of[draft->order[i]];
        plan->targets[i].companion = draft->companion[draft->order[i]];
        if (at >= 0 && at != last)
            plan->units[plan->unit_count++] = (struct plan_unit){
                .name = xstrdup(draft->units[at].name), .first = (int)i};
        if (at >= 0)
            plan->units[plan->unit_count - 1].count++;
        last = at;
    }
}

int draft_changed(const struct draft *draft, int wave)
{
    int changed = 0;
    const struct plan_wave *w = &draft->plan->waves[wave];
    for (int i = w->first; i < w->first + w->count; i++)
        changed += !draft->companion[draft->order[i]];
    return changed;
}

int draft_lots(const struct draft *draft, int wave)
{
    const struct plan *plan = draft->plan;
    int first = wave < 0 ? 0 : plan->waves[wave].first, lots = 0;
    int end = wave < 0 ? (int)draft->count : first + plan->waves[wave].count;
    for (int i = first; i < end; i++) {
        int unit = draft->unit_of[draft->order[i]];
        lots += unit < 0 || i == first || draft->unit_of[draft->order[i - 1]] != unit;
    }
    return lots;
}

/* ---- what must hold all of one ---- */

static int refuse(const struct plan_unit *unit, const char *what, int max, int needed,
                  struct slipway_error *err)
{
    char name[160], clean[160];
    return slipway_error_set(
        err, -1,
        "link group %s goes as one, with %d members: %s is %d and must be at least %d",
        text_clean(unit->name, name, sizeof name), unit->count,
        text_clean(what, clean, sizeof clean), max, needed);
}

/* A cap of 0 keeps everybody out, and that is said elsewhere. */
static int check_caps(const struct plan_unit *unit, const char *of,
                      const struct plan_cap *caps, const int *used, size_t count,
                      struct slipway_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!caps[i].max || used[i] <= caps[i].max)
            continue;
        auto_free char *what = xasprintf("%s %s", of, caps[i].key);
        return refuse(unit, what, caps[i].max, used[i], err);
    }
    return 0;
}

static int check_unit(const struct plan *plan, const struct plan_unit *unit,
                      struct slipway_error *err)
{
    auto_free int *domains = xcalloc(plan->domain_count + 1, sizeof *domains);
    auto_free int *limits = xcalloc(plan->limit_count + 1, sizeof *limits);
    if (plan->in_flight < unit->count)
        return refuse(unit, "in_flight", plan->in_flight, unit->count, err);
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        const struct plan_target *target = &plan->targets[i];
        for (int k = 0; k < target->domain_count; k++)
            domains[target->domains[k]]++;
        if (target->manager_limit >= 0)
            limits[target->manager_limit]++;
        if (target->datastore_limit >= 0)
            limits[target->datastore_limit]++;
    }
    return check_caps(unit, "max_unavailable of", plan->domains, domains,
                      plan->domain_count, err) ||
                   check_caps(unit, "the limit of", plan->limits, limits,
                              plan->limit_count, err)
               ? -1
               : 0;
}

int units_check(const struct draft *draft, struct slipway_error *err)
{
    for (size_t i = 0; i < draft->plan->unit_count; i++) {
        if (check_unit(draft->plan, &draft->plan->units[i], err))
            return -1;
    }
    return 0;
}
