/*
 * test_lint.c - what only fleet, campaign and playbook together can tell: everything
 * at once, each at the place that has to be edited.
 */
#include "support.h"

static void write_files(struct story *story, const char *fleet, const char *campaign,
                        const char *playbook)
{
    story_write(story, "fleet.yaml", fleet);
    story_write(story, "campaign.yaml", campaign);
    story_write(story, "p.yaml", playbook);
}

/* Load the three, select, lint; what was found is `expected`. */
static void finds(struct story *story, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct slipway_error err;
    struct fleet fleet;
    struct campaign campaign;
    struct playbook playbook;
    auto_playbook_notes struct playbook_notes notes = {0};
    auto_free char *fleet_path = story_path(story, "fleet.yaml");
    auto_free char *campaign_path = story_path(story, "campaign.yaml");
    auto_free char *playbook_path = story_path(story, "p.yaml");
    assert_int_equal(load_fleet(fleet_path, &fleet, NULL, &problems), 0);
    assert_int_equal(load_campaign(campaign_path, &campaign, &problems), 0);
    assert_int_equal(
        load_playbook(playbook_path, &fake_catalogue, &playbook, &notes, &problems), 0);
    problems_clear(&problems);
    struct expr_engine *engine = expr_create(&err);
    auto_free int *selected = NULL;
    size_t count = 0;
    assert_int_equal(campaign_select(&campaign, &fleet, engine, &selected, &count, &err),
                     0);
    int companions[8];
    size_t companion_count = 0;
    for (size_t i = 0; i < fleet.appliance_count; i++) {
        const struct appliance *a = &fleet.appliances[i];
        const struct appliance *first = count ? &fleet.appliances[selected[0]] : a;
        if (a != first && *a->link_group && !strcmp(a->link_group, first->link_group) &&
            companion_count < ARRAY_LENGTH(companions))
            companions[companion_count++] = (int)i;
    }
    const struct lint_input input = {.fleet = &fleet,
                                     .campaign = &campaign,
                                     .playbook = &playbook,
                                     .notes = &notes,
                                     .selected = selected,
                                     .selected_count = count,
                                     .companions = companions,
                                     .companion_count = companion_count};
    lint_all(&input, &problems);
    problems_are(story, &problems, expected);
    expr_destroy(engine);
    playbook_clear(&playbook);
    campaign_clear(&campaign);
    fleet_clear(&fleet);
}

static const char fleet_text[] =
    "managers:\n"
    "  - {name: m1, url: \"https://m1/sdk\", tls: {ca: c}, login: {user: u, password: "
    "{file: f}}}\n"
    "defaults: {kind: linux, ssh: {key: agent, hostkey: h}, vm: {manager: m1}}\n"
    "appliances:\n"
    "  - {name: a, host: a, site: rbx, labels: {customer: acme}, vm: {name: a}}\n"
    "  - {name: b, host: b, vm: {name: b}}\n"
    "  - {name: c, host: c, labels: {customer: zeta}}\n";

static const char playbook_text[] =
    "playbook: p\n"
    "rollback: snapshot\n"
    "version: [{use: ssh.run, value: \"result ->> '$.stdout'\"}]\n"
    "steps:\n"
    "  - id: up\n"
    "    phase: change\n"
    "    use: ssh.job\n"
    "    timeout: 1h\n"
    "    limits: [repo, cpu]\n"
    "    with: {argv: [up, \"${vars.target_version}\", \"${vars.mirrors.0}\"]}\n"
    "health:\n"
    "  - {id: h, use: ssh.run, with: {argv: [echo, \"${target.labels.customer}\"]},\n"
    "     expect: \"result ->> '$.stdout' = vars ->> '$.target_version'\"}\n"
    "  - {id: api, use: rest.request, class: read}\n";

static void files_that_fit_are_silent(void **state)
{
    struct story *story = *state;
    write_files(story, fleet_text,
                "campaign: c\n"
                "playbook: p.yaml\n"
                "select: name = 'a'\n"
                "vars: {target_version: 2, mirrors: [x]}\n"
                "strategy:\n"
                "  waves: [{size: 1, cover: [site], soak: 3d}]\n"
                "  max_unavailable: {customer: 1}\n"
                "  limits: {repo: 2, cpu: 2}\n",
                playbook_text);
    /* the one thing that `a` cannot do */
    finds(story, "p.yaml:14:5: api (rest.request) needs the part rest, which 1 of the "
                 "selected appliances lack: a\n");
}

/* A playbook whose change takes two hours at most and half an hour usually. */
static char *with_worst(const char *worst, const char *timeout)
{
    return xasprintf("playbook: p\n"
                     "rollback: snapshot\n"
                     "%s\n"
                     "version: [{use: ssh.run, value: \"result ->> '$.stdout'\"}]\n"
                     "steps:\n"
                     "  - {id: up, phase: change, use: ssh.job, timeout: %s, expected: "
                     "30m, with: {argv: [up]}}\n"
                     "health:\n"
                     "  - {id: h, use: ssh.run, with: {argv: [a]}, expect: \"result ->> "
                     "'$.stdout' = 'x'\"}\n",
                     worst, timeout);
}

static void worst_is(struct story *story, const char *book, const char *timeout,
                     const char *strategy, const char *expected)
{
    auto_free char *text = with_worst(book, timeout);
    auto_free char *campaign =
        xasprintf("campaign: c\nplaybook: p.yaml\nselect: name = 'a'\n%s", strategy);
    write_files(story, fleet_text, campaign, text);
    finds(story, expected);
}

static void what_a_night_must_hold_is_no_wish(void **state)
{
    struct story *story = *state;
    const char *fits = "worst: {change: 45m, rollback: 10m}";
    worst_is(story, fits, "2h", "", "");
    worst_is(story, "#", "2h", "", "");
    worst_is(story, "#", "7h", "",
             "p.yaml:1:1: warning: until this fleet's history knows better a window must "
             "hold all time-outs, 7h17m: say what a night must hold with worst: {change: "
             "DURATION, rollback: DURATION}\n");
    worst_is(story, fits, "7h", "", "");
    worst_is(story, "#", "7h", "strategy: {worst: {change: 1h}}\n", "");
    worst_is(story, fits, "7h", "strategy: {worst: {change: 20m}}\n",
             "campaign.yaml:4:19: worst: change: 20m is less than it usually takes: "
             "`expected` of its steps (or their timeout) add up to 30m\n");
}

static void everything_is_found_at_once(void **state)
{
    struct story *story = *state;
    write_files(story, fleet_text,
                "campaign: c\n"
                "playbook: p.yaml\n"
                "vars: {target_versoin: 2}\n"
                "strategy:\n"
                "  waves:\n"
                "    - {size: 1, cover: [site, rack], soak: 4d}\n"
                "    - {size: \"34%\"}\n"
                "  max_unavailable: {zone: 1}\n"
                "  limits: {repo: 2}\n",
                playbook_text);
    finds(
        story,
        "campaign.yaml:1:1: 1 of 3 selected appliances are in no wave; let the last "
        "wave have size: rest\n"
        "campaign.yaml:1:1: the playbook takes snapshots, but 1 of the selected "
        "appliances have no vm: c\n"
        "campaign.yaml:6:7: warning: cover: no selected appliance has the label rack\n"
        "campaign.yaml:6:7: warning: the soak of 4d outlasts the snapshots (ttl 3d): "
        "what it finds late cannot be rolled back\n"
        "campaign.yaml:8:27: warning: max_unavailable: no selected appliance has the "
        "label zone, so this limits nothing\n"
        "p.yaml:5:5: warning: step up: strategy.limits of the campaign does not set "
        "cpu, so nothing limits it\n"
        "p.yaml:5:5: up: ${vars.target_version}: the campaign's vars have no "
        "target_version (nearest: target_versoin)\n"
        "p.yaml:5:5: up: ${vars.mirrors.0}: the campaign's vars have no mirrors.0\n"
        "p.yaml:12:5: h: ${target.labels.customer} has no value for 1 of the selected "
        "appliances: b\n"
        "p.yaml:12:5: h: the expression asks for the variable target_version, which the "
        "campaign's vars lack\n"
        "p.yaml:14:5: api (rest.request) needs the part rest, which 3 of the selected "
        "appliances lack: a, b, c\n");
}

static void long_lists_are_cut(void **state)
{
    struct story *story = *state;
    auto_buf struct buf fleet = {0};
    buf_adds(&fleet, "defaults: {kind: k, ssh: {key: agent, hostkey: h}}\nappliances:\n");
    for (int i = 0; i < 25; i++)
        buf_addf(&fleet, "  - {name: n%d, host: n%d}\n", i, i);
    write_files(story, buf_text(&fleet), "campaign: c\nplaybook: p.yaml\n",
                "playbook: p\n"
                "rollback: snapshot\n"
                "version: [{use: ssh.run, value: \"1\"}]\n"
                "steps: [{id: up, phase: change, use: ssh.job, timeout: 1h}]\n"
                "health: [{id: h, use: ssh.run}]\n");
    finds(story,
          "campaign.yaml:1:1: the playbook takes snapshots, but 25 of the selected "
          "appliances have no vm: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 15 "
          "more\n");
}

static void an_empty_selection_is_pointed_out(void **state)
{
    struct story *story = *state;
    write_files(story, fleet_text,
                "campaign: c\nplaybook: p.yaml\nselect: site = 'none'\n"
                "vars: {target_version: 2, mirrors: [x]}\n",
                "playbook: p\nrollback: none\nsteps: [{id: s, phase: prepare, use: "
                "vm.rename}]\n");
    finds(story, "campaign.yaml:3:9: warning: no appliance is selected\n");
}

static void who_comes_along_is_looked_at_too(void **state)
{
    struct story *story = *state;
    write_files(story,
                "managers:\n"
                "  - {name: m1, url: \"https://m1/sdk\", tls: {ca: c}, login: {user: u, "
                "password: {file: f}}}\n"
                "defaults: {kind: k}\n"
                "appliances:\n"
                "  - {name: a, host: a, link_group: sso, ssh: {key: agent, hostkey: h}, "
                "labels: {customer: acme}, vm: {manager: m1, name: a}}\n"
                "  - {name: b, host: b, link_group: sso}\n"
                "  - {name: c, host: c, link_group: other}\n",
                "campaign: c\nplaybook: p.yaml\nselect: name = 'a'\n",
                "playbook: p\n"
                "rollback: snapshot\n"
                "version: [{use: ssh.run, value: \"1\"}]\n"
                "steps: [{id: up, phase: change, use: ssh.job, timeout: 1h, with: {argv: "
                "[\"${target.labels.customer}\"]}}]\n"
                "health: [{id: h, use: ssh.run, with: {argv: "
                "[\"${target.labels.customer}\"]}}]\n");
    finds(story,
          "campaign.yaml:1:1: the playbook takes snapshots, but 1 of the selected "
          "appliances and their link groups have no vm: b\n"
          "p.yaml:3:11: version (ssh.run) needs the part ssh, which 1 of the selected "
          "appliances and their link groups lack: b\n"
          "p.yaml:5:10: h (ssh.run) needs the part ssh, which 1 of the selected "
          "appliances and their link groups lack: b\n"
          "p.yaml:5:10: h: ${target.labels.customer} has no value for 1 of the selected "
          "appliances and their link groups: b\n");
}

static void a_manager_is_asked_for(void **state)
{
    struct story *story = *state;
    write_files(story, fleet_text, "campaign: c\nplaybook: p.yaml\n",
                "playbook: p\nrollback: none\nsteps: [{id: s, phase: prepare, use: "
                "vm.rename}]\n");
    finds(story, "p.yaml:3:9: s (vm.rename) needs the part vm with a manager, which 1 of "
                 "the selected appliances lack: c\n");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, story_open, story_close)
    const struct CMUnitTest tests[] = {
        STORY(files_that_fit_are_silent),
        STORY(what_a_night_must_hold_is_no_wish),
        STORY(everything_is_found_at_once),
        STORY(long_lists_are_cut),
        STORY(an_empty_selection_is_pointed_out),
        STORY(who_comes_along_is_looked_at_too),
        STORY(a_manager_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
