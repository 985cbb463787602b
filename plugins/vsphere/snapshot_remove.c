/*
 * snapshot_remove.c - removing one snapshot of our own, never its children.
 *
 * The goal is "absent", so a snapshot that is not there is a success. Removing
 * merges a delta disk and can take hours; its end is the task's end. A merge that
 * went wrong leaves `consolidation_needed`, which the result reports: cleaning it
 * up is another step.
 *
 * Failure: a name that does not match is a refusal; a lost answer is UNKNOWN, and
 * the probe looks for a running removal and then at the tree.
 */
#include "vsphere/operations.h"

#include <string.h>

#include "util/auto.h"
#include "vsphere/snapshot.h"

#define WHAT "removing the snapshot"

static json_t *result_of(const struct vsphere_vm *vm, bool removed, const char *snapshot)
{
    json_t *result = json_object();
    (void)json_object_set_new(result, "removed", json_boolean(removed));
    (void)json_object_set_new(
        result, "snapshot", snapshot && *snapshot ? json_string(snapshot) : json_null());
    (void)json_object_set_new(result, "consolidation_needed",
                              json_boolean(vm->consolidation_needed));
    return result;
}

static enum slipway_outcome send_remove(struct vsphere_talk *talk,
                                        const struct vsphere_vm *vm,
                                        const struct vsphere_snapshot *snapshot)
{
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(talk, &request, "RemoveSnapshot_Task", "VirtualMachineSnapshot",
                         snapshot->ref);
    xml_write_boolean(&request.writer, "removeChildren", false);
    xml_write_boolean(&request.writer, "consolidate", true);
    struct vsphere_handle handle = {.adopted = false};
    (void)snprintf(handle.vm, sizeof handle.vm, "%s", vm->ref);
    (void)snprintf(handle.snapshot, sizeof handle.snapshot, "%s", snapshot->ref);
    return vsphere_start_task(talk, &request, &handle, WHAT);
}

enum slipway_outcome vsphere_remove_start(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    const struct vsphere_snapshot *snapshot = NULL;
    if (vsphere_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vsphere_answer answer = vsphere_vm_find(&talk, &vm);
    if (answer == VSPHERE_OK)
        answer = vsphere_snapshot_resolve(&talk, &vm, &snapshot);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    if (!snapshot)
        return vsphere_done(&talk, result_of(&vm, false, NULL));
    enum slipway_outcome outcome = send_remove(&talk, &vm, snapshot);
    bool gone = outcome == SLIPWAY_FAILED && talk.fault.kind == VSPHERE_FAULT_GONE;
    /* Somebody else was quicker: what was wanted is so. */
    return gone ? vsphere_done(&talk, result_of(&vm, false, snapshot->ref)) : outcome;
}

/* The task has ended or is forgotten: the tree has the last word. */
static enum slipway_outcome look(struct vsphere_talk *talk, struct vsphere_handle *handle,
                                 enum slipway_outcome if_still_there)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum vsphere_answer answer = vsphere_handle_vm(talk, handle, &vm);
    if (answer != VSPHERE_OK)
        return vsphere_poll_outcome(talk, answer);
    if (!vsphere_handle_snapshot(talk, &vm, handle))
        return vsphere_done(talk, result_of(&vm, true, handle->snapshot));
    talk->call->host->say(talk->call, "%s has ended, but %s is still there", handle->task,
                          handle->snapshot);
    return if_still_there;
}

enum slipway_outcome vsphere_remove_poll(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    struct vsphere_handle handle;
    struct vsphere_task task;
    if (vsphere_poll_open(&talk, call, &handle))
        return SLIPWAY_UNKNOWN;
    enum vsphere_answer answer = vsphere_handle_task(&talk, &handle, &task);
    if (answer != VSPHERE_OK)
        return vsphere_poll_outcome(&talk, answer);
    if (task.state == VSPHERE_TASK_UNDER_WAY)
        return vsphere_still_running(&talk, &task, WHAT);
    if (task.state == VSPHERE_TASK_FAILED && !handle.adopted) {
        call->host->say(call, "removing the snapshot failed: %s", task.fault.text);
        return SLIPWAY_FAILED;
    }
    /* An adopted removal may have been another snapshot's: not a failure of ours. */
    return look(&talk, &handle, handle.adopted ? SLIPWAY_UNKNOWN : SLIPWAY_FAILED);
}

/* What is known without the task. */
static enum slipway_probe ask_machine(struct vsphere_talk *talk,
                                      const struct vsphere_handle *known)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    const struct vsphere_snapshot *snapshot = NULL;
    if (vsphere_vm_find(talk, &vm) != VSPHERE_OK ||
        vsphere_snapshot_resolve(talk, &vm, &snapshot) != VSPHERE_OK)
        return vsphere_probe_unknown(talk);
    const struct vsphere_recent *task = vsphere_vm_running(&vm, VSPHERE_TASK_REMOVE);
    if (task) {
        struct vsphere_handle handle = *known;
        handle.adopted = true;
        (void)snprintf(handle.vm, sizeof handle.vm, "%s", vm.ref);
        (void)snprintf(handle.task, sizeof handle.task, "%s", task->ref);
        if (snapshot)
            (void)snprintf(handle.snapshot, sizeof handle.snapshot, "%s", snapshot->ref);
        return vsphere_probe_running(talk, &handle, WHAT);
    }
    if (!snapshot)
        return vsphere_probe_done(talk, result_of(&vm, true, known->snapshot));
    if (!vsphere_vm_running(&vm, VSPHERE_TASK_OTHER))
        return SLIPWAY_PROBE_NOT_STARTED;
    talk->call->host->say(talk->call, "%s is there, but another task is at work on %s",
                          snapshot->ref, vm.ref);
    talk->call->host->look_again_in(talk->call, VSPHERE_BUSY_LOOK_MS);
    return SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_probe vsphere_remove_probe(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    struct vsphere_handle handle;
    struct vsphere_task task = {.state = VSPHERE_TASK_GONE};
    if (vsphere_probe_open(&talk, call, &handle))
        return SLIPWAY_PROBE_UNKNOWN;
    if (handle.task[0] && vsphere_handle_task(&talk, &handle, &task) != VSPHERE_OK)
        return vsphere_probe_unknown(&talk);
    if (task.state == VSPHERE_TASK_UNDER_WAY)
        return vsphere_probe_running(&talk, &handle, WHAT);
    if (task.state == VSPHERE_TASK_FAILED && !handle.adopted) {
        call->host->say(call, "removing the snapshot failed: %s", task.fault.text);
        return SLIPWAY_PROBE_FAILED;
    }
    return ask_machine(&talk, &handle);
}
