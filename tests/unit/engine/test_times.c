/*
 * test_times.c - verbs and records about time: calendars that change under way,
 * overrides, approvals that end, the clock; prechecks that grow old; and many that fall
 * silent at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "times.h"
#include "util/auto.h"
#include "world.h"

#define MIN  60000LL
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static const struct plan_shape three = {
    .targets = 3, .budgets = {3}, .budget = 3, .soak_ms = 600000};

static int64_t at(int64_t since_start_ms)
{
    return WORLD_START_MS + since_start_ms;
}

static const struct target_state *target_at(const struct world *w, int target)
{
    return &engine_state(w->engine)->targets[target];
}

static void run(struct world *w)
{
    assert_true(world_run(w, 200000));
}

static void run_until(struct world *w, int target, enum target_state_id state)
{
    while (target_at(w, target)->state != state)
        assert_true(world_step(w));
}

static const struct record *last(const struct world *w, enum record_kind kind)
{
    for (size_t i = w->journal_count; i-- > 0;) {
        if (w->journal[i].kind == kind)
            return &w->journal[i];
    }
    return NULL;
}

static int count(const struct world *w, enum record_kind kind)
{
    int found = 0;
    for (size_t i = 0; i < w->journal_count; i++)
        found += w->journal[i].kind == kind;
    return found;
}

/* The engine anew, after the plan was changed by the test. */
static void renew(struct world *w)
{
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
}

/* All targets bound by one calendar that is open then. */
static struct world *begin(int64_t from_ms, int64_t until_ms)
{
    struct world *w = world_create(&three, 1);
    int calendar = times_calendar(w->plan, "fleet", false);
    times_span(w->plan, calendar, from_ms, until_ms);
    for (int i = 0; i < 3; i++)
        times_bind(w->plan, i, calendar);
    times_done(w->plan);
    renew(w);
    return w;
}

static void give_labels(struct world *w)
{
    static const char *const customers[] = {"acme", "acme", "bolt"};
    for (int i = 0; i < 3; i++) {
        free(w->plan->targets[i].doc);
        w->plan->targets[i].doc =
            xasprintf("{\"labels\":{\"customer\":\"%s\"}}", customers[i]);
    }
}

static void tell_calendar(struct world *w, const char *document)
{
    world_tell(w,
               (struct command){
                   .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = document});
}

static void is_rejected(const struct world *w, const char *says)
{
    const struct record *r = &w->journal[w->journal_count - 1];
    assert_int_equal(r->kind, RECORD_REJECTED);
    if (!strstr(r->text, says))
        fail_msg("\"%s\" does not say \"%s\"", r->text, says);
}

/* ---- calendars ---- */

static void a_calendar_that_is_replaced_binds_the_same_targets_anew(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(DAY + 4 * HOUR));
    world_start(w);
    assert_int_equal(engine_deadline(w->engine), at(DAY) - 31 * MIN);
    auto_free char *sooner =
        times_document("fleet", "calendar-0.ics", false, at(HOUR), at(5 * HOUR));
    tell_calendar(w, sooner);
    assert_int_equal(engine_time(w->engine)->calendar_count, 1);
    assert_int_equal(w->plan->time.calendars[0].spans.items[0].from_ms, at(DAY));
    run_until(w, 0, TARGET_SNAPSHOTTING);
    assert_int_equal(w->now_ms, at(HOUR));
    assert_true(world_crash(w)); /* and it is there after a restart */
    run(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    world_destroy(w);
}

/* Without any time rule in the plan: who is named is bound, the others are not. */
static void a_calendar_can_be_added_to_a_plan_without_any(void **state)
{
    (void)state;
    struct world *w = world_create(&three, 1);
    give_labels(w);
    auto_free char *acme =
        times_document("customer=acme", "acme.ics", false, at(DAY), at(DAY + 4 * HOUR));
    world_start(w);
    tell_calendar(w, acme);
    run(w);
    assert_true(target_at(w, 2)->soak_until_ms < at(HOUR));
    assert_true(target_at(w, 0)->soak_until_ms > at(DAY));
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    world_destroy(w);
}

static int64_t opens(const struct world *w, int target)
{
    return window_next_start(engine_time(w->engine), w->plan, target, w->now_ms);
}

static void an_appliances_own_calendar_takes_the_place_of_its_labels(void **state)
{
    (void)state;
    struct world *w = world_create(&three, 1);
    give_labels(w);
    auto_free char *acme =
        times_document("customer=acme", "acme.ics", false, at(DAY), at(2 * DAY));
    auto_free char *own =
        times_document("appliance=vc-0001", "own.ics", false, at(2 * HOUR), at(8 * HOUR));
    auto_free char *site =
        times_document("site=s0", "site.ics", false, at(3 * HOUR), at(2 * DAY));
    auto_free char *all =
        times_document("campaign", "all.ics", false, at(4 * HOUR), at(2 * DAY));
    world_start(w);
    tell_calendar(w, acme);
    assert_int_equal(opens(w, 0), at(DAY));
    tell_calendar(w, own);
    assert_int_equal(opens(w, 0), at(2 * HOUR));
    assert_int_equal(opens(w, 1), at(DAY));
    tell_calendar(w, site); /* a label too: the own one stands in for it */
    assert_int_equal(opens(w, 0), at(2 * HOUR));
    assert_int_equal(opens(w, 2), at(3 * HOUR));
    tell_calendar(w, all); /* the campaign's windows always narrow */
    assert_int_equal(opens(w, 0), at(4 * HOUR));
    assert_int_equal(opens(w, 2), at(4 * HOUR));
    world_destroy(w);
}

static void calendars_that_say_nothing_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "{\"source\":\"a\",\"scope\":\"fleet\"}"};
    struct world *w = world_create(&three, 1);
    world_start(w);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        tell_calendar(w, bad[i]);
        assert_int_equal(w->journal[w->journal_count - 1].kind, RECORD_REJECTED);
    }
    tell_calendar(w, NULL);
    assert_int_equal(w->journal[w->journal_count - 1].kind, RECORD_REJECTED);
    auto_free char *nobody =
        times_document("customer=nobody", "a.ics", false, 1, at(DAY));
    tell_calendar(w, nobody);
    is_rejected(w, "customer=nobody names no target");
    struct record forged = {.kind = RECORD_CALENDAR, .wave = -1, .target = -1};
    assert_int_equal(engine_replay(w->engine, &forged), -1);
    assert_int_equal(count(w, RECORD_CALENDAR), 0);
    world_destroy(w);
}

static void a_document_is_what_it_was_and_never_too_long(void **state)
{
    (void)state;
    auto_free char *text = times_document("site=rbx", "a.ics", true, 100, 200);
    struct plan_calendar read = {0};
    assert_int_equal(calendar_change_read(text, &read, NULL), 0);
    assert_true(read.freeze);
    assert_string_equal(read.zone, "UTC");
    auto_free char *again = calendar_change_json(&read);
    assert_string_equal(text, again);
    for (int64_t i = 0; i < 5000; i++)
        spans_add(&read.spans, i * 1000000000, i * 1000000000 + 1);
    assert_null(calendar_change_json(&read));
    calendar_change_clear(&read);
}

/* ---- overrides ---- */

static void override(struct world *w, int target, int64_t until_ms, const char *reason)
{
    world_tell(w, (struct command){.verb = VERB_OVERRIDE,
                                   .target = target,
                                   .wave = -1,
                                   .number = until_ms,
                                   .reason = reason});
}

static void an_override_lets_all_start_until_it_ends(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(DAY + 4 * HOUR));
    world_start(w);
    override(w, -1, at(HOUR), "it is exploited");
    const struct override *o =
        times_override(engine_times(w->engine), w->plan, 1, w->now_ms);
    assert_string_equal(o->reason, "it is exploited");
    assert_string_equal(o->actor, "olga");
    run_until(w, 0, TARGET_SOAKING);
    run(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    assert_int_equal(count(w, RECORD_OVERRUN), 0); /* nothing bound it */
    world_destroy(w);
}

static void an_override_can_be_ended(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(DAY + 4 * HOUR));
    world_start(w);
    override(w, 1, 0, "never mind");
    is_rejected(w, "no override holds there");
    world_command(w, VERB_HOLD, 1, -1, "wait");
    override(w, 1, at(HOUR), "now");
    override(w, 1, 0, "never mind");
    world_command(w, VERB_RELEASE, 1, -1, "go");
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_WINDOW);
    run_until(w, 1, TARGET_SNAPSHOTTING);
    assert_int_equal(w->now_ms, at(DAY));
    world_destroy(w);
}

static void an_override_needs_a_reason_an_end_and_something_to_override(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(DAY + 4 * HOUR));
    world_start(w);
    override(w, -1, at(HOUR), NULL);
    is_rejected(w, "needs a reason");
    override(w, -1, at(-HOUR), "late");
    is_rejected(w, "would have ended already");
    override(w, -1, at(8 * DAY), "for good");
    is_rejected(w, "a week at most");
    world_destroy(w);
    struct world *free_world = world_create(&three, 1);
    world_start(free_world);
    override(free_world, -1, at(HOUR), "hurry");
    is_rejected(free_world, "there is nothing to override");
    world_destroy(free_world);
}

/* ---- approvals ---- */

static void approve(struct world *w, int wave, int64_t until_ms, const char *digest)
{
    world_tell(w, (struct command){.verb = VERB_APPROVE,
                                   .target = -1,
                                   .wave = wave,
                                   .number = until_ms,
                                   .reason = "CHG-4711",
                                   .detail = digest});
}

static void an_approval_is_bound_to_the_plan_and_ends(void **state)
{
    (void)state;
    struct plan_shape shape = three;
    shape.approval = true;
    shape.in_flight = 1;
    struct world *w = world_create(&shape, 1);
    w->plan->digest = xstrdup("abcdef0123456789");
    world_start(w);
    approve(w, -1, at(15 * MIN), "0000000000000000");
    is_rejected(w, "that approval is for plan 000000000000, this campaign runs plan "
                   "abcdef012345");
    approve(w, -1, at(-MIN), NULL);
    is_rejected(w, "would have ended already");
    approve(w, -1, at(15 * MIN), "abcdef0123456789");
    const struct record *r = last(w, RECORD_APPROVED);
    assert_string_equal(r->detail, "abcdef0123456789");
    assert_string_equal(r->text, "CHG-4711");
    assert_int_equal(r->number, at(15 * MIN));
    run(w);
    /* one every ten minutes: the third may not start any more */
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_APPROVAL);
    struct admission_facts facts;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    for (int i = 0; i < 3; i++) {
        if (target_at(w, i)->state != TARGET_READY)
            continue;
        engine_admission_facts(w->engine, i, w->now_ms, &facts);
        assert_int_equal(admission_evaluate(&facts, list), 1);
        assert_int_equal(list[0].kind, BLOCKER_APPROVAL_EXPIRED);
    }
    approve(w, -1, 0, NULL);
    run(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    world_destroy(w);
}

/* A hold that ends by itself waits for nobody, but then the approval is missing. */
static void a_short_hold_does_not_hide_that_the_approval_ended(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 1, .approval = true};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    approve(w, -1, w->now_ms + 1, NULL);
    run(w);
    assert_int_equal(target_at(w, 0)->state, TARGET_READY);
    struct command hold = {.verb = VERB_HOLD, .target = 0, .wave = -1, .reason = "lunch"};
    hold.number = w->now_ms + MIN;
    world_tell(w, hold);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_APPROVAL);
    hold.number = 0; /* until somebody releases it: the approval is of no use before */
    world_tell(w, hold);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_HELD);
    world_command(w, VERB_RELEASE, 0, -1, "lunch is over");
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_APPROVAL);
    world_destroy(w);
}

static void a_gates_approval_can_end_too(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 2,
                               .waves = {1, 1},
                               .budgets = {1, 1},
                               .budget = 2,
                               .soak_ms = 600000,
                               .gate = true};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    approve(w, 1, at(5 * MIN), NULL); /* before the first wave is through */
    run(w);
    assert_int_equal(target_at(w, 1)->state, TARGET_READY);
    assert_int_equal(engine_waiting(w->engine, w->now_ms), ENGINE_APPROVAL);
    approve(w, -1, 0, NULL);
    run(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 2);
    world_destroy(w);
}

/* ---- the clock ---- */

static void the_clock_matters_only_where_time_does(void **state)
{
    (void)state;
    struct world *w = world_create(&three, 1);
    world_start(w);
    world_trust(w, false, "it was stepped");
    run(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 3);
    world_destroy(w);
}

static void trust_is_recorded_when_it_changes_or_somebody_vouches(void **state)
{
    (void)state;
    struct world *w = begin(at(DAY), at(DAY + 4 * HOUR));
    world_start(w);
    world_trust(w, true, NULL);
    assert_int_equal(count(w, RECORD_CLOCK), 0);
    world_trust(w, false, NULL);
    world_trust(w, false, "still");
    assert_int_equal(count(w, RECORD_CLOCK), 1);
    struct input vouch = {.kind = INPUT_CLOCK, .number = 1, .actor = "olga"};
    world_input(w, &vouch);
    world_input(w, &vouch);
    assert_int_equal(count(w, RECORD_CLOCK), 3);
    assert_null(engine_times(w->engine)->clock);
    world_destroy(w);
}

/* ---- what grows old ---- */

static void who_was_ready_for_a_day_is_looked_at_again(void **state)
{
    (void)state;
    struct plan_shape shape = three;
    shape.targets = 1;
    struct world *w = world_create(&shape, 1);
    world_start(w);
    world_command(w, VERB_HOLD, 0, -1, "customer asked");
    world_command(w, VERB_RELEASE, 0, -1, "go");
    run_until(w, 0, TARGET_PREPARING);
    world_command(w, VERB_HOLD, 0, -1, "customer asked again");
    run_until(w, 0, TARGET_READY);
    w->now_ms += DAY + MIN;
    world_command(w, VERB_RELEASE, 0, -1, "go");
    const struct record *r = last(w, RECORD_TARGET);
    assert_int_equal(r->to, TARGET_PREPARING);
    run(w);
    assert_int_equal(target_at(w, 0)->state, TARGET_SUCCEEDED);
    assert_int_equal(target_at(w, 0)->retries, 0); /* nobody asked for it */
    world_destroy(w);
}

/* ---- silence ---- */

/* So many do not answer after their change, one by one or all at once. */
static struct world *fall_silent(int silent, int in_flight)
{
    struct plan_shape shape = {.targets = 5,
                               .budgets = {5},
                               .budget = 5,
                               .in_flight = in_flight,
                               .soak_ms = 600000};
    struct world *w = world_create(&shape, 1);
    world_start(w);
    while (world_count(w, TARGET_CHECKING) < 1 || world_count(w, TARGET_CHANGING)) {
        assert_true(world_step(w));
        for (int i = 0; i < silent; i++) /* gone with the reboot of the update */
            w->appliances[i].on =
                w->appliances[i].on && target_at(w, i)->state != TARGET_CHECKING;
    }
    for (int i = 0; i < silent; i++)
        w->appliances[i].on = false;
    run(w);
    return w;
}

static void one_silent_appliance_is_undone(void **state)
{
    (void)state;
    struct world *w = fall_silent(1, 5);
    assert_int_equal(target_at(w, 0)->state, TARGET_ROLLED_BACK);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 4);
    world_destroy(w);
}

static void many_silent_at_once_are_parked_and_not_undone(void **state)
{
    (void)state;
    struct world *w = fall_silent(4, 5);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(target_at(w, i)->state, TARGET_PARKED);
        assert_non_null(strstr(target_at(w, i)->reason, "inconclusive"));
        assert_int_equal(world_effects(w, i, ACTIVITY_REVERT), 0);
        w->appliances[i].on = true; /* the line is back */
    }
    for (int i = 0; i < 4; i++)
        world_command(w, VERB_RETRY, i, -1, "the line is back");
    run(w);
    assert_int_equal(world_count(w, TARGET_SUCCEEDED), 5);
    world_destroy(w);
}

static void what_answers_red_is_no_silence(void **state)
{
    (void)state;
    struct plan_shape shape = {.targets = 4, .budgets = {5}, .budget = 5};
    struct world *w = world_create(&shape, 1);
    for (int i = 0; i < 4; i++)
        w->appliances[i].faults = FAULT_SICK;
    world_start(w);
    run(w);
    assert_int_equal(world_count(w, TARGET_ROLLED_BACK), 4);
    world_destroy(w);
}

/* ---- rejections ---- */

/* What is rejected is the verb of this step, not what else came about in it. */
static void a_verb_gets_its_own_answer(void **state)
{
    (void)state;
    struct world *w = world_create(&three, 1);
    world_start(w);
    struct input input = {.kind = INPUT_COMMAND,
                          .command = {.verb = VERB_RELEASE, .target = 0, .wave = -1}};
    struct engine_output out = engine_step(w->engine, w->now_ms, &input, 1);
    assert_non_null(out.rejection);
    assert_non_null(strstr(out.rejection->text, "vc-0001 is not held"));
    input.command.verb = VERB_HOLD;
    out = engine_step(w->engine, w->now_ms, &input, 1);
    assert_null(out.rejection);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calendar_that_is_replaced_binds_the_same_targets_anew),
        cmocka_unit_test(a_calendar_can_be_added_to_a_plan_without_any),
        cmocka_unit_test(an_appliances_own_calendar_takes_the_place_of_its_labels),
        cmocka_unit_test(calendars_that_say_nothing_are_refused),
        cmocka_unit_test(a_document_is_what_it_was_and_never_too_long),
        cmocka_unit_test(an_override_lets_all_start_until_it_ends),
        cmocka_unit_test(an_override_can_be_ended),
        cmocka_unit_test(an_override_needs_a_reason_an_end_and_something_to_override),
        cmocka_unit_test(an_approval_is_bound_to_the_plan_and_ends),
        cmocka_unit_test(a_short_hold_does_not_hide_that_the_approval_ended),
        cmocka_unit_test(a_gates_approval_can_end_too),
        cmocka_unit_test(the_clock_matters_only_where_time_does),
        cmocka_unit_test(trust_is_recorded_when_it_changes_or_somebody_vouches),
        cmocka_unit_test(who_was_ready_for_a_day_is_looked_at_again),
        cmocka_unit_test(one_silent_appliance_is_undone),
        cmocka_unit_test(many_silent_at_once_are_parked_and_not_undone),
        cmocka_unit_test(what_answers_red_is_no_silence),
        cmocka_unit_test(a_verb_gets_its_own_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
