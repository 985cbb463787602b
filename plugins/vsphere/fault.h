/*
 * fault.h - what a manager means when it says no.
 *
 * A SOAP fault is the server's own word that a request had no (further) effect.
 * The dozens of vim25 fault types come down to the few kinds on which slipway
 * decides differently.
 */
#ifndef VSPHERE_FAULT_H
#define VSPHERE_FAULT_H

#include "common/xml.h"
#include "slipway/plugin.h"

enum vsphere_fault_kind {
    VSPHERE_FAULT_OTHER,       /* failed; nothing more is known            */
    VSPHERE_FAULT_SESSION,     /* not logged in (any more): log in again   */
    VSPHERE_FAULT_BUSY,        /* trying later can help                    */
    VSPHERE_FAULT_LOGIN,       /* credential refused: never repeat it      */
    VSPHERE_FAULT_FORBIDDEN,   /* privilege or licence is missing          */
    VSPHERE_FAULT_UNSUPPORTED, /* this server does not have that method    */
    VSPHERE_FAULT_REQUEST,     /* our request is wrong for this server     */
    VSPHERE_FAULT_GONE,        /* the object does not exist (any more)     */
    VSPHERE_FAULT_STATE,       /* not possible in the present state        */
    VSPHERE_FAULT_CAPACITY,    /* disk, memory or snapshot levels used up  */
    VSPHERE_FAULT_TOOLS,       /* VMware Tools do not run in the guest     */
};

#define VSPHERE_REF_MAX 256 /* bytes of a managed object reference, with NUL */

struct vsphere_fault {
    enum vsphere_fault_kind kind;
    char type[64];                /* "TaskInProgress"; clean */
    char text[400];               /* for a sentence; clean   */
    char object[VSPHERE_REF_MAX]; /* the task or object it names, "" if none */
};

/*
 * Decode `fault`, an element whose xsi:type (or else its name) is the fault's
 * type and whose children are its fields. `message` is the server's own text;
 * NULL or "" if it gave none.
 */
void vsphere_fault_decode(const struct xml_node *fault, const char *message,
                          struct vsphere_fault *out);

/* What a start comes to when the server answers with this fault. */
enum slipway_outcome vsphere_fault_outcome(const struct vsphere_fault *fault);

/* Printable ASCII without blanks, quotes or markup, and short. */
bool vsphere_ref_valid(const char *ref);

#endif
