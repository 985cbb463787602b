/* happenings.c - a binary heap by time and order; see happenings.h. Cannot fail. */
#include "forecast/happenings.h"

#include <stdlib.h>

#include "util/xalloc.h"

static bool before(const struct happening *a, const struct happening *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void happenings_add(struct happenings *all, struct happening one)
{
    size_t at = all->count;
    one.order = all->orders++;
    (void)vec_push(all->items, all->count, all->room);
    for (; at && before(&one, &all->items[(at - 1) / 2]); at = (at - 1) / 2)
        all->items[at] = all->items[(at - 1) / 2];
    all->items[at] = one;
}

int64_t happenings_next_ms(const struct happenings *all)
{
    return all->count ? all->items[0].at_ms : INT64_MAX;
}

struct happening happenings_take(struct happenings *all)
{
    struct happening first = all->items[0], last = all->items[--all->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= all->count)
            break;
        if (child + 1 < all->count && before(&all->items[child + 1], &all->items[child]))
            child++;
        if (!before(&all->items[child], &last))
            break;
        all->items[at] = all->items[child];
        at = child;
    }
    all->items[at] = last;
    return first;
}

void happenings_clear(struct happenings *all)
{
    free(all->items);
    *all = (struct happenings){0};
}
