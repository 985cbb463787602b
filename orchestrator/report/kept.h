/*
 * kept.h - where evidence lies: which targets have logs that were kept before a rollback took
 * them away, how much and when. `slipway why TARGET --logs` prints them (report/gathered.h).
 */
#ifndef REPORT_KEPT_H
#define REPORT_KEPT_H

#include "report/sections.h"
#include "store/query.h"

/* What one step brought along. */
struct kept_bundle {
    char *target, *step;
    int64_t at_ms, bytes;
    size_t files, missing; /* missing: those that could not be had */
};

struct kept {
    struct kept_bundle *bundles; /* in the plan's order, each target's in time */
    size_t count, room;
};

/* Of those that failed, or were put back at some time. Codes of store.h. `out` must be zeroed;
   kept_clear() in any case. */
int kept_load(struct store *store, int64_t campaign, struct kept *out,
              struct slipway_error *err);
void kept_clear(struct kept *kept);

void kept_section(const struct kept *kept, struct document *out);
json_t *kept_json(const struct kept *kept);

#endif
