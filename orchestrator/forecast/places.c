/*
 * places.c - see places.h. Taken slots stand sorted by their start, so those that can
 * overlap an interval are few and together. Candidates for a start are the openings and
 * the ends of taken slots.
 */
#include "forecast/places.h"

#include <stdlib.h>
#include <string.h>

#include "engine/window.h"
#include "util/xalloc.h"

#define TRIES_MAX 20000 /* candidates for one target */

static size_t first_from(const struct places *places, int64_t from_ms)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->items[middle].from_ms >= from_ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void places_take(struct places *places, int target, int64_t from_ms, int64_t until_ms)
{
    size_t at = first_from(places, from_ms);
    (void)vec_push(places->items, places->count, places->room);
    memmove(&places->items[at + 1], &places->items[at],
            (places->count - 1 - at) * sizeof *places->items);
    places->items[at] = (struct place_taken){from_ms, until_ms, target};
    if (until_ms - from_ms > places->longest_ms)
        places->longest_ms = until_ms - from_ms;
}

static bool share_domain(const struct plan_target *a, const struct plan_target *b,
                         int domain)
{
    for (int i = 0; i < b->domain_count; i++) {
        if (b->domains[i] == a->domains[domain])
            return true;
    }
    return false;
}

static bool has_room(const struct places *places, int target, int64_t from_ms,
                     int64_t until_ms)
{
    const struct plan *plan = places->plan;
    const struct plan_target *own = &plan->targets[target];
    int all = 0, of[TARGET_DOMAINS_MAX] = {0};
    for (size_t i = first_from(places, from_ms - places->longest_ms);
         i < places->count && places->items[i].from_ms < until_ms; i++) {
        if (places->items[i].until_ms <= from_ms)
            continue;
        const struct plan_target *other = &plan->targets[places->items[i].target];
        all++;
        for (int d = 0; d < own->domain_count; d++)
            of[d] += share_domain(own, other, d);
    }
    for (int d = 0; d < own->domain_count; d++) {
        if (of[d] >= plan->domains[own->domains[d]].max)
            return false;
    }
    return all < plan->in_flight;
}

/* The earliest end of a taken slot after an instant; INT64_MAX: none. Ends are not
   sorted, but all that matter began at most the longest length before. */
static int64_t next_end(const struct places *places, int64_t after_ms)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = first_from(places, after_ms - places->longest_ms);
         i < places->count && places->items[i].from_ms < next_ms; i++) {
        int64_t end_ms = places->items[i].until_ms;
        next_ms = end_ms > after_ms && end_ms < next_ms ? end_ms : next_ms;
    }
    return next_ms;
}

int64_t places_find(const struct places *places, int target, int64_t from_ms,
                    int64_t length_ms)
{
    const struct plan *plan = places->plan;
    for (int i = 0; i < TRIES_MAX; i++) {
        int64_t start_ms = window_next_start(&plan->time, plan, target, from_ms);
        if (start_ms == INT64_MAX ||
            has_room(places, target, start_ms, start_ms + length_ms))
            return start_ms;
        from_ms = next_end(places, start_ms);
        if (from_ms == INT64_MAX)
            return INT64_MAX;
    }
    return INT64_MAX;
}

void places_clear(struct places *places)
{
    free(places->items);
    *places = (struct places){0};
}
