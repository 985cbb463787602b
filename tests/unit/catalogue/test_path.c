/*
 * test_path.c - which hops lead from one vCenter release to another, and every reason
 * why a way is closed. Most stories are the vendor's own examples.
 */
#include "../playbook/support.h"

#include "catalogue/path.h"

static struct catalogue catalogue;

static int open_catalogue(void **state)
{
    char name[] = "versions/vcenter.yaml", *paths[] = {name};
    auto_problems struct problem_list problems = {0};
    (void)state;
    return catalogue_load(paths, 1, &catalogue, &problems);
}

static int close_catalogue(void **state)
{
    (void)state;
    catalogue_clear(&catalogue);
    return 0;
}

static const struct product *vcenter(void)
{
    return catalogue_product(&catalogue, "vcenter");
}

static void leads(const char *from, const char *to, const char *words)
{
    auto_path struct path path = {.hop_count = 0};
    auto_buf struct buf said = {0};
    path_find(vcenter(), from, to, &path);
    path_words(&path, &said);
    if (path.verdict != PATH_FOUND)
        fail_msg("%s to %s: %s", from, to, path.why);
    assert_string_equal(buf_text(&said), words);
}

static void refused(const char *from, const char *to, const char *why)
{
    auto_path struct path path = {.hop_count = 0};
    path_find(vcenter(), from, to, &path);
    if (path.verdict != PATH_NONE)
        fail_msg("%s to %s is %s", from, to, path_verdict_name(path.verdict));
    assert_int_equal(path.hop_count, 0);
    if (!strstr(path.why, why))
        fail_msg("\"%s\" does not say \"%s\"", path.why, why);
}

static void a_patch_is_one_hop(void **state)
{
    (void)state;
    leads("8.0.2.00400", "8.0.3.00000", "vcsa-patch to 8.0.3.00000 (8.0 U3)");
    leads("8.0.2.400", "8.0 U3d", "vcsa-patch to 8.0.3.00400 (8.0 U3d)");
    leads("6.5.0", "6.5.0.20000", "vcsa-patch-cli to 6.5.0.20000 (6.5 U2)");
    leads("7.0.3.01700", "8.0.3.00400", "vcsa-upgrade to 8.0.3.00400 (8.0 U3d)");
}

static void six_five_reaches_eight_over_a_stop(void **state)
{
    (void)state;
    leads("6.5.0", "8.0.3.00400",
          "vcsa-upgrade to 7.0.3.02200 (7.0 U3t), then vcsa-upgrade to 8.0.3.00400 (8.0 "
          "U3d)");
    /* a stop must not be later than the target either */
    leads("6.5.0", "8.0.0.10000",
          "vcsa-upgrade to 7.0.3.00500 (7.0 U3d), then vcsa-upgrade to 8.0.0.10000 (8.0 "
          "GA)");
}

static void five_five_needs_two_stops_at_most(void **state)
{
    (void)state;
    leads("5.5u3e", "6.5.0.20000", "vcsa-upgrade to 6.5.0.20000 (6.5 U2)");
    leads("5.5u3e", "6.7.0.45000",
          "vcsa-upgrade to 6.5.0.30000 (6.5 U3), then vcsa-upgrade to 6.7.0.45000 (6.7 "
          "U3j)");
    leads("5.5u3e", "8.0.3.00400",
          "vcsa-upgrade to 6.5.0.30000 (6.5 U3), then vcsa-upgrade to 7.0.3.02200 (7.0 "
          "U3t), then vcsa-upgrade to 8.0.3.00400 (8.0 U3d)");
}

static void nothing_goes_back_in_time(void **state)
{
    (void)state;
    refused("8.0.1.00400", "8.0.2.00000",
            "8.0.2.00000 (8.0 U2) was released on 2023-09-21, before 8.0.1.00400 (8.0 "
            "U1d) of 2023-10-24: back in time; it can become 8.0.2.00200 (8.0 U2b)");
    refused("6.0u3", "6.5.0", "back in time");
    leads("6.0u3", "6.5.0.10000", "vcsa-upgrade to 6.5.0.10000 (6.5 U1)");
    refused("6.5.0.20000", "6.7.0.10000", "back in time");
    leads("6.5.0.20000", "6.7.0.20000", "vcsa-upgrade to 6.7.0.20000 (6.7 U1)");
    leads("8.0.2.00400", "8.0.3.00000", "vcsa-patch to 8.0.3.00000 (8.0 U3)");
}

static void one_day_is_not_back_in_time(void **state)
{
    (void)state; /* both are of 2024-10-21 */
    leads("7.0.3.02200", "8.0.3.00400", "vcsa-upgrade to 8.0.3.00400 (8.0 U3d)");
}

static void nothing_goes_back_to_an_older_version(void **state)
{
    (void)state;
    refused("8.0.3.00400", "8.0.3.00200", "nothing goes back");
    refused("8.0.0.10000", "7.0.3.02200", "nothing goes back");
}

static void withdrawn_releases_are_no_target_and_no_stop(void **state)
{
    (void)state;
    refused("7.0.2.00500", "7.0.3.00000", "was withdrawn: pulled in November 2021");
    leads("7.0.3.00000", "7.0.3.00300", "vcsa-patch to 7.0.3.00300 (7.0 U3c)");
    auto_path struct path path = {.hop_count = 0};
    path_find(vcenter(), "6.5.0", "8.0.3.00400", &path);
    bool told = false;
    for (size_t i = 0; i < path.refused_count; i++)
        told = told || strstr(path.refused[i].why, "7.0.3.00000 (7.0 U3) was withdrawn");
    assert_true(told);
    assert_string_equal(path.refused[0].why,
                        "there is no upgrade from vcenter 6.5 to 8.0 in one step");
}

static void a_patch_may_ask_for_a_newer_source(void **state)
{
    (void)state;
    leads("6.5u1g", "6.5u2h",
          "vcsa-patch-cli to 6.5.0.20000 (6.5 U2), then vcsa-patch-cli to 6.5.0.24100 "
          "(6.5 U2h)");
    leads("6.5u2", "6.5u2h", "vcsa-patch-cli to 6.5.0.24100 (6.5 U2h)");
}

static void every_major_upgrade_knows_the_oldest_hosts_it_manages(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *hosts; /* NULL: a patch leaves them as they are */
    } rows[] = {
        {"6.5.0", "6.7.0.40000", "6.0"},       {"6.5.0", "7.0.3.02200", "6.5"},
        {"6.7.0.40000", "7.0.3.02200", "6.5"}, {"6.7.0.40000", "8.0.3.00400", "6.7"},
        {"7.0.3.01700", "8.0.3.00400", "6.7"}, {"8.0.2.00400", "8.0.3.00400", NULL}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_path struct path path = {.hop_count = 0};
        char hosts[VERSION_TEXT_MAX];
        path_find(vcenter(), rows[i].from, rows[i].to, &path);
        assert_int_equal(path.verdict, PATH_FOUND);
        assert_int_equal(path.hop_count, 1);
        const struct version *least = path.hops[0].hosts;
        assert_int_equal(least != NULL, rows[i].hosts != NULL);
        if (least)
            assert_string_equal(version_text(least, hosts, sizeof hosts), rows[i].hosts);
    }
}

static void who_is_there_already_stays(void **state)
{
    auto_path struct path path = {.hop_count = 0};
    (void)state;
    path_find(vcenter(), "8.0.3.400", "8.0u3d", &path);
    assert_int_equal(path.verdict, PATH_THERE);
    assert_string_equal(path.why, "it is 8.0 U3d already");
}

static void an_unknown_source_is_known_by_its_line(void **state)
{
    auto_path struct path path = {.hop_count = 0};
    (void)state;
    path_find(vcenter(), "8.0.3.00300", "8.0.3.00400", &path);
    assert_int_equal(path.verdict, PATH_FOUND);
    assert_int_equal(path.hop_count, 1);
    assert_true(path.hops[0].undated);
    assert_int_equal(path.remark_count, 1);
    assert_non_null(strstr(path.remarks[0], "the catalogue does not know 8.0.3.00300"));
}

static void an_unknown_target_has_no_answer(void **state)
{
    auto_path struct path path = {.hop_count = 0}, other = {.hop_count = 0},
                          unversioned = {.hop_count = 0};
    (void)state;
    path_find(vcenter(), "8.0.3.00400", "8.0.3.00500", &path);
    assert_int_equal(path.verdict, PATH_UNKNOWN_TARGET);
    path_find(vcenter(), "rubbish\x1b[31m", "8.0u3d", &other);
    assert_int_equal(other.verdict, PATH_NO_VERSION);
    assert_null(strchr(other.why, '\x1b'));
    path_find(vcenter(), "6.5u3", "6.5 U3l", &unversioned);
    assert_int_equal(unversioned.verdict, PATH_NONE);
    assert_non_null(strstr(unversioned.why, "does not know the appliance version"));
}

/* SOAP answers three numbers only: the latest date that it may be is what counts. */
static void a_short_version_is_taken_as_the_newest(void **state)
{
    auto_path struct path path = {.hop_count = 0};
    (void)state;
    path_find(vcenter(), "8.0.1", "8.0.2.00000", &path);
    assert_int_equal(path.verdict, PATH_NONE);
    assert_non_null(strstr(path.why, "back in time"));
    assert_string_equal(path.remarks[0], "8.0.1 may be any of 2 releases; it is taken as "
                                         "the newest of them, 8.0 U1d");
}

static void an_exception_counts_before_the_dates(void **state)
{
    struct story *story = *state;
    auto_catalogue struct catalogue own = {0};
    auto_problems struct problem_list problems = {0};
    auto_path struct path allowed = {.hop_count = 0}, forbidden = {.hop_count = 0};
    char shipped[] = "versions/vcenter.yaml";
    story_write(
        story, "own.yaml",
        "product: vcenter\n"
        "exceptions:\n"
        "  - {from: 8.0u1d, to: 8.0u2, allowed: true, why: the vendor says so}\n"
        "  - {from: 8.0u3b, to: 8.0u3d, allowed: false, why: it breaks backups}\n");
    auto_free char *path = story_path(story, "own.yaml");
    char *paths[] = {shipped, path};
    assert_int_equal(catalogue_load(paths, 2, &own, &problems), 0);
    const struct product *product = catalogue_product(&own, "vcenter");
    path_find(product, "8.0u1d", "8.0u2", &allowed);
    assert_int_equal(allowed.verdict, PATH_FOUND);
    path_find(product, "8.0u3b", "8.0u3d", &forbidden);
    assert_int_equal(forbidden.verdict, PATH_NONE);
    assert_non_null(strstr(forbidden.why, "it breaks backups"));
}

/* Whatever is asked, a way that is found obeys every rule on each of its hops. */
static void every_way_between_known_releases_is_lawful(void **state)
{
    const struct product *p = vcenter();
    int ways = 0;
    (void)state;
    for (size_t i = 0; i < p->release_count; i++) {
        for (size_t k = 0; k < p->release_count; k++) {
            auto_path struct path path = {.hop_count = 0};
            path_find(p, p->releases[i].id, p->releases[k].id, &path);
            const struct release *at = &p->releases[i];
            for (size_t h = 0; h < path.hop_count; h++) {
                const struct hop *hop = &path.hops[h];
                assert_ptr_equal(hop->from, at);
                assert_true(hop->to->date_ms >= hop->from->date_ms);
                assert_string_equal(hop->to->withdrawn, "");
                assert_true(!at->has_version ||
                            version_compare(&hop->to->version, &at->version) >= 0);
                at = hop->to;
            }
            if (path.verdict == PATH_FOUND)
                assert_ptr_equal(at, &p->releases[k]);
            else
                assert_non_null(path.why);
            ways += path.verdict == PATH_FOUND;
        }
    }
    assert_in_range(ways, 500, 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patch_is_one_hop),
        cmocka_unit_test(six_five_reaches_eight_over_a_stop),
        cmocka_unit_test(five_five_needs_two_stops_at_most),
        cmocka_unit_test(nothing_goes_back_in_time),
        cmocka_unit_test(one_day_is_not_back_in_time),
        cmocka_unit_test(nothing_goes_back_to_an_older_version),
        cmocka_unit_test(withdrawn_releases_are_no_target_and_no_stop),
        cmocka_unit_test(a_patch_may_ask_for_a_newer_source),
        cmocka_unit_test(every_major_upgrade_knows_the_oldest_hosts_it_manages),
        cmocka_unit_test(who_is_there_already_stays),
        cmocka_unit_test(an_unknown_source_is_known_by_its_line),
        cmocka_unit_test(an_unknown_target_has_no_answer),
        cmocka_unit_test(a_short_version_is_taken_as_the_newest),
        cmocka_unit_test_setup_teardown(an_exception_counts_before_the_dates, story_open,
                                        story_close),
        cmocka_unit_test(every_way_between_known_releases_is_lawful),
    };
    return cmocka_run_group_tests(tests, open_catalogue, close_catalogue);
}
