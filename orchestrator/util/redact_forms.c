/*
 * redact_forms.c - see redact_forms.h.
 *
 * Escaping differs from library to library, so each family is written with the
 * few sets of characters that are in use. Base64 is written at all three
 * alignments and without the characters that neighbouring bytes have a part in:
 * "user:password" in an Authorization header is found by its middle.
 */
#include "util/redact_forms.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/locked.h"

#define ENCODED_LEAST 6u            /* bytes; shorter ones would hit ordinary text */
#define LINE_LEAST    16u           /* a line of a key file that counts for itself */
#define ENCODED_MOST  (16u * 1024u) /* longer secrets are found by their lines     */

struct sink {
    redact_form form;
    void *context;
    char *scratch; /* locked */
    size_t length;
};

static void put(struct sink *sink, const char *text)
{
    size_t length = strlen(text);
    memcpy(sink->scratch + sink->length, text, length);
    sink->length += length;
}

static void put_byte(struct sink *sink, char c)
{
    sink->scratch[sink->length++] = c;
}

static void emit(struct sink *sink)
{
    if (sink->length >= ENCODED_LEAST)
        sink->form(sink->context, sink->scratch, sink->length);
    sink->length = 0;
}

static void put_hex(struct sink *sink, const char *start, unsigned value, unsigned digits,
                    bool upper)
{
    put(sink, start);
    while (digits--) {
        unsigned digit = (value >> (digits * 4)) & 15u;
        put_byte(sink, upper ? "0123456789ABCDEF"[digit] : "0123456789abcdef"[digit]);
    }
}

static void url_form(struct sink *sink, const char *s, size_t length, const char *plain,
                     bool upper, bool plus)
{
    for (size_t i = 0; i < length; i++) {
        if (isalnum((unsigned char)s[i]) || (s[i] && strchr(plain, s[i])))
            put_byte(sink, s[i]);
        else if (plus && s[i] == ' ')
            put_byte(sink, '+');
        else
            put_hex(sink, "%", (unsigned char)s[i], 2, upper);
    }
    emit(sink);
}

static void url_forms(struct sink *sink, const char *s, size_t length)
{
    static const char *const plain[] = {"-._~", "-._~!'()*", "-._*"};
    for (size_t i = 0; i < ARRAY_LENGTH(plain); i++) {
        for (unsigned variant = 0; variant < 4; variant++)
            url_form(sink, s, length, plain[i], variant & 1u, variant & 2u);
    }
}

/* One UTF-8 character at s[i] as UTF-16; bytes used, 0 if malformed. */
static size_t code_units(const char *s, size_t left, unsigned out[2])
{
    const unsigned char *p = (const unsigned char *)s;
    size_t length = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (length > left || (p[0] >= 0x80 && p[0] < 0xc0))
        return 0;
    unsigned c = length == 1 ? p[0] : p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        c = (c << 6) | (p[i] & 0x3fu);
    out[0] = c < 0x10000 ? c : 0xd7c0 + (c >> 10);
    out[1] = c < 0x10000 ? 0 : 0xdc00 + (c & 0x3ff);
    return length;
}

static bool json_short(struct sink *sink, char c, bool slash)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *at = c ? strchr(plain, c) : NULL;
    if (!at && !(slash && c == '/'))
        return false;
    put_byte(sink, '\\');
    put_byte(sink, at ? letter[at - plain] : '/');
    return true;
}

static void json_form(struct sink *sink, const char *s, size_t length, bool slash,
                      bool ascii, bool upper)
{
    for (size_t i = 0; i < length;) {
        unsigned units[2] = {0, 0};
        size_t used = code_units(s + i, length - i, units);
        used = used ? used : 1;
        if (json_short(sink, s[i], slash)) {
            /* written */
        } else if ((unsigned char)s[i] < 0x20 || (ascii && (unsigned char)s[i] >= 0x80)) {
            put_hex(sink, "\\u", units[0], 4, upper);
            if (units[1])
                put_hex(sink, "\\u", units[1], 4, upper);
        } else {
            for (size_t k = 0; k < used; k++)
                put_byte(sink, s[i + k]);
        }
        i += used;
    }
    emit(sink);
}

static void json_forms(struct sink *sink, const char *s, size_t length)
{
    for (unsigned variant = 0; variant < 8; variant++)
        json_form(sink, s, length, variant & 1u, variant & 2u, variant & 4u);
}

static void xml_form(struct sink *sink, const char *s, size_t length, const char *escaped,
                     const char *apostrophe)
{
    for (size_t i = 0; i < length; i++) {
        if (!s[i] || !strchr(escaped, s[i]))
            put_byte(sink, s[i]);
        else
            put(sink, s[i] == '&'   ? "&amp;"
                      : s[i] == '<' ? "&lt;"
                      : s[i] == '>' ? "&gt;"
                      : s[i] == '"' ? "&quot;"
                                    : apostrophe);
    }
    emit(sink);
}

static void xml_forms(struct sink *sink, const char *s, size_t length)
{
    xml_form(sink, s, length, "&<>", "");
    xml_form(sink, s, length, "&<>\"", "");
    xml_form(sink, s, length, "&<>\"'", "&apos;");
    xml_form(sink, s, length, "&<>\"'", "&#39;");
}

static void shell_form(struct sink *sink, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] == '\'')
            put(sink, "'\\''");
        else
            put_byte(sink, s[i]);
    }
    emit(sink);
}

/* As od, xxd and debug output write bytes: run together, or with a blank between two. */
static void hex_form(struct sink *sink, const char *s, size_t length, bool blanks,
                     bool upper)
{
    for (size_t i = 0; i < length; i++)
        put_hex(sink, blanks && i ? " " : "", (unsigned char)s[i], 2, upper);
    emit(sink);
}

static void hex_forms(struct sink *sink, const char *s, size_t length)
{
    for (unsigned variant = 0; variant < 4; variant++)
        hex_form(sink, s, length, variant & 1u, variant & 2u);
}

/* Six bits, counted from `bit` of the secret behind `shift` unknown bytes. */
static unsigned sextet(const char *s, size_t shift, size_t bit)
{
    unsigned value = 0;
    for (size_t k = bit; k < bit + 6; k++) {
        size_t at = k - shift * 8;
        unsigned byte = (unsigned char)s[at / 8];
        value = (value << 1) | ((byte >> (7 - at % 8)) & 1u);
    }
    return value;
}

static void base64_form(struct sink *sink, const char *s, size_t length, size_t shift,
                        const char *last_two)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t bit = (shift * 8 + 5) / 6 * 6; bit + 6 <= (shift + length) * 8;
         bit += 6) {
        unsigned value = sextet(s, shift, bit);
        put_byte(sink, value < 62 ? alphabet[value] : last_two[value - 62]);
    }
    emit(sink);
}

/* Lines of a key file are secrets themselves; its banner lines are not. */
static void line_forms(const char *s, size_t length, redact_form form, void *context)
{
    for (size_t start = 0; start < length;) {
        const char *end = memchr(s + start, '\n', length - start);
        size_t line = end ? (size_t)(end - s) - start : length - start;
        size_t text = line && s[start + line - 1] == '\r' ? line - 1 : line;
        if (text >= LINE_LEAST && strncmp(s + start, "-----", 5))
            form(context, s + start, text);
        start += line + 1;
    }
}

void redact_forms(const char *secret, size_t length, redact_form form, void *context)
{
    form(context, secret, length);
    if (memchr(secret, '\n', length))
        line_forms(secret, length, form, context);
    if (length > ENCODED_MOST)
        return;
    /* the widest escape is six bytes for one: &quot; */
    auto_locked char *scratch = locked_alloc(length * 6 + 16);
    struct sink sink = {form, context, scratch, 0};
    json_forms(&sink, secret, length);
    url_forms(&sink, secret, length);
    xml_forms(&sink, secret, length);
    shell_form(&sink, secret, length);
    hex_forms(&sink, secret, length);
    for (size_t shift = 0; shift < 3; shift++) {
        base64_form(&sink, secret, length, shift, "+/");
        base64_form(&sink, secret, length, shift, "-_");
    }
}
