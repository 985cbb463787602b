/*
 * soap_methods.c - the vim25 methods: session, search, views, VM operations.
 *
 * Each one writes the children of its response, or a fault. Effects are tasks
 * of vm.c; what is refused at once (a running task, an unknown snapshot, too
 * many levels) is refused here.
 */
#include <stdio.h>
#include <string.h>

#include "esxi.h"

struct vm *soap_vm(struct manager *manager, const char *ref)
{
    struct vm *vm = ref ? lab_next_vm(manager, NULL) : NULL;
    while (vm && strcmp(vm->ref, ref) != 0)
        vm = lab_next_vm(manager, vm);
    return vm;
}

static char *this_ref(const struct soap_call *call)
{
    return soap_text(call->method, "_this");
}

static void not_found(struct soap_call *call, const char *type, const char *ref)
{
    auto_buf struct buf fields = {0};
    auto_buf struct buf safe = {0};
    soap_escape(&safe, ref);
    soap_moref(&fields, "obj", type, buf_text(&safe));
    soap_fault(call, "ManagedObjectNotFound",
               "The object has already been deleted or has not been completely created.",
               buf_text(&fields));
}

/* The VM that _this names; a fault otherwise. */
static struct vm *this_vm(struct soap_call *call)
{
    auto_free char *ref = this_ref(call);
    call->vm = soap_vm(call->manager, ref);
    if (!call->vm)
        not_found(call, "VirtualMachine", ref);
    return call->vm;
}

/* The snapshot that _this names; sets call->vm. */
static struct snapshot *this_snapshot(struct soap_call *call)
{
    auto_free char *ref = this_ref(call);
    struct soap_object object;
    if (!soap_resolve(call->manager, "VirtualMachineSnapshot", ref, &object)) {
        not_found(call, "VirtualMachineSnapshot", ref);
        return NULL;
    }
    call->vm = object.vm;
    return object.snapshot;
}

/* ---- greeting and session ---- */

static void retrieve_service_content(struct soap_call *call)
{
    struct buf *out = &call->out;
    if (call->lab->esxi) {
        esxi_content(call);
        return;
    }
    buf_adds(out, "<returnval>");
    soap_moref(out, "rootFolder", "Folder", "group-d1");
    soap_moref(out, "propertyCollector", "PropertyCollector", "propertyCollector");
    soap_moref(out, "viewManager", "ViewManager", "ViewManager");
    buf_addf(
        out,
        "<about><name>VMware vCenter Server</name><fullName>VMware vCenter Server 8.0.3 "
        "build-24322831 (slipway-lab %s)</fullName><vendor>VMware, Inc.</vendor>"
        "<version>8.0.3</version><patchLevel>00400</patchLevel><build>24322831</build>"
        "<localeVersion>INTL</localeVersion><localeBuild>000</localeBuild>"
        "<osType>linux-x64</osType><productLineId>vpx</productLineId>"
        "<apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion>"
        "<instanceUuid>4237aaaa-0000-4000-a000-%012d</instanceUuid></about>",
        call->manager->name, call->manager->index + 1);
    soap_moref(out, "sessionManager", "SessionManager", "SessionManager");
    soap_moref(out, "taskManager", "TaskManager", "TaskManager");
    soap_moref(out, "searchIndex", "SearchIndex", "SearchIndex");
    buf_adds(out, "</returnval>");
}

static void current_time(struct soap_call *call)
{
    char now[32];
    soap_element(&call->out, "returnval", soap_time(lab_now_ms(), now));
}

static void log_in(struct soap_call *call)
{
    struct manager *manager = call->manager;
    auto_free char *user = soap_text(call->method, "userName");
    auto_free char *password = soap_text(call->method, "password");
    char now[32];
    if (strcmp(user, LAB_MANAGER_USER) != 0 || strcmp(password, LAB_PASSWORD) != 0 ||
        session_use(call->lab, &manager->sessions, call->token)) {
        ledger_add(call->lab, "login_refused",
                   json_pack("{s:s, s:s}", "manager", manager->name, "via", "soap"));
        soap_fault(call, "InvalidLogin",
                   "Cannot complete login due to an incorrect user name or password.",
                   NULL);
        return;
    }
    const char *token = session_add(call->lab, &manager->sessions);
    if (!token) {
        call->reply->drop = true; /* too many sessions: the server is out of order */
        return;
    }
    call->reply->cookie =
        xasprintf("vmware_soap_session=\"%s\"; Path=/; HttpOnly; Secure", token);
    buf_adds(&call->out, "<returnval>");
    soap_element(&call->out, "key", token);
    soap_element(&call->out, "userName", LAB_MANAGER_USER);
    soap_element(&call->out, "fullName", "slipway service account");
    soap_element(&call->out, "loginTime", soap_time(lab_now_ms(), now));
    soap_element(&call->out, "lastActiveTime", soap_time(lab_now_ms(), now));
    buf_adds(&call->out,
             "<locale>en</locale><messageLocale>en</messageLocale></returnval>");
    ledger_add(call->lab, "login",
               json_pack("{s:s, s:s, s:s?}", "manager", manager->name, "via", "soap",
                         "operation_id", call->operation_id));
}

static void log_out(struct soap_call *call)
{
    session_drop(&call->manager->sessions, call->token);
    ledger_add(call->lab, "logout",
               json_pack("{s:s, s:s}", "manager", call->manager->name, "via", "soap"));
}

/* ---- search and views ---- */

static void find_by_uuid(struct soap_call *call)
{
    auto_free char *uuid = soap_text(call->method, "uuid");
    bool instance = soap_bool(call->method, "instanceUuid", false);
    if (!soap_bool(call->method, "vmSearch", false))
        return;
    const struct vm *vm = NULL;
    while ((vm = lab_next_vm(call->manager, vm)))
        if (strcasecmp(instance ? vm->instance_uuid : vm->uuid, uuid) == 0)
            soap_moref(&call->out, "returnval", "VirtualMachine", vm->ref);
}

static void find_by_path(struct soap_call *call)
{
    auto_free char *path = soap_text(call->method, "inventoryPath");
    const char *name = path[0] == '/' ? path + 1 : path;
    const struct vm *vm = NULL;
    const char *folder = call->lab->esxi ? "ha-datacenter/vm/" : "Lab/vm/";
    if (strncmp(name, folder, strlen(folder)) != 0)
        return;
    while ((vm = lab_next_vm(call->manager, vm)))
        if (strcmp(vm->appliance->name, name + strlen(folder)) == 0)
            soap_moref(&call->out, "returnval", "VirtualMachine", vm->ref);
}

static void create_view(struct soap_call *call)
{
    struct manager *manager = call->manager;
    struct view *view = vec_push(manager->views, manager->view_count, manager->view_room);
    *view = (struct view){0};
    (void)snprintf(view->ref, sizeof view->ref, "session[lab]view-%u",
                   atomic_fetch_add(&call->lab->next_id, 1u));
    bool any = false;
    for (const xmlNode *node = soap_next(call->method, NULL); node;
         node = soap_next(call->method, node)) {
        if (strcmp((const char *)node->name, "type") != 0)
            continue;
        auto_free char *type = soap_content(node);
        view->vms = view->vms || strcmp(type, "VirtualMachine") == 0;
        view->datastores = view->datastores || strcmp(type, "Datastore") == 0;
        view->folders = view->folders || strcmp(type, "Folder") == 0;
        any = true;
    }
    if (!any)
        view->vms = view->datastores = true;
    soap_moref(&call->out, "returnval", "ContainerView", view->ref);
}

static void destroy_view(struct soap_call *call)
{
    struct manager *manager = call->manager;
    auto_free char *ref = this_ref(call);
    for (size_t i = 0; i < manager->view_count; i++) {
        if (strcmp(manager->views[i].ref, ref) == 0) {
            manager->views[i] = manager->views[--manager->view_count];
            return;
        }
    }
    not_found(call, "ContainerView", ref);
}

/* ---- effects ---- */

static void start_task(struct soap_call *call, struct vm_request *request)
{
    if (esxi_restricts(call))
        return;
    request->operation_id = call->operation_id;
    struct task *task = vm_start_task(call->vm, request);
    if (task) {
        soap_moref(&call->out, "returnval", "Task", task->ref);
        return;
    }
    auto_buf struct buf fields = {0};
    soap_moref(&fields, "task", "Task", call->vm->running->ref);
    soap_fault(call, "TaskInProgress",
               "The operation is not allowed: another task is "
               "already in progress.",
               buf_text(&fields));
}

static void create_snapshot(struct soap_call *call)
{
    auto_free char *name = soap_text(call->method, "name");
    auto_free char *description = soap_text(call->method, "description");
    struct vm *vm = this_vm(call);
    if (!vm)
        return;
    if (vm->snapshot_count >= LAB_SNAPSHOT_LEVELS) {
        soap_fault(call, "TooManySnapshotLevels", "Snapshot hierarchy is too deep.",
                   NULL);
        return;
    }
    start_task(call, &(struct vm_request){
                         .kind = "snapshot_create",
                         .name = name,
                         .description = description,
                         .memory = soap_bool(call->method, "memory", false),
                         .quiesce = soap_bool(call->method, "quiesce", false),
                     });
}

static void revert_to_snapshot(struct soap_call *call)
{
    const struct snapshot *snapshot = this_snapshot(call);
    if (snapshot)
        start_task(call, &(struct vm_request){.kind = "snapshot_revert",
                                              .snapshot = snapshot->ref});
}

static void revert_to_current(struct soap_call *call)
{
    const struct vm *vm = this_vm(call);
    for (size_t i = 0; vm && i < vm->snapshot_count; i++) {
        if (vm->snapshots[i].id == vm->current) {
            start_task(call, &(struct vm_request){.kind = "snapshot_revert",
                                                  .snapshot = vm->snapshots[i].ref});
            return;
        }
    }
    soap_fault(call, "NotFound", "The virtual machine has no current snapshot.", NULL);
}

static void remove_snapshot(struct soap_call *call)
{
    const struct snapshot *snapshot = this_snapshot(call);
    if (snapshot)
        start_task(call, &(struct vm_request){
                             .kind = "snapshot_remove",
                             .snapshot = snapshot->ref,
                             .children = soap_bool(call->method, "removeChildren", false),
                         });
}

static void start_plain(struct soap_call *call, const char *kind)
{
    if (this_vm(call))
        start_task(call, &(struct vm_request){.kind = kind});
}

static void remove_all(struct soap_call *call)
{
    start_plain(call, "snapshot_remove_all");
}
static void consolidate(struct soap_call *call)
{
    start_plain(call, "consolidate");
}
static void power_on(struct soap_call *call)
{
    start_plain(call, "power_on");
}
static void power_off(struct soap_call *call)
{
    start_plain(call, "power_off");
}
static void reset(struct soap_call *call)
{
    start_plain(call, "reset");
}

static void guest_call(struct soap_call *call, bool reboot)
{
    struct vm *vm = this_vm(call);
    if (!vm || esxi_restricts(call))
        return;
    if (vm->power == POWER_OFF)
        soap_fault(call, "InvalidPowerState", "The virtual machine is powered off.",
                   "<requestedState>poweredOn</requestedState>"
                   "<existingState>poweredOff</existingState>");
    else if (vm->power == POWER_BOOTING || vm->appliance->faults.no_tools)
        soap_fault(call, "ToolsUnavailable", "VMware Tools is not running.", NULL);
    else
        vm_shutdown_guest(vm, reboot);
}

static void shutdown_guest(struct soap_call *call)
{
    guest_call(call, false);
}
static void reboot_guest(struct soap_call *call)
{
    guest_call(call, true);
}

static void nothing(struct soap_call *call)
{
    (void)call;
}

static void cancel_task(struct soap_call *call)
{
    soap_fault(call, "NotSupported", "The task cannot be cancelled.", NULL);
}

static const struct method {
    const char *name;
    soap_method act;
    bool open; /* without a session */
} methods[] = {
    {"RetrieveServiceContent", retrieve_service_content, true},
    {"Login", log_in, true},
    {"Logout", log_out, false},
    {"CurrentTime", current_time, false},
    {"FindByUuid", find_by_uuid, false},
    {"FindAllByUuid", find_by_uuid, false},
    {"FindByInventoryPath", find_by_path, false},
    {"CreateContainerView", create_view, false},
    {"DestroyView", destroy_view, false},
    {"RetrievePropertiesEx", soap_retrieve_properties, false},
    {"ContinueRetrievePropertiesEx", soap_continue_retrieve, false},
    {"CancelRetrievePropertiesEx", soap_cancel_retrieve, false},
    {"CreateSnapshot_Task", create_snapshot, false},
    {"RevertToSnapshot_Task", revert_to_snapshot, false},
    {"RevertToCurrentSnapshot_Task", revert_to_current, false},
    {"RemoveSnapshot_Task", remove_snapshot, false},
    {"RemoveAllSnapshots_Task", remove_all, false},
    {"ConsolidateVMDisks_Task", consolidate, false},
    {"PowerOnVM_Task", power_on, false},
    {"PowerOffVM_Task", power_off, false},
    {"ResetVM_Task", reset, false},
    {"ShutdownGuest", shutdown_guest, false},
    {"RebootGuest", reboot_guest, false},
    {"RefreshDatastore", nothing, false},
    {"CancelTask", cancel_task, false},
};

soap_method soap_find_method(const char *name, bool *needs_session)
{
    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            *needs_session = !methods[i].open;
            return methods[i].act;
        }
    }
    return NULL;
}
