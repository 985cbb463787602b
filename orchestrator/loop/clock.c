/* clock.c - see clock.h. */
#include "loop/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static pthread_once_t anchored = PTHREAD_ONCE_INIT;
static int64_t anchor_wall_ms, anchor_elapsed_ms;
static _Atomic int64_t ahead_ms; /* of the wall clock, when it went back */

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void anchor(void)
{
    anchor_wall_ms = read_ms(CLOCK_REALTIME);
    anchor_elapsed_ms = read_ms(CLOCK_BOOTTIME);
}

int64_t clock_now_ms(void)
{
    (void)pthread_once(&anchored, anchor);
    return anchor_wall_ms + ahead_ms + (read_ms(CLOCK_BOOTTIME) - anchor_elapsed_ms);
}

void clock_not_before(int64_t instant_ms)
{
    int64_t missing_ms = instant_ms - clock_now_ms();
    if (missing_ms > 0)
        ahead_ms += missing_ms;
}

int64_t clock_drift_ms(void)
{
    return read_ms(CLOCK_REALTIME) - clock_now_ms();
}
