/*
 * test_compare.c - what is different between two plans of one campaign, as the sentences
 * that somebody reads before they approve again.
 */
#include "fixture.h"

#include "plan/compare.h"

/* Two plans: of the case, and of the case with other values for some members. */
struct pair {
    struct fixture first, second;
    struct plan *was, *now;
};

static struct pair pair_of(const char *text, const char *changes)
{
    struct pair pair = {.first = fixture_of_text(text)};
    auto_free char *copy = xstrdup(changes);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    auto_json json_t *over = json_parse(copy, strlen(copy), JSON_BYTES_MAX, NULL);
    assert_non_null(over);
    pair.second = fixture_from(json_merge(pair.first.json, over));
    pair.was = planned(&pair.first, NULL);
    pair.now = planned(&pair.second, NULL);
    return pair;
}

static void pair_clear(struct pair *pair)
{
    plan_free(pair->was);
    plan_free(pair->now);
    fixture_clear(&pair->first);
    fixture_clear(&pair->second);
}
#define auto_pair __attribute__((cleanup(pair_clear)))

static void differ(const struct pair *pair, const char *expected)
{
    auto_differences struct plan_differences found = {.count = 0};
    auto_buf struct buf text = {0};
    plan_compare(pair->was, pair->now, NULL, &found);
    for (size_t i = 0; i < found.count; i++)
        buf_addf(&text, "%s: %s\n", plan_change_name(found.items[i].change),
                 found.items[i].text);
    assert_string_equal(buf_text(&text), expected);
}

static const char base[] =
    "{'appliances': ["
    " {'name': 'vc-1', 'version': '8.0.2', 'manager': 'm1', 'labels': {'customer': "
    "'acme'}},"
    " {'name': 'vc-2', 'version': '8.0.2', 'manager': 'm1', 'labels': {'customer': "
    "'acme'}},"
    " {'name': 'vc-3', 'version': '8.0.2', 'manager': 'm1', 'labels': {'customer': "
    "'bolt'}}],"
    " 'calendars': {'acme': {'from': '2026-11-21T22:00:00Z', 'for': '4h', 'every': '7d',"
    "  'times': 4}, 'fair': {'from': '2026-12-01T00:00:00Z', 'for': '1d'}},"
    " 'windows': [{'customer': 'acme', 'calendar': 'acme'}],"
    " 'campaign': {'name': 'c', 'vars': {'target_version': '8.0.3', 'repo': 'a'},"
    "  'in_flight': 2, 'max_unavailable': {'customer': 1},"
    "  'waves': [{'name': 'canary', 'size': 1, 'soak': '1h'}, {'name': 'rest', 'size': "
    "'rest'}]}}";

static void the_same_files_give_the_same_plan(void **state)
{
    (void)state;
    auto_pair struct pair later = pair_of(base, "{'now': '2026-11-21T03:00:00Z'}");
    assert_string_not_equal(later.was->digest, later.now->digest);
    differ(&later, "");
}

static void targets_come_go_and_change(void **state)
{
    (void)state;
    auto_pair struct pair pair = pair_of(
        base,
        "{'appliances': ["
        "{'name': 'vc-2', 'version': '8.0.3', 'manager': 'm1', 'labels': {'customer': "
        "'acme'}},"
        "{'name': 'vc-3', 'version': '8.0.2', 'manager': 'm1', 'labels': {'customer': "
        "'acme'}},"
        "{'name': 'vc-9', 'version': '', 'manager': 'm1', 'labels': {}}]}");
    differ(&pair, "target_new: 1 target new: vc-9\n"
                  "target_gone: 1 target no longer selected: vc-1\n"
                  "version: 1 target changed from 8.0.2 to 8.0.3: vc-2\n"
                  "appliance: 1 target with another entry in the fleet: vc-3\n"
                  "wave: 1 target from wave rest to canary: vc-2\n");
}

static void the_playbook_is_compared_step_by_step(void **state)
{
    (void)state;
    auto_pair struct pair pair = pair_of(
        base,
        "{'playbook': {'name': 'vcsa-patch', 'rollback': 'snapshot', 'boot_timeout': "
        "'20m',"
        " 'room_gib': 32, 'steps': ["
        "  {'id': 'stage', 'use': 'rest.task', 'phase': 'prepare', 'on_failure': 'fail',"
        "   'timeout': '50m', 'retries': 2, 'limits': ['repo'], 'class': 'reconcilable'},"
        "  {'id': 'install', 'use': 'rest.task', 'phase': 'change', 'on_failure': 'park',"
        "   'timeout': '1h30m', 'snapshot': true, 'class': 'reconcilable'},"
        "  {'id': 'reboot', 'use': 'ssh.run', 'phase': 'change', 'on_failure': 'park'}],"
        " 'checks': [], 'reads': []}}");
    auto_differences struct plan_differences found = {.count = 0};
    auto_buf struct buf text = {0};
    plan_compare(pair.was, pair.now, NULL, &found);
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(found.items[i].change, CHANGE_PLAYBOOK);
        buf_addf(&text, "%s\n", found.items[i].text);
    }
    assert_non_null(strstr(buf_text(&text), "the step stage changed: timeout"));
    assert_non_null(strstr(buf_text(&text), "the step install changed: on_failure"));
    assert_non_null(strstr(buf_text(&text), "the step reboot is new"));
    assert_non_null(strstr(buf_text(&text), "the step space is gone"));
    assert_non_null(strstr(buf_text(&text), "the health check version is gone"));
    assert_non_null(strstr(buf_text(&text), "the version read ssh is gone"));
    assert_int_equal(plan_differences_causes(&found), found.count);
}

static void a_changed_script_shows_in_the_digest_only(void **state)
{
    (void)state;
    auto_pair struct pair pair = pair_of(base, "{}");
    free(pair.was->playbook.digest);
    pair.was->playbook.digest = xstrdup("aa");
    free(pair.now->playbook.digest);
    pair.now->playbook.digest = xstrdup("bb");
    differ(&pair,
           "playbook: a script or file that playbook vcsa-patch uses, or a comment in "
           "it, changed\n");
}

static void variables_plugins_and_zones(void **state)
{
    (void)state;
    auto_pair struct pair pair = pair_of(
        base,
        "{'campaign': {'vars': {'repo': 'b', 'ttl': 5, 'target_version': '8.0.3'}}}");
    struct plan_plugin was[] = {
        {(char *)(uintptr_t) "rest", (char *)(uintptr_t) "0.1.0", (char *)(uintptr_t) ""},
        {(char *)(uintptr_t) "own", (char *)(uintptr_t) "1", (char *)(uintptr_t) "d1"}};
    struct plan_plugin now[] = {
        {(char *)(uintptr_t) "rest", (char *)(uintptr_t) "0.2.0", (char *)(uintptr_t) ""},
        {(char *)(uintptr_t) "own", (char *)(uintptr_t) "1", (char *)(uintptr_t) "d2"}};
    struct plan_plugin *own[] = {pair.was->plugins, pair.now->plugins};
    pair.was->plugins = was;
    pair.now->plugins = now;
    pair.was->plugin_count = pair.now->plugin_count = 2;
    pair.now->time.zone_data[3] = '7';
    differ(&pair, "vars: vars.repo changed from \"a\" to \"b\"\n"
                  "vars: vars.ttl changed from nothing to 5\n"
                  "plugin: the plugin rest changed from version 0.1.0 to 0.2.0\n"
                  "plugin: the file of the plugin own changed\n"
                  "zone_data: the time-zone data changed from 2026b to 2027b\n");
    pair.was->plugins = own[0];
    pair.now->plugins = own[1];
    pair.was->plugin_count = pair.now->plugin_count = 0;
}

static void the_strategy_is_compared_by_its_words(void **state)
{
    (void)state;
    auto_pair struct pair pair = pair_of(
        base,
        "{'campaign': {'in_flight': 4, 'max_unavailable': {'customer': 2}, 'limits': "
        "{'repo': 3}, 'cut_off': '30m', 'deadline': '2026-12-24', 'overrun': 'wait',"
        " 'approval': true, 'waves': [{'name': 'canary', 'size': 1, 'soak': '2h', "
        "'gate': "
        "true}, {'name': 'bulk', 'size': 'rest'}]}}");
    differ(&pair, "strategy: in_flight changed from 2 to 4\n"
                  "strategy: approval.required changed from no to yes\n"
                  "strategy: canary: the soak changed from 1h to 2h\n"
                  "strategy: canary: the gate changed from no to yes\n"
                  "strategy: the wave bulk is new\n"
                  "strategy: the wave rest is gone\n"
                  "strategy: max_unavailable of customer changed from 1 to 2\n"
                  "strategy: the limit of repo changed from nothing to 3\n"
                  "strategy: cut_off changed from 0s to 30m\n"
                  "strategy: overrun changed from finish to wait\n"
                  "strategy: deadline changed from nothing to 2026-12-24 00:00Z\n"
                  "wave: 2 targets from wave rest to bulk: vc-2, vc-3\n");
}

static void calendars_say_which_openings_move(void **state)
{
    (void)state;
    auto_pair struct pair pair =
        pair_of(base, "{'now': '2026-11-30T00:00:00Z', 'freezes': ['fair'], 'calendars': "
                      "{'acme': {'from': '2026-11-21T23:00:00Z', 'for': '4h'}}}");
    differ(
        &pair,
        "calendar: window of customer=acme: acme changed; opens newly 2026-12-06 02:00Z "
        "to 2026-12-06 03:00Z, 2026-12-13 02:00Z to 2026-12-13 03:00Z; no longer open "
        "2026-12-05 22:00Z to 2026-12-05 23:00Z, 2026-12-12 22:00Z to 2026-12-12 "
        "23:00Z\n"
        "calendar: freeze of fleet: fair is new\n");
}

static void slots_follow(void **state)
{
    (void)state;
    auto_pair struct pair pair = pair_of(base, "{}");
    pair.was->time.slots[0].from_ms = pair.now->time.slots[0].from_ms = 1795212000000;
    pair.was->time.slots[1].from_ms = 1795212000000;
    pair.now->time.slots[1].from_ms = 1795816800000;
    pair.now->time.slots[2].from_ms = 1795816800000;
    differ(&pair, "slot: vc-2 moved from 2026-11-20 22:00Z to 2026-11-27 22:00Z\n"
                  "slot: vc-3 moved from no slot to 2026-11-27 22:00Z\n");
    auto_differences struct plan_differences found = {.count = 0};
    plan_compare(pair.was, pair.now, NULL, &found);
    assert_int_equal(plan_differences_causes(&found), 0);
    assert_int_equal(found.items[0].target, 1);
    assert_int_equal(found.items[0].was_ms, 1795212000000);
    assert_int_equal(found.items[1].was_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_files_give_the_same_plan),
        cmocka_unit_test(targets_come_go_and_change),
        cmocka_unit_test(the_playbook_is_compared_step_by_step),
        cmocka_unit_test(a_changed_script_shows_in_the_digest_only),
        cmocka_unit_test(variables_plugins_and_zones),
        cmocka_unit_test(the_strategy_is_compared_by_its_words),
        cmocka_unit_test(calendars_say_which_openings_move),
        cmocka_unit_test(slots_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
