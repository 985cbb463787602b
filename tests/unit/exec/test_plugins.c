/* test_plugins.c - which descriptors the registry takes, and how it finds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "exec/plugins.h"
#include "util/auto.h"

static enum slipway_outcome start(struct slipway_call *call)
{
    (void)call;
    return SLIPWAY_FAILED;
}

static enum slipway_probe probe(struct slipway_call *call)
{
    (void)call;
    return SLIPWAY_PROBE_UNKNOWN;
}

static int opened, closed;

static int open_fine(const struct slipway_host *host, void **state,
                     struct slipway_error *err)
{
    if (host->abi != SLIPWAY_ABI || host->size != sizeof *host)
        return slipway_error_set(err, -1, "strange host");
    opened++;
    *state = &opened;
    return 0;
}

static int open_badly(const struct slipway_host *host, void **state,
                      struct slipway_error *err)
{
    (void)host;
    (void)state;
    return slipway_error_set(err, -1, "no libfoo here");
}

static void close_it(void *state)
{
    assert_ptr_equal(state, &opened);
    closed++;
}

static const struct slipway_operation sound[] = {
    {.name = "run", .repeat = SLIPWAY_OPAQUE, .start = start},
    {.name = "file.put", .repeat = SLIPWAY_RECONCILABLE, .start = start, .probe = probe},
};
static const struct slipway_operation pause_operation[] = {
    {.name = "sleep", .repeat = SLIPWAY_READ, .start = start},
};

static struct slipway_plugin plugin_of(const char *name,
                                       const struct slipway_operation *op, size_t count)
{
    return (struct slipway_plugin){.abi = SLIPWAY_ABI,
                                   .size = sizeof(struct slipway_plugin),
                                   .name = name,
                                   .version = "1",
                                   .operations = op,
                                   .operation_count = count,
                                   .open = open_fine,
                                   .close = close_it};
}

static void refused(const struct slipway_plugin *plugin, const char *because)
{
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    const struct slipway_plugin *const table[] = {plugin, NULL};
    assert_int_equal(plugins_add_table(plugins, table, &err), -1);
    plugins_free(plugins);
    if (!strstr(err.text, because))
        fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static void operations_are_found_by_name(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct slipway_plugin ssh = plugin_of("ssh", sound, 2);
    struct slipway_plugin builtin = plugin_of("builtin", pause_operation, 1);
    const struct slipway_plugin *const table[] = {&ssh, &builtin, NULL};
    struct plugins *plugins = plugins_create();
    opened = closed = 0;
    assert_int_equal(plugins_add_table(plugins, table, &err), 0);
    assert_int_equal(plugins_open_all(plugins, &err), 0);
    assert_int_equal(opened, 2);
    struct plugins_operation found;
    assert_int_equal(plugins_find(plugins, "ssh.run", &found, &err), 0);
    assert_ptr_equal(found.operation, &sound[0]);
    assert_ptr_equal(found.plugin, &ssh);
    assert_ptr_equal(found.state, &opened);
    assert_int_equal(plugins_find(plugins, "ssh.file.put", &found, &err), 0);
    assert_ptr_equal(found.operation, &sound[1]);
    assert_int_equal(plugins_find(plugins, "sleep", &found, &err), 0);
    assert_ptr_equal(found.operation, &pause_operation[0]);
    assert_int_equal(plugins_find(plugins, "builtin.sleep", &found, &err), 0);
    assert_int_equal(plugins_find(plugins, "slep", &found, &err), -1);
    assert_string_equal(err.text, "no operation \"slep\"; did you mean \"sleep\"?");
    assert_int_equal(plugins_find(plugins, "ss.run", &found, &err), -1);
    assert_non_null(strstr(err.text, "did you mean \"ssh.run\"?"));
    assert_int_equal(plugins_find(plugins, "", &found, &err), -1);
    assert_int_equal(plugins_find(plugins, ".", &found, &err), -1);
    plugins_free(plugins);
    assert_int_equal(closed, 2);
}

static void an_older_header_is_refused_by_major_only(void **state)
{
    (void)state;
    struct slipway_plugin plugin = plugin_of("x", sound, 2);
    plugin.abi = (SLIPWAY_ABI_MAJOR + 1) << 16;
    refused(&plugin, "built for plugin interface 2, this slipway has 1");
    plugin.abi = SLIPWAY_ABI + 5; /* a newer minor: it only knows more */
    plugin.size += 64;
    struct slipway_error err = {""};
    const struct slipway_plugin *const table[] = {&plugin, NULL};
    struct plugins *plugins = plugins_create();
    assert_int_equal(plugins_add_table(plugins, table, &err), 0);
    plugins_free(plugins);
    plugin.size = 16;
    refused(&plugin, "cut off");
}

static void malformed_descriptors_are_refused(void **state)
{
    (void)state;
    static const struct slipway_option twice[] = {
        {.name = "a"}, {.name = "a"}, {.name = NULL}};
    static const struct slipway_option broken[] = {{.name = "a", .fallback = "{no json"},
                                                   {.name = NULL}};
    static const struct slipway_option useless[] = {
        {.name = "a", .required = true, .fallback = "1"}, {.name = NULL}};
    static const struct {
        struct slipway_operation operation;
        const char *because;
    } cases[] = {
        {{.name = "x"}, "x: has no start"},
        {{.name = "X", .start = start}, "no proper name"},
        {{.name = "", .start = start}, "no proper name"},
        {{.name = "x", .start = start, .repeat = SLIPWAY_RECONCILABLE}, "has no probe"},
        {{.name = "x", .start = start, .repeat = (enum slipway_class)9},
         "no known class"},
        {{.name = "x", .start = start, .options = twice}, "option a twice"},
        {{.name = "x", .start = start, .options = broken}, "no JSON"},
        {{.name = "x", .start = start, .options = useless}, "never used"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct slipway_plugin plugin = plugin_of("x", &cases[i].operation, 1);
        refused(&plugin, cases[i].because);
    }
    struct slipway_plugin nameless = plugin_of("Not a name", sound, 2);
    refused(&nameless, "no proper name");
    struct slipway_plugin empty = plugin_of("x", NULL, 0);
    refused(&empty, "has no operations");
}

static void names_are_unique(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct slipway_plugin one = plugin_of("ssh", sound, 2),
                          two = plugin_of("ssh", sound, 1);
    const struct slipway_plugin *const table[] = {&one, &two, NULL};
    struct plugins *plugins = plugins_create();
    assert_int_equal(plugins_add_table(plugins, table, &err), -1);
    assert_string_equal(err.text,
                        "built in: there is a plugin \"ssh\" already (built in)");
    plugins_free(plugins);
}

/* If one cannot start, those before it are closed again. */
static void opening_is_all_or_nothing(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct slipway_plugin one = plugin_of("one", sound, 2),
                          two = plugin_of("two", sound, 2);
    two.open = open_badly;
    const struct slipway_plugin *const table[] = {&one, &two, NULL};
    struct plugins *plugins = plugins_create();
    opened = closed = 0;
    assert_int_equal(plugins_add_table(plugins, table, &err), 0);
    assert_int_equal(plugins_open_all(plugins, &err), -1);
    assert_string_equal(err.text, "plugin two cannot start: no libfoo here");
    assert_int_equal(opened, 1);
    assert_int_equal(closed, 1);
    plugins_free(plugins);
    assert_int_equal(closed, 1);
}

static enum slipway_class by_method(const char *with)
{
    return strstr(with, "GET")     ? SLIPWAY_READ
           : strstr(with, "PUT")   ? SLIPWAY_IDEMPOTENT
           : strstr(with, "WEIRD") ? (enum slipway_class)77
                                   : SLIPWAY_RECONCILABLE;
}

/* A class that the operation cannot live up to becomes the most careful one. */
static void classes_follow_from_arguments(void **state)
{
    (void)state;
    const struct slipway_operation call = {
        .name = "call", .repeat = SLIPWAY_OPAQUE, .start = start, .classify = by_method};
    assert_int_equal(plugins_classify(&call, "{\"method\":\"GET\"}"), SLIPWAY_READ);
    assert_int_equal(plugins_classify(&call, "{\"method\":\"PUT\"}"), SLIPWAY_IDEMPOTENT);
    assert_int_equal(plugins_classify(&call, "{\"method\":\"WEIRD\"}"), SLIPWAY_OPAQUE);
    assert_int_equal(plugins_classify(&call, "{\"method\":\"POST\"}"), SLIPWAY_OPAQUE);
    assert_int_equal(plugins_classify(&sound[1], "{}"), SLIPWAY_RECONCILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_found_by_name),
        cmocka_unit_test(an_older_header_is_refused_by_major_only),
        cmocka_unit_test(malformed_descriptors_are_refused),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(opening_is_all_or_nothing),
        cmocka_unit_test(classes_follow_from_arguments),
    };
    return cmocka_run_group_tests_name("plugins", tests, NULL, NULL);
}
