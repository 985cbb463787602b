/*
 * scenario_yaml.c - YAML to JSON: scalars stay text, and every mapping has a hidden member
 * with the lines of its keys, so that whoever finds a mistake can say where it is.
 *
 * Failure: no YAML, keys that are no scalars, a key twice, or too deep.
 */
#include <string.h>

#include <libfyaml.h>

#include "scenario_yaml.h"

#define DEPTH_MAX 8
#define LINES     " lines" /* no plain YAML key begins with a space */
#define SELF      " self"

static void auto_document_fn(struct fy_document **document)
{
    fy_document_destroy(*document);
}
#define auto_document __attribute__((cleanup(auto_document_fn)))

static int line_of(struct fy_node *node)
{
    struct fy_token *token =
        fy_node_is_scalar(node) ? fy_node_get_scalar_token(node) : NULL;
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    return mark ? mark->line + 1 : 0;
}

static json_t *to_json(struct fy_node *node, int depth);

/* NULL: not a plain key, or there already. */
static char *take_key(struct fy_node *node, json_t *object, json_t *lines)
{
    size_t length = 0;
    const char *text = fy_node_get_scalar(node, &length);
    char *key = text ? xstrndup(text, length) : NULL;
    if (!key || key[0] == ' ' || json_object_get(object, key)) {
        free(key);
        return NULL;
    }
    json_object_set_new(lines, key, json_integer(line_of(node)));
    if (!json_object_get(lines, SELF))
        json_object_set_new(lines, SELF, json_integer(line_of(node)));
    return key;
}

static json_t *mapping_to_json(struct fy_node *node, int depth)
{
    auto_json json_t *object = json_object();
    auto_json json_t *lines = json_object();
    void *iterator = NULL;
    struct fy_node_pair *pair;
    while ((pair = fy_node_mapping_iterate(node, &iterator))) {
        auto_free char *key = take_key(fy_node_pair_key(pair), object, lines);
        json_t *value = key ? to_json(fy_node_pair_value(pair), depth + 1) : NULL;
        if (!value)
            return NULL;
        json_object_set_new(object, key, value);
    }
    json_object_set(object, LINES, lines);
    return steal_ptr(&object);
}

static json_t *to_json(struct fy_node *node, int depth)
{
    if (depth > DEPTH_MAX)
        return NULL;
    if (!node)
        return json_string("");
    if (fy_node_is_mapping(node))
        return mapping_to_json(node, depth);
    if (fy_node_is_scalar(node)) {
        size_t length = 0;
        const char *text = fy_node_get_scalar(node, &length);
        return json_safe_string(text ? text : "", text ? length : 0);
    }
    auto_json json_t *list = json_array();
    void *iterator = NULL;
    struct fy_node *item;
    while ((item = fy_node_sequence_iterate(node, &iterator))) {
        json_t *value = to_json(item, depth + 1);
        if (!value)
            return NULL;
        json_array_append_new(list, value);
    }
    return steal_ptr(&list);
}

json_t *scenario_read(const char *file, struct slipway_error *err)
{
    struct fy_parse_cfg config = {.flags = FYPCF_DEFAULT_DOC};
    auto_document struct fy_document *document =
        fy_document_build_from_file(&config, file);
    json_t *json = document ? to_json(fy_document_root(document), 0) : NULL;
    if (!json)
        slipway_error_set(
            err, -1,
            "%s: not readable as a scenario: it must be YAML with plain keys, each "
            "once",
            file);
    return json;
}

int scenario_line(const json_t *mapping, const char *key)
{
    const json_t *lines = json_object_get(mapping, LINES);
    return (int)json_number(lines, key, json_number(lines, SELF, 0));
}

bool scenario_is_mark(const char *key)
{
    return key[0] == ' ';
}

const char *scenario_unknown(const json_t *mapping, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)mapping, key, value)
    {
        const char *const *name = known;
        while (*name && strcmp(*name, key) != 0)
            name++;
        if (!*name && !scenario_is_mark(key))
            return key;
    }
    return NULL;
}
