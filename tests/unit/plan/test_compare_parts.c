/*
 * test_compare_parts.c - two plans that are the same but for one thing: it alone is named,
 * in one sentence. One row for each thing that can differ.
 */
#include "fixture.h"

#include "plan/compare.h"

static const char text[] =
    "{'appliances': ["
    " {'name': 'vc-1', 'version': '8.0.2', 'manager': 'm1'},"
    " {'name': 'vc-2', 'version': '8.0.2', 'manager': 'm1'}],"
    " 'calendars': {'night': {'from': '2026-11-21T22:00:00Z', 'for': '4h', 'every': '7d',"
    "  'times': 8}}, 'windows': ['night'],"
    " 'campaign': {'name': 'c', 'in_flight': 2, 'limits': {'repo': 2}, 'waves': ["
    "  {'name': 'rest', 'size': 'rest'}]}}";

struct twins {
    struct fixture fixture;
    struct plan *was, *now;
};

static struct twins twins_of(const char *case_text)
{
    struct twins twins = {.fixture = fixture_of_text(case_text)};
    twins.was = planned(&twins.fixture, NULL);
    twins.now = planned(&twins.fixture, NULL);
    return twins;
}

static void twins_clear(struct twins *twins)
{
    plan_free(twins->was);
    plan_free(twins->now);
    fixture_clear(&twins->fixture);
}
#define auto_twins __attribute__((cleanup(twins_clear)))

static void differ(const struct twins *twins, const char *expected)
{
    auto_differences struct plan_differences found = {.count = 0};
    auto_buf struct buf told = {0};
    plan_compare(twins->was, twins->now, NULL, &found);
    for (size_t i = 0; i < found.count; i++)
        buf_addf(&told, "%s: %s\n", plan_change_name(found.items[i].change),
                 found.items[i].text);
    assert_string_equal(buf_text(&told), expected);
}

/* ---- the playbook ---- */

static void rollback(struct playbook *p)
{
    p->rollback = ROLLBACK_NATIVE;
}

static void boot_timeout(struct playbook *p)
{
    p->boot_timeout_ms++;
}

static void max_depth(struct playbook *p)
{
    p->max_depth++;
}

static void snapshot_ttl(struct playbook *p)
{
    p->snapshot_ttl_ms++;
}

static void snapshot_settle(struct playbook *p)
{
    p->snapshot_settle_ms++;
}

static void snapshot_room(struct playbook *p)
{
    p->snapshot_room_bytes++;
}

static void snapshot_memory(struct playbook *p)
{
    p->snapshot_memory = !p->snapshot_memory;
}

static void snapshot_quiesce(struct playbook *p)
{
    p->snapshot_quiesce = !p->snapshot_quiesce;
}

static void worst_change(struct playbook *p)
{
    p->worst.change_ms++;
}

static void worst_rollback(struct playbook *p)
{
    p->worst.rollback_ms++;
}

static void use_and_with(struct playbook *p)
{
    xreplace(&p->steps[0].op.use, "ssh.job");
    xreplace(&p->steps[0].op.with, "{\"a\":1}");
}

static void on_failure(struct playbook *p)
{
    p->steps[0].on_failure = ON_FAILURE_PARK;
}

static void retries(struct playbook *p)
{
    p->steps[1].retries++;
}

static void step_phase(struct playbook *p)
{
    p->steps[1].phase = PHASE_CHANGE;
}

static void limit_name(struct playbook *p)
{
    xreplace(&p->steps[1].limits[0], "mirror");
}

static void limit_gone(struct playbook *p)
{
    xreplace(&p->steps[1].limits[0], NULL);
    p->steps[1].limit_count = 0;
}

static void check_pace(struct playbook *p)
{
    p->checks[0].for_ms++;
    p->checks[0].every_ms++;
    p->checks[0].stable++;
}

static void check_weight(struct playbook *p)
{
    p->checks[1].baseline = BASELINE_REQUIRE;
    p->checks[1].severity = SEVERITY_WARN;
}

static void check_after(struct playbook *p)
{
    xreplace(&p->checks[0].after, "stage");
}

static void another_way_of_reading(struct playbook *p)
{
    xreplace(&p->reads[0].value, "result ->> '$.v'");
    p->reads[0].timeout_ms++;
}

static void order(struct playbook *p)
{
    struct step first = p->steps[0];
    p->steps[0] = p->steps[1];
    p->steps[1] = first;
}

static const struct {
    void (*edit)(struct playbook *p);
    const char *told;
} playbooks[] = {
    {rollback, "the playbook changed: rollback"},
    {boot_timeout, "the playbook changed: boot_timeout"},
    {max_depth, "the playbook changed: snapshot"},
    {snapshot_ttl, "the playbook changed: snapshot"},
    {snapshot_settle, "the playbook changed: snapshot"},
    {snapshot_room, "the playbook changed: snapshot"},
    {snapshot_memory, "the playbook changed: snapshot"},
    {snapshot_quiesce, "the playbook changed: snapshot"},
    {worst_change, "the playbook changed: worst"},
    {worst_rollback, "the playbook changed: worst"},
    {use_and_with, "the step space changed: use, with"},
    {on_failure, "the step space changed: on_failure"},
    {retries, "the step stage changed: on_failure"},
    {step_phase, "the step stage changed: phase"},
    {limit_name, "the step stage changed: limits"},
    {limit_gone, "the step stage changed: limits"},
    {check_pace, "the health check version changed: for, every, stable"},
    {check_weight, "the health check services changed: baseline, severity"},
    {check_after, "the health check version changed: after"},
    {another_way_of_reading, "the version read ssh changed: value, timeout"},
    {order, "the steps have another order"},
};

static void what_changed_in_a_playbook_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(playbooks); i++) {
        auto_twins struct twins twins = twins_of(text);
        playbooks[i].edit(&twins.now->playbook);
        auto_free char *expected = xasprintf("playbook: %s\n", playbooks[i].told);
        differ(&twins, expected);
    }
}

/* Of fewer steps nobody says that they have another order. */
static void a_step_that_is_gone_moves_no_other(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    twins.now->playbook.step_count--;
    differ(&twins, "playbook: the step install is gone\n");
    twins.now->playbook.step_count++;
}

/* ---- plugins ---- */

static struct plan_plugin plugin(const char *name, const char *version)
{
    return (struct plan_plugin){(char *)(uintptr_t)name, (char *)(uintptr_t)version,
                                (char *)(uintptr_t) ""};
}

static void plugins_come_and_go(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    struct plan_plugin was[] = {plugin("rest", "1"), plugin("ssh", "1")};
    struct plan_plugin now[] = {plugin("rest", "1"), plugin("exec", "1")};
    struct plan_plugin *own[] = {twins.was->plugins, twins.now->plugins};
    twins.was->plugins = was;
    twins.now->plugins = now;
    twins.was->plugin_count = twins.now->plugin_count = 2;
    differ(&twins, "plugin: the plugin exec is used now\n"
                   "plugin: the plugin ssh is no longer used\n");
    twins.was->plugin_count = 0; /* a plan from before they were pinned */
    differ(&twins, "");
    twins.was->plugins = own[0];
    twins.now->plugins = own[1];
    twins.now->plugin_count = 0;
}

/* ---- variables ---- */

static void variables_come_and_go(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    xreplace(&twins.was->vars, "{\"build\":7,\"repo\":\"a\"}");
    xreplace(&twins.now->vars, "{\"repo\":\"a\"}");
    differ(&twins, "vars: vars.build changed from 7 to nothing\n");
    xreplace(&twins.was->vars, "{}");
    xreplace(&twins.now->vars, "{}");
    differ(&twins, "");
}

/* ---- calendars ---- */

static void openings(struct plan *plan, int count)
{
    struct spans *spans = &plan->time.calendars[0].spans;
    spans_clear(spans);
    for (int i = 0; i < count; i++) {
        int64_t from_ms = plan->created_ms + (1 + 2 * i) * 86400000LL;
        spans_add(spans, from_ms, from_ms + 3600000);
    }
}

static void many_openings_are_told_by_the_first_few(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    openings(twins.was, 0);
    openings(twins.now, 5);
    differ(&twins, "calendar: window of fleet: night changed; opens newly 2026-11-22 "
                   "02:13Z to 2026-11-22 03:13Z, 2026-11-24 02:13Z to 2026-11-24 03:13Z, "
                   "2026-11-26 02:13Z to 2026-11-26 03:13Z and 2 more\n");
}

static void a_freeze_that_moves_is_told_as_one(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    twins.was->time.calendars[0].freeze = twins.now->time.calendars[0].freeze = true;
    openings(twins.was, 1);
    openings(twins.now, 2);
    differ(&twins, "calendar: freeze of fleet: night changed; frozen newly 2026-11-24 "
                   "02:13Z to 2026-11-24 03:13Z\n");
    openings(twins.was, 2);
    openings(twins.now, 1);
    differ(&twins, "calendar: freeze of fleet: night changed; no longer frozen "
                   "2026-11-24 02:13Z to 2026-11-24 03:13Z\n");
}

static void a_calendar_that_was_only_edited_moves_nothing(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    xreplace(&twins.now->time.calendars[0].digest, "another");
    differ(&twins, "calendar: window of fleet: night changed, but moves no opening\n");
}

/* Only the name of a file is told, not where it lies; appliances' own are told as such. */
static void calendars_come_and_go(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    for (int i = 0; i < 2; i++) {
        struct plan_calendar *c = &(i ? twins.now : twins.was)->time.calendars[0];
        xreplace(&c->scope, "appliance=vc-1");
        xreplace(&c->source, i ? "/etc/slipway/b.ics" : "/etc/slipway/a.ics");
    }
    differ(&twins, "calendar: window of appliance=vc-1: b.ics is new\n"
                   "calendar: window of appliance=vc-1: a.ics no longer binds anybody\n");
}

/* The same words for the same targets are one calendar, however often they were opened. */
static void a_calendar_that_was_opened_twice_is_one(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(
        "{'appliances': [{'name': 'vc-1'}], 'calendars': {'night': {'from': "
        "'2026-11-21T22:00:00Z', 'for': '4h'}, 'day': {'from': '2026-11-22T08:00:00Z', "
        "'for': '4h'}}, 'windows': ['night', 'day'], 'campaign': {'name': 'c', 'waves': "
        "[{'name': 'rest', 'size': 'rest'}]}}");
    xreplace(&twins.was->time.calendars[1].source, "night");
    xreplace(&twins.now->time.calendars[1].source, "night");
    differ(&twins, "");
    xreplace(&twins.now->time.calendars[1].source, "day");
    differ(&twins, "calendar: window of fleet: day is new\n");
}

/* ---- the strategy ---- */

static void what_is_taken_away_is_told_as_nothing(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    twins.was->time.deadline_ms = 1800000000000;
    twins.now->limit_count = 0;
    differ(&twins, "strategy: the limit of repo changed from 2 to nothing\n"
                   "strategy: deadline changed from 2027-01-15 08:00Z to nothing\n");
    twins.now->limit_count = 1;
}

/* The same nights, told in another zone: what was written of time is another. */
static void the_zone_in_which_times_are_told_is_part_of_the_strategy(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    xreplace(&twins.was->time.zone, "Europe/Paris");
    xreplace(&twins.now->time.zone, "America/Montreal");
    differ(&twins, "strategy: zone changed from Europe/Paris to America/Montreal\n");
}

/* Of link groups nobody wrote a cap; of the others somebody did. */
static void the_cap_of_link_groups_is_nobodys_wish(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(
        "{'appliances': [{'name': 'vc-1', 'link_group': 'sso', 'site': 'rbx'},"
        " {'name': 'vc-2', 'link_group': 'sso', 'site': 'rbx'}],"
        " 'playbook': {'name': 'p', 'rollback': 'none', 'steps': [{'id': 'x', 'use': "
        "'ssh.run', 'phase': 'change', 'on_failure': 'park'}]},"
        " 'campaign': {'name': 'c', 'max_unavailable': {'site': 1}, 'waves': [{'name': "
        "'rest', 'size': 'rest'}]}}");
    for (size_t i = 0; i < twins.now->domain_count; i++)
        twins.now->domains[i].max = 7;
    differ(&twins, "strategy: max_unavailable of site changed from 1 to 7\n");
}

/* A plan of an older slipway knows no time-zone data, and says nothing about it. */
static void zone_data_is_compared_if_both_have_it(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"2026a", "2026b", "zone_data: the time-zone data changed from 2026a to 2026b\n"},
        {NULL, "2026b", ""},
        {"2026a", NULL, ""},
        {"", "2026b", ""},
        {"2026a", "", ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_twins struct twins twins = twins_of(text);
        xreplace(&twins.was->time.zone_data, rows[i][0]);
        xreplace(&twins.now->time.zone_data, rows[i][1]);
        differ(&twins, rows[i][2]);
    }
}

/* ---- targets ---- */

static void members_of_a_link_group(void **state)
{
    (void)state;
    static const char two[] =
        "{'appliances': [{'name': 'vc-1', 'link_group': 'sso', 'manager': 'm'},"
        " {'name': 'vc-2', 'link_group': 'sso', 'manager': 'm'}],"
        " 'campaign': {'name': 'c', 'waves': [{'name': 'rest', 'size': 'rest'}]}}";
    auto_twins struct twins twins = twins_of(two);
    xreplace(&twins.was->targets[0].doc, "{\"host\":\"a\",\"link_members\":[1]}");
    xreplace(&twins.now->targets[0].doc, "{\"host\":\"a\",\"link_members\":[1,2]}");
    xreplace(&twins.was->targets[1].doc, "{\"host\":\"a\",\"link_members\":[1]}");
    xreplace(&twins.now->targets[1].doc, "{\"host\":\"b\",\"link_members\":[1]}");
    differ(&twins, "appliance: 1 target with another entry in the fleet: vc-2\n"
                   "member: 1 target in a link group that has other members now: vc-1\n");
    xreplace(&twins.now->targets[0].doc, "{\"host\":\"a\"}"); /* it has left */
    xreplace(&twins.now->targets[1].doc, "{\"host\":\"a\",\"link_members\":[1]}");
    differ(&twins, "member: 1 target in a link group that has other members now: vc-1\n");
}

static void roles_and_documents(void **state)
{
    (void)state;
    static const char group[] =
        "{'appliances': [{'name': 'vc-1', 'link_group': 'sso', 'manager': 'm'},"
        " {'name': 'vc-2', 'link_group': 'sso', 'manager': 'm'}],"
        " 'campaign': {'name': 'c', 'waves': [{'name': 'rest', 'size': 'rest'}]}}";
    auto_twins struct twins twins = twins_of(group);
    twins.now->targets[1].companion = true;
    xreplace(&twins.was->targets[0].version, "8.0.2");
    xreplace(&twins.now->targets[0].doc, "[\"no entry\"]");
    twins.now->unit_count = 0;
    twins.was->time.slot_count = 1; /* a plan of before has none for all of them */
    twins.now->time.slots[1].from_ms = 1795212000000;
    differ(&twins,
           "version: 1 target changed from 8.0.2 to a version that was not known: vc-1\n"
           "appliance: 1 target with another entry in the fleet: vc-1\n"
           "member: 1 target changed alone now, before: changed as part of the link "
           "group: vc-1\n"
           "member: 1 target only along with the link group now, before: changed as part "
           "of the link group: vc-2\n"
           "slot: vc-2 moved from no slot to 2026-11-20 22:00Z\n");
    twins.now->unit_count = 1;
    twins.was->time.slot_count = 2;
}

/* A file that nobody of us wrote, and one sentence for each kind of change. */
static void entries_that_are_no_entries_and_many_kinds_of_change(void **state)
{
    (void)state;
    auto_buf struct buf told = {0};
    auto_twins struct twins twins = twins_of(
        "{'generate': {'count': 10, 'prefix': 'v', 'version': ['1']}, 'campaign': "
        "{'name': 'c', 'waves': [{'name': 'rest', 'size': 'rest'}]}}");
    for (int i = 0; i < 10; i++) {
        auto_free char *version = xasprintf("2.%d", i);
        xreplace(&twins.now->targets[i].version, version);
        buf_addf(&told, "version: 1 target changed from 1 to %s: v%d\n", version, i + 1);
    }
    xreplace(&twins.now->targets[0].doc, "{broken");
    buf_adds(&told, "appliance: 1 target with another entry in the fleet: v1\n");
    differ(&twins, buf_text(&told));
}

static void leave_out(struct plan *plan, const char *name, const char *reason)
{
    plan->absent =
        xreallocarray(plan->absent, plan->absent_count + 1, sizeof *plan->absent);
    plan->absent[plan->absent_count++] =
        (struct plan_absent){xstrdup(name), xstrdup(reason)};
}

/* vc-2 goes from the plan, vc-3 had another reason, vc-4 is as it was, vc-5 is back, vc-6 is
   nobody's any more. */
static void who_is_left_out_is_told_with_the_reason(void **state)
{
    (void)state;
    auto_twins struct twins twins = twins_of(text);
    xreplace(&twins.was->targets[1].name, "vc-9");
    xreplace(&twins.now->targets[1].name, "vc-5");
    leave_out(twins.was, "vc-3", "for a reason");
    leave_out(twins.was, "vc-4", "for good");
    leave_out(twins.was, "vc-5", "for a reason");
    leave_out(twins.was, "vc-6", "for a reason");
    leave_out(twins.now, "vc-3", "for another reason");
    leave_out(twins.now, "vc-4", "for good");
    leave_out(twins.now, "vc-9", "for another reason");
    differ(&twins, "target_new: 1 target new: vc-5\n"
                   "target_gone: 2 targets left out, for another reason: vc-3, vc-9\n"
                   "target_gone: 1 target no longer selected: vc-6\n");
}

static void every_kind_of_change_has_a_name_and_some_are_causes(void **state)
{
    (void)state;
    for (int i = 0; i < CHANGE_COUNT; i++)
        assert_string_not_equal(plan_change_name((enum plan_change)i), "?");
    assert_string_equal(plan_change_name(CHANGE_COUNT), "?");
    assert_true(plan_change_is_cause(CHANGE_VARS));
    assert_false(plan_change_is_cause(CHANGE_WAVE));
    assert_false(plan_change_is_cause(CHANGE_SLOT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_in_a_playbook_is_named),
        cmocka_unit_test(a_step_that_is_gone_moves_no_other),
        cmocka_unit_test(plugins_come_and_go),
        cmocka_unit_test(variables_come_and_go),
        cmocka_unit_test(many_openings_are_told_by_the_first_few),
        cmocka_unit_test(a_freeze_that_moves_is_told_as_one),
        cmocka_unit_test(a_calendar_that_was_only_edited_moves_nothing),
        cmocka_unit_test(calendars_come_and_go),
        cmocka_unit_test(a_calendar_that_was_opened_twice_is_one),
        cmocka_unit_test(what_is_taken_away_is_told_as_nothing),
        cmocka_unit_test(the_zone_in_which_times_are_told_is_part_of_the_strategy),
        cmocka_unit_test(the_cap_of_link_groups_is_nobodys_wish),
        cmocka_unit_test(zone_data_is_compared_if_both_have_it),
        cmocka_unit_test(members_of_a_link_group),
        cmocka_unit_test(roles_and_documents),
        cmocka_unit_test(entries_that_are_no_entries_and_many_kinds_of_change),
        cmocka_unit_test(who_is_left_out_is_told_with_the_reason),
        cmocka_unit_test(every_kind_of_change_has_a_name_and_some_are_causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
