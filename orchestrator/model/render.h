/*
 * model/render.h - templates in a step's arguments, and the step's fingerprint.
 *
 * A template is ${a.b.c} inside a string value: a path into the context
 * {"vars": {...}, "target": {...}, "steps": {ID: {"result": ...}}}. Members of
 * objects are named, items of lists are numbered from 0. A string that is nothing
 * but one template takes the value with its JSON type; inside a longer string only
 * text, numbers and booleans can stand. $${ is a literal ${. What a template brings
 * in is never expanded again. Names of members are never templates.
 */
#ifndef MODEL_RENDER_H
#define MODEL_RENDER_H

#include <jansson.h>
#include <stddef.h>

#include "slipway/error.h"
#include "util/sha256.h"

#define RENDER_BYTES_MAX (1024u * 1024u) /* longest document after expansion */
#define RENDER_PATH_MAX  256u            /* longest path of a template       */

/* The arguments with every template expanded, as canonical JSON text; the
   caller's. NULL with a sentence that names the template without a value. */
char *render_with(const char *with_json, const json_t *context,
                  struct slipway_error *err);

/* Called for each template of a document with its path ("vars.repo"); a result
   other than 0 ends the walk. */
typedef int (*render_visit)(void *data, const char *path, struct slipway_error *err);

/* Visit every template, in the order of the sorted members. -1 with a sentence
   if a template is malformed or a visit failed. */
int render_scan(const char *with_json, render_visit visit, void *data,
                struct slipway_error *err);

/* Hex SHA-256 of the operation's name, NUL and its canonical arguments: the same
   for any spelling of the same JSON. -1 with `out` untouched if `with_json` is no
   JSON. */
int operation_fingerprint(const char *use, const char *with_json, char out[SHA256_HEX]);

#endif
