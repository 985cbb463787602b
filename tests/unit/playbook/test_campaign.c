/*
 * test_campaign.c - campaign.yaml: what a strategy becomes, what is refused, and whom
 * a selector chooses.
 */
#include "support.h"

static int load(struct story *story, struct problem_list *problems, const char *text,
                struct campaign *out)
{
    story_write(story, "campaign.yaml", text);
    auto_free char *path = story_path(story, "campaign.yaml");
    return load_campaign(path, out, problems);
}

static void refuses(struct story *story, const char *text, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct campaign campaign;
    assert_int_equal(load(story, &problems, text, &campaign), -1);
    problems_are(story, &problems, expected);
}

static void amount_is(struct amount amount, enum size_kind kind, int value)
{
    assert_int_equal(amount.kind, kind);
    assert_int_equal(amount.value, value);
}

static void a_strategy_is_read(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct campaign c;
    story_write(story, "freeze.ics", "");
    const char text[] =
        "campaign: vcsa-8.0u3d\n"
        "playbook: vcsa-patch\n"
        "fleet: fleet.yaml\n"
        "select: kind = 'vcsa' AND version_cmp(version, '8.0.3') < 0\n"
        "vars: {target_version: 8.0.3.00400, retries: 3, hosts: [a, b]}\n"
        "strategy:\n"
        "  waves:\n"
        "    - {name: canary, size: 5, cover: [site, version], soak: 24h, budget: 0}\n"
        "    - {size: \"25%\", soak: 1h30m, gate: true, on_exceed: abort}\n"
        "    - {size: rest, budget: \"10%\"}\n"
        "  in_flight: 40\n"
        "  max_unavailable: {customer: 1, site: 15}\n"
        "  limits: {repo: 20, manager: 8}\n"
        "  budget: {wave: 2, campaign: \"5%\", mode: strict, on_exceed: rollback_wave}\n"
        "  freezes: [freeze.ics]\n"
        "  approval: {required: true}\n";
    assert_int_equal(load(story, &problems, text, &c), 0);
    problems_are(story, &problems, "");
    assert_string_equal(c.name, "vcsa-8.0u3d");
    assert_string_equal(c.playbook, "vcsa-patch");
    auto_free char *fleet = story_path(story, "fleet.yaml");
    assert_string_equal(c.fleet, fleet);
    auto_free char *vars = json_canonical(c.vars);
    assert_string_equal(
        vars,
        "{\"hosts\":[\"a\",\"b\"],\"retries\":3,\"target_version\":\"8.0.3.00400\"}");
    assert_int_equal(c.select_place.line, 4);
    const struct strategy *s = &c.strategy;
    assert_int_equal(s->wave_count, 3);
    assert_string_equal(s->waves[0].name, "canary");
    amount_is(s->waves[0].size, SIZE_COUNT, 5);
    assert_int_equal(s->waves[0].cover_count, 2);
    assert_string_equal(s->waves[0].cover[1], "version");
    assert_int_equal(s->waves[0].soak_ms, 24 * 3600000);
    assert_true(s->waves[0].has_budget);
    amount_is(s->waves[0].budget, SIZE_COUNT, 0);
    assert_int_equal(s->waves[0].on_exceed, ON_EXCEED_ROLLBACK_WAVE);
    assert_null(s->waves[1].name);
    amount_is(s->waves[1].size, SIZE_PERCENT, 25);
    assert_true(s->waves[1].gate);
    assert_false(s->waves[1].has_budget);
    assert_int_equal(s->waves[1].on_exceed, ON_EXCEED_ABORT);
    assert_int_equal(s->waves[1].place.line, 9);
    amount_is(s->waves[2].size, SIZE_REST, 0);
    amount_is(s->waves[2].budget, SIZE_PERCENT, 10);
    assert_int_equal(s->in_flight, 40);
    assert_int_equal(s->max_unavailable_count, 2);
    assert_string_equal(s->max_unavailable[1].name, "site");
    assert_int_equal(s->max_unavailable[1].max, 15);
    assert_int_equal(s->limit_count, 2);
    amount_is(s->wave_budget, SIZE_COUNT, 2);
    amount_is(s->campaign_budget, SIZE_PERCENT, 5);
    assert_int_equal(s->mode, BUDGET_STRICT);
    assert_true(s->approval_required);
    auto_free char *freeze = story_path(story, "freeze.ics");
    assert_string_equal(s->freezes.items[0].calendar, freeze);
    char digest[SHA256_HEX];
    sha256_hex(text, sizeof text - 1, digest);
    assert_string_equal(c.digest, digest);
    campaign_clear(&c);
}

static void little_is_enough(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct campaign c;
    assert_int_equal(load(story, &problems, "campaign: c\nplaybook: ./p.yaml\n", &c), 0);
    auto_free char *playbook = story_path(story, "p.yaml");
    assert_string_equal(c.playbook, playbook);
    assert_null(c.select);
    assert_null(c.fleet);
    assert_true(json_is_object(c.vars));
    assert_int_equal(c.strategy.wave_count, 1);
    amount_is(c.strategy.waves[0].size, SIZE_REST, 0);
    assert_false(c.strategy.has_wave_budget || c.strategy.has_campaign_budget);
    assert_int_equal(c.strategy.mode, BUDGET_NORMAL);
    assert_int_equal(c.strategy.in_flight, 0); /* the planner's default */
    campaign_clear(&c);
}

static void mistakes_are_listed_together(void **state)
{
    struct story *story = *state;
    refuses(
        story,
        "campaign: a b\n"
        "playbook: x y\n"
        "select: [a]\n"
        "vars: {\"a.b\": 1}\n"
        "strategi: {}\n"
        "strategy:\n"
        "  waves:\n"
        "    - {name: w, size: rest, soak: 90}\n"
        "    - {name: w, size: 25%, budget: -1}\n"
        "    - {size: 0, gate: yes, on_exceed: stop}\n"
        "    - {size: \"101%\", soak: 5 minutes, cover: [site, site]}\n"
        "    - {name: 'a b'}\n"
        "  in_flight: 0\n"
        "  max_unavailable: {site: 0, \"b c\": 1}\n"
        "  limits: {repo: \"20\", ok: 5}\n"
        "  budget: {wave: \"x\", mode: strickt, campaing: 1}\n"
        "  freezes: [none.ics]\n"
        "  approval: {}\n",
        "campaign.yaml:1:11: a campaign's name is made of letters, digits, . _ and -, "
        "at most 64\n"
        "campaign.yaml:2:11: playbook must be a name or the path of a .yaml file\n"
        "campaign.yaml:3:9: select must be text, not a list\n"
        "campaign.yaml:4:15: vars: a.b: a variable's name is made of letters, digits, "
        "_ and -\n"
        "campaign.yaml:5:1: unknown key strategi (nearest known key: strategy)\n"
        "campaign.yaml:8:23: only the last wave may have size: rest\n"
        "campaign.yaml:8:35: soak: unit missing: write 90s\n"
        "campaign.yaml:9:14: wave w is there already\n"
        "campaign.yaml:9:23: size: quote the percentage: \"25%\"\n"
        "campaign.yaml:9:36: budget must be a count of 0 or more or a share such as "
        "\"10%\"\n"
        "campaign.yaml:10:14: size must be a count of 1 or more, a share such as "
        "\"10%\" or rest\n"
        "campaign.yaml:10:23: gate must be true or false\n"
        "campaign.yaml:10:39: on_exceed must be pause, abort or rollback_wave\n"
        "campaign.yaml:11:14: size must be a count of 1 or more, a share such as "
        "\"10%\" or rest\n"
        "campaign.yaml:11:28: soak must be a duration with units, such as 90s or "
        "1h30m\n"
        "campaign.yaml:11:53: cover names site twice\n"
        "campaign.yaml:12:7: wave lacks the key size\n"
        "campaign.yaml:12:14: a wave's name is made of letters, digits, . _ and -\n"
        "campaign.yaml:13:14: in_flight must be from 1 to 5000\n"
        "campaign.yaml:14:27: max_unavailable: site must be a count of 1 or more\n"
        "campaign.yaml:14:37: max_unavailable: b c is no usable name\n"
        "campaign.yaml:15:18: limits: repo must be a count of 1 or more\n"
        "campaign.yaml:16:18: wave must be a count of 0 or more or a share "
        "such as \"10%\"\n"
        "campaign.yaml:16:29: mode must be normal or strict\n"
        "campaign.yaml:16:38: unknown key campaing (nearest known key: campaign)\n"
        "campaign.yaml:17:13: calendar none.ics: no such file\n"
        "campaign.yaml:18:13: approval lacks the key required\n");
}

/* ---- selectors ---- */

static const char fleet_text[] =
    "defaults: {kind: vcsa}\n"
    "managers: [{name: m1, url: \"https://m1/sdk\", tls: {ca: c}, login: {user: u, "
    "password: {file: f}}}]\n"
    "appliances:\n"
    "  - {name: a, host: a, site: rbx, version: 8.0.3, labels: {tier: gold, n: 5}}\n"
    "  - {name: b, host: b, site: gra, version: 8.0.10, labels: {tier: lead}}\n"
    "  - {name: c, host: c, kind: linux, labels: {Tier: gold, app/team: x}}\n"
    "  - {name: d, host: d, site: rbx, link_group: sso, vm: {manager: m1, name: d, "
    "datastore: ds}}\n";

static void selects(struct story *story, const char *select, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    struct slipway_error err = {0};
    struct fleet fleet;
    story_write(story, "fleet.yaml", fleet_text);
    auto_free char *path = story_path(story, "fleet.yaml");
    assert_int_equal(load_fleet(path, &fleet, NULL, &problems), 0);
    struct campaign campaign = {.select = xstrdup_null(select)};
    struct expr_engine *engine = expr_create(&err);
    auto_free int *indexes = NULL;
    size_t count = 0;
    auto_buf struct buf got = {0};
    if (campaign_select(&campaign, &fleet, engine, &indexes, &count, &err) != 0)
        buf_adds(&got, err.text);
    for (size_t i = 0; i < count; i++)
        buf_adds(&got, fleet.appliances[indexes[i]].name);
    assert_string_equal(buf_text(&got), expected);
    expr_destroy(engine);
    campaign_clear(&campaign);
    fleet_clear(&fleet);
}

static void selectors_see_the_inventory(void **state)
{
    struct story *story = *state;
    selects(story, NULL, "abcd");
    selects(story, "1", "abcd");
    selects(story, "kind = 'vcsa' AND site IN ('rbx', 'gra')", "abd");
    selects(story, "version_cmp(version, '8.0.9') < 0", "a");
    selects(story, "tier = 'gold'", "a");
    selects(story, "labels ->> '$.\"app/team\"' = 'x'", "c");
    selects(story, "site IS NULL OR link_group = 'sso'", "cd");
    selects(story, "manager = 'm1' AND datastore LIKE 'd%'", "d");
    selects(story, "name REGEXP '^[ab]$'", "ab");
    selects(story, "n = '5'", "a");
    selects(story, "0", "");
    /* a word is no evidence */
    selects(story, "site", "");
}

static void selectors_fail_with_a_sentence(void **state)
{
    struct story *story = *state;
    struct slipway_error err = {0};
    struct fleet fleet = {0};
    struct campaign campaign = {.select = xstrdup("teir = 'gold'")};
    struct expr_engine *engine = expr_create(&err);
    int *indexes = NULL;
    size_t count = 7;
    (void)story;
    assert_int_equal(campaign_select(&campaign, &fleet, engine, &indexes, &count, &err),
                     -1);
    assert_int_equal(strncmp(err.text, "select: ", 8), 0);
    assert_non_null(strstr(err.text, "teir"));
    assert_null(indexes);
    assert_int_equal(count, 7);
    expr_destroy(engine);
    campaign_clear(&campaign);
}

/* ---- finding playbooks ---- */

static void finds(struct story *story, const char *name, const char *expected)
{
    struct slipway_error err = {0};
    auto_free char *path = NULL;
    if (find_playbook(name, story->folder, &path, &err) != 0)
        assert_null(path);
    auto_free char *got = without_folder(story, path ? path : err.text);
    assert_string_equal(got, expected);
}

static void playbooks_are_found_by_name(void **state)
{
    struct story *story = *state;
    auto_free char *folder = story_path(story, "playbooks");
    assert_int_equal(mkdir(folder, 0755), 0);
    auto_free char *share = story_path(story, "share");
    assert_int_equal(setenv("SLIPWAY_SHARE", share, 1), 0);
    finds(story, "no-such-playbook",
          "playbook no-such-playbook is in none of playbooks/no-such-playbook.yaml, "
          "no-such-playbook.yaml, ./playbooks/no-such-playbook.yaml, "
          "share/playbooks/no-such-playbook.yaml");
    story_write(story, "p1.yaml", "");
    finds(story, "p1", "p1.yaml");
    story_write(story, "playbooks/p1.yaml", "");
    finds(story, "p1", "playbooks/p1.yaml");
    finds(story, "p1.yaml", "p1.yaml");
    finds(story, "playbooks/p2.yaml", "playbook playbooks/p2.yaml: no such file");
    assert_int_equal(unsetenv("SLIPWAY_SHARE"), 0);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, story_open, story_close)
    const struct CMUnitTest tests[] = {
        STORY(a_strategy_is_read),
        STORY(little_is_enough),
        STORY(mistakes_are_listed_together),
        STORY(selectors_see_the_inventory),
        STORY(selectors_fail_with_a_sentence),
        STORY(playbooks_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
