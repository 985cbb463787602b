/*
 * draft.h - what the planner's files share while one plan is made. Private to plan/.
 */
#ifndef PLAN_DRAFT_H
#define PLAN_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/planner.h"
#include "util/buf.h"

struct draft {
    const struct plan_request *request;
    const struct strategy *strategy;
    const struct appliance **picked; /* the selected ones, in natural order */
    size_t count;
    size_t *order; /* picked, in the order of the plan: wave by wave */
    const struct wave_strategy **written; /* by wave of the plan; NULL: not written */
    struct plan *plan;
    struct plan_notes notes;
};

/* The appliance behind plan->targets[i]. */
static inline const struct appliance *draft_appliance(const struct draft *draft, size_t i)
{
    return draft->picked[draft->order[i]];
}

/* waves.c: fill plan->waves and draft->order. */
int waves_choose(struct draft *draft, struct slipway_error *err);

/* budgets.c: fill the budgets of waves and campaign. */
int budgets_set(struct draft *draft, struct slipway_error *err);

/* caps.c: fill domains and limits of the plan and of its targets. */
void caps_set(struct draft *draft);

/* explain_*.c: notes about a plan that is otherwise finished. */
void explain_waves(struct draft *draft);
void explain_caps(struct draft *draft);
void explain_snapshots(struct draft *draft);
void explain_targets(struct draft *draft); /* and the marks */
void explain_stops(struct draft *draft);

/* A list of names for a sentence: the first few, then "and 12 more". */
struct name_list {
    struct buf text;
    size_t count;
};
void name_list_add(struct name_list *list, const char *name);
const char *name_list_text(struct name_list *list);
void name_list_clear(struct name_list *list);
#define auto_names __attribute__((cleanup(name_list_clear)))

/* "target" or "targets". */
static inline const char *plural(long long count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

#endif
