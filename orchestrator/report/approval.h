/*
 * approval.h - what somebody says yes to: one plan, its targets and its nights.
 */
#ifndef REPORT_APPROVAL_H
#define REPORT_APPROVAL_H

#include <jansson.h>
#include <stdbool.h>

#include "model/plan.h"
#include "util/buf.h"

/* Plain data; times come with their local text. */
struct approval_view {
    const struct plan *plan;
    size_t nights;             /* on which targets have a reserved slot; 0: none have */
    int64_t first_ms, last_ms; /* start of the first slot, end of the last one       */
    char first[64], last[64];  /* local */
    size_t without;            /* targets without a slot, if others have one          */
    int64_t expires_ms;        /* 0: for good */
    char expires[64];
    const char *actor, *remark; /* remark NULL: none */
    bool given;                 /* false: only shown */
    bool expired;               /* it was given, until expires_ms: that is over */
};

void approval_text(const struct approval_view *view, bool colour, struct buf *out);
/* {"digest":...,"targets":...}; the caller's. */
json_t *approval_json(const struct approval_view *view);

#endif
