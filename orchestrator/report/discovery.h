/*
 * discovery.h - entries for a fleet file, as YAML that can be read back and as JSON.
 */
#ifndef REPORT_DISCOVERY_H
#define REPORT_DISCOVERY_H

#include "model/fleet.h"
#include "util/buf.h"

/* `appliances:` with one entry each, without access (that comes from `defaults`). */
void discovery_yaml(const struct fleet *proposals, struct buf *out);
/* [{name, host, kind, site, link_group, labels, vm: {manager, instance_uuid}}] The
   caller's. */
json_t *discovery_json(const struct fleet *proposals);

#endif
