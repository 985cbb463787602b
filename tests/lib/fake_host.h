/*
 * fake_host.h - a host for plugin tests: runs one call and remembers what the
 * plugin said. Header-only, needs nothing besides part_util.
 *
 *     struct fake_call call;
 *     fake_call_init(&call, my_plugin(), state, "run", "{\"argv\":[\"id\"]}", target);
 *     assert_int_equal(fake_start(&call), SLIPWAY_DONE);
 *     assert_string_equal(json_text(call.result, "stdout"), "...");
 *     fake_call_free(&call);
 *
 * The same call can be started, polled and probed in turn, as the real host
 * does it: a handle set during a call is what the next call finds in
 * call->handle, everything else is cleared before each call. Each call runs for
 * at most `call.timeout_ms` (30 s unless the test says otherwise).
 *
 * Secrets: {"file": "/abs/path"} is read, one trailing new line is dropped; every
 * other reference fails. `call.secrets_out` counts those not given back.
 *
 * Nothing here is shared between calls, so tests may run calls in many threads.
 */
#ifndef TEST_FAKE_HOST_H
#define TEST_FAKE_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "slipway/plugin.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/xalloc.h"

#define FAKE_HOST_TIMEOUT_MS  30000
#define FAKE_HOST_LOG_MAX     (256u * 1024u)
#define FAKE_HOST_SECRET_MAX  (64u * 1024u)
#define FAKE_HOST_SENTENCE    1024
#define FAKE_HOST_PROGRESS    256
#define FAKE_HOST_DEFAULT_KEY "camp.vc-1.step.0.1"

struct fake_call {
    struct slipway_call call; /* flags, key, repeat ...: change as you need */
    const struct slipway_plugin *plugin;
    const struct slipway_operation *operation;

    int64_t timeout_ms;   /* of each start, poll and probe */
    atomic_bool canceled; /* set it from another thread, or before */

    /* What the last start, poll or probe left. */
    json_t *result; /* NULL if none was set */
    char *result_text;
    char *handle; /* survives until the next one is set */
    char said[FAKE_HOST_SENTENCE];
    int64_t look_again_ms; /* -1: not said */
    int progress_percent;  /* -1: not said or not known */
    char progress_text[FAKE_HOST_PROGRESS];
    unsigned progress_count;
    struct buf log;  /* one line each, kept over all calls */
    int secrets_out; /* asked for and not given back */
    unsigned secrets_asked;

    /* private */
    char *new_handle;
    char *with, *target, *key;
    char fingerprint[SHA256_HEX];
};

static inline int64_t fake_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline struct fake_call *fake_of(const struct slipway_call *call)
{
    return call->private_data;
}

static inline int fake_remaining_ms(const struct slipway_call *call)
{
    int64_t left = call->deadline_ms - fake_now_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static inline bool fake_canceled(const struct slipway_call *call)
{
    return atomic_load(&fake_of(call)->canceled);
}

/* Sleeps in slices, so that a cancel from another thread is noticed. */
static inline int fake_wait_fd(struct slipway_call *call, int fd, short events,
                               int timeout_ms)
{
    int64_t until = fake_now_ms() + timeout_ms;
    until = until < call->deadline_ms ? until : call->deadline_ms;
    for (;;) {
        if (fake_canceled(call))
            return -1;
        int64_t left = until - fake_now_ms();
        struct pollfd wait = {.fd = fd, .events = events};
        int slice = left < 0 ? 0 : left > 20 ? 20 : (int)left;
        int ready = poll(&wait, 1, slice);
        if (ready > 0)
            return wait.revents;
        if (ready < 0 && errno != EINTR)
            return POLLERR;
        if (left <= 0)
            return 0;
    }
}

static inline int fake_read_secret(const char *path, struct slipway_secret *out,
                                   struct slipway_error *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return slipway_error_set(err, -1, "secret file %s: cannot be read", path);
    char *bytes = xcalloc(1, FAKE_HOST_SECRET_MAX + 1);
    ssize_t length = read(fd, bytes, FAKE_HOST_SECRET_MAX);
    if (length < 0) {
        free(bytes);
        return slipway_error_set(err, -1, "secret file %s: cannot be read", path);
    }
    if (length > 0 && bytes[length - 1] == '\n')
        bytes[--length] = '\0';
    *out = (struct slipway_secret){.bytes = bytes, .length = (size_t)length};
    return 0;
}

static inline int fake_secret(struct slipway_call *call, const char *reference,
                              struct slipway_secret *out, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(reference, strlen(reference), 4096, err);
    if (!json)
        return -1;
    const char *path = json_text(json, "file");
    if (!path)
        return slipway_error_set(err, -1, "the fake host knows only {\"file\": PATH}");
    if (fake_read_secret(path, out, err) != 0)
        return -1;
    fake_of(call)->secrets_out++;
    fake_of(call)->secrets_asked++;
    return 0;
}

/* The signature has no call: the count is kept by a thread-local pointer. */
static _Thread_local struct fake_call *fake_running;

static inline void fake_secret_free(struct slipway_secret *secret)
{
    if (!secret->bytes)
        return;
    explicit_bzero(secret->bytes, secret->length);
    free(secret->bytes);
    *secret = (struct slipway_secret){0};
    if (fake_running)
        fake_running->secrets_out--;
}

static inline int fake_set_result(struct slipway_call *call, const char *text)
{
    struct fake_call *fake = fake_of(call);
    json_t *json = json_parse(text, strlen(text), SLIPWAY_RESULT_MAX, NULL);
    if (!json)
        return -1;
    json_decref(fake->result);
    fake->result = json;
    xreplace(&fake->result_text, text);
    return 0;
}

static inline int fake_set_handle(struct slipway_call *call, const char *handle)
{
    if (strlen(handle) > SLIPWAY_HANDLE_MAX)
        return -1;
    xreplace(&fake_of(call)->new_handle, handle);
    return 0;
}

static inline void fake_look_again_in(struct slipway_call *call, int64_t ms)
{
    fake_of(call)->look_again_ms = ms;
}

__attribute__((format(printf, 2, 3))) static inline void
fake_say(struct slipway_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fake_of(call)->said, FAKE_HOST_SENTENCE, format, args);
    va_end(args);
}

static inline void fake_progress(struct slipway_call *call, int percent, const char *text)
{
    struct fake_call *fake = fake_of(call);
    fake->progress_percent = percent;
    fake->progress_count++;
    (void)snprintf(fake->progress_text, sizeof fake->progress_text, "%s",
                   text ? text : "");
}

__attribute__((format(printf, 3, 4))) static inline void
fake_log(struct slipway_call *call, enum slipway_level level, const char *format, ...)
{
    struct fake_call *fake = fake_of(call);
    if (fake->log.length > FAKE_HOST_LOG_MAX)
        return;
    static const char *const names[] = {"debug", "info", "warning"};
    buf_addf(&fake->log, "%s: ", names[level]);
    va_list args;
    va_start(args, format);
    buf_addv(&fake->log, format, args);
    va_end(args);
    buf_addc(&fake->log, '\n');
}

/* Borrowed for ever. */
static inline const struct slipway_host *fake_host(void)
{
    static const struct slipway_host host = {
        .size = sizeof host,
        .abi = SLIPWAY_ABI,
        .now_ms = fake_now_ms,
        .remaining_ms = fake_remaining_ms,
        .canceled = fake_canceled,
        .wait_fd = fake_wait_fd,
        .secret = fake_secret,
        .secret_free = fake_secret_free,
        .set_result = fake_set_result,
        .set_handle = fake_set_handle,
        .look_again_in = fake_look_again_in,
        .say = fake_say,
        .progress = fake_progress,
        .log = fake_log,
    };
    return &host;
}

/* NULL if the plugin has no such operation. */
static inline const struct slipway_operation *
fake_operation(const struct slipway_plugin *plugin, const char *name)
{
    for (size_t i = 0; i < plugin->operation_count; i++)
        if (strcmp(plugin->operations[i].name, name) == 0)
            return &plugin->operations[i];
    return NULL;
}

/* Copies `with` and `target`; the class is what the plan would have pinned:
   classify(with) if the operation has it, else its own. */
static inline void fake_call_init(struct fake_call *fake,
                                  const struct slipway_plugin *plugin, void *state,
                                  const char *operation, const char *with,
                                  const char *target)
{
    *fake = (struct fake_call){.plugin = plugin, .timeout_ms = FAKE_HOST_TIMEOUT_MS};
    fake->operation = fake_operation(plugin, operation);
    fake->with = xstrdup(with ? with : "{}");
    fake->target = xstrdup(target ? target : "{}");
    fake->key = xstrdup(FAKE_HOST_DEFAULT_KEY);
    fake->look_again_ms = -1;
    fake->progress_percent = -1;
    sha256_chain(operation, fake->with, strlen(fake->with), fake->fingerprint);
    const struct slipway_operation *found = fake->operation;
    fake->call = (struct slipway_call){
        .size = sizeof fake->call,
        .host = fake_host(),
        .state = state,
        .operation = operation,
        .key = fake->key,
        .fingerprint = fake->fingerprint,
        .with = fake->with,
        .target = fake->target,
        .repeat = !found            ? SLIPWAY_OPAQUE
                  : found->classify ? found->classify(fake->with)
                                    : found->repeat,
        .private_data = fake,
    };
}

static inline void fake_call_key(struct fake_call *fake, const char *key)
{
    xreplace(&fake->key, key);
    fake->call.key = fake->key;
}

/* As after a crash before the handle was committed. */
static inline void fake_forget_handle(struct fake_call *fake)
{
    xreplace(&fake->handle, NULL);
    fake->call.handle = NULL;
}

static inline void fake_before(struct fake_call *fake)
{
    json_decref(fake->result);
    fake->result = NULL;
    xreplace(&fake->result_text, NULL);
    fake->said[0] = '\0';
    fake->progress_text[0] = '\0';
    fake->progress_percent = -1;
    fake->progress_count = 0;
    fake->look_again_ms = -1;
    fake->call.handle = fake->handle;
    fake->call.private_data = fake;
    fake->call.deadline_ms = fake_now_ms() + fake->timeout_ms;
    fake_running = fake;
}

static inline void fake_after(struct fake_call *fake)
{
    fake_running = NULL;
    if (!fake->new_handle)
        return;
    free(fake->handle);
    fake->handle = steal_ptr(&fake->new_handle);
    fake->call.handle = fake->handle;
}

static inline enum slipway_outcome fake_start(struct fake_call *fake)
{
    fake_before(fake);
    enum slipway_outcome outcome = fake->operation->start(&fake->call);
    fake_after(fake);
    return outcome;
}

static inline enum slipway_outcome fake_poll(struct fake_call *fake)
{
    fake_before(fake);
    enum slipway_outcome outcome = fake->operation->poll(&fake->call);
    fake_after(fake);
    return outcome;
}

static inline enum slipway_probe fake_probe(struct fake_call *fake)
{
    fake_before(fake);
    enum slipway_probe found = fake->operation->probe(&fake->call);
    fake_after(fake);
    return found;
}

/* Start, then poll every `step_ms` until it is no longer PENDING or `limit_ms`
   are over; gives the last outcome. A busy machine drops connections: what was not begun
   for that (RETRY) is begun again, as the engine would. */
static inline enum slipway_outcome fake_run_to_end(struct fake_call *fake, int step_ms,
                                                   int64_t limit_ms)
{
    int64_t until = fake_now_ms() + limit_ms;
    enum slipway_outcome outcome = fake_start(fake);
    while ((outcome == SLIPWAY_PENDING || outcome == SLIPWAY_RETRY) &&
           fake_now_ms() < until) {
        struct timespec pause = {.tv_sec = step_ms / 1000,
                                 .tv_nsec = (long)(step_ms % 1000) * 1000000L};
        (void)nanosleep(&pause, NULL);
        outcome = outcome == SLIPWAY_RETRY && !fake->handle ? fake_start(fake)
                                                            : fake_poll(fake);
    }
    return outcome;
}

static inline void fake_call_free(struct fake_call *fake)
{
    json_decref(fake->result);
    free(fake->result_text);
    free(fake->handle);
    free(fake->new_handle);
    free(fake->with);
    free(fake->target);
    free(fake->key);
    buf_free(&fake->log);
    *fake = (struct fake_call){0};
}

#define auto_fake_call __attribute__((cleanup(fake_call_free)))

#endif
