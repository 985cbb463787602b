/*
 * host.c - the services behind struct slipway_host.
 *
 * Everything a plugin says passes through here on its way out, and here it is
 * capped, redacted and sanitised; what a plugin asks to wait for is bounded by
 * the call's deadline and ends when the call is cancelled. A service that is
 * misused refuses and remembers it, so that the runner can name the plugin.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "exec/call.h"
#include "exec/secret.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/descriptors.h"
#include "util/json.h"
#include "util/redact.h"
#include "util/text.h"
#include "util/xalloc.h"

#define PROGRESS_EVERY_MS 500 /* between two that reach the operator */

struct call *call_of(const struct slipway_call *plugin)
{
    return plugin ? plugin->private_data : NULL;
}

static int remaining_ms(const struct slipway_call *plugin)
{
    const struct call *call = call_of(plugin);
    int64_t left = call ? call->deadline_ms - exec_now_ms() : 0;
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static bool canceled(const struct slipway_call *plugin)
{
    struct call *call = call_of(plugin);
    return call && atomic_load(&call->canceled);
}

static int wait_fd(struct slipway_call *plugin, int fd, short events, int timeout_ms)
{
    struct call *call = call_of(plugin);
    if (!call)
        return -1;
    int64_t until = exec_now_ms() + (timeout_ms < 0 ? INT32_MAX : timeout_ms);
    until = until < call->deadline_ms ? until : call->deadline_ms;
    for (;;) {
        int64_t left = until - exec_now_ms();
        struct pollfd fds[] = {{.fd = fd, .events = events},
                               {.fd = call->cancel_fd, .events = POLLIN}};
        if (atomic_load(&call->canceled))
            return -1;
        int ready = poll(fds, 2, left < 0 ? 0 : (int)left);
        if (ready < 0 && errno != EINTR)
            return POLLERR;
        if (fds[1].revents && atomic_load(&call->canceled))
            return -1;
        if (ready > 0 && fds[0].revents)
            return fds[0].revents;
        if (left <= 0)
            return 0;
    }
}

static int secret(struct slipway_call *plugin, const char *reference,
                  struct slipway_secret *out, struct slipway_error *err)
{
    struct call *call = call_of(plugin);
    if (!call)
        return slipway_error_set(err, -1, "secrets are given to calls only");
    const struct secret_source source = {call->credentials_dir, plugin};
    struct slipway_secret found = {0};
    errno = 0;
    if (secret_resolve(reference, &source, &found, err)) {
        call->starved = descriptors_short(errno);
        return -1;
    }
    if (redact_add(found.bytes, found.length)) {
        secret_free(&found);
        return slipway_error_set(err, -1,
                                 "more than %u different secrets in one process; "
                                 "split the campaign",
                                 REDACT_SECRETS_MAX);
    }
    *out = found;
    return 0;
}

static int set_result(struct slipway_call *plugin, const char *text)
{
    struct call *call = call_of(plugin);
    if (!call || !text)
        return -1;
    struct slipway_error err;
    size_t length = strlen(text);
    auto_json json_t *json = text_is_utf8(text, length)
                                 ? json_parse(text, length, SLIPWAY_RESULT_MAX, &err)
                                 : NULL;
    if (!json) {
        call->misused = true;
        return -1;
    }
    free(call->result);
    call->result = json_canonical(json);
    return 0;
}

static int set_handle(struct slipway_call *plugin, const char *handle)
{
    struct call *call = call_of(plugin);
    if (!call || !handle)
        return -1;
    size_t length = strlen(handle);
    /* a handle is committed: one that carries a password would be stored */
    if (!length || length > SLIPWAY_HANDLE_MAX || !text_is_utf8(handle, length) ||
        redact_finds(handle, length)) {
        call->misused = true;
        return -1;
    }
    xreplace(&call->handle, handle);
    return 0;
}

static void look_again_in(struct slipway_call *plugin, int64_t ms)
{
    struct call *call = call_of(plugin);
    if (call)
        call->look_again_ms = ms < EXEC_LOOK_AGAIN_MIN_MS   ? EXEC_LOOK_AGAIN_MIN_MS
                              : ms > EXEC_LOOK_AGAIN_MAX_MS ? EXEC_LOOK_AGAIN_MAX_MS
                                                            : ms;
}

__attribute__((format(printf, 2, 0))) static char *
clean_text(size_t max, const char *format, va_list args)
{
    auto_buf struct buf text = {0}, clean = {0};
    buf_addv(&text, format, args);
    redact_line(&clean, buf_text(&text), text.length, max);
    return buf_take(&clean);
}

/* Takes it. An empty one says nothing: whoever fails with it did not say why. */
static void set_sentence(struct call *call, char *sentence)
{
    free(call->sentence);
    call->sentence = *sentence ? steal_ptr(&sentence) : NULL;
    free(sentence);
}

__attribute__((format(printf, 2, 3))) static void say(struct slipway_call *plugin,
                                                      const char *format, ...)
{
    struct call *call = call_of(plugin);
    if (!call)
        return;
    va_list args;
    va_start(args, format);
    set_sentence(call, clean_text(EXEC_SENTENCE_MAX, format, args));
    va_end(args);
}

void call_say(struct call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_sentence(call, clean_text(EXEC_SENTENCE_MAX, format, args));
    va_end(args);
}

__attribute__((format(printf, 1, 2))) static char *clean_words(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *words = clean_text(EXEC_PROGRESS_MAX - 4, format, args);
    va_end(args);
    return words;
}

static void progress(struct slipway_call *plugin, int percent, const char *text)
{
    struct call *call = call_of(plugin);
    int64_t now = exec_now_ms();
    if (!call || !call->on_progress ||
        (call->progress_ms && percent < 100 &&
         now - call->progress_ms < PROGRESS_EVERY_MS))
        return;
    call->progress_ms = now;
    auto_free char *words = clean_words("%s", text ? text : "");
    call->on_progress(call, percent < -1 ? -1 : percent > 100 ? 100 : percent, words);
}

__attribute__((format(printf, 3, 4))) static void log_service(struct slipway_call *plugin,
                                                              enum slipway_level level,
                                                              const char *format, ...)
{
    static const struct log fallback = {.fd = 2, .level = SLIPWAY_WARNING};
    struct call *call = call_of(plugin);
    va_list args;
    va_start(args, format);
    log_linev(call ? call->log : &fallback, level, call ? &call->request : NULL, format,
              args);
    va_end(args);
}

void call_free(struct call *call)
{
    exec_request_free(&call->request);
    free(call->result);
    free(call->handle);
    free(call->sentence);
    call->result = call->handle = call->sentence = NULL;
}

const struct slipway_host host_services = {
    .size = sizeof host_services,
    .abi = SLIPWAY_ABI,
    .now_ms = exec_now_ms,
    .remaining_ms = remaining_ms,
    .canceled = canceled,
    .wait_fd = wait_fd,
    .secret = secret,
    .secret_free = secret_free,
    .set_result = set_result,
    .set_handle = set_handle,
    .look_again_in = look_again_in,
    .say = say,
    .progress = progress,
    .log = log_service,
};
