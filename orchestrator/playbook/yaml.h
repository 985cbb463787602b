/*
 * yaml.h - YAML as slipway accepts it: a tree of text with positions.
 *
 * The subset: one document of mappings, sequences and scalars. No anchors, aliases,
 * merge keys, tags, directives, second documents or duplicate keys; keys are
 * scalars; at most YAML_DEPTH_MAX levels. Everything else about a scalar is the
 * decoder's affair: it stays text, with the remark whether it was quoted.
 */
#ifndef PLAYBOOK_YAML_H
#define PLAYBOOK_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "playbook/problem.h"
#include "util/sha256.h"

#define YAML_BYTES_MAX (16u * 1024u * 1024u)
#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 3000000u
/* Until a line ends every bracket on it may still turn out to be a key, and the
   library keeps some 400 bytes for each: one line of 16 MiB would cost 6 GiB. */
#define YAML_LINE_MAX (32u * 1024u)
/* The same holds for tags and anchors on lines of their own. */
#define YAML_MARKED_LINES_MAX 10000u

enum yaml_kind {
    YAML_SCALAR,
    YAML_MAPPING,
    YAML_SEQUENCE,
    YAML_BAD, /* its problem is recorded; decoders pass over it in silence */
};

struct yaml_node {
    enum yaml_kind kind;
    bool quoted; /* scalar: in quotes or a block, so never a number or a boolean */
    int line, column;
    int key_line, key_column;
    const char *key;  /* if it is a member of a mapping */
    const char *text; /* scalar; "" for a value that is left out */
    size_t count;     /* members or items */
    struct yaml_node *first, *next;
};

struct yaml_document {
    char *file;             /* as the caller called it */
    struct yaml_node *root; /* never NULL */
    char digest[SHA256_HEX];
    struct yaml_block *blocks;
};

/* Read a file; a regular one, of at most YAML_BYTES_MAX, which is asked before a
   byte is read. NULL if nothing can be decoded; problems tell why. With a document
   there may be problems too (duplicate keys, anchors, ...). The caller's. */
struct yaml_document *yaml_read(const char *path, struct problem_list *problems);

/* The same for bytes at hand; `file` names them in problems. */
struct yaml_document *yaml_parse(const char *file, const char *bytes, size_t length,
                                 struct problem_list *problems);

void yaml_free(struct yaml_document *document); /* NULL is fine */

static inline void auto_yaml_fn(struct yaml_document **document)
{
    yaml_free(*document);
}
#define auto_yaml __attribute__((cleanup(auto_yaml_fn)))

#endif
