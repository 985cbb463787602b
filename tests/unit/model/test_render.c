/*
 * test_render.c - templates in arguments: what they take, what they refuse, and
 * that a fingerprint depends on the meaning of the arguments, not their spelling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/render.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"

static const char context_text[] =
    "{\"vars\":{\"repo\":\"https://r/8\",\"count\":3,\"ratio\":0.5,\"on\":true,"
    "\"nothing\":null,\"hosts\":[\"a\",\"b\"],\"tricky\":\"${vars.repo}\"},"
    "\"target\":{\"name\":\"vc-1\",\"labels\":{\"customer\":\"acme\"}},"
    "\"steps\":{\"space\":{\"result\":{\"lines\":[{\"free\":7}]}}}}";

static json_t *context(void)
{
    json_t *json = json_parse(context_text, strlen(context_text), 4096, NULL);
    assert_non_null(json);
    return json;
}

static void expands_to(const char *with, const char *expected)
{
    auto_json json_t *ctx = context();
    struct slipway_error err = {0};
    auto_free char *got = render_with(with, ctx, &err);
    if (!got)
        fail_msg("%s: %s", with, err.text);
    assert_string_equal(got, expected);
}

static void fails_with(const char *with, const char *sentence)
{
    auto_json json_t *ctx = context();
    struct slipway_error err = {0};
    auto_free char *got = render_with(with, ctx, &err);
    assert_null(got);
    assert_string_equal(err.text, sentence);
}

static void values_take_the_place_of_templates(void **state)
{
    (void)state;
    expands_to("{\"a\":\"x ${vars.repo}/y ${target.labels.customer}\"}",
               "{\"a\":\"x https://r/8/y acme\"}");
    expands_to("{\"a\":\"n=${vars.count} r=${vars.ratio} b=${vars.on}\"}",
               "{\"a\":\"n=3 r=0.5 b=true\"}");
    expands_to("{\"a\":[{\"b\":\"${steps.space.result.lines.0.free}%\"}],\"c\":1}",
               "{\"a\":[{\"b\":\"7%\"}],\"c\":1}");
}

static void a_lone_template_keeps_the_type(void **state)
{
    (void)state;
    expands_to("{\"a\":\"${vars.count}\",\"b\":\"${vars.hosts}\",\"c\":\"${vars.on}\","
               "\"d\":\"${vars.nothing}\",\"e\":\"${vars.hosts.1}\"}",
               "{\"a\":3,\"b\":[\"a\",\"b\"],\"c\":true,\"d\":null,\"e\":\"b\"}");
    expands_to("{\"a\":\" ${vars.count}\"}", "{\"a\":\" 3\"}");
    expands_to("{\"a\":\"${vars.count}${vars.count}\"}", "{\"a\":\"33\"}");
}

static void an_escaped_template_stays(void **state)
{
    (void)state;
    expands_to("{\"a\":\"$${HOME} costs 5$ $$ $\"}", "{\"a\":\"${HOME} costs 5$ $$ $\"}");
    expands_to("{\"a\":\"$$${vars.repo}\"}", "{\"a\":\"$${vars.repo}\"}");
}

static void what_comes_in_is_not_expanded_again(void **state)
{
    (void)state;
    expands_to("{\"a\":\"${vars.tricky}\",\"b\":\"-${vars.tricky}\"}",
               "{\"a\":\"${vars.repo}\",\"b\":\"-${vars.repo}\"}");
    expands_to("{\"${vars.repo}\":1}", "{\"${vars.repo}\":1}");
}

static void a_missing_value_is_named(void **state)
{
    (void)state;
    fails_with("{\"a\":\"x${vars.rep}\"}", "${vars.rep} has no value here");
    fails_with("{\"a\":\"${vars.hosts.2}\"}", "${vars.hosts.2} has no value here");
    fails_with("{\"a\":\"${vars.hosts.x}\"}", "${vars.hosts.x} has no value here");
    fails_with("{\"a\":\"${vars.repo.x}\"}", "${vars.repo.x} has no value here");
    /* sorted members: the first complaint does not depend on a hash seed */
    fails_with("{\"z\":\"${vars.z}\",\"b\":\"${vars.b}\"}",
               "${vars.b} has no value here");
}

static void only_scalars_fit_into_a_text(void **state)
{
    (void)state;
    fails_with(
        "{\"a\":\"x ${vars.hosts}\"}",
        "${vars.hosts} is a list, which cannot stand inside a longer text; let the "
        "template be the whole value");
    fails_with("{\"a\":\"x ${target.labels}\"}",
               "${target.labels} is a mapping, which cannot stand inside a longer text; "
               "let the template be the whole value");
    fails_with(
        "{\"a\":\"x ${vars.nothing}\"}",
        "${vars.nothing} is null, which cannot stand inside a longer text; let the "
        "template be the whole value");
}

static void malformed_templates_are_refused(void **state)
{
    (void)state;
    fails_with("{\"a\":\"${vars.a b}\"}",
               "template ${vars.a b is not a path such as ${vars.repo}: only letters, "
               "digits, _ - and . may stand before the }");
    fails_with("{\"a\":\"${vars.a\"}",
               "template ${vars.a is not a path such as ${vars.repo}: only letters, "
               "digits, _ - and . may stand before the }");
    const char *const bad[] = {"${}",      "${vars}",    "${vars.}",
                               "${.vars}", "${vars..a}", "${env.HOME}"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        auto_free char *with = NULL;
        assert_true(asprintf(&with, "{\"a\":\"%s\"}", bad[i]) > 0);
        auto_free char *sentence = NULL;
        assert_true(asprintf(&sentence,
                             "template %s must begin with vars., target. or steps. and "
                             "name a member",
                             bad[i]) > 0);
        fails_with(with, sentence);
    }
}

static void growth_without_end_is_refused(void **state)
{
    (void)state;
    auto_buf struct buf with = {0};
    auto_json json_t *ctx = json_object();
    auto_buf struct buf big = {0};
    for (int i = 0; i < 1000; i++)
        buf_adds(&big, "0123456789");
    json_t *vars = json_object();
    (void)json_object_set_new(ctx, "vars", vars);
    (void)json_object_set_new(vars, "big", json_string(buf_text(&big)));
    buf_adds(&with, "[");
    for (int i = 0; i < 200; i++)
        buf_addf(&with, "%s\"${vars.big}\"", i ? "," : "");
    buf_adds(&with, "]");
    struct slipway_error err = {0};
    assert_null(render_with(buf_text(&with), ctx, &err));
    assert_string_equal(err.text,
                        "the arguments are longer than 1048576 bytes once their "
                        "templates are expanded");
}

static int collect(void *data, const char *path, struct slipway_error *err)
{
    struct buf *paths = data;
    if (!strcmp(path, "vars.stop"))
        return slipway_error_set(err, -1, "stopped");
    buf_addf(paths, "%s;", path);
    return 0;
}

static void a_scan_visits_every_template(void **state)
{
    (void)state;
    auto_buf struct buf paths = {0};
    struct slipway_error err = {0};
    assert_int_equal(render_scan("{\"b\":[\"${vars.x} ${target.host}\"],"
                                 "\"a\":\"${steps.s.result.y}\",\"c\":\"$${no}\"}",
                                 collect, &paths, &err),
                     0);
    assert_string_equal(buf_text(&paths), "steps.s.result.y;vars.x;target.host;");
    assert_int_equal(render_scan("{\"a\":\"${vars.stop}\"}", collect, &paths, &err), -1);
    assert_string_equal(err.text, "stopped");
    assert_int_equal(render_scan("{\"a\":\"${vars\"}", collect, &paths, &err), -1);
}

static void a_fingerprint_is_about_meaning(void **state)
{
    (void)state;
    char a[SHA256_HEX], b[SHA256_HEX];
    assert_int_equal(operation_fingerprint("ssh.run", "{\"x\": 1, \"y\": [2]}", a), 0);
    assert_int_equal(operation_fingerprint("ssh.run", "{\"y\":[2],\"x\":1}", b), 0);
    assert_string_equal(a, b);
    assert_int_equal(operation_fingerprint("ssh.job", "{\"y\":[2],\"x\":1}", b), 0);
    assert_string_not_equal(a, b);
    assert_int_equal(operation_fingerprint("ssh.run", "{\"y\":[2],\"x\":2}", b), 0);
    assert_string_not_equal(a, b);
    memcpy(b, "untouched", sizeof "untouched");
    assert_int_equal(operation_fingerprint("ssh.run", "{", b), -1);
    assert_string_equal(b, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_take_the_place_of_templates),
        cmocka_unit_test(a_lone_template_keeps_the_type),
        cmocka_unit_test(an_escaped_template_stays),
        cmocka_unit_test(what_comes_in_is_not_expanded_again),
        cmocka_unit_test(a_missing_value_is_named),
        cmocka_unit_test(only_scalars_fit_into_a_text),
        cmocka_unit_test(malformed_templates_are_refused),
        cmocka_unit_test(growth_without_end_is_refused),
        cmocka_unit_test(a_scan_visits_every_template),
        cmocka_unit_test(a_fingerprint_is_about_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
