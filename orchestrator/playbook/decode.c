/*
 * decode.c - see decode.h: mappings, their tables, and plain scalars.
 *
 * Sentences never quote a value, only keys, because a value in the wrong place may
 * be a secret.
 */
#include "playbook/decode.h"

#include <stdlib.h>
#include <string.h>

#include "playbook/to_json.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

void decode_error(const struct decoder *decoder, const struct yaml_node *node,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_addv(decoder->problems, PROBLEM_ERROR, decoder->file, node->line,
                 node->column, format, args);
    va_end(args);
}

void decode_warning(const struct decoder *decoder, const struct yaml_node *node,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_addv(decoder->problems, PROBLEM_WARNING, decoder->file, node->line,
                 node->column, format, args);
    va_end(args);
}

struct place decode_place(const struct decoder *decoder, const struct yaml_node *node)
{
    return (struct place){
        .file = xstrdup(decoder->file), .line = node->line, .column = node->column};
}

static long index_of(const struct key_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!strcmp(table->keys[i].name, key))
            return (long)i;
    }
    return -1;
}

static void unknown_key(const struct decoder *decoder, const struct yaml_node *member,
                        const struct key_table *table)
{
    const char *names[FIELDS_MAX];
    for (size_t i = 0; i < table->count; i++)
        names[i] = table->keys[i].name;
    const char *near = text_nearest(member->key, names, table->count);
    problem_add(decoder->problems, PROBLEM_ERROR, decoder->file, member->key_line,
                member->key_column, "unknown key %s%s%s%s", member->key,
                near ? " (nearest known key: " : "", near ? near : "", near ? ")" : "");
}

int fields_open(const struct decoder *decoder, const struct yaml_node *node,
                const struct key_table *table, struct fields *out)
{
    *out = (struct fields){.decoder = decoder, .table = table, .node = node};
    if (node->kind != YAML_MAPPING) {
        if (node->kind != YAML_BAD)
            decode_error(decoder, node, "%s must be a mapping, not %s", table->name,
                         yaml_kind_name(node));
        return -1;
    }
    for (const struct yaml_node *at = node->first; at; at = at->next) {
        long index = index_of(table, at->key);
        if (index < 0)
            unknown_key(decoder, at, table);
        else
            out->values[index] = at;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (table->keys[i].required && !out->values[i])
            decode_error(decoder, node, "%s lacks the key %s", table->name,
                         table->keys[i].name);
    }
    return 0;
}

/* A key that the table does not have is a mistake of ours, not of the file. */
const struct yaml_node *field_node(const struct fields *fields, const char *key)
{
    long index = index_of(fields->table, key);
    if (index < 0)
        abort();
    const struct yaml_node *node = fields->values[index];
    return node && node->kind != YAML_BAD ? node : NULL;
}

const char *decode_text(const struct decoder *decoder, const struct yaml_node *node,
                        const char *key)
{
    if (node->kind == YAML_BAD)
        return NULL;
    if (node->kind != YAML_SCALAR ||
        (!node->quoted && (!strcmp(node->text, "null") || !strcmp(node->text, "~"))))
        decode_error(decoder, node, "%s must be text, not %s", key, yaml_kind_name(node));
    else if (!*node->text)
        decode_error(decoder, node, "%s has no value", key);
    else if (strlen(node->text) > TEXT_MAX)
        decode_error(decoder, node, "%s is longer than 4096 bytes", key);
    else
        return node->text;
    return NULL;
}

char *field_text(const struct fields *fields, const char *key)
{
    const struct yaml_node *node = field_node(fields, key);
    const char *text = node ? decode_text(fields->decoder, node, key) : NULL;
    return xstrdup_null(text);
}

bool field_integer(const struct fields *fields, const char *key, int64_t low,
                   int64_t high, int64_t *out)
{
    const struct yaml_node *node = field_node(fields, key);
    int64_t value;
    if (!node)
        return false;
    if (!yaml_integer(node, &value))
        decode_error(fields->decoder, node, "%s must be an integer, not %s%s", key,
                     yaml_kind_name(node),
                     node->kind == YAML_SCALAR && node->quoted ? " in quotes" : "");
    else if (value < low || value > high)
        decode_error(fields->decoder, node, "%s must be from %lld to %lld", key,
                     (long long)low, (long long)high);
    else
        return *out = value, true;
    return false;
}

bool field_boolean(const struct fields *fields, const char *key, bool *out)
{
    const struct yaml_node *node = field_node(fields, key);
    if (!node)
        return false;
    if (node->kind == YAML_SCALAR && !node->quoted) {
        bool yes = !strcmp(node->text, "true");
        if (yes || !strcmp(node->text, "false"))
            return *out = yes, true;
    }
    decode_error(fields->decoder, node, "%s must be true or false", key);
    return false;
}

static void bad_duration(const struct fields *fields, const struct yaml_node *node,
                         const char *key)
{
    int64_t number;
    if (yaml_integer(node, &number) && number >= 0)
        decode_error(fields->decoder, node, "%s: unit missing: write %llds", key,
                     (long long)number);
    else if (node->kind == YAML_SCALAR && duration_is_over(node->text))
        decode_error(fields->decoder, node, "%s " DURATION_IS_OVER, key);
    else
        decode_error(fields->decoder, node,
                     "%s must be a duration with units, such as 90s or 1h30m", key);
}

bool field_duration(const struct fields *fields, const char *key, int64_t low_ms,
                    int64_t high_ms, int64_t *out_ms)
{
    const struct yaml_node *node = field_node(fields, key);
    char low[32], high[32];
    int64_t value;
    if (!node)
        return false;
    if (node->kind != YAML_SCALAR || duration_parse(node->text, &value) != 0)
        bad_duration(fields, node, key);
    else if (value < low_ms || value > high_ms)
        decode_error(fields->decoder, node, "%s must be from %s to %s", key,
                     duration_format(low_ms, low, sizeof low),
                     duration_format(high_ms, high, sizeof high));
    else
        return *out_ms = value, true;
    return false;
}

bool field_choice(const struct fields *fields, const char *key,
                  const struct choice *choice, int *out)
{
    const struct yaml_node *node = field_node(fields, key);
    const char *text = node ? decode_text(fields->decoder, node, key) : NULL;
    if (!text)
        return false;
    int value = choice->from(text);
    if (value >= 0)
        return *out = value, true;
    auto_buf struct buf names = {0};
    for (size_t i = 0; i < choice->count; i++)
        buf_addf(&names, "%s%s",
                 !i                      ? ""
                 : i + 1 < choice->count ? ", "
                                         : " or ",
                 choice->names[i]);
    decode_error(fields->decoder, node, "%s must be %s", key, buf_text(&names));
    return false;
}
