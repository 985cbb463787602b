/*
 * test_worst.c - what a night must hold: the sum of all time-outs, somebody's word, or
 * what this fleet was seen to take; and all of a link group.
 */
#include "fixture.h"

#include "engine/window.h"

#define MIN 60000LL

static const char alone[] = "'appliances':[{'name':'vc-1','version':'8.0.2',"
                            "'manager':'m1'}]";
static const char group[] =
    "'appliances':[{'name':'vc-1','manager':'m1','link_group':'sso'},"
    "{'name':'vc-2','manager':'m1','link_group':'sso'},"
    "{'name':'vc-3','manager':'m1','link_group':'sso'}]";
/* As if five runs had been seen; install: so many minutes at worst. */
#define SEEN(minutes, checks)                                                            \
    "'history':[{'part':'step','kind':'vcsa','version':'8.0.2','id':'install',"          \
    "'median':'31m','p95':'" minutes "','samples':5},{'part':'snapshot','kind':'vcsa',"  \
    "'version':'8.0.2','median':'20s','p95':'2m','samples':5},{'part':'checks','kind':"  \
    "'vcsa','version':'8.0.2','median':'50s','p95':'3m','samples':" checks "}]"

/* One target of install (90 minutes), two checks (15) and a boot (20): 2h20m. */
static struct plan *made(const char *who, const char *history, struct worst book,
                         struct worst campaign)
{
    auto_free char *text =
        xasprintf("{%s,%s,'campaign':{'name':'c'}}", who, history ? history : "'x':0");
    auto_fixture struct fixture f = fixture_of_text(text);
    f.playbook.worst = book;
    f.campaign.strategy.worst = campaign;
    return planned(&f, NULL);
}

static void needs(const struct plan *plan, enum needed_from from, int64_t minutes)
{
    const struct plan_pace *pace = &plan->time.paces[0];
    assert_string_equal(needed_source_name(pace->needed_from), needed_source_name(from));
    assert_int_equal(pace->needed_ms / MIN, minutes);
    assert_int_equal(window_needed_ms(plan, &plan->time, 0, -1), pace->needed_ms);
}

static const struct worst nobody = {0};
static const struct worst author = {70 * MIN, 20 * MIN};

static void the_first_of_three_that_is_there_counts(void **state)
{
    (void)state;
    auto_plan struct plan *bare = made(alone, NULL, nobody, nobody);
    needs(bare, NEEDED_TIMEOUTS, 140);
    auto_plan struct plan *said = made(alone, NULL, author, nobody);
    needs(said, NEEDED_WORST, 90);
    auto_plan struct plan *seen = made(alone, SEEN("44m", "5"), author, nobody);
    needs(seen, NEEDED_HISTORY, 44 + 2 + 3 + 20);
    /* without a word for the way back its time-outs count */
    auto_plan struct plan *old = made(alone, SEEN("44m", "5"), nobody, nobody);
    needs(old, NEEDED_HISTORY, 44 + 2 + 3 + 35);
    auto_plan struct plan *half = made(alone, SEEN("44m", "4"), nobody, nobody);
    needs(half, NEEDED_TIMEOUTS, 44 + 2 + 15 + 35);
}

static void the_history_counts_once_it_knows_the_whole_change(void **state)
{
    (void)state;
    auto_plan struct plan *half = made(alone, SEEN("44m", "4"), author, nobody);
    needs(half, NEEDED_WORST, 90);
    /* a word that was refuted is not believed, not even by half of a history */
    auto_plan struct plan *refuted = made(alone, SEEN("80m", "4"), author, nobody);
    needs(refuted, NEEDED_WORST, 80 + 2 + 20);
    auto_plan struct plan *whole = made(alone, SEEN("80m", "5"), author, nobody);
    needs(whole, NEEDED_HISTORY, 80 + 2 + 3 + 20);
}

static void the_campaign_has_the_last_word_half_by_half(void **state)
{
    (void)state;
    auto_plan struct plan *longer =
        made(alone, NULL, author, (struct worst){.change_ms = 80 * MIN});
    needs(longer, NEEDED_WORST, 80 + 20);
    auto_plan struct plan *back =
        made(alone, NULL, nobody, (struct worst){.rollback_ms = 25 * MIN});
    needs(back, NEEDED_TIMEOUTS, 105 + 25);
}

static void nobody_says_more_than_the_time_outs(void **state)
{
    (void)state;
    auto_plan struct plan *plan =
        made(alone, NULL, (struct worst){9000 * MIN, 9000 * MIN}, nobody);
    needs(plan, NEEDED_WORST, 140);
    assert_int_equal(playbook_undo_ms(&plan->playbook), 35 * MIN);
}

static void what_cannot_be_put_back_needs_no_room_for_it(void **state)
{
    (void)state;
    auto_free char *text = xasprintf("{%s,'campaign':{'name':'c'}}", alone);
    auto_fixture struct fixture f = fixture_of_text(text);
    f.playbook.rollback = ROLLBACK_NONE;
    auto_plan struct plan *plan = planned(&f, NULL);
    needs(plan, NEEDED_TIMEOUTS, 105);
}

/* All down and up, one member after another, all of them back: nothing less. */
static void a_group_needs_room_for_all_of_it(void **state)
{
    (void)state;
    auto_plan struct plan *bare = made(group, NULL, nobody, nobody);
    assert_int_equal(bare->unit_count, 1);
    assert_int_equal(window_needed_ms(bare, &bare->time, 1, -1) / MIN,
                     (10 + 35) + 3 * 105 + (1 + 35));
    auto_plan struct plan *said = made(group, NULL, author, nobody);
    int64_t all = (10 + 20) + 3 * 70 + (1 + 20);
    for (int i = 0; i < 3; i++)
        assert_int_equal(window_needed_ms(said, &said->time, i, -1) / MIN, all);
    assert_int_equal(plan_unit_needed_ms(said, &said->time, &said->units[0]) / MIN, all);
}

/* Up again, the second one before its only step: itself, the third, and all of them back. */
static void a_started_group_needs_room_for_the_rest_of_it(void **state)
{
    (void)state;
    auto_plan struct plan *said = made(group, NULL, author, nobody);
    int step = 0;
    while (said->playbook.steps[step].phase != PHASE_CHANGE)
        step++;
    assert_int_equal(window_needed_ms(said, &said->time, 1, step) / MIN, 2 * 70 + 21);
    assert_int_equal(window_needed_ms(said, &said->time, 2, step) / MIN, 70 + 21);
    said->targets[2].companion = true;
    assert_int_equal(window_needed_ms(said, &said->time, 1, step) / MIN, 70 + 21);
}

static void a_plan_keeps_whose_word_it_was(void **state)
{
    (void)state;
    struct slipway_error err;
    auto_plan struct plan *plan = made(alone, NULL, author, nobody), *read = NULL;
    auto_free char *text = plan_to_json(plan);
    assert_int_equal(plan_from_json(text, strlen(text), &read, &err), 0);
    needs(read, NEEDED_WORST, 90);
    assert_int_equal(read->playbook.worst.rollback_ms, 20 * MIN);
}

/* Then slipway knew neither word nor source: it was the history if that knew anything. */
static void a_plan_of_before_says_what_it_meant(void **state)
{
    (void)state;
    struct plan_time read = {0};
    auto_plan struct plan *plan = made(alone, SEEN("44m", "5"), nobody, nobody);
    auto_json json_t *time = plan_time_json(&plan->time);
    json_t *pace = json_array_get(json_object_get(time, "paces"), 0);
    size_t steps = plan->playbook.step_count;
    (void)json_object_del(pace, "needed_from");
    assert_int_equal(plan_time_read(time, 1, steps, plan->created_ms, &read), 0);
    assert_int_equal(read.paces[0].needed_from, NEEDED_HISTORY);
    (void)json_object_set_new(pace, "needed_from", json_string("hearsay"));
    assert_int_equal(plan_time_read(time, 1, steps, plan->created_ms, &read), -1);
    plan_time_clear(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_three_that_is_there_counts),
        cmocka_unit_test(the_history_counts_once_it_knows_the_whole_change),
        cmocka_unit_test(the_campaign_has_the_last_word_half_by_half),
        cmocka_unit_test(nobody_says_more_than_the_time_outs),
        cmocka_unit_test(what_cannot_be_put_back_needs_no_room_for_it),
        cmocka_unit_test(a_group_needs_room_for_all_of_it),
        cmocka_unit_test(a_started_group_needs_room_for_the_rest_of_it),
        cmocka_unit_test(a_plan_keeps_whose_word_it_was),
        cmocka_unit_test(a_plan_of_before_says_what_it_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
