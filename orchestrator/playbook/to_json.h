/*
 * to_json.h - free-form parts of a file (`vars:`, `with:`) as JSON.
 *
 * A scalar without quotes that reads as an integer, true, false or null (or nothing
 * at all) has that type; everything else is text. So 8.0.3 and 010 and yes are
 * texts, and "5" is a text too.
 */
#ifndef PLAYBOOK_TO_JSON_H
#define PLAYBOOK_TO_JSON_H

#include <jansson.h>

#include "playbook/yaml.h"

/* The caller's. YAML_BAD becomes null. */
json_t *yaml_to_json(const struct yaml_node *node);

/* True if the text, unquoted, reads as an integer that fits; *out is set then. */
bool yaml_integer(const struct yaml_node *node, int64_t *out);

/* "a list", "a mapping", "a boolean", "nothing", ...: what a node is, for sentences. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
