/*
 * resolve.h - names to addresses and back, given up in time.
 *
 * The C library's lookups cannot be given up, and silent name servers hold them for half a
 * minute. Each of these ends after `wait_ms`, by the call's deadline and on a cancel.
 */
#ifndef COMMON_RESOLVE_H
#define COMMON_RESOLVE_H

#include <netdb.h>

#include "slipway/plugin.h"

#define RESOLVE_HOST_MAX 255u
/* Lookups without an answer, those that nobody waits for any more included. */
#define RESOLVE_AT_ONCE 128u

enum resolved {
    RESOLVED,           /* 0 */
    RESOLVED_NOBODY,    /* the name servers do not know, or say that they failed */
    RESOLVED_NO_ANSWER, /* in time; or no lookup could be begun */
};

/* Host and port (0: none) for TCP; *out: free with freeaddrinfo. A literal address costs
   nothing. Anything but RESOLVED comes with a sentence, and leaves *out alone. */
enum resolved resolve_host(struct slipway_call *call, const char *host, int port,
                           int wait_ms, struct addrinfo **out, struct slipway_error *err);

/* The name of an address. */
enum resolved resolve_name(struct slipway_call *call, const struct addrinfo *address,
                           int wait_ms, char out[NI_MAXHOST]);

#endif
