/*
 * test_small_print.c - what the rules say in passing, and what a bug in one line took
 * away without any other test noticing (tests/mutants/sample.py).
 */
#include "desk.h"
#include "engine/times.h"

#define HOUR 3600000LL

static enum target_state_id state_of(const struct world *w, int target)
{
    return engine_state(w->engine)->targets[target].state;
}

static int records_of(const struct world *w, enum record_kind kind)
{
    int count = 0;
    for (size_t i = 0; i < w->journal_count; i++)
        count += w->journal[i].kind == kind;
    return count;
}

/* ---- verbs ---- */

/* Who was skipped stays skipped: somebody decided that. */
static void a_retry_of_all_takes_only_those_that_came_to_grief(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 4, .budgets = {4}, .budget = 4, .rollback = ROLLBACK_SNAPSHOT};
    struct world *w = world_create(&shape, 1);
    w->appliances[0].faults = FAULT_UPDATE_FAILS;
    world_start(w);
    world_command(w, VERB_SKIP, 1, -1, "the customer moves out");
    while (state_of(w, 0) != TARGET_ROLLED_BACK)
        assert_true(world_step(w));
    w->appliances[0].faults = 0;
    world_command(w, VERB_RETRY, -1, -1, NULL);
    assert_int_equal(state_of(w, 1), TARGET_SKIPPED);
    assert_int_equal(records_of(w, RECORD_REJECTED), 0);
    assert_int_equal(engine_state(w->engine)->targets[0].retries, 1);
    assert_true(world_run(w, 100000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    assert_int_equal(w->appliances[1].updates, 0);
    world_destroy(w);
}

static void a_stranded_one_is_acknowledged_once(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 3, .budgets = {3}, .budget = 3, .in_flight = 1};
    struct world *w = world_create(&shape, 1);
    w->appliances[0].faults = FAULT_SICK | FAULT_REVERT_FAILS;
    world_start(w);
    while (engine_state(w->engine)->campaign != CAMPAIGN_PAUSED)
        assert_true(world_step(w));
    assert_int_equal(state_of(w, 0), TARGET_STRANDED);
    world_command(w, VERB_UNPAUSE, -1, -1, "seen");
    world_command(w, VERB_PAUSE, -1, -1, "lunch");
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    world_command(w, VERB_UNPAUSE, -1, -1, "back");
    assert_int_equal(records_of(w, RECORD_ACKNOWLEDGED), 1);
    world_destroy(w);
}

/* ---- preparing ahead ---- */

/* Ten of one site and two of another: those of the first that could not start anyhow are
   not looked at while the others wait for their turn. */
static void no_site_fills_the_lane_while_it_is_full_itself(void **state)
{
    (void)state;
    static const struct plan_shape shape = {.targets = 12,
                                            .budgets = {12},
                                            .budget = 12,
                                            .in_flight = 4,
                                            .sites = 2,
                                            .site_max = 1};
    struct world *w = world_create(&shape, 1);
    for (int i = 0; i < 12; i++)
        w->plan->targets[i].domains[0] = i >= 10;
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    int most = 0;
    do {
        for (int k = 0; k < 2; k++) {
            int claimed = engine_state(w->engine)->domain_claimed[k];
            most = claimed > most ? claimed : most;
        }
    } while (world_step(w));
    assert_int_equal(most, 2);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 12);
    world_destroy(w);
}

/* What was read of an appliance hours before its turn is worth nothing. */
static void no_more_are_prepared_than_may_start_soon(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 12, .budgets = {12}, .budget = 12, .in_flight = 1};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    int most = 0;
    do {
        int ahead = world_count(w, TARGET_PREPARING) + world_count(w, TARGET_READY);
        most = ahead > most ? ahead : most;
    } while (world_step(w));
    assert_int_equal(most, 2);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 12);
    world_destroy(w);
}

/* ---- what is told ---- */

/* What the store is given to write down, each time that it changes. */
static void a_wave_that_changes_again_is_told_of_again(void **state)
{
    (void)state;
    static const struct plan_shape shape = {.targets = 1, .budgets = {1}, .budget = 1};
    struct plan *plan = shape_plan(&shape);
    struct engine *engine = engine_create(plan, 1);
    struct input owner = {.kind = INPUT_OWNER, .number = 1, .actor = "test"};
    (void)engine_step(engine, 1000, &owner, 1);
    assert_true(engine_has_changes(engine));
    assert_int_equal(engine_take_changes(engine).wave_count, 1);
    assert_false(engine_has_changes(engine));
    struct input skip = {.kind = INPUT_COMMAND,
                         .command = {.verb = VERB_SKIP, .wave = -1, .actor = "olga"}};
    (void)engine_step(engine, 2000, &skip, 1);
    struct engine_changes changes = engine_take_changes(engine);
    assert_true(changes.campaign);
    assert_int_equal(changes.wave_count, 1);
    assert_int_equal(changes.target_count, 1);
    assert_int_equal(engine_state(engine)->waves[0].state, WAVE_DONE);
    engine_destroy(engine);
    plan_free(plan);
}

static bool is_told(const struct world *w, int target)
{
    for (size_t i = 0; i < w->changes.target_count; i++) {
        if (w->changes.targets[i] == target)
            return true;
    }
    return false;
}

/* The target that waits for a place at the manager, -1 if there is none. */
static int who_waits(const struct world *w, const char *words)
{
    const struct engine_state *s = engine_state(w->engine);
    for (int i = 0; i < (int)w->plan->target_count; i++) {
        const char *sentence = s->targets[i].activity.sentence;
        if (sentence && strstr(sentence, words))
            return i;
    }
    return -1;
}

static void set_limit(struct world *w, int most)
{
    world_tell(w, (struct command){.verb = VERB_SET,
                                   .target = -1,
                                   .wave = -1,
                                   .setting = "limit:manager=m",
                                   .number = most});
}

/* What a target waits for is in its row, and the row follows when that changes. */
static void what_one_waits_for_is_told_when_it_changes(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 4, .budgets = {4}, .budget = 4, .manager_max = 1};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    while (who_waits(w, "limit manager=m allows 1 at once") < 0)
        assert_true(world_step(w));
    int who = who_waits(w, "allows 1 at once");
    assert_true(is_told(w, who));
    set_limit(w, 0);
    assert_int_equal(who_waits(w, "allows 0 at once"), who);
    assert_true(is_told(w, who));
    set_limit(w, 1);
    assert_true(world_run(w, 100000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 4);
    world_destroy(w);
}

/* A record that is of no wave, target, state or step says so. */
static void a_record_says_only_what_it_is_about(void **state)
{
    (void)state;
    static const struct plan_shape shape = {.targets = 1, .budgets = {1}, .budget = 1};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    const struct record *r = &w->journal[0];
    assert_int_equal(r->kind, RECORD_OWNER);
    const int none[] = {r->wave, r->target, r->from, r->event, r->to, r->index};
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++)
        assert_int_equal(none[i], -1);
    world_destroy(w);
}

static void an_approval_that_still_holds_has_not_ended(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 1, .budgets = {1}, .budget = 1, .approval = true};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    int64_t until_ms = w->now_ms + HOUR;
    world_tell(w,
               (struct command){
                   .verb = VERB_APPROVE, .target = -1, .wave = -1, .number = until_ms});
    struct admission_facts facts;
    struct time_facts time;
    for (int ended = 0; ended < 2; ended++) {
        engine_admission_facts(w->engine, 0, until_ms - 1 + ended, &facts);
        times_facts(engine_times(w->engine), w->plan, 0, until_ms - 1 + ended, &time);
        assert_int_equal(facts.time.approval_ended_ms, ended ? until_ms : 0);
        assert_int_equal(time.approval_ended_ms, ended ? until_ms : 0);
    }
    world_destroy(w);
}

/* ---- calls ---- */

/* A look at a job is not given longer than the job itself still has. */
static void the_last_look_at_a_job_ends_with_its_time(void **state)
{
    (void)state;
    struct desk *d = desk_create();
    desk_open(d);
    desk_until(d, ACTIVITY_STEP, 1, TARGET_CHANGING);
    int64_t least_ms = INT64_MAX;
    desk_say(d, SLIPWAY_PENDING, NULL);
    while (desk_target(d)->state == TARGET_CHANGING) {
        int64_t left_ms = desk_activity(d)->deadline_ms - d->now_ms;
        if (d->call.call == CALL_POLL) {
            assert_in_range(d->call.timeout_ms, 1, left_ms);
            least_ms = d->call.timeout_ms < least_ms ? d->call.timeout_ms : least_ms;
            desk_say(d, SLIPWAY_PENDING, NULL);
        }
        desk_wait(d);
        if (d->call.call == CALL_PROBE)
            desk_probe(d, SLIPWAY_PROBE_FAILED, "it was ended");
    }
    assert_in_range(least_ms, 1, 59999);
    desk_destroy(d);
}

/* ---- groups ---- */

/* While one of it is held nobody of it is about to go down; afterwards all are again. */
static void a_hold_on_one_gives_the_places_of_all_back(void **state)
{
    (void)state;
    static const struct plan_shape shape = {.targets = 2,
                                            .budgets = {2},
                                            .budget = 2,
                                            .sites = 1,
                                            .site_max = 2,
                                            .linked = {2}};
    struct world *w = world_create(&shape, 1);
    const int *claimed = engine_state(w->engine)->domain_claimed;
    world_start(w);
    while (world_count(w, TARGET_READY) < 1)
        assert_true(world_step(w));
    world_tell(w, (struct command){.verb = VERB_SET,
                                   .target = -1,
                                   .wave = -1,
                                   .setting = "domain:site=s0",
                                   .number = 1});
    while (world_count(w, TARGET_READY) < 2)
        assert_true(world_step(w));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(*claimed, 2);
        world_command(w, VERB_HOLD, i, -1, "the customer asked");
        assert_int_equal(*claimed, 0);
        world_command(w, VERB_RELEASE, i, -1, NULL);
    }
    world_tell(w, (struct command){.verb = VERB_SET,
                                   .target = -1,
                                   .wave = -1,
                                   .setting = "domain:site=s0",
                                   .number = 2});
    assert_true(world_run(w, 100000));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    assert_int_equal(*claimed, 0);
    world_destroy(w);
}

/* Every look after a way back counts as one, not only the first. */
static void a_group_that_went_back_is_looked_at_as_one_that_went_back(void **state)
{
    (void)state;
    static const struct plan_shape shape = {
        .targets = 2, .budgets = {2}, .budget = 2, .linked = {2}};
    struct world *w = world_create(&shape, 1);
    w->appliances[1].faults = FAULT_SICK;
    world_start(w);
    assert_true(world_run(w, 100000));
    assert_int_equal(world_count(w, TARGET_ROLLED_BACK), 2);
    bool back = false;
    int looks[2] = {0};
    for (size_t i = 0; i < w->journal_count; i++) {
        const struct record *r = &w->journal[i];
        back = back || (r->kind == RECORD_GROUP && r->to == GROUP_RESTORING);
        if (!back || r->kind != RECORD_STEP || r->event != STEP_BEGIN ||
            (r->activity != ACTIVITY_READ && r->activity != ACTIVITY_CHECK))
            continue;
        assert_int_equal(r->moment, MOMENT_RESTORED);
        looks[r->target]++;
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(looks[i], 3); /* the version, and both checks */
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_of_all_takes_only_those_that_came_to_grief),
        cmocka_unit_test(a_stranded_one_is_acknowledged_once),
        cmocka_unit_test(no_site_fills_the_lane_while_it_is_full_itself),
        cmocka_unit_test(no_more_are_prepared_than_may_start_soon),
        cmocka_unit_test(a_wave_that_changes_again_is_told_of_again),
        cmocka_unit_test(what_one_waits_for_is_told_when_it_changes),
        cmocka_unit_test(a_record_says_only_what_it_is_about),
        cmocka_unit_test(an_approval_that_still_holds_has_not_ended),
        cmocka_unit_test(the_last_look_at_a_job_ends_with_its_time),
        cmocka_unit_test(a_hold_on_one_gives_the_places_of_all_back),
        cmocka_unit_test(a_group_that_went_back_is_looked_at_as_one_that_went_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
