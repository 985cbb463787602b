/*
 * gate.c - wait for an operator.
 *
 * A gate is opened by a committed command, never by this code: the engine
 * settles the step when the operator approves it (and `timeout:` of the step
 * ends the wait). So a look always answers PENDING, rarely, and only repeats
 * what is being waited for. It cannot fail.
 */
#include "builtin/builtin_internal.h"

#include <string.h>

#include "builtin/builtin_plugin.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"

#define LOOK_AGAIN_MS (3600LL * 1000)

enum slipway_outcome gate_poll(struct slipway_call *call)
{
    char clean[400];
    auto_json json_t *with =
        json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, NULL);
    const char *message = json_text(with, "message");
    call->host->look_again_in(call, LOOK_AGAIN_MS);
    call->host->say(call, "waiting for an operator's approval%s%s", message ? ": " : "",
                    message ? text_clean(message, clean, sizeof clean) : "");
    return SLIPWAY_PENDING;
}

enum slipway_outcome gate_start(struct slipway_call *call)
{
    if (call->host->set_handle(call, BUILTIN_GATE_HANDLE))
        return SLIPWAY_RETRY;
    return gate_poll(call);
}

/* Opening a gate has no effect outside, so adopting it is always right. */
enum slipway_probe gate_probe(struct slipway_call *call)
{
    return call->host->set_handle(call, BUILTIN_GATE_HANDLE) ? SLIPWAY_PROBE_UNKNOWN
                                                             : SLIPWAY_PROBE_RUNNING;
}
