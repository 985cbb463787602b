/*
 * pool_crew.c - the pool's threads: workers, the warden and the tidy thread.
 *
 * A worker takes a job, runs it without the lock and hands the result in. The
 * warden gives up calls that do not come back. The tidy thread lets plugins drop
 * idle sessions; it is a thread of its own because a log-out that hangs must
 * delay neither the warden nor a worker.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec/outcome.h"
#include "exec/plugins_private.h"
#include "exec/pool.h"
#include "exec/runner.h"
#include "util/auto.h"
#include "util/thread.h"
#include "util/xalloc.h"

/* What libcurl with OpenSSL, libssh2 and libxml2 need stays below 100 KiB; the
   rest is for regular expressions and for plugins of others. Sanitizers blow
   frames up. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_BYTES (4u * 1024u * 1024u)
#else
#define STACK_BYTES (512u * 1024u)
#endif

void pool_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms)
{
    struct timespec until = {(time_t)(until_ms / 1000),
                             (long)(until_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(condition, lock, &until);
}

static int start_thread(struct pool *pool, void *(*run)(void *))
{
    int code = thread_begin_detached(STACK_BYTES, run, pool);
    if (!code)
        pool->alive++;
    return code;
}

/* The last step of every thread; gives the lock back. */
static void leave(struct pool *pool)
{
    pool->alive--;
    bool last = pool->abandoned && !pool->alive;
    (void)pthread_cond_broadcast(&pool->ended);
    (void)pthread_mutex_unlock(&pool->lock);
    if (last)
        pool_free(pool);
}

/* --- workers ------------------------------------------------------------- */

static void unlink_running(struct pool *pool, struct job *job)
{
    struct job **at = &pool->running;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    job->next = NULL;
}

static void begin_job(struct pool *pool, struct job *job, int cancel_fd)
{
    eventfd_t ignored;
    (void)eventfd_read(cancel_fd, &ignored);
    job->call.cancel_fd = cancel_fd;
    job->call.started_ms = exec_now_ms();
    job->overdue_ms =
        job->call.started_ms + job->call.request.timeout_ms + pool->grace_ms;
    job->next = pool->running;
    pool->running = job;
    if (job->overdue_ms < pool->warden_until)
        (void)pthread_cond_signal(&pool->warden_wake);
}

/* False if the thread was given up while it ran the job. */
static bool end_job(struct pool *pool, struct job *job, struct exec_result *result)
{
    bool stays = !job->written_off;
    if (stays) {
        unlink_running(pool, job);
        result->percent = job->progress.percent;
        if (job->progress_said)
            result->progress = xstrdup(job->progress.text);
        pool_push_result(pool, result);
    } else {
        log_line(&pool->log, SLIPWAY_WARNING, &job->call.request,
                 "a written-off call came back after all: %s. %s",
                 exec_outcome_name(result->outcome), result->sentence);
        exec_result_free(result);
        pool->stuck--;
        plugins_unpin(pool->plugins);
    }
    job_free(job);
    return stays;
}

static void *work(void *context)
{
    struct pool *pool = context;
    struct expr_engine *engine = NULL;
    auto_fd int cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool stays = true;
    (void)pthread_mutex_lock(&pool->lock);
    while (stays) {
        pool->idle++;
        while (!pool->queue && !pool->stopping)
            (void)pthread_cond_wait(&pool->work, &pool->lock);
        pool->idle--;
        if (pool->stopping)
            break;
        struct exec_result result;
        struct job *job = pool_take_job(pool);
        begin_job(pool, job, cancel_fd);
        (void)pthread_mutex_unlock(&pool->lock);
        runner_run(&job->call, pool->plugins, &engine, &result);
        (void)pthread_mutex_lock(&pool->lock);
        stays = end_job(pool, job, &result);
    }
    pool->workers -= stays;
    (void)pthread_mutex_unlock(&pool->lock);
    expr_destroy(engine);
    (void)pthread_mutex_lock(&pool->lock);
    leave(pool);
    return NULL;
}

void pool_write_off(struct pool *pool, struct job *job)
{
    struct exec_result result;
    outcome_overdue(&job->call.request, job->call.started_ms, &result);
    result.canceled = atomic_load(&job->call.canceled);
    job->written_off = true;
    unlink_running(pool, job);
    pool_push_result(pool, &result);
    pool_cancel_job(job);
    pool->workers--;
    pool->stuck++;
    pool->written_off++;
    plugins_pin(pool->plugins);
    log_line(&pool->log, SLIPWAY_WARNING, &job->call.request,
             "plugin bug: the call ignores its deadline; its thread is written off (%u "
             "stuck now, %u so far)%s",
             pool->stuck, pool->written_off,
             pool->stuck > pool->written_off_max
                 ? " and NOT replaced: restart slipway when it suits you"
                 : "");
    if (pool->queue && !pool->stopping)
        pool_add_worker(pool);
}

/* --- the warden ---------------------------------------------------------- */

static int64_t next_overdue(const struct pool *pool)
{
    int64_t next = INT64_MAX;
    for (const struct job *job = pool->running; job; job = job->next)
        next = job->overdue_ms < next ? job->overdue_ms : next;
    return next;
}

static struct job *find_overdue(const struct pool *pool, int64_t now)
{
    for (struct job *job = pool->running; job; job = job->next) {
        if (job->overdue_ms <= now)
            return job;
    }
    return NULL;
}

static void *watch(void *context)
{
    struct pool *pool = context;
    struct job *job;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        while ((job = find_overdue(pool, exec_now_ms())))
            pool_write_off(pool, job);
        pool->warden_until = next_overdue(pool);
        if (pool->warden_until == INT64_MAX)
            (void)pthread_cond_wait(&pool->warden_wake, &pool->lock);
        else
            pool_wait(&pool->warden_wake, &pool->lock, pool->warden_until);
    }
    leave(pool);
    return NULL;
}

/* --- the tidy thread ----------------------------------------------------- */

static void *tidy(void *context)
{
    struct pool *pool = context;
    int64_t next = exec_now_ms() + pool->tidy_ms;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        pool_wait(&pool->tidy_wake, &pool->lock, next);
        if (pool->stopping || exec_now_ms() < next)
            continue;
        pool->in_tidy = true;
        (void)pthread_mutex_unlock(&pool->lock);
        plugins_tidy(pool->plugins, exec_now_ms());
        (void)pthread_mutex_lock(&pool->lock);
        pool->in_tidy = false;
        next = exec_now_ms() + pool->tidy_ms;
    }
    leave(pool);
    return NULL;
}

/* --- starting ------------------------------------------------------------ */

static int start_crew(struct pool *pool)
{
    if (pool->crew_started)
        return 0;
    pool->warden_until = INT64_MAX;
    if (start_thread(pool, watch))
        return -1;
    pool->crew_started = true;
    if (start_thread(pool, tidy))
        log_line(&pool->log, SLIPWAY_WARNING, NULL,
                 "no thread to drop idle sessions with; they end with the process");
    return 0;
}

void pool_add_worker(struct pool *pool)
{
    /* stuck threads beyond the allowance take the place of a worker */
    unsigned lost =
        pool->stuck > pool->written_off_max ? pool->stuck - pool->written_off_max : 0;
    bool room = pool->workers + lost < pool->limit;
    if (room && !start_crew(pool) && !start_thread(pool, work)) {
        pool->workers++;
        return;
    }
    if (pool->workers)
        return;
    pool_flush_queue(pool, false,
                     "no thread is left to run it (too many plugin calls hang, or the "
                     "system has no room): nothing was sent");
}
