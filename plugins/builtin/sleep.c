/*
 * sleep.c - wait for a while, across restarts.
 *
 * The handle is the instant at which the sleep ends, on the wall clock: a
 * process that is killed and resumed does not begin the sleep again, and one
 * that was away for longer finds it over. No thread waits. A clock that was set
 * back cannot make the sleep longer than it was asked to be from now on. An
 * unreadable handle is not ours: FAILED, because nothing can be lost by it.
 */
#include "builtin/builtin_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

static const char PREFIX[] = "until:";

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int read_length(const char *with, int64_t *out_ms, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    const json_t *length = json_object_get(json, "for");
    if (!json)
        return -1;
    if (!json_is_integer(length) || json_integer_value(length) < 0 ||
        json_integer_value(length) > DURATION_MAX_MS)
        return slipway_error_set(err, -1, "for must be a duration of at most 366 days");
    *out_ms = json_integer_value(length);
    return 0;
}

/* A template is filled in later, and checked when it runs. */
int sleep_check(const char *with, struct slipway_error *err)
{
    int64_t ignored;
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *text = json_text(json, "for");
    if (text && strstr(text, "${"))
        return 0;
    return read_length(with, &ignored, err);
}

static int read_handle(const char *handle, int64_t *until_ms)
{
    char *end = NULL;
    if (!handle || strncmp(handle, PREFIX, sizeof PREFIX - 1) != 0)
        return -1;
    *until_ms = strtoll(handle + sizeof PREFIX - 1, &end, 10);
    return end == handle + sizeof PREFIX - 1 || *end ? -1 : 0;
}

static void give_result(struct slipway_call *call, int64_t until_ms)
{
    char iso[32];
    auto_free char *text =
        xasprintf("{\"until\":\"%s\"}", time_iso(until_ms, iso, sizeof iso));
    (void)call->host->set_result(call, text);
}

/* DONE once the instant is over, else when to look again. */
static enum slipway_outcome look(struct slipway_call *call, int64_t until_ms,
                                 int64_t length_ms)
{
    char iso[32];
    int64_t left_ms = until_ms - wall_ms();
    left_ms = left_ms < length_ms ? left_ms : length_ms;
    if (left_ms <= 0) {
        give_result(call, until_ms);
        return SLIPWAY_DONE;
    }
    call->host->look_again_in(call, left_ms);
    call->host->say(call, "sleeping until %s", time_iso(until_ms, iso, sizeof iso));
    return SLIPWAY_PENDING;
}

enum slipway_outcome sleep_start(struct slipway_call *call)
{
    struct slipway_error err = {""};
    int64_t length_ms;
    if (read_length(call->with, &length_ms, &err)) {
        call->host->say(call, "%s", err.text);
        return SLIPWAY_REFUSED;
    }
    int64_t until_ms = wall_ms() + length_ms;
    auto_free char *handle = xasprintf("%s%lld", PREFIX, (long long)until_ms);
    if (call->host->set_handle(call, handle))
        return SLIPWAY_RETRY;
    return look(call, until_ms, length_ms);
}

enum slipway_outcome sleep_poll(struct slipway_call *call)
{
    int64_t until_ms, length_ms;
    if (read_handle(call->handle, &until_ms) ||
        read_length(call->with, &length_ms, NULL)) {
        call->host->say(call, "the handle of this sleep cannot be read; retry the step");
        return SLIPWAY_FAILED;
    }
    return look(call, until_ms, length_ms);
}

enum slipway_probe sleep_probe(struct slipway_call *call)
{
    int64_t until_ms;
    if (read_handle(call->handle, &until_ms))
        return SLIPWAY_PROBE_NOT_STARTED; /* nothing outside of us remembers it */
    if (until_ms <= wall_ms()) {
        give_result(call, until_ms);
        return SLIPWAY_PROBE_DONE;
    }
    return call->host->set_handle(call, call->handle) ? SLIPWAY_PROBE_UNKNOWN
                                                      : SLIPWAY_PROBE_RUNNING;
}
