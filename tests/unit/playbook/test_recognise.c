/* test_recognise.c - which file is this, and lists of problems that are put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "playbook/recognise.h"
#include "util/auto.h"

static enum file_kind kind_of(const char *text, struct problem_list *problems)
{
    char path[] = "/tmp/slipway-recognise-XXXXXX";
    auto_fd int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    enum file_kind kind = file_recognise(path, problems);
    (void)unlink(path);
    return kind;
}

static void files_are_known_by_their_keys(void **state)
{
    auto_problems struct problem_list problems = {0};
    (void)state;
    assert_int_equal(kind_of("campaign: a\nplaybook: b\n", &problems), FILE_CAMPAIGN);
    assert_int_equal(kind_of("playbook: b\ncampaign: a\n", &problems), FILE_CAMPAIGN);
    assert_int_equal(kind_of("playbook: b\nsteps: []\n", &problems), FILE_PLAYBOOK);
    assert_int_equal(kind_of("rollback: none\nsteps: []\n", &problems), FILE_PLAYBOOK);
    assert_int_equal(kind_of("appliances: []\n", &problems), FILE_FLEET);
    assert_int_equal(kind_of("defaults: {}\n", &problems), FILE_FLEET);
    assert_int_equal(problems.errors, 0);
}

static void what_is_none_of_them_is_a_problem(void **state)
{
    auto_problems struct problem_list problems = {0};
    (void)state;
    assert_int_equal(kind_of("other: 1\n", &problems), FILE_UNKNOWN);
    assert_int_equal(kind_of("- campaign\n", &problems), FILE_UNKNOWN);
    assert_int_equal(kind_of("campaign: [\n", &problems), FILE_UNKNOWN);
    assert_int_equal(kind_of("", &problems), FILE_UNKNOWN);
    assert_int_equal(problems.errors, 4);
    assert_int_equal(file_recognise("/nowhere/at.all", &problems), FILE_UNKNOWN);
    assert_int_equal(problems.errors, 5);
}

static void the_same_problem_is_told_once(void **state)
{
    auto_problems struct problem_list all = {0};
    struct problem_list first = {0}, second = {0};
    (void)state;
    problem_add(&first, PROBLEM_ERROR, "a.yaml", 1, 2, "wrong");
    problem_add(&first, PROBLEM_WARNING, "a.yaml", 1, 2, "wrong");
    problem_add(&second, PROBLEM_ERROR, "a.yaml", 1, 2, "wrong");
    problem_add(&second, PROBLEM_ERROR, "a.yaml", 1, 3, "wrong");
    problem_add(&second, PROBLEM_ERROR, "b.yaml", 1, 2, "wrong");
    problems_move(&all, &first);
    problems_move(&all, &second);
    auto_free char *text = problems_text(&all);
    assert_string_equal(text, "a.yaml:1:2: wrong\na.yaml:1:2: warning: wrong\n"
                              "a.yaml:1:3: wrong\nb.yaml:1:2: wrong\n");
    assert_int_equal(all.errors, 3);
    assert_int_equal(all.warnings, 1);
    assert_int_equal(second.count, 0);
}

/* What was over the cap was not kept, but it is not forgotten either. */
static void the_count_survives_the_cap(void **state)
{
    auto_problems struct problem_list all = {0};
    struct problem_list many = {0};
    (void)state;
    for (int i = 0; i < (int)PROBLEMS_MAX + 20; i++)
        problem_add(&many, PROBLEM_ERROR, "a.yaml", i + 1, 1, "wrong");
    problems_move(&all, &many);
    assert_int_equal(all.count, PROBLEMS_MAX);
    assert_int_equal(all.errors, PROBLEMS_MAX + 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_known_by_their_keys),
        cmocka_unit_test(what_is_none_of_them_is_a_problem),
        cmocka_unit_test(the_same_problem_is_told_once),
        cmocka_unit_test(the_count_survives_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
