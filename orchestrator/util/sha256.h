/*
 * sha256.h - SHA-256 of bytes as lower-case hex, through libcrypto.
 */
#ifndef UTIL_SHA256_H
#define UTIL_SHA256_H

#include <stddef.h>

#define SHA256_HEX 65 /* 64 digits and NUL */

void sha256_hex(const void *bytes, size_t length, char out[SHA256_HEX]);

/* Of `a` followed by `b`. */
void sha256_pair(const void *a, size_t a_length, const void *b, size_t b_length,
                 char out[SHA256_HEX]);

/* For a chain: hash of `previous` (hex text) followed by a NUL and `bytes`. */
void sha256_chain(const char *previous, const void *bytes, size_t length,
                  char out[SHA256_HEX]);

#endif
