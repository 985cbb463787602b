/*
 * decode.h - mappings of a file against a table of keys.
 *
 * Whoever decodes a mapping opens it with its table: unknown keys (with the nearest
 * known one) and missing ones are recorded at once. Then each key is fetched by its
 * name with a getter that knows the type. A getter answers false or NULL both when
 * the key is absent and when its value is wrong; in the second case the problem is
 * recorded, so callers simply keep their default and go on.
 */
#ifndef PLAYBOOK_DECODE_H
#define PLAYBOOK_DECODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/campaign.h"
#include "playbook/problem.h"
#include "playbook/yaml.h"

#define FIELDS_MAX   24u           /* keys of one table           */
#define TEXT_MAX     4096u         /* bytes of one plain text     */
#define LIST_MAX     1000u         /* items of a list of texts    */
#define DOCUMENT_MAX (64u * 1024u) /* bytes of `vars` or `with` as JSON */

enum key_type {
    KEY_TEXT,
    KEY_INTEGER,
    KEY_BOOLEAN,
    KEY_DURATION,
    KEY_AMOUNT, /* a count or a quoted percentage, for a wave's size also `rest` */
    KEY_BYTES,  /* a count of bytes or "10GiB"                                   */
    KEY_LIST,
    KEY_MAPPING,
    KEY_SECRET,
    KEY_ANY,
};

struct key {
    const char *name;
    enum key_type type;
    bool required;
};

struct key_table {
    const char *name; /* also that of its definition in the JSON Schema */
    const struct key *keys;
    size_t count;
};

/* What a decoder carries around. */
struct decoder {
    const char *file;     /* as people called it                    */
    const char *base_dir; /* absolute: relative paths start here    */
    struct problem_list *problems;
};

struct fields {
    const struct decoder *decoder;
    const struct key_table *table;
    const struct yaml_node *node;
    const struct yaml_node *values[FIELDS_MAX]; /* by index in the table */
};

/* Record a problem at a node's value. */
__attribute__((format(printf, 3, 4))) void decode_error(const struct decoder *decoder,
                                                        const struct yaml_node *node,
                                                        const char *format, ...);
__attribute__((format(printf, 3, 4))) void decode_warning(const struct decoder *decoder,
                                                          const struct yaml_node *node,
                                                          const char *format, ...);

/* -1 if the node is no mapping. Missing and unknown keys are recorded, 0 still. */
int fields_open(const struct decoder *decoder, const struct yaml_node *node,
                const struct key_table *table, struct fields *out);

/* The value as it stands; NULL if absent or already complained about. */
const struct yaml_node *field_node(const struct fields *fields, const char *key);

/* Scalars. Texts are not empty and at most TEXT_MAX long; the caller's. */
char *field_text(const struct fields *fields, const char *key);
bool field_integer(const struct fields *fields, const char *key, int64_t low,
                   int64_t high, int64_t *out);
bool field_boolean(const struct fields *fields, const char *key, bool *out);
bool field_duration(const struct fields *fields, const char *key, int64_t low_ms,
                    int64_t high_ms, int64_t *out_ms);
bool field_bytes(const struct fields *fields, const char *key, int64_t *out);
/* One of the names that `from` knows (0 to count - 1, named by `name`). */
struct choice {
    int (*from)(const char *name);
    const char *const *names;
    size_t count;
};
bool field_choice(const struct fields *fields, const char *key,
                  const struct choice *choice, int *out);
bool field_amount(const struct fields *fields, const char *key, bool allow_rest,
                  struct amount *out);

/* Collections. */
const struct yaml_node *field_mapping(const struct fields *fields, const char *key);
const struct yaml_node *field_list(const struct fields *fields, const char *key,
                                   size_t max);
/* A list of distinct texts; *out and its texts are the caller's. */
bool field_texts(const struct fields *fields, const char *key, size_t max, char ***out,
                 size_t *count);
/* A path, made absolute; the caller's. */
char *field_path(const struct fields *fields, const char *key);
/* The member as JSON object; NULL if absent. The caller's. */
json_t *field_document(const struct fields *fields, const char *key);
/* A secret reference as JSON; the caller's. `agent` only where a key is asked for. */
json_t *field_secret(const struct fields *fields, const char *key, bool allow_agent);

/* A node's text; NULL with a problem if it is no usable text. Borrowed. `key` names
   it in the sentence. */
const char *decode_text(const struct decoder *decoder, const struct yaml_node *node,
                        const char *key);

struct place decode_place(const struct decoder *decoder, const struct yaml_node *node);

#endif
