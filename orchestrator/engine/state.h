/*
 * state.h - the engine's state as plain data. Only apply.c writes the durable
 * part; the volatile part (marked so) is what a crash may forget, because after
 * one everything is asked again.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/machines.h"
#include "engine/times.h"
#include "model/plan.h"

#define SNAPSHOTS_MAX       10 /* per target: max_depth is at most 8       */
#define ACTIVITY_LIMITS_MAX (STEP_LIMITS_MAX + 2)

/* What a target can be busy with. */
enum activity {
    ACTIVITY_NONE,
    ACTIVITY_STEP,     /* index = step                                  */
    ACTIVITY_READ,     /* index = way of reading the version            */
    ACTIVITY_CHECK,    /* index = check                                 */
    ACTIVITY_RECOVER,  /* index = operation of a recovery               */
    ACTIVITY_GUARD,    /* may a snapshot be taken?                      */
    ACTIVITY_SNAPSHOT, /* index = step that it protects                 */
    ACTIVITY_PRUNE,    /* remove our oldest snapshot                    */
    ACTIVITY_REVERT,   /* to our oldest snapshot                        */
    ACTIVITY_POWER_ON,
    ACTIVITY_POWER_OFF, /* the guest is asked, then it is switched off  */
    ACTIVITY_COUNT
};
const char *activity_name(enum activity activity);
int activity_from(const char *name);

/* Why a check or a read is made. */
enum moment {
    MOMENT_BEFORE,
    MOMENT_AFTER,
    MOMENT_SOAK,
    MOMENT_RESTORED,
    MOMENT_STARTED, /* a link group is up again, and not changed yet */
    MOMENT_COUNT
};
const char *moment_name(enum moment moment);
int moment_from(const char *name);

enum verdict { VERDICT_NONE, VERDICT_GREEN, VERDICT_RED, VERDICT_NO_DATA };

enum call { CALL_NONE, CALL_START, CALL_POLL, CALL_PROBE };

struct activity_state {
    enum activity kind;
    int index;
    enum moment moment;
    enum step_state_id state;
    int attempt;           /* certain failures so far                          */
    int64_t intent;        /* 0: none yet                                      */
    int64_t key;           /* the first intent of this attempt: what is issued
                              again because it never began keeps its name      */
    bool was_changed;      /* the target, before an intent of this activity could
                              change it: so it is still if all were turned away */
    bool stalled;          /* an intent was said never to have begun, or a shutdown
                              was lost: either may come about after all        */
    int64_t begun_ms;      /* its turn came                                    */
    int64_t issued_ms;     /* of the intent                                    */
    int64_t deadline_ms;   /* 0: not issued yet                                */
    int64_t not_before_ms; /* waiting: for a retry                            */
    int64_t doubt_since_ms;
    char *handle;
    char *sentence; /* the last thing said about it */
    /* volatile */
    enum call call; /* outstanding at the executor                      */
    int64_t call_id;
    int64_t called_ms; /* when it was asked for                           */
    int64_t next_look_ms;
    int64_t tried_ms; /* first call of this attempt; 0: none yet         */
    int looks;        /* retries of a read                                */
    int streak;
    int recovery; /* of a known issue that its last outcome is: index + 1; 0: none */
};

/* A known issue that is recovered from, between two attempts of a step. */
struct recovery_state {
    enum recovery_state_id state;
    int index; /* into the playbook's recoveries           */
    int step;  /* whose attempt failed                     */
    enum moment moment;
    int attempts;     /* certain failures of the step before this one */
    int64_t since_ms; /* when it failed first                     */
    char *sentence;   /* how                                      */
};

struct snapshot_state {
    char *reference; /* the manager's: "snapshot-12" */
    char *name;
    char *version; /* read before it was taken; NULL: not since a change */
    int step;
    int incarnation;
    int64_t taken_ms;
};

struct target_state {
    enum target_state_id state;
    int64_t since_ms;
    int64_t first_ms; /* left pending for the first time; 0: never */
    char *reason;
    int position;    /* change step it is at: index into steps       */
    int incarnation; /* reverts issued                               */
    bool changed;    /* an intent of a change step was committed since
                                  the last revert: the appliance may differ     */
    enum target_state_id parked_from;
    bool acknowledged; /* its failure no longer counts: a human saw it */
    bool companion;    /* the plan's */
    bool doubt_left;   /* an effect in doubt was given up, and no revert came after it */
    bool off;          /* we shut it down, and it has not answered since */
    bool arrived;      /* in a link group: done with the group's phase   */
    char *version_before, *version_now;
    bool version_stale; /* a change was issued since it was read */
    int64_t soak_until_ms;
    enum verdict *baseline; /* per check */
    struct snapshot_state snapshots[SNAPSHOTS_MAX];
    int snapshot_count;
    struct activity_state activity;
    struct recovery_state recovery;
    int *recovered;    /* per recovery: times it was begun, whatever became of it */
    char *hold_reason; /* NULL: not held */
    char *hold_actor;
    int64_t hold_until_ms; /* 0: until released */
    int retries;           /* rounds asked for by operators */
    bool entitled;         /* may finish its change whatever windows say */
    int64_t closes_ms;     /* the opening of that; 0: none, or its overrun is recorded */
    /* volatile */
    bool silent, red; /* of the activity: its last answer was none; one was red */
    int64_t wake_ms;
    bool dirty;
};

struct wave_state {
    enum wave_state_id state;
    int64_t since_ms;
    bool approved;
    bool budget_set; /* an operator changed it */
    int budget;
    /* derived, kept by apply.c */
    int count_by_state[TARGET_STATE_COUNT];
    int failed; /* counting ones: failed and not acknowledged; a link group counts once */
    int in_doubt;
    int at_risk; /* in flight, a link group once */
    /* volatile */
    int near_pending, near_ready; /* kept by lanes.c */
    bool dirty;
};

/* A link group that goes as one: plan.units, in the same order. */
struct group_state {
    enum group_state_id state;
    int64_t since_ms;
    char *reason; /* why it is rolled back, has failed ...; NULL: none */
    int culprit;  /* the member that stopped it: parked, failed or stranded before the
                     others; -1: none */
    /* derived, kept by apply.c: members that count as failed, that are in flight */
    int failing, flying;
    /* volatile */
    bool unsettled, dirty;
};

/* Numbers that operators may turn while it runs. */
struct settings {
    int in_flight;
    int budget;
};

struct engine_state {
    enum campaign_state_id campaign;
    int64_t campaign_since_ms;
    char *reason; /* why it is paused, aborted ... */
    char *actor;
    int64_t epoch;
    int64_t owned_ms;   /* when this process took the state over */
    int64_t started_ms; /* 0: not yet */
    struct settings settings;
    struct times times;
    int *domain_max, *limit_max;
    struct wave_state *waves;
    struct target_state *targets;
    struct group_state *groups;
    int64_t last_intent;
    unsigned char *target_states; /* derived: the states alone, for quick scans */
    /* derived, kept by apply.c */
    int count_by_state[TARGET_STATE_COUNT];
    int in_flight;
    int failed;
    int in_doubt;
    int at_risk;
    int *domain_down;    /* targets that are down now                           */
    int *domain_claimed; /* those, and the ones being prepared for it           */
    int *limit_used;
    bool campaign_dirty; /* volatile */
};

#endif
