/*
 * pool.h - the pool's inside, shared by exec_pool.c (requests and results) and
 * pool_crew.c (threads). Unless said otherwise the lock is held by the caller.
 */
#ifndef EXEC_POOL_H
#define EXEC_POOL_H

#include <pthread.h>

#include "exec/call.h"
#include "exec/exec_pool.h"

/* How long exec_destroy() waits for threads to leave. */
#define LEAVE_MS 2000

struct pool;

/* One request, queued or running. */
struct job {
    struct job *next;
    struct pool *pool;
    struct call call;
    int64_t overdue_ms; /* running: when it is given up                      */
    bool written_off;   /* answered in its stead; the thread frees it itself */
    struct exec_progress progress;
    bool progress_said, progress_changed; /* at all; since it was told last */
};

struct result_node {
    struct result_node *next;
    struct exec_result result;
};

struct pool {
    struct executor base; /* first: an executor is a pool */
    struct plugins *plugins;
    unsigned limit;
    unsigned written_off_max;
    int64_t grace_ms;
    int64_t tidy_ms;
    char *credentials_dir;
    struct log log;
    int fd;

    pthread_mutex_t lock;
    pthread_cond_t work;        /* workers: a job, or stopping              */
    pthread_cond_t warden_wake; /* the warden: an earlier deadline          */
    pthread_cond_t tidy_wake;   /* the tidy thread: stopping                */
    pthread_cond_t ended;       /* stop: a thread has left                  */

    struct job *queue, **queue_tail;
    size_t queued;
    struct job *running; /* without those written off */
    struct result_node *results, **results_tail;
    size_t busy; /* submitted and not collected */

    unsigned alive;       /* threads of all kinds                           */
    unsigned workers;     /* workers that are not written off               */
    unsigned idle;        /* of these, waiting for work                     */
    unsigned stuck;       /* written off and not back yet                   */
    unsigned written_off; /* ever                                           */
    int64_t warden_until; /* when the warden wakes up by itself             */
    bool crew_started;    /* warden and tidy thread                         */
    bool in_tidy;         /* the tidy thread is inside a plugin             */
    bool stopping;
    bool abandoned; /* exec_destroy() has left: the last thread frees it    */
};

/* exec_pool.c */
void pool_wake_owner(struct pool *pool);
void pool_push_result(struct pool *pool, struct exec_result *result);
struct job *pool_take_job(struct pool *pool);
void pool_flush_queue(struct pool *pool, bool canceled, const char *sentence);
void pool_cancel_job(struct job *job);
void job_free(struct job *job);    /* lock not needed */
void pool_free(struct pool *pool); /* lock not held */

/* pool_crew.c */
/* Start one more worker if the limit allows it. */
void pool_add_worker(struct pool *pool);
/* Answer for a running job and give its thread up. */
void pool_write_off(struct pool *pool, struct job *job);
/* Wait for a condition until `until_ms` at most. */
void pool_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms);

#endif
