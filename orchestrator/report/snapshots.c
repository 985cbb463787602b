/*
 * snapshots.c - see snapshots.h: the rows, and the managers' answers laid beside them.
 * A snapshot is recognised by its reference and its name together, because references
 * are given out anew when a VM is registered again.
 */
#include "report/snapshots.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define OWN_PREFIX "slipway/"

const char *snapshot_seen_name(enum snapshot_seen seen)
{
    static const char *const names[] = {"unasked", "there", "missing", "foreign",
                                        "stray"};
    return (size_t)seen < ARRAY_LENGTH(names) ? names[seen] : "?";
}

bool snapshot_is_overdue(const struct snapshot_row *row, int64_t now_ms)
{
    return row->due_ms && !row->removed_ms && row->due_ms <= now_ms;
}

static void row_clear(struct snapshot_row *row)
{
    char *texts[] = {row->campaign_name, row->target_name, row->manager, row->name,
                     row->reference,     row->version,     row->step};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
}

void snapshots_clear(struct snapshot_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        row_clear(&list->rows[i]);
    for (size_t i = 0; i < list->note_count; i++) {
        free(list->notes[i].target_name);
        free(list->notes[i].text);
    }
    free(list->rows);
    free(list->notes);
    *list = (struct snapshot_list){0};
}

void snapshots_note(struct snapshot_list *list, const char *target, const char *text)
{
    *vec_push(list->notes, list->note_count, list->note_room) =
        (struct snapshot_note){xstrdup(target), xstrdup(text)};
}

static int visit(void *data, const struct store_snapshot *s)
{
    struct snapshot_list *list = data;
    *vec_push(list->rows, list->count, list->room) =
        (struct snapshot_row){.campaign = s->campaign,
                              .target = s->target,
                              .campaign_name = xstrdup(s->campaign_name),
                              .target_name = xstrdup(s->target_name),
                              .manager = xstrdup(s->manager),
                              .name = xstrdup(s->name),
                              .reference = xstrdup(s->reference),
                              .version = xstrdup_null(s->version),
                              .step = xstrdup_null(s->step_id),
                              .taken_ms = s->taken_ms,
                              .due_ms = s->due_ms,
                              .removed_ms = s->removed_ms,
                              .size_bytes = -1};
    return 0;
}

static bool same_vm(const struct snapshot_row *a, const struct snapshot_row *b)
{
    return a->campaign == b->campaign && a->target == b->target;
}

/* Oldest first, so a row's depth is how many of its VM came before it. Rows of one VM
   are few, but there may be thousands of VMs: sorted neighbours, not all pairs. */
static int by_vm(const void *a, const void *b)
{
    const struct snapshot_row *x = *(struct snapshot_row *const *)a,
                              *y = *(struct snapshot_row *const *)b;
    if (x->campaign != y->campaign)
        return x->campaign < y->campaign ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void count_depths(struct snapshot_list *list)
{
    auto_free struct snapshot_row **sorted = xcalloc(list->count + 1, sizeof *sorted);
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = &list->rows[i];
    qsort(sorted, list->count, sizeof *sorted, by_vm);
    for (size_t first = 0; first < list->count;) {
        size_t end = first;
        int there = 0;
        for (; end < list->count && same_vm(sorted[first], sorted[end]); end++) {
            if (!sorted[end]->removed_ms)
                sorted[end]->depth = ++there;
        }
        for (size_t i = first; i < end; i++)
            sorted[i]->of = there;
        first = end;
    }
}

int snapshots_load(struct store *store, const struct store_snapshot_filter *filter,
                   int64_t now_ms, struct snapshot_list *out, struct slipway_error *err)
{
    out->now_ms = now_ms;
    int code = store_snapshots(store, filter, visit, out, err);
    if (!code)
        count_depths(out);
    return code;
}

/* ---- the managers' word ---- */

/* Of one that was in doubt when its target went back only the name is known. */
static bool is_ours(const struct snapshot_row *row, const json_t *entry)
{
    const char *reference = json_text(entry, "snapshot"),
               *name = json_text(entry, "name");
    return reference && name && !strcmp(row->name, name) &&
           (!*row->reference || !strcmp(row->reference, reference));
}

static void add_unknown(struct snapshot_list *list, size_t like, const json_t *entry)
{
    const char *name = json_text(entry, "name"),
               *reference = json_text(entry, "snapshot");
    bool stray = name && !strncmp(name, OWN_PREFIX, sizeof OWN_PREFIX - 1);
    struct snapshot_row row = {
        .campaign = list->rows[like].campaign,
        .target = list->rows[like].target,
        .campaign_name = xstrdup(list->rows[like].campaign_name),
        .target_name = xstrdup(list->rows[like].target_name),
        .manager = xstrdup(list->rows[like].manager),
        .name = xstrdup(name ? name : "?"),
        .reference = xstrdup(reference ? reference : "?"),
        .size_bytes = json_number(entry, "size_bytes", -1),
        .seen = stray ? SNAPSHOT_STRAY : SNAPSHOT_FOREIGN,
    };
    *vec_push(list->rows, list->count, list->room) = row;
}

static bool match(struct snapshot_list *list, size_t rows, size_t like,
                  const json_t *entry)
{
    for (size_t i = 0; i < rows; i++) {
        struct snapshot_row *row = &list->rows[i];
        if (!same_vm(row, &list->rows[like]) || !is_ours(row, entry))
            continue;
        row->seen = SNAPSHOT_THERE;
        row->size_bytes = json_number(entry, "size_bytes", -1);
        return true;
    }
    return false;
}

void snapshots_take_answer(struct snapshot_list *list, size_t like,
                           const char *vm_document)
{
    struct slipway_error err = {""};
    auto_json json_t *vm =
        json_parse(vm_document, strlen(vm_document), JSON_BYTES_MAX, &err);
    const json_t *entries = json_object_get(vm, "snapshots"), *entry;
    size_t index, rows = list->count;
    if (!json_is_array(entries)) {
        snapshots_note(list, list->rows[like].target_name,
                       "the manager's answer names no snapshots");
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        if (same_vm(&list->rows[i], &list->rows[like]) && !list->rows[i].removed_ms)
            list->rows[i].seen = SNAPSHOT_MISSING;
    }
    json_array_foreach(entries, index, entry)
    {
        if (!match(list, rows, like, entry))
            add_unknown(list, like, entry);
    }
    if (json_is_true(json_object_get(vm, "consolidation_needed")))
        snapshots_note(list, list->rows[like].target_name,
                       "its disks need consolidation");
}
