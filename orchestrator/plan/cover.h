/*
 * cover.h - choose targets that together show every value of some labels.
 */
#ifndef PLAN_COVER_H
#define PLAN_COVER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/campaign.h"
#include "model/fleet.h"

struct cover_request {
    const struct appliance *const *picked;
    const size_t *pool; /* indexes into picked: who may be chosen, in natural order */
    size_t pool_count;
    char *const *labels;
    size_t label_count; /* at most STRATEGY_COVER_MAX */
    size_t size;        /* how many to choose; at most pool_count */
    const bool *kept;   /* by pool: chosen already; NULL: nobody is */
};

struct cover_result {
    size_t values[STRATEGY_COVER_MAX]; /* distinct values of each label in the pool */
    char **missed;                     /* "label=value" that no chosen target has   */
    size_t missed_count, missed_room;
};

/* Set chosen[i] for `size` of the pool; what was not covered is in *out. */
void cover_choose(const struct cover_request *request, bool *chosen,
                  struct cover_result *out);

void cover_result_clear(struct cover_result *result);

#endif
