/*
 * why.h - everything that is known of one target: why it does not start, what it is
 * doing, what is in doubt, the evidence, and the exact manual way out.
 *
 *   why_load(store, ...) ─► struct why ─► why_text, why_json
 */
#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include <jansson.h>
#include <stdbool.h>

#include "report/evidence.h"
#include "store/query.h"
#include "util/buf.h"

#define WHY_JSON_SCHEMA   1
#define WHY_SNAPSHOTS_MAX 64

struct why_snapshot {
    char *reference, *name, *version, *step; /* may be NULL: last two */
    int64_t taken_ms, due_ms, removed_ms;
};

/* Another one of its link group, or itself: for who puts the group back by hand. */
struct why_member {
    char *name, *snapshot, *reference; /* our oldest one that is there; NULL: none */
    json_t *doc;
    int index;
    bool changed, off;
};

struct why {
    struct store_campaign campaign;
    struct store_owner owner;
    struct store_target target; /* its strings live in `owned` */
    char *owned[32];
    size_t owned_count;
    struct store_facts facts;
    struct blocker blockers[ADMISSION_BLOCKERS_MAX];
    size_t blocker_count;
    struct evidence evidence;       /* what was done to it, what its checks said */
    struct why_snapshot *snapshots; /* oldest first; removed ones too */
    size_t snapshot_count, snapshot_room;
    struct why_member *members; /* of a group that goes as one, if hands are needed */
    size_t member_count, member_room;
    char *group;  /* what it waits for in its link group; NULL: nothing */
    int queue;    /* targets before it that have not started either; only if it has not */
    json_t *doc;  /* the target's document; NULL: nothing needs to be done by hand */
    json_t *logs; /* what its steps brought along: gathered.h */
    int64_t now_ms;
};

/* Codes of store.h; an unknown name names the nearest. `out` must be zeroed;
   why_clear() in any case. */
int why_load(struct store *store, int64_t campaign, const char *target,
             const char *state_dir, int64_t now_ms, struct why *out,
             struct slipway_error *err);
void why_clear(struct why *why);
#define auto_why __attribute__((cleanup(why_clear)))

/* True if a human may have to finish or undo something. */
bool why_needs_hands(const struct why *why);

struct why_view {
    const struct why *why;
    const char *command;
    bool colour;
    const struct issue_book *issues; /* NULL: nobody knows any */
    local_time_fn local;             /* NULL: times in UTC only */
};
void why_text(const struct why_view *view, struct buf *out);
/* The caller's. */
char *why_json(const struct why_view *view);

#endif
