/*
 * hostkey.h - pinned host keys.
 *
 * The file is a plain known_hosts: lines "host keytype base64 [comment]", the
 * host as "name", "name,address" or "[name]:port"; "#" opens a comment line.
 * What could be misread is refused with its line number: hashed names, patterns
 * and markers (@cert-authority, @revoked).
 */
#ifndef SSH_HOSTKEY_H
#define SSH_HOSTKEY_H

#include <stdbool.h>
#include <stddef.h>

#include "slipway/error.h"
#include "ssh/limits.h"

struct hostkey_pin {
    char type[32];       /* "ssh-ed25519" */
    unsigned char *blob; /* the key as it goes over the wire */
    size_t length;
};

/* The keys pinned for one host and port. */
struct hostkey_pins {
    struct hostkey_pin pin[SSH_PINS_HOST];
    size_t count;
    bool rsa; /* an RSA or DSA key is pinned as well (never usable) */
};

/*
 * Read the pins of host:port from the file. A host that is not in it gives an
 * empty set and success. -1 with a sentence if the file cannot be read or holds
 * a line that is refused; 1 if only a descriptor was missing. Free with hostkey_free().
 */
int hostkey_load(const char *path, const char *host, int port, struct hostkey_pins *out,
                 struct slipway_error *err);
/* The same from memory; `path` is for sentences. */
int hostkey_parse(const char *text, size_t length, const char *path, const char *host,
                  int port, struct hostkey_pins *out, struct slipway_error *err);
void hostkey_free(struct hostkey_pins *pins);

#define auto_pins __attribute__((cleanup(hostkey_free)))

/* The algorithms to ask for, comma-separated, best first: those of the pins, or
   all that are acceptable when nothing is pinned (to learn the fingerprint). */
void hostkey_algorithms(const struct hostkey_pins *pins, char *out, size_t size);

/* True if exactly this key is pinned. */
bool hostkey_matches(const struct hostkey_pins *pins, const void *blob, size_t length);

/* "SHA256:base64" as OpenSSH prints it; 64 bytes are enough. Returns `out`. */
const char *hostkey_fingerprint(const void *blob, size_t length, char *out, size_t size);

/* The type named inside a key blob, "" if malformed. Returns `out`. */
const char *hostkey_type(const void *blob, size_t length, char *out, size_t size);

#endif
