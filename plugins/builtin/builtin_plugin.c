/*
 * builtin_plugin.c - the plugin's table. It keeps no state: what a wait needs to
 * survive a restart is in its handle.
 */
#include "builtin/builtin_plugin.h"

#include "builtin/builtin_internal.h"
#include "util/auto.h"

static const struct slipway_option SLEEP_OPTIONS[] = {
    {.name = "for", .type = SLIPWAY_DURATION, .required = true, .help = "how long"},
    {.name = NULL},
};

static const struct slipway_option ASSERT_OPTIONS[] = {
    {.name = "value", .type = SLIPWAY_ANY, .help = "becomes the result, for `expect`"},
    {.name = NULL},
};

static const struct slipway_option GATE_OPTIONS[] = {
    {.name = "message", .type = SLIPWAY_STRING, .help = "what the operator should check"},
    {.name = NULL},
};

static const struct slipway_operation OPERATIONS[] = {
    {.name = "sleep",
     .summary = "wait for a while; a restart does not begin again",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = SLEEP_OPTIONS,
     .start = sleep_start,
     .poll = sleep_poll,
     .probe = sleep_probe,
     .check = sleep_check},
    {.name = "assert",
     .summary = "give a value to the step's expect",
     .repeat = SLIPWAY_READ,
     .options = ASSERT_OPTIONS,
     .start = assert_start},
    {.name = "gate",
     .summary = "wait until an operator approves",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = GATE_OPTIONS,
     .start = gate_start,
     .poll = gate_poll,
     .probe = gate_probe},
};

const struct slipway_plugin *builtin_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "builtin",
        .version = SLIPWAY_VERSION,
        .summary = "steps that need no appliance",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
    };
    return &plugin;
}
