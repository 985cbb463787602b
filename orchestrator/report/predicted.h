/*
 * predicted.h - the slots of a plan against what became of them.
 */
#ifndef REPORT_PREDICTED_H
#define REPORT_PREDICTED_H

#include <jansson.h>

#include "report/sections.h"
#include "store/query.h"

#define PREDICTED_WORST 5

/* One target that has a slot or has started. 0: no slot, not (yet). */
struct predicted_target {
    int wave;
    int64_t slot_from_ms, slot_until_ms, spread_ms;
    int64_t started_ms; /* admitted for the first time */
    int64_t changed_ms; /* verified, or convicted, after that */
};

struct predicted_wave {
    char *name;
    int64_t slot_from_ms, slot_until_ms; /* first start, last end */
    int64_t started_ms, changed_ms;
    int slots, started, within; /* within: at most the spread from its slot */
    int64_t off_ms;             /* median distance of starts from their slots */
};

struct predicted {
    char *zone;
    struct predicted_target *targets; /* by index; NULL: the plan has no slots */
    size_t target_count;
    char **names;
    struct predicted_wave *waves;
    size_t wave_count;
    struct predicted_wave all;
    int64_t slot_finish_ms;     /* the last slot's end and its soak */
    int64_t finish_ms;          /* the campaign was over; 0: not yet */
    int worst[PREDICTED_WORST]; /* targets that started farthest from their slot */
    size_t worst_count;
};

/* Codes of store.h; `out` must be zeroed. A plan without slots: all stays empty. */
int predicted_load(struct store *store, const struct store_campaign *campaign,
                   struct predicted *out, struct slipway_error *err);
void predicted_clear(struct predicted *predicted);

/* Add the section; nothing without slots. */
void predicted_section(const struct predicted *predicted, struct document *out);
/* null without slots. */
json_t *predicted_json(const struct predicted *predicted);

#endif
