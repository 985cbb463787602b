/* test_natural.c - the order in which people count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/auto.h"
#include "util/natural.h"

static const char *const rising[] = {
    "",
    "0",
    "1",
    "2",
    "10",
    "a",
    "a0",
    "a00",
    "a1",
    "a01b",
    "a1b",
    "a02",
    "a2",
    "a9",
    "a10",
    "a10-2",
    "a10-10",
    "a10-10x",
    "b",
    "vc",
    "vc-1",
    "vc-1a",
    "vc-2",
    "vc-10",
    "vc-99999999999999999999",
    "vc-100000000000000000000",
    "vc-a",
    "é1",
};

static void every_pair_is_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rising); i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(rising); k++) {
            int expected = i < k ? -1 : i > k;
            if (text_natural_cmp(rising[i], rising[k]) != expected)
                fail_msg("\"%s\" against \"%s\" is not %d", rising[i], rising[k],
                         expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_pair_is_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
