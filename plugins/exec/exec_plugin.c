/*
 * exec_plugin.c - the plugin's table. It keeps no state between calls.
 */
#include "exec/exec_plugin.h"

#include "exec/exec_run.h"
#include "util/auto.h"

static const struct slipway_option RUN_OPTIONS[] = {
    {.name = "argv",
     .type = SLIPWAY_LIST,
     .required = true,
     .help = "the program as an absolute path, then its arguments; no shell"},
    {.name = "input", .type = SLIPWAY_ANY, .help = "given to the program as `with`"},
    {.name = "env", .type = SLIPWAY_OBJECT, .help = "more environment variables"},
    {.name = "timeout",
     .type = SLIPWAY_DURATION,
     .help = "of each run; the step's own timeout also counts"},
    {.name = "output_max",
     .type = SLIPWAY_INTEGER,
     .fallback = "262144",
     .help = "bytes of standard output that are kept"},
    {.name = "probe",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "the program answers probes, so a step in doubt can be settled"},
    {.name = NULL},
};

static const struct slipway_operation OPERATIONS[] = {
    {.name = "run",
     .summary = "run a program on this machine",
     .repeat = SLIPWAY_OPAQUE,
     .options = RUN_OPTIONS,
     .start = exec_run_start,
     .poll = exec_run_poll,
     .probe = exec_run_probe,
     .classify = exec_run_class,
     .check = exec_run_check},
};

const struct slipway_plugin *exec_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "exec",
        .version = SLIPWAY_VERSION,
        .summary = "programs on this machine",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
    };
    return &plugin;
}
