/*
 * test_plugin_loading.c - a plugin from outside the tree, from its source to its
 * results; and the ones that must not get in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/arguments.h"
#include "exec_fixture.h"
#include "util/auto.h"
#include "util/json.h"

static char home[] = P_tmpdir "/slipway-plugins-XXXXXX";
static char
    built[96]; /* the plugin as the compiler made it, outside of any plugin directory */
static char foreign[96];

static int compile(const char *source, const char *option, const char *out)
{
    const char *const argv[] = {"cc",      "-shared",   "-fPIC", "-Wall",
                                "-Werror", "-Iinclude", option,  source,
                                "-o",      out,         NULL};
    extern char **environ;
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, "cc", NULL, NULL, (char *const *)(uintptr_t)argv, environ))
        return -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static int build(void **state)
{
    (void)state;
    if (!mkdtemp(home))
        return -1;
    (void)snprintf(built, sizeof built, "%s/counter.so", home);
    (void)snprintf(foreign, sizeof foreign, "%s/foreign.so", home);
    static const char source[] = "tests/plugin-example/counter.c";
    return compile(source, "-O1", built) ||
                   compile(source, "-DCOUNTER_ABI=(7u<<16)", foreign)
               ? -1
               : 0;
}

static int remove_all(void **state)
{
    (void)state;
    char command[160];
    (void)snprintf(command, sizeof command, "%s", home);
    const char *const argv[] = {"rm", "-rf", command, NULL};
    extern char **environ;
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, "rm", NULL, NULL, (char *const *)(uintptr_t)argv, environ))
        return -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

/* A plugin directory with a copy of `object` under `name`; the caller's path. */
static char *directory_with(const char *object, const char *name, mode_t mode)
{
    char *directory = xasprintf("%s/dir-XXXXXX", home);
    assert_non_null(mkdtemp(directory));
    auto_free char *path = xasprintf("%s/%s", directory, name);
    auto_file FILE *in = fopen(object, "rb"), *out = fopen(path, "wb");
    assert_non_null(in);
    assert_non_null(out);
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof block, in)))
        assert_int_equal(fwrite(block, 1, got, out), got);
    assert_int_equal(chmod(path, mode), 0);
    return directory;
}

static void refused(const char *directory, const char *because)
{
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    assert_int_equal(plugins_load(plugins, directory, &err), -1);
    assert_int_equal(plugins_count(plugins), 0);
    plugins_free(plugins);
    if (!strstr(err.text, because))
        fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static struct exec_result call(struct executor *pool, int64_t intent, enum exec_verb verb,
                               const char *use, const char *with, const char *handle)
{
    struct exec_request request = exec_request_of(intent, verb, use);
    xreplace(&request.with, with);
    xreplace(&request.handle, handle);
    request.expect = xstrdup("result ->> '$.value' >= 0");
    return exec_call(pool, request);
}

/* From source to result: built by the compiler, loaded, checked, run, probed. */
static void an_outside_plugin_runs_through_the_pool(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct exec_fixture fixture = {plugins_create(), NULL, NULL};
    auto_free char *directory = directory_with(built, "counter.so", 0600);
    if (plugins_load(fixture.plugins, directory, &err) ||
        plugins_open_all(fixture.plugins, &err))
        fail_msg("%s", err.text);
    const char *origin;
    assert_string_equal(plugins_at(fixture.plugins, 0, &origin)->name, "counter");
    assert_non_null(strstr(origin, "/counter.so"));
    const struct exec_pool_options options = {.plugins = fixture.plugins, .workers = 2};
    fixture.pool = exec_pool_create(&options, &err);

    struct exec_result result =
        call(fixture.pool, 1, EXEC_START, "counter.add", "{\"by\":5}", NULL);
    assert_int_equal(result.outcome, SLIPWAY_DONE);
    assert_string_equal(result.result, "{\"value\":5}");
    assert_int_equal(result.verdict, EXEC_EXPECT_TRUE);
    exec_result_free(&result);

    /* the lost answer: the same intent is asked about, and so is one never sent */
    result = call(fixture.pool, 1, EXEC_PROBE, "counter.add", "{\"by\":5}", NULL);
    assert_int_equal(result.probe, SLIPWAY_PROBE_DONE);
    exec_result_free(&result);
    result = call(fixture.pool, 2, EXEC_PROBE, "counter.add", "{\"by\":5}", NULL);
    assert_int_equal(result.probe, SLIPWAY_PROBE_NOT_STARTED);
    exec_result_free(&result);

    /* three looks from 2 to 0 */
    result = call(fixture.pool, 3, EXEC_START, "counter.down", "{\"from\":2}", NULL);
    assert_int_equal(result.outcome, SLIPWAY_PENDING);
    assert_string_equal(result.handle, "2");
    assert_string_equal(result.sentence, "2 to go");
    assert_int_equal(result.look_again_ms, 100);
    for (int look = 0; result.outcome == SLIPWAY_PENDING; look++) {
        assert_true(look < 3);
        auto_free char *handle = steal_ptr(&result.handle);
        exec_result_free(&result);
        result = call(fixture.pool, 3, EXEC_POLL, "counter.down", "{\"from\":2}", handle);
    }
    assert_int_equal(result.outcome, SLIPWAY_DONE);
    exec_result_free(&result);
    exec_fixture_close(&fixture);
}

/* The first C block of the page for plugin authors, to a file. */
static void write_example(const char *path)
{
    auto_file FILE *page = fopen("docs/plugins.md", "r"), *out = fopen(path, "w");
    assert_non_null(page);
    assert_non_null(out);
    char line[512];
    bool inside = false;
    while (fgets(line, sizeof line, page)) {
        if (inside && !strcmp(line, "```\n"))
            return;
        if (inside)
            assert_true(fputs(line, out) >= 0);
        inside = inside || !strcmp(line, "```c\n");
    }
    fail_msg("the page has no example");
}

/* What the documentation shows compiles as it stands and does what it says. */
static void the_documented_plugin_works(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    auto_free char *source = xasprintf("%s/marker.c", home);
    auto_free char *object = xasprintf("%s/marker.so", home);
    auto_free char *option = xasprintf("-DMARKER_DIR=\"%s\"", home);
    write_example(source);
    assert_int_equal(compile(source, option, object), 0);
    struct exec_fixture fixture = {plugins_create(), NULL, NULL};
    auto_free char *directory = directory_with(object, "marker.so", 0644);
    if (plugins_load(fixture.plugins, directory, &err) ||
        plugins_open_all(fixture.plugins, &err))
        fail_msg("%s", err.text);
    const struct exec_pool_options options = {.plugins = fixture.plugins, .workers = 2};
    fixture.pool = exec_pool_create(&options, &err);
    static const struct {
        enum exec_verb verb;
        enum slipway_probe probe;
    } steps[] = {{EXEC_PROBE, SLIPWAY_PROBE_NOT_STARTED},
                 {EXEC_START, SLIPWAY_PROBE_UNKNOWN},
                 {EXEC_PROBE, SLIPWAY_PROBE_DONE}};
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        struct exec_result result =
            exec_call(fixture.pool, exec_request_of(1, steps[i].verb, "marker.put"));
        assert_int_equal(result.outcome, SLIPWAY_DONE);
        assert_int_equal(result.probe, steps[i].probe);
        exec_result_free(&result);
    }
    exec_fixture_close(&fixture);
}

static void its_arguments_are_checked(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    auto_free char *directory = directory_with(built, "counter.so", 0644);
    assert_int_equal(plugins_load(plugins, directory, &err), 0);
    struct plugins_operation found;
    assert_int_equal(plugins_find(plugins, "counter.down", &found, &err), 0);
    auto_json json_t *large = json_pack("{s:i}", "from", 2000), *normal = NULL;
    assert_int_equal(
        arguments_check(found.operation, large, "/", ARGUMENTS_LINT, &normal, &err), -1);
    assert_string_equal(err.text, "from: 2000 is not between 0 and 1000");
    assert_int_equal(plugins_find(plugins, "counter.dwon", &found, &err), -1);
    assert_string_equal(err.text,
                        "no operation \"counter.dwon\"; did you mean \"counter.down\"?");
    plugins_free(plugins);
}

static void a_writable_plugin_is_refused(void **state)
{
    (void)state;
    auto_free char *world = directory_with(built, "counter.so", 0646);
    refused(world, "others may write to it (mode 0646)");
    auto_free char *group = directory_with(built, "counter.so", 0664);
    refused(group, "chmod go-w");
}

static void a_writable_directory_is_refused(void **state)
{
    (void)state;
    auto_free char *directory = directory_with(built, "counter.so", 0644);
    assert_int_equal(chmod(directory, 0777), 0);
    refused(directory, "others may write to it (mode 0777)");
    /* sticky helps on the way to the directory, not in it */
    assert_int_equal(chmod(directory, 01777), 0);
    refused(directory, "others may write to it (mode 1777)");
    auto_free char *inner = xasprintf("%s/inner", directory);
    assert_int_equal(mkdir(inner, 0755), 0);
    assert_int_equal(chmod(directory, 0777), 0);
    refused(inner, "others may write to it (mode 0777)");
}

static void another_abi_is_refused_with_both_numbers(void **state)
{
    (void)state;
    auto_free char *directory = directory_with(foreign, "foreign.so", 0644);
    refused(directory, "built for plugin interface 7, this slipway has 1");
}

static void links_and_strangers_are_refused(void **state)
{
    (void)state;
    auto_free char *directory = directory_with("CMakeLists.txt", "text.so", 0644);
    refused(directory, "cannot load");
    auto_free char *empty = directory_with("CMakeLists.txt", "readme.txt", 0644);
    auto_free char *link = xasprintf("%s/link.so", empty);
    assert_int_equal(symlink(built, link), 0);
    refused(empty, "is not a regular file");
    refused("/nowhere/at/all", "No such file");
    refused(built, "is not a directory");
}

/* Files that are no shared objects are left alone. */
static void other_files_are_ignored(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    auto_free char *directory = directory_with("CMakeLists.txt", "readme.txt", 0666);
    assert_int_equal(plugins_load(plugins, directory, &err), 0);
    assert_int_equal(plugins_count(plugins), 0);
    plugins_free(plugins);
}

static void the_same_name_twice_is_refused(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    auto_free char *first = directory_with(built, "counter.so", 0644);
    auto_free char *second = directory_with(built, "other.so", 0644);
    assert_int_equal(plugins_load(plugins, first, &err), 0);
    assert_int_equal(plugins_load(plugins, second, &err), -1);
    assert_non_null(strstr(err.text, "there is a plugin \"counter\" already"));
    assert_int_equal(plugins_count(plugins), 1);
    plugins_free(plugins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outside_plugin_runs_through_the_pool),
        cmocka_unit_test(the_documented_plugin_works),
        cmocka_unit_test(its_arguments_are_checked),
        cmocka_unit_test(a_writable_plugin_is_refused),
        cmocka_unit_test(a_writable_directory_is_refused),
        cmocka_unit_test(another_abi_is_refused_with_both_numbers),
        cmocka_unit_test(links_and_strangers_are_refused),
        cmocka_unit_test(other_files_are_ignored),
        cmocka_unit_test(the_same_name_twice_is_refused),
    };
    json_init();
    return cmocka_run_group_tests_name("plugin loading", tests, build, remove_all);
}
