/*
 * connect.h - a TCP connection that notices when its peer is gone.
 */
#ifndef SSH_CONNECT_H
#define SSH_CONNECT_H

#include "slipway/plugin.h"

/*
 * Connect to host:port. Gives a non-blocking socket (the caller's), or -1 with
 * a sentence: name unknown, refused, no route, no answer, deadline, cancelled.
 * Nothing was sent in any of these cases.
 */
int connect_tcp(struct slipway_call *call, const char *host, int port,
                struct slipway_error *err);

/* Ask for immediate acknowledgements. The kernel forgets it, so it is asked
   again after each receive: without it a handshake takes twice as long. */
void connect_quick_ack(int fd);

#endif
