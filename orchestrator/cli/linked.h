/*
 * linked.h - link groups of which a campaign changes only some: who stays behind, why, and
 * when the whole group is left out for it.
 *
 *   a member stays behind because     then it
 *   nobody selected it                goes along, unchanged
 *   `after`, or it needs other hops   goes along, unchanged, and the plan says why
 *   and would be several major        keeps its whole group out of the campaign
 *   upgrades behind the others
 *
 * Whoever stays behind is still a member: replicas of different ages must never meet, so it is
 * shut down, snapshotted and, if it comes to that, reverted with the others. What it must not
 * be is more than one major upgrade behind: the vendor means linked vCenters of two lines for
 * the time of an upgrade only. A campaign that patches inside a line makes that no worse.
 */
#ifndef CLI_LINKED_H
#define CLI_LINKED_H

#include "cli/inputs.h"
#include "model/plan_notes.h"

/* `why`, parallel to inputs->selected, becomes OUT_LINKED for whoever is not left out yet
   and would be taken too far from a member of its group. Nothing happens without a
   catalogue of versions. */
void linked_leave_out(const struct inputs *inputs, enum out_why *why);

/* Who goes along though it was to be changed, and which groups are left out whole. `plan`
   may be NULL: nothing is left to do. */
void linked_note(const struct inputs *inputs, const struct plan *plan,
                 struct plan_notes *notes);

#endif
