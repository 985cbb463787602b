/*
 * snapshot_expire.c - removes those of our own snapshots that outlived their time, one
 * after another; somebody else's are never touched.
 *
 *   start ─► the oldest of ours older than the limit ─► RemoveSnapshot_Task ─► poll
 *              none: DONE                                         ▲     ended │
 *                                                                 └───────────┘ the next
 *
 * Ours are those whose names begin with `own`, whoever's campaign they are of: a slipway
 * whose state was lost leaves them behind. Their age is measured by the manager's clock,
 * which also wrote it down. A snapshot without a readable time is left alone. Children are
 * never removed with one.
 *
 * Failure: a removal that failed is FAILED; a task that runs on the machine is waited for.
 * Removing again what is gone changes nothing, so a lost answer is repaired by asking again.
 */
#include "vsphere/operations.h"

#include <string.h>

#include "util/auto.h"
#include "vsphere/find.h"
#include "vsphere/snapshot.h"

#define WHAT          "removing a snapshot that outlived its time"
#define OLDER_DEFAULT (72LL * 3600 * 1000)

struct expiry {
    const struct vsphere_snapshot *oldest; /* NULL: none is over its time */
    size_t ours, over, foreign;
};

static struct expiry judge(const struct vsphere_talk *talk, const struct vsphere_vm *vm,
                           int64_t now_ms)
{
    struct expiry expiry = {.oldest = NULL};
    const char *own = json_text(talk->with, "own");
    int64_t limit_ms = json_number(talk->with, "older_than", OLDER_DEFAULT);
    int64_t first_ms = 0;
    own = own && *own ? own : VSPHERE_OWN_PREFIX;
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        const struct vsphere_snapshot *at = &vm->snapshots[i];
        int64_t created_ms = 0;
        if (!vsphere_name_starts(at->name, own)) {
            expiry.foreign++;
            continue;
        }
        expiry.ours++;
        if (!vsphere_instant(at->created, &created_ms) || now_ms - created_ms < limit_ms)
            continue;
        expiry.over++;
        if (expiry.oldest && first_ms <= created_ms)
            continue;
        expiry.oldest = at;
        first_ms = created_ms;
    }
    return expiry;
}

static enum slipway_outcome remove_one(struct vsphere_talk *talk,
                                       const struct vsphere_vm *vm,
                                       const struct vsphere_snapshot *snapshot)
{
    auto_request struct vsphere_request request = {0};
    struct vsphere_handle handle = {.adopted = false};
    vsphere_talk_request(talk, &request, "RemoveSnapshot_Task", "VirtualMachineSnapshot",
                         snapshot->ref);
    xml_write_boolean(&request.writer, "removeChildren", false);
    xml_write_boolean(&request.writer, "consolidate", true);
    (void)snprintf(handle.vm, sizeof handle.vm, "%s", vm->ref);
    (void)snprintf(handle.snapshot, sizeof handle.snapshot, "%s", snapshot->ref);
    return vsphere_start_task(talk, &request, &handle, WHAT);
}

static enum slipway_outcome next(struct vsphere_talk *talk)
{
    auto_vm struct vsphere_vm vm = {.ref = ""};
    int64_t now_ms = 0;
    enum vsphere_answer answer = vsphere_vm_find(talk, &vm);
    if (answer == VSPHERE_OK)
        answer = vsphere_manager_time(talk, &now_ms);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(talk, answer);
    struct expiry expiry = judge(talk, &vm, now_ms);
    if (expiry.oldest)
        return remove_one(talk, &vm, expiry.oldest);
    return vsphere_done(talk,
                        json_pack("{s:I, s:I, s:b}", "left", (json_int_t)expiry.ours,
                                  "foreign", (json_int_t)expiry.foreign,
                                  "consolidation_needed", vm.consolidation_needed));
}

enum slipway_outcome vsphere_expire_start(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    if (vsphere_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    return next(&talk);
}

enum slipway_outcome vsphere_expire_poll(struct slipway_call *call)
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
    if (task.state == VSPHERE_TASK_FAILED) {
        call->host->say(call, "removing %s failed: %s", handle.snapshot, task.fault.text);
        return SLIPWAY_FAILED;
    }
    /* Nothing of the next one has begun: what a start may answer is true here too, but
       that an effect is under way. */
    enum slipway_outcome outcome = next(&talk);
    return outcome == SLIPWAY_RETRY ? SLIPWAY_UNKNOWN : outcome;
}
