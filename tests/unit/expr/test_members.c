/*
 * test_members.c - whoever makes a document for an expression may leave out what it does
 * not read: the answer is the same. Where that cannot be told nothing is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/members.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

static const char whole[] =
    "{\"a\":{\"result\":{\"n\":1,\"list\":[1,2]}},\"b-c\":{\"result\":\"x\"},"
    "\"d\":{\"result\":null},\"steps\":{\"result\":7}}";
static const char result[] = "{\"steps\":{\"a\":9},\"n\":1,\"it's\":\"steps\"}";

static const struct {
    const char *sql;
    const char *names; /* NULL: all of it */
} cases[] = {
    {"result ->> '$.n' = 1", ""},
    {"result ->> '$.steps.a'", ""},
    {"'steps' || 'it''s steps'", ""},
    {"steps ->> '$.a.result.n'", "a "},
    {"STEPS ->> '$.a.result.n'", "a "},
    {"steps->'$.a' ->> '$.result.list[1]'", "a "},
    {"steps -> 'b-c' ->> 'result'", "b-c "},
    {"steps ->> '$.\"b-c\".result'", "b-c "},
    {"steps ->> '$.b-c.result' || steps ->> '$.a.result.n'", "b-c a "},
    {"steps ->> '$.steps.result'", "steps "},
    {"steps ->> '$.missing.result' IS NULL", "missing "},
    {"json_array_length(steps, '$.a.result.list')", "a "},
    {"JSON_Extract ( steps , '$.\"b-c\".result' )", "b-c "},
    {"json_type(steps, '$.d.result')", "d "},
    {"coalesce(steps ->> '$.a.result.x', steps ->> '$.d.result', 'none')", "a d "},
    /* these read more than one member, or may */
    {"steps", NULL},
    {"length(steps)", NULL},
    {"steps ->> '$'", NULL},
    {"(steps) ->> '$.a.result.n'", NULL},
    {"steps ->> ('$.' || 'a.result.n')", NULL},
    {"json_extract(steps, '$.a', '$.d')", NULL},
    {"json_remove(steps, '$.a') ->> '$.d'", NULL},
    {"json_set(steps, '$.a', 1) ->> '$.\"b-c\".result'", NULL},
    {"(SELECT count(*) FROM json_each(steps))", NULL},
    {"(SELECT count(*) FROM json_each(steps, '$.a'))", NULL},
    {"\"steps\" ->> '$.a.result.n'", NULL},
    {"[steps] ->> '$.a.result.n'", NULL},
    {"`steps` ->> '$.a.result.n'", NULL},
    {"\"it's\" || steps ->> '$.a'", NULL},
    {"/* don't */ steps ->> '$.a.result.n' || 'b'", NULL},
    {"steps ->> '$.a.result.n' -- it's the first", NULL},
    {"steps ->> '$.\"b\\u002dc\".result'", NULL},
    {"steps ->> '$.a[0'", "a "},
    {"steps ->> ''", NULL},
    {"steps ->> 'a''b'", NULL},
    {"steps ->>", NULL},
    {"steps ->> '$.a", NULL},
    {"'never closed", NULL},
    {"json_extract(steps, '$.a", NULL},
    {"steps, '$.a')", NULL},
};

struct picking {
    struct buf names;
    json_t *from, *picked;
};

static void pick(void *data, const char *name, size_t length)
{
    struct picking *picking = data;
    auto_free char *copy = xstrndup(name, length);
    buf_addf(&picking->names, "%s ", copy);
    json_t *value = json_object_get(picking->from, copy);
    if (value)
        (void)json_object_set(picking->picked, copy, value);
}

/* "error", or kind and text. */
static char *answer(struct expr_engine *engine, const char *sql, const char *steps)
{
    static const char *const columns[] = {"result", "steps"};
    const char *values[] = {result, steps};
    struct slipway_error err = {""};
    auto_expr_value struct expr_value value = {0};
    if (expr_eval(engine, sql, columns, values, 2, &value, &err))
        return xstrdup("error");
    auto_free char *text = expr_value_text(&value);
    return xasprintf("%d %s", (int)value.kind, text);
}

static void what_is_left_out_changes_no_answer(void **state)
{
    (void)state;
    struct expr_engine *engine = expr_create(NULL);
    assert_non_null(engine);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *sql = cases[i].sql;
        auto_json json_t *all = json_parse(whole, strlen(whole), sizeof whole, NULL);
        auto_json json_t *some = json_object();
        struct picking picking = {.from = all, .picked = some};
        bool told = members_read(sql, "steps", pick, &picking);
        if (told != !!cases[i].names)
            fail_msg("%s: %s", sql, told ? "found all of them" : "reads more");
        if (told && strcmp(buf_text(&picking.names), cases[i].names) != 0)
            fail_msg("%s: reads \"%s\"", sql, buf_text(&picking.names));
        auto_free char *filtered = json_canonical(some);
        auto_free char *of_all = answer(engine, sql, whole);
        auto_free char *of_some = answer(engine, sql, told ? filtered : whole);
        assert_string_equal(of_all, of_some);
        buf_free(&picking.names);
    }
    expr_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_changes_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
