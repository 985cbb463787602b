/*
 * keys.c - keys of the fleet, made once per directory and kept.
 *
 * One TLS certificate serves every address (clients pin its public key; another one is for
 * those that got a new one), one
 * SSH host key serves every appliance (known_hosts names it for each), and one
 * SSH key pair logs in everywhere. Secrets lie in DIR/secrets, mode 0600.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libssh/libssh.h>

#include "parts.h"

#define KEY_COLUMNS         70u
#define CERTIFICATE_SECONDS (3650L * 24 * 3600)

static void auto_pkey_fn(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
static void auto_x509_fn(X509 **certificate)
{
    X509_free(*certificate);
}
static void auto_bio_fn(BIO **bio)
{
    (void)BIO_free(*bio);
}
#define auto_pkey __attribute__((cleanup(auto_pkey_fn)))
#define auto_x509 __attribute__((cleanup(auto_x509_fn)))
#define auto_bio  __attribute__((cleanup(auto_bio_fn)))

static int write_secret(const char *path, const char *text)
{
    size_t length = strlen(text);
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : -1;
}

static char *bio_text(BIO *bio)
{
    char *data = NULL;
    long length = BIO_get_mem_data(bio, &data);
    return xstrndup(data, length > 0 ? (size_t)length : 0);
}

static int name_certificate(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)"slipway-lab", -1, -1, 0);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_SECONDS);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
                                                "DNS:localhost,IP:127.0.0.1");
    int rc = names && X509_add_ext(certificate, names, -1) &&
                     X509_set_pubkey(certificate, key) &&
                     X509_sign(certificate, key, EVP_sha256())
                 ? 0
                 : -1;
    X509_EXTENSION_free(names);
    return rc;
}

static int make_tls(const char *key_path, const char *certificate_path)
{
    auto_pkey EVP_PKEY *key = EVP_EC_gen("P-256");
    auto_x509 X509 *certificate = X509_new();
    auto_bio BIO *key_bio = BIO_new(BIO_s_mem());
    auto_bio BIO *certificate_bio = BIO_new(BIO_s_mem());
    if (!key || !certificate || !key_bio || !certificate_bio ||
        name_certificate(certificate, key) ||
        !PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_X509(certificate_bio, certificate))
        return -1;
    auto_free char *key_text = bio_text(key_bio);
    auto_free char *certificate_text = bio_text(certificate_bio);
    return write_secret(key_path, key_text) ||
                   write_secret(certificate_path, certificate_text)
               ? -1
               : 0;
}

/* curl's form of a pin: base64 of the SHA-256 of the public key's DER. */
static char *public_key_pin(const char *certificate_pem)
{
    auto_bio BIO *bio = BIO_new_mem_buf(certificate_pem, -1);
    auto_x509 X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    unsigned char *der = NULL;
    int length =
        certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : -1;
    if (length <= 0)
        return NULL;
    unsigned char digest[32], text[64];
    EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    EVP_EncodeBlock(text, digest, sizeof digest);
    return xasprintf("sha256//%s", text);
}

static char *read_whole(const char *path)
{
    return tree_read("", path, NULL);
}

static int read_pair(const struct lab *lab, const char *name, char **key_pem,
                     char **certificate_pem)
{
    auto_free char *key = xasprintf("%s/secrets/%s.key", lab->dir, name);
    auto_free char *certificate = xasprintf("%s/secrets/%s.crt", lab->dir, name);
    if ((access(key, R_OK) || access(certificate, R_OK)) && make_tls(key, certificate))
        return -1;
    *key_pem = read_whole(key);
    *certificate_pem = read_whole(certificate);
    return *key_pem && *certificate_pem ? 0 : -1;
}

static int prepare_tls(struct lab *lab)
{
    if (read_pair(lab, "tls", &lab->key_pem, &lab->certificate_pem) ||
        read_pair(lab, "tls-renewed", &lab->renewed_key_pem, &lab->renewed_pem))
        return -1;
    lab->pin = public_key_pin(lab->certificate_pem);
    return lab->pin ? 0 : -1;
}

/* The library writes the key as one long line of base64, which OpenSSH reads but
   libssh2 does not (its lines end at 128): break it as ssh-keygen does. */
static int wrap_key(const char *path)
{
    auto_free char *text = read_whole(path);
    auto_buf struct buf wrapped = {0};
    char *rest = text;
    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        for (size_t left = strlen(line); left > KEY_COLUMNS; left -= KEY_COLUMNS) {
            buf_add(&wrapped, line, KEY_COLUMNS);
            buf_addc(&wrapped, '\n');
            line += KEY_COLUMNS;
        }
        buf_addf(&wrapped, "%s\n", line);
    }
    return text ? write_secret(path, buf_text(&wrapped)) : -1;
}

/* Make an ed25519 pair at path and path.pub unless it is there; the public
   line ("ssh-ed25519 AAAA...") becomes the caller's. */
static int prepare_ssh_key(const char *path, char **out)
{
    ssh_key key = NULL;
    char *base64 = NULL;
    int rc = access(path, R_OK) == 0
                 ? ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key)
                 : ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key);
    if (rc == SSH_OK && access(path, R_OK)) {
        mode_t old = umask(077);
        rc = ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path);
        (void)umask(old);
        if (rc == SSH_OK && wrap_key(path))
            rc = SSH_ERROR;
    }
    if (rc == SSH_OK)
        rc = ssh_pki_export_pubkey_base64(key, &base64);
    if (rc == SSH_OK)
        *out = xasprintf("ssh-ed25519 %s", base64);
    ssh_string_free_char(base64);
    ssh_key_free(key);
    return rc == SSH_OK ? 0 : -1;
}

static int prepare_ssh(struct lab *lab)
{
    auto_free char *user = xasprintf("%s/secrets/id_ed25519", lab->dir);
    auto_free char *public_line = NULL;
    lab->host_key_file = xasprintf("%s/secrets/host_ed25519", lab->dir);
    lab->user_key_public_file = xasprintf("%s.pub", user);
    if (prepare_ssh_key(lab->host_key_file, &lab->host_key_public) ||
        prepare_ssh_key(user, &public_line))
        return -1;
    auto_free char *line = xasprintf("%s slipway-lab\n", public_line);
    return write_secret(lab->user_key_public_file, line);
}

const char *lab_password(void)
{
    const char *chosen = getenv("SLIPWAY_LAB_PASSWORD");
    return chosen && *chosen ? chosen : "Lab-Secret-1!";
}

static int prepare_passwords(const struct lab *lab)
{
    auto_free char *appliances = xasprintf("%s/secrets/appliances", lab->dir);
    auto_free char *managers = xasprintf("%s/secrets/managers", lab->dir);
    auto_free char *line = xasprintf("%s\n", LAB_PASSWORD);
    return write_secret(appliances, line) || write_secret(managers, line) ? -1 : 0;
}

int keys_prepare(struct lab *lab, struct slipway_error *err)
{
    auto_free char *secrets = xasprintf("%s/secrets", lab->dir);
    if (tree_make_dirs(secrets) || chmod(secrets, 0700) || prepare_passwords(lab))
        return slipway_error_set(err, -1, "%s: %s", secrets, strerror(errno));
    if (prepare_tls(lab) || prepare_ssh(lab))
        return slipway_error_set(
            err, -1,
            "%s: keys cannot be made or read; remove the directory and "
            "start again",
            secrets);
    return 0;
}
