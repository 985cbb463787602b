/*
 * test_planner.c - what the planner refuses, what it pins, and that a big fleet is no
 * burden. Whole plans are in test_golden.c.
 */
#include "fixture.h"

#include <time.h>

#include "report/plan_text.h"

static void refuses(const char *text, const char *sentence)
{
    auto_fixture struct fixture f = fixture_of_text(text);
    struct plan_request request = request_of(&f);
    struct plan *plan = (struct plan *)(uintptr_t)1; /* must not be touched */
    struct plan_notes notes = {0};
    struct slipway_error err = {""};
    assert_int_equal(plan_make(&request, &plan, &notes, &err), -1);
    assert_string_equal(err.text, sentence);
    assert_ptr_equal(plan, (void *)(uintptr_t)1);
    assert_int_equal(notes.count, 0);
}

static void it_refuses_what_cannot_be_planned(void **state)
{
    (void)state;
    refuses("{'appliances':[],'campaign':{'name':'x','waves':[{'size':'rest'}]}}",
            "the campaign selects no appliance; look at what its `select` gives with: "
            "slipway inventory list");
    refuses(
        "{'generate':{'count':11,'prefix':'v'},'campaign':{'name':'x','waves':["
        "{'size':'50%'},{'size':'50%'}]}}",
        "1 of 11 selected targets are in no wave; add a wave with `size: rest`, or make "
        "the waves bigger");
    refuses("{'generate':{'count':3,'prefix':'v'},'campaign':{'name':'x','waves':["
            "{'name':'wave-1','size':1},{'size':'rest'}]}}",
            "two waves are called \"wave-1\"; give each wave a name of its own");
    refuses(
        "{'appliances':[{'name':'a'},{'name':'b'},{'name':'a'}],'campaign':{'name':'x',"
        "'waves':[{'size':'rest'}]}}",
        "the appliance \"a\" is selected twice");
    refuses(
        "{'generate':{'count':3,'prefix':'v'},'campaign':{'name':'x','in_flight':5001,"
        "'waves':[{'size':'rest'}]}}",
        "in_flight: 5001 must lie between 1 and 5000");
    refuses("{'generate':{'count':3,'prefix':'v'},'campaign':{'name':'x','waves':["
            "{'name':'w','size':'rest','budget':'rest'}]}}",
            "w: the budget must be a count or a percentage, such as 2 or \"10%\"");
}

static void it_refuses_what_is_no_text(void **state)
{
    (void)state;
    auto_fixture struct fixture f =
        fixture_of_text("{'appliances':[{'name':'a'}],'campaign':{'name':'x','waves':[{'"
                        "size':'rest'}]}}");
    struct plan_request request = request_of(&f);
    struct slipway_error err = {""};
    struct plan *plan = NULL;
    xreplace(&f.fleet.appliances[0].site, "\xff\x1b");
    assert_int_equal(plan_make(&request, &plan, NULL, &err), -1);
    assert_string_equal(err.text,
                        "appliance \"a\" has a text that is not UTF-8; correct it "
                        "in the fleet file");
    f.selected[0] = 4;
    assert_int_equal(plan_make(&request, &plan, NULL, &err), -1);
    assert_string_equal(err.text, "appliance number 4 is not in the fleet");
}

static void the_plan_pins_everything(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances':[{'name':'vc-10','site':'rbx','version':'8','manager':'m1',"
        "'datastore':'d1','link_group':'g','labels':{'customer':'acme'}},"
        "{'name':'vc-9','manager':'m2'}],"
        "'campaign':{'name':'c','vars':{'b':1,'a':'x'},'in_flight':7,'approval':true,"
        "'max_unavailable':{'customer':2,'link_group':5},"
        "'limits':{'repo':3,'manager':2,'datastore':1},"
        "'budget':{'wave':'50%','campaign':1,'mode':'strict','on_exceed':'abort'},"
        "'waves':[{'size':1,'soak':'1h','gate':true,'budget':0},{'size':'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    fixture_clear(&f); /* the plan must live on its own */
    assert_int_equal(plan->target_count, 2);
    assert_string_equal(plan->targets[0].name, "vc-9");
    assert_int_equal(plan->targets[0].domain_count, 0);
    assert_int_equal(plan->targets[0].datastore_limit, -1);
    assert_string_equal(plan->limits[plan->targets[0].manager_limit].key, "manager=m2");
    const struct plan_target *ten = &plan->targets[1];
    assert_int_equal(ten->wave, 1);
    assert_int_equal(ten->domain_count, 2);
    assert_string_equal(plan->domains[ten->domains[0]].key, "customer=acme");
    assert_int_equal(plan->domains[ten->domains[0]].max, 2);
    assert_string_equal(plan->domains[ten->domains[1]].key, "link_group=g");
    assert_int_equal(plan->domains[ten->domains[1]].max, 1);
    assert_string_equal(plan->limits[ten->manager_limit].key, "manager=m1");
    assert_string_equal(plan->limits[ten->datastore_limit].key, "datastore=d1");
    assert_int_equal(plan->limits[plan_limit(plan, "repo")].max, 3);
    assert_string_equal(plan->waves[0].name, "wave-0");
    assert_true(plan->waves[0].gate);
    assert_int_equal(plan->waves[0].on_exceed, ON_EXCEED_ABORT);
    assert_int_equal(plan->waves[0].soak_ms, 3600000);
    assert_int_equal(plan->budget, 1);
    assert_int_equal(plan->mode, BUDGET_STRICT);
    assert_string_equal(plan->vars, "{\"a\":\"x\",\"b\":1}");
    assert_string_equal(plan->playbook.steps[2].op.id, "install");
    assert_string_equal(plan->playbook.steps[1].limits[0], "repo");
    assert_int_equal(strlen(plan->digest), 64);
}

static void a_campaign_without_a_budget_tolerates_all(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate':{'count':9,'prefix':'v'},'campaign':{'name':'x','waves':["
        "{'size':3,'budget':100},{'size':'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->budget, 9);
    assert_int_equal(plan->waves[0].budget, 3);
    assert_int_equal(plan->waves[1].budget, 0);
    assert_int_equal(plan->in_flight, IN_FLIGHT_DEFAULT);
}

static void targets_with_the_most_domains_fit(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "{'appliances':[{'name':'v','link_group':'g','labels':{");
    for (int i = 0; i < STRATEGY_DOMAINS_MAX; i++)
        buf_addf(&text, "%s'l%d':'x'", i ? "," : "", i);
    buf_adds(&text,
             "}}],'campaign':{'name':'x','waves':[{'size':1}],'max_unavailable':{");
    for (int i = 0; i < STRATEGY_DOMAINS_MAX; i++)
        buf_addf(&text, "%s'l%d':1", i ? "," : "", i);
    buf_adds(&text, "}}}");
    auto_fixture struct fixture f = fixture_of_text(buf_text(&text));
    auto_plan struct plan *plan = planned(&f, NULL);
    assert_int_equal(plan->targets[0].domain_count, TARGET_DOMAINS_MAX);
    auto_free char *json = plan_to_json(plan);
    auto_plan struct plan *again = NULL;
    assert_int_equal(plan_from_json(json, strlen(json), &again, NULL), 0);
}

static void a_plan_that_was_read_back_can_be_shown(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_case("big-fleet");
    auto_plan_notes struct plan_notes notes = {0}, bare = {0};
    auto_plan struct plan *plan = planned(&f, &notes), *again = NULL;
    auto_free char *json = plan_to_json(plan);
    assert_int_equal(plan_from_json(json, strlen(json), &again, NULL), 0);
    plan_facts_of(again, f.fleet.appliance_count, &bare.facts);
    for (size_t i = 0; i < notes.facts.wave_count; i++)
        assert_memory_equal(&bare.facts.waves[i], &notes.facts.waves[i],
                            sizeof bare.facts.waves[i]);
    auto_buf struct buf text = {0};
    plan_text(&(struct plan_view){.plan = again, .notes = &bare, .full = true}, &text);
    assert_non_null(strstr(buf_text(&text), "vc-117"));
    assert_null(strstr(buf_text(&text), "--full"));
}

static void colour_changes_nothing_but_colour(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_case("holds");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    auto_buf struct buf plain = {0}, colour = {0}, stripped = {0};
    plan_text(&(struct plan_view){.plan = plan, .notes = &notes}, &plain);
    plan_text(&(struct plan_view){.plan = plan, .notes = &notes, .colour = true},
              &colour);
    for (const char *p = buf_text(&colour); *p; p++) {
        if (*p == '\x1b')
            p += strcspn(p, "m");
        else
            buf_addc(&stripped, *p);
    }
    assert_true(colour.length > plain.length);
    assert_string_equal(buf_text(&stripped), buf_text(&plain));
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) +
           (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void ten_thousand_appliances_in_five_waves(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate':{'count':10000,'prefix':'vc-','site':['a','b','c','d','e','f','g'],"
        "'version':['1','2','3'],'manager':['m1','m2','m3','m4','m5'],"
        "'datastore':['d1','d2','d3'],'customer':['k1','k2','k3','k4','k5','k6','k7','k8'"
        "]},"
        "'campaign':{'name':'big','in_flight':400,"
        "'max_unavailable':{'name':1,'customer':50,'site':150},"
        "'limits':{'repo':20,'manager':8,'datastore':2},'budget':{'campaign':50},"
        "'waves':[{'name':'canary','size':25,'cover':['site','version','customer','name']"
        ","
        "'soak':'24h'},{'size':'1%'},{'size':'10%'},{'size':'30%','cover':['name']},"
        "{'size':'rest'}]}}");
    auto_plan_notes struct plan_notes notes = {0};
    struct timespec start;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    auto_plan struct plan *plan = planned(&f, &notes);
    print_message("planned 10,000 appliances in %.3f s\n", seconds_since(&start));
    auto_buf struct buf text = {0};
    plan_text(&(struct plan_view){.plan = plan, .notes = &notes}, &text);
    print_message("with its text in %.3f s, %zu bytes\n", seconds_since(&start),
                  text.length);
    static const int counts[] = {25, 100, 1000, 3000, 5875};
    assert_int_equal(plan->wave_count, ARRAY_LENGTH(counts));
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++)
        assert_int_equal(plan->waves[i].count, counts[i]);
    assert_int_equal(plan->target_count, 10000);
    assert_int_equal(plan->domain_count, 10000 + 8 + 7);
    assert_true(text.length < 20000);
    for (size_t i = 1; i < plan->target_count; i++)
        assert_true(plan->targets[i].wave >= plan->targets[i - 1].wave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_refuses_what_cannot_be_planned),
        cmocka_unit_test(it_refuses_what_is_no_text),
        cmocka_unit_test(the_plan_pins_everything),
        cmocka_unit_test(a_campaign_without_a_budget_tolerates_all),
        cmocka_unit_test(targets_with_the_most_domains_fit),
        cmocka_unit_test(a_plan_that_was_read_back_can_be_shown),
        cmocka_unit_test(colour_changes_nothing_but_colour),
        cmocka_unit_test(ten_thousand_appliances_in_five_waves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
