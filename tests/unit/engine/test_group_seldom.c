/*
 * test_group_seldom.c - what happens to a link group once in many thousand campaigns: two
 * members stop at the same time, one is asked about while another goes on, a manager answers
 * after everybody has given up.
 *
 * The test answers some calls itself (group_calls.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "group_calls.h"
#include "util/auto.h"

#define ALONE   3
#define HOUR_MS 3600000LL
#define MANAGER "limit:manager=m"

/* vc-0001 to vc-0003 are a group, vc-0004 stands alone. */
static const struct plan_shape linked = {
    .targets = 4,
    .budgets = {4},
    .soak_ms = 600000,
    .in_flight = 4,
    .budget = 4,
    .linked = {MEMBERS},
};

/* ---- verbs ---- */

static void nameless(struct world *w, enum verb verb, int target)
{
    struct input input = {.kind = INPUT_COMMAND,
                          .command = {.verb = verb, .target = target, .wave = -1}};
    world_input(w, &input);
}

static void without_a_name_or_a_reason_it_is_an_operators(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    nameless(w, VERB_SKIP, 0);
    all_are(w, TARGET_SKIPPED);
    assert_null(target_at(w, 0)->reason);
    assert_string_equal(target_at(w, 1)->reason, "with vc-0001 of link group sso-1");
    end(w);

    w = begin(&linked);
    run_until(w, GROUP_SOAKING);
    nameless(w, VERB_ROLLBACK, 1);
    is(w, 1, TARGET_ROLLING_BACK, "asked for by an operator");
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    assert_int_equal(engine_state(w->engine)->failed, 0);
    end(w);
}

/* Its change failed, and its playbook says that it stays so: the others wait, and go on
   only by going back. */
static void who_failed_amid_its_change_is_put_back_first(void **state)
{
    (void)state;
    static const char why[] =
        "vc-0001 of link group sso-1 has failed: put the group back "
        "with: slipway rollback vc-0001";
    struct world *w = world_create(&linked, 1);
    w->plan->playbook.steps[1].on_failure = ON_FAILURE_FAIL;
    w->appliances[0].faults = FAULT_UPDATE_FAILS;
    world_start(w);
    run(w);
    is(w, 0, TARGET_FAILED, "rc 1");
    is(w, 1, TARGET_PARKED, "waits for vc-0001 of link group sso-1, which is failed");
    is_rejected(w, VERB_RETRY, 1, why);
    is_rejected(w, VERB_RETRY, 0, why);
    say(w, VERB_ROLLBACK, 0);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    end(w);
}

static void a_snapshot_that_could_not_be_removed_is_tried_again_by_itself(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_CLEANING);
    keep(w, 0, ACTIVITY_PRUNE);
    fails(w, 0, "the file is locked");
    run(w);
    is(w, 0, TARGET_PARKED, "the file is locked");
    is(w, 1, TARGET_SUCCEEDED, "");
    is_rejected(w, VERB_RETRY, 1, "vc-0002 is succeeded: retry does not apply");
    say(w, VERB_RETRY, 0);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    assert_int_equal(group_of(w), GROUP_SUCCEEDED);
    assert_int_equal(w->appliances[0].snapshots_held, 0);
    end(w);
}

/* ---- while they are prepared ---- */

/* One is in doubt, one has failed, one is still at work: the group has failed for the
   second, whatever is said of the first, and is over when the third is. */
static void one_in_doubt_one_failed_and_one_at_work(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    w->plan->playbook.steps[0].op.repeat = SLIPWAY_RECONCILABLE;
    world_start(w);
    keep_all(w, ACTIVITY_STEP);
    is_lost(w, 0);
    nobody_knows(w, 0);
    is(w, 0, TARGET_PARKED, "in doubt");
    fails(w, 1, "no room");
    is(w, 1, TARGET_FAILED, "no room");
    assert_int_equal(group_of(w), GROUP_GATHERING);
    say(w, VERB_RETRY, 0); /* asked about, not begun; the others are let be */
    is(w, 0, TARGET_PREPARING, "");
    assert_int_equal(call_of(w, 0)->action.call, CALL_PROBE);
    is(w, 2, TARGET_PREPARING, "");
    nobody_knows(w, 0);
    is_done(w, 2, NULL);
    is(w, 2, TARGET_FAILED, "vc-0002 of link group sso-1 failed: no room");
    assert_int_equal(group_of(w), GROUP_FAILED);
    is_rejected(w, VERB_RETRY, 1,
                "vc-0001 of link group sso-1 is parked: the group begins anew together");
    say(w, VERB_SKIP, 0);
    all_are(w, TARGET_SKIPPED);
    is_rejected(
        w, VERB_RETRY, 1,
        "vc-0001 of link group sso-1 is skipped, with an effect in doubt that may "
        "still come about: the group begins anew together");
    end(w);
}

static void who_may_not_be_snapshotted_need_not_say_why(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    keep_all(w, ACTIVITY_GUARD);
    fails(w, 1, "");
    is(w, 0, TARGET_FAILED, "vc-0002 of link group sso-1 failed: no reason was given");
    assert_int_equal(group_of(w), GROUP_FAILED);
    run(w);
    end(w);
}

/* The campaign is aborted amid a preparation that nothing comes after. */
static void who_becomes_ready_after_an_abort_is_skipped(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    w->plan->playbook.steps[0].op.repeat = SLIPWAY_RECONCILABLE;
    w->plan->playbook.read_count = 0;
    w->plan->playbook.check_count = 0;
    world_start(w);
    keep_all(w, ACTIVITY_STEP);
    is_done(w, 0, NULL);
    is(w, 0, TARGET_READY, "");
    say(w, VERB_ABORT, -1);
    is(w, 0, TARGET_SKIPPED, "the campaign was aborted");
    is_done(w, 1, NULL);
    is(w, 1, TARGET_SKIPPED, "link group sso-1 goes together or not at all");
    assert_int_equal(group_of(w), GROUP_GATHERING);
    is_done(w, 2, NULL);
    assert_int_equal(group_of(w), GROUP_LEFT);
    w->plan->playbook.read_count = 2; /* plan_free() frees them */
    w->plan->playbook.check_count = 2;
    world_destroy(w);
}

/* ---- places ---- */

/* One place each for the group's first and for who stands alone: whoever of the group is
   prepared anew waits for it. */
static struct world *crowded(enum slipway_class preparing, int retried)
{
    struct plan_shape shape = linked;
    shape.targets = 3;
    shape.linked[0] = 2;
    shape.sites = shape.site_max = 1;
    struct world *w = world_create(&shape, 1);
    *vec_push(w->plan->domains, w->plan->domain_count, w->plan->domain_room) =
        (struct plan_cap){xstrdup("site=empty"), 9}; /* so that not all are full */
    w->plan->playbook.steps[0].op.repeat = preparing;
    w->plan->playbook.steps[0].on_failure = ON_FAILURE_PARK;
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    keep(w, 0, ACTIVITY_STEP);
    keep(w, 1, ACTIVITY_STEP);
    fails(w, retried, "no room");
    is(w, retried, TARGET_PARKED, "no room");
    keep(w, 2, ACTIVITY_STEP); /* vc-0003 takes its place */
    if (preparing != SLIPWAY_READ)
        is_done(w, 2, NULL);
    else
        call_of(w, 2)->at_ms = w->now_ms;
    keep_change(w, 2);
    say(w, VERB_RETRY, retried);
    is(w, retried, TARGET_PENDING, "");
    return w;
}

/* What was looked at a day ago is looked at again: of one of them, and then of both. */
static void who_waits_ready_for_one_without_a_place_is_prepared_anew(void **state)
{
    (void)state;
    struct world *w = crowded(SLIPWAY_READ, 1);
    is_done(w, 0, NULL);
    for (int i = 0; i < 1000 && target_at(w, 0)->state != TARGET_READY; i++)
        assert_true(world_step(w));
    allow(w, "domain:site=empty", 8); /* that helps neither */
    is(w, 1, TARGET_PENDING, "");
    w->now_ms += 25 * HOUR_MS;
    say(w, VERB_HOLD, 2);
    is(w, 0, TARGET_PENDING, "it was looked at too long ago to rely on that");
    say(w, VERB_RELEASE, 2);
    fails(w, 2, "rc 1");
    run(w);
    is(w, 2, TARGET_ROLLED_BACK, "rc 1");
    is(w, 0, TARGET_READY, ""); /* both, and they need two places */
    is(w, 1, TARGET_READY, "");
    allow(w, "domain:site=s0", 2);
    run(w);
    assert_int_equal(group_of(w), GROUP_SUCCEEDED);
    end(w);
}

/* slipway was to stop, and did not ask any more; when it goes on one is beyond its time,
   and nobody can say what became of it. The other is not begun beside it. */
static void nobody_is_prepared_beside_one_that_was_just_given_up(void **state)
{
    (void)state;
    struct world *w = crowded(SLIPWAY_OPAQUE, 0);
    answer(w, 1, (struct outcome){.outcome = SLIPWAY_PENDING, .handle = "job-7"});
    engine_drain(w->engine);
    w->now_ms += 2000;
    struct input tick = {.kind = INPUT_TICK};
    world_input(w, &tick);
    w->now_ms += HOUR_MS;
    engine_undrain(w->engine);
    size_t before = w->journal_count;
    world_input(w, &tick);
    is(w, 1, TARGET_PARKED, "in doubt: still under way at its deadline");
    is(w, 0, TARGET_PARKED, "waits for vc-0002 of link group sso-1, which is parked");
    for (size_t i = before; i < w->journal_count; i++)
        assert_false(w->journal[i].kind == RECORD_TARGET && w->journal[i].target == 0 &&
                     w->journal[i].event == TARGET_PREPARE);
    end(w);
}

/* More domains than a list of facts has room for: those in the way come first. */
static void of_many_domains_those_in_the_way_are_told(void **state)
{
    (void)state;
    enum { COUNT = 12, EACH = 5 };
    struct plan_shape shape = {
        .targets = COUNT, .budgets = {1}, .budget = 1, .linked = {COUNT}};
    struct world *w = world_create(&shape, 1);
    for (int i = 0; i < COUNT * EACH; i++) {
        struct plan_target *t = &w->plan->targets[i / EACH];
        *vec_push(w->plan->domains, w->plan->domain_count, w->plan->domain_room) =
            (struct plan_cap){xasprintf("rack=r%d", i), i == COUNT * EACH - 1 ? 0 : 1};
        t->domains[t->domain_count++] = i;
    }
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    struct admission_facts facts;
    engine_admission_facts(w->engine, 0, w->now_ms, &facts);
    assert_int_equal(facts.domain_count, ADMISSION_CAPS_MAX);
    assert_string_equal(facts.domains[0].key, "rack=r59");
    assert_string_equal(facts.domains[1].key, "rack=r0");
    world_destroy(w);
}

/* ---- while they go down and come up ---- */

/* When a human is called about what is in doubt. */
static int64_t activity_end_ms(const struct activity_state *a)
{
    int64_t patience_ms = a->doubt_since_ms + 600000;
    return patience_ms > a->deadline_ms ? patience_ms : a->deadline_ms;
}

/* One stops as it goes down. Who has not begun to waits with it and begins again with it;
   who was asked to, and nobody heard what it made of that, is not called at rest. */
static void who_is_on_the_way_down_is_not_at_rest(void **state)
{
    (void)state;
    struct plan_shape shape = linked;
    shape.manager_max = 4;
    struct world *w = begin(&shape);
    say(w, VERB_HOLD, ALONE);
    run_until(w, GROUP_GUARDING);
    allow(w, MANAGER, 1);
    keep(w, 0, ACTIVITY_POWER_OFF);
    answer(w, 0, (struct outcome){.outcome = SLIPWAY_PENDING, .handle = "task-1"});
    const struct activity_state *a = &target_at(w, 0)->activity;
    while (a->state != STEP_IN_DOUBT || w->now_ms < activity_end_ms(a)) {
        keep(w, 0, ACTIVITY_POWER_OFF);
        if (a->state != STEP_IN_DOUBT || w->now_ms < activity_end_ms(a))
            is_lost(w, 0);
    }
    allow(w, MANAGER, 2);
    keep(w, 1, ACTIVITY_POWER_OFF);
    allow(w, MANAGER, 1); /* none for the third */
    is_lost(w, 1);
    assert_int_equal(target_at(w, 1)->activity.state, STEP_WAITING);
    is_lost(w, 0);
    is(w, 0, TARGET_PARKED, "power_off in doubt");
    is(w, 1, TARGET_SNAPSHOTTING, "");
    is(w, 2, TARGET_PARKED, "waits for vc-0001 of link group sso-1, which is parked");
    assert_int_equal(world_effects(w, 2, ACTIVITY_POWER_OFF), 0);
    allow(w, MANAGER, 4);
    say(w, VERB_RELEASE, ALONE);
    w->appliances[0].on = false; /* the first came through after all */
    w->appliances[0].task_intent[ACTIVITY_POWER_OFF] = a->intent;
    say(w, VERB_RETRY, 0); /* who never stopped is let be */
    assert_int_equal(target_at(w, 1)->activity.state, STEP_WAITING);
    assert_int_equal(target_at(w, 2)->activity.kind, ACTIVITY_POWER_OFF);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(w->appliances[i].snapshots_taken, 1);
    end(w);
}

static void who_comes_up_as_another_version_stays_as_it_is(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_PROVING);
    keep(w, 1, ACTIVITY_READ);
    is_done(w, 1, "1.1");
    is(w, 1, TARGET_PARKED, "after the restart the version is 1.1, not 1.0");
    run(w);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(w->appliances[i].updates, 0);
    end(w);
}

/* A playbook that neither reads a version nor checks anything: who is up is proven. */
static void who_has_nothing_to_look_at_goes_on_at_once(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    w->plan->playbook.read_count = 0;
    w->plan->playbook.check_count = 0;
    world_start(w);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    for (int i = 0; i < MEMBERS; i++)
        assert_true(w->appliances[i].updates == 1 && w->appliances[i].on);
    w->plan->playbook.read_count = 2; /* plan_free() frees them */
    w->plan->playbook.check_count = 2;
    world_destroy(w);
}

/* Somebody removed the snapshot of one by hand: nothing is sent, and as the group goes back
   as a whole or not at all, the books keep what they say. */
static void who_lost_its_snapshot_is_not_changed_and_not_forgotten(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    keep_change(w, 0);
    answer(w, 0,
           (struct outcome){.outcome = SLIPWAY_REFUSED,
                            .protection = PROTECTION_GONE,
                            .sentence = "its snapshot is gone"});
    is(w, 0, TARGET_PARKED, "its snapshot is gone");
    assert_int_equal(target_at(w, 0)->snapshot_count, 1);
    run(w);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_STEP), 0);
    end(w);
}

/* ---- going back ---- */

/* One cannot be reverted, so nobody is; another's revert was lost then, and never began. */
static void a_stranded_group_reverts_nobody_any_more(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    w->appliances[0].faults = FAULT_SICK;
    world_start(w);
    keep_all(w, ACTIVITY_REVERT);
    is_lost(w, 1);
    fails(w, 0, "the datastore is gone");
    assert_int_equal(group_of(w), GROUP_STRANDED);
    call_of(w, 2)->at_ms = w->now_ms;
    run(w);
    all_are(w, TARGET_STRANDED);
    assert_int_equal(world_effects(w, 1, ACTIVITY_REVERT), 0);
    assert_false(w->appliances[0].on || w->appliances[1].on || w->appliances[2].on);
    end(w);
}

/* A guest that was asked to go down does so minutes later: whoever is turned away after such
   a request was lost is in doubt, and not called one that runs. */
static void
a_shutdown_that_was_lost_is_not_forgotten_when_the_next_is_refused(void **state)
{
    (void)state;
    const struct outcome locked = {.outcome = SLIPWAY_REFUSED,
                                   .sentence = "the account is locked"};
    for (int lost = 0; lost < 2; lost++) {
        struct world *w = begin(&linked);
        keep_all(w, ACTIVITY_POWER_OFF);
        if (lost) {
            is_lost(w, 1);
            keep(w, 1, ACTIVITY_POWER_OFF);
        }
        answer(w, 1, locked);
        if (lost) {
            is(w, 1, TARGET_PARKED, "power_off in doubt: the account is locked");
            assert_int_equal(target_at(w, 1)->activity.state, STEP_IN_DOUBT);
        } else {
            is(w, 1, TARGET_ROLLING_BACK, "the account is locked");
        }
        end(w);
    }
}

/* Plugins begin sentences with the appliance's name, and once is enough. */
static void a_reason_that_names_the_culprit_names_it_once(void **state)
{
    (void)state;
    static const char *const said[][2] = {
        {"vc-0002: NoDiskSpace", "with its link group sso-1: vc-0002: NoDiskSpace"},
        {"vc-00021: NoDiskSpace",
         "with its link group sso-1: vc-0002: vc-00021: NoDiskSpace"}};
    for (size_t i = 0; i < ARRAY_LENGTH(said); i++) {
        struct world *w = begin(&linked);
        keep_all(w, ACTIVITY_SNAPSHOT);
        is_lost(w, 2);
        nobody_knows(w, 2);
        fails(w, 1, said[i][0]);
        is(w, 2, TARGET_ROLLING_BACK, said[i][1]);
        end(w);
    }
}

/* The manager is done with a snapshot when the others are stranded long since. */
static void who_comes_to_its_end_last_is_stranded_with_the_others(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    keep_all(w, ACTIVITY_SNAPSHOT);
    is_lost(w, 2);
    nobody_knows(w, 2);
    is(w, 2, TARGET_PARKED, "snapshot in doubt");
    fails(w, 1, "NoDiskSpace");
    assert_int_equal(group_of(w), GROUP_HALTING);
    is(w, 2, TARGET_ROLLING_BACK, "with its link group sso-1: vc-0002: NoDiskSpace");
    nobody_knows(w, 2);
    assert_int_equal(group_of(w), GROUP_STRANDED);
    is(w, 0, TARGET_SNAPSHOTTING, "");
    is_done(w, 0, "snapshot-9");
    is(w, 0, TARGET_STRANDED, "vc-0003 of link group sso-1 is in doubt");
    assert_int_equal(target_at(w, 0)->snapshot_count, 1); /* it is in the books */
    run(w);
    end(w);
}

/* Beyond the time limit of the snapshots, and the removal of the first is at its manager. */
static struct world *soaking_too_long(const struct plan_shape *plain)
{
    struct plan_shape shape = *plain;
    shape.soak_ms = 80 * HOUR_MS;
    shape.manager_max = 4;
    struct world *w = world_create(&shape, 1);
    add_evidence(&w->plan->playbook);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    world_start(w);
    return w;
}

static void what_is_in_doubt_is_asked_about_before_any_evidence_is_read(void **state)
{
    (void)state;
    struct world *w = soaking_too_long(&linked);
    run_until(w, GROUP_SOAKING);
    allow(w, MANAGER, 1);
    keep(w, 0, ACTIVITY_PRUNE);
    is_lost(w, 0);
    nobody_knows(w, 0);
    say(w, VERB_ROLLBACK, 0);
    assert_int_equal(group_of(w), GROUP_HALTING);
    assert_int_equal(target_at(w, 0)->activity.kind, ACTIVITY_PRUNE);
    assert_int_equal(call_of(w, 0)->action.call, CALL_PROBE);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    end(w);
}

/* The wave has exceeded its budget, and all of it that soaks goes back; the group does not
   while the removal of a snapshot is out, and then it cannot. */
static void a_wave_that_goes_back_waits_for_who_is_at_work(void **state)
{
    (void)state;
    struct plan_shape shape = linked;
    shape.budgets[0] = 0;
    struct world *w = soaking_too_long(&shape);
    w->plan->waves[0].on_exceed = ON_EXCEED_ROLLBACK_WAVE;
    keep_change(w, ALONE);
    run_until(w, GROUP_SOAKING);
    allow(w, MANAGER, 1);
    keep(w, 0, ACTIVITY_PRUNE);
    fails(w, ALONE, "rc 1");
    allow(w, MANAGER, 2); /* so that it can be reverted */
    for (int i = 0; i < 1000 && target_at(w, ALONE)->state == TARGET_ROLLING_BACK; i++)
        assert_true(world_step(w));
    is(w, ALONE, TARGET_ROLLED_BACK, "rc 1");
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_int_equal(group_of(w), GROUP_SOAKING);
    is_done(w, 0, NULL);
    is(w, 1, TARGET_PARKED, "not every member of its link group has a snapshot");
    run(w);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_REVERT), 0);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_name_or_a_reason_it_is_an_operators),
        cmocka_unit_test(who_failed_amid_its_change_is_put_back_first),
        cmocka_unit_test(a_snapshot_that_could_not_be_removed_is_tried_again_by_itself),
        cmocka_unit_test(one_in_doubt_one_failed_and_one_at_work),
        cmocka_unit_test(who_may_not_be_snapshotted_need_not_say_why),
        cmocka_unit_test(who_becomes_ready_after_an_abort_is_skipped),
        cmocka_unit_test(who_waits_ready_for_one_without_a_place_is_prepared_anew),
        cmocka_unit_test(nobody_is_prepared_beside_one_that_was_just_given_up),
        cmocka_unit_test(of_many_domains_those_in_the_way_are_told),
        cmocka_unit_test(who_is_on_the_way_down_is_not_at_rest),
        cmocka_unit_test(who_comes_up_as_another_version_stays_as_it_is),
        cmocka_unit_test(who_has_nothing_to_look_at_goes_on_at_once),
        cmocka_unit_test(who_lost_its_snapshot_is_not_changed_and_not_forgotten),
        cmocka_unit_test(a_stranded_group_reverts_nobody_any_more),
        cmocka_unit_test(
            a_shutdown_that_was_lost_is_not_forgotten_when_the_next_is_refused),
        cmocka_unit_test(a_reason_that_names_the_culprit_names_it_once),
        cmocka_unit_test(who_comes_to_its_end_last_is_stranded_with_the_others),
        cmocka_unit_test(what_is_in_doubt_is_asked_about_before_any_evidence_is_read),
        cmocka_unit_test(a_wave_that_goes_back_waits_for_who_is_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
