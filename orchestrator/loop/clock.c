/* clock.c - see clock.h. */
#include "loop/clock.h"

#include <pthread.h>
#include <time.h>

static pthread_once_t anchored = PTHREAD_ONCE_INIT;
static int64_t anchor_wall_ms, anchor_elapsed_ms;

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
    return anchor_wall_ms + (read_ms(CLOCK_BOOTTIME) - anchor_elapsed_ms);
}

int64_t clock_drift_ms(void)
{
    return read_ms(CLOCK_REALTIME) - clock_now_ms();
}
