/*
 * appliance.h - one appliance of a fleet file: its parts, and the canonical target
 * document that plugins get. Internal to playbook/.
 */
#ifndef PLAYBOOK_APPLIANCE_H
#define PLAYBOOK_APPLIANCE_H

#include "model/fleet.h"
#include "playbook/decode.h"
#include "util/map.h"
#include "util/text.h"

/* The managers of the fleet by name. */
struct manager_index {
    const struct fleet *fleet;
    struct map names;
};

/* The parts that are written, as one JSON object with absolute paths; `own` is the
   appliance's table or that of `defaults`. The caller's. */
json_t *appliance_parts(const struct fields *own, bool is_defaults);

/* The parts over the defaults: mappings member by member; a secret, tls and session
   as a whole, because their members are alternatives. The caller's. */
json_t *appliance_merge(json_t *defaults, json_t *own);

/* Fill one appliance from its node. -1 if it has no usable name or host. */
int appliance_decode(const struct decoder *decoder, const struct yaml_node *node,
                     json_t *defaults, const struct manager_index *managers,
                     struct appliance *out);

/* {"pin"} or {"ca"}, {"user","password"}: also a manager's. NULL after a problem. */
json_t *tls_decode(const struct fields *owner);
json_t *login_decode(const struct fields *owner);

#endif
