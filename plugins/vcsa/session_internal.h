/*
 * session_internal.h - what session.c and login.c share; nobody else includes it.
 */
#ifndef VCSA_SESSION_INTERNAL_H
#define VCSA_SESSION_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "util/sha256.h"
#include "vcsa/session.h"

struct vcsa_session {
    char *key;
    pthread_mutex_t
        login;           /* guards token, login_path and refusal; held while logging in */
    char *token;         /* NULL: not logged in */
    unsigned login_path; /* the one that answered last time */
    char refused[SHA256_HEX]; /* of key and password; "" if none */
    int64_t refused_ms;
    struct slipway_error refusal; /* in what words */
    atomic_int dialects[VCSA_TREES];
    /* guarded by the list's lock */
    unsigned users;
    int64_t used_ms;
    /* for the logout, which has no target document any more */
    char *url, *pin, *ca;
    bool allow_http;
};

/* Log in under session->login: sets the token, or a sentence. */
enum vcsa_answer vcsa_log_in(struct http_client *client, struct vcsa_session *session,
                             struct slipway_call *call,
                             const struct vcsa_endpoint *endpoint,
                             struct slipway_error *err);
/* End the session on the appliance, if it is logged in. */
void vcsa_log_out(struct http_client *client, const struct vcsa_session *session);

#endif
