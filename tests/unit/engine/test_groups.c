/*
 * test_groups.c - link groups: protected and put back as one, changed one after another.
 *
 * What the appliances themselves received is the judge (world.h: order, power, what was
 * reverted while somebody ran), at every step of whole campaigns, whatever an operator
 * says in it, and wherever slipway is killed in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "group_story.h"
#include "util/auto.h"

/* vc-0001 and vc-0002 are changed, vc-0003 goes along, vc-0004 stands alone. */
static const struct plan_shape linked = {
    .targets = 4,
    .waves = {4},
    .budgets = {3},
    .soak_ms = 600000,
    .in_flight = 4,
    .budget = 3,
    .change_steps = 2,
    .linked = {MEMBERS},
    .companions = 1u << 2,
};

static void assert_rejected(struct world *w, enum verb verb, int target, const char *why)
{
    say(w, verb, target);
    if (!strstr(last_rejection(w), why))
        fail_msg("%s: \"%s\", not \"%s\"", verb_name(verb), last_rejection(w), why);
}

/* First and last of the group's effects of a kind in the ledger. */
static size_t first_of(const struct world *w, enum activity kind)
{
    for (size_t i = 0; i < w->ledger_count; i++) {
        if (w->ledger[i].kind == kind && w->ledger[i].target < MEMBERS)
            return i;
    }
    fail_msg("no %s", activity_name(kind));
    return 0;
}

static size_t last_of(const struct world *w, enum activity kind)
{
    for (size_t i = w->ledger_count; i-- > 0;) {
        if (w->ledger[i].kind == kind && w->ledger[i].target < MEMBERS)
            return i;
    }
    fail_msg("no %s", activity_name(kind));
    return 0;
}

static void all_before_any(const struct world *w, enum activity a, enum activity b)
{
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(world_effects(w, i, a), 1);
        if (b != ACTIVITY_STEP)
            assert_int_equal(world_effects(w, i, b), 1);
    }
    assert_true(last_of(w, a) < first_of(w, b));
}

/* ---- the order ---- */

static void
all_are_off_before_any_is_snapshotted_and_up_before_any_is_changed(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run(w);
    all_before_any(w, ACTIVITY_POWER_OFF, ACTIVITY_SNAPSHOT);
    all_before_any(w, ACTIVITY_SNAPSHOT, ACTIVITY_POWER_ON);
    all_before_any(w, ACTIVITY_POWER_ON, ACTIVITY_STEP);
    all_are(w, TARGET_SUCCEEDED);
    assert_int_equal(group_of(w), GROUP_SUCCEEDED);
    end(w);
}

/* One snapshot covers both steps, and nobody's turn begins before the last is over. */
static void members_are_changed_in_the_plans_order_under_one_snapshot(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run(w);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w->appliances[i].snapshots_taken, 1);
        assert_int_equal(w->appliances[i].updates, 2);
    }
    int turn = 0;
    for (size_t i = 0; i < w->ledger_count; i++) {
        if (w->ledger[i].kind != ACTIVITY_STEP || w->ledger[i].target >= MEMBERS)
            continue;
        assert_int_equal(w->ledger[i].target, turn / 2);
        turn++;
    }
    assert_int_equal(turn, 4);
    end(w);
}

static void a_companion_runs_no_step_and_goes_through_all_the_rest(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run(w);
    assert_int_equal(world_effects(w, 2, ACTIVITY_STEP), 0);
    assert_int_equal(world_effects(w, 2, ACTIVITY_POWER_OFF), 1);
    assert_int_equal(world_effects(w, 2, ACTIVITY_SNAPSHOT), 1);
    assert_int_equal(world_effects(w, 2, ACTIVITY_PRUNE), 1);
    assert_string_equal(w->appliances[2].version, "1.0");
    assert_int_equal(target_at(w, 2)->state, TARGET_SUCCEEDED);
    end(w);
}

static void snapshots_go_when_all_have_soaked_and_not_before(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_SOAKING);
    int64_t since_ms = w->now_ms;
    all_are(w, TARGET_SOAKING);
    run_until(w, GROUP_CLEANING);
    assert_true(w->now_ms >= since_ms + linked.soak_ms);
    assert_int_equal(world_effects(w, 0, ACTIVITY_PRUNE), 0);
    run(w);
    end(w);
}

/* ---- going back ---- */

static void one_is_convicted_and_all_go_back(void **state)
{
    (void)state;
    for (int sick = 0; sick < 2; sick++) {
        struct world *w = begin(&linked);
        w->appliances[sick].faults = FAULT_SICK;
        run(w);
        all_are(w, TARGET_ROLLED_BACK);
        for (int i = 0; i < MEMBERS; i++) {
            assert_int_equal(world_effects(w, i, ACTIVITY_REVERT), 1);
            assert_string_equal(w->appliances[i].version, "1.0");
            assert_true(w->appliances[i].on && !w->appliances[i].snapshots_held);
        }
        size_t reverts = first_of(w, ACTIVITY_REVERT);
        assert_true(last_of(w, ACTIVITY_POWER_OFF) < reverts);
        assert_true(last_of(w, ACTIVITY_REVERT) < last_of(w, ACTIVITY_POWER_ON));
        /* the group is one failure, and so is what budgets see of it */
        assert_int_equal(engine_state(w->engine)->failed, 1);
        end(w);
    }
}

static void a_companion_that_turns_sick_takes_all_back(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_SOAKING);
    w->appliances[2].healthy = false;
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    end(w);
}

static void who_cannot_be_protected_turns_everybody_back_unchanged(void **state)
{
    (void)state;
    static const unsigned faults[] = {FAULT_SNAPSHOT_FAILS, FAULT_STAYS_ON};
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        struct world *w = begin(&linked);
        w->appliances[1].faults = faults[i];
        run(w);
        all_are(w, TARGET_ROLLED_BACK);
        for (int k = 0; k < MEMBERS; k++) {
            assert_int_equal(world_effects(w, k, ACTIVITY_REVERT), 0);
            assert_int_equal(world_effects(w, k, ACTIVITY_STEP), 0);
            assert_true(w->appliances[k].on && !w->appliances[k].snapshots_held);
        }
        end(w);
    }
}

static void if_one_cannot_be_reverted_nobody_is_powered_on(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[0].faults = FAULT_SICK;
    w->appliances[1].faults = FAULT_REVERT_FAILS;
    run(w);
    all_are(w, TARGET_STRANDED);
    for (int i = 0; i < MEMBERS; i++) {
        assert_false(w->appliances[i].on);
        assert_non_null(strstr(target_at(w, i)->reason,
                               "vc-0002 of link group sso-1 could not be reverted, so "
                               "nobody is powered on; mend that, then: slipway rollback "
                               "vc-0002"));
    }
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    assert_int_equal(engine_state(w->engine)->failed, 1);
    w->appliances[1].faults = 0;
    say(w, VERB_ROLLBACK, 0);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    for (int i = 0; i < MEMBERS; i++)
        assert_true(w->appliances[i].on);
    end(w);
}

static void a_group_that_is_not_well_after_the_revert_is_stranded(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[0].faults = FAULT_SICK;
    run_until(w, GROUP_RESTARTING);
    w->appliances[2].faults = FAULT_SICK_BOOT;
    run(w);
    all_are(w, TARGET_STRANDED);
    assert_non_null(strstr(target_at(w, 0)->reason, "vc-0003 of link group sso-1 is not "
                                                    "as it was before"));
    for (int i = 0; i < MEMBERS; i++) /* the way back stays open */
        assert_int_equal(w->appliances[i].snapshots_held, 1);
    end(w);
}

/* ---- stopping ---- */

static void one_that_parks_stops_all_where_they_are(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[1].faults = FAULT_SICK_BOOT;
    run(w);
    all_are(w, TARGET_PARKED);
    assert_non_null(strstr(target_at(w, 1)->reason, "nothing is changed yet"));
    assert_string_equal(target_at(w, 0)->reason,
                        "waits for vc-0002 of link group sso-1, which is parked");
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_STEP), 0);
    /* whichever of them is named: the group goes on */
    w->appliances[1].faults = 0;
    w->appliances[1].healthy = true;
    say(w, VERB_RETRY, 0);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(w->appliances[i].snapshots_taken, 1);
        assert_int_equal(world_effects(w, i, ACTIVITY_POWER_OFF), 1);
    }
    end(w);
}

static void one_that_cannot_be_prepared_keeps_all_from_starting(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[2].faults = FAULT_REFUSES;
    run(w);
    all_are(w, TARGET_FAILED);
    assert_int_equal(group_of(w), GROUP_FAILED);
    assert_non_null(
        strstr(target_at(w, 0)->reason, "vc-0003 of link group sso-1 failed"));
    assert_int_equal(target_at(w, 3)->state, TARGET_SUCCEEDED);
    assert_int_equal(engine_state(w->engine)->failed, 1);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(world_effects(w, i, ACTIVITY_POWER_OFF), 0);
    w->appliances[2].faults = 0;
    say(w, VERB_RETRY, -1);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    end(w);
}

/* ---- operators ---- */

static void rollback_of_one_is_rollback_of_all(void **state)
{
    (void)state;
    for (int named = 0; named < MEMBERS; named++) {
        struct world *w = begin(&linked);
        run_until(w, GROUP_SOAKING);
        say(w, VERB_ROLLBACK, named);
        run(w);
        all_are(w, TARGET_ROLLED_BACK);
        assert_int_equal(engine_state(w->engine)->failed, 0); /* a wish, no failure */
        say(w, VERB_RETRY, named);
        run(w);
        all_are(w, TARGET_SUCCEEDED);
        end(w);
    }
}

static void nothing_is_undone_while_anybody_is_at_work(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    while (target_at(w, 1)->activity.state != STEP_RUNNING)
        assert_true(world_step(w));
    assert_int_equal(target_at(w, 0)->state, TARGET_SOAKING);
    assert_rejected(w, VERB_ROLLBACK, 0,
                    "vc-0002 of link group sso-1 has an effect under way");
    run(w);
    assert_rejected(w, VERB_ROLLBACK, 0, "there is nothing to roll back");
    end(w);
}

static void skip_of_one_leaves_all_alone(void **state)
{
    (void)state;
    struct world *w = world_create(&linked, 1);
    say(w, VERB_SKIP, 1); /* before anything began */
    world_start(w);
    run(w);
    all_are(w, TARGET_SKIPPED);
    assert_int_equal(group_of(w), GROUP_LEFT);
    assert_string_equal(target_at(w, 0)->reason,
                        "with vc-0002 of link group sso-1: because");
    say(w, VERB_RETRY, 0);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    end(w);
}

static void skip_is_refused_while_one_of_them_is_in_the_middle(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_CHANGING);
    assert_rejected(w, VERB_SKIP, 2, "link group sso-1 goes together, and vc-0001 is");
    run_until(w, GROUP_CLEANING);
    run(w);
    end(w);
}

static void a_stopped_group_can_be_left_alone_and_still_be_put_back(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    w->appliances[1].faults = FAULT_SICK_BOOT;
    run(w);
    say(w, VERB_SKIP, 0);
    run(w);
    all_are(w, TARGET_SKIPPED);
    assert_rejected(w, VERB_RETRY, 0, "the group begins anew together");
    w->appliances[1].faults = 0;
    say(w, VERB_ROLLBACK, 2);
    run(w);
    all_are(w, TARGET_ROLLED_BACK);
    end(w);
}

static void a_hold_keeps_all_from_being_shut_down(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_GUARDING);
    say(w, VERB_HOLD, 2);
    run(w);
    assert_int_equal(group_of(w), GROUP_GUARDING);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_HELD);
    assert_int_equal(world_effects(w, 0, ACTIVITY_POWER_OFF), 0);
    say(w, VERB_RELEASE, 2);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    end(w);
}

/* Nobody stays off for a hold; whose turn comes later waits for it. */
static void a_hold_that_comes_later_stops_before_the_next_change(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_SNAPSHOTTING);
    say(w, VERB_HOLD, 0);
    run(w);
    assert_int_equal(group_of(w), GROUP_CHANGING);
    assert_int_equal(target_at(w, 0)->state, TARGET_CHANGING);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_HELD);
    for (int i = 0; i < MEMBERS; i++) {
        assert_true(w->appliances[i].on);
        assert_int_equal(world_effects(w, i, ACTIVITY_STEP), 0);
    }
    say(w, VERB_RELEASE, 0);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    end(w);
}

static void a_pause_leaves_nobody_switched_off(void **state)
{
    (void)state;
    static const enum group_state_id moments[] = {GROUP_SHUTTING_DOWN, GROUP_SNAPSHOTTING,
                                                  GROUP_STARTING, GROUP_PROVING};
    for (size_t k = 0; k < ARRAY_LENGTH(moments); k++) {
        struct world *w = begin(&linked);
        run_until(w, moments[k]);
        say(w, VERB_PAUSE, -1);
        run(w);
        assert_int_equal(group_of(w), GROUP_CHANGING);
        for (int i = 0; i < MEMBERS; i++)
            assert_true(w->appliances[i].on);
        assert_int_equal(world_effects(w, 0, ACTIVITY_STEP), 0);
        assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_PAUSED);
        say(w, VERB_UNPAUSE, -1);
        run(w);
        all_are(w, TARGET_SUCCEEDED);
        end(w);
    }
}

static void an_abort_lets_an_admitted_group_end(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_SNAPSHOTTING);
    say(w, VERB_ABORT, -1);
    run(w);
    all_are(w, TARGET_SUCCEEDED);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_ABORTED);
    end(w);
    w = world_create(&linked, 1);
    world_start(w);
    say(w, VERB_ABORT, -1);
    run(w);
    all_are(w, TARGET_SKIPPED);
    assert_int_equal(group_of(w), GROUP_LEFT);
    end(w);
}

static void promoting_one_ends_the_soak_of_all(void **state)
{
    (void)state;
    struct world *w = begin(&linked);
    run_until(w, GROUP_CHANGING);
    while (target_at(w, 0)->state != TARGET_SOAKING)
        assert_true(world_step(w));
    assert_rejected(w, VERB_PROMOTE, 0, "nothing is soaking there");
    run_until(w, GROUP_SOAKING);
    int64_t since_ms = w->now_ms;
    say(w, VERB_PROMOTE, 1);
    run_until(w, GROUP_CLEANING);
    assert_true(w->now_ms < since_ms + linked.soak_ms);
    run(w);
    end(w);
}

/* ---- admission ---- */

static const char *first_blocker(struct world *w, int target, struct blocker *list)
{
    struct admission_facts facts;
    engine_admission_facts(w->engine, target, w->now_ms, &facts);
    return admission_evaluate(&facts, list) ? list[0].text : "";
}

static void all_start_at_once_or_nobody_does(void **state)
{
    (void)state;
    struct plan_shape narrow = linked;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    narrow.in_flight = 3;
    struct world *w = world_create(&narrow, 3);
    world_start(w);
    say(w, VERB_HOLD, 3);
    while (world_count(w, TARGET_READY) + world_count(w, TARGET_SNAPSHOTTING) < MEMBERS)
        assert_true(world_step(w));
    run_until(w, GROUP_GUARDING);
    all_are(w, TARGET_SNAPSHOTTING);
    run(w);
    end(w);
    /* one place too few */
    w = world_create(&narrow, 3);
    world_start(w);
    world_tell(w, (struct command){.verb = VERB_SET,
                                   .target = -1,
                                   .wave = -1,
                                   .setting = "in_flight",
                                   .number = 2});
    run(w);
    assert_string_equal(first_blocker(w, 1, list),
                        "0 of at most 2 targets are in flight, and its link group needs "
                        "room for 3");
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_STUCK);
    end(w);
}

static void it_says_for_whom_it_waits(void **state)
{
    (void)state;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    struct world *w = begin(&linked);
    while (target_at(w, 0)->state != TARGET_READY)
        assert_true(world_step(w));
    if (target_at(w, 1)->state != TARGET_READY) {
        const char *text = first_blocker(w, 0, list);
        assert_non_null(strstr(text, "of link group sso-1: they start together"));
    }
    say(w, VERB_HOLD, 2);
    run(w);
    assert_string_equal(first_blocker(w, 0, list),
                        "vc-0003 of link group sso-1 is held by olga until released: "
                        "because");
    end(w);
}

static void a_strict_budget_takes_a_group_as_one(void **state)
{
    (void)state;
    struct plan_shape strict = linked;
    strict.mode = BUDGET_STRICT;
    strict.budgets[0] = strict.budget = 0;
    struct world *w = world_create(&strict, 1);
    w->appliances[0].faults = FAULT_SICK;
    world_start(w);
    while (world_step(w))
        assert_in_range(engine_state(w->engine)->at_risk, 0, 1);
    all_are(w, TARGET_ROLLED_BACK);
    assert_int_equal(w->most_in_flight, MEMBERS);
    assert_int_equal(w->most_failed, 1);
    assert_int_equal(engine_state(w->engine)->campaign, CAMPAIGN_PAUSED);
    end(w);
}

/* ---- anywhere ---- */

/* Until the k-th step: false, if it is over before. */
static bool go(struct world *w, int steps)
{
    while (steps-- > 0) {
        if (!world_step(w))
            return false;
    }
    return true;
}

/* An operator helps until it is over. */
static void help(struct world *w)
{
    for (int i = 0; i < 40; i++) {
        run(w);
        switch (engine_waiting(w->engine, w->now_ms)) {
        case ENGINE_OVER:
            return;
        case ENGINE_PAUSED:
            say(w, VERB_UNPAUSE, -1);
            break;
        case ENGINE_HELD:
            for (int k = 0; k < 4; k++) {
                if (target_at(w, k)->hold_reason)
                    say(w, VERB_RELEASE, k);
            }
            break;
        default:
            fail_msg("it waits (%d) for nobody",
                     (int)engine_waiting(w->engine, w->now_ms));
        }
    }
    fail_msg("it never ends");
}

/* Whoever is reverted, all are, and as often. */
static void all_or_nobody(const struct world *w)
{
    for (int i = 1; i < MEMBERS; i++) {
        assert_int_equal(world_effects(w, i, ACTIVITY_REVERT) > 0,
                         world_effects(w, 0, ACTIVITY_REVERT) > 0);
        assert_string_equal(w->appliances[0].version[0] == '1' ? "1.0" : "2.0",
                            w->appliances[i == 2 ? 0 : i].version);
    }
}

static const unsigned illnesses[] = {0, FAULT_SICK, FAULT_LIES, FAULT_SNAPSHOT_FAILS};

static void killed_at_any_step_it_comes_to_the_same(void **state)
{
    (void)state;
    for (size_t ill = 0; ill < ARRAY_LENGTH(illnesses); ill++) {
        bool more = true;
        for (int k = 0; more; k++) {
            struct world *w = begin(&linked);
            w->appliances[1].faults = illnesses[ill];
            more = go(w, k);
            assert_true(world_crash(w));
            help(w);
            all_are(w, ill ? TARGET_ROLLED_BACK : TARGET_SUCCEEDED);
            all_or_nobody(w);
            world_destroy(w);
        }
    }
}

/* The table: every moment x every verb x every member, and no one is ever reverted alone,
   nor two changed at once, nor one changed whose group is not protected. */
static void whatever_is_said_whenever_of_whomever_the_group_stays_whole(void **state)
{
    (void)state;
    static const enum verb verbs[] = {VERB_RETRY,   VERB_SKIP,    VERB_ROLLBACK,
                                      VERB_HOLD,    VERB_RELEASE, VERB_PAUSE,
                                      VERB_PROMOTE, VERB_ABORT};
    long said = 0;
    for (size_t ill = 0; ill < 2; ill++) {
        for (size_t v = 0; v < ARRAY_LENGTH(verbs); v++) {
            bool more = true;
            for (int k = 0; more; k += verbs[v] == VERB_ROLLBACK ? 1 : 3) {
                struct world *w = begin(&linked);
                w->appliances[1].faults = illnesses[ill];
                more = go(w, k);
                int named = verbs[v] == VERB_PAUSE || verbs[v] == VERB_ABORT ? -1 : k % 3;
                say(w, verbs[v], named);
                help(w);
                all_or_nobody(w);
                world_destroy(w);
                said++;
            }
        }
    }
    assert_true(said > 500);
}

/* The answer instead of what the appliance would have done; nobody heard is heard. */
static void answer_instead(struct world *w, int target, enum slipway_outcome outcome)
{
    struct model_appliance *m = &w->appliances[target];
    const struct activity_state *a = &target_at(w, target)->activity;
    struct input input = {.kind = INPUT_OUTCOME,
                          .outcome = {.call_id = a->call_id,
                                      .target = target,
                                      .outcome = outcome,
                                      .sentence = "no"}};
    for (size_t i = w->queue_count; outcome != SLIPWAY_UNKNOWN && i-- > 0;) {
        if (w->queue[i].action.call_id != a->call_id)
            continue;
        free(w->queue[i].handle);
        w->queue[i] = w->queue[--w->queue_count];
    }
    if (a->call == CALL_POLL && outcome == SLIPWAY_FAILED)
        m->job_intent = 0;
    world_input(w, &input);
}

/* Answers that an executor may give to any call of a member. */
static void whatever_is_answered_the_group_stays_whole(void **state)
{
    (void)state;
    static const enum slipway_outcome outcomes[] = {SLIPWAY_FAILED, SLIPWAY_REFUSED,
                                                    SLIPWAY_UNKNOWN, SLIPWAY_RETRY};
    for (size_t o = 0; o < ARRAY_LENGTH(outcomes); o++) {
        bool more = true;
        for (int k = 0; more; k++) {
            struct world *w = begin(&linked);
            more = go(w, k);
            for (int i = 0; i < MEMBERS; i++) {
                if (target_at(w, i)->activity.call == CALL_NONE)
                    continue;
                answer_instead(w, i, outcomes[o]);
                break;
            }
            for (int tries = 0; tries < 6; tries++) {
                run(w);
                if (engine_waiting(w->engine, w->now_ms) == ENGINE_OVER)
                    break;
                say(w, VERB_UNPAUSE, -1);
                say(w, VERB_RETRY, -1);
            }
            assert_null(w->broken);
            world_destroy(w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            all_are_off_before_any_is_snapshotted_and_up_before_any_is_changed),
        cmocka_unit_test(members_are_changed_in_the_plans_order_under_one_snapshot),
        cmocka_unit_test(a_companion_runs_no_step_and_goes_through_all_the_rest),
        cmocka_unit_test(snapshots_go_when_all_have_soaked_and_not_before),
        cmocka_unit_test(one_is_convicted_and_all_go_back),
        cmocka_unit_test(a_companion_that_turns_sick_takes_all_back),
        cmocka_unit_test(who_cannot_be_protected_turns_everybody_back_unchanged),
        cmocka_unit_test(if_one_cannot_be_reverted_nobody_is_powered_on),
        cmocka_unit_test(a_group_that_is_not_well_after_the_revert_is_stranded),
        cmocka_unit_test(one_that_parks_stops_all_where_they_are),
        cmocka_unit_test(one_that_cannot_be_prepared_keeps_all_from_starting),
        cmocka_unit_test(rollback_of_one_is_rollback_of_all),
        cmocka_unit_test(nothing_is_undone_while_anybody_is_at_work),
        cmocka_unit_test(skip_of_one_leaves_all_alone),
        cmocka_unit_test(skip_is_refused_while_one_of_them_is_in_the_middle),
        cmocka_unit_test(a_stopped_group_can_be_left_alone_and_still_be_put_back),
        cmocka_unit_test(a_hold_keeps_all_from_being_shut_down),
        cmocka_unit_test(a_hold_that_comes_later_stops_before_the_next_change),
        cmocka_unit_test(a_pause_leaves_nobody_switched_off),
        cmocka_unit_test(an_abort_lets_an_admitted_group_end),
        cmocka_unit_test(promoting_one_ends_the_soak_of_all),
        cmocka_unit_test(all_start_at_once_or_nobody_does),
        cmocka_unit_test(it_says_for_whom_it_waits),
        cmocka_unit_test(a_strict_budget_takes_a_group_as_one),
        cmocka_unit_test(killed_at_any_step_it_comes_to_the_same),
        cmocka_unit_test(whatever_is_said_whenever_of_whomever_the_group_stays_whole),
        cmocka_unit_test(whatever_is_answered_the_group_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
