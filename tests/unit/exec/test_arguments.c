/* test_arguments.c - `with:` as people write it, and what plugins get of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "exec/arguments.h"
#include "util/auto.h"
#include "util/json.h"

static enum slipway_outcome never(struct slipway_call *call)
{
    (void)call;
    return SLIPWAY_FAILED;
}

/* The operation's own rule: a script and an argv exclude each other. */
static int one_of_both(const char *with, struct slipway_error *err)
{
    if (strstr(with, "\"script\"") && strstr(with, "\"argv\""))
        return slipway_error_set(err, -1, "give script or argv, not both");
    return 0;
}

static const struct slipway_option options[] = {
    {.name = "name", .type = SLIPWAY_STRING, .required = true, .help = "what to call it"},
    {.name = "port", .type = SLIPWAY_INTEGER, .fallback = "22"},
    {.name = "force", .type = SLIPWAY_BOOLEAN, .fallback = "false"},
    {.name = "wait", .type = SLIPWAY_DURATION, .fallback = "\"90s\""},
    {.name = "argv", .type = SLIPWAY_LIST},
    {.name = "env", .type = SLIPWAY_OBJECT},
    {.name = "body", .type = SLIPWAY_ANY},
    {.name = "script", .type = SLIPWAY_FILE},
    {.name = "password", .type = SLIPWAY_SECRET},
    {.name = NULL},
};
static const struct slipway_operation operation = {
    .name = "job", .start = never, .options = options, .check = one_of_both};
static const struct slipway_operation bare = {.name = "bare", .start = never};

static json_t *parse(const char *text)
{
    struct slipway_error err = {""};
    json_t *json = json_parse(text, strlen(text), ARGUMENTS_MAX, &err);
    if (!json)
        fail_msg("%s: %s", text, err.text);
    return json;
}

static void becomes(const char *with, enum arguments_stage stage, const char *expected)
{
    struct slipway_error err = {""};
    auto_json json_t *json = parse(with), *out = NULL;
    if (arguments_check(&operation, json, "/srv/books", stage, &out, &err))
        fail_msg("%s: %s", with, err.text);
    auto_free char *text = json_canonical(out);
    assert_string_equal(text, expected);
}

static void refused(const char *with, const char *because)
{
    struct slipway_error err = {""};
    auto_json json_t *json = parse(with), *out = NULL;
    assert_int_equal(
        arguments_check(&operation, json, "/srv/books", ARGUMENTS_LINT, &out, &err), -1);
    assert_null(out);
    if (!strstr(err.text, because))
        fail_msg("%s: \"%s\" does not say \"%s\"", with, err.text, because);
}

static void defaults_are_filled_in(void **state)
{
    (void)state;
    becomes("{\"name\":\"x\"}", ARGUMENTS_LINT,
            "{\"force\":false,\"name\":\"x\",\"port\":22,\"wait\":90000}");
}

static void everything_gets_its_type(void **state)
{
    (void)state;
    becomes(
        "{\"name\":8,\"port\":\"2222\",\"force\":\"true\",\"wait\":\"1h30m\","
        "\"argv\":[\"df\",\"-k\",5],\"env\":{\"A\":\"b\"},\"body\":[1,null],"
        "\"password\":{\"file\":\"secrets/pw\"}}",
        ARGUMENTS_LINT,
        "{\"argv\":[\"df\",\"-k\",\"5\"],\"body\":[1,null],\"env\":{\"A\":\"b\"},"
        "\"force\":true,\"name\":\"8\",\"password\":{\"file\":\"/srv/books/secrets/pw\"},"
        "\"port\":2222,\"wait\":5400000}");
    becomes("{\"name\":\"x\",\"script\":\"./scripts/patch.sh\",\"password\":\"agent\"}",
            ARGUMENTS_LINT,
            "{\"force\":false,\"name\":\"x\",\"password\":\"agent\",\"port\":22,"
            "\"script\":\"/srv/books/scripts/patch.sh\",\"wait\":90000}");
    becomes(
        "{\"name\":\"x\",\"script\":\"/abs.sh\",\"password\":{\"cmd\":[\"/bin/pw\",1]}}",
        ARGUMENTS_LINT,
        "{\"force\":false,\"name\":\"x\",\"password\":{\"cmd\":[\"/bin/pw\",\"1\"]},"
        "\"port\":22,\"script\":\"/abs.sh\",\"wait\":90000}");
}

/* The plan holds the normal form; it is checked again when templates are gone. */
static void normalising_twice_changes_nothing(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    auto_json json_t *with = parse("{\"name\":\"x\",\"wait\":\"2m\",\"script\":\"a.sh\","
                                   "\"password\":{\"credential\":\"pw\"}}");
    auto_json json_t *once = NULL, *twice = NULL;
    assert_int_equal(
        arguments_check(&operation, with, "/srv/books", ARGUMENTS_LINT, &once, &err), 0);
    assert_int_equal(arguments_check(&operation, once, NULL, ARGUMENTS_RUN, &twice, &err),
                     0);
    assert_true(json_equal(once, twice));
}

static void templates_wait_for_their_values(void **state)
{
    (void)state;
    becomes(
        "{\"name\":\"${vars.n}\",\"port\":\"${vars.p}\",\"force\":\"${vars.f}\","
        "\"wait\":\"${vars.w}\",\"argv\":\"${vars.a}\",\"env\":{\"A\":\"${vars.b}\"},"
        "\"script\":\"jobs/${vars.s}.sh\"}",
        ARGUMENTS_LINT,
        "{\"argv\":\"${vars.a}\",\"env\":{\"A\":\"${vars.b}\"},\"force\":\"${vars.f}\","
        "\"name\":\"${vars.n}\",\"port\":\"${vars.p}\","
        "\"script\":\"/srv/books/jobs/${vars.s}.sh\",\"wait\":\"${vars.w}\"}");
    becomes("{\"name\":\"x\",\"script\":\"${vars.dir}/a.sh\"}", ARGUMENTS_LINT,
            "{\"force\":false,\"name\":\"x\",\"port\":22,\"script\":\"${vars.dir}/a.sh\","
            "\"wait\":90000}");
    struct slipway_error err = {""};
    auto_json json_t *with = parse("{\"name\":\"x\",\"port\":\"${vars.p}\"}"),
                     *out = NULL;
    assert_int_equal(arguments_check(&operation, with, "/", ARGUMENTS_RUN, &out, &err),
                     -1);
    assert_string_equal(err.text, "port: must be a whole number");
}

/* The operation's own check waits too: it cannot judge what is not there yet. */
static void the_operation_judges_final_arguments(void **state)
{
    (void)state;
    refused("{\"name\":\"x\",\"script\":\"a.sh\",\"argv\":[]}", "not both");
    struct slipway_error err = {""};
    auto_json json_t *with =
        parse("{\"name\":\"${vars.n}\",\"script\":\"/a.sh\",\"argv\":[]}");
    auto_json json_t *lint = NULL, *run = NULL;
    assert_int_equal(arguments_check(&operation, with, "/", ARGUMENTS_LINT, &lint, &err),
                     0);
    assert_int_equal(arguments_check(&operation, with, "/", ARGUMENTS_RUN, &run, &err),
                     -1);
    assert_string_equal(err.text, "give script or argv, not both");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    refused("{}", "name: is missing (text: what to call it)");
    refused("{\"name\":\"x\",\"scrpt\":\"a\"}",
            "scrpt: unknown argument; did you mean \"script\"?");
    refused("{\"name\":\"x\",\"zzzzzzzz\":1}",
            "zzzzzzzz: unknown argument; known: name, port");
    refused("{\"name\":null}", "name: is empty");
    refused("{\"name\":1.5}", "name: must be text (put it in quotes)");
    refused("{\"name\":\"x\",\"port\":\"22x\"}", "port: must be a whole number");
    refused("{\"name\":\"x\",\"port\":\"99999999999999999999\"}", "whole number");
    refused("{\"name\":\"x\",\"port\":\"\"}", "whole number");
    refused("{\"name\":\"x\",\"force\":\"yes\"}", "force: must be true or false");
    refused("{\"name\":\"x\",\"wait\":90}", "wait: must be a duration with units");
    refused("{\"name\":\"x\",\"wait\":\"90\"}", "wait: must be a duration with units");
    refused("{\"name\":\"x\",\"argv\":\"df -k\"}", "argv: must be a list");
    refused("{\"name\":\"x\",\"argv\":[\"a\",{}]}", "argv: item 2 must be text");
    refused("{\"name\":\"x\",\"env\":[]}", "env: must be a mapping");
    refused("{\"name\":\"x\",\"script\":\"\"}", "script: must be a path");
    refused("[]", "must be a mapping");
}

static void secrets_are_references_only(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"name\":\"x\",\"password\":\"hunter22\"}",
        "{\"name\":\"x\",\"password\":\"${steps.ask.result}\"}",
        "{\"name\":\"x\",\"password\":\"pre${vars.pw}\"}",
        "{\"name\":\"x\",\"password\":\"${vars.pw}${vars.pw}\"}",
        "{\"name\":\"x\",\"password\":{\"text\":\"hunter22\"}}",
        "{\"name\":\"x\",\"password\":{\"file\":\"a\",\"cmd\":[\"/b\"]}}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct slipway_error err = {""};
        auto_json json_t *json = parse(wrong[i]), *out = NULL;
        assert_int_equal(
            arguments_check(&operation, json, "/", ARGUMENTS_LINT, &out, &err), -1);
        assert_non_null(strstr(err.text, "password: must be a reference"));
        assert_null(strstr(err.text, "hunter22"));
    }
    /* written in the campaign or the fleet; what it brings must be a reference again */
    auto_json json_t *later = parse("{\"name\":\"x\",\"password\":\"${vars.pw}\"}");
    auto_json json_t *kept = NULL, *run = NULL;
    struct slipway_error no = {""};
    assert_int_equal(arguments_check(&operation, later, "/", ARGUMENTS_LINT, &kept, &no),
                     0);
    assert_int_equal(arguments_check(&operation, later, "/", ARGUMENTS_RUN, &run, &no),
                     -1);
    refused("{\"name\":\"x\",\"password\":{\"cmd\":[\"pw\"]}}",
            "absolute path of a program");
    auto_json json_t *reference = parse("{\"file\":\"pw\"}"), *out = NULL;
    struct slipway_error err = {""};
    assert_int_equal(arguments_secret("login.password", reference, NULL, &out, &err), -1);
    assert_string_equal(err.text, "login.password: must be an absolute path here");
    assert_int_equal(arguments_secret("login.password", reference, "/etc", &out, &err),
                     0);
    assert_string_equal(json_text(out, "file"), "/etc/pw");
}

static void an_operation_without_options_takes_none(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    auto_json json_t *with = parse("{\"a\":1}"), *out = NULL;
    assert_int_equal(arguments_check(&bare, with, "/", ARGUMENTS_LINT, &out, &err), -1);
    assert_string_equal(err.text, "a: unknown argument; it takes none");
    assert_int_equal(arguments_check(&bare, NULL, "/", ARGUMENTS_LINT, &out, &err), 0);
    assert_int_equal(json_object_size(out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(everything_gets_its_type),
        cmocka_unit_test(normalising_twice_changes_nothing),
        cmocka_unit_test(templates_wait_for_their_values),
        cmocka_unit_test(the_operation_judges_final_arguments),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(secrets_are_references_only),
        cmocka_unit_test(an_operation_without_options_takes_none),
    };
    json_init();
    return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
