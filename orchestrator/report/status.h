/*
 * status.h - a campaign at a glance, for people and for scripts.
 *
 *   status_load(store, ...) ─► struct status ─► status_text, status_json
 *
 * Made from rows only, in milliseconds for 10,000 targets.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <stdbool.h>

#include "report/evidence.h"
#include "model/timetable.h"
#include "report/overdue.h"
#include "store/query.h"
#include "util/buf.h"

#define STATUS_JSON_SCHEMA  1
#define STATUS_BUSY_SHOWN   8
#define STATUS_FAILED_SHOWN 10
#define STATUS_HUMAN_SHOWN  10
#define STATUS_WAITS_SHOWN  10
/* Ready targets whose admission is worked out; more are counted with the last kind. */
#define STATUS_READY_MAX 200

/* Targets that wait for the same thing. */
struct status_wait {
    int count;
    char *who;       /* "ready", "pending in wave-3" */
    char *what;      /* "site=rbx: 2 of at most 2 are down" */
    int64_t next_ms; /* when it can change by itself; 0: not known */
};

/* One target as a line. */
struct status_target {
    char *name, *wave, *text; /* text: the reason, or what it is doing */
    enum target_state_id state;
    int64_t since_ms;
    int64_t begun_ms, deadline_ms; /* of what it is doing now; 0: none */
    bool gate;
    int index;                           /* in the plan */
    char *reason, *version, *step, *use; /* for recognising; may be NULL */
    struct evidence evidence;            /* of failures and of what waits for a human */
};

struct status_list {
    struct status_target *items;
    size_t count, room;
    int total; /* also those that are not listed */
};

/* Time rules of the campaign as they are now. */
struct status_time {
    bool rules; /* some target is bound by a calendar, or was told of an opening */
    char *zone;
    int waiting;     /* targets of the open wave that only time keeps from starting */
    int64_t next_ms; /* the next start that fits one of them; 0: none */
    char *next_target;
    int64_t override_until_ms; /* of all targets; 0: none */
    char *override_reason, *override_actor;
    int overridden; /* targets with an override of their own */
    char *clock;    /* why it is not trusted; NULL: it is, or it does not matter */
    int64_t approval_ended_ms;
    int overruns;
    int64_t longest_overrun_ms;
};

/* A target that waits between the steps of its change, and the usual words for it. */
struct status_between {
    char *name, *who, *what;
};

struct status {
    struct status_time time;
    struct store_status store;
    struct store_owner owner;
    int64_t now_ms;
    int64_t left_ms; /* estimate; -1: not known */
    struct status_wait *waits;
    size_t wait_count, wait_room;
    struct status_between *between;
    size_t between_count, between_room;
    struct status_list busy;   /* in flight, longest first        */
    struct status_list failed; /* failed, rolled back; newest first */
    struct status_list human;  /* stranded, parked, at a gate      */
    struct status_list held;
    struct snapshot_list snapshots; /* that are there, as far as slipway knows */
    struct overdue overdue;         /* borrows from them */
};

/* Codes of store.h. `out` must be zeroed; status_clear() in any case. */
int status_load(struct store *store, int64_t campaign, const char *state_dir,
                int64_t now_ms, struct status *out, struct slipway_error *err);
void status_clear(struct status *status);
#define auto_status __attribute__((cleanup(status_clear)))

struct status_view {
    const struct status *status;
    const char *command; /* as in "slipway --state DIR" */
    bool colour;
    const struct issue_book *issues; /* NULL: nobody knows any */
    local_time_fn local;             /* NULL: times in UTC only */
};
void status_text(const struct status_view *view, struct buf *out);
/* The caller's. */
char *status_json(const struct status_view *view);

#endif
