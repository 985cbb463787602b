/*
 * key.c - see key.h.
 *
 * Asked before libssh2 sees the key, because its own answers mislead: an RSA key
 * is "combination invalid" (it signs with SHA-1 only, which no current server
 * takes), and an encrypted PEM key would make OpenSSL ask on the terminal.
 */
#include "ssh/key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/blob.h"
#include "ssh/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define MAKE_ONE "make one with: ssh-keygen -t ed25519 -N '' -f FILE"

static int refuse_rsa(struct slipway_error *err)
{
    return slipway_error_set(
        err, -1,
        "the private key is RSA or DSA: libssh2 1.10 signs those with SHA-1 only, which "
        "current servers refuse; " MAKE_ONE " and add FILE.pub to authorized_keys");
}

static int refuse_encrypted(struct slipway_error *err)
{
    return slipway_error_set(
        err, -1,
        "the private key is encrypted: nobody is there to type its passphrase; take it "
        "off with: ssh-keygen -p -N '' -f FILE, and protect the file instead");
}

static int refuse_damaged(struct slipway_error *err)
{
    return slipway_error_set(err, -1,
                             "the private key cannot be read (damaged, or no private "
                             "key at all): " MAKE_ONE);
}

static bool string_is(const unsigned char *bytes, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

/* The inside of "BEGIN OPENSSH PRIVATE KEY": magic, cipher, kdf, its options,
   number of keys, the public key. The secret part is not looked at. */
static int check_openssh(const unsigned char *bytes, size_t length,
                         struct slipway_error *err)
{
    static const char magic[] = "openssh-key-v1";
    if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return refuse_damaged(err);
    struct blob_reader reader = {bytes + sizeof magic, length - sizeof magic};
    const unsigned char *cipher, *kdf, *options, *public, *type;
    size_t cipher_length, length_ignored, public_length, type_length;
    uint32_t keys;
    if (blob_string(&reader, &cipher, &cipher_length) != 0 ||
        blob_string(&reader, &kdf, &length_ignored) != 0 ||
        blob_string(&reader, &options, &length_ignored) != 0 ||
        blob_number(&reader, &keys) != 0 || keys != 1 ||
        blob_string(&reader, &public, &public_length) != 0)
        return refuse_damaged(err);
    struct blob_reader inner = {public, public_length};
    if (blob_string(&inner, &type, &type_length) != 0)
        return refuse_damaged(err);
    if (string_is(type, type_length, "ssh-rsa") ||
        string_is(type, type_length, "ssh-dss"))
        return refuse_rsa(err);
    if (!string_is(cipher, cipher_length, "none"))
        return refuse_encrypted(err);
    return 0;
}

static void wipe_free(unsigned char **bytes, size_t length)
{
    if (*bytes)
        explicit_bzero(*bytes, length);
    free(*bytes);
    *bytes = NULL;
}

/* Never ask anybody: an encrypted key fails instead. */
static int no_passphrase(char *buffer, int size, int writing, void *data)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)data;
    return -1;
}

static int check_pem(const char *text, size_t length, struct slipway_error *err)
{
    if (memmem(text, length, "ENCRYPTED", strlen("ENCRYPTED")))
        return refuse_encrypted(err);
    BIO *bio = BIO_new_mem_buf(text, (int)length);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    int kind = key ? EVP_PKEY_base_id(key) : EVP_PKEY_NONE;
    EVP_PKEY_free(key);
    (void)BIO_free(bio);
    if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_DSA)
        return refuse_rsa(err);
    if (kind != EVP_PKEY_EC && kind != EVP_PKEY_ED25519)
        return refuse_damaged(err);
    return 0;
}

int key_check(const char *bytes, size_t length, struct slipway_error *err)
{
    static const char head[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
    static const char foot[] = "-----END OPENSSH PRIVATE KEY-----";
    if (length > SSH_KEY_BYTES)
        return slipway_error_set(err, -1, "the private key is longer than %u bytes",
                                 SSH_KEY_BYTES);
    const char *start = memmem(bytes, length, head, strlen(head));
    if (!start)
        return check_pem(bytes, length, err);
    start += strlen(head);
    const char *end = memmem(start, length - (size_t)(start - bytes), foot, strlen(foot));
    size_t decoded_length = 0;
    unsigned char *decoded =
        end ? blob_from_base64(start, (size_t)(end - start), &decoded_length) : NULL;
    if (!decoded)
        return refuse_damaged(err);
    int usable = check_openssh(decoded, decoded_length, err);
    wipe_free(&decoded, decoded_length);
    return usable;
}
