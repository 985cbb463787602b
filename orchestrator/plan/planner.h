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
 * units     with a playbook that reverts snapshots a link group is one thing: all of its
 *           members in the fleet stand together in one wave, at the place of the first.
 *           Who is not selected is a companion, and no size, share or budget counts it.
 *           One that no longer fits is passed over for the next that does; a wave that
 *           would be empty grows, and so does the last one if the sizes would have been
 *           enough. Caps that cannot hold all of one at once are an error.
 * cover     the fewest targets, found greedily, that have every value of every named
 *           label among the targets left; then further ones, spread over the
 *           combinations of values
 * budgets   failures tolerated; the next one acts. Percentages of the wave (campaign:
 *           of the selected), rounded down. A wave without one takes the strategy's,
 *           else 0; a campaign without one tolerates all (its waves still act).
 * domains   "label=value" with the cap of max_unavailable; a link group that is no unit
 *           is always capped at 1
 * limits    "manager" and "datastore" are counted for each of them ("manager=m1"),
 *           every other name is one counter
 * time      whose calendar binds whom stands in model/timetable.h; how long a target
 *           takes is one pace for each kind and version found: this fleet's own history
 *           of at least PACE_SAMPLES_MIN, else `expected`, else the time-out
 * again     with the previous plan of the campaign each target stays in the wave of the
 *           same name, as far as sizes and covers allow it
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
#define PACE_SAMPLES_MIN  5  /* fewer say nothing about a p95 */

/* An operator's veto on one appliance, in an earlier campaign. */
struct plan_hold {
    const char *name;     /* of the appliance */
    const char *campaign; /* the hold is part of */
    const char *reason;
    int64_t until_ms; /* 0: until released; one that lies in the past is over */
};

/* What the calendars of fleet and campaign gave, each opened once. */
struct plan_calendars {
    const struct plan_calendar *items; /* scope and freeze do not matter here */
    size_t count;
    /* Indexes into items of each rule's calendar, parallel to the rules of fleet and
       campaign; -1 or NULL: there is none that binds a selected appliance. */
    const int *appliances; /* parallel to fleet->appliances: their own */
    const int *fleet_windows, *fleet_freezes;
    const int *campaign_windows, *campaign_freezes;
    int64_t horizon_ms;
    const char *zone_data; /* version of the time-zone data, NULL: unknown */
    local_time_fn local;   /* for sentences; NULL: they are in UTC */
};

/* A part of a target's life that the history knows durations of. */
enum pace_part {
    PACE_STEP,     /* one attempt of the step `id`                        */
    PACE_SNAPSHOT, /* one snapshot                                        */
    PACE_CHECKS,   /* from the last step until all checks were green      */
    PACE_ROLLBACK, /* from the revert until the restored version was read */
};

/* How long it took, for appliances of one kind that came from one version. */
struct plan_history {
    enum pace_part part;
    const char *kind, *version; /* version before the change */
    const char *id;             /* NULL: the part has none   */
    int64_t median_ms, p95_ms;  /* nearest rank              */
    int samples;
};

/* A plugin that the playbook uses. */
struct plan_plugin_use {
    const char *name, *version;
    const char *digest; /* of its file; "" if it is built in */
};

/* Everything is borrowed for the length of the call. */
struct plan_request {
    const struct fleet *fleet;
    const struct campaign *campaign;
    const struct playbook *playbook;
    const int *selected; /* indexes into fleet->appliances, in any order */
    size_t selected_count;
    const struct plan_absent *absent; /* selected, and left out; in any order */
    size_t absent_count;
    const struct plan_hold *holds;
    size_t hold_count;
    struct plan_calendars calendars;
    const struct plan_history *history;
    size_t history_count;
    const struct plan_plugin_use *plugins; /* in any order */
    size_t plugin_count;
    const struct plan *previous; /* of this campaign; NULL: plan afresh */
    int64_t now_ms;
    const char *created_by, *slipway_version, *fleet_digest; /* may be NULL */
    const char *campaign_file, *fleet_file;                  /* may be NULL */
};

/* Indexes into the fleet of the companions that this selection brings; the caller's. */
int *plan_companions(const struct fleet *fleet, const struct playbook *playbook,
                     const int *selected, size_t selected_count, size_t *count);

/* Make the plan with its digest; `notes`, initialised, is replaced and may be NULL. -1
   with a sentence if the campaign cannot be planned; *out and *notes are then untouched. */
int plan_make(const struct plan_request *request, struct plan **out,
              struct plan_notes *notes, struct slipway_error *err);

/* Notes about the slots that were reserved: targets without one, who is to be told by
   when, a deadline that they miss. Call once they are set. */
void plan_explain_slots(const struct plan *plan, local_time_fn local,
                        struct plan_notes *notes);

/* What a plan amounts to, also of one that was read back from a file. fleet_count 0:
   shares refer to the plan's own targets. Replaces *out, which must be initialised. */
void plan_facts_of(const struct plan *plan, size_t fleet_count, struct plan_facts *out);

#endif
