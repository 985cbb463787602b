/*
 * key.h - is this private key one that libssh2 1.10 can use?
 */
#ifndef SSH_KEY_H
#define SSH_KEY_H

#include <stddef.h>

#include "slipway/error.h"

/*
 * 0 for an unencrypted ed25519 or ECDSA key (OpenSSH or PEM form). -1 with a
 * sentence that says what is wrong and the command that makes a right one: RSA
 * and DSA keys, encrypted keys, public keys, anything else. The sentence holds
 * nothing of the key.
 */
int key_check(const char *bytes, size_t length, struct slipway_error *err);

#endif
