/*
 * vm.c - virtual machines: power, and the tasks that change them.
 *
 * A task is accepted under the lab's lock and does its work when its time is
 * over, on the timer thread. `vm->running` keeps everybody else away meanwhile,
 * so the slow part needs no lock. Power on answers long before the guest does,
 * and a boot that a power-off overtook never happens (power_epoch).
 */
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "vm_parts.h"

struct power_timer {
    struct vm *vm;
    unsigned epoch;
    bool reboot;
};

static struct lab *lab_of(const struct vm *vm)
{
    return vm->manager->endpoint.lab;
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

void vm_set_power(struct vm *vm, enum power power)
{
    vm->power = power;
    vm->power_epoch++;
    vm->shutting_down = false;
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
    vm_set_power(vm, POWER_BOOTING);
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
        vm_set_power(vm, POWER_OFF);
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
    if (!reboot && vm->appliance->faults.ignores_shutdown)
        return; /* it was asked, and goes on */
    vm->shutting_down = true;
    struct power_timer *timer = xmalloc(sizeof *timer);
    *timer = (struct power_timer){.vm = vm, .epoch = vm->power_epoch, .reboot = reboot};
    timer_after(reboot ? 1 : lab_scaled(lab_of(vm), lab_of(vm)->shutdown_ms),
                shutdown_due, timer);
}

void appliance_power_request(struct appliance *appliance, bool reboot)
{
    WITH_LOCK(&appliance->endpoint.lab->lock);
    if (appliance->vm.power == POWER_OFF)
        return;
    if (reboot && appliance->faults.reboots) { /* the fault happens once */
        appliance->faults.reboots = 0;
        fleet_write_faults(appliance);
    }
    vm_shutdown_guest(&appliance->vm, reboot);
}

/* ---- effects ---- */

bool task_fail(struct task *task, const char *fault, const char *message)
{
    task->fault = fault;
    xreplace(&task->message, message);
    return false;
}

static bool do_power_on(struct task *task)
{
    WITH_LOCK(&lab_of(task->vm)->lock);
    if (task->vm->power != POWER_OFF)
        return task_fail(
            task, "InvalidPowerState",
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
            return task_fail(
                task, "InvalidPowerState",
                "The attempted operation cannot be performed in the current state "
                "(Powered off).");
        vm_set_power(vm, POWER_OFF);
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
    {"snapshot_create", "VirtualMachine.createSnapshot", snapshot_create,
     offsetof(struct lab, create_ms)},
    {"snapshot_revert", "VirtualMachineSnapshot.revert", snapshot_revert,
     offsetof(struct lab, revert_ms)},
    {"snapshot_remove", "VirtualMachineSnapshot.remove", snapshot_remove,
     offsetof(struct lab, remove_ms)},
    {"snapshot_remove_all", "VirtualMachine.removeAllSnapshots", snapshot_remove,
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
               json_pack("{s:s, s:s, s:s, s:I, s:s?, s:s?, s:s?, s:i, s:s, s:s, s:s?}",
                         "appliance", vm->appliance->name, "manager", vm->manager->name,
                         "task", task->ref, "issued_ms", (json_int_t)task->queued_ms,
                         "name", task->name, "snapshot", ref, "operation_id",
                         task->operation_id, "incarnation", vm->appliance->incarnation,
                         "power", vm->power == POWER_OFF ? "off" : "on", "outcome",
                         task->fault ? "error" : "success", "fault", task->fault));
}

static void task_due(void *argument)
{
    struct task *task = argument;
    (void)effect_of(task->kind)->act(task);
    WITH_LOCK(&lab_of(task->vm)->lock);
    struct manager *manager = task->vm->manager;
    record(task);
    task->done_ms = lab_now_ms();
    task->state = task->fault ? TASK_ERROR : TASK_SUCCESS;
    task->vm->running = NULL;
    fault_on_effect(task->vm->appliance);
    manager_effect(manager);
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
