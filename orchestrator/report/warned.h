/*
 * warned.h - what a campaign warned of and went on: steps and checks of severity warn that
 * failed and were not green since, of all targets together. A target may have succeeded and
 * still have lost a host, its time servers or its scheduled backup on the way.
 */
#ifndef REPORT_WARNED_H
#define REPORT_WARNED_H

#include "model/plan.h"
#include "report/sections.h"
#include "store/query.h"

#define WARNED_NAMES_SHOWN 5

/* One step or check, and findings that differ only in names and numbers. */
struct warned_finding {
    char *id, *text, *advice; /* text: of the first one; advice: NULL if there is none */
    uint64_t fingerprint;
    int count;
    char *names[WARNED_NAMES_SHOWN];
    size_t name_count;
};

struct warned {
    struct warned_finding *items; /* most first */
    size_t count, room;
    int targets; /* that have one at least */
};

/* Codes of store.h. `out` must be zeroed; warned_clear() in any case. */
int warned_load(struct store *store, int64_t campaign, const struct plan *plan,
                struct warned *out, struct slipway_error *err);
void warned_clear(struct warned *warned);

/* "vc-0001, vc-0002 and 7 more"; appended, and not escaped. */
void warned_names(const struct warned_finding *finding, struct buf *out);
void warned_section(const struct warned *warned, struct document *out);
json_t *warned_json(const struct warned *warned);

#endif
