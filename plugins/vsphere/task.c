/*
 * task.c - following a task of the manager.
 *
 * A task is looked at with one property read; nothing waits. Its reference goes
 * into the handle (handle.c), which the engine commits before the first look.
 *
 * Failure: a finished task object lives only some minutes on the server. One that
 * is gone is reported as such and never taken for a failure: the caller inspects
 * the virtual machine instead.
 */
#include "vsphere/task.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vsphere/properties.h"

/* --- looking ---------------------------------------------------------------------- */

static void decode_error(const struct xml_node *info, struct vsphere_task *task)
{
    const struct xml_node *error = xml_child(info, VSPHERE_NS, "error");
    const struct xml_node *fault = xml_child(error, VSPHERE_NS, "fault");
    task->state = VSPHERE_TASK_FAILED;
    if (fault)
        vsphere_fault_decode(fault, xml_child_text(error, VSPHERE_NS, "localizedMessage"),
                             &task->fault);
    else
        task->fault = (struct vsphere_fault){.type = "unknown",
                                             .text = "the manager does not say why"};
}

static void take_info(void *context, const struct xml_node *object)
{
    struct vsphere_task *task = context;
    const struct xml_node *info = vsphere_property(object, "info");
    const char *state = xml_child_text(info, VSPHERE_NS, "state");
    long long percent = -1;
    if (!state)
        return;
    task->percent = -1;
    if (xml_number(xml_child(info, VSPHERE_NS, "progress"), &percent) && percent > 0 &&
        percent <= 100)
        task->percent = (int)percent;
    const char *result = vsphere_ref_of(xml_child(info, VSPHERE_NS, "result"), NULL);
    (void)snprintf(task->result, sizeof task->result, "%s", result ? result : "");
    if (!strcmp(state, "success"))
        task->state = VSPHERE_TASK_SUCCEEDED;
    else if (!strcmp(state, "error"))
        decode_error(info, task);
    else
        task->state = VSPHERE_TASK_UNDER_WAY;
}

enum vsphere_answer vsphere_task_read(struct vsphere_talk *talk, const char *ref,
                                      struct vsphere_task *out)
{
    static const char *const paths[] = {"info", NULL};
    struct vsphere_task task = {.state = VSPHERE_TASK_GONE, .percent = -1};
    const struct vsphere_query query = {
        .type = "Task",
        .ref = ref,
        .wishes = (const struct vsphere_wish[]){{"Task", paths}},
        .wish_count = 1,
        .take = take_info,
        .context = &task};
    enum vsphere_answer answer = vsphere_retrieve(talk, &query);
    bool gone = answer == VSPHERE_FAULT && talk->fault.kind == VSPHERE_FAULT_GONE;
    if (answer != VSPHERE_OK && !gone)
        return answer;
    *out = task;
    return VSPHERE_OK;
}

const char *vsphere_task_ref(const struct vsphere_reply *reply)
{
    return vsphere_ref_of(xml_child(reply->body, VSPHERE_NS, "returnval"), "Task");
}

/* --- answers ------------------------------------------------------------------------ */

enum slipway_outcome vsphere_pending(struct vsphere_talk *talk,
                                     const struct vsphere_handle *handle,
                                     const char *what)
{
    const struct slipway_host *host = talk->call->host;
    if (vsphere_handle_set(talk, handle)) {
        host->say(talk->call, "%s has begun, but its task %s cannot be kept", what,
                  handle->task);
        return SLIPWAY_UNKNOWN;
    }
    host->look_again_in(talk->call, VSPHERE_LOOK_MS);
    host->say(talk->call, "%s (%s)", what, handle->task[0] ? handle->task : handle->vm);
    return SLIPWAY_PENDING;
}

enum slipway_probe vsphere_probe_running(struct vsphere_talk *talk,
                                         const struct vsphere_handle *handle,
                                         const char *what)
{
    return vsphere_pending(talk, handle, what) == SLIPWAY_PENDING ? SLIPWAY_PROBE_RUNNING
                                                                  : SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_outcome vsphere_still_running(struct vsphere_talk *talk,
                                           const struct vsphere_task *task,
                                           const char *what)
{
    const struct slipway_host *host = talk->call->host;
    host->progress(talk->call, task->percent, what);
    host->say(talk->call, "%s", what);
    host->look_again_in(talk->call, VSPHERE_LOOK_MS);
    return SLIPWAY_PENDING;
}

static int set_result(struct vsphere_talk *talk, json_t *result)
{
    auto_free char *text = json_canonical(result);
    json_decref(result);
    return talk->call->host->set_result(talk->call, text);
}

enum slipway_outcome vsphere_done(struct vsphere_talk *talk, json_t *result)
{
    if (!set_result(talk, result))
        return SLIPWAY_DONE;
    talk->call->host->say(talk->call,
                          "it happened, but its result is too large to be kept");
    return SLIPWAY_UNKNOWN;
}

enum slipway_probe vsphere_probe_done(struct vsphere_talk *talk, json_t *result)
{
    return vsphere_done(talk, result) == SLIPWAY_DONE ? SLIPWAY_PROBE_DONE
                                                      : SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_outcome vsphere_start_task(struct vsphere_talk *talk,
                                        struct vsphere_request *request,
                                        struct vsphere_handle *handle, const char *what)
{
    auto_reply struct vsphere_reply reply = {0};
    enum vsphere_answer answer = vsphere_send(talk, request, &reply);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(talk, answer);
    const char *task = vsphere_task_ref(&reply);
    if (!task) {
        talk->call->host->say(talk->call, "%s: the manager took it but named no task",
                              what);
        return SLIPWAY_UNKNOWN;
    }
    (void)snprintf(handle->task, sizeof handle->task, "%s", task);
    return vsphere_pending(talk, handle, what);
}
