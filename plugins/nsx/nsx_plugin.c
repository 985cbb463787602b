/*
 * nsx_plugin.c - the plugin's table: what it offers, and its state over the process
 * (connections, refused passwords). Opening fails only without libcurl.
 */
#include "nsx/nsx_plugin.h"

#include <stdlib.h>

#include "common/libraries.h"
#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define OPTION(name_, type_, required_, fallback_, help_)                                \
    {                                                                                    \
        .name = name_, .type = type_, .required = required_, .fallback = fallback_,      \
        .help = help_                                                                    \
    }
#define T_VERSION                                                                        \
    OPTION("version", SLIPWAY_STRING, true, NULL,                                        \
           "the release that is wanted, e.g. 4.1.2.1; always named, never the latest")
#define V_VERSION                                                                        \
    OPTION("version", SLIPWAY_STRING, true, NULL,                                        \
           "the release that is wanted with its build, e.g. 6.4.14.20609341")
#define EVERY                                                                            \
    OPTION("every", SLIPWAY_DURATION, false, "\"10s\"", "time between two looks")
#define SILENCE                                                                          \
    OPTION("silence", SLIPWAY_DURATION, false, "\"30m\"",                                \
           "how long nobody may answer while it restarts")
#define SETTLE                                                                           \
    OPTION("settle", SLIPWAY_DURATION, false, "\"30m\"",                                 \
           "how long it may take until all is well after the upgrade says that it is "   \
           "over")
#define URL OPTION("url", SLIPWAY_STRING, false, NULL, "where the manager fetches it")
#define URL_SECRET                                                                       \
    OPTION("url_secret", SLIPWAY_SECRET, false, NULL,                                    \
           "the same, if the URL holds a token or password")
#define BASELINE                                                                         \
    OPTION("baseline", SLIPWAY_ANY, false, NULL,                                         \
           "result of an earlier nsx.v_components; without it every enabled component "  \
           "must run")
#define END                                                                              \
    {                                                                                    \
        .name = NULL                                                                     \
    }

static const struct slipway_option NONE[] = {END};
static const struct slipway_option EVERY_ONLY[] = {EVERY, END};
static const struct slipway_option T_NODE[] = {
    OPTION("percent", SLIPWAY_INTEGER, false, "85",
           "from here on a file system is in `over`"),
    END};
static const struct slipway_option T_PASSWORDS[] = {
    OPTION("days", SLIPWAY_INTEGER, false, "14",
           "a password that ends within so many days is in `ending`"),
    END};
static const struct slipway_option T_BUNDLE[] = {T_VERSION, URL, URL_SECRET, EVERY, END};
static const struct slipway_option T_EULA[] = {
    OPTION("accept", SLIPWAY_BOOLEAN, true, NULL,
           "true: somebody has read the licence agreement and accepts it"),
    END};
static const struct slipway_option T_COORDINATOR[] = {T_VERSION, SILENCE, EVERY, END};
static const struct slipway_option T_CHECKS[] = {
    OPTION("warnings", SLIPWAY_STRING, false, "\"report\"", "report, or fail"),
    OPTION("allow", SLIPWAY_LIST, false, NULL,
           "ids of checks that do not stop the upgrade"),
    EVERY, END};
static const struct slipway_option T_UPGRADE[] = {
    T_VERSION,
    OPTION("component", SLIPWAY_STRING, true, NULL, "EDGE, HOST, MP or FINALIZE_UPGRADE"),
    SILENCE,
    SETTLE,
    EVERY,
    END};
static const struct slipway_option V_COMPONENTS[] = {BASELINE, END};
static const struct slipway_option V_INFORMATION[] = {
    OPTION("version", SLIPWAY_STRING, false, NULL,
           "the release that the bundle must lead to"),
    END};
static const struct slipway_option V_BUNDLE[] = {
    V_VERSION,
    URL,
    URL_SECRET,
    OPTION("file", SLIPWAY_FILE, false, NULL,
           "a bundle on this machine, sent by slipway (before 6.3.3 the only way)"),
    EVERY,
    END};
static const struct slipway_option V_UPGRADE[] = {
    V_VERSION,
    OPTION("answers", SLIPWAY_OBJECT, false, NULL,
           "id of a question to \"Yes\" or \"No\"; \"*\" answers all others"),
    BASELINE,
    SILENCE,
    SETTLE,
    EVERY,
    END};
static const struct slipway_option V_BACKUP_SETTINGS[] = {
    OPTION("protocol", SLIPWAY_STRING, false, "\"SFTP\"", "SFTP or FTP"),
    OPTION("host", SLIPWAY_STRING, true, NULL, "the backup server"),
    OPTION("port", SLIPWAY_INTEGER, false, "22", "its port"),
    OPTION("user", SLIPWAY_STRING, true, NULL, "who logs in there"),
    OPTION("password", SLIPWAY_SECRET, true, NULL, "of that user"),
    OPTION("directory", SLIPWAY_STRING, true, NULL, "where backups go"),
    OPTION("prefix", SLIPWAY_STRING, true, NULL, "how their names begin"),
    OPTION("pass_phrase", SLIPWAY_SECRET, true, NULL,
           "of the backups themselves; without it they fail, and who forgets it cannot "
           "restore"),
    END};

#define READS(name_, summary_, options_, start_)                                         \
    {                                                                                    \
        .name = name_, .summary = summary_, .repeat = SLIPWAY_READ, .options = options_, \
        .start = start_, .needs = "rest"                                                 \
    }
#define CONVERGES(name_, summary_, options_, start_, poll_, check_)                      \
    {                                                                                    \
        .name = name_, .summary = summary_, .repeat = SLIPWAY_IDEMPOTENT,                \
        .options = options_, .start = start_, .poll = poll_, .check = check_,            \
        .needs = "rest"                                                                  \
    }
#define UPGRADES(name_, summary_, options_, start_, poll_, probe_, check_)               \
    {                                                                                    \
        .name = name_, .summary = summary_, .repeat = SLIPWAY_RECONCILABLE,              \
        .options = options_, .start = start_, .poll = poll_, .probe = probe_,            \
        .check = check_, .needs = "rest"                                                 \
    }

static const struct slipway_operation OPERATIONS[] = {
    READS("t_version", "NSX-T: the version of every manager", NONE, nsx_op_t_version),
    READS("t_cluster", "NSX-T: is the cluster STABLE", NONE, nsx_op_t_cluster),
    READS("t_node", "NSX-T: clock and file systems of the manager that answers", T_NODE,
          nsx_op_t_node),
    READS("t_state", "NSX-T: what the upgrade coordinator says", NONE, nsx_op_t_state),
    READS("t_history", "NSX-T: the last upgrade", NONE, nsx_op_t_history),
    READS("t_backup_state", "NSX-T: the newest good backup", NONE, nsx_op_t_backup_state),
    READS("t_compute_managers", "NSX-T: does it reach its vCenters", NONE,
          nsx_op_t_compute_managers),
    READS("t_passwords", "NSX-T: how long the local passwords are still good",
          T_PASSWORDS, nsx_op_t_passwords),
    READS("t_transport_nodes", "NSX-T: are hosts and edges realised, connected and up",
          NONE, nsx_op_t_transport_nodes),
    READS("t_alarms", "NSX-T: open alarms that are CRITICAL or HIGH", NONE,
          nsx_op_t_alarms),
    CONVERGES("t_backup", "NSX-T: make a backup", EVERY_ONLY, nsx_t_backup_start,
              nsx_t_backup_poll, NULL),
    CONVERGES("t_bundle", "NSX-T: fetch an upgrade bundle", T_BUNDLE, nsx_t_bundle_start,
              nsx_t_bundle_poll, nsx_bundle_check),
    CONVERGES("t_eula", "NSX-T: accept the licence agreement of the upgrade", T_EULA,
              nsx_t_eula_start, NULL, NULL),
    CONVERGES("t_coordinator", "NSX-T: upgrade the upgrade coordinator", T_COORDINATOR,
              nsx_t_coordinator_start, nsx_t_coordinator_poll, nsx_version_check),
    CONVERGES("t_checks", "NSX-T: run the pre-upgrade checks", T_CHECKS,
              nsx_t_checks_start, nsx_t_checks_poll, NULL),
    UPGRADES("t_upgrade",
             "NSX-T: upgrade one component, and wait for versions and cluster", T_UPGRADE,
             nsx_t_upgrade_start, nsx_t_upgrade_poll, nsx_t_upgrade_probe,
             nsx_t_upgrade_check),
    CONVERGES("t_pause", "NSX-T: let a running upgrade stand still", EVERY_ONLY,
              nsx_t_pause_start, nsx_t_pause_poll, NULL),
    READS("v_version", "NSX-V: the installed version", NONE, nsx_op_v_version),
    READS("v_components", "NSX-V: which components run", V_COMPONENTS,
          nsx_op_v_components),
    READS("v_system", "NSX-V: how full storage and memory are", NONE, nsx_op_v_system),
    READS("v_state", "NSX-V: what the upgrade service is doing", NONE, nsx_op_v_state),
    READS("v_information", "NSX-V: questions and objections before an upgrade",
          V_INFORMATION, nsx_op_v_information),
    READS("v_backup_state", "NSX-V: the newest backup", NONE, nsx_op_v_backup_state),
    READS("v_vcenter", "NSX-V: does it reach its vCenter", NONE, nsx_op_v_vcenter),
    CONVERGES("v_backup_settings", "NSX-V: where backups go, and their pass phrase",
              V_BACKUP_SETTINGS, nsx_v_backup_settings_start, NULL, NULL),
    CONVERGES("v_backup", "NSX-V: make a backup", EVERY_ONLY, nsx_v_backup_start,
              nsx_v_backup_poll, NULL),
    CONVERGES("v_bundle", "NSX-V: bring an upgrade bundle to the manager", V_BUNDLE,
              nsx_v_bundle_start, nsx_v_bundle_poll, nsx_bundle_check),
    UPGRADES("v_upgrade",
             "NSX-V: upgrade the manager, and wait for version and components", V_UPGRADE,
             nsx_v_upgrade_start, nsx_v_upgrade_poll, nsx_v_upgrade_probe,
             nsx_v_upgrade_check),
};

static void nsx_close(void *opened)
{
    struct nsx *plugin = opened;
    if (!plugin)
        return;
    nsx_refused_free(plugin->refused);
    http_client_free(plugin->http);
    free(plugin);
}

static int nsx_open(const struct slipway_host *host, void **out,
                    struct slipway_error *err)
{
    (void)host;
    struct http_client *client = http_client_new(err);
    if (!client)
        return -1;
    struct nsx *plugin = xcalloc(1, sizeof *plugin);
    plugin->http = client;
    plugin->refused = nsx_refused_new();
    *out = plugin;
    return 0;
}

static void nsx_tidy(void *opened, int64_t now_ms)
{
    struct nsx *plugin = opened;
    http_client_tidy(plugin->http, now_ms);
}

const struct slipway_plugin *nsx_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "nsx",
        .version = SLIPWAY_VERSION,
        .summary = "NSX-T and NSX-V managers, through their REST services",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
        .open = nsx_open,
        .close = nsx_close,
        .tidy = nsx_tidy,
        .examine = libraries_examine_curl,
    };
    return &plugin;
}
