/*
 * page.h - the report of a plan, of a running campaign or of a finished one: as one
 * HTML file that needs nothing else, and the same content as Markdown, JSON and CSV.
 *
 *   struct page_view ─► page_html, page_markdown, page_json, page_csv
 *
 * The page loads nothing, forbids itself to (Content-Security-Policy), and works
 * without scripts. Every text that slipway did not make itself is neutralised and
 * escaped; secrets appear as references, never with their content.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "model/forecast.h"
#include "model/plan.h"
#include "model/plan_notes.h"
#include "report/account.h"
#include "store/store.h"
#include "util/buf.h"

#define PAGE_REPORT_SCHEMA 1
#define PAGE_MOMENTS_MAX   40 /* of one target; more are counted */

/* What really happened to one target. */
struct page_moment {
    int64_t at_ms;
    char *text;
};
struct page_course {
    enum target_state_id state;
    int64_t began_ms; /* its change was admitted; 0: not yet                  */
    int64_t ended_ms; /* the verdict after it, before the soak; 0: not yet    */
    struct page_moment *moments;
    size_t moment_count, moment_room;
    int left_out;
};
struct page_courses {
    struct page_course *items; /* parallel to plan.targets */
    size_t count;
};

/* Codes of store.h. `out` must be zeroed; page_courses_clear() in any case. */
int page_courses_load(struct store *store, int64_t campaign, size_t target_count,
                      struct page_courses *out, struct slipway_error *err);
void page_courses_clear(struct page_courses *courses);
#define auto_page_courses __attribute__((cleanup(page_courses_clear)))

/* An instant as people there read it, "Sat 2026-11-28 23:00 CET"; -1: no such zone. */
typedef int (*page_zone_fn)(const char *zone, int64_t at_ms, char *out, size_t size);

/* All borrowed. */
struct page_view {
    const struct plan *plan;
    const struct plan_notes
        *notes;                    /* facts must be set; items and marks may be missing */
    const struct account *account; /* NULL: it has not begun */
    const struct page_courses *courses; /* with an account   */
    int64_t now_ms;
    page_zone_fn zone_local;         /* NULL: everything in UTC */
    const char *command;             /* "slipway --state DIR" */
    const char *again;               /* what makes this report anew; NULL: unknown */
    const struct forecast *forecast; /* NULL: nobody made one */
    const char *plan_file;           /* where the plan is pinned; NULL: unknown */
};

/* Append. */
void page_html(const struct page_view *view, struct buf *out);
void page_markdown(const struct page_view *view, struct buf *out);
void page_csv(const struct page_view *view, struct buf *out);
/* The member "schedule" of `plan --json` and `report --json`; the caller's. */
json_t *page_schedule(const struct page_view *view);

#endif
