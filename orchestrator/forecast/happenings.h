/*
 * happenings.h - what will happen on virtual time, the earliest first; of those at one
 * instant the one that was entered first.
 */
#ifndef FORECAST_HAPPENINGS_H
#define FORECAST_HAPPENINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum happening_kind {
    HAPPENING_ANSWER, /* an executor has done what it was asked        */
    HAPPENING_LOOK,   /* a human looks at a paused campaign            */
    HAPPENING_SETTLE, /* a human has settled a parked target           */
    HAPPENING_APPROVE,
};

struct happening {
    int64_t at_ms;
    uint64_t order; /* given by happenings_add() */
    enum happening_kind kind;
    int target, wave; /* -1: none */
    int64_t call_id;
    bool fails;
};

/* A binary heap; zeroed: empty. */
struct happenings {
    struct happening *items;
    size_t count, room;
    uint64_t orders;
};

void happenings_add(struct happenings *all, struct happening one);
/* INT64_MAX: nothing will. */
int64_t happenings_next_ms(const struct happenings *all);
/* There must be one. */
struct happening happenings_take(struct happenings *all);
void happenings_clear(struct happenings *all);

#endif
