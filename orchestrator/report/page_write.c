/*
 * page_write.c - see page_write.h. First text_sanitize (controls, direction overrides and
 * malformed bytes become visible escapes), then the escapes of the place it goes to.
 */
#include "report/page_write.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- HTML ---- */

static void add_escaped(struct buf *out, const char *text)
{
    for (const char *p = text; *p;) {
        size_t plain = strcspn(p, "&<>\"'");
        buf_add(out, p, plain);
        p += plain;
        switch (*p) {
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '"':
            buf_adds(out, "&quot;");
            break;
        case '\'':
            buf_adds(out, "&#39;");
            break;
        default:
            continue;
        }
        p++;
    }
}

static void add_text(struct buf *out, const char *text, size_t max)
{
    auto_buf struct buf clean = {0};
    if (!text)
        return;
    text_sanitize(&clean, text, strlen(text), max);
    add_escaped(out, buf_text(&clean));
}

void page_text(struct buf *out, const char *text)
{
    add_text(out, text, PAGE_TEXT_MAX);
}

void page_prose(struct buf *out, const char *text)
{
    add_text(out, text, PAGE_PROSE_MAX);
}

void page_textf(struct buf *out, const char *format, ...)
{
    auto_buf struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    page_prose(out, buf_text(&text));
}

/* ---- JSON, CSV ---- */

void page_script_json(struct buf *out, const json_t *json)
{
    auto_free char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS |
                                                JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    for (const char *p = text ? text : "null"; *p;) {
        size_t plain = strcspn(p, "<>&");
        buf_add(out, p, plain);
        p += plain;
        if (*p)
            buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*p++);
    }
}

/* Also in full width, and behind what a reader may drop. */
static bool is_formula(const char *text)
{
    static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};
    text += strspn(text, " \"");
    for (size_t i = 0; i < ARRAY_LENGTH(wide); i++) {
        if (!strncmp(text, wide[i], strlen(wide[i])))
            return true;
    }
    return *text && strchr("=+-@\t\r\n|%", *text);
}

void page_csv_field(struct buf *out, const char *text)
{
    auto_buf struct buf clean = {0};
    buf_addc(out, '"');
    if (text && is_formula(text))
        buf_addc(out, '\'');
    if (text)
        text_sanitize(&clean, text, strlen(text), PAGE_PROSE_MAX);
    for (const char *p = buf_text(&clean); *p; p++) {
        if (*p == '"')
            buf_addc(out, '"');
        buf_addc(out, *p);
        if (*p == ';' && is_formula(p + 1)) /* where cells end at semicolons */
            buf_addc(out, '\'');
    }
    buf_addc(out, '"');
}

/* ---- secrets ---- */

bool page_is_secret_name(const char *name)
{
    static const char *const words[] = {
        "password", "passwd", "passphrase",  "secret",        "token",  "private_key",
        "api_key",  "apikey", "private-key", "authorization", "cookie", "credential"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcasestr(name, words[i]))
            return true;
    }
    return false;
}

/* Length of "user:password@" at the start of what follows "://"; 0: there is none. */
static size_t userinfo_length(const char *text)
{
    size_t length = strcspn(text, "/?# \"'");
    for (size_t at = length; at > 0; at--) {
        if (text[at - 1] == '@')
            return at;
    }
    return 0;
}

/* Does the word that ends at out's end name a secret? */
static bool follows_secret_name(const struct buf *out)
{
    size_t end = out->length, from = end;
    while (from > 0 && (isalnum((unsigned char)out->data[from - 1]) ||
                        strchr("_-.", out->data[from - 1])))
        from--;
    auto_free char *name = xstrndup(out->data ? out->data + from : "", end - from);
    return *name && page_is_secret_name(name);
}

void page_redact(struct buf *out, const char *text)
{
    size_t left = strnlen(text, PAGE_SECRET_MAX);
    for (const char *p = text; left;) {
        size_t used = 1;
        if (!strncmp(p, "://", 3)) {
            size_t user = userinfo_length(p + 3), name = strcspn(p + 3, ":@");
            buf_adds(out, "://");
            used = 3 + user;
            if (user) {
                buf_add(out, p + 3, name);
                buf_adds(out, p[3 + name] == ':' ? ":" PAGE_HIDDEN "@" : "@");
            }
        } else if (*p == '=' && follows_secret_name(out)) {
            used = 1 + strcspn(p + 1, " &;,\"'\n");
            buf_adds(out, used > 1 ? "=" PAGE_HIDDEN : "=");
        } else {
            buf_addc(out, *p);
        }
        p += used;
        left -= used < left ? used : left;
    }
}

bool page_reference(struct buf *out, const json_t *value)
{
    static const char *const kinds[] = {"file", "cmd", "credential"};
    const char *text = json_string_value(value);
    if (text && !strcmp(text, "agent")) {
        buf_adds(out, "agent");
        return true;
    }
    for (size_t i = 0; json_object_size(value) == 1 && i < ARRAY_LENGTH(kinds); i++) {
        const json_t *member = json_object_get(value, kinds[i]);
        const char *words = json_string_value(member);
        if (json_is_array(member)) /* its arguments are nobody's business */
            words = json_string_value(json_array_get(member, 0));
        if (!words)
            continue;
        buf_addf(out, "%s:%s%s", kinds[i], words,
                 json_array_size(member) > 1 ? " …" : "");
        return true;
    }
    return false;
}

/* ---- a document on one line ---- */

void page_members(struct buf *out, const json_t *object)
{
    const char *key;
    json_t *value;
    bool more = false;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        buf_addf(out, "%s%s ", more ? ", " : "", key);
        page_flat(out, key, value);
        more = true;
    }
}

static void flat_items(struct buf *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_adds(out, i ? ", " : "");
        page_flat(out, "", json_array_get(list, i));
    }
}

void page_flat(struct buf *out, const char *name, const json_t *value)
{
    if (page_reference(out, value))
        return;
    if (page_is_secret_name(name) && !json_is_null(value) && !json_is_boolean(value)) {
        buf_adds(out, PAGE_HIDDEN);
    } else if (json_is_object(value)) {
        buf_addc(out, '(');
        page_members(out, value);
        buf_addc(out, ')');
    } else if (json_is_array(value)) {
        flat_items(out, value);
    } else if (json_is_string(value)) {
        page_redact(out, json_string_value(value));
    } else {
        auto_free char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_adds(out, text ? text : "?");
    }
}

/* ---- the policy ---- */

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void page_csp_hash(struct buf *out, const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[SHA256_HEX];
    sha256_hex(text, strlen(text), hex);
    for (size_t i = 0; i < 32; i += 3) { /* 32 bytes: ten threes and a two */
        unsigned group = 0;
        for (size_t k = i; k < i + 3; k++) {
            unsigned byte = k < 32 ? nibble(hex[2 * k]) << 4 | nibble(hex[2 * k + 1]) : 0;
            group = group << 8 | byte;
        }
        buf_addc(out, digits[group >> 18 & 63]);
        buf_addc(out, digits[group >> 12 & 63]);
        buf_addc(out, digits[group >> 6 & 63]);
        buf_addc(out, i + 2 < 32 ? digits[group & 63] : '=');
    }
}
