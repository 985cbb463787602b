/*
 * handshake.c - key exchange and the pinned host key; see auth.h.
 *
 * Only what is pinned is asked for: libssh2 1.10 prefers ecdsa and offers
 * SHA-1 RSA and DSA by itself, so an ed25519 pin would fail against a server
 * that has both. A host whose key is not pinned is still asked for its key, so
 * that the refusal can show the fingerprint; then the connection ends.
 */
#include <stdio.h>
#include <string.h>

#include "ssh/auth.h"
#include "ssh/hostkey.h"
#include "ssh/outcome.h"
#include "util/auto.h"
#include "util/text.h"

#define KEX_METHODS                                                                      \
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"                 \
    "ecdh-sha2-nistp384,ecdh-sha2-nistp521"
#define CIPHERS "aes128-ctr,aes192-ctr,aes256-ctr"
#define MACS    "hmac-sha2-256,hmac-sha2-512"

static int restrict_methods(struct session *session, const struct hostkey_pins *pins)
{
    char keys[160];
    hostkey_algorithms(pins, keys, sizeof keys);
    const struct {
        int what;
        const char *methods;
    } wanted[] = {
        {LIBSSH2_METHOD_KEX, KEX_METHODS},  {LIBSSH2_METHOD_HOSTKEY, keys},
        {LIBSSH2_METHOD_CRYPT_CS, CIPHERS}, {LIBSSH2_METHOD_CRYPT_SC, CIPHERS},
        {LIBSSH2_METHOD_MAC_CS, MACS},      {LIBSSH2_METHOD_MAC_SC, MACS},
        {LIBSSH2_METHOD_COMP_CS, "none"},   {LIBSSH2_METHOD_COMP_SC, "none"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        if (libssh2_session_method_pref(session->ssh, wanted[i].what, wanted[i].methods))
            return -1;
    return 0;
}

static enum slipway_outcome no_common_method(const struct ssh_target *target,
                                             const struct hostkey_pins *pins,
                                             struct slipway_error *err)
{
    char keys[160];
    hostkey_algorithms(pins, keys, sizeof keys);
    return outcome_error(
        err, SLIPWAY_REFUSED,
        "%s port %d: no common algorithm. The host key must be one of %s%s; key exchange "
        "curve25519 or ecdh, aes-ctr, hmac-sha2. A host with an RSA key only cannot be "
        "reached (libssh2 1.10 knows RSA with SHA-1 only): on it, run ssh-keygen -A and "
        "restart sshd, then pin its ed25519 key",
        target->host, target->port, keys, pins->count ? " (the pinned ones)" : "");
}

static enum slipway_outcome handshake_failed(struct session *session, int code,
                                             const struct ssh_target *target,
                                             const struct hostkey_pins *pins,
                                             struct slipway_error *err)
{
    char text[128];
    if (session->stop == SESSION_CANCELED)
        return outcome_error(err, SLIPWAY_CANCELED, "stopped before anything was sent");
    if (session->stop == SESSION_GOING &&
        (code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_METHOD_NONE))
        return no_common_method(target, pins, err);
    (void)session_error_text(session, text, sizeof text);
    session_lost(session);
    return outcome_error(err, SLIPWAY_RETRY, "%s port %d: no SSH handshake: %s (%s)",
                         target->host, target->port, session_why(session), text);
}

static enum slipway_outcome check_key(struct session *session,
                                      const struct ssh_target *target,
                                      const struct hostkey_pins *pins,
                                      struct slipway_error *err)
{
    size_t length = 0;
    int type;
    const char *blob = libssh2_session_hostkey(session->ssh, &length, &type);
    if (!blob)
        return outcome_error(err, SLIPWAY_RETRY, "%s: the host showed no key",
                             target->host);
    if (hostkey_matches(pins, blob, length))
        return SLIPWAY_DONE;
    char shown[64], pinned[64], kind[32];
    (void)hostkey_fingerprint(blob, length, shown, sizeof shown);
    (void)hostkey_type(blob, length, kind, sizeof kind);
    if (pins->count == 0)
        return outcome_error(
            err, SLIPWAY_REFUSED,
            "%s port %d: its host key is not pinned. It shows %s %s; compare this with "
            "`ssh-keygen -lf` on the appliance's console, then add the line of "
            "`ssh-keyscan -t ed25519,ecdsa -p %d %s` to %s. No credential was sent",
            target->host, target->port, kind, shown, target->port, target->host,
            target->pins);
    (void)hostkey_fingerprint(pins->pin[0].blob, pins->pin[0].length, pinned,
                              sizeof pinned);
    return outcome_error(
        err, SLIPWAY_REFUSED,
        "%s port %d: its host key CHANGED. It shows %s %s, pinned is %s %s. Either "
        "somebody is in between or the appliance was deployed anew: find out which; if "
        "the new key is right, replace the line in %s. No credential was sent",
        target->host, target->port, kind, shown, pins->pin[0].type, pinned, target->pins);
}

enum slipway_outcome auth_handshake(struct session *session,
                                    const struct ssh_target *target,
                                    struct slipway_error *err)
{
    auto_pins struct hostkey_pins pins = {0};
    int loaded = hostkey_load(target->pins, target->host, target->port, &pins, err);
    if (loaded != 0)
        return loaded > 0 ? SLIPWAY_RETRY : SLIPWAY_REFUSED;
    if (pins.count == 0 && pins.rsa)
        return outcome_error(
            err, SLIPWAY_REFUSED,
            "%s: only an RSA or DSA key is pinned, and libssh2 1.10 verifies those with "
            "SHA-1 only: pin the host's ed25519 or ecdsa key (ssh-keyscan -t "
            "ed25519,ecdsa -p %d %s; if there is none, run ssh-keygen -A on it)",
            target->host, target->port, target->host);
    if (restrict_methods(session, &pins) != 0)
        return outcome_error(
            err, SLIPWAY_REFUSED,
            "this libssh2 lacks a required algorithm (curve25519 or ecdh, ed25519 or "
            "ecdsa, aes-ctr, hmac-sha2): link version 1.10 or later");
    int code;
    session_repeat(session, code, libssh2_session_handshake(session->ssh, session->fd));
    if (code != 0)
        return handshake_failed(session, code, target, &pins, err);
    return check_key(session, target, &pins, err);
}
