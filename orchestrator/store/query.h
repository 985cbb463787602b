/*
 * query.h - questions that reports and verbs ask. They read rows, never the
 * plan's text, so that they answer in milliseconds for 10,000 targets. Each
 * function sees one moment (one read transaction). Keep callbacks short: a reader
 * that lingers keeps the owner's log from being emptied.
 *
 * Codes and `err` as in store.h.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "engine/admission.h"
#include "store/store.h"

/* ---- campaigns (queries_campaign.c) ---- */

struct store_campaign {
    int64_t id;
    char *name, *digest, *playbook, *created_by;
    uint64_t seed;
    int64_t created_ms, started_ms; /* started: 0 = not yet */
    int64_t epoch;
    enum campaign_state_id state;
    int64_t since_ms;
    char *reason, *actor; /* NULL: none */
    enum budget_mode mode;
    int budget, in_flight_max;
    int in_flight, failed, in_doubt;
    int target_count, wave_count;
    int64_t last_seq; /* records so far */
};
void store_campaign_clear(struct store_campaign *campaign);
#define auto_store_campaign __attribute__((cleanup(store_campaign_clear)))

/* `which`: an id, a name (the newest of that name), 8 or more digits of a digest,
   or NULL: the newest. */
int store_find_campaign(struct store *store, const char *which,
                        struct store_campaign *out, struct slipway_error *err);
int store_load_campaign(struct store *store, int64_t id, struct store_campaign *out,
                        struct slipway_error *err);
/* Newest first; its texts are borrowed. */
typedef int (*store_campaign_fn)(void *data, const struct store_campaign *campaign);
int store_campaigns(struct store *store, store_campaign_fn visit, void *data,
                    struct slipway_error *err);

/* ---- status (queries_status.c) ---- */

struct store_wave {
    int index;
    char *name;
    enum wave_state_id state;
    int64_t since_ms, soak_ms;
    int target_count, budget, failed, in_doubt, in_flight;
    bool gate, approved;
    int counts[TARGET_STATE_COUNT];
};

struct store_status {
    struct store_campaign campaign;
    int counts[TARGET_STATE_COUNT];
    struct store_wave *waves;
    size_t wave_count;
    int held;
    int waiting_steps; /* targets whose activity waits for a retry or a limit */
    int running_steps; /* issued or running                                    */
    int doubtful_steps;
    int64_t oldest_in_flight_ms; /* when the one that is longest in flight was admitted
                                    (entered its state); 0: none */
    int64_t next_soak_end_ms;    /* 0: none */
    /* How fast it goes: targets that became succeeded. */
    int succeeded_last_hour, succeeded_last_day;
    int64_t first_succeeded_ms, last_succeeded_ms; /* 0: none */
    int64_t mean_duration_ms; /* from leaving pending to succeeded; 0: none */
    /* The same up to the verdict before the soak: how fast work itself goes. */
    int verified_last_hour;
    int64_t mean_active_ms; /* from leaving pending to that verdict; 0: none */
};
void store_status_clear(struct store_status *status);
#define auto_store_status __attribute__((cleanup(store_status_clear)))
int store_status(struct store *store, int64_t campaign, int64_t now_ms,
                 struct store_status *out, struct slipway_error *err);

/* ---- targets (queries_target.c) ---- */

/* All that is known of one target without the plan. Strings are borrowed; NULL: none. */
struct store_target {
    int index;
    const char *name, *site, *link_group, *manager;
    int wave;
    const char *wave_name;
    const char *version_from, *version_before, *version_now;
    enum target_state_id state, parked_from;
    int64_t since_ms, first_ms, soak_until_ms;
    const char *reason;
    int position;
    const char *position_step; /* id of the change step it is at */
    int incarnation, retries;
    bool changed, acknowledged;
    const char *hold_reason, *hold_actor;
    int64_t hold_until_ms;
    enum activity activity;
    int activity_index;
    const char *activity_id;  /* id of the step, check or read; NULL: none has one */
    const char *activity_use; /* "ssh.job", "gate"; NULL as above */
    enum moment moment;
    enum step_state_id step_state;
    int attempt;
    int64_t intent;
    int64_t begun_ms, issued_ms, deadline_ms, not_before_ms, doubt_since_ms;
    const char *handle, *sentence;
    int progress; /* percent, -1: not known */
    const char *progress_text;
    bool companion;    /* of its link group: it is not changed     */
    bool arrived, off; /* done with the group's phase; shut down by us */
    int unit;          /* -1: it stands alone                      */
    enum group_state_id unit_state;
    const char *unit_reason;
};

enum store_order {
    STORE_BY_INDEX,     /* wave by wave */
    STORE_NEWEST_FIRST, /* entered its state last */
    STORE_OLDEST_FIRST,
};

struct store_target_filter {
    const char *name; /* this one only; NULL: any */
    int wave;         /* -1: any */
    unsigned states;  /* 1u << TARGET_...; 0: any */
    bool held;        /* only held ones */
    int after;        /* index: only later ones, for paging; -1: from the start */
    int limit;        /* 0: no limit */
    enum store_order order;
};
#define STORE_ANY_TARGET                                                                 \
    {                                                                                    \
        .wave = -1, .after = -1                                                          \
    }

typedef int (*store_target_fn)(void *data, const struct store_target *target);
/* With a name that is not there: STORE_NO_SUCH, naming the nearest. */
int store_targets(struct store *store, int64_t campaign,
                  const struct store_target_filter *filter, store_target_fn visit,
                  void *data, struct slipway_error *err);

/* The members of a link group, in the plan's order. */
int store_members(struct store *store, int64_t campaign, int unit, store_target_fn visit,
                  void *data, struct slipway_error *err);

/* Index of a target by name. */
int store_target_index(struct store *store, int64_t campaign, const char *name,
                       int *index, struct slipway_error *err);

/* Results of the checks before the change, and later ones if they are recorded. */
struct store_check {
    int target;
    const char *target_name;
    int check;
    const char *check_id;
    enum moment moment;
    enum verdict verdict;
    const char *text;
    int64_t at_ms;
};
const char *store_verdict_name(enum verdict verdict);
typedef int (*store_check_fn)(void *data, const struct store_check *check);
int store_checks(struct store *store, int64_t campaign, int target, store_check_fn visit,
                 void *data, struct slipway_error *err);

/* Intents of one target (-1: all), newest first; 0: no limit. */
int store_intents(struct store *store, int64_t campaign, int target, int limit,
                  store_intent_fn visit, void *data, struct slipway_error *err);

/* ---- time rules (times.c) ---- */

/* A campaign's time rules as they are now: the plan's, with the calendars, overrides,
   approvals and distrust of the clock that were recorded since. */
struct store_times {
    struct plan *plan; /* of it only what time rules need, unless a calendar changed */
    struct times times;
};
int store_times_load(struct store *store, int64_t campaign, struct store_times *out,
                     struct slipway_error *err);
void store_times_clear(struct store_times *times);
#define auto_store_times __attribute__((cleanup(store_times_clear)))

/* ---- admission (queries_admission.c) ---- */

/* The facts that the engine would use, from the rows: for `slipway why`. */
struct store_facts {
    struct admission_facts facts; /* its strings live in `owned` */
    int target;
    char *owned[2 * ADMISSION_CAPS_MAX + 24];
    size_t owned_count;
};
void store_facts_clear(struct store_facts *facts);
#define auto_store_facts __attribute__((cleanup(store_facts_clear)))
int store_admission_facts(struct store *store, int64_t campaign, const char *target,
                          int64_t now_ms, struct store_facts *out,
                          struct slipway_error *err);

/* The same for many: the time rules are loaded once. */
int store_admission_facts_with(struct store *store, int64_t campaign, const char *target,
                               int64_t now_ms, const struct store_times *times,
                               struct store_facts *out, struct slipway_error *err);

/* Caps (domains and limits) with their use, fullest first. */
struct store_cap {
    bool domain; /* else a limit */
    const char *key;
    int max, used, claimed;
};
typedef int (*store_cap_fn)(void *data, const struct store_cap *cap);
int store_caps(struct store *store, int64_t campaign, store_cap_fn visit, void *data,
               struct slipway_error *err);

/* ---- events (queries_event.c) ---- */

struct store_event {
    const struct record *record;
    const char *target_name, *wave_name; /* NULL: none */
    const char *item; /* id of the step, check or read that it is about; NULL: none */
    const char *from, *event, *to; /* names in the record's machine, or NULL */
    const char *hash;              /* hex, of the chain */
};
struct store_event_filter {
    int64_t since_seq; /* only later ones; 0: all */
    int target;        /* -1: any */
    int wave;          /* -1: any */
    int kind;          /* enum record_kind, -1: any */
    int limit;         /* 0: no limit */
    bool newest_first;
};
#define STORE_ANY_EVENT                                                                  \
    {                                                                                    \
        .target = -1, .wave = -1, .kind = -1                                             \
    }
typedef int (*store_event_fn)(void *data, const struct store_event *event);
int store_events(struct store *store, int64_t campaign,
                 const struct store_event_filter *filter, store_event_fn visit,
                 void *data, struct slipway_error *err);

/* The hash chain of a campaign's records, recomputed. It finds edits, gaps, swaps and
   a cut end; who can rewrite the whole file can also rewrite the chain, so keep
   `head` somewhere else. */
struct store_chain {
    int64_t records; /* checked and good */
    int64_t bad_seq; /* 0: all good */
    char head[65];
    char sentence[200]; /* what is wrong */
};
int store_verify_chain(struct store *store, int64_t campaign, struct store_chain *out,
                       struct slipway_error *err);

/* ---- snapshots (queries_snapshot.c) ---- */

struct store_snapshot {
    int64_t campaign;
    const char *campaign_name;
    int target;
    const char *target_name, *manager;
    const char *reference, *name, *version;
    int step;
    const char *step_id;
    int incarnation;
    int64_t taken_ms, due_ms; /* due: its time limit */
    int64_t removed_ms;       /* 0: there, as far as slipway knows */
};
struct store_snapshot_filter {
    int64_t campaign; /* 0: all */
    int target;       /* -1: all */
    bool gone_too;
};
typedef int (*store_snapshot_fn)(void *data, const struct store_snapshot *snapshot);
/* Oldest first. */
int store_snapshots(struct store *store, const struct store_snapshot_filter *filter,
                    store_snapshot_fn visit, void *data, struct slipway_error *err);

/* ---- history (queries_history.c) ---- */

/* How long a part of some target's life took in an earlier campaign. */
struct store_duration {
    enum activity part;  /* STEP and SNAPSHOT: one that was done; CHECK: all of them, from
                            the last step to the verdict before the soak; REVERT: until the
                            rollback was verified */
    const char *step_id; /* of a STEP */
    const char *target;  /* name */
    const char *version_from, *version_before, *version_now; /* "" if not known */
    int64_t took_ms;
};
typedef int (*store_duration_fn)(void *data, const struct store_duration *duration);
/* Of all campaigns with that playbook, the newest first; at most `limit`. */
int store_durations(struct store *store, const char *playbook, int limit,
                    store_duration_fn visit, void *data, struct slipway_error *err);

/* Holds that have neither been released nor expired, of all campaigns, newest first. */
struct store_hold {
    const char *target, *campaign, *reason;
    int64_t until_ms; /* 0: until it is released */
};
typedef int (*store_hold_fn)(void *data, const struct store_hold *hold);
int store_holds(struct store *store, int64_t now_ms, store_hold_fn visit, void *data,
                struct slipway_error *err);

#endif
