/*
 * test_versions.c - versions as appliances write them, the catalogue that ships, and
 * files of one's own beside it.
 */
#include "../playbook/support.h"

#include "catalogue/catalogue.h"
#include "util/file.h"

static const char shipped[] = "versions/vcenter.yaml";

static struct version version_of(const char *text)
{
    struct version version = {.count = 0};
    if (!version_parse(text, &version))
        fail_msg("%s is no version", text);
    return version;
}

static int compare(const char *a, const char *b)
{
    struct version va = version_of(a), vb = version_of(b);
    return version_compare(&va, &vb);
}

static void versions_compare_as_numbers(void **state)
{
    (void)state;
    assert_int_equal(compare("8.0.3.00400", "8.0.3.400"), 0);
    assert_int_equal(compare("8.0.3.00400", "8.0.3.00500"), -1);
    assert_int_equal(compare("8.0.10.00000", "8.0.9.90000"), 1);
    assert_int_equal(compare("6.5.0", "6.5.0.10000"), -1);
    assert_int_equal(compare("9.0.1.0", "8.0.3.00900"), 1);
    assert_int_equal(compare("9.1.0.0100", "9.1.0.0"), 1);
}

static void versions_are_written_as_they_were(void **state)
{
    static const char *const cases[][2] = {
        {"8.0.3.00400", "8.0.3.00400"},
        {"8.0.3.00000", "8.0.3.00000"},
        {"6.7.0.45000", "6.7.0.45000"},
        {"9.0.1.0", "9.0.1.0"},
        {"9.1.0.0100", "9.1.0.0100"},
        {"4.1.2.1", "4.1.2.1"}, /* NSX */
        {"3.2.3.0", "3.2.3.0"},
        {"6.5.0", "6.5.0"},
        {"5.5", "5.5"},
        {"24.04", "24.04"},
    };
    char out[VERSION_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct version version = version_of(cases[i][0]);
        assert_string_equal(version_text(&version, out, sizeof out), cases[i][1]);
    }
}

static void what_is_no_version_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "8",
                                      "8.",
                                      ".8",
                                      "8..0",
                                      "8.0.3.00400.1",
                                      "8.0u3",
                                      "-8.0",
                                      "8.0 ",
                                      "8.0.9999999999",
                                      "8.0.3-24322831"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct version version = {.count = 77};
        if (version_parse(bad[i], &version))
            fail_msg("'%s' is taken for a version", bad[i]);
        assert_int_equal(version.count, 77);
    }
}

/* ---- the catalogue that ships ---- */

static const struct product *vcenter(struct catalogue *catalogue)
{
    char *paths[] = {(char *)(uintptr_t)shipped};
    auto_problems struct problem_list problems = {0};
    int code = catalogue_load(paths, 1, catalogue, &problems);
    auto_free char *text = problems_text(&problems);
    if (code || *text)
        fail_msg("%s", text);
    const struct product *product = catalogue_product(catalogue, "vcenter");
    assert_non_null(product);
    return product;
}

static const struct release *only(const struct product *product, const char *text)
{
    const struct release *found[8];
    if (catalogue_find(product, text, found, 8) != 1)
        fail_msg("%s does not name one release", text);
    return found[0];
}

static void the_shipped_catalogue_is_whole(void **state)
{
    auto_catalogue struct catalogue catalogue = {0};
    const struct product *p = vcenter(&catalogue);
    (void)state;
    assert_int_equal(p->release_count, 46);
    for (size_t i = 0; i < p->release_count; i++) {
        const struct release *r = &p->releases[i];
        if (!*r->date || (!*r->build && !*r->client_build && !r->build_count))
            fail_msg("%s lacks its date or its builds", r->name);
        if (!r->has_version && strcmp(r->name, "6.5 U3l") != 0)
            fail_msg("%s lacks its version", r->name);
    }
    assert_ptr_equal(catalogue_product_of_kind(&catalogue, "vcsa"), p);
    assert_null(catalogue_product_of_kind(&catalogue, "linux"));
    assert_int_equal(catalogue.replaced_count, 0);
}

static void before_7_0_u2_a_release_has_two_builds(void **state)
{
    auto_catalogue struct catalogue catalogue = {0};
    const struct product *p = vcenter(&catalogue);
    (void)state;
    const struct release *old = only(p, "6.7.0.40000"), *new = only(p, "8.0.3.00400");
    assert_string_equal(old->build, "14367737");
    assert_string_equal(old->client_build, "14368073");
    assert_string_equal(new->build, new->client_build);
    assert_ptr_equal(only(p, "14368073"), old);
    assert_ptr_equal(only(p, "14367737"), old);
    assert_ptr_equal(only(p, "24322831"), new);
    assert_string_equal(only(p, "5318200")->name, "6.0 U3b"); /* of a pair */
}

static void a_release_is_found_by_all_its_names(void **state)
{
    auto_catalogue struct catalogue catalogue = {0};
    const struct product *p = vcenter(&catalogue);
    const struct release *found[8];
    (void)state;
    assert_ptr_equal(only(p, "8.0u3d"), only(p, "8.0 U3d"));
    assert_ptr_equal(only(p, "8.0.3.400"), only(p, "8.0 u3d"));
    assert_string_equal(only(p, "6.5.0")->name, "6.5 GA"); /* written so short */
    assert_int_equal(catalogue_find(p, "8.0.3", found, 8), 4);
    assert_string_equal(found[3]->name, "8.0 U3d");
    assert_int_equal(catalogue_find(p, "5.5", found, 8), 3);
    assert_int_equal(catalogue_find(p, "8.0.3.00300", found, 8), 0);
    assert_int_equal(catalogue_find(p, "", found, 8), 0);
    assert_int_equal(catalogue_find(p, "8.0", found, 2), 11); /* two are written */
}

static void what_was_withdrawn_says_so(void **state)
{
    auto_catalogue struct catalogue catalogue = {0};
    const struct product *p = vcenter(&catalogue);
    (void)state;
    assert_string_equal(only(p, "7.0.3.00000")->withdrawn, "pulled in November 2021");
    assert_string_equal(only(p, "7.0.3.00300")->withdrawn, "");
}

/* ---- files of one's own ---- */

static int load(const struct story *story, const char *own, struct catalogue *catalogue,
                struct problem_list *problems)
{
    auto_free char *path = story_path(story, own);
    char *paths[] = {(char *)(uintptr_t)shipped, path};
    return catalogue_load(paths, 2, catalogue, problems);
}

static void a_file_of_ones_own_adds_and_replaces(void **state)
{
    struct story *story = *state;
    auto_catalogue struct catalogue catalogue = {0};
    auto_problems struct problem_list problems = {0};
    story_write(
        story, "own.yaml",
        "product: vcenter\n"
        "releases:\n"
        "  - {id: 8.0u3e, name: 8.0 U3e, date: 2024-12-01, version: 8.0.3.00500}\n"
        "  - {id: 8.0u3d, name: 8.0 U3d, date: 2024-10-21, version: 8.0.3.00400,\n"
        "     withdrawn: not with our storage}\n"
        "lines: [{line: 8.0, playbook: our-patch}]\n"
        "upgrades: [{from: 7.0, to: 8.0, playbook: our-upgrade}]\n");
    assert_int_equal(load(story, "own.yaml", &catalogue, &problems), 0);
    problems_are(story, &problems, "");
    const struct product *p = catalogue_product(&catalogue, "vcenter");
    assert_int_equal(p->release_count, 47);
    assert_string_equal(only(p, "8.0.3.00400")->withdrawn, "not with our storage");
    assert_string_equal(only(p, "8.0u3e")->line, "8.0");
    assert_int_equal(catalogue.replaced_count, 3);
    auto_free char *first = without_folder(story, catalogue.replaced[2]);
    assert_non_null(strstr(first, "own.yaml:4 replaces release 8.0u3d of "
                                  "versions/vcenter.yaml:"));
}

/* Whoever copies the shipped file and changes one line of it is told of that line. */
static void a_copy_replaces_nothing(void **state)
{
    struct story *story = *state;
    struct slipway_error err;
    auto_catalogue struct catalogue catalogue = {0}, edited = {0};
    auto_problems struct problem_list problems = {0};
    auto_buf struct buf text = {0};
    assert_int_equal(file_read(shipped, 1u << 20, &text, &err), 0);
    story_write(story, "copy.yaml", buf_text(&text));
    assert_int_equal(load(story, "copy.yaml", &catalogue, &problems), 0);
    assert_int_equal(catalogue.replaced_count, 0);
    assert_int_equal(catalogue_product(&catalogue, "vcenter")->release_count, 46);
    char *name = strstr(buf_text(&text), "name: 8.0 U3d");
    assert_non_null(name);
    name[strlen("name: 8.0 U3")] = 'D';
    story_write(story, "copy.yaml", buf_text(&text));
    assert_int_equal(load(story, "copy.yaml", &edited, &problems), 0);
    assert_int_equal(edited.replaced_count, 1);
    assert_non_null(strstr(edited.replaced[0], "replaces release 8.0u3d of"));
}

static void mistakes_have_places_and_nothing_is_given_out(void **state)
{
    struct story *story = *state;
    auto_catalogue struct catalogue catalogue = {0};
    auto_problems struct problem_list problems = {0};
    story_write(story, "own.yaml",
                "product: vcenter\n"
                "relases: []\n"
                "releases:\n"
                "  - {id: a, name: A, date: 21.10.2024, version: 8.0u3}\n"
                "  - {id: b, name: B, version: 8.0.3.1, build: 12a, line: 7.0}\n"
                "  - {id: c, name: C}\n"
                "  - {id: c, name: C, line: 8.0}\n"
                "upgrades: [{from: 8.0, to: 8.0, playbook: x}]\n"
                "exceptions: [{from: 8.0u3d, to: 9.9, allowed: true, why: because}]\n");
    assert_int_equal(load(story, "own.yaml", &catalogue, &problems), -1);
    assert_int_equal(catalogue.product_count, 0);
    problems_are(
        story, &problems,
        "own.yaml:2:1: unknown key relases (nearest known key: releases)\n"
        "own.yaml:4:5: a release without a version needs its line, such as line: 8.0\n"
        "own.yaml:4:28: date must be a day such as 2024-10-21\n"
        "own.yaml:4:49: version must be 2 to 4 numbers between dots, such as "
        "8.0.3.00400\n"
        "own.yaml:5:47: build must be a build number\n"
        "own.yaml:5:58: line is not the beginning of its version\n"
        "own.yaml:6:5: a release without a version needs its line, such as line: 8.0\n"
        "own.yaml:7:5: release c is there already, on line 6\n"
        "own.yaml:8:12: an upgrade leads to another line; inside a line there are "
        "patches (lines)\n"
        "own.yaml:9:14: no release of vcenter has the id 9.9\n");
}

static void another_product_stands_beside_it(void **state)
{
    struct story *story = *state;
    auto_catalogue struct catalogue catalogue = {0};
    auto_problems struct problem_list problems = {0};
    story_write(story, "own.yaml",
                "product: box\n"
                "kinds: [box, vcsa]\n"
                "releases: [{id: one, name: One, version: 1.0}]\n");
    assert_int_equal(load(story, "own.yaml", &catalogue, &problems), -1);
    problems_are(story, &problems, "box: kind vcsa belongs to vcenter already\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_compare_as_numbers),
        cmocka_unit_test(versions_are_written_as_they_were),
        cmocka_unit_test(what_is_no_version_is_refused),
        cmocka_unit_test(the_shipped_catalogue_is_whole),
        cmocka_unit_test(before_7_0_u2_a_release_has_two_builds),
        cmocka_unit_test(a_release_is_found_by_all_its_names),
        cmocka_unit_test(what_was_withdrawn_says_so),
        cmocka_unit_test_setup_teardown(a_file_of_ones_own_adds_and_replaces, story_open,
                                        story_close),
        cmocka_unit_test_setup_teardown(a_copy_replaces_nothing, story_open, story_close),
        cmocka_unit_test_setup_teardown(mistakes_have_places_and_nothing_is_given_out,
                                        story_open, story_close),
        cmocka_unit_test_setup_teardown(another_product_stands_beside_it, story_open,
                                        story_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
