/*
 * plan_when.h - what the renderings of a plan say about time: calendars and whom they
 * bind, how long targets take, the slots of each wave. Private to report/.
 */
#ifndef REPORT_PLAN_WHEN_H
#define REPORT_PLAN_WHEN_H

#include "report/plan_text.h"

#define LOCAL_TIME_ROOM 64
#define CALENDARS_SHOWN 20 /* of a plan that is not shown in full */
#define PACES_SHOWN     8

struct calendar_use {
    int calendar; /* index into plan.time.calendars */
    int targets;
    struct span next; /* its first opening, or freeze, from the plan's making on; 0, 0 */
    size_t openings;  /* from then on */
};

struct wave_slots {
    int64_t from_ms, until_ms; /* first start and last end; 0: no slots */
    int nights;                /* on which a slot starts; noon to noon, local time */
    int missing;               /* targets without a slot */
};

/* Kinds and versions of which the same is to be said. */
struct pace_group {
    char *names; /* "vcsa 8.0.2, vcsa 8.0.3 and 4 more" */
    char *words; /* pace_words() of each */
    size_t count;
    int targets;
};

/* Work it out; plan_when_clear() gives it back. */
struct plan_when {
    struct calendar_use *calendars; /* those that bind most first */
    size_t calendar_count;
    int *pace_targets; /* parallel to plan.time.paces */
    struct pace_group *paces;
    size_t pace_count, pace_room;
    struct wave_slots *waves;
    bool has_slots; /* at least one target has one */
};
void plan_when_of(const struct plan_view *view, struct plan_when *out);
void plan_when_clear(struct plan_when *when);
#define auto_plan_when __attribute__((cleanup(plan_when_clear)))

/* An instant in the campaign's zone, in UTC if nobody knows it. Returns `out`. */
const char *when_local(const struct plan_view *view, int64_t ms,
                       char out[LOCAL_TIME_ROOM]);
/* The plan was made less than the slot's spread before it: it can only come later. */
bool slot_is_early(const struct plan *plan, const struct plan_slot *slot);

/* "Sat 2026-11-28 22:00 to 22:40 CET, 12m either way"; early: ", up to 7d2h later" */
void slot_words(const struct plan_view *view, const struct plan_slot *slot,
                struct buf *out);
/* "acme.ics" of a path; a short form as it stands. Borrowed. */
const char *calendar_words(const struct plan_calendar *calendar);
/* "cut-off 30m, no opening under 2h, notice 3d, deadline Thu ... CET, ..."; nothing
   without such rules. */
void rules_words(const struct plan_view *view, struct buf *out);

/* plan_when_text.c, plan_when_markdown.c, plan_when_json.c */
struct layout;
void plan_when_text(const struct plan_view *view, const struct plan_when *when,
                    const struct layout *layout);
void plan_when_markdown(const struct plan_view *view, const struct plan_when *when,
                        struct buf *out);
json_t *plan_when_json(const struct plan_view *view, const struct plan_when *when);

#endif
