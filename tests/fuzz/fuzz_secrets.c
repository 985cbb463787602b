/*
 * fuzz_secrets.c - the redactor against encoders that are not its own: any secret, written
 * by jansson, libcurl, OpenSSL and by slipway's own writers of XML, URLs and shell words,
 * stands between any two texts. NULs divide the input: secret, text before, text behind.
 *
 * It is gone, in that form and in every other; nothing is added but the mark; what is
 * left is text of the input in its order; doing it twice changes nothing; what goes on to
 * a terminal is printable. The same of JSON documents, keys and numbers included.
 */
#include <curl/curl.h>
#include <openssl/evp.h>

#include "common/xml.h"
#include "fuzz.h"
#include "ssh/quote.h"
#include "util/json.h"
#include "util/redact.h"
#include "util/text.h"

#define SECRET_MOST 64

struct input {
    const char *secret, *before, *behind;
    size_t length; /* of the secret */
};

/* ---- what must hold ---- */

/* Pieces between marks are pieces of the input, in its order. */
static void must_be_of(const char *in, const char *out)
{
    for (const char *p = out; *p;) {
        const char *mark = strstr(p, REDACT_MARK);
        size_t length = mark ? (size_t)(mark - p) : strlen(p);
        const char *found = memmem(in, strlen(in), p, length);
        MUST(found);
        in = found + length;
        p += length + (mark ? strlen(REDACT_MARK) : 0);
    }
}

static void must_be_gone(const struct input *input, const char *form, size_t length)
{
    auto_buf struct buf text = {0}, shown = {0};
    buf_adds(&text, input->before);
    buf_add(&text, form, length);
    buf_adds(&text, input->behind);
    auto_free char *whole = xstrdup(buf_text(&text));
    redact_text(&text);
    MUST(!memmem(buf_text(&text), text.length, form, length));
    MUST(!memmem(buf_text(&text), text.length, input->secret, input->length));
    MUST(!redact_finds(buf_text(&text), text.length));
    must_be_of(whole, buf_text(&text));
    auto_free char *once = xstrdup(buf_text(&text));
    redact_text(&text);
    MUST(!strcmp(once, buf_text(&text)));
    text_sanitize(&shown, buf_text(&text), text.length, text.length * 6);
    MUST(!memmem(buf_text(&shown), shown.length, input->secret, input->length));
}

/* ---- encoders ---- */

static void as_json(const struct input *input)
{
    static const size_t flags[] = {0, JSON_ENSURE_ASCII, JSON_ESCAPE_SLASH,
                                   JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH};
    auto_json json_t *text = json_stringn(input->secret, input->length);
    for (size_t i = 0; text && i < ARRAY_LENGTH(flags); i++) {
        auto_free char *form = json_dumps(text, JSON_ENCODE_ANY | flags[i]);
        must_be_gone(input, form + 1, strlen(form) - 2);
    }
}

static void as_url(const struct input *input)
{
    char *form = curl_easy_escape(NULL, input->secret, (int)input->length);
    must_be_gone(input, form, strlen(form));
    for (char *p = form; *p; p++) { /* the other way to write the digits */
        if (*p == '%') {
            p[1] = (char)(p[1] >= 'A' ? p[1] | 0x20 : p[1]);
            p[2] = (char)(p[2] >= 'A' ? p[2] | 0x20 : p[2]);
        }
    }
    must_be_gone(input, form, strlen(form));
    curl_free(form);
}

static void as_shell(const struct input *input)
{
    auto_buf struct buf form = {0};
    quote_word(&form, input->secret);
    const char *word = buf_text(&form);
    bool quoted = *word == '\'';
    must_be_gone(input, word + quoted, form.length - 2u * quoted);
}

static void as_xml(const struct input *input)
{
    auto_xml_writer struct xml_writer writer = {0};
    struct slipway_error err = {""};
    auto_free char *form = NULL;
    size_t length = 0;
    xml_write_element(&writer, "a", input->secret);
    if (xml_write_finish(&writer, &form, &length, &err))
        return; /* XML cannot carry it */
    const char *from = strstr(form, "<a>"), *until = strstr(form, "</a>");
    MUST(from && until);
    must_be_gone(input, from + 3, (size_t)(until - from) - 3);
}

static void as_hex(const struct input *input)
{
    static const char *const formats[] = {"%02x", "%02X", "%02x ", "%02X "};
    for (size_t f = 0; f < ARRAY_LENGTH(formats); f++) {
        auto_buf struct buf form = {0};
        for (size_t i = 0; i < input->length; i++) {
            char two[8];
            (void)snprintf(two, sizeof two, f % 2 ? "%02X" : "%02x",
                           (unsigned)(unsigned char)input->secret[i]);
            buf_addf(&form, "%s%s", f >= 2 && i ? " " : "", two);
        }
        must_be_gone(input, buf_text(&form), form.length);
    }
}

/* Behind a user's name and before something else; only the characters that no neighbour
   has a part in belong to the secret alone. */
static void as_base64(const struct input *input, const char *user, bool url)
{
    auto_buf struct buf plain = {0};
    unsigned char form[(SECRET_MOST + 16) * 2];
    buf_addf(&plain, "%s:%s;", user, input->secret);
    size_t shift = strlen(user) + 1;
    int length =
        EVP_EncodeBlock(form, (const unsigned char *)plain.data, (int)plain.length);
    size_t from = (shift * 8 + 5) / 6, until = (shift + input->length) * 8 / 6;
    for (int i = 0; url && i < length; i++)
        form[i] = form[i] == '+' ? '-' : form[i] == '/' ? '_' : form[i];
    must_be_gone(input, (const char *)form + from, until - from);
}

static void in_a_document(const struct input *input)
{
    auto_free char *text =
        xasprintf("%s%s%s", input->before, input->secret, input->behind);
    if (!text_is_utf8(text, strlen(text)))
        return;
    json_t *doc = json_pack("{s:s, s:{s:[i, s]}}", "plain", text, text, "list", 7, text);
    auto_json json_t *clean = redact_json(doc);
    auto_free char *out = json_canonical(clean);
    MUST(!strstr(out, input->secret));
    MUST(!redact_finds(out, strlen(out)));
}

/* ---- the input ---- */

static bool divide(char *text, size_t size, struct input *out)
{
    const char *parts[3] = {"", "", ""};
    size_t at = 0;
    for (size_t i = 0; i < 3 && at < size; i++) {
        parts[i] = text + at;
        at += strlen(text + at) + 1;
    }
    *out = (struct input){parts[0], parts[1], parts[2], strlen(parts[0])};
    /* the mark itself is no secret, and must not become a part of one */
    return out->length >= REDACT_WORD && out->length <= SECRET_MOST &&
           !strpbrk(out->secret, "[]");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input;
    if (size > 4096)
        return 0;
    auto_free char *text = xmalloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    if (!divide(text, size, &input))
        return 0;
    redact_forget();
    MUST(!redact_add(input.secret, input.length));
    must_be_gone(&input, input.secret, input.length);
    as_json(&input);
    as_url(&input);
    as_shell(&input);
    as_xml(&input);
    as_hex(&input);
    for (int url = 0; url < 2; url++) {
        as_base64(&input, "", url);
        as_base64(&input, "r", url);
        as_base64(&input, "root", url);
    }
    in_a_document(&input);
    return 0;
}
