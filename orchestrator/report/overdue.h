/*
 * overdue.h - snapshots of slipway that outlived their time limit. They belong to targets
 * that a human has not settled: nobody deletes a way back by itself, and they grow.
 */
#ifndef REPORT_OVERDUE_H
#define REPORT_OVERDUE_H

#include <jansson.h>

#include "report/snapshots.h"

struct overdue {
    int snapshots;
    const char **targets; /* each once; borrowed from the list */
    size_t target_count, target_room;
    int64_t since_ms; /* the time limit of the oldest; 0: there is none */
};

/* Those of the list that are there. `out` must be zeroed. */
void overdue_find(const struct snapshot_list *list, struct overdue *out);
void overdue_clear(struct overdue *overdue);
#define auto_overdue __attribute__((cleanup(overdue_clear)))

/* How many, of whom, since when, and what that means; nothing if there are none. */
void overdue_words(const struct overdue *overdue, int64_t now_ms, struct buf *out);
/* What to do about them: `command` as in "slipway --state DIR". */
void overdue_advice(const char *command, struct buf *out);
/* {snapshots, targets, since}; `since` null if there are none. */
json_t *overdue_json(const struct overdue *overdue);

#endif
