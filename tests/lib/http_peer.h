/*
 * http_peer.h - a scripted HTTP(S) server for tests: it speaks raw bytes, so it
 * can lie in every way a real peer can. Header-only; needs libssl.
 *
 *     static void answer(struct peer_link *link, const struct peer_ask *ask)
 *     {
 *         peer_reply(link, 200, "application/json", "{\"ok\":true}");
 *     }
 *     struct peer *peer = peer_start(PEER_TLS, answer, my_context);
 *     ... peer->url, peer->pin, peer->ca_file ...
 *     assert_int_equal(peer_count(peer), 1);   // whole requests that arrived
 *     peer_stop(peer);
 *
 * One thread per connection. The handler runs on that thread; it may keep the
 * connection (return), or end it (peer_hang_up).
 *
 * peer_cut(peer, 3, 17, false): of the answer to the third request from now on only the
 * first 17 bytes are sent, then the connection ends; with `reset` it is reset. The same
 * request sent again meets the same fate.
 */
#ifndef TEST_HTTP_PEER_H
#define TEST_HTTP_PEER_H

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define PEER_LINK_MAX 128 /* connections over a peer's life */
#define PEER_HEAD_MAX (1024u * 1024u)
#define PEER_BODY_MAX (8u * 1024u * 1024u)

enum peer_mode { PEER_PLAIN, PEER_TLS };

struct peer_ask { /* one request as it arrived */
    char method[16];
    char path[1024];
    const char *head; /* request line and headers */
    const char *body;
    size_t body_length;
};

struct peer;

struct peer_link {
    struct peer *peer;
    int fd;
    SSL *ssl;
    bool over, reset;
    bool cut; /* of this answer only `left` more bytes go out */
    size_t left;
    struct buf in;
};

typedef void (*peer_handler)(struct peer_link *link, const struct peer_ask *ask);

struct peer {
    void *context; /* the test's */
    char url[64];  /* "https://127.0.0.1:PORT", no slash at the end */
    int port;
    char pin[64];     /* "sha256//..." of its key ("" if plain) */
    char ca_file[96]; /* PEM of its certificate */

    /* private */
    char folder[64];
    peer_handler handler;
    int listener;
    SSL_CTX *tls;
    pthread_t acceptor;
    pthread_mutex_t lock;
    struct peer_link links[PEER_LINK_MAX];
    pthread_t threads[PEER_LINK_MAX];
    atomic_uint link_count, asked;
    unsigned cut_at;  /* the request whose answer is cut; 0: none. Under the lock, as */
    size_t cut_after; /* the next two */
    bool cut_reset;
    char *cut_ask;       /* "METHOD PATH LENGTH" of the one that was cut */
    atomic_bool was_cut; /* an answer lost a byte at least, since peer_cut() */
    atomic_bool stopping;
    struct buf log; /* "METHOD PATH" and headers of every request */
};

/* --- identity -------------------------------------------------------------- */

static inline void peer_pin_of(EVP_PKEY *key, char pin[64])
{
    unsigned char *der = NULL, hash[32], base64[64];
    int length = i2d_PUBKEY(key, &der);
    (void)EVP_Digest(der, (size_t)length, hash, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    (void)EVP_EncodeBlock(base64, hash, sizeof hash);
    (void)snprintf(pin, 64, "sha256//%.44s", (char *)base64);
}

static inline X509 *peer_certificate(EVP_PKEY *key, const char *alternative_name)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    (void)X509_set_version(cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     (const unsigned char *)"test peer", -1, -1, 0);
    (void)X509_set_issuer_name(cert, name);
    (void)X509_set_pubkey(cert, key);
    const int nids[] = {NID_basic_constraints, NID_subject_alt_name};
    const char *values[] = {"critical,CA:TRUE", alternative_name};
    for (size_t i = 0; i < ARRAY_LENGTH(nids); i++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nids[i], values[i]);
        (void)X509_add_ext(cert, extension, -1);
        X509_EXTENSION_free(extension);
    }
    (void)X509_sign(cert, key, EVP_sha256());
    return cert;
}

static inline void peer_identity(struct peer *peer, const char *alternative_name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = peer_certificate(key, alternative_name);
    peer->tls = SSL_CTX_new(TLS_server_method());
    (void)SSL_CTX_use_certificate(peer->tls, cert);
    (void)SSL_CTX_use_PrivateKey(peer->tls, key);
    peer_pin_of(key, peer->pin);
    (void)snprintf(peer->ca_file, sizeof peer->ca_file, "%s/ca.pem", peer->folder);
    auto_file FILE *file = fopen(peer->ca_file, "we");
    (void)PEM_write_X509(file, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* --- bytes ----------------------------------------------------------------- */

static inline long peer_send(struct peer_link *link, const void *bytes, size_t length)
{
    if (link->cut) {
        link->over = true;
        if (length > link->left) {
            atomic_store(&link->peer->was_cut, true);
            link->reset = link->peer->cut_reset;
        }
        length = length < link->left ? length : link->left;
        link->left -= length;
        if (!length)
            return -1;
    }
    if (link->ssl)
        return SSL_write(link->ssl, bytes, (int)length) > 0 ? (long)length : -1;
    const char *p = bytes;
    for (size_t sent = 0; sent < length;) {
        ssize_t n = send(link->fd, p + sent, length - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return -1;
        sent += (size_t)n;
    }
    return (long)length;
}

static inline long peer_sends(struct peer_link *link, const char *text)
{
    return peer_send(link, text, strlen(text));
}

static inline void peer_hang_up(struct peer_link *link)
{
    link->over = true;
}

/* A well-behaved answer; more headers ("A: b\r\n") through peer_reply_with. */
static inline void peer_reply_with(struct peer_link *link, int status, const char *type,
                                   const char *headers, const char *body)
{
    auto_buf struct buf out = {0};
    buf_addf(
        &out,
        "HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
        status, type, headers, strlen(body), body);
    (void)peer_send(link, out.data, out.length);
}

static inline void peer_reply(struct peer_link *link, int status, const char *type,
                              const char *body)
{
    peer_reply_with(link, status, type, "", body);
}

static inline bool peer_fill(struct peer_link *link)
{
    char chunk[16384];
    long n = link->ssl ? SSL_read(link->ssl, chunk, sizeof chunk)
                       : recv(link->fd, chunk, sizeof chunk, 0);
    if (n <= 0)
        return false;
    buf_add(&link->in, chunk, (size_t)n);
    return true;
}

/* Wait until the client closes or sends something more. */
static inline void peer_wait_for_close(struct peer_link *link)
{
    (void)peer_fill(link);
    link->over = true;
}

static inline size_t peer_length_of(const char *head)
{
    const char *line = strcasestr(head, "\r\nContent-Length:");
    return line ? strtoul(line + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

/* Value of a request header; false if it is absent. */
static inline bool peer_header(const struct peer_ask *ask, const char *name, char *out,
                               size_t size)
{
    auto_free char *mark = xasprintf("\r\n%s: ", name);
    const char *line = strcasestr(ask->head, mark);
    if (!line)
        return false;
    line += strlen(mark);
    (void)snprintf(out, size, "%.*s", (int)strcspn(line, "\r\n"), line);
    return true;
}

/* Read one whole request; false when the client is gone. */
static inline bool peer_read(struct peer_link *link, struct peer_ask *ask, char **head)
{
    const char *end;
    while (!(end = strstr(buf_text(&link->in), "\r\n\r\n")))
        if (link->in.length > PEER_HEAD_MAX || !peer_fill(link))
            return false;
    size_t head_length = (size_t)(end - link->in.data) + 4;
    *head = xstrndup(link->in.data, head_length);
    *ask = (struct peer_ask){.head = *head, .body_length = peer_length_of(*head)};
    if (ask->body_length > PEER_BODY_MAX)
        return false;
    while (link->in.length < head_length + ask->body_length)
        if (!peer_fill(link))
            return false;
    (void)sscanf(*head, "%15s %1023s", ask->method, ask->path);
    ask->body = link->in.data + head_length;
    return true;
}

/* --- threads --------------------------------------------------------------- */

static inline bool peer_is_cut(struct peer *peer, const struct peer_ask *ask,
                               unsigned number)
{
    auto_free char *mine =
        xasprintf("%s %s %zu", ask->method, ask->path, ask->body_length);
    if (peer->cut_at && number == peer->cut_at)
        xreplace(&peer->cut_ask, mine);
    return peer->cut_at && number >= peer->cut_at && !strcmp(mine, peer->cut_ask);
}

static inline void peer_note(struct peer_link *link, const struct peer_ask *ask)
{
    struct peer *peer = link->peer;
    (void)pthread_mutex_lock(&peer->lock);
    buf_addf(&peer->log, "%s\n", ask->head);
    link->cut = peer_is_cut(peer, ask, atomic_fetch_add(&peer->asked, 1) + 1);
    link->left = peer->cut_after;
    (void)pthread_mutex_unlock(&peer->lock);
}

static inline void peer_cut(struct peer *peer, unsigned from_now, size_t after,
                            bool reset)
{
    (void)pthread_mutex_lock(&peer->lock);
    peer->cut_at = from_now ? atomic_load(&peer->asked) + from_now : 0;
    peer->cut_after = after;
    peer->cut_reset = reset;
    atomic_store(&peer->was_cut, false);
    (void)pthread_mutex_unlock(&peer->lock);
}

/* From now on every answer is whole. */
static inline void peer_heal(struct peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    peer->cut_at = 0;
    (void)pthread_mutex_unlock(&peer->lock);
}

static inline void peer_reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    /* disconnecting a socket that does not linger sends a reset at once */
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    (void)connect(fd, &nobody, sizeof nobody);
}

static inline void *peer_serve(void *argument)
{
    struct peer_link *link = argument;
    struct peer *peer = link->peer;
    bool up = true;
    if (peer->tls) {
        link->ssl = SSL_new(peer->tls);
        (void)SSL_set_fd(link->ssl, link->fd);
        up = SSL_accept(link->ssl) == 1;
    }
    while (up && !link->over && !atomic_load(&peer->stopping)) {
        auto_free char *head = NULL;
        struct peer_ask ask;
        if (!peer_read(link, &ask, &head))
            break;
        peer_note(link, &ask);
        size_t used = strlen(head) + ask.body_length;
        peer->handler(link, &ask);
        memmove(link->in.data, link->in.data + used, link->in.length - used + 1);
        link->in.length -= used;
    }
    if (link->reset)
        peer_reset(link->fd);
    else if (up && link->ssl)
        (void)SSL_shutdown(link->ssl);
    SSL_free(link->ssl);
    buf_free(&link->in);
    (void)shutdown(link->fd, SHUT_RDWR);
    return NULL;
}

static inline void *peer_accept(void *argument)
{
    struct peer *peer = argument;
    for (;;) {
        int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
        unsigned at = atomic_load(&peer->link_count);
        if (fd < 0 || atomic_load(&peer->stopping) || at == PEER_LINK_MAX) {
            if (fd >= 0)
                (void)close(fd);
            return NULL;
        }
        peer->links[at] = (struct peer_link){.peer = peer, .fd = fd};
        (void)pthread_create(&peer->threads[at], NULL, peer_serve, &peer->links[at]);
        atomic_store(&peer->link_count, at + 1);
    }
}

static inline int peer_listen(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, 64))
        abort();
    (void)getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

/* The certificate names `alternative_name`, e.g. "IP:127.0.0.1". */
static inline struct peer *peer_start_as(enum peer_mode mode,
                                         const char *alternative_name,
                                         peer_handler handler, void *context)
{
    struct peer *peer = xcalloc(1, sizeof *peer);
    (void)signal(SIGPIPE, SIG_IGN);
    peer->handler = handler;
    peer->context = context;
    (void)snprintf(peer->folder, sizeof peer->folder, "%s", "/tmp/slipway-peer-XXXXXX");
    if (!mkdtemp(peer->folder))
        abort();
    if (mode == PEER_TLS)
        peer_identity(peer, alternative_name);
    (void)pthread_mutex_init(&peer->lock, NULL);
    peer->listener = peer_listen(&peer->port);
    (void)snprintf(peer->url, sizeof peer->url, "%s://127.0.0.1:%d",
                   mode == PEER_TLS ? "https" : "http", peer->port);
    (void)pthread_create(&peer->acceptor, NULL, peer_accept, peer);
    return peer;
}

static inline struct peer *peer_start(enum peer_mode mode, peer_handler handler,
                                      void *context)
{
    return peer_start_as(mode, "IP:127.0.0.1", handler, context);
}

/* Whole requests that arrived. */
static inline unsigned peer_count(struct peer *peer)
{
    return atomic_load(&peer->asked);
}

static inline unsigned peer_connections(struct peer *peer)
{
    return atomic_load(&peer->link_count);
}

/* True if any request, line or header, held this text. */
static inline bool peer_saw(struct peer *peer, const char *text)
{
    (void)pthread_mutex_lock(&peer->lock);
    bool saw = strstr(buf_text(&peer->log), text) != NULL;
    (void)pthread_mutex_unlock(&peer->lock);
    return saw;
}

static inline void peer_stop(struct peer *peer)
{
    atomic_store(&peer->stopping, true);
    (void)shutdown(peer->listener, SHUT_RDWR);
    (void)pthread_join(peer->acceptor, NULL);
    for (unsigned i = 0; i < atomic_load(&peer->link_count); i++) {
        (void)shutdown(peer->links[i].fd, SHUT_RDWR);
        (void)pthread_join(peer->threads[i], NULL);
        (void)close(peer->links[i].fd);
    }
    (void)close(peer->listener);
    SSL_CTX_free(peer->tls);
    buf_free(&peer->log);
    free(peer->cut_ask);
    (void)unlink(peer->ca_file);
    (void)rmdir(peer->folder);
    (void)pthread_mutex_destroy(&peer->lock);
    free(peer);
}

#endif
