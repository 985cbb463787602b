/*
 * license_decode.h - `license_pools` of a fleet file.
 */
#ifndef PLAYBOOK_LICENSE_DECODE_H
#define PLAYBOOK_LICENSE_DECODE_H

#include "playbook/decode.h"

void license_pools_decode(const struct fields *fleet_fields, struct fleet *fleet);

#endif
