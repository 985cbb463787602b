/* test_expr.c - what expressions can say, and what they can never do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "expr/expr.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

static const char *const columns[] = {"result", "vars", "target", "version"};
static const char *const values[] = {
    "{\"stdout\":\"8.0.3.00400 build 24322831\\n\",\"lines\":[\"Avail\",\"  3145728\"],"
    "\"services\":[{\"n\":\"vpxd\",\"ok\":true},{\"n\":\"sso\",\"ok\":false}],\"rc\":0}",
    "{\"target_version\":\"8.0.3.00400\"}", "{\"name\":\"vc-0001\"}", NULL};

static int create(void **state)
{
    *state = expr_create(NULL);
    return *state ? 0 : -1;
}

static int destroy(void **state)
{
    expr_destroy(*state);
    return 0;
}

static bool holds(struct expr_engine *engine, const char *sql)
{
    struct slipway_error err = {""};
    auto_expr_value struct expr_value value = {0};
    if (expr_eval(engine, sql, columns, values, 4, &value, &err))
        fail_msg("%s: %s", sql, err.text);
    return expr_truth(&value);
}

static void refused(struct expr_engine *engine, const char *sql, const char *because)
{
    struct slipway_error err = {""};
    if (!expr_check(engine, sql, columns, 4, &err))
        fail_msg("accepted: %s", sql);
    if (!strstr(err.text, because))
        fail_msg("%s: \"%s\" does not say \"%s\"", sql, err.text, because);
}

/* The checks that playbooks are made of. */
static void checks_of_playbooks_hold(void **state)
{
    assert_true(holds(*state, "CAST(result ->> '$.lines[1]' AS INTEGER) > 2097152"));
    assert_true(
        holds(*state, "result ->> '$.stdout' LIKE vars ->> '$.target_version' || '%'"));
    assert_true(holds(*state, "result ->> '$.rc' = 0"));
    assert_true(holds(*state, "target ->> '$.name' REGEXP '^vc-[0-9]{4}$'"));
    assert_true(holds(*state, "target ->> '$.name' GLOB 'vc-*'"));
    assert_true(holds(*state, "version_cmp('8.0.10', '8.0.9') > 0"));
    assert_true(holds(*state, "json_array_length(result, '$.services') = 2"));
    assert_true(holds(*state, "EXISTS (SELECT 1 FROM json_each(result, '$.services') "
                              "WHERE value ->> '$.ok' = 0)"));
    assert_false(holds(*state,
                       "NOT EXISTS (SELECT 1 FROM json_each(result, '$.services') "
                       "WHERE NOT value ->> '$.ok')"));
    assert_true(
        holds(*state, "coalesce(result ->> '$.none', 'x') = 'x' AND iif(1, 1, 0)"));
    assert_true(holds(*state, "round(sqrt(2), 2) = 1.41"));
}

/* Missing data is never success. */
static void missing_data_is_no_evidence(void **state)
{
    assert_false(holds(*state, "result ->> '$.nothing' = 'x'"));
    assert_false(holds(*state, "result ->> '$.nothing' <> 'x'"));
    assert_false(holds(*state, "version"));
    assert_false(holds(*state, "version_cmp(version, '8.0') < 0"));
    assert_false(holds(*state, "''"));
    assert_false(holds(*state, "'false'"));
    assert_false(holds(*state, "'infinity'"));
    assert_false(holds(*state, "'0x10'"));
    assert_false(holds(*state, "0.0"));
    assert_true(holds(*state, "'8.0.3'"));
    assert_true(holds(*state, "-1"));
    assert_true(holds(*state, "0.5"));
}

static void answers_have_kinds(void **state)
{
    static const struct {
        const char *sql;
        enum expr_kind kind;
        const char *text;
    } cases[] = {
        {"1 + 1", EXPR_INTEGER, "2"},
        {"0.5", EXPR_REAL, "0.5"},
        {"target ->> '$.name'", EXPR_TEXT, "vc-0001"},
        {"target -> '$.name'", EXPR_TEXT, "\"vc-0001\""},
        {"NULL", EXPR_NULL, ""},
        {"version", EXPR_NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_expr_value struct expr_value value = {0};
        assert_int_equal(
            expr_eval(*state, cases[i].sql, columns, values, 4, &value, NULL), 0);
        assert_int_equal(value.kind, cases[i].kind);
        auto_free char *text = expr_value_text(&value);
        assert_string_equal(text, cases[i].text);
    }
}

/* SQL sorts every text after every number: selectors bind numbers as numbers. */
static void numbers_are_bound_as_numbers(void **state)
{
    const char *const names[] = {"cpu", "ratio"};
    const struct expr_value inputs[] = {{.kind = EXPR_INTEGER, .integer = 4},
                                        {.kind = EXPR_REAL, .real = 0.25}};
    auto_expr_value struct expr_value value = {0};
    assert_int_equal(
        expr_eval_typed(*state, "cpu > 8 OR ratio > 1", names, inputs, 2, &value, NULL),
        0);
    assert_false(expr_truth(&value));
}

static void mistakes_are_explained(void **state)
{
    refused(*state, "resutl ->> '$.x'",
            "byte 1: unknown column \"resutl\"; did you mean \"result\"?");
    refused(*state, "1 = versio", "byte 5: unknown column \"versio\"");
    refused(*state, "zzzzzzzz", "known: result, vars, target, version");
    refused(*state, "\"text\" = 1", "unknown column \"text\"");
    refused(*state, "lenght(result)", "did you mean \"length\"?");
    refused(*state, "result ->> $.x", "write JSON paths as '$.name'");
    refused(*state, "1 +", "syntax error");
    refused(*state, "1 1", "syntax error");
    refused(*state, "", "empty");
    refused(*state, " \n", "empty");
    refused(*state, "'abc", "never closed");
    refused(*state, "(1", "without \")\"");
    refused(*state, "1, 2", "row value");
}

/* The expression can neither leave its brackets nor carry a second statement. */
static void expressions_stay_expressions(void **state)
{
    refused(*state, "1; DROP TABLE x", "one expression");
    refused(*state, "1;", "one expression");
    refused(*state, "1) FROM (SELECT 1 AS result) WHERE (1", "without \"(\"");
    refused(*state, "1), (2", "without \"(\"");
    refused(*state, "1 -- quiet", "comments");
    refused(*state, "1 /* quiet */", "comments");
    refused(*state, "?1", "not allowed outside quotes");
    refused(*state, ":name", "not allowed outside quotes");
    refused(*state, "@name = 1", "not allowed outside quotes");
}

static void nothing_but_columns_can_be_read(void **state)
{
    refused(*state, "(SELECT count(*) FROM sqlite_master)", "no tables");
    refused(*state, "(SELECT name FROM sqlite_schema)", "no tables");
    refused(*state, "(SELECT name FROM pragma_function_list)", "no tables");
    refused(*state, "(SELECT file FROM pragma_database_list)", "no tables");
    refused(*state, "(SELECT 1 FROM nowhere)", "no tables");
    refused(*state,
            "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT count(*) FROM c)",
            "not authorized");
    refused(*state, "ATTACH 'x' AS y", "syntax error");
    refused(*state, "(PRAGMA user_version)", "syntax error");
    const char *const functions[] = {
        "load_extension('x')",
        "randomblob(100)",
        "zeroblob(1000000000)",
        "random()",
        "sqlite_version()",
        "readfile('/etc/passwd')",
        "date('now')",
        "strftime('%s')",
        "changes()",
        "fts3_tokenizer('x')",
        "sqlite_compileoption_get(1)",
        "last_insert_rowid()",
        "unixepoch()",
        "writefile('x', 'y')",
        "edit('x')",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(functions); i++)
        refused(*state, functions[i], "no function");
    refused(*state, "CURRENT_TIMESTAMP", "no function");
}

static void eval_fails(struct expr_engine *engine, const char *sql, const char *because)
{
    struct slipway_error err = {""};
    struct expr_value value = {.kind = EXPR_INTEGER, .integer = 42};
    if (!expr_eval(engine, sql, columns, values, 4, &value, &err))
        fail_msg("evaluated: %s", sql);
    if (!strstr(err.text, because))
        fail_msg("%s: \"%s\" does not say \"%s\"", sql, err.text, because);
    assert_int_equal(value.integer, 42);
}

/* Bombs end in an error, and the engine goes on. */
static void bombs_are_defused(void **state)
{
    eval_fails(*state, "replace(printf('%900000d', 1), ' ', 'xx')", "too big");
    eval_fails(*state, "replace(printf('%500000d', 1), ' ', 'xxxxxxxx')", "too big");
    eval_fails(*state, "x'00ff'", "blob");
    eval_fails(*state, "char(0)", "no text");
    eval_fails(*state, "'not json' ->> '$.x'", "malformed JSON");
    eval_fails(*state,
               "(SELECT count(*) FROM json_each(printf('[%.60000c0]', ',')) a, "
               "json_each(result) b)",
               "malformed JSON");
    eval_fails(*state,
               "(SELECT count(*) FROM json_each('['||replace(printf('%20000d',1),' "
               "','1,')||'1]') a, "
               "json_each('['||replace(printf('%20000d',1),' ','1,')||'1]') b)",
               "too long");
    auto_buf struct buf deep = {0};
    for (int i = 0; i < 200; i++)
        buf_adds(&deep, "1 + ");
    buf_adds(&deep, "1");
    refused(*state, buf_text(&deep), "maximum depth");
    auto_buf struct buf nested = {0};
    for (int i = 0; i < 3000; i++)
        buf_addc(&nested, '(');
    buf_addc(&nested, '1');
    for (int i = 0; i < 3000; i++)
        buf_addc(&nested, ')');
    refused(*state, buf_text(&nested), "");
    auto_buf struct buf large = {0};
    buf_adds(&large, "'");
    for (int i = 0; i < 9000; i++)
        buf_addc(&large, 'x');
    buf_adds(&large, "'");
    refused(*state, buf_text(&large), "longer than 8192");
    assert_true(holds(*state, "1 = 1"));
}

static void regular_expressions_are_bounded(void **state)
{
    assert_true(holds(*state, "'8.0.3' REGEXP '^8\\.0(\\.[0-9]+)*$'"));
    assert_false(holds(*state, "'7.0' REGEXP '^8'"));
    assert_false(holds(*state, "NULL REGEXP '^8'"));
    eval_fails(*state, "'x' REGEXP '(a*)\\1'", "back references");
    eval_fails(*state, "'x' REGEXP '((a{1,255}){1,255}){1,255}'", "multiply");
    eval_fails(*state, "'x' REGEXP 'a{99999999999999999999}'", "multiply");
    eval_fails(*state, "'x' REGEXP 'a++++++++++++++++++++++++++++++++++++++++'",
               "multiply");
    eval_fails(*state, "'x' REGEXP '((((((((a+)+)+)+)+)+)+){9})+'", "multiply");
    eval_fails(*state, "'x' REGEXP replace(printf('%040d', 1), '0', '(')", "32 levels");
    eval_fails(*state, "'x' REGEXP '('", "regexp: ");
    assert_true(
        holds(*state, "'8.0.3.00400' REGEXP '^[0-9]+\\.[0-9]+\\.[0-9]+(\\.[0-9]+)+$'"));
    assert_true(holds(*state, "'a]b+{x}' REGEXP '^a[]+{]b[[:punct:]]{1,2}x[^a-z+]$'"));
    assert_true(holds(*state, "'ab' REGEXP '^(a|b){2}$' AND 'a{' REGEXP 'a[{]$'"));
    eval_fails(*state, "'x' REGEXP printf('%0300d', 1)", "longer than 256");
    eval_fails(*state, "printf('%070000d', 1) REGEXP '1'", "longer than 16 KiB");
}

static void values_over_the_limit_are_refused(void **state)
{
    auto_free char *large = xmalloc(EXPR_VALUE_MAX + 2);
    memset(large, 'x', EXPR_VALUE_MAX + 1);
    large[EXPR_VALUE_MAX + 1] = 0;
    const char *const name[] = {"result"};
    const char *const value[] = {large};
    struct expr_value out = {0};
    struct slipway_error err = {""};
    assert_int_equal(expr_eval(*state, "length(result)", name, value, 1, &out, &err), -1);
    assert_non_null(strstr(err.text, "column \"result\""));
}

/* The cache holds 32 forms; the 33rd must not disturb the answers of the others,
   and the same text over other columns is another form. */
static void the_cache_never_mixes_expressions_up(void **state)
{
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 80; i++) {
            auto_free char *sql = xasprintf("%d * 2 + result ->> '$.rc'", i);
            auto_expr_value struct expr_value value = {0};
            assert_int_equal(expr_eval(*state, sql, columns, values, 4, &value, NULL), 0);
            assert_int_equal(value.integer, i * 2);
        }
    }
    const char *const one[] = {"a", "b"}, *const other[] = {"b", "a"};
    const char *const pair[] = {"first", "second"};
    auto_expr_value struct expr_value x = {0}, y = {0};
    assert_int_equal(expr_eval(*state, "a", one, pair, 2, &x, NULL), 0);
    assert_int_equal(expr_eval(*state, "a", other, pair, 2, &y, NULL), 0);
    assert_string_equal(x.text, "first");
    assert_string_equal(y.text, "second");
}

static void odd_column_names_are_quoted(void **state)
{
    const char *const name[] = {"la\"bel", "select"};
    const char *const value[] = {"x", "y"};
    auto_expr_value struct expr_value out = {0};
    assert_int_equal(
        expr_eval(*state, "\"la\"\"bel\" || \"select\"", name, value, 2, &out, NULL), 0);
    assert_string_equal(out.text, "xy");
    assert_int_equal(expr_check(*state, "1 + 1", NULL, 0, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checks_of_playbooks_hold, create, destroy),
        cmocka_unit_test_setup_teardown(missing_data_is_no_evidence, create, destroy),
        cmocka_unit_test_setup_teardown(answers_have_kinds, create, destroy),
        cmocka_unit_test_setup_teardown(numbers_are_bound_as_numbers, create, destroy),
        cmocka_unit_test_setup_teardown(mistakes_are_explained, create, destroy),
        cmocka_unit_test_setup_teardown(expressions_stay_expressions, create, destroy),
        cmocka_unit_test_setup_teardown(nothing_but_columns_can_be_read, create, destroy),
        cmocka_unit_test_setup_teardown(bombs_are_defused, create, destroy),
        cmocka_unit_test_setup_teardown(regular_expressions_are_bounded, create, destroy),
        cmocka_unit_test_setup_teardown(values_over_the_limit_are_refused, create,
                                        destroy),
        cmocka_unit_test_setup_teardown(the_cache_never_mixes_expressions_up, create,
                                        destroy),
        cmocka_unit_test_setup_teardown(odd_column_names_are_quoted, create, destroy),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
