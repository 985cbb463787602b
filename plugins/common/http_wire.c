/*
 * http_wire.c - what every connection needs, whoever opens it: an address that
 * may be spoken to, a thread that neither the peer's TLS nor silent name servers
 * keep, and no signal when the other side is gone. A refused address looks like
 * one that cannot be connected to: nothing was sent. A lookup that is given up
 * ends by itself later, in a thread of libcurl's.
 */
#include "http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static bool link_local_v4(uint32_t address)
{
    return address >> 16 == 0xa9fe;
}

/* An IPv4 address in the clothes of an IPv6 one is reached as the former. */
static bool link_local(const struct curl_sockaddr *address)
{
    if (address->family == AF_INET) {
        const struct sockaddr_in *in = (const void *)&address->addr;
        return link_local_v4(ntohl(in->sin_addr.s_addr));
    }
    if (address->family != AF_INET6)
        return false;
    const struct in6_addr *in6 =
        &((const struct sockaddr_in6 *)(const void *)&address->addr)->sin6_addr;
    uint32_t last;
    memcpy(&last, in6->s6_addr + 12, sizeof last);
    return IN6_IS_ADDR_LINKLOCAL(in6) ||
           (IN6_IS_ADDR_V4MAPPED(in6) && link_local_v4(ntohl(last)));
}

/* A name that resolves to a metadata service or a link-local neighbour is
   somebody's trick; such an address must be refused before the connect. */
curl_socket_t http_open_socket(void *context, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    int *no_socket = context;
    (void)purpose;
    if (link_local(address)) {
        if (no_socket)
            *no_socket = EADDRNOTAVAIL;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0 && no_socket)
        *no_socket = errno;
    return fd;
}

/* Left alone, one read goes on for as long as messages come that are no data (new keys,
   tickets): neither deadline nor cancellation would be seen under a flood of them. And a
   peer could begin again amid a connection, with a key that nobody compares to the pin. */
static CURLcode restrict_tls(CURL *curl, void *tls, void *context)
{
    (void)curl, (void)context;
    (void)SSL_CTX_clear_mode(tls, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    return CURLE_OK;
}

void http_keep_control(CURL *curl)
{
    (void)curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, restrict_tls);
#if LIBCURL_VERSION_NUM >= 0x075700 /* before 7.87 it waits for the name servers */
    (void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/* A write to a connection that the peer closed raises SIGPIPE inside OpenSSL. */
CURLcode http_perform_quietly(CURL *curl)
{
    sigset_t pipe_set, old;
    const struct timespec now = {0};
    (void)sigemptyset(&pipe_set);
    (void)sigaddset(&pipe_set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    CURLcode code = curl_easy_perform(curl);
    if (!sigismember(&old, SIGPIPE)) {
        while (sigtimedwait(&pipe_set, NULL, &now) == SIGPIPE)
            continue;
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    return code;
}
