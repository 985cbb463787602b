/*
 * inspect.c - the operations that only read.
 *
 * snapshot_check is the guard before a snapshot: it gathers everything that speaks
 * against one and names all of it at once, so that an operator fixes it in one go.
 * A task that runs on the machine is no violation, it passes: look again.
 *
 * Failure: the manager cannot be asked: RETRY; something speaks against it: REFUSED.
 */
#include "vsphere/operations.h"

#include <inttypes.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vsphere/claim.h"
#include "vsphere/find.h"
#include "vsphere/hindrance.h"
#include "vsphere/self.h"
#include "vsphere/snapshot.h"

/* Open the talk and read the machine; false with the outcome set. */
static bool read_vm(struct vsphere_talk *talk, struct slipway_call *call,
                    struct vsphere_vm *vm, enum slipway_outcome *outcome)
{
    *outcome = SLIPWAY_REFUSED;
    if (vsphere_talk_open(talk, call))
        return false;
    enum vsphere_answer answer = vsphere_vm_find(talk, vm);
    if (answer != VSPHERE_OK)
        *outcome = vsphere_outcome(talk, answer);
    return answer == VSPHERE_OK;
}

static const char *prefix_of(const struct vsphere_talk *talk)
{
    const char *own = json_text(talk->with, "own");
    return own && *own ? own : VSPHERE_OWN_PREFIX;
}

static void say_task(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                     const struct vsphere_recent *task)
{
    const struct slipway_host *host = talk->call->host;
    char clean[100];
    host->say(talk->call, "%s (%s) is at work on %s: waiting for its end", task->ref,
              text_clean(task->operation, clean, sizeof clean), vm->ref);
    host->look_again_in(talk->call, VSPHERE_BUSY_LOOK_MS);
}

enum slipway_outcome vsphere_op_vm(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum slipway_outcome outcome;
    if (read_vm(&talk, call, &vm, &outcome))
        return vsphere_done(&talk, vsphere_vm_document(&vm));
    if (!talk.absent || !json_is_true(json_object_get(talk.with, "may_be_absent")))
        return outcome;
    return vsphere_done(&talk, json_pack("{s:n}", "vm"));
}

enum slipway_outcome vsphere_op_room(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum slipway_outcome outcome;
    if (!read_vm(&talk, call, &vm, &outcome))
        return outcome;
    long long least = -1;
    for (size_t i = 0; i < vm.store_count; i++)
        if (vm.stores[i].free_bytes >= 0 &&
            (least < 0 || vm.stores[i].free_bytes < least))
            least = vm.stores[i].free_bytes;
    json_t *result = json_object();
    (void)json_object_set_new(result, "vm", json_string(vm.ref));
    (void)json_object_set_new(result, "datastores", vsphere_stores_document(&vm));
    (void)json_object_set_new(result, "least_free_bytes",
                              least < 0 ? json_null() : json_integer(least));
    (void)json_object_set_new(result, "memory_mb", json_integer(vm.memory_mb));
    return vsphere_done(&talk, result);
}

enum slipway_outcome vsphere_op_snapshots(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    enum slipway_outcome outcome;
    if (!read_vm(&talk, call, &vm, &outcome))
        return outcome;
    json_t *result = json_object(), *list = json_array();
    size_t foreign = 0;
    for (size_t i = 0; i < vm.snapshot_count; i++) {
        if (vsphere_name_starts(vm.snapshots[i].name, prefix_of(&talk)))
            (void)json_array_append_new(list,
                                        vsphere_snapshot_document(&vm.snapshots[i]));
        else
            foreign++;
    }
    (void)json_object_set_new(result, "vm", json_string(vm.ref));
    (void)json_object_set_new(result, "snapshots", list);
    (void)json_object_set_new(result, "foreign", json_integer((json_int_t)foreign));
    (void)json_object_set_new(result, "consolidation_needed",
                              json_boolean(vm.consolidation_needed));
    return vsphere_done(&talk, result);
}

/* Before a change: a task on the machine, such as somebody's revert or removal, may be
   just about to take the snapshot away. */
enum slipway_outcome vsphere_op_snapshot_find(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    const struct vsphere_snapshot *snapshot = NULL;
    enum slipway_outcome outcome;
    if (!read_vm(&talk, call, &vm, &outcome))
        return outcome;
    const struct vsphere_recent *task = vsphere_vm_running(&vm, VSPHERE_TASK_OTHER);
    if (task) {
        say_task(&talk, &vm, task);
        return SLIPWAY_RETRY;
    }
    enum vsphere_answer answer = vsphere_snapshot_resolve(&talk, &vm, &snapshot);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    return vsphere_done(&talk, json_pack("{s:s, s:s?}", "vm", vm.ref, "snapshot",
                                         snapshot ? snapshot->ref : NULL));
}

/* --- the guard ------------------------------------------------------------------------ */

/* True if another appliance is this machine; then no task that runs matters. */
static bool check_owner(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                        struct buf *against)
{
    char owner[VSPHERE_OWNER_MAX];
    if (vsphere_claim(talk, vm, owner))
        return false;
    vsphere_object_to(
        against,
        "it is the virtual machine of appliance %s too: correct one of the two in "
        "the fleet file",
        owner);
    return true;
}

static void check_machine(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                          struct buf *against)
{
    char clean[160];
    if (vsphere_manages_itself(talk, vm))
        vsphere_object_to(against,
                          "its manager is this very appliance, and " VSPHERE_SELF_ADVICE);
    if (vm->maintenance)
        vsphere_object_to(against,
                          "its host %s is in maintenance mode, where nothing is switched "
                          "on: end it, or move the machine",
                          text_clean(vm->host ? vm->host : "", clean, sizeof clean));
    if (!vm->connection || strcmp(vm->connection, "connected") != 0)
        vsphere_object_to(
            against, "it is %s, not connected",
            text_clean(vm->connection ? vm->connection : "in an unknown state", clean,
                       sizeof clean));
    if (vm->question)
        vsphere_object_to(against, "a question waits for an answer (\"%s\")",
                          text_clean(vm->question, clean, sizeof clean));
    if (vm->consolidation_needed)
        vsphere_object_to(against,
                          "its disks need consolidation: consolidate them first");
}

static void check_foreign(const struct vsphere_talk *talk, const struct vsphere_vm *vm,
                          struct buf *against)
{
    const char *prefix = prefix_of(talk);
    json_int_t allowed = json_number(talk->with, "max_foreign", 0), foreign = 0;
    for (size_t i = 0; i < vm->snapshot_count; i++)
        foreign += !vsphere_name_starts(vm->snapshots[i].name, prefix);
    if (foreign <= allowed)
        return;
    auto_buf struct buf list = {0};
    vsphere_snapshots_list(&list, vm, NULL, prefix);
    vsphere_object_to(against,
                      "%" JSON_INTEGER_FORMAT
                      " snapshot(s) of somebody else (%s): have them "
                      "removed, slipway does not touch them",
                      foreign, buf_text(&list));
}

static void check_room(const struct vsphere_talk *talk, const struct vsphere_vm *vm,
                       struct buf *against)
{
    json_int_t room = json_number(talk->with, "room_bytes", 0);
    char name[100];
    if (!vm->store_count)
        vsphere_object_to(against, "its datastores cannot be read");
    for (size_t i = 0; i < vm->store_count; i++) {
        const struct vsphere_store *store = &vm->stores[i];
        (void)text_clean(store->name, name, sizeof name);
        if (!store->accessible)
            vsphere_object_to(against, "datastore %s is not accessible", name);
        else if (room > 0 && store->free_bytes < room)
            vsphere_object_to(
                against,
                "datastore %s has %lld MiB free, %" JSON_INTEGER_FORMAT " MiB are needed",
                name, store->free_bytes < 0 ? 0 : store->free_bytes >> 20, room >> 20);
    }
}

/* True if somebody else is at work: what is in the way goes by itself. */
static bool must_wait(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                      const struct vsphere_hindrance *hindrance)
{
    const struct slipway_host *host = talk->call->host;
    const struct vsphere_recent *task = vsphere_vm_running(vm, VSPHERE_TASK_OTHER);
    const struct vsphere_snapshot *backup = vsphere_backup_snapshot(vm);
    char clean[100];
    if (task)
        say_task(talk, vm, task);
    else if (backup && hindrance->backup_works)
        host->say(talk->call,
                  "a backup of %s is at work (its snapshot \"%s\" is there): waiting for "
                  "its end",
                  vm->ref, text_clean(backup->name, clean, sizeof clean));
    else if (hindrance->not_now)
        host->say(talk->call,
                  "somebody, such as a backup, has disabled snapshots of %s for now: "
                  "waiting for its end",
                  vm->ref);
    else
        return false;
    host->look_again_in(talk->call, VSPHERE_BUSY_LOOK_MS);
    return true;
}

enum slipway_outcome vsphere_op_snapshot_check(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_vm struct vsphere_vm vm = {.ref = ""};
    auto_hindrance struct vsphere_hindrance hindrance = {.not_now = false};
    auto_buf struct buf against = {0};
    enum slipway_outcome outcome;
    char clean[100];
    if (!read_vm(&talk, call, &vm, &outcome))
        return outcome;
    enum vsphere_answer answer = vsphere_hindrances(&talk, &vm, &hindrance);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    bool shared = check_owner(&talk, &vm, &against);
    if (!shared && must_wait(&talk, &vm, &hindrance))
        return SLIPWAY_RETRY;
    check_machine(&talk, &vm, &against);
    if (hindrance.against.length)
        vsphere_object_to(&against, "%s", buf_text(&hindrance.against));
    check_foreign(&talk, &vm, &against);
    check_room(&talk, &vm, &against);
    if (!against.length) {
        json_t *document = vsphere_vm_document(&vm);
        (void)json_object_set(document, "cdroms", hindrance.cdroms);
        return vsphere_done(&talk, document);
    }
    call->host->say(call, "no snapshot of %s (%s): %s", vm.ref,
                    text_clean(vm.name, clean, sizeof clean), buf_text(&against));
    return SLIPWAY_REFUSED;
}
