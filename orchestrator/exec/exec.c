/*
 * exec.c - what every executor shares: dispatch, names, freeing. See exec.h.
 */
#include "exec/exec.h"

#include <stdlib.h>
#include <time.h>

#include "util/auto.h"

void exec_submit(struct executor *executor, struct exec_request *request)
{
    executor->ops->submit(executor, request);
}

void exec_cancel(struct executor *executor, int64_t intent)
{
    executor->ops->cancel(executor, intent);
}

size_t exec_collect(struct executor *executor, struct exec_result *out, size_t max)
{
    return executor->ops->collect(executor, out, max);
}

size_t exec_progress(struct executor *executor, struct exec_progress *out, size_t max)
{
    return executor->ops->progress(executor, out, max);
}

size_t exec_busy(struct executor *executor)
{
    return executor->ops->busy(executor);
}

int exec_fd(struct executor *executor)
{
    return executor->ops->fd(executor);
}

void exec_stop(struct executor *executor, int64_t deadline_ms)
{
    executor->ops->stop(executor, deadline_ms);
}

void exec_destroy(struct executor *executor)
{
    if (executor)
        executor->ops->destroy(executor);
}

void exec_request_free(struct exec_request *request)
{
    free(request->use);
    free(request->key);
    free(request->fingerprint);
    free(request->with);
    free(request->target);
    free(request->handle);
    free(request->protection);
    free(request->protection_with);
    free(request->expect);
    free(request->value);
    free(request->vars);
    free(request->steps);
    *request = (struct exec_request){0};
}

void exec_result_free(struct exec_result *result)
{
    free(result->result);
    free(result->handle);
    free(result->sentence);
    free(result->value);
    free(result->progress);
    *result = (struct exec_result){0};
}

int64_t exec_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *const verbs[] = {"start", "poll", "probe"};
static const char *const outcomes[] = {"done",    "pending", "retry",   "failed",
                                       "refused", "unknown", "canceled"};
static const char *const probes[] = {"not started", "running", "done", "failed",
                                     "unknown"};

static const char *name_of(const char *const *names, size_t count, unsigned value)
{
    return value < count ? names[value] : "invalid";
}

const char *exec_verb_name(enum exec_verb verb)
{
    return name_of(verbs, ARRAY_LENGTH(verbs), verb);
}

const char *exec_outcome_name(enum slipway_outcome outcome)
{
    return name_of(outcomes, ARRAY_LENGTH(outcomes), outcome);
}

const char *exec_probe_name(enum slipway_probe probe)
{
    return name_of(probes, ARRAY_LENGTH(probes), probe);
}
