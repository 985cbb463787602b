/*
 * session.h - the sessions that this process holds: one per door and user, shared by
 * all calls and threads, opened once more when the appliance forgot it, closed when
 * idle and always at the end. Every login writes an event into the vCenter's database.
 *
 *     vcsa_session_hold ─► vcsa_session_token ─► requests ─► vcsa_session_release
 *                             │ nobody is logged in: one thread logs in, others wait
 *                             │ `stale` is the session's: log in again
 *
 * Which dialect a door speaks is found out by asking, and remembered with the session.
 */
#ifndef VCSA_SESSION_H
#define VCSA_SESSION_H

#include "vcsa/answer.h"
#include "vcsa/target.h"
#include "util/wiped.h"

enum vcsa_dialect { VCSA_API, VCSA_REST };

/* What lies under /appliance and under /vcenter came to /api in different releases. */
enum vcsa_tree { VCSA_APPLIANCE, VCSA_VCENTER, VCSA_TREES };

struct vcsa_sessions;
struct vcsa_session;

/* `client` is borrowed and must outlive the sessions. */
struct vcsa_sessions *vcsa_sessions_new(struct http_client *client);
/* Logs out everywhere, as far as VCSA_CLOSE_MS allows. NULL is fine. */
void vcsa_sessions_free(struct vcsa_sessions *sessions);
void vcsa_sessions_tidy(struct vcsa_sessions *sessions, int64_t now_ms);

/* Found or made; not removed until it is released. */
struct vcsa_session *vcsa_session_hold(struct vcsa_sessions *sessions,
                                       const struct vcsa_endpoint *endpoint,
                                       int64_t now_ms);
void vcsa_session_release(struct vcsa_sessions *sessions, struct vcsa_session *session);

/*
 * The session's token, as a copy for the caller to wipe and free; logs in if nobody is
 * or if `stale` (may be NULL) is the present one. VCSA_OK, or why not, with a sentence:
 * VCSA_DENIED for a refused password, which is not sent again for VCSA_REFUSAL_MS.
 */
enum vcsa_answer
vcsa_session_token(struct vcsa_sessions *sessions, struct vcsa_session *session,
                   struct slipway_call *call, const struct vcsa_endpoint *endpoint,
                   const char *stale, char **token, struct slipway_error *err);

enum vcsa_dialect vcsa_session_dialect(struct vcsa_session *session, enum vcsa_tree tree);
void vcsa_session_learn(struct vcsa_session *session, enum vcsa_tree tree,
                        enum vcsa_dialect dialect);

/* An exchange that got no answer, as one of ours; sets nothing. */
enum vcsa_answer vcsa_unanswered(enum http_result result);

#endif
