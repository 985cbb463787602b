/*
 * vm.c - virtual machines: power, snapshots, and the tasks that change them.
 *
 * A task is accepted under the lab's lock and does its work when its time is
 * over, on the timer thread. `vm->running` keeps everybody else away meanwhile,
 * so the copying itself needs no lock. Rules that matter to slipway:
 *  - a snapshot without memory remembers "powered off": a revert to it leaves
 *    the VM off, whatever it was before;
 *  - a revert puts the whole disk back: version, health, and job directories;
 *  - names of snapshots need not be unique, references are;
 *  - power on answers long before the guest does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "parts.h"

struct power_timer {
    struct vm *vm;
    unsigned epoch;
    bool reboot;
};

static struct lab *lab_of(const struct vm *vm)
{
    return vm->manager->endpoint.lab;
}

struct snapshot *vm_snapshot(struct vm *vm, const char *ref)
{
    for (size_t i = 0; i < vm->snapshot_count; i++)
        if (strcmp(vm->snapshots[i].ref, ref) == 0)
            return &vm->snapshots[i];
    return NULL;
}

struct task *vm_task(struct manager *manager, const char *ref)
{
    int64_t now = lab_now_ms();
    for (size_t i = manager->task_count; i-- > 0;) {
        struct task *task = manager->tasks[i];
        if (strcmp(task->ref, ref) == 0)
            return task->done_ms && now - task->done_ms > LAB_TASK_LIFE_MS ? NULL : task;
    }
    return NULL;
}

/* ---- power ---- */

static void set_power(struct vm *vm, enum power power)
{
    vm->power = power;
    vm->power_epoch++;
    (void)tree_write(vm->appliance->outside, "power",
                     power == POWER_OFF ? "off\n" : "on\n");
}

static void boot_due(void *argument)
{
    auto_free struct power_timer *timer = argument;
    struct vm *vm = timer->vm;
    WITH_LOCK(&lab_of(vm)->lock);
    if (vm->power_epoch != timer->epoch || vm->power != POWER_BOOTING)
        return;
    vm->power = POWER_ON;
    vm->boot_ms = lab_now_ms();
    appliance_boot(vm->appliance);
    ledger_add(lab_of(vm), "boot",
               json_pack("{s:s, s:i}", "appliance", vm->appliance->name, "incarnation",
                         vm->appliance->incarnation));
}

static void start_boot(struct vm *vm)
{
    set_power(vm, POWER_BOOTING);
    if (vm->no_boot)
        return;
    struct power_timer *timer = xmalloc(sizeof *timer);
    *timer = (struct power_timer){.vm = vm, .epoch = vm->power_epoch};
    timer_after(lab_scaled(lab_of(vm), lab_of(vm)->boot_ms), boot_due, timer);
}

static void shutdown_due(void *argument)
{
    auto_free struct power_timer *timer = argument;
    struct vm *vm = timer->vm;
    {
        WITH_LOCK(&lab_of(vm)->lock);
        if (vm->power_epoch != timer->epoch || vm->power == POWER_OFF)
            return;
        set_power(vm, POWER_OFF);
    }
    appliance_halt(vm->appliance);
    ledger_add(
        lab_of(vm), timer->reboot ? "reboot" : "guest_shutdown",
        json_pack("{s:s, s:s}", "appliance", vm->appliance->name, "outcome", "success"));
    WITH_LOCK(&lab_of(vm)->lock);
    if (timer->reboot && vm->power == POWER_OFF)
        start_boot(vm);
}

void vm_shutdown_guest(struct vm *vm, bool reboot)
{
    struct power_timer *timer = xmalloc(sizeof *timer);
    *timer = (struct power_timer){.vm = vm, .epoch = vm->power_epoch, .reboot = reboot};
    timer_after(reboot ? 1 : lab_scaled(lab_of(vm), LAB_SHUTDOWN_MS), shutdown_due,
                timer);
}

void appliance_reboot(struct appliance *appliance)
{
    WITH_LOCK(&appliance->endpoint.lab->lock);
    if (appliance->vm.power == POWER_OFF)
        return;
    if (appliance->faults.reboots) { /* the fault happens once */
        appliance->faults.reboots = false;
        fleet_write_faults(appliance);
    }
    vm_shutdown_guest(&appliance->vm, true);
}

/* ---- snapshots on disk ---- */

static char *snapshot_path(const struct vm *vm, const char *ref, const char *suffix)
{
    return xasprintf("%s/snapshots/%s%s", lab_of(vm)->dir, ref, suffix);
}

static void save_snapshot(const struct vm *vm, const struct snapshot *snapshot)
{
    auto_json json_t *json = json_pack(
        "{s:s, s:s, s:i, s:s, s:s, s:I, s:b, s:b, s:i}", "ref", snapshot->ref, "vm",
        vm->ref, "id", snapshot->id, "name", snapshot->name, "description",
        snapshot->description, "created_ms", (json_int_t)snapshot->created_ms, "memory",
        snapshot->memory, "quiesced", snapshot->quiesced, "parent", snapshot->parent);
    auto_free char *text = json_pretty(json);
    auto_free char *name = xasprintf("snapshots/%s.json", snapshot->ref);
    (void)tree_write(lab_of(vm)->dir, name, text);
}

/* outside/NAME/snapshots lists the references, the current one marked. */
static void save_list(const struct vm *vm)
{
    auto_buf struct buf text = {0};
    for (size_t i = 0; i < vm->snapshot_count; i++)
        buf_addf(&text, "%c%s\n", vm->snapshots[i].id == vm->current ? '*' : ' ',
                 vm->snapshots[i].ref);
    (void)tree_write(vm->appliance->outside, "snapshots", buf_text(&text));
}

static void restore_one(struct vm *vm, const char *ref, bool current)
{
    auto_free char *name = xasprintf("snapshots/%s.json", ref);
    auto_free char *text = tree_read(lab_of(vm)->dir, name, "");
    auto_json json_t *json = json_parse(text, strlen(text), 65536, NULL);
    if (!json_text(json, "name"))
        return;
    struct snapshot *snapshot =
        vec_push(vm->snapshots, vm->snapshot_count, vm->snapshot_room);
    *snapshot = (struct snapshot){
        .id = (int)json_number(json, "id", 0),
        .name = xstrdup(json_text(json, "name")),
        .description = xstrdup(json_text(json, "description")),
        .created_ms = json_number(json, "created_ms", 0),
        .memory = json_is_true(json_object_get(json, "memory")),
        .quiesced = json_is_true(json_object_get(json, "quiesced")),
        .parent = (int)json_number(json, "parent", 0),
    };
    (void)snprintf(snapshot->ref, sizeof snapshot->ref, "%s", ref);
    vm->manager->snapshot_total[vm->datastore]++;
    if (current)
        vm->current = snapshot->id;
    if ((unsigned)snapshot->id >= atomic_load(&lab_of(vm)->next_id))
        atomic_store(&lab_of(vm)->next_id, (unsigned)snapshot->id + 1);
}

void vm_restore(struct vm *vm)
{
    auto_free char *list = tree_read(vm->appliance->outside, "snapshots", "");
    char *rest = list;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (line[0])
            restore_one(vm, line + 1, line[0] == '*');
}

/* ---- the effects ---- */

static bool fail(struct task *task, const char *fault, const char *message)
{
    task->fault = fault;
    xreplace(&task->message, message);
    return false;
}

static void add_snapshot(struct vm *vm, const struct task *task)
{
    struct snapshot *snapshot =
        vec_push(vm->snapshots, vm->snapshot_count, vm->snapshot_room);
    *snapshot = (struct snapshot){
        .id = (int)strtol(strrchr(task->result, '-') + 1, NULL, 10),
        .name = xstrdup(task->name),
        .description = xstrdup(task->description ? task->description : ""),
        .created_ms = lab_now_ms(),
        .memory = task->memory && vm->power != POWER_OFF,
        .quiesced = task->quiesce && vm->power == POWER_ON,
        .parent = vm->current,
    };
    memcpy(snapshot->ref, task->result, sizeof snapshot->ref);
    vm->current = snapshot->id;
    vm->manager->snapshot_total[vm->datastore]++;
    save_snapshot(vm, snapshot);
    save_list(vm);
}

static bool do_create(struct task *task)
{
    struct vm *vm = task->vm;
    const struct faults *faults = &vm->appliance->faults;
    if (faults->no_space)
        return fail(task, "NoDiskSpace", "Insufficient disk space on datastore.");
    if (faults->snapshot_fails)
        return fail(task, "ApplicationQuiesceFault",
                    "An error occurred while saving the snapshot: Failed to quiesce the "
                    "virtual machine.");
    (void)snprintf(task->result, sizeof task->result, "snapshot-%u",
                   atomic_fetch_add(&lab_of(vm)->next_id, 1u));
    auto_free char *copy = snapshot_path(vm, task->result, "");
    if (tree_copy(vm->appliance->dir, copy))
        return fail(task, "FileFault", strerror(errno));
    WITH_LOCK(&lab_of(vm)->lock);
    add_snapshot(vm, task);
    return true;
}

/* Put the copied disk in the place of the present one. */
static int exchange_disk(const struct vm *vm, const char *ref)
{
    const struct appliance *appliance = vm->appliance;
    auto_free char *copy = snapshot_path(vm, ref, "");
    auto_free char *next =
        xasprintf("%s/appliances/.%s.next", lab_of(vm)->dir, appliance->name);
    tree_remove(next);
    if (tree_copy(copy, next) ||
        renameat2(AT_FDCWD, next, AT_FDCWD, appliance->dir, RENAME_EXCHANGE))
        return -1;
    tree_remove(next);
    return 0;
}

static void after_revert(struct vm *vm, const struct snapshot *snapshot)
{
    struct appliance *appliance = vm->appliance;
    char number[16];
    vm->current = snapshot->id;
    (void)snprintf(number, sizeof number, "%d\n", ++appliance->incarnation);
    (void)tree_write(appliance->outside, "incarnation", number);
    save_list(vm);
    session_clear(&appliance->sessions);
    vm->no_boot = appliance->faults.stays_off;
    if (snapshot->memory) { /* goes on where it was, without its processes */
        set_power(vm, POWER_ON);
        atomic_store(&appliance->up, true);
    }
}

static bool do_revert(struct task *task)
{
    struct vm *vm = task->vm;
    if (vm->appliance->faults.revert_fails)
        return fail(task, "FileLocked", "Unable to access file since it is locked.");
    {
        WITH_LOCK(&lab_of(vm)->lock);
        if (!vm_snapshot(vm, task->snapshot))
            return fail(task, "ManagedObjectNotFound", "The snapshot is gone.");
        set_power(vm, POWER_OFF);
    }
    appliance_halt(vm->appliance);
    if (exchange_disk(vm, task->snapshot))
        return fail(task, "FileFault", strerror(errno));
    WITH_LOCK(&lab_of(vm)->lock);
    after_revert(vm, vm_snapshot(vm, task->snapshot));
    return true;
}

/* Under the lock: forget one snapshot; its children move up. */
static void drop_snapshot(struct vm *vm, int id)
{
    size_t i = 0;
    while (i < vm->snapshot_count && vm->snapshots[i].id != id)
        i++;
    if (i == vm->snapshot_count)
        return;
    struct snapshot gone = vm->snapshots[i];
    auto_free char *copy = snapshot_path(vm, gone.ref, "");
    auto_free char *about = snapshot_path(vm, gone.ref, ".json");
    memmove(&vm->snapshots[i], &vm->snapshots[i + 1],
            (--vm->snapshot_count - i) * sizeof *vm->snapshots);
    for (i = 0; i < vm->snapshot_count; i++)
        if (vm->snapshots[i].parent == id)
            vm->snapshots[i].parent = gone.parent;
    if (vm->current == id)
        vm->current = gone.parent;
    vm->manager->snapshot_total[vm->datastore]--;
    tree_remove(copy);
    tree_remove(about);
    free(gone.name);
    free(gone.description);
}

static int child_of(const struct vm *vm, int id)
{
    for (size_t i = 0; i < vm->snapshot_count; i++)
        if (vm->snapshots[i].parent == id)
            return vm->snapshots[i].id;
    return 0;
}

static void drop_below(struct vm *vm, int id)
{
    for (int child; (child = child_of(vm, id));) {
        int deepest = child;
        while ((child = child_of(vm, deepest)))
            deepest = child;
        drop_snapshot(vm, deepest);
    }
}

static bool do_remove(struct task *task)
{
    struct vm *vm = task->vm;
    WITH_LOCK(&lab_of(vm)->lock);
    if (strcmp(task->kind, "snapshot_remove_all") == 0) {
        drop_below(vm, 0);
    } else {
        struct snapshot *snapshot = vm_snapshot(vm, task->snapshot);
        if (!snapshot)
            return fail(task, "ManagedObjectNotFound", "The snapshot is gone.");
        int id = snapshot->id;
        if (task->children)
            drop_below(vm, id);
        drop_snapshot(vm, id);
    }
    save_list(vm);
    return true;
}

static bool do_power_on(struct task *task)
{
    WITH_LOCK(&lab_of(task->vm)->lock);
    if (task->vm->power != POWER_OFF)
        return fail(task, "InvalidPowerState",
                    "The attempted operation cannot be performed in the current state "
                    "(Powered on).");
    start_boot(task->vm);
    return true;
}

static bool do_power_off(struct task *task)
{
    struct vm *vm = task->vm;
    {
        WITH_LOCK(&lab_of(vm)->lock);
        if (vm->power == POWER_OFF)
            return fail(
                task, "InvalidPowerState",
                "The attempted operation cannot be performed in the current state "
                "(Powered off).");
        set_power(vm, POWER_OFF);
    }
    appliance_halt(vm->appliance);
    WITH_LOCK(&lab_of(vm)->lock);
    if (strcmp(task->kind, "reset") == 0)
        start_boot(vm);
    return true;
}

static bool do_nothing(struct task *task)
{
    (void)task;
    return true;
}

/* ---- tasks ---- */

static const struct effect {
    const char *kind, *description_id;
    bool (*act)(struct task *task);
    size_t cost; /* offset of the duration in struct lab */
} effects[] = {
    {"snapshot_create", "VirtualMachine.createSnapshot", do_create,
     offsetof(struct lab, create_ms)},
    {"snapshot_revert", "VirtualMachineSnapshot.revert", do_revert,
     offsetof(struct lab, revert_ms)},
    {"snapshot_remove", "VirtualMachineSnapshot.remove", do_remove,
     offsetof(struct lab, remove_ms)},
    {"snapshot_remove_all", "VirtualMachine.removeAllSnapshots", do_remove,
     offsetof(struct lab, remove_ms)},
    {"power_on", "VirtualMachine.powerOn", do_power_on, offsetof(struct lab, power_ms)},
    {"power_off", "VirtualMachine.powerOff", do_power_off,
     offsetof(struct lab, power_ms)},
    {"reset", "VirtualMachine.reset", do_power_off, offsetof(struct lab, power_ms)},
    {"consolidate", "VirtualMachine.consolidateDisks", do_nothing,
     offsetof(struct lab, remove_ms)},
};

static const struct effect *effect_of(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(effects); i++)
        if (strcmp(effects[i].kind, kind) == 0)
            return &effects[i];
    abort();
}

static void record(const struct task *task)
{
    const struct vm *vm = task->vm;
    const char *ref = task->result[0]     ? task->result
                      : task->snapshot[0] ? task->snapshot
                                          : NULL;
    ledger_add(lab_of(vm), task->kind,
               json_pack("{s:s, s:s, s:s, s:I, s:s?, s:s?, s:s?, s:i, s:s, s:s?}",
                         "appliance", vm->appliance->name, "manager", vm->manager->name,
                         "task", task->ref, "issued_ms", (json_int_t)task->queued_ms,
                         "name", task->name, "snapshot", ref, "operation_id",
                         task->operation_id, "incarnation", vm->appliance->incarnation,
                         "outcome", task->fault ? "error" : "success", "fault",
                         task->fault));
}

static void task_due(void *argument)
{
    struct task *task = argument;
    (void)effect_of(task->kind)->act(task);
    WITH_LOCK(&lab_of(task->vm)->lock);
    record(task);
    task->done_ms = lab_now_ms();
    task->state = task->fault ? TASK_ERROR : TASK_SUCCESS;
    task->vm->running = NULL;
    manager_effect(task->vm->manager);
}

/* The name that a snapshot has, for the ledger of a revert or a removal. */
static const char *name_for(struct vm *vm, const struct vm_request *request)
{
    if (request->name || !request->snapshot)
        return request->name;
    const struct snapshot *snapshot = vm_snapshot(vm, request->snapshot);
    return snapshot ? snapshot->name : NULL;
}

struct task *vm_start_task(struct vm *vm, const struct vm_request *request)
{
    if (vm->running)
        return NULL;
    struct lab *lab = lab_of(vm);
    struct manager *manager = vm->manager;
    const struct effect *effect = effect_of(request->kind);
    int64_t cost = *(const int64_t *)(const void *)((const char *)lab + effect->cost);
    struct task *task = xcalloc(1, sizeof *task);
    (void)snprintf(task->ref, sizeof task->ref, "task-%u",
                   atomic_fetch_add(&lab->next_id, 1u));
    task->kind = effect->kind;
    task->description_id = effect->description_id;
    task->vm = vm;
    task->queued_ms = lab_now_ms();
    task->due_ms = task->queued_ms + lab_scaled(lab, cost);
    task->operation_id = xstrdup_null(request->operation_id);
    task->name = xstrdup_null(name_for(vm, request));
    task->description = xstrdup_null(request->description);
    task->memory = request->memory;
    task->quiesce = request->quiesce;
    task->children = request->children;
    if (request->snapshot)
        (void)snprintf(task->snapshot, sizeof task->snapshot, "%s", request->snapshot);
    *vec_push(manager->tasks, manager->task_count, manager->task_room) = task;
    vm->running = task;
    timer_after(task->due_ms - task->queued_ms, task_due, task);
    return task;
}

void vm_add_foreign_snapshot(struct vm *vm)
{
    struct task task = {.vm = vm, .name = "VEEAM BACKUP TEMPORARY SNAPSHOT"};
    (void)snprintf(task.result, sizeof task.result, "snapshot-%u",
                   atomic_fetch_add(&lab_of(vm)->next_id, 1u));
    auto_free char *copy = snapshot_path(vm, task.result, "");
    if (tree_copy(vm->appliance->dir, copy) == 0)
        add_snapshot(vm, &task);
}

void manager_effect(struct manager *manager)
{
    struct lab *lab = manager->endpoint.lab;
    if (++manager->effects != manager->restart_at)
        return;
    session_clear(&manager->sessions);
    manager->view_count = 0;
    manager->down_until_ms = lab_now_ms() + manager->restart_ms;
    ledger_add(lab, "manager_restart", json_pack("{s:s}", "manager", manager->name));
}
