/*
 * compare.h - what is different between two plans of one campaign: the one that was
 * approved, and the one that today's files would give.
 *
 * A function. When and by whom the plans were made is no difference, and openings are
 * compared only where both plans know them. Sentences are harmless; names in them are cut
 * after a few.
 */
#ifndef PLAN_COMPARE_H
#define PLAN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/plan.h"

enum plan_change {
    CHANGE_TARGET_NEW,
    CHANGE_TARGET_GONE,
    CHANGE_VERSION,   /* found another version than before: changed outside of slipway  */
    CHANGE_APPLIANCE, /* its entry in the fleet: address, labels, manager, ...          */
    CHANGE_MEMBER,    /* of a link group: changed, only along with it, or for itself    */
    CHANGE_PLAYBOOK,  /* steps, checks, version reads, settings, scripts                */
    CHANGE_VARS,
    CHANGE_PLUGIN,
    CHANGE_STRATEGY, /* waves, budgets, caps, limits, rules about time                  */
    CHANGE_CALENDAR, /* a window or freeze: the rule, its file, or its openings         */
    CHANGE_ZONE_DATA,
    CHANGE_WAVE, /* targets that go in another wave: a consequence                      */
    CHANGE_SLOT, /* a slot that lies elsewhere: a consequence                           */
    CHANGE_COUNT
};
const char *plan_change_name(enum plan_change change);
/* A plan is stale for its own sake; waves and slots only follow. */
bool plan_change_is_cause(enum plan_change change);

struct plan_difference {
    enum plan_change change;
    char *text; /* "3 targets are new: vc-7, vc-8, vc-9"                     */
    int count;  /* how many targets it is about; 0: it is about none         */
    int target; /* SLOT: index in the new plan; else -1                      */
    int64_t was_ms, now_ms; /* SLOT: start; 0: none                                     */
};

/* In the order of the kinds. plan_differences_clear() gives it back. */
struct plan_differences {
    struct plan_difference *items;
    size_t count, room;
};

/* Replaces *out, which must be initialised. `local` may be NULL: times are in UTC. */
void plan_compare(const struct plan *was, const struct plan *now, local_time_fn local,
                  struct plan_differences *out);

/* How many of them are causes. */
size_t plan_differences_causes(const struct plan_differences *differences);

void plan_differences_clear(struct plan_differences *differences);
#define auto_differences __attribute__((cleanup(plan_differences_clear)))

#endif
