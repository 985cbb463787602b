/*
 * power.h - what the operations on a machine's power have in common.
 */
#ifndef VSPHERE_POWER_H
#define VSPHERE_POWER_H

#include "vsphere/task.h"

/*
 * What every start begins with: open the talk, find the machine, and see that it may
 * be worked on. False: `outcome` is the answer, its sentence is said. `takes_away`: it
 * will not be there afterwards, which its own manager is never asked for. Close the
 * talk and free `vm` in both cases.
 */
bool vsphere_power_begin(struct vsphere_talk *talk, struct slipway_call *call,
                         struct vsphere_vm *vm, bool takes_away,
                         enum slipway_outcome *outcome);

/* The same for a poll: find what the handle names and how its task stands
   (UNDER_WAY if there is none). */
bool vsphere_power_look(struct vsphere_talk *talk, struct slipway_call *call,
                        struct vsphere_handle *handle, struct vsphere_vm *vm,
                        struct vsphere_task *task, enum slipway_outcome *outcome);

/* {"vm","power","changed"}. The caller's. */
json_t *vsphere_power_result(const struct vsphere_vm *vm, bool changed);

/* PENDING; if a question waits for an answer, the sentence shows it. */
enum slipway_outcome vsphere_power_not_yet(struct vsphere_talk *talk,
                                           const struct vsphere_vm *vm,
                                           const struct vsphere_task *task,
                                           const char *what);

#endif
