/*
 * test_seldom.c - what happens to one appliance once in many thousand campaigns, and what
 * is told of those that wait when somebody asks a moment later than the engine looked.
 */
#include "desk.h"
#include "times.h"

#define CHANGE 1
#define HOUR   3600000LL

/* ---- rollbacks by steps ---- */

/* A playbook that undoes by two steps, and knows one issue with a recovery. */
static struct desk *undoing(void)
{
    struct desk *d = desk_create();
    struct playbook *p = &d->plan->playbook;
    shape_recovery(p, 1);
    p->rollback = ROLLBACK_NATIVE;
    for (size_t i = 0; i < p->step_count; i++)
        p->steps[i].snapshot = false;
    p->steps = xreallocarray(p->steps, p->step_count + 2, sizeof *p->steps);
    for (int i = 0; i < 2; i++)
        p->steps[p->step_count++] =
            (struct step){.op = shape_operation(i ? "restart" : "downgrade", "ssh.job",
                                                SLIPWAY_RECONCILABLE, 600000),
                          .phase = PHASE_ROLLBACK,
                          .on_failure = ON_FAILURE_FAIL};
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    return d;
}

static void it_is_undone_step_by_step(void **state)
{
    (void)state;
    struct desk *d = undoing();
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_ROLLING_BACK, "rc 1");
    for (int step = CHANGE + 1; step <= CHANGE + 2; step++) {
        assert_int_equal(d->call.activity, ACTIVITY_STEP);
        assert_int_equal(d->call.index, step);
        desk_good(d);
    }
    assert_int_equal(d->call.activity, ACTIVITY_READ);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "rc 1");
    desk_destroy(d);
}

/* What helps a change along is not done to an appliance on its way back. */
static void a_step_that_undoes_is_not_recovered_from(void **state)
{
    (void)state;
    struct desk *d = undoing();
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    struct outcome o = desk_outcome(d);
    o.outcome = SLIPWAY_FAILED;
    o.sentence = "staging failed";
    o.recovery = 1;
    desk_answer(d, o);
    desk_is(d, TARGET_STRANDED, "staging failed");
    assert_int_equal(d->calls_of[ACTIVITY_RECOVER][0], 0);
    desk_destroy(d);
}

/* It was sent and came back for certain without an effect: nothing of it can come late. */
static void what_certainly_never_began_is_undone_at_once(void **state)
{
    (void)state;
    struct desk *d = undoing();
    desk_say(d, SLIPWAY_RETRY, "the disk is busy");
    desk_is(d, TARGET_CHANGING, NULL);
    assert_int_equal(desk_activity(d)->state, STEP_WAITING);
    desk_verb(d, VERB_ROLLBACK, 0);
    desk_is(d, TARGET_ROLLING_BACK, "why");
    assert_int_equal(d->call.index, CHANGE + 1);
    desk_to_the_end(d);
    desk_is(d, TARGET_ROLLED_BACK, "why");
    desk_destroy(d);
}

/* ---- a drain ---- */

static const struct target_state *target_at(const struct world *w, int target)
{
    return &engine_state(w->engine)->targets[target];
}

static void step_until(struct world *w, int target, enum target_state_id state)
{
    for (int i = 0; i < 100000 && target_at(w, target)->state != state; i++)
        assert_true(world_step(w));
    assert_int_equal(target_at(w, target)->state, state);
}

static void tick(struct world *w)
{
    struct input input = {.kind = INPUT_TICK};
    world_input(w, &input);
}

/* The place gets free while slipway is to stop: it is given away when it goes on. */
static void who_is_ready_waits_for_the_end_of_a_drain(void **state)
{
    (void)state;
    static const struct plan_shape two = {.targets = 2, .in_flight = 1, .budget = 2};
    struct world *w = world_create(&two, 1);
    world_start(w);
    while (!world_count(w, TARGET_READY) || !engine_state(w->engine)->in_flight)
        assert_true(world_step(w));
    int ready = target_at(w, 0)->state == TARGET_READY ? 0 : 1;
    engine_drain(w->engine);
    world_command(w, VERB_SKIP, 1 - ready, -1, ""); /* refused, and everybody looked at */
    struct admission_facts facts;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    engine_admission_facts(w->engine, ready, w->now_ms, &facts);
    assert_true(facts.draining && admission_evaluate(&facts, list) > 0);
    while (w->queue_count && world_step(w))
        assert_int_equal(target_at(w, ready)->state, TARGET_READY);
    engine_undrain(w->engine);
    tick(w);
    assert_true(world_run(w, 100000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    world_destroy(w);
}

/* ---- what is told ---- */

static int64_t at(int64_t since_start_ms)
{
    return WORLD_START_MS + since_start_ms;
}

/* The first appliance is bound by one night; `with` adds others that nothing binds. */
static struct world *bound(const struct plan_shape *shape, int members, int64_t opens_ms)
{
    struct world *w = world_create(shape, 1);
    int night = times_calendar(w->plan, "fleet", false);
    times_span(w->plan, night, opens_ms, opens_ms + 24 * HOUR);
    for (int i = 0; i < members; i++)
        times_bind(w->plan, i, night);
    times_done(w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    return w;
}

static void who_is_ready_waits_for_its_window_and_that_is_told(void **state)
{
    (void)state;
    static const struct plan_shape two = {
        .targets = 2, .soak_ms = 40 * HOUR, .in_flight = 2, .budget = 2};
    struct world *w = bound(&two, 1, at(2 * HOUR));
    step_until(w, 1, TARGET_SOAKING);
    step_until(w, 0, TARGET_READY);
    struct engine_time_wait wait = engine_time_wait(w->engine, w->now_ms);
    assert_int_equal(wait.targets, 1);
    assert_int_equal(wait.target, 0);
    assert_int_equal(wait.next_ms, at(2 * HOUR));
    assert_int_equal(engine_waiting(w->engine, at(2 * HOUR) - 1), ENGINE_WINDOW);
    /* once it is open nobody waits for it, though nobody was started yet */
    assert_int_equal(engine_waiting(w->engine, at(2 * HOUR)), ENGINE_SOAK);
    assert_int_equal(engine_time_wait(w->engine, at(2 * HOUR)).targets, 0);
    step_until(w, 0, TARGET_SNAPSHOTTING);
    assert_int_equal(w->now_ms, at(2 * HOUR));
    world_destroy(w);
}

/* A hold that ended long before the close takes nothing away: who was begun in time may
   finish, though a place for it became free only behind the close. */
static void a_hold_that_ended_in_time_takes_no_right_away(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 1, .budget = 1, .manager_max = 1, .change_steps = 2};
    struct world *w = bound(&shape, 1, at(0));
    struct command places = {
        .verb = VERB_SET, .target = -1, .wave = -1, .setting = "limit:manager=m"};
    step_until(w, 0, TARGET_CHANGING);
    world_tell(w, (struct command){.verb = VERB_HOLD,
                                   .target = 0,
                                   .wave = -1,
                                   .number = w->now_ms + HOUR,
                                   .reason = "not now"});
    world_tell(w, places); /* none at all */
    for (int i = 0; i < 1000 && (w->queue_count || w->now_ms < at(2 * HOUR)); i++)
        if (!world_step(w))
            w->now_ms = at(2 * HOUR);
    tick(w);
    assert_int_equal(world_effects(w, 0, ACTIVITY_STEP), 1);
    w->now_ms = at(25 * HOUR); /* the night is over */
    places.number = 1;
    world_tell(w, places);
    assert_true(world_run(w, 100000));
    assert_int_equal(world_effects(w, 0, ACTIVITY_STEP), 2);
    assert_int_equal(target_at(w, 0)->state, TARGET_SUCCEEDED);
    world_destroy(w);
}

/* The night of one is made longer while both are at work: the other has no night. */
static void who_has_no_calendar_is_not_bound_by_a_new_one_of_others(void **state)
{
    (void)state;
    static const struct plan_shape two = {.targets = 2, .in_flight = 2, .budget = 2};
    struct world *w = bound(&two, 1, at(0));
    step_until(w, 0, TARGET_CHANGING);
    step_until(w, 1, TARGET_CHANGING);
    assert_int_equal(target_at(w, 0)->closes_ms, at(24 * HOUR));
    auto_free char *longer =
        times_document("fleet", "calendar-0.ics", false, at(0), at(30 * HOUR));
    world_tell(w, (struct command){
                      .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = longer});
    assert_int_equal(target_at(w, 0)->closes_ms, at(30 * HOUR));
    assert_int_equal(target_at(w, 1)->closes_ms, 0);
    /* nor is who may go on whatever his says */
    world_tell(w, (struct command){.verb = VERB_OVERRIDE,
                                   .target = 0,
                                   .wave = -1,
                                   .number = w->now_ms + 10 * HOUR,
                                   .reason = "the customer agreed"});
    auto_free char *shorter =
        times_document("fleet", "calendar-0.ics", false, at(0), at(20 * HOUR));
    world_tell(w,
               (struct command){
                   .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = shorter});
    assert_int_equal(target_at(w, 0)->closes_ms, at(30 * HOUR));
    assert_true(world_run(w, 100000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    world_destroy(w);
}

static void who_looks_again_in_a_moment_waits_for_no_window(void **state)
{
    (void)state;
    static const struct plan_shape one = {.targets = 1, .budget = 1};
    struct world *w = bound(&one, 1, at(0));
    step_until(w, 0, TARGET_CHECKING);
    for (int i = 0; i < 100 && w->queue_count; i++)
        assert_true(world_step(w));
    assert_int_equal(target_at(w, 0)->activity.state, STEP_WAITING);
    assert_int_equal(engine_time_wait(w->engine, w->now_ms).targets, 0);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_BUSY);
    world_destroy(w);
}

/* A link group at its door, whose night ended while its guards were asked. */
static void a_group_waits_as_one_and_only_at_its_door(void **state)
{
    (void)state;
    static const struct plan_shape shape = {.targets = 3,
                                            .budgets = {3},
                                            .soak_ms = 40 * HOUR,
                                            .in_flight = 3,
                                            .budget = 3,
                                            .linked = {2}};
    struct world *w = bound(&shape, 2, at(0));
    step_until(w, 2, TARGET_SOAKING);
    const struct group_state *group = &engine_state(w->engine)->groups[0];
    assert_true(group->state > GROUP_GUARDING);
    assert_int_equal(engine_time_wait(w->engine, w->now_ms).targets, 0);
    world_destroy(w);

    w = bound(&shape, 2, at(0));
    group = &engine_state(w->engine)->groups[0];
    for (int i = 0; i < 10000 && group->state != GROUP_GUARDING; i++)
        assert_true(world_step(w));
    world_tell(w, (struct command){.verb = VERB_HOLD,
                                   .target = 0,
                                   .wave = -1,
                                   .number = w->now_ms + 2 * HOUR,
                                   .reason = "not yet"});
    step_until(w, 2, TARGET_SOAKING);
    for (int i = 0; i < 100 && w->queue_count; i++)
        assert_true(world_step(w));
    assert_int_equal(group->state, GROUP_GUARDING);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_SOAK);
    assert_int_equal(engine_time_wait(w->engine, w->now_ms).targets, 0);
    /* the hold has ended, and its night has not: it is about to go on */
    assert_int_equal(engine_waiting(w->engine, w->now_ms + 2 * HOUR), ENGINE_BUSY);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_undone_step_by_step),
        cmocka_unit_test(a_step_that_undoes_is_not_recovered_from),
        cmocka_unit_test(what_certainly_never_began_is_undone_at_once),
        cmocka_unit_test(who_is_ready_waits_for_the_end_of_a_drain),
        cmocka_unit_test(who_is_ready_waits_for_its_window_and_that_is_told),
        cmocka_unit_test(a_hold_that_ended_in_time_takes_no_right_away),
        cmocka_unit_test(who_has_no_calendar_is_not_bound_by_a_new_one_of_others),
        cmocka_unit_test(who_looks_again_in_a_moment_waits_for_no_window),
        cmocka_unit_test(a_group_waits_as_one_and_only_at_its_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
