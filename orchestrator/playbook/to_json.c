/*
 * to_json.c - see to_json.h. Depth is limited by the reader, so recursion is safe;
 * texts are UTF-8 without NUL, so building cannot fail.
 */
#include "playbook/to_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_null(const struct yaml_node *node)
{
    return !node->quoted &&
           (!*node->text || !strcmp(node->text, "null") || !strcmp(node->text, "~"));
}

static bool is_word(const struct yaml_node *node, const char *word)
{
    return !node->quoted && !strcmp(node->text, word);
}

bool yaml_integer(const struct yaml_node *node, int64_t *out)
{
    if (node->kind != YAML_SCALAR || node->quoted)
        return false;
    const char *digits = node->text + (*node->text == '-');
    size_t length = strspn(digits, "0123456789");
    if (!length || digits[length] || (digits[0] == '0' && length > 1))
        return false;
    errno = 0;
    long long value = strtoll(node->text, NULL, 10);
    if (errno)
        return false;
    *out = value;
    return true;
}

static json_t *scalar(const struct yaml_node *node)
{
    int64_t integer;
    if (is_null(node))
        return json_null();
    if (is_word(node, "true"))
        return json_true();
    if (is_word(node, "false"))
        return json_false();
    if (yaml_integer(node, &integer))
        return json_integer(integer);
    return json_string_nocheck(node->text);
}

json_t *yaml_to_json(const struct yaml_node *node)
{
    json_t *json;
    switch (node->kind) {
    case YAML_MAPPING:
        json = json_object();
        for (const struct yaml_node *at = node->first; at; at = at->next)
            (void)json_object_set_new_nocheck(json, at->key, yaml_to_json(at));
        return json;
    case YAML_SEQUENCE:
        json = json_array();
        for (const struct yaml_node *at = node->first; at; at = at->next)
            (void)json_array_append_new(json, yaml_to_json(at));
        return json;
    case YAML_SCALAR:
        return scalar(node);
    case YAML_BAD:
        break;
    }
    return json_null();
}

const char *yaml_kind_name(const struct yaml_node *node)
{
    int64_t integer;
    if (node->kind == YAML_MAPPING)
        return "a mapping";
    if (node->kind == YAML_SEQUENCE)
        return "a list";
    if (is_null(node))
        return "nothing";
    if (is_word(node, "true") || is_word(node, "false"))
        return "a boolean";
    return yaml_integer(node, &integer) ? "a number" : "text";
}
