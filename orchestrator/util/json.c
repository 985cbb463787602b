/* json.c - see json.h. */
#include "util/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"
#include "util/wiped_memory.h"
#include "util/xalloc.h"

/* Requests hold passwords until they are sent: what a document held is wiped with it.
   A document that lost a member because there was no memory for it would pass for a
   whole one: most callers do not look at what jansson's setters return. */
void json_init(void)
{
    json_set_alloc_funcs(xmalloc, wiped_release);
    json_object_seed(0);
}

/* Deepest nesting of brackets outside strings. */
static size_t depth_of(const char *text, size_t length)
{
    size_t depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return deepest;
}

json_t *json_parse(const char *text, size_t length, size_t max, struct slipway_error *err)
{
    if (length > max) {
        (void)slipway_error_set(err, -1, "JSON of %zu bytes is over the limit of %zu",
                                length, max);
        return NULL;
    }
    if (depth_of(text, length) > JSON_DEPTH_MAX) {
        (void)slipway_error_set(err, -1, "JSON nested deeper than %d levels",
                                JSON_DEPTH_MAX);
        return NULL;
    }
    json_error_t why;
    json_t *json =
        json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json) {
        char clean[JSON_ERROR_TEXT_LENGTH * 4];
        (void)slipway_error_set(err, -1, "line %d, column %d: %s", why.line, why.column,
                                text_clean(why.text, clean, sizeof clean));
    }
    return json;
}

char *json_pretty(const json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    return text ? text : xstrdup("null");
}

const char *json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

json_int_t json_number(const json_t *object, const char *key, json_int_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

json_t *json_safe_string(const char *bytes, size_t length)
{
    if (text_is_utf8(bytes, length) && !memchr(bytes, 0, length))
        return json_stringn(bytes, length);
    auto_buf struct buf safe = {0};
    for (size_t i = 0; i < length; i++) {
        /* keep well-formed runs, spell out single bad bytes */
        size_t run = 0;
        while (run < 4 && i + run < length) {
            run++;
            if (bytes[i] && text_is_utf8(bytes + i, run))
                break;
        }
        if (bytes[i] && text_is_utf8(bytes + i, run)) {
            buf_add(&safe, bytes + i, run);
            i += run - 1;
        } else {
            buf_addf(&safe, "\\x%02x", (unsigned char)bytes[i]);
        }
    }
    return json_stringn(buf_text(&safe), safe.length);
}

json_t *json_merge(const json_t *base, const json_t *over)
{
    if (!json_is_object(base) || !json_is_object(over))
        return json_deep_copy(over ? over : base);
    json_t *merged = json_deep_copy(base);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)over, key, value)
    {
        json_t *old = json_object_get(merged, key);
        (void)json_object_set_new(merged, key,
                                  old ? json_merge(old, value) : json_deep_copy(value));
    }
    return merged;
}
