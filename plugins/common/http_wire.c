/*
 * http_wire.c - what every connection needs, whoever opens it: an address that
 * may be spoken to, and no signal when the other side is gone. A refused address
 * looks like one that cannot be connected to: nothing was sent.
 */
#include "http_internal.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

/* A name that resolves to a metadata service or a link-local neighbour is
   somebody's trick; such an address must be refused before the connect. */
curl_socket_t http_open_socket(void *context, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    (void)context, (void)purpose;
    if (address->family == AF_INET) {
        const struct sockaddr_in *in = (const void *)&address->addr;
        if ((ntohl(in->sin_addr.s_addr) >> 16) == 0xa9fe)
            return CURL_SOCKET_BAD;
    } else if (address->family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)&address->addr;
        if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
            return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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
