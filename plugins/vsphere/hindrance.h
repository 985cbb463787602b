/*
 * hindrance.h - what speaks against a snapshot besides the machine's state: devices
 * that have none, hosts that allow none, backups that are at work.
 */
#ifndef VSPHERE_HINDRANCE_H
#define VSPHERE_HINDRANCE_H

#include "util/buf.h"
#include "vsphere/vm.h"

/* Append "; " and a clause. */
__attribute__((format(printf, 2, 3))) void vsphere_object_to(struct buf *list,
                                                             const char *format, ...);

/* What the machine and its host say of it; each is an answer of its own. */
struct vsphere_hindrance {
    struct buf against; /* clauses; empty: nothing                         */
    bool backup_works;  /* a backup has disabled methods of the machine    */
    bool not_now;       /* CreateSnapshot_Task is one of them              */
    json_t *cdroms;    /* [{label, connected, file}]: what is attached; NULL: not asked */
    char lockdown[40]; /* the mode of a host that is asked itself, clean  */
};
void vsphere_hindrance_free(struct vsphere_hindrance *hindrance);
#define auto_hindrance __attribute__((cleanup(vsphere_hindrance_free)))

/* Ask. What the user may not see, and what a release does not know, is no hindrance. */
enum vsphere_answer vsphere_hindrances(struct vsphere_talk *talk,
                                       const struct vsphere_vm *vm,
                                       struct vsphere_hindrance *hindrance);

/* A snapshot that a backup product takes for its own time; NULL if there is none. */
const struct vsphere_snapshot *vsphere_backup_snapshot(const struct vsphere_vm *vm);

#endif
