/*
 * readiness.h - which targets of a campaign are ready for a change, and why the others are
 * not: what the steps of its phase prepare found.
 *
 * Made for playbooks that only look (fleet-check), and true of every other: a target is
 * ready when all of its prepare steps were looked at and none of them blocks. Of a step
 * that was tried again only the last look counts.
 */
#ifndef REPORT_READINESS_H
#define REPORT_READINESS_H

#include "model/plan.h"
#include "store/query.h"
#include "util/buf.h"

enum readiness_verdict {
    READINESS_READY,
    READINESS_NOT,
    READINESS_UNKNOWN, /* not all of it was looked at yet */
    READINESS_VERDICTS
};
const char *readiness_verdict_name(enum readiness_verdict verdict);

struct readiness_finding {
    char *step; /* id */
    enum failure_severity severity;
    char *text;   /* what was found */
    char *advice; /* NULL: none */
};

struct readiness_target {
    const char *name, *site, *version; /* of the plan */
    enum readiness_verdict verdict;
    int blocks, warnings;
    struct readiness_finding *findings; /* in the order of the steps, blockers first */
    size_t count, room;
};

struct readiness {
    struct plan *plan;
    char *campaign;
    int64_t began_ms, now_ms;
    struct readiness_target *targets; /* parallel to plan->targets */
    int counts[READINESS_VERDICTS];
    int warned; /* of those that are ready */
};

/* Zero before. Codes of store.h. */
int readiness_load(struct store *store, const struct store_campaign *campaign,
                   int64_t now_ms, struct readiness *out, struct slipway_error *err);
void readiness_clear(struct readiness *readiness);
#define auto_readiness __attribute__((cleanup(readiness_clear)))

/* Who is not ready and why, who is with warnings, and the others' names. */
void readiness_text(const struct readiness *readiness, bool colour, struct buf *out);
/* One line for each target (RFC 4180). */
void readiness_csv(const struct readiness *readiness, struct buf *out);
/* The caller's. */
char *readiness_json(const struct readiness *readiness);

#endif
