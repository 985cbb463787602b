/*
 * test_words.c - the small words: what to type next, how long it may take, when two
 * reasons are one, and what is put between quotes.
 */
#include "report/account.h"
#include "report/advice.h"
#include "report/estimate.h"
#include "report/plan_when.h"
#include "report/words.h"
#include "story.h"

#define HOUR 3600000LL

/* ---- advice ---- */

static char *advised(struct advice_facts *facts)
{
    auto_advice struct advice advice = {.count = 0};
    struct buf text = {0};
    facts->command = "slipway";
    advise(facts, &advice);
    for (size_t i = 0; i < advice.count; i++)
        buf_addf(&text, "%s\n", advice.lines[i].command);
    return text.data ? buf_take(&text) : xstrdup("");
}

static void a_campaign_without_an_owner_is_resumed_first(void **state)
{
    int counts[TARGET_STATE_COUNT] = {[TARGET_FAILED] = 1};
    struct advice_facts facts = {.state = CAMPAIGN_RUNNING, .counts = counts};
    auto_free char *alone = advised(&facts);
    facts.owned = true;
    auto_free char *owned = advised(&facts);
    (void)state;
    assert_string_equal(alone, "slipway resume\nslipway retry --reason TEXT\n");
    assert_string_equal(owned, "slipway retry --reason TEXT\n");
}

static void a_pause_is_looked_at_before_it_is_lifted(void **state)
{
    int counts[TARGET_STATE_COUNT] = {[TARGET_STRANDED] = 1, [TARGET_PARKED] = 1};
    struct advice_facts facts = {.state = CAMPAIGN_PAUSED,
                                 .counts = counts,
                                 .stranded = "vc-1",
                                 .parked = "vc 2; rm -rf '/'"};
    auto_free char *text = advised(&facts);
    (void)state;
    assert_string_equal(text, "slipway why vc-1\n"
                              "slipway rollback vc-1 --reason TEXT\n"
                              "slipway skip vc-1 --reason TEXT\n"
                              "slipway why 'vc 2; rm -rf '\\''/'\\'''\n"
                              "slipway retry 'vc 2; rm -rf '\\''/'\\''' --reason TEXT\n"
                              "slipway unpause --reason TEXT\n"
                              "slipway resume\n"
                              "slipway abort --reason TEXT\n");
}

static void an_aborted_campaign_is_not_tried_again(void **state)
{
    int counts[TARGET_STATE_COUNT] = {[TARGET_FAILED] = 3};
    struct advice_facts facts = {.state = CAMPAIGN_ABORTED, .counts = counts};
    auto_free char *text = advised(&facts);
    (void)state;
    assert_string_equal(text, "slipway report\n");
}

static void a_gated_wave_and_an_unapproved_campaign_want_approval(void **state)
{
    int counts[TARGET_STATE_COUNT] = {0};
    struct advice_facts gated = {.state = CAMPAIGN_RUNNING,
                                 .counts = counts,
                                 .gated_wave = "the rest",
                                 .owned = true};
    struct advice_facts fresh = {.state = CAMPAIGN_UNAPPROVED, .counts = counts};
    auto_free char *wave = advised(&gated), *campaign = advised(&fresh);
    (void)state;
    assert_string_equal(wave, "slipway approve --wave 'the rest'\n");
    assert_string_equal(campaign, "slipway approve --reason TEXT\nslipway resume\n");
}

/* ---- estimate ---- */

static const struct estimate_pace brisk = {
    .now_ms = 10 * HOUR, .in_flight_max = 10, .mean_active_ms = HOUR};

static void waves_add_up_with_their_soaks(void **state)
{
    struct estimate_wave waves[] = {
        {.done = true, .total = 5},
        {.open = true, .total = 20, .left = 20, .since_ms = 10 * HOUR, .soak_ms = HOUR},
        {.total = 100, .left = 100, .soak_ms = 2 * HOUR},
    };
    (void)state;
    /* 20 at 10 an hour, soak 1 h, 100 at 10 an hour, soak 2 h */
    assert_int_equal(estimate_left_ms(waves, 3, &brisk), (2 + 1 + 10 + 2) * HOUR);
}

static void a_small_wave_runs_no_wider_than_it_is(void **state)
{
    struct estimate_wave wave = {.open = true, .total = 2, .left = 2};
    (void)state;
    assert_int_equal(estimate_left_ms(&wave, 1, &brisk), HOUR);
}

/* Domains held it to 5 an hour: it is believed to go on so. */
static void the_open_wave_goes_on_as_it_went(void **state)
{
    struct estimate_pace seen = brisk;
    struct estimate_wave wave = {
        .open = true, .total = 100, .left = 50, .since_ms = 5 * HOUR};
    (void)state;
    seen.verified_last_hour = 5;
    assert_int_equal(estimate_left_ms(&wave, 1, &seen), 10 * HOUR);
}

static void a_soaking_wave_takes_what_is_left_of_its_soak(void **state)
{
    struct estimate_wave wave = {
        .open = true, .total = 5, .soak_ms = 4 * HOUR, .soak_end_ms = 11 * HOUR};
    struct estimate_pace pace = brisk;
    (void)state;
    assert_int_equal(estimate_left_ms(&wave, 1, &pace), HOUR);
    pace.now_ms = 12 * HOUR;
    assert_int_equal(estimate_left_ms(&wave, 1, &pace), 0);
}

static void nobody_knows_before_the_first_is_through(void **state)
{
    struct estimate_wave wave = {.open = true, .total = 5, .left = 5};
    struct estimate_pace pace = {.now_ms = HOUR, .in_flight_max = 3};
    (void)state;
    assert_int_equal(estimate_left_ms(&wave, 1, &pace), -1);
}

/* ---- reasons ---- */

static void same_pattern(const char *a, const char *of_a, const char *b, const char *of_b,
                         bool same)
{
    auto_buf struct buf x = {0}, y = {0};
    account_pattern(a, of_a, &x);
    account_pattern(b, of_b, &y);
    if ((strcmp(buf_text(&x), buf_text(&y)) == 0) != same)
        fail_msg("\"%s\" and \"%s\" give \"%s\" and \"%s\"", a, b, buf_text(&x),
                 buf_text(&y));
}

static void reasons_that_differ_in_names_and_numbers_are_one(void **state)
{
    (void)state;
    same_pattern("vc-1: task-17 timed out after 30 s", "vc-1",
                 "vc-22: task-4711 timed out after 31 s", "vc-22", true);
    same_pattern("job 4237a1b0-11ee-aa00-bb11-000000000001 is gone", "vc-1",
                 "job 4237beef-22ff-cc00-dd11-00000000000f is gone", "vc-2", true);
    same_pattern("the datastore is full", "vc-1", "the datastore is gone", "vc-2", false);
    same_pattern("a bad face added", "vc-1", "a dead cafe faded", "vc-2", false);
    same_pattern("", "vc-1", "", "", true);
}

/* ---- bytes and quotes ---- */

static void bytes_carry_units(void **state)
{
    char text[32];
    (void)state;
    assert_string_equal(words_bytes(0, text, sizeof text), "0 B");
    assert_string_equal(words_bytes(1536, text, sizeof text), "1.5 KiB");
    assert_string_equal(words_bytes(8LL << 30, text, sizeof text), "8.0 GiB");
}

static void times_show_their_zone_and_another_day_its_date(void **state)
{
    char text[WORDS_TIME_MAX];
    int64_t now_ms = STORY_START_MS + HOUR;
    (void)state;
    assert_string_equal(words_at(STORY_START_MS, now_ms, text, sizeof text), "00:00:00Z");
    assert_string_equal(words_at(STORY_START_MS - 1000, now_ms, text, sizeof text),
                        "2026-11-20 23:59Z");
    assert_string_equal(words_at(0, now_ms, text, sizeof text), "never");
    assert_string_equal(words_took(-5, text, sizeof text), "0s");
}

static void a_slot_does_not_reach_before_its_plan(void **state)
{
    struct plan plan = {.created_ms = STORY_START_MS};
    struct plan_view view = {.plan = &plan};
    struct plan_slot slot = {.from_ms = STORY_START_MS + 2 * HOUR,
                             .until_ms = STORY_START_MS + 3 * HOUR,
                             .spread_ms = 2 * HOUR};
    auto_buf struct buf around = {0}, later = {0};
    (void)state;
    slot_words(&view, &slot, &around);
    assert_string_equal(buf_text(&around), "2026-11-21 02:00 to 03:00Z, 2h either way");
    slot.spread_ms = 7 * 24 * HOUR;
    slot_words(&view, &slot, &later);
    assert_string_equal(buf_text(&later), "2026-11-21 02:00 to 03:00Z, up to 7d later");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_without_an_owner_is_resumed_first),
        cmocka_unit_test(a_pause_is_looked_at_before_it_is_lifted),
        cmocka_unit_test(an_aborted_campaign_is_not_tried_again),
        cmocka_unit_test(a_gated_wave_and_an_unapproved_campaign_want_approval),
        cmocka_unit_test(waves_add_up_with_their_soaks),
        cmocka_unit_test(a_small_wave_runs_no_wider_than_it_is),
        cmocka_unit_test(the_open_wave_goes_on_as_it_went),
        cmocka_unit_test(a_soaking_wave_takes_what_is_left_of_its_soak),
        cmocka_unit_test(nobody_knows_before_the_first_is_through),
        cmocka_unit_test(reasons_that_differ_in_names_and_numbers_are_one),
        cmocka_unit_test(bytes_carry_units),
        cmocka_unit_test(times_show_their_zone_and_another_day_its_date),
        cmocka_unit_test(a_slot_does_not_reach_before_its_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
