/*
 * appliance.h - is a virtual machine an appliance that slipway may upgrade, and what do
 * its notes say about it?
 */
#ifndef VSPHERE_APPLIANCE_H
#define VSPHERE_APPLIANCE_H

#include <jansson.h>

/* "vcsa", "nsx-t", "nsx-v", or NULL: by the vApp's product, else by the notes that the
   product's OVA leaves together with a guest that is Linux. Any may be NULL. Static. */
const char *vsphere_appliance_kind(const char *product, const char *notes,
                                   const char *guest);

/*
 * What people wrote for slipway into the notes: lines "slipway: KEY=VALUE KEY=VALUE ...",
 * also with commas between. An object of texts; NULL if there is no such line. "ignore"
 * as a word of its own is {"ignore":"true"}. The caller's.
 */
json_t *vsphere_appliance_tags(const char *notes);

#endif
