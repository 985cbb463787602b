/*
 * sim.h - one seed is one whole campaign: a random plan, appliances and managers with
 * faults, operators, crashes, all in virtual time on the real engine.
 *
 *   topology.c   seed -> plan, faults, what operators will do
 *   scenario.c   the same as text, both ways: what shrinks, and what becomes a test
 *   chance.c     how a thing falls out, whatever else is taken out of the run
 *   times.c      calendars, freezes, overrides, the clock; and what time forbids
 *   model.c      what appliances and managers are and do: the truth
 *   begin.c      how their work begins
 *   peer.c       what an executor gets from them: answers, silence, late effects
 *   shadow.c     what the records say, read a second time, and the promises
 *   shadow_end.c the same when nothing moves, and when it is over
 *   links.c      the same for link groups
 *   evidence.c   the same for what is read before the way back
 *   outside.c    somebody else at the manager, between a snapshot and the change
 *   run.c        the events: calls, crashes, operators, the end
 *   help.c       somebody who helps when slipway waits for a human
 *   shrink.c     a failing seed -> the least that still fails, and its story
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

/* What goes wrong on the way; each that comes about is noted, and can be taken out. */
enum luck {
    LUCK_LOST_REQUEST,
    LUCK_LOST_REPLY,
    LUCK_LATE_EFFECT, /* it comes about after slipway has given up waiting */
    LUCK_REFUSED,
    LUCK_REFUSED_HARD, /* and it looks as if trying again were no use */
    LUCK_MUTE_POLL,
    LUCK_MUTE_PROBE,
    LUCK_DEAD_PROBE,
    LUCK_FLAP,
    LUCK_TASK_FAILS,
    LUCK_TASK_TWICE, /* one request, two snapshots */
    LUCK_TASK_STUCK,
    LUCK_FOREIGN_TASK,
    LUCK_CONSOLIDATE,
    LUCK_SESSION, /* of the manager, between any two calls */
    LUCK_LOCKED,  /* and for a while nobody can log in again */
    LUCK_OUTAGE,
    LUCK_MANAGER_OUTAGE,
    LUCK_REBOOT, /* after a job */
    LUCK_REBOOT_LATE,
    LUCK_REBOOT_TWICE,
    LUCK_FORGETS, /* the folder of the job is deleted while it runs */
    LUCK_RECOVERY_FAILS,
    LUCK_RECOVERY_DIES,
    LUCK_CRASH_BEFORE_COMMIT,
    LUCK_CRASH_BEFORE_ACTING,
    LUCK_LOST_IN_CRASH, /* a request that was about to go out */
    LUCK_AWAY,          /* hours until somebody resumes */
    LUCK_CLOCK_FORWARD, /* the clock was stepped meanwhile */
    LUCK_CLOCK_BACK,
    LUCK_EVIDENCE_FAILS,
    LUCK_EVIDENCE_HANGS, /* until the executor gives it up */
    LUCK_EVIDENCE_LOST,
    LUCK_OUTSIDE_REMOVES, /* somebody else removes our snapshot */
    LUCK_OUTSIDE_REVERTS, /* and leaves it off, or starts it */
    LUCK_OUTSIDE_POWERS_OFF,
    LUCK_COUNT
};
extern const char *const luck_names[LUCK_COUNT];

/* How long, how much, which: no luck, and the same whatever else is taken out. */
enum extent {
    AMOUNT_LATENCY,
    AMOUNT_LATE,
    AMOUNT_SHRUG,
    AMOUNT_JOB,
    AMOUNT_SHORT,
    AMOUNT_TASK,
    AMOUNT_LOOK,
    AMOUNT_BOOT,
    AMOUNT_BOOT_LATE,
    AMOUNT_SICK,
    AMOUNT_SLIP,
    AMOUNT_FOREIGN,
    AMOUNT_OUTAGE,
    AMOUNT_FORGETS,
    AMOUNT_AWAY,
    AMOUNT_CLOCK,
    AMOUNT_OUTSIDE,
    AMOUNT_COUNT
};

struct luck_event {
    int target; /* -1: slipway itself */
    enum luck kind;
    unsigned ordinal;
};

/* ---- what a seed turns on ---- */

/* Per mille of the calls or events to which it happens; 0: not in this seed. */
struct weather {
    int lost_request, lost_reply, late_effect, refused_connection;
    int mute_poll, mute_probe, flap;
    int task_fails, task_odd, foreign_task, reboot, reboot_odd;
    int session, outage, forgets;
    int crash, clock;
    int evidence, outside;
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
    FAULT_STAYS_ON = 131072,   /* cannot be shut down                        */
    FAULT_SLIPS_BACK = 262144 /* some time after the change it is the old version again */
};
#define FAULT_KINDS 19
extern const char *const fault_names[FAULT_KINDS]; /* by bit */

/* ---- the model ---- */

#define MODEL_SNAPSHOTS 12

struct model_snapshot {
    char reference[24], name[96];
    unsigned level;
    bool healthy, half, cured;
    size_t job_count;
};

enum job_end { JOB_OK, JOB_FAILS, JOB_HANGS, JOB_ORPHAN };

struct model_job {
    int64_t key; /* the launcher starts one key once */
    int64_t intent;
    int step;
    int64_t until_ms;
    enum job_end end;
    int64_t forgotten_ms; /* from then on nothing on the appliance tells of it */
    bool over;
    bool recovers; /* it is an operation of a recovery; step is its index */
};

struct model_task {
    int64_t intent; /* 0: somebody else's */
    enum activity kind;
    char reference[24], name[96];
    int64_t until_ms;
    bool fails, over;
    bool twice; /* what it makes it makes twice */
};

/* It goes down at `from`, and what runs there ends. */
struct model_boot {
    int64_t from_ms, until_ms;
};
#define MODEL_BOOTS 4

struct machine_model {
    int id; /* of its name: it stays when others are taken out of the run */
    unsigned drawn[LUCK_COUNT + AMOUNT_COUNT];
    unsigned level; /* bit per step that is in; all of them: the new version */
    bool healthy, half, on, cured;
    int64_t boot_until_ms, silent_until_ms, sick_at_ms, slips_at_ms;
    struct model_boot boots[MODEL_BOOTS]; /* that are still to come, in order */
    int boot_count;
    int64_t manager_silent_until_ms, locked_until_ms;
    bool consolidates; /* the manager asks for it */
    bool twins;        /* two snapshots of one step */
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
    int removed; /* of our snapshots by somebody else, and slipway does not know */
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
    bool spent; /* its attempt failed for certain, and another one follows */
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
    int64_t taken_ms[MODEL_SNAPSHOTS]; /* when its snapshots were written down */
    int taken;
    bool hit;                   /* failed while in flight, and nobody has seen it */
    int evidence, evidence_end; /* the next step that is due before the way back */
    int64_t soak_until_ms;
    unsigned greens, reads, baseline; /* bit per check, way of reading; this state */
    int64_t guarded_ms;               /* when its guard said yes */
    bool snapshot_next;               /* a snapshot has its turn, and was not tried yet */
};

/* A snapshot begins on a look that is no older; written here once more, on purpose. */
#define SIM_GUARD_FRESH_MS (15 * 60000LL)

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
    char scope[48], source[16], number[8], name[16];
    bool freeze, live;
    int customer;    /* of its scope, -1: it is another one          */
    const char *own; /* the appliance that its scope names, or NULL  */
    int64_t phase, period, length, from, until;
    char *document; /* as a verb brings it; NULL: it is the plan's */
    bool brought;
};

struct sim_time_target {
    int customer;
    bool right; /* to finish */
    int position;
    int64_t closes_ms, late_ms, override_ms;
    /* What was found out of it since a calendar changed last (`version`). */
    unsigned version, bound;         /* a bit for each calendar that binds it */
    int64_t open_first, open_minute; /* from there up to that minute it is open */
};

struct sim_times {
    struct sim_calendar calendars[SIM_CALENDARS_MAX];
    int count;
    unsigned version; /* counts changes of calendars */
    bool moving;      /* calendars change under way */
    struct sim_time_target *targets;
    int64_t override_ms, approved_until_ms;
    bool distrusted;
};

struct sim {
    uint64_t seed;
    bool verbose;
    bool scripted; /* the luck of a scenario, and no other */
    bool shortest; /* everything takes as little time as it can */
    uint64_t *expected;
    size_t expected_count, expected_room;
    struct luck_event *lucks; /* that came about */
    size_t luck_count, luck_room;
    struct machine_model nobody; /* what is drawn for slipway itself */
    struct weather weather;
    bool calm;     /* faults of the network and crashes have stopped */
    bool unjudged; /* it need only be the same run again as one that was judged */
    struct plan *plan;
    int *unit_of; /* as plan_unit_of() says of each target, once the plan is whole */
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
    struct buf story, broken, scenario;
};

#define SIM_START_MS 1000000

bool sim_luck(struct sim *sim, int target, enum luck kind, int per_mille);
int64_t sim_amount(struct sim *sim, int target, enum extent kind, int64_t low,
                   int64_t high);
bool sim_choice(struct sim *sim, int target, enum extent kind, int per_mille);
/* A scripted run will have it; settle once all are said. */
void sim_expect_luck(struct sim *sim, int target, enum luck kind, unsigned ordinal);
void sim_settle_luck(struct sim *sim);

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
    int unit = sim->unit_of ? sim->unit_of[target] : plan_unit_of(sim->plan, target);
    return unit < 0 ? NULL : &sim->plan->units[unit];
}

static inline int sim_unit_end(const struct plan_unit *u)
{
    return u->first + u->count;
}

/* ---- topology.c ---- */
void topology_create(struct sim *sim);
/* What the parts of a plan owe each other: room for whole units, steps and checks that
   fit. Of a plan that was drawn, and of one that was read. */
void topology_settle(struct sim *sim);
int64_t topology_timeout_ms(enum phase phase);
struct operation topology_operation(const char *id, const char *use,
                                    enum slipway_class repeat, int64_t timeout_ms);

/* ---- scenario.c, scenario_read.c ---- */
/* What was drawn, before anything happens; and the luck that it had. */
void scenario_write(struct sim *sim, struct buf *out);
void scenario_write_luck(const struct sim *sim, struct buf *out);
/* -1: *wrong says what is not understood; the caller's. */
int scenario_read(struct sim *sim, const char *text, char **wrong);

/* ---- help.c ---- */
/* False: it is over. */
bool sim_help(struct sim *sim);
/* Windows still open and close, but only a human can bring anybody to use them. */
bool sim_is_stuck(const struct sim *sim);
void sim_command(struct sim *sim, struct command c);
void sim_trust(struct sim *sim, bool trusted);

/* ---- times.c ---- */
void times_make(struct sim *sim, struct chance *c);
/* Who is whose customer; before calendars are made or read. */
void times_begin(struct sim *sim);
void times_set_customer(struct sim *sim, int target, int customer);
/* The plan's calendars are complete. */
void times_bind(struct sim *sim);
/* The next calendar, not yet live. */
struct sim_calendar *times_add(struct sim *sim, const char *scope, bool freeze);
/* It is brought by a verb and not by the plan. */
struct event *times_bring(struct sim *sim, struct sim_calendar *calendar, int64_t at_ms);
struct plan_time *times_rules(struct sim *sim);
struct plan_pace *times_pace(struct sim *sim);
/* Its steps and what was said of them are complete: it needs what the author said. */
void times_pace_by_word(struct sim *sim, struct plan_pace *pace);
void times_free(struct sim *sim);
/* A record was committed, and is not yet in the shadow. */
void times_record(struct sim *sim, const struct record *r);
/* An effect is issued on a target in this state. */
void times_issue(struct sim *sim, const struct record *r, int state);

/* ---- model.c ---- */
void model_create(struct sim *sim);
void model_destroy(struct sim *sim);
/* Slipway's clock was stepped by so much: everything else happens when it would have. */
void model_shift(struct machine_model *m, int64_t by_ms);
/* Everything that has come about by now. */
void model_settle(struct sim *sim, int target);
/* What anybody can do who has the manager. */
void model_drop_snapshot(struct machine_model *m, const struct model_snapshot *snapshot);
void model_revert(struct sim *sim, int target, const struct model_snapshot *snapshot);
void model_power_off(struct sim *sim, int target);
bool model_reachable(const struct sim *sim, const struct machine_model *m);
struct model_job *model_job_of(struct machine_model *m, int64_t key);
/* As the appliance itself can tell: not if its folder is gone. */
struct model_job *model_job_seen(const struct sim *sim, struct machine_model *m,
                                 int64_t key);
/* Somebody of a link group was switched on or off, or put back. */
void model_look_at_links(struct sim *sim, int target);
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

/* ---- begin.c ---- */
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
/* All records of a step were committed; without any, only time went on. */
void shadow_step(struct sim *sim, bool records);
/* A call is asked for. */
void shadow_call(struct sim *sim, const struct action *a);

/* ---- shadow_end.c ---- */
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

/* ---- evidence.c ---- */
/* A target moves, or an activity does, before it is in the shadow. */
void evidence_move(struct sim *sim, const struct record *r);
void evidence_step(struct sim *sim, const struct record *r);
bool evidence_is_step(const struct sim *sim, int activity, int index);

/* ---- outside.c ---- */
/* The request of a step is about to arrive: what somebody did meanwhile. */
void outside_meddles(struct sim *sim, const struct event *e);
/* What the executor sees when it asks for the way back: nothing is sent then. */
bool outside_took_it(struct sim *sim, const struct event *e);
/* I6, at the machine: a protected change begins only where its snapshot is. */
void outside_check(struct sim *sim, const struct event *e);
/* Slipway writes down that a snapshot is gone. */
void outside_is_seen(struct sim *sim, const struct record *r);

/* ---- run.c ---- */
struct event *sim_event(struct sim *sim, enum event_kind kind, int64_t at_ms);

struct sim_result {
    uint64_t hash;
    long events;
    int crashes;
    char *broken; /* NULL: every promise held */
    char *story;
    char *scenario; /* as text */
    char *wrong;    /* the scenario cannot be read: why */
};
/* Where a run is told as it goes, so that it is not lost with a process that dies: its
   scenario, or if it is verbose its story. -1: nowhere. */
extern int sim_sink;
enum sim_way {
    SIM_QUIET,
    SIM_VERBOSE,
    SIM_UNJUDGED, /* only its trace is asked for: this run was judged already */
};
/* One run of one seed, or of a scenario (NULL: none); the strings are the caller's. */
struct sim_result sim_run(uint64_t seed, const char *scenario, enum sim_way way);
void sim_result_clear(struct sim_result *result);

/* ---- shrink.c ---- */
/* What a sentence says without names and numbers; the caller's. */
char *shrink_class(const char *broken);
struct shrink_told {
    char *text; /* the scenario with its luck; verbose: the story */
    char *
        broken; /* NULL: every promise held; else the sentence, or how the process ended */
    char *wrong; /* the scenario cannot be read */
};
/* A run in a process of its own. */
struct shrink_told shrink_run(uint64_t seed, const char *scenario, bool verbose);
void shrink_told_clear(struct shrink_told *told);
/* The least scenario that breaks the same promise; the caller's. */
char *shrink_scenario(const char *scenario, const char *broken, int *runs);

#endif
