/*
 * internal.h - what the engine's own files share. Nobody outside includes it.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "engine/engine.h"

/* Limits and defaults of time, all in one place. Milliseconds. */
#define BACKOFF_FIRST_MS     1000
#define BACKOFF_MAX_MS       60000
#define POLL_FIRST_MS        1000  /* default pace of polls: a tenth of what has   */
#define POLL_MAX_MS          15000 /* passed, so an hour costs some 250 of them    */
#define LOOK_AGAIN_MIN_MS    20
#define LOOK_AGAIN_MAX_MS    3600000
#define CALL_MAX_MS          60000  /* one poll or probe                          */
#define DOUBT_PATIENCE_MS    600000 /* asking in vain before a human is asked     */
#define DOUBT_FIRST_MS       2000
#define GUARD_TIMEOUT_MS     300000
#define SNAPSHOT_TIMEOUT_MS  1800000
#define REVERT_TIMEOUT_MS    1800000
#define PRUNE_TIMEOUT_MS     14400000 /* merging a large delta takes hours         */
#define POWER_TIMEOUT_MS     600000
#define SHUT_DOWN_TIMEOUT_MS 1200000 /* its grace, and then switching off */

#define SENTENCE_BYTES_MAX 1200 /* of one about a step: the executor cuts its own    */
#define VERSION_BYTES_MAX  256  /* a longer one is no version */

/* So many silent at the same moment: it may be us, and nothing is undone for it. */
#define SILENT_TARGETS_MIN 3

/* Prepared so long before its opening, besides what preparing may take at worst. Who
   cannot start sooner than that takes no place in the lane. */
#define PREPARE_LEAD_MS     1800000
#define PREPARE_LEAD_MAX_MS 86400000
/* What was looked at before the change is looked at again if it is older than this
   when its turn comes. */
#define PRECHECK_FRESH_MS 86400000
/* What the guard found of datastore and snapshots may be this old when a snapshot begins:
   longer than a busy manager's queue usually, shorter than a backup takes. */
#define GUARD_FRESH_MS 900000
/* Breaking the glass is for a night or two. */
#define OVERRIDE_MAX_MS (7 * 86400000LL)

struct heap_entry {
    int64_t at_ms;
    int target;
};

/* Whether a target is looked at when places are given away. */
enum lane {
    LANE_NONE,
    LANE_PENDING,
    LANE_READY,
    LANE_LATER /* pending or ready, and its
                                                              opening is not near */
};

/* Targets with the same timetable, pace and notice: time says the same to all. */
struct lane_group {
    int64_t start_ms, latest_ms; /* next start that fits, and the last in that opening;
                                    INT64_MAX: none */
    bool known, near;
    int first, count; /* in lanes.members */
};

/* lanes.c: worked out from the state and the time, never durable. */
struct lanes {
    unsigned char *of; /* enum lane per target */
    int *group;        /* per target; -1: no rule of time binds it */
    int *members;
    struct lane_group *groups;
    size_t group_count;
    int64_t check_ms; /* when a group has to be looked at again */
    int64_t lead_ms;
    bool stale; /* calendars or overrides changed: look at everything */
};

struct engine {
    const struct plan *plan;
    struct engine_state state;
    uint64_t seed;
    struct lanes lanes;
    int64_t now_ms;
    int64_t last_call;
    int calls; /* outstanding */
    bool draining;
    bool room_changed;  /* a scan for starts can find something new */
    bool lane_changed;  /* a scan for whom to prepare can             */
    bool lane_full;     /* what ended the last one */
    bool in_domains;    /* every target is in one: if all are full nobody is prepared */
    int64_t recheck_ms; /* opening or hold: when to scan again     */
    int64_t prepare_ms; /* hold of a pending one: the same         */
    int *unit_of;       /* per target: index into plan.units, -1: none */
    int *unsettled;     /* units that something happened to */
    size_t unsettled_count, unsettled_room;
    unsigned char *blocked; /* 1: waits for a limit, a pause or a hold */
    int blocked_count;
    int (*step_limits)[STEP_LIMITS_MAX]; /* per step: indexes into plan.limits, -1 */
    int change_first, change_end, rollback_first, rollback_end, prepare_end;
    int evidence_first, evidence_end;
    struct heap_entry *heap;
    size_t heap_count, heap_room;
    struct record *records;
    size_t record_count, record_room;
    ptrdiff_t rejection; /* index of the record that rejects a verb; -1 */
    struct action *actions;
    size_t action_count, action_room;
    int *changed_targets, *changed_waves, *changed_groups;
    size_t changed_group_count, changed_group_room;
    size_t changed_target_count, changed_target_room;
    size_t changed_wave_count, changed_wave_room;
};

/* ---- apply.c ---- */
void state_create(struct engine *engine);
void state_destroy(struct engine *engine);
/* The only writer of the durable state. -1: it cannot belong to this plan. */
int state_apply(struct engine *engine, const struct record *record);
/* apply_count.c: add (sign 1) or take out (sign -1) what a target contributes to the
   counters. */
void state_count_target(struct engine *engine, int target, int sign);
/* apply_time.c: of a record of the target's machine, and of records about time. */
void state_apply_rights(const struct engine *engine, struct target_state *target,
                        const struct record *record);
/* The target's hold ended, or (target -1) the campaign's pause or doubt of the clock. */
void state_apply_release(struct engine *engine, const struct record *record);
bool state_is_of_time(enum record_kind kind);
int state_apply_time(struct engine *engine, const struct record *record);
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
/* Target -1: a move of the group; else that member arrived. */
__attribute__((format(printf, 6, 7))) void emit_group(struct engine *engine, int unit,
                                                      int target, enum group_event event,
                                                      const char *actor,
                                                      const char *format, ...);
__attribute__((format(printf, 5, 6))) bool emit_target(struct engine *engine, int target,
                                                       enum target_event event,
                                                       const char *actor,
                                                       const char *format, ...);
/* A move of the target's activity; `sentence` and `handle` may be NULL. */
void emit_step(struct engine *engine, int target, enum step_event event, int64_t number,
               const char *sentence, const char *handle);
void emit_begin(struct engine *engine, int target, enum activity kind, int index,
                enum moment moment);
/* After so many certain failures of it. */
void emit_begin_again(struct engine *engine, int target, enum activity kind, int index,
                      enum moment moment, int attempts);
__attribute__((format(printf, 3, 4))) void
emit_rejected(struct engine *engine, int target, const char *format, ...);

static inline struct group_state *group_of(struct engine *engine, int target)
{
    int unit = engine->unit_of[target];
    return unit < 0 ? NULL : &engine->state.groups[unit];
}

static inline struct activity_state *activity_of(struct engine *engine, int target)
{
    return &engine->state.targets[target].activity;
}

/* ---- activity.c: one activity, and asking for it ---- */
const struct operation *activity_operation(const struct engine *engine,
                                           const struct activity_state *activity);
bool activity_is_read(const struct engine *engine, const struct activity_state *activity);
/* Something was issued and has not ended, as far as is known. */
bool activity_under_way(const struct activity_state *activity);
/* False: it is held, and what it would begin is a change. */
bool activity_hold_lets_start(const struct engine *engine, int target, int64_t now_ms);
/* False: a limit has no place for what it waits to begin. */
bool activity_has_room(const struct engine *engine, int target);
/* A step that waits for `slipway approve`. */
bool activity_is_gate(const struct engine *engine, const struct activity_state *activity);
/* It runs on the appliance itself, as a job. */
bool activity_is_job(const struct activity_state *activity);
/* A switch was called for, and what came of that is not known: it is called for again,
   because a guest that was asked goes down some time. */
bool activity_is_switching(const struct activity_state *activity);
int64_t activity_timeout_ms(const struct engine *engine, const struct activity_state *a);
enum slipway_class activity_class(const struct engine *engine,
                                  const struct activity_state *a);
/* Until when slipway goes on asking about an activity in doubt. */
int64_t activity_doubt_end_ms(const struct activity_state *a);
/* The limits that an activity takes; returns how many. */
int activity_limits(const struct engine *engine, int target, enum activity kind,
                    int index, int out[ACTIVITY_LIMITS_MAX]);
/* Do what is due for the target's activity: call, poll, probe, expire. */
void activity_pump(struct engine *engine, int target);
/* What is in doubt has its whole time once more. */
void activity_ask_again(struct engine *engine, int target);
int64_t backoff_ms(const struct engine *engine, int target, int round);

/* ---- outcome.c: what came back ---- */
void activity_outcome(struct engine *engine, const struct outcome *outcome);
/* The owner died: what its calls did is not known. */
void activity_lost(struct engine *engine, int target);
void activity_finish(struct engine *engine, int target, const char *sentence);
void activity_fail(struct engine *engine, int target, const char *sentence);
/* A certain failure: try again if attempts are left. */
void activity_fail_attempt(struct engine *engine, int target, const char *sentence);
/* It took a snapshot, or may have: of one in doubt the reference is "". */
void activity_keep_snapshot(struct engine *engine, int target, const char *reference);
/* No effect, and worth trying again until the activity's time is over. */
void activity_try_later(struct engine *engine, int target, const char *sentence,
                        int64_t asked_ms);
/* When trying is over. */
int64_t activity_tries_end_ms(const struct engine *engine,
                              const struct activity_state *a);

/* ---- look.c: what reads found ---- */
void look_check_outcome(struct engine *engine, int target, const struct outcome *o);
/* Everything but checks. */
void look_outcome(struct engine *engine, int target, const struct outcome *o);
/* "step stage: the result is not as expected" in `out`. */
const char *look_not_expected(const struct engine *engine, const struct activity_state *a,
                              const struct outcome *o, char *out, size_t size);
/* The sentence of a failure, and the advice that the playbook has for it. The caller's. */
char *look_with_advice(const struct engine *engine, int target, const char *sentence);

/* ---- target.c: what comes after an activity ---- */
void target_finished(struct engine *engine, int target);
/* The activity is over and forgotten. */
void target_reset(struct engine *engine, int target);
/* The same amid whatever it is. A snapshot in doubt may have been taken: it stays in the
   books. Nobody knows its reference, but it has a name by which it is removed with the
   others, and absent is fine. */
void target_give_up(struct engine *engine, int target);
/* Begin the next look of this moment: versions first, then checks. False: it was the
   last one. */
bool target_look_on(struct engine *engine, int target, enum moment moment);
void target_begin_change(struct engine *engine, int target);
/* Remove our oldest snapshot; none left: it is cleaned, or restored. */
void target_clean(struct engine *engine, int target);
void target_restored(struct engine *engine, int target);
void target_begin_preparing(struct engine *engine, int target);
void target_admit(struct engine *engine, int target);
void target_admit_member(struct engine *engine, int target);
/* The soak or a snapshot's time limit may be over. */
void target_time(struct engine *engine, int target);
void target_continue(struct engine *engine, int target, const char *actor);
/* Why it cannot be rolled back; NULL: it can. */
const char *target_rollback_obstacle(const struct engine *engine, int target);
bool target_roll_back(struct engine *engine, int target, const char *actor,
                      const char *reason);
/* Before it goes back: is there something to gather that the undo would take away? Not if
   nothing was changed, and not a second time: then it is gone already. */
bool target_has_evidence(const struct engine *engine, int target);
void target_begin_evidence(struct engine *engine, int target);
/* It is at that. */
bool target_gathers(const struct engine *engine, int target);
/* Go on to the next step of it; false: that was the last one. */
bool target_next_evidence(struct engine *engine, int target);
void target_park(struct engine *engine, int target, const char *reason);

/* ---- verdict.c: it went badly ---- */
void target_failed(struct engine *engine, int target);
void target_gave_up(struct engine *engine, int target);

/* ---- apply_recovery.c: records about recoveries ---- */
void state_apply_recovery(struct target_state *target, const struct record *record);
bool state_recovery_fits(const struct engine *engine, const struct record *record);
void state_clear_recovery(struct target_state *target);
void state_clear_activity(struct activity_state *activity); /* apply.c */

/* ---- recover.c: known issues, between two attempts of a step ---- */
/* The step's attempt failed for certain. True: a recovery begins, and it goes on later. */
bool recover_begin(struct engine *engine, int target, const char *sentence);
/* Of a step that recover_begin() did nothing for: why it failed, and if it is so that only
   the window was too short for a recovery; the caller's. */
char *recover_explain(const struct engine *engine, int target, const char *sentence);
/* One of a recovery's operations is done, or failed for good. */
void recover_finished(struct engine *engine, int target);
void recover_failed(struct engine *engine, int target);
/* The recovery is over in vain, and its step's failure stands; decides nothing. */
void recover_end(struct engine *engine, int target);
/* The step came to its end after a recovery. */
void recover_settle(struct engine *engine, int target, bool good);

/* ---- rights.c: a started target's right to finish ---- */
/* True if what the target waits to begin is a part of its change that time rules bind,
   and they say no. *next_ms: when they can say yes, 0: not by time. */
bool rights_forbid(const struct engine *engine, int target, int64_t now_ms,
                   int64_t *next_ms);
/* The same for a link group that is to be shut down. */
bool rights_forbid_group(const struct engine *engine, int unit, int64_t now_ms,
                         int64_t *next_ms);
/* Admitted: from here it may finish. */
void rights_grant(struct engine *engine, int target);
/* It goes on, windows allow it: if its right was gone, it has that of this opening. */
void rights_renew(struct engine *engine, int target);
/* A call with an effect goes out: if it is a part of the change, and the right was gone,
   it is there again. */
void rights_issue(struct engine *engine, int target);
/* A move of the target's machine: was it late? */
void rights_moved(struct engine *engine, int target, enum target_state_id from,
                  enum target_event event);

/* ---- lanes.c: who is looked at when places are given away ---- */
void lanes_create(struct engine *engine);
void lanes_destroy(struct engine *engine);
/* After a change of the target's state. */
void lanes_set(struct engine *engine, int target);
/* After a change of time rules: at the next scan. */
void lanes_renew(struct engine *engine);
/* Openings that came near or passed since. */
void lanes_check(struct engine *engine);
/* Time says yes to a start now (windows, freezes, notice or an override). */
bool lanes_open(const struct engine *engine, int target, int64_t now_ms);
/* Of one that time does not let start now: when it does; INT64_MAX: never. */
int64_t lanes_next_start(const struct engine *engine, int target, int64_t now_ms);
/* The next target of this lane in [from, end), or -1. */
int lanes_next(const struct engine *engine, enum lane lane, int from, int end);

/* ---- ready.c: may it start? ---- */
bool ready_is_held(const struct target_state *target, int64_t now_ms);
/* Of one that is ready: the same as admission_allows() of its facts, without the facts. */
bool ready_may_start(const struct engine *engine, int target);
/* Nobody of this wave, which is open, may start now, whoever it is. */
bool ready_is_shut(const struct engine *engine, int wave);
/* The approval that ended, of the wave or the campaign; 0: none. */
int64_t ready_approval_ended_ms(const struct engine *engine, int wave, int64_t now_ms);

/* ---- schedule.c: whose turn it is ---- */
void schedule(struct engine *engine);
/* There is room to prepare this one, if nobody holds it. */
bool schedule_would_prepare(const struct engine *engine, int target);
/* So many more of the target's wave may be prepared of this domain. */
bool schedule_domain_wants(const struct engine *engine, int target, int domain,
                           int needed);
/* After a change of a target: budget, stranded, wave and campaign ends. */
void schedule_judge(struct engine *engine);

/* ---- command.c ---- */
void command_execute(struct engine *engine, const struct command *command);
/* The target goes on: so do its wave and the campaign, before anything of it begins. */
void command_reopen(struct engine *engine, int target);
/* A human has seen it: it no longer counts. */
void acknowledge(struct engine *engine, int target, const char *actor);

/* ---- command_time.c ---- */
void command_approve(struct engine *engine, const struct command *c);
void command_calendar(struct engine *engine, const struct command *c);
void command_override(struct engine *engine, const struct command *c);

/* ---- view.c ---- */
/* Abort the process with the name of the invariant if it does not hold. */
void engine_must(bool holds, const char *what);

/* ---- engine.c ---- */
void engine_wake_at(struct engine *engine, int target, int64_t at_ms);
/* The answer to the target's outstanding call, if there is one, no longer counts. */
void engine_forget_call(struct engine *engine, int target);
void engine_block(struct engine *engine, int target);
/* Scan for starts again then, if it is still to come. */
void engine_recheck_at(struct engine *engine, int64_t at_ms);
void engine_pump(struct engine *engine, int target);
void engine_mark_target(struct engine *engine, int target);
void engine_mark_wave(struct engine *engine, int wave);
void engine_mark_group(struct engine *engine, int unit);

#endif
