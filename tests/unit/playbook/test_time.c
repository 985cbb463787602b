/*
 * test_time.c - zones, windows, freezes and what else the files say about time: what
 * they become, with which place, and what is refused.
 */
#include "support.h"

static int campaign_of(struct story *story, struct problem_list *problems,
                       const char *strategy, struct campaign *out)
{
    auto_free char *text = xasprintf("campaign: c\nplaybook: p\nstrategy:\n%s", strategy);
    story_write(story, "campaign.yaml", text);
    auto_free char *path = story_path(story, "campaign.yaml");
    return load_campaign(path, out, problems);
}

static void refuses_strategy(struct story *story, const char *strategy,
                             const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct campaign campaign;
    assert_int_equal(campaign_of(story, &problems, strategy, &campaign), -1);
    problems_are(story, &problems, expected);
}

static int fleet_of(struct story *story, struct problem_list *problems, const char *rules,
                    struct fleet *out)
{
    auto_free char *text = xasprintf(
        "%s"
        "defaults: {kind: linux, ssh: {key: {file: id}, hostkey: known_hosts}}\n"
        "appliances:\n"
        "  - {name: vc-1, host: vc-1.example, site: rbx, labels: {customer: acme}}\n"
        "  - name: vc-2\n"
        "    host: vc-2.example\n"
        "    calendar: Sat 23:00 +4h Europe/Paris\n",
        rules);
    story_write(story, "fleet.yaml", text);
    auto_free char *path = story_path(story, "fleet.yaml");
    return load_fleet(path, out, NULL, problems);
}

static void refuses_fleet(struct story *story, const char *rules, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct fleet fleet;
    assert_int_equal(fleet_of(story, &problems, rules, &fleet), -1);
    problems_are(story, &problems, expected);
}

static void a_campaign_says_when(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct campaign c;
    story_write(story, "bf.ics", "");
    assert_int_equal(
        campaign_of(story, &problems,
                    "  zone: Europe/Paris\n"
                    "  windows: [\"Mon-Fri 20:00 +10h\", bf.ics]\n"
                    "  freezes:\n"
                    "    - ./bf.ics\n"
                    "    - {customer: acme, calendar: 2026-12-20..2027-01-04}\n"
                    "    - {calendar: bf.ics}\n"
                    "  cut_off: 30m\n"
                    "  min_opening: 2h\n"
                    "  min_notice: 72h\n"
                    "  deadline: 2026-12-24 18:00 Europe/Paris\n"
                    "  overrun: wait\n",
                    &c),
        0);
    problems_are(story, &problems, "");
    const struct strategy *s = &c.strategy;
    auto_free char *file = story_path(story, "bf.ics");
    assert_string_equal(s->zone, "Europe/Paris");
    assert_int_equal(s->windows.count, 2);
    assert_string_equal(s->windows.items[0].calendar, "Mon-Fri 20:00 +10h");
    assert_int_equal(s->windows.items[0].place.line, 5);
    assert_int_equal(s->windows.items[0].place.column, 13);
    assert_string_equal(s->windows.items[1].calendar, file);
    assert_int_equal(s->freezes.count, 3);
    assert_string_equal(s->freezes.items[0].calendar, file);
    assert_null(s->freezes.items[0].label);
    assert_string_equal(s->freezes.items[1].label, "customer");
    assert_string_equal(s->freezes.items[1].value, "acme");
    assert_string_equal(s->freezes.items[1].calendar, "2026-12-20..2027-01-04");
    assert_int_equal(s->freezes.items[1].place.column, 34);
    assert_null(s->freezes.items[2].label);
    assert_int_equal(s->cut_off_ms, 30 * 60000);
    assert_int_equal(s->min_opening_ms, 2 * 3600000);
    assert_int_equal(s->min_notice_ms, 72 * 3600000);
    assert_string_equal(s->deadline, "2026-12-24 18:00 Europe/Paris");
    assert_int_equal(s->deadline_place.line, 13);
    assert_int_equal(s->overrun, OVERRUN_WAIT);
    campaign_clear(&c);
}

static void a_campaign_without_rules_has_none(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct campaign c;
    assert_int_equal(campaign_of(story, &problems, "  in_flight: 1\n", &c), 0);
    assert_int_equal(c.strategy.windows.count + c.strategy.freezes.count, 0);
    assert_null(c.strategy.zone);
    assert_null(c.strategy.deadline);
    assert_int_equal(c.strategy.overrun, OVERRUN_FINISH);
    campaign_clear(&c);
}

static void mistakes_of_a_campaign(void **state)
{
    struct story *story = *state;
    refuses_strategy(
        story,
        "  zone: Europe/Par is\n"
        "  windows: [{site: rbx, calendar: daily 02:00 +2h}, [], none.ics]\n"
        "  freezes: [{customer: a, site: b, calendar: x}, {customer: a, calender: x}, "
        "{}]\n"
        "  cut_off: 30\n"
        "  min_opening: -1h\n"
        "  min_notice: 9000h\n"
        "  overrun: stop\n"
        "  deadlin: x\n",
        "campaign.yaml:4:9: zone must be the name of a time zone, such as Europe/Paris "
        "or "
        "UTC\n"
        "campaign.yaml:5:14: windows of a campaign bind all of its targets; put those of "
        "one site into the fleet's file\n"
        "campaign.yaml:5:53: windows must list calendars, or mappings with one\n"
        "campaign.yaml:5:57: calendar none.ics: no such file\n"
        "campaign.yaml:6:27: a rule has one label; write another rule for site (windows "
        "of "
        "different labels must all be open)\n"
        "campaign.yaml:6:64: unknown key calender (nearest known key: calendar)\n"
        "campaign.yaml:6:78: a rule lacks the key calendar: write {LABEL: VALUE, "
        "calendar: "
        "FILE}\n"
        "campaign.yaml:7:12: cut_off: unit missing: write 30s\n"
        "campaign.yaml:8:16: min_opening must be a duration with units, such as 90s or "
        "1h30m\n"
        "campaign.yaml:9:15: min_notice is over the limit of 366 days\n"
        "campaign.yaml:10:12: overrun must be finish or wait\n"
        "campaign.yaml:11:3: unknown key deadlin (nearest known key: deadline)\n");
}

static void a_fleet_says_when(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct fleet fleet;
    assert_int_equal(fleet_of(story, &problems,
                              "zone: Asia/Kolkata\n"
                              "windows:\n"
                              "  - {site: rbx, calendar: daily 21:00 +8h}\n"
                              "  - daily 00:00 +24h\n"
                              "freezes: [{customer: acme, calendar: 2026-12-24}]\n",
                              &fleet),
                     0);
    problems_are(story, &problems, "");
    assert_string_equal(fleet.zone, "Asia/Kolkata");
    assert_int_equal(fleet.windows.count, 2);
    assert_string_equal(fleet.windows.items[0].label, "site");
    assert_null(fleet.windows.items[1].label);
    assert_int_equal(fleet.freezes.count, 1);
    assert_int_equal(fleet.appliances[0].calendar_line, 0);
    assert_int_equal(fleet.appliances[1].calendar_line, 11);
    assert_int_equal(fleet.appliances[1].calendar_column, 15);
    fleet_clear(&fleet);
}

static void rules_that_bind_nobody_are_pointed_out(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct fleet fleet;
    assert_int_equal(fleet_of(story, &problems,
                              "windows: [{customer: acne, calendar: a}, {tier: gold, "
                              "calendar: b}, {customer: acme, calendar: c}]\n",
                              &fleet),
                     0);
    problems_are(
        story, &problems,
        "fleet.yaml:1:38: warning: windows: no appliance has customer: acne, so "
        "this binds nobody (nearest: acme)\n"
        "fleet.yaml:1:65: warning: windows: no appliance has tier: gold, so this "
        "binds nobody\n");
    fleet_clear(&fleet);
}

static void mistakes_of_a_fleet(void **state)
{
    struct story *story = *state;
    refuses_fleet(
        story,
        "zone: [a]\n"
        "windows: {site: rbx}\n"
        "freezes: [{site: [rbx], calendar: a}, {\"a b\": c, calendar: x}, "
        "{site: rbx, calendar: gone.ics}]\n",
        "fleet.yaml:1:7: zone must be text, not a list\n"
        "fleet.yaml:2:10: windows must be a list, not a mapping\n"
        "fleet.yaml:3:18: site must be text, not a list\n"
        "fleet.yaml:3:40: a b: a label's name is made of letters, digits, . _ / "
        "and -, at most 63\n"
        "fleet.yaml:3:86: calendar gone.ics: no such file\n");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, story_open, story_close)
    const struct CMUnitTest tests[] = {
        STORY(a_campaign_says_when),
        STORY(a_campaign_without_rules_has_none),
        STORY(mistakes_of_a_campaign),
        STORY(a_fleet_says_when),
        STORY(rules_that_bind_nobody_are_pointed_out),
        STORY(mistakes_of_a_fleet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
