/*
 * redact_forms.c - see redact_forms.h.
 *
 * Escaping differs from library to library, so each family is written with the
 * few sets of characters that are in use, and with all characters escaped. Base64 is written at all three
 * alignments and without the characters that neighbouring bytes have a part in:
 * "user:password" in an Authorization header is found by its middle.
 */
#include "util/redact_forms.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/locked.h"

#define ENCODED_LEAST 6u            /* bytes; shorter ones would hit ordinary text */
#define LINE_LEAST    16u           /* a line of a key file that counts for itself */
#define WRAPPED_LEAST 48u           /* whose base64 fills more than a line of 64 */
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
    for (unsigned upper = 0; upper < 2; upper++) {
        for (size_t i = 0; i < length; i++)
            put_hex(sink, "%", (unsigned char)s[i], 2, upper);
        emit(sink);
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

/* How a library writes JSON: all of them escape quotes, backslashes and controls. */
struct json_style {
    const char *more; /* written as \u003c although it need not be; NULL: everything is */
    bool slash;       /* \/ */
    bool ascii;       /* \u00fc */
    bool upper;       /* \u00FC */
};

/* A character that is written in digits. */
static bool json_digits(const struct json_style *style, char c)
{
    return !style->more || (unsigned char)c < 0x20 ||
           (style->ascii && (unsigned char)c >= 0x80) || strchr(style->more, c);
}

static void json_form(struct sink *sink, const char *s, size_t length,
                      struct json_style style)
{
    for (size_t i = 0; i < length;) {
        unsigned units[2] = {0, 0};
        size_t used = code_units(s + i, length - i, units);
        units[0] = used ? units[0] : (unsigned char)s[i];
        used = used ? used : 1;
        if (style.more && !(s[i] && strchr(style.more, s[i])) &&
            json_short(sink, s[i], style.slash)) {
            /* written */
        } else if (json_digits(&style, s[i])) {
            put_hex(sink, "\\u", units[0], 4, style.upper);
            if (units[1])
                put_hex(sink, "\\u", units[1], 4, style.upper);
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
    static const struct json_style careful[] = {
        {.more = "<>&"},                                    /* Go        */
        {.more = "<>&='"},                                  /* Gson      */
        {.more = "<>&'\"+`", .ascii = true, .upper = true}, /* .NET      */
        {.more = NULL},                                     /* all of it */
        {.more = NULL, .upper = true},
    };
    for (unsigned variant = 0; variant < 8; variant++)
        json_form(sink, s, length,
                  (struct json_style){"", variant & 1u, variant & 2u, variant & 4u});
    for (size_t i = 0; i < ARRAY_LENGTH(careful); i++)
        json_form(sink, s, length, careful[i]);
}

/* References: every writer has those of "&<>", and its own for the two quotes. */
static const char *xml_reference(char c, const char *quote, const char *apostrophe)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return quote;
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    case '`':
        return "&#x60;";
    case '=':
        return "&#x3D;";
    default:
        return apostrophe;
    }
}

static void xml_form(struct sink *sink, const char *s, size_t length, const char *escaped,
                     const char *quote, const char *apostrophe)
{
    for (size_t i = 0; i < length; i++) {
        if (!s[i] || !strchr(escaped, s[i]))
            put_byte(sink, s[i]);
        else
            put(sink, xml_reference(s[i], quote, apostrophe));
    }
    emit(sink);
}

/* Every character by its number. */
static void xml_numbers(struct sink *sink, const char *s, size_t length,
                        const char *format)
{
    for (size_t i = 0; i < length;) {
        unsigned units[2] = {0, 0};
        char number[16];
        size_t used = code_units(s + i, length - i, units);
        unsigned c = !used      ? (unsigned char)s[i]
                     : units[1] ? ((units[0] - 0xd7c0) << 10) + (units[1] & 0x3ff)
                                : units[0];
        int written = snprintf(number, sizeof number, "&#%u;", c);
        if (*format != 'u')
            written =
                snprintf(number, sizeof number, *format == 'x' ? "&#x%x;" : "&#x%X;", c);
        if (written > 0)
            put(sink, number);
        i += used ? used : 1;
    }
    emit(sink);
}

static void xml_forms(struct sink *sink, const char *s, size_t length)
{
    xml_form(sink, s, length, "&<>", "", "");
    xml_form(sink, s, length, "&<>\"", "&quot;", "");
    xml_form(sink, s, length, "&<>\"'", "&quot;", "&apos;");
    xml_form(sink, s, length, "&<>\"'", "&quot;", "&#39;");
    xml_form(sink, s, length, "&<>\"'", "&quot;", "&#x27;");     /* Python     */
    xml_form(sink, s, length, "&<>\"'`=", "&quot;", "&#x27;");   /* Handlebars */
    xml_form(sink, s, length, "&<>\"'\t\n\r", "&#34;", "&#39;"); /* Go      */
    xml_form(sink, s, length, "&<>\"\t\n\r", "&quot;",
             ""); /* plugins/common/xml_write.c */
    xml_numbers(sink, s, length, "u");
    xml_numbers(sink, s, length, "x");
    xml_numbers(sink, s, length, "X");
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

/* A character in front of each of the set: a backslash (printf %q), or the same one again. */
static void fenced_form(struct sink *sink, const char *s, size_t length, const char *set,
                        char fence)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] && strchr(set, s[i]))
            put_byte(sink, fence);
        put_byte(sink, s[i]);
    }
    emit(sink);
}

static void quoted_forms(struct sink *sink, const char *s, size_t length)
{
    shell_form(sink, s, length);
    fenced_form(sink, s, length, " '\"\\|&;()<>!{}*[]?^$`", '\\');
    fenced_form(sink, s, length, " '\"\\|&;()<>!{}*[]?^$`,", '\\');
    fenced_form(sink, s, length, "\"\\$`", '\\'); /* between double quotes */
    fenced_form(sink, s, length, "'", '\'');      /* SQL */
    fenced_form(sink, s, length, "\"", '"');      /* CSV */
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
                        const char *last_two, size_t columns, const char *end_of_line)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t written = 0;
    for (size_t bit = (shift * 8 + 5) / 6 * 6; bit + 6 <= (shift + length) * 8;
         bit += 6) {
        unsigned value = sextet(s, shift, bit);
        if (columns && written && written % columns == 0)
            put(sink, end_of_line);
        put_byte(sink, value < 62 ? alphabet[value] : last_two[value - 62]);
        written++;
    }
    emit(sink);
}

static void base64_forms(struct sink *sink, const char *s, size_t length)
{
    static const char *const ends[] = {"\n", "\r\n", "\\n", "\\r\\n"};
    for (size_t shift = 0; shift < 3; shift++) {
        base64_form(sink, s, length, shift, "+/", 0, "");
        base64_form(sink, s, length, shift, "-_", 0, "");
    }
    for (size_t i = 0; length > WRAPPED_LEAST && i < ARRAY_LENGTH(ends); i++) {
        base64_form(sink, s, length, 0, "+/", 64, ends[i]);
        base64_form(sink, s, length, 0, "+/", 76, ends[i]);
    }
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
    /* the widest escape is six bytes for one: &quot; or \u0041 */
    auto_locked char *scratch = locked_alloc(length * 6 + 16);
    struct sink sink = {form, context, scratch, 0};
    json_forms(&sink, secret, length);
    url_forms(&sink, secret, length);
    xml_forms(&sink, secret, length);
    quoted_forms(&sink, secret, length);
    hex_forms(&sink, secret, length);
    base64_forms(&sink, secret, length);
}
