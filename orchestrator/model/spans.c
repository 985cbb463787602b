/* spans.c - arithmetic of sets of instants; see timetable.h. */
#include <stdlib.h>
#include <string.h>

#include "model/timetable.h"
#include "util/xalloc.h"

void spans_clear(struct spans *spans)
{
    free(spans->items);
    *spans = (struct spans){0};
}

void spans_add(struct spans *spans, int64_t from_ms, int64_t until_ms)
{
    if (until_ms > from_ms)
        *vec_push(spans->items, spans->count, spans->room) =
            (struct span){from_ms, until_ms};
}

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

static bool is_sorted(const struct spans *spans)
{
    for (size_t i = 1; i < spans->count; i++) {
        if (spans->items[i].from_ms < spans->items[i - 1].from_ms)
            return false;
    }
    return true;
}

void spans_settle(struct spans *spans)
{
    size_t kept = 0;
    if (!is_sorted(spans)) /* as calendars mostly come */
        qsort(spans->items, spans->count, sizeof *spans->items, by_start);
    for (size_t i = 0; i < spans->count; i++) {
        struct span next = spans->items[i];
        struct span *last = kept ? &spans->items[kept - 1] : NULL;
        if (!last || next.from_ms > last->until_ms)
            spans->items[kept++] = next;
        else if (next.until_ms > last->until_ms)
            last->until_ms = next.until_ms;
    }
    spans->count = kept;
}

struct spans spans_copy(const struct spans *spans)
{
    struct spans copy = {0};
    for (size_t i = 0; i < spans->count; i++)
        spans_add(&copy, spans->items[i].from_ms, spans->items[i].until_ms);
    return copy;
}

struct spans spans_union(const struct spans *a, const struct spans *b)
{
    struct spans both = spans_copy(a);
    for (size_t i = 0; i < b->count; i++)
        spans_add(&both, b->items[i].from_ms, b->items[i].until_ms);
    spans_settle(&both);
    return both;
}

struct spans spans_intersect(const struct spans *a, const struct spans *b)
{
    struct spans common = {0};
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        const struct span *x = &a->items[i], *y = &b->items[j];
        int64_t from_ms = x->from_ms > y->from_ms ? x->from_ms : y->from_ms;
        int64_t until_ms = x->until_ms < y->until_ms ? x->until_ms : y->until_ms;
        spans_add(&common, from_ms, until_ms);
        if (x->until_ms < y->until_ms)
            i++;
        else
            j++;
    }
    return common;
}

struct spans spans_subtract(const struct spans *a, const struct spans *b)
{
    struct spans left = {0};
    size_t j = 0;
    for (size_t i = 0; i < a->count; i++) {
        int64_t at_ms = a->items[i].from_ms, until_ms = a->items[i].until_ms;
        while (j < b->count && b->items[j].until_ms <= at_ms)
            j++;
        for (size_t k = j; k < b->count && b->items[k].from_ms < until_ms; k++) {
            spans_add(&left, at_ms, b->items[k].from_ms);
            at_ms = b->items[k].until_ms > at_ms ? b->items[k].until_ms : at_ms;
        }
        spans_add(&left, at_ms, until_ms);
    }
    return left;
}

size_t spans_find(const struct spans *spans, int64_t at_ms)
{
    size_t low = 0, high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->items[middle].until_ms > at_ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool spans_contain(const struct spans *spans, int64_t at_ms)
{
    size_t i = spans_find(spans, at_ms);
    return i < spans->count && spans->items[i].from_ms <= at_ms;
}
