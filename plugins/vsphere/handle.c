/*
 * handle.c - what a call leaves for the next one: which task, which machine, where.
 *
 * Where the manager is a set of hosts, the handle names the host too. A machine that
 * has left it is found again on the others: its references are new there, its tasks
 * stayed behind.
 *
 * Failure: a handle that is not one of ours is no handle. What a host said stays said
 * unless the machine turns up on another one.
 */
#include "vsphere/task.h"

#include <string.h>

#include "util/auto.h"
#include "vsphere/find.h"
#include "vsphere/holder.h"

static bool get_ref(const json_t *json, const char *key, char out[VSPHERE_REF_MAX])
{
    const char *ref = json_text(json, key);
    out[0] = '\0';
    if (!ref)
        return true;
    if (!vsphere_ref_valid(ref))
        return false;
    (void)snprintf(out, VSPHERE_REF_MAX, "%s", ref);
    return true;
}

/* From the call; false if there is none or it is not one of ours. */
static bool handle_get(const struct slipway_call *call, struct vsphere_handle *handle)
{
    if (!call->handle)
        return false;
    auto_json json_t *json =
        json_parse(call->handle, strlen(call->handle), SLIPWAY_HANDLE_MAX, NULL);
    if (!json_is_object(json))
        return false;
    handle->moved = false;
    handle->adopted = json_is_true(json_object_get(json, "adopted"));
    handle->asked_ms = json_number(json, "asked_ms", 0);
    handle->hard = json_is_true(json_object_get(json, "hard"));
    return get_ref(json, "task", handle->task) && get_ref(json, "vm", handle->vm) &&
           get_ref(json, "snapshot", handle->snapshot) && handle->vm[0];
}

/* The host that the handle names; one that left the fleet file is no host to ask. */
static void turn_to_host(struct vsphere_talk *talk)
{
    auto_json json_t *json = json_parse(talk->call->handle, strlen(talk->call->handle),
                                        SLIPWAY_HANDLE_MAX, NULL);
    const char *host = json_text(json, "host");
    if (host && vsphere_host_count(talk))
        (void)vsphere_turn_to_named(talk, host);
}

int vsphere_poll_open(struct vsphere_talk *talk, struct slipway_call *call,
                      struct vsphere_handle *handle)
{
    if (vsphere_talk_open(talk, call))
        return -1;
    if (handle_get(call, handle)) {
        turn_to_host(talk);
        return 0;
    }
    call->host->say(call, "there is no handle of a task to look at");
    return -1;
}

int vsphere_probe_open(struct vsphere_talk *talk, struct slipway_call *call,
                       struct vsphere_handle *handle)
{
    if (vsphere_talk_open(talk, call))
        return -1;
    if (handle_get(call, handle))
        turn_to_host(talk);
    else
        *handle = (struct vsphere_handle){.adopted = false};
    return 0;
}

int vsphere_handle_set(struct vsphere_talk *talk, const struct vsphere_handle *handle)
{
    auto_json json_t *json = json_object();
    if (*talk->host)
        (void)json_object_set_new(json, "host", json_string(talk->host));
    (void)json_object_set_new(json, "vm", json_string(handle->vm));
    if (handle->task[0])
        (void)json_object_set_new(json, "task", json_string(handle->task));
    if (handle->snapshot[0])
        (void)json_object_set_new(json, "snapshot", json_string(handle->snapshot));
    if (handle->adopted)
        (void)json_object_set_new(json, "adopted", json_true());
    if (handle->asked_ms)
        (void)json_object_set_new(json, "asked_ms", json_integer(handle->asked_ms));
    if (handle->hard)
        (void)json_object_set_new(json, "hard", json_true());
    auto_free char *text = json_canonical(json);
    return talk->call->host->set_handle(talk->call, text);
}

/* --- on whichever host it is ---------------------------------------------------- */

/* What was said last, to say it again after a look elsewhere. */
struct word {
    enum vsphere_answer answer;
    struct vsphere_fault fault;
    struct slipway_error err;
};

static struct word keep_word(const struct vsphere_talk *talk, enum vsphere_answer answer)
{
    return (struct word){.answer = answer, .fault = talk->fault, .err = talk->err};
}

static enum vsphere_answer say_again(struct vsphere_talk *talk, const struct word *word)
{
    talk->fault = word->fault;
    talk->err = word->err;
    return word->answer;
}

/* The host does not answer, or does not know it: is the machine elsewhere? If not, what
   was said stays said; VSPHERE_OK: `handle` names it where it is now. */
static enum vsphere_answer look_elsewhere(struct vsphere_talk *talk,
                                          struct vsphere_handle *handle,
                                          enum vsphere_answer answer)
{
    char ref[VSPHERE_REF_MAX], before[VSPHERE_HOST_NAME_MAX];
    struct word word = keep_word(talk, answer);
    bool unknown = !talk->session;
    if (answer == VSPHERE_STOPPED || !vsphere_host_count(talk))
        return answer;
    memcpy(before, talk->host, sizeof before);
    answer = vsphere_find_vm(talk, ref);
    if (answer != VSPHERE_OK)
        return unknown ? answer : say_again(talk, &word);
    if (!strcmp(before, talk->host) && !strcmp(ref, handle->vm))
        return say_again(talk, &word);
    talk->call->host->log(talk->call, SLIPWAY_INFO, "%s has moved from %s to %s",
                          handle->vm, unknown ? "an unknown host" : before, talk->host);
    memcpy(handle->vm, ref, sizeof ref);
    handle->moved = true;
    return VSPHERE_OK;
}

enum vsphere_answer vsphere_handle_task(struct vsphere_talk *talk,
                                        struct vsphere_handle *handle,
                                        struct vsphere_task *task)
{
    enum vsphere_answer answer =
        talk->session ? vsphere_task_read(talk, handle->task, task) : VSPHERE_LATER;
    if (answer == VSPHERE_OK)
        return answer;
    answer = look_elsewhere(talk, handle, answer);
    if (answer == VSPHERE_OK)
        *task = (struct vsphere_task){.state = VSPHERE_TASK_GONE, .percent = -1};
    return answer;
}

/* Where the handle says. A host may have given the machine's number to another one. */
static enum vsphere_answer read_there(struct vsphere_talk *talk,
                                      const struct vsphere_handle *handle,
                                      struct vsphere_vm *out)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    if (!talk->session)
        return VSPHERE_LATER;
    enum vsphere_answer answer = vsphere_vm_read(talk, handle->vm, &vm);
    if (answer != VSPHERE_OK)
        return answer;
    if (*talk->host && !vsphere_is_meant(talk, vm.uuid, vm.instance_uuid, vm.name))
        return vsphere_because(talk, VSPHERE_LATER,
                               "%s of host %s is another machine now", handle->vm,
                               talk->host);
    *out = vm;
    vm = (struct vsphere_vm){.ref = ""};
    return VSPHERE_OK;
}

enum vsphere_answer vsphere_handle_vm(struct vsphere_talk *talk,
                                      struct vsphere_handle *handle,
                                      struct vsphere_vm *vm)
{
    enum vsphere_answer answer = read_there(talk, handle, vm);
    if (answer == VSPHERE_OK)
        return answer;
    answer = look_elsewhere(talk, handle, answer);
    return answer == VSPHERE_OK ? vsphere_vm_read(talk, handle->vm, vm) : answer;
}

const struct vsphere_snapshot *
vsphere_handle_snapshot(const struct vsphere_talk *talk, const struct vsphere_vm *vm,
                        const struct vsphere_handle *handle)
{
    const char *name = json_text(talk->with, "name");
    if (!handle->moved)
        return vsphere_vm_snapshot(vm, handle->snapshot);
    for (size_t i = 0; name && i < vm->snapshot_count; i++)
        if (vsphere_name_matches(vm->snapshots[i].name, name))
            return &vm->snapshots[i];
    return NULL;
}
