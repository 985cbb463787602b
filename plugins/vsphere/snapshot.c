/*
 * snapshot.c - which snapshot is meant, and whose it is.
 *
 * vSphere lets any number of snapshots share a name, and references change when a
 * machine is registered anew. So a snapshot counts as ours only by name and the
 * fingerprint in its description, and one that is to be reverted to or removed
 * must bear the name that slipway gave it, however it was found.
 *
 * Failure: anything ambiguous is a refusal that lists the candidates.
 */
#include "vsphere/snapshot.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vsphere/find.h"

#define LISTED_MAX 5

bool vsphere_snapshot_is_ours(const struct slipway_call *call,
                              const struct vsphere_snapshot *snapshot, const char *name)
{
    const char *mark = strstr(snapshot->description, VSPHERE_FINGERPRINT);
    if (!mark || !vsphere_name_matches(snapshot->name, name))
        return false;
    mark += sizeof VSPHERE_FINGERPRINT - 1;
    size_t length = strlen(call->fingerprint);
    return !strncmp(mark, call->fingerprint, length) &&
           !strspn(mark + length, "0123456789abcdef");
}

size_t vsphere_snapshots_ours(const struct slipway_call *call,
                              const struct vsphere_vm *vm, const char *name,
                              const struct vsphere_snapshot **first)
{
    size_t count = 0;
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        if (!vsphere_snapshot_is_ours(call, &vm->snapshots[i], name))
            continue;
        if (!count++)
            *first = &vm->snapshots[i];
    }
    return count;
}

static bool listed(const struct vsphere_snapshot *snapshot, const char *name,
                   const char *prefix)
{
    if (name)
        return vsphere_name_matches(snapshot->name, name);
    return !vsphere_name_starts(snapshot->name, prefix);
}

void vsphere_snapshots_list(struct buf *out, const struct vsphere_vm *vm,
                            const char *name, const char *prefix)
{
    size_t count = 0;
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        const struct vsphere_snapshot *snapshot = &vm->snapshots[i];
        if (!listed(snapshot, name, prefix) || ++count > LISTED_MAX)
            continue;
        buf_addf(out, "%s%s \"", count > 1 ? ", " : "", snapshot->ref);
        text_sanitize(out, snapshot->name, strlen(snapshot->name), 80);
        buf_addc(out, '"');
    }
    if (count > LISTED_MAX)
        buf_addf(out, " and %zu more", count - LISTED_MAX);
}

static enum vsphere_answer by_name(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                                   const char *name,
                                   const struct vsphere_snapshot **found)
{
    const struct vsphere_snapshot *match = NULL;
    size_t count = 0;
    for (size_t i = 0; i < vm->snapshot_count; i++) {
        if (!vsphere_name_matches(vm->snapshots[i].name, name))
            continue;
        match = &vm->snapshots[i];
        count++;
    }
    if (count > 1) {
        auto_buf struct buf list = {0};
        vsphere_snapshots_list(&list, vm, name, NULL);
        return vsphere_because(
            talk, VSPHERE_NO,
            "%zu snapshots of %s bear the same name (%s): slipway does "
            "not choose; settle it by hand",
            count, vm->ref, buf_text(&list));
    }
    *found = match;
    return VSPHERE_OK;
}

enum vsphere_answer vsphere_snapshot_resolve(struct vsphere_talk *talk,
                                             const struct vsphere_vm *vm,
                                             const struct vsphere_snapshot **found)
{
    const char *name = json_text(talk->with, "name");
    const struct vsphere_snapshot *by_ref =
        vsphere_vm_snapshot(vm, json_text(talk->with, "snapshot"));
    bool same = by_ref && vsphere_name_matches(by_ref->name, name);
    /* a host makes its references of its own numbers, which may come to be another's */
    if (!by_ref || (!same && talk->service.is_host))
        return by_name(talk, vm, name, found);
    if (!same) {
        char shown[160];
        return vsphere_because(talk, VSPHERE_NO,
                               "%s of %s is named \"%s\" and is not the snapshot that "
                               "slipway made: it is not touched",
                               by_ref->ref, vm->ref,
                               text_clean(by_ref->name, shown, sizeof shown));
    }
    *found = by_ref;
    return VSPHERE_OK;
}
