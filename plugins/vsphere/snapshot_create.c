/*
 * snapshot_create.c - taking a snapshot exactly once.
 *
 *   start ─ look ─┬ ours exists ──────────────────► DONE (adopted)
 *                 ├ our task runs ────────────────► PENDING (adopted)
 *                 ├ another task runs ────────────► RETRY
 *                 └ CreateSnapshot_Task, once ─┬──► PENDING
 *                                              ├──► RETRY, FAILED, REFUSED (a fault)
 *                                              └──► UNKNOWN (the answer was lost)
 *
 * vSphere has no "create if absent", and a name may be used twice. What makes this
 * reconcilable is the fingerprint of the intent in the description: after a lost
 * answer the probe looks for a running task and for that snapshot, and never sends
 * anything.
 *
 * Failure: a fault proves that no snapshot was begun. A task that the server has
 * forgotten proves nothing: UNKNOWN, and the probe looks at the tree.
 */
#include "vsphere/operations.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vsphere/claim.h"
#include "vsphere/snapshot.h"

#define WHAT "taking the snapshot"

static json_t *result_of(const struct vsphere_snapshot *snapshot)
{
    json_t *result = json_object();
    (void)json_object_set_new(result, "snapshot", json_string(snapshot->ref));
    (void)json_object_set_new(result, "name",
                              json_safe_string(snapshot->name, strlen(snapshot->name)));
    (void)json_object_set_new(
        result, "created",
        json_safe_string(snapshot->created, strlen(snapshot->created)));
    return result;
}

static const char *name_of(const struct vsphere_talk *talk)
{
    return json_text(talk->with, "name");
}

static void fill_handle(struct vsphere_handle *handle, const struct vsphere_vm *vm,
                        const struct vsphere_recent *task)
{
    *handle = (struct vsphere_handle){.adopted = task != NULL};
    (void)snprintf(handle->vm, sizeof handle->vm, "%s", vm->ref);
    if (task)
        (void)snprintf(handle->task, sizeof handle->task, "%s", task->ref);
}

/* --- start -------------------------------------------------------------------------- */

/* More than one of ours: nobody can say which one the change was made after. */
static void say_several(struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    auto_buf struct buf list = {0};
    vsphere_snapshots_list(&list, vm, name_of(talk), NULL);
    talk->call->host->say(talk->call,
                          "several snapshots of %s bear this step's name and fingerprint "
                          "(%s): keep the oldest complete one, remove the others by hand",
                          vm->ref, buf_text(&list));
}

/* What is there already decides. False: nothing of ours and nothing in the way. */
static bool settled_by_look(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                            enum slipway_outcome *outcome)
{
    const struct slipway_host *host = talk->call->host;
    const struct vsphere_snapshot *ours = NULL;
    size_t count = vsphere_snapshots_ours(talk->call, vm, name_of(talk), &ours);
    const struct vsphere_recent *task = vsphere_vm_task_of(vm, talk->call->key);
    struct vsphere_handle handle;
    if (count > 1) {
        say_several(talk, vm);
        *outcome = SLIPWAY_REFUSED;
    } else if (count == 1) {
        host->log(talk->call, SLIPWAY_INFO, "adopting the snapshot %s", ours->ref);
        *outcome = vsphere_done(talk, result_of(ours));
    } else if (task && task->running && task->kind == VSPHERE_TASK_CREATE) {
        fill_handle(&handle, vm, task);
        *outcome = vsphere_pending(talk, &handle, WHAT);
    } else if ((task = vsphere_vm_running(vm, VSPHERE_TASK_OTHER))) {
        char operation[80];
        host->say(talk->call, "waiting for %s (%s) of somebody else on %s", task->ref,
                  text_clean(task->operation, operation, sizeof operation), vm->ref);
        host->look_again_in(talk->call, VSPHERE_BUSY_LOOK_MS);
        *outcome = SLIPWAY_RETRY;
    } else {
        return false;
    }
    return true;
}

/* The guard said so before, unless both came at once. */
static bool is_shared(struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    char owner[VSPHERE_OWNER_MAX];
    if (vsphere_claim(talk, vm, owner))
        return false;
    talk->call->host->say(talk->call,
                          "%s is the virtual machine of appliance %s too: correct one of "
                          "the two in the fleet file",
                          vm->ref, owner);
    return true;
}

static enum slipway_outcome send_create(struct vsphere_talk *talk,
                                        const struct vsphere_vm *vm)
{
    const char *description = json_text(talk->with, "description");
    auto_buf struct buf text = {0};
    if (description && *description)
        buf_addf(&text, "%s ", description);
    buf_addf(&text, VSPHERE_FINGERPRINT "%s", talk->call->fingerprint);
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(talk, &request, "CreateSnapshot_Task", "VirtualMachine",
                         vm->ref);
    xml_write_element(&request.writer, "name", name_of(talk));
    xml_write_element(&request.writer, "description", buf_text(&text));
    xml_write_boolean(&request.writer, "memory",
                      json_is_true(json_object_get(talk->with, "memory")));
    xml_write_boolean(&request.writer, "quiesce",
                      json_is_true(json_object_get(talk->with, "quiesce")));
    struct vsphere_handle handle;
    fill_handle(&handle, vm, NULL);
    return vsphere_start_task(talk, &request, &handle, WHAT);
}

/* TaskInProgress may name our own task, if an earlier answer was lost: look again.
   Whatever the look says, the server has refused this request. */
static enum slipway_outcome look_after_busy(struct vsphere_talk *talk, const char *ref)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum slipway_outcome outcome = SLIPWAY_RETRY;
    if (vsphere_vm_read(talk, ref, &vm) == VSPHERE_OK)
        (void)settled_by_look(talk, &vm, &outcome);
    return outcome;
}

enum slipway_outcome vsphere_create_start(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    if (vsphere_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vsphere_answer answer = vsphere_vm_find(&talk, &vm);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    enum slipway_outcome outcome;
    if (is_shared(&talk, &vm))
        return SLIPWAY_REFUSED;
    if (settled_by_look(&talk, &vm, &outcome))
        return outcome;
    outcome = send_create(&talk, &vm);
    if (outcome == SLIPWAY_RETRY && talk.fault.kind == VSPHERE_FAULT_BUSY)
        outcome = look_after_busy(&talk, vm.ref);
    return outcome;
}

/* --- poll ---------------------------------------------------------------------------- */

/* The task succeeded: which snapshot is it, and is it ours? NULL with a sentence if
   it is not there; an adopted task may have been somebody else's. */
static const struct vsphere_snapshot *product(struct vsphere_talk *talk,
                                              const struct vsphere_vm *vm,
                                              const struct vsphere_handle *handle,
                                              const struct vsphere_task *task)
{
    const struct vsphere_snapshot *snapshot = vsphere_vm_snapshot(vm, task->result);
    bool certain = !handle->adopted && !handle->moved;
    if (snapshot &&
        (certain || vsphere_snapshot_is_ours(talk->call, snapshot, name_of(talk))))
        return snapshot;
    if (vsphere_snapshots_ours(talk->call, vm, name_of(talk), &snapshot) == 1)
        return snapshot;
    talk->call->host->say(talk->call,
                          "%s ended well, but %s has no snapshot of this step's name and "
                          "fingerprint",
                          handle->task, vm->ref);
    return NULL;
}

static enum slipway_outcome created(struct vsphere_talk *talk,
                                    struct vsphere_handle *handle,
                                    const struct vsphere_task *task)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum vsphere_answer answer = vsphere_handle_vm(talk, handle, &vm);
    if (answer != VSPHERE_OK)
        return vsphere_poll_outcome(talk, answer);
    const struct vsphere_snapshot *snapshot = product(talk, &vm, handle, task);
    if (!snapshot)
        return handle->adopted ? SLIPWAY_UNKNOWN : SLIPWAY_FAILED;
    return vsphere_done(talk, result_of(snapshot));
}

enum slipway_outcome vsphere_create_poll(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    struct vsphere_handle handle;
    struct vsphere_task task;
    if (vsphere_poll_open(&talk, call, &handle))
        return SLIPWAY_UNKNOWN;
    enum vsphere_answer answer = vsphere_handle_task(&talk, &handle, &task);
    if (answer != VSPHERE_OK)
        return vsphere_poll_outcome(&talk, answer);
    switch (task.state) {
    case VSPHERE_TASK_UNDER_WAY:
        return vsphere_still_running(&talk, &task, WHAT);
    case VSPHERE_TASK_SUCCEEDED:
        return created(&talk, &handle, &task);
    case VSPHERE_TASK_FAILED:
        call->host->say(call, "the snapshot failed: %s", task.fault.text);
        return handle.adopted ? SLIPWAY_UNKNOWN : SLIPWAY_FAILED;
    case VSPHERE_TASK_GONE:
        break;
    }
    call->host->say(call,
                    "the manager has forgotten %s; looking at the snapshots instead",
                    handle.task);
    return SLIPWAY_UNKNOWN;
}

/* --- probe --------------------------------------------------------------------------- */

/* What our own task says; PROBE_UNKNOWN: nothing, look at the tree. An adopted task
   that ended otherwise than with our snapshot was not ours. */
static enum slipway_probe ask_task(struct vsphere_talk *talk,
                                   struct vsphere_handle *handle,
                                   enum vsphere_answer *answer)
{
    struct vsphere_task task;
    *answer = vsphere_handle_task(talk, handle, &task);
    if (*answer != VSPHERE_OK)
        return SLIPWAY_PROBE_UNKNOWN;
    if (task.state == VSPHERE_TASK_UNDER_WAY)
        return vsphere_probe_running(talk, handle, WHAT);
    if (task.state == VSPHERE_TASK_FAILED && !handle->adopted) {
        talk->call->host->say(talk->call, "the snapshot failed: %s", task.fault.text);
        return SLIPWAY_PROBE_FAILED;
    }
    return SLIPWAY_PROBE_UNKNOWN;
}

/* No snapshot of ours: only a task can still bring one. */
static enum slipway_probe ask_running(struct vsphere_talk *talk,
                                      const struct vsphere_vm *vm)
{
    const struct slipway_host *host = talk->call->host;
    const struct vsphere_recent *task = vsphere_vm_task_of(vm, talk->call->key);
    struct vsphere_handle handle;
    if (task && !task->running && !strcmp(task->state, "error")) {
        host->say(talk->call, "%s, the task of this step, ended in an error", task->ref);
        return SLIPWAY_PROBE_FAILED;
    }
    if (!task || !task->running)
        task = vsphere_vm_running(vm, VSPHERE_TASK_CREATE);
    if (task && task->running) {
        fill_handle(&handle, vm, task);
        return vsphere_probe_running(talk, &handle, WHAT);
    }
    task = vsphere_vm_running(vm, VSPHERE_TASK_OTHER);
    if (!task)
        return SLIPWAY_PROBE_NOT_STARTED;
    host->say(talk->call, "%s has no snapshot of this step, but %s is at work on it",
              vm->ref, task->ref);
    host->look_again_in(talk->call, VSPHERE_BUSY_LOOK_MS);
    return SLIPWAY_PROBE_UNKNOWN;
}

static enum slipway_probe ask_machine(struct vsphere_talk *talk)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    const struct vsphere_snapshot *ours = NULL;
    if (vsphere_vm_find(talk, &vm) != VSPHERE_OK)
        return vsphere_probe_unknown(talk);
    size_t count = vsphere_snapshots_ours(talk->call, &vm, name_of(talk), &ours);
    if (count == 1)
        return vsphere_probe_done(talk, result_of(ours));
    if (!count)
        return ask_running(talk, &vm);
    say_several(talk, &vm);
    return SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_probe vsphere_create_probe(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    struct vsphere_handle handle;
    if (vsphere_probe_open(&talk, call, &handle))
        return SLIPWAY_PROBE_UNKNOWN;
    if (handle.task[0]) {
        enum vsphere_answer answer = VSPHERE_OK;
        enum slipway_probe found = ask_task(&talk, &handle, &answer);
        if (answer != VSPHERE_OK)
            return vsphere_probe_unknown(&talk);
        if (found != SLIPWAY_PROBE_UNKNOWN)
            return found;
    }
    return ask_machine(&talk);
}
