/*
 * why_issue.c - is the trouble of this target one that somebody has seen before?
 * (why_parts.h) Only who is in trouble is asked about.
 */
#include "report/why_parts.h"

static bool has_trouble(const struct store_target *t)
{
    return t->state == TARGET_FAILED || t->state == TARGET_ROLLED_BACK ||
           t->state == TARGET_STRANDED || t->state == TARGET_PARKED ||
           t->state == TARGET_ROLLING_BACK || t->attempt > 0 ||
           t->step_state == STEP_IN_DOUBT;
}

bool why_issue(const struct why_view *view, struct issue_note *out)
{
    const struct store_target *t = &view->why->target;
    struct trouble trouble = {
        .target = t->name,
        .reason = t->reason,
        .version = t->version_before ? t->version_before : t->version_from,
        .step = t->activity_id,
        .use = t->activity_use,
        .state = t->state,
    };
    return has_trouble(t) &&
           evidence_issue(&trouble, &view->why->evidence, view->issues, out);
}
