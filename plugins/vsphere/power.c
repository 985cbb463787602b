/*
 * power.c - on, off, and a polite request to the guest to shut down.
 *
 * All three aim at a power state and may be repeated: being there already is a
 * success, and after a lost answer they are simply issued again. Success is the
 * state read back from the machine, not the task's word.
 *
 * ShutdownGuest answers at once and without a task; the poll watches the power
 * state. Without VMware Tools it cannot work, and the sentence says what can.
 *
 * Failure: a fault proves that nothing changed. While a power-on waits for
 * somebody to answer a question, the poll says so instead of just waiting.
 */
#include "vsphere/power.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vsphere/claim.h"
#include "vsphere/operations.h"
#include "vsphere/self.h"
#include "vsphere/snapshot.h"

struct goal {
    const char *state;  /* to reach */
    const char *method; /* that leads there */
    const char *what;   /* for people */
    bool takes_away;    /* the machine will not be there afterwards */
    bool has_task;
};

static const struct goal ON = {"poweredOn", "PowerOnVM_Task", "switching on", false,
                               true};
static const struct goal OFF = {"poweredOff", "PowerOffVM_Task", "switching off", true,
                                true};
static const struct goal SHUTDOWN = {"poweredOff", "ShutdownGuest",
                                     "the guest shuts down", true, false};

json_t *vsphere_power_result(const struct vsphere_vm *vm, bool changed)
{
    json_t *result = json_object();
    (void)json_object_set_new(result, "vm", json_string(vm->ref));
    (void)json_object_set_new(result, "power",
                              json_safe_string(vm->power, strlen(vm->power)));
    (void)json_object_set_new(result, "changed", json_boolean(changed));
    return result;
}

static enum slipway_outcome reached(struct vsphere_talk *talk,
                                    const struct vsphere_vm *vm, bool changed)
{
    return vsphere_done(talk, vsphere_power_result(vm, changed));
}

/* --- start -------------------------------------------------------------------------- */

static enum slipway_outcome send(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                                 const struct goal *goal)
{
    auto_request struct vsphere_request request = {0};
    struct vsphere_handle handle = {.adopted = false};
    (void)snprintf(handle.vm, sizeof handle.vm, "%s", vm->ref);
    vsphere_talk_request(talk, &request, goal->method, "VirtualMachine", vm->ref);
    if (goal->has_task)
        return vsphere_start_task(talk, &request, &handle, goal->what);
    auto_reply struct vsphere_reply reply = {0};
    enum vsphere_answer answer = vsphere_send(talk, &request, &reply);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(talk, answer);
    return vsphere_pending(talk, &handle, goal->what);
}

/* The server refused: was it because the goal is reached, or for want of Tools? */
static enum slipway_outcome after_refusal(struct vsphere_talk *talk, const char *ref,
                                          const struct goal *goal,
                                          enum slipway_outcome outcome)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    if (talk->fault.kind == VSPHERE_FAULT_TOOLS) {
        talk->call->host->say(
            talk->call,
            "VMware Tools do not run in the guest of %s, so it cannot be "
            "asked to shut down: use vsphere.power_off",
            ref);
        return outcome;
    }
    if (talk->fault.kind != VSPHERE_FAULT_STATE ||
        vsphere_vm_read(talk, ref, &vm) != VSPHERE_OK ||
        strcmp(vm.power, goal->state) != 0)
        return outcome;
    return reached(talk, &vm, false);
}

bool vsphere_power_begin(struct vsphere_talk *talk, struct slipway_call *call,
                         struct vsphere_vm *vm, bool takes_away,
                         enum slipway_outcome *outcome)
{
    *outcome = SLIPWAY_REFUSED;
    if (vsphere_talk_open(talk, call))
        return false;
    enum vsphere_answer answer = vsphere_vm_find(talk, vm);
    if (answer != VSPHERE_OK)
        *outcome = vsphere_outcome(talk, answer);
    if (answer != VSPHERE_OK || !vsphere_claim_power(talk, vm))
        return false;
    return !takes_away || !strcmp(vm->power, OFF.state) ||
           !vsphere_is_its_own_manager(talk, vm);
}

/* What is not there is off as well as can be, if the step says so. */
static bool is_fine_absent(const struct vsphere_talk *talk, const struct goal *goal)
{
    return goal == &OFF && talk->absent &&
           json_is_true(json_object_get(talk->with, "may_be_absent"));
}

static enum slipway_outcome start(struct slipway_call *call, const struct goal *goal)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum slipway_outcome outcome;
    if (!vsphere_power_begin(&talk, call, &vm, goal->takes_away, &outcome)) {
        if (!is_fine_absent(&talk, goal))
            return outcome;
        return vsphere_done(
            &talk, json_pack("{s:n, s:s, s:b}", "vm", "power", "absent", "changed", 0));
    }
    if (!strcmp(vm.power, goal->state))
        return reached(&talk, &vm, false);
    outcome = send(&talk, &vm, goal);
    return outcome == SLIPWAY_FAILED ? after_refusal(&talk, vm.ref, goal, outcome)
                                     : outcome;
}

/* --- poll ---------------------------------------------------------------------------- */

enum slipway_outcome vsphere_power_not_yet(struct vsphere_talk *talk,
                                           const struct vsphere_vm *vm,
                                           const struct vsphere_task *task,
                                           const char *what)
{
    enum slipway_outcome outcome = vsphere_still_running(talk, task, what);
    char question[200];
    if (vm->question)
        talk->call->host->say(talk->call,
                              "%s waits for somebody to answer: \"%s\"; answer it in the "
                              "manager's client",
                              vm->ref,
                              text_clean(vm->question, question, sizeof question));
    return outcome;
}

/* The machine is not in the state that is wanted; what does its task say? */
static enum slipway_outcome judge(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                                  const struct vsphere_task *task,
                                  const struct goal *goal)
{
    char power[32];
    switch (task->state) {
    case VSPHERE_TASK_UNDER_WAY:
    case VSPHERE_TASK_SUCCEEDED: /* the property may lag behind the task */
        return vsphere_power_not_yet(talk, vm, task, goal->what);
    case VSPHERE_TASK_FAILED:
        talk->call->host->say(talk->call, "%s failed: %s", goal->what, task->fault.text);
        return SLIPWAY_FAILED;
    case VSPHERE_TASK_GONE:
        break;
    }
    talk->call->host->say(talk->call, "the manager has forgotten the task, and %s is %s",
                          vm->ref, text_clean(vm->power, power, sizeof power));
    return SLIPWAY_UNKNOWN;
}

bool vsphere_power_look(struct vsphere_talk *talk, struct slipway_call *call,
                        struct vsphere_handle *handle, struct vsphere_vm *vm,
                        struct vsphere_task *task, enum slipway_outcome *outcome)
{
    *outcome = SLIPWAY_UNKNOWN;
    *task = (struct vsphere_task){.state = VSPHERE_TASK_UNDER_WAY, .percent = -1};
    if (vsphere_poll_open(talk, call, handle))
        return false;
    enum vsphere_answer answer = VSPHERE_OK;
    if (handle->task[0])
        answer = vsphere_handle_task(talk, handle, task);
    if (answer == VSPHERE_OK)
        answer = vsphere_handle_vm(talk, handle, vm);
    if (answer != VSPHERE_OK)
        *outcome = vsphere_poll_outcome(talk, answer);
    return answer == VSPHERE_OK;
}

static enum slipway_outcome poll(struct slipway_call *call, const struct goal *goal)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    struct vsphere_handle handle;
    struct vsphere_task task;
    enum slipway_outcome outcome;
    if (!vsphere_power_look(&talk, call, &handle, &vm, &task, &outcome))
        return outcome;
    bool busy = handle.task[0] && task.state == VSPHERE_TASK_UNDER_WAY;
    if (!busy && !strcmp(vm.power, goal->state))
        return reached(&talk, &vm, true);
    return judge(&talk, &vm, &task, goal);
}

enum slipway_outcome vsphere_power_on_start(struct slipway_call *call)
{
    return start(call, &ON);
}

enum slipway_outcome vsphere_power_on_poll(struct slipway_call *call)
{
    return poll(call, &ON);
}

enum slipway_outcome vsphere_power_off_start(struct slipway_call *call)
{
    return start(call, &OFF);
}

enum slipway_outcome vsphere_power_off_poll(struct slipway_call *call)
{
    return poll(call, &OFF);
}

enum slipway_outcome vsphere_shutdown_start(struct slipway_call *call)
{
    return start(call, &SHUTDOWN);
}

enum slipway_outcome vsphere_shutdown_poll(struct slipway_call *call)
{
    return poll(call, &SHUTDOWN);
}
