/*
 * planner.h - from campaign, fleet, playbook and now to a pinned plan.
 *
 * A function: the same request gives the same plan to the last byte, in whatever
 * order the fleet lists its appliances. The rules:
 *
 * targets   in natural order of their names (vc-2 before vc-10), also inside a wave
 * sizes     a count, a percentage of the selected (rounded down, at least 1) or the
 *           rest; a size over what is left is cut, an empty wave is dropped, targets
 *           that no wave takes are an error. No waves: one wave of all.
 * cover     the fewest targets, found greedily, that have every value of every named
 *           label among the targets left; then further ones, spread over the
 *           combinations of values
 * budgets   failures tolerated; the next one acts. Percentages of the wave (campaign:
 *           of the selected), rounded down. A wave without one takes the strategy's,
 *           else 0; a campaign without one tolerates all (its waves still act).
 * domains   "label=value" with the cap of max_unavailable; a link group is always
 *           capped at 1
 * limits    "manager" and "datastore" are counted for each of them ("manager=m1"),
 *           every other name is one counter
 */
#ifndef PLAN_PLANNER_H
#define PLAN_PLANNER_H

#include <stddef.h>
#include <stdint.h>

#include "model/campaign.h"
#include "model/fleet.h"
#include "model/plan.h"
#include "model/plan_notes.h"
#include "model/playbook.h"
#include "slipway/error.h"

#define IN_FLIGHT_DEFAULT 10 /* a strategy that does not say */

/* An operator's veto on one appliance. */
struct plan_hold {
    const char *name; /* of the appliance */
    const char *reason;
    int64_t until_ms; /* 0: until released; one that lies in the past is over */
};

/* Everything is borrowed for the length of the call. */
struct plan_request {
    const struct fleet *fleet;
    const struct campaign *campaign;
    const struct playbook *playbook;
    const int *selected; /* indexes into fleet->appliances, in any order */
    size_t selected_count;
    const struct plan_hold *holds;
    size_t hold_count;
    int64_t now_ms;
    const char *created_by, *slipway_version, *fleet_digest; /* may be NULL */
};

/* Make the plan with its digest; `notes`, initialised, is replaced and may be NULL. -1
   with a sentence if the campaign cannot be planned; *out and *notes are then untouched. */
int plan_make(const struct plan_request *request, struct plan **out,
              struct plan_notes *notes, struct slipway_error *err);

/* What a plan amounts to, also of one that was read back from a file. fleet_count 0:
   shares refer to the plan's own targets. Replaces *out, which must be initialised. */
void plan_facts_of(const struct plan *plan, size_t fleet_count, struct plan_facts *out);

#endif
