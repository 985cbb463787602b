/*
 * auth.h - handshake, pinned host key, then credentials; in this order.
 */
#ifndef SSH_AUTH_H
#define SSH_AUTH_H

#include "slipway/plugin.h"
#include "ssh/refused.h"
#include "ssh/session.h"
#include "ssh/target.h"

/*
 * Exchange keys and compare the host key with the pins. DONE, or RETRY, REFUSED
 * (unknown or changed key, no common algorithm), CANCELED with a sentence. No
 * credential has been sent in any of these cases.
 */
enum slipway_outcome auth_handshake(struct session *session,
                                    const struct ssh_target *target,
                                    struct slipway_error *err);

/*
 * Log in: the key if there is one, then the password if there is one, each once. A
 * password that was rejected minutes ago (`refused`) is not sent.
 * DONE, or RETRY (connection lost), REFUSED (rejected, expired, an unknown
 * question, an unusable key), CANCELED with a sentence.
 */
enum slipway_outcome auth_login(struct session *session, const struct ssh_target *target,
                                struct refused *refused, struct slipway_error *err);

#endif
