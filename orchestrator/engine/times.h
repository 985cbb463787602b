/*
 * times.h - what time rules a running campaign has, beyond the pinned plan: calendars
 * that were replaced, overrides (break-glass), trust in the clock, and until when the
 * approval holds. A fold over records, so the engine, the store's facts and a replay
 * come to the same.
 */
#ifndef ENGINE_TIMES_H
#define ENGINE_TIMES_H

#include "engine/record.h"
#include "engine/window.h"

/* Windows, freezes, cut-off and notice do not bind until then. */
struct override {
    int64_t until_ms; /* 0: none */
    char *reason, *actor;
};

struct times {
    const struct plan_time *time; /* the plan's, or the copy below */
    struct plan_time *own;        /* NULL: no calendar was replaced */
    struct override all;
    struct override *targets; /* parallel to plan.targets; NULL: none so far */
    char *clock;              /* why the clock is not trusted; NULL: it is */
    int64_t clock_since_ms;
    int64_t approved_until_ms; /* 0: does not expire */
    int64_t *waves_until_ms;   /* the same of the waves' gates; NULL: none so far */
    size_t wave_room;
    bool rules; /* some target is bound by a calendar or by notice */
};

void times_create(struct times *times, const struct plan *plan);
void times_clear(struct times *times, const struct plan *plan);

/* Take what a record says of time; other kinds are ignored. -1: it cannot belong to
   this plan. True in *calendars if a calendar changed. */
int times_apply(struct times *times, const struct plan *plan, const struct record *record,
                bool *calendars);

/* The override that holds for a target now, or NULL. Of a link group only one of all its
   members counts: it goes together, and each has windows of its own. */
const struct override *times_override(const struct times *times, const struct plan *plan,
                                      int target, int64_t now_ms);

/* 0: it does not expire. */
int64_t times_wave_approved_until(const struct times *times, int wave);

/* The clock matters: there are windows, freezes, notice or an approval that expires. */
bool times_need_clock(const struct times *times);

/* Freezes, windows and notice of one target, as admission asks for them. */
struct time_facts {
    struct window_view window;
    const char *calendar, *calendar_scope; /* of window.calendar; NULL: none  */
    bool calendar_is_freeze;
    int64_t min_opening_ms, cut_off_ms, horizon_ms;
    int64_t override_until_ms; /* 0: none holds now */
    const char *override_reason, *override_actor;
    const char *clock;         /* not trusted, and it matters; NULL: fine */
    int64_t approval_ended_ms; /* 0: it holds */
    struct plan_slot slot;     /* reserved; all 0 without time rules      */
    const char *zone;          /* for people; "UTC" */
};
/* Strings are borrowed from `times`. */
void times_facts(const struct times *times, const struct plan *plan, int target,
                 int64_t now_ms, struct time_facts *out);

/* As far as windows, freezes and notice go (or an override of them). */
bool time_facts_open(const struct time_facts *facts);

#endif
