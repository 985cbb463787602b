/*
 * timer.c - one thread that runs functions later, in the order of their time.
 *
 * The fleet's slow things (a snapshot, a boot) are one entry each in a heap.
 * Functions run outside the timer's own lock, so they may arm further timers.
 */
#include <time.h>

#include "parts.h"

struct entry {
    int64_t due_ms;
    uint64_t order; /* first armed, first run, when due together */
    void (*fn)(void *);
    void *argument;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    struct entry *heap;
    size_t count, room;
    uint64_t next_order;
    bool stop;
} timers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool before(const struct entry *a, const struct entry *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(size_t a, size_t b)
{
    struct entry kept = timers.heap[a];
    timers.heap[a] = timers.heap[b];
    timers.heap[b] = kept;
}

static struct entry take_first(void)
{
    struct entry first = timers.heap[0];
    timers.heap[0] = timers.heap[--timers.count];
    for (size_t i = 0, child = 1; child < timers.count; child = 2 * i + 1) {
        if (child + 1 < timers.count &&
            before(&timers.heap[child + 1], &timers.heap[child]))
            child++;
        if (!before(&timers.heap[child], &timers.heap[i]))
            break;
        swap(i, child);
        i = child;
    }
    return first;
}

static void wait_for_first(void)
{
    if (!timers.count) {
        pthread_cond_wait(&timers.wake, &timers.lock);
        return;
    }
    int64_t due = timers.heap[0].due_ms;
    struct timespec until = {.tv_sec = due / 1000, .tv_nsec = (due % 1000) * 1000000};
    pthread_cond_timedwait(&timers.wake, &timers.lock, &until);
}

static void *timer_main(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&timers.lock);
    while (!timers.stop) {
        if (!timers.count || timers.heap[0].due_ms > steady_ms()) {
            wait_for_first();
            continue;
        }
        struct entry entry = take_first();
        pthread_mutex_unlock(&timers.lock);
        entry.fn(entry.argument);
        pthread_mutex_lock(&timers.lock);
    }
    pthread_mutex_unlock(&timers.lock);
    return NULL;
}

void timer_start(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&timers.wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&timers.thread, NULL, timer_main, NULL))
        abort();
}

void timer_stop(void)
{
    pthread_mutex_lock(&timers.lock);
    timers.stop = true;
    pthread_cond_signal(&timers.wake);
    pthread_mutex_unlock(&timers.lock);
    pthread_join(timers.thread, NULL);
    free(timers.heap);
    timers.heap = NULL;
    timers.count = timers.room = 0;
}

void timer_after(int64_t ms, void (*fn)(void *), void *argument)
{
    WITH_LOCK(&timers.lock);
    struct entry *entry = vec_push(timers.heap, timers.count, timers.room);
    *entry = (struct entry){steady_ms() + ms, timers.next_order++, fn, argument};
    for (size_t i = timers.count - 1; i > 0; i = (i - 1) / 2) {
        if (!before(&timers.heap[i], &timers.heap[(i - 1) / 2]))
            break;
        swap(i, (i - 1) / 2);
    }
    pthread_cond_signal(&timers.wake);
}
