/*
 * soap_task_values.c - properties of tasks. State and progress follow from the
 * clock until the work is done.
 */
#include <string.h>

#include "esxi.h"
#include "soap_values.h"

static const char *state_text(const struct task *task)
{
    if (task->state == TASK_SUCCESS)
        return "success";
    if (task->state == TASK_ERROR)
        return "error";
    int64_t length = task->due_ms - task->queued_ms;
    return lab_now_ms() < task->queued_ms + length / 10 ? "queued" : "running";
}

static int progress(const struct task *task)
{
    int64_t length = task->due_ms - task->queued_ms,
            spent = lab_now_ms() - task->queued_ms;
    int64_t percent = length > 0 ? spent * 100 / length : 99;
    return percent > 99 ? 99 : (int)percent;
}

static void add_error(struct buf *out, const struct task *task)
{
    buf_addf(out, "<fault xsi:type=\"%s\"/>", task->fault);
    soap_element(out, "localizedMessage", task->message ? task->message : "");
    if (task->vm->appliance->faults.escape_text) /* control bytes are not XML, bidi is */
        out->length -= strlen("</localizedMessage>"),
            buf_adds(out, " \xe2\x80\xae"
                          "gpj.exe</localizedMessage>");
}

static bool task_state_value(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "TaskInfoState", state_text(o->task));
}
static bool task_progress(soap_source *o, struct buf *out)
{
    return strcmp(state_text(o->task), "running") == 0 &&
           soap_long_value(out, "xsd:int", progress(o->task));
}
static bool task_error(soap_source *o, struct buf *out)
{
    if (o->task->state != TASK_ERROR)
        return false;
    buf_adds(out, "<val xsi:type=\"LocalizedMethodFault\">");
    add_error(out, o->task);
    buf_adds(out, "</val>");
    return true;
}
static bool task_result(soap_source *o, struct buf *out)
{
    char wire[64];
    return o->task->state == TASK_SUCCESS && o->task->result[0] &&
           soap_moref_value(out, "VirtualMachineSnapshot",
                            esxi_snapshot_ref(o->task->vm, o->task->result, wire));
}
static bool task_key(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->task->ref);
}
static bool task_entity(soap_source *o, struct buf *out)
{
    return soap_moref_value(out, "VirtualMachine", o->task->vm->ref);
}
static bool task_entity_name(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->task->vm->appliance->name);
}
static bool task_description_id(soap_source *o, struct buf *out)
{
    return soap_text_value(out, "xsd:string", o->task->description_id);
}
static bool task_activation(soap_source *o, struct buf *out)
{
    return o->task->operation_id &&
           soap_text_value(out, "xsd:string", o->task->operation_id);
}
static bool task_queue_time(soap_source *o, struct buf *out)
{
    return soap_time_value(out, o->task->queued_ms);
}
static bool task_start_time(soap_source *o, struct buf *out)
{
    return strcmp(state_text(o->task), "queued") != 0 &&
           soap_time_value(out, o->task->queued_ms);
}
static bool task_complete_time(soap_source *o, struct buf *out)
{
    return o->task->done_ms && soap_time_value(out, o->task->done_ms);
}

/* The whole TaskInfo, members in schema order. */
static bool task_info(soap_source *o, struct buf *out)
{
    char wire[64];
    const struct task *task = o->task;
    const char *state = state_text(task);
    char time[32];
    buf_adds(out, "<val xsi:type=\"TaskInfo\">");
    soap_element(out, "key", task->ref);
    soap_moref(out, "task", "Task", task->ref);
    soap_element(out, "descriptionId", task->description_id);
    soap_moref(out, "entity", "VirtualMachine", task->vm->ref);
    soap_element(out, "entityName", task->vm->appliance->name);
    buf_addf(
        out,
        "<state>%s</state><cancelled>false</cancelled><cancelable>false</cancelable>",
        state);
    if (task->state == TASK_ERROR) {
        buf_adds(out, "<error>");
        add_error(out, task);
        buf_adds(out, "</error>");
    }
    if (task->state == TASK_SUCCESS && task->result[0])
        buf_addf(out,
                 "<result type=\"VirtualMachineSnapshot\" xsi:type=\""
                 "ManagedObjectReference\">%s</result>",
                 esxi_snapshot_ref(task->vm, task->result, wire));
    if (strcmp(state, "running") == 0)
        buf_addf(out, "<progress>%d</progress>", progress(task));
    buf_adds(out, "<reason xsi:type=\"TaskReasonUser\"><userName>" LAB_MANAGER_USER
                  "</userName></reason>");
    soap_element(out, "queueTime", soap_time(task->queued_ms, time));
    if (strcmp(state, "queued") != 0)
        soap_element(out, "startTime", soap_time(task->queued_ms, time));
    if (task->done_ms)
        soap_element(out, "completeTime", soap_time(task->done_ms, time));
    buf_adds(out, "<eventChainId>1</eventChainId>");
    if (task->operation_id)
        soap_element(out, "activationId", task->operation_id);
    buf_adds(out, "</val>");
    return true;
}

const struct soap_property soap_task_properties[] = {
    {"info", task_info},
    {"info.key", task_key},
    {"info.state", task_state_value},
    {"info.progress", task_progress},
    {"info.error", task_error},
    {"info.result", task_result},
    {"info.entity", task_entity},
    {"info.entityName", task_entity_name},
    {"info.descriptionId", task_description_id},
    {"info.activationId", task_activation},
    {"info.cancelable", soap_always_false},
    {"info.cancelled", soap_always_false},
    {"info.queueTime", task_queue_time},
    {"info.startTime", task_start_time},
    {"info.completeTime", task_complete_time},
    {NULL, NULL},
};
