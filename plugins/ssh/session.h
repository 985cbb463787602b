/*
 * session.h - one SSH connection on libssh2, with its traps closed.
 *
 * libssh2 runs non-blocking; every wait goes through the host. The library's
 * reads and writes pass through callbacks of ours, which end any call - however
 * deep inside libssh2 it loops - at the deadline, on a cancel, and when the peer
 * has sent more bytes than the present phase may take.
 *
 * A session belongs to one thread at a time: whoever took it from the pool.
 */
#ifndef SSH_SESSION_H
#define SSH_SESSION_H

#include <libssh2.h>
#include <stdbool.h>
#include <stddef.h>

#include "slipway/plugin.h"

/* Why the session can no longer be used; SESSION_GOING while it can. */
enum session_stop {
    SESSION_GOING,
    SESSION_OVER,     /* the deadline of the call or of the phase passed */
    SESSION_CANCELED, /* the host asked to stop                          */
    SESSION_FLOODED,  /* the peer sent more than the phase may take      */
    SESSION_LOST,     /* the connection ended or failed                  */
    SESSION_MUTED,    /* we decided to send nothing any more             */
};

struct session {
    LIBSSH2_SESSION *ssh;
    int fd;
    struct slipway_call *call; /* the one it works for; NULL while idle */
    int64_t until_ms;          /* end of the present phase              */
    size_t budget;             /* bytes that may still be received      */
    enum session_stop stop;
    bool reused;        /* came out of the pool and was not proven alive yet */
    bool exposed;       /* a password was sent and not yet accepted */
    int reason;         /* of a DISCONNECT message, 0 if there was none      */
    char farewell[160]; /* its text, made harmless                          */
    char *identity;     /* what it may be reused for                         */
    int64_t idle_since_ms;
};

/* Takes the socket, also on failure. NULL only without memory. */
struct session *session_new(int fd, struct slipway_call *call);

/* Close at once: no libssh2 state, however odd, can make this wait. */
void session_free(struct session *session);
static inline void auto_session_fn(struct session **session)
{
    session_free(*session);
}
#define auto_session __attribute__((cleanup(auto_session_fn)))

/* Say good-bye if that costs no waiting, then free. */
void session_close(struct session *session);

/* Begin a phase: at most `limit_ms` (and never beyond the call's deadline) and
   `budget` bytes. */
void session_phase(struct session *session, int64_t limit_ms, size_t budget);

/*
 * After EAGAIN: wait until the socket is ready for what libssh2 wants. 0 to
 * repeat the same libssh2 call, -1 when the session has stopped (see `stop`).
 */
int session_wait(struct session *session);

/* Note that a libssh2 call failed for good; keeps an earlier reason. */
void session_lost(struct session *session);

/* What stopped it, as the end of a sentence. Borrowed. */
const char *session_why(const struct session *session);

/* libssh2's last error text made harmless. Returns `out`. */
const char *session_error_text(struct session *session, char *out, size_t size);

/* Repeat `expression` (a libssh2 call that gives an int or ssize_t) until it no
   longer asks to be repeated, or the session stops. */
#define session_repeat(session, result, expression)                                      \
    do {                                                                                 \
        (result) = (expression);                                                         \
    } while ((result) == LIBSSH2_ERROR_EAGAIN && session_wait(session) == 0)

/* The same for calls that give a pointer. */
#define session_repeat_pointer(session, result, expression)                              \
    do {                                                                                 \
        (result) = (expression);                                                         \
    } while (!(result) &&                                                                \
             libssh2_session_last_errno((session)->ssh) == LIBSSH2_ERROR_EAGAIN &&       \
             session_wait(session) == 0)

#endif
