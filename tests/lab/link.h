/*
 * link.h - groups of linked vCenters, for the files that make, start and ask them.
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include "rest_parts.h"

/* Members are the first vCenters, one group after the other: lab->link_size, link_count. */
void link_create(struct lab *lab);
void link_make_disk(struct appliance *appliance);
/* Begin to exchange. */
void link_start(struct lab *lab);
/* The guest runs: after a boot, or (not booted) where a memory or the lab went on. */
void link_woke(struct appliance *appliance, bool booted);
/* Somebody put this member back without the others: it forgets its last changes. */
void link_revert_alone(struct appliance *appliance);

/* Name of its group, NULL: it is alone. */
const char *link_name(const struct appliance *appliance);
/* {"sso-01": ["vc-0001", ...]}, or null if there is none. */
json_t *link_groups(const struct lab *lab);

/* Answers of a member. */
void link_send_nodes(struct rest_call *call);
void link_send_replication(struct rest_call *call);

#endif
