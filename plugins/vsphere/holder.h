/*
 * holder.h - a manager that is a set of ESXi hosts: which one has the machine now?
 *
 * A vCenter that runs in its own inventory cannot be reverted through itself. Its
 * hosts can do it, each only for what is registered on it, and DRS moves machines
 * between them. So all of them are asked, again before every effect.
 */
#ifndef VSPHERE_HOLDER_H
#define VSPHERE_HOLDER_H

#include "vsphere/session.h"

/* True if it has what is needed to log in. */
bool vsphere_door_usable(const json_t *door);
/* The same for every host of a set; login and tls may be the manager's. */
bool vsphere_hosts_usable(const json_t *manager);

/* How many hosts the manager is; 0: it is one server. */
size_t vsphere_host_count(const struct vsphere_talk *talk);
/* Speak to that one from now on. */
void vsphere_turn_to(struct vsphere_talk *talk, size_t index);
/* By name; false if the set has none such. */
bool vsphere_turn_to_named(struct vsphere_talk *talk, const char *name);

/* What one host says when it is asked for the machine: VSPHERE_OK with `count` and the
   reference of the first. */
typedef enum vsphere_answer (*vsphere_ask)(struct vsphere_talk *talk, void *context,
                                           size_t *count, char ref[VSPHERE_REF_MAX]);

/*
 * Ask all hosts. VSPHERE_OK: exactly one has exactly one such machine; the talk is
 * turned to it. VSPHERE_NO: none or several, or one that could not be asked for good.
 * VSPHERE_LATER: one did not answer, and nobody else has it. `what` names the machine
 * in sentences.
 */
enum vsphere_answer vsphere_find_holder(struct vsphere_talk *talk, const char *what,
                                        vsphere_ask ask, void *context,
                                        char ref[VSPHERE_REF_MAX]);

#endif
