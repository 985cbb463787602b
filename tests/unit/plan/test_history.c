/* test_history.c - durations become medians and 95th percentiles, part by part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/history.h"

static const struct plan_history *only(struct history *history)
{
    size_t count = 0;
    const struct plan_history *all = history_reduce(history, &count);
    assert_int_equal(count, 1);
    return all;
}

static void one_sample_is_all_there_is(void **state)
{
    auto_history struct history history = {.count = 0};
    (void)state;
    history_add(&history, PACE_STEP, "vcsa", "8.0.2", "install", 1000);
    const struct plan_history *h = only(&history);
    assert_int_equal(h->median_ms, 1000);
    assert_int_equal(h->p95_ms, 1000);
    assert_int_equal(h->samples, 1);
    assert_string_equal(h->id, "install");
}

/* Nearest rank: of 1 to 100 the median is 50 and the 95th percentile 95, whatever the
   order in which they came. */
static void ranks_are_the_nearest(void **state)
{
    auto_history struct history history = {.count = 0};
    (void)state;
    for (int i = 0; i < 100; i++)
        history_add(&history, PACE_STEP, "vcsa", "8.0.2", "install", (i * 37) % 100 + 1);
    const struct plan_history *h = only(&history);
    assert_int_equal(h->median_ms, 50);
    assert_int_equal(h->p95_ms, 95);
    history_add(&history, PACE_STEP, "vcsa", "8.0.2", "install", 1000);
    h = only(&history); /* 101 samples: ranks 51 and 96 */
    assert_int_equal(h->median_ms, 51);
    assert_int_equal(h->p95_ms, 96);
}

static void parts_stay_apart(void **state)
{
    auto_history struct history history = {.count = 0};
    size_t count = 0;
    (void)state;
    history_add(&history, PACE_STEP, "vcsa", "8.0.2", "install", 1);
    history_add(&history, PACE_STEP, "vcsa", "8.0.1", "install", 2);
    history_add(&history, PACE_STEP, "nsx", "8.0.2", "install", 3);
    history_add(&history, PACE_STEP, "vcsa", "8.0.2", "stage", 4);
    history_add(&history, PACE_CHECKS, "vcsa", "8.0.2", NULL, 5);
    history_add(&history, PACE_CHECKS, "vcsa", "8.0.2", NULL, 7);
    const struct plan_history *all = history_reduce(&history, &count);
    assert_int_equal(count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(all[i].median_ms, i + 1);
    assert_int_equal(all[4].samples, 2);
    assert_int_equal(all[4].p95_ms, 7);
    assert_null(all[4].id);
}

static void nonsense_is_not_taken_and_old_ones_are_dropped(void **state)
{
    auto_history struct history history = {.count = 0};
    (void)state;
    for (int i = 0; i < HISTORY_SAMPLES_MAX; i++)
        history_add(&history, PACE_SNAPSHOT, "vcsa", "8", NULL, 10);
    history_add(&history, PACE_SNAPSHOT, "vcsa", "8", NULL, 1000000);
    history_add(&history, PACE_SNAPSHOT, "vcsa", "8", NULL, -5);
    const struct plan_history *h = only(&history);
    assert_int_equal(h->samples, HISTORY_SAMPLES_MAX);
    assert_int_equal(h->p95_ms, 10);
}

/* Many parts, and one of which only nonsense came: it has no samples to speak of. */
static void a_part_without_samples_says_nothing(void **state)
{
    auto_history struct history history = {.count = 0};
    size_t count = 0;
    (void)state;
    history_add(&history, PACE_STEP, "vcsa", "8", "step", -1);
    for (char id[] = "a"; *id < 'l'; ++*id)
        history_add(&history, PACE_STEP, "vcsa", "8", id, *id);
    const struct plan_history *all = history_reduce(&history, &count);
    assert_int_equal(count, 12);
    assert_int_equal(all[0].samples, 0);
    assert_int_equal(all[0].median_ms, 0);
    assert_string_equal(all[11].id, "k");
    assert_int_equal(all[11].median_ms, 'k');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_is_all_there_is),
        cmocka_unit_test(ranks_are_the_nearest),
        cmocka_unit_test(parts_stay_apart),
        cmocka_unit_test(a_part_without_samples_says_nothing),
        cmocka_unit_test(nonsense_is_not_taken_and_old_ones_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
