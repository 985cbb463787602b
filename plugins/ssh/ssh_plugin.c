/*
 * ssh_plugin.c - the table of the `ssh` plugin, and its state.
 *
 * libssh2_init() is not safe against itself, so open() calls it, once and before
 * any thread uses the plugin.
 */
#include "ssh/ssh_plugin.h"

#include <stdlib.h>

#include "ssh/connection.h"
#include "ssh/limits.h"
#include "ssh/operations.h"
#include "util/auto.h"
#include "util/xalloc.h"

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

static int open_plugin(const struct slipway_host *host, void **state,
                       struct slipway_error *err)
{
    (void)host;
    if (libssh2_init(0) != 0)
        return slipway_error_set(err, -1, "libssh2 cannot be initialised");
    struct ssh_state *made = xcalloc(1, sizeof *made);
    pool_init(&made->pool);
    gate_init(&made->handshakes, SSH_HANDSHAKES_AT_ONCE);
    silence_init(&made->silence);
    *state = made;
    return 0;
}

static void close_plugin(void *state)
{
    struct ssh_state *made = state;
    if (!made)
        return;
    pool_destroy(&made->pool);
    gate_destroy(&made->handshakes);
    silence_destroy(&made->silence);
    free(made);
    libssh2_exit();
}

static void tidy_plugin(void *state, int64_t now_ms)
{
    pool_tidy(&((struct ssh_state *)state)->pool, now_ms);
}

/* Older ones sign with RSA keys only by SHA-1, which servers of today refuse. */
#define LIBSSH2_SIGNS_RSA_SHA2 0x010b01

static void examine(slipway_find_fn find, void *data)
{
    char what[80];
    (void)snprintf(what, sizeof what, "libssh2 %s", libssh2_version(0));
    if (libssh2_version(LIBSSH2_SIGNS_RSA_SHA2))
        find(data, SLIPWAY_SOUND, what, "fine");
    else
        find(data, SLIPWAY_DOUBT, what,
             "signs with RSA keys only by SHA-1, which servers of today refuse; use "
             "ed25519 or ecdsa keys");
}

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
        .open = open_plugin,
        .close = close_plugin,
        .tidy = tidy_plugin,
        .examine = examine,
    };
    return &plugin;
}
