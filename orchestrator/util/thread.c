/* thread.c - see thread.h. A thread inherits the mask of who makes it. */
#include "util/thread.h"

#include <signal.h>

static int begin(pthread_t *thread, size_t stack_bytes, int state, void *(*run)(void *),
                 void *data)
{
    pthread_attr_t attributes;
    sigset_t all, were;
    (void)sigfillset(&all);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, state);
    if (stack_bytes)
        (void)pthread_attr_setstacksize(&attributes, stack_bytes);
    (void)pthread_sigmask(SIG_SETMASK, &all, &were);
    int code = pthread_create(thread, &attributes, run, data);
    (void)pthread_sigmask(SIG_SETMASK, &were, NULL);
    (void)pthread_attr_destroy(&attributes);
    return code;
}

int thread_begin(pthread_t *thread, size_t stack_bytes, void *(*run)(void *), void *data)
{
    return begin(thread, stack_bytes, PTHREAD_CREATE_JOINABLE, run, data);
}

int thread_begin_detached(size_t stack_bytes, void *(*run)(void *), void *data)
{
    pthread_t nobodys;
    return begin(&nobodys, stack_bytes, PTHREAD_CREATE_DETACHED, run, data);
}
