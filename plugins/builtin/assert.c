/*
 * assert.c - hands its `value` to the step's `expect`, which judges it. Reads
 * nothing from outside; fails only if the value is too large for a result.
 */
#include "builtin/builtin_internal.h"

#include <string.h>

#include "util/auto.h"
#include "util/json.h"

enum slipway_outcome assert_start(struct slipway_call *call)
{
    auto_json json_t *with =
        json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, NULL);
    const json_t *value = json_object_get(with, "value");
    auto_free char *text = value ? json_canonical(value) : NULL;
    if (!call->host->set_result(call, text ? text : "null"))
        return SLIPWAY_DONE;
    call->host->say(call, "value is larger than a result may be (256 KiB)");
    return SLIPWAY_FAILED;
}
