/*
 * crew.c - see crew.h. Threads take the next number from a counter; where no thread can
 * be made the caller does all the work itself.
 */
#include "cli/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct crew {
    atomic_size_t next;
    size_t count;
    void (*work)(void *data, size_t index);
    void *data;
};

static void *worker(void *arg)
{
    struct crew *crew = arg;
    for (size_t i; (i = atomic_fetch_add(&crew->next, 1)) < crew->count;)
        crew->work(crew->data, i);
    return NULL;
}

static size_t helpers(size_t count)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = processors > 1 ? (size_t)processors - 1 : 0;
    most = most < CREW_THREADS_MAX ? most : CREW_THREADS_MAX;
    return count ? (most < count - 1 ? most : count - 1) : 0;
}

void crew_do(size_t count, void (*work)(void *data, size_t index), void *data)
{
    struct crew crew = {.count = count, .work = work, .data = data};
    pthread_t threads[CREW_THREADS_MAX];
    size_t started = 0, wanted = helpers(count);
    while (started < wanted && !pthread_create(&threads[started], NULL, worker, &crew))
        started++;
    (void)worker(&crew);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
