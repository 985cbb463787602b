/*
 * json.h - jansson, wrapped once, with its traps closed:
 * duplicate keys are refused (it would let the last one win), depth is limited
 * before parsing, integers stay integers, the hash seed is set before threads.
 */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "slipway/error.h"

#define JSON_DEPTH_MAX 64
#define JSON_BYTES_MAX (64u * 1024u * 1024u) /* our own files; peers get less */

static inline void auto_json_fn(json_t **json)
{
    json_decref(*json);
}
#define auto_json __attribute__((cleanup(auto_json_fn)))

/* Call once in main before any thread. */
void json_init(void);

/* Parse; any JSON value is accepted. NULL with a sentence on failure. */
json_t *json_parse(const char *text, size_t length, size_t max,
                   struct slipway_error *err);

/* Canonical text: sorted keys, no spaces. The caller's. */
char *json_canonical(const json_t *json);
/* Indented, sorted, for people and files. The caller's. */
char *json_pretty(const json_t *json);

/* Member as text; NULL if absent or no string. Borrowed. */
const char *json_text(const json_t *object, const char *key);
/* Member as integer; `fallback` if absent or no integer. */
json_int_t json_number(const json_t *object, const char *key, json_int_t fallback);

/* A string value from any bytes: malformed UTF-8 and NUL become \xNN. Never NULL. */
json_t *json_safe_string(const char *bytes, size_t length);

/* Merge `over` into a copy of `base`, objects recursively, other values replaced. */
json_t *json_merge(const json_t *base, const json_t *over);

#endif
