/*
 * vm_parts.h - between vm.c (power, tasks) and snapshot.c.
 */
#ifndef LAB_VM_PARTS_H
#define LAB_VM_PARTS_H

#include "lab.h"

/* Under lab->lock; remembered outside the guest. */
void vm_set_power(struct vm *vm, enum power power);
/* Note why a task failed; always false. */
bool task_fail(struct task *task, const char *fault, const char *message);
/* The work of a task, on the timer thread, without the lock. False: it failed. */
bool snapshot_create(struct task *task);
bool snapshot_revert(struct task *task);
bool snapshot_remove(struct task *task);

#endif
