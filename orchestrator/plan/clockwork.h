/*
 * clockwork.h - the arithmetic of openings that the planner's sentences need. Private to
 * plan/. What may start when is decided by the engine from the same spans.
 */
#ifndef PLAN_CLOCKWORK_H
#define PLAN_CLOCKWORK_H

#include "model/plan.h"

#define LOCAL_TIME_ROOM 64

/* An instant for people, in the campaign's zone; in UTC without `local`. Returns out. */
const char *clockwork_local(const struct plan_time *time, local_time_fn local, int64_t ms,
                            char out[LOCAL_TIME_ROOM]);

/* When targets may start and must be over: from now and the notice on, until the
   deadline; without one until the calendars end, INT64_MAX if there are none. */
struct span clockwork_range(const struct plan *plan);

/* What must be left of an opening when a target starts. */
int64_t clockwork_reserve_ms(const struct plan_time *time, const struct plan_pace *pace);

/* An opening, as a whole and as far as it lies in a range. */
struct opening {
    int64_t from_ms;
    int64_t whole_ms, usable_ms; /* 0: there is none */
};

/* The one of which most can be used; openings under min_opening count as nothing to use. */
struct opening clockwork_longest(const struct plan_time *time,
                                 const struct timetable *table, const struct span *range);

/* How many targets one lane takes, one after another, in the openings within a range;
   counted to `enough`. */
long long clockwork_turns(const struct plan_time *time, const struct spans *open,
                          const struct span *range, const struct plan_pace *pace,
                          long long enough);

#endif
