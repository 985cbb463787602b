/*
 * window.h - may this target start now, as far as time goes, and when does that change?
 *
 * A pure function of the plan's spans (model/timetable.h): no zone, no rule, no clock.
 * What a target needs before its opening closes is what its kind was seen to take, and
 * never more than the playbook's time-outs.
 */
#ifndef ENGINE_WINDOW_H
#define ENGINE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

enum window_state {
    WINDOW_ANY,       /* no calendar binds it                                        */
    WINDOW_OPEN,      /* it may start                                                */
    WINDOW_CLOSED,    /* outside of its windows, or in an opening under min_opening  */
    WINDOW_FROZEN,    /* a freeze                                                    */
    WINDOW_TOO_SHORT, /* open, but what it needs no longer fits before it closes     */
    WINDOW_CUT_OFF,   /* open and long enough, but after the strategy's cut-off      */
    WINDOW_NOTICE,    /* its owner was told of a later opening                       */
    WINDOW_ENDED,     /* behind the horizon: the plan knows no calendars any more    */
    WINDOW_STATE_COUNT
};
const char *window_state_name(enum window_state state);
int window_state_from(const char *name);

struct window_view {
    enum window_state state;
    /* The opening around now (also one too short to use), else the next one in which it
       fits; 0, 0: there is none before the horizon, or no calendar binds it. */
    int64_t opens_ms, closes_ms;
    /* OPEN: the first instant too late for a start. Else the next start that fits; 0:
       none before the horizon (ANY: the answer never changes). */
    int64_t next_change_ms;
    int64_t frozen_until_ms; /* FROZEN: when the freeze ends; else 0                  */
    int64_t needed_ms;       /* what must fit before it closes                        */
    int calendar; /* that says no, or that ends the opening: index into the calendars;
                     -1: none, the horizon, or notice                                 */
    int member;   /* whose answer this is: of a link group the one that says no, or whose
                     opening ends first; else the target itself                       */
};

/* A link group answers as one: it may start when all of its members may, and needs time
   for all of them one after another, and for reverting them together. */

/* O(log n) in the number of openings. */
void window_look(const struct plan *plan, const struct plan_time *time, int target,
                 int64_t now_ms, struct window_view *out);
/* The same for a target that stands before its change step `position`: only the rest has
   to fit, and notice no longer matters. -1: from the start, with notice. */
void window_look_from(const struct plan *plan, const struct plan_time *time, int target,
                      int position, int64_t now_ms, struct window_view *out);

/* The earliest start from `from_ms` on that fits; INT64_MAX: none before the horizon. */
int64_t window_next_start(const struct plan_time *time, const struct plan *plan,
                          int target, int64_t from_ms);

/* What must fit before the opening closes, from change step `position` on (-1: all):
   slow steps, their checks and a rollback. */
int64_t window_needed_ms(const struct plan *plan, const struct plan_time *time,
                         int target, int position);

/* True if some target is bound by a calendar or by notice. */
bool window_rules_exist(const struct plan_time *time);

#endif
