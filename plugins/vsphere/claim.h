/*
 * claim.h - whose virtual machine is it?
 *
 * The fleet may name one machine in several ways (uuid, path, name), so only the
 * manager can tell that two appliances are the same one. Then a revert for the first
 * would throw away what the second became.
 */
#ifndef VSPHERE_CLAIM_H
#define VSPHERE_CLAIM_H

#include <stdbool.h>

#include "vsphere/vm.h"

#define VSPHERE_OWNER_MAX 100

/* Note that this machine is this call's appliance. False if another appliance was noted
   for it before, in this process; `owner` is its name then, clean. */
bool vsphere_claim(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                   char owner[VSPHERE_OWNER_MAX]);

/* For an effect on its power. The appliance's own machine is noted and passes: whether
   two share it is said before the first snapshot. One that the step names by itself
   (`vm` in `with`) must not be another appliance's: false then, and the sentence is
   said. */
bool vsphere_claim_power(struct vsphere_talk *talk, const struct vsphere_vm *vm);

void vsphere_claims_free(struct vsphere_claims *claims);

#endif
