/*
 * fault.c - from fault types to decisions.
 *
 * One table maps a type to its kind and to what a human does about it. Types
 * are taken from xsi:type, compared without prefix; a server that leaves it out
 * still names the element "<Type>Fault". A type that is not listed is a plain
 * failure that shows the server's text.
 */
#include "vsphere/fault.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vsphere/soap.h"

struct fault_rule {
    const char *type;
    enum vsphere_fault_kind kind;
    const char *advice;
};

static const struct fault_rule RULES[] = {
    {"NotAuthenticated", VSPHERE_FAULT_SESSION, "the session has ended"},
    {"TaskInProgress", VSPHERE_FAULT_BUSY, "another task is at work on it"},
    {"ConcurrentAccess", VSPHERE_FAULT_BUSY, "somebody else changes it right now"},
    {"HostNotConnected", VSPHERE_FAULT_BUSY, "its ESXi host is not connected"},
    {"HostNotReachable", VSPHERE_FAULT_BUSY, "its ESXi host is not reachable"},
    {"HostCommunication", VSPHERE_FAULT_BUSY, "its ESXi host does not answer"},
    {"RequestCanceled", VSPHERE_FAULT_BUSY, "somebody cancelled the request"},
    {"InvalidLogin", VSPHERE_FAULT_LOGIN,
     "user or password is wrong; slipway does not try it again, so that the account is "
     "not locked: correct the manager's login"},
    {"PasswordExpired", VSPHERE_FAULT_LOGIN,
     "the password has expired; slipway does not try it again: set a new one"},
    {"InvalidLocale", VSPHERE_FAULT_REQUEST, "the server refuses our locale"},
    {"NoPermission", VSPHERE_FAULT_FORBIDDEN,
     "the manager's user lacks a privilege: grant it to its role"},
    {"RestrictedVersion", VSPHERE_FAULT_FORBIDDEN,
     "the licence or edition of this host does not allow it"},
    {"RestrictedByAdministrator", VSPHERE_FAULT_FORBIDDEN,
     "an administrator has disabled it for this virtual machine"},
    {"MethodDisabled", VSPHERE_FAULT_BUSY,
     "somebody (often a backup) has disabled this method for the virtual machine"},
    {"LicenseExpired", VSPHERE_FAULT_FORBIDDEN, "the licence has expired"},
    {"NotSupported", VSPHERE_FAULT_UNSUPPORTED, "the server does not support it"},
    {"NotImplemented", VSPHERE_FAULT_UNSUPPORTED, "the server does not support it"},
    {"MethodNotFound", VSPHERE_FAULT_UNSUPPORTED, "the server has no such method"},
    {"InvalidRequest", VSPHERE_FAULT_REQUEST, "the server does not take our request"},
    {"InvalidArgument", VSPHERE_FAULT_REQUEST, "the server refuses an argument"},
    {"InvalidName", VSPHERE_FAULT_REQUEST, "the server refuses the name"},
    {"InvalidProperty", VSPHERE_FAULT_REQUEST,
     "the server does not know a property that slipway asks for"},
    {"InvalidType", VSPHERE_FAULT_REQUEST, "the server does not know a type"},
    {"ManagedObjectNotFound", VSPHERE_FAULT_GONE, "it does not exist (any more)"},
    {"NotFound", VSPHERE_FAULT_GONE, "it does not exist (any more)"},
    {"InvalidState", VSPHERE_FAULT_STATE, "its present state does not allow it"},
    {"InvalidPowerState", VSPHERE_FAULT_STATE, "its power state does not allow it"},
    {"VmConfigFault", VSPHERE_FAULT_STATE, "its configuration does not allow it"},
    {"ToolsUnavailable", VSPHERE_FAULT_TOOLS, "VMware Tools do not run in the guest"},
    {"NoDiskSpace", VSPHERE_FAULT_CAPACITY,
     "capacity: the datastore is full; free space on it first"},
    {"InsufficientResourcesFault", VSPHERE_FAULT_CAPACITY,
     "capacity: the host or pool has not enough resources"},
    {"InsufficientMemoryResourcesFault", VSPHERE_FAULT_CAPACITY,
     "capacity: not enough memory"},
    {"InsufficientCpuResourcesFault", VSPHERE_FAULT_CAPACITY, "capacity: not enough CPU"},
    {"InsufficientFailoverResourcesFault", VSPHERE_FAULT_CAPACITY,
     "capacity: HA admission control does not allow it"},
    {"TooManySnapshotLevels", VSPHERE_FAULT_CAPACITY,
     "capacity: too many snapshot levels; remove snapshots first"},
    {"MemorySnapshotOnIndependentDisk", VSPHERE_FAULT_STATE,
     "it has an independent disk: take the snapshot without memory"},
    {"SnapshotIncompatibleDeviceInVM", VSPHERE_FAULT_STATE,
     "a device of it does not allow snapshots"},
    {"SnapshotDisabled", VSPHERE_FAULT_STATE, "snapshots are disabled for it"},
    {"SnapshotLocked", VSPHERE_FAULT_STATE, "its snapshots are locked"},
    {"ApplicationQuiesceFault", VSPHERE_FAULT_STATE,
     "the guest could not be quiesced: take the snapshot without quiesce"},
    {"FilesystemQuiesceFault", VSPHERE_FAULT_STATE,
     "the guest could not be quiesced: take the snapshot without quiesce"},
    {"FileLocked", VSPHERE_FAULT_STATE, "a file of it is locked"},
};

static const struct fault_rule *rule_of(const char *type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(RULES); i++)
        if (!strcmp(RULES[i].type, type))
            return &RULES[i];
    return NULL;
}

bool vsphere_ref_valid(const char *ref)
{
    size_t length = ref ? strlen(ref) : 0;
    if (!length || length >= VSPHERE_REF_MAX)
        return false;
    for (const char *p = ref; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("<>&\"'\\", *p))
            return false;
    return true;
}

static void decode_type(const struct xml_node *fault, char *out, size_t size)
{
    const char *type = xml_type(fault);
    if (type) {
        (void)text_clean(type, out, size);
        return;
    }
    auto_free char *name = xstrdup(xml_name(fault));
    size_t length = strlen(name);
    if (length > 5 && !strcmp(name + length - 5, "Fault") && !rule_of(name))
        name[length - 5] = '\0';
    (void)text_clean(name, out, size);
}

/* The field that names a managed object, if the fault has one. */
static void decode_object(const struct xml_node *fault, struct vsphere_fault *out)
{
    static const char *const fields[] = {"task", "obj", "object", "datastore"};
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        const char *ref = xml_child_text(fault, VSPHERE_NS, fields[i]);
        if (!vsphere_ref_valid(ref))
            continue;
        (void)snprintf(out->object, sizeof out->object, "%s", ref);
        return;
    }
}

static void add_field(struct buf *text, const struct xml_node *fault, const char *field)
{
    const char *value = xml_child_text(fault, VSPHERE_NS, field);
    if (!value || !*value)
        return;
    buf_addf(text, "; %s ", field);
    text_sanitize(text, value, strlen(value), 80);
}

void vsphere_fault_decode(const struct xml_node *fault, const char *message,
                          struct vsphere_fault *out)
{
    *out = (struct vsphere_fault){.kind = VSPHERE_FAULT_OTHER};
    decode_type(fault, out->type, sizeof out->type);
    decode_object(fault, out);
    const struct fault_rule *rule = rule_of(out->type);
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s", out->type);
    if (rule) {
        out->kind = rule->kind;
        buf_addf(&text, ": %s", rule->advice);
    }
    static const char *const fields[] = {"privilegeId",     "name",
                                         "invalidProperty", "requestedState",
                                         "existingState",   "reason"};
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        add_field(&text, fault, fields[i]);
    if (out->object[0])
        buf_addf(&text, "; %s", out->object);
    if (message && *message) {
        buf_adds(&text, " (\"");
        text_sanitize(&text, message, strlen(message), 160);
        buf_adds(&text, "\")");
    }
    (void)text_clean(buf_text(&text), out->text, sizeof out->text);
}

enum slipway_outcome vsphere_fault_outcome(const struct vsphere_fault *fault)
{
    switch (fault->kind) {
    case VSPHERE_FAULT_SESSION:
    case VSPHERE_FAULT_BUSY:
        return SLIPWAY_RETRY;
    case VSPHERE_FAULT_LOGIN:
    case VSPHERE_FAULT_FORBIDDEN:
    case VSPHERE_FAULT_UNSUPPORTED:
        return SLIPWAY_REFUSED;
    case VSPHERE_FAULT_REQUEST:
    case VSPHERE_FAULT_GONE:
    case VSPHERE_FAULT_STATE:
    case VSPHERE_FAULT_CAPACITY:
    case VSPHERE_FAULT_TOOLS:
    case VSPHERE_FAULT_OTHER:
        break;
    }
    return SLIPWAY_FAILED;
}
