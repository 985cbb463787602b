/*
 * test_probe_builds.c - stories about the two builds of a release: each protocol tells its
 * own, and one that is neither is found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/probe_builds.h"
#include "util/auto.h"

static struct catalogue catalogue;

static int load(void **state)
{
    (void)state;
    auto_problems struct problem_list problems = {0};
    static char path[] = "versions/vcenter.yaml";
    char *const paths[] = {path};
    return catalogue_load(paths, 1, &catalogue, &problems);
}

static int clear(void **state)
{
    (void)state;
    catalogue_clear(&catalogue);
    return 0;
}

static void both_builds_are_read_out_of_a_version_read(void **state)
{
    (void)state;
    struct probe_builds builds;
    probe_builds_read("{\"version\":\"7.0.0.10700\",\"build\":\"16749653\",\"sdk\":{"
                      "\"version\":\"7.0.0\",\"build\":\"16749670\"}}",
                      &builds);
    assert_string_equal(builds.build, "16749653");
    assert_string_equal(builds.client_build, "16749670");
    probe_builds_read("{\"lines\":[\"8.0.3\"]}", &builds);
    assert_string_equal(builds.build, "");
    probe_builds_read("{\"build\":\"\x1b[2J7\"}", &builds);
    assert_null(strchr(builds.build, '\x1b'));
    probe_builds_read(NULL, &builds);
    assert_string_equal(builds.client_build, "");
}

static void each_build_is_compared_with_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        struct probe_builds told;
        bool contradicts;
    } rows[] = {
        {"7.0.0.10700", {"16749653", "16749670"}, false},
        {"7.0.0.10700", {"16749653", ""}, false},
        {"7.0.0.10700", {"", "16749670"}, false},
        {"7.0.0.10700", {"16749670", "16749653"}, true}, /* exchanged */
        {"7.0.0.10700", {"16749653", "16749653"}, true},
        {"8.0.3.00400", {"24322831", "24322831"}, false},
        {"8.0.3.00400", {"24322831", "24022515"}, true}, /* vpxd is an older one */
        {"8.0.3.400", {"24322831", "24022515"}, true},
        {"6.7.0.45000", {"12345", "16708996"}, false}, /* its ISO build is not known */
        {"8.0.9.00000", {"1", "2"}, false},            /* not in the catalogue        */
        {"8.0.3", {"1", "2"}, false},                  /* may be several              */
        {"nonsense", {"1", "2"}, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_free char *why =
            probe_builds_contradict(&catalogue, "vcsa", rows[i].version, &rows[i].told);
        assert_int_equal(why != NULL, rows[i].contradicts);
    }
    auto_free char *other = probe_builds_contradict(&catalogue, "linux", "8.0.3.00400",
                                                    &(struct probe_builds){"1", "2"});
    assert_null(other);
    auto_free char *why = probe_builds_contradict(
        &catalogue, "vcsa", "8.0.3.00400", &(struct probe_builds){"24322831", "7"});
    assert_non_null(strstr(why, "8.0.3.00400 (8.0 U3d) has build 24322831 and client "
                                "build 24322831 in the catalogue, it tells 24322831 and "
                                "7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_builds_are_read_out_of_a_version_read),
        cmocka_unit_test(each_build_is_compared_with_its_own),
    };
    return cmocka_run_group_tests(tests, load, clear);
}
