/*
 * signer.h - an ed25519 private key that signs logins itself.
 *
 * libssh2 1.10 hands a key in OpenSSH form to OpenSSL's general decoders first, which
 * try every format they know at every login: 6 ms of CPU where the signature takes
 * 0.1 ms. A key of this one kind is taken apart here and libssh2 only asks for the
 * signature.
 */
#ifndef SSH_SIGNER_H
#define SSH_SIGNER_H

#include <libssh2.h>
#include <openssl/evp.h>
#include <stddef.h>

#define SIGNER_BLOB 51u /* length and "ssh-ed25519", length and 32 bytes */

struct signer {
    EVP_PKEY *key;
    unsigned char blob[SIGNER_BLOB]; /* the public half, as the protocol wants it */
};

/* From an unencrypted ed25519 key in OpenSSH form. -1: it is something else (another
   kind or form, damaged): libssh2 shall see to it. `out` is then untouched. */
int signer_load(const char *text, size_t length, struct signer *out);
void signer_clear(struct signer *signer);
#define auto_signer __attribute__((cleanup(signer_clear)))

/* For libssh2_userauth_publickey; *abstract is the signer. */
LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(signer_sign);

#endif
