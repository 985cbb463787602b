/*
 * members.h - the nodes that a linked appliance tells, compared with the members that the
 * fleet file declares. Each node must be found in one member, and each member in one node.
 *
 *   one name              ─► the same          (case and a last dot say nothing)
 *   vc-1, vc-1.example    ─► the same, if no other one could be meant
 *   addresses in common   ─► the same          (asked only about what is left)
 *   else, left over: nodes only   ─► they are not declared
 *                    members only ─► nobody there knows them
 *                    both         ─► uncertain: a name for one machine, or two machines
 *
 * Nothing is guessed: what is uncertain is said, with both lists.
 */
#ifndef COMMON_MEMBERS_H
#define COMMON_MEMBERS_H

#include <jansson.h>

#include "slipway/plugin.h"

/* The addresses of a name, as texts; an empty list if nobody knows, NULL if there was no
   answer in time: then no more are asked. The caller's. */
typedef json_t *(*members_resolve_fn)(struct slipway_call *call, const char *name);
/* Takes at most half of the time that the call has left. */
json_t *members_resolve(struct slipway_call *call, const char *name);

/*
 * `declared`: `link_members` of the target document, [{name, host, pnid?}], NULL if there
 * are none; whoever has a pnid goes by that alone. `told`: names of nodes; one that cannot be
 * used makes all uncertain.
 *
 * {compared, undeclared: [node], unconfirmed: [member], uncertain: sentence or null}; the
 * caller's. Not compared and nothing uncertain: no member is declared.
 */
json_t *members_compare(struct slipway_call *call, const json_t *declared,
                        const json_t *told, members_resolve_fn resolve);

#endif
