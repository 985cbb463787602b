/*
 * model/timetable.h - when appliances may be changed, as plain instants.
 *
 * Calendars are read and worked out once, when the plan is made (calendar/); here are
 * only their results, UTC milliseconds, pinned in the plan under its digest. Nothing
 * below knows a zone, a rule or a file.
 *
 * Whose calendar binds whom:
 *   windows of one scope (an appliance, "customer=acme", "site=rbx", the campaign) add
 *   up; different scopes must all be open; an appliance's own calendar stands in for the
 *   fleet's rules about its labels; freezes of any scope are taken away from all that.
 *   Without any window: open, but for freezes. Behind the horizon: closed.
 */
#ifndef MODEL_TIMETABLE_H
#define MODEL_TIMETABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMETABLES_MAX     20000 /* distinct combinations of calendars in one plan */
#define PLAN_CALENDARS_MAX 20000
#define CALENDAR_SPANS_MAX 20000 /* of one calendar up to the horizon              */
#define PLAN_SPANS_MAX     2000000
/* How far ahead calendars are worked out: a year and a month. */
#define HORIZON_DAYS 396

/* [from, until) */
struct span {
    int64_t from_ms, until_ms;
};

/* Sorted, disjoint and apart after spans_settle(). */
struct spans {
    struct span *items;
    size_t count, room;
};

/* An instant for people of a zone: "Sat 2026-11-28 23:00 CET"; -1 if the zone is not
   known. calendar/ has one; who may not use it gets it as an argument. */
typedef int (*local_time_fn)(const char *zone, int64_t instant_ms, char *out,
                             size_t size);

void spans_clear(struct spans *spans);
/* Empty ones (until <= from) are dropped. */
void spans_add(struct spans *spans, int64_t from_ms, int64_t until_ms);
/* Sort, and join what overlaps or touches. */
void spans_settle(struct spans *spans);
struct spans spans_copy(const struct spans *spans);
/* Of settled ones; the results are settled and the caller's. */
struct spans spans_union(const struct spans *a, const struct spans *b);
struct spans spans_intersect(const struct spans *a, const struct spans *b);
struct spans spans_subtract(const struct spans *a, const struct spans *b);
/* Index of the first span that ends after `at_ms` (it contains it or comes next);
   spans->count if there is none. */
size_t spans_find(const struct spans *spans, int64_t at_ms);
/* True if an instant lies in one of them. */
bool spans_contain(const struct spans *spans, int64_t at_ms);

/* One calendar as it was when the plan was made. */
struct plan_calendar {
    char *source; /* as it is named: absolute path, or the short form itself          */
    /* "appliance=vc-0001" ("appliance" if several have it as their own),
       "customer=acme", "site=rbx", "fleet", "campaign" */
    char *scope;
    char *zone;   /* IANA name for people: where its times are local; "UTC" if nothing */
    char *digest; /* SHA-256 of the file's bytes or of the short form                 */
    bool freeze;
    struct spans spans;
};

/* One combination of calendars. */
struct timetable {
    int *calendars; /* indexes into plan_time.calendars, ascending */
    size_t calendar_count;
    /* worked out by plan_time_settle() from the calendars, not written */
    bool bound;          /* there is a window: closed outside of `open`      */
    struct spans open;   /* windows without freezes; [created, horizon) if not bound */
    struct spans frozen; /* all its freezes                                   */
};

/* How long one step takes. */
struct step_pace {
    int64_t typical_ms; /* the median                                           */
    int64_t slow_ms;    /* the 95th percentile; the time-out without any history */
    int samples;        /* 0: from the playbook (`expected`, else its time-out)  */
};

/* Where what must fit into a window comes from. */
enum needed_from {
    NEEDED_TIMEOUTS, /* the playbook's, as far as the history knows no better */
    NEEDED_WORST,    /* what `worst:` says of the change                       */
    NEEDED_HISTORY,  /* this fleet was seen to change, often enough             */
    NEEDED_FROM_COUNT
};
const char *needed_source_name(enum needed_from from);
int needed_source_from(const char *name);

/* How long targets of one kind and version take. */
struct plan_pace {
    char *kind, *version;    /* version found before the change, "" if unknown */
    struct step_pace *steps; /* parallel to playbook.steps                     */
    int64_t needed_ms;       /* slow change with its checks + worst-case rollback: must
                                fit before the window closes                   */
    enum needed_from needed_from;
    int64_t prepare_ms;  /* typical */
    int64_t change_ms;   /* typical: from admission to the soak */
    int64_t rollback_ms; /* typical */
};

/* Of one target. */
struct plan_slot {
    int timetable;             /* -1: any time                                     */
    int pace;                  /* index into paces, -1: the playbook's time-outs   */
    int64_t from_ms, until_ms; /* reserved: start, expected end; 0: none was found */
    int64_t spread_ms;         /* the start may move this much either way          */
    int64_t not_before_ms;     /* its owner was told; 0: no matter                 */
};

/* A started target when its window closes. */
enum overrun_rule {
    OVERRUN_FINISH, /* goes on to its end, and the overrun is recorded          */
    OVERRUN_WAIT,   /* finishes its step; the next one waits for the next window */
    OVERRUN_COUNT
};
const char *overrun_name(enum overrun_rule rule);
int overrun_from(const char *name);

struct plan_time {
    char *zone;             /* for people: times of the campaign are shown in it; "UTC" */
    char *zone_data;        /* version of the time-zone data, "2025b"; "" if unknown    */
    int64_t horizon_ms;     /* calendars are worked out until here; 0: no calendars     */
    int64_t cut_off_ms;     /* no start later than this before a window closes          */
    int64_t min_opening_ms; /* shorter openings are not used                         */
    int64_t min_notice_ms;
    int64_t deadline_ms; /* the campaign should be over; 0: none */
    enum overrun_rule overrun;
    struct plan_calendar *calendars;
    size_t calendar_count, calendar_room;
    struct timetable *timetables;
    size_t timetable_count, timetable_room;
    struct plan_pace *paces;
    size_t pace_count, pace_room;
    size_t step_count;       /* of each pace */
    struct plan_slot *slots; /* parallel to plan.targets; NULL: no time rules at all */
    size_t slot_count;
};

void plan_time_clear(struct plan_time *time);
/* Deep; `to` is the caller's: plan_time_clear(). (plan_time_copy.c) */
void plan_time_copy(const struct plan_time *from, struct plan_time *to);

/* Work out what follows from the calendars; also after one was replaced. */
void plan_time_settle(struct plan_time *time, int64_t created_ms);

/* Append; everything is copied. The index. */
int plan_time_add_calendar(struct plan_time *time, const struct plan_calendar *calendar);
/* Find or append the combination (ascending, unique indexes); -1 for none. */
int plan_time_add_timetable(struct plan_time *time, const int *calendars, size_t count);

/* The JSON member "time" of a plan; the caller's. */
json_t *plan_time_json(const struct plan_time *time);
/* Read it; NULL json: a plan without time rules. -1: a member is missing or wrong. The
   result is settled. */
int plan_time_read(const json_t *json, size_t target_count, size_t step_count,
                   int64_t created_ms, struct plan_time *out);

#endif
