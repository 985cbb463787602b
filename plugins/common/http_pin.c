/*
 * http_pin.c - which certificate does a peer show, which key, and until when?
 *
 * Connects, shakes hands, sends nothing, and looks at the certificate that was shown. The answer is a fact about whoever listens there now, so it
 * may be printed for a human to compare, and is never trusted by itself.
 */
#include "http_internal.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "util/text.h"

static void curl_free_fn(CURL **curl)
{
    curl_easy_cleanup(*curl);
}
#define auto_curl_handle __attribute__((cleanup(curl_free_fn)))

static int pin_of_certificate(X509 *certificate, char pin[HTTP_PIN_SIZE])
{
    unsigned char *der = NULL, hash[32], base64[48];
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length <= 0)
        return -1;
    int hashed = EVP_Digest(der, (size_t)length, hash, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    if (hashed != 1)
        return -1;
    (void)EVP_EncodeBlock(base64, hash, sizeof hash);
    (void)snprintf(pin, HTTP_PIN_SIZE, "sha256//%.44s", (const char *)base64);
    return 0;
}

static int thumbprint_of(X509 *certificate, char out[HTTP_THUMBPRINT_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (X509_digest(certificate, EVP_sha1(), hash, &length) != 1 || length != 20)
        return -1;
    text_colon_hex(hash, length, out);
    return 0;
}

static int end_of(X509 *certificate, int64_t *out_ms)
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm))
        return -1;
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}

static int read_pem(const char *pem, struct http_peer *out)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    int result = certificate && !pin_of_certificate(certificate, out->pin) &&
                         !thumbprint_of(certificate, out->thumbprint) &&
                         !end_of(certificate, &out->expires_ms)
                     ? 0
                     : -1;
    X509_free(certificate);
    BIO_free(bio);
    return result;
}

/* libcurl lists the chain as "Name:value" lines; the first is the peer's own. */
static int read_peer(CURL *curl, struct http_peer *out)
{
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) || !chain ||
        chain->num_of_certs < 1)
        return -1;
    for (const struct curl_slist *line = chain->certinfo[0]; line; line = line->next)
        if (!strncmp(line->data, "Cert:", 5))
            return read_pem(line->data + 5, out);
    return -1;
}

static void shake_hands_only(CURL *curl, const char *url, int timeout_ms)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    http_keep_control(curl);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, http_open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
}

int http_peer_look(const char *url, int timeout_ms, struct http_peer *out,
                   struct slipway_error *err)
{
    char origin[HTTP_ORIGIN_MAX], clean[CURL_ERROR_SIZE * 2], why[CURL_ERROR_SIZE] = "";
    auto_curl_handle CURL *curl = curl_easy_init();
    (void)http_origin(url, origin, sizeof origin);
    if (!curl)
        return slipway_error_set(err, -1, "%s: out of memory", origin);
    shake_hands_only(curl, url, timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    CURLcode code = http_perform_quietly(curl);
    struct http_peer peer = {.expires_ms = 0};
    if (code == CURLE_OK && !read_peer(curl, &peer)) {
        *out = peer;
        return 0;
    }
    const char *reason = why[0] ? why
                         : code ? curl_easy_strerror(code)
                                : "it shows no key";
    return slipway_error_set(err, -1, "%s: its key cannot be learned: %s", origin,
                             text_clean(reason, clean, sizeof clean));
}

int http_peer_pin(const char *url, int timeout_ms, char pin[HTTP_PIN_SIZE],
                  struct slipway_error *err)
{
    struct http_peer peer;
    if (http_peer_look(url, timeout_ms, &peer, err))
        return -1;
    memcpy(pin, peer.pin, HTTP_PIN_SIZE);
    return 0;
}
