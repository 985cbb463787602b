/* test_at_once.c - every one is done once, several at a time, and none after the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/at_once.h"

#define MANY 850u

static atomic_uint done[MANY];

static void count(void *context, size_t i)
{
    atomic_fetch_add((atomic_uint *)context, 1);
    atomic_fetch_add(&done[i], 1);
}

static void each_is_done_once(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, AT_ONCE_THREADS, AT_ONCE_THREADS + 1, MANY};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        atomic_uint calls = 0;
        for (size_t i = 0; i < MANY; i++)
            atomic_store(&done[i], 0);
        assert_int_equal(at_once(sizes[s], 60000, count, &calls), sizes[s]);
        assert_int_equal(atomic_load(&calls), sizes[s]);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(atomic_load(&done[i]), i < sizes[s]);
    }
}

/* Each waits for all the others: one after another it would never end. */
static void meet(void *context, size_t i)
{
    (void)i;
    (void)pthread_barrier_wait(context);
}

static void so_many_are_at_work_together(void **state)
{
    (void)state;
    pthread_barrier_t all;
    assert_int_equal(pthread_barrier_init(&all, NULL, AT_ONCE_THREADS), 0);
    assert_int_equal(at_once(AT_ONCE_THREADS, 60000, meet, &all), AT_ONCE_THREADS);
    (void)pthread_barrier_destroy(&all);
}

static void none_begins_after_the_time(void **state)
{
    (void)state;
    atomic_uint calls = 0;
    assert_int_equal(at_once(MANY, 0, count, &calls), 0);
    assert_int_equal(atomic_load(&calls), 0);
}

static void linger(void *context, size_t i)
{
    const struct timespec pause = {0, 50 * 1000 * 1000};
    (void)i;
    (void)nanosleep(&pause, NULL);
    atomic_fetch_add((atomic_uint *)context, 1);
}

static void what_was_begun_is_over_when_it_returns(void **state)
{
    (void)state;
    atomic_uint over = 0;
    size_t begun = at_once(100 * 1000, 120, linger, &over);
    assert_true(begun > 0 && begun < 100 * 1000);
    assert_int_equal(atomic_load(&over), begun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_done_once),
        cmocka_unit_test(so_many_are_at_work_together),
        cmocka_unit_test(none_begins_after_the_time),
        cmocka_unit_test(what_was_begun_is_over_when_it_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
