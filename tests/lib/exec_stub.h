/*
 * exec_stub.h - a plugin that behaves in every way a plugin can.
 *
 * Its `with` names what a call should do where the operation alone does not say.
 * `entered` counts calls that are inside, `release` lets stubborn ones go.
 */
#ifndef TESTS_EXEC_STUB_H
#define TESTS_EXEC_STUB_H

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "exec/exec.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static sem_t stub_entered, stub_release;
static atomic_int stub_started, stub_inside, stub_most_inside, stub_tidied, stub_closed;

static inline void stub_reset(void)
{
    (void)sem_init(&stub_entered, 0, 0);
    (void)sem_init(&stub_release, 0, 0);
    stub_started = stub_inside = stub_most_inside = stub_tidied = stub_closed = 0;
}

/* Wait for a semaphore; a test that hangs is a failed test. */
static inline void stub_wait(sem_t *semaphore)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    while (sem_timedwait(semaphore, &until)) {
        if (errno != EINTR)
            abort();
    }
}

/* Does what it should: gives its arguments back. */
static enum slipway_outcome stub_echo(struct slipway_call *call)
{
    int inside = atomic_fetch_add(&stub_inside, 1) + 1,
        most = atomic_load(&stub_most_inside);
    atomic_fetch_add(&stub_started, 1);
    while (inside > most &&
           !atomic_compare_exchange_weak(&stub_most_inside, &most, inside)) {
    }
    (void)call->host->set_result(call, call->with);
    atomic_fetch_sub(&stub_inside, 1);
    return SLIPWAY_DONE;
}

/* Answers with the number in `with`, as it stands: {"outcome": 3, "handle": "x"}. */
static enum slipway_outcome stub_answer(struct slipway_call *call)
{
    auto_json json_t *with = json_loads(call->with, 0, NULL);
    const char *handle = json_text(with, "handle"), *say = json_text(with, "say");
    const char *result = json_text(with, "result");
    atomic_fetch_add(&stub_started, 1);
    if (handle)
        (void)call->host->set_handle(call, handle);
    if (say)
        call->host->say(call, "%s", say);
    if (result)
        (void)call->host->set_result(call, result);
    if (json_object_get(with, "again"))
        call->host->look_again_in(call, json_number(with, "again", 0));
    return (enum slipway_outcome)json_number(with, "outcome", SLIPWAY_DONE);
}

static enum slipway_probe stub_answer_probe(struct slipway_call *call)
{
    return (enum slipway_probe)stub_answer(call);
}

/* Waits as it should: through the host. */
static enum slipway_outcome stub_hold(struct slipway_call *call)
{
    (void)sem_post(&stub_entered);
    if (call->host->wait_fd(call, -1, 0, -1) < 0) {
        call->host->say(call, "told to stop");
        return SLIPWAY_CANCELED;
    }
    call->host->say(call, "deadline with %d ms left", call->host->remaining_ms(call));
    return SLIPWAY_UNKNOWN;
}

/* Reads one byte from the descriptor in `with`. */
static enum slipway_outcome stub_read(struct slipway_call *call)
{
    auto_json json_t *with = json_loads(call->with, 0, NULL);
    int fd = (int)json_number(with, "fd", -1);
    char byte[2] = "";
    if (call->host->wait_fd(call, fd, POLLIN, 50000) != POLLIN || read(fd, byte, 1) != 1)
        return SLIPWAY_FAILED;
    call->host->say(call, "read %s", byte);
    return SLIPWAY_DONE;
}

/* Ignores deadline and cancellation. */
static enum slipway_outcome stub_stubborn(struct slipway_call *call)
{
    (void)sem_post(&stub_entered);
    stub_wait(&stub_release);
    call->host->say(call, "let go at last");
    (void)call->host->set_result(call, "1");
    return SLIPWAY_DONE;
}

/* Says how far it is, then waits. */
static enum slipway_outcome stub_progress(struct slipway_call *call)
{
    call->host->progress(call, 42, "copying \x1b[31m");
    return stub_hold(call);
}

/* Says how far it is, and is over. */
static enum slipway_outcome stub_short(struct slipway_call *call)
{
    call->host->progress(call, -1, "going down \x1b[31m");
    (void)call->host->set_handle(call, "{}");
    return SLIPWAY_PENDING;
}

static inline void stub_tidy(void *state, int64_t now_ms)
{
    (void)state;
    (void)now_ms;
    atomic_fetch_add(&stub_tidied, 1);
}

static inline void stub_close(void *state)
{
    (void)state;
    atomic_fetch_add(&stub_closed, 1);
}

static const struct slipway_operation stub_operations[] = {
    {.name = "echo", .repeat = SLIPWAY_READ, .start = stub_echo},
    {.name = "answer",
     .repeat = SLIPWAY_RECONCILABLE,
     .start = stub_answer,
     .poll = stub_answer,
     .probe = stub_answer_probe},
    {.name = "once", .repeat = SLIPWAY_OPAQUE, .start = stub_answer},
    {.name = "hold", .repeat = SLIPWAY_IDEMPOTENT, .start = stub_hold, .poll = stub_hold},
    {.name = "read", .repeat = SLIPWAY_READ, .start = stub_read},
    {.name = "stubborn", .repeat = SLIPWAY_IDEMPOTENT, .start = stub_stubborn},
    {.name = "progress", .repeat = SLIPWAY_IDEMPOTENT, .start = stub_progress},
    {.name = "short",
     .repeat = SLIPWAY_IDEMPOTENT,
     .start = stub_short,
     .poll = stub_short},
};

static const struct slipway_plugin stub_plugin = {
    .abi = SLIPWAY_ABI,
    .size = sizeof stub_plugin,
    .name = "stub",
    .version = "1",
    .operations = stub_operations,
    .operation_count = ARRAY_LENGTH(stub_operations),
    .close = stub_close,
    .tidy = stub_tidy,
};

#endif
