/*
 * resolve.h - host name to addresses, with a deadline.
 */
#ifndef SSH_RESOLVE_H
#define SSH_RESOLVE_H

#include <netdb.h>

#include "slipway/plugin.h"

/*
 * Resolve host and port for TCP. A literal address costs nothing. 0 and *out
 * (free with freeaddrinfo), or -1 with a sentence; ends by the call's deadline
 * and on a cancel even if the name servers are silent.
 */
int resolve_host(struct slipway_call *call, const char *host, int port,
                 struct addrinfo **out, struct slipway_error *err);

#endif
