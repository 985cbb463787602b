/*
 * sim.h - one seed is one whole campaign: a random plan, appliances and managers with
 * faults, operators, crashes, all in virtual time on the real engine.
 *
 *   topology.c   seed -> plan, faults, what operators will do
 *   times.c      calendars, freezes, overrides, the clock; and what time forbids
 *   model.c      what appliances and managers are and do: the truth
 *   peer.c       what an executor gets from them: answers, silence, late effects
 *   shadow.c     what the records say, read a second time, and the promises
 *   links.c      the same for link groups
 *   run.c        the events: calls, crashes, operators, the end
 *   main.c       many seeds
 *
 * The model and the shadow never ask the engine for what they check it against.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define SIM_EVENTS_MAX  200000
#define SIM_TIME_MAX_MS (400LL * 24 * 3600000)
#define SIM_ROUNDS_MAX  200 /* helpful acts of an operator until it is over */
#define SECOND          1000LL
#define MINUTE          (60 * SECOND)
#define HOUR            (60 * MINUTE)

/* ---- chance ---- */

struct chance {
    uint64_t state;
};
struct chance chance_of(uint64_t seed, uint64_t stream);
uint64_t chance_next(struct chance *c);
int chance_below(struct chance *c, int end);
int64_t chance_between(struct chance *c, int64_t low, int64_t high);
bool chance_is(struct chance *c, int per_mille);

/* ---- what a seed turns on ---- */

/* Per mille of the calls or events to which it happens; 0: not in this seed. */
struct weather {
    int lost_request, lost_reply, late_effect, refused_connection;
    int mute_poll, mute_probe, flap;
    int task_fails, foreign_task, reboot;
    int crash;
    int latency_ms;
    bool windows;
};

enum fault {
    FAULT_SICK = 1,            /* healthy no more after the change          */
    FAULT_FAILS = 2,           /* the change fails                          */
    FAULT_HALF = 4,            /* and leaves the appliance broken           */
    FAULT_LIES = 8,            /* says done, changes nothing                */
    FAULT_HANGS = 16,          /* never ends                                */
    FAULT_REFUSES = 32,        /* wrong password                            */
    FAULT_RED_BEFORE = 64,     /* the health check is always red            */
    FAULT_FOREIGN = 128,       /* somebody else's snapshot                  */
    FAULT_NO_REVERT = 256,     /* the manager cannot revert it              */
    FAULT_NO_SNAPSHOT = 512,   /* nor snapshot it                           */
    FAULT_NO_BOOT = 1024,      /* does not come back from power on          */
    FAULT_ORPHAN = 2048,       /* its job dies without a return code        */
    FAULT_SOAK_SICK = 4096,    /* turns sick some time after the change     */
    FAULT_DISAGREES = 8192,    /* the second way reads another version      */
    FAULT_UNEXPECTED = 16384,  /* done, but the result is not as expected  */
    FAULT_REVERT_LIES = 32768, /* the manager says reverted, and it is not */
    FAULT_CURABLE = 65536,     /* the change fails until a recovery was run  */
    FAULT_STAYS_ON = 131072    /* cannot be shut down                        */
};

/* ---- the model ---- */

#define MODEL_SNAPSHOTS 12

struct model_snapshot {
    char reference[24], name[96];
    unsigned level;
    bool healthy, half;
    size_t job_count;
};

enum job_end { JOB_OK, JOB_FAILS, JOB_HANGS, JOB_ORPHAN };

struct model_job {
    int64_t key; /* the launcher starts one key once */
    int64_t intent;
    int step;
    int64_t until_ms;
    enum job_end end;
    bool over, reboots;
    bool recovers; /* it is an operation of a recovery; step is its index */
};

struct model_task {
    int64_t intent; /* 0: somebody else's */
    enum activity kind;
    char reference[24], name[96];
    int64_t until_ms;
    bool fails, over;
};

struct machine_model {
    unsigned level; /* bit per step that is in; all of them: the new version */
    bool healthy, half, on, cured;
    int64_t boot_until_ms, silent_until_ms, sick_at_ms;
    unsigned faults;
    struct model_job *jobs;
    size_t job_count, job_room;
    struct model_task *tasks;
    size_t task_count, task_room;
    struct model_snapshot snapshots[MODEL_SNAPSHOTS];
    int snapshot_count, snapshots_taken;
    bool reverted;
    unsigned reverted_to; /* level of the last revert */
    int64_t off_at_ms;    /* it shuts down; 0: it does not */
    int64_t off_intent;
    bool behind; /* linked: reverted, and nobody of its group ran since */
};

/* What became of an intent outside of slipway: the ledger. */
enum truth { TRUTH_NOTHING, TRUTH_RUNNING, TRUTH_OK, TRUTH_FAILED, TRUTH_GONE };

struct effect {
    int target, index;
    enum activity kind;
    int calls, arrivals;
    enum truth truth;
    bool settled, no_effect; /* what slipway said about it */
    bool late, gone;         /* nobody hears its answer; and it is too late for it */
    int64_t key;
    bool repeatable, gate, unexpected;
};

/* ---- the shadow: the records, read again ---- */

struct shadow_target {
    int state, parked_from, step_state, activity, index;
    int64_t intent; /* open one, 0: none */
    bool acknowledged, changed, off, held, forced, arrived;
    int64_t hold_until_ms;
    int incarnation, reverts;
    int recovery, recover_step; /* state of the recovery machine, and for which step */
    int recovered;              /* how often */
    bool hit;                   /* failed while in flight, and nobody has seen it */
    int64_t soak_until_ms;
    unsigned greens, reads, baseline; /* bit per check, way of reading; this state */
};

struct shadow {
    int campaign, *waves, *groups;
    struct shadow_target *targets;
    int in_flight_max, budget;
    int *wave_budgets, *domain_max, *limit_max;
    bool budget_touched, *wave_touched; /* numbers no longer the plan's */
};

/* ---- events ---- */

enum event_kind { EVENT_ARRIVE, EVENT_REPLY, EVENT_COMMAND, EVENT_CLOCK };

struct event {
    int64_t at_ms;
    uint64_t order;
    enum event_kind kind;
    struct action action;
    char handle[40], reference[24];
    bool unheard; /* the answer goes nowhere */
    struct outcome outcome;
    char value[32], new_handle[40];
    struct command command;
    char setting[48];
};

/* ---- time ---- */

#define SIM_CALENDARS_MAX 24

/* In minutes: open (or frozen) for `length` of every `period`, from `from` to `until`. */
struct sim_calendar {
    char scope[48], source[16], number[8];
    bool freeze, live;
    int64_t phase, period, length, from, until;
    char *document; /* as a verb brings it; NULL: it is the plan's */
};

struct sim_time_target {
    bool right; /* to finish */
    int position;
    int64_t closes_ms, late_ms, override_ms;
};

struct sim_times {
    struct sim_calendar calendars[SIM_CALENDARS_MAX];
    int count;
    bool moving; /* calendars change under way */
    struct sim_time_target *targets;
    int64_t override_ms, approved_until_ms;
    bool distrusted;
};

struct sim {
    uint64_t seed;
    bool verbose;
    struct chance model_chance, peer_chance, crash_chance, human_chance;
    struct weather weather;
    bool calm; /* faults of the network and crashes have stopped */
    struct plan *plan;
    struct engine *engine;
    int64_t now_ms, epoch;
    struct machine_model *machines;
    struct sim_times times;
    struct effect *effects; /* by intent */
    size_t effect_count, effect_room;
    struct shadow shadow;
    struct event *events;
    size_t event_count, event_room;
    uint64_t orders;
    struct record *journal;
    size_t journal_count, journal_room;
    bool commanded; /* this step eats an operator's verb */
    int crashes, steps, rounds, unstuck;
    uint64_t hash;
    struct buf story, broken;
};

/* The first promise that does not hold ends the run. */
__attribute__((format(printf, 2, 3))) void sim_broken(struct sim *sim, const char *format,
                                                      ...);
bool sim_is_broken(const struct sim *sim);
__attribute__((format(printf, 2, 3))) void sim_tell(struct sim *sim, const char *format,
                                                    ...);

/* What runs as a job on the appliance, under a key. */
static inline bool sim_is_job(enum activity activity)
{
    return activity == ACTIVITY_STEP || activity == ACTIVITY_RECOVER;
}

/* ---- linked appliances ---- */

/* The unit that a target is a member of, or NULL. */
static inline const struct plan_unit *sim_unit(const struct sim *sim, int target)
{
    int unit = plan_unit_of(sim->plan, target);
    return unit < 0 ? NULL : &sim->plan->units[unit];
}

static inline int sim_unit_end(const struct plan_unit *u)
{
    return u->first + u->count;
}

/* ---- topology.c ---- */
void topology_create(struct sim *sim);

/* ---- times.c ---- */
void times_make(struct sim *sim, struct chance *c);
void times_free(struct sim *sim);
/* A record was committed, and is not yet in the shadow. */
void times_record(struct sim *sim, const struct record *r);
/* An effect is issued on a target in this state. */
void times_issue(struct sim *sim, const struct record *r, int state);

/* ---- model.c ---- */
void model_create(struct sim *sim);
void model_destroy(struct sim *sim);
/* Everything that has come about by now. */
void model_settle(struct sim *sim, int target);
bool model_reachable(const struct sim *sim, const struct machine_model *m);
struct model_job *model_job_of(struct machine_model *m, int64_t key);
struct model_task *model_task_of(struct machine_model *m, int64_t intent);
/* A task of anybody that runs on the machine, or NULL. */
struct model_task *model_busy(struct machine_model *m);
struct model_snapshot *model_snapshot_named(struct machine_model *m, const char *name);
struct model_snapshot *model_snapshot_at(struct machine_model *m, const char *reference);
unsigned model_old_level(const struct plan *plan);
unsigned model_new_level(const struct plan *plan);
void model_version(const struct sim *sim, int target, char *out, size_t size);
struct effect *model_effect(struct sim *sim, int64_t intent);
/* The step is done there, but its result is not as expected. */
bool model_disappoints(const struct sim *sim, int target, int step);
/* The request of an effect is there: do it, say what is answered. */
void model_start(struct sim *sim, struct event *e);

/* ---- peer.c ---- */
/* Take the engine's call: now or later something arrives and something is heard. */
void peer_call(struct sim *sim, const struct action *action);
void peer_arrive(struct sim *sim, struct event *e);

/* ---- shadow.c ---- */
void shadow_create(struct sim *sim);
void shadow_destroy(struct sim *sim);
/* A record was committed. */
void shadow_record(struct sim *sim, const struct record *r);
/* All records of a step were committed. */
void shadow_step(struct sim *sim);
/* A call is asked for. */
void shadow_call(struct sim *sim, const struct action *a);
/* Nothing happens any more. */
void shadow_rest(struct sim *sim);
/* It is over. */
void shadow_end(struct sim *sim);

/* ---- links.c ---- */
/* A group moved, or one of its members arrived. */
void links_record(struct sim *sim, const struct record *r);
/* An effect is issued on a member of a link group. */
void links_issue(struct sim *sim, const struct record *r);
/* From when it is shut down until it is up again, and not rolled back. */
bool links_are_away(const struct sim *sim, int target);
/* Another member of its group is in flight already. */
bool links_others_fly(const struct sim *sim, int target);
/* It is what it was before the change. */
bool links_are_back(const struct sim *sim, int target, const struct machine_model *m);

/* ---- run.c ---- */
struct event *sim_event(struct sim *sim, enum event_kind kind, int64_t at_ms);

struct sim_result {
    uint64_t hash;
    long events;
    int crashes;
    char *broken; /* NULL: every promise held */
    char *story;
};
/* One run of one seed; the strings are the caller's. */
struct sim_result sim_run(uint64_t seed, bool verbose);

#endif
