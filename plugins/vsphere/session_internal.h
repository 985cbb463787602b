/*
 * session_internal.h - what session.c and login.c share; nobody else includes it.
 */
#ifndef VSPHERE_SESSION_INTERNAL_H
#define VSPHERE_SESSION_INTERNAL_H

#include "util/sha256.h"
#include "vsphere/session.h"

struct vsphere_session {
    struct vsphere_session *next;
    char *url, *user, *pin, *ca; /* the key; never change */

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    struct vsphere_service service; /* as of the last login */
    char version[VSPHERE_VERSION_MAX];
    char *cookie; /* NULL: not logged in */
    unsigned long generation;
    int64_t used_ms;

    bool logging_in;
    unsigned long attempts;          /* finished ones            */
    enum vsphere_answer last_answer; /* of the last finished one */
    struct vsphere_fault last_fault;
    struct slipway_error last_error;

    char refused[SHA256_HEX]; /* salted hash of the refused password, "" if none */
    struct slipway_error refusal;
};

int64_t vsphere_monotonic_ms(void);

/* Log in: learn what the server is, get the password, exchange it for a cookie and
   keep that. Only one thread at a time (`logging_in`), without the lock. */
enum vsphere_answer vsphere_login(struct vsphere_talk *talk);

/* One exchange with the talk's manager under this cookie (NULL: none). */
enum vsphere_answer vsphere_session_exchange(struct vsphere_talk *talk,
                                             const char *cookie, const char *method,
                                             const char *bytes, size_t length,
                                             struct vsphere_reply *reply);

#endif
