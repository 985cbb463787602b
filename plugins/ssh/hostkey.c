/*
 * hostkey.c - see hostkey.h.
 *
 * libssh2's own known-hosts code is not used: its parser read out of bounds for
 * years, and it tells "not found" and "failed" apart in ways that invite
 * mistakes. Here a key is equal to a pin byte for byte or it is not pinned.
 * Only the lines that name the host are decoded, so a large fleet's file costs
 * one pass over its text.
 */
#include "ssh/hostkey.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ssh/blob.h"
#include "util/auto.h"
#include "util/descriptors.h"
#include "util/text.h"
#include "util/xalloc.h"

/* What libssh2 1.10 can verify without SHA-1, best first. */
static const char *const acceptable[] = {"ssh-ed25519", "ecdsa-sha2-nistp256",
                                         "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};

/* One word of a line; `next` is left behind it. */
struct word {
    const char *text;
    size_t length;
};

static struct word next_word(const char **next, const char *end)
{
    while (*next < end && (**next == ' ' || **next == '\t'))
        ++*next;
    struct word word = {.text = *next};
    while (*next < end && **next != ' ' && **next != '\t')
        ++*next;
    word.length = (size_t)(*next - word.text);
    return word;
}

static bool word_is(struct word word, const char *text)
{
    return word.length == strlen(text) && strncasecmp(word.text, text, word.length) == 0;
}

/* The host as a line may name it. */
struct wanted {
    char bracketed[SSH_HOST_MAX + 16]; /* "[host]:port" */
    const char *plain;                 /* NULL: the port is not 22 */
};

/* Is one of the comma-separated names the host? "name" means port 22 only. */
static bool names_host(struct word hosts, const struct wanted *wanted)
{
    const char *end = hosts.text + hosts.length;
    for (const char *p = hosts.text; p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma ? comma : end;
        struct word name = {.text = p, .length = (size_t)(stop - p)};
        if (word_is(name, wanted->bracketed) ||
            (wanted->plain && word_is(name, wanted->plain)))
            return true;
        p = stop + 1;
    }
    return false;
}

/* Why the host field cannot be taken as it is; NULL if it can. */
static const char *refusal_of(struct word hosts)
{
    if (hosts.text[0] == '|')
        return "the host name is hashed: write it plainly (ssh-keyscan without -H), "
               "so that people can review what is pinned";
    if (hosts.text[0] == '@')
        return "markers such as @cert-authority and @revoked are not supported: pin "
               "the host's own key and delete revoked ones";
    if (memchr(hosts.text, '*', hosts.length) || memchr(hosts.text, '?', hosts.length) ||
        memchr(hosts.text, '!', hosts.length))
        return "patterns are not supported: pin each host by its name";
    return NULL;
}

static int add_pin(struct hostkey_pins *pins, struct word type, struct word base64,
                   struct slipway_error *err)
{
    if (word_is(type, "ssh-rsa") || word_is(type, "ssh-dss")) {
        pins->rsa = true;
        return 0;
    }
    struct hostkey_pin pin = {0};
    if (type.length >= sizeof pin.type)
        return slipway_error_set(err, -1, "the key type is too long");
    memcpy(pin.type, type.text, type.length);
    bool known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(acceptable); i++)
        known = known || strcmp(pin.type, acceptable[i]) == 0;
    if (!known)
        return slipway_error_set(err, -1,
                                 "the key type is none of ssh-ed25519 and "
                                 "ecdsa-sha2-nistp256/384/521");
    if (pins->count == SSH_PINS_HOST)
        return slipway_error_set(err, -1, "more than %u keys are pinned for this host",
                                 SSH_PINS_HOST);
    pin.blob = blob_from_base64(base64.text, base64.length, &pin.length);
    char named[32];
    if (!pin.blob ||
        strcmp(hostkey_type(pin.blob, pin.length, named, sizeof named), pin.type) != 0) {
        free(pin.blob);
        return slipway_error_set(err, -1, "the key is damaged: copy the line again");
    }
    pins->pin[pins->count++] = pin;
    return 0;
}

static int parse_line(const char *line, size_t length, const struct wanted *wanted,
                      struct hostkey_pins *pins, struct slipway_error *err)
{
    const char *next = line, *end = line + length;
    if (length && end[-1] == '\r')
        end--;
    struct word hosts = next_word(&next, end);
    if (hosts.length == 0 || hosts.text[0] == '#')
        return 0;
    if (length > SSH_PINS_LINE)
        return slipway_error_set(err, -1, "the line is too long");
    const char *refusal = refusal_of(hosts);
    if (refusal)
        return slipway_error_set(err, -1, "%s", refusal);
    if (!names_host(hosts, wanted))
        return 0;
    struct word type = next_word(&next, end);
    struct word base64 = next_word(&next, end);
    if (!type.length || !base64.length)
        return slipway_error_set(err, -1, "it must read \"host keytype base64\"");
    return add_pin(pins, type, base64, err);
}

int hostkey_parse(const char *text, size_t length, const char *path, const char *host,
                  int port, struct hostkey_pins *out, struct slipway_error *err)
{
    auto_pins struct hostkey_pins pins = {0};
    struct wanted wanted = {.plain = port == 22 ? host : NULL};
    (void)snprintf(wanted.bracketed, sizeof wanted.bracketed, "[%s]:%d", host, port);
    unsigned number = 0;
    for (const char *p = text, *end = text + length; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        struct slipway_error why;
        number++;
        if (parse_line(p, (size_t)(stop - p), &wanted, &pins, &why) != 0)
            return slipway_error_set(err, -1, "%s, line %u: %s", path, number, why.text);
        p = stop + 1;
    }
    *out = pins;
    pins = (struct hostkey_pins){0};
    return 0;
}

int hostkey_load(const char *path, const char *host, int port, struct hostkey_pins *out,
                 struct slipway_error *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 && descriptors_short(errno))
        return slipway_error_set(err, 1, "%s: " DESCRIPTORS_SHORT, path);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return slipway_error_set(
            err, -1,
            "the file of pinned host keys %s cannot be read: create it, or correct "
            "ssh.hostkey in the fleet",
            path);
    if (info.st_size > SSH_PINS_BYTES)
        return slipway_error_set(err, -1, "%s is larger than %u bytes", path,
                                 SSH_PINS_BYTES);
    auto_free char *text = xmalloc((size_t)info.st_size + 1);
    size_t length = 0;
    while (length < (size_t)info.st_size) {
        ssize_t got = read(fd, text + length, (size_t)info.st_size - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return hostkey_parse(text, length, path, host, port, out, err);
}

void hostkey_free(struct hostkey_pins *pins)
{
    for (size_t i = 0; i < pins->count; i++)
        free(pins->pin[i].blob);
    *pins = (struct hostkey_pins){0};
}

static bool pinned_type(const struct hostkey_pins *pins, const char *type)
{
    for (size_t i = 0; i < pins->count; i++)
        if (strcmp(pins->pin[i].type, type) == 0)
            return true;
    return pins->count == 0;
}

void hostkey_algorithms(const struct hostkey_pins *pins, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(acceptable); i++) {
        if (!pinned_type(pins, acceptable[i]))
            continue;
        int more =
            snprintf(out + used, size - used, "%s%s", used ? "," : "", acceptable[i]);
        if (more < 0 || (size_t)more >= size - used)
            return;
        used += (size_t)more;
    }
}

bool hostkey_matches(const struct hostkey_pins *pins, const void *blob, size_t length)
{
    for (size_t i = 0; i < pins->count; i++)
        if (pins->pin[i].length == length &&
            CRYPTO_memcmp(pins->pin[i].blob, blob, length) == 0)
            return true;
    return false;
}

const char *hostkey_fingerprint(const void *blob, size_t length, char *out, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    unsigned char base64[2 * EVP_MAX_MD_SIZE];
    if (!EVP_Digest(blob, length, digest, &digest_length, EVP_sha256(), NULL))
        digest_length = 0;
    (void)EVP_EncodeBlock(base64, digest, (int)digest_length);
    base64[strcspn((const char *)base64, "=")] = '\0';
    (void)snprintf(out, size, "SHA256:%s", (const char *)base64);
    return out;
}

const char *hostkey_type(const void *blob, size_t length, char *out, size_t size)
{
    struct blob_reader reader = {.bytes = blob, .left = length};
    const unsigned char *text;
    size_t text_length;
    out[0] = '\0';
    if (blob_string(&reader, &text, &text_length) == 0 && text_length < size &&
        !memchr(text, 0, text_length)) {
        memcpy(out, text, text_length);
        out[text_length] = '\0';
    }
    return out;
}
