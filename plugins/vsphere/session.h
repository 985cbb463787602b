/*
 * session.h - one login per manager and user, shared by all threads; and the
 * conversation that one call has through it.
 *
 *     vsphere_talk_open ─► vsphere_send ─► answer
 *                            │ no session: one thread logs in, the others wait
 *                            │ NotAuthenticated: log in again, once
 *                            ▼
 *                          the request, with the cookie
 *
 * A refused credential is remembered for the life of the process: the same user
 * with the same password is never sent to that manager again, because repeated
 * failures lock accounts.
 */
#ifndef VSPHERE_SESSION_H
#define VSPHERE_SESSION_H

#include <pthread.h>

#include "util/json.h"
#include "util/map.h"
#include "vsphere/soap.h"

#define VSPHERE_IDLE_LOGOUT_MS    (20 * 60 * 1000) /* servers end sessions at 30 */
#define VSPHERE_LOGOUT_TIMEOUT_MS 5000             /* of one */
#define VSPHERE_LOGOUTS_MAX_MS    10000            /* of all of them together */
#define VSPHERE_HOST_NAME_MAX     65               /* bytes of a host's name, with NUL */

struct vsphere_session;

/* Which appliance each machine belongs to, as far as it was seen (claim.h). */
struct vsphere_claims {
    struct map machines;
    char **owners; /* parallel to `machines` */
    size_t count, room;
};

/* What open() gives: everything that outlives a call. */
struct vsphere {
    struct http_client *http;
    pthread_mutex_t lock; /* of the list and the claims */
    struct vsphere_session *sessions;
    struct vsphere_claims claims;
    char salt[65]; /* so that a remembered password's hash is of no use */
};

/* What the server told about itself, before any login. Names, never guessed. */
struct vsphere_service {
    char root_folder[VSPHERE_REF_MAX];
    char property_collector[VSPHERE_REF_MAX];
    char search_index[VSPHERE_REF_MAX];
    char view_manager[VSPHERE_REF_MAX];
    char session_manager[VSPHERE_REF_MAX];
    /* "" where a server has none, as a lone ESXi host */
    char license_manager[VSPHERE_REF_MAX];
    char extension_manager[VSPHERE_REF_MAX];
    char task_manager[VSPHERE_REF_MAX];
    char instance_uuid[VSPHERE_REF_MAX];
    bool is_host;    /* an ESXi host, not a vCenter */
    int release;     /* of its API: 605 is 6.5, 0 if it does not say */
    char about[128]; /* "VMware vCenter Server 8.0.3 build-24022515", clean */
};

/* One call's conversation with its manager. A manager that is a set of hosts has no
   door until one of them is chosen (holder.h). */
struct vsphere_talk {
    struct slipway_call *call;
    struct vsphere *plugin;
    struct vsphere_session *session;  /* NULL: no door is chosen                */
    json_t *door;                     /* {url, tls, login} of who is spoken to  */
    char host[VSPHERE_HOST_NAME_MAX]; /* its name, "" if the manager is no set  */
    int timeout_ms;                   /* of one exchange, 0: as usual           */
    struct vsphere_service service;   /* set by vsphere_connect and every send */
    unsigned long generation;         /* of the session it went through */
    json_t *target, *with;
    struct vsphere_fault fault; /* of the last VSPHERE_FAULT           */
    struct slipway_error err;   /* of the last answer but VSPHERE_OK   */
    bool absent;                /* certain: no machine is as described */
};

/* Find the manager in the target and its session; a set of hosts is only checked. -1:
   the sentence was said, and it is a REFUSED. Close it in both cases. */
int vsphere_talk_open(struct vsphere_talk *talk, struct slipway_call *call);
/* The same for another plugin's call: `target` (consumed) names the server to log in at
   as its `manager`. */
int vsphere_talk_open_as(struct vsphere_talk *talk, struct slipway_call *call,
                         struct vsphere *plugin, json_t *target);
void vsphere_talk_close(struct vsphere_talk *talk);
/* Speak to this server from now on: {url, tls, login} (consumed), and its name or "". */
void vsphere_talk_turn(struct vsphere_talk *talk, json_t *door, const char *host);
#define auto_talk __attribute__((cleanup(vsphere_talk_close)))

/* Begin a request with this call's key as operationID. */
void vsphere_talk_request(struct vsphere_talk *talk, struct vsphere_request *request,
                          const char *method, const char *type, const char *ref);

/* Is there a session now? It may end at any moment. */
bool vsphere_logged_in(const struct vsphere_talk *talk);
/* Ask who it is, without logging in. */
enum vsphere_answer vsphere_greet(struct vsphere_talk *talk,
                                  struct vsphere_service *service);

/* Log in if nobody is, and set `service`: needed before a request that names one
   of the server's managers. */
enum vsphere_answer vsphere_connect(struct vsphere_talk *talk);

/* Close the envelope and send it, logged in. The request is used up. */
enum vsphere_answer vsphere_send(struct vsphere_talk *talk,
                                 struct vsphere_request *request,
                                 struct vsphere_reply *reply);

/* The server said inside an answer that the session is gone: drop it, so that the
   next send logs in again. */
void vsphere_session_lost(struct vsphere_talk *talk);

/* Note why, and give the answer back: a failure is one line. */
__attribute__((format(printf, 3, 4))) enum vsphere_answer
vsphere_because(struct vsphere_talk *talk, enum vsphere_answer answer, const char *format,
                ...);

/* Say the last error, and the outcome that belongs to it for a start. */
enum slipway_outcome vsphere_outcome(struct vsphere_talk *talk,
                                     enum vsphere_answer answer);
/* The same for a poll: the effect is under way, so nothing here may read as "no
   effect": PENDING while it makes sense to look again, else UNKNOWN. */
enum slipway_outcome vsphere_poll_outcome(struct vsphere_talk *talk,
                                          enum vsphere_answer answer);
/* The same for a probe: always UNKNOWN. */
enum slipway_probe vsphere_probe_unknown(struct vsphere_talk *talk);

/* Log out what nobody used for VSPHERE_IDLE_LOGOUT_MS; everything. */
void vsphere_sessions_tidy(struct vsphere *plugin, int64_t now_ms);
void vsphere_sessions_close(struct vsphere *plugin);

#endif
