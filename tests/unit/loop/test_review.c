/* test_review.c - what a sceptic asked of the loop: who may stop it, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>

#include "loop/loop.h"

static bool is_pending(int number)
{
    sigset_t pending;
    assert_int_equal(sigpending(&pending), 0);
    return sigismember(&pending, number) == 1;
}

/* "nohup slipway run &", then the operator logs out. */
static void who_was_told_to_ignore_a_hang_up_ignores_it(void **state)
{
    (void)state;
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    loop_block_signals();
    (void)raise(SIGHUP);
    assert_false(is_pending(SIGHUP));
    (void)raise(SIGTERM);
    assert_true(is_pending(SIGTERM)); /* the loop's to read */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_told_to_ignore_a_hang_up_ignores_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
