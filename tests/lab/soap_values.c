/*
 * soap_values.c - managed objects and their properties, one table.
 *
 * A property that is unset on an object is missing from the reply; a path that
 * the type does not have fails the whole call (soap_props.c), as a real
 * vCenter does.
 */
#include <stdio.h>
#include <string.h>

#include "esxi.h"
#include "soap_values.h"

/* ---- <val> ---- */

bool soap_text_value(struct buf *out, const char *xsi, const char *text)
{
    buf_addf(out, "<val xsi:type=\"%s\">", xsi);
    soap_escape(out, text);
    buf_adds(out, "</val>");
    return true;
}

bool soap_long_value(struct buf *out, const char *xsi, int64_t value)
{
    buf_addf(out, "<val xsi:type=\"%s\">%lld</val>", xsi, (long long)value);
    return true;
}

bool soap_bool_value(struct buf *out, bool value)
{
    return soap_text_value(out, "xsd:boolean", value ? "true" : "false");
}

bool soap_moref_value(struct buf *out, const char *type, const char *ref)
{
    buf_addf(out, "<val type=\"%s\" xsi:type=\"ManagedObjectReference\">%s</val>", type,
             ref);
    return true;
}

bool soap_time_value(struct buf *out, int64_t ms)
{
    char text[32];
    return soap_text_value(out, "xsd:dateTime", soap_time(ms, text));
}

bool soap_unset(soap_source *o, struct buf *out)
{
    (void)o;
    (void)out;
    return false;
}
bool soap_always_false(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_bool_value(out, false);
}
bool soap_always_true(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_bool_value(out, true);
}
void soap_recent_tasks(struct buf *out, const struct manager *manager,
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

void soap_datastore_ref(const struct manager *manager, int index, char *out, size_t size)
{
    (void)snprintf(out, size, "datastore-%d", manager->index * 2 + index + 1);
}

/* ---- datastores, snapshots, the rest ---- */

static int64_t free_space(soap_source *o)
{
    int64_t used = o->manager->snapshot_total[o->datastore] * LAB_SNAPSHOT_BYTES;
    return LAB_DATASTORE_BYTES / 2 - used;
}
static bool ds_name(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->ref);
}
static bool ds_free(soap_source *o, struct buf *out)
{
    return soap_long_value(out, "xsd:long", free_space(o));
}
static bool ds_capacity(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_long_value(out, "xsd:long", LAB_DATASTORE_BYTES);
}
static bool ds_type(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_text_value(out, "xsd:string", "VMFS");
}
static bool ds_maintenance(soap_source *o, struct buf *out)
{
    (void)o;
    return soap_text_value(out, "xsd:string", "normal");
}
static bool ds_summary(soap_source *o, struct buf *out)
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
static bool snapshot_vm(soap_source *o, struct buf *out)
{
    return soap_moref_value(out, "VirtualMachine", o->vm->ref);
}
static bool manager_recent(soap_source *o, struct buf *out)
{
    soap_recent_tasks(out, o->manager, NULL);
    return true;
}
static bool folder_name(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string",
                           strcmp(o->type, "Datacenter") == 0 ? "Lab"
                           : strcmp(o->ref, "group-v3") == 0  ? "vm"
                                                              : "Datacenters");
}
static bool folder_parent(soap_source *o, struct buf *out)
{
    if (strcmp(o->type, "Datacenter") == 0)
        return soap_moref_value(out, "Folder", "group-d1");
    return strcmp(o->ref, "group-v3") == 0 &&
           soap_moref_value(out, "Datacenter", "datacenter-2");
}

static bool host_name(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string",
                           o->manager->endpoint.lab->esxi ? o->manager->name
                                                          : "esx-1.lab");
}
static bool host_maintenance(soap_source *o, struct buf *out)
{
    return soap_bool_value(out, o->manager->maintenance);
}
static bool host_lockdown(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "HostLockdownMode",
                           o->manager->lockdown ? "lockdownNormal" : "lockdownDisabled");
}

static const struct soap_property datastore_properties[] = {
    {"name", ds_name},
    {"summary", ds_summary},
    {"summary.name", ds_name},
    {"summary.freeSpace", ds_free},
    {"summary.capacity", ds_capacity},
    {"summary.uncommitted", soap_unset},
    {"summary.accessible", soap_always_true},
    {"summary.type", ds_type},
    {"summary.maintenanceMode", ds_maintenance},
    {NULL, NULL},
};
static const struct soap_property snapshot_properties[] = {
    {"vm", snapshot_vm},
    {NULL, NULL},
};
static const struct soap_property task_manager_properties[] = {
    {"recentTask", manager_recent},
    {NULL, NULL},
};
static const struct soap_property folder_properties[] = {
    {"name", folder_name},
    {"parent", folder_parent},
    {NULL, NULL},
};
static const struct soap_property host_properties[] = {
    {"name", host_name},
    {"runtime.inMaintenanceMode", host_maintenance},
    {"config.lockdownMode", host_lockdown},
    {NULL, NULL},
};

static const struct soap_property licence_properties[] = {
    {"licenses", esxi_licences},
    {NULL, NULL},
};

static const struct type {
    const char *name;
    const struct soap_property *properties;
} types[] = {
    {"VirtualMachine", soap_vm_properties},
    {"Task", soap_task_properties},
    {"VirtualMachineSnapshot", snapshot_properties},
    {"Datastore", datastore_properties},
    {"HostSystem", host_properties},
    {"LicenseManager", licence_properties},
    {"TaskManager", task_manager_properties},
    {"Folder", folder_properties},
    {"Datacenter", folder_properties},
    {"ContainerView", (const struct soap_property[]){{NULL, NULL}}},
};

static const struct type *find_type(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LENGTH(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

enum soap_value soap_value(const struct soap_object *o, const char *path, struct buf *out)
{
    const struct soap_property *property = find_type(o->type)->properties;
    while (property->path && strcmp(property->path, path) != 0)
        property++;
    if (!property->path)
        return SOAP_VALUE_UNKNOWN;
    return property->write(o, out) ? SOAP_VALUE_SET : SOAP_VALUE_UNSET;
}

const char *soap_path(const char *type, size_t index)
{
    return find_type(type)->properties[index].path;
}

/* ---- finding objects ---- */

static bool find_snapshot(struct manager *manager, const char *ref,
                          struct soap_object *out)
{
    while ((out->vm = lab_next_vm(manager, out->vm))) {
        for (size_t i = 0; i < out->vm->snapshot_count; i++) {
            char wire[64];
            struct snapshot *snapshot = &out->vm->snapshots[i];
            if (strcmp(esxi_snapshot_ref(out->vm, snapshot->ref, wire), ref) != 0)
                continue;
            out->snapshot = snapshot;
            return true;
        }
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
        soap_datastore_ref(manager, out->datastore, mine, sizeof mine);
        if (strcmp(mine, ref) == 0)
            return true;
    }
    return false;
}

bool soap_resolve(struct manager *manager, const char *type, const char *ref,
                  struct soap_object *out)
{
    const struct type *known = find_type(type);
    struct soap_object found = {.manager = manager};
    bool ok = false;
    if (!known || !ref || strlen(ref) >= sizeof found.ref)
        return false;
    found.type = known->name;
    memcpy(found.ref, ref, strlen(ref) + 1);
    if (strcmp(type, "VirtualMachine") == 0)
        ok = (found.vm = soap_vm(manager, ref)) != NULL;
    else if (strcmp(type, "Task") == 0)
        ok = (found.task = vm_task(manager, ref)) != NULL;
    else if (strcmp(type, "VirtualMachineSnapshot") == 0)
        ok = find_snapshot(manager, ref, &found);
    else if (strcmp(type, "Datastore") == 0)
        ok = find_datastore(manager, ref, &found);
    else if (strcmp(type, "ContainerView") == 0)
        ok = find_view(manager, ref, &found);
    else
        ok = strncmp(ref, "ha-", 3) == 0 || strcmp(ref, "host-1") == 0 ||
             strcmp(ref, "group-v3") == 0 || strcmp(ref, "datacenter-2") == 0 ||
             strcmp(ref, "TaskManager") == 0 || strcmp(ref, "group-d1") == 0;
    if (ok)
        *out = found;
    return ok;
}
