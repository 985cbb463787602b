/*
 * snapshot_revert.c - putting a virtual machine back to a snapshot.
 *
 * The server's view after a revert looks the same as before it: currentSnapshot
 * already pointed to the snapshot since it was taken. So a probe believes only
 * tasks: the one in the handle, one that carries this intent's key, or a revert of
 * this machine that was queued after `not_before`. Queue times are the manager's
 * clock and not_before is ours, so ages are compared, not instants.
 *
 * When no such task is found the answer is NOT_STARTED, and that is safe even if a
 * revert did happen and was forgotten: reverting twice to the same snapshot ends
 * in the same state, slipway itself does nothing to the appliance in between, and
 * the caller issues again only what the operator has already decided to lose.
 *
 * Failure: an absent snapshot or one of another name is a refusal; a fault proves
 * that nothing was reverted.
 */
#include "vsphere/operations.h"

#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "vsphere/self.h"
#include "vsphere/snapshot.h"

#define WHAT          "reverting to the snapshot"
#define AGE_MARGIN_MS 2000 /* an intent is committed before its task is queued */

static json_t *result_of(const struct vsphere_vm *vm, const char *snapshot)
{
    json_t *result = json_object();
    (void)json_object_set_new(result, "snapshot", json_string(snapshot));
    (void)json_object_set_new(result, "power",
                              json_safe_string(vm->power, strlen(vm->power)));
    return result;
}

static void fill_handle(struct vsphere_handle *handle, const struct vsphere_vm *vm,
                        const struct vsphere_snapshot *snapshot,
                        const struct vsphere_recent *task)
{
    *handle = (struct vsphere_handle){.adopted = task != NULL};
    (void)snprintf(handle->vm, sizeof handle->vm, "%s", vm->ref);
    (void)snprintf(handle->snapshot, sizeof handle->snapshot, "%s", snapshot->ref);
    if (task)
        (void)snprintf(handle->task, sizeof handle->task, "%s", task->ref);
}

/* Find the machine and the snapshot; VSPHERE_NO if there is no such snapshot. */
static enum vsphere_answer find_both(struct vsphere_talk *talk, struct vsphere_vm *vm,
                                     const struct vsphere_snapshot **snapshot)
{
    enum vsphere_answer answer = vsphere_vm_find(talk, vm);
    if (answer == VSPHERE_OK)
        answer = vsphere_snapshot_resolve(talk, vm, snapshot);
    if (answer != VSPHERE_OK || *snapshot)
        return answer;
    char name[160];
    return vsphere_because(
        talk, VSPHERE_NO, "%s has no snapshot named \"%s\": it cannot be reverted",
        vm->ref, text_clean(json_text(talk->with, "name"), name, sizeof name));
}

/* --- start -------------------------------------------------------------------------- */

static enum slipway_outcome send_revert(struct vsphere_talk *talk,
                                        const struct vsphere_vm *vm,
                                        const struct vsphere_snapshot *snapshot)
{
    struct vsphere_handle handle;
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(talk, &request, "RevertToSnapshot_Task",
                         "VirtualMachineSnapshot", snapshot->ref);
    xml_write_boolean(&request.writer, "suppressPowerOn",
                      !json_is_true(json_object_get(talk->with, "power_on")));
    fill_handle(&handle, vm, snapshot, NULL);
    return vsphere_start_task(talk, &request, &handle, WHAT);
}

enum slipway_outcome vsphere_revert_start(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    const struct vsphere_snapshot *snapshot = NULL;
    struct vsphere_handle handle;
    if (vsphere_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vsphere_answer answer = find_both(&talk, &vm, &snapshot);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    if (vsphere_is_its_own_manager(&talk, &vm))
        return SLIPWAY_REFUSED;
    const struct vsphere_recent *task = vsphere_vm_task_of(&vm, call->key);
    if (task && task->running && task->kind == VSPHERE_TASK_REVERT) {
        fill_handle(&handle, &vm, snapshot, task);
        return vsphere_pending(&talk, &handle, WHAT);
    }
    task = vsphere_vm_running(&vm, VSPHERE_TASK_OTHER);
    if (!task)
        return send_revert(&talk, &vm, snapshot);
    call->host->say(call, "waiting for %s of somebody else on %s", task->ref, vm.ref);
    call->host->look_again_in(call, VSPHERE_BUSY_LOOK_MS);
    return SLIPWAY_RETRY;
}

/* --- poll ---------------------------------------------------------------------------- */

/* What the revert went to, as it is called now; NULL if it is not known. An adopted
   revert may have gone to another snapshot than ours. */
static const struct vsphere_snapshot *arrived(struct vsphere_talk *talk,
                                              const struct vsphere_vm *vm,
                                              const struct vsphere_handle *handle)
{
    const struct vsphere_snapshot *snapshot = vsphere_handle_snapshot(talk, vm, handle);
    return snapshot && (!handle->adopted || snapshot->current) ? snapshot : NULL;
}

static enum slipway_outcome reverted(struct vsphere_talk *talk,
                                     struct vsphere_handle *handle)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum vsphere_answer answer = vsphere_handle_vm(talk, handle, &vm);
    if (answer != VSPHERE_OK)
        return vsphere_poll_outcome(talk, answer);
    const struct vsphere_snapshot *snapshot = arrived(talk, &vm, handle);
    if (snapshot || !handle->adopted)
        return vsphere_done(talk,
                            result_of(&vm, snapshot ? snapshot->ref : handle->snapshot));
    talk->call->host->say(talk->call, "%s was a revert to another snapshot than %s",
                          handle->task, handle->snapshot);
    return SLIPWAY_UNKNOWN;
}

enum slipway_outcome vsphere_revert_poll(struct slipway_call *call)
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
        return reverted(&talk, &handle);
    case VSPHERE_TASK_FAILED:
        call->host->say(call, "the revert failed: %s", task.fault.text);
        return handle.adopted ? SLIPWAY_UNKNOWN : SLIPWAY_FAILED;
    case VSPHERE_TASK_GONE:
        break;
    }
    call->host->say(call, "the manager has forgotten %s", handle.task);
    return SLIPWAY_UNKNOWN;
}

/* --- probe --------------------------------------------------------------------------- */

bool vsphere_instant(const char *text, int64_t *out_ms)
{
    char plain[32];
    int hours = 0, minutes = 0;
    if (!text || strlen(text) < 20 || strlen(text) > 40)
        return false;
    (void)snprintf(plain, sizeof plain, "%.19sZ", text);
    if (time_parse(plain, out_ms))
        return false;
    const char *zone = text + 19;
    if (*zone == '.')
        zone += 1 + strspn(zone + 1, "0123456789");
    if (!strcmp(zone, "Z"))
        return true;
    if ((*zone != '+' && *zone != '-') ||
        sscanf(zone + 1, "%2d:%2d", &hours, &minutes) != 2)
        return false;
    int64_t offset = (hours * 60LL + minutes) * 60000LL;
    *out_ms += *zone == '+' ? -offset : offset;
    return true;
}

/* Milliseconds that a task may at most be old to belong to this intent; -1: the
   step gave no `not_before`. */
static int64_t oldest_age(const struct vsphere_talk *talk)
{
    const json_t *value = json_object_get(talk->with, "not_before");
    int64_t since = json_is_integer(value) ? json_integer_value(value) : -1;
    struct timespec now;
    if (json_is_string(value) && !vsphere_instant(json_string_value(value), &since))
        return -1;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - since;
    return since < 0 || age < 0 ? -1 : age + AGE_MARGIN_MS;
}

enum vsphere_answer vsphere_manager_time(struct vsphere_talk *talk, int64_t *out_ms)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "CurrentTime", "ServiceInstance",
                         "ServiceInstance");
    enum vsphere_answer answer = vsphere_send(talk, &request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    if (!vsphere_instant(xml_child_text(reply.body, VSPHERE_NS, "returnval"), out_ms))
        return vsphere_because(talk, VSPHERE_LATER, "the manager does not tell its time");
    return VSPHERE_OK;
}

/* A revert of this machine that ended well and is younger than the intent. */
static enum vsphere_answer young_revert(struct vsphere_talk *talk,
                                        const struct vsphere_vm *vm,
                                        const struct vsphere_recent **found)
{
    int64_t now = 0, queued = 0, limit = oldest_age(talk);
    if (limit < 0)
        return VSPHERE_OK;
    enum vsphere_answer answer = vsphere_manager_time(talk, &now);
    for (size_t i = 0; answer == VSPHERE_OK && i < vm->task_count; i++) {
        const struct vsphere_recent *task = &vm->tasks[i];
        if (task->kind == VSPHERE_TASK_REVERT && !strcmp(task->state, "success") &&
            vsphere_instant(task->queued, &queued) && now - queued <= limit)
            *found = task;
    }
    return answer;
}

/* What the machine's recent tasks tell about an intent whose answer was lost. */
static enum slipway_probe ask_tasks(struct vsphere_talk *talk,
                                    const struct vsphere_vm *vm,
                                    const struct vsphere_snapshot *snapshot)
{
    const struct slipway_host *host = talk->call->host;
    const struct vsphere_recent *task = vsphere_vm_task_of(vm, talk->call->key);
    struct vsphere_handle handle;
    if (task && !strcmp(task->state, "error")) {
        host->say(talk->call, "%s, the task of this step, ended in an error", task->ref);
        return SLIPWAY_PROBE_FAILED;
    }
    if (!task)
        task = vsphere_vm_running(vm, VSPHERE_TASK_REVERT);
    if (task && task->running) {
        fill_handle(&handle, vm, snapshot, task);
        return vsphere_probe_running(talk, &handle, WHAT);
    }
    if (!task && young_revert(talk, vm, &task) != VSPHERE_OK)
        return vsphere_probe_unknown(talk);
    if (task && snapshot->current)
        return vsphere_probe_done(talk, result_of(vm, snapshot->ref));
    task = vsphere_vm_running(vm, VSPHERE_TASK_OTHER);
    if (!task)
        return SLIPWAY_PROBE_NOT_STARTED;
    host->say(talk->call, "no revert of this step is known, but %s is at work on %s",
              task->ref, vm->ref);
    host->look_again_in(talk->call, VSPHERE_BUSY_LOOK_MS);
    return SLIPWAY_PROBE_UNKNOWN;
}

/* Our own task, if it has an answer. */
static enum slipway_probe ask_own_task(struct vsphere_talk *talk,
                                       struct vsphere_handle *handle,
                                       const struct vsphere_task *task)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    if (task->state == VSPHERE_TASK_UNDER_WAY)
        return vsphere_probe_running(talk, handle, WHAT);
    if (task->state == VSPHERE_TASK_FAILED && !handle->adopted) {
        talk->call->host->say(talk->call, "the revert failed: %s", task->fault.text);
        return SLIPWAY_PROBE_FAILED;
    }
    if (task->state != VSPHERE_TASK_SUCCEEDED)
        return SLIPWAY_PROBE_NOT_STARTED; /* no answer here */
    if (vsphere_handle_vm(talk, handle, &vm) != VSPHERE_OK)
        return vsphere_probe_unknown(talk);
    const struct vsphere_snapshot *snapshot = arrived(talk, &vm, handle);
    if (snapshot || !handle->adopted)
        return vsphere_probe_done(
            talk, result_of(&vm, snapshot ? snapshot->ref : handle->snapshot));
    return SLIPWAY_PROBE_NOT_STARTED;
}

enum slipway_probe vsphere_revert_probe(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    const struct vsphere_snapshot *snapshot = NULL;
    struct vsphere_handle handle;
    struct vsphere_task task;
    if (vsphere_probe_open(&talk, call, &handle))
        return SLIPWAY_PROBE_UNKNOWN;
    if (handle.task[0]) {
        if (vsphere_handle_task(&talk, &handle, &task) != VSPHERE_OK)
            return vsphere_probe_unknown(&talk);
        enum slipway_probe found = ask_own_task(&talk, &handle, &task);
        if (found != SLIPWAY_PROBE_NOT_STARTED)
            return found;
    }
    if (find_both(&talk, &vm, &snapshot) != VSPHERE_OK)
        return vsphere_probe_unknown(&talk);
    return ask_tasks(&talk, &vm, snapshot);
}
