/*
 * test_window.c - one target's timetable at one instant, as a table: minutes in, what
 * the engine says out. M is the first minute of the plan.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/window.h"
#include "times.h"
#include "util/auto.h"
#include "world.h"

#define MIN  60000LL
#define HOUR (60 * MIN)

/* An upgrade of an hour with checks of 4 and 15 minutes of booting: 83 minutes. */
static struct plan *plan_of(int targets)
{
    struct plan_shape shape = {.targets = targets};
    struct plan *plan = shape_plan(&shape);
    plan->created_ms = 0;
    times_begin(plan);
    return plan;
}

static struct window_view look(const struct plan *plan, int target, int64_t now_ms)
{
    struct window_view view;
    window_look(plan, &plan->time, target, now_ms, &view);
    return view;
}

/* ---- the table ---- */

enum { SITE, SITE_TOO, ACME, XMAS, CALENDARS };

/* Openings and freezes of the four calendars in minutes, ended by 0, 0. */
struct rule {
    int64_t from, until;
};

static const struct moment_row {
    const char *what;
    struct rule rules[CALENDARS][4];
    int64_t now; /* minutes */
    int64_t cut_off, min_opening, not_before;
    enum window_state state;
    int64_t opens, closes, change, frozen; /* minutes; change of an open one: the last
                                              start that fits */
    int calendar;
} rows[] = {
    {.what = "open: until 83 minutes before it closes",
     .rules = {[SITE] = {{100, 400}}},
     .now = 100,
     .state = WINDOW_OPEN,
     .opens = 100,
     .closes = 400,
     .change = 317,
     .calendar = SITE},
    {.what = "the last instant that fits",
     .rules = {[SITE] = {{100, 400}}},
     .now = 317,
     .state = WINDOW_OPEN,
     .opens = 100,
     .closes = 400,
     .change = 317,
     .calendar = SITE},
    {.what = "a minute later it does not fit, and the next opening holds it",
     .rules = {[SITE] = {{100, 400}, {1000, 1400}}},
     .now = 318,
     .state = WINDOW_TOO_SHORT,
     .opens = 100,
     .closes = 400,
     .change = 1000,
     .calendar = SITE},
    {.what = "too short, and no later one",
     .rules = {[SITE] = {{100, 400}}},
     .now = 390,
     .state = WINDOW_TOO_SHORT,
     .opens = 100,
     .closes = 400,
     .calendar = SITE},
    {.what = "after the cut-off it is long enough, and too late",
     .rules = {[SITE] = {{100, 400}, {1000, 1400}}},
     .cut_off = 120,
     .now = 290,
     .state = WINDOW_CUT_OFF,
     .opens = 100,
     .closes = 400,
     .change = 1000,
     .calendar = SITE},
    {.what = "before the cut-off",
     .rules = {[SITE] = {{100, 400}}},
     .cut_off = 120,
     .now = 280,
     .state = WINDOW_OPEN,
     .opens = 100,
     .closes = 400,
     .change = 280,
     .calendar = SITE},
    {.what = "closed: before it opens",
     .rules = {[SITE] = {{100, 400}}},
     .now = 99,
     .state = WINDOW_CLOSED,
     .opens = 100,
     .closes = 400,
     .change = 100,
     .calendar = SITE},
    {.what = "closed: an opening ends at its end",
     .rules = {[SITE] = {{100, 400}, {1000, 1400}}},
     .now = 400,
     .state = WINDOW_CLOSED,
     .opens = 1000,
     .closes = 1400,
     .change = 1000,
     .calendar = SITE},
    {.what = "closed: the next opening that fits is the third",
     .rules = {[SITE] = {{100, 150}, {200, 250}, {300, 600}}},
     .now = 160,
     .state = WINDOW_CLOSED,
     .opens = 300,
     .closes = 600,
     .change = 300,
     .calendar = SITE},
    {.what = "closed for ever",
     .rules = {[SITE] = {{100, 400}}},
     .now = 500,
     .state = WINDOW_CLOSED,
     .calendar = SITE},
    {.what = "an opening under min_opening is none",
     .rules = {[SITE] = {{100, 200}, {1000, 1400}}},
     .min_opening = 101,
     .now = 110,
     .state = WINDOW_CLOSED,
     .opens = 100,
     .closes = 200,
     .change = 1000,
     .calendar = SITE},
    {.what = "one of exactly min_opening is one",
     .rules = {[SITE] = {{100, 200}}},
     .min_opening = 100,
     .now = 110,
     .state = WINDOW_OPEN,
     .opens = 100,
     .closes = 200,
     .change = 117,
     .calendar = SITE},
    {.what = "windows of one scope add up",
     .rules = {[SITE] = {{100, 200}}, [SITE_TOO] = {{200, 400}}},
     .now = 190,
     .state = WINDOW_OPEN,
     .opens = 100,
     .closes = 400,
     .change = 317,
     .calendar = SITE},
    {.what = "different scopes must all be open, and the closed one is named",
     .rules = {[SITE] = {{100, 400}}, [ACME] = {{200, 500}}},
     .now = 150,
     .state = WINDOW_CLOSED,
     .opens = 200,
     .closes = 400,
     .change = 200,
     .calendar = ACME},
    {.what = "what both leave open ends with the first",
     .rules = {[SITE] = {{100, 400}}, [ACME] = {{200, 500}}},
     .now = 250,
     .state = WINDOW_OPEN,
     .opens = 200,
     .closes = 400,
     .change = 317,
     .calendar = SITE},
    {.what = "a freeze beats an open window",
     .rules = {[SITE] = {{100, 900}}, [XMAS] = {{200, 300}}},
     .now = 250,
     .state = WINDOW_FROZEN,
     .opens = 300,
     .closes = 900,
     .change = 300,
     .frozen = 300,
     .calendar = XMAS},
    {.what = "after the freeze the window may be closed",
     .rules = {[SITE] = {{100, 280}, {1000, 1400}}, [XMAS] = {{200, 300}}},
     .now = 250,
     .state = WINDOW_FROZEN,
     .opens = 1000,
     .closes = 1400,
     .change = 1000,
     .frozen = 300,
     .calendar = XMAS},
    {.what = "what is left before a freeze must hold it too",
     .rules = {[SITE] = {{100, 900}}, [XMAS] = {{200, 300}}},
     .now = 130,
     .state = WINDOW_TOO_SHORT,
     .opens = 100,
     .closes = 200,
     .change = 300,
     .calendar = XMAS},
    {.what = "only a freeze: open before it",
     .rules = {[XMAS] = {{200, 300}}},
     .now = 10,
     .state = WINDOW_OPEN,
     .opens = 0,
     .closes = 200,
     .change = 117,
     .calendar = XMAS},
    {.what = "only a freeze: and after it up to the horizon",
     .rules = {[XMAS] = {{200, 300}}},
     .now = 310,
     .state = WINDOW_OPEN,
     .opens = 300,
     .closes = TIMES_HORIZON_MS / MIN,
     .change = TIMES_HORIZON_MS / MIN - 83,
     .calendar = -1},
    {.what = "behind the horizon nobody knows",
     .rules = {[SITE] = {{100, 400}}},
     .now = TIMES_HORIZON_MS / MIN,
     .state = WINDOW_ENDED,
     .calendar = -1},
    {.what = "its owner was told of a later opening",
     .rules = {[SITE] = {{100, 400}, {1000, 1400}}},
     .now = 120,
     .not_before = 1000,
     .state = WINDOW_NOTICE,
     .change = 1000,
     .calendar = -1},
    {.what = "told of an opening that no longer holds it",
     .rules = {[SITE] = {{100, 400}}},
     .now = 120,
     .not_before = 390,
     .state = WINDOW_NOTICE,
     .calendar = -1},
    {.what = "notice is over when it begins",
     .rules = {[SITE] = {{100, 400}}},
     .now = 120,
     .not_before = 120,
     .state = WINDOW_OPEN,
     .opens = 100,
     .closes = 400,
     .change = 317,
     .calendar = SITE},
};

static struct plan *plan_of_row(const struct moment_row *row)
{
    static const char *const scopes[CALENDARS] = {"site=rbx", "site=rbx", "customer=acme",
                                                  "campaign"};
    struct plan *plan = plan_of(1);
    for (int i = 0; i < CALENDARS; i++) {
        int calendar = times_calendar(plan, scopes[i], i == XMAS);
        for (const struct rule *rule = row->rules[i]; rule->until; rule++)
            times_span(plan, calendar, rule->from * MIN, rule->until * MIN);
        if (row->rules[i][0].until)
            times_bind(plan, 0, calendar);
    }
    plan->time.cut_off_ms = row->cut_off * MIN;
    plan->time.min_opening_ms = row->min_opening * MIN;
    plan->time.slots[0].not_before_ms = row->not_before * MIN;
    times_done(plan);
    return plan;
}

static void every_moment_is_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct moment_row *row = &rows[i];
        auto_plan struct plan *plan = plan_of_row(row);
        struct window_view view = look(plan, 0, row->now * MIN);
        int64_t change = row->change * MIN + (row->state == WINDOW_OPEN ? 1 : 0);
        bool fits = view.state == row->state && view.opens_ms == row->opens * MIN &&
                    view.closes_ms == row->closes * MIN &&
                    view.next_change_ms == change &&
                    view.frozen_until_ms == row->frozen * MIN &&
                    view.calendar == row->calendar && view.needed_ms == 83 * MIN;
        if (!fits)
            fail_msg("%s: %s %lld-%lld change %lld frozen %lld calendar %d needed %lld",
                     row->what, window_state_name(view.state),
                     (long long)(view.opens_ms / MIN), (long long)(view.closes_ms / MIN),
                     (long long)(view.next_change_ms / MIN),
                     (long long)(view.frozen_until_ms / MIN), view.calendar,
                     (long long)(view.needed_ms / MIN));
    }
}

/* Wherever it says open a start fits, and where it does not, the next one is told. */
static void the_next_start_is_the_first_open_minute(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_plan struct plan *plan = plan_of_row(&rows[i]);
        int64_t next = INT64_MAX;
        for (int64_t minute = 1600; minute-- > 0;) {
            struct window_view view = look(plan, 0, minute * MIN);
            next = view.state == WINDOW_OPEN ? minute * MIN : next;
            int64_t told = window_next_start(&plan->time, plan, 0, minute * MIN);
            if (next != INT64_MAX)
                assert_int_equal(told, next);
            else
                assert_true(told >= 1600 * MIN);
        }
    }
}

static void without_a_calendar_any_time_will_do(void **state)
{
    (void)state;
    auto_plan struct plan *plan = plan_of(2);
    struct window_view view = look(plan, 0, 5);
    assert_int_equal(view.state, WINDOW_ANY);
    assert_int_equal(view.next_change_ms, 0);
    assert_int_equal(window_next_start(&plan->time, plan, 0, 5), 5);
    assert_false(window_rules_exist(&plan->time));
    plan->time.slots[1].not_before_ms = 99;
    assert_true(window_rules_exist(&plan->time));
    assert_int_equal(look(plan, 1, 98).state, WINDOW_NOTICE);
    assert_int_equal(look(plan, 1, 98).next_change_ms, 99);
    assert_int_equal(look(plan, 1, 99).state, WINDOW_ANY);
    assert_int_equal(window_next_start(&plan->time, plan, 1, 5), 99);
    auto_plan struct plan *bare = shape_plan(&(struct plan_shape){.targets = 1});
    assert_int_equal(look(bare, 0, 5).state, WINDOW_ANY);
    assert_false(window_rules_exist(&bare->time));
}

/* ---- what must fit ---- */

static struct plan *two_steps_with_pace(int64_t needed_ms, int linked)
{
    struct plan *plan =
        shape_plan(&(struct plan_shape){.targets = linked ? linked : 1,
                                        .change_steps = 2, /* 143 minutes */
                                        .linked = {linked}});
    times_begin(plan);
    struct plan_time *time = &plan->time;
    struct plan_pace *pace = vec_push(time->paces, time->pace_count, time->pace_room);
    *pace = (struct plan_pace){.kind = xstrdup("linux"), .version = xstrdup("1.0")};
    pace->steps = xcalloc(time->step_count, sizeof *pace->steps);
    pace->steps[1].slow_ms = 20 * MIN;
    pace->steps[2].slow_ms = 5 * MIN;
    pace->needed_ms = needed_ms;
    for (size_t i = 0; i < plan->target_count; i++)
        time->slots[i].pace = 0;
    return plan;
}

static int64_t needed(const struct plan *plan, int position)
{
    return window_needed_ms(plan, &plan->time, 0, position) / MIN;
}

static void what_was_seen_counts_and_never_more_than_the_time_outs(void **state)
{
    (void)state;
    auto_plan struct plan *quick = two_steps_with_pace(40 * MIN, 0);
    assert_int_equal(needed(quick, -1), 40);
    assert_int_equal(needed(quick, 1), 40);
    assert_int_equal(needed(quick, 2), 20); /* the first step is done */
    auto_plan struct plan *slow = two_steps_with_pace(1000 * MIN, 0);
    assert_int_equal(needed(slow, -1), 143);
    assert_int_equal(needed(slow, 2), 83);
    auto_plan struct plan *odd = two_steps_with_pace(10 * MIN, 0);
    assert_int_equal(needed(odd, 2), 0); /* less than its parts: never below nothing */
    odd->time.slots[0].pace = -1;
    assert_int_equal(needed(odd, 2), 83);
}

/* Nobody said how long each part of it takes: what is over took what it usually takes. */
static void a_word_for_the_whole_is_used_up_as_usual(void **state)
{
    (void)state;
    auto_plan struct plan *plan = two_steps_with_pace(90 * MIN, 0);
    struct plan_pace *pace = &plan->time.paces[0];
    pace->needed_from = NEEDED_WORST;
    pace->steps[1].typical_ms = 15 * MIN;
    pace->steps[1].slow_ms = 60 * MIN;
    assert_int_equal(needed(plan, -1), 90);
    assert_int_equal(needed(plan, 1), 90);
    assert_int_equal(needed(plan, 2), 75);
    pace->needed_ms = 110 * MIN;
    assert_int_equal(needed(plan, 2), 83); /* the time-outs of the rest */
    plan->time.slots[0].pace = -1;
    plan->playbook.worst = (struct worst){50 * MIN, 10 * MIN};
    assert_int_equal(needed(plan, -1), 60);
}

/* Its first step alone took longer than its author said of the whole: the others of its
   link group still need all that is theirs, and the way back all of its time. */
static void who_used_up_its_word_takes_nothing_from_its_group(void **state)
{
    (void)state;
    auto_plan struct plan *plan = two_steps_with_pace(30 * MIN, 2);
    struct plan_pace *pace = &plan->time.paces[0];
    pace->needed_from = NEEDED_WORST;
    pace->steps[1].typical_ms = 25 * MIN;
    int64_t back_ms = playbook_group_undo_ms(&plan->playbook);
    int64_t other_ms = plan_member_needed_ms(plan, &plan->time, 1);
    assert_int_equal(needed(plan, 1), (back_ms + 2 * other_ms) / MIN);
    assert_int_equal(needed(plan, 2), (back_ms + other_ms) / MIN);
}

static void of_a_started_one_only_the_rest_has_to_fit_and_notice_is_past(void **state)
{
    (void)state;
    auto_plan struct plan *plan = two_steps_with_pace(1000 * MIN, 0);
    int calendar = times_calendar(plan, "campaign", false);
    times_span(plan, calendar, 0, 100 * MIN);
    times_bind(plan, 0, calendar);
    times_done(plan);
    plan->time.slots[0].not_before_ms = 50 * MIN;
    struct window_view view;
    assert_int_equal(look(plan, 0, 10 * MIN).state, WINDOW_NOTICE);
    window_look_from(plan, &plan->time, 0, 2, 10 * MIN, &view);
    assert_int_equal(view.state, WINDOW_OPEN);
    window_look_from(plan, &plan->time, 0, 1, 10 * MIN, &view);
    assert_int_equal(view.state, WINDOW_TOO_SHORT);
}

static void names_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < WINDOW_STATE_COUNT; i++)
        assert_int_equal(window_state_from(window_state_name((enum window_state)i)), i);
    assert_string_equal(window_state_name(WINDOW_STATE_COUNT), "?");
    assert_int_equal(window_state_from("ajar"), -1);
    assert_int_equal(window_state_from(NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_moment_is_as_written),
        cmocka_unit_test(the_next_start_is_the_first_open_minute),
        cmocka_unit_test(without_a_calendar_any_time_will_do),
        cmocka_unit_test(what_was_seen_counts_and_never_more_than_the_time_outs),
        cmocka_unit_test(a_word_for_the_whole_is_used_up_as_usual),
        cmocka_unit_test(who_used_up_its_word_takes_nothing_from_its_group),
        cmocka_unit_test(of_a_started_one_only_the_rest_has_to_fit_and_notice_is_past),
        cmocka_unit_test(names_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
