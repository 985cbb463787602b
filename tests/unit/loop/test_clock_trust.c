/*
 * test_clock_trust.c - may windows be judged by this machine's clock? Readings in,
 * verdicts out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "loop/clock_trust.h"

#define HOUR 3600000LL

static struct clock_verdict look(struct clock_trust *trust, int64_t now_ms,
                                 int64_t drift_ms, bool synchronised)
{
    struct clock_reading reading = {now_ms, drift_ms, synchronised};
    return clock_trust_look(trust, &reading);
}

static void a_kept_clock_is_trusted(void **state)
{
    (void)state;
    struct clock_trust trust = {.vouched = false};
    assert_true(look(&trust, 1000, 0, true).trusted);
    /* what time synchronisation puts right in small steps is no step */
    assert_true(look(&trust, 2000, CLOCK_STEP_MAX_MS, true).trusted);
    assert_true(look(&trust, 3000, -CLOCK_STEP_MAX_MS, true).trusted);
}

static void a_clock_that_nobody_keeps_is_not(void **state)
{
    (void)state;
    struct clock_trust trust = {.vouched = false};
    struct clock_verdict verdict = look(&trust, 1000, 0, false);
    assert_false(verdict.trusted);
    assert_non_null(strstr(verdict.sentence, "--trust-clock"));
    assert_true(look(&trust, 2000, 0, true).trusted); /* set up meanwhile */
}

static void somebody_can_vouch_for_it(void **state)
{
    (void)state;
    struct clock_trust trust = {.vouched = false};
    struct clock_reading reading = {1000, -5 * HOUR, false};
    clock_trust_vouch(&trust, &reading);
    assert_true(look(&trust, 2000, -5 * HOUR, false).trusted);
    /* a step is still said, and waited for until it stands still */
    struct clock_verdict verdict = look(&trust, 3000, -4 * HOUR, false);
    assert_false(verdict.trusted);
    assert_non_null(strstr(verdict.sentence, "set forward by 1h"));
    verdict = look(&trust, 3000 + CLOCK_SETTLE_MS, -4 * HOUR, false);
    assert_true(verdict.trusted);
    assert_int_equal(verdict.forward_ms, HOUR);
}

static void after_a_step_forward_time_goes_on_from_there(void **state)
{
    (void)state;
    struct clock_trust trust = {.vouched = false};
    assert_true(look(&trust, 1000, 0, true).trusted);
    assert_false(look(&trust, 2000, HOUR, true).trusted);
    assert_false(look(&trust, 2000 + CLOCK_SETTLE_MS - 1, HOUR, true).trusted);
    /* it moves again: the minute begins anew */
    assert_false(look(&trust, 2000 + CLOCK_SETTLE_MS, 2 * HOUR, true).trusted);
    assert_false(look(&trust, 2000 + 2 * CLOCK_SETTLE_MS - 1, 2 * HOUR, true).trusted);
    /* nobody keeps it: it is not followed */
    assert_false(look(&trust, 2000 + 2 * CLOCK_SETTLE_MS, 2 * HOUR, false).trusted);
    struct clock_verdict verdict =
        look(&trust, 2000 + 2 * CLOCK_SETTLE_MS, 2 * HOUR, true);
    assert_true(verdict.trusted);
    assert_int_equal(verdict.forward_ms, 2 * HOUR);
    assert_non_null(strstr(verdict.sentence, "time goes on from there"));
    assert_true(look(&trust, 9 * HOUR, 0, true).trusted); /* the caller went forward */
}

/* Our time never runs backwards. */
static void a_clock_that_was_set_back_is_not_followed(void **state)
{
    (void)state;
    struct clock_trust trust = {.vouched = false};
    assert_false(look(&trust, 1000, -HOUR, true).trusted);
    struct clock_verdict verdict = look(&trust, 1000 + CLOCK_SETTLE_MS, -HOUR, true);
    assert_false(verdict.trusted);
    assert_int_equal(verdict.forward_ms, 0);
    assert_non_null(strstr(verdict.sentence, "set back by 1h"));
    assert_true(look(&trust, 2 * HOUR, 0, true).trusted); /* somebody set it right */
}

static void the_system_is_asked(void **state)
{
    (void)state;
    struct clock_reading reading = clock_trust_read();
    assert_true(reading.now_ms > 1600000000000);
    assert_true(reading.drift_ms > -1000 && reading.drift_ms < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_clock_is_trusted),
        cmocka_unit_test(a_clock_that_nobody_keeps_is_not),
        cmocka_unit_test(somebody_can_vouch_for_it),
        cmocka_unit_test(after_a_step_forward_time_goes_on_from_there),
        cmocka_unit_test(a_clock_that_was_set_back_is_not_followed),
        cmocka_unit_test(the_system_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
