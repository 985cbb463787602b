/* text.c - see text.h. */
#include "util/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Decode one character; 0 bytes consumed means malformed. */
static size_t utf8_decode(const unsigned char *p, size_t left, uint32_t *out)
{
    if (p[0] < 0x80) {
        *out = p[0];
        return 1;
    }
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < length)
        return 0;
    uint32_t c = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = (c << 6) | (p[i] & 0x3fu);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    uint32_t c;
    for (size_t i = 0; i < length;) {
        size_t used = utf8_decode(p + i, length - i, &c);
        if (!used)
            return false;
        i += used;
    }
    return true;
}

/* Characters that steer a terminal or a reader's eye. */
static bool is_hostile(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff) || c == 0x61c || c == 0x180e;
}

static size_t escape_character(uint32_t c, char out[16])
{
    if (c == '\n')
        return (size_t)snprintf(out, 16, "\\n");
    if (c == '\r')
        return (size_t)snprintf(out, 16, "\\r");
    if (c == '\t')
        return (size_t)snprintf(out, 16, " ");
    return (size_t)snprintf(out, 16, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
}

void text_sanitize(struct buf *out, const char *bytes, size_t length, size_t max)
{
    const unsigned char *p = (const unsigned char *)bytes;
    size_t start = out->length;
    for (size_t i = 0; i < length;) {
        char escaped[16];
        uint32_t c = 0;
        size_t used = utf8_decode(p + i, length - i, &c);
        const char *piece = (const char *)p + i;
        size_t piece_length = used;
        if (!used) {
            piece_length = (size_t)snprintf(escaped, sizeof escaped, "\\x%02x", p[i]);
            piece = escaped;
            used = 1;
        } else if (is_hostile(c)) {
            piece_length = escape_character(c, escaped);
            piece = escaped;
        }
        if (out->length - start + piece_length > max) {
            buf_adds(out, "…");
            return;
        }
        buf_add(out, piece, piece_length);
        i += used;
    }
}

const char *text_clean(const char *text, char *out, size_t size)
{
    auto_buf struct buf clean = {0};
    if (!size)
        return "";
    text_sanitize(&clean, text, strlen(text), size > 4 ? size - 4 : 0);
    (void)snprintf(out, size, "%s", buf_text(&clean));
    return out;
}

static bool is_wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
           (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
           (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
           (c >= 0x20000 && c <= 0x3fffd);
}

int text_columns(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t length = strlen(text);
    int columns = 0;
    for (size_t i = 0; i < length;) {
        uint32_t c = 0;
        size_t used = utf8_decode(p + i, length - i, &c);
        bool combining = c >= 0x300 && c <= 0x36f;
        columns += used && combining ? 0 : is_wide(c) ? 2 : 1;
        i += used ? used : 1;
    }
    return columns;
}

/* Compare one field of each, leaving both at the dot or the end. */
static int compare_field(const char **a, const char **b)
{
    size_t la = strcspn(*a, "."), lb = strcspn(*b, ".");
    size_t za = strspn(*a, "0"), zb = strspn(*b, "0");
    size_t da = strspn(*a + za, "0123456789"), db = strspn(*b + zb, "0123456789");
    int order = da != db ? (da < db ? -1 : 1) : strncmp(*a + za, *b + zb, da);
    if (!order) {
        size_t ra = la - (za + da), rb = lb - (zb + db);
        order = strncmp(*a + za + da, *b + zb + db, ra < rb ? ra : rb);
        if (!order && ra != rb)
            order = ra < rb ? -1 : 1;
    }
    *a += la;
    *b += lb;
    return order < 0 ? -1 : order > 0;
}

int text_version_cmp(const char *a, const char *b)
{
    while (*a || *b) {
        int order = compare_field(&a, &b);
        if (order)
            return order;
        a += *a == '.';
        b += *b == '.';
    }
    return 0;
}

/* Levenshtein distance of two short words; words over 63 bytes are far. */
static size_t distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b), row[64];
    if (la > 63 || lb > 63)
        return 64;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t remove = row[j] + 1, insert = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < remove ? change : remove;
            if (insert < row[j])
                row[j] = insert;
        }
    }
    return row[lb];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 2 + 1;
    if (best_distance > 4)
        best_distance = 4;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best_distance) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best;
}

void text_colon_hex(const unsigned char *bytes, size_t count, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < count; i++, out += 3) {
        out[0] = digits[bytes[i] >> 4];
        out[1] = digits[bytes[i] & 15];
        out[2] = i + 1 < count ? ':' : '\0';
    }
}

uint64_t text_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

bool text_is_word(const char *text, size_t length, size_t start, size_t end)
{
    return (start == 0 || !isalnum((unsigned char)text[start - 1])) &&
           (end == length || !isalnum((unsigned char)text[end]));
}

size_t text_cut_start(const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length / 2);
    return end ? (size_t)(end - text) + 1 : length / 2;
}
