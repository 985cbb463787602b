/*
 * blob.c - see blob.h. Bounds are checked before each step; a malformed input
 * gives -1 or NULL and nothing else.
 */
#include "ssh/blob.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

int blob_number(struct blob_reader *reader, uint32_t *out)
{
    if (reader->left < 4)
        return -1;
    const unsigned char *p = reader->bytes;
    *out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    reader->bytes += 4;
    reader->left -= 4;
    return 0;
}

int blob_string(struct blob_reader *reader, const unsigned char **out, size_t *length)
{
    struct blob_reader ahead = *reader;
    uint32_t size;
    if (blob_number(&ahead, &size) != 0 || size > ahead.left)
        return -1;
    *out = ahead.bytes;
    *length = size;
    ahead.bytes += size;
    ahead.left -= size;
    *reader = ahead;
    return 0;
}

static int digit_value(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

unsigned char *blob_from_base64(const char *text, size_t length, size_t *out_length)
{
    auto_free unsigned char *out = xmalloc(length / 4 * 3 + 3);
    size_t used = 0, digits = 0, padding = 0;
    uint32_t group = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        int value = digit_value(c);
        if (c == '=' ? digits % 4 < 2 : value < 0 || padding)
            return NULL;
        padding += c == '=';
        group = group << 6 | (uint32_t)(c == '=' ? 0 : value);
        if (++digits % 4 == 0) {
            out[used++] = (unsigned char)(group >> 16);
            out[used++] = (unsigned char)(group >> 8);
            out[used++] = (unsigned char)group;
        }
    }
    if (digits % 4 || padding > 2 || used < padding)
        return NULL;
    *out_length = used - padding;
    return steal_ptr(&out);
}
