/*
 * internal.h - what the engine's own files share. Nobody outside includes it.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "engine/engine.h"

/* Limits and defaults of time, all in one place. Milliseconds. */
#define BACKOFF_FIRST_MS    1000
#define BACKOFF_MAX_MS      60000
#define POLL_FIRST_MS       1000  /* default pace of polls: a tenth of what has   */
#define POLL_MAX_MS         15000 /* passed, so an hour costs some 250 of them    */
#define LOOK_AGAIN_MIN_MS   20
#define LOOK_AGAIN_MAX_MS   3600000
#define CALL_MAX_MS         60000  /* one poll or probe                          */
#define DOUBT_PATIENCE_MS   600000 /* asking in vain before a human is asked     */
#define DOUBT_FIRST_MS      2000
#define GUARD_TIMEOUT_MS    300000
#define SNAPSHOT_TIMEOUT_MS 1800000
#define REVERT_TIMEOUT_MS   1800000
#define PRUNE_TIMEOUT_MS    14400000 /* merging a large delta takes hours         */
#define POWER_TIMEOUT_MS    600000

#define VERSION_BYTES_MAX 256 /* a longer one is no version */

struct heap_entry {
    int64_t at_ms;
    int target;
};

struct engine {
    const struct plan *plan;
    struct engine_state state;
    uint64_t seed;
    window_function window;
    void *window_data;
    int64_t now_ms;
    int64_t last_call;
    int calls; /* outstanding */
    bool draining;
    bool room_changed;  /* a scan for starts can find something new */
    int64_t recheck_ms; /* window or hold: when to scan again      */
    bool *blocked;      /* waits for a limit, a pause or a hold    */
    int blocked_count;
    int (*step_limits)[STEP_LIMITS_MAX]; /* per step: indexes into plan.limits, -1 */
    int change_first, change_end, rollback_first, rollback_end, prepare_end;
    struct heap_entry *heap;
    size_t heap_count, heap_room;
    struct record *records;
    size_t record_count, record_room;
    struct action *actions;
    size_t action_count, action_room;
    int *changed_targets, *changed_waves;
    size_t changed_target_count, changed_target_room;
    size_t changed_wave_count, changed_wave_room;
};

/* ---- apply.c ---- */
void state_create(struct engine *engine);
void state_destroy(struct engine *engine);
/* The only writer of the durable state. -1: it cannot belong to this plan. */
int state_apply(struct engine *engine, const struct record *record);
bool target_is_in_flight(enum target_state_id state);
bool target_is_down(const struct target_state *target);
bool target_counts_as_failed(const struct target_state *target);

/* ---- emit.c: a record, decided now ---- */
/* A blank record of this kind at now; texts are set with record_text(). */
struct record record_new(const struct engine *engine, enum record_kind kind);
/* Apply and queue. Takes the texts. */
void emit(struct engine *engine, struct record record);
__attribute__((format(printf, 4, 5))) bool emit_campaign(struct engine *engine,
                                                         enum campaign_event event,
                                                         const char *actor,
                                                         const char *format, ...);
bool emit_wave(struct engine *engine, int wave, enum wave_event event, const char *actor);
__attribute__((format(printf, 5, 6))) bool emit_target(struct engine *engine, int target,
                                                       enum target_event event,
                                                       const char *actor,
                                                       const char *format, ...);
/* A move of the target's activity; `sentence` and `handle` may be NULL. */
void emit_step(struct engine *engine, int target, enum step_event event, int64_t number,
               const char *sentence, const char *handle);
void emit_begin(struct engine *engine, int target, enum activity kind, int index,
                enum moment moment);
__attribute__((format(printf, 3, 4))) void
emit_rejected(struct engine *engine, int target, const char *format, ...);

/* ---- activity.c: one activity, from begin to verdict ---- */
const struct operation *activity_operation(const struct engine *engine,
                                           const struct activity_state *activity);
bool activity_is_read(const struct engine *engine, const struct activity_state *activity);
/* Something was issued and has not ended, as far as is known. */
bool activity_under_way(const struct activity_state *activity);
/* False: it is held, and what it would begin is a change. */
bool activity_hold_lets_start(const struct engine *engine, int target, int64_t now_ms);
/* A step that waits for `slipway approve`. */
bool activity_is_gate(const struct engine *engine, const struct activity_state *activity);
int64_t activity_timeout_ms(const struct engine *engine, const struct activity_state *a);
/* The limits that an activity takes; returns how many. */
int activity_limits(const struct engine *engine, int target, enum activity kind,
                    int index, int out[ACTIVITY_LIMITS_MAX]);
/* Do what is due for the target's activity: call, poll, probe, expire. */
void activity_pump(struct engine *engine, int target);
void activity_outcome(struct engine *engine, const struct outcome *outcome);
/* The owner died: what its calls did is not known. */
void activity_lost(struct engine *engine, int target);
int64_t backoff_ms(const struct engine *engine, int target, int round);

/* ---- target.c: what comes after an activity ---- */
void target_finished(struct engine *engine, int target);
void target_failed(struct engine *engine, int target);
void target_gave_up(struct engine *engine, int target);
void target_begin_preparing(struct engine *engine, int target);
void target_admit(struct engine *engine, int target);
/* The soak or a snapshot's time limit may be over. */
void target_time(struct engine *engine, int target);
void target_continue(struct engine *engine, int target, const char *actor);
/* Why it cannot be rolled back; NULL: it can. */
const char *target_rollback_obstacle(const struct engine *engine, int target);
bool target_roll_back(struct engine *engine, int target, const char *actor,
                      const char *reason);
void target_park(struct engine *engine, int target, const char *reason);

/* ---- schedule.c: whose turn it is ---- */
void schedule(struct engine *engine);
/* There is room to prepare this one, if nobody holds it. */
bool schedule_would_prepare(const struct engine *engine, int target);
/* After a change of a target: budget, stranded, wave and campaign ends. */
void schedule_judge(struct engine *engine);

/* ---- command.c ---- */
void command_execute(struct engine *engine, const struct command *command);

/* ---- engine.c ---- */
void engine_wake_at(struct engine *engine, int target, int64_t at_ms);
/* The answer to the target's outstanding call, if there is one, no longer counts. */
void engine_forget_call(struct engine *engine, int target);
void engine_block(struct engine *engine, int target);
void engine_pump(struct engine *engine, int target);
void engine_mark_target(struct engine *engine, int target);
void engine_mark_wave(struct engine *engine, int wave);

#endif
