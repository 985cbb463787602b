/*
 * crew.h - the same work on many numbers, by as many threads as there are processors.
 */
#ifndef CLI_CREW_H
#define CLI_CREW_H

#include <stddef.h>

#define CREW_THREADS_MAX 32

/* Call work(data, 0) ... work(data, count - 1), each once, in any order and at the same
   time; returns when all are done. Calls must not touch the same things. */
void crew_do(size_t count, void (*work)(void *data, size_t index), void *data);

#endif
