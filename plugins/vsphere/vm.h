/*
 * vm.h - the state of one virtual machine, read in one round trip.
 */
#ifndef VSPHERE_VM_H
#define VSPHERE_VM_H

#include "vsphere/session.h"

#define VSPHERE_TEXT_MAX      8192u /* bytes kept of any one value from the manager */
#define VSPHERE_SNAPSHOTS_MAX 256u
#define VSPHERE_TASKS_MAX     256u
#define VSPHERE_STORES_MAX    64u

struct vsphere_snapshot {
    char *ref, *name, *description, *created;
    char *parent; /* reference of the parent snapshot, NULL for a root */
    int depth;    /* 1 for a root */
    bool current;
    long long size_bytes; /* disk space that it accounts for, -1: not known */
};

enum vsphere_task_kind {
    VSPHERE_TASK_OTHER,
    VSPHERE_TASK_CREATE, /* a snapshot of the virtual machine */
    VSPHERE_TASK_REVERT,
    VSPHERE_TASK_REMOVE,
    VSPHERE_TASK_POWER,
};

/* A task that is queued or running, or ended some minutes ago. */
struct vsphere_recent {
    char *ref, *operation, *state, *activation, *queued;
    enum vsphere_task_kind kind;
    bool running; /* or queued */
};

struct vsphere_store {
    char *ref, *name;
    long long free_bytes, capacity_bytes; /* -1: not known */
    bool accessible;
};

struct vsphere_vm {
    char ref[VSPHERE_REF_MAX];
    char *name, *uuid, *instance_uuid, *power, *connection, *tools, *guest_state, *ip,
        *guest_host, *host;
    char *through;    /* the host that was asked for it, NULL if the manager is no set */
    char *question;   /* its text; NULL if none is pending */
    bool maintenance; /* of its host */
    bool consolidation_needed;
    long long memory_mb;
    char *unreadable; /* why a property could not be read, NULL if all could */
    struct vsphere_snapshot *snapshots; /* parents before children */
    size_t snapshot_count, snapshot_room;
    struct vsphere_recent *tasks;
    size_t task_count, task_room;
    struct vsphere_store *stores;
    size_t store_count, store_room;
};
void vsphere_vm_free(struct vsphere_vm *vm);
#define auto_vm __attribute__((cleanup(vsphere_vm_free)))

/* Read it. VSPHERE_NO with a sentence if the user may not see enough of it. `vm`
   is zero before, and the caller's to free after VSPHERE_OK. */
enum vsphere_answer vsphere_vm_read(struct vsphere_talk *talk, const char *ref,
                                    struct vsphere_vm *vm);
/* Find target.vm and read it. */
enum vsphere_answer vsphere_vm_find(struct vsphere_talk *talk, struct vsphere_vm *vm);

/* The document that READ operations answer with. The caller's. */
json_t *vsphere_vm_document(const struct vsphere_vm *vm);
json_t *vsphere_snapshot_document(const struct vsphere_snapshot *snapshot);
json_t *vsphere_stores_document(const struct vsphere_vm *vm);

/* Decode the values of `snapshot` and `layoutEx` (either may be NULL). */
void vsphere_snapshots_decode(const struct xml_node *tree, const struct xml_node *layout,
                              struct vsphere_vm *vm);

/* By reference; NULL if it has none such. Borrowed. */
const struct vsphere_snapshot *vsphere_vm_snapshot(const struct vsphere_vm *vm,
                                                   const char *ref);
/* The first queued or running task of that kind (OTHER: of any), NULL if none. */
const struct vsphere_recent *vsphere_vm_running(const struct vsphere_vm *vm,
                                                enum vsphere_task_kind kind);
/* The task, in any state, that carries this intent's key; NULL if none shows it. */
const struct vsphere_recent *vsphere_vm_task_of(const struct vsphere_vm *vm,
                                                const char *key);

/* A value from the manager, cut to VSPHERE_TEXT_MAX bytes at a character's border.
   NULL stays NULL. The caller's. */
char *vsphere_text(const char *value);

#endif
