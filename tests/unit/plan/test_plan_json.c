/*
 * test_plan_json.c - the pinned plan as text: whoever changed a byte of what it says is
 * found out, however the text is laid out, and odd names survive the way.
 */
#include "fixture.h"

#include "util/sha256.h"

static char *text_of_case(const char *name)
{
    auto_fixture struct fixture f = fixture_of_case(name);
    auto_plan struct plan *plan = planned(&f, NULL);
    return plan_to_json(plan);
}

static void assert_reads(const char *text, const char *expected)
{
    struct slipway_error err = {""};
    auto_plan struct plan *plan = NULL;
    if (plan_from_json(text, strlen(text), &plan, &err))
        fail_msg("%s", err.text);
    auto_free char *again = plan_to_json(plan);
    assert_string_equal(again, expected);
}

static void the_text_is_canonical(void **state)
{
    (void)state;
    auto_free char *text = text_of_case("big-fleet");
    auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    auto_free char *canonical = json_canonical(json);
    assert_string_equal(text, canonical);
}

static void spaces_and_order_say_nothing(void **state)
{
    (void)state;
    auto_free char *text = text_of_case("big-fleet");
    auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    auto_free char *pretty = json_pretty(json);
    auto_free char *unsorted = json_dumps(json, JSON_COMPACT);
    assert_reads(text, text);
    assert_reads(pretty, text);
    assert_reads(unsorted, text);
}

static void no_byte_can_be_changed(void **state)
{
    (void)state;
    auto_free char *text = text_of_case("holds");
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        struct slipway_error err = {""};
        struct plan *plan = NULL;
        char kept = text[i];
        text[i] = (char)(kept ^ 1);
        assert_int_equal(plan_from_json(text, length, &plan, &err), -1);
        assert_true(err.text[0] != 0);
        assert_null(plan);
        text[i] = kept;
    }
    assert_reads(text, text);
}

static void no_end_can_be_missing(void **state)
{
    (void)state;
    auto_free char *text = text_of_case("holds");
    for (size_t length = strlen(text) - 1; length > 0; length--) {
        auto_free char *cut = xstrndup(text, length); /* so that a sanitizer sees */
        struct plan *plan = NULL;
        assert_int_equal(plan_from_json(cut, length, &plan, NULL), -1);
    }
}

/* A digest is no signature: who writes one that fits can still not have anything. */
static void a_digest_that_fits_buys_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } edits[] = {
        {"\"wave\":0", "\"wave\":9"},
        {"\"approval_required\"", "\"absent\":7,\"approval_required\""},
        {"\"approval_required\"", "\"absent\":[{\"name\":\"b\"}],\"approval_required\""},
        {"\"manager_limit\":-1", "\"manager_limit\":77"},
        {"\"domains\":[", "\"domains\":[5000,"},
        {"\"domains\":[", "\"domains\":[-1,"},
        {"\"site\":\"", "\"site\":7,\"x\":\""},
        {"\"doc\":{", "\"doc\":[{"},
        {"\"doc\":{", "\"nodoc\":{"},
        {"\"targets\":[{", "\"targets\":[]   ,\"u\":[{"},
    };
    auto_free char *text = text_of_case("holds");
    for (size_t i = 0; i < ARRAY_LENGTH(edits); i++) {
        const char *at = strstr(text, edits[i].from);
        assert_non_null(at);
        auto_free char *edited = xasprintf("%.*s%s%s", (int)(at - text), text,
                                           edits[i].to, at + strlen(edits[i].from));
        char *digest = strstr(edited, ",\"digest\":\"");
        assert_non_null(digest);
        char *behind = digest + strlen(",\"digest\":\"") + 64 + 2;
        auto_free char *bare =
            xasprintf("%.*s,%s", (int)(digest - edited), edited, behind);
        char hash[SHA256_HEX];
        sha256_hex(bare, strlen(bare), hash);
        memcpy(digest + strlen(",\"digest\":\""), hash, 64);
        struct plan *plan = NULL;
        assert_int_equal(plan_from_json(edited, strlen(edited), &plan, NULL), -1);
    }
}

/* ---- link groups as units ---- */

/* A plan of two linked ones, one of them a companion, and one alone. */
static struct plan *plan_with_unit(void)
{
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances':[{'name':'a','link_group':'g'},{'name':'b','link_group':'g'},"
        "{'name':'c'}],'campaign':{'waves':[{'size':'rest'}]}}");
    struct plan *plan = planned(&f, NULL);
    for (size_t i = 0; i < plan->unit_count; i++)
        free(plan->units[i].name);
    free(plan->units);
    plan->units = xcalloc(2, sizeof *plan->units);
    plan->unit_count = 1;
    plan->units[0] = (struct plan_unit){.name = xstrdup("g"), .first = 0, .count = 2};
    plan->targets[1].companion = true;
    return plan;
}

static void assert_refused(struct plan *plan)
{
    struct plan *again = NULL;
    struct slipway_error err = {""};
    plan_pin(plan);
    auto_free char *text = plan_to_json(plan);
    auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    auto_free char *pretty = json_pretty(json);
    assert_int_equal(plan_from_json(text, strlen(text), &again, &err), -1);
    assert_int_equal(plan_from_json(pretty, strlen(pretty), &again, &err), -1);
    assert_non_null(strstr(err.text, "units"));
}

static void units_and_companions_survive(void **state)
{
    (void)state;
    auto_plan struct plan *plan = plan_with_unit(), *again = NULL;
    plan_pin(plan);
    auto_free char *text = plan_to_json(plan);
    auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    auto_free char *pretty = json_pretty(json);
    assert_reads(text, text);
    assert_reads(pretty, text);
    assert_int_equal(plan_from_json(text, strlen(text), &again, NULL), 0);
    assert_int_equal(again->unit_count, 1);
    assert_false(again->targets[0].companion);
    assert_true(again->targets[1].companion);
    assert_int_equal(plan_unit_of(again, 0), 0);
    assert_int_equal(plan_unit_of(again, 1), 0);
    assert_int_equal(plan_unit_of(again, 2), -1);
}

/* The engine takes members by their places: what is not whole must not reach it. */
static void a_unit_that_is_none_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        auto_plan struct plan *plan = plan_with_unit();
        struct plan_unit *unit = &plan->units[0];
        if (i == 0)
            unit->count = 9; /* beyond the end */
        else if (i == 1)
            unit->first = 1; /* a target without the group, a companion alone outside */
        else if (i == 2)
            plan->targets[2].companion = true;
        else if (i == 3)
            plan->targets[0].companion = true; /* nobody is changed */
        else if (i == 4)
            plan->playbook.rollback = ROLLBACK_NATIVE;
        else if (i == 5) {
            free(unit->name);
            unit->name = xstrdup("other");
        } else {
            plan->units[1] = (struct plan_unit){xstrdup("g"), 1, 1}; /* they overlap */
            plan->unit_count = 2;
        }
        assert_refused(plan);
    }
}

/* The plan keeps of the playbook what recovers from a known issue, and when it is used. */
static void what_recovers_from_known_issues_is_in_the_plan(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances':[{'name':'a'}],'campaign':{'waves':[{'size':'rest'}]}}");
    struct playbook *p = &f.playbook;
    p->recoveries = xcalloc(1, sizeof *p->recoveries);
    p->recovery_ops = xcalloc(1, sizeof *p->recovery_ops);
    p->recovery_count = p->recovery_op_count = 1;
    p->recoveries[0] = (struct recovery){.issue = xstrdup("dirty-staging"),
                                         .match = xstrdup("contains(text, 'staged')"),
                                         .phases = 1u << PHASE_CHANGE,
                                         .at_most = 1,
                                         .count = 1};
    p->recovery_ops[0] = (struct operation){.id = xstrdup("dirty-staging.1of1"),
                                            .use = xstrdup("ssh.run"),
                                            .repeat = SLIPWAY_IDEMPOTENT,
                                            .with = xstrdup("{}"),
                                            .timeout_ms = 60000};
    auto_plan struct plan *plan = planned(&f, NULL), *again = NULL;
    auto_free char *text = plan_to_json(plan);
    struct slipway_error err = {""};
    assert_int_equal(plan_from_json(text, strlen(text), &again, &err), 0);
    const struct plan *both[] = {plan, again};
    for (size_t i = 0; i < ARRAY_LENGTH(both); i++) {
        const struct playbook *kept = &both[i]->playbook;
        assert_int_equal(kept->recovery_count, 1);
        assert_string_equal(kept->recoveries[0].issue, "dirty-staging");
        assert_string_equal(kept->recoveries[0].match, "contains(text, 'staged')");
        assert_int_equal(kept->recoveries[0].at_most, 1);
        assert_string_equal(kept->recovery_ops[0].use, "ssh.run");
    }
}

/* Whoever has a timetable is in some calendar: else it would never be told from where. */
static void a_timetable_of_no_calendar_is_refused(void **state)
{
    (void)state;
    auto_fixture struct fixture f =
        fixture_of_text("{'appliances':[{'name':'a'}],'calendars':{'night':{'from':"
                        "'2026-11-21T22:00:00Z','for':'8h'}},'windows':['night'],"
                        "'campaign':{'waves':[{'size':'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    struct timetable *table = &plan->time.timetables[0];
    struct slipway_error err = {""};
    for (int whole = 1; whole >= 0; whole--) {
        auto_plan struct plan *again = NULL;
        table->calendar_count = (size_t)whole;
        plan_pin(plan);
        auto_free char *text = plan_to_json(plan);
        table->calendar_count = 1;
        assert_int_equal(plan_from_json(text, strlen(text), &again, &err), whole - 1);
    }
    assert_non_null(strstr(err.text, "time"));
}

static void older_formats_have_no_units(void **state)
{
    (void)state;
    auto_plan struct plan *plan = plan_with_unit(), *again = NULL;
    plan->targets[1].companion = false;
    plan_pin(plan);
    auto_free char *text = plan_to_json(plan);
    auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    (void)json_object_set_new(json, "slipway_plan", json_integer(2));
    (void)json_object_del(json, "digest");
    auto_free char *bare = json_canonical(json);
    char digest[SHA256_HEX];
    sha256_hex(bare, strlen(bare), digest);
    (void)json_object_set_new(json, "digest", json_string(digest));
    auto_free char *old = json_canonical(json);
    assert_int_equal(plan_from_json(old, strlen(old), &again, NULL), 0);
    assert_int_equal(again->unit_count, 0);
}

/* Who was left out, and why, is pinned; most plans leave nobody out and do not say so. */
static void who_was_left_out_survives(void **state)
{
    (void)state;
    auto_fixture struct fixture f =
        fixture_of_text("{'appliances':[{'name':'a'}],"
                        "'campaign':{'name':'c','waves':[{'size':'rest'}]}}");
    const struct plan_absent absent[] = {
        {(char[]){"d"}, (char[]){"because another hop comes first"}},
        {(char[]){"b"}, (char[]){"for being \"failed\" in campaign one"}}};
    struct plan_request request = request_of(&f);
    auto_plan struct plan *plan = NULL, *again = NULL, *whole = planned(&f, NULL);
    auto_free char *without = plan_to_json(whole);
    assert_null(strstr(without, "absent"));
    request.absent = absent;
    request.absent_count = ARRAY_LENGTH(absent);
    assert_int_equal(plan_make(&request, &plan, NULL, NULL), 0);
    auto_free char *text = plan_to_json(plan);
    assert_int_equal(plan_from_json(text, strlen(text), &again, NULL), 0);
    assert_int_equal(again->absent_count, 2);
    assert_string_equal(again->absent[0].name, "b");
    assert_string_equal(again->absent[0].reason, "for being \"failed\" in campaign one");
    assert_string_equal(again->absent[1].name, "d");
    assert_reads(text, text);
}

static void odd_names_survive(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances':[{'name':'a\\\\\\n\\u00e9\\u6f22\\u0001','site':'\\\\','labels':{"
        "'x':'{[\\\\'}},{'name':'b','version':'\\t]}'}],"
        "'campaign':{'name':'\\\\n','waves':[{'size':'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL), *again = NULL;
    auto_free char *text = plan_to_json(plan);
    assert_int_equal(plan_from_json(text, strlen(text), &again, NULL), 0);
    for (size_t i = 0; i < plan->target_count; i++) {
        assert_string_equal(again->targets[i].name, plan->targets[i].name);
        assert_string_equal(again->targets[i].site, plan->targets[i].site);
        assert_string_equal(again->targets[i].version, plan->targets[i].version);
        assert_string_equal(again->targets[i].doc, plan->targets[i].doc);
    }
    assert_reads(text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_canonical),
        cmocka_unit_test(spaces_and_order_say_nothing),
        cmocka_unit_test(no_byte_can_be_changed),
        cmocka_unit_test(no_end_can_be_missing),
        cmocka_unit_test(a_digest_that_fits_buys_nothing),
        cmocka_unit_test(units_and_companions_survive),
        cmocka_unit_test(a_unit_that_is_none_is_refused),
        cmocka_unit_test(what_recovers_from_known_issues_is_in_the_plan),
        cmocka_unit_test(a_timetable_of_no_calendar_is_refused),
        cmocka_unit_test(older_formats_have_no_units),
        cmocka_unit_test(who_was_left_out_survives),
        cmocka_unit_test(odd_names_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
