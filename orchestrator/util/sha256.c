/* sha256.c - see sha256.h. */
#include "util/sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static void to_hex(const unsigned char *digest, char out[SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[64] = '\0';
}

void sha256_pair(const void *a, size_t a_length, const void *b, size_t b_length,
                 char out[SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(context, a, a_length) ||
        !EVP_DigestUpdate(context, b, b_length) ||
        !EVP_DigestFinal_ex(context, digest, NULL))
        abort(); /* only without memory or without SHA-256: nothing works then */
    EVP_MD_CTX_free(context);
    to_hex(digest, out);
}

void sha256_hex(const void *bytes, size_t length, char out[SHA256_HEX])
{
    sha256_pair("", 0, bytes, length, out);
}

void sha256_chain(const char *previous, const void *bytes, size_t length,
                  char out[SHA256_HEX])
{
    sha256_pair(previous, strlen(previous) + 1, bytes, length, out);
}
