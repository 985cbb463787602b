/*
 * json_canonical.c - canonical JSON text, byte for byte as the library's sorted and
 * compact form, in a third of its time: every call and every row of a plan needs one,
 * and the library goes through a callback for each bracket and comma.
 *
 * What a tree can hold is written here; numbers with a fraction, whose digits are the
 * library's own, are left to it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/wiped_memory.h"
#include "util/xalloc.h"

#define SORTED_ON_STACK 32u /* members of an object before memory is asked for */
#define DEPTH_HERE      (2 * JSON_DEPTH_MAX) /* deeper trees are left to the library */

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void write_escape(struct buf *out, unsigned char c)
{
    static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *name = c ? strchr(names, c) : NULL;
    if (name)
        buf_addf(out, "\\%c", letters[name - names]);
    else
        buf_addf(out, "\\u%04X", c);
}

static void write_string(struct buf *out, const char *text, size_t length)
{
    size_t written = 0;
    buf_addc(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (!needs_escape((unsigned char)text[i]))
            continue;
        buf_add(out, text + written, i - written);
        write_escape(out, (unsigned char)text[i]);
        written = i + 1;
    }
    buf_add(out, text + written, length - written);
    buf_addc(out, '"');
}

static void write_integer(struct buf *out, json_int_t number)
{
    char digits[32];
    char *at = digits + sizeof digits;
    unsigned long long left =
        number < 0 ? 0ull - (unsigned long long)number : (unsigned long long)number;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (number < 0)
        *--at = '-';
    buf_add(out, at, (size_t)(digits + sizeof digits - at));
}

static int write_value(struct buf *out, const json_t *json, int depth);

struct member {
    const char *key;
    const json_t *value;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* Objects of ours are small and often sorted already. */
static void sort_members(struct member *members, size_t count)
{
    if (count > SORTED_ON_STACK) {
        qsort(members, count, sizeof *members, by_key);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct member moved = members[i];
        size_t at = i;
        for (; at > 0 && strcmp(members[at - 1].key, moved.key) > 0; at--)
            members[at] = members[at - 1];
        members[at] = moved;
    }
}

static int write_members(struct buf *out, const struct member *members, size_t count,
                         int depth)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_addc(out, ',');
        write_string(out, members[i].key, strlen(members[i].key));
        buf_addc(out, ':');
        if (write_value(out, members[i].value, depth + 1))
            return -1;
    }
    buf_addc(out, '}');
    return 0;
}

static int write_object(struct buf *out, const json_t *json, int depth)
{
    struct member few[SORTED_ON_STACK];
    auto_free struct member *many = NULL;
    size_t size = json_object_size(json), count = 0;
    struct member *members = few;
    if (size > SORTED_ON_STACK)
        members = many = xcalloc(size, sizeof *many);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        members[count++] = (struct member){key, value};
    }
    sort_members(members, count);
    return write_members(out, members, count, depth);
}

static int write_array(struct buf *out, const json_t *json, int depth)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (i)
            buf_addc(out, ',');
        if (write_value(out, json_array_get(json, i), depth + 1))
            return -1;
    }
    buf_addc(out, ']');
    return 0;
}

static int write_real(struct buf *out, const json_t *json)
{
    auto_free char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        buf_adds(out, text);
    return text ? 0 : -1;
}

/* -1: no value, or deeper than anything of ours. */
static int write_value(struct buf *out, const json_t *json, int depth)
{
    if (!json || depth > DEPTH_HERE)
        return -1;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return write_object(out, json, depth);
    case JSON_ARRAY:
        return write_array(out, json, depth);
    case JSON_STRING:
        write_string(out, json_string_value(json), json_string_length(json));
        return 0;
    case JSON_INTEGER:
        write_integer(out, json_integer_value(json));
        return 0;
    case JSON_REAL:
        return write_real(out, json);
    case JSON_TRUE:
        buf_adds(out, "true");
        return 0;
    case JSON_FALSE:
        buf_adds(out, "false");
        return 0;
    default:
        buf_adds(out, "null");
        return 0;
    }
}

char *json_canonical(const json_t *json)
{
    auto_buf struct buf out = {0};
    if (!write_value(&out, json, 0)) {
        size_t length = out.length;
        char *text = buf_take(&out), *exact = wiped_resize(text, length + 1);
        return exact ? exact : text;
    }
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    return text ? text : xstrdup("null");
}
