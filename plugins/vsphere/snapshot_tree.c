/*
 * snapshot_tree.c - the snapshot tree of a virtual machine, flattened, with sizes.
 *
 * The tree is nested XML whose depth the XML reader already limits. A size is the
 * space that goes away with the snapshot: its data and memory files, and the
 * delta disks that were begun when it was taken. Those are found in the disk
 * chains of everything that was built on it: the element right after its own.
 *
 * Failure: sizes are a service to people; whatever does not add up, or takes more
 * than a fixed number of steps to add up, is -1.
 */
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"
#include "vsphere/vm.h"

#define CHAIN_MAX  64u      /* disks of a chain; vSphere allows 32 snapshots */
#define DELTAS_MAX 512u     /* delta files counted for one snapshot          */
#define STEPS_MAX  2000000L /* of the loops below, for one virtual machine */

static const char *text_of(const struct xml_node *node, const char *name)
{
    const char *text = xml_child_text(node, VSPHERE_NS, name);
    return text ? text : "";
}

static void walk(const struct xml_node *node, const char *parent, int depth,
                 const char *current, struct vsphere_vm *vm)
{
    const char *ref = vsphere_ref_of(xml_child(node, VSPHERE_NS, "snapshot"), NULL);
    if (!ref || vm->snapshot_count == VSPHERE_SNAPSHOTS_MAX)
        return;
    struct vsphere_snapshot *snapshot =
        vec_push(vm->snapshots, vm->snapshot_count, vm->snapshot_room);
    *snapshot = (struct vsphere_snapshot){
        .ref = xstrdup(ref),
        .name = vsphere_text(text_of(node, "name")),
        .description = vsphere_text(text_of(node, "description")),
        .created = vsphere_text(text_of(node, "createTime")),
        .parent = xstrdup_null(parent),
        .depth = depth,
        .current = current && !strcmp(current, ref),
        .size_bytes = -1};
    const struct xml_node *next = xml_child(node, VSPHERE_NS, "childSnapshotList");
    for (; next; next = xml_next(next, VSPHERE_NS, "childSnapshotList"))
        walk(next, ref, depth + 1, current, vm);
}

/* --- sizes ---------------------------------------------------------------------- */

struct deltas {
    long long keys[DELTAS_MAX]; /* of files already counted */
    size_t count;
    long long bytes; /* -1: more than a number holds */
    long *steps;     /* left */
};

static long long file_size(const struct xml_node *layout, long long key, long *steps)
{
    const struct xml_node *file = xml_child(layout, VSPHERE_NS, "file");
    for (; file && *steps > 0; file = xml_next(file, VSPHERE_NS, "file")) {
        --*steps;
        long long found = -1, size = 0;
        if (!xml_number(xml_child(file, VSPHERE_NS, "key"), &found) || found != key)
            continue;
        (void)xml_number(xml_child(file, VSPHERE_NS, "size"), &size);
        return size > 0 ? size : 0;
    }
    return 0;
}

/* The chain of one disk as the first file key of each of its elements. */
static size_t chain_keys(const struct xml_node *disk, long long keys[CHAIN_MAX],
                         const struct xml_node *elements[CHAIN_MAX], long *steps)
{
    size_t count = 0;
    const struct xml_node *chain = xml_child(disk, VSPHERE_NS, "chain");
    for (; chain && count < CHAIN_MAX; chain = xml_next(chain, VSPHERE_NS, "chain")) {
        --*steps;
        keys[count] = -1;
        (void)xml_number(xml_child(chain, VSPHERE_NS, "fileKey"), &keys[count]);
        elements[count++] = chain;
    }
    return count;
}

static void count_file(const struct xml_node *layout, long long key,
                       struct deltas *deltas)
{
    for (size_t i = 0; i < deltas->count; i++)
        if (deltas->keys[i] == key)
            return;
    if (key < 0 || deltas->count == DELTAS_MAX)
        return;
    deltas->keys[deltas->count++] = key;
    if (deltas->bytes >= 0 &&
        __builtin_add_overflow(deltas->bytes, file_size(layout, key, deltas->steps),
                               &deltas->bytes))
        deltas->bytes = -1;
}

/* What `later` (a disk of another snapshot or of the running machine) has on top
   of `own`. */
static void count_delta(const struct xml_node *layout, const struct xml_node *own,
                        const struct xml_node *later, struct deltas *deltas)
{
    long long mine[CHAIN_MAX], theirs[CHAIN_MAX];
    const struct xml_node *elements[CHAIN_MAX];
    size_t length = chain_keys(own, mine, elements, deltas->steps);
    size_t longer = chain_keys(later, theirs, elements, deltas->steps);
    if (!length || longer <= length || memcmp(mine, theirs, length * sizeof mine[0]) != 0)
        return;
    const struct xml_node *key = xml_child(elements[length], VSPHERE_NS, "fileKey");
    for (; key; key = xml_next(key, VSPHERE_NS, "fileKey")) {
        long long number = -1;
        if (xml_number(key, &number))
            count_file(layout, number, deltas);
    }
}

static void count_deltas(const struct xml_node *layout, const struct xml_node *own,
                         struct deltas *deltas)
{
    const struct xml_node *disk = xml_child(layout, VSPHERE_NS, "disk");
    for (; disk && *deltas->steps > 0; disk = xml_next(disk, VSPHERE_NS, "disk"))
        count_delta(layout, own, disk, deltas);
    const struct xml_node *other = xml_child(layout, VSPHERE_NS, "snapshot");
    for (; other && *deltas->steps > 0; other = xml_next(other, VSPHERE_NS, "snapshot")) {
        disk = xml_child(other, VSPHERE_NS, "disk");
        for (; disk && *deltas->steps > 0; disk = xml_next(disk, VSPHERE_NS, "disk"))
            count_delta(layout, own, disk, deltas);
    }
}

static long long size_of(const struct xml_node *layout, const struct xml_node *entry,
                         long *steps)
{
    struct deltas deltas = {.steps = steps};
    long long key = -1;
    if (xml_number(xml_child(entry, VSPHERE_NS, "dataKey"), &key))
        count_file(layout, key, &deltas);
    if (xml_number(xml_child(entry, VSPHERE_NS, "memoryKey"), &key))
        count_file(layout, key, &deltas);
    const struct xml_node *disk = xml_child(entry, VSPHERE_NS, "disk");
    for (; disk && *steps > 0; disk = xml_next(disk, VSPHERE_NS, "disk"))
        count_deltas(layout, disk, &deltas);
    return *steps > 0 ? deltas.bytes : -1;
}

void vsphere_snapshots_decode(const struct xml_node *tree, const struct xml_node *layout,
                              struct vsphere_vm *vm)
{
    const char *current =
        vsphere_ref_of(xml_child(tree, VSPHERE_NS, "currentSnapshot"), NULL);
    const struct xml_node *root = xml_child(tree, VSPHERE_NS, "rootSnapshotList");
    for (; root; root = xml_next(root, VSPHERE_NS, "rootSnapshotList"))
        walk(root, NULL, 1, current, vm);
    long steps = STEPS_MAX;
    const struct xml_node *entry = xml_child(layout, VSPHERE_NS, "snapshot");
    for (; entry && steps > 0; entry = xml_next(entry, VSPHERE_NS, "snapshot")) {
        const char *ref = vsphere_ref_of(xml_child(entry, VSPHERE_NS, "key"), NULL);
        for (size_t i = 0; ref && i < vm->snapshot_count; i++)
            if (!strcmp(vm->snapshots[i].ref, ref))
                vm->snapshots[i].size_bytes = size_of(layout, entry, &steps);
    }
}
