/*
 * ssh_plugin.c - the table of the `ssh` plugin.
 */
#include "ssh/ssh_plugin.h"

#include "ssh/operations.h"
#include "ssh/state.h"
#include "util/auto.h"

static const struct slipway_option run_options[] = {
    {"argv", SLIPWAY_LIST, true, NULL,
     "the command and its arguments; each reaches it as it is, no shell features"},
    {"stdin", SLIPWAY_STRING, false, NULL, "text for its standard input (at most 1 MiB)"},
    {"timeout", SLIPWAY_DURATION, false, NULL, "give up waiting after this time"},
    {"expect_status", SLIPWAY_ANY, false, "[0]",
     "list of exit statuses that are success"},
    {0},
};

static const struct slipway_option job_options[] = {
    {"script", SLIPWAY_FILE, false, NULL, "local script to run there (at most 1 MiB)"},
    {"argv", SLIPWAY_LIST, false, NULL, "or: a command that is there already"},
    {"env", SLIPWAY_OBJECT, false, NULL, "environment variables"},
    {"secret_env", SLIPWAY_OBJECT, false, NULL,
     "environment variables from secret references; never in an argument"},
    {"timeout", SLIPWAY_DURATION, false, NULL,
     "the appliance itself ends the job after this time (rc 124)"},
    {"verify", SLIPWAY_OBJECT, false, NULL,
     "{argv: [...]}: decides by status 0 or not what an interrupted job came to"},
    {0},
};

static const struct slipway_option upload_options[] = {
    {"file", SLIPWAY_FILE, true, NULL, "local file"},
    {"to", SLIPWAY_STRING, true, NULL, "absolute path of the file on the appliance"},
    {"mode", SLIPWAY_STRING, false, NULL,
     "octal mode in quotes, \"0644\" for a new file"},
    {0},
};

static const struct slipway_option reboot_options[] = {
    {"delay", SLIPWAY_DURATION, false, "\"2s\"", "between the order and the command"},
    {"timeout", SLIPWAY_DURATION, false, NULL,
     "failed if it still answers on its old boot after this time"},
    {"command", SLIPWAY_LIST, false, "[\"systemctl\",\"reboot\"]", "what reboots it"},
    {0},
};

static const struct slipway_option no_options[] = {{0}};

static const struct slipway_operation operations[] = {
    {
        .name = "run",
        .summary = "run a short command and give its output",
        .repeat = SLIPWAY_READ,
        .options = run_options,
        .start = run_start,
        .classify = run_classify,
        .check = run_check,
        .needs = "ssh",
    },
    {
        .name = "job",
        .summary = "run a script or command as a detached job that survives everything "
                   "but a reboot",
        .repeat = SLIPWAY_RECONCILABLE,
        .options = job_options,
        .start = job_start,
        .poll = job_poll,
        .probe = job_probe,
        .check = job_check,
        .needs = "ssh",
    },
    {
        .name = "upload",
        .summary = "put a local file on the appliance, whole and durable",
        .repeat = SLIPWAY_IDEMPOTENT,
        .options = upload_options,
        .start = upload_start,
        .poll = upload_poll,
        .check = upload_check,
        .needs = "ssh",
    },
    {
        .name = "reboot",
        .summary = "reboot the appliance and wait for its new boot id",
        .repeat = SLIPWAY_RECONCILABLE,
        .options = reboot_options,
        .start = reboot_start,
        .poll = reboot_poll,
        .probe = reboot_probe,
        .check = reboot_check,
        .needs = "ssh",
    },
    {
        .name = "facts",
        .summary = "boot id, uptime and kernel",
        .repeat = SLIPWAY_READ,
        .options = no_options,
        .start = facts_start,
        .needs = "ssh",
    },
};

const struct slipway_plugin *ssh_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "ssh",
        .version = SLIPWAY_VERSION,
        .summary = "commands, detached jobs, uploads and reboots over SSH",
        .operations = operations,
        .operation_count = ARRAY_LENGTH(operations),
        .open = ssh_state_open,
        .close = ssh_state_close,
        .tidy = ssh_state_tidy,
        .examine = ssh_state_examine,
    };
    return &plugin;
}
