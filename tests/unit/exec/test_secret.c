/* test_secret.c - where secrets may come from, and what is refused with which advice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/secret.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static char home[] = P_tmpdir "/slipway-secrets-XXXXXX";
static const struct secret_source source = {home, NULL};

static int make_home(void **state)
{
    (void)state;
    return mkdtemp(home) ? 0 : -1;
}

static int remove_home(void **state)
{
    (void)state;
    static const char *const names[] = {"pw", "link", "fifo", "dir"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_free char *path = xasprintf("%s/%s", home, names[i]);
        (void)remove(path);
    }
    return rmdir(home);
}

/* Write the file "pw" and give its reference; the caller's. */
static char *file_with(const char *bytes, size_t length, mode_t mode)
{
    auto_free char *path = xasprintf("%s/pw", home);
    (void)unlink(path);
    auto_file FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(chmod(path, mode), 0);
    return xasprintf("{\"file\":\"%s\"}", path);
}

static void gives(const char *reference, const char *expected)
{
    struct slipway_error err = {""};
    struct slipway_secret secret = {0};
    if (secret_resolve(reference, &source, &secret, &err))
        fail_msg("%s", err.text);
    assert_string_equal(secret.bytes, expected);
    assert_int_equal(secret.length, strlen(expected));
    secret_free(&secret);
    assert_null(secret.bytes);
}

static void refused(const char *reference, const char *because)
{
    struct slipway_error err = {""};
    struct slipway_secret secret = {0};
    assert_int_equal(secret_resolve(reference, &source, &secret, &err), -1);
    assert_null(secret.bytes);
    if (!strstr(err.text, because))
        fail_msg("\"%s\" does not say \"%s\"", err.text, because);
    assert_null(strstr(err.text, "hunter22"));
}

static void a_file_of_ours_is_read(void **state)
{
    (void)state;
    auto_free char *reference = file_with("hunter22\n", 9, 0600);
    gives(reference, "hunter22");
    auto_free char *read_only = file_with("two\nlines\n\n", 11, 0400);
    gives(read_only, "two\nlines\n");
}

static void a_file_for_all_to_read_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0660, 0602, 0610};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        auto_free char *reference = file_with("hunter22\n", 9, modes[i]);
        refused(reference, "run: chmod 600 ");
    }
}

static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    auto_free char *reference = file_with("hunter22\n", 9, 0600);
    auto_free char *target = xasprintf("%s/pw", home), *link = xasprintf("%s/link", home);
    auto_free char *fifo = xasprintf("%s/fifo", home), *dir = xasprintf("%s/dir", home);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    auto_free char *as_link = xasprintf("{\"file\":\"%s\"}", link);
    auto_free char *as_fifo = xasprintf("{\"file\":\"%s\"}", fifo);
    auto_free char *as_dir = xasprintf("{\"file\":\"%s\"}", dir);
    refused(as_link, "symbolic link");
    refused(as_fifo, "not a regular file");
    refused(as_dir, "not a regular file");
    refused("{\"file\":\"/nowhere/pw\"}", "No such file");
    refused("{\"file\":\"pw\"}", "absolute path");
}

/* Whoever may write to a folder above could put any file of ours there, or a link to one. */
static void a_file_that_others_could_replace_is_refused(void **state)
{
    (void)state;
    auto_free char *dir = xasprintf("%s/folder", home),
                   *path = xasprintf("%s/folder/pw", home),
                   *link = xasprintf("%s/way", home);
    auto_free char *reference = xasprintf("{\"file\":\"%s\"}", path);
    auto_free char *linked = xasprintf("{\"file\":\"%s/pw\"}", link);
    assert_int_equal(mkdir(dir, 0700), 0);
    {
        auto_file FILE *file = fopen(path, "wb");
        assert_true(file && fputs("hunter22", file) >= 0);
    }
    assert_int_equal(chmod(path, 0600), 0);
    gives(reference, "hunter22");
    assert_int_equal(symlink(dir, link), 0);
    gives(linked, "hunter22"); /* a link of ours, above which nobody else writes */
    assert_int_equal(chmod(dir, 0777), 0);
    refused(reference, "others could replace it");
    refused(linked, "others could replace it");
    assert_int_equal(chmod(dir, 01777), 0); /* as the system's own for temporary files */
    gives(reference, "hunter22");
    if (!geteuid()) {
        assert_int_equal(chmod(dir, 0700), 0);
        assert_int_equal(chown(dir, 12345, 12345), 0);
        refused(reference, "others could replace it");
    }
    (void)unlink(path);
    (void)unlink(link);
    (void)rmdir(dir);
}

static void odd_contents_are_refused(void **state)
{
    (void)state;
    auto_free char *empty = file_with("\n", 1, 0600);
    refused(empty, "is empty");
    auto_free char *binary = file_with("hunter22\0x", 10, 0600);
    refused(binary, "NUL");
    auto_free char *large = xcalloc(1, SECRET_MAX + 10);
    memset(large, 'x', SECRET_MAX + 10);
    auto_free char *too_long = file_with(large, SECRET_MAX + 10, 0600);
    refused(too_long, "longer than");
}

static void a_credential_of_systemd_is_read(void **state)
{
    (void)state;
    auto_free char *reference = file_with("hunter22\n", 9, 0400);
    gives("{\"credential\":\"pw\"}", "hunter22");
    refused("{\"credential\":\"../pw\"}", "plain name");
    refused("{\"credential\":\".pw\"}", "plain name");
    refused("{\"credential\":\"\"}", "plain name");
    refused("{\"credential\":\"other\"}", "No such file");
    const struct secret_source none = {NULL, NULL};
    struct slipway_secret secret = {0};
    struct slipway_error err = {""};
    assert_int_equal(secret_resolve("{\"credential\":\"pw\"}", &none, &secret, &err), -1);
    assert_non_null(strstr(err.text, "LoadCredential=pw"));
}

static void a_helper_is_run_without_a_shell(void **state)
{
    (void)state;
    gives("{\"cmd\":[\"/bin/echo\",\"hunter22; $HOME `id`\"]}", "hunter22; $HOME `id`");
    refused("{\"cmd\":[\"echo\",\"x\"]}", "absolute path");
    refused("{\"cmd\":[\"/nowhere/helper\"]}", "No such file");
    refused("{\"cmd\":[\"/bin/false\"]}", "exit status 1");
    refused("{\"cmd\":[\"/bin/true\"]}", "is empty");
    refused("{\"cmd\":[\"/bin/sh\",\"-c\",\"echo hunter22; exit 3\"]}", "exit status 3");
    refused("{\"cmd\":[\"/bin/cat\",\"/dev/zero\"]}", "more than 64 KiB");
    refused("{\"cmd\":[]}", "list of 1 to 32");
    refused("{\"cmd\":[\"/bin/echo\",5]}", "word 2");
}

/* It runs with slipway's rights, so nobody else may have a hand in it. */
static void a_helper_that_others_could_change_is_not_run(void **state)
{
    (void)state;
    static const char script[] = "#!/bin/sh\necho hunter22\n";
    static const struct {
        mode_t file, folder;
        const char *said;
    } rows[] = {
        {0702, 0700, "others could change"},
        {0720, 0700, "others could change"},
        {0700, 0777, "others could replace"},
        {0600, 0700, "is not executable"},
    };
    auto_free char *reference = xasprintf("{\"cmd\":[\"%s/pw\"]}", home);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_free char *unused = file_with(script, sizeof script - 1, rows[i].file);
        struct slipway_error err = {""};
        assert_int_equal(chmod(home, rows[i].folder), 0);
        refused(reference, rows[i].said);
        assert_int_equal(secret_examine(reference, home, &err), -1);
        assert_int_equal(chmod(home, 0700), 0);
    }
    auto_free char *unused = file_with(script, sizeof script - 1, 0700);
    gives(reference, "hunter22");
}

/* Nothing of slipway's environment or descriptors reaches the helper. */
static void a_helper_starts_clean(void **state)
{
    (void)state;
    assert_int_equal(setenv("SLIPWAY_TEST_LEAK", "hunter22", 1), 0);
    gives("{\"cmd\":[\"/bin/sh\",\"-c\",\"echo leak=$SLIPWAY_TEST_LEAK\"]}", "leak=");
    auto_fd int inheritable = dup(1);
    assert_true(inheritable > 2);
    /* ls itself opens one for the listing */
    gives("{\"cmd\":[\"/bin/sh\",\"-c\",\"ls /proc/self/fd | tr '\\\\n' ' '\"]}",
          "0 1 2 3 ");
    assert_int_equal(unsetenv("SLIPWAY_TEST_LEAK"), 0);
}

static void other_references_are_explained_without_being_repeated(void **state)
{
    (void)state;
    refused(NULL, "no secret is configured");
    refused("\"agent\"", "SSH agent");
    refused("\"hunter22\"", "a secret reference is");
    refused("hunter22", "a secret reference is");
    refused("{\"password\":\"hunter22\"}", "a secret reference is");
    refused("{\"file\":\"/x\",\"cmd\":[]}", "a secret reference is");
    refused("{\"file\":5}", "absolute path");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_ours_is_read),
        cmocka_unit_test(a_file_for_all_to_read_is_refused),
        cmocka_unit_test(what_is_no_plain_file_is_refused),
        cmocka_unit_test(a_file_that_others_could_replace_is_refused),
        cmocka_unit_test(odd_contents_are_refused),
        cmocka_unit_test(a_credential_of_systemd_is_read),
        cmocka_unit_test(a_helper_is_run_without_a_shell),
        cmocka_unit_test(a_helper_that_others_could_change_is_not_run),
        cmocka_unit_test(a_helper_starts_clean),
        cmocka_unit_test(other_references_are_explained_without_being_repeated),
    };
    json_init();
    return cmocka_run_group_tests_name("secret", tests, make_home, remove_home);
}
