/*
 * history.h - durations of earlier campaigns, reduced to what the planner asks for.
 */
#ifndef PLAN_HISTORY_H
#define PLAN_HISTORY_H

#include "plan/planner.h"
#include "util/map.h"

#define HISTORY_SAMPLES_MAX 2000 /* of one part; further ones are older and not taken */

struct history_samples;

/* Zeroed to begin with; history_clear() gives it back. */
struct history {
    struct map keys;
    struct history_samples *parts; /* parallel to keys */
    size_t count, room;
    struct plan_history *reduced;
};

/* One duration, the newest first; texts are copied, `id` may be NULL. What is negative
   says nothing and is not taken: a clock was set. */
void history_add(struct history *history, enum pace_part part, const char *kind,
                 const char *version, const char *id, int64_t took_ms);

/* Median and 95th percentile (nearest rank) of each part, in the order in which they were
   met. Borrowed until the next call or history_clear(). */
const struct plan_history *history_reduce(struct history *history, size_t *count);

void history_clear(struct history *history);
#define auto_history __attribute__((cleanup(history_clear)))

#endif
