/*
 * soap_vm_values.c - properties of virtual machines, the snapshot tree and the
 * file layout included.
 */
#include <stdio.h>

#include "esxi.h"
#include "soap_values.h"

static bool vm_name(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->vm->appliance->name);
}
static bool vm_uuid(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->vm->uuid);
}
static bool vm_instance_uuid(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->vm->instance_uuid);
}
static bool vm_power(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "VirtualMachinePowerState",
                           o->vm->power == POWER_OFF ? "poweredOff" : "poweredOn");
}
static bool vm_connection(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_text_value(out, "VirtualMachineConnectionState", "connected");
}
static bool vm_host(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_moref_value(out, "HostSystem",
                            o->manager->endpoint.lab->esxi ? "ha-host" : "host-1");
}
static bool vm_boot_time(soap_source *o, struct buf *out)
{
    return o->vm->power == POWER_ON && soap_time_value(out, o->vm->boot_ms);
}
/* What the guest tells comes through its tools. */
static bool has_tools(const struct vm *vm)
{
    return vm->power == POWER_ON && !vm->appliance->faults.no_tools;
}
static bool vm_tools(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string",
                           has_tools(o->vm) ? "guestToolsRunning"
                                            : "guestToolsNotRunning");
}
static bool vm_guest_state(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string",
                           !has_tools(o->vm)      ? "notRunning"
                           : o->vm->shutting_down ? "shuttingDown"
                                                  : "running");
}
static bool vm_ip(soap_source *o, struct buf *out)
{
    return has_tools(o->vm) && soap_text_value(out, "xsd:string", o->vm->appliance->host);
}
static bool vm_host_name(soap_source *o, struct buf *out)
{
    return has_tools(o->vm) && soap_text_value(out, "xsd:string", o->vm->appliance->name);
}
static bool vm_heartbeat(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "ManagedEntityStatus",
                           has_tools(o->vm) ? "green" : "gray");
}
static bool vm_memory_mb(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_long_value(out, "xsd:int", 14336);
}

/* What people, and the OVA, left beside the machine. */
static bool vm_notes(soap_source *o, struct buf *out)
{
    const struct lab *lab = o->manager->endpoint.lab;
    const char *product = lab->vcsa           ? "VMware vCenter Server Appliance"
                          : lab->nsx == NSX_T ? "VMware NSX Unified Appliance"
                          : lab->nsx == NSX_V ? "VMware NSX Manager"
                                              : "a Linux machine";
    bool told = lab->vcsa || lab->nsx != NSX_NONE; /* by the product */
    auto_free char *text = xasprintf("%s\nslipway: %ssite=%s customer=c%02d", product,
                                     told ? "" : "kind=linux ", o->vm->appliance->site,
                                     o->vm->appliance->index % 5 + 1);
    return soap_text_value(out, "xsd:string", text);
}
static bool vm_guest_name(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_text_value(out, "xsd:string", "VMware Photon OS (64-bit)");
}
static bool vm_product(soap_source *o, struct buf *out)
{
    if (!o->manager->endpoint.lab->vcsa)
        return false;
    buf_adds(out,
             "<val xsi:type=\"ArrayOfVAppProductInfo\"><VAppProductInfo><key>0</key>"
             "<name>VMware vCenter Server Appliance</name><vendor>VMware Inc.</vendor>"
             "</VAppProductInfo></val>");
    return true;
}
static bool vm_parent(soap_source *o, struct buf *out)
{
    return soap_moref_value(out, "Folder",
                            o->manager->endpoint.lab->esxi ? "ha-folder-vm" : "group-v3");
}

static bool vm_devices(soap_source *o, struct buf *out)
{
    bool forgotten = o->vm && o->vm->appliance->faults.cdrom;
    buf_adds(out, "<val xsi:type=\"ArrayOfVirtualDevice\">");
    buf_addf(
        out,
        "<VirtualDevice xsi:type=\"VirtualCdrom\"><key>16000</key><deviceInfo><label>"
        "CD/DVD drive 1</label><summary>%s</summary></deviceInfo>%s<connectable>"
        "<startConnected>%s</startConnected><allowGuestControl>true"
        "</allowGuestControl><connected>%s</connected></connectable></VirtualDevice>",
        forgotten ? "ISO" : "Remote device",
        forgotten ? "<backing xsi:type=\"VirtualCdromIsoBackingInfo\"><fileName>[iso] "
                    "vcsa/old-patch-FP.iso</fileName></backing>"
                  : "<backing xsi:type=\"VirtualCdromRemotePassthroughBackingInfo\">"
                    "<deviceName></deviceName><exclusive>false</exclusive></backing>",
        forgotten ? "true" : "false", forgotten ? "true" : "false");
    buf_adds(out,
             "<VirtualDevice "
             "xsi:type=\"ParaVirtualSCSIController\"><key>1000</key><busNumber>0"
             "</busNumber><sharedBus>noSharing</sharedBus></VirtualDevice>"
             "<VirtualDevice xsi:type=\"VirtualDisk\"><key>2000</key><deviceInfo>"
             "<label>Hard disk 1</label><summary>64 GB</summary></deviceInfo><backing "
             "xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>[ds] vm.vmdk"
             "</fileName><diskMode>persistent</diskMode></backing><controllerKey>1000"
             "</controllerKey><unitNumber>0</unitNumber><capacityInKB>67108864"
             "</capacityInKB></VirtualDevice></val>");
    return true;
}

static void add_tree(struct buf *out, const struct vm *vm, int parent,
                     const char *element)
{
    char time[32], wire[64];
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        const struct snapshot *snapshot = &vm->snapshots[i];
        if (snapshot->parent != parent)
            continue;
        buf_addf(out, "<%s>", element);
        soap_moref(out, "snapshot", "VirtualMachineSnapshot",
                   esxi_snapshot_ref(vm, snapshot->ref, wire));
        soap_moref(out, "vm", "VirtualMachine", vm->ref);
        soap_element(out, "name", snapshot->name);
        soap_element(out, "description", snapshot->description);
        buf_addf(out,
                 "<id>%d</id><createTime>%s</createTime><state>%s</state>"
                 "<quiesced>%s</quiesced>",
                 snapshot->id, soap_time(snapshot->created_ms, time),
                 snapshot->memory ? "poweredOn" : "poweredOff",
                 snapshot->quiesced ? "true" : "false");
        add_tree(out, vm, snapshot->id, "childSnapshotList");
        buf_addf(out, "<replaySupported>false</replaySupported></%s>", element);
    }
}

static bool vm_snapshots(soap_source *o, struct buf *out)
{
    const struct vm *vm = o->vm;
    char wire[64];
    if (!vm->snapshot_count)
        return false;
    buf_adds(out, "<val xsi:type=\"VirtualMachineSnapshotInfo\">");
    for (size_t i = 0; i < vm->snapshot_count; i++)
        if (vm->snapshots[i].id == vm->current)
            soap_moref(out, "currentSnapshot", "VirtualMachineSnapshot",
                       esxi_snapshot_ref(vm, vm->snapshots[i].ref, wire));
    add_tree(out, vm, 0, "rootSnapshotList");
    buf_adds(out, "</val>");
    return true;
}

static bool vm_root_snapshots(soap_source *o, struct buf *out)
{
    char wire[64];
    if (!o->vm->snapshot_count)
        return false;
    buf_adds(out, "<val xsi:type=\"ArrayOfManagedObjectReference\">");
    for (size_t i = 0; i < o->vm->snapshot_count; i++)
        if (!o->vm->snapshots[i].parent)
            buf_addf(out,
                     "<ManagedObjectReference type=\"VirtualMachineSnapshot\" "
                     "xsi:type=\"ManagedObjectReference\">%s</ManagedObjectReference>",
                     esxi_snapshot_ref(o->vm, o->vm->snapshots[i].ref, wire));
    buf_adds(out, "</val>");
    return true;
}

static bool vm_datastore(soap_source *o, struct buf *out)
{
    char ref[40];
    soap_datastore_ref(o->manager, o->vm->datastore, ref, sizeof ref);
    buf_addf(out,
             "<val xsi:type=\"ArrayOfManagedObjectReference\"><ManagedObjectReference "
             "type=\"Datastore\" xsi:type=\"ManagedObjectReference\">%s"
             "</ManagedObjectReference></val>",
             ref);
    return true;
}

/* Keys of files in layoutEx: the base disk, and two per snapshot. */
#define BASE_KEY     1
#define DATA_KEY(id) (1000 + 2 * (id))
#define DISK_KEY(id) (1001 + 2 * (id))

static void add_file(struct buf *out, const char *element, const struct vm *vm, int key,
                     const char *type, int64_t size)
{
    buf_addf(
        out,
        "<%s><key>%d</key><name>[ds] %s/file-%d</name><type>%s</type><size>%lld</size>"
        "<uniqueSize>%lld</uniqueSize></%s>",
        element, key, vm->appliance->name, key, type, (long long)size, (long long)size,
        element);
}

static void add_files(struct buf *out, const char *element, const struct vm *vm)
{
    add_file(out, element, vm, BASE_KEY, "diskExtent", 8 * LAB_SNAPSHOT_BYTES);
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        int id = vm->snapshots[i].id;
        add_file(out, element, vm, DATA_KEY(id), "snapshotData", 30000);
        add_file(out, element, vm, DISK_KEY(id), "diskExtent", LAB_SNAPSHOT_BYTES);
    }
}

static const struct snapshot *by_id(const struct vm *vm, int id)
{
    for (size_t i = 0; i < vm->snapshot_count; i++)
        if (vm->snapshots[i].id == id)
            return &vm->snapshots[i];
    return NULL;
}

static void add_links(struct buf *out, const struct vm *vm, int id)
{
    const struct snapshot *snapshot = by_id(vm, id);
    if (!snapshot) {
        buf_addf(out, "<chain><fileKey>%d</fileKey></chain>", BASE_KEY);
        return;
    }
    add_links(out, vm, snapshot->parent);
    buf_addf(out, "<chain><fileKey>%d</fileKey></chain>", DISK_KEY(id));
}

/* A disk whose newest link was begun by snapshot `id`. */
static void add_disk(struct buf *out, const struct vm *vm, int id)
{
    buf_adds(out, "<disk><key>2000</key>");
    add_links(out, vm, id);
    buf_adds(out, "</disk>");
}

static bool vm_files(soap_source *o, struct buf *out)
{
    buf_adds(out, "<val xsi:type=\"ArrayOfVirtualMachineFileLayoutExFileInfo\">");
    add_files(out, "VirtualMachineFileLayoutExFileInfo", o->vm);
    buf_adds(out, "</val>");
    return true;
}

static bool vm_layout(soap_source *o, struct buf *out)
{
    const struct vm *vm = o->vm;
    char now[32], wire[64];
    buf_adds(out, "<val xsi:type=\"VirtualMachineFileLayoutEx\">");
    add_files(out, "file", vm);
    add_disk(out, vm, vm->current);
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        const struct snapshot *snapshot = &vm->snapshots[i];
        buf_adds(out, "<snapshot>");
        soap_moref(out, "key", "VirtualMachineSnapshot",
                   esxi_snapshot_ref(vm, snapshot->ref, wire));
        buf_addf(out, "<dataKey>%d</dataKey><memoryKey>-1</memoryKey>",
                 DATA_KEY(snapshot->id));
        add_disk(out, vm, snapshot->parent);
        buf_adds(out, "</snapshot>");
    }
    soap_element(out, "timestamp", soap_time(lab_now_ms(), now));
    buf_adds(out, "</val>");
    return true;
}

static bool vm_committed(soap_source *o, struct buf *out)
{
    return soap_long_value(out, "xsd:long",
                           (8 + (int64_t)o->vm->snapshot_count) * LAB_SNAPSHOT_BYTES);
}
static bool vm_uncommitted(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_long_value(out, "xsd:long", 4 * LAB_SNAPSHOT_BYTES);
}
static bool vm_disabled(soap_source *o, struct buf *out)
{
    (void)o;
    buf_adds(out, "<val xsi:type=\"ArrayOfString\"/>");
    return true;
}

static bool vm_recent(soap_source *o, struct buf *out)
{
    soap_recent_tasks(out, o->manager, o->vm);
    return true;
}

const struct soap_property soap_vm_properties[] = {
    {"name", vm_name},
    {"config.name", vm_name},
    {"config.uuid", vm_uuid},
    {"config.instanceUuid", vm_instance_uuid},
    {"config.template", soap_always_false},
    {"config.hardware.memoryMB", vm_memory_mb},
    {"config.hardware.device", vm_devices},
    {"config.keyId", soap_unset},
    {"config.annotation", vm_notes},
    {"config.guestFullName", vm_guest_name},
    {"config.vAppConfig.product", vm_product},
    {"parent", vm_parent},
    {"runtime.powerState", vm_power},
    {"runtime.connectionState", vm_connection},
    {"runtime.host", vm_host},
    {"runtime.question", soap_unset},
    {"runtime.consolidationNeeded", soap_always_false},
    {"runtime.snapshotInBackground", soap_always_false},
    {"runtime.bootTime", vm_boot_time},
    {"guest.toolsRunningStatus", vm_tools},
    {"guest.guestState", vm_guest_state},
    {"guest.ipAddress", vm_ip},
    {"guest.hostName", vm_host_name},
    {"guestHeartbeatStatus", vm_heartbeat},
    {"snapshot", vm_snapshots},
    {"rootSnapshot", vm_root_snapshots},
    {"layoutEx", vm_layout},
    {"layoutEx.file", vm_files},
    {"datastore", vm_datastore},
    {"capability.memorySnapshotsSupported", soap_always_true},
    {"capability.snapshotOperationsSupported", soap_always_true},
    {"summary.storage.committed", vm_committed},
    {"summary.storage.uncommitted", vm_uncommitted},
    {"disabledMethod", vm_disabled},
    {"recentTask", vm_recent},
    {NULL, NULL},
};
