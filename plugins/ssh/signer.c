/*
 * signer.c - see signer.h. The form is PROTOCOL.key of OpenSSH: "openssh-key-v1",
 * cipher, kdf, options, number of keys, public key, then the private part: a check
 * number twice, the type, the public half, seed and public half, a comment.
 *
 * Every length is checked, the public half in the private part must be the one that
 * belongs to the seed, and every buffer that held the seed is wiped.
 */
#include "ssh/signer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/blob.h"
#include "util/auto.h"

#define SEED 32u

static const char TYPE[] = "ssh-ed25519";

struct slice {
    const unsigned char *bytes;
    size_t length;
};

static bool take(struct blob_reader *reader, struct slice *out)
{
    return blob_string(reader, &out->bytes, &out->length) == 0;
}

static bool is_text(const struct slice *slice, const char *text)
{
    return slice->length == strlen(text) &&
           memcmp(slice->bytes, text, slice->length) == 0;
}

/* The private part up to the seed; the comment and the padding do not matter. */
static bool take_private(const struct slice *part, struct slice *seed_and_public)
{
    struct blob_reader reader = {part->bytes, part->length};
    uint32_t check, again;
    struct slice type, public;
    return blob_number(&reader, &check) == 0 && blob_number(&reader, &again) == 0 &&
           check == again && take(&reader, &type) && is_text(&type, TYPE) &&
           take(&reader, &public) && public.length == SEED &&
           take(&reader, seed_and_public) && seed_and_public->length == 2 * SEED &&
           memcmp(seed_and_public->bytes + SEED, public.bytes, SEED) == 0;
}

static bool take_key(const unsigned char *bytes, size_t length, struct slice *public,
                     struct slice *seed)
{
    static const char magic[] = "openssh-key-v1";
    if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    struct blob_reader reader = {bytes + sizeof magic, length - sizeof magic};
    struct slice cipher, kdf, options, private;
    uint32_t keys;
    return take(&reader, &cipher) && is_text(&cipher, "none") && take(&reader, &kdf) &&
           take(&reader, &options) && blob_number(&reader, &keys) == 0 && keys == 1 &&
           take(&reader, public) && public->length == SIGNER_BLOB &&
           take(&reader, &private) && take_private(&private, seed) &&
           memcmp(public->bytes + SIGNER_BLOB - SEED, seed->bytes + SEED, SEED) == 0;
}

static unsigned char *decode(const char *text, size_t length, size_t *decoded)
{
    static const char head[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
    static const char foot[] = "-----END OPENSSH PRIVATE KEY-----";
    const char *start = memmem(text, length, head, strlen(head));
    if (!start)
        return NULL;
    start += strlen(head);
    const char *end = memmem(start, length - (size_t)(start - text), foot, strlen(foot));
    return end ? blob_from_base64(start, (size_t)(end - start), decoded) : NULL;
}

/* A public half that is not the seed's would sign for nobody. */
static bool belongs(EVP_PKEY *key, const unsigned char *public)
{
    unsigned char own[SEED];
    size_t length = sizeof own;
    return EVP_PKEY_get_raw_public_key(key, own, &length) == 1 && length == SEED &&
           memcmp(own, public, SEED) == 0;
}

int signer_load(const char *text, size_t length, struct signer *out)
{
    size_t decoded_length = 0;
    struct slice public, seed;
    struct signer signer = {0};
    auto_free unsigned char *decoded = decode(text, length, &decoded_length);
    if (decoded && take_key(decoded, decoded_length, &public, &seed)) {
        signer.key =
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.bytes, SEED);
        memcpy(signer.blob, public.bytes, SIGNER_BLOB);
    }
    if (decoded)
        explicit_bzero(decoded, decoded_length);
    if (signer.key && belongs(signer.key, signer.blob + SIGNER_BLOB - SEED)) {
        *out = signer;
        return 0;
    }
    signer_clear(&signer);
    return -1;
}

void signer_clear(struct signer *signer)
{
    EVP_PKEY_free(signer->key); /* wipes the seed */
    signer->key = NULL;
}

/* libssh2 frees the signature with the session's own function, which is free(). */
int signer_sign(LIBSSH2_SESSION *session, unsigned char **sig, size_t *sig_len,
                const unsigned char *data, size_t data_len, void **abstract)
{
    const struct signer *signer = *abstract;
    size_t length = 64;
    auto_free unsigned char *signature = malloc(length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    (void)session;
    bool made = signature && context &&
                EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1 &&
                EVP_DigestSign(context, signature, &length, data, data_len) == 1;
    EVP_MD_CTX_free(context);
    if (!made)
        return -1;
    *sig = steal_ptr(&signature);
    *sig_len = length;
    return 0;
}
