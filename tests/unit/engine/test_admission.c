/*
 * test_admission.c - the list of design 5 as tables: every blocker alone, their
 * order, the off-by-one of both budget modes, and that the short answer of the
 * scan is always the long answer of `slipway why`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/admission.h"
#include "util/auto.h"

/* Everything is as it should be: it may start. */
static struct admission_facts all_clear(void)
{
    struct admission_facts f = {
        .now_ms = 1000,
        .campaign = CAMPAIGN_RUNNING,
        .wave = WAVE_OPEN,
        .wave_name = "canary",
        .target = TARGET_READY,
        .in_flight = 3,
        .in_flight_max = 4,
        .in_flight_needed = 1,
        .mode = BUDGET_NORMAL,
        .wave_budget = {.tolerated = 1, .failed = 1, .in_flight = 2},
        .campaign_budget = {.tolerated = 5, .failed = 1, .in_flight = 3},
        .domain_count = 2,
        .limit_count = 1,
    };
    f.domains[0] = (struct cap_fact){"site=rbx", 14, 15, 1};
    f.domains[1] = (struct cap_fact){"customer=acme", 0, 1, 1};
    f.limits[0] = (struct cap_fact){"manager=m1", 7, 8, 1};
    return f;
}

/* ---- every blocker alone ---- */

static void campaign_unapproved(struct admission_facts *f)
{
    f->campaign = CAMPAIGN_UNAPPROVED;
}

static void campaign_ready(struct admission_facts *f)
{
    f->campaign = CAMPAIGN_READY;
}

static void campaign_paused(struct admission_facts *f)
{
    f->campaign = CAMPAIGN_PAUSED;
    f->campaign_reason = "lunch";
}

static void campaign_aborting(struct admission_facts *f)
{
    f->campaign = CAMPAIGN_ABORTING;
}

static void draining(struct admission_facts *f)
{
    f->draining = true;
}

static void wave_pending(struct admission_facts *f)
{
    f->wave = WAVE_PENDING;
}

static void wave_gated(struct admission_facts *f)
{
    f->wave = WAVE_GATED;
}

static void wave_done(struct admission_facts *f)
{
    f->wave = WAVE_DONE;
}

static void target_preparing(struct admission_facts *f)
{
    f->target = TARGET_PREPARING;
}

static void held(struct admission_facts *f)
{
    f->hold_reason = "customer asked";
    f->hold_actor = "olga";
    f->hold_until_ms = 60000;
}

static void window_closed(struct admission_facts *f)
{
    f->time.window = (struct window_view){.state = WINDOW_CLOSED,
                                          .opens_ms = 90000,
                                          .closes_ms = 95000,
                                          .next_change_ms = 90000};
}

static void window_never_opens(struct admission_facts *f)
{
    f->time.window = (struct window_view){.state = WINDOW_CLOSED, .needed_ms = 7200000};
}

static void window_is_too_brief(struct admission_facts *f)
{
    f->time.window = (struct window_view){.state = WINDOW_CLOSED,
                                          .opens_ms = 500,
                                          .closes_ms = 5000,
                                          .next_change_ms = 90000};
}

static void window_closes_soon(struct admission_facts *f)
{
    f->time.window = (struct window_view){.state = WINDOW_TOO_SHORT,
                                          .opens_ms = 500,
                                          .closes_ms = 1801000,
                                          .needed_ms = 5400000,
                                          .next_change_ms = 90000};
    f->time.calendar = "/etc/acme.ics";
    f->time.calendar_scope = "customer=acme";
}

static void window_after_the_cut_off(struct admission_facts *f)
{
    window_closes_soon(f);
    f->time.window.state = WINDOW_CUT_OFF;
}

static void window_behind_the_horizon(struct admission_facts *f)
{
    f->time.window = (struct window_view){.state = WINDOW_ENDED};
}

static void frozen(struct admission_facts *f)
{
    f->time.window = (struct window_view){
        .state = WINDOW_FROZEN, .frozen_until_ms = 80000, .next_change_ms = 90000};
    f->time.calendar = "xmas.ics";
    f->time.calendar_scope = "site=rbx";
}

static void owner_was_told_later(struct admission_facts *f)
{
    f->time.window =
        (struct window_view){.state = WINDOW_NOTICE, .next_change_ms = 90000};
}

static void approval_is_over(struct admission_facts *f)
{
    f->time.approval_ended_ms = 900;
}

static void clock_was_stepped(struct admission_facts *f)
{
    f->time.clock = "this machine's clock was stepped by 1h";
}

static void wave_budget_used(struct admission_facts *f)
{
    f->wave_budget.in_doubt = 1;
}

static void campaign_budget_used(struct admission_facts *f)
{
    f->campaign_budget.failed = 6;
}

static void domain_full(struct admission_facts *f)
{
    f->domains[1].used = 1;
}

static void limit_full(struct admission_facts *f)
{
    f->limits[0].used = 8;
}

static void all_in_flight(struct admission_facts *f)
{
    f->in_flight = 4;
}

/* In the order in which an operator would ask. */
static const struct {
    void (*spoil)(struct admission_facts *f);
    enum blocker_kind kind;
    int64_t next_change_ms;
    const char *says;
} blockers[] = {
    {campaign_unapproved, BLOCKER_CAMPAIGN, 0, "slipway approve"},
    {campaign_ready, BLOCKER_CAMPAIGN, 0, "slipway run"},
    {campaign_paused, BLOCKER_CAMPAIGN, 0, "paused: lunch"},
    {campaign_aborting, BLOCKER_CAMPAIGN, 0, "aborting"},
    {draining, BLOCKER_DRAINING, 0, "slipway resume"},
    {wave_pending, BLOCKER_WAVE, 0, "wave canary is not open"},
    {wave_gated, BLOCKER_WAVE, 0, "slipway approve --wave canary"},
    {wave_done, BLOCKER_WAVE, 0, "wave canary is done"},
    {target_preparing, BLOCKER_NOT_READY, 0, "preparing, not ready"},
    {held, BLOCKER_HOLD, 60000,
     "held by olga until 1970-01-01T00:01:00Z: customer asked"},
    {approval_is_over, BLOCKER_APPROVAL_EXPIRED, 0,
     "approve again with: slipway approve"},
    {clock_was_stepped, BLOCKER_CLOCK, 0,
     "not trusted: this machine's clock was stepped"},
    {owner_was_told_later, BLOCKER_NOTICE, 90000, "told of a later opening"},
    {frozen, BLOCKER_FREEZE, 90000, "it is frozen (site=rbx: xmas.ics)"},
    {window_closed, BLOCKER_WINDOW, 90000, "its window is closed; it needs 0s"},
    {window_never_opens, BLOCKER_WINDOW, 0, "never opens for the 2h that it needs"},
    {window_is_too_brief, BLOCKER_WINDOW, 90000, "too briefly to be used (min_opening)"},
    {window_closes_soon, BLOCKER_WINDOW, 90000,
     "it needs 1h30m at worst, rollback included, and its window closes in 30m "
     "(customer=acme: /etc/acme.ics)"},
    {window_after_the_cut_off, BLOCKER_WINDOW, 90000, "closes in 30m, after the cut-off"},
    {window_behind_the_horizon, BLOCKER_WINDOW, 0, "make a new plan for the rest"},
    {wave_budget_used, BLOCKER_WAVE_BUDGET, 0, "1 failed + 1 in doubt is over 1"},
    {campaign_budget_used, BLOCKER_CAMPAIGN_BUDGET, 0, "6 failed + 0 in doubt is over 5"},
    {domain_full, BLOCKER_DOMAIN, 0, "customer=acme: 1 of at most 1"},
    {limit_full, BLOCKER_LIMIT, 0, "limit manager=m1: 8 of 8"},
    {all_in_flight, BLOCKER_IN_FLIGHT, 0, "4 of at most 4"},
};

static void nothing_in_the_way_is_an_empty_list(void **state)
{
    (void)state;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    struct admission_facts f = all_clear();
    assert_int_equal(admission_evaluate(&f, list), 0);
    assert_true(admission_allows(&f));
}

static void every_blocker_stands_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(blockers); i++) {
        struct blocker list[ADMISSION_BLOCKERS_MAX];
        struct admission_facts f = all_clear();
        blockers[i].spoil(&f);
        assert_false(admission_allows(&f));
        assert_int_equal(admission_evaluate(&f, list), 1);
        assert_int_equal(list[0].kind, blockers[i].kind);
        assert_int_equal(list[0].next_change_ms, blockers[i].next_change_ms);
        if (!strstr(list[0].text, blockers[i].says))
            fail_msg("\"%s\" does not say \"%s\"", list[0].text, blockers[i].says);
    }
}

/* ---- of a link group ---- */

static void one_is_not_ready(struct admission_facts *f)
{
    f->absent = "vc-0002";
    f->absent_state = TARGET_PREPARING;
    f->absent_count = 1;
}

static void three_are_not_ready(struct admission_facts *f)
{
    one_is_not_ready(f);
    f->absent_count = 3;
}

static void another_is_held(struct admission_facts *f)
{
    f->hold_member = "vc-0002";
    f->hold_reason = "its disks are full";
}

static void another_is_closed(struct admission_facts *f)
{
    window_closed(f);
    f->time_member = "vc-0002";
}

static void another_was_told_later(struct admission_facts *f)
{
    owner_was_told_later(f);
    f->time_member = "vc-0002";
}

static void another_is_frozen(struct admission_facts *f)
{
    frozen(f);
    f->time_member = "vc-0002";
}

static void room_for_one_of_the_site(struct admission_facts *f)
{
    f->domains[0].needed = 3;
}

static void room_for_one_at_the_manager(struct admission_facts *f)
{
    f->limits[0].needed = 3;
}

static void room_for_one_in_flight(struct admission_facts *f)
{
    f->in_flight_needed = 3;
}

static const struct {
    void (*spoil)(struct admission_facts *f);
    enum blocker_kind kind;
    const char *says;
} of_a_group[] = {
    {one_is_not_ready, BLOCKER_GROUP,
     "it waits for vc-0002 (preparing) of link group sso-1: they start together"},
    {three_are_not_ready, BLOCKER_GROUP,
     "it waits for vc-0002 (preparing) and 2 more of link group sso-1"},
    {another_is_held, BLOCKER_HOLD,
     "vc-0002 of link group sso-1 is held by an operator until released: its disks"},
    {another_was_told_later, BLOCKER_NOTICE,
     "vc-0002's owner was told of a later opening"},
    {another_is_frozen, BLOCKER_FREEZE, "vc-0002 is frozen"},
    {another_is_closed, BLOCKER_WINDOW,
     "the window of vc-0002 in its link group is closed"},
    {room_for_one_of_the_site, BLOCKER_DOMAIN,
     "site=rbx: 14 of at most 15 are down, and its link group needs room for 3"},
    {room_for_one_at_the_manager, BLOCKER_LIMIT,
     "limit manager=m1: 7 of 8 in use, and its link group needs 3"},
    {room_for_one_in_flight, BLOCKER_IN_FLIGHT,
     "3 of at most 4 targets are in flight, and its link group needs room for 3"},
};

/* Nobody of it starts alone: what is in the way of one is in the way of all. */
static void what_stops_one_of_a_link_group_is_told_of_the_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(of_a_group); i++) {
        struct blocker list[ADMISSION_BLOCKERS_MAX];
        struct admission_facts f = all_clear();
        f.group = "sso-1";
        of_a_group[i].spoil(&f);
        assert_false(admission_allows(&f));
        assert_int_equal(admission_evaluate(&f, list), 1);
        assert_int_equal(list[0].kind, of_a_group[i].kind);
        if (!strstr(list[0].text, of_a_group[i].says))
            fail_msg("\"%s\" does not say \"%s\"", list[0].text, of_a_group[i].says);
    }
}

static void every_kind_of_blocker_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < BLOCKER_KIND_COUNT; i++) {
        const char *name = blocker_kind_name((enum blocker_kind)i);
        assert_string_not_equal(name, "?");
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name, blocker_kind_name((enum blocker_kind)k));
    }
    assert_string_equal(blocker_kind_name(BLOCKER_KIND_COUNT), "?");
}

/* A target, a wave, a window is in one state at a time. */
static bool say_one_thing(enum blocker_kind a, enum blocker_kind b)
{
    return a == b || (a >= BLOCKER_NOTICE && a <= BLOCKER_WINDOW && b >= BLOCKER_NOTICE &&
                      b <= BLOCKER_WINDOW);
}

/* Any two of them are listed, the one that stands first above comes first. */
static void the_order_is_the_operators(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(blockers); i++) {
        for (size_t k = i + 1; k < ARRAY_LENGTH(blockers); k++) {
            struct blocker list[ADMISSION_BLOCKERS_MAX];
            struct admission_facts f = all_clear();
            blockers[i].spoil(&f);
            blockers[k].spoil(&f);
            size_t count = admission_evaluate(&f, list);
            bool same = say_one_thing(blockers[i].kind, blockers[k].kind);
            assert_int_equal(count, same ? 1 : 2);
            assert_int_equal(list[0].kind, blockers[same ? k : i].kind);
            assert_int_equal(list[count - 1].kind, blockers[k].kind);
        }
    }
}

/* ---- budgets ---- */

/* 3 means that the 4th pauses: what is tolerated and what acts. */
static void the_one_after_the_tolerated_acts(void **state)
{
    (void)state;
    for (int tolerated = 0; tolerated <= 20; tolerated++) {
        for (int failed = 0; failed <= tolerated; failed++)
            assert_false(budget_exceeded(failed, tolerated));
        assert_true(budget_exceeded(tolerated + 1, tolerated));
    }
}

static const struct {
    enum budget_mode mode;
    int tolerated, failed, in_doubt, in_flight;
    bool allows;
} budgets[] = {
    /* normal: what is in flight does not count */
    {BUDGET_NORMAL, 0, 0, 0, 0, true},
    {BUDGET_NORMAL, 0, 0, 0, 99, true},
    {BUDGET_NORMAL, 0, 1, 0, 0, false},
    {BUDGET_NORMAL, 0, 0, 1, 0, false},
    {BUDGET_NORMAL, 1, 1, 0, 0, true},
    {BUDGET_NORMAL, 1, 0, 1, 0, true},
    {BUDGET_NORMAL, 1, 1, 1, 0, false},
    {BUDGET_NORMAL, 3, 3, 0, 40, true},
    {BUDGET_NORMAL, 3, 4, 0, 0, false},
    {BUDGET_NORMAL, 3, 2, 2, 0, false},
    /* strict: each that runs may fail too */
    {BUDGET_STRICT, 0, 0, 0, 0, true},
    {BUDGET_STRICT, 0, 0, 0, 1, false},
    {BUDGET_STRICT, 0, 1, 0, 0, false},
    {BUDGET_STRICT, 0, 0, 1, 0, false},
    {BUDGET_STRICT, 1, 0, 0, 1, true},
    {BUDGET_STRICT, 1, 1, 0, 0, true},
    {BUDGET_STRICT, 1, 1, 0, 1, false},
    {BUDGET_STRICT, 1, 0, 0, 2, false},
    {BUDGET_STRICT, 3, 1, 1, 1, true},
    {BUDGET_STRICT, 3, 1, 1, 2, false},
};

static void both_modes_off_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(budgets); i++) {
        struct budget_fact fact = {budgets[i].failed, budgets[i].in_doubt,
                                   budgets[i].in_flight, budgets[i].tolerated};
        if (budget_allows(&fact, budgets[i].mode) != budgets[i].allows)
            fail_msg("row %zu", i);
    }
}

/* Start while it is allowed, then let everybody fail: strict keeps the promise of
   one more than tolerated, normal that of the plan (all that were in flight). */
static void the_worst_case_is_the_promised_one(void **state)
{
    (void)state;
    const int room = 7;
    for (int mode = 0; mode < BUDGET_MODE_COUNT; mode++) {
        for (int tolerated = 0; tolerated < 12; tolerated++) {
            for (int failed = 0; failed <= tolerated; failed++) {
                struct budget_fact fact = {.failed = failed, .tolerated = tolerated};
                while (fact.in_flight < room &&
                       budget_allows(&fact, (enum budget_mode)mode))
                    fact.in_flight++;
                int worst = failed + fact.in_flight;
                if (mode == BUDGET_STRICT)
                    assert_in_range(worst, 0, tolerated + 1);
                else
                    assert_int_equal(worst, failed + room);
                assert_true(fact.in_flight > 0); /* neither mode ever stops for good */
            }
        }
    }
}

static void strict_budgets_say_what_is_in_flight(void **state)
{
    (void)state;
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    struct admission_facts f = all_clear();
    f.mode = BUDGET_STRICT;
    assert_int_equal(admission_evaluate(&f, list), 1);
    assert_int_equal(list[0].kind, BLOCKER_WAVE_BUDGET);
    assert_non_null(strstr(list[0].text, "the wave's budget (strict): 1 failed + 0 in "
                                         "doubt + 2 in flight is over 1 tolerated"));
}

/* ---- caps ---- */

static void a_cap_is_full_at_its_number(void **state)
{
    (void)state;
    for (int max = 0; max < 6; max++) {
        for (int used = 0; used < 8; used++) {
            struct admission_facts f = all_clear();
            f.domains[0] = (struct cap_fact){"site=rbx", used, max, 1};
            assert_int_equal(admission_allows(&f), used < max);
            f = all_clear();
            f.limits[0] = (struct cap_fact){"repo", used, max, 1};
            assert_int_equal(admission_allows(&f), used < max);
            f = all_clear();
            f.in_flight = used;
            f.in_flight_max = max;
            assert_int_equal(admission_allows(&f), used < max);
        }
    }
}

static void every_full_cap_is_listed_and_the_list_never_overruns(void **state)
{
    (void)state;
    struct blocker list[ADMISSION_BLOCKERS_MAX + 1];
    memset(list, 0x5a, sizeof list);
    struct admission_facts f = all_clear();
    f.domain_count = f.limit_count = ADMISSION_CAPS_MAX;
    for (size_t i = 0; i < ADMISSION_CAPS_MAX; i++) {
        f.domains[i] = (struct cap_fact){"site=rbx", 5, 5, 1};
        f.limits[i] = (struct cap_fact){"repo", 5, 5, 1};
    }
    assert_int_equal(admission_evaluate(&f, list), ADMISSION_BLOCKERS_MAX);
    assert_int_equal(list[ADMISSION_CAPS_MAX].kind, BLOCKER_LIMIT);
    assert_int_equal(list[ADMISSION_BLOCKERS_MAX].text[0], 0x5a);
}

/* Long names are cut, not overrun. */
static void long_texts_are_cut(void **state)
{
    (void)state;
    char name[600];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct blocker list[ADMISSION_BLOCKERS_MAX];
    struct admission_facts f = all_clear();
    f.campaign = CAMPAIGN_PAUSED;
    f.campaign_reason = f.hold_reason = f.hold_actor = f.wave_name = name;
    f.wave = WAVE_GATED;
    f.domains[0] = (struct cap_fact){name, 9, 9, 1};
    size_t count = admission_evaluate(&f, list);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_true(strlen(list[i].text) < BLOCKER_TEXT_MAX);
}

/* ---- both answers are one ---- */

static uint64_t random_state = 20240229;

static int any(int end)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state % (uint64_t)end);
}

/* Mostly in order, so that "allowed" is not a rare answer. */
static bool often(void)
{
    return any(12) > 0;
}

static struct time_facts random_time(void)
{
    return (struct time_facts){
        .window = {.state =
                       often() ? WINDOW_ANY : (enum window_state)any(WINDOW_STATE_COUNT),
                   .opens_ms = any(1000000),
                   .closes_ms = any(2000000),
                   .next_change_ms = any(2) ? any(1000000) : 0,
                   .needed_ms = any(5000000)},
        .calendar = any(2) ? "acme.ics" : NULL,
        .calendar_scope = "customer=acme",
        .override_until_ms = any(6) ? 0 : 5,
        .clock = often() ? NULL : "it was stepped",
        .approval_ended_ms = often() ? 0 : 3,
    };
}

static struct admission_facts random_facts(void)
{
    struct admission_facts f = {
        .now_ms = any(1000000),
        .campaign = often() ? CAMPAIGN_RUNNING
                            : (enum campaign_state_id)any(CAMPAIGN_STATE_COUNT),
        .wave = often() ? WAVE_OPEN : (enum wave_state_id)any(WAVE_STATE_COUNT),
        .wave_name = "wave-1",
        .target = often() ? TARGET_READY : (enum target_state_id)any(TARGET_STATE_COUNT),
        .hold_reason = often() ? NULL : "held",
        .hold_until_ms = any(2) ? any(1000000) : 0,
        .time = random_time(),
        .in_flight = any(6),
        .in_flight_max = 4 + any(3),
        .in_flight_needed = 1 + any(2),
        .mode = (enum budget_mode)any(BUDGET_MODE_COUNT),
        .wave_budget = {any(3), any(2), any(3), any(7)},
        .campaign_budget = {any(3), any(2), any(3), any(9)},
        .domain_count = (size_t)any(4),
        .limit_count = (size_t)any(4),
        .draining = !often(),
    };
    for (size_t i = 0; i < f.domain_count; i++)
        f.domains[i] = (struct cap_fact){"site=x", any(4), 1 + any(8), 1};
    for (size_t i = 0; i < f.limit_count; i++)
        f.limits[i] = (struct cap_fact){"repo", any(4), 1 + any(8), 1};
    return f;
}

static void yes_means_an_empty_list_and_no_means_a_reason(void **state)
{
    (void)state;
    int allowed = 0, refused = 0;
    for (int i = 0; i < 50000; i++) {
        struct blocker list[ADMISSION_BLOCKERS_MAX];
        struct admission_facts f = random_facts();
        size_t count = admission_evaluate(&f, list);
        if (admission_allows(&f) != (count == 0))
            fail_msg("round %d: %zu blockers, first: %s", i, count,
                     count ? list[0].text : "none");
        allowed += count == 0;
        refused += count > 0;
        for (size_t k = 0; k < count; k++) {
            assert_true(*list[k].text);
            assert_true(!k || list[k - 1].kind <= list[k].kind);
        }
    }
    assert_true(allowed > 2000 && refused > 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_the_way_is_an_empty_list),
        cmocka_unit_test(every_blocker_stands_alone),
        cmocka_unit_test(what_stops_one_of_a_link_group_is_told_of_the_others),
        cmocka_unit_test(every_kind_of_blocker_has_a_name_of_its_own),
        cmocka_unit_test(the_order_is_the_operators),
        cmocka_unit_test(the_one_after_the_tolerated_acts),
        cmocka_unit_test(both_modes_off_by_one),
        cmocka_unit_test(the_worst_case_is_the_promised_one),
        cmocka_unit_test(strict_budgets_say_what_is_in_flight),
        cmocka_unit_test(a_cap_is_full_at_its_number),
        cmocka_unit_test(every_full_cap_is_listed_and_the_list_never_overruns),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(yes_means_an_empty_list_and_no_means_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
