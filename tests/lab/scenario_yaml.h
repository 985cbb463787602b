/*
 * scenario_yaml.h - a YAML file as JSON that remembers its lines.
 */
#ifndef LAB_SCENARIO_YAML_H
#define LAB_SCENARIO_YAML_H

#include "lab.h"

/* Scalars are text. NULL with a sentence. */
json_t *scenario_read(const char *file, struct slipway_error *err);
/* The line of a member's key, of the mapping itself if it has no such member; 0: unknown. */
int scenario_line(const json_t *mapping, const char *key);
/* The first member whose name is in no list entry; NULL: none. */
const char *scenario_unknown(const json_t *mapping, const char *const *known);
/* A loop over real members needs to leave this one out. */
bool scenario_is_mark(const char *key);

#endif
