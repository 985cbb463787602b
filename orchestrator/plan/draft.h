/*
 * draft.h - what the planner's files share while one plan is made. Private to plan/.
 */
#ifndef PLAN_DRAFT_H
#define PLAN_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/planner.h"
#include "util/buf.h"

/* Keys of one product for the major version that the campaign goes to. */
struct license_tally {
    enum license_product product;
    int major, pools;
    int targets, without;  /* that need one; that get none        */
    long long total, held; /* instances or CPUs                   */
    long long needed, missing;
};

/* A link group that is one thing. */
struct draft_unit {
    const char *name;
    size_t count, changed; /* members; those that are no companions */
};

struct draft {
    struct license_tally licenses[LICENSE_PRODUCT_COUNT];
    const struct plan_request *request;
    const struct strategy *strategy;
    /* the selected ones and the companions of their link groups, in natural order */
    const struct appliance **picked;
    size_t count, changed; /* changed: the selected ones */
    int *unit_of;          /* by picked: index into units, -1: it stands alone */
    bool *companion;       /* by picked */
    struct draft_unit *units;
    size_t unit_count;
    size_t *order; /* picked, in the order of the plan: wave by wave */
    const struct wave_strategy **written; /* by wave of the plan; NULL: not written */
    struct plan *plan;
    struct stay *stay; /* NULL without a previous plan */
    struct plan_notes notes;
};

/* The appliance behind plan->targets[i]. */
static inline const struct appliance *draft_appliance(const struct draft *draft, size_t i)
{
    return draft->picked[draft->order[i]];
}

/* units.c: are link groups units with this playbook? */
bool units_apply(const struct playbook *playbook);
/* Fill unit_of, companion and units; then those of the plan; then see whether the
   caps can hold each of them. */
int units_gather(struct draft *draft, struct slipway_error *err);
void units_pin(struct draft *draft);
int units_check(const struct draft *draft, struct slipway_error *err);
/* Targets of a wave that are changed. */
int draft_changed(const struct draft *draft, int wave);
/* What of it can fail for itself: targets that stand alone, and link groups. */
int draft_lots(const struct draft *draft, int wave);

/* waves.c: fill plan->waves and draft->order. */
int waves_choose(struct draft *draft, struct slipway_error *err);
/* The wave's name as people wrote it, else its place in the file; the caller's. */
char *wave_name(const struct strategy *strategy, size_t at);

/* budgets.c: fill the budgets of waves and campaign. */
int budgets_set(struct draft *draft, struct slipway_error *err);

/* caps.c: fill domains and limits of the plan and of its targets. */
void caps_set(struct draft *draft);

/* licenses.c: `licenses` of the targets' documents, and draft->licenses. */
void licenses_set(struct draft *draft);

/* timetables.c: plan->time but for paces, and the timetable of every slot. */
int timetables_set(struct draft *draft, struct slipway_error *err);

/* paces.c: one for each kind and version, and the pace of every slot. */
void paces_set(struct draft *draft);

/* stay.c: where the previous plan had the targets. */
void stay_open(struct draft *draft);
void stay_close(struct stay *stay); /* NULL is fine */
/* How gladly a wave takes picked[i]: 0 was in it, 1 is new to the campaign, more was in
   another wave, the last one's first (from there a move drags no other behind it). */
int stay_rank(const struct draft *draft, size_t i, const char *wave);
/* Say who moved, and why. */
void explain_moves(struct draft *draft);

/* explain_*.c: notes about a plan that is otherwise finished. */
void explain_waves(struct draft *draft);
void explain_caps(struct draft *draft);
void explain_units(struct draft *draft);
void explain_snapshots(struct draft *draft);
void explain_targets(struct draft *draft); /* and the marks */
void explain_stops(struct draft *draft);
void explain_licenses(struct draft *draft);
void explain_time(struct draft *draft);
void explain_deadline(struct draft *draft);

/* A list of names for a sentence: the first few, then "and 12 more". */
struct name_list {
    struct buf text;
    size_t count;
};
void name_list_add(struct name_list *list, const char *name);
const char *name_list_text(struct name_list *list); /* ask once; `count` stays */
void name_list_clear(struct name_list *list);
#define auto_names __attribute__((cleanup(name_list_clear)))

/* "target" or "targets". */
static inline const char *plural(long long count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

#endif
