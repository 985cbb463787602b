/*
 * exec_pool.c - the executor for real: see exec.h and exec_pool.h.
 *
 *   submit ─► queue (FIFO) ─► worker: runner_run() ─► results ─► collect
 *                               │ ▲                      ▲
 *                     cancel ───┘ └─── warden ───────────┘
 *                  (flag + eventfd)    overdue: UNKNOWN, the worker written off
 *
 * Workers are threads that start when there is work and nobody idle, up to the
 * limit, and stay. One lock guards everything that is shared; it is never held
 * while a plugin runs. The warden (pool_crew.c) sleeps until the next call is
 * overdue. A call that is still out at its deadline plus grace is answered
 * UNKNOWN in its plugin's stead, and its thread is written off: told to cancel,
 * replaced, and forgotten when it comes back at last. There is a limit to that;
 * beyond it the pool shrinks rather than grow without bounds.
 *
 * All threads are detached and counted. The last one out after exec_destroy()
 * frees the pool, so a thread that is stuck in a plugin never finds it gone.
 */
#include "exec/exec_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec/outcome.h"
#include "exec/plugins_private.h"
#include "exec/pool.h"
#include "util/auto.h"
#include "util/xalloc.h"

void pool_wake_owner(struct pool *pool)
{
    /* cannot block in practice: the counter would have to reach 2^64 - 1 */
    (void)eventfd_write(pool->fd, 1);
}

void pool_push_result(struct pool *pool, struct exec_result *result)
{
    struct result_node *node = xcalloc(1, sizeof *node);
    node->result = *result;
    *pool->results_tail = node;
    pool->results_tail = &node->next;
    pool_wake_owner(pool);
}

static void answer_unissued(struct pool *pool, struct job *job, bool canceled,
                            const char *sentence)
{
    struct exec_result result;
    outcome_unissued(&job->call.request, canceled, sentence, &result);
    pool_push_result(pool, &result);
    job_free(job);
}

void job_free(struct job *job)
{
    call_free(&job->call);
    free(job);
}

static void on_progress(struct call *call, int percent, const char *text)
{
    struct job *job = (struct job *)(void *)((char *)call - offsetof(struct job, call));
    struct pool *pool = job->pool;
    (void)pthread_mutex_lock(&pool->lock);
    if (!job->written_off) {
        job->progress.percent = percent;
        (void)snprintf(job->progress.text, sizeof job->progress.text, "%s", text);
        job->progress_said = job->progress_changed = true;
        pool_wake_owner(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

static struct job *job_create(struct pool *pool, struct exec_request *request)
{
    struct job *job = xcalloc(1, sizeof *job);
    job->pool = pool;
    job->call.request = *request;
    *request = (struct exec_request){0};
    job->call.cancel_fd = -1;
    job->call.log = &pool->log;
    job->call.credentials_dir = pool->credentials_dir;
    job->call.on_progress = on_progress;
    job->progress.intent = job->call.request.intent;
    return job;
}

static void submit(struct executor *executor, struct exec_request *request)
{
    struct pool *pool = (struct pool *)executor;
    struct job *job = job_create(pool, request);
    (void)pthread_mutex_lock(&pool->lock);
    pool->busy++;
    if (pool->stopping) {
        answer_unissued(pool, job, true, "slipway is stopping: nothing was sent");
    } else if (pool->queued >= EXEC_QUEUE_MAX) {
        answer_unissued(pool, job, false,
                        "too many requests are waiting: nothing was sent");
    } else {
        *pool->queue_tail = job;
        pool->queue_tail = &job->next;
        pool->queued++;
        if (pool->idle >= pool->queued)
            (void)pthread_cond_signal(&pool->work);
        else
            pool_add_worker(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

struct job *pool_take_job(struct pool *pool)
{
    struct job *job = pool->queue;
    pool->queue = job->next;
    if (!pool->queue)
        pool->queue_tail = &pool->queue;
    job->next = NULL;
    pool->queued--;
    return job;
}

void pool_flush_queue(struct pool *pool, bool canceled, const char *sentence)
{
    while (pool->queue)
        answer_unissued(pool, pool_take_job(pool), canceled, sentence);
}

void pool_cancel_job(struct job *job)
{
    atomic_store(&job->call.canceled, true);
    if (job->call.cancel_fd >= 0)
        (void)eventfd_write(job->call.cancel_fd, 1);
}

static void cancel_queued(struct pool *pool, int64_t intent)
{
    for (struct job **at = &pool->queue; *at;) {
        struct job *job = *at;
        if (job->call.request.intent != intent) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        if (pool->queue_tail == &job->next)
            pool->queue_tail = at;
        pool->queued--;
        answer_unissued(pool, job, true, "cancelled before it was sent");
    }
}

static void cancel(struct executor *executor, int64_t intent)
{
    struct pool *pool = (struct pool *)executor;
    (void)pthread_mutex_lock(&pool->lock);
    cancel_queued(pool, intent);
    for (struct job *job = pool->running; job; job = job->next) {
        if (job->call.request.intent == intent)
            pool_cancel_job(job);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

static size_t collect(struct executor *executor, struct exec_result *out, size_t max)
{
    struct pool *pool = (struct pool *)executor;
    size_t count = 0;
    eventfd_t ignored;
    (void)pthread_mutex_lock(&pool->lock);
    (void)eventfd_read(pool->fd, &ignored);
    while (pool->results && count < max) {
        struct result_node *node = pool->results;
        pool->results = node->next;
        out[count++] = node->result;
        free(node);
    }
    if (!pool->results)
        pool->results_tail = &pool->results;
    else
        pool_wake_owner(pool);
    pool->busy -= count;
    (void)pthread_mutex_unlock(&pool->lock);
    return count;
}

static size_t progress(struct executor *executor, struct exec_progress *out, size_t max)
{
    struct pool *pool = (struct pool *)executor;
    size_t count = 0;
    (void)pthread_mutex_lock(&pool->lock);
    for (struct job *job = pool->running; job && count < max; job = job->next) {
        if (!job->progress_changed)
            continue;
        job->progress_changed = false;
        out[count++] = job->progress;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return count;
}

static size_t busy(struct executor *executor)
{
    struct pool *pool = (struct pool *)executor;
    (void)pthread_mutex_lock(&pool->lock);
    size_t count = pool->busy;
    (void)pthread_mutex_unlock(&pool->lock);
    return count;
}

static int get_fd(struct executor *executor)
{
    return ((struct pool *)executor)->fd;
}

static void stop(struct executor *executor, int64_t deadline_ms)
{
    struct pool *pool = (struct pool *)executor;
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pool_flush_queue(pool, true, "slipway is stopping: nothing was sent");
    for (struct job *job = pool->running; job; job = job->next)
        pool_cancel_job(job);
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_cond_broadcast(&pool->warden_wake);
    (void)pthread_cond_broadcast(&pool->tidy_wake);
    while (pool->alive > pool->stuck && exec_now_ms() < deadline_ms)
        pool_wait(&pool->ended, &pool->lock, deadline_ms);
    while (pool->running)
        pool_write_off(pool, pool->running);
    (void)pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
    while (pool->results) {
        struct result_node *node = pool->results;
        pool->results = node->next;
        exec_result_free(&node->result);
        free(node);
    }
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_cond_destroy(&pool->ended);
    (void)pthread_cond_destroy(&pool->warden_wake);
    (void)pthread_cond_destroy(&pool->tidy_wake);
    (void)pthread_mutex_destroy(&pool->lock);
    (void)close(pool->fd);
    free(pool->credentials_dir);
    free(pool);
}

static void destroy(struct executor *executor)
{
    struct pool *pool = (struct pool *)executor;
    if (!pool->stopping)
        stop(executor, exec_now_ms() + LEAVE_MS);
    (void)pthread_mutex_lock(&pool->lock);
    /* idle threads need a moment to leave; nobody waits for stuck ones */
    int64_t until = exec_now_ms() + LEAVE_MS;
    while (pool->alive > pool->stuck && exec_now_ms() < until)
        pool_wait(&pool->ended, &pool->lock, until);
    pool->abandoned = true;
    bool last = !pool->alive;
    if (pool->in_tidy)
        plugins_pin(pool->plugins);
    (void)pthread_mutex_unlock(&pool->lock);
    if (last)
        pool_free(pool);
}

static const struct executor_ops ops = {submit, cancel, collect, progress,
                                        busy,   get_fd, stop,    destroy};

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static unsigned bounded(unsigned asked, unsigned fallback, unsigned most)
{
    return !asked ? fallback : asked > most ? most : asked;
}

struct executor *exec_pool_create(const struct exec_pool_options *options,
                                  struct slipway_error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        (void)slipway_error_set(err, -1, "no eventfd for the executor: %s",
                                strerror(errno));
        return NULL;
    }
    const char *directory = options->credentials_dir ? options->credentials_dir
                                                     : getenv("CREDENTIALS_DIRECTORY");
    struct pool *pool = xcalloc(1, sizeof *pool);
    pool->base.ops = &ops;
    pool->fd = fd;
    pool->plugins = options->plugins;
    pool->limit = bounded(options->workers, EXEC_WORKERS_DEFAULT, EXEC_WORKERS_MAX);
    pool->grace_ms = options->grace_ms ? options->grace_ms : EXEC_GRACE_DEFAULT_MS;
    pool->tidy_ms = options->tidy_ms ? options->tidy_ms : EXEC_TIDY_DEFAULT_MS;
    pool->written_off_max =
        bounded(options->written_off_max, EXEC_WRITTEN_OFF_MAX, EXEC_WRITTEN_OFF_MAX);
    pool->credentials_dir = xstrdup_null(directory);
    pool->log = (struct log){options->log_fd ? options->log_fd : STDERR_FILENO,
                             options->log_debug ? SLIPWAY_DEBUG : SLIPWAY_INFO};
    pool->queue_tail = &pool->queue;
    pool->results_tail = &pool->results;
    (void)pthread_mutex_init(&pool->lock, NULL);
    init_condition(&pool->work);
    init_condition(&pool->ended);
    init_condition(&pool->warden_wake);
    init_condition(&pool->tidy_wake);
    return &pool->base;
}

unsigned exec_pool_written_off(const struct executor *executor)
{
    struct pool *pool = (struct pool *)(uintptr_t)executor;
    (void)pthread_mutex_lock(&pool->lock);
    unsigned count = pool->written_off;
    (void)pthread_mutex_unlock(&pool->lock);
    return count;
}
