/*
 * group_calls.h - calls of a story about link groups that the test answers itself: those
 * are kept until it does, and the model (world.h) answers the others. Include cmocka.h
 * before it.
 */
#ifndef TEST_GROUP_CALLS_H
#define TEST_GROUP_CALLS_H

#include "group_story.h"

#define NEVER (INT64_MAX - 1)

static inline void is(const struct world *w, int target, enum target_state_id state,
                      const char *reason)
{
    const struct target_state *t = target_at(w, target);
    if (t->state != state || !strstr(t->reason ? t->reason : "", reason))
        fail_msg("it is %s: \"%s\"", machine_state(&target_machine, (int)t->state),
                 t->reason ? t->reason : "");
}

static inline void is_rejected(struct world *w, enum verb verb, int target,
                               const char *why)
{
    say(w, verb, target);
    assert_string_equal(last_rejection(w), why);
}

/* ---- calls that the test answers ---- */

static inline struct pending *call_of(const struct world *w, int target)
{
    for (size_t i = 0; i < w->queue_count; i++) {
        if (w->queue[i].action.target == target)
            return &w->queue[i];
    }
    return NULL;
}

static inline bool is_called(const struct world *w, int target, enum activity kind)
{
    const struct pending *p = call_of(w, target);
    return p && p->action.activity == kind;
}

/* Until this is called of it; the model does not answer it. */
static inline void keep(struct world *w, int target, enum activity kind)
{
    for (int i = 0; i < 100000 && !is_called(w, target, kind); i++)
        assert_true(world_step(w));
    assert_true(is_called(w, target, kind));
    call_of(w, target)->at_ms = NEVER;
}

static inline void keep_change(struct world *w, int target)
{
    for (int i = 0; i < 10000 && target_at(w, target)->state != TARGET_CHANGING; i++)
        assert_true(world_step(w));
    keep(w, target, ACTIVITY_STEP);
}

static inline void keep_all(struct world *w, enum activity kind)
{
    keep(w, 0, kind);
    keep(w, 1, kind);
    keep(w, 2, kind);
}

static inline void answer(struct world *w, int target, struct outcome o)
{
    struct pending *p = call_of(w, target);
    assert_non_null(p);
    o.target = target;
    o.call_id = p->action.call_id;
    free(p->handle);
    *p = w->queue[--w->queue_count];
    struct input input = {.kind = INPUT_OUTCOME, .outcome = o};
    world_input(w, &input);
}

static inline void fails(struct world *w, int target, const char *why)
{
    answer(w, target, (struct outcome){.outcome = SLIPWAY_FAILED, .sentence = why});
}

static inline void is_lost(struct world *w, int target)
{
    answer(w, target,
           (struct outcome){.outcome = SLIPWAY_UNKNOWN, .sentence = "no answer"});
}

static inline void is_done(struct world *w, int target, const char *value)
{
    answer(w, target, (struct outcome){.outcome = SLIPWAY_DONE, .value = value});
}

static inline bool has_stopped(const struct target_state *t)
{
    return t->state == TARGET_PARKED || t->state == TARGET_STRANDED;
}

/* Whoever is asked about it knows nothing, until a human is called. */
static inline void nobody_knows(struct world *w, int target)
{
    for (int i = 0; i < 10000 && !has_stopped(target_at(w, target)); i++) {
        if (call_of(w, target))
            is_lost(w, target);
        else
            assert_true(world_step(w));
    }
    assert_true(has_stopped(target_at(w, target)));
}

static inline void allow(struct world *w, const char *setting, int at_once)
{
    world_tell(w, (struct command){.verb = VERB_SET,
                                   .target = -1,
                                   .wave = -1,
                                   .setting = setting,
                                   .number = at_once});
}

static inline void add_evidence(struct playbook *p)
{
    p->steps = xreallocarray(p->steps, p->step_count + 1, sizeof *p->steps);
    p->steps[p->step_count++] =
        (struct step){.op = shape_operation("logs", "ssh.run", SLIPWAY_READ, 60000),
                      .phase = PHASE_EVIDENCE,
                      .severity = SEVERITY_WARN,
                      .on_failure = ON_FAILURE_CONTINUE};
}

#endif
