/*
 * thread.h - threads that no signal of the process's is given to: signals are the loop's.
 */
#ifndef UTIL_THREAD_H
#define UTIL_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* 0, or what pthread_create() says. `stack_bytes` 0: as usual. */
int thread_begin(pthread_t *thread, size_t stack_bytes, void *(*run)(void *), void *data);
/* The same for one that nobody joins. */
int thread_begin_detached(size_t stack_bytes, void *(*run)(void *), void *data);

#endif
