/*
 * exec_plugin.c - the plugin's table. It keeps no state between calls.
 */
#include "exec/exec_plugin.h"

#include "exec/exec_job.h"
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

#define JOB_DIR                                                                          \
    {                                                                                    \
        .name = "job_dir", .type = SLIPWAY_STRING, .required = true,                     \
        .help =                                                                          \
            "folder of jobs on this machine, an absolute path; a job is found again "    \
            "only there",                                                                \
    }

static const struct slipway_option JOB_OPTIONS[] = {
    {.name = "argv",
     .type = SLIPWAY_LIST,
     .required = true,
     .help = "the program as an absolute path, then its arguments; {job} is its folder"},
    JOB_DIR,
    {.name = "env", .type = SLIPWAY_OBJECT, .help = "more environment variables"},
    {.name = "documents",
     .type = SLIPWAY_OBJECT,
     .help = "JSON files in its folder, destroyed at its end; a text may be \"@secret "
             "rest.login.password\", \"@target ...\" or \"@host ...\""},
    {.name = "ascii",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "refuse documents with other characters"},
    {.name = "exit",
     .type = SLIPWAY_STRING,
     .fallback = "\"zero\"",
     .help = "zero: every other exit status is a failure; any: none is"},
    {.name = "wait",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "true",
     .help = "false: done as soon as it runs; a later step looks at what it does"},
    {.name = NULL},
};

static const struct slipway_option STOP_OPTIONS[] = {
    {.name = "step",
     .type = SLIPWAY_STRING,
     .required = true,
     .help = "id of the step with exec.job, for this appliance"},
    JOB_DIR,
    {.name = "grace",
     .type = SLIPWAY_DURATION,
     .fallback = "\"10s\"",
     .help = "between SIGTERM and SIGKILL"},
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
    {.name = "job",
     .summary = "run a program on this machine, detached, once, and find it again",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = JOB_OPTIONS,
     .start = exec_job_start,
     .poll = exec_job_poll,
     .probe = exec_job_probe,
     .check = exec_job_check},
    {.name = "job_stop",
     .summary =
         "end what an earlier step of exec.job still runs, and destroy its documents",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = STOP_OPTIONS,
     .start = exec_job_stop_start,
     .poll = exec_job_stop_poll,
     .check = exec_job_stop_check},
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
