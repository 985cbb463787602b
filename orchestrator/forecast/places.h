/*
 * places.h - slots that are taken, and where between them there is room for one more:
 * in flight and in its domains. A guess that keeps others where they are; the run of the
 * engine decides.
 */
#ifndef FORECAST_PLACES_H
#define FORECAST_PLACES_H

#include "model/plan.h"

struct place_taken {
    int64_t from_ms, until_ms;
    int target;
};

struct places {
    const struct plan *plan;
    struct place_taken *items; /* by from_ms */
    size_t count, room;
    int64_t longest_ms;
};

void places_take(struct places *places, int target, int64_t from_ms, int64_t until_ms);
/* The earliest start from `from_ms` on in its windows where `length_ms` find room;
   INT64_MAX: none. */
int64_t places_find(const struct places *places, int target, int64_t from_ms,
                    int64_t length_ms);
void places_clear(struct places *places);

#endif
