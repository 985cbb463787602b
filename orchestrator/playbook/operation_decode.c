/*
 * operation_decode.c - what steps, health checks and version reads have in common:
 * one use of an operation.
 *
 * The arguments go to the catalogue, which knows the plugins, and come back in normal
 * form. Files that they name belong to the playbook and enter its digest, so that an
 * edited script is a changed playbook. Expressions are compiled, not evaluated.
 */
#include <stdlib.h>
#include <string.h>

#include "model/render.h"
#include "playbook/checks.h"
#include "playbook/paths.h"
#include "playbook/playbook_reader.h"
#include "playbook/tables.h"
#include "util/auto.h"
#include "util/fingerprint.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/xalloc.h"

static const char *const columns[] = {"result", "vars", "target", "steps"};

/* The expression, compiled once; NULL if absent or wrong. The caller's. */
static char *decode_sql(struct playbook_reader *reader, const struct fields *fields,
                        const char *key)
{
    struct slipway_error err;
    auto_free char *sql = field_text(fields, key);
    if (!sql)
        return NULL;
    if (expr_check(reader->engine, sql, columns, ARRAY_LENGTH(columns), &err) != 0) {
        decode_error(&reader->decoder, field_node(fields, key), "%s: %s", key, err.text);
        return NULL;
    }
    return steal_ptr(&sql);
}

static void digest_file(struct playbook_reader *reader, const char *path, json_t *files)
{
    char fingerprint[FINGERPRINT_SIZE], digest[SHA256_HEX];
    fingerprint_file(path, fingerprint);
    sha256_chain(reader->digest, fingerprint, strlen(fingerprint), digest);
    memcpy(reader->digest, digest, SHA256_HEX);
    (void)json_object_set_new(files, path, json_string(fingerprint));
}

/* Without the plugins' word: what the catalogue made absolute, or what lies below the
   playbook's folder. */
static bool looks_like_ours(const struct playbook_reader *reader, const char *normal)
{
    size_t length = strlen(reader->decoder.base_dir);
    return !strncmp(normal, reader->decoder.base_dir, length) && normal[length] == '/';
}

static bool is_ours(const struct playbook_reader *reader, const char *use,
                    const char *name, const char *normal)
{
    const struct operation_catalogue *catalogue = reader->catalogue;
    return catalogue->is_file ? catalogue->is_file(catalogue->data, use, name)
                              : looks_like_ours(reader, normal);
}

/* A file of ours must be there. */
static void take_file(struct playbook_reader *reader, const struct yaml_node *node,
                      const char *name, const char *raw, const char *normal,
                      json_t *files)
{
    if (strstr(normal, "${"))
        return;
    if (path_is_file(normal))
        digest_file(reader, normal, files);
    else if (reader->catalogue->is_file || !raw || strcmp(raw, normal) != 0)
        decode_error(&reader->decoder, node, "%s: no such file: %s", name, normal);
}

/* Their fingerprints as JSON, NULL without files; the caller's. */
static char *take_files(struct playbook_reader *reader, const struct yaml_node *node,
                        const char *use, const char *raw_json, const char *normal_json)
{
    auto_json json_t *files = json_object();
    auto_json json_t *raw = json_parse(raw_json, strlen(raw_json), JSON_BYTES_MAX, NULL);
    auto_json json_t *normal =
        json_parse(normal_json, strlen(normal_json), JSON_BYTES_MAX, NULL);
    const char *name;
    json_t *value;
    json_object_foreach(normal, name, value)
    {
        const char *text = json_string_value(value);
        if (text && is_ours(reader, use, name, text))
            take_file(reader, node, name, json_text(raw, name), text, files);
    }
    return json_object_size(files) ? json_canonical(files) : NULL;
}

/* The step's own word on its class; NULL if it has none or a wrong one. */
static char *decode_class(struct playbook_reader *reader, const struct fields *fields)
{
    auto_free char *text = field_text(fields, "class");
    if (text && repeat_from(text) < 0) {
        decode_error(&reader->decoder, field_node(fields, "class"),
                     "class must be read, idempotent, reconcilable or opaque");
        return NULL;
    }
    return steal_ptr(&text);
}

/* Ask the catalogue; fills use, with, class. */
static int take_arguments(struct playbook_reader *reader, const struct fields *fields,
                          struct operation *out, char **needs)
{
    const struct operation_catalogue *catalogue = reader->catalogue;
    struct slipway_error err;
    auto_json json_t *with = field_document(fields, "with");
    auto_free char *raw = with ? json_canonical(with) : xstrdup("{}");
    auto_free char *declared = decode_class(reader, fields);
    const char *needed = NULL;
    char *normal = NULL;
    out->use = field_text(fields, "use");
    if (!out->use)
        return -1;
    if (catalogue->check(catalogue->data, out->use, raw, reader->decoder.base_dir,
                         declared, &normal, &out->repeat, &needed, &err) != 0) {
        const struct yaml_node *node = field_node(fields, "with");
        decode_error(&reader->decoder, node ? node : field_node(fields, "use"), "%s: %s",
                     out->use, err.text);
        /* as a read it stays there for the other rules, and breaks none of them */
        out->repeat = SLIPWAY_READ;
        out->with = steal_ptr(&raw);
        return 0;
    }
    out->with = normal;
    *needs = xstrdup_null(needed);
    out->files = take_files(reader, field_node(fields, "use"), out->use, raw, normal);
    return 0;
}

static char *decode_id(struct playbook_reader *reader, const struct fields *fields,
                       const char *fallback)
{
    auto_free char *id = field_text(fields, "id");
    const struct yaml_node *node = field_node(fields, "id");
    if (!id && !(id = xstrdup_null(fallback)))
        return NULL;
    if (!check_word(id)) {
        decode_error(&reader->decoder, node,
                     "id must be made of letters, digits, _ and -, at most 64");
        return NULL;
    }
    size_t before = reader->ids.count;
    if (map_intern(&reader->ids, id) < before) {
        decode_error(&reader->decoder, node ? node : fields->node,
                     "id %s is used twice in this playbook", id);
        return NULL;
    }
    return steal_ptr(&id);
}

static bool has_key(const struct fields *fields, const char *key)
{
    for (size_t i = 0; i < fields->table->count; i++) {
        if (!strcmp(fields->table->keys[i].name, key))
            return true;
    }
    return false;
}

bool operation_decode(struct playbook_reader *reader, const struct fields *fields,
                      const char *id, int64_t timeout_ms, struct operation *out)
{
    struct operation op = {.timeout_ms = timeout_ms};
    auto_free char *needs = NULL;
    op.id = decode_id(reader, fields, id);
    bool good = take_arguments(reader, fields, &op, &needs) == 0 && op.id;
    if (has_key(fields, "expect"))
        op.expect = decode_sql(reader, fields, "expect");
    if (has_key(fields, "value"))
        op.value = decode_sql(reader, fields, "value");
    (void)field_duration(fields, "timeout", TIMEOUT_MIN_MS, TIMEOUT_MAX_MS,
                         &op.timeout_ms);
    if (good) {
        struct playbook_notes *notes = &reader->notes;
        *vec_push(notes->items, notes->count, notes->room) = (struct operation_note){
            .id = xstrdup(op.id),
            .needs = steal_ptr(&needs),
            .place = decode_place(&reader->decoder, fields->node)};
        *out = op;
        return true;
    }
    char *texts[] = {op.id, op.use, op.with, op.expect, op.value, op.files};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    return false;
}
