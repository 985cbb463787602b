/*
 * test_evidence.c - what is read from a changed appliance before it is put back: once, in
 * its order, and never in the way of the rollback.
 */
#include "desk.h"

#define CHANGE 1

/* Two steps of the phase evidence behind all others. */
static void add_to(struct playbook *p)
{
    p->steps = xreallocarray(p->steps, p->step_count + 2, sizeof *p->steps);
    for (int i = 0; i < 2; i++)
        p->steps[p->step_count++] = (struct step){
            .op = shape_operation(i ? "logs" : "states", "ssh.run", SLIPWAY_READ, 60000),
            .phase = PHASE_EVIDENCE,
            .severity = SEVERITY_WARN,
            .on_failure = ON_FAILURE_CONTINUE};
}

static void add_evidence(struct desk *d)
{
    add_to(&d->plan->playbook);
}

static int first_evidence(const struct desk *d)
{
    return (int)d->plan->playbook.step_count - 2;
}

static struct desk *convicted(void)
{
    struct desk *d = desk_create();
    add_evidence(d);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    return d;
}

static void is_asked_for(const struct desk *d, int evidence)
{
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    assert_int_equal(d->call.index, first_evidence(d) + evidence);
    desk_is(d, TARGET_ROLLING_BACK, "rc 1");
}

static void it_is_read_before_the_revert_and_once(void **state)
{
    (void)state;
    struct desk *d = convicted();
    is_asked_for(d, 0);
    assert_int_equal(desk_activity(d)->intent, 0); /* a read: nothing is issued */
    desk_good(d);
    is_asked_for(d, 1);
    desk_good(d);
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    assert_int_equal(d->calls_of[ACTIVITY_STEP][0], 2 + 2); /* prepare, change, these */
    desk_destroy(d);
}

static void a_refusal_or_silence_is_not_in_the_way(void **state)
{
    (void)state;
    struct desk *d = convicted();
    desk_say(d, SLIPWAY_REFUSED, "no such account");
    is_asked_for(d, 1);
    int64_t since_ms = d->now_ms;
    while (d->call.activity == ACTIVITY_STEP) {
        desk_say(d, SLIPWAY_RETRY, "connection refused");
        if (d->call.call == CALL_NONE)
            desk_wait(d);
    }
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    assert_in_range(d->now_ms - since_ms, 0, 60000); /* no longer than its time-out */
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    desk_destroy(d);
}

static void a_crash_amid_it_reads_it_again_and_goes_on(void **state)
{
    (void)state;
    struct desk *d = convicted();
    desk_good(d);
    is_asked_for(d, 1);
    desk_crash(d, 3600000);
    if (d->call.call == CALL_NONE)
        desk_wait(d);
    is_asked_for(d, 1);
    desk_good(d);
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    desk_destroy(d);
}

/* What was reverted already has lost its logs, and what was never changed has none. */
static void a_second_way_back_reads_nothing(void **state)
{
    (void)state;
    struct desk *d = convicted();
    desk_until(d, ACTIVITY_READ, 0, TARGET_ROLLING_BACK);
    desk_value(d, "2.0");
    desk_is(d, TARGET_STRANDED, NULL);
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_int_equal(d->call.activity, ACTIVITY_REVERT);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

static void a_red_check_leads_to_it_too(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    add_evidence(d);
    desk_open(d);
    desk_until(d, ACTIVITY_CHECK, 0, TARGET_CHECKING);
    while (desk_target(d)->state == TARGET_CHECKING) {
        desk_check(d, EXPECTED_FALSE);
        if (d->call.call == CALL_NONE)
            desk_wait(d);
    }
    assert_int_equal(d->call.index, first_evidence(d));
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, NULL);
    desk_destroy(d);
}

static void before_the_steps_of_a_native_rollback(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    struct playbook *p = &d->plan->playbook;
    p->rollback = ROLLBACK_NATIVE;
    for (size_t i = 0; i < p->step_count; i++)
        p->steps[i].snapshot = false;
    p->steps = xreallocarray(p->steps, p->step_count + 1, sizeof *p->steps);
    p->steps[p->step_count++] = (struct step){
        .op = shape_operation("undo", "ssh.job", SLIPWAY_RECONCILABLE, 600000),
        .phase = PHASE_ROLLBACK,
        .on_failure = ON_FAILURE_FAIL};
    add_evidence(d);
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    is_asked_for(d, 0);
    desk_good(d);
    desk_say(d, SLIPWAY_FAILED, "permission denied");
    assert_int_equal(d->call.index, first_evidence(d) - 1); /* undo */
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    desk_destroy(d);
}

/* ---- link groups ---- */

/* The convicted member is asked while it is up; nobody is switched off before. */
static void a_group_waits_for_what_its_convict_has_to_say(void **state)
{
    (void)state;
    const struct plan_shape linked = {.targets = 3,
                                      .waves = {3},
                                      .budgets = {3},
                                      .soak_ms = 600000,
                                      .in_flight = 3,
                                      .budget = 3,
                                      .linked = {3}};
    struct world *w = world_create(&linked, 1);
    engine_destroy(w->engine);
    add_to(&w->plan->playbook);
    w->engine = engine_create(w->plan, 1);
    w->appliances[1].faults = FAULT_SICK;
    world_start(w);
    int last = (int)w->plan->playbook.step_count - 1, seen[2] = {0};
    for (int i = 0; i < 200000 && world_step(w); i++) {
        const struct engine_state *s = engine_state(w->engine);
        const struct target_state *t = &s->targets[1];
        if (t->state != TARGET_ROLLING_BACK || t->activity.kind != ACTIVITY_STEP)
            continue;
        assert_int_equal(s->groups[0].state, GROUP_HALTING);
        assert_true(w->appliances[0].on && w->appliances[1].on && w->appliances[2].on);
        assert_in_range(t->activity.index, last - 1, last);
        seen[t->activity.index - last + 1]++;
    }
    assert_true(seen[0] && seen[1]);
    assert_null(w->broken);
    for (int i = 0; i < 3; i++)
        assert_int_equal(engine_state(w->engine)->targets[i].state, TARGET_ROLLED_BACK);
    assert_true(world_crash(w)); /* the journal gives the live state */
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read_before_the_revert_and_once),
        cmocka_unit_test(a_refusal_or_silence_is_not_in_the_way),
        cmocka_unit_test(a_crash_amid_it_reads_it_again_and_goes_on),
        cmocka_unit_test(a_second_way_back_reads_nothing),
        cmocka_unit_test(a_red_check_leads_to_it_too),
        cmocka_unit_test(before_the_steps_of_a_native_rollback),
        cmocka_unit_test(a_group_waits_for_what_its_convict_has_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
