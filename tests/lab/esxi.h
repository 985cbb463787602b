/*
 * esxi.h - managers that are ESXi hosts of one set: numbers instead of references, and
 * machines that move from one to another.
 */
#ifndef LAB_ESXI_H
#define LAB_ESXI_H

#include "soap.h"

/* The machine is on this host from now on, under a new number of it. */
void esxi_register(struct vm *vm, struct manager *host);
/* Where it was when the lab was stopped. */
void esxi_restore(struct vm *vm);
/* Move it, as DRS does; false while a task runs on it. NULL: to the next host. With
   lab->lock held. */
bool esxi_move(struct vm *vm, struct manager *to);
/* "move vc-0003 mgmt-2" */
void esxi_obey(struct lab *lab, const char *line);

/* How clients see a snapshot: its own reference, on a host N-snapshot-M. */
const char *esxi_snapshot_ref(const struct vm *vm, const char *ref, char out[64]);
/* The greeting of a host. */
void esxi_content(struct soap_call *call);
/* True, with a fault, if the host's licence does not allow changes. */
bool esxi_restricts(struct soap_call *call);
bool esxi_licences(const struct soap_object *object, struct buf *out);

#endif
