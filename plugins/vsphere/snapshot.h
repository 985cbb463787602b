/*
 * snapshot.h - which snapshot is meant, and whose it is.
 */
#ifndef VSPHERE_SNAPSHOT_H
#define VSPHERE_SNAPSHOT_H

#include "util/buf.h"
#include "vsphere/task.h"

#define VSPHERE_OWN_PREFIX      "slipway/"
#define VSPHERE_FINGERPRINT     "slipway fingerprint="
#define VSPHERE_NAME_MAX        512u
#define VSPHERE_DESCRIPTION_MAX 1024u

/* True if it carries this name and the call's fingerprint: made by this intent
   (or by an earlier attempt of the very same one). */
bool vsphere_snapshot_is_ours(const struct slipway_call *call,
                              const struct vsphere_snapshot *snapshot, const char *name);

/* How many are ours; *first is the first of them. */
size_t vsphere_snapshots_ours(const struct slipway_call *call,
                              const struct vsphere_vm *vm, const char *name,
                              const struct vsphere_snapshot **first);

/* Append "snapshot-3 \"name\", ..." of those with this name (NULL: not starting
   with `prefix`); clean, and cut after a few. */
void vsphere_snapshots_list(struct buf *out, const struct vsphere_vm *vm,
                            const char *name, const char *prefix);

/*
 * Resolve with {snapshot?: reference, name}: by reference if it exists there, else
 * by name, which must be unique. VSPHERE_OK with *found NULL: there is no such
 * snapshot. VSPHERE_NO: the reference bears another name, or several bear the name.
 */
enum vsphere_answer vsphere_snapshot_resolve(struct vsphere_talk *talk,
                                             const struct vsphere_vm *vm,
                                             const struct vsphere_snapshot **found);

/* xsd:dateTime with any fraction and zone, as milliseconds since 1970. */
bool vsphere_instant(const char *text, int64_t *out_ms);
/* By the manager's own clock, which wrote down when snapshots were taken. */
enum vsphere_answer vsphere_manager_time(struct vsphere_talk *talk, int64_t *out_ms);

#endif
