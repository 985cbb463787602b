/*
 * vsphere_plugin.c - the table of the plugin's operations, and its life.
 *
 * open() starts the HTTP client; sessions with managers are made when a call needs
 * one and are shared by all threads (session.c). close() logs out.
 *
 * Failure: open() fails only if libcurl or the random source cannot be had.
 */
#include "vsphere/vsphere_plugin.h"

#include <string.h>
#include <sys/random.h>

#include "common/libraries.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "vsphere/claim.h"
#include "vsphere/find.h"
#include "vsphere/operations.h"
#include "vsphere/session.h"
#include "vsphere/snapshot.h"

static int open_plugin(const struct slipway_host *host, void **state,
                       struct slipway_error *err)
{
    (void)host;
    unsigned char salt[32];
    if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt)
        return slipway_error_set(err, -1, "vsphere: the system gives no random bytes");
    xml_init();
    struct http_client *http = http_client_new(err);
    if (!http)
        return -1;
    struct vsphere *plugin = xcalloc(1, sizeof *plugin);
    plugin->http = http;
    (void)pthread_mutex_init(&plugin->lock, NULL);
    for (size_t i = 0; i < sizeof salt; i++)
        (void)snprintf(plugin->salt + 2 * i, 3, "%02x", salt[i]);
    *state = plugin;
    return 0;
}

static void close_plugin(void *state)
{
    struct vsphere *plugin = state;
    if (!plugin)
        return;
    vsphere_sessions_close(plugin);
    vsphere_claims_free(&plugin->claims);
    http_client_free(plugin->http);
    (void)pthread_mutex_destroy(&plugin->lock);
    free(plugin);
}

static void tidy_plugin(void *state, int64_t now_ms)
{
    struct vsphere *plugin = state;
    vsphere_sessions_tidy(plugin, now_ms);
    http_client_tidy(plugin->http, now_ms);
}

/* --- arguments -------------------------------------------------------------------- */

static const struct slipway_option NO_OPTIONS[] = {{.name = NULL}};

#define OPTION_VM                                                                        \
    {                                                                                    \
        "vm", SLIPWAY_OBJECT, false, NULL,                                               \
            "another machine on the same manager, by uuid, instance_uuid, path or name " \
            "(default: the appliance's own)"                                             \
    }

static const struct slipway_option VM_OPTIONS[] = {OPTION_VM, {.name = NULL}};

static const struct slipway_option ABSENT_OPTIONS[] = {
    OPTION_VM,
    {"may_be_absent", SLIPWAY_BOOLEAN, false, "false",
     "a machine that is not there is no failure: vm is null then"},
    {.name = NULL}};

static const struct slipway_option MACHINES_OPTIONS[] = {
    {"kind", SLIPWAY_STRING, false, NULL, "only appliances of this kind"},
    {"all", SLIPWAY_BOOLEAN, false, "false", "also machines that are no appliances"},
    {"skip", SLIPWAY_INTEGER, false, "0",
     "leave out so many: an answer that is cut has fewer machines than its total"},
    {.name = NULL}};

static const struct slipway_option SHUT_DOWN_OPTIONS[] = {
    OPTION_VM,
    {"grace_ms", SLIPWAY_DURATION, false, "\"10m\"",
     "how long the guest has before it is switched off"},
    {.name = NULL}};

static const struct slipway_option OWN_OPTIONS[] = {
    {"own", SLIPWAY_STRING, false, "\"slipway/\"", "names of our own snapshots start so"},
    {.name = NULL}};

static const struct slipway_option CHECK_OPTIONS[] = {
    {"own", SLIPWAY_STRING, false, "\"slipway/\"", "names of our own snapshots start so"},
    {"room_bytes", SLIPWAY_INTEGER, false, "0",
     "bytes that every datastore of the machine must have free"},
    {"max_foreign", SLIPWAY_INTEGER, false, "0",
     "how many snapshots of somebody else are tolerated"},
    {.name = NULL}};

static const struct slipway_option CREATE_OPTIONS[] = {
    {"name", SLIPWAY_STRING, true, NULL, "the snapshot's name"},
    {"description", SLIPWAY_STRING, false, "\"\"",
     "shown in the client; a fingerprint is appended"},
    {"memory", SLIPWAY_BOOLEAN, false, "false",
     "with the memory; a revert then resumes the machine"},
    {"quiesce", SLIPWAY_BOOLEAN, false, "false", "quiesce the guest's file systems"},
    {.name = NULL}};

static const struct slipway_option REVERT_OPTIONS[] = {
    {"name", SLIPWAY_STRING, true, NULL, "the snapshot's name; it must match"},
    {"snapshot", SLIPWAY_STRING, false, NULL,
     "its reference, as snapshot_create gave it; else the name must be unique"},
    {"power_on", SLIPWAY_BOOLEAN, false, "false",
     "let a snapshot with memory resume the machine"},
    {"not_before", SLIPWAY_ANY, false, NULL,
     "when the intent was committed (ISO 8601, or ms since 1970): a revert task that is "
     "younger counts as this one after a lost answer"},
    {.name = NULL}};

static const struct slipway_option REMOVE_OPTIONS[] = {
    {"name", SLIPWAY_STRING, true, NULL, "the snapshot's name; it must match"},
    {"snapshot", SLIPWAY_STRING, false, NULL,
     "its reference, as snapshot_create gave it; else the name must be unique"},
    {.name = NULL}};

static const struct slipway_option EXPIRE_OPTIONS[] = {
    {"own", SLIPWAY_STRING, false, "\"slipway/\"", "names of our own snapshots start so"},
    {"older_than", SLIPWAY_DURATION, false, "\"72h\"",
     "by the manager's clock; no snapshot of slipway is meant to live longer than 72h"},
    {.name = NULL}};

static int check_text(const json_t *with, const char *key, size_t max, bool required,
                      struct slipway_error *err)
{
    const char *text = json_text(with, key);
    if (!text && !required)
        return 0;
    if (!text || (required && !*text))
        return slipway_error_set(err, -1, "%s must be a text that is not empty", key);
    if (strlen(text) > max)
        return slipway_error_set(err, -1, "%s is longer than %zu bytes", key, max);
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\t' && *p != '\n')
            return slipway_error_set(err, -1, "%s holds a control character", key);
    return 0;
}

static int check_snapshot(const char *text, struct slipway_error *err)
{
    auto_json json_t *with = json_parse(text, strlen(text), JSON_BYTES_MAX, err);
    if (!with)
        return -1;
    const char *ref = json_text(with, "snapshot");
    if (ref && *ref && !vsphere_ref_valid(ref))
        return slipway_error_set(err, -1, "snapshot is no reference like snapshot-42");
    if (check_text(with, "name", VSPHERE_NAME_MAX, true, err))
        return -1;
    return check_text(with, "description", VSPHERE_DESCRIPTION_MAX, false, err);
}

static int check_vm(const char *text, struct slipway_error *err)
{
    auto_json json_t *with = json_parse(text, strlen(text), JSON_BYTES_MAX, err);
    const json_t *vm = json_object_get(with, "vm");
    return !with ? -1 : vm ? vsphere_machine_check(vm, err) : 0;
}

/* --- the table ---------------------------------------------------------------------- */

static const struct slipway_operation OPERATIONS[] = {
    {.name = "vm",
     .summary = "the virtual machine's state, tasks, datastores and snapshots",
     .repeat = SLIPWAY_READ,
     .options = ABSENT_OPTIONS,
     .start = vsphere_op_vm,
     .check = check_vm,
     .needs = "manager"},
    {.name = "room",
     .summary = "free space on the virtual machine's datastores",
     .repeat = SLIPWAY_READ,
     .options = NO_OPTIONS,
     .start = vsphere_op_room,
     .needs = "manager"},
    {.name = "machines",
     .summary = "the appliances that the manager holds",
     .repeat = SLIPWAY_READ,
     .options = MACHINES_OPTIONS,
     .start = vsphere_op_machines,
     .check = vsphere_machines_check,
     .needs = "manager"},
    {.name = "snapshots",
     .summary = "our own snapshots of the virtual machine",
     .repeat = SLIPWAY_READ,
     .options = OWN_OPTIONS,
     .start = vsphere_op_snapshots,
     .needs = "manager"},
    {.name = "snapshot_find",
     .summary = "whether a snapshot of our own is there; null if it is not",
     .repeat = SLIPWAY_READ,
     .options = REMOVE_OPTIONS,
     .start = vsphere_op_snapshot_find,
     .check = check_snapshot,
     .needs = "manager"},
    {.name = "snapshot_check",
     .summary = "refuse unless a snapshot may be taken now",
     .repeat = SLIPWAY_READ,
     .options = CHECK_OPTIONS,
     .start = vsphere_op_snapshot_check,
     .needs = "manager"},
    {.name = "snapshot_create",
     .summary = "take a snapshot, exactly once",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = CREATE_OPTIONS,
     .start = vsphere_create_start,
     .poll = vsphere_create_poll,
     .probe = vsphere_create_probe,
     .check = check_snapshot,
     .needs = "manager"},
    {.name = "snapshot_revert",
     .summary = "put the virtual machine back to a snapshot",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = REVERT_OPTIONS,
     .start = vsphere_revert_start,
     .poll = vsphere_revert_poll,
     .probe = vsphere_revert_probe,
     .check = check_snapshot,
     .needs = "manager"},
    {.name = "snapshot_remove",
     .summary = "remove one snapshot of our own; absent is fine",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = REMOVE_OPTIONS,
     .start = vsphere_remove_start,
     .poll = vsphere_remove_poll,
     .probe = vsphere_remove_probe,
     .check = check_snapshot,
     .needs = "manager"},
    {.name = "snapshot_expire",
     .summary = "remove those of our own snapshots that outlived their time",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = EXPIRE_OPTIONS,
     .start = vsphere_expire_start,
     .poll = vsphere_expire_poll,
     .needs = "manager"},
    {.name = "power_on",
     .summary = "switch the virtual machine on",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = VM_OPTIONS,
     .start = vsphere_power_on_start,
     .poll = vsphere_power_on_poll,
     .check = check_vm,
     .needs = "manager"},
    {.name = "power_off",
     .summary = "switch the virtual machine off, without asking the guest",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = ABSENT_OPTIONS,
     .start = vsphere_power_off_start,
     .poll = vsphere_power_off_poll,
     .check = check_vm,
     .needs = "manager"},
    {.name = "guest_shutdown",
     .summary = "ask the guest to shut down and wait until it is off",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = VM_OPTIONS,
     .start = vsphere_shutdown_start,
     .poll = vsphere_shutdown_poll,
     .check = check_vm,
     .needs = "manager"},
    {.name = "shut_down",
     .summary = "have the machine off: ask the guest, after a grace switch it off",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = SHUT_DOWN_OPTIONS,
     .start = vsphere_shut_down_start,
     .poll = vsphere_shut_down_poll,
     .check = check_vm,
     .needs = "manager"},
};

const struct slipway_plugin *vsphere_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "vsphere",
        .version = SLIPWAY_VERSION,
        .summary = "snapshots and power of appliances through vCenter or ESXi",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
        .open = open_plugin,
        .close = close_plugin,
        .tidy = tidy_plugin,
        .examine = libraries_examine_xml,
    };
    return &plugin;
}
