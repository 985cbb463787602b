/*
 * soap_values.c - managed objects and their properties, one table.
 *
 * A property that is unset on an object is missing from the reply; a path that
 * the type does not have fails the whole call (soap_props.c), as a real
 * vCenter does.
 */
#include <stdio.h>
#include <string.h>

#include "soap.h"

/* ---- <val> ---- */

static bool text_value(struct buf *out, const char *xsi, const char *text)
{
    buf_addf(out, "<val xsi:type=\"%s\">", xsi);
    soap_escape(out, text);
    buf_adds(out, "</val>");
    return true;
}

static bool long_value(struct buf *out, const char *xsi, int64_t value)
{
    buf_addf(out, "<val xsi:type=\"%s\">%lld</val>", xsi, (long long)value);
    return true;
}

static bool bool_value(struct buf *out, bool value)
{
    return text_value(out, "xsd:boolean", value ? "true" : "false");
}

static bool moref_value(struct buf *out, const char *type, const char *ref)
{
    buf_addf(out, "<val type=\"%s\" xsi:type=\"ManagedObjectReference\">%s</val>", type,
             ref);
    return true;
}

static bool time_value(struct buf *out, int64_t ms)
{
    char text[32];
    return text_value(out, "xsd:dateTime", soap_time(ms, text));
}

/* ---- virtual machine ---- */

typedef const struct soap_object object;

static bool vm_name(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->vm->appliance->name);
}
static bool vm_uuid(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->vm->uuid);
}
static bool vm_instance_uuid(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->vm->instance_uuid);
}
static bool vm_power(object *o, struct buf *out)
{
    return text_value(out, "VirtualMachinePowerState",
                      o->vm->power == POWER_OFF ? "poweredOff" : "poweredOn");
}
static bool vm_connection(object *o, struct buf *out)
{
    (void)o;
    return text_value(out, "VirtualMachineConnectionState", "connected");
}
static bool vm_host(object *o, struct buf *out)
{
    (void)o;
    return moref_value(out, "HostSystem", "host-1");
}
static bool unset(object *o, struct buf *out)
{
    (void)o;
    (void)out;
    return false;
}
static bool always_false(object *o, struct buf *out)
{
    (void)o;
    return bool_value(out, false);
}
static bool always_true(object *o, struct buf *out)
{
    (void)o;
    return bool_value(out, true);
}
static bool vm_boot_time(object *o, struct buf *out)
{
    return o->vm->power == POWER_ON && time_value(out, o->vm->boot_ms);
}
static bool vm_tools(object *o, struct buf *out)
{
    return text_value(out, "xsd:string",
                      o->vm->power == POWER_ON ? "guestToolsRunning"
                                               : "guestToolsNotRunning");
}
static bool vm_guest_state(object *o, struct buf *out)
{
    return text_value(out, "xsd:string",
                      o->vm->power == POWER_ON ? "running" : "notRunning");
}
static bool vm_ip(object *o, struct buf *out)
{
    return o->vm->power == POWER_ON &&
           text_value(out, "xsd:string", o->vm->appliance->host);
}
static bool vm_host_name(object *o, struct buf *out)
{
    return o->vm->power == POWER_ON &&
           text_value(out, "xsd:string", o->vm->appliance->name);
}
static bool vm_heartbeat(object *o, struct buf *out)
{
    return text_value(out, "ManagedEntityStatus",
                      o->vm->power == POWER_ON ? "green" : "gray");
}
static bool vm_memory_mb(object *o, struct buf *out)
{
    (void)o;
    return long_value(out, "xsd:int", 14336);
}

static void add_tree(struct buf *out, const struct vm *vm, int parent,
                     const char *element)
{
    char time[32];
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        const struct snapshot *snapshot = &vm->snapshots[i];
        if (snapshot->parent != parent)
            continue;
        buf_addf(out, "<%s>", element);
        soap_moref(out, "snapshot", "VirtualMachineSnapshot", snapshot->ref);
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

static bool vm_snapshots(object *o, struct buf *out)
{
    const struct vm *vm = o->vm;
    if (!vm->snapshot_count)
        return false;
    buf_adds(out, "<val xsi:type=\"VirtualMachineSnapshotInfo\">");
    for (size_t i = 0; i < vm->snapshot_count; i++)
        if (vm->snapshots[i].id == vm->current)
            soap_moref(out, "currentSnapshot", "VirtualMachineSnapshot",
                       vm->snapshots[i].ref);
    add_tree(out, vm, 0, "rootSnapshotList");
    buf_adds(out, "</val>");
    return true;
}

static bool vm_root_snapshots(object *o, struct buf *out)
{
    if (!o->vm->snapshot_count)
        return false;
    buf_adds(out, "<val xsi:type=\"ArrayOfManagedObjectReference\">");
    for (size_t i = 0; i < o->vm->snapshot_count; i++)
        if (!o->vm->snapshots[i].parent)
            buf_addf(out,
                     "<ManagedObjectReference type=\"VirtualMachineSnapshot\" "
                     "xsi:type=\"ManagedObjectReference\">%s</ManagedObjectReference>",
                     o->vm->snapshots[i].ref);
    buf_adds(out, "</val>");
    return true;
}

static void datastore_ref(const struct manager *manager, int index, char *out,
                          size_t size)
{
    (void)snprintf(out, size, "datastore-%d", manager->index * 2 + index + 1);
}

static bool vm_datastore(object *o, struct buf *out)
{
    char ref[40];
    datastore_ref(o->manager, o->vm->datastore, ref, sizeof ref);
    buf_addf(out,
             "<val xsi:type=\"ArrayOfManagedObjectReference\"><ManagedObjectReference "
             "type=\"Datastore\" xsi:type=\"ManagedObjectReference\">%s"
             "</ManagedObjectReference></val>",
             ref);
    return true;
}

static bool vm_files(object *o, struct buf *out)
{
    buf_adds(out, "<val xsi:type=\"ArrayOfVirtualMachineFileLayoutExFileInfo\">");
    for (size_t i = 0; i <= o->vm->snapshot_count; i++)
        buf_addf(
            out,
            "<VirtualMachineFileLayoutExFileInfo xsi:type=\""
            "VirtualMachineFileLayoutExFileInfo\"><key>%zu</key><name>[ds] %s/disk-%06zu"
            ".vmdk</name><type>diskExtent</type><size>%lld</size><uniqueSize>%lld"
            "</uniqueSize></VirtualMachineFileLayoutExFileInfo>",
            i, o->vm->appliance->name, i, i ? LAB_SNAPSHOT_BYTES : 8 * LAB_SNAPSHOT_BYTES,
            i ? LAB_SNAPSHOT_BYTES : 8 * LAB_SNAPSHOT_BYTES);
    buf_adds(out, "</val>");
    return true;
}

static bool vm_committed(object *o, struct buf *out)
{
    return long_value(out, "xsd:long",
                      (8 + (int64_t)o->vm->snapshot_count) * LAB_SNAPSHOT_BYTES);
}
static bool vm_uncommitted(object *o, struct buf *out)
{
    (void)o;
    return long_value(out, "xsd:long", 4 * LAB_SNAPSHOT_BYTES);
}
static bool vm_disabled(object *o, struct buf *out)
{
    (void)o;
    buf_adds(out, "<val xsi:type=\"ArrayOfString\"/>");
    return true;
}

static void add_recent(struct buf *out, const struct manager *manager,
                       const struct vm *vm)
{
    int64_t oldest = lab_now_ms() - LAB_TASK_LIFE_MS;
    buf_adds(out, "<val xsi:type=\"ArrayOfManagedObjectReference\">");
    for (size_t i = 0; i < manager->task_count; i++) {
        const struct task *task = manager->tasks[i];
        if ((!vm || task->vm == vm) && (!task->done_ms || task->done_ms > oldest))
            buf_addf(out,
                     "<ManagedObjectReference type=\"Task\" xsi:type=\""
                     "ManagedObjectReference\">%s</ManagedObjectReference>",
                     task->ref);
    }
    buf_adds(out, "</val>");
}

static bool vm_recent(object *o, struct buf *out)
{
    add_recent(out, o->manager, o->vm);
    return true;
}

/* ---- tasks ---- */

static const char *state_text(const struct task *task)
{
    if (task->state == TASK_SUCCESS)
        return "success";
    if (task->state == TASK_ERROR)
        return "error";
    int64_t length = task->due_ms - task->queued_ms;
    return lab_now_ms() < task->queued_ms + length / 10 ? "queued" : "running";
}

static int progress(const struct task *task)
{
    int64_t length = task->due_ms - task->queued_ms,
            spent = lab_now_ms() - task->queued_ms;
    int64_t percent = length > 0 ? spent * 100 / length : 99;
    return percent > 99 ? 99 : (int)percent;
}

static void add_error(struct buf *out, const struct task *task)
{
    buf_addf(out, "<fault xsi:type=\"%s\"/>", task->fault);
    soap_element(out, "localizedMessage", task->message ? task->message : "");
    if (task->vm->appliance->faults.escape_text) /* control bytes are not XML, bidi is */
        out->length -= strlen("</localizedMessage>"),
            buf_adds(out, " \xe2\x80\xae"
                          "gpj.exe</localizedMessage>");
}

static bool task_state_value(object *o, struct buf *out)
{
    return text_value(out, "TaskInfoState", state_text(o->task));
}
static bool task_progress(object *o, struct buf *out)
{
    return strcmp(state_text(o->task), "running") == 0 &&
           long_value(out, "xsd:int", progress(o->task));
}
static bool task_error(object *o, struct buf *out)
{
    if (o->task->state != TASK_ERROR)
        return false;
    buf_adds(out, "<val xsi:type=\"LocalizedMethodFault\">");
    add_error(out, o->task);
    buf_adds(out, "</val>");
    return true;
}
static bool task_result(object *o, struct buf *out)
{
    return o->task->state == TASK_SUCCESS && o->task->result[0] &&
           moref_value(out, "VirtualMachineSnapshot", o->task->result);
}
static bool task_key(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->task->ref);
}
static bool task_entity(object *o, struct buf *out)
{
    return moref_value(out, "VirtualMachine", o->task->vm->ref);
}
static bool task_entity_name(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->task->vm->appliance->name);
}
static bool task_description_id(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->task->description_id);
}
static bool task_activation(object *o, struct buf *out)
{
    return o->task->operation_id && text_value(out, "xsd:string", o->task->operation_id);
}
static bool task_queue_time(object *o, struct buf *out)
{
    return time_value(out, o->task->queued_ms);
}
static bool task_start_time(object *o, struct buf *out)
{
    return strcmp(state_text(o->task), "queued") != 0 &&
           time_value(out, o->task->queued_ms);
}
static bool task_complete_time(object *o, struct buf *out)
{
    return o->task->done_ms && time_value(out, o->task->done_ms);
}

/* The whole TaskInfo, members in schema order. */
static bool task_info(object *o, struct buf *out)
{
    const struct task *task = o->task;
    const char *state = state_text(task);
    char time[32];
    buf_adds(out, "<val xsi:type=\"TaskInfo\">");
    soap_element(out, "key", task->ref);
    soap_moref(out, "task", "Task", task->ref);
    soap_element(out, "descriptionId", task->description_id);
    soap_moref(out, "entity", "VirtualMachine", task->vm->ref);
    soap_element(out, "entityName", task->vm->appliance->name);
    buf_addf(
        out,
        "<state>%s</state><cancelled>false</cancelled><cancelable>false</cancelable>",
        state);
    if (task->state == TASK_ERROR) {
        buf_adds(out, "<error>");
        add_error(out, task);
        buf_adds(out, "</error>");
    }
    if (task->state == TASK_SUCCESS && task->result[0])
        buf_addf(out,
                 "<result type=\"VirtualMachineSnapshot\" xsi:type=\""
                 "ManagedObjectReference\">%s</result>",
                 task->result);
    if (strcmp(state, "running") == 0)
        buf_addf(out, "<progress>%d</progress>", progress(task));
    buf_adds(out, "<reason xsi:type=\"TaskReasonUser\"><userName>" LAB_MANAGER_USER
                  "</userName></reason>");
    soap_element(out, "queueTime", soap_time(task->queued_ms, time));
    if (strcmp(state, "queued") != 0)
        soap_element(out, "startTime", soap_time(task->queued_ms, time));
    if (task->done_ms)
        soap_element(out, "completeTime", soap_time(task->done_ms, time));
    buf_adds(out, "<eventChainId>1</eventChainId>");
    if (task->operation_id)
        soap_element(out, "activationId", task->operation_id);
    buf_adds(out, "</val>");
    return true;
}

/* ---- datastores, snapshots, the rest ---- */

static int64_t free_space(object *o)
{
    int64_t used = o->manager->snapshot_total[o->datastore] * LAB_SNAPSHOT_BYTES;
    return LAB_DATASTORE_BYTES / 2 - used;
}
static bool ds_name(object *o, struct buf *out)
{
    return text_value(out, "xsd:string", o->ref);
}
static bool ds_free(object *o, struct buf *out)
{
    return long_value(out, "xsd:long", free_space(o));
}
static bool ds_capacity(object *o, struct buf *out)
{
    (void)o;
    return long_value(out, "xsd:long", LAB_DATASTORE_BYTES);
}
static bool ds_type(object *o, struct buf *out)
{
    (void)o;
    return text_value(out, "xsd:string", "VMFS");
}
static bool ds_maintenance(object *o, struct buf *out)
{
    (void)o;
    return text_value(out, "xsd:string", "normal");
}
static bool ds_summary(object *o, struct buf *out)
{
    buf_adds(out, "<val xsi:type=\"DatastoreSummary\">");
    soap_moref(out, "datastore", "Datastore", o->ref);
    buf_addf(out,
             "<name>%s</name><url>ds:///vmfs/volumes/%s/</url><capacity>%lld</capacity>"
             "<freeSpace>%lld</freeSpace><accessible>true</accessible>"
             "<multipleHostAccess>true</multipleHostAccess><type>VMFS</type>"
             "<maintenanceMode>normal</maintenanceMode></val>",
             o->ref, o->ref, (long long)LAB_DATASTORE_BYTES, (long long)free_space(o));
    return true;
}
static bool snapshot_vm(object *o, struct buf *out)
{
    return moref_value(out, "VirtualMachine", o->vm->ref);
}
static bool manager_recent(object *o, struct buf *out)
{
    add_recent(out, o->manager, NULL);
    return true;
}
static bool folder_name(object *o, struct buf *out)
{
    (void)o;
    return text_value(out, "xsd:string", "Datacenters");
}

static const struct property {
    const char *type, *path;
    bool (*write)(object *o, struct buf *out);
} properties[] = {
    {"VirtualMachine", "name", vm_name},
    {"VirtualMachine", "config.name", vm_name},
    {"VirtualMachine", "config.uuid", vm_uuid},
    {"VirtualMachine", "config.instanceUuid", vm_instance_uuid},
    {"VirtualMachine", "config.template", always_false},
    {"VirtualMachine", "config.hardware.memoryMB", vm_memory_mb},
    {"VirtualMachine", "runtime.powerState", vm_power},
    {"VirtualMachine", "runtime.connectionState", vm_connection},
    {"VirtualMachine", "runtime.host", vm_host},
    {"VirtualMachine", "runtime.question", unset},
    {"VirtualMachine", "runtime.consolidationNeeded", always_false},
    {"VirtualMachine", "runtime.snapshotInBackground", always_false},
    {"VirtualMachine", "runtime.bootTime", vm_boot_time},
    {"VirtualMachine", "guest.toolsRunningStatus", vm_tools},
    {"VirtualMachine", "guest.guestState", vm_guest_state},
    {"VirtualMachine", "guest.ipAddress", vm_ip},
    {"VirtualMachine", "guest.hostName", vm_host_name},
    {"VirtualMachine", "guestHeartbeatStatus", vm_heartbeat},
    {"VirtualMachine", "snapshot", vm_snapshots},
    {"VirtualMachine", "rootSnapshot", vm_root_snapshots},
    {"VirtualMachine", "layoutEx.file", vm_files},
    {"VirtualMachine", "datastore", vm_datastore},
    {"VirtualMachine", "capability.memorySnapshotsSupported", always_true},
    {"VirtualMachine", "capability.snapshotOperationsSupported", always_true},
    {"VirtualMachine", "summary.storage.committed", vm_committed},
    {"VirtualMachine", "summary.storage.uncommitted", vm_uncommitted},
    {"VirtualMachine", "disabledMethod", vm_disabled},
    {"VirtualMachine", "recentTask", vm_recent},
    {"Task", "info", task_info},
    {"Task", "info.key", task_key},
    {"Task", "info.state", task_state_value},
    {"Task", "info.progress", task_progress},
    {"Task", "info.error", task_error},
    {"Task", "info.result", task_result},
    {"Task", "info.entity", task_entity},
    {"Task", "info.entityName", task_entity_name},
    {"Task", "info.descriptionId", task_description_id},
    {"Task", "info.activationId", task_activation},
    {"Task", "info.cancelable", always_false},
    {"Task", "info.cancelled", always_false},
    {"Task", "info.queueTime", task_queue_time},
    {"Task", "info.startTime", task_start_time},
    {"Task", "info.completeTime", task_complete_time},
    {"Datastore", "name", ds_name},
    {"Datastore", "summary", ds_summary},
    {"Datastore", "summary.name", ds_name},
    {"Datastore", "summary.freeSpace", ds_free},
    {"Datastore", "summary.capacity", ds_capacity},
    {"Datastore", "summary.uncommitted", unset},
    {"Datastore", "summary.accessible", always_true},
    {"Datastore", "summary.type", ds_type},
    {"Datastore", "summary.maintenanceMode", ds_maintenance},
    {"VirtualMachineSnapshot", "vm", snapshot_vm},
    {"TaskManager", "recentTask", manager_recent},
    {"Folder", "name", folder_name},
};

enum soap_value soap_value(const struct soap_object *o, const char *path, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
        if (strcmp(properties[i].type, o->type) == 0 &&
            strcmp(properties[i].path, path) == 0)
            return properties[i].write(o, out) ? SOAP_VALUE_SET : SOAP_VALUE_UNSET;
    return SOAP_VALUE_UNKNOWN;
}

const char *soap_path(const char *type, size_t index)
{
    for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
        if (strcmp(properties[i].type, type) == 0 && index-- == 0)
            return properties[i].path;
    return NULL;
}

/* ---- finding objects ---- */

static bool find_snapshot(struct manager *manager, const char *ref,
                          struct soap_object *out)
{
    struct lab *lab = manager->endpoint.lab;
    for (int i = manager->index; i < lab->appliance_count; i += lab->manager_count) {
        out->vm = &lab->appliances[i].vm;
        out->snapshot = vm_snapshot(out->vm, ref);
        if (out->snapshot)
            return true;
    }
    return false;
}

static bool find_view(struct manager *manager, const char *ref, struct soap_object *out)
{
    for (size_t i = 0; i < manager->view_count; i++)
        if (strcmp(manager->views[i].ref, ref) == 0)
            out->view = &manager->views[i];
    return out->view != NULL;
}

static bool find_datastore(struct manager *manager, const char *ref,
                           struct soap_object *out)
{
    char mine[40];
    for (out->datastore = 0; out->datastore < 2; out->datastore++) {
        datastore_ref(manager, out->datastore, mine, sizeof mine);
        if (strcmp(mine, ref) == 0)
            return true;
    }
    return false;
}

bool soap_resolve(struct manager *manager, const char *type, const char *ref,
                  struct soap_object *out)
{
    static const char *const types[] = {
        "VirtualMachine", "Task",  "VirtualMachineSnapshot", "Datastore", "ContainerView",
        "TaskManager",    "Folder"};
    struct soap_object found = {.manager = manager};
    for (size_t i = 0; type && i < ARRAY_LENGTH(types); i++)
        if (strcmp(types[i], type) == 0)
            found.type = types[i];
    if (!found.type || !ref || strlen(ref) >= sizeof found.ref)
        return false;
    memcpy(found.ref, ref, strlen(ref) + 1);
    bool ok = strcmp(type, "TaskManager") == 0 ? strcmp(ref, "TaskManager") == 0
              : strcmp(type, "Folder") == 0    ? strcmp(ref, "group-d1") == 0
              : strcmp(type, "VirtualMachine") == 0
                  ? (found.vm = soap_vm(manager, ref)) != NULL
              : strcmp(type, "Task") == 0 ? (found.task = vm_task(manager, ref)) != NULL
              : strcmp(type, "Datastore") == 0     ? find_datastore(manager, ref, &found)
              : strcmp(type, "ContainerView") == 0 ? find_view(manager, ref, &found)
                                                   : find_snapshot(manager, ref, &found);
    if (ok)
        *out = found;
    return ok;
}
