/*
 * vm.c - one virtual machine, its tasks, its host and its datastores.
 *
 * A single property query starts at the virtual machine and walks to the rest.
 * Walking on the server's side also spares a race: a finished task that expires
 * between two calls would fail the second one as a whole.
 *
 * Failure: a missing privilege shows as a property that could not be read; the
 * power state and the name are indispensable, and their absence is VSPHERE_NO.
 */
#include "vsphere/vm.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vsphere/find.h"
#include "vsphere/properties.h"

static const char *const VM_PATHS[] = {"name",
                                       "config.uuid",
                                       "config.instanceUuid",
                                       "config.hardware.memoryMB",
                                       "runtime.powerState",
                                       "runtime.connectionState",
                                       "runtime.question",
                                       "runtime.consolidationNeeded",
                                       "guest.toolsRunningStatus",
                                       "guest.guestState",
                                       "guest.ipAddress",
                                       "guest.hostName",
                                       "snapshot",
                                       "layoutEx",
                                       NULL};
static const char *const HOST_PATHS[] = {"name", "runtime.inMaintenanceMode", NULL};
static const char *const STORE_PATHS[] = {"summary.name", "summary.freeSpace",
                                          "summary.capacity", "summary.accessible", NULL};
static const char *const TASK_PATHS[] = {"info", NULL};

static const struct vsphere_wish WISHES[] = {{"VirtualMachine", VM_PATHS},
                                             {"HostSystem", HOST_PATHS},
                                             {"Datastore", STORE_PATHS},
                                             {"Task", TASK_PATHS}};
static const struct vsphere_walk WALKS[] = {{"VirtualMachine", "runtime.host"},
                                            {"VirtualMachine", "datastore"},
                                            {"VirtualMachine", "recentTask"}};

char *vsphere_text(const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (length > VSPHERE_TEXT_MAX) {
        length = VSPHERE_TEXT_MAX;
        while (length && ((unsigned char)value[length] & 0xc0) == 0x80)
            length--;
    }
    return value ? xstrndup(value, length) : NULL;
}

static void free_snapshot(struct vsphere_snapshot *snapshot)
{
    free(snapshot->ref);
    free(snapshot->name);
    free(snapshot->description);
    free(snapshot->created);
    free(snapshot->parent);
}

static void free_task(struct vsphere_recent *task)
{
    free(task->ref);
    free(task->operation);
    free(task->state);
    free(task->activation);
    free(task->queued);
}

void vsphere_vm_free(struct vsphere_vm *vm)
{
    char *const texts[] = {vm->name,       vm->uuid,  vm->instance_uuid, vm->power,
                           vm->connection, vm->tools, vm->guest_state,   vm->ip,
                           vm->guest_host, vm->host,  vm->through,       vm->question,
                           vm->unreadable};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    for (size_t i = 0; i < vm->snapshot_count; i++)
        free_snapshot(&vm->snapshots[i]);
    for (size_t i = 0; i < vm->task_count; i++)
        free_task(&vm->tasks[i]);
    for (size_t i = 0; i < vm->store_count; i++) {
        free(vm->stores[i].ref);
        free(vm->stores[i].name);
    }
    free(vm->snapshots);
    free(vm->tasks);
    free(vm->stores);
    *vm = (struct vsphere_vm){.ref = ""};
}

/* --- decoding ------------------------------------------------------------------ */

/* Set once: a server that repeats an object does not make us leak. */
static void set_text(char **slot, const struct xml_node *object, const char *path)
{
    free(*slot);
    *slot = vsphere_text(vsphere_property_text(object, path));
}

static void note_unreadable(struct vsphere_vm *vm, const struct xml_node *object)
{
    static const char *const needed[] = {"name", "runtime.powerState",
                                         "runtime.connectionState", "snapshot"};
    for (size_t i = 0; i < ARRAY_LENGTH(needed) && !vm->unreadable; i++) {
        const char *why = vsphere_property_missing(object, needed[i]);
        if (!why)
            continue;
        char clean[80];
        vm->unreadable =
            xasprintf("%s (%s)", needed[i], text_clean(why, clean, sizeof clean));
    }
}

static void take_vm(struct vsphere_vm *vm, const struct xml_node *object)
{
    set_text(&vm->name, object, "name");
    set_text(&vm->uuid, object, "config.uuid");
    set_text(&vm->instance_uuid, object, "config.instanceUuid");
    set_text(&vm->power, object, "runtime.powerState");
    set_text(&vm->connection, object, "runtime.connectionState");
    set_text(&vm->tools, object, "guest.toolsRunningStatus");
    set_text(&vm->guest_state, object, "guest.guestState");
    set_text(&vm->ip, object, "guest.ipAddress");
    set_text(&vm->guest_host, object, "guest.hostName");
    const struct xml_node *question = vsphere_property(object, "runtime.question");
    if (question && !vm->question) {
        const char *text = xml_child_text(question, VSPHERE_NS, "text");
        vm->question = vsphere_text(text ? text : "");
    }
    (void)xml_boolean(vsphere_property(object, "runtime.consolidationNeeded"),
                      &vm->consolidation_needed);
    (void)xml_number(vsphere_property(object, "config.hardware.memoryMB"),
                     &vm->memory_mb);
    note_unreadable(vm, object);
    if (!vm->snapshot_count)
        vsphere_snapshots_decode(vsphere_property(object, "snapshot"),
                                 vsphere_property(object, "layoutEx"), vm);
}

static void take_store(struct vsphere_vm *vm, const struct xml_node *object)
{
    if (vm->store_count == VSPHERE_STORES_MAX)
        return;
    struct vsphere_store *store = vec_push(vm->stores, vm->store_count, vm->store_room);
    const char *name = vsphere_property_text(object, "summary.name");
    *store = (struct vsphere_store){.ref = xstrdup(vsphere_object_ref(object)),
                                    .name = vsphere_text(name ? name : ""),
                                    .free_bytes = -1,
                                    .capacity_bytes = -1};
    (void)xml_number(vsphere_property(object, "summary.freeSpace"), &store->free_bytes);
    (void)xml_number(vsphere_property(object, "summary.capacity"),
                     &store->capacity_bytes);
    (void)xml_boolean(vsphere_property(object, "summary.accessible"), &store->accessible);
}

/* Servers spell it VirtualMachine.createSnapshot, vm.Snapshot.remove,
   VirtualMachine.revertToCurrentSnapshot, createSnapshotEx ... */
static enum vsphere_task_kind kind_of(const char *operation)
{
    if (strcasestr(operation, "power"))
        return VSPHERE_TASK_POWER;
    if (!strcasestr(operation, "snapshot"))
        return VSPHERE_TASK_OTHER;
    if (strcasestr(operation, "create"))
        return VSPHERE_TASK_CREATE;
    if (strcasestr(operation, "revert"))
        return VSPHERE_TASK_REVERT;
    return strcasestr(operation, "remove") ? VSPHERE_TASK_REMOVE : VSPHERE_TASK_OTHER;
}

static char *child(const struct xml_node *info, const char *name)
{
    const char *text = xml_child_text(info, VSPHERE_NS, name);
    return vsphere_text(text ? text : "");
}

static void take_task(struct vsphere_vm *vm, const struct xml_node *object)
{
    const struct xml_node *info = vsphere_property(object, "info");
    if (!info || vm->task_count == VSPHERE_TASKS_MAX)
        return;
    struct vsphere_recent *task = vec_push(vm->tasks, vm->task_count, vm->task_room);
    *task = (struct vsphere_recent){.ref = xstrdup(vsphere_object_ref(object)),
                                    .operation = child(info, "descriptionId"),
                                    .state = child(info, "state"),
                                    .activation = child(info, "activationId"),
                                    .queued = child(info, "queueTime")};
    task->kind = kind_of(task->operation);
    task->running = !strcmp(task->state, "running") || !strcmp(task->state, "queued");
}

static void take_host(struct vsphere_vm *vm, const struct xml_node *object)
{
    set_text(&vm->host, object, "name");
    (void)xml_boolean(vsphere_property(object, "runtime.inMaintenanceMode"),
                      &vm->maintenance);
}

static void take(void *context, const struct xml_node *object)
{
    struct vsphere_vm *vm = context;
    if (vsphere_object_is(object, "VirtualMachine"))
        take_vm(vm, object);
    else if (vsphere_object_is(object, "HostSystem"))
        take_host(vm, object);
    else if (vsphere_object_is(object, "Datastore"))
        take_store(vm, object);
    else if (vsphere_object_is(object, "Task"))
        take_task(vm, object);
}

enum vsphere_answer vsphere_vm_read(struct vsphere_talk *talk, const char *ref,
                                    struct vsphere_vm *out)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    (void)snprintf(vm.ref, sizeof vm.ref, "%s", ref);
    const struct vsphere_query query = {.type = "VirtualMachine",
                                        .ref = ref,
                                        .walks = WALKS,
                                        .walk_count = ARRAY_LENGTH(WALKS),
                                        .wishes = WISHES,
                                        .wish_count = ARRAY_LENGTH(WISHES),
                                        .take = take,
                                        .context = &vm};
    enum vsphere_answer answer = vsphere_retrieve(talk, &query);
    if (answer != VSPHERE_OK)
        return answer;
    if (!vm.unreadable && !vm.name && !vm.power)
        return vsphere_because(
            talk, VSPHERE_NO,
            "the manager tells nothing about %s: give its user a role "
            "with System.View and System.Read on this virtual machine; "
            "if it has that, something in between mixes up answers",
            ref);
    if (vm.unreadable || !vm.name || !vm.power)
        return vsphere_because(talk, VSPHERE_NO,
                               "the manager's user may not read %s of %s: give it a role "
                               "with System.View, System.Read and the snapshot and power "
                               "privileges on this virtual machine",
                               vm.unreadable ? vm.unreadable : "name and power state",
                               ref);
    vm.through = *talk->host ? xstrdup(talk->host) : NULL;
    *out = vm;
    vm = (struct vsphere_vm){.ref = ""};
    return VSPHERE_OK;
}

enum vsphere_answer vsphere_vm_find(struct vsphere_talk *talk, struct vsphere_vm *vm)
{
    char ref[VSPHERE_REF_MAX];
    enum vsphere_answer answer = vsphere_find_vm(talk, ref);
    return answer == VSPHERE_OK ? vsphere_vm_read(talk, ref, vm) : answer;
}

/* --- looking around ---------------------------------------------------------------- */

const struct vsphere_snapshot *vsphere_vm_snapshot(const struct vsphere_vm *vm,
                                                   const char *ref)
{
    for (size_t i = 0; ref && i < vm->snapshot_count; i++)
        if (!strcmp(vm->snapshots[i].ref, ref))
            return &vm->snapshots[i];
    return NULL;
}

const struct vsphere_recent *vsphere_vm_running(const struct vsphere_vm *vm,
                                                enum vsphere_task_kind kind)
{
    for (size_t i = 0; i < vm->task_count; i++)
        if (vm->tasks[i].running &&
            (kind == VSPHERE_TASK_OTHER || vm->tasks[i].kind == kind))
            return &vm->tasks[i];
    return NULL;
}

const struct vsphere_recent *vsphere_vm_task_of(const struct vsphere_vm *vm,
                                                const char *key)
{
    for (size_t i = 0; i < vm->task_count; i++)
        if (!strcmp(vm->tasks[i].activation, key))
            return &vm->tasks[i];
    return NULL;
}
