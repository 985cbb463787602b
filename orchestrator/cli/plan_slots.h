/*
 * plan_slots.h - reserve the slots of a plan that was just made.
 */
#ifndef CLI_PLAN_SLOTS_H
#define CLI_PLAN_SLOTS_H

#include "model/plan.h"
#include "model/plan_notes.h"

/* Fill plan->time.slots, with their spread, and pin the plan anew; `previous` is the
   plan of the campaign before this one, or NULL. Notes tell what moved and why. A plan
   without rules about time gets no slots. */
void plan_slots_reserve(struct plan *plan, const struct plan *previous,
                        struct plan_notes *notes);

#endif
