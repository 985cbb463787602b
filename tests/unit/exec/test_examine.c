/*
 * test_examine.c - what a doctor may ask: plugins for their libraries, secrets whether
 * they could be read. Nothing is opened, read or run for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/plugins.h"
#include "exec/secret.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* ---- plugins ---- */

static enum slipway_outcome start(struct slipway_call *call)
{
    (void)call;
    return SLIPWAY_DONE;
}

static const struct slipway_operation operations[] = {
    {.name = "run", .repeat = SLIPWAY_READ, .start = start},
};

static int must_not_open(const struct slipway_host *host, void **state,
                         struct slipway_error *err)
{
    (void)host;
    (void)state;
    (void)err;
    fail_msg("opened for an examination");
    return -1;
}

static void tell(slipway_find_fn find, void *data)
{
    find(data, SLIPWAY_SOUND, "libgood 2", "fine");
    find(data, SLIPWAY_UNSOUND, "libbad 1", "install libbad 2");
}

static void note(void *data, enum slipway_finding finding, const char *what,
                 const char *text)
{
    buf_addf(data, "%d %s: %s\n", (int)finding, what, text);
}

static struct slipway_plugin plugin_of(const char *name)
{
    return (struct slipway_plugin){.abi = SLIPWAY_ABI,
                                   .size = sizeof(struct slipway_plugin),
                                   .name = name,
                                   .version = "1",
                                   .operations = operations,
                                   .operation_count = 1,
                                   .open = must_not_open,
                                   .examine = tell};
}

static void plugins_tell_about_their_libraries(void **state)
{
    const struct slipway_plugin talker = plugin_of("talker");
    struct slipway_plugin silent = plugin_of("silent");
    silent.examine = NULL;
    const struct slipway_plugin *table[] = {&silent, &talker, NULL};
    struct plugins *plugins = plugins_create();
    struct slipway_error err;
    auto_buf struct buf said = {0};
    (void)state;
    assert_int_equal(plugins_add_table(plugins, table, &err), 0);
    plugins_examine(plugins, note, &said);
    assert_string_equal(buf_text(&said), "0 libgood 2: fine\n"
                                         "2 libbad 1: install libbad 2\n");
    plugins_free(plugins);
}

/* Built for 1.0: the member lies behind its end, whatever stands there. */
static void an_older_plugin_is_welcome_and_not_asked(void **state)
{
    struct slipway_plugin old = plugin_of("old");
    old.abi = SLIPWAY_ABI_MAJOR << 16;
    old.size = offsetof(struct slipway_plugin, examine);
    const struct slipway_plugin *table[] = {&old, NULL};
    struct plugins *plugins = plugins_create();
    struct slipway_error err;
    auto_buf struct buf said = {0};
    (void)state;
    assert_int_equal(plugins_add_table(plugins, table, &err), 0);
    plugins_examine(plugins, note, &said);
    assert_string_equal(buf_text(&said), "");
    plugins_free(plugins);
    old.size--;
    plugins = plugins_create();
    assert_int_equal(plugins_add_table(plugins, table, &err), -1);
    assert_non_null(strstr(err.text, "cut off"));
    plugins_free(plugins);
}

/* ---- secrets ---- */

struct home {
    char path[64];
    char *secret, *program, *ran;
};

static void put_file(const char *path, const char *text, mode_t mode)
{
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
}

static int make_home(void **state)
{
    struct home *home = xcalloc(1, sizeof *home);
    (void)snprintf(home->path, sizeof home->path, "/tmp/slipway-examine-XXXXXX");
    assert_non_null(mkdtemp(home->path));
    home->secret = xasprintf("%s/secret", home->path);
    home->program = xasprintf("%s/program", home->path);
    home->ran = xasprintf("%s/ran", home->path);
    *state = home;
    return 0;
}

static int drop_home(void **state)
{
    struct home *home = *state;
    (void)unlink(home->secret);
    (void)unlink(home->program);
    (void)unlink(home->ran);
    (void)rmdir(home->path);
    free(home->secret);
    free(home->program);
    free(home->ran);
    free(home);
    return 0;
}

static void a_secret_file_is_looked_at(void **state)
{
    const struct home *home = *state;
    struct slipway_error err = {""};
    auto_free char *reference = xasprintf("{\"file\":\"%s\"}", home->secret);
    assert_int_equal(secret_examine(reference, NULL, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    put_file(home->secret, "x", 0644);
    assert_int_equal(secret_examine(reference, NULL, &err), -1);
    assert_non_null(strstr(err.text, "chmod 600"));
    put_file(home->secret, "x", 0600);
    assert_int_equal(secret_examine(reference, NULL, &err), 0);
    put_file(home->secret, "", 0600); /* what is in it is not looked at */
    assert_int_equal(secret_examine(reference, NULL, &err), 0);
}

static void a_command_is_looked_for_and_not_run(void **state)
{
    const struct home *home = *state;
    struct slipway_error err = {""};
    auto_free char *reference = xasprintf("{\"cmd\":[\"%s\"]}", home->program);
    auto_free char *script = xasprintf("#!/bin/sh\n: > %s\necho x\n", home->ran);
    assert_int_equal(secret_examine(reference, NULL, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    put_file(home->program, script, 0700);
    assert_int_equal(secret_examine(reference, NULL, &err), 0);
    assert_int_not_equal(access(home->ran, F_OK), 0);
}

static void an_agent_is_taken_on_trust(void **state)
{
    struct slipway_error err = {""};
    (void)state;
    assert_int_equal(secret_examine("\"agent\"", NULL, &err), 0);
    assert_int_equal(secret_examine("\"hunter2\"", NULL, &err), -1);
    assert_null(strstr(err.text, "hunter2"));
    assert_int_equal(secret_examine("{\"credential\":\"x\"}", NULL, &err), -1);
    assert_non_null(strstr(err.text, "CREDENTIALS_DIRECTORY"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plugins_tell_about_their_libraries),
        cmocka_unit_test(an_older_plugin_is_welcome_and_not_asked),
        cmocka_unit_test_setup_teardown(a_secret_file_is_looked_at, make_home, drop_home),
        cmocka_unit_test_setup_teardown(a_command_is_looked_for_and_not_run, make_home,
                                        drop_home),
        cmocka_unit_test(an_agent_is_taken_on_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
