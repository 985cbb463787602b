/*
 * http_scrub.c - what was sent to identify us must not come back in what is shown.
 *
 * Proxies answer with pages for developers, services quote the request that they did not
 * like. The host finds what it resolved itself, but does not know session keys, and must
 * not: a peer that chose "FAILED" for one could hide that word in everybody's answers. So a
 * key is looked for only in answers to whoever sent it. Every shape that it may have taken
 * (util/redact_forms.h) is overwritten in place; in answers that are larger than anything
 * that is ever shown only the plain one.
 */
#include "http_internal.h"

#include <openssl/evp.h>
#include <string.h>

#include "util/redact.h"
#include "util/redact_forms.h"
#include "util/text.h"
#include "util/wiped.h"
#include "util/xalloc.h"

#define FORMS_MOST                                                                       \
    (256u * 1024u) /* bytes of an answer in which all shapes are looked for */

struct scrubbing {
    struct http_response *response;
    const char *plain;
    bool done; /* the plain one: most shapes of a key are equal to it */
};

static void blot(char *text, size_t length, const char *secret, size_t secret_length,
                 bool word)
{
    char *at = text, *end = text + length;
    while ((at = memmem(at, (size_t)(end - at), secret, secret_length))) {
        size_t start = (size_t)(at - text);
        if (!word || text_is_word(text, length, start, start + secret_length))
            memset(at, '*', secret_length);
        at += secret_length;
    }
}

static void blot_form(void *context, const char *bytes, size_t length)
{
    struct scrubbing *scrubbing = context;
    struct http_response *response = scrubbing->response;
    bool plain = !strncmp(scrubbing->plain, bytes, length) && !scrubbing->plain[length];
    if (plain && scrubbing->done)
        return;
    scrubbing->done = scrubbing->done || plain;
    bool word = length < REDACT_WORD && strlen(scrubbing->plain) < REDACT_WORD;
    blot(response->body, response->body_length, bytes, length, word);
    for (size_t i = 0; i < response->header_count; i++) {
        char *value = response->headers[i].value;
        blot(value, strlen(value), bytes, length, word);
    }
}

static void scrub(struct http_response *response, const char *secret)
{
    struct scrubbing scrubbing = {.response = response, .plain = secret};
    size_t length = secret ? strlen(secret) : 0;
    if (length < REDACT_SHORTEST)
        return;
    if (response->body_length > FORMS_MOST)
        blot_form(&scrubbing, secret, length);
    else
        redact_forms(secret, length, blot_form, &scrubbing);
}

/* As it travelled: the base64 of both, whose ends the forms of the password lack. */
static void scrub_basic(struct http_response *response,
                        const struct http_request *request)
{
    if (!request->user || !request->password)
        return;
    auto_wiped char *pair = xasprintf("%s:%s", request->user, request->password);
    size_t length = strlen(pair);
    auto_wiped char *base64 = xcalloc(1, (length + 2) / 3 * 4 + 1);
    (void)EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)pair,
                          (int)length);
    scrub(response, base64);
}

void http_overwrite(struct http_response *response, const char *const *secrets)
{
    for (size_t i = 0; secrets && secrets[i]; i++)
        scrub(response, secrets[i]);
}

void http_scrub(struct http_response *response, const struct http_request *request)
{
    scrub_basic(response, request);
    scrub(response, request->password);
    http_overwrite(response, request->secrets);
}
