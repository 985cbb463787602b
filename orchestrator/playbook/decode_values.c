/*
 * decode_values.c - see decode.h: amounts, byte counts, lists, paths, documents and
 * secret references.
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/decode.h"
#include "playbook/paths.h"
#include "playbook/tables.h"
#include "playbook/to_json.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

#define AMOUNT_MAX 1000000

/* "25%" to 25; -1 if it is something else. */
static int percent_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (!digits || digits > 3 || strcmp(text + digits, "%") != 0)
        return -1;
    long value = strtol(text, NULL, 10);
    return value <= 100 ? (int)value : -1;
}

bool field_amount(const struct fields *fields, const char *key, bool allow_rest,
                  struct amount *out)
{
    const struct yaml_node *node = field_node(fields, key);
    int64_t count;
    if (!node)
        return false;
    if (yaml_integer(node, &count) && count >= allow_rest && count <= AMOUNT_MAX)
        return *out = (struct amount){SIZE_COUNT, (int)count}, true;
    if (node->kind == YAML_SCALAR && allow_rest && !strcmp(node->text, "rest"))
        return *out = (struct amount){SIZE_REST, 0}, true;
    int percent = node->kind == YAML_SCALAR ? percent_of(node->text) : -1;
    if (percent >= 0 && !node->quoted)
        decode_error(fields->decoder, node, "%s: quote the percentage: \"%d%%\"", key,
                     percent);
    else if (percent >= (allow_rest ? 1 : 0))
        return *out = (struct amount){SIZE_PERCENT, percent}, true;
    else
        decode_error(fields->decoder, node,
                     "%s must be a count of %d or more%s a share such as \"10%%\"%s", key,
                     allow_rest, allow_rest ? "," : " or", allow_rest ? " or rest" : "");
    return false;
}

/* Index of the unit among "", KiB, MiB, ...: the power of 1024; -1 if unknown. */
static int unit_power(const char *unit)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
        if (!strcmp(units[i], unit))
            return (int)i;
    }
    return -1;
}

bool field_bytes(const struct fields *fields, const char *key, int64_t *out)
{
    const struct yaml_node *node = field_node(fields, key);
    if (!node)
        return false;
    if (node->kind == YAML_SCALAR) {
        size_t digits = strspn(node->text, "0123456789");
        size_t spaces = strspn(node->text + digits, " ");
        int power = unit_power(node->text + digits + spaces);
        int64_t number = digits && digits <= 15 ? strtoll(node->text, NULL, 10) : -1;
        if (number >= 0 && power >= 0 && number <= (INT64_C(1) << 50) >> (10 * power))
            return *out = number << (10 * power), true;
    }
    decode_error(fields->decoder, node,
                 "%s must be a count of bytes or a size such as 10GiB (KiB, MiB, GiB, "
                 "TiB), at most 1024TiB",
                 key);
    return false;
}

const struct yaml_node *field_mapping(const struct fields *fields, const char *key)
{
    const struct yaml_node *node = field_node(fields, key);
    if (node && node->kind != YAML_MAPPING) {
        decode_error(fields->decoder, node, "%s must be a mapping, not %s", key,
                     yaml_kind_name(node));
        return NULL;
    }
    return node;
}

const struct yaml_node *field_list(const struct fields *fields, const char *key,
                                   size_t max)
{
    const struct yaml_node *node = field_node(fields, key);
    if (!node)
        return NULL;
    if (node->kind != YAML_SEQUENCE) {
        decode_error(fields->decoder, node, "%s must be a list, not %s", key,
                     yaml_kind_name(node));
        return NULL;
    }
    if (node->count > max) {
        decode_error(fields->decoder, node, "%s has %zu items, more than %zu", key,
                     node->count, max);
        return NULL;
    }
    return node;
}

bool field_texts(const struct fields *fields, const char *key, size_t max, char ***out,
                 size_t *count)
{
    const struct yaml_node *list = field_list(fields, key, max);
    if (!list)
        return false;
    auto_map struct map seen = {0};
    char **texts = xcalloc(list->count + 1, sizeof *texts);
    size_t taken = 0;
    for (const struct yaml_node *at = list->first; at; at = at->next) {
        const char *text = decode_text(fields->decoder, at, key);
        if (!text)
            continue;
        size_t before = seen.count;
        if (map_intern(&seen, text) < before)
            decode_error(fields->decoder, at, "%s names %s twice", key, text);
        else
            texts[taken++] = xstrdup(text);
    }
    *out = texts;
    *count = taken;
    return true;
}

char *field_path(const struct fields *fields, const char *key)
{
    auto_free char *path = field_text(fields, key);
    return path ? path_absolute(fields->decoder->base_dir, path) : NULL;
}

json_t *field_document(const struct fields *fields, const char *key)
{
    const struct yaml_node *node = field_mapping(fields, key);
    if (!node)
        return NULL;
    auto_json json_t *json = yaml_to_json(node);
    auto_free char *text = json_canonical(json);
    if (strlen(text) > DOCUMENT_MAX) {
        decode_error(fields->decoder, node, "%s is larger than 64 KiB", key);
        return NULL;
    }
    return steal_ptr(&json);
}

/* ---- secret references ---- */

static json_t *not_a_reference(const struct decoder *decoder,
                               const struct yaml_node *node, const char *key)
{
    decode_error(decoder, node,
                 "%s: secrets are references: write {file: PATH}, {cmd: [PROGRAM, ...]} "
                 "or {credential: NAME}, never the secret itself",
                 key);
    return NULL;
}

static json_t *texts_json(char **texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_string(texts[i]));
        free(texts[i]);
    }
    free(texts);
    return list;
}

/* A program and its arguments; an argument may occur twice. */
static json_t *command_json(const struct fields *fields)
{
    const struct yaml_node *list = field_list(fields, "cmd", 64);
    if (!list)
        return NULL;
    char **texts = xcalloc(list->count + 1, sizeof *texts);
    size_t count = 0;
    for (const struct yaml_node *at = list->first; at; at = at->next) {
        const char *text = decode_text(fields->decoder, at, "cmd");
        if (text)
            texts[count++] = xstrdup(text);
    }
    if (!list->count)
        decode_error(fields->decoder, list, "cmd must name a program");
    return texts_json(texts, count);
}

static json_t *reference(const struct fields *fields)
{
    auto_free char *file = field_path(fields, "file");
    auto_free char *credential = field_text(fields, "credential");
    if (file)
        return json_pack("{s:s}", "file", file);
    if (credential && strspn(credential, NAME_CHARACTERS) == strlen(credential))
        return json_pack("{s:s}", "credential", credential);
    if (credential)
        decode_error(fields->decoder, field_node(fields, "credential"),
                     "credential must be a name of letters, digits, . _ and -");
    json_t *command = command_json(fields);
    return command ? json_pack("{s:o}", "cmd", command) : NULL;
}

json_t *field_secret(const struct fields *fields, const char *key, bool allow_agent)
{
    const struct yaml_node *node = field_node(fields, key);
    struct fields members;
    if (!node)
        return NULL;
    if (node->kind == YAML_SCALAR && !strcmp(node->text, "agent")) {
        if (allow_agent)
            return json_string("agent");
        decode_error(fields->decoder, node, "%s: an agent holds keys, not passwords",
                     key);
        return NULL;
    }
    if (node->kind != YAML_MAPPING)
        return not_a_reference(fields->decoder, node, key);
    size_t before = fields->decoder->problems->errors;
    if (fields_open(fields->decoder, node, &table_secret, &members) != 0 ||
        fields->decoder->problems->errors != before)
        return NULL;
    if (node->count != 1)
        return not_a_reference(fields->decoder, node, key);
    return reference(&members);
}
