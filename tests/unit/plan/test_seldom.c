/*
 * test_seldom.c - plans that are made once in a long while: of fleets at the limits, of
 * rules that bind nobody, after the fleet or the waves were changed, and what people are
 * told of time when a date lies where nobody expects it.
 */
#include "fixture.h"

#include "plan/clockwork.h"

#define HOUR 3600000LL

static bool says(const struct plan_notes *notes, const char *text)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (strstr(notes->items[i].text, text))
            return true;
    }
    return false;
}

static void tells(const char *text, const char *told)
{
    auto_fixture struct fixture f = fixture_of_text(text);
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    if (says(&notes, told))
        return;
    for (size_t i = 0; i < notes.count; i++)
        print_message("note: %s\n", notes.items[i].text);
    fail_msg("nobody says: %s", told);
}

static void refuses(const struct plan_request *request, const char *why)
{
    struct slipway_error err = {""};
    struct plan *plan = NULL;
    assert_int_equal(plan_make(request, &plan, NULL, &err), -1);
    assert_null(plan);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

/* ---- time ---- */

static int moon_time(const char *zone, int64_t ms, char *out, size_t size)
{
    (void)ms;
    (void)snprintf(out, size, "noon in %s", zone);
    return 0;
}

static int no_time(const char *zone, int64_t ms, char *out, size_t size)
{
    (void)zone;
    (void)ms;
    (void)snprintf(out, size, "half a da");
    return -1;
}

static void an_instant_is_told_in_the_zone_of_the_campaign_or_in_utc(void **state)
{
    (void)state;
    struct plan_time time = {.zone = (char *)(uintptr_t) "Moon/Tycho"};
    char out[LOCAL_TIME_ROOM];
    assert_string_equal(clockwork_local(&time, moon_time, 0, out), "noon in Moon/Tycho");
    assert_string_equal(clockwork_local(&time, no_time, 0, out), "1970-01-01 00:00Z");
    assert_string_equal(clockwork_local(&time, NULL, 0, out), "1970-01-01 00:00Z");
}

/* Behind the end of the calendars nothing starts, whatever the deadline says. */
static void a_deadline_behind_the_calendars_ends_with_them(void **state)
{
    (void)state;
    struct plan plan = {.created_ms = HOUR, .time = {.horizon_ms = 9 * HOUR}};
    static const int64_t rows[][2] = {{0, 9}, {5, 5}, {9, 9}, {12, 9}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        plan.time.deadline_ms = rows[i][0] * HOUR;
        struct span range = clockwork_range(&plan);
        assert_int_equal(range.from_ms, HOUR);
        assert_int_equal(range.until_ms, rows[i][1] * HOUR);
    }
    plan.time.horizon_ms = 0; /* without calendars the deadline is all there is */
    assert_int_equal(clockwork_range(&plan).until_ms, 12 * HOUR);
}

/* Six openings of three hours, one in ten: the range begins in the second and ends between
   the fourth and the fifth. */
static void openings_count_as_far_as_they_lie_in_the_range(void **state)
{
    (void)state;
    struct timetable table = {.bound = true};
    struct plan_time time = {.min_opening_ms = 0};
    struct span range = {11 * HOUR, 39 * HOUR};
    for (int i = 0; i < 6; i++)
        spans_add(&table.open, 10 * i * HOUR, (10 * i + 3) * HOUR);
    spans_settle(&table.open);
    static const struct {
        int64_t change, needed;
        long long turns;
    } rows[] = {
        {1, 1, 2 + 3 + 3}, /* one after another, as long as there is time    */
        {1, 2, 1 + 2 + 2}, /* the last one must still have two hours         */
        {1, 3, 0 + 1 + 1}, /* of the second opening only two hours are left  */
        {1, 4, 0},         /* no opening is long enough                      */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct plan_pace pace = {.change_ms = rows[i].change * HOUR,
                                 .needed_ms = rows[i].needed * HOUR};
        assert_int_equal(clockwork_turns(&time, &table.open, &range, &pace, 99),
                         rows[i].turns);
    }
    struct opening best = clockwork_longest(&time, &table, &range);
    assert_int_equal(best.from_ms, 20 * HOUR);
    assert_int_equal(best.usable_ms, 3 * HOUR);
    time.min_opening_ms = 4 * HOUR; /* all are too short to be used */
    struct plan_pace quick = {.change_ms = 1, .needed_ms = 0};
    assert_int_equal(clockwork_turns(&time, &table.open, &range, &quick, 99), 0);
    spans_clear(&table.open);
}

static void who_has_no_data_of_zones_is_told_none(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': {'from': "
        "'2026-11-21T22:00:00Z', 'for': '8h'}}, 'windows': ['night'], 'zone': "
        "'Europe/Paris', 'campaign': {'name': 'c', 'waves': [{'size': 'rest'}]}}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = NULL;
    struct plan_request request = request_of(&f);
    struct slipway_error err = {""};
    request.calendars.zone_data = NULL;
    request.calendars.local = moon_time;
    f.campaign.strategy.zone = xstrdup("America/Lima");
    assert_int_equal(plan_make(&request, &plan, &notes, &err), 0);
    assert_true(says(&notes, "calendars are worked out until noon in America/Lima; "
                             "behind that nothing starts"));
    assert_string_equal(plan->time.zone_data, "");
}

/* Somebody's own calendar bears their name; one that several have is told as theirs. */
static void a_calendar_of_several_is_not_named_after_one(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances': [{'name': 'v1', 'calendar': 'ours'}, {'name': 'v2', 'calendar': "
        "'ours'}, {'name': 'v3', 'calendar': 'mine'}], 'calendars': {'ours': {'from': "
        "'2026-11-21T22:00:00Z', 'for': '8h'}, 'mine': {'from': '2026-11-21T22:00:00Z', "
        "'for': '8h'}}, 'campaign': {'name': 'c', 'waves': [{'size': 'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->time.calendar_count, 2);
    assert_string_equal(plan->time.calendars[0].scope, "appliance");
    assert_string_equal(plan->time.calendars[1].scope, "appliance=v3");
}

/* ---- slots ---- */

/* Thirteen customers have windows of their own; twelve are named, the last one is not. */
static void owners_are_told_by_when_and_not_all_of_them(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "{'appliances': [{'name': 'free'}");
    for (int i = 10; i < 23; i++)
        buf_addf(&text, ",{'name': 'v%d', 'labels': {'customer': 'c%d'}}", i, i);
    buf_adds(&text, "], 'calendars': {'night': {'from': '2026-11-21T22:00:00Z', 'for': "
                    "'8h', 'every': '1d', 'times': 40}, 'fair': {'from': "
                    "'2027-01-01T00:00:00Z', 'for': '1d'}}, 'windows': [");
    for (int i = 10; i < 23; i++)
        buf_addf(&text, "%s{'customer': 'c%d', 'calendar': 'night'}", i > 10 ? "," : "",
                 i);
    buf_adds(&text, "], 'freezes': [{'customer': 'c10', 'calendar': 'fair'}], 'slots': {"
                    "'free': ['2026-11-24T22:00:00Z', '2026-11-24T23:00:00Z']");
    for (int i = 10; i < 23; i++)
        buf_addf(&text, ",'v%d': ['2026-11-%dT22:00:00Z', '2026-11-%dT23:00:00Z']", i,
                 i < 20 ? 24 : 25, i < 20 ? 24 : 25);
    buf_adds(&text, "}, 'campaign': {'name': 'c', 'min_notice': '1d', 'deadline': "
                    "'2026-11-30T00:00:00Z', 'waves': [{'size': 'rest'}]}}");
    auto_fixture struct fixture f = fixture_of_text(buf_text(&text));
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_true(says(&notes, "tell customer=c10 by 2026-11-23 22:00Z: the first of its 1 "
                             "target starts 2026-11-24 22:00Z"));
    assert_true(says(&notes, "and 1 more owners, later"));
    assert_false(says(&notes, "after the deadline"));
    assert_false(says(&notes, "tell customer=c22"));
    /* told of a plan that was read back, whose targets have no marks yet */
    auto_plan_notes struct plan_notes fresh = {0};
    plan->time.slots[0].from_ms = 0;
    plan_explain_slots(plan, NULL, &fresh);
    assert_true(says(&fresh, "no slot was found for 1 target: free"));
}

/* ---- paces ---- */

/* The author says how long it usually takes; the first of two words of the history counts,
   and what only one rollback showed does not. */
static void the_authors_word_holds_until_there_is_a_history(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "{'appliances': [");
    for (int i = 0; i < 10; i++)
        buf_addf(&text, "%s{'name': 'v%d', 'version': '%d'}", i ? "," : "", i, i);
    buf_adds(&text,
             "], 'playbook': {'name': 'p', 'rollback': 'none', 'steps': [{'id': 'x', "
             "'use': 'ssh.job', 'phase': 'change', 'class': 'reconcilable', 'timeout': "
             "'1h', 'expected': '7m', 'on_failure': 'park'}]}, 'history': ["
             "{'part': 'step', 'kind': 'vcsa', 'version': '3', 'id': 'x', 'median': "
             "'10m', 'p95': '20m', 'samples': 20}, {'part': 'step', 'kind': 'vcsa', "
             "'version': '3', 'id': 'x', 'median': '30m', 'p95': '40m', 'samples': 20}], "
             "'campaign': {'name': 'c', 'waves': [{'size': 'rest'}]}}");
    auto_fixture struct fixture f = fixture_of_text(buf_text(&text));
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->time.pace_count, 10);
    for (int i = 0; i < 10; i++) {
        const struct plan_pace *pace = &plan->time.paces[plan->time.slots[i].pace];
        assert_int_equal(pace->change_ms, (i == 3 ? 10 : 7) * 60000);
    }
}

/* ---- planning again ---- */

/* Ten waves of one get new names: ten moves, each with its reason. */
static void waves_with_new_names_are_new_waves(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "{'generate': {'count': 10, 'prefix': 'v'}");
    for (int old = 0; old < 2; old++) {
        buf_addf(&text, ", %s'campaign': {'name': 'c', 'waves': [",
                 old ? "'before': {" : "");
        for (int i = 0; i < 10; i++)
            buf_addf(&text, "%s{'name': '%s%d', 'size': 1}", i ? "," : "",
                     old ? "old" : "new", i);
        buf_addf(&text, "]}%s", old ? "}" : "");
    }
    buf_adds(&text, "}");
    tells(buf_text(&text),
          "new9: 1 target moved here from old9, because there is no wave "
          "old9 any more: v10");
    tells(buf_text(&text), "0 of 10 targets stay in the wave they had, 10 moved, 0 new");
}

/* One of the first wave is gone from the fleet, and whoever is new is a link group that does
   not fit into its place: the first of the second wave does. */
static void a_place_that_became_free_is_filled(void **state)
{
    (void)state;
    static const char waves[] = "'campaign': {'name': 'c', 'waves': [{'name': 'early', "
                                "'size': 2}, {'name': 'bulk', 'size': 'rest'}]}";
    auto_free char *text = xasprintf(
        "{'appliances': [{'name': 'a'}, {'name': 'd'}, {'name': 'e'}, {'name': 'f', "
        "'link_group': 'g', 'manager': 'm'}, {'name': 'h', 'link_group': 'g', 'manager': "
        "'m'}], %s, 'before': {'appliances': [{'name': 'a'}, {'name': 'b'}, {'name': "
        "'d'}, {'name': 'e'}], %s}}",
        waves, waves);
    tells(text,
          "early: 1 target moved here from bulk, because early had a place to fill: "
          "d");
}

/* Those of the canary show one site only, now that it is to show all. */
static void a_canary_is_chosen_anew_if_it_no_longer_shows_all(void **state)
{
    (void)state;
    tells("{'appliances': [{'name': 'a', 'site': 'x'}, {'name': 'b', 'site': 'x'}, "
          "{'name': 'd', 'site': 'y'}, {'name': 'e', 'site': 'y'}], 'campaign': {'name': "
          "'c', 'waves': [{'name': 'canary', 'size': 2, 'cover': ['site']}, {'name': "
          "'rest', 'size': 'rest'}]}, 'before': {'campaign': {'name': 'c', 'waves': "
          "[{'name': 'canary', 'size': 2}, {'name': 'rest', 'size': 'rest'}]}}}",
          "rest: 1 target moved here from canary, because canary was chosen anew to show "
          "every value of its labels");
    /* a smaller one is a free choice, too */
    tells(
        "{'appliances': [{'name': 'a', 'site': 'x'}, {'name': 'b', 'site': 'x'}, "
        "{'name': 'd', 'site': 'y'}, {'name': 'e', 'site': 'y'}], 'campaign': {'name': "
        "'c', 'waves': [{'name': 'canary', 'size': 2, 'cover': ['site']}, {'name': "
        "'rest', 'size': 'rest'}]}, 'before': {'campaign': {'name': 'c', 'waves': "
        "[{'name': 'canary', 'size': 3}, {'name': 'rest', 'size': 'rest'}]}}}",
        "rest: 1 target moved here from canary, because canary has 2 targets now, it had "
        "3");
}

/* ---- covers and link groups ---- */

/* All of site x to z would be six: as many values are shown as fit with their groups. */
static void a_cover_shows_as_much_as_fits_with_whole_groups(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances': [{'name': 'a', 'site': 'x', 'manager': 'm'}, "
        "{'name': 'c', 'site': 'y', 'manager': 'm', 'link_group': 'g'}, "
        "{'name': 'd', 'site': 'y', 'manager': 'm', 'link_group': 'g'}, "
        "{'name': 'e', 'site': 'z', 'manager': 'm', 'link_group': 'h'}, "
        "{'name': 'f', 'site': 'z', 'manager': 'm', 'link_group': 'h'}, "
        "{'name': 'i', 'site': 'z', 'manager': 'm', 'link_group': 'h'}], 'campaign': "
        "{'name': 'k', 'waves': [{'name': 'canary', 'size': 4, 'cover': ['site']}, "
        "{'name': 'rest', 'size': 'rest'}]}}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_int_equal(plan->waves[0].count, 3);
    assert_string_equal(plan->targets[0].name, "a");
    assert_string_equal(plan->targets[1].name, "c");
    assert_string_equal(plan->targets[2].name, "d");
    assert_true(says(&notes, "not covered: site=z"));
}

/* Two groups of two, and three places: the third stays empty. */
static void a_cover_leaves_no_group_behind_to_be_full(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate': {'count': 4, 'prefix': 'v', 'manager': ['m'], 'link_group': ['g', "
        "'g', 'h', 'h'], 'site': ['x']}, 'campaign': {'name': 'c', 'waves': [{'name': "
        "'canary', 'size': 3, 'cover': ['site']}, {'name': 'rest', 'size': 'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->waves[0].count, 2);
    assert_int_equal(plan->unit_count, 2);
}

/* Who only comes along shows nothing: it is not changed. And a label that nobody has is
   told as such, and nothing is said to be shown. */
static void companions_and_labels_of_nobody_cover_nothing(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances': [{'name': 'a', 'site': 'x', 'manager': 'm', 'link_group': 'g'}, "
        "{'name': 'b', 'site': 'x', 'manager': 'm'}, {'name': 'lone', 'manager': 'm'}, "
        "{'name': 'z', 'site': 'y', 'manager': 'm', 'link_group': 'g'}], 'fleet_only': "
        "2, "
        "'campaign': {'name': 'c', 'waves': [{'name': 'canary', 'size': 1, 'cover': "
        "['site']}, {'name': 'next', 'size': 1, 'cover': ['rack']}]}}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_int_equal(plan->target_count, 3); /* lone is not in the group, z is */
    assert_true(plan->targets[1].companion);
    assert_true(says(&notes, "canary: its targets show every value of site (1 value)"));
    assert_true(says(&notes, "has a label \"rack\", so it cannot be covered"));
    assert_false(says(&notes, "next: its targets show every value"));
}

static void how_snapshots_are_taken_is_told(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate': {'count': 2, 'prefix': 'v', 'manager': ['m']}, 'campaign': "
        "{'name': 'c', 'waves': [{'size': 'rest'}]}}");
    f.playbook.snapshot_memory = f.playbook.snapshot_quiesce = true;
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_true(plan->playbook.snapshot_memory);
    assert_true(
        says(&notes, "2 in all, with memory, quiesced: 2 targets, before install"));
}

static void one_percent_of_a_few_is_one(void **state)
{
    (void)state;
    tells("{'generate': {'count': 3, 'prefix': 'v'}, 'campaign': {'name': 'c', 'waves': "
          "[{'name': 'canary', 'size': '1%'}, {'name': 'rest', 'size': 'rest'}]}}",
          "canary: 1 % of 3 selected targets is 1");
}

/* ---- who cannot come along ---- */

static void whoever_holds_a_companion_is_named_as_far_as_known(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"'campaign': 'old', 'reason': 'audit', 'until': '2026-12-01T08:00:00Z'",
         "held in campaign old until 2026-12-01 08:00Z (audit)"},
        {"'campaign': 'old', 'reason': ''",
         "held in campaign old until it is released (no reason given)"},
        {"'none': 1", "held in campaign ? until it is released (no reason given)"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_free char *text = xasprintf(
            "{'appliances': [{'name': 'a', 'manager': 'm', 'link_group': 'g'}, {'name': "
            "'b', 'manager': 'm', 'link_group': 'g'}], 'fleet_only': 1, 'holds': "
            "[{'name': 'b', %s}], 'campaign': {'name': 'c', 'waves': [{'size': "
            "'rest'}]}}",
            rows[i][0]);
        auto_fixture struct fixture f = fixture_of_text(text);
        struct plan_request request = request_of(&f);
        refuses(&request, rows[i][1]);
    }
}

static void a_datastore_must_hold_all_of_a_group(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate': {'count': 3, 'prefix': 'v', 'manager': ['m'], 'datastore': ['d'], "
        "'link_group': ['g']}, 'campaign': {'name': 'c', 'limits': {'datastore': 2}, "
        "'waves': [{'size': 'rest'}]}}");
    struct plan_request request = request_of(&f);
    refuses(&request, "the limit of datastore=d is 2 and must be at least 3");
}

/* ---- limits ---- */

/* One is selected, and a hundred thousand would come along. */
static void companions_count_for_the_size_of_a_plan(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances': [{'name': 'v', 'manager': 'm', 'link_group': 'g'}], 'campaign': "
        "{'name': 'c', 'waves': [{'size': 'rest'}]}}");
    struct appliance *one = f.fleet.appliances;
    struct plan_request request = request_of(&f);
    f.fleet.appliance_count = PLAN_TARGETS_MAX + 1;
    f.fleet.appliances = xcalloc(f.fleet.appliance_count, sizeof *one);
    for (size_t i = 0; i < f.fleet.appliance_count; i++)
        f.fleet.appliances[i] = *one;
    refuses(&request, "1 targets and 100000 companions in their link groups are over the "
                      "limit of 100000 for one campaign");
    free(f.fleet.appliances);
    f.fleet.appliances = one;
    f.fleet.appliance_count = 1;
}

/* Appliances with calendars of their own, so many of them; `rules` of the campaign give
   each label one more. */
static void too_much_time(int calendars, int spans_each, int rules)
{
    auto_buf struct buf text = {0};
    int count = rules ? TIMETABLES_MAX + 1 : calendars;
    buf_addf(&text, "{'generate': {'count': %d, 'prefix': 'v', 'customer': [", count);
    for (int i = 0; i < (rules ? rules : 1); i++)
        buf_addf(&text, "%s'c%d'", i ? "," : "", i);
    buf_adds(&text, "]}, 'campaign': {'name': 'c', 'waves': [{'size': 'rest'}]}}");
    auto_fixture struct fixture f = fixture_of_text(buf_text(&text));
    struct plan_request request = request_of(&f);
    auto_free struct plan_calendar *items =
        xcalloc((size_t)(calendars + rules), sizeof *items);
    auto_free int *own = xcalloc((size_t)count, sizeof *own);
    auto_free int *opened = xcalloc((size_t)rules + 1, sizeof *opened);
    struct spans spans = {0};
    for (int i = 0; i < spans_each; i++)
        spans_add(&spans, 2 * i * HOUR, (2 * i + 1) * HOUR);
    for (int i = 0; i < calendars + rules; i++)
        items[i] = (struct plan_calendar){.source = xasprintf("%d.ics", i),
                                          .zone = (char *)(uintptr_t) "UTC",
                                          .digest = (char *)(uintptr_t) "",
                                          .spans = spans};
    for (int i = 0; i < count; i++)
        own[i] = rules ? i / rules : i;
    struct time_rules *windows = &f.campaign.strategy.windows;
    for (int i = 0; i < rules; i++) {
        *vec_push(windows->items, windows->count, windows->room) =
            (struct time_rule){.calendar = xstrdup("c"),
                               .label = xstrdup("customer"),
                               .value = xasprintf("c%d", i)};
        opened[i] = calendars + i;
    }
    request.calendars = (struct plan_calendars){.items = items,
                                                .count = (size_t)(calendars + rules),
                                                .appliances = own,
                                                .campaign_windows = opened,
                                                .horizon_ms = 4000 * HOUR};
    refuses(&request, "the calendars of this campaign are too much for one plan");
    for (int i = 0; i < calendars + rules; i++)
        free(items[i].source);
    spans_clear(&spans);
}

static void more_time_than_a_plan_can_hold_is_refused(void **state)
{
    (void)state;
    too_much_time(PLAN_CALENDARS_MAX + 1, 1, 0);
    too_much_time(TIMETABLES_MAX / 142 + 1, 1, 142);
    too_much_time(21, PLAN_SPANS_MAX / 20, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_is_told_in_the_zone_of_the_campaign_or_in_utc),
        cmocka_unit_test(a_deadline_behind_the_calendars_ends_with_them),
        cmocka_unit_test(openings_count_as_far_as_they_lie_in_the_range),
        cmocka_unit_test(who_has_no_data_of_zones_is_told_none),
        cmocka_unit_test(a_calendar_of_several_is_not_named_after_one),
        cmocka_unit_test(owners_are_told_by_when_and_not_all_of_them),
        cmocka_unit_test(the_authors_word_holds_until_there_is_a_history),
        cmocka_unit_test(waves_with_new_names_are_new_waves),
        cmocka_unit_test(a_place_that_became_free_is_filled),
        cmocka_unit_test(a_canary_is_chosen_anew_if_it_no_longer_shows_all),
        cmocka_unit_test(a_cover_shows_as_much_as_fits_with_whole_groups),
        cmocka_unit_test(a_cover_leaves_no_group_behind_to_be_full),
        cmocka_unit_test(companions_and_labels_of_nobody_cover_nothing),
        cmocka_unit_test(how_snapshots_are_taken_is_told),
        cmocka_unit_test(one_percent_of_a_few_is_one),
        cmocka_unit_test(whoever_holds_a_companion_is_named_as_far_as_known),
        cmocka_unit_test(a_datastore_must_hold_all_of_a_group),
        cmocka_unit_test(companions_count_for_the_size_of_a_plan),
        cmocka_unit_test(more_time_than_a_plan_can_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
