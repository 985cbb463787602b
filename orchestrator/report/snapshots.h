/*
 * snapshots.h - every snapshot that slipway owns, and what the managers say about them
 * if they were asked.
 */
#ifndef REPORT_SNAPSHOTS_H
#define REPORT_SNAPSHOTS_H

#include <stdbool.h>

#include "store/query.h"
#include "util/buf.h"

#define SNAPSHOTS_JSON_SCHEMA 1

enum snapshot_seen {
    SNAPSHOT_UNASKED, /* the rows' word only                              */
    SNAPSHOT_THERE,
    SNAPSHOT_MISSING, /* the manager does not have it                     */
    SNAPSHOT_FOREIGN, /* somebody else's, on a VM that has one of ours    */
    SNAPSHOT_STRAY,   /* bears our name, and no row knows it              */
};
const char *snapshot_seen_name(enum snapshot_seen seen);

struct snapshot_row {
    int64_t campaign; /* id */
    int target;       /* index in it */
    char *campaign_name, *target_name, *manager, *name, *reference;
    char *version, *step; /* NULL: not known */
    int depth, of;        /* the depth-th of so many that are there */
    int64_t taken_ms, due_ms;
    int64_t removed_ms; /* 0: there, as far as slipway knows */
    int64_t size_bytes; /* -1: not known */
    enum snapshot_seen seen;
};

/* Past its time limit, and still there as far as slipway knows. */
bool snapshot_is_overdue(const struct snapshot_row *row, int64_t now_ms);

/* A VM that could not be asked, or that needs care. */
struct snapshot_note {
    char *target_name, *text;
};

struct snapshot_list {
    struct snapshot_row *rows; /* oldest first */
    size_t count, room;
    struct snapshot_note *notes;
    size_t note_count, note_room;
    bool probed;
    int64_t now_ms;
};

/* `out` must be zeroed. Codes of store.h. */
int snapshots_load(struct store *store, const struct store_snapshot_filter *filter,
                   int64_t now_ms, struct snapshot_list *out, struct slipway_error *err);
void snapshots_note(struct snapshot_list *list, const char *target, const char *text);
void snapshots_clear(struct snapshot_list *list);
#define auto_snapshots __attribute__((cleanup(snapshots_clear)))

/* What a manager said of the VM of rows[like]: the document of vsphere.vm. Rows of that
   target become there or missing; foreign and stray ones are added. */
void snapshots_take_answer(struct snapshot_list *list, size_t like,
                           const char *vm_document);

void snapshots_text(const struct snapshot_list *list, bool colour, struct buf *out);
/* The caller's. */
char *snapshots_json(const struct snapshot_list *list);

#endif
