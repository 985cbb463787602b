/*
 * test_units.c - link groups as units of a plan: who is in them, in which wave they stand,
 * who cannot come along, which caps cannot hold them, and what they cost.
 */
#include "fixture.h"

static const char *const three =
    "{'name':'vc-1','site':'rbx','manager':'m1','link_group':'sso'},"
    "{'name':'vc-2','site':'rbx','manager':'m1','link_group':'sso'},"
    "{'name':'vc-3','site':'gra','manager':'m1','link_group':'sso'}";

static struct fixture case_of(const char *appliances, const char *rest)
{
    auto_free char *text =
        xasprintf("{'appliances':[%s],%s}", appliances ? appliances : three, rest);
    return fixture_of_text(text);
}

/* "vc-1 vc-2+ | vc-3": the order of the plan, waves apart, + a companion */
static char *order_of(const struct plan *plan)
{
    auto_buf struct buf out = {0};
    for (size_t i = 0; i < plan->target_count; i++) {
        bool first = i && plan->targets[i].wave != plan->targets[i - 1].wave;
        buf_addf(&out, "%s%s%s",
                 first ? " | "
                 : i   ? " "
                       : "",
                 plan->targets[i].name, plan->targets[i].companion ? "+" : "");
    }
    return buf_take(&out);
}

static void goes(const char *appliances, const char *rest, const char *expected)
{
    auto_fixture struct fixture f = case_of(appliances, rest);
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    auto_free char *order = order_of(plan);
    assert_string_equal(order, expected);
}

static bool says(const struct plan_notes *notes, const char *text)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (strstr(notes->items[i].text, text))
            return true;
    }
    return false;
}

static void tells(const char *appliances, const char *rest, const char *text)
{
    auto_fixture struct fixture f = case_of(appliances, rest);
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    if (says(&notes, text))
        return;
    for (size_t i = 0; i < notes.count; i++)
        print_message("note: %s\n", notes.items[i].text);
    fail_msg("nobody says: %s", text);
}

static void refuses(const char *appliances, const char *rest, const char *expected)
{
    auto_fixture struct fixture f = case_of(appliances, rest);
    struct plan_request request = request_of(&f);
    struct slipway_error err = {""};
    struct plan *plan = NULL;
    assert_int_equal(plan_make(&request, &plan, NULL, &err), -1);
    assert_null(plan);
    assert_string_equal(err.text, expected);
}

static void all_of_a_group_come_along(void **state)
{
    (void)state;
    auto_fixture struct fixture f =
        case_of("{'name':'vc-2','manager':'m1','link_group':'sso'},"
                "{'name':'vc-9','manager':'m1'},"
                "{'name':'vc-1','manager':'m1','link_group':'sso'},"
                "{'name':'vc-10','manager':'m1','link_group':'sso'},"
                "{'name':'vc-3','manager':'m1','link_group':'other'}",
                "'fleet_only':3,'campaign':{'name':'c'}");
    auto_plan struct plan *plan = planned(&f, NULL);
    auto_free char *order = order_of(plan);
    assert_string_equal(order, "vc-1+ vc-2 vc-10+ vc-9");
    assert_int_equal(plan->unit_count, 1);
    assert_string_equal(plan->units[0].name, "sso");
    assert_int_equal(plan->units[0].first, 0);
    assert_int_equal(plan->units[0].count, 3);
    assert_int_equal(plan->waves[0].count, 4);
    assert_int_equal(plan->targets[1].domain_count, 0); /* no link_group=sso of 1 */
}

static void a_playbook_that_reverts_nothing_changes_them_one_after_another(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        auto_fixture struct fixture f =
            case_of(NULL, "'fleet_only':1,'campaign':{'name':'c'}");
        f.playbook.rollback = i ? ROLLBACK_NATIVE : ROLLBACK_NONE;
        auto_plan struct plan *plan = planned(&f, NULL);
        assert_int_equal(plan->unit_count, 0);
        assert_int_equal(plan->target_count, 2);
        assert_string_equal(plan->domains[plan->targets[0].domains[0]].key,
                            "link_group=sso");
        assert_int_equal(plan->domains[plan->targets[0].domains[0]].max, 1);
    }
}

static void one_member_in_the_fleet_is_no_group(void **state)
{
    (void)state;
    const char *lonely = "{'name':'vc-1','manager':'m1','link_group':'sso'}";
    auto_fixture struct fixture f = case_of(lonely, "'campaign':{'name':'c'}");
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->unit_count, 0);
    tells(lonely, "'campaign':{'name':'c'}",
          "link groups with one member in this fleet: others may be elsewhere");
}

static const char *const mixed = "{'name':'vc-1','manager':'m','link_group':'a'},"
                                 "{'name':'vc-2','manager':'m'},"
                                 "{'name':'vc-3','manager':'m','link_group':'a'},"
                                 "{'name':'vc-4','manager':'m'},"
                                 "{'name':'vc-5','manager':'m','link_group':'a'},"
                                 "{'name':'vc-6','manager':'m'},"
                                 "{'name':'vc-7','manager':'m'}";

static void a_wave_passes_over_what_does_not_fit(void **state)
{
    (void)state;
    const char *rest = "'campaign':{'name':'c','waves':[{'size':2},{'size':'rest'}]}";
    goes(mixed, rest, "vc-2 vc-4 | vc-1 vc-3 vc-5 vc-6 vc-7");
    tells(mixed, rest,
          "wave-0: passed over, because link groups go as one and did not "
          "fit whole: a");
    goes(mixed, "'campaign':{'name':'c','waves':[{'size':4},{'size':'rest'}]}",
         "vc-1 vc-3 vc-5 vc-2 | vc-4 vc-6 vc-7");
}

static void a_wave_that_would_be_empty_grows(void **state)
{
    (void)state;
    const char *rest = "'campaign':{'name':'c','waves':[{'size':1},{'size':'rest'}]}";
    goes(NULL, rest, "vc-1 vc-2 vc-3");
    tells(NULL, rest, "wave-0: grows from 1 to 3, because a link group goes as one");
    tells(NULL, rest, "wave-1 is dropped: no targets are left for it");
}

static void places_that_stay_empty_are_told(void **state)
{
    (void)state;
    const char *two = "{'name':'a','manager':'m','link_group':'x'},"
                      "{'name':'b','manager':'m','link_group':'x'},"
                      "{'name':'c','manager':'m','link_group':'y'},"
                      "{'name':'d','manager':'m','link_group':'y'}";
    const char *rest = "'campaign':{'name':'c','waves':[{'size':3},{'size':'rest'}]}";
    goes(two, rest, "a b | c d");
    tells(two, rest,
          "wave-0: 1 of its 3 places stays empty: link groups go as one, and the "
          "next ones are bigger than that: y");
}

static void the_last_wave_takes_what_fitted_nowhere(void **state)
{
    (void)state;
    const char *five = "{'name':'a','manager':'m','link_group':'x'},"
                       "{'name':'b','manager':'m','link_group':'x'},"
                       "{'name':'c','manager':'m','link_group':'x'},"
                       "{'name':'d','manager':'m'}";
    const char *rest = "'campaign':{'name':'c','waves':[{'size':2},{'size':2}]}";
    goes(five, rest, "d | a b c");
    refuses(
        five, "'campaign':{'name':'c','waves':[{'size':1}]}",
        "3 of 4 selected targets are in no wave; add a wave with `size: rest`, or make "
        "the waves bigger");
}

/* Eight targets and two waves of four: what fits into neither goes with the last one. */
static void what_no_wave_has_room_for_goes_last(void **state)
{
    (void)state;
    const char *groups = "{'name':'a','manager':'m','link_group':'x'},"
                         "{'name':'b','manager':'m','link_group':'x'},"
                         "{'name':'c','manager':'m','link_group':'x'},"
                         "{'name':'d','manager':'m','link_group':'y'},"
                         "{'name':'e','manager':'m','link_group':'y'},"
                         "{'name':'f','manager':'m','link_group':'y'},"
                         "{'name':'g','manager':'m','link_group':'z'},"
                         "{'name':'h','manager':'m','link_group':'z'}";
    const char *rest = "'campaign':{'name':'c','waves':[{'size':4},{'size':4}]}";
    goes(groups, rest, "a b c | d e f g h");
    tells(groups, rest,
          "wave-1: takes 2 more than its size, because link groups go as one and fitted "
          "in no earlier wave");
}

static void companions_take_no_place(void **state)
{
    (void)state;
    goes(
        "{'name':'vc-1','manager':'m','link_group':'a'},{'name':'vc-2','manager':'m'},"
        "{'name':'vc-3','manager':'m'},{'name':'vc-4','manager':'m','link_group':'a'},"
        "{'name':'vc-5','manager':'m','link_group':'a'}",
        "'fleet_only':2,'campaign':{'name':'c','waves':[{'size':'34%'},{'size':'rest'}]}",
        "vc-1 vc-4+ vc-5+ | vc-2 vc-3");
}

static void a_cover_completes_its_groups(void **state)
{
    (void)state;
    const char *fleet =
        "{'name':'a','site':'x','manager':'m'},{'name':'b','site':'x','manager':'m'},"
        "{'name':'c','site':'y','manager':'m','link_group':'g'},"
        "{'name':'d','site':'z','manager':'m','link_group':'g'},"
        "{'name':'e','site':'y','manager':'m'},{'name':'f','site':'x','manager':'m'}";
    /* a, c and with c comes d, who shows z */
    goes(fleet,
         "'campaign':{'name':'c','waves':[{'size':3,'cover':['site']},{'size':'rest'}]}",
         "a c d | b e f");
    /* of two only a and one of the group: the group does not fit, e takes its place */
    goes(fleet,
         "'campaign':{'name':'c','waves':[{'size':2,'cover':['site']},{'size':'rest'}]}",
         "a e | b c d f");
    tells(fleet,
          "'campaign':{'name':'c','waves':[{'size':2,'cover':['site']},{'size':'rest'}]}",
          "2 targets cannot show every value; not covered: site=z");
}

static void planning_again_moves_no_group(void **state)
{
    (void)state;
    goes(mixed,
         "'campaign':{'name':'c','waves':[{'size':3},{'size':'rest'}]},"
         "'before':{'campaign':{'name':'c','waves':[{'size':2},{'size':'rest'}]}}",
         "vc-2 vc-4 vc-6 | vc-1 vc-3 vc-5 vc-7");
}

static void who_cannot_come_along_is_named(void **state)
{
    (void)state;
    refuses("{'name':'vc-1','manager':'m','link_group':'sso'},"
            "{'name':'vc-2','link_group':'sso'}",
            "'fleet_only':1,'campaign':{'name':'c'}",
            "vc-2 is in link group sso and would be shut down, snapshotted and reverted "
            "with its others, but it has no vm.manager; add it to the fleet file, or "
            "leave the whole group out with `select`");
    refuses(NULL,
            "'fleet_only':1,'campaign':{'name':'c'},'holds':[{'name':'vc-3','campaign':"
            "'october','reason':'billing','until':'2026-12-01T00:00:00Z'}]",
            "vc-3 is in link group sso and would be shut down, snapshotted and reverted "
            "with its others, but it is held in campaign october until 2026-12-01 00:00Z "
            "(billing); release it there, or leave the whole group out with `select`");
    /* a hold that is over, and one on whom the campaign changes: that is told, as ever */
    goes(NULL,
         "'fleet_only':1,'campaign':{'name':'c'},'holds':[{'name':'vc-3','campaign':'o',"
         "'until':'2026-01-01T00:00:00Z'},{'name':'vc-1','campaign':'o'}]",
         "vc-1 vc-2 vc-3+");
}

static void caps_that_cannot_hold_all_are_refused(void **state)
{
    (void)state;
    refuses(NULL, "'campaign':{'name':'c','in_flight':2}",
            "link group sso goes as one, with 3 members: in_flight is 2 and must be at "
            "least 3");
    refuses(
        NULL, "'campaign':{'name':'c','max_unavailable':{'site':1}}",
        "link group sso goes as one, with 3 members: max_unavailable of site=rbx is 1 "
        "and must be at least 2");
    refuses(
        NULL, "'campaign':{'name':'c','limits':{'manager':2}}",
        "link group sso goes as one, with 3 members: the limit of manager=m1 is 2 and "
        "must be at least 3");
    /* enough; and one that shuts everybody out is a stop */
    goes(NULL,
         "'campaign':{'name':'c','in_flight':3,'max_unavailable':{'site':2},'limits':"
         "{'manager':3,'repo':1}}",
         "vc-1 vc-2 vc-3");
    goes(NULL, "'campaign':{'name':'c','max_unavailable':{'site':0}}", "vc-1 vc-2 vc-3");
}

static void a_group_counts_once_for_budgets(void **state)
{
    (void)state;
    auto_fixture struct fixture f = case_of(
        mixed, "'campaign':{'name':'c','budget':{'wave':'40%','campaign':4},'waves':"
               "[{'size':'rest'}]}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_int_equal(notes.facts.waves[0].lots, 5);
    assert_int_equal(plan->waves[0].budget, 2); /* 40 % of 5 */
    assert_int_equal(plan->budget, 4);
    assert_true(says(&notes, "40 % of its 5 targets, a link group counted once, is"));
}

static void it_says_what_a_group_costs(void **state)
{
    (void)state;
    auto_fixture struct fixture f =
        case_of(NULL, "'fleet_only':1,'campaign':{'name':'c'}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    const struct unit_facts *facts = &notes.facts.units[0];
    const struct plan_pace *pace = &plan->time.paces[0];
    int64_t own_ms = pace->needed_ms - playbook_undo_ms(&plan->playbook);
    assert_int_equal(facts->changed, 2);
    assert_int_equal(facts->change_ms, 2 * pace->change_ms);
    assert_int_equal(facts->down_ms, 120000 + pace->rollback_ms);
    assert_int_equal(facts->needed_ms, playbook_barrier_ms(&plan->playbook) +
                                           playbook_group_undo_ms(&plan->playbook) +
                                           2 * own_ms);
    assert_int_equal(notes.facts.snapshots_total, 3);
    assert_int_equal(notes.marks[2], MARK_COMPANION);
    assert_true(says(&notes, "then one after another is changed"));
    assert_true(says(&notes, "vc-1, vc-2, vc-3, of which vc-3 comes along and is not "
                             "changed"));
}

static void openings_must_meet(void **state)
{
    (void)state;
    for (int hour = 2; hour <= 4; hour += 2) {
        auto_free char *rest = xasprintf(
            "'calendars':{'rbx':{'from':'2026-11-28T22:00:00Z','for':'12h'},'gra':{'from'"
            ":"
            "'2026-11-29T0%d:00:00Z','for':'12h'}},'windows':[{'site':'rbx','calendar':"
            "'rbx'},{'site':'gra','calendar':'gra'}],'campaign':{'name':'c'}",
            hour);
        auto_fixture struct fixture f = case_of(NULL, rest);
        auto_plan_notes struct plan_notes notes = {0};
        auto_plan struct plan *plan = planned(&f, &notes);
        bool starved = says(&notes, "link group sso goes as one and needs 6h36m in an "
                                    "opening that all of its 3 members have: the longest "
                                    "one is 6h (2026-11-29 04:00Z)");
        assert_int_equal(starved, hour == 4);
        assert_int_equal(notes.marks[2], hour == 4 ? MARK_BLOCKED : MARK_UPGRADE);
        assert_false(says(&notes, "no opening before"));
    }
}

/* One that cannot start keeps the others back, wherever it stands among them. */
static void who_cannot_start_blocks_its_group(void **state)
{
    (void)state;
    auto_fixture struct fixture f =
        case_of("{'name':'vc-1','site':'rbx','manager':'m1','link_group':'sso'},"
                "{'name':'vc-2','site':'rbx','manager':'','link_group':'sso'},"
                "{'name':'vc-3','site':'gra','manager':'m1','link_group':'sso'},"
                "{'name':'vc-4','site':'gra','manager':'m1'}",
                "'campaign':{'name':'c'}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_true(says(&notes, "no vm.manager"));
    for (size_t i = 0; i < plan->target_count; i++) {
        bool linked = *plan->targets[i].link_group != 0;
        assert_int_equal(notes.marks[i] == MARK_BLOCKED, linked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_group_come_along),
        cmocka_unit_test(a_playbook_that_reverts_nothing_changes_them_one_after_another),
        cmocka_unit_test(one_member_in_the_fleet_is_no_group),
        cmocka_unit_test(a_wave_passes_over_what_does_not_fit),
        cmocka_unit_test(a_wave_that_would_be_empty_grows),
        cmocka_unit_test(places_that_stay_empty_are_told),
        cmocka_unit_test(the_last_wave_takes_what_fitted_nowhere),
        cmocka_unit_test(what_no_wave_has_room_for_goes_last),
        cmocka_unit_test(companions_take_no_place),
        cmocka_unit_test(a_cover_completes_its_groups),
        cmocka_unit_test(planning_again_moves_no_group),
        cmocka_unit_test(who_cannot_come_along_is_named),
        cmocka_unit_test(caps_that_cannot_hold_all_are_refused),
        cmocka_unit_test(a_group_counts_once_for_budgets),
        cmocka_unit_test(it_says_what_a_group_costs),
        cmocka_unit_test(openings_must_meet),
        cmocka_unit_test(who_cannot_start_blocks_its_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
