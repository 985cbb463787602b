/*
 * test_group_parallel.c - nothing is done to two members of a link group at the same time,
 * however much the caps would allow, whoever fails, is retried or held, and wherever
 * slipway is killed.
 *
 * The judge reads the journal and the appliances, not the engine: a change of a member may
 * be issued only when everybody else of its group runs, is protected, has nothing under
 * way, and is either not begun or verified. Across groups work is in parallel, and that is
 * demanded too: a test of order that serialises everything would prove nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "util/auto.h"
#include "world.h"

#define TARGETS 12
#define GROUPS  3

/* Groups of four, three and two, and three that stand alone; room for all at once. */
static const struct plan_shape fleet = {
    .targets = TARGETS,
    .waves = {TARGETS},
    .budgets = {TARGETS},
    .soak_ms = 60000,
    .in_flight = TARGETS,
    .budget = TARGETS,
    .change_steps = 2,
    .retries = 1,
    .linked = {4, 3, 2},
    .companions = 1u << 3,
    .recover_at_most = 1,
};

/* What the records say of one target. */
struct seen {
    int state, step, activity;
    bool begun; /* its change was, and nobody has found yet that it is well */
};

struct judge {
    struct world *w;
    struct seen seen[TARGETS];
    size_t read; /* records of the journal */
    int issued;  /* changes of members */
    int most_groups;
};

static bool is_changed_now(int state)
{
    return state == TARGET_CHANGING || state == TARGET_CHECKING;
}

static bool is_open(int step)
{
    return step == STEP_ISSUED || step == STEP_RUNNING || step == STEP_IN_DOUBT;
}

static bool is_change(const struct judge *j, const struct record *r)
{
    bool job = r->activity == ACTIVITY_STEP || r->activity == ACTIVITY_RECOVER;
    return r->kind == RECORD_STEP && r->event == STEP_ISSUE && job &&
           is_changed_now(j->seen[r->target].state);
}

static void judge_change(struct judge *j, int target)
{
    const struct plan_unit *u = world_unit(j->w, target);
    for (int i = u ? u->first : 0; u && i < u->first + u->count; i++) {
        const struct model_appliance *m = &j->w->appliances[i];
        if (i == target)
            continue;
        if (j->seen[i].begun || is_changed_now(j->seen[i].state) ||
            is_open(j->seen[i].step))
            fail_msg("%s is changed while %s is %s, its %s %s",
                     j->w->plan->targets[target].name, j->w->plan->targets[i].name,
                     machine_state(&target_machine, j->seen[i].state),
                     activity_name((enum activity)j->seen[i].activity),
                     machine_state(&step_machine, j->seen[i].step));
        if (!m->on || !m->snapshots_held)
            fail_msg("%s is changed while %s is off, or has no snapshot",
                     j->w->plan->targets[target].name, j->w->plan->targets[i].name);
        if (m->job_intent && m->job_until_ms > j->w->now_ms)
            fail_msg("%s is changed while the job of %s runs",
                     j->w->plan->targets[target].name, j->w->plan->targets[i].name);
    }
    j->seen[target].begun = true;
    j->issued += u != NULL;
}

static void note_state(struct seen *seen, const struct record *r)
{
    seen->state = r->to;
    if (r->event == TARGET_VERIFIED || r->event == TARGET_RESTORED)
        seen->begun = false;
}

static void count_groups(struct judge *j)
{
    int changing = 0;
    for (int g = 0; g < GROUPS; g++) {
        const struct plan_unit *u = &j->w->plan->units[g];
        bool any = false;
        for (int i = u->first; i < u->first + u->count; i++)
            any = any || is_changed_now(j->seen[i].state);
        changing += any;
    }
    j->most_groups = changing > j->most_groups ? changing : j->most_groups;
}

static void look(struct judge *j)
{
    for (; j->read < j->w->journal_count; j->read++) {
        const struct record *r = &j->w->journal[j->read];
        if (r->kind == RECORD_TARGET)
            note_state(&j->seen[r->target], r);
        if (r->kind != RECORD_STEP)
            continue;
        if (is_change(j, r))
            judge_change(j, r->target);
        j->seen[r->target].step = r->to;
        j->seen[r->target].activity = r->activity;
    }
    count_groups(j);
    assert_null(j->w->broken);
}

static struct judge begin(uint64_t seed)
{
    struct judge j = {.w = world_create(&fleet, seed)};
    world_start(j.w);
    look(&j);
    return j;
}

/* ---- what may happen ---- */

static void say_something(struct judge *j)
{
    static const enum verb verbs[] = {VERB_RETRY,   VERB_HOLD,   VERB_RELEASE,
                                      VERB_RETRY,   VERB_PAUSE,  VERB_UNPAUSE,
                                      VERB_UNPAUSE, VERB_PROMOTE};
    struct world *w = j->w;
    enum verb verb = verbs[world_random(w) % ARRAY_LENGTH(verbs)];
    bool all = verb == VERB_PAUSE || verb == VERB_UNPAUSE;
    world_command(w, verb, all ? -1 : (int)(world_random(w) % TARGETS), -1, "because");
}

/* A call of somebody is answered with nothing, or with no. */
static void disturb(struct judge *j)
{
    static const enum slipway_outcome answers[] = {SLIPWAY_UNKNOWN, SLIPWAY_RETRY,
                                                   SLIPWAY_UNKNOWN, SLIPWAY_CANCELED};
    struct world *w = j->w;
    int target = (int)(world_random(w) % TARGETS);
    const struct activity_state *a = &engine_state(w->engine)->targets[target].activity;
    enum slipway_outcome outcome = answers[world_random(w) % ARRAY_LENGTH(answers)];
    if (a->call == CALL_NONE || (a->call == CALL_START && outcome != SLIPWAY_UNKNOWN))
        return;
    struct input input = {.kind = INPUT_OUTCOME,
                          .outcome = {.call_id = a->call_id,
                                      .target = target,
                                      .outcome = outcome,
                                      .sentence = "nothing is heard"}};
    world_input(w, &input);
}

static void make_ill(struct judge *j)
{
    static const unsigned illnesses[] = {FAULT_HANGS, FAULT_DIRTY, FAULT_SICK,
                                         FAULT_SICK_BOOT, FAULT_UPDATE_FAILS};
    for (int i = 0; i < TARGETS; i++) {
        if (world_random(j->w) % 6 == 0)
            j->w->appliances[i].faults =
                illnesses[world_random(j->w) % ARRAY_LENGTH(illnesses)];
    }
}

static void live(struct judge *j, int steps)
{
    for (int i = 0; i < steps; i++) {
        uint64_t chance = world_random(j->w) % 1000;
        if (chance < 20)
            say_something(j);
        else if (chance < 60)
            disturb(j);
        else if (chance < 64)
            assert_true(world_crash(j->w));
        else if (!world_step(j->w))
            say_something(j);
        look(j);
    }
}

/* ---- stories ---- */

static void groups_are_changed_at_once_and_members_one_after_another(void **state)
{
    (void)state;
    struct judge j = begin(1);
    while (world_step(j.w))
        look(&j);
    assert_int_equal(world_count(j.w, TARGET_SUCCEEDED), TARGETS);
    assert_int_equal(j.issued, (4 - 1 + 3 + 2) * 2); /* without the companion */
    assert_int_equal(j.most_groups, GROUPS);
    world_destroy(j.w);
}

/* Its change never ends, and a human is called: the others stay as they are until that one
   is well, and then come one after another. */
static void while_one_is_stuck_in_its_change_nobody_else_begins(void **state)
{
    (void)state;
    struct judge j = begin(1);
    j.w->appliances[0].faults = FAULT_HANGS;
    while (world_step(j.w))
        look(&j);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(j.seen[i].state, TARGET_PARKED);
        assert_int_equal(world_effects(j.w, i, ACTIVITY_STEP), i == 0);
    }
    j.w->appliances[0].faults = 0;
    world_command(j.w, VERB_RETRY, 2, -1, "because");
    while (world_step(j.w))
        look(&j);
    assert_int_equal(world_count(j.w, TARGET_SUCCEEDED), TARGETS);
    world_destroy(j.w);
}

static void whatever_happens_nobody_is_changed_beside_another(void **state)
{
    (void)state;
    int issued = 0, together = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct judge j = begin(seed);
        if (seed % 4)
            make_ill(&j);
        live(&j, 1500);
        issued += j.issued;
        together += j.most_groups > 1;
        world_destroy(j.w);
    }
    assert_true(issued > 500); /* there was something to judge */
    assert_true(together > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_changed_at_once_and_members_one_after_another),
        cmocka_unit_test(while_one_is_stuck_in_its_change_nobody_else_begins),
        cmocka_unit_test(whatever_happens_nobody_is_changed_beside_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
