/*
 * shut_down.c - have the machine off: politely first, in any case in the end.
 *
 *   start ─┬ off already ─────────────────────► DONE, changed false
 *          ├ Tools run ── ShutdownGuest ──────► PENDING, asked now
 *          └ no Tools, or a question waits ── PowerOffVM_Task ► PENDING, hard
 *
 *   poll ──┬ off ─────────────────────────────► DONE
 *          ├ asked, within its grace ─────────► PENDING
 *          └ asked, and the grace is over, or a question waits ── PowerOffVM_Task ► hard
 *
 * The handle carries when the guest was asked, on the wall clock, so that a restart
 * does not give it its grace anew; a clock that was set back counts as no time passed.
 * Tools stop early in a shutdown: that they are gone says something before it was
 * asked, nothing afterwards. Whatever is sent twice ends in the same state.
 *
 * Failure: a suspended machine is refused, its memory would be lost. If it can neither
 * be asked nor switched off, the manager's own sentence says why.
 */
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "vsphere/operations.h"
#include "vsphere/power.h"

#define ASKED            "the guest shuts down"
#define HARD             "switching off"
#define GRACE_DEFAULT_MS (10 * 60 * 1000)

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_off(const struct vsphere_vm *vm)
{
    return !strcmp(vm->power, "poweredOff");
}

static enum slipway_outcome off(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                                bool changed, bool hard)
{
    json_t *result = vsphere_power_result(vm, changed);
    (void)json_object_set_new(result, "hard", json_boolean(hard));
    return vsphere_done(talk, result);
}

/* With VSPHERE_OK the handle names the task. */
static enum vsphere_answer send_hard(struct vsphere_talk *talk,
                                     struct vsphere_handle *handle)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "PowerOffVM_Task", "VirtualMachine", handle->vm);
    enum vsphere_answer answer = vsphere_send(talk, &request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    const char *task = vsphere_task_ref(&reply);
    if (!task)
        return vsphere_because(talk, VSPHERE_LOST,
                               "the manager switches %s off but named no task",
                               handle->vm);
    handle->hard = true;
    (void)snprintf(handle->task, sizeof handle->task, "%s", task);
    return VSPHERE_OK;
}

/* --- start -------------------------------------------------------------------------- */

/* Tools that are not mentioned are worth a try: the server says if they are missing. */
static bool can_be_asked(const struct vsphere_vm *vm)
{
    return !vm->question &&
           (!vm->tools || strcmp(vm->tools, "guestToolsNotRunning") != 0);
}

static enum vsphere_answer ask_guest(struct vsphere_talk *talk,
                                     struct vsphere_handle *handle)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "ShutdownGuest", "VirtualMachine", handle->vm);
    handle->asked_ms = wall_ms();
    return vsphere_send(talk, &request, &reply);
}

/* It may have reached the goal while it was asked. */
static enum slipway_outcome after_fault(struct vsphere_talk *talk, const char *ref)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    struct vsphere_fault fault = talk->fault;
    struct slipway_error err = talk->err;
    if (fault.kind == VSPHERE_FAULT_STATE &&
        vsphere_vm_read(talk, ref, &vm) == VSPHERE_OK && is_off(&vm))
        return off(talk, &vm, false, false);
    talk->fault = fault;
    talk->err = err;
    return vsphere_outcome(talk, VSPHERE_FAULT);
}

enum slipway_outcome vsphere_shut_down_start(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    struct vsphere_handle handle = {.adopted = false};
    enum slipway_outcome outcome;
    if (!vsphere_power_begin(&talk, call, &vm, true, &outcome))
        return outcome;
    if (is_off(&vm))
        return off(&talk, &vm, false, false);
    if (strcmp(vm.power, "poweredOn") != 0) {
        call->host->say(call,
                        "%s is suspended, and switching it off would lose its memory: "
                        "resume it, or switch it off by hand",
                        vm.ref);
        return SLIPWAY_REFUSED;
    }
    (void)snprintf(handle.vm, sizeof handle.vm, "%s", vm.ref);
    bool ask = can_be_asked(&vm);
    enum vsphere_answer answer =
        ask ? ask_guest(&talk, &handle) : send_hard(&talk, &handle);
    /* The fault proves that nothing was begun: the one effect is the other one. */
    if (ask && answer == VSPHERE_FAULT && talk.fault.kind == VSPHERE_FAULT_TOOLS)
        answer = send_hard(&talk, &handle);
    if (answer == VSPHERE_FAULT)
        return after_fault(&talk, vm.ref);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    return vsphere_pending(&talk, &handle, handle.hard ? HARD : ASKED);
}

/* --- poll --------------------------------------------------------------------------- */

static bool grace_is_over(const struct vsphere_talk *talk,
                          const struct vsphere_handle *handle)
{
    json_int_t grace = json_number(talk->with, "grace_ms", GRACE_DEFAULT_MS);
    return wall_ms() - handle->asked_ms >= grace;
}

/* The guest did not go by itself. What is in the way of switching it off may pass;
   what forbids it is the answer. */
static enum slipway_outcome insist(struct vsphere_talk *talk,
                                   struct vsphere_handle *handle)
{
    talk->call->host->log(talk->call, SLIPWAY_WARNING,
                          "%s did not shut down by itself: switching it off", handle->vm);
    enum vsphere_answer answer = send_hard(talk, handle);
    if (answer == VSPHERE_OK)
        return vsphere_pending(talk, handle, HARD);
    bool settled = answer == VSPHERE_NO;
    if (answer == VSPHERE_FAULT)
        settled = talk->fault.kind != VSPHERE_FAULT_STATE &&
                  vsphere_fault_outcome(&talk->fault) != SLIPWAY_RETRY;
    if (settled) {
        talk->call->host->say(talk->call, "%s did not shut down by itself, and: %s",
                              handle->vm, talk->err.text);
        return SLIPWAY_FAILED;
    }
    /* InvalidPowerState: it went off meanwhile, the next look sees it */
    return vsphere_poll_outcome(talk, answer == VSPHERE_LOST ? answer : VSPHERE_LATER);
}

static enum slipway_outcome judge_hard(struct vsphere_talk *talk,
                                       const struct vsphere_vm *vm,
                                       const struct vsphere_task *task)
{
    const struct slipway_host *host = talk->call->host;
    if (task->state == VSPHERE_TASK_FAILED) {
        host->say(talk->call, "switching off %s failed: %s", vm->ref, task->fault.text);
        return SLIPWAY_FAILED;
    }
    if (task->state != VSPHERE_TASK_GONE)
        return vsphere_power_not_yet(talk, vm, task, HARD);
    host->say(talk->call, "the manager has forgotten the task, and %s is not off",
              vm->ref);
    return SLIPWAY_UNKNOWN;
}

enum slipway_outcome vsphere_shut_down_poll(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    struct vsphere_handle handle;
    struct vsphere_task task;
    enum slipway_outcome outcome;
    if (!vsphere_power_look(&talk, call, &handle, &vm, &task, &outcome))
        return outcome;
    if (is_off(&vm))
        return off(&talk, &vm, true, handle.hard);
    if (handle.hard)
        return judge_hard(&talk, &vm, &task);
    if (vm.question || grace_is_over(&talk, &handle))
        return insist(&talk, &handle);
    return vsphere_still_running(&talk, &task, ASKED);
}
