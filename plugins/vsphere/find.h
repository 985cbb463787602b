/*
 * find.h - from the fleet's description of a virtual machine to its reference.
 */
#ifndef VSPHERE_FIND_H
#define VSPHERE_FIND_H

#include "vsphere/session.h"

/*
 * Find the machine {uuid | instance_uuid | path | name}: `vm` of the step's `with` if
 * it has one, else the appliance's. VSPHERE_OK: exactly one virtual machine matches and
 * `ref` (VSPHERE_REF_MAX bytes) names it. None or several are VSPHERE_NO with a
 * sentence: never a guess.
 */
enum vsphere_answer vsphere_find_vm(struct vsphere_talk *talk, char *ref);

/* False if a machine with these identities (NULL: not told) is certainly another one:
   hosts number their machines, and may give a number anew. */
bool vsphere_is_meant(const struct vsphere_talk *talk, const char *uuid,
                      const char *instance_uuid, const char *name);

/* True if the step names a machine itself (`vm` in `with`), on the same manager. */
bool vsphere_names_machine(const struct vsphere_talk *talk);
/* Check such a `vm`: exactly one of the four, a text that is not empty. */
int vsphere_machine_check(const json_t *vm, struct slipway_error *err);

/* True if the inventory's spelling of a name is this name: '/', '\' and '%' are
   shown as %2f, %5c and %25 by some servers and plain by others. */
bool vsphere_name_matches(const char *shown, const char *name);
/* The same for its beginning. */
bool vsphere_name_starts(const char *shown, const char *prefix);

#endif
