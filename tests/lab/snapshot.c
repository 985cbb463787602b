/*
 * snapshot.c - snapshots: copies of a guest's disk, kept over restarts.
 *
 *  - A snapshot without memory remembers "powered off": a revert to it leaves
 *    the VM off, whatever it was before.
 *  - A revert kills the guest's processes and puts the whole disk back: version,
 *    health, job directories. The incarnation outside grows.
 *  - Names need not be unique; references are.
 *
 * Copies are made without the lab's lock: vm->running keeps others away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "vm_parts.h"

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

/* ---- effects ---- */

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

bool snapshot_create(struct task *task)
{
    struct vm *vm = task->vm;
    struct faults *faults = &vm->appliance->faults;
    if (fault_hits(&faults->no_space))
        return task_fail(task, "NoDiskSpace", "Insufficient disk space on datastore.");
    if (fault_hits(&faults->snapshot_fails))
        return task_fail(
            task, "ApplicationQuiesceFault",
            "An error occurred while saving the snapshot: Failed to quiesce the "
            "virtual machine.");
    (void)snprintf(task->result, sizeof task->result, "snapshot-%u",
                   atomic_fetch_add(&lab_of(vm)->next_id, 1u));
    auto_free char *copy = snapshot_path(vm, task->result, "");
    if (tree_copy(vm->appliance->dir, copy))
        return task_fail(task, "FileFault", strerror(errno));
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
    vm->no_boot = fault_hits(&appliance->faults.stays_off);
    if (lab_of(vm)->vcsa)
        vcsa_reverted(appliance,
                      snapshot->memory ? lab_now_ms() - snapshot->created_ms : 0);
    if (snapshot->memory) { /* goes on where it was, without its processes */
        vm_set_power(vm, POWER_ON);
        atomic_store(&appliance->up, true);
    }
}

bool snapshot_revert(struct task *task)
{
    struct vm *vm = task->vm;
    if (fault_hits(&vm->appliance->faults.revert_fails))
        return task_fail(task, "FileLocked", "Unable to access file since it is locked.");
    {
        WITH_LOCK(&lab_of(vm)->lock);
        if (!vm_snapshot(vm, task->snapshot))
            return task_fail(task, "ManagedObjectNotFound", "The snapshot is gone.");
        vm_set_power(vm, POWER_OFF);
    }
    appliance_halt(vm->appliance);
    if (exchange_disk(vm, task->snapshot))
        return task_fail(task, "FileFault", strerror(errno));
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

bool snapshot_remove(struct task *task)
{
    struct vm *vm = task->vm;
    WITH_LOCK(&lab_of(vm)->lock);
    if (strcmp(task->kind, "snapshot_remove_all") == 0) {
        drop_below(vm, 0);
    } else {
        struct snapshot *snapshot = vm_snapshot(vm, task->snapshot);
        if (!snapshot)
            return task_fail(task, "ManagedObjectNotFound", "The snapshot is gone.");
        int id = snapshot->id;
        if (task->children)
            drop_below(vm, id);
        drop_snapshot(vm, id);
    }
    save_list(vm);
    return true;
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
