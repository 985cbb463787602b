/*
 * inputs_after.h - `after:` of a campaign: the one that must be over before, and what
 * became of each appliance there. Two hops are two campaigns, one after the other.
 */
#ifndef CLI_INPUTS_AFTER_H
#define CLI_INPUTS_AFTER_H

#include "cli/inputs.h"
#include "store/store.h"

/* Look the other campaign up in the state. Its appliances have the version then that it
   read back; those of one that is not over, the version that it will bring. */
void after_load(struct cli *cli, struct inputs *inputs);
void after_clear(struct inputs_after *after);

/* Why this selected appliance is left out because of it; NULL: it is not. Borrowed. */
const char *after_objection(const struct inputs *inputs, int appliance);

/* Who is ready, who waits for it, and who is left out. */
void after_note(const struct inputs *inputs, struct plan_notes *notes);

/* May this plan begin? An exit code, explained: 5 before the other campaign is over, 6 if
   it ended after the plan was made. */
int after_refuse(struct cli *cli, struct store *store, const struct plan *plan);

#endif
