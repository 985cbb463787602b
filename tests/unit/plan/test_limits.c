/*
 * test_limits.c - requests at and behind the limits of a plan, and requests in which what
 * may be left out is left out.
 */
#include "fixture.h"

static const char two[] =
    "{'generate': {'count': 2, 'prefix': 'v'}, 'campaign': {'name': "
    "'c', 'waves': [{'name': 'all', 'size': 'rest'}]}}";

static void refuses(const struct plan_request *request, const char *why)
{
    struct slipway_error err = {""};
    struct plan *plan = NULL;
    assert_int_equal(plan_make(request, &plan, NULL, &err), -1);
    assert_null(plan);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void more_than_a_plan_can_hold_is_refused(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(two);
    struct plan_request request = request_of(&f);
    request.selected_count = PLAN_TARGETS_MAX + 1;
    refuses(&request, "100001 targets are over the limit of 100000 for one campaign");
    request.selected_count = 2;
    size_t waves = f.campaign.strategy.wave_count;
    f.campaign.strategy.wave_count = STRATEGY_WAVES_MAX + 1;
    refuses(&request, "waves are over the limit of");
    f.campaign.strategy.wave_count = waves;
    f.campaign.strategy.in_flight = -1;
    refuses(&request, "in_flight: -1 must lie between 1 and 5000");
    f.campaign.strategy.in_flight = 0;
    f.selected[0] = -1;
    refuses(&request, "appliance number -1 is not in the fleet");
}

static void a_budget_below_nothing_is_none(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(two);
    struct plan_request request = request_of(&f);
    f.campaign.strategy.has_campaign_budget = true;
    f.campaign.strategy.campaign_budget = (struct amount){SIZE_COUNT, -1};
    refuses(&request, "campaign: the budget must be a count or a percentage");
}

/* Caps are bounded by how many can be under way at all. */
static void caps_are_whole_numbers_that_can_act(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances': [{'name': 'v1', 'site': 'rbx'}], 'campaign': {'name': 'c', "
        "'max_unavailable': {'site': -3}, 'limits': {'repo': 99999}, 'waves': [{'name': "
        "'all', 'size': 'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->domains[0].max, 0);
    assert_int_equal(plan->limits[0].max, IN_FLIGHT_MAX);
}

/* Of two wishes for one limit the smaller holds, whichever is written first. */
static void of_two_limits_the_smaller_holds(void **state)
{
    (void)state;
    static const int rows[][2] = {{2, 5}, {5, 2}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_fixture struct fixture f = fixture_of_text(
            "{'appliances': [{'name': 'v1', 'manager': 'm1'}], 'campaign': {'name': 'c', "
            "'waves': [{'name': 'all', 'size': 'rest'}]}}");
        struct strategy *s = &f.campaign.strategy;
        for (int k = 0; k < 2; k++)
            s->limits[s->limit_count++] =
                (struct named_limit){.name = xstrdup("manager"), .max = rows[i][k]};
        auto_plan struct plan *plan = planned(&f, NULL);
        assert_int_equal(plan->limit_count, 1);
        assert_int_equal(plan->limits[0].max, 2);
    }
}

static void what_is_left_out_is_empty(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(two);
    struct plan_request request = request_of(&f);
    struct slipway_error err = {""};
    auto_plan struct plan *plan = NULL;
    const struct plan_plugin_use plugins[] = {{.name = "ssh", .version = "0.1.0"},
                                              {"own", "1", "d1"}};
    request.plugins = plugins;
    request.plugin_count = 2;
    json_decref(f.campaign.vars);
    f.campaign.vars = NULL;
    json_decref(f.fleet.appliances[0].doc);
    f.fleet.appliances[0].doc = NULL;
    request.created_by = request.slipway_version = request.fleet_digest = NULL;
    assert_int_equal(plan_make(&request, &plan, NULL, &err), 0);
    assert_string_equal(plan->vars, "{}");
    assert_string_equal(plan->targets[0].doc, "{}");
    assert_int_equal(plan->plugin_count, 2);
    assert_string_equal(plan->plugins[0].name, "own"); /* whatever the order was */
    assert_string_equal(plan->plugins[0].digest, "d1");
    assert_string_equal(plan->plugins[1].digest, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_a_plan_can_hold_is_refused),
        cmocka_unit_test(a_budget_below_nothing_is_none),
        cmocka_unit_test(caps_are_whole_numbers_that_can_act),
        cmocka_unit_test(of_two_limits_the_smaller_holds),
        cmocka_unit_test(what_is_left_out_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
