/* overdue.c - see overdue.h. */
#include "report/overdue.h"

#include <stdlib.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

#define NAMES_SHOWN 5

void overdue_find(const struct snapshot_list *list, struct overdue *out)
{
    auto_map struct map names = {0};
    for (size_t i = 0; i < list->count; i++) {
        const struct snapshot_row *row = &list->rows[i];
        if (!snapshot_is_overdue(row, list->now_ms))
            continue;
        out->snapshots++;
        if (!out->since_ms || row->due_ms < out->since_ms)
            out->since_ms = row->due_ms;
        if (map_intern(&names, row->target_name) == out->target_count)
            *vec_push(out->targets, out->target_count, out->target_room) =
                row->target_name;
    }
}

void overdue_clear(struct overdue *overdue)
{
    free(overdue->targets);
    *overdue = (struct overdue){0};
}

void overdue_words(const struct overdue *overdue, int64_t now_ms, struct buf *out)
{
    char at[WORDS_TIME_MAX], age[WORDS_TIME_MAX];
    bool one = overdue->snapshots == 1;
    if (!overdue->snapshots)
        return;
    words_count(out, overdue->snapshots, "snapshot");
    buf_adds(out, " of ");
    words_names(out, overdue->targets, overdue->target_count, NAMES_SHOWN);
    buf_addf(out,
             " outlived %s time limit, %s %s (%s): %s disks grow, and slipway "
             "removes nobody's way back by itself",
             one ? "its" : "their", one ? "at" : "the oldest at",
             words_at(overdue->since_ms, now_ms, at, sizeof at),
             words_took(now_ms - overdue->since_ms, age, sizeof age),
             one ? "its" : "their");
}

void overdue_advice(const char *command, struct buf *out)
{
    buf_addf(
        out,
        "Look: %s snapshots --probe. Settle these targets (retry, rollback or skip); "
        "what is left then, a campaign with the playbook snapshot-cleanup removes: %s "
        "plan cleanup.yaml, in a state of its own (docs/operations.md, Old "
        "snapshots)",
        command, "slipway --state cleanup");
}

json_t *overdue_json(const struct overdue *overdue)
{
    json_t *targets = json_array();
    for (size_t i = 0; i < overdue->target_count; i++)
        (void)json_array_append_new(targets, words_json_text(overdue->targets[i]));
    return json_pack("{s:i, s:o, s:o}", "snapshots", overdue->snapshots, "targets",
                     targets, "since", words_json_time(overdue->since_ms));
}
