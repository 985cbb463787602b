/*
 * test_signer.c - a key that slipway takes apart itself: what it signs is what the
 * public half verifies, and no damage makes it sign for somebody else.
 */
#include "ssh_fixture.h"

#include "ssh/signer.h"

/* A new key of this type, as ssh-keygen writes it. The caller's. */
static char *generated(const char *type, const char *passphrase)
{
    char dir[] = "/tmp/slipway-signer-XXXXXX";
    assert_non_null(mkdtemp(dir));
    auto_free char *path = xasprintf("%s/key", dir);
    auto_free char *log = xasprintf("%s/log", dir);
    const char *const argv[] = {"ssh-keygen", "-q", "-t", type, "-N",
                                passphrase,   "-f", path, NULL};
    assert_int_equal(sshd_peer_run(log, argv), 0);
    char *text = sshd_peer_read(path);
    const char *const remove[] = {"rm", "-rf", dir, NULL};
    (void)sshd_peer_run("/dev/null", remove);
    return text;
}

static bool verifies(struct signer *signer)
{
    static const unsigned char message[] = "who is there";
    unsigned char *signature = NULL;
    size_t length = 0;
    void *abstract = signer;
    assert_int_equal(
        signer_sign(NULL, &signature, &length, message, sizeof message, &abstract), 0);
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                   signer->blob + SIGNER_BLOB - 32, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        public && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
        EVP_DigestVerify(context, signature, length, message, sizeof message) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public);
    free(signature);
    return good;
}

static void it_signs_for_the_public_half(void **state)
{
    (void)state;
    auto_free char *key = generated("ed25519", "");
    auto_signer struct signer signer = {0};
    assert_int_equal(signer_load(key, strlen(key), &signer), 0);
    assert_memory_equal(signer.blob, "\0\0\0\vssh-ed25519\0\0\0 ", 19);
    assert_true(verifies(&signer));
}

static void other_keys_are_left_to_libssh2(void **state)
{
    (void)state;
    static const char *const others[][2] = {
        {"ecdsa", ""}, {"rsa", ""}, {"ed25519", "word"}};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        auto_free char *key = generated(others[i][0], others[i][1]);
        struct signer signer = {0};
        assert_int_equal(signer_load(key, strlen(key), &signer), -1);
        assert_null(signer.key);
    }
    struct signer signer = {0};
    assert_int_equal(signer_load("", 0, &signer), -1);
    assert_int_equal(signer_load("-----BEGIN PRIVATE KEY-----\n", 28, &signer), -1);
}

static void damage_is_found_out(void **state)
{
    (void)state;
    auto_free char *key = generated("ed25519", "");
    size_t length = strlen(key), refused = 0;
    for (size_t i = 0; i < length; i++) {
        auto_signer struct signer signer = {0};
        char kept = key[i];
        key[i] = kept == 'A' ? 'B' : 'A';
        if (signer_load(key, length, &signer) == 0)
            assert_true(verifies(&signer)); /* it was in the comment */
        else
            refused++;
        key[i] = kept;
    }
    assert_true(refused > length / 2);
    for (size_t cut = 0; cut < length - 30; cut++) {
        auto_free char *part = xstrndup(key, cut); /* so that a sanitizer sees */
        struct signer signer = {0};
        assert_int_equal(signer_load(part, cut, &signer), -1);
    }
}

int main(void)
{
    const char *const argv[] = {"ssh-keygen", "-?", NULL};
    if (sshd_peer_run("/dev/null", argv) == -1) {
        (void)fprintf(stderr, "SKIPPED: ssh-keygen is not installed\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_signs_for_the_public_half),
        cmocka_unit_test(other_keys_are_left_to_libssh2),
        cmocka_unit_test(damage_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
