/*
 * lots.h - what waves are filled with: single targets, and link groups whole. Private to
 * plan/.
 */
#ifndef PLAN_LOTS_H
#define PLAN_LOTS_H

#include "plan/draft.h"

struct lot {
    size_t first, count; /* its targets: pool.members[first .. first + count) */
    size_t changed;      /* of them; sizes count only these */
};

/* The lots that no wave has taken yet, in natural order of their first members. */
struct pool {
    size_t *members; /* indexes into draft->picked, lot by lot */
    struct lot *lots;
    size_t count;
    size_t changed; /* in all of them */
    size_t taken;   /* how many entries of draft->order are set */
};

/* Choose lots that show every value of the wave's labels, as many as there is room for;
   say what they do not show. */
void cover_lots(struct draft *draft, const struct pool *pool, int at, size_t size,
                const struct wave_strategy *strategy, bool *chosen);

/* Of a link group: its name. */
const char *lot_name(const struct draft *draft, const struct pool *pool,
                     const struct lot *lot);

#endif
