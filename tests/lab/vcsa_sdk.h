/*
 * vcsa_sdk.h - a vCenter's own vpxd, at /sdk on port 443: what it manages, who is registered
 * with it, and its licences. Between the vcsa_sdk_*.c.
 *
 * Its inventory follows from the appliance's name and faults; its licences are in vcsa.json,
 * so they go back with a snapshot.
 */
#ifndef LAB_VCSA_SDK_H
#define LAB_VCSA_SDK_H

#include "soap.h"
#include "vcsa.h"

#define SDK_HOSTS      3
#define SDK_VMS        12
#define SDK_DATASTORES 2

/* ---- vcsa_sdk.c ---- */
/* NULL if vpxd has no such method. */
soap_method vcsa_sdk_method(const char *name, bool *needs_session);
/* "4237bbbb-..."; of this vCenter. */
const char *vcsa_sdk_uuid(const struct appliance *appliance, char out[40]);
/* Was it patched or upgraded since the lab began? */
bool vcsa_sdk_changed(const struct appliance *appliance);

/* ---- vcsa_sdk_props.c ---- */
void vcsa_sdk_retrieve(struct soap_call *call);
void vcsa_sdk_continue(struct soap_call *call);

/* ---- vcsa_sdk_license.c ---- */
void vcsa_sdk_add_license(struct soap_call *call);
void vcsa_sdk_decode_license(struct soap_call *call);
void vcsa_sdk_query_assigned(struct soap_call *call);
void vcsa_sdk_update_assigned(struct soap_call *call);
int vcsa_sdk_host_major(const struct appliance *appliance);
/* The new appliance of a major upgrade has the old one's keys and hosts. */
void vcsa_sdk_take_licenses(struct appliance *to, const struct appliance *from);
/* <val> of LicenseManager.licenses. */
void vcsa_sdk_licenses(const struct appliance *appliance, struct buf *out);

#endif
