/*
 * engine.h - the engine: what happened in, records and actions out.
 *
 * A function of the pinned plan, the records so far, the seed, the inputs and
 * `now`. No clock, no I/O, no thread, no SQL, no logging inside; the same
 * engine runs a real campaign, a forecast and a simulated month.
 *
 * The caller's duty (loop/driver.c): commit the records of a step, and the
 * intents of its actions, before any of the actions is carried out.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/admission.h"
#include "engine/input.h"
#include "engine/record.h"
#include "engine/state.h"

struct engine;

/* The plan is borrowed and must outlive the engine. The same seed gives the same
   retry delays. */
struct engine *engine_create(const struct plan *plan, uint64_t seed);
void engine_destroy(struct engine *engine);

/* Apply a stored record. For replay only, before the first step. Returns -1 if
   the record cannot belong to this plan (index out of range). */
int engine_replay(struct engine *engine, const struct record *record);

struct engine_output {
    struct record *records; /* in order; owned by the engine until the next step */
    size_t record_count;
    struct action *actions;
    size_t action_count;
    /* The record that says why an operator's verb of this step was rejected; NULL: none
       was. Others may be rejected in the same step for reasons of their own. */
    const struct record *rejection;
};

/* Eat the inputs in order, then decide. */
struct engine_output engine_step(struct engine *engine, int64_t now_ms,
                                 const struct input *inputs, size_t input_count);

/* The latest instant that the engine knows of. */
int64_t engine_now(const struct engine *engine);

/* When the engine wants to be called again at the latest; INT64_MAX: not
   before something happens. */
int64_t engine_deadline(const struct engine *engine);

/* Read-only views. */
const struct engine_state *engine_state(const struct engine *engine);
const struct plan *engine_plan(const struct engine *engine);
/* Time rules as they are now: the plan's with the calendars that were replaced. */
const struct plan_time *engine_time(const struct engine *engine);
const struct times *engine_times(const struct engine *engine);

/* Rows that changed since the last call of this function. */
struct engine_changes {
    bool campaign;
    const int *waves;
    size_t wave_count;
    const int *targets;
    size_t target_count;
    const int *groups; /* indexes into plan.units */
    size_t group_count;
};
struct engine_changes engine_take_changes(struct engine *engine);

bool engine_has_changes(const struct engine *engine);

/* Calls that are outstanding at the executor. */
int engine_calls_outstanding(const struct engine *engine);

/* Stop starting anything: what is issued is still polled. For a drain. */
void engine_drain(struct engine *engine);
void engine_undrain(struct engine *engine);

/* What the engine as a whole is waiting for. Whoever decides by it asks for engine_now():
   what time allowed since the last step begins with the next one, and is no wait. */
enum engine_wait {
    ENGINE_BUSY,     /* calls are out, or something is due                    */
    ENGINE_SOAK,     /* only soaks are running                                */
    ENGINE_GATE,     /* a wave or a gate step waits for an approval           */
    ENGINE_WINDOW,   /* targets wait for a window, notice or the end of a freeze */
    ENGINE_CLOCK,    /* nothing starts before the clock is trusted again      */
    ENGINE_HELD,     /* only held targets are left                            */
    ENGINE_PAUSED,   /* a human must act on the campaign                      */
    ENGINE_APPROVAL, /* the campaign was not approved                         */
    ENGINE_STUCK,    /* what is left can never start: a human must act        */
    ENGINE_OVER,     /* completed or aborted                                  */
};
enum engine_wait engine_waiting(const struct engine *engine, int64_t now_ms);

/* How many wait only for time, and the next start that their calendars allow. */
struct engine_time_wait {
    int targets;
    int64_t next_ms; /* 0: none before the horizon */
    int target;      /* one that can start then, -1: none */
};
struct engine_time_wait engine_time_wait(const struct engine *engine, int64_t now_ms);

/* Facts about a target's admission at `now`, as the engine itself uses them. */
void engine_admission_facts(const struct engine *engine, int target, int64_t now_ms,
                            struct admission_facts *out);

/* Durable state as text, equal if and only if the states are: for the test that
   replay gives the live state. The caller's. */
char *engine_fingerprint(const struct engine *engine);

/* Abort the process with the name of the invariant that does not hold. */
void engine_check_invariants(const struct engine *engine);

/* The name of the snapshot before a step: campaign, target, step, incarnation; at
   most 80 bytes, as managers ask for; unique on its VM. The caller's. */
char *engine_snapshot_name(const struct plan *plan, int target, int step,
                           int incarnation);

/* The worst case of one target's next change: all its steps and checks and a rollback, at
   their full time-outs. (What must fit into a window is less, as `worst:` says or as this
   fleet was seen to take: window.h.) */
int64_t engine_needed_ms(const struct plan *plan);

#endif
