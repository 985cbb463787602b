/*
 * state.c - see state.h.
 *
 * libssh2_init() is not safe against itself, so it is called when a plugin is opened,
 * before any thread uses one; the library counts how often.
 */
#include "ssh/state.h"

#include <stdlib.h>

#include "ssh/limits.h"
#include "util/xalloc.h"

int ssh_state_open(const struct slipway_host *host, void **state,
                   struct slipway_error *err)
{
    (void)host;
    if (libssh2_init(0) != 0)
        return slipway_error_set(err, -1, "libssh2 cannot be initialised");
    struct ssh_state *made = xcalloc(1, sizeof *made);
    pool_init(&made->pool);
    gate_init(&made->handshakes, SSH_HANDSHAKES_AT_ONCE);
    silence_init(&made->silence);
    refused_init(&made->refused);
    *state = made;
    return 0;
}

void ssh_state_close(void *state)
{
    struct ssh_state *made = state;
    if (!made)
        return;
    pool_destroy(&made->pool);
    gate_destroy(&made->handshakes);
    silence_destroy(&made->silence);
    refused_destroy(&made->refused);
    free(made);
    libssh2_exit();
}

void ssh_state_tidy(void *state, int64_t now_ms)
{
    pool_tidy(&((struct ssh_state *)state)->pool, now_ms);
}

/* Older ones sign with RSA keys only by SHA-1, which servers of today refuse. */
#define LIBSSH2_SIGNS_RSA_SHA2 0x010b01

void ssh_state_examine(slipway_find_fn find, void *data)
{
    char what[80];
    (void)snprintf(what, sizeof what, "libssh2 %s", libssh2_version(0));
    if (libssh2_version(LIBSSH2_SIGNS_RSA_SHA2))
        find(data, SLIPWAY_SOUND, what, "fine");
    else
        find(data, SLIPWAY_DOUBT, what,
             "signs with RSA keys only by SHA-1, which servers of today refuse; use "
             "ed25519 or ecdsa keys");
}
