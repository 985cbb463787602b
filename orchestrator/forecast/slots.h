/*
 * slots.h - reserve a place in time for every target of a plan: found by running the
 * plan once as it usually goes (run.h), so that admission will agree with it.
 *
 * Stable: whoever had a slot in the previous plan is not started before it, and those
 * that are new, or whose slot is no longer allowed, are put where there is room between
 * the others. So a slot moves only if a rule says so or somebody had to give way. If
 * that would end the campaign later than SLOTS_KEEP_COST_MS after a plan made afresh,
 * targets keep only their opening (their night), and if that costs as much all slots
 * are laid afresh.
 *
 * Notice: with min_notice nobody gets a slot earlier than that from now, and not_before
 * is the start of the opening that the slot lies in.
 */
#ifndef FORECAST_SLOTS_H
#define FORECAST_SLOTS_H

#include "model/forecast.h"
#include "model/plan.h"

#define SLOTS_KEEP_COST_MS 86400000 /* a day */

enum slot_reason {
    SLOT_KEPT,
    SLOT_NEW,       /* was not in the previous plan, or had no slot there          */
    SLOT_CALENDAR,  /* its calendars no longer allow the old one                   */
    SLOT_LONGER,    /* it takes longer than was thought, and no longer fits there  */
    SLOT_WAVE,      /* it goes in another wave now                                 */
    SLOT_PASSED,    /* the old one has begun already, or is nearer than the notice */
    SLOT_DISPLACED, /* gives way to others                                         */
    SLOT_AFRESH,    /* all slots were laid afresh                                  */
    SLOT_LOST,      /* has none any more                                           */
    SLOT_REASON_COUNT
};
const char *slot_reason_name(enum slot_reason reason);

struct slot_change {
    int target;
    enum slot_reason reason;
    int64_t was_ms, now_ms; /* 0: none */
    int by; /* DISPLACED: a target that took its place, -1: nobody in particular */
};

struct slot_result {
    struct slot_change *changes; /* in the plan's order; kept ones are not listed */
    size_t change_count, change_room;
    int kept;    /* also if it starts within the spread that was told */
    int gone;    /* targets of the previous plan that are not in this one */
    int without; /* targets that found no slot before the horizon */
    bool afresh;
    int64_t finish_ms; /* of the campaign as it usually goes; 0: never */
};
void slot_result_clear(struct slot_result *result);

struct slot_options {
    int64_t start_ms;            /* slipway run is typed then              */
    int64_t approval_ms;         /* gates are approved after so long       */
    const struct plan *previous; /* of the same campaign, or NULL */
};

/* Fill from, until and not_before of plan->time.slots (made if there are none); spread is
   left 0. The plan's digest no longer fits: plan_pin(). `out` is the caller's. */
void slots_lay(struct plan *plan, const struct slot_options *options,
               struct slot_result *out);

/* How far the starts of other runs of the plan (with drawn durations) lie from the slots:
   nine in ten of them lie within the spread. */
void slots_spread(struct plan *plan, const struct forecast_run *runs, size_t count);

#endif
