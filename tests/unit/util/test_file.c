/*
 * test_file.c - whole files: read within a limit, replaced as a whole or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/auto.h"
#include "util/file.h"
#include "util/xalloc.h"

static char *in_folder(void **state, const char *name)
{
    return xasprintf("%s/%s", (const char *)*state, name);
}

static int make_folder(void **state)
{
    char folder[] = "/tmp/slipway-file-XXXXXX";
    if (!mkdtemp(folder))
        return -1;
    *state = xstrdup(folder);
    return 0;
}

static int remove_folder(void **state)
{
    auto_free char *command = xasprintf("%s/plan", (char *)*state);
    (void)unlink(command);
    int code = rmdir(*state); /* fails if anything was left beside it */
    free(*state);
    return code;
}

static void what_was_replaced_reads_back(void **state)
{
    struct slipway_error err = {""};
    auto_free char *path = in_folder(state, "plan");
    auto_buf struct buf bytes = {0};
    struct stat info;
    assert_int_equal(file_replace(path, "old", 3, 0600, &err), 0);
    assert_int_equal(file_replace(path, "ne\0w", 4, 0600, &err), 0);
    assert_int_equal(file_read(path, 4, &bytes, &err), 0);
    assert_int_equal(bytes.length, 4);
    assert_memory_equal(bytes.data, "ne\0w", 4);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_file_over_the_limit_is_not_read(void **state)
{
    struct slipway_error err = {""};
    auto_free char *path = in_folder(state, "plan");
    auto_buf struct buf bytes = {0};
    assert_int_equal(file_replace(path, "12345", 5, 0600, &err), 0);
    assert_int_equal(file_read(path, 4, &bytes, &err), -1);
    assert_non_null(strstr(err.text, "is larger than"));
    assert_int_equal(bytes.length, 0);
}

static void only_regular_files_are_read(void **state)
{
    struct slipway_error err = {""};
    auto_buf struct buf bytes = {0};
    assert_int_equal(file_read(*state, 4, &bytes, &err), -1);
    assert_string_equal(err.text, "is not a regular file");
    assert_int_equal(file_read("/dev/zero", 4, &bytes, &err), -1);
    assert_string_equal(err.text, "is not a regular file");
    assert_int_equal(file_read("/nowhere/at/all", 4, &bytes, &err), -1);
    assert_non_null(strstr(err.text, "cannot be read: "));
}

/* What stands in the way is left alone, and nothing of ours lies beside it. */
static void what_cannot_be_replaced_is_what_it_was(void **state)
{
    struct slipway_error err = {""};
    auto_free char *nowhere = in_folder(state, "missing/plan");
    assert_int_equal(file_replace(nowhere, "x", 1, 0600, &err), -1);
    assert_non_null(strstr(err.text, "cannot write "));
    assert_non_null(strstr(err.text, "No such file or directory"));
    assert_int_equal(file_replace(*state, "x", 1, 0600, &err), -1); /* a folder */
    auto_free char *aside = xasprintf("%s.%ld.tmp", (char *)*state, (long)getpid());
    assert_int_equal(access(aside, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_replaced_reads_back, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_file_over_the_limit_is_not_read, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(only_regular_files_are_read, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(what_cannot_be_replaced_is_what_it_was,
                                        make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
