/*
 * schema.h - a JSON Schema of docs/schema against the tables that decoders use, so that an
 * editor never completes what lint refuses. Header-only.
 */
#ifndef TEST_PLAYBOOK_SCHEMA_H
#define TEST_PLAYBOOK_SCHEMA_H

#include "support.h"

#include "playbook/tables.h"
#include "util/file.h"

static inline json_t *read_schema(const char *file)
{
    auto_free char *path = xasprintf("docs/schema/%s.schema.json", file);
    auto_buf struct buf bytes = {0};
    struct slipway_error err;
    if (file_read(path, 1u << 20, &bytes, &err) != 0)
        fail_msg("%s: %s", path, err.text);
    json_t *schema = json_parse(buf_text(&bytes), bytes.length, 1u << 20, &err);
    if (!schema)
        fail_msg("%s: %s", path, err.text);
    return schema;
}

static inline bool requires(const json_t *definition, const char *key)
{
    const json_t *list = json_object_get(definition, "required");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!strcmp(json_string_value(json_array_get(list, i)), key))
            return true;
    }
    return false;
}

/* What a property may be, following one $ref into the definitions. */
static inline bool is_of_type(const json_t *schema, const json_t *property,
                              const char *type)
{
    const char *reference = json_text(property, "$ref");
    if (reference && !strncmp(reference, "#/$defs/", 8))
        property = json_object_get(json_object_get(schema, "$defs"), reference + 8);
    const json_t *types = json_object_get(property, "type");
    if (json_is_string(types))
        return !strcmp(json_string_value(types), type);
    for (size_t i = 0; i < json_array_size(types); i++) {
        if (!strcmp(json_string_value(json_array_get(types, i)), type))
            return true;
    }
    return json_object_get(property, "anyOf") || json_object_get(property, "enum");
}

static inline const char *type_in_schema(enum key_type type)
{
    switch (type) {
    case KEY_INTEGER:
        return "integer";
    case KEY_BOOLEAN:
        return "boolean";
    case KEY_LIST:
        return "array";
    case KEY_MAPPING:
    case KEY_SECRET:
        return "object";
    default:
        return "string";
    }
}

static inline void compare_key(const json_t *schema, const json_t *definition,
                               const struct key_table *table, const struct key *key)
{
    const json_t *property =
        json_object_get(json_object_get(definition, "properties"), key->name);
    if (!property)
        fail_msg("%s: the schema lacks the key %s", table->name, key->name);
    if (!json_text(property, "description"))
        fail_msg("%s: the schema does not describe %s", table->name, key->name);
    if (requires(definition, key->name) != key->required)
        fail_msg("%s: decoder and schema disagree whether %s is required", table->name,
                 key->name);
    if (!is_of_type(schema, property, type_in_schema(key->type)))
        fail_msg("%s: decoder and schema disagree on the type of %s", table->name,
                 key->name);
}

static inline void compare_table(const json_t *schema, const json_t *definition,
                                 const struct key_table *table)
{
    const json_t *properties = json_object_get(definition, "properties");
    if (!properties)
        fail_msg("the schema does not define %s", table->name);
    assert_true(json_is_false(json_object_get(definition, "additionalProperties")));
    for (size_t i = 0; i < table->count; i++)
        compare_key(schema, definition, table, &table->keys[i]);
    if (json_object_size(properties) != table->count)
        fail_msg("%s: the schema has %zu keys, the decoder %zu", table->name,
                 json_object_size(properties), table->count);
}

/* Every definition with properties has a table: none is left over in the schema. */
static inline size_t definitions_with_keys(const json_t *schema)
{
    size_t count = 1; /* the file itself */
    const char *name;
    json_t *definition;
    json_object_foreach(json_object_get(schema, "$defs"), name, definition) count +=
        json_object_get(definition, "properties") != NULL;
    return count;
}

/* Every table is a definition of the schema, with the same keys, and none is left over. */
static inline void schema_and_tables_agree(const char *file,
                                           const struct key_table *const *tables,
                                           size_t count)
{
    auto_json json_t *schema = read_schema(file);
    assert_non_null(tables);
    assert_string_equal(json_text(schema, "$schema"),
                        "https://json-schema.org/draft/2020-12/schema");
    compare_table(schema, schema, tables[0]);
    for (size_t j = 1; j < count; j++)
        compare_table(schema,
                      json_object_get(json_object_get(schema, "$defs"), tables[j]->name),
                      tables[j]);
    assert_int_equal(definitions_with_keys(schema), count);
}

#endif
