/*
 * plan_text.h - a plan for people (text), for tickets (Markdown) and for scripts (JSON).
 *
 * All of it is neutralised: a hostile name cannot steer a terminal or a page. Every
 * printed time shows its zone.
 */
#ifndef REPORT_PLAN_TEXT_H
#define REPORT_PLAN_TEXT_H

#include <stdbool.h>

#include "model/plan.h"
#include "model/plan_notes.h"
#include "util/buf.h"

#define PLAN_JSON_SCHEMA 1
#define TARGETS_LISTED   60 /* plans up to this size list all of their targets */

struct plan_view {
    const struct plan *plan;
    /* Facts must be set; items and marks may be missing, as for a plan that was read
       back from a file. */
    const struct plan_notes *notes;
    local_time_fn local; /* times in the campaign's zone; NULL: in UTC */
    bool colour;         /* text only */
    bool full;           /* list every target however many */
    const char *command; /* text only: ends with what to type next, as in
                            "slipway --state DIR"; NULL: says nothing about it */
    const char *pinned;  /* text only: the file that holds the plan, or NULL */
    bool elsewhere;      /* which is not where `run` looks by itself */
};

/* Append. */
void plan_text(const struct plan_view *view, struct buf *out);
void plan_markdown(const struct plan_view *view, struct buf *out);

/* What `plan --json` prints; the caller's. */
char *plan_summary_json(const struct plan_view *view);

#endif
