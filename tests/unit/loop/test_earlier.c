/*
 * test_earlier.c - an operation gets the results that it names, and those that it might
 * read where it names none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../store/support.h"
#include "loop/earlier.h"
#include "util/json.h"

static const struct {
    const char *with, *expect, *value;
    const char *steps;
} cases[] = {
    {"{}", NULL, NULL, "{}"},
    {"{\"a\":\"${vars.b}\"}", "result ->> '$.steps'", NULL, "{}"},
    {"{\"a\":\"${steps.look.result.n}\"}", NULL, NULL,
     "{\"look\":{\"result\":{\"n\":1}}}"},
    {"{\"a\":\"x ${steps.look.result.n} $${steps.list.result}\"}", NULL, NULL,
     "{\"look\":{\"result\":{\"n\":1}}}"},
    {"{}", "steps ->> '$.look.result.n' = 1", "steps ->> '$.list.result[0]'",
     "{\"list\":{\"result\":[1,2]},\"look\":{\"result\":{\"n\":1}}}"},
    {"{\"a\":[\"${steps.look.result}\",\"${steps.none.result}\"]}",
     "steps ->> '$.look.result.n' = 1", NULL, "{\"look\":{\"result\":{\"n\":1}}}"},
    {"{}", "steps IS NULL", NULL,
     "{\"list\":{\"result\":[1,2]},\"look\":{\"result\":{\"n\":1}},"
     "\"torn\":{\"result\":null}}"},
    {"{}", NULL, "(SELECT count(*) FROM json_each(steps))",
     "{\"list\":{\"result\":[1,2]},\"look\":{\"result\":{\"n\":1}},"
     "\"torn\":{\"result\":null}}"},
    {"{}", "steps ->> '$.torn.result' IS NULL", NULL, "{\"torn\":{\"result\":null}}"},
};

static void remember(struct nest *nest, int64_t campaign, int target, const char *step,
                     const char *json)
{
    assert_int_equal(store_save_result(nest->store, campaign, target, step, 0, json, 5),
                     STORE_OK);
}

static void an_operation_gets_the_results_that_it_names(void **state)
{
    struct nest *nest = *state;
    struct world *world = world_create(&few, 1);
    int64_t campaign = enter(nest, world->plan);
    begin(nest);
    remember(nest, campaign, 3, "look", "{\"n\":1}");
    remember(nest, campaign, 3, "list", "[1,2]");
    remember(nest, campaign, 3, "torn", "{\"n\":");
    remember(nest, campaign, 4, "look", "{\"n\":2}");
    commit(nest);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char with[128], expect[128], value[128];
        struct operation op = {.with = with};
        (void)snprintf(with, sizeof with, "%s", cases[i].with);
        (void)snprintf(expect, sizeof expect, "%s",
                       cases[i].expect ? cases[i].expect : "");
        (void)snprintf(value, sizeof value, "%s", cases[i].value ? cases[i].value : "");
        op.expect = cases[i].expect ? expect : NULL;
        op.value = cases[i].value ? value : NULL;
        auto_json json_t *steps = earlier_results(nest->store, campaign, 3, &op);
        auto_free char *text = json_canonical(steps);
        assert_string_equal(text, cases[i].steps);
        auto_json json_t *none = earlier_results(NULL, campaign, 3, &op);
        assert_int_equal(json_object_size(none), 0);
    }
    world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_operation_gets_the_results_that_it_names,
                                        nest_with_store, nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
