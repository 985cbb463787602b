/*
 * test_members.c - the nodes that a linked vCenter tells against the members that the fleet
 * declares: who is missing on either side, and when nobody can say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "common/members.h"
#include "fake_host.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static int lookups;

/* A resolver that knows two names. */
static json_t *resolver(struct slipway_call *call, const char *name)
{
    (void)call;
    lookups++;
    if (!strcmp(name, "vc-7.corp.example"))
        return json_pack("[s, s]", "10.0.0.7", "fd00::7");
    if (!strcmp(name, "10.0.0.7") || !strcmp(name, "10.0.0.8"))
        return json_pack("[s]", name);
    return json_array();
}

/* "a=host b=host#pnid": members; "x y": nodes. What comes out: "undeclared | unconfirmed",
   or "? why". */
static char *compared(const char *declared, const char *told)
{
    json_t *members = json_array(), *nodes = json_array();
    auto_free char *left = xstrdup(declared), *right = xstrdup(told);
    char *rest = left;
    for (char *item; (item = strsep(&rest, " "));) {
        char *name = strsep(&item, "="), *host = strsep(&item, "#");
        if (!host)
            continue;
        json_t *entry = json_pack("{s:s, s:s}", "name", name, "host", host);
        if (item)
            (void)json_object_set_new(entry, "pnid", json_string(item));
        (void)json_array_append_new(members, entry);
    }
    rest = right;
    for (char *item; (item = strsep(&rest, " "));)
        if (*item)
            (void)json_array_append_new(nodes, json_string(item));
    auto_json json_t *result = members_compare(NULL, members, nodes, resolver);
    json_decref(members);
    json_decref(nodes);
    const char *uncertain = json_text(result, "uncertain");
    bool is_compared = json_is_true(json_object_get(result, "compared"));
    auto_free char *more = json_canonical(json_object_get(result, "undeclared"));
    auto_free char *less = json_canonical(json_object_get(result, "unconfirmed"));
    assert_true(is_compared != (uncertain != NULL));
    if (!uncertain)
        return xasprintf("%s %s", more, less);
    assert_string_equal(more, "[]");
    assert_string_equal(less, "[]");
    return xasprintf("? %s", uncertain);
}

static void gives(const char *declared, const char *told, const char *expected)
{
    auto_free char *result = compared(declared, told);
    assert_string_equal(result, expected);
}

static void the_same_by_any_spelling(void **state)
{
    (void)state;
    lookups = 0;
    gives("a=vc-1.example b=vc-2.example", "VC-1.Example. vc-2.example", "[] []");
    gives("vc-1=10.0.0.1 vc-2=10.0.0.2", "vc-1 vc-2", "[] []");
    gives("vc-1=10.0.0.1 vc-2=10.0.0.2", "vc-1.example vc-2.example", "[] []");
    gives("a=vc-1 b=vc-2.example", "vc-1.example vc-2", "[] []");
    gives("a=10.0.0.1 b=fd00::2", "10.0.0.1 [FD00:0::2]", "[] []");
    gives("a=10.0.0.1#odd.name b=vc-2.example", "odd.name vc-2.example", "[] []");
    assert_int_equal(lookups, 0); /* nothing was left to ask about */
}

static void one_who_is_missing_on_either_side_is_named(void **state)
{
    (void)state;
    gives("a=vc-1.example b=vc-2.example", "vc-1.example vc-2.example vc-3.example",
          "[\"vc-3.example\"] []");
    gives("a=vc-1.example b=vc-2.example c=vc-3.example", "vc-1.example vc-2.example",
          "[] [\"c\"]");
    gives("a=vc-1.example", "vc-1.example vc-2.example vc-2 VC-2.example.",
          "[\"vc-2.example\"] []"); /* one node by three spellings */
}

static void addresses_tell_whom_no_name_tells(void **state)
{
    (void)state;
    gives("a=10.0.0.7 b=vc-2.example", "vc-7.corp.example vc-2.example", "[] []");
    gives("a=10.0.0.7 b=10.0.0.8", "vc-7.corp.example",
          "[] [\"b\"]"); /* the other one is nobody's address */
}

static void what_fits_two_decides_nothing(void **state)
{
    (void)state;
    gives("a=vc.paris.example b=vc.milan.example", "vc x.example",
          "? it tells vc, x.example, the fleet file declares a, b");
    gives("a=vc b=x", "vc.paris.example vc.milan.example",
          "? it tells vc.paris.example, vc.milan.example, the fleet file declares a, b");
    /* the whole name is surer than the short one */
    gives("a=vc.paris.example b=vc", "vc.paris.example vc.milan.example", "[] []");
    gives("a=10.0.0.1 b=10.0.0.9", "10.0.0.2 10.0.0.9",
          "? it tells 10.0.0.2, the fleet file declares a");
}

static void a_pnid_stands_for_all_other_names(void **state)
{
    (void)state;
    gives("vc-1=vc-1.example#other.name vc-2=vc-2.example", "vc-1.example vc-2.example",
          "? it tells vc-1.example, the fleet file declares vc-1");
}

static void without_an_answer_nothing_is_said(void **state)
{
    (void)state;
    gives("a=vc-1.example", "", "? it tells no node at all");
    auto_free char *endless = xcalloc(400, 1);
    memset(endless, 'x', 399);
    gives("a=vc-1.example", endless,
          "? more nodes than can be linked, or one without a name");
    auto_json json_t *odd = json_pack("[n, i, s]", 3, "vc-1.example");
    auto_json json_t *one = json_pack("[{s:s, s:s}, s, {s:i}]", "name", "a", "host",
                                      "vc-1.example", "odd", "name", 3);
    auto_json json_t *result = members_compare(NULL, one, odd, resolver);
    assert_true(json_is_false(json_object_get(result, "compared")));
    auto_json json_t *alone = members_compare(NULL, NULL, odd, resolver);
    assert_true(json_is_false(json_object_get(alone, "compared")));
    assert_true(json_is_null(json_object_get(alone, "uncertain")));
}

static void a_crowd_is_uncertain(void **state)
{
    (void)state;
    auto_json json_t *one = json_pack("[{s:s, s:s}]", "name", "a", "host", "vc-0");
    auto_json json_t *many = json_array();
    for (int i = 0; i < 5000; i++) {
        auto_free char *name = xasprintf("vc-%d", i);
        (void)json_array_append_new(many, json_string(name));
    }
    auto_json json_t *result = members_compare(NULL, one, many, resolver);
    assert_true(json_is_string(json_object_get(result, "uncertain")));
    assert_int_equal(json_array_size(json_object_get(result, "undeclared")), 0);
}

static void the_machine_resolves_what_it_is(void **state)
{
    (void)state;
    static const struct slipway_plugin NO_PLUGIN = {.name = "none"};
    struct fake_call fake;
    fake_call_init(&fake, &NO_PLUGIN, NULL, "none", NULL, NULL);
    fake.call.deadline_ms = fake_now_ms() + 20000;
    fake.call.private_data = &fake;
    auto_json json_t *known = members_resolve(&fake.call, "127.0.0.1");
    auto_json json_t *nobody = members_resolve(&fake.call, "no such name.invalid");
    fake_call_free(&fake);
    assert_string_equal(json_string_value(json_array_get(known, 0)), "127.0.0.1");
    assert_int_equal(json_array_size(nobody), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_by_any_spelling),
        cmocka_unit_test(one_who_is_missing_on_either_side_is_named),
        cmocka_unit_test(addresses_tell_whom_no_name_tells),
        cmocka_unit_test(what_fits_two_decides_nothing),
        cmocka_unit_test(a_pnid_stands_for_all_other_names),
        cmocka_unit_test(without_an_answer_nothing_is_said),
        cmocka_unit_test(a_crowd_is_uncertain),
        cmocka_unit_test(the_machine_resolves_what_it_is),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
