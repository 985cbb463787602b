/*
 * self.h - is the manager the appliance itself? A vCenter that is switched off or
 * reverted by its own word is never switched on again.
 */
#ifndef VSPHERE_SELF_H
#define VSPHERE_SELF_H

#include "vsphere/vm.h"

#define VSPHERE_SELF_ADVICE                                                              \
    "it cannot switch itself off or revert itself: give the ESXi hosts that may run it " \
    "as its manager (hosts: in the fleet file)"

/* True if it is, as far as can be told. */
bool vsphere_manages_itself(struct vsphere_talk *talk, const struct vsphere_vm *vm);
/* The same; the sentence is said. */
bool vsphere_is_its_own_manager(struct vsphere_talk *talk, const struct vsphere_vm *vm);

#endif
