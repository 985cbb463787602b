/*
 * vcsa_cli_plugin.c - the plugin's table. Its state is that of plugins/ssh: sessions of its
 * own, kept and dropped by the same rules.
 */
#include "vcsa_cli/vcsa_cli_plugin.h"

#include "ssh/state.h"
#include "util/auto.h"
#include "vcsa_cli/operations.h"

#define VERSION_OPTION                                                                   \
    {                                                                                    \
        .name = "version", .type = SLIPWAY_STRING, .required = true,                     \
        .help = "appliance version, e.g. 6.5.0.24100; always named, never the latest"    \
    }
#define EVERY_OPTION                                                                     \
    {                                                                                    \
        .name = "every", .type = SLIPWAY_DURATION, .fallback = "\"10s\"",                \
        .help = "time between two looks"                                                 \
    }
#define END                                                                              \
    {                                                                                    \
        .name = NULL                                                                     \
    }

static const struct slipway_option NONE[] = {END};
static const struct slipway_option SHELL_OPTIONS[] = {
    {.name = "login",
     .type = SLIPWAY_STRING,
     .help = "bash or appliancesh: the login shell of ssh.user"},
    {.name = "bash",
     .type = SLIPWAY_BOOLEAN,
     .help = "bash on or off for appliancesh (`shell`); the appliance turns it off again "
             "after its own time"},
    {.name = "restore",
     .type = SLIPWAY_ANY,
     .help = "result of vcsa-cli.shell_state or vcsa-cli.shell: put back what was"},
    END,
};
static const struct slipway_option UNSTAGE_OPTIONS[] = {
    {.name = "keep", .type = SLIPWAY_STRING, .help = "a version that may stay staged"},
    END,
};
static const struct slipway_option STAGE_OPTIONS[] = {
    VERSION_OPTION,
    {.name = "from",
     .type = SLIPWAY_STRING,
     .fallback = "\"iso\"",
     .help = "iso (the image in the CD-ROM) or url (a repository)"},
    {.name = "url",
     .type = SLIPWAY_STRING,
     .help = "repository, if not the configured one"},
    {.name = "url_secret",
     .type = SLIPWAY_SECRET,
     .help = "the same, if the URL holds a download token"},
    EVERY_OPTION,
    END,
};
static const struct slipway_option VALIDATE_OPTIONS[] = {VERSION_OPTION, EVERY_OPTION,
                                                         END};
static const struct slipway_option INSTALL_OPTIONS[] = {
    VERSION_OPTION,
    {.name = "sso_password",
     .type = SLIPWAY_SECRET,
     .help =
         "of the SSO administrator, where the installation asks for it (7.0); goes to "
         "its standard input"},
    EVERY_OPTION,
    END,
};
static const struct slipway_option SERVICES_OPTIONS[] = {
    {.name = "baseline",
     .type = SLIPWAY_ANY,
     .help = "result of an earlier vcsa-cli.services: what ran then must run now"},
    END,
};
static const struct slipway_option STORAGE_OPTIONS[] = {
    {.name = "data_percent",
     .type = SLIPWAY_INTEGER,
     .fallback = "80",
     .help = "from here on a file system is in `over`"},
    {.name = "root_percent",
     .type = SLIPWAY_INTEGER,
     .fallback = "85",
     .help = "the same for /"},
    END,
};
static const struct slipway_option REPLICATION_OPTIONS[] = {
    {.name = "sso_password",
     .type = SLIPWAY_SECRET,
     .help = "of the SSO administrator; goes to standard input, never into an argument; "
             "by default that of rest.login, if that is administrator@..."},
    {.name = "user",
     .type = SLIPWAY_STRING,
     .fallback = "\"administrator\"",
     .help = "the administrator, without domain"},
    END,
};
static const struct slipway_option LOGS_OPTIONS[] = {
    {.name = "bytes",
     .type = SLIPWAY_INTEGER,
     .fallback = "12288",
     .help = "of the end of each file; all together are at most 64 KiB"},
    END,
};
static const struct slipway_option REBOOT_OPTIONS[] = {
    {.name = "delay",
     .type = SLIPWAY_DURATION,
     .fallback = "\"2s\"",
     .help = "between the order and the command"},
    {.name = "timeout",
     .type = SLIPWAY_DURATION,
     .help = "failed if it still answers on its old boot after this time"},
    END,
};

#define READS(name_, summary_, options_, start_)                                         \
    {                                                                                    \
        .name = name_, .summary = summary_, .repeat = SLIPWAY_READ, .options = options_, \
        .start = start_, .needs = "ssh"                                                  \
    }
#define WORKS(name_, summary_, options_, start_, check_)                                 \
    {                                                                                    \
        .name = name_, .summary = summary_, .repeat = SLIPWAY_RECONCILABLE,              \
        .options = options_, .start = start_, .poll = cli_work_poll,                     \
        .probe = cli_work_probe, .check = check_, .needs = "ssh"                         \
    }

static const struct slipway_operation OPERATIONS[] = {
    READS("version", "read the installed version, and vpxd's own word", NONE,
          cli_version),
    READS("update_state", "what the update service believes, against what is installed",
          NONE, cli_update_state),
    READS("shell_state", "the login shell, and whether bash is on", NONE,
          cli_shell_state),
    {.name = "shell",
     .summary = "login shell to bash or back, bash on or off",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = SHELL_OPTIONS,
     .start = cli_shell_start,
     .check = cli_shell_check,
     .needs = "ssh"},
    READS("staged", "which patch is staged, and over what it can be installed", NONE,
          cli_staged),
    {.name = "unstage",
     .summary = "remove staged packages",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = UNSTAGE_OPTIONS,
     .start = cli_unstage_start,
     .needs = "ssh"},
    WORKS("stage", "bring a patch's packages to the appliance", STAGE_OPTIONS,
          cli_stage_start, cli_stage_check),
    WORKS("validate", "let the appliance judge what is staged", VALIDATE_OPTIONS,
          cli_validate_start, cli_version_check),
    WORKS("install", "install what is staged; a reboot is needed afterwards",
          INSTALL_OPTIONS, cli_install_start, cli_version_check),
    {.name = "reboot",
     .summary = "shutdown reboot -r, proven by a new boot id",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = REBOOT_OPTIONS,
     .start = cli_reboot_start,
     .poll = cli_reboot_poll,
     .probe = cli_reboot_probe,
     .needs = "ssh"},
    READS("services", "which services run", SERVICES_OPTIONS, cli_services),
    READS("password_expiry", "when the root password ends", NONE, cli_password_expiry),
    READS("storage", "how full the file systems are", STORAGE_OPTIONS, cli_storage),
    READS("certificates", "when the certificates in VECS end", NONE, cli_certificates),
    READS("replication", "linked vCenters and their lag, by vdcrepadmin",
          REPLICATION_OPTIONS, cli_replication),
    READS("time", "clock skew", NONE, cli_time),
    {.name = "logs",
     .summary = "the ends of the update's logs, for a human",
     .repeat = SLIPWAY_READ,
     .options = LOGS_OPTIONS,
     .start = cli_logs}, /* needs no ssh part: without one it keeps nothing */
};

const struct slipway_plugin *vcsa_cli_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "vcsa-cli",
        .version = SLIPWAY_VERSION,
        .summary = "vCenter Server Appliances over SSH, through appliancesh and bash",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
        .open = ssh_state_open,
        .close = ssh_state_close,
        .tidy = ssh_state_tidy,
        .examine = ssh_state_examine,
    };
    return &plugin;
}
