/*
 * at_once.c - see at_once.h. The threads take the next number from a counter; the one that
 * called waits for the others.
 */
#include "common/at_once.h"

#include <stdatomic.h>
#include <time.h>

#include "util/thread.h"

struct work {
    void (*act)(void *context, size_t i);
    void *context;
    size_t count;
    int64_t until_ms;
    atomic_size_t next, begun;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *take_part(void *data)
{
    struct work *work = data;
    while (clock_ms() < work->until_ms) {
        size_t i = atomic_fetch_add(&work->next, 1);
        if (i >= work->count)
            break;
        atomic_fetch_add(&work->begun, 1);
        work->act(work->context, i);
    }
    return NULL;
}

/* How many threads were made. */
static size_t help(struct work *work, pthread_t *threads, size_t most)
{
    size_t made = 0;
    while (made < most && !thread_begin(&threads[made], 0, take_part, work))
        made++;
    return made;
}

size_t at_once(size_t count, int64_t limit_ms, void (*act)(void *context, size_t i),
               void *context)
{
    struct work work = {.act = act,
                        .context = context,
                        .count = count,
                        .until_ms = clock_ms() + limit_ms};
    pthread_t threads[AT_ONCE_THREADS - 1];
    size_t most = count < AT_ONCE_THREADS ? count : AT_ONCE_THREADS;
    size_t made = most > 1 ? help(&work, threads, most - 1) : 0;
    (void)take_part(&work);
    for (size_t i = 0; i < made; i++)
        (void)pthread_join(threads[i], NULL);
    return atomic_load(&work.begun);
}
