/*
 * vcsa_plugin.c - the plugin's table: what it offers, and its state over the process
 * (connections and sessions). Opening fails only without libcurl.
 */
#include "vcsa/vcsa_plugin.h"

#include <stdlib.h>

#include "common/libraries.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"
#include "vsphere/vsphere_plugin.h"

#define VERSION_OPTION                                                                   \
    {                                                                                    \
        .name = "version", .type = SLIPWAY_STRING, .required = true,                     \
        .help = "appliance version, e.g. 8.0.3.00400; always named, never the latest"    \
    }
#define EVERY_OPTION                                                                     \
    {                                                                                    \
        .name = "every", .type = SLIPWAY_DURATION, .fallback = "\"10s\"",                \
        .help = "time between two looks"                                                 \
    }
#define ANSWER_OPTIONS                                                                   \
    {.name = "questions",                                                                \
     .type = SLIPWAY_ANY,                                                                \
     .help = "result.questions of vcsa.precheck: each must have an answer"},             \
        {.name = "answers",                                                              \
         .type = SLIPWAY_OBJECT,                                                         \
         .help = "data item to text, for questions that ask for no password"},           \
    {                                                                                    \
        .name = "sso_password", .type = SLIPWAY_SECRET,                                  \
        .help = "of the SSO administrator (vmdir.password); by default that of "         \
                "rest.login, if that is administrator@..."                               \
    }
#define BASELINE_OPTION                                                                  \
    {                                                                                    \
        .name = "baseline", .type = SLIPWAY_ANY,                                         \
        .help = "result of an earlier vcsa.services; without it every AUTOMATIC "        \
                "service must run"                                                       \
    }
#define END                                                                              \
    {                                                                                    \
        .name = NULL                                                                     \
    }

static const struct slipway_option NONE[] = {END};
static const struct slipway_option VERSION_OPTIONS[] = {
    {.name = "confirm",
     .type = SLIPWAY_STRING,
     .help = "sdk: ask vpxd too, by SOAP on port 443; a contradiction is a failure"},
    END,
};
static const struct slipway_option PENDING_OPTIONS[] = {
    {.name = "version",
     .type = SLIPWAY_STRING,
     .help = "the one that is wanted, e.g. 8.0.3.00400"},
    {.name = "source",
     .type = SLIPWAY_STRING,
     .fallback = "\"online\"",
     .help = "online (CD-ROM and repository), cdrom, or last_check"},
    {.name = "url",
     .type = SLIPWAY_STRING,
     .help = "repository, if not the configured one"},
    {.name = "url_secret",
     .type = SLIPWAY_SECRET,
     .help = "the same, if the URL holds a download token"},
    {.name = "require",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "true",
     .help = "false: a version that is not offered is no failure"},
    END,
};
static const struct slipway_option PRECHECK_OPTIONS[] = {
    VERSION_OPTION,
    {.name = "warnings",
     .type = SLIPWAY_STRING,
     .fallback = "\"report\"",
     .help = "report, or fail"},
    {.name = "allow",
     .type = SLIPWAY_LIST,
     .help = "ids of issues that do not stop the update"},
    END,
};
static const struct slipway_option VALIDATE_OPTIONS[] = {
    VERSION_OPTION,
    ANSWER_OPTIONS,
    {.name = "warnings",
     .type = SLIPWAY_STRING,
     .fallback = "\"report\"",
     .help = "report, or fail"},
    {.name = "allow",
     .type = SLIPWAY_LIST,
     .help = "ids of issues that do not stop the update"},
    END,
};
static const struct slipway_option STAGE_OPTIONS[] = {VERSION_OPTION, EVERY_OPTION, END};
static const struct slipway_option UNSTAGE_OPTIONS[] = {
    {.name = "keep", .type = SLIPWAY_STRING, .help = "a version that may stay staged"},
    END,
};
static const struct slipway_option INSTALL_OPTIONS[] = {
    VERSION_OPTION,
    ANSWER_OPTIONS,
    BASELINE_OPTION,
    EVERY_OPTION,
    {.name = "silence",
     .type = SLIPWAY_DURATION,
     .fallback = "\"30m\"",
     .help = "how long nobody may answer while services and machine restart"},
    {.name = "services_within",
     .type = SLIPWAY_DURATION,
     .fallback = "\"30m\"",
     .help = "how long services may take after the new version is read"},
    {.name = "old_within",
     .type = SLIPWAY_DURATION,
     .fallback = "\"10m\"",
     .help =
         "how long it may say that it is idle and has the old version, before that is "
         "believed: states flap, and are reset, while packages are installed"},
    END,
};
static const struct slipway_option SERVICES_OPTIONS[] = {BASELINE_OPTION, END};
static const struct slipway_option HEALTH_OPTIONS[] = {
    {.name = "not_before",
     .type = SLIPWAY_STRING,
     .help =
         "an instant, e.g. result.ended of vcsa.install: an older colour is not fresh"},
    {.name = "items",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "also load, memory, storage, swap, database and applmgmt"},
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
static const struct slipway_option BACKUP_OPTIONS[] = {
    {.name = "type",
     .type = SLIPWAY_STRING,
     .required = true,
     .help = "FTP, FTPS, HTTP, HTTPS, SCP, SFTP, NFS or SMB"},
    {.name = "location", .type = SLIPWAY_STRING, .required = true, .help = "where to"},
    {.name = "user", .type = SLIPWAY_STRING, .help = "of the backup server"},
    {.name = "password", .type = SLIPWAY_SECRET, .help = "of that user"},
    {.name = "encrypt",
     .type = SLIPWAY_SECRET,
     .help = "passphrase of the backup itself"},
    {.name = "parts",
     .type = SLIPWAY_LIST,
     .help = "optional parts, e.g. seat (statistics, events and tasks)"},
    EVERY_OPTION,
    END,
};
static const struct slipway_option REBOOT_OPTIONS[] = {
    {.name = "booted_after",
     .type = SLIPWAY_STRING,
     .help =
         "an instant, e.g. result.asked of vcsa.install: if it was booted since, nothing "
         "is done"},
    BASELINE_OPTION,
    EVERY_OPTION,
    {.name = "silence",
     .type = SLIPWAY_DURATION,
     .fallback = "\"20m\"",
     .help = "until it must be back, with its services"},
    END,
};
/* What it was before, to compare with. */
#define COMPARES(name_, help_)                                                           \
    static const struct slipway_option name_[] = {                                       \
        {.name = "baseline", .type = SLIPWAY_ANY, .help = help_}, END}
COMPARES(SETTINGS_OPTIONS, "result of an earlier vcsa.settings: what has changed since");
COMPARES(SCHEDULE_OPTIONS, "result of an earlier vcsa.backup_schedule: is it still so");
static const struct slipway_option NAMES_OPTIONS[] = {
    {.name = "from_here",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "true",
     .help = "look name and addresses up on this machine too"},
    END,
};
static const struct slipway_option REPOSITORY_OPTIONS[] = {
    {.name = "url", .type = SLIPWAY_STRING, .help = "where updates come from"},
    {.name = "url_secret",
     .type = SLIPWAY_SECRET,
     .help = "the same, if the URL holds a download token"},
    {.name = "vendor",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "back to the vendor's own repository"},
    {.name = "user", .type = SLIPWAY_STRING, .help = "of the repository"},
    {.name = "password", .type = SLIPWAY_SECRET, .help = "of that user"},
    {.name = "certificate_check",
     .type = SLIPWAY_BOOLEAN,
     .help = "must its certificate be good; as it was, if not given"},
    END,
};
COMPARES(INVENTORY_OPTIONS, "result of an earlier vcsa.inventory: what is missing since");
#define VCHA_OPTIONS                                                                     \
    {.name = "password",                                                                 \
     .type = SLIPWAY_SECRET,                                                             \
     .help = "of vc_spec.active_location: the vCenter that manages the nodes"},          \
        EVERY_OPTION, END
static const struct slipway_option UNDEPLOY_OPTIONS[] = {
    {.name = "delete_nodes",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "delete the other two machines too, if VCHA deployed them"},
    {.name = "spec", .type = SLIPWAY_FILE, .help = "JSON, an UndeploySpec: vc_spec, vms"},
    VCHA_OPTIONS};
static const struct slipway_option DEPLOY_OPTIONS[] = {
    {.name = "spec",
     .type = SLIPWAY_FILE,
     .required = true,
     .help = "JSON, a DeploySpec: deployment, active, passive, witness, vc_spec"},
    VCHA_OPTIONS};
COMPARES(EXTENSIONS_OPTIONS,
         "result of an earlier vcsa.extensions: what is missing or changed since");
static const struct slipway_option INTEROP_OPTIONS[] = {
    {.name = "version",
     .type = SLIPWAY_STRING,
     .required = true,
     .help = "that the vCenter is to get, e.g. 8.0.3.00400"},
    {.name = "extensions",
     .type = SLIPWAY_ANY,
     .required = true,
     .help = "result.extensions of an earlier vcsa.extensions"},
    END,
};
static const struct slipway_option LICENSE_OPTIONS[] = {
    {.name = "key",
     .type = SLIPWAY_SECRET,
     .help = "the key; without it the one that the plan took from a pool for this "
             "appliance, and none if no pool had one"},
    {.name = "product",
     .type = SLIPWAY_STRING,
     .fallback = "\"vcenter\"",
     .help = "vcenter, or esxi: all hosts of the key's major version"},
    {.name = "edition",
     .type = SLIPWAY_STRING,
     .help = "what the key's edition or name must hold, e.g. standard"},
    {.name = "replace",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "also where a licence that fits is assigned already"},
    END,
};
static const struct slipway_option ACCESS_OPTIONS[] = {
    {.name = "ssh", .type = SLIPWAY_BOOLEAN, .help = "SSH on or off"},
    {.name = "shell", .type = SLIPWAY_BOOLEAN, .help = "bash on or off"},
    {.name = "shell_for",
     .type = SLIPWAY_DURATION,
     .help = "how long bash stays on, at most a day"},
    {.name = "restore",
     .type = SLIPWAY_ANY,
     .help = "result of vcsa.access_state: put both back as they were"},
    END,
};

static const struct slipway_option DEPLOYMENT_OPTIONS[] = {
    {.name = "url",
     .type = SLIPWAY_STRING,
     .required = true,
     .help = "port 5480 of the temporary address, https://192.0.2.9:5480"},
    {.name = "tls",
     .type = SLIPWAY_OBJECT,
     .help = "{pin}, {ca: FILE} or {pin_file: FILE that gets a pin later}, absolute; by "
             "default that of rest.vami"},
    {.name = "user", .type = SLIPWAY_STRING, .fallback = "\"root\"", .help = "there"},
    {.name = "password",
     .type = SLIPWAY_SECRET,
     .help = "of that user; by default that of rest.vami"},
    {.name = "wait",
     .type = SLIPWAY_BOOLEAN,
     .fallback = "false",
     .help = "until it is CONFIGURED or has FAILED"},
    {.name = "version",
     .type = SLIPWAY_STRING,
     .help =
         "that it will have: how it is told from the old one once it has its address"},
    {.name = "installer",
     .type = SLIPWAY_STRING,
     .help = "result.folder of the installer's exec.job: if that ends before the new "
             "appliance was seen, nobody will come"},
    {.name = "silence",
     .type = SLIPWAY_DURATION,
     .fallback = "\"45m\"",
     .help = "how long nobody may answer"},
    EVERY_OPTION,
    END,
};

#define READS(name_, summary_, options_, start_, check_)                                 \
    {                                                                                    \
        .name = name_, .summary = summary_, .repeat = SLIPWAY_READ, .options = options_, \
        .start = start_, .check = check_, .needs = "rest"                                \
    }

static const struct slipway_operation OPERATIONS[] = {
    READS("version", "read the installed version", VERSION_OPTIONS, vcsa_op_version,
          NULL),
    READS("about", "what vpxd says of itself, by SOAP and without a login", NONE,
          vcsa_op_about, NULL),
    READS("update_state", "what the update service is doing", NONE, vcsa_op_update_state,
          NULL),
    READS("pending", "which updates are offered", PENDING_OPTIONS, vcsa_op_pending,
          vcsa_version_check),
    READS("precheck", "let the appliance judge an update", PRECHECK_OPTIONS,
          vcsa_op_precheck, vcsa_version_check),
    READS("validate", "let the appliance judge the answers", VALIDATE_OPTIONS,
          vcsa_op_validate, vcsa_version_check),
    {.name = "unstage",
     .summary = "remove staged packages",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = UNSTAGE_OPTIONS,
     .start = vcsa_unstage_start,
     .needs = "rest"},
    {.name = "stage",
     .summary = "bring an update's packages to the appliance",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = STAGE_OPTIONS,
     .start = vcsa_stage_start,
     .poll = vcsa_stage_poll,
     .check = vcsa_version_check,
     .needs = "rest"},
    {.name = "install",
     .summary = "install what is staged, and wait for version and services",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = INSTALL_OPTIONS,
     .start = vcsa_install_start,
     .poll = vcsa_install_poll,
     .probe = vcsa_install_probe,
     .check = vcsa_version_check,
     .needs = "rest"},
    READS("evidence", "what it tells of itself after a failure, for a human", NONE,
          vcsa_op_evidence, NULL),
    READS("services", "which services run", SERVICES_OPTIONS, vcsa_op_services, NULL),
    READS("health", "the health colours and their age", HEALTH_OPTIONS, vcsa_op_health,
          NULL),
    READS("storage", "how full the file systems are", STORAGE_OPTIONS, vcsa_op_storage,
          NULL),
    READS("password_expiry", "when the root password ends", NONE, vcsa_op_password_expiry,
          NULL),
    READS("certificates", "when TLS and STS certificates end", NONE, vcsa_op_certificates,
          NULL),
    READS("time", "clock skew and time servers", NONE, vcsa_op_time, NULL),
    READS("replication", "linked vCenters and their lag", NONE, vcsa_op_replication,
          NULL),
    READS("vcha", "is it a high-availability cluster", NONE, vcsa_op_vcha, NULL),
    {.name = "vcha_undeploy",
     .summary = "take a high-availability cluster down; the active node goes on alone",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = UNDEPLOY_OPTIONS,
     .start = vcsa_vcha_undeploy_start,
     .poll = vcsa_vcha_undeploy_poll,
     .needs = "rest"},
    {.name = "vcha_deploy",
     .summary = "build a high-availability cluster",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = DEPLOY_OPTIONS,
     .start = vcsa_vcha_deploy_start,
     .poll = vcsa_vcha_deploy_poll,
     .needs = "rest"},
    READS("backup_state", "the newest good file-based backup", NONE, vcsa_op_backup_state,
          NULL),
    READS("backup_check", "could it write a backup there", BACKUP_OPTIONS,
          vcsa_op_backup_check, NULL),
    {.name = "backup",
     .summary = "make a file-based backup",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = BACKUP_OPTIONS,
     .start = vcsa_backup_start,
     .poll = vcsa_backup_poll,
     .needs = "rest"},
    {.name = "reboot",
     .summary = "restart the appliance and wait for its services",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = REBOOT_OPTIONS,
     .start = vcsa_reboot_start,
     .poll = vcsa_reboot_poll,
     .needs = "rest"},
    READS("access_state", "are SSH and shell on", NONE, vcsa_op_access_state, NULL),
    {.name = "access",
     .summary = "SSH and shell on, off, or back as they were",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = ACCESS_OPTIONS,
     .start = vcsa_access_start,
     .needs = "rest"},
    {.name = "deployment",
     .summary = "how far the new appliance of a major upgrade is, by its own word",
     .repeat = SLIPWAY_READ,
     .options = DEPLOYMENT_OPTIONS,
     .start = vcsa_op_deployment,
     .poll = vcsa_op_deployment,
     .check = vcsa_deployment_check,
     .needs = "rest"},
    READS("login", "does each door let us in, asked once", NONE, vcsa_op_login, NULL),
    READS("settings", "name, DNS, time servers, proxy", SETTINGS_OPTIONS,
          vcsa_op_settings, NULL),
    READS("backup_schedule", "which backups are scheduled", SCHEDULE_OPTIONS,
          vcsa_op_backup_schedule, NULL),
    READS("names", "do its name and its addresses lead to each other", NAMES_OPTIONS,
          vcsa_op_names, NULL),
    READS("ntp", "do its time servers answer it", NONE, vcsa_op_ntp, NULL),
    READS("repository", "where updates come from", NONE, vcsa_op_repository, NULL),
    {.name = "repository_set",
     .summary = "set where updates come from",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = REPOSITORY_OPTIONS,
     .start = vcsa_repository_set_start,
     .check = vcsa_repository_check,
     .needs = "rest"},
    READS("inventory", "hosts, machines, datastores and red alarms, as vpxd tells them",
          INVENTORY_OPTIONS, vcsa_op_inventory, NULL),
    READS("extensions", "solutions that are registered here", EXTENSIONS_OPTIONS,
          vcsa_op_extensions, NULL),
    READS("interop", "do the registered solutions work with a version", INTEROP_OPTIONS,
          vcsa_op_interop, vcsa_version_check),
    READS("registrations", "is what the Lookup Service tells of this vCenter true", NONE,
          vcsa_op_registrations, NULL),
    READS("tasks", "what this vCenter is doing now", NONE, vcsa_op_tasks, NULL),
    READS("license_state", "licences of the vCenter and its hosts", NONE,
          vcsa_op_license_state, NULL),
    {.name = "license_assign",
     .summary = "give the vCenter or its hosts a licence that fits",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = LICENSE_OPTIONS,
     .start = vcsa_license_assign_start,
     .check = vcsa_license_check,
     .needs = "rest"},
};

static void vcsa_close(void *opened)
{
    struct vcsa *plugin = opened;
    if (!plugin)
        return;
    vsphere_plugin()->close(plugin->sdk);
    vcsa_sessions_free(plugin->sessions);
    http_client_free(plugin->http);
    free(plugin);
}

static int vcsa_open(const struct slipway_host *host, void **out,
                     struct slipway_error *err)
{
    void *sdk = NULL;
    if (vsphere_plugin()->open(host, &sdk, err))
        return -1;
    struct http_client *client = http_client_new(err);
    if (!client) {
        vsphere_plugin()->close(sdk);
        return -1;
    }
    struct vcsa *plugin = xcalloc(1, sizeof *plugin);
    plugin->sdk = sdk;
    plugin->http = client;
    plugin->sessions = vcsa_sessions_new(client);
    *out = plugin;
    return 0;
}

static void vcsa_tidy(void *opened, int64_t now_ms)
{
    struct vcsa *plugin = opened;
    vsphere_plugin()->tidy(plugin->sdk, now_ms);
    vcsa_sessions_tidy(plugin->sessions, now_ms);
    http_client_tidy(plugin->http, now_ms);
}

const struct slipway_plugin *vcsa_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "vcsa",
        .version = SLIPWAY_VERSION,
        .summary = "vCenter Server Appliances, through their REST services",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
        .open = vcsa_open,
        .close = vcsa_close,
        .tidy = vcsa_tidy,
        .examine = libraries_examine_curl,
    };
    return &plugin;
}
