/*
 * hindrance.c - see hindrance.h.
 *
 * One query asks for the devices, the disabled methods and, where the release knows
 * them, encryption and lockdown; a lone host or a host of a set is also asked for its
 * licence. Real servers fail a whole query for one path that they do not know, so what
 * is asked for follows from the release that the server told.
 *
 * disabledMethod also lists what the power state rules out, and a host without vCenter
 * never migrates: only what a backup is known to disable counts, and migration only
 * where there is a vCenter.
 *
 * Failure: a query that fails is the caller's; a licence that may not be read is not
 * known, and then the first write tells.
 */
#include "vsphere/hindrance.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "vsphere/properties.h"

#define RELEASE_LOCKDOWN   600 /* HostConfigInfo.lockdownMode */
#define RELEASE_ENCRYPTION 605 /* VirtualMachineConfigInfo.keyId */
#define DEVICES_MAX        256u
#define METHODS_MAX        256u
#define LICENCES_MAX       64u

void vsphere_object_to(struct buf *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (list->length)
        buf_adds(list, "; ");
    buf_addv(list, format, args);
    va_end(args);
}

void vsphere_hindrance_free(struct vsphere_hindrance *hindrance)
{
    buf_free(&hindrance->against);
    json_decref(hindrance->cdroms);
    hindrance->cdroms = NULL;
}

/* --- devices ---------------------------------------------------------------------- */

static bool child_is(const struct xml_node *node, const char *name, const char *value)
{
    const char *text = xml_child_text(node, VSPHERE_NS, name);
    return text && !strcmp(text, value);
}

static void judge_disk(const struct xml_node *disk, const char *label,
                       struct buf *against)
{
    const struct xml_node *backing = xml_child(disk, VSPHERE_NS, "backing");
    const char *mode = xml_child_text(backing, VSPHERE_NS, "diskMode");
    if (mode && !strncmp(mode, "independent_", sizeof "independent_" - 1))
        vsphere_object_to(against,
                          "%s is independent: a snapshot leaves it out, and a revert "
                          "would leave it as it is",
                          label);
    if (xml_child(backing, VSPHERE_NS, "keyId"))
        vsphere_object_to(against,
                          "%s is encrypted: it comes back only with its key provider, "
                          "which may depend on this appliance",
                          label);
    if (child_is(backing, "compatibilityMode", "physicalMode"))
        vsphere_object_to(against,
                          "%s is a raw device in physical mode: it has no "
                          "snapshots",
                          label);
    if (child_is(backing, "sharing", "sharingMultiWriter"))
        vsphere_object_to(against,
                          "%s is shared with other machines: it has no snapshots", label);
}

static void judge_device(const struct xml_node *device, struct buf *against)
{
    const char *type = xml_type(device);
    const struct xml_node *info = xml_child(device, VSPHERE_NS, "deviceInfo");
    const char *text = xml_child_text(info, VSPHERE_NS, "label");
    char label[80];
    (void)text_clean(text ? text : type ? type : "a device", label, sizeof label);
    const char *bus = xml_child_text(device, VSPHERE_NS, "sharedBus");
    if (type && !strcmp(type, "VirtualDisk"))
        judge_disk(device, label, against);
    else if (type && (strstr(type, "Passthrough") || strstr(type, "Sriov")))
        vsphere_object_to(against,
                          "%s is passed through from the host: such a machine has no "
                          "snapshots with memory, and is not moved",
                          label);
    else if (bus && strcmp(bus, "noSharing") != 0)
        vsphere_object_to(against,
                          "%s is shared with other machines: its disks have no "
                          "snapshots",
                          label);
}

/* No hindrance: but an image that somebody forgot is what an appliance is patched from
   first, and one that is missing is not there to be patched from. */
static void note_cdrom(const struct xml_node *device, json_t *cdroms)
{
    const char *label =
        xml_child_text(xml_child(device, VSPHERE_NS, "deviceInfo"), VSPHERE_NS, "label");
    const char *file =
        xml_child_text(xml_child(device, VSPHERE_NS, "backing"), VSPHERE_NS, "fileName");
    const struct xml_node *how = xml_child(device, VSPHERE_NS, "connectable");
    bool connected = false;
    char clean_label[80], clean_file[200];
    if (!xml_type(device) || strcmp(xml_type(device), "VirtualCdrom") != 0)
        return;
    (void)xml_boolean(xml_child(how, VSPHERE_NS, "connected"), &connected);
    (void)json_array_append_new(
        cdroms,
        json_pack("{s:s, s:b, s:s*}", "label",
                  text_clean(label ? label : "?", clean_label, sizeof clean_label),
                  "connected", connected, "file",
                  file ? text_clean(file, clean_file, sizeof clean_file) : NULL));
}

static void judge_devices(const struct xml_node *devices, struct vsphere_hindrance *out)
{
    const struct xml_node *device = xml_child(devices, VSPHERE_NS, NULL);
    if (!out->cdroms)
        out->cdroms = json_array();
    for (size_t i = 0; device && i < DEVICES_MAX; i++) {
        judge_device(device, &out->against);
        note_cdrom(device, out->cdroms);
        device = xml_next(device, VSPHERE_NS, NULL);
    }
}

/* --- backups ---------------------------------------------------------------------- */

const struct vsphere_snapshot *vsphere_backup_snapshot(const struct vsphere_vm *vm)
{
    /* how the common products name theirs; each is removed at the end of its job */
    static const char *const beginnings[] = {"VEEAM BACKUP TEMPORARY SNAPSHOT",
                                             "Consolidate Helper",
                                             "NBU_SNAPSHOT",
                                             "_VCB-BACKUP_",
                                             "__GX_BACKUP__",
                                             "TSM-VM Snapshot",
                                             "NAKIVO",
                                             "Acronis",
                                             "Rubrik",
                                             "Cohesity",
                                             "Avamar",
                                             "vRanger"};
    for (size_t i = 0; i < vm->snapshot_count; i++)
        for (size_t j = 0; j < ARRAY_LENGTH(beginnings); j++)
            if (!strncasecmp(vm->snapshots[i].name, beginnings[j], strlen(beginnings[j])))
                return &vm->snapshots[i];
    return NULL;
}

static void judge_methods(const struct xml_node *methods, bool is_host,
                          struct vsphere_hindrance *out)
{
    const struct xml_node *method = xml_child(methods, VSPHERE_NS, NULL);
    for (size_t i = 0; method && i < METHODS_MAX; i++) {
        const char *name = xml_text(method);
        if (name && !strcmp(name, "CreateSnapshot_Task"))
            out->not_now = true;
        if (name && !is_host &&
            (!strcmp(name, "RelocateVM_Task") || !strcmp(name, "MigrateVM_Task")))
            out->backup_works = true;
        method = xml_next(method, VSPHERE_NS, NULL);
    }
    out->backup_works = out->backup_works || out->not_now;
}

/* --- the host --------------------------------------------------------------------- */

static void take_manager(void *context, const struct xml_node *object)
{
    const char *ref =
        vsphere_ref_of(vsphere_property(object, "configManager.hostAccessManager"), NULL);
    if (vsphere_object_is(object, "HostSystem") && ref)
        (void)snprintf(context, VSPHERE_REF_MAX, "%s", ref);
}

/* Does the host let our user in, lockdown or not? What nobody tells is no. */
static bool is_exception_user(struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    static const char *const paths[] = {"configManager.hostAccessManager", NULL};
    char manager[VSPHERE_REF_MAX] = "";
    const struct vsphere_wish wish = {"HostSystem", paths};
    const struct vsphere_walk walk = {"VirtualMachine", "runtime.host"};
    const struct vsphere_query query = {.type = "VirtualMachine",
                                        .ref = vm->ref,
                                        .skip_start = true,
                                        .walks = &walk,
                                        .walk_count = 1,
                                        .wishes = &wish,
                                        .wish_count = 1,
                                        .take = take_manager,
                                        .context = manager};
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    const char *user = json_text(json_object_get(talk->door, "login"), "user");
    if (vsphere_retrieve(talk, &query) != VSPHERE_OK || !manager[0])
        return false;
    vsphere_talk_request(talk, &request, "QueryLockdownExceptions", "HostAccessManager",
                         manager);
    if (vsphere_send(talk, &request, &reply) != VSPHERE_OK)
        return false;
    const struct xml_node *name = xml_child(reply.body, VSPHERE_NS, "returnval");
    for (; name; name = xml_next(name, VSPHERE_NS, "returnval"))
        if (user && xml_text(name) && !strcasecmp(xml_text(name), user))
            return true;
    return false;
}

static void judge_lockdown(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                           struct vsphere_hindrance *out)
{
    if (!out->lockdown[0] || !strcmp(out->lockdown, "lockdownDisabled") ||
        is_exception_user(talk, vm))
        return;
    vsphere_object_to(
        &out->against,
        "its host is in lockdown mode (%s), where a new login is refused in "
        "the middle of a rollback: make the manager's user an exception "
        "user, or end it for the window",
        out->lockdown);
}

struct question {
    const struct vsphere_talk *talk;
    struct vsphere_hindrance *out;
};

static void take(void *context, const struct xml_node *object)
{
    const struct question *question = context;
    struct vsphere_hindrance *out = question->out;
    const char *lockdown = vsphere_property_text(object, "config.lockdownMode");
    if (vsphere_object_is(object, "HostSystem") && lockdown)
        (void)text_clean(lockdown, out->lockdown, sizeof out->lockdown);
    if (!vsphere_object_is(object, "VirtualMachine"))
        return;
    judge_devices(vsphere_property(object, "config.hardware.device"), out);
    judge_methods(vsphere_property(object, "disabledMethod"),
                  question->talk->service.is_host, out);
    if (vsphere_property(object, "config.keyId"))
        vsphere_object_to(&out->against,
                          "it is encrypted: it comes back only with its key "
                          "provider, which may depend on this appliance");
}

/* The free edition of ESXi answers every question, and RestrictedVersion to every
   change. It has no name of its own in the API but these. */
static bool is_free_edition(const struct xml_node *licence)
{
    const char *edition = xml_child_text(licence, VSPHERE_NS, "editionKey");
    const char *name = xml_child_text(licence, VSPHERE_NS, "name");
    return (edition && !strncasecmp(edition, "esxBasic", sizeof "esxBasic" - 1)) ||
           (name && strcasestr(name, "vSphere") && strcasestr(name, "Hypervisor"));
}

static void take_licences(void *context, const struct xml_node *object)
{
    struct buf *against = context;
    const struct xml_node *licence =
        xml_child(vsphere_property(object, "licenses"), VSPHERE_NS, NULL);
    char clean[80];
    for (size_t i = 0; licence && i < LICENCES_MAX; i++) {
        const char *name = xml_child_text(licence, VSPHERE_NS, "name");
        if (is_free_edition(licence))
            vsphere_object_to(against,
                              "its host has the free licence (%s), which allows no "
                              "snapshot and no power change through the API: give it a "
                              "licence",
                              text_clean(name ? name : "no name", clean, sizeof clean));
        licence = xml_next(licence, VSPHERE_NS, NULL);
    }
}

static void ask_licence(struct vsphere_talk *talk, struct buf *against)
{
    static const char *const paths[] = {"licenses", NULL};
    const struct vsphere_wish wish = {"LicenseManager", paths};
    const struct vsphere_query query = {.type = "LicenseManager",
                                        .ref = talk->service.license_manager,
                                        .wishes = &wish,
                                        .wish_count = 1,
                                        .take = take_licences,
                                        .context = against};
    if (!talk->service.is_host || !talk->service.license_manager[0])
        return;
    if (vsphere_retrieve(talk, &query) != VSPHERE_OK)
        talk->call->host->log(talk->call, SLIPWAY_WARNING,
                              "the host's licence cannot be read: %s", talk->err.text);
}

enum vsphere_answer vsphere_hindrances(struct vsphere_talk *talk,
                                       const struct vsphere_vm *vm,
                                       struct vsphere_hindrance *out)
{
    int release = talk->service.release;
    const char *machine[] = {"config.hardware.device", "disabledMethod",
                             release >= RELEASE_ENCRYPTION ? "config.keyId" : NULL, NULL};
    const char *host[] = {"config.lockdownMode", NULL};
    const struct vsphere_wish wishes[] = {{"VirtualMachine", machine},
                                          {"HostSystem", host}};
    const struct vsphere_walk walk = {"VirtualMachine", "runtime.host"};
    struct question question = {talk, out};
    bool lockdown = release >= RELEASE_LOCKDOWN && talk->service.is_host;
    const struct vsphere_query query = {.type = "VirtualMachine",
                                        .ref = vm->ref,
                                        .walks = &walk,
                                        .walk_count = lockdown,
                                        .wishes = wishes,
                                        .wish_count = lockdown ? 2 : 1,
                                        .take = take,
                                        .context = &question};
    enum vsphere_answer answer = vsphere_retrieve(talk, &query);
    if (answer != VSPHERE_OK)
        return answer;
    judge_lockdown(talk, vm, out);
    ask_licence(talk, &out->against);
    return VSPHERE_OK;
}
