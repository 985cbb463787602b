/*
 * page_model.h - what all parts of a report are made from: worked out once, from plain
 * data. Private to the page_*.c files.
 */
#ifndef REPORT_PAGE_MODEL_H
#define REPORT_PAGE_MODEL_H

#include "report/page.h"
#include "report/page_time.h"
#include "util/map.h"

#define PAGE_ROWS_MAX 60 /* of one timeline: the rest is put together in the last one */

enum page_grouping_kind { BY_WAVE, BY_SITE, BY_CUSTOMER, GROUPINGS };

/* Where a target stands, before, while and after. */
enum page_state {
    PAGE_PLANNED,
    PAGE_NO_SLOT, /* nothing can start it                               */
    PAGE_SAME,    /* already there                                      */
    PAGE_HELD,
    PAGE_BLOCKED,
    PAGE_COMPANION, /* along with its link group                        */
    PAGE_WAITING,   /* its campaign runs, it does not                     */
    PAGE_WORKING,
    PAGE_SOAKING,
    PAGE_DONE,
    PAGE_SKIPPED,
    PAGE_FAILED, /* failed, rolled back, stranded, parked              */
    PAGE_STATE_COUNT
};

struct page_target {
    size_t group[GROUPINGS];
    char *customer, *kind, *host; /* "" if none */
    const struct plan_slot
        *slot; /* NULL: none was found, or not planned with calendars */
    const struct page_course *course; /* NULL: it has not begun */
    enum page_state state;
};

/* One row of a timeline in one column; local milliseconds. */
struct page_cell {
    int planned, began, done, bad;
    struct page_interval plan, real;
};

struct page_grouping {
    const char *noun, *title; /* "wave", "Waves" */
    char **names;
    int *counts; /* targets */
    size_t count;
    struct page_cell *cells;     /* [row * columns + column] */
    struct spans *open, *frozen; /* of each row, local; frozen: for all of it */
    struct spans *partly;        /* frozen for some of it */
    bool *any_time;              /* nothing binds some of them */
};

/* How many at one time. */
struct page_series {
    struct page_level {
        int64_t at; /* local */
        int value;  /* from then on */
    } * levels;
    size_t count;
    int peak;
    int64_t peak_at; /* local */
};

struct page_domain {
    int planned, actual; /* most of it at once */
    int64_t at;          /* local: when that is planned */
};

struct page_store {
    char *name; /* "datastore=ds1", "manager=m1", "" for neither */
    struct page_series planned;
    int targets;
};

struct page {
    const struct page_view *view;
    const struct plan *plan;
    const struct plan_time *time;
    struct page_clock *clock;
    struct page_target *targets;
    bool has_slots; /* planned with calendars                    */
    bool started;   /* something happened                        */
    bool ended;
    struct page_axis axis;
    struct page_grouping groupings[GROUPINGS];
    int counts[PAGE_STATE_COUNT];
    int slots;                          /* targets that have one */
    int64_t first_ms, last_ms;          /* of the slots; 0: none        */
    int64_t began_ms, ended_ms;         /* of what happened; 0: nothing */
    int nights;                         /* in which something is planned */
    size_t busiest;                     /* column */
    struct page_series planned, actual; /* targets in work at once */
    struct page_domain *domains;        /* parallel to plan.domains */
    int worst_domain;                   /* -1: none is capped       */
    struct page_series worst_planned, worst_actual;
    int snapshots_each;
    struct page_store *stores; /* where snapshots need room */
    size_t store_count;
    char *version_to; /* "" if the campaign does not say */
};

void page_make(const struct page_view *view, struct page *out);
void page_clear(struct page *page);
#define auto_page __attribute__((cleanup(page_clear)))

/* The parts of page_make, one per file. */
void page_groupings_make(struct page *page);
void page_groupings_clear(struct page *page);
void page_loads_make(struct page *page);
void page_loads_clear(struct page *page);

/* From what lasts; the levels are sorted. */
void page_series_make(const struct page_interval *items, size_t count,
                      struct page_series *out);
void page_series_clear(struct page_series *series);

/* Local milliseconds of a slot, and of what happened (until now if it goes on). */
struct page_interval page_planned(const struct page *page, size_t target);
bool page_real(const struct page *page, size_t target, struct page_interval *out);

/* "planned", "failed" ... and a sign that says it without colour. */
const char *page_state_word(const struct page *page, size_t target, struct buf *out);
const char *page_state_sign(enum page_state state);
const char *page_state_class(enum page_state state);

/* Longest opening of a target's calendars until the deadline (or the horizon). */
int64_t page_longest_opening(const struct page *page, const struct plan_slot *slot);
/* What the slot of a target must hold: its pace's, or the plan's worst case. */
int64_t page_needed(const struct page *page, const struct plan_slot *slot);

/* Who must be told by when: one line per customer (or site) that has slots. */
struct page_notice {
    const char *owner;
    const char *noun;
    int targets;
    int64_t first_ms, last_ms, by_ms; /* by: 0 if nothing demands it */
};
/* Sorted by date; the caller's. */
struct page_notice *page_notices(const struct page *page, size_t *count);

#endif
