/*
 * test_bare.c - playbooks and plans that lack something which most have: no steps, no
 * checks, no way of reading a version, no snapshot, more than one step of an undo; and
 * fleets larger than the others of these tests.
 */
#include "desk.h"
#include "times.h"

#define SPACE  0
#define CHANGE 1

static struct playbook *book_of(struct desk *d)
{
    return &d->plan->playbook;
}

static void forget(struct operation *op)
{
    free(op->id);
    free(op->use);
    free(op->with);
    *op = (struct operation){.id = NULL};
}

static void without_looks(struct playbook *p)
{
    for (size_t i = 0; i < p->check_count; i++)
        forget(&p->checks[i].op);
    for (size_t i = 0; i < p->read_count; i++)
        forget(&p->reads[i]);
    p->check_count = p->read_count = 0;
}

/* The first step is what changes it. */
static void without_preparation(struct playbook *p)
{
    forget(&p->steps[SPACE].op);
    p->step_count--;
    memmove(&p->steps[0], &p->steps[1], p->step_count * sizeof *p->steps);
}

static void a_playbook_of_nothing_has_nothing_to_do(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    without_looks(book_of(d));
    without_preparation(book_of(d));
    forget(&book_of(d)->steps[0].op);
    book_of(d)->step_count = 0;
    desk_open(d);
    assert_int_equal(d->call.call, CALL_NONE);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(engine_state(d->engine)->campaign, CAMPAIGN_COMPLETED);
    desk_destroy(d);
}

/* It looks, and finds that there is nothing to do; nobody needs room for that. */
static void a_playbook_that_only_looks_asks_for_no_room(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    struct admission_facts facts;
    struct playbook *p = book_of(d);
    forget(&p->steps[CHANGE].op);
    p->step_count = 1;
    d->plan->targets[0].manager_limit = 0;
    *vec_push(d->plan->limits, d->plan->limit_count, d->plan->limit_room) =
        (struct plan_cap){xstrdup("manager=m"), 0};
    desk_open(d);
    engine_admission_facts(d->engine, 0, d->now_ms, &facts);
    assert_int_equal(facts.limit_count, 0);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_destroy(d);
}

/* Nobody asked for proof, so none is waited for; the snapshot is there all the same. */
static void without_checks_the_step_and_the_soak_are_all(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    without_looks(book_of(d));
    without_preparation(book_of(d));
    desk_open(d);
    assert_int_equal(d->call.activity, ACTIVITY_GUARD); /* at once */
    desk_until(d, ACTIVITY_STEP, 0, TARGET_CHANGING);
    int64_t began_ms = d->now_ms;
    desk_say(d, SLIPWAY_DONE, NULL);
    desk_is(d, TARGET_SOAKING, NULL);
    desk_until(d, ACTIVITY_PRUNE, 0, TARGET_CLEANING);
    assert_int_equal(d->now_ms, began_ms + 600000);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    desk_destroy(d);
}

/* Its own limits count for its admission then, not those of its manager. */
static void a_step_without_snapshot_begins_at_once(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    struct admission_facts facts;
    struct step *step = &book_of(d)->steps[CHANGE];
    static const char *const keys[] = {"manager=m", "repo"};
    for (int i = 0; i < 2; i++)
        *vec_push(d->plan->limits, d->plan->limit_count, d->plan->limit_room) =
            (struct plan_cap){xstrdup(keys[i]), i};
    d->plan->targets[0].manager_limit = 0; /* with no room at all */
    step->snapshot = false;
    step->limits = xcalloc(1, sizeof *step->limits);
    step->limits[step->limit_count++] = xstrdup("repo");
    desk_open(d);
    engine_admission_facts(d->engine, 0, d->now_ms, &facts);
    assert_int_equal(facts.limit_count, 1);
    assert_string_equal(facts.limits[0].key, "repo");
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 0);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_PARKED, "no snapshot of ours is left to go back to");
    desk_destroy(d);
}

/* A change step of class read is not issued: what fails in it has changed nothing, and it
   goes on from there, for its snapshot is taken. */
static void a_change_step_that_only_reads_parks_behind_its_snapshot(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    book_of(d)->steps[CHANGE].op.repeat = SLIPWAY_READ;
    book_of(d)->steps[CHANGE].on_failure = ON_FAILURE_PARK;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    assert_int_equal(d->call.intent, 0);
    desk_say(d, SLIPWAY_FAILED, "the mirror is old");
    desk_is(d, TARGET_PARKED, "the mirror is old");
    assert_false(desk_target(d)->changed);
    desk_verb(d, VERB_RETRY, 0);
    desk_is(d, TARGET_CHANGING, NULL);
    assert_int_equal(d->call.activity, ACTIVITY_STEP);
    desk_to_the_end(d);
    desk_is(d, TARGET_SUCCEEDED, NULL);
    assert_int_equal(d->calls_of[ACTIVITY_SNAPSHOT][0], 1);
    desk_destroy(d);
}

/* ---- link groups of a plan from before they were units ---- */

static void who_must_not_be_reverted_alone_needs_a_new_campaign(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    xreplace(&d->plan->targets[0].link_group, "sso-1");
    book_of(d)->steps[CHANGE].on_failure = ON_FAILURE_FAIL;
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, CHANGE, TARGET_CHANGING);
    desk_say(d, SLIPWAY_FAILED, "rc 1");
    desk_is(d, TARGET_FAILED, "rc 1");
    desk_verb(d, VERB_RETRY, 0);
    assert_non_null(strstr(d->last_rejection, "cannot be rolled back by slipway: plan a "
                                              "new campaign for it"));
    desk_verb(d, VERB_ROLLBACK, 0);
    assert_non_null(strstr(d->last_rejection, "one member must not be reverted alone"));
    desk_is(d, TARGET_FAILED, "rc 1");
    desk_destroy(d);
}

/* ---- many ---- */

/* All are looked at before the night begins, and more than a few of them are ready. */
static void a_night_that_is_near_finds_everybody_ready(void **state)
{
    (void)state;
    struct plan_shape shape = {
        .targets = 40, .budgets = {40}, .budget = 40, .in_flight = 20, .manager_max = 5};
    struct world *w = world_create(&shape, 1);
    int64_t opens_ms = WORLD_START_MS + 1200000;
    int night = times_calendar(w->plan, "fleet", false);
    times_span(w->plan, night, opens_ms, opens_ms + 36000000);
    for (int i = 0; i < shape.targets; i++)
        times_bind(w->plan, i, night);
    times_done(w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    while (w->now_ms < opens_ms) {
        assert_int_equal(engine_state(w->engine)->in_flight, 0);
        if (world_count(w, TARGET_READY) == shape.targets)
            break;
        assert_true(world_step(w));
    }
    assert_int_equal(world_count(w, TARGET_READY), shape.targets);
    assert_true(world_run(w, 200000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), shape.targets);
    assert_int_equal(w->most_in_flight, 20);
    world_destroy(w);
}

static struct plan *plan_of_waves(int waves)
{
    struct plan *plan = shape_plan(&(struct plan_shape){.targets = waves});
    free(plan->waves[0].name);
    plan->waves = xreallocarray(plan->waves, (size_t)waves, sizeof *plan->waves);
    plan->wave_count = (size_t)waves;
    for (int i = 0; i < waves; i++) {
        plan->waves[i] =
            (struct plan_wave){.name = xasprintf("wave-%d", i), .first = i, .count = 1};
        plan->targets[i].wave = i;
    }
    return plan;
}

/* Rows that changed are told once, however many there are. */
static void whatever_changed_is_told_once(void **state)
{
    (void)state;
    enum { WAVES = 20 };
    struct plan *plan = plan_of_waves(WAVES);
    struct engine *engine = engine_create(plan, 1);
    assert_false(engine_has_changes(engine));
    for (int i = 0; i < WAVES; i++) {
        struct input input = {.kind = INPUT_COMMAND,
                              .command = {.verb = VERB_SET,
                                          .target = -1,
                                          .wave = i,
                                          .setting = "wave_budget",
                                          .number = 1}};
        (void)engine_step(engine, 1000, &input, 1);
    }
    assert_true(engine_has_changes(engine));
    struct engine_changes changes = engine_take_changes(engine);
    assert_true(changes.campaign);
    assert_int_equal(changes.wave_count, WAVES);
    for (int i = 0; i < WAVES; i++)
        assert_int_equal(changes.waves[i], i);
    assert_int_equal(changes.target_count, 0);
    assert_false(engine_has_changes(engine));
    struct record row = {.kind = RECORD_WAVE, .wave = 3, .target = -1, .to = WAVE_OPEN};
    assert_int_equal(engine_replay(engine, &row), 0);
    assert_false(engine_has_changes(engine)); /* a replay is what the rows know */
    engine_destroy(engine);
    engine_destroy(NULL);
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_playbook_of_nothing_has_nothing_to_do),
        cmocka_unit_test(a_playbook_that_only_looks_asks_for_no_room),
        cmocka_unit_test(without_checks_the_step_and_the_soak_are_all),
        cmocka_unit_test(a_step_without_snapshot_begins_at_once),
        cmocka_unit_test(a_change_step_that_only_reads_parks_behind_its_snapshot),
        cmocka_unit_test(who_must_not_be_reverted_alone_needs_a_new_campaign),
        cmocka_unit_test(a_night_that_is_near_finds_everybody_ready),
        cmocka_unit_test(whatever_changed_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
